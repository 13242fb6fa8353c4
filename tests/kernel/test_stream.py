"""The kernel as a service: bursts, bounds, late events, instants, and a state that survives a stop."""

# ruff: noqa: TID251 - streams are drawn, from a seed

import json
import logging

import numpy as np
import pyarrow as pa
import pytest

from zhenbo.core.errors import ZhenboError
from zhenbo.engines import checkpoint
from zhenbo.kernel.features import Feature
from zhenbo.kernel.layout import CHUNK
from zhenbo.kernel.stream import Kernel, Limits

SECOND = 1_000_000
COUNT = Feature("n", "count", ("actor_id",), 600)


def events(ts, actor="a", ids=None, **more):
    """Events at the given seconds."""
    n = len(ts)
    ids = ids if ids is not None else [f"e{i}" for i in range(n)]
    who = actor if isinstance(actor, list) else [actor] * n
    times = pa.array((np.asarray(ts, dtype=float) * SECOND).astype(np.int64), pa.timestamp("us", "UTC"))
    return pa.table({"event_id": ids, "ts": times, "actor_id": who, **more})


def answers(kernel, table, batch):
    """Feature by arrival number."""
    out = {}
    for a in range(0, table.num_rows, batch):
        for answer in [kernel.feed(table.slice(a, batch))] + (
            [kernel.flush()] if a + batch >= table.num_rows else []
        ):
            out.update(
                {
                    row: {name: v[k] for name, v in answer.values.items()}
                    for k, row in enumerate(answer.rows.tolist())
                }
            )
    return out


@pytest.mark.parametrize("instant", [False, True])
@pytest.mark.parametrize("batch", [1, 7, 50, 500, 1_000, 65_536])
def test_a_burst_of_500_is_flagged_494_times_at_every_batch_size(batch, instant):
    """More than 6 events of one entity in 600 s: one engine of the field flags 494, 450 or none, by batch size."""
    burst = events(np.arange(500) * 0.2)
    found = answers(Kernel([COUNT], instant=instant), burst, batch)
    assert sum(v["n"] > 6 for v in found.values()) == 494


def test_late_events_are_set_aside_and_told_apart_from_copies():
    """Behind the watermark: listed and counted, never in a window; a copy is a copy, however late it is."""
    kernel = Kernel([COUNT], lateness=5)
    first = kernel.feed(events([0, 10, 4, 6], ids=["a", "b", "late", "fine"]))
    assert first.late.tolist() == [2]
    second = kernel.feed(events([10, 0], ids=["b", "a"]))
    done = kernel.flush()
    assert [*first.rows, *second.rows, *done.rows] == [0, 3, 1]
    assert [*first.values["n"], *second.values["n"], *done.values["n"]] == [1, 2, 3]
    assert (kernel.counters.late, kernel.counters.duplicates) == (2, 1)


def test_an_event_from_the_future_waits_and_pushes_nobody_out():
    """Its time is after it was seen: the watermark goes by `ts_seen`, and the others stay on time."""
    seen = pa.array([0, SECOND, 2 * SECOND], pa.timestamp("us", "UTC"))
    kernel = Kernel([COUNT], lateness=5)
    kernel.feed(events([0, 86_400 * 365, 2], ts_seen=seen))
    assert kernel.counters.late == 0
    assert kernel.flush().values["n"].tolist() == [1, 2, 1]


def test_instant_answers_are_those_of_the_moment_and_settled_ones_those_of_the_record():
    """What came out of order counts at the clock for whoever decides at once, at its own time in the record."""
    told = events([0, 700, 100])
    instant, settled = Kernel([COUNT], instant=True), Kernel([COUNT], lateness=3600)
    assert instant.feed(told).values["n"].tolist() == [1, 1, 2]
    settled.feed(told)
    done = settled.flush()
    assert dict(zip(done.rows.tolist(), done.values["n"].tolist(), strict=True)) == {0: 1, 2: 2, 1: 1}
    assert instant.counters.late == 1


def test_a_bound_that_bites_says_so():
    """Beyond the bound the oldest leave early: events and answers are counted, memory stays where it is."""
    n = 5 * CHUNK
    kernel = Kernel([COUNT], horizon=None, limits=Limits(alive=CHUNK))
    found = answers(kernel, events(np.arange(n) * 0.001), 1_000)
    assert max(v["n"] for v in found.values()) <= 2 * CHUNK
    assert kernel.counters.evicted == n - 2 * CHUNK
    assert kernel.counters.short == n - 2 * CHUNK
    waiting = Kernel([COUNT], lateness=3600, limits=Limits(waiting=100))
    waiting.feed(events(np.arange(300)))
    assert waiting.counters.forced == 200


def test_memory_follows_what_is_alive():
    """A hundred thousand events through a short window leave no trace in tables and rings."""
    kernel = Kernel([Feature("d", "distinct", ("actor_id",), 10, of="event_id")], horizon=10)
    for start in range(0, 100_000, 1_000):
        at = start + np.arange(1_000)
        kernel.feed(events(at * 0.1, actor=[f"a{i}" for i in at], ids=[f"e{i}" for i in at]))
    assert kernel.state_bytes < 2_500_000


def test_a_checkpoint_goes_on_and_another_plan_is_refused(tmp_path, caplog):
    """Half a stream, a file, another process's kernel; a file of another plan or version is refused and replayed."""
    told = events(
        np.sort(np.random.default_rng(1).uniform(0, 3_000, 2_000)), actor=[f"a{i % 37}" for i in range(2_000)]
    )
    whole = answers(Kernel([COUNT], lateness=60), told, 100)
    first = Kernel([COUNT], lateness=60)
    half = {}
    for a in range(0, 1_000, 100):
        answer = first.feed(told.slice(a, 100))
        half.update(zip(answer.rows.tolist(), answer.values["n"].tolist(), strict=True))
    path = tmp_path / "kernel.npz"
    checkpoint.save(first, path, 1_000)
    second = Kernel([COUNT], lateness=60)
    position = checkpoint.resume(second, path)
    rest = answers(second, told.slice(position), 100)
    assert {**half, **{r: v["n"] for r, v in rest.items()}} == {r: v["n"] for r, v in whole.items()}
    other = Kernel([COUNT, Feature("m", "count", ("actor_id",), 60)], lateness=60)
    with pytest.raises(ZhenboError, match="another plan"):
        checkpoint.resume(other, path)
    with caplog.at_level(logging.WARNING, logger="zhenbo"):
        assert checkpoint.resumed(other, path) == 0
    assert "Replay the log" in caplog.text
    with np.load(path) as arrays:
        held = dict(arrays)
    header = {**json.loads(held["header"].tobytes()), "version": "0.0.1"}
    held["header"] = np.frombuffer(json.dumps(header).encode(), dtype=np.uint8)
    np.savez(tmp_path / "old.npz", **held)
    with pytest.raises(ZhenboError, match=r"another version \(0\.0\.1"):
        checkpoint.resume(Kernel([COUNT], lateness=60), tmp_path / "old.npz")
    (tmp_path / "torn.npz").write_bytes(path.read_bytes()[:1_000])
    assert checkpoint.resumed(Kernel([COUNT], lateness=60), tmp_path / "torn.npz") == 0


def test_deciding_one_event_is_feeding_one_row():
    """Text, numbers, nulls, copies and disorder: the short way in says what the long one says."""
    asked = [
        COUNT,
        Feature("d", "distinct", ("device", "actor_id"), 60, of="text"),
        Feature("s", "sum", (), 60, of="qty", kinds=("like",)),
        Feature("t", "top_share", ("actor_id",), 60, of="text"),
        Feature("f", "first", ("actor_id",), 60, of="qty"),
    ]
    rng = np.random.default_rng(3)
    n = 600
    pick = lambda values: rng.choice(np.array(values, dtype=object), n).tolist()
    told = events(
        rng.uniform(0, 200, n).round(1), actor=pick(["a", "b", None]), ids=[f"e{i}" for i in rng.integers(0, n, n)],
        device=pa.array(pick([1, 2, None]), pa.int64()), text=pick(["扣1", "好", "", "a much longer sentence", None]),
        qty=pa.array(pick([-(2**63), 5, 2**63 - 1, None]), pa.int64()), kind=pick(["like", "comment"]),
    )  # fmt: skip
    one, many = Kernel(asked, instant=True), Kernel(asked, instant=True)
    rows = told.set_column(1, "ts", told["ts"].cast(pa.int64())).to_pylist()
    for i, row in enumerate(rows):
        answer = many.feed(told.slice(i, 1))
        said = one.decide(row)
        assert (said is None) == (len(answer.rows) == 0)
        if said is not None:
            assert np.allclose(
                [said[f.name] for f in asked], [answer.values[f.name][0] for f in asked], equal_nan=True
            )
    assert one.counters == many.counters
    with pytest.raises(ValueError, match="instant"):
        Kernel(asked).decide(rows[0])
