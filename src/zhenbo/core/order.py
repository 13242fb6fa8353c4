"""The one order everything is computed in: (ts, source, event_id), null times last."""

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from zhenbo.core.rows import plain

_LAST = np.iinfo(np.int64).max


def canonical_order(events: pa.Table) -> pa.Table:
    """Rows with `ts`, `source` and `event_id` sorted by these; the same table where it is sorted already."""
    if in_order(events):
        return events
    keyed = pa.table({
        "ts": events["ts"].cast(pa.int64()), "source": plain(events["source"]), "event_id": events["event_id"],
    })  # fmt: skip
    order = pc.sort_indices(
        keyed, sort_keys=[(name, "ascending", "at_end") for name in ("ts", "source", "event_id")]
    )
    return events.take(order)


def in_order(events: pa.Table) -> bool:
    """Whether no row comes before one it should follow; ids are only compared where times are equal."""
    ts = np.asarray(pc.fill_null(events["ts"].cast(pa.int64()), _LAST).to_numpy())
    if (ts[1:] < ts[:-1]).any():
        return False
    tied = np.flatnonzero(ts[1:] == ts[:-1])
    if not tied.size:
        return True
    first, second = (_named(events, tied + step) for step in (0, 1))
    later = pc.and_(pc.equal(first[0], second[0]), pc.greater(first[1], second[1]))
    # a null id compares to nothing: such rows are sorted anew
    wrong = pc.fill_null(pc.or_(pc.greater(first[0], second[0]), later), True)
    return not pc.any(wrong).as_py()


def _named(events: pa.Table, at: np.ndarray) -> tuple[pa.ChunkedArray, pa.ChunkedArray]:
    rows = events.select(["source", "event_id"]).take(pa.array(at))
    return plain(rows["source"]), rows["event_id"]
