"""Declared features: exact sliding-window measures `(t-w, t]`, asked for by name through one door.

DuckDB computes them for now; signals see only `features(events, declared)` and will not notice when a faster
kernel takes its place.
"""

import os
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any, Literal

import numpy as np
import numpy.typing as npt
import pyarrow as pa

Measure = Literal["count", "sum", "distinct", "min", "max"]


@dataclass(frozen=True)
class Feature:
    """One exact window measure.

    Args:
        name: column name of the answer.
        measure: what is measured; `distinct`, `min`, `max` and `sum` need `of`.
        by: columns that key the window; rows where one is null get null.
        seconds: length of the window `(t-w, t]`; None for everything up to and including t.
        of: column measured.
        kinds: only rows of these kinds count, and only they get an answer; all when empty.
        unit: unit of the answer.
        why: the reason it exists, for the reader of a plan.
    """

    name: str
    measure: Measure
    by: tuple[str, ...]
    seconds: int | None
    of: str | None = None
    kinds: tuple[str, ...] = ()
    unit: str = "events"
    why: str = ""


def features(events: pa.Table, declared: Sequence[Feature]) -> dict[str, npt.NDArray[np.float64]]:
    """Every declared feature, one value per row of `events` in its order; NaN where it has no meaning.

    Args:
        events: canonical events; rows without a time have no window and get NaN.
        declared: what to measure.

    Examples:
        >>> from zhenbo.core.story import read
        >>> told = read("20:00 a1 enters; 20:01 a2 enters; 20:09 a1 enters").session().events
        >>> five = Feature("n", "distinct", ("session_id",), 300, of="actor_id")
        >>> features(told, [five])["n"].tolist()
        [1.0, 2.0, 1.0]
    """
    return {f.name: _one(events, f) for f in declared}


def _one(events: pa.Table, feature: Feature) -> npt.NDArray[np.float64]:
    columns = ["kind", "ts", *dict.fromkeys([*feature.by, *([feature.of] if feature.of else [])])]
    rows = pa.table({c: _plain(events[c]) for c in dict.fromkeys(columns)})
    rows = rows.append_column("row_number_in_events", pa.array(np.arange(events.num_rows)))
    keep = ["ts is not null", *(f'"{k}" is not null' for k in feature.by)]
    if feature.kinds:
        keep.append("kind in (" + ", ".join(f"'{k}'" for k in feature.kinds) + ")")
    bound = "unbounded" if feature.seconds is None else f"{feature.seconds * 1_000_000 - 1}"
    keys = ", ".join(f'"{k}"' for k in feature.by)
    partition = f"partition by {keys}" if keys else ""
    query = (
        f"select row_number_in_events as i, {_measure(feature)} over "  # noqa: S608 - names come from declarations, not data
        f"({partition} order by ts range between {bound} preceding and current row) as v "
        f"from rows where {' and '.join(keep)}"
    )
    with _engine(os.getpid()).cursor() as cursor:
        cursor.register("rows", rows)
        answer = cursor.sql(query).to_arrow_table()
    out = np.full(events.num_rows, np.nan)
    out[answer["i"].to_numpy()] = answer["v"].cast(pa.float64()).to_numpy()
    return out


@cache
def _engine(process: int) -> Any:  # noqa: ARG001 - a forked process must not inherit an engine with threads
    """One engine per process: opening it costs ten times what a query over a session does."""
    import duckdb

    return duckdb.connect(config={"threads": 2})


def _measure(feature: Feature) -> str:
    if feature.measure == "count":
        return "count(*)"
    if feature.of is None:
        raise ValueError(
            f"Feature {feature.name!r} measures {feature.measure} but names no column; set `of`."
        )
    return (
        f'count(distinct "{feature.of}")'
        if feature.measure == "distinct"
        else f'{feature.measure}("{feature.of}")'
    )


def _plain(column: pa.ChunkedArray) -> pa.ChunkedArray:
    """Times as integers (ranges need them), dictionaries as strings."""
    if pa.types.is_timestamp(column.type):
        return column.cast(pa.int64())
    return column.cast(pa.string()) if pa.types.is_dictionary(column.type) else column
