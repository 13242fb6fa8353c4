"""A year of eighteen agencies: contracts, broadcasts, fees and refunds; twelve houses are honest, six are pools.

Pools (FIELD A57, B34) take a high fee, promise sales they never try for, put money elsewhere, and refund old merchants
from the fees of newer ones; some are dry before the record ends, others months later. Honest houses do each of these
things for honest reasons: refunds in full from a margin, deposits that always go back, fees passed on to traffic within
the week, festivals, growth, an old house whose first fees lie before the record, owners who lend in a bad year, failure.
Every broadcast shows a handful of orders per merchant and next to no audience. Payments are rows of the record: fees
(`service_fee`), refunds (`compensation`, with the deal), commission, traffic (`ad_spend`), wages, owners' money, money
put elsewhere and coming back (`compensation` or `service_fee` between firms without a deal, as statements call it). An
older house opens with the balance it carried over. The truth folder holds `agencies.parquet` (temper, whether a pool, what it owed
and held at the end, `dry_on`: the first refund that could not be paid, else when that comes if contracts go on being
signed as in the last ninety days; `dry_without_intake`: if none were) and `months.parquet` (the books month by month, `owed`
being the size of a pool), and `purchases.parquet`, whose `scheme` is the deal; amounts in fen.
"""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
import pyarrow as pa

from zhenbo.core.dataset import Dataset
from zhenbo.core.schema import ACCOUNTS, SESSION_METRICS, empty
from zhenbo.core.session import DAY, HOUR, MINUTE
from zhenbo.worlds.crowd import Crowd
from zhenbo.worlds.excuses import Public, public
from zhenbo.worlds.houses import (
    END,
    HABITS,
    START,
    Box,
    Contract,
    Habit,
    contracts,
    months,
    onward,
    planned,
    refund_of,
    run,
    spread,
)
from zhenbo.worlds.ledger import PLATFORM, Ledger, catalogued, money_of, purchases, table
from zhenbo.worlds.market import Deal, Firm, Party, accounts_of, firm, paper
from zhenbo.worlds.show import Words
from zhenbo.worlds.stalls import Batch, ordinary, sell, stall
from zhenbo.worlds.truth import DealTruth, SessionTruth, World

KINDS = ("beauty", "food", "home", "apparel", "beauty", "home")
SMALL = (
    "refunder",
    "careful",
    "festive",
    "deposits",
    "buyer",
    "investor",
    "pool_small",
    "pool_growing",
    "pool_old",
)
NAMES = (
    "青禾",
    "聚浪",
    "星汇",
    "稳投",
    "同路",
    "万客",
    "恒星",
    "知更",
    "众声",
    "白桦",
    "海角",
    "长风",
    "云起",
    "明川",
    "远山",
    "启明",
    "朝露",
    "听涛",
)
CALLED = {
    "delivery": "千川充值", "hosts": "主播服务费", "wages": "工资房租", "place": "对外投资", "back": "投资收回", "capital": "股东投入", "escrow": "转入监管户", "release": "监管户转出",
    "loan": "股东借款",
}  # fmt: skip


@dataclass
class House:
    """An agency while its year is made up.

    Args:
        role: name of its habit.
        habit: how it does business.
        firm: the firm.
        second: the company under which it goes on; None for most.
        deals: its contracts.
        hosts: its rooms.
        evenings: broadcasts that each contract has in all.
        unseen: part of them that lies outside the record.
        sold: what each contract really sold, as far as the record holds it.
        reckoned: what it sold in all.
        papers: contracts as filed.
        box: its cash box.
    """

    role: str
    habit: Habit
    firm: Firm
    second: Firm | None
    deals: list[Contract]
    hosts: list[str]
    evenings: dict[int, int] = field(default_factory=dict)
    unseen: dict[int, float] = field(default_factory=dict)
    sold: dict[int, int] = field(default_factory=dict)
    reckoned: dict[int, int] = field(default_factory=dict)
    papers: dict[int, Deal] = field(default_factory=dict)
    box: Box = field(default_factory=Box)

    def payee(self, at: int) -> Firm:
        """The company that stands in the contracts at a moment."""
        return self.firm if self.second is None or at < MOVED else self.second


PERIOD = 10
"""Days of which a room's contracts share one broadcast."""
MOVED = START + 190 * DAY
"""When the renamed pool goes on under its second company."""


@dataclass
class Year:
    """What the houses have in common.

    Args:
        ledger: the books.
        rng: stream of chance.
        public: who buys.
        merchants: firms by id.
        others: platform, funds, staff and owners, by id.
        parties: lines on who is who.
        products: rows of the catalogue.
    """

    ledger: Ledger
    rng: np.random.Generator
    public: Public
    merchants: dict[str, Firm] = field(default_factory=dict)
    others: dict[str, Firm] = field(default_factory=dict)
    parties: list[Party] = field(default_factory=list)
    products: list[dict[str, object]] = field(default_factory=list)

    def other(self, name: str, role: str, called: str) -> Firm:
        """A payer or payee beside the trade, made when first met."""
        if name not in self.others:
            self.others[name] = firm(self.ledger.crowd, self.rng, START, name, role, called)
        return self.others[name]


def world(seed: int, *, small: bool = False) -> World:
    """Eighteen houses; which id each bears, how much and when, changes with the seed. `small` makes nine of them."""
    rng, salt = np.random.default_rng([seed, 96]), seed * 1_000_003 + 96
    crowd = Crowd()
    ledger = Ledger(crowd, Words(), salt)
    year = Year(ledger, rng, public(crowd, rng, START, 6_000))
    roles = list(SMALL if small else HABITS)
    number = rng.permutation(np.arange(201, 201 + len(roles))).tolist()
    houses = [_house(year, role, n, i) for i, (role, n) in enumerate(zip(roles, number, strict=True))]
    for house in houses:
        _broadcasts(year, house)
    bought = purchases(ledger, END)
    _reckoned(houses, bought)
    for house in houses:
        _books(year, house)
        _who(year, house)
    return _written(year, houses, bought)


def _house(year: Year, role: str, number: int, place: int) -> House:
    """A house with its contracts and one room for about every forty-five of them."""
    habit = HABITS[role]
    deals = contracts(year.rng, habit, number * 1_000)
    crowd, rng = year.ledger.crowd, year.rng
    name = NAMES[place % len(NAMES)] + ("传媒", "文化", "互娱")[number % 3]
    mine = firm(crowd, rng, START, f"mcn-{number}", "agency", name)
    second = (
        firm(crowd, rng, START, f"mcn-{number + 500}", "agency", name + "（新）")
        if role == "pool_renamed"
        else None
    )
    hosts = [f"h{number * 10 + i}" for i in range(max(1, round(len(deals) / 45)))]
    for deal in deals:
        if deal.merchant not in year.merchants:
            year.merchants[deal.merchant] = firm(
                crowd, rng, START, deal.merchant, "merchant", f"商家{deal.merchant[2:]}"
            )
    return House(role, habit, mine, second, deals, hosts)


def _broadcasts(year: Year, house: House) -> None:
    """A room's broadcasts gather the contracts that fall into the same days; each sells a handful for each merchant."""
    held: dict[tuple[str, int], list[Contract]] = defaultdict(list)
    first: dict[int, str] = {}
    for i, deal in enumerate(house.deals):
        host = first[deal.number] = house.hosts[i % len(house.hosts)]
        times = {(at - START) // (PERIOD * DAY) for at in spread(year.rng, deal).tolist()}
        seen = sorted(week for week in times if 0 <= week < (365 - 25) // PERIOD)
        house.evenings[deal.number] = len(times)
        house.unseen[deal.number] = 1 - len(seen) / max(len(times), 1)
        for week in seen:
            held[host, week].append(deal)
    kind = {host: KINDS[i % len(KINDS)] for i, host in enumerate(house.hosts)}
    named: dict[int, list[str]] = defaultdict(list)
    for (host, week), deals in sorted(held.items()):
        session = f"r{host[1:]}-{week:02d}"
        day = START + (week * PERIOD + _day_of(host, week) % PERIOD) * DAY
        _evening(year, house, session, day, deals)
        for deal in deals:
            named[deal.number].append(session)
    for deal in house.deals:
        house.papers[deal.number] = _filed(house, deal, first[deal.number], tuple(named[deal.number]))
        year.products.append({
            "platform": PLATFORM, "product_id": f"p-{first[deal.number]}-{deal.number % 1_000}", "merchant_id": deal.merchant,
            "shop_id": deal.merchant, "category": kind[first[deal.number]], "title": f"链接{deal.number % 1_000}",
            "list_price": 19_900, "currency": "CNY",
        })  # fmt: skip


def _day_of(host: str, week: int) -> int:
    """A day of the period for a room, without chance."""
    return sum(map(ord, host)) + week


def _evening(year: Year, house: House, session: str, day: int, deals: Sequence[Contract]) -> None:
    """One broadcast: a gauge, and four to eight orders for each contract, as large as its reach asks for."""
    rng, ledger, host = year.rng, year.ledger, f"h{session[1:-3]}"
    kind = KINDS[house.hosts.index(host) % len(KINDS)]
    start = day + 19 * HOUR + int(rng.integers(0, 90)) * MINUTE
    end = start + int(rng.integers(90, 180)) * MINUTE
    to = stall(ledger, rng, host, kind, (start, end), session=session)
    fate = ordinary(rng, kind)
    to.shelf = tuple(f"p-{host}-{deal.number % 1_000}" for deal in deals)
    code = {"host": ledger.words.code(host), "session": ledger.words.code(session)}
    at = np.arange(start, end, 10 * MINUTE)
    room = int(rng.lognormal(np.log(300), 0.6))
    ledger.put("viewers", at, qty=rng.poisson(room, len(at)), **code)
    ledger.put("entered_total", at, qty=np.cumsum(rng.poisson(room * 4, len(at))), **code)
    lost = 1 - (1 - fate.unpaid) * (1 - fate.before) * (1 - fate.transit) * (1 - fate.after)
    place = np.repeat(np.arange(len(deals)), rng.integers(4, 9, len(deals)))
    part = np.array([(d.aim or d.fee * 2) * d.reach / house.evenings[d.number] / (1 - lost) for d in deals])
    share = rng.lognormal(0, 0.5, len(place))
    whole = np.bincount(place, share)
    amount = np.maximum(990, (part / whole)[place] * share // 100 * 100 - 10).astype(np.int64)
    n = len(place)
    when = rng.integers(start + MINUTE, end - MINUTE, n)
    batch = Batch(year.public.some(rng, n), when, item=place, amount=amount, qty=rng.integers(1, 4, n))
    sell(to, batch, fate, scheme=ledger.words.codes([f"d-{d.number}" for d in deals])[place])


def _filed(house: House, deal: Contract, host: str, sessions: tuple[str, ...]) -> Deal:
    """The contract as it stands in the papers."""
    purpose = {
        "full": "full_refund_if_roi_missed",
        "pro_rata": "pro_rata_refund",
        "deposit": "sales",
        "none": "sales",
    }
    return Deal(
        f"d-{deal.number}", host, deal.merchant, house.payee(deal.signed).id, sessions, deal.signed, deal.due,
        products=(f"p-{host}-{deal.number % 1_000}",), slot_fee=0 if house.habit.clause == "deposit" else deal.fee,
        commission_rate=house.habit.commission, roi=house.habit.roi, gross_margin=0.5, platform_rate=0.05,
        purpose=purpose[house.habit.clause], signed_on=deal.signed, host_scheduled=host,
    )  # fmt: skip


def _reckoned(houses: Sequence[House], bought: pa.Table) -> None:
    """What every contract really sold by the end of the record, and in all, with broadcasts from before it."""
    sums = bought.group_by("scheme").aggregate([("verified", "sum")])
    sold = dict(zip(sums["scheme"].to_pylist(), sums["verified_sum"].to_pylist(), strict=True))
    for house in houses:
        house.sold = {deal.number: int(sold.get(f"d-{deal.number}", 0)) for deal in house.deals}
        house.reckoned = {
            deal.number: house.sold[deal.number]
            + round((deal.aim or deal.fee * 2) * deal.reach * house.unseen[deal.number])
            for deal in house.deals
        }


def _missed(house: House) -> float:
    """Share of fees that the reckonings of the record sent back."""
    over = [d for d in house.deals if d.due <= END]
    back = sum(refund_of(house.habit, d, house.reckoned[d.number]) for d in over)
    return back / max(1, sum(d.fee for d in over))


def _books(year: Year, house: House) -> None:
    """The box of a house through the year, and its movements as rows."""
    miss = _missed(house)
    plan = planned(house.habit, house.deals, lambda deal: house.reckoned[deal.number], year.rng)
    ripe = {d.number for d in house.deals if d.due > END}
    # What is reckoned after the record is expected to miss as often as before.
    kept = [step for step in plan if not (step[4] in ripe and step[2] in {"refund", "earned", "commission"})]
    fees = {d.number: d for d in house.deals}
    kept += [
        (d.due + 5 * DAY, 3, "refund", -round(d.fee * miss), d.number)
        for d in fees.values()
        if d.number in ripe and miss > 0
    ]
    house.box = run(house.habit, sorted(kept), miss, END)
    carried = sum(m.amount for m in house.box.moves if m.at < START)
    if house.habit.since < 0:
        owner = year.other(f"owner-{house.firm.id}", "person", "上期账户")
        year.ledger.pay(
            "compensation",
            START,
            owner.number,
            house.firm.number,
            max(carried, 0),
            host=house.hosts[0],
            remark="期初余额结转",
        )
    for move in house.box.moves:
        if move.at >= START:
            _row(year, house, move.what, move.at, abs(move.amount), fees.get(move.contract))
    if house.second is not None:
        left = sum(m.amount for m in house.box.moves if m.at < MOVED)
        year.ledger.pay(
            "compensation",
            MOVED,
            house.firm.number,
            house.second.number,
            max(left, 0),
            host=house.hosts[0],
            remark="往来款",
        )


def _row(year: Year, house: House, what: str, at: int, amount: int, deal: Contract | None) -> None:
    """One movement as a statement has it."""
    ledger, mine = year.ledger, house.payee(at).number
    host = house.papers[deal.number].host_id if deal else ""
    name = f"d-{deal.number}" if deal else ""
    merchant = year.merchants[deal.merchant].number if deal else mine
    if what == "fee":
        kind = "slot_fee" if house.habit.clause == "none" else "service_fee"
        remark = {"deposit": "合作保证金", "none": "坑位费"}.get(house.habit.clause, "服务费")
        ledger.pay(kind, at, merchant, mine, amount, host=host, deal=name, remark=remark)
    elif what == "commission":
        ledger.pay("commission", at, merchant, mine, amount, host=host, deal=name, remark="佣金结算")
    elif what == "refund":
        remark = {"deposit": "退合作保证金", "pro_rata": "未达标按比例退服务费"}.get(
            house.habit.clause, "未达ROI全额退服务费"
        )
        ledger.pay("compensation", at, mine, merchant, amount, host=host, deal=name, remark=remark)
    else:
        _beside(year, house, (what, at, amount))


def _beside(year: Year, house: House, move: tuple[str, int, int]) -> None:
    """Money that has no merchant at its other end."""
    what, at, amount = move
    mine, ledger = house.payee(at).number, year.ledger
    ends = {
        "delivery": ("platform", "merchant", "广告平台"), "hosts": (f"crew-{house.firm.id}", "person", "主播工作室"),
        "wages": (f"staff-{house.firm.id}", "person", "员工工资户"), "place": (f"fund-{house.firm.id}", "person", "投资户"),
        "back": (f"fund-{house.firm.id}", "person", "投资户"), "capital": (f"owner-{house.firm.id}", "person", "股东"),
        "loan": (f"owner-{house.firm.id}", "person", "股东"), "escrow": (f"escrow-{house.firm.id}", "person", "监管户"),
        "release": (f"escrow-{house.firm.id}", "person", "监管户"),
    }  # fmt: skip
    other = year.other(*ends[what]).number
    kind = {"delivery": "ad_spend", "hosts": "commission"}.get(what, "compensation")
    if what == "place" and house.role in {"pool_small", "pool_large", "investor"}:
        kind = "service_fee"
    payer, payee = (other, mine) if what in {"back", "capital", "loan", "release"} else (mine, other)
    ledger.pay(kind, at, payer, payee, amount, host=house.hosts[0], remark=CALLED[what])


def _who(year: Year, house: House) -> None:
    """Who belongs to whom: rooms, operators, names that change, an account that is sold."""
    boss = f"person-{house.firm.id}"
    rows = [
        Party(h, "host", relation="managed_by", other=house.firm.id, valid_to=MOVED if house.second else None)
        for h in house.hosts
    ]
    rows.append(Party(house.firm.id, "agency", relation="operated_by", other=boss))
    rows.append(Party(boss, "person", f"负责人{house.firm.id[4:]}"))
    if house.second is not None:
        rows += [
            Party(h, "host", relation="managed_by", other=house.second.id, valid_from=MOVED)
            for h in house.hosts
        ]
        rows.append(Party(house.second.id, "agency", relation="operated_by", other=boss))
    if house.role in {"pool_old", "pool_renamed", "investor", "growing"}:
        at = START + int(year.rng.integers(60, 300)) * DAY
        rows.append(
            Party(
                house.firm.id,
                "agency",
                house.firm.name + "互动",
                "renamed_from",
                house.firm.name,
                valid_from=at,
            )
        )
    if house.role in {"pool_growing", "losing", "slots"}:
        at, buyer = START + int(year.rng.integers(60, 300)) * DAY, f"person-{house.hosts[0]}"
        rows += [
            Party(house.hosts[0], "account", relation="operated_by", other=boss, valid_to=at),
            Party(house.hosts[0], "account", relation="operated_by", other=buyer, valid_from=at),
            Party(buyer, "person", "买号人"),
        ]
    year.parties += rows


def _key(house: House) -> dict[str, object]:
    """The answer key of a house."""
    miss, box = _missed(house), house.box
    dry = {True: box.dry, False: box.dry}
    over = [house.reckoned[d.number] for d in house.deals if d.due <= END]
    earned = round(sum(over) / max(1, len(over)) * house.habit.commission)
    if box.dry is None:
        for intake in (True, False):
            then = Box(box.cash, dict(box.owed), set(box.idle), list(box.waiting))
            plan = sorted(onward(house.habit, house.deals, miss, earned, intake=intake))
            dry[intake] = run(house.habit, plan, miss, END + 3_000 * DAY, then).dry
    if house.habit.clause == "none":
        dry = {True: None, False: None}
    return {
        "agency_id": house.firm.id, "also_id": house.second.id if house.second else "", "temper": house.role,
        "pool": house.habit.pool, "contracts": len(house.deals), "owed": sum(box.owed.values()),
        "waiting": sum(w[2] for w in box.waiting), "cash": box.cash, "missed": miss,
        "dry_on": dry[True], "dry_without_intake": dry[False],
        "refunds_from_newer": sum(box.borrowed.values()),
    }  # fmt: skip


def _written(year: Year, houses: Sequence[House], bought: pa.Table) -> World:
    """The record, its papers and its truth."""
    ledger = year.ledger
    money = money_of(bought)
    events = table(ledger, END)
    truth = {
        name: SessionTruth(name, shown={"orders": 0}, money=sums) for name, sums in sorted(money.items())
    }
    deals = {
        f"d-{d.number}": DealTruth(
            f"d-{d.number}", house.sold[d.number], house.reckoned[d.number] >= d.aim if d.aim else None,
            rollover=d.number in house.box.borrowed,
        )
        for house in houses for d in house.deals
    }  # fmt: skip
    firms = [
        *(h.firm for h in houses),
        *(h.second for h in houses if h.second),
        *year.merchants.values(),
        *year.others.values(),
    ]
    filed = [h.papers[d.number] for h in houses for d in h.deals]
    stamp = pa.timestamp("us", tz="UTC")
    keys = pa.Table.from_pylist([_key(h) for h in houses])
    for name in ("dry_on", "dry_without_intake"):
        at = keys.schema.get_field_index(name)
        keys = keys.set_column(at, name, keys[name].cast(pa.int64()).cast(stamp))
    books = [{"agency_id": h.firm.id, **row} for h in houses for row in months(h.box)]
    return World(
        Dataset(events, empty(ACCOUNTS), empty(SESSION_METRICS), catalogued(year.products)),
        truth,
        {"parties.toml": paper([*accounts_of(firms, ledger.crowd, ledger.salt), *year.parties], "party"),
         "deals.toml": paper(filed, "deal")},
        deals,
        {"agencies": keys, "months": pa.Table.from_pylist(books), "purchases": bought},
    )  # fmt: skip
