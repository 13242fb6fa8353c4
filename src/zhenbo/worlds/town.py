"""A town that many rooms share: people with tastes, hours and habits who come back, and hired hands who do so too.

A world of several evenings draws every room's audience from here, so that the same person has the same device, network,
home and payer wherever seen. Shares and habits are judgement unless a source is named: nobody publishes audiences that
can be followed from room to room (INPUTS 6.4).
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from zhenbo.core.schema import ACCOUNTS, Flag
from zhenbo.core.session import DAY, HOUR, MINUTE
from zhenbo.worlds.anchors import CATEGORIES, NEWCOMERS
from zhenbo.worlds.attacks import Fleet
from zhenbo.worlds.bursts import BURSTS
from zhenbo.worlds.crowd import Crowd, Ints, named, names
from zhenbo.worlds.record import write
from zhenbo.worlds.show import NONE, Block, Plan, Show, Words
from zhenbo.worlds.truth import World

Floats = npt.NDArray[np.float64]
TASTES = tuple(CATEGORIES)
HOURS = ((20.3, 1.6, 0.58), (12.6, 1.1, 0.16), (23.2, 1.2, 0.16), (8.2, 1.3, 0.10))
"""When people watch, as (hour in Beijing, sd, share): 19:00-21:00 is prime time (FIELD 9.1); the rest is judgement."""
WIDTH = 2.2  # hours around a person's own hour in which most visits fall
PASSERS = 0.5  # part of an audience that the feed brings once
TAKEN = 0.85  # of those watching one room now, who are not drawn by another at the same time
REGULAR = 0.3  # part of a room's followers who come most evenings
FROM_FOLLOWING = 0.7  # regulars' arrivals by the page of followed hosts


@dataclass(frozen=True)
class Host:
    """A host and an ordinary evening of theirs.

    Args:
        host_id: the account.
        category: kind of goods.
        hour: usual start, hour of the day in Beijing.
        minutes: usual length.
        watchers: usual audience.
        comments: per watcher.
        likes: taps per view.
        orders: per watcher.
        regulars: wanted share of followers in the audience.
    """

    host_id: str
    category: str
    hour: float = 20.0
    minutes: int = 60
    watchers: int = 500
    comments: float = 0.15
    likes: float = 1.0
    orders: float = 0.03
    regulars: float = 0.2

    def tonight(self, rng: np.random.Generator, session_id: str, midnight: int) -> Plan:
        """One evening: the usual one, more or less.

        Args:
            rng: stream of chance.
            session_id: id of the broadcast.
            midnight: start of the day in Beijing, microseconds UTC.
        """
        return Plan(
            session_id=session_id,
            host_id=self.host_id,
            start=midnight + round(self.hour * HOUR) + int(rng.integers(-8, 9)) * MINUTE,
            minutes=self.minutes,
            watchers=max(20, round(self.watchers * rng.lognormal(0, 0.16))),
            watch_minutes=float(rng.uniform(1.6, 3.2)),
            comments=self.comments * float(rng.lognormal(0, 0.2)),
            likes=self.likes * float(rng.lognormal(0, 0.3)),
            orders=self.orders * float(rng.lognormal(0, 0.25)),
            echo=float(rng.uniform(0.05, 0.25)),
            category=self.category,
            regulars=0.05,
            unrest=float(rng.uniform(0.3, 0.7)),
            cadence_s=30,
        )


@dataclass
class Club:
    """Those who follow a host.

    Args:
        members: who.
        habit: chance that each comes on an ordinary evening.
        fan: whether each joined the fan club.
    """

    members: Ints
    habit: Floats
    fan: npt.NDArray[np.bool_]

    def join(self, rng: np.random.Generator, who: Ints, regular: float) -> None:
        """More followers, some of whom will come most evenings."""
        self.members = np.concatenate([self.members, who])
        self.habit = np.concatenate([self.habit, _habits(rng, len(who), regular)])
        self.fan = np.concatenate([self.fan, rng.random(len(who)) < 0.2])


@dataclass
class Town:
    """People who may watch any room.

    Args:
        crowd: everybody in the world, hired hands included.
        words: strings of the world.
        ids: people of the town.
        taste: kind of goods each likes best, as a number of `TASTES`.
        hour: hour of the day in Beijing at which each watches most.
        zeal: how much each watches, relative.
        clubs: followers by host.
        watching: who was drawn for which stretch of time.
    """

    crowd: Crowd
    words: Words
    ids: Ints
    taste: Ints
    hour: Floats
    zeal: Floats
    clubs: dict[str, Club] = field(default_factory=dict)
    watching: list[tuple[int, int, Ints]] = field(default_factory=list)

    def audience(self, rng: np.random.Generator, plan: Plan) -> Ints:
        """The ordinary people of a broadcast: regulars by habit, others by taste and hour, passers-by who are new."""
        middle = plan.start + plan.minutes * MINUTE // 2
        fits = self._rhythm(middle)
        place = np.full(self.crowd.size, -1, dtype=np.int64)
        place[self.ids] = np.arange(len(self.ids))
        free = ~np.isin(self.ids, self.busy(rng, plan.start, plan.end))
        club = self.clubs[plan.host_id]
        at = place[club.members]
        regulars = club.members[(rng.random(len(at)) < club.habit * (0.3 + 0.7 * fits[at])) & free[at]]
        liking = np.where(self.taste == TASTES.index(plan.category), 1.0, 0.12)
        weight = self.zeal * liking * fits * free
        weight[at] = 0.0
        n_new = round(plan.watchers * PASSERS)
        n = min(max(plan.watchers - n_new - len(regulars), 0), int((weight > 0).sum()))
        others = self.ids[np.argsort(rng.exponential(1.0, len(weight)) / np.maximum(weight, 1e-12))[:n]]
        new = self._grow(rng, n_new, plan, middle)
        people = np.concatenate([regulars, others, new])
        self.watching.append((plan.start, plan.end, people))
        return people

    def guests(self, rng: np.random.Generator, show: Show, n: int) -> Ints:
        """`n` more people for a broadcast that calls them: half who like its goods, half who are new."""
        weight = self.zeal * np.where(self.taste == TASTES.index(show.plan.category), 1.0, 0.2)
        there = np.concatenate([show.people()[0], self.busy(rng, show.plan.start, show.plan.end)])
        weight[np.isin(self.ids, there)] = 0.0
        known = min(n // 2, int((weight > 0).sum()))
        who = self.ids[np.argsort(rng.exponential(1.0, len(weight)) / np.maximum(weight, 1e-12))[:known]]
        new = self._grow(rng, n - known, show.plan, show.plan.start + show.plan.minutes * MINUTE // 2)
        people = np.concatenate([who, new])
        self.watching.append((show.plan.start, show.plan.end, people))
        return people

    def busy(self, rng: np.random.Generator, start: int, end: int) -> Ints:
        """People who watch another room in a stretch of time and will not look in on a second one."""
        elsewhere = [who for since, until, who in self.watching if since < end and start < until]
        return _joined([who[rng.random(len(who)) < TAKEN] for who in elsewhere])

    def _rhythm(self, at: int) -> Floats:
        """How well a moment suits each person, 0..1: their own hour best, a little at any."""
        now = (at / HOUR + 8) % 24
        apart = np.abs(self.hour - now)
        apart = np.minimum(apart, 24 - apart)
        return np.asarray(0.08 + 0.92 * np.exp(-0.5 * (apart / WIDTH) ** 2))

    def _grow(self, rng: np.random.Generator, n: int, plan: Plan, at: int) -> Ints:
        """People never seen before, who may be seen again."""
        new = self.crowd.ordinary(rng, n, plan.start, plan.newcomers, 0.0)
        self.ids = np.concatenate([self.ids, new])
        taste = np.where(rng.random(n) < 0.6, TASTES.index(plan.category), rng.integers(len(TASTES), size=n))
        self.taste = np.concatenate([self.taste, taste])
        self.hour = np.concatenate([self.hour, ((at / HOUR + 8) + rng.normal(0, 2, n)) % 24])
        self.zeal = np.concatenate([self.zeal, 0.1 * rng.lognormal(0, 1.0, n)])
        return new

    def remember(self, show: Show, rng: np.random.Generator) -> None:
        """After an honest broadcast: mark followers' rows, drop follows by followers, and let new followers join."""
        club = self.clubs[show.plan.host_id]
        mark = np.zeros(self.crowd.size, dtype=np.int64)
        mark[club.members] = int(Flag.FOLLOWER)
        mark[club.members[club.fan]] |= int(Flag.FAN)
        page = self.words.code("关注页")
        show.blocks = [_marked(b, mark, page, rng) for b in show.blocks]
        said = {k: [_actors(b) for b in show.blocks if b.kind == k] for k in ("follow", "unfollow")}
        new = np.setdiff1d(_joined(said["follow"]), _joined(said["unfollow"]))
        club.join(rng, np.intersect1d(new, self.ids), 0.25)

    def fans(self) -> Ints:
        """Members of any fan club."""
        return np.unique(np.concatenate([c.members[c.fan] for c in self.clubs.values()]))


def founded(rng: np.random.Generator, size: int, hosts: Sequence[Host], now: int) -> Town:
    """A town of a size, with followers for every host."""
    crowd = Crowd()
    ids = crowd.ordinary(rng, size, now - 30 * DAY, NEWCOMERS, 0.0)
    peaks = np.array(HOURS)
    pick = rng.choice(len(peaks), size, p=peaks[:, 2] / peaks[:, 2].sum())
    town = Town(
        crowd,
        Words(),
        ids,
        rng.integers(len(TASTES), size=size),
        rng.normal(peaks[pick, 0], peaks[pick, 1]) % 24,
        rng.lognormal(0, 0.9, size),
    )
    for host in hosts:
        liking = np.where(town.taste == TASTES.index(host.category), 1.0, 0.1)
        fits = town._rhythm(now // DAY * DAY + round((host.hour - 8 + host.minutes / 120) * HOUR))  # noqa: SLF001 - same file
        weight = town.zeal * liking * fits
        # Of a hundred followers about 22 come (see `_habits`).
        n = min(round(host.watchers * host.regulars / 0.22), size // 2)
        who = ids[np.argsort(rng.exponential(1.0, size) / weight)[:n]]
        club = town.clubs[host.host_id] = Club(who[:0], np.empty(0), np.empty(0, dtype=bool))
        club.join(rng, who, REGULAR)
    return town


def _habits(rng: np.random.Generator, n: int, regular: float) -> Floats:
    """Chances to come: more than half for regulars, one in a dozen for other followers."""
    return np.where(rng.random(n) < regular, rng.beta(5, 4, n), rng.beta(1, 12, n))


def _actors(block: Block) -> Ints:
    return np.broadcast_to(np.asarray(block.columns.get("actor", NONE), dtype=np.int64), block.ts.shape)


def _joined(parts: Sequence[Ints]) -> Ints:
    return np.concatenate(parts) if parts else np.empty(0, dtype=np.int64)


def _marked(block: Block, mark: Ints, page: int, rng: np.random.Generator) -> Block:
    """A block whose rows say who follows the host; a follower neither follows nor regrets it."""
    who = _actors(block)
    known = np.where(who >= 0, mark[np.maximum(who, 0)], 0)
    if block.kind in {"follow", "unfollow"}:
        new = known == 0
        return Block(
            block.kind,
            block.ts[new],
            {k: v if isinstance(v, int) else v[new] for k, v in block.columns.items()},
            block.later,
        )
    if block.later or not known.any():
        return block
    columns = {**block.columns, "flag": known | block.columns.get("flag", 0)}
    if block.kind == "enter":
        via = np.broadcast_to(np.asarray(block.columns["via"], dtype=np.int64), block.ts.shape)
        columns["via"] = np.where((known > 0) & (rng.random(len(via)) < FROM_FOLLOWING), page, via)
    return replace(block, columns=columns)


def evening(
    town: Town,
    plan: Plan,
    rng: np.random.Generator,
    burst: str = "none",
    act: Callable[[Show], None] | None = None,
) -> Show:
    """An honest broadcast before an audience of the town.

    Args:
        town: where it is watched.
        plan: what is planned.
        rng: stream of chance.
        burst: honest burst: one of `BURSTS`, or the name of what `act` plays.
        act: something honest that this broadcast adds to an ordinary evening.
    """
    made = BURSTS["none" if act else burst]
    plan = made.shape(plan, rng)
    show = Show(plan, town.crowd, town.words, burst=burst, cast=town.audience(rng, plan))
    made.play(show, rng)
    if act:
        act(show)
    town.remember(show, rng)
    return show


@dataclass(frozen=True)
class Crew(Fleet):
    """Hired accounts that serve again: whoever was hired before is hired first.

    Args:
        name: name of the group in the truth of every broadcast that it touches.
        ranks: who was hired so far, in order.
    """

    name: str = "crew"
    ranks: list[Ints] = field(default_factory=list)

    @property
    def members(self) -> Ints:
        """Everybody hired so far."""
        return _joined(self.ranks)

    def enlist(self, show: Show, rng: np.random.Generator, n: int) -> Ints:
        """`n` accounts of the crew; it grows when there are too few."""
        old = rng.permutation(self.members)[:n]
        if len(old):
            show.hire(old)
        return np.concatenate([old, self.levy(show, rng, n - len(old))]) if n > len(old) else old

    def levy(self, show: Show, rng: np.random.Generator, n: int) -> Ints:
        """`n` accounts that were not of the crew before."""
        self.ranks.append(super().enlist(show, rng, n))
        return self.ranks[-1]


def written(shows: Sequence[Show], town: Town, crews: Sequence[Crew], salt: int) -> World:
    """The record of a town's broadcasts; the truth names every crew alike wherever it acted.

    Args:
        shows: finished broadcasts.
        town: where they were watched.
        crews: hired hands that served more than once.
        salt: makes the opaque names.
    """
    world = write(shows, salt)
    known = {crew.name: (crew.members, names("u", crew.members, salt)) for crew in crews if crew.ranks}
    truth = {
        s.plan.session_id: replace(world.truth[s.plan.session_id], groups=_groups(s, known, salt))
        for s in shows
    }
    accounts = world.dataset.accounts
    fan = pc.is_in(accounts["account_id"], value_set=named("u", town.fans(), salt))
    level = pc.if_else(fan, pc.add(1, pc.divide(accounts["level"], 4)), 0).cast(pa.int64())
    at = ACCOUNTS.get_field_index("fan_level")
    dataset = replace(world.dataset, accounts=accounts.set_column(at, ACCOUNTS.field(at), level))
    return replace(world, dataset=dataset, truth=truth)


def _groups(
    show: Show, known: Mapping[str, tuple[Ints, frozenset[str]]], salt: int
) -> dict[str, frozenset[str]]:
    """Who acted as one in a broadcast: whole crews by their names, others by broadcast and number."""
    groups: dict[str, frozenset[str]] = {}
    for i, who in enumerate(show.hired):
        crew = next((k for k, (all_of_it, _) in known.items() if np.isin(who, all_of_it).all()), None)
        if crew is not None:
            groups[crew] = known[crew][1]
        elif len(who) > 1:
            groups[f"{show.plan.session_id}-crew-{i + 1}"] = names("u", who, salt)
    return groups
