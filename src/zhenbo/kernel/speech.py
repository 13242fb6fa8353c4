"""What identified people said: the comments every signal about speech reads."""

import re
import unicodedata

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from zhenbo.core.session import Session, by_visitors, codes, micros


def speech(session: Session) -> pa.Table:
    """Comments with an author, a time and a text: no host, moderator, known bot or replayed backlog."""
    return by_visitors(session.rows("comment"), "ts", "text")


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


def gap_variation(
    who: npt.NDArray[np.int64], ts: npt.NDArray[np.int64], accounts: int
) -> tuple[npt.NDArray[np.float64], npt.NDArray[np.float64]]:
    """Per account: CV of its gaps (NaN without) and the number of gaps."""
    order = np.lexsort((ts, who))
    who, seconds = who[order], ts[order] / 1e6
    same = who[1:] == who[:-1]
    gap, owner = np.diff(seconds)[same], who[1:][same]
    n = np.bincount(owner, minlength=accounts).astype(np.float64)
    with np.errstate(divide="ignore", invalid="ignore"):
        mean = np.bincount(owner, gap, accounts) / n
        variance = np.bincount(owner, (gap - mean[owner]) ** 2, accounts) / n
        return np.asarray(np.sqrt(variance) / mean, dtype=np.float64), n


BEAT = 10_000_000
"""Microseconds in which people answer a host."""


def one_voice(rows: pa.Table, who: npt.NDArray[np.int64], step: float, agreed: float) -> bool:
    """Whether these people answer one voice: they speak together, and then say the same.

    Args:
        rows: their comments.
        who: code of the author of each.
        step: least coincidence: others of them in one's beat of ten seconds, over what chance would put there; about 1
            for people, or scripts, who each follow their own clock, several for a crowd that answers one voice, and for
            scripts posted account by account.
        agreed: least agreement: share of pairs in a beat with the same words (digits aside); high for a crowd that
            repeats what it was told, low for a list of sentences handed out in turn.
    """
    ts = micros(rows["ts"])
    if len(ts) < 2:
        return False
    first, last = heart(ts)
    beats = max((last - first) / BEAT, 1.0)
    inside = (ts >= first) & (ts <= last)
    beat = (ts[inside] - first) // BEAT
    words, _ = codes(pc.replace_substring_regex(rows["text"], r"[\d\s[:punct:]]+", ""))
    people, per_person = _pairs(beat), np.bincount(np.unique(who[inside], return_inverse=True)[1])
    chance = float(per_person.sum() ** 2 - (per_person**2).sum()) / beats
    same = _pairs(beat * (int(words.max()) + 1) + words[inside])
    return people / max(chance, 1.0) > step and same / max(people, 1.0) > agreed


def _pairs(group: npt.NDArray[np.int64]) -> float:
    """Ordered pairs within groups."""
    n = np.unique(group, return_counts=True)[1].astype(np.float64)
    return float((n * (n - 1)).sum())


_PUNCTUATION = re.compile(r"[\W_]+")
_DIGITS = re.compile(r"\d+")
_REPEATS = re.compile(r"(.{1,20}?)\1+")
_READ_MAX = 200
"""Characters of a comment that are compared; longer ones are compared by their beginning."""


def normal(text: str) -> str:
    """A sentence folded to what it says: width, case, punctuation, repeated parts, digits.

    Examples:
        >>> normal("买买买买！！ＯＫ 3号链接，3号链接")
        '买ok0号链接'
    """
    folded = unicodedata.normalize("NFKC", text[:_READ_MAX]).lower()
    return _REPEATS.sub(r"\1", _DIGITS.sub("0", _PUNCTUATION.sub("", folded)))
