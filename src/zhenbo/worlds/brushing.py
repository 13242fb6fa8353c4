"""Shops' months and broadcasts with orders made for show at many doses, among honest ones with every honest excuse.

Twelve schemes of `tasks` and the pledge bought at the end of its term stand at doses from 5 to 70 per cent of all orders,
half of them in broadcasts and half in shops' months, a third of them over an honest excuse; as many stalls are honest,
each with one of the `excuses`. Who has the orders made is the merchant, the host's side, a rival, or a ring of returners.
Every stall is seen by somebody: the platform (T2), a merchant's export with addresses or with a buyer key, a bare CSV, or
the host's side alone. The record ends nine weeks after it begins, so that some money that will come back has not yet.
Lists of hired people serve several stalls, and half of these people also buy for themselves. The truth folder holds
`purchases.parquet` (`ledger.PURCHASES`: every order, what it is, where its amount went and why it went back) and
`stalls.parquet` (every stall: scheme, side, dose, view, excuse); `truth.json` sums them.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from zhenbo.core.dataset import Dataset, canonical_order
from zhenbo.core.schema import EVENTS, Flag
from zhenbo.core.session import DAY, HOUR, Window
from zhenbo.worlds import organic
from zhenbo.worlds.anchors import CATEGORIES
from zhenbo.worlds.crowd import Crowd, named, names
from zhenbo.worlds.excuses import EXCUSES, Public, public
from zhenbo.worlds.ledger import VIEWS, Ledger, catalogued, goods, money_of, purchases, table
from zhenbo.worlds.market import Deal, Firm, Party, accounts_of, firm, paper
from zhenbo.worlds.record import write
from zhenbo.worlds.show import Plan, Show, Words
from zhenbo.worlds.stalls import KEPT, Batch, Stall, stall
from zhenbo.worlds.tasks import SCHEMES, Organiser, Task, basket, moments, organiser, place
from zhenbo.worlds.truth import DealTruth, Money, SessionTruth, World

START = 1_777_564_800_000_000  # 2026-05-01 00:00 in Beijing
MONTH = 31 * DAY
END = START + 63 * DAY
DOSES = (0.05, 0.12, 0.25, 0.45, 0.7)
CASES = ("pledge", *SCHEMES)
PLAIN = ("apparel", "beauty", "food", "home", "jewellery", "apparel")
"""Categories of stalls with nothing to excuse; apparel comes back by itself."""


@dataclass(frozen=True)
class Case:
    """One stall to be made.

    Args:
        scheme: one of `CASES`; empty for an honest one.
        dose: wanted share of its orders.
        excuse: one of `EXCUSES`.
        live: a broadcast, or a shop's month.
        view: number in `ledger.VIEWS`.
        category: kind of goods.
    """

    scheme: str
    dose: float
    excuse: str
    live: bool
    view: int
    category: str


@dataclass
class Trade:
    """What stalls have in common.

    Args:
        ledger: the books.
        rng: stream of chance.
        public: honest buyers.
        organisers: who has orders made.
        ring: malicious returners and their head.
        firms: merchants, agencies and private payers.
        parties: lines on who is who.
        deals: contracts.
        shows: rooms.
        products: rows of the catalogue.
    """

    ledger: Ledger
    rng: np.random.Generator
    public: Public
    organisers: list[Organiser]
    ring: Organiser
    firms: list[Firm]
    parties: list[Party]
    deals: list[Deal]
    shows: list[Show]
    products: list[dict[str, object]]


def world(seed: int, *, small: bool = False) -> World:
    """About a hundred and twenty stalls; `small` makes a third of them, with fewer orders.

    Args:
        seed: same seed, same bytes.
        small: for a quick look.
    """
    rng, salt = np.random.default_rng([seed, 95]), seed * 1_000_003 + 95
    crowd, words = Crowd(), Words()
    ledger = Ledger(crowd, words, salt)
    lists = ((900, 9, True), (1_400, 14, True), (500, 5, False))
    hired = [organiser(crowd, rng, START, size, agents, careful=careful) for size, agents, careful in lists]
    everybody = public(crowd, rng, START, 9_000 if small else 30_000)
    # People who order for pay also buy for themselves.
    also = np.concatenate([by.hands[rng.random(len(by.hands)) < 0.5] for by in hired])
    everybody = replace(
        everybody, ids=np.concatenate([everybody.ids, also]),
        zeal=np.concatenate([everybody.zeal, rng.lognormal(0, 0.7, len(also))]),
    )  # fmt: skip
    ring = organiser(crowd, rng, START, 160, 2, careful=True)
    trade = Trade(ledger, rng, everybody, hired, ring, [], [], [], [], [])
    cases = _cases(rng, small=small)
    stalls = [_made(trade, i, case, small=small) for i, case in enumerate(cases)]
    return _written(trade, cases, stalls)


def _cases(rng: np.random.Generator, *, small: bool) -> list[Case]:
    """Every scheme at every dose, a third of them over an excuse; every excuse in a room and in a month; views as they fall."""
    kinds, doses = tuple(CATEGORIES), rng.permutation(len(DOSES))
    covers = ("none",) * 2 * len(EXCUSES) + tuple(name for name in EXCUSES if name != "vouchers")
    made = [
        Case(scheme, dose, str(rng.choice(covers)), bool((i + j) % 2), 0, str(rng.choice(kinds)))
        for i, scheme in enumerate(CASES)
        for j, dose in enumerate(DOSES)
        if not small or j == doses[i % len(DOSES)]
    ]
    made += [
        Case("", 0.0, excuse, live, 0, str(rng.choice(kinds)))
        for i, excuse in enumerate(EXCUSES)
        for live in (True, False)
        if excuse != "none"
        and (not small or live == (bool(i % 2) and excuse != "vouchers"))
        and (not live or excuse != "vouchers")
    ]
    made += [
        Case("", 0.0, "none", bool(i % 2), 0, kind) for i, kind in enumerate(PLAIN if small else PLAIN * 2)
    ]
    views = rng.permutation(np.resize([0, 0, 1, 1, 2, 3, 4], len(made)))
    cases = [replace(case, view=int(view)) for case, view in zip(made, views, strict=True)]
    return [cases[i] for i in rng.permutation(len(cases)).tolist()]


def _made(trade: Trade, at: int, case: Case, *, small: bool) -> Stall:
    """One stall with a shop, goods and perhaps a room of its own."""
    rng = np.random.default_rng(trade.rng.integers(2**63))
    host, n = f"h{51_001 + at}", int(rng.lognormal(np.log(170 if small else 320), 0.45))
    view = 0 if case.live and case.view == 2 and rng.random() < 0.3 else case.view
    if case.live:
        begin = START + int(rng.integers(0, 31)) * DAY + int(rng.choice([12, 19, 20, 21])) * HOUR
        plan = Plan(
            f"r{6_001 + at}", host, begin, minutes=int(rng.integers(60, 150)), watchers=int(np.clip(n * 2.6, 250, 1_100)),
            watch_minutes=float(rng.uniform(1.6, 3.4)), comments=float(rng.uniform(0.06, 0.2)), orders=0.0,
            likes=float(rng.uniform(0.4, 1.5)), category=case.category, cadence_s=30,
        )  # fmt: skip
        n = min(n, plan.watchers // 2)
        show = Show(
            plan,
            trade.ledger.crowd,
            trade.ledger.words,
            cast=np.unique(trade.public.some(rng, plan.watchers)),
        )
        organic.play(show, rng)
        to = stall(
            trade.ledger, rng, host, case.category, (plan.start, plan.end), session=plan.session_id, view=view
        )
        to.show = show
        trade.shows.append(show)
    else:
        to = stall(trade.ledger, rng, host, case.category, (START, START + MONTH), view=view)
    _belongs(trade, to, at)
    to.excuse = case.excuse
    EXCUSES[case.excuse](to, trade.public, n)
    if case.scheme:
        _lay(trade, to, case)
    elif rng.random() < 0.3:
        _honest_pledge(trade, to)
    if to.show is not None and case.excuse == "festival":
        to.show.windows.append(Window("feature", to.start, to.end))
    return to


def _belongs(trade: Trade, to: Stall, at: int) -> None:
    """Whose goods are sold by whom: a room sells for two or three merchants under an agency, a shop for itself."""
    rng, crowd = to.rng, trade.ledger.crowd
    merchants = [f"m-{1_001 + 3 * at + i}" for i in range(int(rng.integers(2, 4)) if to.live else 1)]
    made = [firm(crowd, rng, START, m, "merchant", f"商家{m[2:]}") for m in merchants]
    agency = firm(crowd, rng, START, f"mcn-{101 + at}", "agency", f"机构{101 + at}")
    to.owners = (
        tuple(np.sort(rng.choice(merchants, len(to.popular))).tolist())
        if to.live
        else (merchants[0],) * len(to.popular)
    )
    for merchant in merchants:
        rows = goods(to.host, merchant, to.category, to.prices.tolist())
        trade.products += [row for row, owner in zip(rows, to.owners, strict=True) if owner == merchant]
    trade.firms += [*made, agency]
    trade.parties.append(
        Party(to.host, "host" if to.live else "shop", relation="managed_by", other=agency.id)
    )
    trade.parties += [
        Party(to.host, "host" if to.live else "shop", relation="sells_for", other=m) for m in merchants
    ]


def _lay(trade: Trade, to: Stall, case: Case) -> None:
    """A scheme over an honest stall, at its dose."""
    n = max(4, round(to.count * case.dose / (1 - case.dose)))
    side = "host" if case.scheme == "pledge" else SCHEMES[case.scheme][1]
    if side == "host" and not to.live and case.scheme != "pledge":
        side = "merchant"  # a shop's own month has no host
    elif to.live and case.scheme in {"hands", "gifts", "trickle", "spelled"}:
        side = str(to.rng.choice(["host", "merchant"]))
    by = (
        trade.ring if case.scheme == "ring" else trade.organisers[int(to.rng.integers(len(trade.organisers)))]
    )
    merchant, agency = _signing(trade, to), trade.firms[-1]
    payer = {"host": agency.number, "merchant": merchant.number}.get(side, by.number)
    to.side = side
    task = Task(to, by, n, side, case.scheme, payer, to.end + int(to.rng.integers(10, 16)) * DAY)
    if case.scheme == "pledge":
        _bought_pledge(trade, task, agency)
    else:
        SCHEMES[case.scheme][0](task)
    to.kinds.append(
        f"brush-{side}_side-{case.scheme}@{case.dose:.2f}"
        if side in {"host", "merchant"}
        else f"{case.scheme}@{case.dose:.2f}"
    )


def _signing(trade: Trade, to: Stall) -> Firm:
    """The merchant of a stall who signs, or who has orders made."""
    return next(one for one in trade.firms if one.id == max(to.owners))


def _contract(trade: Trade, to: Stall, pledge: int, fee: int, sales: int) -> None:
    """A contract with a pledge 保销 on everything the stall sells; commission is paid on what it displayed."""
    number = 201 + len(trade.deals)
    deal = Deal(
        f"d-{number}", to.host, max(to.owners), trade.firms[-1].id, (to.subject,) if to.live else (),
        since=None if to.live else to.start, until=None if to.live else to.end, slot_fee=fee, pledge_gmv=pledge,
        commission_rate=0.15, gross_margin=0.5, signed_on=to.start - 5 * DAY, host_scheduled=to.host,
    )  # fmt: skip
    trade.deals.append(deal)
    merchant, agency = _signing(trade, to).number, trade.firms[-1].number
    trade.ledger.pay(
        "slot_fee", to.start - 4 * DAY, merchant, agency, fee, host=to.host, deal=deal.id, remark="坑位费"
    )
    owed, at = round(sales * deal.commission_rate), to.end + 12 * DAY
    trade.ledger.pay("commission", at, merchant, agency, owed, host=to.host, deal=deal.id, remark="佣金结算")


def _paid_amounts(to: Stall) -> int:
    """What the stall's honest orders came to, as displayed."""
    number = np.concatenate(to.honest)
    total = 0
    for entry in to.ledger.rows:
        if entry.kind == "order_create" and np.isin(np.asarray(entry.columns["order"]), number).any():
            total += int(np.sum(np.broadcast_to(np.asarray(entry.columns["amount"]), entry.ts.shape)))
    return total


def _bought_pledge(trade: Trade, task: Task, agency: Firm) -> None:
    """The agency's people buy what is missing to the pledge in the last part of its time, and return it after settlement.

    Half of the world's pledges are returned only after the record ends: nothing has come back yet.
    """
    to, rng, n, crowd = task.to, task.rng, task.n, trade.ledger.crowd
    k = int(np.clip(n // rng.integers(2, 8), 3, 40))
    staff = crowd.ordinary(rng, k, to.start, 0.1, 0.8)
    at_desk = rng.random(k) < 0.6
    crowd.set_trait("ip", staff[at_desk], int(crowd.fresh(1)[0]))
    kin = rng.random(k) < 0.3
    crowd.set_trait("addr", staff[kin], int(crowd.fresh(1)[0]))
    buyer, at = rng.permutation(np.resize(staff, n)), moments(task, n, 0.25 if to.live else 0.12)
    dear = np.argsort(to.prices)[-6:]
    item = rng.choice(dear, n) if rng.random() < 0.5 else basket(task, n)
    qty = rng.integers(1, 4, n)
    payer = None
    if rng.random() < 0.5:
        payer = np.array([crowd.trait("pay")[agency.number], *crowd.fresh(2)])[rng.integers(0, 3, n)]
    late = END + DAY if rng.random() < 0.5 else task.settled
    back = late + (rng.uniform(0.5, 5, n) * DAY).astype(np.int64)
    back = np.where(rng.random(n) < 0.93, back, np.iinfo(np.int64).max)
    batch = Batch(buyer, at, item=item, qty=qty, back=back, payer=payer)
    before = _paid_amounts(to)
    place(task, batch, replace(KEPT, weight_spread=0.06, keeps=0.3), manner="short", reviewed="")
    added = int((to.prices[item] * qty).sum())
    pledge = int(before + 0.93 * added) // 100_000 * 100_000
    _contract(trade, to, max(pledge, 100_000), int(rng.integers(10, 60)) * 100_000, before + added)
    for one in named("u", staff[rng.random(k) < 0.4], trade.ledger.salt).to_pylist():
        trade.parties.append(Party(one, "account", relation="works_for", other=agency.id))


def _honest_pledge(trade: Trade, to: Stall) -> None:
    """A pledge that real sales met or missed, and a fee; nobody bought anything for it."""
    sales = _paid_amounts(to)
    pledge = int(sales * to.rng.uniform(0.25, 1.6)) // 100_000 * 100_000
    _contract(trade, to, max(pledge, 100_000), int(to.rng.integers(5, 40)) * 100_000, sales)


def _written(trade: Trade, cases: Sequence[Case], stalls: Sequence[Stall]) -> World:
    """The record, its papers and its truth."""
    ledger = trade.ledger
    rooms = write(sorted(trade.shows, key=lambda s: s.plan.session_id), ledger.salt)
    view = {s.subject: s.view for s in stalls}
    events = canonical_order(
        pa.concat_tables([_room_rows(rooms.dataset.events, view), table(ledger, END)])
        .unify_dictionaries()
        .combine_chunks()
    )
    bought = purchases(ledger, END)
    money = money_of(bought)
    truth = {s.subject: _truth(s, rooms.truth.get(s.subject), money, bought, ledger.salt) for s in stalls}
    deals = {d.id: _kept(d, next(s for s in stalls if s.host == d.host_id), truth) for d in trade.deals}
    rows = [
        {
            "subject_id": s.subject, "host_id": s.host, "live": s.live, "view": VIEWS[s.view], "excuse": s.excuse,
            "scheme": c.scheme, "side": s.side, "dose": truth[s.subject].share("orders"), "category": s.category,
        }
        for s, c in zip(stalls, cases, strict=True)
    ]  # fmt: skip
    return World(
        Dataset(events, rooms.dataset.accounts, rooms.dataset.metrics, catalogued(trade.products), rooms.dataset.windows),
        truth,
        {"parties.toml": paper([*accounts_of(trade.firms, ledger.crowd, ledger.salt), *trade.parties], "party"),
         "deals.toml": paper(trade.deals, "deal")},
        deals,
        {"purchases": bought, "stalls": pa.Table.from_pylist(rows)},
    )  # fmt: skip


def _room_rows(events: pa.Table, view: dict[str, int]) -> pa.Table:
    """What else is told of the rooms: all to the platform; no clicks, leaves and devices to others; nobody's name to a CSV."""
    session = events["session_id"].cast(pa.string())
    seen = pc.index_in(session, value_set=pa.array(view)).combine_chunks()
    code = np.array(list(view.values()))[np.asarray(seen.fill_null(0))]
    quiet = pc.is_in(
        events["kind"].cast(pa.string()), value_set=pa.array(["leave", "product_click", "cart_add"])
    )
    hidden = {"device": code > 0, "ip": code > 0, "actor_id": code == VIEWS.index("bare")}
    for name, where in hidden.items():
        at = EVENTS.get_field_index(name)
        kept = pc.if_else(pa.array(where), pa.scalar(None, pa.string()), events[name])
        events = events.set_column(at, EVENTS.field(at), kept)
    masked = pc.if_else(pa.array(hidden["actor_id"]), int(Flag.MASKED), 0)
    at = EVENTS.get_field_index("flags")
    events = events.set_column(at, EVENTS.field(at), pc.bit_wise_or(events["flags"], masked.cast(pa.int32())))
    return events.filter(pc.invert(pc.and_(quiet, pa.array(code > 0))))


def _truth(
    to: Stall, room: SessionTruth | None, money: dict[str, Money], bought: pa.Table, salt: int
) -> SessionTruth:
    """The answer key of a stall; returners cheat, but nothing of theirs is made for show."""
    mine = bought.filter(pc.equal(bought["subject_id"], to.subject))
    made = mine.filter(pc.is_in(mine["what"], value_set=pa.array(["brushed", "reverse"])))
    who = {scheme: names("u", people, salt) for scheme, people in to.groups.items()}
    base = room or SessionTruth(to.subject)
    fake = frozenset().union(*(people for scheme, people in who.items() if scheme != "ring"))
    return replace(
        base, outcome="attacked" if made.num_rows else "honest", kinds=tuple(to.kinds), burst=to.excuse, view=VIEWS[to.view],
        fabricated={"orders": made.num_rows} if made.num_rows else {}, shown={**base.shown, "orders": mine.num_rows},
        fake_accounts=fake, fake_orders=frozenset(made["order_id"].to_pylist()), groups=who,
        began=to.began if made.num_rows else None, cost=to.cost, money=money[to.subject],
    )  # fmt: skip


def _kept(deal: Deal, to: Stall, truth: dict[str, SessionTruth]) -> DealTruth:
    """What a pledge came to: real sales count, bought ones do not."""
    real = truth[to.subject].money
    verified = real.verified if real else 0
    bought = real.brushed if real else 0
    return DealTruth(deal.id, verified, verified >= deal.pledge_gmv, recycled=min(bought, deal.slot_fee))
