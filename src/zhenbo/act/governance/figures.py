"""The governance report: what a period's record of acts adds up to, and the clocks that run (K46).

Everything is counted as the record stood at the end of the period: later acts change nothing in it, so the same record
gives the same report for ever. A party counts as sanctioned when a sanction noticed in the period stands at its end; one
that fell on appeal counts among the appeals and nowhere else.
"""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from statistics import median

import msgspec

from zhenbo.act.governance.fold import Docket, State, fold
from zhenbo.core.acts import Act
from zhenbo.core.case import STEPS
from zhenbo.core.session import DAY, HOUR

MILLION = 1_000_000
"""Followers above which a party is counted apart (E09)."""


class Row(msgspec.Struct, frozen=True):
    """Parties and sanctions of a kind."""

    name: str
    parties: int
    above_million: int
    sanctions: int


class Appeals(msgspec.Struct, frozen=True):
    """Appeals of the period.

    Args:
        received: in the period.
        decided: in the period.
        upheld: of those decided.
        lowered: of those decided.
        overturned: of those decided.
        late: decided after their time, or still open when it was over.
        hours: median time to the decision; None where none was decided.
        regraded: other sanctions that were set anew because of them.
    """

    received: int
    decided: int
    upheld: int
    lowered: int
    overturned: int
    late: int
    hours: float | None
    regraded: int


class Governance(msgspec.Struct, frozen=True):
    """The report of a period.

    Args:
        start: first microsecond.
        end: last microsecond.
        acts: of cases read, all up to the end.
        opened: cases of the period.
        parties: sanctioned, each once.
        above_million: of them above a million followers.
        fans_unknown: of them whose followers nobody has told.
        sanctions: noticed in the period that stand.
        by_step: by the harshest step of each party, mildest first; sanctions by their own.
        by_offence: by offence; a party counts under each of its own.
        by_grade: by grade.
        outcomes: cases of the period that came to no sanction, by why.
        confirmed: sanctions above a warning; every one has a person's confirmation.
        people: persons who confirmed them.
        appeals: of the period.
        leads: handed to authorities in the period.
        filed: on which an authority opened a case in the period.
        filed_minor: what those are worth, minor units.
        faults: acts without effect: the record was written by something else.
        record: `NUMBER:SEAL` of the last act that was looked at; empty where the acts have no places.
    """

    start: int
    end: int
    acts: int
    opened: int
    parties: int
    above_million: int
    fans_unknown: int
    sanctions: int
    by_step: tuple[Row, ...]
    by_offence: tuple[Row, ...]
    by_grade: tuple[Row, ...]
    outcomes: dict[str, int]
    confirmed: int
    people: int
    appeals: Appeals
    leads: int
    filed: int
    filed_minor: int
    faults: int
    record: str = ""


def governance(acts: Iterable[Act], start: int, end: int) -> Governance:
    """The report of a period.

    Args:
        acts: the record, in its order.
        start: first microsecond.
        end: last microsecond; acts after it are not looked at.
    """
    counted = Counter[str]()

    def until() -> Iterable[Act]:
        for act in acts:
            if act.at <= end:
                counted["acts"] += act.kind.startswith("case.")
                yield act

    state = fold(until())
    dockets = list(state.dockets.values())
    stood = [d for d in dockets if d.sanction and d.noticed is not None and start <= d.noticed <= end]
    parties = _largest(stood)
    above = [d for d in stood if d.sanction and d.sanction.does.step != "warn"]
    filed = [d for d in dockets if d.filed is not None and start <= d.filed <= end]
    opened = [d for d in dockets if start <= d.opened <= end]
    return Governance(
        start, end, counted["acts"], len(opened), len(parties),
        sum((f or 0) > MILLION for f in parties.values()), sum(f is None for f in parties.values()), len(stood),
        _by_step(stood, parties),
        _rows([(d.case.offence, d) for d in stood], parties),
        _rows([(d.sanction.grade, d) for d in stood if d.sanction], parties),
        dict(sorted(Counter(d.status for d in opened if d.noticed is None).items())),
        len(above), len({d.sanction.confirmed.by for d in above if d.sanction and d.sanction.confirmed}),
        _appeals(dockets, start, end), sum(d.referred is not None and start <= d.referred <= end for d in dockets),
        len(filed), sum(d.case.value or 0 for d in filed), len(state.faults),
    )  # fmt: skip


def _largest(dockets: Iterable[Docket]) -> dict[str, int | None]:
    """Each party once, with the most followers that one of its cases tells."""
    found: dict[str, int | None] = {}
    for d in dockets:
        before = found.get(d.case.party)
        told = [f for f in (before, d.case.fans) if f is not None]
        found[d.case.party] = max(told, default=None)
    return found


def _row(name: str, parties: Iterable[str], fans: dict[str, int | None], sanctions: int) -> Row:
    distinct = set(parties)
    return Row(name, len(distinct), sum((fans[p] or 0) > MILLION for p in distinct), sanctions)


def _by_step(stood: list[Docket], fans: dict[str, int | None]) -> tuple[Row, ...]:
    """Each party under its harshest step, so that parties add up."""
    harshest: dict[str, int] = {}
    own = Counter[int]()
    for d in stood:
        if d.sanction:
            step = STEPS.index(d.sanction.does.step)
            own[step] += 1
            harshest[d.case.party] = max(step, harshest.get(d.case.party, 0))
    return tuple(
        _row(STEPS[s], [p for p, h in harshest.items() if h == s], fans, own[s]) for s in range(len(STEPS)) if own[s]
    )  # fmt: skip


def _rows(named: list[tuple[str, Docket]], fans: dict[str, int | None]) -> tuple[Row, ...]:
    parties: dict[str, list[str]] = {}
    for name, d in named:
        parties.setdefault(name, []).append(d.case.party)
    rows = [_row(name, found, fans, len(found)) for name, found in parties.items()]
    return tuple(sorted(rows, key=lambda r: (-r.parties, r.name)))


def _appeals(dockets: list[Docket], start: int, end: int) -> Appeals:
    received = [d for d in dockets if d.appealed is not None and start <= d.appealed <= end]
    decided = [d for d in dockets if d.decided is not None and start <= d.decided <= end]
    outcomes = Counter(d.decision.outcome for d in decided if d.decision)
    hours = [
        (d.decided - d.appealed) / HOUR for d in decided if d.decided is not None and d.appealed is not None
    ]
    late = sum(_late(d, end) for d in dockets if d.appealed is not None and (d.decided is None or d.decided >= start))  # fmt: skip
    regraded = sum(max(d.changed - (1 if d.decision and d.decision.outcome != "upheld" else 0), 0) for d in dockets)  # fmt: skip
    return Appeals(
        len(received), len(decided), outcomes["upheld"], outcomes["lowered"], outcomes["overturned"], late,
        median(hours) if hours else None, regraded,
    )  # fmt: skip


def review_until(docket: Docket) -> int | None:
    """Until when an appeal is to be decided; None without one."""
    if docket.appealed is None or docket.proposal is None:
        return None
    return docket.appealed + docket.proposal.review_days * DAY


def _late(docket: Docket, now: int) -> bool:
    until = review_until(docket)
    return until is not None and (now if docket.decided is None else docket.decided) > until


@dataclass(frozen=True)
class Clock:
    """Something that is waiting: for what, since when, until when (None where no rule says), and whether it is late."""

    case: str
    party: str
    waits: str
    since: int
    until: int | None
    late: bool


_WAITS = {
    "open": "propose",
    "asks": "facts",
    "proposed": "confirm",
    "confirmed": "notice",
    "appealed": "decide",
}


def clocks(state: State, now: int, idle_days: int = 7) -> list[Clock]:
    """What waits for somebody, the most urgent first.

    Args:
        state: of all cases.
        now: the moment.
        idle_days: after which a step that no rule times is shown as late: nobody is left waiting unseen.
    """
    rows = []
    for d in state.dockets.values():
        waits = _WAITS.get(d.status)
        if waits is None and d.sanction and any(not state.dockets[p].sanction for p in d.sanction.priors if p in state.dockets):  # fmt: skip
            waits = "regrade"
        if waits is None:
            continue
        if waits == "confirm" and d.proposal and d.proposal.does and d.proposal.does.step == "warn":
            waits = "notice"
        since = d.appealed if d.appealed is not None else d.opened
        until = review_until(d) if waits == "decide" else since + idle_days * DAY
        rows.append(Clock(d.case.id, d.case.party, waits, since, until, until is not None and now > until))
    return sorted(rows, key=lambda c: (c.until if c.until is not None else c.since, c.case))
