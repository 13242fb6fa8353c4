"""Why money went back and when: refunds by cause, region, category and age, each beside what is usual.

The level of refunds accuses nobody: apparel sees 60 to 80 % of its orders again, a locked-down province nearly all. So
causes are kept apart, regions and categories are compared with the rest of the same record, and the ages at which orders
come back feed the projection (`audit.projection`). One order has one cause; the first of these that holds: more likely
brushed than not; a region that stands out, or a reason that speaks of delivery; a buyer who keeps what he is refunded for,
again and again; a reason that speaks of the goods; a reason that speaks of the buyer's own mind, or goods never sent and
undone within a day; else untold.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from zhenbo.audit.projection import AGES_H
from zhenbo.core.session import HOUR, Session
from zhenbo.core.verdict import Ages, ReturnCause, ReturnCell, Returns, Share
from zhenbo.kernel.orders import NEVER, UNTIMED, Orders, because
from zhenbo.signals.nulls import share_tail

Ints = npt.NDArray[np.int64]
Bools = npt.NDArray[np.bool_]
Floats = npt.NDArray[np.float64]

CELLS = 12
"""Regions and categories told of, the remarkable first."""
_CAUSES = ("brushing", "logistics", "buyer_abuse", "quality", "impulse")
_UNTIMED = 0.2
"""Share of returns without a time of their own from which no curve can be drawn."""
_SPANS = (("first_hour", 1), ("first_day", 24), ("to_day_3", 72), ("day_3_to_10", 240), ("later", 1 << 40))
_SNAPSHOT = 10
"""Rows per distinct time of reading from which a source is a file exported at that time, and saw nothing after it."""


@dataclass(frozen=True)
class Usual:
    """What is usual of returns for the goods of a subject.

    Args:
        base: values of the pack for the subject (`packs/baselines/sales.returns.toml`).
        by_category: the same for each category of its goods.
        categories: category by product.
    """

    base: Mapping[str, Any]
    by_category: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    categories: Mapping[str, str] = field(default_factory=dict)

    def of(self, category: str) -> Mapping[str, Any]:
        """Values for a category."""
        return self.by_category.get(category, self.base)


@dataclass(frozen=True)
class Sales:
    """Orders as the bridge leaves them.

    Args:
        made: the orders.
        paid: what was paid for each, 0 where it was not, or cancelled.
        refund: of that, refunded.
        rest: what then remains.
        p: probability that it is brushed, as the bridge believes it.
    """

    made: Orders
    paid: Ints
    refund: Ints
    rest: Ints
    p: Floats


def returns(session: Session, sales: Sales, usual: Usual) -> Returns | None:
    """Refunds so far of a session or shop month; None where nothing was paid."""
    made, use = sales.made, sales.paid > 0
    if not use.any():
        return None
    since = np.where(made.timed("paid"), made.at["paid"], made.at["created"])
    asked, refunded = made.at["asked"], made.at["refunded"]
    came = use & ((asked != NEVER) | (refunded != NEVER))
    timed = came & (_moment(asked, refunded) != NEVER)
    age = np.where(timed, np.maximum(_moment(asked, refunded) - since, 0), 0) / HOUR
    known = use & (since != NEVER) & (since != UNTIMED) & (~came | timed)
    told: Literal["timed", "untimed", "nothing"] = "timed" if came.any() else "nothing"
    if came.sum() and (came & ~timed).sum() > _UNTIMED * came.sum():
        told = "untimed"
    category = _categories(made, usual)
    cells = _cells(made, sales, use, category, usual.base)
    watched = np.maximum(seen_until(session) - since, 0) / HOUR
    back = np.where(sales.refund > 0, sales.refund, sales.paid)
    refused = (made.happened("rejected") & ~made.happened("refunded") & use).sum()
    return Returns(
        told=told,
        share=float(sales.refund.sum() / max(sales.paid.sum(), 1)),
        usual=None,
        open=int(sales.rest[made.case_open & use].sum()),
        unfinished=int(sales.rest[use & ~made.happened("completed")].sum()),
        granted=[int((use & (sales.refund > 0)).sum()), int(refused)],
        to_come=None,
        after=_after(sales.refund, timed, age),
        causes=_causes(made, sales, cells, timed & (age < 24), usual.base),
        cells=sorted(cells, key=lambda c: (not c.stands_out, -c.orders, c.by, c.name))[:CELLS],
        ages_h=list(AGES_H),
        ages=_ages(sales, known, came, age, watched, back, category),
    )


def seen_until(session: Session) -> int:
    """Microsecond up to which the record was seen: what was exported at a time tells nothing of what came after."""
    rows = session.events.filter(pc.is_valid(session.events["order_id"]))
    seen = pc.value_counts(rows["ts_seen"].cast(pa.int64()).drop_null().combine_chunks())
    if not len(seen):
        return session.as_of
    snapshot = pc.sum(seen.field("counts")).as_py() >= _SNAPSHOT * len(seen)
    return int(min(pc.max(seen.field("values")).as_py(), session.as_of)) if snapshot else session.as_of


def _moment(asked: Ints, refunded: Ints) -> Ints:
    """When an order began to come back; `NEVER` where that is unknown."""
    first = np.where(asked == UNTIMED, NEVER, asked)
    return np.minimum(first, np.where(refunded == UNTIMED, NEVER, refunded))


def _categories(made: Orders, usual: Usual) -> tuple[Ints, list[str]]:
    """Category of each order, with names; the empty one first."""
    products = made.names["target_id"].to_pylist()
    names = ["", *sorted({c for p in products if (c := usual.categories.get(p))})]
    number = {name: i for i, name in enumerate(names)}
    of_product = np.array([number[usual.categories.get(p, "")] for p in products] + [0], dtype=np.int64)
    return of_product[made.keys["target_id"]], names


def _after(refund: Ints, timed: Bools, age: Floats) -> dict[str, int]:
    out, start = {}, 0
    for name, end in _SPANS:
        out[name] = int(refund[timed & (age >= start) & (age < end)].sum())
        start = end
    return {**out, "untimed": int(refund[~timed].sum())}


def _ages(
    sales: Sales, known: Bools, came: Bools, age: Floats, watched: Floats, back: Ints, category: tuple[Ints, list[str]]
) -> list[Ages]:  # fmt: skip
    """A life table per category; orders more likely brushed than not are no part of it."""
    use = known & (sales.p <= 0.5)
    tables = []
    bounds = np.array(AGES_H)
    for number, name in enumerate(category[1]):
        mine = np.flatnonzero(use & (category[0] == number))
        if not len(mine):
            continue
        paid, until = (
            sales.paid[mine],
            np.where(came[mine], np.minimum(age[mine], watched[mine]), watched[mine]),
        )
        inside = np.clip((until[:, None] - bounds[:-1]) / np.diff(bounds), 0.0, 1.0)
        stretch = np.searchsorted(bounds, age[mine], side="right") - 1
        counted = came[mine] & (stretch < len(bounds) - 1)
        money, number_of = np.zeros(len(bounds), np.int64), np.zeros(len(bounds), np.int64)
        np.add.at(money, stretch[counted], back[mine][counted])
        np.add.at(number_of, stretch[counted], 1)
        standing = np.searchsorted(bounds, watched[mine], side="right") - 1
        now = np.rint(paid * (1 - sales.p[mine])).astype(np.int64)
        here = np.bincount(standing, weights=now, minlength=len(bounds))
        ages = np.bincount(
            standing, weights=now * np.minimum(watched[mine], bounds[-1]), minlength=len(bounds)
        )
        mean = paid.mean()
        tables.append(Ages(
            category=name, orders=len(mine), paid=int(paid.sum()), spread=float(paid.var() / max(mean, 1) ** 2),
            exposed=(paid @ inside).tolist(), back=money[:-1].tolist(), back_orders=number_of[:-1].tolist(),
            now=here.astype(np.int64).tolist(), now_h=(ages / np.maximum(here, 1)).tolist(),
        ))  # fmt: skip
    return tables


def _cells(
    made: Orders, sales: Sales, use: Bools, category: tuple[Ints, list[str]], base: Mapping[str, Any]
) -> list[ReturnCell]:  # fmt: skip
    """Regions and categories with enough orders, each beside the rest of the record; brushed orders are left out."""
    genuine = use & (sales.p <= 0.5)
    back = sales.refund > 0
    out = []
    for by, code, names in (
        ("region", made.keys["region"], made.names["region"].to_pylist()),
        ("category", np.where(category[0] > 0, category[0], -1), category[1]),
    ):
        told = genuine & (code >= 0)
        n = np.bincount(code[told], minlength=len(names))
        hits = np.bincount(code[told & back], minlength=len(names))
        enough = np.flatnonzero(n >= base["cell_min"])
        if len(enough) < 2:
            continue
        rate = hits / np.maximum(n, 1)
        # the rate that half of the orders have in their cell: a few lost provinces do not move it
        usual = float(np.clip(np.median(np.repeat(rate, n)), 0.01, 0.9))
        p = share_tail(hits, np.maximum(n, 1), usual, base["cell_worth"])
        out += [
            _cell(by, str(names[i]), int(n[i]), int(hits[i]), usual, bool(p[i] < base["cell_alpha"] and rate[i] > 1.5 * usual), base)
            for i in enough.tolist()
        ]  # fmt: skip
    return out


def _cell(
    by: Any, name: str, n: int, hits: int, usual: float, out: bool, base: Mapping[str, Any]
) -> ReturnCell:  # fmt: skip
    from scipy import stats

    worth = 2.0 if out else float(base["cell_worth"])  # what stands out is none of its neighbours' kind
    a, b = hits + worth * usual, n - hits + worth * (1 - usual)
    low, high = stats.beta.ppf([0.05, 0.95], a, b)
    share = Share(float(low), float(a / (a + b)), float(high))
    return ReturnCell(by=by, name=name, orders=n, refunded=hits, share=share, rest=usual, stands_out=out)


def _causes(
    made: Orders, sales: Sales, cells: list[ReturnCell], soon: Bools, base: Mapping[str, Any]
) -> list[ReturnCause]:  # fmt: skip
    back = sales.refund > 0
    lost = [c.name for c in cells if c.by == "region" and c.stands_out]
    region = np.isin(made.keys["region"], np.flatnonzero(pc.is_in(made.names["region"], value_set=pa.array(lost, pa.string())).to_numpy(zero_copy_only=False)))  # fmt: skip
    said = {name: because(made, str(base[name])) for name in ("logistics", "quality", "impulse")}
    holds = (
        sales.p > 0.5,
        said["logistics"] | region & ~said["quality"],
        _serial(made, sales, base),
        said["quality"],
        said["impulse"] | soon & ~made.happened("shipped") & ~made.happened("delivered"),
        np.ones(len(made), dtype=bool),
    )
    out = []
    for cause, which in zip((*_CAUSES, "untold"), holds, strict=True):
        mine = back & which
        back = back & ~which
        if mine.any():
            out.append(ReturnCause(cause=cause, orders=int(mine.sum()), amount=int(sales.refund[mine].sum())))  # type: ignore[arg-type]
    return out


def _serial(made: Orders, sales: Sales, base: Mapping[str, Any]) -> Bools:
    """Refunded orders of buyers who are refunded again and again and keep the goods."""
    buyer = np.where(made.keys["actor_id"] >= 0, made.keys["actor_id"], -1)
    paid = (sales.paid > 0) & (buyer >= 0)
    got = made.happened("delivered") | made.happened("completed")
    kept = (sales.refund > 0) & got & ~made.happened("sent_back") & ~made.happened("received_back")
    if not (kept & paid).any():
        return np.zeros(len(made), dtype=bool)
    n = np.bincount(buyer[paid])
    hits = np.bincount(buyer[paid & kept], minlength=len(n))
    serial = (n >= base["serial_min"]) & (hits >= base["serial_share"] * n)
    return np.asarray(kept & paid & np.append(serial, False)[np.minimum(buyer, len(n))])
