"""Which way an audit goes: through memory, through files on this machine, or on Spark."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from zhenbo.engines.embedded import Progress

EMBEDDED = "embedded"
SMALL = 256 << 20
"""Bytes on disk up to which a record is audited in memory by one process: a million events or so."""
_DENSE = {".parquet": 8, ".xlsx": 8, ".gz": 8}
"""How many times larger than lines of text the same bytes are once read."""


@dataclass(frozen=True)
class Road:
    """How an audit is run.

    Args:
        engine: `embedded`, or the master URL of a Spark.
        jobs: processes of the embedded engine.
        work: folder for what lies between the steps; kept when interrupted.
        report: called with the progress.
        say: called with lines for the user.
    """

    engine: str
    jobs: int
    work: Path
    report: Callable[["Progress"], None] = lambda _: None
    say: Callable[[str], None] = lambda _: None


def is_small(paths: Sequence[Path]) -> bool:
    """Whether what stands there is best audited in memory."""
    files = [f for path in paths for f in (path.rglob("*") if path.is_dir() else [path]) if f.is_file()]
    return sum(f.stat().st_size * _DENSE.get(f.suffix.lower(), 1) for f in files) <= SMALL
