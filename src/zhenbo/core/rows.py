"""World-scoped work, written once and run anywhere: rows that share a key meet in one table.

A program over `Rows` names *what* must meet (the versions of one event, the rows of one order, the orders of one
buyer, the events of one session) and never *where*: `zhenbo.engines` holds the hosts (one process in memory, several
processes over folders larger than memory, Spark workers). Every key has a hop of its own, so nothing is ever counted
within a room because the rows happened to be split by room.
"""

from collections.abc import Callable
from typing import Protocol, Self

import pyarrow as pa

Work = Callable[[pa.Table], pa.Table]
"""A pure step. It sees whole keys but any number of them at once, and its rows come in no promised order, so its answer
may depend on neither: it sorts what it must (`dataset.canonical_order`). It travels to other processes: a module-level
function, or a `functools.partial` of one."""

Meeting = Callable[[pa.Table, pa.Table], pa.Table]
"""A step over the rows of two sides that share keys; either side may be empty."""


class Rows(Protocol):
    """A table that may be larger than memory, or on other machines. Nothing happens before `gather`.

    Args:
        schema: of every batch. Strings may arrive plain where the schema says dictionary, never the reverse.
    """

    schema: pa.Schema

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
