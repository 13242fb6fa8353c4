"""The book as people read it: balances, funds over time, what is open, the statement of an account."""

from bisect import bisect_right
from collections.abc import Iterator, Sequence
from itertools import accumulate

import msgspec

from zhenbo.act.book.law import net
from zhenbo.act.book.recovery import recoveries
from zhenbo.core.acts import Head
from zhenbo.core.ledger import CLASSES, Book, Posting, Standing, State

STEPS = 160
"""Points of a fund's curve."""


class Account(msgspec.Struct, frozen=True):
    """What is in an account, minor units; fields as in `Balance`, `free` what may still be taken."""

    account: str
    currency: str
    posted: int
    held_in: int
    held_out: int
    free: int


class Held(msgspec.Struct, frozen=True):
    """An open hold; fields as in `Transaction`."""

    key: str
    at: int
    flow: str
    subject: str
    postings: tuple[Posting, ...]
    expires: int | None
    note: str


class Owed(msgspec.Struct, frozen=True):
    """An advance that is not wholly back; fields as in `Recovery`."""

    seller: str
    case: str
    currency: str
    since: int
    advanced: int
    recovered: int
    written_off: int
    open: int


class Pool(msgspec.Struct, frozen=True):
    """A fund over time.

    Args:
        fund: its account.
        currency: ISO 4217.
        start: first moment, UTC microseconds.
        step: microseconds between points.
        values: what was in it, minor units, `STEPS` points or one.
        least: least it ever held, in the order of the record.
    """

    fund: str
    currency: str
    start: int
    step: int
    values: list[int]
    least: int


class Overview(msgspec.Struct, frozen=True):
    """The whole book at one moment.

    Args:
        acts: acts of the record.
        seal: of its head.
        totals: sum of all accounts by currency: 0.
        classes: sum of each class of accounts by currency.
        accounts: all accounts.
        funds: funds over time.
        holds: open holds, the oldest first.
        recoveries: open recoveries, the oldest first.
    """

    acts: int
    seal: str
    totals: dict[str, int]
    classes: dict[str, dict[str, int]]
    accounts: list[Account]
    funds: list[Pool]
    holds: list[Held]
    recoveries: list[Owed]


class Row(msgspec.Struct, frozen=True):
    """A line of a statement.

    Args:
        key: of the transaction.
        at: UTC microseconds.
        flow: what kind of movement.
        subject: what it is about.
        state: what has become of it.
        amount: what it puts in (+) or takes out (−), minor units.
        balance: after it; None for what is held, voided or expired, which moves nothing.
        currency: ISO 4217.
        note: as entered.
    """

    key: str
    at: int
    flow: str
    subject: str
    state: State
    amount: int
    balance: int | None
    currency: str
    note: str


def overview(book: Book, head: Head) -> Overview:
    """The whole book."""
    balances = book.accounts()
    classes: dict[str, dict[str, int]] = {name: {} for name in CLASSES}
    totals: dict[str, int] = {}
    for (name, currency), b in balances.items():
        of = classes[name.partition(":")[0]]
        of[currency] = of.get(currency, 0) + b.posted
        totals[currency] = totals.get(currency, 0) + b.posted
    return Overview(
        acts=head.number, seal=head.seal, totals=totals, classes=classes,
        accounts=[Account(n, c, b.posted, b.held_in, b.held_out, b.free) for (n, c), b in balances.items()],
        funds=[_pool(book, n, c) for n, c in balances if n.startswith("fund:")],
        holds=[Held(t.key, t.at, t.flow, t.subject, t.postings, t.expires, t.note) for t in book.holds()],
        recoveries=[
            Owed(r.seller, r.case, r.currency, r.since, r.advanced, r.recovered, r.written_off, r.open)
            for r in recoveries(book) if r.open
        ],
    )  # fmt: skip


def statement(book: Book, account: str) -> list[Row]:
    """The lines of an account in the order they were recorded, with the balance after each.

    A hold that was posted moves the balance where it stands in the order of holds, not of settlements: the statement tells
    what each transaction came to.
    """
    return list(_rows(book.lines(account), account))


def _rows(lines: Sequence[Standing], account: str) -> Iterator[Row]:
    balances: dict[str, int] = {}
    for s in lines:
        t = s.transaction
        moves = s.state in {"posted", "reversed"}
        for (name, currency), amount in net(t).items():
            if name != account:
                continue
            after = None
            if moves:
                after = balances[currency] = balances.get(currency, 0) + amount
            yield Row(t.key, t.at, t.flow, t.subject, s.state, amount, after, currency, t.note)


def _pool(book: Book, fund: str, currency: str) -> Pool:
    rows = [r for r in statement(book, fund) if r.balance is not None and r.currency == currency]
    if not rows:
        return Pool(fund, currency, 0, 1, [0], 0)
    moved = sorted((r.at, r.amount) for r in rows)
    times = [at for at, _ in moved]
    after = list(accumulate(amount for _, amount in moved))
    step = max((times[-1] - times[0]) // (STEPS - 1), 1)
    ends = [times[0] + step * n for n in range(STEPS)] if times[-1] > times[0] else times[:1]
    values = [after[bisect_right(times, end) - 1] for end in ends[:-1]] + [after[-1]]
    return Pool(fund, currency, times[0], step, values, min(r.balance or 0 for r in rows))
