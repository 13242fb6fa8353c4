"""The embedded host: a program over `Rows` as stages of tasks over files.

Everything between two hops runs in the task that reads: a bucket is put together once, and all that the program wants
of it is computed and split from there.
"""

import shutil
from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path

import pyarrow as pa

from zhenbo.core.rows import Meeting, Work, joined, shaped
from zhenbo.engines.embedded.runner import Runner, Task
from zhenbo.engines.embedded.spill import read_buckets, read_table, write_split, write_table

FILE_ROWS = 250_000
"""Rows that a task over files takes on, if they are so many."""
TASK_BYTES = 8 << 20
"""Bytes on disk of the buckets that a task takes on, unless one alone is larger: some 250,000 events."""


@dataclass(frozen=True, eq=False)
class _Files:
    schema: pa.Schema
    paths: tuple[Path, ...]
    rows: tuple[int, ...]


@dataclass(frozen=True, eq=False)
class _Each:
    schema: pa.Schema
    of: "_Node"
    work: Work


@dataclass(frozen=True, eq=False)
class _Both:
    schema: pa.Schema
    sides: tuple["_Node", "_Node"]


@dataclass(frozen=True, eq=False)
class _Met:
    schema: pa.Schema
    sides: tuple["_Node", ...]
    key: tuple[str, ...]
    work: Meeting | Work


_Node = _Files | _Each | _Both | _Met
_Base = _Files | _Met


@dataclass
class Host:
    """Where tables are, and who works on them.

    Args:
        folder: for what lies between two stages.
        runner: does the tasks.
        buckets: parts a table is split into at every hop; the same for a resumed run.
    """

    folder: Path
    runner: Runner
    buckets: int
    gathered: int = field(default=0, init=False)

    def files(self, paths: Sequence[Path], rows: Sequence[int], schema: pa.Schema) -> "Spilled":
        """Tables written by `spill.write_table`, with the rows of each."""
        return Spilled(self, _Files(schema, tuple(paths), tuple(rows)))

    def gather(self, root: _Node) -> pa.Table:
        """Run all stages; the work of a stage is removed as soon as the next one has used it."""
        folder = self.folder / f"gather-{self.gathered}"
        self.gathered += 1
        plan = _Plan.of(root, folder, self.buckets)
        for number, base in enumerate(plan.bases):
            place = folder / f"{number:02}"
            if not (place / "stage.done").exists():
                last = any(s.to is None for s in plan.sinks[number])
                for side in range(len(plan.sinks[number])):
                    (place / str(side)).mkdir(parents=True, exist_ok=True)
                self.runner.run(place, plan.tasks(number), _doing(base, last=last), _counted)
                (place / "stage.done").write_bytes(b"")
            for spent in plan.read_by(number):
                shutil.rmtree(spent, ignore_errors=True)
        return plan.answer(root.schema)


def _doing(base: _Base, *, last: bool) -> str:
    """A stage as its progress calls it."""
    if isinstance(base, _Files):
        return "dividing"
    return f"{'answering' if last else 'joining'} by {', '.join(base.key)}"


def _counted(answer: bytes) -> int:
    return int(answer or b"0")


@dataclass(frozen=True)
class Spilled:
    """`Rows` of the embedded host: nothing happens before `gather`."""

    host: Host
    node: _Node

    @property
    def schema(self) -> pa.Schema:
        """Of every batch."""
        return self.node.schema

    def each(self, work: Work, schema: pa.Schema) -> "Spilled":
        """See `Rows.each`."""
        return Spilled(self.host, _Each(schema, self.node, work))

    def keyed(self, key: tuple[str, ...], work: Work, schema: pa.Schema) -> "Spilled":
        """See `Rows.keyed`."""
        return Spilled(self.host, _Met(schema, (self.node,), key, work))

    def meet(self, other: "Spilled", key: tuple[str, ...], work: Meeting, schema: pa.Schema) -> "Spilled":
        """See `Rows.meet`."""
        return Spilled(self.host, _Met(schema, (self.node, other.node), key, work))

    def plus(self, other: "Spilled") -> "Spilled":
        """See `Rows.plus`."""
        return Spilled(self.host, _Both(self.schema, (self.node, other.node)))

    def gather(self) -> pa.Table:
        """See `Rows.gather`."""
        return self.host.gather(self.node)


@dataclass(frozen=True)
class _Sink:
    """What is wanted of a base: the rows of `node`, split for side `side` of base `to`, or kept whole as the answer."""

    node: _Node
    to: int | None
    side: int


@dataclass(frozen=True)
class _Plan:
    """Bases in the order they are worked on, and what is wanted of each."""

    folder: Path
    buckets: int
    bases: tuple[_Base, ...]
    sinks: tuple[tuple[_Sink, ...], ...]

    @classmethod
    def of(cls, root: _Node, folder: Path, buckets: int) -> "_Plan":
        bases: list[_Base] = []
        _order(root, bases, set())
        wanted: list[tuple[_Node, int | None, int]] = [(root, None, 0)]
        for number, base in enumerate(bases):
            if isinstance(base, _Met):
                wanted += [(node, number, side) for side, node in enumerate(base.sides)]
        sinks = tuple(tuple(_Sink(*want) for want in wanted if base in _bases_of(want[0])) for base in bases)
        return cls(folder, buckets, tuple(bases), sinks)

    def tasks(self, number: int) -> list[Task]:
        """The tasks of a base."""
        base = self.bases[number]
        if isinstance(base, _Met):
            share = (
                sum(p.stat().st_size for sent in self.read_by(number) for p in sent.iterdir()) / self.buckets
            )
            step = min(max(int(TASK_BYTES / max(share, 1)), 1), self.buckets)
            runs = [range(b, min(b + step, self.buckets)) for b in range(0, self.buckets, step)]
            return [Task(f"{r.start:05}", partial(_do_buckets, self, number, r), len(r)) for r in runs]
        groups: list[list[int]] = [[]]
        held = 0
        for i, rows in enumerate(base.rows):
            if held and held + rows > FILE_ROWS:
                groups.append([])
                held = 0
            groups[-1].append(i)
            held += rows
        return [
            Task(f"{t:05}", partial(_do_files, self, number, t, tuple(group)))
            for t, group in enumerate(groups)
        ]

    def sent(self, to: int, side: int) -> list[Path]:
        """Folders of what was split for a side of a base."""
        return [
            self.folder / f"{number:02}" / str(place)
            for number, sinks in enumerate(self.sinks)
            for place, sink in enumerate(sinks)
            if (sink.to, sink.side) == (to, side)
        ]

    def read_by(self, number: int) -> list[Path]:
        """Everything that only this base reads."""
        base = self.bases[number]
        sides = len(base.sides) if isinstance(base, _Met) else 0
        return [path for side in range(sides) for path in self.sent(number, side)]

    def answer(self, schema: pa.Schema) -> pa.Table:
        """What was kept as the answer."""
        parts = [
            read_table(path)
            for number, sinks in enumerate(self.sinks)
            for place, sink in enumerate(sinks)
            if sink.to is None
            for path in sorted((self.folder / f"{number:02}" / str(place)).glob("*.arrow"))
        ]
        return joined([schema.empty_table(), *parts])

    def leave(self, number: int, task: str, tables: Sequence[pa.Table]) -> bytes:
        """Write what is wanted of rows of a base, sink after sink; the answer is the number of rows kept for good."""
        kept = 0
        wanted = [_Wanted(self.bases[number], table) for table in tables]
        for place, sink in enumerate(self.sinks[number]):
            made = [t for w in wanted if (t := w.rows(sink.node)) is not None and t.num_rows]
            if not made:
                continue
            path = self.folder / f"{number:02}" / str(place) / f"{task}.arrow"
            if sink.to is None:
                kept += sum(t.num_rows for t in made)
                write_table(path, joined(made))
            else:
                target = self.bases[sink.to]
                assert isinstance(target, _Met)
                write_split(path, made, target.key, self.buckets)
        return str(kept).encode()


def _order(node: _Node, bases: list[_Base], seen: set[_Node]) -> None:
    """Bases under a node, each after those it needs."""
    if node in seen:
        return
    seen.add(node)
    if isinstance(node, _Each):
        _order(node.of, bases, seen)
    elif not isinstance(node, _Files):
        for side in node.sides:
            _order(side, bases, seen)
    if isinstance(node, _Files | _Met):
        bases.append(node)


def _bases_of(node: _Node) -> set[_Base]:
    """The bases whose rows a node is made of."""
    if isinstance(node, _Each):
        return _bases_of(node.of)
    if isinstance(node, _Both):
        return _bases_of(node.sides[0]) | _bases_of(node.sides[1])
    return {node}


def _do_files(plan: _Plan, number: int, task: int, files: tuple[int, ...]) -> bytes:
    base = plan.bases[number]
    assert isinstance(base, _Files)
    tables = [shaped(read_table(base.paths[i]), base.schema) for i in files]
    return plan.leave(number, f"{task:05}", tables)


def _do_buckets(plan: _Plan, number: int, run: range) -> bytes:
    base = plan.bases[number]
    assert isinstance(base, _Met)
    sides = []
    for side, node in enumerate(base.sides):
        paths = [path for sent in plan.sent(number, side) for path in sorted(sent.glob("*.arrow"))]
        sides.append(read_buckets(paths, run, node.schema))
    table = shaped(base.work(*sides), base.schema)
    del sides
    return plan.leave(number, f"{run.start:05}", [table])


class _Wanted:
    """What the nodes over a base make of one table of it, each made once."""

    def __init__(self, base: _Base, table: pa.Table) -> None:
        self._known: dict[_Node, pa.Table | None] = {base: table}

    def rows(self, node: _Node) -> pa.Table | None:
        """The rows of a node that come of the table; None where the node is made of other bases only."""
        if node not in self._known:
            self._known[node] = self._made(node)
        return self._known[node]

    def _made(self, node: _Node) -> pa.Table | None:
        if isinstance(node, _Each):
            of = self.rows(node.of)
            return None if of is None else shaped(node.work(of), node.schema)
        if isinstance(node, _Both):
            parts = [shaped(t, node.schema) for side in node.sides if (t := self.rows(side)) is not None]
            return joined(parts) if parts else None
        return None
