"""JSON lines of canonical events in blocks: columns of the lines that are well formed, the other lines as they stand."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import pyarrow as pa

from zhenbo.core.schema import EVENTS, TEXT_MAX
from zhenbo.intake import shapes
from zhenbo.intake.columnar import scan
from zhenbo.intake.columnar.columns import (
    NEWLINE,
    NULL,
    Ints,
    Letters,
    at,
    behind_last_newline,
    column,
    kinds,
)
from zhenbo.intake.columnar.words import PADDING


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
                buffer[held] = NEWLINE  # the last line, as if it ended
                held += 1
            cut = behind_last_newline(buffer, held - fresh, held) if fresh else held
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


class _Scanner:
    """The compiled reader with its tables and its cells, used block after block."""

    def __init__(self) -> None:
        self.names = EVENTS.names
        self.kinds = kinds([f.type for f in EVENTS])
        self.table = np.zeros((len(self.names), scan.NAME), dtype=np.uint8)
        for row, name in zip(self.table, self.names, strict=True):
            quoted = np.frombuffer(f'{name}"'.encode(), dtype=np.uint8)
            row[: quoted.size] = quoted
            row[scan.NAME_BYTES : scan.NAME_BYTES + quoted.size] = 255
            row[2 * scan.NAME_BYTES :].view(np.int64)[0] = quoted.size
        self.follows = np.zeros(len(self.names) + 1, dtype=np.int64)
        self.cells = np.empty((len(self.names), 0), dtype=np.int64)

    def read(self, letters: Letters, size: int, before: int, after: int) -> Block:
        """The columns of a block of whole lines: so many first bytes of a buffer."""
        most = int(np.count_nonzero(letters[:size] == NEWLINE))
        if self.cells.shape[1] < most:
            self.cells = np.empty((len(self.names), most), dtype=np.int64)
        used = np.zeros(len(self.names), dtype=np.int64)
        lines, odd = np.empty(most, dtype=np.int64), np.empty((most, 3), dtype=np.int64)
        rows, odds, seen = scan.json_lines(
            at(letters), size, at(self.table), at(self.kinds), len(self.names), at(self.follows), at(used), TEXT_MAX,
            at(self.cells), self.cells.strides[0], at(lines), at(odd),
        )  # fmt: skip
        columns = {
            entry.name: column(letters, entry.type, self.cells[c, :rows])
            if used[c]
            else pa.nulls(rows, entry.type)
            for c, entry in enumerate(EVENTS)
        }
        strange = [(before + int(n), letters[a:b].tobytes()) for n, a, b in odd[:odds].tolist()]
        lines = lines[:rows] + before
        firsts = [
            (name, int(lines[row]), value)
            for c, (name, kind) in enumerate(zip(self.names, self.kinds, strict=True))
            if used[c]
            for row, value in _firsts(kind, self.cells[c, :rows])
        ]
        return Block(columns, lines, strange, firsts, (after, before + seen))


def _firsts(kind: int, cells: Ints) -> list[tuple[int, Any]]:
    """Row and value of the first text, or of the first number and the first that has no exact double."""
    told = cells != NULL
    first = int(told.argmax()) if cells.size else 0
    if not cells.size or not told[first]:
        return []
    if kind == scan.TEXT:
        return [(first, "")]
    large = told & ((cells > shapes.EXACT) | (cells < -shapes.EXACT))
    far = int(large.argmax())
    return [(i, int(cells[i])) for i in ([first, far] if large[far] else [first])]
