"""An even stream of likes beneath those that the record shows.

## What it looks for
A like counter that gains, beyond every tap delivered, the same number from reading to reading: 35 a minute while the room taps and
35 a minute while it rests, for twenty minutes and longer; or the same number every third or fifth minute.

## Why it matters
Likes sold for the counter (刷赞) are poured in by a machine: so many a minute, or a lot on the minute, until the order is filled. Bought
for most of the evening they are no stretch that stands out (`counters.unbacked`): the share delivered just looks low all along.
What gives them away is how even they are. Hearts of people come in handfuls of seven or eight, and from few hands at a time.

## How it is fooled
By an uneven stream, by rows delivered with the figure, by one jump (`counters.unbacked`), by a counter shown in tenths of 万 only.

## What clears it
Feeds that drop rows leave a remainder too, but one that swells and rests as the room does; a counter that smooths, lags or stands still
does not follow the rows from one reading to the next. Both fail the test by being uneven: nothing is said unless the counter follows
the rows delivered at once *and* what is left over scatters less than single messages of taps would.
A platform may pour in likes from elsewhere by the minute: the question is raised, never decided.

## Method
Gains between readings regressed on time and on the taps delivered in the very same time; the scatter of what remains over what is taken
for the stream, against a chi-square of the scatter of whole messages. Stretches, readings in ones, twos, threes and fives all paid for.
Baselines: `packs/baselines/counters.undertow.toml`.

## Examples
    >>> from zhenbo.proof.pages import look
    >>> look('counters.undertow', '''
    ... 20:00-22:00 b1..b90 like 9 x2 scattered
    ... 20:00-22:00 like_total 0..5820 every 60s
    ... ''')
    counters.undertow: clears, names 0 accounts, says follows
    >>> look('counters.undertow', '''
    ... 20:00-20:30 like_total 0..900 every 60s; 20:30:30 b1 likes 90; 20:31-21:00 like_total 1020..1890 every 60s
    ... 21:00:30 b2 likes 60; 21:01-21:30 like_total 1980..2850 every 60s
    ... ''')
    counters.undertow: accuses, names 0 accounts, says stream
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow.compute as pc

from zhenbo.core.evidence import Cause, Effect, Evidence, Found, Missing, Say, Signal, cite, cite_between
from zhenbo.core.session import MINUTE, Session, micros
from zhenbo.core.subject import Question, Tier
from zhenbo.kernel.series import half_unit

Floats = npt.NDArray[np.float64]

_TOGETHER = (1, 2, 3, 5)
"""Readings taken together."""
_EDGES = 8
"""A stretch begins and ends at an eighth of the record."""


@dataclass(frozen=True)
class _Readings:
    """What the counter showed, and what had been delivered by then.

    Args:
        minute: when, in minutes since the epoch.
        shown: the counter.
        taps: likes delivered so far.
        handful: scatter of taps that come in messages: sum of squares over sum.
    """

    minute: Floats
    shown: Floats
    taps: Floats
    handful: float


@dataclass(frozen=True)
class _Stream:
    """A stretch in which the counter gains evenly beyond the rows.

    Args:
        start: first minute.
        end: last minute.
        pace: gain per minute beyond the rows.
        each: gain of the counter per tap delivered.
        scatter: variance of the rest over the stream.
        cells: differences of readings it rests on.
        together: readings taken together.
        p: probability of so little scatter, stretches not yet paid for.
    """

    start: float
    end: float
    pace: float
    each: float
    scatter: float
    cells: int
    together: int
    p: float


def look(session: Session, base: Mapping[str, Any]) -> Iterable[Found]:
    """Look for an even remainder between the like counter and the likes delivered."""
    if session.scope != "session":
        return []
    seen = _readings(session, base)
    if seen is None:
        return [Missing(Question.ENGAGEMENT, "like_counter")]
    streams = list(_streams(seen, base))
    if not streams:
        return [Missing(Question.ENGAGEMENT, "longer_record")]
    best = min(streams, key=lambda s: (s.p, -s.end + s.start, s.start))
    p = min(best.p * len(streams), 1.0)
    return [_stream(session, seen, best, p, base) if p < base["accuse"] else _follows(session, seen, p)]


def _readings(session: Session, base: Mapping[str, Any]) -> _Readings | None:
    """Exact readings half a minute and more apart, with the likes delivered up to each."""
    shown, rows = (session.rows(kind).filter(pc.is_valid(session.rows(kind)["ts"])) for kind in ("like_total", "like"))  # fmt: skip
    if not shown.num_rows or not rows.num_rows:
        return None
    at = micros(shown["ts"])
    value = np.maximum.accumulate(np.asarray(pc.fill_null(shown["qty"], 0).to_numpy(), dtype=np.float64))
    unit = 2 * half_unit(shown)
    # from ten thousand on platforms round; what they showed before is exact
    exact = np.flatnonzero((value < _ROUNDED * unit) | (unit == 0))
    if not len(exact):
        return None
    pace = (at[exact] - at[exact[0]]) // int(base["apart_s"] * 1e6)
    kept = exact[np.unique(pace, return_index=True)[1]]
    taps = np.asarray(pc.fill_null(rows["qty"], 1).to_numpy(), dtype=np.float64)
    run = np.r_[0.0, np.cumsum(taps)]
    delivered = run[np.searchsorted(micros(rows["ts"]), at[kept], side="right")]
    return _Readings(at[kept] / MINUTE, value[kept], delivered, float((taps**2).sum() / max(taps.sum(), 1.0)))


_ROUNDED = 10
"""Units of rounding below which a counter is shown to the last heart (10,000 where thousands are shown)."""


_ALIKE = 1e-9
"""Taps that come in proportion to time tell nothing of what the counter does with them."""


def _streams(seen: _Readings, base: Mapping[str, Any]) -> Iterator[_Stream]:
    """Every stretch that is long enough, with the even stream that fits it; p = 1 where none does."""
    for together in _TOGETHER:
        minute, shown, taps = (x[::together] for x in (seen.minute, seen.shown, seen.taps))
        edges = np.unique(np.linspace(0, len(minute) - 1, _EDGES + 1).astype(int)).tolist()
        for a, b in ((a, b) for a in edges for b in edges if b - a >= base["cells_min"]):
            if minute[b] - minute[a] >= base["minutes_min"]:
                part = slice(a, b + 1)
                yield _fit(minute[part], shown[part], taps[part], together, seen, base)


def _fit(
    minute: Floats, shown: Floats, taps: Floats, together: int, seen: _Readings, base: Mapping[str, Any]
) -> _Stream:
    """Gain = pace x minutes + each x taps, and how much of the gain is neither."""
    from scipy import stats

    time, gain, tapped = np.diff(minute), np.diff(shown), np.diff(taps)
    nothing = _Stream(float(minute[0]), float(minute[-1]), 0.0, 0.0, 0.0, len(time), together, 1.0)
    if tapped.sum() < base["taps_min"]:
        return nothing
    # least squares, the variance of a gain in proportion to its time
    a, b, c = float(time.sum()), float(tapped.sum()), float((tapped**2 / time).sum())
    u, v = float(gain.sum()), float((tapped * gain / time).sum())
    known = a * c - b * b
    if known <= _ALIKE * a * c:
        return nothing
    pace, each = (c * u - b * v) / known, (a * v - b * u) / known
    rest, free = gain - pace * time - each * tapped, len(time) - 2
    least = max(base["likes_min"], base["share_min"] * (seen.shown[-1] - seen.shown[0]))
    error = float(np.sqrt((rest**2 / time).sum() / free * a / known))
    follows = base["each"][0] <= each <= base["each"][1] and each > 3 * error
    if not follows or pace * time.sum() < least or pace * time.mean() < base["cell_min"]:
        return nothing
    scatter = float((rest**2 / (pace * time)).sum())
    usual = min(seen.handful, base["handful"])
    p = float(stats.chi2.cdf(scatter / usual, free))
    return replace(nothing, pace=pace, each=each, scatter=scatter / free, p=p)


def _whole(seen: _Readings, best: _Stream) -> tuple[_Stream, float]:
    """The stream from where it sets in to where it ends, and how many likes it poured in."""
    minute, shown, taps = (x[:: best.together] for x in (seen.minute, seen.shown, seen.taps))
    rest, even = np.diff(shown) - best.each * np.diff(taps), best.pace * np.diff(minute)
    runs = np.abs(rest - even) <= even / 2
    a, b = (int(np.searchsorted(minute, x)) for x in (best.start, best.end))
    while a > 0 and runs[a - 1]:
        a -= 1
    while b < len(runs) and runs[b]:
        b += 1
    poured = max(float(rest[a:b].sum()), 0.0)
    return replace(best, start=float(minute[a]), end=float(minute[b])), poured


def _stream(session: Session, seen: _Readings, best: _Stream, p: float, base: Mapping[str, Any]) -> Evidence:
    best, poured = _whole(seen, best)
    start, end = round(best.start * MINUTE), round(best.end * MINUTE)
    events, total = cite_between(session.rows("like_total"), start, end)
    error = 1.645 * float(np.hypot(np.sqrt(base["handful"] * poured), base["unsure"] * poured))
    # a stream that runs to the last exact reading may run on
    unread = session.span[1] / MINUTE - seen.minute[-1] if best.end == seen.minute[-1] else 0.0
    return SIGNAL.evidence(
        window=(start, end), p=float(np.clip(p, base["floor"], 1)), observed=best.scatter, expected=min(seen.handful, base["handful"]),
        says="stream",
        args={
            "start_us": start, "duration_s": round((end - start) / 1e6), "pace": round(best.pace, 1), "poured": round(poured),
            "cells": best.cells, "scatter": round(best.scatter, 2), "usual": round(min(seen.handful, base["handful"]), 1),
            "delivered": round(1 / best.each, 3),
        },
        effect=Effect("likes", max(poured - error, 0.0), poured, poured + error + best.pace * unread),
        causes=(Cause("lost_feed", "ruled_out"), Cause("late_counter", "ruled_out"), Cause("counted_elsewhere", "open")),
        events=events, events_total=total,
    )  # fmt: skip


def _follows(session: Session, seen: _Readings, p: float) -> Evidence:
    events, total = cite(session.rows("like_total"))
    return SIGNAL.evidence(
        window=(round(seen.minute[0] * MINUTE), round(seen.minute[-1] * MINUTE)), p=max(p, 0.5), observed=0.0, expected=0.0, says="follows",
        args={"gained": round(float(seen.shown[-1] - seen.shown[0])), "taps": round(float(seen.taps[-1] - seen.taps[0])), "cells": len(seen.minute) - 1},
        events=events, events_total=total,
    )  # fmt: skip


SIGNAL = Signal(
    id="counters.undertow",
    version=1,
    question=Question.ENGAGEMENT,
    tier=Tier.T0,
    title=Say("An even stream beneath the likes", "点赞计数下的匀速注入"),
    says={
        "stream": Say(
            "From {start_us} within {duration_s} the like counter gained {pace} a minute beyond the taps delivered ({delivered} of those given), {poured} in all, "
            "whether the room tapped or rested: over {cells} readings the rest scatters by {scatter}, where handfuls of taps scatter by {usual} at least.",
            "自 {start_us} 起的 {duration_s} 内，点赞计数在已推送的点赞（占实际的 {delivered}）之外每分钟匀速增加 {pace}，合计 {poured}，"
            "不随直播间冷热变化：{cells} 次读数的剩余离散度为 {scatter}，而真人一把一把地点赞至少为 {usual}。",
        ),
        "follows": Say(
            "No even stream runs beneath the likes: the counter gained {gained} and {taps} taps were delivered, over {cells} readings.",
            "点赞计数之下没有匀速注入：{cells} 次读数间计数增加 {gained}，推送点赞 {taps} 个。",
        ),
    },
    look=look,
)
