"""Promises written down (`promises.toml`, `[[promise]]`) and chats of customer service (`chats.jsonl`), beside a record."""

import json
import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import msgspec

from zhenbo.core.claim import Chat, Promise
from zhenbo.core.errors import Reject, ZhenboError
from zhenbo.intake.claims import BEIJING, sound_promise, timed


def read_promises(path: Path) -> tuple[list[Promise], list[Reject]]:
    """Promises of a file; one that does not read costs itself only.

    Raises:
        ZhenboError: when the file cannot be read or is no TOML.
    """
    try:
        whole = tomllib.loads(path.read_bytes()[: 1 << 24].decode("utf-8-sig"))
    except (OSError, ValueError, RecursionError) as error:
        raise ZhenboError(
            f"{path} cannot be read: {error}. docs/guarantee.md shows a file of promises."
        ) from error
    rows = whole.get("promise")
    made: list[Promise] = []
    rejects: list[Reject] = []
    for number, body in enumerate(rows if isinstance(rows, list) else [], start=1):
        one = _one(path.name, number, body, Promise, rejects)
        if isinstance(one, Promise):
            made.append(one)
    return made, rejects


def read_chats(path: Path) -> tuple[list[Chat], list[Reject]]:
    """Chats of a file, one message a line; a broken line costs itself only.

    Raises:
        ZhenboError: when the file cannot be read.
    """
    made: list[Chat] = []
    rejects: list[Reject] = []
    try:
        with path.open("rb") as file:
            for number, line in enumerate(file, start=1):
                if not line.strip():
                    continue
                try:
                    body = json.loads(line[: 1 << 20].decode("utf-8-sig"))
                except (ValueError, RecursionError) as error:
                    rejects.append(Reject(path.name, number, "no_json", str(error)[:200]))
                    continue
                one = _one(path.name, number, body, Chat, rejects)
                if isinstance(one, Chat):
                    made.append(one)
    except OSError as error:
        raise ZhenboError(f"{path} cannot be read: {error}. Check its permissions.") from error
    return made, rejects


def _one(
    name: str, number: int, body: Any, shape: type[Promise] | type[Chat], rejects: list[Reject]
) -> Promise | Chat | None:
    try:
        zone = body.get("zone", BEIJING) if isinstance(body, Mapping) else BEIJING
        inner = {k: v for k, v in body.items() if k != "zone"} if isinstance(body, Mapping) and body else body
        made = msgspec.convert(timed(inner, zone), shape)
        if isinstance(made, Promise):
            sound_promise(made)
    except (msgspec.ValidationError, ValueError, OverflowError, RecursionError) as error:
        rejects.append(Reject(name, number, f"no_{shape.__name__.lower()}", str(error)[:200]))
        return None
    return made
