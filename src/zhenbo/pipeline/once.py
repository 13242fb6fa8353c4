"""Distinct events without moving them all: ids that are met twice are found on a light table, and only they travel.

An event's id is a hash of (source, event_id) here; two events that share one by chance merely travel for nothing.
"""

from functools import partial

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from zhenbo.core.rows import R
from zhenbo.core.schema import EVENTS
from zhenbo.engines.keys import key_hash
from zhenbo.pipeline.program import moment, settled

MARKS = pa.schema([("id", pa.int64()), ("ts", pa.int64())])
"""The hash of an event's identity, and its time in µs."""
_AGAIN = pa.schema([("id", pa.int64()), ("ts", pa.int64()), ("many", pa.bool_())])
"""Ids met more than once with their latest time; a row without id holds the latest time of all others of a batch."""
FEW = 20_000
"""Repeated ids of one batch up to which they are named to everybody; beyond, all events travel."""


def marked(events: pa.Table) -> pa.Table:
    """`MARKS` of events."""
    ids = key_hash(events, ("source", "event_id")).view(np.int64)
    return pa.Table.from_arrays([pa.array(ids), events["ts"].cast(pa.int64())], schema=MARKS)


def once(events: R, marks: R) -> tuple[R, int]:
    """Distinct events, and the microsecond of the latest of them (0 when none has a time).

    Args:
        events: as read, in no order.
        marks: `MARKS` of the same events.
    """
    found = marks.keyed(("id",), again, _AGAIN).gather()
    if pc.any(found["many"]).as_py():
        every = settled(events)
        return every, moment(every)
    named = found.filter(pc.is_valid(found["id"]))
    last = pc.max(found.filter(pc.is_null(found["id"]))["ts"]).as_py() or 0
    if not named.num_rows:
        return events, last
    ids = np.sort(np.asarray(named["id"].to_numpy()))
    repeats = settled(events.each(partial(among, ids), EVENTS))
    if (pc.max(named["ts"]).as_py() or 0) > last:  # which version stays decides what is latest
        last = max(last, moment(repeats))
    return events.each(partial(but, ids), EVENTS).plus(repeats), last


def again(marks: pa.Table) -> pa.Table:
    """Whole ids: `_AGAIN`."""
    ids = np.asarray(marks["id"].to_numpy())
    order = np.argsort(ids, kind="stable")
    same = np.flatnonzero(ids[order][1:] == ids[order][:-1])
    twice = np.zeros(len(ids), dtype=bool)
    twice[order[same]] = twice[order[same + 1]] = True
    rest = pc.max(marks["ts"].filter(pa.array(~twice))).as_py()
    repeated = marks.filter(pa.array(twice)).group_by("id", use_threads=False).aggregate([("ts", "max")])
    if repeated.num_rows > FEW:
        return pa.table({"id": [None], "ts": [rest], "many": [True]}, schema=_AGAIN)
    return pa.table({
        "id": pa.chunked_array([*repeated["id"].chunks, pa.nulls(1, pa.int64())]),
        "ts": pa.chunked_array([*repeated["ts_max"].chunks, pa.array([rest], pa.int64())]),
        "many": [False] * (repeated.num_rows + 1),
    }, schema=_AGAIN)  # fmt: skip


def among(ids: npt.NDArray[np.int64], events: pa.Table) -> pa.Table:
    """The events of some ids."""
    return events.filter(pa.array(_held(ids, events)))


def but(ids: npt.NDArray[np.int64], events: pa.Table) -> pa.Table:
    """The events of all other ids."""
    return events.filter(pa.array(~_held(ids, events)))


def _held(ids: npt.NDArray[np.int64], events: pa.Table) -> npt.NDArray[np.bool_]:
    mine = np.asarray(marked(events)["id"].to_numpy())
    at = np.minimum(np.searchsorted(ids, mine), len(ids) - 1)
    return np.asarray(ids[at] == mine)
