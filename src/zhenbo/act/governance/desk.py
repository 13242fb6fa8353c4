"""The steps of a case as acts: each is made from the state, tried against it, and given back to be appended.

An act's key is the party and how many acts there were about it. So of two people who act on the same party at once, on what
was true before either had, one is told that the key is taken, and nothing of theirs is appended, no money either.
"""

import hashlib
from collections.abc import Mapping, Sequence

import msgspec
from msgspec.structs import replace

from zhenbo.act.governance import fold
from zhenbo.act.governance.fold import Docket, State
from zhenbo.act.governance.ladder import Prior, check, propose
from zhenbo.act.governance.penalties import Penalties
from zhenbo.core.acts import Act
from zhenbo.core.case import (
    Appeal,
    Case,
    Confirmation,
    Decision,
    Dropped,
    Established,
    Filed,
    Ground,
    Proposal,
    Recourse,
    Referred,
    Regraded,
    Sanction,
    Scalar,
    Stated,
    Term,
    pseudonymous,
)
from zhenbo.core.errors import CaseError
from zhenbo.core.evidence import Say
from zhenbo.core.session import DAY

_ENDLESS = frozenset({"close", "bar"})


def opened(state: State, case: Case, pack: Penalties, at: int) -> Act:
    """A case is opened; its facts are of those that the pack knows."""
    check(case, pack)
    pseudonymous("Case", case.id)
    pseudonymous(f"Case {case.id}: party", case.party)
    return _tried(state, fold.OPENED, case.party, at, case)


def established(
    state: State, case: str, by: str, reason: str, facts: Mapping[str, Scalar], pack: Penalties, at: int, grounds: Sequence[Ground] = ()
) -> Act:  # fmt: skip
    """A person adds facts to a case or puts them right; it must be proposed and confirmed anew."""
    docket = state.of(case)
    body = Established(case, by, reason, dict(facts), tuple(grounds))
    check(replace(docket.case, facts=docket.case.facts | body.facts), pack)
    return _step(state, docket, fold.ESTABLISHED, at, body)


def proposed(state: State, case: str, pack: Penalties, at: int) -> Act:
    """What the rules make of a case as it stands."""
    docket = state.of(case)
    made = propose(docket.case, pack, state.priors(docket.case.party))
    return _step(state, docket, fold.PROPOSED, at, made)


def confirmed(state: State, case: str, by: str, reason: str, at: int) -> Act:
    """A person stands for what is proposed.

    Raises:
        CaseError: when no sanction is proposed.
    """
    docket = state.of(case)
    if docket.proposal is None or docket.proposal.outcome != "sanction":
        raise CaseError(f"Case {case} ({docket.status}): there is no sanction to confirm. `zhenbo case show {case}` says what is missing.")  # fmt: skip
    body = Confirmation(case, by, reason, docket.proposal.digest, at)
    return _step(state, docket, fold.CONFIRMED, at, body)


def sanctioned(state: State, case: str, pack: Penalties, at: int) -> Act:
    """The sanction with its five fields; its notice goes out now.

    Raises:
        CaseError: when nothing is proposed, or it is more than a warning and nobody confirmed it.
    """
    docket = state.of(case)
    if docket.proposal is None or docket.proposal.outcome != "sanction":
        raise CaseError(f"Case {case} ({docket.status}): no sanction is proposed. `zhenbo case propose {case}` first.")  # fmt: skip
    if propose(docket.case, pack, state.priors(docket.case.party)) != docket.proposal:
        raise CaseError(f"Case {case}: the rules now make something else of it, e.g. because an earlier sanction has fallen. `zhenbo case propose {case}` again.")  # fmt: skip
    body = sanction(docket.case, docket.proposal, docket.confirmation, pack, at)
    return _step(state, docket, fold.SANCTIONED, at, body)


def sanction(case: Case, proposal: Proposal, confirmation: Confirmation | None, pack: Penalties, at: int) -> Sanction:  # fmt: skip
    """A proposal as the sanction that it comes to from a moment on."""
    does, grade = proposal.does, proposal.grade
    if does is None or grade is None:
        raise CaseError(f"Case {case.id}: nothing follows from it.")
    until = None if does.days is None else at + does.days * DAY
    kind = "once" if does.step == "warn" else "for_good" if does.step in _ENDLESS else "until"
    how = Stated(Say(pack.how.en.replace("{case}", case.id), pack.how.zh.replace("{case}", case.id)))
    return Sanction(
        case.id, case.party, proposal.facts, proposal.reasons, proposal.basis, Term(kind, at, until),  # type: ignore[arg-type]
        Recourse(at + proposal.appeal_days * DAY, proposal.review_days, how), does, proposal.rule, grade,
        at + proposal.points_days * DAY, proposal.priors, confirmation,
    )  # fmt: skip


def dropped(state: State, case: str, by: str, reason: str, at: int) -> Act:
    """A person closes a case without a sanction."""
    return _step(state, state.of(case), fold.DROPPED, at, Dropped(case, by, reason))


def appealed(state: State, case: str, by: str, text: str, at: int, grounds: Sequence[Ground] = ()) -> Act:
    """The party objects."""
    return _step(state, state.of(case), fold.APPEALED, at, Appeal(case, by, text, tuple(grounds)))


def decided(
    state: State, case: str, by: str, reason: str, pack: Penalties, at: int, *, overturn: bool = False,
    facts: Mapping[str, Scalar] | None = None,
) -> list[Act]:  # fmt: skip
    """Another person decides on an appeal; whatever had counted the sanction is set anew in the same breath.

    Args:
        state: of all cases.
        case: the case.
        by: who decides.
        reason: for the party to read.
        pack: the rules by which it was judged.
        at: when.
        overturn: the sanction falls.
        facts: put right; the rules say what follows from them, and it must be milder.

    Returns:
        The decision, then one act for each later sanction that counted this one.

    Raises:
        CaseError: when it may not be decided so.
    """
    docket = state.of(case)
    after, instead = dict(facts or {}), None
    outcome = "overturned" if overturn else "upheld"
    if after and not overturn:
        instead = _again(state, docket, pack, after, by, reason, at)
        outcome = "lowered" if instead else "overturned"
    body = Decision(case, outcome, by, reason, after, instead)  # type: ignore[arg-type]
    act = _step(state, docket, fold.DECIDED, at, body)
    if outcome == "upheld":
        return [act]
    trial = _after(state, docket.case.party, [act])
    return [act, *regraded(trial, case, pack, at)]


def referred(state: State, case: str, by: str, to: str, at: int) -> Act:
    """A person hands a case to an authority."""
    return _step(state, state.of(case), fold.REFERRED, at, Referred(case, by, to))


def filed(state: State, case: str, number: str, at: int) -> Act:
    """The authority has opened a case of its own."""
    return _step(state, state.of(case), fold.FILED, at, Filed(case, number))


def _again(state: State, docket: Docket, pack: Penalties, facts: Mapping[str, Scalar], by: str, reason: str, at: int) -> Sanction | None:  # fmt: skip
    """What the rules make of a sanctioned case with its facts put right; None where nothing follows."""
    if docket.sanction is None:
        return None
    if not _by(docket, pack):
        raise CaseError(f"Case {docket.case.id} was judged by {docket.sanction.rule}; this is {pack.id}@{pack.version}. Judge again by the rules of then: --pack names their file.")  # fmt: skip
    right = replace(docket.case, facts=docket.case.facts | dict(facts))
    made = propose(right, pack, _before(state, docket))
    if made.outcome != "sanction":
        return None
    confirmation = Confirmation(docket.case.id, by, reason, made.digest, at)
    return _no_harsher(sanction(right, made, confirmation, pack, docket.sanction.term.starts), docket.sanction)  # fmt: skip


def regraded(state: State, fallen: str, pack: Penalties, at: int) -> list[Act]:
    """Later sanctions of the party that counted one that has changed, set anew from the first on.

    A sanction that changes may itself have been counted, so each is judged on the state that the ones before leave. Those
    judged by another pack are left for a run with that one (`figures.clocks` shows them): an appeal never waits for it.
    """
    party = state.of(fallen).case.party
    made: list[Act] = []
    changed = [fallen]
    later = [d for d in state.held(party) if d.sanction and d.case.id != fallen]
    for docket in sorted(later, key=lambda d: (d.noticed or 0, d.case.id)):
        assert docket.sanction is not None
        cause = next((c for c in changed if c in docket.sanction.priors), None)
        if cause is None or not _by(docket, pack):
            continue
        proposal = propose(docket.case, pack, _before(state, docket))
        instead = None
        if proposal.outcome == "sanction":
            made_anew = sanction(docket.case, proposal, docket.sanction.confirmed, pack, docket.sanction.term.starts)  # fmt: skip
            instead = _no_harsher(made_anew, docket.sanction)
        if instead == docket.sanction or (instead and instead.does.rank > docket.sanction.does.rank):
            continue
        act = _step(state, docket, fold.REGRADED, at, Regraded(docket.case.id, cause, instead))  # fmt: skip
        state = _after(state, party, [act])
        made.append(act)
        changed.append(docket.case.id)
    return made


def _no_harsher(instead: Sanction, old: Sanction) -> Sanction:
    """What stands instead ends no later than what it replaces, and the same step takes nothing that it did not take before.

    Else whoever is right would be limited anew, as where a week's suspension, over by now, becomes a month of less traffic,
    or where the lesser measure that points had raised to the same suspension took another capability.
    """
    was, does, term = old.does, instead.does, instead.term
    if does.step == was.step:
        kept = tuple(c for c in does.limits if c in was.limits)
        does = replace(does, weight=max(does.weight, was.weight), limits=kept)
    if old.term.until is not None and term.until is not None and term.until > old.term.until:
        does, term = replace(does, days=was.days), replace(term, until=old.term.until)
    return replace(instead, does=does, term=term)


def _before(state: State, docket: Docket) -> list[Prior]:
    """Sanctions that could have been counted when this one was proposed."""
    return [p for p in state.priors(docket.case.party) if p.case != docket.case.id]


def _by(docket: Docket, pack: Penalties) -> bool:
    """Whether a case was judged by a pack."""
    rule = docket.sanction.rule if docket.sanction else ""
    return rule.split(" ")[0] == pack.id and rule.rpartition("@")[2] == str(pack.version)


def _step(state: State, docket: Docket, kind: str, at: int, body: msgspec.Struct) -> Act:
    return _tried(state, kind, docket.case.party, at, body)


def _tried(state: State, kind: str, party: str, at: int, body: msgspec.Struct) -> Act:
    """The act, if it may follow the state."""
    name = hashlib.sha256(party.encode()).hexdigest()[:24]
    act = Act.of(f"case/{name}/{state.counts.get(party, 0) + 1}", kind, party, at, body)
    _after(state, party, [act])
    return act


def _after(state: State, party: str, acts: Sequence[Act]) -> State:
    """The state of one party after acts; the state given stays as it is."""
    cases = list(state.parties.get(party, ()))
    counts = {party: state.counts.get(party, 0)}
    trial = State({c: state.dockets[c] for c in cases}, {party: cases} if cases else {}, counts=counts)
    for act in acts:
        body = act.read(fold.SHAPES[act.kind])
        if isinstance(body, Case) and body.id in state.dockets:
            raise CaseError(f"Case {body.id} is open already.")
        trial.take(act)
    return trial
