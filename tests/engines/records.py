"""Small records in which everything crosses: rooms of one host, buyers and addresses met again, refunds that name only the parent."""

# ruff: noqa: TID251 - records are drawn, from a seed

import numpy as np
import pyarrow as pa

from zhenbo.core.dataset import Dataset, canonical_order
from zhenbo.core.schema import ACCOUNTS, EVENTS, SESSION_METRICS
from zhenbo.core.session import DAY, Window

MONTH_END = 1_777_593_600_000_000 - 2 * DAY  # two days before 1 May 2026: shop months part inside the record
KINDS = (
    "order_create", "order_create", "order_create", "order_pay", "refund_request", "refund_done", "review", "settle",
    "comment", "follow", "unfollow", "like", "like_total",
)  # fmt: skip


def crossing(seed: int, rows: int = 400) -> Dataset:
    """A record of few names and many rows, so that orders, parents, buyers and addresses meet in every way."""
    rng = np.random.default_rng([seed, 17])

    def some(letter: str, n: int, empty: float) -> list[str | None]:
        """Names drawn from n, a share of them missing."""
        drawn = rng.integers(0, n, rows)
        return [None if rng.random() < empty else f"{letter}{i}" for i in drawn]

    at = MONTH_END + rng.integers(0, 8 * 24 * 30, rows) * 120_000_000  # two-minute steps: many ties
    table = {
        "platform": rng.choice(["douyin", "tiktok"], rows).tolist(),
        "source": rng.choice(["x", "y"], rows).tolist(),
        "host_id": some("h", 3, 0.1),
        "session_id": some("s", 6, 0.45),
        "event_id": [f"e{i}" for i in rng.permutation(rows)],
        "kind": rng.choice(KINDS, rows).tolist(),
        "ts": [None if rng.random() < 0.03 else int(t) for t in at],
        "actor_id": some("a", 25, 0.2),
        "flags": [0] * rows,
        "order_id": some("o", 60, 0.2),
        "parent_id": some("p", 25, 0.6),
        "qty": rng.integers(0, 500, rows).tolist(),
        "amount": rng.integers(100, 9_900, rows).tolist(),
        "currency": ["CNY"] * rows,
        "addr": some("home", 20, 0.3),
    }
    fans = [i for i, kind in enumerate(table["kind"]) if kind in {"follow", "unfollow"}]
    for i in fans:  # few and faithful: a follow and its end must meet
        table["actor_id"][i] = table["actor_id"][i] and f"a{i % 3}"
        table["host_id"][i], table["order_id"][i] = f"h{i % 2}", table["order_id"][i] if i % 5 == 0 else None
    columns = [pa.array(table.get(f.name, [None] * rows), pa.int64() if f.name.startswith("ts") else f.type) for f in EVENTS]  # fmt: skip
    events = pa.Table.from_arrays(
        [c.cast(f.type) for c, f in zip(columns, EVENTS, strict=True)], schema=EVENTS
    )
    snapshots = [
        {"platform": "douyin", "account_id": f"a{i}", "seen_at": MONTH_END + int(seen) * DAY, "followers": int(n)}
        for i in range(25) for seen, n in rng.integers(0, 4, (3, 2))
    ]  # fmt: skip
    shown = [
        {"platform": "douyin", "session_id": f"s{i}", "metric": "viewers", "bucket_start": MONTH_END, "value": float(v)}
        for i in range(6) for v in rng.integers(0, 9, 3)
    ]  # fmt: skip
    windows = {"s1": (Window("ad", MONTH_END, MONTH_END + DAY),)}
    return Dataset(
        canonical_order(events), pa.Table.from_pylist(snapshots, ACCOUNTS), pa.Table.from_pylist(shown, SESSION_METRICS),
        windows=windows,
    )  # fmt: skip
