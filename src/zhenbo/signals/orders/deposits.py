"""Deposits paid and given up: presale orders whose balance nobody ever pays.

## What it looks for
Orders of which a part was paid, less than half, and that are then closed or left for a month, without goods and without money back, as a share of all paid orders.

## Why it matters
A presale (预售) counts at its full price on the evening it is made, and costs its buyer the deposit (定金): ten yuan buy a hundred yuan of turnover on the big screen. The
evening's figure is what the slot fee and the pledge are settled by; the balance (尾款) falls due weeks later, when nobody looks any more.

## How it is fooled
By paying the balance and sending the goods back; by a few among many; by exports that show no deposit.

## What clears it
People change their minds, and a deposit is small: a tenth given up is ordinary. Where the price falls before the balance is due, goods come late, or the host falls, most give up, honest
as they are: so it raises the question and decides nothing. Deposits paid back were not given up: the shop called the sale off.

## Method
Share of paid orders against a beta-binomial across rooms. Baselines: `packs/baselines/orders.deposits.toml`.

## Examples
    >>> from zhenbo.proof.pages import look
    >>> look('orders.deposits', '''
    ... 20:00-22:00 b1..b80 order o{n} 79.00; d+3 09:00-18:00 delivered o{n} x80
    ... 20:00-22:00 a1..a60 reserve f{n} 79.00; 20:00:30-22:00:30 a1..a60 pay f{n} 7.90
    ... d+9 08:00-20:00 cancelled f{n} x60
    ... ''')
    orders.deposits: accuses, names 60 orders, says given_up
    >>> look('orders.deposits', '''
    ... 20:00-22:00 b1..b80 order o{n} 79.00; d+3 09:00-18:00 delivered o{n} x80
    ... 20:00-22:00 a1..a60 reserve f{n} 79.00; 20:00:30-22:00:30 a1..a60 pay f{n} 7.90
    ... d+8 08:00-20:00 a1..a60 pay f{n} 71.10; d+9 08:00-20:00 delivered f{n} x60
    ... ''')
    orders.deposits: clears, names 0 orders, says paid_up
"""

from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import Any

import numpy as np
import numpy.typing as npt

from zhenbo.core.evidence import Cause, Found, Say, Signal
from zhenbo.core.session import DAY, Session
from zhenbo.core.subject import Question, Tier
from zhenbo.kernel.orders import Orders, orders
from zhenbo.signals.looks import best, said, share


def look(session: Session, base: Mapping[str, Any]) -> Iterable[Found]:
    """Hold the deposits given up against other rooms; silent where no order was paid in part."""
    made = orders(session)
    paid = made.was_paid & made.timed("created")
    if paid.sum() < base["orders_min"] or not (paid & (made.deposit_only | (made.payments > 1))).any():
        return []
    given_up = paid & _given_up(made, session.as_of, base)
    found = share("given_up", given_up, paid, (base["share"], base["concentration"]))
    if found.p < 1 and found.units < base["given_up_min"]:
        found = replace(found, p=1.0)
    told = best([replace(found, p=max(found.p, base["asked_floor"]))])
    causes = (Cause("late_news", "open"), Cause("presale", "open")) if told.accused else ()
    return [said(SIGNAL, session, made, told, clear="paid_up", causes=causes)]


def _given_up(made: Orders, as_of: int, base: Mapping[str, Any]) -> npt.NDArray[np.bool_]:
    """A deposit was paid, the order closed or left alone since, no goods went out and no money came back."""
    left = as_of - made.at["created"] >= base["left_d"] * DAY
    went = made.happened("shipped") | made.happened("delivered") | made.happened("completed")
    return np.asarray(made.deposit_only & (made.happened("cancelled") | left) & ~went & (made.refund == 0))


SIGNAL = Signal(
    id="orders.deposits",
    version=1,
    question=Question.SALES,
    tier=Tier.T2,
    title=Say("Deposits given up", "付定金后弃单"),
    says={
        "given_up": Say(
            "For {orders} of {tested} paid orders ({found_share}; {expected_share} is usual) only a deposit was paid, less than half of the price; they were closed or left without goods and without money back.",
            "{tested} 笔已付款订单中有 {orders} 笔（{found_share}，常见 {expected_share}）仅付定金（不足价款一半），其后关闭或搁置，既未发货也未退款。",
        ),
        "paid_up": Say(
            "{tested} paid orders: deposits were followed by the balance as often as usual.",
            "{tested} 笔已付款订单：付定金后补足尾款的情况与通常相符。",
        ),
    },
    look=look,
)
