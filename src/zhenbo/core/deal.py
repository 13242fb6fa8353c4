"""The deal: what merchant, host and agency promised one another about live sales.

A field that is None is one the contract is silent about: nothing is owed by it, nothing can be checked against it, and
the audit says so. Money is in minor units; rates are exact decimals (0.2 is one fifth, not the float nearest to it).
"""

from dataclasses import dataclass, fields
from decimal import Decimal
from typing import Literal

Remedy = Literal["pro_rata", "full", "rerun", "none"]
"""What a missed pledge or return brings: the fee back in proportion, all of it, another broadcast, nothing."""

REMEDIES: dict[str, Remedy] = {
    "pro_rata_refund": "pro_rata",
    "full_refund_if_roi_missed": "full",
    "full_refund": "full",
    "rerun": "rerun",
}
"""Purposes that are clauses: the condition on which money comes back, written where the purpose stands."""


@dataclass(frozen=True)
class Deal:
    """A contract about live sales, as `deals.toml` tells it (DESIGN 6).

    Args:
        id: the deal.
        host_id: who performs.
        merchant_id: whose goods.
        mcn_id: agency that signs for the host.
        sessions: broadcasts it speaks of.
        since: first microsecond of a deal by time (`from`).
        until: last one (`to`).
        products: goods it speaks of; all of the broadcasts when empty.
        currency: of its amounts; that of the sales when silent.
        slot_fee: 坑位费, for the deal as a whole.
        commission_rate: share of sales.
        order_fee: per order.
        platform_rate: the platform's cut of sales.
        tax_rate: tax charged on the fees.
        pledge_gmv: 保销: sales that were guaranteed.
        roi: sales promised per unit of slot fee (投产比, 对赌).
        gross_margin: the merchant's, before fees, as a share of sales.
        clawback_return_rate: commission on returned goods is owed back from this share of returns on (A19).
        remedy: what a missed pledge or return brings.
        purpose: sales, brand, clearance, seed_users.
        minutes: airtime agreed.
        rerun_by: last microsecond for an agreed re-run.
        samples: samples sent.
        host_scheduled: who was announced.
        signed_on: when it was signed.
        stated_viewers: audience stated at recruitment, viewers per broadcast.
        stated_gmv: sales stated at recruitment, per broadcast.
        shop_visits: visits to the shop that were promised.
        returns_expected: usual share of returns of these goods, as the parties put it down.
        stocked: cost of the goods bought in for the deal.
        paid_fee: fees already paid, where the record holds no payments.
        paid_commission: commission already paid, likewise.
        paid_back: already paid back to the merchant, likewise.
        ad_value: what the merchant says the exposure is worth besides sales.
        points: selling points that were to be said.
        clauses: clauses in the words of the contract, for those that no field holds.
    """

    id: str
    host_id: str | None = None
    merchant_id: str | None = None
    mcn_id: str | None = None
    sessions: tuple[str, ...] = ()
    since: int | None = None
    until: int | None = None
    products: tuple[str, ...] = ()
    currency: str | None = None
    slot_fee: int | None = None
    commission_rate: Decimal | None = None
    order_fee: int | None = None
    platform_rate: Decimal | None = None
    tax_rate: Decimal | None = None
    pledge_gmv: int | None = None
    roi: Decimal | None = None
    gross_margin: Decimal | None = None
    clawback_return_rate: Decimal | None = None
    remedy: Remedy | None = None
    purpose: str | None = None
    minutes: int | None = None
    rerun_by: int | None = None
    samples: int | None = None
    host_scheduled: str | None = None
    signed_on: int | None = None
    stated_viewers: int | None = None
    stated_gmv: int | None = None
    shop_visits: int | None = None
    returns_expected: Decimal | None = None
    stocked: int | None = None
    paid_fee: int | None = None
    paid_commission: int | None = None
    paid_back: int | None = None
    ad_value: int | None = None
    points: tuple[str, ...] = ()
    clauses: tuple[str, ...] = ()

    @property
    def target(self) -> int | None:
        """Sales that were promised: the pledge, else the return on the fee; None where neither was."""
        if self.pledge_gmv is not None:
            return self.pledge_gmv
        if self.roi is not None and self.slot_fee is not None:
            return int((self.roi * self.slot_fee).to_integral_value())
        return None

    def covers(self, session_id: str, host_id: str, start: int) -> bool:
        """Whether a broadcast is one of the deal: by its id, else by its host and the moment it began.

        Examples:
            >>> deal = Deal("d-1", host_id="h1", since=100, until=200)
            >>> deal.covers("s1", "h1", 150), deal.covers("s1", "h1", 250), deal.covers("s1", "h2", 150)
            (True, False, False)
        """
        if self.sessions:
            return session_id in self.sessions
        if self.since is None and self.until is None:
            return False
        if self.host_id is not None and self.host_id != host_id:
            return False
        return (self.since is None or start >= self.since) and (self.until is None or start <= self.until)

    @property
    def silent(self) -> tuple[str, ...]:
        """Fields about which the contract says nothing, by name."""
        return tuple(f.name for f in fields(self) if getattr(self, f.name) is None)
