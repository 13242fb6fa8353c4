"""Three days of 618: pre-sale rushes, red-packet rain, twelve items gone in an hour, price cuts, a ranking contest; one room is brushed.

Honest extremes have the shapes of FIELD 9.1 (D02: ten minutes of pre-sale above a whole ordinary day, twelve items in
an hour; B15, D03: red-packet rain; D22: ranking contests) at the size of middling rooms; sizes are judgement. Every
host also has an ordinary evening six days before, to compare with.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import partial

import numpy as np

from zhenbo.core.session import DAY, MINUTE, Window
from zhenbo.worlds import organic
from zhenbo.worlds.anchors import PRICES
from zhenbo.worlds.attacks import Fleet, acts, lay_as, viewbots
from zhenbo.worlds.crowd import Ints
from zhenbo.worlds.market import give_back, order_rows
from zhenbo.worlds.show import SECOND, Show
from zhenbo.worlds.town import Host, Town, evening, founded, written
from zhenbo.worlds.trade import Life, browse, ordinary_life, sell
from zhenbo.worlds.truth import World

EVE = 1_781_539_200_000_000  # 2026-06-16 00:00 in Beijing; the 18th is the third day
ORDINARY = -6  # day of the ordinary evening
RUSH = 10  # minutes of pre-sale (D02)
ITEMS = 12  # sold out in an hour (D02)
CUT = 0.85  # price of the last day over that of the first
REBUY, PROTECTED = 0.15, 0.25  # of first-day buyers who notice; judgement

ROLES = {
    "presale": Host("", "beauty", 20.0, 75, 620, 0.16, 1.3, 0.04, 0.25),
    "rain": Host("", "food", 19.5, 75, 560, 0.14, 1.0, 0.05, 0.2),
    "twelve": Host("", "home", 21.0, 75, 600, 0.15, 1.0, 0.03, 0.25),
    "cuts": Host("", "beauty", 20.25, 60, 520, 0.13, 0.9, 0.06, 0.2),
    "inflated": Host("", "jewellery", 20.5, 75, 540, 0.15, 1.0, 0.03, 0.12),
}
SHOUTS = {
    "presale": ("抢到了", "没抢到", "付不了款", "卡住了", "零点再来", "尾款什么时候付", "冲冲冲", "显示火爆"),
    "rain": ("红包雨", "抢红包", "红包来了", "手气不错", "再下一场", "618快乐"),
    "twelve": ("没抢到", "秒没", "几号链接", "加库存", "下一个", "还有吗", "抢到了"),
    "contest": ("冲榜", "打榜打榜", "姐姐第一", "加油", "再点点", "冲鸭"),
}


@dataclass
class Days:
    """What stands of the festival while it is made up.

    Args:
        town: its people.
        rng: stream of chance.
        hosts: who plays each role.
        shows: broadcasts by (role, day).
    """

    town: Town
    rng: np.random.Generator
    hosts: dict[str, Host]
    shows: dict[tuple[str, int], Show]


def world(seed: int) -> World:
    """Twenty broadcasts of five hosts; which host plays which role changes with the seed and stands in the truth."""
    rng, salt = np.random.default_rng([seed, 100]), seed * 1_000_003 + 100
    number = rng.permutation(np.arange(51_001, 51_001 + len(ROLES))).tolist()
    hosts = {r: replace(h, host_id=f"h{n}") for (r, h), n in zip(ROLES.items(), number, strict=True)}
    days = Days(founded(rng, 7_000, list(hosts.values()), EVE), rng, hosts, {})
    acts: dict[tuple[str, int], tuple[str, Callable[[Days, Show], None]]] = {
        **{("presale", d): ("festival-presale", rush) for d in (0, 2)},
        **{("rain", d): ("festival-red_packets", rain) for d in (0, 1, 2)},
        ("twelve", 0): ("festival-sold_out", twelve), ("twelve", 2): ("festival-sold_out", twelve),
        ("presale", 1): ("festival-contest", contest), ("cuts", 1): ("festival-contest", contest),
        ("cuts", 0): ("festival-presale", rush), ("cuts", 2): ("festival-price_cut", price_cut), ("inflated", 2): ("festival-presale", rush),
    }  # fmt: skip
    for day in (ORDINARY, 0, 1, 2):
        for place, (role, host) in enumerate(sorted(hosts.items(), key=lambda h: h[1].hour)):
            plan = host.tonight(rng, f"r{5_001 + max(day + 1, 0) * 10 + place}", EVE + day * DAY)
            name, act = acts.get((role, day), ("none", None))
            days.shows[role, day] = evening(days.town, plan, rng, name, partial(act, days) if act else None)
    _inflate(days)
    shows = sorted(days.shows.values(), key=lambda s: s.plan.session_id)
    return written(shows, days.town, [], salt)


def shout(
    show: Show, rng: np.random.Generator, who: Ints, when: tuple[int, int], phrases: tuple[str, ...]
) -> None:
    """Excited people call out once or twice, in a handful of words."""
    each = rng.geometric(0.6, len(who)).clip(1, 8)
    person = np.repeat(who, each)
    at = when[0] + (rng.beta(1.1, 1.6, len(person)) * (when[1] - when[0])).astype(np.int64)
    said = show.words.codes(phrases)[np.minimum(rng.geometric(0.35, len(at)) - 1, len(phrases) - 1)]
    show.put("comment", at, actor=person, text=said)


def present(show: Show, when: tuple[int, int]) -> Ints:
    """People who are in the room through a stretch."""
    who, since, until = show.people()
    return np.unique(who[(since <= when[0]) & (until >= when[1])])


def rush(days: Days, show: Show) -> None:
    """Pre-sale opens: a crowd that was reminded comes for ten minutes and orders more than on a whole ordinary day."""
    rng, start = days.rng, show.plan.start + 15 * MINUTE
    when = (start, start + RUSH * MINUTE)
    guests = days.town.guests(rng, show, round(2.5 * show.plan.watchers))
    come = start - 3 * MINUTE + (rng.beta(2, 4, len(guests)) * 9 * MINUTE).astype(np.int64)
    wants = rng.random(len(guests)) < rng.uniform(0.2, 0.3)
    found = ((4 + rng.lognormal(np.log(9), 0.7, len(guests))) * SECOND).astype(np.int64)  # until they have it
    at = np.maximum(come + found, start + (rng.beta(0.8, 2.5, len(guests)) * RUSH * MINUTE).astype(np.int64))
    until = np.where(wants, at + 20 * SECOND, come) + organic.stays(show.plan, rng, len(guests))
    show.visit(guests, come, until, show.words.code("预约提醒"))
    buyers, when_bought = guests[wants], np.minimum(at[wants], when[1] - SECOND)
    browse(show, rng, buyers, when_bought)
    sell(show, rng, buyers, when_bought, ordinary_life(rng, show.plan.category))
    shout(
        show,
        rng,
        guests[rng.random(len(guests)) < 0.2],
        (start - MINUTE, when[1] + 4 * MINUTE),
        SHOUTS["presale"],
    )
    show.windows.append(Window("feature", when[0] - 3 * MINUTE, when[1], None, "大促预售排期"))


def rain(days: Days, show: Show) -> None:
    """红包雨 every quarter of an hour: people are called in, tap and shout for three minutes."""
    rng = days.rng
    for begin in range(show.plan.start + 10 * MINUTE, show.plan.end - 5 * MINUTE, 15 * MINUTE):
        when = (begin, begin + 3 * MINUTE)
        guests = days.town.guests(rng, show, int(show.plan.watchers * rng.uniform(0.15, 0.35)))
        arrive = begin - MINUTE + (rng.beta(2, 3, len(guests)) * 3 * MINUTE).astype(np.int64)
        organic.attend(show, rng, guests, arrive, "分享")
        room = present(show, (begin, begin + MINUTE))
        show.put("lottery", np.array([begin]), text=show.words.code("红包雨"), qty=int(rng.integers(50, 500)))
        shout(show, rng, room[rng.random(len(room)) < rng.uniform(0.3, 0.6)], when, SHOUTS["rain"])
        _hammer(show, rng, room[rng.random(len(room)) < 0.5], when, 12)
        show.windows.append(Window("lottery", *when, None, "红包雨排期"))


def _hammer(show: Show, rng: np.random.Generator, who: Ints, when: tuple[int, int], batches: int) -> None:
    """People tap hearts as fast as they can, each for as long as they care to."""
    each = rng.geometric(1 / batches, len(who)).clip(1, 80)
    at = when[0] + (rng.random(int(each.sum())) * (when[1] - when[0])).astype(np.int64)
    show.put("like", at, actor=np.repeat(who, each), qty=rng.integers(4, 16, len(at)))


def twelve(days: Days, show: Show) -> None:
    """Twelve items, one every five minutes, each sold out within seconds to those who are quick."""
    rng = days.rng
    guests = days.town.guests(rng, show, 2 * show.plan.watchers)
    come = show.plan.start + (rng.beta(1.1, 1.5, len(guests)) * 62 * MINUTE).astype(np.int64)
    # They were called for the items and wait for the next ones: a quarter of an hour or so (judgement).
    until = come + (rng.gamma(1.5, 9.0, len(guests)) * MINUTE).astype(np.int64)
    show.visit(guests, come, until, show.words.code("预约提醒"))
    life = replace(ordinary_life(rng, show.plan.category), unpaid=0.03)
    for item in range(ITEMS):
        open_at = show.plan.start + (6 + 5 * item) * MINUTE
        room = rng.permutation(present(show, (open_at - 5 * SECOND, open_at + 40 * SECOND)))
        stock = min(int(rng.integers(18, 40)), max(1, len(room) // 3))
        at = np.sort(open_at + ((0.8 + rng.gamma(2.0, 3.0, stock).clip(0, 38)) * SECOND).astype(np.int64))
        browse(show, rng, room[:stock], at)
        sell(show, rng, room[:stock], at, life, price=int(rng.integers(19, 299)) * 100, item=item)
        late = room[stock : 2 * stock]
        shout(show, rng, late, (open_at + 10 * SECOND, open_at + MINUTE), SHOUTS["twelve"])


def contest(days: Days, show: Show) -> None:
    """打榜: two hosts rank against each other; in the last twelve minutes their followers tap, give and shout."""
    rng, when = days.rng, (show.plan.end - 12 * MINUTE, show.plan.end)
    club = days.town.clubs[show.plan.host_id]
    there = np.concatenate([show.people()[0], days.town.busy(rng, show.plan.start, show.plan.end)])
    called = club.members[(rng.random(len(club.members)) < 0.4) & ~np.isin(club.members, there)]
    come = when[0] - 2 * MINUTE + (rng.beta(1.5, 3, len(called)) * 8 * MINUTE).astype(np.int64)
    show.visit(called, come, np.full(len(called), show.plan.end), show.words.code("关注页"))
    room = np.union1d(present(show, when), called)
    _hammer(show, rng, room, (when[0] + 6 * MINUTE, when[1]), 25)
    giver = rng.choice(room, round(1.5 * len(room)))
    at = when[1] - (rng.beta(1, 3, len(giver)) * 6 * MINUTE).astype(np.int64) - SECOND
    show.put(
        "gift", at, actor=giver, qty=1, amount=rng.geometric(0.05, len(at)), currency=show.words.code("DIAMOND"),
        target=show.words.code("为你打call"),
    )  # fmt: skip
    shout(show, rng, room[rng.random(len(room)) < 0.5], when, SHOUTS["contest"])


def price_cut(days: Days, show: Show) -> None:
    """The last day is cheaper: buyers of the first send back and buy again, or are paid the difference 价保."""
    rng, before = days.rng, days.shows["cuts", 0]
    paid, asked = order_rows(before, "order_pay"), order_rows(before, "refund_request")
    open_ = ~np.isin(paid["order"], asked["order"])
    dice = rng.random(len(paid["order"]))
    again = np.flatnonzero(open_ & (dice < REBUY))
    kept = np.flatnonzero(open_ & (dice >= REBUY) & (dice < REBUY + PROTECTED))
    at = np.sort(
        show.plan.start
        + ((4 + 0.8 * rng.random(len(again)) * (show.plan.minutes - 8)) * MINUTE).astype(np.int64)
    )
    buyers = paid["actor"][again]
    gone = at + ((8 + rng.exponential(52, len(at))) * SECOND).astype(np.int64)
    show.visit(buyers, at - rng.integers(30, 400, len(at)) * SECOND, gone, show.words.code("关注页"))
    browse(show, rng, buyers, at)
    price = np.maximum(100, np.round(paid["amount"][again] * CUT, -2)).astype(np.int64)
    sell(show, rng, buyers, at, Life(unpaid=0.0, refund=0.05), price=price)
    give_back(before, paid["order"][again], at + rng.integers(2, 90, len(at)) * MINUTE, delivered=False)
    claimed = show.plan.start + (rng.exponential(14, len(kept)).clip(0.2, 72) * 60 * MINUTE).astype(np.int64)
    before.after(
        "compensation", claimed, actor=paid["actor"][kept], order=paid["order"][kept], parent=paid["order"][kept],
        amount=(paid["amount"][kept] * (1 - CUT)).astype(np.int64), currency=show.words.code("CNY"),
        state=show.words.code("价保退差"),
    )  # fmt: skip


def _inflate(days: Days) -> None:
    """One host tops its honest pre-sale up: brushed orders inside the rush, refunded next day, and a plateau of viewers."""
    rng, show = days.rng, days.shows["inflated", 2]
    start, real = show.plan.start + 15 * MINUTE, show.total("order_create")
    n = round(0.7 * real)

    def act() -> None:
        who = Fleet(homes=6, payers=4, phones=10).enlist(show, rng, max(1, n // 3))
        buyer = rng.permutation(np.resize(who, n))
        at = np.sort(start + (rng.beta(0.9, 2.0, n) * RUSH * MINUTE).astype(np.int64))
        show.visit(
            who,
            np.full(len(who), start - MINUTE),
            np.full(len(who), start + 14 * MINUTE),
            show.words.code("搜索"),
        )
        browse(show, rng, who, np.full(len(who), start + 5 * SECOND))
        life = Life(unpaid=0.0, refund=0.92, first_hour=0.0, refunds="next_day", shipped=0.0)
        acts.order(show, rng, buyer, at, life)

    lay_as(show, "brush-next_day@0.41", partial(acts.paid, show, act))
    show.spend(PRICES["orders"].of(n))
    lay_as(show, "viewbots-plateau@0.30", lambda: viewbots(show, rng, 0.3, style="plateau"))
