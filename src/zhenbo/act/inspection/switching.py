"""Severity of inspection as a pure fold over the lots of a series (ISO 2859-1:1999, clauses 9.3 and 9.4).

Normal to tightened: two of five or fewer consecutive lots not accepted. Tightened to normal: five in a row accepted.
Normal to reduced: the switching score reaches 30, production is steady, the authority wants it. Reduced to normal: a lot is
not accepted, or production is not steady. Five lots not accepted on tightened inspection stop it until the supplier has
acted. Lots inspected again do not count. Each class of nonconformity has a series of its own.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace

from zhenbo.act.inspection.plans import Standard
from zhenbo.core.inspection import Level, Lot, Plan, Severity


@dataclass(frozen=True)
class Scheme:
    """What is agreed on for a series of lots.

    Args:
        standard: its plans and rules.
        level: inspection level.
        aql: acceptance quality limit.
    """

    standard: Standard
    level: Level
    aql: str


@dataclass(frozen=True)
class State:
    """Where a series stands before its next lot.

    Args:
        severity: of the next inspection.
        stopped: whether inspection is discontinued: no lot is accepted until the supplier has acted.
        score: switching score, on normal inspection.
        recent: whether each of the last lots of this severity was accepted, the latest last.
        failed: lots not accepted since tightened inspection began.
    """

    severity: Severity = "normal"
    stopped: bool = False
    score: int = 0
    recent: tuple[bool, ...] = ()
    failed: int = 0


@dataclass(frozen=True)
class Inspected:
    """A lot with its plan and what followed from it.

    Args:
        lot: as given.
        severity: it was inspected at.
        plan: it was inspected by; None while inspection is discontinued.
        accepted: None where nothing was counted.
        after: the state it leaves.
        rule: why the severity changed after it: `tighten`, `normal_again`, `reduce`, `restore`, `stop`, `resume`; else empty.
    """

    lot: Lot
    severity: Severity
    plan: Plan | None
    accepted: bool | None
    after: State
    rule: str = ""


def series(lots: Iterable[Lot], scheme: Scheme, state: State | None = None) -> Iterator[Inspected]:
    """The lots in order, each with the plan in force for it."""
    state = state or State()
    for lot in lots:
        done = step(state, lot, scheme)
        state = done.after
        yield done


def step(state: State, lot: Lot, scheme: Scheme) -> Inspected:
    """One lot: its plan by the severity in force, and the state after it."""
    resumed = state.stopped and lot.corrected
    if resumed:
        state = State("tightened")
    if state.stopped:
        return Inspected(lot, state.severity, None, None, state)
    plan = scheme.standard.plan(lot.size, scheme.level, scheme.aql, state.severity)
    if lot.found is None:
        return Inspected(lot, state.severity, plan, None, state, "resume" if resumed else "")
    accepted = lot.found <= plan.ac
    if lot.resubmitted:
        return Inspected(lot, state.severity, plan, accepted, state)
    after, rule = {"normal": _normal, "tightened": _tightened, "reduced": _reduced}[state.severity](
        state, lot, plan, scheme
    )
    return Inspected(lot, state.severity, plan, accepted, after, rule or ("resume" if resumed else ""))


def _normal(state: State, lot: Lot, plan: Plan, scheme: Scheme) -> tuple[State, str]:
    rules = scheme.standard.switching
    recent = (*state.recent, lot.found is not None and lot.found <= plan.ac)[-rules.tighten_of :]
    if recent.count(False) >= rules.tighten_not_accepted:
        return State("tightened"), "tighten"
    score = scored(state.score, lot, plan, scheme)
    if score >= rules.reduce_score and lot.steady and lot.approved:
        return State("reduced"), "reduce"
    return replace(state, score=score, recent=recent), ""


def scored(score: int, lot: Lot, plan: Plan, scheme: Scheme) -> int:
    """The switching score after a lot on normal inspection (9.3.3.2, single sampling).

    With an acceptance number of 2 or more the lot must also pass at the next smaller AQL, by the plan of the letter that was
    drawn, after arrows: it has the same number of items in every plan of the standard.
    """
    rules = scheme.standard.switching
    found = lot.found or 0
    if found > plan.ac:
        return 0
    if plan.ac < 2:
        return score + rules.score_small
    smaller = scheme.standard.smaller(scheme.aql)
    if smaller is None:
        return 0
    stricter = scheme.standard.at(plan.letter, smaller, "normal")
    return score + rules.score_large if found <= stricter.ac else 0


def _tightened(state: State, lot: Lot, plan: Plan, scheme: Scheme) -> tuple[State, str]:
    rules = scheme.standard.switching
    ok = lot.found is not None and lot.found <= plan.ac
    failed = state.failed + (not ok)
    if failed >= rules.stop_not_accepted:
        return State("tightened", stopped=True, failed=failed), "stop"
    recent = (*state.recent, ok)[-rules.normal_after_accepted :]
    if len(recent) == rules.normal_after_accepted and all(recent):
        return State(), "normal_again"
    return replace(state, recent=recent, failed=failed), ""


def _reduced(state: State, lot: Lot, plan: Plan, scheme: Scheme) -> tuple[State, str]:  # noqa: ARG001 - one form for all
    if lot.found is not None and lot.found <= plan.ac and lot.steady:
        return state, ""
    return State(), "restore"
