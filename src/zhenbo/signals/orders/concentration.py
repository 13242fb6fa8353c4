"""Many orders, few addresses: sales that one hand placed.

## What it looks for
Delivery addresses, buyers and payers with more orders than households, offices and resellers (代购) have, and
whose orders did not end as honest bulk buying ends: delivered and kept. Only rows that carry the key are
looked at; a region or a province is not an address.

## Why it matters
Kuaishou 2025: 599 orders shown, 586 of them from 4 addresses, unpaid or closed; 4 were paid. Another merchant
paid 303,000 yuan for a session in which two accounts placed 100 orders each, all refunded that night.

## How it is fooled
By one address per order (rented from parcel services), by varying door numbers before the address is hashed, by
parcels that really arrive and stay. Those are met by refund timing, order sequence and money.

## What clears it
Up to 40 orders of a key that were delivered and kept do not count, so an office, a group-buy leader (团长) or a
reseller is cleared by what happens later. Before that, sizes honest rooms have (30 to 40 orders at one address) are expected: the curve comes
from a wholesale shop's customers. Failures are compared with the room's own rate, so a recall or a lockdown
raises the expectation for everybody.

## Method
Per key: survivor of the number of orders that keeping does not explain, times a beta-binomial tail of failures (unpaid, cancelled,
refunded before shipping). Extreme keys are counted against a negative binomial over seven thresholds, for each of
address, buyer and payer; all looks are paid for. Beside it the public baseline rule is told: orders in an hour
per distinct buyer in that hour. Baselines: `packs/baselines/orders.concentration.toml`.

## Examples
    >>> from zhenbo.proof.pages import look
    >>> look('orders.concentration', '''
    ... 20:00-22:00 b1..b60 order o{n} 59.00 scattered [addr=home{n}]
    ... 20:30-21:30 a1..a20 reserve f{n} 99.00 x10 [addr=depot{n%4}]
    ... d+2 20:00 viewers 0
    ... ''')
    orders.concentration: accuses, names 200 orders, says few_addresses
    >>> look('orders.concentration', '''
    ... 20:00-22:00 b1..b60 order o{n} 59.00 scattered [addr=home{n}]
    ... 20:30 c1..c30 order f{n} 99.00 [addr=office]
    ... d+3 09:00-12:00 delivered f{n} x30
    ... ''')
    orders.concentration: clears, names 0 orders, says spread_out
"""

from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow.compute as pc

from zhenbo.core.evidence import Cause, Effect, Found, Missing, Say, Signal, cite
from zhenbo.core.session import HOUR, Session
from zhenbo.core.subject import Question, Tier
from zhenbo.kernel.features import Feature, features
from zhenbo.kernel.orders import Orders, orders
from zhenbo.signals.bunching import body_of, scan, survivor
from zhenbo.signals.looks import Held, created_in, events_of, strongest
from zhenbo.signals.nulls import P_FLOOR, share_tail

Ints = npt.NDArray[np.int64]
Bools = npt.NDArray[np.bool_]

_KEYS = {"addr": "few_addresses", "actor_id": "few_buyers", "pay": "few_payers"}
_ASKED = {"addr": "addresses", "actor_id": "order_accounts"}


def look(session: Session, base: Mapping[str, Any]) -> Iterable[Found]:
    """Judge orders per address, buyer and payer; one piece of evidence, for the most telling of them."""
    made = orders(session)
    if not len(made):
        return []
    failed = _failed(made, session.as_of, base["mature_h"])
    held = {key: _judge(made, key, failed, base) for key in _KEYS}
    missing = [Missing(Question.SALES, _ASKED[k]) for k in _ASKED if held[k] is None]
    tried = {key: found for key, found in held.items() if found is not None}
    if not tried:
        return missing
    best = min(tried, key=lambda k: (tried[k].bunches.p, list(_KEYS).index(k)))
    return [*missing, _evidence(session, made, failed, best, tried)]


def _judge(made: Orders, key: str, failed: Bools, base: Mapping[str, Any]) -> Held | None:
    """The scan over the keys of one kind; None where too few orders carry it."""
    of_order = np.where(_retries(made, made.keys[key], base["retries_max"]), -1, made.keys[key])
    carry = of_order >= 0
    if carry.sum() < base["orders_min"]:
        return None
    heads, of_parent = _purchases(made.parent[carry], of_order[carry])
    keys = int(of_order.max()) + 1
    count = np.bincount(of_parent, minlength=keys)
    present = np.flatnonzero(count)
    kept = np.bincount(of_parent, made.kept[carry][heads], keys)
    bad = np.bincount(of_parent, failed[carry][heads], keys)
    small = count <= 2
    usual = (bad[small].sum() + base["failed_share"] * base["pseudo"]) / (count[small].sum() + base["pseudo"])
    loose = (count - np.minimum(kept, base["office_max"])).astype(np.int64)[present]
    curve = survivor(
        loose, body_of(count[present], base["body"]), float(base["at_ten"]), float(base["power"])
    )
    fate = share_tail(bad[present], count[present], float(np.clip(usual, 0.02, 0.95)), base["concentration"])
    found = scan(np.where(loose > 1, curve, 1.0), base["size"], fate)
    members = np.zeros(keys, dtype=bool)
    members[present[found.members]] = True
    return Held(replace(found, members=members), of_order, count)


def _retries(made: Orders, key: Ints, most: float) -> Bools:
    """Unpaid orders at a key that also keeps one: somebody trying again for scarce goods, up to so many times."""
    carry = key >= 0
    if not carry.any():
        return carry
    keys = int(key.max()) + 1
    unpaid = carry & ~made.was_paid
    tries, kept = (
        np.bincount(key[unpaid], minlength=keys),
        np.bincount(key[carry & made.kept], minlength=keys),
    )
    return np.asarray(unpaid & (kept[key] > 0) & (tries[key] <= most))


def _purchases(parent: Ints, key: Ints) -> tuple[Ints, Ints]:
    """Index of the first child of every purchase at a key, and that key: ten goods in one purchase are one order."""
    pairs = parent * (int(key.max()) + 1) + key
    _, heads = np.unique(pairs, return_index=True)
    return heads, key[heads]


def _failed(made: Orders, as_of: int, mature_h: float) -> Bools:
    """Never paid though old enough, cancelled, or refunded before anything was shipped."""
    old = (made.at["created"] != np.iinfo(np.int64).min) & (as_of - made.at["created"] >= mature_h * HOUR)
    unpaid = ~made.was_paid & old
    back = made.happened("refunded") & ~made.happened("shipped") & ~made.happened("delivered")
    return np.asarray(unpaid | made.happened("cancelled") | back)


def _evidence(session: Session, made: Orders, failed: Bools, best: str, tried: Mapping[str, Held]) -> Found:
    held = tried[best]
    p = float(np.clip(held.bunches.p * len(tried), P_FLOOR, 1))
    largest = int(held.load.max())
    mine, keys = held.mine, int(held.bunches.members.sum())
    accused = bool(mine.any())
    shown = mine if accused else np.ones(len(made), dtype=bool)
    units = len(np.unique(made.parent[mine]))
    carriers = len(np.unique(made.parent[held.carriers]))
    per_key = units / keys if accused else 0.0
    usual = float(held.load[held.load > 0].mean())
    low, mid, high = held.bunches.excess
    events, total = cite(events_of(session, made, shown))
    return SIGNAL.evidence(
        window=created_in(session, made, shown),
        p=p,
        observed=float(units) if accused else float(largest),
        expected=held.bunches.expected * per_key if accused else usual,
        says=_KEYS[best] if accused else "spread_out",
        args={
            "orders": units if accused else len(np.unique(made.parent)),
            "all_orders": len(np.unique(made.parent)),
            "carriers": carriers,
            "keys": keys if accused else int((held.load > 0).sum()),
            "largest": largest,
            "failed_share": round(float(failed[mine].mean()), 4) if accused else 0.0,
            "hour_ratio": _hour_ratio(session),
        },
        effect=Effect("orders", units * low, units * mid, units * high, of=float(carriers)) if accused else None,
        orders=strongest(made, tried.values()),
        causes=_causes(made, mine) if accused else (),
        events=events,
        events_total=total,
    )  # fmt: skip


_HOUR = (
    Feature(
        "orders", "count", (), 3600, kinds=("order_create",), why="public rule: orders per buyer in an hour"
    ),
    Feature(
        "buyers", "distinct", (), 3600, of="actor_id", kinds=("order_create",), unit="buyers", why="same rule"
    ),
)


def _hour_ratio(session: Session) -> float:
    """Largest orders per distinct buyer within any hour of 20 or more orders.

    Three is suspicious by the rule of the order-brushing challenge of 2020; told as a figure, never judged by.
    """
    made = session.rows("order_create")
    made = made.filter(pc.is_valid(made["actor_id"]))
    if not made.num_rows:
        return 0.0
    seen = features(made, _HOUR)
    busy = seen["orders"] >= 20
    return round(float((seen["orders"][busy] / seen["buyers"][busy]).max()), 2) if busy.any() else 0.0


def _causes(made: Orders, mine: Bools) -> tuple[Cause, ...]:
    """Bulk buying is told by delivery: kept orders explain it, failed ones rule it out, silence leaves it open."""
    told = made.happened("delivered") | made.happened("completed") | made.happened("cancelled")
    told |= made.happened("refunded") | ~made.was_paid
    kept, known = made.kept[mine].mean(), told[mine].mean()
    outcome = "explains" if kept > 0.5 else "ruled_out" if known > 0.8 else "open"
    return (Cause("bulk_buying", outcome), Cause("group_buying", outcome), Cause("pickup_point", outcome))


SIGNAL = Signal(
    id="orders.concentration",
    version=1,
    question=Question.SALES,
    tier=Tier.T2,
    title=Say("Orders from few hands", "订单集中于少数地址或账号"),
    says={
        "few_addresses": Say(
            "{orders} of {all_orders} orders go to {keys} addresses, up to {largest} to one; {failed_share} of them were "
            "never paid, cancelled or refunded before shipping.",
            "{all_orders} 笔订单中有 {orders} 笔集中于 {keys} 个收货地址，单个地址最多 {largest} 笔；其中 {failed_share} 未付款、已取消或未发货即退款。",
        ),
        "few_buyers": Say(
            "{orders} of {all_orders} orders were placed by {keys} accounts, up to {largest} by one; {failed_share} of them were "
            "never paid, cancelled or refunded before shipping.",
            "{all_orders} 笔订单中有 {orders} 笔由 {keys} 个账号下单，单个账号最多 {largest} 笔；其中 {failed_share} 未付款、已取消或未发货即退款。",
        ),
        "few_payers": Say(
            "{orders} of {all_orders} orders were paid from {keys} paying accounts, up to {largest} from one; {failed_share} of them "
            "were cancelled or refunded before shipping.",
            "{all_orders} 笔订单中有 {orders} 笔由 {keys} 个付款账户支付，单个账户最多 {largest} 笔；其中 {failed_share} 已取消或未发货即退款。",
        ),
        "spread_out": Say(
            "{carriers} orders name their address or buyer; none of {keys} holds more than households, offices and resellers do "
            "(at most {largest} orders).",
            "{carriers} 笔订单带有地址或买家信息，涉及 {keys} 个地址或买家，集中程度未超出家庭、单位团购与代购的常态（单个最多 {largest} 笔）。",
        ),
    },
    look=look,
)
