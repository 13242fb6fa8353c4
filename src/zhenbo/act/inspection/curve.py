"""Operating characteristic: how likely a plan accepts a lot of a given quality, and what quality it lets through.

Three models, as the standard has them: binomial for the nonconforming share of a process (AQL up to 10), Poisson for
nonconformities per 100 items, hypergeometric for one lot of known size. Detection is the rest: a lot not accepted.
"""

import math
from typing import Literal

from scipy.special import bdtr, betaln, pdtr
from scipy.stats import hypergeom

from zhenbo.core.inspection import Plan

Model = Literal["binomial", "poisson"]


def model_of(aql: str) -> Model:
    """The model that an AQL speaks of: nonconforming items up to 10, nonconformities per 100 items above."""
    return "binomial" if float(aql) <= 10 else "poisson"


def accepted(plan: Plan, quality: float, model: Model = "binomial") -> float:
    """Probability that a lot is accepted.

    Args:
        plan: sample size and acceptance number.
        quality: share of nonconforming items of the process, or nonconformities per item for `poisson`.
        model: of the number found.

    Examples:
        >>> from zhenbo.core.inspection import Plan
        >>> round(accepted(Plan("N", 500, 3), 0.01), 3)  # 26 %: 7 CFR 42.140 (c)
        0.264
    """
    if model == "poisson":
        return float(pdtr(plan.ac, plan.n * quality))
    return float(bdtr(plan.ac, plan.n, quality)) if plan.ac < plan.n else 1.0


def accepted_lot(plan: Plan, size: int, bad: int) -> float:
    """Probability that a lot of `size` items, `bad` of them nonconforming, is accepted (hypergeometric)."""
    return float(hypergeom.cdf(plan.ac, size, bad, min(plan.n, size)))


def quality_at(plan: Plan, chance: float, model: Model = "binomial") -> float:
    """The quality that is accepted with a probability: 0.95 gives the producer's, 0.10 the consumer's risk quality.

    Examples:
        >>> from zhenbo.core.inspection import Plan
        >>> round(accepted(Plan("J", 80, 2), quality_at(Plan("J", 80, 2), 0.1)), 9)
        0.1
    """
    low, high = 0.0, 1.0 if model == "binomial" else (plan.ac + 60.0) / plan.n * 4
    for _ in range(200):
        middle = (low + high) / 2
        low, high = (middle, high) if accepted(plan, middle, model) > chance else (low, middle)
    return (low + high) / 2


def detection(n: int, inspected: int, found: int) -> float:
    """Probability that a sample of `n` holds a bad item, where `found` of `inspected` such items were bad before.

    The share of bad items is not known, only what was seen of it: Jeffreys' prior Beta(1/2, 1/2) and those items give a
    beta-binomial. Of a finite lot whose items are bad independently the same holds, however large it is.

    Examples:
        >>> detection(0, 10, 5), round(detection(3, 100, 50), 3)
        (0.0, 0.871)
    """
    good = inspected - found + 0.5
    return 0.0 - math.expm1(float(betaln(found + 0.5, good + n) - betaln(found + 0.5, good)))
