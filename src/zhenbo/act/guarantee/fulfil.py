"""Whether promises made on air were kept, matched against what became of the orders.

Every promise that can be counted becomes one obligation per order, buyer or prize; each is kept, broken, released (the buyer
went back on it) or open. What the record cannot show is open and never broken: gifts that ride in the same parcel, winners
that were never written down.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass

from zhenbo.core.claim import Promise
from zhenbo.core.session import DAY, HOUR, MINUTE

OFFER = 30 * MINUTE
"""An offer said on air is taken up within this time, or it was another's; a host sells one thing for minutes."""
WEEK = 7 * DAY
"""A prize or gift without a day of its own is on its way within a week; judgement, so later is told as open till then."""


@dataclass(frozen=True)
class Bought:
    """An order as far as promises ask of it.

    Args:
        id: the order.
        session: broadcast it came from.
        buyer: who.
        product: what.
        amount: paid for one unit, minor units.
        at: when it was made.
        paid_at: when it was paid; None where it was not.
        shipped_at: when it left.
        cancelled_at: when it was closed.
        cancelled_by: seller, buyer or platform; None where nobody knows.
        refunded: paid back so far, the order kept.
        sample: a prize or gift, no sale.
    """

    id: str
    session: str | None
    buyer: str | None
    product: str | None
    amount: int
    at: int
    paid_at: int | None = None
    shipped_at: int | None = None
    cancelled_at: int | None = None
    cancelled_by: str | None = None
    refunded: int = 0
    sample: bool = False


@dataclass(frozen=True)
class Win:
    """A prize drawn: in which broadcast, by whom, when."""

    session: str
    buyer: str
    at: int


@dataclass(frozen=True)
class Broken:
    """One obligation that was not kept: of which order or buyer, what is owed (None where no sum), since when."""

    ref: str
    amount: int | None
    since: int


@dataclass(frozen=True)
class Kept:
    """A promise and what became of it.

    Args:
        promise: what was said.
        owed: obligations it made.
        kept: of them.
        released: of them, where the buyer went back.
        open: of them, not due yet, or nothing in the record to tell by.
        broken: of them, each.
        standing: a promise that is owed only when somebody claims.
        missing: the record that would tell more; empty for none.
    """

    promise: Promise
    owed: int = 0
    kept: int = 0
    released: int = 0
    open: int = 0
    broken: tuple[Broken, ...] = ()
    standing: bool = False
    missing: str = ""


@dataclass(frozen=True)
class Trade:
    """What the record knows: orders, prizes drawn, list prices, and the moment of looking."""

    orders: Sequence[Bought]
    wins: Sequence[Win] = ()
    list_price: Mapping[str, int] | None = None
    now: int = 0


@dataclass
class _Count:
    kept: int = 0
    released: int = 0
    open: int = 0


def kept(promises: Iterable[Promise], trade: Trade) -> list[Kept]:
    """What became of each promise."""
    return [_CHECKS.get(p.kind, _standing)(p, trade) for p in promises]


def _standing(promise: Promise, _: Trade) -> Kept:
    return Kept(promise, standing=True)


def _taken_up(promise: Promise, trade: Trade, *, within: int = OFFER) -> list[Bought]:
    """Sales of the promise's broadcast and goods soon after it was said, in the order of time."""
    said = promise.at or 0
    found = [
        o
        for o in trade.orders
        if o.session == promise.session and not o.sample and said <= o.at <= said + within and o.paid_at is not None
        if promise.product is None or o.product == promise.product
    ]  # fmt: skip
    return sorted(found, key=lambda o: (o.at, o.id))


def _shipped(promise: Promise, trade: Trade) -> Kept:
    """Every order left within the hours that were promised."""
    hours = promise.number
    if hours is None:
        return Kept(promise, standing=True)
    n = _Count()
    broken = []
    found = _taken_up(promise, trade, within=DAY)
    for order in found:
        due = (order.paid_at or order.at) + hours * HOUR
        gone = order.cancelled_at is not None and order.cancelled_by != "seller"
        if order.shipped_at is not None and order.shipped_at <= due:
            n.kept += 1
        elif gone and (order.cancelled_at or 0) <= due:
            n.released += 1
        elif trade.now <= due:
            n.open += 1
        else:
            broken.append(Broken(order.id, None, due))
    return Kept(promise, len(found), n.kept, n.released, n.open, tuple(broken))


def _half(promise: Promise, trade: Trade) -> Kept:
    """The first so many got it at half price, and the seller did not call their orders off (seed B29.2)."""
    prices = trade.list_price or {}
    found = _taken_up(promise, trade)[: promise.number]
    n = _Count()
    broken = []
    for order in found:
        full = prices.get(order.product or "")
        half = None if full is None else -(-full // 2)
        if order.cancelled_by == "seller":
            broken.append(Broken(order.id, None if half is None else half, order.cancelled_at or order.at))
        elif order.cancelled_at is not None and order.cancelled_by == "buyer":
            n.released += 1
        elif order.cancelled_at is not None or half is None:
            n.open += 1
        elif order.amount - order.refunded > half:
            broken.append(Broken(order.id, order.amount - order.refunded - half, order.at))
        elif order.shipped_at is not None:
            n.kept += 1
        else:
            n.open += 1
    missing = "" if prices or not found else "list_price"
    return Kept(promise, len(found), n.kept, n.released, n.open, tuple(broken), missing=missing)


def _difference(promise: Promise, trade: Trade) -> Kept:
    """Goods sold for less later, within the days said or the same broadcast: the difference was paid back (seed B29.3)."""
    found = _taken_up(promise, trade, within=DAY)
    kept_, broken = 0, []
    for order in found:
        until = order.at + (promise.number or 0) * DAY
        later = [
            o
            for o in trade.orders
            if o.product == order.product and o.product is not None and not o.sample and o.at > order.at
            if (o.at <= until if promise.number else o.session == order.session) and o.paid_at is not None
        ]  # fmt: skip
        low = min(later, key=lambda o: (o.amount, o.at, o.id), default=None)
        if low is None or low.amount >= order.amount or order.cancelled_at is not None:
            continue
        owed = order.amount - low.amount - order.refunded
        if owed <= 0:
            kept_ += 1
        else:
            broken.append(Broken(order.id, owed, low.at))
    # owed from the moment somebody else pays less; a week to pay it back
    due = [b for b in broken if trade.now > b.since + WEEK]
    return Kept(promise, kept_ + len(broken), kept_, 0, len(broken) - len(due), tuple(due))


def _lottery(promise: Promise, trade: Trade) -> Kept:
    """Every winner got a parcel; winners nobody wrote down are open (seed B29.1)."""
    said = promise.at or 0
    wins = [w for w in trade.wins if w.session == promise.session and w.at >= said]
    sent = {o.buyer: o for o in trade.orders if o.sample and o.session == promise.session and o.shipped_at is not None}  # fmt: skip
    n = _Count()
    broken = []
    for win in sorted({w.buyer: w for w in wins}.values(), key=lambda w: (w.at, w.buyer)):
        if win.buyer in sent:
            n.kept += 1
        elif trade.now > win.at + WEEK and sent_at_all(trade):
            broken.append(Broken(win.buyer, promise.amount, win.at + WEEK))
        else:
            n.open += 1
    undrawn = max((promise.number or 0) - len(wins), 0)
    n.open += undrawn
    missing = "draw_log" if undrawn else "" if sent_at_all(trade) else "prize_orders"
    return Kept(promise, len(wins) + undrawn, n.kept, n.released, n.open, tuple(broken), missing=missing)


def sent_at_all(trade: Trade) -> bool:
    """Whether the record holds prize and gift orders at all; without one, none missing can be told."""
    return any(o.sample for o in trade.orders)


def _gift(promise: Promise, trade: Trade) -> Kept:
    """Gifts that go out as orders of their own; the record cannot tell of gifts in the same parcel."""
    found = [o for o in _taken_up(promise, trade) if o.cancelled_at is None]
    gifts = {o.buyer for o in trade.orders if o.sample and o.session == promise.session}
    if not gifts:
        return Kept(promise, len(found), open=len(found), missing="gift_orders" if found else "")
    have = [o for o in found if o.buyer in gifts]
    late = [o for o in found if o.buyer not in gifts and trade.now > o.at + WEEK]
    broken = tuple(Broken(o.id, promise.amount, o.at + WEEK) for o in late)
    return Kept(promise, len(found), len(have), 0, len(found) - len(have) - len(late), broken)


_CHECKS: dict[str, Callable[[Promise, Trade], Kept]] = {
    "ship_hours": _shipped, "half_price": _half, "difference": _difference, "lottery": _lottery, "gift": _gift,
}  # fmt: skip
