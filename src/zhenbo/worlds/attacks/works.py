"""Farms bound by one thing only: the phones they hand over, or the steps they all go through (FIELD A46, K11, case P2)."""

from collections.abc import Mapping
from functools import partial
from types import MappingProxyType

import numpy as np

from zhenbo.core.session import MINUTE
from zhenbo.worlds import organic
from zhenbo.worlds.anchors import PRICES
from zhenbo.worlds.attacks import acts
from zhenbo.worlds.attacks.attack import Attack, needed, restraint
from zhenbo.worlds.attacks.fleet import Fleet
from zhenbo.worlds.scripts import paraphrase
from zhenbo.worlds.show import SECOND, Show

ACCOUNTS = (60, 300)
"""Accounts of a farm that hands phones over (issue 5's own aim)."""
TURN = 2 * MINUTE
"""The shortest turn of an account on a phone: judgement."""


def handed_over(show: Show, rng: np.random.Generator, dose: float, *, networks: int = 0) -> None:
    """A phone farm of 60-300 accounts, three to eight to a phone: one logs out, the next logs in on the same phone.

    Each phone is busy all the time, its accounts take turns of equal length, and some of them tap, press or say a word.

    Args:
        show: the broadcast.
        rng: stream of chance.
        dose: wanted share of all entries.
        networks: addresses of the network behind which the phones are; 0 draws two to six.
    """
    n = needed(show.total("enter"), dose, 20)
    accounts = min(n, int(np.clip(n // int(rng.integers(1, 5)), *ACCOUNTS)))
    begin = show.plan.start + int(rng.uniform(0.02, 0.2) * show.plan.minutes * MINUTE)
    span = int(rng.uniform(0.85, 0.97) * (show.plan.end - begin))
    phones = min(accounts, max(2, accounts // int(rng.integers(3, 9)), -(-n * TURN // span)))
    who = Fleet(
        phones=phones, networks=networks or int(rng.integers(2, 7)), cohort=rng.random() < 0.4
    ).enlist(show, rng, accounts)
    _, phone = np.unique(show.crowd.trait("device")[who], return_inverse=True)
    held = np.bincount(phone)
    rank = np.empty(len(held), dtype=np.int64)
    rank[np.argsort(-held, kind="stable")] = np.arange(len(held))
    own = [who[phone == p] for p in np.argsort(rank)]
    turn, place = np.arange(n) // len(own), np.arange(n) % len(own)
    person = np.array([own[p][t % len(own[p])] for p, t in zip(place.tolist(), turn.tolist(), strict=True)])
    length = span // (int(turn.max()) + 1)
    offset = rng.integers(0, max(1, length // 2), len(own))[place]
    at = begin + turn * length + offset + rng.integers(0, 4 * SECOND, n)
    until = at + length - rng.integers(8 * SECOND, 40 * SECOND, n)
    acts.come(show, person, at, np.maximum(until, at + SECOND), acts.sources(show, rng, n))
    _tasks(show, rng, person, at, np.maximum(until - at, 20 * SECOND), dose)
    show.spend(PRICES["phone_days"].of(phones))


def _tasks(
    show: Show, rng: np.random.Generator, person: np.ndarray, at: np.ndarray, stay: np.ndarray, dose: float
) -> None:
    """Within its turn an account may tap, press a product, say a word; in the room's own ratios, roughly."""
    n = len(person)
    taps, clicks, words = (
        rng.random(n) < restraint(show, rng, kind, n, dose) for kind in ("like", "product_click", "comment")
    )
    when = at + (rng.uniform(0.15, 0.85, n) * stay).astype(np.int64)
    acts.tap(show, person[taps], when[taps], rng.integers(5, 15, int(taps.sum())))
    item = np.minimum(rng.geometric(0.4, n) - 1, 11)
    acts.press(show, person[clicks], when[clicks] + SECOND, acts.goods(show, item[clicks]))
    said = paraphrase(rng, int(words.sum()), show.plan.category)
    acts.say(show, person[words], when[words] + 2 * SECOND, said)


def same_steps(
    show: Show, rng: np.random.Generator, dose: float, *, size: int = 0, careful: bool = False
) -> None:  # fmt: skip
    """一人一机一IP, bound by behaviour alone: everybody goes through the same steps with the same waits between them.

    Enter, wait, tap, wait, speak, wait, tap again, wait, leave: the waits are drawn once for the fleet and vary by 3-20 %
    from account to account; they come when people come, from phones and networks of their own, each in its own words.

    Args:
        show: the broadcast.
        rng: stream of chance.
        dose: wanted share of all entries.
        size: accounts; 0 follows the dose.
        careful: a step is left out as often as the room's own ratios ask for; the waits stay.
    """
    n = size or needed(show.total("enter"), dose, 20)
    who = Fleet(own=True, years=0.5).enlist(show, rng, n)
    waits = rng.lognormal(np.log((25, 40, 50, 60)), 0.5) * SECOND
    waits *= min(1.0, 0.6 * show.plan.minutes * MINUTE / waits.sum())
    spread = float(rng.uniform(0.03, 0.2))
    step = np.cumsum(waits * rng.lognormal(0, spread, (n, 4)), axis=1)
    at = organic.arrivals(show.plan, rng, n)
    at = np.minimum(at, show.plan.end - step[:, 3].astype(np.int64) - SECOND)
    at = np.maximum(at, show.plan.start)
    tap, word, again, leave = (at + step[:, i].astype(np.int64) for i in range(4))
    acts.come(show, who, at, leave, acts.sources(show, rng, n))
    hearts, words = (
        rng.random(n) < (restraint(show, rng, kind, n, dose) if careful else 1.0)
        for kind in ("like", "comment")
    )
    acts.tap(show, who[hearts], tap[hearts], rng.integers(8, 12, int(hearts.sum())))
    acts.say(show, who[words], word[words], paraphrase(rng, int(words.sum()), show.plan.category))
    acts.tap(show, who[hearts], again[hearts], rng.integers(3, 12, int(hearts.sum())))
    show.spend(PRICES["phone_days"].of(n))


ATTACKS: Mapping[str, Attack] = MappingProxyType({
    "farm-handed_over": Attack("farms", "A phone farm whose accounts hand the phones over to one another.", handed_over),
    "farm-handed_over-one_line": Attack("farms", "The same behind one network, as a dormitory or an office is.", partial(handed_over, networks=1)),
    "farm-same_steps": Attack("farms", "一人一机一IP: all go through the same steps with the same waits, whenever they come.", same_steps),
    "farm-same_steps-careful": Attack("farms", "The same, each step left out so often that the room's ratios hold; the waits stay.", partial(same_steps, careful=True)),
    "farm-same_steps_200": Attack("farms", "200 accounts that share nothing but the same steps with the same waits.", partial(same_steps, size=200)),
})  # fmt: skip
"""Farms bound by one thing, by name."""
