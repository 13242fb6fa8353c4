"""Forgetting a person: their rows stay and count, and nothing in them leads to anybody any more."""

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from zhenbo.core.dataset import Dataset
from zhenbo.core.errors import ZhenboError
from zhenbo.core.rows import plain
from zhenbo.intake.load import load, write

GONE = "gone_"
"""First letters of the name a forgotten person's rows keep: a number, made from nothing."""
_OWN = ("device", "ip", "addr", "pay")
_BLANK = ("text", "extra", "tracking_id")


def forgotten(person: str, data: Path, to: Path, bundles: Sequence[Path], key: bytes) -> dict[str, Any]:
    """Write the record without the person.

    Args:
        person: their pseudonym in the record.
        data: canonical data folder.
        to: folder to write; never the same one.
        bundles: signed files, or folders of them, to look through for the pseudonym.
        key: for pseudonyms; a canonical folder needs none, and rows of raw sources in it get theirs.

    Raises:
        ZhenboError: when nobody of that name is in the record, or `to` is not a new folder.
    """
    if to.exists() and (to.resolve() == data.resolve() or any(to.iterdir())):
        raise ZhenboError(f"{to} is the record itself or holds something already. Name a new folder with --to; the old one is yours to destroy.")  # fmt: skip
    if not person or person.startswith(GONE):
        raise ZhenboError(f"{person!r} names nobody. Give the pseudonym as the record has it (u_…).")
    dataset = load([data], key).dataset
    made, rows, profiles, now = without(dataset, person)
    if not rows and not profiles:
        raise ZhenboError(f"Nobody called {person!r} is in {data}. Pseudonyms are those of the record, e.g. in accounts.parquet.")  # fmt: skip
    write(made, to)
    return {
        "person": person, "now": now, "rows": rows, "profiles": profiles, "to": str(to),
        "bundles": [str(b) for b in _files(bundles) if person.encode() in b.read_bytes()],
    }  # fmt: skip


def without(data: Dataset, person: str) -> tuple[Dataset, int, int, str]:
    """The record without the person, how many rows and profiles that changed, and the name the rows now have.

    Every row stays with its time, kind, amount and order, so counts, distinct people and sums are as before. What the
    person alone had (device, address, payer) becomes that of nobody else; what others share stays with the others, and
    the person's rows no longer lead to it. Texts go.
    """
    events = data.events
    mine = np.asarray(_is(events["actor_id"], person))
    aimed = np.asarray(_is(events["target_id"], person))
    now = f"{GONE}{_next(data):06}"
    columns = {name: events[name] for name in events.column_names}
    for name, where in (("actor_id", mine), ("target_id", aimed)):
        columns[name] = _put(events[name], where, now)
    for name in _OWN:
        told = mine & np.asarray(pc.is_valid(events[name]).to_numpy(zero_copy_only=False))
        columns[name] = _put(events[name], told, f"{now}_{name}")
    for name in _BLANK:
        columns[name] = _put(events[name], mine, None)
    table = pa.table([columns[f.name].cast(f.type) for f in events.schema], schema=events.schema)
    keep = pc.invert(_is(data.accounts["account_id"], person))
    profiles = data.accounts.filter(keep)
    return (
        replace(data, events=table, accounts=profiles), int((mine | aimed).sum()),
        data.accounts.num_rows - profiles.num_rows, now,
    )  # fmt: skip


def _is(column: pa.ChunkedArray, person: str) -> Any:
    """Where a column names the person."""
    return pc.fill_null(pc.equal(plain(column), person), False).combine_chunks()


def _put(column: pa.ChunkedArray, where: np.ndarray, value: str | None) -> pa.ChunkedArray:
    values = plain(column).combine_chunks()
    return pa.chunked_array([pc.if_else(pa.array(where), pa.scalar(value, pa.string()), values)])


def _next(data: Dataset) -> int:
    """The number after the largest that a forgotten person has."""
    names = pc.unique(data.events["actor_id"]).drop_null().to_pylist()
    taken = [int(n[len(GONE) :]) for n in names if n.startswith(GONE) and n[len(GONE) :].isdigit()]
    return max(taken, default=0) + 1


def _files(bundles: Sequence[Path]) -> list[Path]:
    return sorted(
        f
        for b in bundles
        for f in (b.rglob("*") if b.is_dir() else [b])
        if f.is_file() and f.suffix == ".html"
    )
