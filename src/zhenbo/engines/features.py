"""Declared features over events that no one machine holds: a hop per key, joined on the event.

A feature keyed by account needs all events of the account, one keyed by device all of the device: splitting by room
alone lost 4 % of the flags on two parts (`ENGINES`). So every key group of the plan travels by its own key, is
computed by the same door as everywhere (`kernel.features`), and the answers meet again at the event they belong to.
"""

from collections.abc import Sequence
from functools import partial, reduce
from typing import TypeVar

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from zhenbo.core.rows import Rows
from zhenbo.core.session import codes
from zhenbo.kernel.features import Feature, features
from zhenbo.kernel.plan import groups

R = TypeVar("R", bound=Rows)
IDENTITY = ("source", "event_id", "ts")
SECOND = 1_000_000


def windows(events: R, declared: Sequence[Feature], horizon: float | None = 600.0) -> R:
    """Every declared feature of every distinct event.

    Args:
        events: canonical events, in any order, repeats and all.
        declared: what to measure.
        horizon: seconds within which repeats of an event id are dropped, the first in time stays; None where events
            are known to be distinct.

    Returns:
        `source, event_id, ts` and one float column per feature, NaN where it has no meaning; in no promised order.
    """
    told = answers_schema(events.schema, declared)
    by_name = {f.name: f for f in declared}
    if horizon is not None:
        once = partial(first_in_time, horizon=int(horizon * SECOND))
        events = events.keyed(("source", "event_id"), once, events.schema)
    blank = events.each(partial(_answered, hop=(), schema=told), told)
    hops = []
    for group in groups(declared):
        mine = tuple(by_name[name] for name in group.names)
        columns = tuple(dict.fromkeys([*IDENTITY, *(name for f in mine for name in f.columns)]))
        slim = pa.schema([events.schema.field(name) for name in columns])
        keyed = events.each(partial(_with_key, by=group.by, columns=columns), slim)
        hops.append(keyed.keyed(group.by, partial(_answered, hop=mine, schema=told), told))
    return reduce(lambda a, b: a.plus(b), hops, blank).keyed(IDENTITY, _joined, told)


def answers_schema(events: pa.Schema, declared: Sequence[Feature]) -> pa.Schema:
    """Identity of an event and its features."""
    return pa.schema(
        [*(events.field(name) for name in IDENTITY), *((f.name, pa.float64()) for f in declared)]
    )


def first_in_time(events: pa.Table, horizon: int) -> pa.Table:
    """Each event id once per horizon (microseconds): the first in time, then the first that is that long after it."""
    ids = _numbers(events, ("source", "event_id"))
    ts = np.asarray(pc.fill_null(events["ts"].cast(pa.int64()), np.iinfo(np.int64).max).to_numpy())
    order = np.lexsort((ts, ids))
    repeats = np.flatnonzero(ids[order][1:] == ids[order][:-1]) + 1
    keep = np.ones(events.num_rows, dtype=bool)
    kept: dict[int, int] = {}
    for k in repeats.tolist():
        row, before = int(order[k]), int(order[k - 1])
        last = kept.get(int(ids[row]), int(ts[before]))
        keep[row] = ts[row] - last >= horizon
        kept[int(ids[row])] = int(ts[row]) if keep[row] else last
    return events.filter(pa.array(keep))


def _numbers(table: pa.Table, names: Sequence[str]) -> npt.NDArray[np.int64]:
    """One integer per row, equal where all the columns are."""
    made = np.zeros(table.num_rows, dtype=np.int64)
    for name in names:
        column = table[name]
        number, values = codes(column.cast(pa.int64()) if pa.types.is_timestamp(column.type) else column)
        made = np.unique(made * (len(values) + 1) + number + 1, return_inverse=True)[1].astype(np.int64)
    return made


def _with_key(events: pa.Table, by: tuple[str, ...], columns: tuple[str, ...]) -> pa.Table:
    """The columns a hop needs, of the rows that have its key."""
    for name in by:
        events = events.filter(pc.is_valid(events[name]))
    return events.select(list(columns))


def _answered(events: pa.Table, hop: tuple[Feature, ...], schema: pa.Schema) -> pa.Table:
    """A hop's answers beside the identity of their events; NaN for what other hops answer."""
    found = features(events, hop)
    unknown = np.full(events.num_rows, np.nan)
    columns = [events[name] for name in IDENTITY]
    columns += [pa.array(found.get(name, unknown)) for name in schema.names[len(IDENTITY) :]]
    return pa.table(dict(zip(schema.names, columns, strict=True)))


def _joined(answers: pa.Table) -> pa.Table:
    """One row per event out of the rows of its hops."""
    if not answers.num_rows:
        return answers
    ids = _numbers(answers, IDENTITY)
    order = np.argsort(ids, kind="stable")
    starts = np.flatnonzero(np.diff(ids[order], prepend=-1))
    columns = {name: answers[name].take(pa.array(order[starts])) for name in IDENTITY}
    for name in answers.schema.names[len(IDENTITY) :]:
        columns[name] = pa.chunked_array([np.fmax.reduceat(answers[name].to_numpy()[order], starts)])
    return pa.table(columns)
