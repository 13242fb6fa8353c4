"""What a table of the proof is made of: the trials it is about, its estimates, its rows."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

from zhenbo.proof.trial import Trial


class Est(NamedTuple):
    """An estimate with a 95 % interval; None where nothing could be said. `unit` is %, min, or empty."""

    value: float | None
    low: float | None = None
    high: float | None = None
    unit: str = "%"


@dataclass(frozen=True)
class Section:
    """One table.

    Args:
        id: name in the JSON.
        title: heading.
        note: what it says and what it does not.
        rows: one mapping per line, column name to value; all of the same columns.
    """

    id: str
    title: str
    note: str
    rows: tuple[Mapping[str, Any], ...]


def honest(trials: Sequence[Trial]) -> list[Trial]:
    """Simulated sessions in which nothing was fabricated."""
    return [t for t in trials if t.part == "honest"]


def bought(trials: Sequence[Trial]) -> list[Trial]:
    """Simulated single sessions with an attack, sealed ones included; not the honest shop months beside them."""
    return [t for t in trials if t.part == "attacked" and not t.honest]
