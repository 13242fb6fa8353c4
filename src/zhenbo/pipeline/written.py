"""A finished audit as files: the report, the verdicts, the tables, what could not be used."""

from collections.abc import Iterator
from pathlib import Path

import msgspec
import pyarrow as pa
import pyarrow.parquet as pq

from zhenbo.core.evidence import Say
from zhenbo.core.verdict import SessionVerdict, json_schema, to_json
from zhenbo.pipeline.audit import Result, Spoken
from zhenbo.report.html import render_html
from zhenbo.report.letter import letter_pages
from zhenbo.report.tables import csv_bytes
from zhenbo.signals.catalogue import catalogue


def titles() -> dict[str, Say]:
    """Name of every signal, in both languages."""
    return {s.id: s.title for s in catalogue().values()}


KINDS = ("account", "order")
"""What is named in a subject, each kind in a table of its own."""
_GROUPS = pa.schema([("group_id", pa.string()), ("account_id", pa.string()), ("probability", pa.float64())])
_GROUP = 1 << 20
"""Rows of a row group; no more are held while a table is written."""


def tables(result: Result) -> dict[str, pa.Table]:
    """Accounts, orders and groups with their probabilities, most suspicious first."""
    made = {f"{kind}s": pa.concat_tables(_named(result, kind)) for kind in KINDS}
    return {**made, "groups": _grouped(result)}


def _named(result: Result, kind: str) -> Iterator[pa.Table]:
    """Who was named, subject after subject; at first a table of nobody."""
    schema = pa.schema(
        [("session_id", pa.string()), (f"{kind}_id", pa.string()), ("probability", pa.float64())]
    )
    yield schema.empty_table()
    for a in result.audited:
        who = a.judgement.accounts if kind == "account" else a.judgement.orders
        names = sorted(who, key=lambda name: -who[name])
        columns = [[_subject(a)] * len(names), names, [who[name] for name in names]]
        yield pa.Table.from_arrays(
            [pa.array(c, f.type) for c, f in zip(columns, schema, strict=True)], schema=schema
        )


def _grouped(result: Result) -> pa.Table:
    """Members of every group, the largest group first, the most suspicious member first."""
    rows = [
        (g.id, account, p)
        for g in result.groups
        for account, p in sorted(g.accounts.items(), key=lambda member: -member[1])
    ]
    columns = list(zip(*rows, strict=True)) or [()] * len(_GROUPS)
    return pa.table([pa.array(c, f.type) for c, f in zip(columns, _GROUPS, strict=True)], schema=_GROUPS)


def _subject(a: Spoken) -> str:
    return a.verdict.session_id if isinstance(a.verdict, SessionVerdict) else a.verdict.shop_id


def _write_parquet(parts: Iterator[pa.Table], path: Path) -> None:
    """Tables one after the other as one file of full row groups."""
    held = next(parts)
    with pq.ParquetWriter(path, held.schema) as out:
        wrote = 0
        for part in parts:
            held = pa.concat_tables([held, part])
            while held.num_rows >= _GROUP:
                out.write_table(held.slice(0, _GROUP).combine_chunks())
                held, wrote = held.slice(_GROUP), wrote + _GROUP
        if held.num_rows or not wrote:
            out.write_table(held.combine_chunks())


def write(result: Result, out: Path, *, csv: bool = False, letters: bool = False) -> Path:
    """Write `report.html`, `verdict.json`, the tables and `rejects.jsonl` to a folder; returns the report's path.

    With `letters`, also `letter-<deal>.html` for each deal.
    """
    out.mkdir(parents=True, exist_ok=True)
    (out / "verdict.json").write_bytes(to_json(result.audit))
    (out / "verdict.schema.json").write_bytes(
        msgspec.json.format(msgspec.json.encode(json_schema()), indent=2)
    )
    for kind in KINDS:
        _write_parquet(_named(result, kind), out / f"{kind}s.parquet")
    pq.write_table(_grouped(result), out / "groups.parquet")
    if csv:
        for name, table in tables(result).items():
            (out / f"{name}.csv").write_bytes(csv_bytes(table))
    (out / "rejects.jsonl").write_bytes(
        b"".join(msgspec.json.encode(r.told()) + b"\n" for r in result.rejects)
    )
    if letters:
        for name, page in letter_pages(result.audit):
            (out / name).write_text(page, "utf-8")
    report = out / "report.html"
    report.write_text(html(result), "utf-8")
    return report


def html(result: Result) -> str:
    """The report as one self-contained page."""
    exhibits = {_subject(a): a.exhibit for a in result.audited}
    return render_html(result.audit, exhibits, titles(), result.audit.lang)
