"""Room captures: what each source really gives, on real recordings and on invented broken ones."""

import json
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from zhenbo.core.schema import TEXT_MAX, Flag
from zhenbo.intake import convert
from zhenbo.intake.identity import Pseudonyms, load_key
from zhenbo.intake.load import load

KEY = b"a key of at least thirty-two bytes"
DATA = Path(__file__).parents[3] / "shared" / "data"


def real(name: str) -> Path:
    """A folder of real recordings, or a skip that says why."""
    if not (DATA / name).is_dir():
        pytest.skip(f"real recordings are absent: {DATA / name}")
    return DATA / name


def kinds(events: pa.Table) -> dict[str, int]:
    """Rows per kind."""
    return {r["values"]: r["counts"] for r in pc.value_counts(events["kind"].cast(pa.string())).to_pylist()}


def of(events: pa.Table, kind: str) -> pa.Table:
    """Events of one kind."""
    return events.filter(pc.equal(events["kind"].cast(pa.string()), kind))


def test_douyin_capture_is_a_sample_and_masked():
    """The real Douyin room: every kind counted, nobody named, 11 % of entries and 95 % of likes delivered."""
    found = load([real("douyin-capture")], KEY)
    events, report = found.dataset.events, found.report
    assert kinds(events) == {
        "enter": 6151, "comment": 223, "like": 1175, "like_total": 1175, "follow": 219, "gift": 2141,
        "join_club": 18, "viewers": 967, "entered_total": 967, "control": 1,
    }  # fmt: skip
    assert events["actor_id"].null_count == events.num_rows
    assert report.masked == 1.0
    assert report.out_of_session == 0
    (shares,) = report.coverage.values()
    assert shares["enter"] == pytest.approx(0.11, abs=0.006)
    assert shares["like"] == pytest.approx(0.95, abs=0.005)
    extras = [json.loads(x) for x in of(events, "entered_total")["extra"].to_pylist() if x]
    assert extras[-1] == {"half_unit": 500, "shown": "6.8万"}
    assert any("no user ids" in note for f in report.files for note in f.notes)


@pytest.mark.slow
def test_bilibili_recordings_keep_users_and_say_what_is_missing():
    """Two good files with their users; the degraded one is read whole and named as without times and ids."""
    found = load([real("bilibili-asoul")], KEY)
    rows = {
        s: found.dataset.events.filter(pc.equal(found.dataset.events["session_id"].cast(pa.string()), s))
        for s in pc.unique(found.dataset.events["session_id"].cast(pa.string())).to_pylist()
    }
    shape = sorted((t.num_rows, len(pc.unique(t["actor_id"].drop_null()))) for t in rows.values())
    assert shape == [(11_023, 883), (14_950, 0), (48_598, 1_523)]
    (degraded,) = (f for f in found.report.files if f.timed == 0)
    assert {"no times", "no user ids: everybody is masked"} <= set(degraded.notes)
    assert {f.status for f in found.report.files if f.file.endswith((".md", ".csv"))} == {"unrecognised"}


def test_tiktok_packets_all_parse_through_our_own_descriptor():
    """Every mapped packet decodes; ages come from ids; penalties stay as the platform's evidence."""
    found = load([real("tiktok-live-java")], KEY)
    events, accounts = found.dataset.events, found.dataset.accounts
    assert found.report.rejected == {}
    assert len(pc.unique(events["actor_id"].drop_null())) == 478
    years = pc.year(accounts["since"].drop_null())
    assert pc.min(years).as_py() == 2018
    assert set(accounts["since_basis"].drop_null().to_pylist()) == {"derived"}
    risk = pc.not_equal(pc.bit_wise_and(of(events, "moderate")["flags"], Flag.PLATFORM_RISK.value), 0)
    assert of(events, "moderate").num_rows > 0
    assert pc.all(risk).as_py()
    streak = of(events, "gift").filter(pc.equal(of(events, "gift")["state"].cast(pa.string()), "streak"))
    assert streak["amount"].null_count == streak.num_rows
    history = pc.not_equal(pc.bit_wise_and(events["flags"], Flag.HISTORY.value), 0)
    assert 0 < pc.sum(history).as_py() < events.num_rows / 5


@pytest.mark.slow
def test_room_days_are_sessions_of_their_room_and_day():
    """2019 room texts: one session per file, room and day from the path, minute times, nobody named."""
    folder = real("bilibili-vtuber-danmaku-2019-05")
    found = load([folder], KEY)
    events = found.dataset.events
    files = [f for f in (folder / "rooms").rglob("*.txt") if f.stat().st_size]
    assert len(pc.unique(events["session_id"])) == len(files)
    assert set(kinds(events)) == {"viewers", "comment"}
    assert events["actor_id"].null_count == events.num_rows
    assert pc.all(pc.not_equal(pc.bit_wise_and(events["flags"], Flag.TS_APPROX.value), 0)).as_py()


def write_room(folder: Path, rows: list[dict]) -> Path:
    """A Douyin capture of these rows."""
    path = folder / "capture.jsonl"
    path.write_text("".join(json.dumps(r, ensure_ascii=False) + "\n" for r in rows), encoding="utf-8")
    return path


def enter(at: float, user: int = 111111) -> dict:
    """One entry."""
    return {"type": "member", "payload": {"user_id": user, "action": "enter"}, "timestamp": at}


def test_honest_repeats_survive_without_message_ids(tmp_path):
    """Three equal rows are three entries, however often and under whatever name the file is given."""
    path = write_room(tmp_path, [enter(1700000000.5)] * 3)
    again = tmp_path / "again.txt"
    again.write_bytes(path.read_bytes())
    assert load([path], KEY).report.events == 3
    both = load([again, path], KEY)
    assert both.report.events == 3
    assert [f.status for f in both.report.files] == ["read", "duplicate_file"]


def test_bad_rows_are_named_and_the_others_stay(tmp_path):
    """Broken JSON, year 9999, negative counts and hostile texts: file, line and reason; good rows are kept."""
    hostile = "=cmd()<script>alert(1)</script>\x00" + "长" * (TEXT_MAX + 5)
    rows = [
        enter(1700000000.5),
        enter(253402300799.0),
        {"type": "like", "payload": {"user_id": 5, "count": -3}, "timestamp": 1700000001.0},
        {"type": "chat", "payload": {"user_id": 5, "content": hostile}, "timestamp": 1700000002.0},
        {"type": "new_kind", "payload": {"user_id": 5}, "timestamp": 1700000003.0},
    ]
    path = write_room(tmp_path, rows)
    with path.open("ab") as out:
        out.write(b'{"type": "chat", "payload": {\n\xff\xfe\n' + json.dumps(enter(1700000004.0)).encode())
    found = load([path], KEY)
    assert [(r.line, r.reason) for r in found.rejects] == [
        (2, "bad_time"), (3, "negative_count"), (6, "bad_json"), (7, "bad_json"),
    ]  # fmt: skip
    assert {r.file for r in found.rejects} == {"capture.jsonl"}
    assert kinds(found.dataset.events) == {"enter": 2, "comment": 1}
    (text,) = of(found.dataset.events, "comment")["text"].to_pylist()
    assert text.startswith("=cmd()<script>")
    assert len(text) <= TEXT_MAX
    assert "\x00" not in text
    (only,) = found.report.files
    assert only.unmapped == {"new_kind": 1}


@settings(max_examples=40, deadline=None)
@given(
    cut=st.integers(min_value=60, max_value=420),
    junk=st.sampled_from(["", "\x00\x00", "&nope;", "<d p=", "<<"]),
)
def test_broken_danmaku_gives_what_is_readable(cut, junk, tmp_path_factory):
    """Wherever a danmaku file breaks off, whole comments before the break are kept and nothing is raised."""
    lines = [f'<d p="{i}.5,1,25,1,{1700000000 + i},0,{40 + i},{i}">第{i}条 &amp; {i}</d>' for i in range(12)]
    body = ('<?xml version="1.0"?><i>' + "\n".join(lines) + "</i>")[:cut] + junk
    whole = body.count("</d>")
    path = tmp_path_factory.mktemp("xml") / "x.xml"
    path.write_bytes(body.encode())
    found = load([path], KEY)
    assert found.report.events == whole
    if whole:
        assert "truncated" in {r.reason for r in found.rejects}
        assert found.dataset.events["text"].to_pylist()[0] == "第0条 & 0"


@given(st.integers(min_value=946_684_800, max_value=4_102_444_799), st.sampled_from([1, 1000, 1_000_000]))
def test_time_magnitudes_agree(second, factor):
    """Seconds, milliseconds and microseconds of one moment are the same moment, as number and as text."""
    assert convert.time_of(second * factor) == convert.time_of(str(second * factor)) == second * 1_000_000


@given(st.text(max_size=40))
def test_any_text_is_a_time_or_a_reason(text):
    """No text crashes the time, count and money readers."""
    for made in (
        convert.time_of(text, convert.Clock("+08:00", "dmy")),
        convert.count(text),
        convert.money(text, "CNY"),
    ):
        assert made is None or isinstance(made, int | convert.Bad)


def test_ambiguous_and_absurd_times_are_refused():
    """A year that is not first needs a declared order; a naive time needs a zone; year 9999 is no time."""
    plain = convert.Clock("+08:00")
    assert convert.time_of("03/05/2024 20:01:02", plain).reason == "bad_time"
    assert convert.time_of("2024-05-03 20:01:02").reason == "bad_time"
    assert convert.time_of("9999-12-31 00:00:00", plain).reason == "bad_time"
    assert convert.time_of("03/05/2024 20:01:02", convert.Clock("+07:00", "dmy")) == 1714741262000000


def test_key_is_made_once_for_its_owner_only(tmp_path):
    """The key file is readable by its owner only and stays the same; pseudonyms depend on key, column and platform."""
    place = tmp_path / "conf" / "key"
    key = load_key(place)
    assert key == load_key(place)
    assert place.stat().st_mode & 0o777 == 0o600
    people = Pseudonyms(key)
    names = {people.of("actor", "7", "douyin"), people.of("actor", "7", "tiktok"), people.of("addr", "7")}
    names.add(Pseudonyms(b"another key of thirty-two bytes!").of("actor", "7", "douyin"))
    assert len(names) == 4
