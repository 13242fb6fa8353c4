"""Before signing: from what sales on a deal pays, and in how many of twenty outcomes it would.

The outcomes follow what the host really sold before. Sales of a broadcast vary by factors, so their logarithms are
taken as normal, with mean and spread unknown; the spread is drawn to a factor of two (0.7) with the weight of two
broadcasts, so that a short history gives wide outcomes (the predictive distribution is Student's t). Broadcasts that sold
nothing keep their share. Several broadcasts of one deal share the unknown mean: a host that disappoints does so each time.
Nothing is drawn by chance: the points are those of a Sobol sequence, so the same history gives the same outcomes.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal

import numpy as np
import numpy.typing as npt

from zhenbo.audit.deal import break_even_sales, fixed_cost, kept_share
from zhenbo.core.deal import Deal
from zhenbo.core.settlement import Outcome20, Outlook, Span

Floats = npt.NDArray[np.float64]
OUTCOMES = 20
POINTS = 12
"""Points of the sequence, as a power of two."""
SPREAD = 0.7
"""Standard deviation of the logarithm of a host's sales from broadcast to broadcast: a factor of two; judgement."""
SPREAD_WEIGHT = 2.0
"""Broadcasts that this assumption weighs as much as; judgement."""
FEW = 5
"""Broadcasts below which a history is an impression."""


@dataclass(frozen=True)
class Past:
    """One earlier broadcast of the host.

    Args:
        session_id: which.
        sales: verified sales, minor units.
        orders: verified orders; 0 where they are not counted.
        doubted: whether its sales were suspect or likely fabricated.
    """

    session_id: str
    sales: Span
    orders: int
    doubted: bool


def outlook(
    deal: Deal, past: Sequence[Past], currency: str, *, share: Decimal = Decimal(1),
    broadcasts: int = 1, price: int | None = None, sold: int | None = None,
) -> Outlook:  # fmt: skip
    """What a deal would come to.

    Args:
        deal: its terms.
        past: the host's broadcasts.
        currency: of all amounts.
        share: part of a broadcast's sales that would be the merchant's.
        broadcasts: how many the deal buys.
        price: value of an average order, minor units; that of the history by default.
        sold: sales to settle for, where they are known or feared; None for none.
    """
    each = _each(past, price)
    kept = kept_share(deal, each)
    at = break_even_sales(deal, each)
    drawn = _sums([p.sales.mid for p in past], share, broadcasts)
    low = _sums([p.sales.low for p in past], share, broadcasts)
    outcomes = [_outcome(deal, kept, int(x)) for x in _ventiles(drawn)] if past else []
    worse = [_outcome(deal, kept, int(x)) for x in _ventiles(low)] if past else []
    return Outlook(
        deal=deal.id,
        currency=currency,
        break_even=at,
        kept_share=None if kept is None else float(kept),
        fixed=fixed_cost(deal),
        per_order=None if kept is None or each is None else round(each * kept),
        price=None if each is None else round(each),
        history=len(past),
        doubted=sum(p.doubted for p in past),
        outcomes=outcomes,
        pays=_pays(outcomes),
        pays_low=_pays(worse),
        target_met=None if deal.target is None or not past else sum(o.sales >= deal.target for o in outcomes),
        target=deal.target,
        sold=None if sold is None else _outcome(deal, kept, sold),
    )


def _each(past: Sequence[Past], price: int | None) -> Decimal | None:
    if price is not None:
        return Decimal(price) if price else None
    counted = [p for p in past if p.orders]
    orders = sum(p.orders for p in counted)
    return Decimal(sum(p.sales.mid for p in counted)) / orders if orders else None


def _outcome(deal: Deal, kept: Decimal | None, sales: int) -> Outcome20:
    return Outcome20(sales=sales, left=None if kept is None else round(sales * kept) - fixed_cost(deal))


def _pays(outcomes: Sequence[Outcome20]) -> int | None:
    known = [o.left for o in outcomes if o.left is not None]
    return sum(left >= 0 for left in known) if known else None


def _ventiles(drawn: Floats) -> Floats:
    """Twenty equally likely outcomes, the smallest first: the middle of each twentieth."""
    return np.quantile(drawn, (np.arange(OUTCOMES) + 0.5) / OUTCOMES)


def _sums(sales: Sequence[int], share: Decimal, broadcasts: int) -> Floats:
    """Equally likely sales of all broadcasts of a deal together."""
    from scipy import special, stats

    logs = np.log([float(s) for s in sales if s > 0])
    if not len(logs):
        return np.zeros(OUTCOMES)
    n, mean = len(logs), float(logs.mean())
    spread2 = SPREAD_WEIGHT * SPREAD**2 + math.fsum(((logs - mean) ** 2).tolist())
    points = stats.qmc.Sobol(2 + 2 * broadcasts, scramble=False).random_base2(POINTS)
    points = np.asarray(points) + 0.5 / len(points)  # the sequence begins at nothing, whose quantile is none
    sigma = np.sqrt(spread2 / stats.chi2.ppf(points[:, 0], SPREAD_WEIGHT + n - 1))
    middle = mean + sigma / math.sqrt(n) * special.ndtri(points[:, 1])
    nothing = 1 - n / len(sales)
    total = np.zeros(len(points))
    for luck, fails in points[:, 2:].reshape(len(points), broadcasts, 2).transpose(1, 2, 0):
        total += np.where(
            fails < nothing, 0.0, np.exp(np.minimum(middle + sigma * special.ndtri(luck), 36.0))
        )
    return np.asarray(np.minimum(total * float(share), 2.0**53))
