"""Whether rooms have moved since reference cells were learned: each measure in each cell against the new history.

Two-sample Kolmogorov-Smirnov distances, over all cells with the false discovery rate held (Benjamini & Hochberg 1995).
A test says that something moved; the medians say by how much and how many rooms did.
"""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import msgspec
import numpy as np

from zhenbo.core.cells import Cell
from zhenbo.core.errors import PackError
from zhenbo.pipeline.calibrate import Seen, robust
from zhenbo.pipeline.labels import Labels

RATE = 0.05
"""False discovery rate over the cells asked."""
ROOMS_MIN = 8
"""New rooms below which a cell is not asked."""
MOVED = 0.5
"""Spreads by which the median must move for the cell to have moved; below it, some rooms did."""


@dataclass(frozen=True)
class Drift:
    """A measure in a cell, then and now.

    Args:
        signal, measure, cell: what is compared.
        then, now: rooms.
        median_then, median_now: of the measure itself.
        spread_then, spread_now: of its natural logarithm.
        outside: share of the new rooms beyond the 1st and 99th percentile of the old ones.
        q: of the false discovery rate; None where there are too few new rooms to ask.
    """

    signal: str
    measure: str
    cell: str
    then: int
    now: int
    median_then: float
    median_now: float | None
    spread_then: float
    spread_now: float | None
    outside: float | None
    q: float | None = None

    @property
    def drifted(self) -> bool:
        """Whether it is called a drift."""
        return self.q is not None and self.q <= RATE

    @property
    def factor(self) -> float:
        """The new median over the old; 1 where it was not asked."""
        return 1.0 if self.median_now is None else self.median_now / self.median_then

    @property
    def moved(self) -> bool:
        """Whether the bulk of the rooms moved, and not only some of them."""
        return self.drifted and abs(math.log(self.factor)) >= MOVED * self.spread_then


def learned_in(folder: Path) -> list[dict[str, Any]]:
    """The cells of an overlay as its `calibrate.json` tells them.

    Raises:
        PackError: where there is none that can be read.
    """
    path = folder / "calibrate.json"
    try:
        told = msgspec.json.decode(path.read_bytes(), type=dict[str, Any])["cells"]
    except (OSError, msgspec.DecodeError, KeyError) as error:
        raise PackError(
            f"{path} cannot be read ({error}). --against takes a folder that `zhenbo calibrate --to` wrote."
        ) from error
    return list(told)


def drifts(told: Sequence[Mapping[str, Any]], seen: Sequence[Seen], labels: Labels) -> list[Drift]:
    """Every cell of an overlay against a new history, the least likely first; rooms that others labelled bought stay out."""
    from scipy.stats import false_discovery_control

    asked = [_compared(cell, seen, labels) for cell in told]
    tested = [(d, p) for d, p in asked if p is not None]
    q = false_discovery_control([p for _, p in tested]) if tested else []
    found = [Drift(**{**vars(d), "q": float(x)}) for (d, _), x in zip(tested, q, strict=True)]
    few = [d for d, p in asked if p is None]
    return [*sorted(found, key=lambda d: (d.q, d.signal, d.measure, d.cell)), *few]


def _compared(cell: Mapping[str, Any], seen: Sequence[Seen], labels: Labels) -> tuple[Drift, float | None]:
    measure = (cell["signal"], cell["measure"])
    where = Cell(tuple((name, tuple(said)) for name, said in sorted(cell["where"].items())), {})
    now = np.sort([
        s.measures[measure] for s in seen
        if measure in s.measures and where.matches(s.facts) and labels.of(s.session.session_id, measure[0]) is not True
    ])  # fmt: skip
    then = np.asarray(cell["percentiles"], dtype=np.float64)
    told = {
        "signal": measure[0], "measure": measure[1], "cell": where.label, "then": cell["n"], "now": len(now),
        "median_then": math.exp(cell["middle"]), "spread_then": cell["spread"],
    }  # fmt: skip
    if len(now) < ROOMS_MIN:
        return Drift(**told, median_now=None, spread_now=None, outside=None), None
    middle, spread, _ = robust(now)
    outside = float(((now < then[0]) | (now > then[-1])).mean())
    drift = Drift(**told, median_now=math.exp(middle), spread_now=spread, outside=outside)
    return drift, _smirnov(then, now, cell["n"])


def _smirnov(then: np.ndarray[Any, Any], now: np.ndarray[Any, Any], rooms: int) -> float:
    """The p of the largest distance between two distributions; the old one is kept as percentiles of so many rooms."""
    from scipy.special import kolmogorov

    both = np.concatenate([then, now])
    below = [np.searchsorted(side, both, side="right") / len(side) for side in (then, now)]
    root = math.sqrt(rooms * len(now) / (rooms + len(now)))
    # Stephens' finite-sample form (1970)
    return float(kolmogorov((root + 0.12 + 0.11 / root) * np.abs(below[0] - below[1]).max()))
