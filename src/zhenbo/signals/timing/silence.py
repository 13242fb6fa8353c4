"""Crowds that come at once, do nothing and do not leave.

## What it looks for
Waves of newcomers, within 15 seconds to 10 minutes, of whom fewer than half as many take part as of the room's other
newcomers, *and* fewer than half as many are gone five minutes later.

## Why it matters
Viewers are bought for the number shown (挂人气, 挂机, 云手机), so they must come, and stay, and nothing else: each further
act costs. Honest crowds lack one of the two. Who is carried in (a raid, a slot, paid traffic, a redirected audience, a
coupon) is silent because it passes through; who stays (a class, a fan club, a draw) came for something and takes part.
No departures are needed: entries less the rise of the number shown are those who left.

## How it is fooled
By bots that come when people come, one by one (stays and routines are what tells then); that talk and tap as others do; that
leave and are replaced within minutes.

## What clears it
A wave that takes part, or that thins out, is honest: both must be ruled out, and the weaker of the two proofs counts. In
a room where nobody talks, silence says nothing. A gauge that rises by more than came in measures popularity, not
heads, and is not asked. After an outage people come back: where a wave brings many who had been there before, it is
explained. Most members with the host's fan badge are a club that waits. A reward for watching (看播任务, drops) also
makes people sit silent, and viewers of a relay (转播) cannot speak. So a wave by one entrance or in the first three
minutes raises the question (and with the step it makes decides nothing), nobody in it is named, and one by an entrance that hardly anybody else
uses, which has a sender, does not even ask. Pupils told to watch in silence, who come by all doors, would be misjudged.

## Method
Waves are found by their number alone; acts and departures of each, and of all waves together, are then held against half
of what the room's other newcomers do (or a seventh leaving, if that is more) by a negative binomial; the larger p counts
(intersection-union), every wave is paid for. Departures are told by `leave` rows, else by the flow of the counters
(`kernel/waves.py`). Baselines: `packs/baselines/timing.silence.toml`.

## Examples
    >>> from zhenbo.proof.pages import look
    >>> look('timing.silence', '''
    ... 20:00-21:50 b1..b600 enters scattered; 20:01-21:55 b1..b600 leaves scattered; 20:01-21:55 b1..b300 say "{n}" scattered
    ... 20:30:00-20:30:40 a1..a300 enters [via=door{n%4}]; 21:30-21:50 a1..a300 leaves scattered
    ... ''')
    timing.silence: accuses, names 304 accounts, says silent
    >>> look('timing.silence', '''
    ... 20:00-21:50 b1..b600 enters scattered; 20:01-21:55 b1..b600 leaves scattered; 20:01-21:55 b1..b300 say "{n}" scattered
    ... 20:30:00-20:30:40 a1..a300 enters [via=raid]; 20:31:00-20:34 a1..a250 leaves scattered
    ... ''')
    timing.silence: clears, names 0 accounts, says no_such_crowd
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from zhenbo.core.evidence import Cause, Effect, Evidence, Found, Missing, Say, Signal, cite
from zhenbo.core.session import MINUTE, SECOND, Session, micros
from zhenbo.core.subject import Question, Tier
from zhenbo.kernel.entrance import sender
from zhenbo.kernel.people import badge_share
from zhenbo.kernel.visits import OPEN, Bools
from zhenbo.kernel.waves import Newcomers, Turnover, Wave, newcomers, stayed, turnover, waves
from zhenbo.signals.bunching import CLEAR_DB, excess_weight
from zhenbo.signals.nulls import P_FLOOR

_BEFORE = 15 * MINUTE
"""What is usual around a wave is taken from so much time before it (departures), or around it (acts)."""
_SHRINK = 20
"""So many people with the room's own habit are added to those around a wave."""
_MINUTES_BEFORE = 5


def look(session: Session, base: Mapping[str, Any]) -> Iterable[Found]:
    """Find the waves, then ask of each whether it took part and whether it left."""
    if session.scope != "session":
        return []
    if not session.has("actor_id", "enter"):
        return [Missing(Question.AUDIENCE, "account_ids")]
    new = newcomers(session)
    if len(new.came) < base["newcomers_min"]:
        return [Missing(Question.AUDIENCE, "longer_record")]
    flow = turnover(session)
    if flow is None and (new.left != OPEN).sum() < base["others_min"]:
        return [
            Missing(
                Question.AUDIENCE, "entered_counter" if session.has("qty", "viewers") else "viewer_counter"
            )
        ]
    found = waves(new.came, session.span, base["excess_min"], base["times"])
    last = session.span[1] - base["time_to_act_s"] * SECOND
    # waves that run into each other may hold no more than their fuller side lets expect: a tide, nobody to ask
    asked = [w for w in found if w.end <= last and w.excess > 0]
    room = _room(new, found, last, base)
    if not asked or room is None:
        return [_nothing(session, new, 1.0)]
    share = session.coverage("enter") or 1.0
    crowds = [_crowd(new, w, room, flow, share, base) for w in asked]
    return [_judge(session, new, crowds, room, share, base)]


@dataclass(frozen=True)
class _Room:
    """The room's other newcomers.

    Args:
        others: which they are.
        active: the share that takes part.
        leaving: the share of the silent that leaves soon; NaN where departures are not recorded.
    """

    others: Bools
    active: float
    leaving: float


def _room(new: Newcomers, found: Sequence[Wave], last: float, base: Mapping[str, Any]) -> _Room | None:
    others = new.came < last
    for w in found:
        others[new.within(w.start, w.end)] = False
    if others.sum() < base["others_min"]:
        return None
    silent = others & new.silent
    soon = ~stayed(new.came, new.left, int(base["stay_s"] * SECOND))
    told = (new.left != OPEN).sum() >= base["others_min"] and silent.any()
    return _Room(others, float((~new.silent[others]).mean()), float(soon[silent].mean()) if told else float("nan"))  # fmt: skip


@dataclass(frozen=True)
class _Crowd:
    """A wave, what it did, and half of what others would have done.

    Args:
        wave: when it came, and how many beyond the usual.
        acted: how many of those who came in it took part.
        acting: how many would at least.
        gone: how many of them left soon, in people of the counters.
        going: how many would at least.
    """

    wave: Wave
    acted: float
    acting: float
    gone: float
    going: float

    def p(self, size: float) -> float:
        """Probability that it takes part, or leaves, as others do: whichever is likelier."""
        from scipy import stats

        seen, mean = np.floor([self.acted, self.gone]), np.array([self.acting, self.going])
        return float(np.clip(stats.nbinom.cdf(seen, size, size / (size + mean)).max(), P_FLOOR, 1))


def _crowd(new: Newcomers, w: Wave, room: _Room, flow: Turnover | None, share: float, base: Mapping[str, Any]) -> _Crowd:  # fmt: skip
    mine = new.within(w.start, w.end)
    around = np.zeros(len(new.came), dtype=bool)
    around[new.within(w.start - _BEFORE, w.end + _BEFORE)] = True
    around &= room.others
    beside = ((~new.silent[around]).sum() + _SHRINK * room.active) / (around.sum() + _SHRINK)
    acting = (w.usual + base["quiet"] * w.excess) * min(room.active, float(beside))
    acted = float((~new.silent[mine]).sum())
    soon = int(base["stay_s"] * SECOND)
    if np.isfinite(room.leaving):
        gone = float((~stayed(new.came[mine], new.left[mine], soon)).sum())
        return _Crowd(w, acted, acting, gone, w.count * max(base["quiet"] * room.leaving, base["leaving_least"]))  # fmt: skip
    if flow is None or not flow.heads(w.start, w.end + soon):
        return _Crowd(w, acted, acting, float(w.count), w.count * base["leaving_least"])
    gone, leaving = _flown(new, w, flow, share, soon)
    return _Crowd(w, acted, acting, gone, w.excess / share * max(base["quiet"] * leaving, base["leaving_least"]))  # fmt: skip


def _flown(new: Newcomers, w: Wave, flow: Turnover, share: float, soon: int) -> tuple[float, float]:
    """How many of a wave left soon by the counters, and the share that leaves in so long of everybody who is there.

    The usual departures are taken off those seen. Before anybody was there, nobody can leave but those
    who come: then as many as usually come.
    """
    before = max(w.start - _BEFORE, int(new.came[0]))
    minutes = soon / MINUTE
    if w.start - before >= _MINUTES_BEFORE * MINUTE:
        usual, hazard = flow.usual(before, w.start)
    else:
        usual, hazard = w.usual / share * MINUTE / (w.end - w.start), 0.0
    gone = flow.left(w.start, w.end + soon) - max(usual, 0.0) * (w.end + soon - w.start) / MINUTE
    return max(gone, 0.0), float(1 - np.exp(-max(hazard, 0.0) * minutes))


def _judge(session: Session, new: Newcomers, crowds: list[_Crowd], room: _Room, share: float, base: Mapping[str, Any]) -> Evidence:  # fmt: skip
    """Each wave, and all but those of the opening together; the sharper way of looking speaks, both are paid for."""
    size = base["size"]
    later = [c for c in crowds if not _opening(session, c, base)]
    looks = len(crowds) + (len(later) > 1)
    alone = np.array([c.p(size) for c in crowds]) * looks
    both = _together(later).p(size) * looks if len(later) > 1 else 1.0
    p = min(float(alone.min()), both, 1.0)
    crew = later if both < base["remarkable"] else []
    told = [c for c, own in zip(crowds, alone.tolist(), strict=True) if c.acted <= c.acting and (c in crew or own < base["remarkable"])]  # fmt: skip
    if not told:
        return _nothing(session, new, p)
    return _accuse(session, new, told, room, p, share, base)


def _opening(session: Session, c: _Crowd, base: Mapping[str, Any]) -> bool:
    """Whether it came with the beginning: followers are called then, and who waits is there."""
    return bool(c.wave.start < session.span[0] + base["opening_s"] * SECOND)


def _together(crowds: Sequence[_Crowd]) -> _Crowd:
    """Waves as one crowd: what they did, and the middle one's way of leaving (another lot may leave just then)."""
    acted, acting, going = np.sum([(c.acted, c.acting, c.going) for c in crowds], axis=0).tolist()
    return _Crowd(crowds[0].wave, acted, acting, going * float(np.median([c.gone / c.going for c in crowds])), going)  # fmt: skip


def _accuse(
    session: Session,
    new: Newcomers,
    told: Sequence[_Crowd],
    room: _Room,
    p: float,
    share: float,
    base: Mapping[str, Any],
) -> Evidence:
    mine = np.zeros(len(new.came), dtype=bool)
    for c in told:
        mine[new.within(c.wave.start, c.wave.end)] = True
    usual, all_ = sum(c.wave.usual for c in told), _together(told)
    members = mine & new.silent
    start, end = min(c.wave.start for c in told), max(c.wave.end for c in told)
    causes, floor = _causes(session, new, members, told, room, base)
    p = float(np.clip(p, max(floor, P_FLOOR), 1))
    weight = CLEAR_DB if floor else excess_weight(members.sum(), usual, p)
    db = np.where(members, max(weight, CLEAR_DB), CLEAR_DB)
    rows = session.rows("enter")
    ts = micros(rows["ts"])
    theirs = np.asarray(pc.is_in(rows["actor_id"], value_set=new.names.filter(pa.array(members))).to_numpy())
    events, total = cite(rows, theirs & (ts >= start) & (ts < end))
    return SIGNAL.evidence(
        window=(start, end - 1), p=p, observed=all_.acted, expected=all_.acting / base["quiet"], says="silent",
        args={
            "accounts": int(mine.sum()), "usual": round(usual), "waves": len(told), "acted": round(all_.acted), "stay_s": float(base["stay_s"]),
            "acting": round(all_.acting / base["quiet"]), "gone": round(all_.gone), "going": round(all_.going / base["quiet"]),
        },
        effect=_effect(told, share), accounts=dict(zip(new.names.to_pylist(), db.tolist(), strict=True)),
        causes=causes, events=events, events_total=total,
    )  # fmt: skip


def _effect(told: Sequence[_Crowd], share: float) -> Effect:
    """Newcomers beyond the usual, in people of the counter; the spread of honest tides below, one missed beside every five found above."""
    mid = sum(c.wave.excess for c in told)
    spread = 1.645 * sum(c.wave.usual + c.wave.usual**2 / 4 for c in told) ** 0.5
    return Effect("viewers", max(mid - spread, 0.0) / share, mid / share, 1.2 * sum(c.wave.count for c in told) / share)  # fmt: skip


def _causes(
    session: Session,
    new: Newcomers,
    members: Bools,
    told: Sequence[_Crowd],
    room: _Room,
    base: Mapping[str, Any],
) -> tuple[tuple[Cause, ...], float]:
    """Innocent causes, and the least p that they leave: 0 where none is open."""
    back = sum(int(np.diff(np.searchsorted(new.again, (c.wave.start, c.wave.end)))[0]) for c in told)
    returned = back > base["back"] * sum(c.wave.excess for c in told)
    people = new.names.filter(pa.array(members))
    door = sender(session, people, new.names.filter(pa.array(room.others)), base)
    reward = door in {"common", "untold"} or any(_opening(session, c, base) for c in told)
    floor = {"own": base["sent_floor"], "untold": base["untold_floor"]}.get(door, base["asked_floor"] if reward else 0.0)  # fmt: skip
    causes = [
        Cause("outage", "explains" if returned else "ruled_out"),
        Cause("raid", "open" if door in {"own", "untold"} else "ruled_out"),
        Cause("gathering", "ruled_out"),
        Cause("watching_task", "open" if reward else "ruled_out"),
    ]
    fans = badge_share(session, people)
    if fans is not None:
        causes.append(Cause("fan_club", "explains" if fans > base["fans"] else "ruled_out"))
    return tuple(causes), floor


def _nothing(session: Session, new: Newcomers, p: float) -> Evidence:
    return SIGNAL.evidence(
        window=session.span, p=float(np.clip(p, P_FLOOR, 1)), observed=0.0, expected=0.0, says="no_such_crowd",
        args={"accounts": len(new.came)}, accounts=dict.fromkeys(new.names.to_pylist(), CLEAR_DB),
    )  # fmt: skip


SIGNAL = Signal(
    id="timing.silence",
    version=2,
    question=Question.AUDIENCE,
    tier=Tier.T1,
    title=Say("Came at once, silent, never left", "集中进场、全程静默、滞留不走"),
    says={
        "silent": Say(
            "{accounts} newcomers came in {waves} waves, where {usual} were usual; {acted} of them took part, where {acting} of other newcomers would have, and {gone} "
            "were gone {stay_s} later, where {going} would have been.",
            "{accounts} 个新进场账号分 {waves} 批集中到达（同期通常为 {usual} 个）；其中仅 {acted} 个有互动，而按其他新进场者应有 {acting} 个；"
            "{stay_s} 后仅 {gone} 个离场，而通常应有 {going} 个。",
        ),
        "no_such_crowd": Say(
            "{accounts} newcomers: whoever came in a crowd took part or left again.",
            "{accounts} 个新进场账号：凡集中到达者，均有互动或陆续离场。",
        ),
    },
    look=look,
)
