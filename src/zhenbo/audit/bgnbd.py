"""How often customers come back: the BG/NBD model (Fader, Hardie & Lee, "Counting your customers the easy way", Marketing Science 24, 2005).

While a customer is active, purchases come at a rate of their own (gamma over customers); after each purchase the
customer leaves for good with a probability of their own (beta). Four parameters, by maximum likelihood over (repeat
purchases, time of the last, time watched), equal ones counted once. Chosen by measurement: docs/audits.md has the figures
beside "like customers last time" and beside the last months carried on.
"""

import math
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]


@dataclass(frozen=True)
class Returning:
    """A fitted model: `r`, `alpha` of the rate (days), `a`, `b` of leaving."""

    r: float
    alpha: float
    a: float
    b: float

    def alive(self, x: Floats, last: Floats, watched: Floats) -> Floats:
        """Probability that a customer is still active."""
        left = np.where(x > 0, self.a / (self.b + np.maximum(x, 1) - 1), 0.0)
        return np.asarray(1 / (1 + left * ((self.alpha + watched) / (self.alpha + last)) ** (self.r + x)))

    def again(self, x: Floats, last: Floats, watched: Floats, ahead: float) -> Floats:
        """Probability of at least one purchase in the next `ahead` days."""
        quiet = ((self.alpha + watched) / (self.alpha + watched + ahead)) ** (self.r + x)
        return self.alive(x, last, watched) * (1 - quiet)

    def expected(self, x: Floats, last: Floats, watched: Floats, ahead: float) -> Floats:
        """Purchases expected in the next `ahead` days."""
        from scipy.special import hyp2f1

        a, b, r, alpha = self.a, self.b, self.r, self.alpha
        series = hyp2f1(r + x, b + x, a + b + x - 1, ahead / (alpha + watched + ahead))
        grown = ((alpha + watched) / (alpha + watched + ahead)) ** (r + x) * series
        active = (a + b + x - 1) / (a - 1) * (1 - grown)
        most = (
            (r + x) / (alpha + watched) * ahead
        )  # if nobody ever left; also where the series is lost to rounding
        sure = np.where(np.isfinite(active), np.clip(active, 0, most), most)
        return np.asarray(sure * self.alive(x, last, watched))

    def newcomer(self, ahead: float) -> float:
        """Repeat purchases expected of a new customer within `ahead` days of the first."""
        zero = np.zeros(1)
        return float(self.expected(zero, zero, zero, ahead)[0])

    def comes_back(self, ahead: float) -> float:
        """Probability that a new customer buys again within `ahead` days."""
        return float(1 - (self.alpha / (self.alpha + ahead)) ** self.r)


def fit(x: Floats, last: Floats, watched: Floats) -> Returning:
    """The most likely parameters.

    Args:
        x: repeat purchases of each customer.
        last: days from the first to the last purchase.
        watched: days from the first purchase to the end of the record.
    """
    from scipy.optimize import minimize
    from scipy.special import gammaln

    rows, count = np.unique(np.column_stack([x, last, watched]), axis=0, return_counts=True)
    x, last, watched = rows.T
    n = count.sum()

    def loss(log_p: Floats) -> float:
        r, alpha, a, b = np.exp(np.clip(log_p, -12, 12))
        common = gammaln(r + x) - gammaln(r) + r * math.log(alpha)
        common = common + gammaln(a + b) + gammaln(b + x) - gammaln(b) - gammaln(a + b + x)
        stays = -(r + x) * np.log(alpha + watched)
        leaves = math.log(a) - np.log(b + np.maximum(x, 1) - 1) - (r + x) * np.log(alpha + last)
        told = np.logaddexp(stays, np.where(x > 0, leaves, -np.inf))
        prior = (
            0.5 * float(np.sum((log_p - _CENTRE) ** 2)) / 9
        )  # three units of the logarithm: ties broken, no more
        return float((prior - math.fsum((count * (common + told)).tolist())) / n)

    start = np.array([0.0, math.log(max(float(np.median(watched)), 1.0)), 0.0, 0.5])
    made = minimize(loss, start, method="L-BFGS-B", bounds=[(-12, 12)] * 4)
    r, alpha, a, b = (float(v) for v in np.exp(made.x))
    return Returning(r, alpha, a + 1e-3 if abs(a - 1) < 1e-3 else a, b)


_CENTRE = np.array([0.0, 4.0, 0.0, 1.0])
