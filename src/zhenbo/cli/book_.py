"""`zhenbo book`: the money of promises and penalties, double entry, on a record that shows tampering."""

import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click
import msgspec

from zhenbo.cli.pages import finish
from zhenbo.cli.verbs import Verbs
from zhenbo.core.errors import ZhenboError

if TYPE_CHECKING:
    from zhenbo.core.acts import Head
    from zhenbo.record import Store

AT_ONCE = 10_000
"""Acts appended in one transaction of the store."""


def store_options(command: Callable[..., Any]) -> Callable[..., Any]:
    """--store, --json and --lang."""
    for option in reversed((
        click.option("--store", metavar="URL", help="File, sqlite:///path or postgresql://user@host/database; your own record by default."),
        click.option("--json", "as_json", is_flag=True, help="Print JSON on stdout."),
        click.option("--lang", type=click.Choice(["zh", "en"]), default="zh", show_default=True, help="Language of page and terminal."),
    )):  # fmt: skip
        command = option(command)
    return command


@click.group("book", cls=Verbs)
def command() -> None:
    """The book: deposits, funds, advances and their recovery, in double entry.

    Entered once, never changed: what was wrong is undone by its opposite. docs/book.md tells accounts and flows.
    """


@command.command("post")
@click.argument("files", nargs=-1, type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--example", is_flag=True, help="Print a file of entries, and what it means.")
@store_options
def post(files: tuple[Path, ...], example: bool, store: str | None, as_json: bool, lang: str) -> None:
    """Enter the transactions of FILES (TOML or JSONL), each once, however often this is run.

    A file is taken as a whole up to 10,000 entries; a longer one in parts of so many, and a run that stopped is finished by
    running it again.
    """
    from zhenbo.pipeline.book import EXAMPLE, acts_of, read_entries
    from zhenbo.pipeline.record import opened

    if example:
        click.echo(EXAMPLE, nl=False)
        return
    if not files:
        raise click.UsageError("No file is named. `zhenbo book post --example` shows one.")
    new = all_ = 0
    with opened(store) as kept:
        for path in files:
            entries = read_entries(path)
            with kept.book() as book:
                acts = acts_of(entries, book, time.time_ns() // 1000)
            for i in range(0, len(acts), AT_ONCE):
                new += kept.append(acts[i : i + AT_ONCE])
            all_ += len(acts)
        head = kept.head()
        where = kept.name
    _answer(
        {"new": new, "known": all_ - new, "head": {"number": head.number, "seal": head.seal}, "store": where},
        as_json,
    )
    said = {
        "zh": f"新记 {new} 条，{all_ - new} 条此前已记。账簿末端：{head.number}:{head.seal}",
        "en": f"{new} entered, {all_ - new} already there. Head of the record: {head.number}:{head.seal}",
    }
    click.echo(said[lang], err=as_json)


@command.command("show")
@click.option(
    "--out", type=click.Path(file_okay=False, path_type=Path), help="Folder for report.html and book.json."
)
@store_options
def show(out: Path | None, store: str | None, as_json: bool, lang: Any) -> None:
    """The book: balances, funds over time, open holds, open recoveries."""
    from zhenbo import __version__
    from zhenbo.act.book.view import overview
    from zhenbo.report.book import book_page

    with _read(store) as kept:
        head = kept.head()
        with kept.book() as book:
            seen = overview(book, head)
    finish(book_page(seen, __version__, lang), seen, "book", {"out": out, "as_json": as_json, "lang": lang})


@command.command("statement")
@click.argument("account")
@click.option(
    "--out",
    type=click.Path(file_okay=False, path_type=Path),
    help="Folder for report.html and statement.json.",
)
@store_options
def statement(account: str, out: Path | None, store: str | None, as_json: bool, lang: Any) -> None:
    """What went through ACCOUNT, e.g. fund:protection or deposit:s1, with the balance after each."""
    from zhenbo import __version__
    from zhenbo.act.book.view import statement as rows_of
    from zhenbo.report.book import statement_page

    with _read(store) as kept, kept.book() as book:
        rows = rows_of(book, account)
        if not rows:
            _unknown(account, [name for name, _ in book.accounts()])
    finish(
        statement_page(account, rows, __version__, lang),
        rows,
        "statement",
        {"out": out, "as_json": as_json, "lang": lang},
    )


@command.command("verify")
@click.option(
    "--head",
    "kept_head",
    metavar="NUMBER:SEAL",
    help="A head written down earlier; shows a record written anew.",
)
@click.option(
    "--bundle",
    "bundles",
    multiple=True,
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="An evidence bundle made from this record: its acts and head must still stand there; repeatable.",
)
@store_options
@click.pass_context
def verify(
    ctx: click.Context,
    kept_head: str | None,
    bundles: tuple[Path, ...],
    store: str | None,
    as_json: bool,
    lang: Any,
) -> None:
    """Is the record what it was: names the first row that was changed, dropped or slipped in.

    Exits with 1 when there is one.
    """
    from zhenbo.report.phrase import phrase

    with _read(store) as kept:
        heads = [_head(kept_head)] if kept_head else []
        found = kept.verify([*heads, *(h for b in bundles for h in _heads(b))])
        head = kept.head() if found is None else None
    body: dict[str, Any] = {"whole": found is None}
    if found is not None:
        said = phrase(found.say, found.args, lang)
        body |= {"what": found.what, "args": dict(found.args), "says": said}
    else:
        assert head is not None
        body |= {"head": {"number": head.number, "seal": head.seal}}
        said = {
            "zh": f"完整：{head.number} 条行为与账簿一致。末端 {head.number}:{head.seal}",
            "en": f"Whole: {head.number} acts and the book agree. Head {head.number}:{head.seal}",
        }[lang]
    _answer(body, as_json)
    click.echo(said, err=as_json)
    if found is not None:
        ctx.exit(1)


@command.command("export")
@click.option(
    "--to",
    "file",
    type=click.File("w", encoding="utf-8", lazy=True),
    default="-",
    help="File; stdout by default.",
)
@click.option("--store", metavar="URL", help="As for the others.")
def export(file: Any, store: str | None) -> None:
    """The book as a beancount file: what was posted, for other tools to check and report on."""
    from zhenbo.act.book.fold import book
    from zhenbo.report.beancount import beancount

    with _read(store) as kept:
        acts = list(kept.read(kind="book."))
    for line in beancount(book(acts), acts):
        file.write(line)


@command.command("migrate")
@store_options
def migrate(store: str | None, as_json: bool, lang: Any) -> None:
    """Make the store's tables, or bring them up to date; every other command does so too when it opens one."""
    from zhenbo.pipeline.record import migrated

    before, now, where = migrated(store)
    _answer({"before": before, "now": now, "store": where}, as_json)
    if before == now:
        said = {"zh": f"{where}：已是最新（{now}）", "en": f"{where}: up to date at {now}"}
    else:
        said = {
            "zh": f"{where}：由 {before or '空库'} 升级至 {now}",
            "en": f"{where}: from {before or 'no tables'} to {now}",
        }
    click.echo(said[lang], err=as_json)


def _read(store: str | None) -> "Store":
    """A store to read from: never made by looking at it."""
    from zhenbo.pipeline.record import opened

    return opened(store, create=False)


def _head(text: str) -> "Head":
    from zhenbo.core.acts import Head

    number, _, seal = text.partition(":")
    if not number.isdecimal() or len(seal) != 64 or len(number) > 18:
        raise click.BadParameter(f"{text[:80]!r} is no head. It is the NUMBER:SEAL that post and verify print.", param_hint="--head")  # fmt: skip
    return Head(int(number), seal.lower())


def _heads(bundle: Path) -> "list[Head]":
    """What a bundle has written down of the record: its head, and the number and seal of each act in it."""
    from zhenbo.cli.evidence_ import intact
    from zhenbo.core.acts import Head
    from zhenbo.pipeline.evidence import kept_of

    acts, head = kept_of(intact(bundle))
    if not acts and not head:
        raise ZhenboError(f"{bundle} holds nothing of a record of acts: it was made without --store.")
    return [*(Head(a.number, a.seal) for a in acts), *([_head(head)] if head else [])]


def _unknown(account: str, names: list[str]) -> None:
    from difflib import get_close_matches

    near = get_close_matches(account, names, 3)
    hint = f"Did you mean {', '.join(near)}?" if near else "`zhenbo book show` lists them."
    raise ZhenboError(f"Nothing ever went through {account[:80]}. {hint}")


def _answer(body: object, as_json: bool) -> None:
    if as_json:
        sys.stdout.buffer.write(msgspec.json.format(msgspec.json.encode(body), indent=2) + b"\n")
