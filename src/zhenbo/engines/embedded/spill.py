"""Tables on disk: Arrow files, compressed, whole or absent; one record batch per bucket where a table is split by key."""

import os
from collections.abc import Iterable
from itertools import pairwise
from pathlib import Path

import numpy as np
import pyarrow as pa

from zhenbo.core.errors import ZhenboError
from zhenbo.core.rows import joined, shaped
from zhenbo.engines.keys import key_hash

_OPTIONS = pa.ipc.IpcWriteOptions(compression="zstd")  # half of lz4's bytes at the same CPU time (measured)


def write_whole(path: Path, body: bytes) -> None:
    """Write beside, then rename: nobody ever sees half a file, and a killed process leaves none."""
    beside = path.with_name(f".{path.name}.{os.getpid()}")
    beside.write_bytes(body)
    beside.replace(path)


def write_table(path: Path, table: pa.Table) -> None:
    """A table as one file."""
    table = table.unify_dictionaries().combine_chunks()
    if table.get_total_buffer_size() > 1.2 * table.nbytes:
        table = table.take(
            pa.array(np.arange(table.num_rows))
        )  # a slice would be written with its neighbours' bytes
    _write(path, table.schema, table.to_batches())


def read_table(path: Path) -> pa.Table:
    """A table written by `write_table`."""
    with pa.memory_map(str(path)) as source:
        return pa.ipc.open_file(source).read_all()


def write_split(path: Path, tables: list[pa.Table], key: tuple[str, ...], buckets: int) -> None:
    """The rows of tables of one schema, not all empty, split by key: record batch `b` of the file is bucket `b`."""
    table = joined(tables).combine_chunks()
    bucket = (key_hash(table, key) % np.uint64(buckets)).astype(np.int64)
    order = np.argsort(bucket, kind="stable")
    ends = np.searchsorted(bucket[order], np.arange(buckets + 1)).tolist()
    # taken one by one, for the same reason
    (batch,) = table.to_batches()
    _write(path, table.schema, (batch.take(pa.array(order[a:b])) for a, b in pairwise(ends)))


def read_buckets(paths: Iterable[Path], buckets: range, schema: pa.Schema) -> pa.Table:
    """Some buckets of every file, in one piece.

    Raises:
        ZhenboError: when it is too large to stand in one table.
    """
    parts = []
    for path in paths:
        with pa.memory_map(str(path)) as source:
            file = pa.ipc.open_file(source)
            batches = [b for b in map(file.get_batch, buckets) if b.num_rows]
        if batches:
            parts.append(shaped(pa.Table.from_batches(batches), schema))
    if not parts:
        return schema.empty_table()
    try:
        return joined(parts).combine_chunks()
    except pa.ArrowInvalid as error:
        rows = sum(p.num_rows for p in parts)
        raise ZhenboError(
            f"{rows:,} rows that must meet are too large for one table ({error}). A single session or order of that "
            "size cannot be audited; split the record by time."
        ) from error


def _write(path: Path, schema: pa.Schema, batches: Iterable[pa.RecordBatch]) -> None:
    beside = path.with_name(f".{path.name}.{os.getpid()}")
    with pa.OSFile(str(beside), "wb") as sink, pa.ipc.new_file(sink, schema, options=_OPTIONS) as out:
        for batch in batches:
            out.write_batch(batch)
    beside.replace(path)
