"""Those who stay and do nothing are another kind of account than those who pass by, and than those who stay and take part.

## What it looks for
Accounts that stay four minutes or longer without doing anything, of whom far more have few followers (many follows, a low level, a registration in one
season …) than of those who are gone within a minute, *and* than of those who stay and take part.

## Why it matters
Viewers for rent (挂人气, 云手机, 群控) are accounts made or bought for it: nobody follows them, they follow whom they were told to follow,
and they never rose a level. They can be made to come one by one and to leave like people; what they are they bring along. And only they sit: the
people whom the room wins pass by, or stay and take part.

## How it is fooled
By accounts of real people, hired or hijacked; by profiles filled to look like the room's; by sitters who act; by a
source that tells no profiles.

## What clears it
Loyal people differ from passers-by, and quiet people from lively ones. So silent stayers must stand out on the same side of *both*: of the passers-by, whose
silence they share, and of the active, whose patience they share. Older people, newcomers to the platform and villages stay in silence more than others, but not
only they do, and some of them take part: a tenth or a fifth of difference is what such rooms show. Who came by an entrance of their own
(a class, a relay, a programme's code) or left together has a reason to be of one kind. Fans of the host are a club. Accounts newly registered may follow a reward for
newcomers; rewards for watching (看播任务) draw accounts that collect them: so it raises the question, decides nothing, and names nobody.

## Method
For each trait and side the cut at which the share of silent stayers beyond the larger share of the two others is largest (two-sample Kolmogorov-Smirnov distances at one
cut), less what samples of these sizes show by chance; beyond it honest rooms are taken to differ by an exponential. The largest over all traits counts. Baselines:
`packs/baselines/identity.sitters.toml`.

## Examples
    >>> from zhenbo.proof.pages import look
    >>> look('identity.sitters', '''
    ... 20:00-21:50 b1..b300 enters [followers={5|20|60|150|400}]; 20:00:20-21:50:20 b1..b300 leaves
    ... 20:01-21:30 c1..c150 enters [followers={5|20|60|150|400}]; 20:12-21:50 c1..c150 leaves; 20:02-21:31 c1..c90 say "{n}"
    ... 20:02-21:30 a1..a200 enters [followers={0|1|2}]; 20:15-21:55 a1..a200 leaves
    ... ''')
    identity.sitters: accuses, names 0 accounts, says followers_below
    >>> look('identity.sitters', '''
    ... 20:00-21:50 b1..b300 enters [followers={5|20|60|150|400}]; 20:00:20-21:50:20 b1..b300 leaves
    ... 20:01-21:30 c1..c150 enters [followers={5|20|60|150|400}]; 20:12-21:50 c1..c150 leaves; 20:02-21:31 c1..c90 say "{n}"
    ... 20:02-21:30 a1..a200 enters [followers={5|20|60|150|400}]; 20:15-21:55 a1..a200 leaves
    ... ''')
    identity.sitters: clears, names 0 accounts, says like_the_others
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from zhenbo.core.evidence import Cause, Effect, Evidence, Found, Say, Signal, cite
from zhenbo.core.session import MINUTE, Session
from zhenbo.core.subject import Question, Tier
from zhenbo.kernel.people import TRAITS, trait
from zhenbo.kernel.visits import Bools, Visits, visits
from zhenbo.signals.nulls import NEUTRAL, P_FLOOR
from zhenbo.signals.stays import innocent, untold

Floats = npt.NDArray[np.float64]

_STAY = 4 * MINUTE
"""Longer than a swipe, longer than most purchases; time enough to say a word."""
_KINDS = (*TRAITS, "since")


def look(session: Session, base: Mapping[str, Any]) -> Iterable[Found]:
    """Hold silent stayers against passers-by and against those who stay and take part."""
    if session.scope != "session" or not len(session.accounts):
        return []
    if missing := untold(session, Question.AUDIENCE, departures=True):
        return missing
    seen = visits(session)
    if seen.ended.sum() < base["ended_min"] * len(seen.came):
        return []
    people = _People.of(seen)
    told = [one for name in _KINDS if (one := _sharpest(session, seen, people, name, base))]
    return [_evidence(session, seen, people, max(told, key=lambda k: k.beyond), base)] if told else []


@dataclass(frozen=True)
class _People:
    """Accounts, by code, that were seen to leave whenever they came.

    Args:
        sitters: stayed once, and never did anything.
        passers: were gone within a minute each time.
        lively: stayed once, and did something.
    """

    sitters: Bools
    passers: Bools
    lively: Bools

    @classmethod
    def of(cls, seen: Visits) -> "_People":
        n = len(seen.names)
        stay = np.where(seen.ended, seen.left - seen.came, 0)
        open_ = np.bincount(seen.who[~seen.ended], minlength=n) > 0
        longest, acts = np.zeros(n, dtype=np.int64), np.zeros(n, dtype=np.int64)
        np.maximum.at(longest, seen.who, stay)
        np.add.at(acts, seen.who, seen.acts)
        there = (np.bincount(seen.who, minlength=n) > 0) & ~open_
        long = there & (longest >= _STAY)
        return cls(long & (acts == 0), there & (longest <= MINUTE), long & (acts > 0))


@dataclass(frozen=True)
class _Kind:
    """A kind of account that is common among sitters.

    Args:
        name: the trait.
        below: whether its values up to the cut make the kind, or those from it on.
        cut: the value.
        sitters: known sitters.
        theirs: share of them of the kind.
        passers: share of passers-by of the kind.
        lively: share of the active stayers of the kind.
        beyond: what the first share exceeds the larger of the others by, beyond chance.
    """

    name: str
    below: bool
    cut: float
    sitters: int
    theirs: float
    passers: float
    lively: float
    beyond: float


def _sharpest(session: Session, seen: Visits, people: _People, name: str, base: Mapping[str, Any]) -> _Kind | None:  # fmt: skip
    """The kind by one trait that stands out most; None where too few profiles tell it."""
    values = trait(session.accounts, seen.names, name)
    known = np.isfinite(values)
    mine, *others = (
        np.sort(values[which & known]) for which in (people.sitters, people.passers, people.lively)
    )
    if (
        len(mine) < base["sitters_min"]
        or len(others[0]) < base["passers_min"]
        or len(others[1]) < base["lively_min"]
    ):
        return None
    cuts = np.unique(mine)
    kinds = []
    for side in ("right", "left"):
        below = side == "right"
        shares = [_share(some, cuts, below=below) for some in (mine, *others)]
        chance = [(1 / len(mine) + 1 / len(some)) ** 0.5 for some in others]
        beyond = np.minimum(shares[0] - shares[1] - chance[0], shares[0] - shares[2] - chance[1])
        top = int(np.argmax(beyond))
        theirs, passers, lively = (float(x[top]) for x in shares)
        kinds.append(
            _Kind(name, below, float(cuts[top]), len(mine), theirs, passers, lively, float(beyond[top]))
        )
    return max(kinds, key=lambda k: k.beyond)


def _share(values: Floats, cuts: Floats, *, below: bool) -> Floats:
    """Share of sorted values up to each cut, or from each on."""
    if below:
        return np.asarray(np.searchsorted(values, cuts, "right") / len(values))
    return np.asarray(1 - np.searchsorted(values, cuts, "left") / len(values))


def _evidence(session: Session, seen: Visits, people: _People, kind: _Kind, base: Mapping[str, Any]) -> Evidence:  # fmt: skip
    p = float(np.exp(-max(kind.beyond, 0.0) / base["spread"]))
    expected = kind.sitters * max(kind.passers, kind.lively)
    if p >= base["remarkable"]:
        return SIGNAL.evidence(
            window=session.span, p=max(p, NEUTRAL), observed=kind.sitters * kind.theirs, expected=expected,
            says="like_the_others", args={"sitters": kind.sitters},
        )  # fmt: skip
    sat = people.sitters[seen.who] & (seen.left - seen.came >= _STAY)
    asked = innocent(session, seen, sat, base)
    floor = base["sent_floor"] if asked.door == "own" or asked.one_end else base["asked_floor"]
    young = kind.name == "since" and not kind.below
    rows = session.rows("enter")
    theirs = pc.is_in(rows["actor_id"], value_set=seen.names.filter(pa.array(people.sitters)))
    events, total = cite(rows, np.asarray(theirs.to_numpy(zero_copy_only=False)))
    return SIGNAL.evidence(
        window=session.span, p=float(np.clip(p, max(floor, P_FLOOR), 1)), observed=kind.sitters * kind.theirs, expected=expected,
        says=f"{kind.name}_{'below' if kind.below else 'from'}",
        args={
            "sitters": kind.sitters, "stay_s": _STAY / 1e6, "cut": kind.cut, "cut_us": kind.cut,
            "theirs_share": round(kind.theirs, 4), "passers_share": round(kind.passers, 4), "lively_share": round(kind.lively, 4),
        },
        effect=_effect(session, people, kind),
        causes=(*asked.causes(anywhere=True), Cause("newcomers", "open" if young else "ruled_out")),
        events=events, events_total=total,
    )  # fmt: skip


def _effect(session: Session, people: _People, kind: _Kind) -> Effect:
    """At least the part of the sitters that stands out, at most all of them and one missed beside every five, in people of the counter."""
    sitters, share = float(people.sitters.sum()), session.coverage("enter") or 1.0
    return Effect(
        "viewers",
        kind.beyond * sitters / share,
        (1 + kind.beyond) / 2 * sitters / share,
        1.2 * sitters / share,
    )


_KIND_SAYS = {
    "followers_below": ("have {cut} followers or fewer", "的粉丝数不超过 {cut}"),
    "followers_from": ("have {cut} followers or more", "的粉丝数不少于 {cut}"),
    "following_below": ("follow {cut} accounts or fewer", "的关注数不超过 {cut}"),
    "following_from": ("follow {cut} accounts or more", "的关注数不少于 {cut}"),
    "level_below": ("are of level {cut} or lower", "的等级不高于 {cut}"),
    "level_from": ("are of level {cut} or higher", "的等级不低于 {cut}"),
    "since_below": ("were registered by {cut_us}", "在 {cut_us} 及以前注册"),
    "since_from": ("were registered from {cut_us} on", "在 {cut_us} 及以后注册"),
}

SIGNAL = Signal(
    id="identity.sitters",
    version=1,
    question=Question.AUDIENCE,
    tier=Tier.T1,
    title=Say("Silent stayers of another kind", "滞留静默者另成一类账号"),
    says={
        **{
            name: Say(
                f"{{sitters}} accounts stayed {{stay_s}} or longer and did nothing; {{theirs_share}} of them {en}. Of those who were gone within a minute it is "
                "{passers_share}, of those who stayed and took part {lively_share}. Nobody is named.",
                f"{{sitters}} 个账号停留 {{stay_s}} 以上而毫无互动，其中 {{theirs_share}} {zh}；一分钟内离开者中为 {{passers_share}}，"
                "停留并有互动者中为 {lively_share}。不指认任何账号。",
            )
            for name, (en, zh) in _KIND_SAYS.items()
        },
        "like_the_others": Say(
            "{sitters} accounts that stayed and did nothing are like those who passed by, or like those who took part.",
            "{sitters} 个停留而无互动的账号，与路过者或有互动的停留者相似。",
        ),
    },
    look=look,
)
