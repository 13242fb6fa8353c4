"""Orders that stood until fee and commission are settled, and went back then."""

import numpy as np
import numpy.typing as npt

from zhenbo.core.session import DAY
from zhenbo.kernel.orders import NEVER, Orders

Ints = npt.NDArray[np.int64]
Bools = npt.NDArray[np.bool_]

LATE = 10 * DAY
"""Age of an order from which a return is late: honest apparel is asked back on days three to ten; judgement."""


def asked_back(made: Orders) -> Ints:
    """When each order was first asked or sent back; NEVER where it was not, or nobody tells when."""
    steps = [np.where(made.timed(s), made.at[s], NEVER) for s in ("asked", "sent_back", "refunded")]
    return np.asarray(np.min(steps, axis=0))


def stood(made: Orders) -> Bools:
    """Paid orders that nobody had asked back when they were ten days old."""
    known = made.was_paid & made.timed("created")
    return np.asarray(known & (asked_back(made) >= made.at["created"] + LATE))


def late(made: Orders) -> Bools:
    """Paid orders that stood for ten days and were asked back then."""
    return np.asarray(stood(made) & (asked_back(made) != NEVER))
