"""The book as the database keeps it: read by the law while nobody else writes, and by whoever wants to see it."""

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from typing import Any, TypeVar

import sqlalchemy as sa
from sqlalchemy.engine import Connection
from sqlalchemy.sql.elements import ColumnElement

from zhenbo.core.acts import Act, Entry
from zhenbo.core.ledger import Balance, Change, Moved, Pot, Standing, Transaction
from zhenbo.record import tables
from zhenbo.record.tables import acts, balances, postings, transactions

T = TypeVar("T")

AT_ONCE = 1_000
"""Keys asked for in one statement: every database takes so many."""


class SqlShelf:
    """See `zhenbo.core.ledger.Book`; lives as long as the connection's transaction."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def balances(self, pots: Collection[Pot]) -> Mapping[Pot, Balance]:
        """See `Shelf.balances`."""
        wanted = set(pots)
        found: dict[Pot, Balance] = {}
        for names in chunks(sorted({name for name, _ in wanted})):
            found |= self._balances(balances.c.account.in_(names))
        return {pot: b for pot, b in found.items() if pot in wanted}

    def standings(self, keys: Collection[str]) -> Mapping[str, Standing]:
        """See `Shelf.standings`."""
        return {
            s.transaction.key: s for names in chunks(sorted(keys)) for s in self._standings(transactions.c.key.in_(names))
        }  # fmt: skip

    def due(self, at: int) -> Sequence[Transaction]:
        """See `Shelf.due`."""
        which = (transactions.c.state == "held") & (transactions.c.expires <= at)
        return [s.transaction for s in self._standings(which)]

    def accounts(self, prefix: str = "") -> Mapping[Pot, Balance]:
        """See `Book.accounts`."""
        return dict(sorted(self._balances(balances.c.account.startswith(prefix, autoescape=True)).items()))

    def holds(self) -> Sequence[Transaction]:
        """See `Book.holds`."""
        held = [s.transaction for s in self._standings(transactions.c.state == "held")]
        return sorted(held, key=lambda t: (t.at, t.key))

    def lines(self, account: str) -> Sequence[Standing]:
        """See `Book.lines`."""
        which = sa.select(postings.c.number).where(postings.c.account == account)
        return list(self._standings(transactions.c.number.in_(which)))

    def _balances(self, which: ColumnElement[bool]) -> dict[Pot, Balance]:
        rows = self._connection.execute(sa.select(balances).where(which))
        return {(r.account, r.currency): Balance(r.posted, r.held_in, r.held_out) for r in rows}

    def _standings(self, which: ColumnElement[bool]) -> Iterator[Standing]:
        joined = acts.join(transactions, transactions.c.number == acts.c.number)
        query = sa.select(acts, transactions.c.state).select_from(joined).where(which).order_by(acts.c.number)
        for row in self._connection.execute(query):
            act = act_of(row)
            yield Standing(act.read(Moved).of(act), row.state)


def act_of(row: Any) -> Act:
    """The act in a row of `acts`."""
    return Act(row.key, row.kind, row.subject, row.at, row.body)


def put(connection: Connection, change: Change, entries: Sequence[Entry]) -> None:
    """Keep what acts have done to the book.

    Args:
        connection: of a writing transaction.
        change: as the law told it.
        entries: its acts in their places.
    """
    places = {e.act.key: e.number for e in entries}
    fresh = [s for s in change.standings.values() if s.transaction.key in places]
    _insert(connection, transactions, ({
        "number": places[s.transaction.key], "key": s.transaction.key, "state": s.state, "expires": s.transaction.expires,
    } for s in fresh))  # fmt: skip
    _insert(connection, postings, (
        {"number": places[s.transaction.key], "line": n, "account": p.account, "currency": p.currency, "amount": p.amount}
        for s in fresh for n, p in enumerate(s.transaction.postings)
    ))  # fmt: skip
    older = [
        (s.transaction.key, s.state) for s in change.standings.values() if s.transaction.key not in places
    ]
    if older:
        update = (
            sa.update(transactions)
            .where(transactions.c.key == sa.bindparam("of"))
            .values(state=sa.bindparam("now"))
        )
        connection.execute(update, [{"of": key, "now": state} for key, state in older])
    _upsert(connection, change.balances)


def _upsert(connection: Connection, changed: Mapping[Pot, Balance]) -> None:
    if not changed:
        return
    dialect = connection.dialect.name
    if dialect == "postgresql":
        from sqlalchemy.dialects.postgresql import insert
    else:
        from sqlalchemy.dialects.sqlite import insert  # type: ignore[assignment]
    made = insert(balances)
    made = made.on_conflict_do_update(
        index_elements=["account", "currency"],
        set_={name: made.excluded[name] for name in ("posted", "held_in", "held_out")},
    )
    connection.execute(made, [
        {"account": name, "currency": currency, "posted": b.posted, "held_in": b.held_in, "held_out": b.held_out}
        for (name, currency), b in changed.items()
    ])  # fmt: skip


def insert_acts(connection: Connection, entries: Sequence[Entry]) -> None:
    """Append entries to `acts` and move the head."""
    _insert(connection, acts, ({
        "number": e.number, "key": e.act.key, "kind": e.act.kind, "subject": e.act.subject, "at": e.act.at,
        "body": e.act.body, "digest": e.digest, "seal": e.seal,
    } for e in entries))  # fmt: skip
    last = entries[-1]
    connection.execute(sa.update(tables.head).values(number=last.number, seal=last.seal))


def _insert(connection: Connection, table: sa.Table, rows: Iterable[Mapping[str, Any]]) -> None:
    made = list(rows)
    if made:
        connection.execute(sa.insert(table), made)


def chunks(items: Sequence[T]) -> Iterator[Sequence[T]]:
    """The items, so many at once as one statement takes."""
    return (items[i : i + AT_ONCE] for i in range(0, len(items), AT_ONCE))
