"""The stream of the benchmark keeps its promises, and two engines that share no code give one answer to it."""

import importlib.util
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

BENCH = Path(__file__).resolve().parents[1] / "bench"


def load(name, monkeypatch):
    """A script of bench/ as a module; they import each other by name."""
    monkeypatch.syspath_prepend(str(BENCH))
    spec = importlib.util.spec_from_file_location(name, BENCH / f"{name}.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture(scope="module")
def stream():
    """Three blocks: 300,000 rows, 108 s."""
    with pytest.MonkeyPatch.context() as patch:
        made = load("workload", patch)
        yield made, pa.concat_tables(made.stream(3, 7))


def test_stream_has_late_rows_and_duplicates_within_their_bounds(stream):
    """No first arrival is 5 s late, a duplicate is an exact copy at most 65 s behind, and ids are spread hashes."""
    made, table = stream
    ids, first, counts = np.unique(table["event_id"].to_numpy(), return_index=True, return_counts=True)
    ts = table["ts"].to_numpy()
    behind = np.maximum.accumulate(ts) - ts
    assert table.num_rows == 300_000
    assert (counts == 2).sum() == 3 * made.DUPLICATES
    assert counts.max() == 2
    assert made.LATENESS > behind[first].max() > 0.9 * made.LATENESS
    assert behind.max() < made.LATENESS + made.DUPLICATE_SPAN
    assert ids.min() >= 0
    assert ids.max() < 1 << 62
    assert len(table.group_by(table.column_names).aggregate([])) == len(ids)


def test_shorter_stream_is_the_beginning_of_the_longer(stream):
    """Prefixes of the bench are the same stream: rows arrived within two blocks are those of three blocks."""
    made, longer = stream
    shorter, *_ = made.stream(2, 7)
    assert shorter.equals(longer.slice(0, len(shorter)))


@pytest.mark.slow
def test_sql_and_loop_agree_on_flags_and_checksum(stream, tmp_path, monkeypatch):
    """DuckDB's windows and a loop over dicts count the same, ties, late rows and duplicates included."""
    path = str(tmp_path / "events.parquet")
    pq.write_table(stream[1].slice(0, 60_000), path)
    with monkeypatch.context() as patch:
        duck = load("peer_duckdb", patch)
        loop = load("peer_python", patch)
        flags, checksum = duck.duckdb.connect().execute(duck.SQL, [path]).fetchall()[0]
        assert loop.answer(path) == (flags, checksum)
    assert flags > 0
