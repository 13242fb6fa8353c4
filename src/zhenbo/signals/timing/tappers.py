"""Visitors who tap as they come, do nothing else and go, far more of them than any room has.

## What it looks for
Visits whose first tap comes within ten seconds of coming and in which nothing is done but to tap, as a share of all visits; and how many of all visits that only tap
begin so soon.

## Why it matters
Likes are sold by the thousand and spread over accounts so that no account gives many (分散点赞): each opens the room, taps forty times and is gone within a minute. People tap when something
pleases them, one visitor in a hundred in the first seconds and nothing else. Counting an account's taps sees nothing; coming for it does.

## How it is fooled
By tapping later, or with a word beside; by a few a minute in a large room; by taps that only the counter shows (`counters.undertow`, `counters.unbacked`).

## What clears it
A host who asks for hearts gets them from those who are there; those who came before he asked began later. A contest that has fan clubs drop in to tap, a task for coins, a friend's request to
tap (助力点赞) look the same as a delivery, so it raises the question and names nobody. By an entrance of their own they were sent, by whomever: that decides nothing.

## Method
Share of such visits against a log-normal across rooms, widened by the Poisson noise of the count; their share of the visits that only tap against a beta-binomial; joined by Fisher's method
where both are below `each`, the first alone otherwise. Baselines: `packs/baselines/timing.tappers.toml`.

## Examples
    >>> from zhenbo.proof.pages import look
    >>> look('timing.tappers', '''
    ... 20:00-21:50 b1..b900 enters [via=door{n%4}]; 20:00:20-21:50:20 b1..b900 leaves; 20:30-20:50 b200..b240 likes
    ... 20:30-21:00 a1..a200 enters [via=door{n%4}]; 20:30:05-21:00:05 a1..a200 likes
    ... ''')
    timing.tappers: accuses, names 0 accounts, says came_to_tap
    >>> look('timing.tappers', '''
    ... 20:00-21:50 b1..b900 enters [via=door{n%4}]; 20:00:20-21:50:20 b1..b900 leaves; 20:30-20:50 b200..b240 likes
    ... ''')
    timing.tappers: clears, names 0 accounts, says few
"""

from collections.abc import Iterable, Mapping
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from zhenbo.core.evidence import Cause, Effect, Evidence, Found, Missing, Say, Signal, cite
from zhenbo.core.session import Session, by_visitors
from zhenbo.core.subject import Question, Tier
from zhenbo.kernel.entrance import sender
from zhenbo.kernel.visits import Visits, visits
from zhenbo.signals.company import ALONE
from zhenbo.signals.errands import Errands, above, errands
from zhenbo.signals.nulls import NEUTRAL, P_FLOOR, joined, share_tail


def look(session: Session, base: Mapping[str, Any]) -> Iterable[Found]:
    """Hold the visits that only tap, at once, against other rooms."""
    if session.scope != "session" or not session.counts.get("like"):
        return []
    if not session.has("actor_id", "enter"):
        return [Missing(Question.ENGAGEMENT, "account_ids")]
    seen = visits(session)
    if len(seen.came) < base["visits_min"]:
        return []
    return [_evidence(session, seen, errands(session, seen, "like"), base)]


def _evidence(session: Session, seen: Visits, found: Errands, base: Mapping[str, Any]) -> Evidence:
    quick = found.which.copy()
    quick[found.which] = found.waited < base["quick_s"]
    n, only, k = len(seen.came), int(found.which.sum()), int(quick.sum())
    many = above(k, n, base)
    soon = float(share_tail(k, only, base["quick_share"], base["concentration"])) if only else 1.0
    p = (
        min(many, float(joined(np.array(many), np.array(soon), base["each"])))
        if soon < base["each"]
        else many
    )
    usual = base["median"] * n
    if p >= base["remarkable"] or k < base["visits_only_min"]:
        return SIGNAL.evidence(
            window=session.span, p=max(p, NEUTRAL), observed=float(k), expected=usual, says="few",
            args={"visits": n, "quick": k, "usual_share": base["median"]},
        )  # fmt: skip
    people = seen.names.take(pa.array(np.unique(seen.who[quick])))
    rest = seen.names.take(pa.array(np.setdiff1d(seen.who, seen.who[quick])))
    sent = sender(session, people, rest, base) == "own"
    rows = by_visitors(session.rows("like"), "ts")
    theirs = np.asarray(pc.is_in(rows["actor_id"], value_set=people).to_numpy(zero_copy_only=False))
    taps = float(np.asarray(pc.fill_null(rows["qty"], 1).to_numpy())[theirs].sum())
    events, total = cite(rows, theirs)
    bought, share = max(k - usual, 0.0) / k, session.coverage("like") or 1.0
    most = usual * float(np.exp(1.6449 * base["sigma"]))
    return SIGNAL.evidence(
        window=session.span, p=float(np.clip(p, max(ALONE if sent else base["asked_floor"], P_FLOOR), 1)), observed=float(k), expected=usual,
        says="came_to_tap",
        args={
            "visits": n, "quick": k, "seen_share": round(k / n, 4), "usual_share": base["median"], "only": only, "taps": round(taps),
            "quick_s": float(base["quick_s"]),
        },
        effect=Effect("likes", max(k - most, 0.0) / k * taps / share, bought * taps / share, 1.2 * taps / share),
        causes=(Cause("like_reward", "open"),), events=events, events_total=total,
    )  # fmt: skip


SIGNAL = Signal(
    id="timing.tappers",
    version=1,
    question=Question.ENGAGEMENT,
    tier=Tier.T1,
    title=Say("Come, tap, go", "进场即点赞、别无行为"),
    says={
        "came_to_tap": Say(
            "In {quick} of {visits} visits ({seen_share}; around {usual_share} is usual) tapping began within {quick_s} of coming and nothing else was done; {only} visits only tapped. {taps} likes "
            "are theirs. Nobody is named.",
            "{visits} 次进场中有 {quick} 次（{seen_share}，常见约 {usual_share}）在进场 {quick_s} 内即开始点赞且别无行为；仅点赞的进场共 {only} 次。其点赞合计 {taps} 次。不指认任何账号。",
        ),
        "few": Say(
            "{quick} of {visits} visits tapped as they came and did nothing else (around {usual_share} is usual).",
            "{visits} 次进场中有 {quick} 次进场即点赞且别无行为（常见约 {usual_share}）。",
        ),
    },
    look=look,
)
