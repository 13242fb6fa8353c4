"""JSON lines of canonical events in blocks: columns of the lines that are well formed, the other lines as they stand."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from zhenbo.core.schema import EVENTS, TEXT_MAX
from zhenbo.intake import shapes, times
from zhenbo.intake.columnar import scan
from zhenbo.intake.columnar.words import PADDING

Ints = npt.NDArray[np.int64]
_NULL = np.iinfo(np.int64).min
_NEWLINE = 10
_KINDS = {pa.int64(): scan.INT64, pa.int32(): scan.INT32, EVENTS.field("ts").type: scan.TIME}


class Block(NamedTuple):
    """Some lines of a file.

    Args:
        columns: canonical columns of the rows taken.
        lines: their lines.
        odd: the other lines: number and bytes.
        firsts: of each column the first value of each shape (`shapes`) with its line; a text stands for any text.
        after: where the next block begins, and the number of lines before it.
    """

    columns: dict[str, Any]
    lines: Ints
    odd: list[tuple[int, bytes]]
    firsts: list[tuple[str, int, Any]]
    after: tuple[int, int]


def blocks(path: Path, at: tuple[int, int], size: int) -> Iterator[Block]:
    """The lines of a file from a place on.

    Args:
        path: the file.
        at: byte at which a line begins, and the number of lines before it.
        size: bytes read at once, at least; a longer line is read whole.
    """
    start, before = at
    scanner = _Scanner()
    buffer, held = np.empty(size + PADDING, dtype=np.uint8), 0
    with path.open("rb") as stream:
        stream.seek(start)
        while True:
            fresh = stream.readinto(buffer[held : len(buffer) - PADDING].data)
            held += fresh
            if not fresh and held:
                buffer[held] = _NEWLINE  # the last line, as if it ended
                held += 1
            cut = _behind_last_newline(buffer, held - fresh, held) if fresh else held
            if not cut and not held:
                return
            if not cut:
                buffer = np.concatenate([buffer, np.empty_like(buffer)])
                continue
            start += cut
            block = scanner.read(buffer, cut, before, start)
            before = block.after[1]
            yield block
            buffer[: held - cut] = buffer[cut:held].copy()
            held -= cut


def _behind_last_newline(letters: npt.NDArray[np.uint8], low: int, high: int) -> int:
    """Place behind the last line feed in a range; 0 where there is none."""
    while high > low:
        least = max(low, high - 65_536)
        found = np.flatnonzero(letters[least:high] == _NEWLINE)
        if found.size:
            return least + int(found[-1]) + 1
        high = least
    return 0


class _Scanner:
    """The compiled reader with its tables and its cells, used block after block."""

    def __init__(self) -> None:
        self.names = EVENTS.names
        self.kinds = np.array([_KINDS.get(f.type, scan.TEXT) for f in EVENTS], dtype=np.int64)
        self.table = np.zeros((len(self.names), scan.NAME), dtype=np.uint8)
        for row, name in zip(self.table, self.names, strict=True):
            quoted = np.frombuffer(f'{name}"'.encode(), dtype=np.uint8)
            row[: quoted.size] = quoted
            row[scan.NAME_BYTES : scan.NAME_BYTES + quoted.size] = 255
            row[2 * scan.NAME_BYTES :].view(np.int64)[0] = quoted.size
        self.follows = np.zeros(len(self.names) + 1, dtype=np.int64)
        self.cells = np.empty((len(self.names), 0), dtype=np.int64)

    def read(self, letters: npt.NDArray[np.uint8], size: int, before: int, after: int) -> Block:
        """The columns of a block of whole lines: so many first bytes of a buffer."""
        most = int(np.count_nonzero(letters[:size] == _NEWLINE))
        if self.cells.shape[1] < most:
            self.cells = np.empty((len(self.names), most), dtype=np.int64)
        self.cells[:, :most] = _NULL
        lines, odd = np.empty(most, dtype=np.int64), np.empty((most, 3), dtype=np.int64)
        rows, odds, seen = scan.json_lines(
            _at(letters), size, _at(self.table), _at(self.kinds), len(self.names), _at(self.follows), TEXT_MAX,
            _at(self.cells), self.cells.strides[0], _at(lines), _at(odd),
        )  # fmt: skip
        columns = {
            entry.name: self._column(letters, entry.type, self.cells[c, :rows])
            for c, entry in enumerate(EVENTS)
        }
        strange = [(before + int(n), letters[a:b].tobytes()) for n, a, b in odd[:odds].tolist()]
        lines = lines[:rows] + before
        firsts = [
            (name, int(lines[row]), value)
            for name, kind, cells in zip(self.names, self.kinds, self.cells, strict=True)
            for row, value in _firsts(kind, cells[:rows])
        ]
        return Block(columns, lines, strange, firsts, (after, before + seen))

    def _column(self, letters: npt.NDArray[np.uint8], to: pa.DataType, cells: Ints) -> Any:
        if to not in _KINDS:
            return _words(letters, cells) if pa.types.is_dictionary(to) else _texts(letters, cells)
        missing = cells == _NULL
        if missing.all():
            return pa.nulls(len(cells), to)
        numbers = pa.array(cells.copy(), mask=missing)  # the cells are used again
        if pa.types.is_timestamp(to):
            quick = times.plainly(numbers)
            assert quick is not None  # the scanner took nothing else
            return quick[0].cast(to)
        return numbers.cast(to)


def _firsts(kind: int, cells: Ints) -> list[tuple[int, Any]]:
    """Row and value of the first text, or of the first number and the first that has no exact double."""
    told = cells != _NULL
    first = int(told.argmax()) if cells.size else 0
    if not cells.size or not told[first]:
        return []
    if kind == scan.TEXT:
        return [(first, "")]
    large = told & ((cells > shapes.EXACT) | (cells < -shapes.EXACT))
    far = int(large.argmax())
    return [(i, int(cells[i])) for i in ([first, far] if large[far] else [first])]


def _at(array: npt.NDArray[Any]) -> int:
    return int(array.ctypes.data)


def _texts(letters: npt.NDArray[np.uint8], cells: Ints) -> pa.Array:
    """A text column of the values whose places these cells hold."""
    sizes = cells >> 32
    told = sizes >= 0
    filled = int(told.sum())
    if not filled:
        return pa.nulls(len(cells), pa.string())
    data = np.empty(int(sizes.sum(where=told)) + PADDING, dtype=np.uint8)
    offsets = np.empty(len(cells) + 1, dtype=np.int32)
    scan.texts(_at(letters), _at(cells), len(cells), _at(offsets), _at(data))
    valid = None if filled == len(cells) else pa.py_buffer(np.packbits(told, bitorder="little"))
    buffers = [valid, pa.py_buffer(offsets), pa.py_buffer(data)]
    return pa.Array.from_buffers(pa.string(), len(cells), buffers, len(cells) - filled)


def _words(letters: npt.NDArray[np.uint8], cells: Ints) -> pa.Array:
    """A column of few distinct texts, numbered by first appearance."""
    codes = np.empty(len(cells), dtype=np.int32)
    firsts = np.empty(scan.WORDS_MAX, dtype=np.int64)
    slots = np.full(scan.SLOTS, -1, dtype=np.int32)
    distinct = scan.codes(_at(letters), _at(cells), len(cells), _at(codes), _at(firsts), _at(slots))
    words = _texts(letters, cells[firsts[:distinct]]) if distinct >= 0 else None
    if words is None or len(words.unique()) < len(
        words
    ):  # too many, or one spelt twice, with and without escapes
        return _texts(letters, cells).dictionary_encode()
    return pa.DictionaryArray.from_arrays(pa.array(codes, mask=codes < 0), words)
