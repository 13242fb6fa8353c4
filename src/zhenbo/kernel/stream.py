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
from zhenbo.kernel.columns import Columns, ids
from zhenbo.kernel.group import Machine
from zhenbo.kernel.plan import Feature, groups
from zhenbo.kernel.single import Single
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
        share: (i, n): of every key group only the i-th of n ranges of keys is kept and answered; kernels of all n
            shares together give the whole answer (`engines.shares`).

    Examples:
        >>> from zhenbo.core.story import read
        >>> told = read("20:00 a1 enters; 20:01 a2 enters; 20:09 a1 enters").session().events
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
        share: tuple[int, int] = (0, 1),
    ) -> None:
        limits = limits or Limits()
        self.declared = tuple(declared)
        self.groups = groups(declared)
        self.lateness = int(lateness * SECOND)
        self.horizon = None if horizon is None else int(horizon * SECOND)
        self.instant = instant
        self.limits = limits
        self.share = share
        self._counters = Counters()
        self._machines = [Machine(g, limits.alive, at_once=instant) for g in self.groups]
        self._ids = (
            (Table(1, at_once=instant), Ring(2, 1, limits.alive, at_once=instant))
            if horizon is not None
            else None
        )
        self._columns = Columns.of(self.groups)
        self._waiting = Waiting(1 + self._columns.width)
        self._clock = self._floor = _LEAST
        self._single: Single | None = None

    def feed(self, events: pa.Table | pa.RecordBatch) -> Answer:
        """Take events in; the answers that are known after them.

        Args:
            events: any columns the features name, `ts` and, for `horizon` and the order of one instant, `event_id`
                (with `source`, if there is one). `ts_seen`, if there is one, keeps an event from the future from
                pushing the watermark.
        """
        if isinstance(events, pa.RecordBatch):
            events = pa.Table.from_batches([events])
        self._single = None  # what it made room for may be taken
        first = self._counters.seen
        self._counters.seen += events.num_rows
        rows = np.arange(first, self._counters.seen, dtype=np.int64)
        timed = door.present(events["ts"]).view(np.bool_)
        ts, names = door.whole(events["ts"]), ids(events, rows)
        data = np.empty((1 + self._columns.width, len(rows)), dtype=np.int64)
        data[0] = rows
        self._columns.fill(events, data[1:], self.share)
        late, ts = self._on_time(ts, timed, events)
        aside = ~timed | late if not self.instant else ~timed
        self._counters.untimed += int((~timed).sum())
        self._counters.late += int(late.sum())
        if aside.any():
            ts = ts.copy()  # Arrow's memory is not ours to move about in
            n = machine.compact((~aside).view(np.uint8), ts, names, data)
            ts, names, data = ts[:n], names[:n], data[:, :n]
        if self.instant:
            released = Released(ts, names, data)
        else:
            released = self._within_bounds(self._waiting.through(ts, names, data, self._watermark()))
        return self._answer(released, rows[late] if not self.instant else rows[:0], rows[~timed])

    def decide(self, event: Mapping[str, Any]) -> dict[str, float] | None:
        """The instant answer to one event, in tens of microseconds: what `feed` of that one row would say.

        Args:
            event: the columns the features name, `ts` as an integer of microseconds, `event_id`, and `source` if
                `feed` is given one too.

        Returns:
            Value by feature; None for a repeat, and for an event without a time.

        Raises:
            ValueError: when this kernel is not an instant one: a settled answer is not known yet.
        """
        if not self.instant:
            raise ValueError(
                "Only an instant kernel decides at once; make it with instant=True, or feed and wait."
            )
        number, told = self._counters.seen, event.get("ts")
        self._counters.seen += 1
        if told is None:
            self._counters.untimed += 1
            return None
        self._counters.late += told < self._clock
        now = self._clock = self._floor = max(told, self._clock)
        if self._single is None or self._single.sourced != ("source" in event):
            self._single = Single(
                self._machines, self._columns, self.share, self._ids, self.horizon, sourced="source" in event
            )
        answer = self._single.answer(now, number, event)
        self._counters.duplicates += answer is None
        return answer

    def flush(self) -> Answer:
        """The answers of everything that still waits: the stream has ended, or pauses."""
        none = np.empty(0, dtype=np.int64)
        return self._answer(self._waiting.let_out(len(self._waiting)), none, none)

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

    def _within_bounds(self, released: Released) -> Released:
        """What leaves, and what must leave with it because too many wait."""
        over = len(self._waiting) - self.limits.waiting
        if over <= 0:
            return released
        self._counters.forced += over
        more = self._waiting.let_out(over)
        return Released(*(np.concatenate([a, b], axis=-1) for a, b in zip(released, more, strict=True)))

    def _answer(self, released: Released, late: Ints, untimed: Ints) -> Answer:
        repeats, (ts, _, data) = self._distinct(released)
        if len(ts):
            self._floor = max(self._floor, int(ts[-1]))
        values = {f.name: np.full(len(ts), np.nan) for f in self.declared}
        for machine_, (key, other, filled) in zip(self._machines, self._columns.per_group, strict=True):
            answers = machine_.step(
                ts, data[1 + key], data[1 + other] if other is not None else None,
                data[1 + filled] if filled is not None else None, self.instant,
            )  # fmt: skip
            values.update(zip(machine_.group.names, answers, strict=True))
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
        self._counters.duplicates += len(repeats)
        n = machine.compact(keep, *released)
        return repeats, Released(released.ts[:n], released.ids[:n], released.columns[:, :n])

    @property
    def counters(self) -> Counters:
        """What happened to events so far."""
        rings = [m.ring for m in self._machines] + ([self._ids[1]] if self._ids else [])
        self._counters.evicted = sum(r.evicted for r in rings)
        self._counters.short = sum(m.ring.short for m in self._machines)
        return self._counters

    @property
    def alive(self) -> int:
        """Most events alive in the longest window of any key group."""
        return max((m.ring.alive for m in self._machines), default=0)

    @property
    def state_bytes(self) -> int:
        """Memory the state holds."""
        held: list[Any] = [
            self._waiting,
            *(part for m in self._machines for part in m.state.values()),
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
            setattr(self._counters, f.name, value)
        self._waiting = Waiting(1 + self._columns.width)
        self._waiting.take_in(state["waiting.ts"], state["waiting.ids"], state["waiting.columns"])
        for name, part in self._parts():
            part.restore(
                {key.removeprefix(f"{name}."): a for key, a in state.items() if key.startswith(f"{name}.")}
            )

    def _parts(self) -> list[tuple[str, Table | Ring]]:
        """Tables and rings, by name."""
        named: list[tuple[str, Table | Ring]] = [
            (f"group{i}.{name}", part) for i, m in enumerate(self._machines) for name, part in m.state.items()
        ]
        if self._ids is not None:
            named += [("ids.keys", self._ids[0]), ("ids.ring", self._ids[1])]
        return named
