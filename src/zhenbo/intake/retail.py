"""The UCI online-retail set (and its second edition): one row per invoice line, read as columns, half a million in seconds.

`InvoiceNo StockCode Description Quantity InvoiceDate UnitPrice CustomerID Country` (INPUTS.md 6.1), as Parquet, CSV or XLSX.
A line sold becomes an order of one good, made and paid at the time of the invoice. A cancellation (C…) has a number of
its own and no link to what it cancels: it goes to the latest earlier lines of the same customer and good, of the same
price first, as far as their pieces reach; the rest is refunded money of no order we know, kept and counted. Lines
without a price, and negative ones outside a cancellation, move stock and not money: they are counted and left out.
"""

import math
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.csv as pa_csv
import pyarrow.parquet as pq

from zhenbo.core.errors import Reject
from zhenbo.core.schema import EVENTS, Flag
from zhenbo.intake import xlsx
from zhenbo.intake.identity import Pseudonyms
from zhenbo.intake.typed import AMOUNT_MAX, Typed

Ints = npt.NDArray[np.int64]

SOURCE = "uci.online-retail@1"
PLATFORM = "webshop"
ZONE = "Europe/London"
_NAMES = {
    "invoice": ("invoiceno", "invoice"), "stock": ("stockcode",), "text": ("description",), "qty": ("quantity",),
    "at": ("invoicedate",), "price": ("unitprice", "price"), "customer": ("customerid", "customer id"),
    "country": ("country",),
}  # fmt: skip
_DATES = ("%Y-%m-%d %H:%M:%S", "%m/%d/%Y %H:%M", "%Y-%m-%dT%H:%M:%S", "%d/%m/%Y %H:%M")


def looks(names: Iterable[str]) -> bool:
    """Whether columns of these names are invoice lines of this set."""
    given = {str(name).strip().lower() for name in names}
    return all(given & set(_NAMES[part]) for part in ("invoice", "stock", "qty", "at", "price"))


def read(path: Path, detail: str, people: Pseudonyms) -> Typed:
    """All lines of a file as canonical events.

    Args:
        path: the file.
        detail: `parquet`, `delimited` or `xlsx`.
        people: makes pseudonyms of the customers.
    """
    raw = _table(path, detail)
    lines, rejects = _lines(raw, path.name)
    sold = lines.take(np.flatnonzero(lines.sells))
    sold = sold.take(np.lexsort((sold.at, sold.ordinal_key)))
    back = lines.take(np.flatnonzero(lines.cancels))
    orders = _ids(sold)
    parts = [_sales(sold, orders, people), _refunds(sold, orders, back, people)]
    left = int(len(lines) - lines.sells.sum() - lines.cancels.sum())
    lost = _unlinked(parts[1])
    notes = [f"{left} lines without a price or outside a cancellation move stock and are left out"]
    notes += (
        [f"{lost} cancelled lines name goods that the file does not show sold to that customer"]
        if lost
        else []
    )
    return Typed(pa.concat_tables(parts).unify_dictionaries(), rejects, raw.num_rows, notes)


@dataclass(frozen=True)
class _Lines:
    """Invoice lines as columns."""

    invoice: pa.Array
    stock: pa.Array
    text: pa.Array
    customer: pa.Array
    country: pa.Array
    qty: Ints
    price: Ints
    at: Ints

    def __len__(self) -> int:
        return len(self.qty)

    @property
    def cancels(self) -> npt.NDArray[np.bool_]:
        """Lines that give money back: of a C-invoice, or negative with a price in an ordinary one."""
        marked = np.asarray(pc.starts_with(self.invoice, "C").to_numpy(zero_copy_only=False))
        return np.asarray(marked & (self.qty < 0) & (self.price > 0))

    @property
    def sells(self) -> npt.NDArray[np.bool_]:
        """Lines that sell something for a price."""
        plain = np.asarray(pc.match_substring_regex(self.invoice, r"^\d").to_numpy(zero_copy_only=False))
        return np.asarray(plain & (self.qty > 0) & (self.price > 0))

    @property
    def ordinal_key(self) -> Ints:
        """A number that orders the lines by content: equal lines stay together wherever they stand in the file."""
        table = pa.table({"i": self.invoice, "s": self.stock, "q": self.qty, "p": self.price, "t": self.text})
        order = np.asarray(pc.sort_indices(table, sort_keys=[(c, "ascending") for c in table.column_names]))
        rank = np.empty(len(self), dtype=np.int64)
        rank[order] = np.arange(len(self))
        return rank

    def take(self, rows: npt.NDArray[Any]) -> "_Lines":
        at = pa.array(rows)
        return _Lines(
            self.invoice.take(at), self.stock.take(at), self.text.take(at), self.customer.take(at), self.country.take(at),
            self.qty[rows], self.price[rows], self.at[rows],
        )  # fmt: skip

    @property
    def amount(self) -> Ints:
        """Money of each line in pence, half up; prices have thousandths of a pound at most."""
        return np.asarray((np.abs(self.qty) * self.price + 5) // 10)


def _table(path: Path, detail: str) -> pa.Table:
    if detail == "parquet":
        return pq.read_table(path)
    if detail == "xlsx":
        rows = [row for _line, row in xlsx.read(path).rows]
        names = list(dict.fromkeys(name for row in rows for name in row))
        return pa.table(
            {name: pa.array([_text(row.get(name)) for row in rows], pa.string()) for name in names}
        )
    body = path.read_bytes()
    try:
        body.decode("utf-8")
    except UnicodeDecodeError:
        body = body.decode("latin-1").encode()  # the set's own CSV is Latin-1
    return pa_csv.read_csv(
        pa.BufferReader(body),
        parse_options=pa_csv.ParseOptions(newlines_in_values=True, invalid_row_handler=lambda _row: "skip"),
        convert_options=pa_csv.ConvertOptions(column_types={name: pa.string() for name in _header(body)}),
    )


def _header(body: bytes) -> list[str]:
    return list(pa_csv.open_csv(pa.BufferReader(body)).schema.names)


def _text(value: object) -> str | None:
    return None if value is None else str(value)


def _lines(raw: pa.Table, file: str) -> tuple[_Lines, list[Reject]]:
    by_name = {name.strip().lower(): name for name in raw.column_names}
    given = {
        part: raw[next(by_name[n] for n in names if n in by_name)].combine_chunks()
        if any(n in by_name for n in names) else pa.nulls(raw.num_rows, pa.string())
        for part, names in _NAMES.items()
    }  # fmt: skip
    words = {part: _words(given[part]) for part in ("invoice", "stock", "text", "country")}
    at = _times(given["at"])
    qty, price = _number(given["qty"]), _number(given["price"])
    good = np.isfinite(qty) & np.isfinite(price) & (at != _NOT) & np.asarray(pc.is_valid(words["invoice"]).to_numpy(zero_copy_only=False))  # fmt: skip
    with np.errstate(invalid="ignore"):
        good &= np.abs(np.nan_to_num(qty) * np.nan_to_num(price)) * 100 < AMOUNT_MAX
    rejects = [
        Reject(file, line + 2, "bad_number" if at[line] != _NOT else "bad_time", "invoice line")
        for line in np.flatnonzero(~good).tolist()
    ]
    keep = np.flatnonzero(good)
    lines = _Lines(
        words["invoice"], pc.fill_null(words["stock"], ""), pc.fill_null(words["text"], ""),
        _customers(given["customer"]), words["country"],
        np.rint(np.nan_to_num(qty)).astype(np.int64), np.rint(np.nan_to_num(price) * 1000).astype(np.int64), at,
    )  # fmt: skip
    return (lines if len(keep) == len(lines) else lines.take(keep)), rejects


_NOT = np.iinfo(np.int64).min


def _words(column: pa.Array) -> pa.Array:
    return pc.utf8_trim_whitespace(column.cast(pa.string()))


def _number(column: pa.Array) -> npt.NDArray[np.float64]:
    if pa.types.is_string(column.type) or pa.types.is_large_string(column.type):
        told = pc.match_substring_regex(column, r"^\s*-?\d{1,12}(\.\d{1,9})?\s*$")
        column = pc.if_else(told, pc.utf8_trim_whitespace(column), pa.scalar(None, column.type))
    return np.asarray(pc.fill_null(column.cast(pa.float64()), math.nan).to_numpy(zero_copy_only=False))


def _customers(column: pa.Array) -> pa.Array:
    """Customer numbers as text; spreadsheets made floats of them."""
    if pa.types.is_floating(column.type):
        return pc.if_else(pc.is_nan(column), None, column).cast(pa.int64()).cast(pa.string())
    text = pc.replace_substring_regex(_words(column), r"\.0$", "")
    return pc.if_else(pc.equal(text, ""), pa.scalar(None, pa.string()), text)


def _times(column: pa.Array) -> Ints:
    """Local times of the shop as UTC microseconds; `_NOT` where unreadable."""
    if pa.types.is_timestamp(column.type):
        local = column.cast(pa.timestamp("us"))
    else:
        text, local = _words(column), pa.nulls(len(column), pa.timestamp("us"))
        for form in _DATES:
            read = pc.strptime(text, format=form, unit="us", error_is_null=True)
            local = pc.coalesce(local, read)
    there = local if local.type.tz else pc.assume_timezone(local, ZONE, ambiguous="earliest", nonexistent="earliest")  # fmt: skip
    return np.asarray(pc.fill_null(there.cast(pa.int64()), int(_NOT)).to_numpy(zero_copy_only=False))


def _ids(sold: _Lines) -> pa.Array:
    """`invoice:good`, and a number behind it where one good stands on several lines of an invoice."""
    name = pc.binary_join_element_wise(sold.invoice, sold.stock, ":")
    code = name.dictionary_encode().indices.to_numpy(zero_copy_only=False).astype(np.int64)
    order = np.argsort(code, kind="stable")
    head = np.r_[True, np.diff(code[order]) != 0]
    start = np.maximum.accumulate(np.where(head, np.arange(len(order)), 0))
    ordinal = np.empty(len(order), dtype=np.int64)
    ordinal[order] = np.arange(len(order)) - start
    again = pc.binary_join_element_wise(name, pa.array(ordinal + 1).cast(pa.string()), ":")
    return pc.if_else(pa.array(ordinal > 0), again, name)


def _sales(sold: _Lines, orders: pa.Array, people: Pseudonyms) -> pa.Table:
    """An order made and one paid per line."""
    n = len(sold)
    both = np.concatenate([np.arange(n), np.arange(n)])
    kind = pa.DictionaryArray.from_arrays(
        pa.array(np.repeat([0, 1], n).astype(np.int32)), ["order_create", "order_pay"]
    )
    flags = np.repeat([0, int(Flag.TS_APPROX)], n)
    suffix = pc.cast(kind, pa.string())
    twice = pa.array(both)
    columns = {
        "event_id": pc.binary_join_element_wise(orders.take(twice), suffix, ":"), "kind": kind,
        "order_id": orders.take(twice), "parent_id": sold.invoice.take(twice), "target_id": sold.stock.take(twice),
        "qty": pa.array(sold.qty[both]), "flags": pa.array(flags, pa.int32()),
    }  # fmt: skip
    return _events(columns, sold.take(both), sold.amount[both], people)


def _refunds(sold: _Lines, orders: pa.Array, back: _Lines, people: Pseudonyms) -> pa.Table:
    """Refunds of the lines that cancellations are found to speak of."""
    back = back.take(np.lexsort((back.ordinal_key, back.at)))
    found = list(_linked(sold, back))
    rows = np.array([row for row, _, _ in found], dtype=np.int64)
    order = [None if line < 0 else line for _, line, _ in found]
    pieces = np.array([pieces for _, _, pieces in found], dtype=np.int64)
    seen: dict[tuple[str, str], int] = {}
    ids = []
    for invoice, stock in zip(back.invoice.take(pa.array(rows)).to_pylist(), back.stock.take(pa.array(rows)).to_pylist(), strict=True):  # fmt: skip
        number = seen[invoice, stock] = seen.get((invoice, stock), 0) + 1
        ids.append(f"{invoice}:{stock}:{number}:refund_done")
    told = back.take(rows)
    amount = (pieces * told.price + 5) // 10
    columns = {
        "event_id": pa.array(ids, pa.string()),
        "kind": pa.array(["refund_done"] * len(ids), pa.string()).dictionary_encode(),
        "order_id": orders.take(pa.array(order, pa.int64())), "ref_id": told.invoice, "target_id": told.stock,
        "qty": pa.array(pieces), "flags": pa.array(np.zeros(len(ids)), pa.int32()),
    }  # fmt: skip
    return _events(columns, told, amount, people)


def _linked(sold: _Lines, back: _Lines) -> Iterator[tuple[int, int, int]]:
    """(cancellation, line sold or −1, pieces): the latest earlier lines first, those of the same price before others."""
    mine = back.customer.to_pylist()
    goods = back.stock.to_pylist()
    wanted = {(c, s) for c, s in zip(mine, goods, strict=True) if c is not None}
    shelf = _shelf(sold, wanted)
    left = sold.qty.copy()
    for row, key in enumerate(zip(mine, goods, strict=True)):
        open_ = int(-back.qty[row])
        lines = shelf.get(key, ()) if key[0] is not None else ()
        for same in (True, False):
            for line in reversed(lines):
                if open_ and left[line] and sold.at[line] <= back.at[row] and (sold.price[line] == back.price[row]) is np.bool_(same):  # fmt: skip
                    taken = min(open_, int(left[line]))
                    left[line] -= taken
                    open_ -= taken
                    yield row, line, taken
        if open_:
            yield row, -1, open_


def _shelf(sold: _Lines, wanted: set[tuple[str, str]]) -> Mapping[tuple[str, str], list[int]]:
    """Lines sold of each wanted customer and good, by time."""
    buyers = pa.array(sorted({c for c, _ in wanted}), pa.string())
    near = np.flatnonzero(pc.is_in(sold.customer, value_set=buyers).to_numpy(zero_copy_only=False))
    near = near[np.lexsort((near, sold.at[near]))]
    names = zip(sold.customer.take(pa.array(near)).to_pylist(), sold.stock.take(pa.array(near)).to_pylist(), strict=True)  # fmt: skip
    out: dict[tuple[str, str], list[int]] = {}
    for line, key in zip(near.tolist(), names, strict=True):
        if key in wanted:
            out.setdefault(key, []).append(line)
    return out


def _unlinked(refunds: pa.Table) -> int:
    return int(refunds["order_id"].null_count)


def _events(columns: dict[str, Any], lines: _Lines, amount: Ints, people: Pseudonyms) -> pa.Table:
    """A canonical table: what is given, and what every line has."""
    n = len(lines)
    known = lines.customer.dictionary_encode()
    hashed = pa.array(people.column("actor", known.dictionary.to_pylist(), PLATFORM), pa.string())

    def always(value: str) -> pa.Array:
        return pa.DictionaryArray.from_arrays(pa.array(np.zeros(n), pa.int32()), [value])

    full = columns | {
        "platform": always(PLATFORM), "source": always(SOURCE), "currency": always("GBP"),
        "ts": pa.array(lines.at).cast(pa.timestamp("us", tz="UTC")), "actor_id": hashed.take(known.indices),
        "amount": pa.array(amount), "region": lines.country.dictionary_encode(),
    }  # fmt: skip
    arrays = [full[f.name].cast(f.type) if f.name in full else pa.nulls(n, f.type) for f in EVENTS]
    return pa.Table.from_arrays(arrays, schema=EVENTS)
