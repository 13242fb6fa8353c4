"""How a platform allots exposure to live rooms by what they sell, and ranks them by it: a law of its own in every seed.

No platform publishes its law (FIELD A54, D07): that orders of the last minutes open larger pools of traffic 流量池, that
places in the sales ranking are worth exposure, and that both fade, is the trade's word; all sizes here are judgement.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Literal

import numpy as np
import numpy.typing as npt

from zhenbo.worlds.crowd import Ints
from zhenbo.worlds.pulse import Floats

Shape = Literal["linear", "saturating", "tiers", "places"]
SHAPES: tuple[Shape, ...] = ("linear", "saturating", "tiers", "places")
SHOWN = 200
"""Places that the ranking shows."""
_POOLS = np.array([0.6, 1.2, 2.2, 4.0])
"""Sales, as multiples of what is usual for the room, at which it enters the next pool of traffic."""
_POOL = np.array([0.0, 0.7, 1.4, 2.4, 3.6])
"""What each pool is worth, in units of the gain."""


@dataclass(frozen=True)
class Law:
    """One platform's rule of allotment.

    Args:
        shape: how exposure answers to sales: in proportion, ever less, in steps, or by the place in the ranking only.
        window: minutes of sales that count.
        fade: minutes after which a sale counts for 1/e within them.
        lag: minutes before a sale counts at all.
        gain: rise of exposure, as a share, at usual sales.
        money: weight of the paid amount against the number of orders, 0..1.
        place: rise of exposure, as a share, of the first in the hour's ranking; falls with the logarithm of the place.
        review: minutes between two looks at a room (steps are held in between).
        pace: part of the way to the wanted exposure that is gone in a minute.
        room: most exposure, as a multiple of the usual.
    """

    shape: Shape
    window: int
    fade: float
    lag: int
    gain: float
    money: float
    place: float
    review: int
    pace: float
    room: float

    def lift(self, sales: float) -> float:
        """Rise of exposure at sales given as a multiple of what is usual for the room."""
        if self.shape == "linear":
            return self.gain * sales
        if self.shape == "saturating":
            return self.gain * 3 * sales / (sales + 2)
        if self.shape == "tiers":
            return self.gain * float(_POOL[np.searchsorted(_POOLS, sales, "right")])
        return 0.0

    def prominence(self, place: int | None) -> float:
        """Rise of exposure at a place of the ranking that is shown."""
        return 0.0 if place is None else self.place * float(1 - np.log(place) / np.log(SHOWN + 1))


def law(rng: np.random.Generator) -> Law:
    """The law of a seed."""
    shape = SHAPES[int(rng.choice(len(SHAPES), p=(0.3, 0.25, 0.3, 0.15)))]
    window = int(rng.choice([5, 10, 15, 20, 30]))
    return Law(
        shape, window, fade=float(window * rng.uniform(0.3, 2)), lag=int(rng.integers(1, 6)), gain=float(rng.uniform(0.2, 0.9)),
        money=float(rng.choice([0.0, 0.5, 1.0])), review=int(rng.choice([1, 3, 5, 10])),
        place=float(rng.uniform(0.6, 2.0) if shape == "places" else rng.choice([0.0, rng.uniform(0.1, 0.6)])),
        pace=float(rng.uniform(0.25, 1)), room=float(rng.uniform(5, 12)),
    )  # fmt: skip


@dataclass(frozen=True)
class Sales:
    """Paid orders and their amounts per minute of a broadcast (amounts in minor units)."""

    orders: Floats
    money: Floats


@dataclass(frozen=True)
class Buyers:
    """Who would buy if the feed brought them: an entry comes about when enough exposure falls into its minute.

    Args:
        minute: of the broadcast in which each would come, ascending.
        mark: expected entries of that minute at which it does come.
        paid: minute of payment; negative where none falls into the broadcast.
        money: what is paid, minor units.
    """

    minute: Ints
    mark: Floats
    paid: Ints
    money: Ints


@dataclass
class Stage:
    """A broadcast as the platform sees it; every draw of chance is made beforehand and the same in all its courses.

    Args:
        offset: minute of the evening at which it begins.
        usual: exposures a minute that it gets at usual sales, before chance.
        luck: what everything but sales makes of that, per minute (time of evening, drift, pushes of the platform).
        ads: paid shows per minute, decided by the host.
        entries: entries per unpaid and per paid exposure.
        own: sales that no exposure of the feed brought about.
        buyers: those that it may bring about.
        pace: usual paid orders a minute.
        price: usual amount of an order.
        heard: whether the platform looks at its sales at all.
        brushed: brushed sales.
    """

    offset: int
    usual: float
    luck: Floats
    ads: Floats
    entries: tuple[float, float]
    own: Sales
    buyers: Buyers
    pace: float
    price: float
    heard: bool
    brushed: Sales | None = None

    @property
    def minutes(self) -> int:
        """Length of the broadcast."""
        return len(self.luck)

    def most(self, rule: Law) -> Floats:
        """Most entries of the feed that each minute can have."""
        return self.entries[0] * self.usual * rule.room + self.entries[1] * self.ads


@dataclass
class Course:
    """How a broadcast went: expected unpaid exposures, entries, paid orders and amounts per minute, places at its end."""

    stage: Stage
    exposures: Floats
    entries: Floats
    orders: Floats
    money: Floats
    came: npt.NDArray[np.bool_]
    places: list[tuple[int | None, int | None]] = field(default_factory=list)
    held: float = 0.0
    level: float = 1.0


@dataclass(frozen=True)
class Field:
    """Everybody else on the platform that evening: paid amounts of other rooms, per minute, and where the day stood.

    Args:
        hour: running total of the clock hour, by minute of the evening and room, each minute sorted upwards.
        day: the same of the day.
    """

    hour: Floats
    day: Floats

    @property
    def minutes(self) -> int:
        """Length of the evening."""
        return len(self.hour)


def others(rng: np.random.Generator, minutes: int) -> Field:
    """A few hundred rooms of very different size that open and close when they like, some with a flash sale."""
    n = int(rng.integers(220, 420))
    rate = rng.lognormal(np.log(rng.uniform(5_000, 16_000)), rng.uniform(1.2, 1.8), n)
    clock = np.arange(minutes)[:, None]
    opens, stays = rng.uniform(-240, minutes * 0.8, n), rng.lognormal(np.log(130), 0.6, n)
    sold = rng.gamma(0.4, 1 / 0.4, (minutes, n)) * rate * ((clock >= opens) & (clock < opens + stays))
    for one in np.flatnonzero(rng.random(n) < 0.15).tolist():
        at = int(rng.integers(0, minutes - 3))
        sold[at : at + 3, one] *= rng.uniform(5, 25)
    hour = sold.reshape(minutes // 60, 60, n).cumsum(axis=1).reshape(minutes, n)
    before = rate * np.clip(-opens, 0, 240) + rng.lognormal(np.log(300_000), 1.5, n) * (rng.random(n) < 0.5)
    return Field(np.sort(hour, axis=1), np.sort(sold.cumsum(axis=0) + before, axis=1))


def place(above: Floats, rivals: Floats, total: float) -> int:
    """Place of a total among the field (sorted upwards) and the rivals of this record; 1 is best."""
    return 1 + len(above) - int(np.searchsorted(above, total, "right")) + int((rivals > total).sum())


def shown(where: int, total: float) -> int | None:
    """The place as the ranking shows it: nobody without sales, nobody beyond its last place."""
    return where if total > 0 and where <= SHOWN else None


@dataclass(frozen=True)
class Totals:
    """Running paid totals of the rooms of this record, by room and minute of the evening."""

    hour: Floats
    day: Floats


def play(
    stages: Sequence[Stage], rule: Law, among: Field, *, brushed: bool, alone: int | None = None, fixed: Totals | None = None
) -> tuple[dict[int, Course], Totals]:  # fmt: skip
    """The evening minute by minute, all rooms together because they stand in one ranking.

    Args:
        stages: the rooms.
        rule: the platform's law.
        among: everybody else.
        brushed: whether brushed orders are made.
        alone: play only this room; what the others sold is then `fixed`.
        fixed: totals of an evening already played.
    """
    shape = (len(stages), among.minutes)
    totals = fixed or Totals(np.zeros(shape), np.zeros(shape))
    hour, day = totals.hour.copy(), totals.day.copy()
    mine = range(len(stages)) if alone is None else [alone]
    courses = {i: _opened(stages[i], brushed=brushed) for i in mine}
    for i in mine:
        hour[i], day[i] = 0.0, 0.0
    for m in range(among.minutes):
        for i, course in courses.items():
            t, sold = m - course.stage.offset, 0.0
            if 0 <= t < course.stage.minutes:
                _step(course, rule, t)
                sold = float(course.money[t])
            hour[i, m] = sold + (hour[i, m - 1] if m % 60 else 0.0)
            day[i, m] = sold + (day[i, m - 1] if m else 0.0)
        for i, course in courses.items():
            if 0 <= m - course.stage.offset < course.stage.minutes:
                course.places.append(
                    (
                        shown(place(among.hour[m], hour[:, m], hour[i, m]), hour[i, m]),
                        shown(place(among.day[m], day[:, m], day[i, m]), day[i, m]),
                    )
                )
    return courses, Totals(hour, day)


def _opened(stage: Stage, *, brushed: bool) -> Course:
    orders, money = stage.own.orders.copy(), stage.own.money.copy()
    if brushed and stage.brushed is not None:
        orders += stage.brushed.orders
        money += stage.brushed.money
    empty = np.zeros(stage.minutes)
    return Course(stage, empty, empty.copy(), orders, money, np.zeros(len(stage.buyers.mark), dtype=bool))


def _step(course: Course, rule: Law, t: int) -> None:
    """One minute: what the platform saw decides what it shows, and who comes of it buys."""
    stage = course.stage
    if stage.heard and (rule.shape != "tiers" or t % rule.review == 0):
        course.held = rule.lift(_sales(course, rule, t))
    before = course.places[t - 1][0] if t else None  # of the hour that then ran
    wanted = (1 + course.held + (rule.prominence(before) if stage.heard else 0.0)) / (1 + rule.lift(1.0))
    course.level += rule.pace * (wanted - course.level)
    top = stage.usual * rule.room
    course.exposures[t] = top * -np.expm1(-stage.usual * stage.luck[t] * course.level / top)
    course.entries[t] = stage.entries[0] * course.exposures[t] + stage.entries[1] * stage.ads[t]
    first, last = np.searchsorted(stage.buyers.minute, [t, t + 1])
    came = np.flatnonzero(stage.buyers.mark[first:last] <= course.entries[t]) + first
    course.came[came] = True
    pays = came[stage.buyers.paid[came] >= t]
    np.add.at(course.orders, stage.buyers.paid[pays], 1.0)
    np.add.at(course.money, stage.buyers.paid[pays], stage.buyers.money[pays].astype(np.float64))


def _sales(course: Course, rule: Law, t: int) -> float:
    """Sales of the law's window, late ones weighing more, as a multiple of what is usual for the room.

    In its first minutes a room is credited with usual sales (冷启动): its empty past is not held against it.
    """
    age = np.arange(rule.window)
    weight = np.exp(-age / rule.fade)
    at = t - rule.lag - age
    known = at >= 0
    orders, money = course.orders[at[known]], course.money[at[known]]
    seen = ((1 - rule.money) * orders + rule.money * money / course.stage.price) / course.stage.pace
    return float((weight[known] @ seen + weight[~known].sum()) / weight.sum())
