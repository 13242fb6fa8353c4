"""Sampling inspection: lots, plans, targets and the hand-overs of samples, as everybody who speaks of them names them.

Amounts are minor units, times UTC microseconds, shares between 0 and 1; an AQL is written as the standard writes it
("0.65"), nonconforming items per 100.
"""

from typing import Annotated, Literal

import msgspec
from msgspec import Meta

Severity = Literal["normal", "tightened", "reduced"]
Level = Literal["S-1", "S-2", "S-3", "S-4", "I", "II", "III"]
LEVELS: tuple[Level, ...] = ("S-1", "S-2", "S-3", "S-4", "I", "II", "III")

Name = Annotated[str, Meta(min_length=1, max_length=200)]
Share = Annotated[float, Meta(ge=0, le=1)]
Count = Annotated[int, Meta(ge=0, le=1_000_000_000)]
Size = Annotated[int, Meta(ge=1, le=1_000_000_000)]
Minor = Annotated[int, Meta(ge=0, le=1_000_000_000_000_000)]


class Plan(msgspec.Struct, frozen=True):
    """A single sampling plan.

    Args:
        letter: sample size code letter, after the arrows of the table.
        n: items to draw.
        ac: accepted up to so many nonconforming ones; rejected from one more.
        whole: whether the plan asks for at least the whole lot, so that every item is inspected.
    """

    letter: str
    n: int
    ac: int
    whole: bool = False

    @property
    def re(self) -> int:
        """Rejection number."""
        return self.ac + 1


class Lot(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A lot of a series, inspected for the first time, in the order of inspection.

    Args:
        lot: its id.
        size: items in it.
        found: nonconforming items in the sample; None where it was not inspected yet.
        resubmitted: inspected again after it was not accepted; no part of the series then.
        steady: whether production went at a steady rate.
        approved: whether the responsible authority wants reduced inspection from here on.
        corrected: whether the supplier has acted and the authority agrees, after inspection was discontinued.
    """

    lot: Name
    size: Annotated[int, Meta(ge=2, le=1_000_000_000)]
    found: Count | None = None
    resubmitted: bool = False
    steady: bool = True
    approved: bool = False
    corrected: bool = False


class Target(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Goods of a shop that could be inspected.

    Args:
        target: its id.
        shop: who sells them.
        goods: what they are.
        size: items that can be drawn.
        risk: probability that the goods are bad at all, from a verdict, complaints or judgement.
        inspected: items of such bad goods inspected so far, anywhere; with `found` it tells how common a bad item is among them.
        found: of them bad.
        weight: how much finding it matters, relative to the others (life and health goods more).
        visit: cost of drawing from it at all: purchase in disguise, travel, postage, minor units.
        each: cost per item: price and test, minor units.
    """

    target: Name
    shop: Name
    goods: str = ""
    size: Size = 1_000_000
    risk: Share
    inspected: Count = 0
    found: Count = 0
    weight: Annotated[float, Meta(gt=0, le=1_000_000)] = 1.0
    visit: Minor = 0
    each: Annotated[int, Meta(ge=1, le=1_000_000_000_000)] = 1

    def __post_init__(self) -> None:
        if self.found > self.inspected:
            raise ValueError(
                f"{self.target}: {self.found} bad items found among {self.inspected} inspected; found is at most inspected."
            )


class HandOver(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A sample going from one hand to the next; the first from `shop` or shelf to whoever drew it.

    Args:
        sample: its id.
        giver: who gave it away.
        taker: who took it.
        given_at: when it was given away, UTC microseconds.
        taken_at: when it was taken.
        seal: number of the seal on the packing.
        opened: whether the seal was broken at this hand-over, and the number is of a new one.
        signed_by: who signed for having taken it.
        given_by: who signed for having given it.
        place: where.
        condition: what the taker saw.
    """

    sample: Name
    giver: Name
    taker: Name
    given_at: int
    taken_at: int
    seal: str = ""
    opened: bool = False
    signed_by: str = ""
    given_by: str = ""
    place: str = ""
    condition: str = ""
