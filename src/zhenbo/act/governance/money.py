"""What a sanction takes of a deposit, and how it goes back.

A sanction takes at most what is lodged and free; what it could not take is not owed. When it falls, the movement is undone
whole; when it is lowered, it is undone and what is right is entered instead. Nothing is ever deleted.
"""

from collections.abc import Sequence

from zhenbo.act.book import flows
from zhenbo.act.governance import fold
from zhenbo.act.governance.fold import Docket, State
from zhenbo.core.acts import Act
from zhenbo.core.case import Decision, Regraded, Sanction
from zhenbo.core.ledger import Balance, Book, Transaction


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
    moves = []
    for act in acts:
        if act.kind == fold.DECIDED:
            body: Decision | Regraded = act.read(Decision)
            if isinstance(body, Decision) and body.outcome == "upheld":
                continue
        else:
            body = act.read(Regraded)
        moves += _undone(state.of(body.case), body.instead, book, act.at)
    return moves


def _undone(docket: Docket, instead: Sanction | None, book: Book, at: int) -> list[Transaction]:
    key = _key(docket.case.id, docket.changed)
    found = book.standings([key]).get(key)
    if found is None or found.state != "posted":
        return []
    back = flows.reversal(found.transaction, f"{key}/undone", at, note=f"case {docket.case.id}")
    amount = max((p.amount for p in found.transaction.postings), default=0)
    keeps = [] if instead is None else _forfeit(instead, min(instead.does.forfeit, amount), docket.changed + 1, at)  # fmt: skip
    return [back, *keeps]


def _forfeit(sanction: Sanction, amount: int, n: int, at: int) -> list[Transaction]:
    if amount <= 0:
        return []
    return [flows.deposit_forfeited(_key(sanction.case, n), at, sanction.party, amount, sanction.case)]


def _key(case: str, n: int) -> str:
    return f"case/{case}/forfeit/{n}"
