"""A recording as a broadcast under construction, so that an attack finds in it what it would find in a room.

Its totals stand for what the counters say where the push stream is a sample; its people are those named, and strangers
for the rest; its length is that of the broadcast, without the thin tails of a file; a shop month is one of its evenings.
"""

import copy
import json
from collections import Counter
from dataclasses import dataclass, replace

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from zhenbo.core.session import DAY, HOUR, MINUTE, Session, codes, micros
from zhenbo.worlds.anchors import CATEGORIES, COMMENTS_PER_WATCHER, VISITS_PER_WATCHER, WATCH_SIGMA
from zhenbo.worlds.crowd import Crowd, Ints
from zhenbo.worlds.show import NONE, SECOND, Block, Plan, Show, Words

_EVENING_HOURS = 4
"""A shop is brushed in its busiest hours (campaigns are handed out for the evening); judgement."""
_TAILS = 1.5
"""A recording this many times as long as the middle 99 % of its rows has tails that are not the broadcast; judgement."""
_STRANGERS = 100_000
"""People that a recording does not name are this many at most; beyond it the same ones come again."""


@dataclass(frozen=True)
class Stage:
    """A recording as a broadcast.

    Args:
        show: its background; attacks are laid over it.
        names: recorded ids of the first people of the crowd.
        honest: the background's blocks and visits, by identity.
    """

    show: Show
    names: tuple[str, ...]
    honest: frozenset[int]

    def forged(self, show: Show) -> Show:
        """Only what an attack added to a copy of this stage's show."""
        return replace(
            show,
            blocks=[b for b in show.blocks if id(b) not in self.honest],
            visits=[v for v in show.visits if id(v) not in self.honest],
            gaps=[],
            windows=[],
        )

    def copied(self) -> Show:
        """A copy to lay an attack over."""
        s = self.show
        return replace(s, blocks=list(s.blocks), visits=list(s.visits), unseen=[], crowd=copy.deepcopy(s.crowd),
                       windows=[], gaps=[], fabricated=Counter(), hired=[], fake_orders=[], kinds=[])  # fmt: skip


def stage(session: Session, rng: np.random.Generator) -> Stage:
    """The background: recorded rows, people whom the stream left out, and presence as the gauge tells it."""
    plan = _plan(session, rng)
    crowd, words = Crowd(), Words()
    show = Show(plan, crowd, words)
    events = session.events.filter(pc.is_valid(session.events["ts"]))
    actor, names = codes(events["actor_id"])
    total = _viewers(session)
    strangers = min(_STRANGERS, max(total - len(names), 0)) + 1
    crowd.ordinary(rng, len(names) + strangers, plan.start, plan.newcomers, plan.regulars)
    actor = np.where(actor >= 0, actor, len(names) + rng.integers(strangers, size=len(actor)))
    kind, kinds = codes(events["kind"])
    ts = micros(events["ts"])
    numbers = {c: np.asarray(pc.fill_null(events[c], NONE).to_numpy()) for c in ("qty", "amount")}
    said, pool = codes(events["text"])
    text = np.append(words.codes(pool.to_pylist()), words.code(""))[said]
    order, _ = codes(events["order_id"])
    live, later = np.full(len(ts), True), np.full(len(ts), False)
    if session.scope == "session":
        later = pc.is_null(events["session_id"]).to_numpy(zero_copy_only=False)
        live = ~later & (ts >= plan.start) & (ts < plan.end)
    for number, name in enumerate(kinds.to_pylist()):
        for mask, after in ((live, False), (later, True)):
            at = np.flatnonzero((kind == number) & mask)
            if len(at) and not name.endswith("_total") and name != "viewers":
                columns: dict[str, Ints | int] = {
                    "actor": actor[at], "order": order[at], "text": text[at], **{c: v[at] for c, v in numbers.items()},
                }  # fmt: skip
                show.blocks.append(Block(name, ts[at], columns, after))
    _people(
        show, session, rng, actor[kind == _number(kinds, "enter")], ts[kind == _number(kinds, "enter")], total
    )
    _unsampled(show, session)
    honest = frozenset(id(x) for x in (*show.blocks, *show.visits))
    return Stage(show, tuple(names.to_pylist()), honest)


def _number(kinds: pa.Array, name: str) -> int:
    found = kinds.to_pylist()
    return found.index(name) if name in found else NONE - 1


def _plan(session: Session, rng: np.random.Generator) -> Plan:
    """Start, length, size, goods and cadence of the recording; of a shop month one of its evenings."""
    start, end = heart(session)
    minutes = (end - start) // MINUTE
    if session.scope == "shop":
        start, minutes = int(evenings(session, rng, 1)[0]), _EVENING_HOURS * 60
    people = max(1, round(_viewers(session) / VISITS_PER_WATCHER))
    readings = micros(session.rows("viewers", "entered_total")["ts"])
    beat = float(np.median(np.diff(readings))) / SECOND if len(readings) > 2 else 10.0
    price = pc.quantile(session.rows("order_create")["amount"], 0.5)[0].as_py() or 8_900
    return Plan(
        session.session_id,
        session.host_id,
        start,
        minutes=max(1, int(minutes)),
        watchers=people,
        watch_minutes=_stay(session),
        comments=session.counts.get("comment", 0) / people,
        orders=session.counts.get("order_create", 0) / people,
        category=min(CATEGORIES, key=lambda c: abs(np.log(CATEGORIES[c].price / price))),
        cadence_s=max(1, round(beat)),
        platform=session.platform,
    )


def heart(session: Session) -> tuple[int, int]:
    """First and last moment of the broadcast: without the thin tails of a file that ran on long before and after it.

    The Bilibili files hold 99 % of their comments in under three hours and the rest in up to twenty.
    """
    start, end = session.span
    ts = micros(session.events.filter(pc.is_valid(session.events["ts"]))["ts"])
    ts = ts[(ts >= start) & (ts <= end)]
    if not len(ts):
        return start, end
    low, high = (int(v) for v in np.quantile(ts, (0.005, 0.995)))
    return (low, high) if (end - start) > _TAILS * (high - low) else (start, end)


def evenings(session: Session, rng: np.random.Generator, nights: int) -> Ints:
    """Starts of consecutive evenings: the busiest hours of the shop's day, all within the record."""
    ts = micros(session.rows("order_create")["ts"])
    hours = np.bincount(ts // HOUR % 24, minlength=24)
    first = int(np.argmax(np.convolve(np.tile(hours, 2), np.ones(_EVENING_HOURS), "valid")[:24]))
    low, high = -(-(ts.min() - first * HOUR) // DAY), (ts.max() - (first + _EVENING_HOURS) * HOUR) // DAY
    days = max(1, int(high - low + 1))
    nights = min(nights, days)
    start = int(low) + int(rng.integers(days - nights + 1))
    return np.asarray((start + np.arange(nights)) * DAY + first * HOUR, dtype=np.int64)


def _viewers(session: Session) -> int:
    """Viewers so far: the counter; else entries; else people named, buyers, or gauge and mean stay (Little's law)."""
    counted = session.rows("entered_total")["qty"].drop_null()
    told = counted[-1].as_py() if len(counted) else 0
    people = max(len(pc.unique(session.events[c].drop_null())) for c in ("actor_id", "order_id"))
    rows = session.counts.get("enter", 0)
    if told or rows:
        return max(told, rows)
    gauge = session.rows("viewers")["qty"].drop_null()
    minutes = (heart(session)[1] - heart(session)[0]) / MINUTE
    if popular(session):  # no heads on this gauge: as many as leave so many comments in a talkative room
        present = session.counts.get("comment", 0) / COMMENTS_PER_WATCHER[1]
    else:
        stay = Plan("", "", 0).watch_minutes
        present = pc.quantile(gauge, 0.5)[0].as_py() * minutes / stay if len(gauge) else 0
    return max(people, round(present))


def _stay(session: Session) -> float:
    """Mean stay in minutes by Little's law, where gauge and counter allow."""
    gauge = session.rows("viewers")["qty"].drop_null()
    if not len(gauge) or not _viewers(session):
        return Plan("", "", 0).watch_minutes
    minutes = (heart(session)[1] - heart(session)[0]) / MINUTE
    return float(np.clip(pc.mean(gauge).as_py() * minutes / _viewers(session), 0.3, 30.0))


def _people(
    show: Show, session: Session, rng: np.random.Generator, who: Ints, since: Ints, total: int
) -> None:
    """Visits of all viewers: those whose entry was delivered, and the others along the counter."""
    missing = max(total - len(who), 0)
    times = _along(session, "entered_total", missing)
    if session.scope == "shop":
        times = np.linspace(show.plan.start, show.plan.end, missing).astype(np.int64)
    newer = show.crowd.size - 1 - (np.arange(missing) % max(1, min(missing, _STRANGERS)))
    times = np.clip(times, show.plan.start, show.plan.end - SECOND)
    people, begin = np.concatenate([who, np.maximum(newer, 0)]), np.concatenate([since, times])
    mu = np.log(show.plan.watch_minutes * 60) - WATCH_SIGMA**2 / 2
    stay = (rng.lognormal(mu, WATCH_SIGMA, len(begin)) + 1) * SECOND
    show.visits.append((people, begin, (begin + stay).astype(np.int64)))
    show.put("enter", times, actor=np.maximum(newer, 0))


def _unsampled(show: Show, session: Session) -> None:
    """Taps and follows that the counters hold and the stream did not deliver."""
    for kind, counter, column in (("like", "like_total", "qty"), ("follow", "follow_total", None)):
        readings = session.rows(counter)["qty"].drop_null().to_numpy()
        missing = int(readings[-1] - readings[0]) - show.total(kind, column) if len(readings) else 0
        if missing > 0:
            times = _along(session, counter, min(missing, 1_000) if column else missing)
            each = np.full(len(times), missing // len(times)) + (np.arange(len(times)) < missing % len(times))
            show.put(kind, times, actor=show.crowd.size - 1, qty=each)


def _along(session: Session, counter: str, n: int) -> Ints:
    """`n` times at which a counter rose (evenly over the session without one)."""
    rows = session.rows(counter)
    if rows.num_rows < 2:
        return np.linspace(*session.span, n).astype(np.int64)
    value = np.maximum.accumulate(np.asarray(pc.fill_null(rows["qty"], 0).to_numpy())).astype(float)
    share = (np.arange(n) + 0.5) / max(n, 1)
    return np.asarray(micros(rows["ts"])[np.searchsorted(value, share * value[-1])])


def popular(session: Session) -> bool:
    """Whether the gauge is the platform's popularity (人气), not heads."""
    said = session.rows("viewers")["extra"].drop_null()
    return bool(len(said)) and json.loads(said[0].as_py()).get("unit") == "popularity"
