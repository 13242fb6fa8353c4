"""What the record shows: totals per metric as a viewer would read them, and when they came about."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from zhenbo.core.evidence import Effect
from zhenbo.core.session import MINUTE, Session, codes, micros
from zhenbo.core.subject import Question
from zhenbo.kernel.series import Floats, Grid, counter, grid, rate

COUNTED = {"viewers": "entered_total", "likes": "like_total", "follows": "follow_total"}
ASKS = {
    Question.AUDIENCE: ("viewers",),
    Question.ENGAGEMENT: ("comments", "likes", "follows", "shares"),
    Question.SALES: ("orders",),
}
"""Metrics of which a question asks."""


@dataclass(frozen=True)
class Shown:
    """Shown counts of a subject.

    Args:
        total: per metric, what was displayed or delivered; None where the record shows nothing.
        half_unit: half the rounding unit of a displayed total ("6.8万" hides ±500).
        grid: the minutes.
        minutes: per metric, units per minute; comments without prompted chants.
    """

    total: Mapping[str, int | None]
    half_unit: Mapping[str, float]
    grid: Grid
    minutes: Mapping[str, Floats]

    def asks(self, session: Session, floor: Mapping[str, float]) -> dict[Question, bool]:
        """Whether the record shows enough of each question for anything in it to be material."""
        gauge = bool(session.counts.get("viewers"))
        return {
            q: any((self.total[m] or 0) >= floor[m] for m in metrics) or (q is Question.AUDIENCE and gauge)
            for q, metrics in ASKS.items()
        }

    def share(self, effect: Effect, window: tuple[int, int], least: int, floor: float) -> float:
        """Fabricated share of a metric in the evidence's window, stretched to at least `least` microseconds.

        A share of fewer units than `floor` is 0: never material. Where the signal could judge only some units
        (`effect.of`), the share is of those: what could not be judged is not thereby clean.
        """
        if effect.mid < floor:
            return 0.0
        slack = max(least - (window[1] - window[0]), 0) // 2
        a = max((window[0] - slack - self.grid.start) // MINUTE, 0)
        b = (window[1] + slack - self.grid.start) // MINUTE + 1
        units = max(float(self.minutes[effect.metric][int(a) : int(max(b, 0))].sum()), effect.mid)
        if effect.of is not None:
            units = max(min(units, effect.of), effect.mid)
        return float(min(effect.mid / units, 1.0))


def shown(session: Session) -> Shown:
    """Read totals and minute series of every metric."""
    on = grid(session)
    total: dict[str, int | None] = {}
    half: dict[str, float] = {}
    minutes: dict[str, Floats] = {}
    for metric, kind in COUNTED.items():
        seen = counter(session, on, kind)
        delivered = _delivered(session, on, metric)
        counted = np.isfinite(seen.last)
        if counted:
            total[metric] = int(seen.last if metric == "viewers" else seen.last - seen.first)
        else:
            total[metric] = (
                int(_distinct_entries(session) if metric == "viewers" else delivered.sum()) or None
            )
        half[metric] = seen.half_unit if counted else 0.0
        minutes[metric] = np.maximum(seen.increments(), 0) if counted else delivered
    for metric, kind in (("comments", "comment"), ("shares", "share")):
        total[metric] = session.counts.get(kind) or None
        minutes[metric] = rate(session, on, kind)
        half[metric] = 0.0
    minutes["comments"] = minutes["comments"] - _prompted(session, on)
    made = session.rows("order_create")
    total["orders"] = pc.count_distinct(pc.coalesce(made["parent_id"], made["order_id"])).as_py() or None
    minutes["orders"] = rate(session, on, "order_create")
    half["orders"] = 0.0
    return Shown(total, half, on, minutes)


def _delivered(session: Session, on: Grid, metric: str) -> Floats:
    kind = {"viewers": "enter", "likes": "like", "follows": "follow"}[metric]
    return rate(session, on, kind, "qty" if kind == "like" else None)


def _distinct_entries(session: Session) -> int:
    entered = session.rows("enter")
    named = int(pc.count_distinct(entered["actor_id"]).as_py())
    return named + int(entered["actor_id"].null_count)


def _prompted(session: Session, on: Grid) -> Floats:
    """Comments per minute that follow a prompt: one phrase that is 30 % of its minute and said ten times in it."""
    rows = session.rows("comment")
    out = np.zeros(on.size)
    text, _ = codes(rows["text"])
    i = on.index(micros(rows["ts"]))
    keep = (i >= 0) & (text >= 0)
    if not keep.any():
        return out
    pair, n = np.unique(np.c_[i[keep], text[keep]], axis=0, return_counts=True)
    per_minute = np.bincount(i[keep], minlength=on.size)
    chant = (n >= 10) & (n >= 0.3 * per_minute[pair[:, 0]])
    np.add.at(out, pair[chant, 0], n[chant])
    return out


def masked_share(events: pa.Table) -> float:
    """Share of acts (entries, comments, likes, follows) whose actor is hidden."""
    acts = events.filter(
        pc.is_in(events["kind"].cast(pa.string()), pa.array(["enter", "comment", "like", "follow", "gift"]))
    )
    return acts["actor_id"].null_count / acts.num_rows if acts.num_rows else 0.0
