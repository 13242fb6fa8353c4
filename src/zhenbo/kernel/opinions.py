"""Reviews of orders: what was written under each, when, and by whom.

Ready-made praise of the platform (默认好评, "the buyer left no comment") is nobody's opinion and left out.
"""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from zhenbo.core.session import Session, micros
from zhenbo.kernel.lines import lines
from zhenbo.kernel.orders import Orders

Ints = npt.NDArray[np.int64]

_READY_MADE = (
    "默认好评|默认评价|没有填写|未填写|未及时|未发表评价|no comment|default (?:good|positive)|left no"
)
"""Sentences that platforms write for buyers who say nothing; matched anywhere, in lower case."""


@dataclass(frozen=True)
class Opinions:
    """Written reviews of the orders of a record, the first of each order, in the order of the record.

    Args:
        order: index into the orders.
        ts: microsecond; the smallest integer where unknown.
        line: number of the line it says, near copies being one; −1 where it is too short to tell anything.
        buyer: code of who wrote it: the account, else the address, else the order itself.
    """

    order: Ints
    ts: Ints
    line: Ints
    buyer: Ints

    def __len__(self) -> int:
        return len(self.order)

    @property
    def shared(self) -> Ints:
        """How many different buyers say the same line; 0 where it is too short."""
        out = np.zeros(len(self), dtype=np.int64)
        long = np.flatnonzero(self.line >= 0)
        if len(long):
            pairs = np.unique(np.stack([self.line[long], self.buyer[long]]), axis=1)
            out[long] = np.bincount(pairs[0])[self.line[long]]
        return out


def opinions(session: Session, made: Orders, length_min: float) -> Opinions:
    """The written reviews of orders.

    Args:
        session: the record.
        made: its orders.
        length_min: characters from which a sentence tells anything (three Latin letters count as one).
    """
    rows = session.rows("review")
    text = pc.utf8_lower(pc.fill_null(rows["text"], ""))
    keep = pc.and_(pc.is_valid(rows["order_id"]), pc.invert(pc.match_substring_regex(text, _READY_MADE)))
    rows = rows.filter(keep)
    at = np.asarray(pc.fill_null(pc.index_in(rows["order_id"], value_set=made.id), -1).to_numpy()).astype(
        np.int64
    )
    written = np.asarray(
        pc.greater(pc.utf8_length(pc.fill_null(rows["text"], "")), 0).to_numpy(zero_copy_only=False)
    )
    found = np.flatnonzero((at >= 0) & written)
    _, first = np.unique(at[found], return_index=True)
    found = found[np.sort(first)]
    rows, at = rows.take(pa.array(found)), at[found]
    account, home = made.keys["actor_id"][at], made.keys["addr"][at]
    buyer = np.where(account >= 0, account, np.where(home >= 0, home + len(made.names["actor_id"]), -1 - at))
    return Opinions(at, micros(rows["ts"]), lines(rows["text"], length_min), buyer)
