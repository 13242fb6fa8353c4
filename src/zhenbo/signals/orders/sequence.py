"""Orders that could not have happened so: bought without being there, delivered before sent.

## What it looks for
Two things, each against what honest records hold. Buyers without any trace in the room before they buy, beyond
the entries the record is known to miss. Orders whose steps stand in an impossible order: refunded before paid, paid
before created, delivered before shipped or within half an hour.
before created, delivered before shipped or within half an hour. Parcels of different products that weigh the same
to the gram: empty parcels (空包).

## Why it matters
Brushers follow a script: search, browse, chat, order, pay by the organiser, an empty parcel, a review (Fanxian
court 2024). Cheaper ones skip the browsing: ids are fed into a till. Empty parcels are "delivered" when the label is printed.

## How it is fooled
By letting the accounts enter and click first, by real detours of real parcels.

## What clears it
How many entries a record misses is learned from people who certainly were there, because they spoke, tapped or
followed: where half of them have no entry, an absent entry says nothing and complete entries are asked for. If
hardly any buyer is known in the room, order ids and room ids are of different kinds. A step that is out of order
for most orders, or between two sources, is a clock (时钟偏移) and not a trick. Presales,
bargains and shared links bring buyers who never see the room: not having been there names nobody unless the same orders
share a purse, their praise or the weight of their parcels. Who
pays the courier (货到付款) pays after shipping.

## Method
Each of the two shares against a beta-binomial across rooms; the looks taken are paid for. Baselines:
`packs/baselines/orders.sequence.toml`.

## Examples
    >>> from zhenbo.proof.pages import look
    >>> look('orders.sequence', '''
    ... 19:50-20:20 b1..b100 enter scattered
    ... 20:20-21:00 b1..b100 say "nice {n}" scattered
    ... 21:00-22:00 b1..b100 order o{n} 59.00 scattered [pay=card{n}]
    ... 21:00-22:00 a1..a200 order f{n} 99.00 scattered [pay=purse{n%4}]
    ... 22:00-22:30 b1..b100 leave scattered
    ... ''')
    orders.sequence: asks for logistics
    orders.sequence: accuses, names 200 orders, says unseen
    >>> look('orders.sequence', '''
    ... 19:50-20:20 b1..b100 enter scattered
    ... 20:20-21:00 b1..b100 say "nice {n}" scattered
    ... 21:00-22:00 b1..b100 order o{n} 59.00 scattered
    ... 22:00-22:30 b1..b100 leave scattered
    ... d+1 10:00 shipped o{n} x100
    ... d+3 10:00 delivered o{n} x100
    ... ''')
    orders.sequence: clears, names 0 orders, says in_order
"""

from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from zhenbo.core.evidence import Cause, Found, Missing, Say, Signal
from zhenbo.core.schema import ROOM_KINDS
from zhenbo.core.session import HOUR, Session, micros
from zhenbo.core.subject import Question, Tier
from zhenbo.kernel.orders import NEVER, Orders, orders
from zhenbo.signals.company import held_against, telling, together
from zhenbo.signals.looks import Best, Look, best, said, share

Ints = npt.NDArray[np.int64]
Bools = npt.NDArray[np.bool_]

_CERTAIN = ("comment", "like", "follow", "share", "gift", "join_club")
_PAIRS = (("created", "paid"), ("paid", "refunded"), ("paid", "shipped"), ("shipped", "delivered"))
"""Steps and what must follow them."""


def look(session: Session, base: Mapping[str, Any]) -> Iterable[Found]:
    """Test presence and order of steps; one piece of evidence for the most telling."""
    made = orders(session)
    if not len(made):
        return []
    missing: list[Found] = []
    unseen = _unseen(session, made, base) if session.scope == "session" else None
    if isinstance(unseen, Missing):
        missing, unseen = [unseen], None
    broken, skewed = _broken(made, base)
    if not made.happened("shipped").any():
        missing.append(Missing(Question.SALES, "logistics"))
    looks = [one for one in (unseen, broken) if one is not None]
    return [*missing, _evidence(session, made, best(looks), skewed)] if looks else missing


def _unseen(session: Session, made: Orders, base: Mapping[str, Any]) -> Look | Missing | None:
    """Buyers without a trace in the room before they bought."""
    buyer = made.keys["actor_id"]
    judged = (buyer >= 0) & made.timed("created")
    if len(np.unique(buyer[judged])) < base["buyers_min"]:
        return Missing(Question.SALES, "order_accounts") if not judged.any() else None
    rows = session.rows(*ROOM_KINDS)
    rows = rows.filter(pc.and_(pc.is_valid(rows["actor_id"]), pc.is_valid(rows["ts"])))
    seen = _seen_share(session, rows, base)
    if seen is None:
        return Missing(Question.SALES, "entries")
    first = np.full(len(made.names["actor_id"]), NEVER)
    place = pc.fill_null(pc.index_in(rows["actor_id"], value_set=made.names["actor_id"]), -1)
    at = np.asarray(place.to_numpy().astype(np.int64))
    np.minimum.at(first, at[at >= 0], micros(rows["ts"])[at >= 0])
    slack = int(base["slack_s"] * 1e6)
    hits = judged & (first[np.maximum(buyer, 0)] > made.at["created"] + slack)
    buyers, gone = np.unique(buyer[judged]), np.unique(buyer[hits])
    # A buyer who was there for one order was there.
    gone = np.setdiff1d(gone, buyer[judged & ~hits])
    if 1 - len(gone) / len(buyers) < base["matched_min"]:
        return Missing(Question.SALES, "order_accounts")
    hits &= np.isin(buyer, gone)
    mean = float(np.clip(1 - seen, base["unseen_floor"], 0.9))
    one = share("unseen", hits, judged, (mean, base["unseen_concentration"]), (len(gone), len(buyers)))
    return replace(one, p=held_against(one.p, together(hits, judged, telling(session, made))))


def _seen_share(session: Session, rows: pa.Table, base: Mapping[str, Any]) -> float | None:
    """Share of people certainly present whose entry was recorded; None where the record misses too many."""
    kind = rows["kind"].cast(pa.string())
    entered = pc.unique(rows.filter(pc.equal(kind, "enter"))["actor_id"])
    certain = pc.unique(rows.filter(pc.is_in(kind, pa.array(_CERTAIN)))["actor_id"])
    told = session.coverage("enter")
    if told is None and session.counts.get("leave", 0) > 0.5 * session.counts.get("enter", 1):
        told = 1.0  # only a complete feed tells who left
    if not len(entered) or len(certain) < base["present_min"]:
        return None
    own = float(pc.mean(pc.is_in(certain, value_set=entered).cast(pa.int8())).as_py())
    if (
        told is None
    ):  # those who speak are recorded best: without a counter nobody knows how many entries are missing
        return None
    seen = min(own, told)
    return seen if seen >= base["seen_min"] else None


def _broken(made: Orders, base: Mapping[str, Any]) -> tuple[Look | None, bool]:
    """Orders whose steps stand in an impossible order; and whether a clock explains some of it."""
    hits = np.zeros(len(made), dtype=bool)
    judged = np.zeros(len(made), dtype=bool)
    skewed = False
    for before, after in _PAIRS:
        both = made.timed(before) & made.timed(after)
        same = both & (made.said_by[before] == made.said_by[after])
        skewed |= bool((both & ~same & (made.at[after] < made.at[before])).any())
        if (
            after == "refunded"
        ):  # a deposit goes back before the rest is paid, a difference in price by a list of its own
            same &= ~made.in_part
        if after == "delivered":  # only parcels travel; vouchers and top-ups arrive at once
            same &= made.keys["tracking_id"] >= 0
        if (before, after) == ("paid", "shipped"):  # who pays the courier pays when the parcel comes
            came = made.at["delivered"]
            same &= made.timed("delivered") & (made.at["paid"] < came - HOUR)
        least = int((base["transit_min_s"] if after == "delivered" else -base["slack_s"]) * 1e6)
        wrong = same & (made.at[after] - made.at[before] < least)
        if wrong.sum() > base["skew_share"] * max(same.sum(), 1):
            skewed = True
            continue
        hits |= wrong
        judged |= same
    n = int(judged.sum())
    if n < base["buyers_min"]:
        return None, skewed
    rate = (base["broken_share"], base["broken_concentration"])
    return share("impossible", hits, judged, rate, (int(hits.sum()), n)), skewed


def _evidence(session: Session, made: Orders, found: Best, skewed: bool) -> Found:
    unseen = found.accused and found.look.name == "unseen"
    causes = (Cause("coverage", "ruled_out"), Cause("straight_link", "open")) if unseen else ()
    if found.accused or skewed:
        causes = (*causes, Cause("clock_skew", "explains" if skewed else "ruled_out"))
    return said(SIGNAL, session, made, found, clear="in_order", causes=causes)


SIGNAL = Signal(
    id="orders.sequence",
    version=2,
    question=Question.SALES,
    tier=Tier.T2,
    title=Say("Impossible order histories", "订单链路异常"),
    says={
        "unseen": Say(
            "{units} of {tested} buyers ({found_share}) have no trace in the room before they bought; the record would miss "
            "{expected_share} of honest ones. They placed {orders} orders.",
            "{tested} 个买家中有 {units} 个（{found_share}）下单前在直播间毫无踪迹；按记录的完整度，正常应为 {expected_share}。共涉及 {orders} 笔订单。",
        ),
        "impossible": Say(
            "{orders} of {tested} orders went through their steps in an impossible order or time (refunded before paid, delivered as "
            "soon as shipped); honest records hold {expected_share}.",
            "{tested} 笔订单中有 {orders} 笔的环节顺序或时间不可能（先退款后付款、发货即签收等）；正常记录约为 {expected_share}。",
        ),
        "in_order": Say(
            "{orders} orders were made and handled in an order of steps that real ones take.",
            "{orders} 笔订单的产生与履约环节顺序正常。",
        ),
    },
    look=look,
)
