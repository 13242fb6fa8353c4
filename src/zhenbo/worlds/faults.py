"""Faults: what happens to an honest record on its way, and what it must not change.

Every fault is a small pure function of a record, or a change to a written data folder, drawn from a seeded stream.
The law of a fault is `exact` where the settled verdict must be the same to the byte, `no_new_accusation` where rows
are gone or wrong and nobody may become suspect for it.
"""

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from types import MappingProxyType
from typing import Literal

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from zhenbo.core.dataset import Dataset
from zhenbo.core.schema import COUNTER_KINDS, EVENTS, MONEY_KINDS, TRADE_KINDS
from zhenbo.core.session import HOUR, micros
from zhenbo.worlds.crowd import Ints
from zhenbo.worlds.show import SECOND

Harm = Callable[[Dataset, np.random.Generator], Dataset]
Damage = Callable[[Path, np.random.Generator], None]
LOST = 0.05
"""Share of rows that a lossy stream drops: the Douyin capture drops 5 % of its likes (INPUTS 1.2)."""
SKEW = 2 * SECOND
GAP = 0.08
"""Length of an outage of the collector, as a share of the session; judgement (five minutes in an hour)."""
KEPT = 0.7
"""Part of a file that is left when it breaks off."""
BROKEN = 0.02
"""Share of rows with a field that does not read."""


@dataclass(frozen=True)
class Fault:
    """Something that goes wrong between the room and us.

    Args:
        says: what happens, in a line.
        law: what it must keep.
        record: the fault as a function of a record, whose rows may then be unsorted and repeated; or
        folder: as damage to a written canonical folder.
    """

    says: str
    law: Literal["exact", "no_new_accusation"]
    record: Harm | None = None
    folder: Damage | None = None


def shuffled(data: Dataset, rng: np.random.Generator) -> Dataset:
    """Rows in any order."""
    return replace(data, events=data.events.take(pa.array(rng.permutation(data.events.num_rows))))


def late(data: Dataset, rng: np.random.Generator) -> Dataset:
    """A tenth of the rows arrives up to an hour after the others, and says so in `ts_seen`."""
    delayed = rng.random(data.events.num_rows) < 0.1
    wait = np.where(delayed, rng.integers(SECOND, HOUR, len(delayed)), 0)
    events = _moved(data.events, "ts_seen", wait)
    order = np.argsort(micros(events["ts"]) + wait, kind="stable")
    return replace(data, events=events.take(pa.array(order)))


def repeated(data: Dataset, rng: np.random.Generator) -> Dataset:
    """A third of the rows is delivered again, half of those with a later receive time."""
    again = np.flatnonzero(rng.random(data.events.num_rows) < 1 / 3)
    copies = data.events.take(pa.array(again))
    wait = np.where(rng.random(len(again)) < 0.5, rng.integers(1, HOUR, len(again)), 0)
    return shuffled(
        replace(data, events=pa.concat_tables([data.events, _moved(copies, "ts_seen", wait)])), rng
    )


def jittered(data: Dataset, rng: np.random.Generator) -> Dataset:
    """Receive times wander by up to five seconds either way."""
    wander = rng.integers(-5 * SECOND, 5 * SECOND, data.events.num_rows)
    return replace(data, events=_moved(data.events, "ts_seen", wander))


def lost(data: Dataset, rng: np.random.Generator) -> Dataset:
    """Five rows in a hundred never arrive, whatever they are."""
    return replace(data, events=data.events.filter(pa.array(rng.random(data.events.num_rows) >= LOST)))


def gap(data: Dataset, rng: np.random.Generator) -> Dataset:
    """The collector is down for a stretch of every session: nothing of the room, while orders come from elsewhere."""
    ts = micros(data.events["ts"])
    kind = data.events["kind"].cast(pa.string())
    room = ~np.asarray(pc.is_in(kind, pa.array([*TRADE_KINDS, *MONEY_KINDS])).to_numpy(zero_copy_only=False))
    session = data.events["session_id"].cast(pa.string())
    gone = np.zeros(len(ts), dtype=bool)
    for name in sorted(pc.unique(session.drop_null()).to_pylist()):
        mine = np.asarray(pc.fill_null(pc.equal(session, name), False).to_numpy(zero_copy_only=False)) & room
        if mine.any():
            first, last = int(ts[mine].min()), int(ts[mine].max())
            start = first + (0.1 + 0.8 * rng.random()) * (last - first) * (1 - GAP)
            gone |= mine & (ts >= start) & (ts < start + GAP * (last - first))
    return replace(data, events=data.events.filter(pa.array(~gone)))


def skewed(data: Dataset, rng: np.random.Generator) -> Dataset:
    """One source's clock is two seconds off; where there is one source only, the counters are read by another clock."""
    source = data.events["source"].cast(pa.string())
    names = sorted(pc.unique(source.drop_null()).to_pylist())
    if len(names) > 1:
        off = pc.equal(source, names[int(rng.integers(len(names)))])
    else:
        off = pc.is_in(data.events["kind"].cast(pa.string()), pa.array(COUNTER_KINDS))
    step = np.where(np.asarray(off.to_numpy(zero_copy_only=False)), SKEW if rng.random() < 0.5 else -SKEW, 0)
    return replace(data, events=_moved(data.events, "ts", step))


def _moved(events: pa.Table, column: str, by: Ints) -> pa.Table:
    """The events with a time column moved; null stays null."""
    moved = pc.add(events[column].cast(pa.int64()), pa.array(by))
    place = EVENTS.get_field_index(column)
    return events.set_column(place, EVENTS.field(place), moved.cast(EVENTS.field(place).type))


# --- folders ------------------------------------------------------------------------------------------------------


def truncated(folder: Path, rng: np.random.Generator) -> None:
    """`events` as a JSONL file that breaks off in the middle of a row."""
    body = _lines(folder)
    place = int(len(body) * KEPT) + int(rng.integers(1, 40))
    (folder / "events.jsonl").write_bytes(body[:place])


def broken(folder: Path, rng: np.random.Generator) -> None:
    """`events` as a JSONL file in which some rows have a field that does not read, or no end."""
    rows = _lines(folder).splitlines()
    for at in np.flatnonzero(rng.random(len(rows)) < BROKEN).tolist():
        row = json.loads(rows[at])
        name, wrong = (
            ("ts", "the day before"),
            ("qty", "many"),
            ("flags", "x"),
            ("kind", "danced"),
            ("", ""),
        )[int(rng.integers(5))]
        told = json.dumps({**row, name: wrong} if name else row, ensure_ascii=False).encode()
        rows[at] = told if name else told[: len(told) // 2]
    (folder / "events.jsonl").write_bytes(b"\n".join(rows) + b"\n")


def _lines(folder: Path) -> bytes:
    """The folder's Parquet events as JSONL, the Parquet file gone."""
    file = folder / "events.parquet"
    events = pq.read_table(file, schema=EVENTS)
    file.unlink()
    for name in ("ts", "ts_seen"):
        place = EVENTS.get_field_index(name)
        events = events.set_column(place, name, pc.strftime(events[name], format="%Y-%m-%dT%H:%M:%SZ"))
    told = [{k: v for k, v in row.items() if v is not None} for row in events.to_pylist()]
    return b"".join(json.dumps(row, ensure_ascii=False).encode() + b"\n" for row in told)


FAULTS: Mapping[str, Fault] = MappingProxyType({
    "shuffled": Fault("rows come in any order", "exact", shuffled),
    "late": Fault("a tenth of the rows comes up to an hour late", "exact", late),
    "repeated": Fault("a third of the rows comes twice", "exact", repeated),
    "jittered": Fault("receive times wander by seconds", "exact", jittered),
    "lost": Fault("five rows in a hundred are lost", "no_new_accusation", lost),
    "gap": Fault("the collector is down for a while", "no_new_accusation", gap),
    "skewed": Fault("one source's clock is two seconds off", "no_new_accusation", skewed),
    "truncated": Fault("the file breaks off", "no_new_accusation", folder=truncated),
    "broken": Fault("fields of some rows do not read", "no_new_accusation", folder=broken),
})  # fmt: skip
"""Every fault by name."""
