"""Service-fee rollover (FIELD K28, B34): are a merchant's refunds paid with the fees of newer merchants?

The scheme promises sales of several times a high fee, or all of it back; the money goes elsewhere, and who asks for the refund
is paid with what the next merchants brought. Honest agencies sign the same clause, miss the target and refund. What
they do not have together is the four marks asked for here:

- *clause*: three contracts or more that give back the whole fee;
- *fee*: the fees of ended contracts exceed all that their broadcasts verifiably sold;
- *delivery*: those broadcasts sold less than a quarter of what was promised, or half of the contracts saw none;
- *newer*: refunds that could not have been paid from the money of that merchant, of older ones and of the agency's own
  income (fees earned, commissions, capital): the rest came from fees that newer merchants had paid on contracts still
  open. Money spent is charged to the agency's own first, then to the newest fees, which favours the agency; charged to the
  oldest first it gives the upper end;
- *short*: the cash shown is less than half of what is owed under open contracts.

`likely` needs clause, fee and newer, and delivery or short. Single marks never make more than `suspect`: an agency that lost
money, was recapitalised and refunds has several; without money of its own to show for it, it is not cleared either. A bank balance from before the record would clear it, so it is always
asked for. All money is in minor units.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Annotated

from msgspec import Meta, Struct

from zhenbo.audit.flows import Flow
from zhenbo.audit.growth import iso
from zhenbo.audit.run_dry import Contract, PoolPoint, RunDry, run_dry
from zhenbo.core.deal import Deal
from zhenbo.core.session import DAY
from zhenbo.core.subject import Outcome

CONTRACTS = 3
REFUNDS = 2
NEWER_SHARE = 0.1
LITTLE = 0.25
FULL = 0.95
"""A refund of this share of the fee is one in full, whatever the contract says."""
SHORT = 0.5
"""Cash below this share of what is owed cannot be meant to repay it."""
BLIND = 0.05
"""Unseen money of more than this share of the fees: the record does not show where money came from."""
TERM = 30 * DAY
"""Days until a refund is due where neither contract nor practice tells."""


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


class Rollover(Struct, frozen=True, kw_only=True):
    """Whether an agency's refundable fees are a pool."""

    outcome: Outcome
    marks: Annotated[
        dict[str, bool | None], Meta(description="clause, fee, delivery, newer, short; null: cannot be told")
    ]
    currency: str | None
    contracts: list[Contract]
    fees: int
    refunded: int
    newer_low: int
    newer_high: int
    promised: int
    verified: int
    unseen: Annotated[
        int,
        Meta(
            description="money it must have had beside what the record shows, since it paid out more than came in; counted as its own from the beginning"
        ),
    ]
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
    earned = {d.id: dues[d.id] for d in refundable if _earned(d, delivered)}
    unseen = _unseen(mine)
    ends = [_from_newer(mine, refundable, earned, unseen, newest_first=first) for first in (True, False)]
    contracts = [
        _contract(d, mine, delivered, dues[d.id], (ends[0][d.id], ends[1][d.id])) for d in refundable
    ]
    pool = _pool(mine, refundable, earned, unseen)
    told = _marks(contracts, pool, as_of)
    dry = run_dry(contracts, mine, pool, unseen, as_of) if len(contracts) >= CONTRACTS else None
    return Rollover(
        outcome=_outcome(
            told, mine, blind=unseen > BLIND * sum(c.fee for c in contracts), covered=_covered(mine, unseen)
        ),
        marks=told,
        currency=currency,
        contracts=contracts,
        fees=sum(c.fee for c in contracts),
        refunded=sum(c.refunded for c in contracts),
        newer_low=sum(c.newer_low for c in contracts),
        newer_high=sum(c.newer_high for c in contracts),
        promised=sum(c.promised or 0 for c in contracts),
        verified=sum(c.verified or 0 for c in contracts),
        unseen=unseen,
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
    """When the refund of each contract is due: at its end, or as long after the fee as the others waited (median)."""
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
    deal: Deal, flowed: Sequence[Flow], delivered: Mapping[str, Delivered], due: int, newer: tuple[int, int]
) -> Contract:
    fees, back = _paid(deal.id, flowed, "fee"), _paid(deal.id, flowed, "refund")
    brought = delivered.get(deal.id)
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
        newer_low=min(newer),
        newer_high=max(newer),
        events=[f.move.event for f in (*fees, *back)],
    )


def _earned(deal: Deal, delivered: Mapping[str, Delivered]) -> bool:
    """Whether the broadcasts sold what was promised: then the fee is the agency's own."""
    brought = delivered.get(deal.id)
    return bool(brought and brought.known and deal.target is not None and brought.verified >= deal.target)


def _from_newer(
    flowed: Sequence[Flow],
    refundable: Sequence[Deal],
    earned: Mapping[str, int],
    unseen: int,
    *,
    newest_first: bool,
) -> dict[str, int]:
    """Per contract, how much of its refunds newer merchants' open fees paid for.

    Every fee is a lot until it is earned or gone. Spending takes the agency's own money first, then lots, the newest or
    the oldest first. A refund takes the merchant's own lot, the agency's own money, older lots, and only then newer ones.
    """
    place = {d.id: i for i, d in enumerate(refundable)}
    lots = [0] * len(refundable)
    own, newer = unseen, dict.fromkeys(place, 0)
    waiting = sorted((at, d) for d, at in earned.items())
    for f in flowed:
        while waiting and waiting[0][0] <= f.move.at:
            mine = place[waiting.pop(0)[1]]
            own, lots[mine] = own + lots[mine], 0
        mine = place.get(f.deal or "", -1)
        if f.signed > 0:
            if f.what == "fee" and mine >= 0:
                lots[mine] += f.signed
            else:
                own += f.signed
            continue
        left = f.move.amount
        if f.what == "refund" and mine >= 0:
            left = _taken(lots, [mine], left)
            left, own = left - min(max(own, 0), left), own - min(max(own, 0), left)
            left = _taken(lots, range(mine), left)
            after = _taken(lots, range(mine + 1, len(lots)), left)
            newer[refundable[mine].id] += left - after
            own -= after
            continue
        left = _taken(lots, [mine] if mine >= 0 else [], left)
        left, own = left - min(max(own, 0), left), own - min(max(own, 0), left)
        order = range(len(lots) - 1, -1, -1) if newest_first else range(len(lots))
        own -= _taken(lots, order, left)
    return newer


def _taken(lots: list[int], order: Iterable[int], wanted: int) -> int:
    """Take an amount from lots in order; what is still wanted."""
    for i in order:
        if not wanted:
            break
        part = min(lots[i], wanted)
        lots[i] -= part
        wanted -= part
    return wanted


def _unseen(flowed: Sequence[Flow]) -> int:
    """Money the agency must have had beside what the record shows: it paid more than had come in."""
    cash = least = 0
    for f in flowed:
        cash += f.signed
        least = min(least, cash)
    return -least


def _pool(
    flowed: Sequence[Flow], refundable: Sequence[Deal], earned: Mapping[str, int], unseen: int
) -> list[PoolPoint]:
    """Cash and debt after every payment."""
    points: list[PoolPoint] = []
    cash = unseen
    owed = {d.id: 0 for d in refundable if d.id not in earned}
    debt = 0
    for f in flowed:
        cash += f.signed
        if f.deal in owed and f.what in {"fee", "refund"}:
            debt -= max(owed[f.deal], 0)
            owed[f.deal] += f.signed
            debt += max(owed[f.deal], 0)
        points.append(PoolPoint(at=iso(f.move.at), cash=cash, owed=debt))
    return points


def _marks(contracts: Sequence[Contract], pool: Sequence[PoolPoint], as_of: int) -> dict[str, bool | None]:
    over = [c for c in contracts if c.refunded or c.due_on <= iso(as_of)]
    seen = [c for c in over if c.verified is not None]
    fees, sold = sum(c.fee for c in seen), sum(c.verified or 0 for c in seen)
    promised = sum(c.promised or 0 for c in seen)
    none = sum(c.sessions == 0 for c in seen)
    back = [c for c in contracts if c.refunded]
    newer = [c for c in back if c.newer_low >= NEWER_SHARE * c.refunded]
    rolled = sum(c.newer_low for c in back) >= NEWER_SHARE * sum(c.refunded for c in back)
    return {
        "clause": len(contracts) >= CONTRACTS,
        "fee": fees > sold if seen else None,
        "delivery": (2 * none >= len(seen) or (promised > 0 and sold < LITTLE * promised)) if seen else None,
        "newer": len(newer) >= REFUNDS and rolled if back else None,
        "short": pool[-1].cash < SHORT * pool[-1].owed if pool else None,
    }


def _covered(flowed: Sequence[Flow], unseen: int) -> bool:
    """Whether the agency had money of its own for all that it refunded."""
    own = unseen + sum(f.signed for f in flowed if f.signed > 0 and f.what != "fee")
    return own >= sum(f.move.amount for f in flowed if f.what == "refund")


def _outcome(
    marks: Mapping[str, bool | None], flowed: Sequence[Flow], *, blind: bool, covered: bool
) -> Outcome:
    """Likely: refunds rolled over high fees while little was delivered, or while what is owed cannot be repaid.

    `blind`: the record proves money that it does not show, so it cannot prove where refunds came from: suspect at most.
    `covered`: the agency's own money pays for its refunds. Where it does not, whoever gives back fees above all that was sold, for next to
    nothing delivered, lives on merchants' money, be it that of those it refunds: no clean answer.
    """
    if not flowed:
        return Outcome.INSUFFICIENT
    if not marks["clause"]:
        return Outcome.UNLIKELY
    if marks["newer"] and marks["fee"] and (marks["delivery"] or marks["short"]) and not blind:
        return Outcome.LIKELY
    little = marks["fee"] is not False or marks["delivery"] is not False
    if (marks["newer"] and little) or (marks["fee"] and marks["delivery"] and marks["short"]):
        return Outcome.SUSPECT
    thin = marks["fee"] is None and marks["newer"] is None
    hollow = bool(marks["fee"] and marks["delivery"]) and not covered
    return Outcome.INSUFFICIENT if thin or hollow else Outcome.UNLIKELY


def _asks(contracts: Sequence[Contract], flowed: Sequence[Flow]) -> list[str]:
    """Records that would settle it."""
    wanted = ["bank_opening"] if contracts else []
    wanted += [] if flowed else ["money_rows"]
    wanted += ["contract_broadcasts"] if any(c.verified is None for c in contracts) else []
    return wanted
