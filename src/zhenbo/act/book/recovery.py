"""Advances that have not come back: who owes which fund how much, since when, under which case."""

from collections.abc import Sequence
from dataclasses import dataclass

from zhenbo.core.ledger import Book, Standing, parts


@dataclass(frozen=True)
class Recovery:
    """An advance and what has become of it.

    Args:
        seller: who owes.
        case: under which case.
        currency: of the amounts.
        since: when the first advance was paid, UTC microseconds.
        advanced: paid for the seller, minor units.
        recovered: had back.
        written_off: given up.
    """

    seller: str
    case: str
    currency: str
    since: int
    advanced: int
    recovered: int
    written_off: int

    @property
    def open(self) -> int:
        """What is still owed."""
        return self.advanced - self.recovered - self.written_off


def recoveries(book: Book, seller: str | None = None) -> list[Recovery]:
    """Advances with their outcome, the oldest first; what was reversed on appeal is gone from the sums.

    Args:
        book: the book.
        seller: only what this seller owes or owed.
    """
    found = []
    for name, currency in book.accounts("recovery:"):
        of = parts(name)
        if len(of) == 3 and seller in {None, of[1]}:
            found.append(_recovery(name, currency, of[1], of[2], book.lines(name)))
    return sorted((r for r in found if r.advanced), key=lambda r: (r.since, r.seller, r.case, r.currency))


def _recovery(name: str, currency: str, seller: str, case: str, lines: Sequence[Standing]) -> Recovery:
    """What an account's lines add up to; a reversal counts against the flow of what it undoes."""
    since, sums = None, {"paid": 0, "recovered": 0, "written_off": 0}
    known = {s.transaction.key: s.transaction for s in lines}
    for standing in lines:
        t = standing.transaction
        if standing.state not in {"posted", "reversed"}:
            continue
        amount = sum(p.amount for p in t.postings if (p.account, p.currency) == (name, currency))
        while t.reverses is not None:
            t = known[t.reverses]
        if t.flow == "advance.paid":
            since = t.at if since is None else min(since, t.at)
            sums["paid"] -= amount
        else:
            sums["written_off" if t.flow == "advance.written_off" else "recovered"] += amount
    return Recovery(seller, case, currency, since or 0, sums["paid"], sums["recovered"], sums["written_off"])
