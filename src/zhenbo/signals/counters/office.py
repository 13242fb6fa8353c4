"""What the room displayed and what its back office counted do not agree.

## What it looks for
A figure on display (views, people in the room at once, likes, new followers) that is well beyond what the platform's own back office
(罗盘, Live Analytics, Studio) states of the same broadcast.

## Why it matters
A slot fee is agreed on what the front stage shows, on a screenshot, or on a capture that somebody hands over. The back office is
filtered later and by the platform itself; whoever inflates the front, or doctors either export, leaves the two apart. Auditors ask for
both for this reason.

## How it is fooled
By buying what the platform counts too; by handing over a back-office export that was edited to match; by showing no back office at all,
which is why it is asked for.

## What clears it
Figures that agree up to their rounding and to what definitions allow (views count every coming, people count once; late
filtering, replays and share pages move a total by some percent). A back office that states *more* than was displayed accuses nobody. Which of
the two figures is true, no comparison can tell: this raises a question, and asks for the export at its source.

## Method
Ratio of display to back office, less half a rounding unit on either side, log-normal around the factor that definitions allow; no public
recording holds both sides, so factors and spread are judgement (`packs/baselines/counters.office.toml`) and the p is held above a
floor that never decides alone.

## Examples
    >>> from zhenbo.proof.pages import look
    >>> look('counters.office', '''
    ... 20:00-22:00 entered_total 0..98000 every 60s; 20:00-22:00 office.watches 21500
    ... ''')
    counters.office: accuses, names 0 accounts, says beyond
    >>> look('counters.office', '''
    ... 20:00-22:00 entered_total 0..22100 every 60s; 20:00-22:00 office.watches 21500
    ... ''')
    counters.office: is undecided, names 0 accounts, says agree
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import pyarrow.compute as pc

from zhenbo.core.evidence import Cause, Effect, Evidence, Found, Missing, Say, Signal, cite
from zhenbo.core.session import Session
from zhenbo.core.subject import Question, Tier
from zhenbo.kernel.series import counter, gauge, grid, half_unit
from zhenbo.signals.nulls import NEUTRAL


@dataclass(frozen=True)
class _Pair:
    """A displayed figure and what the back office calls it.

    Args:
        question: asked of both.
        metric: that is fabricated if the display is wrong.
        shown: counter or gauge on display.
        office: metrics of the back office, the nearest in meaning first, with the factor by which display may honestly exceed it.
        adds: whether rows of the back office by the minute are summed; else the largest counts.
        words: for the sentence.
    """

    question: Question
    metric: str
    shown: str
    office: tuple[tuple[str, str], ...]
    adds: bool
    words: tuple[str, str]


_PAIRS = (
    _Pair(Question.AUDIENCE, "viewers", "entered_total", (("office.watches", "same"), ("office.watch_users", "people")), True, ("views", "观看")),
    _Pair(Question.AUDIENCE, "viewers", "viewers", (("office.online_max", "same"), ("office.online", "same")), False, ("people in the room at once", "同时在线")),
    _Pair(Question.ENGAGEMENT, "likes", "like_total", (("office.likes", "same"),), True, ("likes", "点赞")),
    _Pair(Question.ENGAGEMENT, "follows", "follow_total", (("office.new_fans", "same"),), True, ("new followers", "新增关注")),
)  # fmt: skip


def look(session: Session, base: Mapping[str, Any]) -> Iterable[Found]:
    """Hold every displayed figure against the back office; per question the one furthest apart speaks."""
    if session.scope != "session":
        return
    said: dict[Question, list[Evidence]] = {}
    for pair in _PAIRS:
        for found in _compared(session, pair, base):
            said.setdefault(found.question, []).append(found)
    if not said:
        yield Missing(Question.AUDIENCE, "back_office")
    for heard in said.values():
        yield min(heard, key=lambda e: e.p)


def _compared(session: Session, pair: _Pair, base: Mapping[str, Any]) -> Iterator[Evidence]:
    shown = _displayed(session, pair)
    for name, factor in pair.office:
        told = _told(session, name, adds=pair.adds)
        if shown is not None and told is not None and max(shown[0], told[0]) >= base["least"]:
            yield _judged(session, pair, shown, told, base[factor], base)
            return


def _displayed(session: Session, pair: _Pair) -> tuple[float, float] | None:
    """The displayed figure and half its rounding unit."""
    if not session.counts.get(pair.shown):
        return None
    on = grid(session)
    if not pair.adds:
        return float(np.nan_to_num(gauge(session, on, pair.shown)).max(initial=0.0)), half_unit(
            session.rows(pair.shown)
        )
    seen = counter(session, on, pair.shown)
    # followers are a standing of the host, of which the broadcast is the gain; views and likes begin at nothing
    value = seen.last - (seen.first if pair.metric == "follows" else 0.0)
    return (float(value), seen.half_unit) if np.isfinite(value) else None


def _told(session: Session, name: str, *, adds: bool) -> tuple[float, float] | None:
    """What the back office states of the whole broadcast, and half its rounding unit."""
    rows = session.measured(name)
    value = np.asarray(rows["value"].to_numpy(), dtype=np.float64)
    seconds = np.asarray(pc.fill_null(rows["bucket_seconds"], 0).to_numpy(), dtype=np.float64)
    whole = seconds >= _WHOLE * (session.span[1] - session.span[0]) / 1e6
    if not len(value):
        return None
    units = session.measured(f"rounding.{name}")["value"].to_pylist()
    if whole.any() or not adds:
        return float(value[whole].max() if whole.any() else value.max()), max(units, default=0.0)
    if seconds.sum() < _WHOLE * (session.span[1] - session.span[0]) / 1e6:
        return None  # a part of the broadcast says nothing of the whole
    return float(value.sum()), max(units, default=0.0)


_WHOLE = 0.9
"""Part of the record that the back office's rows must cover to be of the whole broadcast."""


def _judged(
    session: Session, pair: _Pair, shown: tuple[float, float], told: tuple[float, float], factor: float, base: Mapping[str, Any]
) -> Evidence:  # fmt: skip
    from scipy import stats

    least, most = shown[0] - shown[1], told[0] + told[1]
    ratio = max(least, 1.0) / max(most, 1.0)
    tail = float(stats.norm.sf(np.log(ratio / factor) / base["spread"]))
    beyond = tail < base["accuse"]
    # two exports that agree clear nobody: what is bought well is counted by both, and exports can be edited
    p = float(np.clip(tail, base["floor"], NEUTRAL))
    events, total = cite(session.rows(pair.shown))
    extra = shown[0] - told[0]
    return SIGNAL.evidence(
        question=pair.question, window=session.span, p=p, observed=shown[0], expected=told[0] * factor,
        says="beyond" if beyond else "agree" if shown[0] <= told[0] * factor * (1 + base["spread"]) else "apart",
        args={"metric": pair.words[0], "metric_zh": pair.words[1], "shown": round(shown[0]), "told": round(told[0]), "times": round(shown[0] / max(told[0], 1.0), 2)},
        effect=Effect(pair.metric, max(least - factor * most, 0.0), max(extra, 0.0), max(shown[0], extra, 0.0)) if beyond else None,
        causes=(Cause("counted_elsewhere", "open"),) if beyond else (),
        events=events, events_total=total,
    )  # fmt: skip


SIGNAL = Signal(
    id="counters.office",
    version=1,
    question=Question.AUDIENCE,
    tier=Tier.T0,
    title=Say("Front stage against back office", "前台与后台数据不符"),
    says={
        "beyond": Say(
            "The room displayed {shown} {metric}, the platform's back office states {told}: {times} times as many.",
            "直播间前台显示{metric_zh} {shown}，平台后台记载 {told}，前台为后台的 {times} 倍。",
        ),
        "apart": Say(
            "Display and back office differ within what definitions and late filtering explain: {shown} {metric} and {told} ({times} times).",
            "前台与后台{metric_zh}分别为 {shown} 与 {told}（{times} 倍），差异在口径与延迟过滤可解释的范围内。",
        ),
        "agree": Say(
            "Display and back office agree: {shown} {metric} and {told} ({times} times).",
            "前台与后台{metric_zh}相符：{shown} 与 {told}（{times} 倍）。",
        ),
    },
    look=look,
)
