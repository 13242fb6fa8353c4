"""The waiting room: events stay until the watermark has passed, then leave in the order of (time, id).

Kept sorted by insertion from the tail: most events arrive in order, a late one moves those behind it. Their columns
stand in rows of a pool, so that only times, ids and places move.
"""

from typing import NamedTuple

import numpy as np
import numpy.typing as npt
from numba import types

from zhenbo.kernel.compiled import compiled

Ints = npt.NDArray[np.int64]
_READ = types.Array(types.int64, 1, "C", readonly=True)
_READ2 = types.Array(types.int64, 2, "C", readonly=True)
_FIRST, _END, _FREE = range(3)
_SHORT_RUN = 64
"""Events of one instant that are sorted in place; more go through a full sort."""


@compiled(
    types.void(_READ, _READ, _READ, _READ2, *[types.int64[::1]] * 3, types.int64[:, ::1], types.int64[::1], types.int64[::1]),
)  # fmt: skip
def _take_in(order, ts, ids, columns, wait_ts, wait_id, wait_at, pool, free, state):
    """Merge new events, given in their order of (time, id), from the tail; columns hold one row per column."""
    n = order.size
    to = state[_END] + n - 1
    old = state[_END] - 1
    for k in range(n - 1, -1, -1):
        i = order[k]
        while old >= state[_FIRST] and (
            wait_ts[old] > ts[i] or (wait_ts[old] == ts[i] and wait_id[old] > ids[i])
        ):
            wait_ts[to], wait_id[to], wait_at[to] = wait_ts[old], wait_id[old], wait_at[old]
            to -= 1
            old -= 1
        state[_FREE] -= 1
        at = free[state[_FREE]]
        for c in range(columns.shape[0]):
            pool[at, c] = columns[c, i]
        wait_ts[to], wait_id[to], wait_at[to] = ts[i], ids[i], at
        to -= 1
    state[_END] += n


@compiled(
    types.void(types.int64, *[types.int64[::1]] * 3, types.int64[:, ::1], types.int64[::1], types.int64[::1], types.int64[::1],
               types.int64[::1], types.int64[:, ::1]),
)  # fmt: skip
def _let_out(n, wait_ts, wait_id, wait_at, pool, free, state, ts, ids, columns):
    """Copy the first n out and give their rows back."""
    first = state[_FIRST]
    for k in range(n):
        at = wait_at[first + k]
        ts[k], ids[k] = wait_ts[first + k], wait_id[first + k]
        for c in range(columns.shape[0]):
            columns[c, k] = pool[at, c]
        free[state[_FREE]] = at
        state[_FREE] += 1
    state[_FIRST] = first + n


@compiled(types.int64(types.int64[::1], _READ, _READ))
def _untie(order, ts, ids):
    """Sort short runs of equal times by id; the length of the longest run."""
    longest = start = 0
    for k in range(1, order.size + 1):
        if k < order.size and ts[order[k]] == ts[order[start]]:
            continue
        longest = max(longest, k - start)
        if 1 < k - start <= _SHORT_RUN:
            for a in range(start + 1, k):
                moved, b = order[a], a - 1
                while b >= start and ids[order[b]] > ids[moved]:
                    order[b + 1] = order[b]
                    b -= 1
                order[b + 1] = moved
        start = k
    return longest


class Released(NamedTuple):
    """Events in the order of (time, id): their times, ids, and one row per column."""

    ts: Ints
    ids: Ints
    columns: Ints


class Waiting:
    """Events that may still be overtaken."""

    def __init__(self, columns: int) -> None:
        self.width = columns
        self._ts, self._id, self._at = (np.empty(64, dtype=np.int64) for _ in range(3))
        self._pool = np.empty((64, columns), dtype=np.int64)
        self._free = np.arange(64, dtype=np.int64)
        self._state = np.array([0, 0, 64], dtype=np.int64)

    def __len__(self) -> int:
        return int(self._state[_END] - self._state[_FIRST])

    @property
    def bytes(self) -> int:
        """Memory held."""
        return sum(a.nbytes for a in (self._ts, self._id, self._at, self._pool, self._free))

    def take_in(self, ts: Ints, ids: Ints, columns: Ints) -> None:
        """Add events in any order; `columns` has one row per column."""
        if not len(ts):
            return
        self._reserve(len(ts))
        order = np.zeros(1, dtype=np.int64) if len(ts) == 1 else _sorted(ts, ids)
        _take_in(order, ts, ids, columns, self._ts, self._id, self._at, self._pool, self._free, self._state)

    def before(self, moment: int | None) -> int:
        """How many wait for a time before `moment`; all if None."""
        if moment is None:
            return len(self)
        first, end = int(self._state[_FIRST]), int(self._state[_END])
        return int(np.searchsorted(self._ts[first:end], moment, side="left"))

    def let_out(self, n: int) -> Released:
        """The first n, which leave."""
        made = Released(
            np.empty(n, dtype=np.int64),
            np.empty(n, dtype=np.int64),
            np.empty((self.width, n), dtype=np.int64),
        )
        _let_out(n, self._ts, self._id, self._at, self._pool, self._free, self._state, *made)
        return made

    def _reserve(self, n: int) -> None:
        """Room at the tail and in the pool."""
        first, end, free = (int(x) for x in self._state)
        waiting = end - first
        if end + n > len(self._ts):
            size = len(self._ts)
            while waiting + n > size // 2:
                size *= 2
            for name in ("_ts", "_id", "_at"):
                fresh = np.empty(size, dtype=np.int64)
                fresh[:waiting] = getattr(self, name)[first:end]
                setattr(self, name, fresh)
            self._state[:2] = 0, waiting
        if free < n:
            rows = len(self._pool)
            more = max(n - free, rows)
            self._pool = np.concatenate([self._pool, np.empty((more, self.width), dtype=np.int64)])
            self._free = np.concatenate([self._free, np.empty(more, dtype=np.int64)])
            self._free[free : free + more] = np.arange(rows, rows + more)
            self._state[_FREE] = free + more

    def snapshot(self) -> Released:
        """Copies of everything that waits, in order; nothing leaves."""
        first, end = int(self._state[_FIRST]), int(self._state[_END])
        rows = self._pool[self._at[first:end]]
        return Released(self._ts[first:end].copy(), self._id[first:end].copy(), np.ascontiguousarray(rows.T))


def _sorted(ts: Ints, ids: Ints) -> Ints:
    """Order by (time, id)."""
    order = np.argsort(ts)
    if _untie(order, ts, ids) > _SHORT_RUN:
        order = np.lexsort((ids, ts))
    return order
