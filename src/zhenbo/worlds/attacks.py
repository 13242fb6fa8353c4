"""What can be bought for a live room, laid over an honest evening at a chosen dose.

Written from the field's price lists, court cases and disputes (FIELD 3-5) without sight of any detector. A dose is
the fabricated share of the shown metric that the attack aims at.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial
from types import MappingProxyType
from typing import Literal

import numpy as np

from zhenbo.core.session import DAY, MINUTE
from zhenbo.worlds import organic
from zhenbo.worlds.anchors import PACKAGES
from zhenbo.worlds.crowd import Ints
from zhenbo.worlds.show import NONE, SECOND, Show, Unseen
from zhenbo.worlds.trade import Life, browse, sell
from zhenbo.worlds.words import SALES, improvise, reword

Lay = Callable[[Show, np.random.Generator, float], None]
Delivery = Literal["2h", "20min", "at_once", "by_minute"]


@dataclass(frozen=True)
class Attack:
    """Something that can be bought.

    Args:
        family: what kind of trade it is; whole families are held out of every fit.
        says: what is bought, in a line.
        lay: lays it over a broadcast at a dose.
    """

    family: str
    says: str
    lay: Lay


@dataclass(frozen=True)
class Fleet:
    """How hired accounts look.

    Args:
        cohort: registered one after another within hours.
        phones: how many devices they share (0 = one each).
        networks: how many addresses of the network they share (0 = one each).
        homes: how many delivery addresses they share (0 = one each).
        payers: how many payers they share (0 = one each).
    """

    cohort: bool = False
    phones: int = 0
    networks: int = 0
    homes: int = 0
    payers: int = 0

    def enlist(self, show: Show, rng: np.random.Generator, n: int) -> Ints:
        """`n` hired accounts; otherwise as ordinary as bought aged accounts are."""
        who = show.crowd.ordinary(rng, n, show.plan.start, 0.1, 0.0)
        if self.cohort:
            born = show.plan.start - int(rng.integers(20, 500)) * DAY
            gaps = rng.exponential(40, n) * SECOND
            show.crowd.set_trait("since", who, born + np.cumsum(gaps).astype(np.int64))
            show.crowd.set_trait("followers", who, rng.integers(0, 6, n))
            show.crowd.set_trait("level", who, rng.integers(0, 3, n))
        for trait, shared in (
            ("device", self.phones),
            ("ip", self.networks),
            ("addr", self.homes),
            ("pay", self.payers),
        ):
            if shared:
                pool = show.crowd.fresh(min(shared, n))
                show.crowd.set_trait(trait, who, pool[rng.permutation(np.arange(n) % len(pool))])
        show.hire(who)
        return who


def lay(show: Show, name: str, rng: np.random.Generator, dose: float) -> None:
    """Lay a named attack over a broadcast."""
    lay_as(show, f"{name}@{dose:.2f}", lambda: ATTACKS[name].lay(show, rng, dose))


def lay_as(show: Show, name: str, act: Callable[[], None]) -> None:
    """Do something to a broadcast that is an attack under this name, and note when it began."""
    blocks, unseen = len(show.blocks), len(show.unseen)
    act()
    made = [b.ts.min() for b in show.blocks[blocks:] if not b.later]
    made += [u.ts.min() for u in show.unseen[unseen:] if len(u.ts)]
    show.began = min([*made, *([] if show.began is None else [show.began])], default=None)
    show.kinds.append(name)


def _needed(real: int, dose: float, least: int = 5) -> int:
    """Fakes that make up a share of what is shown, but no less than a seller's smallest order."""
    return max(least, round(real * dose / (1 - dose)))


def _slot(show: Show, rng: np.random.Generator, minutes: float) -> tuple[int, int]:
    """When an order is delivered: somewhere in the broadcast."""
    length = int(min(minutes, show.plan.minutes * 0.8) * MINUTE)
    start = show.plan.start + int(rng.uniform(0.05, 0.95) * (show.plan.minutes * MINUTE - length))
    return start, start + length


def deliver(show: Show, rng: np.random.Generator, amount: int, how: Delivery) -> tuple[Ints, Ints]:
    """Times and amounts of a counter package of `amount`."""
    if how == "at_once":
        start, _ = _slot(show, rng, 1)
        return np.array([start]), np.array([amount])
    start, end = _slot(show, rng, {"2h": 120.0, "20min": 20.0, "by_minute": 45.0}[how])
    if how == "by_minute":
        at = np.arange(start, end, MINUTE)
        return at, np.full(len(at), amount // len(at)) + (np.arange(len(at)) < amount % len(at))
    at = np.arange(start, end, 5 * SECOND)
    return at, rng.multinomial(amount, np.full(len(at), 1 / len(at)))


def package(
    show: Show, rng: np.random.Generator, dose: float, *, name: str = "P388", how: Delivery = "20min", events: bool = False
) -> None:  # fmt: skip
    """A price-list package (P30, P38, P388): views and likes on the counters or as rows, shares and comments as rows.

    The dose is not used: a package is sold whole.
    """
    del dose
    bought = PACKAGES[name]
    at, qty = deliver(show, rng, bought.views, how)
    likes_at, likes = deliver(show, rng, bought.likes, how)
    if events:
        who = Fleet(cohort=rng.random() < 0.3, networks=200).enlist(show, rng, bought.views)
        when = np.repeat(at, qty) + (rng.random(bought.views) * 5 * SECOND).astype(np.int64)
        until = when + (rng.uniform(0.3, 4, bought.views) * SECOND).astype(np.int64)
        show.visit(who, np.minimum(when, show.plan.end - SECOND), until, show.words.code(organic.SOURCES[0]))
        tapper = who[rng.integers(len(who), size=bought.likes)]
        show.put("like", np.repeat(likes_at, likes), actor=tapper, qty=1)
    else:
        show.unseen += [Unseen("entered_total", at, qty), Unseen("like_total", likes_at, likes)]
    show.fabricated.update(viewers=bought.views, likes=bought.likes)
    start, end = _slot(show, rng, 30)
    _paid_remarks(show, rng, bought.comments, (start, end))
    if bought.shares:
        who = Fleet().enlist(show, rng, bought.shares)
        at = np.sort(rng.integers(start, end, bought.shares))
        show.put("share", at, actor=who)
        show.fabricated["shares"] += bought.shares


def _paid_remarks(show: Show, rng: np.random.Generator, n: int, when: tuple[int, int]) -> None:
    """Sell 高级评论 ("senior" comments): one sentence each from as many accounts."""
    who = Fleet().enlist(show, rng, n)
    at = np.sort(rng.integers(when[0], when[1], n))
    show.visit(who, at - 5 * SECOND, at + 60 * SECOND, show.words.code(organic.SOURCES[0]))
    text = show.words.codes(SALES)[rng.integers(len(SALES), size=n)]
    show.put("comment", at, actor=who, text=text)
    show.fabricated["comments"] += n
    show.fabricated["viewers"] += n


def viewbots(
    show: Show, rng: np.random.Generator, dose: float, *,
    style: Literal["batches", "plateau", "per_minute"] = "batches", fleet: Fleet = Fleet(),
) -> None:  # fmt: skip
    """Bought viewers with rows of their own: in batches with fixed stays, as a plateau, or so many every minute."""
    n = _needed(show.total("enter"), dose)
    who = fleet.enlist(show, rng, n)
    plan = show.plan
    whole = plan.minutes * MINUTE
    if style == "batches":
        batches = int(rng.integers(3, 9))
        waves = plan.start + (np.sort(rng.random(batches)) * 0.85 * whole).astype(np.int64)
        at = waves[np.arange(n) % batches] + (rng.random(n) * 25 * SECOND).astype(np.int64)
        until = at + int(rng.integers(5, 20)) * MINUTE + rng.integers(-3 * SECOND, 3 * SECOND, n)
    elif style == "plateau":
        start, end = _slot(show, rng, plan.minutes * rng.uniform(0.3, 0.75))
        at = start + (rng.random(n) * 3 * MINUTE).astype(np.int64)
        until = end + rng.integers(-20 * SECOND, 20 * SECOND, n)
    else:
        start, end = _slot(show, rng, plan.minutes * rng.uniform(0.4, 0.8))
        minutes = max(1, (end - start) // MINUTE)
        at = start + (np.arange(n) % minutes) * MINUTE + (rng.random(n) * 8 * SECOND).astype(np.int64)
        until = at + int(rng.integers(60, 600)) * SECOND + rng.integers(-SECOND, SECOND, n)
    via = show.words.codes(organic.SOURCES)
    source = via[rng.integers(len(via), size=n)] if rng.random() < 0.5 else np.full(n, via[0])
    show.visit(who, at, np.maximum(until, at + SECOND), source)
    show.fabricated["viewers"] += n


def scripted(
    show: Show, rng: np.random.Generator, dose: float, *,
    jitter: float = 0.0, synonyms: bool = False, shuffled: bool = False, human: bool = False,
    each: int = 0, sentences: int = 0, gap_s: float = 0.0, fleet: Fleet = Fleet(),
) -> None:  # fmt: skip
    """Scripted comments 水军弹幕: K accounts take M turns each from N sentences at a set interval (A33, case P1).

    Args:
        show: the broadcast.
        rng: stream of chance.
        dose: wanted share of all comments.
        jitter: gaps vary evenly by this share (0.4 = ±40 %).
        synonyms: every message is reworded.
        shuffled: every account says the script in its own order.
        human: rented people: own remarks, human gaps, uneven counts.
        each: messages per account; 0 draws 8-50.
        sentences: length of the script; 0 draws 20-60.
        gap_s: interval; 0 draws what fits the broadcast.
        fleet: how the accounts look.
    """
    wanted = _needed(show.total("comment"), dose, 40)
    turns = each or min(int(rng.integers(8, 50)), max(8, wanted // 3))
    k = max(2, round(wanted / turns))
    script = rng.permutation(len(SALES))[: sentences or int(rng.integers(20, len(SALES) + 1))]
    room = show.plan.minutes * MINUTE
    gap = gap_s * SECOND or float(rng.uniform(0.4, 0.8)) * room / turns
    who = fleet.enlist(show, rng, k)
    begin = show.plan.start + (rng.random(k) * max(room * 0.95 - gap * turns, room * 0.05)).astype(np.int64)
    counts = organic.heavy_counts(rng, k, k * turns, 2.0) + 1 if human else np.full(k, turns)
    steps = gap * (1 + rng.uniform(-jitter, jitter, int(counts.sum())))
    if human:
        steps = gap * rng.lognormal(-0.5, 1.0, len(steps))
    owner = np.repeat(np.arange(k), counts)
    first = np.cumsum(counts) - counts
    at = begin[owner] + organic.within(steps, counts).astype(np.int64)
    line = (
        np.arange(len(owner))
        - first[owner]
        + (rng.integers(len(script), size=k)[owner] if not shuffled else 0)
    )
    orders = np.stack(
        [rng.permutation(len(script)) if shuffled else np.arange(len(script)) for _ in range(k)]
    )
    said = [SALES[i] for i in script[orders[owner, line % len(script)]].tolist()]
    if synonyms:
        said = [reword(s, rng) for s in said]
    if human:
        said = [improvise(rng) for _ in said]
    inside = at < show.plan.end
    show.visit(
        who, begin - 20 * SECOND, np.full(k, show.plan.end - MINUTE), show.words.code(organic.SOURCES[0])
    )
    show.put("comment", at[inside], actor=who[owner][inside], text=show.words.codes(said)[inside])
    show.fabricated.update(comments=int(inside.sum()), viewers=k)


def likes(show: Show, rng: np.random.Generator, dose: float, *, amount: int = 0, events: bool = True) -> None:
    """A likes bot: a set number of taps (+1,588), from a few accounts or on the counter alone."""
    n = amount or _needed(show.total("like", "qty"), dose, 50)
    if not events:
        at, qty = deliver(show, rng, n, "20min" if rng.random() < 0.5 else "at_once")
        show.unseen.append(Unseen("like_total", at, qty))
    else:
        taps = int(rng.choice([10, 15, 20, 30]))
        who = Fleet(networks=3).enlist(show, rng, max(2, n // 400))
        start, end = _slot(show, rng, 25)
        at = np.linspace(start, end, max(1, n // taps)).astype(np.int64)
        show.visit(
            who,
            np.full(len(who), start - SECOND),
            np.full(len(who), end + SECOND),
            show.words.code("直播广场"),
        )
        qty = np.full(len(at), taps)
        qty[-1] += n - int(qty.sum())
        show.put("like", at, actor=who[np.arange(len(at)) % len(who)], qty=qty)
        show.fabricated["viewers"] += len(who)
    show.fabricated["likes"] += n


def followers(show: Show, rng: np.random.Generator, dose: float, *, events: bool = True) -> None:
    """A follower package 涨粉: a steady drip of accounts that follow and go."""
    n = _needed(show.total("follow"), dose, 60)
    start, end = _slot(show, rng, 40)
    at = np.linspace(start, end, n).astype(np.int64) + rng.integers(-SECOND, SECOND, n)
    if events:
        who = Fleet(cohort=rng.random() < 0.7).enlist(show, rng, n)
        show.visit(who, at - 2 * SECOND, at + 3 * SECOND, show.words.code("搜索"))
        show.put("follow", at, actor=who)
        show.fabricated["viewers"] += n
    else:
        show.unseen.append(Unseen("follow_total", at, np.ones(n, dtype=np.int64)))
    show.fabricated["follows"] += n


def farm(show: Show, rng: np.random.Generator, dose: float, *, fleet: Fleet = Fleet(cohort=True)) -> None:
    """A farm that does everything a little: watches, taps, follows, says a word (cases P2, P3)."""
    n = _needed(show.total("enter"), dose, 20)
    who = fleet.enlist(show, rng, n)
    at = organic.arrivals(show.plan, rng, n)
    until = at + (rng.lognormal(np.log(8), 0.25, n) * MINUTE).astype(np.int64)
    show.visit(who, at, until, show.words.codes(organic.SOURCES)[rng.integers(6, size=n)])
    said = rng.random(n) < 0.3
    text = show.words.codes(SALES)[rng.integers(len(SALES), size=int(said.sum()))]
    late = np.minimum(at + (rng.random(n) * (until - at)).astype(np.int64), show.plan.end)
    show.put("comment", late[said], actor=who[said], text=text)
    tapped = rng.random(n) < 0.5
    show.put("like", late[tapped], actor=who[tapped], qty=10)
    followed = rng.random(n) < 0.4
    show.put("follow", late[followed], actor=who[followed])
    show.fabricated.update(
        viewers=n, comments=int(said.sum()), likes=10 * int(tapped.sum()), follows=int(followed.sum())
    )


def brush(
    show: Show, rng: np.random.Generator, dose: float, *,
    life: Life, fleet: Fleet = Fleet(), per_buyer: int = 1, visit: Literal["none", "short"] = "none", last: float = 1.0,
) -> None:  # fmt: skip
    """Brushed orders 刷单.

    Args:
        show: the broadcast.
        rng: stream of chance.
        dose: wanted share of created orders.
        life: what becomes of them.
        fleet: how the buyers look.
        per_buyer: orders per account.
        visit: whether the buyers look at anything before ordering.
        last: only the last part of the broadcast (pledges are topped up at the end).
    """
    n = _needed(show.total("order_create"), dose, 12)
    who = fleet.enlist(show, rng, max(1, round(n / per_buyer)))
    buyer = np.tile(who, -(-n // len(who)))[:n]
    length = show.plan.minutes * MINUTE * last
    at = np.sort(show.plan.end - (rng.random(n) * length * 0.95).astype(np.int64) - MINUTE // 2)
    if visit == "short":
        shopper, first = np.unique(buyer, return_index=True)
        begin = np.maximum(at[first] - rng.integers(8, 40, len(first)) * SECOND, show.plan.start)
        show.visit(shopper, begin, at[first] + 10 * SECOND, show.words.code("搜索"))
        browse(show, rng, shopper, at[first])
        show.fabricated["viewers"] += len(shopper)
    number = sell(show, rng, buyer, at, life)
    show.fake_orders.append(number)
    show.fabricated["orders"] += n


def case_g1(show: Show, rng: np.random.Generator, dose: float) -> None:
    """FIELD case G1: of 599 orders 4 are paid; 586 come from 4 addresses, one buyer (staff) has 141, all closed unpaid.

    Laid on a room whose own orders it replaces; the dose is not used.
    """
    del dose
    staff = Fleet(homes=4).enlist(show, rng, 42)
    buyer = np.concatenate([np.full(141, staff[0]), staff[1 + rng.integers(41, size=445)]])
    at = np.sort(
        show.plan.start + (rng.random(586) * 0.9 * show.plan.minutes * MINUTE).astype(np.int64) + MINUTE
    )
    number = sell(
        show, rng, rng.permutation(buyer), at, Life(unpaid=1.0, unpaid_close_minutes=(15, 60)), price=19_900
    )
    show.fake_orders.append(number)
    show.fabricated["orders"] += 586


def case_g2(show: Show, rng: np.random.Generator, dose: float) -> None:
    """FIELD case G2: two accounts order 100 times each and everything is refunded that night. The dose is not used."""
    del dose
    pair = Fleet().enlist(show, rng, 2)
    begin = show.plan.end - int(show.plan.minutes * 0.5 * MINUTE)
    at = begin + np.cumsum(rng.gamma(3, 2.4, 200) * SECOND).astype(np.int64)
    at = np.minimum(at, show.plan.end - SECOND)
    life = Life(unpaid=0.0, refund=1.0, refunds="same_night", shipped=0.0)
    show.visit(pair, np.full(2, begin - MINUTE), np.full(2, show.plan.end - SECOND), NONE)
    show.fake_orders.append(sell(show, rng, pair[np.arange(200) % 2], at, life))
    show.fabricated.update(orders=200, viewers=2)


_NEXT_DAY = Life(unpaid=0.0, refund=0.9, refunds="next_day", shipped=0.0)
_EMPTY = Life(
    unpaid=0.0, refund=0.01, first_hour=0.0, after_delivery=0.0, grams=120, weight_spread=0.0, praise=0.8
)
_UNPAID = Life(unpaid=0.99, unpaid_close_minutes=(20, 90))

ATTACKS: Mapping[str, Attack] = MappingProxyType({
    **{
        f"package-{name}-{how}": Attack("packages", "", partial(package, name=name, how=how))
        for name in ("P30", "P38", "P388")
        for how in ("2h", "20min", "at_once", "by_minute")
    },
    "package-P38-rows": Attack("packages", "", partial(package, name="P38", how="20min", events=True)),
    "viewbots-batches": Attack("viewers", "", partial(viewbots, style="batches")),
    "viewbots-plateau": Attack("viewers", "", partial(viewbots, style="plateau")),
    "viewbots-per_minute": Attack("viewers", "", partial(viewbots, style="per_minute")),
    "viewbots-cohort": Attack("viewers", "", partial(viewbots, style="per_minute", fleet=Fleet(cohort=True))),
    "viewbots-phones": Attack("viewers", "", partial(viewbots, style="batches", fleet=Fleet(phones=12, networks=4))),
    "comments-fixed": Attack("comments", "", partial(scripted)),
    "comments-jitter10": Attack("comments", "", partial(scripted, jitter=0.1)),
    "comments-jitter40": Attack("comments", "", partial(scripted, jitter=0.4, shuffled=True)),
    "comments-jitter80": Attack("comments", "", partial(scripted, jitter=0.8, shuffled=True)),
    "comments-synonyms": Attack("comments", "", partial(scripted, jitter=0.3, synonyms=True, shuffled=True)),
    "comments-cohort": Attack("comments", "", partial(scripted, jitter=0.3, fleet=Fleet(cohort=True, phones=6))),
    "comments-human": Attack("comments", "", partial(scripted, human=True)),
    "likes-rows": Attack("likes", "", partial(likes)),
    "likes-1588": Attack("likes", "", partial(likes, amount=1_588, events=False)),
    "followers-rows": Attack("followers", "", partial(followers)),
    "followers-counter": Attack("followers", "", partial(followers, events=False)),
    "farm-cohort": Attack("farms", "", partial(farm)),
    "farm-phones": Attack("farms", "", partial(farm, fleet=Fleet(phones=20, networks=3))),
    "farm-clean": Attack("farms", "", partial(farm, fleet=Fleet())),
    "brush-next_day": Attack("orders", "", partial(brush, life=_NEXT_DAY, per_buyer=2)),
    "brush-next_day-clean": Attack("orders", "", partial(brush, life=_NEXT_DAY, visit="short")),
    "brush-addresses": Attack("orders", "", partial(brush, life=_EMPTY, fleet=Fleet(homes=4), per_buyer=3)),
    "brush-payers": Attack("orders", "", partial(brush, life=_EMPTY, fleet=Fleet(payers=2, phones=3), per_buyer=4, visit="short")),
    "brush-empty_parcels": Attack("orders", "", partial(brush, life=_EMPTY, visit="short")),
    "brush-no_browse": Attack("orders", "", partial(brush, life=Life(unpaid=0.0, refund=0.02, first_hour=0.0))),
    "brush-unpaid": Attack("orders", "", partial(brush, life=_UNPAID, fleet=Fleet(homes=4), per_buyer=10)),
    "brush-pledge": Attack("orders", "", partial(
        brush, life=_NEXT_DAY, fleet=Fleet(networks=1, homes=3, payers=1), per_buyer=6, visit="short", last=0.3
    )),
    "case-G1": Attack("orders", "", case_g1),
    "case-G2": Attack("orders", "", case_g2),
})  # fmt: skip
"""Every attack by name; call through `lay`."""

__all__ = ["ATTACKS", "Attack", "Fleet", "lay", "lay_as"]
