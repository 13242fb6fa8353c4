"""`zhenbo claim`: buyers' claims decided, one or many."""

import sys
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from zhenbo.cli.show import console, told
from zhenbo.core.errors import NoEventsError, ZhenboError

if TYPE_CHECKING:
    from zhenbo.pipeline.claims import Decided
    from zhenbo.report.page import Page

EXAMPLE = """\
# A claim (docs/guarantee.md). Amounts are whole fen; times without a zone are Beijing time.
id = "c-1001"
kind = "allergy"                     # no_reason, quality, described, fresh_damage, allergy, fake, unsafe_food,
                                     # not_delivered, promise, late_refund, freight, pickup
filed_at = 2026-05-30T20:15:00
buyer = "u_4821"

[purchase]
id = "o-77"
goods = "cosmetics"
paid = 149000                        # 1,490 yuan
platform = "douyin"
services = ["allergy"]               # active at the order: fresh_damage, allergy, genuine, return7, fast_refund, freight, pickup
ordered_at = 2026-04-28T21:00:00
signed_at = 2026-05-01T10:30:00
merchant = "m-9"

[[proofs]]
kind = "photo"
at = 2026-05-30T20:15:00
"""


def _moment(_: click.Context, __: click.Parameter, value: str | None) -> int | None:
    """ISO time, Beijing where it names no zone."""
    if value is None:
        return None
    try:
        at = datetime.fromisoformat(value)
    except ValueError:
        raise click.BadParameter(
            f"{value!r} is no time; write 2026-05-30 or 2026-05-30T10:00:00+08:00."
        ) from None
    there = at if at.tzinfo else at.replace(tzinfo=timezone(timedelta(hours=8)))
    return (there - datetime(1970, 1, 1, tzinfo=UTC)) // timedelta(microseconds=1)


@click.command("claim")
@click.argument("paths", nargs=-1, type=click.Path(path_type=Path))
@click.option(
    "--as-of", callback=_moment, metavar="TIME", help="Decide as of then; the latest thing told by default."
)
@click.option(
    "--out", type=click.Path(file_okay=False, path_type=Path), help="Folder for claims.html and claims.json."
)
@click.option("--store", metavar="URL", help="Append decisions and payments to this record (`zhenbo book`).")
@click.option(
    "--lang",
    type=click.Choice(["zh", "en"]),
    default="zh",
    show_default=True,
    help="Language of page and terminal.",
)
@click.option("--json", "as_json", is_flag=True, help="Print decisions on stdout.")
@click.option("--example", is_flag=True, help="Print a claim to try, and end.")
def command(paths: tuple[Path, ...], *, example: bool, **options: Any) -> None:
    """Decide buyers' claims: pay, ask, refuse or hand on, with condition, clause, amount, who owes it and clocks.

    PATHS are TOML files (one claim, or [[claim]] many), JSONL files (one claim a line), or folders with claims.toml or
    claims.jsonl. Several claims are a desk: each is decided when it was filed and again whenever something changed.
    """
    if example:
        click.echo(EXAMPLE, nl=False)
        return
    if not paths:
        raise click.UsageError("Name a file of claims. `zhenbo claim --example > claim.toml` makes one to try.")  # fmt: skip
    from zhenbo.pipeline import claims as pipeline

    with console(err=True).status("reading …") as status:
        found = pipeline.decide(paths, options["as_of"], lambda n: status.update(f"deciding ({n:,}) …"))
    for reject in found.rejects[:20]:
        told(f"{reject.file}:{reject.line}: {reject.detail or reject.reason}")
    if len(found.rejects) > 20:
        told(f"… and {len(found.rejects) - 20} more lines that could not be read")
    if not found.claims:
        raise NoEventsError("No claim could be read. `zhenbo claim --example` prints one that can.")
    _finish(found, options)


def _finish(found: "Decided", options: dict[str, Any]) -> None:
    """Show, write, record."""
    from zhenbo.pipeline.claims import as_json
    from zhenbo.report.page import print_page, render_page

    page, body = _page(found, options), as_json(found)
    print_page(page, console(err=options["as_json"]), options["lang"])
    if options["as_json"]:
        sys.stdout.buffer.write(body)
    if options["store"]:
        _record(found, options["store"])
    out = options["out"]
    if out is None:
        return
    try:
        out.mkdir(parents=True, exist_ok=True)
        (out / "claims.json").write_bytes(body)
        (out / "claims.html").write_text(render_page(page, options["lang"]), "utf-8")
    except OSError as error:
        raise ZhenboError(
            f"The results cannot be written to {out} ({error}). Name another folder with --out."
        ) from error
    told(f"\nPage: {out / 'claims.html'}")


def _page(found: "Decided", options: dict[str, Any]) -> "Page":
    import shlex

    from zhenbo import __version__
    from zhenbo.pipeline.claims import decision_of, names, titles
    from zhenbo.report.claim import claim_page
    from zhenbo.report.claim_desk import desk_page

    again = shlex.join(["zhenbo", *(Path(a).name if Path(a).exists() else a for a in sys.argv[1:])])
    lang, one = options["lang"], decision_of(found)
    if one:
        return claim_page(*one, titles, names(), __version__, again, lang)
    return desk_page(found.summary, found.settled, found.signs.rate, names(), __version__, found.now, len(found.rejects), again, lang)  # fmt: skip


def _record(found: "Decided", url: str) -> None:
    from zhenbo.pipeline.claims import recorded
    from zhenbo.pipeline.record import opened

    with opened(url) as store:
        told(f"{recorded(found, store)} acts recorded.")
