"""The CSV files of KuaiLive: rows of any of them, and in `file` which one they are of.

Columns tell rooms, users, streamers, clicks and gifts apart. Comments, likes and exposures without a click have the same
four columns; which they are stands in the file's documented name only. Under another name they are `unnamed`, and
mapped to nothing rather than guessed.
"""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from zhenbo.intake import delimited
from zhenbo.intake.format import Format
from zhenbo.intake.rows import Rows

_OWN = {
    "gift_price": "gift", "watch_live_time": "click", "start_timestamp": "room", "first_watch_live_timestamp": "user",
    "first_live_timestamp": "streamer",
}  # fmt: skip
"""A column that only one of the files has."""
_BARE = frozenset({"user_id", "live_id", "timestamp"})
_NAMED = frozenset({"comment", "like", "negative"})
"""The files that only their name tells apart."""


def sniff(head: bytes) -> bool:
    """Whether its header names what a file of KuaiLive names."""
    if not delimited.looks(head):
        return False
    first = head.removeprefix(b"\xef\xbb\xbf").split(b"\n", 1)[0].decode("utf-8", "replace")
    names = set(delimited.header(first.replace('"', "").split(delimited.sniff(first))))
    if "live_id" in names:
        return bool(names & {"streamer_id", "author_id"})
    return bool(
        names & {"first_watch_live_timestamp", "first_live_timestamp"} and names & {"user_id", "streamer_id"}
    )


def read(path: Path) -> Rows:
    """Rows as in the file, with `file`."""
    inner = delimited.read(path)
    rows = Rows(inner.file, iter(()))
    rows.rejects = inner.rejects
    rows.rows = _rows(inner, rows, place(path))
    return rows


def _rows(inner: Rows, out: Rows, name: str) -> Iterator[tuple[int, dict[str, Any]]]:
    for line, row in inner.rows:
        out.read = inner.read
        yield line, row | {"file": _file(row, name)}
    out.read = inner.read


def _file(row: dict[str, Any], name: str) -> str:
    own = next((file for column, file in _OWN.items() if column in row), None)
    return own or (name if name and row.keys() >= _BARE else "unnamed")


def place(path: Path) -> str:
    """The name, where it is content: equal rows of `comment.csv` and `like.csv` are two files."""
    return path.stem if path.stem in _NAMED else ""


FORMAT = Format("kuailive", sniff, read, place)
