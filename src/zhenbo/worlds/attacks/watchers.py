"""Bought audiences by the seller's clock: equal lots, task minutes, pools that take turns, a number held up (FIELD A30, A37, A48, G6)."""

from collections.abc import Mapping
from functools import partial
from types import MappingProxyType

import numpy as np

from zhenbo.core.session import MINUTE
from zhenbo.worlds import organic
from zhenbo.worlds.anchors import PRICES
from zhenbo.worlds.attacks import acts
from zhenbo.worlds.attacks.attack import Attack, needed, slot
from zhenbo.worlds.attacks.fleet import ORDINARY, Fleet
from zhenbo.worlds.crowd import Ints
from zhenbo.worlds.scripts import paraphrase
from zhenbo.worlds.show import SECOND, Show

TASKS = (3, 5, 10)
"""Minutes that a watching task demands: judgement; platforms' own coin tasks ask for the same."""
DOORS = ("直播广场", "外部链接", "其他")
"""Entrances through which a program that opens the room by its address comes in."""
STEP = 15 * SECOND


def _charge(show: Show, n: int) -> None:
    """Bot viewers are sold by the hundred."""
    show.spend(PRICES["bot_viewers"].of(100 * -(-n // 100)))


def equal_lots(show: Show, rng: np.random.Generator, dose: float) -> None:
    """Lots of one size every three to fifteen minutes, and everybody of every lot stays for one and the same time.

    The stay is half the interval (gaps), the whole (a plateau of equal steps) or twice it (two lots at a time).
    """
    n = needed(show.total("enter"), dose)
    start, end = slot(show, rng, show.plan.minutes * rng.uniform(0.5, 0.8))
    every = min(int(rng.choice([3, 5, 10, 15])) * MINUTE, (end - start) // 2)
    stay = int(every * rng.choice([0.5, 1.0, 2.0]))
    lots = max(2, min((end - start) // every, n))
    at = start + np.arange(n) % lots * every + rng.integers(0, int(rng.integers(3, 15)) * SECOND, n)
    who = Fleet(networks=int(rng.integers(20, 120))).enlist(show, rng, n)
    acts.come(show, who, at, at + stay + rng.integers(-SECOND, SECOND, n), "直播广场")
    _charge(show, n)


def task(show: Show, rng: np.random.Generator, dose: float, *, people: bool = False) -> None:
    """Everybody stays exactly as long as the task demands, three, five or ten minutes, but comes when it suits.

    Args:
        show: the broadcast.
        rng: stream of chance.
        dose: wanted share of all entries.
        people: a crowd of task-takers, with all three tasks mixed, who overrun by seconds and say a word now and then;
            else a program with one task, that leaves within two seconds of the mark.
    """
    n = needed(show.total("enter"), dose)
    who = (Fleet() if people else Fleet(networks=60)).enlist(show, rng, n)
    at = organic.arrivals(show.plan, rng, n)
    mark = (rng.choice(TASKS, n) if people else np.full(n, rng.choice(TASKS))) * MINUTE
    over = rng.gamma(1.5, 6.0, n) if people else rng.uniform(0, 2, n)
    acts.come(show, who, at, at + mark + (over * SECOND).astype(np.int64), acts.sources(show, rng, n))
    if people:
        said = np.flatnonzero(rng.random(n) < min(0.5, 0.7 * show.plan.comments))
        when = at[said] + (rng.uniform(0.1, 0.9, len(said)) * mark[said]).astype(np.int64)
        acts.say(show, who[said], when, paraphrase(rng, len(said), show.plan.category))
    show.spend(PRICES["human_hours"].of(n / 6) if people else PRICES["bot_viewers"].of(n))


def round_robin(show: Show, rng: np.random.Generator, dose: float) -> None:
    """One pool whose accounts take turns: whenever one leaves the next comes in, so that a plateau stands for hours.

    Every account comes four to twelve times, always in the same order; between half and four fifths are in the room.
    """
    n = needed(show.total("enter"), dose, 12)
    pool = max(3, n // int(rng.integers(4, 13)))
    who = Fleet(networks=max(2, pool // int(rng.integers(3, 12)))).enlist(show, rng, pool)
    inside = int(np.clip(round(pool * rng.uniform(0.5, 0.8)), 1, pool - 1))
    start, end = slot(show, rng, show.plan.minutes * rng.uniform(0.6, 0.8))
    step = max((end - start) // n, 1)
    at = start + np.arange(n) * step + rng.integers(0, step // 4 + 1, n)
    # the first round comes in within three minutes; after it one leaves for each that comes
    at[:inside] = start + np.arange(inside) * min(3 * MINUTE, end - start) // (2 * inside)
    until = start + (np.arange(n) + inside) * step + rng.integers(0, step // 4 + 1, n)
    acts.come(show, who[np.arange(n) % pool], at, np.minimum(until, end), "关注页")
    _charge(show, pool)


def one_door(show: Show, rng: np.random.Generator, dose: float) -> None:
    """Bots that come and go as people do, but all through one entrance, and that do nothing while they are there."""
    n = needed(show.total("enter"), dose)
    who = Fleet(years=0.3).enlist(show, rng, n)
    at = organic.arrivals(show.plan, rng, n)
    acts.come(show, who, at, at + organic.stays(show.plan, rng, n), str(rng.choice(DOORS)))
    _charge(show, n)


def drifting(show: Show, rng: np.random.Generator, dose: float, *, fleet: Fleet = ORDINARY) -> None:
    """Arrivals evenly over the evening, stays drawn evenly between twenty and forty minutes: nothing ever falls together.

    Args:
        show: the broadcast.
        rng: stream of chance.
        dose: wanted share of all entries.
        fleet: how the accounts look.
    """
    n = needed(show.total("enter"), dose)
    who = fleet.enlist(show, rng, n)
    at = rng.integers(show.plan.start, max(show.plan.end - 10 * MINUTE, show.plan.start + MINUTE), n)
    until = at + (rng.uniform(20, 40, n) * MINUTE).astype(np.int64)
    acts.come(show, who, at, until, acts.sources(show, rng, n))
    fleet.blend(show, rng, who)
    _charge(show, n)


def thermostat(show: Show, rng: np.random.Generator, dose: float) -> None:
    """A program watches the number displayed and holds it up: bots come when it falls, leave when it rises.

    The number is 1.3-3 times what the room holds in its better moments, or as high as the dose allows; bots left over
    replace others, one out and one in.
    """
    n = needed(show.total("enter"), dose)
    start, end = show.plan.start + 3 * MINUTE, show.plan.end - MINUTE
    edges = np.arange(start, max(end, start + 3 * STEP), STEP)
    _, since, until = show.people()
    here = np.searchsorted(np.sort(since), edges, "right") - np.searchsorted(np.sort(until), edges, "right")
    here = np.convolve(np.pad(here, 4, mode="edge"), np.full(9, 1 / 9), "valid")
    low, high = 0, round(float(np.quantile(here, 0.8)) * rng.uniform(1.3, 3.0)) + 2
    while high - low > 1:  # the highest number up to it that n bots can hold
        middle = (low + high) // 2
        low, high = (middle, high) if len(_held(here, middle)[0]) <= n else (low, middle)
    came, gone = _held(here, low)
    since, until = edges[came], np.append(edges, edges[-1] + STEP)[gone]
    since, until = _handed_on(rng, since, until, n, (int(edges[0]), int(edges[-1])))
    who = Fleet(networks=int(rng.integers(20, 150)), years=0.2).enlist(show, rng, n)
    wait = rng.integers(0, STEP, n)
    acts.come(
        show, who, since + wait, np.maximum(until + rng.permutation(wait), since + wait + SECOND), "推荐feed"
    )
    _charge(show, n)


def _held(here: np.ndarray, number: int) -> tuple[Ints, Ints]:
    """At which steps a bot comes, and at which it leaves, so that people and bots together are never fewer than that."""
    wanted = np.maximum(0, np.ceil(number - here)).astype(np.int64)
    change = np.diff(wanted, prepend=0)
    came = np.repeat(np.arange(len(here)), np.maximum(change, 0))
    gone = np.repeat(np.arange(len(here)), np.maximum(-change, 0))
    return came, np.concatenate([gone, np.full(len(came) - len(gone), len(here))])


def _handed_on(
    rng: np.random.Generator, since: Ints, until: Ints, n: int, whole: tuple[int, int]
) -> tuple[Ints, Ints]:
    """Stays cut at random moments until there are `n` of them."""
    if not len(since):
        since, until = np.array([whole[0]]), np.array([whole[1]])
    length = (until - since).astype(np.float64)
    cuts = rng.choice(len(since), n - len(since), p=length / length.sum())
    moment = since[cuts] + (rng.random(len(cuts)) * length[cuts]).astype(np.int64)
    owner = np.concatenate([np.arange(len(since)), cuts])
    begin = np.concatenate([since, moment])
    order = np.lexsort((begin, owner))
    owner, begin = owner[order], begin[order]
    last = np.append(owner[1:] != owner[:-1], True)
    return begin, np.where(last, until[owner], np.append(begin[1:], 0))


ATTACKS: Mapping[str, Attack] = MappingProxyType({
    "viewbots-equal_lots": Attack("viewers", "Lots of one size every few minutes, every bot staying equally long.", equal_lots),
    "viewbots-task": Attack("viewers", "Bots that stay three, five or ten minutes to the second, but come when people come.", task),
    "viewers-task": Attack("viewers", "Task-takers who stay three, five or ten minutes and come when it suits them.", partial(task, people=True)),
    "viewbots-round_robin": Attack("viewers", "One pool whose accounts take turns, again and again, to keep a plateau.", round_robin),
    "viewbots-one_door": Attack("viewers", "Bots like people in time, all through one entrance, that do nothing.", one_door),
    "viewbots-drifting": Attack("viewers", "Bots at any time whose stays are drawn evenly between 20 and 40 minutes.", drifting),
    "viewbots-drifting-camouflage": Attack("viewers", "The same from aged accounts that also chat and tap as others do.", partial(drifting, fleet=Fleet(own=True, years=1, chat=0.1, hearts=0.8))),
    "viewbots-thermostat": Attack("viewers", "Bots that come and go so that the number shown never falls below a set one.", thermostat),
})  # fmt: skip
"""Bought audiences on a clock, by name."""
