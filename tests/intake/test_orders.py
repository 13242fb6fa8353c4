"""Order exports: the quirks of real files, and what each source's mapping makes of them (all data invented)."""

import zipfile
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from zhenbo.intake import delimited, xlsx
from zhenbo.intake.rows import Rows


def rows_of(rows: Rows) -> list[dict[str, str]]:
    """All good rows, without line numbers."""
    return [row for _, row in rows.rows]


def csv_file(folder: Path, data: bytes | str, name: str = "export.csv") -> Rows:
    """A file of these bytes, opened by the delimited reader."""
    path = folder / name
    path.write_bytes(data.encode() if isinstance(data, str) else data)
    return delimited.read(path)


def xlsx_file(path: Path, table: list[list[str | float | None]], dimension: str = "A1:A1") -> Path:
    """A minimal workbook written by hand, so that its dimension can lie as TikTok Shop's does."""

    def cell(row: int, column: int, value: str | float | None) -> str:
        letters = chr(65 + column) if column < 26 else chr(64 + column // 26) + chr(65 + column % 26)
        at = f'r="{letters}{row}"'
        if value is None:
            return ""
        if isinstance(value, str):
            safe = value.replace("&", "&amp;").replace("<", "&lt;")
            return f'<c {at} t="inlineStr"><is><t>{safe}</t></is></c>'
        return f"<c {at}><v>{value}</v></c>"

    body = "".join(
        f'<row r="{r}">{"".join(cell(r, c, v) for c, v in enumerate(values))}</row>'
        for r, values in enumerate(table, 1)
    )
    main = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
    office = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
    package = "http://schemas.openxmlformats.org/package/2006/relationships"
    parts = {
        "_rels/.rels": f'<Relationships xmlns="{package}"><Relationship Id="r1" Type="{office}/officeDocument" Target="xl/workbook.xml"/></Relationships>',
        "xl/workbook.xml": f'<workbook xmlns="{main}" xmlns:r="{office}"><sheets><sheet name="s" sheetId="1" r:id="r1"/></sheets></workbook>',
        "xl/_rels/workbook.xml.rels": f'<Relationships xmlns="{package}"><Relationship Id="r1" Type="{office}/worksheet" Target="worksheets/sheet1.xml"/></Relationships>',
        "xl/worksheets/sheet1.xml": f'<worksheet xmlns="{main}"><dimension ref="{dimension}"/><sheetData>{body}</sheetData></worksheet>',
    }
    with zipfile.ZipFile(path, "w") as book:
        for name, text in parts.items():
            book.writestr(name, '<?xml version="1.0"?>' + text)
    return path


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gbk", "gb18030", "utf-16"])
@pytest.mark.parametrize("delimiter", [",", "\t", ";"])
def test_encoding_and_delimiter_are_read_from_the_content(tmp_path, encoding, delimiter):
    """The same table comes out of every encoding and delimiter in which shops export it."""
    text = "订单编号,收货地址 ,总金额\n1,浙江省,12.50\n2,内蒙古自治区,3\n".replace(",", delimiter)
    got = rows_of(csv_file(tmp_path, text.encode(encoding)))
    assert got == [
        {"订单编号": "1", "收货地址": "浙江省", "总金额": "12.50"},
        {"订单编号": "2", "收货地址": "内蒙古自治区", "总金额": "3"},
    ]


@pytest.mark.parametrize(("most", "some"), [("utf-8", "gb18030"), ("gb18030", "utf-8")])
def test_a_file_pasted_from_two_encodings_keeps_every_row(tmp_path, most, some):
    """Lines of the other encoding are decoded as what they are; undecodable bytes cost characters, not rows."""
    head = "订单编号,商品\n1,夏季连衣裙\n2,纯棉短袖\n".encode(most)
    broken = "4,".encode(most) + "真丝围巾".encode(most)[:-2] + b"\xff\n"
    got = rows_of(csv_file(tmp_path, head + "3,羊毛衫外套\n".encode(some) + broken + b"5,x\n"))
    assert [r["商品"] for r in got[:3]] == ["夏季连衣裙", "纯棉短袖", "羊毛衫外套"]
    assert got[3]["订单编号"] == "4"
    assert got[3]["商品"].startswith("真丝围")
    assert got[4] == {"订单编号": "5", "商品": "x"}


def test_cells_are_unwrapped_and_text_stays_raw(tmp_path):
    """Excel wrappers, trailing tabs and NUL bytes go; formula prefixes stay for the writers to escape."""
    rows = csv_file(
        tmp_path,
        '﻿"主订单编号\t","商品","留言"\n="690012",=1+1,@SUM(A1)\n"=""6900""\t",a\0b,\'0042\n',
    )
    assert rows_of(rows) == [
        {"主订单编号": "690012", "商品": "=1+1", "留言": "@SUM(A1)"},
        {"主订单编号": "6900", "商品": "ab", "留言": "0042"},
    ]
    assert not rows.rejects


def test_quoted_newlines_stay_in_the_value_and_lines_are_counted(tmp_path):
    """A buyer's message over three lines is one value; the line after it is still named rightly."""
    rows = csv_file(tmp_path, 'id,note,n\r\n1,"a\r\nb\r\nc",5\r\n2,short\r\n3,ok,7\r\n')
    assert [(line, row["id"]) for line, row in rows.rows] == [(2, "1"), (6, "3")]
    assert [(r.line, r.reason) for r in rows.rejects] == [(5, "ragged_row")]
    assert rows.read == 3


@pytest.mark.parametrize("after", [3, 300])
def test_a_quote_that_never_closes_costs_at_most_its_own_row(tmp_path, after):
    """A stray quote does not swallow the rest of the file."""
    tail = "".join(f"{n},x,1\n" for n in range(2, 2 + after))
    rows = csv_file(tmp_path, f'id,note,n\n1,"5 inch,1\n{tail}')
    got = rows_of(rows)
    assert [r["id"] for r in got] == [str(n) for n in range(1, 2 + after)]
    merged = csv_file(tmp_path, 'id,note,n\n1,"torn\n2,x,1\n3,"y",1\n')
    assert [r["id"] for r in rows_of(merged)] == ["2", "3"]
    assert [(r.line, r.reason) for r in merged.rejects] == [(2, "broken_quotes")]


def test_huge_fields_and_empty_files_are_no_error(tmp_path):
    """A 10 MB text is a text; a file of nothing says so."""
    big = "字" * 3_500_000
    assert rows_of(csv_file(tmp_path, f"id,text\n1,{big}\n"))[0]["text"] == big
    for nothing in (b"", b"\n\n", b"\xef\xbb\xbf"):
        empty = csv_file(tmp_path, nothing)
        assert rows_of(empty) == []
        assert [r.reason for r in empty.rejects] == ["empty_file"]
    gone = delimited.read(tmp_path / "gone.csv")
    assert rows_of(gone) == []
    assert gone.rejects[0].reason == "unreadable_file"


@given(st.binary(max_size=400))
def test_no_bytes_crash_the_reader(tmp_path_factory, data):
    """Whatever the bytes, every row read is either yielded or rejected with its line."""
    rows = csv_file(tmp_path_factory.getbasetemp(), b"a,b\n1,2\n" + data)
    good = list(rows.rows)
    assert good[0] == (2, {"a": "1", "b": "2"}) or data.startswith((b"\xff\xfe", b"\xfe\xff"))
    assert rows.read == len(good) + len(rows.rejects)


def test_a_workbook_is_read_past_its_false_dimension(tmp_path):
    """A stated dimension of A1:A1 hides nothing; numbers come out as an export would write them."""
    path = xlsx_file(tmp_path / "o.xlsx", [["Order ID", "Qty "], ["5760", 2.0], [None, None], ["5761", 0.5]])
    rows = xlsx.read(path)
    assert list(rows.rows) == [(2, {"Order ID": "5760", "Qty": "2"}), (4, {"Order ID": "5761", "Qty": "0.5"})]
    (tmp_path / "bad.xlsx").write_bytes(path.read_bytes()[:200])
    bad = xlsx.read(tmp_path / "bad.xlsx")
    assert list(bad.rows) == []
    assert bad.rejects[0].reason == "unreadable_workbook"
