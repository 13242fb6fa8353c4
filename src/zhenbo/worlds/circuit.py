"""Five evenings of two agencies: hired people raid the rooms of one in turn, the fans of the other go round its rooms of their own will.

The crew is people, with phones, words and accounts of their own: all that binds them is where they are when. The fans
are bound by the same, and honest; so is the second agency's office, that watches all of its rooms from one network.
"""

from functools import partial

import numpy as np

from zhenbo.core.session import DAY, HOUR, MINUTE
from zhenbo.worlds import organic
from zhenbo.worlds.anchors import PRICES
from zhenbo.worlds.attacks import acts, lay_as
from zhenbo.worlds.attacks.attack import restraint
from zhenbo.worlds.bursts.scene import one_home
from zhenbo.worlds.crowd import Ints
from zhenbo.worlds.market import Books, Party
from zhenbo.worlds.scripts import paraphrase
from zhenbo.worlds.show import SECOND, Show
from zhenbo.worlds.town import Crew, Host, Town, evening, founded, written
from zhenbo.worlds.truth import World

MONDAY = 1_779_638_400_000_000  # 2026-05-25 00:00 in Beijing
EVENINGS = 5
RAIDED = {
    "raided-1": Host("", "beauty", 19.0, 70, 1_450, 0.12, 1.0, 0.03, 0.15),
    "raided-2": Host("", "apparel", 19.75, 70, 1_300, 0.15, 1.1, 0.03, 0.15),
    "raided-3": Host("", "home", 20.5, 70, 1_550, 0.1, 0.9, 0.03, 0.12),
}
LOVED = {
    "loved-1": Host("", "beauty", 19.2, 70, 1_500, 0.15, 1.2, 0.03, 0.2),
    "loved-2": Host("", "food", 20.0, 70, 1_400, 0.13, 1.0, 0.04, 0.2),
    "loved-3": Host("", "jewellery", 20.8, 70, 1_350, 0.15, 1.3, 0.02, 0.2),
}
ALONE = {"alone": Host("", "food", 20.2, 60, 1_400, 0.12, 0.8, 0.04, 0.2)}
"""Rooms of the first agency, of the second, and of none; entries are 1.4 times the watchers."""
MEMBERS = 1_800
"""Hired people on the leader's list; a task group has thousands (case P3 46,000), of whom a call reaches some."""
SHARE = (0.2, 0.45)
"""Part of a room's entries that a raid makes up."""
ROUND = 260
"""Fans of the second agency's hosts who go from one to the next."""


def world(seed: int) -> World:
    """Thirty-five broadcasts; which host plays which role changes with the seed and stands in the truth."""
    rng, salt = np.random.default_rng([seed, 93]), seed * 1_000_003 + 93
    rooms = {**RAIDED, **LOVED, **ALONE}
    number = rng.permutation(np.arange(35_001, 35_001 + len(rooms))).tolist()
    hosts = {
        role: Host(f"h{n}", *_habit(host)) for (role, host), n in zip(rooms.items(), number, strict=True)
    }
    town = founded(rng, 14_000, list(hosts.values()), MONDAY)
    fans, office = _fans(town, rng), _office(town, rng)
    crew = Crew(name="circuit")
    shows: list[Show] = []
    for day in range(EVENINGS):
        for place, (role, host) in enumerate(hosts.items()):
            drawn = host.tonight(rng, f"r{8_001 + day * 10 + place}", MONDAY + day * DAY)
            act = partial(_round, rng=rng, fans=fans, office=office) if role in LOVED else None
            show = evening(town, drawn, rng, "fans_go_round" if act else "none", act)
            if role in RAIDED and rng.random() < 0.9:
                lay_as(show, "viewers-circuit", partial(raid, show, rng, crew, float(rng.uniform(*SHARE))))
            shows.append(show)
    made = written(shows, town, [crew], salt)
    return Books(town.crowd, salt, parties=_parties({r: h.host_id for r, h in hosts.items()})).filed(made)


def _habit(host: Host) -> tuple[str, float, int, int, float, float, float, float]:
    """A host's ordinary evening without the name."""
    return (
        host.category, host.hour, host.minutes, host.watchers, host.comments, host.likes, host.orders, host.regulars
    )  # fmt: skip


def raid(show: Show, rng: np.random.Generator, crew: Crew, share: float) -> None:
    """The leader calls: whoever is free comes within minutes, stays the quota of 12-20 minutes, says a word or two, goes.

    Args:
        show: the broadcast.
        rng: stream of chance.
        crew: hired people, the same in every room.
        share: wanted part of the room's entries.
    """
    n = round(show.total("enter") * share / (1 - share))
    words, hearts = (restraint(show, rng, kind, n, share) for kind in ("comment", "like"))
    who = _called(show, rng, crew, n)
    call = show.plan.start + int(rng.uniform(6, 20) * MINUTE)
    quota = rng.uniform(12, 20)
    at = call + (rng.gamma(1.5, 70, n) * SECOND).astype(np.int64)
    stay = ((quota + rng.gamma(1.5, 0.5, n)) * MINUTE).astype(np.int64)
    acts.come(show, who, at, at + stay, acts.sources(show, rng, n))
    owner = np.repeat(np.arange(n), rng.binomial(2, words / 2, n))
    when = at[owner] + (rng.beta(1.3, 1.6, len(owner)) * stay[owner]).astype(np.int64)
    acts.say(show, who[owner], when, paraphrase(rng, len(owner), show.plan.category))
    tapping = rng.random(n) < hearts
    acts.tap(show, who[tapping], (at + stay // 3)[tapping], rng.geometric(0.12, int(tapping.sum())))
    show.spend(PRICES["human_hours"].of(n * quota / 60))


def _called(show: Show, rng: np.random.Generator, crew: Crew, n: int) -> Ints:
    """Whom a call reaches: three in four have served before, until the list is full; then any of the list."""
    full = len(crew.members) >= max(MEMBERS, n)
    old = rng.permutation(crew.members)[: n if full else 3 * n // 4]
    if len(old):
        show.hire(old)
    return np.concatenate([old, crew.levy(show, rng, n - len(old))]) if n > len(old) else old


def _fans(town: Town, rng: np.random.Generator) -> Ints:
    """People of the town who like all hosts of an agency."""
    return rng.permutation(town.ids)[:ROUND]


def _office(town: Town, rng: np.random.Generator) -> Ints:
    """Two dozen of the agency's staff on one network."""
    who = town.crowd.ordinary(rng, 24, MONDAY, 0.0, 0.8)
    one_home(Show(Host("", "food").tonight(rng, "", MONDAY), town.crowd, town.words), who, "ip", "addr")
    return who


def _round(show: Show, rng: np.random.Generator, fans: Ints, office: Ints) -> None:
    """Two of three fans come when their host begins, watch as long as they like and talk; the office has every room open."""
    came = fans[rng.random(len(fans)) < rng.uniform(0.5, 0.8)]
    at = show.plan.start + (rng.gamma(1.3, 4, len(came)) * MINUTE).astype(np.int64)
    until = at + (rng.lognormal(np.log(25), 0.6, len(came)) * MINUTE).astype(np.int64)
    show.visit(came, at, until, show.words.code("关注页"))
    organic.chat(show, rng, came, 1.2)
    organic.taps(show, rng, came, 6.0, 0.5)
    on = show.plan.start + rng.integers(0, 5 * MINUTE, len(office))
    off = show.plan.end - rng.integers(0, HOUR // 6, len(office))
    show.visit(office, on, off, show.words.code("关注页"))
    organic.chat(show, rng, office, 1.0)


def _parties(hosts: dict[str, str]) -> list[Party]:
    """Two agencies and who belongs to them."""
    first, second = "mcn-51", "mcn-52"
    return [
        Party(first, "agency", "众声文化"),
        Party(second, "agency", "知更传媒"),
        *(Party(hosts[r], "host", relation="managed_by", other=first) for r in RAIDED),
        *(Party(hosts[r], "host", relation="managed_by", other=second) for r in LOVED),
    ]
