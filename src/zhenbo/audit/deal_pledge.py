"""Pledges 保销 that end just above the promised amount: alone a good salesman's habit, with what happens afterwards a question.

Two measures. *The last stretch*: of the orders of a deal's last quarter, or of the last third of each of its broadcasts,
that stood for ten days, how many went back after that, against the deal's other orders at the same age. Goods, season and delivery touch both alike; orders that wait for the
settlement and then go back touch the last stretch only. *Bunching*: how many pledges of one promiser ended just above the
target and how many just below (a binomial test in a window about the cutoff: McCrary 2008; Cattaneo, Titiunik and
Vazquez-Bare 2017). Whoever sells until the pledge is met bunches in all honesty, so bunching says yes only where most of
what lies just above then went back.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace

from zhenbo.audit.deal import Told
from zhenbo.audit.performed import Lot

STRETCH = 0.25
"""Last part of a deal's time on air; the pledge of A16 and A53 is bought in its last third or less; judgement."""
NEAR = 0.05
"""A pledge that ended within this share of its target ended near it; judgement."""
LEAN = 0.6
"""Share above the target that an honest density may have within the window: it may rise by half across it; judgement."""
SURE = 1e-3
"""p below which the last stretch went back otherwise than the rest."""
BUNCHED = 0.01
"""p below which pledges bunch."""
MORE = 0.1
"""Share of the last stretch's orders, beyond the rest's, from which it matters; judgement."""
FEW = 20
"""Standing orders, of the last stretch and of the rest, below which nothing is compared."""
MEETINGS = 3
"""Pledges just above that went back, from which it is a habit."""


@dataclass(frozen=True)
class Stretch:
    """The last stretch of a deal against the rest of it.

    Args:
        orders: paid orders of the stretch that stood after ten days.
        late: of them, asked back after that.
        amount: what these came to, minor units.
        others: paid orders of the rest that stood after ten days.
        others_late: of them, asked back after that.
        p: chance of as many in the stretch were it like the rest (Fisher's exact test, one-sided, both looks paid for).
        decides: whether the target was displayed, and would not have been without what went back late.
    """

    orders: int
    late: int
    amount: int
    others: int
    others_late: int
    p: float
    decides: bool

    @property
    def differs(self) -> bool:
        """Whether the stretch went back late as the rest did not."""
        return self.p < SURE and self.late / self.orders >= self.others_late / self.others + MORE

    @property
    def given_back(self) -> bool:
        """Whether the target stood on what then went back."""
        return self.decides and self.differs


def stretch(lots: Sequence[Lot], displayed: int, target: int) -> Stretch | None:
    """The last stretch of a deal, the more telling of two: the last quarter of it all, the last third of each broadcast.

    None with too few orders to compare.

    Args:
        lots: its sales in parts of equal length of each broadcast, all broadcasts.
        displayed: created amounts, minor units.
        target: what was promised.
    """
    looks = [
        _compared(lots, part, displayed, target) for part in (_tail(lots), [lot for lot in lots if lot.last])
    ]
    told = [one for one in looks if one is not None]
    return (
        replace(best, p=min(best.p * len(told), 1.0))
        if (best := min(told, key=lambda s: s.p, default=None))
        else None
    )


def _tail(lots: Sequence[Lot]) -> list[Lot]:
    """The last quarter of a deal's time on air, broadcasts laid end to end."""
    ordered = sorted(lots, key=lambda lot: lot.since)
    tail, left = [], math.fsum(lot.until - lot.since for lot in ordered) * STRETCH
    for lot in reversed(ordered):
        if left < (lot.until - lot.since) / 2:
            break
        tail.append(lot)
        left -= lot.until - lot.since
    return tail


def _compared(lots: Sequence[Lot], part: Sequence[Lot], displayed: int, target: int) -> Stretch | None:
    """A part of a deal's sales against the rest."""
    from scipy import stats

    orders, late = sum(lot.standing for lot in part), sum(lot.late for lot in part)
    others = sum(lot.standing for lot in lots) - orders
    others_late = sum(lot.late for lot in lots) - late
    if min(orders, others) < FEW:
        return None
    table = [[late, orders - late], [others_late, others - others_late]]
    amount = sum(lot.late_amount for lot in part)
    p = float(stats.fisher_exact(table, alternative="greater").pvalue)
    return Stretch(orders, late, amount, others, others_late, p, displayed >= target > displayed - amount)


def stretch_of(told: Told) -> Stretch | None:
    """The last stretch of a deal with a target; None where it has none or too few orders."""
    if not told.deal.target:
        return None
    return stretch([lot for p in told.parts for lot in p.lots], displayed(told), told.deal.target)


def displayed(told: Told) -> int:
    """Created amounts of a deal's broadcasts: what the rooms showed."""
    return sum(p.bridge.gross for p in told.parts if p.bridge)


@dataclass(frozen=True)
class Bunch:
    """Pledges of one promiser near their targets.

    Args:
        above: ended at the target or up to `NEAR` above it.
        below: ended up to `NEAR` below it.
        p: chance of so many above were the density smooth there.
        given_back: of those above, how many stood on orders of the last stretch that then went back.
    """

    above: int
    below: int
    p: float
    given_back: int

    @property
    def bunched(self) -> bool:
        """Whether more lie just above than a smooth density has."""
        return self.p < BUNCHED

    @property
    def habit(self) -> bool:
        """Whether they bunch and most of them went back."""
        return self.bunched and self.given_back >= max(MEETINGS, self.above / 2)


def bunch(reached: Sequence[float], given_back: Sequence[bool]) -> Bunch:
    """Pledges near their targets.

    Args:
        reached: displayed amount per promised one, of each pledge.
        given_back: whether it stood on what then went back.

    Examples:
        >>> bunch([1.01, 1.02, 0.97, 1.6], [False] * 4)
        Bunch(above=2, below=1, p=0.648, given_back=0)
    """
    from scipy import stats

    above = [i for i, x in enumerate(reached) if 1 <= x < 1 + NEAR]
    below = sum(1 - NEAR <= x < 1 for x in reached)
    p = float(stats.binom.sf(len(above) - 1, len(above) + below, LEAN)) if above else 1.0
    return Bunch(len(above), below, round(p, 9), sum(given_back[i] for i in above))


def bunch_of(told: Told, others: Sequence[Told]) -> Bunch | None:
    """The pledges of whoever promised this one: the agency, else the host, under any name; None without another."""
    who = _promiser(told)
    same = [t for t in [told, *others] if who and _promiser(t) == who and t.deal.target and t.parts]
    if len(same) < 2:
        return None
    gone = [(s := stretch_of(t)) is not None and s.given_back for t in same]
    return bunch([displayed(t) / (t.deal.target or 1) for t in same], gone)


def _promiser(told: Told) -> str | None:
    who = told.deal.mcn_id or told.deal.host_id
    return told.papers.registry.same(who) if who else None
