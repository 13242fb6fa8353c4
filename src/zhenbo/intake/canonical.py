"""Canonical data folders: Parquet, JSON lines or CSV with canonical columns, checked and typed column by column.

Pseudonyms pass through unchanged. Large files are read in blocks: well-formed JSON lines by a compiled reader, the
other lines of the same block by the tolerant one, so that a block costs memory and a broken line costs itself. How a
value is read may depend on its whole column (numbers beside texts, say); a file in which that could matter is looked
through to its end before the first such row is given out, so that its rows are the same however it is read.
"""

import io
from collections import deque
from collections.abc import Iterable, Iterator
from contextlib import suppress
from itertools import chain
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
import pyarrow as pa
import pyarrow.csv as pa_csv
import pyarrow.parquet as pq

from zhenbo.core.errors import Reject
from zhenbo.core.schema import EVENTS
from zhenbo.intake import jsonl, shapes, typed
from zhenbo.intake.rows import Rows
from zhenbo.intake.typed import TABLES, Facts, Typed

if TYPE_CHECKING:
    from zhenbo.intake.columnar.jsonlines import Block

BLOCK = 16 << 20
"""Bytes of JSON lines read at once."""
SMALL = 8 << 20
"""Bytes up to which a file of lines is read row by row: sooner done than the compiled reader is loaded."""
_UNREADABLE = (pa.ArrowException, OSError, ValueError)
_NUMBERS = {f.name: f.type for f in EVENTS if pa.types.is_integer(f.type)}


def read(path: Path, what: str, detail: str) -> Typed:
    """Read one file of a canonical folder.

    Args:
        path: the file.
        what: `events`, `accounts`, `metrics` or `products`.
        detail: `parquet`, `jsonl` or `delimited`.
    """
    if detail == "delimited" and _by_compiled(path, what):
        from zhenbo.intake.columnar.csvrows import IrregularError

        with suppress(IrregularError):
            return _joined(_csv_events(path))
    return _joined(blocks(path, what, detail)) if detail == "jsonl" else tolerant(path, what, detail)


def blocks(path: Path, what: str, detail: str) -> Iterator[Typed]:
    """The same, block by block in file order: what is held at once does not grow with the file.

    Args:
        path: the file.
        what: `events`, `accounts`, `metrics` or `products`.
        detail: `parquet` (by row group), `jsonl` or `delimited`. A CSV file that is not regular (a stray quote, a
            ragged row, other columns) is one block, as is a JSON document over several lines.

    Returns:
        At least one block. Their tables one behind the other are the table of `read`, likewise their rejects.
    """
    if detail == "parquet":
        return _row_groups(path, what)
    if _by_compiled(path, what):
        if detail == "jsonl" and (start := jsonl.by_line(path)) is not None:
            return _json_blocks(path, start)
        if detail == "delimited" and _regular(path):
            return _csv_events(path)
    return iter([tolerant(path, what, detail)])


def _by_compiled(path: Path, what: str) -> bool:
    """Whether a file of lines is worth the compiled readers."""
    return what == "events" and path.stat().st_size > SMALL


def _row_groups(path: Path, what: str) -> Iterator[Typed]:
    """A Parquet file by its row groups; one that cannot be read to its end is none, as when it is read whole."""
    try:
        file = pq.ParquetFile(path)
        count = file.num_row_groups
        facts = typed.looked_through(map(file.read_row_group, range(count if count > 1 else 0)), what)
    except _UNREADABLE:
        count = 0
    if count < 2:
        yield tolerant(path, what, "parquet")
        return
    ordinals: dict[bytes, int] = {}
    row = 1
    for group in range(count):
        raw = file.read_row_group(group)
        lines = range(row, row + raw.num_rows)
        row += raw.num_rows
        yield typed.settled(typed.part(raw, what, lines, facts), what, path.name, ordinals)


def _regular(path: Path) -> bool:
    """Whether the compiled reader takes a CSV file to its end."""
    from zhenbo.intake.columnar import csvrows

    try:
        deque(csvrows.blocks(path, BLOCK), maxlen=0)
    except csvrows.IrregularError:
        return False
    return True


def _csv_events(path: Path) -> Iterator[Typed]:
    """Canonical events of a CSV file that is regular throughout.

    Raises:
        IrregularError: see `csvrows.blocks`.
    """
    from zhenbo.intake.columnar import csvrows

    ordinals: dict[bytes, int] = {}
    row = 2  # the header is the first
    for columns in csvrows.blocks(path, BLOCK):
        lines = np.arange(row, row + len(columns["kind"]))
        row += lines.size
        yield typed.settled(typed.checked(columns, lines), "events", path.name, ordinals)


def _joined(parts: Iterable[Typed]) -> Typed:
    """Blocks of one file as one."""
    first, *others = parts
    if not others:
        return first
    whole = [first, *others]
    table = pa.concat_tables([p.table for p in whole]).unify_dictionaries()
    notes = list(dict.fromkeys(note for p in whole for note in p.notes))
    rejects = [*(r for p in whole for r in p.rejects)]
    return Typed(table, rejects, sum(p.read for p in whole), notes)


def tolerant(path: Path, what: str, detail: str) -> Typed:
    """Read one file at once and, where it is JSON, row by row: slower, and what every faster way must equal."""
    rejects: list[Reject] = []
    lines: Any = None
    if detail == "parquet":
        try:
            raw = pq.ParquetFile(path).read()
        except _UNREADABLE as error:
            why = str(error).split("\n", maxsplit=1)[0][:160]
            return Typed(TABLES[what].empty_table(), [Reject(path.name, 0, "truncated_parquet", why)])
    elif detail == "jsonl":
        raw, lines, rejects = _json_table(path)
    else:
        raw, rejects = _csv_table(path)
        lines = range(2, raw.num_rows + 2)
    made = typed.typed_table(raw, what, path.name, lines)
    made.read += len(rejects)
    made.rejects = rejects + made.rejects
    return made


def _json_table(path: Path) -> tuple[pa.Table, list[int], list[Reject]]:
    rows = jsonl.read(path)
    lines: list[int] = []
    documents: list[dict[str, Any]] = []
    for line, row in rows.rows:
        lines.append(line)
        documents.append(row)
    names = _names(documents)
    columns = [shapes.column([row.get(name) for row in documents]) for name in names]
    table = pa.Table.from_arrays(columns, names=names) if names else pa.table({})
    return table, lines, rows.rejects


def _names(rows: Iterable[dict[str, Any]]) -> list[str]:
    return sorted({name for row in rows for name in row})


class _Known(NamedTuple):
    """What a file of JSON lines makes of its columns."""

    types: dict[str, pa.DataType | None]
    facts: Facts


def _json_blocks(path: Path, start: int) -> Iterator[Typed]:
    """Canonical events of a file of JSON lines."""
    from zhenbo.intake.columnar import jsonlines

    known: _Known | None = None
    found = shapes.Shapes(_NUMBERS)
    ordinals: dict[bytes, int] = {}
    at, empty = (start, 0), True
    for block in jsonlines.blocks(path, at, BLOCK):
        if block.odd and known is None:
            ahead = jsonlines.blocks(path, block.after, BLOCK)
            known = _looked_through(chain([block], ahead), found, path.name)
        elif known is None:
            _see(block, found)
        yield _json_block(block, known, path.name, ordinals)
        empty = False
    if empty:
        yield tolerant(path, "events", "jsonl")


def _looked_through(ahead: "Iterable[Block]", found: shapes.Shapes, file: str) -> _Known:
    for block in ahead:
        _see(block, found)
        rows, _ = _odd_rows(block, file)
        found.read(_names(row for _line, row in rows), rows)
    types = found.types()
    return _Known(types, found.facts(types))


def _see(block: "Block", found: shapes.Shapes) -> None:
    """The kinds of the columns that were read compiled."""
    for name, line, value in block.firsts:
        found.see(name, line, value)


def _odd_rows(block: "Block", file: str) -> tuple[list[tuple[int, dict[str, Any]]], Rows]:
    """What the tolerant reader makes of the lines left to it."""
    out = Rows(file, iter(()))
    rows = [(number, row) for number, line in block.odd if (row := jsonl.one(line, number, out)) is not None]
    return rows, out


def _json_block(block: "Block", known: _Known | None, file: str, ordinals: dict[bytes, int]) -> Typed:
    """Both kinds of lines of a block, in file order."""
    part = typed.checked(block.columns, block.lines)
    broken: list[Reject] = []
    if block.odd:
        assert known is not None  # a file with such a line was looked through
        rows, out = _odd_rows(block, file)
        broken = out.rejects
        raw = shapes.table([row for _line, row in rows], _names(row for _line, row in rows), known.types)
        other = typed.part(raw, "events", [line for line, _row in rows], known.facts)
        part = typed.interleaved(part, other)
    made = typed.settled(part, "events", file, ordinals)
    made.read += len(broken)
    made.rejects = broken + made.rejects
    return made


def _csv_table(path: Path) -> tuple[pa.Table, list[Reject]]:
    rejects: list[Reject] = []
    body = path.read_bytes()
    try:
        body.decode("utf-8")
    except UnicodeDecodeError:
        body = body.decode("utf-8", "replace").encode()

    def skip(row: Any) -> str:
        seen = f"{row.actual_columns} cells instead of {row.expected_columns}"
        rejects.append(Reject(path.name, row.number or 0, "bad_csv_row", seen))
        return "skip"

    try:
        names = pa_csv.open_csv(io.BytesIO(body)).schema.names
    except pa.ArrowException:
        names = []
    try:
        table = pa_csv.read_csv(
            io.BytesIO(body),
            read_options=pa_csv.ReadOptions(use_threads=False),
            parse_options=pa_csv.ParseOptions(newlines_in_values=True, invalid_row_handler=skip),
            convert_options=pa_csv.ConvertOptions(
                column_types=dict.fromkeys(names, pa.string()), strings_can_be_null=True, null_values=[""]
            ),
        )
    except pa.ArrowException as error:
        rejects.append(Reject(path.name, 0, "bad_csv", str(error)[:160]))
        table = pa.table({})
    return table, rejects
