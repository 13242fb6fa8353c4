"""What an attack is, and how sellers size and time what they deliver."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import partial
from typing import Literal

import numpy as np

from zhenbo.core.session import HOUR, MINUTE
from zhenbo.worlds.anchors import DELIVERY_MINUTES
from zhenbo.worlds.crowd import Ints
from zhenbo.worlds.show import SECOND, Show

Lay = Callable[[Show, np.random.Generator, float], None]
Delivery = Literal["2h", "20min", "at_once", "by_minute"]
Family = Literal[
    "packages", "viewers", "likes", "comments", "followers", "intents", "farms", "orders", "victims"
]
BEIJING = 8 * HOUR
"""Local time ahead of UTC."""


@dataclass(frozen=True)
class Attack:
    """Something that can be bought.

    Args:
        family: what kind of trade it is; whole families are held out of every fit.
        says: what is bought, in a line.
        lay: lays it over a broadcast at a dose: the fabricated share of the shown metric that it aims at.
    """

    family: Family
    says: str
    lay: Lay


def together(*parts: Lay) -> Lay:
    """Several things bought for the same evening, each at the same dose."""
    return partial(_in_turn, parts)


def _in_turn(parts: tuple[Lay, ...], show: Show, rng: np.random.Generator, dose: float) -> None:
    for part in parts:
        part(show, rng, dose)


def during(first: float, last: float, part: Lay) -> Lay:
    """Something bought for a stretch of the broadcast only, as if the evening were no longer than that.

    Args:
        first: where the stretch begins, as a share of the broadcast (0 = its start).
        last: where it ends (1 = its end).
        part: what is bought; its refund waves count from the end of the stretch.
    """
    return partial(_within, first, last, part)


def _within(first: float, last: float, part: Lay, show: Show, rng: np.random.Generator, dose: float) -> None:
    whole = show.plan
    skipped = int(first * whole.minutes)
    minutes = min(max(1, round((last - first) * whole.minutes)), whole.minutes - skipped)
    show.plan = replace(whole, start=whole.start + skipped * MINUTE, minutes=minutes)
    try:
        part(show, rng, dose)
    finally:
        show.plan = whole


def needed(real: int, dose: float, least: int = 5) -> int:
    """Fakes that make up a share of what is shown, but no less than a seller's smallest order."""
    return max(least, round(real * dose / (1 - dose)))


def restraint(show: Show, rng: np.random.Generator, kind: str, n: int, dose: float) -> float:
    """Share of `n` accounts that may also do something once, so that it does not stick out far more than their coming.

    Careful sellers keep the room's ratios roughly: the acts make up the dose of their own metric, times 0.7 to 3.
    """
    return float(min(0.9, needed(show.total(kind), dose, 3) * rng.uniform(0.7, 3.0) / n))


def slot(show: Show, rng: np.random.Generator, minutes: float) -> tuple[int, int]:
    """When an order is delivered: somewhere in the broadcast."""
    length = int(min(minutes, show.plan.minutes * 0.8) * MINUTE)
    start = show.plan.start + int(rng.uniform(0.05, 0.95) * (show.plan.minutes * MINUTE - length))
    return start, start + length


def evening_slot(show: Show, rng: np.random.Generator, minutes: float) -> tuple[int, int]:
    """As `slot`, but inside 19:00-21:00 Beijing time when the broadcast reaches it (FIELD A37)."""
    day = (show.plan.start + BEIJING) // (24 * HOUR) * (24 * HOUR) - BEIJING
    low, high = max(show.plan.start, day + 19 * HOUR), min(show.plan.end, day + 21 * HOUR)
    if high - low < 10 * MINUTE:
        return slot(show, rng, minutes)
    length = min(int(minutes * MINUTE), high - low)
    start = low + int(rng.random() * (high - low - length))
    return start, start + length


def deliver(show: Show, rng: np.random.Generator, amount: int, how: Delivery) -> tuple[Ints, Ints]:
    """Times and amounts in which `amount` reaches a counter."""
    if how == "at_once":
        start, _ = slot(show, rng, 1)
        return np.array([start]), np.array([amount])
    start, end = slot(show, rng, DELIVERY_MINUTES[how])
    if how == "by_minute":
        at = np.arange(start, end, MINUTE)
        return at, np.full(len(at), amount // len(at)) + (np.arange(len(at)) < amount % len(at))
    at = np.arange(start, end, 5 * SECOND)
    return at, rng.multinomial(amount, np.full(len(at), 1 / len(at)))
