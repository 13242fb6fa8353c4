"""What every format family yields: rows with their line numbers, and findings about what could not be read."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from zhenbo.core.errors import Reject


@dataclass
class Rows:
    """Rows of one file, read lazily, good ones only; the broken ones pile up in `rejects`.

    Args:
        file: name without folder, as users know it.
        rows: (1-based line or row number, field name -> raw value) in file order.
        rejects: filled while `rows` is consumed.
        read: number of rows seen so far, good or broken; filled while `rows` is consumed.
    """

    file: str
    rows: Iterator[tuple[int, dict[str, Any]]]
    rejects: list[Reject] = field(default_factory=list)
    read: int = 0
