"""Sixty hosts of eight agencies over three months, as an investor is shown them, and two hundred and forty whom nobody watches.

Each host is a few broadcasts of ten to sixty orders; sizes follow rank by a power law, with the sixty as its head (FIELD
D18, K31-K32). Of the sixty, most are honest; some have orders made for show (kept in empty parcels, refunded next day, or
bought by staff before each month's end and returned once settled), two agencies in nearly every room; some hand in books
that the platform's settlement statement (`settle`, an order each, seven days after completion, less five per cent) does
not bear out: orders that never were, refunds left out. Honest statements lag too: a new shop is paid after thirty days,
cash on delivery is paid by the courier, New Year stops all parcels for a fortnight. A monitor publishes what the rooms of
the sixty displayed (`session_metrics`, `gmv`, source `monitor@1`); of the others only names are in `parties.toml`. The
truth folder holds `hosts.parquet` (style, displayed and verified sales, share of orders made for show, whether statement
and orders agree), `tail.parquet` (the same sums of the unwatched), `total.parquet` (one row) and `purchases.parquet`.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from zhenbo.core.dataset import Dataset
from zhenbo.core.schema import ACCOUNTS, SESSION_METRICS, empty
from zhenbo.core.session import DAY, HOUR, MINUTE
from zhenbo.worlds.anchors import CATEGORIES
from zhenbo.worlds.crowd import Crowd, Ints, named, names
from zhenbo.worlds.excuses import Public, public
from zhenbo.worlds.ledger import PLATFORM, WITHHELD, Ledger, catalogued, goods, money_of, purchases, table
from zhenbo.worlds.market import Party, accounts_of, firm, paper
from zhenbo.worlds.show import SECOND, Words
from zhenbo.worlds.stalls import KEPT, NEVER, Batch, Fate, Stall, ordinary, sell, stall
from zhenbo.worlds.tasks import Organiser, organiser, praise
from zhenbo.worlds.truth import Money, SessionTruth, World

START = 1_767_196_800_000_000  # 2026-01-01 00:00 in Beijing
DAYS = 90
END = START + 125 * DAY
HOSTS, UNSEEN = 60, 240
HOLIDAY = (START + 41 * DAY, START + 55 * DAY)
"""New Year: nothing is shipped, little is ordered."""
WAIT, CUT = 7 * DAY, 0.05
"""Settlement after completion, and the platform's share (judgement, as in `market.settle_orders`)."""
STYLES = ("kept", "echo", "staff", "invented", "withheld")
FAIR = (
    "none",
    "none",
    "none",
    "none",
    "apparel",
    "bulk",
    "on_delivery",
    "slow_statement",
    "growing",
    "moved",
)
"""What honest hosts are: most nothing in particular."""


@dataclass
class Room:
    """A host and its books.

    Args:
        host: the account.
        rank: place by size.
        agency: number of its agency.
        style: one of `STYLES`; empty for an honest host.
        share: share of its orders that are made for show, invented, or whose refund is left out.
        excuse: one of `FAIR`.
        category: kind of goods.
        nights: first microseconds of its broadcasts.
        orders: honest orders of each.
        price: usual amount of an order, minor units.
        fate: what becomes of its honest orders.
        staff: people of the agency who buy.
        stalls: its broadcasts.
    """

    host: str
    rank: int
    agency: int
    style: str
    share: float
    excuse: str
    category: str
    nights: Ints
    orders: Ints
    price: int
    fate: Fate
    staff: Ints
    stalls: list[Stall] = field(default_factory=list)


def world(seed: int, *, small: bool = False) -> World:
    """About six hundred broadcasts; `small` gives every host a third of its own."""
    rng, salt = np.random.default_rng([seed, 97]), seed * 1_000_003 + 97
    crowd = Crowd()
    ledger = Ledger(crowd, Words(), salt)
    all_ = public(crowd, rng, START, 12_000)
    hired = organiser(crowd, rng, START, 1_200, 10, careful=True)
    rooms, unseen = _law(rng, crowd, small=small)
    for room in rooms:
        for i in range(len(room.nights)):
            _night(ledger, np.random.default_rng(rng.integers(2**63)), room, i, all_, hired)
    settle(ledger, rooms)
    bought = purchases(ledger, END)
    return _written(ledger, rng, rooms, unseen, bought)


def _law(rng: np.random.Generator, crowd: Crowd, *, small: bool) -> tuple[list[Room], pa.Table]:
    """Sizes of three hundred hosts by rank, and what the head of them is like; the tail is made up as sums alone."""
    rank = np.arange(1, HOSTS + UNSEEN + 1)
    size = 60_000_000 * rank**-0.9 * rng.lognormal(0, 0.2, len(rank))  # fen displayed in three months
    size = np.sort(size)[::-1]
    crooked = set(rng.permutation(8)[:2].tolist())
    staff = [crowd.ordinary(rng, 14, START, 0.1, 0.7) for _ in range(8)]
    for who in staff:
        crowd.set_trait("ip", who, int(crowd.fresh(1)[0]))
    rooms = []
    for place in range(HOSTS):
        agency = int(rng.integers(8))
        bad = rng.random() < (0.9 if agency in crooked else 0.22)
        style = str(rng.choice(STYLES, p=[0.3, 0.2, 0.2, 0.2, 0.1])) if bad else ""
        excuse = str(rng.choice(FAIR))
        category = "apparel" if excuse == "apparel" else str(rng.choice(list(CATEGORIES)))
        n = max(3, int(rng.integers(7, 14)) // (3 if small else 1))
        nights = (
            START + np.sort(rng.choice(DAYS, n, replace=False)) * DAY + rng.integers(18 * HOUR, 21 * HOUR, n)
        )
        lift = np.linspace(0.5, 1.6, n) if excuse == "growing" else np.ones(n)
        quiet = np.where((nights > HOLIDAY[0]) & (nights < HOLIDAY[1]), 0.5, 1.0)
        orders = np.clip(rng.lognormal(np.log(34 - place * 0.2), 0.35, n) * lift * quiet, 10, 60).astype(
            np.int64
        )
        share = float(rng.choice([0.1, 0.2, 0.35, 0.5, 0.7])) if bad else 0.0
        real = float(size[place]) * (1 - share)
        units = 3.6 if excuse == "bulk" else 1.15
        price = max(990, int(real / (orders.sum() * (3 if small else 1)) / units))
        rooms.append(Room(
            f"h{61_001 + place}", place + 1, agency, style, share, excuse, category, nights, orders, price,
            replace(ordinary(rng, category), on_delivery=excuse == "on_delivery"), staff[agency],
        ))  # fmt: skip
    return rooms, _tail(rng, size[HOSTS:])


def _tail(rng: np.random.Generator, size: np.ndarray) -> pa.Table:
    """Displayed and verified sales of hosts whom nobody watches: the same law, the same returns, as often crooked as others."""
    n = len(size)
    share = np.where(rng.random(n) < 0.3, rng.choice([0.1, 0.2, 0.35, 0.5, 0.7], n), 0.0)
    left = rng.choice([0.29, 0.62, 0.78, 0.64, 0.45], n) * rng.uniform(
        0.93, 1.05, n
    )  # apparel, beauty, food, home, jewellery
    return pa.table(
        {
            "host_id": [f"h{61_001 + HOSTS + i}" for i in range(n)],
            "displayed": pa.array(size.astype(np.int64)),
            "verified": pa.array((size * (1 - share) * left).astype(np.int64)),
        }
    )


def _night(
    ledger: Ledger, rng: np.random.Generator, room: Room, i: int, all_: Public, hired: Organiser
) -> None:
    """One broadcast: who was there, who bought, and what was made up."""
    start = int(room.nights[i])
    end = start + int(rng.integers(60, 150)) * MINUTE
    to = stall(ledger, rng, room.host, room.category, (start, end), session=f"r{room.host[1:]}-{i:02d}")
    to.prices = np.maximum(
        490, (room.price * np.linspace(0.5, 1.7, len(to.prices))).astype(np.int64) // 100 * 100 - 10
    )
    to.popular, to.fate, to.excuse = np.ones(len(to.prices)) / len(to.prices), room.fate, room.excuse
    room.stalls.append(to)
    n = int(room.orders[i])
    buyer, at = all_.some(rng, n), np.sort(rng.integers(start + MINUTE, end - MINUTE, n))
    qty = np.ones(n, dtype=np.int64)
    if room.excuse == "bulk":
        qty = np.where(rng.random(n) < 0.08, rng.integers(10, 60, n), qty)
        buyer = np.where(rng.random(n) < 0.15, buyer[0], buyer)
    _sold(to, room, Batch(buyer, at, qty=qty, back=_stopped(rng, at), cause="logistics"))
    there = [np.repeat(buyer, 1), all_.some(rng, int(n * rng.uniform(3, 8)))]
    when = [at - rng.integers(20, 900, n) * SECOND, rng.integers(start, end, len(there[1]))]
    if room.style:
        made, moment = _made(to, room, hired, max(1, round(n * room.share / (1 - room.share))))
        if room.style in {"kept", "staff"}:
            there.append(made)
            when.append(moment - rng.integers(20, 400, len(made)) * SECOND)
    _company(to, np.concatenate(there), np.concatenate(when).clip(start, end))


def _stopped(rng: np.random.Generator, at: Ints) -> Ints | None:
    """During New Year parcels stand still, and more than usual is called off; otherwise fate decides."""
    if not HOLIDAY[0] < int(at[0]) < HOLIDAY[1]:
        return None
    tired = rng.random(len(at)) < 0.35
    return np.where(tired, at + (rng.uniform(1, 9, len(at)) * DAY).astype(np.int64), NEVER)


def _sold(to: Stall, room: Room, batch: Batch) -> None:
    """Honest orders; where refunds are left out of the books, some of them are sold under a view that keeps them back."""
    still = HOLIDAY[0] < to.start < HOLIDAY[1]
    fate = replace(room.fate, ship_hours=260.0) if still else room.fate
    if room.style != "withheld":
        sell(to, batch, fate)
        return
    hidden = to.rng.random(len(batch.buyer)) < room.share
    for part, view in ((~hidden, 0), (hidden, WITHHELD)):
        back = None if batch.back is None else batch.back[part]
        qty = None if batch.qty is None else batch.qty[part]
        sell(
            replace(to, view=view),
            Batch(batch.buyer[part], batch.at[part], qty=qty, back=back, cause=batch.cause),
            fate,
        )


def _made(to: Stall, room: Room, hired: Organiser, n: int) -> tuple[Ints, Ints]:
    """What is made for show, by the host's style; returns who ordered it and when."""
    rng, crowd = to.rng, to.ledger.crowd
    if room.style == "withheld":
        return np.empty(0, dtype=np.int64), np.empty(0, dtype=np.int64)
    at = np.sort(rng.integers(to.start + MINUTE, to.end - MINUTE, n))
    who, fate, back, text = hired.hands[hired.call(rng, n)], KEPT, None, None
    if room.style == "kept":
        fate = replace(
            KEPT, grams=int(rng.integers(40, 150)), weight_spread=0.08, by_units=False, reviews=0.6
        )
        text = to.ledger.words.codes(praise(rng, n))
    elif room.style == "echo":
        back = to.start // DAY * DAY + DAY + (rng.normal(6, 2.5, n).clip(1, 14) * HOUR).astype(np.int64)
        fate = replace(KEPT, shipped=0.1)
    elif room.style == "staff":
        who = rng.choice(room.staff, n)
        month = (to.start - START) // (30 * DAY) + 1
        back = START + month * 30 * DAY + (rng.uniform(9, 16, n) * DAY).astype(np.int64)
        fate = replace(KEPT, keeps=0.5, travel_days=2.0)
    else:
        who = crowd.ordinary(rng, n, to.start, 0.3, 0.0)
        fate = replace(KEPT, reviews=0.0)
    to.side, to.groups[room.style] = "host", who
    to.kinds.append(f"brush-host_side-{room.style}@{room.share:.2f}")
    to.began = int(at.min())
    sell(
        to,
        Batch(who, at, qty=np.ones(n, dtype=np.int64), back=back),
        fate,
        what="brushed",
        side="host",
        scheme=room.style,
        praise=text,
    )
    return who, at


def _company(to: Stall, who: Ints, at: Ints) -> None:
    """Who came in, what the counters said, and a word from one in twelve."""
    ledger, rng = to.ledger, to.rng
    code = {"host": ledger.words.code(to.host), "session": ledger.words.code(to.subject)}
    order = np.argsort(at)
    who, at = who[order], at[order]
    crowd = ledger.crowd
    ledger.put("enter", at, actor=who, device=crowd.trait("device")[who], ip=crowd.trait("ip")[who], **code)
    says = rng.random(len(who)) < 0.08
    words = ledger.words.codes(
        [
            "多少钱",
            "怎么拍",
            "有链接吗",
            "好看",
            "已拍",
            "主播声音大点",
            "包邮吗",
            "什么时候发货",
            "来了",
            "支持",
        ]
    )
    ledger.put(
        "comment",
        at + 30 * SECOND,
        says & (at < to.end - MINUTE),
        actor=who,
        text=words[rng.integers(len(words), size=len(who))],
        **code,
    )
    beat = np.arange(to.start + 5 * MINUTE, to.end, 5 * MINUTE)
    total = np.searchsorted(at, beat)
    ledger.put("entered_total", np.append(beat, to.end), qty=np.append(total, len(at)), **code)
    stayed = total - np.searchsorted(at + 4 * MINUTE, beat)
    ledger.put("viewers", beat, qty=np.maximum(0, stayed + rng.integers(-1, 2, len(beat))), **code)


def settle(ledger: Ledger, rooms: Sequence[Room]) -> None:
    """The platform's statement: every completed order that was not paid back is paid out; what never was, is not."""
    hosts = {ledger.words.code(room.host): room for room in rooms}
    unreal = [number for number, _, _, _, scheme in ledger.orders if scheme == ledger.words.code("invented")]
    never = np.concatenate(unreal) if unreal else np.empty(0, dtype=np.int64)
    back: dict[int, int] = {}
    for entry in ledger.rows:
        if entry.kind == "refund_done":
            numbers, sums = (
                np.broadcast_to(np.asarray(entry.columns[c]), entry.ts.shape).tolist()
                for c in ("order", "amount")
            )
            for number, amount in zip(numbers, sums, strict=True):
                back[number] = back.get(number, 0) + amount
    for entry in [e for e in ledger.rows if e.kind == "order_complete"]:
        room = hosts[int(np.asarray(entry.columns["host"]))]
        if room.excuse == "on_delivery":
            continue
        number, parent, gross = (
            np.asarray(entry.columns[c], dtype=np.int64) for c in ("order", "parent", "amount")
        )
        left = gross - np.array([back.get(n, 0) for n in number.tolist()], dtype=np.int64)
        wait = 30 * DAY if room.excuse == "slow_statement" else WAIT
        due = (left > 0) & ~np.isin(number, never)
        ledger.put(
            "settle", entry.ts + wait, due, order=number, parent=parent, amount=np.round(left * (1 - CUT)).astype(np.int64),
            host=entry.columns["host"], currency=ledger.words.code("CNY"), state=ledger.words.code("货款结算入账"),
        )  # fmt: skip


def _written(
    ledger: Ledger, rng: np.random.Generator, rooms: Sequence[Room], unseen: pa.Table, bought: pa.Table
) -> World:
    """The record, its papers and its truth."""
    money = money_of(bought)
    stalls = [to for room in rooms for to in room.stalls]
    truth = {to.subject: _truth(to, money[to.subject], bought, ledger.salt) for to in stalls}
    rows = [_host(room, [money[to.subject] for to in room.stalls], truth) for room in rooms]
    head, seen = (sum(getattr(m, line) for m in money.values()) for line in ("verified", "gross"))
    total = {
        "displayed_head": seen, "verified_head": head, "displayed": seen + pc.sum(unseen["displayed"]).as_py(),
        "verified": head + pc.sum(unseen["verified"]).as_py(), "hosts": HOSTS + UNSEEN,
    }  # fmt: skip
    catalogue = [
        row for room in rooms
        for row in goods(room.host, f"m-{room.host[1:]}", room.category, room.stalls[0].prices.tolist())
    ]  # fmt: skip
    return World(
        Dataset(table(ledger, END), empty(ACCOUNTS), _monitored(rng, stalls, money), catalogued(catalogue)), truth,
        {"parties.toml": paper(_parties(ledger, rng, rooms, unseen), "party")}, {},
        {"hosts": pa.Table.from_pylist(rows), "tail": unseen, "total": pa.Table.from_pylist([total]), "purchases": bought},
    )  # fmt: skip


def _host(room: Room, sums: Sequence[Money], truth: Mapping[str, SessionTruth]) -> dict[str, object]:
    """The answer key of a host, over its broadcasts."""
    nights = [truth[to.subject] for to in room.stalls]
    return {
        "host_id": room.host, "agency_id": f"mcn-{401 + room.agency}", "rank": room.rank, "style": room.style, "excuse": room.excuse,
        "sessions": len(sums), "displayed": sum(m.gross for m in sums), "verified": sum(m.verified for m in sums),
        "brushed_orders": sum(len(t.fake_orders) for t in nights) / sum(t.shown["orders"] for t in nights),
        "agrees": room.style not in {"invented", "withheld"},
    }  # fmt: skip


def _monitored(rng: np.random.Generator, stalls: Sequence[Stall], money: Mapping[str, Money]) -> pa.Table:
    """What a monitor says that each watched broadcast displayed, a few per cent off, in yuan."""
    return pa.Table.from_pylist([
        {
            "platform": PLATFORM, "session_id": to.subject, "bucket_start": to.start, "bucket_seconds": (to.end - to.start) // SECOND,
            "metric": "gmv", "value": float(round(money[to.subject].gross * float(rng.lognormal(0, 0.05)) / 100)), "unit": "CNY",
            "source": "monitor@1",
        }
        for to in stalls
    ], schema=SESSION_METRICS)  # fmt: skip


def _truth(to: Stall, money: Money, bought: pa.Table, salt: int) -> SessionTruth:
    """The answer key of a broadcast."""
    mine = bought.filter(pc.equal(bought["subject_id"], to.subject))
    fake = mine.filter(pc.equal(mine["what"], "brushed"))["order_id"].to_pylist()
    who = {scheme: names("u", people, salt) for scheme, people in to.groups.items()}
    return SessionTruth(
        to.subject, "attacked" if fake else "honest", tuple(to.kinds), to.excuse, fabricated={"orders": len(fake)} if fake else {},
        shown={"orders": mine.num_rows}, fake_accounts=frozenset().union(*who.values()), fake_orders=frozenset(fake), groups=who,
        began=to.began, money=money,
    )  # fmt: skip


def _parties(
    ledger: Ledger, rng: np.random.Generator, rooms: Sequence[Room], unseen: pa.Table
) -> list[Party]:
    """Agencies, their hosts, some of their staff, hosts who moved, and the names of those whom nobody watches."""
    firms = [firm(ledger.crowd, rng, START, f"mcn-{401 + i}", "agency", f"机构{401 + i}") for i in range(8)]
    rows = accounts_of(firms, ledger.crowd, ledger.salt)
    for room in rooms:
        mine = firms[room.agency].id
        if room.excuse == "moved":
            at, other = START + 45 * DAY, firms[(room.agency + 3) % 8].id
            rows.append(Party(room.host, "host", relation="managed_by", other=other, valid_to=at))
            rows.append(Party(room.host, "host", relation="managed_by", other=mine, valid_from=at))
        else:
            rows.append(Party(room.host, "host", relation="managed_by", other=mine))
    known: dict[int, Ints] = {room.agency: room.staff for room in rooms}
    for agency, staff in sorted(known.items()):
        some = staff[: len(staff) // 3]
        rows += [
            Party(one, "account", relation="works_for", other=firms[agency].id)
            for one in named("u", some, ledger.salt).to_pylist()
        ]
    rows += [
        Party(host, "host", relation="managed_by", other=firms[int(rng.integers(8))].id)
        for host in unseen["host_id"].to_pylist()
    ]
    return rows
