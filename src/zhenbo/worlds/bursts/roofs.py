"""Honest people who share what accounts of one hand share: networks, addresses, devices, birthdays of accounts."""

from dataclasses import replace

import numpy as np

from zhenbo.core.session import DAY, HOUR, MINUTE
from zhenbo.worlds import organic
from zhenbo.worlds.bursts.scene import chorus, one_home, roof, say, together
from zhenbo.worlds.show import SECOND, Plan, Show
from zhenbo.worlds.trade import Life, browse, ordinary_life, sell
from zhenbo.worlds.words import COLLEAGUES


def dorm(show: Show, rng: np.random.Generator) -> None:
    """A students' hall behind one address translator, parcels to one gate."""
    organic.play(show, rng)
    roof(show, rng, int(rng.integers(25, 90)), device=False, pay=False, per_head=0.15, spread="分享")


def family(show: Show, rng: np.random.Generator) -> None:
    """Families on one tablet and one payer."""
    organic.play(show, rng)
    for _ in range(int(rng.integers(4, 12))):
        roof(
            show,
            rng,
            int(rng.integers(2, 6)),
            device=rng.random() < 0.5,
            pay=rng.random() < 0.6,
            per_head=0.4,
        )


def office(show: Show, rng: np.random.Generator) -> None:
    """A company orders gifts: one buyer, dozens of equal orders, one address and payer, all kept."""
    organic.play(show, rng)
    buyer = show.crowd.ordinary(rng, 1, show.plan.start)
    since = show.plan.start + int(rng.uniform(0.1, 0.6) * show.plan.minutes * MINUTE)
    show.visit(buyer, np.array([since]), np.array([since + 15 * MINUTE]), show.words.code("搜索"))
    n = int(rng.integers(8, 30))
    at = since + 4 * MINUTE + np.cumsum(rng.lognormal(np.log(18), 0.6, n) * SECOND).astype(np.int64)
    browse(show, rng, buyer, at[:1])
    sell(
        show,
        rng,
        np.repeat(buyer, n),
        at,
        Life(unpaid=0.0, refund=0.02),
        price=int(rng.integers(30, 200)) * 100,
    )
    roof(show, rng, int(rng.integers(6, 20)), device=False, pay=False, per_head=0.6, spread="分享")


def fan_club(show: Show, rng: np.random.Generator) -> None:
    """Regulars who stay for hours, talk a lot and greet in the club's formula (Twitch room: 24 users, 2,695 messages)."""
    organic.play(show, rng)
    club = show.crowd.ordinary(rng, int(rng.integers(15, 60)), show.plan.start, 0.01, 1.0)
    at = show.plan.start + (rng.gamma(1.2, 4, len(club)) * MINUTE).astype(np.int64)
    until = show.plan.end - (
        rng.exponential(0.15, len(club)).clip(0, 0.7) * show.plan.minutes * MINUTE
    ).astype(np.int64)
    show.visit(club, np.minimum(at, until - MINUTE), until, show.words.code("关注页"))
    organic.chat(show, rng, club, float(rng.uniform(6, 25)))
    chorus(
        show,
        rng,
        club,
        (show.plan.start, show.plan.start + 12 * MINUTE),
        ("小满家粉丝报到", "今天也来陪姐姐"),
        1.1,
    )
    organic.taps(show, rng, club, 20.0, 0.9)


def campaign(plan: Plan, rng: np.random.Generator) -> Plan:
    """An audience of which half is new to the platform."""
    return replace(plan, newcomers=float(rng.uniform(0.35, 0.65)))


def newcomers(show: Show, rng: np.random.Generator) -> None:
    """A new-user gift: half the room registered within days, many in the same campaign hours."""
    organic.play(show, rng)
    since = show.crowd.trait("since")
    fresh = np.flatnonzero(since > show.plan.start - 30 * DAY)
    peak = show.plan.start - rng.integers(0, 4, len(fresh)) * DAY - 4 * HOUR
    joined = np.minimum(peak + (rng.normal(0, 1.5, len(fresh)) * HOUR).astype(np.int64), show.plan.start)
    show.crowd.set_trait("since", fresh, joined)


def staff(show: Show, rng: np.random.Generator) -> None:
    """The host's company watches from the office: one network, one address; they cheer, and order for themselves."""
    organic.play(show, rng)
    who = together(show, rng, int(rng.integers(20, 55)))
    one_home(show, who, "ip", "addr")
    organic.chat(show, rng, who, float(rng.uniform(2, 6)))
    each = rng.integers(1, 9, len(who))
    since, until = organic.presence(show, who)
    cheer_at = organic.moments(rng, since, until, each)
    say(show, np.repeat(who, each), cheer_at, COLLEAGUES, rng.integers(len(COLLEAGUES), size=len(cheer_at)))
    organic.taps(show, rng, who, 15.0, 0.8)
    buyers = who[rng.random(len(who)) < 0.7]
    at = show.plan.start + (rng.uniform(0.1, 0.95, len(buyers)) * show.plan.minutes * MINUTE).astype(np.int64)
    browse(show, rng, buyers, at)
    sell(show, rng, buyers, at, Life(unpaid=0.05, refund=0.04, first_hour=0.01))


def tablets(show: Show, rng: np.random.Generator) -> None:
    """A library lends six tablets: a dozen readers log in on each, one after the other, and do what others do."""
    organic.play(show, rng)
    readers = show.crowd.ordinary(rng, 72, show.plan.start, show.plan.newcomers)
    show.crowd.set_trait("ip", readers, int(show.crowd.fresh(1)[0]))
    show.crowd.set_trait("device", readers, show.crowd.fresh(6)[np.arange(72) % 6])
    slot = show.plan.minutes * MINUTE // 12
    since = show.plan.start + np.arange(72) // 6 * slot + rng.integers(0, slot // 5, 72)
    until = since + (rng.uniform(0.2, 0.75, 72) * slot).astype(np.int64)
    show.visit(readers, since, until, show.words.code("搜索"))
    organic.chat(show, rng, readers, max(show.plan.comments, 0.8))
    organic.purchases(show, rng, readers, 0.15, ordinary_life(rng, show.plan.category))


def privacy(show: Show, rng: np.random.Generator) -> None:
    """A third of the accounts use privacy browsers: five placeholder fingerprints, three placeholder addresses."""
    organic.play(show, rng)
    who = np.flatnonzero(rng.random(show.crowd.size) < 1 / 3)
    for trait, values in (("device", 5), ("ip", 3)):
        show.crowd.set_trait(trait, who, show.crowd.fresh(values)[rng.integers(values, size=len(who))])


def anniversary(show: Show, rng: np.random.Generator) -> None:
    """A third of the room registered in the same six hours a year ago, when a promotion gave new users a gift."""
    organic.play(show, rng)
    who = np.flatnonzero(rng.random(show.crowd.size) < rng.uniform(0.25, 0.4))
    born = show.plan.start - 365 * DAY + (rng.beta(2, 3, len(who)) * 6 * HOUR).astype(np.int64)
    show.crowd.set_trait("since", who, born)


def relatives(show: Show, rng: np.random.Generator) -> None:
    """Two people queue some forty orders between them for all their relatives, and keep them."""
    organic.play(show, rng)
    for _ in range(2):
        buyer = show.crowd.ordinary(rng, 1, show.plan.start, 0.0, 0.5)
        n = int(rng.integers(18, 23))
        since = show.plan.start + int(rng.uniform(0.05, 0.35) * show.plan.minutes * MINUTE)
        at = since + 2 * MINUTE + np.cumsum(rng.lognormal(np.log(24), 0.7, n) * SECOND).astype(np.int64)
        at = np.minimum(at, show.plan.end - SECOND)
        show.visit(buyer, np.array([since]), at[-1:] + MINUTE, show.words.code("关注页"))
        browse(show, rng, np.repeat(buyer, n), at)
        sell(show, rng, np.repeat(buyer, n), at, Life(unpaid=0.0, refund=0.04, first_hour=0.0))
