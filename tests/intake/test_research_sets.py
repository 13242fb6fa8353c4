"""Research sets by their documented schemas, on invented rows: what is read, what is refused, what is never believed."""

import json

import pyarrow.compute as pc
import pytest

from zhenbo.cli import main
from zhenbo.core.verdict import to_json
from zhenbo.intake.load import load, write
from zhenbo.intake.mapping import mappings
from zhenbo.pipeline import audit_dataset
from zhenbo.pipeline.labels import NOT_BOUGHT, read_labels

KEY = b"test-key-of-thirty-two-bytes-or-so"
HEAD = "user_id,live_id,streamer_id,timestamp\n"
ROW = "23154,7865151,433825,1746374400819\n"


def action(number, desc="点赞", **changed):
    """One action in the card's order."""
    told = {
        "u_idx": str(number % 40), "t": number // 100, "l": 0, "action_id": 5, "action_vec": [0.5, -0.25],
        "timestamp": str(1748692800 + number), "action_desc": desc, "user_id": f"u{number % 40}",
    }  # fmt: skip
    return list((told | changed).values())


def rooms(*labels, actions):
    """Rooms of these labels and the same actions, as JSON lines."""
    told = [{"room_id": f"r{n}", "label": label, "patch_list": actions} for n, label in enumerate(labels)]
    return "".join(json.dumps(room, ensure_ascii=False) + "\n" for room in told)


def counted(events):
    """Events by kind."""
    return {
        row["values"]: row["counts"] for row in pc.value_counts(events["kind"].cast("string")).to_pylist()
    }


def test_rooms_of_tuples_become_events_of_hidden_people(tmp_path):
    """Known descriptions give events, unknown ones are counted by action_id; no id, no vector and no label in any event."""
    path = tmp_path / "May.jsonl"
    known = [action(0, "主播口播:来了"), action(1, "进入直播间"), action(2, "评论:好"), action(3), action(4, "送礼:玫瑰"), action(5, "分享")]  # fmt: skip
    odd = [action(6, "开播", action_id=2), action(7, "", action_id=29), action(8, "评论区弹窗", action_id=29)]
    path.write_text(rooms(3, actions=known + odd), "utf-8")
    found = load([path], KEY)
    assert counted(found.dataset.events) == dict.fromkeys(
        ("speech", "enter", "comment", "like", "gift", "share"), 1
    )
    assert found.report.files[0].unmapped == {"action_id 2": 1, "action_id 29": 2}
    assert found.rejects == []
    told = json.dumps(found.dataset.events.to_pylist(), default=str)
    assert not [word for word in ('"u1"', "0.25", "label", "risk_") if word in told]
    assert found.dataset.metrics["metric"].to_pylist() == ["label.room_risk"]
    write(found.dataset, tmp_path / "canonical")
    assert load([tmp_path / "canonical"], KEY).dataset.metrics.equals(found.dataset.metrics)


def test_what_differs_from_the_card_is_told_with_its_line(tmp_path):
    """Another tuple, another thing, no list, a time of no clock: each with the line of its room, and the rest is read."""
    path = tmp_path / "rooms"
    broken = [action(1), action(2)[:7], 5, action(3, timestamp="35")]
    body = rooms(0, actions=[action(0)]) + rooms(1, actions=broken)
    path.write_text(body + '{"room_id": "r9", "label": 1, "patch_list": null}\n', "utf-8")
    found = load([path], KEY)
    assert [(r.line, r.reason, r.detail[:18]) for r in found.rejects] == [
        (2, "bad_action", "action 2: 7 values"), (2, "bad_action", "action 3: int wher"), (2, "bad_time", "ts: 35"),
        (3, "no_actions", "patch_list is None"),
    ]  # fmt: skip
    assert counted(found.dataset.events) == {"like": 2}


def test_no_verdict_knows_the_label_of_risk(tmp_path):
    """The same room labelled normal and labelled 3 has the same verdict, to the byte."""
    told = []
    for label in (0, 3):
        path = tmp_path / f"{label}.jsonl"
        path.write_text(rooms(label, actions=[action(n, f"评论:第{n}条") for n in range(40)]), "utf-8")
        data = load([path], KEY).dataset
        assert data.metrics["value"].to_pylist() == [label]
        told.append(to_json(audit_dataset(data).audit))
    assert told[0] == told[1]


@pytest.mark.parametrize(
    ("outcome", "by", "reason"),
    [
        ("risky", "Li", "seen"), ("room_risk", "Li", ""), ("有风险", "Li", ""), ("2", "ByteDance/LiveStreamingRiskControl", ""),
        ("bought", "LiveStreamingRiskControl", ""), ("honest", "Li", "label 0 of livestreaming-risk-control"),
    ],
)  # fmt: skip
def test_a_risky_room_is_no_bought_room(outcome, by, reason, tmp_path):
    """However it is dressed, such a label is refused with its reason, and what a platform's own risk control found out about traffic stays."""
    path = tmp_path / "labels.csv"
    path.write_text(f"subject,outcome,by,at,reason\nr1,{outcome},{by},2026-05-01,{reason}\nr2,bought,Douyin live streaming risk control,2026-05-01,live traffic was bought\n", "utf-8")  # fmt: skip
    read = read_labels(path)
    assert [(r.line, r.reason, r.detail) for r in read.rejected] == [(2, "risk_is_not_bought", NOT_BOUGHT)]
    assert list(read.known) == ["r2"]
    assert len(NOT_BOUGHT) <= 200


def test_calibrate_says_why_it_takes_no_label_of_risk(tmp_path, capsys):
    """`zhenbo calibrate` prints the sentence and learns from none of them."""
    (tmp_path / "rooms.jsonl").write_text(rooms(2, actions=[action(n) for n in range(50)]), "utf-8")
    (tmp_path / "labels.csv").write_text("subject,outcome,by,at,reason\nriskcontrol-r0,risky,card,2026-05-01,\n", "utf-8")  # fmt: skip
    given = ["calibrate", tmp_path, "--to", tmp_path / "out", "--key", tmp_path / "key", "--lang", "en"]
    with pytest.raises(SystemExit) as stop:
        main(args=list(map(str, given)))
    assert not stop.value.code
    said = " ".join(capsys.readouterr().out.split())
    assert "labels.csv:2 risk_is_not_bought" in said
    assert NOT_BOUGHT in said


def test_files_of_equal_columns_are_told_apart_by_name_only_here(tmp_path):
    """comment.csv and like.csv of the same row are two events of one person; negative and a stranger's name are neither."""
    for name in ("comment.csv", "like.csv", "negative.csv", "other.csv"):
        (tmp_path / name).write_text(HEAD + ROW, "utf-8")
    found = load([tmp_path], KEY)
    assert counted(found.dataset.events) == {"comment": 1, "like": 1}
    assert len(set(found.dataset.events["actor_id"].to_pylist())) == 1
    assert "23154" not in json.dumps(found.dataset.events.to_pylist(), default=str)
    assert {f.file: f.unmapped for f in found.report.files if f.unmapped} == {
        "negative.csv": {"negative": 1}, "other.csv": {"unnamed": 1},
    }  # fmt: skip


def test_broken_rows_of_kuailive_cost_themselves(tmp_path):
    """A ragged row and a time that is none are told by line; a user's clicks and account are one person."""
    (tmp_path / "click.csv").write_text(
        HEAD.replace("timestamp", "timestamp,watch_live_time")
        + "7,1,2,1746374400022,2852\n7,1,2\n7,1,2,soon,40\n"
    )
    (tmp_path / "user.csv").write_text("user_id,reg_timestamp,fans_num,first_watch_live_timestamp\n7,2023-05-03,0-10,2023-05-03\n")  # fmt: skip
    found = load([tmp_path], KEY)
    assert [(r.file, r.line, r.reason) for r in found.rejects] == [("click.csv", 3, "ragged_row"), ("click.csv", 4, "bad_time")]  # fmt: skip
    assert counted(found.dataset.events) == {"enter": 1, "leave": 1}
    assert (
        found.dataset.accounts["account_id"].to_pylist()
        == found.dataset.events["actor_id"].unique().to_pylist()
    )


@pytest.mark.parametrize("mapping", [m for m in mappings() if "riskcontrol" in m.id or "kuailive" in m.id], ids=lambda m: m.id)  # fmt: skip
def test_a_research_set_says_that_it_was_never_run(mapping):
    """The import report carries that it was never run, and its licence."""
    assert "never run on the real set" in mapping.notes[0]
    assert "licence" in mapping.notes[0]
