"""A host that tears everything apart: batches of random size in random order, keys in random buckets, plain strings."""

# ruff: noqa: TID251 - tears at random, from a seeded stream

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from itertools import pairwise

import numpy as np
import pyarrow as pa

from zhenbo.core.rows import joined, shaped


@dataclass(frozen=True)
class Torn:
    """Batches of a table, torn anew at every step by a random stream of its own."""

    batches: list[pa.Table]
    schema: pa.Schema
    rng: np.random.Generator

    @classmethod
    def of(cls, table: pa.Table, rng: np.random.Generator) -> "Torn":
        """A table in shreds."""
        table = shaped(table, table.schema).take(pa.array(rng.permutation(table.num_rows)))
        cuts = np.sort(rng.integers(0, table.num_rows + 1, 5)).tolist()
        ends = [0, *cuts, table.num_rows]
        return cls([table.slice(a, b - a) for a, b in pairwise(ends)], table.schema, rng)

    @cached_property
    def whole(self) -> pa.Table:
        """All batches in one table, dictionaries dropped as Spark drops them."""
        return joined([shaped(b, _plain(self.schema)) for b in self.batches])

    def each(self, work: Callable, schema: pa.Schema) -> "Torn":
        """Batch by batch."""
        done = [shaped(work(b), schema) for b in self.batches]
        return Torn.of(joined(done), self.rng)

    def keyed(self, key: tuple[str, ...], work: Callable, schema: pa.Schema) -> "Torn":
        """Bucket by bucket; every key has one."""
        parts = _dealt([self.whole], key, self.rng)
        return Torn.of(joined([shaped(work(mine), schema) for (mine,) in parts]), self.rng)

    def meet(self, other: "Torn", key: tuple[str, ...], work: Callable, schema: pa.Schema) -> "Torn":
        """Bucket by bucket, both sides."""
        parts = _dealt([self.whole, other.whole], key, self.rng)
        return Torn.of(joined([shaped(work(a, b), schema) for a, b in parts]), self.rng)

    def plus(self, other: "Torn") -> "Torn":
        """The batches of both."""
        return Torn([*self.batches, *other.batches], self.schema, self.rng)

    def gather(self) -> pa.Table:
        """All batches."""
        return self.whole


def _plain(schema: pa.Schema) -> pa.Schema:
    return pa.schema([(f.name, pa.string() if pa.types.is_dictionary(f.type) else f.type) for f in schema])


def _dealt(tables: list[pa.Table], key: tuple[str, ...], rng: np.random.Generator) -> list[list[pa.Table]]:
    """Each key to one of a few buckets, at random."""
    bucket: dict[tuple, int] = {}
    dealt = []
    for table in tables:
        rows = zip(*(table[name].to_pylist() for name in key), strict=True)
        dealt.append(np.array([bucket.setdefault(row, int(rng.integers(0, 4))) for row in rows], dtype=int))
    return [[t.filter(pa.array(d == b)) for t, d in zip(tables, dealt, strict=True)] for b in range(4)]
