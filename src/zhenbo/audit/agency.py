"""`zhenbo agency`: what is true of an agency's figures, over the hosts it held, and whether its fees roll over (FIELD K25, K27, K28).

A broadcast is the agency's where the papers put its room under the agency on that day; a host who came later or left brings
only what lies between. Pledges are counted on verified sales of the broadcasts a contract speaks of.
"""

from collections.abc import Mapping, Sequence
from typing import Annotated

from msgspec import Meta, Struct

from zhenbo.audit.figures import Figure, Sales, in_time, sales, subject_id, traded
from zhenbo.audit.flows import Move, flows
from zhenbo.audit.growth import micro
from zhenbo.audit.host import Ask, HostAudit, asked, by_host, figures, host_audit, outcomes, ranked
from zhenbo.audit.many import many
from zhenbo.audit.rollover import Delivered, Rollover, rollover
from zhenbo.core.deal import Deal
from zhenbo.core.parties import OPERATES, Registry
from zhenbo.core.settlement import DealVerdict
from zhenbo.core.verdict import Audit, Count, Interval, Many, SubjectVerdict
from zhenbo.judge import Policy


class Pledge(Struct, frozen=True, kw_only=True):
    """Promised sales of one contract beside shown and verified ones, as the settlement of the deal has them; minor units."""

    deal: str
    merchant: str | None
    currency: str | None
    basis: Annotated[str, Meta(description="pledge, or roi: a return on the fee")]
    promised: int
    sessions: Count
    shown: int
    verified: Interval
    own: Annotated[
        int, Meta(description="of it bought from accounts that the papers give to the promising side")
    ]
    met: Annotated[
        bool | None, Meta(description="on verified sales; null while the interval holds the promise")
    ]
    ended: Annotated[bool, Meta(description="whether the term is over; before that a pledge is not missed")]


class AgencyAudit(Struct, frozen=True, kw_only=True):
    """What is said of one agency."""

    agency_id: str
    also: Annotated[
        list[str], Meta(description="other agencies under the same operator: their money is looked at as one")
    ]
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
    house: Sequence[str], audit: Audit, policy: Policy, *, registry: Registry, moved: Sequence[Move], as_of: int,
) -> AgencyAudit:  # fmt: skip
    """The audit of one agency, or of several under one operator.

    Args:
        house: its ids, as `houses` gives them.
        audit: verdicts on all sessions, shop months and deals of the record.
        policy: the verdicts' own.
        registry: who is who, with the contracts.
        moved: all payments of the record.
        as_of: microsecond at which the record is read.
    """
    verdicts = in_time([*audit.sessions, *audit.shops])
    ids = {i for who in house for i in registry.ids(who)}
    held = [v for v in verdicts if traded(v) and _holds(house, v, registry)]
    deals = [d for d in registry.deals if d.mcn_id in ids]
    settled = {d.id: d for d in audit.deals}
    brought = {d.id: delivered(d, settled.get(d.id), verdicts) for d in deals}
    rolled = rollover(deals, flows(house, moved, deals, registry), brought, as_of)
    hosts = [host_audit(h, mine, policy, registry=registry) for h, mine in by_host(held, registry).items()]
    own = [*rolled.ask_for, *([] if deals else ["contracts"])]
    return AgencyAudit(
        agency_id=house[0],
        also=list(house[1:]),
        names=[name for who in house for name, _, _ in registry.names(who)],
        renames=sum(registry.renames(who) for who in house),
        start=min((v.start for v in held if v.start), default=None),
        end=max((v.end for v in held if v.end), default=None),
        hosts=ranked(hosts),
        outcomes=outcomes(held),
        figures=figures(held),
        sales=sales(held),
        pledges=[p for d in deals if (p := pledge(d, settled.get(d.id), as_of)) is not None],
        unsigned=sorted(d.id for d in deals if _unsigned(d, registry)),
        rollover=rolled,
        many=many(held, policy) if held else None,
        ask_for=asked(held, own),
    )


def houses(registry: Registry) -> list[tuple[str, ...]]:
    """All agencies that the papers know, each under one id; those run by the same operator together, by id."""
    told = {r.id for r in registry.rows if r.role == "agency"} | {
        d.mcn_id for d in registry.deals if d.mcn_id
    }
    root = {who: who for who in {registry.same(w) for w in told}}
    by: dict[str, str] = {}
    for who in sorted(root):
        for operator in registry.linked(who, OPERATES, None):
            first = _root(root, by.setdefault(operator, who))
            root[max(first, _root(root, who))] = min(first, _root(root, who))
    found: dict[str, list[str]] = {}
    for who in sorted(root):
        found.setdefault(_root(root, who), []).append(who)
    return [tuple(house) for _, house in sorted(found.items())]


def _root(root: Mapping[str, str], who: str) -> str:
    while root[who] != who:
        who = root[who]
    return who


def _holds(house: Sequence[str], v: SubjectVerdict, registry: Registry) -> bool:
    at = None if v.start is None else micro(v.start)
    return not {registry.same(a) for a in house}.isdisjoint(registry.on(v.host_id, at).agencies)


def _unsigned(deal: Deal, registry: Registry) -> bool:
    """Whether the papers say who signed, and the host is not among them."""
    signed = {registry.same(s) for s in registry.signs(deal.id)}
    return bool(signed and deal.host_id and registry.same(deal.host_id) not in signed)


def delivered(deal: Deal, settled: DealVerdict | None, verdicts: Sequence[SubjectVerdict]) -> Delivered:
    """What a contract's broadcasts brought: as settled, else as their whole sessions sold.

    A host whom the record never shows is not one who never broadcast.
    """
    known = any(v.host_id == deal.host_id and traded(v) for v in verdicts)
    if settled is not None:
        sold = settled.verified.high if settled.verified is not None else 0
        return Delivered(len(settled.sessions), sold, known or bool(settled.sessions))
    mine = [v for v in verdicts if traded(v) and deal.covers(subject_id(v), v.host_id, micro(v.start) if v.start else 0)]  # fmt: skip
    return Delivered(
        len(mine), sum(v.gmv.verified.high for v in mine if v.gmv is not None), known or bool(mine)
    )


def pledge(deal: Deal, settled: DealVerdict | None, as_of: int) -> Pledge | None:
    """Promised sales beside verified ones; None where nothing was promised or the deal was not settled."""
    told = settled.pledge if settled is not None else None
    if settled is None or told is None:
        return None
    ended = deal.until is None or deal.until < as_of
    return Pledge(
        deal=deal.id, merchant=deal.merchant_id, currency=settled.currency, basis=told.basis, promised=told.target,
        sessions=len(settled.sessions), shown=told.displayed, verified=Interval(told.verified.low, told.verified.mid, told.verified.high),
        own=told.own, met=None if told.met is False and not ended else told.met, ended=ended,
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
