"""The book under fire: writers killed at any moment, writers side by side, a server that crashes."""

import time
from collections.abc import Callable, Sequence

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)
from msgspec.structs import replace

from servers import postgresql
from writers import BATCH, Writer, pour, spend
from zhenbo.act.book import admit, astray, flows, total
from zhenbo.core.acts import Act
from zhenbo.core.errors import RecordError
from zhenbo.core.ledger import LARGEST, Posting, Settlement, Transaction
from zhenbo.record import Memory, Store

pytestmark = pytest.mark.slow

PARTIES = st.sampled_from(["s1", "s2"])
AMOUNTS = st.one_of(st.integers(1, 300), st.sampled_from([LARGEST, LARGEST + 1]))


class Fire(RuleBasedStateMachine):
    """A store beside a model in memory: they must agree on what is taken, and on every balance, whatever happens."""

    new_url: Callable[[], str]

    @initialize()
    def opened(self) -> None:
        """An empty store and its model."""
        self.url = type(self).new_url()
        self.store = Store.open(self.url, admit)
        self.model = Memory(admit)
        self.at = self.serial = 0
        self.entered: list[Transaction] = []

    def both(self, acts: Sequence[Act]) -> None:
        """The same acts on both: taken by both or refused by both, in the same words."""
        told = []
        for each in (self.model, self.store):
            try:
                told.append(each.append(acts))
            except RecordError as error:
                told.append(str(error))
        assert told[0] == told[1]

    def enter(self, t: Transaction) -> None:
        """A transaction, remembered whether it is taken or not."""
        self.entered.append(t)
        self.both([t.act()])

    def key(self) -> str:
        """A key not used before."""
        self.serial += 1
        return f"k{self.serial}"

    @rule(amount=AMOUNTS)
    def fill_fund(self, amount: int) -> None:
        """Money for the fund."""
        self.enter(flows.fund_paid_in(self.key(), self.at, amount))

    @rule(party=PARTIES, amount=AMOUNTS)
    def lodge(self, party: str, amount: int) -> None:
        """A deposit comes in."""
        self.enter(flows.deposit_paid(self.key(), self.at, party, amount))

    @rule(party=PARTIES, amount=AMOUNTS)
    def give_back(self, party: str, amount: int) -> None:
        """A deposit goes out, if it is there."""
        self.enter(flows.deposit_refunded(self.key(), self.at, party, amount))

    @rule(party=PARTIES, amount=AMOUNTS, lasts=st.none() | st.integers(1, 5))
    def freeze(self, party: str, amount: int, lasts: int | None) -> None:
        """A deposit is set aside, for a while or until settled."""
        taken = flows.deposit_forfeited(self.key(), self.at, party, amount, "c")
        self.enter(flows.hold(taken, None if lasts is None else self.at + lasts))

    @rule(party=PARTIES, amount=AMOUNTS)
    def advance(self, party: str, amount: int) -> None:
        """The fund pays, if it can."""
        self.enter(flows.advance(self.key(), self.at, "b", party, "c", amount))

    @rule(party=PARTIES, amount=AMOUNTS, own=st.booleans())
    def recover(self, party: str, amount: int, own: bool) -> None:
        """The fund gets back, if it is owed."""
        source = flows.deposit(party) if own else None
        self.enter(flows.recovered(self.key(), self.at, party, "c", amount, source))

    @rule(party=PARTIES, amount=AMOUNTS)
    def write_off(self, party: str, amount: int) -> None:
        """The fund gives up, if it is owed."""
        self.enter(flows.written_off(self.key(), self.at, party, "c", amount, "gone"))

    @rule(skew=st.integers(-3, 3))
    def enter_what_does_not_balance(self, skew: int) -> None:
        """A transaction that may not balance."""
        lines = (Posting("outside:x", -5), Posting("fund:protection", 5 + skew))
        self.enter(Transaction(self.key(), self.at, "fund.paid_in", "x", lines))

    @rule(ticks=st.integers(1, 4))
    def wait(self, ticks: int) -> None:
        """Time passes."""
        self.at += ticks

    @precondition(lambda self: self.entered)
    @rule(data=st.data(), how=st.sampled_from(["post", "void", "expire"]))
    def settle(self, data: st.DataObject, how: str) -> None:
        """The end of some hold, or of what was none."""
        hold = data.draw(st.sampled_from(self.entered))
        self.both([Settlement(self.key(), self.at, hold.key, how, hold.subject).act()])

    @precondition(lambda self: self.entered)
    @rule(data=st.data())
    def reverse(self, data: st.DataObject) -> None:
        """Something is undone, if it can be."""
        self.enter(flows.reversal(data.draw(st.sampled_from(self.entered)), self.key(), self.at))

    @precondition(lambda self: self.entered)
    @rule(data=st.data(), other=st.booleans())
    def repeat(self, data: st.DataObject, other: bool) -> None:
        """The same again, or something else under its key."""
        t = data.draw(st.sampled_from(self.entered))
        self.both([replace(t, at=t.at + 1, note="other" if other else t.note).act()])

    @rule(after=st.floats(0, 0.08))
    def kill_a_writer(self, after: float) -> None:
        """A writer is killed: what it was told was recorded is there, every batch whole."""
        name, before = self.key(), self.store.head().number
        writer = Writer(pour, self.url, name)
        time.sleep(after)
        acknowledged = writer.kill()
        new = list(self.store.read(since=before))
        poured = [a.key for a in new if a.key.startswith(f"{name}/")]
        assert len(poured) % BATCH == 0, "part of a batch"
        assert {f"{k}/{i}" for k in acknowledged for i in range(BATCH)} <= set(poured), (
            "an acknowledged batch is gone"
        )
        self.model.append(new)

    @rule(times=st.integers(1, 8))
    def write_side_by_side(self, times: int) -> None:
        """Two write at once: what they were told adds up."""
        before = self.store.head().number
        writers = [Writer(spend, self.url, self.key(), times) for _ in range(2)]
        for each in writers:
            each.ours.send("go")
        taken = sum(each.end() for each in writers)
        new = list(self.store.read(since=before))
        assert taken == len([a for a in new if a.kind == "book.transaction"])
        self.model.append(new)

    @invariant()
    def sums_to_zero(self) -> None:
        """The law's sums hold, and the store is the model."""
        with self.store.book() as book, self.model.book() as model:
            kept = book.accounts()
            assert set(total(kept).values()) <= {0}
            assert astray(kept) == []
            assert kept == model.accounts()
            assert book.holds() == model.holds()
        assert self.store.head() == self.model.head()

    def teardown(self) -> None:
        """At the end the record is whole."""
        if hasattr(self, "store"):
            assert self.store.verify() is None
            self.store.close()


def under_fire(new_url: Callable[[], str], examples: int) -> None:
    """Run the machine on stores of that kind."""
    machine = type("FireOn", (Fire,), {"new_url": staticmethod(new_url)})
    checks = [HealthCheck.too_slow, HealthCheck.filter_too_much, HealthCheck.data_too_large]
    how = settings(
        max_examples=examples,
        stateful_step_count=30,
        deadline=None,
        suppress_health_check=checks,
        derandomize=True,
    )
    run_state_machine_as_test(machine, settings=how)


def test_sqlite_under_fire(tmp_path):
    """Whatever is entered, killed or raced on SQLite: zero in all, nothing overdrawn, the model agrees."""
    number = iter(range(10_000))
    under_fire(lambda: str(tmp_path / f"{next(number)}.db"), 5)


def test_postgresql_under_fire(server):
    """The same on a PostgreSQL server."""
    under_fire(server.database, 4)


def test_a_writer_killed_at_any_moment_leaves_a_whole_book(url):
    """Eight writers killed amid their work: whole batches, none acknowledged and lost, book and acts agree."""
    with Store.open(url, admit) as store:
        store.append([flows.fund_paid_in("f", 0, 10**9).act()])
        for n in range(8):
            writer = Writer(pour, url, f"w{n}")
            first = writer.ours.recv()  # at work: the next batch is under way
            time.sleep(n * 0.009)
            acknowledged = [first, *writer.kill()]
            keys = {a.key for a in store.read(subject=f"w{n}")}
            assert len(keys) % BATCH == 0
            assert {f"{k}/{i}" for k in acknowledged for i in range(BATCH)} <= keys
            assert store.verify() is None


def test_writers_side_by_side_share_a_fund_to_the_last_coin(url):
    """Four processes ask for 4 × 40 advances of a fund that holds 55: 55 are paid, and nobody is told otherwise."""
    with Store.open(url, admit) as store:
        store.append([flows.fund_paid_in("f", 0, 559).act()])
        writers = [Writer(spend, url, f"w{n}", 40) for n in range(4)]
        for each in writers:
            each.ours.send("go")
        assert sum(each.end() for each in writers) == 55
        with store.book() as book:
            assert book.accounts()[flows.pool(), "CNY"].posted == 9
        assert store.verify() is None


def test_many_open_a_new_store_at_once(url):
    """Processes that find no tables make them once between them."""
    writers = [Writer(spend, url, f"w{n}", 1) for n in range(3)]
    for each in writers:
        each.ours.send("go")
    assert [each.end() for each in writers] == [0, 0, 0]
    with Store.open(url, admit) as store:
        assert store.verify() is None


def test_a_crashed_server_comes_back_with_what_it_acknowledged():
    """PostgreSQL stopped without a flush while a writer pours: all it acknowledged is there, no batch in part."""
    with postgresql() as server:
        url = server.database()
        with Store.open(url, admit) as store:
            store.append([flows.fund_paid_in("f", 0, 1_000_000).act()])
        writer = Writer(pour, url, "w")
        time.sleep(0.4)
        server.stop("immediate")
        acknowledged = writer.kill()
        server.start()
        with Store.open(url, admit) as store:
            keys = [a.key for a in store.read(subject="w")]
            assert len(keys) % BATCH == 0
            assert {f"{k}/{i}" for k in acknowledged for i in range(BATCH)} <= set(keys)
            assert acknowledged
            assert store.verify() is None
