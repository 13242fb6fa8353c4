"""Farms that do everything a little (FIELD A46, cases P2, P3): racks of phones, clean fleets on shifts, task crowds."""

from collections.abc import Mapping
from functools import partial
from types import MappingProxyType

import numpy as np

from zhenbo.core.session import MINUTE
from zhenbo.worlds import organic
from zhenbo.worlds.anchors import PRICES
from zhenbo.worlds.attacks import acts
from zhenbo.worlds.attacks.attack import Attack, evening_slot, needed, restraint
from zhenbo.worlds.attacks.fleet import Fleet
from zhenbo.worlds.scripts import paraphrase
from zhenbo.worlds.show import SECOND, Show
from zhenbo.worlds.words import SALES

COHORT = Fleet(cohort=True)
"""Registered in a row."""


def farm(
    show: Show,
    rng: np.random.Generator,
    dose: float,
    *,
    fleet: Fleet = COHORT,
) -> None:
    """A farm that watches, taps, follows, says a word, arriving as an audience does; 6.65 yuan per phone-day.

    Args:
        show: the broadcast.
        rng: stream of chance.
        dose: wanted share of all entries.
        fleet: how the accounts look.
    """
    n = needed(show.total("enter"), dose, 20)
    who = fleet.enlist(show, rng, n)
    at = organic.arrivals(show.plan, rng, n)
    until = at + acts.stay(rng, n, 8, 0.25)
    acts.come(show, who, at, until, acts.sources(show, rng, n))
    late = np.minimum(at + (rng.random(n) * (until - at)).astype(np.int64), show.plan.end - SECOND)
    said = rng.random(n) < 0.3
    text = show.words.codes(SALES)[rng.integers(len(SALES), size=int(said.sum()))]
    acts.say(show, who[said], late[said], text)
    tapped, followed = rng.random(n) < 0.5, rng.random(n) < 0.4
    acts.tap(show, who[tapped], late[tapped], np.full(int(tapped.sum()), 10))
    acts.follow(show, who[followed], late[followed])
    fleet.blend(show, rng, who)
    show.spend(PRICES["phone_days"].of(min(fleet.phones, n) or n))


def rack(show: Show, rng: np.random.Generator, dose: float) -> None:
    """Group control 群控/云控: a rack does each step on all phones within seconds: enter, tap, follow, press, leave."""
    n = needed(show.total("enter"), dose, 20)
    who = Fleet(networks=int(rng.integers(2, 8)), empty=rng.random() < 0.5).enlist(show, rng, n)
    whole = show.plan.minutes * MINUTE
    start = show.plan.start + int(rng.uniform(0.02, 0.3) * whole)
    end = start + int(rng.uniform(0.3, 0.6) * whole)
    wave = rng.integers(0, int(rng.integers(6, 25)) * SECOND, n)
    taps, follows, clicks = (
        restraint(show, rng, kind, n, dose) for kind in ("like", "follow", "product_click")
    )
    acts.come(show, who, start + wave, end + wave, "直播广场")
    for moment in np.sort(rng.uniform(0.1, 0.9, int(rng.integers(3, 9)))).tolist():
        at = start + int(moment * (end - start)) + rng.permutation(wave)
        part = rng.random(n) < min(1.0, 4 * taps)
        acts.tap(show, who[part], at[part], np.full(int(part.sum()), int(rng.integers(5, 16))))
    at = start + int(rng.uniform(0.2, 0.8) * (end - start)) + rng.permutation(wave)
    part = rng.random(n) < follows
    acts.follow(show, who[part], at[part])
    part = rng.random(n) < clicks
    at = start + int(rng.uniform(0.3, 0.9) * (end - start)) + rng.permutation(wave)
    acts.press(show, who[part], at[part], acts.goods(show, np.full(int(part.sum()), rng.integers(12))))
    show.spend(PRICES["phone_days"].of(n))


def shifts(show: Show, rng: np.random.Generator, dose: float, *, orders: int = 3) -> None:
    """一人一机一IP: clean phones and networks, but the same working shifts and the same order of tasks (FIELD A46).

    Each account works a shift of minutes that begins when its team's begins, and does its tasks (look, tap, follow,
    speak, leave) in its team's order at much the same place of the shift.

    Args:
        show: the broadcast.
        rng: stream of chance.
        dose: wanted share of all entries.
        orders: teams, each with its own order of tasks.
    """
    n = needed(show.total("enter"), dose, 20)
    who = Fleet(own=True, years=0.3).enlist(show, rng, n)
    team = np.arange(n) % orders
    whole = show.plan.minutes * MINUTE
    length = np.minimum(rng.uniform(8, 30, orders) * MINUTE, whole * 0.7)
    begin = show.plan.start + rng.uniform(0.02, 0.95, orders) * (whole - length)
    at = (begin[team] + rng.gamma(1.5, 35, n) * SECOND).astype(np.int64)
    until = (begin[team] + length[team] + rng.gamma(1.5, 25, n) * SECOND).astype(np.int64)
    acts.come(show, who, at, np.maximum(until, at + MINUTE), acts.sources(show, rng, n))
    place = np.stack([rng.permutation([0.15, 0.35, 0.55, 0.8]) for _ in range(orders)])[team]
    moment = (
        at[:, None] + (place + rng.normal(0, 0.03, place.shape)) * np.maximum(until - at, MINUTE)[:, None]
    ).astype(np.int64)
    clicks, taps, follows, words = (
        rng.random(n) < restraint(show, rng, kind, n, dose)
        for kind in ("product_click", "like", "follow", "comment")
    )
    item = np.minimum(rng.geometric(0.4, n) - 1, 11)
    acts.press(show, who[clicks], moment[clicks, 0], acts.goods(show, item[clicks]))
    acts.tap(show, who[taps], moment[taps, 1], rng.integers(6, 15, int(taps.sum())))
    acts.follow(show, who[follows], moment[follows, 2])
    acts.say(show, who[words], moment[words, 3], paraphrase(rng, int(words.sum()), show.plan.category))
    show.spend(PRICES["phone_days"].of(n))


def tasks(show: Show, rng: np.random.Generator, dose: float) -> None:
    """A task crowd (case P3: 46,000 members): people take the task from a group within an hour, in waves after each call.

    They stay ten minutes, say two words, tap, follow, send the screenshot and are gone.
    """
    n = needed(show.total("enter"), dose, 10)
    who = Fleet().enlist(show, rng, n)
    start, end = evening_slot(show, rng, 75)
    calls = acts.spread(rng, int(rng.integers(1, 4)), start, max(start + MINUTE, end - 14 * MINUTE))
    at = calls[rng.integers(len(calls), size=n)] + (rng.gamma(1.1, 90, n) * SECOND).astype(np.int64)
    until = at + 10 * MINUTE + (rng.exponential(40, n) * SECOND).astype(np.int64)
    acts.come(show, who, at, until, "分享")
    follow = rng.random(n) < 0.85
    acts.follow(show, who[follow], at[follow] + rng.integers(10, 200, int(follow.sum())) * SECOND)
    acts.tap(
        show,
        np.repeat(who, 3),
        np.repeat(at, 3) + rng.integers(20, 580, 3 * n) * SECOND,
        rng.geometric(0.12, 3 * n),
    )
    when = (
        np.repeat(at, 2) + np.stack([rng.integers(30, 280, n), rng.integers(300, 590, n)], 1).ravel() * SECOND
    )
    acts.say(show, np.repeat(who, 2), when, paraphrase(rng, 2 * n, show.plan.category))
    show.spend(PRICES["human_hours"].of(n))


ATTACKS: Mapping[str, Attack] = MappingProxyType({
    "farm-cohort": Attack("farms", "Accounts registered in a row that watch, tap, follow and say a word.", farm),
    "farm-phones": Attack("farms", "The same from twenty phones on three networks.", partial(farm, fleet=Fleet(phones=20, networks=3))),
    "farm-clean": Attack("farms", "The same from bought aged accounts that share nothing.", partial(farm, fleet=Fleet())),
    "farm-camouflage": Attack("farms", "Aged clean accounts that also chat and tap as others do.", partial(farm, fleet=Fleet(own=True, years=1, fans=0.1, chat=0.3, hearts=3.0))),
    "farm-rack": Attack("farms", "A rack under group control 群控: every step on all phones within seconds.", rack),
    "farm-one_ip": Attack("farms", "一人一机一IP: clean phones and networks on the same shifts with the same order of tasks.", shifts),
    "farm-tasks": Attack("farms", "A task crowd that takes the job from a group, does its quota and is gone.", tasks),
})  # fmt: skip
"""Farms by name."""
