"""Visitors who come together and go together, and visits of one length.

## What it looks for
Two things in the plane of coming and staying (join × stay). *Together*: visits that begin within a minute or so of
each other and end within seconds of each other, while others in the room stay on. *Alike*: visits of the same length
to the second, whenever they began.

## Why it matters
Viewers are delivered in batches and rented by the minute or hour (挂人气, 云手机, 群控); task crowds stay their quota
(停留十分钟). Software ends what it began: people do not. It needs no identity beyond the session, and it counts:
what lies beyond the expectation is an estimate of the bought visits.

## How it is fooled
By arrivals and departures copied from a real room; by stays that vary by minutes; by staying to the end, when
everybody leaves; by hiding departures: a record without `leave` rows cannot be asked.

## What clears it
Raids, feature slots, lotteries and outages move crowds. A crowd that comes at once and leaves one by one, and one that
goes at once having come one by one, are never counted: the hazards of the others at that moment, of the same
people just before and after, and of people after so long a stay are all expected first. A crowd that follows a star or a
partner's stream in and out thins out on the way: where more than a fifth of those who came together went their own way
earlier, a declared visit, raid or slot explains it, and without one it decides nothing. A class, a club or an outing takes part: where the
members do as much as others who stay as long, it decides nothing; nor where four of five sit behind one network,
as an office does whose line drops (farms on one network are what `identity.sharing` looks for). Fans of the host (fan badges) who come and go
together are organised, not bought. Fixed watching times may be somebody's reward elsewhere (看播任务): classes of ten seconds and wider
decide nothing at a round number of minutes, as rewards and lessons have them (and up to a minute and a half after), and raise the question at others. A collector that polls makes all visits last whole polls: nothing finer than three of its steps is asked.

## Method
Count of a cell against a negative binomial around the largest of three hazards times those at risk (`kernel/presence.py`),
all cells of four sizes paid for; stays against their neighbouring classes. After FLOCK: Shah, "FLOCK: Combating astroturfing on livestreaming
platforms", WWW 2017 (start and stay histograms), with hazards in place of a model pooled over broadcasts, which a user does not have.
Baselines: `packs/baselines/timing.presence.toml`.

## Examples
    >>> from zhenbo.proof.pages import look
    >>> look('timing.presence', '''
    ... 20:00-21:50 b1..b200 enters scattered; 20:05-22:00 b1..b200 leaves scattered
    ... 20:30:00-20:30:20 a1..a40 enters; 20:47:00-20:47:15 a1..a40 leaves
    ... ''')
    timing.presence: accuses, names 40 accounts, says together
    >>> look('timing.presence', '''
    ... 20:00-21:50 b1..b200 enters scattered; 20:05-22:00 b1..b200 leaves scattered
    ... 20:30:00-20:30:20 a1..a40 enters; 20:30:30-21:50 a1..a40 leaves scattered
    ... ''')
    timing.presence: clears, names 0 accounts, says own_ways
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from zhenbo.core.evidence import Cause, Effect, Evidence, Found, Missing, Say, Signal, cite
from zhenbo.core.session import SECOND, Session, codes, micros
from zhenbo.core.subject import Question, Tier
from zhenbo.kernel.lengths import set_by_people
from zhenbo.kernel.people import badge_share
from zhenbo.kernel.presence import Clusters, alike, completed, joined, lively, loyalty, together
from zhenbo.kernel.visits import Bools, Visits, visits
from zhenbo.signals.bunching import CLEAR_DB, held
from zhenbo.signals.nulls import ACCOUNT_PRIOR_DB, P_FLOOR

_MOVES = {"celebrity", "raid", "feature", "lottery", "outage", "ad"}


def look(session: Session, base: Mapping[str, Any]) -> Iterable[Found]:
    """Scan coming and going for what independent people do not do."""
    if session.scope != "session":
        return []
    v = visits(session)
    if v.ended.sum() < base["visits_min"]:
        return [Missing(Question.AUDIENCE, "leaves" if session.has("actor_id", "enter") else "account_ids")]
    joint = completed(v, together(v, session.span[1], base["remarkable"] / 2))
    equal = alike(v, joint.which >= 0, base["remarkable"] / 2)
    both = joined(joint, equal)
    if not len(both.tail):
        return [_own_ways(session, v, 2 * both.p)]
    return [_judge(session, v, both, joint if len(joint.tail) else None, base)]


@dataclass(frozen=True)
class _Crowd:
    """The clusters taken together."""

    mine: Bools
    clusters: int
    expected: float
    accounts: dict[str, float]


def _judge(session: Session, v: Visits, both: Clusters, joint: Clusters | None, base: Mapping[str, Any]) -> Evidence:  # fmt: skip
    """What the clusters say, those that come and go together and those of one length."""
    crowd = _crowd(v, both)
    ts, ends = v.came[crowd.mine], v.left[crowd.mine]
    loyal = loyalty(v, joint) if joint else 1.0
    thins_out, loose = loyal < base["loyal"], joint is None and float(both.width[0]) >= base["wide_s"]
    wide = loose and set_by_people(float(np.median((ends - ts) / SECOND)))
    alive = _one_network(session, v, crowd.mine) > base["one_network"] or lively(v, crowd.mine, base)
    told = {True: base["lively_floor"], None: base["untold_floor"], False: P_FLOOR}
    floor = base["thin_floor"] if thins_out or wide else told[alive]
    floor = max(floor, base["untold_floor"]) if loose else floor
    p = max(2 * both.p, floor)
    seen = float(crowd.mine.sum())
    events, total = cite(*_rows(session, v, crowd.mine))
    return SIGNAL.evidence(
        window=(int(ts.min()), int(ends.max())), p=float(np.clip(p, P_FLOOR, 1)), observed=seen, expected=crowd.expected,
        says="together" if joint else "alike",
        args={
            "visits": round(seen), "accounts": len(np.unique(v.who[crowd.mine])), "crowds": crowd.clusters,
            "expected": round(crowd.expected, 1), "stay_s": round(float(np.median((ends - ts) / SECOND))),
            "width_s": float(both.width[0]), "stayed_share": round(loyal, 3),
        },
        effect=None if alive else _effect(seen, crowd.expected),  # who takes part may be organised: no number of fakes
        accounts={k: held(db, p) if db > CLEAR_DB else db for k, db in crowd.accounts.items()},
        causes=_causes(session, v, crowd.mine, together=joint is not None, thins_out=thins_out, wide=wide, alive=alive, base=base),
        events=events, events_total=total,
    )  # fmt: skip


def _crowd(v: Visits, c: Clusters) -> _Crowd:
    """Members with the excess odds of their cluster; everybody else was looked at and does not stand out."""
    mine = c.which >= 0
    count = np.bincount(c.which[mine], minlength=len(c.tail))
    odds = np.maximum(count - c.expected, 0) / np.maximum(c.expected, 0.5)
    db = np.where(mine, 10 * np.log10(np.maximum(odds[c.which], 1e-3)) - ACCOUNT_PRIOR_DB, CLEAR_DB)
    best = np.full(len(v.names), CLEAR_DB)
    np.maximum.at(best, v.who, db)
    seen = np.unique(v.who)
    names = v.names.take(seen).to_pylist()
    return _Crowd(mine, len(c.tail), float(c.expected.sum()), dict(zip(names, best[seen].tolist(), strict=True)))  # fmt: skip


def _effect(seen: float, expected: float) -> Effect:
    """Visits beyond the expectation; the null's own spread below, one missed beside every five found above."""
    spread = 1.645 * (expected + expected**2 / 2) ** 0.5
    mid = max(seen - expected, 0.0)
    return Effect("viewers", max(mid - spread, 0.0), mid, max(1.2 * seen, mid))


def _rows(session: Session, v: Visits, mine: Bools) -> tuple[pa.Table, Bools]:
    """Entries and departures of the members' visits."""
    rows = session.rows("enter", "leave")
    who, names = codes(rows["actor_id"])
    known = np.where(who >= 0, np.r_[v.code(names), -1][who], -1)
    start = int(v.came[mine].min())
    span = int(v.left[mine].max()) - start + 1
    moment = micros(rows["ts"]) - start
    wanted = np.r_[v.came[mine], v.left[mine]] - start + np.tile(v.who[mine], 2) * span
    inside = (known >= 0) & (moment >= 0) & (moment < span)
    return rows, inside & np.isin(np.where(inside, moment + known * span, -1), wanted)


def _causes(
    session: Session, v: Visits, mine: Bools, *, together: bool, thins_out: bool, wide: bool, alive: bool | None, base: Mapping[str, Any]
) -> tuple[Cause, ...]:  # fmt: skip
    start, end = int(v.came[mine].min()), int(v.left[mine].max())
    declared = sorted({w.kind for w in session.windows if w.kind in _MOVES and w.overlaps(start, end)})
    causes = [Cause(kind, "explains" if thins_out else "ruled_out") for kind in declared]
    if together and not declared:
        causes.append(Cause("raid", "open" if thins_out else "ruled_out"))
    if not together:
        causes.append(Cause("watching_task", "open" if wide else "ruled_out"))
    causes.append(Cause("gathering", "ruled_out" if alive is False else "open"))
    fans = badge_share(session, v.names.take(np.unique(v.who[mine])))
    if fans is not None:
        causes.append(Cause("fan_club", "explains" if fans > base["fans"] else "ruled_out"))
    return tuple(causes)


def _one_network(session: Session, v: Visits, mine: Bools) -> float:
    """Largest share of the members behind one network, 0 where networks are not told: an office's line drops for all of them."""
    rows = session.rows("enter")
    rows = rows.filter(pc.and_(pc.is_valid(rows["ip"]), pc.is_in(rows["actor_id"], value_set=v.names.take(np.unique(v.who[mine])))))  # fmt: skip
    if not rows.num_rows:
        return 0.0
    pairs = rows.group_by(["actor_id", "ip"], use_threads=False).aggregate([])
    people = pc.count_distinct(pairs["actor_id"]).as_py()
    return float(max(pc.value_counts(pairs["ip"]).field("counts").to_pylist()) / people)


def _own_ways(session: Session, v: Visits, p: float) -> Evidence:
    people = v.names.take(np.unique(v.who)).to_pylist()
    return SIGNAL.evidence(
        window=session.span, p=float(np.clip(p, P_FLOOR, 1)), observed=0.0, expected=0.0, says="own_ways",
        args={"visits": int(v.ended.sum())}, accounts=dict.fromkeys(people, CLEAR_DB),
    )  # fmt: skip


SIGNAL = Signal(
    id="timing.presence",
    version=1,
    question=Question.AUDIENCE,
    tier=Tier.T1,
    title=Say("Come together, gone together", "同进同出"),
    says={
        "together": Say(
            "{visits} visits by {accounts} accounts came and went in {crowds} crowds, each within seconds of each other ({width_s} in the sharpest; half of them "
            "stay {stay_s} or less), where the room's own coming and going lets expect {expected}; {stayed_share} of those who came together went together.",
            "{accounts} 个账号的 {visits} 次进场分 {crowds} 批同进同出，彼此相差仅数秒（最集中的一批在 {width_s} 内；停留中位数 {stay_s}），"
            "而按本场自身的进出规律预期仅 {expected} 次；同进者中有 {stayed_share} 同出。",
        ),
        "alike": Say(
            "{visits} visits by {accounts} accounts are equally long to within {width_s} (about {stay_s}, {crowds} such lengths), where neighbouring lengths "
            "let expect {expected}.",
            "{accounts} 个账号的 {visits} 次停留时长一致，相差不足 {width_s}（约 {stay_s}，共 {crowds} 种时长），而相邻时长预期仅 "
            "{expected} 次。",
        ),
        "own_ways": Say(
            "{visits} visits come and go each in its own time.",
            "{visits} 次进场各自来去，互不同步。",
        ),
    },
    look=look,
)
