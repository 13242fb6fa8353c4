"""Again and again for nothing: many buyers who each order several times, and none of it stays.

## What it looks for
Buyers of three purchases or more, of whatever goods, who give back nearly all they paid for, where those who buy once or twice keep
theirs. Beside it, products of which many buyers place three purchases or more within three hours, all in the same few hours, and whose orders
then come to nothing (never paid, closed, refunded, sent back) where other orders of the same product do not.

## Why it matters
Rivals have a shop brushed badly, so that the platform punishes it (反向刷单, K22): a burst of orders for one link by few
people, taken back within days, which costs freight, stock and the shop's return rate. Workers paid by the order place
several each; so do a host's own people who meet a pledge and send all of it back after settlement. The public rule for it is old: orders in an hour per buyer of that hour (order-brushing challenge 2020).

## How it is fooled
By one or two orders per account; by orders that are kept.

## What clears it
Offices, group-buy leaders, fans and resellers order the same again and again, and keep it. Who splits a basket for coupons
buys different goods. A wrong price brings bargain hunters who order thrice and are refunded: orders below the usual price of
the product, or of one without a usual price, name nobody. A bad lot comes back from everybody, a size that does not fit too:
others of the same product are compared. Purchases and not goods are counted: three sizes in one basket are one. Who orders five pieces of
jewellery to choose one keeps one; some people give everything back, and as many of them are expected as one fate for all orders of a
person allows. Orders never paid are looked at in the product's look only: fans of scarce goods try a dozen times. A ring of claimants (职业索赔,
恶意退货) gives all back too, after the parcels came and with a complaint about the goods: it explains them, and a shop that is
plundered is not accused. Where reasons are not told, nobody is named.

## Method
Share of a product's buyers who come again, in the six hours in which most do, against a beta-binomial across shops; held
against the failures of these orders beside those of other orders of the product (hypergeometric). Products are paid for. Of all
goods: how many buyers of three paid purchases or more gave all of them back, or six of ten, against what small buyers' returns of the same products let
expect (beta-binomial within a person, and again across rooms); both counts are paid for.
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
    >>> look('orders.repeats', '''
    ... 18:00-23:00 b1..b80 order o{n} 59.00 scattered [product=p{n%2}]
    ... 18:00-23:00 a1..a15 order f{n} 59.00 x4 scattered [product=p{n%7}]
    ... d+3 09:00-18:00 delivered f{n} x60
    ... d+9 09:00-d+12 18:00 refunded f{n} x56 "不想要了" scattered
    ... ''')
    orders.repeats: accuses, names 56 orders, says nothing_kept
"""

from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import Any

import numpy as np
import numpy.typing as npt

from zhenbo.core.evidence import Cause, Found, Missing, Say, Signal
from zhenbo.core.session import HOUR, Session
from zhenbo.core.subject import Question, Tier
from zhenbo.kernel.orders import Orders, because, orders
from zhenbo.signals.company import ALONE, SURE, Fact, held_against, pieces, together
from zhenbo.signals.looks import Best, Look, best, said, share

Ints = npt.NDArray[np.int64]
Bools = npt.NDArray[np.bool_]


def look(session: Session, base: Mapping[str, Any]) -> Iterable[Found]:
    """Test each product for buyers who come again for nothing; one piece of evidence, for the most telling product."""
    made = orders(session)
    buyer = made.buyer
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
    kept_none = _nothing_kept(made, buyer, failed, base)
    tests = [replace(top, p=p, judged=known), *([kept_none] if kept_none else [])]
    return [_evidence(session, made, best(tests), failed, base)]


def _nothing_kept(made: Orders, buyer: Ints, failed: Bools, base: Mapping[str, Any]) -> Look | None:
    """Buyers of several paid purchases who give nearly all of them back, against what small buyers do with the same goods."""
    from scipy import stats

    known = (buyer >= 0) & made.was_paid
    _, first = np.unique(np.stack([buyer, made.parent]), axis=1, return_index=True)
    heads = first[known[first]]
    count, lost = (np.bincount(buyer[heads], w, int(buyer.max()) + 1) for w in (None, failed[heads]))
    many = np.flatnonzero(count >= base["purchases_min"])
    small = known & (count[np.maximum(buyer, 0)] < base["purchases_min"])
    if len(many) < base["several_min"] or small.sum() < base["small_min"]:
        return None
    usual = _usual(made.keys["target_id"], failed, small, base["pseudo"])
    q = np.bincount(buyer[heads], usual[heads], len(count))[many] / count[many]
    a, b = q * base["person_concentration"], (1 - q) * base["person_concentration"]
    looks = []
    for least in (1.0, base["most_share"]):
        need = np.ceil(least * count[many] - 1e-9)
        honest = stats.betabinom.sf(need - 1, count[many], a, b)
        odd = many[lost[many] >= need]
        members = known & np.isin(buyer, odd) & failed
        rate = (float(np.clip(honest.mean(), 1e-3, 0.95)), base["several_concentration"])
        looks.append(share("nothing_kept", members, known, rate, (len(odd), len(many))))
    top = min(looks, key=lambda x: x.p)
    if top.units < base["buyers_min"]:
        return None
    floor = base["several_floor"] if _complained(made, top.members, base) is not None else ALONE
    if floor < ALONE and top is looks[0] and _various(made.keys["target_id"][top.members], base):
        floor = base["various_floor"]
    return replace(top, p=max(min(top.p * len(looks), 1.0), floor))


def _various(product: Ints, base: Mapping[str, Any]) -> bool:
    """Whether some orders are of many goods: scalpers buy what is scarce, who fills a basket for a coupon keeps a piece of it."""
    _, count = np.unique(product[product >= 0], return_counts=True)
    return 2 * count.sum() >= len(product) and bool(count.max(initial=0) <= base["one_product"] * count.sum())


def _complained(made: Orders, members: Bools, base: Mapping[str, Any]) -> float | None:
    """Share of some orders that had come and were given back with a complaint about the goods; None where most give no reason."""
    told = members & (made.why >= 0)
    if 2 * told.sum() < members.sum():
        return None
    came = made.happened("delivered") | made.happened("completed") | made.happened("shipped")
    return float((because(made, base["complaint"]) & came)[told].mean())


def _usual(product: Ints, failed: Bools, small: Bools, pseudo: float) -> npt.NDArray[np.float64]:
    """Per order, how often small buyers of its goods give them back, drawn to the room's own rate where few tell."""
    rate = float((failed[small].sum() + 1) / (small.sum() + 2))
    kinds = int(product.max(initial=-1)) + 2
    n, hits = (np.bincount(product[small] + 1, w, kinds) for w in (None, failed[small]))
    return np.asarray(((hits + pseudo * rate) / (n + pseudo))[product + 1], dtype=np.float64)


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


def _evidence(session: Session, made: Orders, found: Best, failed: Bools, base: Mapping[str, Any]) -> Found:
    members, product = found.look.members, made.keys["target_id"]
    alike = product == product[np.argmax(members)] if found.look.name == "again" else made.was_paid
    rest = alike & ~members
    args = {
        "failed_share": round(float(failed[members].mean()), 4) if members.any() else 0.0,
        "others_share": round(float(failed[rest].mean()), 4) if members.any() and rest.any() else 0.0,
    }
    causes = _causes(made, found, base) if found.accused else ()
    return said(SIGNAL, session, made, found, clear="kept", args=args, causes=causes)


def _causes(made: Orders, found: Best, base: Mapping[str, Any]) -> tuple[Cause, ...]:
    outcome = "ruled_out" if found.p < SURE else "open"
    if found.look.name == "again":
        return (Cause("bulk_buying", outcome), Cause("product_recall", outcome))
    complained = _complained(made, found.look.members, base)
    ring = (
        "open" if complained is None else "explains" if complained >= base["complaint_share"] else "ruled_out"
    )
    return (Cause("bulk_buying", outcome), Cause("malicious_returns", ring))


SIGNAL = Signal(
    id="orders.repeats",
    version=2,
    question=Question.SALES,
    tier=Tier.T2,
    title=Say("Again and again for nothing", "反复下单、无一成交"),
    says={
        "again": Say(
            "{units} of {tested} buyers of one product placed three purchases of it or more within three hours, all in the same "
            "hours and at the usual price; {failed_share} of these {orders} orders came to nothing, of others of the product {others_share}.",
            "同一商品的 {tested} 个买家中有 {units} 个在同一时段内三小时下单三次以上，且价格正常；这 {orders} 笔订单中 {failed_share} 未成交或退回，"
            "该商品其他订单为 {others_share}。",
        ),
        "nothing_kept": Say(
            "{units} of {tested} buyers with three purchases or more gave back nearly all they had paid for, where the returns of small buyers of the "
            "same goods let expect {expected_share}; these are {orders} orders, and of all others {others_share} came to nothing.",
            "{tested} 个下单三次以上的买家中有 {units} 个几乎全部退回，而按同款商品小额买家的退货情况预期仅 {expected_share}；涉及 {orders} 笔订单，其余订单未成交或退回的占 {others_share}。",
        ),
        "kept": Say(
            "{orders} orders name buyer and product; nobody ordered again and again for nothing, as far as others keep such goods.",
            "{orders} 笔订单带有买家与商品信息，未见多个买家反复下单又几乎全部落空的情况。",
        ),
    },
    look=look,
)
