"""Room-day text files of 2019: `TIMEh:mONLINEn` lines, each followed by the chat texts of that minute.

The room and the day stand only in the path (`rooms/<room>/<yyyy-m-d>.txt`); without such a path there is no day, so
the events have no time. Rows: `online` (popularity, not heads), `comment`, `speakers`; `day` numbers midnights passed.
"""

import datetime as dt
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from zhenbo.core.errors import Reject
from zhenbo.intake.format import Format
from zhenbo.intake.rows import Rows

_TIME = re.compile(r"TIME(\d{1,2}):(\d{1,2})ONLINE(\d{1,12})\s*$")
_SPEAKERS = re.compile(r"SPEAKERNUM(\d{1,9})\s*$")
_HEAD = re.compile(rb"^TIME\d{1,2}:\d{1,2}ONLINE\d+\s*$", re.MULTILINE)
_PLACE = re.compile(r"(\d{4})-(\d{1,2})-(\d{1,2})")


def sniff(head: bytes) -> bool:
    """Whether a line of it is a `TIMEh:mONLINEn` line."""
    return _HEAD.search(head) is not None and not head.lstrip().startswith((b"<", b"{", b"["))


def read(path: Path) -> Rows:
    """Counter and chat lines with `room`, `date`, and `at` (local wall time of their minute)."""
    rows = Rows(path.name, iter(()))
    rows.rows = _rows(path, rows)
    return rows


def _place(path: Path) -> tuple[str | None, dt.date | None]:
    match = _PLACE.fullmatch(path.stem)
    if match is None:
        return None, None
    try:
        day = dt.date(int(match[1]), int(match[2]), int(match[3]))
    except ValueError:
        return None, None
    room = path.parent.name if path.parent.name.isdigit() else None
    return room, day


def _rows(path: Path, out: Rows) -> Iterator[tuple[int, dict[str, Any]]]:
    room, day = _place(path)
    place: dict[str, Any] = {"room": room or "", "date": day.isoformat() if day else ""}
    at = ""
    body = path.read_bytes().removeprefix(b"\xef\xbb\xbf")
    for number, raw in enumerate(body.split(b"\n"), start=1):
        text = raw.decode("utf-8", "replace").rstrip("\r").replace("\x00", "")
        if not text.strip():
            continue
        out.read += 1
        if (match := _TIME.match(text)) is not None:
            hour, minute = int(match[1]), int(match[2])
            if hour > 23 or minute > 59:
                out.rejects.append(Reject(out.file, number, "bad_time", text[:80]))
                continue
            at = f"{day.isoformat()} {hour:02d}:{minute:02d}:00" if day else ""
            yield (
                number,
                {
                    **place,
                    "line": "online",
                    "minute": f"{hour:02d}:{minute:02d}",
                    "at": at,
                    "online": int(match[3]),
                },
            )
        elif (speakers := _SPEAKERS.match(text)) is not None:
            yield number, {**place, "line": "speakers", "at": at, "speakers": int(speakers[1])}
        else:
            yield number, {**place, "line": "comment", "at": at, "text": text}


def place(path: Path) -> str:
    """Room and day: two rooms with equal idle days are two files."""
    room, day = _place(path)
    return f"{room or ''}/{day.isoformat() if day else ''}"


FORMAT = Format("roomtext", sniff, read, place)
