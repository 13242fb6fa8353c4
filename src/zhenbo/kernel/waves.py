"""Newcomers in waves: accounts that enter for the first time, many at once, and how the room empties around them."""

import warnings
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from zhenbo.core.session import MINUTE, SECOND, Session, micros
from zhenbo.kernel.people import people
from zhenbo.kernel.visits import OPEN, Bools, Ints, visits

Floats = npt.NDArray[np.float64]

LENGTHS = (15, 30, 60, 120, 300, 600)
"""Seconds in which a wave may come."""
_BESIDE, _KNOWN = 15, 5
"""A wave is held against so many minutes on either side; a side of fewer than so many tells nothing."""
_APART = MINUTE
_GOES_ON = 8
"""Newcomers in a quarter of a minute with which a wave goes on, at least."""
_READINGS = 10
"""Fewer readings of a gauge or counter do not tell who left."""
_HEADS = 1.25
"""A gauge that rises by more than this times the entries counts something else."""
_ROUNDED = 100
"""A counter whose large readings are all multiples of this is shown rounded and cannot be subtracted."""


@dataclass(frozen=True)
class Newcomers:
    """First visits in order of coming; who was seen to do anything before is no newcomer.

    Args:
        names: account ids, one per visit.
        came: microsecond of the entry.
        left: microsecond of the departure; `OPEN` where none was seen.
        silent: whether nothing was done in the visit.
        again: microseconds of entries by accounts that had been there before, in order.
    """

    names: pa.Array
    came: Ints
    left: Ints
    silent: Bools
    again: Ints

    def within(self, start: int, end: int) -> slice:
        """Places of those who came in [start, end)."""
        return slice(*np.searchsorted(self.came, (start, end)).tolist())


def newcomers(session: Session) -> Newcomers:
    """First visits of the accounts of a session."""
    v, there = visits(session), people(session)
    order = np.argsort(v.came, kind="stable")
    first = np.zeros(len(order), dtype=bool)
    first[np.unique(v.who[order], return_index=True)[1]] = True
    place = pc.index_in(v.names, value_set=there.names).to_numpy(zero_copy_only=False).astype(np.int64)
    known = there.first[place][v.who[order]] < v.came[order]
    new, back = order[first & ~known], order[~first | known]
    return Newcomers(
        v.names.take(pa.array(v.who[new])), v.came[new], v.left[new], v.acts[new] == 0, v.came[back]
    )


@dataclass(frozen=True)
class Wave:
    """A stretch of coming.

    Args:
        start: first microsecond.
        end: one past the last.
        count: newcomers in it.
        usual: newcomers that the fuller side of it lets expect.
    """

    start: int
    end: int
    count: int
    usual: float

    @property
    def excess(self) -> float:
        """Newcomers beyond the usual."""
        return self.count - self.usual


def waves(came: Ints, span: tuple[int, int], least: float, times: float) -> list[Wave]:
    """Stretches in which more came than beside them, in order of time; those less than a minute apart are one.

    Args:
        came: moments of coming, sorted.
        span: first and last microsecond of the record.
        least: newcomers beyond the usual that make a wave.
        times: count over the usual that makes a wave.
    """
    found = [w for length in LENGTHS for w in _stretches(came, span, length * SECOND, least, times)]
    kept: list[Wave] = []
    for w in sorted(
        found, key=lambda w: (-w.excess / (1 + w.usual + w.usual**2 / 25) ** 0.5, w.start, w.end)
    ):
        if all(w.end <= k.start or w.start >= k.end for k in kept):
            kept.append(w)
    joined: list[Wave] = []
    for w in sorted(kept, key=lambda w: w.start):
        start, end, rate = *_edges(came, w, times), w.usual / (w.end - w.start)
        if joined and start < joined[-1].end + _APART:
            last = joined.pop()
            start, end = min(last.start, start), max(last.end, end)
            rate = max(last.usual / (last.end - last.start), rate)
        joined.append(Wave(start, end, _between(came, start, end), rate * (end - start)))
    return joined


def _edges(came: Ints, w: Wave, times: float) -> tuple[int, int]:
    """Where a wave really begins and ends: it goes on as long as as many come in the next quarter of a minute."""
    step, start, end = LENGTHS[0] * SECOND, w.start, w.end
    least = max(times * w.usual * step / (w.end - w.start), _GOES_ON)
    while _between(came, start - step, start) >= least:
        start -= step
    while _between(came, end, end + step) >= least:
        end += step
    return start, end


def _between(came: Ints, start: int, end: int) -> int:
    return int(np.searchsorted(came, end) - np.searchsorted(came, start))


def _stretches(came: Ints, span: tuple[int, int], length: int, least: float, times: float) -> list[Wave]:
    """The waves among all stretches of one length, each half a length after the one before."""
    first, last = span
    if last - first < 4 * length:
        return []
    start = np.arange(first, last - length, length // 2)
    end = start + length
    count = np.searchsorted(came, end) - np.searchsorted(came, start)
    usual = _usual(came, span, start, end) * length / MINUTE
    at = np.flatnonzero((count - usual >= least) & (count >= times * usual))
    return [Wave(*row) for row in zip(*(x[at].tolist() for x in (start, end, count, usual)), strict=True)]


def _usual(came: Ints, span: tuple[int, int], start: Ints, end: Ints) -> Floats:
    """Newcomers per minute beside each stretch: the middle minute of the fuller side, so that other waves do not count."""
    first, last = span
    minutes = max((last - first) // MINUTE, 1)
    per_minute = np.bincount(np.minimum((came - first) // MINUTE, minutes), minlength=minutes)[
        :minutes
    ].astype(np.float64)
    wide = np.full((2, minutes + 2 * _BESIDE), np.nan)
    wide[:, _BESIDE : _BESIDE + minutes] = per_minute
    seen = np.lib.stride_tricks.sliding_window_view(wide[0], _BESIDE)
    known = np.isfinite(seen).sum(1)
    with np.errstate(all="ignore"), warnings.catch_warnings():
        warnings.simplefilter("ignore", RuntimeWarning)
        middle = np.where(known >= _KNOWN, np.nanmedian(seen, axis=1), 0.0)
    before = np.clip((start - first) // MINUTE, 0, minutes)
    after = np.clip(-((first - end) // MINUTE), 0, minutes)
    return np.asarray(np.maximum(middle[before], middle[after + _BESIDE]))


@dataclass(frozen=True)
class Turnover:
    """The number present and everybody who had entered, at any moment between the readings.

    Args:
        present: readings of the viewer gauge, times and values.
        entered: readings of the entry counter, or entries delivered over their share, times and values.
    """

    present: tuple[Ints, Floats]
    entered: tuple[Ints, Floats]

    def left(self, start: int, end: int) -> float:
        """How many left in between: who entered and is not there."""
        came = np.diff(np.interp((start, end), *self.entered))[0]
        return float(came - np.diff(np.interp((start, end), *self.present))[0])

    def heads(self, start: int, end: int) -> bool:
        """Whether the gauge counts heads: it does not rise by more than came in, as a measure of popularity may."""
        rise = np.diff(np.interp((start, end), *self.present))[0]
        came = np.diff(np.interp((start, end), *self.entered))[0]
        return bool(rise <= _HEADS * came)

    def usual(self, start: int, end: int) -> tuple[float, float]:
        """Departures per minute, and that over the number present: the middle minutes of a stretch (cliffs do not count)."""
        at = np.arange(start, end + 1, MINUTE)
        there = np.interp(at, *self.present)
        gone = np.diff(np.interp(at, *self.entered)) - np.diff(there)
        if len(gone) == 0:
            return 0.0, 0.0
        return float(np.median(gone)), float(np.median(gone / np.maximum((there[1:] + there[:-1]) / 2, 1)))


def turnover(session: Session) -> Turnover | None:
    """Who was there and who had come, from counters; None where the one or the other is not recorded."""
    present, entered = _readings(session, "viewers"), _readings(session, "entered_total")
    if len(present[0]) < _READINGS:
        return None
    high = entered[1][entered[1] >= 100 * _ROUNDED]
    if len(entered[0]) < _READINGS or (len(high) and not (high % _ROUNDED).any()):
        ts, share = np.sort(micros(session.rows("enter")["ts"])), session.coverage("enter")
        return Turnover(present, (ts, np.arange(1, len(ts) + 1) / share)) if len(ts) and share else None
    return Turnover(present, (entered[0], np.maximum.accumulate(entered[1])))


def _readings(session: Session, kind: str) -> tuple[Ints, Floats]:
    rows = session.rows(kind)
    rows = rows.filter(pc.and_(pc.is_valid(rows["ts"]), pc.is_valid(rows["qty"])))
    return micros(rows["ts"]), np.asarray(rows["qty"].to_numpy(), dtype=np.float64)


def stayed(came: Ints, left: Ints, long: int) -> Bools:
    """Visits not seen to end within so many microseconds."""
    return np.asarray((left == OPEN) | (left >= came + long))
