"""Result tables as CSV bytes that no spreadsheet takes for a formula."""

import io

import pyarrow as pa
import pyarrow.compute as pc
from pyarrow import csv

_FORMULA = "^[=+\\-@\t\r\n＝＋－＠]"
"""First characters that Excel, LibreOffice or Google Sheets may read as a formula (full-width ones too)."""


def csv_bytes(table: pa.Table) -> bytes:
    r"""The table as UTF-8 CSV with a header line.

    A text cell that begins with `= + - @`, tab or a line break gets a leading apostrophe; NUL characters are
    removed. Numbers stay numbers. Equal tables give equal bytes.

    Examples:
        >>> csv_bytes(pa.table({"account_id": ["=1+1", "a"], "probability": [-0.5, None]})).decode().splitlines()
        ['"account_id","probability"', '"\'=1+1",-0.5', '"a",']
    """
    columns = {_safe_name(name): _safe(table[name]) for name in table.column_names}
    out = io.BytesIO()
    csv.write_csv(pa.table(columns), out)
    return out.getvalue()


def _safe_name(name: str) -> str:
    return str(_safe(pa.chunked_array([[name]]))[0].as_py())


def _safe(column: pa.ChunkedArray) -> pa.ChunkedArray:
    kind = column.type
    if pa.types.is_dictionary(kind):
        column = column.cast(pa.string())
    elif pa.types.is_nested(kind):
        column = pa.chunked_array([[None if v is None else str(v) for v in column.to_pylist()]], pa.string())
    if not (pa.types.is_string(column.type) or pa.types.is_large_string(column.type)):
        return column
    bare = pc.replace_substring(column, "\0", "")
    return pc.if_else(
        pc.match_substring_regex(bare, _FORMULA), pc.binary_join_element_wise("'", bare, ""), bare
    )
