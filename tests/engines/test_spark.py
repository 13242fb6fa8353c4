"""Spark as a host of `Rows`: the memory host's answer, from parcels, files and other processes."""

import stat
from datetime import UTC, datetime

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from engines import hops
from zhenbo.core.rows import Held
from zhenbo.engines.features import windows
from zhenbo.engines.keys import key_hash
from zhenbo.engines.spark import SparkError, SparkRows, session
from zhenbo.engines.spark import parcels as spark_parcels
from zhenbo.kernel.features import Feature

ROW = st.fixed_dictionaries({
    "name": st.sampled_from([None, "", "a", "b", "真播", "ä", "🎁", "\u0000"]),
    "number": st.sampled_from([None, 0, 1, -1, 2**63 - 1, -(2**63)]),
    "at": st.sampled_from([None, datetime(2026, 11, 11, 20, tzinfo=UTC), datetime(2026, 11, 11, 20, 0, 0, 1, tzinfo=UTC)]),
    "text": st.sampled_from([None, "", "扣1", "x" * 300]),
    "small": st.sampled_from([None, 0, 2**32 - 1]),
    "yes": st.sampled_from([None, True, False]),
})  # fmt: skip
TABLES = st.lists(ROW, max_size=40).map(lambda rows: pa.Table.from_pylist(rows, schema=hops.TABLE))


@pytest.fixture(scope="module")
def spark(java):  # noqa: ARG001 - skips where there is none
    """One local session for the module."""
    with session("local[2]") as running:
        yield running


def _on_spark(spark, table, buckets=2):
    return SparkRows.of(spark, table, buckets)


@pytest.mark.slow
@settings(max_examples=5, deadline=None, suppress_health_check=list(HealthCheck))
@given(rows=TABLES, others=TABLES)
def test_spark_answers_as_memory_does(spark, rows, others):
    """Two hops, a meeting, rows read twice: nulls, unicode, empty tables and 64-bit extremes, types and all."""
    there = hops.program(_on_spark(spark, rows), _on_spark(spark, others)).gather()
    here = hops.program(Held(rows), Held(others)).gather()
    assert there.schema == here.schema
    assert hops.sorted_rows(there) == hops.sorted_rows(here)


@pytest.mark.slow
def test_many_keys_one_hot_key_and_many_parcels(spark):
    """100,000 rows, half of them of one key, dealt in several parcels per bucket: every key stands together."""
    n = 100_000
    number = np.where(np.arange(n) % 2, 7, np.arange(n) * 7919 % 5_003)
    table = pa.table({
        "name": pa.array([f"n{i % 97}" for i in range(n)]).dictionary_encode(),
        "number": pa.array(number),
        "at": pa.nulls(n, pa.timestamp("us", tz="UTC")),
        "text": pa.nulls(n, pa.string()),
        "small": pa.nulls(n, pa.uint32()),
        "yes": pa.nulls(n, pa.bool_()),
    }).cast(hops.TABLE)  # fmt: skip
    parts = _on_spark(spark, table.slice(0, 30_000), 5).plus(_on_spark(spark, table.slice(30_000), 5))
    there = parts.keyed(("number",), hops.tally, hops.TALLY).gather()
    assert hops.sorted_rows(there) == hops.sorted_rows(hops.tally(table))


@pytest.mark.slow
def test_files_are_read_on_the_workers(spark, tmp_path):
    """Several Parquet files of several row groups, one empty, one without a column, one with plain strings."""
    rows = [
        {"name": f"房间{i % 3}", "number": i, "small": i, "yes": i % 2 == 0, "text": "t"} for i in range(100)
    ]
    table = pa.Table.from_pylist(rows, schema=hops.TABLE)
    parts = [
        table.slice(0, 40),
        table.slice(40, 0),
        table.slice(40, 30).drop_columns(["yes"]),
        table.slice(70),
    ]
    parts[3] = parts[3].set_column(0, "name", parts[3]["name"].cast(pa.string()))
    files = [tmp_path / f"events{i}.parquet" for i in range(4)]
    for path, part in zip(files, parts, strict=True):
        pq.write_table(part, path, row_group_size=16)
    there = SparkRows.read(spark, files, hops.TABLE).gather()
    assert there.schema == hops.TABLE
    for row in rows[40:70]:
        row["yes"] = None
    assert hops.sorted_rows(there) == hops.sorted_rows(pa.Table.from_pylist(rows, schema=hops.TABLE))
    whole = files[0].read_bytes()
    files[0].write_bytes(whole[:4] + b"\xff" * 200 + whole[204:])
    with pytest.raises(SparkError, match=r"events0\.parquet, row group 0, cannot be read"):
        SparkRows.read(spark, files, hops.TABLE).gather()


@pytest.mark.slow
def test_a_step_that_fails_is_named_by_its_last_words(spark):
    """A mistake in a step comes back as one sentence, with what was promised or what Python said."""
    table = pa.Table.from_pylist([{"name": "a"}], schema=hops.TABLE)
    with pytest.raises(SparkError, match="ZeroDivisionError"):
        _on_spark(spark, table).each(hops.fails, hops.TABLE).gather()
    with pytest.raises(SparkError, match="number"):
        _on_spark(spark, table).keyed(("name",), hops.forgets, hops.TABLE).gather()


@pytest.mark.slow
@pytest.mark.usefixtures("spark")
def test_one_session_at_a_time():
    """A second session would silently be the first one with the first one's settings."""
    with pytest.raises(SparkError, match="already"), session("local[1]"):
        pass


def test_the_hash_of_a_key_knows_values_not_encodings():
    """Dictionary, large, sliced and chunked strings hash alike; null, empty and numbers each on their own."""
    words = ["a", None, "", "真播", "b" * 100, "a"]
    column = pa.array(words)
    plain = key_hash(pa.table({"k": column}), ("k",))
    encodings = [
        column.dictionary_encode(),
        column.cast(pa.large_string()),
        column.cast(pa.binary()),
        pa.array(["zz", *words, "zz"]).slice(1, 6),
        pa.chunked_array([column.slice(0, 2), column.slice(2)]),
    ]
    for encoded in encodings:
        assert key_hash(pa.table({"k": encoded}), ("k",)).tolist() == plain.tolist()
    assert len(set(plain.tolist())) == 5
    zero, minus, nan = (
        key_hash(pa.table({"k": pa.array([v])}), ("k",))[0] for v in (0.0, -0.0, float("nan"))
    )
    assert zero == minus != nan
    both = pa.table({"a": ["x", "y"], "b": ["y", "x"]})
    assert len(set(key_hash(both, ("a", "b")).tolist())) == 2


def test_buckets_are_even():
    """A hundred thousand running ids over 64 buckets: none holds 15 % more or less than its share."""
    for ids in (pa.array(range(100_000)), pa.array([f"e{i}" for i in range(100_000)])):
        share = np.bincount(key_hash(pa.table({"k": ids}), ("k",)) % np.uint64(64), minlength=64) / (
            100_000 / 64
        )
        assert 0.85 < share.min() <= share.max() < 1.15


def test_a_bucket_too_large_for_arrow_is_refused_with_advice(monkeypatch):
    """What cannot be held in one table is said before memory runs out."""
    monkeypatch.setattr(spark_parcels, "BUCKET_BYTES", 1 << 20)
    table = pa.table({"k": ["hot"] * 200_000, "v": pa.array(range(200_000))})
    outlet = spark_parcels.Outlet(spark_parcels.Port(0, ("k",), 4))
    sent = [*outlet.add(table), *outlet.flush()]
    with pytest.raises(SparkError, match=r"keyed by k outgrew .*'hot'.* one key alone"):
        list(spark_parcels.whole_bucket(sent, (table.schema,), lambda t: t, table.schema, ("k",)))


def test_what_is_missing_is_said(monkeypatch, tmp_path):
    """No such master, no Java, an old Java: each says where it looked and what to try."""
    with (
        pytest.raises(SparkError, match=r"'sprak://x' is no Spark master: write local\[2\]"),
        session("sprak://x"),
    ):
        pass
    monkeypatch.delenv("JAVA_HOME", raising=False)
    monkeypatch.setenv("PATH", str(tmp_path))
    with (
        pytest.raises(SparkError, match=r"No Java: JAVA_HOME is not set.*apt-get install"),
        session("local[1]"),
    ):
        pass
    java = tmp_path / "java"
    java.write_text("#!/bin/sh\necho 'openjdk version \"11.0.2\" 2019-01-15' >&2\n")
    java.chmod(java.stat().st_mode | stat.S_IXUSR)
    with pytest.raises(SparkError, match=r"java is Java 11\. Spark needs Java 17"), session("local[1]"):
        pass


@pytest.mark.slow
def test_features_by_hops_are_the_kernels_on_spark(spark, tmp_path):
    """A hop per key over files split by arrival: every declared feature of every distinct event, to the last bit."""
    n = 4_000
    at = np.arange(n)
    events = pa.table({
        "source": pa.array(["s"] * n).dictionary_encode(),
        "event_id": [f"e{i}" for i in at],
        "ts": pa.array(at * 7919 % 3_600 * 1_000_000, pa.timestamp("us", "UTC")),
        "session_id": pa.array([f"r{i % 7}" if i % 11 else None for i in at]).dictionary_encode(),
        "kind": pa.array([("like", "comment", "enter")[i % 3] for i in at]).dictionary_encode(),
        "actor_id": [f"a{i * i % 101}" if i % 13 else None for i in at],
        "device": [f"d{i % 17}" for i in at],
        "qty": pa.array(at % 9),
    })  # fmt: skip
    asked = (
        Feature("c", "count", ("session_id", "kind"), 600),
        Feature("d", "distinct", ("device",), 600, of="actor_id"),
        Feature("g", "gap_variance", ("actor_id",), 300, kinds=("like", "comment")),
    )
    files = [tmp_path / f"events{i}.parquet" for i in range(2)]
    for i, path in enumerate(files):
        part = pa.concat_tables([events.slice(i * 2_000, 2_000), events.slice(500, 50)]).unify_dictionaries()
        pq.write_table(part, path, row_group_size=700)
    there = windows(SparkRows.read(spark, files, events.schema, 3), asked).gather().sort_by("event_id")
    here = windows(Held(events), asked).gather().sort_by("event_id")
    assert there["event_id"].to_pylist() == here["event_id"].to_pylist()
    for feature in asked:
        found, wanted = (np.asarray(table[feature.name].to_numpy()) for table in (there, here))
        assert np.array_equal(found, wanted, equal_nan=True), feature.name
        assert len(np.unique(wanted)) > 5
