"""`zhenbo portfolio`: what an investor is told, in the order of an IT special verification (FIELD K31; CSRC Q53, LAW).

The record itself, operating against financial data, user authenticity, concentration, unusual purchases, and verified
sales extrapolated from a sample with its plan; then what could not be seen and which records to request.
"""

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Annotated

from msgspec import Meta, Struct

from zhenbo.audit.buyers import Buyers
from zhenbo.audit.figures import Figure, judged, subject_id, traded
from zhenbo.audit.host import Ask, HostAudit, asked, by_host, figures, host_audit, outcomes, ranked
from zhenbo.audit.many import many
from zhenbo.audit.reconcile import Books
from zhenbo.audit.repurchase import Repurchase
from zhenbo.audit.sampling import Extrapolated, Found, Plan, Unit, extrapolated
from zhenbo.core.parties import Registry
from zhenbo.core.subject import Outcome
from zhenbo.core.verdict import Audit, Count, Many, SubjectVerdict
from zhenbo.judge import Policy, probability
from zhenbo.judge.weigh import decibels


class Record(Struct, frozen=True, kw_only=True):
    """What there is to verify, and how far it can be relied on."""

    hosts: Count
    sessions: Count
    shop_months: Count
    events: Annotated[Count | None, Meta(description="null where only verdicts were given")]
    untimed_share: float | None
    unused: Annotated[Count, Meta(description="rows and files that could not be used")]
    sources: list[str]
    tiers: Annotated[
        dict[str, dict[str, int]], Meta(description="per question, audited sessions by tier of the data")
    ]


class PortfolioAudit(Struct, frozen=True, kw_only=True):
    """The whole of `portfolio.json`."""

    schema: Annotated[int, Meta(description="version of this layout")] = 1
    zhenbo: str
    as_of: str
    policy: str
    start: str | None
    end: str | None
    record: Record
    plan: Plan
    verified: Extrapolated | None
    other_currencies: Annotated[
        list[str], Meta(description="currencies of sessions that are no part of the frame")
    ]
    outcomes: Annotated[dict[str, int], Meta(description="audited sessions by verdict")]
    figures: dict[str, Figure | None]
    books: Annotated[
        list[Books], Meta(description="orders beside settlements, per seller, the largest gap first")
    ]
    buyers: Buyers | None
    repurchase: Repurchase | None
    hosts: Annotated[list[HostAudit], Meta(description="audited sessions only, by verified sales")]
    many: Many | None
    ask_for: list[Ask]


def portfolio_audit(
    audit: Audit, frame: Sequence[Unit], made: Plan, policy: Policy, *, registry: Registry, record: Record, currency: str,
    other_currencies: Sequence[str] = (), books: Sequence[Books] = (), bought: Buyers | None = None, customers: Repurchase | None = None,
) -> PortfolioAudit:  # fmt: skip
    """The audit of a portfolio.

    Args:
        audit: verdicts on the sampled sessions, or on more.
        frame: all sessions and shop months.
        made: the plan that the sample was drawn by.
        policy: the verdicts' own.
        registry: who is who.
        record: what there is to verify.
        currency: of the frame.
        other_currencies: of sessions left out of the frame.
        books: orders beside settlements.
        bought: who buys.
        customers: who comes back.
    """
    sample = set(made.sample)
    verdicts = [v for v in (*audit.sessions, *audit.shops) if traded(v)]
    inside = [v for v in verdicts if subject_id(v) in sample]
    found = {subject_id(v): f for v in inside if (f := brushed(v, policy)) is not None}
    hosts = [host_audit(h, mine, policy, registry=registry) for h, mine in by_host(inside, registry).items()]
    own = ["vouchers", "back_office_sampled", "bank_totals"]
    own += [] if any(b.agrees != "cannot_tell" for b in books) else ["settlements"]
    own += [] if customers is not None and customers.buyers else ["buyers"]
    return PortfolioAudit(
        zhenbo=audit.zhenbo, as_of=audit.as_of, policy=audit.policy,
        start=min((u.start for u in frame if u.start), default=None), end=max((u.start for u in frame if u.start), default=None),
        record=record, plan=made, verified=extrapolated(frame, made, found, currency), other_currencies=list(other_currencies),
        outcomes=outcomes(inside), figures=figures(inside), books=list(books), buyers=bought, repurchase=customers, hosts=ranked(hosts),
        many=many(inside, policy) if inside else None, ask_for=asked(inside, own),
    )  # fmt: skip


def brushed(v: SubjectVerdict, policy: Policy) -> Found | None:
    """What a verdict says of the brushed share of what remains; None where brushing could not be judged."""
    if v.gmv is None or not judged(v):
        return None
    left = v.gmv.verified.mid + v.gmv.brushed
    if left <= 0:
        return Found(0.0, 0.0, 0.0)
    low, mid = v.gmv.brushed_low / left, v.gmv.brushed / left
    high = min(max((left - v.gmv.verified.low) / left, mid), 1.0)
    sales = v.questions["sales"]
    if sales.verdict.rank >= Outcome.SUSPECT.rank:
        return Found(low, mid, high)
    return Found(low, mid, mid, _suspected(sales.score_db, policy), high)


def _suspected(score_db: float | None, policy: Policy) -> float:
    """The chance that a suspicious reader gives to what was not noticed: an investor is one."""
    if score_db is None:
        return policy.prior[2]
    return probability(score_db - decibels(policy.prior[1]) + decibels(policy.prior[2]))


def tiers(verdicts: Sequence[SubjectVerdict]) -> dict[str, dict[str, int]]:
    """Per question, subjects by tier of the data."""
    counts: dict[str, Counter[str]] = {}
    for v in verdicts:
        for question, told in v.questions.items():
            counts.setdefault(question, Counter())[told.tier.value] += 1
    return {q: dict(sorted(c.items())) for q, c in sorted(counts.items())}


def shares(made: Extrapolated) -> tuple[float, float, float]:
    """Verified sales as shares of the created amounts, low, mid and high."""
    whole = max(made.gross, 1)
    return (made.verified.low / whole, made.verified.mid / whole, made.verified.high / whole)


def unit(v: SubjectVerdict) -> Unit | None:
    """A unit of the frame from a verdict; None without orders."""
    if v.gmv is None:
        return None
    return Unit(id=subject_id(v), host_id=v.host_id, start=v.start, gross=v.gmv.gross, left=v.gmv.verified.mid + v.gmv.brushed)  # fmt: skip


def usual_currency(currencies: Mapping[str, int]) -> str:
    """The currency of most sessions, the first by name among equals."""
    return min(currencies, key=lambda c: (-currencies[c], c), default="CNY")
