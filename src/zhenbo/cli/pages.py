"""How commands that make a page end: files first, so that a pipe closed early costs none, then the terminal."""

import sys
from typing import TYPE_CHECKING, Any

import click
import msgspec

from zhenbo.cli.show import console
from zhenbo.core.errors import ZhenboError

if TYPE_CHECKING:
    from zhenbo.report.page import Page


def finish(page: "Page", body: object, name: str, options: dict[str, Any], *, html: str = "report.html", schema: bool = False) -> None:  # fmt: skip
    """Write the page and the JSON where a folder is named, show the page, name the report.

    Args:
        page: the page.
        body: what the JSON holds; bytes are taken as they are.
        name: of the JSON file, without its ending.
        options: of the command: `out`, `as_json`, `lang`.
        html: name of the page's file.
        schema: write the JSON's schema beside it.

    Raises:
        ZhenboError: when the folder cannot be written to.
    """
    from zhenbo.core.verdict import encoded
    from zhenbo.report.page import print_page, render_page

    out, as_json = options["out"], options["as_json"]
    content = body if isinstance(body, bytes) else encoded(body)
    if out is not None:
        files = {f"{name}.json": content, html: render_page(page, options["lang"]).encode()}
        if schema:
            shape = msgspec.json.encode(msgspec.json.schema(type(body)))
            files[f"{name}.schema.json"] = msgspec.json.format(shape, indent=2)
        try:
            out.mkdir(parents=True, exist_ok=True)
            for file, text in files.items():
                (out / file).write_bytes(text)
        except OSError as error:
            raise ZhenboError(
                f"The results cannot be written to {out} ({error}). Name another folder with --out."
            ) from error
    print_page(page, console(err=as_json), options["lang"])
    if as_json:
        sys.stdout.buffer.write(content)
    if out is not None:
        click.echo(f"\nReport: {out / html}", err=as_json)
