"""`zhenbo import`: any known source becomes a canonical data folder, with a report of what was read."""

from pathlib import Path

import click
import msgspec

from zhenbo.cli.show import console, key_option, keyed


@click.command("import")
@click.argument("paths", nargs=-1, required=True, type=click.Path(exists=True, path_type=Path))
@click.option(
    "--to", required=True, type=click.Path(file_okay=False, path_type=Path), help="Folder to write."
)
@click.option("--key-map", type=click.Path(dir_okay=False, path_type=Path), help="Also write who is behind each pseudonym, readable by you only.")  # fmt: skip
@click.option("--json", "as_json", is_flag=True, help="Print the import report on stdout.")
@key_option
def command(paths: tuple[Path, ...], to: Path, key_map: Path | None, as_json: bool, key: Path | None) -> None:
    """Read PATHS and write a canonical data folder with `import.json` and `rejects.jsonl` beside it."""
    from zhenbo.core.errors import NoEventsError
    from zhenbo.intake.load import load, write, write_rejects
    from zhenbo.report.imported import show_import

    loaded = load(paths, keyed(key))
    told = msgspec.json.format(msgspec.json.encode(loaded.report), indent=2)
    if as_json:
        click.echo(told.decode())
    show_import(loaded.report, console(err=as_json))
    if not loaded.dataset.events.num_rows:
        raise NoEventsError(
            f"No readable event in {', '.join(map(str, paths))}; the table above says what was seen."
        )
    write(loaded.dataset, to)
    (to / "import.json").write_bytes(told + b"\n")
    write_rejects(loaded.unused, to / "rejects.jsonl")
    if key_map:
        loaded.people.write_map(key_map)
