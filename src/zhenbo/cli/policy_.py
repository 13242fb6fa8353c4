"""`zhenbo policy`: packs of rules, what they say of facts as of a day, and what changed between two days."""

import shlex
import sys
from collections.abc import Callable
from datetime import date, datetime, timedelta, timezone
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from zhenbo.cli.pages import finish
from zhenbo.core.errors import PackError, ZhenboError

if TYPE_CHECKING:
    pass

EXAMPLE = """\
# Facts for `zhenbo policy cn-law facts.toml` (docs/policies.md). What is not stated is not known.
subject = "room-7"
day = 2025-03-01            # by which law; a later day is judged by later law

[facts]
by_party = true             # a person has established who did it
"fake.orders" = 0.31        # at least this share of orders is fabricated
"verdict.penalty_ready" = true
independent_signs = 2       # kinds of evidence that do not depend on each other
"""


class _Day(click.ParamType[date]):
    """A day as 2025-10-15."""

    name = "day"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> date:
        """The day that a text names."""
        try:
            return value if isinstance(value, date) else date.fromisoformat(value)
        except ValueError:
            self.fail(f"{value!r} is no day; write 2025-10-15.", param, ctx)


DAY = _Day()


def common(command: Callable[..., Any]) -> Callable[..., Any]:
    """--out, --lang and --json, as the other commands have them."""
    for option in reversed((
        click.option("--out", type=click.Path(file_okay=False, path_type=Path), help="Folder for the page (HTML) and its JSON."),
        click.option("--lang", type=click.Choice(["zh", "en"]), default="zh", show_default=True, help="Language of page and terminal."),
        click.option("--json", "as_json", is_flag=True, help="Print the JSON on stdout."),
    )):  # fmt: skip
        command = option(command)
    return command


@click.command("policy")
@click.argument("pack", required=False)
@click.argument("paths", nargs=-1, type=click.Path(exists=True, path_type=Path))
@click.option(
    "--as-of", type=DAY, help="By the law of this day: the day of the facts by default, today for lists."
)
@click.option("--diff", type=(DAY, DAY), metavar="DAY DAY", help="What changed in law between two days.")
@click.option(
    "--scope", default="", help="Only rules that concern it, e.g. room, merchant, agency, platform."
)
@click.option("--facts", "wanted", is_flag=True, help="List the facts that PACK asks for.")
@click.option("--example", is_flag=True, help="Print a file of facts to try, and end.")
@common
def command(pack: str | None, paths: tuple[Path, ...], *, example: bool, **options: Any) -> None:
    """List rules as of a day, or ask them of facts.

    PACK is the name of a shipped pack, a TOML file of your own, several with commas between, or `all`. PATHS are files of facts (TOML or JSON), a verdict.json, or
    the folder that `zhenbo audit --out` wrote; facts of the former are added to every subject of the latter.
    """
    if example:
        click.echo(EXAMPLE, nl=False)
        return
    if options["diff"]:
        _changed(pack, options)
    elif pack is not None and options["wanted"]:
        _wanted(pack, options)
    elif paths:
        _asked(pack or "", paths, options)
    else:
        _listed(pack, options)


def _listed(name: str | None, options: dict[str, Any]) -> None:
    from zhenbo import __version__
    from zhenbo.pipeline.policies import pack_of, register, rules_json, shipped
    from zhenbo.report.policy import packs_page

    try:
        packs = [pack_of(name)] if name else [*shipped().values()]
    except PackError as error:
        if name is None or not Path(name).exists():
            raise
        raise PackError(
            f"{error} If {name} holds facts, name a pack before it: zhenbo policy all {name}"
        ) from error
    day = options["as_of"] or today()
    page = packs_page(packs, day, register(), again(), __version__, options["lang"])
    finish(page, rules_json(packs, day), "rules", options, html="rules.html")


def _wanted(name: str, options: dict[str, Any]) -> None:
    from zhenbo import __version__
    from zhenbo.pipeline.policies import encoded, pack_of
    from zhenbo.report.policy import facts_page

    pack = pack_of(name)
    finish(facts_page(pack, again(), __version__, options["lang"]), encoded({"schema": 1, "facts": pack.facts}), "facts", options, html="facts.html")  # fmt: skip


def _changed(name: str | None, options: dict[str, Any]) -> None:
    from zhenbo import __version__
    from zhenbo.act.policy import changes
    from zhenbo.pipeline.policies import changes_json, pack_of, register, shipped
    from zhenbo.report.policy import changes_page

    first, last = sorted(options["diff"])
    packs = [pack_of(name)] if name else [*shipped().values()]
    found = [(pack, changes(pack, first, last, register())) for pack in packs]
    page = changes_page(first, last, found, again(), __version__, options["lang"])
    finish(page, changes_json(first, last, found), "changes", options, html="changes.html")


def _asked(name: str, paths: tuple[Path, ...], options: dict[str, Any]) -> None:
    from zhenbo import __version__
    from zhenbo.act.policy import check, rulings
    from zhenbo.pipeline.policies import asked, pack_of, register, rulings_json, shipped
    from zhenbo.report.policy import rulings_page

    pack = pack_of(name)
    if name not in shipped() and (wrong := check(pack, register())):
        raise PackError(
            f"{name} is not sound, and nobody is judged by it: {wrong[0].rule}: {wrong[0].say.en} `zhenbo check {name}` tells all."
        )
    found = []
    for one in asked(paths, pack):
        day = options["as_of"] or one.day
        if day is None:
            raise ZhenboError(
                f"{one.subject[:80]}: of which day are these facts? Write day = 2025-03-01 into the file, or add --as-of."
            )
        found.append((one, day, rulings(pack, one.facts, day, register(), options["scope"])))
    page = rulings_page(pack, [(o.subject, d, r) for o, d, r in found], again(), __version__, options["lang"])
    finish(page, rulings_json(pack, found), "rulings", options, html="rulings.html")


def again() -> str:
    """The command that makes the page again, without the places of its files."""
    return shlex.join(["zhenbo", *(Path(a).name if Path(a).exists() else a for a in sys.argv[1:])])


def today() -> date:
    """The day it is in China, in whose time its law comes into force."""
    return datetime.now(timezone(timedelta(hours=8))).date()
