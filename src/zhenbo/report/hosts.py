"""The page of `zhenbo host`: one section per host, ranked by verified sales."""

from collections.abc import Mapping, Sequence

from zhenbo.audit.coherence import Odd
from zhenbo.audit.figures import Sales, main_sales
from zhenbo.audit.growth import Growth, Spell
from zhenbo.audit.history import Compared
from zhenbo.audit.host import HostAudit
from zhenbo.core.evidence import Say
from zhenbo.core.verdict import Audit
from zhenbo.report import format as fmt
from zhenbo.report import labels
from zhenbo.report.chance import chance_lines
from zhenbo.report.i18n import Lang
from zhenbo.report.mask import clean
from zhenbo.report.page import Block, Cell, Lines, Page, Section, Table, listed
from zhenbo.report.party import asks, bars, bridge, facts, meta, say, sessions, who

SAYS: Mapping[str, Say] = {
    "title": Say("Audit of hosts", "主播核查"),
    "title_one": Say("Audit of host {host}", "主播核查：{host}"),
    "ranking": Say("Hosts by verified sales", "主播排名（按核实销售额）"),
    "host": Say("host", "主播"),
    "agency": Say("agency", "机构"),
    "operator": Say("operated by", "实际运营方"),
    "merchants": Say("sells for", "带货商家"),
    "names": Say("names", "名称"),
    "flagged": Say("suspect or worse", "存疑及以上"),
    "verified": Say("verified sales", "核实销售额"),
    "interval": Say("90% interval", "90% 区间"),
    "created": Say("created", "下单金额"),
    "meta": Say("{platforms} · {sessions|session|sessions}, {shops|shop month|shop months} · {start} – {end}", "{platforms} · {sessions} 场直播、{shops} 个店铺月 · {start} – {end}"),
    "banner_likely": Say("In at least one session a figure is likely fabricated to a material degree, whoever paid for it.", "至少一场的展示数据很可能存在重大造假，不论由谁出资。"),
    "banner_suspect": Say("In at least one session something does not fit an ordinary room; the records named below would decide it.", "至少一场存在与普通直播间不符之处；下列记录可以定论。"),
    "banner_insufficient": Say("At least one session does not show enough to say either way.", "至少一场的记录不足以判断。"),
    "banner_unlikely": Say("Nothing in these sessions points to fabrication, as far as the record shows.", "就本记录所示，各场均未见造假迹象。"),
    "tally": Say("Of {n} sessions and shop months: {counts}.", "{n} 个场次与店铺月中：{counts}。"),
    "count": Say("{word} {n}", "{word} {n}"),
    "thin": Say("Fewer than five sessions: read the figures as an impression.", "少于五场：数据仅供参考。"),
    "compared": Say("Against this host's last sessions", "与该主播近期场次比较"),
    "compared_note": Say("Each session beside up to ten earlier ones of the same host: their median, and where the next one lies 95 times of 100. Of {all|comparison|comparisons} {out} {out|lies|lie:} outside; {chance} would by chance alone.", "每场与同一主播此前至多十场比较：中位数，以及下一场 95% 会落入的范围。{all} 次比较中 {out} 次超出；纯属偶然也会有约 {chance} 次。"),
    "compared_few": Say("Fewer than five sessions with comparable figures: what is usual for this host cannot be told yet.", "可比场次不足五场：尚无法判断该主播的常态。"),
    "compared_none": Say("Compared {all|time|times}, always where the earlier sessions let expect.", "全部 {all} 次比较均在此前场次的预期范围内。"),
    "measure": Say("measure", "指标"),
    "value": Say("this session", "本场"),
    "median": Say("median of the last", "近期中位数"),
    "range": Say("expected", "预期范围"),
    "span": Say("{low} to {high} (n = {n})", "{low} 至 {high}（n = {n}）"),
    "viewers": Say("shown views", "展示场观"),
    "orders_per_1000": Say("orders per 1,000 views", "每千场观订单数"),
    "sales": Say("sales that remain", "剩余销售额"),
    "refunded_share": Say("refunded share", "退款占比"),
    "growth": Say("Growth of followers", "粉丝增长"),
    "growth_unknown": Say("No follower counts over time in this record: growth cannot be judged.", "本记录没有随时间变化的粉丝数：无法判断增长。"),
    "growth_inside": Say("{first} to {last} followers in {readings} readings ({start} to {end}), {per_day} a day: inside what grows by itself.", "{readings} 次读数（{start} 至 {end}）粉丝由 {first} 到 {last}，日均 {per_day}：在自然增长范围内。"),
    "growth_outside": Say("{first} to {last} followers in {readings} readings ({start} to {end}), {per_day} a day. {n} stretches exceed what grows by itself. This accuses nobody: a film that went viral or disclosed advertising does the same, and the platform's list of sources tells them apart.", "{readings} 次读数（{start} 至 {end}）粉丝由 {first} 到 {last}，日均 {per_day}。其中 {n} 段超出自然增长。这并非指认：爆款视频或已披露的投放也会如此，平台后台的粉丝来源可以区分。"),
    "from": Say("from", "自"),
    "to": Say("to", "至"),
    "gained": Say("gained", "增长"),
    "per_day": Say("per day", "日均"),
    "limit": Say("limit per day", "日上限"),
    "won": Say("won on air", "直播获粉"),
    "declared": Say("declared", "已申报"),
    "readings": Say("readings", "读数"),
    "odd": Say("Figures that go together worst", "指标最不匹配的主播"),
    "odd_note": Say("The {n} of {all} hosts furthest from what hosts nearest in size show. Where to look first, and no finding: somebody always leads such a list, and rooms differ tenfold for honest reasons.", "{all} 位主播中与规模相近者相差最大的 {n} 位。仅提示优先核查的顺序，并非结论：任何榜单都有首位，直播间因正当原因可相差十倍。"),
    "peers": Say("hosts of that size", "规模相近的主播"),
    "peers_span": Say("{low} to {high} (n = {n})", "{low} 至 {high}（n = {n}）"),
    "beside": Say("beside", "对照"),
    "beside_size": Say("{value} {size}", "{size} {value}"),
    "odd_followers": Say("followers", "粉丝"),
    "odd_viewers": Say("views per session", "场均场观"),
    "odd_likes": Say("likes per session", "场均点赞"),
    "odd_comments": Say("comments per session", "场均评论"),
    "odd_follows": Say("new followers per session", "场均新增粉丝"),
    "odd_orders": Say("orders per session", "场均订单"),
    "chance": Say("Among how many", "多场核查的误报"),
    "method_1": Say("Every figure is summed over the sessions that could be judged; the ends of their 90% intervals are added, because what stays unnoticed in one broadcast of a host may do so in all. A figure that no session could tell is not given.", "各项数据为可判断场次之和；90% 区间的两端直接相加，因为同一主播一场未被发现的问题可能场场存在。没有任何一场可判断的指标不予给出。"),
    "method_2": Say("Conversion is orders per view. Its lower end puts the fewest real orders over the most real views, its upper end the reverse.", "转化率为每次场观的订单数。下限为最少真实订单除以最多真实场观，上限相反。"),
    "method_3": Say("Growth is compared with three times the daily gain of an ordinary host who won 100,000 followers in half a year (550 a day), or 2 % of the followers a day, whichever is more, and with what the broadcasts of those days won.", "粉丝增长的比较基准：半年自然增粉 10 万的普通主播日均增幅（550）的三倍，或每日粉丝数的 2%，取较大者，并加上当期直播所获粉丝。"),
    "method_4": Say("A verdict is about figures, not about persons. Missing data is never counted as clean and never as guilt. The ids beside a figure are those of the reasons in verdict.json that count its fakes; each names the very events it rests on.", "结论针对数据而非个人。缺失数据既不视为清白，也不视为有罪。指标旁的编号为 verdict.json 中计入其虚假量的依据；每条依据都列明所依托的原始事件。"),
}  # fmt: skip


ODD = 10
"""Hosts whose figures go together worst that the page lists; `host.json` has all."""


def host_page(audit: Audit, hosts: Sequence[HostAudit], odd: Sequence[Odd], again: str, lang: Lang) -> Page:
    """The page of some hosts, in the order given.

    Args:
        audit: the verdicts they rest on.
        hosts: ranked.
        odd: hosts of the record by how ill their figures go together.
        again: the command that makes the page again.
        lang: language of the page.
    """
    one = len(hosts) == 1
    title = _say("title_one", lang, host=who(hosts[0].host_id)) if one else _say("title", lang)
    parts = () if one else (Section("ranking", _say("ranking", lang), (ranking(hosts, lang),)),)
    return Page(
        title=title,
        meta=meta(audit, lang),
        lines=tuple(clean(n, 400) for n in audit.notes),
        sections=(
            *parts,
            *_incoherent(odd, lang),
            *(section(h, f"h{i}", lang) for i, h in enumerate(hosts, start=1)),
        ),
        method=tuple(_say(f"method_{i}", lang) for i in range(1, 5)),
        again=again,
        foot=f"zhenbo 真播 {clean(audit.zhenbo)} · {clean(audit.policy, 160)}",
    )


def _say(key: str, lang: Lang, **args: object) -> str:
    return say(key, lang, SAYS, **args)


def ranking(hosts: Sequence[HostAudit], lang: Lang, *, linked: bool = True) -> Table:
    """Hosts with what is verified of their sales."""
    heads = tuple(_say(k, lang) for k in ("host", "agency", "flagged", "created", "verified", "interval"))
    return Table(
        heads, tuple(_rank(h, f"h{i}" if linked else "", lang) for i, h in enumerate(hosts, start=1))
    )


def _incoherent(odd: Sequence[Odd], lang: Lang) -> tuple[Section, ...]:
    """The hosts to look at first, where there are enough to compare."""
    if not odd:
        return ()
    heads = tuple(_say(k, lang) for k in ("host", "measure", "value", "peers", "beside"))
    rows = tuple(
        (
            Cell(who(o.host_id)), Cell(_say(f"odd_{o.figure}", lang)), Cell(fmt.number(o.value), "num"),
            Cell(_say("peers_span", lang, low=fmt.number(round(o.low)), high=fmt.number(round(o.high)), n=o.peers), "num"),
            Cell(_say("beside_size", lang, size=_say(f"odd_{o.size}", lang), value=fmt.number(o.size_value)), "num"),
        )
        for o in odd[:ODD]
    )  # fmt: skip
    note = _say("odd_note", lang, n=min(ODD, len(odd)), all=len(odd))
    return (Section("incoherent", _say("odd", lang), (Table(heads, rows, note),)),)


def _rank(h: HostAudit, anchor: str, lang: Lang) -> tuple[Cell, ...]:
    s = main_sales(h.sales)
    bad = sum(h.outcomes.get(o, 0) for o in ("likely", "suspect"))
    flagged = f"{labels.SHAPES[h.verdict]} {bad} / {sum(h.outcomes.values())}"
    return (
        Cell(who(h.host_id), to=anchor),
        Cell(listed([who(a) for a in h.agencies], lang) or "–"),
        Cell(flagged, h.verdict.value),
        Cell("–" if s is None else fmt.money(s.gross, s.currency), "num"),
        Cell(_verified(s, lang), "num"),
        Cell("–" if s is None or not _told(s) else _ends(s), "num"),
    )


def _told(s: Sales) -> bool:
    """Whether brushing could be judged in any of the sessions."""
    return s.over > s.unjudged_over


def _verified(s: Sales | None, lang: Lang) -> str:
    if s is None:
        return "–"
    return fmt.money(s.verified.mid, s.currency) if _told(s) else say("not_judged", lang)


def _ends(s: Sales) -> str:
    return f"{fmt.money(s.verified.low, s.currency)} – {fmt.money(s.verified.high, s.currency)}"


def section(h: HostAudit, anchor: str, lang: Lang) -> Section:
    """All that is said of one host."""
    counts = listed(
        [_say("count", lang, n=n, word=labels.name(labels.OUTCOMES, o, lang)) for o, n in h.outcomes.items()], lang
    )  # fmt: skip
    banner = [_say(f"banner_{h.verdict.value}", lang)]
    banner += [_say("tally", lang, counts=counts, n=sum(h.outcomes.values()))] if h.outcomes else []
    banner += [_say("thin", lang)] if h.thin else []
    blocks: list[Block] = [
        *facts(
            (_say("names", lang), listed([who(n) for n in h.names], lang)),
            (_say("agency", lang), listed([who(n) for n in h.agencies], lang)),
            (_say("operator", lang), listed([who(n) for n in h.operators], lang)),
            (_say("merchants", lang), listed([who(n) for n in h.merchants], lang)),
        ),
        *bars(h.figures, h.sales, lang),
        *(bridge(s, lang) for s in h.sales),
        _against(h, lang),
        *_growth(h.growth, lang),
        *_chance(h, lang),
        sessions(h.lines, lang),
        *asks(h.ask_for, lang),
    ]
    return Section(
        anchor, who(h.host_id), tuple(blocks), outcome=h.verdict.value, banner=tuple(banner),
        meta=_say("meta", lang, platforms=h.platforms, sessions=h.sessions, shops=h.shop_months, start=fmt.iso(h.start), end=fmt.iso(h.end)),
    )  # fmt: skip


def _chance(h: HostAudit, lang: Lang) -> tuple[Block, ...]:
    lines = chance_lines(h.many, lang)
    return (Lines(lines, title=_say("chance", lang)),) if lines else ()


def _against(h: HostAudit, lang: Lang) -> Block:
    """Sessions that lie outside what the last ones let expect."""
    title = _say("compared", lang)
    outside = [c for c in h.compared if c.outside]
    if not h.compared:
        return Lines((_say("compared_few", lang),), title=title)
    if not outside:
        return Lines((_say("compared_none", lang, all=len(h.compared)),), title=title)
    sold = main_sales(h.sales)
    heads = tuple(_say(k, lang) for k in ("measure", "value", "median", "range"))
    rows = tuple(_beside(c, sold.currency if sold else None, lang) for c in outside)
    chance = fmt.number(round(0.05 * len(h.compared), 1))
    note = _say("compared_note", lang, all=len(h.compared), out=len(outside), chance=chance)
    return Table((say("session", lang), *heads), rows, note, title=title)


def _beside(c: Compared, currency: str | None, lang: Lang) -> tuple[Cell, ...]:
    def write(x: float) -> str:
        if c.measure == "sales":
            return fmt.money(round(x), currency)
        return fmt.share(x) if c.measure.endswith("_share") else fmt.number(float(f"{x:.3g}"))

    return (
        Cell(who(c.session_id)),
        Cell(_say(c.measure, lang)),
        Cell(write(c.value), "num"),
        Cell(write(c.median), "num"),
        Cell(_say("span", lang, low=write(c.low), high=write(c.high), n=c.n)),
    )


def _growth(g: Growth, lang: Lang) -> tuple[Block, ...]:
    title = _say("growth", lang)
    if g.outcome == "unknown":
        return (Lines((_say("growth_unknown", lang),), title=title),)
    told = {
        "first": g.fans_first, "last": g.fans_last, "readings": g.readings, "start": fmt.iso(g.start), "end": fmt.iso(g.end),
        "per_day": fmt.number(round(g.per_day or 0)), "n": len(g.spells),
    }  # fmt: skip
    line = _say(f"growth_{g.outcome}", lang, **told)
    if not g.spells:
        return (Lines((line,), title=title),)
    heads = tuple(
        _say(k, lang) for k in ("from", "to", "gained", "per_day", "limit", "won", "declared", "readings")
    )
    return Lines((line,), title=title), Table(heads, tuple(_spell(s, lang) for s in g.spells))


def _spell(s: Spell, lang: Lang) -> tuple[Cell, ...]:
    declared = listed([labels.name(labels.WINDOWS, w, lang) for w in s.declared], lang)
    return (
        Cell(fmt.iso(s.start).removesuffix(" UTC")),
        Cell(fmt.iso(s.end).removesuffix(" UTC"), "when"),
        Cell(fmt.number(s.gained), "num"),
        Cell(fmt.number(round(s.per_day)), "num"),
        Cell(fmt.number(round(s.limit_per_day)), "num"),
        Cell(fmt.number(s.explained), "num"),
        Cell(declared or "–"),
        Cell(listed([who(e) for e in s.events], lang), "soft"),
    )
