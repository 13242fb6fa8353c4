"""The same again for nothing: many buyers who each order one product several times within hours, and none of it stays.

## What it looks for
Products of which many buyers place three purchases or more within three hours, all in the same few hours, and whose orders
then come to nothing (never paid, closed, refunded, sent back) where other orders of the same product do not.

## Why it matters
Rivals have a shop brushed badly, so that the platform punishes it (反向刷单, K22): a burst of orders for one link by few
people, taken back within days, which costs freight, stock and the shop's return rate. Workers paid by the order place
several each. The public rule for it is old: orders in an hour per buyer of that hour (order-brushing challenge 2020).

## How it is fooled
By one order per account; by different products; by orders that are kept.

## What clears it
Offices, group-buy leaders, fans and resellers order the same again and again, and keep it. Who splits a basket for coupons
buys different goods. A wrong price brings bargain hunters who order thrice and are refunded: orders below the usual price of
the product, or of one without a usual price, name nobody. A bad lot comes back from everybody, a size that does not fit too:
others of the same product are compared. Purchases and not goods are counted: three sizes in one basket are one.

## Method
Share of a product's buyers who come again, in the six hours in which most do, against a beta-binomial across shops; held
against the failures of these orders beside those of other orders of the product (hypergeometric). Products are paid for.
Baselines: `packs/baselines/orders.repeats.toml`.

## Examples
    >>> from zhenbo.proof.pages import look
    >>> look('orders.repeats', '''
    ... 18:00-23:00 b1..b60 order o{n} 59.00 scattered [product=p{n%2}]
    ... 20:30-21:30 a1..a15 order f{n} 59.00 x3 [product=p1]
    ... d+3 09:00-18:00 refunded f{n} x45
    ... ''')
    orders.repeats: accuses, names 45 orders, says again
    >>> look('orders.repeats', '''
    ... 18:00-23:00 b1..b60 order o{n} 59.00 scattered [product=p{n%2}]
    ... 20:30-21:30 a1..a15 order f{n} 59.00 x3 [product=p1]
    ... d+3 09:00-18:00 delivered f{n} x45
    ... ''')
    orders.repeats: clears, names 0 orders, says kept
"""

from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import Any

import numpy as np
import numpy.typing as npt

from zhenbo.core.evidence import Cause, Found, Missing, Say, Signal
from zhenbo.core.session import HOUR, Session
from zhenbo.core.subject import Question, Tier
from zhenbo.kernel.orders import Orders, orders
from zhenbo.signals.company import ALONE, SURE, Fact, held_against, pieces, together
from zhenbo.signals.looks import Best, Look, best, said, share

Ints = npt.NDArray[np.int64]
Bools = npt.NDArray[np.bool_]


def look(session: Session, base: Mapping[str, Any]) -> Iterable[Found]:
    """Test each product for buyers who come again for nothing; one piece of evidence, for the most telling product."""
    made = orders(session)
    buyer = made.keys["actor_id"] if (made.keys["actor_id"] >= 0).any() else made.keys["addr"]
    product = made.keys["target_id"]
    known = (buyer >= 0) & (product >= 0) & made.timed("created")
    if not known.any():
        return [Missing(Question.SALES, "order_accounts")] if len(made) and (buyer < 0).all() else []
    if known.sum() < base["orders_min"]:
        return []
    failed, paid = _failed(made, session.as_of, base), _price(session, made)
    again = _again(made, buyer, known, base)
    sold = np.bincount(product[known])
    tried = np.flatnonzero(sold >= base["buyers_min"]).tolist()
    looks = [_judge(made, (buyer, known & (product == one), again), failed, paid, base) for one in tried]
    nothing = Look("again", 1.0, int(known.sum()), 0, 0.0, (0.0, 0.0), np.zeros(len(made), dtype=bool), known)
    top = min(looks, key=lambda x: x.p, default=nothing)
    p = min(top.p * max(len(tried), 1), 1.0)
    return [_evidence(session, made, best([replace(top, p=p, judged=known)]), failed)]


def _failed(made: Orders, as_of: int, base: Mapping[str, Any]) -> Bools:
    """Orders that came to nothing, or are asked back."""
    old = as_of - made.at["created"] >= base["mature_h"] * HOUR
    due = np.maximum(made.amount - made.discount, 1)
    back = (2 * made.refund >= due) | made.happened("sent_back") | made.case_open
    return np.asarray((~made.was_paid & old & made.timed("created")) | made.happened("cancelled") | back)


def _price(session: Session, made: Orders) -> npt.NDArray[np.float64]:
    """What a piece cost the buyer."""
    return np.asarray((made.amount - made.discount) / pieces(session, made), dtype=np.float64)


def _again(made: Orders, buyer: Ints, known: Bools, base: Mapping[str, Any]) -> Bools:
    """Orders that stand among so many purchases of one product by one buyer within so many hours."""
    at, most = made.at["created"], int(base["purchases_min"]) - 1
    rows = np.flatnonzero(known)
    whose = np.stack([buyer, made.keys["target_id"], made.parent])[:, rows]
    _, first, purchase = np.unique(whose, axis=1, return_index=True, return_inverse=True)
    heads = rows[first]
    order = np.lexsort((at[heads], made.keys["target_id"][heads], buyer[heads]))
    heads = heads[order]
    near = np.zeros(len(heads), dtype=bool)
    if len(heads) > most:
        one, other = heads[:-most], heads[most:]
        same = (buyer[one] == buyer[other]) & (made.keys["target_id"][one] == made.keys["target_id"][other])
        run = np.flatnonzero(same & (at[other] - at[one] <= base["hours"] * HOUR))
        near[(run[:, None] + np.arange(most + 1)).ravel()] = True
    of_purchase = np.zeros(len(heads), dtype=bool)
    of_purchase[order] = near
    out = np.zeros(len(made), dtype=bool)
    out[rows] = of_purchase[np.asarray(purchase).ravel()]
    return out


def _judge(
    made: Orders,
    told: tuple[Ints, Bools, Bools],
    failed: Bools,
    paid: npt.NDArray[np.float64],
    base: Mapping[str, Any],
) -> Look:
    """One product: how many of its buyers came again in its busiest hours, and what became of it."""
    buyer, mine, again = told
    at = made.at["created"]
    since = _busiest(at[mine & again], int(base["window_h"] * HOUR))
    inside = mine & (at >= since) & (at < since + int(base["window_h"] * HOUR))
    members = inside & again
    units = (len(np.unique(buyer[members])), len(np.unique(buyer[inside])))
    rate = (base["again_share"], base["again_concentration"])
    one = share("again", members, mine, rate, units)
    if units[0] < base["buyers_min"]:
        return replace(one, p=1.0, members=np.zeros(len(made), dtype=bool))
    rest = mine & ~members
    lost, others = float(failed[members].mean()), float(failed[rest].mean()) if rest.any() else 1.0
    if lost < base["failed_min"] or lost < base["failed_times"] * others:
        return replace(
            one, p=1.0, members=np.zeros(len(made), dtype=bool)
        )  # they keep it, or all give it back
    usual = float(np.median(paid[rest]))
    if rest.sum() < base["usual_min"] or np.median(paid[members]) < base["price_low"] * usual:
        return replace(one, p=max(one.p, ALONE))
    fact = Fact(failed.astype(np.int64), np.zeros(len(made), dtype=np.int64))
    return replace(one, p=held_against(one.p, together(members, mine, [fact])))


def _busiest(at: Ints, length: int) -> int:
    """Start of the stretch in which most of some orders were made."""
    times = np.sort(at)
    many = np.searchsorted(times, times + length) - np.arange(len(times))
    return int(times[int(np.argmax(many))]) if len(times) else 0


def _evidence(session: Session, made: Orders, found: Best, failed: Bools) -> Found:
    members, product = found.look.members, made.keys["target_id"]
    rest = (product == product[np.argmax(members)]) & ~members
    args = {
        "failed_share": round(float(failed[members].mean()), 4) if members.any() else 0.0,
        "others_share": round(float(failed[rest].mean()), 4) if members.any() and rest.any() else 0.0,
    }
    outcome = "ruled_out" if found.p < SURE else "open"
    causes = tuple(Cause(c, outcome) for c in ("bulk_buying", "product_recall"))
    return said(SIGNAL, session, made, found, clear="kept", args=args, causes=causes if found.accused else ())


SIGNAL = Signal(
    id="orders.repeats",
    version=1,
    question=Question.SALES,
    tier=Tier.T2,
    title=Say("The same again for nothing", "反复下单、无一成交"),
    says={
        "again": Say(
            "{units} of {tested} buyers of one product placed three purchases of it or more within three hours, all in the same "
            "hours and at the usual price; {failed_share} of these {orders} orders came to nothing, of others of the product {others_share}.",
            "同一商品的 {tested} 个买家中有 {units} 个在同一时段内三小时下单三次以上，且价格正常；这 {orders} 笔订单中 {failed_share} 未成交或退回，"
            "该商品其他订单为 {others_share}。",
        ),
        "kept": Say(
            "{orders} orders name buyer and product; none was ordered again and again by many buyers at once for nothing.",
            "{orders} 笔订单带有买家与商品信息，未见多个买家同时反复下单又落空的情况。",
        ),
    },
    look=look,
)
