"""Rooms of the LiveStreamingRiskControl set: one JSON object each, `room_id`, `label` and `patch_list`, a list of actions.

The set comes as an LMDB of Python objects, and reading those would run whatever code they hold: whoever has it writes
its rooms out as JSON lines. An action is a tuple there, so a list here, in the order the card names (`ACTION`); an object
with these names is read alike. Each action becomes a row with its room's id, and the room a row of its own with the
label, so that no event ever carries it. `action_vec` (768 numbers made from `action_desc`) is kept nowhere.

The family's name sorts before `jsonl`: a sample of rows must be one of actions, not of rooms of 709 actions each.
"""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from zhenbo.core.errors import Reject
from zhenbo.intake import jsonl
from zhenbo.intake.fields import listed
from zhenbo.intake.format import Format
from zhenbo.intake.rows import Rows

ACTION = ("u_idx", "t", "l", "action_id", "action_vec", "timestamp", "action_desc", "user_id")
"""What an action holds, in the card's order."""
_VECTOR = "action_vec"


def sniff(head: bytes) -> bool:
    """Whether it is JSON whose objects hold a list of patches."""
    return jsonl.sniff(head) and b'"patch_list"' in head


def read(path: Path) -> Rows:
    """Actions and rooms with the line of their room; `called` says what they are, for the count of those not mapped."""
    inner = jsonl.read(path)
    rows = Rows(inner.file, iter(()))
    rows.rejects = inner.rejects
    rows.rows = _rows(inner, rows)
    return rows


def _rows(inner: Rows, out: Rows) -> Iterator[tuple[int, dict[str, Any]]]:
    for line, room in inner.rows:
        out.read += 1
        about = {"room_id": room.get("room_id")}
        yield line, about | {"label": room.get("label"), "called": f"label {room.get('label')}"}
        actions = listed(room.get("patch_list"))
        if actions is None:
            seen = f"patch_list is {type(room.get('patch_list')).__name__}; the card says a list of actions"
            out.rejects.append(Reject(out.file, line, "no_actions", seen))
            continue
        for number, action in enumerate(actions, start=1):
            out.read += 1
            told = _action(action)
            if isinstance(told, str):
                out.rejects.append(Reject(out.file, line, "bad_action", f"action {number}: {told}"))
            else:
                yield line, about | told | {"called": f"action_id {told.get('action_id')}"}


def _action(action: Any) -> dict[str, Any] | str:
    """An action by name, without its vector; else what is wrong with it."""
    if isinstance(action, dict):
        return {name: action.get(name) for name in ACTION if name != _VECTOR}
    if not isinstance(action, list):
        return f"{type(action).__name__} where the card says a tuple"
    if len(action) != len(ACTION):
        return f"{len(action)} values where the card names {len(ACTION)}: {', '.join(ACTION)}"
    return {name: value for name, value in zip(ACTION, action, strict=True) if name != _VECTOR}


FORMAT = Format("capsules", sniff, read)
