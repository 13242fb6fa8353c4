"""The mapping engine: rows of one file and its mapping in, canonical tables and findings out.

Column by column over batches of rows, because a rule's columns are independent and values of one column repeat.
"""

from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from hashlib import blake2b
from typing import Any

import msgspec
import pyarrow as pa

from zhenbo.core.contacts import PERSONAL
from zhenbo.core.errors import Reject
from zhenbo.core.schema import TEXT_MAX, Flag
from zhenbo.intake.columns import SCHEMAS, Column, Taken
from zhenbo.intake.convert import Bad, carried, time_of, word
from zhenbo.intake.distinct import summed
from zhenbo.intake.fields import TABULAR, Fields, FilePass, Row, exploded, filled, listed, unwrapped
from zhenbo.intake.identity import Pseudonyms
from zhenbo.intake.mapping import Mapping, Rule
from zhenbo.intake.rows import Rows

_BATCH = 20_000
_KEEP = 16
"""Batches of a file that are held in memory between its two passes."""
_PEOPLE = {
    "actor_id": "actor", "account_id": "actor", "device": "device", "ip": "ip", "addr": "addr", "pay": "pay",
}  # fmt: skip
_DETAIL = 200


@dataclass
class Applied:
    """What one file gave.

    Args:
        tables: canonical tables by name: event, account, metric, product.
        rejects: values and rows that could not be used.
        read: rows seen.
        mapped: rows that gave at least one canonical row.
        unmapped: rows no rule takes, by the value of the mapping's discriminator.
        unknown: (column, state) -> rows.
    """

    tables: dict[str, pa.Table]
    rejects: list[Reject] = field(default_factory=list)
    read: int = 0
    mapped: int = 0
    unmapped: Counter[str] = field(default_factory=Counter)
    unknown: Counter[tuple[str, str]] = field(default_factory=Counter)


def apply(mapping: Mapping, reopen: Callable[[], Rows], digest: str, people: Pseudonyms) -> Applied:
    """Map one file.

    Args:
        mapping: how to read it.
        reopen: opens the file; called twice when something must be known of the whole file first.
        digest: of the file's content; `@digest`.
        people: makes the pseudonyms.

    Returns:
        Canonical tables in file order, not yet distinct.
    """
    fields = Fields(mapping)
    fields.constants["digest"] = digest[:16]
    # header-level facts are known only when every line of the file has been seen
    together = any(r.once or any(c.once for c in r.columns.values()) for r in mapping.rules)
    size = 2**62 if together else _BATCH
    whole_file = FilePass(fields)
    kept: list[_Batch] = []
    rows = reopen()
    if whole_file.needed:
        for batch in _batches(rows, fields, size):
            fields.derive(batch.plain, late=False)
            whole_file.see(batch.plain)
            if len(kept) < _KEEP:
                kept.append(batch)
        fields.constants |= whole_file.settle()
        if len(kept) == _KEEP:  # a long file is read twice rather than held
            kept, rows = [], reopen()
    engine = _Engine(mapping, fields, people, rows.file, whole_file.off)
    for batch in kept or _batches(rows, fields, size):
        if not kept:
            fields.derive(batch.plain, late=False)
        fields.derive(batch.plain, late=True)
        engine.take(batch)
    done = engine.finish()
    done.read = max(rows.read, done.read)
    done.rejects = rows.rejects + done.rejects
    return done


@dataclass
class _Batch:
    """Flat rows with their line numbers and the digests of the raw rows."""

    rows: list[tuple[int, Row]]
    plain: list[Row]
    raw: list[bytes]


def _batches(rows: Rows, fields: Fields, size: int) -> Iterator[_Batch]:
    mapping = fields.mapping
    sheet = bool(TABULAR & set(mapping.formats))
    out: list[tuple[int, Row]] = []
    for line, document in rows.rows:
        parts = unwrapped(document, mapping.records, mapping.carry) if mapping.records else (document,)
        out.extend((line, filled(part, sheet=sheet)) for part in parts)
        if len(out) >= size:
            yield _batch(out)
            out = []
    if out:
        yield _batch(out)


def _batch(rows: list[tuple[int, Row]]) -> _Batch:
    plain = [row for _line, row in rows]
    return _Batch(rows, plain, list(map(_content, plain)))


_CONTENT = msgspec.json.Encoder(order="deterministic", enc_hook=str)


def _content(row: Row) -> bytes:
    """A digest of a raw row; equal rows, equal digests, whatever the order of their fields."""
    try:
        body = _CONTENT.encode(row)
    except (UnicodeEncodeError, msgspec.MsgspecError, OverflowError, ValueError):
        body = repr(sorted(row.items(), key=lambda kv: kv[0])).encode("utf-8", "backslashreplace")
    return blake2b(body, digest_size=12).digest()


class _Engine:
    """Collects the canonical rows of one file, batch by batch."""

    def __init__(
        self, mapping: Mapping, fields: Fields, people: Pseudonyms, file: str, off: set[int]
    ) -> None:
        self.mapping, self.fields, self.people, self.file = mapping, fields, people, file
        self._rules = [_Rule(r, fields, people) for n, r in enumerate(mapping.rules) if n not in off]
        self._parts: dict[str, list[pa.Table]] = {name: [] for name in SCHEMAS}
        self._sums: list[pa.Table] = []
        self._equal: Counter[bytes] = Counter()
        self._label = fields.reader(mapping.discriminator) if mapping.discriminator else None
        self._ignored = fields.raw_names(mapping.ignore)
        self._private = fields.raw_names(mapping.private)
        self._rest: dict[int, frozenset[str]] = {}
        self._told: set[tuple[int, str, Bad]] = set()
        self.done = Applied({})

    def take(self, batch: _Batch) -> None:
        """Map one batch."""
        self.done.read += len(batch.rows)
        ordinals = self._ordinals(batch.raw)
        kinds = self._by_kind(batch.rows)
        hits = [rule.select(batch.rows, kinds) for rule in self._rules]
        taken_by = [0] * len(batch.rows)
        for n, hit in enumerate(hits):
            for i in hit:
                taken_by[i] |= 1 << n
        given: set[int] = set()
        first = set(range(len(batch.rows)))
        for rule, hit in zip(self._rules, hits, strict=True):
            if not hit:
                continue
            made = rule.rows(hit, batch, ordinals)
            if rule.rule.table == "event":
                left = [
                    self._left(made.rows[k], taken_by[i]) if i in first else None
                    for k, i in enumerate(made.at)
                ]
                first.difference_update(made.at)
            else:
                left = []
            table, keep = rule.table(made, left, self._problem if rule.rule.table == "event" else self._once)
            (self._sums if rule.rule.sum else self._parts[rule.rule.table]).append(table)
            given.update(made.at[k] for k in keep)
            self.done.unknown.update(made.taken.unknown)
        self.done.mapped += len(given)
        for i, mask in enumerate(taken_by):
            if not mask:
                self.done.unmapped[word(self._label(batch.rows[i][1]))[:80] if self._label else ""] += 1

    def _by_kind(self, rows: Sequence[tuple[int, Row]]) -> dict[str, list[int]] | None:
        """Places of the rows by what they call themselves: most rules want one kind of row only."""
        if self._label is None:
            return None
        label = self._label
        out: dict[str, list[int]] = {}
        for i, (_line, row) in enumerate(rows):
            name = label(row)
            name = name if type(name) is str else word(name)
            if name in out:
                out[name].append(i)
            else:
                out[name] = [i]
        return out

    def _ordinals(self, raw: list[bytes]) -> list[int]:
        out = []
        for digest in raw:
            out.append(self._equal[digest])
            self._equal[digest] += 1
        return out

    def _left(self, row: Row, mask: int) -> Row | None:
        """The fields no rule of this row has used, private ones as pseudonyms."""
        used = self._rest.get(mask)
        if used is None:
            rules = [r for n, r in enumerate(self._rules) if mask >> n & 1]
            used = self._ignored.union(
                *(self.fields.raw_names(r.rule.reads) for r in rules), self.mapping.derive
            )
            self._rest[mask] = used
        rest = {k: row[k] for k in row.keys() - used if row[k] != []}
        for name in {
            n for n in rest if n in self._private or (isinstance(rest[n], str) and PERSONAL.search(n))
        }:
            rest[name] = self.people.of("private", word(rest[name]), self.mapping.platform)
        return rest or None

    def _problem(self, line: int, column: str, bad: Bad) -> None:
        self.done.rejects.append(Reject(self.file, line, bad.reason, f"{column}: {bad.detail}"[:_DETAIL]))

    def _once(self, line: int, column: str, bad: Bad) -> None:
        """A problem of a side table: a row of forty metrics whose time is bad says so once."""
        if (line, column, bad) not in self._told:
            self._told.add((line, column, bad))
            self._problem(line, column, bad)

    def finish(self) -> Applied:
        """The tables of the whole file."""
        if self._sums:
            self._parts["metric"].append(summed(pa.concat_tables(self._sums).unify_dictionaries()))
        self.done.tables = {
            name: pa.concat_tables(parts).unify_dictionaries() if parts else SCHEMAS[name].empty_table()
            for name, parts in self._parts.items()
        }
        return self.done


@dataclass
class _Made:
    """The rows a rule takes from a batch: place in the batch, line, digest, ordinal, and the (exploded) row."""

    at: list[int]
    lines: list[int]
    raw: list[bytes]
    ordinals: list[int]
    rows: list[Row]
    taken: Taken


class _Rule:
    """One rule made ready."""

    def __init__(self, rule: Rule, fields: Fields, people: Pseudonyms) -> None:
        self.rule, self._fields, self._people = rule, fields, people
        mapping = fields.mapping
        name = mapping.discriminator or ""
        test = rule.when.get(name)
        self._wanted = (
            None
            if test is None or isinstance(test, dict)
            else [word(t) for t in (test if isinstance(test, list) else [test])]
        )
        rest = {k: v for k, v in rule.when.items() if self._wanted is None or k != name}
        self._rest = fields.passes(rest) if rest else None
        self._inner = fields.passes(rule.when) if rule.explode else None
        self._needs = [fields.reader(n) for n in rule.needs]
        self._columns = {
            name: Column(name, spec, rule, fields)
            for name, spec in rule.columns.items()
            if name not in {"platform", "source"}
        }
        self._platform = (
            Column("platform", rule.columns["platform"], rule, fields) if "platform" in rule.columns else None
        )
        self._kind = Column("kind", rule.kind, rule, fields) if rule.table == "event" else None
        self._extra = {n: Column(n, s, rule, fields) for n, s in rule.extra.items()}
        self._flags = [
            (Flag[f.set].value, fields.passes(f.when), f.older, fields.reader(f.at) if f.at else None)
            for f in rule.flags
        ]
        self._source = mapping.source
        if rule.explode and any(fields.raw_names([n]) & {rule.explode} for n in rule.when):
            raise ValueError("a rule cannot test the list it explodes")

    def select(self, rows: Sequence[tuple[int, Row]], kinds: dict[str, list[int]] | None) -> list[int]:
        """Places of the rows it takes (before exploding)."""
        places: Sequence[int] = range(len(rows))
        if kinds is not None and self._wanted is not None:
            named = [kinds[name] for name in self._wanted if name in kinds]
            places = named[0] if len(named) == 1 else sorted(i for group in named for i in group)
        if self.rule.explode:
            path = self.rule.explode
            return [i for i in places if listed(rows[i][1].get(path)) is not None]
        passes, needs = self._rest, self._needs
        if passes is not None:
            places = [i for i in places if passes(rows[i][1])]
        if needs:
            places = [i for i in places if all(need(rows[i][1]) is not None for need in needs)]
        return list(places)

    def rows(self, hit: list[int], batch: _Batch, ordinals: list[int]) -> _Made:
        """The rows themselves, exploded and once per key where the rule says so."""
        if self.rule.explode:
            assert self._inner is not None
            pairs = [
                (i, row)
                for i, row in exploded(((i, batch.rows[i][1]) for i in hit), self.rule.explode)
                if self._inner(row) and all(n(row) is not None for n in self._needs)
            ]
            raw = [blake2b(batch.raw[i] + _content(row), digest_size=12).digest() for i, row in pairs]
        else:
            pairs = [(i, batch.rows[i][1]) for i in hit]
            raw = [batch.raw[i] for i in hit]
        if self.rule.once:
            keep = self._first_of(self.rule.once, [row for _i, row in pairs], raw)
            pairs, raw = [pairs[k] for k in keep], [raw[k] for k in keep]
        at = [i for i, _row in pairs]
        rows = [row for _i, row in pairs]
        return _Made(at, [batch.rows[i][0] for i in at], raw, [ordinals[i] for i in at], rows, Taken(rows))

    def _first_of(self, names: Sequence[str], rows: Sequence[Row], raw: Sequence[bytes]) -> list[int]:
        """Places of one row per key, the one whose content hash is least: independent of the order of the rows."""
        reads = [self._fields.reader(n) for n in names]
        best: dict[tuple[str, ...], int] = {}
        out: list[int] = []
        for k, row in enumerate(rows):
            key = tuple(word(read(row)) for read in reads)
            if not any(key):
                out.append(k)
            elif key not in best or raw[k] < raw[best[key]]:
                best[key] = k
        return sorted([*out, *best.values()])

    def table(
        self, made: _Made, left: list[Row | None], problem: Callable[[int, str, Bad], None]
    ) -> tuple[pa.Table, list[int]]:
        """The canonical rows, and the places (in `made`) that gave one."""
        taken, n = made.taken, len(made.rows)
        values: dict[str, list[Any]] = {}
        kinds = self._kind.values(taken) if self._kind else []
        coin = "currency" if self.rule.table != "metric" else "unit"
        if coin in self._columns:
            values[coin] = self._columns[coin].values(taken)
        currency = values.get(coin)
        for name, column in self._columns.items():
            if name != coin and not column.empty:
                values[name] = column.values(taken, currency)
                if column.spec.once:
                    own = set(self._first_of(column.spec.once, made.rows, made.raw))
                    values[name] = [v if k in own else None for k, v in enumerate(values[name])]
        if self._kind:
            self._complete_event(values, kinds, made, left)
        if self.rule.table == "account":
            _plausible(values)
        if self.rule.table == "metric":
            _with_currency(values, taken)
        self._hide(values)
        for k, (name, bad) in sorted(taken.problems.items()):
            problem(made.lines[k], name, bad)
        lost = set(taken.problems)
        needed = (
            kinds if self._kind else values.get("value", [None] * n) if self.rule.table == "metric" else ()
        )
        lost |= {k for k, given in enumerate(needed) if given is None}
        keep = [k for k in range(n) if k not in lost] if lost else list(range(n))
        platform = self._platform.values(taken) if self._platform else [self._fields.mapping.platform] * n
        values |= {"platform": platform, "source": [self._source] * n}
        table = _arrow(values, n, self.rule.table)
        return (table.take(pa.array(keep, pa.int64())) if lost else table), keep

    def _complete_event(
        self, values: dict[str, list[Any]], kinds: list[Any], made: _Made, left: list[Row | None]
    ) -> None:
        n = len(made.rows)
        table = self._kind.spec.map if self._kind else None
        if table is not None:
            kinds[:] = [k if k in set(table.values()) or self._kind_constant(k) else None for k in kinds]
        values["kind"] = kinds
        money = [values[c] for c in ("amount", "discount_platform", "discount_seller") if c in values]
        if money and "currency" not in values and self._fields.mapping.currency:
            coin = self._fields.mapping.currency
            values["currency"] = [coin if any(m[k] is not None for m in money) else None for k in range(n)]
        values["flags"] = self._flag_bits(values, made)
        values["extra"] = self._extras(values, made, left)
        values["event_id"] = self._ids(values, made)

    def _kind_constant(self, kind: str) -> bool:
        other = self.rule.kind.other
        return other.startswith("=") and kind == other[1:]

    def _flag_bits(self, values: dict[str, list[Any]], made: _Made) -> list[int]:
        n = len(made.rows)
        bits = [0] * n
        column = self._columns.get("actor_id")
        if column is not None and not column.empty:
            masked = Flag.MASKED.value
            bits = [masked if actor is None else 0 for actor in values["actor_id"]]
        for k in made.taken.approx:
            bits[k] |= Flag.TS_APPROX.value
        for bit, passes, older, read in self._flags:
            for k, row in enumerate(made.rows):
                if passes(row) and (older is None or self._older(row, read, k, values, older)):
                    bits[k] |= bit
        return bits

    def _older(
        self, row: Row, read: Callable[[Row], Any] | None, k: int, values: dict[str, list[Any]], older: float
    ) -> bool:
        """Whether the event lies more than `older` seconds before it was received."""
        ts, seen = (values[name][k] if name in values else None for name in ("ts", "ts_seen"))
        at = ts if read is None else time_of(v, self._fields.clock) if (v := read(row)) is not None else None
        until = seen if seen is not None else ts
        return isinstance(at, int) and until is not None and until - at > older * 1_000_000

    def _extras(self, values: dict[str, list[Any]], made: _Made, left: list[Row | None]) -> list[str | None]:
        out: list[Row | None] = list(left) if left else [None] * len(made.rows)
        for name, column in self._extra.items():
            for k, value in enumerate(column.values(made.taken)):
                if value is not None:
                    out[k] = {**(out[k] or {}), name: value}
        text = self._columns.get("text")
        if "text" in values and text is not None and not text.constant:
            for k, value in enumerate(values["text"]):
                if value is not None and len(value) == TEXT_MAX:
                    length = max((len(v) for r in text.spec.sources if type(v := self._fields.reader(r)(made.rows[k])) is str), default=0)  # fmt: skip
                    if length > TEXT_MAX:
                        out[k] = {**(out[k] or {}), "text_length": length}
        return [None if row is None else _json(row) for row in out]

    def _ids(self, values: dict[str, list[Any]], made: _Made) -> list[str]:
        given = values.get("event_id") or [None] * len(made.rows)
        place = values.get("session_id") or values.get("host_id") or [None] * len(made.rows)
        out = []
        for k, own in enumerate(given):
            if own is not None:
                out.append(own)
                continue
            body = made.raw[k] + f"\0{made.ordinals[k]}\0{place[k] or ''}".encode("utf-8", "replace")
            out.append(f"{blake2b(body, digest_size=10).hexdigest()}:{values['kind'][k]}")
        return out

    def _hide(self, values: dict[str, list[Any]]) -> None:
        """People become pseudonyms; from here on nobody sees a raw id."""
        platform = self._fields.mapping.platform
        for name, what in _PEOPLE.items():
            if name in values:
                values[name] = self._people.column(what, values[name], platform)
        target = self._columns.get("target_id")
        if target is not None and target.spec.user:
            values["target_id"] = self._people.column("actor", values["target_id"], platform)


def _with_currency(values: dict[str, list[Any]], taken: Taken) -> None:
    """Money whose currency the row does not name is no amount."""
    for k, (unit, value) in enumerate(zip(values.get("unit", ()), values["value"], strict=False)):
        if unit is None and value is not None:
            taken.problems.setdefault(
                k, ("unit", Bad("unknown_currency", "the row does not name its currency"))
            )


def _plausible(values: dict[str, list[Any]]) -> None:
    """No account is younger than its snapshot: such a derived age is no age."""
    since, seen = values.get("since"), values.get("seen_at")
    if since is None or seen is None:
        return
    kept = [
        s if s is not None and (at is None or s <= at) else None for s, at in zip(since, seen, strict=True)
    ]
    values["since"] = kept
    if "since_basis" in values:
        values["since_basis"] = [
            b if s is not None else None for b, s in zip(values["since_basis"], kept, strict=True)
        ]


_JSON = msgspec.json.Encoder(order="deterministic", enc_hook=str)


def _json(row: Row) -> str:
    try:
        return _JSON.encode(row).decode().replace("\\u0000", "")
    except (UnicodeEncodeError, msgspec.MsgspecError, OverflowError, ValueError):
        plain = {carried(k): carried(word(v)) for k, v in row.items()}
        return _JSON.encode(plain).decode().replace("\\u0000", "")


def _arrow(values: dict[str, list[Any]], n: int, table: str) -> pa.Table:
    schema = SCHEMAS[table]
    columns = []
    for entry in schema:
        given = values.get(entry.name)
        if given is None:
            columns.append(pa.nulls(n, entry.type))
        elif pa.types.is_dictionary(entry.type):
            columns.append(pa.array(given, pa.string()).dictionary_encode())
        elif pa.types.is_timestamp(entry.type):
            columns.append(pa.array(given, pa.int64()).cast(entry.type))
        else:
            columns.append(pa.array(given, entry.type))
    if table == "event":
        at = schema.get_field_index("flags")
        columns[at] = pa.array(values["flags"], pa.int32())
    return pa.Table.from_arrays(columns, schema=schema)
