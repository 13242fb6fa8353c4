"""Payments under a deal: what the record shows as paid, and what is still open between the parties."""

from collections.abc import Callable, Iterable, Mapping
from typing import Any, Literal

import pyarrow as pa
import pyarrow.compute as pc

from zhenbo.core.deal import Deal
from zhenbo.core.evidence import Say
from zhenbo.core.papers import Papers
from zhenbo.core.rows import plain
from zhenbo.core.schema import EVENTS, MONEY_KINDS
from zhenbo.core.settlement import PaidSeen, Payment, Span, less, total

What = Literal["fees", "commission", "total"]
FEES = ("slot_fee", "service_fee")
SAYS = {
    "pays": Say("{payer} owes {payee} {amount_minor} ({what}: {due_minor} due, {paid_minor} paid).", "{payer} 应付 {payee} {amount_minor}（{what}：应付 {due_minor}，已付 {paid_minor}）。"),
    "between": Say("{payer} owes {payee} between {low_minor} and {high_minor} ({what}: {due_minor} due at best, {paid_minor} paid).", "{payer} 应付 {payee} {low_minor} 至 {high_minor}（{what}：最可能应付 {due_minor}，已付 {paid_minor}）。"),
    "even": Say("{what}: {due_minor} due and paid; nothing is open between {payer} and {payee}.", "{what}：应付 {due_minor} 已付清；{payer} 与 {payee} 之间无未结款项。"),
    "due": Say("{what}: {due_minor} due from {payer} to {payee}. The record shows no payment under this deal; what was paid comes off.", "{what}：{payer} 应付 {payee} {due_minor}。记录中没有本合同的付款；已付部分应予扣除。"),
}  # fmt: skip
WHAT = {
    "fees": Say("fees", "费用"),
    "commission": Say("commission", "佣金"),
    "total": Say("all together", "合计"),
}


def money_rows(events: pa.Table) -> pa.Table:
    """Payments between parties that name a deal; a few rows of any record."""
    keep = pc.and_(
        pc.is_in(plain(events["kind"]), pa.array(MONEY_KINDS)),
        pc.and_(pc.is_valid(events["ref_id"]), pc.is_valid(events["amount"])),
    )
    return events.select(EVENTS.names).filter(pc.fill_null(keep, False))


def payments(rows: pa.Table, papers: Papers, as_of: int) -> dict[str, PaidSeen]:
    """What was paid under each deal, between its own parties.

    A fee counts when it comes from the merchant (from nobody known on the other side, where the merchant's accounts are
    not told); money back counts when it reaches the merchant. Other payments that name the deal (advances to buyers,
    investments) are no payment under it. Where the record holds none, what the contract's file states counts.

    Args:
        rows: `money_rows`.
        papers: deals, and whose accounts are whose.
        as_of: microsecond at which the record is read.
    """
    told = rows.filter(pc.less_equal(pc.fill_null(rows["ts"].cast(pa.int64()), 0), as_of))
    columns = ("ref_id", "kind", "actor_id", "target_id", "amount", "source", "event_id")
    table = sorted(zip(*(_plainly(told[c]) for c in columns), strict=True), key=str)
    found = {}
    for deal in papers.deals:
        mine = [row[1:] for row in table if row[0] == deal.id]
        if mine:
            found[deal.id] = _paid(mine, deal, papers)
        elif stated := _stated(deal):
            found[deal.id] = stated
    return found


def _stated(deal: Deal) -> PaidSeen | None:
    """What the contract's file says was paid, where the record holds no payment."""
    said = (deal.paid_fee, deal.paid_commission, deal.paid_back)
    if said == (None, None, None):
        return None
    return PaidSeen(fees=said[0] or 0, commission=said[1] or 0, back=said[2] or 0, events=[])


def _plainly(column: pa.ChunkedArray) -> list[Any]:
    return (plain(column) if pa.types.is_dictionary(column.type) else column).to_pylist()  # type: ignore[no-any-return]


def _paid(rows: Iterable[tuple[Any, ...]], deal: Deal, papers: Papers) -> PaidSeen:
    book = papers.registry
    merchant = book.accounts(deal.merchant_id) if deal.merchant_id else frozenset[str]()
    held = book.on(deal.host_id, deal.signed_on) if deal.host_id else None
    others = {p for p in (deal.mcn_id, deal.host_id, *(held.agencies + held.operators if held else ())) if p}
    theirs = frozenset[str]().union(*(book.accounts(p) for p in others)) if others else frozenset[str]()
    sums = {"fees": 0, "commission": 0, "back": 0}
    events = []
    for kind, payer, payee, amount, source, event in rows:
        from_merchant = payer in merchant if merchant else payer not in theirs
        what = _which(kind, from_merchant=from_merchant, to_merchant=payee in merchant)
        if what and amount > 0:
            sums[what] += amount
            events.append(f"{source}:{event}")
    return PaidSeen(**sums, events=events)


def _which(kind: str, *, from_merchant: bool, to_merchant: bool) -> str | None:
    if to_merchant:
        return "back"
    if not from_merchant:
        return None
    return "fees" if kind in FEES else "commission" if kind == "commission" else None


def owed(
    deal: Deal, fee: Span | None, commission: Span | None, paid: PaidSeen | None, currency: str,
    name: Callable[[str | None], str], phrase: Callable[[Say, Mapping[str, Any]], str],
) -> list[Payment]:  # fmt: skip
    """Who must pay whom: fees, commission, and both together.

    Args:
        deal: the contract.
        fee: fees due.
        commission: commission due.
        paid: payments in the record; None where it holds none.
        currency: of the amounts.
        name: what a party is called.
        phrase: how a sentence is put into words.
    """
    parts: dict[What, tuple[Span | None, int]] = {
        "fees": (fee, (paid.fees - paid.back) if paid else 0),
        "commission": (commission, paid.commission if paid else 0),
    }
    known: dict[What, tuple[Span, int]] = {
        what: (due, given) for what, (due, given) in parts.items() if due is not None
    }
    if len(known) > 1:
        known["total"] = (total([d for d, _ in known.values()]), sum(g for _, g in known.values()))
    sides = deal.merchant_id or "merchant", deal.mcn_id or deal.host_id or "host"
    made = []
    for what, (due, given) in known.items():
        (payer, payee), amount = _open(due, given, sides)
        which = (
            "due"
            if paid is None
            else "even"
            if not amount.high
            else "pays"
            if amount.low == amount.high
            else "between"
        )
        args = {
            "payer": name(payer), "payee": name(payee), "what": phrase(WHAT[what], {}), "currency": currency,
            "amount_minor": amount.mid, "low_minor": amount.low, "high_minor": amount.high, "due_minor": due.mid,
            "paid_minor": given,
        }  # fmt: skip
        made.append(
            Payment(payer=payer, payee=payee, what=what, amount=amount, says=phrase(SAYS[which], args))
        )
    return made


def _open(due: Span, given: int, sides: tuple[str, str]) -> tuple[tuple[str, str], Span]:
    """Who pays whom, and what: the direction of the best estimate; an end of the other sign is nothing owed."""
    rest = less(due, Span.exactly(given), together=True)
    if rest.mid < 0:
        return (sides[1], sides[0]), Span(max(-rest.high, 0), -rest.mid, max(-rest.low, 0))
    return sides, Span(max(rest.low, 0), rest.mid, max(rest.high, 0))
