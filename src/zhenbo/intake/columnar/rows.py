"""The compiled reader of CSV: rows of the header's width, plain or properly quoted values, one line each."""

from zhenbo.intake.columnar.scan import INT32, TEXT, TIME, is_time, utf8_width, whole_number
from zhenbo.intake.columnar.words import COMMAS, byte, compiled, plain, put_short, put_whole, whole

_QUOTE, _COMMA, _NEWLINE, _RETURN, _TAB = 34, 44, 10, 13, 9
_FAILED = -1


@compiled(forceinline=True)
def _ends(p: int) -> bool:
    """Whether a value may end at p: at a comma, a line feed, or the two of a line end."""
    c = byte(p)
    return c in (_COMMA, _NEWLINE) or (c == _RETURN and byte(p + 1) == _NEWLINE)


@compiled(forceinline=True)
def _text(p: int, quoted: bool) -> tuple[int, int]:
    """Where the text that begins at p ends, and its bytes with one quote for two; (−1, 0) when it is not plain."""
    size = 0
    while True:
        ahead = plain(p, COMMAS)
        size += ahead
        p += ahead
        if ahead == 8:
            continue
        c = byte(p)
        if c == _QUOTE:
            if not quoted:
                return _FAILED, 0
            if byte(p + 1) != _QUOTE:
                return p, size
            p += 2
            size += 1
        elif c == _COMMA:
            if not quoted:
                return p, size
            p += 1
            size += 1
        elif c == _TAB:
            p += 1
            size += 1
        elif c >= 0x80:
            width = utf8_width(p)
            if width == 0:
                return _FAILED, 0
            p += width
            size += width
        elif not quoted and _ends(p):
            return p, size
        else:
            return _FAILED, 0


@compiled(forceinline=True)
def _value(body: int, p: int, kind: int, cell: int, longest: int) -> int:
    """Read one value into its cell, which says null as given; the place behind it, −1 when it is not regular."""
    if _ends(p):
        return p
    quoted = byte(p) == _QUOTE
    first = p + 1 if quoted else p
    if kind == TEXT:
        end, size = _text(first, quoted)
        if end < 0 or size > longest:
            return _FAILED
        if size:
            place = first - body
            put_short(cell, place if size == end - first else -place)  # negative: it holds doubled quotes
            put_short(cell + 4, size)
    elif quoted and byte(first) == _QUOTE:
        end = first
    else:
        end, value = whole_number(first)
        if (
            end < 0
            or (kind == INT32 and not -(2**31) <= value < 2**31)
            or (kind == TIME and not is_time(value))
        ):
            return _FAILED
        put_whole(cell, value)
    if quoted:
        if byte(end) != _QUOTE:
            return _FAILED
        end += 1
    return end if _ends(end) else _FAILED


@compiled("int64(int64, int64, int64, int64, int64, int64, int64)")
def csv_rows(body: int, size: int, kinds: int, count: int, longest: int, cells: int, step: int) -> int:
    """Find the values of all rows of a block.

    Args:
        body: address of whole lines, the last byte a line feed, and padding.
        size: bytes of the block, without the padding.
        kinds: address of int64 by column, see `scan`.
        count: columns.
        longest: bytes a text may have.
        cells: address of int64 by column and row, as `scan.json_lines` fills them.
        step: bytes from one column's cells to the next one's.

    Returns:
        The number of rows; −1 when any of them is not regular.
    """
    p, row, stop = body, 0, body + size
    while p < stop:
        if byte(p) == _NEWLINE or (byte(p) == _RETURN and byte(p + 1) == _NEWLINE):
            p += 1 if byte(p) == _NEWLINE else 2
            continue
        for c in range(count):
            p = _value(body, p, whole(kinds + 8 * c), cells + c * step + 8 * row, longest)
            if p < 0:
                return _FAILED
            if c + 1 < count:
                if byte(p) != _COMMA:
                    return _FAILED
                p += 1
        if byte(p) == _COMMA:
            return _FAILED
        p += 2 if byte(p) == _RETURN else 1
        row += 1
    return row
