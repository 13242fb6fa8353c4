"""The same features by dictionaries and queues: for small tables, where compiled code would take longer to load.

Read it as the definition. It is tested equal to the compiled machine, and both to DuckDB's window SQL.
"""

from collections import Counter, deque
from collections.abc import Callable, Sequence
from itertools import groupby
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from zhenbo.kernel.plan import VALUES, Feature

Floats = npt.NDArray[np.float64]
Row = tuple[int, int, Any]
"""Time, row number, value of `of`."""


def plain(events: pa.Table, feature: Feature) -> Floats:
    """One feature for every row of `events`, in its order; NaN where it has no meaning."""
    out = np.full(events.num_rows, np.nan)
    for rows in _by_key(events, feature).values():
        _walk(rows, feature, out)
    return out


def _by_key(events: pa.Table, feature: Feature) -> dict[tuple[Any, ...], list[Row]]:
    """Rows that count, per key, by time (then by value: of one instant the least is first, the greatest last)."""
    times = events["ts"].cast(pa.int64()).to_pylist()
    columns = [_values(events[name]) for name in feature.by]
    measured = _values(events[feature.of]) if feature.of else [None] * events.num_rows
    wanted = _values(events["kind"]) if feature.kinds else None
    found: dict[tuple[Any, ...], list[Row]] = {}
    for i, at in enumerate(times):
        key = tuple(column[i] for column in columns)
        if at is not None and None not in key and (wanted is None or wanted[i] in feature.kinds):
            found.setdefault(key, []).append((at, i, measured[i]))
    for rows in found.values():
        rows.sort(
            key=lambda r: (r[0], r[2] is None, r[2] if feature.measure in VALUES and r[2] is not None else 0)
        )
    return found


def _values(column: pa.ChunkedArray) -> list[Any]:
    if pa.types.is_timestamp(column.type):
        column = column.cast(pa.int64())
    values: list[Any] = column.to_pylist()
    return values


def _walk(rows: Sequence[Row], feature: Feature, out: Floats) -> None:
    """One key: let go what has left, take in all of an instant, then answer it."""
    window = _WINDOWS[feature.measure](feature)
    length = feature.seconds * 1_000_000
    alive: deque[Row] = deque()
    for at, instant in groupby(rows, key=lambda r: r[0]):
        while alive and alive[0][0] <= at - length:
            window.leave(alive.popleft())
        now = list(instant)
        for row in now:
            if row[2] is not None or feature.of is None:
                alive.append(row)
                window.enter(row)
        answer = window.answer()
        for row in now:
            out[row[1]] = answer


class _Count:
    """Events."""

    def __init__(self, feature: Feature) -> None:
        del feature
        self.n = 0

    def enter(self, row: Row) -> None:
        del row
        self.n += 1

    def leave(self, row: Row) -> None:
        del row
        self.n -= 1

    def answer(self) -> float:
        return float(self.n)


class _Values(_Count):
    """Sum, least, greatest, first and last of the values alive; none, no answer."""

    def __init__(self, feature: Feature) -> None:
        super().__init__(feature)
        self.alive: deque[int] = deque()
        self.total = 0
        take: dict[str, Callable[[], float]] = {
            "sum": lambda: float(self.total),
            "min": lambda: float(min(self.alive)),
            "max": lambda: float(max(self.alive)),
            "first": lambda: float(self.alive[0]),
            "last": lambda: float(self.alive[-1]),
        }
        self.take = take[feature.measure]

    def enter(self, row: Row) -> None:
        self.alive.append(int(row[2]))
        self.total += int(row[2])

    def leave(self, row: Row) -> None:
        self.alive.popleft()
        self.total -= int(row[2])

    def answer(self) -> float:
        return self.take() if self.alive else np.nan


class _Distinct(_Count):
    """Distinct values, or the share of the most frequent."""

    def __init__(self, feature: Feature) -> None:
        super().__init__(feature)
        self.told: Counter[Any] = Counter()
        self.share = feature.measure == "top_share"

    def enter(self, row: Row) -> None:
        self.told[row[2]] += 1

    def leave(self, row: Row) -> None:
        self.told[row[2]] -= 1
        if not self.told[row[2]]:
            del self.told[row[2]]

    def answer(self) -> float:
        if not self.share:
            return float(len(self.told))
        return max(self.told.values()) / self.told.total() if self.told else np.nan


class _Gaps(_Count):
    """Mean and variance of the times between neighbours."""

    def __init__(self, feature: Feature) -> None:
        super().__init__(feature)
        self.at: deque[int] = deque()
        self.squares = 0
        self.variance = feature.measure == "gap_variance"

    def enter(self, row: Row) -> None:
        if self.at:
            self.squares += (row[0] - self.at[-1]) ** 2
        self.at.append(row[0])

    def leave(self, row: Row) -> None:
        self.at.popleft()
        if self.at:
            self.squares -= (self.at[0] - row[0]) ** 2

    def answer(self) -> float:
        gaps = len(self.at) - 1
        if gaps < 1 + self.variance:
            return np.nan
        mean = (self.at[-1] - self.at[0]) / gaps
        return max(self.squares / gaps - mean * mean, 0.0) / 1e12 if self.variance else mean / 1e6


_WINDOWS: dict[str, Callable[[Feature], _Count]] = {
    "count": _Count, "sum": _Values, "min": _Values, "max": _Values, "first": _Values, "last": _Values,
    "distinct": _Distinct, "top_share": _Distinct, "gap_mean": _Gaps, "gap_variance": _Gaps,
}  # fmt: skip
