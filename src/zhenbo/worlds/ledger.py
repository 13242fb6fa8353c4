"""Trade and money written down row by row, and what became of every order: the books of worlds that are mostly trade.

A broadcast is made up as a `Show`; a shop's month, an agency's year or a portfolio has no room to stand in. Here rows
are integer columns until the record is written, with the same opaque names as `record.write` gives for the same salt,
so that both can stand side by side in one data set.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from zhenbo.core.dataset import canonical_order
from zhenbo.core.schema import EVENTS, PRODUCTS, WORD
from zhenbo.worlds.crowd import REGIONS, Crowd, Ints, named
from zhenbo.worlds.record import SOURCE
from zhenbo.worlds.show import NONE, SECOND, Words
from zhenbo.worlds.truth import Money

PLATFORM = "douyin"
WHAT = ("honest", "brushed", "reverse", "abuse")
"""What an order is: bought for use, made for show by the seller's side, made by a rival, or by malicious returners."""
SIDES = ("", "host", "merchant", "rival", "ring")
"""Who had it made."""
VIEWS = ("full", "address", "buyer", "bare", "host")
"""What the holder of the record sees: all (T2); an export with addresses and parcels; one with a buyer key; a CSV with
neither; the host's side, which knows of no parcel."""
WITHHELD = 5
"""A view by which refunds happened and are kept from the reader."""

_NUMBERS = ("qty", "amount", "weight_g", "discount_platform")
_WORDS = ("state", "via", "currency")
_OPAQUE = {"actor_id": ("u", 0), "order_id": ("o", 1), "parent_id": ("m", 2), "tracking_id": ("t", 3), "device": ("d", 4),
           "ip": ("i", 5), "addr": ("a", 6), "pay": ("y", 7)}  # fmt: skip
_OF = {"actor": "actor_id", "order": "order_id", "parent": "parent_id", "tracking": "tracking_id"}
_COLUMNS = (
    "host", "session", "actor", "order", "parent", "tracking", "device", "ip", "addr", "pay", "region", "target", "payee",
    "ref", "text", "view", *_NUMBERS, *_WORDS,
)  # fmt: skip
_HIDDEN = {
    "actor_id": (1, 3, 4), "device": (1, 2, 3, 4), "ip": (1, 2, 3, 4), "addr": (2, 3, 4), "pay": (1, 2, 3, 4),
    "tracking_id": (3, 4), "weight_g": (3, 4), "text": (4,),
}  # fmt: skip
_UNTOLD = {
    3: ("review",),
    4: ("order_ship", "order_deliver", "return_ship", "return_receive", "review"),
    WITHHELD: ("refund_request", "refund_done", "return_ship", "return_receive"),
}
"""Kinds that a view holds no rows of, by its number in `VIEWS`."""


@dataclass(frozen=True)
class Entry:
    """Rows of one kind: times and integer columns (arrays, or one value for all)."""

    kind: str
    ts: Ints
    columns: Mapping[str, Ints | int]


@dataclass
class Ledger:
    """Rows of trade and money, and what each order is.

    Args:
        crowd: everybody in the world.
        words: strings of the world.
        salt: makes the opaque names.
        rows: entries so far.
        orders: per batch of orders: numbers, subject, what, side and scheme, all but the numbers as codes.
        causes: per batch of refunds: orders, and the words that say why the money went back.
    """

    crowd: Crowd
    words: Words
    salt: int
    rows: list[Entry] = field(default_factory=list)
    orders: list[tuple[Ints, int, int, int, int | Ints]] = field(default_factory=list)
    causes: list[tuple[Ints, Ints]] = field(default_factory=list)

    def put(
        self, kind: str, ts: Ints, keep: npt.NDArray[np.bool_] | None = None, /, **columns: Ints | int
    ) -> None:
        """Add rows of a kind; `keep` says which of the given ones."""
        if keep is not None:
            ts = ts[keep]
            columns = {k: v if isinstance(v, (int, np.integer)) else v[keep] for k, v in columns.items()}
        if len(ts):
            self.rows.append(Entry(kind, np.asarray(ts, dtype=np.int64), columns))

    def claim(
        self, number: Ints, subject: str, what: str = "honest", side: str = "", scheme: str | Ints = ""
    ) -> None:
        """Note whose orders these are and what they are."""
        code = self.words.code
        self.orders.append(
            (
                number,
                code(subject),
                WHAT.index(what),
                SIDES.index(side),
                code(scheme) if isinstance(scheme, str) else scheme,
            )
        )

    def cause(self, number: Ints, cause: Ints, names: Sequence[str]) -> None:
        """Note why the money of some orders went back."""
        self.causes.append((number, self.words.codes(list(names))[cause]))

    def pay(
        self, kind: str, at: int, payer: int, payee: int, amount: int, *, host: str = "", deal: str = "", remark: str = ""
    ) -> None:  # fmt: skip
        """Money outside the orders, from one of the crowd to another."""
        code = self.words.code
        self.put(
            kind, np.array([at]), actor=payer, payee=payee, amount=amount, currency=code("CNY"), view=0,
            pay=int(self.crowd.trait("pay")[payer]), host=code(host) if host else NONE,
            ref=code(deal) if deal else NONE, state=code(remark) if remark else NONE,
        )  # fmt: skip

    def column(self, name: str) -> Ints:
        """A column over all rows, in the order in which they were noted."""
        bounds = np.cumsum([0, *(len(e.ts) for e in self.rows)]).tolist()
        column = np.full(bounds[-1], 0 if name == "view" else NONE, dtype=np.int64)
        for entry, since, until in zip(self.rows, bounds[:-1], bounds[1:], strict=True):
            if name in entry.columns:
                column[since:until] = entry.columns[name]
        return column

    def times(self) -> tuple[Ints, npt.NDArray[np.int64], list[str]]:
        """Times and kinds (as numbers of the list) over all rows."""
        kinds = sorted({e.kind for e in self.rows})
        kind = np.repeat([kinds.index(e.kind) for e in self.rows], [len(e.ts) for e in self.rows])
        return np.concatenate([e.ts for e in self.rows]), kind, kinds


def table(ledger: Ledger, until: int | None = None) -> pa.Table:
    """The canonical events of a ledger, up to the end of the record, as their holders see them.

    Args:
        ledger: what happened.
        until: last microsecond of the record; None for all.
    """
    ts, kind, kinds = ledger.times()
    view = ledger.column("view")
    keep = np.ones(len(ts), dtype=bool) if until is None else ts <= until
    for seen, names in _UNTOLD.items():
        keep &= ~((view == seen) & np.isin(kind, [i for i, k in enumerate(kinds) if k in names]))
    columns = {name: ledger.column(name)[keep] for name in _COLUMNS}
    ts, kind = ts[keep], kind[keep]
    order = np.lexsort((columns["order"], kind, ts))
    columns = {k: v[order] for k, v in columns.items()}
    made = _named(ledger, columns, ts[order], kind[order], kinds)
    n = len(ts)
    arrays = [made[f.name].cast(f.type) if f.name in made else pa.nulls(n, f.type) for f in EVENTS]
    return canonical_order(pa.Table.from_arrays(arrays, schema=EVENTS))


def _named(
    ledger: Ledger, columns: Mapping[str, Ints], ts: Ints, kind: Ints, kinds: Sequence[str]
) -> dict[str, Any]:
    n, pool, salt = len(ts), ledger.words.pool, ledger.salt
    lag = (np.random.default_rng([salt, 9]).lognormal(np.log(0.4), 0.9, n) * SECOND).astype(np.int64)
    serial = pc.utf8_lpad(pa.array(np.arange(n)).cast(pa.string()), 8, "0")
    payee = _opaque("u", columns["payee"], salt)
    made: dict[str, Any] = {
        "platform": _words(np.zeros(n, dtype=np.int64), [PLATFORM]),
        "source": _words(np.zeros(n, dtype=np.int64), [SOURCE]),
        "event_id": pc.binary_join_element_wise(pa.scalar("book"), serial, "-"),
        "kind": _words(kind, list(kinds)),
        "ts": pa.array(ts).cast(EVENTS.field("ts").type),
        "ts_seen": pa.array(ts + lag).cast(EVENTS.field("ts").type),
        "flags": pa.array(np.zeros(n, dtype=np.int32)),
        "host_id": _words(columns["host"], pool),
        "session_id": _words(columns["session"], pool),
        "target_id": pc.coalesce(_words(columns["target"], pool).cast(pa.string()), payee),
        "ref_id": _words(columns["ref"], pool).cast(pa.string()),
        "text": _words(columns["text"], pool).cast(pa.string()),
        "region": _words(columns["region"], list(REGIONS)),
        **{c: _words(columns[c], pool) for c in _WORDS},
        **{c: pa.array(columns[c], mask=columns[c] < 0) for c in _NUMBERS},
    }
    short = {v: k for k, v in _OF.items()}
    for name, (letter, more) in _OPAQUE.items():
        made[name] = _opaque(letter, columns[short.get(name, name)], salt + more)
    later = ~np.isin(
        kind, [i for i, k in enumerate(kinds) if k in {"enter", "comment", "order_create", "order_pay"}]
    )
    for name, views in _HIDDEN.items():
        hidden = pa.array(np.isin(columns["view"], views) | (later & (name in {"device", "ip"})))
        made[name] = pc.if_else(hidden, pa.scalar(None, made[name].type), made[name])
    return made


def _opaque(prefix: str, numbers: Ints, salt: int) -> pa.Array:
    return pc.if_else(
        pa.array(numbers >= 0), named(prefix, np.maximum(numbers, 0), salt), pa.scalar(None, pa.string())
    )


def _words(code: Ints, pool: Sequence[str]) -> pa.DictionaryArray:
    index = pa.array(code.astype(np.int32), mask=code < 0)
    return pa.DictionaryArray.from_arrays(index, pa.array(pool, pa.string())).cast(WORD)


PURCHASES = pa.schema([
    ("subject_id", pa.string()), ("order_id", pa.string()), ("what", pa.string()), ("side", pa.string()),
    ("scheme", pa.string()), ("gross", pa.int64()), ("cancelled", pa.int64()), ("unpaid", pa.int64()),
    ("discount", pa.int64()), ("refunded", pa.int64()), ("brushed", pa.int64()), ("verified", pa.int64()),
    ("refunded_later", pa.int64()), ("cause", pa.string()),
])  # fmt: skip
"""The answer key of every order, minor units; each amount is split once, as `truth.Money` is, at the end of the record;
`refunded_later` is what of `brushed` or `verified` comes back after it; `cause` why (`stalls.WHY`), empty for what is kept."""


def purchases(ledger: Ledger, until: int | None = None) -> pa.Table:
    """`PURCHASES` of a ledger: what each order is and where its amount stood at the end of the record."""
    number = np.concatenate([np.asarray(o[0]) for o in ledger.orders])
    subject, what, side, scheme = (
        np.concatenate([np.broadcast_to(o[i], len(o[0])) for o in ledger.orders]) for i in (1, 2, 3, 4)
    )
    end = np.iinfo(np.int64).max if until is None else until
    made = _sums(ledger, number, "order_create", "amount", 0, end)
    paid = _sums(ledger, number, "order_pay", "amount", 0, end)
    off = _sums(ledger, number, "order_create", "discount_platform", 0, end)
    closed = _sums(ledger, number, "order_cancel", "amount", 0, end)
    back = _sums(ledger, number, "refund_done", "amount", 0, end)
    later = _sums(ledger, number, "refund_done", "amount", end + 1 if until else end, np.iinfo(np.int64).max)
    rest, lines = made.copy(), {}
    for name, part in (
        ("cancelled", np.where(closed > 0, rest, 0)),
        ("unpaid", np.where(paid > 0, 0, rest)),
        ("discount", np.maximum(off, 0)),
        ("refunded", back),
        ("brushed", np.where(np.isin(what, (1, 2)), rest, 0)),
        ("verified", rest),
    ):
        lines[name] = np.minimum(part, rest)
        rest = rest - lines[name]
    why = np.full(int(number.max(initial=0)) + 1, ledger.words.code(""))
    for orders, cause in ledger.causes:
        why[orders] = cause
    pool = ledger.words.pool
    seen = made > 0
    rows = {
        "subject_id": _words(subject, pool).cast(pa.string()),
        "order_id": named("o", number, ledger.salt + 1),
        "what": _words(what, WHAT).cast(pa.string()),
        "side": _words(side, SIDES).cast(pa.string()),
        "scheme": _words(scheme, pool).cast(pa.string()),
        "gross": pa.array(made),
        **{k: pa.array(v) for k, v in lines.items()},
        "refunded_later": pa.array(np.minimum(later, lines["brushed"] + lines["verified"])),
        "cause": _words(why[number], pool).cast(pa.string()),
    }
    got = pa.Table.from_arrays([rows[f.name] for f in PURCHASES], schema=PURCHASES).filter(pa.array(seen))
    return got.sort_by([("subject_id", "ascending"), ("order_id", "ascending")])


def _sums(ledger: Ledger, number: Ints, kind: str, column: str, since: int, until: int) -> Ints:
    """Per order the sum of a column over its rows of a kind within a stretch of time."""
    total = np.zeros(int(number.max(initial=0)) + 1, dtype=np.int64)
    for entry in ledger.rows:
        if entry.kind == kind:
            order = np.broadcast_to(np.asarray(entry.columns["order"], dtype=np.int64), entry.ts.shape)
            value = np.broadcast_to(np.asarray(entry.columns.get(column, 0), dtype=np.int64), entry.ts.shape)
            mine = (entry.ts >= since) & (entry.ts <= until) & (order < len(total))
            np.add.at(total, order[mine], np.maximum(value[mine], 0))
    return total[number]


def money_of(rows: pa.Table) -> dict[str, Money]:
    """The sums of `PURCHASES` by subject."""
    lines = ("gross", "cancelled", "unpaid", "discount", "refunded", "brushed", "verified")
    sums = rows.group_by("subject_id", use_threads=False).aggregate([(line, "sum") for line in lines])
    return {
        row["subject_id"]: Money(**{line: int(row[f"{line}_sum"]) for line in lines})
        for row in sums.to_pylist()
    }


def goods(
    host: str, merchant: str, category: str, prices: Sequence[int], titles: Sequence[str] = ()
) -> list[dict[str, object]]:
    """Products of a host as rows of `PRODUCTS`, ids as broadcasts give them."""
    return [
        {
            "platform": PLATFORM, "product_id": f"p-{host}-{i}", "merchant_id": merchant, "shop_id": merchant,
            "category": category, "title": titles[i] if titles else f"{category} {i + 1}号链接", "list_price": int(price),
            "currency": "CNY",
        }
        for i, price in enumerate(prices)
    ]  # fmt: skip


def catalogued(rows: Sequence[Mapping[str, object]]) -> pa.Table:
    """Rows of `goods` as the table of products."""
    return pa.Table.from_pylist(list(rows), schema=PRODUCTS)
