"""Operating against financial data: what the orders say was sold, and what the settlement statement says was paid out (FIELD K31).

Every order that was paid, completed and not refunded should come back in the statement within the platform's terms, less its
cut; nothing else should. Facts are counted, order by order; what the statement cannot tell yet is kept apart: orders
completed too late to have been paid by `as_of`. The usual wait and the usual cut are read off the statement itself.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Annotated, Literal

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc
from msgspec import Meta, Struct

from zhenbo.core.evidence import cite
from zhenbo.core.session import DAY, Session, codes, micros
from zhenbo.core.verdict import Count
from zhenbo.kernel.orders import NEVER, UNTIMED, Orders, orders

Ints = npt.NDArray[np.int64]
Bools = npt.NDArray[np.bool_]

LEAST = 20
"""Settled orders from which the usual wait and cut of a seller can be read."""
PATIENCE = 10 * DAY
"""How much longer than the slowest tenth a payment may take before it counts as missing: holidays, disputes."""
OFF = 0.02
"""A settled amount further from the usual cut than this share of the order counts as differing."""
GAP = 0.02
"""Unsettled or unfounded share of the amounts from which a seller's books are said not to bear its orders out."""


class Books(Struct, frozen=True, kw_only=True):
    """One seller's orders beside its statement, minor units."""

    host_id: str
    orders: Annotated[Count, Meta(description="paid orders")]
    paid: int
    refunded: int
    due: Annotated[int, Meta(description="completed, not refunded and old enough to have been settled")]
    due_orders: Count
    settled: Annotated[int, Meta(description="of these, what the statement paid, before the usual cut")]
    settled_orders: Count
    missing: Annotated[int, Meta(description="due, and not in the statement")]
    missing_orders: Count
    unfounded: Annotated[
        int,
        Meta(
            description="in the statement, without an order of this record or for one that was refunded or never paid"
        ),
    ]
    unfounded_rows: Count
    returned_after: Annotated[
        int, Meta(description="settled, and refunded only later: the platform takes it back")
    ]
    differing: Annotated[Count, Meta(description="orders settled at another share than usual")]
    waiting: Annotated[int, Meta(description="completed or on their way, not yet due")]
    share: Annotated[
        float | None, Meta(description="usual share of the order that is paid out; null with too few")
    ]
    wait_days: Annotated[
        float | None, Meta(description="days from completion within which nine of ten are settled")
    ]
    agrees: Annotated[
        Literal["yes", "no", "cannot_tell"], Meta(description="whether the statement bears the orders out")
    ]
    events: Annotated[list[str], Meta(description="rows without a counterpart, capped")]


@dataclass(frozen=True)
class _Statement:
    """Settlement rows by order: first time and sum."""

    at: Ints
    amount: Ints
    row: Ints


def reconciled(events: pa.Table, as_of: int) -> list[Books]:
    """Every seller with orders, the largest gap first.

    Args:
        events: canonical events.
        as_of: microsecond at which the record is read.
    """
    made = orders(Session("", "", "", "shop", events))
    if not len(made):
        return []
    paper, orphan = _statement(events, made)
    host, hosts = codes(events["host_id"])
    seller = host[made.row]
    loose = host[orphan]
    found = [
        _books(str(name), events, made, paper, seller == i, orphan[loose == i], as_of)
        for i, name in enumerate(hosts.to_pylist()) if bool((seller == i).any())
    ]  # fmt: skip
    return sorted(found, key=lambda b: (-(b.missing + b.unfounded), b.host_id))


def _statement(events: pa.Table, made: Orders) -> tuple[_Statement, Ints]:
    """Settlements by order, and the rows that name none of them."""
    kinds, names = codes(events["kind"])
    rows = np.flatnonzero(kinds == names.index("settle").as_py()) if "settle" in names.to_pylist() else np.empty(0, np.int64)  # fmt: skip
    table = events.select(["ts", "order_id", "amount"]).take(pa.array(rows))
    place = np.asarray(
        pc.fill_null(pc.index_in(table["order_id"], value_set=pa.array(made.id)).cast(pa.int64()), -1)
    )
    amount = np.asarray(pc.fill_null(table["amount"], 0))
    at, total = np.full(len(made), NEVER), np.zeros(len(made), np.int64)
    first = np.full(len(made), -1, np.int64)
    mine = np.flatnonzero(place >= 0)
    np.minimum.at(at, place[mine], micros(table["ts"])[mine])
    np.add.at(total, place[mine], amount[mine])
    first[place[mine][::-1]] = rows[mine[::-1]]
    return _Statement(at, total, first), rows[place < 0]


def _books(
    host: str, events: pa.Table, made: Orders, paper: _Statement, mine: Bools, orphan: Ints, as_of: int
) -> Books:
    paid = made.was_paid & ~made.happened("cancelled") & mine
    net = np.where(paid, made.amount - made.discount - made.refund, 0)
    whole = paid & (made.refund == 0)
    done = np.where(made.timed("completed"), made.at["completed"], made.at["delivered"])
    timed = (done != NEVER) & (done != UNTIMED)
    in_paper = paper.at != NEVER
    both = whole & in_paper & timed
    waits = np.sort((paper.at - done)[both])
    enough = len(waits) >= LEAST
    wait = int(waits[int(0.9 * (len(waits) - 1))]) if enough else None
    base = (made.amount - made.discount)[both]
    share = float(np.median(paper.amount[both] / np.maximum(base, 1))) if enough else None
    due = whole & timed & (done + (wait if wait is not None else 0) + PATIENCE <= as_of) if enough else np.zeros_like(whole)  # fmt: skip
    missing = due & ~in_paper
    back = np.where(made.timed("refunded"), made.at["refunded"], NEVER)
    gone = paid & in_paper & (net == 0)
    wrong = in_paper & mine & (~paid | (gone & (back < paper.at)))
    late = gone & ~wrong
    odd = both & (np.abs(paper.amount - (share or 0) * (made.amount - made.discount)) > OFF * made.amount) if enough else np.zeros_like(both)  # fmt: skip
    lost = int(pc.sum(events["amount"].take(pa.array(orphan))).as_py() or 0) if len(orphan) else 0
    unfounded = int(paper.amount[wrong].sum()) + lost
    drawn = round(unfounded / share) if share else unfounded
    rows = np.concatenate([made.row[missing], paper.row[wrong], orphan])
    owed = int(net[due].sum())
    gap = max(int(net[missing].sum()), drawn) / max(owed, 1)
    return Books(
        host_id=host, orders=int(paid.sum()), paid=int((made.amount - made.discount)[paid].sum()), refunded=int(made.refund[paid].sum()),
        due=owed, due_orders=int(due.sum()), settled=int(net[due & in_paper].sum()), settled_orders=int((due & in_paper).sum()),
        missing=int(net[missing].sum()), missing_orders=int(missing.sum()), unfounded=unfounded, unfounded_rows=int(wrong.sum()) + len(orphan),
        returned_after=int(paper.amount[late].sum()),
        differing=int(odd.sum()), waiting=int(net[paid & ~due & ~in_paper].sum()), share=share,
        wait_days=None if wait is None else wait / DAY, agrees="cannot_tell" if not enough or not owed else "no" if gap > GAP else "yes",
        events=list(cite(events.take(pa.array(np.sort(rows))))[0]),
    )  # fmt: skip


def total(books: Sequence[Books], field: str) -> int:
    """A line summed over sellers."""
    return sum(getattr(b, field) for b in books)
