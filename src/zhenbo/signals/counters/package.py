"""Deliveries that match a published price list.

## What it looks for
A stretch in which the entry counter gains, beyond what the minutes around it carry on, the very number of views
a brushing package sells, and the like, share and comment figures gain that package's numbers in the same
stretch: P388 is 88,888 views, 1,588 likes, 500 shares, 60 comments for 388 yuan. Also a floor that never
stops: the same delivery spread evenly over the whole record.

## Why it matters
Packages (套餐) are how small rooms buy: an advertised list, a price, delivery within two hours or by the minute.
The odd numbers (8,888; 88,888) are chosen for luck, not by crowds. Naming the package tells the merchant what
was paid.

## How it is fooled
By sizes off the list, by several packages over each other, by delivery inside an organic push larger than the
package, by counters rounded more coarsely than the match needs ("6.8万" hides ±500).

## What clears it
Any size may occur by chance: the probability that an organic excess of unknown size lands as near to *any* listed
size is the p of the match, and each further figure must match the same package. A stretch that brings viewers,
comments and likes along as the room's other entries do is a push (raid, feature slot, paid traffic), tested
through the viewers it brought. An advertising report (千川) that states half as many brought in those hours explains it.

## Method
Excess over flanks (`kernel/ramps.py`); organic sizes taken log-uniform over three decades; matches and lack of
response joined by Fisher's method. Baselines and price list: `packs/baselines/counters.package.toml`.

## Examples
    >>> from zhenbo.proof.pages import look
    >>> look('counters.package', '''
    ... 20:00-20:40 entered_total 0..4000 every 60s
    ... 20:41-21:00 entered_total 8000..92988 every 60s
    ... 21:01-22:00 entered_total 93088..99000 every 60s
    ... 20:00-20:40 like_total 0..400 every 60s
    ... 20:41-21:00 like_total 500..2008 every 60s
    ... 21:01-22:00 like_total 2018..2600 every 60s
    ... 20:00-22:00 viewers 240 every 60s
    ... ''')
    counters.package: accuses, names 0 accounts, says package
    >>> look('counters.package', '''
    ... 20:00-20:40 entered_total 0..4000 every 60s
    ... 20:41-21:00 entered_total 5000..35000 every 60s
    ... 21:01-22:00 entered_total 35100..41000 every 60s
    ... 20:00-20:40 viewers 240 every 60s; 20:41-21:00 viewers 300..1900 every 60s; 21:01-22:00 viewers 1800..240 every 60s
    ... ''')
    counters.package: clears, names 0 accounts, says no_package
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from zhenbo.core.evidence import Cause, Effect, Evidence, Found, Missing, Say, Signal, cite_between
from zhenbo.core.session import MINUTE, Session
from zhenbo.core.subject import Question, Tier
from zhenbo.kernel.paid import by_advertisement
from zhenbo.kernel.ramps import Excess, excess, floor_rate, strongest
from zhenbo.kernel.series import Floats, Grid, counter, gauge, grid, rate
from zhenbo.signals.nulls import NEUTRAL, P_FLOOR, fisher

_OTHERS = (
    ("likes", "like_total", "like", "qty"),
    ("shares", "", "share", None),
    ("comments", "", "comment", None),
)


@dataclass(frozen=True)
class _Match:
    package: Mapping[str, Any]
    p: float
    parts: tuple[str, ...]
    names: str = ""


def look(session: Session, base: Mapping[str, Any]) -> Iterable[Found]:
    """Compare the largest unexplained stretch of the entry counter with the price list."""
    if session.scope != "session":
        return []
    on = grid(session)
    if on.size < base["minutes_min"]:
        return [Missing(Question.AUDIENCE, "longer_record")]
    entered, heads = counter(session, on, "entered_total"), gauge(session, on)
    enough = base["minutes_min"] / 2
    watched = heads if np.isfinite(heads).sum() >= enough else None
    if np.isfinite(entered.value).sum() >= enough:
        return [_judge(session, on, "entered_total", entered.increments(), entered.half_unit, watched, base)]
    if watched is not None:
        return [_judge(session, on, "viewers", _gains(watched), 0.0, None, base)]
    return [Missing(Question.AUDIENCE, "entered_counter")]


def _judge(
    session: Session,
    on: Grid,
    kind: str,
    gained: Floats,
    half_unit: float,
    heads: Floats | None,
    base: Mapping[str, Any],
) -> Evidence:
    whole = _floor(gained, heads, half_unit)
    stretches = [*strongest(gained, half_unit, heads), *([whole] if whole else [])]
    candidates = [e for e in stretches if e.z >= base["z_min"]]
    matches = [(e, _best(session, on, e, gained, heads, base)) for e in candidates]
    if not matches:
        return _nothing(on, 0.0, 1.0)
    e, match = min(matches, key=lambda m: m[1].p)
    p = min(match.p * len(matches), 1.0)
    if p > base["accuse"]:
        return _nothing(on, e.total, max(p, 0.3))  # near no package: neither accuses nor clears much
    start, end = on.start + e.start * MINUTE, on.start + e.end * MINUTE
    events, total = cite_between(session.rows(kind), start, end)
    package = match.package
    declared = [
        w
        for w in session.windows
        if w.overlaps(start, end) and w.kind in {"raid", "ad", "feature", "celebrity"}
    ]
    return SIGNAL.evidence(
        window=(start, end),
        p=p,
        observed=e.total,
        expected=e.expected,
        says="package" if match.parts else "views_only",
        args={
            "package": match.names, "price_minor": package["price"] * 100, "currency": "CNY", "views": package["views"],
            "gained": round(e.total), "error": round(e.error), "duration_s": (e.end - e.start) * 60,
            "others": ", ".join(match.parts), "start_us": start,
        },
        effect=Effect("viewers", max(e.total - 1.645 * e.error, 0), e.total, e.total + 1.645 * e.error),
        causes=(
            Cause("feature", "ruled_out" if heads is not None else "open"),
            Cause("raid", "ruled_out" if heads is not None else "open"),
            *(Cause(w.kind, "open") for w in declared),
            *by_advertisement(session, start, end, e.total),
        ),
        events=events,
        events_total=total,
    )  # fmt: skip


def _nothing(on: Grid, gained: float, p: float) -> Evidence:
    return SIGNAL.evidence(
        window=(on.start, on.start + on.size * MINUTE), p=float(np.clip(p, NEUTRAL, 1)), observed=gained, expected=gained,
        says="no_package", args={"gained": round(gained)},
    )  # fmt: skip


def _floor(gained: Floats, heads: Floats | None, half_unit: float) -> Excess | None:
    """A delivery spread over the whole record: the rate that never stops, less what the quietest room still draws."""
    n = len(gained)
    lowest, at = floor_rate(gained, max(5, n // 2))
    there = None if heads is None else heads[at]
    if lowest <= 0 or there is None or not np.isfinite(there).any():
        return None
    quiet = float(np.nanmean(there)) / _STAY_LONG
    total = (lowest - quiet) * n
    return Excess(
        0,
        n,
        total,
        float(np.hypot(quiet * n, np.hypot(half_unit * 2 * 2**0.5, 0.01 * lowest * n))),
        float(gained.sum()) - total,
    )


_STAY_LONG = 5.0
"""Minutes people stay in a quiet room (Douyin capture 2025-10: 145 online, 30 entries a minute)."""


def _best(
    session: Session, on: Grid, e: Excess, gained: Floats, heads: Floats | None, base: Mapping[str, Any]
) -> _Match:
    responded = _response(e, gained, heads, base)
    packages: Sequence[Mapping[str, Any]] = base["packages"]
    made = []
    for package in packages:
        views = _near(e.total, e.error, package["views"], len(packages), base["span_nats"])
        if abs(e.total - package["views"]) > base["resembles"] * package["views"]:
            made.append(_Match(package, 1.0, ()))
            continue
        parts, ps = [], [responded, views]
        for metric, total, kind, weight in _OTHERS:
            size = package.get(metric)
            seen = _other(session, on, e, total, kind, weight)
            if not size or seen is None or seen.error > base["informative"] * size:
                continue
            ps.append(_near(seen.total, seen.error, size, 1, base["span_nats"]))
            parts.append(f"{metric} {round(seen.total):+,}")
        made.append(_Match(package, fisher(*ps), tuple(parts)))
    made.sort(key=lambda m: m.p)
    near = [m.package["name"] for m in made if m.p <= base["also"] * made[0].p and m.p < 1]
    return replace(made[0], names=" / ".join(near))


def _other(session: Session, on: Grid, e: Excess, total: str, kind: str, weight: str | None) -> Excess | None:
    """Excess of another metric over the same stretch; None where nothing of it is recorded."""
    start, end = e.start + 1, e.end - 1
    if total and session.counts.get(total):
        seen = counter(session, on, total)
        series, half = seen.increments(), seen.half_unit
        start, end = _readings(seen.value, start, end)
    elif session.counts.get(kind):
        series, half = rate(session, on, kind, weight), 0.0
    else:
        return None
    if e.end - e.start >= on.size:
        lowest = floor_rate(series, max(5, on.size // 2))[0] * on.size
        return Excess(e.start, e.end, lowest, max(0.1 * lowest, 1.0), float(series.sum()) - lowest)
    return excess(series, start, end, half)


def _readings(value: Floats, start: int, end: int) -> tuple[int, int]:
    """The stretch widened to the readings around it: a counter seen rarely moves only when it is read."""
    at = np.flatnonzero(np.isfinite(value))
    before, after = at[at <= start], at[at >= end]
    return (int(before[-1]) if len(before) else start), (int(after[0]) if len(after) else end)


def _near(seen: float, error: float, size: float, tried: int, span: float) -> float:
    """P(an organic excess, log-uniform over `span` nats, lands as near to any of the sizes tried)."""
    off = max(abs(seen - size), error)
    return float(np.clip(tried * 2 * off / size / span, P_FLOOR, 1))


def _response(e: Excess, gained: Floats, heads: Floats | None, base: Mapping[str, Any]) -> float:
    """P(organic entries bring so few viewers): minutes of presence per excess entry, log-normal among organic pushes."""
    from scipy import stats

    if heads is None:
        return 1.0
    flank = np.r_[heads[max(e.start - 10, 0) : e.start], heads[e.end : e.end + 10]]
    if np.isfinite(flank).any():
        inside = np.nanmean(heads[e.start : e.end]) if np.isfinite(heads[e.start : e.end]).any() else 0.0
        stay = max(inside - np.nanmedian(flank), 0.0) * (e.end - e.start) / max(e.total, 1.0)
    else:  # spread over the whole record: how long those present stay while the rate is what it never falls below
        lowest, at = floor_rate(gained, max(5, len(gained) // 2))
        stay = float(np.nanmean(heads[at])) / max(lowest, 1e-9) if np.isfinite(heads[at]).any() else 0.0
    z = np.log(max(stay, 1e-3) / base["stay_min"]) / base["stay_sigma"]
    return float(max(stats.norm.cdf(z), base["response_floor"]))


def _gains(heads: Floats) -> Floats:
    """Minute-to-minute gains of a gauge, gaps bridged."""
    at = np.flatnonzero(np.isfinite(heads))
    filled = np.interp(np.arange(len(heads)), at, heads[at])
    return np.diff(filled, prepend=filled[0])


SIGNAL = Signal(
    id="counters.package",
    version=2,
    question=Question.AUDIENCE,
    tier=Tier.T0,
    title=Say("A delivery from a price list", "与刷量套餐吻合"),
    says={
        "package": Say(
            "From {start_us} within {duration_s} the counter gained {gained} (±{error}) beyond its course: the {views} views of "
            "package {package} ({price_minor}); alongside: {others}.",
            "自 {start_us} 起的 {duration_s} 内，计数器比原有走势多出 {gained}（±{error}），与套餐 {package}（{price_minor}，"
            "{views} 观看）吻合；同时：{others}。",
        ),
        "views_only": Say(
            "From {start_us} within {duration_s} the counter gained {gained} (±{error}) beyond its course: the {views} views of "
            "package {package} ({price_minor}). No other figure could be compared.",
            "自 {start_us} 起的 {duration_s} 内，计数器比原有走势多出 {gained}（±{error}），与套餐 {package}（{price_minor}，"
            "{views} 观看）吻合。其他指标无从比对。",
        ),
        "no_package": Say(
            "No stretch of the counters matches a published package (largest excess {gained}).",
            "计数器中没有与已公开套餐吻合的时段（最大超出 {gained}）。",
        ),
    },
    look=look,
)
