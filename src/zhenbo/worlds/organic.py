"""An ordinary evening: arrivals, stays, talk, taps, follows, looks and purchases of real people."""

import numpy as np
import numpy.typing as npt

from zhenbo.core.session import MINUTE
from zhenbo.worlds.anchors import (
    CLICKS_PER_WATCHER,
    FOLLOWS_PER_WATCHER,
    GAP_SIGMA,
    ROOM_SIGMA,
    SHARES_PER_WATCHER,
    TAPS_BROKEN,
    TAPS_FULL,
    TAPS_PER_LIKE,
    VISITS_PER_WATCHER,
)
from zhenbo.worlds.crowd import Ints
from zhenbo.worlds.pulse import BIN, Pulse, daylight, smooth, surges, wander
from zhenbo.worlds.show import SECOND, Plan, Show
from zhenbo.worlds.tempers import TEMPERS
from zhenbo.worlds.trade import Life, browse, ordinary_life, sell
from zhenbo.worlds.words import talk, talk_weights

SOURCES = ("推荐feed", "关注页", "搜索", "分享", "短视频引流", "直播广场")
_SOURCE_WEIGHTS = (0.52, 0.14, 0.08, 0.05, 0.15, 0.06)
_BIN = 10 * SECOND


def play(show: Show, rng: np.random.Generator, life: Life | None = None) -> None:
    """Fill a broadcast with its ordinary audience."""
    plan = show.plan
    people = show.cast
    if people is None:
        people = show.crowd.ordinary(rng, plan.watchers, plan.start, plan.newcomers, plan.regulars)
    loyal = rng.random(len(people)) < TEMPERS[plan.temper].loyal
    loyalty(show, rng, people[loyal])
    attend(show, rng, people[~loyal], arrivals(plan, rng, int((~loyal).sum())))
    again = rng.random(len(people)) < VISITS_PER_WATCHER - 1
    attend(show, rng, people[again], arrivals(plan, rng, int(again.sum())))
    chat(show, rng, people, plan.comments)
    taps(show, rng, people, plan.likes)
    follows(show, rng, people, FOLLOWS_PER_WATCHER)
    simple(show, rng, "share", people, SHARES_PER_WATCHER)
    gifts(show, rng, people)
    pins(show, rng)
    looks(show, rng, people)
    purchases(show, rng, people, plan.orders, life or ordinary_life(rng, plan.category))


def beat(plan: Plan, rng: np.random.Generator) -> Pulse:
    """The pulse of one broadcast, drawn from its temperament."""
    temper = TEMPERS[plan.temper]
    n = max(2, plan.minutes * MINUTE // BIN)
    slow = wander(rng, n, temper.mood * rng.lognormal(0, 0.6), 15 * MINUTE / BIN)
    wanted = plan.minutes * temper.surges * rng.lognormal(0, 0.4)
    heat = surges(rng, n, wanted, temper.surge * rng.lognormal(0, 0.3))
    edges = plan.start + np.arange(n + 1, dtype=np.float64) * BIN
    run = np.concatenate([[0.0], np.cumsum(np.exp(slow) * (1 + heat))])
    return Pulse(edges, plan.start + run / run[-1] * (edges[-1] - edges[0]), heat)


def pulse(show: Show, rng: np.random.Generator) -> Pulse:
    """The show's pulse, drawn when first asked for."""
    if show.pulse is None:
        show.pulse = beat(show.plan, rng)
    return show.pulse


def arrivals(plan: Plan, rng: np.random.Generator, n: int) -> Ints:
    """`n` arrival times: a slow tide, a faster ripple, a few platform pushes, more people in the evening than at night.

    The Douyin capture (about 800 arrivals a minute) moves slowly: correlation 0.98 from minute to minute, 0.91 over
    five; small rooms have no recording and are given more ripple.
    """
    temper = TEMPERS[plan.temper]
    bins = max(1, plan.minutes * MINUTE // _BIN)
    spread, memory = temper.tide
    tide = smooth(wander(rng, bins, plan.unrest * spread, memory * MINUTE / _BIN), 8 * MINUTE // _BIN)
    ripple = wander(rng, bins, plan.unrest * temper.ripple, 2 * MINUTE / _BIN)
    at = np.arange(bins)
    trend = rng.normal(0, temper.trend) * (at / bins - 0.5)
    rate = np.exp(tide + ripple + trend) * (0.6 + np.sin(np.pi * (at + 1) / (bins + 1)))
    for _ in range(int(rng.poisson(plan.minutes / 40))):
        since, length, size = rng.uniform(0, bins), rng.uniform(12, 120), rng.uniform(1, 8) * temper.ripple
        rise = rng.uniform(3, 30)
        past = np.maximum(at - since, 0)  # a push does nothing before it begins, and overflows nothing
        rate *= 1 + size * np.exp(-past / length) * -np.expm1(-past / rise)
    if plan.minutes > 4 * 60:
        rate *= daylight(plan.start + at * _BIN)
    share = rate / rate.sum()
    per_bin = rng.multinomial(n, share)
    times = np.repeat(at, per_bin) * _BIN + (rng.random(n) * _BIN).astype(np.int64)
    return np.asarray(plan.start + rng.permutation(times), dtype=np.int64)


def loyalty(show: Show, rng: np.random.Generator, who: Ints) -> None:
    """Regulars come near the start and stay for most of the evening (12-11: users of 30-100 messages span 92 of 160 min)."""
    length, n = show.plan.minutes * MINUTE, len(who)
    late = np.where(rng.random(n) < 0.55, rng.exponential(MINUTE / length, n), rng.gamma(0.8, 0.25, n)).clip(
        0, 0.9
    )
    since = show.plan.start + (late * length).astype(np.int64)
    part = np.where(rng.random(n) < 0.5, 1.0, rng.beta(1.4, 0.8, n))
    until = since + (part * (show.plan.end - since)).astype(np.int64)
    show.visit(who, since, until, show.words.code(SOURCES[1]))


def stays(plan: Plan, rng: np.random.Generator, n: int) -> Ints:
    """`n` stays, log-normal with the plan's mean: most leave in seconds, a few watch for hours."""
    sigma = TEMPERS[plan.temper].stay
    mu = np.log(plan.watch_minutes * 60) - sigma**2 / 2
    return np.asarray((rng.lognormal(mu, sigma, n) + 1.5) * SECOND, dtype=np.int64)


def attend(show: Show, rng: np.random.Generator, who: Ints, at: Ints, source: str | None = None) -> None:
    """People arrive at given times and stay as people do."""
    if source is None:
        via = show.words.codes(SOURCES)[rng.choice(len(SOURCES), len(who), p=_SOURCE_WEIGHTS)]
    else:
        via = np.full(len(who), show.words.code(source))
    show.visit(who, at, at + stays(show.plan, rng, len(who)), via)


def presence(show: Show, who: Ints) -> tuple[Ints, Ints]:
    """The longest visit of each of these people."""
    person, since, until = show.people()
    order = np.argsort(until - since, kind="stable")
    first, last = np.zeros(show.crowd.size, dtype=np.int64), np.zeros(show.crowd.size, dtype=np.int64)
    first[person[order]], last[person[order]] = since[order], until[order]
    return first[who], last[who]


def within(steps: npt.NDArray[np.float64], each: Ints) -> npt.NDArray[np.float64]:
    """Running sum of steps that starts anew for every group of `each[i]` steps."""
    if not len(steps):
        return steps
    run = np.cumsum(steps)
    first = np.cumsum(each) - each
    before = np.where(first > 0, run[np.maximum(first - 1, 0)], 0.0)
    return np.asarray(run - np.repeat(before, each))


def moments(
    rng: np.random.Generator, since: Ints, until: Ints, each: Ints, gaps: tuple[float, float] = GAP_SIGMA
) -> Ints:  # fmt: skip
    """`each[i]` moments inside visit i, with uneven gaps, more so for some people than for others.

    `gaps`: median over people of the log-sd of their gaps, and the log-sd of that.
    """
    owner = np.repeat(np.arange(len(each)), each)
    sigma = np.minimum(gaps[0] * rng.lognormal(0, gaps[1], len(each)), 3.2)
    gap = rng.lognormal(0, sigma[owner])
    whole = np.bincount(owner, gap, minlength=len(each)) * rng.uniform(1.05, 1.6, len(each))
    share = within(gap, each) / whole[owner]
    return np.asarray(since[owner] + (until - since)[owner] * share, dtype=np.int64)


def heavy_counts(rng: np.random.Generator, n: int, total: float, tail: float = 1.25) -> Ints:
    """`n` heavy-tailed counts with about the wanted sum (median a few, 1 % with dozens)."""
    raw = 1 + rng.pareto(tail, n) * 1.5
    raw = np.minimum(raw, 400)
    scale = max(total / max(raw.sum(), 1e-9), 0.0)
    return np.asarray(np.floor(raw * scale + rng.random(n)), dtype=np.int64)


def chat(show: Show, rng: np.random.Generator, people: Ints, per_watcher: float) -> None:
    """Comments: a few talk much, most say nothing; all talk more at the same moments; texts repeat and echo."""
    temper = TEMPERS[show.plan.temper]
    since, until = presence(show, people)
    weight = np.sqrt((until - since).astype(np.float64) + 1)
    wanted = per_watcher * len(people)
    speakers = min(len(people), max(1, int(wanted / (temper.each * rng.lognormal(0, ROOM_SIGMA))) + 1))
    gaps = (temper.gaps[0] * float(rng.lognormal(0, ROOM_SIGMA / 3)), temper.gaps[1])
    order = np.argsort(rng.exponential(1.0, len(people)) / weight)[:speakers]
    stay = (until - since)[order]
    each = talkative(rng, stay, wanted, temper.tail)
    common = pulse(show, rng)
    bent = moments(rng, common.bend(since[order]), common.bend(until[order]), each, gaps)
    at, who = common.straighten(bent), np.repeat(people[order], each)
    by_time = np.argsort(at, kind="stable")
    at, who = at[by_time], who[by_time]
    show.put("comment", at, actor=who, text=habits(rng, who, echoing(show, rng, at), temper.habit))


def talkative(rng: np.random.Generator, stay: Ints, total: float, tail: float) -> Ints:
    """Messages per speaker, one at least: log-normal, more for those who stay longer, bounded by what a person can type.

    Nobody keeps up more than a few a minute (most in the recordings: 512 in 179 min, 237 in 160 min).
    """
    raw = rng.lognormal(0, tail, len(stay)) * (stay + MINUTE) ** 0.3
    most = 2.0 + 4.0 * stay / MINUTE
    scale = total / max(float(raw.sum()), 1e-9)
    for _ in range(6):
        each = np.ceil(raw * scale * most / (raw * scale + most) - 0.25).clip(1)
        scale *= total / max(float(each.sum()), 1.0)
    return np.asarray(each, dtype=np.int64)


def echoing(show: Show, rng: np.random.Generator, at: Ints) -> Ints:
    """Text numbers for comments in time order: own words, or a copy of one said shortly before.

    In a surge the room speaks with one voice: copies are as many times likelier as the rate is higher.
    """
    n = len(at)
    own = show.words.codes(talk())[rng.choice(len(talk()), n, p=talk_weights())]
    back = np.arange(n) - rng.geometric(0.15, n)
    heat = show.pulse.heat_at(at) if show.pulse else np.zeros(n)
    copies = (rng.random(n) < np.minimum(show.plan.echo * (1 + heat), 0.7)) & (back >= 0)
    copies &= at - at[np.maximum(back, 0)] < MINUTE
    return np.asarray(own[_roots(np.where(copies, back, np.arange(n)))])


def habits(rng: np.random.Generator, who: Ints, text: Ints, share: float) -> Ints:
    """The same texts, but a share of each person's repeat the person's own last one (12-11: 12 % of messages)."""
    order = np.argsort(who, kind="stable")
    mine = (
        np.concatenate([[False], who[order][1:] == who[order][:-1]]) if len(who) else np.zeros(0, dtype=bool)
    )
    again = mine & (rng.random(len(who)) < share)
    root = _roots(np.where(again, np.arange(len(who)) - 1, np.arange(len(who))))
    said = np.empty_like(text)
    said[order] = text[order][root]
    return said


def _roots(pointer: Ints) -> Ints:
    """Where chains of copies begin; every element points at itself or at an earlier one."""
    for _ in range(max(1, len(pointer)).bit_length()):
        pointer = pointer[pointer]
    return pointer


def taps(show: Show, rng: np.random.Generator, people: Ints, per_view: float, share: float = 0.18) -> None:
    """Likes in messages of taps every few seconds while the mood lasts."""
    since, until = presence(show, people)
    fans = rng.random(len(people)) < share
    batches = per_view * len(people) * VISITS_PER_WATCHER / TAPS_PER_LIKE
    each = heavy_counts(rng, int(fans.sum()), batches, 1.1)
    start = since[fans] + (rng.random(len(each)) * (until - since)[fans]).astype(np.int64)
    owner = np.repeat(np.arange(len(each)), each)
    gap = rng.exponential(2.6 * SECOND, len(owner)) + 0.5 * SECOND
    offset = within(gap, each).astype(np.int64)
    at = np.minimum(start[owner] + offset, show.plan.end - SECOND)
    show.put("like", at, actor=people[fans][owner], qty=tapped(rng, owner))


def tapped(rng: np.random.Generator, owner: Ints) -> Ints:
    """Taps in each message of a person: full messages near nine, a third broken off early.

    Douyin capture, 1,175 messages: mean 7.6, median 9, 90 % at most 11, 99 % at most 15, none above 18.
    """
    people = int(owner.max()) + 1 if len(owner) else 0
    hand = rng.normal(0, 0.13, people) + rng.normal(0, 0.04)
    full = np.exp(np.log(TAPS_FULL) + hand[owner] + rng.normal(0, 0.13, len(owner)))
    broken = rng.random(len(owner)) < TAPS_BROKEN
    qty = np.where(broken, full * rng.random(len(owner)) ** 1.5, full)
    return np.asarray(np.maximum(1, np.round(qty)), dtype=np.int64)


def follows(show: Show, rng: np.random.Generator, people: Ints, share: float) -> None:
    """New followers in the room; a few leave again within days."""
    mask = rng.random(len(people)) < share * rng.uniform(0.4, 1.6)
    since, until = presence(show, people[mask])
    at = (since + rng.random(len(since)) * (until - since)).astype(np.int64)
    show.put("follow", at, actor=people[mask])
    regret = rng.random(len(at)) < 0.03
    later = at[regret] + (rng.uniform(0.1, 6, int(regret.sum())) * 24 * 60 * MINUTE).astype(np.int64)
    show.after("unfollow", later, actor=people[mask][regret])


def simple(show: Show, rng: np.random.Generator, kind: str, people: Ints, share: float) -> None:
    """One act of a kind by a share of the people, at any moment of their visit."""
    mask = rng.random(len(people)) < share
    since, until = presence(show, people[mask])
    show.put(kind, (since + rng.random(len(since)) * (until - since)).astype(np.int64), actor=people[mask])


def gifts(show: Show, rng: np.random.Generator, people: Ints) -> None:
    """Small gifts; selling rooms get few."""
    mask = rng.random(len(people)) < 0.006
    since, until = presence(show, people[mask])
    at = (since + rng.random(len(since)) * (until - since)).astype(np.int64)
    show.put(
        "gift", at, actor=people[mask], qty=1, amount=rng.geometric(0.3, len(at)),
        currency=show.words.code("DIAMOND"), target=show.words.code("小心心"),
    )  # fmt: skip


def pins(show: Show, rng: np.random.Generator) -> None:
    """The host explains one product after another."""
    at = show.plan.start + np.cumsum(rng.gamma(4, 75, max(1, show.plan.minutes // 5)) * SECOND).astype(
        np.int64
    )
    at = at[at < show.plan.end]
    goods = show.words.codes([f"p-{show.plan.host_id}-{i}" for i in range(12)])
    show.put("product_pin", at, target=goods[np.arange(len(at)) % 12])


def looks(show: Show, rng: np.random.Generator, people: Ints) -> None:
    """Product clicks of people who do not buy in the end."""
    rate = min(CLICKS_PER_WATCHER, 0.08 + 3 * show.plan.orders)
    mask = rng.random(len(people)) < rate
    since, until = presence(show, people[mask])
    at = (since + rng.random(len(since)) * (until - since)).astype(np.int64)
    goods = show.words.codes([f"p-{show.plan.host_id}-{i}" for i in range(12)])
    show.put(
        "product_click", at, actor=people[mask], target=goods[np.minimum(rng.geometric(0.3, len(at)) - 1, 11)]
    )


def purchases(show: Show, rng: np.random.Generator, people: Ints, per_watcher: float, life: Life) -> Ints:
    """Orders of people who watched for a while, some of them two or three; returns the order numbers."""
    since, until = presence(show, people)
    weight = np.sqrt(np.minimum((until - since) / SECOND, 900.0) + 1)
    n = int(rng.poisson(per_watcher * len(people)))
    buyers = np.argsort(rng.exponential(1.0, len(people)) / weight)[:n]
    each = np.minimum(rng.geometric(0.9, len(buyers)), 4)
    owner = np.repeat(buyers, each)[: max(n, len(buyers))]
    stay = np.maximum((until - since)[owner], 12 * SECOND)
    at = (since[owner] + (0.25 + 0.75 * rng.random(len(owner))) * stay).astype(np.int64)
    at = np.minimum(at + 5 * SECOND, show.plan.end)
    browse(show, rng, people[owner], at)
    return sell(show, rng, people[owner], at, life)
