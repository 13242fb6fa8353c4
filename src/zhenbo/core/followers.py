"""What becomes of follows: an unfollow outside any broadcast belongs to the session in which the account followed.

One hop over a light table (`FANS`) for whose unfollow it is, the rows of one account and host meet; one for what else
happened to the host, told to each of its sessions by the hour: how many others left or came while its own followers
fell away. A session of a host of whom no unfollow is told at all hears nothing, because absence would say nothing.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from zhenbo.core.homes import HOMES
from zhenbo.core.order import canonical_order
from zhenbo.core.rows import R, plain, shaped
from zhenbo.core.schema import SESSION_METRICS, TS
from zhenbo.core.session import DAY, HOUR, codes

Ints = npt.NDArray[np.int64]
Floats = npt.NDArray[np.float64]
Bools = npt.NDArray[np.bool_]

SOURCE = "zhenbo.core"
AFTERWARDS = 31 * DAY
"""How long after its first follow a session is told what others did: sellers make good what falls away in a
month (FIELD A45), and an hour told takes one row."""
OTHERS = {"follow": "fans.followed", "unfollow": "fans.unfollowed"}
"""Metrics by the hour: follows of the same host outside any broadcast, and unfollows that are not this session's own."""
UNTIL = "fans.until"
"""Metric: how many unfollows the record tells of the host, its bucket beginning at the last of them."""

FANS = pa.schema([
    ("ts", TS), ("source", pa.string()), ("event_id", pa.string()), ("platform", pa.string()), ("host_id", pa.string()),
    ("actor_id", pa.string()), ("fell", pa.bool_()), ("session_id", pa.string()),
])  # fmt: skip
"""Follows and unfollows (`fell`) with a time and a host."""
HOURS = pa.schema([
    ("platform", pa.string()), ("host_id", pa.string()), ("subject", pa.string()), ("fell", pa.bool_()),
    ("hour", pa.int64()), ("n", pa.int64()), ("first", pa.int64()), ("last", pa.int64()),
])  # fmt: skip
"""Their number per hour and subject (null for what belongs to no session), with the first and last microsecond."""


def fallen(fans: R) -> R:
    """`HOMES` of the unfollows outside any session whose follow a session knows."""
    return fans.each(named, FANS).keyed(("platform", "host_id", "actor_id"), fallen_from, HOMES)


def around(fans: R) -> R:
    """What each session is told of its host's other followers, as rows of `SESSION_METRICS`."""
    known = fans.each(named, FANS).keyed(("platform", "host_id", "actor_id"), hours_of, HOURS)
    hours = known.plus(fans.each(nameless, FANS).each(hours_of, HOURS))
    return hours.keyed(("platform", "host_id"), told_around, SESSION_METRICS)


def wandering(events: pa.Table) -> pa.ChunkedArray:
    """Which rows are unfollows outside any session; one that names an order is trade, and finds its order's home."""
    fell = pc.equal(plain(events["kind"]), "unfollow")
    return pc.and_(fell, pc.and_(pc.is_null(events["session_id"]), pc.is_null(events["order_id"])))


def fan_rows(events: pa.Table) -> pa.Table:
    """The follows and unfollows among events, as `FANS`."""
    kind = plain(events["kind"])
    mine = pc.is_in(kind, pa.array(["follow", "unfollow"]))
    stray = pc.and_(pc.is_null(events["session_id"]), pc.is_valid(events["order_id"]))
    placed = pc.and_(pc.is_valid(events["ts"]), pc.is_valid(events["host_id"]))
    rows = events.filter(pc.and_(pc.and_(mine, placed), pc.invert(stray)))
    return pa.Table.from_arrays([
        rows["ts"], plain(rows["source"]), rows["event_id"], plain(rows["platform"]), plain(rows["host_id"]),
        rows["actor_id"], pc.equal(plain(rows["kind"]), "unfollow"), plain(rows["session_id"]),
    ], schema=FANS)  # fmt: skip


def named(fans: pa.Table) -> pa.Table:
    """Rows that say who."""
    return fans.filter(pc.is_valid(fans["actor_id"]))


def nameless(fans: pa.Table) -> pa.Table:
    """Rows that do not."""
    return fans.filter(pc.is_null(fans["actor_id"]))


def fallen_from(fans: pa.Table) -> pa.Table:
    """Whole followers of `FANS`: the homes of their unfollows outside any session."""
    subject = _subject(fans)
    found = pa.Table.from_arrays([fans["source"], fans["event_id"], subject], schema=HOMES)
    return found.filter(pc.and_(pc.and_(fans["fell"], pc.is_null(fans["session_id"])), pc.is_valid(subject)))


def hours_of(fans: pa.Table) -> pa.Table:
    """Whole followers, or rows that do not say who: `HOURS`, perhaps several of one hour."""
    at = fans["ts"].cast(pa.int64())
    rows = pa.table({
        "platform": fans["platform"], "host_id": fans["host_id"], "subject": _subject(fans), "fell": fans["fell"],
        "hour": pc.divide(at, HOUR), "at": at,
    })  # fmt: skip
    made = rows.group_by(["platform", "host_id", "subject", "fell", "hour"], use_threads=False).aggregate(
        [("at", "count"), ("at", "min"), ("at", "max")]
    )
    return made.rename_columns(
        {"at_count": "n", "at_min": "first", "at_max": "last"} | {name: name for name in HOURS.names[:5]}
    ).select(HOURS.names)


def _subject(fans: pa.Table) -> pa.ChunkedArray:
    """The session of every row: its own, or for one outside any that in which the account last followed before it."""
    outside = pc.is_null(fans["session_id"])
    if not fans.num_rows or not pc.any(pc.and_(outside, fans["fell"])).as_py():
        return fans["session_id"]
    rows = fans.append_column("row", pa.array(np.arange(fans.num_rows)))
    rows = canonical_order(rows)
    key, _ = codes(pc.binary_join_element_wise(
        *(pc.coalesce(rows[name], "") for name in ("platform", "host_id")), rows["actor_id"], "\x00"
    ))  # fmt: skip
    began = _flags(pc.and_(pc.is_valid(rows["session_id"]), pc.invert(rows["fell"])))
    ts = np.asarray(rows["ts"].cast(pa.int64()).to_numpy())
    order = np.lexsort((~began, ts, key))  # a follow at the very moment comes before
    place = np.where(began[order], np.arange(len(order)), -1)
    latest = np.maximum.accumulate(place)
    held = (latest >= 0) & (key[order] >= 0) & (key[order][latest] == key[order])
    origin = np.full(len(order), -1)
    row = np.asarray(rows["row"].to_numpy())
    origin[row[order[held]]] = row[order[latest[held]]]
    from_there = fans["session_id"].take(pa.array(origin, mask=origin < 0))
    fell_outside = pc.and_(outside, fans["fell"])
    return pc.if_else(fell_outside, from_there, fans["session_id"])


def told_around(hours: pa.Table) -> pa.Table:
    """Whole hosts of `HOURS`: what each of their sessions with a follow is told of the others."""
    key, names = codes(pc.binary_join_element_wise(pc.coalesce(hours["platform"], ""), hours["host_id"], "\x00"))  # fmt: skip
    parts = [p for rows in _apart(key, len(names)) for p in _host(hours.take(pa.array(rows)))]
    if not parts:
        return SESSION_METRICS.empty_table()
    size = [len(p.at) for p in parts]
    platform, session = (np.repeat(np.array([getattr(p, c) for p in parts], dtype=object), size) for c in ("platform", "session"))  # fmt: skip
    metric = pa.DictionaryArray.from_arrays(
        pa.array(np.concatenate([p.metric for p in parts]), pa.int32()), [*OTHERS.values(), UNTIL]
    )
    n = len(metric)
    made = {
        "platform": pa.array(platform, pa.string()), "session_id": pa.array(session, pa.string()), "metric": metric,
        "bucket_start": pa.array(np.concatenate([p.at for p in parts])).cast(TS),
        "bucket_seconds": pa.array(np.where(np.concatenate([p.metric for p in parts]) < _UNTIL, HOUR // 1_000_000, 0)),
        "value": pa.array(np.concatenate([p.value for p in parts])),
        "unit": pa.array(["count"] * n), "source": pa.array([SOURCE] * n),
    }  # fmt: skip
    return shaped(pa.table(made), SESSION_METRICS)


_UNTIL = len(OTHERS)
"""The place of `UNTIL` among the metrics."""


@dataclass(frozen=True)
class _Told:
    """What one session is told: metric (its place), moment and number of every row."""

    platform: str | None
    session: str
    metric: Ints
    at: Ints
    value: Floats


def _host(hours: pa.Table) -> Iterator[_Told]:
    """The sessions of one host."""
    fell = _flags(hours["fell"])
    if not fell.any():
        return
    owner, names = codes(hours["subject"])
    hour, n, first, last = (np.asarray(hours[c].to_numpy()) for c in ("hour", "n", "first", "last"))
    until, total, origin = int(last[fell].max()), float(n[fell].sum()), int(hour.min())
    slot = (hour - origin) * 2 + fell  # one place for the follows of an hour, one for its unfollows
    width = AFTERWARDS // HOUR * 2 + 2
    told = fell | (owner < 0)  # a follow in another broadcast is that broadcast's own
    every = np.r_[np.bincount(slot, weights=n * told), np.zeros(width)]
    for name, mine in zip(names.to_pylist(), _apart(owner, len(names)), strict=True):
        began = mine[~fell[mine]]
        if not len(began):
            continue
        low = (int(first[began].min()) // HOUR - origin) * 2
        own = mine[fell[mine] & (slot[mine] >= low) & (slot[mine] < low + width)]
        others = every[low : low + width] - np.bincount(slot[own] - low, weights=n[own], minlength=width)
        at = np.flatnonzero(others > 0)
        moments = ((low + at) // 2 + origin) * HOUR
        yield _Told(
            hours["platform"][0].as_py(), name, np.r_[(low + at) % 2, _UNTIL], np.r_[moments, until], np.r_[others[at], total]
        )  # fmt: skip


def _apart(code: Ints, parts: int) -> list[Ints]:
    """The rows of every code from 0 on, in order."""
    order = np.argsort(code, kind="stable")
    bounds = np.searchsorted(code[order], np.arange(parts + 1))
    return [order[a:b] for a, b in pairwise(bounds.tolist())]


def beside(metrics: pa.Table, told: pa.Table) -> pa.Table:
    """The metrics of a session with what it is told of others, by metric and hour."""
    if not told.num_rows:
        return metrics
    keyed = pa.table({
        "metric": plain(told["metric"]), "at": told["bucket_start"].cast(pa.int64()), "platform": plain(told["platform"]),
        "value": told["value"],
    })  # fmt: skip
    order = pc.sort_indices(keyed, sort_keys=[(name, "ascending") for name in keyed.column_names])
    return pa.concat_tables([metrics, told.take(order)]).unify_dictionaries()


def _flags(column: pa.ChunkedArray) -> Bools:
    return np.asarray(column.to_numpy(zero_copy_only=False), dtype=bool)
