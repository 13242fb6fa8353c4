"""The law of the book: what may be entered, and what it does to the balances.

A transaction's postings sum to zero in every currency; no account crosses to the wrong side of zero, counting what open
holds have set aside; a hold is settled once, whole, before it expires; a transaction is undone once, by its exact
opposite. Holds that fell due are expired first, as acts of their own, so that the record alone tells the state.

After TigerBeetle's two-phase transfers (docs/coding/two-phase-transfers.md): pending amounts count against the taking
side at once and never for the receiving one. Pure: the store calls `admit` while nobody else writes.
"""

import heapq
import re
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from zhenbo.core import ledger
from zhenbo.core.acts import LONGEST_NAME, Act
from zhenbo.core.errors import BookError
from zhenbo.core.ledger import Balance, Change, Moved, Pot, Settled, Settlement, Shelf, Standing, Transaction
from zhenbo.core.money import show

EXPIRED = "book/expired/"
"""Keys of expiries begin so; nothing else may."""
LONGEST_NOTE = 2_000
_FLOW = re.compile(r"[a-z][a-z0-9_]*(\.[a-z0-9_]+)*")

Move = Transaction | Settlement


def expiry(hold: Transaction) -> Settlement:
    """The settlement by which a hold lapses: the same whoever finds it due.

    Raises:
        BookError: when the hold never expires.
    """
    if hold.expires is None:
        raise BookError(f"Hold {hold.key} has no time of expiry; post it or make it void.")
    return Settlement(EXPIRED + hold.key, hold.expires, hold.key, "expire", hold.subject)


def net(transaction: Transaction) -> dict[Pot, int]:
    """What a transaction does to each pot, minor units; a pot that comes out even is left out."""
    sums: dict[Pot, int] = {}
    for p in transaction.postings:
        pot = (p.account, p.currency)
        sums[pot] = sums.get(pot, 0) + p.amount
    return {pot: amount for pot, amount in sums.items() if amount}


def admit(acts: Sequence[Act], shelf: Shelf) -> Change:
    """What new acts do to the book (see `zhenbo.core.ledger.Law`); acts of other kinds pass through.

    Raises:
        BookError: when one of them may not be.
    """
    moves = [move_of(act) for act in acts]
    for act, move in zip(acts, moves, strict=True):
        lapse = isinstance(move, Settlement) and move.how == "expire"
        if act.key.startswith(EXPIRED) and not lapse:
            raise BookError(f"Key {act.key}: {EXPIRED}… is kept for holds that lapse. Choose another key.")
    if not any(moves):
        return Change(tuple(acts))
    desk = _desk([m for m in moves if m], shelf)
    for act, move in zip(acts, moves, strict=True):
        if move is None or desk.take(move):
            desk.acts.append(act)
    return Change(tuple(desk.acts), desk.touched(), desk.changed)


def move_of(act: Act) -> Move | None:
    """The transaction or settlement that an act records; None for an act that moves no money."""
    if act.kind == ledger.TRANSACTION:
        return act.read(Moved).of(act)
    if act.kind == ledger.SETTLEMENT:
        return act.read(Settled).of(act)
    return None


def check(t: Transaction) -> None:
    """Whether a transaction is well formed, whatever the balances.

    Raises:
        BookError: naming the transaction, what is wrong and what to write instead.
    """
    where = f"Transaction {t.key}"
    if not 2 <= len(t.postings) <= ledger.POSTINGS:
        raise BookError(
            f"{where} has {len(t.postings)} postings; it takes 2 to {ledger.POSTINGS}. Split a longer one."
        )
    if not _FLOW.fullmatch(t.flow) or len(t.flow) > 60:
        raise BookError(f"{where}: flow {t.flow[:80]!r} is none. Write it like deposit.paid.")
    if len(t.note) > LONGEST_NOTE:
        raise BookError(f"{where}: its note has {len(t.note)} characters; up to {LONGEST_NOTE} are kept.")
    sums: dict[str, int] = {}
    for p in t.postings:
        amount = p.amount
        if not (
            amount
            and -ledger.LARGEST <= amount <= ledger.LARGEST
            and ledger.known(p.account)
            and ledger.currency(p.currency)
        ):
            raise _misposted(where, p)
        sums[p.currency] = sums.get(p.currency, 0) + amount
    for currency, left in sums.items():
        if left:
            raise BookError(f"{where} does not balance: its {currency} postings sum to {show(left, currency)}, not 0. What one account gains, others must give.")  # fmt: skip
    if t.held:
        if len(EXPIRED) + len(t.key) > LONGEST_NAME:
            raise BookError(
                f"{where}: the key of a hold has at most {LONGEST_NAME - len(EXPIRED)} characters."
            )
        if t.expires is not None and t.expires <= t.at:
            raise BookError(f"{where} expires at {t.expires}, not after it is made ({t.at}).")
        if t.reverses is not None:
            raise BookError(f"{where} cannot be held: a reversal is posted at once.")
    elif t.expires is not None:
        raise BookError(f"{where} is not held, so it cannot expire. Write held = true, or leave out expires.")


def _misposted(where: str, p: ledger.Posting) -> BookError:
    """What is wrong with a posting."""
    if not ledger.known(p.account):
        return BookError(f"{where}: {p.account[:80]!r} is no account. Write class:name with a class of {', '.join(ledger.CLASSES)}.")  # fmt: skip
    if not ledger.currency(p.currency):
        return BookError(f"{where}: {p.currency[:20]!r} is no currency. Write its ISO 4217 code, e.g. CNY.")
    return BookError(f"{where}: {p.account} moves {str(p.amount)[:40]}; an amount is a whole number of minor units, not 0, of at most {ledger.LARGEST} either way.")  # fmt: skip


@dataclass
class _Desk:
    """Acts on their way into the book, one after the other."""

    before: Mapping[Pot, Balance]
    standings: dict[str, Standing]
    due: list[tuple[int, str]]
    balances: dict[Pot, Balance]
    acts: list[Act] = field(default_factory=list)
    changed: dict[str, Standing] = field(default_factory=dict)

    def touched(self) -> dict[Pot, Balance]:
        return {pot: b for pot, b in self.balances.items() if b != self.before.get(pot)}

    def take(self, move: Move) -> bool:
        """Enter a move; False where it says only what has just been recorded, that a hold lapsed."""
        if isinstance(move, Transaction):
            self.expire(move.at)
            self.enter(move)
            return True
        lapsed = self.changed.get(move.hold)
        if lapsed and lapsed.state == "expired" and move == expiry(lapsed.transaction):
            return False
        if move.how != "expire":
            self.expire(move.at)
        self.settle(move)
        return True

    def expire(self, at: int) -> None:
        """Settle the holds that fell due by `at`, unless they were settled before."""
        while self.due and self.due[0][0] <= at:
            standing = self.standings[heapq.heappop(self.due)[1]]
            if standing.state == "held":
                lapsed = expiry(standing.transaction)
                self.settle(lapsed)
                self.acts.append(lapsed.act())

    def enter(self, t: Transaction) -> None:
        check(t)
        if t.reverses is not None:
            self.reverse(t, t.reverses)
        for pot, amount in net(t).items():
            b = self.balances.get(pot, _NOTHING)
            if not t.held:
                after = Balance(b.posted + amount, b.held_in, b.held_out)
            else:
                after = Balance(b.posted, b.held_in + max(amount, 0), b.held_out - min(amount, 0))
            self.put(t.key, pot, after, amount)
        self.stand(t, "held" if t.held else "posted")
        if t.held and t.expires is not None:
            heapq.heappush(self.due, (t.expires, t.key))

    def settle(self, s: Settlement) -> None:
        standing = self.standings.get(s.hold)
        if standing is None:
            raise BookError(
                f"Settlement {s.key}: no hold {s.hold} in the book. `zhenbo book holds` lists the open ones."
            )
        t = standing.transaction
        if standing.state != "held":
            raise BookError(
                f"Settlement {s.key}: {s.hold} is not open, it is {standing.state}. A hold is settled once."
            )
        if s.how == "expire" and s != expiry(t):
            raise BookError(
                f"Settlement {s.key}: {s.hold} lapses by itself at {t.expires}; make it void to end it before."
            )
        for pot, amount in net(t).items():
            b = self.balances[pot]
            posted = b.posted + (amount if s.how == "post" else 0)
            self.put(
                s.key, pot, Balance(posted, b.held_in - max(amount, 0), b.held_out + min(amount, 0)), amount
            )
        self.stand(t, _SETTLED[s.how])

    def reverse(self, t: Transaction, key: str) -> None:
        standing = self.standings.get(key)
        if standing is None:
            raise BookError(f"Transaction {t.key} reverses {key}, which is not in the book.")
        if standing.state != "posted":
            raise BookError(f"Transaction {t.key} reverses {key}, which is {standing.state}. Only what is posted can be undone, once; a hold is made void.")  # fmt: skip
        undone = net(standing.transaction)
        if net(t) != {pot: -amount for pot, amount in undone.items()}:
            raise BookError(
                f"Transaction {t.key} is not the opposite of {key}. Reverse it whole, then enter what is right."
            )
        self.stand(standing.transaction, "reversed")

    def stand(self, t: Transaction, state: ledger.State) -> None:
        self.standings[t.key] = self.changed[t.key] = Standing(t, state)

    def put(self, key: str, pot: Pot, b: Balance, amount: int) -> None:
        """A pot's new balance, if the pot may have it."""
        name, currency = pot
        side = _SIDES[name[: name.index(":")]]
        if side == "never_negative" and b.posted < b.held_out:
            free = b.free - amount
            raise BookError(f"{key}: {name} has {show(free, currency)} {currency} free; {show(-amount, currency)} cannot be taken. Pay in first, or take less.")  # fmt: skip
        if side == "never_positive" and b.posted + b.held_in > 0:
            owed = amount - b.posted - b.held_in
            raise BookError(f"{key}: {name} owes {show(owed, currency)} {currency}; {show(amount, currency)} would be more than is owed.")  # fmt: skip
        most = ledger.LARGEST
        if not (-most <= b.posted <= most and b.held_in <= most and b.held_out <= most):
            raise BookError(f"{key}: {name} would exceed {most} minor units, the most an account can hold.")
        self.balances[pot] = b


_SIDES = {name: c.side for name, c in ledger.CLASSES.items()}
_NOTHING = Balance()
_SETTLED: Mapping[ledger.How, ledger.State] = {"post": "posted", "void": "voided", "expire": "expired"}


def _desk(moves: Sequence[Move], shelf: Shelf) -> _Desk:
    """What the moves need to know, fetched at once."""
    due = shelf.due(max(m.at for m in moves))
    wanted = {m.hold if isinstance(m, Settlement) else m.reverses for m in moves} - {None}
    standings = dict(shelf.standings(_keys(wanted)))
    standings |= {t.key: Standing(t, "held") for t in due}
    concerned = [
        *(s.transaction for s in standings.values()),
        *(m for m in moves if isinstance(m, Transaction)),
    ]
    pots = {(p.account, p.currency) for t in concerned for p in t.postings}
    before = shelf.balances(pots)
    heap = [(t.expires, t.key) for t in due if t.expires is not None]
    return _Desk(before, standings, heap, dict(before))


def _keys(wanted: Iterable[str | None]) -> Collection[str]:
    return sorted(key for key in wanted if key is not None)
