"""One row per order: who made it, where it goes, what became of it. The later life of an order in columns.

Signals, the judge and the GMV bridge all read this table, so that "paid", "refunded" or "shipped" mean one thing.
Times are microseconds; `NEVER` stands for what did not happen, `UNTIMED` for what happened at an unknown moment.
"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from zhenbo.core.money import split
from zhenbo.core.schema import Flag
from zhenbo.core.session import Session, codes, micros
from zhenbo.kernel.purchases import Found, found
from zhenbo.kernel.refunds import money_back, settled_money

Ints = npt.NDArray[np.int64]
Bools = npt.NDArray[np.bool_]

NEVER = np.int64(np.iinfo(np.int64).max)
UNTIMED = np.int64(np.iinfo(np.int64).min)

_STEPS = {
    "created": "order_create", "paid": "order_pay", "held": "order_hold", "shipped": "order_ship",
    "delivered": "order_deliver", "completed": "order_complete", "cancelled": "order_cancel",
    "asked": "refund_request", "refunded": "refund_done", "sent_back": "return_ship",
    "rejected": "refund_reject", "exchanged": "exchange", "received_back": "return_receive", "reviewed": "review",
    "settled": "settle",
}  # fmt: skip
_KEYS = ("actor_id", "addr", "pay", "device", "region", "target_id", "tracking_id")
_READ = ("source", "kind", "ts", "flags", "order_id", "parent_id", "ref_id", "amount", "currency",
         "discount_platform", "discount_seller", "weight_g", "text", *_KEYS)  # fmt: skip


@dataclass(frozen=True)
class Orders:
    """Orders created in a session or shop month, in order of creation.

    Args:
        id: order ids; samples, lottery and test orders are left out.
        parent: code of the parent order (主订单); equal codes belong to one purchase.
        amount: created amount in minor units, never negative.
        discount: what the buyer did not pay, whoever bore it; at most `amount`. Told by the creating row, else by the
            payment; a payment of less than was left after it counts too.
        refund: money refunded so far, at most `amount - discount`; refunds of a parent fill its children in turn, and
            one after-sale told by several sources counts once.
        currency: code per order into `currencies`.
        currencies: currency names.
        at: first time per step (`created`, `paid`, `held`, `shipped`, `delivered`, `completed`, `cancelled`,
            `asked`, `refunded`, `sent_back`, `rejected`, `exchanged`, `received_back`, `reviewed`, `settled`);
            `NEVER`, `UNTIMED` or microseconds.
        said_by: per step the code of the source that reported it (−1 for none).
        keys: per column (`actor_id`, `addr`, `pay`, `device`, `region`, `target_id`, `tracking_id`) a code per order, −1 where empty.
        names: what the codes of `keys` stand for.
        weight_g: parcel weight in grams, −1 unknown.
        row: index of the creating row in the session's events.
        case_open: whether a request for money back is neither done nor turned down: asked, or goods on their way back
            for no exchange, and not rejected since.
        payments: payments told by the source that tells most of them; more than one where a balance followed a deposit (预售).
        settled: money that statements say was paid out for the order, 0 where none speaks of it.
        why: code of the reason that was given with a refund, return or cancellation, −1 for none.
        whys: what the codes of `why` stand for.
    """

    id: pa.Array
    parent: Ints
    amount: Ints
    discount: Ints
    refund: Ints
    currency: Ints
    currencies: tuple[str, ...]
    at: Mapping[str, Ints]
    said_by: Mapping[str, Ints]
    keys: Mapping[str, Ints]
    names: Mapping[str, pa.Array]
    weight_g: Ints
    row: Ints
    case_open: Bools
    payments: Ints
    settled: Ints
    why: Ints
    whys: pa.Array

    def __len__(self) -> int:
        return len(self.id)

    def happened(self, step: str) -> Bools:
        """Whether a step was reported, at a known time or not."""
        return np.asarray(self.at[step] != NEVER)

    def timed(self, step: str) -> Bools:
        """Whether a step was reported with its own time."""
        return np.asarray((self.at[step] != NEVER) & (self.at[step] != UNTIMED))

    @property
    def was_paid(self) -> Bools:
        """Paid, or completed (cash on delivery). An order on hold is unpaid until it is."""
        return self.happened("paid") | self.happened("completed")

    @property
    def buyer(self) -> Ints:
        """Code of who ordered: the account or, where the record tells no account at all, the address; −1 where unknown."""
        account = self.keys["actor_id"]
        return account if (account >= 0).any() else self.keys["addr"]

    def named(self, ids: Collection[str]) -> Bools:
        """Which orders have one of some ids."""
        wanted = pa.array(sorted(ids), pa.string())
        return np.asarray(pc.is_in(self.id, value_set=wanted).to_numpy(zero_copy_only=False), dtype=bool)

    def only(self, which: Bools) -> "Orders":
        """Some of the orders, with codes that mean what they meant."""
        return replace(
            self,
            id=self.id.filter(pa.array(which)),
            parent=self.parent[which],
            amount=self.amount[which],
            discount=self.discount[which],
            refund=self.refund[which],
            currency=self.currency[which],
            at={step: times[which] for step, times in self.at.items()},
            said_by={step: source[which] for step, source in self.said_by.items()},
            keys={name: code[which] for name, code in self.keys.items()},
            weight_g=self.weight_g[which],
            row=self.row[which],
            case_open=self.case_open[which],
            payments=self.payments[which],
            settled=self.settled[which],
            why=self.why[which],
        )

    @property
    def deposit_only(self) -> Bools:
        """Less than half of the price was paid, at once, and no more."""
        return np.asarray((self.payments == 1) & (2 * (self.amount - self.discount) < self.amount))

    @property
    def in_part(self) -> Bools:
        """Less than half of what was paid has come back (价保, a voucher forgotten, a deposit): the goods are kept."""
        return np.asarray(self.happened("refunded") & (2 * self.refund < self.amount - self.discount))

    @property
    def kept(self) -> Bools:
        """Delivered or completed and neither refunded nor cancelled: what honest bulk buyers do with their orders."""
        back = self.happened("refunded") | self.happened("cancelled") | self.happened("sent_back")
        return (self.happened("delivered") | self.happened("completed")) & ~back


def orders(session: Session) -> Orders:
    """The orders created in this record, with everything the record tells of their later life.

    Computed once per session: several signals and the bridge read the same table.
    """
    kept = vars(session).get("_orders")
    if kept is None:
        kept = vars(session)["_orders"] = _read(session.events)
    return kept


def because(made: Orders, pattern: str) -> Bools:
    """Which orders were given back for a reason that matches a pattern, whatever its case."""
    if not len(made.whys):
        return np.zeros(len(made), dtype=bool)
    match = pc.match_substring_regex(made.whys, pattern, ignore_case=True).to_numpy(zero_copy_only=False)
    return np.append(np.asarray(match, dtype=bool), False)[made.why]


def elsewhere(session: Session) -> Orders | None:
    """What buyers who took money back here ordered in other subjects of the dataset; None where it cannot tell."""
    return None if session.elsewhere is None else _read(session.elsewhere)


def _read(events: pa.Table) -> Orders:
    kinds, kind_names = codes(events["kind"])
    kind_of = {str(name): i for i, name in enumerate(kind_names)}
    trade = np.flatnonzero(np.isin(kinds, [kind_of[k] for k in _STEPS.values() if k in kind_of]))
    rows = events.select(_READ)
    rows = rows if len(trade) == len(rows) else rows.take(pa.array(trade)).combine_chunks()
    kind = kinds[trade]
    creates = kind == kind_of.get("order_create", -2)
    told = found(rows, creates)
    ids, n = told.ids, len(told.ids)
    first = _first(told.order, np.flatnonzero(told.makes), told.row, n)
    amount = np.maximum(_filled(rows["amount"], 0)[first], 0)
    pays = kind == kind_of.get("order_pay", -2)
    discount = _discounts(rows, told.sole(pays), first, amount)
    discount += _shared_discounts(rows, pays, told, amount - discount)
    currency, currencies = codes(rows["currency"])
    done = kind == kind_of.get("refund_done", -2)
    refund = money_back(rows, done, told, (currency, currency[first]), amount - discount)
    settled = settled_money(rows, kind == kind_of.get("settle", -2), told, n)
    each = len(told.row) == len(rows) and bool((told.row == np.arange(len(rows))).all())
    rows = rows if each else rows.take(pa.array(told.row))
    kind, which = kind[told.row], told.order
    kind = np.where(creates[told.row] & ~told.makes, -3, kind)  # the head of a purchase is none of its goods
    at, said_by = _steps(rows, which, kind, kind_of, n)
    _date(at["created"], rows, which, kind == -3)
    keys, names = _attributes(rows, which, told.makes, n)
    weights = _filled(rows["weight_g"], -1)
    why, whys = codes(rows["text"])
    reasons = np.isin(
        kind, [kind_of.get(k, -2) for k in ("refund_request", "refund_done", "order_cancel", "return_ship")]
    )
    return Orders(
        ids, told.purchase, amount, discount, refund, currency[first], tuple(currencies.to_pylist()),
        at, said_by, keys, names, _spread(which, weights, weights > 0, n), trade[first],
        _open(at, rows, which, kind, kind_of), _payments(rows, which, kind == kind_of.get("order_pay", -2), n), settled,
        _spread(which, why, (why >= 0) & reasons, n), whys,
    )  # fmt: skip


def _payments(rows: pa.Table, which: Ints, pays: Bools, n: int) -> Ints:
    """Payments per order, as told by the source that tells most of them."""
    source, _ = codes(rows["source"])
    out = np.zeros(n, dtype=np.int64)
    for one in np.unique(source[pays]):
        np.maximum(out, np.bincount(which[pays & (source == one) & (which >= 0)], minlength=n), out=out)
    return out


def _open(
    at: Mapping[str, Ints], rows: pa.Table, which: Ints, kind: Ints, kind_of: Mapping[str, int]
) -> Bools:
    """Whether money is still asked back: the last word of the buyer came after the last refusal, if there was one."""
    n = len(at["created"])
    ts = micros(rows["ts"])
    last = {}
    for name in ("refund_request", "refund_reject"):
        mine = np.flatnonzero((kind == kind_of.get(name, -2)) & (which >= 0))
        last[name] = np.full(n, UNTIMED)
        np.maximum.at(last[name], which[mine], ts[mine])
    asks, turned = at["asked"] != NEVER, at["rejected"] != NEVER
    again = turned & asks & (last["refund_request"] > last["refund_reject"])
    swapped = at["exchanged"] != NEVER
    back = (at["sent_back"] != NEVER) & ~swapped
    over = (at["refunded"] != NEVER) | (at["cancelled"] != NEVER)
    return np.asarray(((asks | back) & ~turned | again) & ~over)


def _date(created: Ints, rows: pa.Table, which: Ints, heads: Bools) -> None:
    """Goods whose own row has no time were made when their purchase was."""
    mine = np.flatnonzero(heads & (which >= 0))[::-1]
    told = np.full(len(created), UNTIMED)
    told[which[mine]] = micros(rows["ts"])[mine]
    np.copyto(created, told, where=(created == UNTIMED) & (told != UNTIMED))


def _shared_discounts(rows: pa.Table, pays: Bools, told: Found, due: Ints) -> Ints:
    """What a payment of a whole purchase falls short of its goods, shared among them (largest remainder)."""
    out = np.zeros(len(due), dtype=np.int64)
    at = np.flatnonzero(pays & (told.whole >= 0) & _valid(rows["amount"]))
    if not len(at):
        return out
    cut = _filled(rows["discount_platform"], 0) + _filled(rows["discount_seller"], 0)
    given = np.maximum(_filled(rows["amount"], 0) - np.maximum(cut, 0), 0)[at]
    source = codes(rows["source"])[0][at]
    paid: dict[int, dict[int, int]] = {}
    for purchase, who, amount in zip(told.whole[at].tolist(), source.tolist(), given.tolist(), strict=True):
        by_source = paid.setdefault(purchase, {})
        by_source[who] = by_source.get(who, 0) + amount
    alone = np.unique(told.purchase[told.sole(pays & _valid(rows["amount"]))[0]])
    members = np.argsort(told.purchase, kind="stable")
    start = np.searchsorted(told.purchase[members], np.arange(int(told.purchase.max()) + 2))
    for purchase in sorted(set(paid) - set(alone.tolist())):  # goods with payments of their own tell more
        mine = members[start[purchase] : start[purchase + 1]]
        received = max(paid[purchase].values())
        short = int(due[mine].sum()) - received
        if received and short > 0:  # a payment of nothing is one whose amount was not written
            out[mine] = split(short, due[mine].tolist())
    return np.minimum(out, due)


def _discounts(rows: pa.Table, pays: tuple[Ints, Ints], first: Ints, amount: Ints) -> Ints:
    """What the buyer did not pay: told by the creating row, else by the payment; at least what the payment fell short."""
    order, at = pays
    cut = _filled(rows["discount_platform"], 0) + _filled(rows["discount_seller"], 0)
    says = _valid(rows["discount_platform"]) | _valid(rows["discount_seller"])
    own, later = np.maximum(cut[first], 0), np.zeros(len(first), dtype=np.int64)
    speaks = says[at]
    later[order[speaks][::-1]] = np.maximum(cut[at[speaks]], 0)[::-1]
    told = np.where(says[first], own, later)
    source, _ = codes(rows["source"])
    given = np.maximum(_filled(rows["amount"], 0), 0)
    paid = np.zeros(len(first), dtype=np.int64)
    for one in np.unique(
        source[at]
    ):  # parts of a payment add up; another source tells the same payment again
        mine = source[at] == one
        total = np.zeros(len(first), dtype=np.int64)
        np.add.at(total, order[mine], np.minimum(given[at[mine]], amount[order[mine]]))
        paid = np.maximum(paid, total)
    short = np.where(paid > 0, np.maximum(amount - paid, 0), 0)
    return np.minimum(np.maximum(told, short), amount)


def _valid(column: pa.ChunkedArray) -> Bools:
    return np.asarray(pc.is_valid(column).to_numpy())


def _filled(column: pa.ChunkedArray, value: int) -> Ints:
    return np.asarray(pc.fill_null(column, value).to_numpy())


def _first(order: Ints, made: Ints, row: Ints, n: int) -> Ints:
    """The row that made each order: the first of them (rows come in canonical order)."""
    out = np.zeros(n, dtype=np.int64)
    out[order[made][::-1]] = row[made][::-1]
    return out


def _spread(which: Ints, values: Ints, use: Bools, n: int) -> Ints:
    """First usable value per order, −1 where there is none."""
    out = np.full(n, -1, dtype=np.int64)
    rows = np.flatnonzero(use & (which >= 0))[::-1]
    out[which[rows]] = values[rows]
    return out


def _steps(
    rows: pa.Table, which: Ints, kind: Ints, kind_of: Mapping[str, int], n: int
) -> tuple[dict[str, Ints], dict[str, Ints]]:
    """First time and source of every step; a time that is only the parent's or the minute's is `UNTIMED`."""
    ts = micros(rows["ts"])
    approximate = (_filled(rows["flags"], 0) & int(Flag.TS_APPROX)) != 0
    source, _ = codes(rows["source"])
    at, said_by = {}, {}
    for step, name in _STEPS.items():
        times = np.full(n, NEVER)
        sources = np.full(n, -1, dtype=np.int64)
        mine = np.flatnonzero((kind == kind_of.get(name, -2)) & (which >= 0))[::-1]
        for chosen, value in ((mine, np.full(len(ts), UNTIMED)), (mine[~approximate[mine]], ts)):
            times[which[chosen]] = value[chosen]
            sources[which[chosen]] = source[chosen]
        at[step], said_by[step] = times, sources
    return at, said_by


def _attributes(
    rows: pa.Table, which: Ints, creates: Bools, n: int
) -> tuple[dict[str, Ints], dict[str, pa.Array]]:
    """Keys of each order: of its creating row, else of the first later row that has them."""
    keys, names = {}, {}
    for column in _KEYS:
        code, values = codes(rows[column])
        of_row = _spread(which, code, (code >= 0) & creates, n)
        # A host's or shop worker's id on a later row is not the buyer.
        later = (
            of_row if column in {"actor_id", "target_id", "device"} else _spread(which, code, code >= 0, n)
        )
        keys[column], names[column] = np.where(of_row >= 0, of_row, later), values
    return keys, names
