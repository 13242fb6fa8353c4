"""Goods before they are shown: every item has a decision, a reviewer, a reason and evidence before it goes live (K41)."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal

from zhenbo.act.governance.admission import REVIEWED, SUBMITTED
from zhenbo.core.acts import Act
from zhenbo.core.admission import Reviewed, Submitted
from zhenbo.core.case import persona


@dataclass(frozen=True)
class Item:
    """Goods put forward.

    Args:
        party: who put them forward.
        submitted: what was put forward.
        at: when.
        review: the last one; None while it waits.
        reviewed: when.
    """

    party: str
    submitted: Submitted
    at: int
    review: Reviewed | None = None
    reviewed: int | None = None

    def state(self, now: int) -> Literal["waits", "late", "approved", "refused"]:
        """Where it is: `late` when its time to go live has come without a review."""
        if self.review is None or self.reviewed is None or self.reviewed > now:
            return "late" if self.submitted.goes_live <= now else "waits"
        return "approved" if self.review.decision == "approve" else "refused"

    def may_go_live(self, now: int) -> bool:
        """Whether it may be shown: only once it was approved."""
        return self.state(now) == "approved"


def queue(acts: Iterable[Act]) -> dict[tuple[str, str], Item]:
    """Items by party and name; put forward again, an item waits again, since it may be another one now.

    A review dated before the item was put forward, or given by the party itself, is none.
    """
    items: dict[tuple[str, str], Item] = {}
    for act in acts:
        if act.kind == SUBMITTED:
            given = act.read(Submitted)
            items[act.subject, given.item] = Item(act.subject, given, act.at)
        elif act.kind == REVIEWED:
            review = act.read(Reviewed)
            item = items.get((act.subject, review.item))
            if item is not None and act.at >= item.at and persona(review.by) != persona(item.party):
                items[act.subject, review.item] = Item(item.party, item.submitted, item.at, review, act.at)
    return items


def open_items(items: Iterable[Item], now: int, campaign: str | None = None) -> list[Item]:
    """What waits for a person, what goes live first on top."""
    waits = [
        i for i in items if i.state(now) in {"waits", "late"} and campaign in {None, i.submitted.campaign}
    ]
    return sorted(waits, key=lambda i: (i.submitted.goes_live, i.submitted.item))
