"""The overlays are themselves held to account: what they add parses, what was there before is untouched."""

import csv
import json
import xml.etree.ElementTree as ET
from collections import Counter
from pathlib import Path

import numpy as np
import pytest

from overlays import bilibili_comments, counted, douyin_package, room_text_package, tmall_orders

DATA = Path(__file__).parents[2].parent / "shared" / "data"
needs_data = pytest.mark.skipif(not DATA.is_dir(), reason="real recordings (../shared/data) are not here")


@needs_data
@pytest.mark.parametrize("jitter", [0.0, 0.4])
@pytest.mark.parametrize("name", ["2020.12.11*", "2020.12.12*"])
def test_scripted_comments_parse_and_leave_real_ones_alone(tmp_path: Path, name: str, jitter: float):
    """1,000 comments by 20 new uids stand in the copy in time order; without them it is the original."""
    source = next((DATA / "bilibili-asoul").glob(name))
    made = bilibili_comments(source, tmp_path, 5, jitter=jitter)
    old, new = ET.parse(source).getroot(), ET.parse(made.path).getroot()
    mine = [d for d in new.iter("d") if d.attrib["p"].split(",")[6] in made.accounts]
    rest = [
        (d.attrib["p"], d.text) for d in new.iter("d") if d.attrib["p"].split(",")[6] not in made.accounts
    ]
    assert rest == [(d.attrib["p"], d.text) for d in old.iter("d")]
    assert len(mine) == 1_000
    assert set(Counter(d.attrib["p"].split(",")[6] for d in mine).values()) == {50}
    assert not made.accounts & {d.attrib["p"].split(",")[6] for d in old.iter("d")}
    offsets = [float(d.attrib["p"].split(",")[0]) for d in mine]
    assert offsets == sorted(offsets)
    one = [
        float(d.attrib["p"].split(",")[0]) for d in mine if d.attrib["p"].split(",")[6] == min(made.accounts)
    ]
    spread = np.std(np.diff(one)) / np.mean(np.diff(one))
    assert spread < 0.001 if jitter == 0 else 0.15 < spread < 0.32
    assert all(abs(float(p[4]) - float(p[0]) - (made.span[0] - offsets[0])) <= 1.5
               for p in (d.attrib["p"].split(",") for d in mine))  # fmt: skip


@needs_data
@pytest.mark.parametrize(("over", "pushes"), [(20, False), (20, True), (60, False), (0, False)])
def test_package_raises_counters_by_what_was_sold(tmp_path: Path, over: float, pushes: bool):
    """The copy's totals end 88,888 views and 1,588 taps higher, 60 chats are new, all other lines keep their bytes."""
    source = next((DATA / "douyin-capture").glob("*.jsonl"))
    made = douyin_package(source, tmp_path, 5, over_min=over, start_min=10, pushes=pushes)
    old = source.read_text("utf-8").splitlines()
    new = made.path.read_text("utf-8").splitlines()
    rows = [json.loads(line) for line in new]
    assert [r["timestamp"] for r in rows] == sorted(r["timestamp"] for r in rows)
    gone = Counter(old) - Counter(new)
    assert {json.loads(line)["type"] for line in gone} <= {"room_user_stats", "like"}
    assert sum((Counter(new) - Counter(old)).values()) == sum(gone.values()) + made.rows
    last = [[counted(json.loads(line)["payload"]["total"]) for line in lines if '"room_user_stats"' in line][-1]
            for lines in (old, new)]  # fmt: skip
    assert abs(last[1] - last[0] - 88_888) <= 500
    taps = [
        [json.loads(line)["payload"]["total"] for line in lines if '"type": "like"' in line]
        for lines in (old, new)
    ]
    assert taps[1] == sorted(taps[1])
    assert taps[1][-1] - taps[0][-1] == 1_588
    assert sum(r["type"] == "chat" for r in rows) == sum('"type": "chat"' in line for line in old) + 60


@needs_data
@pytest.mark.parametrize("fate", ["refunded", "kept", "unpaid"])
@pytest.mark.parametrize("when", ["evening", "three_days", "month"])
def test_brushed_orders_fit_the_export(tmp_path: Path, fate: str, when: str):
    """300 rows from four addresses are new, the 28,010 real lines are byte for byte in place and in order."""
    source = DATA / "tmall-orders" / "tmall_order_report.csv"
    made = tmall_orders(source, tmp_path, 5, fate=fate, when=when)  # type: ignore[arg-type]
    new = made.path.read_bytes().splitlines(keepends=True)
    honest = [line for line in new if line.split(b",", 1)[0].decode() not in made.orders]
    assert b"".join(honest) == source.read_bytes()
    forged = [
        r for r in csv.DictReader(made.path.read_text("utf-8").splitlines()) if r["订单编号"] in made.orders
    ]
    assert len(forged) == 300
    assert len({r["收货地址 "] for r in forged}) == 4
    days = {r["订单创建时间"][:10] for r in forged}
    assert len(days) == {"evening": 1, "three_days": 3}.get(when, len(days))
    assert all(bool(r["订单付款时间 "]) == (fate != "unpaid") for r in forged)
    assert all((float(r["退款金额"]) == float(r["总金额"])) == (fate == "refunded") for r in forged)


@needs_data
def test_bought_popularity_touches_only_the_gauge(tmp_path: Path):
    """Chat lines of a 2019 room keep their bytes; the gauge ends near +88,888."""
    source = max((DATA / "bilibili-vtuber-danmaku-2019-05").rglob("*.txt"), key=lambda p: p.stat().st_size)
    made = room_text_package(source, tmp_path, 5)
    pairs = list(
        zip(source.read_text("utf-8").splitlines(), made.path.read_text("utf-8").splitlines(), strict=True)
    )
    assert all(a == b or a.startswith("TIME") for a, b in pairs)
    last = next((a, b) for a, b in reversed(pairs) if a.startswith("TIME"))
    assert int(last[1].split("ONLINE")[1]) - int(last[0].split("ONLINE")[1]) == pytest.approx(
        88_888, rel=0.03
    )


@needs_data
def test_same_seed_same_copy(tmp_path: Path):
    """Overlays are deterministic, and another seed is another forgery."""
    source = next((DATA / "bilibili-asoul").glob("2020.12.11*"))
    copies = []
    for place, seed in enumerate((5, 5, 6)):
        folder = tmp_path / str(place)
        folder.mkdir()
        copies.append(bilibili_comments(source, folder, seed, jitter=0.4).path.read_bytes())
    assert copies[0] == copies[1] != copies[2]
