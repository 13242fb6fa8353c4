"""The audit on Spark: the bytes of the audit in memory, on one machine, on a cluster, and on one that loses a worker."""

import hashlib
import os
import signal
import subprocess
import sys
import time
from datetime import UTC, datetime
from pathlib import Path
from threading import Thread

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from engines import hops
from engines.records import crossing
from engines.test_large import folder_of
from engines.test_program import sorted_sides, twice
from zhenbo.core.cells import categories_of
from zhenbo.core.rows import Held
from zhenbo.core.schema import EVENTS
from zhenbo.core.verdict import to_json
from zhenbo.engines.spark import SparkRows, session
from zhenbo.pipeline import audit_dataset, tables
from zhenbo.pipeline.program import Asking, audited, moment, result, settled
from zhenbo.worlds import WORLDS

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def cluster(java):  # noqa: ARG001 - skips where there is none
    """Two workers of one core, each in Java and Python processes of its own."""
    with session("local-cluster[2,1,1024]") as running:
        yield running


def _audit(folder: Path, out: Path, engine: str) -> dict[str, str]:
    zhenbo = Path(sys.executable).with_name("zhenbo")
    subprocess.run(
        [zhenbo, "audit", folder, "--out", out, "--lang", "en", "--csv", "--engine", engine],
        check=True, capture_output=True, timeout=600,
    )  # fmt: skip
    return {
        path.name: hashlib.sha256(path.read_bytes()).hexdigest() for path in out.iterdir() if path.is_file()
    }


@pytest.mark.usefixtures("java")
def test_the_command_writes_the_same_bytes_on_spark(tmp_path):
    """Rooms, shop months, refunds elsewhere, repeats over several files, broken rows: verdicts, evidence, tables, report."""
    data = folder_of(tmp_path / "data", 5)
    here = _audit(data, tmp_path / "here", "embedded")
    assert {"verdict.json", "accounts.parquet", "orders.csv", "report.html", "rejects.jsonl"} <= set(here)
    assert _audit(data, tmp_path / "there", "local[2]") == here


def test_a_cluster_answers_as_memory_does(cluster):
    """Nulls, unicode, 64-bit extremes, one hot key and an empty side, through Java and Python processes of their own."""
    moments = [None, datetime(2026, 11, 11, 20, tzinfo=UTC)]
    rows = [
        {"name": name, "number": number, "at": moments[i % 2], "text": "🎁" * (i % 4), "small": 2**32 - 1, "yes": None}
        for i, (name, number) in enumerate(
            (name, number)
            for name in [None, "", "真播", *["hot"] * 50]
            for number in [None, 0, 2**63 - 1, -(2**63)]
        )
    ]  # fmt: skip
    table = pa.Table.from_pylist(rows, schema=hops.TABLE)
    for others in (table.slice(3, 60), table.slice(0, 0)):
        there = hops.program(SparkRows.of(cluster, table, 3), SparkRows.of(cluster, others, 2)).gather()
        here = hops.program(Held(table), Held(others)).gather()
        assert there.schema == here.schema
        assert hops.sorted_rows(there) == hops.sorted_rows(here)


def _executors(app: str) -> set[int]:
    """The Java processes that work for an application of this very session."""
    found = set()
    for place in Path("/proc").iterdir():
        if place.name.isdigit():
            try:
                words = (place / "cmdline").read_bytes().split(b"\0")
            except OSError:
                continue
            if b"org.apache.spark.executor.CoarseGrainedExecutorBackend" in words and app.encode() in words:
                found.add(int(place.name))
    return found


def _kill_one(spark, killed: list[int]) -> None:
    """Kill an executor as soon as a stage has tasks under way and tasks done, so that there is something to lose."""
    tracker = spark.sparkContext.statusTracker()
    for _ in range(20_000):
        stages = [tracker.getStageInfo(stage) for stage in tracker.getActiveStageIds()]
        if any(stage and stage.numActiveTasks and stage.numCompletedTasks for stage in stages):
            victim = min(_executors(spark.sparkContext.applicationId))
            os.kill(victim, signal.SIGKILL)
            killed.append(victim)
            return
        time.sleep(0.01)


@pytest.mark.skipif(not Path("/proc/self/cmdline").exists(), reason="finds executors by /proc")
def test_a_killed_executor_changes_nothing(cluster, tmp_path):
    """Rooms with refunds elsewhere and shop months; an executor dies amid a stage, its parcels are made again."""
    data, rng = sorted_sides(crossing(11, 900)), np.random.default_rng(11)  # noqa: TID251 - tests draw, from a seed
    short = audit_dataset(data, lang="en")
    assert len(short.audit.sessions) > 3
    assert len(short.audit.shops) > 3
    events = twice(data.events, rng)
    files = [tmp_path / f"events{i}.parquet" for i in range(3)]
    for i, path in enumerate(files):
        pq.write_table(events.slice(i * 400, 400), path, row_group_size=60)
    before = _executors(cluster.sparkContext.applicationId)
    assert len(before) == 2
    killed: list[int] = []
    watch = Thread(target=_kill_one, args=(cluster, killed))
    watch.start()
    distinct = settled(SparkRows.read(cluster, files, EVENTS, buckets=6))
    accounts, metrics = (SparkRows.of(cluster, table, 6) for table in (data.accounts, data.metrics))
    asking = Asking(moment(distinct), lang="en", windows=data.windows, cover=False)
    made = result(audited(distinct, accounts, metrics, asking).gather(), asking)
    watch.join()
    assert killed
    assert killed[0] in before
    assert killed[0] not in _executors(cluster.sparkContext.applicationId)
    assert to_json(made.audit) == to_json(short.audit)
    assert [t.to_pydict() for t in tables(made).values()] == [t.to_pydict() for t in tables(short).values()]


def test_a_world_on_a_cluster_is_the_same_bytes(cluster, tmp_path):
    """An evening of four rooms, one of them brushed and refunded the next day, from the events as files."""
    data = sorted_sides(WORLDS["evening"](3).dataset)
    short = audit_dataset(data, lang="en")
    pq.write_table(data.events, tmp_path / "events.parquet", row_group_size=10_000)
    events = settled(SparkRows.read(cluster, [tmp_path / "events.parquet"], EVENTS))
    accounts, metrics = (SparkRows.of(cluster, table) for table in (data.accounts, data.metrics))
    known = categories_of(data.products)
    asking = Asking(moment(events), lang="en", windows=data.windows, cover=False, categories=known)
    made = result(audited(events, accounts, metrics, asking).gather(), asking)
    assert to_json(made.audit) == to_json(short.audit)
    assert any(reason.events for verdict in made.audit.sessions for reason in verdict.reasons)
