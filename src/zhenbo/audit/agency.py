"""`zhenbo agency`: what is true of an agency's figures, over the hosts it held, and whether its fees roll over (FIELD K25, K27, K28).

A broadcast is the agency's where the papers put its room under the agency on that day; a host who came later or left brings
only what lies between. Pledges are counted on verified sales of the broadcasts a contract speaks of.
"""

from collections.abc import Mapping, Sequence
from typing import Annotated

from msgspec import Meta, Struct

from zhenbo.audit.figures import Figure, Sales, in_time, judged, sales, subject_id, traded
from zhenbo.audit.flows import Move, flows
from zhenbo.audit.growth import micro
from zhenbo.audit.host import Ask, HostAudit, asked, by_host, figures, host_audit, outcomes, ranked
from zhenbo.audit.many import many
from zhenbo.audit.rollover import Delivered, Rollover, rollover
from zhenbo.core.deal import Deal
from zhenbo.core.parties import Registry
from zhenbo.core.verdict import Audit, Count, Interval, Many, SubjectVerdict
from zhenbo.judge import Policy


class Pledge(Struct, frozen=True, kw_only=True):
    """Promised sales of one contract beside shown and verified ones, minor units."""

    deal: str
    merchant: str | None
    promised: Annotated[int, Meta(description="the pledge, else return on the fee times the fee")]
    currency: str | None
    sessions: Count
    shown: Annotated[int | None, Meta(description="created amounts; null without a broadcast in the record")]
    verified: Interval | None
    met: Annotated[
        bool | None,
        Meta(
            description="on verified sales; null while the interval holds the promise, or nothing can be said"
        ),
    ]
    ended: Annotated[bool, Meta(description="whether the term is over; before that a pledge is not missed")]
    partial: Annotated[
        bool,
        Meta(
            description="the contract names single products; the figures are of whole broadcasts, so only a missed pledge is certain"
        ),
    ]


class AgencyAudit(Struct, frozen=True, kw_only=True):
    """What is said of one agency."""

    agency_id: str
    names: Annotated[list[str], Meta(description="names it went by, the oldest first")]
    renames: Count
    start: str | None
    end: str | None
    hosts: Annotated[list[HostAudit], Meta(description="by verified sales, the largest first")]
    outcomes: dict[str, int]
    figures: dict[str, Figure | None]
    sales: list[Sales]
    pledges: list[Pledge]
    unsigned: Annotated[
        list[str],
        Meta(description="contracts of the agency that the papers do not show the host to have signed"),
    ]
    rollover: Rollover
    many: Many | None
    ask_for: list[Ask]


def agency_audit(
    agency_id: str, verdicts: Sequence[SubjectVerdict], policy: Policy, *, registry: Registry, moved: Sequence[Move], as_of: int,
) -> AgencyAudit:  # fmt: skip
    """The audit of one agency.

    Args:
        agency_id: the agency, under any of its ids.
        verdicts: all sessions and shop months of the record.
        policy: the verdicts' own.
        registry: who is who, with the contracts.
        moved: all payments of the record.
        as_of: microsecond at which the record is read.
    """
    ids = registry.ids(agency_id)
    held = [v for v in in_time(verdicts) if traded(v) and _holds(agency_id, v, registry)]
    deals = [d for d in registry.deals if d.mcn_id in ids]
    brought = {d.id: delivered(d, verdicts) for d in deals}
    rolled = rollover(deals, flows(agency_id, moved, deals, registry), brought, as_of)
    hosts = [host_audit(h, mine, policy, registry=registry) for h, mine in by_host(held, registry).items()]
    own = [*rolled.ask_for, *([] if deals else ["contracts"])]
    return AgencyAudit(
        agency_id=agency_id,
        names=[name for name, _, _ in registry.names(agency_id)],
        renames=registry.renames(agency_id),
        start=min((v.start for v in held if v.start), default=None),
        end=max((v.end for v in held if v.end), default=None),
        hosts=ranked(hosts),
        outcomes=outcomes(held),
        figures=figures(held),
        sales=sales(held),
        pledges=[pledge(d, verdicts, as_of) for d in deals if d.target],
        unsigned=sorted(d.id for d in deals if _unsigned(d, registry)),
        rollover=rolled,
        many=many(held, policy) if held else None,
        ask_for=asked(held, own),
    )


def agencies(registry: Registry) -> list[str]:
    """All agencies that the papers know, each under one id."""
    told = {r.id for r in registry.rows if r.role == "agency"} | {
        d.mcn_id for d in registry.deals if d.mcn_id
    }
    return sorted({registry.same(who) for who in told})


def _holds(agency: str, v: SubjectVerdict, registry: Registry) -> bool:
    at = None if v.start is None else micro(v.start)
    return registry.same(agency) in registry.on(v.host_id, at).agencies


def _unsigned(deal: Deal, registry: Registry) -> bool:
    """Whether the papers say who signed, and the host is not among them."""
    signed = {registry.same(s) for s in registry.signs(deal.id)}
    return bool(signed and deal.host_id and registry.same(deal.host_id) not in signed)


def covered(deal: Deal, verdicts: Sequence[SubjectVerdict]) -> list[SubjectVerdict]:
    """The broadcasts and shop months that a contract speaks of."""
    return [
        v for v in verdicts
        if traded(v) and deal.covers(subject_id(v), v.host_id, micro(v.start) if v.start else 0)
    ]  # fmt: skip


def delivered(deal: Deal, verdicts: Sequence[SubjectVerdict]) -> Delivered:
    """What a contract's broadcasts brought; a host whom the record never shows is not one who never broadcast."""
    mine = covered(deal, verdicts)
    known = bool(mine) or any(v.host_id == deal.host_id and traded(v) for v in verdicts)
    return Delivered(len(mine), sum(v.gmv.verified.high for v in mine if v.gmv is not None), known)


def pledge(deal: Deal, verdicts: Sequence[SubjectVerdict], as_of: int) -> Pledge:
    """Promised sales beside shown and verified ones."""
    promised = deal.target or 0
    mine = [v for v in covered(deal, verdicts) if v.gmv is not None]
    currencies: Mapping[str, int] = {c: sum(v.gmv.currency == c for v in mine if v.gmv) for c in sorted({v.gmv.currency for v in mine if v.gmv})}  # fmt: skip
    currency = deal.currency or max(currencies, key=lambda c: currencies[c], default=None)
    parts = [(v.gmv, judged(v)) for v in mine if v.gmv is not None and v.gmv.currency == currency]
    low = sum(g.verified.low if sure else 0 for g, sure in parts)
    mid, high = sum(g.verified.mid for g, _ in parts), sum(g.verified.high for g, _ in parts)
    ended = deal.until is None or deal.until < as_of
    met = None
    if parts and low >= promised and not deal.products:
        met = True
    elif (
        ended
        and high < promised
        and (parts or any(v.host_id == deal.host_id and traded(v) for v in verdicts))
    ):
        met = False
    return Pledge(
        deal=deal.id, merchant=deal.merchant_id, promised=promised, currency=currency, sessions=len(mine),
        shown=sum(g.gross for g, _ in parts) if parts else None, verified=Interval(low, mid, high) if parts else None,
        met=met, ended=ended, partial=bool(deal.products),
    )  # fmt: skip


class AgencyReport(Struct, frozen=True, kw_only=True):
    """The whole of `agency.json`."""

    schema: Annotated[int, Meta(description="version of this layout")] = 1
    zhenbo: str
    as_of: str
    policy: str
    agencies: Annotated[list[AgencyAudit], Meta(description="pools first, then by verified sales")]

    @classmethod
    def of(cls, audit: Audit, agencies: Sequence[AgencyAudit]) -> "AgencyReport":
        """The report on some agencies, resting on the verdicts of an audit."""
        return cls(zhenbo=audit.zhenbo, as_of=audit.as_of, policy=audit.policy, agencies=list(agencies))


def gravest(found: Sequence[AgencyAudit]) -> list[AgencyAudit]:
    """Agencies in the order of the report."""

    def place(a: AgencyAudit) -> tuple[int, int, str]:
        return (-a.rollover.outcome.rank, -sum(s.verified.mid for s in a.sales[:1]), a.agency_id)

    return sorted(found, key=place)
