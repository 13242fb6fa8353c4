"""Temperaments of rooms: who talks, how unevenly, how steadily people come. Fitted to the recordings named.

Figures of "fan" are Bilibili 2020-12-11, of "hype" Bilibili 2020-12-12 (first streams; per-user comments), of "talk"
the Bilibili room-days of May 2019, of "feed" the Douyin capture of October 2025, of "selling" the Compass row
(INPUTS 3.1) and, for the tail of messages, the YouTube and Twitch rooms of INPUTS 6.2. `docs/likeness.md` shows how
near they come. What no recording tells (stays, who does not
talk) is judgement; that stays in a fed room have the lighter tail follows from its gauge, which follows the entries.
"""

from collections.abc import Mapping
from dataclasses import replace
from types import MappingProxyType
from typing import NamedTuple

import numpy as np

from zhenbo.worlds.show import Plan


class Temper(NamedTuple):
    """How the people of one kind of room behave.

    Args:
        each: mean messages of those who speak at all.
        tail: log-sd of messages per speaker.
        gaps: median log-sd of a user's gaps, and the log-sd of that over users.
        loyal: share of the audience that stays for most of the evening.
        habit: share of messages that repeat the speaker's own last one.
        surges: moments per minute at which the room answers something with one voice.
        surge: median height of those moments, as a multiple of the ordinary rate.
        mood: log-sd of the slow drift of the rate of talk.
        tide: multiplies the plan's unrest for the slow drift of arrivals, and the minutes over which it forgets.
        ripple: multiplies it for the fast one (two minutes), and twice it the height of platform pushes.
        trend: log-sd of the change of arrivals from the beginning to the end: platforms give and withdraw traffic.
        stay: log-sd of how long people stay.
    """

    each: float
    tail: float
    gaps: tuple[float, float]
    loyal: float
    habit: float
    surges: float
    surge: float
    mood: float
    tide: tuple[float, float]
    ripple: float
    trend: float
    stay: float


TEMPERS: Mapping[str, Temper] = MappingProxyType({
    "selling": Temper(2.6, 1.15, (1.25, 0.27), 0.03, 0.04, 0.10, 1.0, 0.35, (0.8, 40), 0.5, 0.4, 1.5),
    "feed": Temper(2.0, 1.15, (1.25, 0.27), 0.01, 0.04, 0.15, 1.0, 0.35, (5.0, 150), 0.04, 3.2, 1.0),
    "talk": Temper(6.0, 1.5, (1.25, 0.27), 0.15, 0.03, 0.12, 2.5, 0.45, (0.8, 40), 0.5, 0.4, 1.5),
    "fan": Temper(12.5, 1.7, (1.34, 0.27), 0.35, 0.06, 0.22, 4.5, 0.03, (0.2, 40), 0.5, 0.1, 1.5),
    "hype": Temper(19.0, 2.2, (1.6, 0.68), 0.45, 0.10, 0.20, 3.0, 0.08, (0.3, 40), 0.5, 0.2, 1.5),
})  # fmt: skip
"""Temperaments by name."""

MIX: Mapping[str, float] = MappingProxyType(
    {"selling": 0.6, "feed": 0.1, "talk": 0.15, "fan": 0.1, "hype": 0.05}
)
"""How often each is met in a campaign of rooms that sell: judgement."""


def any_temper(plan: Plan, rng: np.random.Generator) -> Plan:
    """A plan moved to a temperament drawn from `MIX`."""
    return tempered(plan, rng, str(rng.choice(list(MIX), p=list(MIX.values()))))


def tempered(plan: Plan, rng: np.random.Generator, temper: str) -> Plan:
    """A plan moved to a temperament: how much is said, how long people stay, who comes."""
    if temper == "selling":
        return replace(plan, temper=temper)
    if temper == "feed":
        return replace(
            plan, temper=temper, watch_minutes=float(rng.uniform(0.6, 1.5)), comments=float(rng.uniform(0.01, 0.06)),
            likes=float(rng.uniform(0.1, 0.4)), regulars=float(rng.uniform(0.02, 0.1)),
        )  # fmt: skip
    comments, minutes, orders = {
        "talk": ((0.4, 2.0), (4.0, 10.0), 0.2), "fan": ((3.0, 6.0), (6.0, 15.0), 0.3), "hype": ((6.0, 12.0), (8.0, 20.0), 0.3),
    }[temper]  # fmt: skip
    return replace(
        plan, temper=temper, comments=float(rng.uniform(*comments)), watch_minutes=float(rng.uniform(*minutes)),
        orders=plan.orders * orders, regulars=float(rng.uniform(0.3, 0.7)),
        echo=float(0.2 * rng.random() ** 2 if temper == "talk" else rng.uniform(0.02, 0.15) if temper == "fan" else rng.uniform(0.0, 0.1)),
    )  # fmt: skip
