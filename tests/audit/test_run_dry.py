"""The day a pool runs dry, asked months before: a house kept by hand, its later rows unknown."""

from dataclasses import dataclass
from decimal import Decimal

import pytest

from zhenbo.audit.flows import Flow, Move
from zhenbo.audit.growth import micro
from zhenbo.audit.rollover import Delivered, rollover
from zhenbo.core.deal import Deal
from zhenbo.core.session import DAY

START = 1_735_689_600_000_000  # 2025-01-01
FEE = 1_000_000


@dataclass(frozen=True)
class House:
    """Contracts every so many days; a part of each fee goes elsewhere and a part of that comes back; the rest is spent."""

    every: int = 4
    term: int = 60
    late: int = 5
    placed: float = 0.2
    part: float = 0.6
    lag: int = 120
    spent: float = 0.1
    capital: int = 3 * FEE

    def rows(self, until: int) -> tuple[list[Flow], int]:
        """Payments up to a day, and the day on which the first refund cannot be paid."""
        plan = [(-1.0, "income", self.capital, "owner", None)]
        for i, day in enumerate(range(0, 1_200, self.every)):
            plan += [
                (day, "fee", FEE, f"m{i}", f"d{i}"), (day + 1, "spent", round(FEE * self.placed), "fund", None),
                (day + 20, "spent", round(FEE * self.spent), "ads", None),
                (day + self.lag, "income", round(FEE * self.placed * self.part), "fund", None),
                (day + self.term + self.late, "refund", FEE, f"m{i}", f"d{i}"),
            ]  # fmt: skip
        cash, told = 0, []
        for day, what, amount, other, deal in sorted(plan, key=lambda p: (p[0], p[1] == "refund")):
            if what in {"spent", "refund"} and cash < amount:
                return [f for f in told if f.move.at <= START + until * DAY], round(day)
            inward = what in {"fee", "income"}
            cash += amount if inward else -amount
            ends = (other, "a") if inward else ("a", other)
            told.append(
                Flow(Move(round(START + day * DAY), "compensation", ends[0], None, ends[1], amount, "CNY", deal, f"s:{what}{day}{other}"), what, deal)
            )  # fmt: skip
        raise AssertionError("it never runs dry")

    def deals(self, until: int) -> list[Deal]:
        """The contracts signed by a day."""
        return [
            Deal(
                f"d{i}", host_id="h", merchant_id=f"m{i}", mcn_id="a", slot_fee=FEE, roi=Decimal(3), remedy="full",
                since=START + day * DAY, until=START + (day + self.term) * DAY,
            )
            for i, day in enumerate(range(0, until + 1, self.every))
        ]  # fmt: skip


@pytest.mark.parametrize(
    "house", [House(), House(part=0.0), House(lag=90, part=0.9), House(spent=0.2, late=2)]
)
@pytest.mark.parametrize("before", [60, 120])
def test_the_day_is_told_within_a_month_while_nothing_changes(house, before):
    """Asked two and four months before: refunds come late as they did, and money put elsewhere comes back as it did."""
    dry = house.rows(1_200)[1]
    now = dry - before
    told, _ = house.rows(now)
    found = rollover(
        house.deals(now),
        told,
        {d.id: Delivered(1, 1_000, known=True) for d in house.deals(now)},
        START + now * DAY,
    )
    assert not found.run_dry.observed
    assert abs(micro(found.run_dry.mid) - (START + dry * DAY)) <= 30 * DAY
    assert micro(found.run_dry.low) <= micro(found.run_dry.mid)
