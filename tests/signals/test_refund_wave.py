"""A wave of refunds is flagged on the day after it, from what is known by then; honest refunds are not."""

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pytest

from zhenbo.audit.session import audit_case
from zhenbo.core.session import DAY, micros
from zhenbo.core.subject import Outcome
from zhenbo.pipeline import cases, default_policy, words
from zhenbo.signals.nulls import ACCOUNT_PRIOR_DB
from zhenbo.worlds.campaign import room
from zhenbo.worlds.truth import World

pytestmark = pytest.mark.slow
WAVE_MIN = 40
"""Orders from which refunds that come together are a wave."""


def refunds(world: World, orders: frozenset[str] | None = None) -> np.ndarray:
    """When money was first asked back, in order: for some orders, or for all."""
    rows = world.dataset.events
    rows = rows.filter(pc.is_in(rows["kind"].cast(pa.string()), pa.array(["refund_request", "refund_done"])))
    if orders is not None:
        rows = rows.filter(pc.is_in(rows["order_id"], value_set=pa.array(sorted(orders), pa.string())))
    return np.sort(micros(rows["ts"]))


def told(world: World, as_of: int | None) -> tuple[Outcome, frozenset[str]]:
    """What is said of the sales of a room at a moment, and the orders that the wave names."""
    (made,) = cases(world.dataset, as_of=as_of)
    audit = audit_case(made, default_policy(), words("en"))
    waves = [w.evidence for w in audit.judgement.reasons if w.evidence.signal == "orders.refund_echo"]
    named = frozenset(order for e in waves for order, db in e.orders.items() if db + ACCOUNT_PRIOR_DB > 0)
    return audit.verdict.questions["sales"].verdict, named


@pytest.mark.parametrize("view", ["insider", "merchant"])
@pytest.mark.parametrize("attack", ["brush-next_day", "brush-early"])
def test_a_wave_is_flagged_within_a_day_of_its_first_refund(attack, view):
    """Issue 6: 24 hours after the first refund the record says as much as weeks later; most of the wave is named."""
    waves = 0
    for seed in range(821, 824):
        world = room(seed, attack=attack, dose=0.5, view=view)
        (truth,) = world.truth.values()
        if len(truth.fake_orders) < WAVE_MIN:
            continue
        waves += 1
        outcome, named = told(world, int(refunds(world, truth.fake_orders)[0]) + DAY)
        assert outcome.rank >= Outcome.SUSPECT.rank, seed
        assert len(named & truth.fake_orders) >= 0.5 * len(truth.fake_orders), seed
        assert len(named - truth.fake_orders) <= 0.02 * len(truth.fake_orders) + 1, seed
    assert waves


def test_returns_of_an_honest_evening_are_not_a_wave_a_day_after():
    """Apparel that comes back, read on the day after its first and after its middle refund."""
    for seed in (821, 822):
        world = room(seed, burst="apparel_returns")
        at = refunds(world)
        for moment in (at[0], at[len(at) // 2]) if len(at) else ():
            outcome, named = told(world, int(moment) + DAY)
            assert outcome.rank < Outcome.SUSPECT.rank, seed
            assert not named, seed
