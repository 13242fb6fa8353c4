"""Followers over time against what grows by itself: which stretches no organic growth on record explains (FIELD K30).

A host of 241,000 followers gained 100,000 in half a year: 550 a day, 0.2 % (A52). Bought growth is 10,000 a day or more, and
10,000 to 20,000 for a new account (A47). The limit lies between, far on the side of the honest: three times A52's daily
gain or 2 % of the followers a day, whichever is more, and on top whatever the host's own broadcasts of those days gained
from followers that were judged real. Beyond it a stretch is *outside*, which accuses nobody: a film that went
viral, an appearance elsewhere or disclosed advertising does the same, and the platform's list of sources tells them apart.
"""

from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from itertools import pairwise
from typing import Annotated, Literal

from msgspec import Meta, Struct

from zhenbo.core.session import DAY, HOUR, Window
from zhenbo.core.verdict import Count, SubjectVerdict

ORGANIC_PER_DAY = 550.0
"""A52: 241,000 -> 341,000 in six months."""
TIMES = 3.0
SHARE_PER_DAY = 0.02
APART = 20 * HOUR
"""Readings closer than this are one: a limit per day needs a day."""


class Reading(Struct, frozen=True, order=True):
    """A follower count that was displayed at a moment."""

    at: Annotated[int, Meta(description="microsecond")]
    fans: Count
    event: Annotated[str, Meta(description="source:event_id, or the snapshot it is from")]


class Spell(Struct, frozen=True, kw_only=True):
    """A stretch of growth beyond the limit."""

    start: str
    end: str
    gained: int
    per_day: float
    limit_per_day: float
    explained: Annotated[
        int, Meta(description="followers that broadcasts of the stretch gained, judged real, upper end")
    ]
    declared: Annotated[list[str], Meta(description="declared windows in it: they may explain it")]
    events: Annotated[list[str], Meta(description="the two readings")]


class Growth(Struct, frozen=True, kw_only=True):
    """How the followers of a host grew."""

    readings: Count
    start: str | None = None
    end: str | None = None
    fans_first: int | None = None
    fans_last: int | None = None
    per_day: float | None = None
    outcome: Annotated[Literal["inside", "outside", "unknown"], Meta(description="against the organic limit")]
    spells: list[Spell] = []


def growth(
    readings: Iterable[Reading], verdicts: Sequence[SubjectVerdict], windows: Sequence[Window] = ()
) -> Growth:
    """Follower counts over time against the organic limit.

    Args:
        readings: displayed counts, in any order.
        verdicts: broadcasts of the host, for the followers they gained.
        windows: declared honest causes.

    Examples:
        >>> day = 86_400_000_000
        >>> told = [Reading(0, 241_000, ""), Reading(182 * day, 341_000, ""), Reading(183 * day, 351_000, "")]
        >>> growth(told[:2], ()).outcome, [s.gained for s in growth(told, ()).spells]
        ('inside', [10000])
    """
    kept = _thinned(sorted(readings))
    if len(kept) < 2:
        return Growth(readings=len(kept), outcome="unknown")
    first, last = kept[0], kept[-1]
    spells = [s for a, b in pairwise(kept) if (s := _spell(a, b, verdicts, windows)) is not None]
    return Growth(
        readings=len(kept), start=iso(first.at), end=iso(last.at), fans_first=first.fans, fans_last=last.fans,
        per_day=(last.fans - first.fans) / ((last.at - first.at) / DAY), outcome="outside" if spells else "inside",
        spells=sorted(spells, key=lambda s: (-s.gained, s.start)),
    )  # fmt: skip


def _thinned(readings: Sequence[Reading]) -> list[Reading]:
    """The last reading of every stretch of `APART`, the very first one kept."""
    kept = list(readings[:1])
    for r in readings[1:]:
        if r.at - kept[-1].at >= APART:
            kept.append(r)
        elif len(kept) > 1:
            kept[-1] = r if r.at - kept[-2].at < 2 * APART else kept[-1]
    return kept


def _spell(
    a: Reading, b: Reading, verdicts: Sequence[SubjectVerdict], windows: Sequence[Window]
) -> Spell | None:
    days = (b.at - a.at) / DAY
    limit = max(TIMES * ORGANIC_PER_DAY, SHARE_PER_DAY * a.fans)
    inside = [v for v in verdicts if v.start is not None and a.at <= micro(v.start) <= b.at]
    won = sum(v.fake.follows.shown - v.fake.follows.low for v in inside if v.fake.follows is not None)
    if b.fans - a.fans <= limit * days + won:
        return None
    return Spell(
        start=iso(a.at), end=iso(b.at), gained=b.fans - a.fans, per_day=(b.fans - a.fans) / days, limit_per_day=limit, explained=won,
        declared=sorted({w.kind for w in windows if w.overlaps(a.at, b.at)}), events=[a.event, b.event],
    )  # fmt: skip


def iso(at: int) -> str:
    """A microsecond as ISO 8601 UTC."""
    return datetime.fromtimestamp(at / 1e6, tz=UTC).isoformat(timespec="seconds").replace("+00:00", "Z")


def micro(text: str) -> int:
    """An ISO 8601 time as microseconds."""
    return int(datetime.fromisoformat(text).timestamp() * 1_000_000)
