"""A key group with its state: tables, ring, and the call into the compiled machine."""

import numpy as np
import numpy.typing as npt

from zhenbo.kernel import machine
from zhenbo.kernel.layout import MEASURES, PAIR, SETS
from zhenbo.kernel.plan import Group
from zhenbo.kernel.state import Ring, Table

Ints = npt.NDArray[np.int64]
Floats = npt.NDArray[np.float64]
_MOST = 0.8
"""The share of events with a key up to which only they are walked: whether an event has one cannot be foreseen."""


class Machine:
    """A key group with its state."""

    def __init__(self, group: Group, alive: int, *, at_once: bool) -> None:
        self.group = group
        self.ring = Ring(group.ring_words, len(group.lanes), alive, at_once=at_once)
        self._keys = Table(group.words, at_once=at_once)
        self._pairs = Table(1 + len(group.lanes), at_once=at_once)
        self._counts = Table(2, at_once=at_once)
        measures = {MEASURES[m] for m in group.asked[:, 0]}
        self._top = "top_share" in measures
        self._by_value = bool(measures & {"first", "last"})  # of one instant, the least is first
        self.state: dict[str, Table | Ring] = {
            "keys": self._keys, "pairs": self._pairs, "counts": self._counts, "ring": self.ring,
        }  # fmt: skip

    def row(self, keys: int, others: int, filled: int, before: int) -> tuple[int, ...]:
        """What `machine.run` is told of this group.

        Args:
            keys: address of the hashed keys.
            others: address of the second column.
            filled: address of 0 where an event has no value.
            before: features that stand before its own in the answer.
        """
        group = self.group
        return (
            keys, others, filled, self._keys.address, self._pairs.address, self._counts.address, self.ring.address,
            len(group.lanes), group.lanes.ctypes.data, group.fields.ctypes.data, group.what, group.asked.ctypes.data,
            len(group.asked), before,
        )  # fmt: skip

    def reserve(self, n: int) -> None:
        """Room in the tables for so many events."""
        self._keys.reserve(n)
        if self.group.what in {PAIR, SETS}:
            self._pairs.reserve(n)
        if self._top:
            # every count that stands has a pair of its own behind it
            self._counts.reserve((self._pairs.count + n) * len(self.group.lanes) - self._counts.count)

    def step(self, ts: Ints, keys: Ints, others: Ints | None, filled: Ints | None, instant: bool) -> Floats:
        """The group's answers to a batch, one row per feature; NaN where an event has no key."""
        keyed = np.flatnonzero(keys)
        if len(keyed) > _MOST * len(keys):
            return self._walk(ts, keys, others, filled, instant)
        out = np.full((len(self.group.asked), len(ts)), np.nan)
        if len(keyed):
            others, filled = (None if c is None else c[keyed] for c in (others, filled))
            out[:, keyed] = self._walk(ts[keyed], keys[keyed], others, filled, instant)
        return out

    def _walk(self, ts: Ints, keys: Ints, others: Ints | None, filled: Ints | None, instant: bool) -> Floats:
        """`step`, past every event."""
        n = len(ts)
        out = np.full((len(self.group.asked), n), np.nan)
        order = None
        if self._by_value and not instant and others is not None and filled is not None:
            order = np.lexsort((others, ts))
            ts, keys, others, filled = ts[order], keys[order], others[order], filled[order]
        self.reserve(n)
        others = keys if others is None else others
        told = keys if filled is None else filled
        row = np.array(self.row(keys.ctypes.data, others.ctypes.data, told.ctypes.data, 0), dtype=np.int64)
        machine.run(n, ts.ctypes.data, row.ctypes.data, 1, instant, out.ctypes.data)
        if order is not None:
            out[:, order] = out.copy()
        return out
