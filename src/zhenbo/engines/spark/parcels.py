"""What runs in Spark's Python workers: files and parcels in, steps over tables, parcels out.

A parcel is the part of a table that goes to one bucket, as an Arrow stream in a binary column. Workers import this
module by name, so what a step caches at module level (compiled kernels, baselines) stays warm from task to task.
"""

from collections import Counter
from collections.abc import Iterable, Iterator
from itertools import pairwise
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from zhenbo import __version__
from zhenbo.core.errors import ZhenboError
from zhenbo.core.rows import Work, joined, shaped
from zhenbo.engines.spark.keys import key_hash

PARCELS = pa.schema([("bucket", pa.int32()), ("side", pa.int32()), ("rows", pa.binary())])
"""What Spark sees: where a parcel goes, which side of a meeting it belongs to, and an Arrow stream."""
BUCKET_BYTES = 2**31 - 1
"""What one bucket may hold: a string column of more overflows Arrow's 32-bit offsets."""
DEAL_BYTES = 48 << 20
"""Rows are gathered up to this size before they are split, so that parcels of many buckets stay worth their headers."""
READ_ROWS = 1 << 16


class SparkError(ZhenboError):
    """Spark is missing, cannot be reached, or gave up."""


def stage(
    batches: Iterable[pa.RecordBatch],
    inlet: Any,
    steps: tuple[tuple[Work, pa.Schema], ...],
    outlet: Any,
    version: str,
) -> Iterator[pa.RecordBatch]:
    """One call of a worker: from parcels (or files) to tables, through the steps, to parcels."""
    if version != __version__:
        raise SparkError(
            f"The driver runs zhenbo {version}, a worker {__version__}: install the same version on every machine."
        )
    tables = inlet(batches)
    for work, schema in steps:
        tables = _stepped(tables, work, schema)
    yield from outlet(tables)


def _stepped(tables: Iterable[pa.Table], work: Work, schema: pa.Schema) -> Iterator[pa.Table]:
    for table in tables:
        made = shaped(work(table), schema)
        if made.num_rows:
            yield made


def opened(parcel: pa.Buffer) -> pa.Table:
    """The rows of a parcel."""
    with pa.ipc.open_stream(parcel) as stream:
        return stream.read_all()


def each_parcel(batches: Iterable[pa.RecordBatch], schema: pa.Schema) -> Iterator[pa.Table]:
    """Inlet: every parcel by itself."""
    for batch in batches:
        for rows in batch.column("rows"):
            yield whole([opened(rows.as_buffer())], schema)


def whole_bucket(
    batches: Iterable[pa.RecordBatch],
    schemas: tuple[pa.Schema, ...],
    work: Any,
    into: pa.Schema,
    key: tuple[str, ...],
) -> Iterator[pa.Table]:
    """Inlet: all parcels of a bucket as one table per side, through the step they meet for."""
    sides: tuple[dict[int, list[pa.Table]], ...] = tuple({} for _ in schemas)
    size: Counter[int] = Counter()
    for batch in batches:
        places = zip(
            batch.column("bucket").to_pylist(),
            batch.column("side").to_pylist(),
            batch.column("rows"),
            strict=True,
        )
        for bucket, side, rows in places:
            table = opened(rows.as_buffer())
            sides[side].setdefault(bucket, []).append(table)
            size[bucket] += table.nbytes
            if size[bucket] > BUCKET_BYTES:
                raise SparkError(_too_big(key, table, sum(t.num_rows for t in sides[side][bucket])))
    for bucket in sorted(size):
        tables = [whole(side.pop(bucket, []), schema) for side, schema in zip(sides, schemas, strict=True)]
        made = shaped(work(*tables), into)
        if made.num_rows:
            yield made


def _too_big(key: tuple[str, ...], table: pa.Table, rows: int) -> str:
    named = ", ".join(key)
    first = table.slice(0, 1).select(list(key)).to_pylist()
    return (
        f"One bucket of rows keyed by {named} outgrew {BUCKET_BYTES >> 20:,} MB ({rows:,} rows so far, {first} among them). "
        "More buckets help when many keys share it; one key alone of that size cannot be split: leave out the "
        "columns that the audit does not read, or split the record by time."
    )


def whole(tables: list[pa.Table], schema: pa.Schema) -> pa.Table:
    """Tables as one, of the schema and in one piece."""
    if not tables:
        return schema.empty_table()
    return joined([shaped(table, schema) for table in tables]).combine_chunks()


def read_files(
    batches: Iterable[pa.RecordBatch], splits: tuple[tuple[str, int], ...], schema: pa.Schema
) -> Iterator[pa.Table]:
    """Inlet: row groups of Parquet files, named by the numbers that arrive; absent columns are null."""
    for batch in batches:
        for number in batch.column(0).to_pylist():
            path, group = splits[number]
            try:
                with pq.ParquetFile(path) as file:
                    names = [name for name in schema.names if name in file.schema_arrow.names]
                    for part in file.iter_batches(
                        READ_ROWS, row_groups=[group], columns=names, use_threads=False
                    ):
                        yield _filled(pa.Table.from_batches([part]), schema)
            except (pa.ArrowException, OSError) as error:
                raise SparkError(
                    f"{path}, row group {group}, cannot be read on a worker: {error}. Every machine must see the "
                    "folder under the same path, and the file must be whole Parquet."
                ) from error


def _filled(table: pa.Table, schema: pa.Schema) -> pa.Table:
    for entry in schema:
        if entry.name not in table.column_names:
            table = table.append_column(entry, pa.nulls(table.num_rows, entry.type))
    return shaped(table, schema)


def dealt(
    tables: Iterable[pa.Table], key: tuple[str, ...], buckets: int, side: int
) -> Iterator[pa.RecordBatch]:
    """Outlet: rows split into parcels by the bucket of their key."""
    for table in _gathered(tables):
        at = (key_hash(table, key) % np.uint64(buckets)).astype(np.int32)
        order = np.argsort(at, kind="stable")
        bounds = np.flatnonzero(np.diff(at[order], prepend=-1, append=-1))
        sorted_rows = unfolded(table).take(pa.array(order))
        yield packed([(int(at[order[a]]), sorted_rows.slice(a, b - a)) for a, b in pairwise(bounds)], side)


def posted(tables: Iterable[pa.Table]) -> Iterator[pa.RecordBatch]:
    """Outlet: rows as they come, for the driver or to be kept."""
    for table in _gathered(tables):
        yield packed([(0, unfolded(table))], 0)


def _gathered(tables: Iterable[pa.Table]) -> Iterator[pa.Table]:
    held: list[pa.Table] = []
    size = 0
    for table in tables:
        held.append(table)
        size += table.nbytes
        if size >= DEAL_BYTES:
            yield joined(held).combine_chunks()
            held, size = [], 0
    if held:
        yield joined(held).combine_chunks()


def unfolded(table: pa.Table) -> pa.Table:
    """Dictionaries become what they stand for: every parcel would carry the whole of them."""
    columns = [
        column.cast(column.type.value_type) if pa.types.is_dictionary(column.type) else column
        for column in table.columns
    ]
    return pa.table(columns, names=table.column_names)


def packed(parts: list[tuple[int, pa.Table]], side: int) -> pa.RecordBatch:
    """Parts of a table as parcels, written into one buffer.

    Args:
        parts: bucket and rows of each.
        side: of a meeting.
    """
    options = pa.ipc.IpcWriteOptions(compression="lz4")
    sink = pa.BufferOutputStream()
    ends = [0]
    for _, part in parts:
        with pa.ipc.new_stream(sink, part.schema, options=options) as stream:
            stream.write_table(part)
        ends.append(sink.tell())
    offsets = pa.py_buffer(np.array(ends, dtype=np.int32))
    columns = [
        pa.array([bucket for bucket, _ in parts], pa.int32()),
        pa.array([side] * len(parts), pa.int32()),
        pa.Array.from_buffers(pa.binary(), len(parts), [None, offsets, sink.getvalue()]),
    ]
    return pa.RecordBatch.from_arrays(columns, schema=PARCELS)
