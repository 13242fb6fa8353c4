"""A platform's sales from a monitored head: an interval instead of a point (FIELD K32, D18).

A monitor watches the 500 largest hosts and says: these are a fifth of the platform. The fifth is the whole claim. Here the
total is the head's sum plus what a tail of stated length brings, the tail's shape read off the head by two models:

- *Pareto*: sales fall with rank by a power; the exponent by maximum likelihood from the head (Hill 1975; Aban,
  Meerschaert & Panorska, JASA 101, 2006, where the largest possible host bounds it), with its sampling error;
- *lognormal*: sales are lognormal over all hosts, of which the head is the top; location and spread by maximum likelihood of the
  truncated sample given how many hosts there are.

The interval spans both models at the ends of their own intervals and at both ends of the number of hosts. It leans on
three assumptions that no head can test: that the tail goes on as the head falls off, that the number of selling hosts is
right, and that the monitor saw the head as it is: a monitor sees displayed sales, so `verified` scales the whole by
what audits found of displayed sales.
"""

import math
from collections.abc import Sequence
from typing import Annotated

import numpy as np
from msgspec import Meta, Struct

from zhenbo.core.verdict import Z90, Count, Interval

LEAST = 20
"""Monitored hosts from which a tail can be read."""


class Tail(Struct, frozen=True, kw_only=True):
    """What one model says of the hosts that nobody watches."""

    model: str
    parameter: Annotated[float, Meta(description="exponent of the Pareto tail, or spread of the lognormal")]
    hosts: Count
    total: Interval
    head_share: Annotated[float, Meta(description="of the total, held by the head")]


class PlatformTotal(Struct, frozen=True, kw_only=True):
    """A platform's sales, from its head, minor units."""

    head_hosts: Count
    head: int
    hosts_low: Count
    hosts_high: Count
    total: Annotated[Interval, Meta(description="displayed sales of the platform")]
    head_share: Annotated[list[float], Meta(description="share of the head: low, mid, high")]
    verified: Annotated[
        Interval | None,
        Meta(description="the same, verified: by the share that audits of a sample found; null without one"),
    ]
    tails: list[Tail]
    claimed_share: float | None = None
    claimed_total: Annotated[
        int | None, Meta(description="head divided by the share that the monitor claims")
    ] = None


def platform_total(
    head: Sequence[int], hosts: tuple[int, int], *, claimed: float | None = None, verified: tuple[float, float, float] | None = None
) -> PlatformTotal | None:  # fmt: skip
    """A platform's sales; None where the head is too small to read a tail from.

    Args:
        head: sales of the monitored hosts, which are the largest of the platform; minor units.
        hosts: how many hosts sell on the platform, at least and at most.
        claimed: share of the platform that the monitor says they are.
        verified: share of displayed sales that is verified, low, mid and high.
    """
    sizes = np.sort(np.array([x for x in head if x > 0], dtype=np.float64))[::-1]
    n = len(sizes)
    if n < LEAST:
        return None
    fewest, most = (max(h, n) for h in hosts)
    middle = round(math.sqrt(fewest * most))
    tails = [
        made
        for count in sorted({fewest, middle, most})
        for made in (_pareto(sizes, count), _lognormal(sizes, count))
    ]
    mids = [t.total.mid for t in tails if t.hosts == middle]
    total = Interval(
        min(t.total.low for t in tails),
        round(math.sqrt(mids[0] * mids[-1])),
        max(t.total.high for t in tails),
    )
    whole = int(sizes.sum())
    return PlatformTotal(
        head_hosts=n, head=whole, hosts_low=fewest, hosts_high=most, total=total,
        head_share=[whole / max(t, 1) for t in (total.high, total.mid, total.low)],
        verified=None if verified is None else Interval(*(round(t * v) for t, v in zip((total.low, total.mid, total.high), verified, strict=True))),
        tails=tails, claimed_share=claimed, claimed_total=round(whole / claimed) if claimed else None,
    )  # fmt: skip


def _pareto(sizes: np.ndarray, hosts: int) -> Tail:
    """Head plus a tail of rank-size form, at the exponent and at the ends of its 90 % interval."""
    n = len(sizes)
    least = sizes[-1]
    logs = np.log(sizes[:-1] / least)
    alpha = (n - 2) / max(float(logs.sum()), 1e-9)  # Hill's estimate, without its bias
    ends = [alpha * (1 + k * Z90 / math.sqrt(n - 1)) for k in (1, 0, -1)]
    totals = [sizes.sum() + _ranked(least, n, hosts, max(a, 0.05)) for a in ends]
    return _tail("pareto", alpha, hosts, sizes, totals)


def _ranked(least: float, n: int, hosts: int, alpha: float) -> float:
    """Sum over the ranks after the head of least·(rank / n)^(-1 / alpha), by Euler and Maclaurin's integral."""
    power = 1 / alpha
    a, b = n + 0.5, hosts + 0.5
    if abs(power - 1) < 1e-9:
        return float(least * n * math.log(b / a))
    return float(least * n**power * (b ** (1 - power) - a ** (1 - power)) / (1 - power))


def _lognormal(sizes: np.ndarray, hosts: int) -> Tail:
    """Head plus the mean of the rest of a lognormal of which the head is the top; the interval by the likelihood's curvature."""
    from scipy.optimize import minimize_scalar
    from scipy.special import log_ndtr, ndtr, ndtri

    logs = np.log(sizes)
    n, cut = len(logs), float(np.log(sizes[-1]))
    below = hosts - n
    if below <= 0:
        return _tail("lognormal", float(logs.std()), hosts, sizes, [sizes.sum()] * 3)

    def place(spread: float) -> float:
        return cut - spread * float(ndtri(1 - n / hosts))

    def loss(spread: float) -> float:
        z = (logs - place(spread)) / spread
        return float(
            n * math.log(spread) + 0.5 * (z**2).sum() - below * log_ndtr((cut - place(spread)) / spread)
        )

    best = float(minimize_scalar(loss, bounds=(0.05, 6.0), method="bounded").x)
    step = 0.02 * best
    bend = max((loss(best + step) - 2 * loss(best) + loss(best - step)) / step**2, 1e-9)
    reach = Z90 / math.sqrt(bend)

    def total(spread: float) -> float:
        mu, s = place(spread), spread
        under = (cut - mu) / s
        mean = math.exp(mu + s * s / 2) * float(ndtr(under - s)) / float(ndtr(under))
        return float(sizes.sum() + below * mean)

    return _tail("lognormal", best, hosts, sizes, [total(max(best + k * reach, 0.05)) for k in (1, 0, -1)])


def _tail(model: str, parameter: float, hosts: int, sizes: np.ndarray, totals: Sequence[float]) -> Tail:
    low, high = min(totals), max(totals)
    return Tail(
        model=model, parameter=parameter, hosts=hosts, total=Interval(math.floor(low), round(totals[1]), math.ceil(high)),
        head_share=float(sizes.sum() / totals[1]),
    )  # fmt: skip
