"""A million events in two dozen larger rooms, every third one attacked: for benchmarks."""

from dataclasses import replace

import numpy as np

from zhenbo.worlds.attacks import ATTACKS, lay
from zhenbo.worlds.bursts import BURSTS, stage
from zhenbo.worlds.campaign import plan
from zhenbo.worlds.crowd import Crowd
from zhenbo.worlds.record import write
from zhenbo.worlds.show import Show, Words
from zhenbo.worlds.truth import World

TARGET = 1_000_000


def world(seed: int) -> World:
    """Rooms are added until a million rows stand."""
    rng = np.random.default_rng([seed, 60])
    crowd, words, shows, rows, number = Crowd(), Words(), list[Show](), 0, 0
    bursts, attacks = list(BURSTS), list(ATTACKS)
    while rows < TARGET:
        drawn = replace(plan(rng, number, (6_000, 14_000)), minutes=180, cadence_s=5)
        show = stage(drawn, bursts[number % len(bursts)], rng, crowd, words)
        if number % 3 == 2:
            lay(show, attacks[number // 3 % len(attacks)], rng, 0.3)
        rows += sum(len(b.ts) for b in show.blocks) + sum(len(v[0]) for v in show.visits)
        shows.append(show)
        number += 1
    return write(shows, seed * 1_000_003 + 60)
