"""What a sanction takes of a deposit, and how it goes back.

A sanction takes at most what is lodged and free; what it could not take is not owed. When it falls, the movement is undone
whole; when it is lowered, it is undone and what is right is entered instead. Nothing is ever deleted. Where the fund has
meanwhile spent it, the platform puts in what is short: whoever was right does not wait until a fund is full again.
"""

from collections.abc import Sequence

from zhenbo.act.book import flows
from zhenbo.act.governance import fold
from zhenbo.act.governance.fold import Docket, State
from zhenbo.core.acts import Act
from zhenbo.core.case import Decision, Regraded, Sanction
from zhenbo.core.ledger import Balance, Book, Transaction, account


def taken(sanction: Sanction, book: Book, at: int) -> list[Transaction]:
    """What a sanction takes now; empty where it takes nothing or nothing is lodged."""
    pot = (flows.deposit(sanction.party), "CNY")
    free = book.balances([pot]).get(pot, Balance()).free
    return _forfeit(sanction, min(sanction.does.forfeit, free), 0, at)


def given_back(state: State, acts: Sequence[Act], book: Book) -> list[Transaction]:
    """What goes back by a decision and the regrades that come with it.

    Args:
        state: before the acts.
        acts: of `desk.decided`.
        book: the book.
    """
    moves: list[Transaction] = []
    for act in acts:
        if act.kind == fold.DECIDED:
            body: Decision | Regraded = act.read(Decision)
            if isinstance(body, Decision) and body.outcome == "upheld":
                continue
        else:
            body = act.read(Regraded)
        moves += _undone(state.of(body.case), body.instead, book, act.at, moves)
    return moves


def _undone(docket: Docket, instead: Sanction | None, book: Book, at: int, before: Sequence[Transaction]) -> list[Transaction]:  # fmt: skip
    key = _key(docket.case.id, docket.changed)
    found = book.standings([key]).get(key)
    if found is None or found.state != "posted":
        return []
    back = flows.reversal(found.transaction, f"{key}/undone", at, note=f"case {docket.case.id}")
    amount = max((p.amount for p in found.transaction.postings), default=0)
    keeps = [] if instead is None else _forfeit(instead, min(instead.does.forfeit, amount), docket.changed + 1, at)  # fmt: skip
    return [*_covered(back, key, book, before), back, *keeps]


def _covered(back: Transaction, key: str, book: Book, before: Sequence[Transaction]) -> list[Transaction]:
    """What the platform puts into the fund where it no longer has what goes back."""
    taken_ = next(p for p in back.postings if p.amount < 0)
    pot = (taken_.account, taken_.currency)
    moved = sum(p.amount for t in before for p in t.postings if (p.account, p.currency) == pot)
    short = -taken_.amount - book.balances([pot]).get(pot, Balance()).free - moved
    if short <= 0:
        return []
    return [flows.moved(f"{key}/covered", back.at, "fund.paid_in", back.subject, source=account("outside", "platform"), to=pot[0], amount=short, currency=pot[1], note=back.note)]  # fmt: skip


def _forfeit(sanction: Sanction, amount: int, n: int, at: int) -> list[Transaction]:
    if amount <= 0:
        return []
    return [flows.deposit_forfeited(_key(sanction.case, n), at, sanction.party, amount, sanction.case)]


def _key(case: str, n: int) -> str:
    return f"case/{case}/forfeit/{n}"
