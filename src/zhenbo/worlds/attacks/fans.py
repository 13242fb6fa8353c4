"""Bought followers 涨粉 (FIELD A28, A44, A45): drips and bursts, half bots or "pure real", decay and refill 掉粉补."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import partial
from types import MappingProxyType
from typing import Literal

import numpy as np

from zhenbo.core.session import DAY, HOUR, MINUTE
from zhenbo.worlds.anchors import PRICES
from zhenbo.worlds.attacks import acts
from zhenbo.worlds.attacks.attack import Attack, Delivery, deliver, needed, slot
from zhenbo.worlds.attacks.fleet import Fleet
from zhenbo.worlds.crowd import Ints
from zhenbo.worlds.show import SECOND, Show

Quality = Literal["bots", "half", "real"]
Pace = Literal["drip", "burst", "evening"]


@dataclass(frozen=True)
class Fading:
    """How bought followers are lost, and whether the seller makes it good. All shares are judgement.

    Args:
        lost: share that is gone within the days.
        days: how long it takes; half are gone after a third of it.
        sweep: share lost in one step, when the platform sweeps, instead of one by one.
        refill: share of the lost that is delivered anew, in one go, some days later (a year's guarantee, FIELD A45).
    """

    lost: float = 0.25
    days: float = 10.0
    sweep: float = 0.0
    refill: float = 0.0


def followers(
    show: Show, rng: np.random.Generator, dose: float, *,
    events: bool = True, quality: Quality = "bots", pace: Pace = "drip", fading: Fading | None = None, touch: bool = False,
) -> None:  # fmt: skip
    """A follower package.

    Args:
        show: the broadcast.
        rng: stream of chance.
        dose: wanted share of all follows.
        events: follows come as rows of accounts; else on the counter alone.
        quality: bots, half bots half people 人机混粉 5:5 (25 yuan for a hundred), or "pure real" 纯真粉 (60 yuan).
        pace: an even drip, one burst of minutes, or all over the evening.
        fading: what becomes of them; None keeps them.
        touch: they watch for minutes and tap a little before they follow.
    """
    n = needed(show.total("follow"), dose, 60)
    _charge(show, n, quality)
    if not events:
        way: Delivery = ("2h", "20min", "by_minute")[int(rng.integers(3))]
        acts.display(show, "follows", *deliver(show, rng, n, way))
        return
    who = _people(show, rng, n, quality)
    at = _moments(show, rng, n, pace)
    if touch:
        acts.come(
            show,
            who,
            at - acts.stay(rng, n, 1.5, 0.8),
            at + acts.stay(rng, n, 2.0, 0.9),
            acts.sources(show, rng, n),
        )
        tapped = rng.random(n) < 0.3
        acts.tap(show, who[tapped], at[tapped] - SECOND, rng.geometric(0.13, int(tapped.sum())))
    else:
        acts.come(show, who, at - 2 * SECOND, at + 3 * SECOND, "搜索")
    acts.follow(show, who, at)
    if fading:
        _fade(show, rng, who, fading, quality)


def _charge(show: Show, n: int, quality: Quality) -> None:
    """Bots cost less where the platform defends less: 8 yuan for a hundred on Kuaishou, 15 on Douyin (FIELD A44)."""
    plain = "fans_kuaishou" if show.plan.platform == "kuaishou" else "fans_douyin"
    show.spend(PRICES[{"bots": plain, "half": "fans_half_bot", "real": "fans_real"}[quality]].of(n))


def _people(show: Show, rng: np.random.Generator, n: int, quality: Quality) -> Ints:
    """Accounts of a quality, in no order; mixed ones are one group."""
    bots = {"bots": n, "half": n // 2, "real": 0}[quality]
    machine = Fleet(cohort=rng.random() < 0.7, batches=int(rng.integers(1, 4)), empty=True)
    parts = [machine.recruit(show, rng, bots)] if bots else []
    if n - bots:
        parts.append(Fleet(years=0.2).recruit(show, rng, n - bots))
    who = rng.permutation(np.concatenate(parts)) if quality == "half" else np.concatenate(parts)
    show.hire(who)
    return np.asarray(who, dtype=np.int64)


def _moments(show: Show, rng: np.random.Generator, n: int, pace: Pace) -> Ints:
    """When they follow."""
    if pace == "evening":
        whole = show.plan.minutes * MINUTE
        return np.asarray(
            show.plan.start + np.sort(rng.beta(1.3, 1.3, n)) * 0.96 * whole + 0.02 * whole, dtype=np.int64
        )
    start, end = slot(show, rng, rng.uniform(25, 60) if pace == "drip" else rng.uniform(1.5, 5))
    if pace == "burst":
        return acts.spread(rng, n, start, end)
    return np.linspace(start, end, n).astype(np.int64) + rng.integers(-SECOND, SECOND, n)


def _fade(show: Show, rng: np.random.Generator, who: Ints, fading: Fading, quality: Quality) -> None:
    """Follows are lost over days, one by one or in a sweep, and made good in one go."""
    n = len(who)
    gone = rng.random(n) < fading.lost
    when = show.plan.end + np.minimum(rng.exponential(fading.days / 2, n), fading.days) * DAY
    swept = rng.random(n) < fading.sweep
    night = show.plan.end + (rng.uniform(0.2, 0.6) * fading.days * DAY)
    when = np.where(swept, night + rng.uniform(0, 3, n) * HOUR, when)
    lost = gone | swept
    show.after("unfollow", when[lost].astype(np.int64), actor=who[lost])
    more = int(fading.refill * lost.sum())
    if more:
        fresh = _people(show, rng, more, quality)
        start = when[lost].max() + rng.uniform(0.5, 3) * DAY
        show.after("follow", (start + np.sort(rng.uniform(0, 2, more)) * HOUR).astype(np.int64), actor=fresh)


ATTACKS: Mapping[str, Attack] = MappingProxyType({
    "followers-rows": Attack("followers", "An even drip of accounts that follow and go.", followers),
    "followers-counter": Attack("followers", "Follows on the counter alone.", partial(followers, events=False)),
    "followers-half": Attack("followers", "Half bots, half people 人机混粉, in a drip; a quarter is lost in ten days.", partial(followers, quality="half", fading=Fading())),
    "followers-real": Attack("followers", '"Pure real" followers 纯真粉 all over the evening, who watch a little first.', partial(followers, quality="real", pace="evening", touch=True, fading=Fading(lost=0.12))),
    "followers-burst": Attack("followers", "All follow within minutes; half are gone in a week.", partial(followers, pace="burst", fading=Fading(lost=0.5, days=7))),
    "followers-refill": Attack("followers", "A platform sweep takes most of them, the seller refills 掉粉补 at once.", partial(followers, pace="evening", fading=Fading(lost=0.1, sweep=0.6, refill=1.0))),
    "followers-half-refill": Attack("followers", "Half bots in a burst, fading for two weeks, refilled in one go.", partial(followers, quality="half", pace="burst", fading=Fading(lost=0.4, days=14, refill=1.1))),
})  # fmt: skip
"""Bought followers by name."""
