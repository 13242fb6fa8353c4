"""`zhenbo host`: what is true of a host's figures, over all its sessions (FIELD K25, K30; the four falsified metrics of B32).

Fans, views, sales and conversion as shown and as verified, each with interval, number of sessions and the ids it rests on;
growth against the organic limit; every session against the host's last ones; how many honest rooms to expect among the
flagged; the records that would settle what is open.
"""

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Annotated

from msgspec import Meta, Struct

from zhenbo.audit.coherence import Odd
from zhenbo.audit.figures import (
    COUNTED,
    Figure,
    Sales,
    conversion,
    figure,
    in_time,
    judged,
    sales,
    subject_id,
    traded,
)
from zhenbo.audit.growth import Growth, Reading, growth
from zhenbo.audit.history import Compared, compared
from zhenbo.audit.many import many
from zhenbo.core.parties import Registry
from zhenbo.core.session import Window
from zhenbo.core.subject import Outcome
from zhenbo.core.verdict import Audit, Count, Many, SubjectVerdict
from zhenbo.judge import Policy

FEW = 5
"""Sessions below which a host's figures are called thin."""


class Line(Struct, frozen=True, kw_only=True):
    """One session or shop month of the host, as the overview lists it; minor units."""

    id: str
    start: str | None
    verdict: Outcome
    probability: float | None
    viewers: int | None
    viewers_verified: int | None
    currency: str | None
    gross: int | None
    verified: Annotated[int | None, Meta(description="null where brushing could not be judged")]


class Ask(Struct, frozen=True, kw_only=True):
    """A record to request."""

    record: Annotated[str, Meta(description="its id; report/labels.py and report/party.py have the words")]
    sessions: Annotated[
        Count, Meta(description="sessions in which it is missing; 0 for a record of the party itself")
    ]
    questions: Annotated[list[str], Meta(description="what it would settle")]


class HostAudit(Struct, frozen=True, kw_only=True):
    """What is said of one host."""

    host_id: str
    names: list[str]
    agencies: list[str]
    operators: list[str]
    merchants: list[str]
    platforms: list[str]
    start: str | None
    end: str | None
    sessions: Count
    shop_months: Count
    outcomes: Annotated[dict[str, int], Meta(description="sessions and shop months by verdict")]
    verdict: Annotated[
        Outcome,
        Meta(description="worst of its sessions' verdicts: that of the host's figures, not of a person"),
    ]
    figures: Annotated[
        dict[str, Figure | None],
        Meta(description="fans (gained in session), views, orders, conversion, likes, comments"),
    ]
    sales: list[Sales]
    growth: Growth
    lines: list[Line]
    compared: list[Compared]
    many: Many | None
    ask_for: list[Ask]
    thin: Annotated[bool, Meta(description=f"fewer than {FEW} sessions")]


def host_audit(
    host_id: str, verdicts: Sequence[SubjectVerdict], policy: Policy, *, registry: Registry | None = None,
    readings: Sequence[Reading] = (), windows: Sequence[Window] = (),
) -> HostAudit:  # fmt: skip
    """The audit of one host.

    Args:
        host_id: the host, under any of its ids.
        verdicts: its sessions and shop months.
        policy: the verdicts' own, for what looking at many rooms costs.
        registry: who is who; empty without papers.
        readings: follower counts displayed over time.
        windows: honest causes declared for its sessions.
    """
    papers = registry or Registry()
    mine = [v for v in in_time(verdicts) if traded(v)]
    held = papers.on(host_id, None)
    grown = growth(readings, mine, windows)
    return HostAudit(
        host_id=host_id,
        names=[name for name, _, _ in papers.names(host_id)],
        agencies=list(held.agencies),
        operators=list(held.operators),
        merchants=list(held.merchants),
        platforms=sorted({v.platform for v in mine}),
        start=min((v.start for v in mine if v.start), default=None),
        end=max((v.end for v in mine if v.end), default=None),
        sessions=sum(hasattr(v, "session_id") for v in mine),
        shop_months=sum(hasattr(v, "shop_id") for v in mine),
        outcomes=outcomes(mine),
        verdict=max((v.verdict for v in mine), key=lambda o: o.rank, default=Outcome.INSUFFICIENT),
        figures=figures(mine),
        sales=sales(mine),
        growth=grown,
        lines=[line(v) for v in mine],
        compared=compared(mine),
        many=many(mine, policy) if mine else None,
        ask_for=asked(mine, ["fan_history"] if grown.outcome == "unknown" else []),
        thin=len(mine) < FEW,
    )


def figures(verdicts: Sequence[SubjectVerdict]) -> dict[str, Figure | None]:
    """The falsified metrics but sales, which are money."""
    made: dict[str, Figure | None] = {name: figure(verdicts, metric) for name, metric in COUNTED.items()}
    return {**made, "conversion": conversion(verdicts)}


def outcomes(verdicts: Sequence[SubjectVerdict]) -> dict[str, int]:
    """Verdicts by outcome, the gravest first."""
    tally = Counter(v.verdict for v in verdicts)
    return {o.value: tally[o] for o in reversed(Outcome) if tally[o]}


def line(v: SubjectVerdict) -> Line:
    """A subject in one line."""
    seen, gmv = v.fake.viewers, v.gmv
    return Line(
        id=subject_id(v), start=v.start, verdict=v.verdict, probability=v.probability,
        viewers=seen.shown if seen else None, viewers_verified=seen.shown - seen.mid if seen else None,
        currency=gmv.currency if gmv else None, gross=gmv.gross if gmv else None,
        verified=gmv.verified.mid if gmv and judged(v) else None,
    )  # fmt: skip


def asked(verdicts: Sequence[SubjectVerdict], own: Sequence[str] = ()) -> list[Ask]:
    """The records missing in the sessions, those that would settle most first, after those of the party itself."""
    missing: dict[str, list[tuple[int, str]]] = {}
    for place, v in enumerate(verdicts):
        for question, told in v.questions.items():
            for record in told.missing:
                missing.setdefault(record, []).append((place, question))
    found = [
        Ask(record=r, sessions=len({p for p, _ in cases}), questions=sorted({q for _, q in cases}))
        for r, cases in missing.items()
    ]
    found.sort(key=lambda a: (-a.sessions, a.record))
    return [*(Ask(record=r, sessions=0, questions=[]) for r in own), *found]


def by_host(
    verdicts: Sequence[SubjectVerdict], registry: Registry | None = None
) -> Mapping[str, list[SubjectVerdict]]:
    """Verdicts per host, renamed hosts as one, hosts by id."""
    papers = registry or Registry()
    found: dict[str, list[SubjectVerdict]] = {}
    for v in verdicts:
        found.setdefault(papers.same(v.host_id), []).append(v)
    return dict(sorted(found.items()))


def ranked(hosts: Sequence[HostAudit]) -> list[HostAudit]:
    """Hosts by verified sales, the largest first; currencies are not added, the one most used counts."""
    currencies = Counter(s.currency for h in hosts for s in h.sales for _ in range(s.over))
    usual = min((c for c in currencies), key=lambda c: (-currencies[c], c), default="")

    def sold(h: HostAudit) -> int:
        return sum(s.verified.mid for s in h.sales if s.currency == usual)

    return sorted(hosts, key=lambda h: (-sold(h), h.host_id))


class HostReport(Struct, frozen=True, kw_only=True):
    """The whole of `host.json`."""

    schema: Annotated[int, Meta(description="version of this layout")] = 1
    zhenbo: str
    as_of: str
    policy: str
    hosts: Annotated[list[HostAudit], Meta(description="by verified sales, the largest first")]
    incoherent: Annotated[
        list[Odd],
        Meta(
            description="hosts of the record by how ill their figures go together; empty with too few to compare"
        ),
    ]

    @classmethod
    def of(cls, audit: Audit, hosts: Sequence[HostAudit], odd: Sequence[Odd]) -> "HostReport":
        """The report on some hosts, resting on the verdicts of an audit."""
        return cls(
            zhenbo=audit.zhenbo,
            as_of=audit.as_of,
            policy=audit.policy,
            hosts=list(hosts),
            incoherent=list(odd),
        )
