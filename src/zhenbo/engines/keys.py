"""The hash of a key: which bucket its rows go to, the same in every process and whatever the encoding of strings."""

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from zhenbo.core.rows import is_text
from zhenbo.core.scatter import scattered

Hashes = npt.NDArray[np.uint64]

_PRIME = np.uint64(0x9E3779B97F4A7C15)
_NULL = np.uint64(0xD6E8FEB86659FD93)


def key_hash(table: pa.Table, key: Sequence[str]) -> Hashes:
    """64-bit hash of the key columns of every row, the same in every process, version of Arrow and encoding of strings.

    Null has a hash of its own, so nulls meet. Equal keys have equal hashes; different ones may too, which puts them
    into one bucket and changes nothing else.
    """
    made = np.full(table.num_rows, _PRIME, dtype=np.uint64)
    for name in key:
        made = scattered(made * _PRIME + _column_hash(table[name]))
    return made


def _column_hash(column: pa.ChunkedArray | pa.Array) -> Hashes:
    if isinstance(column, pa.ChunkedArray):
        parts = [_column_hash(chunk) for chunk in column.chunks]
        return np.concatenate(parts) if parts else np.empty(0, dtype=np.uint64)
    if pa.types.is_dictionary(column.type):
        at = np.asarray(pc.fill_null(column.indices.cast(pa.int64()), -1).to_numpy(zero_copy_only=False))
        return np.asarray(np.append(_column_hash(column.dictionary), _NULL)[at])
    made = scattered(_bytes_hash(column) if is_text(column.type) else _number_bits(column))
    if column.null_count:
        made[column.is_null().to_numpy(zero_copy_only=False)] = _NULL
    return made


def _number_bits(column: pa.Array) -> Hashes:
    """Values as 64 bits; equal values have equal bits (−0.0 is 0.0, every NaN is one)."""
    kind = column.type
    if pa.types.is_null(kind):
        return np.zeros(len(column), dtype=np.uint64)
    if pa.types.is_floating(kind):
        values = pc.fill_null(column.cast(pa.float64()), 0.0).to_numpy(zero_copy_only=False) + 0.0
        return np.where(np.isnan(values), np.nan, values).view(np.uint64)
    if pa.types.is_unsigned_integer(kind):
        return np.asarray(pc.fill_null(column.cast(pa.uint64()), 0).to_numpy(zero_copy_only=False)).copy()
    if pa.types.is_temporal(kind):
        column = column.view(pa.int32() if kind.bit_width == 32 else pa.int64())
    values = pc.fill_null(column.cast(pa.int64()), 0).to_numpy(zero_copy_only=False)
    return np.asarray(values, dtype=np.int64).view(np.uint64)


def _bytes_hash(column: pa.Array) -> Hashes:
    """Sum of byte x prime**position over each value, modulo 2**64, as differences of one running sum over all bytes."""
    wide = column.cast(pa.large_binary())
    offsets = np.frombuffer(wide.buffers()[1], dtype=np.int64)[wide.offset : wide.offset + len(wide) + 1]
    if not len(wide):
        return np.empty(0, dtype=np.uint64)
    first, last = int(offsets[0]), int(offsets[-1])
    data = wide.buffers()[2]
    body = np.frombuffer(data, dtype=np.uint8)[first:last] if data else np.empty(0, dtype=np.uint8)
    ends = offsets - first
    place = np.arange(len(body)) - np.repeat(ends[:-1], np.diff(ends))
    powers = np.full(int(place.max(initial=0)) + 1, _PRIME, dtype=np.uint64).cumprod(dtype=np.uint64)
    running = np.zeros(len(body) + 1, dtype=np.uint64)
    np.cumsum((body.astype(np.uint64) + np.uint64(1)) * powers[place], out=running[1:])
    return np.asarray(running[ends[1:]] - running[ends[:-1]])
