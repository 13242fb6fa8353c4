"""Our kernel in the benchmark: one JSON object per command (bench/run.py asks)."""

import argparse
import gc
import json
import os
import time
from collections.abc import Iterable, Iterator
from functools import partial
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from numba import njit
from query import FEATURES, MAX_ACCOUNT, MAX_DEVICE, MAX_TEXT, MODULUS, SECOND, timed

from zhenbo.engines.shares import in_shares
from zhenbo.kernel.stream import Answer, Feature, Kernel

ASKED = (
    Feature("c10", "count", ("session_id", "kind"), 10),
    Feature("c60", "count", ("session_id", "kind"), 60),
    Feature("a60", "count", ("actor_id",), 60),
    Feature("d600", "distinct", ("device",), 600, of="actor_id"),
    Feature("t300", "count", ("text",), 300),
)
OPTIONS = {"lateness": 5.0, "horizon": 600.0}


def main() -> None:
    """Answer one command."""
    parser = argparse.ArgumentParser(description=__doc__)
    commands = parser.add_subparsers(dest="command", required=True)
    for name in ("windows", "growth"):
        command = commands.add_parser(name)
        command.add_argument("path", type=Path)
        command.add_argument("--cores", type=int, default=1)
        command.add_argument("--batch", type=int, default=65_536)
    command = commands.add_parser("latency")
    command.add_argument("--rate", type=int, default=20_000)
    command.add_argument("--seconds", type=int, default=30)
    given = parser.parse_args()
    if given.command == "latency":
        print(json.dumps(latency(given.rate, given.seconds)))
        return
    if given.cores == 1:
        os.sched_setaffinity(0, {max(os.sched_getaffinity(0))})
        pa.set_cpu_count(1)
    Windows(given.path, given.cores, given.batch).run()


def batches(path: Path, size: int) -> Iterator[pa.Table]:
    """The stream as it arrived."""
    with pq.ParquetFile(path, pre_buffer=False) as file:  # which would hold the whole file
        for batch in file.iter_batches(size, use_threads=False):
            yield pa.Table.from_batches([batch])


class Windows:
    """The question of bench/query.py, asked of the kernel as it streams."""

    def __init__(self, path: Path, cores: int, batch: int) -> None:
        self.stream, self.cores, self.batch = partial(batches, path, batch), cores, batch
        self.ids = pq.read_table(path, columns=["event_id"])["event_id"].to_numpy()  # for the checksum
        self.state = self.alive = 0
        Kernel(ASKED, **OPTIONS).feed(
            next(batches(path, 10))
        )  # compiled code is loaded before the clock starts

    def run(self) -> None:
        """Answer, and print."""
        # processes are up before the clock starts
        answers = self._one() if self.cores == 1 else in_shares(self.stream, ASKED, self.cores, **OPTIONS)
        gc.collect()
        said = timed(len(self.ids), lambda: self._tallied(answers))
        print(
            json.dumps({**said, "batch": self.batch, "state_bytes": self.state, "alive_longest": self.alive})
        )

    def _one(self) -> Iterator[Answer]:
        kernel = Kernel(ASKED, **OPTIONS)
        for table in self.stream():
            yield kernel.feed(table)
            self.state, self.alive = max(self.state, kernel.state_bytes), max(self.alive, kernel.alive)
        yield kernel.flush()

    def _tallied(self, answers: Iterable[Answer]) -> tuple[int, int]:
        flags = checksum = 0
        for answer in answers:
            more = _tally(self.ids, answer.rows, *(answer.values[name] for name in FEATURES))
            flags, checksum = flags + more[0], checksum + more[1]
        return flags, checksum


@njit(
    "UniTuple(int64, 2)(int64[::1], int64[::1], float64[::1], float64[::1], float64[::1], float64[::1], float64[::1])"
)
def _tally(ids, rows, c10, c60, a60, d600, t300):
    """Flags and checksum of a batch, as bench/query.py has them."""
    flags = checksum = 0
    for i in range(rows.size):
        text = 0.0 if np.isnan(t300[i]) else t300[i]
        score = c10[i] + 3 * c60[i] + 7 * a60[i] + 13 * d600[i] + 17 * text
        checksum += np.int64(score) * (ids[rows[i]] % MODULUS + 1)
        flags += d600[i] > MAX_DEVICE or a60[i] > MAX_ACCOUNT or text > MAX_TEXT
    return flags, checksum


def latency(rate: int, seconds: int) -> dict[str, float]:
    """Open loop: events are due at a fixed pace whatever the kernel does; from due to decided, in microseconds."""
    n = rate * seconds
    rng = np.random.default_rng(1)  # noqa: TID251 - drawn, from a seed
    rows = [
        {"event_id": i, "ts": i * SECOND // rate, "session_id": int(room), "kind": int(kind), "actor_id": int(who),
         "device": int(device), "text": int(text) if text < 5_000 else None}
        for i, (room, kind, who, device, text) in enumerate(zip(
            rng.integers(0, 2_000, n), rng.integers(0, 6, n), rng.integers(0, 2_000_000, n), rng.integers(0, 1_500_000, n),
            rng.integers(0, 50_000, n), strict=True))
    ]  # fmt: skip
    kernel = Kernel(ASKED, instant=True, horizon=600.0)
    for i in range(2_000):
        kernel.decide({**rows[i], "event_id": -i - 1, "ts": 0})
    took = np.empty(n)
    gc.collect()
    gc.freeze()  # what numba and Arrow made at import is never garbage; walking it took tens of milliseconds
    start, clock = time.perf_counter(), time.perf_counter
    for i, row in enumerate(rows):
        due = start + i / rate
        while clock() < due:
            pass
        kernel.decide(row)
        took[i] = clock() - due
    p50, p99, p999 = (np.percentile(took, q) * 1e6 for q in (50, 99, 99.9))
    return {"p50_us": p50, "p99_us": p99, "p999_us": p999, "max_us": took.max() * 1e6, "events": n}


if __name__ == "__main__":
    main()
