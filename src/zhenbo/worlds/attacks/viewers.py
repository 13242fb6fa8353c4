"""Bought audiences: bots by the hundred, rented hours, cloud phones, and people who are paid to watch (FIELD A37, G6, G7)."""

from collections.abc import Mapping
from functools import partial
from types import MappingProxyType
from typing import Literal

import numpy as np

from zhenbo.core.session import HOUR, MINUTE
from zhenbo.worlds import organic
from zhenbo.worlds.anchors import PRICES, RAMP
from zhenbo.worlds.attacks import acts
from zhenbo.worlds.attacks.attack import Attack, evening_slot, needed, slot
from zhenbo.worlds.attacks.fleet import ORDINARY, Fleet
from zhenbo.worlds.crowd import Ints
from zhenbo.worlds.scripts import paraphrase
from zhenbo.worlds.show import SECOND, Show
from zhenbo.worlds.words import talk

Style = Literal["batches", "plateau", "per_minute", "hours", "idle", "segment", "ramp", "ordinary"]


def viewbots(
    show: Show, rng: np.random.Generator, dose: float, *, style: Style = "batches", fleet: Fleet = ORDINARY, amount: int = 0
) -> None:  # fmt: skip
    """Bought viewers with rows of their own, 25 yuan for a hundred.

    Args:
        show: the broadcast.
        rng: stream of chance.
        dose: wanted share of all entries.
        style: in batches with fixed stays; as a plateau; so many every minute; by rented whole or half hours; idle all
            evening 挂号; for a sponsored segment; in steps of 500-800-1,200-2,000 parts; or as honest people come and go.
        fleet: how the accounts look.
        amount: how many; 0 follows the dose.
    """
    n = amount or needed(show.total("enter"), dose)
    who = fleet.enlist(show, rng, n)
    at, until = _TIMES[style](show, rng, n)
    via = acts.sources(show, rng, n) if rng.random() < 0.5 else "推荐feed"
    acts.come(show, who, at, np.maximum(until, at + SECOND), via)
    fleet.blend(show, rng, who)
    show.spend(PRICES["bot_viewers"].of(100 * -(-n // 100)))


def _batches(show: Show, rng: np.random.Generator, n: int) -> tuple[Ints, Ints]:
    """Three to eight waves, each with the same stay."""
    batches = int(rng.integers(3, 9))
    waves = show.plan.start + (np.sort(rng.random(batches)) * 0.85 * show.plan.minutes * MINUTE).astype(
        np.int64
    )
    at = waves[np.arange(n) % batches] + (rng.random(n) * 25 * SECOND).astype(np.int64)
    return at, at + int(rng.integers(5, 20)) * MINUTE + rng.integers(-3 * SECOND, 3 * SECOND, n)


def _plateau(show: Show, rng: np.random.Generator, n: int) -> tuple[Ints, Ints]:
    """All in within three minutes, all out together."""
    start, end = slot(show, rng, show.plan.minutes * rng.uniform(0.3, 0.75))
    at = start + (rng.random(n) * 3 * MINUTE).astype(np.int64)
    return at, end + rng.integers(-20 * SECOND, 20 * SECOND, n)


def _per_minute(show: Show, rng: np.random.Generator, n: int) -> tuple[Ints, Ints]:
    """So many in the first seconds of every minute."""
    start, end = slot(show, rng, show.plan.minutes * rng.uniform(0.4, 0.8))
    minutes = max(1, (end - start) // MINUTE)
    at = start + (np.arange(n) % minutes) * MINUTE + (rng.random(n) * 8 * SECOND).astype(np.int64)
    return at, at + int(rng.integers(60, 600)) * SECOND + rng.integers(-SECOND, SECOND, n)


def _hours(show: Show, rng: np.random.Generator, n: int) -> tuple[Ints, Ints]:
    """Rented by the hour or half hour from a full one on the clock; the rent ends for all in the same minute."""
    rent = int(rng.choice([HOUR // 2, HOUR, 2 * HOUR]))
    first = -(-(show.plan.start - rent // 3) // (HOUR // 2)) * (HOUR // 2)
    at = np.full(n, max(first, show.plan.start)) + (rng.gamma(2.0, 20.0, n) * SECOND).astype(np.int64)
    return at, np.full(n, max(first, show.plan.start) + rent) + rng.integers(0, 40 * SECOND, n)


def _idle(show: Show, rng: np.random.Generator, n: int) -> tuple[Ints, Ints]:
    """Idle accounts 挂号 sit in the room from the first minutes to the end (FIELD G6)."""
    at = show.plan.start + (rng.gamma(1.5, 1.5, n) * MINUTE).astype(np.int64)
    return at, np.full(n, show.plan.end) - (rng.exponential(0.5, n) * MINUTE).astype(np.int64)


def _segment(show: Show, rng: np.random.Generator, n: int) -> tuple[Ints, Ints]:
    """A jump within ten minutes for a sponsored segment that stays flat until the segment is over (FIELD G7)."""
    start, end = slot(show, rng, rng.uniform(15, 40))
    at = start + (rng.beta(2, 2, n) * min(10 * MINUTE, (end - start) // 2)).astype(np.int64)
    return at, end + (rng.exponential(25, n) * SECOND).astype(np.int64)


def _ramp(show: Show, rng: np.random.Generator, n: int) -> tuple[Ints, Ints]:
    """Four lots in the proportions 500 : 800 : 1,200 : 2,000, one after the other (FIELD A30)."""
    lot = np.repeat(np.arange(len(RAMP)), rng.multinomial(n, np.array(RAMP) / sum(RAMP)))
    whole = show.plan.minutes * MINUTE
    begins = show.plan.start + (
        (np.arange(len(RAMP)) + rng.uniform(0.1, 0.4, len(RAMP))) * 0.24 * whole
    ).astype(np.int64)
    at = begins[lot] + (rng.random(n) * 0.08 * whole).astype(np.int64)
    return at, at + (rng.uniform(0.15, 0.22, n) * whole).astype(np.int64)


def _ordinary(show: Show, rng: np.random.Generator, n: int) -> tuple[Ints, Ints]:
    """Arrivals and stays copied from the room itself: bots that follow a real audience's curve."""
    _, since, until = show.people()
    like = rng.integers(len(since), size=n)
    at = since[like] + rng.integers(-40 * SECOND, 40 * SECOND, n)
    return at, at + ((until - since)[rng.permutation(like)] * rng.uniform(0.8, 1.25, n)).astype(np.int64)


_TIMES = MappingProxyType({
    "batches": _batches, "plateau": _plateau, "per_minute": _per_minute, "hours": _hours, "idle": _idle,
    "segment": _segment, "ramp": _ramp, "ordinary": _ordinary,
})  # fmt: skip


def hired(
    show: Show, rng: np.random.Generator, dose: float, *, quota_minutes: float = 0.0, words: int = 2, together: bool = True
) -> None:  # fmt: skip
    """People paid 10 yuan an hour who really watch: they come after the call, do their quota, and go (FIELD A37, case P3).

    Args:
        show: the broadcast.
        rng: stream of chance.
        dose: wanted share of all entries.
        quota_minutes: how long each must stay; 0 draws 8-45.
        words: what each must say.
        together: the leader releases all of them at once.
    """
    n = needed(show.total("enter"), dose, 8)
    who = Fleet().enlist(show, rng, n)
    quota = quota_minutes or float(rng.choice([8, 10, 15, 20, 30, 45]))
    start, end = evening_slot(show, rng, quota + 4)
    at = start + (rng.gamma(1.6, 0.9, n) * MINUTE).astype(np.int64)
    over = (rng.exponential(18, n) * SECOND).astype(np.int64)
    until = np.full(n, end) + over if together else at + int(quota * MINUTE) + over
    acts.come(show, who, at, np.maximum(until, at + MINUTE), "分享")
    stay = np.minimum(until, show.plan.end) - at
    owner = np.repeat(np.arange(n), rng.binomial(words, 0.9, n))
    when = at[owner] + (rng.beta(1.3, 1.6, len(owner)) * np.maximum(stay, MINUTE)[owner]).astype(np.int64)
    own = rng.random(len(owner)) < 0.5
    text = show.words.codes(talk())[rng.integers(len(talk()), size=len(owner))]
    text[own] = show.words.codes(paraphrase(rng, int(own.sum()), show.plan.category))
    acts.say(show, who[owner], when, text)
    follow = rng.random(n) < 0.25
    acts.follow(show, who[follow], (at + 0.3 * stay)[follow].astype(np.int64))
    show.spend(PRICES["human_hours"].of(n * max(1.0, quota / 60)))


def regulars(show: Show, rng: np.random.Generator, dose: float) -> None:
    """Hired people with no quota: each watches when it suits, in two or three visits, talks a little, and looks at goods."""
    visits = needed(show.total("enter"), dose, 8)
    n = max(3, visits * 2 // 5)
    who = Fleet(fans=0.2).enlist(show, rng, n)
    person = np.concatenate([who, who[rng.integers(n, size=max(0, visits - n))]])
    at, until = _ordinary(show, rng, len(person))
    acts.come(
        show, person, at, until + acts.stay(rng, len(person), 3, 0.7), acts.sources(show, rng, len(person))
    )
    acts.mingle(show, rng, who, chat=0.6, hearts=6)
    acts.paid(show, lambda: organic.looks(show, rng, who))
    show.spend(PRICES["human_hours"].of(n))


_CLOUD = Fleet(batches=5, cohort=True, own=True)

ATTACKS: Mapping[str, Attack] = MappingProxyType({
    "viewbots-batches": Attack("viewers", "Bots come in three to eight batches and all stay equally long.", partial(viewbots, style="batches")),
    "viewbots-plateau": Attack("viewers", "Bots come within minutes and leave together: a plateau.", partial(viewbots, style="plateau")),
    "viewbots-per_minute": Attack("viewers", "So many bots at the head of every minute.", partial(viewbots, style="per_minute")),
    "viewbots-cohort": Attack("viewers", "Bots every minute, registered one after another.", partial(viewbots, style="per_minute", fleet=Fleet(cohort=True))),
    "viewbots-phones": Attack("viewers", "Bots in batches from a dozen phones on four networks.", partial(viewbots, style="batches", fleet=Fleet(phones=12, networks=4))),
    "viewbots-hours": Attack("viewers", "Bots rented by the half hour or hour on the clock.", partial(viewbots, style="hours")),
    "viewbots-idle": Attack("viewers", "Idle accounts 挂号 that sit in the room all evening.", partial(viewbots, style="idle", fleet=Fleet(networks=40, empty=True))),
    "viewbots-segment": Attack("viewers", "A jump for a sponsored segment that stays flat until it ends.", partial(viewbots, style="segment")),
    "viewbots-ramp": Attack("viewers", "Four growing lots in the proportions 500-800-1,200-2,000.", partial(viewbots, style="ramp")),
    "viewbots-cloud_phones": Attack("viewers", "Cloud phones 云手机: a device and a network each, from five registration runs.", partial(viewbots, style="plateau", fleet=_CLOUD)),
    "viewbots-ordinary": Attack("viewers", "Aged accounts that come and go along the room's own curve.", partial(viewbots, style="ordinary", fleet=Fleet(own=True, years=1))),
    "viewbots-camouflage": Attack("viewers", "Aged accounts in batches that also chat and tap as others do.", partial(viewbots, style="batches", fleet=Fleet(years=1, chat=0.15, hearts=0.6))),
    "viewers-hired": Attack("viewers", "Paid people who stay their quota, say two words and leave together.", hired),
    "viewers-hired-apart": Attack("viewers", "Paid people with a quota of minutes each, leaving one by one.", partial(hired, together=False, words=1)),
    "viewers-regulars": Attack("viewers", "Paid people without a quota who come back, talk a little and look at goods.", regulars),
})  # fmt: skip
"""Bought audiences by name."""
