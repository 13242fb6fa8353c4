"""The door to exact sliding windows: declare features, get one value per event.

Small tables go through `plain`, larger ones through the compiled kernel (`stream`); both are tested equal to DuckDB's
window SQL, and nobody behind this door can tell which answered.
"""

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from zhenbo.kernel.plain import plain
from zhenbo.kernel.plan import Feature

__all__ = ["Feature", "features"]

SMALL = 20_000
"""Rows times features below which dictionaries are faster than loading compiled code (half a second, once)."""
_BATCH = 1 << 16


def features(
    events: pa.Table, declared: Sequence[Feature], *, small: int = SMALL
) -> dict[str, npt.NDArray[np.float64]]:
    """Every declared feature, one value per row of `events` in its order; NaN where it has no meaning.

    Args:
        events: distinct events in any order; rows without a time have no window and get NaN.
        declared: what to measure.
        small: rows times features up to which no compiled code is loaded.

    Examples:
        >>> from zhenbo.core.story import read
        >>> told = read("20:00 a1 enters; 20:01 a2 enters; 20:09 a1 enters").session().events
        >>> five = Feature("n", "distinct", ("session_id",), 300, of="actor_id")
        >>> features(told, [five])["n"].tolist()
        [1.0, 2.0, 1.0]
    """
    if events.num_rows * len(declared) <= small:
        return {f.name: plain(events, f) for f in declared}
    return _compiled(events, declared)


def _compiled(events: pa.Table, declared: Sequence[Feature]) -> dict[str, npt.NDArray[np.float64]]:
    from zhenbo.kernel.stream import Kernel, Limits

    n = events.num_rows
    out = {f.name: np.full(n, np.nan) for f in declared}
    order = np.argsort(np.asarray(events["ts"].cast(pa.int64()).fill_null(0).to_numpy()), kind="stable")
    kernel = Kernel(declared, horizon=None, limits=Limits(alive=n, waiting=n))
    needed = list(dict.fromkeys(name for f in declared for name in f.columns))
    in_order = events.select(needed).take(pa.array(order))
    for at in range(0, n, _BATCH):
        answers = [kernel.feed(in_order.slice(at, _BATCH))] + ([kernel.flush()] if at + _BATCH >= n else [])
        for answer in answers:
            for name, values in answer.values.items():
                out[name][order[answer.rows]] = values
    return out
