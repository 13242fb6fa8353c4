"""Several looks at the same orders, each a count against what honest rooms hold; the most telling one speaks.

A look counts units that stand out (buyers, parcels, reviews) among those it could judge, and knows which orders they
are. All looks taken are paid for.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from zhenbo.core.evidence import Cause, Effect, Found, Signal, cite
from zhenbo.core.session import Session
from zhenbo.kernel.orders import NEVER, UNTIMED, Orders
from zhenbo.signals.bunching import CLEAR_DB, UNREMARKABLE, Bunches, excess_weight
from zhenbo.signals.nulls import ACCOUNT_PRIOR_DB, P_FLOOR, share_tail

Ints = npt.NDArray[np.int64]
Bools = npt.NDArray[np.bool_]


NAMELESS_DB = -ACCOUNT_PRIOR_DB - 1
"""Most that is said of an order in a record without buyers and addresses: an amount can be told there, nobody be named."""


def keyed(made: Orders) -> bool:
    """Whether the record tells buyers or addresses of orders at all."""
    return bool((made.keys["actor_id"] >= 0).any() or (made.keys["addr"] >= 0).any())


@dataclass(frozen=True)
class Look:
    """One of several tests.

    Args:
        name: the sentence it says when it stands out.
        p: probability under the organic null.
        tested: units tested.
        units: units that stand out.
        expected: how many the null expects.
        honest: 5 % and 95 % points of the null.
        members: orders that stand out.
        judged: orders it could judge.
    """

    name: str
    p: float
    tested: int
    units: int
    expected: float
    honest: tuple[float, float]
    members: Bools
    judged: Bools


def share(name: str, members: Bools, judged: Bools, rate: tuple[float, float], units: tuple[int, int] | None = None) -> Look:  # fmt: skip
    """A share of units against a beta-binomial across rooms.

    Args:
        name: the sentence it says.
        members: orders that stand out.
        judged: orders it could judge.
        rate: mean and concentration (a + b) of honest rooms.
        units: how many stand out, of how many; the orders themselves by default.
    """
    from scipy import stats

    (mean, concentration), (count, n) = rate, units or (int((members & judged).sum()), int(judged.sum()))
    p = float(share_tail(count, n, mean, concentration))
    low, high = stats.betabinom.ppf([0.05, 0.95], n, mean * concentration, (1 - mean) * concentration)
    return Look(name, p, n, count, mean * n, (float(low), float(high)), members & judged, judged)


@dataclass(frozen=True)
class Best:
    """The most telling of the looks taken.

    Args:
        look: it.
        p: its p with all looks paid for.
        judged: orders any look could judge.
    """

    look: Look
    p: float
    judged: Bools

    @property
    def accused(self) -> bool:
        """Whether it points at anybody."""
        return bool(self.look.members.any()) and self.p < UNREMARKABLE

    @property
    def shown(self) -> Bools:
        """The orders it is about: those that stand out, else all it looked at."""
        return self.look.members if self.accused else self.judged

    @property
    def effect(self) -> Effect | None:
        """Orders beyond what honest rooms hold."""
        if not self.accused:
            return None
        per_unit = self.look.members.sum() / max(self.look.units, 1)
        ends = (self.look.honest[1], self.look.expected, self.look.honest[0])
        low, mid, high = sorted(max(self.look.units - q, 0.0) * float(per_unit) for q in ends)
        return Effect("orders", low, mid, high)

    def weights(self, made: Orders, least: float = 0.5) -> dict[str, float]:
        """Per order judged: what is said of it, dB.

        Args:
            made: the orders.
            least: an expected count is not trusted below this when members are weighed.
        """
        weight = max(excess_weight(self.look.units, self.look.expected, self.p, least), CLEAR_DB)
        weight = weight if keyed(made) else min(weight, NAMELESS_DB)
        db = np.where(self.look.members & self.accused, weight, CLEAR_DB)
        chosen = np.flatnonzero(self.judged)
        return dict(zip(made.id.take(pa.array(chosen)).to_pylist(), db[chosen].tolist(), strict=True))

    @property
    def args(self) -> Mapping[str, Any]:
        """Numbers of its sentence."""
        one = self.look
        return {
            "orders": int(self.shown.sum()),
            "units": one.units,
            "tested": one.tested,
            "found_share": round(one.units / max(one.tested, 1), 4),
            "expected_share": round(one.expected / max(one.tested, 1), 4),
        }


def best(looks: Sequence[Look]) -> Best:
    """The most telling of some looks, at least one; the first of equals."""
    one = min(looks, key=lambda look: look.p)
    p = float(np.clip(one.p * len(looks), P_FLOOR, 1))
    return Best(one, p, np.logical_or.reduce([look.judged for look in looks]))


def said(
    signal: Signal, session: Session, made: Orders, found: Best, *, clear: str, args: Mapping[str, Any] | None = None,
    causes: Sequence[Cause] = (), rows: pa.Table | None = None,
) -> Found:  # fmt: skip
    """The evidence of the most telling look.

    Args:
        signal: whose look it was.
        session: where it looked.
        made: the orders.
        found: the look.
        clear: the sentence said when it accuses nobody; else the look's name is the sentence.
        args: numbers of the sentence beside those of the look.
        causes: innocent causes tested.
        rows: events it rests on; the orders' own by default.
    """
    events, total = cite(events_of(session, made, found.shown) if rows is None else rows)
    return signal.evidence(
        window=created_in(session, made, found.shown),
        p=found.p,
        observed=float(found.look.units),
        expected=found.look.expected,
        says=found.look.name if found.accused else clear,
        args={**found.args, **(args or {})},
        effect=found.effect,
        orders=found.weights(made),
        causes=tuple(causes),
        events=events,
        events_total=total,
    )


@dataclass(frozen=True)
class Held:
    """One kind of key that orders carry (an address, a purse), judged.

    Args:
        bunches: the scan over its keys.
        of_order: key per order, −1 where the order carries none.
        load: per key, what the scan counted (purchases of an address, people a purse pays for).
    """

    bunches: Bunches
    of_order: Ints
    load: Ints

    @property
    def carriers(self) -> Bools:
        """Orders that carry such a key."""
        return np.asarray(self.of_order >= 0)

    @property
    def mine(self) -> Bools:
        """Orders of the keys that stand out."""
        return self.carriers & self.bunches.members[np.maximum(self.of_order, 0)]


def strongest(made: Orders, tried: Iterable[Held]) -> dict[str, float]:
    """Per order that carries a key: the strongest thing said of it, dB."""
    weight = np.full(len(made), -np.inf)
    for kind in tried:
        db = np.where(kind.mine, kind.bunches.weight_db, CLEAR_DB)
        weight = np.where(kind.carriers, np.maximum(weight, db), weight)
    judged = np.flatnonzero(np.isfinite(weight))
    return dict(zip(made.id.take(pa.array(judged)).to_pylist(), weight[judged].tolist(), strict=True))


def events_of(session: Session, made: Orders, which: Bools) -> pa.Table:
    """The rows that made some orders, in the record's order."""
    return session.events.take(pa.array(np.sort(made.row[which])))


def created_in(session: Session, made: Orders, which: Bools) -> tuple[int, int]:
    """First and last moment at which some orders were made; the session's span where none is known."""
    created = made.at["created"][which]
    created = created[(created != UNTIMED) & (created != NEVER)]
    return (int(created.min()), int(created.max())) if len(created) else session.span
