"""One row per event: (source, event_id) is the identity, and conflicting versions settle by a fixed rule.

The rule is greatest `ts_seen`, then greatest content hash; pseudonyms enter the hash last, so that the key used
decides nothing unless two versions differ in nothing but the person.
"""

from hashlib import blake2b
from typing import Any, NamedTuple

import msgspec
import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from zhenbo.core.session import codes

_PERSONAL = frozenset({"actor_id", "device", "ip", "addr", "pay", "target_id", "extra"})
_KEPT = 10_000
_TIMES = ("ts", "ts_seen")
_MANY = 100_000
"""Rows from which repeated ids are looked for by mark first."""


class Distinct(NamedTuple):
    """Distinct events, and what was dropped.

    Args:
        events: one row per (source, event_id).
        duplicates: identical repeats dropped.
        conflicts: differing versions dropped.
        superseded: the first `_KEPT` of those, in identity order.
    """

    events: pa.Table
    duplicates: int
    conflicts: int
    superseded: list[dict[str, Any]]


def distinct(events: pa.Table) -> Distinct:
    """Drop repeats; the result does not depend on the order of the rows."""
    if events.num_rows < 2:
        return Distinct(events, 0, 0, [])
    likely = _likely(events["event_id"])
    key = _identity(events, likely) if likely.size else likely
    order = np.argsort(key, kind="stable")
    fresh = np.flatnonzero(np.diff(key[order], prepend=-1))
    if fresh.size == likely.size:
        return Distinct(events, 0, 0, [])
    sizes = np.diff(np.append(fresh, order.size))
    many = order[np.repeat(sizes > 1, sizes)]
    suspects = likely[many]
    kept, duplicates, losers = _settle(events, key[many], suspects)
    keep = np.ones(events.num_rows, dtype=bool)
    keep[suspects] = False
    keep[kept] = True
    rows = plain_rows(events.take(pa.array(losers[:_KEPT], pa.int64())))
    rows.sort(key=lambda r: (str(r.get("source")), str(r.get("event_id")), _encode(r)))
    return Distinct(events.filter(pa.array(keep)), duplicates, len(losers), rows)


def _likely(ids: pa.ChunkedArray) -> npt.NDArray[np.int64]:
    """Rows that may repeat an id: every one that does is among them."""
    if len(ids) < _MANY:  # sooner done than the compiled part is loaded
        return np.arange(len(ids))
    from zhenbo.intake.columnar.marks import marks

    mark = marks(ids)
    ranked = np.sort(mark)
    twice = np.unique(ranked[1:][ranked[1:] == ranked[:-1]])
    if not twice.size:
        return np.empty(0, dtype=np.int64)
    place = np.minimum(np.searchsorted(twice, mark), twice.size - 1)
    return np.flatnonzero(twice[place] == mark)


def _identity(events: pa.Table, rows: npt.NDArray[np.int64]) -> npt.NDArray[np.int64]:
    """An integer per (source, event_id) for some rows, of which every row of their ids is one."""
    ids, _names = codes(events["event_id"].take(pa.array(rows)))
    sources, names = codes(events["source"])
    return (ids + 1) * (len(names) + 1) + sources[rows] + 1


def _settle(
    events: pa.Table, key: npt.NDArray[np.int64], suspects: npt.NDArray[np.int64]
) -> tuple[list[int], int, list[int]]:
    """Of each group the row to keep, the number of identical repeats, and the losing versions."""
    rows = plain_rows(events.take(pa.array(suspects)))
    ranks = [rank(row) for row in rows]
    groups: dict[int, dict[tuple[int, bytes, bytes], int]] = {}
    duplicates = 0
    for at, mine, row_rank in zip(suspects.tolist(), key.tolist(), ranks, strict=True):
        versions = groups.setdefault(mine, {})
        if row_rank in versions:
            duplicates += 1
        else:
            versions[row_rank] = at
    kept: list[int] = []
    losers: list[int] = []
    for versions in groups.values():
        best = max(versions)
        kept.append(versions[best])
        losers.extend(at for row_rank, at in sorted(versions.items()) if row_rank != best)
    return kept, duplicates, losers


def rank(row: dict[str, Any]) -> tuple[int, bytes, bytes]:
    """What decides between versions of one event: the greatest wins."""
    impersonal = {k: v for k, v in row.items() if k not in _PERSONAL}
    return (row.get("ts_seen", -1), _hash(impersonal), _hash(row))


def _hash(row: dict[str, Any]) -> bytes:
    return blake2b(_encode(row), digest_size=16).digest()


def _encode(row: dict[str, Any]) -> bytes:
    return msgspec.json.encode(row, order="deterministic")


def plain_rows(events: pa.Table) -> list[dict[str, Any]]:
    """Events as dicts without nulls, times as microseconds."""
    for name in _TIMES:
        events = events.set_column(events.column_names.index(name), name, events[name].cast(pa.int64()))
    return [{k: v for k, v in row.items() if v is not None} for row in events.to_pylist()]


def distinct_rows(table: pa.Table) -> pa.Table:
    """A side table without identical rows, sorted by all its columns."""
    if table.num_rows < 2:
        return table
    plain = _plain(table)
    numbered = plain.append_column("__row", pa.array(np.arange(table.num_rows)))
    first = numbered.group_by(plain.column_names, use_threads=False).aggregate([("__row", "min")])
    order = pc.sort_indices(first, sort_keys=[(c, "ascending", "at_end") for c in plain.column_names])
    return table.take(first["__row_min"].take(order))


def summed(metrics: pa.Table) -> pa.Table:
    """Metrics of which those that differ in their value only are added up."""
    others = [name for name in metrics.column_names if name != "value"]
    sums = _plain(metrics).group_by(others, use_threads=False).aggregate([("value", "sum")])
    return pa.Table.from_arrays(
        [_again(sums["value_sum" if e.name == "value" else e.name], e.type) for e in metrics.schema], schema=metrics.schema
    )  # fmt: skip


def _again(column: pa.ChunkedArray, to: pa.DataType) -> pa.ChunkedArray:
    return column.dictionary_encode() if pa.types.is_dictionary(to) else column.cast(to)


def _plain(table: pa.Table) -> pa.Table:
    """The table as Arrow can group it: words as text, times as numbers."""
    return pa.table({
        c: table[c].cast(pa.string()) if pa.types.is_dictionary(table[c].type)
        else table[c].cast(pa.int64()) if pa.types.is_timestamp(table[c].type) else table[c]
        for c in table.column_names
    })  # fmt: skip
