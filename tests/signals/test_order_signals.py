"""Signals on orders: they find what was faked, and leave offices, resellers, recalls and lockdowns alone."""

import numpy as np
import pyarrow as pa
import pytest

from zhenbo.core.dataset import Dataset, canonical_order, subjects
from zhenbo.core.evidence import Evidence, Missing
from zhenbo.core.schema import EVENTS, Flag
from zhenbo.core.session import DAY, HOUR, Session
from zhenbo.core.story import read
from zhenbo.pipeline import baselines
from zhenbo.signals.catalogue import catalogue

ORDERS = (
    "identity.sharing", "orders.concentration", "orders.deposits", "orders.payers", "orders.refund_echo", "orders.sequence",
)  # fmt: skip
PENALTY = 5e-4
"""Below this p evidence may weigh on a penalty; honest stories must stay above it."""

HOMES = "20:00-22:00 b1..b400 order h{n} 59.00 scattered [addr=home{n}]\n"
ROOM = '19:40-20:00 b1..b400 enter scattered; 20:00-20:30 b1..b400 say "hello {n}" scattered\n' + HOMES

G1 = """20:00-22:00 a1..a13 orders h{n} 59.00 scattered [addr=home{n}]
    20:10-21:50 t1..t6 reserve f{n} 99.00 x97 [addr=depot{n%4}]
    21:55 t1..t4 reserve g{n} 99.00 [addr=depot{n%4}]
    d+1 20:00 cancelled f{n} x582
    d+1 20:00 cancelled g{n} x4"""
G2 = (
    HOMES
    + """20:10-21:50 t1..t2 orders f{n} 99.00 x100 [addr=x{n%2}]
    23:10-23:50 refunded f{n} x200"""
)
TMALL = """20:00-22:00 b1..b2000 order h{n} 59.00 scattered [region={a|b|c|d|e}]
    20:30-21:30 c1..c300 order f{n} 99.00 [addr=depot{n%4}]"""

HONEST = {
    "an office of thirty, delivered": ROOM + """20:30 b1..b30 order f{n} 99.00 [addr=office]
        d+3 09:00-12:00 delivered f{n} x30""",
    "an office of forty, still on its way": ROOM + "20:30 b1..b40 order f{n} 99.00 [addr=office]",
    "a reseller with forty orders, kept": ROOM + """20:30-21:30 b1 orders f{n} 99.00 x40 [addr=shop]
        d+2 09:00 shipped f{n} x40; d+4 09:00-12:00 delivered f{n} x40""",
    "a reseller who cancels everything": ROOM + """20:30-21:30 b1 orders f{n} 99.00 x40 [addr=shop]
        23:00 refunded f{n} x40""",
    "a group-buy leader with 150 orders, kept": ROOM + """20:30-21:30 b1 orders f{n} 99.00 x150 [addr=leader]
        d+1 09:00 shipped f{n} x150; d+3 09:00-12:00 delivered f{n} x150""",
    "apparel, 70 % returned after delivery": ROOM + """d+1 09:00-18:00 shipped h{n} x400
        d+3 09:00-18:00 delivered h{n} x400; d+4 09:00-22:00 refunded h{n} x150 scattered; d+7 09:00-22:00 refunded h{n} x280 scattered""",
    "one in six refunded within the hour": "20:00 b1..b600 order h{n} 59.00; 20:05-20:58 refunded h{n} x100 scattered",
    "unpaid orders closed by the system": ROOM + """20:00-21:00 c1..c150 reserve u{n} 30.00 scattered [addr=else{n}]
        d+1 21:00 cancelled u{n} x150""",
    "a presale, a third of whose deposits lapse at the term": """20:00-22:00 k1..k200 reserve k{n} 79.00 [addr=home{n}]
        20:01-22:01 k1..k200 pay k{n} 7.90; d+3 09:00-18:00 k1..k200 pay k{n} 71.10
        20:00-22:00 l1..l100 reserve f{n} 79.00 [addr=other{n}]; 20:01-22:01 l1..l100 pay f{n} 7.90
        d+6 10:00-10:05 cancelled f{n} x100; d+6 10:01-10:06 refunded f{n} 7.90 x100""",
    "a company that pays for its office": ROOM + """20:30-21:30 c1..c40 order f{n} 29.00 [addr=office pay=company device=own{n}]
        d+3 09:00-12:00 delivered f{n} x40""",
    "loyal buyers of every link": "20:00-22:00 b1..b200 order h{n} 9.00 x4 scattered [addr=home{n%200}]\n"
    "20:00-22:00 c1..c12 order k{n} 9.00 x14 scattered [addr=khome{n%12}]",
}  # fmt: skip


def run(signal: str, session: Session) -> list[Evidence]:
    """The evidence of a signal, without what it asks for."""
    return [f for f in catalogue()[signal].look(session, baselines(signal)) if isinstance(f, Evidence)]


def told(signal: str, story: str) -> Evidence:
    """The one piece of evidence on a story."""
    return run(signal, read(story).session())[0]


def named(evidence: Evidence) -> set[str]:
    """Orders more likely fake than not."""
    return {order for order, db in evidence.orders.items() if db > 20}


@pytest.mark.parametrize("story", HONEST.values(), ids=HONEST)
@pytest.mark.parametrize("signal", ORDERS)
def test_honest_trade_is_not_accused(signal, story):
    """No signal on orders reaches penalty strength on an honest room, and no order is called fake."""
    for evidence in run(signal, read(story).session()):
        assert evidence.p > PENALTY
        assert not named(evidence)


def test_golden_case_1_of_599_orders_586_go_to_four_addresses():
    """G1: the unpaid orders of four addresses are found one by one, the thirteen others are left alone."""
    found = told("orders.concentration", G1)
    assert found.p < 1e-9
    assert found.args["keys"] == 4
    assert found.args["all_orders"] == 599
    assert len(named(found)) == 586
    assert not {f"h{i}" for i in range(1, 14)} & named(found)
    assert found.effect.metric == "orders"
    assert 550 < found.effect.low <= found.effect.mid <= found.effect.high == 586
    assert ("bulk_buying", "ruled_out") in {(c.cause, c.outcome) for c in found.causes}


def test_golden_case_2_two_accounts_with_100_orders_each_all_refunded_that_night():
    """G2: told by who ordered and by when it was undone."""
    hands, wave = told("orders.concentration", G2), told("orders.refund_echo", G2)
    assert hands.p < PENALTY
    assert named(hands) == {f"f{i}" for i in range(1, 201)}
    assert wave.p < 0.01
    assert wave.args["refunds"] == 200
    assert max(wave.orders, key=wave.orders.get).startswith("f")


def test_addresses_are_judged_among_rows_that_carry_one():
    """300 orders from 4 addresses stand out in a month whose other orders name only a region."""
    found = told("orders.concentration", TMALL)
    assert found.p < 1e-6
    assert found.args["carriers"] == 300
    assert len(named(found)) == 300
    assert ("bulk_buying", "open") in {(c.cause, c.outcome) for c in found.causes}


def test_ten_goods_in_one_purchase_are_one_order():
    """Children of one parent order (主订单) count once, so a full basket is no concentration."""
    rows = [
        {"platform": "t", "source": "t@1", "session_id": "s", "event_id": f"e{i}-{j}", "kind": "order_create", "flags": 0,
         "ts": i, "order_id": f"o{i}-{j}", "parent_id": f"p{i}", "actor_id": f"b{i}", "addr": f"home{i}", "amount": 100}
        for i in range(40) for j in range(25 if i == 0 else 1)
    ]  # fmt: skip
    session = Session("s", "h", "t", "session", pa.Table.from_pylist(rows, schema=EVENTS))
    assert run("orders.concentration", session)[0].args["largest"] == 1


def test_a_next_day_wave_is_found_by_its_shape():
    """A third of the orders, refunded the next morning unshipped, is told order by order."""
    story = HOMES + """20:10-21:50 t1..t200 order f{n} 99.00 scattered
        d+1 10:00-12:00 refunded f{n} x200 scattered; d+1 12:00-20:00 shipped h{n} x400"""  # fmt: skip
    found = told("orders.refund_echo", story)
    assert found.p < PENALTY
    assert found.effect.low <= 185 <= found.effect.high
    assert {f"f{i}" for i in range(1, 201)} >= named(found)
    assert len(named(found)) > 180


def test_refunds_that_follow_the_map_are_regional():
    """Tmall 2020: where no parcel could arrive most orders came back; that is said and accuses nobody."""
    back = "\n".join(f"d+1 10:{i % 60:02d} refunded h{i * 10}" for i in range(1, 70))
    story = f"20:00 b1..b1000 order h{{n}} 59.00 [region={{A|B|C|D|E|F|G|H|I|湖北}}]\nd+1 09:00-23:00 refunded h{{n}} x150 scattered\n{back}"
    found = told("orders.refund_echo", story)
    assert found.says == "regional"
    assert found.args["regions"] == ["湖北"]
    assert found.p == 0.5
    assert not found.orders


@pytest.mark.parametrize("products", [1, 2])
def test_a_recall_explains_a_wave_of_its_products(products):
    """All orders of one product or two, many buyers, the rest of the room untouched: a recall and no brushing."""
    events = (
        read(HOMES + "20:10-21:50 t1..t200 order f{n} 99.00 scattered\nd+1 10:00-12:00 refunded f{n} x200")
        .session()
        .events
    )
    product = pa.array(
        [
            f"recalled{int(o[1:]) % products}" if o.startswith("f") else f"p{int(o[1:]) % 9}"
            for o in events["order_id"].to_pylist()
        ]
    )
    with_product = events.set_column(EVENTS.get_field_index("target_id"), "target_id", product)
    plain = run("orders.refund_echo", Session("s", "h", "t", "session", events))[0]
    told_of = run("orders.refund_echo", Session("s", "h", "t", "session", with_product))[0]
    assert plain.p < PENALTY < 0.3 < told_of.p
    assert ("product_recall", "explains") in {(c.cause, c.outcome) for c in told_of.causes}


def test_refunds_without_a_time_of_their_own_are_asked_for():
    """A refund dated by its order says nothing about waves; the record that would is named."""
    events = read(HOMES + "d+1 10:00-10:30 refunded h{n} x200").session().events
    flags = [int(Flag.TS_APPROX) if k == "refund_done" else 0 for k in events["kind"].to_pylist()]
    blind = events.set_column(EVENTS.get_field_index("flags"), "flags", pa.array(flags, pa.int32()))
    signal = catalogue()["orders.refund_echo"]
    found = signal.look(Session("s", "h", "t", "session", blind), baselines(signal.id))
    assert [f.record for f in found if isinstance(f, Missing)] == ["refund_times"]
    assert not [f for f in found if isinstance(f, Evidence)]


def test_buyers_who_never_came_stand_out_only_where_entries_are_complete():
    """The same strangers are evidence in a full record and nothing in a sampled one."""
    full = (
        ROOM
        + "20:00-22:00 s1..s500 order f{n} 99.00 scattered [pay=purse{n%9}]; 22:00-22:30 b1..b400 leave scattered"
    )
    full = full.replace("[addr=home{n}]", "[addr=home{n} pay=card{n}]")
    found = told("orders.sequence", full)
    assert found.says == "unseen"
    assert found.p < 0.01
    alone = told("orders.sequence", full.replace("purse{n%9}", "own{n}"))
    assert alone.says == "unseen"
    assert alone.p >= 0.01  # a presale or a shared link brings such buyers too
    assert max(found.orders, key=found.orders.get).startswith("f")
    sampled = full.replace("b1..b400 enter", "b1..b40 enter")
    signal = catalogue()["orders.sequence"]
    asked = {
        f.record for f in signal.look(read(sampled).session(), baselines(signal.id)) if isinstance(f, Missing)
    }
    assert "entries" in asked


def test_impossible_steps_accuse_and_a_shifted_clock_does_not():
    """Parcels delivered as they are shipped are told; if nearly all are, it is a clock."""
    some = ROOM + """d+1 09:00 shipped h{n} x400 [tracking_id=t{n}]; d+1 09:01 delivered h{n} x120
        d+3 09:00 delivered h{n} x400"""  # fmt: skip
    found = told("orders.sequence", some)
    assert found.says == "impossible"
    assert found.p < PENALTY
    assert named(found) == {f"h{i}" for i in range(1, 121)}
    skewed = ROOM + "d+1 09:00 shipped h{n} x400 [tracking_id=t{n}]; d+1 09:01 delivered h{n} x400"
    quiet = told("orders.sequence", skewed)
    assert quiet.p > 0.3
    assert ("clock_skew", "explains") in {(c.cause, c.outcome) for c in quiet.causes}


def month(n: int) -> Session:
    """A shop month of n rows: orders with addresses and buyers, paid, shipped, some refunded."""
    orders = n // 4
    ids = np.arange(orders)
    table = {name: pa.nulls(orders * 4, kind) for name, kind in zip(EVENTS.names, EVENTS.types, strict=True)}
    rows = np.tile(ids, 4)
    start = 1_777_665_600_000_000 + rows * (25 * DAY // orders)
    delay = np.repeat([0, 10_000_000, 20 * HOUR, 5 * DAY], orders)
    order = np.argsort(start + delay, kind="stable")
    kinds = np.array(["order_create", "order_pay", "order_ship", "refund_done"])[
        np.repeat(np.arange(4), orders)
    ]

    def text(prefix: str, values: np.ndarray) -> pa.Array:
        return pa.array(np.char.add(prefix, values.astype(str)))

    table |= {
        "kind": pa.array(kinds[order]).dictionary_encode(), "ts": pa.array((start + delay)[order]).cast(EVENTS.field("ts").type),
        "order_id": text("o", rows[order]), "event_id": text("e", order), "actor_id": text("b", rows[order] * 7919 % orders),
        "addr": text("h", rows[order] * 104_729 % (orders // 2)), "flags": pa.array(np.zeros(len(rows), np.int32)),
        "amount": pa.array(np.full(len(rows), 5_900)), "region": text("r", rows[order] % 31).dictionary_encode(),
    }  # fmt: skip
    return Session(
        "shop:t:x:2026-05", "x", "t", "shop", pa.table(table, schema=EVENTS), as_of=1_780_000_000_000_000
    )


@pytest.mark.parametrize("signal", ORDERS)
def test_an_even_month_of_two_hundred_thousand_rows_is_silent(signal):
    """A large, even shop month gives no accusation (and is read in a second or two)."""
    assert all(e.p > PENALTY for e in run(signal, month(200_000)))


@pytest.mark.parametrize("signal", ORDERS)
def test_rows_in_another_order_say_the_same(signal):
    """The order in which rows arrive changes no evidence and no id of it."""
    events = read(G2).dataset.events
    mixed = events.take(pa.array(np.argsort(np.arange(len(events)) * 7919 % 100_003)))
    assert not mixed.equals(events)
    first, second = (run(signal, next(subjects(Dataset(canonical_order(t))))) for t in (events, mixed))
    assert first == second
    assert [a.id("s") for a in first] == [b.id("s") for b in second]
