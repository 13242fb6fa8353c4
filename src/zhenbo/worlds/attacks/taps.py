"""Bought hearts (FIELD 3, A01, A43): taps from a few accounts, from many, or on the counter alone."""

from collections.abc import Mapping
from functools import partial
from types import MappingProxyType
from typing import Literal

import numpy as np

from zhenbo.core.session import MINUTE
from zhenbo.worlds.anchors import PRICES, TAPS_PER_LIKE
from zhenbo.worlds.attacks import acts
from zhenbo.worlds.attacks.attack import Attack, Delivery, deliver, needed, slot
from zhenbo.worlds.attacks.fleet import Fleet
from zhenbo.worlds.show import SECOND, Show

How = Literal["machine", "crowd", "presence"]


def likes(
    show: Show, rng: np.random.Generator, dose: float, *, amount: int = 0, events: bool = True, how: How = "machine"
) -> None:  # fmt: skip
    """A likes bot: a set number of taps (+1,588).

    Args:
        show: the broadcast.
        rng: stream of chance.
        dose: wanted share of all taps.
        amount: how many; 0 follows the dose.
        events: taps come as rows of accounts; else on the counter alone.
        how: a few accounts on a steady beat; a crowd that taps as people do; or viewers who stay for hours and tap at
            every few minutes.
    """
    n = amount or needed(show.total("like", "qty"), dose, 50)
    show.spend(max(1.0, PRICES["likes" if rng.random() < 0.7 else "likes_forum"].of(n)))
    if not events:
        way: Delivery = ("20min", "at_once", "by_minute", "2h")[int(rng.integers(4))]
        acts.display(show, "likes", *deliver(show, rng, n, way))
    elif how == "machine":
        _machine(show, rng, n)
    elif how == "crowd":
        _crowd(show, rng, n)
    else:
        _presence(show, rng, n)


def _machine(show: Show, rng: np.random.Generator, n: int) -> None:
    """Equal batches on a steady beat, turn by turn."""
    taps = int(rng.choice([10, 15, 20, 30]))
    who = Fleet(networks=3).enlist(show, rng, max(2, n // int(rng.integers(250, 600))))
    start, end = slot(show, rng, rng.uniform(12, 40))
    at = np.linspace(start, end, max(1, n // taps)).astype(np.int64)
    acts.come(show, who, np.full(len(who), start - SECOND), np.full(len(who), end + SECOND), "直播广场")
    qty = np.full(len(at), taps)
    qty[-1] += n - int(qty.sum())
    acts.tap(show, who[np.arange(len(at)) % len(who)], at, qty)


def _crowd(show: Show, rng: np.random.Generator, n: int) -> None:
    """Many aged accounts: everyone comes, taps some uneven batches within minutes, and leaves."""
    each = int(rng.integers(20, 90))
    who = Fleet(own=True, years=0.5).enlist(show, rng, max(4, n // each))
    start, end = slot(show, rng, show.plan.minutes * rng.uniform(0.3, 0.8))
    at = acts.spread(rng, len(who), start, end)
    qty = rng.geometric(1 / TAPS_PER_LIKE, max(1, round(n / TAPS_PER_LIKE)))
    qty = _exactly(qty, n)
    owner = np.sort(rng.integers(len(who), size=len(qty)))
    when = at[owner] + (rng.gamma(1.2, 40.0, len(qty)) * SECOND).astype(np.int64)
    last = np.maximum.reduceat(when, np.searchsorted(owner, np.unique(owner)))
    until = at + MINUTE
    until[np.unique(owner)] = np.maximum(until[np.unique(owner)], last + 5 * SECOND)
    acts.come(show, who, at - 3 * SECOND, until, acts.sources(show, rng, len(who)))
    acts.tap(show, who[owner], when, qty)


def _presence(show: Show, rng: np.random.Generator, n: int) -> None:
    """Two or three dozen viewers who stay and let a clicker run for a while, every one at a pace of its own."""
    who = Fleet(phones=0, networks=8).enlist(show, rng, int(rng.integers(12, 40)))
    start, end = slot(show, rng, show.plan.minutes * rng.uniform(0.5, 0.8))
    acts.come(
        show, who, start + rng.integers(0, 4 * MINUTE, len(who)), end - rng.integers(0, 3 * MINUTE, len(who))
    )
    qty = _exactly(rng.integers(5, 16, max(len(who), round(n / 10))), n)
    owner = np.arange(len(qty)) % len(who)
    pace = rng.uniform(0.7, 1.0, len(who))[owner]
    at = (
        start
        + 4 * MINUTE
        + ((np.arange(len(qty)) + rng.random(len(qty))) / len(qty) * (end - start - 8 * MINUTE) * pace)
    )
    acts.tap(show, who[owner], at.astype(np.int64), qty)


def _exactly(qty: np.ndarray, n: int) -> np.ndarray:
    """Batches whose sum is the amount bought: the last ones are cut, or a last one tops it up."""
    run = np.cumsum(qty)
    qty = qty[: int(np.searchsorted(run, n)) + 1].copy()
    qty[-1] += n - int(qty.sum())
    return np.asarray(qty[qty > 0], dtype=np.int64)


ATTACKS: Mapping[str, Attack] = MappingProxyType({
    "likes-rows": Attack("likes", "A clicker on a few accounts: equal batches on a steady beat.", likes),
    "likes-1588": Attack("likes", "1,588 likes on the counter, whatever the room.", partial(likes, amount=1_588, events=False)),
    "likes-counter": Attack("likes", "Likes on the counter in proportion to the room.", partial(likes, events=False)),
    "likes-crowd": Attack("likes", "Many aged accounts that each tap a few uneven batches.", partial(likes, how="crowd")),
    "likes-presence": Attack("likes", "Dozens of viewers who stay and let a clicker run.", partial(likes, how="presence")),
})  # fmt: skip
"""Bought hearts by name."""
