"""Visitors who come, follow and do nothing else, far more of them than any room wins.

## What it looks for
Visits in which one thing is done, following the host, as a share of all visits; and how many of these follow within ten seconds of coming.

## Why it matters
Followers are sold by the hundred (涨粉, 买粉): each account opens the room, presses the button and goes, or sits. People follow after watching, one or two in a hundred visitors, and most who do so in the first seconds are
carried in by a video they liked. A fifth of all visitors following and doing nothing else is a delivery, however evenly it is spread.

## How it is fooled
By a few a minute in a large room; by accounts that tap or say a word as well; by followers who never enter (the counter tells: `counters.unbacked`,
`counters.undertow`).

## What clears it
Who asks for follows gets them: a draw for followers, a coupon, a friend's request for help (助力), a call of the host. Then they follow when asked: where most of
it happened in a tenth of the time it decides nothing, unless they follow as they come: who is not there yet hears no call. By an entrance of their own they were sent, by whomever (a code on a poster, a paid errand): that decides
nothing either, and clears nothing. A reward that stands all evening looks the same as a delivery, so it raises the question and names nobody.

## Method
Share of such visits against a log-normal across rooms, widened by the Poisson noise of the count; those within ten seconds against a beta-binomial; joined by Fisher's method where
both are below `each`, the first alone otherwise. Baselines: `packs/baselines/timing.followers.toml`.

## Examples
    >>> from zhenbo.proof.pages import look
    >>> look('timing.followers', '''
    ... 20:00-21:50 b1..b500 enters [via=door{n%4}]; 20:00:20-21:50:20 b1..b500 leaves; 20:30-20:50 b130..b140 follows
    ... 20:05-21:45 a1..a150 enters [via=door{n%4}]; 20:05:03-21:45:03 a1..a150 follows
    ... ''')
    timing.followers: accuses, names 0 accounts, says came_to_follow
    >>> look('timing.followers', '''
    ... 20:00-21:50 b1..b900 enters [via=door{n%4}]; 20:00:20-21:50:20 b1..b900 leaves; 20:30-20:50 b130..b140 follows
    ... ''')
    timing.followers: clears, names 0 accounts, says few
"""

from collections.abc import Iterable, Mapping
from typing import Any

import numpy as np
import pyarrow.compute as pc

from zhenbo.core.evidence import Cause, Evidence, Found, Say, Signal, cite
from zhenbo.core.session import Session, by_visitors
from zhenbo.core.subject import Question, Tier
from zhenbo.kernel.entrance import sender
from zhenbo.kernel.visits import Visits, visits
from zhenbo.signals.company import ALONE
from zhenbo.signals.errands import Errands, above, at_once, called, effect, errands
from zhenbo.signals.nulls import NEUTRAL, P_FLOOR
from zhenbo.signals.stays import untold


def look(session: Session, base: Mapping[str, Any]) -> Iterable[Found]:
    """Hold the visits that only follow against other rooms."""
    if session.scope != "session" or not session.counts.get("follow"):
        return []
    if missing := untold(session, Question.ENGAGEMENT):
        return missing
    seen = visits(session)
    if len(seen.came) < base["visits_min"]:
        return []
    return [_evidence(session, seen, errands(session, seen, "follow"), base)]


def _evidence(session: Session, seen: Visits, found: Errands, base: Mapping[str, Any]) -> Evidence:
    n, k = len(seen.came), int(found.which.sum())
    quick = int((found.waited < base["quick_s"]).sum())
    p, soon = at_once(above(k, n, base), quick, k, base)
    usual = base["median"] * n
    if p >= base["remarkable"] or k < base["follows_min"]:
        return SIGNAL.evidence(
            window=session.span, p=max(p, NEUTRAL), observed=float(k), expected=usual, says="few",
            args={"visits": n, "follows": k, "usual_share": base["median"]},
        )  # fmt: skip
    answers = soon >= base["each"] and called(found.at, session.span, base)
    people, rest = seen.apart(found.which)
    asked = answers or sender(session, people, rest, base) == "own"
    events, total = cite(rows := by_visitors(session.rows("follow"), "ts"), np.asarray(pc.is_in(rows["actor_id"], value_set=people).to_numpy()))  # fmt: skip
    share = session.coverage("follow") or 1.0
    return SIGNAL.evidence(
        window=session.span, p=float(np.clip(p, max(ALONE if asked else base["asked_floor"], P_FLOOR), 1)), observed=float(k), expected=usual,
        says="came_to_follow",
        args={"visits": n, "follows": k, "seen_share": round(k / n, 4), "usual_share": base["median"], "quick_share": round(quick / k, 4), "quick_s": float(base["quick_s"])},
        effect=effect("follows", (k, usual, base["sigma"]), k, share),
        causes=(Cause("follow_reward", "open"),), events=events, events_total=total,
    )  # fmt: skip


SIGNAL = Signal(
    id="timing.followers",
    version=1,
    question=Question.ENGAGEMENT,
    tier=Tier.T1,
    title=Say("Come, follow, nothing else", "进场即关注、别无行为"),
    says={
        "came_to_follow": Say(
            "In {follows} of {visits} visits ({seen_share}; around {usual_share} is usual) the host was followed and nothing else done; {quick_share} of these followed within {quick_s} of coming. "
            "Nobody is named.",
            "{visits} 次进场中有 {follows} 次（{seen_share}，常见约 {usual_share}）仅关注主播而别无行为；其中 {quick_share} 在进场 {quick_s} 内关注。不指认任何账号。",
        ),
        "few": Say(
            "{follows} of {visits} visits did nothing but follow (around {usual_share} is usual).",
            "{visits} 次进场中有 {follows} 次仅关注主播（常见约 {usual_share}）。",
        ),
    },
    look=look,
)
