"""`zhenbo platform`: a platform's sales from a monitored head."""

import csv
import math
import shlex
from pathlib import Path
from typing import Any

import click

from zhenbo.cli.pages import finish
from zhenbo.core.errors import ZhenboError
from zhenbo.core.money import parse_minor


def span(_: click.Context, __: click.Parameter, value: str) -> tuple[int, int]:
    """Parse `LOW:HIGH`, or one number for both."""
    low, high = value.partition(":")[::2]
    try:
        ends = (int(low), int(high or low))
    except ValueError as error:
        raise click.BadParameter(f"{value!r} is no LOW:HIGH; write 200000:900000.") from error
    if not 0 < ends[0] <= ends[1]:
        raise click.BadParameter(f"{value!r}: LOW is positive and no more than HIGH.")
    return ends


def shares(_: click.Context, __: click.Parameter, value: str | None) -> tuple[float, float, float] | None:
    """Parse `LOW:MID:HIGH`, shares between 0 and 1."""
    if value is None:
        return None
    try:
        low, mid, high = (float(x) for x in value.split(":"))
    except ValueError as error:
        raise click.BadParameter(f"{value!r} is no LOW:MID:HIGH; write 0.3:0.5:0.7.") from error
    if not (math.isfinite(low + mid + high) and 0 <= low <= mid <= high <= 1):
        raise click.BadParameter(f"{value!r}: three rising shares between 0 and 1.")
    return low, mid, high


@click.command("platform")
@click.argument("head", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--hosts", required=True, callback=span, metavar="LOW:HIGH", help="How many hosts sell on the platform, at least and at most.")  # fmt: skip
@click.option(
    "--column", default="gmv", show_default=True, help="Column of HEAD with the sales, in yuan or dollars."
)
@click.option("--currency", default="CNY", show_default=True, help="Of these sales.")
@click.option("--share", "claimed", type=click.FloatRange(0.0001, 1), help="Share of the platform that the monitor says these hosts are: laid beside the interval.")  # fmt: skip
@click.option("--verified", callback=shares, metavar="LOW:MID:HIGH", help="Verified share of displayed sales, as an audit of a sample found it.")  # fmt: skip
@click.option("--out", required=True, type=click.Path(file_okay=False, path_type=Path), help="Folder for report.html and the JSON.")  # fmt: skip
@click.option("--lang", type=click.Choice(["zh", "en"]), default="zh", show_default=True, help="Language of the report.")  # fmt: skip
@click.option("--json", "as_json", is_flag=True, help="Print the JSON on stdout.")
def command(head: Path, hosts: tuple[int, int], column: str, currency: str, **options: Any) -> None:
    """Estimate a platform's sales from HEAD, a CSV with a row for each of its largest hosts as a monitor shows them."""
    from zhenbo import __version__
    from zhenbo.audit.monitor import LEAST, platform_total
    from zhenbo.report.platforms import platform_page

    sizes = _sizes(head, column, currency)
    made = platform_total(sizes, hosts, claimed=options["claimed"], verified=options["verified"])
    if made is None:
        raise ZhenboError(f"{head} holds {sum(s > 0 for s in sizes)} hosts with sales; a tail can be read from {LEAST} or more.")  # fmt: skip
    again = shlex.join(["zhenbo", "platform", head.name, "--hosts", f"{hosts[0]}:{hosts[1]}", "--lang", options["lang"], "--out", "DIR"])  # fmt: skip
    finish(
        platform_page(made, currency, __version__, again, options["lang"]),
        made,
        "platform",
        options,
        schema=True,
    )


def _sizes(head: Path, column: str, currency: str) -> list[int]:
    """The sales in a CSV, minor units; rows without a readable amount are left out.

    Raises:
        ZhenboError: when there is no such column.
    """
    try:
        with head.open(encoding="utf-8-sig", errors="replace", newline="") as file:
            rows = csv.DictReader(file)
            if column not in (rows.fieldnames or ()):
                known = ", ".join(rows.fieldnames or ())[:300]
                raise ZhenboError(
                    f"{head} has no column {column!r} (it has: {known}). Name it with --column."
                )
            return [minor for row in rows if (minor := parse_minor(row[column] or "", currency)) is not None]
    except csv.Error as error:
        raise ZhenboError(f"{head} is no CSV: {error}.") from error
