"""Tables and rings as the compiled machine sees them: flat arrays of integers, grown here and nowhere else.

A table grows at a load of 0.35 (0.5 where rows are wide) into one twice as large, and its rows move a few per event:
no event pays for all.
A ring holds its events in chunks of 4,096 out of an array reserved to its bound; the system gives memory only to
chunks that were used, and a chunk is used again as soon as its events have left.
"""

import mmap
from collections.abc import Mapping
from typing import Any

import numpy as np
import numpy.typing as npt

from zhenbo.kernel.layout import (
    ALIVE_CHUNKS,
    BITTEN_UNTIL,
    BOUND,
    CHUNK,
    CHUNK_BITS,
    CHUNKS,
    COUNT,
    EVICTED,
    FREE,
    FREE_TOP,
    FRESH,
    HEADS,
    LOG,
    MASK,
    OLD_COUNT,
    OLD_MASK,
    OLD_ROWS,
    OLD_SHIFT,
    RING_ROWS,
    RING_WIDTH,
    ROWS,
    SHIFT,
    SHORT,
    SWEPT,
    TABLE_WORDS,
    TAIL,
)  # fmt: skip
from zhenbo.kernel.store import insert_all, sweep_all

Ints = npt.NDArray[np.int64]
LOAD, WIDE_LOAD = 0.35, 0.5
"""Low, since what costs is not the memory but the steps that a processor cannot foresee: measured against 0.6, an event
takes a sixth less."""
_FIRST_BITS = 10
_LARGE_PAGE = 1 << 21
_GIVEN_AT_ONCE = 1 << 20
_NO_ROWS = np.zeros(1, dtype=np.int64)


def _memory(words: int, *, at_once: bool) -> Ints:
    """Zeros that begin where a page does, given by the system when they are first touched.

    Args:
        words: how many.
        at_once: in the smallest pages. A large one makes a long walk over memory a tenth faster, but whoever touches it
            first waits until it is filled: milliseconds, many times what deciding on an event takes.
    """
    # shared, which is the default, is never given large pages, nor back
    held = mmap.mmap(-1, max(words * 8, 1), flags=mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS)
    wish = "MADV_NOHUGEPAGE" if at_once else "MADV_HUGEPAGE"
    if hasattr(mmap, wish) and len(held) >= _LARGE_PAGE:
        held.madvise(getattr(mmap, wish))
    return np.frombuffer(held, dtype=np.int64)


class Table:
    """Rows of integers by 64-bit key: open addressing, linear probing, deletion without tombstones.

    Args:
        width: words of a row.
        at_once: of a kernel that answers at once (`_memory`).
    """

    def __init__(self, width: int, *, at_once: bool = False) -> None:
        self._at_once = at_once
        self._meta = np.zeros(TABLE_WORDS, dtype=np.int64)
        self.address = int(self._meta.ctypes.data)
        """Where the machine finds the table, while this object lives."""
        self._meta[LOG] = max(width - 1, 0).bit_length() + 3
        self._load = LOAD if width <= 2 else WIDE_LOAD
        self._size(_FIRST_BITS)
        self._old, self._given = _NO_ROWS, 0

    @property
    def count(self) -> int:
        """Keys held."""
        return int(self._meta[COUNT])

    @property
    def bytes(self) -> int:
        """Memory held."""
        return int(self._rows.nbytes + self._old.nbytes)

    def reserve(self, more: int) -> None:
        """Room for so many new keys."""
        meta = self._meta
        if meta[OLD_COUNT] == 0 and self._old.nbytes > _NO_ROWS.nbytes:
            self._give_back()
        if self.count + more <= self._load * (int(meta[MASK]) + 1):
            return
        if meta[OLD_COUNT]:
            sweep_all(self.address)
        bits = 64 - int(meta[SHIFT])
        while self.count + more > self._load * (1 << bits):
            bits += 1
        self._old, self._given = self._rows, 0
        meta[OLD_ROWS] = self._old.ctypes.data
        meta[OLD_COUNT], meta[OLD_MASK], meta[OLD_SHIFT], meta[SWEPT] = (
            meta[COUNT],
            meta[MASK],
            meta[SHIFT],
            0,
        )
        self._size(bits)

    def _give_back(self) -> None:
        """Give the emptied predecessor back to the system: in stretches where nobody may wait for the whole."""
        start, size = self._given, self._old.nbytes
        if self._at_once and start < size and hasattr(mmap, "MADV_DONTNEED"):
            held: Any = self._old.base  # numpy's view of the map
            held.obj.madvise(mmap.MADV_DONTNEED, start, min(_GIVEN_AT_ONCE, size - start))
            self._given += _GIVEN_AT_ONCE
        else:
            self._old = _NO_ROWS

    def _size(self, bits: int) -> None:
        self._meta[MASK], self._meta[SHIFT] = (1 << bits) - 1, 64 - bits
        self._rows = _memory(1 << (bits + int(self._meta[LOG]) - 3), at_once=self._at_once)
        self._meta[ROWS] = self._rows.ctypes.data

    def state(self) -> dict[str, npt.NDArray[Any]]:
        """The rows that are there, and the size they stood in."""
        sweep_all(self.address)
        rows = self._rows.reshape(int(self._meta[MASK]) + 1, -1)
        return {"rows": rows[rows[:, 0] != 0], "meta": self._meta.copy()}

    def restore(self, state: Mapping[str, npt.NDArray[Any]]) -> None:
        """The rows at their places again."""
        self._meta[:] = state["meta"]
        self._meta[COUNT] = self._meta[OLD_COUNT] = 0
        self._old, self._given = _NO_ROWS, 0
        self._size(64 - int(self._meta[SHIFT]))
        insert_all(self.address, np.ascontiguousarray(state["rows"]).ravel())


class Ring:
    """The events alive in the longest window of a group.

    Args:
        width: words of a row.
        lanes: windows.
        alive: most events it may hold.
        at_once: of a kernel that answers at once (`_memory`).
    """

    def __init__(self, width: int, lanes: int, alive: int, *, at_once: bool = False) -> None:
        bound = max(-(-alive // CHUNK), 1) + 1  # the oldest chunk is half gone while the newest is half there
        places = 1 << int(bound).bit_length()
        self._rows = _memory(bound * CHUNK * width + 4, at_once=at_once)
        self._chunks = np.zeros(places, dtype=np.int64)
        self._free = np.zeros(bound, dtype=np.int64)
        self._meta = np.zeros(HEADS + lanes, dtype=np.int64)
        self.address = int(self._meta.ctypes.data)
        """Where the machine finds the ring, while this object lives."""
        self._meta[BOUND], self._meta[RING_WIDTH] = bound, width
        self._meta[BITTEN_UNTIL] = np.iinfo(np.int64).min
        self._meta[ALIVE_CHUNKS] = places - 1
        self._point()

    def _point(self) -> None:
        meta = self._meta
        meta[RING_ROWS], meta[CHUNKS], meta[FREE] = (
            a.ctypes.data for a in (self._rows, self._chunks, self._free)
        )

    @property
    def alive(self) -> int:
        """Events in the longest window."""
        return int(self._meta[TAIL] - self._meta[-1])

    @property
    def evicted(self) -> int:
        """Events that left before their time."""
        return int(self._meta[EVICTED])

    @property
    def short(self) -> int:
        """Answers that may be too small for it."""
        return int(self._meta[SHORT])

    @property
    def bytes(self) -> int:
        """Memory touched."""
        return (
            int(self._meta[FRESH]) * CHUNK * int(self._meta[RING_WIDTH]) * 8
            + self._chunks.nbytes
            + self._free.nbytes
        )

    def _at(self, sequence: Ints) -> Ints:
        chunk = self._chunks[(sequence >> CHUNK_BITS) & (len(self._chunks) - 1)]
        return np.asarray((chunk << CHUNK_BITS) | (sequence & (CHUNK - 1)))

    def state(self) -> dict[str, npt.NDArray[Any]]:
        """The events alive, oldest first."""
        width = int(self._meta[RING_WIDTH])
        alive = np.arange(self._meta[-1], self._meta[TAIL])
        rows = self._rows[: len(self._rows) // width * width].reshape(-1, width)
        return {"rows": rows[self._at(alive)], "meta": self._meta.copy()}

    def restore(self, state: Mapping[str, npt.NDArray[Any]]) -> None:
        """The events at their sequence numbers again, in fresh chunks."""
        rows, meta = state["rows"], state["meta"]
        width = int(meta[RING_WIDTH])
        self._meta[:] = meta
        self._point()
        head, tail = int(meta[-1]), int(meta[TAIL])
        stretches = np.arange(head >> CHUNK_BITS, -(-tail >> CHUNK_BITS))
        self._chunks[stretches & (len(self._chunks) - 1)] = np.arange(len(stretches))
        self._meta[FRESH], self._meta[FREE_TOP] = len(stretches), 0
        whole = self._rows[: len(self._rows) // width * width].reshape(-1, width)
        whole[self._at(np.arange(head, tail))] = rows
