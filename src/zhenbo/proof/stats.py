"""Intervals, curves and calibration: the arithmetic of the proof, each function pure.

A *campaign* (one simulated evening, one recording, one world) is the unit of chance: accounts and sessions of one
campaign err together, so every interval over them is a cluster bootstrap that draws whole campaigns.
"""

from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]

DRAWS = 400
"""Bootstrap draws: the 95 % ends of a share near 50 % are then good to about a tenth of the interval's width."""

FLOOR_DB, CEILING_DB, STEP_DB = -40.0, 60.0, 0.5
BINS = 2 + round((CEILING_DB - FLOOR_DB) / STEP_DB)
"""Bin 0 holds what was not judged at all; the others are half decibels of the score."""


class Rate(NamedTuple):
    """A share with its 95 % interval; `share` is None where nothing was counted."""

    hits: int
    of: int
    share: float | None
    low: float
    high: float


def rate(hits: int, of: int) -> Rate:
    """Exact binomial interval (Clopper and Pearson 1934), two-sided 95 %.

    Examples:
        >>> rate(0, 3000).high < 0.00123
        True
    """
    from scipy import stats

    if not of:
        return Rate(0, 0, None, 0.0, 1.0)
    low = float(stats.beta.ppf(0.025, hits, of - hits + 1)) if hits else 0.0
    high = float(stats.beta.ppf(0.975, hits + 1, of - hits)) if hits < of else 1.0
    return Rate(hits, of, hits / of, low, high)


def weights(campaigns: int, seed: int, draws: int = DRAWS) -> Floats:
    """How often each campaign is drawn: one row per bootstrap draw."""
    rng = np.random.default_rng([seed, campaigns])
    if not campaigns:
        return np.zeros((draws, 0))
    return rng.multinomial(campaigns, np.full(campaigns, 1 / campaigns), size=draws).astype(np.float64)


def interval(values: Floats) -> tuple[float, float] | None:
    """95 % interval of bootstrap values; None where most draws had nothing to count."""
    known = values[np.isfinite(values)]
    if len(known) < len(values) / 2:
        return None
    low, high = np.quantile(known, [0.025, 0.975])
    return float(low), float(high)


def histogram(scores_db: Floats, unjudged: int) -> npt.NDArray[np.int64]:
    """Scores counted in half decibels, lowest first, behind those that were not judged."""
    at = np.clip((scores_db - FLOOR_DB) / STEP_DB, 0, BINS - 2).astype(np.int64) + 1
    made = np.bincount(at, minlength=BINS)
    made[0] += unjudged
    return made


def above(counts: npt.NDArray[Any]) -> Floats:
    """How many lie at or above each bin (along the last axis)."""
    return np.cumsum(counts[..., ::-1], axis=-1)[..., ::-1].astype(np.float64)


def recall_at(fake: npt.NDArray[Any], honest: npt.NDArray[Any], rate_allowed: float) -> Floats:
    """Share of the fakes above the lowest score that accuses no more than the allowed share of the honest.

    Args:
        fake: counts per bin, any leading axes.
        honest: counts per bin, same shape.
        rate_allowed: false-accusation rate.
    """
    hits, alarms = above(fake), above(honest)
    total = np.maximum(alarms[..., :1], 1)
    allowed = alarms / total <= rate_allowed
    allowed[..., 0] = False  # the bin of those not judged is no threshold
    best = np.where(allowed, hits, 0).max(axis=-1)
    return np.asarray(np.where(hits[..., 0] > 0, best / np.maximum(hits[..., 0], 1), np.nan))


def average_precision(fake: npt.NDArray[Any], honest: npt.NDArray[Any]) -> Floats:
    """Area under the precision-recall curve, step-wise; equal scores count as one threshold."""
    hits, alarms = above(fake), above(honest)
    precision = np.where(hits + alarms > 0, hits / np.maximum(hits + alarms, 1), 1.0)
    total = np.maximum(hits[..., :1], 1)
    gained = -np.diff(np.concatenate([hits, np.zeros_like(hits[..., :1])], axis=-1), axis=-1) / total
    return np.asarray(np.where(hits[..., 0] > 0, (precision * gained).sum(axis=-1), np.nan))


def named(counts: npt.NDArray[Any], db: float = 0.0) -> Floats:
    """How many score above a threshold in dB (0 dB = probability 0.5)."""
    at = int(np.floor((db - FLOOR_DB) / STEP_DB)) + 1
    return np.asarray(counts[..., at:].sum(axis=-1), dtype=np.float64)


class Calibration(NamedTuple):
    """How far probabilities can be believed, at a stated prevalence."""

    brier: float
    ece: float
    bins: list[tuple[float, float, Rate]]
    """Mean probability, weighted share that was true, and the plain count behind it."""


def prevalence_weights(truth: npt.NDArray[np.bool_], prevalence: float) -> Floats:
    """Weights under which the true ones make up `prevalence`."""
    positives, n = int(truth.sum()), len(truth)
    if not positives or positives == n:
        return np.ones(n) / max(n, 1)
    return np.where(truth, prevalence / positives, (1 - prevalence) / (n - positives))


def calibration(p: Floats, truth: npt.NDArray[np.bool_], prevalence: float) -> Calibration:
    """Brier score, expected calibration error and reliability bins of probabilities.

    Args:
        p: probabilities.
        truth: whether it was so.
        prevalence: share of the true ones that the reader expects; the sample is weighted to it.
    """
    w = prevalence_weights(truth, prevalence)
    edges = np.array([0, 0.02, 0.05, 0.1, 0.2, 0.4, 0.6, 0.8, 0.95, 0.999, 1.0000001])
    place = np.searchsorted(edges, p, "right") - 1
    bins, error = [], 0.0
    for b in range(len(edges) - 1):
        mine = place == b
        if mine.any():
            mass = w[mine].sum()
            said, was = float((w * p)[mine].sum() / mass), float((w * truth)[mine].sum() / mass)
            error += mass * abs(said - was)
            bins.append((said, was, rate(int(truth[mine].sum()), int(mine.sum()))))
    return Calibration(float((w * (p - truth) ** 2).sum()), float(error), bins)


def platt(score_db: Floats, truth: npt.NDArray[np.bool_], prevalence: float) -> tuple[float, float]:
    """Slope and shift of a logistic map from score to probability (Platt 1999), weighted to a prevalence."""
    from scipy.optimize import minimize

    x = score_db / 10 * np.log(10)
    w = prevalence_weights(truth, prevalence)

    def loss(parameters: Floats) -> float:
        z = parameters[0] * x + parameters[1]
        return float((w * (np.logaddexp(0, z) - truth * z)).sum()) + 1e-4 * float(parameters[0] ** 2)

    found = minimize(loss, np.array([1.0, 0.0]), method="Nelder-Mead").x
    return float(found[0]), float(found[1])


def mapped(score_db: Floats, slope: float = 1.0, shift: float = 0.0) -> Floats:
    """Probabilities of scores under a logistic map."""
    return np.asarray(1 / (1 + np.exp(-(slope * score_db / 10 * np.log(10) + shift))))


def isotonic(score_db: Floats, truth: npt.NDArray[np.bool_], prevalence: float) -> Callable[[Floats], Floats]:
    """The rising map from score to probability that fits best (isotonic regression), weighted to a prevalence.

    Between the scores it was fitted on it goes straight, beyond them it stays.
    """
    from scipy.optimize import isotonic_regression

    order = np.argsort(score_db, kind="stable")
    w = prevalence_weights(truth, prevalence)[order]
    fitted = isotonic_regression(truth[order].astype(np.float64), weights=w).x
    # equal scores share one value: the mean of theirs, by weight
    x, at = np.unique(score_db[order], return_inverse=True)
    y = np.bincount(at, w * fitted) / np.bincount(at, w)
    return lambda scores: np.asarray(np.interp(scores, x, y))


LEAST_TRIED = 5


def least_dose(dose: Floats, found: npt.NDArray[np.bool_], wanted: float = 0.8) -> float:
    """Smallest dose from which the share found is at least `wanted`; infinite where no dose tried is enough.

    Recall is taken to rise with the dose (isotonic regression), which is what a buyer's dose does. At least `LEAST_TRIED`
    sessions must stand at that dose or above: one lucky catch at the largest dose is no rate.

    Examples:
        >>> least_dose(np.array([0.1, 0.2, 0.4, 0.5, 0.6, 0.7, 0.8]), np.array([False, False, True, True, True, True, True]))
        0.4
    """
    from scipy.optimize import isotonic_regression

    order = np.argsort(dose, kind="stable")
    fitted = isotonic_regression(found[order].astype(np.float64)).x
    enough = np.flatnonzero(fitted[: max(len(dose) - LEAST_TRIED + 1, 0)] >= wanted)
    return float(dose[order][enough[0]]) if len(enough) else float("inf")


def least_dose_interval(dose: Floats, found: npt.NDArray[np.bool_], seed: int) -> tuple[float, float]:
    """95 % bootstrap interval of `least_dose`; ends may be infinite."""
    rng = np.random.default_rng([seed, len(dose)])
    drawn = rng.integers(0, len(dose), size=(DRAWS // 2, len(dose)))
    values = np.array([least_dose(dose[i], found[i]) for i in drawn])
    low, high = np.quantile(values, [0.025, 0.975], method="inverted_cdf")
    return float(low), float(high)


def weighted_sums(
    values: Sequence[Sequence[float]] | npt.NDArray[Any], campaign: Sequence[str], seed: int
) -> tuple[Floats, Floats]:
    """Column sums of rows, and the same under every bootstrap draw of campaigns.

    Args:
        values: one row per subject.
        campaign: campaign of each row.
        seed: of the draws.
    """
    table = np.asarray(values, dtype=np.float64)
    if not len(table):
        return np.zeros(0), np.zeros((DRAWS, 0))
    names, at = np.unique(np.asarray(campaign, dtype=object).astype(str), return_inverse=True)
    per = np.zeros((len(names), *table.shape[1:]))
    np.add.at(per, at, table)
    drawn = weights(len(names), seed)
    return table.sum(axis=0), np.tensordot(drawn, per, axes=1)
