"""Many buyers, one purse: orders of different people at different homes, paid or ordered by few.

## What it looks for
Paying accounts (and devices) behind the orders of many accounts that live in many places. A purse is measured by its
reach: how many different buyers at different addresses it serves. Where the record tells to whom refunds went, the
purses that received them are asked the same.

## Why it matters
In the court's own account of the trade the organiser pays: search, compare, chat, order, *pay by the organiser*, an
empty parcel, a scripted review (Fanxian court, 2024). Accounts, names and addresses are rented by the hundred; the money
has one owner. These orders are delivered and kept, so no refund gives them away.

## How it is fooled
By paying each worker in advance, who then pays alone (垫付): then there are as many purses as buyers, and reviews,
parcels and visits have to tell.

## What clears it
One buyer who orders for many homes (gifts, relatives), many buyers at one home (a family, a dormitory, an office):
their reach is one. Parents who pay for two or three children. A column that holds the *way* of paying and not the account
(hardly any purse serves a single buyer) is no purse. Shops that order for their customers, and scalpers with many
accounts, do reach far: that cause stays open.

## Method
Survivor curve of the reach of honest purses (the curve of `identity.sharing`), extreme purses counted against a negative
binomial over seven thresholds; the kinds of purse tried are paid for. Baselines: `packs/baselines/orders.payers.toml`.

## Examples
    >>> from zhenbo.proof.pages import look
    >>> look('orders.payers', '''
    ... 20:00-22:00 b1..b60 order o{n} 59.00 scattered [addr=home{n} pay=card{n}]
    ... 20:30-21:30 a1..a45 order f{n} 99.00 [addr=rented{n} pay=purse{n%3}]
    ... d+3 09:00-18:00 delivered f{n} x45
    ... ''')
    orders.payers: accuses, names 45 orders, says one_purse
    >>> look('orders.payers', '''
    ... 20:00-22:00 b1..b60 order o{n} 59.00 scattered [addr=home{n} pay=card{n}]
    ... 20:30-21:30 c1 orders g{n} 99.00 x40 [addr=cousin{n} pay=corporate]
    ... 20:40-20:50 d1..d30 order h{n} 29.00 [addr=hall pay=own{n}]
    ... ''')
    orders.payers: clears, names 0 orders, says own_purses
"""

from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow.compute as pc

from zhenbo.core.evidence import Cause, Effect, Found, Missing, Say, Signal, cite
from zhenbo.core.session import Session, codes
from zhenbo.core.subject import Question, Tier
from zhenbo.kernel.opinions import opinions
from zhenbo.kernel.orders import Orders, orders
from zhenbo.signals.bunching import UNREMARKABLE, Bunches, excess_weight, scan, survivor
from zhenbo.signals.company import SURE, Fact, goods, together
from zhenbo.signals.looks import Held, created_in, events_of, strongest
from zhenbo.signals.nulls import P_FLOOR, fisher

Ints = npt.NDArray[np.int64]
Bools = npt.NDArray[np.bool_]

_FAR = 4
"""Reach from which a purse is asked what else its orders share."""
_SPOKEN = 8
"""Characters from which a review tells anything."""
_SAYS = {"pay": "one_purse", "refund": "one_refund", "device": "one_device"}


def look(session: Session, base: Mapping[str, Any]) -> Iterable[Found]:
    """Judge the reach of purses, refund accounts and devices; one piece of evidence, for the most telling of them."""
    made = orders(session)
    if not len(made):
        return []
    purses = {"pay": made.keys["pay"], "refund": _refunded_to(session, made), "device": made.keys["device"]}
    tried = {kind: held for kind, of in purses.items() if (held := _judge(made, of, base)) is not None}
    if not tried:
        return [] if (made.keys["pay"] >= 0).any() else [Missing(Question.SALES, "payers")]
    tried = {kind: _seconded(session, made, held) for kind, held in tried.items()}
    best = min(tried, key=lambda kind: (tried[kind].bunches.p, list(_SAYS).index(kind)))
    return [_evidence(session, made, best, tried)]


def _refunded_to(session: Session, made: Orders) -> Ints:
    """Account that received the refund of each order, −1 where none is told or it is the one that had paid."""
    rows = session.rows("refund_done")
    rows = rows.filter(pc.and_(pc.is_valid(rows["pay"]), pc.is_valid(rows["order_id"])))
    out = np.full(len(made), -1, dtype=np.int64)
    if not rows.num_rows:
        return out
    order = np.asarray(pc.fill_null(pc.index_in(rows["order_id"], value_set=made.id), -1).to_numpy()).astype(
        np.int64
    )
    to, names = codes(rows["pay"])
    known = order >= 0
    out[order[known]] = to[known]
    payer = made.keys["pay"]
    if len(made.names["pay"]):
        same = np.asarray(pc.fill_null(pc.index_in(made.names["pay"], value_set=names), -2).to_numpy())
        own = np.append(same.astype(np.int64), -2)[payer]
        out[out == own] = -1
    return out


def _judge(made: Orders, of: Ints, base: Mapping[str, Any]) -> Held | None:
    """The scan over purses of one kind; None where the record does not tell enough buyers and homes apart."""
    carry = of >= 0
    people = (
        [made.keys[k] for k in ("actor_id", "addr") if (made.keys[k][carry] >= 0).mean() >= 0.5]
        if carry.any()
        else []
    )
    if carry.sum() < base["orders_min"] or not people:
        return None
    n = int(of.max()) + 1
    reach = np.min([_distinct(of, who, n) for who in people], axis=0)
    present = np.flatnonzero(np.bincount(of[carry], minlength=n))
    single = (reach[present] <= 1).sum()
    buyers = len(np.unique(people[0][carry & (people[0] >= 0)]))
    if single < base["single_min"] * buyers:
        return None  # a way of paying, or a placeholder
    curve = survivor(reach[present], base["body"], base["at_ten"], base["power"])
    found = scan(np.where(reach[present] >= base["reach_min"], curve, 1.0), base["size"])
    members = np.zeros(n, dtype=bool)
    members[present[found.members]] = True
    whole = Bunches(found.p, found.expected, members, found.weight_db, found.excess)
    return Held(whole, of, reach)


def _seconded(session: Session, made: Orders, held: Held) -> Held:
    """The same, seconded by what else the orders of far-reaching purses share: who orders for others does not write for them."""
    far = held.load >= _FAR
    mine = (held.of_order >= 0) & far[np.maximum(held.of_order, 0)]
    if not mine.any() or held.bunches.p >= UNREMARKABLE:
        return held
    told = opinions(session, made, _SPOKEN)
    shared = np.zeros(len(made), dtype=np.int64)
    shared[told.order[told.shared >= 2]] = 1
    weight = np.where(made.weight_g > 0, made.weight_g, -1)
    product = goods(made)
    other = together(mine, held.of_order >= 0, [Fact(shared, product), Fact(weight, product)])
    if other >= SURE:
        return held
    p = fisher(held.bunches.p, other)
    expected = held.bunches.expected
    odds = max(far.sum() - expected, 0.0) / max(expected, 0.1)
    weight_db = excess_weight(far.sum(), expected, p, 0.1)
    mid = odds / (1 + odds)
    return replace(held, bunches=Bunches(p, expected, far, weight_db, (mid * mid, mid, 1.0)))


def _distinct(of: Ints, who: Ints, n: int) -> Ints:
    """How many different people (or homes) every purse serves."""
    both = (of >= 0) & (who >= 0)
    pairs = np.unique(np.stack([of[both], who[both]]), axis=1)
    return np.bincount(pairs[0], minlength=n) if both.any() else np.zeros(n, dtype=np.int64)


def _evidence(session: Session, made: Orders, best: str, tried: Mapping[str, Held]) -> Found:
    held = tried[best]
    p = float(np.clip(held.bunches.p * len(tried), P_FLOOR, 1))
    mine = held.mine
    accused = bool(mine.any())
    carriers = int(held.carriers.sum())
    low, mid, high = (share * mine.sum() for share in held.bunches.excess)
    shown = mine if accused else held.carriers
    events, total = cite(events_of(session, made, shown))
    buyers = made.buyer
    causes = (
        Cause("family", "ruled_out"),
        Cause("bulk_buying", "ruled_out"),
        Cause("ordered_for_others", "open"),
    )
    return SIGNAL.evidence(
        window=created_in(session, made, shown),
        p=p,
        observed=float(mine.sum()) if accused else float(held.load.max(initial=0)),
        expected=held.bunches.expected if accused else 1.0,
        says=_SAYS[best] if accused else "own_purses",
        args={
            "orders": int(mine.sum()) if accused else carriers,
            "all_orders": len(made),
            "purses": int(held.bunches.members.sum()) if accused else int((held.load > 0).sum()),
            "buyers": len(np.unique(buyers[mine & (buyers >= 0)])),
            "largest": int(held.load.max(initial=0)),
        },
        effect=Effect("orders", low, mid, max(high, mid), of=float(carriers)) if accused else None,
        orders=strongest(made, tried.values()),
        causes=causes if accused else (),
        events=events,
        events_total=total,
    )  # fmt: skip


SIGNAL = Signal(
    id="orders.payers",
    version=1,
    question=Question.SALES,
    tier=Tier.T2,
    title=Say("Many buyers, one purse", "多人下单，同一付款人"),
    says={
        "one_purse": Say(
            "{orders} of {all_orders} orders, of {buyers} buyers, were paid from {purses} paying accounts; one of them pays for "
            "{largest} buyers at different addresses.",
            "{all_orders} 笔订单中有 {orders} 笔（{buyers} 个买家）由 {purses} 个付款账户支付，其中一个账户替 {largest} 个不同地址的买家付款。",
        ),
        "one_refund": Say(
            "The refunds of {orders} of {all_orders} orders, of {buyers} buyers, went to {purses} accounts that had not paid for "
            "them; one of them received those of {largest} buyers.",
            "{all_orders} 笔订单中有 {orders} 笔（{buyers} 个买家）的退款进入 {purses} 个并非付款人的账户，其中一个账户收到 {largest} 个买家的退款。",
        ),
        "one_device": Say(
            "{orders} of {all_orders} orders, of {buyers} buyers, were placed on {purses} devices; one of them orders for {largest} "
            "buyers at different addresses.",
            "{all_orders} 笔订单中有 {orders} 笔（{buyers} 个买家）在 {purses} 台设备上下单，其中一台为 {largest} 个不同地址的买家下单。",
        ),
        "own_purses": Say(
            "{orders} orders name the account that paid; none of {purses} pays for more homes than families do (at most {largest}).",
            "{orders} 笔订单带有付款账户，共 {purses} 个，没有一个为超出家庭常态的多个地址付款（最多 {largest} 个）。",
        ),
    },
    look=look,
)
