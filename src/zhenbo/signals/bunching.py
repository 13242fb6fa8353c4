"""Keys that hold more than households and offices do: accounts per device, orders per address.

Honest keys follow a declared survivor curve: a geometric body (families, repeat buyers) with the room's own
rate, and a power tail (offices, wholesale, pick-up points, internet cafés) from a baseline. A key's curve value
may be lowered by an independent p of what became of it. The number of extreme keys is then judged against a
negative binomial, because rooms differ in how many offices buy.
"""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from zhenbo.signals.nulls import ACCOUNT_PRIOR_DB, P_FLOOR, Floats, count_tail, e_value

Ints = npt.NDArray[np.int64]

THRESHOLDS = (1e-3, 3e-4, 1e-4, 3e-5, 1e-5, 1e-6, 1e-7)
FATED = (*THRESHOLDS, 1e-9)
"""Where what became of the units speaks too: one key with a thousand units that all failed alike stands by itself."""
"""Where "extreme" may begin; seven looks are paid for."""

UNREMARKABLE = 0.1
"""From this p on, what was found is what honest rooms hold, and nobody is pointed at."""

SESSION_ODDS_DB = 10.0
"""Prior odds that a room is attacked at all stand this far above those of a single order or account (1 in 10
against 1 in 100): what is said of members may rise so far above what is said of the room, and no further."""

_EXPECTED_MIN = 0.1
"""An expected count is not trusted below this when members are weighed."""


@dataclass(frozen=True)
class Bunches:
    """What the scan over keys found.

    Args:
        p: probability of as many extreme keys under the organic null, looks paid for.
        expected: extreme keys the null expects at the threshold chosen.
        members: True per key that is extreme, where their number is remarkable at all.
        weight_db: weight of a unit at a member key, dB relative to `ACCOUNT_PRIOR_DB`.
        excess: low, mid and high share of the member keys that are fabricated.
    """

    p: float
    expected: float
    members: npt.NDArray[np.bool_]
    weight_db: float
    excess: tuple[float, float, float]


def survivor(sizes: Ints, body: float, at_ten: float, power: float) -> Floats:
    """Share of honest keys at least this large.

    Args:
        sizes: units per key, at least 1.
        body: ratio of the geometric body.
        at_ten: share of honest keys in the heavy tail with ten units or more.
        power: exponent of that tail.

    Examples:
        >>> survivor(np.array([1, 2, 30]), 0.25, 0.005, 2.0).round(5).tolist()
        [1.0, 0.375, 0.00056]
    """
    n = np.maximum(sizes, 1).astype(np.float64)
    tail = at_ten * np.minimum((10 / n) ** power, 5.0**power)
    return np.where(n <= 1, 1.0, np.minimum(body ** (n - 1) + tail, 1.0))


def body_of(sizes: Ints, least: float, most: float = 0.7) -> float:
    """Ratio of the geometric body, from the small keys of this room and not below a baseline."""
    small = sizes[sizes <= 5]
    return float(np.clip((small - 1).sum() / max(small.sum(), 1), least, most)) if len(small) else least


def scan(curve: Floats, size: float, fate: Floats | None = None) -> Bunches:
    """Count extreme keys over a few thresholds.

    Args:
        curve: survivor value per key.
        size: negative-binomial size of the count across honest rooms.
        fate: independent p per key of what became of its units, if the record tells.

    The product u of two independent p-values stays below t with probability t·(1 − ln t).
    """
    from scipy import stats

    keys = len(curve)
    u = np.clip(curve if fate is None else curve * fate, P_FLOOR, 1)
    looks: list[tuple[float, float, float]] = []
    thresholds = THRESHOLDS if fate is None else FATED
    for t in thresholds:
        expected = keys * t * (1.0 if fate is None else 1 - np.log(t))
        looks.append((count_tail(int((u <= t).sum()), expected, size), float(expected), t))
    p, expected, threshold = min(looks, key=lambda look: look[0])
    p = min(max(p * len(thresholds), P_FLOOR), 1.0)
    members = (u <= threshold) & (p < UNREMARKABLE)
    found = int(members.sum())
    odds = max(found - expected, 0.0) / max(expected, _EXPECTED_MIN)
    spread = stats.nbinom.ppf([0.05, 0.95], size, size / (size + max(expected, 1e-9)))
    mid = max(found - expected, 0.0) / max(found, 1) * odds / (1 + odds)
    low = float(np.clip((found - spread[1]) / max(found, 1), 0, mid))
    return Bunches(p, expected, members, excess_weight(found, expected, p, _EXPECTED_MIN), (low, mid, 1.0))


def held(weight_db: float, p: float) -> float:
    """A member's weight, held down to what the room's own p supports."""
    return min(weight_db, SESSION_ODDS_DB + float(10 * np.log10(e_value(p))))


def excess_weight(found: float, expected: float, p: float, least: float = 0.5) -> float:
    """A member's weight: the odds of not being among the expected, held down to what the room's own p supports.

    Args:
        found: members.
        expected: how many of them honest rooms hold.
        p: of as many.
        least: an expected count is not trusted below this.
    """
    odds = max(found - expected, 0.0) / max(expected, least)
    return held(float(10 * np.log10(max(odds, 1e-3)) - ACCOUNT_PRIOR_DB), p)


CLEAR_DB = float(10 * np.log10(e_value(1.0)))
"""Weight of a unit that was looked at and does not stand out."""
