"""`zhenbo prove`: what the verdicts are worth, measured on worlds with known truth and on real recordings."""

import sys
from pathlib import Path

import click
from rich.progress import Progress

from zhenbo.cli.show import console


@click.command("prove")
@click.option("--quick", is_flag=True, help="A small fixed set, under two minutes.")
@click.option("--bursts", type=click.IntRange(1), metavar="N", help="Only N honest sessions of each type of burst (300: over an hour).")  # fmt: skip
@click.option("--seed", default=2026, show_default=True, help="Seed of the simulated worlds.")
@click.option(
    "--data",
    type=click.Path(exists=True, file_okay=False, path_type=Path),
    help="Folder of real recordings (laid out as in ../shared/data).",
)
@click.option(
    "--out", default="zhenbo-proof", show_default=True, type=click.Path(file_okay=False, path_type=Path)
)
@click.option(
    "--floors",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="Gate: fail (exit 1) when anything falls below these counts.",
)
@click.option("--write-floors", type=click.Path(dir_okay=False, path_type=Path), help="Write the counts just measured as floors.")  # fmt: skip
@click.option("--json", "as_json", is_flag=True, help="Print proof.json on stdout.")
def command(
    quick: bool, bursts: int | None, seed: int, data: Path | None, out: Path, floors: Path | None, write_floors: Path | None, as_json: bool
) -> None:  # fmt: skip
    """Measure false alarms, recall, people named, shares, money, probabilities and the worth of every signal."""
    if bursts and (quick or data or floors or write_floors):
        raise click.UsageError(
            "--bursts runs honest evenings alone: leave out --quick, --data and the floors."
        )
    from zhenbo.proof.page import cell
    from zhenbo.proof.prove import fallen, floors_toml, prove, write

    with Progress(console=console(err=True), transient=True) as shown:
        task = shown.add_task("proving", total=None)
        proof = prove(
            seed,
            data,
            quick=quick,
            bursts=bursts or 0,
            progress=lambda done, all_: shown.update(task, completed=done, total=all_),
        )
    page = write(proof, out)
    if as_json:
        sys.stdout.buffer.write((out / "proof.json").read_bytes())
    for section in proof.sections:
        if section.id in {"alarms_by_tier", "recall_by_family"}:
            click.echo(f"\n{section.title}", err=as_json)
            for row in section.rows:
                name, *rest = ((c, cell(v)) for c, v in row.items())
                click.echo(f"  {name[1]:12} " + "; ".join(f"{c}: {v}" for c, v in rest), err=as_json)
    click.echo(f"\nProof: {page}", err=as_json)
    if write_floors is not None:
        write_floors.write_text(floors_toml(proof.trials, str(proof.facts["command"])), "utf-8")
    if floors is not None and (below := fallen(proof.trials, floors)):
        click.echo("\nBelow the floors:\n  " + "\n  ".join(below), err=True)
        sys.exit(1)
