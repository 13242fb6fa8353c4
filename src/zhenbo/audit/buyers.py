"""Who buys: user authenticity, concentration and unusual purchases over a whole record, as an IT special verification asks for them.

Every check counts orders and amounts and names what else would explain them. They are leads for whoever verifies, not
findings: whether a session's sales are fabricated is said by its verdict, which tests innocent causes.
"""

from collections.abc import Callable, Mapping
from typing import Annotated

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc
from msgspec import Meta, Struct

from zhenbo.core.evidence import cite
from zhenbo.core.homes import CHINA_PLATFORMS
from zhenbo.core.session import DAY, HOUR, Session, codes
from zhenbo.core.verdict import Count
from zhenbo.kernel.orders import Orders, orders

Ints = npt.NDArray[np.int64]
Bools = npt.NDArray[np.bool_]

TOP = 10
PER_HOUR = 5
"""Orders of one buyer within an hour from which they are counted as a series."""
SHARED = 5
"""Buyers of one address, payer or device from which it is counted as shared."""
FEW = 20
_NIGHT = (2, 6)


class Concentration(Struct, frozen=True, kw_only=True):
    """How much of the sales the largest of a kind hold."""

    of: Annotated[str, Meta(description="host_id, actor_id, addr, pay, device or region")]
    distinct: Count
    told: Annotated[float, Meta(description="share of the amount for which it is told")]
    top_share: Annotated[float, Meta(description=f"share of that held by the largest {TOP}")]
    largest_share: float
    hhi: Annotated[float, Meta(description="sum of squared shares: 1 is a single one")]


class Lead(Struct, frozen=True, kw_only=True):
    """One unusual pattern, counted."""

    check: str
    orders: Count
    amount: int
    share: Annotated[float, Meta(description="of the paid amount that could be looked at")]
    over: Annotated[Count, Meta(description="paid orders that could be looked at")]
    events: Annotated[list[str], Meta(description="orders, spread over all of them, capped")]


class Buyers(Struct, frozen=True, kw_only=True):
    """What is said of the buyers of a record."""

    currency: str
    orders: Annotated[Count, Meta(description="paid orders")]
    paid: int
    seen_share: Annotated[
        float | None,
        Meta(
            description="of paid orders with a buyer, those whose buyer also acts in a room of the record; null where rooms are not recorded"
        ),
    ]
    concentration: list[Concentration]
    leads: list[Lead]


def buyers(events: pa.Table) -> Buyers | None:
    """The buyers of a record; None without a paid order."""
    made = orders(Session("", "", "", "shop", events))
    paid = made.was_paid & ~made.happened("cancelled")
    if not paid.any():
        return None
    made = made.only(paid)
    amount = made.amount - made.discount
    host, _ = codes(events["host_id"])
    keys = {
        "host_id": host[made.row],
        **{k: made.keys[k] for k in ("actor_id", "addr", "pay", "device", "region")},
    }
    concentration = [c for name, key in keys.items() if (c := _concentration(name, key, amount)) is not None]
    return Buyers(
        currency=made.currencies[int(np.bincount(made.currency[made.currency >= 0]).argmax())] if (made.currency >= 0).any() else "CNY",
        orders=len(made), paid=int(amount.sum()), seen_share=_seen(events, made), concentration=concentration,
        leads=[lead for name, check in CHECKS.items() if (lead := _lead(name, check(events, made), events, made, amount))],
    )  # fmt: skip


def _concentration(name: str, key: Ints, amount: Ints) -> Concentration | None:
    known = key >= 0
    whole, told = int(amount.sum()), int(amount[known].sum())
    if not told:
        return None
    held = np.sort(np.bincount(key[known], weights=amount[known].astype(np.float64)))[::-1]
    sums = held[held > 0] / told
    return Concentration(
        of=name, distinct=len(sums), told=told / max(whole, 1), top_share=min(float(sums[:TOP].sum()), 1.0), largest_share=float(sums[0]),
        hhi=float((sums**2).sum()),
    )  # fmt: skip


def _seen(events: pa.Table, made: Orders) -> float | None:
    """Share of the orders with a buyer whose buyer also enters, writes, taps or follows somewhere."""
    room = pc.is_in(
        events["kind"].cast(pa.string()), pa.array(["enter", "comment", "like", "follow", "product_click"])
    )
    there = pc.unique(events.filter(room)["actor_id"]).drop_null()
    who = made.keys["actor_id"]
    if not len(there) or not (who >= 0).any():
        return None
    present = np.asarray(pc.is_in(made.names["actor_id"], value_set=there))
    return float(present[who[who >= 0]].mean())


Check = Callable[[pa.Table, Orders], tuple[Bools, Bools]]
"""(which orders, among which that could be looked at)."""


def _at_night(events: pa.Table, made: Orders) -> tuple[Bools, Bools]:
    """Ordered between two and six in the morning, on the platform's clock."""
    platform = events["platform"].take(pa.array(made.row)).cast(pa.string())
    china = np.asarray(pc.fill_null(pc.is_in(platform, pa.array(sorted(CHINA_PLATFORMS))), True))
    timed = made.timed("created")
    at = np.where(timed, made.at["created"], 0) + np.where(china, 8 * HOUR, 0)
    hour = at % DAY // HOUR
    return timed & (hour >= _NIGHT[0]) & (hour < _NIGHT[1]), timed


def _series(_: pa.Table, made: Orders) -> tuple[Bools, Bools]:
    """One buyer, many orders within an hour."""
    who, timed = made.keys["actor_id"], made.timed("created")
    use = (who >= 0) & timed
    hour = np.where(timed, made.at["created"], 0) // HOUR
    return _many(np.where(use, who * 1_000_003 + hour, -1), PER_HOUR), use


def _many(key: Ints, least: int) -> Bools:
    """Rows whose key occurs so many times."""
    _, place, count = np.unique(key, return_inverse=True, return_counts=True)
    return np.asarray((key >= 0) & (count[place.reshape(-1)] >= least))


def _shared(column: str) -> Check:
    def check(_: pa.Table, made: Orders) -> tuple[Bools, Bools]:
        key, who = made.keys[column], made.keys["actor_id"]
        use = (key >= 0) & (who >= 0)
        pairs = np.unique(np.column_stack([key[use], who[use]]), axis=0)
        count = np.bincount(pairs[:, 0], minlength=int(key.max(initial=0)) + 1)
        return use & (count[np.maximum(key, 0)] >= SHARED), use

    return check


def _next_day(_: pa.Table, made: Orders) -> tuple[Bools, Bools]:
    """Refunded within two days of payment, before anything was delivered."""
    both = made.timed("paid")
    soon = made.timed("refunded") & (made.at["refunded"] - np.where(both, made.at["paid"], 0) <= 2 * DAY)
    return both & soon & ~made.happened("delivered"), both


def _alike(_: pa.Table, made: Orders) -> tuple[Bools, Bools]:
    """One buyer, the same product at the same amount again and again."""
    who, goods = made.keys["actor_id"], made.keys["target_id"]
    use = (who >= 0) & (goods >= 0)
    key = (who * 1_000_003 + goods) * 1_000_003 + made.amount % 1_000_003
    return _many(np.where(use, np.abs(key), -1), PER_HOUR), use


def _unscanned(_: pa.Table, made: Orders) -> tuple[Bools, Bools]:
    """Completed without ever having been shipped or delivered, where the record tells of parcels at all."""
    told = np.full(len(made), bool(made.happened("shipped").any() or made.happened("delivered").any()))
    gone = made.happened("completed") & ~made.happened("shipped") & ~made.happened("delivered")
    return gone & told, told


def _quiet(events: pa.Table, made: Orders) -> tuple[Bools, Bools]:
    """Bought by somebody who does nothing else in any room of the record."""
    room = pc.is_in(
        events["kind"].cast(pa.string()), pa.array(["enter", "comment", "like", "follow", "product_click"])
    )
    there = pc.unique(events.filter(room)["actor_id"]).drop_null()
    who = made.keys["actor_id"]
    use = (who >= 0) & bool(len(there))
    present = np.append(np.asarray(pc.is_in(made.names["actor_id"], value_set=there)), False)
    return use & ~present[who], use


CHECKS: Mapping[str, Check] = {
    "night": _at_night, "series": _series, "alike": _alike, "shared_address": _shared("addr"), "shared_payer": _shared("pay"),
    "shared_device": _shared("device"), "next_day": _next_day, "unscanned": _unscanned, "absent": _quiet,
}  # fmt: skip
"""Unusual patterns by name; the report says what else explains each."""


def _lead(name: str, found: tuple[Bools, Bools], events: pa.Table, made: Orders, amount: Ints) -> Lead | None:
    which, among = found
    if int(among.sum()) < FEW:
        return None
    rows = events.take(pa.array(made.row[which]))
    return Lead(
        check=name, orders=int(which.sum()), amount=int(amount[which].sum()), share=float(amount[which].sum() / max(amount[among].sum(), 1)),
        over=int(among.sum()), events=list(cite(rows)[0]),
    )  # fmt: skip
