"""Accounts that wait equally long between their steps.

## What it looks for
Many accounts whose waits between two acts agree to a fraction of the wait: everybody follows two seconds after
entering and leaves three seconds later, everybody says its line five seconds in, everybody likes forty seconds after speaking.
The waits of people scatter over a decade.

## Why it matters
Software does its steps (进场-停留-点赞-评论-关注-离开) by a script with a wait set per step. Accounts, phones and networks may
all be clean (一人一机一IP): the routine is what they share. It shows from entries and acts alone.

## How it is fooled
By waits drawn from a wide distribution, by steps left out at random, by one act per account; by a record that cannot tell seconds.

## What clears it
Calls of the host move people at one moment, not after one wait: whoever entered at other times waited otherwise. Only the first wait of an
account and kind counts, so a habit of one person is one. Waits agreeing only within ten seconds may be a
lesson's end or a coin task and decide nothing. A departure so long after the last act is how many feeds make departures up (no sign of
life since): it counts only beside another wait of the same accounts. Where most accounts that make the two steps agree, the app itself may do the
second (关注 offered on entry): left open. A record that stamps whole seconds or polls is asked for nothing finer than three of its steps.

## Method
Waits per pair of acts in classes of 0.1 to 10 s, each against its neighbouring classes by a negative binomial (`kernel/lengths.py`);
classes, widths and pairs paid for. Besides, classes alike to a tenth or a fifth of the wait (a script told to vary its pauses), ending
at moments far apart, and only where the same accounts keep two such waits of different steps: of 373 honest rooms and recordings 3 had one
such wait below 0.05 (who comes to pray says so at once), none two. Baselines: `packs/baselines/timing.routine.toml`.

## Examples
    >>> from zhenbo.proof.pages import look
    >>> look('timing.routine', '''
    ... 20:00:00.3-21:50 b1..b120 enters scattered; 20:05-21:55 b1..b120 follows scattered
    ... 20:30:00-20:40 a1..a40 enters; 20:30:02-20:40:02 a1..a40 follows
    ... ''')
    timing.routine: accuses, names 40 accounts, says routine
    timing.routine: accuses, names 40 accounts, says routine_came
    >>> look('timing.routine', '''
    ... 20:00-21:50 b1..b120 enters scattered; 20:05-21:55 b1..b120 follows scattered
    ... ''')
    timing.routine: clears, names 0 accounts, says own_pace
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow.compute as pc

from zhenbo.core.evidence import Cause, Effect, Evidence, Found, Missing, Say, Signal, cite
from zhenbo.core.session import SECOND, Session
from zhenbo.core.subject import Question, Tier
from zhenbo.kernel.lengths import Cell, equal_lengths, like_lengths, settled, step
from zhenbo.kernel.steps import KINDS, Ints, Steps, steps
from zhenbo.signals.bunching import CLEAR_DB, held
from zhenbo.signals.nulls import ACCOUNT_PRIOR_DB, P_FLOOR

Bools = npt.NDArray[np.bool_]

_WIDTHS = ((0.1, 10), (0.3, 10), (1.0, 10), (3.0, 10), (10.0, 12))
"""Widths of a class of waits in seconds, and from how many such widths on it is asked for."""
_METRICS = {"comment": "comments", "like": "likes", "follow": "follows", "share": "shares"}
_WORDS = {
    "enter": ("entering", "进场"), "comment": ("commenting", "评论"), "like": ("liking", "点赞"), "follow": ("following", "关注"),
    "share": ("sharing", "分享"), "product_click": ("opening a product", "点击商品"), "cart_add": ("adding to the basket", "加购"), "leave": ("leaving", "离开"),
}  # fmt: skip


def look(session: Session, base: Mapping[str, Any]) -> Iterable[Found]:
    """Scan the waits between every two kinds of acts for what people's clocks do not agree on."""
    if session.scope != "session":
        return []
    s = steps(session)
    if len(s.who) < base["waits_min"]:
        record = "longer_record" if session.has("actor_id", *KINDS) else "account_ids"
        return [Missing(Question.ENGAGEMENT, record)]
    cells, pairs = _cells(s, base)
    cells = _acted(s, cells, base["remarkable"])
    kept, which = settled(len(s.who), cells, base["remarkable"])
    loose = _chained(s, _loose(s, base), base["remarkable"])
    if loose:
        sharp = [c for c in cells if c.width < base["wide_s"]]
        kept, which = settled(len(s.who), [*sharp, *loose], base["remarkable"])
        which = _twice(s, kept, which, sharp)
        return list(_evidence(session, s, kept, which, pairs, base, loose=True))
    if not kept:
        people = s.names.take(np.unique(s.who)).to_pylist()
        p = min((c.tail for c in cells), default=1.0)
        return [
            SIGNAL.evidence(
                window=session.span, p=float(np.clip(p, P_FLOOR, 1)), observed=0.0, expected=0.0, says="own_pace",
                args={"accounts": len(people), "waits": len(s.who)}, accounts=dict.fromkeys(people, CLEAR_DB),
            )
        ]  # fmt: skip
    return list(_evidence(session, s, kept, which, pairs, base))


def _pairs(s: Steps, base: Mapping[str, Any]) -> Iterator[Ints]:
    """Per two kinds of acts, places in `s` of one wait of each account between them."""
    for pair in np.unique(s.before * len(KINDS) + s.kind).tolist():
        before, kind = divmod(pair, len(KINDS))
        if before == kind or KINDS[kind] == "enter" or (KINDS[before], KINDS[kind]) == ("enter", "leave"):
            continue
        at = np.flatnonzero((s.before == before) & (s.kind == kind) & (s.wait < base["longest_s"] * SECOND))
        at = at[np.unique(s.who[at], return_index=True)[1]]
        if len(at) >= base["accounts_min"]:
            yield at


def _loose(s: Steps, base: Mapping[str, Any]) -> list[Cell]:
    """Classes of waits alike to within a tenth or two, members as places in `s`, all pairs of acts paid for."""
    coarse, looked = step(s.ts), list(_pairs(s, base))
    return [
        replace(c, members=at[c.members], tail=c.tail * len(looked))
        for at in looked
        for c in like_lengths(s.wait[at] / SECOND, s.end[at], coarse)
        if len(c.members) >= base["accounts_min"]
    ]


def _chained(s: Steps, cells: list[Cell], remarkable: float) -> list[Cell]:
    """The classes of a routine: remarkable ones of two different pairs of acts that half of the same accounts keep.

    One wait alone may be a habit of honest people (who comes to pray says so at once); two in a row by the same people are not.
    """
    able = [c for c in cells if c.tail <= remarkable]
    people = [np.unique(s.who[c.members]) for c in able]
    acts = [(int(s.before[c.members[0]]), int(s.kind[c.members[0]])) for c in able]
    held = [
        any(
            acts[i] != acts[j]
            and 2 * len(np.intersect1d(people[i], people[j])) >= min(len(people[i]), len(people[j]))
            for j in range(len(able))
        )
        for i in range(len(able))
    ]
    return [c for c, kept in zip(able, held, strict=True) if kept]


def _acted(s: Steps, cells: list[Cell], remarkable: float) -> list[Cell]:
    """The classes without waits for the departure alone: these need half of the same accounts to keep another wait too.

    Few feeds are told when somebody leaves; they write it so long after the last sign of life, or flush what was held back.
    """
    leave = KINDS.index("leave")
    acts = [c for c in cells if s.kind[c.members[0]] != leave]
    keepers = [np.unique(s.who[c.members]) for c in acts if c.tail <= remarkable]

    def stands(cell: Cell) -> bool:
        mine = np.unique(s.who[cell.members])
        return any(2 * len(np.intersect1d(mine, other)) >= min(len(mine), len(other)) for other in keepers)

    return acts + [c for c in cells if s.kind[c.members[0]] == leave and stands(c)]


def _twice(s: Steps, kept: list[Cell], which: Ints, sharp: list[Cell]) -> Ints:
    """Classes of waits without those who keep but one of them, unless to within a second or two: one wait is anybody's."""
    exact = np.array([any(c is cell for cell in sharp) for c in kept])
    waits = np.bincount(s.who[which >= 0], minlength=len(s.names))
    return np.where((waits[s.who] >= 2) | exact[which], which, -1)


def _cells(s: Steps, base: Mapping[str, Any]) -> tuple[list[Cell], int]:
    """Classes of waits that stand out, members as places in `s`, and how many pairs of acts were looked at."""
    coarse, found, pairs = step(s.ts), [], 0
    for at in _pairs(s, base):
        pairs += 1
        found += [
            replace(c, members=at[c.members])
            for c in equal_lengths(s.wait[at] / SECOND, coarse, _WIDTHS)
            if len(c.members) >= base["accounts_min"]
        ]
    return [replace(c, tail=c.tail * pairs) for c in found], pairs


@dataclass(frozen=True)
class _Crew:
    """Everybody in a class: weights per account, and what they did."""

    people: Ints
    weights: dict[str, float]
    acts: Bools


def _crew(s: Steps, kept: list[Cell], which: Ints, p: float) -> _Crew:
    count = np.bincount(which[which >= 0], minlength=len(kept))
    expected = np.array([c.expected for c in kept])
    db = 10 * np.log10(np.maximum(count - expected, 1e-3) / np.maximum(expected, 0.5)) - ACCOUNT_PRIOR_DB
    best = np.full(len(s.names), CLEAR_DB)
    mine = which >= 0
    np.maximum.at(best, s.who[mine], np.array([held(x, p) for x in db.tolist()])[which[mine]])
    seen, people = np.unique(s.who), np.unique(s.who[mine])
    weights = dict(zip(s.names.take(seen).to_pylist(), best[seen].tolist(), strict=True))
    return _Crew(people, weights, np.isin(s.actor, people))


def _evidence(
    session: Session, s: Steps, kept: list[Cell], which: Ints, pairs: int, base: Mapping[str, Any], *, loose: bool = False
) -> Iterator[Evidence]:  # fmt: skip
    """What the crew fabricated of engagement, and its entries where it came in by itself."""
    best, mine = kept[0], which >= 0
    wide = not loose and best.width >= base["wide_s"]
    p = float(np.clip(best.tail, base["thin_floor"] if wide else P_FLOOR, 1))
    crew = _crew(s, kept, which, p)
    honest = sum(c.expected for c in kept)
    genuine = max(1 - honest / max(int(mine.sum()), 1), 0.0)
    before, kind = (KINDS[int(x[best.members[0]])] for x in (s.before, s.kind))
    share = len(best.members) / max(int(((s.before == KINDS.index(before)) & (s.kind == KINDS.index(kind))).sum()), 1)  # fmt: skip
    args = {
        "accounts": len(crew.people), "waits": int(mine.sum()), "routines": len(kept), "expected": round(honest, 1),
        "first": _WORDS[before][0], "first_zh": _WORDS[before][1], "then": _WORDS[kind][0], "then_zh": _WORDS[kind][1],
        "wait_s": round(float(np.median(s.wait[best.members])) / SECOND, 1), "width_s": round(best.width, 1), "tried": pairs,
    }  # fmt: skip
    causes = (
        Cause("app_prompt", "open" if share > base["most"] else "ruled_out"),
        Cause("common_end", "open" if wide else "ruled_out"),
    )
    kinds, at = s.rows["kind"].cast("string").to_numpy(zero_copy_only=False), s.ts
    for question, metric, acts in _told(kinds, crew, s):
        events, total = cite(s.rows, acts)
        units = (
            _units(s, acts, metric)
            * genuine
            / (session.coverage("enter") or 1.0 if metric == "viewers" else 1.0)
        )
        yield SIGNAL.evidence(
            question=question, window=(int(at[acts].min()), int(at[acts].max())), p=p, observed=float(mine.sum()), expected=honest,
            says="routine" if metric != "viewers" else "routine_came", args={**args, "acts": round(units)}, effect=Effect(metric, 0.8 * units, units, 1.2 * units / max(genuine, 0.5)),
            accounts=crew.weights, causes=causes, events=events, events_total=total,
        )  # fmt: skip


def _told(kinds: npt.NDArray[np.object_], crew: _Crew, s: Steps) -> Iterator[tuple[Question, str, Bools]]:
    """The metric of engagement of which the crew made most, and its entries: question, metric, its acts."""
    shares = {}
    for kind, metric in _METRICS.items():
        acts = crew.acts & (kinds == kind)
        if acts.any():
            shares[metric] = (_units(s, acts, metric) / max(_units(s, kinds == kind, metric), 1.0), acts)
    if shares:
        metric = max(shares, key=lambda m: (shares[m][0], m))
        yield Question.ENGAGEMENT, metric, shares[metric][1]
    came = crew.acts & (kinds == "enter")
    if came.any():
        yield Question.AUDIENCE, "viewers", came
    elif not shares:
        yield Question.AUDIENCE, "viewers", crew.acts


def _units(s: Steps, acts: Bools, metric: str) -> float:
    if metric != "likes":
        return float(acts.sum())
    return float(np.asarray(pc.fill_null(s.rows["qty"], 1).to_numpy())[acts].sum())


SIGNAL = Signal(
    id="timing.routine",
    version=1,
    question=Question.ENGAGEMENT,
    tier=Tier.T1,
    title=Say("One routine for many accounts", "多账号步骤间隔一致"),
    says={
        "routine": Say(
            "{accounts} accounts keep one routine: {waits} waits between two steps agree where neighbouring waits let expect {expected} ({routines} such waits; "
            "the sharpest: {then} {wait_s} after {first}, to within {width_s}).",
            "{accounts} 个账号按同一流程操作：{waits} 次步骤间隔一致，而相邻间隔预期仅 {expected} 次（共 {routines} 种间隔；最集中的一种："
            "{first_zh}后 {wait_s}{then_zh}，相差不足 {width_s}）。",
        ),
        "routine_came": Say(
            "{acts} entries are of {accounts} accounts that keep one routine ({then} {wait_s} after {first}, to within {width_s}): {waits} waits agree "
            "where neighbouring waits let expect {expected}.",
            "有 {acts} 次进场来自 {accounts} 个按同一流程操作的账号（{first_zh}后 {wait_s}{then_zh}，相差不足 {width_s}）：{waits} 次步骤间隔一致，"
            "而相邻间隔预期仅 {expected} 次。",
        ),
        "own_pace": Say(
            "{accounts} accounts wait each as long as they like between their steps ({waits} waits).",
            "{accounts} 个账号的步骤间隔各不相同（共 {waits} 次）。",
        ),
    },
    look=look,
)
