"""What else orders have in common: one odd thing has an innocent reason more often than not, two that go together seldom.

A shop that pays for praise makes its buyers write the same words; a gift box makes other goods weigh the same. Neither
makes the same orders be paid from one purse, or the praised parcels weigh alike. So what a signal saw once is held
against another fact of the same orders, within goods of one kind where the fact hangs on the goods.
"""

from collections.abc import Iterable
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from zhenbo.core.schema import Flag
from zhenbo.core.session import Session
from zhenbo.kernel.opinions import opinions
from zhenbo.kernel.orders import Orders, because
from zhenbo.signals.nulls import P_FLOOR, fisher

Ints = npt.NDArray[np.int64]
Bools = npt.NDArray[np.bool_]

ALONE = 0.01
"""What is odd in one way only never has a smaller p: it raises a question and names nobody."""

SURE = 1e-3
"""Below this p, what orders share besides is no chance."""

_MOST = 4
"""Values of a fact that are tested, the most frequent first; all that occur often enough are paid for."""

_SPOKEN = 8
"""Characters from which a review tells anything."""

_REACH = 3
"""Different buyers from which a purse or a device is no family's."""


@dataclass(frozen=True)
class Fact:
    """Another fact of each order.

    Args:
        value: code per order, −1 unknown; 0 stands for what nobody would share by design.
        kind: stratum of each order: goods on which the fact hangs; 0 for none.
    """

    value: Ints
    kind: Ints


@dataclass(frozen=True)
class Shared:
    """What some odd orders share beyond chance.

    Args:
        p: probability that they share it by chance, all facts and values paid for.
        strangers: how many of the odd orders are like all others, if the rest of them all share it.
        has: all orders that have what these share.
    """

    p: float
    strangers: float
    has: Bools


def shared(mine: Bools, judged: Bools, facts: Iterable[Fact]) -> Shared:
    """What else some orders have in common.

    Args:
        mine: the odd orders.
        judged: orders that could have been odd.
        facts: what else is known of them.

    Exact: within each stratum the number of odd orders with a value is hypergeometric; the strata are added up.
    """
    best, looks = Shared(1.0, float(mine.sum()), np.zeros(len(mine), dtype=bool)), 0
    for fact in facts:
        use = judged & (fact.value >= 0)
        count = np.bincount(fact.value[use & mine], minlength=1)
        values = [v for v in np.argsort(-count, kind="stable").tolist() if v > 0 and count[v] >= 3]
        looks += len(values)
        for value in values[:_MOST]:
            has = fact.value[use] == value
            p = _excess(mine[use], has, fact.kind[use])
            if p < best.p:
                strangers = _strangers(mine[use], has) + float((mine & ~use).sum())
                best = Shared(p, strangers, fact.value == value)
    return replace(best, p=float(np.clip(best.p * max(looks, 1), P_FLOOR, 1)))


def _strangers(mine: Bools, has: Bools) -> float:
    """How many of some odd orders are like all others, one more without the fact than was seen."""
    usual = (has[~mine].sum() + 1) / ((~mine).sum() + 2)
    return float(min(((mine & ~has).sum() + 1) / (1 - usual), mine.sum()))


def together(mine: Bools, judged: Bools, facts: Iterable[Fact]) -> float:
    """Probability that some orders share another fact as much by chance; see `shared`."""
    return shared(mine, judged, facts).p


def _excess(mine: Bools, has: Bools, kind: Ints) -> float:
    """P(as many odd orders with the value or more), strata added up."""
    from scipy import stats

    pmf, seen = np.ones(1), 0
    for one in np.unique(kind).tolist():
        here = kind == one
        n, odd, having = int(here.sum()), int(mine[here].sum()), int(has[here].sum())
        if not odd or not having:
            continue
        seen += int((mine & has & here).sum())
        pmf = np.convolve(pmf, stats.hypergeom.pmf(np.arange(min(odd, having) + 1), n, having, odd))
    return float(np.clip(pmf[seen:].sum(), P_FLOOR, 1))


def purses(made: Orders) -> list[Fact]:
    """Paying accounts and devices behind several buyers."""
    buyer = made.keys["actor_id"]
    nothing = np.zeros(len(made), dtype=np.int64)
    out = []
    for key in ("pay", "device"):
        of = made.keys[key]
        both = (of >= 0) & (buyer >= 0)
        if both.any():
            pairs = np.unique(np.stack([of[both], buyer[both]]), axis=1)
            reach = np.bincount(pairs[0], minlength=int(of.max()) + 1)
            out.append(Fact(np.where(of < 0, -1, np.where(reach[of] >= _REACH, of + 1, 0)), nothing))
    return out


def insiders(session: Session, made: Orders) -> Fact:
    """Accounts and purses that the papers give to a side: boxes, links and rewards do not choose them."""
    flags = np.asarray(pc.fill_null(session.events["flags"].take(pa.array(made.row)), 0).to_numpy())
    return Fact((flags & int(Flag.INSIDER) != 0).astype(np.int64), np.zeros(len(made), dtype=np.int64))


def prompt(made: Orders, within: int) -> Fact:
    """Orders whose buyers say at once that they came, among those that were confirmed at all: whoever got too little does not."""
    told = made.timed("delivered") & made.timed("completed")
    at_once = made.at["completed"] - made.at["delivered"] <= within
    return Fact(np.where(told, at_once, -1).astype(np.int64), goods(made))


def forgiven(made: Orders, complaint: str) -> Fact:
    """Orders paid back whole while the goods stay where they are, for a reason that is not the goods.

    Args:
        made: the orders.
        complaint: pattern of reasons that speak of the goods; orders given back without any reason are unknown.
    """
    back = made.happened("sent_back") | made.happened("received_back")
    whole = (
        made.was_paid & (made.refund > 0) & (20 * made.refund >= 19 * (made.amount - made.discount)) & ~back
    )
    told = whole & ~because(made, complaint)
    return Fact(np.where(whole & (made.why < 0), -1, told).astype(np.int64), goods(made))


def pieces(session: Session, made: Orders) -> Ints:
    """Pieces of one product in each order; 1 where the record does not say."""
    qty = session.events["qty"].take(pa.array(made.row))
    return np.maximum(np.asarray(pc.fill_null(qty, 1).to_numpy(), dtype=np.int64), 1)


def goods(made: Orders, pieces: Ints | None = None) -> Ints:
    """A code of the goods of each order: product, and number of pieces if given; 0 where the product is unknown."""
    product = made.keys["target_id"] + 1
    if pieces is None:
        return product
    _, code = np.unique(np.stack([product, pieces]), axis=1, return_inverse=True)
    return np.asarray(code, dtype=np.int64).ravel()


def held_against(p: float, other: float) -> float:
    """The p of something odd, given that of what else the same orders share: both must be unlikely.

    Examples:
        >>> held_against(1e-9, 0.4), held_against(1e-9, 1e-5), held_against(0.2, 1e-5)
        (0.01, 1e-05, 0.2)
    """
    return max(p, min(other, ALONE))


def seconded(p: float, other: float, alone: float = ALONE) -> float:
    """The p of something that is common enough by itself, joined with what else the same orders share (Fisher).

    Args:
        p: of what is odd.
        other: of what the same orders share.
        alone: the least p where they share nothing.

    Examples:
        >>> seconded(0.2, 0.3), seconded(0.2, 1e-8) < 1e-7
        (0.2, True)
    """
    return fisher(p, other) if other < SURE else max(p, alone)


def telling(session: Session, made: Orders) -> list[Fact]:
    """What no link, no box and no rule of the shop chooses for its buyers: praise in common, weights within one product, purses."""
    told = opinions(session, made, _SPOKEN)
    shared = np.zeros(len(made), dtype=np.int64)
    shared[told.order[told.shared >= 2]] = 1
    product = goods(made)
    return [
        Fact(shared, product),
        Fact(np.where(made.weight_g > 0, made.weight_g, -1), product),
        insiders(session, made),
        *purses(made),
    ]
