"""Lines and tables on a terminal of any width: nothing too wide, nothing lost, no amount cut, no full stop at the head of a line."""

import io

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.cells import cell_len
from rich.console import Console

from zhenbo.report.page import Cell, Page, Section, Table, print_page
from zhenbo.report.wrap import breaks, units

TEXTS = st.text("a1,.¥（）。，：“” 已付款的-/%", max_size=120)


def test_a_line_breaks_where_both_languages_allow_it():
    """Not at a space before Chinese characters only, and never so that a full stop heads a line."""
    text = "可在 2026-06-06 23:59 前申诉，由人工处理。"
    lines = [
        text[a:b].rstrip() for a, b in zip([0, *breaks(text, 24)], [*breaks(text, 24), None], strict=True)
    ]
    assert lines == ["可在 2026-06-06 23:59 前", "申诉，由人工处理。"]


@given(TEXTS, st.integers(2, 60))
def test_lines_fit_and_cut_no_piece_that_fits(text, width):
    """Every line fits; a break inside a piece happens only where the piece alone is too wide."""
    starts = breaks(text, width)
    for a, b in zip([0, *starts], [*starts, len(text)], strict=True):
        assert cell_len(text[a:b].rstrip()) <= width
    for a, b in units(text):
        if cell_len(text[a:b]) <= width and not (a == 0 or cell_len(text[:b]) <= width):
            assert not [s for s in starts if a < s < b]


@pytest.mark.parametrize("width", [40, 60, 80, 120])
def test_no_amount_of_a_table_is_cut(width):
    """Where the columns cannot stand beside each other, rows stand below each other."""
    amounts = [[f"¥{n}{i},000.00" for i in range(1, 8)] for n in (12, 34)]
    rows = tuple((Cell(f"deal-{n}"), *(Cell(a, "num") for a in row)) for n, row in enumerate(amounts))
    heads = ("contract", *(f"column {i}" for i in range(7)))
    page = Page("t", "", (), (Section("s", "s", (Table(heads, rows),)),), (), "", "")
    out = io.StringIO()
    print_page(page, Console(file=out, width=width), "en")
    lines = out.getvalue().splitlines()
    assert max(map(cell_len, lines)) <= width
    for row in amounts:
        for amount in row:
            assert any(amount in line for line in lines), amount
