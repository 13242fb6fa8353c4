"""One room for every kind of honest evening: nothing here may be punished."""

import numpy as np

from zhenbo.worlds.bursts import BURSTS, stage
from zhenbo.worlds.campaign import plan
from zhenbo.worlds.crowd import Crowd
from zhenbo.worlds.record import write
from zhenbo.worlds.show import Words
from zhenbo.worlds.truth import World


def world(seed: int) -> World:
    """A room per burst, sharing one town."""
    rng = np.random.default_rng([seed, 40])
    crowd, words = Crowd(), Words()
    shows = [stage(plan(rng, i, (400, 1_200)), burst, rng, crowd, words) for i, burst in enumerate(BURSTS)]
    return write(shows, seed * 1_000_003 + 40)
