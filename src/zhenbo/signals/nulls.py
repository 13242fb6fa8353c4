"""Organic nulls: how far honest crowds stray, and what an excess over that says of each member.

Honest rooms are over-dispersed (the variance of messages per minute is 2 to 400 times the mean), so no test
here assumes Poisson counts: crowds are judged against negative binomials and beta-binomials whose spread is a
declared baseline.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]

NEUTRAL = 0.16641
"""The p whose e-value is one (see `e_value`): for a look that may accuse and must not clear, since the one who hands over
the record chooses what stands beside it."""

ACCOUNT_PRIOR_DB = -20.0
"""Prior of a single account or order before any evidence, dB: one in a hundred. The judge adds it back once."""

P_FLOOR = 1e-12
"""No null model is trusted further than this."""


@dataclass(frozen=True)
class Crowd:
    """How many of the units tested lie in the tail, against how many honest crowds would put there.

    Args:
        p: probability of as many under the over-dispersed null.
        observed: units in the tail.
        expected: mean of the null.
        members: True for units in the tail.
        weights_db: per unit, dB relative to `ACCOUNT_PRIOR_DB`.
        low: 5 % end of the number of fakes.
        mid: best estimate of it.
        high: 95 % end, with an allowance for those missed.
    """

    p: float
    observed: int
    expected: float
    members: npt.NDArray[np.bool_]
    weights_db: Floats
    low: float
    mid: float
    high: float


def crowd(p: Floats, looks: Sequence[Sequence[float]], size: float) -> Crowd:
    """Judge a crowd by how many of its units are extreme.

    Args:
        p: per-unit p-values under the organic model, one per unit tested.
        looks: pairs (alpha, stray), widest first: a unit below alpha lies in the tail; stray is the share of honest
            units that lie there whatever the model says (habit, assistants, tools). The sharpest look gives the p
            (all are paid for), the widest one with a clear excess its members.
        size: negative-binomial size of the count across honest rooms; small means rooms differ much.

    The tail count is judged against a negative binomial of mean n·(alpha + stray). Each member's weight is the
    excess odds (observed − expected) / expected, so that with the prior it becomes one minus the local false
    discovery rate (Efron, "Local false discovery rates", 2005).
    """
    from scipy import stats

    n = len(p)
    if n == 0:
        return Crowd(1.0, 0, 0.0, np.zeros(0, bool), np.zeros(0), 0.0, 0.0, 0.0)
    depths = [_depth(p, alpha, stray, size) for alpha, stray in looks]
    tail = min(d.tail for d in depths)
    told = next((d for d in depths if d.odds >= _POINTS_FROM), min(depths, key=lambda d: d.tail))
    own = 10 * np.log10(np.maximum(e_value(np.maximum(p + told.stray, P_FLOOR)), 1e-3))
    weights = np.minimum(own, 0.0)
    for d in depths:
        joint = 10 * np.log10(max(d.odds, 1e-3)) - ACCOUNT_PRIOR_DB
        weights = np.where(p < d.alpha, np.maximum(np.maximum(own, joint), weights), weights)
    # nobody is pointed at beyond what the room's own p supports
    weights = np.minimum(weights, _ROOM_ODDS_DB + 10 * np.log10(float(e_value(min(tail * len(looks), 1.0)))))
    members = p < told.alpha
    mid = float(posterior(weights[members]).sum())
    low = max(
        d.observed - stats.nbinom.ppf(0.95, size, size / (size + max(d.expected, 1e-9))) for d in depths
    )
    return Crowd(
        min(tail * len(looks), 1.0), told.observed, told.expected, members, weights,
        float(np.clip(low, 0, mid)), mid, told.observed * _MISSED,
    )  # fmt: skip


def posterior(weights_db: Floats) -> Floats:
    """Probability of each account or order from its weight and the common prior."""
    return np.asarray(1 / (1 + 10 ** (-(weights_db + ACCOUNT_PRIOR_DB) / 10)))


_ROOM_ODDS_DB = 10.0
"""A room is ten times likelier to hold fakes than a single account is to be one: a member's weight may exceed the
room's by so much and no more."""

_MISSED = 1.2
"""The upper end of the fakes allows for one missed beside every five found."""

_POINTS_FROM = 3.0
"""Excess odds from which the widest look points at its members: three of four of them are fakes."""


@dataclass(frozen=True)
class _Depth:
    alpha: float
    stray: float
    observed: int
    expected: float
    tail: float
    odds: float


def _depth(p: Floats, alpha: float, stray: float, size: float) -> _Depth:
    observed, expected = int((p < alpha).sum()), len(p) * (alpha + stray)
    odds = max(observed - expected, 0.0) / max(expected, 0.5)
    return _Depth(alpha, stray, observed, expected, count_tail(observed, expected, size), odds)


def count_tail(observed: float, expected: float, size: float) -> float:
    """P(X >= observed) for a negative binomial of this mean and size."""
    from scipy import stats

    if observed <= 0:
        return 1.0
    return float(
        np.clip(stats.nbinom.sf(observed - 1, size, size / (size + max(expected, 1e-9))), P_FLOOR, 1)
    )


def share_tail(hits: npt.ArrayLike, n: npt.ArrayLike, mean: float, concentration: float) -> Floats:
    """P(X >= hits) for a beta-binomial of this mean share and concentration (a + b)."""
    from scipy import stats

    a, b = mean * concentration, (1 - mean) * concentration
    tail = stats.betabinom.sf(np.asarray(hits) - 1, np.asarray(n), a, b)
    return np.clip(np.asarray(tail, dtype=np.float64), P_FLOOR, 1)


def steady(cv: Floats, gaps: Floats, shape: float) -> Floats:
    """P(sample CV <= cv) for so many gaps of a gamma renewal process of this shape (delta method on the log of the CV).

    Args:
        cv: coefficient of variation of each account's gaps; NaN counts as irregular.
        gaps: how many gaps it rests on.
        shape: of the gamma; the larger, the more regular honest people are taken to be.
    """
    from scipy import stats

    c = shape**-0.5
    z = np.log(np.maximum(np.nan_to_num(cv, nan=9.0), 1e-6) / c) / np.sqrt((1 + c * c) / (2 * gaps))
    return np.asarray(np.clip(stats.norm.cdf(z), P_FLOOR, 1), dtype=np.float64)


def e_value(p: npt.ArrayLike) -> Floats:
    """The mixture p-to-e calibrator (1 − p + p·ln p) / (p·ln² p): its mean under the null is at most 1.

    Evidence is told as 10·log10 of it. Because it is an e-value, an honest subject reaches a factor k with
    probability at most 1/k, whatever k. Source: Vovk & Wang, "E-values: Calibration, combination and
    applications", Annals of Statistics 49 (2021).

    Examples:
        >>> e_value([1e-6, 0.01, 0.5, 1.0]).round(2).tolist()
        [5239.14, 4.45, 0.64, 0.5]
    >>> float(e_value(NEUTRAL).round(3))
    1.0
    """
    x = np.clip(np.asarray(p, dtype=np.float64), P_FLOOR, 1.0)
    near_one = x > 1 - 1e-4
    log = np.log(np.where(near_one, 0.5, x))
    with np.errstate(divide="ignore", invalid="ignore"):
        value = (1 - x + x * log) / (x * log * log)
    return np.where(near_one, 0.5, value)


def fisher(*p: float) -> float:
    """Joint p of independent p-values (Fisher's method)."""
    from scipy import stats

    return float(np.clip(stats.combine_pvalues(np.clip(p, P_FLOOR, 1)).pvalue, P_FLOOR, 1))


def joined(one: Floats, other: Floats, each: float) -> Floats:
    """Joint p of pairs of independent p-values (Fisher), where both are below `each`; else the larger.

    Examples:
        >>> joined(np.array([1e-4, 1e-4, 0.05]), np.array([1e-3, 0.5, 0.05]), 0.1).round(7).tolist()
        [1.7e-06, 0.5, 0.0174787]
    """
    product = np.maximum(one * other, P_FLOOR**2)
    worst = np.maximum(one, other)
    return np.asarray(np.where(worst < each, product * (1 - np.log(product)), worst), dtype=np.float64)
