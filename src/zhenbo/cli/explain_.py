"""`zhenbo explain`: the page of a signal."""

import click


@click.command("explain")
@click.argument("signal", required=False)
def command(signal: str | None) -> None:
    """Show the page of SIGNAL, or list the signals there are."""
    from rich.console import Console
    from rich.markdown import Markdown

    from zhenbo.signals.catalogue import catalogue, page

    known = catalogue()
    if signal is None:
        for ident, entry in known.items():
            click.echo(f"{ident:24} {entry.title.en} {entry.title.zh}")
        return
    if signal not in known:
        from difflib import get_close_matches

        names = {name.partition(".")[2]: name for name in known} | {name: name for name in known}
        near = [
            names[n]
            for n in get_close_matches(signal, [*names, *{n.partition(".")[0] for n in known}], n=1)
            if n in names
        ]
        hint = f" Did you mean {near[0]!r}?" if near else f" Known signals: {', '.join(known)}."
        raise click.UsageError(f"There is no signal {signal!r}.{hint}")
    Console().print(Markdown(page(signal)))
