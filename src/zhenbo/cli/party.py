"""What the commands on parties share: their options, reading what is given, writing page and JSON."""

import shlex
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from zhenbo.cli.audit_ import moment
from zhenbo.cli.show import bar, key_option, keyed
from zhenbo.core.errors import ZhenboError

if TYPE_CHECKING:
    from zhenbo.core.verdict import Audit
    from zhenbo.pipeline.parties import Known


def party_options(command: Callable[..., Any]) -> Callable[..., Any]:
    """PATHS, --out, --as-of, --lang, --json, --packs and --key, as `zhenbo audit` has them."""
    for option in reversed((
        click.argument("paths", nargs=-1, required=True, type=click.Path(exists=True, path_type=Path)),
        click.option("--out", required=True, type=click.Path(file_okay=False, path_type=Path), help="Folder for report.html and the JSON."),
        click.option("--as-of", callback=moment, help="Read the record as it stood at this time (ISO 8601)."),
        click.option("--lang", type=click.Choice(["zh", "en"]), default="zh", show_default=True, help="Language of the report."),
        click.option("--json", "as_json", is_flag=True, help="Print the JSON on stdout."),
        click.option("--packs", type=click.Path(exists=True, file_okay=False, path_type=Path), help="Own reference cells and calibration."),
        key_option,
    )):  # fmt: skip
        command = option(command)
    return command


def read(options: dict[str, Any]) -> "Known":
    """What the paths hold: audited now, or an earlier audit's verdicts."""
    from zhenbo.pipeline import overlaid
    from zhenbo.pipeline.parties import known

    packs = overlaid(options["packs"]) if options["packs"] else None
    with bar() as progress:
        return known(
            options["paths"], lambda: keyed(options["key"]), as_of=options["as_of"], lang=options["lang"], packs=packs,
            progress=progress,
        )  # fmt: skip


def again(command: str, audit: "Audit", options: dict[str, Any], *more: str) -> str:
    """The command that makes the page again, to the byte."""
    paths = [Path(p).name or str(p) for p in options["paths"]]
    at = [] if options["as_of"] is None else ["--as-of", audit.as_of]
    return shlex.join(["zhenbo", command, *paths, *more, *at, "--lang", options["lang"], "--out", "DIR"])


def chosen(wanted: Sequence[str], there: Sequence[str], same: Callable[[str], str], what: str) -> list[str]:
    """The parties asked for; all of them when none was.

    Raises:
        ZhenboError: when one of them is not in the record.
    """
    picked = [same(w) for w in wanted] or list(there)
    strangers = [w for w in wanted if same(w) not in there]
    if strangers:
        known = ", ".join(there[:12]) or "none"
        raise ZhenboError(f"No {what} {', '.join(strangers)} in this record. It holds: {known}{' …' if len(there) > 12 else ''}.")  # fmt: skip
    return list(dict.fromkeys(picked))
