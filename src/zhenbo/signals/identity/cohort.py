"""Accounts born together: registration times that crowd into an hour, a day, three days.

## What it looks for
Among accounts older than three days at the start of the session, the largest share registered within one hour,
one day or three days, against the room's own smooth density of registrations around that moment.

## Why it matters
Accounts are made in bulk and sold in bulk. Of 1,337 bought Twitter followers the 5th to the 50th percentile of
creation lay inside one day; genuine followers spread over 2.5 years. Of 940 known Bilibili script bots 79 % had
another bot within 50 registration numbers, of honest chatters 0.15 %.

## How it is fooled
By aged accounts bought from many batches, by accounts registered at random over months, by stolen accounts, by
real people paid for watching.

## What clears it
Newcomers: people register in order to watch, and campaigns invite them by the thousand. Accounts younger than
three days are counted and told, and never count by themselves. People won by one promotion a year ago are born
together too, and are otherwise like everybody else: a cohort that could be a random sample of the room (standing,
arrival, stay, acts; `kernel/people.py`) is explained by it (standing is compared with accounts of similar age); bought accounts bring no standing. Platform growth and campaign days raise the
density on all sides and are expected; a share that any room may hold (the day the host joined the platform) is
declared. Registration times given only by day are not looked at by the hour; an earliest time that several accounts
share to the microsecond is a default value of the source and is left out.

## Method
For each length, the window with the most registrations beyond the density beside it (the denser side, over
three and fifteen lengths and 45 days). What the season may put there is a negative binomial, paid for once per
window; what one campaign day may put there a beta-binomial of the busiest window; p bounds their sum. The three
lengths are paid for. To it comes how often a promotion fills a room (`promotion_rate`) and leaves a sample so odd by chance. Baselines: `packs/baselines/identity.cohort.toml`.

## Examples
    >>> from zhenbo.proof.pages import look
    >>> look('identity.cohort', '''
    ... 20:00-22:00 b1..b300 enter scattered [since=202{0|1|2|3|4|5}-0{1|2|3|4|5|6|7|8|9}-{11|12|13|14|15|16|17|18|19|20|21|22|23}T{10|11|12|13|14|15|16}:00]
    ... 20:30-21:00 a1..a150 enter [since=2024-06-23T{10|11}:{10|11|12|13|14|15|16}]
    ... ''')
    identity.cohort: accuses, names 150 accounts, says cohort
    >>> look('identity.cohort', '''
    ... 20:00-22:00 b1..b300 enter scattered [since=202{0|1|2|3|4|5}-0{1|2|3|4|5|6|7|8|9}-{11|12|13|14|15|16|17|18|19|20|21|22|23}T{10|11|12|13|14|15|16}:00]
    ... 20:30-21:00 a1..a100 enter [since=2026-05-01T19:{10|11|12|13|14|15|16}]
    ... ''')
    identity.cohort: clears, names 0 accounts, says scattered
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from zhenbo.core.evidence import Cause, Effect, Found, Missing, Say, Signal, cite
from zhenbo.core.schema import ROOM_KINDS
from zhenbo.core.session import DAY, HOUR, Session, by_visitors, codes, micros
from zhenbo.core.subject import Question, Tier
from zhenbo.kernel.people import registered, sample_of_the_rest
from zhenbo.signals.bunching import CLEAR_DB, UNREMARKABLE, excess_weight
from zhenbo.signals.nulls import P_FLOOR

Ints = npt.NDArray[np.int64]
Bools = npt.NDArray[np.bool_]

_SPEAKING = ("comment", "like", "follow", "share", "gift")
_CERTAIN = 1e-6
"""Among windows as telling as this the one that holds the most accounts is told."""

_WINDOWS = {"hour": HOUR, "day": DAY, "days": 3 * DAY}


def look(session: Session, base: Mapping[str, Any]) -> Iterable[Found]:
    """Scan the registration times of the accounts in the room for a crowd born together."""
    rows = by_visitors(session.rows(*ROOM_KINDS))
    if not rows.num_rows:
        return []
    names, since = registered(session, pc.unique(rows["actor_id"]))
    if len(names) < base["known_min"]:
        return [Missing(Question.AUDIENCE, "registration")]
    start = session.span[0]
    young = since >= start - int(base["newcomer_days"] * DAY)
    older = np.flatnonzero(~young)
    found = _scan(since, len(older), base) if len(older) >= base["known_min"] else None
    return [_evidence(session, rows, names, since, young, older, found, base)]


@dataclass(frozen=True)
class _Cohort:
    """The busiest window of registration.

    Args:
        p: probability under the organic null, all lengths paid for.
        first: its first microsecond.
        length: its length in microseconds.
        count: accounts in it.
        expected: accounts the null expects there.
        honest: 5 % and 95 % points of the null.
    """

    p: float
    first: int
    length: int
    count: int
    expected: float
    honest: tuple[float, float]


def _scan(since: Ints, older: int, base: Mapping[str, Any]) -> _Cohort | None:
    """The most telling window over all lengths among the first `older` of the sorted times; newcomers are neighbours."""
    clock = np.unique(since % DAY, return_counts=True)[1].max() / len(
        since
    )  # by day only: one clock time for all
    looks = {k: v for k, v in _WINDOWS.items() if k != "hour" or clock < 0.5}
    found = [_window(since, older, length, base, name) for name, length in looks.items()]
    best = min(found, key=lambda c: (max(c.p, _CERTAIN), -c.count))
    if best.count < base["members_min"]:
        return None
    p = min(best.p * len(looks), 1.0)
    return _Cohort(p, best.first, best.length, best.count, best.expected, best.honest)


def _window(since: Ints, older: int, length: int, base: Mapping[str, Any], name: str) -> _Cohort:
    from scipy import stats

    index = np.arange(older)
    first = since[:older]
    inside = np.minimum(np.searchsorted(since, first + length), older) - index
    smooth = np.zeros(older)
    for scale in (3 * length, 15 * length, int(base["around_days"] * DAY)):
        before = index - np.searchsorted(since, first - scale)
        after = np.searchsorted(since, first + length + scale) - index - inside
        # The denser side counts: near the session, or where a platform took off, one side is thin for good reasons.
        # One neighbour is added so that an empty season is not certain to stay empty.
        smooth = np.maximum(smooth, (np.maximum(before, after) + 1) * length / scale)
    at = int(np.argmax(inside - smooth))
    count, mean, spread = int(inside[at]), float(smooth[at]), float(base["density_size"])
    windows = max(min(older, int((first[-1] - first[0]) // length) + 1), 1)
    p = _tail(count, mean, spread, windows, older, (base[f"{name}_share"], base[f"{name}_concentration"]))
    ends = stats.nbinom.ppf([0.05, 0.95], spread, spread / (spread + mean))
    expected = mean + base[f"{name}_share"] * older
    return _Cohort(
        p, int(first[at]), length, count, expected, (float(ends[0]), float(ends[1] + expected - mean))
    )


def _tail(count: int, mean: float, spread: float, windows: int, n: int, burst: tuple[float, float]) -> float:
    """P(season + burst >= count), bounded by splitting the count where that costs least.

    The season's part is a negative binomial looked at in every window, the burst's a beta-binomial of the busiest.
    """
    from scipy import stats

    q = 10.0 ** -np.arange(1, 13, 0.5)
    season = stats.nbinom.isf(q / windows, spread, spread / (spread + mean))
    rest = np.maximum(count - season, 0)
    a, b = burst[0] * burst[1], (1 - burst[0]) * burst[1]
    both = q + np.where(rest > 0, stats.betabinom.sf(rest - 1, n, a, b), 1.0)
    return float(np.clip(both.min(), P_FLOOR, 1))


def _evidence(
    session: Session, rows: pa.Table, names: pa.Array, since: Ints, young: Bools, older: Ints, found: _Cohort | None,
    base: Mapping[str, Any],
) -> Found:  # fmt: skip
    accused = found is not None and found.p < UNREMARKABLE
    members = np.zeros(len(names), dtype=bool)
    if accused and found:
        members[older] = (since[older] >= found.first) & (since[older] < found.first + found.length)
    alike = (
        sample_of_the_rest(session, names.filter(pa.array(members)), of_their_age=True) if accused else None
    )
    who, people = codes(rows["actor_id"])
    theirs = np.asarray(
        pc.is_in(people, value_set=names.filter(pa.array(members))).to_numpy(zero_copy_only=False)
    )
    mine = theirs[who]
    talk = np.asarray(pc.is_in(rows["kind"].cast(pa.string()), pa.array(_SPEAKING)).to_numpy())
    entering = not accused or np.count_nonzero(np.bincount(who[mine & talk])) < members.sum() / 2
    said = int((mine & np.asarray(pc.equal(rows["kind"].cast(pa.string()), "comment").to_numpy())).sum())
    expected = found.expected if found else 0.0
    # born together by chance, or by a promotion and then as unlike the others as a sample of them would seldom be
    p = min((found.p if found else 1.0) + base["promotion_rate"] * (alike or 0.0), 1.0)
    weight = max(excess_weight(members.sum(), expected, p), CLEAR_DB)
    db = np.where(members[older], weight, CLEAR_DB)
    events, total = cite(rows, mine if accused else None)
    ts = micros(rows["ts"])[mine] if accused else micros(rows["ts"])
    ts = ts[ts > np.iinfo(np.int64).min]
    return SIGNAL.evidence(
        question=Question.AUDIENCE if entering else Question.ENGAGEMENT,
        window=(int(ts.min()), int(ts.max())) if len(ts) else session.span,
        p=float(np.clip(p, P_FLOOR, 1)),
        observed=float(members.sum()) if accused else float(found.count if found else 0),
        expected=expected,
        says="cohort" if accused else "scattered",
        args={
            "accounts": int(members.sum()), "known": len(older), "newcomers": int(young.sum()),
            "born_us": found.first if found else 0, "length_s": found.length / 1e6 if found else 0.0,
            "largest": found.count if found else 0,
        },
        effect=_effect(found, members, said, entering) if accused and found else None,
        accounts=dict(zip(names.take(pa.array(older)).to_pylist(), db.tolist(), strict=True)),
        causes=_causes(young, alike, base, accused=accused),
        events=events,
        events_total=total,
    )  # fmt: skip


def _effect(found: _Cohort, members: Bools, said: int, entering: bool) -> Effect | None:
    """Members beyond what honest rooms hold, as viewers, or as the comments they wrote."""
    count = float(members.sum())
    unit = 1.0 if entering else said / count
    ends = (max(count - found.honest[1], 0), max(count - found.expected, 0), max(count - found.honest[0], 0))
    return Effect("viewers" if entering else "comments", *(x * unit for x in ends)) if unit else None


def _causes(
    young: Bools, alike: float | None, base: Mapping[str, Any], *, accused: bool
) -> tuple[Cause, ...]:
    """Newcomers were left out before looking; whether a promotion could have brought the members is tested."""
    if not accused:
        return (Cause("newcomers", "explains"),) if young.mean() > 0.2 else ()
    promoted = alike is not None and alike >= base["sample_alpha"]
    return (Cause("newcomers", "ruled_out"), Cause("registration_wave", "explains" if promoted else "open"))


SIGNAL = Signal(
    id="identity.cohort",
    version=1,
    question=Question.AUDIENCE,
    tier=Tier.T1,
    title=Say("Accounts born together", "批量注册账号"),
    says={
        "cohort": Say(
            "{accounts} of {known} older accounts were registered within {length_s} of {born_us}; {newcomers} newcomers are not counted.",
            "{known} 个老账号中有 {accounts} 个在 {born_us} 起 {length_s} 内集中注册；另有 {newcomers} 个新注册账号不计入。",
        ),
        "scattered": Say(
            "{known} older accounts were registered at scattered times (at most {largest} together); {newcomers} newcomers are not counted.",
            "{known} 个老账号的注册时间分散（最多 {largest} 个相近）；另有 {newcomers} 个新注册账号不计入。",
        ),
    },
    look=look,
)
