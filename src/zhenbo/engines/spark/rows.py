"""`Rows` on Spark: a program is kept as a plan and becomes Spark's when gathered."""

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial, reduce
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
    Branch,
    Port,
    SparkError,
    each_parcel,
    opened,
    packed,
    read_files,
    stage,
    unfolded,
    whole,
    whole_bucket,
)

SPARK_PARCELS = "port int, bucket int, side int, rows binary"
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

        plan = _Plan(self)
        try:
            batches = plan.answer().toArrow().to_batches()
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


def _buckets(spark: Any, rows: int) -> int:
    return max(int(spark.sparkContext.defaultParallelism), -(-rows // BUCKET_ROWS))


class _Plan:
    """One gathering as Spark's own plan.

    A stage is a source or a hop with every step up to the next hops: it runs once, whatever number of hops it sends to.

    Args:
        root: what is gathered.
    """

    def __init__(self, root: SparkRows) -> None:
        self.root = root
        self.readers: dict[SparkRows, list[tuple[SparkRows, int]]] = {}
        self.sent: dict[SparkRows | None, list[tuple[SparkRows, int]]] = {}
        self.ports: Counter[SparkRows] = Counter()
        self.stages: dict[SparkRows, Any] = {}
        nodes = _beneath(root)
        for rows in nodes:
            for side, parent in enumerate(rows.made.parents):
                self.readers.setdefault(parent, []).append((rows, side))
        sources = [rows for rows in nodes if isinstance(rows.made, _Read | _Held | _Met)]
        branches = {rows: self._branch(rows, rows) for rows in sources}
        for rows in sources:
            frame = self._input(rows).mapInArrow(
                partial(stage, inlet=_inlet(rows), branch=branches[rows], version=__version__), SPARK_PARCELS
            )
            self.stages[rows] = frame.persist() if self.ports[rows] > 1 else frame

    def answer(self) -> Any:
        """The parcels of the answer."""
        return self._arriving(None).select("rows")

    def forget(self) -> None:
        """Let go of what stages that send to several hops have kept."""
        for rows, frame in self.stages.items():
            if self.ports[rows] > 1:
                frame.unpersist()

    def _branch(self, source: SparkRows, rows: SparkRows) -> Branch:
        ports: list[Port] = []
        onward: list[tuple[Work, Branch]] = []

        def leaves(to: SparkRows | None, **how: Any) -> None:
            ports.append(Port(self.ports[source], **how))
            self.sent.setdefault(to, []).append((source, self.ports[source]))
            self.ports[source] += 1

        def read(node: SparkRows) -> None:
            if node is self.root:
                leaves(None)
            for reader, side in self.readers.get(node, []):
                match reader.made:
                    case _Each(_, work):
                        onward.append((work, self._branch(source, reader)))
                    case _Met(_, key, _):
                        leaves(reader, key=key, buckets=reader.buckets, side=side)
                    case _:
                        read(reader)

        read(rows)
        return Branch(rows.schema, tuple(ports), tuple(onward))

    def _arriving(self, hop: SparkRows | None) -> Any:
        """The parcels for a hop (None: of the answer), from every stage that sends some."""
        by_stage: dict[SparkRows, list[int]] = {}
        for source, port in self.sent[hop]:
            by_stage.setdefault(source, []).append(port)
        frames = [
            self.stages[source].where(self.stages[source].port.isin(ports))
            if len(ports) < self.ports[source]
            else self.stages[source]
            for source, ports in by_stage.items()
        ]
        return reduce(lambda one, other: one.union(other), frames)

    def _input(self, rows: SparkRows) -> Any:
        match rows.made:
            case _Read(splits):
                return rows.spark.range(0, len(splits), 1, max(len(splits), 1))
            case _Held(table):
                pieces = [table.slice(at, READ_ROWS) for at in range(0, table.num_rows, READ_ROWS)]
                parcels = [packed([(0, unfolded(piece))], Port(0)) for piece in pieces]
                return rows.spark.createDataFrame(pa.Table.from_batches(parcels, PARCELS), SPARK_PARCELS)
            case _:
                return self._arriving(rows).repartitionById(rows.buckets, "bucket")


def _beneath(root: SparkRows) -> list[SparkRows]:
    """All that rows are made of, each after what it is made of."""
    made: dict[SparkRows, None] = {}

    def visit(rows: SparkRows) -> None:
        if rows not in made:
            for parent in rows.made.parents:
                visit(parent)
            made[rows] = None

    visit(root)
    return list(made)


def _inlet(rows: SparkRows) -> Any:
    match rows.made:
        case _Read(splits):
            return partial(read_files, splits=splits, schema=rows.schema)
        case _Met(parents, key, work):
            schemas = tuple(parent.schema for parent in parents)
            return partial(whole_bucket, schemas=schemas, work=work, into=rows.schema, key=key)
        case _:
            return partial(each_parcel, schema=rows.schema)


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
