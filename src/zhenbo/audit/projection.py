"""Refunds still to come: how orders of a kind of goods come back as they age, and what that means for those not yet old.

A life table holds, by category and stretch of age, how much money was watched for how long and how much of it began to
come back (asked for, or refunded where nobody asked). Its quotient is the hazard of a piecewise exponential curve; orders
are censored at the moment up to which the record was seen, and those completed stay in it, so that the curve is the share
of all paid money that comes back (the cumulative incidence of Fine & Gray 1999 where every censoring time is known). Tables
add up: the rooms and months of one audit teach each other, and all of them are drawn to the pack's curve, which is worth
some orders. A room differs from its kind by a factor for the first day, one for days two and three, when parcels are on their
way, and one for later (gamma, of the spread that rooms are seen to have); what it shows itself draws each (Bühlmann &
Straub 1970). What is to come is then, as in claims
reserving, what was paid at each age times the part of the curve beyond it (Bornhuetter & Ferguson 1972), plus open
requests times the share that is granted.
"""

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from zhenbo.core.verdict import Z90, Ages, Interval, Returns, Share

Floats = npt.NDArray[np.float64]
Base = Mapping[str, Any]
"""Values of `packs/baselines/sales.returns.toml`, for one category."""

AGES_H = (0.0, 1.0, 6.0, 24.0, 48.0, 72.0, 96.0, 120.0, 168.0, 240.0, 336.0, 480.0, 720.0, 1080.0, 2160.0, 4320.0)  # fmt: skip
"""Bounds of the stretches of age, hours after payment; nothing is expected back after the last."""
_PHASES = (slice(0, 3), slice(3, 5), slice(5, None))
"""Stretches that share a factor: a change of mind on the first day says little of sizes tried on in the second week."""
_SPREAD_WORTH = 10.0
"""Subjects that the pack's spread between shops is worth beside those audited: house rule."""


@dataclass(frozen=True)
class Curve:
    """How one category comes back.

    Args:
        hazard: per stretch of age.
        events: returns that each rests on, the pack's among them.
        spread: squared coefficient of variation of the factor by which shops differ.
    """

    hazard: Floats
    events: Floats
    spread: float


def curve(tables: Sequence[Ages], base: Base) -> Curve:
    """The curve of a category from all its life tables, drawn to the pack's.

    Args:
        tables: of one category, of any number of subjects.
        base: the pack's values for it.
    """
    worth, prior = float(base["worth"]), shipped(base)
    orders = sum(t.orders for t in tables)
    mean = sum(t.paid for t in tables) / orders if orders else 1.0
    exposed = _summed([t.exposed for t in tables])
    back = _summed([t.back for t in tables])
    events = _summed([t.back_orders for t in tables])
    hazard = (back + worth * mean * prior) / (exposed + worth * mean)
    return Curve(hazard, events + worth * prior, _spread(tables, hazard, base))


def shipped(base: Base) -> Floats:
    """The pack's hazards by stretch of age."""
    share = np.minimum(float(base["rate"]), 0.98) * np.asarray(base["shape"], dtype=np.float64)
    return np.diff(-np.log1p(-share), prepend=0.0)


def _spread(tables: Sequence[Ages], hazard: Floats, base: Base) -> float:
    """How much shops of the category differ: by moments, drawn to the pack's."""
    wide = float(base["spread"]) ** 2
    told = [(sum(t.back_orders), _expected(t, hazard)) for t in tables]
    told = [(seen, usual) for seen, usual in told if usual >= float(base["told_min"])]
    if not told:
        return wide
    excess = math.fsum((seen - usual) ** 2 - usual for seen, usual in told)
    own = max(excess / math.fsum(usual**2 for _, usual in told), 0.0)
    return (_SPREAD_WORTH * wide + len(told) * own) / (_SPREAD_WORTH + len(told))


def _expected(table: Ages, hazard: Floats, stretches: slice = slice(None)) -> float:
    """Orders usually come back in what the table watched."""
    mean = table.paid / max(table.orders, 1)
    exposed = np.asarray(table.exposed[stretches], dtype=np.float64)
    return math.fsum((exposed * hazard[stretches]).tolist()) / max(mean, 1e-9)


def _summed(rows: Sequence[Sequence[float]]) -> Floats:
    n = len(AGES_H) - 1
    return np.array([math.fsum(row[j] for row in rows) for j in range(n)])


def projected(returns: Returns, left: int, curves: Callable[[str], tuple[Curve, Base]]) -> Returns:
    """The same with what is usual by now and what is to come.

    Args:
        returns: refunds of one subject, with its life tables.
        left: what remains of its sales after the bridge; no more than that can come back.
        curves: of each category, with the pack's values.
    """
    if returns.told == "untimed" or not returns.ages:
        return returns
    parts = [_part(table, *curves(table.category), told=returns.told == "timed") for table in returns.ages]
    paid = max(math.fsum(p.paid for p in parts), 1.0)
    usual = math.fsum(p.usual for p in parts) / paid
    factor = math.sqrt(math.log1p(math.fsum(p.spread * p.paid for p in parts) / paid))
    share = Share(*(min(max(usual * math.exp(factor * z), 0.0), 1.0) for z in (-Z90, 0.0, Z90)))
    if returns.told == "nothing":
        silent = math.fsum(p.expected for p in parts) >= max(p.told_min for p in parts)
        if silent:  # far more than chance would leave out: the source tells of no refunds
            return _replaced(returns, usual=share, to_come=None)
    return _replaced(returns, usual=share, to_come=_to_come(returns, parts, left))


def _replaced(returns: Returns, *, usual: Share, to_come: Interval | None) -> Returns:
    fields = {name: getattr(returns, name) for name in Returns.__struct_fields__}
    return Returns(**{**fields, "usual": usual, "to_come": to_come})


@dataclass(frozen=True)
class _Part:
    """One category of a subject: money paid, usually come back by now, to come with its variance."""

    paid: float
    usual: float
    expected: float
    spread: float
    mean: float
    to_come: float
    variance: float
    granted: float
    granted_worth: float
    told_min: float


def _part(table: Ages, known: Curve, base: Base, *, told: bool) -> _Part:
    now, age = np.asarray(table.now, dtype=np.float64), np.asarray(table.now_h, dtype=np.float64)
    reached = _reached(age)
    weight = 1 / max(known.spread, 1e-6)
    factors, deviations = np.ones(len(_PHASES)), np.full(len(_PHASES), math.sqrt(known.spread))
    if told:
        for i, stretches in enumerate(_PHASES):
            seen, usual = sum(table.back_orders[stretches]), _expected(table, known.hazard, stretches)
            factors[i] = (weight + seen) / (weight + usual)
            deviations[i] = math.sqrt(weight + seen) / (weight + usual)

    lengths = [len(known.hazard[stretches]) for stretches in _PHASES]

    def coming(hazard: Floats, by: Floats) -> float:
        own = hazard * np.repeat(by, lengths)
        gone = reached @ own
        return math.fsum((now * (np.exp(-gone) - math.exp(-math.fsum(own.tolist())))).tolist())

    middle = coming(known.hazard, factors)
    variance = 0.0
    for i, deviation in enumerate(deviations):
        step = np.zeros(len(_PHASES))
        step[i] = deviation
        variance += ((coming(known.hazard, factors + step) - coming(known.hazard, np.maximum(factors - step, 0))) / 2) ** 2  # fmt: skip
    relative = 1 / np.sqrt(np.maximum(known.events, 0.25))
    for j in np.flatnonzero(known.hazard > 0):
        moved = known.hazard.copy()
        moved[j] *= 1 + relative[j]
        variance += (coming(moved, factors) - middle) ** 2
    mean = table.paid / max(table.orders, 1)
    usual = math.fsum((now * -np.expm1(-(reached @ known.hazard))).tolist())
    return _Part(
        float(now.sum()), usual, _expected(table, known.hazard), known.spread, mean * (1 + table.spread), middle,
        variance + middle * mean * (1 + table.spread), float(base["granted"]), float(base["granted_worth"]),
        float(base["told_min"]),
    )  # fmt: skip


def _reached(age_h: Floats) -> Floats:
    """The part of every stretch that lies behind an age: one row per age."""
    low, high = np.array(AGES_H[:-1]), np.array(AGES_H[1:])
    return np.asarray(np.clip((age_h[:, None] - low) / (high - low), 0.0, 1.0))


def _to_come(returns: Returns, parts: Sequence[_Part], left: int) -> Interval:
    """Refunds expected after `as_of`: requests open, and requests still to be made."""
    worth = parts[0].granted_worth
    done, refused = returns.granted
    n = done + refused + worth
    share = (done + worth * parts[0].granted) / n
    largest = max(p.mean for p in parts)
    fresh = math.fsum(p.to_come for p in parts)
    middle = share * (returns.open + fresh)
    variance = share**2 * math.fsum(p.variance for p in parts)
    variance += share * (1 - share) * (returns.open * largest + (returns.open + fresh) ** 2 / n)
    left = min(left, returns.unfinished)
    low, high = _band(middle, variance, largest)
    middle = min(round(middle), left)
    return Interval(min(math.floor(low), middle), middle, max(min(math.ceil(high), left), middle))


def _band(mean: float, variance: float, each: float) -> tuple[float, float]:
    """The 90 % interval of an amount made of whole orders: negative binomial in their number."""
    from scipy import stats

    count, spread = mean / each, variance / each**2
    if count <= 0:
        return 0.0, 0.0
    if spread <= count * (1 + 1e-9):
        low, high = stats.poisson.ppf([0.05, 0.95], count)
    else:
        low, high = stats.nbinom.ppf([0.05, 0.95], count**2 / (spread - count), count / spread)
    return float(low) * each, float(high) * each
