"""When a pool of service fees runs dry: the first refund that is due and cannot be paid (FIELD K28).

Seen in the record, or projected day by day from what the record shows: the cash, refunds of open contracts as large and as late
as those of ended ones, new contracts as they came in the last ninety days, other spending as in these days, and money put
elsewhere coming back as it did. Three courses: nobody signs any more; contracts go on; they come as fast as the record allows
and fees go on growing. A projection of many months is a course, not a date: it says what happens if nothing changes.
"""

import math
from bisect import bisect_right
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import accumulate
from typing import Annotated

from msgspec import Meta, Struct

from zhenbo.audit.flows import Flow
from zhenbo.audit.growth import iso, micro
from zhenbo.core.session import DAY

GRACE = 10 * DAY
"""How late a refund may be before it counts as not paid."""
RECENT = 90 * DAY
"""How far back the pace of contracts is read."""
HORIZON = 730
"""Days looked ahead."""
REGULAR = 3
"""Payments of recent days from which somebody's money counts as coming in regularly."""
ALIKE = 0.2
"""Part of what came back by which a law of return may miss, in the mean over the record."""
LAGS = range(14, 301, 7)
"""Days after which money put elsewhere may come back."""
_LATE = 0.9


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

    @property
    def met(self) -> bool:
        """Whether what was promised was sold: then nothing is owed."""
        return self.promised is not None and self.verified is not None and self.verified >= self.promised


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
    high: Annotated[
        str | None,
        Meta(
            description="they come as fast as the record allows nine times in ten, and fees go on growing as they did"
        ),
    ]


def run_dry(
    contracts: Sequence[Contract], flowed: Sequence[Flow], pool: Sequence[PoolPoint], unseen: int, as_of: int
) -> RunDry | None:
    """When a due refund cannot be paid: seen in the record, else projected under three courses of new contracts.

    Args:
        contracts: those whose whole fee can come back.
        flowed: the agency's payments in one currency, in order of time.
        pool: cash and debt after each of them.
        unseen: money it must have had beside what the record shows, minor units.
        as_of: microsecond at which the record is read.
    """
    seen = _seen(contracts, pool, unseen, as_of)
    if seen is not None:
        return RunDry(observed=True, low=iso(seen), mid=iso(seen), high=iso(seen))
    course = _Course.of(contracts, flowed, pool[-1].cash if pool else 0, as_of)
    ends = [
        course.dry(rate, growth)
        for rate, growth in ((0.0, 0.0), (course.rate, 0.0), (course.fast, course.growth))
    ]
    if ends[0] is None:
        return None
    low, mid, high = (None if day is None else iso(as_of + day * DAY) for day in ends)
    assert low is not None
    return RunDry(observed=False, low=low, mid=mid, high=high)


def _seen(contracts: Sequence[Contract], pool: Sequence[PoolPoint], unseen: int, as_of: int) -> int | None:
    """The first due date whose refund was not paid in time while the cash shown was too little for it."""
    ats, late = [micro(p.at) for p in pool], []
    for c in contracts:
        due = micro(c.due_on)
        unpaid = c.refunded_on is None or micro(c.refunded_on) > due + GRACE
        held = [p.cash for p, at in zip(pool, ats, strict=True) if due <= at <= due + GRACE]
        before = [p.cash for p, at in zip(pool, ats, strict=True) if at <= due]
        least = min([*held, *before[-1:]], default=None)
        if due + GRACE < as_of and unpaid and not c.met and least is not None and least - unseen < c.fee:
            late.append(due)
    return min(late, default=None)


@dataclass(frozen=True)
class _Course:
    """What the record tells of the days to come; money in minor units, time in days.

    Args:
        cash: held now.
        dues: refunds of open contracts, by the day they are expected.
        rate, fast: contracts a day of late, and at most nine times in ten.
        growth: how fast fees grow a day.
        fee, term: of a late contract, the term until its refund is paid.
        back: part of the fees of ended contracts that was refunded.
        spent: other money a day of late, less what came in regularly, both without returns.
        returns: money put elsewhere that is still to come back, by day.
        again: what new money put elsewhere brings back a day, and after how long.
    """

    cash: int
    dues: dict[int, float]
    rate: float
    fast: float
    growth: float
    fee: float
    term: float
    back: float
    spent: float
    returns: dict[int, float]
    again: tuple[float, int]

    @classmethod
    def of(cls, contracts: Sequence[Contract], flowed: Sequence[Flow], cash: int, as_of: int) -> "_Course":
        from scipy.special import gdtrix

        since = max(as_of - RECENT, min(micro(c.paid_on) for c in contracts))
        days = max((as_of - since) / DAY, 1.0)
        late = [c for c in contracts if micro(c.paid_on) >= since]
        taken = sum(c.fee for c in late)
        earlier = sum(c.fee for c in contracts if since - RECENT <= micro(c.paid_on) < since)
        back, wait = _refunds(contracts, as_of)
        terms = [micro(c.due_on) - micro(c.paid_on) for c in late or contracts]
        placed = list(_placed(flowed, as_of))
        others = {p.who for p in placed}
        return cls(
            cash=cash,
            dues=_dues(contracts, back, wait, as_of),
            rate=len(late) / days,
            fast=float(gdtrix(1.0, len(late) + 1, _LATE)) / days,
            growth=max(math.log(taken / earlier) * DAY / RECENT, 0.0) if earlier and taken else 0.0,
            fee=taken / max(len(late), 1),
            term=(sum(terms) / len(terms) + wait) / DAY,
            back=back,
            spent=max(_spent(flowed, since, others), 0) / days,
            returns=_still_out(placed, as_of),
            again=_again(placed, since, days),
        )

    def dry(self, rate: float, growth: float) -> int | None:
        """The first day on which refunds that are due exceed the cash, contracts coming at a rate that may grow; None within the horizon.

        Other spending goes with the contracts: without new ones there is none, which makes the earliest date late rather than early.
        """
        cash, share = float(self.cash), rate / self.rate if self.rate else 0.0
        for day in range(HORIZON):
            cash += (rate * self.fee - self.spent * share) * math.exp(growth * day)
            cash += self.returns.get(day, 0.0) - self.dues.get(day, 0.0)
            if day >= self.again[1]:
                cash += self.again[0] * share * math.exp(growth * (day - self.again[1]))
            if day >= self.term:
                cash -= rate * self.fee * self.back * math.exp(growth * (day - self.term))
            if cash < 0:
                return day
        return None


def _refunds(contracts: Sequence[Contract], as_of: int) -> tuple[float, int]:
    """Part of the fees of ended contracts that was refunded, and how long after the day they were due (median)."""
    ended = [c for c in contracts if micro(c.due_on) + GRACE <= as_of]
    waits = sorted(micro(c.refunded_on) - micro(c.due_on) for c in ended if c.refunded_on)
    wait = min(max(waits[len(waits) // 2], 0), GRACE) if waits else 0
    fees = sum(c.fee for c in ended)
    return (min(sum(c.refunded for c in ended) / fees, 1.0) if fees else 1.0), wait


def _dues(contracts: Sequence[Contract], back: float, wait: int, as_of: int) -> dict[int, float]:
    """Refunds to come, by day: of what is overdue all, of what is open the part that others were refunded."""
    found: dict[int, float] = {}
    for c in contracts:
        due = micro(c.due_on)
        if c.met or c.fee <= c.refunded or (c.refunded and due + GRACE <= as_of):
            continue
        owed = c.fee - c.refunded if due <= as_of else (c.fee - c.refunded) * back
        day = max(due + wait - as_of, 0) // DAY
        found[day] = found.get(day, 0.0) + owed
    return found


def _spent(flowed: Sequence[Flow], since: int, returning: set[str]) -> int:
    """Other money out since a moment, less what came in from those who pay regularly."""
    late = [f for f in flowed if f.move.at >= since]
    income = [f for f in late if f.what == "income" and f.move.payer not in returning]
    times: dict[str | None, int] = {}
    for f in income:
        times[f.move.payer] = times.get(f.move.payer, 0) + 1
    regular = sum(
        f.move.amount for f in income if f.move.kind == "commission" or times[f.move.payer] >= REGULAR
    )
    return sum(f.move.amount for f in late if f.what == "spent") - regular


# --- money put elsewhere ------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class _Placed:
    """Money somebody was given and gives back: what went out and when, which part comes back, after how many days."""

    who: str
    out: tuple[tuple[int, int], ...]
    part: float
    days: int


def _placed(flowed: Sequence[Flow], as_of: int) -> Iterator[_Placed]:
    """Those whose payments to the agency follow its payments to them by one law."""
    out: dict[str, list[tuple[int, int]]] = {}
    back: dict[str, list[tuple[int, int]]] = {}
    for f in flowed:
        if f.what == "spent" and f.move.payee:
            out.setdefault(f.move.payee, []).append((f.move.at, f.move.amount))
        elif f.what == "income" and f.move.payer:
            back.setdefault(f.move.payer, []).append((f.move.at, f.move.amount))
    for who in sorted(out.keys() & back.keys()):
        if min(len(out[who]), len(back[who])) >= REGULAR:
            law = _law(out[who], back[who], as_of)
            if law is not None:
                yield _Placed(who, tuple(out[who]), *law)


def _law(
    out: Sequence[tuple[int, int]], back: Sequence[tuple[int, int]], as_of: int
) -> tuple[float, int] | None:
    """Part and days after which what came back fits what went out; None where none fits."""
    gone, came = _Sum.of(out), _Sum.of(back)
    grid = range(out[0][0], as_of + 1, 7 * DAY)
    best: tuple[float, float, int] | None = None
    for days in LAGS:
        ripe = gone.until(as_of - days * DAY)
        if not ripe or came.until(as_of) > 1.5 * ripe:
            continue
        part = came.until(as_of) / ripe
        miss = sum(abs(came.until(t) - part * gone.until(t - days * DAY)) for t in grid) / len(grid)
        best = min(best or (math.inf, 0.0, 0), (miss, part, days))
    return None if best is None or best[0] > ALIKE * came.until(as_of) else best[1:]


@dataclass(frozen=True)
class _Sum:
    """A running sum of payments."""

    ats: tuple[int, ...]
    sums: tuple[int, ...]

    @classmethod
    def of(cls, paid: Sequence[tuple[int, int]]) -> "_Sum":
        return cls(tuple(at for at, _ in paid), (0, *accumulate(amount for _, amount in paid)))

    def until(self, at: int) -> int:
        """Paid up to a moment."""
        return self.sums[bisect_right(self.ats, at)]


def _still_out(placed: Sequence[_Placed], as_of: int) -> dict[int, float]:
    """What is still to come back, by day."""
    found: dict[int, float] = {}
    for p in placed:
        for at, amount in p.out:
            day = (at - as_of) // DAY + p.days
            if day >= 0:
                found[day] = found.get(day, 0.0) + p.part * amount
    return found


def _again(placed: Sequence[_Placed], since: int, days: float) -> tuple[float, int]:
    """What money put elsewhere as of late will bring back a day, and after how many days."""
    lately = [(sum(amount for at, amount in p.out if at >= since) / days, p) for p in placed]
    brought = sum(rate * p.part for rate, p in lately)
    return (
        (brought, round(sum(rate * p.part * p.days for rate, p in lately) / brought))
        if brought
        else (0.0, HORIZON)
    )
