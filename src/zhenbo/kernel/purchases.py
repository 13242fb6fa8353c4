"""Which orders a record makes, and which of its trade rows speak of which: by the order, or by its whole purchase.

Sources differ in what they name. A platform's export has a row per good (child order) under a purchase (parent order); a
statement or a return may name the purchase alone; another export has a row per purchase and none per good. Told side by
side, a purchase must not be sold twice, and what is said of the purchase must reach its goods.
"""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from zhenbo.core.schema import Flag
from zhenbo.core.session import codes

Ints = npt.NDArray[np.int64]
Bools = npt.NDArray[np.bool_]

NOT_SALES = int(Flag.SAMPLE | Flag.TEST)


@dataclass(frozen=True)
class Found:
    """The orders of a record and the rows that speak of them, each pair of row and order once, by row.

    Args:
        ids: order ids in order of creation.
        purchase: code of the purchase per order.
        row: index of the row per pair.
        order: index of the order per pair.
        makes: whether the pair is the row by which the order was made.
        direct: order that each row names itself, −1 for none.
        whole: code of the purchase that a row speaks of as a whole, −1 for none.
    """

    ids: pa.Array
    purchase: Ints
    row: Ints
    order: Ints
    makes: Bools
    direct: Ints
    whole: Ints

    def sole(self, rows: Bools) -> tuple[Ints, Ints]:
        """Orders and rows of those rows that speak of one order alone, in order."""
        alone = np.bincount(self.row, minlength=len(rows)) == 1
        use = rows[self.row] & alone[self.row]
        return self.order[use], self.row[use]


def found(rows: pa.Table, creates: Bools) -> Found:
    """The orders that the rows make: samples, lottery and test orders are none, nor is the head of a purchase told by its goods.

    Args:
        rows: trade rows in canonical order.
        creates: which of them are `order_create`.
    """
    order, parent = rows["order_id"].combine_chunks(), rows["parent_id"].combine_chunks()
    flags = np.asarray(pc.fill_null(rows["flags"], 0).to_numpy(zero_copy_only=False)).astype(np.int64)
    sale = creates & ((flags & NOT_SALES) == 0)
    made = np.flatnonzero(sale & _valid(order))
    known = order.take(pa.array(made)).unique()
    above = _above(order, parent, known)
    heads = _heads(rows, made, known, above)
    good = known.filter(pa.array(~heads))
    lone = np.flatnonzero(sale & ~_valid(order) & _valid(parent))
    own = pc.coalesce(above.filter(pa.array(~heads)), good)
    lone = lone[_index(parent.take(pa.array(lone)), own) < 0]
    makers = np.union1d(made[_index(order.take(pa.array(made)), good) >= 0], lone)
    ids = pc.coalesce(order, parent).take(pa.array(makers)).unique()
    place = _index(ids, good)
    group = pc.coalesce(own.take(pa.array(np.where(place >= 0, place, -1), mask=place < 0)), ids)
    purchase, names = codes(pa.chunked_array([group]))
    return _paired(ids, purchase, names, (order, parent), makers, creates)


def _paired(
    ids: pa.Array, purchase: Ints, names: pa.Array, named: tuple[pa.Array, pa.Array], makers: Ints, creates: Bools
) -> Found:  # fmt: skip
    order, parent = named
    direct = _index(order, ids)
    rest = np.flatnonzero(direct < 0)
    key = pc.coalesce(order, parent).take(pa.array(rest))
    whole = np.full(len(direct), -1, dtype=np.int64)
    whole[rest] = _index(key, names)
    members = np.argsort(purchase, kind="stable")
    start = np.searchsorted(purchase[members], np.arange(len(names) + 1))
    rows = np.flatnonzero(whole >= 0)
    size = start[whole[rows] + 1] - start[whole[rows]]
    offset = np.arange(size.sum()) - np.repeat(np.cumsum(size) - size, size)
    of_whole = members[np.repeat(start[whole[rows]], size) + offset]
    named_rows = np.flatnonzero(direct >= 0)
    row = np.concatenate([named_rows, np.repeat(rows, size)])
    target = np.concatenate([direct[named_rows], of_whole])
    by_row = np.argsort(row, kind="stable")
    row, target = row[by_row], target[by_row]
    maker = np.zeros(len(direct), dtype=bool)
    maker[makers] = True
    return Found(ids, purchase, row, target, maker[row] & creates[row], direct, whole)


def _valid(column: pa.Array) -> Bools:
    return np.asarray(pc.is_valid(column).to_numpy(zero_copy_only=False))


def _index(values: pa.Array, among: pa.Array) -> Ints:
    """Place of each value among others, −1 where it is none of them."""
    if not len(among) or not len(values):
        return np.full(len(values), -1, dtype=np.int64)
    place = pc.index_in(values, value_set=among, skip_nulls=True)
    return np.asarray(pc.fill_null(place.cast(pa.int64()), -1).to_numpy(zero_copy_only=False))


def _above(order: pa.Array, parent: pa.Array, known: pa.Array) -> pa.Array:
    """The purchase of each order, as the first row says that names both; null where none does."""
    rows = np.flatnonzero(_valid(order) & _valid(parent))[::-1]
    which = _index(order.take(pa.array(rows)), known)
    at = np.full(len(known), -1, dtype=np.int64)
    at[which[which >= 0]] = rows[which >= 0]
    return parent.take(pa.array(at, mask=at < 0))


def _heads(rows: pa.Table, made: Ints, known: pa.Array, above: pa.Array) -> Bools:
    """Which orders are only the sum of others: purchases told whole by one source and by their goods by another.

    An order under whose id others stand may also be the first good of its purchase (Taobao numbers some so); within one
    source it is a head only where it costs exactly what two or more others do together.
    """
    n = len(known)
    over = _index(above, known)
    child = np.flatnonzero((over >= 0) & (over != np.arange(n)))
    if not len(child):
        return np.zeros(n, dtype=bool)
    first = np.zeros(n, dtype=np.int64)
    first[_index(rows["order_id"].combine_chunks().take(pa.array(made)), known)[::-1]] = made[::-1]
    source = codes(rows["source"])[0][first]
    amount = np.asarray(pc.fill_null(rows["amount"], 0).to_numpy())[first]
    count = np.bincount(over[child], minlength=n)
    other = np.bincount(over[child], weights=source[child] != source[over[child]], minlength=n)
    total = np.zeros(n, dtype=np.int64)
    np.add.at(total, over[child], amount[child])
    return np.asarray((count > 0) & ((other == count) | (count >= 2) & (total == amount)))
