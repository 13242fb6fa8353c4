"""`zhenbo demo`: an evening of simulated rooms, audited."""

from pathlib import Path

import click

from zhenbo.cli.show import bar, finish


@click.command("demo")
@click.option("--seed", default=1, show_default=True, help="Seed of the evening.")
@click.option(
    "--out", default="zhenbo-demo", show_default=True, type=click.Path(file_okay=False, path_type=Path)
)
@click.option("--lang", type=click.Choice(["zh", "en"]), default="en", show_default=True)
@click.option("--json", "as_json", is_flag=True, help="Print verdict.json on stdout.")
def command(seed: int, out: Path, lang: str, as_json: bool) -> None:
    """Simulate an evening of rooms, honest and bought, audit it and show the verdicts with their reasons."""
    from zhenbo.pipeline import audit_dataset
    from zhenbo.worlds import WORLDS

    world = WORLDS["evening"](seed)
    with bar() as progress:
        result = audit_dataset(world.dataset, lang=lang, progress=progress)  # type: ignore[arg-type]
    finish(result, out, csv=False, as_json=as_json)
