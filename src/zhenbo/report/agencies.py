"""The page of `zhenbo agency`: the agency's figures, its pledges, its hosts, and whether its fees roll over."""

from collections.abc import Mapping, Sequence

from zhenbo.audit.agency import AgencyAudit, Pledge
from zhenbo.audit.growth import micro
from zhenbo.audit.rollover import Rollover
from zhenbo.audit.run_dry import Contract, PoolPoint
from zhenbo.core.evidence import Say
from zhenbo.core.exhibit import Curve
from zhenbo.core.money import minor_digits
from zhenbo.core.session import DAY
from zhenbo.core.subject import Outcome
from zhenbo.core.verdict import Audit
from zhenbo.report import format as fmt
from zhenbo.report import svg
from zhenbo.report.chance import chance_lines
from zhenbo.report.hosts import ranking
from zhenbo.report.i18n import Lang
from zhenbo.report.mask import clean
from zhenbo.report.page import Block, Cell, Drawing, Lines, Page, Section, Table, listed
from zhenbo.report.party import asks, bars, bridge, facts, interval, meta, say, who

SAYS: Mapping[str, Say] = {
    "title": Say("Audit of agencies", "机构（MCN）核查"),
    "title_one": Say("Audit of agency {agency}", "机构（MCN）核查：{agency}"),
    "names": Say("names", "名称"),
    "renamed": Say("{names} (renamed {n|time|times})", "{names}（更名 {n} 次）"),
    "unsigned": Say("not signed by the host", "主播未签署"),
    "unsigned_says": Say("{deals}: the papers do not show the host among those who signed; what the host promised binds the agency alone.", "{deals}：签署方中没有主播，主播的承诺仅约束机构。"),
    "meta": Say("hosts: {hosts} · {start} – {end}", "主播：{hosts} 位 · {start} – {end}"),
    "chance": Say("Among how many", "多场核查的误报"),
    "hosts": Say("Hosts by verified sales, for the time they were with the agency", "旗下主播排名（仅计在约期间，按核实销售额）"),
    "no_hosts": Say("No broadcast of this record belongs to the agency by its papers (parties.toml: managed_by).", "根据材料（parties.toml 的 managed_by），本记录没有属于该机构的直播。"),
    "rollover": Say("Do service fees roll over?", "服务费是否滚动兑付？"),
    "roll_likely": Say("The refundable fees are likely a pool: refunds to older merchants were paid with newer merchants' fees that were not earned yet. The marks below say on what this rests.", "可退服务费很可能构成资金池：旧商家的退款来自新商家尚未履约的服务费。依据见下列各项。"),
    "roll_suspect": Say("The refundable fees look like a pool; the records named below would decide it.", "可退服务费疑似资金池；下列记录可以定论。"),
    "roll_insufficient": Say("The record does not show enough payments or broadcasts, or not enough of where the money for refunds came from, to say either way.", "记录中的收付款、直播或退款资金来源不足以判断。"),
    "roll_unlikely": Say("Nothing in this record points to a pool.", "本记录未见资金池迹象。"),
    "word_likely": Say("likely a fee pool", "很可能是服务费资金池"),
    "word_suspect": Say("suspected fee pool", "疑似服务费资金池"),
    "word_insufficient": Say("fee pool: insufficient evidence", "服务费资金池：证据不足"),
    "word_unlikely": Say("no sign of a fee pool", "未见服务费资金池"),
    "mark_clause": Say("Three or more contracts give the whole fee back", "三份以上合同约定全额退费"),
    "mark_fee": Say("Fees exceed all that the broadcasts sold", "服务费高于直播全部成交"),
    "mark_delivery": Say("Little was delivered", "履约极少"),
    "mark_newer": Say("Refunds were paid with newer merchants' fees", "退款来自新商家的服务费"),
    "mark_short": Say("Cash shown is less than half of what is owed", "所示现金不足应退金额的一半"),
    "told_short": Say("{cash} in cash, {owed} owed", "现金 {cash}，应退 {owed}"),
    "unseen": Say("Money not shown", "记录之外的资金"),
    "unseen_says": Say("At least {unseen} must have been there beside what the record shows, since more was paid out than had come in; it is counted as the agency's own.", "付出多于收入，说明记录之外至少另有 {unseen}；此处计为机构自有资金。"),
    "also": Say("under the same operator", "同一实际控制人"),
    "yes": Say("yes", "是"),
    "no": Say("no", "否"),
    "untold": Say("cannot be told", "无法判断"),
    "told_clause": Say("{n|contract|contracts}, fees of {fees} paid", "{n} 份合同，已付服务费 {fees}"),
    "told_sold": Say("sold {sold} at most, promised {promised}", "至多成交 {sold}，承诺 {promised}"),
    "told_newer_1": Say("of {back} refunded, {low} came from newer fees", "已退 {back}，其中 {low} 来自新商家服务费"),
    "told_newer": Say("of {back} refunded, {low} to {high} came from newer fees", "已退 {back}，其中 {low} 至 {high} 来自新商家服务费"),
    "pool": Say("Size of the pool: cash that the record shows", "资金池规模：记录所示现金余额"),
    "owed": Say("Owed under contracts still open", "未结合同应退金额"),
    "units": Say("{what}, {currency}; each point is a day", "{what}，{currency}；每点为一天"),
    "dry": Say("Runs dry", "枯竭时间"),
    "dry_seen": Say("{mid}: a refund fell due that the cash shown could not pay, and was not paid.", "{mid}：到期退款超过所示余额，且未支付。"),
    "dry_ahead": Say("{mid} if contracts go on as they came; {low} if none is signed any more, {high} if fees go on growing as they did.", "若新合同照常签订：{mid}；若不再签约：{low}；若服务费继续按此前速度增长：{high}。"),
    "never": Say("not within two years", "两年内不会"),
    "contracts": Say("Contracts whose whole fee can come back", "可全额退费的合同"),
    "deal": Say("contract", "合同"),
    "merchant": Say("merchant", "商家"),
    "fee": Say("fee", "服务费"),
    "paid_on": Say("paid", "支付日"),
    "due_on": Say("refund due", "退款到期"),
    "refunded": Say("refunded", "已退"),
    "from_newer": Say("from newer fees", "来自新商家"),
    "broadcasts": Say("sessions", "场次"),
    "sold": Say("sold at most", "至多成交"),
    "events": Say("agency.json names the payments (source:event_id) behind every contract.", "agency.json 列明每份合同对应的收付款（source:event_id）。"),
    "pledges": Say("Promised sales (保销, 对赌)", "保销与对赌承诺"),
    "promised": Say("promised", "承诺"),
    "shown": Say("shown", "展示"),
    "verified": Say("verified", "核实"),
    "met": Say("met", "达成"),
    "running": Say("still running", "未到期"),
    "own_says": Say("{own} bought by the promising side itself", "其中 {own} 由承诺方自己购买"),
    "pledge_note": Say("Counted on verified sales. “Cannot be told” means that the interval holds the promise: the records below narrow it.", "按核实销售额计。“无法判断”指承诺额落在区间之内：下列记录可缩小区间。"),
    "figures": Say("All hosts together", "旗下合计"),
    "method_1": Say("A broadcast counts for an agency where the papers put its room under the agency on that day, across renames and sales of accounts.", "按材料，直播当日该直播间归属某机构的，计入该机构；更名与账号转让均已衔接。"),
    "method_2": Say("“Likely” needs the clause, high fees and refunds out of newer fees together with little delivery or a shortfall, because honest agencies have single marks: they sign refund clauses, miss targets, lose money and refund. A refund counts as paid with newer fees only as far as it could not have been paid from that merchant's own fee, older merchants' fees and the agency's other income; what the agency spent is charged to its own money first and then to the newest fees, which favours the agency; charging the oldest first gives the upper figure.", "“很可能”须同时具备：退费条款、高额服务费、退款来自新商家服务费，且履约极少或资金不足；因为诚实机构也会有其中一两项：签退费条款、未达标、亏损、退款。只有当该商家自己的服务费、更早商家的服务费与机构其他收入都不足以支付时，差额才计为来自新商家；机构的支出先计入自有资金，再计入最新的服务费，有利于机构；反之先计入最早的服务费即得上限。"),
    "method_3": Say("The record shows payments, not bank balances: a balance from before the record would clear an agency, so it is asked for. The projected date assumes that every open refund is claimed when due and that nothing else comes in; it can be wrong in both directions.", "记录呈现的是收付款而非银行余额：若记录之前已有余额，即可排除，因此列为索取材料。预计日期假定到期退款全部被主张且无其他收入，可能偏早或偏晚。"),
    "method_4": Say("A verdict is about figures, not about persons. Missing data is never counted as clean and never as guilt.", "结论针对数据而非个人。缺失数据既不视为清白，也不视为有罪。"),
}  # fmt: skip
_MARKS = ("clause", "fee", "delivery", "newer", "short")


def agency_page(audit: Audit, agencies: Sequence[AgencyAudit], again: str, lang: Lang) -> Page:
    """The page of some agencies, in the order given."""
    one = len(agencies) == 1
    title = _say("title_one", lang, agency=who(agencies[0].agency_id)) if one else _say("title", lang)
    return Page(
        title=title,
        meta=meta(audit, lang),
        lines=tuple(clean(n, 400) for n in audit.notes),
        sections=tuple(section(a, f"a{i}", lang) for i, a in enumerate(agencies, start=1)),
        method=tuple(_say(f"method_{i}", lang) for i in range(1, 5)),
        again=again,
        foot=f"zhenbo 真播 {clean(audit.zhenbo)} · {clean(audit.policy, 160)}",
    )


def _say(key: str, lang: Lang, **args: object) -> str:
    return say(key, lang, SAYS, **args)


def section(a: AgencyAudit, anchor: str, lang: Lang) -> Section:
    """All that is said of one agency; its banner answers the question of the pool."""
    names = listed([who(n) for n in a.names], lang)
    names = _say("renamed", lang, names=names, n=a.renames) if a.renames else names
    unsigned = _say("unsigned_says", lang, deals=[who(d) for d in a.unsigned]) if a.unsigned else ""
    blocks: list[Block] = [
        *facts(
            (_say("names", lang), names),
            (_say("also", lang), listed([who(x) for x in a.also], lang)),
            (_say("unsigned", lang), unsigned),
        ),
        *pool(a.rollover, lang),
        *pledges(a.pledges, lang),
        *(bars(a.figures, a.sales, lang) if a.hosts else ()),
        *(bridge(s, lang) for s in a.sales),
        *_hosts(a, lang),
        *asks(a.ask_for, lang),
    ]
    title = who(a.names[-1] if a.names else a.agency_id)
    return Section(
        anchor, title if title == who(a.agency_id) else f"{title} ({who(a.agency_id)})", tuple(blocks), outcome=a.rollover.outcome.value,
        banner=(_say(f"roll_{a.rollover.outcome.value}", lang),), word=_say(f"word_{a.rollover.outcome.value}", lang),
        meta=_say("meta", lang, hosts=len(a.hosts), start=fmt.iso(a.start), end=fmt.iso(a.end)),
    )  # fmt: skip


def _hosts(a: AgencyAudit, lang: Lang) -> tuple[Block, ...]:
    if not a.hosts:
        return (Lines((_say("no_hosts", lang),), title=_say("hosts", lang)),)
    table = ranking(a.hosts, lang, linked=False)
    chance = chance_lines(a.many, lang)
    told = Table(table.heads, table.rows, title=_say("hosts", lang))
    return (told, *((Lines(chance, title=_say("chance", lang)),) if chance else ()))


def pool(r: Rollover, lang: Lang) -> tuple[Block, ...]:
    """The four marks, the pool over time, when it runs dry, and the contracts."""
    if not r.contracts:
        return ()

    def money(x: int) -> str:
        return fmt.money(x, r.currency)

    last = r.pool[-1]
    sold = _say("told_sold", lang, sold=money(r.verified), promised=money(r.promised))
    told = {
        "clause": _say("told_clause", lang, n=len(r.contracts), fees=money(r.fees)), "fee": sold, "delivery": sold,
        "newer": _say("told_newer_1" if r.newer_low == r.newer_high else "told_newer", lang, back=money(r.refunded), low=money(r.newer_low), high=money(r.newer_high)),
        "short": _say("told_short", lang, cash=money(last.cash), owed=money(last.owed)),
    }  # fmt: skip
    marks = tuple(
        (Cell(_say(f"mark_{m}", lang)), Cell(_yes(r.marks[m], lang)), Cell(told[m], "soft")) for m in _MARKS
    )
    heads = (_say("rollover", lang), "", "")
    return (
        Table(heads, marks),
        *facts(
            (_say("dry", lang), _dry(r, lang)),
            (_say("unseen", lang), _say("unseen_says", lang, unseen=money(r.unseen)) if r.unseen else ""),
        ),
        *(_drawn(r, lang) if r.outcome.rank >= Outcome.SUSPECT.rank else ()),
        contracts(r, lang),
    )


def _yes(mark: bool | None, lang: Lang) -> str:
    return _say("untold" if mark is None else "yes" if mark else "no", lang)


def _dry(r: Rollover, lang: Lang) -> str:
    if r.run_dry is None or r.outcome.rank < Outcome.SUSPECT.rank:
        return ""
    ends = {k: getattr(r.run_dry, k) for k in ("low", "mid", "high")}
    days = {k: _say("never", lang) if v is None else v[:10] for k, v in ends.items()}
    return _say("dry_seen" if r.run_dry.observed else "dry_ahead", lang, **days)


def _drawn(r: Rollover, lang: Lang) -> tuple[Block, ...]:
    """Cash and debt, day by day."""
    curves = [_daily(r.pool, name, r.currency) for name in ("cash", "owed")]
    if len(curves[0].values) < 3:
        return ()
    axis = svg.axis_of(curves)
    made = []
    for place, (curve, name) in enumerate(zip(curves, ("pool", "owed"), strict=True)):
        title = _say("units", lang, what=_say(name, lang), currency=r.currency)
        drawn = svg.curve_svg(
            curve, axis, title, "", suspicious=(), declared=(), main=not place, timed=True, lang=lang
        )
        made.append(Drawing(drawn, title))
    return tuple(made)


def _daily(points: Sequence[PoolPoint], name: str, currency: str | None) -> Curve:
    """The last value of every day, carried on over days without a payment; major units."""
    ats = [micro(p.at) for p in points]
    first = ats[0] // DAY
    values: list[float | None] = []
    place, held = 0, 0
    for day in range(first, ats[-1] // DAY + 1):
        while place < len(points) and ats[place] // DAY <= day:
            held = getattr(points[place], name)
            place += 1
        values.append(max(held, 0) / 10 ** minor_digits(currency))
    return Curve(name, "", first * DAY, DAY, tuple(values))


def contracts(r: Rollover, lang: Lang) -> Table:
    """Every contract of the pool with its payments."""
    heads = (
        "deal",
        "merchant",
        "fee",
        "paid_on",
        "due_on",
        "refunded",
        "from_newer",
        "broadcasts",
        "sold",
    )
    return Table(
        tuple(_say(h, lang) for h in heads), tuple(_contract(c, r.currency) for c in r.contracts), note=_say("events", lang), title=_say("contracts", lang),
    )  # fmt: skip


def _contract(c: Contract, currency: str | None) -> tuple[Cell, ...]:
    newer = fmt.money(c.newer_low, currency)
    if c.newer_high != c.newer_low:
        newer += f" – {fmt.money(c.newer_high, currency)}"
    return (
        Cell(who(c.deal)),
        Cell(who(c.merchant or "–")),
        Cell(fmt.money(c.fee, currency), "num"),
        Cell(c.paid_on[:10], "when"),
        Cell(c.due_on[:10], "when"),
        Cell(fmt.money(c.refunded, currency), "num"),
        Cell(newer, "num"),
        Cell("–" if c.sessions is None else fmt.number(c.sessions), "num"),
        Cell("–" if c.verified is None else fmt.money(c.verified, currency), "num"),
    )


def pledges(made: Sequence[Pledge], lang: Lang) -> tuple[Block, ...]:
    """What was promised beside what was sold."""
    if not made:
        return ()
    heads = tuple(
        _say(h, lang) for h in ("deal", "merchant", "broadcasts", "promised", "shown", "verified", "met")
    )
    rows = tuple(_pledge(p, lang) for p in made)
    return (Table((*heads, ""), rows, _say("pledge_note", lang), title=_say("pledges", lang)),)


def _pledge(p: Pledge, lang: Lang) -> tuple[Cell, ...]:
    state = _yes(p.met, lang) if p.met is not None or p.ended else _say("running", lang)
    own = _say("own_says", lang, own=fmt.money(p.own, p.currency)) if p.own else ""
    return (
        Cell(who(p.deal)),
        Cell(who(p.merchant or "–")),
        Cell(fmt.number(p.sessions), "num"),
        Cell(fmt.money(p.promised, p.currency), "num"),
        Cell(fmt.money(p.shown, p.currency), "num"),
        Cell(fmt.money(p.verified.mid, p.currency), "num"),
        Cell(state),
        Cell(" · ".join(t for t in (interval(p.verified, p.currency, lang), own) if t), "soft"),
    )
