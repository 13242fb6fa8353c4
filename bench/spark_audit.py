"""The whole audit, and the kernel alone, on a Spark cluster of this machine beside the embedded engine: ratios per core.

    .venv/bin/python bench/spark_audit.py --millions 2           # made once under build/ (bench/audit.py), then audited
    .venv/bin/python bench/spark_audit.py --millions 10 --url 'local-cluster[2,1,2048]'

Both engines do what the command does, from files to verdicts. Spark is warm: its first audit in the session is shown and
does not count. Per core means events per second of processor time of all processes, Java among them; wall-clock speed
stands beside and says more on an idle machine. Kernel alone: the features of bench/query.py over the same events,
`engines.features.windows` with a hop per key on Spark, `kernel.features` in one process here, files to answers both; the
same hops over one table in memory stand between, for what the hops cost and what Spark does.
Nothing here is a test; figures depend on the machine and on what else runs on it.
"""

import argparse
import contextlib
import os
import shutil
import time
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from threading import Thread
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from ours import ASKED

from audit import made
from zhenbo.core.rows import Held
from zhenbo.core.schema import EVENTS
from zhenbo.core.verdict import to_json
from zhenbo.engines.embedded import Runner
from zhenbo.engines.features import windows
from zhenbo.engines.spark import SparkRows, session
from zhenbo.kernel.features import features
from zhenbo.pipeline import Road, default_policy, large
from zhenbo.pipeline.large import audit_large
from zhenbo.pipeline.program import Asking
from zhenbo.pipeline.reading import parts, read

KEY = b"bench-key-of-thirty-two-bytes-ab"
TOTALS = pa.schema([("rows", pa.int64()), *((f.name, pa.float64()) for f in ASKED)])
COLUMNS = ("source", "event_id", "ts", "session_id", "kind", "actor_id", "device", "text")


TICKS = os.sysconf("SC_CLK_TCK")


@dataclass(frozen=True)
class Took:
    """What a piece of work took.

    Args:
        answer: what came of it.
        wall: seconds.
        cpu: processor seconds of this process and all under it.
        load: of the machine when it began.
    """

    answer: Any
    wall: float
    cpu: float
    load: float


def main() -> None:
    """Measure both engines on one folder and print the ratios."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--millions", type=float, default=2)
    parser.add_argument("--url", default="local-cluster[2,1,2048]")
    parser.add_argument(
        "--jobs", type=int, default=2, help="processes of the embedded engine, and readers for Spark"
    )
    parser.add_argument("--folder", type=Path, default=Path("build/bench-audit"))
    parser.add_argument("--only", choices=["audit", "kernel"])
    given = parser.parse_args()
    data = (given.folder / f"{given.millions:g}M").resolve()
    events = made(data, int(given.millions * 1e6))
    work = (given.folder / "spark-work").resolve()
    print(f"{os.cpu_count()} cores, {events:,} events; {given.url} beside {given.jobs} embedded processes")
    embedded: dict[str, Took] = {}
    if given.only != "kernel":
        embedded["audit"] = _shown("embedded audit", events, lambda: _embedded(data, work, given.jobs))
    if given.only != "audit":
        _alone(data)  # compiled code is loaded before the clock starts
        embedded["kernel"] = _shown("kernel alone, here", events, lambda: _alone(data))
        _shown("its hops, here", events, lambda: _totals(windows(Held(_read(data)), ASKED, None)))
    with session(given.url) as spark:
        for what, here in embedded.items():
            run = (
                partial(_on_spark, spark, data, work, given.jobs)
                if what == "audit"
                else partial(_hops, spark, data)
            )
            _shown(f"{what} on Spark, first", events, run)
            there = _shown(f"{what} on Spark, warm", events, run)
            same = there.answer == here.answer if what == "audit" else np.allclose(there.answer, here.answer)
            share = here.cpu / there.cpu
            aim = " (aim: at least 40 %)" if what == "audit" else ""
            print(
                f"  {what}: Spark has {share:.0%} of the embedded throughput per core{aim}; answers equal: {same}"
            )
    shutil.rmtree(work, ignore_errors=True)


class Meter(Thread):
    """Processor seconds of this process and all that ever were under it, twice a second.

    A sum over what lives now would forget a Python worker whose Java died before it: such an orphan is nobody's child.
    """

    def __init__(self) -> None:
        super().__init__(daemon=True)
        self.seen: dict[tuple[int, str], float] = {}

    def run(self) -> None:
        """Look until the process ends."""
        while True:
            self.look()
            time.sleep(0.5)

    def look(self) -> float:
        """Processor seconds so far."""
        stats = {}
        for path in Path("/proc").glob("[0-9]*/stat"):
            with contextlib.suppress(OSError):  # it has ended meanwhile
                stats[int(path.parent.name)] = path.read_text("utf-8", "replace").rpartition(")")[2].split()
        family = {
            os.getpid(),
            *(pid for pid, start in list(self.seen) if pid in stats and stats[pid][19] == start),
        }
        while found := {pid for pid, stat in stats.items() if int(stat[1]) in family and pid not in family}:
            family |= found
        for pid in family & set(stats):
            self.seen[pid, stats[pid][19]] = (int(stats[pid][11]) + int(stats[pid][12])) / TICKS
        return sum(self.seen.values())


def _shown(name: str, events: int, run: Callable[[], Any]) -> Took:
    load, cpu, wall = os.getloadavg()[0], METER.look(), time.perf_counter()
    answer = run()
    took = Took(answer, time.perf_counter() - wall, METER.look() - cpu, load)
    print(
        f"  {name:24} {took.wall:7.1f} s wall {took.cpu:7.1f} s CPU {events / took.wall:10,.0f} events/s "
        f"{events / took.cpu:10,.0f} events/s and core, load {load:.1f}",
        flush=True,
    )
    return took


def _embedded(data: Path, work: Path, jobs: int) -> bytes:
    shutil.rmtree(work, ignore_errors=True)
    with audit_large([data], KEY, Road("embedded", jobs, work), lang="en") as result:
        return to_json(result.audit)


def _on_spark(spark: Any, data: Path, work: Path, jobs: int) -> bytes:
    """`zhenbo audit --engine URL` in a session that stays: read by processes of the driver, audited by the cluster."""
    shutil.rmtree(work, ignore_errors=True)
    start = time.perf_counter()
    with Runner(jobs, lambda _: None).running() as runner:
        got = read(parts([data]), KEY, work / "read", runner, "parquet")
    print(f"    reading {time.perf_counter() - start:.1f} s wall")
    asking = Asking(0, lang="en", policy=default_policy(), windows=got.windows)
    hosted = partial(_files, spark)
    return to_json(large._run(hosted, got, asking).audit)  # noqa: SLF001 - the very steps of the command


def _files(spark: Any, files: list[Path], _: list[int], schema: pa.Schema) -> SparkRows:
    return SparkRows.read(spark, files, schema)


def _hops(spark: Any, data: Path) -> list[float]:
    slim = pa.schema([EVENTS.field(name) for name in COLUMNS])
    return _totals(windows(SparkRows.read(spark, sorted(data.glob("events*.parquet")), slim), ASKED, None))


def _totals(told: Any) -> list[float]:
    found = told.each(totals, TOTALS).gather()
    return [float(np.sum(found[name].to_numpy())) for name in TOTALS.names]


def _alone(data: Path) -> list[float]:
    events = _read(data)
    found = features(events, ASKED)
    return [float(events.num_rows), *(float(np.nansum(found[f.name])) for f in ASKED)]


def _read(data: Path) -> pa.Table:
    files = sorted(data.glob("events*.parquet"))
    return pa.concat_tables([pq.read_table(f, columns=list(COLUMNS)) for f in files]).unify_dictionaries()


def totals(answers: pa.Table) -> pa.Table:
    """Rows and sum of each feature of a batch: what need not travel to the driver row by row."""
    sums = [[float(np.nansum(answers[f.name].to_numpy()))] for f in ASKED]
    return pa.table([[answers.num_rows], *sums], schema=TOTALS)


METER = Meter()


if __name__ == "__main__":
    METER.start()
    main()
