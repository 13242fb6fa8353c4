"""The book as pure functions: every movement balances, what is undone leaves no trace, deposits go back as the law asks."""

import datetime as dt
from importlib.resources import files

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from zhenbo.act.book import admit, astray, book, lodged, net, read_terms, recoveries, refund, total
from zhenbo.act.book import flows as f
from zhenbo.act.book.view import overview, statement
from zhenbo.core.acts import Head
from zhenbo.core.errors import BookError, PackError
from zhenbo.core.ledger import LARGEST, Pages, Posting, Settlement, Transaction, account, known, parts
from zhenbo.core.session import DAY

NOW = 1_700_000_000_000_000
CREATOR = read_terms(files("zhenbo").joinpath("packs/deposits/creator.toml").read_text("utf-8"))
DAY_OF = dt.date(2021, 1, 1)

FLOWS = [
    f.deposit_paid("1", 0, "s", 500),
    f.fund_paid_in("2", 0, 1000),
    f.accrued("3", 0, "s", 300, "order-1"),
    f.budget_granted("4", 0, "sampling", 400, f.pool()),
    f.advance("5", 0, "b", "s", "c", 200),
    f.recovered("6", 0, "s", "c", 120, f.payable("s")),
    f.written_off("7", 0, "s", "c", 80, "closed down"),
    f.budget_spent("8", 0, "sampling", 150, "laboratory", "lot-1"),
    f.compensated("9", 0, "b", "c", 100, f.deposit("s"), flow="compensation.punitive"),
    f.deposit_forfeited("10", 0, "s", 50, "c2"),
    f.withdrawn("11", 0, "s", 180),
    f.deposit_refunded("12", 0, "s", 350),
]


def entered(*moves, into=None):
    """The book after these, one by one."""
    pages = into or Pages()
    for move in moves:
        pages.put(admit([move.act()], pages))
    return pages


def refused(pages, move):
    """Why the book refuses it."""
    with pytest.raises(BookError) as error:
        admit([move.act()], pages)
    return str(error.value)


def test_every_flow_balances_and_every_pot_ends_where_it_should():
    """A year of all movements: zero in all, the deposit gone, the debt settled, the budget and the fund to the cent."""
    pages = entered(*FLOWS)
    left = {name: b.posted for (name, _), b in pages.accounts().items() if not name.startswith("outside:")}
    assert left == {
        "budget:sampling": 250, "claims:protection": 0, "deposit:s": 0, "fund:protection": 570, "payable:s": 0,
        "recovery:s:c": 0,
    }  # fmt: skip
    assert total(pages.accounts()) == {"CNY": 0}


@given(st.data())
def test_undoing_everything_leaves_the_book_as_if_nothing_had_been(data):
    """Reversed in any order that the book takes, all movements leave every balance at zero."""
    pages, left = entered(*FLOWS), list(FLOWS)
    while left:
        taken = []
        for t in data.draw(st.permutations(left)):
            try:
                entered(f.reversal(t, f"undo {t.key}", 1), into=pages)
                taken.append(t)
            except BookError:
                continue
        assert taken, "stuck"
        left = [t for t in left if t not in taken]
    assert {b.posted for b in pages.accounts().values()} == {0}
    assert [r for r in recoveries(pages) if r.open or r.advanced] == []


def test_an_undone_reversal_stands_again():
    """Upheld, then overturned by the next instance: the advance and its debt are there again, once."""
    paid = f.advance("a", 0, "b", "s", "c", 200)
    once = f.reversal(paid, "appeal", 1)
    pages = entered(f.fund_paid_in("f", 0, 500), paid, once, f.reversal(once, "overturned", 2))
    (owed,) = recoveries(pages)
    assert (owed.advanced, owed.recovered, owed.open) == (200, 0, 200)
    assert "reversed" in refused(pages, f.reversal(paid, "again", 3))


def test_a_fund_pays_no_more_than_it_has():
    """What is set aside counts as spent; what is only promised to come in does not count at all."""
    pages = entered(
        f.fund_paid_in("f", 0, 100),
        f.hold(f.advance("h", 0, "b", "s", "c", 60)),
        f.hold(f.fund_paid_in("promised", 0, 1_000)),
    )
    assert "fund:protection has 0.40 CNY free; 0.41 cannot be taken" in refused(
        pages, f.advance("x", 1, "b", "s", "c2", 41)
    )
    entered(f.advance("y", 1, "b", "s", "c2", 40), into=pages)
    assert astray(pages.accounts()) == []


def test_no_more_is_recovered_than_is_owed():
    """Not twice, not together with a write-off, not while a held recovery would cover it."""
    pages = entered(
        f.fund_paid_in("f", 0, 100),
        f.advance("a", 0, "b", "s", "c", 60),
        f.hold(f.recovered("h", 1, "s", "c", 50)),
    )
    assert "owes 0.10 CNY; 0.11 would be more than is owed" in refused(
        pages, f.recovered("x", 2, "s", "c", 11)
    )
    assert "owes 0.10" in refused(pages, f.written_off("y", 2, "s", "c", 20, "gone"))


WRONG = {
    "does not balance": (Posting("outside:a", -5), Posting("fund:x", 4)),
    "sum to": (Posting("outside:a", -5, "CNY"), Posting("fund:x", 5, "USD")),
    "is no account": (Posting("purse:a", -5), Posting("fund:x", 5)),
    "'fund:' is no account": (Posting("outside:a", -5), Posting("fund:", 5)),
    "is no currency": (Posting("outside:a", -5, "yuan"), Posting("fund:x", 5, "yuan")),
    "not 0": (Posting("outside:a", 0), Posting("fund:x", 0)),
    "of at most": (Posting("outside:a", -LARGEST - 1), Posting("fund:x", LARGEST + 1)),
    "takes 2 to": (Posting("outside:a", 5),),
    "Split a longer one": tuple(Posting("outside:a", (-1) ** n) for n in range(1_002)),
}


@pytest.mark.parametrize("told", WRONG)
def test_a_wrong_transaction_is_refused_in_words(told):
    """Each with what is wrong and what to write; nothing is entered."""
    assert told in refused(Pages(), Transaction("t", 0, "x.y", "s", WRONG[told]))


def test_an_account_never_grows_beyond_what_a_store_can_hold():
    """The largest amount once is fine; one cent more is refused, held or not."""
    pages = entered(f.fund_paid_in("f", 0, LARGEST))
    assert "the most an account can hold" in refused(pages, f.fund_paid_in("g", 0, 1))
    assert "the most an account can hold" in refused(
        entered(f.fund_paid_in("h", 0, LARGEST, fund="b")), f.fund_paid_in("i", 0, 1)
    )


def test_a_hold_is_settled_once_and_in_time():
    """Posted, it moves what it held; after its time, or twice, or for what was never held, it is refused."""
    taken = f.hold(f.deposit_forfeited("h", 0, "s", 30, "c"), expires=10)
    pages = entered(f.deposit_paid("d", 0, "s", 50), taken)
    assert "h lapses by itself at 10" in refused(pages, Settlement("x", 5, "h", "expire", "c"))
    entered(Settlement("p", 9, "h", "post", "c"), into=pages)
    assert pages.accounts()["fund:protection", "CNY"].posted == 30
    assert "it is posted" in refused(pages, Settlement("q", 9, "h", "void", "c"))
    assert "no hold d2" in refused(pages, Settlement("q", 9, "d2", "void", "c"))


def test_a_lapsed_hold_frees_its_money_before_what_follows_is_judged():
    """At the very moment of expiry the deposit is free again; the record says so before the refund."""
    taken = f.hold(f.deposit_forfeited("h", 0, "s", 30, "c"), expires=10)
    pages = entered(f.deposit_paid("d", 0, "s", 50), taken)
    assert "cannot be taken" in refused(pages, f.deposit_refunded("r", 9, "s", 50))
    change = admit([f.deposit_refunded("r", 10, "s", 50).act()], pages)
    assert [a.key for a in change.acts] == ["book/expired/h", "r"]


def test_nobody_takes_the_key_of_an_expiry_beforehand():
    """Neither a settlement nor a transaction can stand where the expiry of a hold will have to."""
    taken = f.hold(f.deposit_forfeited("h", 0, "s", 30, "c"), expires=10)
    pages = entered(f.deposit_paid("d", 0, "s", 50), taken)
    for squatter in (
        Settlement("book/expired/h", 9, "h", "void", "c"),
        f.deposit_paid("book/expired/h", 9, "s", 1),
    ):
        assert "is kept for holds that lapse" in refused(pages, squatter)


def test_a_record_that_leaves_out_an_expiry_is_no_book():
    """The fold takes only what the law would have admitted, in that order."""
    acts = [m.act() for m in (f.deposit_paid("d", 0, "s", 50), f.hold(f.deposit_forfeited("h", 0, "s", 30, "c"), 10), f.deposit_refunded("r", 10, "s", 50))]  # fmt: skip
    with pytest.raises(BookError, match="lacks act book/expired/h"):
        book(acts)


@given(st.lists(st.text(st.characters(), min_size=1, max_size=20), min_size=1, max_size=3))
def test_any_name_becomes_an_account_and_comes_back(names):
    """Colons, spaces, control characters and half emoji in an id neither break an account nor run two together."""
    name = account("recovery", *names)
    assert parts(name) == ("recovery", *names)
    assert known(name) or len(name) > 200


def test_five_hundred_yuan_unpaid_partly_paid_and_paid():
    """D05 from 2020-10-20: what is missing is told to the cent, and paying it settles it; before that day nothing is asked."""
    pages = entered(f.deposit_paid("d", 0, "s", 30_000))
    assert lodged("s", pages, CREATOR, DAY_OF).missing == 20_000
    assert lodged("other", pages, CREATOR, DAY_OF).missing == 50_000
    assert lodged("s", pages, CREATOR, dt.date(2020, 10, 19)).paid
    assert lodged("s", entered(f.deposit_paid("e", 0, "s", 20_000), into=pages), CREATOR, DAY_OF).paid
    entered(f.deposit_forfeited("g", 1, "s", 10_000, "c"), into=pages)
    assert lodged("s", pages, CREATOR, DAY_OF).missing == 10_000


def standing_at_exit():
    """A deposit of 500 yuan, 200 of it frozen by a case, and an advance of 100 that has not come back."""
    return entered(
        f.fund_paid_in("f", 0, 100_000), f.deposit_paid("d", 0, "s", 50_000), f.advance("a", 0, "b", "s", "claim", 10_000),
        f.hold(f.deposit_forfeited("h", 0, "s", 20_000, "case"), NOW + DAY),
    )  # fmt: skip


def test_who_leaves_gets_all_back_that_nobody_agreed_to_keep():
    """Terms that say nothing of waiting or set-off keep nothing; only what a decision froze stays, with its end told."""
    leaving = refund("s", standing_at_exit(), CREATOR, NOW, NOW)
    assert (leaving.amount, leaving.by) == (30_000, NOW)
    assert [(w.amount, w.why, w.ref, w.until) for w in leaving.withheld] == [
        (20_000, "frozen", "h", NOW + DAY)
    ]


def test_who_leaves_waits_and_pays_as_agreed():
    """With a right of set-off and ninety days agreed: the debt is kept at once, the rest goes back on the ninetieth day."""
    terms = replace(CREATOR, wait_days=90, refund_days=7, set_off=True)
    pages = standing_at_exit()
    early = refund("s", pages, terms, NOW, NOW + 90 * DAY - 1)
    assert (early.amount, early.by) == (0, NOW + 97 * DAY)
    assert [(w.amount, w.why) for w in early.withheld] == [
        (20_000, "frozen"),
        (10_000, "owed"),
        (20_000, "waiting"),
    ]
    due = refund("s", pages, terms, NOW, NOW + 90 * DAY)
    entered(*due.transactions("exit-s", NOW), into=pages)
    assert due.amount == 20_000
    assert [r.open for r in recoveries(pages)] == [0]
    assert pages.accounts()["deposit:s", "CNY"].free == 0


def test_terms_that_do_not_read_are_told():
    """A misspelt or senseless term is an error, never a default."""
    for text in ('id = "x"', 'id="x"\namount=-1\ncurrency="CNY"\nsince=2020-01-01', 'id="x"\namount=1\ncurrency="CNY"\nsince=2020-01-01\nwait=3'):  # fmt: skip
        with pytest.raises(PackError):
            read_terms(text)


def test_statement_and_overview_tell_the_book():
    """The statement's last balance is the account's; what is held moves nothing; the overview sums to zero."""
    pages = standing_at_exit()
    rows = statement(pages, "fund:protection")
    assert [(r.key, r.amount, r.balance) for r in rows] == [
        ("f", 100_000, 100_000),
        ("a", -10_000, 90_000),
        ("h", 20_000, None),
    ]
    seen = overview(pages, Head(4, "0" * 64))
    assert seen.totals == {"CNY": 0}
    assert [(o.case, o.open) for o in seen.recoveries] == [("claim", 10_000)]
    assert [p.values[-1] for p in seen.funds] == [90_000]
    assert [h.key for h in seen.holds] == ["h"]
    assert all(sum(net(t).values()) == 0 for t in FLOWS)
