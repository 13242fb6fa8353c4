"""Six days of three agencies: honest crowds move between rooms in every way that crowds do, and hired crews are called from room to room.

Two agencies buy, one does not; what moves people honestly happens in the rooms of all three, bought or not. Whoever moves
is a person of the town with a phone and a network of their own, except where a company or an office shares one. Crews are
called after the honest evening is over and done, so that what honest people do never depends on what is bought. Sizes and
delays are judgement unless a source is named: nobody publishes audiences that can be followed from room to room (INPUTS 6.4).
"""

from collections.abc import Container, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from itertools import pairwise

import numpy as np
import numpy.typing as npt

from zhenbo.core.session import DAY, HOUR, MINUTE
from zhenbo.worlds import organic
from zhenbo.worlds.attacks import lay_as
from zhenbo.worlds.attacks.attack import needed
from zhenbo.worlds.bursts.gatherings import CHEERS, RAIDED, SCANNED, SIGNED, WAITING
from zhenbo.worlds.bursts.scene import declare, one_home, present, say
from zhenbo.worlds.crews import TRADES, Trade, delays, hired, lasting, moment
from zhenbo.worlds.crowd import Ints
from zhenbo.worlds.market import Books, Party
from zhenbo.worlds.show import SECOND, Show
from zhenbo.worlds.town import TASTES, Crew, Host, Town, founded, written
from zhenbo.worlds.trade import browse, ordinary_life, sell
from zhenbo.worlds.truth import World
from zhenbo.worlds.week import camouflage

MONDAY = 1_780_848_000_000_000  # 2026-06-08 00:00 in Beijing
DAYS = 6
WATCHERS = (600, 900)
"""Bounds of an evening's own audience; entries are 1.4 times as many, and 800-2,500 with all that is added."""
MOST = 2_450
"""Entries beyond which nothing more is bought."""
FULL = 1_700
"""Entries from which a room is full enough to drop no coupons."""
DOSES = (0.09, 0.42)
"""Range over which the crews' usual parts of a room's entries are spread; from call to call they vary, within 0.08-0.45."""

SOLD = {
    "sold-1": Host("", "beauty", 18.7, 64, 720, 0.14, 1.0, 0.03, 0.15),
    "sold-2": Host("", "apparel", 20.05, 64, 700, 0.16, 1.1, 0.03, 0.15),
    "sold-3": Host("", "home", 21.4, 64, 740, 0.12, 0.9, 0.03, 0.12),
}
MANNED = {
    "manned-1": Host("", "food", 12.3, 62, 700, 0.12, 0.8, 0.04, 0.15),
    "manned-2": Host("", "jewellery", 18.6, 62, 690, 0.14, 1.2, 0.02, 0.15),
    "manned-3": Host("", "beauty", 21.2, 66, 750, 0.15, 1.0, 0.03, 0.15),
}
OPEN = {
    "open-1": Host("", "beauty", 18.9, 66, 720, 0.15, 1.1, 0.03, 0.2),
    "open-2": Host("", "food", 19.85, 70, 720, 0.13, 0.9, 0.04, 0.2),
    "open-3": Host("", "jewellery", 20.85, 66, 690, 0.15, 1.3, 0.02, 0.2),
    "open-4": Host("", "apparel", 20.1, 66, 730, 0.14, 1.0, 0.03, 0.2),
}
ROOMS = {**SOLD, **MANNED, **OPEN}
"""Rooms of an agency that calls crews, of one that keeps a fleet, and of one that buys nothing."""
CHAIN = ("open-1", "open-2", "open-3")
"""Rooms of a guild that end by sending their viewers on."""
LECTURERS = ("open-2", "open-4", "manned-2", "sold-3")
"""Hosts whom a class and a company watch, at hours that are announced day by day."""
BESIDE = (("open-4", "sold-2"), ("open-4", "open-2"), ("manned-3", "sold-3"), ("sold-1", "manned-2"))
"""Rooms on air at the same time, between which people swipe."""
COUPONS = ("券在哪领", "领到了", "没抢到", "群里来的", "还有券吗", "已拍", "叠加了吗", "券没了")
GUEST = ("蹲到了", "来看哥哥", "有哥哥的直播间", "姐妹们集合了吗")


@dataclass
class Day:
    """The broadcasts of a day by role, as they are made up.

    Args:
        number: day of the week, 0 the first.
        shows: what is on air.
        rng: stream of chance.
    """

    number: int
    shows: dict[str, Show]
    rng: np.random.Generator

    def come(self, who: Ints, at: int, part: float) -> Ints:
        """Those of a group who follow a call: a part of them, none of whom watches anything at that moment."""
        who = who[self.rng.random(len(who)) < part]
        watching = [present(show, at) for show in self.shows.values()]
        return who[~np.isin(who, np.concatenate(watching))]


@dataclass(frozen=True)
class Fixed:
    """People who watch at the same minute every evening.

    Args:
        who: they.
        minute: when each does, microseconds of the day.
        liking: how much each likes each of `ROOMS`.
    """

    who: Ints
    minute: Ints
    liking: npt.NDArray[np.float64]


@dataclass(frozen=True)
class Groups:
    """Honest people who move together, for a reason.

    Args:
        hunters: coupon hunters 羊毛党 of some WeChat groups.
        guild: admirers of a whole guild, who let themselves be sent on.
        idol: a fan club whose idol visits rooms as a guest.
        school: a class that watches several lecturers.
        company: a company that does, on one network.
        packet: readers of another network on which a red packet is announced.
        viewers: viewers of a television show.
        staff: an agency's office, on duty in all of its rooms.
        fixed: people of fixed habits.
        zappers: people who swipe away when a room gets boring.
    """

    hunters: Ints
    guild: Ints
    idol: Ints
    school: Ints
    company: Ints
    packet: Ints
    viewers: Ints
    staff: Ints
    fixed: Fixed
    zappers: Ints


def world(seed: int) -> World:
    """Fifty broadcasts; which host plays which role, and who comes where and when, changes with the seed."""
    rng, salt = np.random.default_rng([seed, 94]), seed * 1_000_003 + 94
    number = rng.permutation(np.arange(36_001, 36_001 + len(ROOMS))).tolist()
    hosts = {
        role: replace(host, host_id=f"h{n}") for (role, host), n in zip(ROOMS.items(), number, strict=True)
    }
    town = founded(rng, 12_000, list(hosts.values()), MONDAY)
    groups, rests = _gathered(town, rng), _rests(rng)
    moves = _moves(rng, rests)
    days = []
    for day in range(DAYS):
        on_air = {role: host for role, host in hosts.items() if rests[role] != day}
        days.append(_day(town, rng, day, on_air))
        _honest(days[-1], town, groups, moves)
        for show in days[-1].shows.values():
            town.remember(show, rng)
    crews = _bought(days, rng)
    shows = [show for day in days for show in day.shows.values()]
    made = written(shows, town, crews, salt)
    return Books(town.crowd, salt, parties=_parties({r: h.host_id for r, h in hosts.items()})).filed(made)


def _rests(rng: np.random.Generator) -> dict[str, int]:
    """The day on which each host does not broadcast: a different one for each of an agency, never all of them."""
    return {
        role: int(day)
        for agency in (SOLD, MANNED, OPEN)
        for role, day in zip(agency, rng.permutation(DAYS), strict=False)
    }


def _gathered(town: Town, rng: np.random.Generator) -> Groups:
    """Who belongs to what; most are of the town and watch on other days as anybody does."""
    sizes = {
        "hunters": 740, "guild": 300, "idol": 400, "school": 220, "packet": 640, "viewers": 470, "zappers": 220, "fixed": 150
    }  # fmt: skip
    bounds = np.cumsum(list(sizes.values()))
    parts = np.split(rng.permutation(town.ids)[: bounds[-1]], bounds[:-1])
    of = dict(zip(sizes, parts, strict=True))
    roofs = [town.crowd.ordinary(rng, n, MONDAY, 0.0, 0.5) for n in (140, 26)]
    for who in roofs:
        one_home(Show(Host("", "food").tonight(rng, "", MONDAY), town.crowd, town.words), who, "ip", "addr")
    n = len(of["fixed"])
    minute = rng.integers(round(18.7 * HOUR), round(22.2 * HOUR), n)
    fixed = Fixed(of.pop("fixed"), minute, rng.random((n, len(ROOMS))))
    return Groups(**of, company=roofs[0], staff=roofs[1], fixed=fixed)


def _day(town: Town, rng: np.random.Generator, day: int, hosts: Mapping[str, Host]) -> Day:
    """Every host's ordinary broadcast of a day."""
    shows = {}
    for place, (role, host) in enumerate(sorted(hosts.items(), key=lambda h: h[1].hour)):
        drawn = host.tonight(rng, f"r{9_001 + day * 10 + place}", MONDAY + day * DAY)
        plan = replace(
            drawn,
            minutes=host.minutes + int(rng.integers(-5, 12)),
            watchers=int(np.clip(drawn.watchers, *WATCHERS)),
        )
        shows[role] = Show(plan, town.crowd, town.words, cast=town.audience(rng, plan))
        organic.play(shows[role], rng)
    return Day(day, shows, rng)


Moves = Mapping[str, frozenset[tuple[str, int]]]
"""In which broadcasts, as (role, day), something happens."""


def _moves(rng: np.random.Generator, rests: Mapping[str, int]) -> Moves:
    """Where coupons drop, the idol is a guest, a lecture is given: any room of any agency, as it falls."""
    rooms = [(role, day) for role in rests for day in range(DAYS) if rests[role] != day]

    def some(clean: int, others: int, roles: Container[str] = ROOMS) -> frozenset[tuple[str, int]]:
        drawn = [rooms[i] for i in rng.permutation(len(rooms)).tolist() if rooms[i][0] in roles]
        return frozenset(
            [room for room in drawn if room[0] in OPEN][:clean]
            + [room for room in drawn if room[0] not in OPEN][:others]
        )

    return {
        "coupon": some(8, 7), "idol": some(4, 4), "school": some(4, 3, LECTURERS), "company": some(3, 3, LECTURERS)
    }  # fmt: skip


def _honest(day: Day, town: Town, groups: Groups, moves: Moves) -> None:
    """Everything that moves people on a day, in the order of how little they can choose the hour."""
    for role, show in day.shows.items():
        if role in OPEN:
            _office(show, day.rng, groups.staff)
        if (role, day.number) in moves["school"]:
            _lecture(day, show, groups.school, "class")
        if (role, day.number) in moves["company"]:
            _lecture(day, show, groups.company, "company")
        if (role, day.number) in moves["idol"]:
            _idol(day, show, groups.idol)
    if "open-4" in day.shows:
        _tv_break(day, day.shows["open-4"], groups.viewers)
    _red_packet(
        day, day.shows[str(day.rng.choice([role for role in OPEN if role in day.shows]))], groups.packet
    )
    _habits(day, groups.fixed)
    _guild(day, groups.guild)
    if day.number % 2:
        _pushed(day, town)
    zapped = [pair for pair in BESIDE if set(pair) <= set(day.shows)]
    if zapped:
        _zapping(day, zapped[int(day.rng.integers(len(zapped)))], groups.zappers)
    for role, show in day.shows.items():
        if (role, day.number) in moves["coupon"] and show.total("enter") < FULL:
            _coupon(day, show, groups.hunters)


def _note(show: Show, name: str) -> None:
    """One more thing that moved people into a broadcast."""
    show.burst = name if show.burst == "none" else f"{show.burst}+{name}"


def _visit(show: Show, who: Ints, at: Ints, until: Ints, source: str) -> tuple[Ints, Ints, Ints]:
    """Those of a crowd who arrive while the room is on air come in; returns them, and when each comes and goes."""
    live = (at >= show.plan.start) & (at < show.plan.end - 10 * SECOND)
    who, at, until = who[live], at[live], np.minimum(until[live], show.plan.end)
    show.visit(who, at, until, show.words.code(source))
    return who, at, until


def _greet(
    show: Show, rng: np.random.Generator, visit: tuple[Ints, Ints, Ints], lines: tuple[str, ...], part: float
) -> None:
    """A part of a crowd says why it came, once or twice, seconds to minutes after coming in."""
    who, at, until = visit
    owner = np.repeat(np.arange(len(who)), (rng.random(len(who)) < part) * rng.geometric(0.7, len(who)))
    when = at[owner] + delays(rng, len(owner), 25, 1.1)
    owner, when = owner[when < until[owner]], when[when < until[owner]]
    said = [line + mark for line in lines for mark in ("", "！", "～", "。", "啊")]
    say(show, who[owner], when, said, rng.integers(len(said), size=len(owner)))


def _coupon(day: Day, show: Show, hunters: Ints) -> None:
    """A message in the groups: a room, any room, drops a coupon; who reads it clicks, takes the coupon, orders and is gone."""
    rng, call = day.rng, moment(show, day.rng, 0.05, 0.85)
    who = day.come(hunters, call, float(rng.uniform(0.25, 0.6)))
    at = call + delays(rng, len(who), rng.uniform(45, 120), rng.uniform(0.6, 1.0))
    visit = who, at, until = _visit(show, who, at, at + lasting(rng, len(at), 3.5, 0.7), "分享")
    item, keen = int(rng.integers(12)), rng.random(len(who))
    pressed = at + delays(rng, len(who), 18, 0.6)
    clicks = (keen < 0.85) & (pressed < until)
    goods = show.words.code(f"p-{show.plan.host_id}-{item}")
    show.put("product_click", pressed[clicks], actor=who[clicks], target=goods)
    buys = np.flatnonzero(clicks & (keen < rng.uniform(0.2, 0.45)))
    ordered = np.minimum(pressed[buys] + delays(rng, len(buys), 35, 0.7), until[buys] - SECOND)
    browse(show, rng, who[buys], ordered)
    sell(show, rng, who[buys], ordered, ordinary_life(rng, show.plan.category), 990 * int(rng.integers(1, 5)), item)  # fmt: skip
    _greet(show, rng, visit, COUPONS, 0.15)
    _note(show, "coupon_hunters")


def _guild(day: Day, guild: Ints) -> None:
    """A guild's evening: its admirers gather in the first room; each host who ends sends the room on to whoever is on air.

    The broadcasts end when they end, so the raid comes at another minute every evening.
    """
    chain = [day.shows[role] for role in CHAIN if role in day.shows]
    if len(chain) < 2:
        return
    first, rng = chain[0], day.rng
    who = day.come(guild, moment(first, day.rng, 0.1, 0.4), float(rng.uniform(0.45, 0.75)))
    at = first.plan.start + (rng.beta(1.2, 1.6, len(who)) * first.plan.minutes * MINUTE).astype(np.int64)
    stays = np.where(rng.random(len(who)) < 0.75, first.plan.end, at + lasting(rng, len(who), 12, 0.7))
    organic.chat(first, rng, _visit(first, who, at, stays, "关注页")[0], 0.5)
    for here, there in pairwise(chain):
        if there.plan.start < here.plan.end < there.plan.end - 10 * MINUTE:
            _raid(day, here, there)


def _raid(day: Day, here: Show, there: Show) -> None:
    """Most of who is in a room when it ends go over within half a minute; the fond stay there to its end, others as they like."""
    rng, over = day.rng, here.plan.end
    who = present(here, over - SECOND)
    who = np.setdiff1d(who[rng.random(len(who)) < rng.uniform(0.5, 0.85)], present(there, over))
    at = over + (rng.gamma(1.6, 12, len(who)) * SECOND).astype(np.int64)
    until = np.where(rng.random(len(who)) < 0.5, there.plan.end, at + lasting(rng, len(who), 7, 1.0))
    visit = _visit(there, who, at, until, "连线转场")
    _greet(there, rng, visit, RAIDED, 0.15)
    organic.chat(there, rng, visit[0], 0.3)
    declare(there, rng, "raid", (over, over + 2 * MINUTE))
    _note(there, "raid_chain")


def _idol(day: Day, show: Show, club: Ints) -> None:
    """The idol is a guest for ten to twenty-five minutes: the leader calls the club, which is early, loud, and gone with the idol."""
    rng, begin = day.rng, moment(show, day.rng, 0.15, 0.6)
    end = min(begin + int(rng.uniform(10, 25) * MINUTE), show.plan.end)
    who = day.come(club, begin, float(rng.uniform(0.5, 0.85)))
    at = begin - 2 * MINUTE + (rng.gamma(1.5, 90, len(who)) * SECOND).astype(np.int64)
    until = np.where(
        rng.random(len(who)) < 0.1,
        at + lasting(rng, len(who), 30, 0.5),
        end + delays(rng, len(who), 30, 0.8),
    )
    visit = _visit(show, who, at, until, "搜索")
    _greet(show, rng, visit, (*CHEERS, *GUEST), 0.35)
    organic.chat(show, rng, visit[0], float(rng.uniform(0.4, 1.0)))
    organic.taps(show, rng, visit[0], 6.0, 0.5)
    declare(show, rng, "celebrity", (begin, end))
    _note(show, "idol_guest")


def _lecture(day: Day, show: Show, pupils: Ints, name: str) -> None:
    """A lecture announced for a full five minutes: in before the bell, signed in when told to, gone after the last word.

    A class talks as well; a company's staff keep to the sign-in.
    """
    rng, length = day.rng, int(day.rng.choice([25, 30, 40, 45])) * MINUTE
    begin = -(-moment(show, rng, 0.02, 0.3) // (5 * MINUTE)) * 5 * MINUTE
    bell = min(begin + length, show.plan.end - MINUTE)
    who = day.come(pupils, begin, float(rng.uniform(0.8, 0.95)))
    at = begin + (rng.normal(-40, 60, len(who)).clip(-240, 500) * SECOND).astype(np.int64)
    until = bell + (rng.gamma(2, 15, len(who)) * SECOND).astype(np.int64)
    bored = rng.random(len(who)) < 0.15
    until[bored] = (at + rng.random(len(who)) * (bell - at))[bored].astype(np.int64)
    came, _, _ = _visit(show, who, at, until, "分享")
    call = begin + 2 * MINUTE
    here = np.intersect1d(came, present(show, call))
    here = here[rng.random(len(here)) < 0.8]
    signed = call + delays(rng, len(here), 9, 0.7)
    say(show, here, signed, SIGNED, np.minimum(rng.geometric(0.6, len(here)) - 1, len(SIGNED) - 1))
    if name == "class":
        organic.chat(show, rng, came, 0.5)
    _note(show, name)


def _red_packet(day: Day, show: Show, readers: Ints) -> None:
    """A red packet announced the day before on another network, for a room and a minute of that evening: many wait, few stay."""
    rng, draw = day.rng, moment(show, day.rng, 0.15, 0.85) // MINUTE * MINUTE
    who = day.come(readers, draw - 4 * MINUTE, float(rng.uniform(0.3, 0.6)))
    at = draw - (rng.gamma(1.3, 150, len(who)) * SECOND).astype(np.int64)
    until = np.where(
        rng.random(len(who)) < 0.12,
        at + lasting(rng, len(who), 15, 0.8),
        draw + delays(rng, len(who), 28, 0.8),
    )
    visit = _visit(show, who, at, until, "外部链接")
    show.put("lottery", np.array([draw]), text=show.words.code("红包"), qty=int(rng.integers(5, 60)))
    _greet(show, rng, visit, WAITING, 0.2)
    declare(show, rng, "lottery", (draw - 6 * MINUTE, draw + 2 * MINUTE))
    _note(show, "red_packet")


def _pushed(day: Day, town: Town) -> None:
    """The platform pushes two rooms of one kind of goods to the same interest group, one after the other."""
    rng = day.rng
    kind = sorted({show.plan.category for show in day.shows.values()})
    twins = [[s for s in day.shows.values() if s.plan.category == k] for k in kind]
    twins = [pair for pair in twins if len(pair) > 1]
    if not twins:
        return
    pair = twins[int(rng.integers(len(twins)))]
    n = len(town.taste)
    likes = town.zeal * (town.taste == TASTES.index(pair[0].plan.category)) + 1e-9
    reached = town.ids[np.argsort(rng.exponential(1.0, n) / likes)[:420]]
    for show in [pair[i] for i in rng.permutation(len(pair))[:2].tolist()]:
        at = moment(show, rng, 0.1, 0.8)
        who = day.come(reached, at, float(rng.uniform(0.35, 0.65)))
        opened = at + (rng.exponential(3, len(who)) * MINUTE).astype(np.int64)
        who, _, _ = _visit(show, who, opened, opened + organic.stays(show.plan, rng, len(who)), "推送")
        organic.chat(show, rng, who, show.plan.comments)
        organic.looks(show, rng, who)
        _note(show, "pushed")


def _tv_break(day: Day, show: Show, viewers: Ints) -> None:
    """A series shows the room's code in its break, at another minute every evening: the same viewers scan it."""
    rng, aired = day.rng, moment(show, day.rng, 0.1, 0.8)
    over = aired + int(rng.uniform(3, 7) * MINUTE)
    who = day.come(viewers, aired, float(rng.uniform(0.3, 0.65)))
    at = aired + delays(rng, len(who), 25, 0.6)
    until = np.where(
        rng.random(len(who)) < 0.6,
        over + (rng.gamma(2, 20, len(who)) * SECOND).astype(np.int64),
        at + organic.stays(show.plan, rng, len(who)),
    )
    _greet(show, rng, _visit(show, who, at, until, "扫码"), SCANNED, 0.08)
    if rng.random() < 0.5:
        declare(show, rng, "feature", (aired, over))
    _note(show, "tv_break")


def _office(show: Show, rng: np.random.Generator, staff: Ints) -> None:
    """The agency's office has every room of its own open, and says what a room needs said now and then."""
    who = staff[rng.random(len(staff)) < 0.92]
    on = show.plan.start + rng.integers(0, 6 * MINUTE, len(who))
    off = show.plan.end - rng.integers(0, HOUR // 6, len(who))
    organic.chat(show, rng, _visit(show, who, on, off, "关注页")[0], 0.8)
    _note(show, "office")


def _habits(day: Day, fixed: Fixed) -> None:
    """People of fixed habits: after the dishes, at a minute of their own, into the room they like best of those on air."""
    rng, shows = day.rng, [day.shows[role] for role in ROOMS if role in day.shows]
    liking = fixed.liking[:, [role in day.shows for role in ROOMS]]
    at = (
        MONDAY
        + day.number * DAY
        + fixed.minute
        + (rng.normal(0, 100, len(fixed.who)) * SECOND).astype(np.int64)
    )
    since, end = (np.array([getattr(s.plan, edge) for s in shows]) for edge in ("start", "end"))
    on_air = (at[:, None] >= since) & (at[:, None] < end - 5 * MINUTE)
    chosen = np.where(on_air, liking, -1.0).argmax(axis=1)
    goes = on_air.any(axis=1) & (rng.random(len(at)) < 0.8)
    for place, show in enumerate(shows):
        mine = goes & (chosen == place)
        if mine.any():
            until = at[mine] + lasting(rng, int(mine.sum()), 18, 0.5)
            organic.chat(show, rng, _visit(show, fixed.who[mine], at[mine], until, "关注页")[0], 0.4)
            _note(show, "habits")


def _zapping(day: Day, pair: tuple[str, str], zappers: Ints) -> None:
    """Two rooms at once: whenever the one goes into its advertisements its restless swipe to the other, and back at the next."""
    rng, rooms = day.rng, [day.shows[role] for role in pair]
    begin, end = max(s.plan.start for s in rooms), min(s.plan.end for s in rooms)
    who = day.come(zappers, begin, float(rng.uniform(0.5, 0.85)))
    side = (rng.random(len(who)) < 0.5).astype(np.int64)
    since = begin + (rng.gamma(1.4, 4, len(who)) * MINUTE).astype(np.int64)
    breaks = np.sort(rng.uniform(0.15, 0.9, int(rng.integers(2, 5)))) * (end - begin) + begin
    for turn, at in enumerate(breaks.astype(np.int64).tolist()):
        bored = (side == turn % 2) & (since < at) & (rng.random(len(who)) < rng.uniform(0.55, 0.85))
        gone = np.minimum(at + delays(rng, len(who), 25, 0.8), end)
        _visit(rooms[turn % 2], who[bored], since[bored], gone[bored], "推荐feed")
        since = np.where(bored, gone + rng.integers(2, 8, len(who)) * SECOND, since)
        side = np.where(bored, 1 - side, side)
    for place, show in enumerate(rooms):
        mine = (side == place) & (since < end - 10 * SECOND)
        leave = np.minimum(since[mine] + lasting(rng, int(mine.sum()), 14, 0.8), end)
        _visit(show, who[mine], since[mine], leave, "推荐feed")
        organic.chat(show, rng, np.intersect1d(who, show.people()[0]), 0.3)
        _note(show, "zapping")


ROUNDS = {"viewers-called": (SOLD, 1), "farm-round": (SOLD, 1), "fleet-agency": (MANNED, 2)}
"""Who is sent round all rooms of an agency, on how many evenings."""
HIDES = 12
"""Honest broadcasts on which the hiding crew looks in."""


def _bought(days: Sequence[Day], rng: np.random.Generator) -> list[Crew]:
    """Crews serve as dealt, in the order of time; then the hiding one looks in on honest rooms while it is off duty."""
    dealt = _dealt(days, rng)
    crews = {t.name: Crew(**t.fleet, name=t.name) for t in TRADES}
    usual = dict(zip(crews, rng.permutation(np.linspace(*DOSES, len(crews))).tolist(), strict=True))
    for trade, show in sorted(dealt, key=lambda d: d[1].plan.start):
        share = float(np.clip(usual[trade.name] * rng.lognormal(0, 0.15), 0.08, 0.45))
        n = min(needed(show.total("enter"), share), MOST - show.total("enter"))
        act = partial(hired, show, rng, trade, crews[trade.name], n)
        lay_as(show, f"{trade.name}@{n / (n + show.total('enter')):.2f}", act)
    duty = [show for trade, show in dealt if trade.name == "viewers-camouflage"]
    idle = [
        s for day in days for s in day.shows.values() if not s.kinds and not any(_at_once(s, d) for d in duty)
    ]
    for i in rng.permutation(len(idle))[:HIDES].tolist():
        camouflage(idle[i], rng, crews["viewers-camouflage"])
    return list(crews.values())


def _dealt(days: Sequence[Day], rng: np.random.Generator) -> list[tuple[Trade, Show]]:
    """Which crew serves in which broadcast of the two agencies that buy: rounds first, the rest as it falls."""
    whole = {
        id(agency): rng.permutation([d.number for d in days if set(agency) <= set(d.shows)]).tolist()
        for agency in (SOLD, MANNED)
    }
    rounds: list[tuple[Trade, Show]] = []
    for trade in TRADES:
        agency, evenings = ROUNDS.get(trade.name, (SOLD, 0))
        for _ in range(evenings):
            day = days[whole[id(agency)].pop()]
            rounds += [(trade, day.shows[role]) for role in agency]
    taken = {show.plan.session_id for _, show in rounds}
    free = [
        show for day in days for role, show in day.shows.items()
        if role not in OPEN and show.plan.session_id not in taken
    ]  # fmt: skip
    while True:
        calls = _calls([free[i] for i in rng.permutation(len(free)).tolist()], rounds)
        if calls is not None:
            return [*rounds, *calls]


def _calls(free: list[Show], rounds: Sequence[tuple[Trade, Show]]) -> list[tuple[Trade, Show]] | None:
    """Every crew gets the next broadcasts at which it is not at work elsewhere; None if there are none left for one."""
    calls: list[tuple[Trade, Show]] = []
    for trade in TRADES:
        for _ in range(trade.calls):
            at_work = [show for other, show in (*rounds, *calls) if other is trade]
            fit = next((s for s in free if not any(_at_once(s, work) for work in at_work)), None)
            if fit is None:
                return None
            free.remove(fit)
            calls.append((trade, fit))
    return calls


def _at_once(one: Show, other: Show) -> bool:
    """Whether two broadcasts are on air at the same moment."""
    return one.plan.start < other.plan.end and other.plan.start < one.plan.end


def _parties(hosts: Mapping[str, str]) -> list[Party]:
    """Three agencies and who belongs to them."""
    agencies = {"mcn-61": ("万客传媒", SOLD), "mcn-62": ("恒星互娱", MANNED), "mcn-63": ("同路文化", OPEN)}
    return [
        *(Party(number, "agency", name) for number, (name, _) in agencies.items()),
        *(
            Party(hosts[role], "host", relation="managed_by", other=number)
            for number, (_, roles) in agencies.items()
            for role in roles
        ),
    ]
