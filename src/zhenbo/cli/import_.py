"""`zhenbo import`: any known source becomes a canonical data folder, with a report of what was read."""

from pathlib import Path

import click
import msgspec

from zhenbo.cli.show import console, keyed


@click.command("import")
@click.argument("paths", nargs=-1, required=True, type=click.Path(exists=True, path_type=Path))
@click.option(
    "--to", required=True, type=click.Path(file_okay=False, path_type=Path), help="Folder to write."
)
@click.option(
    "--key", type=click.Path(exists=True, dir_okay=False, path_type=Path), help="File with the hashing key."
)
@click.option("--json", "as_json", is_flag=True, help="Print the import report on stdout.")
def command(paths: tuple[Path, ...], to: Path, key: Path | None, as_json: bool) -> None:
    """Read PATHS and write a canonical data folder with an import report."""
    from zhenbo.core.errors import NoEventsError
    from zhenbo.intake.load import load, write
    from zhenbo.report.imported import show_import

    loaded = load(paths, keyed(key))
    if not loaded.dataset.events.num_rows:
        raise NoEventsError(
            f"No readable event in {', '.join(map(str, paths))}. Known sources: `zhenbo explain sources`."
        )
    write(loaded, to)
    if as_json:
        click.echo(msgspec.json.format(msgspec.json.encode(loaded.report), indent=2).decode())
    show_import(loaded.report, console())
