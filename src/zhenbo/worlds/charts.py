"""Two dozen rooms of one evening whose exposure and place in the sales ranking answer to orders; in some the orders are brushed.

A third of the rooms is honest, a third has orders brushed at 15-70 % (in waves, as a trickle, at the opening, before the hour
ends to climb the ranking), and a third holds what may confuse whoever estimates the gain: flash sales, lotteries, the host's
own advertising, brushers who wait for the platform's push, a platform that looks at no orders, feeds with missing buckets or
with buckets of two and five minutes. The law of allotment is drawn per seed (`allotment.Law`).

Herd (A51): more exposure brings more entries, and some of those who come buy, which the platform sees again; whoever comes
without the brushed orders comes with them too. Nobody buys because others are seen to order. `SessionTruth.gained` counts
the herd's second round in; the other rooms of the record are held as they were. The ranking counts what was paid, in the
minute in which it was paid, and subtracts no refunds.

The truth folder holds `rooms.parquet` (case, timing, attack, size of the bucket, and the law) and `places.parquet` (for every
bucket delivered, the true place in the hour's ranking and the one without the brushed sales). The best place is often one
of an hour's first minutes, when a single order climbs far.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import NamedTuple

import numpy as np
import pyarrow as pa

from zhenbo.core.schema import SESSION_METRICS
from zhenbo.core.session import MINUTE, Window
from zhenbo.worlds import organic
from zhenbo.worlds.allotment import Buyers, Course, Field, Law, Sales, Stage, Totals, law, others, place, play
from zhenbo.worlds.anchors import CATEGORIES
from zhenbo.worlds.attacks import ATTACKS, during, lay_as
from zhenbo.worlds.bursts import stage as staged
from zhenbo.worlds.crowd import Crowd, Ints
from zhenbo.worlds.pulse import Floats, daylight, wander
from zhenbo.worlds.record import SOURCE, write
from zhenbo.worlds.show import NONE, SECOND, Plan, Show, Words
from zhenbo.worlds.trade import browse, ordinary_life, sell
from zhenbo.worlds.truth import SessionTruth, World

START = 1_778_234_400_000_000  # 2026-05-08 10:00 UTC, 18:00 in Beijing
EVENING = 360
"""Minutes of the evening; a whole number of hours from an hour's beginning."""
TIMINGS = ("waves", "trickle", "opening", "hour_end")
CONFUSERS = ("flash_sale", "lottery", "ads", "follows", "deaf", "gappy", "two_minutes", "five_minutes")
BRUSHES = (
    "brush-next_day", "brush-next_day-clean", "brush-early", "brush-late", "brush-week", "brush-empty_parcels", "brush-payers",
    "brush-workflow", "brush-workflow-refund", "brush-recruited", "brush-volley",
)  # fmt: skip
"""Attacks of the library that fabricate paid orders, all that can be bought by the stretch."""
DOSES = (0.15, 0.7)
SMALLEST = 12
"""Fewest orders that a seller takes on (`attack.needed`)."""
OWN = 0.45
"""Part of the audience that comes without the feed."""


@dataclass(frozen=True)
class Case:
    """What one room of the evening is.

    Args:
        kind: plain, brushed or one of `CONFUSERS`.
        timing: when its orders are brushed; empty where none are.
        dose: wanted share of its orders.
        attack: name in the library.
        bucket: minutes of a bucket of its feed.
    """

    kind: str
    timing: str = ""
    dose: float = 0.0
    attack: str = ""
    bucket: int = 1


@dataclass
class Room:
    """A room under construction.

    Args:
        case: what it is.
        show: the broadcast.
        stage: what the platform sees of it.
        pushes: stretches in which the platform pushes it by itself, in minutes.
        drafts: what those who may come through the feed would do.
        who: these people, in the order of `stage.buyers`.
        stay: when each comes, and leaves.
        buys: part of entries of the feed that order.
    """

    case: Case
    show: Show
    stage: Stage
    pushes: list[tuple[int, int]]
    drafts: Show
    who: Ints
    stay: tuple[Ints, Ints]
    buys: float


def world(seed: int) -> World:
    """Twenty-four rooms, some 150,000 events; which room is which changes with the seed and stands in the truth."""
    rng, salt = np.random.default_rng([seed, 123]), seed * 1_000_003 + 123
    rule, among, crowd, words = law(rng), others(rng, EVENING), Crowd(), Words()
    chant = float(rng.choice([0.0, rng.uniform(0.05, 0.25)]))
    cases = _cases(rng)
    rooms = [
        _room(i, cases[j], rule, rng, crowd, words, chant) for i, j in enumerate(rng.permutation(len(cases)))
    ]
    stages = [r.stage for r in rooms]
    honest, _ = play(stages, rule, among, brushed=False)
    for i, room in enumerate(rooms):
        if room.case.timing:
            _brushed(room, honest[i], rng)
    stages = [r.stage for r in rooms]
    courses, totals = play(stages, rule, among, brushed=True)
    for i, room in enumerate(rooms):
        _filled(room, courses[i], rng)
    made = write([r.show for r in rooms], salt)
    rows: list[dict[str, object]] = []
    places: list[_Place] = []
    truth: dict[str, SessionTruth] = {}
    for i, room in enumerate(rooms):
        ends = _ends(room, rng)
        rows += _rows(room, courses[i], ends, rng)
        without = courses[i]
        if room.case.timing:
            without = play(stages, rule, among, brushed=False, alone=i, fixed=totals)[0][i]
        name = room.show.plan.session_id
        mine = _places(room, i, ends, among, totals)
        places += mine
        truth[name] = _gained(made.truth[name], courses[i], without, mine)
    data = replace(made.dataset, metrics=pa.Table.from_pylist(rows, schema=SESSION_METRICS))
    return World(
        data,
        truth,
        answers={"rooms": _told(rooms, rule), "places": pa.Table.from_pylist([p._asdict() for p in places])},
    )


def _cases(rng: np.random.Generator) -> list[Case]:
    """Eight plain rooms, every timing twice over the range of doses, and every confuser, brushed or not by chance."""
    doses = np.geomspace(DOSES[0], DOSES[1], 2 * len(TIMINGS))
    brushed = [
        Case("brushed", timing, float(dose), str(rng.choice(BRUSHES)))
        for timing, dose in zip(TIMINGS * 2, rng.permutation(doses), strict=True)
    ]
    confusing = []
    for kind in CONFUSERS:
        buys = kind in {"follows", "deaf"} or (
            kind not in {"flash_sale", "lottery", "ads"} and rng.random() < 0.6
        )
        timing = "follows" if kind == "follows" else str(rng.choice(TIMINGS))
        dose, attack = float(rng.uniform(*DOSES)), str(rng.choice(BRUSHES))
        bucket = {"two_minutes": 2, "five_minutes": 5}.get(kind, 1)
        confusing.append(Case(kind, timing, dose, attack, bucket) if buys else Case(kind, bucket=bucket))
    return [*[Case("plain")] * 8, *brushed, *confusing]


def _room(
    number: int, case: Case, rule: Law, rng: np.random.Generator, crowd: Crowd, words: Words, chant: float
) -> Room:
    """The audience of its own, and what the feed may bring."""
    people = int(np.exp(rng.uniform(np.log(600), np.log(1_500))))
    offset, minutes = int(rng.integers(20, 200)), 10 * int(rng.integers(8, 16))
    plan = Plan(
        f"r{7_001 + number}", f"h{int(rng.integers(10_000, 99_999))}", START + offset * MINUTE, minutes=minutes,
        watchers=round(OWN * people), watch_minutes=float(rng.uniform(1.2, 3.5)), comments=float(rng.uniform(0.06, 0.3)),
        likes=float(rng.uniform(0.2, 1.5)), orders=float(rng.uniform(0.05, 0.13)), category=str(rng.choice(list(CATEGORIES))),
        regulars=float(rng.uniform(0.05, 0.3)), unrest=float(rng.uniform(0.25, 0.7)), cadence_s=60,
    )  # fmt: skip
    show = staged(plan, case.kind if case.kind in {"flash_sale", "lottery"} else "none", rng, crowd, words)
    luck, pushes = _luck(show, rng, chant, must=case.kind == "follows")
    clicks = (float(rng.uniform(0.04, 0.12)), float(rng.uniform(0.03, 0.09)))
    usual = (1 - OWN) * people * 1.3 / minutes / clicks[0]
    life = ordinary_life(rng, plan.category)
    buys, paid = plan.orders * float(rng.uniform(0.6, 1)), 1 - life.unpaid
    stage = Stage(
        offset, usual, luck, _ads(show, case, usual, rng), clicks, _sales(show), _nobody(),
        pace=paid * (OWN * people * plan.orders + usual * clicks[0] * minutes * buys) / minutes,
        price=float(CATEGORIES[plan.category].price), heard=case.kind != "deaf",
    )  # fmt: skip
    drafts = Show(plan, crowd, words)
    each = rng.poisson(buys * stage.most(rule))
    minute = np.repeat(np.arange(minutes), each)
    who = crowd.ordinary(rng, len(minute), plan.start, plan.newcomers, 0.0)
    come = plan.start + minute * MINUTE + rng.integers(0, MINUTE, len(minute))
    at = np.minimum(
        come + (rng.lognormal(np.log(100), 0.9, len(minute)) * SECOND).astype(np.int64), plan.end - SECOND
    )
    browse(drafts, rng, who, at)
    number_of = sell(drafts, rng, who, at, life)
    buyers = replace(
        _payments(drafts, number_of), minute=minute, mark=rng.random(len(minute)) * stage.most(rule)[minute]
    )
    leave = at + (rng.exponential(90, len(minute)) * SECOND).astype(np.int64)
    return Room(case, show, replace(stage, buyers=buyers), pushes, drafts, who, (come, leave), buys)


def _nobody() -> Buyers:
    none = np.empty(0, dtype=np.int64)
    return Buyers(none, none.astype(np.float64), none, none)


def _luck(
    show: Show, rng: np.random.Generator, chant: float, *, must: bool
) -> tuple[Floats, list[tuple[int, int]]]:
    """What everything but sales makes of a room's exposure, and the platform's own pushes.

    Args:
        show: the room with its own audience.
        rng: stream of chance.
        chant: rise of exposure per multiple of the usual talk: platforms reward interaction.
        must: whether a push must come.
    """
    plan, n = show.plan, show.plan.minutes
    at = np.arange(n)
    told = wander(rng, n, rng.uniform(0.12, 0.45), rng.uniform(4, 25)) + rng.normal(
        0, rng.uniform(0.05, 0.25), n
    )
    drift = rng.normal(0, 0.4) * (at / n - 0.5)
    luck = np.exp(told + drift) * daylight(plan.start + at * MINUTE)
    said = np.zeros(n)
    for block in show.blocks:
        if block.kind == "comment":
            said += np.bincount(((block.ts - plan.start) // MINUTE).clip(0, n - 1), minlength=n)
    luck *= 1 + chant * np.clip(said / max(said.mean(), 0.1) - 1, 0, 5)
    pushes = []
    for _ in range(max(int(rng.poisson(1.2)), 2 if must else 0)):
        since, length = int(rng.integers(8, n - 20)), int(rng.integers(4, 16))
        luck[since : since + length] *= rng.uniform(1.5, 4)
        pushes.append((since, since + length))
    return luck, pushes


def _ads(show: Show, case: Case, usual: float, rng: np.random.Generator) -> Floats:
    """Paid shows per minute: pushes by hand where the case says so, an even budget in a fifth of the other rooms."""
    n = show.plan.minutes
    rate = np.zeros(n)
    if case.kind == "ads":
        for _ in range(int(rng.integers(2, 5))):
            since, length = int(rng.integers(3, n - 20)), int(rng.integers(6, 18))
            rate[since : since + length] += usual * rng.uniform(0.6, 3)
            if rng.random() < 0.5:
                start = show.plan.start + since * MINUTE
                show.windows.append(Window("ad", start, start + length * MINUTE))
    elif rng.random() < 0.2:
        rate += usual * rng.uniform(0.1, 0.5) * np.exp(wander(rng, n, 0.15, 10))
    return rng.poisson(rate).astype(np.float64)


def _sales(show: Show, only: Ints | None = None) -> Sales:
    """Paid orders and amounts per minute of all that stands in a broadcast, or of some orders."""
    n = show.plan.minutes
    orders, money = np.zeros(n), np.zeros(n)
    for block in show.blocks:
        if block.kind != "order_pay":
            continue
        at = (block.ts - show.plan.start) // MINUTE
        here = (at >= 0) & (at < n)
        if only is not None:
            here &= np.isin(np.asarray(block.columns["order"]), only)
        amount = np.broadcast_to(np.asarray(block.columns["amount"]), at.shape)
        orders += np.bincount(at[here], minlength=n)
        money += np.bincount(at[here], amount[here], minlength=n)
    return Sales(orders, money)


def _payments(drafts: Show, number: Ints) -> Buyers:
    """Minute and amount of the payment of each of some orders."""
    paid, money = np.full(len(number), NONE), np.zeros(len(number), dtype=np.int64)
    by = np.argsort(number)
    for block in drafts.blocks:
        if block.kind == "order_pay":
            row = by[np.searchsorted(number[by], np.asarray(block.columns["order"]))]
            at = (block.ts - drafts.plan.start) // MINUTE
            paid[row] = np.where(at < drafts.plan.minutes, at, NONE)
            money[row] = block.columns["amount"]
    return replace(_nobody(), paid=paid, money=money)


def _stretches(room: Room, rng: np.random.Generator) -> list[tuple[int, int]]:
    """When orders are brushed, in minutes of the broadcast."""
    n, timing = room.show.plan.minutes, room.case.timing
    if timing == "trickle":
        return [(0, n)]
    if timing == "opening":
        return [(1, int(rng.integers(12, 26)))]
    if timing == "follows":
        wait = int(rng.integers(1, 5))
        return [
            (since + wait, min(max(until + wait, since + wait + 7), n))
            for since, until in sorted(room.pushes)
        ]
    if timing == "hour_end":
        ends = [b for b in range(60 - room.stage.offset % 60, n + 1, 60) if b >= 20]
        return [(b - int(rng.integers(10, 19)), b - 1) for b in ends]
    slots = int(rng.integers(2, 6))
    begins = [int((i + rng.uniform(0.1, 0.6)) * n / slots) for i in range(slots)]
    return [(b, b + int(rng.integers(6, 13))) for b in begins if b + 13 < n]


def _brushed(room: Room, honest: Course, rng: np.random.Generator) -> None:
    """Orders brushed over what the room would have sold without them; as many stretches as the seller can fill."""
    show, case = room.show, room.case
    own = show.total("order_create")
    real = own + int(honest.came.sum())
    wanted = max(SMALLEST, round(real * case.dose / (1 - case.dose)))
    when = _stretches(room, rng)
    keep = min(len(when), max(1, wanted // SMALLEST))
    when = [when[i] for i in sorted(rng.permutation(len(when))[:keep].tolist())]

    def act() -> None:
        for since, until in when:
            share = wanted / len(when)
            dose = share / (share + show.total("order_create"))
            n = show.plan.minutes
            during(since / n, until / n, ATTACKS[case.attack].lay)(show, rng, dose)

    lay_as(show, f"{case.attack}-{case.timing}@{case.dose:.2f}", act)
    room.stage = replace(room.stage, brushed=_sales(show, np.concatenate(show.fake_orders)))


def _filled(room: Room, course: Course, rng: np.random.Generator) -> None:
    """The people whom the feed brought, and what those of them did who bought."""
    show, plan = room.show, room.show.plan
    came, via = course.came, show.words.code("推荐feed")
    show.visit(room.who[came], room.stay[0][came], room.stay[1][came], via)
    for block in room.drafts.blocks:
        mine = np.isin(np.asarray(block.columns["actor"]), room.who[came])
        if mine.any():
            columns = {k: v if isinstance(v, int) else v[mine] for k, v in block.columns.items()}
            show.blocks.append(replace(block, ts=block.ts[mine], columns=columns))
    lookers = rng.poisson(course.entries * (1 - room.buys))
    minute = np.repeat(np.arange(plan.minutes), lookers)
    people = show.crowd.ordinary(rng, len(minute), plan.start, plan.newcomers, 0.02)
    at = plan.start + minute * MINUTE + rng.integers(0, MINUTE, len(minute))
    organic.attend(show, rng, people, at, "推荐feed")
    organic.chat(show, rng, people, plan.comments * 0.6)
    organic.taps(show, rng, people, plan.likes * 0.6)
    organic.looks(show, rng, people)


def _ends(room: Room, rng: np.random.Generator) -> Ints:
    """Last minutes of the buckets that the feed delivers: a gappy one loses stretches and single ones."""
    n, width = room.show.plan.minutes, room.case.bucket
    ends = np.arange(width - 1, n, width)
    if room.case.kind != "gappy":
        return ends
    kept = rng.random(len(ends)) > rng.uniform(0.03, 0.15)
    for _ in range(int(rng.integers(2, 5))):
        since = int(rng.integers(0, len(ends)))
        kept[since : since + int(rng.integers(4, 13))] = False
    return ends[kept]


def _rows(room: Room, course: Course, ends: Ints, rng: np.random.Generator) -> list[dict[str, object]]:
    """The series as the back office tells them, bucket by bucket."""
    plan, width = room.show.plan, room.case.bucket
    shows = rng.poisson(course.exposures) + room.stage.ads
    daily = rng.random() < 0.5
    rows: list[dict[str, object]] = []
    for end in ends.tolist():
        begin = end + 1 - width
        told: dict[str, tuple[float | None, str]] = {
            "office.exposures": (float(shows[begin : end + 1].sum()), "count")
        }
        if room.stage.ads.any():
            told["ads.shows"] = (float(room.stage.ads[begin : end + 1].sum()), "count")
        hour, day = course.places[end]
        told["chart.hour_sales_rank"] = (hour, "place")
        if daily:
            told["chart.day_sales_rank"] = (day, "place")
        rows += [
            {"platform": plan.platform, "session_id": plan.session_id, "bucket_start": plan.start + begin * MINUTE,
             "bucket_seconds": 60 * width, "metric": metric, "value": float(value), "unit": unit, "source": SOURCE}
            for metric, (value, unit) in told.items() if value is not None
        ]  # fmt: skip
    return rows


class _Place(NamedTuple):
    """Place at the end of a minute of a broadcast, with and without the brushed sales."""

    session_id: str
    minute: int
    place: int
    place_without: int


def _places(room: Room, number: int, ends: Ints, among: Field, totals: Totals) -> list[_Place]:
    """The place at the end of every bucket delivered, with and without the brushed sales, shown or not."""
    stage = room.stage
    told: list[_Place] = []
    made = stage.brushed.money if stage.brushed else np.zeros(stage.minutes)
    for end in ends.tolist():
        m = stage.offset + end
        rivals, total = np.delete(totals.hour[:, m], number), float(totals.hour[number, m])
        less = total - float(made[max(0, end - m % 60) : end + 1].sum())
        told.append(
            _Place(
                room.show.plan.session_id,
                end,
                place(among.hour[m], rivals, total),
                place(among.hour[m], rivals, less),
            )
        )
    return told


def _gained(truth: SessionTruth, course: Course, without: Course, places: Sequence[_Place]) -> SessionTruth:
    """What brushed orders brought (`SessionTruth.gained`); places of the first bucket in which the best one is shown."""
    orders = truth.fabricated.get("orders", 0)
    more = float(course.exposures.sum() - without.exposures.sum())
    gained = {"exposures": more, **({"per_order": more / orders} if orders else {})}
    seen = [row for row in places if course.places[row.minute][0] is not None]
    if seen:
        best = min(seen, key=lambda row: row.place)
        gained["best_hour_rank"] = best.place
        gained["best_hour_rank_without"] = best.place_without
    return replace(truth, gained=gained)


def _told(rooms: Sequence[Room], rule: Law) -> pa.Table:
    """What every room is, and the law of the evening."""
    return pa.Table.from_pylist([
        {
            "session_id": r.show.plan.session_id, "case": r.case.kind, "timing": r.case.timing, "attack": r.case.attack,
            "dose": r.case.dose, "bucket_seconds": 60 * r.case.bucket, "heard": r.stage.heard, "law": rule.shape,
            "window": rule.window, "lag": rule.lag, "gain": rule.gain, "place": rule.place,
        }
        for r in rooms
    ])  # fmt: skip
