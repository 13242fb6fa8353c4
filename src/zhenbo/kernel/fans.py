"""Who followed in a session, who of them left the host again and when, and what the host's others did meanwhile."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from zhenbo.core.followers import OTHERS, UNTIL
from zhenbo.core.session import HOUR, Session, by_visitors, codes, micros

Ints = npt.NDArray[np.int64]
Floats = npt.NDArray[np.float64]
Bools = npt.NDArray[np.bool_]

NEVER = np.iinfo(np.int64).max
_TOOK_PART = ("comment", "like", "share", "gift", "join_club", "product_click", "cart_add", "order_create", "order_pay")  # fmt: skip


@dataclass(frozen=True)
class Fans:
    """Accounts that followed in a session, by code.

    Args:
        names: account ids.
        at: first follow, microseconds.
        gone: first unfollow after it; `NEVER` if none is told.
        left_room: last departure told, or the last moment where none is.
        silent: whether nothing is told of the account in the session but coming, following and going.
        until: the last unfollow that the record tells of the host, whoever left; None where it tells of none.
        left: unfollows by others, per hour from the first follow on.
        came: follows outside any broadcast, likewise.
        start: the first of these hours, microseconds.
    """

    names: pa.Array
    at: Ints
    gone: Ints
    left_room: Ints
    silent: Bools
    until: int | None
    left: Floats
    came: Floats
    start: int


def fans(session: Session) -> Fans:
    """The followers of a session."""
    rows = by_visitors(session.rows("follow"), "ts")
    who, names = codes(rows["actor_id"])
    at = np.full(len(names), NEVER)
    np.minimum.at(at, who, micros(rows["ts"]))
    fell = session.rows("unfollow")
    fell = fell.filter(pc.and_(pc.is_valid(fell["actor_id"]), pc.is_valid(fell["ts"])))
    place, ts = _place(fell["actor_id"], names), micros(fell["ts"])
    after = (place >= 0) & (ts > at[np.maximum(place, 0)] if len(names) else False)
    gone = np.full(len(names), NEVER)
    np.minimum.at(gone, place[after], ts[after])
    silent = np.ones(len(names), dtype=bool)
    acts = _place(session.rows(*_TOOK_PART)["actor_id"], names)
    silent[acts[acts >= 0]] = False
    left = session.rows("leave")
    place, out = _place(left["actor_id"], names), np.full(len(names), np.iinfo(np.int64).min)
    np.maximum.at(out, place[place >= 0], micros(left["ts"])[place >= 0])
    out[out < at] = NEVER
    return Fans(names, at, gone, out, silent, *_others(session, int(at.min(initial=NEVER))))


def _place(actors: pa.ChunkedArray, names: pa.Array) -> Ints:
    found = pc.fill_null(pc.index_in(actors, value_set=names), -1)
    return np.asarray(found.to_numpy(zero_copy_only=False), dtype=np.int64)


def _others(session: Session, first: int) -> tuple[int | None, Floats, Floats, int]:
    start = first // HOUR * HOUR
    hours = max((session.as_of - start) // HOUR + 1, 1) if first != NEVER else 1
    series = {}
    for kind, name in OTHERS.items():
        rows = session.measured(name)
        at = (micros(rows["bucket_start"]) - start) // HOUR
        keep = (at >= 0) & (at < hours)
        value = np.asarray(rows["value"].to_numpy(), dtype=np.float64)
        size = int(at[keep].max(initial=0)) + 1
        series[kind] = np.bincount(at[keep], weights=value[keep], minlength=size).astype(np.float64)
    until = micros(session.measured(UNTIL)["bucket_start"])
    return int(until.max()) if len(until) else None, series["unfollow"], series["follow"], start
