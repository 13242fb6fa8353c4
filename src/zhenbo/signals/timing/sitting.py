"""People who sit for long and do nothing, in rooms where those who only look in do more.

## What it looks for
A room in which far more visits last ten minutes (four, thirty) than elsewhere, *and* whose long visitors take part less often than those who are
gone within a minute.

## Why it matters
Viewers that are rented by the hour (挂机, 挂人气, 云手机) drip in one by one, stay, and do nothing else, since each further act costs. No moment
betrays them. But among people time and interest go together: who stays ten minutes takes part two to three times as often as who
looks in, in every kind of honest room that talks at all. Screens without anybody before them turn that round.

## How it is fooled
By sitters who tap and talk now and then; by few of them: it sees half an audience, not a fifth; by going within minutes; by hiding departures: a
record without `leave` rows cannot be asked, and who was not seen to leave is left out.

## What clears it
One of the two alone says nothing: loyal rooms have long stays, relays (转播) and rewards for watching (看播任务) have silent ones. An entrance of
their own explains sitters, most of them with the host's fan badge are a club. Where most left at the same moment a class, an
outage or the end of a programme sent them; where most stayed one length the feed may have made their departures up (so long after the last
sign of life), or a quota is filled, which `timing.presence` looks for: neither is decided here. Old people who leave the phone on
(挂着听), and music to sleep by, would be misjudged: so it raises the question and decides nothing, and names nobody.

## Method
Among visits that could last so long: how many did, against a beta-binomial across rooms; how many of those took part, against a negative
binomial around the share of those gone within a minute. Both must be unusual; joined by Fisher's method, as long stays and
lively long stays have little to do with each other across honest rooms (rank correlation 0.0 to 0.2 over 320 simulated ones); three lengths are paid for. Baselines:
`packs/baselines/timing.sitting.toml`.

## Examples
    >>> from zhenbo.proof.pages import look
    >>> look('timing.sitting', '''
    ... 20:00-21:50 b1..b300 enters; 20:00:20-21:50:20 b1..b300 leaves; 20:00:10-20:21:50 b1..b60 say "{n}"
    ... 20:02-21:00 a1..a500 enters; 21:15-21:59 a1..a500 leaves
    ... ''')
    timing.sitting: accuses, names 0 accounts, says sitting
    >>> look('timing.sitting', '''
    ... 20:00-21:50 b1..b300 enters; 20:00:20-21:50:20 b1..b300 leaves; 20:00:10-20:21:50 b1..b60 say "{n}"
    ... 20:02-21:00 a1..a500 enters; 21:15-21:59 a1..a500 leaves; 21:01-21:14 a1..a250 say "{n}" scattered
    ... ''')
    timing.sitting: clears, names 0 accounts, says as_usual
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from zhenbo.core.evidence import Effect, Evidence, Found, Missing, Say, Signal, cite
from zhenbo.core.session import MINUTE, Session
from zhenbo.core.subject import Question, Tier
from zhenbo.kernel.visits import Bools, Visits, visits
from zhenbo.signals.company import ALONE
from zhenbo.signals.nulls import NEUTRAL, P_FLOOR, fisher, share_tail
from zhenbo.signals.stays import innocent


def look(session: Session, base: Mapping[str, Any]) -> Iterable[Found]:
    """Hold long stays, and what was done in them, against other rooms and against short ones."""
    if session.scope != "session":
        return []
    if not session.has("actor_id", "enter"):
        return [Missing(Question.AUDIENCE, "account_ids")]
    seen = visits(session)
    if not seen.ended.any():
        return [Missing(Question.AUDIENCE, "leaves")]
    if seen.ended.sum() < max(base["visits_min"], base["ended_min"] * len(seen.came)):
        return []
    told = [one for minutes in _LENGTHS if (one := _length(session, seen, minutes, base))]
    if not told:
        return []
    top = min(told, key=lambda one: one.p)
    return [_evidence(session, seen, top, min(top.p * len(told), 1.0), base)]


_LENGTHS = (4, 10, 30)
"""Minutes that a visit lasts at least: longer than a swipe, longer than a purchase, longer than most quotas."""


@dataclass(frozen=True)
class _Length:
    """The visits that lasted so long.

    Args:
        minutes: how long.
        could: visits that could have lasted so long.
        long: visits that did.
        acted: how many of those took part.
        brief: share that took part of those gone within a minute.
        expected: long visits in an ordinary room.
        most: the 95 % point across honest rooms.
        p: probability of both.
        silent: which visits were long and silent.
    """

    minutes: int
    could: int
    long: int
    acted: int
    brief: float
    expected: float
    most: float
    p: float
    silent: Bools


def _length(session: Session, seen: Visits, minutes: int, base: Mapping[str, Any]) -> _Length | None:
    from scipy import stats

    stay = np.where(seen.ended, seen.left - seen.came, 0)
    could = seen.ended & (session.span[1] - seen.came >= minutes * MINUTE)
    long, brief = could & (stay >= minutes * MINUTE), seen.ended & (stay <= MINUTE)
    if min(could.sum(), brief.sum()) < base["visits_min"] / 2 or long.sum() < base["long_min"]:
        return None
    n, k, acted = int(could.sum()), int(long.sum()), int((seen.acts[long] > 0).sum())
    rate = float((seen.acts[brief] > 0).mean())
    mean, size = base[f"share_{minutes}"], base["concentration"]
    lasting = float(share_tail(k, n, mean, size))
    taking = (
        float(stats.nbinom.cdf(acted, base["size"], base["size"] / (base["size"] + k * rate)))
        if rate
        else 1.0
    )
    both = fisher(lasting, taking) if max(lasting, taking) < base["each"] else max(lasting, taking)
    most = float(stats.betabinom.ppf(0.95, n, mean * size, (1 - mean) * size))
    return _Length(minutes, n, k, acted, rate, mean * n, most, both, long & (seen.acts == 0))


def _evidence(session: Session, seen: Visits, top: _Length, p: float, base: Mapping[str, Any]) -> Evidence:
    if p >= base["remarkable"]:
        return SIGNAL.evidence(
            window=session.span, p=max(p, NEUTRAL), observed=float(top.long), expected=top.expected,
            says="as_usual", args={"visits": int(seen.ended.sum()), "stay_s": 60.0 * top.minutes},
        )  # fmt: skip
    asked = innocent(session, seen, top.silent, base)
    floor = ALONE if asked.explained or asked.one_end else base["asked_floor"]
    rows = session.rows("enter")
    people = seen.names.take(pa.array(np.unique(seen.who[top.silent])))
    events, total = cite(
        rows, np.asarray(pc.is_in(rows["actor_id"], value_set=people).to_numpy(zero_copy_only=False))
    )
    return SIGNAL.evidence(
        window=session.span, p=float(np.clip(p, max(floor, P_FLOOR), 1)), observed=float(top.long), expected=top.expected,
        says="sitting",
        args={
            "visits": top.could, "long": top.long, "usual": round(top.expected), "stay_s": 60.0 * top.minutes,
            "acted_share": round(top.acted / top.long, 4), "brief_share": round(top.brief, 4),
        },
        effect=_effect(session, top), causes=asked.causes(anywhere=True), events=events, events_total=total,
    )  # fmt: skip


def _effect(session: Session, top: _Length) -> Effect:
    """Silent long visits beyond those of other rooms, in people of the counter; one missed beside every five found above."""
    silent, share = float(top.silent.sum()), session.coverage("enter") or 1.0
    quiet = silent / top.long
    low, mid = (max(silent - quiet * usual, 0.0) for usual in (top.most, top.expected))
    return Effect("viewers", low / share, mid / share, 1.2 * silent / share)


SIGNAL = Signal(
    id="timing.sitting",
    version=1,
    question=Question.AUDIENCE,
    tier=Tier.T1,
    title=Say("Sit for long and do nothing", "长时间挂机、毫无互动"),
    says={
        "sitting": Say(
            "{long} of {visits} visits lasted {stay_s} or longer, where {usual} are usual; {acted_share} of these did anything at all, and {brief_share} of those who "
            "were gone within a minute. Among people it is the other way round. Nobody is named.",
            "{visits} 次进场中有 {long} 次停留 {stay_s} 以上，通常约为 {usual} 次；其中有任何互动的仅 {acted_share}，而一分钟内离开者有 {brief_share}。"
            "真实观众恰好相反。不指认任何账号。",
        ),
        "as_usual": Say(
            "{visits} visits: not many lasted long, or those that did took part as people do.",
            "{visits} 次进场：长时间停留者不多，或其互动与真实观众相符。",
        ),
    },
    look=look,
)
