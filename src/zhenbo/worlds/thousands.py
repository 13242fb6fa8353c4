"""A dozen rooms of two to ten thousand entries: in eight of them something is bought at 20-60 %, four hold honest crowds like it."""

from collections.abc import Iterator
from dataclasses import replace

import numpy as np

from zhenbo.worlds.anchors import VISITS_PER_WATCHER
from zhenbo.worlds.attacks import ATTACKS, lay
from zhenbo.worlds.bursts import BURSTS, stage
from zhenbo.worlds.campaign import plan, viewed
from zhenbo.worlds.crowd import Crowd
from zhenbo.worlds.record import write
from zhenbo.worlds.show import Plan, Show, Words
from zhenbo.worlds.truth import World

ENTRIES = (2_000, 10_000)
"""Entries of a room, bought viewers among them; crews that come to talk or tap add theirs."""
DOSES = (0.2, 0.6)
VIEWS = ("insider", "auditor")
"""T2 and T1."""
AIMS = tuple(
    name
    for name, attack in ATTACKS.items()
    if (attack.family in {"viewers", "likes", "comments", "followers", "farms"} or name.startswith("ratio-"))
    and not name.startswith(("sealed-", "case-"))
)
"""Attacks on engagement that follow a dose (some come in an amount of their own)."""
FEEDS = tuple(name for name in BURSTS if name.startswith("feed-"))
"""Feeds that record any evening badly."""
ALIKE = (
    "none", "idol_song", "office_idle", "dorm_lights_out", "known_draw", "bell_class", "handover", "tv_link", "coin_task", "greeted",
    "share_coupon", "raid", "fan_club", "dorm", "company_staff", "feature", "paid_traffic", "lottery", *FEEDS,
)  # fmt: skip
"""Honest evenings that look like one of `AIMS`."""


def bought(seed: int, sessions: int, first: int = 0) -> Iterator[World]:
    """Rooms of thousands with one of `AIMS` each, in turn, at a dose of 20-60 %, seen by the platform or by an auditor.

    Every fourth is seen by an auditor through one of `FEEDS`.

    Args:
        seed: stream of chance.
        sessions: how many.
        first: number of the first one (to resume or to split the work).
    """
    for number in range(first, first + sessions):
        rng = np.random.default_rng([seed, number, 90])
        feed = FEEDS[number // 4 % len(FEEDS)] if number % 4 == 3 else "none"
        show = _bought(rng, number, AIMS[number % len(AIMS)], Crowd(), Words(), feed)
        view = VIEWS[(number + number // len(AIMS)) % len(VIEWS)] if feed == "none" else "auditor"
        yield viewed(write([show], seed * 1_000_003 + number + 900_000), view, rng)


def honest(seed: int, sessions: int, first: int = 0) -> Iterator[World]:
    """Honest rooms of thousands with one of `ALIKE` each, in turn, in the same views; a feed's by those who read feeds.

    Args:
        seed: stream of chance.
        sessions: how many.
        first: number of the first one.
    """
    for number in range(first, first + sessions):
        rng = np.random.default_rng([seed, number, 91])
        burst = ALIKE[number % len(ALIKE)]
        show = stage(_plan(rng, number, 0.0), burst, rng, Crowd(), Words())
        views = BURSTS[burst].views if burst in FEEDS else VIEWS
        view = views[(number + number // len(ALIKE)) % len(views)]
        yield viewed(write([show], seed * 1_000_003 + number + 950_000), view, rng)


def world(seed: int) -> World:
    """Twelve rooms of one town; which hold what changes with the seed and stands in the truth."""
    rng = np.random.default_rng([seed, 92])
    crowd, words = Crowd(), Words()
    crowded = [b for b in ALIKE if b not in FEEDS and b != "none"]
    roles = [*rng.choice(AIMS, 8, replace=False).tolist(), *rng.choice(crowded, 4, replace=False).tolist()]
    shows = [
        _bought(rng, i, role, crowd, words)
        if role in ATTACKS
        else stage(_plan(rng, i, 0.0), role, rng, crowd, words)
        for i, role in enumerate(rng.permutation(np.array(roles, dtype=object)).tolist())
    ]
    return write(shows, seed * 1_000_003 + 92)


def _plan(rng: np.random.Generator, number: int, share: float, talk: float = 0.05) -> Plan:
    """An ordinary plan of a room whose entries end in `ENTRIES`; a quiet one talks and taps a little.

    Args:
        rng: stream of chance.
        number: names the session.
        share: how much of the entries an attack will add.
        talk: comments per watcher at least (a crew of ten with fifty lines each needs a room that talks).
    """
    entries = np.exp(rng.uniform(*np.log(ENTRIES)))
    drawn = plan(rng, number)
    return replace(
        drawn, watchers=round(entries * (1 - share) / VISITS_PER_WATCHER), minutes=max(drawn.minutes, 60),
        comments=float(np.clip(drawn.comments, talk, 0.5)), likes=max(drawn.likes, 0.3),
    )  # fmt: skip


def _bought(
    rng: np.random.Generator, number: int, name: str, crowd: Crowd, words: Words, burst: str = "none"
) -> Show:
    """A room of thousands with an attack over it."""
    dose = float(rng.uniform(*DOSES))
    family = ATTACKS[name].family
    enters = dose if family in {"viewers", "farms", "packages"} else 0.0
    talk = 0.3 if family == "comments" else 0.05
    show = stage(_plan(rng, number, enters, talk), burst, rng, crowd, words)
    lay(show, name, rng, dose)
    return show
