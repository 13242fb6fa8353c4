"""The visit in which an order was placed: when its buyer came, looked at goods, ordered and left."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from zhenbo.core.session import Session, codes, micros
from zhenbo.kernel.orders import Orders
from zhenbo.kernel.visits import OPEN, visits

Ints = npt.NDArray[np.int64]
Bools = npt.NDArray[np.bool_]

_LOOKS = ("product_click", "cart_add")


@dataclass(frozen=True)
class Errands:
    """One row per visit in which somebody ordered: of several orders in one visit, the first counts.

    Args:
        order: index into the orders.
        of: row of these errands per order, −1 for an order outside any visit seen.
        came: microsecond of the entry.
        ordered: microsecond of the order.
        left: microsecond of the departure; `OPEN` where none was seen.
    """

    order: Ints
    of: Ints
    came: Ints
    ordered: Ints
    left: Ints

    def __len__(self) -> int:
        return len(self.order)

    @property
    def ended(self) -> Bools:
        """Visits whose departure was seen."""
        return np.asarray(self.left != OPEN)


def errands(session: Session, made: Orders) -> Errands:
    """Match every order to the visit of its buyer in which it was placed; an order of a buyer who never came has none."""
    seen = visits(session)
    buyer = _coded(made.names["actor_id"], seen.names)[made.keys["actor_id"]]
    at = made.at["created"]
    by = np.lexsort((seen.came, seen.who))
    known = np.flatnonzero((buyer >= 0) & made.timed("created"))
    # one pass over both: the visit of an order is the last entry of its buyer before it
    who = np.r_[seen.who[by], buyer[known]]
    when = np.r_[seen.came[by], at[known]]
    order = np.lexsort((np.r_[np.zeros(len(by)), np.ones(len(known))], when, who))
    visit = np.maximum.accumulate(np.where(order < len(by), order, -1))
    of = np.full(len(made), -1, dtype=np.int64)
    mine = order >= len(by)
    found = by[np.maximum(visit[mine], 0)] if len(by) else np.full(int(mine.sum()), -1)
    fits = (visit[mine] >= 0) & (len(by) > 0)
    target = known[order[mine] - len(by)]
    if len(by):
        fits &= (seen.who[found] == buyer[target]) & (seen.left[found] >= at[target])
    of[target[fits]] = found[fits]
    used, first = np.unique(of[of >= 0], return_index=True)
    carrying = np.flatnonzero(of >= 0)
    rows = np.full(len(seen.came) + 1, -1, dtype=np.int64)
    rows[used] = np.arange(len(used))
    head = carrying[first]
    return Errands(head, rows[of], seen.came[used], at[head], seen.left[used])


def looked(session: Session, made: Orders) -> tuple[Bools, Bools] | None:
    """Which orders' buyers had opened any goods before; and which orders have a buyer known to the record. None without such rows."""
    rows = session.rows(*_LOOKS)
    rows = rows.filter(pc.and_(pc.is_valid(rows["actor_id"]), pc.is_valid(rows["ts"])))
    if not rows.num_rows:
        return None
    who, names = codes(rows["actor_id"])
    first = np.full(len(names) + 1, np.iinfo(np.int64).max)
    np.minimum.at(first, who, micros(rows["ts"]))
    buyer = _coded(made.names["actor_id"], names)[made.keys["actor_id"]]
    judged = (made.keys["actor_id"] >= 0) & made.timed("created")
    return judged & (first[buyer] <= made.at["created"]), judged


def _coded(names: pa.Array, among: pa.Array) -> Ints:
    """Place of each name among others, −1 where it is not one of them; the last entry stands for no name."""
    if not len(names):
        return np.full(1, -1, dtype=np.int64)
    place = pc.fill_null(pc.index_in(names, value_set=among), -1)
    return np.append(np.asarray(place.to_numpy(zero_copy_only=False)).astype(np.int64), -1)
