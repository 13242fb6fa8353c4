"""Raw rows as mappings see them: flat dicts, fields found by alias, tests, computed fields, whole-file values."""

import re
import unicodedata
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import lru_cache
from itertools import pairwise
from typing import Any

import msgspec

from zhenbo.intake.convert import (
    Bad,
    Clock,
    count,
    duration,
    half_unit,
    id_time,
    money,
    number,
    ratio,
    remembered,
    time_of,
    whole,
    word,
)
from zhenbo.intake.mapping import Derive, Mapping, Test

Row = dict[str, Any]
Reader = Callable[[Any], Any]
_UNITS: dict[str | None, Reader] = {
    "count": count,
    "id_time": id_time,
    "half_unit": half_unit,
    "number": number,
    "ratio": ratio,
}
_JOINED: dict[str, dict[str, str]] = {}
"""Dotted names made once: a name that is the same object is found without comparing its letters."""
_NAMES = 1_000
TABULAR = frozenset({"delimited", "xlsx"})


@lru_cache(maxsize=4096)
def header(name: str) -> str:
    """A column name as written by people, normalised: NFKC, no BOM, no tabs, single inner blanks, `="…"` unwrapped."""
    text = unicodedata.normalize("NFKC", str(name)).replace("\ufeff", "")
    return " ".join(_unwrapped(text).split())


def _unwrapped(text: str) -> str:
    text = text.strip()
    if text.startswith('="') and text.endswith('"'):
        text = text[2:-1].strip()
    return text.strip('"') if text.startswith('"') and text.endswith('"') else text


def flat(row: Row) -> Row:
    """Nested objects as dotted names; lists stay lists."""
    out: Row = {}
    for name, value in row.items():
        if type(value) is dict:
            for inner, deep in flat(value).items():
                out[f"{name}.{inner}"] = deep
        else:
            out[name] = value
    return out


def filled(row: Row, *, sheet: bool) -> Row:
    """A row as the engine maps it: flat, and without empty fields."""
    if sheet:
        return {header(k): v for k, given in row.items() if (v := _cell(given)) is not None and v != ""}
    out: Row = {}
    for name, value in row.items():
        if type(value) is dict:
            names = _JOINED.setdefault(name, {})
            for inner, deep in value.items():
                if deep is None or deep == "":
                    continue
                full = names.get(inner)
                if full is None:
                    full = f"{name}.{inner}"
                    if len(names) < _NAMES:
                        names[inner] = full
                if type(deep) is dict:
                    out.update(filled({full: deep}, sheet=False))
                else:
                    out[full] = deep
        elif value is not None and value != "":
            out[name] = value
    return out


def tabular(row: Row) -> Row:
    """A row of a sheet: headers normalised, cells without outer blanks, tabs and wrappers."""
    return {header(k): _cell(v) for k, v in row.items()}


def _cell(value: Any) -> Any:
    if type(value) is not str or not value:
        return value
    if (
        value[0] == "="
        or value[0] == '"'
        or value[0].isspace()
        or value[-1].isspace()
        or value[0] == "\ufeff"
    ):
        return _unwrapped(value.replace("\ufeff", ""))
    return value


def unwrapped(row: Row, records: Iterable[str], carry: Iterable[str] = ()) -> list[Row]:
    """The rows inside a document (`records` of the mapping) with what they `carry` of it, or the row itself."""
    for path in records:
        inside = _at(row, path)
        if isinstance(inside, list):
            kept = {name: value for name in carry if (value := _at(row, name)) is not None}
            return [kept | item for item in inside if isinstance(item, dict)]
    return [row]


def _at(row: Row, path: str) -> Any:
    """What a dotted path leads to in nested objects; None where it ends early."""
    inside: Any = row
    for part in path.split("."):
        inside = inside.get(part) if isinstance(inside, dict) else None
    return inside


def listed(value: Any) -> list[Any] | None:
    """A list, or one written as JSON text."""
    if type(value) is str and value[:1] == "[":
        try:
            value = msgspec.json.decode(value)
        except (msgspec.DecodeError, UnicodeEncodeError):
            return None
    return value if isinstance(value, list) else None


def exploded(rows: Iterable[tuple[int, Row]], path: str) -> Iterator[tuple[int, Row]]:
    """One row per element of the list at `path`; the element's fields are named `path.field`."""
    for index, row in rows:
        items = listed(row.get(path))
        if items is None:
            continue
        rest = {k: v for k, v in row.items() if k != path}
        for item in items:
            inner = flat(item) if isinstance(item, dict) else {"": item}
            yield index, rest | {(f"{path}.{k}" if k else path): v for k, v in inner.items()}


class Fields:
    """Access to the fields of one mapping.

    Args:
        mapping: whose aliases, derived and file fields count.
    """

    def __init__(self, mapping: Mapping) -> None:
        self.mapping = mapping
        self._tabular = bool(TABULAR & set(mapping.formats))
        self._readers: dict[str, Reader] = {}
        self.constants: dict[str, Any] = {}
        self.clock = Clock(mapping.zone, mapping.dates)

    def aliases(self, name: str) -> tuple[str, ...]:
        """The raw names of a field, in order of preference."""
        raw = self.mapping.fields.get(name, (name,))
        return tuple(header(r) for r in raw) if self._tabular else tuple(raw)

    def reader(self, name: str) -> Reader:
        """A function that reads a field from a row without empty fields (see `filled`); missing is None."""
        known = self._readers.get(name)
        if known is None:
            known = self._make(name)
            self._readers[name] = known
        return known

    def _make(self, name: str) -> Reader:
        if name.startswith("@"):
            return lambda _row: self.constants.get(name[1:])
        names = self.aliases(name)
        if len(names) == 1:
            only = names[0]
            return lambda row: row.get(only)

        def first(row: Row) -> Any:
            for alias in names:
                value = row.get(alias)
                if value is not None:
                    return value
            return None

        return first

    def has(self, row: Row, name: str) -> bool:
        """Whether the row carries the field at all, filled or not."""
        return any(alias in row for alias in self.aliases(name))

    def raw_names(self, names: Iterable[str]) -> frozenset[str]:
        """Every raw name behind these fields, through derived fields and aliases."""
        out: set[str] = set()
        for name in names:
            made = self.mapping.derive.get(name)
            if made is not None:
                out |= self.raw_names(made.reads)
                out.add(name)
            elif not name.startswith("@"):
                out.update(self.aliases(name))
        return frozenset(out)

    def passes(self, when: dict[str, Test]) -> Callable[[Row], bool]:
        """A test over a row: all conditions hold."""
        tests = [(self.reader(name), condition(test)) for name, test in when.items()]
        if not tests:
            return lambda _row: True
        if len(tests) == 1:
            read, holds = tests[0]
            return lambda row: holds(read(row))
        return lambda row: all(holds(read(row)) for read, holds in tests)

    def _late(self, made: Derive) -> bool:
        """Whether a computed field needs a value of the whole file, itself or through others."""
        inner = [self.mapping.derive[n] for n in made.reads if n in self.mapping.derive]
        return any(n.startswith("@") for n in made.reads) or any(map(self._late, inner))

    def derive(self, rows: Sequence[Row], *, late: bool) -> None:
        """Add computed fields to the rows, in place.

        Args:
            rows: flat rows.
            late: those that need a value of the whole file, else the others.
        """
        for name, made in self.mapping.derive.items():
            if self._late(made) is not late or any(
                n.startswith("@") and n[1:] not in self.constants for n in made.reads
            ):
                continue
            make = self._derived(made)
            for row in rows:
                value = make(row)
                if value is not None:
                    row[name] = value

    def _derived(self, made: Derive) -> Reader:
        if made.minus or made.times:
            one, two = (self.reader(n) for n in made.minus or made.times or ())
            return lambda row: _arith(one(row), two(row), minus=bool(made.minus))
        if made.join:
            parts = [self.reader(n) for n in made.join]
            return lambda row: None if None in (g := [r(row) for r in parts]) else ":".join(map(word, g))
        if made.after:
            moment, seconds = (self.reader(n) for n in made.after)
            return lambda row: _after(moment(row), seconds(row), self.clock)
        if made.before:
            moment, seconds = (self.reader(n) for n in made.before)
            return lambda row: _before(moment(row), seconds(row), self.clock)
        if made.seconds:
            one, two = (self.reader(n) for n in made.seconds)
            return lambda row: _between(one(row), two(row), self.clock)
        read = self.reader(made.from_ or "")
        if made.shift is not None:
            shift = made.shift
            return lambda row: None if (n := whole(read(row))) is None else n >> shift
        if made.value is not None:
            constant = made.value
            return lambda row: None if read(row) is None else constant
        if made.match is not None:
            pattern = re.compile(made.match)
            return lambda row: m[1] if (m := pattern.search(word(read(row)))) else None
        convert = remembered(lambda v: _read_as(v, made, self.clock, self.mapping.currency))
        return lambda row: convert((read(row),))[0]


def _arith(a: Any, b: Any, *, minus: bool) -> int | None:
    if a is None or b is None:
        return None
    x, y = number(a), number(b)
    if isinstance(x, Bad) or isinstance(y, Bad) or x is None or y is None:
        return None
    return round(x - y) if minus else round(x * y)


def _after(moment: Any, seconds: Any, clock: Clock) -> int | None:
    if moment is None or seconds is None:
        return None
    start, more = time_of(moment, clock), number(seconds)
    return start + round(more * 1_000_000) if isinstance(start, int) and isinstance(more, float) else None


def _before(moment: Any, seconds: Any, clock: Clock) -> int | None:
    if moment is None or seconds is None:
        return None
    then, less = time_of(moment, clock), number(seconds)
    return round(then / 1_000_000 - less) if isinstance(then, int) and isinstance(less, float) else None


def _between(first: Any, last: Any, clock: Clock) -> int | None:
    if first is None or last is None:
        return None
    start, end = time_of(first, clock), time_of(last, clock)
    return round((end - start) / 1_000_000) if isinstance(start, int) and isinstance(end, int) else None


def _read_as(value: Any, how: Derive, clock: Clock, currency: str | None) -> Any:
    if value is None:
        return None
    made: Any = word(value)
    unit = how.unit
    if unit == "time":
        made = time_of(value, clock)
    elif unit == "major":
        made = money(value, currency)
    elif unit == "duration":
        made = duration(value, how.factor)
    elif unit in _UNITS:
        made = _UNITS[unit](value)
    return None if isinstance(made, Bad) else made


def condition(test: Test) -> Callable[[Any], bool]:
    """A test of one value, as the mapping grammar writes it."""
    if isinstance(test, dict):
        return _table_test(test)
    if isinstance(test, list):
        allowed = frozenset(map(word, test))
        return lambda value: word(value) in allowed
    wanted = word(test)
    return lambda value: value == wanted if type(value) is str else word(value) == wanted


def _table_test(test: dict[str, Any]) -> Callable[[Any], bool]:
    parts: list[Callable[[Any], bool]] = []
    if "filled" in test:
        filled = bool(test["filled"])
        parts.append(lambda v: (v is not None and v not in ("", [])) is filled)
    if "not" in test:
        barred = frozenset(map(word, test["not"]))
        parts.append(lambda v: word(v) not in barred)
    if "match" in test:
        pattern = re.compile(test["match"])
        parts.append(lambda v: v is not None and pattern.search(word(v)) is not None)
    if "min" in test or "max" in test:
        low, high = test.get("min", float("-inf")), test.get("max", float("inf"))

        def between(value: Any) -> bool:
            read = number(value) if value is not None else None
            return isinstance(read, float) and low <= read <= high

        parts.append(between)
    return lambda value: all(part(value) for part in parts)


class FilePass:
    """What must be known of the whole file before its rows can be mapped.

    Args:
        fields: the mapping's fields.
    """

    def __init__(self, fields: Fields) -> None:
        self._fields = fields
        mapping = fields.mapping
        self._tallies: dict[str, Counter[str]] = {name: Counter() for name in mapping.file}
        self._picks = [
            (self._tallies[name], fields.passes(v.when), fields.reader(source))
            for name, v in mapping.file.items()
            for source in v.sources
        ]
        self._tests = [
            (n, fields.passes(r.only_without)) for n, r in enumerate(mapping.rules) if r.only_without
        ]
        self.off: set[int] = set()

    @property
    def needed(self) -> bool:
        """Whether the mapping asks anything of the whole file."""
        return bool(self._tallies or self._tests)

    def see(self, rows: Iterable[Row]) -> None:
        """Take in some rows, in any order."""
        for row in rows:
            for tally, passes, read in self._picks:
                if passes(row):
                    value = read(row)
                    if value is not None:
                        tally[word(value)] += 1
            for rule, passes in self._tests:
                if rule not in self.off and passes(row):
                    self.off.add(rule)

    def settle(self) -> dict[str, str]:
        """The values picked, by name."""
        out: dict[str, str] = {}
        for name, value in self._fields.mapping.file.items():
            tally = self._tallies[name]
            if not tally:
                continue
            if value.pick == "step":
                times = sorted(size for size, _ in map(self._by_time, tally) if size < float("inf"))
                steps = [round((b - a) / 1_000_000) for a, b in pairwise(times)]
                out |= {name: str(least)} if (least := min(steps, default=0)) > 0 else {}
            elif value.pick == "mode":
                out[name] = min(tally, key=lambda v: (-tally[v], _by_size(v)))
            else:
                sizes = [(self._by_time if value.unit == "time" else _by_size)(v) for v in tally]
                readable = [size for size in sizes if size[0] < float("inf")] or sizes
                out[name] = (min if value.pick == "min" else max)(readable)[1]
        return out

    def _by_time(self, text: str) -> tuple[float, str]:
        """Size of a time; its zone does not matter, since one file is written in one."""
        clock = self._fields.clock
        read = time_of(text, clock._replace(zone=clock.zone or "+00:00"))
        return (read if isinstance(read, int) else float("inf"), text)


def _by_size(text: str) -> tuple[float, str]:
    read = number(text)
    return (read if isinstance(read, float) else float("inf"), text)
