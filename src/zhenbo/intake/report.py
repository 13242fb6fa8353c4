"""The import report: what was read, mapped, rejected and why, per file and in all."""

from typing import Any

import msgspec


class FileReport(msgspec.Struct, kw_only=True):
    """One file.

    Args:
        file: path under the folder given.
        digest: BLAKE2b of its content, 16 hex digits.
        status: `read`, `duplicate_file` (same content as another), `unrecognised`, `empty`, `damaged` or `side`
            (belongs to another step).
        reader: mapping id@version, or `canonical <table>`.
        rows: rows read, good or broken.
        mapped: rows that gave a canonical row.
        rejected: reason -> rows or values.
        unmapped: rows no rule takes, by what they call themselves.
        unknown: `column=value` -> rows whose state the mapping does not know (kept verbatim).
        masked: share of actor events whose actor is hidden; None without such events.
        timed: share of events that have a time; None without events.
        first: first event, microseconds.
        last: last event, microseconds.
        notes: what the reader must know, in plain words.
        lacks: records this kind of source never gives.
    """

    file: str
    digest: str
    status: str
    reader: str = ""
    rows: int = 0
    mapped: int = 0
    rejected: dict[str, int] = {}
    unmapped: dict[str, int] = {}
    unknown: dict[str, int] = {}
    masked: float | None = None
    timed: float | None = None
    first: int | None = None
    last: int | None = None
    notes: list[str] = []
    lacks: list[str] = []


class ImportReport(msgspec.Struct, kw_only=True):
    """Everything that was read.

    Args:
        files: one entry per file, by path.
        rows: rows read in all files.
        mapped: rows that gave a canonical row.
        rejected: reason -> rows or values.
        events: distinct events.
        duplicates: repeats of an event that were identical and dropped.
        conflicts: repeats that differed; the kept one has the greatest `ts_seen`, then content hash.
        superseded: the dropped versions of conflicts, null columns left out, times in microseconds (at most 10,000).
        out_of_session: events without a session (later refunds, unfollows, shop orders).
        untimed: events without a time.
        placed: back-office metrics that name no broadcast and found the recorded session they belong to.
        unplaced: those that did not: no session of their host and time, or more than one.
        masked: share of actor events whose actor is hidden.
        coverage: session -> kind -> delivered / counter delta.
        first: first event, microseconds.
        last: last event, microseconds.
    """

    files: list[FileReport] = []
    rows: int = 0
    mapped: int = 0
    rejected: dict[str, int] = {}
    events: int = 0
    duplicates: int = 0
    conflicts: int = 0
    superseded: list[dict[str, Any]] = []
    out_of_session: int = 0
    untimed: int = 0
    placed: int = 0
    unplaced: int = 0
    masked: float | None = None
    coverage: dict[str, dict[str, float]] = {}
    first: int | None = None
    last: int | None = None
