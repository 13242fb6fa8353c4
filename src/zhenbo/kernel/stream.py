"""The kernel: events in, exact features out, in any batches, from one event to millions.

*Settled* (the default): an event waits until the watermark (latest time seen minus `lateness`) has passed it, so that
every event that is not later than that finds its place in time; its answer is final and does not depend on batch size
or order of arrival. What comes later still is set aside, listed and counted. *Instant*: an event is answered at once
with what had arrived; one that comes out of order counts at the clock, as it would for whoever decided then.

State is bounded: every bound has a stated policy and a counter that says when it bit (`Counters`).
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from zhenbo.kernel import door, machine
from zhenbo.kernel.layout import MEASURES, VALUE
from zhenbo.kernel.plan import Feature, Group, groups
from zhenbo.kernel.state import Ring, Table
from zhenbo.kernel.waiting import Released, Waiting

Ints = npt.NDArray[np.int64]
Floats = npt.NDArray[np.float64]
SECOND = 1_000_000
_LEAST = np.iinfo(np.int64).min


@dataclass(frozen=True)
class Limits:
    """How much may be remembered, and so what is given up first.

    Args:
        alive: events per key group, and ids, within their longest window. Beyond it the oldest 4,096 leave before
            their time; `Counters.evicted` counts them, `Counters.short` the answers that may be too small for it.
        waiting: events that wait for the watermark. Beyond it the oldest go before it has passed
            (`Counters.forced`), and what comes still earlier is late.
    """

    alive: int = 1 << 24
    waiting: int = 1 << 22


@dataclass
class Counters:
    """What happened to events, since the kernel was made.

    Args:
        seen: given to `feed`.
        untimed: without a time; no answer.
        late: behind the watermark when they came (settled), or counted at the clock (instant).
        duplicates: repeats of an id within the horizon; no answer, counted nowhere.
        forced: released before the watermark because too many waited.
        evicted: left a window, or the memory of ids, early because too many were alive.
        short: answers given while evicted events would still have counted.
    """

    seen: int = 0
    untimed: int = 0
    late: int = 0
    duplicates: int = 0
    forced: int = 0
    evicted: int = 0
    short: int = 0


@dataclass(frozen=True)
class Answer:
    """Events whose answer is known now, in the order of (time, id).

    Args:
        rows: arrival number of each event (0 for the first ever fed).
        values: per feature, its value for each of them; NaN where it has no meaning.
        late: arrival numbers of events set aside.
        duplicates: arrival numbers of repeats.
        untimed: arrival numbers of events without a time.
    """

    rows: Ints
    values: Mapping[str, Floats]
    late: Ints
    duplicates: Ints
    untimed: Ints


class Kernel:
    """Exact sliding windows over a stream of events.

    Args:
        declared: the features.
        lateness: seconds by which events may come out of order.
        horizon: seconds within which an event id is remembered; None where events are known to be distinct. Copies of
            an event carry its time, so one that comes after the lateness is late, whatever the horizon.
        instant: answer at once.
        limits: bounds of the state.

    Examples:
        >>> from zhenbo.core.story import read
        >>> told = read("20:00 a1 comments; 20:01 a2 comments; 20:09 a1 comments").session().events
        >>> kernel = Kernel([Feature("n", "distinct", ("session_id",), 300, of="actor_id")])
        >>> kernel.feed(told).values["n"].tolist()  # the last event waits: another may share its instant
        [1.0, 2.0]
        >>> kernel.flush().values["n"].tolist()
        [1.0]
    """

    def __init__(
        self,
        declared: Sequence[Feature],
        *,
        lateness: float = 0.0,
        horizon: float | None = 600.0,
        instant: bool = False,
        limits: Limits | None = None,
    ) -> None:
        limits = limits or Limits()
        self.declared = tuple(declared)
        self.groups = groups(declared)
        self.lateness = int(lateness * SECOND)
        self.horizon = None if horizon is None else int(horizon * SECOND)
        self.instant = instant
        self.limits = limits
        self.counters = Counters()
        self._machines = [_Machine(g, limits.alive) for g in self.groups]
        self._ids = (Table(1), Ring(2, 1, limits.alive)) if horizon is not None else None
        self._columns = _Columns.of(self.groups)
        self._waiting = Waiting(1 + self._columns.width)
        self._clock = self._floor = _LEAST

    def feed(self, events: pa.Table | pa.RecordBatch) -> Answer:
        """Take events in; the answers that are known after them.

        Args:
            events: any columns the features name, `ts` and, for `horizon` and the order of one instant, `event_id`
                (with `source`, if there is one). `ts_seen`, if there is one, keeps an event from the future from
                pushing the watermark.
        """
        if isinstance(events, pa.RecordBatch):
            events = pa.Table.from_batches([events])
        first = self.counters.seen
        self.counters.seen += events.num_rows
        rows = np.arange(first, self.counters.seen, dtype=np.int64)
        timed = door.present(events["ts"]).view(np.bool_)
        ts, ids = door.whole(events["ts"]), _ids(events, rows)
        data = np.empty((1 + self._columns.width, len(rows)), dtype=np.int64)
        data[0] = rows
        self._columns.fill(events, data[1:])
        late, ts = self._on_time(ts, timed, events)
        aside = ~timed | late if not self.instant else ~timed
        self.counters.untimed += int((~timed).sum())
        self.counters.late += int(late.sum())
        if aside.any():
            ts, ids, data = ts[~aside], ids[~aside], np.ascontiguousarray(data[:, ~aside])
        if self.instant:
            released = Released(ts, ids, data)
        else:
            self._waiting.take_in(ts, ids, data)
            released = self._release(self._watermark())
        return self._answer(released, rows[late] if not self.instant else rows[:0], rows[~timed])

    def flush(self) -> Answer:
        """The answers of everything that still waits: the stream has ended, or pauses."""
        none = np.empty(0, dtype=np.int64)
        return self._answer(self._release(None), none, none)

    def _watermark(self) -> int:
        return max(self._clock - self.lateness, _LEAST)

    def _on_time(
        self, ts: Ints, timed: npt.NDArray[np.bool_], events: pa.Table
    ) -> tuple[npt.NDArray[np.bool_], Ints]:
        """Which events are behind the watermark as it stood when they came; instant: the times they count at."""
        told = ts
        if "ts_seen" in events.column_names and not self.instant:
            seen = events["ts_seen"]
            told = np.where(door.present(seen).view(np.bool_), np.minimum(ts, door.whole(seen)), ts)
        told = np.where(timed, told, _LEAST)
        clock = np.maximum.accumulate(np.append(self._clock, told))
        self._clock = int(clock[-1])
        if self.instant:
            at = np.maximum(ts, clock[:-1])
            return timed & (at > ts), at
        # no time lies within `lateness` of the least int64, which stands for "nothing seen yet"
        mark = np.where(clock[:-1] < _LEAST + self.lateness, _LEAST, clock[:-1] - self.lateness)
        return timed & (ts < np.maximum(mark, self._floor)), ts

    def _release(self, moment: int | None) -> Released:
        n = self._waiting.before(moment)
        over = len(self._waiting) - n - self.limits.waiting
        if over > 0:
            self.counters.forced += over
            n += over
        return self._waiting.let_out(n)

    def _answer(self, released: Released, late: Ints, untimed: Ints) -> Answer:
        repeats, (ts, _, data) = self._distinct(released)
        if len(ts):
            self._floor = max(self._floor, int(ts[-1]))
        values = {f.name: np.full(len(ts), np.nan) for f in self.declared}
        for machine_, (key, other, filled) in zip(self._machines, self._columns.per_group, strict=True):
            answers = machine_.step(
                ts, data[1 + key], data[1 + other] if other is not None else None,
                data[1 + filled].astype(np.uint8) if filled is not None else None, self.instant,
            )  # fmt: skip
            values.update(zip(machine_.group.names, answers, strict=True))
        rings = [m.ring for m in self._machines] + ([self._ids[1]] if self._ids else [])
        self.counters.evicted = sum(r.evicted for r in rings)
        self.counters.short = sum(m.ring.short for m in self._machines)
        return Answer(data[0].copy(), values, late, repeats, untimed)

    def _distinct(self, released: Released) -> tuple[Ints, Released]:
        none = np.empty(0, dtype=np.int64)
        if self._ids is None or not len(released.ts):
            return none, released
        table, ring = self._ids
        table.reserve(len(released.ts))
        keep = np.empty(len(released.ts), dtype=np.uint8)
        assert self.horizon is not None
        if not machine.dedupe(released.ts, released.ids, keep, table.address, ring.address, self.horizon):
            return none, released
        kept = keep.view(np.bool_)
        repeats = released.columns[0][~kept]
        self.counters.duplicates += len(repeats)
        return repeats, Released(
            released.ts[kept], released.ids[kept], np.ascontiguousarray(released.columns[:, kept])
        )

    @property
    def state_bytes(self) -> int:
        """Memory the state holds."""
        held: list[Any] = [
            self._waiting,
            *(part for m in self._machines for part in m.state),
            *(self._ids or ()),
        ]
        return sum(h.bytes for h in held)

    def state(self) -> dict[str, npt.NDArray[Any]]:
        """Everything needed to go on, as arrays by name (`restore`)."""
        waiting = self._waiting.snapshot()
        out: dict[str, npt.NDArray[Any]] = {
            "clock": np.array([self._clock, self._floor]),
            "counters": np.array([getattr(self.counters, f.name) for f in fields(Counters)]),
            "waiting.ts": waiting.ts, "waiting.ids": waiting.ids, "waiting.columns": waiting.columns,
        }  # fmt: skip
        for name, part in self._parts():
            out.update({f"{name}.{key}": array for key, array in part.state().items()})
        return out

    def restore(self, state: Mapping[str, npt.NDArray[Any]]) -> None:
        """Take the state of a kernel made with the same arguments; the next event may follow."""
        self._clock, self._floor = (int(x) for x in state["clock"])
        for f, value in zip(fields(Counters), state["counters"].tolist(), strict=True):
            setattr(self.counters, f.name, value)
        self._waiting = Waiting(1 + self._columns.width)
        self._waiting.take_in(state["waiting.ts"], state["waiting.ids"], state["waiting.columns"])
        for name, part in self._parts():
            part.restore(
                {key.removeprefix(f"{name}."): a for key, a in state.items() if key.startswith(f"{name}.")}
            )

    def _parts(self) -> list[tuple[str, Table | Ring]]:
        named: list[tuple[str, Table | Ring]] = []
        for i, m in enumerate(self._machines):
            named += [
                (f"group{i}.{name}", part)
                for name, part in zip(("keys", "pairs", "counts", "ring"), m.state, strict=True)
            ]
        return named + (list(zip(("ids.keys", "ids.ring"), self._ids, strict=True)) if self._ids else [])


def _ids(events: pa.Table, rows: Ints) -> Ints:
    """A hashed identity per event; one of its own for an event without."""
    names = [n for n in ("source", "event_id") if n in events.column_names]
    if "event_id" not in names:
        return np.asarray(door.hashed(pa.chunked_array([rows])))
    made = door.key_of(events, tuple(names))
    lacking = made == 0
    if lacking.any():
        made = np.where(lacking, door.hashed(pa.chunked_array([rows])), made)
    return made


@dataclass(frozen=True)
class _Columns:
    """Which hashed columns travel with an event, and which of them each group reads.

    Args:
        keys: (by, kinds) of each key column.
        others: (key column, of, kind of second column) of each second column.
        width: columns in all.
        per_group: key, second and filled column of each group.
    """

    keys: tuple[tuple[tuple[str, ...], tuple[str, ...]], ...]
    others: tuple[tuple[int, str, bool], ...]
    width: int
    per_group: tuple[tuple[int, int | None, int | None], ...]

    @classmethod
    def of(cls, made: Sequence[Group]) -> "_Columns":
        keys = tuple(dict.fromkeys((g.by, g.kinds) for g in made))
        key = {k: i for i, k in enumerate(keys)}
        others = tuple(
            dict.fromkeys((key[g.by, g.kinds], g.of, g.what == VALUE) for g in made if g.of is not None)
        )
        at, places = len(keys), {}
        for other in others:
            places[other] = at
            at += 2 if other[2] else 1
        per_group = []
        for g in made:
            if g.of is None:
                per_group.append((key[g.by, g.kinds], None, None))
                continue
            place = places[key[g.by, g.kinds], g.of, g.what == VALUE]
            per_group.append((key[g.by, g.kinds], place, place + 1 if g.what == VALUE else None))
        return cls(keys, others, at, tuple(per_group))

    def fill(self, events: pa.Table, out: Ints) -> None:
        """Hash what the features name, once, into rows of `out`."""
        for i, (by, kinds) in enumerate(self.keys):
            made = door.key_of(events, by)
            out[i] = np.where(door.among(events["kind"], kinds), made, 0) if kinds else made
        at = len(self.keys)
        for key, of, is_value in self.others:
            if is_value:
                out[at], out[at + 1] = door.whole(events[of]), door.present(events[of])
            else:
                out[at] = door.pairs(out[key], door.hashed(events[of]))
            at += 2 if is_value else 1


class _Machine:
    """A key group with its state."""

    def __init__(self, group: Group, alive: int) -> None:
        self.group = group
        self.ring = Ring(group.ring_words, len(group.lanes), alive)
        self._keys = Table(group.words)
        self._pairs = Table(1 + len(group.lanes))
        self._counts = Table(2)
        measures = {MEASURES[m] for m in group.asked[:, 0]}
        self._top = "top_share" in measures
        self._by_value = bool(measures & {"first", "last"})  # of one instant, the least is first
        self.state = (self._keys, self._pairs, self._counts, self.ring)

    def step(
        self, ts: Ints, keys: Ints, others: Ints | None, filled: npt.NDArray[np.uint8] | None, instant: bool
    ) -> Floats:
        """The group's answers to a batch, one row per feature."""
        n = len(ts)
        out = np.full((len(self.group.asked), n), np.nan)
        if not n:
            return out
        order = None
        if self._by_value and not instant and others is not None and filled is not None:
            order = np.lexsort((others, ts))
            ts, keys, others, filled = ts[order], keys[order], others[order], filled[order]
        self._keys.reserve(n)
        if others is not None and filled is None:
            self._pairs.reserve(n)
            if self._top:
                # every count that stands has a pair of its own behind it
                self._counts.reserve((self._pairs.count + n) * len(self.group.lanes) - self._counts.count)
        machine.step(
            ts, keys, keys if others is None else others, np.ones(n, dtype=np.uint8) if filled is None else filled,
            self._keys.address, self._pairs.address, self._counts.address, self.ring.address,
            len(self.group.lanes), self.group.lanes.ctypes.data, self.group.fields.ctypes.data, self.group.what,
            self.group.asked, instant, out,
        )  # fmt: skip
        if order is not None:
            out[:, order] = out.copy()
        return out
