"""Houses: agencies as firms, with contracts, people to pay, money put elsewhere, and a cash box that may run dry.

A house takes fees, spends some on what it promised, pays its people and sometimes puts money elsewhere; contracts that
miss their aim are paid back in full, in part or not at all. Whether it can goes by its cash box. In a pool 资金池 the
fees of the new pay the refunds of the old (FIELD A57, B34): nothing else distinguishes it, and every single movement is
found in honest houses too. Sizes and shares are judgement; nobody publishes such books.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Literal

import numpy as np

from zhenbo.core.session import DAY, HOUR
from zhenbo.worlds.crowd import Ints

YUAN = 100
START = 1_748_707_200_000_000  # 2025-06-01 00:00 in Beijing
END = START + 365 * DAY
HORIZON = 1_100
"""Days after the end of the record for which a cash box is followed, if nothing changes."""
FLAT = (1.0,) * 12
FESTIVE = (2.4, 0.3, 0.3, 0.6, 2.2, 2.8, 0.5, 1.0, 0.3, 0.5, 0.7, 1.6)
"""Contracts by calendar month of a house that lives on 618 and Double-11, from June on."""

Clause = Literal["full", "pro_rata", "none", "deposit"]


@dataclass(frozen=True)
class Habit:
    """How a house does business.

    Args:
        says: what it is, in a line.
        monthly: contracts in its first month.
        growth: change of that per month.
        season: multiplier by month of the record.
        since: first day of business, from the start of the record; negative for an older house.
        until: day on which it takes its last contract; None goes on.
        fee: bounds of a fee, yuan.
        roi: sales promised per yuan of fee.
        term: bounds of days from signing to the reckoning.
        clause: what a miss brings; `deposit`: the fee is a deposit that always goes back.
        reach: bounds of what a contract sells, as a part of what was promised.
        promised: broadcasts promised.
        kept: share of them that are held.
        delivery: share of a fee that is spent on traffic and hosts.
        fixed: yuan paid to staff and landlord each month.
        placed: share of a fee put elsewhere.
        placed_days: days until it comes back.
        placed_back: part of it that does.
        capital: yuan that the owners brought.
        commission: share of sales.
        pool: whether refunds of the old hang on fees of the new.
        reserve: fees stand apart until the reckoning (a supervised account).
        relief: owners lend when the box is empty.
    """

    says: str
    monthly: float
    growth: float = 0.0
    season: tuple[float, ...] = FLAT
    since: int = 0
    until: int | None = None
    fee: tuple[int, int] = (8_000, 40_000)
    roi: float = 1.5
    term: tuple[int, int] = (45, 75)
    clause: Clause = "full"
    reach: tuple[float, float] = (1.05, 2.0)
    promised: int = 4
    kept: float = 1.0
    delivery: float = 0.3
    fixed: int = 60_000
    placed: float = 0.0
    placed_days: int = 90
    placed_back: float = 1.0
    capital: int = 600_000
    commission: float = 0.15
    pool: bool = False
    reserve: bool = False
    relief: bool = False


HABITS: Mapping[str, Habit] = MappingProxyType({
    "refunder": Habit("full refunds, paid from its own margin; four in five reach the aim", 6, capital=900_000, reach=(0.8, 1.9)),
    "careful": Habit("fees stand on a supervised account until the reckoning; half miss", 6, reserve=True, reach=(0.5, 1.6), delivery=0.0, fixed=25_000, capital=700_000),
    "growing": Habit("grows fast, keeps what it promised", 3, 0.16, reach=(0.85, 2.0), capital=500_000, fixed=45_000),
    "losing": Habit("sells too little, refunds everything with its owners' money, and closes", 6, -0.08, until=230, reach=(0.3, 1.1), relief=True, capital=700_000),
    "bust": Habit("spends on traffic what it takes, refunds in proportion, and fails", 7, until=260, clause="pro_rata", reach=(0.3, 1.1), delivery=0.75, fixed=80_000, capital=300_000),
    "festive": Habit("lives on two festivals: fees before, refunds after, nothing between", 6, season=FESTIVE, reach=(0.7, 1.8), capital=1_200_000, fixed=40_000),
    "slots": Habit("slot fees for a broadcast, no refunds", 8, clause="none", roi=0.0, term=(20, 40), reach=(0.6, 2.5), promised=2, fixed=90_000),
    "deposits": Habit("takes deposits and gives every one back", 8, 0.04, clause="deposit", roi=0.0, delivery=0.0, fixed=20_000, commission=0.3, reach=(1.2, 2.5), capital=500_000),
    "buyer": Habit("buys traffic for merchants: most of a fee goes out within the week, the rest back", 7, clause="pro_rata", roi=2.0, fee=(30_000, 90_000), delivery=0.85, fixed=30_000, reach=(0.6, 1.6), capital=400_000),
    "investor": Habit("refunds when it must; puts its own capital into a brand that pays back late", 6, placed=0.25, placed_days=200, placed_back=1.1, capital=2_500_000, reach=(0.7, 1.9)),
    "bad_year": Habit("an old house in a bad year: most miss, owners lend, everybody is refunded", 6, since=-200, reach=(0.3, 1.3), relief=True, capital=900_000),
    "old": Habit("an old house that has refunded for years", 5, since=-300, reach=(0.85, 1.9), capital=1_000_000),
    "pool_small": Habit("a pool, small, that is dry before the record ends", 4, 0.02, pool=True, fee=(30_000, 80_000), roi=4.0, term=(60, 90), reach=(0.01, 0.1), promised=6, kept=0.3, delivery=0.1, fixed=60_000, placed=0.25, placed_back=0.2, placed_days=150, capital=100_000, commission=0.05),
    "pool_growing": Habit("a pool that grows by an eighth a month", 4, 0.125, pool=True, fee=(50_000, 120_000), roi=3.0, term=(75, 105), reach=(0.02, 0.15), promised=6, kept=0.35, delivery=0.05, fixed=40_000, placed=0.12, placed_back=0.5, placed_days=180, capital=300_000, commission=0.05),
    "pool_large": Habit("a pool, large, that grows by a fifth a month", 4, 0.2, pool=True, fee=(80_000, 200_000), roi=3.0, term=(80, 120), reach=(0.02, 0.12), promised=8, kept=0.3, delivery=0.04, fixed=100_000, placed=0.2, placed_back=0.6, placed_days=240, capital=500_000, commission=0.03),
    "pool_old": Habit("a pool older than the record, level, months from dry", 5, 0.015, pool=True, since=-150, fee=(40_000, 90_000), roi=3.0, term=(50, 80), reach=(0.02, 0.2), promised=5, kept=0.4, delivery=0.08, fixed=45_000, placed=0.1, placed_back=0.4, placed_days=120, capital=1_100_000, commission=0.05),
    "pool_renamed": Habit("a pool that goes on under a second company of the same person", 4, 0.06, pool=True, fee=(50_000, 110_000), roi=3.0, term=(60, 100), reach=(0.02, 0.15), promised=6, kept=0.3, delivery=0.08, fixed=70_000, placed=0.15, placed_back=0.4, placed_days=150, capital=900_000, commission=0.05),
    "pool_working": Habit("a pool that also works: most broadcasts held, one contract in five reaches its aim", 5, 0.08, pool=True, fee=(30_000, 70_000), roi=1.2, term=(60, 90), reach=(0.25, 1.2), promised=4, kept=0.85, delivery=0.2, fixed=80_000, placed=0.2, placed_back=0.3, placed_days=150, capital=500_000, commission=0.08),
})  # fmt: skip
"""Houses by name: a dozen honest ones and six pools."""


@dataclass(frozen=True)
class Contract:
    """One contract of a house.

    Args:
        number: counts all contracts of the world.
        merchant: id of the merchant.
        signed: microsecond.
        due: microsecond of the reckoning.
        fee: minor units.
        aim: sales that were promised; 0 without.
        reach: what it will sell, as a part of a usual aim.
        held: broadcasts that will be held.
    """

    number: int
    merchant: str
    signed: int
    due: int
    fee: int
    aim: int
    reach: float
    held: int


def contracts(rng: np.random.Generator, habit: Habit, first: int) -> list[Contract]:
    """The contracts of a house up to the end of the record, in order of signing.

    Args:
        rng: stream of chance.
        habit: the house.
        first: number of its first contract.
    """
    last = min(habit.until or 365, 362)
    days: list[int] = []
    for month in range(habit.since // 30, last // 30 + 1):
        age = month - habit.since // 30
        wanted = habit.monthly * (1 + habit.growth) ** age * habit.season[month % 12]
        days += (month * 30 + rng.integers(0, 30, rng.poisson(wanted))).tolist()
    made = []
    known = 0
    for place, day in enumerate(sorted(d for d in days if habit.since <= d < last)):
        again = known > 4 and rng.random() < 0.12
        known += not again
        merchant = f"m-{first}-{int(rng.integers(known)) if again else known}"
        signed = START + day * DAY + int(rng.uniform(9, 18) * HOUR)
        fee = int(rng.uniform(*habit.fee)) // 1_000 * 1_000 * YUAN
        held = int(rng.binomial(habit.promised, habit.kept))
        made.append(Contract(
            first + place, merchant, signed, signed + int(rng.integers(*habit.term)) * DAY, fee, round(fee * habit.roi),
            float(rng.uniform(*habit.reach)), held,
        ))  # fmt: skip
    return made


@dataclass(frozen=True)
class Movement:
    """Money in or out of a house.

    Args:
        at: microsecond.
        what: fee, commission, delivery, hosts, wages, place, back, refund, capital or loan.
        amount: minor units, positive into the house.
        contract: number of the contract; -1 without one.
    """

    at: int
    what: str
    amount: int
    contract: int = -1


@dataclass
class Box:
    """The cash box of a house as the days go by.

    Args:
        cash: minor units.
        owed: fees that may have to be paid back, by contract.
        idle: contracts of whose fee nothing could be put elsewhere.
        waiting: refunds that are due and unpaid: (day, contract, amount), oldest first.
        moves: all movements.
        borrowed: contracts whose refund was not covered by the house's own money.
        dry: moment at which a refund first could not be paid; None while it never happened.
        history: after each step (microsecond, fees that may have to be paid back, refunds due and unpaid).
    """

    cash: int = 0
    owed: dict[int, int] = field(default_factory=dict)
    idle: set[int] = field(default_factory=set)
    waiting: list[tuple[int, int, int]] = field(default_factory=list)
    moves: list[Movement] = field(default_factory=list)
    borrowed: dict[int, int] = field(default_factory=dict)
    dry: int | None = None
    history: list[tuple[int, int, int]] = field(default_factory=list)

    def move(self, at: int, what: str, amount: int, contract: int = -1) -> None:
        """Note a movement."""
        if amount:
            self.cash += amount
            self.moves.append(Movement(at, what, amount, contract))


def refund_of(habit: Habit, contract: Contract, sold: int) -> int:
    """What is paid back of a fee, by the clause and what was really sold."""
    if habit.clause == "deposit":
        return contract.fee
    if habit.clause == "none" or not contract.aim or sold >= contract.aim:
        return 0
    if habit.clause == "full":
        return contract.fee
    return round(contract.fee * (1 - sold / contract.aim))


Plan = list[tuple[int, int, str, int, int]]
"""What will happen: microsecond, order within it, what, amount, contract."""


def planned(
    habit: Habit, deals: Sequence[Contract], sold: Callable[[Contract], int], rng: np.random.Generator
) -> Plan:
    """Everything the contracts and the calendar will move, before anybody looks into the box."""
    plan: Plan = [(START + habit.since * DAY, 0, "capital", habit.capital * YUAN, -1)]
    for deal in deals:
        came = deal.signed + int(rng.uniform(0.3, 2) * DAY)
        plan.append((came, 1, "fee", deal.fee, deal.number))
        if habit.placed:
            plan.append((came + DAY, 2, "place", -round(deal.fee * habit.placed), deal.number))
            back = round(deal.fee * habit.placed * habit.placed_back)
            plan.append((came + habit.placed_days * DAY, 1, "back", back, deal.number))
        if habit.reserve:
            plan += [
                (came + DAY, 2, "escrow", -deal.fee, deal.number),
                (deal.due, 1, "release", deal.fee, deal.number),
            ]
        spent = round(deal.fee * habit.delivery)
        for part in range(2):
            at = deal.signed + int((deal.due - deal.signed) * (0.15 + 0.4 * part))
            plan.append((at, 2, ("delivery", "hosts")[part], -(spent // 2), deal.number))
        if earned := round(sold(deal) * habit.commission):
            plan.append((deal.due, 1, "commission", earned, deal.number))
        if back := refund_of(habit, deal, sold(deal)):
            plan.append((deal.due + int(rng.uniform(1, 9) * DAY), 3, "refund", -back, deal.number))
        else:
            plan.append((deal.due, 3, "earned", 0, deal.number))
    months = range(habit.since // 30, 13 if habit.until is None else habit.until // 30 + 2)
    plan += [
        (START + (30 * m + 28) * DAY, 2, "wages", -round(habit.fixed * YUAN * rng.uniform(0.95, 1.05)), -1)
        for m in months
    ]
    return sorted(plan)


def run(habit: Habit, plan: Plan, miss: float, until: int, box: Box | None = None) -> Box:
    """Follow a plan through the box, up to a moment.

    Args:
        habit: the house.
        plan: what is to happen.
        miss: share of contracts that miss, by which the house must expect to pay back.
        until: last microsecond.
        box: where it stood before.
    """
    box = box or Box()
    for at, _, what, amount, contract in plan:
        if at > until:
            break
        if what == "refund":
            box.waiting.append((at, contract, -amount))
        elif what == "earned":
            box.owed.pop(contract, None)
        else:
            if what == "fee" and habit.clause in {"full", "deposit"}:
                box.owed[contract] = amount
            box.move(at, what, _affordable(habit, box, (at, what, amount, contract)), contract)
        _pay(habit, box, miss, at)
        box.history.append((at, sum(box.owed.values()), sum(w[2] for w in box.waiting)))
    return box


def _affordable(habit: Habit, box: Box, step: tuple[int, str, int, int]) -> int:
    """What of a step can be paid: nothing is put elsewhere from an empty box, wages and traffic wait or are lent."""
    at, what, amount, contract = step
    if what == "back":
        return 0 if contract in box.idle else amount
    if what not in {"wages", "place", "delivery", "hosts"} or box.cash + amount >= 0:
        return amount
    if what == "place":
        box.idle.add(contract)
        return 0
    if habit.relief:
        box.move(at, "loan", habit.fixed * YUAN * 3)
        return amount
    return -max(box.cash, 0)


def _pay(habit: Habit, box: Box, miss: float, at: int) -> None:
    """Refunds that are due are paid, oldest first, as far as the money goes."""
    while box.waiting:
        _, contract, amount = box.waiting[0]
        if box.cash < amount and habit.relief:
            box.move(at, "loan", amount - box.cash + habit.fixed * YUAN)
        if box.cash < amount:
            box.dry = at if box.dry is None else box.dry
            return
        short = round(sum(box.owed.values()) * miss) - box.cash
        if habit.pool and short > 0:
            box.borrowed[contract] = min(amount, short)
        box.move(at, "refund", -amount, contract)
        box.owed.pop(contract, None)
        box.waiting.pop(0)


def onward(habit: Habit, deals: Sequence[Contract], miss: float, earned: int, *, intake: bool) -> Plan:
    """What happens after the record if nothing changes: contracts come as in the last ninety days, and fare as they did.

    Args:
        habit: the house.
        deals: contracts of the record.
        miss: share of them that missed.
        earned: commission that one brings in the mean.
        intake: whether new ones come at all.
    """
    last = [deal for deal in deals if deal.signed > END - 90 * DAY]
    plan: Plan = [(END + m * 30 * DAY, 2, "wages", -habit.fixed * YUAN, -1) for m in range(1, HORIZON // 30)]
    for deal in deals:
        if (at := deal.signed + (habit.placed_days + 1) * DAY) > END:
            plan.append((at, 1, "back", round(deal.fee * habit.placed * habit.placed_back), deal.number))
        if deal.due > END:
            plan.append((deal.due, 1, "commission", earned, deal.number))
        if deal.due > END and miss > 0:
            plan.append((deal.due + 5 * DAY, 3, "refund", -round(deal.fee * miss), deal.number))
    if not last or not intake:
        return plan
    fee, gap = sum(d.fee for d in last) // len(last), 90 * DAY // len(last)
    term = sum(d.due - d.signed for d in last) // len(last)
    for i, at in enumerate(range(END + gap, END + HORIZON * DAY, gap)):
        number = -2 - i
        plan += [
            (at, 1, "fee", fee, number),
            (at + DAY, 2, "place", -round(fee * habit.placed), number),
            (at + habit.placed_days * DAY, 1, "back", round(fee * habit.placed * habit.placed_back), number),
            (at + term // 3, 2, "delivery", -round(fee * habit.delivery), number),
            (at + term, 1, "commission", earned, number),
            (at + term + 5 * DAY, 3, "refund", -round(fee * miss), number),
        ]
    return plan


def months(box: Box) -> list[dict[str, int | str]]:
    """The books of a house at the end of each month of the record.

    Fees, refunds and money put elsewhere during it; refunds that newer merchants' fees paid for; what stood at its end:
    cash, fees that may have to be paid back (the size of a pool), refunds due and unpaid.
    """
    edges = np.arange(np.datetime64("2025-06", "M"), np.datetime64("2026-07", "M"))
    moments = ((edges.astype("datetime64[us]") - np.datetime64(0, "us")).astype(np.int64) - 8 * HOUR).tolist()
    at, amount = (np.array([getattr(m, k) for m in box.moves], dtype=np.int64) for k in ("at", "amount"))
    what = np.array([m.what for m in box.moves], dtype=object)
    paid = {m.contract: m.at for m in box.moves if m.what == "refund"}
    columns = (
        ("fees_in", "fee"),
        ("refunds_out", "refund"),
        ("placed_out", "place"),
        ("placed_back", "back"),
    )
    rows: list[dict[str, int | str]] = []
    for edge, since, until in zip(edges.astype(str).tolist(), moments, moments[1:], strict=False):
        inside = (at >= since) & (at < until)
        stood = next((h for h in reversed(box.history) if h[0] < until), (0, 0, 0))
        rows.append({
            "month": edge,
            **{name: int(np.abs(amount[inside & (what == kind)]).sum()) for name, kind in columns},
            "refunds_from_newer": sum(v for k, v in box.borrowed.items() if since <= paid[k] < until),
            "cash": int(amount[at < until].sum()), "owed": stood[1], "waiting": stood[2],
        })  # fmt: skip
    return rows


def spread(rng: np.random.Generator, contract: Contract) -> Ints:
    """When the broadcasts of a contract are held: as evenly as a calendar allows, before the reckoning."""
    part = (np.arange(contract.held) + rng.uniform(0.2, 0.8, contract.held)) / max(contract.held, 1)
    return contract.signed + ((contract.due - contract.signed - 20 * DAY) * part).astype(np.int64)
