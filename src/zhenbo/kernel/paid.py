"""Paid traffic as the advertiser's own report tells it (千川, `ads.*`): how many came in for money, and when."""

import numpy as np
import pyarrow.compute as pc

from zhenbo.core.evidence import Cause
from zhenbo.core.session import HOUR, SECOND, Session

_FINE = HOUR
"""A bucket longer than this says too little of a minute."""
MOST = 0.5
"""An advertisement explains a crowd of which it brought this part at least."""


def advertised(session: Session, start: int, end: int) -> float | None:
    """People whom advertisements brought into the room in a stretch, by the report's own count; None without a report.

    Every bucket that touches the stretch counts whole: money is not spent evenly within an hour, so what the hour
    brought may all have come then.
    """
    for name in ("ads.watches", "ads.clicks"):
        rows = session.measured(name)
        rows = rows.filter(pc.is_valid(rows["bucket_start"]))
        first = np.asarray(rows["bucket_start"].cast("int64").to_numpy())
        long = np.asarray(pc.fill_null(rows["bucket_seconds"], 0).to_numpy(), dtype=np.int64) * SECOND
        use = (long > 0) & (long <= _FINE)
        if use.any():
            shared = np.minimum(first + long, end) - np.maximum(first, start)
            touched = use & (shared > 0)
            return float(np.asarray(rows["value"].to_numpy(), dtype=np.float64)[touched].sum())
    return None


def by_advertisement(session: Session, start: int, end: int, extra: float) -> tuple[Cause, ...]:
    """The cause `ad`, tested on so many more people than usual; nothing where no report is there."""
    brought = advertised(session, start, end)
    if brought is None:
        return ()
    return (Cause("ad", "explains" if brought >= MOST * extra else "ruled_out"),)
