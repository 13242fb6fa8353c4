"""Visits on an errand: one thing is done, at once, and nothing else."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from zhenbo.core.evidence import Effect
from zhenbo.core.session import SECOND, Session, by_visitors, micros
from zhenbo.kernel.visits import Bools, Ints, Visits
from zhenbo.signals.nulls import P_FLOOR, joined, share_tail


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
    who = seen.code(rows["actor_id"])
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


def at_once(many: float, quick: int, n: int, base: Mapping[str, Any]) -> tuple[float, float]:
    """P of errands as many as they are, seconded by how many of them are done at once where those are unusually many, and P of the latter.

    Args:
        many: P of as many errands.
        quick: how many are done within `quick_s`.
        n: of how many.
        base: `quick_share` and `concentration`, `each`.
    """
    soon = float(share_tail(quick, n, base["quick_share"], base["concentration"])) if n else 1.0
    both = float(joined(np.array(many), np.array(soon), base["each"]))
    return (min(many, both) if soon < base["each"] else many), soon


def effect(metric: str, errands: tuple[int, float, float], units: float, share: float) -> Effect:
    """Units of a metric that the errands beyond the usual brought; one missed beside every five found above.

    Args:
        metric: as in `Effect`.
        errands: how many, how many are usual, and the standard deviation of its natural logarithm between rooms.
        units: what all of them brought.
        share: of the metric's rows that were delivered.
    """
    k, usual, sigma = errands
    most, each = usual * float(np.exp(1.6449 * sigma)), units / k
    low, mid = (max(k - x, 0.0) * each / share for x in (most, usual))
    return Effect(metric, low, mid, 1.2 * units / share)


def called(at: Ints, span: tuple[int, int], base: Mapping[str, Any]) -> bool:
    """Whether most of it happened in a tenth of the time (`calls`, `answer_s`), as answers to a call do."""
    step = int(base["answer_s"] * SECOND)
    per = np.sort(np.bincount((at - at.min()) // step, minlength=(span[1] - span[0]) // step + 1))[::-1]
    return bool(per[: max(round(base["calls"] * len(per)), 1)].sum() > len(at) / 2)
