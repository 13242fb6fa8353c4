"""`Rows` on Spark: a program is kept as a plan and becomes Spark's when gathered."""

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any, Self

import pyarrow as pa
import pyarrow.parquet as pq

from zhenbo import __version__
from zhenbo.core.errors import ZhenboError
from zhenbo.core.rows import Meeting, Work
from zhenbo.engines.spark.parcels import (
    PARCELS,
    READ_ROWS,
    SparkError,
    dealt,
    each_parcel,
    opened,
    packed,
    posted,
    read_files,
    stage,
    unfolded,
    whole,
    whole_bucket,
)

SPARK_PARCELS = "bucket int, side int, rows binary"
BUCKET_ROWS = 400_000
"""Rows a bucket holds on average: some hundred megabytes of events, held by one worker at a time."""


@dataclass(frozen=True, eq=False)
class SparkRows:
    """`Rows` on Spark: a plan of steps, run when gathered.

    Args:
        schema: of the rows.
        spark: the session they run in.
        made: how the rows come to be.
        buckets: parts into which a hop splits them.
    """

    schema: pa.Schema
    spark: Any
    made: "_Made"
    buckets: int

    @classmethod
    def read(cls, spark: Any, files: Sequence[Path], schema: pa.Schema, buckets: int | None = None) -> Self:
        """Rows of Parquet files, read row group by row group on the workers.

        Args:
            spark: a session (`session`).
            files: seen under the same path by every machine; a column of the schema that one lacks is null there.
            schema: of the rows; other columns are not read.
            buckets: parts of a hop; by default as many as keep a part near `BUCKET_ROWS`.
        """
        splits: list[tuple[str, int]] = []
        rows = 0
        for path in files:
            footer = pq.read_metadata(path)
            splits += [(str(path.resolve()), group) for group in range(footer.num_row_groups)]
            rows += footer.num_rows
        return cls(schema, spark, _Read(tuple(splits)), buckets or _buckets(spark, rows))

    @classmethod
    def of(cls, spark: Any, table: pa.Table, buckets: int | None = None) -> Self:
        """Rows of a table that the driver holds, e.g. accounts."""
        return cls(table.schema, spark, _Held(table), buckets or _buckets(spark, table.num_rows))

    def each(self, work: Work, schema: pa.Schema) -> Self:
        """See `Rows.each`."""
        return type(self)(schema, self.spark, _Each(self, work), self.buckets)

    def keyed(self, key: tuple[str, ...], work: Work, schema: pa.Schema) -> Self:
        """See `Rows.keyed`."""
        return type(self)(schema, self.spark, _Met((self,), key, work), self.buckets)

    def meet(self, other: Self, key: tuple[str, ...], work: Meeting, schema: pa.Schema) -> Self:
        """See `Rows.meet`."""
        return type(self)(
            schema, self.spark, _Met((self, other), key, work), max(self.buckets, other.buckets)
        )

    def plus(self, other: Self) -> Self:
        """See `Rows.plus`."""
        return type(self)(self.schema, self.spark, _Both((self, other)), max(self.buckets, other.buckets))

    def gather(self) -> pa.Table:
        """See `Rows.gather`.

        Raises:
            SparkError: what a step or Spark said, and what to try.
        """
        from py4j.protocol import Py4JError
        from pyspark.errors import PySparkException

        plan = _Plan(self.spark, _shared(self))
        try:
            batches = plan.frame(self, (), posted).select("rows").toArrow().to_batches()
        except (PySparkException, Py4JError) as error:
            raise _explained(error) from error
        finally:
            plan.forget()
        return whole([opened(rows.as_buffer()) for batch in batches for rows in batch.column(0)], self.schema)


@dataclass(frozen=True, eq=False)
class _Read:
    splits: tuple[tuple[str, int], ...]
    parents: tuple[SparkRows, ...] = ()


@dataclass(frozen=True, eq=False)
class _Held:
    table: pa.Table
    parents: tuple[SparkRows, ...] = ()


@dataclass(frozen=True, eq=False)
class _Each:
    of: SparkRows
    work: Work

    @property
    def parents(self) -> tuple[SparkRows, ...]:
        return (self.of,)


@dataclass(frozen=True, eq=False)
class _Met:
    parents: tuple[SparkRows, ...]
    key: tuple[str, ...]
    work: Any


@dataclass(frozen=True, eq=False)
class _Both:
    parents: tuple[SparkRows, ...]


_Made = _Read | _Held | _Each | _Met | _Both
_Steps = tuple[tuple[Work, pa.Schema], ...]


def _buckets(spark: Any, rows: int) -> int:
    return max(int(spark.sparkContext.defaultParallelism), -(-rows // BUCKET_ROWS))


def _shared(root: SparkRows) -> set[SparkRows]:
    """What more than one step reads: made once and kept. Sources are read anew."""
    readers: Counter[SparkRows] = Counter()
    seen: set[SparkRows] = set()
    todo = [root]
    while todo:
        rows = todo.pop()
        if rows not in seen:
            seen.add(rows)
            readers.update(rows.made.parents)
            todo += rows.made.parents
    return {rows for rows, n in readers.items() if n > 1 and rows.made.parents}


class _Plan:
    """One gathering, as Spark's own plan.

    Args:
        spark: the session.
        shared: rows to make once and keep until the gathering ends.
    """

    def __init__(self, spark: Any, shared: set[SparkRows]) -> None:
        self.spark = spark
        self.shared = shared
        self.kept: dict[SparkRows, Any] = {}

    def frame(self, rows: SparkRows, steps: _Steps, outlet: Any) -> Any:
        """The parcels of rows, after further steps, as an outlet sends them."""
        if rows in self.shared:
            kept = self.kept.get(rows)
            if kept is None:
                kept = self.kept[rows] = self._made(rows, (), posted).persist()
            return self._run(kept, partial(each_parcel, schema=rows.schema), steps, outlet)
        return self._made(rows, steps, outlet)

    def _made(self, rows: SparkRows, steps: _Steps, outlet: Any) -> Any:
        match rows.made:
            case _Each(of, work):
                return self.frame(of, ((work, rows.schema), *steps), outlet)
            case _Both((one, other)):
                return self.frame(one, steps, outlet).union(self.frame(other, steps, outlet))
            case _Met(parents, key, work):
                sent = [
                    self.frame(parent, (), partial(dealt, key=key, buckets=rows.buckets, side=side))
                    for side, parent in enumerate(parents)
                ]
                hop = sent[0] if len(sent) == 1 else sent[0].union(sent[1])
                inlet = partial(
                    whole_bucket,
                    schemas=tuple(p.schema for p in parents),
                    work=work,
                    into=rows.schema,
                    key=key,
                )
                return self._run(hop.repartitionById(rows.buckets, "bucket"), inlet, steps, outlet)
            case _Held(table):
                return self._run(self._sent(table), partial(each_parcel, schema=rows.schema), steps, outlet)
            case _Read(splits):
                numbers = self.spark.range(0, len(splits), 1, max(len(splits), 1))
                return self._run(
                    numbers, partial(read_files, splits=splits, schema=rows.schema), steps, outlet
                )
        raise AssertionError(rows.made)

    def _run(self, frame: Any, inlet: Any, steps: _Steps, outlet: Any) -> Any:
        return frame.mapInArrow(
            partial(stage, inlet=inlet, steps=steps, outlet=outlet, version=__version__), SPARK_PARCELS
        )

    def _sent(self, table: pa.Table) -> Any:
        pieces = [table.slice(at, READ_ROWS) for at in range(0, table.num_rows, READ_ROWS)]
        parcels = [packed([(0, unfolded(piece))], 0) for piece in pieces]
        return self.spark.createDataFrame(pa.Table.from_batches(parcels, PARCELS), SPARK_PARCELS)

    def forget(self) -> None:
        """Let go of what was kept."""
        for frame in self.kept.values():
            frame.unpersist()


_SAID = re.compile(r"^zhenbo\.[\w.]+Error: (.+?)(?:\n\s*(?:SQLSTATE|at ).*)?\Z", re.MULTILINE | re.DOTALL)


def _explained(error: Exception) -> ZhenboError:
    """What went wrong, in our words where a step said it, else in Spark's last line."""
    text = str(error)
    said = _SAID.search(text)
    if said:
        return SparkError(said[1].strip())
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    return SparkError(
        f"Spark gave up: {(lines or [type(error).__name__])[-1][:400]} Its own log says more; the embedded engine (no "
        "--engine) gives the same answer on one machine."
    )
