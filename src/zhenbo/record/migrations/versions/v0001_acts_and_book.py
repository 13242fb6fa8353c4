"""The acts, their head, and the book: its transactions, postings and balances."""

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None

_WHOLE = sa.BigInteger().with_variant(sa.Integer, "sqlite")


def upgrade() -> None:
    """Make the tables of the first version."""
    _acts()
    _book()


def downgrade() -> None:
    """A record is never taken back."""
    raise NotImplementedError("A record is never taken back; keep a copy of the store before an update.")


def _acts() -> None:
    op.create_table(
        "acts",
        sa.Column("number", _WHOLE, autoincrement=False, nullable=False),
        sa.Column("key", sa.Text, nullable=False),
        sa.Column("kind", sa.Text, nullable=False),
        sa.Column("subject", sa.Text, nullable=False),
        sa.Column("at", _WHOLE, nullable=False),
        sa.Column("body", sa.Text, nullable=False),
        sa.Column("digest", sa.String(64), nullable=False),
        sa.Column("seal", sa.String(64), nullable=False),
        sa.PrimaryKeyConstraint("number", name="pk_acts"),
        sa.UniqueConstraint("key", name="uq_acts_key"),
    )
    op.create_index("ix_acts_subject", "acts", ["subject", "number"])
    op.create_index("ix_acts_kind", "acts", ["kind", "number"])
    op.create_table(
        "head",
        sa.Column("id", sa.Integer, autoincrement=False, nullable=False),
        sa.Column("number", _WHOLE, nullable=False),
        sa.Column("seal", sa.String(64), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_head"),
        sa.CheckConstraint("id = 1", name=op.f("ck_head_one")),
    )
    op.execute(
        sa.text("INSERT INTO head (id, number, seal) VALUES (1, 0, :origin)").bindparams(origin="0" * 64)
    )


def _book() -> None:
    op.create_table(
        "transactions",
        sa.Column("number", _WHOLE, autoincrement=False, nullable=False),
        sa.Column("state", sa.Text, nullable=False),
        sa.Column("expires", _WHOLE),
        sa.PrimaryKeyConstraint("number", name="pk_transactions"),
        sa.ForeignKeyConstraint(["number"], ["acts.number"], name="fk_transactions_number"),
        sa.CheckConstraint(
            "state IN ('held', 'posted', 'voided', 'expired', 'reversed')", name=op.f("ck_transactions_state")
        ),
    )
    held = sa.text("state = 'held'")
    op.create_index(
        "ix_transactions_held", "transactions", ["expires"], sqlite_where=held, postgresql_where=held
    )
    op.create_table(
        "postings",
        sa.Column("number", _WHOLE, autoincrement=False, nullable=False),
        sa.Column("line", sa.Integer, autoincrement=False, nullable=False),
        sa.Column("account", sa.Text, nullable=False),
        sa.Column("currency", sa.Text, nullable=False),
        sa.Column("amount", _WHOLE, nullable=False),
        sa.PrimaryKeyConstraint("number", "line", name="pk_postings"),
        sa.ForeignKeyConstraint(["number"], ["transactions.number"], name="fk_postings_number"),
        sqlite_with_rowid=False,
    )
    op.create_index("ix_postings_account", "postings", ["account", "number"])
    op.create_table(
        "balances",
        sa.Column("account", sa.Text, nullable=False),
        sa.Column("currency", sa.Text, nullable=False),
        sa.Column("posted", _WHOLE, nullable=False),
        sa.Column("held_in", _WHOLE, nullable=False),
        sa.Column("held_out", _WHOLE, nullable=False),
        sa.PrimaryKeyConstraint("account", "currency", name="pk_balances"),
        sa.CheckConstraint("held_in >= 0 AND held_out >= 0", name=op.f("ck_balances_held")),
        sa.CheckConstraint(
            "posted >= held_out OR substr(account, 1, 8) = 'outside:' OR substr(account, 1, 9) = 'recovery:'",
            name=op.f("ck_balances_never_negative"),
        ),
        sa.CheckConstraint(
            "posted <= -held_in OR substr(account, 1, 9) <> 'recovery:'",
            name=op.f("ck_balances_never_positive"),
        ),
        sqlite_with_rowid=False,
    )
