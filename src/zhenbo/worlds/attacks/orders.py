"""Brushed orders 刷单 (FIELD A15-A18, A29, A50, B33, cases P4-P6): the whole workflow, its shortcuts and its refunds."""

from collections.abc import Mapping
from dataclasses import replace
from functools import partial
from types import MappingProxyType
from typing import Literal

import numpy as np

from zhenbo.core.session import MINUTE
from zhenbo.worlds.anchors import CATEGORIES, PRICES
from zhenbo.worlds.attacks import acts
from zhenbo.worlds.attacks.attack import Attack, needed, slot
from zhenbo.worlds.attacks.fleet import ORDINARY, Fleet
from zhenbo.worlds.crowd import Ints
from zhenbo.worlds.scripts import paraphrase
from zhenbo.worlds.show import NONE, SECOND, Show
from zhenbo.worlds.trade import Life
from zhenbo.worlds.words import PROMPTED_QUESTIONS

QUIET = Life(unpaid=0.0, refund=0.01, first_hour=0.0, after_delivery=0.0)
"""Paid at once and kept."""
NEXT_DAY = Life(unpaid=0.0, refund=0.9, refunds="next_day", shipped=0.0)
EMPTY = replace(QUIET, grams=120, weight_spread=0.0, praise=0.8)
"""Empty parcels 空包 of one weight, praised from a list."""
UNPAID = Life(unpaid=0.99, unpaid_close_minutes=(20, 90))

PAID_FOR = Fleet(payers=3)
"""The organiser pays from a few accounts."""


def brush(
    show: Show, rng: np.random.Generator, dose: float, *,
    life: Life, fleet: Fleet = ORDINARY, per_buyer: int = 1, visit: Literal["none", "short"] = "none", last: float = 1.0,
    one_item: bool = False,
) -> None:  # fmt: skip
    """Brushed orders.

    Args:
        show: the broadcast.
        rng: stream of chance.
        dose: wanted share of created orders.
        life: what becomes of them.
        fleet: how the buyers look.
        per_buyer: orders per account.
        visit: whether the buyers look at anything before ordering.
        last: only the last part of the broadcast (pledges are topped up at the end).
        one_item: all of one product, whose rank is to rise.
    """
    n = needed(show.total("order_create"), dose, 12)
    who = fleet.enlist(show, rng, max(1, round(n / per_buyer)))
    buyer = np.tile(who, -(-n // len(who)))[:n]
    length = show.plan.minutes * MINUTE * last
    at = np.sort(show.plan.end - (rng.random(n) * length * 0.95).astype(np.int64) - MINUTE // 2)
    if visit == "short":
        drop_in(show, rng, buyer, at)
        fleet.blend(show, rng, who)
    acts.order(show, rng, buyer, at, life, item=int(rng.integers(12)) if one_item else NONE)
    charge(show, rng, n)


def drop_in(show: Show, rng: np.random.Generator, buyer: Ints, at: Ints) -> None:
    """Buyers come seconds before their first order, open the product once or twice, and go; at least they came."""
    shopper, first = np.unique(buyer, return_index=True)
    order_at = at[first]
    come_at = np.maximum(order_at - rng.integers(8, 40, len(first)) * SECOND, show.plan.start)
    acts.come(show, shopper, come_at, order_at + 10 * SECOND, "搜索")
    looks = rng.integers(1, 3, len(shopper))
    owner = np.repeat(np.arange(len(shopper)), looks)
    seen = come_at[owner] + (rng.uniform(0.15, 0.95, len(owner)) * (order_at - come_at)[owner]).astype(
        np.int64
    )
    acts.press(
        show, shopper[owner], seen, acts.goods(show, np.minimum(rng.geometric(0.5, len(owner)) - 1, 11))
    )


def charge(show: Show, rng: np.random.Generator, n: int) -> None:
    """At least 12 yuan an order; how much more is judgement."""
    show.spend(PRICES["orders"].of(n) * rng.uniform(1.0, 1.6))


def workflow(
    show: Show, rng: np.random.Generator, dose: float, *,
    life: Life = EMPTY, fleet: Fleet = PAID_FOR, chat: float = 0.7, minutes: float = 4.0, one_item: bool = True,
) -> None:  # fmt: skip
    """The full task sheet of case P5: search, compare goods, talk to the room, order, organiser pays, parcel, review.

    Args:
        show: the broadcast.
        rng: stream of chance.
        dose: wanted share of created orders.
        life: what becomes of the orders.
        fleet: how the buyers look; its payers are the organiser's.
        chat: share that asks a question first.
        minutes: median time between coming in and ordering.
        one_item: all of one product, whose rank is to rise.
    """
    n = needed(show.total("order_create"), dose, 12)
    who = fleet.enlist(show, rng, n)
    dwell = acts.stay(rng, n, minutes, 0.25)
    at = acts.spread(rng, n, show.plan.start + int(dwell.max() // 2), show.plan.end - MINUTE)
    come_at = np.maximum(at - dwell, show.plan.start)
    acts.come(show, who, come_at, at + rng.integers(15, 90, n) * SECOND, "搜索")
    item = int(rng.integers(12))
    compare(show, rng, who, come_at, at, item)
    fleet.blend(show, rng, who)
    asks = rng.random(n) < chat
    when = (come_at + rng.uniform(0.4, 0.9, n) * (at - come_at)).astype(np.int64)
    acts.say(show, who[asks], when[asks], questions(show, rng, int(asks.sum())))
    acts.order(show, rng, who, at, life, item=item if one_item else NONE)
    charge(show, rng, n)


def compare(show: Show, rng: np.random.Generator, who: Ints, since: Ints, until: Ints, item: int) -> None:
    """货比三家: two to four similar goods are opened one after the other, the wanted one last."""
    looks = rng.integers(2, 5, len(who))
    owner = np.repeat(np.arange(len(who)), looks)
    turn = np.arange(len(owner)) - np.repeat(np.cumsum(looks) - looks, looks)
    part = (turn + rng.uniform(0.2, 0.8, len(owner))) / (looks[owner] + 0.5)
    other = (item + 1 + rng.integers(11, size=len(owner))) % 12
    goods = acts.goods(show, np.where(turn == looks[owner] - 1, item, other))
    acts.press(show, who[owner], (since[owner] + part * (until - since)[owner]).astype(np.int64), goods)


def questions(show: Show, rng: np.random.Generator, n: int) -> Ints:
    """What the task sheet says to ask; half of them lightly in own words."""
    ends = ("", "？", "呀", "主播", "谢谢", "～")
    said = [
        PROMPTED_QUESTIONS[q] + ends[e]
        for q, e in zip(rng.integers(len(PROMPTED_QUESTIONS), size=n).tolist(), rng.integers(len(ends), size=n).tolist(), strict=True)
    ]  # fmt: skip
    return show.words.codes(said)


def swapped(show: Show, rng: np.random.Generator, dose: float) -> None:
    """拍A发B: the dear product is ordered and a small present shipped, so that parcels really travel (case P4)."""
    grams = int(rng.integers(30, 140))
    life = replace(
        QUIET,
        grams=grams,
        weight_spread=float(rng.uniform(0.01, 0.08)),
        praise=float(rng.uniform(0.5, 0.95)),
        written=True,
    )
    dear = int(CATEGORIES[show.plan.category].price * rng.uniform(1.5, 4)) // 100 * 100
    n = needed(show.total("order_create"), dose, 12)
    who = Fleet(payers=int(rng.integers(2, 9)), own=False).enlist(show, rng, n)
    at = acts.spread(rng, n, *slot(show, rng, show.plan.minutes * 0.8))
    drop_in(show, rng, who, at)
    acts.order(show, rng, who, at, life, price=dear, item=int(rng.integers(12)))
    charge(show, rng, n)


def recruited(show: Show, rng: np.random.Generator, dose: float, *, tasks: int = 4) -> None:
    """People recruited in a chat group buy for themselves and are reimbursed: real homes, real parcels, all kept.

    Each task names one product at one price and draws its buyers within a quarter of an hour; nothing else betrays them.

    Args:
        show: the broadcast.
        rng: stream of chance.
        dose: wanted share of created orders.
        tasks: how often the organiser calls.
    """
    n = needed(show.total("order_create"), dose, 12)
    who = Fleet(own=True, fans=0.1).enlist(show, rng, n)
    calls = show.plan.start + np.sort(rng.uniform(0.02, 0.75, tasks) * show.plan.minutes * MINUTE).astype(
        np.int64
    )
    task = np.sort(rng.integers(tasks, size=n))
    come_at = calls[task] + (rng.gamma(1.4, 130, n) * SECOND).astype(np.int64)
    come_at = np.minimum(come_at, show.plan.end - 3 * MINUTE)
    at = np.minimum(come_at + acts.stay(rng, n, 3.2, 0.35), show.plan.end - 20 * SECOND)
    acts.come(show, who, come_at, at + acts.stay(rng, n, 1.0, 0.8), acts.sources(show, rng, n))
    shelf = np.maximum(
        100, np.round(CATEGORIES[show.plan.category].price * rng.uniform(0.6, 1.6, tasks), -2)
    ).astype(np.int64)
    life = replace(QUIET, praise=0.6, written=True)
    for t in range(tasks):
        mine = task == t
        item = int(rng.integers(12))
        compare(show, rng, who[mine], come_at[mine], at[mine], item)
        if mine.any():
            acts.order(show, rng, who[mine], at[mine], life, price=int(shelf[t]), item=item)
    talks = rng.random(n) < 0.3
    acts.say(
        show, who[talks], (at - 30 * SECOND)[talks], paraphrase(rng, int(talks.sum()), show.plan.category)
    )
    charge(show, rng, n)


def round_target(show: Show, rng: np.random.Generator, dose: float, *, life: Life = QUIET) -> None:
    """Orders are topped up exactly to the next round number above what the dose asks for, late in the evening.

    Args:
        show: the broadcast.
        rng: stream of chance.
        dose: least wanted share of created orders.
        life: what becomes of them.
    """
    real = show.total("order_create")
    least = real + needed(real, dose, 12)
    step = next((s for s in (1_000, 500, 100, 50, 10) if least >= 4 * s), 10)
    n = -(-least // step) * step - real
    who = Fleet(payers=int(rng.integers(2, 12)), homes=int(rng.integers(3, 20))).enlist(
        show, rng, max(1, n // int(rng.integers(1, 5)))
    )
    buyer = np.sort(acts.shared_out(rng, who, n))
    at = (
        show.plan.end
        - MINUTE
        - np.sort((rng.beta(1, 2.5, n) * 0.5 * show.plan.minutes * MINUTE).astype(np.int64))[::-1]
    )
    drop_in(show, rng, buyer, at)
    acts.order(show, rng, buyer, at, life)
    charge(show, rng, n)


def pledged(show: Show, rng: np.random.Generator, dose: float) -> None:
    """The agency buys the missing turnover itself to just above a round pledge, in the last third (FIELD A58, B33).

    A few accounts at a few homes order ever dearer baskets until the sum stands; the money comes back over the week.
    """
    made = show.total("order_create", "amount") if show.total("order_create") else 0
    aim = max(made / max(1 - dose, 0.05), 200_000.0)
    step = 10 ** max(4, int(np.log10(aim)) - 1)
    gap = -(-int(aim) // step) * step - made
    low = int(np.clip(gap // (4 * CATEGORIES[show.plan.category].price), 12, 400))
    gap += step if gap < 1_000 * low else 0
    share = rng.lognormal(0, 0.35, low)
    amount = (gap * share / share.sum() // 100 * 100).astype(np.int64)
    amount[-1] += gap - int(amount.sum())
    who = Fleet(
        homes=int(rng.integers(2, 6)), payers=int(rng.integers(1, 4)), networks=int(rng.integers(1, 4))
    ).enlist(show, rng, max(2, low // int(rng.integers(3, 8))))
    at = acts.spread(rng, low, show.plan.end - show.plan.minutes * MINUTE // 3, show.plan.end - SECOND)
    buyer = acts.shared_out(rng, who, low)
    drop_in(show, rng, buyer, at)
    life = Life(unpaid=0.0, refund=float(rng.uniform(0.8, 1.0)), refunds="week", shipped=0.2)
    acts.order(show, rng, buyer, at, life, price=amount)
    charge(show, rng, low)


def staff(show: Show, rng: np.random.Generator, dose: float) -> None:
    """The host's staff buy: one office network, parcels to the office, own phones and payers; they also chat all evening."""
    n = needed(show.total("order_create"), dose, 12)
    k = int(np.clip(n // 5, 3, 25))
    who = Fleet(networks=1, homes=int(rng.integers(1, 4)), fans=0.8, years=0.5).enlist(show, rng, k)
    late = (rng.exponential(0.05, k) * show.plan.minutes * MINUTE).astype(np.int64)
    acts.come(show, who, show.plan.start + late, np.full(k, show.plan.end), "关注页")
    acts.mingle(show, rng, who, chat=3.0, hearts=30.0)
    buyer = acts.shared_out(rng, who, n)
    at = acts.spread(rng, n, show.plan.start + show.plan.minutes * MINUTE // 8, show.plan.end - SECOND)
    acts.look(show, rng, buyer, at)
    acts.order(
        show,
        rng,
        buyer,
        at,
        Life(unpaid=0.1, refund=0.85, refunds=("week" if rng.random() < 0.5 else "late"), shipped=0.1),
    )
    show.spend(PRICES["human_hours"].of(k * show.plan.minutes / 60))


def volley(show: Show, rng: np.random.Generator, dose: float) -> None:
    """Brushing software logs accounts in and fires orders every few seconds for the minutes that count for a rank."""
    n = needed(show.total("order_create"), dose, 12)
    gap = float(rng.uniform(1.5, 9.0))
    who = Fleet(
        phones=int(rng.integers(2, 12)), networks=int(rng.integers(1, 5)), payers=int(rng.integers(1, 6))
    ).enlist(show, rng, max(2, n // int(rng.integers(1, 4))))
    gap = min(gap, show.plan.minutes * 60 * 0.7 / n)
    start, _ = slot(show, rng, n * gap / 60 + 1)
    at = (
        start
        + (np.arange(n) * gap * SECOND).astype(np.int64)
        + rng.integers(0, int(gap * 0.2 * SECOND) + 1, n)
    )
    acts.order(
        show,
        rng,
        who[np.arange(n) % len(who)],
        at,
        replace(NEXT_DAY, refunds="same_night"),
        item=int(rng.integers(12)),
    )
    charge(show, rng, n)


def _wave(**changes: object) -> Life:
    return replace(NEXT_DAY, **changes)  # type: ignore[arg-type]


_WRITTEN = replace(QUIET, grams=95, weight_spread=0.02, praise=0.9, written=True)

ATTACKS: Mapping[str, Attack] = MappingProxyType({
    "brush-next_day": Attack("orders", "Nine of ten come back the next working day.", partial(brush, life=NEXT_DAY, per_buyer=2)),
    "brush-next_day-clean": Attack("orders", "The same from unconnected buyers who drop in first.", partial(brush, life=NEXT_DAY, visit="short")),
    "brush-early": Attack("orders", "Refunds before breakfast the next morning.", partial(brush, life=_wave(refunds="early"), visit="short", per_buyer=2)),
    "brush-late": Attack("orders", "Refunds on one afternoon two to five days later, some after an empty parcel.", partial(brush, life=_wave(refunds="late", shipped=0.5, grams=110), visit="short")),
    "brush-partial": Attack("orders", "Half comes back next day, half is kept.", partial(brush, life=_wave(refund=0.5, shipped=0.9, grams=150, weight_spread=0.03), visit="short")),
    "brush-week": Attack("orders", "Refunds in daily lots over a week.", partial(brush, life=_wave(refunds="week", shipped=0.4), visit="short")),
    "brush-addresses": Attack("orders", "Empty parcels to four homes.", partial(brush, life=EMPTY, fleet=Fleet(homes=4), per_buyer=3)),
    "brush-spelled": Attack("orders", "A few homes, the address spelled otherwise on every order: only the province tells.", partial(brush, life=EMPTY, fleet=Fleet(homes=4, spelled=True), visit="short")),
    "brush-payers": Attack("orders", "Two payers and three phones behind all buyers.", partial(brush, life=EMPTY, fleet=Fleet(payers=2, phones=3), per_buyer=4, visit="short")),
    "brush-empty_parcels": Attack("orders", "Unconnected buyers, empty parcels of one weight, listed praise.", partial(brush, life=EMPTY, visit="short")),
    "brush-no_browse": Attack("orders", "Unconnected buyers who never come to the room; all kept.", partial(brush, life=replace(QUIET, refund=0.02))),
    "brush-unpaid": Attack("orders", "Ten orders an account to four homes, never paid.", partial(brush, life=UNPAID, fleet=Fleet(homes=4), per_buyer=10)),
    "brush-pledge": Attack("orders", "One network, three homes and one payer in the last third, back next day.", partial(
        brush, life=NEXT_DAY, fleet=Fleet(networks=1, homes=3, payers=1), per_buyer=6, visit="short", last=0.3
    )),
    "brush-pledge_gmv": Attack("orders", "The agency buys the missing turnover up to a round pledge; money back over the week.", pledged),
    "brush-round_target": Attack("orders", "Orders topped up exactly to a round number.", round_target),
    "brush-workflow": Attack("orders", "The full task sheet: search, compare, ask, order, few payers, empty parcel, review.", workflow),
    "brush-workflow-payers": Attack("orders", "The full task sheet, everyone paying alone, parcels nearly alike, written reviews.", partial(workflow, life=_WRITTEN, fleet=Fleet(own=True))),
    "brush-workflow-refund": Attack("orders", "The full task sheet, refunded in lots over a week.", partial(workflow, life=_wave(refunds="week", shipped=0.6, grams=105, weight_spread=0.03))),
    "brush-swapped": Attack("orders", "拍A发B: a dear product ordered, a small present shipped.", swapped),
    "brush-recruited": Attack("orders", "People from a chat group who really buy and keep and are reimbursed.", recruited),
    "brush-staff": Attack("orders", "The host's staff buy from the office and chat all evening.", staff),
    "brush-volley": Attack("orders", "Software fires orders every few seconds for a rank; back the same night.", volley),
})  # fmt: skip
"""Brushed orders by name."""
