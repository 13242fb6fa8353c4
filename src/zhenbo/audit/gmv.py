"""The GMV bridge: from what was created to what was really sold, to the minor unit.

Every order's amount is split once, in this order: cancelled, not paid, discount, refunded (up to as-of), brushed
(expected, of what remains), verified. All lines but `brushed` are facts; so
gross − cancelled − unpaid_open − discount − refunded − brushed = verified.mid, exactly.

Beside it stand refunds by cause and age (`audit.returns`) and those still to come (`audit.projection`). The rules in
words: docs/gmv.md.
"""

import heapq
import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import msgspec
import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from zhenbo.audit.projection import Base, Curve, curve, projected
from zhenbo.audit.returns import Sales, Usual, returns
from zhenbo.core.session import Session
from zhenbo.core.verdict import Z90, BridgePart, Gmv, Interval, OfWhich
from zhenbo.kernel.orders import Orders, orders
from zhenbo.signals.nulls import ACCOUNT_PRIOR_DB

Ints = npt.NDArray[np.int64]
Floats = npt.NDArray[np.float64]

DEFAULT_CURRENCY = "CNY"
"""Taken where no order names one."""

_PRIOR = 1 / (1 + 10 ** (-ACCOUNT_PRIOR_DB / 10))
"""Probability of an order about which nothing speaks. At or below it an order is no part of the expectation."""

_SHARED_DB = 3.0
"""The weights of one session err together; the interval moves all odds by this much before chance is added."""

IDS = 20
"""Orders named per line of the bridge, the largest first."""


def bridge(
    session: Session, probability: Mapping[str, float], missed: float = 0.0, usual: Usual | None = None
) -> Gmv | None:
    """The bridge of a session or shop month; None where the record holds no order.

    Args:
        session: the record; orders are read as they stood at its `as_of`.
        probability: per order id, that it is brushed. An order that is not listed was not judged.
        missed: upper end of the brushed share of all orders; the upper end of the brushed amount is no lower.
        usual: what is usual of returns; without it there is neither breakdown nor projection.

    Orders in another currency than most are left out, and so are samples, lottery and test orders and orders
    created elsewhere. `brushed` expects from orders whose probability exceeds the prior of 1 %; those at or
    below it count only in the upper end, those not judged in neither. The 90 % interval adds to chance (normal
    approximation of the Poisson-binomial on amounts) a shift of all odds by a factor of two either way.

    Examples:
        >>> from zhenbo.core.story import read
        >>> told = read("20:00 a1 orders o1 59.00; 20:01 a2 orders o2 10.00; 20:02 a3 reserves o3 5.00").session()
        >>> told_of = bridge(told, {"o1": 0.0, "o2": 1.0})
        >>> told_of.gross, told_of.unpaid_open, told_of.brushed, told_of.verified.mid
        (7400, 500, 1000, 5900)
    """
    made = orders(session)
    told = bridge_of(made, probability, missed)
    if told is None or usual is None:
        return told
    split = _split(made, probability)
    seen = returns(
        session,
        Sales(made, split.paid, split.back, split.rest, np.where(split.p > _PRIOR, split.p, 0.0)),
        usual,
    )
    if seen is None:
        return told
    mine = {
        c: curve([t for t in seen.ages if t.category == c], usual.of(c))
        for c in {t.category for t in seen.ages}
    }
    return after_returns(msgspec.structs.replace(told, returns=seen), lambda c: (mine[c], usual.of(c)))


@dataclass(frozen=True)
class _Split:
    """What of each order's amount stands in which line, in minor units, and what the judge said of it."""

    currency: str
    created: Ints
    cancelled: Ints
    unpaid: Ints
    cut: Ints
    paid: Ints
    back: Ints
    rest: Ints
    p: Floats
    judged: npt.NDArray[np.bool_]


def _split(made: Orders, probability: Mapping[str, float]) -> _Split:
    currency, mine = majority(made.currency, made.currencies)
    created = np.where(mine, made.amount, 0)
    cancelled = np.where(made.happened("cancelled"), created, 0)
    unpaid = np.where(made.was_paid, 0, created - cancelled)
    left = created - cancelled - unpaid
    cut = np.minimum(left, made.discount)
    back = np.minimum(left - cut, made.refund)
    p, judged = _listed(made.id, probability)
    return _Split(currency, created, cancelled, unpaid, cut, left - cut, back, left - cut - back, p, judged)


def bridge_of(made: Orders, probability: Mapping[str, float], missed: float = 0.0) -> Gmv | None:
    """The bridge of some orders, such as those of one merchant; arguments and rules as in `bridge`."""
    if not len(made):
        return None
    is_ = _split(made, probability)
    expected, low, high = _brushed(is_.rest, is_.p, is_.judged)
    left = int(is_.rest.sum())
    high = max(high, math.ceil(missed * left - 1e-9))
    settled = made.happened("completed") | made.happened("settled")
    verified = Interval(left - high, left - expected, left - low)
    named = is_.p > 0.5
    parts = {
        "cancelled": is_.cancelled, "unpaid_open": is_.unpaid, "discount": is_.cut, "refunded": is_.back,
        "brushed": np.where(named, is_.rest, 0), "verified": np.where(named, 0, is_.rest),
    }  # fmt: skip
    sums = {name: int(part.sum()) for name, part in parts.items()} | {
        "brushed": expected,
        "verified": verified.mid,
    }
    return Gmv(
        currency=is_.currency,
        gross=int(is_.created.sum()),
        cancelled=sums["cancelled"],
        unpaid_open=sums["unpaid_open"],
        discount=sums["discount"],
        refunded=sums["refunded"],
        brushed=expected,
        brushed_low=low,
        brushed_high=high,
        verified=verified,
        of_which=OfWhich(
            unsettled=_part(is_.rest, is_.p, ~settled, verified.mid),
            returned=_part(is_.rest, is_.p, made.case_open & (made.refund == 0), verified.mid),
        ),
        lines=[_line(name, sums[name], part, made.id) for name, part in parts.items()],
        settled=int(made.settled[is_.created > 0].sum()) if made.happened("settled").any() else None,
    )


def after_returns(gmv: Gmv, curves: Callable[[str], tuple[Curve, Base]]) -> Gmv:
    """The same with refunds still to come, by curves of each category; untouched where refunds cannot be timed."""
    if gmv.returns is None:
        return gmv
    told = projected(gmv.returns, gmv.verified.mid, curves)
    later = None
    if told.to_come is not None:
        v, c = gmv.verified, told.to_come
        middle = v.mid - c.mid
        below = math.hypot(v.mid - v.low, c.high - c.mid)
        above = math.hypot(v.high - v.mid, c.mid - c.low)
        later = Interval(max(middle - math.ceil(below), 0), middle, middle + math.ceil(above))
    return msgspec.structs.replace(gmv, returns=told, after_returns=later)


def _line(name: Any, amount: int, parts: Ints, ids: pa.Array) -> BridgePart:
    """A line with its orders, the largest first, of equals the first by id."""
    at = np.flatnonzero(parts)
    named = zip((-parts[at]).tolist(), ids.take(pa.array(at)).to_pylist(), strict=True)
    return BridgePart(
        line=name, amount=amount, orders=len(at), ids=[order for _, order in heapq.nsmallest(IDS, named)]
    )


def majority(currency: Ints, names: tuple[str, ...]) -> tuple[str, npt.NDArray[np.bool_]]:
    """The currency of most orders (first by name among equals), and which orders are in it; silence joins it.

    Args:
        currency: code per order into `names`, −1 where none is told.
        names: what the codes stand for.
    """
    named = currency[currency >= 0]
    if not len(named):
        return DEFAULT_CURRENCY, np.ones(len(currency), dtype=bool)
    count = np.bincount(named)
    best = min(np.flatnonzero(count == count.max()), key=lambda i: names[i])
    return names[best], (currency == best) | (currency < 0)


def _listed(ids: pa.Array, probability: Mapping[str, float]) -> tuple[Floats, npt.NDArray[np.bool_]]:
    """Probability per order (0 where not judged), and which were judged."""
    if not probability:
        return np.zeros(len(ids)), np.zeros(len(ids), dtype=bool)
    place = pc.index_in(ids, value_set=pa.array(list(probability), pa.string()))
    judged = np.asarray(pc.is_valid(place).to_numpy(zero_copy_only=False))
    values = np.fromiter(probability.values(), np.float64, len(probability))
    at = np.asarray(pc.fill_null(place, 0).to_numpy(zero_copy_only=False))
    return np.where(judged, np.clip(values[at], 0, 1), 0.0), judged


def _brushed(rest: Ints, p: Floats, judged: npt.NDArray[np.bool_]) -> tuple[int, int, int]:
    """Expected brushed amount and its 90 % interval."""
    spoken = np.where(p > _PRIOR, p, 0.0)
    mid = _sum(rest, spoken)
    below, above = _moved(spoken, -_SHARED_DB), _moved(np.where(judged, p, 0.0), _SHARED_DB)
    low = _sum(rest, below) - Z90 * _deviation(rest, below)
    high = _sum(rest, above) + Z90 * _deviation(rest, above)
    most = int(rest[judged & (p > 0)].sum())
    expected = min(round(mid), most)
    return (
        expected,
        min(max(math.floor(low), 0), expected),
        max(min(math.ceil(high - 1e-9), most), expected),
    )


def _moved(p: Floats, db: float) -> Floats:
    factor = 10 ** (db / 10)
    return np.asarray(p * factor / (1 - p + p * factor))


def _sum(rest: Ints, p: Floats) -> float:
    return math.fsum((rest * p).tolist())  # exact, so that no order of the rows can move a cent


def _deviation(rest: Ints, p: Floats) -> float:
    return math.sqrt(math.fsum((rest.astype(np.float64) ** 2 * p * (1 - p)).tolist()))


def _part(rest: Ints, p: Floats, which: npt.NDArray[np.bool_], most: int) -> int:
    """The expected genuine amount of some orders, at most `most`."""
    spoken = np.where(p > _PRIOR, p, 0.0)
    return min(max(round(_sum(np.where(which, rest, 0), 1 - spoken)), 0), most)
