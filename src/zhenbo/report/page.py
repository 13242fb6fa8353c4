"""The pages of party audits: sections of facts, tables and drawings, once as HTML in the look of the session report, once on a terminal.

Everything in a page is text already, and not escaped: the template escapes all of it, `rich` gets it as plain text.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from typing import ClassVar

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup
from rich.console import Console
from rich.padding import Padding
from rich.table import Table as Grid
from rich.text import Text

from zhenbo.core.evidence import Say
from zhenbo.core.subject import Outcome
from zhenbo.report import labels
from zhenbo.report.i18n import Lang
from zhenbo.report.phrase import phrase

LINES = 40
"""Rows of a table on the terminal; the page and the JSON have all."""
_STYLES = {"likely": "bold red", "suspect": "bold yellow", "insufficient": "bold", "unlikely": "bold green"}
_SAYS = {
    "more": Say("… and {n} more in the report", "……另有 {n} 行见报告"),
    "rows": Say("{n} rows in the report", "共 {n} 行，见报告"),
    "method": Say("How to read this, and its limits", "如何阅读本页及其局限"),
}


@dataclass(frozen=True)
class Cell:
    """One cell: `kind` is empty, `num`, `soft`, `when` or an outcome; `to` an anchor of the page."""

    text: str
    kind: str = ""
    to: str = ""


@dataclass(frozen=True)
class Table:
    """Rows under their heads; a `long` one is for the page, a terminal only says how long it is, and leaves out the last `aside` columns of any."""

    heads: tuple[str, ...]
    rows: tuple[tuple[Cell, ...], ...]
    note: str = ""
    title: str = ""
    long: bool = False
    aside: int = 0
    shape: ClassVar[str] = "table"

    def __post_init__(self) -> None:
        wrong = {len(row) for row in self.rows} - {len(self.heads)}
        if wrong:
            raise ValueError(
                f"table {self.title!r}: {len(self.heads)} heads over rows of {sorted(wrong)} cells"
            )


@dataclass(frozen=True)
class Facts:
    """Terms and what is said of them."""

    items: tuple[tuple[str, str], ...]
    title: str = ""
    shape: ClassVar[str] = "facts"


@dataclass(frozen=True)
class Lines:
    """Sentences, one below the other; as a list where `listed`."""

    lines: tuple[str, ...]
    title: str = ""
    soft: bool = False
    listed: bool = False
    shape: ClassVar[str] = "lines"


@dataclass(frozen=True)
class Drawing:
    """A drawing with its caption; a terminal shows the caption only."""

    svg: Markup
    caption: str
    title: str = ""
    shape: ClassVar[str] = "drawing"


@dataclass(frozen=True)
class Bar:
    """A shown figure as a bar with its verified part."""

    label: str
    svg: Markup
    shown: str
    verified: str
    interval: str
    note: str


@dataclass(frozen=True)
class Bars:
    """Shown beside verified, figure by figure."""

    bars: tuple[Bar, ...]
    words: tuple[str, str]
    title: str = ""
    shape: ClassVar[str] = "bars"


Block = Table | Facts | Lines | Drawing | Bars


@dataclass(frozen=True)
class Section:
    """A part of the page.

    Args:
        anchor: its id on the page.
        title: what it is about.
        meta: a line under the title.
        outcome: of the banner; empty for no banner.
        banner: sentences of the banner.
        word: of the banner, where it answers another question than the outcomes' usual words.
        blocks: what follows.
    """

    anchor: str
    title: str
    blocks: tuple[Block, ...]
    meta: str = ""
    outcome: str = ""
    banner: tuple[str, ...] = ()
    word: str = ""


@dataclass(frozen=True)
class Page:
    """A whole page.

    Args:
        title: of the page.
        meta: version, moment and policy.
        lines: sentences below the title.
        sections: its parts.
        method: how to read it, and its limits.
        again: the command that makes it again.
        foot: last line.
    """

    title: str
    meta: str
    lines: tuple[str, ...]
    sections: tuple[Section, ...]
    method: tuple[str, ...]
    again: str
    foot: str


def render_page(page: Page, lang: Lang) -> str:
    """The page as one self-contained HTML file; the same page gives the same bytes."""
    return _environment().get_template("page.html.j2").render(
        lang="zh-CN" if lang == "zh" else "en", page=page, shapes=labels.SHAPES,
        words={o.value: labels.name(labels.OUTCOMES, o.value, lang) for o in Outcome}, method=phrase(_SAYS["method"], {}, lang),
    )  # fmt: skip


@cache
def _environment() -> Environment:
    return Environment(
        loader=PackageLoader("zhenbo.report", "templates"), autoescape=True, undefined=StrictUndefined, trim_blocks=True,
        lstrip_blocks=True, keep_trailing_newline=True,
    )  # fmt: skip


def print_page(page: Page, console: Console, lang: Lang) -> None:
    """The page on a terminal; control characters were removed when its texts were made."""
    console.print(Text(page.title, style="bold"))
    for line in page.lines:
        console.print(Text(line))
    for section in page.sections:
        console.print()
        head = Text(section.title, style="bold")
        if section.outcome:
            word = section.word or labels.name(labels.OUTCOMES, section.outcome, lang)
            head = Text(f"{labels.SHAPES[section.outcome]} {word}  ", style=_STYLES[section.outcome]) + head
        console.print(head)
        for line in (section.meta, *section.banner):
            if line:
                console.print(Padding(Text(line), (0, 0, 0, 2)))
        for block in section.blocks:
            _print(block, console, lang)


def _print(block: Block, console: Console, lang: Lang) -> None:
    if block.title:
        console.print(Padding(Text(block.title, style="dim"), (0, 0, 0, 2)))
    match block:
        case Table():
            _table(block, console, lang)
        case Facts():
            for term, text in block.items:
                console.print(Padding(Text(f"{term}: {text}"), (0, 0, 0, 2)))
        case Lines():
            for line in block.lines:
                console.print(Padding(Text(("- " if block.listed else "") + line), (0, 0, 0, 2)))
        case Drawing():
            console.print(Padding(Text(block.caption), (0, 0, 0, 2)))
        case Bars():
            grid = Grid(box=None, padding=(0, 2, 0, 0), header_style="dim")
            for head, justify in (("", "left"), (block.words[0], "right"), (block.words[1], "left")):
                grid.add_column(head, justify=justify)  # type: ignore[arg-type]
            for b in block.bars:
                grid.add_row(Text(b.label), Text(b.shown), Text(f"{b.verified} · {b.interval}"))
            console.print(Padding(grid, (0, 0, 0, 2)))


def _table(block: Table, console: Console, lang: Lang) -> None:
    if block.long:
        console.print(Padding(Text(phrase(_SAYS["rows"], {"n": len(block.rows)}, lang)), (0, 0, 0, 2)))
        return
    grid = Grid(box=None, padding=(0, 2, 0, 0), header_style="dim")
    shown = len(block.heads) - block.aside
    numeric = [any(r[i].kind == "num" for r in block.rows) for i in range(shown)]
    for head, right in zip(block.heads, numeric, strict=False):
        grid.add_column(head, justify="right" if right else "left", overflow="fold")
    for row in block.rows[:LINES]:
        grid.add_row(*(Text(c.text, style=_STYLES.get(c.kind, "")) for c in row[:shown]))
    console.print(Padding(grid, (0, 0, 0, 2)))
    more = len(block.rows) - LINES
    for line in (phrase(_SAYS["more"], {"n": more}, lang) if more > 0 else "", block.note):
        if line:
            console.print(Padding(Text(line, style="dim"), (0, 0, 0, 2)))


def listed(items: Sequence[str], lang: Lang) -> str:
    """Names one after the other, as the language separates them."""
    return ("、" if lang == "zh" else ", ").join(items)
