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
_READ2 = types.Array(types.int64, 2, "A", readonly=True)
_FIRST, _END, _FREE = range(3)
_MOVES = 32
"""Moves per event after which sorting in place is given up."""
_BULK = 4
"""New events per waiting one from which sorting them all together is cheaper than inserting the new ones."""


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


@compiled(types.boolean(types.int64[::1], _READ, _READ))
def _deal(order, ts, ids):
    """Sort by (time, id): deal into stretches of time, then move what is out of order inside one.

    Linear where times spread, as they do; False where they do not and the moves grow out of hand.
    """
    n = ts.size
    least, most = ts[0], ts[0]
    for i in range(n):
        least, most = min(least, ts[i]), max(most, ts[i])
    parts = n // 4 + 1
    scale = (parts - 1) / max(np.float64(most) - np.float64(least), 1.0)
    starts = np.zeros(parts + 1, dtype=np.int64)  # of each part, then where its next event goes
    for i in range(n):
        starts[np.int64((np.float64(ts[i]) - np.float64(least)) * scale) + 1] += 1
    for i in range(parts):
        starts[i + 1] += starts[i]
    for i in range(n):
        part = np.int64((np.float64(ts[i]) - np.float64(least)) * scale)
        order[starts[part]] = i
        starts[part] += 1
    moves = 0
    for k in range(1, n):
        moved, at = order[k], k - 1
        while at >= 0 and (
            ts[order[at]] > ts[moved] or (ts[order[at]] == ts[moved] and ids[order[at]] > ids[moved])
        ):
            order[at + 1] = order[at]
            at -= 1
        order[at + 1] = moved
        moves += k - 1 - at
        if moves > _MOVES * n:
            return False
    return True


@compiled(types.void(_READ, _READ2, _READ2, types.int64[:, ::1]))
def _gather(order, held, fresh, out):
    """Columns in a new order, out of those held (first) and those fresh."""
    n = held.shape[1]
    for c in range(out.shape[0]):
        for k in range(order.size):
            i = order[k]
            out[c, k] = held[c, i] if i < n else fresh[c, i - n]


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

    def through(self, ts: Ints, ids: Ints, columns: Ints, moment: int) -> Released:
        """Add events, and let out all whose time is before `moment`."""
        if len(ts) < _BULK * len(self):
            self.take_in(ts, ids, columns)
            return self.let_out(self.before(moment))
        held = self.let_out(len(self))
        ts, ids = np.concatenate([held.ts, ts]), np.concatenate([held.ids, ids])
        order = _sorted(ts, ids)
        ts, ids = ts[order], ids[order]
        n = int(np.searchsorted(ts, moment, side="left"))
        leaving, staying = (np.empty((self.width, size), dtype=np.int64) for size in (n, len(ts) - n))
        _gather(order[:n], held.columns, columns, leaving)
        _gather(order[n:], held.columns, columns, staying)
        self.take_in(ts[n:], ids[n:], staying)
        return Released(ts[:n], ids[:n], leaving)

    def take_in(self, ts: Ints, ids: Ints, columns: Ints) -> None:
        """Add events in any order; `columns` has one row per column."""
        if not len(ts):
            return
        self._reserve(len(ts))
        _take_in(
            _sorted(ts, ids),
            ts,
            ids,
            columns,
            self._ts,
            self._id,
            self._at,
            self._pool,
            self._free,
            self._state,
        )

    def before(self, moment: int) -> int:
        """How many wait for a time before `moment`."""
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
    order = np.empty(len(ts), dtype=np.int64)
    return order if not len(ts) or _deal(order, ts, ids) else np.lexsort((ids, ts))
