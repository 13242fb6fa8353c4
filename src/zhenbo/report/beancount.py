"""The book as a beancount file (beancount.github.io), so that other tools can check and report on it.

Here a pot grows with +; beancount grows assets with + and what is owed to others with −. So every amount changes its sign:
deposits, funds, budgets and payables become liabilities (−), claims equity, recoveries assets (+), and what came from
outside assets too. Only what was posted is written, reversals included; holds move nothing.
"""

import re
from collections.abc import Iterator, Sequence

from zhenbo.core.acts import Act
from zhenbo.core.ledger import SETTLEMENT, TRANSACTION, Book, Settled, Transaction, parts
from zhenbo.core.money import minor_digits
from zhenbo.report.format import clock
from zhenbo.report.mask import clean

_ROOTS = {
    "deposit": "Liabilities:Deposits", "fund": "Liabilities:Funds", "budget": "Liabilities:Budgets", "payable": "Liabilities:Payables",
    "claims": "Equity:Claims", "recovery": "Assets:Recoveries", "outside": "Assets:Outside",
}  # fmt: skip


def beancount(book: Book, acts: Sequence[Act]) -> Iterator[str]:
    """The lines of the file.

    Args:
        book: what the acts add up to.
        acts: of the book, in the order of the record.
    """
    yield 'option "title" "zhenbo"\n'
    names: dict[str, str] = {}
    moved = list(_posted(book, acts))
    for currency in sorted({p.currency for t, _ in moved for p in t.postings}):
        yield f'option "operating_currency" "{currency}"\n'
    first = min((at for _, at in moved), default=0)
    for name in sorted({p.account for t, _ in moved for p in t.postings}):
        names[name] = _account(name, set(names.values()))
        yield f'{_day(first)} open {names[name]}\n  name: "{_text(name)}"\n'
    for t, at in sorted(moved, key=lambda m: m[1]):
        yield f'\n{_day(at)} * "{_text(t.flow)}" "{_text(t.note or t.subject)}"\n  key: "{_text(t.key)}"\n'
        for p in t.postings:
            yield f"  {names[p.account]}  {_amount(-p.amount, p.currency)} {p.currency}\n"
    last = max((at for _, at in moved), default=0)
    for (name, currency), b in book.accounts().items():
        if name in names:  # a check of beancount's own: balances of the morning after
            yield f"{_day(last + 86_400_000_000)} balance {names[name]}  {_amount(-b.posted, currency)} {currency}\n"


def _posted(book: Book, acts: Sequence[Act]) -> Iterator[tuple[Transaction, int]]:
    """What was posted, with the moment it was: a hold, when it was settled."""
    for act in acts:
        key = act.key if act.kind == TRANSACTION else ""
        if act.kind == SETTLEMENT and (s := act.read(Settled)).how == "post":
            key = s.hold
        standing = book.standings([key]).get(key)
        if (
            standing
            and standing.state in {"posted", "reversed"}
            and (act.kind == SETTLEMENT) == standing.transaction.held
        ):
            yield standing.transaction, act.at


def _account(name: str, taken: set[str]) -> str:
    """An account as beancount writes it: words of letters, digits and dashes that begin with a capital or digit."""
    kind, *rest = parts(name)
    words = [re.sub(r"[^A-Za-z0-9\u4e00-\u9fff-]+", "-", r).strip("-") or "X" for r in rest]
    made = ":".join([_ROOTS[kind], *(w[0].upper() + w[1:] for w in words)])
    n, given = 2, made
    while given in taken:  # two names that beancount cannot tell apart
        given, n = f"{made}-{n}", n + 1
    return given


def _amount(minor: int, currency: str) -> str:
    digits = minor_digits(currency)
    sign, whole = ("-", -minor) if minor < 0 else ("", minor)
    major, rest = divmod(whole, 10**digits)
    return f"{sign}{major}.{rest:0{digits}d}" if digits else f"{sign}{major}"


def _day(at: int) -> str:
    return clock(at, "%Y-%m-%d")


def _text(text: str) -> str:
    return clean(text, 200).replace("\\", "\\\\").replace('"', '\\"')
