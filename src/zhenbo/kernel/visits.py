"""Visits: when somebody came, when they left again, and what they did in between."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from zhenbo.core.schema import ROOM_KINDS
from zhenbo.core.session import Session, by_visitors, codes, micros

Ints = npt.NDArray[np.int64]
Bools = npt.NDArray[np.bool_]

OPEN = np.iinfo(np.int64).max
"""Departure of somebody who was not seen to leave."""


@dataclass(frozen=True)
class Visits:
    """One row per entry seen, in the order of the record.

    Args:
        names: account ids.
        who: code of the visitor, index into `names`.
        came: microsecond of the entry.
        left: microsecond of the next leave of the same account before its next entry; `OPEN` where none was seen.
        acts: what they did from entry to departure (comments, likes, follows, clicks …).
        first: microsecond of the first of these; `OPEN` where there was none.
        door: code of the entrance they came by, −1 where none is told.
    """

    names: pa.Array
    who: Ints
    came: Ints
    left: Ints
    acts: Ints
    first: Ints
    door: Ints

    @property
    def ended(self) -> Bools:
        """Visits whose departure was seen."""
        return np.asarray(self.left != OPEN)

    def apart(self, which: Bools) -> tuple[pa.Array, pa.Array]:
        """Account ids of those who made some visits, and of all other visitors."""
        mine = np.unique(self.who[which])
        return self.names.take(pa.array(mine)), self.names.take(pa.array(np.setdiff1d(self.who, mine)))

    def code(self, accounts: pa.Array | pa.ChunkedArray) -> Ints:
        """Code of each account id, −1 for whoever was not seen here."""
        place = pc.fill_null(pc.index_in(accounts, value_set=self.names), -1)
        return np.asarray(place.to_numpy(), dtype=np.int64)


def visits(session: Session) -> Visits:
    """Match entries and departures of every account; host, moderators, known bots and replayed rows are left out.

    Matched once per session: a dozen signals ask.
    """
    kept = vars(session).get("_visits")
    if kept is None:
        kept = vars(session)["_visits"] = _read(session)
    return kept


def _read(session: Session) -> Visits:
    rows = by_visitors(session.rows(*ROOM_KINDS), "ts")
    who, names = codes(rows["actor_id"])
    ts = micros(rows["ts"])
    kind = rows["kind"].cast(pa.string())
    enter = np.asarray(pc.equal(kind, "enter").to_numpy(zero_copy_only=False))
    leave = np.asarray(pc.equal(kind, "leave").to_numpy(zero_copy_only=False))
    door, _ = codes(rows["via"])
    order = np.lexsort((leave.astype(np.int8) - enter, ts, who))
    who, ts, enter, leave = who[order], ts[order], enter[order], leave[order]
    started = np.cumsum(enter)
    owner = np.r_[-1, who[enter]][started]  # whose entry came last
    mine = (started > 0) & (owner == who)
    n = int(enter.sum())
    left = np.full(n, OPEN, dtype=np.int64)
    np.minimum.at(left, started[mine & leave] - 1, ts[mine & leave])
    did = mine & ~enter & ~leave
    acts = np.bincount(started[did] - 1, minlength=n)
    first = np.full(n, OPEN, dtype=np.int64)
    np.minimum.at(first, started[did] - 1, ts[did])
    back = np.argsort(order[enter], kind="stable")  # from account by account to the order of the record
    came_by = door[order][enter]
    return Visits(
        names, who[enter][back], ts[enter][back], left[back], acts[back], first[back], came_by[back]
    )
