"""Shops whose goods are bad or good, for measuring what an inspection plan finds, and production whose quality changes.

Every kind of goods has a share of bad items of its own that nobody knows; what the inspector knows of it is an earlier sample.
A shop's goods are bad with the probability that its risk says; that is what a calibrated verdict means.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from zhenbo.core.inspection import Lot, Target

KINDS = {
    "jade": 0.55, "cosmetics": 0.30, "down_jacket": 0.18, "honey": 0.45, "charger": 0.08, "tea": 0.25, "shoes": 0.60, "wine": 0.12,
}  # fmt: skip
"""Kinds of goods with the usual share of bad items among bad ones; a world moves each."""


@dataclass(frozen=True)
class Goods:
    """What an inspector is told and what is true.

    Args:
        targets: as told.
        bad: by target, the share of bad items; 0 for good goods.
    """

    targets: tuple[Target, ...]
    bad: Mapping[str, float]


def goods(seed: int, shops: int = 300) -> Goods:
    """Goods of shops; equal seeds give equal worlds."""
    r = np.random.default_rng([2859, seed])
    shares = {
        kind: float(np.clip(r.beta(8 * usual, 8 * (1 - usual)), 0.01, 0.95)) for kind, usual in KINDS.items()
    }
    seen = {kind: int(r.integers(15, 250)) for kind in KINDS}
    known = {kind: int(r.binomial(seen[kind], shares[kind])) for kind in KINDS}
    targets, bad = [], {}
    for i in range(shops):
        kind = str(r.choice(list(KINDS)))
        risk = round(float(r.beta(0.5, 3.0)), 4)
        target = Target(
            target=f"g-{i:04}", shop=f"shop-{i // 2:04}", goods=kind, size=int(r.integers(20, 4_000)), risk=risk,
            inspected=seen[kind], found=known[kind], weight=3.0 if kind in {"cosmetics", "honey"} else 1.0,
            visit=int(r.integers(2_000, 15_000)), each=int(r.integers(3_000, 60_000)),
        )  # fmt: skip
        targets.append(target)
        bad[target.target] = shares[kind] if r.random() < risk else 0.0
    return Goods(tuple(targets), bad)


def inspected(world: Goods, sizes: Mapping[str, int], seed: int) -> set[str]:
    """Targets of which a sample of the given size held a bad item."""
    r = np.random.default_rng([2860, seed])
    found = set()
    for target in world.targets:
        n = sizes.get(target.target, 0)
        lot = int(r.binomial(target.size, world.bad[target.target]))
        if n and r.hypergeometric(lot, target.size - lot, n) > 0:
            found.add(target.target)
    return found


def production(seed: int, shares: Sequence[float], size: int, sample: int) -> list[Lot]:
    """Lots of a process with one nonconforming share each; `found` is of a fixed sample, so that one severity is measured."""
    r = np.random.default_rng([2861, seed])
    return [
        Lot(lot=f"lot-{i:05}", size=size, found=int(r.binomial(sample, p)), approved=True)
        for i, p in enumerate(shares)
    ]
