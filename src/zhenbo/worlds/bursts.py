"""Honest evenings that look like fraud: what a detector must not punish.

Each burst shapes the plan before the evening and adds its own crowd movements to the ordinary ones. Causes and
shapes are the field's (INPUTS 1.5-1.6, FIELD 9.3, brief of the design, section 2); sizes are judgement unless said.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from types import MappingProxyType

import numpy as np

from zhenbo.core.schema import Flag
from zhenbo.core.session import DAY, HOUR, MINUTE, Window
from zhenbo.worlds import organic
from zhenbo.worlds.crowd import REGIONS, Crowd, Ints
from zhenbo.worlds.show import SECOND, Plan, Show, Words
from zhenbo.worlds.trade import Life, browse, calm, ordinary_life, sell
from zhenbo.worlds.words import CHANTS, PROMPTED_QUESTIONS

Shape = Callable[[Plan, np.random.Generator], Plan]
Play = Callable[[Show, np.random.Generator], None]


def _as_planned(plan: Plan, rng: np.random.Generator) -> Plan:  # noqa: ARG001 - the shape of shapes
    return plan


@dataclass(frozen=True)
class Burst:
    """One kind of honest evening.

    Args:
        says: what happens, in a line.
        play: fills the broadcast, ordinary audience included.
        shape: what this kind of evening changes in the plan.
    """

    says: str
    play: Play = organic.play
    shape: Shape = _as_planned


def stage(plan: Plan, burst: str, rng: np.random.Generator, crowd: Crowd, words: Words) -> Show:
    """An honest broadcast with a named burst."""
    made = BURSTS[burst]
    show = Show(made.shape(plan, rng), crowd, words, burst=burst)
    made.play(show, rng)
    return show


def _when(show: Show, rng: np.random.Generator, minutes: float) -> tuple[int, int]:
    """A stretch of the broadcast, not at its very edges."""
    length = int(min(minutes, show.plan.minutes * 0.5) * MINUTE)
    start = show.plan.start + int(rng.uniform(0.1, 0.9) * (show.plan.minutes * MINUTE - length))
    return start, start + length


def _declare(
    show: Show, rng: np.random.Generator, kind: str, when: tuple[int, int], spend: int | None = None
) -> None:
    """Two hosts of three declare what they did."""
    if rng.random() < 0.67:
        show.windows.append(Window(kind, when[0], when[1], spend, "host"))


def _present(show: Show, at: int) -> Ints:
    """People in the room at a moment."""
    who, since, until = show.people()
    return np.unique(who[(since <= at) & (until > at)])


def _talkers(show: Show) -> Ints:
    """People who have said something so far."""
    said = [
        np.broadcast_to(np.asarray(b.columns["actor"]), b.ts.shape)
        for b in show.blocks
        if b.kind == "comment"
    ]
    return np.unique(np.concatenate(said)) if said else np.empty(0, dtype=np.int64)


def _surge(
    show: Show, rng: np.random.Generator, n: int, when: tuple[int, int], source: str, decay: float = 0.3
) -> Ints:  # fmt: skip
    """`n` people arriving in a stretch, most of them early; returns them."""
    people = show.crowd.ordinary(rng, n, show.plan.start, show.plan.newcomers, show.plan.regulars / 2)
    late = np.minimum(rng.exponential(decay, n), 1.0) if decay < 1 else rng.random(n)
    organic.attend(show, rng, people, (when[0] + late * (when[1] - when[0])).astype(np.int64), source)
    return people


def _chorus(
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


def _lottery(show: Show, rng: np.random.Generator) -> None:
    """福袋 / 天选: windows of three minutes in which the room chants a phrase to take part."""
    organic.play(show, rng)
    hype = show.plan.temper == "hype"
    for _ in range(int(rng.integers(8, 13) if hype else rng.integers(1, 4))):
        when = _when(show, rng, 3)
        _surge(show, rng, int(show.plan.watchers * rng.uniform(0.03, 0.15)), when, "分享")
        room = _present(show, when[0] + MINUTE)
        eager = np.isin(room, _talkers(show)) if hype else np.ones(len(room), dtype=bool)
        keen = (
            3 * (room * 2_654_435_761 % 1_000 / 1_000) ** 2 if hype else 1.0
        )  # some never chant, some always do
        room = room[rng.random(len(room)) < rng.uniform(0.35, 0.8) * keen * np.where(eager, 1.0, 0.1)]
        phrase = str(rng.choice(CHANTS))
        show.put("lottery", np.array([when[0]]), text=show.words.code(phrase), qty=int(rng.integers(1, 20)))
        _chorus(show, rng, room, when, (phrase,), 4.8 if hype else 1.8)
        _declare(show, rng, "lottery", when)


def _called_chant(show: Show, rng: np.random.Generator) -> None:
    """The host says 扣1: no lottery event, no declaration, the same words from everybody for a minute or two."""
    organic.play(show, rng)
    for _ in range(int(rng.integers(2, 7))):
        when = _when(show, rng, float(rng.uniform(0.7, 2.5)))
        room = _present(show, when[0])
        _chorus(
            show, rng, room[rng.random(len(room)) < rng.uniform(0.2, 0.6)], when, ("1", "扣1", "111"), 1.3
        )


def _tap_hearts(show: Show, rng: np.random.Generator) -> None:
    """点赞到一万发福利: everybody hammers the heart for some minutes (C12: 3.58 taps per view is honest)."""
    organic.play(show, rng)
    for _ in range(int(rng.integers(1, 4))):
        when = _when(show, rng, float(rng.uniform(2, 6)))
        room = _present(show, when[0] + MINUTE)
        room = room[rng.random(len(room)) < 0.6]
        each = rng.integers(4, 60, len(room))
        at = when[0] + (rng.random(int(each.sum())) * (when[1] - when[0])).astype(np.int64)
        show.put("like", at, actor=np.repeat(room, each), qty=rng.integers(5, 16, len(at)))
        _declare(show, rng, "lottery", when)


def _raid(show: Show, rng: np.random.Generator) -> None:
    """Another host ends and sends the audience over: half to three times the room within two minutes."""
    organic.play(show, rng)
    when = _when(show, rng, 2)
    guests = _surge(show, rng, int(show.plan.watchers * rng.uniform(0.3, 1.5)), when, "连线转场", 0.25)
    talkers = guests[rng.random(len(guests)) < 0.2]
    _chorus(
        show,
        rng,
        talkers,
        (when[0], when[1] + 2 * MINUTE),
        ("从小鱼姐那边来的", "来了来了", "小鱼家的来报到"),
        1.2,
    )
    _declare(show, rng, "raid", when)


def _feature(show: Show, rng: np.random.Generator) -> None:
    """The platform puts the room on a front page: a plateau of short visits."""
    organic.play(show, rng)
    when = _when(show, rng, float(rng.uniform(8, 25)))
    _surge(show, rng, int(show.plan.watchers * rng.uniform(0.5, 2.0)), when, "推荐feed", 9.0)
    _declare(show, rng, "feature", when)


def _paid(show: Show, rng: np.random.Generator) -> None:
    """千川: a flat stream of bought but real viewers, quiet, some of whom buy (ad cost 39 % of GMV: Compass row)."""
    organic.play(show, rng)
    when = _when(show, rng, float(rng.uniform(15, 30)))
    guests = _surge(show, rng, int(show.plan.watchers * rng.uniform(0.4, 1.5)), when, "千川", 9.0)
    organic.purchases(show, rng, guests, show.plan.orders, ordinary_life(rng, show.plan.category))
    show.windows.append(Window("ad", when[0], when[1], len(guests) * int(rng.integers(40, 260)), "千川账单"))


def _celebrity(show: Show, rng: np.random.Generator) -> None:
    """A star walks in: a steep rise, excited echoes, and everybody leaves with the star."""
    organic.play(show, rng)
    when = _when(show, rng, float(rng.uniform(6, 15)))
    n = int(show.plan.watchers * rng.uniform(0.5, 2.0))
    people = show.crowd.ordinary(rng, n, show.plan.start, show.plan.newcomers, 0.02)
    at = (when[0] + np.minimum(rng.exponential(0.25, n), 0.95) * (when[1] - when[0])).astype(np.int64)
    until = np.where(
        rng.random(n) < 0.6, when[1] + rng.exponential(25, n) * SECOND, at + organic.stays(show.plan, rng, n)
    )
    show.visit(people, at, np.maximum(until, at + SECOND).astype(np.int64), show.words.code("搜索"))
    _chorus(
        show,
        rng,
        people[rng.random(n) < 0.25],
        when,
        ("啊啊啊啊", "真的是他", "好帅", "哥哥看我", "啊啊啊", "救命"),
        2.2,
    )
    _declare(show, rng, "celebrity", when)


def _reconnect(show: Show, rng: np.random.Generator) -> None:
    """The stream breaks for a minute or two; those who were there come back within seconds."""
    organic.play(show, rng)
    start, _ = _when(show, rng, 4)
    end = start + int(rng.uniform(0.5, 3) * MINUTE)
    room = _present(show, start)
    show.visits = [(w, s, _cut(s, u, start, rng)) for w, s, u in show.visits]
    back = room[rng.random(len(room)) < 0.8]
    at = end + (rng.exponential(8, len(back)) * SECOND).astype(np.int64)
    organic.attend(show, rng, back, at, "关注页")
    if rng.random() < 0.5:
        show.gaps.append((start, end))
    _declare(show, rng, "outage", (start, end + MINUTE))


def _cut(since: Ints, until: Ints, at: int, rng: np.random.Generator) -> Ints:
    """Departures of visits when the stream breaks: those present time out within twenty seconds."""
    out = np.maximum(at + rng.integers(0, 20 * SECOND, len(until)), since + SECOND)
    return np.where((since < at) & (until > at), out, until)


def _returns(show: Show, rng: np.random.Generator) -> None:
    """Apparel: 60-80 % come back, three to ten days after delivery (FIELD K18)."""
    life = calm(ordinary_life(rng, "apparel"), float(rng.uniform(0.6, 0.8)), 0.85)
    organic.play(show, rng, life)


def _lockdown(show: Show, rng: np.random.Generator) -> None:
    """Parcels to one or two provinces never arrive (INPUTS 1.6: Hubei 72 %, Xinjiang 63 % refunded)."""
    lost = tuple(int(i) for i in rng.choice(len(REGIONS), 2, replace=False))
    organic.play(show, rng, Life(refund=float(rng.uniform(0.15, 0.25)), lost_regions=lost))


def _group(
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


def _dorm(show: Show, rng: np.random.Generator) -> None:
    """A students' hall behind one address translator, parcels to one gate."""
    organic.play(show, rng)
    _group(show, rng, int(rng.integers(25, 90)), device=False, pay=False, per_head=0.15, spread="分享")


def _family(show: Show, rng: np.random.Generator) -> None:
    """Families on one tablet and one payer."""
    organic.play(show, rng)
    for _ in range(int(rng.integers(4, 12))):
        _group(
            show,
            rng,
            int(rng.integers(2, 6)),
            device=rng.random() < 0.5,
            pay=rng.random() < 0.6,
            per_head=0.4,
        )


def _office(show: Show, rng: np.random.Generator) -> None:
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
    _group(show, rng, int(rng.integers(6, 20)), device=False, pay=False, per_head=0.6, spread="分享")


def _fan_club(show: Show, rng: np.random.Generator) -> None:
    """Regulars who stay for hours, talk a lot and greet in the club's formula (Twitch room: 24 users, 2,695 messages)."""
    organic.play(show, rng)
    club = show.crowd.ordinary(rng, int(rng.integers(15, 60)), show.plan.start, 0.01, 1.0)
    at = show.plan.start + (rng.gamma(1.2, 4, len(club)) * MINUTE).astype(np.int64)
    until = show.plan.end - (
        rng.exponential(0.15, len(club)).clip(0, 0.7) * show.plan.minutes * MINUTE
    ).astype(np.int64)
    show.visit(club, np.minimum(at, until - MINUTE), until, show.words.code("关注页"))
    organic.chat(show, rng, club, float(rng.uniform(6, 25)))
    _chorus(
        show,
        rng,
        club,
        (show.plan.start, show.plan.start + 12 * MINUTE),
        ("小满家粉丝报到", "今天也来陪姐姐"),
        1.1,
    )
    organic.taps(show, rng, club, 20.0, 0.9)


def _campaign(plan: Plan, rng: np.random.Generator) -> Plan:
    return replace(plan, newcomers=float(rng.uniform(0.35, 0.65)))


def _newcomers(show: Show, rng: np.random.Generator) -> None:
    """A new-user gift: half the room registered within days, many in the same campaign hours."""
    organic.play(show, rng)
    since = show.crowd.trait("since")
    fresh = np.flatnonzero(since > show.plan.start - 30 * DAY)
    peak = show.plan.start - rng.integers(0, 4, len(fresh)) * DAY - 4 * HOUR
    joined = np.minimum(peak + (rng.normal(0, 1.5, len(fresh)) * HOUR).astype(np.int64), show.plan.start)
    show.crowd.set_trait("since", fresh, joined)


def _questions(show: Show, rng: np.random.Generator) -> None:
    """Answer time: buyers copy the question format the host asked for."""
    organic.play(show, rng)
    when = _when(show, rng, float(rng.uniform(8, 18)))
    who, since, until = show.people()
    room = np.unique(who[(since < when[1]) & (until > when[0])])
    _chorus(
        show,
        rng,
        room[rng.random(len(room)) < 0.35],
        when,
        tuple(rng.choice(PROMPTED_QUESTIONS, 4, replace=False)),
        1.4,
    )


def _auto(show: Show, rng: np.random.Generator) -> None:
    """The platform speaks in people's names: 来了 on entering, 正在去购买 on clicking."""
    organic.play(show, rng)
    for kind, text, share in (("enter", "来了", 0.3), ("product_click", "正在去购买", 0.7)):
        for block in [b for b in show.blocks if b.kind == kind]:
            mask = rng.random(len(block.ts)) < share
            actor = np.broadcast_to(np.asarray(block.columns["actor"]), block.ts.shape)[mask]
            show.put("comment", block.ts[mask] + SECOND // 2, actor=actor, text=show.words.code(text))


def _announcer(show: Show, rng: np.random.Generator) -> None:
    """The host's moderator repeats the rules on a timer, marked as moderator."""
    organic.play(show, rng)
    mod = show.crowd.ordinary(rng, 1, show.plan.start, 0.0, 1.0)
    show.visit(mod, np.array([show.plan.start]), np.array([show.plan.end]), show.words.code("关注页"))
    at = np.arange(show.plan.start + MINUTE, show.plan.end, int(rng.integers(60, 240)) * SECOND)
    texts = show.words.codes(
        ["新来的宝宝点点关注", "一号链接拍下备注尺码", "运费险都有，放心拍", "有问题打在公屏上"]
    )
    show.put("comment", at, actor=int(mod[0]), text=texts[np.arange(len(at)) % 4], flag=int(Flag.MOD))


def _small(plan: Plan, rng: np.random.Generator) -> Plan:
    return replace(
        plan, watchers=int(rng.integers(15, 45)), minutes=int(rng.integers(60, 150)), comments=float(rng.uniform(0.5, 4)),
        watch_minutes=float(rng.uniform(4, 12)), regulars=0.5, cadence_s=60,
    )  # fmt: skip


def _big(plan: Plan, rng: np.random.Generator) -> Plan:
    return replace(plan, watchers=plan.watchers * 3, echo=float(rng.uniform(0.2, 0.35)), unrest=0.8)


BURSTS: Mapping[str, Burst] = MappingProxyType({
    "none": Burst(""),
    "lottery": Burst("", _lottery),
    "called_chant": Burst("", _called_chant),
    "tap_hearts": Burst("", _tap_hearts),
    "raid": Burst("", _raid),
    "feature": Burst("", _feature),
    "paid_traffic": Burst("", _paid),
    "celebrity": Burst("", _celebrity),
    "reconnect": Burst("", _reconnect),
    "apparel_returns": Burst("", _returns, lambda plan, _: replace(plan, category="apparel")),
    "lockdown_region": Burst("", _lockdown),
    "dorm": Burst("", _dorm),
    "family": Burst("", _family),
    "office": Burst("", _office),
    "fan_club": Burst("", _fan_club),
    "newcomers": Burst("", _newcomers, _campaign),
    "question_time": Burst("", _questions),
    "auto_messages": Burst("", _auto),
    "announcer": Burst("", _announcer),
    "small_room": Burst("", organic.play, _small),
    "big_room": Burst("", organic.play, _big),
})  # fmt: skip
"""Every kind of honest evening by name."""
