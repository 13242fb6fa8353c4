"""`zhenbo explain`: the page of a signal or of a rule."""

from difflib import get_close_matches
from pathlib import Path
from typing import Any

import click

from zhenbo.cli.pages import finish
from zhenbo.cli.policy_ import DAY, again, common, today


@click.command("explain")
@click.argument("name", required=False, metavar="[SIGNAL|RULE]")
@click.option("--as-of", type=DAY, help="Articles of a rule as numbered on this day; today by default.")
@common
def command(name: str | None, **options: Any) -> None:
    """Show the page of a SIGNAL or a RULE, or list the signals and rules there are. --out, --lang and --json are for rules."""
    from zhenbo.pipeline.policies import rule_names, rules_of
    from zhenbo.signals.catalogue import catalogue

    known = catalogue()
    if name is None:
        for ident, entry in known.items():
            click.echo(f"{ident:28} {entry.title.en} {entry.title.zh}")
        for ident in rule_names():
            rule = rules_of(ident)[0][2]
            click.echo(f"{ident:28} {rule.title.en} {rule.title.zh}")
    elif name in known:
        if options["as_json"] or options["out"]:
            raise click.UsageError(
                f"--json and --out are for rules; {name} is a signal, whose page is in docs/signals.md too."
            )
        _signal(name)
    elif rules_of(name):
        _rule(name, options)
    else:
        raise click.UsageError(
            f"There is no signal or rule {name!r}.{_near(name, [*known, *rule_names()], [*known])}"
        )


def _signal(name: str) -> None:
    from rich.console import Console
    from rich.markdown import Markdown

    from zhenbo.signals.catalogue import page

    Console().print(Markdown(page(name)))


def _rule(name: str, options: dict[str, Any]) -> None:
    from zhenbo import __version__
    from zhenbo.pipeline.policies import encoded, register, rules_of
    from zhenbo.report.policy import rule_page

    found = rules_of(name)
    day = options["as_of"] or today()
    page = rule_page(found, day, register(), again(), __version__, options["lang"])
    body = encoded({"schema": 1, "rules": [{"pack": pack.id, "rule": rule} for pack, _, rule in found]})
    finish(page, body, Path(name).name, options, html=f"{Path(name).name}.html")


def _near(name: str, names: list[str], signals: list[str]) -> str:
    """The nearest name, also by its last part alone."""
    short = {n.rpartition(".")[2]: n for n in names} | {n: n for n in names}
    near = [short[n] for n in get_close_matches(name, [*short], n=1)]
    return f" Did you mean {near[0]!r}?" if near else f" Known signals: {', '.join(signals)}."
