"""Errands by the clock: buyers who come, order and leave with the same waits, or never open the goods.

## What it looks for
The visits in which orders were placed: how long after entering the order came, how long after it the buyer left, how long
the whole visit took. People's times scatter over minutes; those of software, or of workers with a task sheet, agree.
Beside it, buyers who never opened any product before they ordered, where the record tells who did.

## Why it matters
Order ids fed into a till do not watch a show. Task sheets prescribe how long to browse so that the visit passes for real
("search, compare, chat", Fanxian court, 2024), and everybody follows the same sheet.

## How it is fooled
By waits drawn as widely as people's; by workers who stay and watch. By records without departures.

## What clears it
Buyers who leave together because something ended for them: times that agree by the clock and not by their length do not
count. One buyer with many orders in one visit is one visit. A feed that polls or writes whole minutes is asked for no
finer agreement than it can show. A presale or a link that leads straight to an order form skips the goods: having opened nothing
names nobody unless the same orders share a purse, their praise or the weight of their parcels. A length that visits without orders have in common too is the room's
own: clients that dial in anew every five minutes, a guest who leaves with half of the room.

## Method
Classes of lengths that hold more visits than the classes beside them let expect (`kernel.lengths`), three lengths, all
classes and looks paid for; buyers without a look at the goods against a beta-binomial across rooms. Baselines:
`packs/baselines/orders.visits.toml`.

## Examples
    >>> from zhenbo.proof.pages import look
    >>> look('orders.visits', '''
    ... 19:50-20:50 b1..b60 enter scattered
    ... 20:55-21:35 b1..b60 order o{n} 59.00 scattered
    ... 21:36-22:30 b1..b60 leave scattered
    ... 20:05-22:05 a1..a25 enter
    ... 20:05:25-22:05:25 a1..a25 order f{n} 99.00
    ... 20:05:40-22:05:40 a1..a25 leave
    ... ''')
    orders.visits: accuses, names 25 orders, says alike
    >>> look('orders.visits', '''
    ... 19:50-20:50 b1..b60 enter scattered
    ... 20:55-21:35 b1..b60 order o{n} 59.00 scattered
    ... 21:36-22:30 b1..b60 leave scattered
    ... 20:30 c1 enters; 20:31-20:40 c1 orders g{n} 29.00 x30; 20:41 c1 leaves
    ... ''')
    orders.visits: clears, names 0 orders, says at_leisure
"""

from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow.compute as pc

from zhenbo.core.evidence import Cause, Found, Missing, Say, Signal
from zhenbo.core.session import Session
from zhenbo.core.subject import Question, Tier
from zhenbo.kernel.errands import Errands, errands, looked
from zhenbo.kernel.lengths import Cell, equal_lengths, like_lengths, step
from zhenbo.kernel.orders import Orders, orders
from zhenbo.kernel.visits import visits
from zhenbo.signals.company import ALONE, held_against, telling, together
from zhenbo.signals.looks import Best, Look, best, said, share

Ints = npt.NDArray[np.int64]
Bools = npt.NDArray[np.bool_]

_WIDTHS = ((1.0, 3), (2.0, 4), (5.0, 4))
"""Seconds within which waits agree, and from how many such widths on."""
_HABIT = 0.01
"""Below this p a length in common is the room's own."""
_LENGTHS = {"after": "left", "stay": "left", "before": "ordered"}
"""Lengths asked, and the moment each of them ends at."""


def look(session: Session, base: Mapping[str, Any]) -> Iterable[Found]:
    """Test the lengths of visits with orders, and the looks at goods; one piece of evidence for the more telling."""
    made = orders(session)
    if session.scope != "session" or not len(made):
        return []
    trips = errands(session, made)
    ended = trips.ended
    missing = []
    alike = None
    if int(ended.sum()) >= base["visits_min"]:
        seen = visits(session)
        codes_of = pc.index_in(made.names["actor_id"], value_set=seen.names).drop_null().to_numpy()
        idle = seen.ended & ~np.isin(seen.who, codes_of)
        others = (seen.left[idle] - seen.came[idle]) / 1e6
        alike = _alike(made, trips, ended, others, step(seen.came, seen.left[seen.ended]))
    elif len(trips) >= base["visits_min"]:
        missing = [Missing(Question.SALES, "leaves")]
    looks = [one for one in (alike, _unopened(session, made, base)) if one is not None]
    return [*missing, _evidence(session, made, best(looks))] if looks else missing


def _of_the_room(stay: float, others: npt.NDArray[np.float64], coarse: float) -> bool:
    """Whether visits without orders have the same length in common: clients that dial in anew, a part of the show that ends for all."""
    alike = equal_lengths(others, coarse, _WIDTHS)
    return any(c.tail < _HABIT and abs(float(np.median(others[c.members])) - stay) <= max(c.width, coarse) for c in alike)  # fmt: skip


def _alike(
    made: Orders, trips: Errands, ended: Bools, others: npt.NDArray[np.float64], coarse: float
) -> Look:
    """Visits with one of their lengths in common; `others` are the lengths (s) of visits without orders."""
    came, ordered, left = trips.came[ended], trips.ordered[ended], trips.left[ended]
    seconds = {"after": left - ordered, "stay": left - came, "before": ordered - came}
    ends = {"left": left, "ordered": ordered}
    cells: list[tuple[Cell, str]] = []
    for name, end in _LENGTHS.items():
        length = seconds[name] / 1e6
        found = equal_lengths(length, coarse, _WIDTHS) + like_lengths(length, ends[end], coarse)
        cells += [(cell, name) for cell in found]
    judged = np.isin(trips.of, np.flatnonzero(ended))
    n = int(ended.sum())
    if not cells:
        return Look("alike", 1.0, n, 0, 0.0, (0.0, 0.0), np.zeros(len(made), dtype=bool), judged)
    top, name = min(cells, key=lambda c: (c[0].tail, c[0].width, int(c[0].members[0])))
    buyer = made.keys["actor_id"]
    theirs = buyer[np.isin(trips.of, np.flatnonzero(ended)[top.members])]
    members = (buyer >= 0) & np.isin(buyer, theirs)  # whatever else they ordered
    p = min(top.tail * len(_LENGTHS), 1.0)
    if name == "stay" and _of_the_room(float(np.median(seconds[name][top.members])) / 1e6, others, coarse):
        p = max(p, ALONE)
    return Look(
        "alike", p, n, len(top.members), top.expected, (0.0, 2 * top.expected + 1), members, judged | members
    )


def _unopened(session: Session, made: Orders, base: Mapping[str, Any]) -> Look | None:
    """Orders of buyers who had opened no goods before."""
    told = looked(session, made)
    if told is None:
        return None
    opened, judged = told
    buyer = made.keys["actor_id"]
    buyers, seen = np.unique(buyer[judged]), np.unique(buyer[opened])
    if len(buyers) < base["visits_min"] or len(seen) < base["opened_min"] * len(buyers):
        return None
    hits = judged & ~np.isin(buyer, seen)
    rate = (base["unopened_share"], base["unopened_concentration"])
    one = share("unopened", hits, judged, rate, (len(np.unique(buyer[hits])), len(buyers)))
    return replace(one, p=held_against(one.p, together(hits, judged, telling(session, made))))


def _evidence(session: Session, made: Orders, found: Best) -> Found:
    causes = {"alike": Cause("common_end", "ruled_out"), "unopened": Cause("straight_link", "open")}
    cause = (causes[found.look.name],) if found.accused else ()
    return said(SIGNAL, session, made, found, clear="at_leisure", causes=cause)


SIGNAL = Signal(
    id="orders.visits",
    version=1,
    question=Question.SALES,
    tier=Tier.T2,
    title=Say("Errands by the clock", "掐点下单"),
    says={
        "alike": Say(
            "{units} of {tested} visits with an order have a length in common (from entering to the order, from the order to "
            "leaving, or in all); the lengths beside it let expect {expected_share}. They placed {orders} orders.",
            "{tested} 次有下单的访问中有 {units} 次时长相同（进场到下单、下单到离场或全程之一）；按相邻时长推算应为 {expected_share}。共下 {orders} 笔订单。",
        ),
        "unopened": Say(
            "{units} of {tested} buyers ({found_share}) ordered without having opened any product; honest rooms have "
            "{expected_share}. They placed {orders} orders.",
            "{tested} 个买家中有 {units} 个（{found_share}）未点开任何商品即下单；正常约为 {expected_share}。共涉及 {orders} 笔订单。",
        ),
        "at_leisure": Say(
            "{orders} orders were placed in visits whose lengths scatter as people's do.",
            "{orders} 笔订单的下单访问时长各不相同，符合真人常态。",
        ),
    },
    look=look,
)
