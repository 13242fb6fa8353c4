"""An audience that does not react: likes, comments and follows per viewer.

## What it looks for
Engagement per entry far below what comparable rooms show: bought views do not tap, talk or follow. Package P30 sells
100,000 views with 1,288 likes and 88 comments, 1.3 % and 0.09 %; an honest apparel room had 358 % likes per view,
because one viewer taps many times, and a Compass export 4.4 % comments per watcher.

## Why it matters
It is the first thing a merchant can check from the front stage alone: a dead audience (死粉, 僵尸观众) buys nothing.

## How it is fooled
By buying likes and comments in proportion. Too *many* likes are never held against a room here: taps are counted, and
"tap hearts" (点赞福利) is honest.

## What clears it
Rooms differ a hundredfold for honest reasons (category, feed traffic, muted chat), so reference cells are log-normals
wide enough to hold all records we have; alone this signal can raise a question, never answer it. A chat that delivers
nothing for most of the record is a closed chat or a recorder's gap: then comments are not used.

## Method
Posterior predictive of a Poisson count whose rate is log-normal across rooms (over-dispersed), lower tail, times the
ratios looked at. Baselines: `packs/baselines/counters.ratio.toml`.

## Examples
    >>> from zhenbo.proof.pages import look
    >>> look('counters.ratio', '''
    ... 20:00-22:00 entered_total 0..900000 every 60s; 20:00-22:00 like_total 0..90 every 60s
    ... ''')
    counters.ratio: accuses, names 0 accounts, says dead_likes
    >>> look('counters.ratio', '''
    ... 20:00-22:00 entered_total 0..9000 every 60s; 20:00-22:00 like_total 0..30000 every 60s
    ... ''')
    counters.ratio: clears, names 0 accounts, says alive
"""

from collections.abc import Iterable, Mapping
from typing import Any

import numpy as np

from zhenbo.core.evidence import Cause, Effect, Found, Missing, Say, Signal
from zhenbo.core.session import MINUTE, Session
from zhenbo.core.subject import Question, Tier
from zhenbo.kernel.series import Counter, Floats, Grid, counter, grid, rate
from zhenbo.signals.nulls import P_FLOOR


def look(session: Session, base: Mapping[str, Any]) -> Iterable[Found]:
    """Compare each reaction per entry with its reference cell."""
    from scipy import stats

    if session.scope != "session":
        return []
    on = grid(session)
    entered = counter(session, on, "entered_total")
    views = entered.last - entered.first if np.isfinite(entered.last) else 0.0
    if views < base["views_min"]:
        return [Missing(Question.AUDIENCE, "entered_counter")]
    ratios = {
        m: n
        for m in ("likes", "comments", "follows")
        if (n := _reactions(session, on, entered, m)) is not None
    }
    if not ratios:
        return [Missing(Question.ENGAGEMENT, "like_counter")]
    tested = {m: _lower(n, views, base[f"{m}_median"], base[f"{m}_sigma"]) for m, n in ratios.items()}
    metric = min(tested, key=lambda m: tested[m])
    p = float(np.clip(tested[metric] * len(tested), base["floor"], 1))
    n, median, sigma = ratios[metric], base[f"{metric}_median"], base[f"{metric}_sigma"]
    dead = p < base["accuse"]
    real = {q: n / (median * np.exp(sigma * stats.norm.ppf(q))) for q in (0.02, 0.1)}
    return [
        SIGNAL.evidence(
            window=(on.start, on.start + on.size * MINUTE),
            p=p,
            observed=n / views,
            expected=median,
            says=f"dead_{metric}" if dead else "alive",
            args={"metric": metric, "views": round(views), "reactions": round(n), "seen_share": n / views, "usual_share": median},
            effect=Effect("viewers", max(views - real[0.02], 0.0), max(views - real[0.1], 0.0), views) if dead else None,
            causes=(Cause("paid_traffic", "open"), Cause("sampling", "ruled_out")) if dead else (),
        )
    ]  # fmt: skip


def _reactions(session: Session, on: Grid, entered: Counter, metric: str) -> float | None:
    """Reactions over the stretch of the entry counter; None where the record cannot count them."""
    kind, total, weight = {"likes": ("like", "like_total", "qty"), "comments": ("comment", "", None), "follows": ("follow", "follow_total", None)}[metric]  # fmt: skip
    if total and session.counts.get(total):
        seen = counter(session, on, total)
        return float(seen.last - seen.first) if np.isfinite(seen.last) else None
    per_minute = rate(session, on, kind, weight)
    return float(per_minute.sum()) if per_minute.sum() and not _silent(per_minute, entered) else None


def _silent(per_minute: Floats, entered: Counter) -> bool:
    """Whether the metric is missing for most of the minutes in which entries were counted."""
    busy = entered.increments() > 0
    return bool(busy.any() and (per_minute[busy] > 0).mean() < 0.5)


def _lower(n: float, views: float, median: float, sigma: float) -> float:
    """P(as few reactions): log-normal across rooms, widened by the Poisson noise of the count."""
    from scipy import stats

    z = np.log((n + 0.5) / (views * median)) / np.hypot(sigma, 1 / np.sqrt(n + 1))
    return float(np.clip(stats.norm.cdf(z), P_FLOOR, 1))


SIGNAL = Signal(
    id="counters.ratio",
    version=1,
    question=Question.AUDIENCE,
    tier=Tier.T0,
    title=Say("An audience that does not react", "观众无互动"),
    says={
        "dead_likes": Say(
            "{views} entries brought {reactions} likes ({seen_share}; comparable rooms around {usual_share}).",
            "{views} 次进场只带来 {reactions} 次点赞（{seen_share}；可比直播间约 {usual_share}）。",
        ),
        "dead_comments": Say(
            "{views} entries brought {reactions} comments ({seen_share}; comparable rooms around {usual_share}).",
            "{views} 次进场只带来 {reactions} 条评论（{seen_share}；可比直播间约 {usual_share}）。",
        ),
        "dead_follows": Say(
            "{views} entries brought {reactions} new followers ({seen_share}; comparable rooms around {usual_share}).",
            "{views} 次进场只带来 {reactions} 个新增关注（{seen_share}；可比直播间约 {usual_share}）。",
        ),
        "alive": Say(
            "Reactions per entry lie within what rooms show (lowest {seen_share}, around {usual_share} is usual).",
            "人均互动处于常见范围（最低一项 {seen_share}，常见约 {usual_share}）。",
        ),
    },
    look=look,
)
