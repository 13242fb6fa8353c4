"""The door: paths in, one distinct, typed and sorted record out, with a report of everything on the way."""

import hashlib
import tomllib
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import msgspec
import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from zhenbo.core.dataset import Dataset, canonical_order
from zhenbo.core.errors import Reject, ZhenboError
from zhenbo.core.schema import ACCOUNTS, EVENTS, PRODUCTS, SESSION_METRICS, Flag
from zhenbo.core.session import Window
from zhenbo.intake import canonical, convert, retail
from zhenbo.intake.apply import apply
from zhenbo.intake.coverage import SOURCE, coverage
from zhenbo.intake.distinct import distinct, distinct_rows
from zhenbo.intake.format import SNIFF, formats
from zhenbo.intake.identity import Pseudonyms
from zhenbo.intake.placing import placed
from zhenbo.intake.recognise import Recognised, recognise
from zhenbo.intake.report import FileReport, ImportReport

_TABLES = {"event": "events", "account": "accounts", "metric": "metrics", "product": "products"}
_SCHEMAS = {"events": EVENTS, "accounts": ACCOUNTS, "metrics": SESSION_METRICS, "products": PRODUCTS}
_UTC = convert.Clock("+00:00")
UNFORESEEN = (ValueError, TypeError, LookupError, ArithmeticError, RecursionError, OSError, pa.ArrowException)
"""What a reader may raise on a file nobody foresaw; it costs that file only."""


@dataclass
class Loaded:
    """What paths hold.

    Args:
        dataset: the canonical record.
        report: how it came to be.
        rejects: everything that could not be used, by file and line.
        people: the pseudonyms made (for an owner-only key map).
    """

    dataset: Dataset
    report: ImportReport
    rejects: list[Reject]
    people: Pseudonyms

    @property
    def unused(self) -> list[Reject]:
        """Every row and whole file that could not be used, files of no known source among them."""
        return [*self.rejects, *(reject for file in self.report.files for reject in unknown(file))]


@dataclass
class Pile:
    """Tables of files, side by side, with the windows and rejects found beside them."""

    tables: dict[str, list[pa.Table]] = field(default_factory=lambda: {name: [] for name in _SCHEMAS})
    windows: dict[str, list[Window]] = field(default_factory=dict)
    rejects: list[Reject] = field(default_factory=list)


def load(paths: Sequence[Path], key: bytes) -> Loaded:
    """Read files and folders of any known source.

    Args:
        paths: files or folders (walked); their order, and how canonical rows are split over files, change nothing.
        key: for pseudonyms of raw sources (`identity.load_key`).

    Raises:
        ZhenboError: when a path does not exist or cannot be opened.
    """
    people, pile, report = Pseudonyms(key), Pile(), ImportReport()
    seen: dict[str, str] = {}
    for label, path in walk(paths):
        digest = digest_of(path)
        if digest in seen:
            report.files.append(FileReport(file=label, digest=digest[:16], status="duplicate_file", notes=[f"same content as {seen[digest]}"]))  # fmt: skip
            continue
        seen[digest] = label
        report.files.append(one_file(label, path, digest, people, pile))
    dataset = _settled(pile, report)
    rejects = in_order(pile.rejects)
    _totals(report, dataset, rejects)
    return Loaded(dataset, report, rejects, people)


def walk(paths: Iterable[Path]) -> Iterator[tuple[str, Path]]:
    """Files with the label the report uses, each real file once, by label."""
    found: dict[Path, str] = {}
    for given in paths:
        path = Path(given)
        if path.is_dir():
            for inner in sorted(path.rglob("*")):
                hidden = any(part.startswith(".") for part in inner.relative_to(path).parts)
                if inner.is_file() and not hidden:
                    found.setdefault(inner.resolve(), inner.relative_to(path).as_posix())
        elif path.exists():
            found.setdefault(path.resolve(), path.name)
        else:
            raise ZhenboError(
                f"There is no file or folder {path}. Check the path; relative ones start at {Path.cwd()}."
            )
    for path, label in sorted(found.items(), key=lambda kv: (kv[1], str(kv[0]))):
        yield label, path


def digest_of(path: Path) -> str:
    """BLAKE2b of the content, and of what of the path counts as content."""
    try:
        with path.open("rb") as stream:
            head = stream.read(SNIFF)
            stream.seek(0)
            digest = hashlib.file_digest(stream, "blake2b")
    except OSError as error:
        raise ZhenboError(f"{path} cannot be read: {error}. Check its permissions.") from error
    for family in formats():
        if family.sniff(head):
            digest.update(family.place(path).encode())
    return digest.hexdigest()


def one_file(label: str, path: Path, digest: str, people: Pseudonyms, pile: Pile) -> FileReport:
    """One file; what no reader foresaw costs that file only, and is named."""
    try:
        return _file(label, path, digest, people, pile)
    except UNFORESEEN as error:
        pile.rejects.append(unreadable(path, error))
        return FileReport(file=label, digest=digest[:16], status="damaged", rejected={"unreadable": 1}, notes=["no reader could take this file; please report it"])  # fmt: skip


def unreadable(path: Path, error: Exception) -> Reject:
    """What is said of a file that no reader could take."""
    return Reject(path.name, 0, "unreadable", f"{type(error).__name__}: {error}"[:200])


def _file(label: str, path: Path, digest: str, people: Pseudonyms, pile: Pile) -> FileReport:
    """Read one file onto the pile."""
    entry = FileReport(file=label, digest=digest[:16], status="read")
    what = recognise(path)
    if what.what in {"unrecognised", "empty", "side"}:
        entry.status = what.what
        entry.notes = [what.detail] if what.detail else []
        if what.what == "empty":
            pile.rejects.append(Reject(path.name, 0, "empty_file"))
            entry.rejected = {"empty_file": 1}
        return entry
    if what.what == "truncated_parquet":
        entry.status, entry.rejected = "damaged", {"truncated_parquet": 1}
        pile.rejects.append(Reject(path.name, 0, "truncated_parquet", what.detail))
        return entry
    if what.what == "context":
        _context(path, entry, pile)
        return entry
    rejects = (
        _mapped(path, what, digest, entry, people, pile)
        if what.mapping
        else _retail(path, what, entry, people, pile)
        if what.what == "retail"
        else _canonical(path, what, entry, pile)
    )
    entry.rejected = dict(sorted(Counter(r.reason for r in rejects).items()))
    if entry.rows and not entry.mapped and set(entry.rejected) == {"truncated_parquet"}:
        entry.status = "damaged"
    pile.rejects.extend(rejects)
    return entry


def _mapped(
    path: Path, what: Recognised, digest: str, entry: FileReport, people: Pseudonyms, pile: Pile
) -> list[Reject]:
    assert what.mapping is not None
    assert what.format is not None
    mapping, family = what.mapping, what.format
    done = apply(mapping, lambda: family.read(path), digest, people)
    for name, table in done.tables.items():
        if table.num_rows:
            pile.tables[_TABLES[name]].append(table)
    entry.reader = mapping.source
    entry.rows, entry.mapped = done.read, done.mapped
    entry.unmapped = dict(sorted(done.unmapped.items()))
    entry.unknown = {f"{column}={value}": n for (column, value), n in sorted(done.unknown.items())}
    entry.notes, entry.lacks = list(mapping.notes), list(mapping.lacks)
    _describe(entry, done.tables["event"])
    return done.rejects


def _canonical(path: Path, what: Recognised, entry: FileReport, pile: Pile) -> list[Reject]:
    typed = canonical.read(path, what.what, what.detail)
    pile.tables[what.what].append(typed.table)
    entry.reader = f"canonical {what.what}"
    entry.rows, entry.mapped, entry.notes = typed.read, typed.table.num_rows, typed.notes
    if what.what == "events":
        _describe(entry, typed.table)
    return typed.rejects


def _retail(path: Path, what: Recognised, entry: FileReport, people: Pseudonyms, pile: Pile) -> list[Reject]:
    made = retail.read(path, what.detail, people)
    pile.tables["events"].append(made.table)
    entry.reader = retail.SOURCE
    entry.rows, entry.mapped, entry.notes = made.read, made.read - len(made.rejects), made.notes
    entry.lacks = ["session_id", "device", "ip", "pay", "addr", "logistics"]
    _describe(entry, made.table)
    return made.rejects


def _describe(entry: FileReport, events: pa.Table) -> None:
    """Share masked, share timed, span, and the plain words that follow from them."""
    if not events.num_rows:
        return
    entry.masked = _masked(events)
    entry.timed = round(1 - events["ts"].null_count / events.num_rows, 6)
    ends = pc.min_max(events["ts"].cast(pa.int64())).as_py()
    entry.first, entry.last = ends["min"], ends["max"]
    if entry.timed == 0:
        entry.notes.append("no times")
    if entry.masked is not None and entry.masked > 0.99:
        entry.notes.append("no user ids: everybody is masked")


def _masked(events: pa.Table) -> float | None:
    hidden = pc.not_equal(pc.bit_wise_and(events["flags"], Flag.MASKED.value), 0)
    shown = pc.is_valid(events["actor_id"])
    acting = pc.sum(pc.or_(hidden, shown)).as_py() or 0
    return round((pc.sum(hidden).as_py() or 0) / acting, 6) if acting else None


def _context(path: Path, entry: FileReport, pile: Pile) -> None:
    entry.reader = "canonical context"
    for number, body in enumerate(tomllib.loads(path.read_text(encoding="utf-8")).get("window", []), start=1):
        entry.rows += 1
        made = _window(body)
        if isinstance(made, str):
            pile.rejects.append(Reject(path.name, number, "bad_window", made))
            entry.rejected = {"bad_window": entry.rejected.get("bad_window", 0) + 1}
        else:
            entry.mapped += 1
            pile.windows.setdefault(made[0], []).append(made[1])


def _window(body: Any) -> tuple[str, Window] | str:
    """A declared window with its session, or what is wrong with it."""
    if not isinstance(body, dict) or not isinstance(body.get("session_id"), str | int):
        return "a window needs session_id, kind, from and to"
    ends = [convert.time_of(body.get(name, ""), _UTC) for name in ("from", "to")]
    start, end = ends
    if not isinstance(start, int) or not isinstance(end, int) or end < start:
        return f"from {body.get('from')!s} to {body.get('to')!s} is no span of time"
    spend = body.get("spend")
    if spend is not None and (not isinstance(spend, int) or spend < 0):
        return f"spend {spend!r} is not whole minor units"
    proof = body.get("proof")
    window = Window(str(body.get("kind", "")), start, end, spend, None if proof is None else str(proof))
    return str(body["session_id"]), window


def _settled(pile: Pile, report: ImportReport) -> Dataset:
    """The pile made distinct and sorted."""
    joined = {
        name: pa.concat_tables([schema.empty_table(), *pile.tables[name]]).unify_dictionaries()
        for name, schema in _SCHEMAS.items()
    }
    pile.tables.clear()
    one = distinct(joined["events"])
    report.duplicates, report.conflicts, report.superseded = one.duplicates, one.conflicts, one.superseded
    events = _compact(canonical_order(one.events))
    own = pc.fill_null(pc.equal(joined["metrics"]["source"].cast(pa.string()), SOURCE), False)
    computed = coverage(events)
    told, report.placed, report.unplaced = placed(joined["metrics"].filter(pc.invert(own)), events)
    metrics = pa.concat_tables([told, computed]).unify_dictionaries()
    for row in computed.to_pylist():
        report.coverage.setdefault(row["session_id"], {})[row["metric"].removeprefix("coverage.")] = round(
            row["value"], 6
        )
    return Dataset(
        events, _compact(distinct_rows(joined["accounts"])), _compact(distinct_rows(metrics)),
        _compact(distinct_rows(joined["products"])), windows_of(pile.windows),
    )  # fmt: skip


def windows_of(found: Mapping[str, Sequence[Window]]) -> dict[str, tuple[Window, ...]]:
    """Declared windows by session, each once, by time."""
    return {
        session: tuple(
            sorted(set(windows), key=lambda w: (w.start, w.end, w.kind, w.spend or 0, w.proof or ""))
        )
        for session, windows in sorted(found.items())
    }


def in_order(rejects: Iterable[Reject]) -> list[Reject]:
    """Rejects by file, line and reason."""
    return sorted(rejects, key=lambda r: (r.file, r.line, r.reason, r.detail))


def unknown(report: FileReport) -> list[Reject]:
    """What a file of no known source is told as, among the rejects."""
    if report.status != "unrecognised":
        return []
    return [Reject(report.file, 0, "unrecognised", " ".join(report.notes))]


def _compact(table: pa.Table) -> pa.Table:
    """One chunk per column, dictionaries in order of first appearance: equal content, equal bytes."""
    columns = []
    for entry in table.schema:
        column = table[entry.name]
        if pa.types.is_dictionary(entry.type):
            columns.append(_renumbered(column))
        else:
            made = column.combine_chunks()
            columns.append(made.combine_chunks() if isinstance(made, pa.ChunkedArray) else made)
    return pa.Table.from_arrays(columns, schema=table.schema)


def _renumbered(column: pa.ChunkedArray) -> pa.DictionaryArray:
    """The same words numbered by first appearance; words of no row are gone."""
    coded = column.unify_dictionaries().combine_chunks()
    words = coded.dictionary
    if words.null_count or len(words.unique()) < len(words):  # as no reader of ours writes them
        return coded.cast(pa.string()).dictionary_encode()
    used = coded.indices.unique().drop_null()
    number = np.zeros(len(words), dtype=np.int32)
    number[used.to_numpy()] = np.arange(len(used))
    return pa.DictionaryArray.from_arrays(pa.array(number).take(coded.indices), words.take(used))


def _totals(report: ImportReport, data: Dataset, rejects: list[Reject]) -> None:
    events = data.events
    report.rows = sum(f.rows for f in report.files)
    report.mapped = sum(f.mapped for f in report.files)
    report.rejected = dict(sorted(Counter(r.reason for r in rejects).items()))
    report.events = events.num_rows
    report.out_of_session = events["session_id"].null_count
    report.untimed = events["ts"].null_count
    if events.num_rows:
        report.masked = _masked(events)
        ends = pc.min_max(events["ts"].cast(pa.int64())).as_py()
        report.first, report.last = ends["min"], ends["max"]


def write(dataset: Dataset, folder: Path) -> None:
    """Write a canonical data folder that loads back to the identical dataset.

    Args:
        dataset: what to write; its pseudonyms are kept as they are.
        folder: made if absent; files of the same names are replaced.
    """
    folder.mkdir(parents=True, exist_ok=True)
    for name, table in (
        ("events", dataset.events), ("accounts", dataset.accounts),
        ("session_metrics", dataset.metrics), ("products", dataset.products),
    ):  # fmt: skip
        if table.num_rows or name == "events":
            _replace(
                folder / f"{name}.parquet",
                lambda to, table=table: pq.write_table(table, to, compression="zstd"),
            )
    if dataset.windows:
        body = _windows_toml(dataset)
        _replace(folder / "context.toml", lambda to: to.write_text(body, encoding="utf-8"))


def _replace(place: Path, make: Any) -> None:
    """Write beside, then rename: a reader never sees half a file."""
    beside = place.with_name(f".{place.name}.part")
    make(beside)
    beside.replace(place)


def _windows_toml(dataset: Dataset) -> str:
    out: list[str] = []
    for session, windows in sorted(dataset.windows.items()):
        for w in windows:
            lines = ["[[window]]", f"session_id = {_quoted(session)}", f"kind = {_quoted(w.kind)}", f"from = {w.start}", f"to = {w.end}"]  # fmt: skip
            lines += [f"spend = {w.spend}"] if w.spend is not None else []
            lines += [f"proof = {_quoted(w.proof)}"] if w.proof is not None else []
            out.append("\n".join(lines) + "\n")
    return "\n".join(out)


def _quoted(text: str) -> str:
    return msgspec.json.encode(text).decode().replace("\x7f", "\\u007f")


def write_rejects(rejects: Sequence[Reject], path: Path) -> None:
    """`rejects.jsonl`: one JSON object per line; hostile text stays JSON text."""
    _replace(
        path, lambda to: to.write_bytes(b"".join(msgspec.json.encode(r.told()) + b"\n" for r in rejects))
    )
