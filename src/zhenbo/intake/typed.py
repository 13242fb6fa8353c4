"""Tables with canonical names made tables of the canonical schema, column by column.

Values of another type are cast where nothing is lost; a row whose value cannot be is rejected with its number and
reason, and all other rows stay.
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from hashlib import blake2b
from typing import Any

import msgspec
import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from zhenbo.core.errors import Reject
from zhenbo.core.schema import (
    ACCOUNTS,
    EVENTS,
    KINDS,
    MONEY_KINDS,
    PRODUCTS,
    SESSION_METRICS,
    TEXT_MAX,
    TS_MAX_US,
    TS_MIN_US,
)
from zhenbo.intake import convert, times
from zhenbo.intake.convert import Bad, Clock, word

TABLES = {"events": EVENTS, "accounts": ACCOUNTS, "metrics": SESSION_METRICS, "products": PRODUCTS}
_UTC = Clock("+00:00")
_NEEDED = {"accounts": ("account_id",), "metrics": ("metric", "value"), "products": ("product_id",)}

AMOUNT_MAX = 10**12
"""Minor units (ten billion yuan) beyond which no single sale goes; a million such rows still sum within 64 bits."""


@dataclass
class Typed:
    """A canonical table as read from one file.

    Args:
        table: of the canonical schema, in file order, bad rows left out.
        rejects: what was left out.
        read: rows in the file.
        notes: what a reader of the report should know.
    """

    table: pa.Table
    rejects: list[Reject] = field(default_factory=list)
    read: int = 0
    notes: list[str] = field(default_factory=list)


@dataclass(frozen=True)
class Facts:
    """What decides how a value is read, and is known only once the whole file was seen.

    Args:
        singly: columns of numbers in which some text is no plain number, so that each is read by itself.
        soiled: columns of text in which some value holds a NUL, so that each is cleaned and none is cut.
    """

    singly: frozenset[str] = frozenset()
    soiled: frozenset[str] = frozenset()


@dataclass
class Part:
    """Rows of one file in canonical types, bad ones still among them.

    Args:
        columns: by name.
        lines: line of each row, ascending.
        bad: rows that cannot stay: place -> reason and what was seen.
        notes: what a reader of the report should know.
    """

    columns: dict[str, Any]
    lines: Sequence[int] | npt.NDArray[np.int64]
    bad: dict[int, tuple[str, str]] = field(default_factory=dict)
    notes: list[str] = field(default_factory=list)


def text(value: Any) -> str:
    """A value of a JSON document as text."""
    if isinstance(value, list | dict):
        return msgspec.json.encode(value, order="deterministic").decode()
    return word(value)


def typed_table(raw: pa.Table, what: str, file: str, lines: Sequence[int] | None = None) -> Typed:
    """A table with canonical names made a table of the canonical schema.

    Args:
        raw: any types, any further columns.
        what: which canonical table.
        file: name for rejects.
        lines: line of each row; its ordinal when None.
    """
    return settled(part(raw, what, lines), what, file, {})


def part(raw: pa.Table, what: str, lines: Sequence[int] | None = None, facts: Facts | None = None) -> Part:
    """Rows of a table in canonical types; what is true of the whole file, when `raw` is not all of it, is told."""
    n = raw.num_rows
    work = _Work(n, facts or Facts())
    columns: dict[str, Any] = {}
    for entry in TABLES[what]:
        if entry.name in raw.column_names:
            columns[entry.name] = work.column(entry.name, raw[entry.name], entry.type)
        else:
            columns[entry.name] = pa.nulls(n, entry.type)
    if what == "events":
        _events(columns, raw, work)
    for name in _NEEDED.get(what, ()):
        work.reject_where(pc.is_null(columns[name]), "missing_" + name, name, None)
    return Part(columns, range(1, n + 1) if lines is None else lines, work.bad, work.notes)


def looked_through(pieces: Iterable[pa.Table], what: str) -> Facts:
    """What decides how values are read in a table that comes in pieces."""
    singly, dirty = set(), set()
    for raw in pieces:
        for name, to in zip(TABLES[what].names, TABLES[what].types, strict=True):
            if name not in raw.column_names:
                continue
            if pa.types.is_string(to) or pa.types.is_dictionary(to):
                if _dirty(raw[name], to):
                    dirty.add(name)
            elif not pa.types.is_timestamp(to) and not _casts(raw[name], to):
                singly.add(name)
    return Facts(frozenset(singly), frozenset(dirty))


def _dirty(values: pa.ChunkedArray, to: pa.DataType) -> bool:
    """Whether a column of texts makes each of its values be cleaned by itself."""
    if values.type == to and pa.types.is_dictionary(to):
        return not all(_valid(chunk.dictionary) for chunk in values.chunks)
    kind = values.type.value_type if pa.types.is_dictionary(values.type) else values.type
    if not pa.types.is_string(kind) and not pa.types.is_large_string(kind):
        return False
    texts = values.cast(kind).cast(pa.string())
    return not _valid(texts) or soiled(texts)


def _casts(values: pa.ChunkedArray, to: pa.DataType) -> bool:
    plain = values.cast(pa.string()) if pa.types.is_dictionary(values.type) else values
    try:
        plain.cast(to)
    except pa.ArrowException:
        return False
    return True


def checked(columns: dict[str, Any], lines: npt.NDArray[np.int64]) -> Part:
    """Events whose columns have canonical types already."""
    work = _Work(len(lines), Facts())
    _events(columns, pa.table({}), work)
    return Part(columns, lines, work.bad)


def interleaved(one: Part, other: Part) -> Part:
    """The rows of two parts of one file, by line."""
    lines = np.concatenate([np.asarray(one.lines), np.asarray(other.lines)]).astype(np.int64)
    order = np.argsort(lines, kind="stable")
    place = np.empty_like(order)
    place[order] = np.arange(order.size)
    columns = {
        name: _merged_column(values, other.columns[name], order) for name, values in one.columns.items()
    }
    shift = len(one.lines)
    bad = {int(place[i]): seen for i, seen in one.bad.items()}
    bad |= {int(place[shift + i]): seen for i, seen in other.bad.items()}
    return Part(columns, lines[order], bad, [*one.notes, *other.notes])


def _merged_column(one: Any, other: Any, order: npt.NDArray[np.int64]) -> Any:
    """Both columns' values in an order; words are numbered anew, by first appearance."""
    coded = pa.types.is_dictionary(one.type)
    plain = pa.string() if coded else one.type
    both = [
        chunk
        for values in (one.cast(plain), other.cast(plain))
        for chunk in (values.chunks if isinstance(values, pa.ChunkedArray) else [values])
    ]
    mixed = pa.concat_arrays(both).take(pa.array(order))
    return mixed.dictionary_encode() if coded else mixed


def settled(rows: Part, what: str, file: str, ordinals: dict[bytes, int]) -> Typed:
    """Rows with ids, without the bad ones.

    Args:
        rows: in file order.
        what: which canonical table.
        file: name for rejects.
        ordinals: how many rows without id each content had before, in this file; counted on.
    """
    schema, n = TABLES[what], len(rows.lines)
    if what == "events":
        _missing_ids(rows.columns, ordinals)
    table = pa.Table.from_arrays([rows.columns[e.name] for e in schema], schema=schema)
    if rows.bad:
        keep = np.ones(n, dtype=bool)
        keep[list(rows.bad)] = False
        table = table.filter(pa.array(keep))
    rejects = [
        Reject(file, int(rows.lines[i]), reason, seen) for i, (reason, seen) in sorted(rows.bad.items())
    ]
    return Typed(table.unify_dictionaries().combine_chunks(), rejects, n, rows.notes)


class _Work:
    """Columns being typed, and the rows found bad on the way (the first reason counts)."""

    def __init__(self, rows: int, facts: Facts) -> None:
        self.rows = rows
        self.facts = facts
        self.bad: dict[int, tuple[str, str]] = {}
        self.notes: list[str] = []

    def reject_where(self, mask: Any, reason: str, name: str, column: Any) -> None:
        """Mark the rows of a boolean column as bad."""
        at = np.flatnonzero(np.asarray(pc.fill_null(mask, False).to_numpy(zero_copy_only=False)))
        for i in at.tolist():
            seen = f"{name}: {str(column[i].as_py())[:100]!r}" if column is not None else name
            self.bad.setdefault(i, (reason, seen))

    def column(self, name: str, values: Any, to: pa.DataType) -> Any:
        """One column in its canonical type."""
        if pa.types.is_dictionary(to):
            return self._encoded(name, values, to)
        if pa.types.is_string(to):
            return self._text(name, values)
        if pa.types.is_timestamp(to):
            return self._time(name, values, to)
        if pa.types.is_boolean(values.type) and not pa.types.is_boolean(to):
            return self._each(name, values, to, lambda v: convert.bad("wrong_type", v))
        if name not in self.facts.singly:
            try:
                return (
                    values.cast(to)
                    if not pa.types.is_dictionary(values.type)
                    else values.cast(pa.string()).cast(to)
                )
            except pa.ArrowException:
                pass
        return self._each(name, values, to, _reader(to))

    def _encoded(self, name: str, values: Any, to: pa.DataType) -> Any:
        if (
            name not in self.facts.soiled
            and values.type == to
            and _valid(
                values.combine_chunks().dictionary
                if isinstance(values, pa.Array)
                else values.unify_dictionaries().chunk(0).dictionary
                if values.num_chunks
                else None
            )
        ):
            return values
        text = self._text(name, values)
        return (
            (text.combine_chunks() if isinstance(text, pa.ChunkedArray) else text)
            .dictionary_encode()
            .cast(to)
        )

    def _text(self, name: str, values: Any) -> Any:
        kind = values.type
        if pa.types.is_dictionary(kind):
            values, kind = values.cast(kind.value_type), kind.value_type
        if pa.types.is_null(kind) or pa.types.is_integer(kind) or pa.types.is_large_string(kind):
            values = values.cast(pa.string())
        elif not pa.types.is_string(kind):
            return self._each(name, values, pa.string(), lambda v: convert.carried(text(v)))
        dirty = name in self.facts.soiled or not _valid(values) or soiled(values)
        longest = pc.max(pc.binary_length(values)).as_py() or 0
        if dirty:
            return self._each(name, values.cast(pa.binary()), pa.string(), _clean)
        if longest > TEXT_MAX and name not in {"text", "extra"}:
            return pc.utf8_slice_codeunits(values, 0, TEXT_MAX)
        return values

    def _time(self, name: str, values: Any, to: pa.DataType) -> Any:
        kind = values.type
        if pa.types.is_timestamp(kind):
            if kind.tz is None:
                self.notes.append(f"{name} has no zone: read as UTC")
            try:
                made = values.cast(pa.timestamp("us", kind.tz), safe=False).cast(pa.int64())
            except pa.ArrowException:
                return self._times(name, values, to)
        elif pa.types.is_date(kind):
            made = values.cast(pa.timestamp("us")).cast(pa.int64())
        elif pa.types.is_null(kind):
            return pa.nulls(self.rows, to)
        else:
            return self._times(name, values, to)
        off = pc.or_(pc.less(made, TS_MIN_US), pc.greater(made, TS_MAX_US))
        if pc.any(off).as_py():
            self.reject_where(off, "bad_time", name, made)
            made = pc.if_else(off, pa.scalar(None, pa.int64()), made)
        return made.cast(to)

    def _times(self, name: str, values: Any, to: pa.DataType) -> Any:
        """Numeric and written times: at once those of the plain forms, value by value the rest."""
        quick = times.plainly(values)
        if quick is None:
            return self._each(name, values, to, lambda v: convert.time_of(v, _UTC))
        micros, left = quick
        if left.size:
            own = _Work(left.size, self.facts)
            rest = own._each(name, values.take(pa.array(left)), to, lambda v: convert.time_of(v, _UTC))
            for i, seen in own.bad.items():
                self.bad.setdefault(int(left[i]), seen)
            given = np.zeros(self.rows, dtype=bool)
            given[left] = True
            micros = pc.replace_with_mask(micros, pa.array(given), rest.cast(pa.int64()))
        return micros.cast(to)

    def _each(self, name: str, values: Any, to: pa.DataType, read_one: Callable[[Any], Any]) -> Any:
        """Value by value, where the whole column could not be cast."""
        made = convert.remembered(read_one)(values.to_pylist())
        for i, value in enumerate(made):
            if isinstance(value, Bad):
                self.bad.setdefault(i, (value.reason, f"{name}: {value.detail}"))
                made[i] = None
        if pa.types.is_timestamp(to):
            return pa.array(made, pa.int64()).cast(to)
        return pa.array(made, to)


def soiled(values: Any) -> bool:
    """Whether any of these texts holds a NUL."""
    return bool(pc.any(pc.match_substring(values, "\x00")).as_py())


def _valid(values: Any) -> bool:
    if values is None:
        return True
    try:
        values.validate(full=True)
    except pa.ArrowException:
        return False
    return True


def _clean(value: bytes) -> str:
    text = value.decode("utf-8", "replace")
    return text.replace("\x00", "")


def _reader(to: pa.DataType) -> Callable[[Any], Any]:
    if pa.types.is_floating(to):
        return convert.number
    if pa.types.is_boolean(to):
        return convert.truth
    low, high = (-(2**31), 2**31) if pa.types.is_int32(to) else (-(2**63), 2**63)

    def exact(value: Any) -> int | Bad:
        made = convert.whole(value)
        return made if made is not None and low <= made < high else convert.bad("wrong_type", value)

    return exact


def _events(columns: dict[str, Any], raw: pa.Table, work: _Work) -> None:
    """The rules that hold for events only."""
    kind = columns["kind"]
    work.reject_where(pc.invert(_among(kind, KINDS)), "unknown_kind", "kind", kind)
    work.reject_where(pc.less(columns["qty"], 0), "negative_count", "qty", columns["qty"])
    negative = pc.and_(pc.less(columns["amount"], 0), pc.invert(_among(kind, MONEY_KINDS)))
    work.reject_where(negative, "negative_amount", "amount", columns["amount"])
    absurd = pc.greater(pc.abs(pc.fill_null(columns["amount"], 0)), AMOUNT_MAX)
    work.reject_where(absurd, "absurd_amount", "amount", columns["amount"])
    for name, default in (("platform", "unknown"), ("source", "folder")):
        if columns[name].null_count:
            columns[name] = pc.fill_null(columns[name].cast(pa.string()), default)
            columns[name] = work.column(name, columns[name], EVENTS.field(name).type)
    columns["flags"] = pc.fill_null(columns["flags"], 0)
    _spare(columns, raw)
    _long_texts(columns)


def _among(column: Any, words: Sequence[str]) -> Any:
    """Which values of a dictionary column are one of these words; asked once per word of the dictionary."""
    chunks = column.chunks if isinstance(column, pa.ChunkedArray) else [column]
    found = [
        pc.fill_null(pc.is_in(c.dictionary, value_set=pa.array(words)).take(c.indices), False) for c in chunks
    ]
    return pa.chunked_array(found, pa.bool_())


def _spare(columns: dict[str, Any], raw: pa.Table) -> None:
    """Unknown columns go to `extra`."""
    names = sorted(set(raw.column_names) - set(EVENTS.names))
    if not names:
        return
    old = columns["extra"].to_pylist()
    spare = raw.select(names).to_pylist()
    columns["extra"] = pa.array([_merged(o, {k: v for k, v in s.items() if v is not None}) for o, s in zip(old, spare, strict=True)], pa.string())  # fmt: skip


def _merged(old: str | None, more: dict[str, Any]) -> str | None:
    if not more:
        return old
    body: Any = {}
    if old is not None:
        try:
            body = msgspec.json.decode(old)
        except (msgspec.DecodeError, ValueError):
            body = {"extra": old}
        if not isinstance(body, dict):
            body = {"extra": body}
    plain = {k: v if isinstance(v, int | float | bool | str) else text(v) for k, v in more.items()}
    made = msgspec.json.encode({**plain, **body}, order="deterministic", enc_hook=str)
    return made.decode().replace("\\u0000", "")


def _long_texts(columns: dict[str, Any]) -> None:
    text = columns["text"]
    if (pc.max(pc.binary_length(text)).as_py() or 0) <= TEXT_MAX:
        return
    lengths = pc.fill_null(pc.utf8_length(text), 0)
    at = np.flatnonzero(np.asarray(lengths.to_numpy(zero_copy_only=False)) > TEXT_MAX)
    if not at.size:
        return
    columns["text"] = pc.utf8_slice_codeunits(text, 0, TEXT_MAX)
    extra = columns["extra"].to_pylist()
    for i in at.tolist():
        extra[i] = _merged(extra[i], {"text_length": lengths[i].as_py()})
    columns["extra"] = pa.array(extra, pa.string())


def _missing_ids(columns: dict[str, Any], ordinals: dict[bytes, int]) -> None:
    """Rows without an id get the hash of their content and their ordinal among equal rows of the file."""
    ids = columns["event_id"]
    lacking = np.flatnonzero(
        np.asarray(pc.or_kleene(pc.is_null(ids), pc.equal(ids, "")).to_numpy(zero_copy_only=False))
    )
    if not lacking.size:
        return
    rows = pa.table({k: v for k, v in columns.items() if k != "event_id"}).take(pa.array(lacking))
    rows = rows.set_column(rows.column_names.index("ts"), "ts", rows["ts"].cast(pa.int64()))
    rows = rows.set_column(rows.column_names.index("ts_seen"), "ts_seen", rows["ts_seen"].cast(pa.int64()))
    made = ids.to_pylist()
    for i, row in zip(lacking.tolist(), rows.to_pylist(), strict=True):
        body = blake2b(msgspec.json.encode({k: v for k, v in row.items() if v is not None}, order="deterministic"), digest_size=12).digest()  # fmt: skip
        ordinal = ordinals.get(body, 0)
        ordinals[body] = ordinal + 1
        made[i] = blake2b(body + str(ordinal).encode(), digest_size=10).hexdigest()
    columns["event_id"] = pa.array(made, pa.string())
