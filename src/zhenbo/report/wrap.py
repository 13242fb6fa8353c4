"""Prose and tables on a terminal: lines that break where both languages allow it, and no figure cut in two.

`rich` breaks at spaces only: Chinese sentences come out ragged, a full stop may head a line, and a table too wide for the
terminal has its amounts and names broken anywhere. Both are decided here; `rich` does the rest.
"""

import re
from collections.abc import Iterator, Sequence

from rich.cells import cell_len
from rich.console import Console, JustifyMethod, OverflowMethod
from rich.containers import Lines
from rich.text import Text

_WIDE = r"\u2e80-\u9fff\uf900-\ufaff\uff01-\uff60"
_SHUT = "，。；：、！？）》」』】”’…％·,.;:!?)]%"
"""What heads no line."""
_OPEN = "（《「『【“‘(["
"""What ends no line."""
_UNIT = re.compile(
    rf"[{re.escape(_OPEN)}]*(?:[{_WIDE}]|[^\s{_WIDE}{re.escape(_OPEN)}]+|[{re.escape(_OPEN)}])[{re.escape(_SHUT)}]*"
)
GAP = 2
"""Columns of a table stand this far apart."""
SLIVER = 8
"""Cells below which no column of longer texts is squeezed: one Chinese character a line is no table."""


def units(text: str) -> Iterator[tuple[int, int]]:
    """Start and end of every piece that stays on one line: a word, an amount, a Chinese character, each with its marks.

    Examples:
        >>> [text[a:b] for text in ["共 3 件（¥5.00）。"] for a, b in units(text)]
        ['共', '3', '件', '（¥5.00）。']
    """
    yield from (m.span() for m in _UNIT.finditer(text))


def breaks(text: str, width: int) -> list[int]:
    """Where lines of `text` begin so that none is wider than `width`; a piece wider than that is cut as it must be.

    Examples:
        >>> breaks("已付 ¥300.00。", 9), breaks("aa bb", 80)
        ([3], [])
    """
    starts: list[int] = []
    line = 0
    for start, end in units(text):
        if start > line and cell_len(text[line:end].rstrip()) > width:
            line = start
            starts.append(line)
        while cell_len(text[line:end]) > width:
            cut = line + 1
            while cell_len(text[line : cut + 1]) <= width:
                cut += 1
            line = cut
            starts.append(line)
    return starts


def narrowest(text: str) -> int:
    """The width below which a piece of `text` would be cut."""
    return max((cell_len(text[a:b]) for a, b in units(text)), default=0)


class Prose(Text):
    """Text that wraps by `breaks`."""

    def wrap(
        self, console: Console, width: int, *, justify: JustifyMethod | None = None, overflow: OverflowMethod | None = None,
        tab_size: int = 8, no_wrap: bool | None = None,  # noqa: ARG002 - the signature of rich
    ) -> Lines:  # fmt: skip
        """Lines of at most `width` cells."""
        lines = Lines()
        for line in self.split(allow_blank=True):
            parts = line.divide(breaks(line.plain, max(width, 1)))
            for part in parts:
                part.rstrip()
            parts.justify(console, width, justify=justify or "left", overflow=overflow or "fold")
            lines.extend(parts)
        return lines


def widths(columns: Sequence[Sequence[str]], room: int) -> list[int] | None:
    """Widths of table columns within `room`, with nothing cut; None where there is no such table.

    Args:
        columns: the texts of each column, head included.
        room: cells of the terminal that the table may take.
    """
    found = [max(map(cell_len, texts), default=0) for texts in columns]
    least = [max(*map(narrowest, texts), min(w, SLIVER)) for texts, w in zip(columns, found, strict=True)]
    room -= GAP * len(columns)
    if sum(least) > room:
        return None
    while sum(found) > room:
        loose = max((i for i, w in enumerate(found) if w > least[i]), key=lambda i: found[i])
        found[loose] -= 1
    return found
