"""What the commands share: the terminal on stderr or stdout, the progress bar, the hashing key, the last words."""

import os
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import click
from rich.console import Console

from zhenbo.core.errors import ZhenboError

if TYPE_CHECKING:
    from zhenbo.core.session import Session
    from zhenbo.engines.embedded import Progress
    from zhenbo.pipeline import Result


key_option = click.option(
    "--key",
    type=click.Path(dir_okay=False, path_type=Path),
    help="File with the key for pseudonyms; made if absent.",
)


def console(*, err: bool = False) -> Console:
    """Rich on stdout or stderr; colours only on a terminal, NO_COLOR respected."""
    return Console(stderr=err)


@contextmanager
def bar() -> Iterator[Callable[["Session"], None]]:
    """A transient spinner on stderr naming the subject at work; nothing when stderr is no terminal."""
    with console(err=True).status("reading …") as status:
        yield lambda subject: status.update(
            f"auditing {subject.session_id} ({subject.events.num_rows:,} events)"
        )


_STEPS = {
    "looking through": "looking through the files",
    "reading": "reading",
    "joining by id": "looking for repeats",
    "answering by id": "looking for repeats",
    "dividing": "dividing the events",
    "answering by subject": "auditing",
    "on Spark": "auditing on Spark",
}
"""What the steps of an engine are called; the others bring the rows of one order, buyer or address together."""
_COUNTED = {"reading": "events", "answering by subject": "subjects"}
"""What the steps say they have made."""


@contextmanager
def steps() -> Iterator[Callable[["Progress"], None]]:
    """A transient progress bar on stderr, step after step; nothing when stderr is no terminal."""
    from rich.progress import (
        BarColumn,
        TaskProgressColumn,
        TextColumn,
        TimeElapsedColumn,
        TimeRemainingColumn,
    )
    from rich.progress import Progress as Bar

    terminal = console(err=True)
    columns = (
        TextColumn("{task.description}"), BarColumn(), TaskProgressColumn(), TextColumn("{task.fields[made]}"),
        TimeElapsedColumn(), TimeRemainingColumn(),
    )  # fmt: skip
    with Bar(*columns, console=terminal, transient=True, disable=not terminal.is_terminal) as shown:
        row = shown.add_task("starting", total=None, made="")

        def tell(now: "Progress") -> None:
            made = f"{now.made:,} {_COUNTED[now.what]}" if now.what in _COUNTED else ""
            what = _STEPS.get(now.what, "following orders and buyers")
            if what != shown.tasks[0].description:
                shown.reset(row, description=what, made="")
            shown.update(row, completed=now.done, total=now.total, made=made)

        yield tell


def told(line: str) -> None:
    """A line for the user, beside the results."""
    click.echo(line, err=True)


def cores() -> int:
    """Processors this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def keyed(path: Path | None) -> bytes:
    """The key for pseudonyms: from the file named, else made once under the user's configuration."""
    from zhenbo.intake.identity import load_key

    return load_key(path)


def finish(result: "Result", out: Path, *, csv: bool, as_json: bool, letter: bool = False) -> None:
    """Write everything, show the verdicts, name the report."""
    write_out(result, out, csv=csv, letter=letter)
    show(result, out, as_json=as_json)


def write_out(result: "Result", out: Path, *, csv: bool, letter: bool = False) -> None:
    """Write everything.

    Raises:
        ZhenboError: when the folder cannot be written to.
    """
    from zhenbo.pipeline import write

    try:
        write(result, out, csv=csv, letters=letter)
    except OSError as error:
        raise ZhenboError(
            f"The results cannot be written to {out} ({error}). Name another folder with --out."
        ) from error


def show(result: "Result", out: Path, *, as_json: bool) -> None:
    """The verdicts on the terminal, and where the report is."""
    from zhenbo.core.verdict import to_json
    from zhenbo.pipeline import titles
    from zhenbo.report.terminal import render_terminal

    render_terminal(result.audit, console(err=as_json), titles())
    if as_json:
        sys.stdout.buffer.write(to_json(result.audit))
    click.echo(f"\nReport: {out / 'report.html'}", err=as_json)
