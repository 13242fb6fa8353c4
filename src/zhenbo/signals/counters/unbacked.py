"""A counter that grows without the rows that should stand behind it.

## What it looks for
A stretch in which the displayed figure (entries, likes, new followers) gains far more than the rows delivered in the
same stretch explain, while the feed goes on delivering rows as before. A feed delivers a share of what is counted (a
web capture of Douyin 11 % of entries and 95 % of likes); in the stretch that share collapses, and afterwards it is
back.

## Why it matters
The cheapest packages (刷观看, 刷赞, 涨粉) raise the number and make no events. Front-stage figures against the
event log is the reconciliation every platform can do with its own books, and an auditor with a recording.

## How it is fooled
By rows delivered with the figure; by hearts delivered in whole hundreds; by a delivery that runs as long as the recording, so that its share looks usual;
by a dose below the noise of a sparse feed.

## What clears it
Feeds fail without anybody buying anything, so every way a feed fails is asked for. Rows that stop in the stretch, or thin out by half of
what is missing at least, or are missing in the minutes in which comments are, are a *lost feed*. Rows that come at one of the highest rates of the evening, or pile up at its ceiling while the figure grows, may be a *throttled feed*: a Douyin capture carries at
most 190 entries a minute, 2 % of them in the opening rush and half of them when the room is quiet; where another figure has all its rows,
the feed drops none. A share that falls and
stays low is *another sampling*. A gain that the minutes around take back is a *late counter*. Comments that rise
with the entries are a *push*, and so are hearts where the viewers shown rise too; viewers alone are not, since both figures are sold together;
where at other times every view has its row, comments and hearts must both rise. Taps beyond the rows that come in whole hundreds were counted elsewhere: clients report them
to the counter by the lot. What remains may still be views that the platform counts elsewhere (share pages, replays): the
question is raised, never decided, and the back office's own rows are asked for.

## Method
Gain minus rows over the usual share, in windows of 3 to 90 minutes, against the rounding of the counter, the scatter of the rows and
a tenth of the usual share; all windows paid for. The usual share is the upper quintile over five-minute stretches, so that a delivery over
half the evening does not become the rule. Baselines: `packs/baselines/counters.unbacked.toml`.

## Examples
    >>> from zhenbo.proof.pages import look
    >>> look('counters.unbacked', '''
    ... 20:00-22:00 b1..b1200 enters scattered
    ... 20:00-20:50 entered_total 0..500 every 60s
    ... 20:51-21:10 entered_total 910..9500 every 60s
    ... 21:11-22:00 entered_total 9510..10000 every 60s
    ... ''')
    counters.unbacked: accuses, names 0 accounts, says unbacked
    >>> look('counters.unbacked', '''
    ... 20:00-22:00 b1..b1200 enters scattered; 20:00-22:00 entered_total 0..1200 every 60s
    ... ''')
    counters.unbacked: clears, names 0 accounts, says backed
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from zhenbo.core.evidence import Cause, Effect, Evidence, Found, Missing, Say, Signal, cite, cite_between
from zhenbo.core.session import MINUTE, Session, micros
from zhenbo.core.subject import Question, Tier
from zhenbo.kernel.series import Floats, Grid, counter, gauge, grid, rate
from zhenbo.signals.nulls import P_FLOOR

_LENGTHS = (3, 5, 10, 20, 30, 60, 90)
"""Minutes of the windows tried."""
_BLOCK = 5
"""Minutes over which the usual share is read."""
_LAST = 2
"""Minutes at the end that are not asked: a late counter comes to its total when the record closes."""
_SPOKEN = 20
"""Comments to be expected in a stretch whose silence tells."""
_NET = 10
"""Minutes on either side within which a late counter makes itself good."""


@dataclass(frozen=True)
class _Figure:
    """A displayed figure, the rows that stand behind it, how many missing ones are worth a word, and the baseline of their scatter."""

    question: Question
    metric: str
    counter: str
    kind: str
    weight: str | None
    least: int
    scatter: str
    words: tuple[str, str]


_FIGURES = (
    _Figure(Question.AUDIENCE, "viewers", "entered_total", "enter", None, 50, "scatter", ("entries", "进场")),
    _Figure(Question.ENGAGEMENT, "likes", "like_total", "like", "qty", 500, "scatter", ("likes", "点赞")),
    _Figure(Question.ENGAGEMENT, "follows", "follow_total", "follow", None, 30, "scatter_single", ("new followers", "新增关注")),
)  # fmt: skip


@dataclass(frozen=True)
class _Gap:
    """The stretch in which a figure lacks most rows.

    Args:
        start: first minute.
        end: one past the last.
        gained: what the figure gained.
        rows: what was delivered.
        missing: gain beyond the rows over the usual share.
        error: its standard error.
        usual: the usual share.
        p: probability of so much under the null, windows paid for.
    """

    start: int
    end: int
    gained: float
    rows: float
    missing: float
    error: float
    usual: float
    p: float


def look(session: Session, base: Mapping[str, Any]) -> Iterable[Found]:
    """Hold every displayed figure against its rows; per question the figure that lacks most speaks."""
    if session.scope != "session":
        return
    on = grid(session)
    said: dict[Question, list[Evidence]] = {}
    for figure in _FIGURES:
        if on.size < base["minutes_min"] or not session.counts.get(figure.counter) or not session.counts.get(figure.kind):  # fmt: skip
            continue
        found = _figure(session, on, figure, base)
        if found is not None:
            said.setdefault(figure.question, []).append(found)
    if not said:
        yield Missing(Question.AUDIENCE, "entered_counter")
    for heard in said.values():
        yield min(heard, key=lambda e: (e.explained, e.p))


def _figure(session: Session, on: Grid, figure: _Figure, base: Mapping[str, Any]) -> Evidence | None:
    seen = counter(session, on, figure.counter)
    gained, rows = seen.increments(), rate(session, on, figure.kind, figure.weight)
    usual = _usual(gained, rows, base)
    if usual is None:
        return None
    gap = _widest(seen.value, gained, rows, usual, seen.half_unit, base[figure.scatter], base)
    if (
        gap is None
        or gap.p >= base["accuse"]
        or gap.missing < max(figure.least, base["share_min"] * gained.sum())
    ):
        events, total = cite(session.rows(figure.counter))
        return SIGNAL.evidence(
            question=figure.question, window=(on.start, on.start + on.size * MINUTE), p=1.0,
            observed=0.0, expected=0.0, says="backed", args={"metric": figure.words[0], "metric_zh": figure.words[1], "usual_share": round(usual, 3)},
            events=events, events_total=total,
        )  # fmt: skip
    start, end = on.start + gap.start * MINUTE, on.start + gap.end * MINUTE
    events, total = cite_between(session.rows(figure.counter), start, end)
    return SIGNAL.evidence(
        question=figure.question, window=(start, end), p=float(np.clip(gap.p, base["floor"], 1)), observed=gap.gained,
        expected=gap.rows / gap.usual, says="unbacked",
        args={
            "metric": figure.words[0], "metric_zh": figure.words[1], "gained": round(gap.gained), "rows": round(gap.rows),
            "missing": round(gap.missing), "usual_share": round(gap.usual, 3), "seen_share": round(gap.rows / max(gap.gained, 1.0), 4),
            "start_us": start, "duration_s": (gap.end - gap.start) * 60,
        },
        effect=Effect(figure.metric, max(gap.missing - 1.645 * gap.error, 0.0), gap.missing, gap.missing + 1.645 * gap.error),
        causes=(
            *_causes(session, on, gained, rows, gap, base, people=figure.metric == "viewers"),
            Cause("counted_elsewhere", "explains" if _by_the_lot(session, figure, (start, end), base) else "open"),
        ),
        events=events, events_total=total,
    )  # fmt: skip


def _usual(gained: Floats, rows: Floats, base: Mapping[str, Any]) -> float | None:
    """The share of the figure that is usually delivered: upper quintile over stretches; None where too little tells it."""
    n = len(gained) // _BLOCK * _BLOCK
    up, came = (x[:n].reshape(-1, _BLOCK).sum(axis=1) for x in (gained, rows))
    told = (up > 0) & (came >= base["rows_min"])
    if told.sum() < base["blocks_min"]:
        return None
    return float(np.quantile(np.minimum(came[told] / up[told], 1.0), 0.8))


def _widest(
    value: Floats,
    gained: Floats,
    rows: Floats,
    usual: float,
    half_unit: float,
    scatter: float,
    base: Mapping[str, Any],
) -> _Gap | None:
    """The window whose missing rows stand out most."""
    from scipy import stats

    up, came = np.r_[0.0, np.cumsum(gained)], np.r_[0.0, np.cumsum(rows)]
    reach = _reach(value)
    best: _Gap | None = None
    tried = sum(max(len(gained) // length, 1) for length in _LENGTHS)
    for length in _LENGTHS:
        if length >= len(gained) - _BLOCK:
            break
        a = np.arange(len(gained) - length - _LAST + 1)
        gain = up[a + length] - up[a]
        got = came[np.minimum(a + length + reach, len(gained))] - came[np.maximum(a - reach, 0)]
        missing = gain - got / usual
        error = np.hypot(
            np.sqrt(scatter * np.maximum(got, 1.0)) / usual,
            np.hypot(base["slack"] * got / usual, 2 * half_unit),
        )
        z = np.where(missing > base["lacking"] * gain, missing / error, 0.0)
        k = int(z.argmax())
        p = float(np.clip(stats.norm.sf(z[k]) * 2 * tried, P_FLOOR, 1))
        if missing[k] > 0 and (best is None or (p, -missing[k]) < (best.p, -best.missing)):
            best = _Gap(k, k + length, float(gain[k]), float(got[k]), float(missing[k]), float(error[k]), usual, p)  # fmt: skip
    return best


def _reach(value: Floats) -> int:
    """Minutes that rows may lie before or behind the reading that counts them: the counter's own pace, and one more."""
    seen = np.flatnonzero(np.isfinite(value))
    return int(min(np.max(np.diff(seen), initial=1), _BLOCK)) + 1


def _causes(
    session: Session, on: Grid, gained: Floats, rows: Floats, gap: _Gap, base: Mapping[str, Any], *, people: bool
) -> tuple[Cause, ...]:  # fmt: skip
    """The ways a feed fails, each tested on what it would show."""
    length = min(gap.end - gap.start, _NET)
    beside = np.r_[_runs(rows[: gap.start], length), _runs(rows[gap.end :], length)]
    if not len(beside):
        beside = np.zeros(1)
    here = rows[gap.start : gap.end].mean()
    lost = here < base["thinned"] * np.median(beside) and here < np.quantile(beside, 0.15)
    before = max(np.median(beside), np.median(rows[_flank(gap, on)]))
    gone = (before - here) * (gap.end - gap.start) / gap.usual
    lost = lost and (here < base["stopped"] * before or gone > base["lost"] * gap.missing)
    lost = lost or _thin(session, on, gained, rows, gap) < base["thin"]
    throttled = here >= max(float(np.quantile(beside, base["busy"])), base["capped_rows"])
    throttled = (throttled and not _complete(session, on, gap, base)) or _capped(gained, rows, gap, base)
    a, b = max(gap.start - _NET, 0), gap.end + _NET
    net = float(gained[a:b].sum() - rows[a:b].sum() / gap.usual)
    late = net < base["net"] * gap.missing
    after = float(gained[gap.end :].sum())
    resampled = after > 0 and rows[gap.end :].sum() / after < base["back"] * gap.usual
    return (
        _tested("lost_feed", bool(lost)), _tested("throttled_feed", bool(throttled)), _tested("late_counter", late),
        _tested("other_sampling", bool(resampled)), _tested("feature", people and _answered(session, on, gained, rows, gap, base)),
    )  # fmt: skip


def _thin(session: Session, on: Grid, gained: Floats, rows: Floats, gap: _Gap) -> float:
    """Comments in the minutes in which rows are missing over comments elsewhere: a feed that loses rows loses them of all kinds."""
    inside, usual = _weighed(rate(session, on, "comment"), _missing(gained, rows, gap), gap)
    return inside / usual if usual * (gap.end - gap.start) >= _SPOKEN else 1.0


def _capped(gained: Floats, rows: Floats, gap: _Gap, base: Mapping[str, Any]) -> bool:
    """Whether the figure grew in minutes whose rows lie at the ceiling of the record: people's own rows hardly ever pile up at one number."""
    top = rows.max()
    at = rows >= top - max(1.0, base["at_top"] * top)
    inside = slice(gap.start, gap.end)
    grew = gained[inside][at[inside]].sum() > gained[inside].sum() / 2
    return bool(top >= base["capped_rows"] and at.sum() >= base["top_min"] and grew)


def _complete(session: Session, on: Grid, gap: _Gap, base: Mapping[str, Any]) -> bool:
    """Whether all rows of another figure were delivered in the stretch: such a feed drops none."""
    span = slice(gap.start, gap.end)
    told = [(counter(session, on, f.counter).increments()[span].sum(), rate(session, on, f.kind, f.weight)[span].sum(), f.least) for f in _FIGURES]  # fmt: skip
    return any(up >= least and came >= base["complete"] * up for up, came, least in told)


def _by_the_lot(session: Session, figure: _Figure, span: tuple[int, int], base: Mapping[str, Any]) -> bool:
    """Whether what the rows do not explain came in whole lots, from reading to reading: clients report some taps to the counter alone."""
    if figure.weight is None:
        return False
    readings, rows = session.rows(figure.counter), session.rows(figure.kind)
    at, value = micros(readings["ts"]), _filled(readings, figure.weight, 0)
    order = np.lexsort((value, at))
    order = order[(at[order] >= span[0]) & (at[order] < span[1])]
    at, value = at[order], np.maximum.accumulate(value[order])
    when, size = micros(rows["ts"]), _filled(rows, figure.weight, 1)
    order = np.argsort(when, kind="stable")
    delivered = np.r_[0.0, np.cumsum(size[order])][np.searchsorted(when[order], at, "right")]
    beyond = np.diff(value) - np.diff(delivered)
    beyond = beyond[beyond >= base["lot"] / 2]
    whole = np.abs(beyond - base["lot"] * np.round(beyond / base["lot"])) <= base["lot_off"]
    return bool(len(beyond) >= base["lots_min"] and whole.mean() >= base["lot_share"])


def _filled(rows: pa.Table, column: str, blank: int) -> Floats:
    return np.asarray(pc.fill_null(rows[column], blank).to_numpy(), dtype=np.float64)


def _tested(cause: str, explains: bool) -> Cause:
    return Cause(cause, "explains" if explains else "ruled_out")


def _runs(x: Floats, length: int) -> Floats:
    """Mean of every stretch of so many minutes."""
    return np.convolve(x, np.ones(length) / length, "valid") if len(x) >= length else np.zeros(0)


def _answered(
    session: Session, on: Grid, gained: Floats, rows: Floats, gap: _Gap, base: Mapping[str, Any]
) -> bool:
    """Whether those who speak rose with the counter, on the log scale, or those present and the hearts they give.

    Speech is also asked in the very minutes in which rows are missing: a push may fill a part of the stretch only. Where at other times every view has its row,
    whom a push brings has one too: speech alone does not answer for views without rows then, hearts must have risen with it, if the record tells any.
    """
    flank, spoken = _flank(gap, on), rate(session, on, "comment")
    missing = _missing(gained, rows, gap)
    grown = max(_rise(gained, gap, flank, 0.5), base["push_min"])
    hearts = (
        counter(session, on, "like_total").increments()
        if session.counts.get("like_total")
        else rate(session, on, "like", "qty")
    )
    stayed = _rise(gauge(session, on), gap, flank, 1.0, peak=True) > base["answer"] * grown
    heard = _rise(spoken, gap, flank, 0.5) > base["spoken"] * grown
    risen, counted = (
        float(np.log((a + 0.5) / (b + 0.5))) for a, b in (_weighed(x, missing, gap) for x in (spoken, gained))
    )
    heard = heard or risen > base["spoken"] * max(counted, base["push_min"])
    tapped = _rise(hearts, gap, flank, 0.5) > base["tapped"] * grown
    asked = gap.usual >= base["whole"] and bool(np.nansum(hearts))
    return bool(heard and tapped if asked else heard or (stayed and tapped))


def _missing(gained: Floats, rows: Floats, gap: _Gap) -> Floats:
    """Views without rows in every minute of the stretch."""
    return np.asarray(np.maximum(gained - rows / gap.usual, 0)[gap.start : gap.end])


def _weighed(x: Floats, missing: Floats, gap: _Gap) -> tuple[float, float]:
    """Mean of the minutes of the stretch, weighed by what is missing in them, and the middle of all others."""
    inside = float(missing @ x[gap.start : gap.end]) / max(float(missing.sum()), 1.0)
    return inside, float(np.median(np.delete(x, np.arange(gap.start, gap.end))))


def _flank(gap: _Gap, on: Grid) -> npt.NDArray[np.int64]:
    """The minutes just before and just after."""
    minutes = np.arange(max(gap.start - _NET, 0), min(gap.end + _NET, on.size))
    return np.asarray(minutes[(minutes < gap.start) | (minutes >= gap.end)])


def _rise(x: Floats, gap: _Gap, flank: npt.NDArray[np.int64], least: float, *, peak: bool = False) -> float:
    """Log ratio of the stretch (its mean, or what a tenth of it exceeds) to the middle of its flanks; 0 where either is blank."""
    inside, beside = x[gap.start : gap.end], x[flank]
    if not np.isfinite(inside).any() or not np.isfinite(beside).any():
        return 0.0
    top = np.nanquantile(inside, 0.9) if peak else np.nanmean(inside)
    return float(np.log((top + least) / (np.nanmedian(beside) + least)))


SIGNAL = Signal(
    id="counters.unbacked",
    version=2,
    question=Question.AUDIENCE,
    tier=Tier.T0,
    title=Say("A figure without rows behind it", "数字上涨而无对应明细"),
    says={
        "unbacked": Say(
            "From {start_us} within {duration_s} the counter of {metric} gained {gained}; {rows} rows were delivered ({seen_share}, usually {usual_share}), so {missing} "
            "have no rows behind them, while the feed went on as before.",
            "自 {start_us} 起的 {duration_s} 内，{metric_zh}计数增加 {gained}，而同期明细仅 {rows} 条（占 {seen_share}，通常为 {usual_share}），"
            "即 {missing} 没有对应明细，其间数据推送照常。",
        ),
        "backed": Say(
            "The counter of {metric} and the rows delivered ({usual_share} of it) grow together.",
            "{metric_zh}计数与推送的明细（占 {usual_share}）同步增长。",
        ),
    },
    look=look,
)
