"""Prosecuted and disputed cases as reported (FIELD 4-5), to the number where a number is known. None uses the dose."""

from collections.abc import Mapping
from types import MappingProxyType

import numpy as np

from zhenbo.core.session import MINUTE
from zhenbo.worlds import organic
from zhenbo.worlds.anchors import PRICES
from zhenbo.worlds.attacks import acts
from zhenbo.worlds.attacks.attack import Attack
from zhenbo.worlds.attacks.fleet import Fleet
from zhenbo.worlds.attacks.orders import QUIET, brush
from zhenbo.worlds.crowd import Ints
from zhenbo.worlds.scripts import paraphrase
from zhenbo.worlds.show import NONE, SECOND, Show
from zhenbo.worlds.trade import Life
from zhenbo.worlds.words import SALES

P1_PHRASE = 26
"""How often the crew of case P1 said its favourite sentence."""


def case_g1(show: Show, rng: np.random.Generator, dose: float) -> None:
    """FIELD case G1: of 599 orders 4 are paid; 586 come from 4 addresses, one buyer (staff) has 141, all closed unpaid.

    Laid on a room whose own orders it replaces.
    """
    del dose
    staff = Fleet(homes=4).enlist(show, rng, 42)
    buyer = np.concatenate([np.full(141, staff[0]), staff[1 + rng.integers(41, size=445)]])
    at = np.sort(
        show.plan.start + (rng.random(586) * 0.9 * show.plan.minutes * MINUTE).astype(np.int64) + MINUTE
    )
    life = Life(unpaid=1.0, unpaid_close_minutes=(15, 60))
    acts.order(show, rng, rng.permutation(buyer), at, life, price=19_900)
    show.spend(PRICES["human_hours"].of(42 * show.plan.minutes / 60))


def case_g2(show: Show, rng: np.random.Generator, dose: float) -> None:
    """FIELD case G2: two accounts order 100 times each and everything is refunded that night."""
    del dose
    pair = Fleet().enlist(show, rng, 2)
    begin = show.plan.end - int(show.plan.minutes * rng.uniform(0.4, 0.8) * MINUTE)
    at = begin + np.cumsum(rng.gamma(3, rng.uniform(1.2, 3.0), 200) * SECOND).astype(np.int64)
    at = np.minimum(at, show.plan.end - SECOND)
    life = Life(unpaid=0.0, refund=1.0, refunds="same_night", shipped=0.0)
    acts.come(show, pair, np.full(2, begin - MINUTE), np.full(2, show.plan.end - SECOND), np.full(2, NONE))
    acts.order(show, rng, pair[np.arange(200) % 2], at, life)
    show.spend(PRICES["orders"].of(200))


def case_g3(show: Show, rng: np.random.Generator, dose: float) -> None:
    """FIELD case G3: 28 million shown, of which 19 million brushed; on the false numbers the merchant stocked up."""
    del dose
    brush(show, rng, 19 / 28, life=QUIET, fleet=Fleet(payers=25, homes=60), per_buyer=3, visit="short")


def case_p1(show: Show, rng: np.random.Generator, dose: float) -> None:
    """FIELD case P1: a bullet-comment crew booked for the session 包场 (40 yuan).

    More than 1,000 comments, about 70 % of the room's where it talks enough; 50 and more per account on average, one
    account beyond 300; one sentence 26 times.
    """
    del dose
    n = max(1_050, round(show.total("comment") * 7 / 3))
    counts = _shares(rng, n)
    who = Fleet(networks=int(rng.integers(2, 6)) if rng.random() < 0.6 else 0).enlist(show, rng, len(counts))
    acts.come(
        show, who, show.plan.start + rng.integers(0, 3 * MINUTE, len(who)), np.full(len(who), show.plan.end)
    )
    owner = np.repeat(np.arange(len(counts)), counts)
    room = (show.plan.minutes - 4) * MINUTE
    gap = rng.lognormal(0, rng.uniform(0.3, 0.9, len(counts))[owner])
    share = organic.within(gap, counts) / np.repeat(np.bincount(owner, gap) * 1.001, counts)
    acts.say(
        show,
        who[owner],
        (show.plan.start + 3.5 * MINUTE + share * room).astype(np.int64),
        _lines(show, rng, n),
    )
    show.spend(PRICES["room_session"].of(1))


def _shares(rng: np.random.Generator, n: int) -> Ints:
    """Comments per account: one beyond 300, the others uneven, together `n`, and never under 50 on average."""
    first = 301 + int(rng.integers(0, 60))
    k = max(6, int(n / rng.uniform(52, 70)) - 1)
    part = rng.lognormal(0, 0.35, k)
    counts = np.floor((n - first) * part / part.sum()).astype(np.int64)
    counts[: n - first - int(counts.sum())] += 1
    return np.concatenate([[first], np.minimum(counts, n)])


def _lines(show: Show, rng: np.random.Generator, n: int) -> list[str]:
    """One sentence 26 times, the others between once and 25 times."""
    each = rng.integers(1, P1_PHRASE, n)
    each = each[: int(np.searchsorted(np.cumsum(each), n - P1_PHRASE)) + 1]
    lines = np.repeat(np.array(paraphrase(rng, len(each), show.plan.category), dtype=object), each)[
        : n - P1_PHRASE
    ]
    favourite = np.full(P1_PHRASE, SALES[int(rng.integers(len(SALES)))], dtype=object)
    return [str(line) for line in rng.permutation(np.concatenate([lines, favourite]))]


def case_p2(show: Show, rng: np.random.Generator, dose: float) -> None:
    """FIELD case P2: a studio's phones (its 4,600 shared among many rooms) at 6.65 yuan a phone-day sit and tap."""
    del dose
    n = int(rng.integers(150, 460))
    who = Fleet(networks=2).enlist(show, rng, n)
    acts.come(
        show,
        who,
        show.plan.start + (rng.gamma(2, 50, n) * SECOND).astype(np.int64),
        np.full(n, show.plan.end),
        "直播广场",
    )
    rounds = max(2, show.plan.minutes // 10)
    at = np.repeat(show.plan.start + (np.arange(rounds) + 0.4) * 10 * MINUTE, n) + rng.uniform(
        0, 2 * MINUTE, rounds * n
    )
    acts.tap(show, np.tile(who, rounds), at.astype(np.int64), rng.integers(3, 9, rounds * n))
    show.spend(PRICES["phone_days"].of(n))


ATTACKS: Mapping[str, Attack] = MappingProxyType({
    "case-G1": Attack("orders", "Case G1: 586 orders to four homes, 141 by one of the staff, none paid.", case_g1),
    "case-G2": Attack("orders", "Case G2: two accounts order 100 times each, all refunded that night.", case_g2),
    "case-G3": Attack("orders", "Case G3: 19 of 28 parts of the sales are brushed and kept.", case_g3),
    "case-P1": Attack("comments", "Case P1: a bullet-comment crew 职业弹幕人 booked for the session.", case_p1),
    "case-P2": Attack("farms", "Case P2: a studio's phones on two networks sit all evening and tap in rounds.", case_p2),
})  # fmt: skip
"""Cases by name."""
