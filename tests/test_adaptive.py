"""The adaptive attacker finds the way round a simple rule, pays for it, and cannot pass off buying nothing as evasion."""

from dataclasses import replace

import pytest

from zhenbo.core.subject import Outcome
from zhenbo.proof.adaptive import LOOKS, Evasion, Step, Told, by_naive, evade, our_verdict, silenced
from zhenbo.proof.goals import GOALS, deliver
from zhenbo.proof.naive import DETECTORS

pytestmark = pytest.mark.slow

NEXT_DAY = by_naive(DETECTORS["next-day-refunds"])
ONE_EVENING = replace(
    GOALS["pledge"],
    knobs=tuple(
        replace(k, levels=k.levels[:1]) if k.name == "sessions" else k for k in GOALS["pledge"].knobs
    ),
)


@pytest.fixture(scope="module")
def pledge():
    """Orders bought to reach a pledge in one evening, judged by their refunds of the next day."""
    return evade(NEXT_DAY, 3, ONE_EVENING)


def test_a_refund_rule_is_evaded_by_later_refunds_at_a_price(pledge):
    """The obvious knob, and no other; as many orders as before, each dearer."""
    assert pledge.evaded
    assert pledge.outcome_first == Outcome.SUSPECT
    assert pledge.plan == ("afterwards: refund over a week",)
    assert pledge.fakes_end == pledge.fakes_first
    assert pledge.dose_end == pledge.dose_first
    assert pledge.unit_end > pledge.unit_first
    assert pledge.spent > pledge.cost_end


def test_the_same_seed_runs_the_same_campaign(pledge):
    """Every delivery, verdict and cent again."""
    assert evade(NEXT_DAY, 3, ONE_EVENING) == pledge


def test_who_cannot_evade_ends_by_buying_less():
    """Against a judge who always accuses: no evasion, no more than thirty looks, and the loss of dose is reported."""
    run = evade(lambda _: Told(Outcome.LIKELY, 0.99, 20.0, ("orders.of.any.kind",)), 4, GOALS["orders"], 1e9)
    assert not run.evaded
    assert run.outcome_end == Outcome.LIKELY
    assert len(run.steps) <= LOOKS
    assert run.unit_end > run.unit_first


def test_the_budget_bounds_all_trials():
    """Without money only the first delivery happens; with some, all deliveries together stay within it."""
    poor = evade(NEXT_DAY, 3, GOALS["pledge"], 0.0)
    modest = evade(NEXT_DAY, 3, GOALS["pledge"], 3 * poor.cost_first)
    assert len(poor.steps) == 1
    assert not poor.evaded
    assert poor.spent < modest.spent <= 3 * poor.cost_first


@pytest.mark.parametrize("goal", GOALS.values(), ids=list(GOALS))
def test_every_setting_delivers_on_the_same_evening(goal):
    """Each knob at its last level: fakes arrive and the room's real acts are the ones of the cheapest plan."""
    cheap = dict.fromkeys([*(k.name for k in goal.knobs), "dose"], 0)
    base = deliver(goal, 1, cheap)
    real = _real(base, goal)
    assert base.fakes > 20
    assert base.cost > 0
    for knob in goal.knobs:
        if knob.name == "sessions":
            continue
        made = deliver(goal, 1, {**cheap, knob.name: len(knob.levels) - 1})
        assert made.fakes > 20, knob.name
        assert _real(made, goal) == real, knob.name
    spread = deliver(goal, 1, {**cheap, "sessions": 1})
    assert len(spread.world.truth) == 2
    assert spread.dose < base.dose


def _real(made, goal):
    truth = next(iter(made.world.truth.values()))
    return truth.shown[goal.metric] - truth.fabricated[goal.metric]


def test_our_verdict_is_read_as_the_seller_reads_it():
    """A bought evening audited by the pipeline: an outcome, a probability, names of signals; unseen money is no reason."""
    goal = GOALS["comments"]
    told = our_verdict(deliver(goal, 1, dict.fromkeys([*(k.name for k in goal.knobs), "dose"], 0)).world)
    assert told.caught
    assert told.probability is not None
    assert told.probability > 0.5
    assert all("." in reason for reason in told.reasons)
    assert told.reasons


def test_the_price_of_silence_is_the_cheapest_delivery_without_the_signal():
    """Of deliveries made by hand: the lowest price per fake among those in which a signal accuses no more; or never."""

    def step(change, cost, loud):
        return Step(change, cost, 100, 0.3, Told(Outcome.SUSPECT, 0.9, 10.0, loud, loud), False, (change,))

    steps = (
        step("the cheapest plan", 10.0, ("a.x", "b.y")),
        step("knob: 1", 40.0, ("b.y",)),
        step("knob: 2", 25.0, ("b.y", "c.z")),
    )
    run = Evasion(
        "orders", 1, steps, Outcome.LIKELY, Outcome.SUSPECT, 10.0, 25.0, 75.0, 100, 100, 0.3, 0.3, ()
    )
    rows = {r["signal"]: r for r in silenced([run, run])}
    assert set(rows) == {"a.x", "b.y"}  # c.z did not accuse the cheapest plan
    assert (rows["a.x"]["accused"], rows["a.x"]["silenced"]) == (2, 2)
    assert rows["a.x"]["yuan per fake, silent"] == 0.25
    assert rows["a.x"]["times dearer"] == 2.5
    assert rows["a.x"]["what it took"] == "knob: 2"
    assert (rows["b.y"]["silenced"], rows["b.y"]["what it took"]) == (0, "never silenced")
