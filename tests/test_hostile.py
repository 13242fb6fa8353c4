"""A folder of everything that goes wrong, through the front door: nothing crashes, no good row is lost, nothing bites."""

import csv
import html
import json
import re
from collections import Counter
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from zhenbo.cli import main
from zhenbo.core.schema import EVENTS

T0 = 1_777_665_600
SCRIPT = "<script>alert(1)</script>"
IMAGE = '"><img src=x onerror=alert(2)>'
FORMULA = "=cmd|'/c calc'!A1"
NAMES = (SCRIPT, IMAGE, FORMULA, "+1+1", "-2+3", "@SUM(1)", "\t=1", "＝1+1", "'; DROP TABLE x; --", "{{7*7}}", "\u202egnp.exe")  # fmt: skip


def good(number: int, session: str = "room", **fields) -> dict:
    """One good canonical event."""
    return {
        "platform": "douyin", "source": "t@1", "host_id": "h", "session_id": session, "event_id": f"{session}-{number}",
        "kind": "comment", "ts": (T0 + number) * 1_000_000, "flags": 0, "actor_id": f"u{number % 40}", "text": f"好 {number}",
    } | fields  # fmt: skip


def jsonl(path: Path, rows: list) -> None:
    """Rows as JSON lines; text and bytes stand as they are."""
    parts = [r if isinstance(r, bytes) else (r if isinstance(r, str) else json.dumps(r, ensure_ascii=False)).encode() for r in rows]  # fmt: skip
    path.write_bytes(b"\n".join(parts) + b"\n")


def canonical(folder: Path) -> tuple[int, list[tuple[str, str]]]:
    """A data folder with hostile names, scripted by twenty hostile accounts so that they are accused by name."""
    bots = [f"{NAMES[i % len(NAMES)]}#{i}" for i in range(20)]
    talk = [good(i * 7 + k, actor_id=f"u{i}", text=f"第{i}句{k * k}") for i in range(40) for k in (0, 1, 3, 9, 14, 29, 44, 73, 90, 171)]  # fmt: skip
    for i, row in enumerate(talk):
        row |= {"event_id": f"h{i}", "ts": (T0 + (i * 7919) % 3600) * 1_000_000}
    script = [
        good(0, event_id=f"b{i}-{k}", ts=(T0 + i + 72 * k) * 1_000_000, actor_id=who,
             text=f"{NAMES[(i + k) % len(NAMES)]} 主播推荐的这款面膜真的好用 {k}")
        for i, who in enumerate(bots) for k in range(50)
    ]  # fmt: skip
    orders = [
        good(i, event_id=f"o{i}-{kind}", kind=kind, order_id=f"{NAMES[i % len(NAMES)]}{i}", amount=9_900, currency="CNY", text=None, addr="depot", actor_id=bots[i % 20])
        for i in range(60) for kind in ("order_create", "order_pay", "refund_done")
    ]  # fmt: skip
    whole = pa.Table.from_pylist([{k: r.get(k) for k in EVENTS.names} for r in talk + script + orders]).cast(EVENTS)  # fmt: skip
    pq.write_table(whole, folder / "events-good.parquet")
    (folder / "events-cut.parquet").write_bytes((folder / "events-good.parquet").read_bytes()[:-200])
    wrong = pa.table(
        {
            "platform": [1, 2],
            "source": [1.5, None],
            "session_id": [b"s", b"s"],
            "event_id": [7, 8],
            "kind": [3, 4],
            "ts": ["x", "y"],
            "flags": [[1], [2]],
            "qty": ["many", "few"],
        }
    )
    pq.write_table(wrong, folder / "events-types.parquet")  # fmt: skip
    deep = '{"kind":' + "[" * 5_000 + "]" * 5_000 + "}"
    bad: list = [
        good(1, event_id="y", ts="9999-12-31T00:00:00Z"),
        good(2, event_id="n", kind="order_create", order_id="q", amount=-5),
        good(3, event_id="w", ts={"at": 1}),
        good(4, event_id="t", kind="telepathy"),
        good(5, event_id="i", qty=10**40),
        json.dumps(good(6, event_id="f")).replace('"flags": 0', '"qty": NaN'),
        json.dumps(good(7, event_id="g")).replace('"flags": 0', '"qty": Infinity'),
        deep,
        "{not json",
        b"\xff\xfe\x00\x00 mixed \x80",
    ]
    rescued = [
        good(8, event_id="long", text="长" * 3_400_000), good(9, event_id="nul", text="a\x00b\x00"),
        json.dumps(good(10, event_id="gbk", text="?")).encode().replace(b'"?"', '"你好"'.encode()),
    ]  # fmt: skip
    jsonl(folder / "events-mixed.jsonl", [rescued[0], *bad, *rescued[1:]])
    lines = [("events-mixed.jsonl", str(n)) for n in range(2, 2 + len(bad))]
    return whole.num_rows + len(rescued), lines


def raw_sources(folder: Path) -> int:
    """Captures and exports of known sources, each with hostile texts and broken rows; the good events in them."""
    someone = {"user_id": 111111, "nickname": SCRIPT}
    jsonl(folder / "douyin.jsonl", [
        *({"type": "chat", "payload": someone | {"content": NAMES[i % len(NAMES)]}, "timestamp": 1_700_000_000.0 + i} for i in range(30)),
        {"type": "chat", "payload": someone | {"content": "x"}, "timestamp": 253_402_300_799.0},
        {"type": "like", "payload": someone | {"count": -3}, "timestamp": 1_700_000_001.0},
        {"type": "like", "payload": someone | {"count": 10**30}, "timestamp": 1_700_000_002.0},
    ])  # fmt: skip
    said = "".join(
        f'<d p="{i}.5,1,25,1,{1_700_000_000 + i},0,{40 + i},{i}">{html.escape(NAMES[i % len(NAMES)])}</d>' for i in range(25)
    )  # fmt: skip
    (folder / "danmaku.xml").write_bytes(f'<?xml version="1.0"?><i>{said}<d p="26.5,1,25'.encode())
    head = "主订单编号,子订单编号,商品数量,商品ID,订单应付金额,订单提交时间,支付完成时间,订单状态,省,详细地址"
    sold = [
        f"69{i},69{i}1,1,331,59.00,2024-05-01 20:00:00,2024-05-01 20:00:05,已发货,浙江省,{FORMULA}" for i in range(12)
    ]  # fmt: skip
    broken = ["7000,70001,1,331,-59.00,2024-05-01 20:00:00,2024-05-01 20:00:05,已发货,浙江省,x", "7001,70011,1,331,59.00,9999-05-01 20:00:00,,待发货,浙江省,y"]  # fmt: skip
    (folder / "doudian.csv").write_bytes("\r\n".join([head, *sold, *broken]).encode("gb18030"))
    return 30 + 25 + 2 * len(sold)


def unrelated(folder: Path) -> None:
    """Things that lie about in folders."""
    (folder / "empty.jsonl").write_bytes(b"")
    (folder / "empty.parquet").write_bytes(b"")
    (folder / "photo.jpg").write_bytes(bytes(range(256)) * 100)
    (folder / "nul.csv").write_bytes(b"\x00" * 10_000)
    (folder / "bomb.xml").write_bytes(b'<?xml version="1.0"?><!DOCTYPE i [<!ENTITY a "aaaa"><!ENTITY b "&a;&a;&a;&a;">]><i>&b;</i>')  # fmt: skip
    (folder / "table.xlsx").write_bytes(b"PK\x03\x04 and no more")
    (folder / "one-line.txt").write_bytes(b"x" * 10_000_000)
    (folder / "deep.json").write_bytes(b"[" * 100_000)
    (folder / "context.toml").write_text("[[window]\nsession_id = ")
    (folder / "notes.md").write_text(f"# {SCRIPT}\n")
    (folder / f"{FORMULA[:4]}<b>.csv").write_text("a,b\n1,2\n")
    (folder / "dangling").symlink_to(folder / "absent")


@pytest.fixture(scope="module")
def done(tmp_path_factory):
    """The folder audited through the command line: output folder, good events, lines that must be rejected."""
    folder, out = tmp_path_factory.mktemp("hostile"), tmp_path_factory.mktemp("out")
    count, lines = canonical(folder)
    count += raw_sources(folder)
    unrelated(folder)
    key = out / "key"
    with pytest.raises(SystemExit) as stop:
        main(args=["audit", str(folder), "--out", str(out), "--csv", "--lang", "en", "--key", str(key)])
    assert not stop.value.code
    with pytest.raises(SystemExit) as stop:
        main(args=["import", str(folder), "--to", str(out / "data"), "--key", str(key)])
    assert not stop.value.code
    return out, count, lines


def test_every_good_row_is_kept(done):
    """What was good before stands in the imported folder, each once; the verdict speaks of the room."""
    out, count, _ = done
    events = pq.read_table(out / "data" / "events.parquet")
    assert events.num_rows == count
    assert set(Counter(zip(events["source"].to_pylist(), events["event_id"].to_pylist(), strict=True)).values()) == {1}  # fmt: skip
    rooms = {s["session_id"] for s in json.loads((out / "verdict.json").read_bytes())["sessions"]}
    assert "room" in rooms


def test_every_bad_row_is_named_by_file_line_and_reason(done):
    """Each broken line and file stands in `rejects.jsonl`, in both commands alike."""
    out, _, lines = done
    rejects = [json.loads(line) for line in (out / "rejects.jsonl").read_bytes().splitlines()]
    assert all(r["file"] and isinstance(r["line"], int) and re.fullmatch(r"[a-z0-9_]+", r["reason"]) for r in rejects)  # fmt: skip
    told = {(r["file"], str(r["line"])) for r in rejects}
    assert set(lines) <= told
    assert {("douyin.jsonl", str(n)) for n in (31, 32, 33)} <= told
    assert {("doudian.csv", str(n)) for n in (14, 15)} <= told
    assert {"events-cut.parquet", "events-types.parquet", "danmaku.xml", "empty.jsonl"} <= {
        r["file"] for r in rejects
    }
    assert all(len(r["detail"]) <= 220 for r in rejects)
    assert (out / "data" / "rejects.jsonl").read_bytes() == (out / "rejects.jsonl").read_bytes()


def test_hostile_accounts_are_accused_and_nothing_of_theirs_bites(done):
    """The scripts are found, and their names and texts are words in the report, never markup."""
    out, _, _ = done
    page = (out / "report.html").read_text("utf-8")
    assert "&lt;script&gt;" in page
    tags = re.findall(r"<[a-zA-Z/!][^>]*>", page)
    assert not [t for t in tags if re.search(r"^<\s*(script|img|iframe|object|embed|link)|\son\w+\s*=|javascript:", t, re.IGNORECASE)]  # fmt: skip
    assert "<script" not in page.lower()
    assert "\x00" not in page
    assert "\u202e" not in page
    accounts = pq.read_table(out / "accounts.parquet").to_pylist()
    assert sum(a["probability"] > 0.5 for a in accounts) >= 18


def test_no_cell_is_a_formula(done):
    """No text cell of any table begins as a formula, whatever the account or order is called."""
    out, _, _ = done
    cells = [
        cell
        for name in ("accounts.csv", "orders.csv", "groups.csv")
        for row in csv.reader((out / name).read_text("utf-8").splitlines())
        for cell in row
    ]
    assert sum("cmd" in cell for cell in cells) > 0
    assert not [c for c in cells if c[:1] in "=+-@\t\r＝＋－＠" and c and not re.fullmatch(r"-?[\d.e+-]+", c)]
