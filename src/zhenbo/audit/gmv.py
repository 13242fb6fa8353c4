"""The GMV bridge: from what was created to what was really sold, to the minor unit.

Every order's amount is split once, in this order: cancelled, not paid, discount, refunded (up to as-of), brushed
(expected, of what remains), verified. All lines but `brushed` are facts; so
gross − cancelled − unpaid_open − discount − refunded − brushed = verified.mid, exactly.
"""

import math
from collections.abc import Mapping

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from zhenbo.core.session import Session
from zhenbo.core.verdict import Gmv, Interval, OfWhich
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

_Z90 = 1.6449


def bridge(session: Session, probability: Mapping[str, float], missed: float = 0.0) -> Gmv | None:
    """The bridge of a session or shop month; None where the record holds no order.

    Args:
        session: the record; orders are read as they stood at its `as_of`.
        probability: per order id, that it is brushed. An order that is not listed was not judged.
        missed: upper end of the brushed share of all orders; the upper end of the brushed amount is no lower.

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
    return bridge_of(orders(session), probability, missed)


def bridge_of(made: Orders, probability: Mapping[str, float], missed: float = 0.0) -> Gmv | None:
    """The bridge of some orders, such as those of one merchant; arguments and rules as in `bridge`."""
    if not len(made):
        return None
    currency, mine = _majority(made)
    rest = np.where(mine, made.amount, 0)
    gross = int(rest.sum())
    cancelled, rest = _take(rest, made.happened("cancelled"))
    unpaid, rest = _take(rest, ~made.was_paid)
    discount, rest = _take_amount(rest, made.discount)
    refunded, rest = _take_amount(rest, made.refund)
    p, judged = _listed(made.id, probability)
    expected, low, high = _brushed(rest, p, judged)
    left = int(rest.sum())
    high = max(high, math.ceil(missed * left - 1e-9))
    settled = made.happened("completed")
    going_back = made.happened("sent_back") | made.happened("asked")
    verified = left - expected
    return Gmv(
        currency=currency,
        gross=gross,
        cancelled=cancelled,
        unpaid_open=unpaid,
        discount=discount,
        refunded=refunded,
        brushed=expected,
        brushed_low=low,
        brushed_high=high,
        verified=Interval(left - high, verified, left - low),
        of_which=OfWhich(
            unsettled=_part(rest, p, ~settled, verified),
            returned=_part(rest, p, going_back & (made.refund == 0), verified),
        ),
    )


def _majority(made: Orders) -> tuple[str, npt.NDArray[np.bool_]]:
    """The currency of most orders (first by name among equals), and which orders are in it; silence joins it."""
    named = made.currency[made.currency >= 0]
    if not len(named):
        return DEFAULT_CURRENCY, np.ones(len(made), dtype=bool)
    count = np.bincount(named)
    best = min(np.flatnonzero(count == count.max()), key=lambda i: made.currencies[i])
    return made.currencies[best], (made.currency == best) | (made.currency < 0)


def _take(rest: Ints, which: npt.NDArray[np.bool_]) -> tuple[int, Ints]:
    return int(rest[which].sum()), np.where(which, 0, rest)


def _take_amount(rest: Ints, amount: Ints) -> tuple[int, Ints]:
    part = np.minimum(rest, amount)
    return int(part.sum()), rest - part


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
    low = _sum(rest, below) - _Z90 * _deviation(rest, below)
    high = _sum(rest, above) + _Z90 * _deviation(rest, above)
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
