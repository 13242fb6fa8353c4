"""The papers of a data folder: contracts and who is who, with what is wrong in them, told in words."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from zhenbo.core.deal import Deal
from zhenbo.core.evidence import Say
from zhenbo.core.parties import Registry


@dataclass(frozen=True)
class Remark:
    """Something in the papers that could not be taken as it stands: where, what we know, what to try.

    Args:
        file: name of the file.
        entry: which table of it, e.g. `deal 2 (d-102)`.
        name: which field; empty when the whole entry is meant.
        say: the sentence.
        args: its fields.
        deal: id of the deal it concerns; None when it concerns none.
    """

    file: str
    entry: str
    name: str
    say: Say
    args: Mapping[str, Any] = field(default_factory=dict)
    deal: str | None = None


@dataclass(frozen=True)
class Papers:
    """What the papers say.

    Args:
        deals: contracts, by id.
        registry: who is who.
        remarks: what could not be taken, in the order of files and entries.
    """

    deals: tuple[Deal, ...] = ()
    registry: Registry = field(default_factory=Registry)
    remarks: tuple[Remark, ...] = ()

    def __bool__(self) -> bool:
        """Whether there is anything to tell of."""
        return bool(self.deals or self.registry.rows or self.remarks)
