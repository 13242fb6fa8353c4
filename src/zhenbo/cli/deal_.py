"""`zhenbo deal`: a deal before it is signed."""

import shlex
import sys
from collections.abc import Callable
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click
import msgspec

from zhenbo.cli.pages import finish
from zhenbo.cli.show import bar, key_option, keyed
from zhenbo.core.errors import ZhenboError

if TYPE_CHECKING:
    from zhenbo.core.deal import Deal
    from zhenbo.core.papers import Papers
    from zhenbo.core.verdict import SubjectVerdict
    from zhenbo.pipeline.parties import Known

Decorator = Callable[[Callable[..., Any]], Callable[..., Any]]
_MONEY = {"fee": "slot_fee", "order_fee": "order_fee", "pledge": "pledge_gmv", "ad_value": "ad_value"}
_RATES = {
    "commission": "commission_rate",
    "platform": "platform_rate",
    "tax": "tax_rate",
    "margin": "gross_margin",
}


def money(_: click.Context, option: click.Parameter, value: str | None) -> int | None:
    """An amount in major units (`8000`, `1.2万`) as minor units."""
    from zhenbo.core.money import parse_minor

    if value is None:
        return None
    minor = parse_minor(value)
    if minor is None or minor < 0:
        raise click.BadParameter(f"{value!r} is no amount; write --{option.name} 8000 for 8,000.00 yuan.")
    return minor


def rate(_: click.Context, option: click.Parameter, value: str | None) -> Decimal | None:
    """A share (`20%`, `0.2`)."""
    if value is None:
        return None
    try:
        made = Decimal(value.strip().rstrip("%％")) / (100 if value.strip()[-1:] in {"%", "％"} else 1)
    except ArithmeticError:
        made = Decimal("NaN")
    least = -10 if option.name == "margin" else 0
    if not made.is_finite() or not least <= made <= 1:
        raise click.BadParameter(f"{value!r} is no share; write --{option.name} 20% or 0.2.")
    return made


def _money_option(name: str, text: str) -> Decorator:
    return click.option(name, callback=money, metavar="YUAN", help=text)


def _rate_option(name: str, text: str) -> Decorator:
    return click.option(name, callback=rate, metavar="SHARE", help=text)


@click.command("deal")
@click.argument("paths", nargs=-1, type=click.Path(exists=True, path_type=Path))
@click.option("--deal", "deals", multiple=True, type=click.Path(exists=True, dir_okay=False, path_type=Path), help="Terms of the contract (TOML, docs/deals.md).")  # fmt: skip
@click.option("--host", metavar="ID", help="Whose broadcasts in PATHS are the history; that of the deal, or the only one, by default.")  # fmt: skip
@_money_option("--fee", "Slot fee.")
@_rate_option("--commission", "Commission on sales.")
@_rate_option("--platform", "The platform's cut.")
@_rate_option("--tax", "Tax on the fee.")
@_money_option("--order-fee", "Fee per order.")
@_rate_option("--margin", "The merchant's gross margin; negative for goods sold below cost.")
@_money_option("--pledge", "Sales that are promised.")
@click.option(
    "--roi", type=click.FloatRange(0, 10_000, min_open=True), help="Sales promised per yuan of slot fee."
)
@_money_option("--ad-value", "What the exposure is worth to you besides sales.")
@_money_option("--price", "Average order; that of the history by default.")
@_rate_option("--share", "Part of a broadcast's sales that would be yours; all of it by default.")
@click.option("--broadcasts", type=click.IntRange(1, 100), help="Broadcasts that the deal buys; those of the deal file, or one, by default.")  # fmt: skip
@_money_option("--sold", "Also show the result for these sales.")
@click.option(
    "--out", type=click.Path(file_okay=False, path_type=Path), help="Folder for report.html and deal.json."
)
@click.option("--lang", type=click.Choice(["zh", "en"]), default="zh", show_default=True, help="Language of the report.")  # fmt: skip
@click.option("--json", "as_json", is_flag=True, help="Print deal.json on stdout.")
@key_option
def command(paths: tuple[Path, ...], deals: tuple[Path, ...], host: str | None, **options: Any) -> None:
    """Before signing: from what sales on the deal pays, and in how many of twenty outcomes it would.

    PATHS hold the host's earlier broadcasts: data folders or raw files, audited on the fly, or --out folders of `zhenbo
    audit`. Terms come from --deal, and from the options, which go before it. Amounts of the options are in yuan.
    """
    from zhenbo import __version__
    from zhenbo.audit.deal_before import outlook
    from zhenbo.audit.deal_clauses import unsigned
    from zhenbo.core.settlement import DealReport
    from zhenbo.pipeline.deals import clause_law
    from zhenbo.report.deal_before import before_page
    from zhenbo.report.phrase import phrase

    found = _history(paths, options) if paths else None
    papers = _terms(deals)
    terms = [_with(deal, options) for deal in papers.deals]
    if found and not deals and host is None:
        _only_host(found)
    outlooks = []
    for deal in terms:
        past, currency = _past(found, host or deal.host_id)
        n = options["broadcasts"] or max(len(deal.sessions), 1)
        share = Decimal(1) if options["share"] is None else options["share"]
        seen = outlook(
            deal, past, deal.currency or currency, share=share, broadcasts=n, price=options["price"], sold=options["sold"]
        )  # fmt: skip
        clauses = (
            unsigned(deal, papers, lambda say, args: phrase(say, args, options["lang"]), clause_law())
            if deals
            else []
        )
        outlooks.append(msgspec.structs.replace(seen, clauses=clauses))
    as_of = found.audit.as_of if found else None
    again = shlex.join(["zhenbo", *(Path(a).name if Path(a).exists() else a for a in sys.argv[1:])])
    page = before_page(outlooks, as_of, __version__, again, options["lang"])
    finish(page, DealReport(zhenbo=__version__, as_of=as_of, outlooks=outlooks), "deal", options)


def _history(paths: tuple[Path, ...], options: dict[str, Any]) -> "Known":
    from zhenbo.pipeline.parties import known

    with bar() as progress:
        return known(paths, lambda: keyed(options["key"]), lang=options["lang"], progress=progress)


def _terms(deals: tuple[Path, ...]) -> "Papers":
    """Deals of the files; one without terms where none is given.

    Raises:
        ZhenboError: when the files hold no deal.
    """
    from zhenbo.core.deal import Deal
    from zhenbo.core.papers import Papers
    from zhenbo.intake import papers

    if not deals:
        return Papers((Deal("new"),))
    read = papers.read([], deals)
    if not read.deals:
        raise ZhenboError(
            f"No deal could be read from {', '.join(map(str, deals))}. docs/deals.md shows one."
        )
    return read


def _with(deal: "Deal", options: dict[str, Any]) -> "Deal":
    """The deal with what the options say instead."""
    from dataclasses import replace

    said = {
        field: options[name]
        for name, field in (*_MONEY.items(), *_RATES.items())
        if options[name] is not None
    }
    if options["roi"] is not None:
        said["roi"] = Decimal(str(options["roi"]))
    return replace(deal, **said)


def _only_host(found: "Known") -> None:
    hosts = sorted({v.host_id for v in found.verdicts if v.gmv})
    if len(hosts) > 1:
        raise ZhenboError(f"The record holds several hosts ({', '.join(hosts[:12])}). Say with --host whose broadcasts are the history.")  # fmt: skip


def _past(found: "Known | None", host: str | None) -> tuple[list[Any], str]:
    """The broadcasts of a host that sold, in the order of time, and their currency."""
    from zhenbo.audit.deal_before import Past

    if found is None:
        return [], "CNY"
    same = found.papers.registry.same
    mine = [v for v in found.audit.sessions if v.gmv and (host is None or same(v.host_id) == same(host))]
    if not mine:
        return [], "CNY"
    currency = max((v.gmv.currency for v in mine if v.gmv), key=[v.gmv.currency for v in mine if v.gmv].count)
    return [_one(v, Past) for v in mine if v.gmv and v.gmv.currency == currency], currency


def _one(v: "SubjectVerdict", past: Any) -> Any:
    from zhenbo.core.settlement import Span

    assert v.gmv is not None
    orders = next((line.orders for line in v.gmv.lines if line.line == "verified"), 0)
    told, sales = v.gmv.verified, v.questions["sales"].verdict
    # where nothing was found the lower end speaks of what is hidden in one of twenty: no part of what is likely
    low = told.mid if sales.value == "unlikely" else max(told.low, 0)
    return past(getattr(v, "session_id", ""), Span(low, max(told.mid, 0), told.high), orders, sales.value in {"suspect", "likely"})  # fmt: skip
