"""The nouns of the book: accounts, transactions whose postings sum to zero, and what is held until it is settled.

An account is a pot of money; a posting adds to it (+) or takes from it (−), in integer minor units. Money enters and
leaves through `outside:` accounts, which stand for everybody's pockets and are the only ones that may lie on either side
of zero; so the pots hold exactly what the outside has given, and the whole book sums to zero in every currency.

A transaction is posted at once, or *held* first: what it takes is set aside, what it gives does not count yet, until it
is settled whole: posted, made void, or expired (the two-phase transfers of TigerBeetle).
"""

import re
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Literal, Protocol
from urllib.parse import quote, unquote

import msgspec

from zhenbo.core.acts import Act
from zhenbo.core.evidence import Say

TRANSACTION = "book.transaction"
SETTLEMENT = "book.settlement"
"""Kinds of the acts that the book is made of."""
LARGEST = 2**63 - 1
"""Largest amount and balance, either side of zero: what every store holds exactly."""
POSTINGS = 1_000
"""Most postings of one transaction."""

How = Literal["post", "void", "expire"]
State = Literal["held", "posted", "voided", "expired", "reversed"]
Side = Literal["never_negative", "never_positive", "either"]


class Posting(msgspec.Struct, frozen=True, forbid_unknown_fields=True, gc=False):
    """One line of a transaction.

    Args:
        account: the pot, `class:name…`.
        amount: minor units; + goes in, − comes out.
        currency: ISO 4217.
    """

    account: str
    amount: int
    currency: str = "CNY"


class Transaction(msgspec.Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True):
    """Money that moves, all of it or none.

    Args:
        key: names it for ever; the same again changes nothing.
        at: UTC microseconds.
        flow: what kind of movement, e.g. `deposit.paid` (see `zhenbo.act.book`).
        subject: the party, claim or case it is about.
        postings: its lines; they sum to zero in every currency.
        held: only set aside for now, to be settled later.
        expires: a held one lapses at this moment unless settled before, UTC microseconds.
        reverses: key of the transaction that it undoes.
        note: a reason in words, for people.
    """

    key: str
    at: int
    flow: str
    subject: str
    postings: tuple[Posting, ...]
    held: bool = False
    expires: int | None = None
    reverses: str | None = None
    note: str = ""

    def act(self) -> Act:
        """The act that records it."""
        body = Moved(self.flow, self.postings, self.held, self.expires, self.reverses, self.note)
        return Act.of(self.key, TRANSACTION, self.subject, self.at, body)


class Settlement(msgspec.Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True):
    """The end of a hold.

    Args:
        key: names it for ever.
        at: UTC microseconds.
        hold: key of the held transaction.
        how: posted as it stands, made void, or expired.
        subject: as in the transaction.
        note: a reason in words.
    """

    key: str
    at: int
    hold: str
    how: How
    subject: str
    note: str = ""

    def act(self) -> Act:
        """The act that records it."""
        return Act.of(self.key, SETTLEMENT, self.subject, self.at, Settled(self.hold, self.how, self.note))


class Moved(msgspec.Struct, frozen=True, omit_defaults=True):
    """Body of the act `book.transaction`; fields as in `Transaction`."""

    flow: str
    postings: tuple[Posting, ...]
    held: bool = False
    expires: int | None = None
    reverses: str | None = None
    note: str = ""

    def of(self, act: Act) -> Transaction:
        """The transaction that the act records."""
        return Transaction(
            act.key, act.at, self.flow, act.subject, self.postings, self.held, self.expires, self.reverses, self.note
        )  # fmt: skip


class Settled(msgspec.Struct, frozen=True, omit_defaults=True):
    """Body of the act `book.settlement`; fields as in `Settlement`."""

    hold: str
    how: How
    note: str = ""

    def of(self, act: Act) -> Settlement:
        """The settlement that the act records."""
        return Settlement(act.key, act.at, self.hold, self.how, act.subject, self.note)


@dataclass(frozen=True)
class Class:
    """A class of accounts: the first part of their names.

    Args:
        side: the side of zero on which each account stays.
        title: its name.
        means: what its balance says.
    """

    side: Side
    title: Say
    means: Say


CLASSES: Mapping[str, Class] = {
    "deposit": Class(
        "never_negative",
        Say("deposits", "保证金"),
        Say("what a party has lodged as security and not had back", "当事方已缴纳且尚未退还的保证金"),
    ),
    "fund": Class(
        "never_negative",
        Say("funds", "保障基金"),
        Say("money set apart for buyers, ready to be paid in advance", "为消费者预留、可用于先行赔付的资金"),
    ),
    "budget": Class(
        "never_negative",
        Say("budgets", "预算"),
        Say("money granted for a purpose, e.g. sampling, and not spent", "为某一用途（如抽检）拨付且尚未使用的资金"),
    ),
    "payable": Class(
        "never_negative",
        Say("payables", "应付款"),
        Say("what a party has earned here and not been paid", "当事方已挣得、尚未支付的款项"),
    ),
    "claims": Class(
        "never_negative",
        Say("claims of the funds", "基金债权"),
        Say("what a fund has paid in advance and may still get back", "基金先行赔付后仍可追偿的金额"),
    ),
    "recovery": Class(
        "never_positive",
        Say("recoveries", "待追偿"),
        Say("what a party still owes a fund for one case", "当事方就某一案件仍欠基金的金额"),
    ),
    "outside": Class(
        "either",
        Say("outside", "外部"),
        Say("what came in from somebody (−) or went out to them (+)", "从外部某方收入（−）或向其支出（+）的累计"),
    ),
}  # fmt: skip
"""The chart of accounts. Docs: docs/book.md."""

_NAME = re.compile(r"[a-z]+(:[^\s:\x00-\x1f\x7f]+)+")
_CURRENCY = re.compile(r"[A-Z]{3,10}")


def account(kind: str, *parts: str) -> str:
    """The name of an account; colons, spaces and control characters in its parts are written %3A and so on.

    Examples:
        >>> account("deposit", "seller-1"), account("recovery", "tb:99 a", "case-7")
        ('deposit:seller-1', 'recovery:tb%3A99%20a:case-7')
    """
    return ":".join([kind, *(_part(p) for p in parts)])


def _part(text: str) -> str:
    return "".join(
        quote(c, errors="surrogatepass") if c in ":%" or c.isspace() or not c.isprintable() else c
        for c in text
    )


def parts(name: str) -> tuple[str, ...]:
    """What an account's name is made of, its class first.

    Examples:
        >>> parts("recovery:tb%3A99:case-7")
        ('recovery', 'tb:99', 'case-7')
    """
    return tuple(unquote(p, errors="surrogatepass") for p in name.split(":"))


@lru_cache(maxsize=1 << 8)
def currency(code: str) -> bool:
    """Whether it can be the code of a currency."""
    return bool(_CURRENCY.fullmatch(code))


@lru_cache(maxsize=1 << 16)
def known(name: str) -> bool:
    """Whether it names an account of a known class."""
    return (
        len(name) <= 200
        and name.isprintable()
        and bool(_NAME.fullmatch(name))
        and name.partition(":")[0] in CLASSES
    )


class Balance(msgspec.Struct, frozen=True, gc=False):
    """What is in an account, in one currency.

    Args:
        posted: sum of what was posted, minor units.
        held_in: sum that open holds would put in.
        held_out: sum that open holds would take out; zero or more.
    """

    posted: int = 0
    held_in: int = 0
    held_out: int = 0

    @property
    def free(self) -> int:
        """What may still be taken: posted less what is set aside."""
        return self.posted - self.held_out


class Standing(msgspec.Struct, frozen=True):
    """A transaction and what has become of it.

    Args:
        transaction: as it was recorded.
        state: held, posted, voided, expired or reversed.
    """

    transaction: Transaction
    state: State


Pot = tuple[str, str]
"""An account and a currency."""


@dataclass(frozen=True)
class Change:
    """What acts do to the book's state, to be kept in the same breath as the acts.

    Args:
        acts: to be appended: those given, and the expiries that fell due before them.
        balances: new balances of the pots touched.
        standings: transactions that are new or whose state changed, by key.
    """

    acts: tuple[Act, ...]
    balances: Mapping[Pot, Balance] = field(default_factory=dict)
    standings: Mapping[str, Standing] = field(default_factory=dict)


class Shelf(Protocol):
    """The book's state, as a store or `Pages` keeps it."""

    def balances(self, pots: Collection[Pot]) -> Mapping[Pot, Balance]:
        """Balances of those pots that have ever been touched."""
        ...

    def standings(self, keys: Collection[str]) -> Mapping[str, Standing]:
        """Transactions of these keys, where there are such."""
        ...

    def due(self, at: int) -> Sequence[Transaction]:
        """Open holds whose `expires` is at or before `at`."""
        ...


class Book(Shelf, Protocol):
    """The book as a reader sees it."""

    def accounts(self, prefix: str = "") -> Mapping[Pot, Balance]:
        """Balances of the accounts whose names begin so, by name and currency."""
        ...

    def holds(self) -> Sequence[Transaction]:
        """Open holds, by time and key."""
        ...

    def lines(self, account: str) -> Sequence[Standing]:
        """Transactions that touch an account, in the order they were recorded."""
        ...


class Law(Protocol):
    """What a store asks before it appends acts, while nobody else writes: the pure law of the book."""

    def __call__(self, acts: Sequence[Act], shelf: Shelf) -> Change:
        """What the acts do.

        Raises:
            BookError: when one of them may not be; nothing is appended then.
        """
        ...


class Pages:
    """The book in memory."""

    def __init__(self) -> None:
        self._balances: dict[Pot, Balance] = {}
        self._standings: dict[str, Standing] = {}
        self._held: dict[str, Transaction] = {}

    def put(self, change: Change) -> None:
        """Take over what acts have done."""
        self._balances |= change.balances
        self._standings |= change.standings
        for key, standing in change.standings.items():
            if standing.state == "held":
                self._held[key] = standing.transaction
            else:
                self._held.pop(key, None)

    def balances(self, pots: Collection[Pot]) -> Mapping[Pot, Balance]:
        """See `Shelf.balances`."""
        return {pot: self._balances[pot] for pot in pots if pot in self._balances}

    def standings(self, keys: Collection[str]) -> Mapping[str, Standing]:
        """See `Shelf.standings`."""
        return {key: self._standings[key] for key in keys if key in self._standings}

    def due(self, at: int) -> Sequence[Transaction]:
        """See `Shelf.due`."""
        return [t for t in self._held.values() if t.expires is not None and t.expires <= at]

    def accounts(self, prefix: str = "") -> Mapping[Pot, Balance]:
        """See `Book.accounts`."""
        return {pot: b for pot, b in sorted(self._balances.items()) if pot[0].startswith(prefix)}

    def holds(self) -> Sequence[Transaction]:
        """See `Book.holds`."""
        return sorted(self._held.values(), key=lambda t: (t.at, t.key))

    def lines(self, account: str) -> Sequence[Standing]:
        """See `Book.lines`."""
        return [
            s for s in self._standings.values() if any(p.account == account for p in s.transaction.postings)
        ]
