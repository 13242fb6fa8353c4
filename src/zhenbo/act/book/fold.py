"""The book as a fold over acts: what every store must agree with, and the sums that must hold."""

from collections.abc import Iterable, Mapping
from itertools import islice

from zhenbo.act.book.law import admit
from zhenbo.core.acts import Act
from zhenbo.core.errors import BookError
from zhenbo.core.ledger import CLASSES, Balance, Pages, Pot

_AT_ONCE = 4_096


def book(acts: Iterable[Act]) -> Pages:
    """The book that acts add up to; acts of other kinds move no money.

    Raises:
        BookError: when the acts are not such as the law would have admitted in this order.
    """
    pages, left = Pages(), iter(acts)
    while some := tuple(islice(left, _AT_ONCE)):
        change = admit(some, pages)
        if len(change.acts) != len(some):
            missing = next(a for a in change.acts if a not in set(some))
            raise BookError(
                f"The record lacks act {missing.key}: the hold lapsed before what follows was entered."
            )
        pages.put(change)
    return pages


def total(balances: Mapping[Pot, Balance]) -> dict[str, int]:
    """What all accounts hold together, by currency: 0 for each, or the book is broken."""
    sums: dict[str, int] = {}
    for (_, currency), b in balances.items():
        sums[currency] = sums.get(currency, 0) + b.posted
    return sums


def astray(balances: Mapping[Pot, Balance]) -> list[Pot]:
    """Accounts on the wrong side of zero, what is set aside counted: none, or the book is broken."""
    wrong = []
    for pot, b in balances.items():
        side = CLASSES[pot[0].partition(":")[0]].side
        if (side == "never_negative" and b.free < 0) or (
            side == "never_positive" and b.posted + b.held_in > 0
        ):
            wrong.append(pot)
    return wrong
