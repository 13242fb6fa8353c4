"""Features by hops: one key at a time over split rows, equal to the kernel that saw everything."""

# ruff: noqa: TID251 - tables are drawn, from a seed

import numpy as np
import pyarrow as pa
from hypothesis import given, settings
from hypothesis import strategies as st

from zhenbo.core.rows import Held, joined, shaped
from zhenbo.engines.features import windows
from zhenbo.kernel.features import Feature
from zhenbo.kernel.stream import Kernel

ASKED = (
    Feature("c", "count", ("session_id", "kind"), 60),
    Feature("d", "distinct", ("device",), 600, of="actor_id"),
    Feature("g", "gap_variance", ("actor_id",), 300, kinds=("like", "comment")),
    Feature("m", "max", ("actor_id",), 120, of="qty"),
)


class Split(Held):
    """Held rows that really meet by key only: every hop deals its keys into three tables, in shuffled order."""

    def keyed(self, key, work, schema):
        """Work per bucket of keys."""
        names = [str(row) for row in self.table.select(list(key)).to_pylist()]
        bucket = np.array([sum(map(ord, name)) % 3 for name in names], dtype=np.int64)
        rng = np.random.default_rng(len(names))
        parts = [self.table.take(pa.array(rng.permutation(np.flatnonzero(bucket == b)))) for b in range(3)]
        return Split(joined([shaped(work(part), schema) for part in parts]))

    def each(self, work, schema):
        """Work per half."""
        half = self.table.num_rows // 2
        return Split(
            joined([shaped(work(t), schema) for t in (self.table.slice(0, half), self.table.slice(half))])
        )

    def plus(self, other):
        """Both."""
        return Split(joined([self.table, other.table]))


@settings(max_examples=15, deadline=None)
@given(st.integers(0, 2**32), st.integers(1, 200), st.sampled_from([5.0, 600.0, None]))
def test_hops_equal_one_kernel(seed, n, horizon):
    """Repeats within and beyond the horizon, null keys, ties; whatever the division of keys."""
    rng = np.random.default_rng(seed)
    events = pa.table({
        "source": pa.array(["s"] * n).dictionary_encode(),
        "event_id": [f"e{i}" for i in (rng.integers(0, n, n) if horizon else np.arange(n))],
        "ts": pa.array(rng.integers(0, 900, n) * 1_000_000, pa.timestamp("us", "UTC")),
        "session_id": pa.array(rng.choice(["r1", "r2"], n), mask=rng.random(n) < 0.1).dictionary_encode(),
        "kind": pa.array(rng.choice(["like", "comment", "enter"], n)).dictionary_encode(),
        "actor_id": pa.array(rng.choice(["a", "b", "c", "d"], n), mask=rng.random(n) < 0.1),
        "device": pa.array(rng.choice(["x", "y"], n), mask=rng.random(n) < 0.1),
        "qty": pa.array(rng.integers(0, 9, n), mask=rng.random(n) < 0.1),
    })  # fmt: skip
    at = np.asarray(events["ts"].cast(pa.int64()))
    whole = {}
    kernel = Kernel(ASKED, horizon=horizon, lateness=1000)
    for answer in (kernel.feed(events), kernel.flush()):
        for k, row in enumerate(answer.rows.tolist()):
            identity = (events["event_id"][row].as_py(), int(at[row]))
            whole[identity] = [answer.values[f.name][k] for f in ASKED]
    if horizon and len(set(zip(events["event_id"].to_pylist(), at.tolist(), strict=True))) < n:
        return  # two rows of one id and instant are two versions of an event: intake settles those
    split = windows(Split(events), ASKED, horizon).gather()
    found = {
        (row["event_id"], int(row["ts"].timestamp()) * 1_000_000): [row[f.name] for f in ASKED]
        for row in split.to_pylist()
    }
    assert found.keys() == whole.keys()
    for identity, values in found.items():
        assert np.allclose(values, whole[identity], equal_nan=True), identity
