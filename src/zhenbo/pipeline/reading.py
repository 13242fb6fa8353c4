"""What `intake.load` reads into one dataset, read part by part into files: for folders larger than memory.

Canonical events are read by blocks (Parquet by row groups, several at a time); every other file, raw sources among them,
is read whole by one process, as `load` does, so one such file must fit in memory. What is rejected, and why, is the same.
"""

import hashlib
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import msgspec
import pyarrow as pa
import pyarrow.parquet as pq

from zhenbo.core.errors import Reject
from zhenbo.core.rows import joined
from zhenbo.core.schema import EVENTS
from zhenbo.core.session import Window
from zhenbo.engines.embedded import Progress, Runner
from zhenbo.engines.embedded.runner import Task
from zhenbo.engines.embedded.spill import write_table
from zhenbo.intake import canonical
from zhenbo.intake.identity import Pseudonyms
from zhenbo.intake.load import (
    UNFORESEEN,
    Pile,
    digest_of,
    in_order,
    one_file,
    unknown,
    unreadable,
    walk,
    windows_of,
)
from zhenbo.intake.recognise import recognise
from zhenbo.intake.typed import Typed, typed_table
from zhenbo.pipeline.once import MARKS, marked

PART_ROWS = 500_000
"""Rows of a Parquet file that one task reads, unless a row group holds more."""
FILE_ROWS = 250_000
"""Rows of a file written: what one step over a batch holds in memory."""


@dataclass(frozen=True)
class Part:
    """A file, or row groups of one, to be read by one task.

    Args:
        label: of the file, as the report uses it.
        path: the file.
        digest: of its content.
        weight: bytes on disk.
        groups: first row group and the one after the last; None for the whole file.
        before: rows of the file before them.
    """

    label: str
    path: Path
    digest: str
    weight: int
    groups: tuple[int, int] | None = None
    before: int = 0


class Wrote(msgspec.Struct, frozen=True):
    """What a part gave: files (with their rows) by table, and what cannot be a table."""

    tables: dict[str, list[tuple[str, int]]] = {}
    rejects: list[Reject] = []
    unknown: list[Reject] = []
    windows: dict[str, list[Window]] = {}
    broken: bool = False


@dataclass(frozen=True)
class Read:
    """Everything that was read.

    Args:
        tables: files with their rows: `events`, `marks` (`once.MARKS` of the events), `accounts`, `metrics`, `products`.
        windows: declared honest causes by session.
        unused: rows and files that could not be used, as `Loaded.unused`.
    """

    tables: dict[str, list[tuple[Path, int]]]
    windows: dict[str, tuple[Window, ...]]
    unused: list[Reject]

    @property
    def events(self) -> int:
        """Rows read, repeats among them."""
        return sum(rows for _, rows in self.tables.get("events", []))


def parts(paths: Sequence[Path], report: Callable[[Progress], None] = lambda _: None) -> list[Part]:
    """What there is to read, files of equal content once; the digests take one pass over all bytes."""
    found = list(walk(paths))
    total, done = sum(path.stat().st_size for _, path in found), 0
    seen: set[str] = set()
    made: list[Part] = []
    for label, path in found:
        digest = digest_of(path)
        if digest not in seen:
            seen.add(digest)
            made += _parts(label, path, digest)
        done += path.stat().st_size
        report(Progress("looking through", done, total, len(made)))
    return made


def digest(found: Iterable[Part]) -> str:
    """Of all that is read: names and contents."""
    return hashlib.sha256("\n".join(f"{p.label}\t{p.digest}" for p in found).encode()).hexdigest()


def _parts(label: str, path: Path, digest: str) -> list[Part]:
    size = path.stat().st_size
    whole = [Part(label, path, digest, size)]
    with path.open("rb") as stream:
        if stream.read(4) != b"PAR1":
            return whole
    try:
        with pq.ParquetFile(path) as file:
            told, splits = file.metadata, _splits(file)
    except UNFORESEEN:
        return whole
    if not splits:
        return whole
    made: list[Part] = []
    first = before = held = 0
    for group in range(told.num_row_groups):
        held += told.row_group(group).num_rows
        if held >= PART_ROWS or group == told.num_row_groups - 1:
            share = size * held // max(told.num_rows, 1)
            made.append(Part(label, path, digest, share, (first, group + 1), before))
            first, before, held = group + 1, before + held, 0
    return made or whole


def _splits(file: pq.ParquetFile) -> bool:
    """Whether row groups can be read apart: canonical events in their own types, every one with an id of its own.

    Ids made for rows without one count equal rows of the whole file.
    """
    schema = file.schema_arrow
    if not {"event_id", "kind", "ts", "session_id"} <= set(schema.names):
        return False
    if not all(
        _alike(field.type, EVENTS.field(field.name).type) for field in schema if field.name in EVENTS.names
    ):
        return False
    place = [file.metadata.schema.column(i).path for i in range(len(file.metadata.schema))].index("event_id")
    for group in range(file.metadata.num_row_groups):
        told = file.metadata.row_group(group).column(place).statistics
        if (
            told is None
            or not told.has_null_count
            or told.null_count
            or not told.has_min_max
            or told.min == ""
        ):
            return False
    return True


def _alike(kind: pa.DataType, to: pa.DataType) -> bool:
    if pa.types.is_dictionary(kind):
        kind = kind.value_type
    if pa.types.is_dictionary(to):
        to = to.value_type
    if pa.types.is_string(to):
        return bool(pa.types.is_string(kind) or pa.types.is_large_string(kind))
    return bool(kind.equals(to))


def read(found: Sequence[Part], key: bytes, folder: Path, runner: Runner, suffix: str = "arrow") -> Read:
    """Read parts into files of a folder, `arrow` or `parquet`."""
    folder.mkdir(parents=True, exist_ok=True)
    tasks = [
        Task(f"{i:05}", partial(read_part, part, key, folder / f"{i:05}.{suffix}"), part.weight)
        for i, part in enumerate(found)
    ]
    answers = runner.run(folder, tasks, "reading", _events)
    wrote = [msgspec.json.decode(answer, type=Wrote) for answer in answers]
    broken = {part.path: w.rejects for part, w in zip(found, wrote, strict=True) if w.broken}
    tables: dict[str, list[tuple[Path, int]]] = {}
    windows: dict[str, list[Window]] = {}
    rejects = [reject for said in broken.values() for reject in said]
    strange: list[Reject] = []
    for part, w in zip(found, wrote, strict=True):
        if part.path in broken:  # a Parquet file that breaks off costs all its rows, however it was split
            continue
        rejects += w.rejects
        strange += w.unknown
        for name, files in w.tables.items():
            tables.setdefault(name, []).extend((folder / file, rows) for file, rows in files)
        for session, declared in w.windows.items():
            windows.setdefault(session, []).extend(declared)
    return Read(tables, windows_of(windows), [*in_order(rejects), *strange])


def _events(answer: bytes) -> int:
    return sum(rows for _, rows in msgspec.json.decode(answer, type=Wrote).tables.get("events", []))


def read_part(part: Part, key: bytes, place: Path) -> bytes:
    """Read one part and write its tables beside `place`; the answer is a `Wrote` as JSON."""
    made = (
        _by_blocks(part, _Out(place))
        if part.groups or _is_events(part.path)
        else _whole(part, key, _Out(place))
    )
    return msgspec.json.encode(made)


def _is_events(path: Path) -> bool:
    """Whether a file is canonical events; what cannot be told is left to the reader of whole files, which says why."""
    try:
        return recognise(path).what == "events"
    except UNFORESEEN:
        return False


def _whole(part: Part, key: bytes, out: "_Out") -> Wrote:
    pile = Pile()
    report = one_file(part.label, part.path, part.digest, Pseudonyms(key), pile)
    for table in pile.tables["events"]:
        out.events(table)
    out.flush()
    for other in ("accounts", "metrics", "products"):
        for table in pile.tables[other]:
            out.write(other, table)
    return Wrote(out.wrote, pile.rejects, unknown(report), pile.windows)


def _by_blocks(part: Part, out: "_Out") -> Wrote:
    rejects: list[Reject] = []
    blocks = _groups(part) if part.groups else _blocks(part.path)
    while True:
        try:  # reading only: a full disk is nothing the file is to blame for
            block = next(blocks, None)
        except UNFORESEEN as error:
            why = str(error).split("\n", maxsplit=1)[0][:160]
            broken_off = Reject(part.path.name, 0, "truncated_parquet", why)
            return Wrote(rejects=[broken_off if part.groups else unreadable(part.path, error)], broken=True)
        if block is None:
            break
        rejects += block.rejects
        out.events(block.table)
    out.flush()
    return Wrote(out.wrote, rejects)


def _blocks(path: Path) -> Iterator[Typed]:
    what = recognise(path)
    yield from canonical.blocks(path, what.what, what.detail)


def _groups(part: Part) -> Iterator[Typed]:
    assert part.groups is not None
    before = part.before
    with pq.ParquetFile(part.path) as file:
        for batch in file.iter_batches(FILE_ROWS, row_groups=range(*part.groups), use_threads=False):
            lines = range(before + 1, before + batch.num_rows + 1)
            yield typed_table(pa.Table.from_batches([batch]), "events", part.path.name, lines)
            before += batch.num_rows


class _Out:
    """Files of one part, named after `place`: events in files of about `FILE_ROWS`, with their marks beside."""

    def __init__(self, place: Path) -> None:
        self.place = place
        self.wrote: dict[str, list[tuple[str, int]]] = {}
        self._held: list[pa.Table] = []
        self._count: Counter[str] = Counter()

    def events(self, table: pa.Table) -> None:
        """Take events on; written when enough are held."""
        for start in range(0, table.num_rows, FILE_ROWS):
            self._held.append(table.slice(start, FILE_ROWS))
            if sum(t.num_rows for t in self._held) >= FILE_ROWS:
                self.flush()

    def flush(self) -> None:
        """Write the events held."""
        if self._held:
            table = joined(self._held)
            self._held.clear()
            self.write("events", table)
            self.write("marks", marked(table).cast(MARKS))

    def write(self, what: str, table: pa.Table) -> None:
        """One more file of a table."""
        if table.num_rows:
            file = self.place.with_stem(f"{what}-{self.place.stem}-{self._count[what]:03}")
            self._count[what] += 1
            if file.suffix == ".parquet":
                pq.write_table(table, file, compression="lz4")
            else:
                write_table(file, table)
            self.wrote.setdefault(what, []).append((file.name, table.num_rows))
