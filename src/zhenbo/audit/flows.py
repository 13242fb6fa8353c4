"""Money that moved between an agency, its merchants and others, as the record's money rows and the papers tell it.

A row belongs to an agency where one of the agency's accounts paid or received it. Where a row names neither account, its
contract tells: a fee goes to the agency that signed, a compensation from it. Money that went round inside the agency is
none of its flows.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
import pyarrow as pa

from zhenbo.core.deal import Deal
from zhenbo.core.parties import Registry
from zhenbo.core.session import codes, micros

FEES = ("slot_fee", "service_fee")
_PAID = (*FEES, "compensation", "commission", "settle", "premium", "ad_spend")
_READ = ("event_id", "source", "kind", "ts", "actor_id", "target_id", "pay", "ref_id", "order_id", "amount", "currency")  # fmt: skip


@dataclass(frozen=True)
class Move:
    """One payment outside the orders.

    Args:
        at: microsecond.
        kind: kind of the row.
        payer: account that paid.
        pay: paying account used.
        payee: account that was paid.
        amount: minor units, positive.
        currency: of the amount.
        deal: contract it names.
        event: `source:event_id`.
    """

    at: int
    kind: str
    payer: str | None
    pay: str | None
    payee: str | None
    amount: int
    currency: str
    deal: str | None
    event: str


@dataclass(frozen=True)
class Flow:
    """A payment as the agency saw it.

    Args:
        move: the row.
        what: `fee` from a merchant under a contract, `refund` to one, other `income`, other money `spent`.
        deal: the contract it belongs to; None where none can be told.
    """

    move: Move
    what: Literal["fee", "refund", "income", "spent"]
    deal: str | None

    @property
    def signed(self) -> int:
        """The amount, negative where it left the agency."""
        return self.move.amount if self.what in {"fee", "income"} else -self.move.amount


def moves(events: pa.Table) -> list[Move]:
    """The payments of a record in order; settlements of orders are none, rows without time, amount or anybody neither."""
    kinds, names = codes(events["kind"])
    wanted = [i for i, name in enumerate(names.to_pylist()) if name in _PAID]
    at = np.flatnonzero(np.isin(kinds, wanted))
    if not len(at):
        return []
    rows = events.select(_READ).take(pa.array(at))
    ts = micros(rows["ts"])
    found = []
    for when, r in zip(ts.tolist(), rows.drop_columns(["ts"]).to_pylist(), strict=True):
        named = r["actor_id"] or r["target_id"] or r["ref_id"]
        if r["order_id"] is None and named and r["amount"] and when > np.iinfo(np.int64).min:
            back = r["amount"] < 0  # a negative payment is one the other way
            ends = (r["target_id"], r["actor_id"]) if back else (r["actor_id"], r["target_id"])
            found.append(Move(
                when, r["kind"], ends[0], None if back else r["pay"], ends[1], abs(r["amount"]), r["currency"] or "CNY", r["ref_id"],
                f"{r['source']}:{r['event_id']}",
            ))  # fmt: skip
    return found


@dataclass(frozen=True)
class Side:
    """By what one side of a payment is known.

    Args:
        accounts: ids and accounts it acts with.
        payers: accounts it pays from.
    """

    accounts: frozenset[str]
    payers: frozenset[str]

    def paid(self, move: Move) -> bool:
        """Whether it paid."""
        return move.payer in self.accounts or move.pay in self.payers

    def received(self, move: Move) -> bool:
        """Whether it was paid."""
        return move.payee in self.accounts or move.payee in self.payers


def side(who: str, registry: Registry) -> Side:
    """A party's accounts, under all its names and with its staff."""
    return Side(registry.accounts(who) | frozenset(registry.ids(who)), registry.payers(who))


def flows(
    house: Sequence[str], moved: Sequence[Move], deals: Sequence[Deal], registry: Registry
) -> list[Flow]:
    """The payments of an agency, in the order given.

    Args:
        house: the agency's ids; several under one operator are one.
        moved: all payments of the record.
        deals: its contracts.
        registry: who is who.
    """
    sides = [side(who, registry) for who in house]
    own = Side(frozenset().union(*(s.accounts for s in sides)), frozenset().union(*(s.payers for s in sides)))
    mine = {d.id: d for d in deals}
    merchants = {d.merchant_id: side(d.merchant_id, registry) for d in deals if d.merchant_id}
    found: list[Flow] = []
    for move in moved:
        deal = mine.get(move.deal or "")
        inward, outward = own.received(move), own.paid(move)
        if not inward and not outward and deal is not None:
            inward = move.kind in FEES and move.payee is None
            outward = move.kind == "compensation" and move.payer is None
        if inward == outward:
            continue
        told = deal.id if deal is not None else _by_merchant(move, deals, merchants, inward)
        merchant = merchants.get(mine[told].merchant_id or "") if told else None
        found.append(_flow(move, inward, told, merchant))
    return found


def _flow(move: Move, inward: bool, deal: str | None, merchant: Side | None) -> Flow:
    if inward:
        theirs = merchant is None or merchant.paid(move) or move.payer is None
        return Flow(move, "fee" if move.kind in FEES and deal and theirs else "income", deal)
    back = deal is not None and ((merchant is not None and merchant.received(move)) or move.payee is None)
    return Flow(move, "refund" if back and move.kind != "commission" else "spent", deal)


def _by_merchant(move: Move, deals: Iterable[Deal], merchants: dict[str, Side], inward: bool) -> str | None:
    """The one contract of the merchant at the other end, where there is exactly one."""
    fits = [
        d.id for d in deals
        if (m := merchants.get(d.merchant_id or "")) and (m.paid(move) if inward else m.received(move))
    ]  # fmt: skip
    return fits[0] if len(fits) == 1 else None
