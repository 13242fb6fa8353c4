"""One event at a time: the same machine, every group in a single call."""

from collections.abc import Sequence

import numpy as np

from zhenbo.kernel import machine
from zhenbo.kernel.group import Machine
from zhenbo.kernel.layout import GROUP_WORDS
from zhenbo.kernel.state import Ring, Table

_ROOM = 256
"""Events for which room is made at once."""
_ANY = 0
"""A column where a group does not look."""


class Single:
    """What a kernel needs to answer one event in tens of microseconds.

    Args:
        machines: the key groups.
        places: of each, the places of its key, second and filled column.
        width: hashed columns of an event.
        ids: memory of event ids, if there is one.
        horizon: microseconds an id is remembered.
    """

    def __init__(
        self,
        machines: Sequence[Machine],
        places: Sequence[tuple[int, int | None, int | None]],
        width: int,
        ids: tuple[Table, Ring] | None,
        horizon: int | None,
    ) -> None:
        self._machines, self._table = machines, ids[0] if ids is not None else None
        self._left = 0
        self._names = [name for m in machines for name in m.group.names]
        self._memory = (ids[0].address, ids[1].address, horizon) if ids is not None else None
        self._time, self._id = np.zeros(1, dtype=np.int64), np.zeros(1, dtype=np.int64)
        self._keep = np.zeros(1, dtype=np.uint8)
        self._words = np.zeros(width, dtype=np.int64)
        self._out = np.empty(len(self._names))
        rows, before = [], 0
        for m, columns in zip(machines, places, strict=True):
            key, other, filled = (self._words.ctypes.data + 8 * (c or _ANY) for c in columns)
            rows.append(m.row(key, other, filled, before))
            before += len(m.group.names)
        self._groups = np.array(rows, dtype=np.int64).reshape(-1, GROUP_WORDS)
        self._addresses = (self._time.ctypes.data, self._out.ctypes.data)

    def answer(self, now: int, identity: int, hashed: list[int]) -> dict[str, float] | None:
        """Value by feature; None for a repeat."""
        if not self._left:
            self._make_room()
        self._left -= 1
        self._time[0], self._id[0] = now, identity
        if self._memory is not None and machine.dedupe(self._time, self._id, self._keep, *self._memory):
            return None
        self._words[:] = hashed
        self._out.fill(np.nan)
        time, out = self._addresses
        machine.run(1, time, self._groups, True, out)
        return dict(zip(self._names, self._out.tolist(), strict=True))

    def _make_room(self) -> None:
        for m in self._machines:
            m.reserve(_ROOM)
        if self._table is not None:
            self._table.reserve(_ROOM)
        self._left = _ROOM
