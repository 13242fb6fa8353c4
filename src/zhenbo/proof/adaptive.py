"""An attacker who is told the verdict and spends a budget to evade it: what evasion costs, and what is left of the purchase.

    python -m zhenbo.proof.adaptive --seed 1                      # five campaigns, two seeds, against our verdicts
    python -m zhenbo.proof.adaptive --seed 1 --against duplicate-share

A campaign is a goal (so many comments, viewers, followers or orders for a given honest room), bought at first on the
cheapest plan. After every delivery the attacker sees what a seller sees who is shown the report: outcome,
probability, score and the names of the reasons. He then tries what he can afford, first what the reasons hint at, keeps
the change with the lowest price per decibel, and stops when the outcome is below `suspect`, when the money is gone or
when he has looked thirty times; once unseen, he leaves out what proves not to be needed. Every trial is a delivery and
is paid for. Buying less comes last, and shows: what is reported is the cost per delivered fake and the dose, before
and after.

Written without sight of the signals: a knob's hints are plain words that a report would contain.
"""

import argparse
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, field, replace
from types import MappingProxyType
from typing import Any

import numpy as np

from zhenbo.core.dataset import subjects
from zhenbo.core.session import DAY, MINUTE
from zhenbo.core.subject import Outcome
from zhenbo.core.verdict import Audit
from zhenbo.proof.naive import Naive
from zhenbo.worlds import World, organic
from zhenbo.worlds.attacks import Fleet, brush, lay_as, scripted, viewbots
from zhenbo.worlds.bursts import stage
from zhenbo.worlds.campaign import plan, viewed
from zhenbo.worlds.crowd import Crowd
from zhenbo.worlds.record import write
from zhenbo.worlds.show import SECOND, Show, Words
from zhenbo.worlds.trade import Life, browse, sell
from zhenbo.worlds.words import SALES, improvise, reword

LOOKS = 30
"""Verdicts per campaign at most: a month of evenings (judgement)."""
BUDGET = 100_000.0
"""Yuan for all deliveries of a campaign by default: enough that the price of evasion shows (judgement)."""
TRIALS = 3
"""Changes tried before the best of them is kept."""
_SHOWN_FROM = Outcome.SUSPECT.rank


@dataclass(frozen=True)
class Told:
    """What the attacker is shown of a verdict.

    Args:
        outcome: the headline.
        probability: as in the report; None where it says nothing.
        score: how strongly it accuses, in dB; falls with suspicion.
        reasons: names of what accuses.
    """

    outcome: Outcome
    probability: float | None
    score: float
    reasons: tuple[str, ...]

    @property
    def caught(self) -> bool:
        """Whether anybody would ask questions."""
        return self.outcome.rank >= _SHOWN_FROM

    @property
    def pressure(self) -> float:
        """What the attacker lowers: the score, an outcome counting 10 dB and a reason 1 dB (judgement)."""
        return self.score + 10 * self.outcome.rank + len(self.reasons)


Judge = Callable[[World], Told]


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


@dataclass(frozen=True)
class Step:
    """One delivery, what it changed, what was said of it, and whether the change was kept."""

    change: str
    cost: float
    fakes: int
    dose: float
    told: Told
    kept: bool


@dataclass(frozen=True)
class Evasion:
    """How a campaign went.

    Args:
        goal: its name.
        seed: of the room and the attacker.
        steps: every delivery in order.
        outcome_first: of the cheapest plan.
        outcome_end: of the plan he ended with.
        cost_first: of the cheapest plan, yuan.
        cost_end: of the last plan, yuan.
        spent: on all deliveries, trials included, yuan.
        fakes_first: delivered by the cheapest plan.
        fakes_end: delivered by the last plan.
        dose_first: largest fabricated share of a session at first.
        dose_end: the same at the end.
        plan: the settings that differ from the cheapest plan at the end.
    """

    goal: str
    seed: int
    steps: tuple[Step, ...]
    outcome_first: Outcome
    outcome_end: Outcome
    cost_first: float
    cost_end: float
    spent: float
    fakes_first: int
    fakes_end: int
    dose_first: float
    dose_end: float
    plan: tuple[str, ...]

    @property
    def evaded(self) -> bool:
        """Caught at first and not at the end."""
        return self.outcome_first.rank >= _SHOWN_FROM > self.outcome_end.rank

    @property
    def unit_first(self) -> float:
        """Yuan per delivered fake on the cheapest plan."""
        return self.cost_first / max(self.fakes_first, 1)

    @property
    def unit_end(self) -> float:
        """Yuan per delivered fake on the last plan."""
        return self.cost_end / max(self.fakes_end, 1)


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
_DOSE = Knob("dose", (), tuple(Level(x) for x in (1.0, 0.7, 0.45, 0.25, 0.12)))
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
    how = {k.name: k.levels[chosen[k.name]].value for k in (*goal.knobs, _DOSE)}
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
    levels = [k.levels[chosen[k.name]] for k in (*goal.knobs, _DOSE)]
    cost = sum(
        x.fake * fakes + x.account * accounts + x.hour * hours + x.session * len(shows) for x in levels
    )
    seen = viewed(world, goal.view, np.random.default_rng([seed, 73, number]))
    return Delivery(seen, fakes, accounts, max(t.share(goal.metric) for t in truth), cost)


_ROOM = (1_500, 3_000)
"""People in the rooms: enough that 30 % of anything is more than a handful."""
_KINDS = {"comments": "comment", "viewers": "enter", "follows": "follow", "orders": "order_create"}


@dataclass
class _Attacker:
    """A campaign under way: what is in force, what it was told, what is spent."""

    judge: Judge
    goal: Goal
    seed: int
    budget: float
    steps: list[Step] = field(default_factory=list)
    turned: Counter[str] = field(default_factory=Counter)
    spent: float = 0.0

    def look(self, chosen: Plan, change: str) -> Told | None:
        """Deliver a plan and read the verdict; None when it cannot be afforded or the looks are used up."""
        if len(self.steps) >= LOOKS:
            return None
        made = deliver(self.goal, self.seed, chosen)
        if self.steps and self.spent + made.cost > self.budget:
            return None
        told = self.judge(made.world)
        self.spent += made.cost
        self.steps.append(Step(change, made.cost, made.fakes, made.dose, told, kept=False))
        return told

    def keep(self, index: int) -> Step:
        """Note that a delivery's change was kept."""
        self.steps[index] = replace(self.steps[index], kept=True)
        return self.steps[index]


def evade(judge: Judge, seed: int, goal: Goal, budget: float = BUDGET) -> Evasion:
    """Run one campaign against a judge.

    Args:
        judge: what reads the record and tells the outcome.
        seed: of the honest room and the deliveries; the same seed gives the same campaign.
        goal: what is wanted.
        budget: yuan for all deliveries together; the first one is bought in any case.
    """
    one = _Attacker(judge, goal, seed, budget)
    chosen = dict.fromkeys([*(k.name for k in goal.knobs), _DOSE.name], 0)
    one.look(chosen, "the cheapest plan")
    last = first = one.keep(0)
    while last.told.caught:
        better = _try(one, chosen, last) or _buy_less(one, chosen)
        if better is None:
            break
        last, chosen = better
    if first.told.caught and not last.told.caught:
        last, chosen = _trim(one, chosen, last)
    return Evasion(
        goal.name, seed, tuple(one.steps), first.told.outcome, last.told.outcome, first.cost, last.cost, one.spent,
        first.fakes, last.fakes, first.dose, last.dose,
        tuple(f"{k.name}: {k.levels[chosen[k.name]].value}" for k in (*goal.knobs, _DOSE) if chosen[k.name]),
    )  # fmt: skip


def _try(one: _Attacker, chosen: Plan, last: Step) -> tuple[Step, dict[str, int]] | None:
    """Try the next level of a few knobs and keep the one that costs least per decibel; none helps: keep the cheapest.

    Reasons of one kind hide one another, so that a change may help only beside the next: what was paid for stays.
    """
    hinted, others = _wishes(one, chosen, last.told)
    tried = _trials(one, chosen, last, hinted) or _trials(one, chosen, last, others)
    if not tried:
        return None
    _, at, changed = min(tried, key=lambda t: (t[0], t[1]))
    return one.keep(at), changed


def _trials(
    one: _Attacker, chosen: Plan, last: Step, knobs: Sequence[Knob]
) -> list[tuple[float, int, dict[str, int]]]:
    """The next level of up to three knobs, each alone: its rank, its step and its plan. One that evades ends the search."""
    tried = []
    for knob in knobs[:TRIALS]:
        one.turned[knob.name] += 1
        changed = {**chosen, knob.name: chosen[knob.name] + 1}
        told = one.look(changed, f"{knob.name}: {knob.levels[changed[knob.name]].value}")
        if told is None:
            continue
        at = len(one.steps) - 1
        if not told.caught:
            return [(0.0, at, changed)]
        fall = last.told.pressure - told.pressure
        extra = max(one.steps[at].cost - last.cost, 0.01)
        # Helpful changes rank first, by price per decibel; then the others, by price.
        tried.append((extra / fall if fall > 0 else 1e9 + extra, at, changed))
    return tried


def _wishes(one: _Attacker, chosen: Plan, told: Told) -> tuple[list[Knob], list[Knob]]:
    """Knobs that can be turned: those that a reason hints at, and the rest; the least tried first, then the cheapest."""

    def rank(knob: Knob) -> tuple[int, float]:
        new, old = (knob.levels[chosen[knob.name] + step] for step in (1, 0))
        # The bill of a hundred fakes in as many accounts in an hour's session.
        bills = [100 * (x.fake + x.account + x.hour) + x.session for x in (new, old)]
        return one.turned[knob.name], bills[0] - bills[1]

    free = sorted((k for k in one.goal.knobs if chosen[k.name] + 1 < len(k.levels)), key=rank)
    hinted = [k for k in free if any(hint in reason.lower() for hint in k.hints for reason in told.reasons)]
    return hinted, [k for k in free if k not in hinted]


def _buy_less(one: _Attacker, chosen: Plan) -> tuple[Step, dict[str, int]] | None:
    """The last resort."""
    at = chosen[_DOSE.name] + 1
    if at == len(_DOSE.levels):
        return None
    changed = {**chosen, _DOSE.name: at}
    told = one.look(changed, f"dose: {_DOSE.levels[at].value}")
    return None if told is None else (one.keep(len(one.steps) - 1), changed)


def _trim(one: _Attacker, chosen: dict[str, int], last: Step) -> tuple[Step, dict[str, int]]:
    """Not caught: buy the whole dose again if that goes unseen, and leave out what proves not to be needed."""
    for knob in (_DOSE, *one.goal.knobs):
        if not chosen[knob.name]:
            continue
        changed = {**chosen, knob.name: 0}
        told = one.look(changed, f"back to {knob.name}: {knob.levels[0].value}")
        if told is not None and not told.caught:
            step = one.steps[-1]
            if knob is _DOSE or step.cost <= last.cost:
                last, chosen = one.keep(len(one.steps) - 1), changed
    return last, chosen


# --- judges -------------------------------------------------------------------------------------------------------


def shown(audit: Audit) -> Told:
    """What an audit tells the seller: its gravest session or shop month, and every reason that accuses there."""
    worst = max(
        (*audit.sessions, *audit.shops),
        key=lambda v: (
            v.verdict.rank,
            max((q.score_db or -99.0 for q in v.questions.values()), default=-99.0),
        ),
    )
    scores = [q.score_db for q in worst.questions.values() if q.asked and q.score_db is not None]
    reasons = tuple(dict.fromkeys(r.signal for r in worst.reasons if r.raw_db > 0))
    return Told(worst.verdict, worst.probability, max(scores, default=worst.score_db), reasons)


def our_verdict(world: World) -> Told:
    """The judge that is our pipeline."""
    from zhenbo.pipeline import audit_dataset

    return shown(audit_dataset(world.dataset, lang="en").audit)


def by_naive(detector: Naive) -> Judge:
    """A naive detector as a judge: `suspect` when it fires on any session, its score in dB over its threshold."""

    def judge(world: World) -> Told:
        alarms = [a for s in subjects(world.dataset) if (a := detector.look(s)) is not None]
        if not alarms:
            return Told(Outcome.INSUFFICIENT, None, 0.0, ())
        fires = any(a.fires for a in alarms)
        score = 10 * float(np.log10(max(a.score for a in alarms) + 1e-9))
        outcome = Outcome.SUSPECT if fires else Outcome.UNLIKELY
        return Told(outcome, None, score, (detector.id,) if fires else ())

    return judge


# --- tables and command line --------------------------------------------------------------------------------------


def _run(job: tuple[str, int, float, str | None]) -> Evasion:
    from zhenbo.proof.naive import DETECTORS

    goal, seed, budget, against = job
    return evade(by_naive(DETECTORS[against]) if against else our_verdict, seed, GOALS[goal], budget)


def campaigns(
    seeds: Iterable[int],
    goals: Iterable[str] = tuple(GOALS),
    budget: float = BUDGET,
    against: str | None = None,
) -> list[Evasion]:
    """Every goal at every seed, in that order, over two processes.

    Args:
        seeds: of rooms and attackers.
        goals: names out of `GOALS`.
        budget: yuan for all deliveries of a campaign.
        against: id of a naive detector; None takes our verdicts.
    """
    seeds = tuple(seeds)
    with ProcessPoolExecutor(2) as pool:
        return list(pool.map(_run, [(goal, seed, budget, against) for goal in goals for seed in seeds]))


def row(run: Evasion) -> dict[str, Any]:
    """A campaign as one line of a table: plain values by column."""
    return {
        "goal": run.goal, "seed": run.seed, "deliveries": len(run.steps),
        "outcome first": str(run.outcome_first), "outcome end": str(run.outcome_end),
        "yuan first": round(run.cost_first), "yuan end": round(run.cost_end), "yuan with trials": round(run.spent),
        "fakes first": run.fakes_first, "fakes end": run.fakes_end,
        "yuan per fake first": round(run.unit_first, 2), "yuan per fake end": round(run.unit_end, 2),
        "dose first": round(run.dose_first, 2), "dose end": round(run.dose_end, 2), "what it took": "; ".join(run.plan) or "-",
    }  # fmt: skip


def table(seeds: Iterable[int]) -> Iterator[dict[str, Any]]:
    """All campaigns against our verdicts at some seeds, one row each."""
    yield from map(row, campaigns(seeds))


def _lines(rows: Sequence[Mapping[str, Any]]) -> Iterator[str]:
    """Rows under their column names, as wide as they need."""
    cells = [list(rows[0]), *([str(v) for v in r.values()] for r in rows)]
    widths = [max(map(len, column)) for column in zip(*cells, strict=True)]
    for line in cells:
        yield "  ".join(cell.ljust(width) for cell, width in zip(line, widths, strict=True)).rstrip()


def _steps(run: Evasion) -> Iterator[str]:
    """Every delivery of a campaign; a star where its change was kept."""
    yield f"\n{run.goal} {run.seed}"
    for s in run.steps:
        yield (
            f"  {'*' if s.kept else ' '} {s.change:40} {s.cost:8.0f} {s.fakes:5} {s.dose:5.0%} {s.told.outcome:12}"
            f" {s.told.score:6.1f} {', '.join(s.told.reasons)}"
        )


def main() -> None:
    """Command line of the adaptive attacker."""
    from zhenbo.proof.naive import DETECTORS

    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--seeds", type=int, default=2, help="how many seeds, from --seed on")
    parser.add_argument("--goal", choices=list(GOALS), action="append", help="all by default")
    parser.add_argument("--budget", type=float, default=BUDGET, help="yuan for all deliveries of a campaign")
    parser.add_argument("--against", choices=list(DETECTORS), help="a naive detector instead of our verdicts")
    parser.add_argument("--steps", action="store_true", help="print every delivery")
    given = parser.parse_args()
    seeds = range(given.seed, given.seed + given.seeds)
    runs = campaigns(seeds, given.goal or tuple(GOALS), given.budget, given.against)
    for line in (*_lines([row(r) for r in runs]), *(x for r in runs if given.steps for x in _steps(r))):
        print(line)  # noqa: T201 - a command line


if __name__ == "__main__":
    main()
