"""Stretches of one length: stays or waits that agree to the second although nobody's clock is another's."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from zhenbo.core.session import SECOND

Ints = npt.NDArray[np.int64]
Floats = npt.NDArray[np.float64]

SIZE = 4.0
"""Negative-binomial size of a class of lengths against its neighbours."""
STEPS = 3
"""A class is at least so many steps of the record wide."""
_LONGEST = 6 * 3600
"""Lengths beyond so many seconds are one class."""
_LEAST = 4


@dataclass(frozen=True)
class Cell:
    """Things that agree more than chance lets them.

    Args:
        tail: probability under the null, everything looked at paid for; may exceed 1.
        members: their places.
        expected: how many the null expects.
        width: seconds within which they agree.
    """

    tail: float
    members: Ints
    expected: float
    width: float


def equal_lengths(seconds: Floats, coarse: float, widths: tuple[tuple[float, int], ...]) -> list[Cell]:
    """Classes of lengths that hold more than the classes beside them let expect.

    Args:
        seconds: the lengths.
        coarse: step of the record in seconds (`step`); finer classes than three steps are not asked.
        widths: widths of a class in seconds, and from how many such widths on it is asked for: lengths near zero fall
            steeply.
    """
    from scipy import stats

    cells: list[Cell] = []
    for width, least in widths:
        if width < STEPS * coarse:
            continue
        kind = np.minimum(seconds // width, _LONGEST // width).astype(np.int64)
        count = np.bincount(kind, minlength=2 * least).astype(np.float64)
        expected = _flanks(count)
        asked = (count >= _LEAST) & (np.arange(len(count)) >= least)
        looks = max(int((count[least:] > 0).sum()), 1) * len(widths)
        tail = stats.nbinom.sf(count - 1, SIZE, SIZE / (SIZE + expected)) * looks
        cells += [
            Cell(float(tail[k]), np.flatnonzero(kind == k), float(expected[k]), width)
            for k in np.flatnonzero(asked & (tail < 1)).tolist()
        ]
    return cells


_SET = np.array([0.5, 1, 2, 3, 5, 10, 15, 20, 30, 40, 45, 60, 90, 120]) * 60.0
_NOTICED = (2.0, 90.0)
"""Seconds before (rounding) and after (until people notice) such a length at which visits of it end."""


def set_by_people(seconds: float) -> bool:
    """Whether a length is one that rewards, lessons and feeds' clocks have: a round number of minutes, and the time until it is noticed.

    Examples:
        >>> [set_by_people(s) for s in (600, 913, 1405, 448)]
        [True, True, False, False]
    """
    early, late = _NOTICED
    return bool(((seconds >= _SET - early) & (seconds <= _SET + late)).any())


RATIOS = (0.1, 0.2)
"""Widths of a class of lengths as a part of the length: software that is told to vary its pauses varies them by a tenth or two."""
_FROM = 5.0
"""Seconds from which lengths are compared by their ratio: shorter ones are reactions, and steep."""
_SPREAD = 10.0
"""Ends of a class must lie apart by so many of its widths (middle half): what ends at one moment was ended by something."""


def like_lengths(seconds: Floats, ends: Ints, coarse: float) -> list[Cell]:
    """Classes of lengths alike to within a tenth or two that hold more than the classes beside them let expect.

    People's lengths are smooth on a logarithmic scale; those of software told to wait "20 seconds, more or less" are
    not. Lengths that agree because all of them ended (or began) at one moment of the record are no class.

    Args:
        seconds: the lengths.
        ends: the moments (µs) at which they end.
        coarse: step of the record in seconds.
    """
    from scipy import stats

    use = np.flatnonzero(seconds >= max(_FROM, STEPS * coarse / RATIOS[0]))
    size, cells = np.log(seconds[use] / _FROM), []
    for ratio in RATIOS:
        for shift in (0.0, 0.5):
            kind = np.floor(size / ratio + shift).astype(np.int64)
            count = np.bincount(kind, minlength=2).astype(np.float64)
            expected = _flanks(count, reach=4)
            looks = max(int((count > 0).sum()), 1) * len(RATIOS) * 2
            tail = stats.nbinom.sf(count - 1, SIZE, SIZE / (SIZE + expected)) * looks
            for k in np.flatnonzero((count >= _LEAST) & (tail < 1)).tolist():
                a, b = _ragged(count, k, expected[k])
                members = use[(kind >= a) & (kind <= b)]
                width = ratio * float(np.median(seconds[members]))
                if float(np.ptp(np.quantile(ends[members] / SECOND, (0.25, 0.75)))) >= _SPREAD * width:
                    cells.append(Cell(float(tail[k]), members, float(expected[k] * (b - a + 1)), width))
    return cells


def _ragged(count: Floats, k: int, expected: float) -> tuple[int, int]:
    """A class with those beside it, two at most either way, that still hold three times what it lets expect: its edges."""
    a = b = k
    while a > max(k - 2, 0) and count[a - 1] > 3 * expected:
        a -= 1
    while b < min(k + 2, len(count) - 1) and count[b + 1] > 3 * expected:
        b += 1
    return a, b


def _flanks(count: Floats, reach: int = 6) -> Floats:
    """What the classes on either side, one away and to `reach`, expect: the fuller side, one visit added."""
    run, n, k = np.r_[0.0, np.cumsum(count)], len(count), np.arange(len(count))

    def side(first: int, last: int) -> Floats:
        a, b = np.clip(k + first, 0, n), np.clip(k + last, 0, n)
        return np.asarray((run[b] - run[a] + 1) / np.maximum(b - a, 1))

    return np.asarray(np.maximum(side(-reach, -1), side(2, reach + 1)))


def settled(n: int, cells: list[Cell], remarkable: float) -> tuple[list[Cell], Ints]:
    """The cells that stand on their own, sharpest first, and the number of the cell each of `n` things belongs to (−1: none).

    What is left of a cell by sharper ones is no cell of its own.
    """
    which = np.full(n, -1, dtype=np.int64)
    kept: list[Cell] = []
    for cell in sorted(cells, key=lambda c: (c.tail, c.width, int(c.members[0]))):
        if cell.tail > remarkable:
            break
        free = cell.members[which[cell.members] < 0]
        if 2 * len(free) > len(cell.members) and len(free) > 2 * cell.expected:
            which[free] = len(kept)
            kept.append(cell)
    return kept, which


def step(*times: Ints) -> float:
    """Seconds between the moments a record can tell apart; 0 where its times are fine.

    A collector that polls stamps whole polls: most of its moments are shared by others, and the step is the median gap
    between different ones; in a quiet room, where few are shared, nearly all of them still lie on one beat. A platform that writes
    whole seconds, or whole seconds since a start that was none, has steps of a second.
    """
    ts = np.concatenate(times)
    tenths = np.unique(ts // _TENTH)  # rows of one poll are written within milliseconds of each other
    if len(ts) < 2:
        return 0.0
    if 2 * len(tenths) <= len(ts):
        return float(np.median(np.diff(tenths))) / 10 if len(tenths) > 1 else float(_LONGEST)
    if beats := [beat for beat in _BEATS if _on_beat(tenths, beat)]:
        return float(beats[0])
    return 1.0 if 2 * int(np.unique(ts % SECOND, return_counts=True)[1].max()) > len(ts) else 0.0


def _on_beat(tenths: Ints, beat: int) -> bool:
    """Whether nearly all moments lie at one place of every so many seconds, to within a tenth; a fleet on a clock is never the whole room."""
    if len(tenths) < _MOMENTS:
        return False
    places = np.bincount(tenths % (10 * beat), minlength=10 * beat)
    return bool((places + np.roll(places, 1)).max() > 0.9 * len(tenths))


_BEATS = (60, 30, 20, 15, 10, 5, 3, 2)
"""Seconds between the polls of collectors, the longest first: who asks each minute is also on the beat of five seconds."""
_MOMENTS = 40
"""Different moments from which a beat is no chance."""


_TENTH = SECOND // 10
