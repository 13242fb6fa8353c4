"""Tables and rings as the compiled machine sees them: flat arrays of integers, grown here and nowhere else.

A table grows at a load of 0.6 into one twice as large, and its rows move a few per event: no event pays for all.
A ring holds its events in chunks of 4,096 out of an array reserved to its bound; the system gives memory only to
chunks that were used, and a chunk is used again as soon as its events have left.
"""

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
LOAD = 0.6
_FIRST_BITS = 10
_NO_ROWS = np.zeros(1, dtype=np.int64)


def _aligned(words: int) -> Ints:
    """Zeros that begin where a cache line does."""
    made = np.zeros(words + 8, dtype=np.int64)
    skip = (-made.ctypes.data // 8) % 8
    return made[skip : skip + words]


class Table:
    """Rows of integers by 64-bit key: open addressing, linear probing, deletion without tombstones."""

    def __init__(self, width: int) -> None:
        self._meta = np.zeros(TABLE_WORDS, dtype=np.int64)
        self.address = int(self._meta.ctypes.data)
        """Where the machine finds the table, while this object lives."""
        self._meta[LOG] = max(width - 1, 0).bit_length() + 3
        self._size(_FIRST_BITS)
        self._old = _NO_ROWS

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
        if meta[OLD_COUNT] == 0:
            self._old = _NO_ROWS
        if self.count + more <= LOAD * (int(meta[MASK]) + 1):
            return
        if meta[OLD_COUNT]:
            sweep_all(self.address)
        bits = 64 - int(meta[SHIFT])
        while self.count + more > LOAD * (1 << bits):
            bits += 1
        self._old = self._rows
        meta[OLD_ROWS] = self._old.ctypes.data
        meta[OLD_COUNT], meta[OLD_MASK], meta[OLD_SHIFT], meta[SWEPT] = (
            meta[COUNT],
            meta[MASK],
            meta[SHIFT],
            0,
        )
        self._size(bits)

    def _size(self, bits: int) -> None:
        self._meta[MASK], self._meta[SHIFT] = (1 << bits) - 1, 64 - bits
        self._rows = _aligned(1 << (bits + int(self._meta[LOG]) - 3))
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
        self._old = _NO_ROWS
        self._size(64 - int(self._meta[SHIFT]))
        insert_all(self.address, np.ascontiguousarray(state["rows"]).ravel())


class Ring:
    """The events alive in the longest window of a group."""

    def __init__(self, width: int, lanes: int, alive: int) -> None:
        bound = max(-(-alive // CHUNK), 1) + 1  # the oldest chunk is half gone while the newest is half there
        places = 1 << int(bound).bit_length()
        self._rows = np.empty(bound * CHUNK * width + 4, dtype=np.int64)
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
