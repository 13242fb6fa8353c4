"""`zhenbo repurchase`: who comes back, and what a customer is worth."""

import shlex
from pathlib import Path
from typing import Any

import click

from zhenbo.cli.audit_ import moment
from zhenbo.cli.pages import finish
from zhenbo.cli.show import key_option, keyed


@click.command("repurchase")
@click.argument("paths", nargs=-1, required=True, type=click.Path(exists=True, path_type=Path))
@click.option("--out", required=True, type=click.Path(file_okay=False, path_type=Path), help="Folder for report.html and the JSON.")  # fmt: skip
@click.option(
    "--days", default=90, show_default=True, type=click.IntRange(7, 730), help="Length of the forecast."
)
@click.option("--audited", type=click.Path(exists=True, file_okay=False, path_type=Path), help="The --out folder of `zhenbo audit` on the same record: orders it takes for brushed are left out.")  # fmt: skip
@click.option("--as-of", callback=moment, help="Read the record as it stood at this time (ISO 8601).")
@click.option("--lang", type=click.Choice(["zh", "en"]), default="zh", show_default=True, help="Language of the report.")  # fmt: skip
@click.option("--json", "as_json", is_flag=True, help="Print the JSON on stdout.")
@key_option
def command(**options: Any) -> None:
    """Cohorts, repurchase, customer value and a forecast from the orders in PATHS: data folders or raw files of known sources.

    Needs one pseudonym per buyer throughout. Nothing is judged here: without --audited, brushed orders count as bought.
    """
    from zhenbo import __version__
    from zhenbo.audit.repurchase import repurchase
    from zhenbo.pipeline.parties import bought, brushed_in, loaded
    from zhenbo.report.repurchases import repurchase_page

    data, _ = loaded(options["paths"], keyed(options["key"]))
    until = data.latest if options["as_of"] is None else options["as_of"]
    without = brushed_in(options["audited"]) if options["audited"] else frozenset()
    made = repurchase(bought(data, until, without), options["days"])
    names = [Path(p).name or str(p) for p in options["paths"]]
    again = shlex.join(["zhenbo", "repurchase", *names, "--days", str(options["days"]), "--lang", options["lang"], "--out", "DIR"])  # fmt: skip
    finish(
        repurchase_page(made, __version__, again, options["lang"]), made, "repurchase", options, schema=True
    )
