"""Refunds in parts: how the money of each order went back, payment by payment."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pyarrow.compute as pc

from zhenbo.core.session import DAY, Session, codes, micros
from zhenbo.kernel.orders import Orders

Ints = npt.NDArray[np.int64]
Floats = npt.NDArray[np.float64]


@dataclass(frozen=True)
class Parts:
    """Per order what one source tells of its refunds: the one that tells most payments.

    Args:
        rows: payments with a time and an amount of their own.
        days: whole days between the first and the last.
        first: share of what was paid that the first gave back.
        share: share of what was paid that all of them gave back; 0 where one alone gave nearly all, or all more than was paid.
    """

    rows: Ints
    days: Ints
    first: Floats
    share: Floats


_NEARLY = 0.9
"""Share from which one payment is the refund and another a remainder, or the same told again."""
_OVER = 1.02
"""Share above which payments do not add up: they tell one refund several times."""


def parts(session: Session, made: Orders) -> Parts:
    """How the money of orders went back.

    Args:
        session: the record.
        made: its orders.

    Several sources tell the same refund on different days (an after-sale export, a statement), so only one is heard.
    """
    n = len(made)
    rows = session.rows("refund_done")
    at = pc.fill_null(pc.index_in(rows["order_id"], value_set=made.id), -1).to_numpy()
    order = np.asarray(at, dtype=np.int64)
    amount = np.asarray(pc.fill_null(rows["amount"], 0).to_numpy(), dtype=np.int64)
    use = np.flatnonzero((order >= 0) & (amount > 0) & np.asarray(pc.is_valid(rows["ts"]).to_numpy()))
    if not len(use):
        return Parts(np.zeros(n, np.int64), np.zeros(n, np.int64), np.zeros(n), np.zeros(n))
    ts, source = micros(rows["ts"])[use], codes(rows["source"])[0][use]
    order, amount = order[use], amount[use]
    told, pair = np.unique(np.stack([order, source]), axis=1, return_inverse=True)
    pair = np.asarray(pair, dtype=np.int64).ravel()
    heard = np.lexsort((told[1], -np.bincount(pair), told[0]))
    heard = heard[np.r_[True, np.diff(told[0][heard]) != 0]]  # per order the source with most payments
    keep = np.isin(pair, heard)
    ts, order, amount = ts[keep], order[keep], amount[keep]
    by = np.lexsort((ts, order))
    ts, order, amount = ts[by], order[by], amount[by]
    due = np.maximum(made.amount - made.discount, 1)
    start = np.flatnonzero(np.r_[True, np.diff(order) != 0])
    mine = order[start]
    count, whole = np.zeros(n, np.int64), np.zeros(n, np.int64)
    count[mine] = np.diff(np.r_[start, len(order)])
    whole[mine] = np.add.reduceat(amount, start)
    most, first, days = np.zeros(n, np.int64), np.zeros(n), np.zeros(n, np.int64)
    most[mine] = np.maximum.reduceat(amount, start)
    first[mine] = amount[start] / due[mine]
    days[mine] = (ts[start + count[mine] - 1] - ts[start]) // DAY
    sums = (most < _NEARLY * due) & (whole <= _OVER * due)
    return Parts(count, days, first, np.where(sums, whole / due, 0.0))
