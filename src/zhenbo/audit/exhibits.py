"""Curves and raw rows shown beside a verdict."""

from collections.abc import Sequence

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from zhenbo.core.exhibit import Curve, Exhibit, Row
from zhenbo.core.schema import COUNTER_KINDS
from zhenbo.core.session import DAY, HOUR, MINUTE, Session, micros
from zhenbo.judge import Weighed
from zhenbo.kernel.series import Floats, Grid, counter, gauge, grid, rate

ROWS_SHOWN = 8
POINTS_MAX = 240
"""Buckets of a curve; longer records get wider ones."""
_RATES = (("enter_rate", "enter", None), ("like_rate", "like", "qty"), ("comment_rate", "comment", None))


def exhibit(session: Session, reasons: Sequence[Weighed]) -> Exhibit:
    """The exhibit of a subject: main curve first, raw rows per reason."""
    return Exhibit(tuple(_curves(session)), session.windows, _rows(session, reasons))


def _curves(session: Session) -> list[Curve]:
    on = grid(session)
    if on.size < 2:
        return []
    if session.scope == "shop":
        return [_bucket(name, on, rate(session, on, kind), DAY if on.size > 4320 else HOUR) for name, kind in (("order_rate", "order_create"), ("refund_rate", "refund_done"))]  # fmt: skip
    step = MINUTE * max(1, -(-on.size // POINTS_MAX))
    curves = []
    heads = gauge(session, on)
    if np.isfinite(heads).sum() > 1:
        curves.append(_bucket("viewers", on, heads, step))
    silent = _silence(session, on)
    for name, kind, weight in _RATES:
        total = {"enter": "entered_total", "like": "like_total"}.get(kind, "")
        counted = counter(session, on, total) if session.counts.get(total) else None
        values = counted.increments() if counted else rate(session, on, kind, weight)
        if values.sum() > 0:
            curves.append(_bucket(name, on, np.where(silent, np.nan, values), step))
    if session.counts.get("order_create"):
        curves.append(_bucket("order_rate", on, rate(session, on, "order_create"), step))
    return curves


def _silence(session: Session, on: Grid) -> np.ndarray:
    """Minutes inside a stretch of five or more without a single event: the recorder was away, not the crowd."""
    busy = np.zeros(on.size, bool)
    i = on.index(micros(session.events["ts"]))
    busy[i[i >= 0]] = True
    silent = ~busy
    edges = np.flatnonzero(np.diff(np.r_[0, silent.astype(int), 0]))
    for a, b in edges.reshape(-1, 2):
        silent[a:b] = b - a >= 5
    return silent


def _bucket(metric: str, on: Grid, values: Floats, step: int) -> Curve:
    width = step // MINUTE
    padded = np.r_[values, np.full(-len(values) % width, np.nan)].reshape(-1, width)
    seen = np.isfinite(padded)
    with np.errstate(invalid="ignore", divide="ignore"):
        mean = np.where(seen.any(axis=1), np.where(seen, padded, 0).sum(axis=1) / seen.sum(axis=1), np.nan)
    scale = width if step >= HOUR else 1
    unit = "heads" if metric == "viewers" else {HOUR: "per_hour", DAY: "per_day"}.get(step, "per_minute")
    return Curve(
        metric, unit, on.start, step, tuple(float(x) * scale if np.isfinite(x) else None for x in mean)
    )


def _rows(session: Session, reasons: Sequence[Weighed]) -> dict[str, tuple[Row, ...]]:
    wanted = {
        w.evidence.id(session.session_id): w.evidence.events[:ROWS_SHOWN]
        for w in reasons
        if w.evidence.events
    }
    ids = sorted({e for events in wanted.values() for e in events})
    if not ids:
        return {}
    name = pc.binary_join_element_wise(
        session.events["source"].cast(pa.string()), session.events["event_id"], ":"
    )
    hit = session.events.append_column("name", name).filter(pc.is_in(name, pa.array(ids)))
    known = {
        r["name"]: r
        for r in hit.select(["name", "ts", "actor_id", "kind", "text", "amount", "currency", "qty"])
        .cast(_ROW)
        .to_pylist()
    }
    return {reason: tuple(_row(known[e]) for e in events if e in known) for reason, events in wanted.items()}


_ROW = pa.schema([
    ("name", pa.string()), ("ts", pa.int64()), ("actor_id", pa.string()), ("kind", pa.string()), ("text", pa.string()),
    ("amount", pa.int64()), ("currency", pa.string()), ("qty", pa.int64()),
])  # fmt: skip


def _row(r: dict[str, object]) -> Row:
    counted = r["kind"] in COUNTER_KINDS or r["kind"] == "like"
    text = f"{r['qty']:,}" if counted and r["qty"] is not None else r["text"]
    return Row(str(r["name"]), r["ts"], r["actor_id"], str(r["kind"]), text, r["amount"], r["currency"])  # type: ignore[arg-type]
