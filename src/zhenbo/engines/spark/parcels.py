"""What runs in Spark's Python workers: files and parcels in, steps over tables, parcels out.

A parcel is the part of a table that goes to one bucket, as an Arrow stream in a binary column. Workers import this
module by name, so what a step caches at module level (compiled kernels, baselines) stays warm from task to task.
"""

from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from zhenbo import __version__
from zhenbo.core.errors import ZhenboError
from zhenbo.core.rows import Work, joined, shaped
from zhenbo.engines.keys import key_hash

PARCELS = pa.schema([
    ("port", pa.int32()), ("bucket", pa.int32()), ("side", pa.int32()), ("rows", pa.binary()),
])  # fmt: skip
"""What Spark sees: the port by which a parcel left its stage, the bucket and the side it goes to, and an Arrow stream."""
BUCKET_BYTES = 2**31 - 1
"""What one bucket may hold: a string column of more overflows Arrow's 32-bit offsets."""
DEAL_BYTES = 48 << 20
"""Rows are gathered up to this size before they are split, so that parcels of many buckets stay worth their headers."""
READ_ROWS = 1 << 16


class SparkError(ZhenboError):
    """Spark is missing, cannot be reached, or gave up."""


@dataclass(frozen=True)
class Port:
    """Where rows leave a stage.

    Args:
        number: of the port within its stage.
        key: by which they are split; None where they are the answer.
        buckets: parts they are split into.
        side: of the meeting they go to.
    """

    number: int
    key: tuple[str, ...] | None = None
    buckets: int = 1
    side: int = 0


@dataclass(frozen=True)
class Branch:
    """What becomes of a table within a stage: it leaves by ports, and further steps make other tables of it.

    Args:
        schema: of the table.
        ports: by which it leaves.
        onward: the steps over it, each with what becomes of its answer.
    """

    schema: pa.Schema
    ports: tuple[Port, ...] = ()
    onward: tuple[tuple[Work, "Branch"], ...] = ()


def stage(
    batches: Iterable[pa.RecordBatch], inlet: Any, branch: Branch, version: str
) -> Iterator[pa.RecordBatch]:
    """One call of a worker: from files or parcels to whole tables, through every step that needs no other rows, to parcels."""
    if version != __version__:
        raise SparkError(
            f"The driver runs zhenbo {version}, a worker {__version__}: install the same version on every machine."
        )
    outlets = {port.number: Outlet(port) for port in _ports(branch)}
    for table in inlet(batches):
        for port, rows in _leaving(table, branch):
            yield from outlets[port.number].add(rows)
    for outlet in outlets.values():
        yield from outlet.flush()


def _ports(branch: Branch) -> Iterator[Port]:
    yield from branch.ports
    for _, further in branch.onward:
        yield from _ports(further)


def _leaving(table: pa.Table, branch: Branch) -> Iterator[tuple[Port, pa.Table]]:
    if table.num_rows:
        for port in branch.ports:
            yield port, table
        for work, further in branch.onward:
            yield from _leaving(shaped(work(table), further.schema), further)


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


class Outlet:
    """Gathers the rows that leave by a port until there are enough to be sent.

    Args:
        port: where they leave.
    """

    def __init__(self, port: Port) -> None:
        self.port = port
        self.held: list[pa.Table] = []
        self.size = 0

    def add(self, table: pa.Table) -> Iterator[pa.RecordBatch]:
        """Take rows; parcels of those held, once they are many."""
        self.held.append(table)
        self.size += table.nbytes
        if self.size >= DEAL_BYTES:
            yield from self.flush()

    def flush(self) -> Iterator[pa.RecordBatch]:
        """Parcels of the rows held."""
        if self.held:
            table = joined(self.held).combine_chunks()
            self.held, self.size = [], 0
            yield packed(_split(table, self.port), self.port)


def _split(table: pa.Table, port: Port) -> list[tuple[int, pa.Table]]:
    if port.key is None or port.buckets == 1:
        return [(0, unfolded(table))]
    at = (key_hash(table, port.key) % np.uint64(port.buckets)).astype(np.int32)
    order = np.argsort(at, kind="stable")
    bounds = np.flatnonzero(np.diff(at[order], prepend=-1, append=-1))
    rows = unfolded(table).take(pa.array(order))
    return [(int(at[order[a]]), rows.slice(a, b - a)) for a, b in pairwise(bounds)]


def unfolded(table: pa.Table) -> pa.Table:
    """Dictionaries become what they stand for: every parcel would carry the whole of them."""
    columns = [
        column.cast(column.type.value_type) if pa.types.is_dictionary(column.type) else column
        for column in table.columns
    ]
    return pa.table(columns, names=table.column_names)


def packed(parts: list[tuple[int, pa.Table]], port: Port) -> pa.RecordBatch:
    """Parts of a table as parcels, written into one buffer.

    Args:
        parts: bucket and rows of each.
        port: by which they leave.
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
        pa.array([port.number] * len(parts), pa.int32()),
        pa.array([bucket for bucket, _ in parts], pa.int32()),
        pa.array([port.side] * len(parts), pa.int32()),
        pa.Array.from_buffers(pa.binary(), len(parts), [None, offsets, sink.getvalue()]),
    ]
    return pa.RecordBatch.from_arrays(columns, schema=PARCELS)
