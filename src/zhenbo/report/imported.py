"""What an import read, on the terminal: per file rows in, rows kept, and why the others were not."""

from typing import Any

import msgspec
from rich.console import Console
from rich.table import Table
from rich.text import Text

from zhenbo.report import format as fmt
from zhenbo.report.mask import clean, masked

FILES = 20
"""Files listed one by one; the rest is summed up (`--json` has all)."""


def show_import(report: msgspec.Struct, console: Console) -> None:
    """Print an import report (`zhenbo.intake.report.ImportReport`, known here by its fields only)."""
    told = msgspec.to_builtins(report)
    table = Table(box=None, padding=(0, 2, 0, 0), header_style="dim")
    for label, justify in (
        ("file", "left"),
        ("reader", "left"),
        ("rows", "right"),
        ("kept", "right"),
        ("", "left"),
    ):
        table.add_column(label, justify=justify, overflow="fold")  # type: ignore[arg-type]
    for file in told["files"][:FILES]:
        reader = file["reader"] or file["status"]
        table.add_row(*map(Text, (clean(file["file"]), clean(reader), fmt.number(file["rows"]), fmt.number(file["mapped"]), _why(file))))  # fmt: skip
    console.print(table)
    if len(told["files"]) > FILES:
        console.print(Text(f"… and {len(told['files']) - FILES} more files"))
    console.print(Text("\n".join(_totals(told))))


def _why(file: dict[str, Any]) -> str:
    """Everything that kept a row from being used, and what the reader must know."""
    parts = [f"{fmt.number(n)} {clean(reason).replace('_', ' ')}" for reason, n in file["rejected"].items()]
    parts += [f"{fmt.number(n)} of unmapped kind {clean(kind)}" for kind, n in file["unmapped"].items()]
    return "; ".join([*parts, *(masked(note, 200) for note in file["notes"])])


def _totals(told: dict[str, Any]) -> list[str]:
    lines = [
        (
            f"{fmt.number(told['events'])} distinct events from {fmt.number(told['rows'])} rows; "
            f"{fmt.number(told['duplicates'])} repeats dropped, {fmt.number(told['conflicts'])} conflicts settled"
        )
    ]
    if told["first"] is not None and told["last"] is not None:
        lines.append(
            f"from {fmt.span(told['first'], told['last'])}; {fmt.number(told['untimed'])} events without a time"
        )
    if told["placed"] or told["unplaced"]:
        lines.append(
            f"{fmt.number(told['placed'])} back-office rows found their session by host and time, {fmt.number(told['unplaced'])} did not"
        )
    if told["masked"] is not None:
        lines.append(f"identities hidden in {fmt.share(told['masked'])} of the events that have an actor")
    for session, kinds in list(told["coverage"].items())[:FILES]:
        parts = ", ".join(f"{fmt.share(part)} of {clean(kind)}" for kind, part in kinds.items())
        lines.append(f"{clean(session)}: delivered {parts}")
    return lines
