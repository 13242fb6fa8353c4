"""Those who do nothing were registered in one season in which hardly any of those who take part were, or the reverse.

## What it looks for
A span of registration times that holds many of the accounts which came and did nothing, and few of those which came and did something, beside older *and*
younger accounts. Or one that holds many of the active, and few of the silent: a fleet that was sent to talk.

## Why it matters
Accounts for hire are made, kept for some months (养号) and then sent, so those that one seller sends are of one vintage (同期注册). They
can trickle in one by one, stay as people stay and leave as people leave: where departures are not told, nothing else of a silent crowd is to be
seen. But all of them are silent, or all of them talk, and the people whom the room won are of all ages in both.

## How it is fooled
By accounts bought from many batches and years, by stolen ones, by sellers who let some of them act, by real people paid for watching.

## What clears it
New people take part less than old ones, the old have other habits than the young, and the audience of one season may be its own kind: what a span differs by from its
neighbours is taken to be large in any room. A habit that grows with age shows on one side only, so a span between older and younger accounts must differ from
both, and one at the edge must differ by more. Who registered within three days comes for this room and is left out. Who came by an entrance of their
own (a class, a relay, a code), or wears the host's fan badge, has a reason to be of one season; those who talk may have registered when their star did, so nothing is
asked of them where no badges are told. A reward for watching may draw those
who collect them: so the question is raised, nothing is decided, and nobody is named.

## Method
Ends of the span are the twentieths of the crowd's registration times; a span is a year long at most and holds a tenth of them at least. For each, the log odds ratio
(crowd against the others, within against each side), over its standard error and `scatter` between rooms; the weaker side counts, the best span is taken and paid for
(`spans`). Baselines: `packs/baselines/identity.vintage.toml`.

## Examples
    >>> from zhenbo.proof.pages import look
    >>> look('identity.vintage', '''
    ... 20:00-21:50 b1..b400 enter scattered [since=202{0|1|2|3|4|5}-0{1|2|3|4|5|6|7|8|9}-{11|12|13|14|15|16|17|18|19|20|21|22|23}T10:00]
    ... 20:05-21:55 b1..b120 say "{n}"
    ... 20:00-21:50 a1..a300 enter scattered [since=2025-1{0|1}-{11|12|13|14|15|16|17|18|19|20|21|22|23}T10:00]
    ... ''')
    identity.vintage: accuses, names 0 accounts, says silent
    >>> look('identity.vintage', '''
    ... 20:00-21:50 b1..b700 enter scattered [since=202{0|1|2|3|4|5}-0{1|2|3|4|5|6|7|8|9}-{11|12|13|14|15|16|17|18|19|20|21|22|23}T10:00]
    ... 20:05-21:55 b1..b120 say "{n}"
    ... ''')
    identity.vintage: clears, names 0 accounts, says of_all_ages
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from zhenbo.core.evidence import Cause, Effect, Evidence, Found, Missing, Say, Signal, cite
from zhenbo.core.session import DAY, Session
from zhenbo.core.subject import Question, Tier
from zhenbo.kernel.entrance import sender
from zhenbo.kernel.people import badge_share, people, registered
from zhenbo.signals.nulls import NEUTRAL, P_FLOOR

Ints = npt.NDArray[np.int64]
Bools = npt.NDArray[np.bool_]

_PARTS = 20
"""A crowd's registration times are cut into so many parts of equal size."""


def look(session: Session, base: Mapping[str, Any]) -> Iterable[Found]:
    """Hold the registration times of the silent against those of the active, and the reverse."""
    if session.scope != "session" or not session.has("actor_id", "enter"):
        return []
    there = people(session)
    came = there.names.filter(pc.is_in(there.names, value_set=session.rows("enter")["actor_id"]))
    names, since = registered(session, came)
    older = since < session.span[0] - int(base["newcomer_days"] * DAY)
    names, since = names.filter(pa.array(older)), since[older]
    if not len(names):
        return [Missing(Question.AUDIENCE, "registration")]
    acted = np.asarray(pc.is_in(names, value_set=there.names.filter(pa.array(there.acts > 0))).to_numpy(zero_copy_only=False))  # fmt: skip
    if (~acted).sum() < base["silent_min"] or acted.sum() < base["acting_min"]:
        return []
    spans = [
        one for active in (False, True) if (one := _sharpest(since, acted == active, base, active=active))
    ]
    return [_evidence(session, names, min(spans, key=lambda s: s.p), base)] if spans else []


@dataclass(frozen=True)
class _Span:
    """A span of registration times in which a crowd stands out.

    Args:
        active: whether the crowd are those who did something.
        crowd: which accounts are the crowd.
        first: its first moment, microseconds.
        last: its last.
        within: which accounts were registered in the span.
        usual: accounts of the crowd to be expected in it, from the others in it and both outside.
        scatter: standard deviation between rooms it was held against.
        p: probability of so many, spans paid for.
    """

    active: bool
    crowd: Bools
    first: int
    last: int
    within: Bools
    usual: float
    scatter: float
    p: float


def _sharpest(since: Ints, crowd: Bools, base: Mapping[str, Any], *, active: bool) -> _Span | None:
    """The span in which the crowd stands out most, against its weaker side."""
    from scipy import stats

    mine, others = np.sort(since[crowd]), np.sort(since[~crowd])
    ends = np.unique(mine[np.linspace(0, len(mine) - 1, _PARTS + 1).astype(np.int64)])
    first, last = (ends[k] for k in np.triu_indices(len(ends), 1))
    sides = [_counts(x, first, last) for x in (mine, others)]
    (before, within, after), (o_before, o_within, o_after) = sides
    told = [x >= base["side_share"] * len(mine) for x in (before, after)]
    scatter = np.where(told[0] & told[1], base["scatter"], base["scatter_edge"])
    z = np.full(len(first), np.inf)
    for count, other, counts in ((before, o_before, told[0]), (after, o_after, told[1])):
        odds = np.log((within + 0.5) * (other + 0.5) / ((count + 0.5) * (o_within + 0.5)))
        error = sum(1 / (x + 0.5) for x in (within, count, other, o_within))
        z = np.where(counts, np.minimum(z, odds / np.sqrt(error + scatter**2)), z)
    share = within / len(mine)
    season = last - first <= int(base["season_days"] * DAY)
    z = np.where((share >= base["share_least"]) & season & np.isfinite(z), z, -np.inf)
    if not len(z) or not np.isfinite(z).any():
        return None
    k = int(np.argmax(z))
    usual = (len(mine) - within[k]) * (o_within[k] + 0.5) / (len(others) - o_within[k] + 0.5)
    p = float(min(base["spans"] * stats.norm.sf(z[k]), 1.0))
    within_it = (since >= first[k]) & (since <= last[k])
    return _Span(active, crowd, int(first[k]), int(last[k]), within_it, float(usual), float(scatter[k]), p)


def _counts(times: Ints, first: Ints, last: Ints) -> tuple[Ints, Ints, Ints]:
    """How many lie before, within and after each span, its ends included."""
    before, upto = np.searchsorted(times, first), np.searchsorted(times, last, "right")
    return before, upto - before, len(times) - upto


def _evidence(session: Session, names: pa.Array, span: _Span, base: Mapping[str, Any]) -> Evidence:
    mine = span.crowd & span.within
    n, size, others = int(mine.sum()), int(span.crowd.sum()), int((~span.crowd).sum())
    if span.p >= base["remarkable"]:
        return SIGNAL.evidence(
            window=session.span, p=max(span.p, NEUTRAL), observed=float(n), expected=span.usual, says="of_all_ages", args={"known": len(names)},
        )  # fmt: skip
    members, rest = names.filter(pa.array(mine)), names.filter(pa.array(~mine))
    door = sender(session, members, rest, base)
    club = _club(session, members, base)
    excused = door == "own" or club == "explains" or (span.active and club == "open")
    floor = base["sent_floor"] if excused else base["asked_floor"]
    rows = session.rows("comment" if span.active else "enter")
    theirs = np.asarray(pc.is_in(rows["actor_id"], value_set=members).to_numpy(zero_copy_only=False))
    events, total = cite(rows, theirs)
    return SIGNAL.evidence(
        question=Question.ENGAGEMENT if span.active else Question.AUDIENCE,
        window=session.span, p=float(np.clip(span.p, max(floor, P_FLOOR), 1)), observed=float(n), expected=span.usual,
        says="active" if span.active else "silent",
        args={
            "accounts": n, "crowd": size, "others": others, "first_us": span.first, "last_us": span.last,
            "crowd_share": round(n / size, 4), "others_share": round(float((span.within & ~span.crowd).sum()) / others, 4),
        },
        effect=_effect(session, span, n, float(total)),
        causes=(
            Cause("watching_task", {"own": "explains", "none": "ruled_out"}.get(door, "open")),
            Cause("fan_club", club), Cause("registration_wave", "open"),
        ),
        events=events, events_total=total,
    )  # fmt: skip


def _club(session: Session, members: pa.Array, base: Mapping[str, Any]) -> str:
    """Whether they are the host's fans: people register by the thousand when a star joins a platform."""
    badges = badge_share(session, members)
    if badges is None:
        return "open"
    return "explains" if badges > base["fans"] else "ruled_out"


def _effect(session: Session, span: _Span, n: int, rows: float) -> Effect | None:
    """Members beyond those to be expected, in viewers, or in the comments they wrote; one missed beside every five found above."""
    if not rows:
        return None
    most = span.usual * float(np.exp(1.6449 * span.scatter))
    each = rows / n if span.active else 1.0
    unit = each / (session.coverage("comment" if span.active else "enter") or 1.0)
    low, mid = (max(n - x, 0.0) * unit for x in (most, span.usual))
    return Effect("comments" if span.active else "viewers", low, mid, 1.2 * n * unit)


SIGNAL = Signal(
    id="identity.vintage",
    version=1,
    question=Question.AUDIENCE,
    tier=Tier.T1,
    title=Say("Silent, or active, accounts of one vintage", "静默（或活跃）账号同期注册"),
    says={
        "silent": Say(
            "Of {crowd} accounts that came and did nothing {accounts} ({crowd_share}) were registered from {first_us} to {last_us}; of the {others} that did something it is "
            "{others_share}. Nobody is named.",
            "进场而毫无互动的 {crowd} 个账号中，{accounts} 个（{crowd_share}）注册于 {first_us} 至 {last_us}；有互动的 {others} 个账号中仅为 {others_share}。不指认任何账号。",
        ),
        "active": Say(
            "Of {crowd} accounts that came and did something {accounts} ({crowd_share}) were registered from {first_us} to {last_us}; of the {others} that did nothing it is "
            "{others_share}. Nobody is named.",
            "进场且有互动的 {crowd} 个账号中，{accounts} 个（{crowd_share}）注册于 {first_us} 至 {last_us}；毫无互动的 {others} 个账号中仅为 {others_share}。不指认任何账号。",
        ),
        "of_all_ages": Say(
            "The {known} accounts that did something and that did nothing were registered over the same years.",
            "有互动与毫无互动的账号（共 {known} 个）注册时间分布相近。",
        ),
    },
    look=look,
)
