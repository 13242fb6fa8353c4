"""Money taken back for an order and paid again for the same thing elsewhere: a fallen price, a changed mind.

A rebuy is a paid order, kept so far, by the same buyer, of the same shop and about the same amount, outside this
session, at most some days before or after the refund. The product is not asked: a price cut often comes with a new
link, and a link at a hundredth of the price is no rebuy. Each rebuy answers for one refund, so that a single real purchase does
not excuse a night of fakes.
"""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from zhenbo.core.session import Session
from zhenbo.kernel.orders import NEVER, Orders, elsewhere

Ints = npt.NDArray[np.int64]
Bools = npt.NDArray[np.bool_]


@dataclass(frozen=True)
class Alike:
    """When a purchase is the same again.

    Args:
        near_us: most microseconds between refund and rebuy, whichever came first.
        low: least share of the refunded amount that a rebuy costs, where the product is unknown.
        high: greatest share likewise.
    """

    near_us: int
    low: float
    high: float


def rebought_elsewhere(session: Session, made: Orders, undone: Ints, alike: Alike) -> Bools:
    """Which orders were given back while their buyer bought the same again outside this record.

    Args:
        session: the record.
        made: its orders.
        undone: microsecond at which each was given back, `NEVER` where it was not or the moment is unknown.
        alike: when a purchase is the same again.
    """
    out = np.zeros(len(made), dtype=bool)
    others = elsewhere(session)
    if others is None or not len(others) or not (undone != NEVER).any():
        return out
    back = others.happened("refunded") | others.happened("asked") | others.happened("cancelled")
    free = others.was_paid & ~back & others.timed("created")
    same_shop = _same_shop(session, others)
    for ours, theirs in _buyers(made, others):
        left = np.flatnonzero(made.was_paid & (undone != NEVER) & ~out & (ours >= 0))
        left = left[np.isin(ours[left], theirs[free])]
        left = left[np.lexsort((left, undone[left]))]
        by_buyer = np.argsort(theirs, kind="stable")
        starts, ends = (
            np.searchsorted(theirs[by_buyer], ours[left], side=side) for side in ("left", "right")
        )
        for i, start, end in zip(left.tolist(), starts.tolist(), ends.tolist(), strict=True):
            group = by_buyer[start:end]
            at, cost = others.at["created"][group], others.amount[group]
            fits = free[group] & (np.abs(at - undone[i]) <= alike.near_us) & (at > made.at["created"][i])
            like = (cost >= alike.low * made.amount[i]) & (cost <= alike.high * made.amount[i])
            fits &= (
                like & same_shop[group]
            )  # a price cut may come with a new link, so the product is not asked
            if fits.any():
                free[group[int(np.argmax(fits))]] = False
                out[i] = True
    return out


def _same_shop(session: Session, others: Orders) -> Bools:
    assert session.elsewhere is not None
    host = session.elsewhere["host_id"].cast(pa.string()).take(pa.array(others.row))
    return np.asarray(pc.fill_null(pc.equal(host, session.host_id), False).to_numpy())


def _buyers(made: Orders, others: Orders) -> Iterator[tuple[Ints, Ints]]:
    """Codes of buyers on both sides: by id; by address for orders without an id; by address for rebuys without one."""
    yield _shared(made, others, "actor_id")
    ours, theirs = _shared(made, others, "addr")
    yield np.where(made.keys["actor_id"] < 0, ours, -1), theirs
    yield ours, np.where(others.keys["actor_id"] < 0, theirs, -2)


def _shared(made: Orders, others: Orders, column: str) -> tuple[Ints, Ints]:
    """Keys of both in one code; −1 where empty, −2 where theirs is none of ours."""
    names, foreign = made.names[column], others.names[column]
    if not len(foreign) or not len(names):
        return made.keys[column], np.where(others.keys[column] < 0, -1, -2)
    place = pc.fill_null(pc.index_in(foreign, value_set=names).cast(pa.int64()), -2)
    translated = np.append(np.asarray(place.to_numpy()), -1)  # the last place is that of an empty key
    return made.keys[column], np.asarray(translated[others.keys[column]])
