"""Orders with an honest fate that looks like a brusher's: refunds in waves, equal parcels, money in two parts."""

import numpy as np

from zhenbo.core.session import DAY, HOUR, MINUTE
from zhenbo.worlds import organic
from zhenbo.worlds.crowd import REGIONS, Ints
from zhenbo.worlds.show import SECOND, Show
from zhenbo.worlds.trade import Life, browse, calm, ordinary_life, sell


def returns(show: Show, rng: np.random.Generator) -> None:
    """Apparel: 60-80 % come back, three to ten days after delivery (FIELD K18)."""
    life = calm(ordinary_life(rng, "apparel"), float(rng.uniform(0.6, 0.8)), 0.85)
    organic.play(show, rng, life)


def lockdown(show: Show, rng: np.random.Generator) -> None:
    """Parcels to one or two provinces never arrive (INPUTS 1.6: Hubei 72 %, Xinjiang 63 % refunded)."""
    lost = tuple(int(i) for i in rng.choice(len(REGIONS), 2, replace=False))
    organic.play(show, rng, Life(refund=float(rng.uniform(0.15, 0.25)), lost_regions=lost))


def buyers_of(show: Show, rng: np.random.Generator, n: int) -> tuple[Ints, Ints]:
    """Up to `n` people of the room, each once, and a moment late in the visit of each."""
    who = np.unique(show.people()[0])
    who = rng.permutation(who)[:n]
    since, until = organic.presence(show, who)
    at = np.maximum(
        since + (rng.uniform(0.4, 1, len(who)) * (until - since)).astype(np.int64), since + 8 * SECOND
    )
    at = np.minimum(at, show.plan.end)
    browse(show, rng, who, at)
    return who, at


def depot(show: Show, rng: np.random.Generator) -> None:
    """A depot burns down: every parcel for four provinces is lost, and the seller pays them all back on one day."""
    organic.play(show, rng)
    lost = rng.choice(len(REGIONS), 4, replace=False)
    who, at = buyers_of(show, rng, int(show.plan.watchers * rng.uniform(0.02, 0.06)) + 20)
    show.crowd.set_trait("region", who, lost[rng.integers(4, size=len(who))])
    sell(show, rng, who, at, Life(unpaid=0.0, refund=1.0, first_hour=0.0, refunds="late", shipped=0.0))


def price_cut(show: Show, rng: np.random.Generator) -> None:
    """The price falls next day: buyers take their money back and buy again in the shop, outside the room."""
    organic.play(show, rng)
    who, at = buyers_of(show, rng, int(show.plan.watchers * rng.uniform(0.03, 0.08)) + 20)
    price = int(rng.integers(50, 300)) * 100
    sell(
        show,
        rng,
        who,
        at,
        Life(unpaid=0.0, refund=1.0, first_hour=0.0, refunds="next_day", shipped=0.0),
        price,
        0,
    )
    back = next(b for b in reversed(show.blocks) if b.kind == "refund_request")
    again = (back.ts + rng.lognormal(np.log(4), 0.8, len(back.ts)) * MINUTE).astype(np.int64)
    number = show.crowd.fresh(len(again))
    rows: dict[str, Ints | int] = {
        "actor": np.asarray(back.columns["actor"]), "order": number, "parent": number, "qty": 1, "amount": price * 4 // 5,
        "target": show.words.code(f"p-{show.plan.host_id}-0"), "currency": show.words.code("CNY"), "trade": 1,
    }  # fmt: skip
    for kind, state, hours in (
        ("order_create", "待支付", 0.0), ("order_pay", "已支付", 0.004), ("order_ship", "已发货", 30.0),
        ("order_deliver", "已签收", 80.0), ("order_complete", "已完成", 300.0),
    ):  # fmt: skip
        later = again + (hours * rng.uniform(0.5, 1.5, len(again)) * HOUR).astype(np.int64)
        show.after(kind, later, **rows, state=show.words.code(state))


def boxes(show: Show, rng: np.random.Generator) -> None:
    """Subscription boxes: the same box at the same price for everybody, and every parcel weighs the same to the gram."""
    organic.play(show, rng)
    who, at = buyers_of(show, rng, int(show.plan.watchers * rng.uniform(0.05, 0.12)) + 20)
    life = Life(
        unpaid=0.04, refund=0.03, first_hour=0.01, grams=int(rng.integers(90, 400)) * 10, weight_spread=0.0
    )
    sell(show, rng, who, at, life, int(rng.integers(60, 200)) * 100, 0)


def deposit(show: Show, rng: np.random.Generator) -> None:
    """A pre-sale: a tenth is paid in the room, the balance in the first hours of the tenth day; some let it lapse."""
    organic.play(show, rng)
    who, at = buyers_of(show, rng, int(show.plan.watchers * rng.uniform(0.04, 0.12)) + 20)
    n, price = len(who), int(rng.integers(20, 200)) * 1_000
    number = show.crowd.fresh(n)
    rows: dict[str, Ints | int] = {
        "actor": who, "order": number, "parent": number, "qty": 1, "target": show.words.code(f"p-{show.plan.host_id}-0"),
        "currency": show.words.code("CNY"), "trade": 1,
    }  # fmt: skip
    show.put("order_create", at, **rows, amount=price, state=show.words.code("待付定金"))
    paid = at + (rng.lognormal(np.log(8), 1.2, n) * SECOND).astype(np.int64)
    show.put("order_pay", paid, **rows, amount=price // 10, state=show.words.code("定金已付"))
    day = show.plan.end - show.plan.end % DAY + 10 * DAY - 8 * HOUR  # midnight in Beijing
    balance = day + (rng.exponential(2.5, n).clip(0, 20) * HOUR).astype(np.int64)
    kept = rng.random(n) < 0.92
    parcel = show.crowd.fresh(n)
    weight = np.round(800 * rng.lognormal(0, 0.05, n)).astype(np.int64)
    for kind, moment, mask, state, more in (
        ("order_pay", balance, kept, "尾款已付", {"amount": np.full(n, price - price // 10)}),
        ("order_cancel", np.full(n, day + 24 * HOUR), ~kept, "已关闭", {"amount": np.full(n, price)}),
        ("order_ship", balance + 30 * HOUR, kept, "已发货", {"tracking": parcel, "weight_g": weight}),
        ("order_deliver", balance + 90 * HOUR, kept, "已签收", {"tracking": parcel, "weight_g": weight}),
        ("order_complete", balance + 12 * DAY, kept, "已完成", {"amount": np.full(n, price)}),
    ):
        columns = {k: v if isinstance(v, int) else v[mask] for k, v in {**rows, **more}.items()}
        scanned = kind in {"order_ship", "order_deliver"}
        late = (rng.gamma(2, 3, n) * HOUR * scanned).astype(np.int64)
        then = (np.asarray(moment, dtype=np.int64) + late)[mask]
        show.after(kind, then, **columns, state=show.words.code(state))
