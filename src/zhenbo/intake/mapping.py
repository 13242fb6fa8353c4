r"""Mappings: how the rows of one source become canonical events. Data (TOML), one file per source, no list to edit.

A mapping is a file in `zhenbo/packs/mappings/` (any depth). It is found by walking that folder, recognised by
the *content* of a file, and held to its contract (`zhenbo.proof.mappings`) through its own examples.

Rows
    A reader (`Format`) yields rows as dicts. Nested objects are flattened to dotted names (`payload.user_id`);
    lists stay lists. For `delimited` and `xlsx` the header names are matched after NFKC, with BOM, tabs and outer
    blanks stripped, and cells lose outer blanks, tabs and `="…"` wrappers. Columns are found by name, never by place.

Top level
    id            "douyin.timao": becomes `events.source` as `id@version`
    version       whole number, raised when the same file could give other events
    platform      "douyin" (a rule or `[every]` may set the column itself)
    format        family of the reader: jsonl, xml, roomtext, packets, delimited, xlsx, or a list of them
    title         {en = "…", zh = "…"}
    zone          "+08:00" for times without a zone; without it such a time is rejected as `bad_time`
    zones         {from = "country", map = {Thailand = "+07:00"}}: zone by row, for exports of many countries;
                  a row not in the map has `zone`
    dates         "ymd" (default), "dmy" or "mdy": order of the date's numbers where the year is not first
    currency      default currency of amounts ("CNY"); a `currency` column wins
    null          values that mean "nothing", for all columns ("" always does)
    records       paths of a list inside one document, each element a row: ["data.orders", "orders"]
    carry         with `records`: fields of the document that each of its rows keeps, by dotted name: ["video.created_at"]
    discriminator field whose value names a row that no rule takes ("type"), for the report
    private       fields that name a person (nickname, phone): in `extra` only as pseudonym
    ignore        fields kept nowhere (avatar addresses, say why in a comment)
    notes         sentences for the import report: ["no user ids"]
    lacks         what this source can never give: ["device", "leave"]

[recognise]  decides on the first rows; all given tests must hold; the mapping with most `fields` wins
    fields        names (as in [fields], or raw) that must all occur
    any           names of which at least one must occur
    values        {type = ["member", "chat"]}: a row must carry one of these values
    none          names that must not occur

[fields]  name = ["raw name", "older raw name"]: the first alias present in the row counts.
    Specs, `when`, `needs`, `private`, `ignore` use these names; a name that is not listed is a raw name itself.

[derive.NAME]  a field computed from others, row by row (null where an input is missing or unreadable)
    from          input field
    shift = 32    whole number >> 32 (seconds in TikTok/Douyin ids)
    minus = ["a", "b"]   a − b as numbers, rounded to a whole number
    times = ["a", "b"]   a × b as whole numbers
    after = ["t", "s"]   time t plus s seconds; either may be an "@file value"
    before = ["t", "s"]  the second (unix) that lies s seconds before time t: when a recording began
    seconds = ["a", "b"] whole seconds from time a to time b (negative when b is earlier)
    join = ["a", "b"]    the texts joined by ":", as in column specs
    match = "…"   first group of a regular expression searched in the text
    unit = "…"    with `from`: as in column specs below, the converted value
    value = "…"   with `from`: this constant wherever the input is filled
    factor        with unit "duration": seconds of a plain number (60 under a header that says minutes)

[file.NAME]  one value for the whole file, used as "@NAME"
    from, when    which field (or fields, all of them) of which rows
    pick          "mode" (default; ties: smallest), "min", "max", "step" (seconds: least distance of two of its times)
    unit          "time": min and max compare as times, not as numbers or text
    "@digest" is always there: 16 hex digits of the file's content. Never the file's name.

[every]  columns of every event, unless the rule sets them (`{}` = leave it null here)
every_flags = [{…}]  (top level) flags of every event

[[event]]  one event for each row that passes; a row may pass several rules, and so explodes into several events
    kind          a canonical kind, or a spec with `map` (unmapped values: no event, counted as unknown state)
    when          {field = test, …}, all must hold. test: a value (compared as text), a list (any of), or
                  {filled = true|false} {not = [..]} {match = "regex"} {min = n} {max = n}
    needs         fields that must be filled (one event per filled timestamp: needs = ["ship_time"])
    only_without  {field = test}: rule is off when any row of the file passes this (avoids double gauges)
    explode       path of a list: one event per element; the element's fields are `path.name`
    once          fields: one event per distinct value of these (header-level facts repeated on every line); the
                  columns of the rule must then be header-level too
    flags         [{set = "AD", when = {…}}, {set = "HISTORY", older = 600}]: `older` = ts (or field `at`, a time)
                  more than that many seconds before ts_seen (else ts); added to those of [every]
    extra         {name = spec}: entries put into `extra` beside the left-over fields
    any column of EVENTS = spec

Column spec: "field" or ["field", "else this"] for short, or a table
    from          field, "@file value", or a list (the first that is filled counts)
    value         a constant
    join          ["sub_order", "=order_pay"]: parts joined by `sep` (":"; "=" marks a constant), null if any part is;
                  a list of such lists: the first complete one counts
    null          further values meaning "nothing" here; for `actor_id` they give null + MASKED
    map           {"12" = "refund_done"}: by text of the value
    other         for values not in `map`: "keep" (default), "null", or "=constant"; they are counted as unknown
    known         list of states that are known; others are kept and counted as unknown
    match         first group of this regular expression (null if it does not match)
    unit          how to read it (default by column): "text"; "count" (6.8万 → 68000, 1274人 with match);
                  "major" (59.00 → 5900 with the row's currency), "minor", "micros" (millionths of major); "time" (ISO, dates, s/ms/us/ns by magnitude),
                  "id_time" (id >> 32 = seconds; null when not within 2014..2100), "kg" (→ grams); "bool";
                  "half_unit" (rounding half unit of a shown number: 6.8万 → 500; null when exact)
    factor        whole number multiplied into counts
    times         field whose count is multiplied in (gift count × diamonds)
    approx        fields among `from` whose use means "not its own time" → TS_APPROX; or `true` for always
    signed        negative amounts are allowed
    once          fields: keep the value on one row per distinct key, null on the others (amount repeated per line)
    soft          an unreadable value is only null (counted as unknown), the event stays: for side facts (`ts_seen`)
    user          for `target_id`: the value is a user and becomes a pseudonym

event_id  defaults to a hash of (session or host, the raw row, its ordinal among equal rows of the file) + ":" + kind,
    so that honest repeats survive and reading a file twice adds nothing. A source with ids gives
    `event_id = "msg_id"` or `{join = ["sub_order", "=order_pay"]}`; orders: id + kind, so that a re-import upserts.

[[account]], [[metric]], [[product]]  the same rules for the side tables (columns of ACCOUNTS, SESSION_METRICS, PRODUCTS;
    no kind). Accounts: account_id is the raw user id, the engine hashes it as it does actor_id.

[every_metric]  columns of every [[metric]], unless the rule sets them
[metric.each]  one rule for each entry NAME = spec (a bare field is a count); NAME is one of
    `packs/mappings/_metrics.toml`, the spec gives `value`, and where that is empty there is no row. Unit of the metric: of a "count" `count`, a "ratio" `ratio`,
    a "duration" `seconds`, otherwise `number`; of money ("major", "minor") the currency, and the value is minor units.
    [[metric]] may give the currency row by row as its `unit`; a row whose currency is not known is rejected. Counts and
    money may not be negative unless `signed`. A count that the source abbreviates (1.2万) has a row `rounding.NAME`
    beside it, half of its last digit's worth (500): the true count lies that far from it at most.
    `sum = true` adds up the rows of a file that differ in their value only (one line per campaign).
    A source that does not name the broadcast gives `session_id` "near:HOST:…": see `zhenbo.intake.placing`.

Left over fields go to `extra` (JSON) of the first event a row gives. Rejected values name file, line and reason:
bad_time, bad_number, negative_amount, negative_count, unknown_kind; only that event is lost, the others of its row stay.

[[example]]  at least one, invented: rows = [{…}] (or text = '''raw file''') and the canonical events expected:
    expect = [{kind = "enter", ts = "2023-11-14T22:13:20Z", actor = true, qty = 3, …}]: listed columns must be equal
    (`actor = true`: filled; `masked = true`: MASKED set), in any order, and no further events.
    metrics = [{metric = "…", value = 1.5, bucket_start = "…"}], accounts = [{…}]: the same for these tables, where given.
"""

import tomllib
from collections.abc import Iterator
from functools import cache
from importlib.resources import files
from importlib.resources.abc import Traversable
from typing import Any

import msgspec

from zhenbo.core.errors import PackError
from zhenbo.core.schema import ACCOUNTS, EVENTS, KINDS, PRODUCTS, SESSION_METRICS, Flag

Test = Any
"""A condition on one field: value, list of values, or table (see the module's page)."""


class Spec(msgspec.Struct, frozen=True, forbid_unknown_fields=True, rename={"from_": "from"}):
    """How one column is filled; the module's page says what each entry means."""

    from_: str | list[str] | None = None
    value: str | int | float | bool | None = None
    join: list[str | list[str]] | None = None
    sep: str = ":"
    null: list[str] = []
    map: dict[str, str] | None = None
    other: str = "keep"
    known: list[str] | None = None
    match: str | None = None
    unit: str | None = None
    factor: int = 1
    times: str | None = None
    approx: list[str] | bool = False
    signed: bool = False
    soft: bool = False
    once: list[str] = []
    user: bool = False

    @property
    def sources(self) -> tuple[str, ...]:
        """The fields it looks at, in order of preference."""
        if self.from_ is None:
            return ()
        return (self.from_,) if isinstance(self.from_, str) else tuple(self.from_)

    @property
    def joins(self) -> list[list[str]]:
        """The alternatives of `join`."""
        given = self.join or []
        parts = [p for p in given if isinstance(p, str)]
        return [parts] if parts else [g for g in given if isinstance(g, list)]

    @property
    def reads(self) -> frozenset[str]:
        """Every field it depends on."""
        joined = [part for group in self.joins for part in group if not part.startswith("=")]
        return frozenset([*self.sources, *joined, *self.once, *([self.times] if self.times else [])])


class FlagRule(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """When a flag bit is set."""

    set: str
    when: dict[str, Test] = {}
    older: float | None = None
    at: str | None = None


class Derive(msgspec.Struct, frozen=True, forbid_unknown_fields=True, rename={"from_": "from"}):
    """A field computed from other fields of its row."""

    from_: str | None = None
    shift: int | None = None
    minus: list[str] | None = None
    times: list[str] | None = None
    after: list[str] | None = None
    before: list[str] | None = None
    seconds: list[str] | None = None
    join: list[str] | None = None
    match: str | None = None
    unit: str | None = None
    value: str | None = None
    factor: int = 1

    @property
    def reads(self) -> frozenset[str]:
        """Every field it depends on."""
        pairs = (self.minus, self.times, self.after, self.before, self.seconds, self.join)
        several = [name for pair in pairs for name in pair or []]
        return frozenset([*several, *([self.from_] if self.from_ else [])])


class FileValue(msgspec.Struct, frozen=True, forbid_unknown_fields=True, rename={"from_": "from"}):
    """One value for the whole file."""

    from_: str | list[str]
    when: dict[str, Test] = {}
    pick: str = "mode"
    unit: str | None = None

    @property
    def sources(self) -> tuple[str, ...]:
        """The fields it looks at; all of them count."""
        return (self.from_,) if isinstance(self.from_, str) else tuple(self.from_)


class Zones(msgspec.Struct, frozen=True, forbid_unknown_fields=True, rename={"from_": "from"}):
    """Time zone by row: the field that tells, and what its values mean."""

    from_: str
    map: dict[str, str]


class Recognise(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What the first rows must show for a mapping to apply."""

    fields: list[str] = []
    any: list[str] = []
    values: dict[str, list[str]] = {}
    none: list[str] = []


class Rule(msgspec.Struct, frozen=True):
    """One kind of canonical row that a raw row may give."""

    table: str
    kind: Spec
    columns: dict[str, Spec]
    when: dict[str, Test] = {}
    needs: tuple[str, ...] = ()
    only_without: dict[str, Test] = {}
    explode: str | None = None
    sum: bool = False
    once: tuple[str, ...] = ()
    flags: tuple[FlagRule, ...] = ()
    extra: dict[str, Spec] = {}

    @property
    def reads(self) -> frozenset[str]:
        """Every field the rule uses up; the rest is left over for `extra`."""
        specs = [self.kind, *self.columns.values(), *self.extra.values()]
        flags = [name for flag in self.flags for name in flag.when]
        return frozenset().union(*(s.reads for s in specs), self.when, self.needs, self.once, flags)


class Example(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Invented raw rows (or a raw text) and the events they must give."""

    expect: list[dict[str, Any]] = []
    metrics: list[dict[str, Any]] = []
    accounts: list[dict[str, Any]] = []
    rows: list[dict[str, Any]] = []
    text: str = ""
    name: str = ""


class Mapping(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """One source: how it is recognised, and what its rows mean."""

    id: str
    version: int
    platform: str
    formats: tuple[str, ...]
    title: dict[str, str]
    rules: tuple[Rule, ...]
    recognise: Recognise
    examples: tuple[Example, ...]
    zone: str | None = None
    zones: Zones | None = None
    dates: str = "ymd"
    currency: str | None = None
    null: tuple[str, ...] = ()
    records: tuple[str, ...] = ()
    carry: tuple[str, ...] = ()
    discriminator: str | None = None
    private: frozenset[str] = frozenset()
    ignore: frozenset[str] = frozenset()
    notes: tuple[str, ...] = ()
    lacks: tuple[str, ...] = ()
    fields: dict[str, tuple[str, ...]] = {}
    derive: dict[str, Derive] = {}
    file: dict[str, FileValue] = {}

    @property
    def source(self) -> str:
        """`events.source`: who said so, with its version."""
        return f"{self.id}@{self.version}"


_COLUMNS = {
    "event": frozenset(EVENTS.names), "account": frozenset(ACCOUNTS.names),
    "metric": frozenset(SESSION_METRICS.names), "product": frozenset(PRODUCTS.names),
}  # fmt: skip
_RULE_KEYS = frozenset({"kind", "when", "needs", "only_without", "explode", "sum", "once", "flags", "extra"})
_UNITS = frozenset({
    None, "text", "count", "major", "minor", "micros", "time", "id_time", "kg", "bool", "half_unit", "number", "ratio", "duration",
})  # fmt: skip
_MONEY = frozenset({"major", "minor"})
_SAID = {"count": "count", "ratio": "ratio", "duration": "seconds"}
"""How `session_metrics.unit` calls the unit of a value that is no money."""


def parse(text: str, where: str = "mapping") -> Mapping:
    """A mapping from its TOML.

    Raises:
        PackError: naming the file, the entry and what is allowed there.
    """
    try:
        return _parse(tomllib.loads(text))
    except (tomllib.TOMLDecodeError, msgspec.ValidationError, KeyError, TypeError, ValueError) as error:
        raise PackError(
            f"{where}: {error}. The grammar is documented in zhenbo.intake.mapping; compare with a mapping that works."
        ) from error


def _parse(doc: dict[str, Any]) -> Mapping:
    every = {k: _spec(v) for k, v in doc.pop("every", {}).items() if k != "flags"}
    every_flags = tuple(msgspec.convert(f, FlagRule) for f in doc.pop("every_flags", []))
    _known_columns("event", every)
    shared = {"event": every, "metric": {k: _spec(v) for k, v in doc.pop("every_metric", {}).items()}}
    _known_columns("metric", shared["metric"])
    rules: list[Rule] = []
    for table in _COLUMNS:
        for given_body in doc.pop(table, []):
            for body in _each(given_body, doc.get("currency")) if table == "metric" else [given_body]:
                flags = every_flags if table == "event" else ()
                rules.append(_rule(table, body, shared.get(table, {}), flags))
    formats = doc.pop("format")
    given = {
        **{k: doc.pop(k) for k in list(doc) if k in Mapping.__struct_fields__ and k != "rules"},
        "formats": [formats] if isinstance(formats, str) else formats,
        "examples": doc.pop("example", []),
    }
    if doc:
        raise ValueError(f"unknown entries {sorted(doc)}")
    mapping = msgspec.convert({**given, "rules": []}, Mapping)
    return msgspec.structs.replace(mapping, rules=tuple(rules))


def _each(body: dict[str, Any], currency: str | None) -> Iterator[dict[str, Any]]:
    """The rules that a [[metric]] stands for: one per entry of its `each`."""
    shared = {k: v for k, v in body.items() if k != "each"}
    if "each" not in body:
        yield body
        return
    unknown = set(body["each"]) - set(metric_names())
    if unknown:
        raise ValueError(f"unknown metrics {sorted(unknown)}; they are named in packs/mappings/_metrics.toml")
    for name, how in body["each"].items():
        given = {"from": how, "unit": "count"} if isinstance(how, str | list) else how
        spec = _spec(given)
        money = spec.unit in _MONEY
        said = {"value": currency} if money and currency else {"value": _SAID.get(spec.unit or "", "number")}
        unit = shared["unit"] if money and "unit" in shared else said
        if money and unit == {"value": "number"}:
            raise ValueError(
                f"{name} is money; say in which currency (`currency`, or `unit` of the [[metric]])"
            )
        yield {**shared, "metric": {"value": name}, "value": given, "unit": unit}
        if spec.unit == "count" and spec.sources:
            about = {"from": list(spec.sources), "unit": "half_unit"}
            yield {
                **shared,
                "metric": {"value": f"rounding.{name}"},
                "value": about,
                "unit": {"value": "count"},
            }


def _spec(body: Any) -> Spec:
    spec = Spec(from_=body) if isinstance(body, str | list) else msgspec.convert(body, Spec)
    if spec.unit not in _UNITS:
        raise ValueError(f"unknown unit {spec.unit!r}; known: {sorted(u for u in _UNITS if u)}")
    return spec


def _known_columns(table: str, columns: dict[str, Spec]) -> None:
    unknown = set(columns) - _COLUMNS[table]
    if unknown:
        raise ValueError(f"unknown {table} columns {sorted(unknown)}")


def _rule(table: str, body: dict[str, Any], every: dict[str, Spec], flags: tuple[FlagRule, ...]) -> Rule:
    columns = {k: _spec(v) for k, v in body.items() if k not in _RULE_KEYS}
    _known_columns(table, columns)
    own = tuple(msgspec.convert(f, FlagRule) for f in body.get("flags", []))
    for flag in own:
        Flag[flag.set]
    kind = body.get("kind", "")
    kind_spec = Spec(value=kind) if isinstance(kind, str) else msgspec.convert(kind, Spec)
    if table == "event":
        named = (
            {kind_spec.value} if kind_spec.value is not None else set((kind_spec.map or {"": ""}).values())
        )
        if not named <= set(KINDS):
            raise ValueError(f"unknown kinds {sorted(map(str, named - set(KINDS)))}")
    return Rule(
        table=table,
        kind=kind_spec,
        columns={**every, **columns},
        when=body.get("when", {}),
        needs=tuple(body.get("needs", ())),
        only_without=body.get("only_without", {}),
        explode=body.get("explode"),
        sum=bool(body.get("sum")),
        once=tuple(body.get("once", ())),
        flags=(*flags, *own),
        extra={k: _spec(v) for k, v in body.get("extra", {}).items()},
    )


def _walk(folder: Traversable) -> Iterator[Traversable]:
    for entry in sorted(folder.iterdir(), key=lambda e: e.name):
        if entry.is_dir():
            yield from _walk(entry)
        elif entry.name.endswith(".toml") and not entry.name.startswith("_"):
            yield entry


@cache
def metric_names() -> dict[str, str]:
    """Every metric a mapping may give by `each`, with its meaning."""
    place = files("zhenbo") / "packs" / "mappings" / "_metrics.toml"
    told: dict[str, str] = tomllib.loads(place.read_text(encoding="utf-8"))["meaning"]
    return told


@cache
def mappings() -> tuple[Mapping, ...]:
    """Every mapping of the packs, by id. Files whose name starts with `_` are tables that readers use, not mappings.

    Raises:
        PackError: when one of them breaks the grammar or two share an id.
    """
    root = files("zhenbo") / "packs" / "mappings"
    found = [parse(entry.read_text(encoding="utf-8"), entry.name) for entry in _walk(root)]
    ids = [m.id for m in found]
    twice = sorted({i for i in ids if ids.count(i) > 1})
    if twice:
        raise PackError(f"Mappings share the id {twice}; every mapping needs its own.")
    return tuple(sorted(found, key=lambda m: m.id))
