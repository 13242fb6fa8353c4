"""The compiled part of the columnar readers: where every value of a block of JSON lines stands, and columns made of that.

Only lines whose reading cannot be argued about are taken: one object of known names, each once, each value of the
one kind its column expects (text, whole number, null), valid UTF-8, no NUL, no lone surrogate, no text longer than
what intake keeps. Every other line is handed back as *odd*, by its place, for the tolerant reader. So the two agree
by construction, and a broken line costs only itself.
"""

import numpy as np

from zhenbo.intake.columnar.words import (
    BACKSLASHES,
    byte,
    compiled,
    copy,
    plain,
    put_byte,
    put_short,
    put_whole,
    short,
    whole,
    word,
)

TEXT, INT64, INT32, TIME = 1, 2, 3, 4
"""What a column expects: text; whole numbers of 64 bits, of 32 bits; a time as a number (0 where there is none)."""

_QUOTE, _BACKSLASH, _COMMA, _COLON, _NEWLINE = 34, 92, 44, 58, 10
WORDS_MAX, SLOTS = 2_000, 4_096
"""Distinct texts of a block up to which they are numbered here, and places of the table that finds them."""
_SLOT_SHIFT = 52
_DIGITS = 18
"""Longest number read here; 19 digits may not fit 64 bits."""
_FAILED = -1
_NULL = -(1 << 63)
NAME_BYTES = 24
"""Longest name of a column, its closing quote included."""
NAME = 2 * NAME_BYTES + 8


@compiled(forceinline=True)
def _blank(c: int) -> bool:
    return c == 32 or c == 9 or c == 13  # noqa: PLR1714 - three comparisons; a set would be an object


@compiled(forceinline=True)
def _hex(p: int) -> int:
    """Value of four hex digits; −1 when they are not."""
    value = 0
    for i in range(p, p + 4):
        c = byte(i)
        if 48 <= c <= 57:
            value = value * 16 + c - 48
        elif 97 <= c <= 102:
            value = value * 16 + c - 87
        elif 65 <= c <= 70:
            value = value * 16 + c - 55
        else:
            return _FAILED
    return value


@compiled(forceinline=True)
def _escape(p: int) -> tuple[int, int]:
    r"""Code point of the escape whose letter (behind `\`) stands at p, and the place behind it; −1 where there is none."""
    c = byte(p)
    if c == 117:  # u
        value = _hex(p + 1)
        if 0xD800 <= value <= 0xDBFF and byte(p + 5) == _BACKSLASH and byte(p + 6) == 117:
            low = _hex(p + 7)
            if 0xDC00 <= low <= 0xDFFF:
                return 0x10000 + ((value - 0xD800) << 10) + (low - 0xDC00), p + 11
        if value <= 0 or 0xD800 <= value <= 0xDFFF:
            return _FAILED, p
        return value, p + 5
    if c in (_QUOTE, _BACKSLASH, 47):
        return c, p + 1
    if c == 110:
        return 10, p + 1
    if c == 116:
        return 9, p + 1
    if c == 114:
        return 13, p + 1
    if c == 98:
        return 8, p + 1
    if c == 102:
        return 12, p + 1
    return _FAILED, p


@compiled(forceinline=True)
def _width(code: int) -> int:
    """Bytes of a code point in UTF-8."""
    return 1 if code < 0x80 else 2 if code < 0x800 else 3 if code < 0x10000 else 4


@compiled(forceinline=True)
def utf8_width(p: int) -> int:
    """Bytes of the valid UTF-8 sequence at p; 0 when it is not one. A line feed ends every broken one in time."""
    c = byte(p)
    if c < 0xC2 or c > 0xF4:
        return 0
    more = 1 if c < 0xE0 else 2 if c < 0xF0 else 3
    d = byte(p + 1)
    low = 0xA0 if c == 0xE0 else 0x90 if c == 0xF0 else 0x80
    high = 0x9F if c == 0xED else 0x8F if c == 0xF4 else 0xBF
    if d < low or d > high:
        return 0
    for i in range(2, more + 1):
        if byte(p + i) & 0xC0 != 0x80:
            return 0
    return more + 1


@compiled(forceinline=True)
def _text(p: int) -> tuple[int, int]:
    """Closing quote of the string that begins at p, and its bytes once unescaped; (−1, 0) when it is not plain."""
    size = 0
    while True:
        ahead = plain(p, BACKSLASHES)
        size += ahead
        p += ahead
        if ahead == 8:
            continue
        c = byte(p)
        if c == _QUOTE:
            return p, size
        if c == _BACKSLASH:
            code, p = _escape(p + 1)
            if code < 0:
                return _FAILED, 0
            size += _width(code)
        else:
            width = utf8_width(p)  # 0 for a control character
            if width == 0:
                return _FAILED, 0
            size += width
            p += width


@compiled(forceinline=True)
def whole_number(p: int) -> tuple[int, int]:
    """Place behind the whole number at p, and its value; (−1, 0) when it is none of at most 18 digits."""
    negative = byte(p) == 45
    if negative:
        p += 1
    first, value = p, 0
    while 48 <= byte(p) <= 57:
        value = value * 10 + byte(p) - 48
        p += 1
        if p - first > _DIGITS:
            return _FAILED, 0
    if p == first or (byte(first) == 48 and (p - first > 1 or negative)):
        return _FAILED, 0
    return p, -value if negative else value


@compiled(forceinline=True)
def is_time(v: int) -> bool:
    """Whether a number is a time of 2000..2100 in s, ms, µs or ns, or 0 for none."""
    return (
        v == 0
        or 946_684_800 <= v <= 4_102_444_800
        or 946_684_800_000 <= v <= 4_102_444_800_000
        or 946_684_800_000_000 <= v <= 4_102_444_800_000_000
        or 946_684_800_000_000_000 <= v <= 4_102_444_800_000_000_000
    )


@compiled(forceinline=True)
def _named(p: int, names: int, c: int) -> bool:
    """Whether the name at p, its closing quote included, is that of column c."""
    name = names + c * NAME
    for k in range(0, NAME_BYTES, 8):
        mask = word(name + NAME_BYTES + k)
        if (word(p + k) ^ word(name + k)) & mask:
            return False
    return True


@compiled(forceinline=True)
def _column(p: int, names: int, count: int, guess: int) -> int:
    """Column whose quoted name stands at p: the guessed one, which came next in the line before, or any."""
    if _named(p, names, guess):
        return guess
    for c in range(count):
        if _named(p, names, c):
            return c
    return _FAILED


@compiled(forceinline=True)
def _null(p: int) -> bool:
    return bool(byte(p) == 110 and byte(p + 1) == 117 and byte(p + 2) == 108 and byte(p + 3) == 108)


@compiled(forceinline=True)
def _value(body: int, p: int, kind: int, cell: int, longest: int) -> int:
    """Read one value into its cell; the place behind it, −1 when it is not what the column expects."""
    if byte(p) == 110:
        return p + 4 if _null(p) else _FAILED
    if kind == TEXT:
        if byte(p) != _QUOTE:
            return _FAILED
        end, length = _text(p + 1)
        if end < 0 or length > longest:
            return _FAILED
        place = p + 1 - body
        put_short(cell, place if length == end - p - 1 else -place)  # negative: it holds escapes
        put_short(cell + 4, length)
        return end + 1
    end, value = whole_number(p)
    if end < 0 or (kind == INT32 and not -(2**31) <= value < 2**31) or (kind == TIME and not is_time(value)):
        return _FAILED
    put_whole(cell, value)
    return end


@compiled(forceinline=True)
def _emptied(cells: int, rows: int) -> None:
    """Null in every cell of a column."""
    for row in range(rows):
        put_whole(cells + 8 * row, _NULL)


@compiled(forceinline=True)
def _object(
    body: int,
    p: int,
    names: int,
    kinds: int,
    count: int,
    follows: int,
    used: int,
    cells: int,
    row: int,
    step: int,
    longest: int,
) -> int:
    """Read the object at p into the cells of its row; the place behind it, −1 when the line is odd."""
    if byte(p) != 123:
        return _FAILED
    p += 1
    seen, before = 0, count
    while True:
        while _blank(byte(p)):
            p += 1
        if byte(p) != _QUOTE:
            return _FAILED
        c = _column(p + 1, names, count, whole(follows + 8 * before))
        if c < 0 or (seen >> c) & 1:
            return _FAILED
        seen |= 1 << c
        put_whole(follows + 8 * before, c)
        before = c
        p += whole(names + c * NAME + NAME - 8) + 1
        while _blank(byte(p)):
            p += 1
        if byte(p) != _COLON:
            return _FAILED
        p += 1
        while _blank(byte(p)):
            p += 1
        if whole(used + 8 * c) == 0:
            put_whole(used + 8 * c, 1)
            _emptied(cells + c * step, step >> 3)
        p = _value(body, p, whole(kinds + 8 * c), cells + c * step + 8 * row, longest)
        if p < 0:
            return _FAILED
        while _blank(byte(p)):
            p += 1
        if byte(p) == 125:
            return p + 1
        if byte(p) != _COMMA:
            return _FAILED
        p += 1


@compiled(
    "UniTuple(int64, 3)(int64, int64, int64, int64, int64, int64, int64, int64, int64, int64, int64, int64)",
)
def json_lines(
    body: int,
    size: int,
    names: int,
    kinds: int,
    count: int,
    follows: int,
    used: int,
    longest: int,
    cells: int,
    step: int,
    line_of: int,
    odd: int,
) -> tuple[int, int, int]:
    """Find the values of all lines of a block. Every argument but `size`, `count`, `longest`, `step` is an address.

    Args:
        body: whole lines, the last byte a line feed, and padding.
        size: bytes of the block, without the padding.
        names: by column `NAME` bytes: the name with its closing quote, a mask of as many bytes, and its length.
        kinds: int64 by column, `TEXT`, `INT64`, `INT32` or `TIME`.
        count: columns, at most 62.
        follows: int64, columns + 1, zero: the column that came next the last time.
        used: int64 by column, zero: becomes 1 for columns that are named in any line; only their cells are filled.
        longest: bytes a text may have.
        cells: int64 by column and row: the least int64, which means null, or a number, or of a text in the low
            half where it begins (negative: it holds escapes) and in the high half its bytes once unescaped.
        step: bytes from one column's cells to the next one's.
        line_of: int64 by row taken: its line, from 1.
        odd: int64, lines x 3: line, begin and end of each line not taken.

    Returns:
        Rows taken, odd lines, all lines.
    """
    p, line, row, odds, stop = body, 0, 0, 0, body + size
    while p < stop:
        line += 1
        begin = p
        while _blank(byte(p)):
            p += 1
        if byte(p) == _NEWLINE:
            p += 1
            continue
        done = _object(body, p, names, kinds, count, follows, used, cells, row, step, longest)
        if done > 0:
            while _blank(byte(done)):
                done += 1
            if byte(done) == _NEWLINE:
                put_whole(line_of + 8 * row, line)
                row += 1
                p = done + 1
                continue
        for c in range(count):
            if whole(used + 8 * c):
                put_whole(cells + c * step + 8 * row, _NULL)
        while byte(p) != _NEWLINE:
            p += 1
        put_whole(odd + 24 * odds, line)
        put_whole(odd + 24 * odds + 8, begin - body)
        put_whole(odd + 24 * odds + 16, p - body)
        odds += 1
        p += 1
    return row, odds, line


@compiled(forceinline=True)
def _unescaped(p: int, at: int) -> None:
    """Write the string at p without its escapes."""
    while byte(p) != _QUOTE:
        if byte(p) != _BACKSLASH:
            put_byte(at, byte(p))
            at += 1
            p += 1
            continue
        code, p = _escape(p + 1)
        width = _width(code)
        for k in range(width - 1, 0, -1):
            put_byte(at + k, 0x80 | (code & 0x3F))
            code >>= 6
        put_byte(at, code if width == 1 else ((0xF00 >> width) & 0xFF) | code)
        at += width


@compiled(forceinline=True)
def _undoubled(p: int, at: int, size: int) -> None:
    """Write so many bytes of the CSV text at p, one quote for two."""
    for k in range(size):
        put_byte(at + k, byte(p))
        p += 2 if byte(p) == _QUOTE else 1


@compiled("void(int64, int64, int64, int64, int64, boolean)")
def texts(body: int, cells: int, rows: int, offsets: int, data: int, doubled: bool) -> None:
    """Texts of one column, one behind the other, as Arrow keeps them; every argument but `rows` is an address.

    Args:
        body: the block.
        cells: of the column, see `json_lines`.
        rows: how many.
        offsets: int32, rows + 1, to be filled.
        data: the sum of sizes and padding, to be filled.
        doubled: whether a quote is escaped by another, as in CSV, and not as in JSON.
    """
    at = 0
    for row in range(rows):
        put_short(offsets + 4 * row, at)
        size = short(cells + 8 * row + 4)
        if size <= 0:
            continue
        place = short(cells + 8 * row)
        if place < 0 and doubled:
            _undoubled(body - place, data + at, size)
        elif place < 0:
            _unescaped(body - place, data + at)
        else:
            copy(body + place, data + at, size)
        at += size
    put_short(offsets + 4 * rows, at)


@compiled(forceinline=True)
def _spelt(body: int, cell: int) -> tuple[int, int]:
    """Where a text of JSON begins, and its bytes as spelt, escapes included."""
    place, size = short(cell), short(cell + 4)
    if place >= 0:
        return body + place, size
    end, _size = _text(body - place)
    return body - place, end - (body - place)


@compiled(forceinline=True)
def _same(one: int, other: int, size: int) -> bool:
    """Whether two texts of one length are the same bytes."""
    k = 0
    while size - k >= 8:
        if word(one + k) != word(other + k):
            return False
        k += 8
    rest = np.uint64(64 - 8 * (size - k))
    return size == k or (word(one + k) ^ word(other + k)) << rest == np.uint64(0)


@compiled(forceinline=True)
def _scattered(at: int, size: int) -> np.int64:
    """A hash of a text."""
    mixed = np.uint64(size)
    for k in range(0, size - 7, 8):
        mixed = (mixed ^ word(at + k)) * np.uint64(0x9E3779B97F4A7C15)
        mixed ^= mixed >> np.uint64(32)
    rest = size & 7
    if rest:
        mixed = (mixed ^ (word(at + size - rest) << np.uint64(64 - 8 * rest))) * np.uint64(0x9E3779B97F4A7C15)
    return np.int64(
        mixed >> np.uint64(_SLOT_SHIFT)
    )  # the high bits of a product depend on all of both factors


@compiled("int64(int64, int64, int64, int64, int64, int64, boolean)")
def codes(body: int, cells: int, rows: int, numbers: int, firsts: int, slots: int, doubled: bool) -> int:
    """Number the texts of a column by first appearance; every argument but `rows` is an address.

    Args:
        body: the block.
        cells: of the column, see `json_lines`.
        rows: how many.
        numbers: int32 by row, to be filled; −1 for null.
        firsts: int64, `WORDS_MAX`, to be filled: the row of each text's first appearance.
        slots: int32, `SLOTS`, −1.
        doubled: as in `texts`.

    Returns:
        How many texts there are; −1 when they are more than `WORDS_MAX` or one holds doubled quotes. One text spelt
        in two ways counts twice.
    """
    known, last, at_last, size_last = 0, -1, body, -1
    for row in range(rows):
        cell = cells + 8 * row
        if whole(cell) == _NULL:
            put_short(numbers + 4 * row, -1)
            continue
        if doubled and short(cell) < 0:
            return -1
        at, size = _spelt(body, cell)
        if size == size_last and _same(at, at_last, size):
            put_short(numbers + 4 * row, last)
            continue
        slot = _scattered(at, size)
        while True:
            last = short(slots + 4 * slot)
            if last < 0:
                break
            at_last, size_last = _spelt(body, cells + 8 * whole(firsts + 8 * last))
            if size == size_last and _same(at, at_last, size):
                break
            slot = (slot + 1) & (SLOTS - 1)
        if last < 0:
            if known == WORDS_MAX:
                return -1
            last = known
            put_short(slots + 4 * slot, last)
            put_whole(firsts + 8 * last, row)
            known += 1
        at_last, size_last = at, size
        put_short(numbers + 4 * row, last)
    return known
