"""`zhenbo audit`: files in, verdict and report out."""

from datetime import UTC, datetime
from pathlib import Path

import click

from zhenbo.cli.show import bar, finish, key_option, keyed


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
@click.option("--as-of", callback=moment, help="Read the record as it stood at this time (ISO 8601).")
@click.option(
    "--lang", type=click.Choice(["zh", "en"]), default="zh", show_default=True, help="Language of the report."
)
@click.option("--csv", is_flag=True, help="Also write the tables as formula-safe CSV.")
@click.option("--json", "as_json", is_flag=True, help="Print verdict.json on stdout.")
@key_option
def command(
    paths: tuple[Path, ...],
    out: Path,
    as_of: int | None,
    lang: str,
    csv: bool,
    key: Path | None,
    as_json: bool,
) -> None:
    """Audit PATHS: data folders, or raw files of known sources, recognised by what is in them."""
    from zhenbo.pipeline import audit_paths

    with bar() as progress:
        result = audit_paths(paths, keyed(key), as_of=as_of, lang=lang, progress=progress)
    finish(result, out, csv=csv, as_json=as_json)
