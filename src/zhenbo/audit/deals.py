"""All deals of a record settled, from what each broadcast did for them."""

from collections.abc import Iterable, Mapping, Sequence

from zhenbo.audit.clause_words import ClauseLaw
from zhenbo.audit.deal import Phrase, Told, sums, worst
from zhenbo.audit.deal_checks import checks
from zhenbo.audit.deal_clauses import contradictions, missing, unclear, voids
from zhenbo.audit.performed import Performed
from zhenbo.core.evidence import Say
from zhenbo.core.papers import Papers
from zhenbo.core.parties import OPERATES
from zhenbo.core.settlement import DealVerdict, PaidSeen, Span
from zhenbo.core.subject import Outcome
from zhenbo.core.verdict import SessionVerdict

SAYS = {
    "absent": Say("Not in the record: {names}. What is said here rests on the other broadcasts.", "记录中缺少场次：{names}。此处结论仅依据其余场次。"),
    "nothing": Say("No broadcast of this deal is in the record: only what the contract itself says could be settled.", "记录中没有本合同的场次：只能依据合同文本结算。"),
    "open": Say("The sales of {names} could not be judged: verified means here that nothing was found to take off.", "{names} 的销售未能判断：此处“核实”仅指未发现应扣除的部分。"),
    "unpaid": Say("The record shows no payment under this deal.", "记录中没有本合同的付款。"),
    "loss": Say("The more sold the more lost: one more average order brings {each_minor} before the slot fee.", "卖得越多亏得越多：每多卖一单（坑位费之前）为 {each_minor}。"),
    "between": Say("Returns reach the contract's share or not depending on what is counted as brushed: whether commission comes back is open.", "退货率是否达到约定比例，取决于刷单的认定：佣金是否退回尚无法确定。"),
    "early": Say("The record ends {days|day|days} after the last broadcast: returns are still to come, and these figures fall with them.", "记录止于末场后 {days} 天：后续仍会有退货，相关数字会随之下降。"),
    "behind": Say("On {day_us} the room {room} was run by {operators}, under {agencies}, selling for {merchants}.", "{day_us}，直播间 {room} 由 {operators} 运营，隶属 {agencies}，为 {merchants} 带货。"),
    "unknown": Say("nobody the papers name", "资料未载明者"),
}  # fmt: skip
EARLY = 15
"""Days after the last broadcast within which returns are still to come; judgement."""
_DAY = 86_400_000_000


def settled(
    done: Iterable[Performed], papers: Papers, paid: Mapping[str, PaidSeen], verdicts: Sequence[SessionVerdict],
    starts: Mapping[str, int], as_of: int, phrase: Phrase, law: ClauseLaw,
) -> list[DealVerdict]:  # fmt: skip
    """The settlement of every deal, by id.

    Args:
        done: what each broadcast did for each deal.
        papers: deals, and who is who.
        paid: payments under each deal.
        verdicts: all sessions of the record, for the merchants' own broadcasts.
        starts: first microsecond of each session.
        as_of: microsecond at which the record is read.
        phrase: how a sentence is put into words.
        law: the words by which clauses are read, and the law behind them.
    """
    parts = sorted(done, key=lambda p: (p.start, p.session_id))
    told = [
        Told(
            deal, [p for p in parts if p.deal == deal.id and p.covered], [p for p in parts if p.deal == deal.id and not p.covered],
            papers, paid.get(deal.id), as_of, phrase, law,
        )
        for deal in papers.deals
    ]  # fmt: skip
    return [
        _settled(one, _own_streams(one, verdicts, starts), [other for other in told if other is not one])
        for one in told
    ]


def remarks(papers: Papers, phrase: Phrase) -> list[str]:
    """What is wrong with the papers and stands with no deal, in words."""
    known = {deal.id for deal in papers.deals}
    return [
        f"{', '.join(x for x in (r.file, r.entry, r.name) if x)}: {phrase(r.say, r.args)}"
        for r in papers.remarks if r.deal not in known
    ]  # fmt: skip


def _own_streams(told: Told, verdicts: Sequence[SessionVerdict], starts: Mapping[str, int]) -> list[Span]:
    """Verified sales of broadcasts that the merchant ran itself."""
    merchant, book = told.deal.merchant_id, told.papers.registry
    if merchant is None:
        return []
    mine = {p.session_id for p in told.parts}
    found = []
    for v in verdicts:
        runs = book.same(v.host_id) == book.same(merchant) or book.same(merchant) in book.linked(
            v.host_id, OPERATES, starts.get(v.session_id)
        )
        if runs and v.gmv and v.session_id not in mine:
            found.append(Span(v.gmv.verified.low, v.gmv.verified.mid, v.gmv.verified.high))
    return found


def _settled(told: Told, own_streams: Sequence[Span], others: Sequence[Told]) -> DealVerdict:
    deal, money = told.deal, sums(told)
    named = {p.session_id for p in told.parts}
    outcome = worst(told.parts)
    return DealVerdict(
        id=deal.id, host_id=deal.host_id, merchant_id=deal.merchant_id, mcn_id=deal.mcn_id,
        sessions=[p.session_id for p in told.parts], absent=[s for s in deal.sessions if s not in named],
        names={who: name for who in (deal.merchant_id, deal.host_id, deal.mcn_id) if who and (name := told.papers.registry.name(who, told.as_of))},
        currency=money.currency, behind=list(_behind(told)), sales=outcome.value if outcome else None, orders=money.orders, bridge=money.bridge,
        verified=money.verified, payout=money.payout, platform_cut=money.platform_cut, fee_due=money.fee_due, tax=money.tax,
        order_fees=money.order_fees, commission_due=money.commission_due, clawback=money.clawback, pledge=money.pledge,
        break_even=money.break_even, net=money.net, contribution=money.contribution, per_order=money.per_order,
        overstock=money.overstock, paid=told.paid, owed=money.owed, checks=checks(told, money, own_streams, others),
        missing_clauses=missing(told, money), void_clauses=voids(told), unclear_clauses=unclear(told), contradictions=contradictions(told, money),
        grounds=[g for p in told.parts for g in p.grounds], notes=list(_notes(told, money.reached, money.per_order)),
    )  # fmt: skip


def _behind(told: Told) -> Iterable[str]:
    """Who stood behind the room of each broadcast, once where nothing changed; nothing where the papers are silent."""
    seen: set[object] = set()
    for part in told.parts:
        held = told.papers.registry.on(part.host_id, part.start)
        if held in seen or not (held.operators or held.agencies):
            continue
        seen.add(held)
        args: dict[str, object] = {"day_us": part.start, "room": part.host_id}
        for side in ("operators", "agencies", "merchants"):
            args[side] = [told.name(who) for who in getattr(held, side)] or told.phrase(SAYS["unknown"], {})
        yield told.phrase(SAYS["behind"], args)


def _notes(told: Told, reached: bool | None, per_order: Span | None) -> Iterable[str]:
    deal, say = told.deal, told.phrase
    absent = [s for s in deal.sessions if s not in {p.session_id for p in told.parts}]
    if not told.parts:
        yield say(SAYS["nothing"], {})
    elif absent:
        yield say(SAYS["absent"], {"names": absent})
    unsure = [p.session_id for p in told.parts if p.bridge and p.sales is Outcome.INSUFFICIENT]
    if unsure:
        yield say(SAYS["open"], {"names": unsure})
    if per_order is not None and per_order.mid < 0:
        currency = next((p.currency for p in told.parts if p.currency), deal.currency)
        yield say(SAYS["loss"], {"each_minor": per_order.mid, "currency": currency})
    if deal.clawback_return_rate is not None and deal.commission_rate and reached is None and told.parts:
        yield say(SAYS["between"], {})
    days = (told.as_of - max((p.end for p in told.parts), default=told.as_of - EARLY * _DAY)) // _DAY
    if told.parts and days < EARLY:
        yield say(SAYS["early"], {"days": int(days)})
