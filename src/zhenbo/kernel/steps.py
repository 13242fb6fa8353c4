"""What accounts did one after the other, and how long they waited in between."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from zhenbo.core.session import Session, by_visitors, codes, micros

Ints = npt.NDArray[np.int64]

KINDS = ("enter", "comment", "like", "follow", "share", "product_click", "cart_add", "leave")
"""What a visitor does, as far as software is told to do it."""


@dataclass(frozen=True)
class Steps:
    """Waits of accounts, one per act that has an act before it, and the acts themselves.

    Args:
        names: account ids.
        who: code of the account, index into `names`.
        before: kind of the act before, index into `KINDS`.
        kind: kind of this act.
        wait: microseconds between the two.
        end: microsecond of this act.
        rows: the acts themselves.
        actor: code of the account of every act.
        ts: microsecond of every act.
    """

    names: pa.Array
    who: Ints
    before: Ints
    kind: Ints
    wait: Ints
    end: Ints
    rows: pa.Table
    actor: Ints
    ts: Ints


def steps(session: Session) -> Steps:
    """Consecutive acts of every account; host, moderators, known bots and replayed rows are left out."""
    rows = by_visitors(session.rows(*KINDS), "ts")
    who, names = codes(rows["actor_id"])
    place, known = codes(rows["kind"])
    kind = np.array([KINDS.index(k) for k in known.to_pylist()], dtype=np.int64)[place] if len(known) else place  # fmt: skip
    ts = micros(rows["ts"])
    order = np.lexsort((kind, ts, who))
    a, b = order[:-1], order[1:]
    same = who[a] == who[b]
    a, b = a[same], b[same]
    return Steps(names, who[b], kind[a], kind[b], ts[b] - ts[a], ts[b], rows, who, ts)
