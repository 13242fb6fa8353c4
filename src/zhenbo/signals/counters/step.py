"""A step in one figure that the others do not answer, and gauges stiller than people can be.

## What it looks for
The sharpest stretch in which the entry counter grows by a factor while the other figures of the same room stay where
they were; and a viewer gauge that moves less from minute to minute than
independent arrivals and departures must make it move.

## Why it matters
Bulk deliveries and quotas are bought per figure (加热, 挂人气). People who really arrive also speak, tap and leave.

## How it is fooled
By buying several figures together; by slow ramps that hide in the ordinary growth of a room. Steps in likes are not
looked at: a few people tapping hearts when asked to make one in any honest room.

## What clears it
Steep steps are ordinary: the largest one-minute change of an honest popularity counter is ×4.2 in the median room, so a
step alone never decides. Raids, feature slots and paid traffic bring reactions along, and a declared window of that
kind that does explains the step. A platform that smooths its display makes a gauge still for honest
reasons: stillness counts only below a quarter of the Poisson variance. An advertising report (千川) that states people
brought in those hours, half of the step or more, explains it (`kernel/paid.py`).

## Method
Growth of each other figure against half the growth of the entries on the log scale, joined by Fisher's method over
the figures, floored: a step alone is worth at most one in a thousand. Stillness: lower tail of a chi-square of
squared minute changes over a quarter of their Poisson variance (entries plus exits). Baselines:
`packs/baselines/counters.step.toml`.

## Examples
    >>> from zhenbo.proof.pages import look
    >>> look('counters.step', '''
    ... 20:00-22:00 entered_total 0..36000 every 60s; 20:00-22:00 viewers 800 every 60s
    ... ''')
    counters.step: accuses, names 0 accounts, says still
    >>> look('counters.step', '''
    ... 20:00-20:40 entered_total 0..2000 every 60s; 20:41-22:00 entered_total 2050..6000 every 60s
    ... 20:00-22:00 a1..a40 say "hello {n}" x20 scattered
    ... ''')
    counters.step: clears, names 0 accounts, says steady
"""

from collections.abc import Iterable, Mapping
from typing import Any

import numpy as np

from zhenbo.core.evidence import Cause, Evidence, Found, Missing, Say, Signal, cite, cite_between
from zhenbo.core.session import MINUTE, Session
from zhenbo.core.subject import Question, Tier
from zhenbo.kernel.paid import by_advertisement
from zhenbo.kernel.ramps import Excess, strongest
from zhenbo.kernel.series import Floats, Grid, counter, gauge, grid, rate
from zhenbo.signals.nulls import NEUTRAL, P_FLOOR, fisher

_BRINGS = {"raid", "ad", "feature", "celebrity"}


def look(session: Session, base: Mapping[str, Any]) -> Iterable[Found]:
    """Find the sharpest unanswered step and the stillest gauge; the stronger of the two speaks."""
    if session.scope != "session":
        return []
    on = grid(session)
    if on.size < base["minutes_min"]:
        return [Missing(Question.AUDIENCE, "longer_record")]
    if not session.counts.get("entered_total"):
        return [Missing(Question.AUDIENCE, "entered_counter")]
    entered, heads = counter(session, on, "entered_total"), gauge(session, on)
    others = {
        k: rate(session, on, k, "qty" if k == "like" else None)
        for k in ("comment", "like", "follow")
        if session.counts.get(k)
    }
    seen = np.isfinite(heads).sum()
    if seen > on.size / 2:
        others["viewers"] = heads
    found = []
    sharpest = strongest(entered.increments(), entered.half_unit, keep=1)
    if others and sharpest and sharpest[0].z >= base["z_min"]:
        found.append(_step(session, on, entered.increments(), sharpest[0], others, base))
    if seen >= base["minutes_min"]:
        found.append(_still(session, on, heads, entered.increments(), base))
    worst = min(found, key=lambda e: e.p, default=None)
    if worst is None or worst.p * len(found) > base["accuse"]:
        p = 1.0 if worst is None else float(np.clip(worst.p * len(found), NEUTRAL, 1))
        return [
            SIGNAL.evidence(
                window=(on.start, on.start + on.size * MINUTE), p=p, observed=0.0, expected=0.0, says="steady"
            )
        ]
    return [worst]


def _step(
    session: Session,
    on: Grid,
    gained: Floats,
    e: Excess,
    others: Mapping[str, Floats],
    base: Mapping[str, Any],
) -> Evidence:
    from scipy import stats

    growth = np.log(max(_growth(gained, e), 1.0))
    ps, answered = [], {}
    for name, values in others.items():
        factor = _growth(values, e)
        if factor is None or growth < base["growth_min"]:
            continue
        answered[name] = factor
        z = (np.log(max(factor, 0.05)) - base["answer"] * growth) / (base["answer_sigma"] * growth + 0.2)
        ps.append(float(stats.norm.cdf(z)))
    p = max(fisher(*ps), base["step_floor"]) if ps else 1.0
    start, end = on.start + e.start * MINUTE, on.start + e.end * MINUTE
    declared = [w for w in session.windows if w.kind in _BRINGS and w.overlaps(start, end)]
    brought = bool(answered) and max(answered.values()) > np.exp(base["answer"] * growth)
    events, total = cite_between(session.rows("entered_total"), start, end)
    return SIGNAL.evidence(
        window=(start, end), p=min(p * 2, 1.0), observed=e.total, expected=e.expected, says="step",
        args={
            "gained": round(e.total), "start_us": start, "duration_s": (e.end - e.start) * 60,
            "factor": round(float(np.exp(growth)), 1), "answer": round(max(answered.values(), default=1.0), 1),
        },
        causes=(
            *(tuple(Cause(w.kind, "explains" if brought else "ruled_out") for w in declared) or (Cause("feature", "open"), Cause("raid", "open"), Cause("watching_task", "open"))),
            *by_advertisement(session, start, end, e.total - e.expected),
        ),
        events=events, events_total=total,
    )  # fmt: skip


def _growth(values: Floats, e: Excess) -> float:
    """Mean inside over mean of ten minutes on either side, both given half a unit."""
    flank = np.r_[values[max(e.start - 10, 0) : e.start], values[e.end : e.end + 10]]
    inside = values[e.start : e.end]
    if not np.isfinite(flank).any() or not np.isfinite(inside).any():
        return 1.0
    return float((np.nanmean(inside) + 0.5) / (np.nanmean(flank) + 0.5))


def _still(session: Session, on: Grid, heads: Floats, gained: Floats, base: Mapping[str, Any]) -> Evidence:
    """A gauge that moves less than a quarter of what independent people would make it move."""
    from scipy import stats

    change = np.diff(heads)
    turnover = gained[1:] + np.maximum(gained[1:] - np.nan_to_num(change), 0)
    use = np.isfinite(change) & (turnover > base["turnover_min"])
    n = int(use.sum())
    if n < base["minutes_min"]:
        return SIGNAL.evidence(window=(on.start, on.start), p=1.0, observed=0.0, expected=0.0, says="steady")
    ratio = float((change[use] ** 2).sum() / turnover[use].sum())
    p = float(np.clip(stats.chi2.cdf(n * ratio / base["smoothing"], n), P_FLOOR, 1))
    events, total = cite(session.rows("viewers"))
    return SIGNAL.evidence(
        window=(on.start, on.start + on.size * MINUTE), p=max(p, base["still_floor"]), observed=ratio, expected=1.0, says="still",
        args={"minutes": n, "seen_share": ratio, "present": round(float(np.nanmedian(heads)))},
        causes=(Cause("collector_fault", "open"),), events=events, events_total=total,
    )  # fmt: skip


SIGNAL = Signal(
    id="counters.step",
    version=2,
    question=Question.AUDIENCE,
    tier=Tier.T0,
    title=Say("A step the other figures do not answer", "单项指标突增而其他指标无响应"),
    says={
        "step": Say(
            "From {start_us} within {duration_s}, entries ran at {factor} times their course (+{gained}) while the other figures grew at most {answer} times.",
            "自 {start_us} 起的 {duration_s} 内，进场达到常态的 {factor} 倍（+{gained}），而其他指标最多只增至 {answer} 倍。",
        ),
        "still": Say(
            "Over {minutes} minutes the number present (around {present}) moved only {seen_share} of what people coming and going must make it move.",
            "在 {minutes} 分钟里，在线人数（约 {present}）的波动只有正常进出所必然产生的 {seen_share}。",
        ),
        "steady": Say(
            "No figure steps away from the others, and the viewer gauge moves as people make it move.",
            "没有单项指标脱离其他指标突增，在线人数的波动也符合真人进出。",
        ),
    },
    look=look,
)
