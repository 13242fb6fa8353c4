"""A stall: one broadcast or one shop's month of orders, and what becomes of each from payment to the last refund.

Written apart from `trade`, for worlds that are mostly orders: hazards by kind of goods before shipping, on the way and
after delivery, partial refunds, cash on delivery, baskets of several goods. Shares are drawn per stall around the
field's figures (FIELD 9.3); shapes in time are judgement except where a source is named.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from zhenbo.core.session import DAY, HOUR, MINUTE
from zhenbo.worlds.anchors import CATEGORIES, PAY_DELAY_MEDIAN_S, PAY_DELAY_SIGMA, UNPAID
from zhenbo.worlds.crowd import Ints
from zhenbo.worlds.ledger import Ledger
from zhenbo.worlds.show import NONE, SECOND, Show

SHELF = 12
NEVER = np.iinfo(np.int64).max


class Returns(NamedTuple):
    """Shares of paid orders whose money goes back: before shipping, on the way, after delivery; and days after delivery."""

    before: tuple[float, float]
    transit: tuple[float, float]
    after: tuple[float, float]
    days: float


RETURNS: Mapping[str, Returns] = MappingProxyType({
    "apparel": Returns((0.08, 0.16), (0.05, 0.10), (0.38, 0.56), 3.2),  # together 60-80 % (FIELD 9.3)
    "beauty": Returns((0.06, 0.14), (0.02, 0.05), (0.03, 0.10), 4.0),
    "food": Returns((0.02, 0.06), (0.01, 0.03), (0.01, 0.05), 1.2),
    "home": Returns((0.04, 0.10), (0.02, 0.05), (0.04, 0.11), 3.5),
    "jewellery": Returns((0.10, 0.20), (0.05, 0.10), (0.20, 0.33), 3.0),  # B35: 30-50 %
})  # fmt: skip

HOURS = np.array([
    9, 5, 3, 2, 1.5, 2, 5, 10, 16, 22, 26, 27, 28, 26, 24, 24, 25, 25, 26, 32, 42, 46, 38, 20
])  # fmt: skip
"""Orders by hour of the day in Beijing, of a shop; the evening highest (FIELD A37, A39); the rest is judgement."""

SAID = (
    "好评",
    "不错",
    "挺好的",
    "还行吧",
    "一般",
    "给五星",
    "物流快",
    "满意",
    "可以",
    "和描述一致",
    "会回购",
    "有色差",
    "包装破了",
)
OPENERS = (
    "收到货了",
    "到手了",
    "刚拆开",
    "用了几天",
    "朋友推荐买的",
    "直播间拍的",
    "对比了好几家",
    "第二次来了",
    "终于等到了",
    "没想到",
)
UNWRITTEN = "此用户没有填写评价"
THING = ("质量", "做工", "味道", "包装", "颜色", "尺寸", "客服", "快递", "手感", "效果", "价格", "份量")
FELT = (
    "还可以",
    "很好",
    "比想象的好",
    "一般般",
    "有点失望",
    "超预期",
    "和直播间说的一样",
    "不如上次",
    "对得起这个价",
    "很满意",
)
TAIL = (
    "",
    "，家里人也喜欢",
    "，下次还来",
    "，就是慢了点",
    "，已经推荐给朋友",
    "，先用用看",
    "，第二次买了",
    "，给孩子买的",
    "。",
    "！",
    "～",
)


QUALITY: Mapping[str, float] = MappingProxyType({
    "apparel": 0.1, "beauty": 0.25, "food": 0.5, "home": 0.35, "jewellery": 0.15
})  # fmt: skip
"""Of what goes back after delivery, the part that something was wrong with; judgement."""
WHY: Mapping[str, tuple[tuple[str, ...], tuple[float, ...]]] = MappingProxyType({
    "impulse": (("不想要了", "拍错/多拍", "7天无理由退货", "尺码不合适", "没用/少用优惠", ""), (0.2, 0.15, 0.4, 0.15, 0.05, 0.05)),
    "quality": (("质量问题", "与描述不符", "破损/漏发", "7天无理由退货", "有异味"), (0.4, 0.2, 0.15, 0.15, 0.1)),
    "logistics": (("物流停滞/未收到货", "发货太慢", "不想要了", "地址填错"), (0.5, 0.25, 0.15, 0.1)),
    "seller": (("商家缺货", "与商家协商一致退款", "商品价格有误"), (0.4, 0.4, 0.2)),
    "lapsed": (("过期自动退", "未使用随时退"), (0.8, 0.2)),
    "abuse": (("质量问题", "假货", "与描述不符", "有异味"), (0.4, 0.25, 0.2, 0.15)),
    "scheme": (("不想要了", "拍错/多拍", "7天无理由退货", "与商家协商一致退款"), (0.35, 0.25, 0.25, 0.15)),
})  # fmt: skip
"""True causes of money going back, and what buyers tick for them: the box is not the cause."""
CAUSES = tuple(WHY)


@dataclass(frozen=True)
class Fate:
    """What becomes of a batch of orders.

    Args:
        unpaid: share never paid and closed.
        before: share of paid orders cancelled before they are shipped.
        transit: share of the shipped that are stopped or refused.
        after: share of the delivered that are sent back.
        days: mean days from delivery to asking.
        keeps: share of those who ask after delivery that get money without sending goods back (仅退款).
        partial: share of the delivered that get a small part back and keep the goods.
        ship_hours: mean time to shipping.
        travel_days: mean time on the way.
        shipped: share of paid orders that are ever shipped unless cancelled.
        grams: weight of one unit; 0 takes that of the goods.
        weight_spread: log-sd of weights; 0 makes all equal.
        by_units: whether two units weigh twice as much.
        reviews: share of completed orders reviewed.
        on_delivery: whether the courier collects the money.
        lots: whether parcels are handed over in two lots a day and signed for in lots, as of one depot.
    """

    unpaid: float = 0.12
    before: float = 0.08
    transit: float = 0.03
    after: float = 0.06
    days: float = 3.0
    keeps: float = 0.06
    partial: float = 0.01
    ship_hours: float = 20.0
    travel_days: float = 3.0
    shipped: float = 0.995
    grams: int = 0
    weight_spread: float = 0.06
    by_units: bool = True
    reviews: float = 0.12
    on_delivery: bool = False
    lots: bool = False


KEPT = Fate(unpaid=0.0, before=0.0, transit=0.0, after=0.0, partial=0.0, keeps=0.0)
"""Paid and kept."""


def ordinary(rng: np.random.Generator, category: str) -> Fate:
    """The fate of honest orders of a kind of goods in one stall."""
    usual = RETURNS[category]
    return Fate(
        unpaid=float(rng.uniform(*UNPAID)),
        before=float(rng.uniform(*usual.before)),
        transit=float(rng.uniform(*usual.transit)),
        after=float(rng.uniform(*usual.after)),
        days=usual.days * float(rng.uniform(0.8, 1.25)),
        keeps=float(rng.uniform(0.02, 0.12)),
        partial=float(rng.uniform(0.0, 0.03)),
        ship_hours=float(rng.uniform(10, 34)),
        travel_days=float(rng.uniform(2.2, 4.0)),
        weight_spread=float(rng.uniform(0.02, 0.12)),
        reviews=float(rng.uniform(0.05, 0.2)),
    )


@dataclass
class Stall:
    """One broadcast or one shop's month.

    Args:
        ledger: where its rows go.
        rng: stream of chance of its own.
        subject: `shop:…` or the broadcast, as the record will call it.
        host: host account or shop.
        category: kind of goods.
        start: first microsecond of selling.
        end: last one.
        live: whether it is a broadcast.
        view: number in `ledger.VIEWS`.
        fate: of its honest orders.
        prices: shelf prices, minor units.
        popular: how often each product is wanted.
        honest: numbers of its honest orders.
        when: times of them.
        who: their buyers.
        kinds: schemes laid on it.
        side: who has orders made in it, of `ledger.SIDES`.
        excuse: what honest thing happens in it.
        groups: accounts of each scheme.
        began: first fabricated order.
        cost: what was paid for it, fen.
        owners: merchant of each product of the shelf.
        show: the room around it, of a broadcast.
        shelf: ids of its products; empty for the usual twelve.
    """

    ledger: Ledger
    rng: np.random.Generator
    subject: str
    host: str
    category: str
    start: int
    end: int
    live: bool
    view: int
    fate: Fate
    prices: Ints
    popular: npt.NDArray[np.float64]
    honest: list[Ints] = field(default_factory=list)
    when: list[Ints] = field(default_factory=list)
    who: list[Ints] = field(default_factory=list)
    kinds: list[str] = field(default_factory=list)
    side: str = ""
    excuse: str = "none"
    groups: dict[str, Ints] = field(default_factory=dict)
    began: int | None = None
    cost: int = 0
    owners: tuple[str, ...] = ()
    show: Show | None = None
    shelf: tuple[str, ...] = ()

    def product(self, item: Ints | int) -> Ints | int:
        """The word of a product of the shelf."""
        words = self.ledger.words.codes(list(self.shelf) or [f"p-{self.host}-{i}" for i in range(SHELF)])
        return words[item]

    @property
    def count(self) -> int:
        """Honest orders so far."""
        return sum(len(part) for part in self.honest)


def stall(
    ledger: Ledger, rng: np.random.Generator, host: str, category: str, span: tuple[int, int], *, session: str = "", view: int = 0
) -> Stall:  # fmt: skip
    """A stall with a shelf of its own.

    Args:
        ledger: where its rows go.
        rng: stream of chance.
        host: host account or shop.
        category: kind of goods.
        span: first and last microsecond of selling.
        session: id of the broadcast; empty for a shop's month.
        view: number in `ledger.VIEWS`.
    """
    goods = CATEGORIES[category]
    prices = np.maximum(
        490, np.round(rng.lognormal(np.log(goods.price), goods.spread, SHELF), -2) - 10
    ).astype(np.int64)
    popular = rng.dirichlet(np.full(SHELF, 0.9))
    month = np.datetime64((span[0] + 8 * HOUR) // SECOND, "s").astype("datetime64[M]")
    subject = session or f"shop:douyin:{host}:{month}"
    return Stall(
        ledger, rng, subject, host, category, span[0], span[1], bool(session), view, ordinary(rng, category), prices, popular
    )  # fmt: skip


def hours(
    rng: np.random.Generator, n: int, start: int, end: int, weight: npt.NDArray[np.float64] | None = None
) -> Ints:
    """`n` moments of a shop's month: days that differ, week-ends somewhat better, the hours of the day.

    Args:
        rng: stream of chance.
        n: how many.
        start: first microsecond, midnight in Beijing.
        end: last one.
        weight: how much busier each day is than usual; None draws ordinary unrest.
    """
    days = max(1, (end - start) // DAY)
    usual = rng.lognormal(0, 0.25, days) * np.where(np.arange(days) % 7 >= 5, 1.2, 1.0)
    rate = usual if weight is None else usual * weight[:days]
    day = rng.choice(days, n, p=rate / rate.sum())
    hour = rng.choice(24, n, p=HOURS / HOURS.sum())
    at = start + day * DAY + hour * HOUR + (rng.random(n) * HOUR).astype(np.int64)
    return np.asarray(np.sort(at), dtype=np.int64)


@dataclass(frozen=True)
class Batch:
    """Orders to be placed, one entry each; what is None is drawn or taken from the buyer.

    Args:
        buyer: crowd number.
        at: when.
        item: product of the shelf.
        qty: units.
        amount: minor units.
        payer: paying account.
        home: delivery address.
        region: province.
        phone: device.
        network: network address.
        parcel: parcel number.
        back: when the money is asked for; `NEVER` for kept ones. None draws by fate.
        cause: why, one of `WHY`, where `back` is given.
        parts: shares in which it comes back, days apart; empty for at once and whole.
        weigh: grams of each parcel.
        via: where it came from; None draws.
    """

    buyer: Ints
    at: Ints
    item: Ints | None = None
    qty: Ints | None = None
    amount: Ints | None = None
    payer: Ints | None = None
    home: Ints | None = None
    region: Ints | None = None
    phone: Ints | None = None
    network: Ints | None = None
    parcel: Ints | None = None
    back: Ints | None = None
    cause: str = "scheme"
    parts: tuple[float, ...] = ()
    weigh: Ints | None = None
    via: Ints | None = None


def sell(
    to: Stall, batch: Batch, fate: Fate | None = None, *, what: str = "honest", side: str = "", scheme: str | Ints = "",
    praise: Ints | None = None,
) -> Ints:  # fmt: skip
    """Orders with all that comes of them; returns their numbers.

    Args:
        to: the stall.
        batch: the orders.
        fate: what becomes of them; None takes the stall's.
        what: one of `ledger.WHAT`.
        side: one of `ledger.SIDES`.
        scheme: name of the scheme, or the word of one per order.
        praise: words of their reviews; None lets buyers write.
    """
    rng, fate, n = to.rng, fate or to.fate, len(batch.buyer)
    if not n:
        return np.empty(0, dtype=np.int64)
    base = _base(to, batch)
    number = np.asarray(base["order"])
    to.ledger.claim(number, to.subject, what, side, scheme)
    if what == "honest":
        to.honest.append(number)
        to.when.append(batch.at)
        to.who.append(batch.buyer)
    session = to.ledger.words.code(to.subject) if to.live else NONE
    state = to.ledger.words.code
    off = np.where(rng.random(n) < (0.15 if what == "honest" else 0.05), np.asarray(base["amount"]) // 20, 0)
    to.ledger.put(
        "order_create", batch.at, **base, discount_platform=off, session=session, state=state("待支付")
    )
    paid = rng.random(n) >= (0.0 if fate.on_delivery else fate.unpaid)
    delay = np.minimum(rng.lognormal(np.log(PAY_DELAY_MEDIAN_S), PAY_DELAY_SIGMA, n), 1_500) * SECOND
    paid_at = batch.at + delay.astype(np.int64) + SECOND
    shut = batch.at + (rng.uniform(0.4, 6, n) * HOUR).astype(np.int64)
    to.ledger.put("order_cancel", shut, ~paid, **base, state=state("超时未支付，已关闭"))
    course = _course(to, batch, fate, paid, paid_at)
    if fate.on_delivery:
        _collected(to, base, course, fate)
    else:
        inside = np.where(paid_at <= to.end, session, NONE)
        to.ledger.put("order_pay", paid_at, paid, **base, session=inside, state=state("已支付"))
        _money_back(to, base, course, off, batch.parts)
    _parcels(to, batch, base, course, fate)
    _finished(to, base, course, fate, praise)
    return number


def _base(to: Stall, batch: Batch) -> dict[str, Ints | int]:
    """The columns that all rows of the orders carry."""
    rng, n, crowd = to.rng, len(batch.buyer), to.ledger.crowd
    item = rng.choice(SHELF, n, p=to.popular) if batch.item is None else batch.item
    qty = np.minimum(rng.geometric(0.87, n), 5) if batch.qty is None else batch.qty
    amount = to.prices[item] * qty if batch.amount is None else batch.amount
    number, parent = crowd.fresh(n), crowd.fresh(n)
    joint = np.flatnonzero((rng.random(n) < 0.06) & (np.arange(n) > 0))
    same = joint[np.asarray(batch.buyer)[joint] == np.asarray(batch.buyer)[joint - 1]]
    parent[same] = parent[same - 1]

    def of(name: str, given: Ints | None) -> Ints:
        return crowd.trait(name)[batch.buyer] if given is None else given

    return {
        "host": to.ledger.words.code(to.host), "actor": batch.buyer, "order": number, "parent": parent, "qty": qty,
        "amount": amount, "target": to.product(item), "currency": to.ledger.words.code("CNY"), "view": to.view,
        "via": _sources(to, n) if batch.via is None else batch.via, "addr": of("addr", batch.home), "pay": of("pay", batch.payer), "region": of("region", batch.region),
        "device": of("device", batch.phone), "ip": of("ip", batch.network),
    }  # fmt: skip


def _sources(to: Stall, n: int) -> Ints:
    """Where the platform says that orders came from: the room, mostly, of a broadcast; anything of a shop."""
    names = ("直播间", "短视频", "搜索", "推荐feed", "店铺页")
    share = [0.9, 0.03, 0.02, 0.02, 0.03] if to.live else [0.2, 0.22, 0.25, 0.2, 0.13]
    return np.asarray(to.ledger.words.codes(list(names))[to.rng.choice(5, n, p=share)])


@dataclass(frozen=True)
class Course:
    """When what happens to each order; `NEVER` where it does not.

    Args:
        paid: when the money came.
        ship: parcel handed over.
        arrive: parcel signed for.
        ask: money asked back.
        sent: goods sent back.
        done: money back.
        part: share of the amount that comes back.
        cause: why, as a number of `CAUSES`; -1 for what is kept.
    """

    paid: Ints
    ship: Ints
    arrive: Ints
    ask: Ints
    sent: Ints
    done: Ints
    part: npt.NDArray[np.float64]
    cause: Ints


def _course(to: Stall, batch: Batch, fate: Fate, paid: npt.NDArray[np.bool_], paid_at: Ints) -> Course:
    rng, n = to.rng, len(batch.buyer)
    ship = paid_at + (rng.gamma(2.2, fate.ship_hours / 2.2, n) * HOUR).astype(np.int64) + HOUR
    arrive = ship + (rng.gamma(5.0, fate.travel_days / 5.0, n) * DAY).astype(np.int64) + 8 * HOUR
    # Parcels are signed for in the daytime.
    arrive = arrive // DAY * DAY + (rng.beta(2, 2, n) * 12 * HOUR).astype(np.int64) + HOUR // 2
    arrive = np.maximum(arrive, ship + 6 * HOUR)
    if fate.lots:
        ship = -(-ship // (12 * HOUR)) * 12 * HOUR - 3 * HOUR + rng.integers(0, 10 * MINUTE, n)
        ship = np.where(ship < paid_at, ship + 12 * HOUR, ship)
        arrive = np.maximum(-(-arrive // (6 * HOUR)) * 6 * HOUR, ship + 6 * HOUR) + rng.integers(
            0, 30 * MINUTE, n
        )
    ask, cause = np.full(n, NEVER), np.full(n, CAUSES.index(batch.cause))
    if batch.back is not None:
        ask = np.where(paid, batch.back, NEVER)
    else:
        early = rng.random(n) < fate.before
        ask = np.where(
            early, paid_at + (rng.exponential(fate.ship_hours * 0.6, n) * HOUR).astype(np.int64), ask
        )
        moving = ~early & (rng.random(n) < fate.transit)
        ask = np.where(moving, ship + (rng.random(n) * (arrive - ship)).astype(np.int64), ask)
        tried = ~early & ~moving & (rng.random(n) < fate.after)
        wait = rng.gamma(1.7, fate.days / 1.7, n).clip(0.05, 15)
        ask = np.where(tried, arrive + (wait * DAY).astype(np.int64), ask)
        ask = np.where(paid, ask, NEVER)
        impulse, quality, logistics, seller = (
            CAUSES.index(c) for c in ("impulse", "quality", "logistics", "seller")
        )
        cause = np.where(early, rng.choice([impulse, logistics, seller], n, p=[0.85, 0.1, 0.05]), cause)
        cause = np.where(moving, rng.choice([logistics, impulse], n, p=[0.55, 0.45]), cause)
        cause = np.where(tried, np.where(rng.random(n) < QUALITY[to.category], quality, impulse), cause)
    ships = paid & (ask > ship) & (rng.random(n) < fate.shipped)
    arrives = ships & (ask > arrive)
    had = arrives & (ask < NEVER)
    only = had & (rng.random(n) < fate.keeps)
    little = arrives & ~had & (rng.random(n) < fate.partial)
    ask = np.where(little, arrive + (rng.gamma(2, 1.2, n) * DAY).astype(np.int64), ask)
    sent = np.where(
        had & ~only, np.minimum(ask, NEVER // 2) + (rng.uniform(0.2, 2.5, n) * DAY).astype(np.int64), NEVER
    )
    quick = np.minimum(ask, NEVER // 2) + (rng.lognormal(np.log(1.5), 1.1, n) * HOUR).astype(np.int64)
    got = np.minimum(sent, NEVER // 2) + (rng.uniform(1.5, 5, n) * DAY).astype(np.int64)
    done = np.where(ask < NEVER, np.where(sent < NEVER, got, quick), NEVER)
    return Course(
        np.where(paid, paid_at, NEVER), np.where(ships, ship, NEVER), np.where(arrives, arrive, NEVER), ask, sent, done,
        np.where(little, rng.uniform(0.05, 0.3, n), 1.0),
        np.where(ask == NEVER, NONE, np.where(little, CAUSES.index("quality"), cause)),
    )  # fmt: skip


def _collected(to: Stall, base: Mapping[str, Ints | int], course: Course, fate: Fate) -> None:
    """Cash on delivery 货到付款: the courier brings the money, or the parcel back; a part of the doors stay shut."""
    state = to.ledger.words.code
    refused = (to.rng.random(len(course.ship)) < fate.unpaid) & (course.arrive < NEVER)
    took = (course.arrive < NEVER) & ~refused
    to.ledger.put("order_pay", course.arrive, took, **base, state=state("货到付款，已签收收款"))
    at = np.minimum(course.arrive, NEVER // 2) + (to.rng.uniform(1, 6, len(refused)) * DAY).astype(np.int64)
    never = refused | (course.arrive == NEVER)
    late = np.where(course.arrive < NEVER, at, np.minimum(course.ask, NEVER // 2))
    to.ledger.put("order_cancel", late, never & (late < NEVER // 2), **base, state=state("拒收，已关闭"))
    course.arrive[refused] = NEVER
    course.ask[~took], course.done[~took], course.sent[~took] = NEVER, NEVER, NEVER
    _money_back(to, base, course, np.zeros(len(took), dtype=np.int64), ())


def _money_back(
    to: Stall, base: Mapping[str, Ints | int], course: Course, off: Ints, parts: tuple[float, ...]
) -> None:
    """Asked, sent back, received, paid back; in parts where the scheme has them."""
    state, rng = to.ledger.words.code, to.rng
    asks, sends, n = course.ask < NEVER, course.sent < NEVER, len(course.ask)
    owed = ((np.asarray(base["amount"]) - off) * course.part).astype(np.int64)
    rows = {**base, "amount": owed}
    to.ledger.cause(np.asarray(base["order"])[asks], course.cause[asks], CAUSES)
    why = _ticked(to, course.cause)
    to.ledger.put("refund_request", course.ask, asks, **rows, text=why, state=state("待商家处理"))
    to.ledger.put(
        "return_ship",
        course.sent,
        sends,
        **rows,
        tracking=to.ledger.crowd.fresh(n),
        state=state("待商家收货"),
    )
    got = course.done - (rng.uniform(0.5, 20, n) * HOUR).astype(np.int64)
    to.ledger.put(
        "return_receive",
        np.maximum(got, np.minimum(course.sent, NEVER // 2)),
        sends,
        **rows,
        state=state("商家已收货"),
    )
    left, at = owed.copy(), course.done
    for i, share in enumerate(parts or (1.0,)):
        last = i == len(parts or (1.0,)) - 1
        now = left if last else (owed * share).astype(np.int64)
        to.ledger.put(
            "refund_done", at, asks & (now > 0), **{**base, "amount": now}, state=state("同意退款，退款成功")
        )
        left = left - now
        at = np.minimum(at, NEVER // 2) + (rng.uniform(2, 9, n) * DAY).astype(np.int64)


def _ticked(to: Stall, cause: Ints) -> Ints:
    """What buyers tick as their reason; nothing where the box was left empty."""
    said = np.full(len(cause), NONE)
    for i, name in enumerate(CAUSES):
        words, share = WHY[name]
        code = np.array([to.ledger.words.code(word) if word else NONE for word in words])
        said = np.where(cause == i, code[to.rng.choice(len(words), len(cause), p=share)], said)
    return said


def _parcels(to: Stall, batch: Batch, base: Mapping[str, Ints | int], course: Course, fate: Fate) -> None:
    n, state = len(course.ship), to.ledger.words.code
    unit = fate.grams or CATEGORIES[to.category].grams
    many = np.asarray(base["qty"]) if fate.by_units else 1
    grams = np.maximum(3, np.round(unit * many * to.rng.lognormal(0, fate.weight_spread, n))).astype(np.int64)
    box = {
        **base,
        "tracking": to.ledger.crowd.fresh(n) if batch.parcel is None else batch.parcel,
        "weight_g": grams if batch.weigh is None else batch.weigh,
    }
    to.ledger.put("order_ship", course.ship, course.ship < NEVER, **box, state=state("已发货"))
    to.ledger.put("order_deliver", course.arrive, course.arrive < NEVER, **box, state=state("已签收"))


def _finished(
    to: Stall, base: Mapping[str, Ints | int], course: Course, fate: Fate, praise: Ints | None
) -> None:
    """Ten days after delivery, or when the buyer says so, the order is complete; some write."""
    rng, n, code = to.rng, len(course.arrive), to.ledger.words.code
    kept = (course.arrive < NEVER) & ((course.ask == NEVER) | (course.part < 1.0))
    at = np.minimum(course.arrive, NEVER // 2) + (rng.choice([10.0, 3.0, 1.0], n, p=[0.6, 0.25, 0.15]) * rng.uniform(0.9, 1.0, n) * DAY).astype(np.int64)  # fmt: skip
    to.ledger.put("order_complete", at, kept, **base, state=code("已完成"))
    writes = kept & (rng.random(n) < fate.reviews)
    text = to.ledger.words.codes(opinions(rng, n)) if praise is None else praise
    to.ledger.put(
        "review", at + (rng.exponential(8, n) * HOUR).astype(np.int64) + MINUTE, writes, **base, text=text
    )


def opinions(rng: np.random.Generator, n: int) -> list[str]:
    """What buyers write: nothing, a word, a line, or all they have to say."""
    how = rng.random(n).tolist()
    banks = (SAID, THING, FELT, TAIL, OPENERS, THING, FELT)
    drawn = [np.array(bank, dtype=object)[rng.integers(len(bank), size=n)].tolist() for bank in banks]
    return [
        UNWRITTEN if h < 0.35 else word if h < 0.6 else thing + felt + tail if h < 0.88
        else f"{opener}，{thing}{felt}，{more}{so}{tail}"
        for h, word, thing, felt, tail, opener, more, so in zip(how, *drawn, strict=True)
    ]  # fmt: skip
