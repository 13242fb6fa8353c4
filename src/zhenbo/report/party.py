"""What the pages of hosts, agencies and portfolios share: figures as bars, bridges, sessions, records to request."""

from collections.abc import Mapping, Sequence

from markupsafe import Markup

from zhenbo.audit.figures import Figure, Sales
from zhenbo.audit.host import Ask, Line
from zhenbo.core.evidence import Say
from zhenbo.core.verdict import Audit, Fake, Interval
from zhenbo.report import format as fmt
from zhenbo.report import labels, svg
from zhenbo.report.bridge import steps
from zhenbo.report.i18n import Lang
from zhenbo.report.mask import ID_LIMIT, clean
from zhenbo.report.page import Bar, Bars, Block, Cell, Facts, Lines, Table, listed
from zhenbo.report.phrase import phrase

SAYS: Mapping[str, Say] = {
    "fans": Say("Fans gained", "新增粉丝"),
    "views": Say("Views", "场观"),
    "orders": Say("Orders", "订单"),
    "sales": Say("Sales (GMV)", "销售额（GMV）"),
    "conversion": Say("Conversion", "转化率"),
    "likes": Say("Likes", "点赞"),
    "comments": Say("Comments", "评论"),
    "shown": Say("shown", "展示"),
    "verified": Say("verified", "核实"),
    "interval": Say("90% interval {low} to {high}", "90% 区间 {low} 至 {high}"),
    "over": Say("over {n|session|sessions}", "共 {n} 场"),
    "over_open": Say("over {n|session|sessions}; {open} more could not be judged", "共 {n} 场；另有 {open} 场无法判断"),
    "over_all": Say("over {n|session|sessions} · reasons: {ids}", "共 {n} 场 · 依据：{ids}"),
    "over_ids": Say("over {n|session|sessions}; {open} more could not be judged · reasons: {ids}", "共 {n} 场；另有 {open} 场无法判断 · 依据：{ids}"),
    "bars": Say("Metrics that are often falsified: shown beside verified", "易造假指标：展示与核实"),
    "none": Say("No session of this record could be judged: nothing is verified, and nothing is accused.", "本记录没有可判断的场次：既不核实，也不指认。"),
    "bridge": Say("From created to verified sales", "从下单金额到核实销售额"),
    "unjudged": Say("− remains of {n|session|sessions} in which brushing could not be judged", "− {n} 场无法判断刷单的剩余金额"),
    "equals": Say("= verified", "= 核实"),
    "of_which": Say("Of what remains, {unsettled} is paid but not completed and {returned} is on its way back.", "其中 {unsettled} 已付款未完成，{returned} 正在退货途中。"),
    "sessions": Say("Sessions", "场次"),
    "session": Say("session or shop month", "场次或店铺月"),
    "begins": Say("begins (UTC)", "开始（UTC）"),
    "verdict": Say("verdict", "结论"),
    "views_both": Say("views, verified", "场观（核实）"),
    "sales_both": Say("sales, verified", "销售额（核实）"),
    "not_judged": Say("not judged", "无法判断"),
    "asks": Say("Records to request", "建议索取的记录"),
    "ask_in": Say("{what} ({n|session|sessions}: {questions})", "{what}（{n} 场：{questions}）"),
    "version": Say("zhenbo 真播 {version} · record read as of {as_of} · policy {policy}", "zhenbo 真播 {version} · 记录截至 {as_of} · 规则 {policy}"),
}  # fmt: skip

ASKS: Mapping[str, Say] = {
    "fan_history": Say("The host's follower count day by day (fan_total rows, or account snapshots), and the platform's list of where followers came from.", "主播粉丝数的逐日记录（fan_total 或账号快照），以及平台后台的粉丝来源。"),
    "bank_opening": Say("The agency's bank statements from before the first contract on, with opening balance: a balance that covered the refunds clears it.", "机构自首份合同之前起的银行流水及期初余额：若余额足以覆盖退款，即可排除。"),
    "money_rows": Say("Payments under the contracts: fees, refunds, commissions, with payer, payee, amount and contract.", "合同项下的收付款：服务费、退款、佣金，注明付款方、收款方、金额与合同号。"),
    "contract_broadcasts": Say("Recordings or order exports of the broadcasts that the contracts speak of.", "合同所涉直播的录制数据或订单导出。"),
    "contracts": Say("The agency's contracts (deals.toml): fee, pledge or return promised, refund clause, sessions.", "机构的合同（deals.toml）：服务费、保销或投产比承诺、退款条款、场次。"),
    "settlements": Say("The platform's settlement statement (动账/结算单), order by order.", "平台结算单（动账明细），逐笔对应订单。"),
    "bank_totals": Say("Bank statements of the accounts that settlements are paid into.", "结算入账银行账户的流水。"),
    "buyers": Say("Order exports that carry the buyer as one pseudonym throughout.", "带有统一买家假名的订单导出。"),
    "vouchers": Say("For the sampled sessions: payment vouchers, parcel scans and delivery receipts of every order.", "抽样场次：每笔订单的支付凭证、物流轨迹与签收记录。"),
    "back_office_sampled": Say("The platform's back-office figures of the sampled sessions, exported in the auditor's presence.", "在核查人员在场时导出的抽样场次平台后台数据。"),
}  # fmt: skip
"""Records of a party; those of a session are in `labels.RECORDS`."""


def say(key: str, lang: Lang, says: Mapping[str, Say] = SAYS, **args: object) -> str:
    """A sentence of a page in `lang`."""
    return phrase(says[key], args, lang)


def who(ident: str) -> str:
    """An id as a page shows it."""
    return clean(ident, ID_LIMIT)


def meta(audit: Audit, lang: Lang) -> str:
    """Version, moment and policy."""
    policy = clean(audit.policy.partition("#")[0])
    return say("version", lang, version=clean(audit.zhenbo), as_of=fmt.iso(audit.as_of), policy=policy)


def bars(figures: Mapping[str, Figure | None], sold: Sequence[Sales], lang: Lang) -> tuple[Block, ...]:
    """The four falsified metrics and those beside them, shown beside verified."""
    made: list[Bar] = []
    for name in ("fans", "views", "sales", "orders", "conversion", "likes", "comments"):
        if name == "sales":
            made += [_money_bar(s, lang) for s in sold if s.over > s.unjudged_over]
        elif (f := figures.get(name)) is not None:
            made.append(_bar(name, f, lang))
    words = (say("shown", lang), say("verified", lang))
    if not made:
        return (Lines((say("none", lang),), title=say("bars", lang)),)
    return (Bars(tuple(made), words, title=say("bars", lang)),)


def _bar(name: str, f: Figure, lang: Lang) -> Bar:
    rate = name == "conversion"
    write = fmt.share if rate else fmt.number
    shown, low, mid, high = (round(x) for x in (f.shown, f.low, f.mid, f.high))
    return Bar(
        say(name, lang),
        Markup("") if rate else svg.bar_svg(Fake(shown, shown - high, shown - mid, shown - low)),
        write(f.shown),
        write(f.mid),
        say("interval", lang, low=write(f.low), high=write(f.high)),
        _over(f, lang),
    )


def _over(f: Figure, lang: Lang) -> str:
    if f.evidence:
        return say("over_ids" if f.open else "over_all", lang, n=f.over, open=f.open, ids=f.evidence)
    return say("over_open" if f.open else "over", lang, n=f.over, open=f.open)


def _money_bar(s: Sales, lang: Lang) -> Bar:
    whole = s.verified.mid + s.brushed  # what was cancelled or refunded is nothing suspicious
    drawn = Fake(whole, whole - s.verified.high, s.brushed, whole - s.verified.low)
    key = (
        ("over_ids" if s.unjudged_over else "over_all")
        if s.evidence
        else "over_open"
        if s.unjudged_over
        else "over"
    )
    return Bar(
        say("sales", lang), svg.bar_svg(drawn), fmt.money(s.gross, s.currency), fmt.money(s.verified.mid, s.currency),
        interval(s.verified, s.currency, lang), say(key, lang, n=s.over - s.unjudged_over, open=s.unjudged_over, ids=s.evidence),
    )  # fmt: skip


def interval(of: Interval, currency: str | None, lang: Lang) -> str:
    """The interval of an amount in words."""
    return say("interval", lang, low=fmt.money(of.low, currency), high=fmt.money(of.high, currency))


def bridge(s: Sales, lang: Lang) -> Table:
    """The summed bridge of one currency."""
    rows = steps(s, lang)
    rows += [(say("unjudged", lang, n=s.unjudged_over), -s.unjudged)] if s.unjudged_over else []
    rows += [(say("equals", lang), s.verified.mid)]
    told = s.over > s.unjudged_over
    last = interval(s.verified, s.currency, lang) if told else say("not_judged", lang)
    note = say(
        "of_which",
        lang,
        unsettled=fmt.money(s.unsettled, s.currency),
        returned=fmt.money(s.returned, s.currency),
    )
    made = tuple(
        (Cell(label), Cell(fmt.money(amount, s.currency), "num"), Cell(last if i == len(rows) - 1 else "", "soft"))
        for i, (label, amount) in enumerate(rows)
    )  # fmt: skip
    return Table((f"{s.currency}", "", ""), made, note, title=say("bridge", lang))


def sessions(lines: Sequence[Line], lang: Lang) -> Table:
    """Sessions in the order of time."""
    heads = tuple(
        say(h, lang) for h in ("session", "begins", "verdict", "views", "views_both", "sales", "sales_both")
    )
    return Table(heads, tuple(_line(x, lang) for x in lines), title=say("sessions", lang), long=True)


def _line(x: Line, lang: Lang) -> tuple[Cell, ...]:
    def count(n: int | None) -> Cell:
        return Cell("–" if n is None else fmt.number(n), "num")

    verified = say("not_judged", lang) if x.gross is not None and x.verified is None else "–"
    return (
        Cell(who(x.id)),
        Cell(fmt.iso(x.start).removesuffix(" UTC"), "when"),
        Cell(
            f"{labels.SHAPES[x.verdict]} {labels.name(labels.OUTCOMES, x.verdict, lang)}",
            x.verdict.value,
        ),
        count(x.viewers),
        count(x.viewers_verified),
        Cell("–" if x.gross is None else fmt.money(x.gross, x.currency), "num"),
        Cell(verified if x.verified is None else fmt.money(x.verified, x.currency), "num"),
    )


def asks(wanted: Sequence[Ask], lang: Lang) -> tuple[Block, ...]:
    """Records to request, ready to be sent."""
    if not wanted:
        return ()
    lines = []
    for ask in wanted:
        what = phrase(ASKS[ask.record], {}, lang) if not ask.sessions and ask.record in ASKS else labels.ask(ask.record, lang)  # fmt: skip
        questions = listed([labels.name(labels.QUESTION_NOUNS, q, lang) for q in ask.questions], lang)
        lines.append(say("ask_in", lang, what=what, n=ask.sessions, questions=questions) if ask.sessions else what)  # fmt: skip
    return (Lines(tuple(lines), title=say("asks", lang), listed=True),)


def facts(*items: tuple[str, str]) -> tuple[Block, ...]:
    """Terms of which something is said; empty ones are left out."""
    told = tuple((term, text) for term, text in items if text)
    return (Facts(told),) if told else ()
