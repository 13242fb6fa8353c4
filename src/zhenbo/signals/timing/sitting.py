"""People who sit for long and do nothing, in rooms where those who stay a little do more.

## What it looks for
A room in which many visits last four minutes, ten or thirty, *and* whose long visitors take part less often than those who
stayed one to four minutes.

## Why it matters
Viewers that are rented by the hour (挂机, 挂人气, 云手机) drip in one by one, stay, and do nothing else, since each further act costs. No moment
betrays them. But among people time and interest go together: the longer somebody stays, the more likely they did something, in every kind of honest room
that talks at all. Screens without anybody before them turn that round.

## How it is fooled
By sitters who tap and talk now and then; by stays as short as people's, so that the little stays are filled too; by few of them: it sees a fifth of an audience, not a
twentieth; by hiding departures: a record without `leave` rows cannot be asked, and who was not seen to leave is left out.

## What clears it
Loyal rooms have long stays, relays (转播) and rewards for watching (看播任务) have silent ones. An entrance of
their own explains sitters, most of them with the host's fan badge are a club. Where most left at the same moment a class, an
outage or the end of a programme sent them; where most stayed one length the feed may have made their departures up (so long after the last
sign of life), or a quota is filled, which `timing.presence` looks for: neither is decided here. Where people come on an errand (a coupon for a word) and go, long visitors are the quieter
ones, and few: so long visits must not be rarer than usual. Old people who leave the phone on
(挂着听), and music to sleep by, would be misjudged: so it raises the question and decides nothing, and names nobody.

## Method
Among visits that could last so long: how many of those that did took part, against a negative
binomial around the share of those that lasted one to four minutes and came by the same entrances; and how many did last, against a beta-binomial across rooms, which need not be rare and must not be
below the middle. Joined by Fisher's method; three lengths are paid for. Bought are at least those whom the acts of the long visitors, at the rate of the little ones, do not answer
for. Baselines: `packs/baselines/timing.sitting.toml`.

## Examples
    >>> from zhenbo.proof.pages import look
    >>> look('timing.sitting', '''
    ... 20:00-21:50 b1..b300 enters; 20:02-21:52 b1..b300 leaves; 20:00:10-20:21:50 b1..b60 say "{n}"
    ... 20:02-21:00 a1..a500 enters; 21:15-21:59 a1..a500 leaves
    ... ''')
    timing.sitting: accuses, names 0 accounts, says sitting
    >>> look('timing.sitting', '''
    ... 20:00-21:50 b1..b300 enters; 20:02-21:52 b1..b300 leaves; 20:00:10-20:21:50 b1..b60 say "{n}"
    ... 20:02-21:00 a1..a500 enters; 21:15-21:59 a1..a500 leaves; 21:01-21:14 a1..a250 say "{n}" scattered
    ... ''')
    timing.sitting: clears, names 0 accounts, says as_usual
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import pyarrow.compute as pc

from zhenbo.core.evidence import Effect, Evidence, Found, Say, Signal, cite
from zhenbo.core.session import MINUTE, Session
from zhenbo.core.subject import Question, Tier
from zhenbo.kernel.visits import Bools, Visits, visits
from zhenbo.signals.company import ALONE
from zhenbo.signals.nulls import NEUTRAL, P_FLOOR, fisher, share_tail
from zhenbo.signals.stays import innocent, untold


def look(session: Session, base: Mapping[str, Any]) -> Iterable[Found]:
    """Hold long stays, and what was done in them, against other rooms and against short ones."""
    if session.scope != "session":
        return []
    if missing := untold(session, Question.AUDIENCE, departures=True):
        return missing
    seen = visits(session)
    if seen.ended.sum() < max(base["visits_min"], base["ended_min"] * len(seen.came)):
        return []
    told = [one for minutes in _LENGTHS if (one := _length(session, seen, minutes, base))]
    if not told:
        return []
    top = min(told, key=lambda one: one.p)
    return [_evidence(session, seen, top, min(top.p * len(told), 1.0), base)]


_LITTLE = (MINUTE, 4 * MINUTE)
"""A little stay: longer than a swipe, shorter than any that is bought by the hour."""
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
        little: share that took part of those that stayed one to four minutes, by the same entrances.
        expected: long visits in an ordinary room.
        p: probability of both.
        silent: which visits were long and silent.
    """

    minutes: int
    could: int
    long: int
    acted: int
    little: float
    expected: float
    p: float
    silent: Bools


def _length(session: Session, seen: Visits, minutes: int, base: Mapping[str, Any]) -> _Length | None:
    from scipy import stats

    stay = np.where(seen.ended, seen.left - seen.came, 0)
    could = seen.ended & (session.span[1] - seen.came >= minutes * MINUTE)
    long = could & (stay >= minutes * MINUTE)
    little = seen.ended & (stay >= _LITTLE[0]) & (stay < _LITTLE[1])
    if could.sum() < base["visits_min"] / 2 or min(long.sum(), little.sum()) < base["long_min"]:
        return None
    n, k, acted = int(could.sum()), int(long.sum()), int((seen.acts[long] > 0).sum())
    rate = _like_them(seen, long, little, base["pseudo"])
    mean, size = base[f"share_{minutes}"], base["concentration"]
    lasting = float(share_tail(k, n, mean, size))
    taking = float(stats.nbinom.cdf(acted, base["size"], base["size"] / (base["size"] + k * rate)))
    asked = taking < base["each"] and lasting < base["lasting_most"]
    both = fisher(lasting, taking) if asked else max(lasting, taking)
    return _Length(minutes, n, k, acted, rate, mean * n, both, long & (seen.acts == 0))


def _like_them(seen: Visits, long: Bools, little: Bools, pseudo: float) -> float:
    """Share that takes part of those who stay a little, of whoever came by the entrances of those who stay long."""
    acted = seen.acts > 0
    rate = ((acted & little).sum() + 0.5) / (little.sum() + 1)
    n, took, wanted = (
        np.bincount(seen.door[some] + 1, minlength=seen.door.max() + 2)
        for some in (little, acted & little, long)
    )
    return float(wanted @ ((took + pseudo * rate) / (n + pseudo)) / wanted.sum())


def _evidence(session: Session, seen: Visits, top: _Length, p: float, base: Mapping[str, Any]) -> Evidence:
    if p >= base["remarkable"]:
        return SIGNAL.evidence(
            window=session.span, p=max(p, NEUTRAL), observed=float(top.long), expected=top.expected,
            says="as_usual", args={"visits": int(seen.ended.sum()), "stay_s": 60.0 * top.minutes},
        )  # fmt: skip
    asked = innocent(session, seen, top.silent, base)
    floor = ALONE if asked.explained or asked.one_end else base["asked_floor"]
    rows = session.rows("enter")
    people, _ = seen.apart(top.silent)
    events, total = cite(
        rows, np.asarray(pc.is_in(rows["actor_id"], value_set=people).to_numpy(zero_copy_only=False))
    )
    return SIGNAL.evidence(
        window=session.span, p=float(np.clip(p, max(floor, P_FLOOR), 1)), observed=float(top.long), expected=top.expected,
        says="sitting",
        args={
            "visits": top.could, "long": top.long, "usual": round(top.expected), "stay_s": 60.0 * top.minutes,
            "acted_share": round(top.acted / top.long, 4), "little_share": round(top.little, 4),
        },
        effect=_effect(session, seen, top, base), causes=asked.causes(anywhere=True), events=events, events_total=total,
    )  # fmt: skip


def _effect(session: Session, seen: Visits, top: _Length, base: Mapping[str, Any]) -> Effect:
    """Long visitors whom the acts do not answer for, in people of the counter.

    At least as if real ones did no more than those of little stays. Of who came too late to stay so long half are taken to be like the others, at most all, with one missed beside every five.
    """
    all_of_them = float(seen.ended.sum()) / top.could
    share = session.coverage("enter") or 1.0
    low, mid = (max(top.long - top.acted / min(top.little * more, 1.0), 0.0) for more in (1.0, base["more"]))
    return Effect(
        "viewers",
        low / share,
        mid * (1 + all_of_them) / 2 / share,
        1.2 * top.silent.sum() * all_of_them / share,
    )


SIGNAL = Signal(
    id="timing.sitting",
    version=2,
    question=Question.AUDIENCE,
    tier=Tier.T1,
    title=Say("Sit for long and do nothing", "长时间挂机、毫无互动"),
    says={
        "sitting": Say(
            "{long} of {visits} visits lasted {stay_s} or longer (around {usual} are usual); {acted_share} of these did anything at all, and {little_share} of those who "
            "stayed one to four minutes. Among people it is the other way round. Nobody is named.",
            "{visits} 次进场中有 {long} 次停留 {stay_s} 以上（通常约 {usual} 次）；其中有任何互动的仅 {acted_share}，而停留一至四分钟者有 {little_share}。"
            "真实观众恰好相反。不指认任何账号。",
        ),
        "as_usual": Say(
            "{visits} visits: not many lasted long, or those that did took part as people do.",
            "{visits} 次进场：长时间停留者不多，或其互动与真实观众相符。",
        ),
    },
    look=look,
)
