"""Where to spend an inspection budget: how many items to draw from which goods, so that most bad goods are found.

Found means that a sample holds at least one bad item. What a further item adds falls with every item, and a visit costs
something by itself; so the first step of a target is the visit with the size that pays best for it, then item by item, and
the steps of all targets are taken in the order of what they give per unit of money (the greedy of the multiple-choice
knapsack: Sinha and Zoltners 1979). The same order gives a bound that no plan can pass, told beside.
"""

import heapq
import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from zhenbo.act.inspection.curve import detection
from zhenbo.core.inspection import Target
from zhenbo.core.verdict import Z90

_MOST = 2_000
"""Items of one target; beyond it nothing worth a line is added."""


@dataclass(frozen=True)
class Draw:
    """What is drawn from a target.

    Args:
        target: whose.
        n: items.
        cost: minor units.
        finds: probability that bad goods are found, if they are bad.
        gain: weighted expectation of finding: weight times risk times `finds`.
    """

    target: Target
    n: int
    cost: int
    finds: float
    gain: float


@dataclass(frozen=True)
class Allocation:
    """A plan for a budget.

    Args:
        draws: targets to inspect, the most telling per money first.
        left_out: targets from which nothing is drawn.
        cap: budget, minor units.
        cost: what the plan costs.
        gain: weighted bad targets expected to be found.
        bound: the most any plan of this cap could expect.
        expected_bad: bad targets expected among all.
        detection: share of the bad targets expected to be found, of all targets, drawn from or not.
        low: lower end of a 90 % interval for the share that will be found.
        high: upper end of it.
    """

    draws: tuple[Draw, ...]
    left_out: tuple[Target, ...]
    cap: int
    cost: int
    gain: float
    bound: float
    expected_bad: float
    detection: float
    low: float
    high: float


@dataclass(frozen=True)
class _Curve:
    """What a target gives: `bare[n]` the probability that a sample of n holds nothing bad, and the size its visit pays best for."""

    target: Target
    bare: npt.NDArray[np.float64]
    first: int

    def gain(self, n: int) -> float:
        return self.target.weight * self.target.risk * (1.0 - float(self.bare[n]))

    def step(self, n: int) -> tuple[int, int, float]:
        """The next size worth having after n, what it costs beyond n, and what it adds."""
        to = self.first if n == 0 else n + 1
        visit = 0 if n else self.target.visit
        return to, visit + (to - n) * self.target.each, self.gain(to) - self.gain(n)


def _curve(target: Target, cap: int) -> _Curve | None:
    """The curve of a target; None where nothing can be gained from it for the money.

    The gain is concave in the items, so the hull of gain over cost is the visit with its best size, then item by item.
    """
    most = min(target.size, _MOST, (cap - target.visit) // target.each)
    if most < 1 or not target.risk:
        return None
    n = np.arange(most, dtype=np.float64)
    good = target.inspected - target.found + 0.5
    bare = np.concatenate([[1.0], np.cumprod((good + n) / (good + n + target.found + 0.5))])
    per = (1.0 - bare[1:]) / (target.visit + (n + 1) * target.each)
    return _Curve(target, bare, int(np.argmax(per)) + 1)


def allocate(targets: Sequence[Target], cap: int) -> Allocation:
    """The plan that finds most for at most `cap` minor units; equal input gives the equal plan.

    Args:
        targets: goods of shops, each with the probability that they are bad.
        cap: budget.

    Examples:
        >>> from zhenbo.core.inspection import Target
        >>> far = Target(target="a", shop="s", risk=0.01, each=10_00)
        >>> near = Target(target="b", shop="t", risk=0.60, each=10_00)
        >>> [(d.target.target, d.n) for d in allocate([far, near], 60_00).draws]
        [('b', 6)]
    """
    curves = {t.target: c for t in targets if (c := _curve(t, cap))}
    taken, left, bound, open_ = dict.fromkeys(curves, 0), cap, 0.0, True
    waiting: list[tuple[float, str]] = []

    def wait(name: str) -> None:
        if taken[name] + 1 < len(curves[name].bare):
            _, cost, gain = curves[name].step(taken[name])
            heapq.heappush(waiting, (-gain / cost, name))

    for name in curves:
        wait(name)
    while waiting:
        _, name = heapq.heappop(waiting)
        to, cost, gain = curves[name].step(taken[name])
        if cost <= left:
            bound += gain if open_ else 0.0
            taken[name], left = to, left - cost
            wait(name)
            continue
        bound += gain * left / cost if open_ else 0.0
        open_ = False
        fits = (left - curves[name].target.visit) // curves[name].target.each if not taken[name] else 0
        if fits >= 1:
            taken[name], left = fits, left - curves[name].target.visit - fits * curves[name].target.each
    draws = [_draw(curves[name].target, n) for name, n in taken.items() if n]
    return _told(targets, sorted(draws, key=lambda d: (-d.gain / d.cost, d.target.target)), cap, bound)


def _draw(target: Target, n: int) -> Draw:
    finds = detection(n, target.inspected, target.found)
    return Draw(target, n, target.visit + n * target.each, finds, target.weight * target.risk * finds)


def _told(targets: Sequence[Target], draws: Sequence[Draw], cap: int, bound: float) -> Allocation:
    finds = {d.target.target: d.finds for d in draws}
    gain = math.fsum(d.gain for d in draws)
    share, low, high = stated([(t.risk, finds.get(t.target, 0.0)) for t in targets])
    return Allocation(
        tuple(draws), tuple(t for t in targets if t.target not in finds), cap, sum(d.cost for d in draws), gain,
        max(bound, gain), math.fsum(t.risk for t in targets), share, low, high,
    )  # fmt: skip


def stated(chances: Sequence[tuple[float, float]]) -> tuple[float, float, float]:
    """Share of the bad targets that will be found: expectation and 90 % interval.

    Args:
        chances: per target, the probability that it is bad and that it is found if it is.

    The share is a ratio of two counts that chance moves; its spread is that of found - share x bad, over the bad ones expected
    (delta method). What is not known of the risks themselves is not in it.
    """
    bad = math.fsum(r for r, _ in chances)
    if not bad:
        return 0.0, 0.0, 0.0
    share = math.fsum(r * d for r, d in chances) / bad
    spread = math.fsum(
        r * (d * (1 - share) ** 2 + (1 - d) * share**2) - (r * (d - share)) ** 2 for r, d in chances
    )
    half = Z90 * math.sqrt(max(spread, 0.0)) / bad
    return share, max(share - half, 0.0), min(share + half, 1.0)
