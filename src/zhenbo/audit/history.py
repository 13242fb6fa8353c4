"""A session against the last sessions of the same host: the comparison that needs no market average.

Every measure is compared with the host's up to ten earlier sessions: their median, and the interval in which the next one
lies 95 times of 100 if it is drawn like them (Student's t on the logarithm, on log-odds for shares). The seller's own
past tells what is usual for it; what it does not tell is whether that past was clean.
"""

import math
from collections.abc import Callable, Mapping, Sequence
from typing import Annotated

import numpy as np
from msgspec import Meta, Struct

from zhenbo.audit.figures import in_time, subject_id
from zhenbo.core.verdict import Count, SessionVerdict, SubjectVerdict

LAST = 10
"""Earlier sessions compared with."""
LEAST = 4
"""Fewer than these say nothing about what is usual."""
SPREAD_MIN = 0.1
"""Standard deviation on the logarithm that any measure has at least: two like sessions are luck."""
_WITHIN = 0.975
_EDGE = 0.005
"""Shares nearer to 0 or 1 than this are not told apart."""


class Compared(Struct, frozen=True, kw_only=True):
    """One measure of a session beside the host's last sessions."""

    session_id: str
    measure: Annotated[
        str, Meta(description="viewers, orders_per_1000, sales, refunded_share or shown_share")
    ]
    value: float
    median: float
    low: Annotated[float, Meta(description="95 % prediction interval from the earlier sessions")]
    high: float
    n: Annotated[Count, Meta(description="earlier sessions compared with")]
    outside: bool


def _viewers(v: SubjectVerdict) -> float | None:
    return None if v.fake.viewers is None else float(v.fake.viewers.shown)


def _orders(v: SubjectVerdict) -> float | None:
    if v.fake.viewers is None or v.fake.orders is None or not v.fake.viewers.shown:
        return None
    return 1000 * v.fake.orders.shown / v.fake.viewers.shown


def _sales(v: SubjectVerdict) -> float | None:
    return None if v.gmv is None else float(v.gmv.verified.mid)


def _refunded(v: SubjectVerdict) -> float | None:
    paid = None if v.gmv is None else v.gmv.gross - v.gmv.cancelled - v.gmv.unpaid_open - v.gmv.discount
    return v.gmv.refunded / paid if v.gmv is not None and paid else None


MEASURES: Mapping[str, Callable[[SubjectVerdict], float | None]] = {
    "viewers": _viewers, "orders_per_1000": _orders, "sales": _sales, "refunded_share": _refunded,
}  # fmt: skip
"""What is compared: shown viewers, shown orders per 1,000 of them, what remains of sales, refunded share of paid amounts."""


def compared(verdicts: Sequence[SubjectVerdict], last: int = LAST) -> list[Compared]:
    """Every session that has `LEAST` earlier ones, measure by measure, in the order of time.

    Args:
        verdicts: of one host.
        last: how many earlier sessions count.
    """
    shows = [v for v in in_time(verdicts) if isinstance(v, SessionVerdict)]
    found = []
    for at, v in enumerate(shows):
        for measure, read in MEASURES.items():
            value = read(v)
            before = [x for w in shows[:at] if (x := read(w)) is not None][-last:]
            if value is not None and len(before) >= LEAST:
                found.append(_beside(subject_id(v), measure, value, before))
    return found


def _beside(session_id: str, measure: str, value: float, before: Sequence[float]) -> Compared:
    share = measure.endswith("_share")
    low, high = interval(before, share=share)
    return Compared(
        session_id=session_id, measure=measure, value=value, median=float(np.median(before)), low=low, high=high, n=len(before),
        outside=not low <= value <= high,
    )  # fmt: skip


def interval(before: Sequence[float], *, share: bool) -> tuple[float, float]:
    """Where the next of these lies 95 times of 100.

    Examples:
        >>> [round(x) for x in interval([100, 110, 95, 105, 90], share=False)]
        [73, 136]
    """
    from scipy.special import stdtrit

    n = len(before)
    made = [_logit(x) if share else math.log(max(x, 0.0) + 1) for x in before]
    middle = math.fsum(made) / n
    spread = math.sqrt(math.fsum((x - middle) ** 2 for x in made) / (n - 1))
    reach = float(stdtrit(n - 1, _WITHIN)) * max(spread, SPREAD_MIN) * math.sqrt(1 + 1 / n)
    low, high = middle - reach, middle + reach
    if not share:
        return max(math.expm1(low), 0.0), math.expm1(high)
    ends = (1 / (1 + math.exp(-low)), 1 / (1 + math.exp(-high)))
    return (0.0 if ends[0] <= _EDGE else ends[0], 1.0 if ends[1] >= 1 - _EDGE else ends[1])


def _logit(share: float) -> float:
    kept = min(max(share, _EDGE), 1 - _EDGE)
    return math.log(kept / (1 - kept))
