"""The definition in SQL: what every feature must equal, computed by DuckDB over RANGE windows of distinct events."""

import duckdb
import numpy as np
import pyarrow as pa

_GAPS = "list_transform(range(2, len(l) + 1), lambda i: l[i] - l[i - 1])"
_ONE = {
    "count": "count(*)", "sum": "sum({of})", "min": "min({of})", "max": "max({of})", "distinct": "count(distinct {of})",
}  # fmt: skip
_LISTS = {  # measures over the window as a list, in order of time (l) or as it stands
    "first": ("list({{'t': ts, 'v': {of}}}) filter ({of} is not null)", "list_sort(l)[1].v"),
    "last": ("list({{'t': ts, 'v': {of}}}) filter ({of} is not null)", "list_sort(l)[-1].v"),
    "top_share": (
        "list({of}) filter ({of} is not null)",
        "list_max(map_values(list_histogram(l))) / nullif(len(l), 0)",
    ),
    "gap_mean": ("list_sort(list(ts))", f"list_avg({_GAPS}) / 1e6"),
    "gap_variance": (
        "list_sort(list(ts))",
        f"case when len(l) > 2 then list_var_pop(list_transform({_GAPS}, lambda g: g::double)) / 1e12 end",
    ),
}


def oracle(events: pa.Table, feature) -> np.ndarray:
    """A feature by SQL (which finds `rows` by its name), one value per row of `events`, NaN for null."""
    rows = events.append_column("row", pa.array(np.arange(events.num_rows)))
    names = list(
        dict.fromkeys(
            [
                "row",
                "ts",
                *feature.by,
                *([feature.of] if feature.of else []),
                *(["kind"] if feature.kinds else []),
            ]
        )
    )
    rows = rows.select(names)
    at = names.index("ts")
    rows = rows.set_column(at, "ts", rows["ts"].cast(pa.int64()))
    keep = ["ts is not null", *(f'"{k}" is not null' for k in feature.by)]
    keep += [f"kind in ({', '.join(repr(k) for k in feature.kinds)})"] if feature.kinds else []
    by = ", ".join(f'"{k}"' for k in feature.by)
    keys = f"partition by {by}" if by else ""
    over = (
        f"over ({keys} order by ts range between {feature.seconds * 1_000_000 - 1} preceding and current row)"
    )
    where = " and ".join(keep)
    if feature.measure in _ONE:
        query = f"select row, ({_ONE[feature.measure].format(of=feature.of)} {over})::double as v from rows where {where}"
    else:
        gathered, said = _LISTS[feature.measure]
        gathered = gathered.format(of=feature.of)
        gathered = gathered.replace("list_sort(list(ts))", f"list_sort(list(ts) {over})")
        if over not in gathered:
            gathered = f"{gathered} {over}"
        query = (
            f"select row, ({said})::double as v from (select row, {gathered} as l from rows where {where})"
        )
    answer = duckdb.sql(query).to_arrow_table()
    out = np.full(events.num_rows, np.nan)
    out[answer["row"].to_numpy()] = answer["v"].to_numpy(zero_copy_only=False).astype(float)
    return out
