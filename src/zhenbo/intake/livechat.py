"""YouTube live chat as yt-dlp saves it (`.live_chat.json`): one raw action of the chat per line.

The kind of an action and of its message are *names of keys* there, which no mapping of fields can tell apart; this
reader gives them as values. Rows:

    action      `addChatItemAction`, `replaceChatItemAction`, `markChatItemAsDeletedAction` …
    message     `liveChatTextMessageRenderer`, `liveChatPaidMessageRenderer` …; absent when the action carries none
    id, author_id, author, sent (µs), offset_ms, text, header, amount, badges, target_id, target_author

`text` joins the runs of a message, emoji by their shortcut; `badges` are `OWNER`, `MODERATOR`, `VERIFIED` and `MEMBER`
(a badge with a picture of the channel's own), separated by blanks. Everything else of the raw action is decoration.
"""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from zhenbo.intake import jsonl
from zhenbo.intake.format import Format
from zhenbo.intake.rows import Rows

_ITEMS = {"addChatItemAction": "item", "replaceChatItemAction": "replacementItem"}


def sniff(head: bytes) -> bool:
    """Whether it is JSON that wraps chat actions."""
    return jsonl.sniff(head) and (b'"replayChatItemAction"' in head or b'"addChatItemAction"' in head)


def read(path: Path) -> Rows:
    """Actions with the line they stand on."""
    inner = jsonl.read(path)
    rows = Rows(inner.file, iter(()))
    rows.rejects = inner.rejects
    rows.rows = _rows(inner, rows)
    return rows


def _rows(inner: Rows, out: Rows) -> Iterator[tuple[int, dict[str, Any]]]:
    for line, document in inner.rows:
        out.read = inner.read
        wrapped = _object(document.get("replayChatItemAction"))
        offset = wrapped.get("videoOffsetTimeMsec", document.get("videoOffsetTimeMsec"))
        actions = wrapped.get("actions")
        for action in actions if isinstance(actions, list) else [document]:
            for name, body in _object(action).items():
                if name.endswith(("Action", "Command")) and isinstance(body, dict):
                    yield line, {"offset_ms": offset} | _told(name, body)
    out.read = inner.read


def _told(name: str, body: dict[str, Any]) -> dict[str, Any]:
    """One action, flat."""
    target = {"target_id": body.get("targetItemId"), "target_author": body.get("externalChannelId")}
    item = _object(body.get(_ITEMS.get(name, "item")))
    kind, message = next(iter(item.items()), (None, None))
    told = {"action": name, **target}
    return told | {"message": kind} | _message(message) if isinstance(message, dict) else told


def _message(body: dict[str, Any]) -> dict[str, Any]:
    header = _object(_object(body.get("header")).get("liveChatSponsorshipsHeaderRenderer"))
    author = header if "authorName" in header else body  # gifted memberships name their giver there
    return {
        "id": body.get("id"),
        "author_id": body.get("authorExternalChannelId"),
        "author": _said(author.get("authorName")),
        "sent": body.get("timestampUsec"),
        "text": _said(body.get("message")),
        "header": _said(body.get("headerSubtext")) or _said(header.get("primaryText")),
        "amount": _said(body.get("purchaseAmountText")),
        "badges": " ".join(_badges(author.get("authorBadges"))),
    }


def _said(text: Any) -> str | None:
    """A text of YouTube's: simple, or in runs of letters and emoji."""
    told = _object(text)
    if "simpleText" in told:
        return str(told["simpleText"])
    runs = told.get("runs")
    return "".join(map(_run, runs)) if isinstance(runs, list) else None


def _run(run: Any) -> str:
    told = _object(run)
    if "text" in told:
        return str(told["text"])
    emoji = _object(told.get("emoji"))
    shortcuts = emoji.get("shortcuts")
    return str(shortcuts[0] if isinstance(shortcuts, list) and shortcuts else emoji.get("emojiId", ""))


def _badges(badges: Any) -> Iterator[str]:
    for badge in badges if isinstance(badges, list) else []:
        told = _object(_object(badge).get("liveChatAuthorBadgeRenderer"))
        if "customThumbnail" in told:
            yield "MEMBER"
        elif icon := _object(told.get("icon")).get("iconType"):
            yield str(icon)


def _object(value: Any) -> dict[str, Any]:
    return value if isinstance(value, dict) else {}


FORMAT = Format("livechat", sniff, read)
