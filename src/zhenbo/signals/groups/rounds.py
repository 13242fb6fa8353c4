"""The same accounts arrive within minutes of each other in room after room, at no time that habit explains.

## What it looks for
Accounts that came to this room together and to at least two other rooms (or evenings) of the record together, each time within
four minutes, and each time at another distance from the opening.

## Why it matters
Hired people (真人水军, 拼场) have phones, words and faces of their own: nothing one room records tells them from viewers.
What binds them is the call: a leader posts a room, and a few hundred come at once, here today and there an hour later.
Farms whose every device is clean are bound the same way.

## How it is fooled
By calling people to one room only; by a list so long that nobody is called twice; by spreading arrivals over a quarter of an hour;
by calling at the opening, when followers come by themselves, or always at the same minute.

## What clears it
Followers come together when a room opens, and regulars at their hour: arrivals in the first five minutes, as long after each
opening or at one hour of the day do not count. Viewers whom a host sends on when a broadcast ends are carried, not called. Fans wear the
badge. A fan group, a class or a coupon group (羊毛党) that is called by a message looks just the same as long as its members take part: in
worlds written without sight of this signal every second honest room held one. Such a company is listed as organised, decides
nothing about the room, and nobody in it is accused. A handful may be staff. A silent crowd raises a question: viewers of a television show
return in its breaks, and say nothing either.

## Method
`core/rounds.py`: over all rooms of the record, for every two that share viewers, the fullest place of the plane (minutes after this
opening, minutes after that one) against what both rooms' own crowds in those minutes explain, negative binomial, all places
paid for. Then here: who was in such company with two other rooms at least. After SynchroTrap (Cao et al., CCS 2014) and the co-attendance
lift of METHODS (signal 14), with times inside the rooms in place of attendance alone, since taste explains attendance.
Baselines: `packs/baselines/groups.rounds.toml`.

## Examples
    >>> from zhenbo.proof.pages import look
    >>> look('groups.rounds', '''
    ... session s1 of host h1 on 2026-05-01
    ... 20:00-22:00 v1..v200 enters scattered; 20:00-22:00 v1..v200 says "{早|晚|真|好}{雨|雪|风}" scattered
    ... 20:17-20:19 c1..c80 enters
    ... session s2 of host h2 on 2026-05-02
    ... 19:00-21:00 w1..w200 enters scattered; 19:42-19:44 c1..c80 enters
    ... session s3 of host h3 on 2026-05-03
    ... 21:00-23:00 u1..u200 enters scattered; 21:55-21:57 c1..c80 enters
    ... ''')
    groups.rounds: accuses, names 80 accounts, says called
    >>> look('groups.rounds', '''
    ... session s1 of host h1 on 2026-05-01
    ... 20:00-22:00 v1..v200 enters scattered; 20:00-20:03 c1..c80 enters
    ... session s2 of host h2 on 2026-05-02
    ... 19:00-21:00 w1..w200 enters scattered; 19:00-19:03 c1..c80 enters
    ... session s3 of host h3 on 2026-05-03
    ... 21:00-23:00 u1..u200 enters scattered; 21:00-21:03 c1..c80 enters
    ... ''')
    groups.rounds: is undecided, names 0 accounts, says own_rounds
"""

from collections.abc import Iterable, Mapping
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from zhenbo.core.evidence import Cause, Effect, Evidence, Found, Missing, Say, Signal, cite
from zhenbo.core.rounds import WIDTH
from zhenbo.core.schema import ROOM_KINDS
from zhenbo.core.session import MINUTE, Session, codes, micros
from zhenbo.core.subject import Question, Tier
from zhenbo.kernel.people import badge_share
from zhenbo.kernel.presence import lively
from zhenbo.kernel.visits import visits
from zhenbo.signals.bunching import excess_weight
from zhenbo.signals.nulls import ACCOUNT_PRIOR_DB, NEUTRAL

Ints = npt.NDArray[np.int64]


def look(session: Session, base: Mapping[str, Any]) -> Iterable[Found]:
    """Name the companies of this room that came together elsewhere too."""
    if session.scope != "session":
        return []
    told = session.rounds
    if told is None:
        return [Missing(Question.AUDIENCE, "other_rooms")]
    members = told.filter(pc.is_valid(told["account"]))
    who, names = codes(members["account"])
    _, partner = np.unique(codes(members["partner"])[0], return_inverse=True)
    rooms = np.bincount(np.unique(who * (len(who) + 1) + partner) // (len(who) + 1), minlength=len(names))
    again = rooms[who] >= base["rooms_min"] if len(who) else np.zeros(0, bool)
    found = [
        _called(session, members.take(pa.array(part)), base)
        for part in _blocks(members, np.flatnonzero(again))
        if len(np.unique(who[part])) >= base["accounts_min"]
    ]
    return found or [_nobody(session, told)]


def _blocks(members: pa.Table, rows: Ints) -> list[Ints]:
    """Rows of members by when they came: a pause of two widths parts two calls."""
    if not len(rows):
        return []
    at = np.asarray(members["at"].to_numpy())[rows]
    order = np.argsort(at, kind="stable")
    return np.split(rows[order], np.flatnonzero(np.diff(at[order]) > 2 * WIDTH) + 1)


def _called(session: Session, told: pa.Table, base: Mapping[str, Any]) -> Evidence:
    accounts = pc.unique(told["account"])
    partners = told.group_by("partner", use_threads=False).aggregate([("p", "min"), ("expected", "min")])
    v = visits(session)
    mine = np.asarray(pc.is_in(v.names, value_set=accounts).to_numpy(zero_copy_only=False))[v.who]
    causes = _causes(session, accounts, told, alive=lively(v, mine, base), base=base)
    asked = any(c.outcome == "open" for c in causes)
    # called again and again: the second best of the other rooms must be remarkable by itself
    second = sorted(partners["p_min"].to_pylist())[min(1, partners.num_rows - 1)]
    p = float(np.clip(second, base["lively_floor" if asked else "silent_floor"], 1))
    n, expected = len(accounts), float(pc.mean(partners["expected_min"]).as_py())
    weight = excess_weight(n, expected, p)
    if asked:  # a group and no more: each of them may be somebody whom a friend's message called
        weight = min(weight, -ACCOUNT_PRIOR_DB - 1)
    at = told["at"].to_numpy()
    rows = session.rows(*ROOM_KINDS)
    ts = micros(rows["ts"])
    theirs = np.asarray(pc.fill_null(pc.is_in(rows["actor_id"], value_set=accounts), False).to_numpy())
    events, total = cite(rows, theirs & (ts >= at.min()) & (ts <= at.max()))
    return SIGNAL.evidence(
        window=(int(at.min()), int(at.max())), p=p, observed=float(n), expected=expected, says="called",
        args={
            "accounts": n, "minutes": max(round(float(np.ptp(at)) / MINUTE), 1), "rooms": partners.num_rows, "expected": round(expected, 1),
            "others": partners["partner"].to_pylist()[:20],
        },
        effect=None if asked else Effect("viewers", 0.9 * max(n - expected, 0.0), float(n), 1.5 * n),
        accounts=dict.fromkeys(accounts.to_pylist(), weight),
        causes=causes,
        events=events, events_total=total,
    )  # fmt: skip


def _causes(
    session: Session, accounts: pa.Array, told: pa.Table, *, alive: bool | None, base: Mapping[str, Any]
) -> tuple[Cause, ...]:
    carried = float(pc.mean(told["carried"].cast("int8")).as_py())
    causes = [
        Cause("raid", "explains" if carried > base["carried"] else "ruled_out"),
        Cause("gathering", "ruled_out" if alive is False else "open"),
        Cause("staff", "open" if len(accounts) <= base["staff_most"] else "ruled_out"),
    ]
    fans = badge_share(session, accounts)
    if fans is not None:
        causes.append(Cause("fan_club", "explains" if fans > base["fans"] else "ruled_out"))
    return tuple(causes)


def _nobody(session: Session, told: pa.Table) -> Evidence:
    rooms = pc.count_distinct(told["partner"]).as_py()
    # neutral: nobody shall buy a better verdict by handing over more rooms
    return SIGNAL.evidence(
        window=session.span,
        p=NEUTRAL,
        observed=0.0,
        expected=0.0,
        says="own_rounds",
        args={"rooms": rooms},
        accounts={},
    )


SIGNAL = Signal(
    id="groups.rounds",
    version=1,
    question=Question.AUDIENCE,
    tier=Tier.T1,
    title=Say("Called from room to room", "同一批人多场同进"),
    says={
        "called": Say(
            "{accounts} accounts came within {minutes} minutes of each other here, and came together in the same way to {rooms} other rooms or evenings "
            "({others}), never as long after the opening; the rooms' own crowds let expect {expected}.",
            "{accounts} 个账号在 {minutes} 分钟内先后进入本场，并以同样方式一同进入另外 {rooms} 场直播（{others}），且每次距开播的时间各不相同；按各场自身的人流预期仅 {expected} 个。",
        ),
        "own_rounds": Say(
            "Viewers shared with {rooms} other rooms or evenings come each in their own time, or as followers and regulars do.",
            "与另外 {rooms} 场直播共有的观众各来各的，或像粉丝与常客那样按时到来。",
        ),
    },
    look=look,
)
