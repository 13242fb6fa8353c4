"""The life of orders in columns: purchases and their goods, several sources of one fact, requests that end without money."""

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from zhenbo.core.dataset import Dataset, canonical_order, subjects
from zhenbo.core.schema import EVENTS
from zhenbo.core.session import HOUR
from zhenbo.intake.distinct import distinct
from zhenbo.kernel.orders import NEVER, Orders, orders

T0 = 1_777_665_600_000_000


def made(*rows: dict) -> Orders:
    """The orders of these rows, each later than the one before."""
    full = [
        {"platform": "t", "source": "a@1", "host_id": "h", "session_id": "s", "flags": 0, "event_id": f"e{i}", "ts": T0 + i * HOUR, "currency": "CNY"} | row
        for i, row in enumerate(rows)
    ]  # fmt: skip
    (session,) = subjects(Dataset(canonical_order(pa.Table.from_pylist(full, schema=EVENTS))))
    return orders(session)


def of(told: Orders, column: str) -> dict[str, int]:
    """A column by order id."""
    return dict(zip(told.id.to_pylist(), getattr(told, column).tolist(), strict=True))


def create(order: str | None, amount: int | None, parent: str | None = None, **more) -> dict:
    """An order made."""
    return {"kind": "order_create", "order_id": order, "parent_id": parent, "amount": amount} | more


def test_a_row_that_names_only_the_purchase_speaks_of_all_its_goods():
    """Paid, shipped and cancelled by the parent order; a purchase without goods is an order itself."""
    told = made(
        create("a", 100, "p"), create("b", 50, "p"), create("c", 70, "q"), create(None, 30, "lone"),
        {"kind": "order_pay", "order_id": None, "parent_id": "p"}, {"kind": "order_ship", "order_id": "p"},
        {"kind": "order_cancel", "order_id": None, "parent_id": "q"}, {"kind": "order_pay", "order_id": None, "parent_id": "lone"},
    )  # fmt: skip
    assert told.id.to_pylist() == ["a", "b", "c", "lone"]
    assert told.was_paid.tolist() == [True, True, False, True]
    assert told.happened("shipped").tolist() == [True, True, False, False]
    assert told.happened("cancelled").tolist() == [False, False, True, False]
    assert of(told, "amount") == {"a": 100, "b": 50, "c": 70, "lone": 30}


def test_a_purchase_told_whole_by_one_source_and_by_its_goods_by_another_is_sold_once():
    """An order report beside an item report: goods without times are dated and what was let go is shared among them."""
    goods = [create(o, n, "p", source="items@1", ts=None) for o, n in (("a", 200), ("b", 100))]
    pays = [
        {"kind": "order_pay", "order_id": o, "parent_id": "p", "source": "items@1", "ts": None} for o in "ab"
    ]
    told = made(create("p", 300, "p", addr="x1"), {"kind": "order_pay", "order_id": "p", "amount": 300, "discount_seller": 30}, *goods, *pays)  # fmt: skip
    assert of(told, "amount") == {"a": 200, "b": 100}
    assert of(told, "discount") == {"a": 20, "b": 10}
    assert told.timed("created").all()
    assert (told.keys["addr"] >= 0).all()
    first = made(
        create("p", 300, "p"), create("b", 100, "p")
    )  # Taobao numbers a first good like its purchase
    assert of(first, "amount") == {"p": 300, "b": 100}


def test_one_after_sale_told_by_two_sources_is_refunded_once():
    """Same case, or a source that names none: counted once; what only one of them tells is not lost."""
    order = [create("a", 1_000), {"kind": "order_pay", "order_id": "a"}]
    refund = {"kind": "refund_done", "order_id": "a"}
    both = made(*order, refund | {"amount": 300, "ref_id": "c1"}, refund | {"amount": 300, "ref_id": "c1", "source": "b@1"})  # fmt: skip
    bare = made(*order, refund | {"amount": 300}, refund | {"amount": 300, "ref_id": "c1", "source": "b@1"})
    more = made(*order, refund | {"amount": 500}, refund | {"amount": 300, "ref_id": "c1", "source": "b@1"})
    parts = made(*order, refund | {"amount": 300, "ref_id": "c1"}, refund | {"amount": 200, "ref_id": "c2"})
    across = made(*order, refund | {"amount": 300, "ref_id": "c1"}, refund | {"amount": 200, "ref_id": "c2", "source": "b@1"})  # fmt: skip
    assert [o.refund.tolist() for o in (both, bare, more, parts, across)] == [
        [300],
        [300],
        [500],
        [500],
        [500],
    ]
    whole = {"kind": "refund_done", "order_id": None, "parent_id": "p", "source": "b@1"}
    goods = [create("a", 100, "p"), create("b", 50, "p")]
    assert made(*goods, refund | {"amount": 100}, whole | {"amount": 120}).refund.tolist() == [100, 20]
    assert made(*goods, refund | {"amount": 70, "currency": "USD"}).refund.tolist() == [0, 0]


def test_a_discount_of_the_payment_counts_and_so_does_what_was_not_paid():
    """Told by the creating row, else by the payment; parts of a payment add up; a payment of nothing tells nothing."""
    pay = {"kind": "order_pay", "order_id": "a"}
    assert made(create("a", 100), pay | {"discount_seller": 7}).discount.tolist() == [7]
    assert made(create("a", 100, discount_platform=5), pay | {"discount_seller": 7}).discount.tolist() == [5]
    assert made(create("a", 100), pay | {"amount": 90}).discount.tolist() == [10]
    assert made(create("a", 100), pay | {"amount": 30}, pay | {"amount": 70}).discount.tolist() == [0]
    assert made(create("a", 100), pay | {"amount": 0}).discount.tolist() == [0]
    assert made(create("a", 100), pay | {"amount": 30}, pay | {"amount": 90, "source": "b@1"}).discount.tolist() == [10]  # fmt: skip


def test_requests_that_were_refused_and_exchanges_are_no_money_on_its_way_back():
    """Refused, asked again after that, goods sent back to be exchanged, goods sent back for money, refunded."""
    ask, refuse = ({"kind": k, "order_id": None} for k in ("refund_request", "refund_reject"))
    told = made(
        *(create(o, 100) for o in "abcdef"), *(row | {"order_id": o} for o in "ab" for row in (ask, refuse)),
        ask | {"order_id": "b"}, {"kind": "exchange", "order_id": "c"}, {"kind": "return_ship", "order_id": "c"},
        {"kind": "return_ship", "order_id": "d"}, ask | {"order_id": "e"}, {"kind": "refund_done", "order_id": "e", "amount": 40},
        {"kind": "settle", "order_id": "f", "amount": 90}, {"kind": "settle", "order_id": "f", "amount": 90, "source": "b@1"},
        {"kind": "review", "order_id": "f", "text": "好"},
    )  # fmt: skip
    assert of(told, "case_open") == {"a": False, "b": True, "c": False, "d": True, "e": False, "f": False}
    assert of(told, "settled")["f"] == 90
    assert told.at["reviewed"][5] != NEVER


KINDS = ["order_pay", "order_hold", "order_ship", "order_cancel", "refund_request", "refund_reject", "refund_done", "return_ship", "exchange", "settle", "order_complete"]  # fmt: skip


@st.composite
def lives(draw) -> list[dict]:
    """Rows of any order life: by order, by purchase, by both, from three sources, corrected, in any order."""
    rows = []
    for i in range(draw(st.integers(1, 14))):
        order = draw(st.sampled_from([None, "o1", "o2", "o3", "p1"]))
        kind = draw(st.sampled_from(["order_create", "order_create", *KINDS]))
        rows.append({
            "kind": kind, "order_id": order, "parent_id": draw(st.sampled_from([None, "p1", "p2"])),
            "ref_id": draw(st.sampled_from([None, "c1", "c2"])), "amount": draw(st.sampled_from([None, 0, 1, 50, 999, 10**9])),
            "discount_seller": draw(st.sampled_from([None, 0, 7])), "source": draw(st.sampled_from(["a@1", "b@1", "c@1"])),
            "ts": draw(st.sampled_from([None, T0, T0 + HOUR, T0 + 50 * HOUR])), "ts_seen": T0 + i, "event_id": f"e{draw(st.integers(0, 12))}",
            "platform": "t", "host_id": "h", "session_id": "s", "flags": 0, "currency": draw(st.sampled_from(["CNY", None])),
        })  # fmt: skip
    return rows


@pytest.mark.slow
@settings(max_examples=150, deadline=None)
@given(lives(), st.randoms(use_true_random=False))
def test_no_order_life_makes_money_and_reading_again_changes_nothing(rows, chance):
    """Refunds never exceed what was paid, by good and by purchase; shuffled and read twice, the same."""

    def read(told: list[dict]) -> Orders | None:
        one = distinct(pa.Table.from_pylist(told, schema=EVENTS)).events
        return next((orders(s) for s in subjects(Dataset(canonical_order(one)))), None)

    first = read(rows)
    if first is None:
        return
    assert (first.amount >= 0).all()
    assert ((first.discount >= 0) & (first.discount <= first.amount)).all()
    assert ((first.refund >= 0) & (first.refund <= first.amount - first.discount)).all()
    assert len(set(first.id.to_pylist())) == len(first)
    assert not (first.case_open & first.happened("refunded")).any()
    again = rows * 2
    chance.shuffle(again)
    second = read(again)
    assert second.id.to_pylist() == first.id.to_pylist()
    for name in ("amount", "discount", "refund", "settled", "case_open", "parent"):
        assert np.array_equal(getattr(second, name), getattr(first, name)), name
    assert all(np.array_equal(second.at[step], first.at[step]) for step in first.at)
