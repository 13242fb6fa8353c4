"""People who stay and do nothing, where people who stay less do something.

## What it looks for
Classes of stays (2 to 4 minutes, 4 to 8, 8 to 12, and so on) of which a smaller share takes part than of the shorter
stays before it. Who stays longer has more time, and stays because something interests: the share rises with the stay.

## Why it matters
Viewers that are rented (挂人气, 云手机) stay as long as they are paid for, in order to be counted, and do nothing. When they
come and when exactly they go can be drawn at random; what they cannot do for nothing is take part. The stretch of stays
into which they fall goes silent, and how silent tells how many they are.

## How it is fooled
By taking part at the rate of those who stay as long; by stays drawn from those of people, which lowers all classes
alike; by staying to the end; by hiding departures.

## What clears it
Relays (转播) and coin tasks (看播任务) hold people who do nothing: they have an entrance of their own, by which shorter
stays are silent too, and it is with those of the same entrance that people are compared. A platform may also pay for
watching any room (极速版), so what is found is a question and no more: nobody is named. Fans of the host (badges) who leave
the room open are a club. In a room where nobody talks, silence says nothing.

## Method
Active visits of a class against six tenths of the share of the three classes below it, or of all below, entrance by
entrance, by a negative binomial; each class is asked, and all of them together; all are paid for. What is told as bought is what lies beyond the visits that the
active ones of the class stand for. Baselines: `packs/baselines/timing.idling.toml`.

## Examples
    >>> from zhenbo.proof.pages import look
    >>> look('timing.idling', '''
    ... 20:00-21:40 b1..b400 enters; 20:01-21:41 b1..b400 leaves; 20:00:30-20:50 b1..b200 says "{n}"
    ... 20:10-20:40 a1..a200 enters scattered; 20:50-21:00 a1..a200 leaves scattered
    ... ''')
    timing.idling: accuses, names 0 accounts, says idling
    >>> look('timing.idling', '''
    ... 20:00-21:40 b1..b400 enters; 20:01-21:41 b1..b400 leaves; 20:00:30-20:50 b1..b200 says "{n}"
    ... 20:10-20:40 a1..a200 enters scattered; 20:41-20:49 a1..a200 says "{n}" scattered; 20:50-21:00 a1..a200 leaves scattered
    ... ''')
    timing.idling: clears, names 0 accounts, says busier
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import pyarrow.compute as pc

from zhenbo.core.evidence import Cause, Effect, Evidence, Found, Missing, Say, Signal, cite
from zhenbo.core.session import MINUTE, Session, codes, micros
from zhenbo.core.subject import Question, Tier
from zhenbo.kernel.people import badge_share
from zhenbo.kernel.visits import Bools, Ints, Visits, visits
from zhenbo.signals.bunching import CLEAR_DB
from zhenbo.signals.nulls import P_FLOOR

_SECOND = 1_000_000
_CLASSES = np.array((0, 15, 30, 60, 120, 240, 480, 720, 960, 1440, 1920, 2880, 4320, 8640)) * _SECOND
"""Where classes of stays begin."""
_FROM = 4
"""Classes are asked from two minutes on: swiping through the feed is below."""
_BELOW = 3
"""So many shorter classes say what to expect."""
_ALL = -2
"""Number of all classes that are asked, taken together."""
_SHRINK = 20
"""So many people with the room's own habit are added to those of an entrance."""


def look(session: Session, base: Mapping[str, Any]) -> Iterable[Found]:
    """Hold the share that takes part, class of stays by class, against that of shorter stays."""
    if session.scope != "session":
        return []
    v = visits(session)
    asked = v.ended & (v.left < session.span[1] - MINUTE)  # with the end everybody leaves
    if asked.sum() < base["visits_min"]:
        return [Missing(Question.AUDIENCE, "leaves" if session.has("actor_id", "enter") else "account_ids")]
    kind = np.where(asked, np.searchsorted(_CLASSES, np.maximum(v.left - v.came, 0), side="right") - 1, -1)
    found = _classes(kind, v.acts > 0, _doors(session, v), base)
    p = min(min((c.p for c in found), default=1.0) * len(found), 1.0) if found else 1.0
    silent = [c for c in found if c.p * len(found) < base["remarkable"]]
    if not silent:
        return [_busier(session, v, asked, p)]
    return [_accuse(session, v, kind, silent, p, base)]


@dataclass(frozen=True)
class _Class:
    """A class of stays.

    Args:
        number: index into `_CLASSES`, or `_ALL`.
        visits: how many.
        active: how many of them took part.
        share: share of shorter stays that took part.
        p: probability of so few if six tenths of that share would.
    """

    number: int
    visits: int
    active: int
    share: float
    p: float

    @property
    def idle(self) -> float:
        """Visits beyond those that the active ones stand for."""
        return max(self.visits - self.active / self.share, 0.0)


def _classes(kind: Ints, active: Bools, door: Ints, base: Mapping[str, Any]) -> list[_Class]:
    """The classes that can be asked."""
    from scipy import stats

    use = kind >= 0
    shape = (len(_CLASSES), int(door.max(initial=0)) + 1)
    place = (kind * shape[1] + door)[use]
    n = np.bincount(place, minlength=shape[0] * shape[1]).reshape(shape)
    k = np.bincount(place[active[use]], minlength=shape[0] * shape[1]).reshape(shape)
    found = []
    for number, first, last in (
        *((i, i, i + 1) for i in range(_FROM, len(_CLASSES))),
        (_ALL, _FROM, len(_CLASSES)),
    ):
        here, did = n[first:last].sum(0), int(k[first:last].sum())
        share = max(_shares(n[a:first], k[a:first], here, base) for a in (first - _BELOW, 0))
        if here.sum() < base["class_min"] or share <= 0:
            continue
        visits_, size = int(here.sum()), base["size"]
        p = stats.nbinom.cdf(did, size, size / (size + base["quiet"] * share * visits_))
        found.append(_Class(number, visits_, did, share, float(p)))
    return found


def _shares(n: Ints, k: Ints, here: Ints, base: Mapping[str, Any]) -> float:
    """Share that takes part of shorter stays, entrance by entrance, as often as each leads here; 0 where too few did."""
    below, did = n.sum(0), k.sum(0)
    if did.sum() < base["acts_min"]:
        return 0.0
    room = did.sum() / below.sum()
    share = np.minimum((did + _SHRINK * room) / (below + _SHRINK), room)
    return float((share * here).sum() / max(here.sum(), 1))


def _doors(session: Session, v: Visits) -> Ints:
    """Entrance of every visit, 0 where it is not told."""
    rows = session.rows("enter")
    rows = rows.filter(pc.and_(pc.is_valid(rows["via"]), pc.is_valid(rows["ts"])))
    who = pc.fill_null(pc.index_in(rows["actor_id"], value_set=v.names), -1).to_numpy().astype(np.int64)
    via, _ = codes(rows["via"])
    first, last = session.span
    wide = last - first + 1
    key = np.where(who >= 0, who * wide + micros(rows["ts"]) - first, -1)
    order = np.argsort(key, kind="stable")
    wanted = v.who * wide + v.came - first
    at = order[np.minimum(np.searchsorted(key[order], wanted), max(len(order) - 1, 0))] if len(order) else np.zeros(0, np.int64)  # fmt: skip
    return np.where(key[at] == wanted, via[at] + 1, 0) if len(at) else np.zeros(len(v.who), dtype=np.int64)


def _accuse(session: Session, v: Visits, kind: Ints, silent: list[_Class], p: float, base: Mapping[str, Any]) -> Evidence:  # fmt: skip
    """What the silent classes say, and who may have sent the people in them."""
    whole = [c for c in silent if c.number == _ALL]
    silent = whole or silent
    mine = (kind >= _FROM if whole else np.isin(kind, [c.number for c in silent])) & (v.acts == 0)
    people = v.names.take(np.unique(v.who[mine]))
    floor = base["asked_floor"] if session.has("via", "enter") else base["untold_floor"]
    causes = [Cause("watching_task", "open")]
    fans = badge_share(session, people)
    if fans is not None:
        causes.append(Cause("fan_club", "explains" if fans > base["fans"] else "ruled_out"))
    count, active = sum(c.visits for c in silent), sum(c.active for c in silent)
    expected, idle = sum(c.visits * c.share for c in silent), sum(c.idle for c in silent)
    rows = session.rows("enter")
    theirs = np.asarray(pc.is_in(rows["actor_id"], value_set=people).to_numpy())
    moment = np.isin(micros(rows["ts"]), v.came[mine])
    events, total = cite(rows, theirs & moment)
    return SIGNAL.evidence(
        window=(int(v.came[mine].min()), int(v.left[mine].max())), p=float(np.clip(p, floor, 1)), observed=float(active),
        expected=expected, says="idling",
        args={
            "visits": count, "active": active, "expected": round(expected), "classes": len(_CLASSES) - _FROM if whole else len(silent),
            "stay_s": round(float(np.median((v.left - v.came)[mine])) / _SECOND),
        },
        effect=Effect("viewers", 0.8 * idle, idle, max(idle, 1.0 * count)), causes=tuple(causes), events=events, events_total=total,
    )  # fmt: skip


def _busier(session: Session, v: Visits, asked: Bools, p: float) -> Evidence:
    people = v.names.take(np.unique(v.who[asked])).to_pylist()
    return SIGNAL.evidence(
        window=session.span, p=float(np.clip(p, P_FLOOR, 1)), observed=0.0, expected=0.0, says="busier",
        args={"visits": int(asked.sum())}, accounts=dict.fromkeys(people, CLEAR_DB),
    )  # fmt: skip


SIGNAL = Signal(
    id="timing.idling",
    version=1,
    question=Question.AUDIENCE,
    tier=Tier.T1,
    title=Say("Stay and do nothing", "久留而无任何互动"),
    says={
        "idling": Say(
            "Of {visits} visits ({classes} classes of stays, half of the silent ones {stay_s} or less) {active} took part; of shorter stays so many take part that "
            "{expected} would have. Who stays longer does more, not less.",
            "{visits} 次停留（共 {classes} 档时长，其中静默者停留中位数 {stay_s}）中仅 {active} 次有互动；按停留更短者的互动比例应有 {expected} 次。"
            "停留越久，互动理应越多，而非越少。",
        ),
        "busier": Say(
            "{visits} visits: who stays longer takes part as often, or more.",
            "{visits} 次停留：停留越久，参与互动的比例不降反升。",
        ),
    },
    look=look,
)
