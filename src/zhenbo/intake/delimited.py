"""Delimited text (CSV, TSV, semicolons), as shops really export it.

Every physical line is decoded on its own: an export pasted together from a UTF-8 and a GBK file keeps all
its rows. Quotes that never close do not swallow the file: the line is read without quoting, or rejected, and
reading goes on with the next. Values come out as text, trimmed and freed of Excel's number wrapper
(`="123"`); everything else, formula prefixes included, stays raw, since escaping belongs to the writers.
"""

import csv
import io
import re
from collections.abc import Callable, Iterator
from itertools import chain
from pathlib import Path
from typing import Any

from zhenbo.core.errors import Reject
from zhenbo.intake.format import Format
from zhenbo.intake.rows import Rows

csv.field_size_limit(2**31 - 1)  # the standard limit of 131,072 makes a long chat text an error

DELIMITERS = (",", "\t", ";")
_SAMPLE = 1 << 20
"""Bytes looked at to learn the file's main encoding."""
_RECORD_LINES = 100
"""Physical lines a quoted value may span; a longer one is a quote that was never closed."""
_CJK = re.compile(rb"[\xe3-\xe9][\x80-\xbf][\x80-\xbf]")
_WRAPPED = re.compile(r'^="([^"]*)"$|^\'(\d+)$')
_TRIMMED = " \t\r\n\u3000\u00a0\ufeff\u200b\u200e\u200f"
_CELL_TABS = re.compile(r'\t+(?="?\s*(?:[,;]|$))')


def read(path: Path) -> Rows:
    """Rows of a delimited file, header names trimmed, values trimmed text; blank cells are `""`.

    The encoding is decided by content (UTF-8 with or without mark, UTF-16 with mark, GB18030), line by line.
    Bytes that are neither become U+FFFD and the row is kept. A row with more or fewer cells than the header
    becomes a reject with its line; a TikTok Shop row of column descriptions below the header is passed over.

    Args:
        path: the file. Unreadable or empty files give no rows and one reject with line 0.
    """
    rows = Rows(path.name, iter(()))
    rows.rows = _rows(path, rows)
    return rows


def _rows(path: Path, out: Rows) -> Iterator[tuple[int, dict[str, Any]]]:
    try:
        with path.open("rb") as file:
            decode = decoder(file.read(_SAMPLE))
            file.seek(0)
            if decode is None:
                lines: Iterator[str] = io.StringIO(
                    file.read().decode("utf-16", errors="replace"), newline=None
                )
            else:
                lines = (decode(line) for chunk in file for line in chunk.splitlines(keepends=True))
            yield from parse((line.replace("\0", "") for line in lines), out)
    except OSError as error:
        out.rejects.append(Reject(out.file, 0, "unreadable_file", str(error.strerror)[:200]))


def parse(lines: Iterator[str], out: Rows) -> Iterator[tuple[int, dict[str, Any]]]:
    """Rows of decoded lines: (line, header name -> text); findings go to `out`."""
    number, first = 0, ""
    while not first.strip(_TRIMMED):
        number += 1
        first = next(lines, "")
        if not first:
            out.rejects.append(Reject(out.file, 0, "empty_file", "no line with text"))
            return
    first = first.lstrip("\ufeff")  # before a quote it would make the quotes part of the name
    delimiter = sniff(first)
    records = _Records(chain([first], lines), delimiter, number - 1)
    _, cells, _ = next(records)
    names = header(cells)
    records.width = len(names)
    fresh = True
    for line, found, closed in records:
        if not any(c.strip(_TRIMMED) for c in found):
            continue
        cells = _fitted(found, len(names))
        skip, fresh = fresh and is_description(cells), False
        if skip:
            continue
        out.read += 1
        if len(cells) != len(names):
            reason = "ragged_row" if closed else "broken_quotes"
            detail = f"{len(cells)} cells where the header names {len(names)}: {delimiter.join(cells)}"
            out.rejects.append(Reject(out.file, line, reason, detail[:200]))
            continue
        yield line, dict(zip(names, map(clean, cells), strict=True))


def _fitted(cells: list[str], width: int) -> list[str]:
    """Cells without blank ones beyond the header (a delimiter at the end of the line)."""
    while len(cells) > width and not cells[-1].strip(_TRIMMED):
        cells = cells[:-1]
    return cells


class _Records:
    """Records of a delimited text, one at a time, recovering where a quote never closes."""

    def __init__(self, lines: Iterator[str], delimiter: str, number: int) -> None:
        self.width: int | None = None
        self._lines = lines
        self._back: list[str] = []
        self._taken: list[str] = []
        self._starved = False
        self._next = number + 1
        self._delimiter = delimiter
        # strict: text after a closing quote shows that the quote belonged to another line
        self._reader = csv.reader(_Feed(self._take), delimiter=delimiter, strict=True)

    def __iter__(self) -> "_Records":
        return self

    def _take(self) -> str | None:
        if len(self._taken) >= _RECORD_LINES:
            self._starved = True
            return None
        line = self._back.pop() if self._back else next(self._lines, None)
        if line is None:
            self._starved = bool(self._taken)
            return None
        self._taken.append(line)
        return line

    def __next__(self) -> tuple[int, list[str], bool]:
        """Line of the record's start, its cells, and whether its quotes closed."""
        self._taken, self._starved = [], False
        start = self._next
        try:
            cells = next(self._reader)
        except csv.Error:
            cells = None
        if cells is None or self._starved or self._torn(cells):
            first, *rest = self._taken
            self._back.extend(reversed(rest))
            self._next = start + 1
            return start, self._plainly(first), False
        self._next = start + len(self._taken)
        return start, cells, True

    def _torn(self, cells: list[str]) -> bool:
        """Whether several lines were joined into a record that does not fit the header."""
        return (
            len(self._taken) > 1 and self.width is not None and len(_fitted(cells, self.width)) != self.width
        )

    def _plainly(self, line: str) -> list[str]:
        """One line on its own: with its quotes as far as they pair, else without quoting."""
        if line.count('"') % 2 == 0:
            return next(csv.reader([line], delimiter=self._delimiter), [])
        return line.rstrip("\r\n").split(self._delimiter)


class _Feed:
    """Iterator over `take` that, unlike a generator, goes on after it has stopped once."""

    def __init__(self, take: Callable[[], str | None]) -> None:
        self._take = take

    def __iter__(self) -> "_Feed":
        return self

    def __next__(self) -> str:
        line = self._take()
        if line is None:
            raise StopIteration
        return line


def sniff(line: str) -> str:
    r"""The delimiter of a header line: the one that cuts it into most cells.

    Tabs that merely end a cell (抖店 writes them behind ids, and sometimes behind names) do not count.

    Examples:
        >>> sniff("a;b;c"), sniff("订单编号\t,金额\t,时间\t"), sniff("a\tb")
        (';', ',', '\t')
    """
    bare = _CELL_TABS.sub("", line)
    return max(DELIMITERS, key=lambda d: (bare.count(d), -DELIMITERS.index(d)))


def decoder(sample: bytes) -> Callable[[bytes], str] | None:
    """How to decode one line of a file that begins with `sample`; None for UTF-16, which has no byte lines."""
    if sample.startswith((b"\xff\xfe", b"\xfe\xff")):
        return None
    foreign = [line for line in sample.splitlines() if not line.isascii()]
    fits = sum(_is(line, "utf-8") for line in foreign)
    return _utf8_line if 2 * fits >= len(foreign) else _gb_line


def _is(line: bytes, encoding: str) -> bool:
    try:
        line.decode(encoding)
    except UnicodeDecodeError:
        return False
    return True


def _utf8_line(line: bytes) -> str:
    """A line of a file that is mostly UTF-8; GB18030 only where UTF-8 explains less than half of it."""
    try:
        return line.decode()
    except UnicodeDecodeError:
        text = line.decode(errors="replace")
        lost = text.count("\ufffd")
        if 2 * lost > sum(not c.isascii() for c in text) and _is(line, "gb18030"):
            return line.decode("gb18030")
        return text


def _gb_line(line: bytes) -> str:
    """A line of a file that is mostly GB18030; UTF-8 where it is that and holds UTF-8's Chinese triplets."""
    if line.isascii():
        return line.decode()
    if _CJK.search(line) and _is(line, "utf-8"):
        return line.decode()
    return line.decode("gb18030", errors="replace")


def header(cells: list[Any]) -> list[str]:
    r"""Column names: trimmed, nameless trailing ones dropped, repeats numbered so that no cell is lost.

    Examples:
        >>> header(["\ufeff订单编号", "收货地址 ", "金额", "金额", ""])
        ['订单编号', '收货地址', '金额', '金额 (2)']
    """
    plain = [clean(str(c)) for c in cells]
    while plain and not plain[-1]:
        plain.pop()
    seen: dict[str, int] = {}
    names = []
    for index, name in enumerate(plain):
        called = name or f"column {index + 1}"
        seen[called] = seen.get(called, 0) + 1
        names.append(called if seen[called] == 1 else f"{called} ({seen[called]})")
    return names


def clean(cell: str) -> str:
    r"""A cell as meant: trimmed, without Excel's `="123"` or `'123` wrapper.

    Examples:
        >>> clean('="0042"'), clean("6917\t"), clean("'123"), clean("=1+1")
        ('0042', '6917', '123', '=1+1')
    """
    text = cell.strip(_TRIMMED)
    if text[:1] in {"=", "'"}:
        wrapped = _WRAPPED.match(text)
        if wrapped:
            return (wrapped[1] or wrapped[2] or "").strip(_TRIMMED)
    return text


def is_description(cells: list[str]) -> bool:
    """Whether the row below the header explains the columns instead of filling them (TikTok Shop).

    Such a row is prose: many cells, most of several words, none a bare number, id or time.
    """
    filled = [c.strip(_TRIMMED) for c in cells if c.strip(_TRIMMED)]
    if len(cells) < 8 or 2 * len(filled) < len(cells):
        return False
    wordy = sum(len(c.split()) >= 3 or (len(c) >= 8 and not c.isascii()) for c in filled)
    return 2 * wordy >= len(filled) and not any(_DATUM.match(c) for c in filled)


_DATUM = re.compile(r"^[^\w]*\d[\d.,:/\s-]*\D{0,3}$")


def looks(head: bytes) -> bool:
    r"""Whether a file begins like delimited text: a first line of names without control characters.

    Examples:
        >>> looks("订单编号,总金额\n1,2".encode("gbk")), looks(b'{"a":1,"b":2}'), looks(b"PK\x03\x04,,")
        (True, False, False)
    """
    decode = decoder(head)
    if decode is None:
        text = head[: len(head) // 2 * 2].decode("utf-16", errors="replace")
    else:
        text = "\n".join(decode(line) for line in head.replace(b"\0", b"").lstrip(b"\r\n").splitlines()[:1])
    first = text.lstrip(_TRIMMED).split("\n", 1)[0].rstrip("\r")
    odd = any(ord(c) < 32 and c != "\t" for c in first) or "\ufffd" in first
    return (
        not odd and first[:1] not in {"{", "[", "<", ""} and any(d in first.rstrip("\t") for d in DELIMITERS)
    )


FORMAT = Format("delimited", looks, read)
