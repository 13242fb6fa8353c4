"""CSV files of canonical events that are regular from end to end, in blocks of columns."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa

from zhenbo.core.schema import EVENTS, TEXT_MAX
from zhenbo.intake.columnar import rows
from zhenbo.intake.columnar.columns import NEWLINE, NULL, at, behind_last_newline, column, kinds
from zhenbo.intake.columnar.words import PADDING

_BOM = b"\xef\xbb\xbf"


class IrregularError(ValueError):
    """A file that is left to the general CSV reader."""


def blocks(path: Path, size: int) -> Iterator[dict[str, Any]]:
    """Canonical columns of the rows of a file, block after block.

    Args:
        path: the file.
        size: bytes read at once.

    Raises:
        IrregularError: when the header has other names, or any row another width, a stray quote, a line feed inside a
            value, invalid UTF-8, a control character, a number or time that is not plainly one, or too long a text;
            at the block in which it stands.
    """
    with path.open("rb") as stream:
        names = _header(stream.readline(TEXT_MAX))
        types = [EVENTS.field(name).type for name in names]
        wanted = kinds(types)
        cells = np.empty((len(names), 0), dtype=np.int64)
        buffer, held = np.empty(size + PADDING, dtype=np.uint8), 0
        while True:
            fresh = stream.readinto(buffer[held : len(buffer) - PADDING].data)
            held += fresh
            if not held:
                return
            if not fresh:
                buffer[held] = NEWLINE  # the last line, as if it ended
                held += 1
            cut = behind_last_newline(buffer, held - fresh, held) if fresh else held
            if not cut:
                raise IrregularError("a row longer than a block")
            most = int(np.count_nonzero(buffer[:cut] == NEWLINE))
            if cells.shape[1] < most:
                cells = np.empty((len(names), most), dtype=np.int64)
            cells[:, :most] = NULL
            n = rows.csv_rows(at(buffer), cut, at(wanted), len(names), TEXT_MAX, at(cells), cells.strides[0])
            if n < 0:
                raise IrregularError("a row that is not plain")
            made = {
                name: column(buffer, to, cells[c, :n], doubled=True)
                for c, (name, to) in enumerate(zip(names, types, strict=True))
            }
            yield {f.name: made[f.name] if f.name in made else pa.nulls(n, f.type) for f in EVENTS}
            buffer[: held - cut] = buffer[cut:held].copy()
            held -= cut


def _header(line: bytes) -> list[str]:
    """The column names, when they are canonical ones, each once."""
    names = line.removeprefix(_BOM).rstrip(b"\r\n").decode("ascii", "replace").split(",")
    if not line.endswith(b"\n") or len(set(names)) < len(names) or not set(names) <= set(EVENTS.names):
        raise IrregularError("a header of other names")
    return names
