"""Coverage: which share of a kind's events a push stream delivered, told by the platform's own counter."""

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from zhenbo.core.schema import SESSION_METRICS
from zhenbo.core.session import codes

SOURCE = "zhenbo.intake"
COUNTERS = {"enter": "entered_total", "like": "like_total", "follow": "follow_total"}
_ABSENT = -2
"""No code: of a kind that does not occur."""
_LEAST = 20
"""Counter delta below which the ratio says nothing (its own sampling error is above 20 %)."""


def coverage(events: pa.Table) -> pa.Table:
    """`coverage.<kind>` per session as rows of `SESSION_METRICS`.

    Delivered (rows, for likes taps) after the first and up to the last counter reading, over what the counter rose
    in between; 1 at most. No row where there is no counter or it rose by less than 20.
    """
    session, names = _coded(events["session_id"])
    platform = events["platform"]
    kind, kinds = _coded(events["kind"])
    number = {word: code for code, word in enumerate(kinds.to_pylist())}
    ts = np.asarray(pc.fill_null(events["ts"].cast(pa.int64()), -1).to_numpy())
    qty = np.asarray(pc.fill_null(events["qty"], 0).to_numpy())
    rows = []
    for what, counter in COUNTERS.items():
        known = (ts >= 0) & (session >= 0)
        at = np.flatnonzero(known & (kind == number.get(counter, _ABSENT)))
        done = np.flatnonzero(known & (kind == number.get(what, _ABSENT)))
        if not at.size or not done.size:
            continue
        amount = np.maximum(qty[done], 1) if what == "like" else np.ones(done.size, dtype=np.int64)
        for one in np.unique(session[at]).tolist():
            mine = at[session[at] == one]
            first, last = int(ts[mine].min()), int(ts[mine].max())
            rise = int(qty[mine].max() - qty[mine].min())
            inside = (session[done] == one) & (ts[done] > first) & (ts[done] <= last)
            delivered = int(amount[inside].sum())
            if rise >= _LEAST and delivered:
                name = names[one].as_py()
                where = platform[int(mine[0])].as_py()
                rows.append(
                    (where, name, first, (last - first) // 1_000_000, what, min(delivered / rise, 1.0))
                )
    return _table(rows)


def _coded(column: pa.ChunkedArray) -> tuple[npt.NDArray[np.int64], pa.Array]:
    """Codes and names of `codes`; those of a column that is numbered by first appearance already, as it is."""
    if column.num_chunks == 1 and pa.types.is_dictionary(column.type):
        index, words = column.chunk(0).indices, column.chunk(0).dictionary
        code = np.asarray(pc.fill_null(index.cast(pa.int64()), -1).to_numpy(zero_copy_only=False))
        steps = np.diff(np.maximum.accumulate(code), prepend=-1)
        if not words.null_count and len(words.unique()) == len(words) and (steps <= 1).all():
            return code, words
    return codes(column)


def _table(rows: list[tuple[str, str, int, int, str, float]]) -> pa.Table:
    n = len(rows)
    words = [
        [r[0] for r in rows], [r[1] for r in rows], [f"coverage.{r[4]}" for r in rows], ["ratio"] * n, [SOURCE] * n,
    ]  # fmt: skip
    platform, session, metric, unit, source = (pa.array(w, pa.string()).dictionary_encode() for w in words)
    start = pa.array([r[2] for r in rows], pa.int64()).cast(SESSION_METRICS.field("bucket_start").type)
    seconds, value = pa.array([r[3] for r in rows], pa.int64()), pa.array([r[5] for r in rows], pa.float64())
    return pa.Table.from_arrays(
        [platform, session, start, seconds, metric, value, unit, source], schema=SESSION_METRICS
    )
