"""Worlds of trade and money: their truth is consistent with their rows to the fen, and their dates with the calendar."""

import tomllib
from collections import Counter

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pytest

from zhenbo.core.dataset import canonical_order, subjects
from zhenbo.core.schema import EVENTS
from zhenbo.core.session import micros
from zhenbo.worlds import agencies, brushing, portfolio
from zhenbo.worlds.brushing import CASES, DOSES, END, START
from zhenbo.worlds.excuses import EXCUSES
from zhenbo.worlds.ledger import VIEWS

LINES = ("cancelled", "unpaid", "discount", "refunded", "brushed", "verified")


def _by_order(events: pa.Table, kind: str) -> dict[str, int]:
    """Sums of the amounts of a kind by order."""
    rows = events.filter(pc.equal(events["kind"].cast(pa.string()), kind))
    sums = rows.group_by("order_id").aggregate([("amount", "sum")])
    return dict(zip(sums["order_id"].to_pylist(), sums["amount_sum"].to_pylist(), strict=True))


def _conserved(events: pa.Table, orders: pa.Table) -> None:
    """Every order of the record is in the key once, and each of its lines is what the rows say."""
    made, back = _by_order(events, "order_create"), _by_order(events, "refund_done")
    paid, shut = _by_order(events, "order_pay"), _by_order(events, "order_cancel")
    told = orders.to_pylist()
    assert len(made) == len(told) == len({row["order_id"] for row in told})
    for row in told:
        number, gross = row["order_id"], row["gross"]
        assert made[number] == gross == sum(row[line] for line in LINES)
        assert min(row[line] for line in LINES) >= 0
        assert row["cancelled"] == (gross if number in shut else 0)
        assert (row["unpaid"] == 0) == (number in paid or number in shut)
        if number in paid:
            assert paid[number] == gross
            assert row["refunded"] == min(back.get(number, 0), gross - row["discount"])
        assert row["refunded_later"] <= row["brushed"] + row["verified"]


@pytest.mark.slow
def test_brushing_is_told_to_the_fen():
    """Orders, doses, money and dates of the truth are those of the rows; every scheme, excuse and view is there; a seed fixes it."""
    world = brushing.world(3, small=True)
    events, orders = world.dataset.events, world.answers["purchases"]
    assert events.schema.equals(EVENTS)
    assert canonical_order(events).equals(events)
    assert pc.count_distinct(events["event_id"]).as_py() == events.num_rows
    _conserved(events, orders)
    trade = events.filter(pc.is_valid(events["order_id"]))
    assert micros(trade["ts"]).min() >= START
    assert micros(trade["ts"]).max() <= END
    owner = dict(zip(orders["order_id"].to_pylist(), orders["subject_id"].to_pylist(), strict=True))
    seen = {s.session_id: s for s in subjects(world.dataset)}
    for name, truth in world.truth.items():
        made = seen[name].rows("order_create")
        assert {owner[o] for o in made["order_id"].to_pylist()} == {name}
        assert made.num_rows == truth.shown["orders"]
        assert truth.fake_orders <= set(made["order_id"].to_pylist())
        assert truth.money is not None
        assert truth.money.gross == pc.sum(made["amount"]).as_py()
        assert truth.money.gross == sum(getattr(truth.money, line) for line in LINES)
        assert (truth.outcome == "attacked") == bool(truth.fake_orders)
    stalls = world.answers["stalls"].to_pylist()
    assert {s["scheme"] for s in stalls} - {""} == set(CASES)
    assert {s["excuse"] for s in stalls if not s["scheme"]} == set(EXCUSES)
    assert {s["view"] for s in stalls} == set(VIEWS)
    doses = [s["dose"] for s in stalls if s["scheme"] not in {"", "ring"}]
    assert max(min(abs(d - dose) for dose in DOSES) for d in doses) < 0.03
    again = brushing.world(3, small=True)
    assert again.dataset.events.equals(events)
    assert again.answers["purchases"].equals(orders)


@pytest.mark.slow
def test_the_views_of_brushing_hide_what_they_say():
    """An export has addresses but no buyers, another buyers but no addresses, a CSV neither; only the platform has devices."""
    world = brushing.world(4, small=True)
    view = {s["subject_id"]: s["view"] for s in world.answers["stalls"].to_pylist()}
    has = {
        "full": "actor_id device addr pay",
        "address": "addr tracking_id",
        "buyer": "actor_id tracking_id",
        "bare": "",
        "host": "",
    }
    for session in subjects(world.dataset):
        if session.session_id in view:
            filled = {
                c for c in ("actor_id", "device", "addr", "pay", "tracking_id")
                if session.rows("order_create", "order_ship")[c].null_count < session.rows("order_create", "order_ship").num_rows
            }  # fmt: skip
            assert filled >= set(has[view[session.session_id]].split())
            if view[session.session_id] != "full":
                assert filled <= set(has[view[session.session_id]].split())
    ends = np.asarray(world.answers["purchases"]["refunded_later"])
    assert (ends > 0).any()  # some money that will come back has not yet


@pytest.mark.slow
def test_agencies_books_balance():
    """Fees, refunds and cash of the key are the rows' own; pools alone pay the old from the new; refunds follow real sales."""
    world = agencies.world(3, small=True)
    events, keys = world.dataset.events, {k["agency_id"]: k for k in world.answers["agencies"].to_pylist()}
    _conserved(events, world.answers["purchases"])
    parties = tomllib.loads(world.papers["parties.toml"])["party"]
    acts = {p["other"]: p["id"] for p in parties if p.get("relation") == "acts_as"}
    deals = {d["id"]: d for d in tomllib.loads(world.papers["deals.toml"])["deal"]}
    money = events.filter(pc.is_null(events["order_id"])).filter(
        pc.is_valid(events.filter(pc.is_null(events["order_id"]))["amount"])
    )
    cash: Counter[str] = Counter()
    fees: Counter[str] = Counter()
    back: dict[str, int] = {}
    for row in money.select(["kind", "actor_id", "target_id", "ref_id", "amount", "ts"]).to_pylist():
        payer, payee = acts[row["actor_id"]], acts[row["target_id"]]
        cash[payer] -= row["amount"]
        cash[payee] += row["amount"]
        if row["kind"] == "compensation" and row["ref_id"]:
            back[row["ref_id"]] = row["amount"]
        if row["kind"] == "service_fee" and row["ref_id"]:
            fees[payee] += row["amount"]
            assert row["amount"] == deals[row["ref_id"]].get("slot_fee", row["amount"])
    books = world.answers["months"].to_pylist()
    for name, key in keys.items():
        mine = [m for m in books if m["agency_id"] == name]
        assert cash[name] == key["cash"] == mine[-1]["cash"]
        assert mine[-1]["owed"] == key["owed"]
        assert (key["refunds_from_newer"] > 0) <= key["pool"]
        if key["pool"]:
            assert key["dry_on"] is not None
            assert sum(m["refunds_out"] for m in mine) > 0.3 * fees[name]
    assert {k["temper"] for k in keys.values() if k["pool"]} == {"pool_small", "pool_growing", "pool_old"}
    for number, amount in back.items():
        deal, truth = deals[number], world.deals[number]
        if deal["purpose"] == "full_refund_if_roi_missed":
            assert amount == deal["slot_fee"]
            assert truth.verified < deal["roi"] * deal["slot_fee"]
    assert {d.rollover for d in world.deals.values()} == {False, True}
    again = agencies.world(3, small=True)
    assert again.dataset.events.equals(events)
    assert again.answers["agencies"].equals(world.answers["agencies"])


@pytest.mark.slow
def test_the_portfolio_sums_up_and_its_statement_tells_on_the_books():
    """Sums of hosts are those of their orders; the statement pays honest orders alone, each once, and none that never was."""
    world = portfolio.world(3, small=True)
    events, orders = world.dataset.events, world.answers["purchases"].to_pylist()
    hosts = {h["host_id"]: h for h in world.answers["hosts"].to_pylist()}
    host = {o["order_id"]: "h" + o["subject_id"][1:6] for o in orders}
    fair = [o for o in orders if hosts[host[o["order_id"]]]["style"] != "withheld"]
    kept = pc.is_in(events["order_id"], value_set=pa.array([o["order_id"] for o in fair]))
    _conserved(events.filter(kept), pa.Table.from_pylist(fair))
    gross: Counter[str] = Counter()
    real: Counter[str] = Counter()
    for o in orders:
        gross[host[o["order_id"]]] += o["gross"]
        real[host[o["order_id"]]] += o["verified"]
    assert gross == {name: h["displayed"] for name, h in hosts.items()}
    assert real == {name: h["verified"] for name, h in hosts.items()}
    (total,) = world.answers["total"].to_pylist()
    tail = world.answers["tail"]
    assert total["verified"] == sum(real.values()) + pc.sum(tail["verified"]).as_py()
    assert total["hosts"] == len(hosts) + tail.num_rows == 300
    assert pc.max(tail["displayed"]).as_py() < max(gross.values())
    settled = _by_order(events, "settle")
    done = events.filter(pc.equal(events["kind"].cast(pa.string()), "order_complete"))
    ripe = dict(
        zip(
            done["order_id"].to_pylist(),
            (micros(done["ts"]) <= portfolio.END - portfolio.WAIT).tolist(),
            strict=True,
        )
    )
    for o in orders:
        number, who = o["order_id"], hosts[host[o["order_id"]]]
        if o["scheme"] == "invented" or (who["excuse"] == "on_delivery" and o["what"] == "honest"):
            assert number not in settled
        elif number in settled:
            left = o["gross"] - o["refunded"] - o["refunded_later"]
            assert settled[number] == round(left * 0.95)
        elif who["agrees"] and who["excuse"] not in {"on_delivery", "slow_statement"}:
            assert (
                not ripe.get(number, False)
                or o["refunded"] + o["refunded_later"] == o["gross"] - o["discount"]
            )
    assert {h["style"] for h in hosts.values()} == {"", *portfolio.STYLES}
    again = portfolio.world(3, small=True)
    assert again.dataset.events.equals(events)
    assert again.dataset.metrics.equals(world.dataset.metrics)
