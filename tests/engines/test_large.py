"""Records larger than memory: read in parts, worked on in files, killed and resumed; the results are those of memory."""

# ruff: noqa: TID251 - records are drawn, from a seed
import os
import signal
import subprocess
import sys
import time
from dataclasses import replace
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
import pytest

from engines.records import crossing
from zhenbo.core.errors import NoEventsError, ZhenboError
from zhenbo.core.schema import EVENTS
from zhenbo.core.session import DAY
from zhenbo.core.story import read
from zhenbo.engines.embedded import WorkFolder, host
from zhenbo.intake.load import write
from zhenbo.pipeline import Result, Road, audit_paths, large, once, reading, tables
from zhenbo.pipeline import write as write_out
from zhenbo.pipeline.large import audit_large

KEY = b"k" * 32
STAMP = EVENTS.get_field_index("ts")


def folder_of(place: Path, seed: int) -> Path:
    """A crossing record on disk: over several files, repeats across them, versions that differ, rows and files that are broken."""
    data, rng = crossing(seed, 900), np.random.default_rng(seed)
    write(replace(data, products=data.products), place)
    (place / "events.parquet").unlink()
    events = data.events.take(pa.array(rng.permutation(data.events.num_rows)))
    seen = pc.add(pc.fill_null(events["ts"].cast(pa.int64()), 0), DAY).cast(EVENTS.field("ts").type)
    events = events.set_column(EVENTS.get_field_index("ts_seen"), "ts_seen", seen)
    # older versions of thirty events: one of them says it happened after everything else did
    older = events.slice(100, 30)
    late = pa.array([data.latest + 9 * DAY, *older["ts"].cast(pa.int64()).to_pylist()[1:]]).cast(
        EVENTS.field("ts").type
    )
    older = older.set_column(STAMP, EVENTS.field(STAMP), late)
    older = older.set_column(EVENTS.get_field_index("ts_seen"), "ts_seen", pc.subtract(older["ts_seen"], pa.scalar(DAY, pa.duration("us"))))  # fmt: skip
    pq.write_table(events.slice(0, 400), place / "events-1.parquet", row_group_size=90)
    pq.write_table(pa.concat_tables([events.slice(350, 300), older]).unify_dictionaries(), place / "events-2.parquet", row_group_size=70)  # fmt: skip
    rest = events.slice(650).to_pylist()
    (place / "events-3.jsonl").write_text("\n".join([*map(line_of, rest), '{"kind": "enter", "ts": "no time", "event_id": "x"}', "{"]))  # fmt: skip
    broken = (place / "events-2.parquet").read_bytes()
    (place / "events-4.parquet").write_bytes(broken[: len(broken) // 2])
    rotten = place / "events-6.parquet"
    pq.write_table(events.slice(0, 300), rotten, row_group_size=60)
    page = (
        pq.read_metadata(rotten)
        .row_group(3)
        .column(EVENTS.get_field_index("actor_id"))
        .dictionary_page_offset
    )
    body = rotten.read_bytes()
    rotten.write_bytes(body[:page] + b"\xff" * 40 + body[page + 40 :])
    strange = events.slice(0, 200).set_column(
        EVENTS.get_field_index("amount"), "amount", pa.array([-1] * 200)
    )
    pq.write_table(strange.append_column("mood", pa.array(["good"] * 200)), place / "events-5.parquet", row_group_size=60)  # fmt: skip
    (place / "notes.txt").write_text("nothing of ours\n" * 9)
    return place


def line_of(row: dict) -> str:
    """A row as a line of JSON."""
    told = {k: int(v.timestamp() * 1e6) if hasattr(v, "timestamp") else v for k, v in row.items() if v is not None}  # fmt: skip
    return str(told).replace("'", '"')


def contents(result: Result, to: Path) -> dict[str, bytes]:
    """Everything a result writes, by file."""
    write_out(result, to, csv=True)
    return {p.name: p.read_bytes() for p in to.iterdir()}


@pytest.fixture
def small_steps(monkeypatch: pytest.MonkeyPatch):
    """Parts, files and buckets of a few rows, so that a small record takes every turn of the road."""
    for module, name, size in (
        (reading, "PART_ROWS", 150), (reading, "FILE_ROWS", 64), (host, "FILE_ROWS", 200), (host, "TASK_BYTES", 9_000), (large, "BUCKET_ROWS", 150),
    ):  # fmt: skip
        monkeypatch.setattr(module, name, size)


@pytest.mark.slow
@pytest.mark.usefixtures("small_steps")
@pytest.mark.parametrize(
    ("cut", "few"), [(False, 20_000), (True, 3)], ids=["whole, repeats travel", "as of, all travel"]
)
def test_the_large_road_writes_the_same_bytes(tmp_path, monkeypatch, cut, few):
    """Report, verdicts, tables and rejects of a folder with everything wrong in it: equal to the road through memory."""
    monkeypatch.setattr(once, "FEW", few)
    data = folder_of(tmp_path / "data", 5)
    as_of = crossing(5, 900).latest - 3 * DAY if cut else None
    short = audit_paths([data], KEY, lang="en", as_of=as_of)
    assert len(short.rejects) > 200
    with audit_large([data], KEY, Road("embedded", 1, tmp_path / "work"), lang="en", as_of=as_of) as made:
        assert contents(made, tmp_path / "large") == contents(short, tmp_path / "short")
        assert (tmp_path / "work").exists()
    assert not (tmp_path / "work").exists()
    assert tables(short)["accounts"].num_rows + tables(short)["orders"].num_rows > 0


@pytest.mark.usefixtures("small_steps")
def test_deals_are_settled_alike_on_either_road(tmp_path):
    """Contracts, parties and payments of a folder: the same settlement, letters and notes through memory and through files."""
    data = tmp_path / "data"
    told = read("20:00-21:00 a1..a40 orders o{n} 100.00 [addr=a{n} pay=p{n%30}]; d+9 10:00 o1..o5 refunded")
    write(told.dataset, data)
    (data / "deals.toml").write_text(DEALS, "utf-8")
    (data / "parties.toml").write_text(
        '[[party]]\nid = "m1"\nrelation = "pays_from"\nother = "p7"\n', "utf-8"
    )
    short = audit_paths([data], KEY, lang="en")
    assert [d.id for d in short.audit.deals] == ["d1"]
    assert any("deal 2" in note for note in short.audit.notes)
    with audit_large([data], KEY, Road("embedded", 1, tmp_path / "work"), lang="en") as made:
        assert contents(made, tmp_path / "large") == contents(short, tmp_path / "short")


DEALS = """
[[deal]]
id = "d1"
session_id = "s1"
host_id = "h1"
merchant_id = "m1"
slot_fee = 100000
commission_rate = 0.2
pledge_gmv = 300000
[[deal]]
broken
"""

COMPASS = """主播昵称,主播抖音号,直播开始时间,直播结束时间,直播间观看人数,直播间观看次数
示例,h1,2026-05-02 04:00:00,2026-05-02 06:00:00,11000,21500
"""


@pytest.mark.usefixtures("small_steps")
def test_the_back_office_finds_its_broadcast_on_either_road(tmp_path):
    """A Compass row names no room: both roads hold it against the display of the broadcast of its host and time."""
    data = tmp_path / "data"
    told = read("20:00-22:00 entered_total 0..98000 every 60s; 20:00-22:00 v1..v90 enters scattered").dataset
    rows = told.events.set_column(
        0, told.events.schema.field(0), pa.array(["douyin"] * told.events.num_rows).dictionary_encode()
    )
    write(replace(told, events=rows), data)
    (data / "compass.csv").write_text(COMPASS, "utf-8")
    short = audit_paths([data], KEY, lang="en")
    with audit_large([data], KEY, Road("embedded", 1, tmp_path / "work"), lang="en") as made:
        assert contents(made, tmp_path / "large") == contents(short, tmp_path / "short")
    said = [r.says for r in short.audit.sessions[0].reasons if r.signal == "counters.office"]
    assert said == [
        "The room displayed 98,000 views, the platform's back office states 21,500: 4.56 times as many."
    ]


def test_nothing_readable_is_said_as_in_memory(tmp_path):
    """A folder without events: the same words on both roads."""
    (tmp_path / "data").mkdir()
    (tmp_path / "data/notes.txt").write_text("nothing of ours\n" * 9)
    said = []
    for audit in (lambda: audit_paths([tmp_path / "data"], KEY), lambda: audit_large([tmp_path / "data"], KEY, Road("embedded", 1, tmp_path / "w")).__enter__()):  # fmt: skip
        with pytest.raises(NoEventsError) as error:
            audit()
        said.append(str(error.value))
    assert said[0] == said[1]


def command(data: Path, out: Path, work: Path) -> list[str]:
    """The command line of an audit in a working folder."""
    zhenbo = str(Path(sys.executable).with_name("zhenbo"))
    return [
        zhenbo,
        "audit",
        str(data),
        "--out",
        str(out),
        "--lang",
        "en",
        "--work",
        str(work),
        "--jobs",
        "2",
        "--csv",
    ]


def steps_done(work: Path) -> int:
    """The steps a working folder has behind it; folders may vanish under our feet, so no glob."""
    return sum(name.endswith(".done") for _, _, names in os.walk(work) for name in names)


@pytest.mark.slow
def test_killed_and_resumed_the_result_is_the_same(tmp_path):
    """SIGKILL twice, the second time some steps further; the last run goes on, says so, and writes the same bytes."""
    data, work = folder_of(tmp_path / "data", 6), tmp_path / "work"
    home = {**os.environ, "XDG_CONFIG_HOME": str(tmp_path / "config")}
    for steps in (3, 25):
        with subprocess.Popen(
            command(data, tmp_path / "out", work), env=home, stdout=subprocess.DEVNULL
        ) as child:
            until = time.monotonic() + 120
            while steps_done(work) < steps and child.poll() is None and time.monotonic() < until:
                time.sleep(0.02)
            child.send_signal(signal.SIGKILL)
        assert child.returncode == -signal.SIGKILL, "done before it could be killed"
    done = steps_done(work)
    last = subprocess.run(
        command(data, tmp_path / "out", work), env=home, capture_output=True, text=True, check=True
    )
    assert f"Going on with the interrupted audit in {work}" in last.stderr
    assert done >= 25
    assert not work.exists()
    key = (tmp_path / "config/zhenbo/key").read_bytes().strip()
    short = contents(audit_paths([data], key, lang="en"), tmp_path / "short")
    assert {p.name: p.read_bytes() for p in (tmp_path / "out").iterdir()} == short


def test_work_for_something_else_is_cleared_and_said_and_a_foreign_folder_is_left_alone(tmp_path):
    """Another input or version: cleared, with what differs. Files that are no work of ours: refused. Two at once: refused."""
    place = tmp_path / "work"
    with WorkFolder(place, {"version": "1", "input": "a"}):
        (place / "read").mkdir()
        (place / "read/1.done").write_bytes(b"")
        with pytest.raises(ZhenboError, match="Another audit works in"):
            WorkFolder(place, {"version": "1", "input": "a"}).__enter__()
    with WorkFolder(place, {"version": "1", "input": "a"}) as same:
        assert "1 steps were done already" in same.said[0]
    with WorkFolder(place, {"version": "2", "input": "b"}) as other:
        assert other.said == [
            f"The unfinished work in {place} was for another input, version: cleared, starting anew."
        ]
        assert not (place / "read").exists()
    (tmp_path / "photos").mkdir()
    (tmp_path / "photos/cat.jpg").write_bytes(b"")
    with pytest.raises(ZhenboError, match=r"no work of zhenbo \(cat.jpg"):
        WorkFolder(tmp_path / "photos", {}).__enter__()
    assert (tmp_path / "photos/cat.jpg").exists()
