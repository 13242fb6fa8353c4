"""The GMV bridge: lines that sum to the cent, whatever happens to the orders."""

import csv
from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from zhenbo.audit.gmv import bridge
from zhenbo.core.dataset import Dataset, canonical_order, subjects
from zhenbo.core.money import parse_minor
from zhenbo.core.schema import EVENTS, Flag
from zhenbo.core.session import Session
from zhenbo.core.story import read

T0 = 1_777_665_600_000_000
STEPS = ["order_pay", "order_hold", "order_cancel", "refund_done", "order_complete", "return_ship", "order_deliver"]  # fmt: skip
REAL = Path(__file__).parents[3] / "shared" / "data" / "tmall-orders" / "tmall_order_report.csv"


def record(rows: list[dict]) -> Session:
    """A session of these rows, each with an event id and the usual columns."""
    full = [
        {"platform": "t", "source": "t@1", "host_id": "h", "session_id": "s", "flags": 0, "event_id": f"e{i}", "ts": T0 + i, "currency": "CNY"} | row
        for i, row in enumerate(rows)
    ]  # fmt: skip
    events = canonical_order(pa.Table.from_pylist(full, schema=EVENTS))
    return next(subjects(Dataset(events)))


def lines(gmv) -> int:
    """Gross minus all lines between it and the verified amount."""
    return gmv.gross - gmv.cancelled - gmv.unpaid_open - gmv.discount - gmv.refunded - gmv.brushed


@st.composite
def trades(draw) -> list[dict]:
    """Orders with any later life, in any order, with odd amounts, parents and refunds."""
    rows = []
    for i in range(draw(st.integers(1, 6))):
        order = {"order_id": f"o{i}", "parent_id": draw(st.sampled_from([None, "p1", "p2"]))}
        rows.append(order | {"kind": "order_create", "amount": draw(st.sampled_from([None, -5, 0, 1, 999, 10**9])),
                             "discount_seller": draw(st.sampled_from([None, 0, 7, 10**10])),
                             "flags": draw(st.sampled_from([0, 0, int(Flag.SAMPLE), int(Flag.TS_APPROX)]))})  # fmt: skip
        rows += [order | {"kind": k, "amount": draw(st.sampled_from([None, 0, 3, 998, 10**11]))}
                 for k in draw(st.lists(st.sampled_from(STEPS), max_size=4))]  # fmt: skip
    if draw(st.booleans()):
        rows.append({"kind": "refund_done", "order_id": None, "parent_id": "p1", "amount": 1000, "session_id": "s"})  # fmt: skip
    rows.append({"kind": "refund_done", "order_id": "stranger", "amount": 400})
    return rows


@pytest.mark.slow
@settings(max_examples=60, deadline=None)
@given(trades(), st.lists(st.floats(0, 1), min_size=6, max_size=6), st.randoms(use_true_random=False))
def test_lines_sum_are_never_negative_and_ignore_the_order_of_rows(rows, odds, chance):
    """Gross splits without loss into non-negative lines, and shuffling the rows changes nothing."""
    probability = {f"o{i}": p for i, p in enumerate(odds[:4])}
    told = [row | {"event_id": f"e{i}", "ts": T0 + i} for i, row in enumerate(rows)]
    gmv = bridge(record(told), probability)
    chance.shuffle(told)
    assert bridge(record(told), probability) == gmv
    if gmv is None:
        assert all(r["kind"] != "order_create" or r["flags"] & Flag.SAMPLE for r in rows)
        return
    assert lines(gmv) == gmv.verified.mid
    assert min(gmv.cancelled, gmv.unpaid_open, gmv.discount, gmv.refunded, gmv.brushed) >= 0
    assert 0 <= gmv.brushed_low <= gmv.brushed <= gmv.brushed_high
    assert 0 <= gmv.verified.low <= gmv.verified.mid <= gmv.verified.high
    assert 0 <= gmv.of_which.unsettled <= gmv.verified.mid
    assert 0 <= gmv.of_which.returned <= gmv.verified.mid
    assert gmv.gross == sum(max(r["amount"] or 0, 0) for r in rows if r["kind"] == "order_create" and not r["flags"] & Flag.SAMPLE)  # fmt: skip


def test_each_order_is_split_once_in_the_agreed_order():
    """A cancelled order is not also refunded, a held one is unpaid until paid, a refund never exceeds its order."""
    gmv = bridge(
        record([
            {"kind": "order_create", "order_id": "a", "amount": 100}, {"kind": "order_pay", "order_id": "a"},
            {"kind": "order_cancel", "order_id": "a"}, {"kind": "refund_done", "order_id": "a", "amount": 100},
            {"kind": "order_create", "order_id": "b", "amount": 200}, {"kind": "order_hold", "order_id": "b"},
            {"kind": "order_create", "order_id": "c", "amount": 300, "discount_seller": 30}, {"kind": "order_pay", "order_id": "c"},
            {"kind": "refund_done", "order_id": "c", "amount": 5_000},
            {"kind": "order_create", "order_id": "d", "amount": 400, "discount_platform": 40}, {"kind": "order_pay", "order_id": "d"},
            {"kind": "refund_done", "order_id": "d", "amount": 60}, {"kind": "return_ship", "order_id": "d"},
            {"kind": "order_create", "order_id": "e", "amount": 9_999, "currency": "USD"}, {"kind": "order_pay", "order_id": "e"},
            {"kind": "order_create", "order_id": "f", "amount": 500, "flags": int(Flag.TEST)},
        ]),
        {},
    )  # fmt: skip
    assert (gmv.gross, gmv.cancelled, gmv.unpaid_open, gmv.discount, gmv.refunded) == (
        1000,
        100,
        200,
        70,
        330,
    )
    assert (gmv.brushed, gmv.brushed_high, gmv.verified.mid) == (0, 0, 300)
    assert (gmv.of_which.unsettled, gmv.of_which.returned) == (300, 0)


def test_a_refund_of_the_whole_purchase_is_shared_by_its_goods():
    """Refunds that name only the parent order fill its children in turn and no one else's."""
    goods = (("a", "p", 100), ("b", "p", 50), ("c", "q", 70))
    rows = [
        {"kind": kind, "order_id": order, "parent_id": parent, "amount": amount}
        for order, parent, amount in goods
        for kind in ("order_create", "order_pay")
    ]
    rows.append({"kind": "refund_done", "order_id": None, "parent_id": "p", "amount": 120})
    gmv = bridge(record(rows), {})
    assert (gmv.gross, gmv.refunded, gmv.verified.mid) == (220, 120, 100)


def test_brushing_is_expected_with_an_interval_and_silence_is_not_brushing():
    """Twenty orders at 90 % leave one tenth; orders at the prior count only upward; unjudged ones not at all."""
    told = read("20:00 b1..b20 order f{n} 100.00; 20:10 a1..a80 order o{n} 100.00").session()
    fakes = {f"f{i}": 0.9 for i in range(1, 21)}
    gmv = bridge(told, fakes)
    assert gmv.brushed == 180_000
    assert 120_000 < gmv.brushed_low < gmv.brushed < gmv.brushed_high <= 200_000
    quiet = bridge(told, fakes | {f"o{i}": 0.005 for i in range(1, 81)})
    assert quiet.brushed == gmv.brushed
    assert quiet.brushed_high > gmv.brushed_high
    assert bridge(told, {}).brushed_high == 0
    assert bridge(read("20:00 a1 enters").session(), {}) is None


@pytest.mark.skipif(not REAL.exists(), reason=f"the real Tmall export is not at {REAL}")
def test_the_real_tmall_month_to_the_fen():
    """2,995,760.61 − 520,937.54 unpaid − 572,335.92 refunded = 1,902,487.15, as the export itself says."""
    rows = []
    with REAL.open(encoding="utf-8") as file:
        table = [{k.strip(): v for k, v in row.items()} for row in csv.DictReader(file)]
    for row in table:
        order = {"order_id": row["订单编号"], "ts": T0}
        amount, refund = parse_minor(row["总金额"]), parse_minor(row["退款金额"])
        gap = amount - parse_minor(row["买家实际支付金额"]) - refund if row["订单付款时间"] else 0
        rows.append(order | {"kind": "order_create", "amount": amount, "discount_seller": gap})
        if row["订单付款时间"]:
            rows.append(order | {"kind": "order_pay"})
        if refund:
            rows.append(order | {"kind": "refund_done", "amount": refund, "flags": int(Flag.TS_APPROX)})
    gmv = bridge(record(rows), {row["订单编号"]: 0.0 for row in table})
    assert (gmv.gross, gmv.unpaid_open, gmv.brushed) == (299_576_061, 52_093_754, 0)
    assert gmv.discount + gmv.refunded == 57_233_592
    assert gmv.verified.mid == 190_248_715


def test_a_quarter_million_orders_are_bridged_to_the_fen():
    """A large month is bridged on columns, three rows per order, without losing a fen."""
    n = 250_000
    ids = pa.array(np.char.add("o", np.arange(n).astype(str)))
    columns = {name: pa.nulls(3 * n, kind) for name, kind in zip(EVENTS.names, EVENTS.types, strict=True)}
    kinds = np.repeat(["order_create", "order_pay", "order_complete"], n)
    columns |= {
        "order_id": pa.concat_arrays([ids, ids, ids]), "kind": pa.array(kinds).dictionary_encode(),
        "ts": pa.array(np.arange(3 * n) + T0).cast(pa.timestamp("us", tz="UTC")), "flags": pa.array(np.zeros(3 * n, np.int32)),
        "amount": pa.array(np.full(3 * n, 5_900)), "event_id": pa.concat_arrays([ids, ids, ids]),
    }  # fmt: skip
    session = Session("s", "h", "t", "session", pa.table(columns, schema=EVENTS), as_of=T0)
    gmv = bridge(session, {"o1": 0.5})
    assert gmv.gross == 5_900 * n
    assert gmv.verified.mid == 5_900 * n - 2_950
