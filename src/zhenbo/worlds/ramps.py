"""One host's four evenings with 500, 800, 1,200 and 2,000 bought viewers, and four of a neighbour who grows honestly."""

from dataclasses import replace
from functools import partial

import numpy as np

from zhenbo.core.session import DAY
from zhenbo.worlds.anchors import RAMP
from zhenbo.worlds.attacks import Fleet, lay_as, viewbots
from zhenbo.worlds.attacks.viewers import Style
from zhenbo.worlds.bursts import stage
from zhenbo.worlds.campaign import FIRST_EVENING, plan
from zhenbo.worlds.crowd import Crowd
from zhenbo.worlds.record import write
from zhenbo.worlds.show import Plan, Show, Words
from zhenbo.worlds.truth import World

STYLES: tuple[Style, ...] = ("ordinary", "plateau", "hours", "segment")
"""How a seller may deliver; drawn anew every evening."""


def world(seed: int) -> World:
    """Sessions r7001-r7004 are the ramp to escape checks (FIELD A30), r7011-r7014 its honest neighbour."""
    rng = np.random.default_rng([seed, 80])
    crowd, words = Crowd(), Words()
    base = replace(plan(rng, 0, (900, 1_400)), minutes=90)
    shows: list[Show] = []
    for evening, bots in enumerate(RAMP):
        own = _evening(base, rng, f"r70{evening + 1:02d}", "h70000", evening)
        show = stage(own, "none", rng, crowd, words)
        fleet = Fleet(years=0.5, networks=int(rng.integers(30, 200)))
        style = STYLES[int(rng.integers(len(STYLES)))]
        deliver = partial(viewbots, show, rng, 0.0, style=style, fleet=fleet, amount=bots)
        lay_as(show, f"viewbots-ramp-{bots}", deliver)
        grown = _evening(base, rng, f"r70{evening + 11:02d}", "h70001", evening)
        grown = replace(grown, watchers=base.watchers + round(bots * rng.uniform(0.7, 1.1)))
        shows += [show, stage(grown, "none", rng, crowd, words)]
    return write(shows, seed * 1_000_003 + 80)


def _evening(base: Plan, rng: np.random.Generator, session: str, host: str, day: int) -> Plan:
    """The same room on another evening."""
    return replace(
        base,
        session_id=session,
        host_id=host,
        start=FIRST_EVENING + (3 * day + int(rng.integers(0, 2))) * DAY,
        watchers=int(base.watchers * rng.uniform(0.85, 1.15)),
        unrest=float(rng.uniform(0.3, 0.7)),
    )
