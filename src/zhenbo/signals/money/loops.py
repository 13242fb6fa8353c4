"""Money that comes back as orders: a fee, handed on to people, spent in the shop of the one who paid it.

## What it looks for
Rows of money beside orders: a slot or service fee, what its receiver handed on afterwards (compensation, commission),
and paid orders of those who were given it, or of the receiver's own account. Loops of two to four edges, with sums.

## Why it matters
"Of a slot fee of 50,000 they spend 30,000 on brushing and keep 20,000" is the trade's own arithmetic; a pledge is
met from the merchant's own money, who pays twice: the fee, and the commission on sales to himself.

## How it is fooled
By cash, by accounts outside the record, by money handed on more than twice.

## What clears it
People who get money from an agency and buy as well: staff, a few compensated buyers. One order in fifty is expected from
them, in some rooms one in five. Money handed on long before or after the fee. Two parties that paid fees: then nobody knows whose
shop was paid, and nothing is said.

## Method
Ways of money in order of time (`kernel.loops`); the share of paid orders that close a loop against a beta-binomial across
rooms. The sum returned is told, never more than the fee. Baselines: `packs/baselines/money.loops.toml`.

## Examples
    >>> from zhenbo.proof.pages import look
    >>> look('money.loops', '''
    ... 09:00 merchant slot_fee agency 30000.00
    ... 10:00-11:00 agency compensation w{n} 1000.00 x20
    ... 20:00-22:00 b1..b60 order o{n} 59.00 scattered
    ... 20:30-21:30 w1..w20 order f{n} 999.00
    ... ''')
    money.loops: accuses, names 20 orders, says returned
    >>> look('money.loops', '''
    ... 09:00 merchant slot_fee agency 30000.00
    ... 10:00-11:00 agency compensation w{n} 80.00 x20
    ... 20:00-22:00 b1..b60 order o{n} 59.00 scattered
    ... 20:30 b3 orders f1 99.00
    ... ''')
    money.loops: clears, names 0 orders, says kept_apart
"""

from collections.abc import Iterable, Mapping
from typing import Any

import pyarrow as pa

from zhenbo.core.evidence import Cause, Found, Say, Signal
from zhenbo.core.session import Session
from zhenbo.core.subject import Question, Tier
from zhenbo.kernel.loops import Loops, loops
from zhenbo.kernel.orders import Orders, orders
from zhenbo.signals.company import SURE
from zhenbo.signals.looks import Best, best, events_of, said, share


def look(session: Session, base: Mapping[str, Any]) -> Iterable[Found]:
    """Judge how many paid orders close a loop of money."""
    made = orders(session)
    found = loops(session, made, base["within_d"])
    paid = made.was_paid
    if found is None or paid.sum() < base["orders_min"]:
        return []
    rate = (base["closed_share"], base["closed_concentration"])
    return [_evidence(session, made, found, best([share("returned", found.closed, paid, rate)]))]


def _evidence(session: Session, made: Orders, found: Loops, told: Best) -> Found:
    rows = events_of(session, made, told.shown)
    through = found.rows.select(rows.column_names)
    return said(
        SIGNAL, session, made, told, clear="kept_apart",
        args={
            "fee_minor": found.fee, "handed_minor": found.handed, "returned_minor": found.returned,
            "edges": int(found.length.max(initial=0)), "currency": made.currencies[0] if made.currencies else "CNY",
        },
        causes=(Cause("staff_purchase", "ruled_out" if told.p < SURE else "open"),) if told.accused else (),
        rows=pa.concat_tables([through, rows]) if told.accused else rows,
    )  # fmt: skip


SIGNAL = Signal(
    id="money.loops",
    version=1,
    question=Question.SALES,
    tier=Tier.T2,
    title=Say("Money that comes back as orders", "费用回流为订单"),
    says={
        "returned": Say(
            "{units} of {tested} paid orders ({found_share}) were placed by people who had been given money out of the fee: of "
            "{fee_minor} paid, {returned_minor} came back as orders, over up to {edges} steps.",
            "{tested} 笔已付款订单中有 {units} 笔（{found_share}）由事先从服务费中拿到钱的人下单：所付 {fee_minor} 中有 {returned_minor} 以订单形式回流，最多经过 {edges} 步。",
        ),
        "kept_apart": Say(
            "Of {tested} paid orders hardly any was placed by somebody who had been given money out of the fee.",
            "{tested} 笔已付款订单中，几乎没有由事先从服务费中拿到钱的人所下。",
        ),
    },
    look=look,
)
