"""What identified people said: the comments every signal about speech reads."""

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from zhenbo.core.schema import Flag
from zhenbo.core.session import Session

_STAFF = Flag.HOST | Flag.MOD | Flag.KNOWN_BOT | Flag.HISTORY


def speech(session: Session) -> pa.Table:
    """Comments with an author, a time and a text: no host, moderator, known bot or replayed backlog."""
    rows = session.rows("comment")
    people = pc.equal(pc.bit_wise_and(rows["flags"], int(_STAFF)), 0)
    for column in ("actor_id", "ts", "text"):
        people = pc.and_(people, pc.is_valid(rows[column]))
    return rows.filter(people)


def unheard(session: Session) -> str:
    """The record to ask for where too little speech is left: comments, their authors, or a longer recording."""
    spoken = session.rows("comment")
    if not spoken.num_rows:
        return "comments"
    named = spoken.num_rows - spoken["actor_id"].null_count
    return "longer_record" if 2 * named > spoken.num_rows else "account_ids"


def heart(ts: npt.NDArray[np.int64], share: float = 0.9) -> tuple[int, int]:
    """The shortest stretch that holds this share of the times: a few stragglers do not stretch a finding over the evening."""
    at = np.sort(ts)
    keep = max(int(np.ceil(share * len(at))), 1)
    spans = at[keep - 1 :] - at[: len(at) - keep + 1]
    first = int(spans.argmin())
    return int(at[first]), int(at[first + keep - 1])


BEAT = 10_000_000
"""Microseconds in which people answer a host."""


def in_step(ts: npt.NDArray[np.int64], who: npt.NDArray[np.int64]) -> float:
    """How much these people speak together: others of them in one's beat of ten seconds, over what chance would put there.

    About 1 for people, or scripts, who each follow their own clock; several for a crowd that answers one voice.
    """
    if len(ts) < 2:
        return 1.0
    first, last = heart(ts)
    beats = max((last - first) / BEAT, 1.0)
    inside = (ts >= first) & (ts <= last)
    pairs = np.unique(np.c_[(ts[inside] - first) // BEAT, who[inside]], axis=0)
    people = np.bincount(pairs[:, 0])
    per_person = np.bincount(np.unique(pairs[:, 1], return_inverse=True)[1])
    met = float((people * (people - 1)).sum())
    chance = float(per_person.sum() ** 2 - (per_person**2).sum()) / beats
    return met / max(chance, 1.0)
