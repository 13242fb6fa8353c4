"""Many people coming, going or acting at once, because somebody sent, invited or lost them."""

from dataclasses import replace

import numpy as np

from zhenbo.core.session import MINUTE, Window
from zhenbo.worlds import organic
from zhenbo.worlds.bursts.scene import chorus, declare, present, stretch, surge
from zhenbo.worlds.crowd import Ints
from zhenbo.worlds.show import SECOND, Show
from zhenbo.worlds.trade import Life, browse, ordinary_life, sell


def raid(show: Show, rng: np.random.Generator) -> None:
    """Another host ends and sends the audience over: a third to one and a half times the room within two minutes."""
    organic.play(show, rng)
    when = stretch(show, rng, 2)
    guests = surge(show, rng, int(show.plan.watchers * rng.uniform(0.3, 1.5)), when, "连线转场", 0.25)
    talkers = guests[rng.random(len(guests)) < 0.2]
    chorus(
        show,
        rng,
        talkers,
        (when[0], when[1] + 2 * MINUTE),
        ("从小鱼姐那边来的", "来了来了", "小鱼家的来报到"),
        1.2,
    )
    declare(show, rng, "raid", when)


def feature(show: Show, rng: np.random.Generator) -> None:
    """The platform puts the room on a front page: a plateau of short visits."""
    organic.play(show, rng)
    when = stretch(show, rng, float(rng.uniform(8, 25)))
    surge(show, rng, int(show.plan.watchers * rng.uniform(0.5, 2.0)), when, "推荐feed", 9.0)
    declare(show, rng, "feature", when)


def paid(show: Show, rng: np.random.Generator) -> None:
    """千川: a flat stream of bought but real viewers, quiet, some of whom buy (ad cost 39 % of GMV: Compass row)."""
    organic.play(show, rng)
    when = stretch(show, rng, float(rng.uniform(15, 30)))
    guests = surge(show, rng, int(show.plan.watchers * rng.uniform(0.4, 1.5)), when, "千川", 9.0)
    organic.purchases(show, rng, guests, show.plan.orders, ordinary_life(rng, show.plan.category))
    show.windows.append(Window("ad", when[0], when[1], len(guests) * int(rng.integers(40, 260)), "千川账单"))


def celebrity(show: Show, rng: np.random.Generator) -> None:
    """A star walks in: a steep rise, excited echoes, and everybody leaves with the star."""
    organic.play(show, rng)
    when = stretch(show, rng, float(rng.uniform(6, 15)))
    n = int(show.plan.watchers * rng.uniform(0.5, 2.0))
    people = show.crowd.ordinary(rng, n, show.plan.start, show.plan.newcomers, 0.02)
    at = (when[0] + np.minimum(rng.exponential(0.25, n), 0.95) * (when[1] - when[0])).astype(np.int64)
    until = np.where(
        rng.random(n) < 0.6, when[1] + rng.exponential(25, n) * SECOND, at + organic.stays(show.plan, rng, n)
    )
    show.visit(people, at, np.maximum(until, at + SECOND).astype(np.int64), show.words.code("搜索"))
    chorus(
        show,
        rng,
        people[rng.random(n) < 0.25],
        when,
        ("啊啊啊啊", "真的是他", "好帅", "哥哥看我", "啊啊啊", "救命"),
        2.2,
    )
    declare(show, rng, "celebrity", when)


def reconnect(show: Show, rng: np.random.Generator) -> None:
    """The stream breaks for a minute or two; those who were there come back within seconds."""
    organic.play(show, rng)
    start, _ = stretch(show, rng, 4)
    end = start + int(rng.uniform(0.5, 3) * MINUTE)
    room = present(show, start)
    show.visits = [(w, s, cut(s, u, start, rng)) for w, s, u in show.visits]
    back = room[rng.random(len(room)) < 0.8]
    at = end + (rng.exponential(8, len(back)) * SECOND).astype(np.int64)
    organic.attend(show, rng, back, at, "关注页")
    if rng.random() < 0.5:
        show.gaps.append((start, end))
    declare(show, rng, "outage", (start, end + MINUTE))


def cut(since: Ints, until: Ints, at: int, rng: np.random.Generator) -> Ints:
    """Departures of visits when the stream breaks: those present time out within twenty seconds."""
    out = np.maximum(at + rng.integers(0, 20 * SECOND, len(until)), since + SECOND)
    return np.where((since < at) & (until > at), out, until)


def presale(show: Show, rng: np.random.Generator) -> None:
    """618 or Double-11 opens on the hour: the room doubles beforehand and most orders fall within one minute (D02)."""
    organic.play(show, rng)
    opens = show.plan.start + int(show.plan.minutes * rng.uniform(0.3, 0.6)) * MINUTE
    n = int(show.plan.watchers * rng.uniform(0.8, 1.6))
    people = show.crowd.ordinary(rng, n, show.plan.start, show.plan.newcomers, show.plan.regulars)
    early = (rng.gamma(1.5, 1.5, n) * MINUTE).astype(np.int64)
    since = np.maximum(opens - early, show.plan.start)
    show.visit(
        people,
        since,
        opens + (rng.exponential(4, n) * MINUTE).astype(np.int64) + 20 * SECOND,
        show.words.code("搜索"),
    )
    buyers = people[rng.random(n) < rng.uniform(0.2, 0.4)]
    at = opens + (rng.gamma(1.4, 11, len(buyers)).clip(0.4, 58) * SECOND).astype(np.int64)
    browse(show, rng, buyers, np.full(len(buyers), opens))
    sell(show, rng, buyers, at, replace(ordinary_life(rng, show.plan.category), unpaid=0.05))
    declare(show, rng, "feature", (opens - 3 * MINUTE, opens + 3 * MINUTE))


def rebroadcast(show: Show, rng: np.random.Generator) -> None:
    """Partner rooms carry the stream in turns: their viewers enter in waves of a minute and leave when the turn ends."""
    organic.play(show, rng)
    turn = int(rng.integers(7, 13)) * MINUTE
    for start in range(show.plan.start + 5 * MINUTE, show.plan.end - turn, turn):
        n = int(show.plan.watchers * rng.uniform(0.06, 0.2))
        guests = show.crowd.ordinary(rng, n, show.plan.start, show.plan.newcomers, 0.03)
        since = start + (rng.gamma(2, 12, n) * SECOND).astype(np.int64)
        ends = start + turn - int(rng.integers(30, 120)) * SECOND
        until = np.where(
            rng.random(n) < 0.6,
            ends + rng.exponential(12, n) * SECOND,
            since + organic.stays(show.plan, rng, n),
        )
        show.visit(guests, since, until.astype(np.int64), show.words.code("转播"))


def ranking(show: Show, rng: np.random.Generator) -> None:
    """A ranking contest closes at the end: in the last ten minutes fans tap, give and bring friends (D22)."""
    organic.play(show, rng)
    when = (show.plan.end - 10 * MINUTE, show.plan.end - SECOND)
    surge(show, rng, int(show.plan.watchers * rng.uniform(0.1, 0.3)), when, "分享", 9.0)
    who, since, until = show.people()
    room = np.unique(who[(until > when[0]) & (since < when[1])])
    fans = room[rng.random(len(room)) < 0.5]
    each = rng.integers(5, 50, len(fans))
    at = when[0] + (rng.beta(2, 1, int(each.sum())) * (when[1] - when[0])).astype(np.int64)
    show.put(
        "like",
        at,
        actor=np.repeat(fans, each),
        qty=organic.tapped(rng, np.repeat(np.arange(len(fans)), each)),
    )
    givers = fans[rng.random(len(fans)) < 0.3]
    at = when[0] + (rng.beta(3, 1, len(givers)) * (when[1] - when[0])).astype(np.int64)
    show.put(
        "gift", at, actor=givers, qty=1, amount=rng.geometric(0.05, len(givers)),
        currency=show.words.code("DIAMOND"), target=show.words.code("小心心"),
    )  # fmt: skip


def flash_sale(show: Show, rng: np.random.Generator) -> None:
    """A flash sale for students at a set second: some hundreds of dorm mates press at once, no machine among them."""
    organic.play(show, rng)
    opens = show.plan.start + int(show.plan.minutes * rng.uniform(0.3, 0.7)) * MINUTE
    n = int(rng.integers(120, 260))
    people = show.crowd.ordinary(rng, n, show.plan.start, 0.1, 0.2)
    house = rng.integers(8, size=n)
    for trait in ("ip", "addr"):
        show.crowd.set_trait(trait, people, show.crowd.fresh(8)[house])
    since = opens - (rng.gamma(2, 1.5, n) * MINUTE).astype(np.int64)
    show.visit(
        people,
        since,
        opens + (rng.exponential(60, n) + 15).astype(np.int64) * SECOND,
        show.words.code("分享"),
    )
    at = opens + (rng.lognormal(np.log(2.2), 0.7, n).clip(0.3, 25) * SECOND).astype(np.int64)
    browse(show, rng, people, np.full(n, opens))
    sell(show, rng, people, at, Life(unpaid=0.08, refund=0.06, first_hour=0.02), price=990, item=0)
