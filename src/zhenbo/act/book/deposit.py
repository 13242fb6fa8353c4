"""Deposits: what must be lodged, what is, and what goes back when a party leaves.

Whoever takes a deposit agrees beforehand on its amount, use and return, makes the return subject to no unreasonable
condition, and gives it back promptly (电子商务法 art. 21 and 58; 消费者权益保护法实施条例 art. 20). So an agreement's
silence never counts against the party: without an agreed waiting time the deposit goes back at once, without an agreed
right of set-off nothing is kept for a debt. Only what a decision has frozen stays, as long as it is frozen.

What an unpaid deposit forbids is governance's to say (D05); this module says only whether it is unpaid.
"""

import datetime as dt
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal

import msgspec

from zhenbo.act.book import flows
from zhenbo.act.book.law import net
from zhenbo.act.book.recovery import recoveries
from zhenbo.core.errors import PackError
from zhenbo.core.evidence import Say
from zhenbo.core.ledger import Balance, Book, Transaction
from zhenbo.core.session import DAY

Why = Literal["frozen", "owed", "waiting"]

SAYS = {
    "frozen": Say("{amount_minor} stays while {ref} holds it.", "{ref} 冻结期间保留 {amount_minor}。"),
    "owed": Say("{amount_minor} goes to the fund for case {ref}, as agreed.", "按约定 {amount_minor} 抵偿案件 {ref} 的垫付款。"),
    "waiting": Say("{amount_minor} goes back once the agreed {days} days have passed.", "{amount_minor} 待约定的 {days} 天期满后退还。"),
}  # fmt: skip
"""Why something is not given back now."""


class Terms(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What was agreed about a deposit; silence favours the party.

    Args:
        id: names it.
        amount: to be lodged, minor units.
        currency: ISO 4217.
        since: first day on which it is asked for.
        until: last one; None while it is.
        wait_days: agreed days between leaving and return, for claims still to come; None where none was agreed.
        refund_days: agreed days within which it goes back once due; None where none was agreed: at once.
        set_off: whether advances not recovered may be kept from it.
        cites: sources.
    """

    id: str
    amount: int
    currency: str
    since: dt.date
    until: dt.date | None = None
    wait_days: int | None = None
    refund_days: int | None = None
    set_off: bool = False
    cites: tuple[str, ...] = ()


def read_terms(text: str) -> Terms:
    """Terms of a deposit (TOML).

    Raises:
        PackError: when they do not read, or an amount or number of days is below 0.
    """
    try:
        terms = msgspec.toml.decode(text, type=Terms)
    except msgspec.DecodeError as error:
        raise PackError(f"Terms of a deposit do not read: {error}. docs/book.md shows some.") from error
    if min(terms.amount, terms.wait_days or 0, terms.refund_days or 0) < 0:
        raise PackError(f"Terms {terms.id}: amount and days are 0 or more.")
    return terms


@dataclass(frozen=True)
class Deposit:
    """A party's deposit.

    Args:
        party: whose.
        currency: of the amounts.
        required: by the terms on that day, minor units; 0 where none is asked for.
        lodged: there now.
        frozen: of it, set aside by open holds.
    """

    party: str
    currency: str
    required: int
    lodged: int
    frozen: int

    @property
    def missing(self) -> int:
        """What must still be lodged; what is frozen is lodged until a decision takes it."""
        return max(self.required - self.lodged, 0)

    @property
    def paid(self) -> bool:
        """Whether nothing is missing."""
        return self.missing == 0


def lodged(party: str, book: Book, terms: Terms, day: dt.date) -> Deposit:
    """A party's deposit under the terms of a day."""
    asked = terms.since <= day and (terms.until is None or day <= terms.until)
    b = _balance(party, book, terms.currency)
    return Deposit(party, terms.currency, terms.amount if asked else 0, b.posted, b.held_out)


def _balance(party: str, book: Book, currency: str) -> Balance:
    pot = (flows.deposit(party), currency)
    return book.balances([pot]).get(pot, Balance())


@dataclass(frozen=True)
class Withheld:
    """What does not go back to the party now.

    Args:
        amount: minor units.
        why: frozen by a hold, owed to a fund, or still waiting.
        ref: the hold or case; empty for waiting.
        until: when it ends by itself, UTC microseconds, where that is known.
    """

    amount: int
    why: Why
    ref: str
    until: int | None = None


@dataclass(frozen=True)
class Leaving:
    """What a party that leaves gets back.

    Args:
        party: who leaves.
        currency: of the amounts.
        amount: goes back now, minor units.
        by: last moment for it, UTC microseconds.
        withheld: the rest, each part with its reason; with `amount` it sums to what was lodged.
    """

    party: str
    currency: str
    amount: int
    by: int
    withheld: tuple[Withheld, ...]

    def transactions(self, key: str, at: int, fund: str = flows.PROTECTION) -> list[Transaction]:
        """The set-offs and the return, to be entered together; their keys begin with `key`."""
        moves = [
            flows.recovered(
                f"{key}/set-off/{w.ref}", at, self.party, w.ref, w.amount, flows.deposit(self.party), self.currency, fund
            )
            for w in self.withheld
            if w.why == "owed"
        ]  # fmt: skip
        if self.amount:
            moves.append(flows.deposit_refunded(f"{key}/refund", at, self.party, self.amount, self.currency))
        return moves


def refund(party: str, book: Book, terms: Terms, left: int, now: int) -> Leaving:
    """What goes back of a deposit when its party leaves.

    Args:
        party: who leaves.
        book: the book.
        terms: what was agreed.
        left: when the party left, UTC microseconds.
        now: the moment of asking.

    Returns:
        What goes back now and by when, and why the rest does not.
    """
    b = _balance(party, book, terms.currency)
    free, withheld = b.free, list(_frozen(party, book, terms.currency))
    if terms.set_off:
        for r in recoveries(book, party):
            kept = min(free, r.open) if r.currency == terms.currency else 0
            if kept > 0:
                free -= kept
                withheld.append(Withheld(kept, "owed", r.case))
    due = left + (terms.wait_days or 0) * DAY
    if free and now < due:
        withheld.append(Withheld(free, "waiting", "", due))
        free = 0
    return Leaving(party, terms.currency, free, due + (terms.refund_days or 0) * DAY, tuple(withheld))


def _frozen(party: str, book: Book, currency: str) -> Iterable[Withheld]:
    """What open holds set aside of a party's deposit."""
    for t in book.holds():
        taken = -net(t).get((flows.deposit(party), currency), 0)
        if taken > 0:
            yield Withheld(taken, "frozen", t.key, t.expires)
