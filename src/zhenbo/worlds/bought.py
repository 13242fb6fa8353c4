"""One room for every attack on the price list, at a dose of one third."""

import numpy as np

from zhenbo.worlds.attacks import ATTACKS, lay
from zhenbo.worlds.bursts import stage
from zhenbo.worlds.campaign import plan
from zhenbo.worlds.crowd import Crowd
from zhenbo.worlds.record import write
from zhenbo.worlds.show import Show, Words
from zhenbo.worlds.truth import World


def world(seed: int) -> World:
    """A room per attack, sharing one town."""
    rng = np.random.default_rng([seed, 50])
    crowd, words = Crowd(), Words()
    shows: list[Show] = []
    for i, name in enumerate(ATTACKS):
        show = stage(plan(rng, i, (600, 1_500)), "none", rng, crowd, words)
        lay(show, name, rng, 1 / 3)
        shows.append(show)
    return write(shows, seed * 1_000_003 + 50)
