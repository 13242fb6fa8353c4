"""The book: double entry in integer minor units, as a pure fold over acts."""

from zhenbo.act.book.deposit import Deposit, Leaving, Terms, Withheld, lodged, read_terms, refund
from zhenbo.act.book.fold import astray, book, total
from zhenbo.act.book.law import admit, expiry, net
from zhenbo.act.book.recovery import Recovery, recoveries

__all__ = [
    "Deposit", "Leaving", "Recovery", "Terms", "Withheld", "admit", "astray", "book", "expiry", "lodged", "net",
    "read_terms", "recoveries", "refund", "total",
]  # fmt: skip
