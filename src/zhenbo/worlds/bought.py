"""One room for every attack on the price list, at a dose of one third."""

from dataclasses import replace

import numpy as np

from zhenbo.worlds.attacks import ATTACKS, lay
from zhenbo.worlds.bursts import stage
from zhenbo.worlds.campaign import plan
from zhenbo.worlds.crowd import Crowd
from zhenbo.worlds.record import write
from zhenbo.worlds.show import Show, Words
from zhenbo.worlds.truth import World

DOSE = 1 / 3
BUSY = (0.12, 0.03)
"""Comments and orders per watcher at least: in a quieter room a seller's smallest order is more than the dose."""


def world(seed: int) -> World:
    """A room per attack, sharing one town."""
    rng = np.random.default_rng([seed, 50])
    crowd, words = Crowd(), Words()
    shows: list[Show] = []
    for i, name in enumerate(ATTACKS):
        drawn = plan(rng, i, (600, 1_500))
        drawn = replace(drawn, comments=max(drawn.comments, BUSY[0]), orders=max(drawn.orders, BUSY[1]))
        show = stage(drawn, "none", rng, crowd, words)
        lay(show, name, rng, DOSE)
        shows.append(show)
    return write(shows, seed * 1_000_003 + 50)
