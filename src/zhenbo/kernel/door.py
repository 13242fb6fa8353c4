"""The door: Arrow columns become 64-bit integers, once. Behind it no string exists.

A string is hashed (two different ones are taken for one in fewer than one of a thousand runs over 10^8 distinct
values); an integer, a time or a truth value is scattered one to one, so integer keys are never confused.
"""

from functools import lru_cache
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc
from numba import njit, types

from zhenbo.core.rows import is_text
from zhenbo.kernel.compiled import compiled
from zhenbo.kernel.store import mixed, paired

Ints = npt.NDArray[np.int64]
_READ = types.Array(types.int64, 1, "C", readonly=True)
_SMALL = types.Array(types.int32, 1, "C", readonly=True)
_BYTES = types.Array(types.uint8, 1, "C", readonly=True)
ONE = 1
"""The key of everything, where a feature names no column."""


@compiled(types.int64[::1](_READ))
def _mix(values):
    out = np.empty(values.size, dtype=np.int64)
    for i in range(values.size):
        out[i] = mixed(values[i])
    return out


@compiled(types.int64[::1](_READ, _READ))
def pairs(x, y):
    """One key for two, row by row; 0 where either is."""
    out = np.empty(x.size, dtype=np.int64)
    for i in range(x.size):
        out[i] = paired(x[i], y[i]) if x[i] != 0 and y[i] != 0 else 0
    return out


@njit
def share_of(key, shares):
    """Which of so many shares of equal size a key is in, by its low half; tables place keys by their high bits."""
    return ((key & 0xFFFFFFFF) * shares) >> 32


@compiled("void(int64[::1], int64, int64)")
def keep_share(keys, mine, shares):
    """Keys of other shares become 0."""
    for i in range(keys.size):
        keys[i] *= share_of(keys[i], shares) == mine


@njit
def _hash_bytes(data, start, end):
    h = mixed(end - start)
    while start < end:
        word = np.uint64(0)
        for j in range(min(np.int64(8), end - start)):
            word |= np.uint64(data[start + j]) << np.uint64(8 * j)
        h = mixed(np.int64((np.uint64(h) ^ word) * np.uint64(0xD6E8FEB86659FD93)))
        start += 8
    return h


@compiled(types.int64[::1](_SMALL, _BYTES))
def _hash(offsets, data):
    out = np.empty(offsets.size - 1, dtype=np.int64)
    for i in range(out.size):
        out[i] = _hash_bytes(data, np.int64(offsets[i]), np.int64(offsets[i + 1]))
    return out


@compiled(types.int64(_BYTES))
def _hash_one(data):
    return _hash_bytes(data, np.int64(0), np.int64(data.size))


@compiled("int64(int64)")
def _mix_one(value):
    return mixed(value)


def wrapped(value: int) -> int:
    """An integer beyond 64 bits as Arrow's cast of an unsigned one has it."""
    return (value + (1 << 63)) % (1 << 64) - (1 << 63)


@lru_cache(maxsize=1 << 16)
def _hash_word(value: str) -> int:
    return int(_hash_one(np.frombuffer(value.encode(), dtype=np.uint8)))


def hash_one(value: Any) -> int:
    """A single value as `hashed` has it: text, bytes, integer, truth value, float or None."""
    if value is None:
        return 0
    if isinstance(value, str):
        return _hash_word(value)
    if isinstance(value, bytes):
        return int(_hash_one(np.frombuffer(value, dtype=np.uint8)))
    return int(
        _mix_one(np.float64(value).view(np.int64) if isinstance(value, float) else wrapped(int(value)))
    )


class Hashed:
    """Columns of a table as 64-bit keys, each hashed when it is first asked for."""

    def __init__(self, events: pa.Table) -> None:
        self.events = events
        self._known: dict[str, Ints] = {}

    def column(self, name: str) -> Ints:
        """One column; 0 where it is null."""
        if name not in self._known:
            self._known[name] = hashed(self.events[name])
        return self._known[name]

    def key(self, by: tuple[str, ...]) -> Ints:
        """Columns together; 0 where any of them is null."""
        if not by:
            return np.full(self.events.num_rows, ONE, dtype=np.int64)
        made = self.column(by[0])
        for name in by[1:]:
            made = np.asarray(pairs(made, self.column(name)))
        return made


def hashed(column: pa.ChunkedArray) -> Ints:
    """A column of any plain type as 64-bit keys; 0 where it is null."""
    array = _one_piece(column)
    if pa.types.is_dictionary(array.type):
        known = np.append(hashed(array.dictionary), 0)
        return np.asarray(
            known[pc.fill_null(array.indices.cast(pa.int64()), -1).to_numpy(zero_copy_only=False)]
        )
    if pa.types.is_null(array.type):
        return np.zeros(len(array), dtype=np.int64)
    made = _hash_text(array) if is_text(array.type) else _mix(whole(array))
    if array.null_count:
        made[np.asarray(array.is_null().to_numpy(zero_copy_only=False))] = 0
    return np.asarray(made)


def _one_piece(column: pa.ChunkedArray | pa.Array) -> pa.Array:
    """The column in one array, copied only if it stands in several."""
    if not isinstance(column, pa.ChunkedArray):
        return column
    if column.num_chunks == 1:
        return column.chunk(0)
    made = column.combine_chunks()
    return made.combine_chunks() if isinstance(made, pa.ChunkedArray) else made


def _hash_text(array: pa.Array) -> Ints:
    if pa.types.is_large_string(array.type) or pa.types.is_large_binary(array.type):
        array = array.cast(pa.binary())
    _, places, data = array.buffers()
    if not len(array):
        return np.empty(0, dtype=np.int64)
    offsets = np.frombuffer(places, dtype=np.int32)[array.offset : array.offset + len(array) + 1]
    return np.asarray(_hash(offsets, np.frombuffer(data if data is not None else b"", dtype=np.uint8)))


def whole(column: pa.ChunkedArray | pa.Array) -> Ints:
    """A numeric column as int64 (times as microseconds, floats by their bits); null becomes 0.

    Raises:
        ValueError: when the column is of no such type.
    """
    array = _one_piece(column)
    kind = array.type
    if pa.types.is_timestamp(kind):
        array = array.cast(pa.timestamp("us", kind.tz)).cast(pa.int64())
    elif pa.types.is_floating(kind):
        filled = pc.fill_null(array.cast(pa.float64()), 0.0)
        return np.asarray(filled.to_numpy(zero_copy_only=False)).view(np.int64)
    elif pa.types.is_integer(kind) or pa.types.is_boolean(kind):
        array = array.cast(pa.int64(), safe=not pa.types.is_uint64(kind))
    elif pa.types.is_null(kind):
        array = array.cast(pa.int64())
    else:
        raise ValueError(
            f"A column of {kind} has no numbers to key or measure; give integers, times or text."
        )
    if array.null_count:
        array = pc.fill_null(array, 0)
    return np.ascontiguousarray(array.to_numpy(zero_copy_only=False))


def present(column: pa.ChunkedArray) -> npt.NDArray[np.uint8]:
    """1 where a column has a value."""
    if not column.null_count:
        return np.ones(len(column), dtype=np.uint8)
    return np.asarray(pc.is_valid(column).to_numpy(), dtype=np.uint8)


def among(column: pa.ChunkedArray, wanted: tuple[str, ...]) -> npt.NDArray[np.bool_]:
    """Which rows hold one of the wanted words."""
    return np.asarray(pc.fill_null(pc.is_in(column.cast(pa.string()), pa.array(wanted)), False).to_numpy())
