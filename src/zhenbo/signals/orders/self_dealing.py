"""Self-dealing: the host's own people order again and again, and give it back.

## What it looks for
Orders tied to the host's or the merchant's side: placed by accounts that the platform marks as host or moderator or that
`parties.toml` names, or from a device, a network, a paying account or an address that such an account uses, or that pays fees
and commissions in this record. Of these, how often the same people order again, and how many of their orders are given back or never paid, against the room's.

## Why it matters
Pledges are met by the agency's staff from the office: one of the team held 141 of 599 orders in a dispute of 2025, and 1,429
in the session before. What is given back after settlement was never sold.

## How it is fooled
By staff at home on their own networks; by people hired for the purpose.

## What clears it
A company whose people watch, cheer and buy for themselves from the office, once or twice each, and keep it as other
buyers do: their number tells nothing. A network that serves a good part of the room is a mobile gateway or a district.

## Method
Orders beyond the first of each tied account, and orders undone, each against a beta-binomial whose mean is the room's own,
joined (Fisher). Baselines: `packs/baselines/orders.self_dealing.toml`.

## Examples
    >>> from zhenbo.proof.pages import look
    >>> look('orders.self_dealing', '''
    ... 20:00 agency commission anybody 1.00 [pay=office_card]
    ... 20:00-22:00 b1..b60 order o{n} 59.00 scattered [addr=home{n} pay=card{n}]
    ... 20:30-21:30 a1..a4 order f{n} 99.00 x8 [addr=rented{n} pay=office_card]
    ... d+9 10:00-18:00 refunded f{n} x30 scattered
    ... ''')
    orders.self_dealing: accuses, names 32 orders, says own_people
    >>> look('orders.self_dealing', '''
    ... 20:00 agency commission anybody 1.00 [pay=office_card]
    ... 20:00-22:00 b1..b60 order o{n} 59.00 scattered [addr=home{n} pay=card{n}]
    ... 20:30-21:30 a1..a20 order f{n} 99.00 [addr=office pay=office_card]
    ... d+9 10:00-18:00 refunded o{n} x6 scattered; d+9 10:00-18:00 refunded f{n} x2 scattered
    ... ''')
    orders.self_dealing: clears, names 0 orders, says as_others
"""

from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from zhenbo.core.evidence import Cause, Found, Say, Signal
from zhenbo.core.schema import MONEY_KINDS, Flag
from zhenbo.core.session import HOUR, Session
from zhenbo.core.subject import Question, Tier
from zhenbo.kernel.orders import UNTIMED, Orders, orders
from zhenbo.signals.company import SURE
from zhenbo.signals.looks import Best, best, said, share
from zhenbo.signals.nulls import fisher, share_tail

Bools = npt.NDArray[np.bool_]

_TIES = ("device", "ip", "pay", "addr")


def look(session: Session, base: Mapping[str, Any]) -> Iterable[Found]:
    """Judge the orders tied to the host's side, if there are enough of them and of others."""
    made = orders(session)
    if not len(made):
        return []
    tied = _tied(session, made, base["wide_share"])
    known = made.keys["actor_id"] >= 0
    n = int((tied & known).sum())
    if n < base["orders_min"] or (known & ~tied).sum() < base["orders_min"]:
        return []
    return [_evidence(session, made, _judged(session, made, tied & known, known, base))]


def _tied(session: Session, made: Orders, wide: float) -> Bools:
    """Orders by the host's own accounts, or that share a device, network, purse or address with them or with fees paid."""
    rows = session.events
    flags = np.asarray(pc.fill_null(rows["flags"], 0).to_numpy())
    kind = rows["kind"].cast(pa.string())
    money = np.asarray(pc.is_in(kind, value_set=pa.array(MONEY_KINDS)).to_numpy(zero_copy_only=False))
    own = rows.filter(pa.array(((flags & int(Flag.HOST | Flag.MOD | Flag.INSIDER)) != 0) | money))
    made_by = rows.take(pa.array(made.row))
    out = _within(made_by["actor_id"], own["actor_id"])
    people = max(len(pc.unique(rows["actor_id"])), 1)
    for column in _TIES:
        theirs = pc.unique(own[column]).drop_null()
        if not len(theirs):
            continue
        near = rows.filter(pc.is_in(rows[column], value_set=theirs))
        pairs = (
            pa.table({"key": near[column], "who": near["actor_id"]}).group_by(["key", "who"]).aggregate([])
        )
        most = people if column in {"pay", "device"} else max(wide * people, 3)
        few = [c["values"] for c in pc.value_counts(pairs["key"]).to_pylist() if c["counts"] <= most]
        mine = pairs.filter(pc.is_in(pairs["key"], value_set=pa.array(few, pa.string())))
        out |= _within(made_by["actor_id"], mine["who"])
    return out


def _within(values: pa.ChunkedArray, among: pa.ChunkedArray) -> Bools:
    found = pc.is_in(values, value_set=pc.unique(among).drop_null())
    return np.asarray(pc.fill_null(found, False).to_numpy(zero_copy_only=False))


def _judged(session: Session, made: Orders, tied: Bools, known: Bools, base: Mapping[str, Any]) -> Best:
    """Repeats and returns of tied orders against those of the other buyers, joined."""
    repeats, n = _repeats(made, tied), int(tied.sum())
    others = _repeats(made, known & ~tied) / max(int((known & ~tied).sum()), 1)
    again = (max(others, base["again_share"]), base["again_concentration"])
    undone = _undone(session, made)
    rest = float(undone[known & ~tied].mean())
    p = fisher(
        float(share_tail(repeats, n, min(again[0], 0.9), again[1])),
        float(share_tail(int((undone & tied).sum()), n, float(np.clip(rest, base["undone_least"], 0.95)), base["undone_concentration"])),
    )  # fmt: skip
    found = share("own_people", tied, known, again, units=(n, int(known.sum())))
    expected = float(len(np.unique(made.keys["actor_id"][tied])))
    one = replace(
        found, p=p, expected=min(expected, float(n)), honest=(expected / 2, min(2 * expected, float(n)))
    )
    return best([one])


def _repeats(made: Orders, which: Bools) -> int:
    """Orders beyond the first of each account."""
    return int(which.sum()) - len(np.unique(made.keys["actor_id"][which]))


def _undone(session: Session, made: Orders) -> Bools:
    """Given back, cancelled, or unpaid for a day."""
    created = made.at["created"]
    old = (created != UNTIMED) & (session.as_of - created >= 24 * HOUR)
    return np.asarray(
        made.happened("refunded")
        | made.happened("asked")
        | made.happened("cancelled")
        | (~made.was_paid & old)
    )


def _evidence(session: Session, made: Orders, found: Best) -> Found:
    tied, undone = found.look.members, _undone(session, made)
    return said(
        SIGNAL, session, made, found, clear="as_others",
        args={
            "orders": int(tied.sum()), "all_orders": int(found.judged.sum()),
            "accounts": len(np.unique(made.keys["actor_id"][tied])),
            "undone_share": round(float(undone[tied].mean()), 4),
            "others_share": round(float(undone[found.judged & ~tied].mean()), 4),
        },
        causes=(Cause("staff_purchase", "ruled_out" if found.p < SURE else "open"),) if found.accused else (),
    )  # fmt: skip


SIGNAL = Signal(
    id="orders.self_dealing",
    version=1,
    question=Question.SALES,
    tier=Tier.T2,
    title=Say("Orders of the host's own people", "主播一方自买"),
    says={
        "own_people": Say(
            "{orders} of {all_orders} orders were placed by {accounts} accounts tied to the host's side (its staff, devices, network "
            "or purse); {undone_share} of them were undone, of other buyers' {others_share}.",
            "{all_orders} 笔订单中有 {orders} 笔由与主播一方有关联（员工、设备、网络或付款账户）的 {accounts} 个账号所下；其中 {undone_share} 已退款或取消，其他买家为 {others_share}。",
        ),
        "as_others": Say(
            "{orders} of {all_orders} orders come from {accounts} accounts tied to the host's side; they order and keep as other "
            "buyers do ({undone_share} undone, others {others_share}).",
            "{all_orders} 笔订单中有 {orders} 笔来自与主播一方有关联的 {accounts} 个账号；下单与退货情况与其他买家相当（退款或取消 {undone_share}，其他买家 {others_share}）。",
        ),
    },
    look=look,
)
