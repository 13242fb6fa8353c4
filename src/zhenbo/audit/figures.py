"""Sums over sessions: what was shown beside what is verified, with an interval and the ids it rests on.

The ends of the sessions are added. What stays unnoticed in one broadcast of a host may do so in all of them, so nothing
is gained from their number: the sum's interval holds the truth at least as often as theirs do.
"""

from collections.abc import Iterable, Sequence
from typing import Annotated

from msgspec import Meta, Struct

from zhenbo.core.evidence import EVENTS_CITED
from zhenbo.core.subject import Outcome
from zhenbo.core.verdict import Count, Gmv, Interval, Reason, SessionVerdict, ShopVerdict, SubjectVerdict

COUNTED = {
    "fans": "follows",
    "views": "viewers",
    "orders": "orders",
    "likes": "likes",
    "comments": "comments",
}
"""Figure of a party -> shown metric of its sessions."""


class Figure(Struct, frozen=True, kw_only=True):
    """A shown figure beside its verified part; low <= mid <= high."""

    shown: float
    low: Annotated[float, Meta(description="verified, lower end of the 90 % interval")]
    mid: Annotated[float, Meta(description="verified, best estimate")]
    high: float
    over: Annotated[Count, Meta(description="sessions that could be judged; the figure is theirs")]
    open: Annotated[Count, Meta(description="sessions that could not be; no part of the figure")]
    evidence: Annotated[list[str], Meta(description="ids of the reasons that count fakes, in verdict.json")]
    evidence_total: Count


class Sales(Struct, frozen=True, kw_only=True):
    """The bridge of several sessions and shop months in one currency, minor units.

    gross - cancelled - unpaid_open - discount - refunded - brushed - unjudged = verified.mid, to the cent.
    """

    currency: str
    over: Annotated[Count, Meta(description="sessions and shop months with orders in this currency")]
    gross: int
    cancelled: int
    unpaid_open: int
    discount: int
    refunded: int
    brushed: int
    unjudged: Annotated[
        int, Meta(description="what remains of sessions in which brushing could not be judged")
    ]
    unjudged_over: Count
    verified: Interval
    unsettled: int
    returned: int
    evidence: list[str]
    evidence_total: Count


def subject_id(v: SubjectVerdict) -> str:
    """The session's or shop month's id."""
    return v.session_id if isinstance(v, SessionVerdict) else v.shop_id if isinstance(v, ShopVerdict) else v.host_id  # fmt: skip


def in_time(verdicts: Iterable[SubjectVerdict]) -> list[SubjectVerdict]:
    """Verdicts by their beginning, then id; those without a time last."""
    return sorted(verdicts, key=lambda v: (v.start is None, v.start or "", subject_id(v)))


def traded(v: SubjectVerdict) -> bool:
    """Whether a subject is a broadcast, or a shop month with orders: months of stray rows only are no subject here."""
    return isinstance(v, SessionVerdict) or v.gmv is not None


def judged(v: SubjectVerdict) -> bool:
    """Whether brushing could be judged; zero without a judgement is no finding."""
    return v.fake.orders is not None


def figure(verdicts: Sequence[SubjectVerdict], metric: str) -> Figure | None:
    """The sum of a shown metric over the sessions in which it could be judged; None where it could be in none."""
    known = [(v, f) for v in verdicts if (f := getattr(v.fake, metric)) is not None]
    if not known:
        return None
    ids, total = cited([v for v, _ in known], metric)
    return Figure(
        shown=sum(f.shown for _, f in known),
        low=sum(f.shown - f.high for _, f in known),
        mid=sum(f.shown - f.mid for _, f in known),
        high=sum(f.shown - f.low for _, f in known),
        over=len(known),
        open=sum(isinstance(v, SessionVerdict) for v in verdicts) - sum(isinstance(v, SessionVerdict) for v, _ in known),
        evidence=ids,
        evidence_total=total,
    )  # fmt: skip


def conversion(verdicts: Sequence[SubjectVerdict]) -> Figure | None:
    """Orders per viewer, as shown and as verified, over the sessions in which both could be judged.

    The lower end puts the fewest real orders over the most real viewers, the upper end the reverse: buying viewers
    lowers the shown rate, brushing raises it, and a packaged session is given both.
    """
    both = [v for v in verdicts if v.fake.orders is not None and v.fake.viewers is not None]
    orders, viewers = figure(both, "orders"), figure(both, "viewers")
    if orders is None or viewers is None or not viewers.shown:
        return None
    mid = _ratio(orders.mid, viewers.mid)
    evidence = sorted({*orders.evidence, *viewers.evidence})[:EVENTS_CITED]
    return Figure(
        shown=_ratio(orders.shown, viewers.shown), low=min(_ratio(orders.low, viewers.high), mid), mid=mid,
        high=max(_ratio(orders.high, viewers.low), mid), over=orders.over, open=len(verdicts) - len(both),
        evidence=evidence, evidence_total=orders.evidence_total + viewers.evidence_total,
    )  # fmt: skip


def _ratio(orders: float, viewers: float) -> float:
    """Orders per viewer, at most one order each: where hardly a viewer is left the quotient means nothing more."""
    return min(orders / viewers, 1.0) if viewers else float(orders > 0)


def sales(verdicts: Sequence[SubjectVerdict]) -> list[Sales]:
    """The summed bridge per currency, the largest created amount first."""
    found: dict[str, list[SubjectVerdict]] = {}
    for v in verdicts:
        if v.gmv is not None:
            found.setdefault(v.gmv.currency, []).append(v)
    return sorted((_sum(c, part) for c, part in found.items()), key=lambda s: (-s.gross, s.currency))


def _sum(currency: str, verdicts: Sequence[SubjectVerdict]) -> Sales:
    every = [v.gmv for v in verdicts if v.gmv is not None]
    sure = [v.gmv for v in verdicts if v.gmv is not None and judged(v)]
    open_ = [v.gmv for v in verdicts if v.gmv is not None and not judged(v)]
    ids, total = cited(verdicts, "orders")
    return Sales(
        currency=currency,
        over=len(every),
        gross=_total(every, "gross"),
        cancelled=_total(every, "cancelled"),
        unpaid_open=_total(every, "unpaid_open"),
        discount=_total(every, "discount"),
        refunded=_total(every, "refunded"),
        brushed=_total(sure, "brushed"),
        unjudged=sum(g.verified.mid + g.brushed for g in open_),
        unjudged_over=len(open_),
        verified=Interval(
            sum(g.verified.low for g in sure),
            sum(g.verified.mid for g in sure),
            sum(g.verified.high for g in sure),
        ),
        unsettled=sum(g.of_which.unsettled for g in every),
        returned=sum(g.of_which.returned for g in every),
        evidence=ids,
        evidence_total=total,
    )


def _total(parts: Iterable[Gmv], line: str) -> int:
    return sum(getattr(g, line) for g in parts)


def main_sales(parts: Sequence[Sales]) -> Sales | None:
    """The currency in which most was created."""
    return parts[0] if parts else None


def cited(verdicts: Sequence[SubjectVerdict], metric: str) -> tuple[list[str], int]:
    """Ids of the accusing reasons that count fakes of a metric, the strongest first and capped, and their number."""
    found = [
        r for v in verdicts if v.verdict.rank >= Outcome.SUSPECT.rank for r in v.reasons if _counts(r, metric)
    ]
    found.sort(key=lambda r: (-r.weight_db, r.id))
    return [r.id for r in found[:EVENTS_CITED]], len(found)


def _counts(r: Reason, metric: str) -> bool:
    return r.weight_db > 0 and r.effect is not None and r.effect.metric == metric
