"""What the commands share: the terminal on stderr or stdout, the progress bar, the hashing key, the last words."""

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


def keyed(path: Path | None) -> bytes:
    """The key for pseudonyms: from the file named, else made once under the user's configuration."""
    from zhenbo.intake.identity import load_key

    return load_key(path)


def finish(result: "Result", out: Path, *, csv: bool, as_json: bool) -> None:
    """Write everything, show the verdicts, name the report."""
    from zhenbo.core.verdict import to_json
    from zhenbo.pipeline import titles, write
    from zhenbo.report.terminal import render_terminal

    try:
        report = write(result, out, csv=csv)
    except OSError as error:
        raise ZhenboError(
            f"The results cannot be written to {out} ({error}). Name another folder with --out."
        ) from error
    render_terminal(result.audit, console(err=as_json), titles())
    if as_json:
        sys.stdout.buffer.write(to_json(result.audit))
    click.echo(f"\nReport: {report}", err=as_json)
