"""Who bought when, and what of it stayed: the rows that repurchase and lifetime value are read from.

A purchase is a day on which a buyer paid for something; several orders of a day are one. What was refunded is taken off on
the day it went back. Orders without a buyer count as sales of nobody: they belong to no cohort.
"""

from collections.abc import Set as AbstractSet
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from zhenbo.audit.gmv import majority
from zhenbo.core.session import DAY, Session, codes, micros
from zhenbo.kernel.orders import NEVER, UNTIMED, orders

Ints = npt.NDArray[np.int64]
Bools = npt.NDArray[np.bool_]


@dataclass(frozen=True)
class Purchases:
    """Buyer-days, by buyer and day.

    Args:
        buyer: code of the buyer, dense from 0; a buyer bought on at least one day.
        day: days since 1970 (UTC).
        net: paid less refunded on that day, minor units; may be negative.
        bought: whether something was bought that day (else money only went back).
        loose_day: days of sales of nobody.
        loose_net: their amounts.
        currency: of the amounts.
        until: the day at which the record ends; not complete itself.
        left_out: orders left out because they are taken for brushed.
    """

    buyer: Ints
    day: Ints
    net: Ints
    bought: Bools
    loose_day: Ints
    loose_net: Ints
    currency: str
    until: int
    left_out: int = 0

    @property
    def buyers(self) -> int:
        """How many buyers there are."""
        return int(self.buyer.max(initial=-1)) + 1


def purchases(events: pa.Table, until: int, without: AbstractSet[str] = frozenset()) -> Purchases:
    """The purchases of a whole record.

    Args:
        events: canonical events.
        until: microsecond at which the record is read.
        without: ids of orders taken for brushed.

    Where no row of the record says that anything was paid, an order made and not cancelled counts as bought.
    """
    made = orders(Session("", "", "", "shop", events))
    paid = made.was_paid if bool(made.was_paid.any()) else ~made.happened("cancelled")
    brushed = made.named(without)
    currency, mine = majority(made.currency, made.currencies)
    use = paid & ~brushed & mine
    when = np.where(made.timed("paid"), made.at["paid"], made.at["created"])
    use &= (when != NEVER) & (when != UNTIMED)
    back = np.where(made.timed("refunded"), made.at["refunded"], when)
    who = made.keys["actor_id"]
    sent = use & (made.refund > 0)
    loose = _orphans(events, made.id, made.names["actor_id"])
    day = np.concatenate([when[use], back[sent], loose[0]]) // DAY
    buyer = np.concatenate([who[use], who[sent], loose[1]])
    net = np.concatenate([(made.amount - made.discount)[use], -made.refund[sent], -loose[2]])
    bought = np.concatenate([np.ones(int(use.sum()), bool), np.zeros(int(sent.sum()) + len(loose[0]), bool)])
    return _folded(buyer, day, net, bought, currency, until // DAY, int((brushed & paid).sum()))


def _orphans(events: pa.Table, ids: pa.Array, names: pa.Array) -> tuple[Ints, Ints, Ints]:
    """Refunds of orders that the record does not hold (a cancellation under a number of its own): time, buyer, amount."""
    kinds, kind_names = codes(events["kind"])
    at = kind_names.index("refund_done").as_py()  # −1, and so no row, where there is none
    rows = events.select(["ts", "order_id", "actor_id", "amount"]).take(
        pa.array(np.flatnonzero((kinds == at) & (kinds >= 0)))
    )
    known = pc.is_in(rows["order_id"], value_set=ids) if len(ids) else pa.chunked_array([[False] * len(rows)])
    rows = rows.filter(
        pc.and_(pc.invert(known), pc.and_(pc.is_valid(rows["ts"]), pc.is_valid(rows["amount"])))
    )
    who = pc.fill_null(pc.index_in(rows["actor_id"], value_set=names).cast(pa.int64()), -1)
    who = np.where(np.asarray(pc.is_valid(rows["actor_id"])), np.asarray(who), -1)
    return (
        micros(rows["ts"]),
        np.asarray(who, dtype=np.int64),
        np.abs(np.asarray(rows["amount"], dtype=np.int64)),
    )


def _folded(
    buyer: Ints, day: Ints, net: Ints, bought: Bools, currency: str, until: int, left_out: int
) -> Purchases:
    """Rows brought together by buyer and day; who never bought is nobody."""
    customers = np.unique(buyer[bought & (buyer >= 0)])
    known = np.isin(buyer, customers)
    code = np.searchsorted(customers, buyer[known])
    order = np.lexsort((day[known], code))
    code, days, nets, buys = code[order], day[known][order], net[known][order], bought[known][order]
    new = np.r_[True, (np.diff(code) != 0) | (np.diff(days) != 0)] if len(code) else np.zeros(0, bool)
    heads = np.flatnonzero(new)
    total = np.add.reduceat(nets, heads) if len(heads) else nets
    any_ = np.logical_or.reduceat(buys, heads) if len(heads) else buys
    return Purchases(
        code[heads], days[heads], total, any_, day[~known], net[~known], currency, until, left_out
    )
