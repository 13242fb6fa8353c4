"""One row per order: who made it, where it goes, what became of it. The later life of an order in columns.

Signals, the judge and the GMV bridge all read this table, so that "paid", "refunded" or "shipped" mean one thing.
Times are microseconds; `NEVER` stands for what did not happen, `UNTIMED` for what happened at an unknown moment.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from zhenbo.core.schema import Flag
from zhenbo.core.session import Session, codes, micros

Ints = npt.NDArray[np.int64]
Bools = npt.NDArray[np.bool_]

NEVER = np.int64(np.iinfo(np.int64).max)
UNTIMED = np.int64(np.iinfo(np.int64).min)

_STEPS = {
    "created": "order_create", "paid": "order_pay", "held": "order_hold", "shipped": "order_ship",
    "delivered": "order_deliver", "completed": "order_complete", "cancelled": "order_cancel",
    "asked": "refund_request", "refunded": "refund_done", "sent_back": "return_ship",
}  # fmt: skip
_KEYS = ("actor_id", "addr", "pay", "device", "region", "target_id", "tracking_id")
_READ = ("source", "kind", "ts", "flags", "order_id", "parent_id", "amount", "currency",
         "discount_platform", "discount_seller", "weight_g", *_KEYS)  # fmt: skip
_NOT_SALES = int(Flag.SAMPLE | Flag.TEST)


@dataclass(frozen=True)
class Orders:
    """Orders created in a session or shop month, in order of creation.

    Args:
        id: order ids; samples, lottery and test orders are left out.
        parent: code of the parent order (主订单); equal codes belong to one purchase.
        amount: created amount in minor units, never negative.
        discount: what the buyer did not pay, whoever bore it; at most `amount`.
        refund: money refunded so far, at most `amount - discount`; refunds of a parent fill its children in turn.
        currency: code per order into `currencies`.
        currencies: currency names.
        at: first time per step (`created`, `paid`, `held`, `shipped`, `delivered`, `completed`, `cancelled`,
            `asked`, `refunded`, `sent_back`); `NEVER`, `UNTIMED` or microseconds.
        said_by: per step the code of the source that reported it (−1 for none).
        keys: per column (`actor_id`, `addr`, `pay`, `device`, `region`, `target_id`, `tracking_id`) a code per order, −1 where empty.
        names: what the codes of `keys` stand for.
        weight_g: parcel weight in grams, −1 unknown.
        row: index of the creating row in the session's events.
    """

    id: pa.Array
    parent: Ints
    amount: Ints
    discount: Ints
    refund: Ints
    currency: Ints
    currencies: tuple[str, ...]
    at: Mapping[str, Ints]
    said_by: Mapping[str, Ints]
    keys: Mapping[str, Ints]
    names: Mapping[str, pa.Array]
    weight_g: Ints
    row: Ints

    def __len__(self) -> int:
        return len(self.id)

    def happened(self, step: str) -> Bools:
        """Whether a step was reported, at a known time or not."""
        return np.asarray(self.at[step] != NEVER)

    def timed(self, step: str) -> Bools:
        """Whether a step was reported with its own time."""
        return np.asarray((self.at[step] != NEVER) & (self.at[step] != UNTIMED))

    @property
    def was_paid(self) -> Bools:
        """Paid, or completed (cash on delivery). An order on hold is unpaid until it is."""
        return self.happened("paid") | self.happened("completed")

    def only(self, which: Bools) -> "Orders":
        """Some of the orders, with codes that mean what they meant."""
        return replace(
            self,
            id=self.id.filter(pa.array(which)),
            parent=self.parent[which],
            amount=self.amount[which],
            discount=self.discount[which],
            refund=self.refund[which],
            currency=self.currency[which],
            at={step: times[which] for step, times in self.at.items()},
            said_by={step: source[which] for step, source in self.said_by.items()},
            keys={name: code[which] for name, code in self.keys.items()},
            weight_g=self.weight_g[which],
            row=self.row[which],
        )

    @property
    def kept(self) -> Bools:
        """Delivered or completed and neither refunded nor cancelled: what honest bulk buyers do with their orders."""
        back = self.happened("refunded") | self.happened("cancelled") | self.happened("sent_back")
        return (self.happened("delivered") | self.happened("completed")) & ~back


def orders(session: Session) -> Orders:
    """The orders created in this record, with everything the record tells of their later life.

    Computed once per session: several signals and the bridge read the same table.
    """
    kept = vars(session).get("_orders")
    if kept is None:
        kept = vars(session)["_orders"] = _read(session.events)
    return kept


def elsewhere(session: Session) -> Orders | None:
    """What buyers who took money back here ordered in other subjects of the dataset; None where it cannot tell."""
    return None if session.elsewhere is None else _read(session.elsewhere)


def _read(events: pa.Table) -> Orders:
    kinds, kind_names = codes(events["kind"])
    kind_of = {str(name): i for i, name in enumerate(kind_names)}
    created = np.flatnonzero(kinds == kind_of.get("order_create", -2))
    created = created[_valid(events["order_id"])[created]]
    wanted = created[(_flags(events, created) & _NOT_SALES) == 0]
    ids = pc.unique(events["order_id"].take(pa.array(wanted)))
    n = len(ids)
    trade = np.flatnonzero(np.isin(kinds, [kind_of[k] for k in _STEPS.values() if k in kind_of]))
    rows = events.select(_READ)
    rows = rows if len(trade) == len(rows) else rows.take(pa.array(trade)).combine_chunks()
    which = _index(rows["order_id"], ids)
    kind = kinds[trade]
    at, said_by = _steps(rows, which, kind, kind_of, n)
    keys, names = _attributes(rows, which, kind == kind_of.get("order_create", -2), n)
    first = _first(which, np.flatnonzero(kind == kind_of.get("order_create", -2)), n)
    amount = np.maximum(_filled(rows["amount"], 0)[first], 0)
    parent = _parents(rows, which, ids, n)
    cut = _filled(rows["discount_platform"], 0) + _filled(rows["discount_seller"], 0)
    discount = np.minimum(np.maximum(cut[first], 0), amount)
    refund = _refunds(rows, which, kind == kind_of.get("refund_done", -2), parent, amount - discount)
    weights = _filled(rows["weight_g"], -1)
    weight_g = _spread(which, weights, weights > 0, n)
    currency, currencies = codes(rows["currency"])
    return Orders(
        ids, parent[0], amount, discount, refund, currency[first], tuple(currencies.to_pylist()),
        at, said_by, keys, names, weight_g, trade[first],
    )  # fmt: skip


def _valid(column: pa.ChunkedArray) -> Bools:
    return np.asarray(pc.is_valid(column).to_numpy())


def _flags(events: pa.Table, rows: Ints) -> Ints:
    return np.asarray(pc.fill_null(events["flags"], 0).to_numpy().astype(np.int64)[rows])


def _filled(column: pa.ChunkedArray, value: int) -> Ints:
    return np.asarray(pc.fill_null(column, value).to_numpy())


def _index(values: pa.ChunkedArray, ids: pa.Array) -> Ints:
    """Position of each value among the ids, −1 for others."""
    if not len(ids):
        return np.full(len(values), -1, dtype=np.int64)
    place = pc.index_in(values, value_set=ids.combine_chunks() if isinstance(ids, pa.ChunkedArray) else ids)
    return np.asarray(pc.fill_null(place.cast(pa.int64()), -1).to_numpy())


def _first(which: Ints, rows: Ints, n: int) -> Ints:
    """First of the rows per order (rows come in canonical order); 0 where there is none."""
    out = np.zeros(n, dtype=np.int64)
    rows = rows[which[rows] >= 0][::-1]
    out[which[rows]] = rows
    return out


def _spread(which: Ints, values: Ints, use: Bools, n: int) -> Ints:
    """First usable value per order, −1 where there is none."""
    out = np.full(n, -1, dtype=np.int64)
    rows = np.flatnonzero(use & (which >= 0))[::-1]
    out[which[rows]] = values[rows]
    return out


def _steps(
    rows: pa.Table, which: Ints, kind: Ints, kind_of: Mapping[str, int], n: int
) -> tuple[dict[str, Ints], dict[str, Ints]]:
    """First time and source of every step; a time that is only the parent's or the minute's is `UNTIMED`."""
    ts = micros(rows["ts"])
    approximate = (_filled(rows["flags"], 0) & int(Flag.TS_APPROX)) != 0
    source, _ = codes(rows["source"])
    at, said_by = {}, {}
    for step, name in _STEPS.items():
        times = np.full(n, NEVER)
        sources = np.full(n, -1, dtype=np.int64)
        mine = np.flatnonzero((kind == kind_of.get(name, -2)) & (which >= 0))[::-1]
        for chosen, value in ((mine, np.full(len(ts), UNTIMED)), (mine[~approximate[mine]], ts)):
            times[which[chosen]] = value[chosen]
            sources[which[chosen]] = source[chosen]
        at[step], said_by[step] = times, sources
    return at, said_by


def _attributes(
    rows: pa.Table, which: Ints, creates: Bools, n: int
) -> tuple[dict[str, Ints], dict[str, pa.Array]]:
    """Keys of each order: of its creating row, else of the first later row that has them."""
    keys, names = {}, {}
    for column in _KEYS:
        code, values = codes(rows[column])
        of_row = _spread(which, code, (code >= 0) & creates, n)
        # A host's or shop worker's id on a later row is not the buyer.
        later = (
            of_row if column in {"actor_id", "target_id", "device"} else _spread(which, code, code >= 0, n)
        )
        keys[column], names[column] = np.where(of_row >= 0, of_row, later), values
    return keys, names


def _parents(rows: pa.Table, which: Ints, ids: pa.Array, n: int) -> tuple[Ints, Ints]:
    """Code of the parent per order, and per row (rows that name only a parent still find it)."""
    given, _ = codes(rows["parent_id"])
    per_order = _spread(which, given, given >= 0, n)
    own = np.arange(n) + (given.max(initial=-1) + 1)
    as_parent = _index(rows["parent_id"], ids)  # an order may be its own parent, or carry the parent's id
    per_row = np.where(given >= 0, given, -1)
    lone = (per_row >= 0) & (as_parent >= 0)
    alias = np.full(n, -1, dtype=np.int64)
    alias[as_parent[lone]] = per_row[lone]
    return np.where(per_order >= 0, per_order, np.where(alias >= 0, alias, own)), per_row


def _refunds(rows: pa.Table, which: Ints, done: Bools, parent: tuple[Ints, Ints], room: Ints) -> Ints:
    """Money refunded per order. A refund without amount is full; one of a parent fills its children in turn."""
    given = rows["amount"]
    told = _valid(given)
    amount = np.maximum(_filled(given, 0), 0)
    out = np.zeros(len(room), dtype=np.int64)
    mine = np.flatnonzero(done & (which >= 0))
    np.add.at(out, which[mine], np.where(told[mine], amount[mine], room[which[mine]]))
    out = np.minimum(out, room)
    whole = np.flatnonzero(done & (which < 0) & (parent[1] >= 0) & ~_valid(rows["order_id"]))
    if not len(whole):
        return out
    size = int(max(parent[0].max(initial=0), parent[1].max(initial=0))) + 1
    owed = np.zeros(size, dtype=np.int64)
    rest = room - out
    per_parent = np.zeros(size, dtype=np.int64)
    np.add.at(per_parent, parent[0], rest)
    np.add.at(owed, parent[1][whole], np.where(told[whole], amount[whole], per_parent[parent[1][whole]]))
    order = np.argsort(parent[0], kind="stable")
    before = np.cumsum(rest[order]) - rest[order]
    heads = np.r_[True, np.diff(parent[0][order]) != 0]
    before -= np.maximum.accumulate(np.where(heads, before, 0))
    out[order] += np.clip(owed[parent[0][order]] - before, 0, rest[order])
    return out
