"""A week of eight hosts and three agencies: regulars return, bots ramp up and hide elsewhere, bought fans fall and are refilled.

Who buys what stands in the truth. A room that bots only visit for camouflage stays honest: its host bought nothing and
the visit is far below 5 % of anything; its truth names the visitors all the same.
"""

from dataclasses import dataclass, replace
from functools import partial

import numpy as np

from zhenbo.core.session import DAY, HOUR, MINUTE
from zhenbo.worlds import organic
from zhenbo.worlds.anchors import PRICES, RAMP
from zhenbo.worlds.attacks import Fleet, acts, lay_as, scripted, viewbots
from zhenbo.worlds.crowd import Ints
from zhenbo.worlds.market import Books, Party
from zhenbo.worlds.show import SECOND, Show
from zhenbo.worlds.town import Crew, Host, Town, evening, founded, written
from zhenbo.worlds.truth import World
from zhenbo.worlds.words import talk, talk_weights

MONDAY = 1_778_428_800_000_000  # 2026-05-11 00:00 in Beijing
DAYS = 7
RAMP_DAYS = (1, 2, 4, 5)
CROWD_DAYS = (1, 3, 5)
TALK_DAYS = (2, 4)
REFILL_DAYS = (3, 6)
FANS = 500
LOSS_PER_DAY = 0.08  # of bought fans; judgement (sellers refill for a year because they fall: A45)
CAMOUFLAGE = 0.02  # of a visited room's entries and remarks; judgement, far below the 5 % of materiality

ROLES = {
    "clean-beauty": Host("", "beauty", 20.0, 60, 620, 0.16, 1.2, 0.035, 0.25),
    "clean-food": Host("", "food", 12.0, 60, 480, 0.12, 0.8, 0.045, 0.2),
    "moves": Host("", "home", 19.0, 60, 430, 0.14, 0.9, 0.03, 0.2),
    "ramps": Host("", "beauty", 20.75, 75, 520, 0.15, 1.0, 0.03, 0.12),
    "buys-fans": Host("", "apparel", 19.2, 75, 560, 0.2, 1.1, 0.04, 0.12),
    "same-agency": Host("", "food", 22.2, 60, 450, 0.13, 0.9, 0.04, 0.22),
    "victim": Host("", "jewellery", 21.4, 60, 420, 0.15, 1.4, 0.02, 0.25),
    "small": Host("", "home", 22.6, 90, 150, 0.6, 2.0, 0.04, 0.45),
}
BURST_DAYS = {
    ("clean-beauty", 2): "lottery", ("clean-beauty", 5): "paid_traffic", ("clean-food", 4): "feature", ("moves", 3): "called_chant",
    ("same-agency", 5): "tap_hearts", ("victim", 2): "question_time", ("small", 0): "fan_club", ("small", 4): "fan_club",
    ("clean-food", 1): "dorm", ("buys-fans", 1): "apparel_returns",
}  # fmt: skip
RESTS = {
    ("clean-beauty", 0),
    ("clean-food", 6),
    ("moves", 1),
    ("same-agency", 3),
    ("victim", 1),
    ("small", 2),
}
QUIET = ("clean-food", "moves", "small")
"""Rooms that the ramp's bots visit for camouflage: honest, and never on air together with the ramp."""


@dataclass
class Week:
    """What stands of the week while it is made up.

    Args:
        town: its people.
        shows: broadcasts by (role, day).
        rng: stream of chance.
    """

    town: Town
    shows: dict[tuple[str, int], Show]
    rng: np.random.Generator


def world(seed: int) -> World:
    """Fifty broadcasts; which host plays which role changes with the seed and stands in the truth."""
    rng, salt = np.random.default_rng([seed, 80]), seed * 1_000_003 + 80
    number = rng.permutation(np.arange(31_001, 31_001 + len(ROLES)))
    hosts = {
        role: replace(host, host_id=f"h{n}")
        for (role, host), n in zip(ROLES.items(), number.tolist(), strict=True)
    }
    town = founded(rng, 6_000, list(hosts.values()), MONDAY)
    week = Week(town, {}, rng)
    for day in range(DAYS):
        for place, (role, host) in enumerate(sorted(hosts.items(), key=lambda h: h[1].hour)):
            if (role, day) not in RESTS:
                plan = host.tonight(rng, f"r{3_001 + day * 10 + place}", MONDAY + day * DAY)
                week.shows[role, day] = evening(town, plan, rng, BURST_DAYS.get((role, day), "none"))
    crews = [_ramp(week), _fans(week), _hired(week), _talkers(week)]
    _rival(week)
    made = written(
        [s for _, s in sorted(week.shows.items(), key=lambda s: s[1].plan.session_id)], town, crews, salt
    )
    books = Books(town.crowd, salt, parties=parties({r: h.host_id for r, h in hosts.items()}))
    return books.filed(made)


def _ramp(week: Week) -> Crew:
    """500, 800, 1,200, 2,000 bought viewers from broadcast to broadcast, who visit honest rooms in between."""
    crew = Crew(cohort=True, networks=150, name="ramp")
    steps = dict(zip(RAMP_DAYS, RAMP, strict=True))
    for day in range(DAYS):
        for role in QUIET:
            if (role, day) in week.shows:
                camouflage(week.shows[role, day], week.rng, crew)
        show = week.shows["ramps", day]
        if day in steps:
            n, real = steps[day], show.total("enter")
            act = partial(viewbots, show, week.rng, n / (n + real), style="per_minute", fleet=crew)
            lay_as(show, f"viewbots-ramp@{n / (n + real):.2f}", act)
    return crew


def camouflage(show: Show, rng: np.random.Generator, crew: Crew) -> None:
    """A few bots look in on a room that did not buy them and say a word, as people do (A46 and judgement)."""
    n = max(3, round(show.total("enter") * CAMOUFLAGE))
    who = crew.enlist(show, rng, n)
    acts.paid(show, lambda: organic.attend(show, rng, who, organic.arrivals(show.plan, rng, n)))
    said = min(n // 3, int(show.total("comment") * CAMOUFLAGE))
    if said:
        since, until = organic.presence(show, who[:said])
        at = since + (rng.beta(2, 2, said) * (until - since)).astype(np.int64)
        text = show.words.codes(talk())[rng.choice(len(talk()), said, p=talk_weights())]
        acts.say(show, who[:said], at, text)


def _fans(week: Week) -> Crew:
    """Bought fans fall off day by day; on two later evenings what was lost is delivered again 掉粉补 (A45)."""
    crew, gone = Crew(cohort=True, name="fans"), list[Ints]()
    for day in (0, *REFILL_DAYS):
        show = week.shows["buys-fans", day]
        lost = sum(int((fall < show.plan.start).sum()) for fall in gone)
        n = lost - sum(len(r) for r in crew.ranks[1:]) if day else FANS
        drip = partial(_drip, show, week.rng, n, crew, gone)
        lay_as(show, "followers-refill" if day else "followers-bought", partial(acts.paid, show, drip))
        show.spend(0.0 if day else PRICES["fans_douyin"].of(n))
    return crew


def _drip(show: Show, rng: np.random.Generator, n: int, crew: Crew, gone: list[Ints]) -> None:
    """`n` new accounts follow within forty minutes; `gone` takes note when each will unfollow."""
    who = crew.levy(show, rng, n)
    start = show.plan.start + int(rng.integers(5, 20)) * MINUTE
    at = np.linspace(start, start + 40 * MINUTE, n).astype(np.int64) + rng.integers(-2, 3, n) * SECOND
    show.visit(who, at - 3 * SECOND, at + rng.integers(2, 9, n) * SECOND, show.words.code("搜索"))
    show.put("follow", at, actor=who)
    fall = at + HOUR + (rng.exponential(DAY / LOSS_PER_DAY, n)).astype(np.int64)
    seen = fall < MONDAY + 2 * DAYS * DAY
    show.after("unfollow", fall[seen], actor=who[seen])
    gone.append(fall)


def _hired(week: Week) -> Crew:
    """Rented people, who watch two unrelated rooms of one agency on the same evenings and talk in both."""
    crew, rng = Crew(name="hired"), week.rng
    for day in CROWD_DAYS:
        for role in ("buys-fans", "ramps"):
            show = week.shows[role, day]
            lay_as(show, "crowd-hired", partial(acts.paid, show, partial(crowd, show, rng, crew, 45)))
    return crew


def crowd(show: Show, rng: np.random.Generator, crew: Crew, n: int) -> None:
    """`n` rented people come within ten minutes, stay till near the end, talk and tap like the interested."""
    who = crew.enlist(show, rng, n)
    at = show.plan.start + (rng.gamma(2, 2.5, n).clip(0, 15) * MINUTE).astype(np.int64)
    until = show.plan.end - (rng.exponential(4, n).clip(0, 20) * MINUTE).astype(np.int64)
    show.visit(who, at, until, show.words.codes(organic.SOURCES)[rng.choice([1, 2, 3], n)])
    organic.chat(show, rng, who, 2.5)
    organic.taps(show, rng, who, 6.0, 0.6)
    show.spend(PRICES["human_hours"].of(float((until - at).sum()) / HOUR))


def _talkers(week: Week) -> Crew:
    """A comment crew with its script, the same accounts on two evenings in two rooms of the agency."""
    crew = Crew(phones=8, name="talkers")
    for day in TALK_DAYS:
        for role in ("buys-fans", "ramps"):
            show = week.shows[role, day]
            act = partial(
                scripted, show, week.rng, 0.3, jitter=0.35, shuffled=True, each=8, sentences=30, fleet=crew
            )
            lay_as(show, "comments-talkers@0.30", act)
    return crew


def _rival(week: Week) -> None:
    """A rival sends crude bots into an honest host's room, once: fabricated, but not by the host."""
    show = week.shows["victim", 4]
    act = partial(viewbots, show, week.rng, 0.45, style="batches", fleet=Fleet(cohort=True, networks=12))
    lay_as(show, "reverse-viewbots@0.45", act)


def parties(hosts: dict[str, str]) -> list[Party]:
    """Who belongs to whom, and since when: three agencies, one renamed, one host who changes, one account sold."""
    wednesday, friday = MONDAY + 2 * DAY + 10 * HOUR, MONDAY + 4 * DAY + 9 * HOUR
    clean, buyer, none = "mcn-41", "mcn-42", "mcn-43"
    rows = [
        Party(clean, "agency", "青禾传媒"),
        Party(buyer, "agency", "聚浪文化", valid_to=friday),
        Party(buyer, "agency", "潮起互娱", "renamed_from", "聚浪文化", valid_from=friday),
        Party(none, "agency", "自营主播互助社"),
    ]
    belongs = {
        "clean-beauty": clean, "clean-food": clean, "ramps": buyer, "buys-fans": buyer, "same-agency": buyer, "victim": none,
        "small": none,
    }  # fmt: skip
    rows += [Party(hosts[r], "host", relation="managed_by", other=a) for r, a in belongs.items()]
    return [
        *rows,
        Party(hosts["moves"], "host", relation="managed_by", other=buyer, valid_to=wednesday),
        Party(hosts["moves"], "host", relation="managed_by", other=clean, valid_from=wednesday),
        Party(hosts["small"], "account", relation="operated_by", other="person-51", valid_to=wednesday),
        Party(hosts["small"], "account", relation="operated_by", other="person-52", valid_from=wednesday),
        Party("person-51", "person", "原号主"),
        Party("person-52", "person", "买号人"),
    ]
