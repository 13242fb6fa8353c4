"""Visits on an errand: one thing is done, at once, and nothing else."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import pyarrow.compute as pc

from zhenbo.core.session import SECOND, Session, by_visitors, micros
from zhenbo.kernel.visits import Bools, Ints, Visits
from zhenbo.signals.nulls import P_FLOOR


@dataclass(frozen=True)
class Errands:
    """Visits in which nothing was done but one kind of thing.

    Args:
        which: which visits.
        waited: seconds from coming to the first of it, of these.
        at: microsecond of the first of it, of these.
    """

    which: Bools
    waited: Ints
    at: Ints


def errands(session: Session, seen: Visits, kind: str) -> Errands:
    """The visits of a record in which all that was done is of one kind.

    Args:
        session: the record.
        seen: its visits.
        kind: of events.
    """
    rows = by_visitors(session.rows(kind), "ts")
    who = pc.fill_null(pc.index_in(rows["actor_id"], value_set=seen.names), -1).to_numpy().astype(np.int64)
    ts, start = micros(rows["ts"]), int(seen.came.min(initial=0))
    width = max(session.span[1] - start, 1) + 1
    order = np.lexsort((seen.came, seen.who))
    came = seen.who[order] * width + seen.came[order] - start
    place = np.searchsorted(came, who * width + ts - start, "right") - 1
    visit = order[np.maximum(place, 0)]
    mine = (place >= 0) & (who >= 0) & (seen.who[visit] == who) & (ts <= seen.left[visit])
    done = np.bincount(visit[mine], minlength=len(seen.came))
    which = np.asarray((done > 0) & (done == seen.acts))
    return Errands(which, (seen.first - seen.came)[which] // SECOND, seen.first[which])


def above(k: int, n: int, base: Mapping[str, Any]) -> float:
    """P(as many of so many visits): log-normal across rooms (`median`, `sigma`), widened by the Poisson noise of the count."""
    from scipy import stats

    z = np.log((k + 0.5) / (n * base["median"])) / np.hypot(base["sigma"], 1 / np.sqrt(k + 1))
    return float(np.clip(stats.norm.sf(z), P_FLOOR, 1))


def called(at: Ints, span: tuple[int, int], base: Mapping[str, Any]) -> bool:
    """Whether most of it happened in a tenth of the time (`calls`, `answer_s`), as answers to a call do."""
    step = int(base["answer_s"] * SECOND)
    per = np.sort(np.bincount((at - at.min()) // step, minlength=(span[1] - span[0]) // step + 1))[::-1]
    return bool(per[: max(round(base["calls"] * len(per)), 1)].sum() > len(at) / 2)
