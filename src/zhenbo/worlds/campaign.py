"""Endless varied sessions, one small world each: honest ones for calibration, attacked ones for recall.

Session i of a seed is the same whatever came before it, so a run can be cut, resumed or spread over processes.
"""

from collections.abc import Iterator
from dataclasses import replace

import numpy as np
import pyarrow.compute as pc

from zhenbo.core.session import DAY, HOUR
from zhenbo.worlds.anchors import (
    CATEGORIES,
    COMMENTS_PER_WATCHER,
    LIKES_PER_VIEW,
    ORDERS_PER_WATCHER,
    SELF_REPEAT,
    WATCH_MINUTES,
)
from zhenbo.worlds.attacks import ATTACKS, lay
from zhenbo.worlds.bursts import BURSTS, stage
from zhenbo.worlds.crowd import Crowd
from zhenbo.worlds.record import write
from zhenbo.worlds.show import Plan, Words
from zhenbo.worlds.tempers import any_temper
from zhenbo.worlds.truth import World
from zhenbo.worlds.views import VIEWS

FIRST_EVENING = 1_777_636_800_000_000  # 2026-05-01 12:00 UTC, 20:00 in Beijing


DOSES = ((0.2, 0.4), (0.05, 0.1), (0.5, 0.8), (0.1, 0.2), (0.02, 0.05))
"""Strata of the wanted fabricated share, the middle one first so that a short run says something."""


def plan(rng: np.random.Generator, number: int, watchers: tuple[int, int] = (250, 1_200)) -> Plan:
    """An ordinary plan drawn from the anchors: room size, length, temperament, mood, goods."""
    low, high = watchers
    drawn = Plan(
        session_id=f"r{100_001 + number}",
        host_id=f"h{number * 7919 % 90_000 + 10_000}",
        start=FIRST_EVENING + int(rng.integers(0, 60)) * DAY + int(rng.integers(-8, 3)) * HOUR,
        minutes=int(rng.choice([30, 45, 60, 90, 120])),
        watchers=int(_log_uniform(rng, low, high)),
        watch_minutes=float(rng.uniform(*WATCH_MINUTES)),
        comments=_log_uniform(rng, *COMMENTS_PER_WATCHER),
        echo=float(rng.uniform(*SELF_REPEAT)),
        likes=_log_uniform(rng, *LIKES_PER_VIEW),
        orders=_log_uniform(rng, *ORDERS_PER_WATCHER),
        category=str(rng.choice(list(CATEGORIES))),
        regulars=float(rng.uniform(0.03, 0.4)),
        newcomers=float(rng.uniform(0.02, 0.15)),
        unrest=float(rng.uniform(0.25, 0.9)),
        cadence_s=int(rng.choice([20, 30, 60])),
    )
    return any_temper(drawn, rng)


def _log_uniform(rng: np.random.Generator, low: float, high: float) -> float:
    return float(np.exp(rng.uniform(np.log(low), np.log(high))))


def viewed(world: World, view: str, rng: np.random.Generator) -> World:
    """A world as a view shows it; its truth names only accounts and orders that the view shows."""
    data = VIEWS[view](world.dataset, rng)
    people = frozenset(pc.unique(data.events["actor_id"]).to_pylist())
    orders = frozenset(pc.unique(data.events["order_id"]).to_pylist())
    truth = {
        k: replace(
            t, view=view, fake_accounts=t.fake_accounts & people, fake_orders=t.fake_orders & orders,
            groups={g: seen for g, who in t.groups.items() if len(seen := who & people) > 1},
        )
        for k, t in world.truth.items()
    }  # fmt: skip
    return replace(world, dataset=data, truth=truth)


def room(
    seed: int, *, attack: str | None = None, dose: float = 0.3, burst: str = "none", view: str = "insider"
) -> World:
    """One room of some hundreds of people: an honest evening, or one with an attack laid over it.

    Args:
        seed: stream of chance.
        attack: name of the attack; None leaves the evening honest.
        dose: fabricated share of the metric that the attack aims at.
        burst: honest burst of the evening.
        view: who looks at it.
    """
    rng = np.random.default_rng([seed, 70])
    show = stage(plan(rng, seed % 1_000, (600, 1_500)), burst, rng, Crowd(), Words())
    if attack:
        lay(show, attack, rng, dose)
    return viewed(write([show], seed * 1_000_003 + 70), view, rng)


def campaign(seed: int, sessions: int, first: int = 0) -> Iterator[World]:
    """Honest sessions, cycling through every burst and view; a plain evening every second time.

    Args:
        seed: stream of chance.
        sessions: how many.
        first: number of the first one (to resume or to split the work).
    """
    for number in range(first, first + sessions):
        yield _evening(seed, number)


def bursting(seed: int, sessions: int, first: int = 0) -> Iterator[World]:
    """The sessions of `campaign` that lie in an honest burst, every second one: as many of each type."""
    for number in range(first, first + sessions):
        yield _evening(seed, 2 * number + 1)


def _evening(seed: int, number: int) -> World:
    bursts = list(BURSTS)
    rng = np.random.default_rng([seed, number])
    burst = bursts[1 + number // 2 % (len(bursts) - 1)] if number % 2 else "none"
    views = BURSTS[burst].views
    turn = number // (2 * (len(bursts) - 1)) if number % 2 else number // 2
    view = views[turn % len(views)]
    drawn = plan(rng, number, (500, 1_500))
    if view == "merchant":
        drawn = replace(drawn, orders=max(drawn.orders, 0.04))
    show = stage(drawn, burst, rng, Crowd(), Words())
    return viewed(write([show], seed * 1_000_003 + number), view, rng)


def attacked(seed: int, sessions: int, first: int = 0) -> Iterator[World]:
    """Attacked sessions, cycling through every attack and, round by round, through `DOSES`; a third during a burst.

    The view is one in which the attack can be seen at all: orders by those who hold orders, the rest by those who
    see the room.
    """
    attacks, bursts = list(ATTACKS), list(BURSTS)
    for number in range(first, first + sessions):
        rng = np.random.default_rng([seed, number, 1])
        name = attacks[number % len(attacks)]
        burst = str(rng.choice(bursts)) if rng.random() < 1 / 3 else "none"
        # 8,888 views are sold whole: only in rooms of some thousands are they less than nearly everything
        drawn = plan(
            rng, number, (2_000, 6_000) if "P38-" in name or name == "single-views" else (500, 1_500)
        )
        if ATTACKS[name].family == "orders":
            drawn = replace(drawn, orders=max(drawn.orders, 0.02))
        show = stage(drawn, burst, rng, Crowd(), Words())
        lay(show, name, rng, _log_uniform(rng, *DOSES[number // len(attacks) % len(DOSES)]))
        views = ["insider", "auditor"]
        views += ["merchant"] if show.fabricated["orders"] else []
        views += ["capture"] if ATTACKS[name].family != "orders" else []
        views = [v for v in views if v in BURSTS[burst].views] or views
        view = str(rng.choice(views))
        yield viewed(write([show], seed * 1_000_003 + number + 500_000), view, rng)
