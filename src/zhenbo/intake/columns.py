"""One column spec over the rows of a rule: raw values in, canonical values out, problems kept beside."""

import re
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

import pyarrow as pa

from zhenbo.core.schema import ACCOUNTS, EVENTS, PRODUCTS, SESSION_METRICS
from zhenbo.intake import convert
from zhenbo.intake.convert import Bad, word
from zhenbo.intake.fields import Fields, Row
from zhenbo.intake.mapping import Rule, Spec

SCHEMAS = {"event": EVENTS, "account": ACCOUNTS, "metric": SESSION_METRICS, "product": PRODUCTS}
_MONEY = frozenset({"amount", "discount_platform", "discount_seller", "list_price"})
_SIGNED = frozenset({"level", "fan_level", "pay_level", "value"})


@dataclass
class Taken:
    """The rows a rule takes, with what went wrong in them.

    Args:
        rows: flat rows, in file order.
        problems: position in `rows` -> what could not be read.
        unknown: (column, value) -> rows whose state is not known.
        approx: positions whose time is not their own.
    """

    rows: Sequence[Row]
    problems: dict[int, tuple[str, Bad]] = field(default_factory=dict)
    unknown: Counter[tuple[str, str]] = field(default_factory=Counter)
    approx: set[int] = field(default_factory=set)


class Column:
    """A spec made ready for one column of one rule.

    Args:
        name: canonical column.
        spec: how it is filled.
        rule: the rule it belongs to.
        fields: access to the rows.
    """

    def __init__(self, name: str, spec: Spec, rule: Rule, fields: Fields) -> None:
        self.name = name
        self.spec = spec
        self._fields = fields
        self._reads = [fields.reader(n) for n in spec.sources]
        self._match = re.compile(spec.match) if spec.match else None
        table = SCHEMAS[rule.table]
        self._type = table.field(name).type if name in table.names else pa.string()
        # the same for the whole file: worked out once
        self._fixed = bool(spec.reads) and not spec.map and all(name.startswith("@") for name in spec.reads)
        self.unit = spec.unit or self._default_unit()
        # "" is already None in every reader; texts say "null" in earnest, so only their own list counts
        shared = () if name == "text" else fields.mapping.null
        self._nulls = frozenset([*shared, *spec.null])
        self._plain: Callable[[Sequence[Any]], list[Any]] | None = self._converter()

    def _default_unit(self) -> str:
        if self.name in _MONEY:
            return "major"
        if pa.types.is_timestamp(self._type):
            return "time"
        if pa.types.is_integer(self._type):
            return "count"
        if pa.types.is_floating(self._type):
            return "number"
        return "bool" if pa.types.is_boolean(self._type) else "text"

    def _converter(self) -> Callable[[Sequence[Any]], list[Any]] | None:
        clock = self._fields.clock
        return {
            "time": lambda values: convert.times_of(values, clock) if None not in values else _sparse(values, clock),
            "id_time": convert.remembered(convert.id_time),
            "count": convert.remembered(convert.count),
            "minor": convert.remembered(convert.count),
            "kg": convert.remembered(convert.grams),
            "number": convert.remembered(convert.number),
            "bool": convert.remembered(convert.truth),
            "half_unit": convert.remembered(convert.half_unit),
            "ratio": convert.remembered(convert.ratio),
            "duration": convert.remembered(self._seconds),
            "text": _words,
        }.get(self.unit)  # fmt: skip

    def _seconds(self, value: Any) -> float | int | Bad | None:
        """A length of time, whole where the column is."""
        made = convert.duration(value, self.spec.factor)
        return round(made) if isinstance(made, float) and pa.types.is_integer(self._type) else made

    @property
    def empty(self) -> bool:
        """Whether the spec leaves the column null (`{}`)."""
        return not (self.spec.sources or self.spec.join or self.spec.value is not None)

    @property
    def constant(self) -> bool:
        """Whether every row gets the same value."""
        return self.spec.value is not None

    def raw(self, taken: Taken) -> list[Any]:
        """The raw values, nulls as None."""
        spec, rows = self.spec, taken.rows
        if spec.join is not None:
            return self._joined(rows)
        if not self._reads:
            return [None] * len(rows)
        read = self._reads[0]
        values = [read(row) for row in rows]
        if self._nulls:
            nulls = self._nulls
            values = [None if v is not None and word(v) in nulls else v for v in values]
        for place, later in enumerate(self._reads[1:], start=1):
            if None not in values:
                break
            self._fall_back(values, later, place, taken)
        if isinstance(spec.approx, list) and spec.sources[0] in spec.approx:
            taken.approx.update(i for i, v in enumerate(values) if v is not None)
        elif spec.approx is True:
            taken.approx.update(range(len(rows)))
        if self._match is not None:
            values = [
                (m[1] if v is not None and (m := self._match.search(word(v))) else None) for v in values
            ]
        return self._mapped(values, taken) if spec.map is not None or spec.known is not None else values

    def _fall_back(self, values: list[Any], read: Callable[[Any], Any], place: int, taken: Taken) -> None:
        approx = isinstance(self.spec.approx, list) and self.spec.sources[place] in self.spec.approx
        for i, value in enumerate(values):
            if value is None:
                other = read(taken.rows[i])
                if other is not None and word(other) not in self._nulls:
                    values[i] = other
                    if approx:
                        taken.approx.add(i)

    def _joined(self, rows: Sequence[Row]) -> list[Any]:
        out: list[Any] = [None] * len(rows)
        for group in self.spec.joins:
            parts: list[list[Any]] = []
            for part in group:
                if part.startswith("="):
                    parts.append([part[1:]] * len(rows))
                else:
                    read = self._fields.reader(part)
                    parts.append([read(row) for row in rows])
            made = [None if None in p else self.spec.sep.join(map(word, p)) for p in zip(*parts, strict=True)]
            out = [old if old is not None else new for old, new in zip(out, made, strict=True)]
        return out

    def _mapped(self, values: list[Any], taken: Taken) -> list[Any]:
        spec = self.spec
        table = spec.map if spec.map is not None else {}
        known = frozenset(spec.known or ()) | frozenset(table)
        out: list[Any] = []
        for value in values:
            text = word(value)
            if value is None or text in table or text in known:
                out.append(table.get(text, value) if value is not None else None)
                continue
            taken.unknown[self.name, text[:80]] += 1
            out.append(
                None if spec.other == "null" else spec.other[1:] if spec.other.startswith("=") else value
            )
        return out

    def values(self, taken: Taken, currency: Sequence[str | None] | None = None) -> list[Any]:
        """The canonical values; what cannot be read is noted in `taken.problems` and null here."""
        if self.constant:
            return [self.spec.value] * len(taken.rows)
        if self._fixed and len(taken.rows) > 1:
            one = Taken(taken.rows[:1])
            return self.values(one, currency) * len(taken.rows)
        raw = self.raw(taken)
        if self.unit in {"major", "micros"}:
            read = convert.money if self.unit == "major" else convert.micros
            money = convert.remembered(lambda pair: read(pair[0], pair[1]))
            coins = currency or [self._fields.mapping.currency] * len(raw)
            out = money([None if v is None else (v, c) for v, c in zip(raw, coins, strict=True)])
        elif self.unit == "time" and self._fields.mapping.zones is not None:
            out = self._local_times(raw, taken)
        else:
            out = raw if self._plain is None else self._plain(raw)
        if self.unit in {"count", "major", "minor", "micros"}:
            self._scale(out, taken)
        if self.unit != "text":
            for i, value in enumerate(out):
                if type(value) is Bad and self.spec.soft:
                    taken.unknown[self.name, value.reason] += 1
                    out[i] = None
                elif type(value) is Bad:
                    taken.problems.setdefault(i, (self.name, value))
                    out[i] = None
        return out

    def _local_times(self, raw: Sequence[Any], taken: Taken) -> list[Any]:
        """Times of rows that name their own zone (an export of many countries)."""
        zones = self._fields.mapping.zones
        assert zones is not None
        read, clock = self._fields.reader(zones.from_), self._fields.clock
        where = [zones.map.get(word(read(row)), clock.zone) for row in taken.rows]
        made = convert.remembered(lambda pair: convert.time_of(pair[0], clock._replace(zone=pair[1])))
        return made([None if v is None else (v, zone) for v, zone in zip(raw, where, strict=True)])

    def _scale(self, out: list[Any], taken: Taken) -> None:
        """Apply `factor` and `times`, and refuse what cannot be negative."""
        spec = self.spec
        if spec.factor != 1:
            out[:] = [v * spec.factor if type(v) is int else v for v in out]
        if spec.times:
            read = self._fields.reader(spec.times)
            others = convert.remembered(convert.count)([read(row) for row in taken.rows])
            out[:] = [
                a * b if type(a) is int and type(b) is int else None if b is None else a
                for a, b in zip(out, others, strict=True)
            ]
        if spec.signed or (self.name in _SIGNED and spec.unit is None):
            return
        money = self.name in _MONEY or self.unit in {"major", "minor", "micros"}
        reason = "negative_amount" if money else "negative_count"
        for i, value in enumerate(out):
            if type(value) is int and value < 0:
                out[i] = convert.bad(reason, value)


def _sparse(values: Sequence[Any], clock: convert.Clock) -> list[Any]:
    """A column of times with gaps: the filled ones converted together."""
    filled = [i for i, v in enumerate(values) if v is not None]
    out: list[Any] = [None] * len(values)
    for i, made in zip(filled, convert.times_of([values[i] for i in filled], clock), strict=True):
        out[i] = made
    return out


def _words(values: Sequence[Any]) -> list[Any]:
    return [v if v is None else convert.readable(v if type(v) is str else _text(v)) for v in values]


def _text(value: Any) -> str:
    """A value that is no text, as text; lists and objects as JSON."""
    import msgspec

    if isinstance(value, list | dict):
        return msgspec.json.encode(value, order="deterministic").decode()
    return word(value)
