"""An attacker who is told the verdict and spends a budget to evade it: what evasion costs, and what is left of the purchase.

    python -m zhenbo.proof.adaptive --seed 1                      # five campaigns, two seeds, against our verdicts
    python -m zhenbo.proof.adaptive --seed 1 --against duplicate-share

A campaign is a goal (so many comments, viewers, followers or orders for a given honest room), bought at first on the
cheapest plan. After every delivery the attacker sees what a seller sees who is shown the report: outcome,
probability, score and the names of the reasons. He then tries what he can afford, first what the reasons hint at, keeps
the change with the lowest price per decibel, and stops when the outcome is below `suspect`, when the money is gone or
when he has looked thirty times; once unseen, he leaves out what proves not to be needed. Every trial is a delivery and
is paid for. Buying less comes last, and shows: what is reported is the cost per delivered fake and the dose, before
and after.

What can be bought, and its prices: `zhenbo.proof.goals`.
"""

import argparse
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np

from zhenbo.core.dataset import subjects
from zhenbo.core.subject import Outcome
from zhenbo.core.verdict import Audit
from zhenbo.proof.goals import DOSE, GOALS, Goal, Knob, Plan, deliver
from zhenbo.proof.naive import Naive
from zhenbo.worlds import World

LOOKS = 30
"""Verdicts per campaign at most: a month of evenings (judgement)."""
BUDGET = 100_000.0
"""Yuan for all deliveries of a campaign by default: enough that the price of evasion shows (judgement)."""
TRIALS = 3
"""Changes tried before the best of them is kept."""
LOUD_DB = 10.0
"""From this raw weight on a signal counts as accusing where the cost of silencing it is asked: ten times likelier."""
_SHOWN_FROM = Outcome.SUSPECT.rank


@dataclass(frozen=True)
class Told:
    """What the attacker is shown of a verdict.

    Args:
        outcome: the headline.
        probability: as in the report; None where it says nothing.
        score: how strongly it accuses, in dB; falls with suspicion.
        reasons: names of what accuses.
        loud: of them, those that accuse with `LOUD_DB` at least.
    """

    outcome: Outcome
    probability: float | None
    score: float
    reasons: tuple[str, ...]
    loud: tuple[str, ...] = ()

    @property
    def caught(self) -> bool:
        """Whether anybody would ask questions."""
        return self.outcome.rank >= _SHOWN_FROM

    @property
    def pressure(self) -> float:
        """What the attacker lowers: the score, an outcome counting 10 dB and a reason 1 dB (judgement)."""
        return self.score + 10 * self.outcome.rank + len(self.reasons)


Judge = Callable[[World], Told]


@dataclass(frozen=True)
class Step:
    """One delivery, what it changed, what was said of it, whether the change was kept, and how it differs from the cheapest plan."""

    change: str
    cost: float
    fakes: int
    dose: float
    told: Told
    kept: bool
    plan: tuple[str, ...] = ()


@dataclass(frozen=True)
class Evasion:
    """How a campaign went.

    Args:
        goal: its name.
        seed: of the room and the attacker.
        steps: every delivery in order.
        outcome_first: of the cheapest plan.
        outcome_end: of the plan he ended with.
        cost_first: of the cheapest plan, yuan.
        cost_end: of the last plan, yuan.
        spent: on all deliveries, trials included, yuan.
        fakes_first: delivered by the cheapest plan.
        fakes_end: delivered by the last plan.
        dose_first: largest fabricated share of a session at first.
        dose_end: the same at the end.
        plan: the settings that differ from the cheapest plan at the end.
    """

    goal: str
    seed: int
    steps: tuple[Step, ...]
    outcome_first: Outcome
    outcome_end: Outcome
    cost_first: float
    cost_end: float
    spent: float
    fakes_first: int
    fakes_end: int
    dose_first: float
    dose_end: float
    plan: tuple[str, ...]

    @property
    def evaded(self) -> bool:
        """Caught at first and not at the end."""
        return self.outcome_first.rank >= _SHOWN_FROM > self.outcome_end.rank

    @property
    def unit_first(self) -> float:
        """Yuan per delivered fake on the cheapest plan."""
        return self.cost_first / max(self.fakes_first, 1)

    @property
    def unit_end(self) -> float:
        """Yuan per delivered fake on the last plan."""
        return self.cost_end / max(self.fakes_end, 1)


# --- a campaign ---------------------------------------------------------------------------------------------------


@dataclass
class _Attacker:
    """A campaign under way: what is in force, what it was told, what is spent."""

    judge: Judge
    goal: Goal
    seed: int
    budget: float
    steps: list[Step] = field(default_factory=list)
    turned: Counter[str] = field(default_factory=Counter)
    spent: float = 0.0

    def look(self, chosen: Plan, change: str) -> Told | None:
        """Deliver a plan and read the verdict; None when it cannot be afforded or the looks are used up."""
        if len(self.steps) >= LOOKS:
            return None
        made = deliver(self.goal, self.seed, chosen)
        if self.steps and self.spent + made.cost > self.budget:
            return None
        told = self.judge(made.world)
        self.spent += made.cost
        plan = _differs(self.goal, chosen)
        self.steps.append(Step(change, made.cost, made.fakes, made.dose, told, kept=False, plan=plan))
        return told

    def keep(self, index: int) -> Step:
        """Note that a delivery's change was kept."""
        self.steps[index] = replace(self.steps[index], kept=True)
        return self.steps[index]


def evade(judge: Judge, seed: int, goal: Goal, budget: float = BUDGET) -> Evasion:
    """Run one campaign against a judge.

    Args:
        judge: what reads the record and tells the outcome.
        seed: of the honest room and the deliveries; the same seed gives the same campaign.
        goal: what is wanted.
        budget: yuan for all deliveries together; the first one is bought in any case.
    """
    one = _Attacker(judge, goal, seed, budget)
    chosen = dict.fromkeys([*(k.name for k in goal.knobs), DOSE.name], 0)
    one.look(chosen, "the cheapest plan")
    last = first = one.keep(0)
    while last.told.caught:
        better = _try(one, chosen, last) or _buy_less(one, chosen)
        if better is None:
            break
        last, chosen = better
    if first.told.caught and not last.told.caught:
        last, chosen = _trim(one, chosen, last)
    return Evasion(
        goal.name, seed, tuple(one.steps), first.told.outcome, last.told.outcome, first.cost, last.cost, one.spent,
        first.fakes, last.fakes, first.dose, last.dose,
        _differs(goal, chosen),
    )  # fmt: skip


def _differs(goal: Goal, chosen: Plan) -> tuple[str, ...]:
    """The settings that differ from the cheapest plan."""
    return tuple(f"{k.name}: {k.levels[chosen[k.name]].value}" for k in (*goal.knobs, DOSE) if chosen[k.name])


def _try(one: _Attacker, chosen: Plan, last: Step) -> tuple[Step, dict[str, int]] | None:
    """Try the next level of a few knobs and keep the one that costs least per decibel; none helps: keep the cheapest.

    Reasons of one kind hide one another, so that a change may help only beside the next: what was paid for stays.
    """
    hinted, others = _wishes(one, chosen, last.told)
    tried = _trials(one, chosen, last, hinted) or _trials(one, chosen, last, others)
    if not tried:
        return None
    _, at, changed = min(tried, key=lambda t: (t[0], t[1]))
    return one.keep(at), changed


def _trials(
    one: _Attacker, chosen: Plan, last: Step, knobs: Sequence[Knob]
) -> list[tuple[float, int, dict[str, int]]]:
    """The next level of up to three knobs, each alone: its rank, its step and its plan. One that evades ends the search."""
    tried = []
    for knob in knobs[:TRIALS]:
        one.turned[knob.name] += 1
        changed = {**chosen, knob.name: chosen[knob.name] + 1}
        told = one.look(changed, f"{knob.name}: {knob.levels[changed[knob.name]].value}")
        if told is None:
            continue
        at = len(one.steps) - 1
        if not told.caught:
            return [(0.0, at, changed)]
        fall = last.told.pressure - told.pressure
        extra = max(one.steps[at].cost - last.cost, 0.01)
        # Helpful changes rank first, by price per decibel; then the others, by price.
        tried.append((extra / fall if fall > 0 else 1e9 + extra, at, changed))
    return tried


def _wishes(one: _Attacker, chosen: Plan, told: Told) -> tuple[list[Knob], list[Knob]]:
    """Knobs that can be turned: those that a reason hints at, and the rest; the least tried first, then the cheapest."""

    def rank(knob: Knob) -> tuple[int, float]:
        new, old = (knob.levels[chosen[knob.name] + step] for step in (1, 0))
        # The bill of a hundred fakes in as many accounts in an hour's session.
        bills = [100 * (x.fake + x.account + x.hour) + x.session for x in (new, old)]
        return one.turned[knob.name], bills[0] - bills[1]

    free = sorted((k for k in one.goal.knobs if chosen[k.name] + 1 < len(k.levels)), key=rank)
    hinted = [k for k in free if any(hint in reason.lower() for hint in k.hints for reason in told.reasons)]
    return hinted, [k for k in free if k not in hinted]


def _buy_less(one: _Attacker, chosen: Plan) -> tuple[Step, dict[str, int]] | None:
    """The last resort."""
    at = chosen[DOSE.name] + 1
    if at == len(DOSE.levels):
        return None
    changed = {**chosen, DOSE.name: at}
    told = one.look(changed, f"dose: {DOSE.levels[at].value}")
    return None if told is None else (one.keep(len(one.steps) - 1), changed)


def _trim(one: _Attacker, chosen: dict[str, int], last: Step) -> tuple[Step, dict[str, int]]:
    """Not caught: buy the whole dose again if that goes unseen, and leave out what proves not to be needed."""
    for knob in (DOSE, *one.goal.knobs):
        if not chosen[knob.name]:
            continue
        changed = {**chosen, knob.name: 0}
        told = one.look(changed, f"back to {knob.name}: {knob.levels[0].value}")
        if told is not None and not told.caught:
            step = one.steps[-1]
            if knob is DOSE or step.cost <= last.cost:
                last, chosen = one.keep(len(one.steps) - 1), changed
    return last, chosen


# --- judges -------------------------------------------------------------------------------------------------------


def shown(audit: Audit) -> Told:
    """What an audit tells the seller: its gravest session or shop month, and every reason that accuses there."""
    worst = max(
        (*audit.sessions, *audit.shops),
        key=lambda v: (
            v.verdict.rank,
            max((q.score_db or -99.0 for q in v.questions.values()), default=-99.0),
        ),
    )
    scores = [q.score_db for q in worst.questions.values() if q.asked and q.score_db is not None]
    reasons = tuple(dict.fromkeys(r.signal for r in worst.reasons if r.raw_db > 0))
    loud = tuple(sorted({r.signal for r in worst.reasons if r.raw_db >= LOUD_DB}))
    return Told(worst.verdict, worst.probability, max(scores, default=worst.score_db), reasons, loud)


def our_verdict(world: World) -> Told:
    """The judge that is our pipeline."""
    from zhenbo.pipeline import audit_dataset

    return shown(audit_dataset(world.dataset, lang="en").audit)


def by_naive(detector: Naive) -> Judge:
    """A naive detector as a judge: `suspect` when it fires on any session, its score in dB over its threshold."""

    def judge(world: World) -> Told:
        alarms = [a for s in subjects(world.dataset) if (a := detector.look(s)) is not None]
        if not alarms:
            return Told(Outcome.INSUFFICIENT, None, 0.0, ())
        fires = any(a.fires for a in alarms)
        score = 10 * float(np.log10(max(a.score for a in alarms) + 1e-9))
        outcome = Outcome.SUSPECT if fires else Outcome.UNLIKELY
        told = (detector.id,) if fires else ()
        return Told(outcome, None, score, told, told)

    return judge


# --- tables and command line --------------------------------------------------------------------------------------


def _run(job: tuple[str, int, float, str | None]) -> Evasion:
    from zhenbo.proof.naive import DETECTORS

    goal, seed, budget, against = job
    return evade(by_naive(DETECTORS[against]) if against else our_verdict, seed, GOALS[goal], budget)


def campaigns(
    seeds: Iterable[int],
    goals: Iterable[str] = tuple(GOALS),
    budget: float = BUDGET,
    against: str | None = None,
) -> list[Evasion]:
    """Every goal at every seed, in that order, over two processes.

    Args:
        seeds: of rooms and attackers.
        goals: names out of `GOALS`.
        budget: yuan for all deliveries of a campaign.
        against: id of a naive detector; None takes our verdicts.
    """
    seeds = tuple(seeds)
    with ProcessPoolExecutor(2) as pool:
        return list(pool.map(_run, [(goal, seed, budget, against) for goal in goals for seed in seeds]))


def row(run: Evasion) -> dict[str, Any]:
    """A campaign as one line of a table: plain values by column."""
    return {
        "goal": run.goal, "seed": run.seed, "deliveries": len(run.steps),
        "outcome first": str(run.outcome_first), "outcome end": str(run.outcome_end),
        "yuan first": round(run.cost_first), "yuan end": round(run.cost_end), "yuan with trials": round(run.spent),
        "fakes first": run.fakes_first, "fakes end": run.fakes_end,
        "yuan per fake first": round(run.unit_first, 2), "yuan per fake end": round(run.unit_end, 2),
        "dose first": round(run.dose_first, 2), "dose end": round(run.dose_end, 2), "what it took": "; ".join(run.plan) or "-",
    }  # fmt: skip


def silenced(runs: Sequence[Evasion]) -> Iterator[dict[str, Any]]:
    """What it costs to silence each signal: one row per signal that accused a campaign on its cheapest plan.

    Of the deliveries of that campaign in which it accused no more, the one with the lowest price per fake: an upper bound,
    since only what the attacker tried is known. How that plan differs from the cheapest stands beside it; buying less counts too, and
    shows in the dose.
    """
    for signal in sorted({name for run in runs for name in run.steps[0].told.loud}):
        heard = [run for run in runs if signal in run.steps[0].told.loud]
        found = [(run, step) for run in heard if (step := _cheapest_silent(run, signal)) is not None]
        before = [run.unit_first for run, _ in found]
        after = [step.cost / max(step.fakes, 1) for _, step in found]
        changes = Counter(" + ".join(step.plan) or "buying again" for _, step in found)
        yield {
            "signal": signal, "goals": ", ".join(dict.fromkeys(run.goal for run in heard)), "accused": len(heard), "silenced": len(found),
            "yuan per fake, accused": round(float(np.median(before)), 2) if found else None,
            "yuan per fake, silent": round(float(np.median(after)), 2) if found else None,
            "times dearer": round(float(np.median(np.array(after) / before)), 1) if found else None,
            "dose, accused": round(float(np.median([run.dose_first for run in heard])), 2),
            "dose, silent": round(float(np.median([step.dose for _, step in found])), 2) if found else None,
            "what it took": " / ".join(name for name, _ in changes.most_common(2)) or "never silenced",
        }  # fmt: skip


def _cheapest_silent(run: Evasion, signal: str) -> Step | None:
    """The delivery with the lowest price per fake in which a signal does not accuse."""
    quiet = [s for s in run.steps if s.fakes and signal not in s.told.loud]
    return min(quiet, key=lambda s: s.cost / s.fakes, default=None)


def _lines(rows: Sequence[Mapping[str, Any]]) -> Iterator[str]:
    """Rows under their column names, as wide as they need."""
    cells = [list(rows[0]), *([str(v) for v in r.values()] for r in rows)]
    widths = [max(map(len, column)) for column in zip(*cells, strict=True)]
    for line in cells:
        yield "  ".join(cell.ljust(width) for cell, width in zip(line, widths, strict=True)).rstrip()


def _steps(run: Evasion) -> Iterator[str]:
    """Every delivery of a campaign; a star where its change was kept."""
    yield f"\n{run.goal} {run.seed}"
    for s in run.steps:
        yield (
            f"  {'*' if s.kept else ' '} {s.change:40} {s.cost:8.0f} {s.fakes:5} {s.dose:5.0%} {s.told.outcome:12}"
            f" {s.told.score:6.1f} {', '.join(s.told.reasons)}"
        )


def main() -> None:
    """Command line of the adaptive attacker."""
    from zhenbo.proof.naive import DETECTORS

    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--seeds", type=int, default=2, help="how many seeds, from --seed on")
    parser.add_argument("--goal", choices=list(GOALS), action="append", help="all by default")
    parser.add_argument("--budget", type=float, default=BUDGET, help="yuan for all deliveries of a campaign")
    parser.add_argument("--against", choices=list(DETECTORS), help="a naive detector instead of our verdicts")
    parser.add_argument("--steps", action="store_true", help="print every delivery")
    given = parser.parse_args()
    seeds = range(given.seed, given.seed + given.seeds)
    runs = campaigns(seeds, given.goal or tuple(GOALS), given.budget, given.against)
    signals = list(silenced(runs))
    for line in (
        *_lines([row(r) for r in runs]),
        *(("", *_lines(signals)) if signals else ()),
        *(x for r in runs if given.steps for x in _steps(r)),
    ):
        print(line)  # noqa: T201 - a command line


if __name__ == "__main__":
    main()
