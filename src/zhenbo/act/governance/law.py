"""The law of the record, with governance: acts of cases read as what they say they are, and the book's own law.

A sanction that lacks one of its five fields, or that is more than a warning and names no person who confirmed it, is not
appended, whatever program asks for it.
"""

from collections.abc import Sequence

from zhenbo.act.book import admit as booked
from zhenbo.act.governance.fold import SHAPES
from zhenbo.core.acts import Act
from zhenbo.core.errors import CaseError
from zhenbo.core.ledger import Change, Shelf


def admit(acts: Sequence[Act], shelf: Shelf) -> Change:
    """What new acts do (see `zhenbo.core.ledger.Law`).

    Raises:
        CaseError: when an act of a case is none, or its sanction lacks what it must have.
        BookError: when the book refuses one.
    """
    for act in acts:
        if not act.kind.startswith("case."):
            continue
        shape = SHAPES.get(act.kind)
        if shape is None:
            raise CaseError(
                f"Act {act.key}: kind {act.kind} is no step of a case; there are {', '.join(SHAPES)}."
            )
        act.read(shape)
    return booked(acts, shelf)
