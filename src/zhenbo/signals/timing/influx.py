"""A stretch of the broadcast whose newcomers stay and do nothing, while those who come before and after do neither.

## What it looks for
Five to eighty minutes in which far more of those who come stay four minutes or longer than of those who come at other times of the same
broadcast, *and* far fewer of these stayers do anything in their first four minutes.

## Why it matters
Who delivers viewers slowly (慢速挂人气: three thousand over an hour instead of at once) escapes whatever counts arrivals: the
stretch is no fuller than a push would make it. But the delivered stay, since the number shown is what was paid for, and do nothing, since each
act costs. Among people the two go together, in the same room as anywhere: who stays takes part, two to three times as often as who looks in.
The room is its own yardstick: its host, its hour, its loyal audience are the same before and after.

## How it is fooled
By delivery from the first minute to the last (`timing.sitting` looks at whole rooms); by sitters who tap and talk; by going within four
minutes; by few of them; by a record without departures.

## What clears it
Stretches of long stays (a guest, a lesson, a seckill to wait for) and stretches of silence (a push, paid traffic, a relay) are each as common as rooms
are different: both must be unusual, held against a beta-binomial and a negative binomial around the rest of the room. An entrance of their
own explains them (a class, a relay, a reward); one entrance that others use too leaves open who sent them. Of one length, or gone in one minute by one entrance: a feed's clock,
a programme's end; that decides nothing. Most of them with the host's fan badge are a club. A visit not seen to end counts as short, so that an
outage makes nobody stay.

## Method
Windows of five lengths, half overlapping, taken together as far as they stand out together against what is left; visits lasting four minutes among those that could, against a beta-binomial around the share of the rest; stayers who act at all, against a
negative binomial around the rest's stayers who act within four minutes of coming (who comes early has more time to act: that must not tell); joined by Fisher's method where both are below `each`, every window paid for. Baselines: `packs/baselines/timing.influx.toml`.

## Examples
    >>> from zhenbo.proof.pages import look
    >>> look('timing.influx', '''
    ... 20:00-21:50 b1..b400 enters [via=door{n%4}]; 20:00:20-21:50:20 b1..b400 leaves
    ... 20:01-21:50 c1..c200 enters [via=door{n%4}]; 20:12-21:59 c1..c200 leaves; 20:01:30-21:50:30 c1..c200 say "{n}"
    ... 20:30-21:00 a1..a300 enters [via=door{n%4}]; 21:05-21:40 a1..a300 leaves
    ... ''')
    timing.influx: accuses, names 300 accounts, says delivered
    >>> look('timing.influx', '''
    ... 20:00-21:50 b1..b400 enters [via=door{n%4}]; 20:00:20-21:50:20 b1..b400 leaves
    ... 20:01-21:50 c1..c200 enters [via=door{n%4}]; 20:12-21:59 c1..c200 leaves; 20:01:30-21:50:30 c1..c200 say "{n}"
    ... 20:30-21:00 a1..a300 enters [via=door{n%4}]; 21:05-21:40 a1..a300 leaves; 20:31-21:01 a1..a300 say "{n}"
    ... ''')
    timing.influx: clears, names 0 accounts, says as_before_and_after
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from zhenbo.core.evidence import Effect, Evidence, Found, Say, Signal, cite
from zhenbo.core.session import MINUTE, Session, micros
from zhenbo.core.subject import Question, Tier
from zhenbo.kernel.visits import Bools, Ints, Visits, visits
from zhenbo.signals.bunching import CLEAR_DB, excess_weight
from zhenbo.signals.nulls import NEUTRAL, P_FLOOR, joined
from zhenbo.signals.stays import Innocent, innocent, untold

_STAY = 4 * MINUTE
"""Longer than a swipe, longer than most purchases; time enough to say a word."""
_WINDOWS = (5, 10, 20, 40, 80)
"""Minutes of a stretch."""


def look(session: Session, base: Mapping[str, Any]) -> Iterable[Found]:
    """Hold every stretch against the rest of the broadcast."""
    if session.scope != "session":
        return []
    if missing := untold(session, Question.AUDIENCE, departures=True):
        return missing
    seen = visits(session)
    if seen.ended.sum() < max(base["visits_min"], base["ended_min"] * len(seen.came)):
        return []
    top = _sharpest(_Stays.of(seen, session.span[1]), base)
    return [_evidence(session, seen, top, base)] if top else []


@dataclass(frozen=True)
class _Stays:
    """Visits in order of coming, of those that could have lasted long enough.

    Args:
        at: their places among all visits.
        came: microsecond of coming.
        long: whether they did last.
        acted: whether anything was done.
        soon: whether anything was done soon after coming.
    """

    at: Ints
    came: Ints
    long: Bools
    acted: Bools
    soon: Bools

    @classmethod
    def of(cls, seen: Visits, end: int) -> "_Stays":
        order = np.argsort(seen.came, kind="stable")
        order = order[end - seen.came[order] >= _STAY]
        came = seen.came[order]
        long = seen.ended[order] & (seen.left[order] - came >= _STAY)
        return cls(order, came, long, seen.acts[order] > 0, seen.first[order] - came <= _STAY)


@dataclass(frozen=True)
class _Stretch:
    """The stretches that stand out together, or the one that does most, and what their newcomers did, beside the others.

    Args:
        p: probability of both, all stretches paid for.
        within: which visits began in them.
        came: how many began in them.
        long: how many of these lasted.
        acted: in how many of these anything was done.
        usual: share of the others that lasted.
        lively: share of the others' lasting visits in which something was done soon.
    """

    p: float
    within: Bools
    came: int
    long: int
    acted: int
    usual: float
    lively: float

    @property
    def expected(self) -> float:
        """How many of its newcomers would have stayed in silence, were they like the others."""
        return self.came * self.usual * (1 - self.lively)


def _sharpest(stays: _Stays, base: Mapping[str, Any]) -> _Stretch | None:
    """What stands out; None where no stretch can be asked."""
    a, b = np.concatenate([_bounds(stays.came, minutes * MINUTE) for minutes in _WINDOWS]).T
    own = (stays.long, stays.long & stays.acted, stays.long & stays.soon)
    counts = [(x := np.r_[0, np.cumsum(mine)])[b] - x[a] for mine in own]
    p = len(a) * _odd(stays, base, b - a, *counts)
    if not np.isfinite(p).any():
        return None
    top = np.argsort(p, kind="stable")
    within = np.zeros(len(stays.came), dtype=bool)
    within[a[top[0]] : b[top[0]]] = True
    for i in top[1:][p[top[1:]] < base["remarkable"]]:
        wider = within.copy()
        wider[a[i] : b[i]] = True
        # two stretches may each stand out against the other's calm: together they must against what is left
        if (
            len(a) * _odd(stays, base, wider.sum(), *((wider & mine).sum() for mine in own))
            < base["remarkable"]
        ):
            within = wider
    return _told(stays, within, float(min(p[top[0]], 1.0)))


def _odd(stays: _Stays, base: Mapping[str, Any], came: Any, long: Any, acted: Any, soon: Any) -> Any:
    """Probability that so many of those who came stay, and so few of these act, like the others; infinite where it cannot be asked."""
    rest, kept = len(stays.came) - came, stays.long.sum() - long
    lively = (stays.long & stays.soon).sum() - soon
    asked = (came >= base["came_min"]) & (long >= base["long_min"]) & (rest >= base["others_min"]) & (kept >= base["stayers_min"])  # fmt: skip
    chance = _lasting(long, came, (kept + 1) / (rest + 2), base)
    both = joined(chance, _taking(acted, long * (lively + 0.5) / (kept + 1), base), base["each"])
    return np.where(asked, both, np.inf)


def _told(stays: _Stays, within: Bools, p: float) -> _Stretch:
    mine, others = stays.long & within, stays.long & ~within
    usual = (others.sum() + 1) / ((~within).sum() + 2)
    lively = ((others & stays.soon).sum() + 0.5) / (others.sum() + 1)
    numbers = (int(x.sum()) for x in (within, mine, mine & stays.acted))
    came, long, acted = numbers
    return _Stretch(p, within, came, long, acted, float(usual), float(lively))


def _bounds(came: Ints, length: int) -> Ints:
    """First and last place of stretches of a length, half overlapping."""
    if not len(came):
        return np.zeros((0, 2), dtype=np.int64)
    start = np.arange(int(came[0]), int(came[-1]) + 1, length // 2)
    return np.searchsorted(came, np.stack([start, start + length], axis=1))


def _lasting(long: Ints, came: Ints, usual: Any, base: Mapping[str, Any]) -> Any:
    from scipy import stats

    size = base["concentration"]
    return stats.betabinom.sf(long - 1, came, usual * size, (1 - usual) * size)


def _taking(acted: Ints, mean: Any, base: Mapping[str, Any]) -> Any:
    from scipy import stats

    return stats.nbinom.cdf(acted, base["size"], base["size"] / (base["size"] + mean))


def _evidence(session: Session, seen: Visits, top: _Stretch, base: Mapping[str, Any]) -> Evidence:
    if top.p >= base["remarkable"]:
        return SIGNAL.evidence(
            window=session.span, p=max(top.p, NEUTRAL), observed=float(top.long), expected=top.came * top.usual,
            says="as_before_and_after", args={"visits": len(seen.came)},
        )  # fmt: skip
    stays = _Stays.of(seen, session.span[1])
    mine = np.zeros(len(seen.came), dtype=bool)
    mine[stays.at[top.within & stays.long & ~stays.acted]] = True
    asked = innocent(session, seen, mine, base)
    p = float(np.clip(max(top.p, _floor(asked, base)), P_FLOOR, 1))
    rows = session.rows("enter")
    start, end = (int(x) for x in stays.came[top.within][[0, -1]])
    people, _ = seen.apart(mine)
    theirs = np.asarray(pc.is_in(rows["actor_id"], value_set=people).to_numpy(zero_copy_only=False))
    ts = micros(rows["ts"])
    events, total = cite(rows, theirs & (ts >= start) & (ts <= end))
    return SIGNAL.evidence(
        window=(start, end), p=p, observed=float(top.long), expected=top.came * top.usual, says="delivered",
        args={
            "accounts": top.came, "long": top.long, "usual": round(top.came * top.usual), "stay_s": _STAY / 1e6,
            "acted_share": round(top.acted / top.long, 4), "lively_share": round(top.lively, 4),
        },
        effect=_effect(session, mine, top), accounts=_members(seen, mine, top, p, named=_floor(asked, base) == 0),
        causes=asked.causes(anywhere=False), events=events, events_total=total,
    )  # fmt: skip


def _floor(asked: Innocent, base: Mapping[str, Any]) -> float:
    """The least p that innocent causes leave."""
    if asked.explained:
        return float(base["sent_floor"])
    return float(base["asked_floor"]) if asked.one_end or asked.door != "none" else 0.0


def _members(seen: Visits, mine: Bools, top: _Stretch, p: float, *, named: bool) -> dict[str, float]:
    """Weights of everybody looked at; nobody is pointed at where something else may have brought or sent them."""
    weight = max(excess_weight(mine.sum(), top.expected, p), CLEAR_DB)
    db = np.full(len(seen.names), CLEAR_DB)
    db[seen.who[mine]] = weight if named else CLEAR_DB
    there = np.unique(seen.who)
    return dict(zip(seen.names.take(pa.array(there)).to_pylist(), db[there].tolist(), strict=True))


def _effect(session: Session, mine: Bools, top: _Stretch) -> Effect:
    """Silent stayers beyond the usual, in people of the counter; twice the usual taken off below, one missed beside every five found above."""
    silent, share = float(mine.sum()), session.coverage("enter") or 1.0
    low, mid = max(silent - 2 * top.expected, 0.0), max(silent - top.expected, 0.0)
    return Effect("viewers", low / share, mid / share, 1.2 * silent / share)


SIGNAL = Signal(
    id="timing.influx",
    version=1,
    question=Question.AUDIENCE,
    tier=Tier.T1,
    title=Say("Those who came then stay and do nothing", "某时段进场者滞留而无互动"),
    says={
        "delivered": Say(
            "Of {accounts} visits that began in this stretch {long} lasted {stay_s} or longer, where {usual} would have at other times of the same broadcast; {acted_share} of "
            "these did anything at all, where {lively_share} of the others' did within that time.",
            "该时段的 {accounts} 次进场中有 {long} 次停留 {stay_s} 以上，而按本场其他时段应有 {usual} 次；其中仅 {acted_share} 有任何互动，"
            "而其他时段的停留者在同样时长内即有 {lively_share}。",
        ),
        "as_before_and_after": Say(
            "{visits} visits: no stretch whose newcomers stay and do nothing while those of other times do not.",
            "{visits} 次进场：没有哪个时段的进场者滞留不动而其他时段并非如此。",
        ),
    },
    look=look,
)
