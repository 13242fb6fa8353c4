"""The contract of every mapping: it keeps its own examples, and nothing but content decides what it gives."""

import datetime as dt
import json
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import msgspec
import pyarrow as pa

from zhenbo.core.dataset import canonical_order
from zhenbo.core.schema import Flag
from zhenbo.intake.apply import Applied, apply
from zhenbo.intake.distinct import distinct, distinct_rows, plain_rows
from zhenbo.intake.identity import Pseudonyms
from zhenbo.intake.load import Loaded, load
from zhenbo.intake.mapping import Example, Mapping
from zhenbo.intake.recognise import recognise
from zhenbo.intake.rows import Rows

_KEY = b"contract-key-of-thirty-two-bytes"
_PERSONAL = ("actor_id", "device", "ip", "addr", "pay", "target_id", "extra")


def check_mapping(mapping: Mapping) -> list[str]:
    """What a mapping violates, in sentences; empty when it keeps its contract."""
    if not mapping.examples:
        return [f"{mapping.id}: has no [[example]]; give at least one invented one"]
    out: list[str] = []
    for number, example in enumerate(mapping.examples, start=1):
        with tempfile.TemporaryDirectory() as folder:
            name = f"{mapping.id}, example {example.name or number}"
            out += [f"{name}: {problem}" for problem in _check(mapping, example, Path(folder))]
    return out


def _check(mapping: Mapping, example: Example, folder: Path) -> list[str]:
    path = folder / "example"
    path.write_text(example_text(mapping, example), encoding="utf-8")
    found = recognise(path)
    if found.mapping is None or found.mapping.id != mapping.id or found.format is None:
        return [f"is recognised as {found.mapping.id if found.mapping else found.what} instead"]
    family = found.format
    rows = list(family.read(path).rows)
    backwards = _applied(mapping, lambda: Rows("example", iter(rows[::-1])), _KEY)
    first = load([path], _KEY)
    out = _expectations(first, example)
    laws: list[tuple[str, Callable[[], bool]]] = [
        ("reading it again gives something else", lambda: _same(first, load([path], _KEY))),
        ("another order of its rows gives something else",
         lambda: _table(_applied(mapping, lambda: family.read(path), _KEY)) == _table(backwards)),
        ("a copy beside it changes something", lambda: _same(first, load([path, _copy(path, "copy.dat")], _KEY))),
        ("its name changes something", lambda: _same(first, load([_copy(path, "1 名字.tmp")], _KEY))),
        ("the key decides more than pseudonyms",
         lambda: _impersonal(first) == _impersonal(load([path], _KEY[::-1]))),
    ]  # fmt: skip
    return out + [law for law, holds in laws if not holds()]


def example_text(mapping: Mapping, example: Example) -> str:
    """The example as a file of the mapping's format."""
    if example.text:
        return example.text
    if "jsonl" in mapping.formats:
        return "".join(json.dumps(row, ensure_ascii=False) + "\n" for row in example.rows)
    names = list(dict.fromkeys(name for row in example.rows for name in row))
    lines = [names, *([row.get(name, "") for name in names] for row in example.rows)]
    return "".join(
        ",".join('"' + str(cell).replace('"', '""') + '"' for cell in line) + "\n" for line in lines
    )


def _applied(mapping: Mapping, reopen: Callable[[], Rows], key: bytes) -> Applied:
    return apply(mapping, reopen, "0" * 64, Pseudonyms(key))


def _table(done: Applied) -> list[dict[str, Any]]:
    events: pa.Table = distinct(done.tables["event"]).events
    metrics: list[dict[str, Any]] = distinct_rows(done.tables["metric"]).to_pylist()
    return plain_rows(canonical_order(events)) + metrics


def _same(one: Loaded, other: Loaded) -> bool:
    names = ("events", "accounts", "metrics", "products")
    return all(getattr(one.dataset, name).equals(getattr(other.dataset, name)) for name in names)


def _impersonal(loaded: Loaded) -> list[dict[str, Any]]:
    rows = plain_rows(loaded.dataset.events)
    return [{k: v for k, v in row.items() if k not in _PERSONAL} for row in rows]


def _copy(path: Path, name: str) -> Path:
    other = path.with_name(name)
    other.write_bytes(path.read_bytes())
    return other


def _expectations(loaded: Loaded, example: Example) -> list[str]:
    """Every expected event is there, and none besides; of side tables likewise, where the example tells of them."""
    data = loaded.dataset
    out = _differences(data.events.to_pylist(), example.expect, "kind")
    if example.metrics:
        out += _differences(data.metrics.to_pylist(), example.metrics, "metric")
    if example.accounts:
        out += _differences(data.accounts.to_pylist(), example.accounts, "account_id")
    return out


def _differences(left: list[dict[str, Any]], expected: list[dict[str, Any]], name: str) -> list[str]:
    """What is missing of the expected rows and what is there besides."""
    out: list[str] = []
    for wanted in expected:
        hit = next((row for row in left if _fits(row, wanted)), None)
        if hit is None:
            near = next((row for row in left if row[name] == wanted.get(name)), None)
            out.append(f"expects {wanted} and finds {_shown(near)}")
        else:
            left.remove(hit)
    return out + [f"gives {_shown(row)}, which is not expected" for row in left]


def _shown(row: dict[str, Any] | None) -> str:
    return "nothing of that kind" if row is None else str({k: v for k, v in row.items() if v is not None})


def _fits(row: dict[str, Any], wanted: dict[str, Any]) -> bool:
    return all(_equal(row, name, value) for name, value in wanted.items())


def _equal(row: dict[str, Any], name: str, value: Any) -> bool:
    if name == "masked":
        return bool(row["flags"] & Flag.MASKED) is value
    if name == "actor":
        return (row["actor_id"] is not None) is value
    have = row[name]
    if isinstance(value, bool):
        return (have is not None) is value
    if name in {"ts", "ts_seen", "bucket_start", "since"}:
        return bool(have == dt.datetime.fromisoformat(value)) if value else have is None
    if name == "extra":
        held: dict[str, Any] = msgspec.json.decode(have or "{}")
        return bool(held | value == held)
    return bool(have == value)
