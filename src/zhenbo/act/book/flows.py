"""How money moves here, one function per movement: each makes a transaction, none enters it.

Every movement can first be held (`hold`) and be undone on appeal by its opposite (`reversal`), never by deletion. What a
party pays or is paid passes through `outside:` accounts.

An advance has four postings: the fund pays the buyer, and what it may get back from the seller is booked beside, as a
claim of the fund and a debt of the seller under that case. The debt stays on the book until it is recovered or written
off, so a fund that was generous shows it.
"""

from collections.abc import Mapping

from msgspec.structs import replace

from zhenbo.core.errors import BookError
from zhenbo.core.evidence import Say
from zhenbo.core.ledger import Posting, Transaction, account

PROTECTION = "protection"
"""The fund from which buyers are paid in advance (K54)."""

FLOWS: Mapping[str, Say] = {
    "deposit.paid": Say("deposit lodged", "缴纳保证金"),
    "deposit.refunded": Say("deposit given back", "退还保证金"),
    "deposit.forfeited": Say("deposit forfeited to a fund", "扣划保证金至基金"),
    "fund.paid_in": Say("fund paid in", "基金注资"),
    "fund.paid_out": Say("fund paid out", "基金支出"),
    "advance.paid": Say("buyer paid in advance", "先行赔付"),
    "advance.recovered": Say("advance recovered", "追偿到账"),
    "advance.written_off": Say("advance written off", "追偿核销"),
    "budget.granted": Say("budget granted", "拨付预算"),
    "budget.spent": Say("budget spent", "预算支出"),
    "budget.returned": Say("budget given back", "预算退回"),
    "earnings.accrued": Say("earnings accrued", "收入入账"),
    "earnings.withdrawn": Say("earnings withdrawn", "收入提现"),
    "refund.paid": Say("refund paid", "退款"),
    "compensation.paid": Say("compensation paid", "赔偿"),
    "compensation.punitive": Say("punitive compensation paid", "惩罚性赔偿"),
    "freight.paid": Say("return freight paid", "退货运费"),
    "reversal": Say("reversed", "冲正"),
}
"""Movements with their names; others may be written, and are shown by their id."""


def moved(
    key: str, at: int, flow: str, subject: str, *, source: str, to: str, amount: int, currency: str = "CNY", note: str = ""
) -> Transaction:  # fmt: skip
    """A transaction that takes an amount from one account and gives it to another.

    Args:
        key: names it for ever.
        at: UTC microseconds.
        flow: what kind of movement, of `FLOWS` or one's own.
        subject: the party, claim or case it is about.
        source: account that gives.
        to: account that gets.
        amount: minor units, more than 0.
        currency: ISO 4217.
        note: a reason in words.

    Raises:
        BookError: when the amount is not more than 0; to turn a movement round, exchange its ends.
    """
    if amount <= 0:
        raise BookError(f"Transaction {key}: {flow} of {amount}; an amount that moves is more than 0.")
    lines = (Posting(source, -amount, currency), Posting(to, amount, currency))
    return Transaction(key, at, flow, subject, lines, note=note)


def hold(transaction: Transaction, expires: int | None = None) -> Transaction:
    """The same, only set aside: what it takes can be used for nothing else until it is settled or expires."""
    return replace(transaction, held=True, expires=expires)


def reversal(transaction: Transaction, key: str, at: int, note: str = "") -> Transaction:
    """The opposite of a posted transaction, e.g. because an appeal succeeded."""
    lines = tuple(Posting(p.account, -p.amount, p.currency) for p in transaction.postings)
    return Transaction(key, at, "reversal", transaction.subject, lines, reverses=transaction.key, note=note)


def deposit_paid(key: str, at: int, party: str, amount: int, currency: str = "CNY") -> Transaction:
    """A party lodges security (500 yuan to share goods: D05)."""
    return moved(key, at, "deposit.paid", party, source=outside(party), to=deposit(party), amount=amount, currency=currency)  # fmt: skip


def deposit_refunded(key: str, at: int, party: str, amount: int, currency: str = "CNY") -> Transaction:
    """Security goes back; `deposit.leaving` says how much is due and when."""
    return moved(key, at, "deposit.refunded", party, source=deposit(party), to=outside(party), amount=amount, currency=currency)  # fmt: skip


def deposit_forfeited(
    key: str, at: int, party: str, amount: int, case: str, currency: str = "CNY", fund: str = PROTECTION
) -> Transaction:
    """Security is lost to a fund by a decision in a case."""
    return moved(key, at, "deposit.forfeited", case, source=deposit(party), to=pool(fund), amount=amount, currency=currency)  # fmt: skip


def fund_paid_in(
    key: str, at: int, amount: int, by: str = "platform", currency: str = "CNY", fund: str = PROTECTION
) -> Transaction:
    """A fund is filled (160 million yuan: E08)."""
    return moved(
        key, at, "fund.paid_in", fund, source=outside(by), to=pool(fund), amount=amount, currency=currency
    )


def advance(
    key: str,
    at: int,
    buyer: str,
    seller: str,
    case: str,
    amount: int,
    currency: str = "CNY",
    fund: str = PROTECTION,
) -> Transaction:
    """The fund pays a buyer what the seller owes (先行赔付); the seller's debt is booked under the case."""
    paid = moved(
        key, at, "advance.paid", case, source=pool(fund), to=outside(buyer), amount=amount, currency=currency
    )
    return replace(paid, postings=(*paid.postings, *_owed(seller, case, fund, amount, currency)))


def recovered(
    key: str, at: int, seller: str, case: str, amount: int, source: str | None = None, currency: str = "CNY",
    fund: str = PROTECTION,
) -> Transaction:  # fmt: skip
    """A fund gets back what it advanced, from the seller or from `source`: `deposit(seller)`, `payable(seller)`."""
    paid = moved(
        key, at, "advance.recovered", case, source=source or outside(seller), to=pool(fund), amount=amount, currency=currency
    )  # fmt: skip
    return replace(paid, postings=(*paid.postings, *_owed(seller, case, fund, -amount, currency)))


def written_off(
    key: str,
    at: int,
    seller: str,
    case: str,
    amount: int,
    note: str,
    currency: str = "CNY",
    fund: str = PROTECTION,
) -> Transaction:
    """A fund gives up an advance, or part of it; the note says why."""
    lines = _owed(seller, case, fund, -amount, currency)
    return Transaction(key, at, "advance.written_off", case, lines, note=note)


def _owed(seller: str, case: str, fund: str, amount: int, currency: str) -> tuple[Posting, Posting]:
    """A seller owes a fund so much more."""
    debt = Posting(recovery(seller, case), -amount, currency)
    return debt, Posting(account("claims", fund), amount, currency)


def budget_granted(key: str, at: int, purpose: str, amount: int, source: str | None = None, currency: str = "CNY") -> Transaction:  # fmt: skip
    """Money is granted for a purpose (30 million yuan for sampling: E08), by the platform or from `source`."""
    return moved(
        key, at, "budget.granted", purpose, source=source or outside("platform"), to=budget(purpose), amount=amount, currency=currency
    )  # fmt: skip


def budget_spent(key: str, at: int, purpose: str, amount: int, to: str, subject: str, currency: str = "CNY") -> Transaction:  # fmt: skip
    """Money granted is spent, e.g. on the laboratory `to` for the lot `subject`."""
    return moved(key, at, "budget.spent", subject, source=budget(purpose), to=outside(to), amount=amount, currency=currency)  # fmt: skip


def accrued(key: str, at: int, party: str, amount: int, subject: str, currency: str = "CNY", payer: str = "platform") -> Transaction:  # fmt: skip
    """A party has earned something, e.g. commission, and is to be paid later."""
    return moved(key, at, "earnings.accrued", subject, source=outside(payer), to=payable(party), amount=amount, currency=currency)  # fmt: skip


def withdrawn(key: str, at: int, party: str, amount: int, currency: str = "CNY") -> Transaction:
    """A party takes out what it has earned; whether it may is for governance to say (D05)."""
    return moved(key, at, "earnings.withdrawn", party, source=payable(party), to=outside(party), amount=amount, currency=currency)  # fmt: skip


def compensated(
    key: str, at: int, buyer: str, case: str, amount: int, source: str, currency: str = "CNY", flow: str = "compensation.paid"
) -> Transaction:  # fmt: skip
    """A buyer is paid by whoever is liable: `source` is `outside(seller)`, `deposit(seller)`, `outside(insurer)` and so on.

    The flow says what for: `refund.paid`, `compensation.paid`, `compensation.punitive` (what the law or a promise gives
    beyond the loss), `freight.paid`; several in one case are several transactions, appended together.
    """
    return moved(key, at, flow, case, source=source, to=outside(buyer), amount=amount, currency=currency)


def deposit(party: str) -> str:
    """Account of a party's security."""
    return account("deposit", party)


def payable(party: str) -> str:
    """Account of what a party has earned."""
    return account("payable", party)


def outside(party: str) -> str:
    """A party's own pocket."""
    return account("outside", party)


def pool(fund: str = PROTECTION) -> str:
    """Account of a fund."""
    return account("fund", fund)


def budget(purpose: str) -> str:
    """Account of a budget."""
    return account("budget", purpose)


def recovery(seller: str, case: str) -> str:
    """Account of what a seller owes a fund under a case."""
    return account("recovery", seller, case)
