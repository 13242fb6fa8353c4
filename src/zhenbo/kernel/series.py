"""Minute series of a session: gauges, counters and rates on one grid, gaps kept as gaps (NaN)."""

import json
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from zhenbo.core.session import MINUTE, Session, micros

Floats = npt.NDArray[np.float64]
MAX_MINUTES = 60 * 24 * 62
"""A record longer than two months is put on the grid for its first two."""


@dataclass(frozen=True)
class Grid:
    """Minutes of a session: `start + i * MINUTE` is the first microsecond of minute i."""

    start: int
    size: int

    def index(self, ts: npt.NDArray[np.int64]) -> npt.NDArray[np.int64]:
        """Minute of each time; −1 outside the grid."""
        i = (ts - self.start) // MINUTE
        return np.where((ts >= self.start) & (i < self.size), i, -1)


def grid(session: Session) -> Grid:
    """The session's minutes, from the whole minute of its first live event to its last."""
    start, end = session.span
    first = start // MINUTE * MINUTE
    return Grid(first, int(min((end - first) // MINUTE + 1, MAX_MINUTES)) if end else 0)


def rate(session: Session, on: Grid, kind: str, weight: str | None = None) -> Floats:
    """Events of a kind per minute (or the sum of a column, e.g. `qty` of likes); 0 where none were seen."""
    rows = session.rows(kind)
    i = on.index(micros(rows["ts"]))
    w = None
    if weight is not None:
        w = np.asarray(pc.fill_null(rows[weight], 1).to_numpy(), dtype=np.float64)[i >= 0]
    return np.bincount(i[i >= 0], weights=w, minlength=on.size).astype(np.float64)


def gauge(session: Session, on: Grid, kind: str = "viewers") -> Floats:
    """Median reading of a gauge per minute; NaN where nothing was reported."""
    rows = session.rows(kind)
    i = on.index(micros(rows["ts"]))
    value = np.asarray(pc.fill_null(rows["qty"], 0).to_numpy(), dtype=np.float64)
    out = np.full(on.size, np.nan)
    order = np.lexsort((value, i))
    i, value = i[order], value[order]
    keep = i >= 0
    i, value = i[keep], value[keep]
    if len(i):
        minute, first, n = np.unique(i, return_index=True, return_counts=True)
        out[minute] = (value[first + (n - 1) // 2] + value[first + n // 2]) / 2
    return out


@dataclass(frozen=True)
class Counter:
    """A monotone counter on the minute grid.

    Args:
        value: largest reading per minute, never falling (`rising`); NaN before the first and where nothing was reported.
        half_unit: half the rounding unit of the coarsest reading (500 for "6.8万"), 0 when exact.
    """

    value: Floats
    half_unit: float

    @property
    def first(self) -> float:
        """First reading; NaN without any."""
        seen = self.value[np.isfinite(self.value)]
        return float(seen[0]) if len(seen) else float("nan")

    @property
    def last(self) -> float:
        """Last reading; NaN without any."""
        seen = self.value[np.isfinite(self.value)]
        return float(seen[-1]) if len(seen) else float("nan")

    def increments(self) -> Floats:
        """Increase per minute; a gap's increase is spread evenly over its minutes, 0 outside the readings."""
        out = np.zeros(len(self.value))
        at = np.flatnonzero(np.isfinite(self.value))
        if len(at) > 1:
            filled = np.interp(np.arange(at[0], at[-1] + 1), at, self.value[at])
            out[at[0] + 1 : at[-1] + 1] = np.diff(filled)
        return out


def counter(session: Session, on: Grid, kind: str) -> Counter:
    """A counter kind (`entered_total`, `like_total`, …) on the grid."""
    rows = session.rows(kind)
    i = on.index(micros(rows["ts"]))
    value = np.asarray(pc.fill_null(rows["qty"], 0).to_numpy(), dtype=np.float64)
    out = np.full(on.size, np.nan)
    keep = i >= 0
    np.fmax.at(out, i[keep], value[keep])
    return Counter(rising(out), half_unit(rows))


def rising(value: Floats) -> Floats:
    """Readings of a total that can only grow, where they fell.

    A total that falls by half or more began anew, as when a stream is pushed again: NaN until it is put right. One that falls
    by less was corrected: what it had told beyond that before is taken back.

    Examples:
        >>> rising(np.array([10.0, 100, 2, 60, 130, 140])).tolist()
        [10.0, 100.0, nan, nan, 130.0, 140.0]
        >>> rising(np.array([10.0, 100, 120, 90, 95])).tolist()
        [10.0, 90.0, 90.0, 90.0, 95.0]
    """
    kept = value.copy()
    most, anew = 0.0, False
    for i in np.flatnonzero(np.isfinite(value)).tolist() if (value < np.fmax.accumulate(value)).any() else ():
        anew = value[i] < (most if anew else most / 2)
        most = most if anew else max(most, float(value[i]))
        kept[i] = np.nan if anew else value[i]
    return np.asarray(np.minimum(kept, np.fmin.accumulate(kept[::-1])[::-1]))


def half_unit(rows: pa.Table) -> float:
    """Half the rounding unit of the largest readings: as intake noted it (`{"half_unit": 500}`), or as the readings show it.

    Platforms show totals from ten thousand on in tenths of 万 ("6.8万"): where all readings of a size are whole thousands, they are
    rounded, whether or not the source says so.
    """
    marked = rows.filter(pc.fill_null(pc.match_substring(rows["extra"], '"half_unit"'), False))
    noted = [json.loads(x).get("half_unit", 0) for x in pc.unique(marked["extra"]).to_pylist()] if marked.num_rows else []  # fmt: skip
    value = np.unique(np.asarray(pc.fill_null(rows["qty"], 0).to_numpy(), dtype=np.int64))
    shown = [unit / 2 for unit in _UNITS if _round(value[value >= 10 * unit], unit)]
    return float(max([*noted, *shown], default=0.0))


_UNITS = (10_000, 1_000, 100)
_ROUND_MIN = 3
"""Different readings that must be whole units before they are taken for rounded."""


def _round(value: npt.NDArray[np.int64], unit: int) -> bool:
    return len(value) >= _ROUND_MIN and not (value % unit).any()
