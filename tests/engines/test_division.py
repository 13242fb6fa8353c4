"""Who an event belongs to, and who is told of which orders elsewhere and of which other followers: against the rules written as plain loops."""

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
        of_order.get(r["order_id"]) or of_purchase.get(p) or of_shop[p]
        if out
        else r["session_id"] or followed_in(rows, r)
        for r, p, out in zip(rows, bought, loose, strict=True)
    ]


def followed_in(rows: list[dict], r: dict) -> str | None:
    """For an unfollow outside any session: the session of the account's latest follow of the same host before it."""
    who = ("platform", "host_id", "actor_id")
    if r["kind"] != "unfollow" or r["order_id"] or not (r["ts"] and r["host_id"] and r["actor_id"]):
        return None
    told = [
        f for f in rows
        if f["kind"] == "follow" and f["session_id"] and f["ts"] and f["ts"] <= r["ts"] and all(f[k] == r[k] for k in who)
    ]  # fmt: skip
    return max(told, key=lambda f: f["ts"])["session_id"] if told else None


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


def told_of_others(rows: list[dict], owner: list[str | None], subject: str) -> dict:
    """What others did outside broadcasts, and who else left, from the hour of a session's first follow on for a month, by metric and hour."""
    at = {"fans.followed": "follow", "fans.unfollowed": "unfollow"}
    fans = [
        (r, o)
        for r, o in zip(rows, owner, strict=True)
        if r["kind"] in at.values() and r["ts"] and r["host_id"]
    ]
    fans = [(r, o) for r, o in fans if r["session_id"] or not r["order_id"]]
    told: dict = defaultdict(int)
    for host in {(r["platform"], r["host_id"]) for r, o in fans if o == subject and r["kind"] == "follow"}:
        here = [
            (r, o if r["session_id"] or r["kind"] == "unfollow" else None)
            for r, o in fans
            if (r["platform"], r["host_id"]) == host
        ]
        first = min(r["ts"] for r, o in here if o == subject and r["kind"] == "follow").replace(minute=0)
        falls = [r["ts"] for r, _ in here if r["kind"] == "unfollow"]
        for r, o in here:
            mine = o is not None if r["kind"] == "follow" else o == subject
            if falls and not mine and first <= r["ts"] < first + timedelta(days=31, hours=1):
                metric = next(m for m, kind in at.items() if kind == r["kind"])
                told[host[0], metric, r["ts"].replace(minute=0)] += 1
        if falls:
            told[host[0], "fans.until", max(falls)] += len(falls)
    return told


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
    ended = sum(r["kind"] == "unfollow" and not r["session_id"] and not r["order_id"] and o is not None for r, o in zip(rows, owner, strict=True))  # fmt: skip
    assert ended >= 2, "no follow ends outside a session: nothing tested"
    made = list(subjects(data))
    assert {s.session_id: s.events["event_id"].to_pylist() for s in made} == dict(wanted)
    for s in made:
        fans = [m for m in s.metrics.to_pylist() if m["metric"].startswith("fans.")]
        heard: dict = defaultdict(int)
        for m in fans:
            heard[m["platform"], m["metric"], m["bucket_start"]] += int(m["value"])
        assert heard == told_of_others(rows, owner, s.session_id)
        orders = told_elsewhere(rows, owner, s.session_id)
        if orders is None:
            assert s.elsewhere is None
        else:
            assert s.elsewhere["event_id"].to_pylist() == [
                r["event_id"] for r in rows if r["order_id"] in orders
            ]
