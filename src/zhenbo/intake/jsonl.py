"""JSON lines, JSON arrays and single JSON documents.

A file of lines is read line by line, so that a broken line costs only itself. A document over several lines (a
pretty-printed array or API answer) is read whole; when it is broken, what stands before the damage is kept.
"""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import msgspec

from zhenbo.core.errors import Reject
from zhenbo.intake.format import Format
from zhenbo.intake.rows import Rows

_BOM = b"\xef\xbb\xbf"
_LINE_MAX = 64 << 20
"""Bytes of one line; a longer one is no row of any source."""

_DECODER = msgspec.json.Decoder()


def sniff(head: bytes) -> bool:
    """Whether it begins as JSON, or any of the first lines is a JSON object."""
    body = head.removeprefix(_BOM).lstrip()
    if body[:1] == b"[":
        return body[1:].lstrip()[:1] in {b"{", b"]", b""}
    if body[:1] == b"{":
        return b'"' in body[:200] or body[1:].lstrip()[:1] == b"}"
    return any(line.lstrip()[:2] == b'{"' and line.rstrip()[-1:] == b"}" for line in body.split(b"\n")[:20])


def read(path: Path) -> Rows:
    """Objects with their line (of a document: their ordinal)."""
    rows = Rows(path.name, iter(()))
    rows.rows = _rows(path, rows)
    return rows


def decode(body: bytes) -> Any:
    """JSON, tolerant of broken UTF-8, lone surrogates and raw control characters inside strings.

    Raises:
        ValueError: when it is not JSON even so.
    """
    try:
        return _DECODER.decode(body)
    except RecursionError as error:  # told as a bad line, so that the lines beside it stay
        raise ValueError("nested too deeply") from error
    except (msgspec.DecodeError, UnicodeDecodeError):
        text = body.decode("utf-8", "replace").replace("\x00", "")
        try:
            return json.loads(text, strict=False)
        except RecursionError as error:
            raise ValueError("nested too deeply") from error


def _rows(path: Path, out: Rows) -> Iterator[tuple[int, dict[str, Any]]]:
    start = by_line(path)
    if start is None:
        yield from _document(path, out)
        return
    with path.open("rb") as stream:
        stream.seek(start)
        for number, line in enumerate(stream, start=1):
            row = one(line, number, out)
            if row is not None:
                yield number, row


def one(line: bytes, number: int, out: Rows) -> dict[str, Any] | None:
    """The row of one line; None for a blank line and for one that is told in `out.rejects`."""
    body = line.strip()
    if not body:
        return None
    out.read += 1
    try:
        if len(body) > _LINE_MAX:
            raise ValueError("line too long")  # noqa: TRY301
        row = decode(body)
    except ValueError as error:
        out.rejects.append(Reject(out.file, number, "bad_json", _detail(error, body)))
        return None
    if isinstance(row, dict):
        return row
    out.rejects.append(Reject(out.file, number, "not_an_object", repr(row)[:120]))
    return None


def by_line(path: Path) -> int | None:
    """Where the lines of a file begin that is read line by line; None for one that is read as a document."""
    with path.open("rb") as stream:
        start = 3 if stream.read(3) == _BOM else 0
        stream.seek(start)
        return start if _by_line(stream.readline(_LINE_MAX)) else None


def _by_line(first: bytes) -> bool:
    """Whether the first line is a whole row (or broken as one), not the opening of a document."""
    body = first.strip()
    if body[:1] == b"[" or body in {b"", b"{"}:
        return False
    return body[-1:] not in {b",", b"{", b"["}


def _document(path: Path, out: Rows) -> Iterator[tuple[int, dict[str, Any]]]:
    text = path.read_bytes().removeprefix(_BOM).decode("utf-8", "replace").replace("\x00", "")
    decoder = json.JSONDecoder(strict=False)
    at = _skip(text, 0)
    inside = text[at : at + 1] == "["
    at = _skip(text, at + 1) if inside else at
    while at < len(text) and text[at] != "]":
        try:
            row, at = decoder.raw_decode(text, at)
        except (ValueError, RecursionError) as error:
            line = text.count("\n", 0, at) + 1
            out.read += 1
            out.rejects.append(
                Reject(out.file, line, "bad_json", f"{error}; the rest of the document is unread"[:200])
            )
            return
        out.read += 1
        if isinstance(row, dict):
            yield out.read, row
        else:
            out.rejects.append(Reject(out.file, out.read, "not_an_object", repr(row)[:120]))
        at = _skip(text, at)
        if text[at : at + 1] == ",":
            at = _skip(text, at + 1)


def _skip(text: str, at: int) -> int:
    while at < len(text) and text[at] in " \t\r\n":
        at += 1
    return at


def _detail(error: ValueError, body: bytes) -> str:
    return f"{error}: {body[:60].decode('utf-8', 'replace')}"[:200]


FORMAT = Format("jsonl", sniff, read)
