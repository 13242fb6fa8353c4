"""What the bursts are made of: a stretch of the evening, people arriving, a chorus, a group under one roof."""

from collections.abc import Sequence

import numpy as np

from zhenbo.core.session import MINUTE, Window
from zhenbo.worlds import organic
from zhenbo.worlds.crowd import Ints
from zhenbo.worlds.show import SECOND, Show
from zhenbo.worlds.trade import ordinary_life


def stretch(show: Show, rng: np.random.Generator, minutes: float) -> tuple[int, int]:
    """A stretch of the broadcast, not at its very edges."""
    length = int(min(minutes, show.plan.minutes * 0.5) * MINUTE)
    start = show.plan.start + int(rng.uniform(0.1, 0.9) * (show.plan.minutes * MINUTE - length))
    return start, start + length


def declare(
    show: Show, rng: np.random.Generator, kind: str, when: tuple[int, int], spend: int | None = None
) -> None:
    """Two hosts of three declare what they did."""
    if rng.random() < 0.67:
        show.windows.append(Window(kind, when[0], when[1], spend, "host"))


def present(show: Show, at: int) -> Ints:
    """People in the room at a moment."""
    who, since, until = show.people()
    return np.unique(who[(since <= at) & (until > at)])


def spoken(show: Show) -> Ints:
    """Comments so far by person."""
    said = [
        np.broadcast_to(np.asarray(b.columns["actor"]), b.ts.shape)
        for b in show.blocks
        if b.kind == "comment"
    ]
    return np.bincount(np.concatenate([np.empty(0, dtype=np.int64), *said]), minlength=show.crowd.size)


def surge(
    show: Show, rng: np.random.Generator, n: int, when: tuple[int, int], source: str, decay: float = 0.3
) -> Ints:  # fmt: skip
    """`n` people arriving in a stretch, most of them early; returns them."""
    people = show.crowd.ordinary(rng, n, show.plan.start, show.plan.newcomers, show.plan.regulars / 2)
    late = np.minimum(rng.exponential(decay, n), 1.0) if decay < 1 else rng.random(n)
    organic.attend(show, rng, people, (when[0] + late * (when[1] - when[0])).astype(np.int64), source)
    return people


def chorus(
    show: Show, rng: np.random.Generator, who: Ints, when: tuple[int, int], phrases: tuple[str, ...], each: float = 1.8
) -> None:  # fmt: skip
    """People say what the host asked for, some again and again (INPUTS 1.5: 956 of 1,523 users, 70-85 % identical)."""
    times = np.minimum(
        rng.geometric(1 / each, len(who)) + (rng.random(len(who)) < 0.04) * rng.integers(5, 25, len(who)), 40
    )
    person = np.repeat(who, times)
    gap = rng.lognormal(np.log(8), 1.2, len(person)) * SECOND
    offset = organic.within(gap, times)
    begin = np.repeat(rng.gamma(1.5, 0.12, len(who)) * (when[1] - when[0]), times)
    at = when[0] + (begin + offset).astype(np.int64)
    inside = at < when[1]
    marks = ("", "", "", "", "！", "!!", "～", " ")
    said = [
        phrases[int(p)] + marks[int(m)]
        for p, m in zip(rng.integers(len(phrases), size=40), rng.integers(8, size=40), strict=True)
    ]
    codes = show.words.codes(said)[np.minimum(rng.geometric(0.55, len(at)) - 1, 39)]
    show.put("comment", at[inside], actor=person[inside], text=codes[inside])


def roof(
    show: Show, rng: np.random.Generator, size: int, *, device: bool, pay: bool, per_head: float, spread: str = "关注页"
) -> None:  # fmt: skip
    """People of one roof: one address and network, perhaps one tablet and payer; they watch, talk and buy like others."""
    people = show.crowd.ordinary(rng, size, show.plan.start, show.plan.newcomers)
    for trait, shared in (("ip", True), ("addr", True), ("device", device), ("pay", pay)):
        if shared:
            show.crowd.set_trait(trait, people, int(show.crowd.fresh(1)[0]))
    show.crowd.set_trait("region", people, int(show.crowd.trait("region")[people[0]]))
    organic.attend(show, rng, people, organic.arrivals(show.plan, rng, size), spread)
    organic.chat(show, rng, people, show.plan.comments)
    organic.purchases(show, rng, people, per_head, ordinary_life(rng, show.plan.category))


def together(
    show: Show, rng: np.random.Generator, n: int, source: str = "分享", regulars: float = 0.5
) -> Ints:
    """`n` people who come for the same thing: there within minutes, and staying to the end; returns them."""
    who = show.crowd.ordinary(rng, n, show.plan.start, 0.02, regulars)
    since = show.plan.start + (rng.gamma(1.5, 1.2, n) * MINUTE).astype(np.int64)
    until = show.plan.end - (rng.exponential(0.04, n).clip(0, 0.3) * show.plan.minutes * MINUTE).astype(
        np.int64
    )
    show.visit(who, np.minimum(since, until - MINUTE), until, show.words.code(source))
    return who


def say(show: Show, who: Ints, at: Ints, lines: Sequence[str], line: Ints, flag: int = 0) -> None:
    """People say given lines at given times, as far as the broadcast lasts."""
    inside = (at >= show.plan.start) & (at < show.plan.end)
    text = show.words.codes(list(lines))[line]
    show.put("comment", at[inside], actor=who[inside], text=text[inside], flag=flag)


def one_home(show: Show, who: Ints, *traits: str) -> None:
    """People share one network, address, device or payer, and the province of the first of them."""
    for trait in traits:
        show.crowd.set_trait(trait, who, int(show.crowd.fresh(1)[0]))
    show.crowd.set_trait("region", who, int(show.crowd.trait("region")[who[0]]))
