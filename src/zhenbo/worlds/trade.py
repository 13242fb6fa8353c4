"""Orders and their later life: payment, shipping, delivery, refunds, returns, reviews."""

from dataclasses import dataclass, replace
from typing import Literal

import numpy as np

from zhenbo.core.session import DAY, HOUR, MINUTE
from zhenbo.worlds.anchors import CATEGORIES, FIRST_HOUR_REFUND, PAY_DELAY_MEDIAN_S, PAY_DELAY_SIGMA, UNPAID
from zhenbo.worlds.crowd import Ints
from zhenbo.worlds.scripts import paraphrase
from zhenbo.worlds.show import NONE, SECOND, Show

Refunds = Literal["spread", "same_night", "early", "next_day", "late", "week"]
REVIEWS = (
    "好评",
    "质量不错",
    "物流很快",
    "和描述一致",
    "还可以",
    "颜色有点偏",
    "一般般",
    "包装破了",
    "会回购",
    "尺码偏小",
    "孩子喜欢",
)
PRAISE = (
    "质量很好，物超所值，推荐购买",
    "宝贝收到了，和主播说的一样，非常满意",
    "第二次购买了，一如既往的好",
)


@dataclass(frozen=True)
class Life:
    """How a batch of orders fares.

    Args:
        unpaid: share never paid (closed by the system later).
        refund: share of paid orders refunded.
        first_hour: share of paid orders refunded within the hour, part of `refund`.
        after_delivery: share of the remaining refunds that come after delivery (days 3-10).
        refunds: `spread` for buyers; else a wave: `same_night`, `early` next morning, `next_day`, `late` (one day of
            the next two to five), or in daily lots over a `week`.
        lost_regions: province numbers where parcels fail and the money goes back.
        grams: parcel weight; 0 takes the category's.
        weight_spread: log-sd of parcel weight (0 = all equal: empty parcels).
        shipped: share of paid, kept orders that are shipped.
        praise: share of delivered orders reviewed with bought praise.
        written: bought praise is written by a language model instead of taken from a short list.
        unpaid_close_minutes: how long an unpaid order stays open (min, max).
    """

    unpaid: float = 0.12
    refund: float = 0.2
    first_hour: float = 0.05
    after_delivery: float = 0.4
    refunds: Refunds = "spread"
    lost_regions: tuple[int, ...] = ()
    grams: int = 0
    weight_spread: float = 0.12
    shipped: float = 0.98
    praise: float = 0.0
    written: bool = False
    unpaid_close_minutes: tuple[int, int] = (30, 1_440)


def ordinary_life(rng: np.random.Generator, category: str) -> Life:
    """The fate of honest orders of a kind of goods, drawn from the anchors."""
    goods = CATEGORIES[category]
    refund = float(rng.uniform(*goods.refund))
    return Life(
        unpaid=float(rng.uniform(*UNPAID)),
        refund=refund,
        first_hour=min(refund * 0.7, float(rng.uniform(*FIRST_HOUR_REFUND))),
        after_delivery=goods.after_delivery,
    )


def sell(
    show: Show, rng: np.random.Generator, buyers: Ints, at: Ints, life: Life, price: int | Ints = 0, item: int = NONE
) -> Ints:  # fmt: skip
    """Orders placed at given times by given people; returns their numbers.

    Args:
        show: the broadcast sold in.
        rng: stream of chance.
        buyers: person per order.
        at: time of creation per order.
        life: what becomes of them.
        price: minor units for every order (or of each); 0 draws from the category around a few shelf prices.
        item: the one product (0-11) that all order; `NONE` draws.
    """
    n = len(buyers)
    if not n:
        return np.empty(0, dtype=np.int64)
    goods = CATEGORIES[show.plan.category]
    shelf = np.maximum(100, np.round(rng.lognormal(np.log(goods.price), goods.spread, 12), -2)).astype(
        np.int64
    )
    drawn = np.minimum(rng.geometric(0.3, n) - 1, 11)
    chosen = drawn if item < 0 else np.full(n, item)
    qty = np.minimum(rng.geometric(0.85, n), 6)
    amount = np.full(n, price, dtype=np.int64) if np.any(price) else shelf[chosen] * qty
    number = show.crowd.fresh(n)
    product = show.words.codes([f"p-{show.plan.host_id}-{i}" for i in range(12)])
    base: dict[str, Ints | int] = {
        "actor": buyers, "order": number, "parent": number, "qty": qty, "amount": amount,
        "target": product[chosen], "currency": show.words.code("CNY"), "trade": 1,
    }  # fmt: skip
    platform_cut = np.where(rng.random(n) < 0.2, amount // 20, 0)
    show.put("order_create", at, **base, discount_platform=platform_cut, state=show.words.code("待支付"))
    paid = rng.random(n) >= life.unpaid
    delay = np.minimum(rng.lognormal(np.log(PAY_DELAY_MEDIAN_S), PAY_DELAY_SIGMA, n), 1_500) * SECOND
    pay_at = (at + delay + SECOND).astype(np.int64)
    _close(show, rng, {k: _pick(v, ~paid) for k, v in base.items()}, at[~paid], life)
    paid_rows = {k: _pick(v, paid) for k, v in base.items()}
    show.put("order_pay", pay_at[paid], **paid_rows, state=show.words.code("已支付"))
    _after(show, rng, paid_rows, pay_at[paid], life)
    return number


def _pick(value: Ints | int, keep: np.ndarray) -> Ints | int:
    return value if isinstance(value, int) else value[keep]


def _close(show: Show, rng: np.random.Generator, rows: dict[str, Ints | int], at: Ints, life: Life) -> None:
    """Unpaid orders are closed by the system after a while."""
    low, high = life.unpaid_close_minutes
    wait = (rng.uniform(low, high, len(at)) * MINUTE).astype(np.int64)
    show.after("order_cancel", at + wait, **rows, state=show.words.code("已关闭"))


def _after(
    show: Show, rng: np.random.Generator, rows: dict[str, Ints | int], paid_at: Ints, life: Life
) -> None:
    """What becomes of paid orders."""
    n = len(paid_at)
    if not n:
        return
    region = show.crowd.trait("region")[np.asarray(rows["actor"])]
    lost = np.isin(region, life.lost_regions) & (rng.random(n) < 0.75)
    refunded = (rng.random(n) < life.refund) | lost
    early = refunded & (rng.random(n) < life.first_hour / max(life.refund, 1e-9)) & ~lost
    late = refunded & ~early & ~lost & (rng.random(n) < life.after_delivery)
    if life.refunds != "spread":
        early, late = np.zeros(n, dtype=bool), np.zeros(n, dtype=bool)
    ship_at = paid_at + (rng.gamma(2.0, 9.0, n) * HOUR).astype(np.int64) + 2 * HOUR
    arrive_at = ship_at + (rng.gamma(4.0, 16.0, n) * HOUR).astype(np.int64) + 12 * HOUR
    ask_at = paid_at + (rng.exponential(20.0, n) * HOUR).astype(np.int64) + HOUR
    ask_at = np.where(early, paid_at + (rng.uniform(1, 58, n) * MINUTE).astype(np.int64), ask_at)
    ask_at = np.where(late, arrive_at + (rng.uniform(0.2, 7.5, n) * DAY).astype(np.int64), ask_at)
    ask_at = np.where(lost, ship_at + (rng.uniform(3, 12, n) * DAY).astype(np.int64), ask_at)
    if life.refunds != "spread":
        ask_at = _wave(show, rng, n, life.refunds)
    ships = (late | ~refunded | lost) & (rng.random(n) < life.shipped)
    ships |= late
    if life.refunds in {"late", "week"}:
        ships |= refunded & (ask_at > ship_at) & (rng.random(n) < life.shipped)
    _parcels(show, rng, rows, (ship_at, arrive_at), (ships, ships & ~lost), life)
    _refunds(show, rng, rows, ask_at, refunded, late)
    keep = ships & ~refunded
    kept = {k: _pick(v, keep) for k, v in rows.items()}
    done_at = arrive_at[keep] + (rng.uniform(1, 10, int(keep.sum())) * DAY).astype(np.int64)
    show.after("order_complete", done_at, **kept, state=show.words.code("已完成"))
    _reviews(show, rng, kept, done_at, life)


def _wave(show: Show, rng: np.random.Generator, n: int, when: Refunds) -> Ints:
    """Refund times of an organised wave: one click after another at somebody's desk."""
    end = show.plan.end
    if when == "next_day":
        return (end + rng.normal(14, 2.5, n).clip(6, 30) * HOUR).astype(np.int64)
    if when == "early":
        return (end + (rng.uniform(8, 11) + rng.uniform(0, 1.5, n)) * HOUR).astype(np.int64)
    if when == "late":
        return (end + rng.integers(2, 6) * DAY + rng.normal(-5, 2.0, n).clip(-10, 2) * HOUR).astype(np.int64)
    if when == "week":
        return (end + rng.integers(1, 8, n) * DAY + rng.uniform(-11, 1, n) * HOUR).astype(np.int64)
    return (end + rng.uniform(10, 150, n) * MINUTE).astype(np.int64)


def _parcels(
    show: Show,
    rng: np.random.Generator,
    rows: dict[str, Ints | int],
    times: tuple[Ints, Ints],
    masks: tuple[np.ndarray, np.ndarray],
    life: Life,
) -> None:
    """Shipping and delivery scans with parcel number and weight."""
    (ship_at, arrive_at), (ships, arrives) = times, masks
    n = len(ship_at)
    grams = life.grams or CATEGORIES[show.plan.category].grams * np.asarray(rows["qty"])
    weight = np.round(
        grams * rng.lognormal(0, life.weight_spread, n) if life.weight_spread else grams + np.zeros(n)
    )
    parcel = show.crowd.fresh(n)
    both = {**rows, "tracking": parcel, "weight_g": weight.astype(np.int64)}
    for kind, at, mask, state in (
        ("order_ship", ship_at, ships, "已发货"),
        ("order_deliver", arrive_at, arrives, "已签收"),
    ):
        show.after(
            kind, at[mask], **{k: _pick(v, mask) for k, v in both.items()}, state=show.words.code(state)
        )  # fmt: skip


def _refunds(
    show: Show, rng: np.random.Generator, rows: dict[str, Ints | int], ask_at: Ints, refunded: np.ndarray, late: np.ndarray
) -> None:  # fmt: skip
    """Requests, parcels sent back where goods had arrived, money returned."""
    n = len(ask_at)
    quick = ask_at + rng.lognormal(np.log(20 * MINUTE), 1.0, n).astype(np.int64)
    back = ask_at + (rng.uniform(0.2, 2, n) * DAY).astype(np.int64)
    got = back + (rng.uniform(1, 4, n) * DAY).astype(np.int64)
    done = np.where(late, got + (rng.uniform(0.5, 24, n) * HOUR).astype(np.int64), quick)
    for kind, at, mask, state in (
        ("refund_request", ask_at, refunded, "待商家处理"),
        ("return_ship", back, refunded & late, "待商家收货"),
        ("return_receive", got, refunded & late, "商家已收货"),
        ("refund_done", done, refunded, "退款成功"),
    ):
        show.after(
            kind, at[mask], **{k: _pick(v, mask) for k, v in rows.items()}, state=show.words.code(state)
        )  # fmt: skip


def _reviews(
    show: Show, rng: np.random.Generator, rows: dict[str, Ints | int], done_at: Ints, life: Life
) -> None:
    """One buyer in seven writes; brushed orders are praised from a short list or by a language model."""
    n = len(done_at)
    share, texts = (life.praise, PRAISE) if life.praise else (0.14, REVIEWS)
    mask = rng.random(n) < share
    said = show.words.codes(texts)[rng.integers(len(texts), size=n)]
    if life.written:
        said = show.words.codes(paraphrase(rng, n, show.plan.category))
    picked = {k: _pick(v, mask) for k, v in rows.items()}
    show.after("review", done_at[mask] + HOUR, **picked, text=said[mask])


def browse(show: Show, rng: np.random.Generator, who: Ints, at: Ints) -> None:
    """What a buyer does before ordering: looks at the goods once or twice, sometimes puts them in the basket."""
    looks = 1 + (rng.random(len(who)) < 0.4)
    person, moment = np.repeat(who, looks), np.repeat(at, looks)
    before = (rng.lognormal(np.log(45), 0.9, len(person)) * SECOND).astype(np.int64) + 4 * SECOND
    goods = show.words.codes([f"p-{show.plan.host_id}-{i}" for i in range(12)])
    seen = goods[np.minimum(rng.geometric(0.3, len(person)) - 1, 11)]
    clicked = np.maximum(moment - before, show.plan.start)
    show.put("product_click", clicked, actor=person, target=seen)
    cart = rng.random(len(who)) < 0.25
    show.put(
        "cart_add", np.maximum(at[cart] - 3 * SECOND, show.plan.start), actor=who[cart], target=int(goods[0])
    )


def calm(life: Life, refund: float, after_delivery: float) -> Life:
    """The same orders with another refund share (apparel season, a weak batch)."""
    return replace(
        life, refund=refund, after_delivery=after_delivery, first_hour=min(life.first_hour, refund * 0.3)
    )


__all__ = ["NONE", "Life", "browse", "calm", "ordinary_life", "sell"]
