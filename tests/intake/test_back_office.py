"""Back-office exports and chats: units, encodings, broken rows, the session they belong to, and nobody's name."""

import json
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from test_orders import xlsx_file

from zhenbo.core.dataset import subjects
from zhenbo.core.errors import PackError
from zhenbo.intake import irc, livechat
from zhenbo.intake.load import Loaded, load
from zhenbo.intake.mapping import Mapping, mappings, parse
from zhenbo.proof.mappings import example_text

KEY = b"test-key-of-thirty-two-bytes-or-so"
COMPASS = """主播昵称,主播抖音号,直播开始时间,直播结束时间,直播间观看人数,评论次数,人均观看时长,直播间成交金额,投放消耗（店铺被投）,互动率
示例,shop_example,2024-05-01 20:00:00,2024-05-01 22:00:00,1.2万,"1,274",1分4秒,"¥1,234.50",¥88.8,3.2%
"""
READ = {
    "office.watch_users": 12000.0, "rounding.office.watch_users": 500.0, "office.comments": 1274.0, "office.mean_watch": 64.0, "office.gmv": 123450.0,
    "ads.spend": 8880.0, "office.interaction_rate": 0.032,
}  # fmt: skip


def told(loaded: Loaded) -> dict[str, float]:
    """Metrics by name."""
    return {row["metric"]: row["value"] for row in loaded.dataset.metrics.to_pylist()}


def put(folder: Path, name: str, body: str | bytes) -> Path:
    """A file of these bytes."""
    path = folder / name
    path.write_bytes(body.encode() if isinstance(body, str) else body)
    return path


def rejected(loaded: Loaded) -> list[tuple[int, str, str]]:
    """Line, reason and column of what could not be used."""
    return [(r.line, r.reason, r.detail.partition(":")[0]) for r in loaded.rejects]


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gb18030", "utf-16"])
def test_a_compass_list_in_every_encoding(encoding, tmp_path):
    """1.2万, 1,274, 1分4秒, ¥1,234.50 and 3.2% mean the same however the file was saved."""
    found = load([put(tmp_path, "export", COMPASS.encode(encoding))], KEY)
    assert told(found) == READ
    assert found.rejects == []


def test_a_workbook_below_lines_of_title(tmp_path):
    """A title and a period above the header, as TikTok's analytics and Compass write them, are no header."""
    header, row = [line.split(",") for line in COMPASS.replace('"1,274"', "1274").replace('"¥1,234.50"', "¥1234.50").splitlines()]  # fmt: skip
    table = [["直播列表"], ["2024-05-01 ~ 2024-05-07"], header, row]
    assert told(load([xlsx_file(tmp_path / "export", table)], KEY)) == READ


def test_broken_cells_cost_themselves_and_a_broken_time_its_row_once(tmp_path):
    """A bad count, a negative one and a bad time: file, line and reason; a row of twenty metrics says so once."""
    body = COMPASS + (
        "示例,shop_example,2024-05-02 20:00:00,2024-05-02 22:00:00,many,-3,,500,--,\n"
        "示例,shop_example,2024-13-45 20:00:00,2024-05-03 22:00:00,800,3,,500,--,\n"
        "示例,shop_example,2024-05-04 20:00:00,2024-05-04 19:00:00,800,3,,500,--,\n"
        "合计,,,,12800,,,,,\n"
    )
    found = load([put(tmp_path, "export.csv", body)], KEY)
    assert rejected(found) == [
        (3, "bad_number", "value"), (3, "negative_count", "value"), (4, "bad_time", "bucket_start"),
        (5, "negative_count", "bucket_seconds"),
    ]  # fmt: skip
    assert {r.file for r in found.rejects} == {"export.csv"}
    kept = found.dataset.metrics.filter(pc.greater(found.dataset.metrics["value"], 49_999.0))
    assert kept["value"].to_pylist() == [123450.0, 50000.0]
    assert found.report.files[0].unmapped == {"": 1}, "the line of totals"


@pytest.mark.parametrize(
    ("entry", "said"),
    [
        ('"office.coments" = "n"', "unknown metrics"),
        ('"office.gmv" = { from = "n", unit = "major" }', "currency"),
    ],
)
def test_a_mapping_cannot_misname_a_metric_or_forget_its_currency(entry, said):
    """Whoever compares two sources compares names; a misspelt one would never be compared."""
    body = f"id = 'x'\nversion = 1\nplatform = 'x'\nformat = 'jsonl'\ntitle = {{}}\n[recognise]\n[[metric]]\n[metric.each]\n{entry}\n"
    with pytest.raises(PackError, match=said):
        parse(body)


def capture(folder: Path, room: str, start: int, minutes: int, host: str = "") -> Path:
    """A Douyin capture of one entry a minute."""
    rows = [{"type": "room_info", "payload": {"room_id": room}, "timestamp": start}]
    owner = {"owner_user_id": host} if host else {}
    rows += [{"type": "member", "payload": {"user_id": 7 + i, **owner}, "timestamp": start + 60 * i} for i in range(minutes + 1)]  # fmt: skip
    return put(folder, f"{room}.jsonl", "".join(json.dumps(row) + "\n" for row in rows))


EIGHT = 1_714_564_800  # 2024-05-01 20:00 in China
QIANCHUAN = "时间,抖音号,计划ID,消耗(元),展示次数\n" + "".join(
    f"2024-05-01 {hour}:00:00,shop_example,{plan},10.00,100\n" for hour in (19, 20, 21) for plan in (1, 2)
)
TREND = "时间,在线人数,进入人数\n2024-05-01 20:10:00,50,12\n2024-05-01 20:11:00,52,9\n"


def test_back_office_metrics_find_the_broadcast_they_speak_of(tmp_path):
    """No room in any of three exports: host and time bring them to the one room recorded then, sources kept apart."""
    room = capture(tmp_path, "7300000000000000001", EIGHT + 300, 110)
    files = [put(tmp_path, f"{n}.csv", body) for n, body in enumerate((COMPASS, QIANCHUAN, TREND))]
    found = load([room, *files], KEY)
    (session,) = subjects(found.dataset)
    rows = [r for r in session.metrics.to_pylist() if not r["metric"].startswith("coverage.")]
    assert {(r["source"], r["metric"]) for r in rows if r["metric"] in {"ads.spend", "office.online"}} == {
        ("douyin.compass-list@1", "ads.spend"), ("douyin.qianchuan@1", "ads.spend"),
        ("douyin.compass-trend@1", "office.online"),
    }  # fmt: skip
    spent = [r for r in rows if r["source"].startswith("douyin.qianchuan") and r["metric"] == "ads.spend"]
    assert [(r["bucket_start"].hour, r["bucket_seconds"], r["value"]) for r in spent] == [
        (12, 3600, 2000.0), (13, 3600, 2000.0),
    ], "two campaigns of ten yuan are twenty, and the hour before the broadcast is not its own"  # fmt: skip
    assert (found.report.placed, found.report.unplaced) == (len(rows), 2)
    assert found.dataset.events.filter(pc.is_in(found.dataset.events["kind"].cast(pa.string()), pa.array(["viewers", "entered_total"]))).num_rows == 0  # fmt: skip


@pytest.mark.parametrize(
    ("rooms", "home"),
    [
        ([("71", EIGHT, 110, "")], {"71"}),
        ([("71", EIGHT, 110, "105012345678")], {"71"}),
        ([("71", EIGHT, 110, "shop_example"), ("72", EIGHT, 110, "other")], {"71"}),
        ([("71", EIGHT, 110, ""), ("72", EIGHT + 60, 110, "")], {"near:shop_example:1714564800000000"}),
        (
            [("71", EIGHT, 110, "a"), ("72", EIGHT + 60 * 200, 110, "b")],
            {"near:shop_example:1714564800000000"},
        ),
        ([("71", EIGHT + 60 * 115, 110, "")], {"near:shop_example:1714564800000000"}),
        ([], {"near:shop_example:1714564800000000"}),
    ],
    ids=[
        "alone",
        "one host by another name",
        "same host",
        "two at once",
        "other hosts",
        "another evening",
        "no capture",
    ],
)
def test_a_row_that_fits_no_room_or_two_is_left_where_it_is(rooms, home, tmp_path):
    """What does not belong to just one recorded room of its host and time belongs to none."""
    paths = [put(tmp_path, "list.csv", COMPASS), *(capture(tmp_path, *room) for room in rooms)]
    metrics = load(paths, KEY).dataset.metrics
    office = metrics.filter(pc.match_substring(metrics["metric"].cast(pa.string()), "office."))
    assert set(office["session_id"].to_pylist()) == home


def test_placing_knows_no_order_of_files(tmp_path):
    """The same session whichever file is read first, and again from what was written."""
    room, office = capture(tmp_path, "71", EIGHT, 110), put(tmp_path, "list.csv", COMPASS)
    one, other = load([room, office], KEY).dataset, load([office, room], KEY).dataset
    assert one.metrics.equals(other.metrics)


def test_analytics_that_name_neither_zone_nor_currency_are_not_guessed(tmp_path):
    """Local times of no known country and amounts of no known currency are rejected, not read as UTC and cents."""
    body = "Start time,Duration,GMV,Views\n05/03/2024 20:00:00,2h,1234.50,300\n"
    found = load([put(tmp_path, "export.csv", body)], KEY)
    assert found.dataset.metrics.num_rows == 0
    assert rejected(found) == [(2, "bad_time", "bucket_start")]
    found = load([put(tmp_path, "api.jsonl", '{"id": "71", "start_time": 1714564800, "traffic": {"views": 300}, "sales": {"live_gmv": "12.50"}}')], KEY)  # fmt: skip
    assert told(found) == {"office.watches": 300.0}
    assert [reason for _, reason, _ in rejected(found)] == ["unknown_currency"]


CHATS = [m for m in mappings() if m.platform in {"youtube", "twitch"}]
NAMES = {
    "Somebody",
    "Giver",
    "New",
    "Barred",
    "One",
    "Two",
    "one",
    "two",
    "Other",
    "other",
    "UC1",
    "UC2",
    "UC3",
    "UC9",
}


def leaves(value: object, name: str = "") -> Iterator[str]:
    """Every text in rows, inside `extra` too."""
    if isinstance(value, dict):
        for key, inner in value.items():
            yield from leaves(inner, key)
    elif isinstance(value, list):
        for inner in value:
            yield from leaves(inner)
    elif name == "extra" and value is not None:
        yield from leaves(json.loads(str(value)))
    else:
        yield str(value)


@pytest.mark.parametrize("mapping", CHATS, ids=lambda m: m.id)
def test_no_chat_lets_a_name_through(mapping: Mapping, tmp_path):
    """Names and raw ids of the examples' people are in no column of any table; equal people stay equal."""
    for number, example in enumerate(mapping.examples):
        found = load([put(tmp_path, f"{number}", example_text(mapping, example))], KEY)
        assert any(name in example_text(mapping, example) for name in NAMES), "the example names somebody"
        assert not NAMES & set(leaves([found.dataset.events.to_pylist(), found.dataset.accounts.to_pylist()]))
        assert [a for a in found.dataset.events["actor_id"].to_pylist() if a and not a.startswith("u_")] == []


def test_the_banned_user_is_the_one_who_spoke(tmp_path):
    """Author of a comment and target of the ban are one pseudonym, in every chat that tells both."""
    for name in ("youtube.ytdlp", "youtube.chat-downloader", "twitch.irc", "twitch.chat-downloader"):
        mapping = next(m for m in CHATS if m.id == name)
        events = load([put(tmp_path, name, example_text(mapping, mapping.examples[0]))], KEY).dataset.events
        kind = events["kind"].cast(pa.string())
        spoke = set(events.filter(pc.equal(kind, "comment"))["actor_id"].to_pylist())
        banned = set(events.filter(pc.equal(kind, "moderate"))["target_id"].drop_null().to_pylist())
        assert spoke & banned, name


def test_a_broken_line_of_a_chat_costs_itself(tmp_path):
    """A line cut in two, one of no server, one without ids or times: named by line, the others stay."""
    good = "@id=c1;room-id=77;tmi-sent-ts=1700000010000;user-id=1 :one!one@one.tmi.twitch.tv PRIVMSG #x :hi\n"
    body = good + "@id=c2;room-id=77;tmi-se\n" + "*** disconnected\n" + good.replace("c1", "c3").replace("1700000010000", "soon")  # fmt: skip
    found = load([put(tmp_path, "log", body)], KEY)
    assert found.dataset.events["event_id"].to_pylist() == ["c1"]
    assert [(r.line, r.reason) for r in found.rejects] == [
        (2, "no_message"),
        (3, "no_message"),
        (4, "bad_time"),
    ]


@settings(max_examples=60, deadline=None)
@given(st.lists(st.text(max_size=60), max_size=6), st.sampled_from([irc, livechat]))
def test_no_line_crashes_the_chat_readers(lines, reader):
    """Whatever stands in a file, every line read is a row or a reject."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "chat"
        path.write_text("\n".join([*lines, '{"replayChatItemAction": {"actions": [1, {"addChatItemAction": 2}]}}']), "utf-8")  # fmt: skip
        rows = reader.read(path)
        given = list(rows.rows)
        assert all(isinstance(row, dict) for _, row in given)
        assert len({line for line, _ in given} | {r.line for r in rows.rejects}) <= rows.read
