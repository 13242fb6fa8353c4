"""Order exports: the quirks of real files, and what each source's mapping makes of them (all data invented)."""

import json
import zipfile
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from zhenbo.core.dataset import subjects
from zhenbo.core.schema import Flag
from zhenbo.intake import delimited, xlsx
from zhenbo.intake.apply import Applied, apply
from zhenbo.intake.identity import Pseudonyms
from zhenbo.intake.load import load
from zhenbo.intake.mapping import mappings
from zhenbo.intake.recognise import recognise
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


def read_as(source: str, folder: Path, data: bytes | str, name: str = "export") -> Applied:
    """What a file gives, read with the format and mapping that its content asks for."""
    path = folder / name
    path.write_bytes(data.encode() if isinstance(data, str) else data)
    found = recognise(path)
    assert found.mapping is not None, f"not recognised: {found}"
    assert found.format is not None
    assert found.mapping.id == source
    read = found.format.read
    return apply(found.mapping, lambda: read(path), "0" * 64, Pseudonyms(b"k" * 32))


def events_of(done: Applied) -> dict[str, dict[str, Any]]:
    """The events by id."""
    rows = done.tables["event"].to_pylist()
    by_id = {row["event_id"]: row for row in rows}
    assert len(by_id) == len(rows)
    return by_id


def differs(event: dict[str, Any], wanted: dict[str, Any]) -> bool:
    """Whether an event fails an `expect` entry of a mapping."""
    shown = {
        **event,
        "ts": event["ts"] and event["ts"].isoformat().replace("+00:00", "Z"),
        "actor": event["actor_id"] is not None,
        "masked": bool(event["flags"] & Flag.MASKED),
        "addr": event["addr"] is not None,
    }
    return any(shown[name] != value for name, value in wanted.items())


SHOPS = ("tmall.", "doudian.", "tiktokshop.")
EXAMPLES = [(m.id, e) for m in mappings() if m.id.startswith(SHOPS) for e in m.examples]


@pytest.mark.parametrize(("source", "example"), EXAMPLES, ids=[f"{s}:{e.name}" for s, e in EXAMPLES])
def test_every_example_is_recognised_and_gives_exactly_its_events(tmp_path, source, example):
    """A mapping keeps its own word: its examples, as files, give the events it states and no others."""
    data = example.text or "\n".join(json.dumps(row, ensure_ascii=False) for row in example.rows)
    done = read_as(source, tmp_path, data)
    left = list(done.tables["event"].to_pylist())
    for wanted in example.expect:
        hit = next((event for event in left if not differs(event, wanted)), None)
        assert hit is not None, f"{wanted} not among {left}"
        left.remove(hit)
    assert not left
    assert not done.rejects
    assert not done.unknown


@pytest.mark.parametrize("encoding", ["utf-8-sig", "gb18030"])
def test_columns_may_be_reordered_renamed_or_missing_and_unknown_ones_are_kept(tmp_path, encoding):
    """Exports differ by version: columns count by name, and what nobody asked for goes to `extra`."""
    text = (
        "新列,支付完成时间,子订单编号,订单应付金额(元),主订单编号,订单提交时间,订单状态\n"
        '=1+1,2024-05-01 20:00:05\t,"690011\t",1.2万,690001,2024/05/01 20:00:00,海关查验中\n'
    )
    done = read_as("doudian.orders", tmp_path, text.encode(encoding))
    events = events_of(done)
    assert {e: row["amount"] for e, row in events.items()} == {
        "690011:order_create": 1_200_000,
        "690011:order_pay": 1_200_000,
    }
    first = events["690011:order_create"]
    assert first["state"] == "海关查验中"
    assert done.unknown["state", "海关查验中"] > 0
    assert json.loads(first["extra"]) == {"新列": "=1+1"}
    assert first["region"] is first["addr"] is first["session_id"] is None


def test_a_later_export_supersedes_by_event_id(tmp_path):
    """The same order exported twice gives the same event ids; the later export carries the later `ts_seen`."""
    head = "主订单编号,子订单编号,订单应付金额,订单提交时间,支付完成时间,订单完成时间,订单状态,流量体裁\n"
    early = head + "1,11,5.00,2024-05-01 20:00:00,2024-05-01 20:00:05,,待发货,数据将于第二天更新\n"
    late = head + "1,11,5.00,2024-05-01 20:00:00,2024-05-01 20:00:05,2024-05-09 08:00:00,已完成,直播\n"
    first = events_of(read_as("doudian.orders", tmp_path, early, "a"))
    second = events_of(read_as("doudian.orders", tmp_path, late, "b"))
    assert set(first) < set(second)
    pay = "11:order_pay"
    assert first[pay]["ts_seen"] < second[pay]["ts_seen"]
    assert (first[pay]["via"], second[pay]["via"]) == (None, "直播")
    assert (first[pay]["state"], second[pay]["state"]) == ("待发货", "已完成")
    both = load([tmp_path], b"k" * 32).dataset.events.to_pylist()
    assert {e["event_id"]: e["state"] for e in both} == dict.fromkeys(second, "已完成")


def test_broken_values_cost_only_their_event_and_are_named(tmp_path):
    """A bad time, a negative or unreadable amount: file, line and reason; the row's other events stay."""
    head = "订单编号,总金额,买家实际支付金额,收货地址 ,订单创建时间,订单付款时间 ,退款金额\n"
    rows = [
        "1,5.00,5.00,上海,2020-02-01 00:00:00,9999-02-01 00:00:01,0",
        "2,-5.00,5.00,上海,2020-02-01 00:00:00,,0",
        "3,五元,5.00,上海,2020-02-01 00:00:00,,0",
        "4,5.00,5.00,上海",
        "5,5.00,5.00,<script>alert(1)</script>,2020-02-01 00:00:00,2020-02-01 00:00:01,0",
        "合计,20.00,15.00,,,,0",
    ]
    done = read_as("tmall.orders", tmp_path, head + "\n".join(rows))
    assert sorted(events_of(done)) == ["1:order_create", "5:order_create", "5:order_pay"]
    assert {(r.line, r.reason) for r in done.rejects} == {
        (2, "bad_time"), (3, "negative_amount"), (4, "bad_number"), (5, "ragged_row"),
    }  # fmt: skip


TIKTOK = [
    "Order ID", "Order Status", "SKU ID", "Quantity", "Order Amount", "Order Refund Amount", "Created Time",
    "Paid Time", "Cancelled Time", "Buyer Username", "Country",
]  # fmt: skip


def tiktok(*rows: list[str]) -> str:
    """A TikTok Shop export without line subtotals."""
    return "\n".join("\t".join(row) for row in [TIKTOK, *rows])


def test_an_amount_repeated_on_every_line_of_an_order_counts_once(tmp_path):
    """Order Amount on three SKU lines is one amount; so is its refund; whichever way the lines are ordered."""
    lines = [
        ["576", "Shipped", sku, "1", "30.00", "12.00", "03/05/2024 20:00:00", "03/05/2024 20:00:09", "", "b1", "Malaysia"]
        for sku in ("1", "2", "3")
    ]  # fmt: skip
    for order in (lines, lines[::-1]):
        events = list(events_of(read_as("tiktokshop.orders-csv", tmp_path, tiktok(*order))).values())
        by_kind = {
            k: [e["amount"] for e in events if e["kind"] == k]
            for k in ("order_create", "order_pay", "refund_done")
        }
        assert [len(v) for v in by_kind.values()] == [3, 3, 1]
        assert [sum(a or 0 for a in v) for v in by_kind.values()] == [3000, 3000, 1200]
        assert {e["currency"] for e in events} == {"MYR"}


def test_local_times_go_by_country_and_an_unknown_one_is_refused(tmp_path):
    """03/05 is the third of May, at the clock of the row's country; a row of no known country is not guessed."""
    row = ["", "Unpaid", "1", "1", "9.90", "", "03/05/2024 20:00:00", "", "", "b1"]
    text = tiktok(
        *(
            [str(n), *row[1:], c]
            for n, c in enumerate(["Thailand", "Philippines", "United Kingdom", "Atlantis"])
        )
    )
    done = read_as("tiktokshop.orders-csv", tmp_path, text)
    hours = [e["ts"].isoformat() for e in events_of(done).values()]
    assert hours == ["2024-05-03T13:00:00+00:00", "2024-05-03T12:00:00+00:00", "2024-05-03T19:00:00+00:00"]
    assert [(r.line, r.reason) for r in done.rejects] == [(5, "bad_time")]


def test_a_tiktok_workbook_with_descriptions_and_a_false_dimension(tmp_path):
    """The XLSX of the Seller Center: row 2 explains the columns, the dimension says A1:A1."""
    notes = [f"This column tells the {name.lower()}." for name in TIKTOK]
    row = [
        "5761",
        "On hold",
        "1",
        2.0,
        9.9,
        None,
        "03/05/2024 20:00:00\t",
        "03/05/2024 20:01:00",
        None,
        "b***1",
        "Singapore",
    ]
    path = xlsx_file(tmp_path / "x.xlsx", [TIKTOK, notes, row])
    events = events_of(read_as("tiktokshop.orders-csv", tmp_path, path.read_bytes()))
    assert set(events) == {f"5761:1:{kind}" for kind in ("order_create", "order_pay", "order_hold")}
    created = events["5761:1:order_create"]
    assert (created["qty"], created["amount"], created["currency"], created["actor_id"]) == (
        2,
        990,
        "SGD",
        None,
    )
    assert all(e["flags"] & Flag.PLATFORM_RISK and e["flags"] & Flag.MASKED for e in events.values())


@pytest.mark.parametrize("scale", [1, 1_000, 1_000_000])
@pytest.mark.parametrize("wrap", ["{}", '{{"orders": [{}]}}', '{{"data": {{"orders": [{}]}}}}', "{0}\n{0}"])
def test_api_orders_in_every_wrapping_and_unit_of_time(tmp_path, scale, wrap):
    """Seconds, milliseconds, microseconds, numbers as text; one order, a list, an answer, or lines."""
    order = {
        "id": "576", "user_id": 7490001, "status": "CANCELLED", "create_time": str(1_714_737_600 * scale),
        "cancel_time": 1_714_737_660 * scale, "cancel_reason": "unpaid", "payment": {"currency": "USD", "total_amount": "12.99"},
        "line_items": [{"id": "57601", "sku_id": "1", "sale_price": "12.99", "room_id": "73"}],
    }  # fmt: skip
    done = read_as("tiktokshop.orders-api", tmp_path, wrap.format(json.dumps(order)))
    rows = {e["event_id"]: e for e in done.tables["event"].to_pylist()}
    assert sorted(rows) == ["57601:order_cancel", "57601:order_create"]
    assert rows["57601:order_create"]["ts"].isoformat() == "2024-05-03T12:00:00+00:00"
    assert rows["57601:order_cancel"]["ts"].isoformat() == "2024-05-03T12:01:00+00:00"
    assert rows["57601:order_create"]["session_id"] == "73"
    assert rows["57601:order_create"]["amount"] == 1299


def test_a_return_that_names_only_the_parent_order_comes_home_to_the_room(tmp_path):
    """Lines of one order sold in a room; the return knows the order only: the room's bridge still sees it."""
    lines = [{"id": f"57601{n}", "sku_id": str(n), "sale_price": "10", "room_id": "73"} for n in (1, 2)]
    order = {
        "id": "576", "user_id": "b1", "status": "DELIVERED", "create_time": 1_714_737_600, "paid_time": 1_714_737_700,
        "payment": {"currency": "USD"}, "line_items": lines,
    }  # fmt: skip
    back = {
        "return_id": "403", "order_id": "576", "return_type": "REFUND", "create_time": 1_717_900_000,
        "update_time": 1_717_990_000, "return_status": "RETURN_OR_REFUND_REQUEST_COMPLETE",
        "refund_amount": {"currency": "USD", "refund_total": "15"},
    }  # fmt: skip
    (tmp_path / "orders.json").write_text(json.dumps(order))
    (tmp_path / "returns.json").write_text(json.dumps(back))
    (only,) = subjects(load([tmp_path], b"k" * 32).dataset)
    assert only.session_id == "73"
    assert only.counts == {"order_create": 2, "order_pay": 2, "refund_done": 1, "refund_request": 1}


def test_a_doudian_after_sale_joins_the_month_of_its_order(tmp_path):
    """A June refund of a May order belongs to the May of that shop, whichever host the refund forgot to name."""
    orders = "主订单编号,子订单编号,订单应付金额,订单提交时间,支付完成时间,订单状态,达人ID\n1,11,5.00,2024-05-31 20:00:00,2024-05-31 20:00:05,已发货,88\n"
    back = "售后单号,订单号,商品单号,售后类型,退商品金额（元）,售后状态,售后申请时间,用户到账时间\n7,1,11,退货退款,5.00,同意退款，退款成功,2024-06-03 08:00:00,2024-06-05 08:00:00\n"
    (tmp_path / "orders.csv").write_bytes(orders.encode("gbk"))
    (tmp_path / "back.csv").write_bytes(back.encode("utf-8-sig"))
    (only,) = subjects(load([tmp_path], b"k" * 32).dataset)
    assert only.session_id == "shop:douyin:88:2024-05"
    assert only.counts == {"order_create": 1, "order_pay": 1, "refund_done": 1, "refund_request": 1}


TMALL = Path(__file__).parents[3] / "shared/data/tmall-orders/tmall_order_report.csv"


@pytest.mark.skipif(not TMALL.exists(), reason="the public Tmall export is not beside the repository")
@pytest.mark.slow
def test_the_public_tmall_export_bridges_to_the_fen(tmp_path):
    """28,010 orders, 24,087 paid, 5,646 refunded; gross − unpaid − refunded = what the shop received, exactly."""
    assert [s.session_id for s in subjects(load([TMALL], b"k" * 32).dataset)] == [
        "shop:tmall:unknown:2020-02"
    ]
    done = read_as("tmall.orders", tmp_path, TMALL.read_bytes())
    assert not done.rejects
    events = done.tables["event"].to_pylist()
    created = {e["order_id"]: e["amount"] for e in events if e["kind"] == "order_create"}
    paid = {e["order_id"] for e in events if e["kind"] == "order_pay"}
    refunded = [e["amount"] for e in events if e["kind"] == "refund_done"]
    unpaid = sum(amount for order, amount in created.items() if order not in paid)
    discount = sum(e["discount_seller"] or 0 for e in events if e["kind"] == "order_create")
    assert (len(created), len(paid), len(refunded)) == (28_010, 24_087, 5_646)
    assert (sum(created.values()), unpaid, discount, sum(refunded)) == (
        299_576_061,
        52_093_754,
        0,
        57_233_592,
    )
    assert sum(created.values()) - unpaid - discount - sum(refunded) == 190_248_715
    assert not any(e["addr"] for e in events)
