"""Columns of times read at once: numbers of one of four magnitudes, and ISO 8601 as databases and exports write it.

What is read here is read as `convert.time_of` reads it; everything else is left to that.
"""

from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from zhenbo.core.schema import TS_MAX_US, TS_MIN_US

_UNITS = ((1_000_000, 1, 1), (1_000, 1, 1_000), (1, 1, 1_000_000), (1, 1_000, 1_000_000_000))
"""Factor and divisor to microseconds, and units of a second: s, ms, µs, ns."""
_WRITTEN = r"^[0-9]{4}-[0-9]{2}-[0-9]{2}[ T][0-9]{2}:[0-9]{2}:[0-9]{2}(\.[0-9]{1,6})?"
_FORMS = (
    (_WRITTEN + r"(Z|[+-](0[0-9]|1[0-4]):?[0-5][0-9])$", pa.timestamp("us", "UTC")),
    (_WRITTEN + "$", pa.timestamp("us")),  # no zone: UTC
)


def plainly(values: Any) -> tuple[pa.Array, npt.NDArray[np.int64]] | None:
    """Microseconds (int64, null for no time) and the places of values to be read one by one; None when all are."""
    if pa.types.is_int64(values.type):
        return _numbers(values)
    if not pa.types.is_string(values.type) or not len(values):
        return None
    try:
        if _digits_only(values):
            return _numbers(values.cast(pa.int64()))
        for form, kind in _FORMS:
            if pc.all(pc.match_substring_regex(values, form)).as_py():
                return _within(values.cast(kind).cast(pa.int64()))
    except pa.ArrowException:  # a 30th of February: found value by value
        return None
    return None


def _digits_only(values: Any) -> bool:
    """Whether every letter of a text column is an ASCII digit and no value is empty."""
    for chunk in values.chunks if isinstance(values, pa.ChunkedArray) else [values]:
        offsets = np.frombuffer(chunk.buffers()[1], dtype=np.int32)[
            chunk.offset : chunk.offset + len(chunk) + 1
        ]
        data = chunk.buffers()[2]
        if data is None:
            continue
        letters = np.frombuffer(data, dtype=np.uint8)[offsets[0] : offsets[-1]]
        if ((letters - np.uint8(48)) > 9).any():
            return False
    return bool(pc.min(pc.binary_length(values)).as_py() != 0)


def _numbers(values: Any) -> tuple[pa.Array, npt.NDArray[np.int64]]:
    """Times as numbers: the magnitude tells the unit; 0 is no time."""
    flat = _flat(values)
    told = np.asarray(pc.is_valid(flat).to_numpy(zero_copy_only=False))
    number = np.asarray(pc.fill_null(flat, 0).to_numpy(zero_copy_only=False))
    micros, known = np.zeros(len(number), dtype=np.int64), number == 0
    for factor, divisor, second in _UNITS:
        low, high = TS_MIN_US // 1_000_000 * second, TS_MAX_US // 1_000_000 * second
        here = (number >= low) & (number <= high)
        if here.all():
            return pa.array(number * factor // divisor), np.flatnonzero(~here)
        micros[here] = number[here] * factor // divisor
        known |= here
    return pa.array(micros, mask=~told | (number == 0)), np.flatnonzero(~known)


def _within(micros: Any) -> tuple[pa.Array, npt.NDArray[np.int64]]:
    flat = _flat(micros)
    off = pc.or_(pc.less(flat, TS_MIN_US), pc.greater(flat, TS_MAX_US))
    return flat, np.flatnonzero(np.asarray(pc.fill_null(off, False).to_numpy(zero_copy_only=False)))


def _flat(values: Any) -> pa.Array:
    made = values.combine_chunks() if isinstance(values, pa.ChunkedArray) else values
    return pa.concat_arrays(made.chunks) if isinstance(made, pa.ChunkedArray) else made
