"""`zhenbo claim`: buyers' claims decided, one or many."""

import shlex
import sys
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click
import msgspec

from zhenbo.cli.pages import finish
from zhenbo.cli.show import console, key_option, keyed, told
from zhenbo.core.errors import NoEventsError

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
@click.option(
    "--on-air", is_flag=True, help="PATHS are a record: follow the promises made in its broadcasts."
)
@click.option("--promises", type=click.Path(exists=True, dir_okay=False, path_type=Path), help="With --on-air: promises written down (TOML).")  # fmt: skip
@click.option("--chats", type=click.Path(exists=True, dir_okay=False, path_type=Path), help="With --on-air: chats of customer service (JSONL).")  # fmt: skip
@click.option("--appeal", metavar="CLAIM", help="Record an appeal against a decision in --store: with --by and --because.")  # fmt: skip
@click.option("--by", type=click.Choice(["buyer", "merchant"]), help="Who appeals.")
@click.option("--answer", metavar="CLAIM", help="A person's answer to an appeal: with --person, --because, and --overturn or --uphold.")  # fmt: skip
@click.option("--person", default="", help="Who answers.")
@click.option("--because", default="", help="Ground of an appeal, or reason of its answer.")
@click.option("--overturn/--uphold", "overturn", default=None, help="Whether the decision falls.")
@click.option("--example", is_flag=True, help="Print a claim to try, and end.")
@key_option
def command(paths: tuple[Path, ...], *, example: bool, on_air: bool, **options: Any) -> None:
    """Decide buyers' claims: pay, ask, refuse or hand on, with condition, clause, amount, who owes it and clocks.

    PATHS are TOML files (one claim, or [[claim]] many), JSONL files (one claim a line), or folders with claims.toml or
    claims.jsonl. Several claims are a desk: each is decided when it was filed and again whenever something changed.

    --appeal and --answer need no PATHS: they speak of a decision that --store holds.

    With --on-air, PATHS are data folders or raw files of known sources: promises are heard in speech (promises.toml adds to
    them) and matched against orders, and chats (chats.jsonl) against promises.
    """
    if example:
        click.echo(EXAMPLE, nl=False)
        return
    if options["appeal"] or options["answer"]:
        _appeal(options)
        return
    if not paths:
        raise click.UsageError("Name a file of claims. `zhenbo claim --example > claim.toml` makes one to try.")  # fmt: skip
    if on_air:
        _on_air(paths, options)
        return
    from zhenbo.pipeline import claims as pipeline

    with console(err=True).status("reading …") as status:
        found = pipeline.decide(
            paths,
            options["as_of"],
            lambda: keyed(options["key"]),
            lambda n: status.update(f"deciding ({n:,}) …"),
        )
    for reject in found.rejects[:20]:
        told(f"{reject.file}:{reject.line}: {reject.detail or reject.reason}")
    if len(found.rejects) > 20:
        told(f"… and {len(found.rejects) - 20} more lines that could not be read")
    if not found.claims:
        late = " by the moment of --as-of" if options["as_of"] is not None else ""
        raise NoEventsError(f"No claim could be read{late}. `zhenbo claim --example` prints one that can.")
    _finish(found, options)


def _on_air(paths: tuple[Path, ...], options: dict[str, Any]) -> None:
    """Promises of a record, and what became of them."""
    from zhenbo import __version__
    from zhenbo.pipeline.onair import followed
    from zhenbo.report.claim_onair import onair_page

    with console(err=True).status("reading …"):
        found = followed(paths, options["promises"], options["chats"], lambda: keyed(options["key"]), options["as_of"])  # fmt: skip
    for reject in found.rejects[:20]:
        told(f"{reject.file}:{reject.line}: {reject.detail or reject.reason}")
    page = onair_page(found.kept, found.service, found.lines, found.now, __version__, _again(), options["lang"])  # fmt: skip
    body = msgspec.json.format(msgspec.json.encode({"schema": 1, "as_of": found.now, "promises": found.kept, "service": found.service}), indent=1)  # fmt: skip
    finish(page, body + b"\n", "promises", options, html="promises.html")


def _appeal(options: dict[str, Any]) -> None:
    """An appeal or its answer, recorded, and the page of both."""
    from zhenbo import __version__
    from zhenbo.pipeline import claim_appeal
    from zhenbo.pipeline.claims import names
    from zhenbo.pipeline.record import opened
    from zhenbo.report.claim_appeal import appeal_page

    now = options["as_of"]
    if now is None:
        now = (datetime.now(UTC) - datetime(1970, 1, 1, tzinfo=UTC)) // timedelta(microseconds=1)
    claim = options["appeal"] or options["answer"]
    if options["appeal"] and not options["by"]:
        raise click.UsageError("Who appeals? Add --by buyer or --by merchant.")
    if options["answer"] and options["overturn"] is None:
        raise click.UsageError("How is it answered? Add --overturn or --uphold.")
    with opened(options["store"], create=False) as store:
        if options["appeal"]:
            acts = claim_appeal.appeal(store, claim, options["by"], options["because"], now)
        else:
            acts = claim_appeal.answer(store, claim, succeeds=options["overturn"], person=options["person"], why=options["because"], now=now)  # fmt: skip
    page = appeal_page(claim, acts, names(), now, __version__, _again(), options["lang"])
    finish(page, msgspec.json.encode(acts) + b"\n", "appeal", options, html="appeal.html")


def _finish(found: "Decided", options: dict[str, Any]) -> None:
    """Show, write, record."""
    from zhenbo.pipeline.claims import as_json

    finish(_page(found, options), as_json(found), "claims", options, html="claims.html")
    if options["store"]:
        _record(found, options["store"])


def _page(found: "Decided", options: dict[str, Any]) -> "Page":
    from zhenbo import __version__
    from zhenbo.pipeline.claims import decision_of, names, titles
    from zhenbo.report.claim import claim_page
    from zhenbo.report.claim_desk import desk_page

    again = _again()
    lang, one = options["lang"], decision_of(found)
    if one:
        return claim_page(*one, titles, names(), __version__, again, lang)
    return desk_page(found.summary, found.settled, found.signs.rate, names(), __version__, found.now, len(found.rejects), again, lang)  # fmt: skip


def _again() -> str:
    """The command that makes the page again, without the places of its files."""
    return shlex.join(["zhenbo", *(Path(a).name if Path(a).exists() else a for a in sys.argv[1:])])


def _record(found: "Decided", url: str) -> None:
    from zhenbo.core.errors import BookError
    from zhenbo.pipeline.claims import recorded
    from zhenbo.pipeline.record import opened

    with opened(url) as store:
        try:
            new, left = recorded(found, store)
        except BookError as error:
            raise BookError(f"Nothing of this run was recorded or paid; the page tells what is due. {error}") from error  # fmt: skip
    told(f"{new} acts recorded.")
    if left:
        told(f"{left} claims whose decision fell on appeal: nothing new is known of them, so nothing was recorded. Add what was found.")  # fmt: skip
