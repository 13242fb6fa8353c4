"""What the adaptive attacker wants, what he can buy better and for how much, and how a campaign is delivered.

Prices in yuan, from FIELD 3 (A.., P.. are its rows) or judgement. A campaign is laid over the same honest evenings
whatever is bought, so that two deliveries differ by their settings alone. Written without sight of the signals: a
knob's hints are plain words that a report would contain.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from types import MappingProxyType
from typing import Any

import numpy as np

from zhenbo.core.session import DAY, MINUTE
from zhenbo.worlds import World, organic
from zhenbo.worlds.attacks import Fleet, brush, lay_as, scripted, viewbots
from zhenbo.worlds.bursts import stage
from zhenbo.worlds.campaign import plan, viewed
from zhenbo.worlds.crowd import Crowd
from zhenbo.worlds.record import write
from zhenbo.worlds.show import SECOND, Show, Words
from zhenbo.worlds.trade import Life, browse, sell
from zhenbo.worlds.words import SALES, improvise, reword


@dataclass(frozen=True)
class Level:
    """One setting of a knob and what it adds to the bill, in yuan.

    Args:
        value: the setting.
        fake: per delivered fake.
        account: per account used.
        hour: per account and hour of broadcast.
        session: per session.
    """

    value: Any
    fake: float = 0.0
    account: float = 0.0
    hour: float = 0.0
    session: float = 0.0


@dataclass(frozen=True)
class Knob:
    """Something that can be bought better.

    Args:
        name: what it is.
        hints: words in the name of a reason that make one think of it.
        levels: settings, the cheapest plan's first.
    """

    name: str
    hints: tuple[str, ...]
    levels: tuple[Level, ...]


Setting = Mapping[str, Any]
Buy = Callable[[Show, np.random.Generator, int, Setting], None]


@dataclass(frozen=True)
class Goal:
    """What a buyer wants.

    Args:
        name: short.
        says: in a line.
        metric: what is bought.
        share: fabricated share of it that the whole campaign would make in one room.
        view: who looks at the record.
        knobs: what can be changed.
        buy: delivers so many fakes to a broadcast under a setting.
    """

    name: str
    says: str
    metric: str
    share: float
    view: str
    knobs: tuple[Knob, ...]
    buy: Buy


@dataclass(frozen=True)
class Delivery:
    """A campaign as delivered: its record, how many fakes, in how many accounts, at what dose and cost (yuan)."""

    world: World
    fakes: int
    accounts: int
    dose: float
    cost: float


# --- what can be bought better, and for how much ------------------------------------------------------------------

_ACCOUNTS = Knob(
    "accounts", ("cohort", "account", "young", "forest", "identity", "regist"),
    (
        Level("registered together", account=0.08),  # 100 fans 8 yuan (A44)
        Level("aged", account=0.60),  # 100 "pure real" 60 yuan (A28)
    ),
)  # fmt: skip
_PHONES = Knob(
    "phones", ("device", "phone", "sharing", "identity", "farm"),
    (Level(20, account=6.65 / 20), Level(5, account=6.65 / 5), Level(0, account=6.65)),  # a phone-day 6.65 yuan (P2)
)  # fmt: skip
_NETWORKS = Knob(
    "networks", ("network", "ip", "sharing", "identity"),
    (Level(40, account=0.0), Level(8, account=0.05), Level(0, account=0.3)),  # a proxy address; judgement
)  # fmt: skip
_SESSIONS = Knob(
    "sessions", ("",),  # helps against anything: every name contains it
    (Level(1), Level(2, session=20.0), Level(4, session=40.0)),  # waiting for more evenings; judgement
)  # fmt: skip
DOSE = Knob("dose", (), tuple(Level(x) for x in (1.0, 0.7, 0.45, 0.25, 0.12)))
"""Buying less: not tried beside the others but when they fail, since it always lowers the suspicion."""


def _fleet(how: Setting, accounts: int) -> Fleet:
    """The accounts of a setting: so many to a phone, a network, a home, a payer; 0 gives each his own."""

    def shared(name: str) -> int:
        each = how.get(name, 0)
        return max(1, round(accounts / each)) if each else 0

    return Fleet(
        cohort=how["accounts"] == "registered together",
        phones=shared("phones"),
        networks=shared("networks"),
        homes=shared("homes"),
        payers=shared("payers"),
    )


def _share(n: int, real: int) -> float:
    return n / max(n + real, 1)


def _comments(show: Show, rng: np.random.Generator, n: int, how: Setting) -> None:
    """Scripted comments by three accounts or more, reworded or written anew if so ordered."""
    before = len(show.blocks)
    turns = max(4, min(how["turns"], n // 3))
    scripted(
        show, rng, _share(n, show.total("comment")), jitter=how["jitter"], shuffled=how["order"] == "each its own",
        human=how["hands"] == "people", each=turns, sentences=how["script"], fleet=_fleet(how, round(n / turns)),
    )  # fmt: skip
    if how["hands"] == "people" or how["wording"] == "as written":
        return
    for at, block in enumerate(show.blocks[before:], before):
        if block.kind == "comment":
            said = [show.words.pool[c] for c in np.asarray(block.columns["text"]).tolist()]
            said = [reword(s, rng) if how["wording"] == "synonyms" else improvise(rng) for s in said]
            show.blocks[at] = replace(block, columns={**block.columns, "text": show.words.codes(said)})


def _viewers(show: Show, rng: np.random.Generator, n: int, how: Setting) -> None:
    """Bought viewers: by a bot program's timetable, or with arrivals and stays like everybody's; some do a little."""
    fleet = _fleet(how, n)
    if how["visits"] == "as people come":
        who = fleet.enlist(show, rng, n)
        organic.attend(show, rng, who, organic.arrivals(show.plan, rng, n))
        show.fabricated["viewers"] += n
    else:
        viewbots(show, rng, _share(n, show.total("enter")), style=how["visits"], fleet=fleet)
    if how["acts"] == "do a little":
        _act(show, rng, show.hired[-1])


def _act(show: Show, rng: np.random.Generator, who: Any) -> None:
    """Hired accounts talk, tap and follow as much as the room's own do."""
    kinds = {"comment": ("comments", None), "like": ("likes", "qty"), "follow": ("follows", None)}
    before = {kind: show.total(kind, column) for kind, (_, column) in kinds.items()}
    organic.chat(show, rng, who, show.plan.comments)
    organic.taps(show, rng, who, show.plan.likes)
    organic.follows(show, rng, who, 0.03)
    for kind, (metric, column) in kinds.items():
        show.fabricated[metric] += show.total(kind, column) - before[kind]


def _followers(show: Show, rng: np.random.Generator, n: int, how: Setting) -> None:
    """Bought followers: at an even drip, at random moments, or each in the course of an ordinary visit."""
    who = _fleet(how, n).enlist(show, rng, n)
    plan_ = show.plan
    if how["delivery"] == "during visits":
        organic.attend(show, rng, who, organic.arrivals(plan_, rng, n))
        since, until = organic.presence(show, who)
        at = (since + rng.random(n) * (until - since)).astype(np.int64)
    else:
        length = {"20 minutes": 20, "whole show": plan_.minutes}[how["delivery"]] * 0.9 * MINUTE
        begin = plan_.start + int(rng.uniform(0.02, 0.98) * (plan_.minutes * MINUTE - length))
        at = np.linspace(begin, begin + length, n).astype(np.int64)
        show.visit(who, at - 2 * SECOND, at + 3 * SECOND, show.words.code("搜索"))
    show.put("follow", at, actor=who)
    show.fabricated.update(viewers=n, follows=n)


_LIVES = MappingProxyType({
    "refund that night": Life(unpaid=0.0, refund=1.0, refunds="same_night", shipped=0.0),
    "refund next day": Life(unpaid=0.0, refund=0.9, refunds="next_day", shipped=0.0),
    "refund over a week": Life(unpaid=0.0, refund=0.9, first_hour=0.0, after_delivery=0.5),
    "keep, empty parcels": Life(unpaid=0.0, refund=0.02, first_hour=0.0, after_delivery=0.0, grams=120, weight_spread=0.0),
    "keep, weighted parcels": Life(unpaid=0.05, refund=0.1, first_hour=0.02),
})  # fmt: skip


def _orders(show: Show, rng: np.random.Generator, n: int, how: Setting) -> None:
    """Brushed orders: by staff or hired buyers, with no visit, a short one, or one like a buyer's."""
    people = max(1, round(n / how["per buyer"]))
    fleet, life = _fleet(how, people), _LIVES[how["afterwards"]]
    if how["visit"] != "like a buyer":
        brush(
            show, rng, _share(n, show.total("order_create")), life=life, fleet=fleet, per_buyer=how["per buyer"],
            visit=how["visit"], last=how["when"],
        )  # fmt: skip
        return
    who = fleet.enlist(show, rng, people)
    latest = show.plan.start + int((1 - how["when"]) * show.plan.minutes * MINUTE)
    organic.attend(show, rng, who, np.maximum(organic.arrivals(show.plan, rng, people), latest))
    buyer = np.tile(who, -(-n // people))[:n]
    since, until = organic.presence(show, buyer)
    at = since + ((0.25 + 0.75 * rng.random(n)) * np.maximum(until - since, 12 * SECOND)).astype(np.int64)
    at = np.minimum(at + 5 * SECOND, show.plan.end)
    browse(show, rng, buyer, at)
    show.fake_orders.append(sell(show, rng, buyer, at, life))
    show.fabricated.update(viewers=people, orders=n)


_ORDER_KNOBS = (
    Knob("per buyer", ("buyer", "concentrat", "brushing", "order"), (Level(6), Level(3), Level(1))),
    Knob("homes", ("addr", "home", "concentrat", "order"), (Level(8), Level(2, account=0.5), Level(0, account=1.0))),  # judgement
    Knob("payers", ("pay", "concentrat", "order"), (Level(20), Level(4, account=0.5), Level(0, account=1.0))),  # judgement
    _PHONES, _NETWORKS, _ACCOUNTS,
    Knob("visit", ("sequence", "brows", "visit", "order"), (
        Level("none"), Level("short", account=0.25),  # a bot viewer (A37)
        Level("like a buyer", hour=10.0 / 4),  # a human viewer at 10 yuan an hour (A37), a quarter of one
    )),
    Knob("afterwards", ("refund", "return", "parcel", "weight", "order"), (
        Level("refund that night", fake=1.0), Level("refund next day", fake=1.0),  # somebody's minute; judgement
        Level("refund over a week", fake=4.0),  # the money is tied up and half of the parcels are sent; judgement
        Level("keep, empty parcels", fake=12.0),  # a brushed order (A29)
        Level("keep, weighted parcels", fake=15.0),  # with something in the bag; judgement
    )),
    _SESSIONS,
)  # fmt: skip
_WHOLE = Knob("when", ("bunch", "target", "order"), (Level(1.0),))
_LATE = replace(
    _WHOLE, levels=(Level(0.3), Level(1.0, session=5.0))
)  # begins before the shortfall is known; judgement

GOALS: Mapping[str, Goal] = MappingProxyType({g.name: g for g in (
    Goal("comments", "30 % of the room's comments", "comments", 0.3, "insider", (
        Knob("jitter", ("timing", "regular", "interval", "rhythm"), (Level(0.0), Level(0.4, session=2.0), Level(0.9, session=5.0))),
        Knob("order", ("timing", "text", "template", "script"), (Level("in turn"), Level("each its own", session=5.0))),
        Knob("script", ("text", "template", "duplicate"), (Level(20), Level(len(SALES), session=20.0))),  # half a yuan a sentence
        Knob("wording", ("text", "template", "duplicate"), (
            Level("as written"), Level("synonyms", session=20.0), Level("written anew", fake=0.02, session=20.0),
        )),  # spinning software, a language model; judgement
        Knob("turns", ("timing", "text", "regular", "forest"), (Level(40), Level(15), Level(6))),
        Knob("hands", ("timing", "text", "regular"), (
            Level("program", session=40.0), Level("people", hour=20.0),  # a session 包场 (P1); twice a silent viewer's hour (A37)
        )),
        _ACCOUNTS, _PHONES, _NETWORKS, _SESSIONS,
    ), _comments),
    Goal("viewers", "30 % of the room's visits", "viewers", 0.3, "insider", (
        Knob("visits", ("flow", "step", "counter", "poisson", "timing", "entr"), (
            Level("batches", fake=0.25),  # 100 bot viewers 25 yuan (A37)
            Level("per_minute", fake=0.25, session=10.0), Level("plateau", fake=0.25, session=20.0),
            Level("as people come", fake=0.25, session=60.0),  # a better program; judgement
        )),
        Knob("acts", ("ratio", "package", "likes", "speakers", "counter"), (Level("watch only"), Level("do a little", account=0.15))),
        _ACCOUNTS, _PHONES, _NETWORKS, _SESSIONS,
    ), _viewers),
    Goal("followers", "half of the room's new followers", "follows", 0.5, "insider", (
        Knob("delivery", ("step", "counter", "ratio", "flow", "timing"), (
            Level("20 minutes", fake=0.15), Level("whole show", fake=0.15, session=5.0),  # 100 Douyin fans 15 yuan (A44)
            Level("during visits", fake=0.40, session=20.0),  # with a bot viewer's visit each (A37)
        )),
        _ACCOUNTS, _PHONES, _NETWORKS, _SESSIONS,
    ), _followers),
    Goal("orders", "30 % of the room's orders", "orders", 0.3, "insider", (*_ORDER_KNOBS, _WHOLE), _orders),
    Goal("pledge", "60 % of the orders, bought at the end to reach a pledge; the auditor sees no device and no payer", "orders", 0.6,
         "auditor", (*_ORDER_KNOBS, _LATE), _orders),
)})  # fmt: skip
"""What buyers want, by name."""


# --- a campaign ---------------------------------------------------------------------------------------------------

Plan = Mapping[str, int]
"""Level in force per knob."""


def deliver(goal: Goal, seed: int, chosen: Plan) -> Delivery:
    """Lay a campaign over its honest rooms: the same evenings whatever is bought."""
    how = {k.name: k.levels[chosen[k.name]].value for k in (*goal.knobs, DOSE)}
    number = list(GOALS).index(goal.name)
    crowd, words = Crowd(), Words()
    shows: list[Show] = []
    wanted = 0
    for evening in range(how["sessions"]):
        rng = np.random.default_rng([seed, 71, number, evening])
        drawn = plan(rng, evening, _ROOM)
        drawn = replace(
            drawn, comments=max(drawn.comments, 0.2), orders=max(drawn.orders, 0.04), host_id="h1",
            start=drawn.start + evening * DAY,
        )  # fmt: skip
        shows.append(stage(drawn, "none", rng, crowd, words))
        real = shows[0].total(_KINDS[goal.metric])
        wanted = wanted or round(real * goal.share / (1 - goal.share) * how["dose"])
    for evening, show in enumerate(shows):
        rng = np.random.default_rng([seed, 72, number, evening])
        part = max(1, round(wanted / len(shows)))
        lay_as(show, f"adaptive-{goal.name}", lambda: goal.buy(show, rng, part, how))  # noqa: B023 - called at once
    world = write(shows, seed * 1_000_003 + 71)
    truth = world.truth.values()
    fakes = sum(t.fabricated.get(goal.metric, 0) for t in truth)
    accounts = sum(len(who) for show in shows for who in show.hired)
    hours = sum(len(who) * show.plan.minutes / 60 for show in shows for who in show.hired)
    levels = [k.levels[chosen[k.name]] for k in (*goal.knobs, DOSE)]
    cost = sum(
        x.fake * fakes + x.account * accounts + x.hour * hours + x.session * len(shows) for x in levels
    )
    seen = viewed(world, goal.view, np.random.default_rng([seed, 73, number]))
    return Delivery(seen, fakes, accounts, max(t.share(goal.metric) for t in truth), cost)


_ROOM = (1_500, 3_000)
"""People in the rooms: enough that 30 % of anything is more than a handful."""
_KINDS = {"comments": "comment", "viewers": "enter", "follows": "follow", "orders": "order_create"}
