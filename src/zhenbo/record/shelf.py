"""The book as the database keeps it: read by the law while nobody else writes, and by whoever wants to see it."""

import json
from collections.abc import Collection, Iterator, Mapping, Sequence
from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.engine import Connection
from sqlalchemy.sql.elements import ColumnElement

from zhenbo.core.acts import Act, Entry
from zhenbo.core.ledger import Balance, Change, Moved, Pot, Standing, Transaction
from zhenbo.record import tables
from zhenbo.record.tables import acts, balances, postings, transactions


class SqlShelf:
    """See `zhenbo.core.ledger.Book`; lives as long as the connection's transaction."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def balances(self, pots: Collection[Pot]) -> Mapping[Pot, Balance]:
        """See `Shelf.balances`."""
        wanted = set(pots)
        found = self._balances(among(self._connection, balances.c.account, {name for name, _ in wanted}))
        return {pot: b for pot, b in found.items() if pot in wanted}

    def standings(self, keys: Collection[str]) -> Mapping[str, Standing]:
        """See `Shelf.standings`."""
        return (
            {s.transaction.key: s for s in self._standings(among(self._connection, acts.c.key, keys))}
            if keys
            else {}
        )

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
    fresh = [(places[key], s) for key, s in change.standings.items() if key in places]
    _insert(connection, transactions, [(n, s.state, s.transaction.expires) for n, s in fresh])
    _insert(
        connection,
        postings,
        [
            (number, line, p.account, p.currency, p.amount)
            for number, s in fresh
            for line, p in enumerate(s.transaction.postings)
        ],
    )
    older = [{"of": key, "now": s.state} for key, s in change.standings.items() if key not in places]
    if older:
        which = sa.select(acts.c.number).where(acts.c.key == sa.bindparam("of")).scalar_subquery()
        update = (
            sa.update(transactions).where(transactions.c.number == which).values(state=sa.bindparam("now"))
        )
        connection.execute(update, older)
    kept = [(*pot, b.posted, b.held_in, b.held_out) for pot, b in change.balances.items()]
    sums = ", ".join(f"{name} = excluded.{name}" for name in ("posted", "held_in", "held_out"))
    _insert(connection, balances, kept, f" ON CONFLICT (account, currency) DO UPDATE SET {sums}")


def insert_acts(connection: Connection, entries: Sequence[Entry]) -> None:
    """Append entries to `acts` and move the head."""
    rows = [
        (e.number, e.act.key, e.act.kind, e.act.subject, e.act.at, e.act.body, e.digest, e.seal)
        for e in entries
    ]
    _insert(connection, acts, rows)
    connection.execute(sa.update(tables.head).values(number=entries[-1].number, seal=entries[-1].seal))


def _insert(connection: Connection, table: sa.Table, rows: Sequence[tuple[Any, ...]], more: str = "") -> None:
    """Rows in the order of the table's columns, handed to the driver as they are: several times the speed of `insert()`.

    SQLite takes them one after the other at memory speed; PostgreSQL as one array per column, in one statement.
    """
    if not rows:
        return
    names = [f'"{c.name}"' for c in table.columns]
    into = f'INSERT INTO "{table.name}" ({", ".join(names)})'
    if connection.dialect.name == "postgresql":
        arrays = ", ".join(f"%s::{c.type.compile(connection.dialect)}[]" for c in table.columns)
        columns = tuple(list(column) for column in zip(*rows, strict=True))
        connection.exec_driver_sql(f"{into} SELECT * FROM unnest({arrays}){more}", columns)  # noqa: S608 - names are ours
    else:
        marks = ", ".join("?" for _ in table.columns)
        connection.exec_driver_sql(f"{into} VALUES ({marks}){more}", list(rows))


def among(connection: Connection, column: sa.Column[Any], values: Collection[str]) -> ColumnElement[bool]:
    """Whether a column is one of the values, however many: they travel as one array, not as so many parameters."""
    if (
        connection.dialect.name == "postgresql"
    ):  # joined, not compared with each: `= ANY` reads 10,000 keys per row
        return column.in_(sa.select(sa.func.unnest(sa.bindparam(None, list(values), type_=ARRAY(sa.Text)))))
    told = sa.func.json_each(json.dumps(list(values))).table_valued("value")
    return column.in_(sa.select(told.c.value))
