"""What really happened in a simulated session: the answer key that no detector may see."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

import pyarrow as pa

from zhenbo.core.dataset import Dataset


@dataclass(frozen=True)
class Money:
    """Where the created amounts of a session really went, in minor units; every order is split once, in this order.

    Args:
        gross: amounts created.
        cancelled: closed before payment.
        unpaid: never paid and still open.
        discount: paid by platform or seller.
        refunded: paid back by the end of the record.
        brushed: orders made by an attack, of what then remains.
        verified: what was really sold.
    """

    gross: int
    cancelled: int
    unpaid: int
    discount: int
    refunded: int
    brushed: int
    verified: int


@dataclass(frozen=True)
class SessionTruth:
    """The answer key of one session.

    Args:
        session_id: the session it speaks of.
        outcome: honest, or attacked when anything in it was fabricated.
        kinds: names of the attacks laid over it, with their doses and styles.
        burst: the honest burst it holds (`none` for a plain evening).
        view: how much of it the data set shows.
        fabricated: fake counts per metric (viewers, likes, comments, follows, shares, orders), in the full record.
        shown: shown totals per metric in the full record, fakes included.
        fake_accounts: account ids that acted for the attack.
        fake_orders: order ids made by the attack.
        groups: accounts that act as one, by the name of the group (a fleet, a paid crowd, an organiser's buyers).
        began: microsecond of the first thing fabricated; None in an honest session.
        cost: what the attack cost its buyer, in fen, at the field's prices.
        money: where the created amounts went; None without orders.
        gained: what brushed orders brought, in worlds that know it: `exposures` (expected unpaid ones of the session, less
            those expected had the brushed orders not existed, all else drawn alike), `per_order` (that per brushed order;
            absent without any), `best_hour_rank` (best place shown in the hour's ranking; absent where none is) and
            `best_hour_rank_without` (place of the same bucket less the brushed sales alone, shown or not).
    """

    session_id: str
    outcome: Literal["honest", "attacked"] = "honest"
    kinds: tuple[str, ...] = ()
    burst: str = "none"
    view: str = "insider"
    fabricated: Mapping[str, int] = field(default_factory=dict)
    shown: Mapping[str, int] = field(default_factory=dict)
    fake_accounts: frozenset[str] = frozenset()
    fake_orders: frozenset[str] = frozenset()
    groups: Mapping[str, frozenset[str]] = field(default_factory=dict)
    began: int | None = None
    cost: int = 0
    money: Money | None = None
    gained: Mapping[str, float] = field(default_factory=dict)

    def share(self, metric: str) -> float:
        """Fabricated part of a shown metric, 0..1 (0 when nothing is shown)."""
        shown = self.shown.get(metric, 0)
        return self.fabricated.get(metric, 0) / shown if shown else 0.0


@dataclass(frozen=True)
class DealTruth:
    """The answer key of a deal.

    Args:
        deal_id: the deal it speaks of.
        verified: what its sessions really sold, minor units.
        pledge_met: whether real sales reached the pledged amount; None without a pledge.
        recycled: slot and service fees that came back as orders, minor units.
        rollover: whether its refund was funded by newer merchants' fees.
    """

    deal_id: str
    verified: int
    pledge_met: bool | None = None
    recycled: int = 0
    rollover: bool = False


@dataclass(frozen=True)
class World:
    """A simulated record with its answer key.

    Args:
        dataset: what is seen.
        truth: answer key by session id.
        papers: side files of the data folder by name (`parties.toml`, `deals.toml`, `money.jsonl`), as text.
        deals: answer key by deal id.
        answers: further answer keys by name, as tables (every order, every agency's months, hosts of a portfolio).
    """

    dataset: Dataset
    truth: Mapping[str, SessionTruth]
    papers: Mapping[str, str] = field(default_factory=dict)
    deals: Mapping[str, DealTruth] = field(default_factory=dict)
    answers: Mapping[str, pa.Table] = field(default_factory=dict)
