"""Deals as a reader meets them: one section each, in the report of an audit, on the terminal and in a letter."""

from collections.abc import Iterable, Mapping, Sequence

from zhenbo.core.evidence import Say
from zhenbo.core.settlement import Check, Clause, DealVerdict, Span
from zhenbo.report import format as fmt
from zhenbo.report.bridge import steps
from zhenbo.report.i18n import Lang
from zhenbo.report.mask import ID_LIMIT, clean, masked
from zhenbo.report.page import Block, Cell, Facts, Lines, Section, Table, listed
from zhenbo.report.phrase import phrase

SAYS: Mapping[str, Say] = {
    "all": Say("Deals", "合同"),
    "deal": Say("deal", "合同"),
    "promised": Say("target", "目标"),
    "title": Say("Deal {id}", "合同 {id}"),
    "meta": Say("merchant {merchant} · host {host} · agency {agency} · broadcasts {sessions}", "商家 {merchant} · 主播 {host} · 机构 {agency} · 场次 {sessions}"),
    "none": Say("–", "–"),
    "met": Say("target met", "达标"),
    "missed": Say("target not met", "未达标"),
    "open": Say("cannot tell whether the target was met", "无法判断是否达标"),
    "target": Say("{verified_minor} verified ({low_minor} to {high_minor}) of {target_minor} promised; the room displayed {displayed_minor}.", "核实销售额 {verified_minor}（{low_minor} 至 {high_minor}），承诺 {target_minor}；页面显示 {displayed_minor}。"),
    "own": Say("{own_minor} of it was bought from accounts of the promising side itself and is left out of the lower end.", "其中 {own_minor} 由承诺方自己的账号购买，未计入区间下限。"),
    "money": Say("The settlement", "结算"),
    "verified": Say("really sold (verified)", "真实售出（核实）"),
    "platform_cut": Say("platform's cut", "平台扣点"),
    "payout": Say("left after the platform", "平台结算后剩余"),
    "slot": Say("fees due", "应付费用"),
    "tax": Say("of which tax", "其中税费"),
    "order_fees": Say("of which per order", "其中按单费用"),
    "commission_due": Say("commission due", "应付佣金"),
    "clawback": Say("commission to come back", "应退佣金"),
    "net": Say("net to the merchant, before the goods", "商家净得（未扣货本）"),
    "contribution": Say("contribution after the goods", "扣除货本后的贡献"),
    "per_order": Say("one more average order brings", "每多一单的贡献"),
    "overstock": Say("goods bought in and not sold, at cost", "备货未售（按成本）"),
    "paid": Say("paid", "已付"),
    "paid_says": Say("fees {fees_minor}, commission {commission_minor}, paid back {back_minor}", "费用 {fees_minor}，佣金 {commission_minor}，已退回 {back_minor}"),
    "even": Say("the deal pays from", "保本销售额"),
    "even_never": Say("never: a sale costs more than it brings", "无法保本：每笔销售的成本高于所得"),
    "even_says": Say("{sales_minor} of net sales ({kept_share} of each is kept) – {reached}", "净销售额 {sales_minor}（每元留存 {kept_share}）——{reached}"),
    "reached": Say("reached", "已达到"),
    "not_reached": Say("not reached", "未达到"),
    "reach_open": Say("cannot tell whether reached", "无法判断是否达到"),
    "between": Say("{mid_minor} ({low_minor} to {high_minor})", "{mid_minor}（{low_minor} 至 {high_minor}）"),
    "exact": Say("{mid_minor}", "{mid_minor}"),
    "owed": Say("Who must pay whom", "谁应付谁"),
    "bridge": Say("From created to verified sales", "从下单金额到核实销售额"),
    "equals": Say("= really sold (verified)", "= 真实售出（核实）"),
    "orders": Say("{shown|order|orders} shown, {paid} paid, {returned} refunded; really sold {mid} ({low} to {high}).", "展示订单 {shown} 笔，已付款 {paid} 笔，已退款 {returned} 笔；真实订单 {mid} 笔（{low} 至 {high}）。"),
    "checks": Say("How the deal was kept", "履约核查"),
    "number": Say("no.", "编号"),
    "complaint": Say("complaint", "投诉事项"),
    "answer": Say("answer", "结论"),
    "measured": Say("what was measured", "依据"),
    "yes": Say("yes", "属实"),
    "no": Say("no", "不属实"),
    "cannot_tell": Say("cannot tell", "无法判断"),
    "settles": Say("what would settle it", "可以定论的材料"),
    "void": Say("Void clauses", "无效条款"),
    "unclear": Say("Clauses to have read", "待审阅条款"),
    "against": Say("Contradictions and entries that could not be read", "矛盾与无法读取之处"),
    "missing": Say("What the contract does not say", "合同未约定的事项"),
    "grounds": Say("What the verified figures rest on", "核实数据的依据"),
    "ground": Say("({times} times likelier than by chance; {n|event|events})", "（可能性为偶然情形的 {times} 倍；涉及 {n} 条事件）"),
    "behind": Say("Who stood behind the room", "直播间背后是谁"),
    "notes": Say("About this settlement", "说明"),
    "untold": Say("no order in the record", "记录中没有订单"),
}  # fmt: skip
_BANNERS = {True: ("unlikely", "met"), False: ("likely", "missed"), None: ("insufficient", "open")}


def deal_sections(deals: Sequence[DealVerdict], lang: Lang) -> list[Section]:
    """One section per deal, in the order given, after an overview where they are several."""
    told = [deal_section(deal, f"d{n}", lang) for n, deal in enumerate(deals, start=1)]
    return [_overview(deals, lang), *told] if len(told) > 1 else told


def _overview(deals: Sequence[DealVerdict], lang: Lang) -> Section:
    """All deals in a table: target, really sold, what is open."""
    heads = tuple(say(key, lang) for key in ("deal", "promised", "verified", "contribution", "owed"))
    rows = []
    for n, deal in enumerate(deals, start=1):
        kind, word = _BANNERS[deal.pledge.met] if deal.pledge else ("", "none")
        amounts = [fmt.money(v.mid, deal.currency) if v else "–" for v in (deal.verified, deal.contribution)]
        rows.append((
            Cell(who(deal.id), to=f"d{n}"), Cell(say(word, lang), kind), *(Cell(a, "num") for a in amounts),
            Cell(masked(deal.owed[-1].says, 300) if deal.owed else "–"),
        ))  # fmt: skip
    return Section("deals", say("all", lang), (Table(heads, tuple(rows)),))


def deal_section(deal: DealVerdict, anchor: str, lang: Lang) -> Section:
    """A deal: whether its target was met, what is due, how it was kept, what the contract leaves open."""
    outcome, word = "", ""
    banner: tuple[str, ...] = ()
    if deal.pledge:
        outcome, key = _BANNERS[deal.pledge.met]
        word, banner = say(key, lang), tuple(_target(deal, lang))
    return Section(
        anchor, say("title", lang, id=who(deal.id)), tuple(blocks(deal, lang)), meta=_meta(deal, lang), outcome=outcome,
        banner=banner, word=word,
    )  # fmt: skip


def deal_lines(deal: DealVerdict, lang: Lang) -> tuple[str, str, list[str]]:
    """A deal on a terminal: the outcome its banner has (empty for none), its title, and a few lines below."""
    seen = deal_section(deal, "d", lang)
    told = [seen.meta, *seen.banner]
    told += [f"{term}: {text}" for term, text in money(deal, lang) if text]
    told += [f"{say('owed', lang)}: {o.says}" for o in deal.owed[-1:]]
    told += [f"{f'{c.complaint}. ' if c.complaint else ''}{c.title}: {say(c.answer, lang)} – {masked(c.says, 600)}" for c in deal.checks if c.answer == "yes"]  # fmt: skip
    told += [cited(c) for c in (*deal.void_clauses, *deal.unclear_clauses, *deal.contradictions)]
    return seen.outcome, f"{seen.title}{f'  {seen.word}' if seen.word else ''}", [*told, *deal.notes]


def blocks(deal: DealVerdict, lang: Lang) -> Iterable[Block]:
    """What follows under the banner."""
    yield Facts(tuple(money(deal, lang)), title=say("money", lang))
    if deal.owed:
        yield Lines(tuple(o.says for o in deal.owed), title=say("owed", lang), listed=True)
    if deal.bridge:
        yield bridge(deal, lang)
    yield checks(deal.checks, lang)
    for key, clauses in (
        ("void", deal.void_clauses),
        ("unclear", deal.unclear_clauses),
        ("against", deal.contradictions),
        ("missing", deal.missing_clauses),
    ):
        if clauses:
            yield Lines(tuple(cited(c) for c in clauses), title=say(key, lang), listed=True)
    if deal.grounds:
        yield Lines(tuple(grounds(deal, lang)), title=say("grounds", lang), listed=True)
    if deal.behind:
        yield Lines(tuple(masked(line, 400) for line in deal.behind), title=say("behind", lang), listed=True)
    if deal.notes:
        yield Lines(tuple(deal.notes), title=say("notes", lang), listed=True)


def say(key: str, lang: Lang, **args: object) -> str:
    """A sentence of a deal in `lang`."""
    return phrase(SAYS[key], args, lang)


def who(ident: str | None) -> str:
    """An id as a page shows it."""
    return clean(ident, ID_LIMIT) if ident else "–"


def called(deal: DealVerdict, ident: str | None) -> str:
    """A party of a deal by its name and id, as a page shows it."""
    name = deal.names.get(ident or "")
    return f"{clean(name, ID_LIMIT)} ({who(ident)})" if name else who(ident)


def _meta(deal: DealVerdict, lang: Lang) -> str:
    sessions = listed([who(s) for s in deal.sessions[:8]], lang) or "–"
    return say("meta", lang, merchant=called(deal, deal.merchant_id), host=called(deal, deal.host_id), agency=called(deal, deal.mcn_id), sessions=sessions)  # fmt: skip


def _target(deal: DealVerdict, lang: Lang) -> Iterable[str]:
    p = deal.pledge
    assert p is not None
    v = p.verified
    yield say(
        "target", lang, verified_minor=v.mid, low_minor=v.low, high_minor=v.high, target_minor=p.target,
        displayed_minor=p.displayed, currency=deal.currency,
    )  # fmt: skip
    if p.own:
        yield say("own", lang, own_minor=p.own, currency=deal.currency)


def money(deal: DealVerdict, lang: Lang) -> Iterable[tuple[str, str]]:
    """What is due, what is left: one line per figure that the contract and the record let be told."""
    if deal.verified is None:
        yield say("verified", lang), say("untold", lang)
    lines: tuple[tuple[str, Span | None], ...] = (
        ("verified", deal.verified), ("platform_cut", deal.platform_cut), ("payout", deal.payout), ("slot", deal.fee_due),
        ("tax", deal.tax), ("order_fees", deal.order_fees), ("commission_due", deal.commission_due), ("clawback", deal.clawback),
        ("net", deal.net), ("contribution", deal.contribution), ("per_order", deal.per_order), ("overstock", deal.overstock),
    )  # fmt: skip
    for key, value in lines:
        if value is not None:
            yield say(key, lang), span(value, deal.currency, lang)
    if deal.break_even:
        yield say("even", lang), _even(deal, lang)
    if deal.paid:
        p = deal.paid
        yield (
            say("paid", lang),
            say("paid_says", lang, fees_minor=p.fees, commission_minor=p.commission, back_minor=p.back, currency=deal.currency),
        )  # fmt: skip


def span(value: Span, currency: str, lang: Lang) -> str:
    """An amount with its interval; an exact one without."""
    args = {"mid_minor": value.mid, "low_minor": value.low, "high_minor": value.high, "currency": currency}
    return say("exact" if value.low == value.high else "between", lang, **args)


def _even(deal: DealVerdict, lang: Lang) -> str:
    at = deal.break_even
    assert at is not None
    if at.sales is None:
        return say("even_never", lang)
    key = {True: "reached", False: "not_reached", None: "reach_open"}[at.reached]
    return say("even_says", lang, sales_minor=at.sales, kept_share=at.kept_share, reached=say(key, lang), currency=deal.currency)  # fmt: skip


def bridge(deal: DealVerdict, lang: Lang) -> Table:
    """Created to verified, line by line, with the orders below."""
    b, o = deal.bridge, deal.orders
    assert b is not None
    lines = [*steps(b, lang), (say("equals", lang), b.verified.mid)]
    note = ""
    if o:
        v = o.verified
        note = say(
            "orders", lang, shown=o.shown, paid=o.paid, returned=o.returned, mid=v.mid, low=v.low, high=v.high
        )
    rows = tuple((Cell(label), Cell(fmt.money(amount, deal.currency), "num")) for label, amount in lines)
    return Table(("", ""), rows, note=note, title=say("bridge", lang))


def checks(found: Sequence[Check], lang: Lang) -> Table:
    """The ten complaints and what else was asked, with their answers."""
    heads = tuple(say(key, lang) for key in ("complaint", "answer", "measured", "settles"))
    return Table(heads, tuple(_check(c, lang) for c in found), title=say("checks", lang))


_KINDS = {"yes": "likely", "no": "unlikely", "cannot_tell": "insufficient"}


def _check(c: Check, lang: Lang) -> tuple[Cell, ...]:
    title = f"{c.complaint}. {c.title}" if c.complaint else c.title
    needed = listed([masked(m, 200) for m in (*c.missing, *c.untold)], lang)
    return (
        Cell(title),
        Cell(say(c.answer, lang), _KINDS[c.answer]),
        Cell(masked(c.says, 600)),
        Cell(needed, "soft"),
    )


def cited(clause: Clause) -> str:
    """A remark on the contract, with what it rests on."""
    said = masked(clause.says, 600)
    return f"{said} [{clean(clause.cites, 300)}]" if clause.cites else said


def grounds(deal: DealVerdict, lang: Lang) -> Iterable[str]:
    """Findings of the sessions' verdicts, the heaviest first."""
    for g in sorted(deal.grounds, key=lambda g: -g.weight_db):
        times = say("ground", lang, times=10 ** (g.weight_db / 10), n=g.events_total)
        yield f"{who(g.session_id)}: {masked(g.says, 600)} {times}"
