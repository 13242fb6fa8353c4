"""Excess over a short stretch of a series: how much more came than the minutes around it let expect.

A delivery of bought views shows as a stretch whose total exceeds what its flanks carry on. The excess is exact
up to the rounding of the counter and the uncertainty of what the flanks would have carried on.
"""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from zhenbo.kernel.series import Floats

LENGTHS = (1, 2, 3, 5, 8, 12, 20, 30, 45, 60, 90, 120)
"""Minutes of the stretches tried: from one push to the two hours within which packages are delivered (FIELD A48)."""
FLANK = 10
"""Minutes on either side that say what to expect."""
PAD = 1
"""Minutes added at both ends, so that a delivery starting inside a minute is counted whole."""
DRIFT = 0.5
"""Relative uncertainty of carrying the flanks on into the stretch; organic rates halve and double (METHODS finding 7)."""


@dataclass(frozen=True)
class Excess:
    """What a stretch holds beyond its flanks.

    Args:
        start: first minute.
        end: one past the last minute.
        total: excess, units of the series.
        error: standard error of it.
        expected: what the flanks carry on to.
    """

    start: int
    end: int
    total: float
    error: float
    expected: float

    @property
    def z(self) -> float:
        """Excess in standard errors."""
        return self.total / max(self.error, 1e-9)


def excess(
    increments: Floats, start: int, end: int, half_unit: float = 0.0, guide: Floats | None = None
) -> Excess | None:
    """The excess of one stretch `[start, end)`; None where no flank is left to compare with.

    Args:
        increments: units per minute.
        start: first minute.
        end: one past the last.
        half_unit: half the rounding unit of the counter.
        guide: a series the organic rate follows (viewers in the room); where the flanks' own relation to it
            expects less inside than carrying them on evenly would, it is followed.
    """
    n = len(increments)
    a, b = max(start - PAD, 0), min(end + PAD, n)
    sides = [slice(max(a - FLANK, 0), a), slice(b, min(b + FLANK, n))]
    flanks = [increments[side] for side in sides if side.stop - side.start >= 3]
    if not flanks:
        return None
    minutes = b - a
    level = float(np.mean([f.mean() for f in flanks]))
    noise = float(np.sqrt(np.mean([_noise(f.var(), len(f), half_unit) for f in flanks])))
    expected, gap = (
        level * minutes,
        (abs(flanks[0].mean() - flanks[-1].mean()) / 2 if len(flanks) == 2 else 0.0),
    )
    followed = (
        _followed(increments + half_unit / FLANK, guide, sides, slice(a, b)) if guide is not None else None
    )
    if followed is not None and followed < expected:
        expected, gap = followed, 0.0
    error = float(
        np.hypot(np.hypot(max(DRIFT * expected, gap * minutes), noise * minutes), half_unit * 2**0.5)
    )
    return Excess(a, b, float(increments[a:b].sum()) - expected, max(error, 1.0), expected)


def _followed(increments: Floats, guide: Floats, sides: list[slice], inside: slice) -> float | None:
    """What the flanks' log-log relation to the guide expects inside; None where either flank or the guide is blank."""
    points = [(np.log(np.nanmean(guide[s])), np.log(increments[s].mean())) for s in sides
              if s.stop - s.start >= 3 and np.isfinite(guide[s]).any() and np.nanmean(guide[s]) > 0 and increments[s].mean() > 0]  # fmt: skip
    here = guide[inside]
    if len(points) < 2 or not np.isfinite(here).any():
        return None
    (x0, y0), (x1, y1) = points
    slope = float(np.clip((y1 - y0) / (x1 - x0), 0, 3)) if abs(x1 - x0) > 0.05 else 1.0
    heads = np.where(np.isfinite(here), here, np.nanmean(here))
    return float(np.exp((y0 + y1) / 2 + slope * (np.log(np.maximum(heads, 1)) - (x0 + x1) / 2)).sum())


def strongest(
    increments: Floats, half_unit: float = 0.0, guide: Floats | None = None, keep: int = 3
) -> list[Excess]:
    """The stretches that stand out most from their flanks at an even rate, sharpest first, none overlapping.

    A delivery runs at one rate between two edges; an organic push swells and fades. Stretches are therefore ranked
    by the t statistic of inside against flanks, whose noise counts the swelling inside.
    """
    ranked: list[tuple[float, int, int]] = []
    running = _Sums(increments)
    for length in LENGTHS:
        if length > len(increments) - 3:
            break
        contrasts = running.contrast(length, half_unit)
        sharpest = np.argsort(-contrasts, kind="stable")[:20].tolist()
        ranked += [(float(contrasts[start]), start, length) for start in sharpest]
    ranked.sort(key=lambda r: (-r[0], r[1], r[2]))
    best: list[Excess] = []
    for contrast, start, length in ranked:
        if len(best) == keep or contrast <= 0:
            break
        here = excess(increments, *_grown(increments, start, start + length), half_unit, guide)
        if here and here.total > 0 and all(here.end <= b.start or here.start >= b.end for b in best):
            best.append(here)
    return best


def _grown(increments: Floats, a: int, b: int) -> tuple[int, int]:
    """The stretch with the neighbouring minutes that still run at a quarter of its height: its ragged edges."""
    outside = np.r_[
        increments[max(a - PAD - FLANK, 0) : max(a - PAD, 0)], increments[b + PAD : b + PAD + FLANK]
    ]
    level = float(np.median(outside)) if len(outside) else 0.0
    edge = level + 0.25 * (float(increments[a:b].mean()) - level)
    while a > 0 and increments[a - 1] > edge:
        a -= 1
    while b < len(increments) and increments[b] > edge:
        b += 1
    return a, b


class _Sums:
    """Running sums of a series and its squares: the contrast of every stretch of a length in one sweep."""

    def __init__(self, increments: Floats) -> None:
        self._n = len(increments)
        self._x = np.r_[0.0, np.cumsum(increments)]
        self._xx = np.r_[0.0, np.cumsum(increments**2)]

    def contrast(self, length: int, half_unit: float) -> Floats:
        """T statistic of each stretch `[a, a + length)` against the flanks beyond the padding; 0 without flanks."""
        a = np.arange(self._n - length + 1)
        b = a + length
        sides = [(np.maximum(a - PAD - FLANK, 0), np.maximum(a - PAD, 0)), (np.minimum(b + PAD, self._n), np.minimum(b + PAD + FLANK, self._n))]  # fmt: skip
        count = sum(stop - start for start, stop in sides)
        total = sum(self._x[stop] - self._x[start] for start, stop in sides)
        square = sum(self._xx[stop] - self._xx[start] for start, stop in sides)
        inside, outside = (self._x[b] - self._x[a]) / length, total / np.maximum(count, 1)
        spread = _noise((self._xx[b] - self._xx[a]) / length - inside**2, np.full(len(a), length), half_unit)
        spread = spread + _noise(square / np.maximum(count, 1) - outside**2, count, half_unit) + 1.0
        return np.where(count >= 3, (inside - outside) / np.sqrt(spread), 0.0)


def _noise(variance: npt.ArrayLike, n: npt.ArrayLike, half_unit: float) -> Floats:
    """Variance of a mean rate. Rounding moves single minutes a lot but the sum only by one unit: it is counted once."""
    minutes = np.maximum(np.asarray(n, dtype=np.float64), 1.0)
    rounding = 2 * half_unit**2 / 3
    return np.asarray(np.maximum(np.asarray(variance) - rounding, 0.0) / minutes + rounding / minutes**2)


def floor_rate(increments: Floats, minutes: int = 5) -> tuple[float, slice]:
    """The smallest rate kept up over any stretch of so many minutes, what never stops, and that stretch."""
    if len(increments) < max(2 * minutes, 15):
        return 0.0, slice(0, 0)
    rates = np.convolve(increments, np.ones(minutes) / minutes, "valid")
    at = int(rates.argmin())
    return float(rates[at]), slice(at, at + minutes)
