"""A dispute letter per deal: facts, figures, what is asked for and by when to answer, with the evidence by its ids.

It says what the settlement says and no more: figures are fabricated or not, nobody is called a fabricator. Whoever sends
it checks it first; whoever gets it can check every figure, because the events it rests on are named.
"""

import re
from collections.abc import Iterable, Iterator, Mapping

from zhenbo.core.evidence import Say
from zhenbo.core.settlement import Check, DealVerdict, Payment
from zhenbo.core.verdict import Audit
from zhenbo.report import format as fmt
from zhenbo.report.deal import bridge, called, cited, grounds, money, who
from zhenbo.report.i18n import Lang
from zhenbo.report.mask import clean, masked
from zhenbo.report.page import Block, Cell, Facts, Lines, Page, Section, Table, listed, render_page
from zhenbo.report.phrase import phrase

SAYS: Mapping[str, Say] = {
    "title": Say("Letter on the settlement of deal {id}", "关于合同 {id} 结算的函"),
    "meta": Say("Draft, made from the record as of {as_of} by zhenbo 真播 {version}. To be checked and signed by the sender.", "草稿，由 zhenbo 真播 {version} 依据截至 {as_of} 的记录生成。请发函方核对后签署。"),
    "to": Say("To: {name}", "致：{name}"),
    "from": Say("From: {name}", "发函方：{name}"),
    "opening": Say("You and we agreed on deal {id} ({sessions}). We have gone through the orders of these broadcasts one by one. What we found, what it means under the contract, and what we ask of you follows.", "贵我双方就合同 {id}（场次：{sessions}）达成约定。我方已逐笔核对上述场次的订单。现将核对结果、合同下的结论以及我方请求函告如下。"),
    "opening_none": Say("You and we agreed on deal {id}. None of its broadcasts is in the record that we hold. What follows rests on the contract alone.", "贵我双方达成合同 {id}。我方所持记录中没有该合同的场次，以下内容仅依据合同文本。"),
    "facts": Say("1. What was sold", "一、销售事实"),
    "shown": Say("The room displayed {displayed_minor}. Of it {gone_minor} was cancelled, not paid, discounted or refunded, and {brushed_minor} is, by its own traces, not trade but orders made for show. {verified_minor} was really sold (90% interval {low_minor} to {high_minor}).", "页面显示销售额 {displayed_minor}。其中 {gone_minor} 已取消、未付款、优惠或退款；{brushed_minor} 依其痕迹并非真实交易，而是为展示而下的订单。真实售出 {verified_minor}（90% 区间 {low_minor} 至 {high_minor}）。"),
    "shown_doubted": Say("The room displayed {displayed_minor}. Of it {gone_minor} was cancelled, not paid, discounted or refunded, and {brushed_minor} does not look like trade; the records asked for below would decide it. {verified_minor} was really sold as far as can be told (90% interval {low_minor} to {high_minor}).", "页面显示销售额 {displayed_minor}。其中 {gone_minor} 已取消、未付款、优惠或退款；{brushed_minor} 不像真实交易，下列记录可以定论。就现有记录而言，真实售出 {verified_minor}（90% 区间 {low_minor} 至 {high_minor}）。"),
    "shown_clean": Say("The room displayed {displayed_minor}. Of it {gone_minor} was cancelled, not paid, discounted or refunded. {verified_minor} was really sold (90% interval {low_minor} to {high_minor}).", "页面显示销售额 {displayed_minor}。其中 {gone_minor} 已取消、未付款、优惠或退款。真实售出 {verified_minor}（90% 区间 {low_minor} 至 {high_minor}）。"),
    "pledged": Say("Sales of {target_minor} were promised. {verified_minor} was reached: {short_minor} are missing.", "合同承诺销售额 {target_minor}，实际达到 {verified_minor}，差额 {short_minor}。"),
    "reached": Say("Sales of {target_minor} were promised and reached.", "合同承诺销售额 {target_minor}，已达到。"),
    "undecided": Say("Sales of {target_minor} were promised. Whether they were reached cannot be told from this record; the records asked for below would decide it.", "合同承诺销售额 {target_minor}。依据现有记录无法判断是否达到；下列记录可以定论。"),
    "kept": Say("2. How the deal was kept", "二、履约情况"),
    "kept_none": Say("Nothing in the record speaks against how the deal was kept.", "记录中未见不履约的情形。"),
    "law": Say("3. The contract", "三、合同条款"),
    "ask": Say("4. What we ask", "四、请求"),
    "pay": Say("Please pay {amount_minor} to {payee} within fifteen days of this letter, or tell us which of the figures above you contest and why.", "请于收到本函之日起十五日内向 {payee} 支付 {amount_minor}；如有异议，请说明对上述哪一项数字有异议及理由。"),
    "pay_between": Say("Please pay at least {low_minor} to {payee} within fifteen days of this letter (best estimate {amount_minor}, at most {high_minor}), or tell us which of the figures above you contest and why.", "请于收到本函之日起十五日内向 {payee} 至少支付 {low_minor}（最可能为 {amount_minor}，至多 {high_minor}）；如有异议，请说明对上述哪一项数字有异议及理由。"),
    "offer": Say("By the same figures {amount_minor} is still open from us to {payee}; we are ready to settle it.", "依同一数据，我方尚应向 {payee} 支付 {amount_minor}，我方愿意结清。"),
    "propose": Say("The contract does not say what a missed target brings. We propose the fee in proportion to what was sold: {fair_minor}, and with it the return of {back_minor}.", "合同未约定未达标的后果。我方建议按实际销售比例计费，即 {fair_minor}，并相应退回 {back_minor}。"),
    "unpaid": Say("The payments made under this deal are not in our record. Please send your statement of them; what is due and what was paid will then be set off.", "我方记录中没有本合同的付款。请提供付款明细，以便将应付与已付相抵。"),
    "records": Say("Please keep, and send within the same time: ", "请妥善保存并于同一期限内提供："),
    "talk": Say("We would rather settle this between us. Without an answer we reserve our rights, including to lay this letter and its evidence before the platform, the market regulator or a court.", "我方愿意协商解决。逾期未复，我方保留将本函及证据提交平台、市场监管部门或人民法院的权利。"),
    "sign": Say("Sender: ____________________    Date: ____________________", "发函方（盖章）：____________________    日期：____________________"),
    "evidence": Say("5. Evidence", "五、证据"),
    "evidence_none": Say("The figures rest on the states of the orders themselves: paid, cancelled, refunded.", "上述数字依据订单自身状态：付款、取消、退款。"),
    "events": Say("Records it rests on", "所依据的记录"),
    "finding": Say("finding", "事项"),
    "ids": Say("records (source:id)", "记录（来源:编号）"),
    "method_1": Say("Really sold means paid, not cancelled, not refunded as of the moment named above, and not made for show. Cancelled, unpaid and refunded amounts are exact; what was made for show is an estimate with a 90% interval. Rates are taken once of each sum, rounded half to even.", "“真实售出”指截至上述时点已付款、未取消、未退款，且非为展示而下的订单。取消、未付款与退款金额为精确数；为展示而下的订单为估计值，附 90% 区间。各项比例对合计数一次计算，四舍六入五成双。"),
    "method_2": Say("That orders were made for show says nothing about who made them: a host, an agency, a merchant or a rival can. This letter accuses nobody; it settles a contract.", "认定订单为展示而下，并不等于认定由谁所为：主播、机构、商家或竞争对手均有可能。本函不指认任何人，仅就合同进行结算。"),
    "method_3": Say("This letter is no legal advice. Its facts can be made again from the same files with the command below.", "本函不构成法律意见。以下命令可由相同文件重现全部事实。"),
    "settlement": Say("The settlement", "结算"),
}  # fmt: skip
_SHOWN = {"likely": "shown", "suspect": "shown_doubted"}
IDS = 6
"""Events named in the letter per finding; verdict.json has more."""


def letter_pages(audit: Audit) -> Iterator[tuple[str, str]]:
    """File name and page of a letter for each deal of an audit, in its language."""
    for deal in audit.deals:
        yield f"letter-{_file(deal.id)}.html", render_page(letter(deal, audit), audit.lang)


def _file(name: str) -> str:
    return re.sub(r"[^\w.-]+", "_", name)[:80].strip("._") or "deal"


def say(key: str, lang: Lang, **args: object) -> str:
    """A sentence of a letter in `lang`."""
    return phrase(SAYS[key], args, lang)


def letter(deal: DealVerdict, audit: Audit) -> Page:
    """The letter of one deal, from whoever is owed to whoever owes; from the merchant where nothing is open."""
    lang: Lang = audit.lang
    total = deal.owed[-1] if deal.owed else None
    sender = total.payee if total and total.amount.mid and deal.paid else deal.merchant_id
    addressee = _other(deal, sender)
    sections = (
        Section("sold", say("facts", lang), tuple(_sold(deal, lang))),
        Section("kept", say("kept", lang), tuple(_kept(deal, lang))),
        Section("contract", say("law", lang), tuple(_contract(deal, lang))),
        Section("ask", say("ask", lang), (Lines(tuple(_asked(deal, total, sender, lang))),)),
        Section("evidence", say("evidence", lang), tuple(_evidence(deal, lang))),
    )
    opening = say("opening", lang, id=who(deal.id), sessions=[who(s) for s in deal.sessions]) if deal.sessions else say("opening_none", lang, id=who(deal.id))  # fmt: skip
    return Page(
        title=say("title", lang, id=who(deal.id)),
        meta=say("meta", lang, as_of=fmt.iso(audit.as_of), version=clean(audit.zhenbo)),
        lines=(
            say("to", lang, name=called(deal, addressee)),
            say("from", lang, name=called(deal, sender)),
            opening,
        ),
        sections=tuple(s for s in sections if s.blocks),
        method=tuple(say(key, lang) for key in ("method_1", "method_2", "method_3")),
        again=f"zhenbo audit PATH --letter --as-of {clean(audit.as_of)} --lang {lang} --out DIR",
        foot=f"zhenbo 真播 {clean(audit.zhenbo)} · {clean(audit.policy, 160)}",
    )


def _other(deal: DealVerdict, sender: str | None) -> str | None:
    return (deal.mcn_id or deal.host_id) if sender == deal.merchant_id else deal.merchant_id


def _sold(deal: DealVerdict, lang: Lang) -> Iterable[Block]:
    b, v = deal.bridge, deal.verified
    if b and v:
        args = {
            "displayed_minor": b.gross, "gone_minor": b.cancelled + b.unpaid_open + b.discount + b.refunded, "brushed_minor": b.brushed,
            "verified_minor": v.mid, "low_minor": v.low, "high_minor": v.high, "currency": deal.currency,
        }  # fmt: skip
        lines = [
            say(_SHOWN.get(deal.sales or "", "shown_clean") if b.brushed else "shown_clean", lang, **args)
        ]
        if deal.pledge:
            p = deal.pledge
            key = {True: "reached", False: "pledged", None: "undecided"}[p.met]
            lines.append(say(key, lang, target_minor=p.target, verified_minor=v.mid, short_minor=p.target - v.mid, currency=deal.currency))  # fmt: skip
        yield Lines(tuple(lines))
        yield bridge(deal, lang)
    yield Facts(tuple(money(deal, lang)), title=say("settlement", lang))


def _right(deal: DealVerdict) -> list[Check]:
    return [c for c in deal.checks if c.answer == "yes"]


def _kept(deal: DealVerdict, lang: Lang) -> Iterable[Block]:
    found = tuple(f"{c.title}{'：' if lang == 'zh' else ': '}{masked(c.says, 600)}" for c in _right(deal))
    yield Lines(found or (say("kept_none", lang),), listed=bool(found))


def _contract(deal: DealVerdict, lang: Lang) -> Iterable[Block]:  # noqa: ARG001 - sections are made alike
    clauses = [*deal.void_clauses, *deal.unclear_clauses, *deal.contradictions, *deal.missing_clauses]
    if clauses:
        yield Lines(tuple(cited(c) for c in clauses), listed=True)


def _asked(deal: DealVerdict, total: Payment | None, sender: str | None, lang: Lang) -> Iterable[str]:
    if deal.paid is None:
        yield say("unpaid", lang)
    elif total and total.amount.mid:
        a = total.amount
        args = {"amount_minor": a.mid, "low_minor": a.low, "high_minor": a.high, "payee": called(deal, total.payee), "currency": deal.currency}  # fmt: skip
        key = "offer" if total.payer == sender else "pay" if a.low == a.high else "pay_between"
        yield say(key, lang, **args)
    p = deal.pledge
    silent = any(c.field == "remedy" for c in deal.missing_clauses)
    if (
        p
        and p.met is False
        and silent
        and p.fair_fee is not None
        and deal.paid
        and deal.paid.fees - deal.paid.back > p.fair_fee
    ):
        yield say("propose", lang, fair_minor=p.fair_fee, back_minor=deal.paid.fees - p.fair_fee - deal.paid.back, currency=deal.currency)  # fmt: skip
    wanted = list(dict.fromkeys(m for c in deal.checks if c.complaint for m in c.missing))
    if wanted:
        yield say("records", lang) + listed([masked(w, 200) for w in wanted], lang)
    yield say("talk", lang)
    yield say("sign", lang)


def _evidence(deal: DealVerdict, lang: Lang) -> Iterable[Block]:
    if not deal.grounds and not _right(deal):
        yield Lines((say("evidence_none", lang),))
        return
    if deal.grounds:
        yield Lines(tuple(grounds(deal, lang)), listed=True)
    rows = [(f"{who(g.session_id)} · {g.signal}", g.events, g.events_total) for g in deal.grounds]
    rows += [(c.title, c.events, len(c.events)) for c in _right(deal) if c.events]
    if deal.paid and deal.paid.events:
        rows.append((say("settlement", lang), deal.paid.events, len(deal.paid.events)))
    if rows:
        heads = (say("finding", lang), say("ids", lang))
        yield Table(heads, tuple((Cell(clean(name, 80)), Cell(_ids(events, n, lang))) for name, events, n in rows), title=say("events", lang))  # fmt: skip


def _ids(events: list[str], n: int, lang: Lang) -> str:
    named = listed([clean(e, 80) for e in events[:IDS]], lang)
    return named if n <= IDS else f"{named} (+{n - IDS})"
