"""People in the room against people who came: flow conservation and dwell.

## What it looks for
Two things the counters of an honest room obey. *Conservation*: the room cannot hold more than it ever held plus
everybody who has entered since. *Little's law*: people present = entries per minute x minutes stayed; a dwell of a
few seconds means entries that nobody made, whatever the counter says.

## Why it matters
Bought views (刷观看) raise the entry counter and nobody is there; bought viewers (挂人气) raise the number present
and nobody came. Either breaks the law between the two.

## How it is fooled
By buying both in proportion; by bots that enter and stay a human time. A platform that counts views (人次) rather than
viewers (人数) shortens every dwell alike: compare within one source.

## What clears it
Feed swiping gives honest dwells of 25 seconds in a push, so the baseline is wide (0.4 to 5 minutes are ordinary).
The two counters need not be equally fresh: entries shown up to five minutes later count as come.
After an outage people come back without being counted again: only numbers above every earlier high must be
explained by entries. Rounded counters ("6.8万") are given their half unit twice.

## Method
Dwell of the busiest stretches of 10 and 30 minutes and of the whole record against a log-normal, times the number
of stretches looked at; excess over conservation against an exponential of the gauge's own jitter. Source: J. D. C. Little,
"A proof for the queuing formula L = λW", 1961. Baselines: `packs/baselines/counters.flow.toml`.

## Examples
    >>> from zhenbo.proof.pages import look
    >>> look('counters.flow', '''
    ... 20:00-21:00 entered_total 0..3000 every 60s; 20:00-20:30 viewers 60..90 every 60s; 20:31-21:00 viewers 4500 every 60s
    ... ''')
    counters.flow: accuses, names 0 accounts, says appeared
    >>> look('counters.flow', '''
    ... 20:00-21:00 entered_total 0..3000 every 60s; 20:00-21:00 viewers 60..90 every 60s
    ... ''')
    counters.flow: clears, names 0 accounts, says conserved
"""

from collections.abc import Iterable, Mapping
from typing import Any

import numpy as np

from zhenbo.core.evidence import Cause, Effect, Evidence, Found, Missing, Say, Signal, cite_between
from zhenbo.core.session import MINUTE, Session
from zhenbo.core.subject import Question, Tier
from zhenbo.kernel.series import Counter, Floats, Grid, counter, gauge, grid
from zhenbo.signals.nulls import NEUTRAL, P_FLOOR


def look(session: Session, base: Mapping[str, Any]) -> Iterable[Found]:
    """Hold the viewer gauge against the entry counter."""
    if session.scope != "session":
        return []
    on = grid(session)
    heads, entered = gauge(session, on), counter(session, on, "entered_total")
    if np.isfinite(heads).sum() < base["minutes_min"]:
        return [Missing(Question.AUDIENCE, "viewer_counter")]
    if np.isfinite(entered.value).sum() < base["minutes_min"]:
        return [Missing(Question.AUDIENCE, "entered_counter")]
    appeared, vanished = (
        _appeared(session, on, heads, entered, base),
        _unattended(session, on, heads, entered, base),
    )
    worst = min(appeared, vanished, key=lambda e: e.p)
    return [worst if worst.p < base["accuse"] else _conserved(on, heads, entered, min(2 * worst.p, 1.0))]


def _appeared(
    session: Session, on: Grid, heads: Floats, entered: Counter, base: Mapping[str, Any]
) -> Evidence:
    """People present beyond every earlier high plus all who entered since."""
    both = np.isfinite(heads) & np.isfinite(entered.value)
    at = np.flatnonzero(both)
    h, e = heads[at], entered.value[at]
    # the room can hold at most: min over earlier moments of (highest so far + entries since then); the entry counter may
    # run late, so entries that it shows some minutes later count as come
    since = np.searchsorted(at, at + _LATE, side="right") - 1
    room = (
        np.minimum.accumulate(np.r_[np.inf, (np.maximum.accumulate(h) - e)[:-1]])
        + e[since]
        + 2 * entered.half_unit
    )
    over = np.where(np.isfinite(room), h - room, 0.0)
    k = int(over.argmax())
    jitter = max(float(np.median(np.abs(np.diff(h)))) / max(float(np.median(h)), 1.0), base["jitter"])
    excess = max(over[k], 0.0)
    p = (
        float(np.clip(np.exp(-excess / max(h[k], 1.0) / jitter) * min(len(at), 20), P_FLOOR, 1))
        if excess > 0
        else 1.0
    )
    start = max(int(at[k]) - 10, 0)
    declared = [
        w.kind
        for w in session.windows
        if w.overlaps(on.start + start * MINUTE, on.start + int(at[k] + 1) * MINUTE)
    ]
    return _evidence(
        session, on, start, int(at[k]) + 1, "viewers", p=p, observed=float(h[k]), expected=float(h[k] - excess), says="appeared",
        args={"present": round(float(h[k])), "possible": round(float(h[k] - excess)), "extra": round(excess), "at_us": on.start + int(at[k]) * MINUTE},
        effect=Effect("viewers", 0.7 * excess, excess, 1.3 * excess + entered.half_unit),
        causes=(Cause("outage", "ruled_out"), *(Cause(kind, "open") for kind in declared)),
    )  # fmt: skip


_LATE = 5
"""Minutes by which an entry counter may lag behind the viewer gauge."""


def _unattended(
    session: Session, on: Grid, heads: Floats, entered: Counter, base: Mapping[str, Any]
) -> Evidence:
    """Entries that leave no presence: the shortest dwell over stretches of 10 and 30 minutes and the whole."""
    from scipy import stats

    gained = entered.increments()
    stretches = [
        (a, min(a + length, on.size))
        for length in (10, 30)
        for a in range(0, max(on.size - length, 1), length // 2)
    ]
    stretches.append((0, on.size))
    best: tuple[float, float, int, int] = (1.0, base["stay_min"], 0, on.size)
    for a, b in stretches:
        there = heads[a:b]
        came = gained[a:b][np.isfinite(there)].sum()
        if came < base["entries_min"] or not np.isfinite(there).any():
            continue
        stay = float(np.nansum(there) / (came + 2 * entered.half_unit))
        p = float(stats.norm.cdf(np.log(max(stay, 1e-4) / base["stay_min"]) / base["stay_sigma"]))
        if p < best[0]:
            best = (p, stay, a, b)
    p, stay, a, b = best
    came = float(gained[a:b].sum())
    plausible = {
        q: stay / (base["stay_min"] * np.exp(base["stay_sigma"] * stats.norm.ppf(q))) for q in (0.05, 0.2)
    }
    fake = {q: came * max(1 - share, 0.0) for q, share in plausible.items()}
    return _evidence(
        session, on, a, b, "entered_total", p=float(np.clip(p * min(len(stretches), 6), base["unattended_floor"], 1)), observed=stay,
        expected=base["stay_min"], says="unattended",
        args={"stay_s": round(stay * 60), "entries": round(came), "usual_s": round(base["stay_min"] * 60), "start_us": on.start + a * MINUTE, "duration_s": (b - a) * 60},
        effect=Effect("viewers", fake[0.05], fake[0.2], came),
        causes=(Cause("feature", "open"),),
    )  # fmt: skip


def _evidence(session: Session, on: Grid, a: int, b: int, kind: str, **fields: Any) -> Evidence:
    start, end = on.start + a * MINUTE, on.start + b * MINUTE
    events, total = cite_between(session.rows(kind), start, end)
    return SIGNAL.evidence(window=(start, end), events=events, events_total=total, **fields)


def _conserved(on: Grid, heads: Floats, entered: Counter, p: float) -> Evidence:
    stay = float(np.nanmean(heads) * on.size / max(entered.increments().sum(), 1.0))
    return SIGNAL.evidence(
        window=(on.start, on.start + on.size * MINUTE), p=max(p, NEUTRAL), observed=stay, expected=stay, says="conserved",
        args={"stay_s": round(stay * 60)},
    )  # fmt: skip


SIGNAL = Signal(
    id="counters.flow",
    version=2,
    question=Question.AUDIENCE,
    tier=Tier.T0,
    title=Say("People present against people who came", "在线人数与进场人数不守恒"),
    says={
        "appeared": Say(
            "At {at_us} the room shows {present} present, but no more than {possible} can be there by its own entry counter: {extra} came from nowhere.",
            "{at_us} 显示在线 {present} 人，而按其自身的进场计数最多可能 {possible} 人：{extra} 人来路不明。",
        ),
        "unattended": Say(
            "From {start_us} within {duration_s}, {entries} entries were counted, but those present make them last {stay_s} each on average (usual {usual_s}).",
            "自 {start_us} 起的 {duration_s} 内计入 {entries} 次进场，而按在线人数折算平均只停留 {stay_s}（通常约 {usual_s}）。",
        ),
        "conserved": Say(
            "Those present and those who came fit together (average stay {stay_s}).",
            "在线人数与进场人数相互吻合（平均停留 {stay_s}）。",
        ),
    },
    look=look,
)
