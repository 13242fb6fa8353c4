"""A finished audit as files: the report, the verdicts, the tables, what could not be used."""

from pathlib import Path

import msgspec
import pyarrow as pa
import pyarrow.parquet as pq

from zhenbo.core.evidence import Say
from zhenbo.core.verdict import SessionVerdict, json_schema, to_json
from zhenbo.pipeline.audit import Result
from zhenbo.report.html import render_html
from zhenbo.report.tables import csv_bytes
from zhenbo.signals.catalogue import catalogue


def titles() -> dict[str, Say]:
    """Name of every signal, in both languages."""
    return {s.id: s.title for s in catalogue().values()}


def tables(result: Result) -> dict[str, pa.Table]:
    """Accounts, orders and groups with their probabilities, most suspicious first."""
    named: dict[str, list[tuple[str, str, float]]] = {"account": [], "order": []}
    for a in result.audited:
        subject = a.verdict.session_id if isinstance(a.verdict, SessionVerdict) else a.verdict.shop_id
        for kind, who in (("account", a.judgement.accounts), ("order", a.judgement.orders)):
            named[kind] += [(subject, name, p) for name, p in sorted(who.items(), key=lambda item: -item[1])]
    made = {}
    for kind, rows in named.items():
        columns = list(zip(*rows, strict=True)) or [(), (), ()]
        made[f"{kind}s"] = pa.table({
            "session_id": pa.array(columns[0], pa.string()),
            f"{kind}_id": pa.array(columns[1], pa.string()),
            "probability": pa.array(columns[2], pa.float64()),
        })  # fmt: skip
    made["groups"] = pa.schema(
        [("group_id", pa.string()), ("account_id", pa.string()), ("probability", pa.float64())]
    ).empty_table()
    return made


def write(result: Result, out: Path, *, csv: bool = False) -> Path:
    """Write `report.html`, `verdict.json`, the tables and `rejects.jsonl` to a folder; returns the report's path."""
    out.mkdir(parents=True, exist_ok=True)
    (out / "verdict.json").write_bytes(to_json(result.audit))
    (out / "verdict.schema.json").write_bytes(
        msgspec.json.format(msgspec.json.encode(json_schema()), indent=2)
    )
    for name, table in tables(result).items():
        pq.write_table(table, out / f"{name}.parquet")
        if csv:
            (out / f"{name}.csv").write_bytes(csv_bytes(table))
    (out / "rejects.jsonl").write_bytes(b"".join(msgspec.json.encode(r) + b"\n" for r in result.rejects))
    report = out / "report.html"
    report.write_text(html(result), "utf-8")
    return report


def html(result: Result) -> str:
    """The report as one self-contained page."""
    exhibits = {
        (a.verdict.session_id if isinstance(a.verdict, SessionVerdict) else a.verdict.shop_id): a.exhibit for a in result.audited
    }  # fmt: skip
    return render_html(result.audit, exhibits, titles(), result.audit.lang)
