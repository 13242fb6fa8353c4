"""`zhenbo portfolio`: the IT special verification of many hosts, from a sample."""

from typing import Any

import click

from zhenbo.cli.pages import finish
from zhenbo.cli.party import party_options
from zhenbo.cli.show import bar, keyed


@click.command("portfolio")
@click.option("--precision", type=click.FloatRange(0.005, 0.5), default=0.1, show_default=True, help="Half the width of the 90 % interval wanted, as a share of what remains of sales.")  # fmt: skip
@click.option(
    "--seed", default=1, show_default=True, help="Of the draw; the same seed draws the same sessions."
)
@click.option("--all", "every", is_flag=True, help="Audit every session instead of a sample.")
@party_options
def command(precision: float, seed: int, every: bool, **options: Any) -> None:
    """Verify a portfolio of hosts (ITDD): from a sample to verified sales of the whole, with an interval.

    Beside it: the sampling plan, orders against settlements, user authenticity, concentration, unusual purchases.

    PATHS are data folders or raw files, or --out folders of `zhenbo audit` (then all sessions they hold count, and what
    needs the record itself is left out).
    """
    from zhenbo.cli.party import again
    from zhenbo.pipeline import overlaid
    from zhenbo.pipeline.portfolio import portfolio
    from zhenbo.report.portfolios import portfolio_page

    packs = overlaid(options["packs"]) if options["packs"] else None
    with bar() as progress:
        made, audit = portfolio(
            options["paths"], lambda: keyed(options["key"]), precision=precision, seed=seed, every=every, as_of=options["as_of"],
            lang=options["lang"], packs=packs, progress=progress,
        )  # fmt: skip
    more = ["--precision", str(precision), "--seed", str(seed), *(["--all"] if every else [])]
    page = portfolio_page(audit, made, again("portfolio", audit, options, *more), options["lang"])
    finish(page, made, "portfolio", options, schema=True)
