"""Visitors who tap and do nothing else, far more of them than any room has.

## What it looks for
Visits in which nothing is done but to tap, as a share of all visits; and those of them whose first tap comes within ten seconds of coming, as a share of all visits and of the visits
that only tap.

## Why it matters
Likes are sold by the thousand and spread over accounts so that no account gives many (分散点赞): each opens the room, taps forty times and is gone within a minute. People tap when something
pleases them, one visitor in a hundred in the first seconds and nothing else. Counting an account's taps sees nothing; coming for it does.

## How it is fooled
By a word or a click beside; by a few a minute in a large room; by taps that only the counter shows (`counters.undertow`, `counters.unbacked`).

## What clears it
A host who asks for hearts gets them from those who are there: where they tap in the same minutes too it decides nothing. A contest that has fan clubs drop in to tap, a task for coins, a friend's request to
tap (助力点赞) look the same as a delivery, so it raises the question and names nobody. By an entrance of their own they were sent, by whomever: that decides nothing.

## Method
Each share of all visits against a log-normal across rooms, widened by the Poisson noise of the count. Those at once also among the visits that only tap, against a beta-binomial; joined by Fisher's method
where both are below `each`. Both looks are paid for. Baselines: `packs/baselines/timing.tappers.toml`.

## Examples
    >>> from zhenbo.proof.pages import look
    >>> look('timing.tappers', '''
    ... 20:00-21:50 b1..b900 enters [via=door{n%4}]; 20:00:20-21:50:20 b1..b900 leaves; 20:15-21:55 b60..b100 likes
    ... 20:30-21:00 a1..a200 enters [via=door{n%4}]; 20:30:05-21:00:05 a1..a200 likes
    ... ''')
    timing.tappers: accuses, names 0 accounts, says came_to_tap
    >>> look('timing.tappers', '''
    ... 20:00-21:50 b1..b900 enters [via=door{n%4}]; 20:00:20-21:50:20 b1..b900 leaves; 20:15-21:55 b60..b100 likes
    ... ''')
    timing.tappers: clears, names 0 accounts, says few
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from zhenbo.core.evidence import Cause, Evidence, Found, Say, Signal, cite
from zhenbo.core.session import MINUTE, Session, by_visitors, micros
from zhenbo.core.subject import Question, Tier
from zhenbo.kernel.entrance import sender
from zhenbo.kernel.visits import Bools, Ints, Visits, visits
from zhenbo.signals.company import ALONE
from zhenbo.signals.errands import Errands, above, at_once, effect, errands
from zhenbo.signals.nulls import NEUTRAL, P_FLOOR
from zhenbo.signals.stays import untold

_A_WHILE = 3 * MINUTE
"""Who has been there for so long did not come to tap."""


def look(session: Session, base: Mapping[str, Any]) -> Iterable[Found]:
    """Hold the visits that only tap, and those of them that tap at once, against other rooms."""
    if session.scope != "session" or not session.counts.get("like"):
        return []
    if missing := untold(session, Question.ENGAGEMENT):
        return missing
    seen = visits(session)
    if len(seen.came) < base["visits_min"]:
        return []
    looks = _looks(errands(session, seen, "like"), len(seen.came), base)
    top = min(looks, key=lambda one: one.p)
    return [_evidence(session, seen, top, min(len(looks) * top.p, 1.0), base)]


@dataclass(frozen=True)
class _Look:
    """Visits that were counted.

    Args:
        says: what is said of them.
        which: which visits.
        usual: their share of the visits of an ordinary room.
        sigma: standard deviation of its natural logarithm between rooms.
        p: probability of as many.
    """

    says: str
    which: Bools
    usual: float
    sigma: float
    p: float


def _looks(found: Errands, n: int, base: Mapping[str, Any]) -> tuple[_Look, _Look]:
    """All visits that only tap, and those that tap at once; the latter also as a share of the former."""
    quick = found.which.copy()
    quick[found.which] = found.waited < base["quick_s"]
    only, k = int(found.which.sum()), int(quick.sum())
    hasty, _ = at_once(above(k, n, base), k, only, base)
    median, sigma = base["only_median"], base["only_sigma"]
    of_all = above(only, n, {"median": median, "sigma": sigma})
    return (
        _Look("came_to_tap", quick, base["median"], base["sigma"], hasty),
        _Look("only_tapped", found.which, median, sigma, of_all),
    )


def _evidence(session: Session, seen: Visits, top: _Look, p: float, base: Mapping[str, Any]) -> Evidence:
    n, k = len(seen.came), int(top.which.sum())
    usual = top.usual * n
    if p >= base["remarkable"] or k < base["errands_min"]:
        return SIGNAL.evidence(
            window=session.span, p=max(p, NEUTRAL), observed=float(k), expected=usual, says="few", args={"visits": n},
        )  # fmt: skip
    people, rest = seen.apart(top.which)
    rows = by_visitors(session.rows("like"), "ts")
    theirs = np.asarray(pc.is_in(rows["actor_id"], value_set=people).to_numpy(zero_copy_only=False))
    called = _called(seen.first[top.which], _there(rows, seen), session.span, base)
    excused = called or sender(session, people, rest, base) == "own"
    taps = float(np.asarray(pc.fill_null(rows["qty"], 1).to_numpy())[theirs].sum())
    events, total = cite(rows, theirs)
    share = session.coverage("like") or 1.0
    return SIGNAL.evidence(
        window=session.span, p=float(np.clip(p, max(ALONE if excused else base["asked_floor"], P_FLOOR), 1)), observed=float(k), expected=usual,
        says=top.says,
        args={
            "visits": n, "taps_only": k, "seen_share": round(k / n, 4), "usual_share": top.usual, "taps": round(taps), "quick_s": float(base["quick_s"]),
        },
        effect=effect("likes", (k, usual, top.sigma), taps, share),
        causes=(Cause("like_reward", "open"),), events=events, events_total=total,
    )  # fmt: skip


def _there(rows: pa.Table, seen: Visits) -> Ints:
    """When those tapped who had been there for a while."""
    first = np.full(len(seen.names) + 1, np.iinfo(np.int64).max // 2)
    np.minimum.at(first, seen.who, seen.came)
    ts = micros(rows["ts"])
    return np.asarray(ts[ts - first[seen.code(rows["actor_id"])] > _A_WHILE])


def _called(at: Ints, there: Ints, span: tuple[int, int], base: Mapping[str, Any]) -> bool:
    """Whether those who were there tap as well in the minutes in which half of them began: the host asked for hearts."""
    minutes = (span[1] - span[0]) // MINUTE + 1
    theirs, rest = (
        np.bincount(np.clip((ts - span[0]) // MINUTE, 0, minutes - 1), minlength=minutes)
        for ts in (at, there)
    )
    order = np.argsort(-theirs, kind="stable")
    busy = order[: int(np.searchsorted(np.cumsum(theirs[order]), len(at) / 2)) + 1]
    inside, outside = rest[busy].mean(), (rest.sum() - rest[busy].sum()) / max(minutes - len(busy), 1)
    return bool(inside >= base["called"] * max(outside, 1 / minutes))


SIGNAL = Signal(
    id="timing.tappers",
    version=1,
    question=Question.ENGAGEMENT,
    tier=Tier.T1,
    title=Say("Tap and nothing else", "仅点赞、别无行为"),
    says={
        "came_to_tap": Say(
            "In {taps_only} of {visits} visits ({seen_share}; around {usual_share} is usual) tapping began within {quick_s} of coming and nothing else was done. {taps} likes "
            "are theirs. Nobody is named.",
            "{visits} 次进场中有 {taps_only} 次（{seen_share}，常见约 {usual_share}）在进场 {quick_s} 内即开始点赞且别无行为，其点赞合计 {taps} 次。不指认任何账号。",
        ),
        "only_tapped": Say(
            "In {taps_only} of {visits} visits ({seen_share}; around {usual_share} is usual) nothing was done but to tap. {taps} likes are theirs. Nobody is named.",
            "{visits} 次进场中有 {taps_only} 次（{seen_share}，常见约 {usual_share}）仅点赞而别无行为，其点赞合计 {taps} 次。不指认任何账号。",
        ),
        "few": Say(
            "{visits} visits: no more of them only tap, or tap as they come, than in other rooms.",
            "{visits} 次进场：仅点赞或进场即点赞的不多于其他直播间。",
        ),
    },
    look=look,
)
