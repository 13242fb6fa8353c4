"""One broadcast being made up: its plan, its rows so far, who was present, and the answer key it accumulates."""

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import cache

import numpy as np

from zhenbo.core.session import MINUTE, Window
from zhenbo.worlds.crowd import Crowd, Ints
from zhenbo.worlds.pulse import Pulse
from zhenbo.worlds.words import talk

NONE = -1
"""Stands for null in integer columns; no count, amount or number here is negative."""
SECOND = 1_000_000


@dataclass(frozen=True)
class Plan:
    """What an ordinary evening of this room looks like.

    Args:
        session_id: id of the broadcast.
        host_id: host account.
        start: first microsecond.
        minutes: length.
        watchers: distinct people expected.
        watch_minutes: mean stay.
        comments: comments per watcher.
        echo: share of comments that repeat a recent one.
        likes: taps per view.
        orders: orders per watcher.
        category: kind of goods (`anchors.CATEGORIES`).
        regulars: share of followers in the audience.
        newcomers: share of accounts younger than a month.
        unrest: log-sd of the audience's arrival rate.
        cadence_s: seconds between counter readings.
        platform: as in the events.
        temper: how its people behave (`tempers.TEMPERS`).
    """

    session_id: str
    host_id: str
    start: int
    minutes: int = 60
    watchers: int = 1_000
    watch_minutes: float = 2.0
    comments: float = 0.15
    echo: float = 0.12
    likes: float = 1.0
    orders: float = 0.03
    category: str = "beauty"
    regulars: float = 0.1
    newcomers: float = 0.06
    unrest: float = 0.5
    cadence_s: int = 10
    platform: str = "douyin"
    temper: str = "selling"

    @property
    def end(self) -> int:
        """Last microsecond."""
        return self.start + self.minutes * MINUTE


@cache
def _vocabulary() -> dict[str, int]:
    """Ordinary talk, numbered once for all worlds."""
    return {word: at for at, word in enumerate(dict.fromkeys(talk()))}


@cache
def _spoken() -> dict[tuple[str, ...], Ints]:
    """The numbers of ordinary talk."""
    return {talk(): np.array([_vocabulary()[word] for word in talk()], dtype=np.int64)}


@dataclass
class Words:
    """Strings of a world by number, so that columns stay integers until written."""

    pool: list[str] = field(default_factory=lambda: list(_vocabulary()))
    index: dict[str, int] = field(default_factory=lambda: dict(_vocabulary()))
    known: dict[tuple[str, ...], Ints] = field(default_factory=lambda: dict(_spoken()))

    def code(self, word: str) -> int:
        """The number of a string."""
        at = self.index.get(word)
        if at is None:
            at = self.index[word] = len(self.pool)
            self.pool.append(word)
        return at

    def codes(self, words: list[str] | tuple[str, ...]) -> Ints:
        """The numbers of strings; a fixed vocabulary (a tuple) is looked up once."""
        if isinstance(words, tuple):
            if words not in self.known:
                self.known[words] = self.codes(list(words))
            return self.known[words]
        return np.array([self.code(w) for w in words], dtype=np.int64)


@dataclass(frozen=True)
class Block:
    """Rows of one kind: times, and integer columns (arrays or one value for all); `later` rows lie outside the session."""

    kind: str
    ts: Ints
    columns: dict[str, Ints | int]
    later: bool = False


@dataclass(frozen=True)
class Unseen:
    """Increments of a displayed counter that no event explains (a package delivered on the counter)."""

    counter: str
    ts: Ints
    qty: Ints


@dataclass
class Show:
    """A broadcast under construction.

    Args:
        plan: what was planned.
        crowd: everybody in the world.
        words: strings of the world.
        blocks: rows so far.
        visits: true presence as (person, arrival, departure).
        unseen: counter increments without events.
        gaps: stretches in which nothing was recorded (an outage).
        windows: honest causes the host declares.
        fabricated: fake counts per metric.
        hired: people who act for an attack.
        fake_orders: numbers of orders made by an attack.
        began: first moment of anything fabricated; None while honest.
        cost: what the attacks cost, in fen.
        kinds: attacks laid on.
        burst: name of the honest burst.
        pulse: the common rate of talk, drawn when somebody first speaks.
        cast: the ordinary audience, where a town provides it; None makes it anew.
        feeds: what the way from the room to the record does to rows and readings, honest and bought alike, in order.
    """

    plan: Plan
    crowd: Crowd
    words: Words
    blocks: list[Block] = field(default_factory=list)
    visits: list[tuple[Ints, Ints, Ints]] = field(default_factory=list)
    unseen: list[Unseen] = field(default_factory=list)
    gaps: list[tuple[int, int]] = field(default_factory=list)
    windows: list[Window] = field(default_factory=list)
    fabricated: Counter[str] = field(default_factory=Counter)
    hired: list[Ints] = field(default_factory=list)
    fake_orders: list[Ints] = field(default_factory=list)
    began: int | None = None
    cost: int = 0
    kinds: list[str] = field(default_factory=list)
    burst: str = "none"
    pulse: Pulse | None = None
    cast: Ints | None = None
    feeds: list["Feed"] = field(default_factory=list)

    def put(self, kind: str, ts: Ints, **columns: Ints | int) -> None:
        """Add rows of a kind."""
        if len(ts):
            self.blocks.append(Block(kind, np.asarray(ts, dtype=np.int64), columns))

    def after(self, kind: str, ts: Ints, **columns: Ints | int) -> None:
        """Add rows that happen after the broadcast and carry no session."""
        if len(ts):
            self.blocks.append(Block(kind, np.asarray(ts, dtype=np.int64), columns, later=True))

    def total(self, kind: str, column: str | None = None) -> int:
        """Rows of a kind in the broadcast so far, or the sum of a column over them."""
        rows = [b for b in self.blocks if b.kind == kind and not b.later]
        if column is None:
            return sum(len(b.ts) for b in rows)
        return sum(int(np.sum(np.broadcast_to(np.asarray(b.columns[column]), b.ts.shape))) for b in rows)

    def people(self) -> tuple[Ints, Ints, Ints]:
        """True visits so far: person, arrival, departure."""
        if not self.visits:
            none = np.empty(0, dtype=np.int64)
            return none, none, none
        who, since, until = zip(*self.visits, strict=True)
        return np.concatenate(who), np.concatenate(since), np.concatenate(until)

    def visit(self, who: Ints, since: Ints, until: Ints, via: Ints | int = NONE) -> None:
        """People come and go: an enter row each; the leave rows are written with the record."""
        since = np.maximum(since, self.plan.start)
        self.visits.append((who, since, np.minimum(np.maximum(until, since + SECOND), self.plan.end)))
        self.put("enter", since, actor=who, via=via)

    def hire(self, who: Ints) -> None:
        """Note people who act for an attack, as one group."""
        self.hired.append(who)

    def spend(self, yuan: float) -> None:
        """Note what the attack's buyer pays."""
        self.cost += round(100 * yuan)


Feed = Callable[[Show, list[Block], np.random.Generator], list[Block]]
"""What arrives of all blocks of a broadcast, its leaves and counters among them; the truth stays that of the room."""
