r"""Bilibili danmaku XML, as video players and recorders write it; read leniently, element by element.

Not an XML parser on purpose: recordings break off, carry NUL bytes and bare `&`, and an XML parser would lose all
after the first fault. Only elements named in `_ELEMENTS` are read; entity declarations are never followed.

Rows: `element`, the attributes, `text`, and of `<d p="…">` the parts `offset` (s), `mode`, `size`, `color`, `unix`,
`pool`, `uid`, `row`; of a recorder's info element `record` (its start time).
"""

import html
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from zhenbo.core.errors import Reject
from zhenbo.intake.format import Format
from zhenbo.intake.rows import Rows

_ELEMENTS = "d|gift|sc|guard|BililiveRecorderRecordInfo|metadata"
_OPEN = re.compile(rf"<({_ELEMENTS})((?:\s+[\w:.-]+\s*=\s*(?:\"[^\"]*\"|'[^']*'))*)\s*(/?)>")
_PLAIN = re.compile(r"<d((?:\s+\w+=\"[^\"]*\")+)\s*>([^<]*)</d>")
_START = re.compile(rf"<(?:{_ELEMENTS})(?=[\s/>])")
_ATTRIBUTE = re.compile(r"([\w:.-]+)\s*=\s*(?:\"([^\"]*)\"|'([^']*)')")
_PARTS = ("offset", "mode", "size", "color", "unix", "pool", "uid", "row")
_BARE = "NULL"


def sniff(head: bytes) -> bool:
    """Whether it is XML with danmaku, or the head of such a file."""
    body = head.lstrip(b"\xef\xbb\xbf \t\r\n\x00")
    return body[:1] == b"<" and (b"<d p=" in head or b"BililiveRecorder" in head or b"<i>" in head)


def read(path: Path) -> Rows:
    """Elements with the line they start on."""
    rows = Rows(path.name, iter(()))
    rows.rows = _rows(path, rows)
    return rows


def _decoded(body: bytes) -> str:
    body = body.removeprefix(b"\xef\xbb\xbf")
    declared = re.match(rb"\s*<\?xml[^>]*encoding=[\"']([\w-]+)", body)
    name = declared[1].decode().lower() if declared else "utf-8"
    for encoding in (name, "utf-8", "gb18030"):
        try:
            return body.decode(encoding)
        except (UnicodeDecodeError, LookupError):
            continue
    return body.decode("utf-8", "replace")


def _rows(path: Path, out: Rows) -> Iterator[tuple[int, dict[str, Any]]]:
    text = _decoded(path.read_bytes())
    line, counted, at = 1, 0, 0
    while start := _START.search(text, at):
        line += text.count("\n", counted, start.start())
        counted = start.start()
        out.read += 1
        plain = _PLAIN.match(text, start.start())
        if plain is not None:  # nearly all of a file
            yield line, _row("d", plain[1], plain[2])
            at = plain.end()
            continue
        opened = _OPEN.match(text, start.start())
        if opened is None:
            out.rejects.append(Reject(out.file, line, "bad_element", _seen(text, start.start())))
            at = start.end()
            continue
        inner, end, whole = _inner(text, opened)
        if not whole:
            out.rejects.append(Reject(out.file, line, "truncated", _seen(text, start.start())))
            at = end
            continue
        yield line, _row(opened[1], opened[2], inner)
        # a container's children are rows of their own
        at = opened.end() if opened[1] in {"metadata", "BililiveRecorderRecordInfo"} else end
    if text.rstrip("\x00 \r\n\t")[-4:] != "</i>" and out.read:
        line += text.count("\n", counted)
        out.rejects.append(
            Reject(out.file, line, "truncated", "the file ends before </i>; what came before is kept")
        )


def _inner(text: str, opened: re.Match[str]) -> tuple[str, int, bool]:
    """The text of an element, where it ends, and whether its end was found before the next element begins."""
    if opened[3]:
        return "", opened.end(), True
    close = text.find(f"</{opened[1]}>", opened.end())
    following = _START.search(text, opened.end(), close if close >= 0 else len(text))
    container = opened[1] in {"metadata", "BililiveRecorderRecordInfo"}
    if container and following is None and close < 0:
        return "", opened.end(), True
    if following is not None and not container:
        return "", following.start(), False
    if close < 0:
        return "", len(text) if not container else opened.end(), container
    return text[opened.end() : close], close + len(opened[1]) + 3, True


def _row(element: str, attributes: str, inner: str) -> dict[str, Any]:
    row: dict[str, Any] = {"element": element}
    for found in _ATTRIBUTE.finditer(attributes):
        value = found[2] if found[2] is not None else found[3]
        row[found[1]] = html.unescape(value) if "&" in value else value
    if element in {"metadata", "BililiveRecorderRecordInfo"}:
        row |= {
            f"{name}": html.unescape(value.strip())
            for name, value in re.findall(r"<(\w+)>([^<]*)</\1>", inner)
        }
        return row
    if inner:
        row["text"] = html.unescape(inner) if "&" in inner else inner
    if element == "d" and "p" in row:
        parts = row.pop("p").split(",")
        row |= {name: value for name, value in zip(_PARTS, parts, strict=False) if value not in {"", _BARE}}
        row["fields"] = len(parts)
    return row


def _seen(text: str, at: int) -> str:
    return text[at : at + 100].replace("\x00", "").replace("\n", " ")


FORMAT = Format("xml", sniff, read)
