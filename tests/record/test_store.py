"""Every store keeps the same promises: in memory, in SQLite, in PostgreSQL."""

from contextlib import ExitStack

import msgspec
import pytest
import sqlalchemy as sa
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext

from zhenbo.act.book import admit, astray, book, flows, total
from zhenbo.core.acts import Act, Head, digest
from zhenbo.core.errors import BookError, RecordError
from zhenbo.core.ledger import Settlement
from zhenbo.record import Memory, Store
from zhenbo.record.tables import metadata


class Said(msgspec.Struct):
    """What an act of the tests says."""

    word: str


def said(key: str, word: str = "…", subject: str = "s", kind: str = "case.noted", at: int = 7) -> Act:
    """An act that moves no money."""
    return Act.of(key, kind, subject, at, Said(word))


STORY = [
    flows.fund_paid_in("f", 1, 1_000),
    flows.deposit_paid("d", 2, "s1", 500),
    flows.advance("a", 3, "b1", "s1", "c1", 400),
    flows.hold(flows.deposit_forfeited("h", 4, "s1", 200, "c2"), expires=10),
    flows.recovered("r", 5, "s1", "c1", 100, flows.deposit("s1")),
]


def entered(store: Memory | Store) -> Memory | Store:
    """The store with a fund, a deposit, an advance, a hold and a recovery."""
    store.append([t.act() for t in STORY])
    return store


def test_an_act_is_recorded_once(store):
    """The same again, even later and in the same batch, changes nothing; the first time stands."""
    assert store.append([said("k1"), said("k2"), said("k1")]) == 2
    assert store.append([said("k1", at=99), said("k3")]) == 1
    assert [(a.key, a.at) for a in store.read()] == [("k1", 7), ("k2", 7), ("k3", 7)]


def test_a_key_says_one_thing_for_ever(store):
    """Other content under a known key is an error that names both, and nothing of the batch stays."""
    store.append([said("k1", "gift")])
    with pytest.raises(RecordError, match=r"k1.*gift.*theft"):
        store.append([said("k2"), said("k1", "theft")])
    assert [a.key for a in store.read()] == ["k1"]


def test_reading_chooses_and_resumes(store):
    """By subject, by kind, by a family of kinds, from a place on; hostile text comes back as it was."""
    wild = said("键'; DROP TABLE acts;--%", "<b>\\u0000%s{}💥", subject="a_b%")
    store.append([wild, said("k2", kind="claim.paid"), said("k3", kind="claimant.met", subject="aXb_")])
    assert [a.key for a in store.read(subject="a_b%")] == [wild.key]
    assert next(store.read()).read(Said).word == "<b>\\u0000%s{}💥"
    assert [a.key for a in store.read(kind="claim.")] == ["k2"]
    assert [e.number for e in store.entries(since=1)] == [2, 3]


def test_long_reading_misses_nothing(store):
    """More acts than one statement takes are read in full and in order."""
    store.append([said(f"k{n}") for n in range(2_345)])
    assert [a.key for a in store.read()] == [f"k{n}" for n in range(2_345)]


def test_all_stores_seal_alike(store):
    """The same acts give the same head everywhere: a record can move between stores."""
    assert entered(store).head() == entered(Memory(admit)).head() != Head()


def test_the_kept_book_is_the_fold_of_the_acts(store):
    """Balances, open holds and lines are what the acts add up to; the whole sums to zero."""
    made = book(entered(store).read())
    with store.book() as kept:
        assert kept.accounts() == made.accounts()
        assert kept.holds() == made.holds() != []
        assert kept.lines("deposit:s1") == made.lines("deposit:s1") != []
        assert total(kept.accounts()) == {"CNY": 0}
        assert astray(kept.accounts()) == []


def test_a_refused_transaction_takes_the_whole_batch_with_it(store):
    """What is set aside by a hold cannot be spent, and an act recorded beside the payment is not recorded either."""
    entered(store)
    before = store.head()
    with pytest.raises(BookError, match=r"deposit:s1 has 2\.00 CNY free; 2\.01 cannot be taken"):
        store.append([said("decided"), flows.deposit_refunded("x", 6, "s1", 201).act()])
    assert store.head() == before


def test_a_hold_that_fell_due_is_expired_by_an_act(store):
    """Time passes with the acts: at its moment the hold lapses, recorded, and what it held is free again."""
    entered(store)
    store.append([flows.deposit_refunded("x", 10, "s1", 400).act()])
    assert [a.key for a in store.read(since=len(STORY))] == ["book/expired/h", "x"]
    with pytest.raises(BookError, match="h is not open, it is expired"):
        store.append([Settlement("late", 11, "h", "post", "c2").act()])


def test_an_appeal_leaves_the_book_as_if_it_had_never_been(store):
    """A forfeiture posted and undone: every balance is what it was, both stay on record, and it is undone once only."""
    entered(store)
    with store.book() as kept:
        before = dict(kept.accounts())
    taken = flows.deposit_forfeited("t", 6, "s1", 150, "c3")
    store.append([taken.act()])
    store.append([flows.reversal(taken, "appeal", 7, "upheld").act()])
    with store.book() as kept:
        assert kept.accounts() == before
        assert {k: s.state for k, s in kept.standings(["t", "appeal"]).items()} == {
            "t": "reversed",
            "appeal": "posted",
        }
    with pytest.raises(BookError, match="t, which is reversed"):
        store.append([flows.reversal(taken, "again", 8).act()])


def test_what_was_appended_is_there_when_opened_again(opened):
    """Another process sees it, and opening makes nothing twice."""
    entered(opened())
    again = opened()
    assert again.head().number == len(STORY)
    assert again.verify() is None


TAMPERED = {
    "act changed": ("UPDATE acts SET subject = 'rival' WHERE number = 2", "changed", (2, "d")),
    "sum changed": ("UPDATE acts SET body = replace(body, '400', '900') WHERE number = 3", "changed", (3, "a")),
    "act and digest changed": ("UPDATE acts SET body = '{}', digest = '{forged}' WHERE number = 3", "unsealed", (3, "a")),
    "kind unreadable": ("UPDATE acts SET kind = 'X' WHERE number = 3", "changed", (3, "a")),
    "act dropped": ("DELETE FROM acts WHERE number = 3", "missing", (3, "h")),
    "first dropped": ("DELETE FROM acts WHERE number = 1", "missing", (1, "d")),
    "end cut": ("DELETE FROM acts WHERE number = 5", "cut", (5, None)),
    "slipped in": ("INSERT INTO acts SELECT number + 1, 'x', kind, subject, at, body, digest, seal FROM acts WHERE number = 5", "changed", (6, "x")),
    "head moved": ("UPDATE head SET number = 4", "beyond", (5, "r")),
    "head's seal": ("UPDATE head SET seal = '{digest}'", "head", (5, None)),
    "fund plundered": ("UPDATE balances SET posted = posted - 1 WHERE account = 'fund:protection'", "balance", (None, "fund:protection")),
    "balance dropped": ("DELETE FROM balances WHERE account = 'deposit:s1'", "balance", (None, "deposit:s1")),
    "hold opened": ("UPDATE transactions SET state = 'voided' WHERE number = 4", "standing", (4, "h")),
    "posting moved": ("UPDATE postings SET account = 'outside:me' WHERE number = 3 AND line = 1", "posting", (3, "a")),
    "posting dropped": ("DELETE FROM postings WHERE number = 2 AND line = 0", "posting", (2, "d")),
    "posting slipped in": ("INSERT INTO postings VALUES (2, 9, 'outside:me', 'CNY', 1)", "posting", (2, "d")),
}  # fmt: skip


@pytest.mark.parametrize("how", TAMPERED)
def test_a_tampered_row_is_found_and_named(opened, url, how):
    """Whatever is changed behind the store's back, `verify` says which row; untouched it says nothing."""
    store = entered(opened())
    assert store.verify() is None
    statement, what, (number, key) = TAMPERED[how]
    forged = digest(Act("a", "book.transaction", "c1", 3, "{}"))
    behind(url, statement.replace("{digest}", "0" * 64).replace("{forged}", forged))
    found = store.verify()
    assert (found.what, found.args.get("number"), found.args.get("key")) == (what, number, key)


def behind(url: str, statement: str) -> None:
    """What somebody does who has the database, but not the store: no foreign key holds them up."""
    plain = sa.create_engine(
        f"sqlite:///{url}" if "://" not in url else url.replace("postgresql", "postgresql+psycopg", 1)
    )
    with ExitStack() as last, plain.begin() as connection:
        last.callback(plain.dispose)
        if plain.dialect.name == "postgresql":
            connection.exec_driver_sql("SET session_replication_role = replica")
        connection.exec_driver_sql(statement)


def test_a_record_written_anew_is_found_by_the_head_that_was_kept(opened, url):
    """Whoever rewrites all of it, seals and book included, is caught by one seal written down elsewhere."""
    store = entered(opened())
    kept = store.head()
    for table in ("postings", "balances", "transactions", "acts"):
        behind(url, f"DELETE FROM {table}")
    behind(url, f"UPDATE head SET number = 0, seal = '{'0' * 64}'")
    store.append([t.act() for t in [flows.fund_paid_in("f", 1, 999), *STORY[1:]]])
    assert store.verify() is None
    assert (store.verify([kept]).what, store.verify([kept]).args["number"]) == ("kept", 5)


def test_the_database_itself_overdraws_no_fund(opened, url):
    """Below the law stand the tables' own checks: an overdrawn fund is no row at all."""
    entered(opened())
    with pytest.raises(sa.exc.IntegrityError):
        behind(url, "UPDATE balances SET posted = -1 WHERE account = 'fund:protection'")


def test_migrations_make_the_tables_the_code_knows(opened):
    """A migrated store has exactly the tables of `record.tables`."""
    with opened()._engine.connect() as connection:
        assert compare_metadata(MigrationContext.configure(connection), metadata) == []


def test_a_later_store_is_left_alone(opened, url):
    """A store that a later zhenbo wrote is refused, with what to do."""
    opened().close()
    behind(url, "UPDATE alembic_version SET version_num = '9999'")
    with pytest.raises(RecordError, match="later zhenbo"):
        Store.open(url, admit)


@pytest.mark.parametrize(
    ("name", "told"),
    [
        ("mysql://u:secret@h/d", "no store"),
        ("sqlite://", "no store"),
        ("://", "no store"),
        ("postgresql://u:secret@127.0.0.1:1/d", "cannot be used|refused"),
        ("/proc/none/x.db", "cannot be made"),
    ],
)
def test_what_is_no_store_is_said_in_words(name, told):
    """A wrong --store is told without its password."""
    with pytest.raises(RecordError, match=told) as error:
        Store.open(name, admit)
    assert "secret" not in str(error.value)


def test_a_file_that_is_no_store_is_left_as_it_was(tmp_path):
    """Neither a picture nor a missing file becomes a store by being read."""
    picture = tmp_path / "x.png"
    picture.write_bytes(b"\x89PNG" + b"x" * 5_000)
    with pytest.raises(RecordError, match="not a database"):
        Store.open(str(picture), admit)
    assert picture.read_bytes() == b"\x89PNG" + b"x" * 5_000
    with pytest.raises(RecordError, match="There is no store"):
        Store.open(str(tmp_path / "none.db"), admit, create=False)
