"""What different people get to see of the same evening: the platform, an auditor, a capture, the merchant."""

from collections.abc import Mapping

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from zhenbo.core.dataset import Dataset
from zhenbo.core.schema import (
    ACCOUNTS,
    COUNTER_KINDS,
    EVENTS,
    MONEY_KINDS,
    SESSION_METRICS,
    TRADE_KINDS,
    Flag,
    empty,
)
from zhenbo.core.session import MINUTE, micros
from zhenbo.worlds.anchors import CAPTURE_COVERAGE
from zhenbo.worlds.show import SECOND

_COUNTED = {"enter": "entered_total", "like": "like_total", "follow": "follow_total"}


def insider(data: Dataset, rng: np.random.Generator) -> Dataset:  # noqa: ARG001 - the shape of views
    """Tier T2: the platform itself; everything, complete."""
    return data


def auditor(data: Dataset, rng: np.random.Generator, *, orders: bool = True, enters: float = 0.6) -> Dataset:
    """Tier T1: ids, but no leaves, clicks, devices or networks; entries sampled; orders only if the merchant gave them.

    Args:
        data: the full record.
        rng: stream of chance.
        orders: whether the merchant's orders (address kept, payer not) are joined.
        enters: share of entries delivered.
    """
    hidden = ["leave", "product_click", "cart_add", *(() if orders else TRADE_KINDS)]
    events = _without(data.events, hidden)
    events = _sampled(events, rng, {"enter": enters, "like": 0.97})
    events = _cleared(
        events, ("device", "ip", "pay") if orders else ("device", "ip", "pay", "addr", "region")
    )
    return _seen(data, _rounded(events), data.accounts)


def capture(data: Dataset, rng: np.random.Generator) -> Dataset:
    """Tier T0: a web capture without login: nobody has an id, entries come at 11 %, counters are rounded to 万."""
    events = _without(
        data.events, ["leave", "product_click", "cart_add", "share", *TRADE_KINDS, *MONEY_KINDS]
    )
    events = _sampled(events, rng, CAPTURE_COVERAGE)
    events = _cleared(events, ("actor_id", "device", "ip", "pay", "addr", "region", "via"))
    people = pc.invert(_is(events, (*COUNTER_KINDS, "product_pin", "lottery")))
    flags = pc.if_else(people, int(Flag.MASKED), 0).cast(pa.int32())
    return _seen(data, _rounded(_with(events, "flags", flags)), empty(ACCOUNTS))


def merchant(data: Dataset, rng: np.random.Generator) -> Dataset:  # noqa: ARG001 - the shape of views
    """The merchant's own export: orders and after-sale with address and parcel, without buyers, devices or payers."""
    events = data.events.filter(_is(data.events, TRADE_KINDS))
    events = _cleared(events, ("actor_id", "device", "ip", "pay"))
    return Dataset(events, empty(ACCOUNTS), empty(SESSION_METRICS), data.products, {})


LATE, TWICE, LOST_LINE = 0.02, 0.01, 3.0
"""Shares of rows that arrive late and twice, and reconnects per session: judgement; that pushes repeat and lag is the
field's (INPUTS 1.4: TikTok lags of 0.3-3.4 s, days for replayed rows; INPUTS 6.3: duplicates, rows out of order)."""


def delivered(data: Dataset, rng: np.random.Generator) -> pa.Table:
    """The events as they would arrive in a file: in the order they were received, some minutes late, some twice.

    After each of a few lost connections the rows of the last minutes arrive at once, minutes late (`ts_seen`), some of
    them twice, seconds apart in the file; single rows lag or repeat besides. A repeated row is the same row with the
    same event id, so reading by (source, event_id) gives back the distinct record; only `ts_seen` is later.
    """
    events, n = data.events, data.events.num_rows
    ts, seen = micros(events["ts"]), micros(events["ts_seen"])
    seen = np.where(seen < ts, ts, seen)
    late = np.where(rng.random(n) < LATE, rng.exponential(90, n) * SECOND, 0).astype(np.int64)
    twice = rng.random(n) < TWICE
    first, last = ts[ts >= 0].min(initial=0), ts.max(initial=0)
    live = np.asarray(pc.is_valid(events["session_id"]).to_numpy())
    if live.any():
        first, last = ts[live].min(), ts[live].max()
    for _ in range(int(rng.poisson(LOST_LINE))):
        back = int(rng.integers(first, max(last, first + 1)))
        lost = live & (seen <= back) & (seen > back - int(rng.uniform(0.5, 6) * MINUTE))
        late[lost] = (back - seen)[lost] + rng.integers(0, 2 * SECOND, int(lost.sum()))
        twice |= lost & (rng.random(n) < 0.3)
    again = np.flatnonzero(twice)
    at = np.concatenate([np.arange(n), again])
    place = np.concatenate([seen + late, (seen + late)[again] + rng.integers(0, 5 * SECOND, len(again))])
    order = np.argsort(place, kind="stable")
    arrival = (seen + late)[at]
    received = pa.array(arrival[order]).cast(EVENTS.field("ts_seen").type)
    return _with(events.take(pa.array(at[order])), "ts_seen", received)


VIEWS = {"insider": insider, "auditor": auditor, "capture": capture, "merchant": merchant}
"""Every view by name."""


def _is(events: pa.Table, kinds: tuple[str, ...] | list[str]) -> pa.ChunkedArray:
    return pc.is_in(events["kind"].cast(pa.string()), pa.array(kinds))


def _without(events: pa.Table, kinds: list[str]) -> pa.Table:
    return events.filter(pc.invert(_is(events, kinds)))


def _with(events: pa.Table, column: str, values: pa.Array) -> pa.Table:
    at = EVENTS.get_field_index(column)
    return events.set_column(at, EVENTS.field(at), values)


def _cleared(events: pa.Table, columns: tuple[str, ...]) -> pa.Table:
    """The events without some columns' values."""
    for column in columns:
        events = _with(events, column, pa.nulls(events.num_rows, EVENTS.field(column).type))
    return events


def _sampled(events: pa.Table, rng: np.random.Generator, shares: Mapping[str, float]) -> pa.Table:
    """Only a share of the rows of some kinds arrives."""
    keep = np.ones(events.num_rows, dtype=bool)
    draw = rng.random(events.num_rows)
    for kind, share in shares.items():
        keep &= ~np.asarray(_is(events, (kind,)).combine_chunks().to_numpy(zero_copy_only=False)) | (
            draw < share
        )
    return events.filter(pa.array(keep))


def _rounded(events: pa.Table) -> pa.Table:
    """Displayed totals as platforms show them: exact below 10,000, then to a thousand ("6.8万")."""
    totals = np.asarray(_is(events, ("entered_total", "like_total", "fan_total")).to_numpy())
    qty = np.asarray(pc.fill_null(events["qty"], -1).to_numpy())
    shown = np.where(totals & (qty >= 10_000), np.round(qty / 1_000).astype(np.int64) * 1_000, qty)
    return _with(events, "qty", pa.array(shown, mask=shown < 0))


def _seen(data: Dataset, events: pa.Table, accounts: pa.Table) -> Dataset:
    """A view with the coverage an importer would compute: rows delivered over what the counter grew by."""
    rows = []
    sessions = pc.unique(events["session_id"].cast(pa.string())).drop_null().to_pylist()
    for session in sessions:
        mine = events.filter(pc.equal(events["session_id"].cast(pa.string()), session))
        for kind, counter in _COUNTED.items():
            total = pc.max(mine.filter(_is(mine, (counter,)))["qty"]).as_py()
            delivered = mine.filter(_is(mine, (kind,)))
            got = pc.sum(delivered["qty"]).as_py() if kind == "like" else delivered.num_rows
            if total:
                rows.append({"session_id": session, "metric": f"coverage.{kind}", "value": (got or 0) / total,
                             "unit": "ratio", "source": "world@1", "platform": mine["platform"][0].as_py()})  # fmt: skip
    metrics = pa.concat_tables([data.metrics, pa.Table.from_pylist(rows, schema=SESSION_METRICS)])
    return Dataset(events, accounts, metrics.combine_chunks(), data.products, data.windows)
