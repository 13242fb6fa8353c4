"""Columns of canonical types made of the cells that compiled readers fill."""

from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from zhenbo.core.schema import EVENTS
from zhenbo.intake import times
from zhenbo.intake.columnar import scan
from zhenbo.intake.columnar.words import PADDING

Ints = npt.NDArray[np.int64]
Letters = npt.NDArray[np.uint8]
NULL = np.iinfo(np.int64).min
KINDS = {pa.int64(): scan.INT64, pa.int32(): scan.INT32, EVENTS.field("ts").type: scan.TIME}
"""What compiled readers look for in a column of a type; texts in all others."""
NEWLINE = 10


def kinds(types: list[pa.DataType]) -> Ints:
    """What compiled readers look for in columns of these types."""
    return np.array([KINDS.get(t, scan.TEXT) for t in types], dtype=np.int64)


def column(letters: Letters, to: pa.DataType, cells: Ints, doubled: bool = False) -> Any:
    """A column of a block.

    Args:
        letters: the block.
        to: canonical type.
        cells: of the column, see `scan.json_lines`; they may be used again.
        doubled: whether quotes are escaped as in CSV.
    """
    if to not in KINDS:
        return (
            _words(letters, cells, doubled) if pa.types.is_dictionary(to) else _texts(letters, cells, doubled)
        )
    missing = cells == NULL
    if missing.all():
        return pa.nulls(len(cells), to)
    numbers = pa.array(np.where(missing, 0, cells), mask=missing)  # a copy: the cells are used again
    if pa.types.is_timestamp(to):
        quick = times.plainly(numbers)
        assert quick is not None  # the scanner took nothing else
        return quick[0].cast(to)
    return numbers.cast(to)


def at(array: npt.NDArray[Any]) -> int:
    """Address of an array's first byte."""
    return int(array.ctypes.data)


def _texts(letters: Letters, cells: Ints, doubled: bool) -> pa.Array:
    """A text column of the values whose places these cells hold."""
    sizes = cells >> 32
    told = sizes >= 0
    filled = int(told.sum())
    if not filled:
        return pa.nulls(len(cells), pa.string())
    data = np.empty(int(sizes.sum(where=told)) + PADDING, dtype=np.uint8)
    offsets = np.empty(len(cells) + 1, dtype=np.int32)
    scan.texts(at(letters), at(cells), len(cells), at(offsets), at(data), doubled)
    valid = None if filled == len(cells) else pa.py_buffer(np.packbits(told, bitorder="little"))
    buffers = [valid, pa.py_buffer(offsets), pa.py_buffer(data)]
    return pa.Array.from_buffers(pa.string(), len(cells), buffers, len(cells) - filled)


def _words(letters: Letters, cells: Ints, doubled: bool) -> pa.Array:
    """A column of few distinct texts, numbered by first appearance."""
    codes = np.empty(len(cells), dtype=np.int32)
    firsts = np.empty(scan.WORDS_MAX, dtype=np.int64)
    slots = np.full(scan.SLOTS, -1, dtype=np.int32)
    distinct = scan.codes(at(letters), at(cells), len(cells), at(codes), at(firsts), at(slots), doubled)
    words = _texts(letters, cells[firsts[:distinct]], doubled) if distinct >= 0 else None
    if words is None or len(words.unique()) < len(
        words
    ):  # too many, or one spelt twice, with and without escapes
        return _texts(letters, cells, doubled).dictionary_encode()
    return pa.DictionaryArray.from_arrays(pa.array(codes, mask=codes < 0), words)


def behind_last_newline(letters: Letters, low: int, high: int) -> int:
    """Place behind the last line feed in a range; 0 where there is none."""
    while high > low:
        least = max(low, high - 65_536)
        found = np.flatnonzero(letters[least:high] == NEWLINE)
        if found.size:
            return least + int(found[-1]) + 1
        high = least
    return 0
