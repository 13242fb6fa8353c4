"""`zhenbo inspect`: sampling plans, severity of a series of lots, an inspection budget, chains of custody."""

import shlex
from collections.abc import Callable
from importlib.resources import files
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from zhenbo import __version__
from zhenbo.cli.deal_ import money
from zhenbo.cli.pages import finish
from zhenbo.cli.verbs import Verbs
from zhenbo.core.contacts import identified
from zhenbo.core.errors import ZhenboError

if TYPE_CHECKING:
    from zhenbo.act.inspection import Standard

DOCS = "docs/inspection.md"
LOTS = """{"lot": "2026-11-01", "size": 5000, "found": 2}
{"lot": "2026-11-02", "size": 5000, "found": 6}
{"lot": "2026-11-03", "size": 5000, "found": 6}
{"lot": "2026-11-04", "size": 5000, "found": 0}
{"lot": "2026-11-05", "size": 5000}"""
TARGETS = """{"target": "jade-17", "shop": "shop-a", "goods": "jade bangle", "size": 400, "risk": 0.6, "inspected": 40, "found": 22, "visit": 5000, "each": 39900}
{"target": "honey-3", "shop": "shop-b", "goods": "honey", "size": 9000, "risk": 0.2, "inspected": 120, "found": 50, "weight": 3, "visit": 5000, "each": 6900}
{"target": "cable-9", "shop": "shop-b", "goods": "USB cable", "size": 20000, "risk": 0.02, "inspected": 60, "found": 4, "visit": 5000, "each": 1900}"""
OVERS = """{"sample": "S-0001", "giver": "shop-a", "taker": "inspector-7", "given_at": 1795000000000000, "taken_at": 1795000000000000, "seal": "A-481", "given_by": "shop-a", "signed_by": "inspector-7", "condition": "sealed, dry"}
{"sample": "S-0001", "giver": "courier", "taker": "lab-2", "given_at": 1795080000000000, "taken_at": 1795090000000000, "seal": "A-481", "given_by": "courier", "signed_by": "lab-2"}"""


def common(command: Callable[..., Any]) -> Callable[..., Any]:
    """--out, --lang and --json, as the other commands have them."""
    for option in reversed((
        click.option("--out", type=click.Path(file_okay=False, path_type=Path), help="Folder for report.html and the JSON."),
        click.option("--lang", type=click.Choice(["zh", "en"]), default="zh", show_default=True, help="Language of the report."),
        click.option("--json", "as_json", is_flag=True, help="Print the JSON on stdout."),
    )):  # fmt: skip
        command = option(command)
    return command


def scheme_options(command: Callable[..., Any]) -> Callable[..., Any]:
    """--level and --aql."""
    for option in reversed((
        click.option("--level", type=click.Choice(["S-1", "S-2", "S-3", "S-4", "I", "II", "III"]), default="II", show_default=True, help="Inspection level."),
        click.option("--aql", required=True, metavar="AQL", help="Acceptance quality limit, e.g. 1.0: nonconforming per 100 items."),
    )):  # fmt: skip
        command = option(command)
    return command


def example_option(text: str) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    """--example prints a file that the command reads."""

    def shown(ctx: click.Context, _: click.Parameter, value: bool) -> None:
        if value:
            click.echo(text)
            ctx.exit()

    return click.option(
        "--example",
        is_flag=True,
        is_eager=True,
        expose_value=False,
        callback=shown,
        help="Print a FILE and stop.",
    )


def standard() -> "Standard":
    """The shipped plans: GB/T 2828.1, ISO 2859-1."""
    from zhenbo.act.inspection import read_standard

    place = files("zhenbo.packs").joinpath("inspection", "gbt2828_1.toml")
    return read_standard(place.read_text("utf-8"), "packs/inspection/gbt2828_1.toml")


@click.group("inspect", cls=Verbs)
def command() -> None:
    """Sampling inspection by GB/T 2828.1 (ISO 2859-1): plans, switching, a budget, chains of custody."""


@command.command("plan")
@click.argument("size", type=click.IntRange(2, 1_000_000_000))
@scheme_options
@common
def plan(size: int, level: Any, aql: str, **options: Any) -> None:
    """How many items to draw from a lot of SIZE, when to accept it, and what slips through."""
    from zhenbo.act.inspection import SEVERITIES, Scheme, model_of, quality_at
    from zhenbo.report.inspection import plan_page

    scheme = Scheme(standard(), level, aql)
    plans: dict[str, Any] = {s: scheme.standard.plan(size, level, aql, s) for s in SEVERITIES}
    model = model_of(aql)
    body = {
        "standard": scheme.standard.standard, "size": size, "level": level, "aql": aql, "model": model,
        "plans": {
            s: {"letter": p.letter, "n": p.n, "ac": p.ac, "re": p.re, "whole_lot": p.whole,
                "quality_accepted_95": quality_at(p, 0.95, model), "quality_accepted_10": quality_at(p, 0.10, model)}
            for s, p in plans.items()
        },
    }  # fmt: skip
    again = shlex.join(["zhenbo", "inspect", "plan", str(size), "--level", level, "--aql", aql])
    finish(plan_page(size, plans, scheme, again, __version__, options["lang"]), body, "plan", options)


@command.command("series")
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@scheme_options
@example_option(LOTS)
@common
def lots(file: Path, level: Any, aql: str, **options: Any) -> None:
    """Which lots of FILE are accepted, and how severely the next one is inspected."""
    from zhenbo.act.inspection import Scheme, series
    from zhenbo.core.inspection import Lot
    from zhenbo.intake.entries import entries
    from zhenbo.report.inspection import series_page

    scheme = Scheme(standard(), level, aql)
    done = list(series(entries(file, Lot, DOCS), scheme))
    last = done[-1].after
    body = {
        "standard": scheme.standard.standard, "level": level, "aql": aql,
        "lots": [
            {"lot": i.lot.lot, "severity": i.severity, "n": i.plan.n if i.plan else None, "ac": i.plan.ac if i.plan else None,
             "found": i.lot.found, "accepted": i.accepted, "score": i.after.score, "rule": i.rule or None}
            for i in done
        ],
        "next": {"severity": last.severity, "discontinued": last.stopped, "score": last.score},
    }  # fmt: skip
    again = shlex.join(["zhenbo", "inspect", "series", file.name, "--level", level, "--aql", aql])
    finish(series_page(done, scheme, again, __version__, options["lang"]), body, "series", options)


@command.command("budget")
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--cap", required=True, callback=money, metavar="YUAN", help="What may be spent.")
@example_option(TARGETS)
@common
def budget(file: Path, cap: int, **options: Any) -> None:
    """From which goods of FILE to draw how many items, so that most bad goods are found for the money."""
    from zhenbo.act.inspection import allocate
    from zhenbo.core.inspection import Target
    from zhenbo.intake.entries import entries
    from zhenbo.report.inspection import budget_page

    targets = entries(file, Target, DOCS)
    twice = sorted({t.target for t in targets if sum(o.target == t.target for o in targets) > 1})[:5] if len({t.target for t in targets}) < len(targets) else []  # fmt: skip
    if twice:
        raise ZhenboError(f"{file} names {', '.join(twice)} twice. A target is told once.")
    made = allocate(targets, cap)
    body = {
        "cap": cap, "cost": made.cost, "currency": "CNY", "detection": {"low": made.low, "mid": made.detection, "high": made.high},
        "expected_bad": made.expected_bad, "gain": made.gain, "bound": made.bound,
        "draws": [{"target": identified(d.target.target), "shop": identified(d.target.shop), "n": d.n, "cost": d.cost, "found_if_bad": d.finds} for d in made.draws],
        "left_out": [identified(t.target) for t in made.left_out],
    }  # fmt: skip
    again = shlex.join(["zhenbo", "inspect", "budget", file.name, "--cap", f"{cap / 100:.2f}"])
    finish(budget_page(made, "CNY", again, __version__, options["lang"]), body, "budget", options)


@command.command("custody")
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--store", metavar="URL", help="Also append the hand-overs to this record of acts.")
@example_option(OVERS)
@common
def custody(file: Path, store: str | None, **options: Any) -> None:
    """Who held the samples of FILE when, and where a chain has a gap."""
    from zhenbo.act.inspection import acted, chains
    from zhenbo.core.inspection import HandOver
    from zhenbo.intake.entries import entries
    from zhenbo.report.inspection import custody_page

    overs = entries(file, HandOver, DOCS)
    made = chains(overs)
    if store is not None:
        from zhenbo.pipeline.record import opened

        with opened(store) as record:
            new = record.append([acted(o, n) for c in made for n, o in enumerate(c.links, start=1)])
        click.echo(f"{new} hand-overs new in {store}", err=True)
    body = {
        "samples": [
            {"sample": identified(c.sample), "holder": identified(c.holder), "hand_overs": len(c.links), "unbroken": c.unbroken,
             "gaps": [{"name": g.name, "hand_over": g.place} for g in c.gaps]}
            for c in made
        ]
    }  # fmt: skip
    again = shlex.join(["zhenbo", "inspect", "custody", file.name])
    finish(custody_page(made, again, __version__, options["lang"]), body, "custody", options)
