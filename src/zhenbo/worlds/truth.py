"""What really happened in a simulated session: the answer key that no detector may see."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

from zhenbo.core.dataset import Dataset


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

    def share(self, metric: str) -> float:
        """Fabricated part of a shown metric, 0..1 (0 when nothing is shown)."""
        shown = self.shown.get(metric, 0)
        return self.fabricated.get(metric, 0) / shown if shown else 0.0


@dataclass(frozen=True)
class World:
    """A simulated record and its answer key by session id."""

    dataset: Dataset
    truth: Mapping[str, SessionTruth]
