"""World-scoped work, written once and run anywhere: rows that share a key meet in one table.

A program over `Rows` names *what* must meet (the versions of one event, the rows of one order, the orders of one
buyer, the events of one session) and never *where*: `zhenbo.engines` holds the hosts (one process in memory, several
processes over folders larger than memory, Spark workers). Every key has a hop of its own, so nothing is ever counted
within a room because the rows happened to be split by room.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol, Self, TypeVar

import pyarrow as pa

Work = Callable[[pa.Table], pa.Table]
"""A pure step. It sees whole keys but any number of them at once, and its rows come in no promised order, so its answer
may depend on neither: it sorts what it must (`dataset.canonical_order`). It travels to other processes: a module-level
function, or a `functools.partial` of one."""

Meeting = Callable[[pa.Table, pa.Table], pa.Table]
"""A step over the rows of two sides that share keys; either side may be empty."""


class Rows(Protocol):
    """A table that may be larger than memory, or on other machines. Nothing need happen before `gather`.

    Strings may arrive plain where the schema says dictionary, never the reverse (`plain` and `shaped` settle it).
    """

    @property
    def schema(self) -> pa.Schema:
        """Of every batch."""
        ...

    def each(self, work: Work, schema: pa.Schema) -> Self:
        """The answer of `work` over every batch by itself; batches have any size."""
        ...

    def keyed(self, key: tuple[str, ...], work: Work, schema: pa.Schema) -> Self:
        """The answer of `work` over tables in which all rows of equal `key` columns stand together (null equals null)."""
        ...

    def meet(self, other: Self, key: tuple[str, ...], work: Meeting, schema: pa.Schema) -> Self:
        """As `keyed`, with the rows of the other side that have the same key beside them."""
        ...

    def plus(self, other: Self) -> Self:
        """The rows of both; the schemas are equal."""
        ...

    def gather(self) -> pa.Table:
        """Everything in one table, in no promised order; for answers, not for events."""
        ...


R = TypeVar("R", bound=Rows)
"""The host of a program: every table of one run is hosted alike."""


@dataclass(frozen=True)
class Held:
    """The simplest host: one table in memory, every step at once. What the other hosts must equal."""

    table: pa.Table

    @property
    def schema(self) -> pa.Schema:
        """Of the table."""
        return self.table.schema

    def each(self, work: Work, schema: pa.Schema) -> "Held":
        """The answer of `work` over the table."""
        return Held(shaped(work(self.table), schema))

    def keyed(self, key: tuple[str, ...], work: Work, schema: pa.Schema) -> "Held":  # noqa: ARG002 - all keys are here
        """The answer of `work` over the table: all rows of every key are in it."""
        return self.each(work, schema)

    def meet(self, other: "Held", key: tuple[str, ...], work: Meeting, schema: pa.Schema) -> "Held":  # noqa: ARG002 - all keys are here
        """The answer of `work` over both tables."""
        return Held(shaped(work(self.table, other.table), schema))

    def plus(self, other: "Held") -> "Held":
        """Both, one after the other."""
        return Held(joined([self.table, other.table]))

    def gather(self) -> pa.Table:
        """The table."""
        return self.table


def shaped(table: pa.Table, schema: pa.Schema) -> pa.Table:
    """The columns of a schema in its types; plain strings become dictionaries where the schema says so.

    Raises:
        KeyError: when a column of the schema is missing.
    """
    if table.schema.equals(schema):
        return table
    return pa.Table.from_arrays([_as(table[f.name], f.type) for f in schema], schema=schema)


def joined(tables: list[pa.Table]) -> pa.Table:
    """Tables of one schema, one after the other, with one dictionary per column."""
    return pa.concat_tables(tables).unify_dictionaries()


def plain(column: pa.ChunkedArray) -> pa.ChunkedArray:
    """A string column without its dictionary."""
    return column.cast(pa.string())


def is_text(kind: pa.DataType) -> bool:
    """Whether a type holds strings or bytes, of either width."""
    return bool(
        pa.types.is_string(kind)
        or pa.types.is_large_string(kind)
        or pa.types.is_binary(kind)
        or pa.types.is_large_binary(kind)
    )


def _as(column: pa.ChunkedArray, to: pa.DataType) -> pa.ChunkedArray:
    if column.type.equals(to):
        return column
    if pa.types.is_dictionary(to) and not pa.types.is_dictionary(column.type):
        return column.dictionary_encode().unify_dictionaries().cast(to)
    return column.cast(to)
