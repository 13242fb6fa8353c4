"""A deal settled by its contract on verified sales: what is due, what must come back, what is left to the merchant.

Rules, where contracts differ in words but not in sense (docs/deals.md):

- Sales are verified sales: paid, not refunded, not brushed. Nothing is due on an order that was never a trade.
- Commission is due on verified sales. Where the contract names a share of returns below which commission is not given
  back (custom A19: one half), what was already paid on goods that came back later is kept until returns reach that share.
  Commission on orders that were no trades is never kept.
- Nothing is called due for a deal none of whose broadcasts is in the record.
- A missed target changes the fee only as the contract says (`remedy`); where it is silent the fee stands, and that is said.
- Every rate is taken once of the sum, half to even; intervals of several broadcasts add end to end. Brushing that nobody
  noticed is weighed by its probability: what is hidden with less than 5 % is no part of a 90 % interval.
"""

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from decimal import ROUND_CEILING, Decimal
from typing import Any

from zhenbo.audit.clause_words import ClauseLaw
from zhenbo.audit.deal_payments import owed
from zhenbo.audit.performed import Performed
from zhenbo.core.deal import Deal
from zhenbo.core.evidence import Say
from zhenbo.core.money import portion
from zhenbo.core.papers import Papers
from zhenbo.core.settlement import (
    BreakEven,
    BridgeSeen,
    OrdersSeen,
    PaidSeen,
    Payment,
    PledgeSeen,
    Span,
    less,
    total,
)
from zhenbo.core.subject import Outcome

Phrase = Callable[[Say, Mapping[str, Any]], str]
CURRENCY = "CNY"
_END = 0.05
"""What lies beyond each end of an interval."""


@dataclass(frozen=True)
class Told:
    """What a deal is settled by.

    Args:
        deal: the contract.
        parts: its broadcasts.
        again: other broadcasts of its host, for a re-run.
        papers: all papers.
        paid: payments in the record; None where it holds none.
        as_of: microsecond at which the record is read.
        phrase: how a sentence is put into words.
        law: the words by which clauses are read, and the law behind them.
    """

    deal: Deal
    parts: Sequence[Performed]
    again: Sequence[Performed]
    papers: Papers
    paid: PaidSeen | None
    as_of: int
    phrase: Phrase
    law: ClauseLaw

    def name(self, who: str | None) -> str:
        """What a party is called in sentences."""
        if who is None:
            return "?"
        told = self.papers.registry.name(who, self.as_of)
        return f"{told} ({who})" if told and told != who else who


@dataclass(frozen=True)
class Sums:
    """The money of a deal, all of it from verified sales.

    Args: as the fields of `core.settlement.DealVerdict` of the same names; `reached` says whether returns reached the
        share from which commission comes back (None: they did or not, depending on what was brushed).
    """

    currency: str
    orders: OrdersSeen | None
    bridge: BridgeSeen | None
    verified: Span | None
    platform_cut: Span | None
    payout: Span | None
    pledge: PledgeSeen | None
    slot_fee: Span | None
    tax: Span | None
    order_fees: Span | None
    fee_due: Span | None
    commission_due: Span | None
    clawback: Span | None
    reached: bool | None
    break_even: BreakEven | None
    net: Span | None
    contribution: Span | None
    per_order: Span | None
    overstock: Span | None
    owed: list[Payment]


def sums(told: Told) -> Sums:
    """The settlement of a deal in figures."""
    deal = told.deal
    currency = next((p.currency for p in told.parts if p.currency), deal.currency or CURRENCY)
    bridge = bridges(told.parts)
    counted = counts([p for p in told.parts if p.orders])
    sales = bridge.verified if bridge else None
    if deal.currency is not None and deal.currency != currency:
        sales = None  # amounts of two currencies are no sum; the contradiction is told
    cut = _rate(sales, deal.platform_rate)
    payout = None if sales is None else less(sales, cut or _zero(), together=True)
    pledge = _pledge(told, sales, bridge)
    slot_fee = _slot_fee(deal, pledge)
    tax = _rate(slot_fee, deal.tax_rate)
    order_fees = _times(counted.verified if counted else None, deal.order_fee)
    due = [s for s in (slot_fee, tax, order_fees) if s is not None]
    fee_due = total(due) if due and told.parts else None  # a broadcast that nobody shows earns no fee here
    reached = _returns_reach(deal, told.parts)
    commission, clawback = _commission(told, sales, total([p.returned for p in told.parts]), reached)
    even = _break_even(deal, sales, counted)
    net, contribution = _left(deal, sales, payout, fee_due, commission)
    return Sums(
        currency, counted, bridge, sales, cut, payout, pledge, slot_fee, tax, order_fees, fee_due, commission, clawback,
        reached, even, net, contribution, _per_order(deal, sales, counted), _overstock(deal, sales),
        owed(deal, fee_due, commission, told.paid, currency, told.name, told.phrase),
    )  # fmt: skip


def bridges(parts: Sequence[Performed]) -> BridgeSeen | None:
    """The bridges of several broadcasts as one."""
    seen = [p.bridge for p in parts if p.bridge]
    if not seen:
        return None
    lines = ("gross", "cancelled", "unpaid_open", "discount", "refunded", "brushed")
    sales = total([b.verified for b in seen])
    low = max(sales.low - _unnoticed(parts), 0)
    return BridgeSeen(
        **{name: sum(getattr(b, name) for b in seen) for name in lines},
        verified=Span(min(low, sales.mid), sales.mid, sales.high),
    )


def _unnoticed(parts: Sequence[Performed]) -> int:
    """The amount that brushing nobody noticed exceeds with less than 5 %, over all broadcasts of a deal.

    Each broadcast hides something with its `chance`; how much of its sales falls from certainty at nothing to one in ten
    at `hidden` and to none at all of it. The chances add (a bound, however broadcasts hang together); amounts of two
    broadcasts hidden at once are left out, being rarer than either.
    """
    at_risk = [(p.chance, p.hidden, p.bridge.verified.mid) for p in parts if p.bridge and p.chance > 0]
    low, high = 0, max((amount for _, _, amount in at_risk), default=0)

    def exceeded(x: int) -> float:
        return math.fsum(
            chance * _tail(x / amount, hidden) for chance, hidden, amount in at_risk if amount > 0
        )

    while low < high:
        middle = (low + high) // 2
        low, high = (low, middle) if exceeded(middle) <= _END else (middle + 1, high)
    return low


def _tail(share: float, hidden: float) -> float:
    """Probability that more than a share is hidden, where anything is."""
    if share >= 1:
        return 0.0
    if share >= hidden:
        return 0.1 * (1 - share) / (1 - hidden)
    return 1 - 0.9 * share / hidden


def counts(parts: Sequence[Performed]) -> OrdersSeen | None:
    """Orders of several broadcasts counted together."""
    seen = [p.orders for p in parts if p.orders]
    if not seen:
        return None
    paid = sum(p.paid for p in parts)
    refunded = sum(p.bridge.refunded for p in parts if p.bridge)
    return OrdersSeen(
        shown=sum(o.shown for o in seen),
        paid=sum(o.paid for o in seen),
        returned=sum(o.returned for o in seen),
        returned_share=refunded / paid if paid else None,
        verified=total([o.verified for o in seen]),
    )


def _zero() -> Span:
    return Span(0, 0, 0)


def _rate(amount: Span | None, rate: Decimal | None) -> Span | None:
    if amount is None or rate is None:
        return None
    return Span(*(portion(x, rate) for x in (amount.low, amount.mid, amount.high)))


def _times(count: Span | None, each: int | None) -> Span | None:
    return (
        None if count is None or each is None else Span(count.low * each, count.mid * each, count.high * each)
    )


def _ordered(low: int, mid: int, high: int) -> Span:
    return Span(min(low, mid), mid, max(mid, high))


def _pledge(told: Told, sales: Span | None, bridge: BridgeSeen | None) -> PledgeSeen | None:
    """Promised against verified. What the promising side bought itself is taken off the lower end: a question, no verdict."""
    deal = told.deal
    target = deal.target
    if target is None or sales is None or bridge is None:
        return None
    own = sum(t.kept for p in told.parts for t in p.ties if t.side in {"host", "agency"})
    low = max(sales.low - own, 0)
    reached = Decimal(min(max(sales.mid, 0), target)) / target if target else Decimal(1)
    return PledgeSeen(
        basis="pledge" if deal.pledge_gmv is not None else "roi",
        target=target,
        verified=_ordered(low, sales.mid, sales.high),
        displayed=bridge.gross,
        own=own,
        met=None if low < target <= sales.high else low >= target,
        fair_fee=None if deal.slot_fee is None else portion(deal.slot_fee, reached),
    )


def _slot_fee(deal: Deal, pledge: PledgeSeen | None) -> Span | None:
    """The slot fee after what a missed target brings."""
    fee = deal.slot_fee
    if fee is None or pledge is None or deal.remedy not in {"pro_rata", "full"} or not pledge.target:
        return None if fee is None else Span.exactly(fee)

    def kept(sold: int) -> int:
        if sold >= pledge.target:
            return fee
        return 0 if deal.remedy == "full" else portion(fee, Decimal(max(sold, 0)) / pledge.target)

    v = pledge.verified
    return _ordered(kept(v.low), kept(v.mid), kept(v.high))


def _returns_reach(deal: Deal, parts: Sequence[Performed]) -> bool | None:
    """Whether returns reached the contract's share, both as the export shows them and among genuine orders."""
    limit = deal.clawback_return_rate
    paid = sum(p.paid for p in parts)
    if limit is None or not paid:
        return None
    shown = Decimal(sum(p.bridge.refunded for p in parts if p.bridge)) / paid
    back = sum(p.returned.mid for p in parts)
    genuine = back + sum(p.bridge.verified.mid for p in parts if p.bridge)
    among = Decimal(back) / genuine if genuine else Decimal(0)
    return None if (shown >= limit) != (among >= limit) else shown >= limit


def _commission(
    told: Told, sales: Span | None, returned: Span, reached: bool | None
) -> tuple[Span | None, Span | None]:
    """Commission due, and what of a commission already paid comes back because goods did."""
    rate = told.deal.commission_rate
    if sales is None or rate is None:
        return None, None
    on_sales, on_all = _rate(sales, rate), _rate(total([sales, returned]), rate)
    assert on_sales is not None
    assert on_all is not None
    if told.deal.clawback_return_rate is None:
        return on_sales, None
    given = told.paid.commission if told.paid else 0
    # of what was paid, the part on goods that came back
    kept = Span(*(min(max(given, s), a) for s, a in zip(_ends(on_sales), _ends(on_all), strict=True)))
    if reached is None:
        return _ordered(on_sales.low, on_sales.mid, kept.high), None
    if not reached:
        return (kept, _zero())
    back = less(kept if told.paid else on_all, on_sales, together=True)
    return on_sales, _ordered(min(_ends(back)), back.mid, max(_ends(back)))


def _ends(span: Span) -> tuple[int, int, int]:
    return span.low, span.mid, span.high


def kept_share(deal: Deal, each: Decimal | None) -> Decimal | None:
    """What a unit of sales leaves after goods, commission, platform and fee per order; None where the margin is not told.

    Args:
        deal: the contract.
        each: value of an average order, minor units.
    """
    if deal.gross_margin is None or (deal.order_fee and not each):
        return None
    per_order = Decimal(deal.order_fee) / each if deal.order_fee and each else Decimal(0)
    return deal.gross_margin - (deal.commission_rate or 0) - (deal.platform_rate or 0) - per_order


def fixed_cost(deal: Deal) -> int:
    """What the deal costs whatever is sold: the slot fee with its tax, less the stated value of exposure."""
    fee = deal.slot_fee or 0
    return max(fee + portion(fee, deal.tax_rate or Decimal(0)) - (deal.ad_value or 0), 0)


def break_even_sales(deal: Deal, each: Decimal | None) -> int | None:
    """Net sales from which a deal pays; None where it never does or the margin is not told.

    Examples:
        >>> a09 = Deal("a09", slot_fee=800_000, commission_rate=Decimal("0.2"), gross_margin=Decimal("0.6"))
        >>> break_even_sales(a09, None)
        2000000
    """
    kept = kept_share(deal, each)
    if kept is None or kept <= 0:
        return 0 if kept is not None and not fixed_cost(deal) and kept == 0 else None
    return int((fixed_cost(deal) / kept).to_integral_value(ROUND_CEILING))


def average_order(sales: Span | None, counted: OrdersSeen | None) -> Decimal | None:
    """Value of an average verified order, minor units."""
    if sales is None or counted is None or not counted.verified.mid:
        return None
    return Decimal(sales.mid) / counted.verified.mid


def _break_even(deal: Deal, sales: Span | None, counted: OrdersSeen | None) -> BreakEven | None:
    each = average_order(sales, counted)
    kept = kept_share(deal, each)
    at = break_even_sales(deal, each)
    if kept is None:
        return None
    reached = None
    if sales is not None:
        reached = False if at is None else None if sales.low < at <= sales.high else sales.low >= at
    return BreakEven(sales=at, kept_share=float(kept), reached=reached)


def _left(
    deal: Deal, sales: Span | None, payout: Span | None, fee_due: Span | None, commission: Span | None
) -> tuple[Span | None, Span | None]:
    """Net to the merchant before the goods, and contribution after them."""
    if sales is None or payout is None:
        return None, None
    costs = [c for c in (fee_due, commission) if c is not None]
    spent = total(costs) if costs else _zero()
    moved = less(payout, spent, together=True)
    net = _ordered(moved.low, moved.mid, moved.high)
    if deal.gross_margin is None:
        return net, None
    goods = less(sales, _rate(sales, deal.gross_margin) or _zero(), together=True)
    after = less(net, goods, together=True)
    worth = deal.ad_value or 0
    return net, _ordered(after.low + worth, after.mid + worth, after.high + worth)


def _per_order(deal: Deal, sales: Span | None, counted: OrdersSeen | None) -> Span | None:
    """What one more average order brings before the slot fee."""
    each = average_order(sales, counted)
    kept = kept_share(deal, each)
    return None if each is None or kept is None else Span.exactly(round(each * kept))


def _overstock(deal: Deal, sales: Span | None) -> Span | None:
    """Goods bought in and not sold, at cost."""
    if deal.stocked is None or deal.gross_margin is None or sales is None:
        return None
    cost = _rate(sales, 1 - deal.gross_margin)
    assert cost is not None
    left = [max(deal.stocked - c, 0) for c in (cost.high, cost.mid, cost.low)]
    return Span(*left)


def worst(parts: Sequence[Performed]) -> Outcome | None:
    """The worst answer of a deal's broadcasts on their sales."""
    return max((p.sales for p in parts), key=lambda o: o.rank, default=None)
