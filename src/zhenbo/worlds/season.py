"""Four weeks of merchants' deals: slot fees, pledges met and bought, fees recycled into orders, a fee pool that pays the old from the new.

Cases G1 and G2 and the loops A17 and B33-B34 of FIELD, among honest deals of the same form. Rooms are smaller than the
contracts' size would have them, except where a case gives its own figures.
"""

from dataclasses import dataclass, field, replace
from functools import partial

import numpy as np

from zhenbo.core.session import DAY, HOUR, MINUTE
from zhenbo.worlds.anchors import PRICES
from zhenbo.worlds.attacks import acts, lay_as, package
from zhenbo.worlds.crowd import Ints, named
from zhenbo.worlds.market import (
    Books,
    Deal,
    Firm,
    Party,
    accounts_of,
    confirmed,
    displayed,
    firm,
    give_back,
    order_rows,
    settle_orders,
)
from zhenbo.worlds.show import SECOND, Show
from zhenbo.worlds.town import Crew, Host, Town, evening, founded, written
from zhenbo.worlds.trade import Life, browse, sell
from zhenbo.worlds.truth import World

START = 1_772_380_800_000_000  # Monday 2026-03-02, 00:00 in Beijing
YUAN = 100
SETTLE_DAYS = 12  # from the last broadcast to the settlement of its deal; judgement
NO_REFUND = Life(unpaid=0.0, refund=0.0, first_hour=0.0, shipped=1.0)
NEXT_DAY = Life(unpaid=0.0, refund=1.0, first_hour=0.0, refunds="next_day", shipped=0.0)
EMPTY = Life(unpaid=0.0, refund=0.0, first_hour=0.0, shipped=1.0, grams=120, weight_spread=0.02, praise=0.8)
CLOSED = Life(unpaid=1.0, unpaid_close_minutes=(15, 60))

ROLES = {
    "steady": (Host("", "beauty", 20.0, 60, 620, 0.15, 1.2, 0.05, 0.25), (1, 4, 8, 11, 15, 18)),
    "orchard": (Host("", "food", 19.0, 60, 480, 0.12, 0.8, 0.05, 0.2), (0, 6, 10, 16, 22)),
    "boosted": (Host("", "home", 20.5, 60, 520, 0.14, 0.9, 0.04, 0.18), (2, 5, 9, 12)),
    "recycler": (Host("", "apparel", 19.5, 75, 540, 0.18, 1.1, 0.04, 0.12), (3, 7, 13, 20)),
    "star": (Host("", "jewellery", 21.0, 90, 650, 0.2, 1.5, 0.012, 0.1), (4, 10, 17, 24)),
    "feast": (Host("", "food", 20.0, 90, 500, 0.12, 0.8, 0.0, 0.1), (5, 19)),
    "bazaar": (Host("", "home", 12.5, 60, 420, 0.12, 0.7, 0.04, 0.2), (2, 9, 14, 21)),
    "promised": (Host("", "beauty", 22.0, 45, 260, 0.1, 0.8, 0.02, 0.1), (6, 13, 20)),
    "plain": (Host("", "apparel", 21.5, 60, 450, 0.15, 1.0, 0.05, 0.25), (1, 8, 15, 22)),
    "green": (Host("", "home", 18.5, 60, 430, 0.13, 0.9, 0.04, 0.25), (3, 10, 17)),
}
"""An ordinary evening of each role, and the days of the campaign on which it broadcasts."""
BURSTS = {("steady", 1): "paid_traffic", ("orchard", 2): "lottery", ("plain", 0): "apparel_returns", ("plain", 2): "apparel_returns",
          ("green", 1): "tap_hearts", ("recycler", 0): "apparel_returns"}  # fmt: skip
FIRMS = (
    ("mcn-61", "agency", "青禾传媒"), ("mcn-62", "agency", "聚浪文化"), ("mcn-63", "agency", "星汇传媒"), ("mcn-64", "agency", "稳投互动"),
    ("payer-71", "person", "周转户"), ("fund-72", "person", "外部投资户"),
    ("person-73", "person", "午间主播工作室"), ("person-74", "person", "晚场主播工作室"), ("person-75", "person", "宵夜主播团队"),
    *((f"m-{n}", "merchant", f"商家{n}") for n in range(801, 819)),
)  # fmt: skip
POOL_DAYS = (0, 3, 7, 12, 18, 24)  # when each merchant signs with the pool
POOL_FEE = 98_000 * YUAN
POOL_TERM = 14  # days until a full refund is due
POOL_INVESTED = 0.3  # of every fee, put elsewhere at once (B34); judgement


@dataclass
class Season:
    """What stands of the campaign while it is made up.

    Args:
        town: its people.
        books: its papers and payments.
        rng: stream of chance.
        hosts: who plays each role.
        firms: agencies, merchants and private payers by id.
        shows: broadcasts of each role, in order.
        crews: hired hands that served.
    """

    town: Town
    books: Books
    rng: np.random.Generator
    hosts: dict[str, Host]
    firms: dict[str, Firm]
    shows: dict[str, list[Show]] = field(default_factory=dict)
    crews: list[Crew] = field(default_factory=list)

    def deal(
        self, number: int, role: str, merchant: str, mcn: str = "", *, first: int = 0, last: int | None = None
    ) -> Deal:
        """A contract on some consecutive broadcasts of a role, signed three days before the first."""
        shows = self.shows[role][first:last]
        return Deal(
            f"d-{number}", self.hosts[role].host_id, merchant, mcn, tuple(s.plan.session_id for s in shows),
            signed_on=shows[0].plan.start - 3 * DAY, host_scheduled=self.hosts[role].host_id, gross_margin=0.45,
            platform_rate=0.05, minutes=10 * len(shows), samples=1,
        )  # fmt: skip

    def of(self, deal: Deal) -> list[Show]:
        """The broadcasts of a deal."""
        return [s for shows in self.shows.values() for s in shows if s.plan.session_id in deal.sessions]

    def paid(self, deal: Deal, payee: Firm) -> int:
        """The merchant pays the fee on signing and, at settlement, commission; returns the time of settlement."""
        merchant, shows = self.firms[deal.merchant_id], self.of(deal)
        settled = shows[-1].plan.end + SETTLE_DAYS * DAY
        if deal.slot_fee:
            self.books.move(
                "slot_fee", (deal.signed_on or 0) + DAY, merchant, payee, deal.slot_fee, deal, "坑位费"
            )
        sales = sum(confirmed(s, settled, deal.products) for s in shows)
        if owed := round(sales * deal.commission_rate):
            self.books.move("commission", settled, merchant, payee, owed, deal, "佣金结算")
        return settled


def world(seed: int) -> World:
    """Thirty-eight broadcasts and their deals; which host plays which role changes with the seed."""
    rng, salt = np.random.default_rng([seed, 90]), seed * 1_000_003 + 90
    number = rng.permutation(np.arange(41_001, 41_001 + len(ROLES))).tolist()
    hosts = {r: replace(h, host_id=f"h{n}") for (r, (h, _)), n in zip(ROLES.items(), number, strict=True)}
    town = founded(rng, 6_000, list(hosts.values()), START)
    firms = {f[0]: firm(town.crowd, rng, START, *f) for f in FIRMS}
    season = Season(town, Books(town.crowd, salt), rng, hosts, firms, {role: [] for role in ROLES})
    _play(season)
    _honest_deals(season)
    for act in (_self_purchase, _recycling, _shell, _feast, _merchant_side, _pool):
        act(season)
    shows = sorted((s for part in season.shows.values() for s in part), key=lambda s: s.plan.session_id)
    for show in shows:
        settle_orders(show)
    season.books.parties += _parties(season)
    return season.books.filed(written(shows, town, season.crews, salt))


def _play(season: Season) -> None:
    """All broadcasts as they would have been, in order of time."""
    days = sorted((day, host.hour, role) for role, (host, days) in ROLES.items() for day in days)
    for place, (day, _, role) in enumerate(days):
        plan = season.hosts[role].tonight(season.rng, f"r{4_001 + place}", START + day * DAY)
        burst = BURSTS.get((role, len(season.shows[role])), "none")
        season.shows[role].append(evening(season.town, plan, season.rng, burst))


def _goods(deal: Deal, first: int, last: int) -> tuple[str, ...]:
    """Some of the twelve products of a host."""
    return tuple(f"p-{deal.host_id}-{i}" for i in range(first, last))


def _honest_deals(season: Season) -> None:
    """Fees and commissions as the field knows them, with no trick in them; some pay off, some do not."""
    clean, books = season.firms["mcn-61"], season.books
    first = season.deal(101, "steady", "m-801", clean.id, last=3)
    first = replace(
        first,
        products=_goods(first, 0, 3),
        slot_fee=2_000 * YUAN,
        commission_rate=0.2,
        clawback_return_rate=0.5,
    )
    second = season.deal(102, "steady", "m-802", clean.id, last=3)
    second = replace(second, products=_goods(second, 3, 12), commission_rate=0.3, purpose="seed_users")
    # A09: fee 8,000 and 20 %, far less sold than needed.
    third = season.deal(103, "orchard", "m-803", clean.id, last=1)
    third = replace(third, slot_fee=8_000 * YUAN, commission_rate=0.2, gross_margin=0.4)
    fourth = season.deal(104, "plain", "m-804")
    fourth = replace(fourth, commission_rate=0.25, clawback_return_rate=0.5)
    for deal in (first, second, third, fourth):
        season.paid(deal, clean if deal.mcn_id else season.firms["person-74"])
        books.sign(deal, season.of(deal))
    _honest_pledge(season)
    _honest_refund(season)


def _honest_pledge(season: Season) -> None:
    """保销 kept by real sales: four fifths of what is then sold were promised."""
    deal = season.deal(105, "orchard", "m-805", "mcn-61", first=1)
    real = sum(confirmed(s, START + 100 * DAY) for s in season.of(deal))
    deal = replace(
        deal,
        slot_fee=3_000 * YUAN,
        commission_rate=0.1,
        pledge_gmv=real * 4 // 5 // (100 * YUAN) * 100 * YUAN,
    )
    season.paid(deal, season.firms["mcn-61"])
    season.books.sign(deal, season.of(deal))


def _honest_refund(season: Season) -> None:
    """A service fee with a refund clause, all broadcasts delivered, part of it paid back out of the fee itself."""
    clean, merchant = season.firms["mcn-61"], season.firms["m-806"]
    deal = replace(
        season.deal(106, "green", merchant.id, clean.id), slot_fee=20_000 * YUAN, roi=1.5, purpose="pro_rata_refund"
    )  # fmt: skip
    signed = deal.signed_on or START
    season.books.move("service_fee", signed + DAY, merchant, clean, deal.slot_fee, deal, "服务费")
    at = season.of(deal)[-1].plan.end + SETTLE_DAYS * DAY
    season.books.move("compensation", at, clean, merchant, deal.slot_fee * 3 // 5, deal, "未达标部分退服务费")
    season.books.sign(deal, season.of(deal))


def _purchase(
    season: Season, show: Show, who: Ints, n: int, price: int, life: Life, last: float = 0.9
) -> Ints:
    """Hired buyers look in, order in the last part of a broadcast, and leave; returns the orders."""
    rng = season.rng
    buyer = rng.permutation(np.resize(who, n))
    length = int(show.plan.minutes * MINUTE * last)
    at = np.sort(show.plan.end - MINUTE - (rng.random(n) * (length - 2 * MINUTE)).astype(np.int64))
    shopper, once = np.unique(buyer, return_index=True)
    final = at[n - 1 - np.unique(buyer[::-1], return_index=True)[1]]
    show.visit(
        shopper, at[once] - rng.integers(20, 90, len(once)) * SECOND,
        final + rng.integers(20, 600, len(once)) * SECOND, show.words.code("搜索"),
    )  # fmt: skip
    browse(show, rng, shopper, at[once])
    return acts.order(show, rng, buyer, at, life, price)


def _self_purchase(season: Season) -> None:
    """保销 by self-purchase (B33): the agency's staff buy up to the pledge through two payers, and return it once settled."""
    agency, rng, books = season.firms["mcn-62"], season.rng, season.books
    deal = season.deal(107, "boosted", "m-807", agency.id)
    shows, price = season.of(deal), 29_900
    shown = sum(displayed(s) for s in shows)
    pledge = (2 * shown // (1_000 * YUAN) + 8) * 1_000 * YUAN
    deal = replace(deal, slot_fee=30_000 * YUAN, commission_rate=0.15, pledge_gmv=pledge)
    crew = Crew(homes=3, networks=2, name="staff-pledge")
    orders = -(-(pledge - shown) // price)
    bought: list[tuple[Show, Ints]] = []
    for i, show in enumerate(shows[2:]):
        n = orders // 2 + (orders % 2 if i else 0)
        lay_as(
            show,
            "brush-host_side-pledge",
            partial(acts.paid, show, partial(_staff_buys, season, show, crew, n, price, bought)),
        )
        show.spend(PRICES["orders"].of(n))
    payers = season.town.crowd.trait("pay")[[agency.number, season.firms["payer-71"].number]]
    season.town.crowd.set_trait("pay", crew.members, payers[np.arange(len(crew.members)) % 2])
    settled = season.paid(deal, agency)
    for show, number in bought:
        back = number[rng.random(len(number)) < 0.96]
        give_back(show, back, settled + (rng.uniform(0.5, 4, len(back)) * DAY).astype(np.int64))
    season.crews.append(crew)
    spent = price * sum(len(number) for _, number in bought)
    books.sign(deal, shows, recycled=min(spent, deal.slot_fee))


def _staff_buys(
    season: Season, show: Show, crew: Crew, n: int, price: int, bought: list[tuple[Show, Ints]]
) -> None:
    """Fourteen of the staff order near the end; `bought` takes note."""
    who = crew.enlist(show, season.rng, 14)
    bought.append((show, _purchase(season, show, who, n, price, NO_REFUND, 0.35)))


def _recycling(season: Season) -> None:
    """60 % of a slot fee comes back as orders (A17): merchant -> agency -> buyers -> shop -> refund -> agency."""
    agency, rng, books = season.firms["mcn-62"], season.rng, season.books
    deal = replace(
        season.deal(108, "recycler", "m-808", agency.id, first=2, last=3),
        slot_fee=50_000 * YUAN,
        commission_rate=0.1,
    )
    (show,) = season.of(deal)
    season.paid(deal, agency)
    crew, price, each = Crew(name="recyclers"), 200 * YUAN, 3

    def act() -> None:
        who = crew.enlist(show, rng, 50)
        _purchase(season, show, who, each * len(who), price, NEXT_DAY)

    lay_as(show, "brush-host_side-slot_fee", partial(acts.paid, show, act))
    show.spend(PRICES["orders"].of(each * len(crew.members)))
    for buyer in crew.members.tolist():
        sent = show.plan.start - int(rng.uniform(2, 30) * HOUR)
        books.move("compensation", sent, agency, buyer, each * price, deal, "垫付货款")
        books.move(
            "compensation",
            show.plan.end + 2 * DAY + int(rng.uniform(1, 40) * HOUR),
            buyer,
            agency,
            each * price,
            deal,
            "退回垫付",
        )
    season.crews.append(crew)
    books.sign(deal, season.of(deal), recycled=each * len(crew.members) * price)


def _shell(season: Season) -> None:
    """FIELD G2: 303,000 prepaid, 1.05 M yuan pledged in two months; two accounts, 200 orders, refunded that night."""
    agency, rng = season.firms["mcn-63"], season.rng
    deal = season.deal(109, "star", "m-809", agency.id)
    signed = deal.signed_on or START
    deal = replace(
        deal, slot_fee=303_000 * YUAN, pledge_gmv=1_050_000 * YUAN, since=signed, until=signed + 61 * DAY, commission_rate=0.05
    )  # fmt: skip
    shows, crew = season.of(deal), Crew(name="pair-G2")
    for show in shows[:2]:
        lay_as(show, "package-P388-2h", partial(package, show, rng, 0.0, name="P388", how="2h"))
    show = shows[1]

    def act() -> None:
        pair = crew.enlist(show, rng, 2)
        life = Life(unpaid=0.0, refund=1.0, first_hour=0.0, refunds="same_night", shipped=0.0)
        _purchase(season, show, pair, 200, 0, life, 0.5)

    lay_as(show, "brush-host_side-G2", partial(acts.paid, show, act))
    season.paid(deal, agency)
    season.crews.append(crew)
    season.books.sign(deal, shows)


def _feast(season: Season) -> None:
    """FIELD G1: 599 orders, 4 paid for 796 yuan, 586 to four addresses; the buyer of 141 had placed 1,429 a fortnight before."""
    rng, crew = season.rng, Crew(homes=4, name="team-G1")
    before, after = season.shows["feast"]
    lead = crew.levy(before, rng, 1)
    # 1,429 orders of about 140 yuan: the 200,000-yuan session, read as displayed sales.
    _team_orders(season, before, np.repeat(lead, 1_429), 13_990)
    others = crew.levy(after, rng, 41)
    after.hire(lead)
    season.town.crowd.set_trait("addr", lead, int(season.town.crowd.trait("addr")[others[0]]))
    buyers = np.concatenate([np.repeat(lead, 141), rng.permutation(np.resize(others, 445))])
    who, _, until = after.people()
    real = rng.permutation(np.flatnonzero(until < after.plan.end))[:13]
    at = until[real] - SECOND
    browse(after, rng, who[real], at)
    sell(after, rng, who[real[:4]], at[:4], Life(unpaid=0.0, refund=0.0), price=19_900)
    sell(after, rng, who[real[4:]], at[4:], Life(unpaid=1.0), price=19_900)
    _team_orders(season, after, buyers, 19_900)
    season.crews.append(crew)
    for number, show, merchant, fee in ((110, before, "m-810", 60_000), (111, after, "m-811", 30_000)):
        deal = season.deal(number, "feast", merchant)
        deal = replace(
            deal, sessions=(show.plan.session_id,), slot_fee=fee * YUAN, tax_rate=0.01, order_fee=30 * YUAN, platform_rate=0.15,
            signed_on=show.plan.start - 5 * DAY,
        )  # fmt: skip
        season.paid(deal, season.firms["person-75"])
        season.books.sign(deal, [show])


def _team_orders(season: Season, show: Show, buyers: Ints, price: int) -> None:
    """Staff reserve all evening and nobody pays."""
    rng = season.rng

    def act() -> None:
        room = show.plan.minutes * MINUTE
        at = np.sort(show.plan.start + 2 * MINUTE + (rng.random(len(buyers)) * 0.9 * room).astype(np.int64))
        who = np.unique(buyers)
        show.visit(
            who, np.full(len(who), show.plan.start), np.full(len(who), show.plan.end), show.words.code("搜索")
        )
        acts.order(show, rng, rng.permutation(buyers), np.minimum(at, show.plan.end), CLOSED, price)

    lay_as(show, "brush-host_side-G1", partial(acts.paid, show, act))


def _merchant_side(season: Season) -> None:
    """A merchant brushes its own goods in a commission host's room, for sales count and reviews (A53): empty parcels, kept."""
    rng, merchant, crew = season.rng, season.firms["m-812"], Crew(name="hands-merchant")
    deal = replace(
        season.deal(112, "bazaar", merchant.id, last=3), commission_rate=0.2, clawback_return_rate=0.5
    )
    for show in season.of(deal)[1:]:
        price = int(rng.integers(39, 90)) * YUAN

        def act(show: Show = show, price: int = price) -> None:
            _purchase(season, show, crew.enlist(show, rng, 40), 60, price, EMPTY)

        lay_as(show, "brush-merchant_side", partial(acts.paid, show, act))
        show.spend(PRICES["orders"].of(60))
        for order, buyer in zip(
            *(order_rows(show, "order_create")[k][-60:] for k in ("amount", "actor")), strict=True
        ):
            sent = show.plan.end + int(rng.uniform(1, 20) * HOUR)
            season.books.move(
                "compensation", sent, merchant, int(buyer), int(order) + 12 * YUAN, deal, "返款"
            )
    season.paid(deal, season.firms["person-73"])
    season.crews.append(crew)
    season.books.sign(deal, season.of(deal))


def _pool(season: Season) -> None:
    """对赌 rollover (B34): high fees, a full-refund clause, few broadcasts; the old are refunded with the fees of the new."""
    agency, fund, books = season.firms["mcn-64"], season.firms["fund-72"], season.books
    signed = [START + d * DAY + 10 * HOUR for d in POOL_DAYS]
    moves = sorted(
        [(at, i, "fee") for i, at in enumerate(signed)]
        + [(at + POOL_TERM * DAY, i, "refund") for i, at in enumerate(signed)]
    )
    lots, funded = [0] * len(signed), [False] * len(signed)
    delivered = {0: 0, 1: 1, 3: 2}  # of the six broadcasts promised to each
    deals = []
    for i, at in enumerate(signed):
        show = season.shows["promised"][delivered[i]] if i in delivered else None
        deals.append(Deal(
            f"d-{113 + i}", season.hosts["promised"].host_id, f"m-{813 + i}", agency.id,
            (show.plan.session_id,) if show else (), at, at + POOL_TERM * DAY, slot_fee=POOL_FEE, roi=3.0,
            purpose="full_refund_if_roi_missed", signed_on=at, gross_margin=0.5, host_scheduled=season.hosts["promised"].host_id,
        ))  # fmt: skip
    for at, i, what in moves:
        merchant = season.firms[deals[i].merchant_id]
        if what == "fee":
            books.move("service_fee", at, merchant, agency, POOL_FEE, deals[i], "服务费")
            invested = round(POOL_FEE * POOL_INVESTED)
            books.move("service_fee", at + DAY, agency, fund, invested, deals[i], "对外投资")
            lots[i] = POOL_FEE - invested
        elif sum(lots) >= POOL_FEE:
            funded[i] = _refund(lots, i)
            books.move("compensation", at, agency, merchant, POOL_FEE, deals[i], "未达ROI全额退服务费")
    for deal, rollover in zip(deals, funded, strict=True):
        books.sign(deal, season.of(deal), rollover=rollover)


def _refund(lots: list[int], mine: int) -> bool:
    """Take a full refund from a merchant's own fee first, then from others, oldest first; whether a newer fee was touched."""
    owed, newer = POOL_FEE, False
    for lot in (mine, *(i for i in range(len(lots)) if i != mine)):
        taken = min(owed, lots[lot])
        lots[lot] -= taken
        owed -= taken
        newer |= taken > 0 and lot > mine
    return newer


def _parties(season: Season) -> list[Party]:
    """Who belongs to whom and since when; the shell agency is renamed three times, and no host of it signs."""
    belongs = {
        "steady": "mcn-61", "orchard": "mcn-61", "green": "mcn-61", "boosted": "mcn-62", "recycler": "mcn-62", "star": "mcn-63",
        "promised": "mcn-64",
    }  # fmt: skip
    rows = accounts_of(season.firms.values(), season.town.crowd, season.books.salt)
    rows += [
        Party(season.hosts[r].host_id, "host", relation="managed_by", other=a) for r, a in belongs.items()
    ]
    rows += [
        Party(deal.host_id if side == "host" else deal.mcn_id, side, relation="signs", other=deal.id)
        for deal in season.books.deals
        for side in ("host", "agency")
        if (side == "agency" and deal.mcn_id) or (side == "host" and deal.mcn_id not in {"mcn-63", "mcn-64"})
    ]
    team = next(crew for crew in season.crews if crew.name == "team-G1")
    lead = named("u", team.members[:1], season.books.salt)[0].as_py()
    houses = {"bazaar": "person-73", "plain": "person-74", "feast": "person-75"}
    rows += [
        Party(season.hosts[r].host_id, "host", relation="operated_by", other=p) for r, p in houses.items()
    ]
    rows.append(Party(lead, "account", relation="works_for", other="person-75"))
    names, at = (
        ("星汇传媒", "星耀文化", "汇成互动", "星汇新媒体"),
        (None, START - 40 * DAY, START + 9 * DAY, START + 30 * DAY),
    )
    rows += [
        Party(
            "mcn-63",
            "agency",
            name,
            "renamed_from" if i else "",
            names[i - 1] if i else "",
            at[i],
            at[i + 1] if i < 3 else None,
        )
        for i, name in enumerate(names)
    ]
    return rows
