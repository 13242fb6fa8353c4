"""Hired crews that are called from room to room, each in its own way: people with words or without, racks of phones, a fleet.

All that binds a crew is where its members are when: every one has a phone, a network and an account of their own, as
people have them or as racks copy them 一人一机一IP (FIELD A46). Sizes of lists, delays and stays are judgement; that a task
group's list is far longer than any call is case P3's (46,000 members).
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any

import numpy as np

from zhenbo.core.session import MINUTE
from zhenbo.worlds.anchors import PRICES
from zhenbo.worlds.attacks import acts
from zhenbo.worlds.attacks.attack import restraint
from zhenbo.worlds.crowd import Ints
from zhenbo.worlds.scripts import paraphrase
from zhenbo.worlds.show import SECOND, Show
from zhenbo.worlds.town import Crew


def lasting(rng: np.random.Generator, n: int, minutes: float, sigma: float) -> Ints:
    """`n` stays around some minutes."""
    return np.asarray(rng.lognormal(np.log(minutes), sigma, n) * MINUTE, dtype=np.int64)


def delays(rng: np.random.Generator, n: int, seconds: float, sigma: float) -> Ints:
    """`n` delays around some seconds."""
    return np.asarray(rng.lognormal(np.log(seconds), sigma, n) * SECOND, dtype=np.int64)


def moment(show: Show, rng: np.random.Generator, first: float, last: float) -> int:
    """A moment of a broadcast between two places in it (0 its start, 1 its end)."""
    return show.plan.start + int(rng.uniform(first, last) * show.plan.minutes * MINUTE)


@dataclass(frozen=True)
class Trade:
    """A crew and how it serves.

    Args:
        name: of the crew and of what it does.
        calls: broadcasts it is dealt, besides those it is sent round on one evening.
        again: part of those who come that have served before, as far as there are such.
        act: comes in: `n` hired accounts, in the order of the list.
        price: what one of them costs, in yuan.
        fleet: how they look.
    """

    name: str
    calls: int
    again: float
    act: Callable[[Show, np.random.Generator, Ints], None]
    price: float
    fleet: Mapping[str, Any] = field(default_factory=dict)


def _serve(
    show: Show, rng: np.random.Generator, who: Ints, at: Ints, stay: Ints, *, words: float = 0.0, hearts: float = 0.0, follow: float = 0.0
) -> None:  # fmt: skip
    """Hired accounts come, say and tap as much as the room's ratios bear times what is asked, and go.

    Args:
        show: the broadcast.
        rng: stream of chance.
        who: the accounts.
        at: when each comes.
        stay: how long.
        words: remarks, relative to the room's own per entry; most say none.
        hearts: batches of taps likewise.
        follow: part that follows the host.
    """
    n, dose = len(who), len(who) / (len(who) + show.total("enter"))
    said = words * restraint(show, rng, "comment", n, dose)
    tapped = hearts * restraint(show, rng, "like", n, dose)
    acts.come(show, who, at, at + stay, acts.sources(show, rng, n))
    owner = np.repeat(np.arange(n), rng.binomial(2, min(said / 2, 1.0), n))
    when = at[owner] + (rng.beta(1.3, 1.6, len(owner)) * stay[owner]).astype(np.int64)
    acts.say(show, who[owner], when, paraphrase(rng, len(owner), show.plan.category))
    tapping = rng.random(n) < tapped
    when = at + (rng.uniform(0.1, 0.8, n) * stay).astype(np.int64)
    acts.tap(show, who[tapping], when[tapping], rng.geometric(0.12, int(tapping.sum())))
    following = rng.random(n) < follow
    acts.follow(show, who[following], when[following])


def _called(show: Show, rng: np.random.Generator, who: Ints) -> None:
    """The leader's call at any minute: whoever is free is there within minutes, says a word or two and stays the quota."""
    n, call = len(who), moment(show, rng, 0.08, 0.6)
    at = call + (rng.gamma(1.5, rng.uniform(45, 90), n) * SECOND).astype(np.int64)
    quota = rng.uniform(10, 20)
    stay = ((quota + rng.gamma(1.5, 0.6, n)) * MINUTE).astype(np.int64)
    _serve(show, rng, who, at, stay, words=1.0, hearts=1.0, follow=0.03)


def _quiet(show: Show, rng: np.random.Generator, who: Ints) -> None:
    """The same call to people who are paid to watch and to do nothing else; they stay as long as they can bear."""
    at = moment(show, rng, 0.08, 0.7) + delays(rng, len(who), rng.uniform(60, 150), 0.8)
    _serve(show, rng, who, at, lasting(rng, len(who), 9, 0.5), hearts=0.1)


def _phones(show: Show, rng: np.random.Generator, who: Ints) -> None:
    """A rack works through its phones in order, one each few seconds with jitter; each watches its minutes and taps."""
    n, first = len(who), moment(show, rng, 0.05, 0.5)
    step = rng.uniform(5, 10) * MINUTE / n
    at = first + (np.arange(n) * step + rng.normal(0, rng.uniform(20, 75), n) * SECOND).astype(np.int64)
    _serve(show, rng, who, np.maximum(at, show.plan.start), lasting(rng, n, 7, 0.18), words=0.2, hearts=1.2)


def _pair(show: Show, rng: np.random.Generator, who: Ints) -> None:
    """A crew for two broadcasts and no more: there within ten minutes, then people among people."""
    at = moment(show, rng, 0.1, 0.6) + delays(rng, len(who), 170, 0.8)
    _serve(show, rng, who, at, lasting(rng, len(who), 12, 0.6), words=0.8, hearts=0.8)


def _opening(show: Show, rng: np.random.Generator, who: Ints) -> None:
    """There when the room opens, as regulars are."""
    at = show.plan.start + (rng.gamma(1.5, 28, len(who)) * SECOND).astype(np.int64)
    _serve(show, rng, who, at, lasting(rng, len(who), 15, 0.45), words=0.7, hearts=0.8, follow=0.02)


def _spread(show: Show, rng: np.random.Generator, who: Ints) -> None:
    """Told to come one by one: at any moment of twenty minutes."""
    at = moment(show, rng, 0.05, 0.5) + rng.integers(0, 20 * MINUTE, len(who))
    _serve(show, rng, who, at, lasting(rng, len(who), 10, 0.6), words=0.8, hearts=0.8)


def _hiding(show: Show, rng: np.random.Generator, who: Ints) -> None:
    """Within eight minutes of the call; the same accounts look in on rooms that bought nothing (see `_bought`)."""
    at = moment(show, rng, 0.08, 0.6) + (rng.beta(1.4, 2, len(who)) * 8 * MINUTE).astype(np.int64)
    _serve(show, rng, who, at, lasting(rng, len(who), 11, 0.5), words=0.9, hearts=0.9, follow=0.02)


def _fleet(show: Show, rng: np.random.Generator, who: Ints) -> None:
    """Clean phones, each of which comes when its program drew it, within a stretch that is another in every room."""
    begin, length = moment(show, rng, 0.02, 0.45), rng.uniform(6, 25) * MINUTE
    at = begin + (rng.beta(1.2, 1.2, len(who)) * length).astype(np.int64)
    _serve(show, rng, who, at, lasting(rng, len(who), rng.uniform(8, 20), 0.5), hearts=0.6)


_HOUR, _PHONE = PRICES["human_hours"].of(0.25), PRICES["phone_days"].of(1)
TRADES = (
    Trade("viewers-called", 1, 0.75, _called, _HOUR),
    Trade("viewers-quiet", 2, 0.85, _quiet, _HOUR),
    Trade("viewers-twice", 2, 1.0, _pair, _HOUR),
    Trade("viewers-long_list", 3, 1 / 3, _called, _HOUR),
    Trade("viewers-opening", 3, 0.85, _opening, _HOUR),
    Trade("viewers-spread", 2, 0.85, _spread, _HOUR),
    Trade("viewers-camouflage", 2, 0.9, _hiding, _HOUR),
    Trade(
        "farm-round", 0, 0.96, _phones, _PHONE, MappingProxyType({"own": True, "empty": True, "years": 0.3})
    ),
    Trade("fleet-agency", 0, 0.92, _fleet, _PHONE, MappingProxyType({"own": True, "years": 1})),
)
"""What is bought; of those who come a third to all have served before, the fewer the longer the list."""


def hired(show: Show, rng: np.random.Generator, trade: Trade, crew: Crew, n: int) -> None:
    """So many of the list who served before, in its order, and new ones; they do what they are called for."""
    old = np.sort(rng.permutation(crew.members)[: round(trade.again * n)])
    if len(old):
        show.hire(old)
    new = crew.levy(show, rng, n - len(old)) if len(old) < n else old[:0]
    trade.act(show, rng, np.concatenate([old, new]))
    show.spend(n * trade.price)
