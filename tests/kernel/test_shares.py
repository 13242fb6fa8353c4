"""Two processes, one answer: keys divided by range, joined at the event."""

# ruff: noqa: TID251 - streams are drawn, from a seed

import os
import time
from functools import partial
from multiprocessing import get_context, parent_process
from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest

from zhenbo.core.errors import ZhenboError
from zhenbo.engines.shares import in_shares
from zhenbo.kernel.features import Feature
from zhenbo.kernel.stream import Kernel

ASKED = (
    Feature("c", "count", ("session_id", "kind"), 60),
    Feature("d", "distinct", ("device",), 600, of="actor_id"),
    Feature("m", "min", ("actor_id",), 120, of="qty"),
    Feature("all", "gap_mean", (), 60),
)


def stream(n=5_000, batch=700):
    """Events out of order by up to five seconds, some twice."""
    rng = np.random.default_rng(5)
    at = np.sort(rng.integers(0, 900_000_000, n)) + rng.integers(-5_000_000, 5_000_000, n)
    table = pa.table({
        "event_id": rng.integers(0, n, n),
        "ts": at,
        "session_id": rng.integers(0, 5, n),
        "kind": rng.integers(0, 3, n),
        "actor_id": pa.array(rng.integers(0, 50, n), mask=rng.random(n) < 0.1),
        "device": pa.array(rng.integers(0, 9, n), mask=rng.random(n) < 0.1),
        "qty": rng.integers(0, 9, n),
    })  # fmt: skip
    return [table.slice(a, batch) for a in range(0, n, batch)]


@pytest.mark.slow
def test_two_processes_answer_as_one():
    """Every event once, every feature as from a single kernel, repeats and late events alike."""
    kernel = Kernel(ASKED, lateness=10)
    alone = [kernel.feed(batch) for batch in stream()] + [kernel.flush()]
    together = list(in_shares(stream, ASKED, 2, lateness=10))
    assert len(alone) == len(together)
    for a, b in zip(alone, together, strict=True):
        for part in ("rows", "late", "duplicates", "untimed"):
            assert np.array_equal(getattr(a, part), getattr(b, part))
        for name in a.values:
            assert np.array_equal(a.values[name], b.values[name], equal_nan=True)


def ends_early():
    """A stream whose reader fails in every process but the first."""
    yield stream()[0]
    if parent_process() is not None:
        raise SystemExit(3)
    yield from stream()[1:]


@pytest.mark.slow
def test_a_process_that_ends_is_an_error_not_an_answer():
    """Half an answer would read as a whole one."""
    with pytest.raises(ZhenboError, match="ended before its events"):
        list(in_shares(partial(ends_early), ASKED, 2))


def endless(pids):
    """A stream without an end, which writes down who reads it."""
    (pids / str(os.getpid())).touch()
    while True:
        yield from stream()


def running(pid):
    """Whether a process runs; one that has ended may stand in the list until somebody asks how."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except FileNotFoundError:
        return False


def take_all(pids):
    """Take answers for ever."""
    for _ in in_shares(partial(endless, pids), ASKED, 2, horizon=None, lateness=10):
        pass


@pytest.mark.slow
def test_no_process_outlives_the_one_that_asked(tmp_path):
    """Killed, it cannot end the others; they find nobody to answer, and end."""
    asks = get_context("spawn").Process(target=take_all, args=(tmp_path,))
    asks.start()
    until = time.monotonic() + 60
    while len(list(tmp_path.iterdir())) < 2 and time.monotonic() < until:
        time.sleep(0.1)
    others = [int(path.name) for path in tmp_path.iterdir() if int(path.name) != asks.pid]
    assert len(others) == 1
    time.sleep(1)  # answers are under way
    asks.kill()
    asks.join()
    until = time.monotonic() + 30
    while running(others[0]) and time.monotonic() < until:
        time.sleep(0.1)
    assert not running(others[0])
