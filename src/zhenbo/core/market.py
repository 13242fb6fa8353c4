"""Who gives back here and buys there: orders made in other subjects by buyers who took money back in this one.

Light tables only: the rows of an order meet (was it given back?), the orders of a subject (from when to when), those of
a host (does the dataset tell anything else of this shop?), of a buyer and of an address (what did they order
elsewhere?). Only the orders so found are then fetched whole.
"""

from functools import partial

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from zhenbo.core.rows import R, plain
from zhenbo.core.session import DAY, codes

AFTERWARDS = 4 * DAY
"""How long after a subject's last order orders elsewhere are still handed to it: two days for a refund, two more to
buy again (judgement)."""

Ints = npt.NDArray[np.int64]
Bools = npt.NDArray[np.bool_]

ORDERS = pa.schema([
    ("order_id", pa.string()), ("subject", pa.string()), ("at", pa.int64()), ("host_id", pa.string()),
    ("actor_id", pa.string()), ("addr", pa.string()), ("returned", pa.bool_()), ("first", pa.int64()),
    ("last", pa.int64()),
])  # fmt: skip
"""Orders by their creation (`at`, µs), whether money was asked or given back for them, and the creation of the first
and the last order of their subject. Before the rows of an order have met, a row without `at` says `returned` only."""
TOLD = pa.schema([("subject", pa.string())])
"""Subjects beside which the dataset tells of other orders of the same host in their time."""
PAIRS = pa.schema([("subject", pa.string()), ("order_id", pa.string())])
"""Which orders made elsewhere a subject is told of."""


def market(owned: R) -> tuple[R, R]:
    """`TOLD` and `PAIRS` (perhaps more than once each) from the distinct events with their `subject`."""
    made = owned.each(order_rows, ORDERS).keyed(("order_id",), given_back, ORDERS)
    orders = made.keyed(("subject",), spanned, ORDERS)
    hosted = orders.each(partial(having, "host_id"), ORDERS).keyed(("host_id",), told, TOLD)
    named = orders.each(partial(having, "actor_id"), ORDERS).keyed(("actor_id",), same_buyer, PAIRS)
    housed = orders.each(partial(having, "addr"), ORDERS).keyed(("addr",), same_roof, PAIRS)
    return hosted, named.plus(housed)


def found(orders: pa.Table) -> tuple[pa.Table, pa.Table]:
    """The same of all orders in one table."""
    pairs = [same_buyer(having("actor_id", orders)), same_roof(having("addr", orders))]
    return told(having("host_id", orders)), pa.concat_tables(pairs)


def order_rows(owned: pa.Table) -> pa.Table:
    """Creations of orders and what gave them back, as `ORDERS` not yet met."""
    kind, order = plain(owned["kind"]), owned["order_id"]
    placed = pc.and_(
        pc.equal(kind, "order_create"), pc.and_(pc.is_valid(owned["ts"]), pc.is_valid(owned["subject"]))
    )
    back = pc.is_in(kind, pa.array(["refund_request", "refund_done"]))
    keep = pc.fill_null(pc.and_(pc.or_(placed, back), pc.is_valid(order)), False)
    rows, back = owned.filter(keep), back.filter(keep)
    at = pc.if_else(back, pa.scalar(None, pa.int64()), rows["ts"].cast(pa.int64()))
    nothing = pa.nulls(rows.num_rows, pa.int64())
    return pa.Table.from_arrays([
        rows["order_id"], plain(rows["subject"]), at, plain(rows["host_id"]), rows["actor_id"], rows["addr"], back,
        nothing, nothing,
    ], schema=ORDERS)  # fmt: skip


def given_back(rows: pa.Table) -> pa.Table:
    """Whole orders: their creations, each knowing whether the order was given back."""
    made = rows.filter(pc.is_valid(rows["at"]))
    back = pc.unique(rows["order_id"].filter(rows["returned"]))
    returned = pc.is_in(made["order_id"], value_set=back)
    return made.set_column(ORDERS.get_field_index("returned"), "returned", returned)


def spanned(orders: pa.Table) -> pa.Table:
    """Whole subjects: each order knows the first and the last creation of its subject."""
    owner, names = codes(orders["subject"])
    at = np.asarray(orders["at"].to_numpy())
    first, last = np.full(len(names), np.iinfo(np.int64).max), np.full(len(names), np.iinfo(np.int64).min)
    np.minimum.at(first, owner, at)
    np.maximum.at(last, owner, at)
    for name, of in (("first", first), ("last", last)):
        orders = orders.set_column(ORDERS.get_field_index(name), name, pa.array(of[owner], pa.int64()))
    return orders


def having(name: str, orders: pa.Table) -> pa.Table:
    """The orders whose column `name` is filled."""
    return orders.filter(pc.is_valid(orders[name]))


def told(orders: pa.Table) -> pa.Table:
    """Whole hosts: the subjects in whose time another subject of the host has an order."""
    book = _Book(orders, "host_id")
    mine = book.subjects(np.ones(len(orders), dtype=bool))
    low, high = book.reach(mine)
    of_pair, pair_count = np.unique(book.pair, return_counts=True)
    own = pair_count[np.searchsorted(of_pair, book.pair[mine])]  # a subject's own orders all lie in its time
    return pa.table({"subject": orders["subject"].take(pa.array(mine[high - low > own]))}, schema=TOLD)


def same_buyer(orders: pa.Table) -> pa.Table:
    """Whole buyers: what each ordered in other subjects than the one where they gave back."""
    book = _Book(orders, "actor_id")
    return book.elsewhere(np.asarray(orders["returned"].to_numpy()), np.ones(len(orders), dtype=bool))


def same_roof(orders: pa.Table) -> pa.Table:
    """Whole addresses: the same for buyers of whom one has no id; two ids under one roof are two people."""
    book = _Book(orders, "addr")
    returned = np.asarray(orders["returned"].to_numpy())
    nameless = np.asarray(pc.is_null(orders["actor_id"]).to_numpy())
    anybody = np.ones(len(orders), dtype=bool)
    parts = [book.elsewhere(returned & nameless, anybody), book.elsewhere(returned, nameless)]
    return pa.concat_tables(parts)


class _Book:
    """Orders by a key, each key's in the order of time."""

    def __init__(self, orders: pa.Table, key: str) -> None:
        self.orders = orders
        self.key, _ = codes(orders[key])
        self.owner, names = codes(orders["subject"])
        self.pair = self.key * (len(names) + 1) + self.owner
        self.at = np.asarray(orders["at"].to_numpy())
        self.moments = np.unique(self.at)
        place = self.key * (len(self.moments) + 1) + np.searchsorted(self.moments, self.at)
        self.order = np.argsort(place, kind="stable")
        self.places = place[self.order]

    def subjects(self, which: Bools) -> Ints:
        """One row for each (key, subject) among some rows."""
        rows = np.flatnonzero(which)
        _, first = np.unique(self.pair[rows], return_index=True)
        return rows[first]

    def reach(self, mine: Ints) -> tuple[Ints, Ints]:
        """For each row the stretch of `order` that has its key and lies in its subject's time."""
        first, last = (np.asarray(self.orders[name].to_numpy())[mine] for name in ("first", "last"))
        start = self.key[mine] * (len(self.moments) + 1)
        low = start + np.searchsorted(self.moments, first)
        high = start + np.searchsorted(self.moments, last + AFTERWARDS + 1)
        return np.searchsorted(self.places, low), np.searchsorted(self.places, high)

    def elsewhere(self, giving: Bools, buying: Bools) -> pa.Table:
        """`PAIRS`: for subjects with a giving row, the buying rows of the same key in other subjects in their time."""
        mine = self.subjects(giving)
        low, high = self.reach(mine)
        size = high - low
        who = np.repeat(mine, size)
        theirs = self.order[
            np.repeat(low, size) + np.arange(size.sum()) - np.repeat(np.cumsum(size) - size, size)
        ]
        good = (self.owner[who] != self.owner[theirs]) & buying[theirs]
        return pa.table({
            "subject": self.orders["subject"].take(pa.array(who[good])),
            "order_id": self.orders["order_id"].take(pa.array(theirs[good])),
        }, schema=PAIRS)  # fmt: skip
