"""Cases as a fold over acts: what has become of each, and where a party stands.

An act that may not follow what went before (a sanction that nobody confirmed, a decision by the first reviewer, a regrade
that is harsher) has no effect, whoever wrote it: it is listed among the faults. So no state above a warning exists without
a person's confirmation in the record before it.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field

import msgspec
from msgspec.structs import replace

from zhenbo.act.governance.ladder import Prior
from zhenbo.core.acts import Act
from zhenbo.core.case import (
    CAPABILITIES,
    Appeal,
    Case,
    Confirmation,
    Decision,
    Dropped,
    Established,
    Filed,
    Proposal,
    Referred,
    Regraded,
    Sanction,
    Step,
    persona,
)
from zhenbo.core.errors import CaseError, RecordError
from zhenbo.core.session import DAY

OPENED, ESTABLISHED, PROPOSED, CONFIRMED = (
    "case.opened",
    "case.established",
    "case.proposed",
    "case.confirmed",
)
SANCTIONED, DROPPED, APPEALED = "case.sanctioned", "case.dropped", "case.appealed"
DECIDED, REGRADED = "case.decided", "case.regraded"
REFERRED, FILED = "case.referred", "case.filed"
SHAPES: Mapping[str, type[msgspec.Struct]] = {
    OPENED: Case, ESTABLISHED: Established, PROPOSED: Proposal, CONFIRMED: Confirmation, SANCTIONED: Sanction,
    DROPPED: Dropped, APPEALED: Appeal, DECIDED: Decision, REGRADED: Regraded,
    REFERRED: Referred, FILED: Filed,
}  # fmt: skip
"""Kinds of acts that cases are made of, with their bodies; their subject is the party."""


class Docket(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """A case and what has become of it.

    Args:
        case: with the facts established so far.
        opened: when.
        last: when the last step was taken; none may be dated before it.
        revision: how often facts were added or put right.
        proposal: of the rules, on the facts as they are.
        confirmation: of that proposal.
        sanction: as it stands; None before, and after an appeal that succeeded.
        noticed: when the sanction's notice went out.
        appeal: the party's objection.
        appealed: when.
        decision: on it.
        decided: when.
        dropped: why and by whom it was closed without a sanction.
        people: persons who have acted in it.
        changed: how often the sanction was changed after its notice.
        referred: when it was handed to an authority as a lead.
        filed: when the authority opened a case of its own on it.
    """

    case: Case
    opened: int
    last: int = 0
    revision: int = 0
    proposal: Proposal | None = None
    confirmation: Confirmation | None = None
    sanction: Sanction | None = None
    noticed: int | None = None
    appeal: Appeal | None = None
    appealed: int | None = None
    decision: Decision | None = None
    decided: int | None = None
    dropped: Dropped | None = None
    people: tuple[str, ...] = ()
    changed: int = 0
    referred: int | None = None
    filed: int | None = None

    @property
    def status(self) -> str:
        """Where it is: open, asks, tolerated, blocked, proposed, confirmed, sanctioned, appealed, upheld, lowered, overturned, fallen, dropped."""
        if self.dropped:
            return "dropped"
        if self.decision:
            return self.decision.outcome
        if self.appeal:
            return "appealed"
        if self.noticed is not None:
            return "sanctioned" if self.sanction else "fallen"
        if self.confirmation:
            return "confirmed"
        if self.proposal is None:
            return "open"
        return {"sanction": "proposed", "none": "tolerated", "ask": "asks", "blocked": "blocked"}[self.proposal.outcome]  # fmt: skip


@dataclass
class State:
    """All cases.

    Args:
        dockets: by case.
        parties: cases by party, in the order they were opened.
        faults: acts without effect, by key, with the reason.
        counts: acts about each party so far, those without effect too.
    """

    dockets: dict[str, Docket] = field(default_factory=dict)
    parties: dict[str, list[str]] = field(default_factory=dict)
    faults: list[tuple[str, str]] = field(default_factory=list)
    counts: dict[str, int] = field(default_factory=dict)

    def of(self, case: str) -> Docket:
        """A case by its id.

        Raises:
            CaseError: when there is none.
        """
        found = self.dockets.get(case)
        if found is None:
            raise CaseError(f"No case {case[:80]!r} in the record. `zhenbo case list` shows them all.")
        return found

    def held(self, party: str) -> Iterator[Docket]:
        """The party's cases."""
        return (self.dockets[c] for c in self.parties.get(party, ()))

    def priors(self, party: str) -> list[Prior]:
        """The party's sanctions that stand."""
        return [Prior.of(d.case, d.sanction) for d in self.held(party) if d.sanction]

    def take(self, act: Act) -> None:
        """Enter an act.

        Raises:
            RecordError: when it may not follow what went before.
        """
        shape = SHAPES.get(act.kind)
        if shape is None:
            return
        self.counts[act.subject] = self.counts.get(act.subject, 0) + 1
        body = act.read(shape)
        if isinstance(body, Case):
            if body.id in self.dockets:
                raise CaseError(f"Case {body.id} is open already.")
            if body.party != act.subject:
                raise CaseError(f"Case {body.id} is about {body.party}, not {act.subject}.")
            if body.happened > act.at:
                raise CaseError(f"Case {body.id}: it happened {(body.happened - act.at) / DAY:,.1f} days after it is opened. Open it when it has happened: --at.")  # fmt: skip
            self.dockets[body.id] = Docket(case=body, opened=act.at, last=act.at)
            self.parties.setdefault(body.party, []).append(body.id)
            return
        docket = self.of(body.case)  # type: ignore[attr-defined]
        if docket.case.party != act.subject:
            raise CaseError(f"Case {docket.case.id} is about {docket.case.party}, not {act.subject}.")
        after = _STEPS[act.kind](docket, body, act.at, self)
        # a notice dated back would leave no time to appeal, an appeal dated back would never be late
        _must(act.at >= docket.last, docket, "what is done now cannot be dated before what was done last.")
        self.dockets[docket.case.id] = replace(after, last=act.at)


def fold(acts: Iterable[Act]) -> State:
    """The state that acts add up to; acts of other kinds are passed over."""
    state = State()
    for act in acts:
        try:
            state.take(act)
        except RecordError as error:
            state.faults.append((act.key, str(error)))
    return state


def _must(holds: bool, docket: Docket, why: str) -> None:
    if not holds:
        raise CaseError(
            f"Case {docket.case.id} ({docket.status}): {why} `zhenbo case show {docket.case.id}` shows where it stands."
        )


def _established(docket: Docket, body: Established, at: int, state: State) -> Docket:  # noqa: ARG001 - steps are alike
    _must(docket.noticed is None and not docket.dropped, docket, "facts are established before a sanction; afterwards an appeal puts them right.")  # fmt: skip
    case = replace(
        docket.case, facts=docket.case.facts | body.facts, grounds=docket.case.grounds + body.grounds
    )
    return replace(docket, case=case, revision=docket.revision + 1, proposal=None, confirmation=None, people=(*docket.people, body.by))  # fmt: skip


def _proposed(docket: Docket, body: Proposal, at: int, state: State) -> Docket:  # noqa: ARG001
    _must(docket.noticed is None and not docket.dropped, docket, "it is decided already.")
    _must((body.outcome == "sanction") == (body.does is not None and body.grade not in {None, "immaterial"}), docket, "a proposal to sanction says what and how grave, another one does not.")  # fmt: skip
    _must(body.outcome != "sanction" or docket.case.blocked is None, docket, "nothing may rest on it.")
    return replace(docket, proposal=body, confirmation=None)


def _confirmed(docket: Docket, body: Confirmation, at: int, state: State) -> Docket:  # noqa: ARG001
    _must(docket.noticed is None and not docket.dropped, docket, "it is decided already.")
    _must(docket.proposal is not None and docket.proposal.outcome == "sanction", docket, "no sanction is proposed.")  # fmt: skip
    assert docket.proposal is not None
    _must(body.proposal == docket.proposal.digest and body.at == at, docket, "what was confirmed is not what is proposed now; look at it again.")  # fmt: skip
    return replace(docket, confirmation=body, people=(*docket.people, body.by))


def _sanctioned(docket: Docket, body: Sanction, at: int, state: State) -> Docket:
    p = docket.proposal
    _must(docket.noticed is None and not docket.dropped, docket, "it is decided already.")
    if p is None or p.outcome != "sanction":
        raise CaseError(f"Case {docket.case.id} ({docket.status}): no sanction is proposed.")
    same = (body.does, body.rule, body.grade, body.priors, body.basis, body.facts) == (p.does, p.rule, p.grade, p.priors, p.basis, p.facts)  # fmt: skip
    _must(same and body.party == docket.case.party, docket, "the sanction is not what the rules proposed.")
    _must(body.confirmed == docket.confirmation, docket, "the confirmation in the sanction is not in the record.")  # fmt: skip
    standing_ = all(c in state.dockets and state.dockets[c].sanction for c in body.priors)
    _must(standing_, docket, "an earlier sanction that it counts stands no more.")
    _must(body.term.starts == at, docket, "its term starts with the notice.")
    _must(body.appeal.until >= at + p.appeal_days * DAY and body.appeal.review_days <= p.review_days, docket, "it gives less time to appeal, or more to decide, than the rules.")  # fmt: skip
    return replace(docket, sanction=body, noticed=at)


def _dropped(docket: Docket, body: Dropped, at: int, state: State) -> Docket:  # noqa: ARG001
    _must(docket.noticed is None and not docket.dropped, docket, "it is decided already.")
    return replace(docket, dropped=body, people=(*docket.people, body.by))


def _appealed(docket: Docket, body: Appeal, at: int, state: State) -> Docket:  # noqa: ARG001
    if docket.sanction is None:
        raise CaseError(f"Case {docket.case.id} ({docket.status}): there is no sanction to appeal against.")
    _must(docket.appeal is None, docket, "it was appealed against already.")
    _must(at <= docket.sanction.appeal.until, docket, "the time to appeal is over; a person may still open it anew as a case of its own.")  # fmt: skip
    return replace(docket, appeal=body, appealed=at)


def _decided(docket: Docket, body: Decision, at: int, state: State) -> Docket:  # noqa: ARG001
    _must(docket.appeal is not None and docket.decision is None, docket, "no appeal is open.")
    appellant = docket.appeal.by if docket.appeal else ""
    acted = {persona(name) for name in (*docket.people, appellant, docket.case.party)}
    _must(persona(body.by) not in acted, docket, f"{body.by} has acted in it; an appeal is decided by somebody else.")  # fmt: skip
    case = replace(docket.case, facts=docket.case.facts | body.facts)
    after = replace(docket, case=case, decision=body, decided=at, people=(*docket.people, body.by))
    if body.outcome == "upheld":
        return after
    c = body.instead.confirmed if body.instead else None
    _must(c is None or (c.by, c.at) == (body.by, at), docket, "what stands instead was confirmed by somebody else than who decides.")  # fmt: skip
    _milder(docket, body.instead)
    return replace(after, sanction=body.instead, changed=docket.changed + 1)


def _regraded(docket: Docket, body: Regraded, at: int, state: State) -> Docket:  # noqa: ARG001
    fallen = state.dockets.get(body.fallen)
    _must(docket.sanction is not None and fallen is not None and fallen.changed > 0, docket, f"no prior {body.fallen} has fallen or been lowered.")  # fmt: skip
    assert docket.sanction is not None
    _must(body.fallen in docket.sanction.priors, docket, f"{body.fallen} was not counted in it.")
    if body.instead is not None:
        _must(body.instead.confirmed == docket.sanction.confirmed, docket, "a sanction set anew keeps the confirmation it had.")  # fmt: skip
    _milder(docket, body.instead, equal=True)
    return replace(docket, sanction=body.instead, changed=docket.changed + 1)


_LET_GO = frozenset({"dropped", "tolerated", "overturned", "fallen"})


def _referred(docket: Docket, body: Referred, at: int, state: State) -> Docket:  # noqa: ARG001
    _must(docket.referred is None, docket, "it was referred already.")
    _must(docket.status not in _LET_GO, docket, "nothing is held against the party any more, so there is nothing to refer.")  # fmt: skip
    return replace(docket, referred=at, people=(*docket.people, body.by))


def _filed(docket: Docket, body: Filed, at: int, state: State) -> Docket:  # noqa: ARG001
    _must(docket.referred is not None and docket.filed is None, docket, "it was not referred, or is filed already.")  # fmt: skip
    return replace(docket, filed=at)


def _milder(docket: Docket, instead: Sanction | None, *, equal: bool = False) -> None:
    """Whether what stands instead is for the same party and case, from the same moment, and not harsher."""
    old = docket.sanction
    if instead is None or old is None:
        _must(old is not None, docket, "no sanction stands.")
        return
    _must((instead.case, instead.party, instead.term.starts) == (old.case, old.party, old.term.starts), docket, "what stands instead is another case.")  # fmt: skip
    less = instead.does.rank < old.does.rank or (equal and instead.does.rank == old.does.rank)
    was, now = old.does, instead.does
    kept = (
        now.points <= was.points and now.forfeit <= was.forfeit and instead.points_until <= old.points_until
    )
    if now.step == was.step:
        kept = kept and now.weight >= was.weight and set(now.limits) <= set(was.limits)
    if old.term.until is not None and instead.term.until is not None:
        kept = kept and instead.term.until <= old.term.until
    _must(less and kept, docket, "what stands instead is not milder.")


_STEPS: Mapping[str, Callable[..., Docket]] = {
    ESTABLISHED: _established, PROPOSED: _proposed, CONFIRMED: _confirmed, SANCTIONED: _sanctioned, DROPPED: _dropped,
    APPEALED: _appealed, DECIDED: _decided, REGRADED: _regraded, REFERRED: _referred, FILED: _filed,
}  # fmt: skip


@dataclass(frozen=True)
class Hold:
    """A step in force: which, for which case, until when (None: for good), and what it takes."""

    step: Step
    case: str
    until: int | None
    denies: tuple[str, ...] = ()


@dataclass(frozen=True)
class Standing:
    """Where a party stands at a moment.

    Args:
        party: who.
        points: conduct points that count.
        weight: factor on its traffic; 1 where nothing limits it.
        denied: capabilities it does not have.
        holds: steps in force, by case.
        counted: cases whose sanctions stand.
    """

    party: str
    points: int = 0
    weight: float = 1.0
    denied: tuple[str, ...] = ()
    holds: tuple[Hold, ...] = ()
    counted: tuple[str, ...] = ()

    @property
    def blacklisted(self) -> int | None:
        """Until when it is blacklisted; None where it is not."""
        return max((h.until for h in self.holds if h.step == "blacklist" and h.until is not None), default=None)  # fmt: skip


_LIVE = ("go_live",)
_ALL = tuple(c for c in CAPABILITIES if c != "withdraw_unsettled")
_DENIES: Mapping[Step, tuple[str, ...]] = {
    "pause": _LIVE, "suspend": _LIVE, "close": tuple(c for c in _ALL if c != "register"), "bar": _ALL, "blacklist": _ALL,
}  # fmt: skip
"""What each step takes; what a party has earned stays its own."""


def standing(state: State, party: str, now: int) -> Standing:
    """Where a party stands; what has run its term counts no more, without anybody's doing."""
    points, weight, holds, counted = 0, 1.0, [], []
    for docket in state.held(party):
        s = docket.sanction
        if s is None or s.term.starts > now:
            continue
        counted.append(s.case)
        points += s.does.points if now <= s.points_until else 0
        if s.term.kind == "once" or (s.term.until is not None and now > s.term.until):
            continue
        takes = {*_DENIES.get(s.does.step, ()), *s.does.limits}
        holds.append(Hold(s.does.step, s.case, s.term.until, tuple(sorted(takes))))
        weight = min(weight, s.does.weight)
    order = tuple(sorted(holds, key=lambda h: h.case))
    denied = {c for h in order for c in h.denies}
    return Standing(party, points, weight, tuple(sorted(denied)), order, tuple(sorted(counted)))
