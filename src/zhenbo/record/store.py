"""The store: acts appended for good, and the book that they add up to, in one transaction.

Whoever appends stands in line, so every act is judged by the law against exactly what was recorded before it, and has its
place in the chain. A process that is killed has appended all of its acts or none.
"""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Self

import sqlalchemy as sa
from sqlalchemy.engine import Connection, Engine

from zhenbo.core.acts import Act, Entry, Head, chained, fresh
from zhenbo.core.errors import RecordError
from zhenbo.core.ledger import Book, Law
from zhenbo.record import engine as engines
from zhenbo.record.shelf import SqlShelf, act_of, among, insert_acts, put
from zhenbo.record.tables import acts, head
from zhenbo.record.verify import Finding, verify

AT_ONCE = 1_000
"""Acts read in one statement."""


class Store:
    """The record in SQLite or PostgreSQL (see `zhenbo.core.acts.Acts`).

    Args:
        engine: as `zhenbo.record.engine.engine` makes it.
        law: judges acts before they are appended.
    """

    def __init__(self, engine: Engine, law: Law) -> None:
        self._engine = engine
        self._law = law

    @classmethod
    def open(cls, url: str, law: Law, *, create: bool = True) -> Self:
        """The store of that name (file, `sqlite:///…`, `postgresql://…`), its tables brought up to date.

        Raises:
            RecordError: when it cannot be opened, or was written by a later version.
        """
        return cls(engines.engine(url, create=create), law)

    @property
    def name(self) -> str:
        """Where it is, without a password."""
        return engines.shown(self._engine)

    def close(self) -> None:
        """Give back its connections."""
        self._engine.dispose()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def append(self, given: Sequence[Act]) -> int:
        """See `Acts.append`; what it returns counts, besides the acts given, no expiry that they brought about."""
        if not given:
            return 0
        with engines.writing(self._engine) as connection:
            new = fresh(given, _known(connection, [a.key for a in given]))
            if not new:
                return 0
            change = self._law(new, SqlShelf(connection))
            if not change.acts:
                return 0
            entries = chained(change.acts, _head(connection))
            insert_acts(connection, entries)
            put(connection, change, entries)
        return len(new)

    def entries(self, subject: str | None = None, kind: str | None = None, since: int = 0) -> Iterator[Entry]:
        """See `Acts.entries`; read in parts, so that a long reading keeps nobody waiting."""
        query = sa.select(acts).order_by(acts.c.number).limit(AT_ONCE)
        if subject is not None:
            query = query.where(acts.c.subject == subject)
        if kind is not None:
            query = query.where(
                acts.c.kind.startswith(kind, autoescape=True) if kind.endswith(".") else acts.c.kind == kind
            )
        while True:
            with engines.reading(self._engine) as connection:
                rows = connection.execute(query.where(acts.c.number > since)).all()
            yield from (Entry(r.number, act_of(r), r.digest, r.seal) for r in rows)
            if len(rows) < AT_ONCE:
                return
            since = rows[-1].number

    def read(self, subject: str | None = None, kind: str | None = None, since: int = 0) -> Iterator[Act]:
        """See `Acts.read`."""
        return (e.act for e in self.entries(subject, kind, since))

    def head(self) -> Head:
        """See `Acts.head`."""
        with engines.reading(self._engine) as connection:
            return _head(connection)

    @contextmanager
    def book(self) -> Iterator[Book]:
        """The book at one moment."""
        with engines.reading(self._engine) as connection:
            yield SqlShelf(connection)

    def verify(self, kept: Sequence[Head] = ()) -> Finding | None:
        """The first thing wrong with the record; None when it is whole (see `zhenbo.record.verify`)."""
        with engines.reading(self._engine) as connection:
            return verify(connection, self._law, kept)


def _known(connection: Connection, keys: Sequence[str]) -> dict[str, Act]:
    """Acts there are under these keys."""
    rows = connection.execute(sa.select(acts).where(among(connection, acts.c.key, keys)))
    return {r.key: act_of(r) for r in rows}


def _head(connection: Connection) -> Head:
    row = connection.execute(sa.select(head)).one_or_none()
    if row is None:
        raise RecordError("The record has lost its head: the row of table `head` is gone. `zhenbo book verify` says what is left.")  # fmt: skip
    return Head(row.number, row.seal)
