"""The common pulse of a room: when everybody has more to say, and how much of it is one voice."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from zhenbo.core.session import HOUR
from zhenbo.worlds.crowd import Ints

Floats = npt.NDArray[np.float64]
BIN = 5_000_000
"""Microseconds of a step."""
_EVENING = 20.5
"""Local hour of the peak: prime time is 19:00-21:00 (A37), campaign days 18:00-21:30 (A39)."""


@dataclass(frozen=True)
class Pulse:
    """A rate of talk over the broadcast, as a bent clock.

    Args:
        edges: microseconds of the bins' edges.
        bent: the bent clock at the edges; it runs as long as the broadcast.
        heat: per bin, how far a surge lifts the rate above the ordinary (0 = not at all).
    """

    edges: Floats
    bent: Floats
    heat: Floats

    def bend(self, at: Ints) -> Ints:
        """Real times on the bent clock."""
        return np.interp(at, self.edges, self.bent).astype(np.int64)

    def straighten(self, at: Ints) -> Ints:
        """Times on the bent clock as real times."""
        return np.interp(at, self.bent, self.edges).astype(np.int64)

    def heat_at(self, at: Ints) -> Floats:
        """How far a surge lifts the rate at real times."""
        where = ((at - self.edges[0]) // BIN).astype(np.int64)
        return np.asarray(self.heat[np.clip(where, 0, len(self.heat) - 1)])


def wander(rng: np.random.Generator, n: int, spread: float, memory: float) -> Floats:
    """`n` steps of a mean-reverting walk of standard deviation `spread` that forgets over `memory` steps."""
    keep = float(np.exp(-1 / max(memory, 1e-6)))
    shock = (rng.normal(0, spread * np.sqrt(1 - keep**2), n)).tolist()
    state = float(rng.normal(0, spread))
    level = []
    for step in shock:
        state = keep * state + step
        level.append(state)
    return np.array(level)


def smooth(level: Floats, width: int) -> Floats:
    """A walk without its jitter: running mean over `width` steps, the ends held."""
    half = min(width, len(level)) // 2
    padded = np.pad(level, half, mode="edge")
    run = np.concatenate([[0.0], np.cumsum(padded)])
    return np.asarray((run[2 * half + 1 :] - run[: -2 * half - 1]) / (2 * half + 1))


def surges(rng: np.random.Generator, n: int, wanted: float, median: float) -> Floats:
    """Sudden answers of the whole room: up within a bin, down over some tens of seconds."""
    heat = np.zeros(n)
    for at in rng.integers(0, n, int(rng.poisson(wanted))).tolist():
        height, length = median * rng.lognormal(0, 0.5), rng.lognormal(np.log(2.0), 0.6)
        tail = np.arange(min(n - at, int(6 * length) + 1))
        heat[at : at + len(tail)] += height * np.exp(-tail / length)
    return heat


def daylight(at: Ints) -> Floats:
    """How many people are up and free at a time (UTC microseconds), relative to the evening peak in Beijing.

    A cosine with a trough of about a sixth before dawn: judgement; only the peak is the field's.
    """
    hour = (at / HOUR + 8) % 24
    return np.asarray(np.exp(0.9 * (np.cos(2 * np.pi * (hour - _EVENING) / 24) - 1)))
