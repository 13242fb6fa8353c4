"""`zhenbo audit`: files in, verdict and report out."""

from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import click

from zhenbo.cli.show import bar, cores, finish, key_option, keyed, show, steps, told, write_out


def moment(_: click.Context, __: click.Parameter, value: str | None) -> int | None:
    """Parse `--as-of` (ISO 8601; UTC where no zone is given) to microseconds."""
    if value is None:
        return None
    try:
        at = datetime.fromisoformat(value)
    except ValueError as error:
        raise click.BadParameter(
            f"{value!r} is no ISO 8601 time; write 2026-11-21 or 2026-11-21T20:00:00+08:00."
        ) from error
    return int((at if at.tzinfo else at.replace(tzinfo=UTC)).timestamp() * 1_000_000)


@click.command("audit")
@click.argument("paths", nargs=-1, required=True, type=click.Path(exists=True, path_type=Path))
@click.option(
    "--out",
    required=True,
    type=click.Path(file_okay=False, path_type=Path),
    help="Folder for report and tables.",
)
@click.option(
    "--deal",
    "deals",
    multiple=True,
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="A contract to settle (TOML, docs/deals.md), besides those of the data folder. May be repeated.",
)
@click.option("--letter", is_flag=True, help="Also write a letter per deal, with the evidence.")
@click.option("--as-of", callback=moment, help="Read the record as it stood at this time (ISO 8601).")
@click.option(
    "--lang", type=click.Choice(["zh", "en"]), default="zh", show_default=True, help="Language of the report."
)
@click.option("--csv", is_flag=True, help="Also write the tables as formula-safe CSV.")
@click.option("--json", "as_json", is_flag=True, help="Print verdict.json on stdout.")
@click.option(
    "--engine",
    default="embedded",
    show_default=True,
    metavar="embedded|URL",
    help="This machine, or a Spark: local[N], local-cluster[N,CORES,MB], spark://HOST:PORT.",
)
@click.option(
    "--jobs", type=click.IntRange(1), help="Processes for records larger than memory; the cores by default."
)
@click.option(
    "--work",
    type=click.Path(file_okay=False, path_type=Path),
    help="Work on disk, in this folder, whatever the size; removed when done. [OUT/.zhenbo-work, for large records]",
)
@click.option(
    "--packs",
    type=click.Path(exists=True, file_okay=False, path_type=Path),
    help="Own reference cells and calibration, as `zhenbo calibrate` writes them.",
)
@key_option
def command(
    paths: tuple[Path, ...], out: Path, deals: tuple[Path, ...], letter: bool, as_of: int | None, lang: str, csv: bool, as_json: bool, engine: str,
    jobs: int | None, work: Path | None, packs: Path | None, key: Path | None,
) -> None:  # fmt: skip
    """Audit PATHS: data folders, or raw files of known sources, recognised by what is in them.

    A record of more than 256 MB on disk (compressed files count eightfold) is worked on in files by several processes;
    an interrupted audit goes on where it stopped when the same command is given again.
    """
    from zhenbo.pipeline import EMBEDDED, Road, audit_paths, is_small, overlaid

    options: dict[str, Any] = {
        "as_of": as_of,
        "lang": lang,
        "packs": overlaid(packs) if packs else None,
        "deals": deals,
    }
    if engine == EMBEDDED and work is None and is_small(paths):
        with bar() as progress:
            result = audit_paths(paths, keyed(key), progress=progress, **options)
        finish(result, out, csv=csv, letter=letter, as_json=as_json)
        return
    from zhenbo.pipeline.large import audit_large

    place = work or out / ".zhenbo-work"
    try:
        with steps() as progress:
            road = Road(engine, jobs or cores(), place, progress, told)
            with audit_large(paths, keyed(key), road, **options) as result:
                write_out(result, out, csv=csv, letter=letter)
    except KeyboardInterrupt:
        told(f"Interrupted. The same command goes on where it stopped; {place} holds what is done.")
        raise
    show(result, out, as_json=as_json)
