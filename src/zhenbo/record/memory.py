"""The record in memory, under the same law: for one-off commands, worlds and tests."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager

from zhenbo.core.acts import Act, ActList, fresh
from zhenbo.core.ledger import Book, Law, Pages


class Memory(ActList):
    """Acts in a list and the book that they add up to (see `zhenbo.record.store.Store`).

    Args:
        law: judges acts before they are appended.
    """

    def __init__(self, law: Law) -> None:
        self._law = law
        self._pages = Pages()
        super().__init__()

    def append(self, acts: Sequence[Act]) -> int:
        """See `Store.append`."""
        new = fresh(acts, {a.key: self._known[a.key] for a in acts if a.key in self._known})
        if not new:
            return 0
        change = self._law(new, self._pages)
        super().append(change.acts)
        self._pages.put(change)
        return len(new)

    @contextmanager
    def book(self) -> Iterator[Book]:
        """The book as it is now."""
        yield self._pages
