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
from zhenbo.report.wrap import GAP, Prose, widths

LINES = 40
"""Rows of a table on the terminal; the page and the JSON have all."""
_STYLES = {"likely": "bold red", "suspect": "bold yellow", "insufficient": "bold", "unlikely": "bold green"}
_SAYS = {
    "more": Say("… and {n} more in the report", "……另有 {n} 行见报告"),
    "rows": Say("{n|row|rows} in the report", "共 {n} 行，见报告"),
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
    """A drawing with its caption; a terminal shows neither."""

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
    console.print(Prose(page.title, style="bold"))
    for line in page.lines:
        console.print(Prose(line))
    for section in page.sections:
        console.print()
        head: list[tuple[str, str]] = [(section.title, "bold")]
        if section.outcome:
            word = section.word or labels.name(labels.OUTCOMES, section.outcome, lang)
            head.insert(0, (f"{labels.SHAPES[section.outcome]} {word}  ", _STYLES[section.outcome]))
        console.print(Prose.assemble(*head))
        for line in (section.meta, *section.banner):
            if line:
                _line(Prose(line), console)
        for block in section.blocks:
            _print(block, console, lang)


def _print(block: Block, console: Console, lang: Lang) -> None:
    if isinstance(block, Drawing):
        return  # a caption under nothing tells nothing
    if block.title:
        _line(Prose(block.title, style="dim"), console)
    match block:
        case Table():
            _table(block, console, lang)
        case Facts():
            for term, text in block.items:
                _line(Prose(f"{term}{'：' if lang == 'zh' else ': '}{text}"), console)
        case Lines():
            for line in block.lines:
                _line(Prose(line), console, "- " if block.listed else "")
        case Bars():
            rows = [(b.label, b.shown, f"{b.verified} · {b.interval}") for b in block.bars]
            _grid(
                ("", *block.words),
                [[Prose(text) for text in row] for row in rows],
                (False, True, False),
                console,
            )


def _line(text: Text, console: Console, mark: str = "") -> None:
    """A paragraph under its section; the further lines of a list's item stand under its first word."""
    if mark:
        text = Prose(mark).append_text(text)
    console.print(Padding(text, (0, 0, 0, 2)))


def _table(block: Table, console: Console, lang: Lang) -> None:
    if block.long:
        _line(Prose(phrase(_SAYS["rows"], {"n": len(block.rows)}, lang)), console)
        return
    shown = len(block.heads) - block.aside
    numeric = tuple(any(r[i].kind == "num" for r in block.rows) for i in range(shown))
    rows = [[Prose(c.text, style=_STYLES.get(c.kind, "")) for c in row[:shown]] for row in block.rows[:LINES]]
    _grid(block.heads[:shown], rows, numeric, console)
    more = len(block.rows) - LINES
    for line in (phrase(_SAYS["more"], {"n": more}, lang) if more > 0 else "", block.note):
        if line:
            _line(Prose(line, style="dim"), console)


def _grid(
    heads: Sequence[str], rows: Sequence[Sequence[Text]], numeric: Sequence[bool], console: Console
) -> None:
    """Rows under heads; where that would cut a word or an amount, row by row with the heads beside what they head."""
    columns = [[head, *(row[i].plain for row in rows)] for i, head in enumerate(heads)]
    found = widths(columns, console.width - 2)
    if found is None:
        for row in rows:
            first, *rest = zip(heads, row, strict=True)
            _line(Prose.assemble((first[1].plain, "bold")), console)
            told = Prose(" · ").join(
                Prose.assemble((f"{head}: " if head else "", "dim"), text)
                for head, text in rest
                if text.plain
            )
            console.print(Padding(told, (0, 0, 0, 4)))
        return
    grid = Grid(box=None, padding=(0, GAP, 0, 0), header_style="dim", show_header=any(heads))
    for head, right, width in zip(heads, numeric, found, strict=True):
        grid.add_column(Prose(head), justify="right" if right else "left", width=width)
    for row in rows:
        grid.add_row(*row)
    console.print(Padding(grid, (0, 0, 0, 2)))


def listed(items: Sequence[str], lang: Lang) -> str:
    """Names one after the other, as the language separates them."""
    return ("、" if lang == "zh" else ", ").join(items)


def clauses(items: Sequence[str], lang: Lang) -> str:
    """Citations one after the other; an English one has commas of its own."""
    return ("、" if lang == "zh" else "; ").join(items)
