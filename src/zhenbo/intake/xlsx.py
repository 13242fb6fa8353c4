"""Spreadsheets (XLSX, XLS, ODS) through calamine, which reads the cells and ignores a wrong stated dimension.

TikTok Shop writes `A1:A1` over a sheet of thousands of rows; readers that believe it see one cell.
"""

import io
from collections.abc import Iterator
from datetime import date, datetime, time, timedelta
from itertools import chain, islice
from pathlib import Path
from typing import Any

from python_calamine import CalamineError, CalamineWorkbook, SheetTypeEnum

from zhenbo.core.errors import Reject
from zhenbo.intake.delimited import clean, header, is_description
from zhenbo.intake.format import Format
from zhenbo.intake.rows import Rows

_TITLES = 5
"""Lines of title that may stand above the header (TikTok's analytics state the period there)."""
_Line = tuple[int, list[str]]


def read(path: Path) -> Rows:
    """Rows of the first sheet that holds any, as text like those of `delimited.read`; line = row in the sheet.

    Whole numbers lose their `.0`, dates become ISO text without zone.

    Args:
        path: the file. Broken, protected or empty workbooks give no rows and one reject with line 0.
    """
    rows = Rows(path.name, iter(()))
    rows.rows = _rows(path, rows)
    return rows


def _rows(path: Path, out: Rows) -> Iterator[tuple[int, dict[str, Any]]]:
    try:
        table = _first_table(path)
    except (CalamineError, OSError, ValueError) as error:
        out.rejects.append(Reject(out.file, 0, "unreadable_workbook", str(error)[:200]))
        return
    filled = ((n, [as_text(c) for c in row]) for n, row in enumerate(table, 1))
    filled = ((n, row) for n, row in filled if any(row))
    opening = list(islice(filled, _TITLES + 1))
    if not opening:
        out.rejects.append(Reject(out.file, 0, "empty_file", "no sheet with a filled cell"))
        return
    start, below = _header(opening)
    names = header(start[1])
    for index, (number, row) in enumerate(chain(below, filled)):
        if index == 0 and is_description(row):
            continue
        out.read += 1
        beyond = [c for c in row[len(names) :] if c]
        if beyond:
            detail = f"{len(names) + len(beyond)} cells where the header names {len(names)}"
            out.rejects.append(Reject(out.file, number, "ragged_row", detail))
            continue
        yield number, dict(zip(names, row[: len(names)], strict=True))


def _header(rows: list[_Line]) -> tuple[_Line, list[_Line]]:
    """The header among the first rows, and what of them stands below it: a title fills one cell, a header several."""
    at = next((i for i, (_, row) in enumerate(rows) if sum(map(bool, row)) > 1), 0)
    return rows[at], rows[at + 1 :]


def _first_table(path: Path) -> list[list[Any]]:
    book = CalamineWorkbook.from_filelike(
        io.BytesIO(path.read_bytes())
    )  # by content: a path goes by its name
    for sheet in book.sheets_metadata:
        if sheet.typ != SheetTypeEnum.WorkSheet:
            continue
        table = book.get_sheet_by_name(sheet.name).to_python(skip_empty_area=False)
        if any(any(c != "" for c in row) for row in table):
            return list(table)
    return []


def as_text(cell: Any) -> str:
    """A spreadsheet cell as the text an export would hold.

    Examples:
        >>> as_text(12.0), as_text(0.5), as_text(" x "), as_text(True)
        ('12', '0.5', 'x', 'TRUE')
    """
    if isinstance(cell, str):
        return clean(cell.replace("\0", ""))
    if isinstance(cell, bool):
        return str(cell).upper()
    if isinstance(cell, float):
        return str(int(cell)) if cell.is_integer() else repr(cell)
    if isinstance(cell, datetime):
        return cell.isoformat(sep=" ")
    if isinstance(cell, date | time):
        return cell.isoformat()
    if isinstance(cell, timedelta):
        return str(cell)
    return "" if cell is None else str(cell)


def looks(head: bytes) -> bool:
    """Whether a file begins like a workbook: a ZIP archive of one of the two office formats, or an old OLE file."""
    archive = head.startswith(b"PK\x03\x04") and any(
        mark in head for mark in (b"xl/", b"[Content_Types].xml", b"opendocument.spreadsheet", b"_rels/")
    )
    return archive or head.startswith(b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1")


FORMAT = Format("xlsx", looks, read)
