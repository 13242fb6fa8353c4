"""Paid tongues (FIELD A07, A32, A33, case P1): scripts, synonyms, paraphrase, choruses, operators with many accounts."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from types import MappingProxyType
from typing import Literal

import numpy as np

from zhenbo.core.session import MINUTE
from zhenbo.worlds import organic
from zhenbo.worlds.anchors import PRICES
from zhenbo.worlds.attacks import acts
from zhenbo.worlds.attacks.attack import Attack, during, needed, slot
from zhenbo.worlds.attacks.fleet import ORDINARY, Fleet
from zhenbo.worlds.crowd import Ints
from zhenbo.worlds.scripts import paraphrase
from zhenbo.worlds.show import SECOND, Show
from zhenbo.worlds.words import SALES, improvise, reword

Text = Literal["script", "synonyms", "improvise", "paraphrase"]


@dataclass(frozen=True)
class Rhythm:
    """When scripted accounts speak.

    Args:
        jitter: gaps vary evenly by this share (0.4 = ±40 %).
        human: gaps as uneven as people's (log-normal), and uneven counts.
        gap_s: interval; 0 draws what fits the broadcast.
    """

    jitter: float = 0.0
    human: bool = False
    gap_s: float = 0.0


def scripted(
    show: Show, rng: np.random.Generator, dose: float, *,
    jitter: float = 0.0, synonyms: bool = False, shuffled: bool = False, human: bool = False,
    each: int = 0, sentences: int = 0, gap_s: float = 0.0, fleet: Fleet = ORDINARY,
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
    wanted = needed(show.total("comment"), dose, 40)
    turns = each or min(int(rng.integers(8, 50)), max(8, wanted // 3))
    k = max(2, round(wanted / turns))
    script = rng.permutation(len(SALES))[: sentences or int(rng.integers(20, len(SALES) + 1))]
    who, owner, at = _turns(show, rng, k, turns, Rhythm(jitter, human, gap_s), fleet)
    counts = np.bincount(owner, minlength=k)
    line = np.arange(len(owner)) - (np.cumsum(counts) - counts)[owner]
    if not shuffled:
        line += rng.integers(len(script), size=k)[owner]
    orders = np.stack(
        [rng.permutation(len(script)) if shuffled else np.arange(len(script)) for _ in range(k)]
    )
    said = [SALES[i] for i in script[orders[owner, line % len(script)]].tolist()]
    if synonyms:
        said = [reword(s, rng) for s in said]
    if human:
        said = [improvise(rng) for _ in said]
    acts.say(show, who[owner], at, said)
    fleet.blend(show, rng, who)
    _charge(show, k, human=human)


def rewritten(
    show: Show, rng: np.random.Generator, dose: float, *,
    each: int = 0, rhythm: Rhythm = Rhythm(jitter=0.5), fleet: Fleet = ORDINARY,
) -> None:  # fmt: skip
    """Remarks written by a language model: no two alike, of all lengths, with slips and emoji.

    Args:
        show: the broadcast.
        rng: stream of chance.
        dose: wanted share of all comments.
        each: messages per account; 0 draws 3-20.
        rhythm: when they speak.
        fleet: how the accounts look.
    """
    wanted = needed(show.total("comment"), dose, 40)
    turns = each or min(int(rng.integers(3, 21)), max(3, wanted // 4))
    k = max(2, round(wanted / turns))
    who, owner, at = _turns(show, rng, k, turns, rhythm, fleet)
    acts.say(show, who[owner], at, paraphrase(rng, len(owner), show.plan.category))
    fleet.blend(show, rng, who)
    _charge(show, k, human=False)


def _turns(
    show: Show, rng: np.random.Generator, k: int, turns: int, rhythm: Rhythm, fleet: Fleet
) -> tuple[Ints, Ints, Ints]:
    """Accounts that have come in, and whose turn (by place in the fleet) it is at which moments."""
    room = show.plan.minutes * MINUTE
    gap = rhythm.gap_s * SECOND or float(rng.uniform(0.4, 0.8)) * room / (turns if turns > 1 else 20)
    who = fleet.enlist(show, rng, k)
    spare, lead = max(room * 0.95 - gap * turns, room * 0.05), rng.uniform(0, 0.5)
    begin = show.plan.start + ((lead + (1 - lead) * rng.random(k)) * spare).astype(np.int64)
    counts = (
        organic.heavy_counts(rng, k, k * turns, 2.0) + 1
        if rhythm.human
        else np.full(k, turns, dtype=np.int64)
    )
    steps = gap * (1 + rng.uniform(-rhythm.jitter, rhythm.jitter, int(counts.sum())))
    if rhythm.human:
        steps = gap * rng.lognormal(-0.5, 1.0, len(steps))
    owner = np.repeat(np.arange(k), counts)
    at = begin[owner] + organic.within(steps, counts).astype(np.int64)
    acts.come(show, who, begin - 20 * SECOND, np.full(k, show.plan.end - MINUTE))
    return who, owner, at


def _charge(show: Show, accounts: int, *, human: bool) -> None:
    """Rented accounts at 90 yuan for 500 for three hours; people at 10 yuan an hour; a seller's smallest order is 包场."""
    hours = max(1.0, show.plan.minutes / 60)
    price = PRICES["human_hours"].of(accounts * hours) if human else PRICES["talkers_3h"].of(accounts)
    show.spend(max(PRICES["room_session"].of(1), price))


def talkers(show: Show, rng: np.random.Generator, dose: float) -> None:
    """500 accounts talking for three hours (90 yuan): each says three or four sentences spun from a list; dose not used."""
    del dose
    n = 500
    who = Fleet(networks=int(rng.integers(20, 120))).enlist(show, rng, n)
    start, end = slot(show, rng, 180)
    at = acts.spread(rng, n, start, start + (end - start) // 2)
    acts.come(show, who, at, np.full(n, end), "推荐feed")
    owner = np.repeat(np.arange(n), rng.integers(3, 5, n))
    when = (at[owner] + rng.uniform(0.02, 0.98, len(owner)) * (end - at)[owner]).astype(np.int64)
    lines = rng.permutation(
        np.array(paraphrase(rng, int(rng.integers(200, 600)), show.plan.category), dtype=object)
    )
    said = [str(s) for s in lines[rng.integers(len(lines), size=len(owner))]]
    acts.say(show, who[owner], when, said)
    show.spend(PRICES["talkers_3h"].of(500))


def chorus(show: Show, rng: np.random.Generator, dose: float, *, varied: bool = False) -> None:
    """All accounts say one sentence in one beat, again and again.

    Args:
        show: the broadcast.
        rng: stream of chance.
        dose: wanted share of all comments.
        varied: everyone words the sentence a little otherwise.
    """
    wanted = needed(show.total("comment"), dose, 40)
    k = int(np.clip(wanted // 6, 6, 60))
    beats = max(1, round(wanted / k))
    who = Fleet(phones=int(rng.integers(3, 10)) if rng.random() < 0.5 else 0).enlist(show, rng, k)
    start, end = slot(show, rng, show.plan.minutes * 0.7)
    acts.come(show, who, start + rng.integers(0, 2 * MINUTE, k), np.full(k, end + MINUTE))
    width = float(rng.uniform(1.0, 6.0))
    apart = int(min((width + 1) * SECOND, 0.5 * (end - start - 2 * MINUTE) / beats))
    beat = acts.spread(rng, beats, start + 2 * MINUTE, end - apart * beats) + np.arange(beats) * apart
    at = np.repeat(beat, k) + (rng.random(k * beats) * width * SECOND).astype(np.int64)
    lines = [SALES[i] for i in rng.integers(len(SALES), size=beats).tolist()]
    said: Sequence[str] = [line for line in lines for _ in range(k)]
    if varied:
        said = [reword(s, rng) for s in said]
    acts.say(show, np.tile(who, beats), at, said)
    _charge(show, k, human=False)


def operator(show: Show, rng: np.random.Generator, dose: float, *, seats: int = 1) -> None:
    """Operators log dozens of accounts in by QR code and type by hand through one after the other (FIELD A32).

    One pair of hands types one line at a time: two messages of an operator never come within three seconds.

    Args:
        show: the broadcast.
        rng: stream of chance.
        dose: wanted share of all comments.
        seats: operators, each at a desk with its own accounts, machine and network.
    """
    wanted = needed(show.total("comment"), dose, 40)
    for n in rng.multinomial(wanted, np.full(seats, 1 / seats)).tolist():
        if n:
            _desk(show, rng, n)
    show.spend(
        PRICES["room_day" if seats > 1 else "room_session"].of(1)
        + PRICES["human_hours"].of(seats * show.plan.minutes / 60)
    )


def _desk(show: Show, rng: np.random.Generator, n: int) -> None:
    """One operator's evening: browser windows in a row, lines typed, copied now and then, with breaks."""
    k = int(np.clip(n // int(rng.integers(3, 15)), 4, 40))
    who = Fleet(phones=1, networks=1, years=0.5).enlist(show, rng, k)
    gap = 3.2 + rng.lognormal(np.log(6), 0.7, n) + np.where(rng.random(n) < 0.03, rng.uniform(60, 240, n), 0)
    begin = show.plan.start + int(rng.uniform(0, 0.2) * show.plan.minutes * MINUTE)
    most = (show.plan.end - begin) / SECOND * 0.92
    gap = np.maximum(gap * min(1.0, most / gap.sum()), 3.0)
    at = begin + MINUTE // 2 + (np.cumsum(gap) * SECOND).astype(np.int64)
    stick = rng.random(n) < 0.35
    window = (np.cumsum(~stick) + rng.integers(k)) % k
    text = paraphrase(rng, n, show.plan.category)
    copied = np.flatnonzero((rng.random(n) < 0.12) & (np.arange(n) > 3))
    for i in copied.tolist():
        text[i] = text[i - int(rng.integers(1, 4))]
    acts.come(
        show,
        who,
        begin + (np.arange(k) * rng.uniform(4, 12) * SECOND).astype(np.int64),
        np.full(k, show.plan.end),
    )
    acts.say(show, who[window], at, text)


ATTACKS: Mapping[str, Attack] = MappingProxyType({
    "comments-fixed": Attack("comments", "A script at a fixed interval, account after account.", scripted),
    "comments-jitter10": Attack("comments", "A script whose interval varies by ±10 %.", partial(scripted, jitter=0.1)),
    "comments-jitter40": Attack("comments", "A script in everyone's own order, ±40 %.", partial(scripted, jitter=0.4, shuffled=True)),
    "comments-jitter80": Attack("comments", "A script in everyone's own order, ±80 %.", partial(scripted, jitter=0.8, shuffled=True)),
    "comments-synonyms": Attack("comments", "A script with its words exchanged for synonyms.", partial(scripted, jitter=0.3, synonyms=True, shuffled=True)),
    "comments-cohort": Attack("comments", "A script from accounts registered in a row on six phones.", partial(scripted, jitter=0.3, fleet=Fleet(cohort=True, phones=6))),
    "comments-human": Attack("comments", "Rented people who praise in stitched words at human gaps.", partial(scripted, human=True)),
    "comments-camouflage": Attack("comments", "A script from aged accounts that also chat as others do.", partial(scripted, jitter=0.5, shuffled=True, synonyms=True, fleet=Fleet(years=1, own=True, chat=2.0, hearts=2.0))),
    "comments-paraphrase": Attack("comments", "A language model's remarks, no two alike, ±50 %.", rewritten),
    "comments-paraphrase-steady": Attack("comments", "A language model's remarks on a fixed beat.", partial(rewritten, each=20, rhythm=Rhythm(jitter=0.05))),
    "comments-paraphrase-human": Attack("comments", "A language model's remarks at human gaps from aged accounts, with camouflage.", partial(rewritten, rhythm=Rhythm(human=True), fleet=Fleet(own=True, years=1, chat=1.0, hearts=1.0))),
    "comments-once": Attack("comments", "One remark of a language model from every account.", partial(rewritten, each=1, fleet=Fleet(own=True))),
    "comments-segment": Attack("comments", "A language model's remarks while one sponsored product is shown, and only then.", during(0.4, 0.65, partial(rewritten, rhythm=Rhythm(human=True)))),
    "comments-talkers": Attack("comments", "500 accounts talking for three hours for 90 yuan.", talkers),
    "comments-chorus": Attack("comments", "All accounts say one sentence in one beat.", chorus),
    "comments-chorus-varied": Attack("comments", "All accounts say one sentence in one beat, each in synonyms.", partial(chorus, varied=True)),
    "comments-operator": Attack("comments", "An operator types through dozens of QR-logged accounts.", operator),
    "comments-operators": Attack("comments", "Three operators at three desks type through many accounts.", partial(operator, seats=3)),
})  # fmt: skip
"""Paid comments by name."""
