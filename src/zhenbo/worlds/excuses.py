"""Honest stalls, and everything honest that looks like orders made for show.

Every excuse here is one that shops really give, and that is true: each shares its most visible trait with a scheme of
`tasks`. Figures are judgement unless a source is named.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from types import MappingProxyType

import numpy as np
import numpy.typing as npt

from zhenbo.core.session import DAY, HOUR, MINUTE
from zhenbo.worlds.crowd import REGIONS, Crowd, Ints
from zhenbo.worlds.show import SECOND
from zhenbo.worlds.stalls import NEVER, SHELF, Batch, Fate, Stall, hours, sell
from zhenbo.worlds.trade import browse

LOCKED = tuple(REGIONS.index(name) for name in ("湖北省", "新疆维吾尔自治区", "吉林省", "上海"))
"""Provinces that were shut off at some time; in the Tmall month 63-72 % of their orders were refunded (FIELD 9.3)."""


@dataclass(frozen=True)
class Public:
    """Everybody who buys for themselves.

    Args:
        crowd: everybody in the world.
        ids: they.
        zeal: how much each buys.
    """

    crowd: Crowd
    ids: Ints
    zeal: npt.NDArray[np.float64]

    def some(self, rng: np.random.Generator, n: int) -> Ints:
        """`n` buyers, the keen more often; a few buy twice."""
        return np.asarray(rng.choice(self.ids, n, p=self.zeal / self.zeal.sum()))


def public(crowd: Crowd, rng: np.random.Generator, now: int, n: int) -> Public:
    """A public of a size."""
    return Public(crowd, crowd.ordinary(rng, n, now, 0.06, 0.0), rng.lognormal(0, 0.7, n))


def customers(
    to: Stall, all_: Public, n: int, weight: npt.NDArray[np.float64] | None = None
) -> tuple[Ints, Ints]:
    """`n` buyers and when they order: people of the room who have looked at the goods, or the public of a shop."""
    rng = to.rng
    if to.show is None:
        at = hours(rng, n, to.start, to.end, weight)
        return all_.some(rng, n), at
    who, since, until = to.show.people()
    stayed = np.flatnonzero(until - since > 20 * SECOND)
    dwell = np.sqrt((until - since)[stayed].astype(float))
    visit = stayed[rng.choice(len(stayed), n, p=dwell / dwell.sum())]
    at = since[visit] + ((until - since)[visit] * rng.beta(2.2, 1.2, n)).astype(np.int64)
    order = np.argsort(at)
    browse(to.show, rng, who[visit][order], at[order])
    return who[visit][order], np.clip(at[order], to.start, to.end - SECOND)


def ordinary(to: Stall, all_: Public, n: int) -> None:
    """An ordinary month or evening: a few gifts go to other homes, staff buy a little for themselves."""
    buyer, at = customers(to, all_, n)
    rng, crowd = to.rng, all_.crowd
    home = crowd.trait("addr")[buyer]
    gift = rng.random(n) < 0.05
    home[gift] = crowd.fresh(int(gift.sum()))
    sell(to, Batch(buyer, at, home=home))
    staff = crowd.ordinary(rng, 6, to.start, 0.0, 0.9)
    crowd.set_trait("ip", staff, int(crowd.fresh(1)[0]))
    some = rng.choice(staff, max(1, n // 120))
    drop_in(to, Batch(some, np.sort(rng.integers(to.start, to.end - MINUTE, len(some)))))
    for i in rng.permutation(n)[: max(1, n // 60) if to.view == 0 else 0].tolist():
        amount, when = int(rng.integers(2, 12)) * 100, int(at[i]) + int(rng.uniform(4, 14) * DAY)
        remark = ("好评返现", "破损补偿", "差价退回", "运费补偿")[int(rng.integers(4))]
        to.ledger.pay("compensation", when, int(staff[0]), int(buyer[i]), amount, host=to.host, remark=remark)


def drop_in(to: Stall, batch: Batch, fate: Fate | None = None) -> None:
    """Buyers who come for this: in a broadcast they are in the room when they order, and have looked at the goods."""
    if to.show is not None and len(batch.buyer):
        rng, show = to.rng, to.show
        who, first = np.unique(batch.buyer, return_index=True)
        last = len(batch.buyer) - 1 - np.unique(batch.buyer[::-1], return_index=True)[1]
        wait = (rng.lognormal(np.log(3), 1.0, len(who)) * MINUTE).astype(np.int64)
        stay = (rng.lognormal(np.log(2), 1.2, len(who)) * MINUTE).astype(np.int64)
        source = ("推荐feed", "关注页", "分享", "短视频引流", "搜索")
        via = show.words.codes(list(source))[rng.choice(5, len(who), p=[0.35, 0.2, 0.2, 0.15, 0.1])]
        show.visit(who, np.maximum(batch.at[first] - wait, show.plan.start), batch.at[last] + stay, via)
        browse(show, rng, who, batch.at[first])
    sell(to, batch, fate)


def fewer(to: Stall, all_: Public, n: int, part: float) -> int:
    """Most of the orders are ordinary; returns how many are left for the excuse."""
    rest = max(12, round(n * part))
    ordinary(to, all_, max(10, n - rest))
    return rest


def roof(all_: Public, rng: np.random.Generator, n: int, now: int, *traits: str, young: float = 0.05) -> Ints:
    """People under one roof, who share what the traits say."""
    who = all_.crowd.ordinary(rng, n, now, young, 0.0)
    region = int(all_.crowd.trait("region")[who[0]])
    for trait in traits:
        all_.crowd.set_trait(trait, who, int(all_.crowd.fresh(1)[0]))
    all_.crowd.set_trait("region", who, region)
    return who


def _when(to: Stall, n: int, since: float = 0.0, until: float = 1.0) -> Ints:
    """`n` moments in a part of the stall's time, in the daytime of a shop."""
    if to.live:
        length = to.end - to.start
        return np.asarray(
            np.sort(
                to.start + ((since + to.rng.random(n) * (until - since)) * length * 0.98).astype(np.int64)
            )
        )
    days = max(1, (to.end - to.start) // DAY)
    start = to.start + int(since * days) * DAY
    return hours(to.rng, n, start, start + max(1, int((until - since) * days)) * DAY)


def lockdown(to: Stall, all_: Public, n: int) -> None:
    """Provinces are shut off: their parcels stop and the money goes back, days later, in waves."""
    buyer, at = customers(to, all_, n)
    region = all_.crowd.trait("region")[buyer]
    shut = np.isin(region, to.rng.permutation(LOCKED)[:3]) & (to.rng.random(n) < 0.75)
    back = at + (to.rng.uniform(3, 12, n) * DAY).astype(np.int64)
    sell(to, Batch(buyer[~shut], at[~shut]))
    sell(
        to,
        Batch(buyer[shut], at[shut], back=back[shut], cause="logistics"),
        replace(to.fate, unpaid=0.1, shipped=0.3, travel_days=30.0),
    )


def festival(to: Stall, all_: Public, n: int) -> None:
    """618: three days bring most of the month, at midnight and at eight, with many second thoughts before shipping."""
    rng = to.rng
    rest = fewer(to, all_, n, 0.55)
    if to.live:
        burst = rng.choice([0.1, 0.6], rest) * (to.end - to.start) + rng.exponential(0.08, rest) * HOUR
        at = to.start + burst.astype(np.int64)
    else:
        day = to.start + int(0.55 * (to.end - to.start)) // DAY * DAY + rng.integers(0, 3, rest) * DAY
        burst = rng.choice([0.0, 20.0], rest, p=[0.6, 0.4]) + rng.exponential(0.4, rest).clip(0, 4)
        at = day + (burst * HOUR).astype(np.int64)
    at = np.sort(at).clip(max=to.end - SECOND)
    drop_in(
        to, Batch(all_.some(rng, rest), at), replace(to.fate, before=0.22, ship_hours=60.0, travel_days=4.5)
    )


def office_bulk(to: Stall, all_: Public, n: int) -> None:
    """Offices buy holiday presents: one account, one payer, many units or many orders, one door, within the hour."""
    rest = fewer(to, all_, n, 0.3)
    while rest > 0:
        k = min(rest, int(to.rng.integers(6, 45)))
        who = roof(all_, to.rng, 3, to.start, "addr", "ip", "pay")
        at = np.sort(int(_when(to, 1, 0.05, 0.9)[0]) + to.rng.integers(0, 50 * MINUTE, k)).clip(
            max=to.end - SECOND
        )
        item = np.full(k, int(to.rng.integers(SHELF)))
        batch = Batch(to.rng.choice(who, k, p=[0.8, 0.1, 0.1]), at, item=item, qty=to.rng.integers(1, 12, k))
        drop_in(to, batch, replace(to.fate, unpaid=0.02, before=0.02, after=0.02))
        rest -= k


def families(to: Stall, all_: Public, n: int) -> None:
    """Families order from three phones to one home, with one card, most evenings."""
    rest = fewer(to, all_, n, 0.4)
    for _ in range(rest // 4):
        who = roof(all_, to.rng, 3, to.start, "addr", "ip", "pay")
        drop_in(to, Batch(to.rng.choice(who, 4), _when(to, 4)))


def dorm(to: Stall, all_: Public, n: int) -> None:
    """A dormitory: young accounts, one gate, one network, the same fashionable link, on the evening it was talked about."""
    rest = fewer(to, all_, n, 0.35)
    who = roof(all_, to.rng, rest, to.start, "addr", "ip", young=0.5)
    item = np.where(to.rng.random(rest) < 0.7, int(np.argmax(to.popular)), to.rng.integers(SHELF, size=rest))
    drop_in(to, Batch(who, _when(to, rest, 0.4, 0.6), item=item))


def pickup(to: Stall, all_: Public, n: int) -> None:
    """Pick-up points 驿站: hundreds of homes share a few addresses; phones, payers and networks are their own."""
    buyer, at = customers(to, all_, n)
    points = all_.crowd.fresh(max(4, n // 40))
    region = all_.crowd.trait("region")[buyer]
    home = np.where(to.rng.random(n) < 0.8, points[region % len(points)], all_.crowd.trait("addr")[buyer])
    sell(to, Batch(buyer, at, home=home))


def depot(to: Stall, all_: Public, n: int) -> None:
    """One depot of one courier: parcels are handed over in two lots a day, weigh alike, and are signed for in lots."""
    buyer, at = customers(to, all_, n)
    sell(
        to,
        Batch(buyer, at),
        replace(to.fate, ship_hours=6.0, travel_days=1.6, weight_spread=0.015, lots=True),
    )


def on_delivery(to: Stall, all_: Public, n: int) -> None:
    """Cash on delivery: a third of the doors stay shut, and nothing is ever paid for those parcels."""
    buyer, at = customers(to, all_, n)
    sell(
        to,
        Batch(buyer, at),
        replace(to.fate, on_delivery=True, unpaid=float(to.rng.uniform(0.2, 0.4)), before=0.04),
    )


def gift_box(to: Stall, all_: Public, n: int) -> None:
    """Boxes of moon-cakes: every parcel weighs the same to the gram, most go to somebody else's home."""
    buyer, at = customers(to, all_, n)
    home = np.where(to.rng.random(n) < 0.6, all_.crowd.fresh(n), all_.crowd.trait("addr")[buyer])
    item = np.minimum(to.rng.geometric(0.7, n) - 1, 2)
    sell(
        to,
        Batch(buyer, at, item=item, home=home, qty=np.ones(n, dtype=np.int64)),
        replace(to.fate, weight_spread=0.0, grams=1_180),
    )


def outlet(to: Stall, all_: Public, n: int) -> None:
    """A factory with one link at one price: all amounts equal, all weights nearly so."""
    buyer, at = customers(to, all_, n)
    one = np.zeros(n, dtype=np.int64)
    sell(to, Batch(buyer, at, item=one, qty=one + 1), replace(to.fate, weight_spread=0.01))


def recall(to: Stall, all_: Public, n: int) -> None:
    """A bad lot: everybody who bought one link gets the money back within two days, most without sending it in."""
    buyer, at = customers(to, all_, n)
    item = to.rng.choice(SHELF, n, p=to.popular)
    bad = (item == int(np.argmax(to.popular))) & (to.rng.random(n) < 0.9)
    known = int(to.start + 0.7 * (to.end - to.start)) + (9 * DAY if to.live else 2 * DAY)
    back = np.maximum(known, at + DAY // 8) + (to.rng.gamma(1.2, 8, n) * HOUR).astype(np.int64)
    sell(to, Batch(buyer[~bad], at[~bad], item=item[~bad]))
    sell(
        to,
        Batch(buyer[bad], at[bad], item=item[bad], back=back[bad], cause="quality"),
        replace(to.fate, keeps=0.85, travel_days=2.0),
    )


def strike(to: Stall, all_: Public, n: int) -> None:
    """The courier strikes: for ten days nothing moves, and half of those who wait take their money back."""
    buyer, at = customers(to, all_, n)
    waits = np.full(n, to.live) | (
        (at > to.start + 0.4 * (to.end - to.start)) & (at < to.start + 0.75 * (to.end - to.start))
    )
    tired = waits & (to.rng.random(n) < 0.5)
    back = at + (to.rng.normal(4, 1.5, n).clip(1, 9) * DAY).astype(np.int64)
    slow = replace(to.fate, ship_hours=200.0, travel_days=9.0, before=0.05)
    sell(to, Batch(buyer[~waits], at[~waits]))
    sell(to, Batch(buyer[waits & ~tired], at[waits & ~tired]), slow)
    sell(to, Batch(buyer[tired], at[tired], back=back[tired], cause="logistics"), slow)


def leader(to: Stall, all_: Public, n: int) -> None:
    """Community group buying 团长: one neighbour orders and pays for thirty others, all to one gate, twice a week."""
    rest = fewer(to, all_, n, 0.45)
    while rest > 0:
        k = min(rest, int(to.rng.integers(15, 40)))
        who = roof(all_, to.rng, 1, to.start, "addr")
        at = np.sort(int(_when(to, 1, 0.05, 0.9)[0]) + to.rng.integers(0, 90 * MINUTE, k)).clip(
            max=to.end - SECOND
        )
        sell(
            to,
            Batch(np.full(k, who[0]), at, item=to.rng.integers(0, 3, k)),
            replace(to.fate, unpaid=0.02, before=0.01, after=0.02),
        )
        rest -= k


def idols(to: Stall, all_: Public, n: int) -> None:
    """Fans buy records for their idol, dozens each, for the ranking; many are given away to pick-up points, none come back."""
    rest = fewer(to, all_, n, 0.5)
    fans = all_.crowd.ordinary(to.rng, max(3, rest // 9), to.start, 0.2, 0.9)
    buyer = to.rng.choice(fans, rest, p=to.rng.dirichlet(np.full(len(fans), 0.6)))
    item = np.zeros(rest, dtype=np.int64)
    at = _when(to, rest, 0.6, 0.75)
    sell(
        to,
        Batch(buyer, at, item=item, qty=item + 1),
        replace(to.fate, unpaid=0.01, before=0.01, after=0.0, weight_spread=0.01),
    )


def resellers(to: Stall, all_: Public, n: int) -> None:
    """Resellers 一件代发: a few accounts order for buyers of their own, each parcel to another home, one payer each."""
    rest = fewer(to, all_, n, 0.4)
    who = all_.crowd.ordinary(to.rng, int(to.rng.integers(2, 6)), to.start, 0.0, 0.0)
    all_.crowd.set_trait("pay", who, all_.crowd.fresh(len(who)))
    to_home = all_.some(to.rng, rest)
    home, region = (all_.crowd.trait(t)[to_home] for t in ("addr", "region"))
    sell(
        to,
        Batch(to.rng.choice(who, rest), _when(to, rest), home=home, region=region),
        replace(to.fate, unpaid=0.01),
    )


def misprice(to: Stall, all_: Public, n: int) -> None:
    """A price slips: within an hour hundreds order one link, and the seller refunds them all next morning, unshipped."""
    rest = fewer(to, all_, n, 0.45)
    rng = to.rng
    at = np.sort(int(_when(to, 1, 0.3, 0.7)[0]) + (rng.gamma(2, 12, rest) * MINUTE).astype(np.int64)).clip(
        max=to.end - SECOND
    )
    morning = (int(at[0]) + 8 * HOUR) // DAY * DAY - 8 * HOUR + DAY + 10 * HOUR
    back = np.maximum(at + HOUR // 2, morning + (rng.uniform(0, 3, rest) * HOUR).astype(np.int64))
    back = np.where(rng.random(rest) < 0.94, back, NEVER)
    item = np.full(rest, int(rng.integers(SHELF)))
    sell(
        to,
        Batch(all_.some(rng, rest), at, item=item, amount=np.full(rest, 990), back=back, cause="seller"),
        replace(to.fate, shipped=0.0, unpaid=0.05),
    )


def coupons(to: Stall, all_: Public, n: int) -> None:
    """Coupon hunters split a basket into many small orders, each just above the threshold, and return what they do not want."""
    rest = fewer(to, all_, n, 0.35)
    who = all_.some(to.rng, max(4, rest // 7))
    buyer = np.sort(np.resize(who, rest))
    start = _when(to, len(who))[np.searchsorted(np.sort(who), buyer).clip(max=len(who) - 1)]
    at = np.minimum(start + to.rng.integers(0, 15 * MINUTE, rest), to.end - SECOND)
    amount = 9_900 + to.rng.integers(0, 8, rest) * 10
    order = np.argsort(at)
    drop_in(to, Batch(buyer[order], at[order], amount=amount[order]), replace(to.fate, before=0.3))


def cashback(to: Stall, all_: Public, n: int) -> None:
    """A card in the parcel pays three yuan for five stars: honest buyers copy the sentence that is printed on it."""
    buyer, at = customers(to, all_, n)
    card = (
        "宝贝收到了，质量非常好，客服态度也好，会回购",
        "很满意的一次购物，物流快，推荐",
        "质量很好，和描述一致，五星好评",
    )
    text = to.ledger.words.codes(list(card))[to.rng.choice(3, n, p=[0.6, 0.25, 0.15])]
    sell(to, Batch(buyer, at), replace(to.fate, reviews=0.45), praise=text)
    for i in to.rng.permutation(n)[: n // 4 if to.view == 0 else 0].tolist():
        when = int(at[i]) + int(to.rng.uniform(6, 16) * DAY)
        to.ledger.pay(
            "compensation", when, int(buyer[0]), int(buyer[i]), 300, host=to.host, remark="晒单返现"
        )


def newcomers(to: Stall, all_: Public, n: int) -> None:
    """A coupon for new accounts: most buyers are days old, and some families open one for each phone."""
    rest = fewer(to, all_, n, 0.6)
    who = all_.crowd.ordinary(to.rng, rest, to.start, 0.85, 0.0)
    item = np.where(to.rng.random(rest) < 0.6, 0, to.rng.integers(SHELF, size=rest))
    drop_in(to, Batch(who, _when(to, rest), item=item))


def snipers(to: Stall, all_: Public, n: int) -> None:
    """秒杀 at the full hour: a hundred orders within seconds, one link, one price."""
    rest = fewer(to, all_, n, 0.4)
    at = []
    for k in np.array_split(np.arange(rest), 3):
        moment = int(_when(to, 1, 0.1, 0.9)[0]) // HOUR * HOUR + (0 if not to.live else 20 * MINUTE)
        moment = int(np.clip(moment, to.start, to.end - 5 * MINUTE))
        at.append(moment + (to.rng.gamma(1.5, 3, len(k)) * SECOND).astype(np.int64))
    when = np.sort(np.concatenate(at))
    item = np.full(rest, int(np.argmax(to.popular)))
    drop_in(to, Batch(all_.some(to.rng, rest), when, item=item, qty=np.ones(rest, dtype=np.int64), amount=np.full(rest, 1_990)), replace(to.fate, unpaid=0.2))  # fmt: skip


def vouchers(to: Stall, all_: Public, n: int) -> None:
    """Meal vouchers: nothing is ever shipped, and whatever is not used goes back by itself on one night."""
    buyer, at = customers(to, all_, n)
    night = (to.end + 8 * HOUR) // DAY * DAY - 8 * HOUR + 9 * DAY
    back = np.where(to.rng.random(n) < 0.45, night + to.rng.integers(0, 20 * MINUTE, n), NEVER)
    early = to.rng.random(n) < 0.1
    back = np.where(early, at + (to.rng.exponential(2, n) * DAY).astype(np.int64) + HOUR, back)
    sell(to, Batch(buyer, at, back=back, cause="lapsed"), replace(to.fate, shipped=0.0))


def presale(to: Stall, all_: Public, n: int) -> None:
    """Pre-sale 预售: all balances are paid in the first minutes of one day, and parcels leave the factory two weeks later."""
    rest = fewer(to, all_, n, 0.6)
    day = to.start if to.live else to.start + int(0.6 * (to.end - to.start)) // DAY * DAY
    at = np.sort(day + (to.rng.gamma(1.1, 14, rest) * MINUTE).astype(np.int64)).clip(max=to.end - SECOND)
    sell(
        to,
        Batch(all_.some(to.rng, rest), at, item=to.rng.integers(0, 2, rest)),
        replace(to.fate, ship_hours=330.0, before=0.15),
    )


EXCUSES: Mapping[str, Callable[[Stall, Public, int], None]] = MappingProxyType({
    "none": ordinary, "lockdown": lockdown, "festival": festival, "office_bulk": office_bulk, "families": families,
    "dorm": dorm, "pickup": pickup, "depot": depot, "on_delivery": on_delivery, "gift_box": gift_box, "outlet": outlet,
    "recall": recall, "strike": strike, "leader": leader, "idols": idols, "resellers": resellers, "misprice": misprice,
    "coupons": coupons, "cashback": cashback, "newcomers": newcomers, "snipers": snipers, "vouchers": vouchers,
    "presale": presale,
})  # fmt: skip
"""What an honest stall does, by name."""
