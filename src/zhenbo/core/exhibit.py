"""What a report shows beside the verdict: curves with honest gaps, and the raw rows behind each reason."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from zhenbo.core.session import Window


@dataclass(frozen=True)
class Curve:
    """One series over the session, at a fixed step.

    Args:
        metric: `viewers`, `enter_rate`, `like_rate`, `comment_rate`, `order_rate`, `refund_rate`.
        unit: `heads` for a gauge, `per_minute` for rates, `per_hour` or `per_day` for a shop.
        start: microsecond of the first bucket.
        step: length of a bucket in microseconds.
        values: one per bucket; None where the record has a gap (drawn as a gap, never joined).
    """

    metric: str
    unit: str
    start: int
    step: int
    values: tuple[float | None, ...]


@dataclass(frozen=True)
class Row:
    """One raw row behind a reason, as a person reads it.

    Args:
        event: `source:event_id`.
        ts: microsecond, or None.
        who: the pseudonym, or None when masked.
        kind: kind of event.
        text: what was said, or None. Raw: the report masks and escapes it.
        amount: minor units, or None.
        currency: of the amount.
    """

    event: str
    ts: int | None
    who: str | None
    kind: str
    text: str | None
    amount: int | None
    currency: str | None


@dataclass(frozen=True)
class Exhibit:
    """Everything the report shows of one subject beside its verdict.

    Args:
        curves: series to draw, the main one first.
        windows: declared honest causes, marked on the axis.
        rows: first raw rows per reason id.
    """

    curves: tuple[Curve, ...] = ()
    windows: tuple[Window, ...] = ()
    rows: Mapping[str, tuple[Row, ...]] = field(default_factory=dict)
