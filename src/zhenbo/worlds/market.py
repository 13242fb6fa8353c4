"""Agencies, merchants, deals and the money between them, as papers of a data folder and rows of the record.

Papers are `parties.toml` and `deals.toml` with the fields of the data contract (DESIGN 6); money is in minor units.
A firm is somebody of the crowd: it pays from an account of its own, so that a slot fee that comes back as orders can be
followed through `pay` and `target_id`. There is no kind for a plain transfer: money to hired buyers is written as
`compensation`, with the remark that a bank statement would show (`state`), as FIELD B33 and A17 tell the loop.
"""

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, fields, replace
from datetime import UTC, datetime

import numpy as np
import pyarrow as pa

from zhenbo.core.dataset import canonical_order
from zhenbo.core.schema import EVENTS, MONEY_KINDS
from zhenbo.core.session import DAY
from zhenbo.worlds.crowd import Crowd, Ints, named
from zhenbo.worlds.record import SOURCE
from zhenbo.worlds.show import Block, Show
from zhenbo.worlds.truth import DealTruth, World


@dataclass(frozen=True)
class Party:
    """One line on who somebody is or to whom they belong, and since when.

    Args:
        id: whom it speaks of.
        role: host, agency, merchant, shop, person or account.
        name: name then in use.
        relation: managed_by, operated_by, renamed_to, pays_from, acts_as, works_for, signs, …
        other: the other side of the relation.
        valid_from: first microsecond; None from the beginning.
        valid_to: last microsecond; None still holds.
    """

    id: str
    role: str
    name: str = ""
    relation: str = ""
    other: str = ""
    valid_from: int | None = None
    valid_to: int | None = None


@dataclass(frozen=True)
class Deal:
    """A contract about live sales, field by field as in `deals.toml` (DESIGN 6); amounts in minor units.

    Args:
        id: the deal.
        host_id: who performs.
        merchant_id: whose goods.
        mcn_id: agency that signs for the host; empty without one.
        sessions: broadcasts it speaks of.
        since: first microsecond of a deal by time (`from`).
        until: last one (`to`).
        products: goods it speaks of; all of the broadcast when empty.
        slot_fee: 坑位费.
        commission_rate: share of confirmed sales.
        order_fee: per displayed order.
        platform_rate: the platform's cut.
        tax_rate: tax charged on the fee.
        pledge_gmv: 保销: sales that were guaranteed.
        roi: sales promised per unit of fee (对赌).
        gross_margin: the merchant's, before fees.
        clawback_return_rate: commission is owed back above it (A19).
        purpose: sales, brand, clearance, seed_users, or the clause on which money comes back.
        minutes: airtime agreed.
        rerun_by: date of an agreed re-run.
        samples: samples sent.
        host_scheduled: who was announced.
        signed_on: when it was signed.
    """

    id: str
    host_id: str
    merchant_id: str
    mcn_id: str = ""
    sessions: tuple[str, ...] = ()
    since: int | None = None
    until: int | None = None
    products: tuple[str, ...] = ()
    slot_fee: int = 0
    commission_rate: float = 0.0
    order_fee: int = 0
    platform_rate: float = 0.0
    tax_rate: float = 0.0
    pledge_gmv: int = 0
    roi: float = 0.0
    gross_margin: float = 0.0
    clawback_return_rate: float = 0.0
    purpose: str = "sales"
    minutes: int = 0
    rerun_by: int | None = None
    samples: int = 0
    host_scheduled: str = ""
    signed_on: int | None = None


_TIMES = ("valid_from", "valid_to", "since", "until", "rerun_by", "signed_on")
_NAMES = {"since": "from", "until": "to"}


def paper(rows: Iterable[Party] | Iterable[Deal], table: str) -> str:
    """Rows as an array of TOML tables; empty fields are left out, one broadcast is written as `session_id`.

    Args:
        rows: parties or deals.
        table: `party` or `deal`.
    """
    return "\n".join(f"[[{table}]]\n" + "".join(_lines(row)) for row in rows)


def _lines(row: Party | Deal) -> Iterable[str]:
    for spec in fields(row):
        value = getattr(row, spec.name)
        if value is None or value in {"", 0, ()}:
            continue
        if spec.name == "sessions" and len(value) == 1:
            yield f"session_id = {json.dumps(value[0])}\n"
        elif spec.name in _TIMES:
            yield f"{_NAMES.get(spec.name, spec.name)} = {_date(value)}\n"
        else:
            yield f"{spec.name} = {json.dumps(value, ensure_ascii=False)}\n"


def _date(micros: int) -> str:
    """A moment as a TOML offset date-time in UTC."""
    return datetime.fromtimestamp(micros // 1_000_000, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


@dataclass(frozen=True)
class Firm:
    """An agency, a merchant or an organiser that pays and is paid.

    Args:
        id: its name in the papers.
        role: agency, merchant or person.
        name: trading name.
        number: its place in the crowd, whose `pay` is its account.
    """

    id: str
    role: str
    name: str
    number: int


def firm(crowd: Crowd, rng: np.random.Generator, now: int, who: str, role: str, name: str) -> Firm:
    """A new firm with a paying account of its own."""
    number = crowd.ordinary(rng, 1, now, 0.0, 0.0)
    crowd.set_trait("pay", number, int(crowd.fresh(1)[0]))
    return Firm(who, role, name, int(number[0]))


def accounts_of(firms: Iterable[Firm], crowd: Crowd, salt: int) -> list[Party]:
    """Which pseudonymous accounts the firms act and pay with."""
    rows: list[Party] = []
    for one in firms:
        acts = named("u", np.array([one.number]), salt)[0].as_py()
        pays = named("y", crowd.trait("pay")[[one.number]], salt + 7)[0].as_py()
        rows += [
            Party(one.id, one.role, one.name, "acts_as", acts),
            Party(one.id, one.role, one.name, "pays_from", pays),
        ]
    return rows


@dataclass(frozen=True)
class Transfer:
    """Money from one to another, outside the orders themselves.

    Args:
        kind: one of `MONEY_KINDS`.
        at: microsecond.
        payer: crowd number of who pays.
        payee: crowd number of who is paid.
        amount: minor units.
        host_id: the room that it concerns.
        deal: the deal that it concerns.
        remark: what the statement says.
    """

    kind: str
    at: int
    payer: int
    payee: int
    amount: int
    host_id: str
    deal: str = ""
    remark: str = ""


@dataclass
class Books:
    """The papers and payments of a world while it is made up.

    Args:
        crowd: everybody.
        salt: makes the opaque names.
        parties: lines on who is who.
        deals: contracts.
        transfers: payments.
        answers: answer key by deal.
    """

    crowd: Crowd
    salt: int
    parties: list[Party] = field(default_factory=list)
    deals: list[Deal] = field(default_factory=list)
    transfers: list[Transfer] = field(default_factory=list)
    answers: dict[str, DealTruth] = field(default_factory=dict)

    def move(
        self, kind: str, at: int, payer: Firm | int, payee: Firm | int, amount: int, deal: Deal, remark: str
    ) -> None:
        """Note a payment that a deal gave rise to."""
        ends = [side.number if isinstance(side, Firm) else side for side in (payer, payee)]
        self.transfers.append(Transfer(kind, at, ends[0], ends[1], amount, deal.host_id, deal.id, remark))

    def sign(self, deal: Deal, shows: Sequence[Show], *, recycled: int = 0, rollover: bool = False) -> None:
        """File a deal with what its broadcasts really sold."""
        real = sum(sold(show, deal.products) for show in shows)
        met = real >= deal.pledge_gmv if deal.pledge_gmv else None
        self.deals.append(deal)
        self.answers[deal.id] = DealTruth(deal.id, real, met, recycled, rollover)

    def filed(self, world: World) -> World:
        """The world with its papers, payments and the merchants of its products."""
        rows = sorted(self.transfers, key=lambda t: (t.at, t.payer, t.payee, t.amount))
        events = world.dataset.events
        if rows:
            parts = pa.concat_tables([events, _rows(rows, self.crowd, self.salt)])
            events = canonical_order(parts.unify_dictionaries().combine_chunks())
        dataset = replace(world.dataset, events=events, products=_owned(world.dataset.products, self.deals))
        papers = {
            "parties.toml": paper(self.parties, "party"),
            **({"deals.toml": paper(self.deals, "deal")} if self.deals else {}),
        }
        return replace(world, dataset=dataset, papers=papers, deals=dict(self.answers))


def _rows(rows: Sequence[Transfer], crowd: Crowd, salt: int) -> pa.Table:
    """Payments as canonical events of no broadcast; `ref_id` is the deal."""
    payer = np.array([r.payer for r in rows], dtype=np.int64)
    payee = np.array([r.payee for r in rows], dtype=np.int64)
    made: dict[str, Sequence[object] | pa.Array] = {
        "platform": ["douyin"] * len(rows),
        "source": [SOURCE] * len(rows),
        "host_id": [r.host_id for r in rows],
        "event_id": [f"money-{i:05d}" for i in range(len(rows))],
        "kind": [r.kind for r in rows],
        "ts": pa.array([r.at for r in rows]).cast(EVENTS.field("ts").type),
        "ts_seen": pa.array([r.at for r in rows]).cast(EVENTS.field("ts").type),
        "actor_id": named("u", payer, salt),
        "flags": pa.array([0] * len(rows), pa.int32()),
        "target_id": named("u", payee, salt),
        "ref_id": [r.deal or None for r in rows],
        "amount": [r.amount for r in rows],
        "currency": ["CNY"] * len(rows),
        "state": [r.remark or None for r in rows],
        "pay": named("y", crowd.trait("pay")[payer], salt + 7),
    }
    if any(r.kind not in MONEY_KINDS for r in rows):
        raise ValueError(f"not a kind of money: {sorted({r.kind for r in rows} - set(MONEY_KINDS))}")
    arrays = [
        pa.array(made[f.name]).cast(f.type) if f.name in made else pa.nulls(len(rows), f.type) for f in EVENTS
    ]
    return pa.Table.from_arrays(arrays, schema=EVENTS)


def _owned(products: pa.Table, deals: Sequence[Deal]) -> pa.Table:
    """Products with the merchants that the deals name for them."""
    owner = {p: d.merchant_id for d in deals for p in d.products}
    merchant = [
        owner.get(p, m)
        for p, m in zip(products["product_id"].to_pylist(), products["merchant_id"].to_pylist(), strict=True)
    ]
    at = products.schema.get_field_index("merchant_id")
    return products.set_column(at, products.schema.field(at), pa.array(merchant, pa.string()))


def order_rows(show: Show, kind: str) -> Mapping[str, Ints]:
    """Order numbers, buyers, goods, amounts, discounts and times of all rows of a kind of a broadcast."""
    names = ("order", "actor", "target", "amount", "discount_platform")
    parts: dict[str, list[Ints]] = {name: [np.empty(0, dtype=np.int64)] for name in (*names, "ts")}
    for block in show.blocks:
        if block.kind == kind:
            parts["ts"].append(block.ts)
            for name in names:
                value = np.asarray(block.columns.get(name, 0), dtype=np.int64)
                parts[name].append(np.broadcast_to(value, block.ts.shape))
    return {name: np.concatenate(part) for name, part in parts.items()}


def sold(show: Show, products: Sequence[str] = ()) -> int:
    """What a broadcast really sold of some products (of all when none is named), minor units.

    Paid orders that no attack made and nobody sent back, less the platform's discount.
    """
    made = order_rows(show, "order_create")
    fake = np.concatenate([np.empty(0, dtype=np.int64), *show.fake_orders])
    kept = np.isin(made["order"], order_rows(show, "order_pay")["order"])
    for gone in (fake, order_rows(show, "order_cancel")["order"], order_rows(show, "refund_done")["order"]):
        kept &= ~np.isin(made["order"], gone)
    if products:
        kept &= np.isin(made["target"], show.words.codes(list(products)))
    return int((made["amount"] - made["discount_platform"])[kept].sum())


def displayed(show: Show, products: Sequence[str] = ()) -> int:
    """What the room shows as sold: amounts of all orders made, minor units."""
    made = order_rows(show, "order_create")
    mine = np.ones(len(made["order"]), dtype=bool)
    if products:
        mine = np.isin(made["target"], show.words.codes(list(products)))
    return int(made["amount"][mine].sum())


def confirmed(show: Show, by: int, products: Sequence[str] = ()) -> int:
    """What merchant and agency settle on: orders paid and not yet refunded at a moment, minor units."""
    paid, back = order_rows(show, "order_pay"), order_rows(show, "refund_done")
    kept = ~np.isin(paid["order"], back["order"][back["ts"] <= by])
    if products:
        kept &= np.isin(paid["target"], show.words.codes(list(products)))
    return int(paid["amount"][kept].sum())


def settle_orders(show: Show, *, wait: int = 7 * DAY, cut: float = 0.05) -> None:
    """The platform pays the shop for completed orders that were not refunded first.

    Args:
        show: the broadcast.
        wait: time from completion to payment.
        cut: the platform's share (a technical service fee of some per cent; judgement).
    """
    done, back = order_rows(show, "order_complete"), order_rows(show, "refund_done")
    at = done["ts"] + wait
    refund = dict(zip(back["order"].tolist(), back["ts"].tolist(), strict=True))
    never = np.iinfo(np.int64).max
    keep = at < np.array([refund.get(order, never) for order in done["order"].tolist()], dtype=np.int64)
    show.after(
        "settle", at[keep], order=done["order"][keep], parent=done["order"][keep],
        amount=(done["amount"][keep] * (1 - cut)).astype(np.int64), currency=show.words.code("CNY"),
        state=show.words.code("已结算"),
    )  # fmt: skip


def give_back(show: Show, numbers: Ints, at: Ints, *, delivered: bool = True) -> None:
    """Paid orders are returned at given times; what would have happened to them later does not.

    Args:
        show: the broadcast that they were made in.
        numbers: the orders, all paid and never refunded before.
        at: when each refund is asked for.
        delivered: whether goods had arrived and travel back; else they are stopped on the way.
    """
    paid = order_rows(show, "order_pay")
    order = np.argsort(paid["order"])
    row = order[np.searchsorted(paid["order"][order], numbers)]
    if not np.array_equal(paid["order"][row], numbers):
        raise ValueError("only paid orders can be given back")
    when = dict(zip(numbers.tolist(), at.tolist(), strict=True))
    stopped = {"order_complete", "review"} | (set() if delivered else {"order_ship", "order_deliver"})
    show.blocks = [_until(b, when) if b.kind in stopped else b for b in show.blocks]
    base: dict[str, Ints | int] = {
        "actor": paid["actor"][row], "order": numbers, "parent": numbers, "qty": 1, "amount": paid["amount"][row],
        "target": paid["target"][row], "currency": show.words.code("CNY"), "trade": 1,
    }  # fmt: skip
    back = (("return_ship", DAY // 2, "待商家收货"), ("return_receive", 2 * DAY, "商家已收货"))
    for kind, wait, state in (
        ("refund_request", 0, "待商家处理"),
        *(back if delivered else ()),
        ("refund_done", 2 * DAY + DAY // 6 if delivered else DAY // 48, "退款成功"),
    ):
        show.after(kind, at + wait, **base, state=show.words.code(state))


def _until(block: Block, when: Mapping[int, int]) -> Block:
    """A block without the rows of some orders that would come after a moment."""
    never = np.iinfo(np.int64).max
    numbers = np.broadcast_to(np.asarray(block.columns["order"]), block.ts.shape)
    keep = block.ts < np.array([when.get(order, never) for order in numbers.tolist()], dtype=np.int64)
    columns = {k: v if isinstance(v, int) else v[keep] for k, v in block.columns.items()}
    return Block(block.kind, block.ts[keep], columns, block.later)
