"""Nobody's phone, id, name or address leaves the record: planted in every place a source has, looked for in every file written.

The commands are discovered: one that is added must be run here on planted files, or say why nobody is in what it writes.
"""

import csv
import io
import json

import pyarrow.parquet as pq
import pytest
from click.testing import CliRunner

from zhenbo.cli.command import COMMANDS, group

PHONES = ("13912345678", "15887654321")
CARD = "330106199003071234"
WECHAT = "zhang_san88"
STREET = "文三路478号华星时代广场3栋502"
USERS = tuple(str(7012345678901234500 + i) for i in range(70))
NAMES = ("张晓明", "李建国")
MAIL = "xiaoming.zhang@example.com"
SECRETS = (*PHONES, CARD, WECHAT, STREET, "478号华星", *USERS, *NAMES, MAIL, "139 1234 5678")

NOBODY = {
    "demo": "simulated people", "sim": "simulated people", "prove": "simulated people, and counts of recordings",
    "platform": "sums of hosts", "explain": "pages of signals", "calibrate": "reference cells: numbers of many sessions",
    "policy": "rules", "check": "rules",
}  # fmt: skip
"""Commands that write of nobody, and why."""
_TEXTS = (
    f"加微信{WECHAT} 便宜", f"打电话 {PHONES[0]} 下单", "我电话139 1234 5678", f"身份证{CARD}", f"寄到杭州市{STREET}", f"发到 {MAIL}",
)  # fmt: skip


def _room():
    """A captured room: seventy people with raw ids and names, half of whom repeat lines that hold somebody's contacts."""
    start = 1_772_798_400_000  # 2026-03-06 20:00 +08:00
    rows = [("room_info", start, {"room_id": "730001", "owner_user_id": "730002", "nickname": NAMES[1]})]
    for i, user in enumerate(USERS):
        who = {"user_id": user, "user_id_str": user, "nickname": NAMES[i % 2]}
        rows.append(("member", start + 1000 * i, who))
        rows += [
            (
                "chat",
                start + 60_000 + 1000 * i + 72_000 * k,
                {**who, "content": _TEXTS[(i + k) % len(_TEXTS)]},
            )
            for k in range(12)
        ]
    return "\n".join(
        json.dumps({"type": t, "timestamp": at, "payload": p}, ensure_ascii=False)
        for t, at, p in sorted(rows, key=lambda r: r[1])
    )


def _orders():
    """An order export with receivers, phones, addresses, notes; one row is broken."""
    out = io.StringIO()
    heads = ["主订单编号", "子订单编号", "商品ID", "商品数量", "订单应付金额", "订单提交时间", "支付完成时间", "订单状态", "收件人", "收件人手机号",
             "省", "市", "区", "街道", "详细地址", "买家留言", "商家备注", "直播间ID", "达人ID", "身份证号"]  # fmt: skip
    table = csv.writer(out)
    table.writerow(heads)
    for i in range(80):
        at = f"2026-03-06 20:{10 + i // 4:02}:{i % 60:02}"
        table.writerow([
            f"69{i:016}", f"69{i:016}", "p1", 1, "59.00", at if i != 7 else PHONES[1], at, "已完成", NAMES[i % 2], PHONES[i % 2],
            "浙江省", "杭州市", "西湖区", "", STREET, f"请送到 {STREET} 电话{PHONES[0]}", f"老客户{NAMES[0]} {CARD}", "730001", "730002", CARD,
        ])  # fmt: skip
    return out.getvalue()


DEAL = f"""[[deal]]
id = "d1"
host_id = "730002"
session_id = "730001"
slot_fee = 800000
commission_rate = "20%"
pledge_gmv = 5000000
clauses = ["乙方应安排补单，联系人 {PHONES[0]}", "样品寄至杭州市{STREET}"]
"""
TARGET = {
    "target": f"翡翠 {PHONES[0]}",
    "shop": f"店铺 加微信{WECHAT}",
    "goods": f"寄自杭州市{STREET}",
    "risk": 0.9,
    "each": 100,
}
HANDED = {
    "sample": "S1", "giver": f"店铺 {PHONES[0]}", "taker": f"抽检员 {PHONES[1]}", "given_at": 0, "taken_at": 0, "place": f"杭州市{STREET}",
    "condition": f"打电话 {PHONES[0]}", "seal": "A1",
}  # fmt: skip


CLAIM = """id = "c-1"
kind = "allergy"
filed_at = 2026-05-30T20:15:00
buyer = "u_4821"
[purchase]
id = "o-77"
goods = "cosmetics"
paid = 149000
platform = "douyin"
services = ["allergy"]
ordered_at = 2026-04-28T21:00:00
signed_at = 2026-05-01T10:30:00
merchant = "m-9"
"""
CASE = f"""[[case]]
id = "2026-0001"
party = "shop-17"
offence = "counterfeit"
happened = 2026-03-02T12:30:00Z
keys = ["id:9f3c", "pay:p_77aa"]
[case.facts]
not_genuine = true
sold_units = 40
[[case.grounds]]
ref = "样品 S-0001, 电话 {PHONES[0]}"
text = "购买者身份证{CARD}，寄到杭州市{STREET}，加微信{WECHAT}"
"""
ENTRY = """[[entry]]
key = "deposit-1"
at = 2021-08-02T10:00:00+08:00
flow = "deposit.paid"
party = "shop-17"
amount = 50000
"""


@pytest.fixture(scope="module")
def written(tmp_path_factory):
    """Everything that the commands write and print, by name."""
    place = tmp_path_factory.mktemp("privacy")
    data = place / "raw"
    data.mkdir()
    (data / "room.jsonl").write_text(_room(), "utf-8")
    (data / "orders.csv").write_text(_orders(), "utf-8")
    (place / "deals.toml").write_text(DEAL, "utf-8")
    (place / "targets.jsonl").write_text(json.dumps(TARGET, ensure_ascii=False), "utf-8")
    (place / "overs.jsonl").write_text(json.dumps(HANDED, ensure_ascii=False), "utf-8")
    for name, paper in (("claim", CLAIM), ("case", CASE), ("entry", ENTRY)):
        (place / f"{name}.toml").write_text(paper, "utf-8")
    store = ["--store", place / "record.db"]
    out, key, deal = place / "out", ["--key", place / "key"], ["--deal", place / "deals.toml"]
    runs = {
        "audit": ["audit", data, "--out", out / "audit", "--csv", "--letter", "--json", *deal, *key],
        "audit.en": ["audit", data, "--out", out / "audit_en", "--lang", "en", *deal, *key],
        "import": ["import", data, "--to", place / "canonical", *key],
        "host": ["host", data, "--out", out / "host", "--json", *key],
        "agency": ["agency", data, "--out", out / "agency", "--json", *key],
        "repurchase": ["repurchase", data, "--out", out / "repurchase", "--json", *key],
        "portfolio": ["portfolio", data, "--out", out / "portfolio", "--json", *key],
        "deal": ["deal", data, *deal, "--out", out / "deal", "--json", *key],
        "inspect.budget": ["inspect", "budget", place / "targets.jsonl", "--cap", "100", "--out", out / "budget"],
        "inspect.custody": ["inspect", "custody", place / "overs.jsonl", "--out", out / "custody"],
        "claim": ["claim", place / "claim.toml", "--out", out / "claim", "--json"],
        "claim.on_air": ["claim", "--on-air", data, "--out", out / "on_air", "--json", *key],
        "case.open": ["case", "open", place / "case.toml", "--at", "2026-03-05", "--out", out / "case", "--json", *store],
        "case.show": ["case", "show", "2026-0001", "--at", "2026-03-05", "--out", out / "shown", "--json", *store],
        "case.confirm": ["case", "confirm", "2026-0001", "--by", "reviewer-1", "--reason", f"已电话{PHONES[0]}核实", "--at", "2026-03-06", "--json", *store],
        "case.notice": ["case", "notice", "2026-0001", "--at", "2026-03-06", "--out", out / "notice", "--json", *store],
        "case.publish": ["case", "publish", "--at", "2026-03-06", "--out", out / "published", "--json", *store],
        "case.appeal": ["case", "appeal", "2026-0001", "--by", f"店主{PHONES[0]}", "--text", f"货从{STREET}发出，微信{WECHAT}", "--at", "2026-03-07", "--json", *store],
        "case.decide": ["case", "decide", "2026-0001", "--by", "reviewer-2", "--reason", f"身份证{CARD}已核", "--uphold", "--at", "2026-03-08", "--out", out / "decided", "--json", *store],
        "evidence.case": ["evidence", "make", "--case", "2026-0001", "--out", out / "case.html", "--signing-key", place / "sign", "--json", *store],
        "book.post": ["book", "post", place / "entry.toml", "--json", *store],
        "book.show": ["book", "show", "--out", out / "book", "--json", *store],
        "evidence.part": ["evidence", "make", data, "--session", "730001", "--out", out / "part.html", "--custody", place / "overs.jsonl", "--signing-key", place / "sign", "--json", *key],
        "evidence.whole": ["evidence", "make", data, "--session", "730001", "--whole", "--out", out / "whole.html", "--signing-key", place / "sign", *key],
        "evidence.verify": ["evidence", "verify", out / "whole.html", "--json"],
    }  # fmt: skip
    told, codes = {}, {}
    for name, words in runs.items():
        made = CliRunner().invoke(group, [str(w) for w in words])
        codes[name] = made.exit_code
        told[f"{name}: stdout"] = made.stdout
        told[f"{name}: stderr"] = f"{made.stderr} {made.exception or ''}"
    for file in sorted(out.rglob("*")):
        if file.is_file():
            told[file.relative_to(out).as_posix()] = _text(file)
    return runs, codes, told, place


def _text(file):
    return repr(pq.read_table(file).to_pylist()) if file.suffix == ".parquet" else file.read_text("utf-8")


@pytest.mark.slow
def test_no_command_is_left_out(written):
    """Every command of `zhenbo` is run here, or has said why nobody is in what it writes."""
    ran = {name.partition(".")[0] for name in written[0]}
    assert set(COMMANDS) - ran - set(NOBODY) == set()
    assert not ran & set(NOBODY)


@pytest.mark.slow
def test_the_plants_were_read(written):
    """The commands did their work: reports were written, quoted lines are there with their contacts masked."""
    _, codes, told, _ = written
    assert {name for name, code in codes.items() if code} <= {"agency", "repurchase"}, codes
    assert len([name for name in told if name.endswith(".html")]) >= 9
    verdict = json.loads(told["audit/verdict.json"])
    assert verdict["sessions"][0]["gmv"]["gross"] > 0
    assert "***" in told["audit/report.html"]


@pytest.mark.slow
def test_no_raw_person_is_in_anything_written(written):
    """No phone, card, id, name, mail or address that was planted is in a page, JSON, CSV, table, letter, bundle or message."""
    found = sorted(
        (name, secret) for name, text in written[2].items() for secret in SECRETS if secret in text
    )
    assert found == []


def test_a_raw_key_is_not_recorded(tmp_path):
    """Keys by which a party is found again are pseudonyms: a raw one is refused, and not repeated."""
    (tmp_path / "case.toml").write_text(CASE.replace("id:9f3c", f"id:{CARD}"), "utf-8")
    made = CliRunner().invoke(
        group,
        [
            "case",
            "open",
            str(tmp_path / "case.toml"),
            "--store",
            str(tmp_path / "r.db"),
            "--at",
            "2026-03-05",
        ],
    )
    said = f"{made.output}{made.exception or ''}"
    assert made.exit_code
    assert "pseudonym" in said
    assert CARD not in said


@pytest.mark.slow
def test_an_imported_record_keeps_no_raw_identity(written):
    """The canonical folder holds what was said, since signals read it; who said it and who ordered are pseudonyms there too."""
    place = written[3] / "canonical"
    for file in sorted(place.rglob("*")):
        if not file.is_file():
            continue
        if file.suffix == ".parquet":
            rows = pq.read_table(file).to_pylist()
            text = repr([{k: v for k, v in row.items() if k != "text"} for row in rows])
        else:
            text = file.read_text("utf-8")
        assert {s for s in (*PHONES, CARD, STREET, *USERS, *NAMES) if s in text} == set(), file.name
