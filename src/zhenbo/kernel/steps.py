"""What accounts did one after the other, and how long they waited in between."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from zhenbo.core.schema import Flag
from zhenbo.core.session import Session, codes, micros

Ints = npt.NDArray[np.int64]

KINDS = ("enter", "comment", "like", "follow", "share", "product_click", "cart_add", "leave")
"""What a visitor does, as far as software is told to do it."""
_STAFF = Flag.HOST | Flag.MOD | Flag.KNOWN_BOT | Flag.HISTORY


@dataclass(frozen=True)
class Steps:
    """One row per act of an account that has an act before it.

    Args:
        names: account ids.
        who: code of the account, index into `names`.
        before: kind of the act before, index into `KINDS`.
        kind: kind of this act.
        wait: microseconds between the two.
        at: microsecond of this act.
        row: place of this act in `rows`.
        rows: the acts themselves.
        ts: microsecond of every act.
    """

    names: pa.Array
    who: Ints
    before: Ints
    kind: Ints
    wait: Ints
    at: Ints
    row: Ints
    rows: pa.Table
    ts: Ints


def steps(session: Session) -> Steps:
    """Consecutive acts of every account; host, moderators, known bots and replayed rows are left out."""
    rows = session.rows(*KINDS)
    keep = pc.equal(pc.bit_wise_and(pc.fill_null(rows["flags"], 0), int(_STAFF)), 0)
    rows = rows.filter(pc.and_(keep, pc.and_(pc.is_valid(rows["actor_id"]), pc.is_valid(rows["ts"]))))
    who, names = codes(rows["actor_id"])
    place, known = codes(rows["kind"])
    kind = np.array([KINDS.index(k) for k in known.to_pylist()], dtype=np.int64)[place] if len(known) else place  # fmt: skip
    ts = micros(rows["ts"])
    order = np.lexsort((kind, ts, who))
    a, b = order[:-1], order[1:]
    same = who[a] == who[b]
    a, b = a[same], b[same]
    return Steps(names, who[b], kind[a], kind[b], ts[b] - ts[a], ts[b], b, rows, ts)
