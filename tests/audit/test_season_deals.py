"""Four weeks of simulated deals (`worlds.season`), honest and bought, against their answer key."""

from decimal import Decimal

import pyarrow.compute as pc
import pytest

from zhenbo.core.money import portion
from zhenbo.core.rows import plain
from zhenbo.intake.papers import read
from zhenbo.pipeline.audit import audit_dataset
from zhenbo.worlds import season

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def told(tmp_path_factory):
    """A season, its papers, and its deals settled at the end of the record."""
    world, folder = season.world(5), tmp_path_factory.mktemp("season")
    for name, text in world.papers.items():
        (folder / name).write_text(text, "utf-8")
    papers = read([folder])
    assert not papers.remarks
    audit = audit_dataset(world.dataset, papers=papers, lang="en").audit
    return world, {d.id: d for d in papers.deals}, {d.id: d for d in audit.deals}


def test_pledges_are_answered_as_the_truth_has_it(told):
    """Kept by real sales, bought by the agency's staff, promised by a shell: each right, none guessed."""
    world, terms, settled = told
    asked = [d for d in settled.values() if d.pledge and terms[d.id].pledge_gmv]
    assert len(asked) == 3
    assert [d.pledge.met for d in asked] == [world.deals[d.id].pledge_met for d in asked]


def test_verified_sales_hold_the_truth(told):
    """Of the deals with orders nine in ten lie in their interval, and as many within 3 % of what was really sold.

    The one that does not is the merchant's own kept parcels (A53): no host's, no agency's, and never refunded.
    """
    world, _, settled = told
    known = [(d.verified, world.deals[d.id].verified) for d in settled.values() if d.verified]
    held = sum(v.low <= real <= v.high for v, real in known)
    near = sum(abs(v.mid - real) <= 0.03 * max(real, 1) for v, real in known)
    assert min(held, near) >= 0.85 * len(known) > 10


def test_fees_and_clawback_are_due_as_the_contract_and_the_truth_have_it(told):
    """Honest deals to the fen: fees by contract, commission on real sales, and back what was paid on goods that returned."""
    world, terms, settled = told
    honest = [f"d-{n}" for n in (101, 102, 103, 104, 105, 106)]
    for name in honest:
        deal, seen, real = terms[name], settled[name], world.deals[name].verified
        fee = deal.slot_fee
        if deal.remedy == "pro_rata" and fee:
            fee = min(fee, portion(fee, Decimal(real) / deal.target))
        assert (seen.fee_due.mid if seen.fee_due else None) == fee
        if deal.commission_rate and deal.clawback_return_rate is None:
            assert seen.commission_due.mid == portion(real, deal.commission_rate)
    reached, below = settled["d-104"], settled["d-101"]
    assert reached.orders.returned_share >= 0.5 > below.orders.returned_share
    owed = portion(world.deals["d-104"].verified, terms["d-104"].commission_rate)
    assert reached.clawback.mid == max(reached.paid.commission - owed, 0)
    assert below.clawback.mid == 0
    assert below.commission_due.mid == max(below.paid.commission, portion(world.deals["d-101"].verified, terms["d-101"].commission_rate))  # fmt: skip


def test_nobody_honest_is_told_of_own_purchases_or_substitution(told):
    """The false accusations that would hurt: none of the six honest deals gets one; the staff of the agency that bought is named."""
    _, _, settled = told
    hard = {
        "own_purchase",
        "host_substituted",
        "link",
        "samples",
        "rerun",
        "addresses",
        "repeat_buyer",
        "minutes",
    }
    for name in (f"d-{n}" for n in (101, 102, 103, 104, 105, 106)):
        assert [c.id for c in settled[name].checks if c.id in hard and c.answer == "yes"] == []
        assert not settled[name].void_clauses
    assert any(c.id == "own_purchase" and c.answer == "yes" for c in settled["d-107"].checks)


def test_a_payment_is_counted_between_the_sides_of_its_deal_only(told):
    """Advances to buyers and money put elsewhere name the deal too; neither is a fee paid or a fee given back."""
    world, terms, settled = told
    events = world.dataset.events
    rows = events.filter(pc.equal(events["ref_id"], "d-108"))
    assert {"compensation", "slot_fee"} <= set(plain(rows["kind"]).to_pylist())
    assert (settled["d-108"].paid.fees, settled["d-108"].paid.back) == (terms["d-108"].slot_fee, 0)
    assert settled["d-113"].paid.fees == terms["d-113"].slot_fee
