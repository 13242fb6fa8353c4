"""The counterfactual: what would be said of the record without those who were named.

Their rows are taken out and the signals look again; nothing is subtracted from a finished score. What a counter shows
cannot be looked at person by person, so a running total is lowered by the entries, taps and follows taken out before
each reading, and the viewers on display by those among the removed whose entry *and* exit are on record. Everything
else that is displayed stays as shown: where only part of the entries was delivered, the totals stay too high rather
than too low, and the counterfactual says less than it could.
"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from zhenbo.core.session import Session, micros
from zhenbo.kernel.series import half_unit

NAMED = 0.5
"""Probability above which an account or order counts as named."""

_COUNTED = {"entered_total": ("enter", None), "like_total": ("like", "qty"), "follow_total": ("follow", None)}
"""Running totals, and the rows that each counts."""

Ints = npt.NDArray[np.int64]


@dataclass(frozen=True)
class Cut:
    """A record without some people and orders.

    Args:
        session: what is left.
        accounts: how many accounts were taken out.
        orders: how many orders, those of the accounts among them.
        rows: how many rows.
    """

    session: Session
    accounts: int
    orders: int
    rows: int


def named(probabilities: Mapping[str, float]) -> list[str]:
    """Accounts or orders that are named, by name."""
    return sorted(name for name, p in probabilities.items() if p > NAMED)


def cut(session: Session, accounts: Collection[str], orders: Collection[str]) -> Cut:
    """The record without these accounts and orders: their rows, and every row of the accounts' orders."""
    events = session.events
    people = pa.array(sorted(accounts), pa.string())
    theirs = pc.and_(
        pc.is_in(events["actor_id"], value_set=people),
        pc.equal(events["kind"].cast(pa.string()), "order_create"),
    )
    bought = pc.unique(pa.chunked_array([
        *events.filter(theirs)["order_id"].drop_null().chunks, pa.array(sorted(orders), pa.string()),
    ], pa.string()))  # fmt: skip
    gone = _held(events, people, bought)
    removed, kept = events.filter(gone), events.filter(pc.invert(gone))
    elsewhere = session.elsewhere
    if elsewhere is not None:
        elsewhere = elsewhere.filter(pc.invert(_held(elsewhere, people, bought)))
    left = replace(
        session,
        events=_lowered(kept, removed),
        accounts=session.accounts.filter(
            pc.invert(pc.is_in(session.accounts["account_id"].cast(pa.string()), value_set=people))
        ),
        elsewhere=elsewhere,
        rounds=_unnamed(session.rounds, people),
    )
    return Cut(left, len(people), len(bought), removed.num_rows)


def _unnamed(told: pa.Table | None, people: pa.Array) -> pa.Table | None:
    """The rounds of everybody else."""
    return None if told is None else told.filter(pc.invert(pc.is_in(told["account"], value_set=people)))


def _held(events: pa.Table, people: pa.Array, orders: pa.Array) -> pa.ChunkedArray:
    """Rows of these people or orders (null ids are nobody's)."""
    mine = pc.is_in(events["actor_id"], value_set=people)
    return pc.or_(mine, pc.is_in(events["order_id"], value_set=orders))


def _lowered(kept: pa.Table, removed: pa.Table) -> pa.Table:
    """What is left, with the displays lowered by what was taken out."""
    kind = kept["kind"].cast(pa.string())
    ts, qty = micros(kept["ts"]), np.asarray(pc.fill_null(kept["qty"], 0).to_numpy()).copy()
    for total, (acts, weight) in _COUNTED.items():
        at = np.flatnonzero(
            np.asarray(pc.fill_null(pc.equal(kind, total), False).to_numpy(zero_copy_only=False))
        )
        when, n = _times(removed, acts, weight)
        if at.size and when.size:
            unit = max(round(2 * half_unit(kept.take(pa.array(at)))), 1)
            fallen = qty[at] - _until(when, n, ts[at])
            qty[at] = np.maximum((fallen + unit // 2) // unit * unit, 0)
    at = np.flatnonzero(
        np.asarray(pc.fill_null(pc.equal(kind, "viewers"), False).to_numpy(zero_copy_only=False))
    )
    if at.size:
        qty[at] = np.maximum(qty[at] - _present(removed, ts[at]), 0)
    place = kept.schema.get_field_index("qty")
    told = pa.array(qty, kept.schema.field("qty").type, mask=np.asarray(kept["qty"].is_null().to_numpy()))
    return kept.set_column(place, kept.schema.field("qty"), told).combine_chunks()


def _times(rows: pa.Table, kind: str, weight: str | None) -> tuple[Ints, Ints]:
    """Times of the rows of a kind, rising, and how much each counts."""
    mine = rows.filter(pc.equal(rows["kind"].cast(pa.string()), kind))
    mine = mine.filter(pc.is_valid(mine["ts"]))
    when = micros(mine["ts"])
    n = (
        np.ones(len(when), dtype=np.int64)
        if weight is None
        else np.maximum(np.asarray(pc.fill_null(mine[weight], 1).to_numpy()), 1)
    )
    order = np.argsort(when, kind="stable")
    return when[order], n[order].astype(np.int64)


def _until(when: Ints, n: Ints, moments: Ints) -> Ints:
    """How much had been counted by each moment."""
    total = np.concatenate([[0], np.cumsum(n)])
    return np.asarray(total[np.searchsorted(when, moments, "right")])


def _present(removed: pa.Table, moments: Ints) -> Ints:
    """How many of the removed were in the room, of those whose entries and exits are both on record."""
    exits = removed.filter(pc.equal(removed["kind"].cast(pa.string()), "leave"))
    known = removed.filter(pc.is_in(removed["actor_id"], value_set=pc.unique(exits["actor_id"]).drop_null()))
    came, left = _times(known, "enter", None), _times(known, "leave", None)
    return np.asarray(np.maximum(_until(*came, moments) - _until(*left, moments), 0))
