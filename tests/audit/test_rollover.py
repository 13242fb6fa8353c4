"""Service-fee rollover: the pool of FIELD B34 by hand, and the honest agencies that look most like it."""

from dataclasses import replace
from decimal import Decimal

import pytest

from zhenbo.audit.agency import houses
from zhenbo.audit.flows import Flow, Move, flows
from zhenbo.audit.growth import micro
from zhenbo.audit.rollover import Delivered, rollover
from zhenbo.core.deal import Deal
from zhenbo.core.parties import Party, Registry
from zhenbo.core.session import DAY
from zhenbo.core.subject import Outcome

START = 1_772_380_800_000_000
FEE = 9_800_000
SIGNED = (0, 3, 7, 12, 18, 24)
DEALS = [
    Deal(
        f"d{i}", host_id="h", merchant_id=f"m{i}", mcn_id="a", slot_fee=FEE, roi=Decimal(3), remedy="full",
        since=START + d * DAY, until=START + (d + 14) * DAY,
    )
    for i, d in enumerate(SIGNED)
]  # fmt: skip
LITTLE = {d.id: Delivered(1, 50_000, known=True) for d in DEALS}


def flow(what, day, amount, deal=None):
    """A payment of the agency on a day of the record."""
    move = Move(
        round(START + day * DAY), "service_fee", "x", None, "y", amount, "CNY", deal, f"s:{what}-{day}"
    )
    return Flow(move, what, deal)


def pool(until=60, capital=0, ads=0):
    """Fees in, 30 % put elsewhere a day later, refunds after a fortnight as long as there is money."""
    told = [flow("income", -1, capital)] if capital else []
    for i, d in enumerate(SIGNED):
        told += [flow("fee", d, FEE, f"d{i}"), flow("spent", d + 1, FEE * 3 // 10, f"d{i}")]
        told += [flow("spent", d + 0.5, ads)] if ads else []
    told += [flow("refund", d + 14, FEE, f"d{i}") for i, d in enumerate(SIGNED) if capital or i < 4]
    return [
        f for f in sorted(told, key=lambda f: (f.move.at, f.move.event)) if f.move.at <= START + until * DAY
    ]


def test_the_pool_is_found_with_what_newer_merchants_paid_and_the_day_it_ran_dry():
    """By hand: of four refunds 29,400 + 58,800 + 88,200 + 98,000 yuan came from newer fees; day 32 is the first unpaid one."""
    found = rollover(DEALS, pool(), LITTLE, START + 60 * DAY)
    assert found.outcome is Outcome.LIKELY
    assert (found.fees, found.refunded, found.newer_low, found.newer_high) == (6 * FEE, 4 * FEE, 27_440_000, 27_440_000)  # fmt: skip
    assert found.run_dry.observed
    assert micro(found.run_dry.mid) == START + 32 * DAY


def test_the_day_is_foreseen_within_a_month():
    """Asked twelve days before, with every later row unknown."""
    now = START + 20 * DAY
    found = rollover(DEALS, pool(until=20), LITTLE, now)
    assert found.outcome is Outcome.LIKELY
    ends = [micro(getattr(found.run_dry, end)) for end in ("low", "mid")]
    assert ends[0] <= START + 32 * DAY + 7 * DAY
    assert abs(ends[1] - (START + 32 * DAY)) <= 30 * DAY


@pytest.mark.parametrize("capital", [60_000_000, 100_000_000])
def test_capital_that_covers_the_refunds_clears(capital):
    """The same contracts, targets missed and everything refunded, out of the owners' money: no newer fee is needed."""
    found = rollover(DEALS, pool(capital=capital), LITTLE, START + 60 * DAY)
    assert found.outcome is Outcome.UNLIKELY
    assert found.newer_high == 0


def test_fees_that_were_earned_are_the_agencys_own():
    """Newer merchants who got what they were promised paid for something: refunds out of that are nobody else's money."""
    sold = {d.id: Delivered(5, 4 * FEE, known=True) for d in DEALS[1:]} | {"d0": LITTLE["d0"]}
    told = [flow("fee", d, FEE, f"d{i}") for i, d in enumerate(SIGNED)]
    told = sorted(
        [*told, flow("spent", 1, FEE, "d0"), flow("refund", 40, FEE, "d0")], key=lambda f: f.move.at
    )
    found = rollover(DEALS, told, sold, START + 60 * DAY)
    assert found.outcome is Outcome.UNLIKELY
    assert found.newer_high == 0


def test_money_that_the_record_does_not_show_leaves_it_open():
    """An agency that paid out more than came in had other money: where refunds came from cannot be proven."""
    told = [f for f in pool(capital=100_000_000, ads=6_000_000) if f.what != "income"]
    found = rollover(DEALS, told, LITTLE, START + 60 * DAY)
    assert found.unseen > 0
    assert found.outcome.rank <= Outcome.SUSPECT.rank


def test_three_contracts_make_no_pool_and_no_payments_no_answer():
    """Two refunds under a clause are two refunds; without a payment nothing is said."""
    two = [f for f in pool() if f.deal in {"d0", "d1"}]
    assert rollover(DEALS, two, LITTLE, START + 60 * DAY).outcome is Outcome.UNLIKELY
    assert rollover(DEALS, [], LITTLE, START).outcome is Outcome.INSUFFICIENT


def test_a_house_of_two_agencies_is_one_and_its_own_transfers_none():
    """The operator who goes on under a new name keeps the debts: money between the two is no income."""
    rows = [
        Party("a", "agency", "旧", "acts_as", "ua"), Party("b", "agency", "新", "acts_as", "ub"),
        Party("a", "agency", relation="operated_by", other="p"), Party("b", "agency", relation="operated_by", other="p"),
        Party("m0", "merchant", relation="acts_as", other="um"),
    ]  # fmt: skip
    book = Registry(rows, DEALS[:1])
    fee = Move(START, "service_fee", "um", None, "ua", FEE, "CNY", None, "s:1")
    moved = [fee, replace(fee, payer="ua", payee="ub", event="s:2"), replace(fee, payer="ub", payee="um", kind="compensation", event="s:3")]  # fmt: skip
    assert houses(book) == [("a", "b")]
    assert [(f.what, f.deal) for f in flows(("a", "b"), moved, DEALS[:1], book)] == [("fee", "d0"), ("refund", "d0")]  # fmt: skip


def test_refunds_out_of_kept_fees_are_no_pool_and_no_clean_answer():
    """Fees kept and given back for next to nothing sold: not cleared, unless the agency shows money of its own."""
    kept = [flow("fee", d, FEE, f"d{i}") for i, d in enumerate(SIGNED)]
    kept += [flow("refund", d + 40, FEE, f"d{i}") for i, d in enumerate(SIGNED)]
    assert rollover(DEALS, kept, LITTLE, START + 80 * DAY).outcome is Outcome.INSUFFICIENT
    own = [flow("income", -1, 6 * FEE), *kept]
    assert rollover(DEALS, own, LITTLE, START + 80 * DAY).outcome is Outcome.UNLIKELY
