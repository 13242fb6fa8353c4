"""Which reader and mapping a file wants, decided by its content and never by its name."""

import itertools
import tomllib
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from zhenbo.intake.fields import TABULAR, Fields, Row, condition, flat, tabular, unwrapped
from zhenbo.intake.format import SNIFF, Format, formats
from zhenbo.intake.mapping import Mapping, mappings
from zhenbo.intake.retail import looks

_SAMPLE = 400
"""Rows looked at; a capture begins with a few dozen rows that any source could have."""


@dataclass(frozen=True)
class Recognised:
    """What a file is.

    Args:
        what: `events`, `accounts`, `metrics`, `products` (canonical), `context`, `mapped`, `retail`, `empty`,
            `truncated_parquet` or `unrecognised`.
        format: family that reads it, when rows are read one by one.
        mapping: how to understand the rows, when `what` is `mapped`.
        detail: for the report.
    """

    what: str
    format: Format | None = None
    mapping: Mapping | None = None
    detail: str = ""


def recognise(path: Path) -> Recognised:
    """What a file is, from its first 64 KB and first rows."""
    with path.open("rb") as stream:
        head = stream.read(SNIFF)
    if not head.strip(b" \t\r\n\x00"):
        return Recognised("empty")
    if head[:4] == b"PAR1":
        return _parquet(path)
    if b"[[" in head and (side := _toml(path)):
        return side
    near: list[str] = []
    for family in formats():
        if family.sniff(head):
            found = _by_rows(path, family)
            if found is not None and found.what != "unrecognised":
                return found
            near += [found.detail] if found is not None and found.detail else []
    return Recognised("unrecognised", detail=near[0] if near else "")


def canonical_table(names: set[str]) -> str | None:
    """The canonical table that columns of these names make up, if any."""
    if {"kind", "ts"} <= names and names & {"event_id", "session_id", "platform", "source"}:
        return "events"
    if "account_id" in names and names & {"platform", "seen_at", "since"}:
        return "accounts"
    if {"metric", "value"} <= names:
        return "metrics"
    if {"product_id", "platform"} <= names and "kind" not in names:
        return "products"
    return None


def _parquet(path: Path) -> Recognised:
    try:
        names = set(pq.read_schema(path).names)
    except (pa.ArrowException, OSError, ValueError) as error:
        return Recognised("truncated_parquet", detail=str(error).split("\n", maxsplit=1)[0][:160])
    table = canonical_table(names)
    if table is None and looks(names):
        return Recognised("retail", detail="parquet")
    if table is None:
        return Recognised("unrecognised", detail=f"Parquet with columns {sorted(names)[:8]}")
    return Recognised(table, detail="parquet")


def _toml(path: Path) -> Recognised | None:
    try:
        doc = tomllib.loads(path.read_text(encoding="utf-8"))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError, OSError):
        return None
    if "window" in doc:
        return Recognised("context")
    for name in ("deal", "party"):
        if name in doc:
            return Recognised("side", detail=f"[[{name}]]: read by the audit of deals")
    return Recognised("unrecognised", detail="TOML without [[window]]")


def _by_rows(path: Path, family: Format) -> Recognised | None:
    rows = family.read(path)
    sample = [row for _line, row in itertools.islice(rows.rows, _SAMPLE)]
    close = getattr(rows.rows, "close", None)
    if close is not None:
        close()
    if not sample:
        return None
    names = {str(name) for row in sample for name in row}
    table = canonical_table(names)
    if table is not None and family.name in {"jsonl", "delimited"}:
        return Recognised(table, family, detail=family.name)
    if family.name in TABULAR and looks(names):
        return Recognised("retail", family, detail=family.name)
    scored = [
        (score, mapping.id, mapping)
        for mapping in mappings()
        if family.name in mapping.formats and (score := fit(mapping, sample)) > 0
    ]
    if not scored:
        return Recognised("unrecognised", detail=nearest(family, sample) or _fields_seen(sample))
    best = min(scored, key=lambda s: (-s[0], s[1]))
    return Recognised("mapped", family, best[2])


def nearest(family: Format, sample: list[dict[str, Any]]) -> str:
    """Which known source a file of rows comes closest to, and what of it is missing; empty where none is near."""
    best: tuple[float, int, str, str] | None = None
    for mapping in mappings():
        if family.name not in mapping.formats or not mapping.recognise.fields:
            continue
        fields, present = Fields(mapping), _present(mapping, sample)
        needed = mapping.recognise.fields
        missing = [name for name in needed if not any(a in present for a in fields.aliases(name))]
        share = 1 - len(missing) / len(needed)
        if share < _NEAR or not missing:
            continue
        wanted = ", ".join("/".join(fields.aliases(name)[:2]) for name in missing)
        said = f"nearest known source: {mapping.id} ({mapping.title['zh']}, {mapping.title['en']}); it needs {wanted} too"
        rank = (-share, -len(needed), mapping.id, said)
        best = rank if best is None else min(best, rank)
    return best[3] if best else ""


def _fields_seen(sample: list[dict[str, Any]]) -> str:
    """The fields of a file that is near no known source, so that its owner sees what was read; names only, and few."""
    names = list(dict.fromkeys(str(name) for row in sample for name in row))
    shown = ", ".join(name[:40] for name in names[:_SHOWN])
    return f"no known source has half of its fields: {shown}{' …' if len(names) > _SHOWN else ''}"


_SHOWN = 8
"""Fields of an unknown file that are named."""
_NEAR = 0.5
"""Share of the columns that a source is known by from which a file is said to come close."""


def _present(mapping: Mapping, sample: list[dict[str, Any]]) -> set[str]:
    make = tabular if TABULAR & set(mapping.formats) else flat
    return {
        name
        for row in sample
        for part in unwrapped(row, mapping.records, mapping.carry)
        for name in make(part)
    }


def fit(mapping: Mapping, sample: list[dict[str, Any]]) -> int:
    """How many of a mapping's tests the rows pass; 0 when any of the needed ones fails."""
    fields = Fields(mapping)
    make = tabular if TABULAR & set(mapping.formats) else flat
    rows: list[Row] = [
        make(part) for row in sample for part in unwrapped(row, mapping.records, mapping.carry)
    ]
    present = {name for row in rows for name in row}
    wanted = mapping.recognise

    def occurs(name: str) -> bool:
        return any(alias in present for alias in fields.aliases(name))

    if any(occurs(name) for name in wanted.none) or not all(occurs(name) for name in wanted.fields):
        return 0
    some = sum(occurs(name) for name in wanted.any)
    if wanted.any and not some:
        return 0
    for name, values in wanted.values.items():
        holds, read = condition(list(values)), fields.reader(name)
        if not any(holds(read(row)) for row in rows):
            return 0
    return 1 + len(wanted.fields) + some + len(wanted.values)
