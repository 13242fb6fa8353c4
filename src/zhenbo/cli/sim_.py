"""`zhenbo sim`: a simulated world with its truth beside it; or an attack laid over a recording of yours."""

from pathlib import Path
from typing import TYPE_CHECKING

import click
import msgspec

from zhenbo.cli.show import key_option, keyed
from zhenbo.core.errors import NoEventsError, ZhenboError

if TYPE_CHECKING:
    from zhenbo.worlds import World


@click.command("sim")
@click.argument("world", required=False)
@click.option("--seed", default=1, show_default=True, help="Same seed, same bytes.")
@click.option(
    "--to",
    type=click.Path(file_okay=False, path_type=Path),
    help="Folder to write; the truth goes to <folder>-truth.",
)
@click.option("--list", "listing", is_flag=True, help="Every world in a line.")
@click.option("--dose", type=click.FloatRange(0.001, 0.95), help="Of an attack: fabricated share aimed at.")
@click.option("--burst", help="Of an attack: the honest burst of that evening.")
@click.option("--view", default="insider", show_default=True, help="Who looks: insider, auditor, capture, merchant.")  # fmt: skip
@click.option("--as-delivered", is_flag=True, help="Rows as they arrive: locally shuffled, some late, some twice.")  # fmt: skip
@click.option("--over", type=click.Path(exists=True, path_type=Path), help="Lay the attack over this recording or data folder.")  # fmt: skip
@click.option("--session", help="With --over: which session or shop month; the largest by default.")
@click.option("--json", "as_json", is_flag=True, help="Print what was made as JSON.")
@key_option
def command(
    world: str | None, seed: int, to: Path | None, listing: bool, dose: float | None, burst: str | None, view: str,
    as_delivered: bool, over: Path | None, session: str | None, as_json: bool, key: Path | None,
) -> None:  # fmt: skip
    """Make WORLD from a seed: a canonical data folder, and its truth in a folder beside it.

    WORLD is one of `--list`: worlds of many rooms, a room with one attack, or a room with one honest burst.
    """
    if listing:
        _list(as_json=as_json)
        return
    if world is None or to is None:
        raise click.UsageError(
            "Name a world and a folder: zhenbo sim WORLD --to DIR (`zhenbo sim --list` names the worlds)."
        )
    made = (
        _laid(over, session, world, seed, 0.3 if dose is None else dose, keyed(key))
        if over
        else _made(world, seed, dose, burst, view)
    )
    _write(_arrived(made, seed) if as_delivered else made, to)
    told = {
        "world": world, "seed": seed, "events": made.dataset.events.num_rows, "sessions": len(made.truth),
        "attacked": sum(t.outcome == "attacked" for t in made.truth.values()), "data": str(to), "truth": str(_beside(to)),
    }  # fmt: skip
    if as_json:
        click.echo(msgspec.json.encode(told).decode())
    else:
        click.echo(
            f"{told['events']:,} events in {told['sessions']} sessions, {told['attacked']} of them attacked.\n"
            f"Data:  {to}\nTruth: {_beside(to)} (truth.json, accounts.parquet, orders.parquet)\nNext:  zhenbo audit {to} --out {to}-audit"
        )


def _list(*, as_json: bool) -> None:
    from zhenbo.worlds import WORLDS

    if as_json:
        click.echo(msgspec.json.encode({n: {"kind": w.kind, "says": w.says} for n, w in WORLDS.items()}).decode())  # fmt: skip
        return
    for kind, title in (
        ("world", "Worlds of several rooms"),
        ("burst", "Rooms with an honest burst"),
        ("attack", "Rooms with one attack (--dose, --burst, --over)"),
    ):
        click.echo(f"\n{title}")
        width = max(len(name) for name, made in WORLDS.items() if made.kind == kind)
        for name, made in WORLDS.items():
            if made.kind == kind:
                click.echo(f"  {name:{width}}  {made.says}")


def _made(name: str, seed: int, dose: float | None, burst: str | None, view: str) -> "World":
    """A world of the list."""
    import numpy as np

    from zhenbo.worlds import BURSTS, VIEWS, WORLDS
    from zhenbo.worlds.campaign import viewed

    for given, known, what in (
        (name, WORLDS, "world"),
        (burst or "none", BURSTS, "burst"),
        (view, VIEWS, "view"),
    ):
        if given not in known:
            raise click.UsageError(f"There is no {what} {given!r}. Known: {', '.join(known)}.")
    made = WORLDS[name]
    if made.kind != "attack" and (dose is not None or burst is not None):
        raise click.UsageError(f"--dose and --burst belong to attacks; {name} is a {made.kind}.")
    options = {k: v for k, v in (("dose", dose), ("burst", burst)) if v is not None}
    return viewed(made(seed, **options), view, np.random.default_rng([seed, 71]))


def _laid(over: Path, session: str | None, attack: str, seed: int, dose: float, key: bytes) -> "World":
    """An attack over a recording."""
    import numpy as np

    from zhenbo.core.dataset import subjects
    from zhenbo.intake.load import load
    from zhenbo.worlds.inject import inject

    data = load([over], key).dataset
    rows = {s.session_id: s.events.num_rows for s in subjects(data)}
    if not rows:
        raise NoEventsError(
            f"{over} holds no session or shop month that can be read; `zhenbo import {over}` tells why."
        )
    if session is not None and session not in rows:
        known = ", ".join(sorted(rows)[:20])
        raise ZhenboError(
            f"{over} holds no session {session!r}. Sessions and shop months that can be read: {known}."
        )
    return inject(data, session or max(rows, key=lambda s: rows[s]), attack, np.random.default_rng([seed, 72]), dose)  # fmt: skip


def _arrived(made: "World", seed: int) -> "World":
    """The same record as its rows arrive."""
    from dataclasses import replace

    import numpy as np

    from zhenbo.worlds.views import delivered

    events = delivered(made.dataset, np.random.default_rng([seed, 73]))
    return replace(made, dataset=replace(made.dataset, events=events))


def _beside(to: Path) -> Path:
    return to.with_name(to.name + "-truth")


def _write(made: "World", to: Path) -> None:
    from zhenbo.intake.load import write
    from zhenbo.worlds.answer import write_answer

    try:
        write(made.dataset, to)
        for name, text in sorted(made.papers.items()):
            (to / name).write_text(text, "utf-8")
        write_answer(made, _beside(to))
    except OSError as error:
        raise ZhenboError(
            f"The world cannot be written to {to} ({error}). Name another folder with --to."
        ) from error
