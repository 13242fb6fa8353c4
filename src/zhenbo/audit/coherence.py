"""Figures of a host that do not go together, beside those of many other hosts (FIELD K10, A62-A63).

Millions of followers and a few hundred likes, or a small account with a great one's applause: neither is proof, since rooms differ a hundredfold
for honest reasons. So this is a ranking, where to look first, and no verdict: each figure beside what hosts of the same size have, in spreads of
these hosts among themselves.
"""

import math
from collections.abc import Mapping, Sequence
from typing import Annotated

import numpy as np
import numpy.typing as npt
from msgspec import Meta, Struct

Floats = npt.NDArray[np.float64]

PAIRS = (
    ("followers", "viewers"), ("followers", "likes"), ("followers", "comments"), ("viewers", "likes"), ("viewers", "comments"),
    ("viewers", "follows"), ("viewers", "orders"),
)  # fmt: skip
"""A figure, and the one it is expected to move."""
PEERS_MIN = 30
"""Hosts with both figures below which nobody is compared: a spread of fewer is guesswork."""
PEERS = 60
"""Hosts nearest in size that one is compared with, half of them above and half below."""
_NORMAL = 1.4826
"""Median deviation to standard deviation of a normal."""
SPREAD_MIN = 0.25
"""No spread is taken to be narrower (logarithm): hosts that are alike to a quarter are one host's copies."""


class Odd(Struct, frozen=True, kw_only=True):
    """The pair of figures of a host that goes together worst."""

    host_id: str
    size: Annotated[str, Meta(description="the figure compared by")]
    figure: Annotated[str, Meta(description="the figure that does not fit")]
    size_value: float
    value: float
    expected: Annotated[float, Meta(description="middle of the hosts nearest in size")]
    low: Annotated[float, Meta(description="two spreads below it")]
    high: Annotated[float, Meta(description="two spreads above it")]
    spreads: Annotated[
        float, Meta(description="how many spreads it lies away; below 0 too few, above 0 too many")
    ]
    peers: Annotated[int, Meta(description="hosts compared with")]


def incoherent(figures: Mapping[str, Mapping[str, float]]) -> list[Odd]:
    """Every host with its worst pair, the oddest first; empty where there are too few to compare.

    Args:
        figures: per host its figures by name (`followers`; `viewers`, `likes`, `comments`, `follows`, `orders` of its middle session);
            one that is not known is left out, and so are its pairs.

    Examples:
        >>> hosts = {f"h{i}": {"followers": 1000.0 * i, "likes": 50.0 * i} for i in range(1, 100)}
        >>> worst = incoherent(hosts | {"bought": {"followers": 90_000.0, "likes": 12.0}})[0]
        >>> worst.host_id, worst.figure, round(worst.expected, -2), worst.spreads < -10
        ('bought', 'likes', 4500.0, True)
    """
    worst: dict[str, Odd] = {}
    for size, figure in PAIRS:
        for odd in _pair(figures, size, figure):
            held = worst.get(odd.host_id)
            if held is None or abs(odd.spreads) > abs(held.spreads):
                worst[odd.host_id] = odd
    return sorted(worst.values(), key=lambda o: (-abs(o.spreads), o.host_id))


def _pair(figures: Mapping[str, Mapping[str, float]], size: str, figure: str) -> Sequence[Odd]:
    names = sorted(h for h, told in figures.items() if _known(told.get(size)) and _known(told.get(figure)))
    if len(names) < PEERS_MIN:
        return []
    x, y = (np.log1p([figures[h][name] for h in names]) for name in (size, figure))
    slope = _slope(x, y)  # so that the largest are not held against peers who are all smaller
    middle, spread, count = _peers(x, y - slope * x)
    middle += slope * x
    return [
        Odd(
            host_id=h, size=size, figure=figure, size_value=figures[h][size], value=figures[h][figure],
            expected=math.expm1(m), low=max(math.expm1(m - 2 * s), 0.0), high=math.expm1(m + 2 * s), spreads=float(at - m) / s, peers=n,
        )
        for h, at, m, s, n in zip(names, y.tolist(), middle.tolist(), spread.tolist(), count.tolist(), strict=True)
    ]  # fmt: skip


def _known(value: float | None) -> bool:
    return value is not None and math.isfinite(value) and value >= 0


def _slope(x: Floats, y: Floats) -> float:
    """How the figure grows with size: the middle slope between each host and the one half the ranking above it (a resistant line)."""
    order = np.lexsort((y, x))
    half = len(x) // 2
    run = x[order][half:] - x[order][: len(x) - half]
    rise = y[order][half:] - y[order][: len(x) - half]
    return float(np.median(rise[run > 0] / run[run > 0])) if (run > 0).any() else 0.0


def _peers(x: Floats, y: Floats) -> tuple[Floats, Floats, npt.NDArray[np.int64]]:
    """Middle and spread of the hosts nearest in size to each, itself left out.

    Medians: they hold until half of a size's hosts are bought.
    """
    order = np.lexsort((y, x))
    n, half = len(x), PEERS // 2
    first = np.clip(np.arange(n) - half, 0, max(n - PEERS - 1, 0))
    window = np.minimum(first[:, None] + np.arange(min(PEERS + 1, n)), n - 1)
    peers = y[order][window]
    peers[window == np.arange(n)[:, None]] = np.nan
    middle = np.nanmedian(peers, axis=1)
    spread = np.maximum(_NORMAL * np.nanmedian(np.abs(peers - middle[:, None]), axis=1), SPREAD_MIN)
    back = np.argsort(order)
    return middle[back], spread[back], np.full(n, window.shape[1] - 1)
