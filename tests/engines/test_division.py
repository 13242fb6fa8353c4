"""Who an event belongs to and who is told of which orders elsewhere: against the rules written as plain loops."""

from collections import defaultdict
from datetime import UTC, timedelta

import pytest

from engines.records import crossing
from zhenbo.core.dataset import subjects
from zhenbo.core.schema import MONEY_KINDS, TRADE_KINDS
from zhenbo.core.session import DAY

TRADE = {*TRADE_KINDS, *MONEY_KINDS}


def month(row: dict) -> str:
    """Shop month of a row, at the clock of its market."""
    when = row["ts"] and row["ts"].astimezone(UTC) + timedelta(hours=8 * (row["platform"] == "douyin"))
    return f"shop:{row['platform']}:{row['host_id'] or 'unknown'}:{when.strftime('%Y-%m') if when else 'undated'}"


def owners(rows: list[dict]) -> list[str | None]:
    """The subject of each row, rows in canonical order."""
    parent: dict = {}
    for r in rows:
        if r["order_id"] and r["parent_id"]:
            parent.setdefault(r["order_id"], r["parent_id"])
    of_order, of_purchase, of_shop = {}, {}, {}
    bought = [r["parent_id"] or parent.get(r["order_id"]) or r["order_id"] or r["event_id"] for r in rows]
    loose = [r["session_id"] is None and (r["kind"] in TRADE or r["order_id"] is not None) for r in rows]
    for r, purchase, out in zip(rows, bought, loose, strict=True):
        if r["order_id"] and r["session_id"]:
            of_order.setdefault(r["order_id"], r["session_id"])
            of_purchase.setdefault(purchase, r["session_id"])
        if out:
            of_shop.setdefault(purchase, month(r))
    return [
        of_order.get(r["order_id"]) or of_purchase.get(p) or of_shop[p] if out else r["session_id"]
        for r, p, out in zip(rows, bought, loose, strict=True)
    ]


def told_elsewhere(rows: list[dict], owner: list[str | None], subject: str) -> set[str] | None:
    """Orders made elsewhere by buyers who took money back in a subject; None where its shop shows no other order."""
    placed = [
        (r, o) for r, o in zip(rows, owner, strict=True) if r["kind"] == "order_create" and r["order_id"] and r["ts"]
    ]  # fmt: skip
    back = {r["order_id"] for r in rows if r["kind"] in {"refund_request", "refund_done"}}
    mine = [r for r, o in placed if o == subject]
    if not mine:
        return None
    first, last = min(r["ts"] for r in mine), max(r["ts"] for r in mine) + timedelta(microseconds=4 * DAY)
    theirs = [r for r, o in placed if o != subject and first <= r["ts"] <= last]
    shops = {r["host_id"] for r in mine} - {None}
    giving = [r for r in mine if r["order_id"] in back]

    def same(a: dict, b: dict) -> bool:
        if a["actor_id"] and b["actor_id"]:
            return a["actor_id"] == b["actor_id"]
        return a["addr"] is not None and a["addr"] == b["addr"]

    found = {b["order_id"] for b in theirs if any(same(a, b) for a in giving)}
    return found or (set() if any(r["host_id"] in shops for r in theirs) else None)


@pytest.mark.parametrize("seed", range(20, 28))
def test_the_rules_as_plain_loops_say_the_same(seed: int):
    """Random records of few names: every event's subject, and every subject's orders elsewhere."""
    data = crossing(seed)
    rows = data.events.to_pylist()
    owner = owners(rows)
    wanted = defaultdict(list)
    for row, subject in zip(rows, owner, strict=True):
        wanted[subject].append(row["event_id"])
    wanted.pop(None, None)
    made = list(subjects(data))
    assert {s.session_id: s.events["event_id"].to_pylist() for s in made} == dict(wanted)
    for s in made:
        orders = told_elsewhere(rows, owner, s.session_id)
        if orders is None:
            assert s.elsewhere is None
        else:
            assert s.elsewhere["event_id"].to_pylist() == [
                r["event_id"] for r in rows if r["order_id"] in orders
            ]
