"""Numbers by the lot (FIELD 3, A44-A48, A52): hearts at a set rate, fans by the day, packages cut to the room's size."""

from collections.abc import Mapping
from functools import partial
from types import MappingProxyType

import numpy as np

from zhenbo.core.session import DAY, HOUR, MINUTE
from zhenbo.worlds.anchors import PACKAGES, PRICES
from zhenbo.worlds.attacks import acts
from zhenbo.worlds.attacks.attack import Attack, Delivery, deliver, needed, slot
from zhenbo.worlds.attacks.fleet import Fleet
from zhenbo.worlds.attacks.packages import remarks, shares
from zhenbo.worlds.crowd import Ints
from zhenbo.worlds.show import SECOND, Show

HALF_LIFE = 20.0
"""Days in which half of bought bots are lost; of the people among them a tenth goes in a month: judgement."""
MONTH = 30


def flat_hearts(show: Show, rng: np.random.Generator, dose: float, *, events: bool = True) -> None:
    """The same number of hearts in every minute of the evening.

    Args:
        show: the broadcast.
        rng: stream of chance.
        dose: wanted share of all taps.
        events: from a crowd of accounts, a minute's hearts at any second of it; else on the counter, a few every five
            seconds.
    """
    n = needed(show.total("like", "qty"), dose, 120)
    show.spend(max(1.0, PRICES["likes"].of(n)))
    start = show.plan.start + int(rng.uniform(1, 4) * MINUTE)
    minutes = max(2, (show.plan.end - start) // MINUTE - 1)
    if not events:
        at = start + np.arange(minutes * 12) * 5 * SECOND
        acts.display(show, "likes", at, _even(n, len(at)))
        return
    each = _even(n, minutes)
    rows = np.maximum(1, each // int(rng.integers(6, 12)))
    minute = np.repeat(np.arange(minutes), rows)
    first = np.cumsum(rows) - rows
    turn = np.arange(len(minute)) - first[minute]
    qty = each[minute] // rows[minute] + (turn < each[minute] % rows[minute])
    at = start + minute * MINUTE + rng.integers(0, MINUTE, len(minute))
    who = Fleet(networks=int(rng.integers(10, 60))).enlist(
        show, rng, max(3, len(at) // int(rng.integers(8, 25)))
    )
    owner = acts.shared_out(rng, who, len(at))
    acts.come(
        show,
        who,
        np.full(len(who), start - MINUTE) + rng.integers(0, MINUTE, len(who)),
        np.full(len(who), show.plan.end),
    )
    acts.tap(show, owner, at, qty)


def _even(n: int, parts: int) -> Ints:
    """An amount in parts that differ by one at most."""
    return np.full(parts, n // parts) + (np.arange(parts) < n % parts)


def on_the_minute(show: Show, rng: np.random.Generator, dose: float) -> None:
    """Hearts reach the counter in equal lots on the full minute of the clock, or of every second or fifth."""
    n = needed(show.total("like", "qty"), dose, 100)
    show.spend(max(1.0, PRICES["likes"].of(n)))
    every = int(rng.choice([1, 2, 5])) * MINUTE
    start, end = slot(show, rng, show.plan.minutes * rng.uniform(0.4, 0.8))
    at = np.arange(-(-start // every) * every, max(end, start + 2 * every), every)
    at = at[at < show.plan.end]
    acts.display(show, "likes", at, _even(n, len(at)))


def fans_in_a_day(show: Show, rng: np.random.Generator, dose: float, *, amount: int = 10_000) -> None:
    """Ten thousand followers in a day, half of them people, who fade over a month and are made up for every week.

    The usual start dose of a new account (FIELD A47: 10,000-20,000; organic growth is 550 a day, A52), sold as 人机混粉
    5:5 and refilled (A45). The broadcast sees the part of the day that it lasts; the dose is not used.

    Args:
        show: the broadcast.
        rng: stream of chance.
        dose: not used.
        amount: followers.
    """
    del dose
    who, bot = _mixed(show, rng, amount)
    begin = show.plan.start - int(rng.uniform(2, 21) * HOUR)
    at = acts.jittered(rng, amount, begin, begin + DAY, 0.45)
    live = acts.inside(show, at)
    acts.follow(show, who[live], at[live])
    show.after("follow", at[~live], actor=who[~live])
    days = np.where(bot, rng.exponential(HALF_LIFE / np.log(2), amount), rng.exponential(MONTH / 0.1, amount))
    gone = np.maximum(at, show.plan.end) + (days * DAY).astype(np.int64)
    lost = gone < show.plan.end + MONTH * DAY
    show.after("unfollow", gone[lost], actor=who[lost])
    for week in range(1, MONTH // 7 + 1):
        due = show.plan.end + week * 7 * DAY + int(rng.uniform(0, 12) * HOUR)
        more = int((lost & (gone < due) & (gone >= due - 7 * DAY)).sum())
        if more:
            fresh, _ = _mixed(show, rng, more)
            when = due + np.sort(rng.integers(0, int(rng.uniform(0.5, 4) * HOUR), more))
            show.after("follow", when, actor=fresh)
    show.spend(PRICES["fans_half_bot"].of(amount))


def _mixed(show: Show, rng: np.random.Generator, n: int) -> tuple[Ints, np.ndarray]:
    """Half bots, half people, in no order, as one group; and which of them are bots."""
    machine = Fleet(cohort=True, batches=int(rng.integers(1, 6)), empty=True)
    bots = machine.recruit(show, rng, n // 2) if n > 1 else np.empty(0, dtype=np.int64)
    who = np.concatenate([bots, Fleet(years=0.2).recruit(show, rng, n - len(bots))])
    show.hire(who)
    order = rng.permutation(n)
    return who[order], order < len(bots)


def in_ratio(show: Show, rng: np.random.Generator, dose: float, *, name: str, events: bool = True) -> None:
    """A part of a package, cut to the room: views, likes, shares and comments in the seller's fixed ratio (FIELD 3).

    Views last as long as a view must to be counted, some seconds to a minute; the price is cut in the same proportion.

    Args:
        show: the broadcast.
        rng: stream of chance.
        dose: wanted share of all entries.
        name: which package.
        events: views and likes come as rows of accounts, not on the counters.
    """
    whole = PACKAGES[name]
    views = needed(show.total("enter"), dose, 50)
    part = views / whole.views
    likes, talk, passed = (
        max(1, round(part * k)) if k else 0 for k in (whole.likes, whole.comments, whole.shares)
    )
    how: Delivery = ("2h", "20min", "by_minute")[int(rng.integers(3))]
    at, qty = deliver(show, rng, views - talk, how)
    if events:
        who = Fleet(cohort=rng.random() < 0.3, networks=int(rng.integers(40, 200))).enlist(
            show, rng, int(qty.sum())
        )
        came = np.repeat(at, qty) + (rng.random(len(who)) * 5 * SECOND).astype(np.int64)
        seconds = rng.uniform(5, 20) + rng.gamma(1.5, float(rng.uniform(2, 15)), len(who))
        acts.come(show, who, came, came + (seconds * SECOND).astype(np.int64))
        tapping = rng.choice(len(who), likes)
        acts.tap(show, who[tapping], came[tapping] + 2 * SECOND, np.ones(likes, dtype=np.int64))
    else:
        acts.display(show, "viewers", at, qty)
        acts.display(show, "likes", *deliver(show, rng, likes, how))
    when = slot(show, rng, 30)
    remarks(show, rng, talk, when, "real" if name == "P30" else "senior")
    shares(show, rng, passed, when)
    show.spend(max(1.0, whole.yuan * part))


ATTACKS: Mapping[str, Attack] = MappingProxyType({
    "likes-flat": Attack("likes", "The same number of hearts in every minute, from a crowd of accounts.", flat_hearts),
    "likes-flat-counter": Attack("likes", "The same number of hearts in every minute, on the counter alone.", partial(flat_hearts, events=False)),
    "likes-on_minute": Attack("likes", "Equal lots of hearts on the counter, on the full minute of the clock.", on_the_minute),
    "followers-day": Attack("followers", "10,000 followers in a day, half of them people, fading and made up for weekly.", fans_in_a_day),
    **{
        f"ratio-{name}": Attack(
            "packages", f"Part of package {name} as rows: views, likes and comments in its fixed ratio.", partial(in_ratio, name=name)
        )
        for name in PACKAGES
    },
    "ratio-P30-counter": Attack(
        "packages", "Part of package P30 on the counters: 100,000 views to 1,288 likes to 88 comments.", partial(in_ratio, name="P30", events=False)
    ),
})  # fmt: skip
"""Numbers by the lot, by name."""
