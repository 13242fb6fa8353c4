"""What refunds and settlements told by several sources come to, order by order, in minor units.

Within one source every refund counts: it has its own event. Between sources the same after-sale (`ref_id`) counts once,
at its greatest amount. A source that tells refunds without naming the after-sale tells, for all we know, those that the
others name: only what it tells beyond them counts. So a record read from an order export, an after-sale export and a
statement refunds nothing twice, and no part is lost that only one of them tells.
"""

from typing import Protocol

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from zhenbo.core.session import codes

Ints = npt.NDArray[np.int64]
Bools = npt.NDArray[np.bool_]


class Named(Protocol):
    """What rows speak of (`kernel.purchases.Found`)."""

    @property
    def purchase(self) -> Ints: ...  # noqa: D102 - the class says it

    @property
    def direct(self) -> Ints: ...  # noqa: D102 - the class says it

    @property
    def whole(self) -> Ints: ...  # noqa: D102 - the class says it


def money_back(rows: pa.Table, done: Bools, named: Named, currency: tuple[Ints, Ints], room: Ints) -> Ints:
    """Money refunded per order, at most its room. A refund without amount is full; one of a purchase fills its goods in turn.

    Args:
        rows: trade rows.
        done: which of them are finished refunds.
        named: what each row speaks of.
        currency: code of the currency per row and per order; a refund in another currency is none of the order.
        room: what can be refunded per order.
    """
    out = np.zeros(len(room), dtype=np.int64)
    if not len(room):
        return out
    told = np.asarray(pc.is_valid(rows["amount"]).to_numpy())
    amount = np.maximum(np.asarray(pc.fill_null(rows["amount"], 0).to_numpy()), 0)
    of_row, of_order = currency
    one = np.flatnonzero(done & (named.direct >= 0))
    foreign = (
        (of_row[one] >= 0) & (of_order[named.direct[one]] >= 0) & (of_row[one] != of_order[named.direct[one]])
    )
    one = one[~foreign]
    mine = named.direct[one]
    given = np.where(told[one], amount[one], room[mine])
    source, case = codes(rows["source"])[0], codes(rows["ref_id"])[0]
    out = np.minimum(_united(mine, source[one], case[one], given, len(room)), room)
    whole = np.flatnonzero(done & (named.whole >= 0))
    if not len(whole):
        return out
    size = int(named.purchase.max()) + 1
    full = np.zeros(size, dtype=np.int64)
    np.add.at(full, named.purchase, room)
    both = np.concatenate([one, whole])
    group = np.concatenate([named.purchase[mine], named.whole[whole]])
    sums = np.concatenate([given, np.where(told[whole], amount[whole], full[named.whole[whole]])])
    owed = _united(group, source[both], case[both], sums, size)
    np.subtract.at(owed, named.purchase, out)
    return out + _in_turn(named.purchase, room - out, np.maximum(owed, 0))


def _in_turn(purchase: Ints, rest: Ints, owed: Ints) -> Ints:
    """Money owed by purchase, filled into its orders one after another."""
    order = np.argsort(purchase, kind="stable")
    before = np.cumsum(rest[order]) - rest[order]
    heads = np.r_[True, np.diff(purchase[order]) != 0]
    before -= np.maximum.accumulate(np.where(heads, before, 0))
    out = np.zeros(len(rest), dtype=np.int64)
    out[order] = np.clip(owed[purchase[order]] - before, 0, rest[order])
    return out


def _united(subject: Ints, source: Ints, case: Ints, amount: Ints, n: int) -> Ints:
    """The sum per subject of amounts told by several sources, what is the same counted once."""
    sources = int(source.max(initial=0)) + 2
    has = case >= 0
    union = np.zeros(n, dtype=np.int64)
    named = np.zeros(n * sources, dtype=np.int64)
    if has.any():
        key = np.stack([subject[has], case[has], source[has]])
        groups, at = np.unique(key, axis=1, return_inverse=True)
        told = np.zeros(groups.shape[1], dtype=np.int64)
        np.add.at(told, at.ravel(), amount[has])
        cases, which = np.unique(groups[:2], axis=1, return_inverse=True)
        most = np.zeros(cases.shape[1], dtype=np.int64)
        np.maximum.at(most, which.ravel(), told)
        np.add.at(union, cases[0], most)
        np.add.at(named, groups[0] * sources + groups[2], told)
    if has.all():
        return union
    bare = np.zeros(n * sources, dtype=np.int64)
    np.add.at(bare, subject[~has] * sources + source[~has], amount[~has])
    beyond = bare.reshape(n, sources) - np.maximum(union[:, None] - named.reshape(n, sources), 0)
    return np.asarray(union + np.maximum(beyond, 0).max(axis=1, initial=0))


def settled_money(rows: pa.Table, settles: Bools, named: Named, n: int) -> Ints:
    """Money paid out per order: of several statements the one that tells most; of a purchase it stands at the first good."""
    out = np.zeros(n, dtype=np.int64)
    at = np.flatnonzero(settles & ((named.direct >= 0) | (named.whole >= 0)))
    if not len(at):
        return out
    first = np.unique(named.purchase, return_index=True)[1]
    mine = np.where(named.direct[at] >= 0, named.direct[at], first[np.maximum(named.whole[at], 0)])
    amount = np.asarray(pc.fill_null(rows["amount"], 0).to_numpy())[at]
    source = codes(rows["source"])[0][at]
    for number, one in enumerate(np.unique(source)):
        told = np.zeros(n, dtype=np.int64)
        np.add.at(told, mine[source == one], amount[source == one])
        out = told if number == 0 else np.where(np.abs(told) > np.abs(out), told, out)
    return out
