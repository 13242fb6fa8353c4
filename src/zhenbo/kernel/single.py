"""One event at a time: the same machine, every group in a single call."""

from collections.abc import Sequence

import numpy as np

from zhenbo.kernel import machine
from zhenbo.kernel.group import Machine
from zhenbo.kernel.state import Ring, Table

_ROOM = 256
"""Events for which room is made at once."""
_NONE = 0
"""A place whatever stands in, where a group does not look."""


class Single:
    """What a kernel needs to answer one event in tens of microseconds.

    Args:
        machines: the key groups.
        places: of each, the places of its key, second and filled column.
        ids: memory of event ids, if there is one, and its horizon in microseconds.
    """

    def __init__(
        self,
        machines: Sequence[Machine],
        places: Sequence[tuple[int, int | None, int | None]],
        ids: tuple[Table, Ring] | None,
        horizon: int | None,
    ) -> None:
        self._machines, self._table = machines, ids[0] if ids is not None else None
        self._left = 0
        self._names = [name for m in machines for name in m.group.names]
        held = (0, 0, 0) if ids is None or horizon is None else (ids[0].address, ids[1].address, horizon)
        self._ids = np.array(held, dtype=np.int64)
        rows, at = [], 0
        for m, columns in zip(machines, places, strict=True):
            looked = [_NONE if column is None else column + 2 for column in columns]
            rows.append([*looked, *m.arguments, m.group.asked.ctypes.data, len(m.group.names), at])
            at += len(m.group.names)
        self._groups = np.array(rows, dtype=np.int64).reshape(len(rows), -1)
        self._out = np.empty(at)

    def answer(self, now: int, identity: int, hashed: list[int]) -> dict[str, float] | None:
        """Value by feature; None for a repeat."""
        if not self._left:
            self._make_room()
        self._left -= 1
        words = np.array([now, identity, *hashed], dtype=np.int64)
        if not machine.one(self._ids, self._groups, words, self._out):
            return None
        return dict(zip(self._names, self._out.tolist(), strict=True))

    def _make_room(self) -> None:
        for m in self._machines:
            m.reserve(_ROOM)
        if self._table is not None:
            self._table.reserve(_ROOM)
        self._left = _ROOM
