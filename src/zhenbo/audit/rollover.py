"""Service-fee rollover (FIELD K28, B34): are a merchant's refunds paid with the fees of newer merchants?

The scheme promises sales of several times a high fee, or all of it back; the money goes elsewhere, and who asks for the refund
is paid with what the next merchants brought. Honest agencies sign the same clause, miss the target and refund. What
they do not have together is the four marks asked for here:

- *clause*: three contracts or more that give back the whole fee;
- *fee*: the fees of ended contracts exceed all that their broadcasts verifiably sold;
- *delivery*: those broadcasts sold less than a quarter of what was promised, or half of the contracts saw none;
- *newer*: refunds that could not have been paid from the money of that merchant, of older ones and of the agency's other
  income: the rest came from fees that newer merchants had paid on contracts still open. Money spent without a contract
  being named is charged to the newest fees first, which favours the agency; charged to the oldest first it gives the upper end.

All four are `likely`; a pool that cannot repay what it owes without new contracts, with the first three, is `suspect`. A bank
balance from before the record would clear it, so it is always asked for. All money is in minor units.
"""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Annotated

from msgspec import Meta, Struct

from zhenbo.audit.flows import Flow
from zhenbo.audit.growth import iso
from zhenbo.core.deal import Deal
from zhenbo.core.session import DAY
from zhenbo.core.subject import Outcome

CONTRACTS = 3
REFUNDS = 2
NEWER_SHARE = 0.1
LITTLE = 0.25
FULL = 0.95
"""A refund of this share of the fee is one in full, whatever the contract says."""
GRACE = 3 * DAY
TERM = 30 * DAY
"""Days until a refund is due where neither contract nor practice tells."""
HORIZON = 730 * DAY
_LATE = 0.9


@dataclass(frozen=True)
class Delivered:
    """What a contract's broadcasts brought.

    Args:
        sessions: broadcasts of the contract in the record.
        verified: what they verifiably sold, upper end (which favours the agency), minor units.
        known: whether the record shows the host at all.
    """

    sessions: int
    verified: int
    known: bool


class Contract(Struct, frozen=True, kw_only=True):
    """One contract whose whole fee can come back."""

    deal: str
    merchant: str | None
    fee: int
    paid_on: str
    due_on: Annotated[
        str,
        Meta(
            description="when its refund is due: end of the term, else as long after the fee as others were refunded"
        ),
    ]
    refunded: int
    refunded_on: str | None
    sessions: int | None
    verified: Annotated[
        int | None,
        Meta(description="sold by its broadcasts, upper end; null where the record does not show the host"),
    ]
    promised: int | None
    newer_low: Annotated[
        int, Meta(description="of the refund, at least this came from newer merchants' fees")
    ]
    newer_high: int
    events: list[str]


class PoolPoint(Struct, frozen=True, kw_only=True):
    """What the record shows the agency to hold, and what it owes under contracts that are open."""

    at: str
    cash: int
    owed: int


class RunDry(Struct, frozen=True, kw_only=True):
    """When a refund that is due can no longer be paid from what the record shows."""

    observed: Annotated[bool, Meta(description="it has happened in the record; else a projection")]
    low: Annotated[str, Meta(description="no contract is signed any more")]
    mid: Annotated[str | None, Meta(description="contracts go on as they came; null: not within two years")]
    high: Annotated[str | None, Meta(description="they come as fast as the record allows nine times in ten")]


class Rollover(Struct, frozen=True, kw_only=True):
    """Whether an agency's refundable fees are a pool."""

    outcome: Outcome
    marks: Annotated[
        dict[str, bool | None], Meta(description="clause, fee, delivery, newer; null: cannot be told")
    ]
    currency: str | None
    contracts: list[Contract]
    fees: int
    refunded: int
    newer_low: int
    newer_high: int
    promised: int
    verified: int
    peak: Annotated[int, Meta(description="largest pool")]
    pool: list[PoolPoint]
    run_dry: RunDry | None
    ask_for: list[str]


def rollover(
    deals: Sequence[Deal], flowed: Sequence[Flow], delivered: Mapping[str, Delivered], as_of: int
) -> Rollover:
    """The pool of one agency.

    Args:
        deals: its contracts.
        flowed: its payments, in order of time.
        delivered: by contract id, what its broadcasts brought.
        as_of: microsecond at which the record is read.
    """
    currency = _usual(flowed)
    mine = [f for f in flowed if f.move.currency == currency and f.move.at <= as_of]
    refundable = _refundable(deals, mine)
    dues = _dues(refundable, mine)
    contracts = [_contract(d, mine, refundable, delivered, dues[d.id]) for d in refundable]
    pool = _pool(mine, refundable, delivered)
    told = _marks(contracts, as_of)
    dry = _run_dry(contracts, mine, pool, as_of) if len(contracts) >= CONTRACTS else None
    return Rollover(
        outcome=_outcome(told, mine, pool),
        marks=told,
        currency=currency,
        contracts=contracts,
        fees=sum(c.fee for c in contracts),
        refunded=sum(c.refunded for c in contracts),
        newer_low=sum(c.newer_low for c in contracts),
        newer_high=sum(c.newer_high for c in contracts),
        promised=sum(c.promised or 0 for c in contracts),
        verified=sum(c.verified or 0 for c in contracts),
        peak=max((p.cash for p in pool), default=0),
        pool=pool,
        run_dry=dry,
        ask_for=_asks(contracts, mine),
    )


def _usual(flowed: Sequence[Flow]) -> str | None:
    """The currency of most payments, the first by name among equals."""
    names = [f.move.currency for f in flowed]
    return min(set(names), key=lambda c: (-names.count(c), c), default=None)


def _paid(deal: str, flowed: Sequence[Flow], what: str) -> list[Flow]:
    return [f for f in flowed if f.deal == deal and f.what == what]


def _refundable(deals: Sequence[Deal], flowed: Sequence[Flow]) -> list[Deal]:
    """Contracts with a fee that was paid and whose whole can come back, by clause or in practice; the earliest fee first."""
    found = []
    for d in deals:
        fees, back = _paid(d.id, flowed, "fee"), _paid(d.id, flowed, "refund")
        fee = sum(f.move.amount for f in fees)
        whole = d.remedy == "full" or sum(f.move.amount for f in back) >= FULL * fee
        if fee and whole:
            found.append((fees[0].move.at, d.id, d))
    return [d for _, _, d in sorted(found, key=lambda t: t[:2])]


def _dues(refundable: Sequence[Deal], flowed: Sequence[Flow]) -> dict[str, int]:
    """When the refund of each contract is due: its end, else as long after the fee as the others waited (median)."""
    began = {d.id: _paid(d.id, flowed, "fee")[0].move.at for d in refundable}
    waits = sorted(
        back[-1].move.at - began[d.id] for d in refundable if (back := _paid(d.id, flowed, "refund"))
    )
    usual = waits[len(waits) // 2] if waits else TERM
    return {
        d.id: d.until if d.until is not None and d.until >= began[d.id] else began[d.id] + usual
        for d in refundable
    }


def _contract(
    deal: Deal,
    flowed: Sequence[Flow],
    refundable: Sequence[Deal],
    delivered: Mapping[str, Delivered],
    due: int,
) -> Contract:
    fees, back = _paid(deal.id, flowed, "fee"), _paid(deal.id, flowed, "refund")
    brought = delivered.get(deal.id)
    newer = _open_newer(deal, refundable, flowed, delivered)
    ends = [_from_newer(f, newer, flowed) for f in back]
    return Contract(
        deal=deal.id,
        merchant=deal.merchant_id,
        fee=sum(f.move.amount for f in fees),
        paid_on=iso(fees[0].move.at),
        due_on=iso(due),
        refunded=sum(f.move.amount for f in back),
        refunded_on=iso(back[-1].move.at) if back else None,
        sessions=brought.sessions if brought and brought.known else None,
        verified=brought.verified if brought and brought.known else None,
        promised=deal.target,
        newer_low=sum(low for low, _ in ends),
        newer_high=sum(high for _, high in ends),
        events=[f.move.event for f in (*fees, *back)],
    )


def _open_newer(
    deal: Deal, refundable: Sequence[Deal], flowed: Sequence[Flow], delivered: Mapping[str, Delivered]
) -> frozenset[str]:
    """Refundable contracts signed after this one whose target is not known to be met: their fees are not yet earned."""
    later = [d.id for d in refundable]
    newer = [d for d in refundable[later.index(deal.id) + 1 :] if d.merchant_id != deal.merchant_id]
    return frozenset(d.id for d in newer if not _earned(d, delivered, flowed))


def _earned(deal: Deal, delivered: Mapping[str, Delivered], flowed: Sequence[Flow]) -> bool:
    """Whether the broadcasts sold what was promised; without a promise, whether there was any and no refund."""
    brought = delivered.get(deal.id)
    if brought is None or not brought.known:
        return False
    if deal.target is not None:
        return brought.verified >= deal.target
    return brought.sessions > 0 and not _paid(deal.id, flowed, "refund")


def _from_newer(refund: Flow, newer: frozenset[str], flowed: Sequence[Flow]) -> tuple[int, int]:
    """How much of a refund newer merchants' fees paid for, at least and at most."""
    before = [f for f in flowed if (f.move.at, f.move.event) < (refund.move.at, refund.move.event)]
    theirs = sum(f.signed for f in before if f.deal in newer)
    others = sum(f.signed for f in before if f.deal not in newer and not _unnamed(f))
    loose = -sum(f.signed for f in before if _unnamed(f))  # spent without a contract being named
    short = refund.move.amount
    at_most = min(max(short - max(others - loose, 0), 0), max(theirs, 0), short)
    left = others - max(loose - max(theirs, 0), 0)
    at_least = min(max(short - max(left, 0), 0), max(theirs - loose, 0), short)
    return min(at_least, at_most), at_most


def _unnamed(f: Flow) -> bool:
    return f.what == "spent" and f.deal is None


def _pool(
    flowed: Sequence[Flow], refundable: Sequence[Deal], delivered: Mapping[str, Delivered]
) -> list[PoolPoint]:
    """Cash and debt after every payment."""
    open_ = {d.id for d in refundable if not _earned(d, delivered, flowed)}
    points, cash, owed = [], 0, dict.fromkeys(open_, 0)
    for f in flowed:
        cash += f.signed
        if f.deal in owed and f.what in {"fee", "refund"}:
            owed[f.deal] += f.signed
        debt = sum(max(v, 0) for v in owed.values())
        points.append(PoolPoint(at=iso(f.move.at), cash=cash, owed=debt))
    return points


def _marks(contracts: Sequence[Contract], as_of: int) -> dict[str, bool | None]:
    over = [c for c in contracts if c.refunded or c.due_on <= iso(as_of)]
    seen = [c for c in over if c.verified is not None]
    fees, sold = sum(c.fee for c in seen), sum(c.verified or 0 for c in seen)
    promised = sum(c.promised or 0 for c in seen)
    none = sum(c.sessions == 0 for c in seen)
    back = [c for c in contracts if c.refunded]
    newer = [c for c in back if c.newer_low >= NEWER_SHARE * c.refunded]
    return {
        "clause": len(contracts) >= CONTRACTS,
        "fee": fees > sold if seen else None,
        "delivery": (2 * none >= len(seen) or (promised > 0 and sold < LITTLE * promised)) if seen else None,
        "newer": len(newer) >= REFUNDS
        and sum(c.newer_low for c in back) >= NEWER_SHARE * sum(c.refunded for c in back)
        if back
        else None,
    }


def _outcome(marks: Mapping[str, bool | None], flowed: Sequence[Flow], pool: Sequence[PoolPoint]) -> Outcome:
    if not flowed:
        return Outcome.INSUFFICIENT
    if not marks["clause"]:
        return Outcome.UNLIKELY
    if all(marks.values()):
        return Outcome.LIKELY
    short = bool(pool) and pool[-1].cash < pool[-1].owed
    thin = marks["fee"] is not False and marks["delivery"] is not False
    if thin and (marks["newer"] or (short and marks["fee"] and marks["delivery"])):
        return Outcome.SUSPECT
    return Outcome.INSUFFICIENT if thin and marks["newer"] is None else Outcome.UNLIKELY


def _run_dry(
    contracts: Sequence[Contract], flowed: Sequence[Flow], pool: Sequence[PoolPoint], as_of: int
) -> RunDry | None:
    """When a due refund cannot be paid: seen in the record, else projected under three courses of new contracts."""
    seen = _seen_dry(contracts, pool, as_of)
    if seen is not None:
        return RunDry(observed=True, low=iso(seen), mid=iso(seen), high=iso(seen))
    cash = pool[-1].cash if pool else 0
    open_ = [(_us(c.due_on), c.fee - c.refunded) for c in contracts if c.fee > c.refunded and not _is_met(c)]
    dues = [(max(at, as_of), owed) for at, owed in open_]
    pace = _Pace.of(contracts, flowed, as_of)
    low = _dry_at(cash, dues, None, pace, as_of)
    if low is None:
        return None
    ends = [_dry_at(cash, dues, gap, pace, as_of) for gap in (pace.gap, pace.fast)]
    return RunDry(observed=False, low=iso(low), mid=_iso(ends[0]), high=_iso(ends[1]))


def _is_met(c: Contract) -> bool:
    return c.promised is not None and c.verified is not None and c.verified >= c.promised


def _seen_dry(contracts: Sequence[Contract], pool: Sequence[PoolPoint], as_of: int) -> int | None:
    """The first due date whose refund was not paid in time while the cash shown was too little for it."""
    late = []
    for c in contracts:
        due = _us(c.due_on)
        unpaid = c.fee > c.refunded if c.refunded_on is None else _us(c.refunded_on) > due + GRACE
        held = [p.cash for p in pool if _us(p.at) <= due + GRACE]
        if due + GRACE < as_of and unpaid and not _is_met(c) and held and held[-1] < c.fee - c.refunded:
            late.append(due)
    return min(late, default=None)


@dataclass(frozen=True)
class _Pace:
    """How new contracts come: mean gap, the shortest gap the record allows nine times in ten, what a fee leaves, its term."""

    gap: float
    fast: float
    fee: int
    kept: int
    term: int
    last: int

    @classmethod
    def of(cls, contracts: Sequence[Contract], flowed: Sequence[Flow], as_of: int) -> "_Pace":
        from scipy.special import gdtrix

        began = sorted(_us(c.paid_on) for c in contracts)
        n, span = len(began), max(max(as_of, began[-1]) - began[0], DAY)
        ids = {c.deal for c in contracts}
        spent = -sum(f.signed for f in flowed if f.what == "spent" and f.deal in ids)
        fees = sum(c.fee for c in contracts)
        fee = fees // n
        fast = span / float(gdtrix(1.0, n, _LATE))
        terms = sorted(_us(c.due_on) - _us(c.paid_on) for c in contracts)
        return cls(
            span / n, fast, fee, math.floor(fee * max(1 - spent / max(fees, 1), 0)), terms[n // 2], began[-1]
        )


def _dry_at(
    cash: int, dues: Sequence[tuple[int, int]], gap: float | None, pace: _Pace, as_of: int
) -> int | None:
    """The first moment at which a refund that is due exceeds the cash, new contracts coming every `gap`; None within the horizon."""
    calendar = [(at, 1, owed) for at, owed in dues]
    if gap is not None:
        n = int(HORIZON / gap)
        signed = [max(int(pace.last + k * gap), as_of) for k in range(1, min(n, 100_000) + 1)]
        calendar += [(at, 0, -pace.kept) for at in signed]
        calendar += [(at + pace.term, 1, pace.fee) for at in signed]
    for at, _, owed in sorted(calendar):
        if at > as_of + HORIZON:
            return None
        cash -= owed
        if cash < 0:
            return at
    return None


def _asks(contracts: Sequence[Contract], flowed: Sequence[Flow]) -> list[str]:
    """Records that would settle it."""
    wanted = ["bank_opening"] if contracts else []
    wanted += [] if flowed else ["money_rows"]
    wanted += ["contract_broadcasts"] if any(c.verified is None for c in contracts) else []
    return wanted


def _us(text: str) -> int:
    from zhenbo.audit.growth import micro

    return micro(text)


def _iso(at: int | None) -> str | None:
    return None if at is None else iso(at)
