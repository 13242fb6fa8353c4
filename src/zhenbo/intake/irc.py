r"""Twitch chat as its IRC server sends it: lines with IRCv3 tags, as loggers save them.

    @badges=moderator/1;user-id=1;tmi-sent-ts=1700000000000 :nick!nick@nick.tmi.twitch.tv PRIVMSG #channel :text

Rows: `command`, `channel` (without `#`), `nick`, `text` (the last parameter), and every tag under its own name, with
IRCv3's escapes undone. What a logger writes in front of the line (a time of its own, `< `) is passed over; lines that are
no message of a server (`PING`, joined and parted, a logger's remarks) give rows that no mapping takes, or none.
Tags: https://dev.twitch.tv/docs/irc/tags/, escapes: https://ircv3.net/specs/extensions/message-tags.
"""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from zhenbo.core.errors import Reject
from zhenbo.intake.format import Format
from zhenbo.intake.rows import Rows

_LINE = re.compile(
    r"(?:@(?P<tags>[^ ]+) +)?:(?P<from>[^ ]*tmi\.twitch\.tv) +(?P<command>[A-Z]+|\d{3})(?: +(?P<rest>.*))?$"
)
_MARK = b"tmi.twitch.tv "
_ESCAPE = re.compile(r"\\(.?)")
_ESCAPED = {":": ";", "s": " ", "r": "\r", "n": "\n"}
_SHOWN = 120


def sniff(head: bytes) -> bool:
    """Whether any of the first lines is a message of Twitch's chat server."""
    return any(
        _MARK in line and _LINE.search(line.decode("utf-8", "replace").rstrip()) is not None
        for line in head.splitlines()[:50]
    )


def read(path: Path) -> Rows:
    """Messages with their line."""
    rows = Rows(path.name, iter(()))
    rows.rows = _rows(path, rows)
    return rows


def _rows(path: Path, out: Rows) -> Iterator[tuple[int, dict[str, Any]]]:
    with path.open("rb") as stream:
        for number, line in enumerate(stream, start=1):
            text = line.decode("utf-8", "replace").replace("\0", "").strip()
            if not text or text.startswith(("PING", "PONG")):
                continue
            out.read += 1
            match = _LINE.search(text)
            if match is None:
                out.rejects.append(Reject(out.file, number, "no_message", text[:_SHOWN]))
            else:
                yield number, _row(match)


def _row(match: re.Match[str]) -> dict[str, Any]:
    first, marked, last = f" {match['rest'] or ''}".partition(" :")
    channel = next((word for word in first.split() if word.startswith("#")), "")
    nick, named, _ = match["from"].partition("!")
    return {
        **_tags(match["tags"] or ""),
        "command": match["command"],
        "channel": channel.removeprefix("#"),
        "nick": nick if named else None,
        "text": _plain(last) if marked else None,
    }


def _plain(text: str) -> str:
    r"""A message without the frame of `/me`.

    Examples:
        >>> _plain("\x01ACTION waves\x01"), _plain("hello")
        ('waves', 'hello')
    """
    return text[8:].removesuffix("\x01") if text.startswith("\x01ACTION ") else text


def _tags(text: str) -> dict[str, Any]:
    r"""Tags by name, empty ones left out.

    Examples:
        >>> _tags(r"mod=0;color=;system-msg=two\swords\:")
        {'mod': '0', 'system-msg': 'two words;'}
    """
    pairs = (part.partition("=") for part in text.split(";"))
    return {
        name: _ESCAPE.sub(lambda m: _ESCAPED.get(m[1], m[1]), value)
        for name, _, value in pairs
        if name and value
    }


FORMAT = Format("irc", sniff, read)
