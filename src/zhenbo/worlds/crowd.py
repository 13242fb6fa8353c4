"""Everybody in a world: accounts with their ages, devices, networks, homes and payers, one array per trait.

People are integers until the record is written; then each trait becomes an opaque name by a keyed bijection, so
neither an id nor its order tells who is hired.
"""

from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from zhenbo.core.scatter import scattered
from zhenbo.core.schema import Flag
from zhenbo.core.session import DAY
from zhenbo.worlds.anchors import (
    ACCOUNT_AGE_YEARS,
    CARRIER_NAT,
    NEWCOMERS,
    PROVINCES,
    SHARED_DEVICE,
    SHARED_HOME,
)

Ints = npt.NDArray[np.int64]
TRAITS = ("since", "device", "ip", "addr", "pay", "region", "followers", "following", "level", "flags")
REGIONS = tuple(PROVINCES)


@dataclass
class Crowd:
    """A growing population.

    Args:
        size: accounts so far.
    """

    size: int = 0
    _parts: dict[str, list[Ints]] = field(default_factory=lambda: {t: [] for t in TRAITS})
    _fresh: int = 1

    def fresh(self, n: int) -> Ints:
        """`n` unused numbers for devices, networks, addresses, payers or parcels."""
        self._fresh += n
        return np.arange(self._fresh - n, self._fresh, dtype=np.int64)

    def join(self, traits: dict[str, Ints]) -> Ints:
        """Add people with all their traits; returns their numbers."""
        n = len(traits["since"])
        for name in TRAITS:
            self._parts[name].append(np.asarray(traits[name], dtype=np.int64))
        self.size += n
        return np.arange(self.size - n, self.size, dtype=np.int64)

    def trait(self, name: str) -> Ints:
        """A trait of everybody, by number."""
        parts = self._parts[name]
        if len(parts) > 1:
            self._parts[name] = parts = [np.concatenate(parts)]
        return parts[0] if parts else np.empty(0, dtype=np.int64)

    def set_trait(self, name: str, who: Ints, value: Ints | int) -> None:
        """Change a trait of some people (a dorm gets one network, a family one tablet)."""
        column = self.trait(name).copy()
        column[who] = value
        self._parts[name] = [column]

    def ordinary(
        self, rng: np.random.Generator, n: int, now: int, newcomers: float = NEWCOMERS, regulars: float = 0.1
    ) -> Ints:
        """`n` ordinary people: old and new accounts, households, carrier networks, some followers and fans."""
        age = rng.gamma(1.6, ACCOUNT_AGE_YEARS * 365 * DAY / 1.6, n)
        young = rng.random(n) < newcomers
        age = np.where(young, rng.random(n) * 30 * DAY, age + 30 * DAY)
        region = rng.choice(len(REGIONS), n, p=np.array(list(PROVINCES.values())) / sum(PROVINCES.values()))
        fan = rng.random(n) < regulars
        flags = np.where(fan, Flag.FOLLOWER, 0) | np.where(fan & (rng.random(n) < 0.4), Flag.FAN, 0)
        home = _shared(rng, self.fresh(n), SHARED_HOME)
        ip = _shared(rng, self.fresh(n), SHARED_HOME)
        nat = rng.random(n) < CARRIER_NAT
        gateways = self.fresh(n // 30 + 2)
        return self.join({
            "since": (now - np.minimum(age, 12 * 365 * DAY)).astype(np.int64),
            "device": _shared(rng, self.fresh(n), SHARED_DEVICE),
            "ip": np.where(nat, rng.choice(gateways, n), ip),
            "addr": home,
            "pay": _shared(rng, self.fresh(n), SHARED_HOME / 2),
            "region": region.astype(np.int64),
            "followers": np.floor(rng.lognormal(3.2, 1.6, n)).astype(np.int64),
            "following": np.floor(rng.lognormal(4.3, 1.1, n)).astype(np.int64),
            "level": np.minimum(60, np.floor(rng.gamma(1.3, 9.0, n))).astype(np.int64),
            "flags": flags.astype(np.int64),
        })  # fmt: skip


def _shared(rng: np.random.Generator, own: Ints, share: float) -> Ints:
    """Own numbers, except that a share of people take their neighbour's in the list (couples, a few threes)."""
    n = len(own)
    if n < 2:
        return own
    neighbour = np.maximum(np.arange(n) - rng.integers(1, 3, n), 0)
    return np.where(rng.random(n) < share / 2, own[neighbour], own)


def named(prefix: str, numbers: Ints, salt: int) -> pa.StringArray:
    """Opaque names of numbers: a letter and 16 hex digits of a bijective mix, so equal names mean equal numbers.

    The mix is splitmix64 (Steele, Lea, Flood 2014).
    """
    with np.errstate(over="ignore"):
        z = numbers.astype(np.uint64) + np.uint64(salt % (1 << 63)) + np.uint64(0x9E3779B97F4A7C15)
        z = scattered(z)
    n, width = len(z), 1 + 16
    digits = (z[:, None] >> np.arange(60, -4, -4, dtype=np.uint64)) & np.uint64(15)
    letters = np.empty((n, width), dtype=np.uint8)
    letters[:, 0] = ord(prefix)
    letters[:, 1:] = np.frombuffer(b"0123456789abcdef", np.uint8)[digits.astype(np.int64)]
    bounds = np.arange(0, width * (n + 1), width, dtype=np.int32)
    return pa.StringArray.from_buffers(n, pa.py_buffer(bounds), pa.py_buffer(letters))


def names(prefix: str, numbers: Ints, salt: int) -> frozenset[str]:
    """The opaque names of numbers as a set (see `named`)."""
    return frozenset(named(prefix, numbers, salt).to_pylist())
