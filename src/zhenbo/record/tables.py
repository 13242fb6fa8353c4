"""The tables of the record: the acts, and the book that they add up to.

`acts` and `head` are the record; `transactions`, `postings` and `balances` are kept in the same breath so that a balance
is one row away, and can be made again from the acts at any time. The checks repeat what the book's law asks, so that not
even a broken law overdraws a fund.
"""

from sqlalchemy import (
    BigInteger,
    CheckConstraint,
    Column,
    ForeignKey,
    Index,
    Integer,
    MetaData,
    String,
    Table,
    Text,
    text,
)

REVISION = "0001"
"""The migration that makes these tables."""

_WHOLE = BigInteger().with_variant(Integer, "sqlite")  # 64 bits in both; SQLite's row number is an INTEGER

_HELD = "state = 'held'"

metadata = MetaData(
    naming_convention={
        "pk": "pk_%(table_name)s", "fk": "fk_%(table_name)s_%(column_0_name)s", "uq": "uq_%(table_name)s_%(column_0_name)s",
        "ix": "ix_%(table_name)s_%(column_0_name)s", "ck": "ck_%(table_name)s_%(constraint_name)s",
    }
)  # fmt: skip

acts = Table(
    "acts",
    metadata,
    Column("number", _WHOLE, primary_key=True, autoincrement=False),
    Column("key", Text, nullable=False, unique=True),
    Column("kind", Text, nullable=False),
    Column("subject", Text, nullable=False),
    Column("at", _WHOLE, nullable=False),
    Column("body", Text, nullable=False),
    Column("digest", String(64), nullable=False),
    Column("seal", String(64), nullable=False),
    Index("ix_acts_subject", "subject", "number"),
    Index("ix_acts_kind", "kind", "number"),
)
"""One row per act, numbered from 1 without gaps."""

head = Table(
    "head",
    metadata,
    Column("id", Integer, primary_key=True, autoincrement=False),
    Column("number", _WHOLE, nullable=False),
    Column("seal", String(64), nullable=False),
    CheckConstraint("id = 1", name="one"),
)
"""Where the record ends: its one row shows a record cut short."""

transactions = Table(
    "transactions",
    metadata,
    Column("number", _WHOLE, ForeignKey("acts.number"), primary_key=True, autoincrement=False),
    Column("state", Text, nullable=False),
    Column("expires", _WHOLE),
    CheckConstraint("state IN ('held', 'posted', 'voided', 'expired', 'reversed')", name="state"),
    Index("ix_transactions_held", "expires", sqlite_where=text(_HELD), postgresql_where=text(_HELD)),
)
"""What has become of each transaction; what it says is its act."""

postings = Table(
    "postings",
    metadata,
    Column("number", _WHOLE, ForeignKey("transactions.number"), primary_key=True, autoincrement=False),
    Column("line", Integer, primary_key=True, autoincrement=False),
    Column("account", Text, nullable=False),
    Column("currency", Text, nullable=False),
    Column("amount", _WHOLE, nullable=False),
    Index("ix_postings_account", "account", "number"),
    sqlite_with_rowid=False,
)
"""The lines of each transaction; only those of posted and reversed ones are in `balances.posted`."""

balances = Table(
    "balances",
    metadata,
    Column("account", Text, primary_key=True),
    Column("currency", Text, primary_key=True),
    Column("posted", _WHOLE, nullable=False),
    Column("held_in", _WHOLE, nullable=False),
    Column("held_out", _WHOLE, nullable=False),
    CheckConstraint("held_in >= 0 AND held_out >= 0", name="held"),
    CheckConstraint(
        "posted >= held_out OR substr(account, 1, 8) = 'outside:' OR substr(account, 1, 9) = 'recovery:'",
        name="never_negative",
    ),
    CheckConstraint("posted <= -held_in OR substr(account, 1, 9) <> 'recovery:'", name="never_positive"),
    sqlite_with_rowid=False,
)
"""What each account holds."""
