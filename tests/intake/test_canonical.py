"""Canonical data folders: the round trip, identity, and what broken files may cost."""

import json
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.csv as pa_csv
import pyarrow.parquet as pq
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from zhenbo.core.dataset import Dataset
from zhenbo.core.errors import ZhenboError
from zhenbo.core.schema import EVENTS, TEXT_MAX
from zhenbo.core.session import Window
from zhenbo.intake.load import Loaded, load, write, write_rejects

KEY = b"a key of at least thirty-two bytes"
START = 1_700_000_000_000_000
TABLES = ("events", "accounts", "metrics", "products")


def rows(n: int) -> list[dict]:
    """Invented canonical events; every fourth is a counter."""
    return [
        {
            "platform": "douyin", "source": "t@1", "host_id": "h", "session_id": f"s{i // 4 % 2}", "event_id": f"e{i}",
            "kind": ("enter", "comment", "like", "entered_total")[i % 4], "ts": START + i * 1_000_000,
            "actor_id": f"u_{i % 5}" if i % 4 != 3 else None, "flags": 0, "qty": 10 * i if i % 4 > 1 else None,
            "text": f"好 {i}" if i % 4 == 1 else None,
        }
        for i in range(n)
    ]  # fmt: skip


def table(body: list[dict]) -> pa.Table:
    """Rows as a canonical table."""
    if not body:
        return EVENTS.empty_table()
    made = pa.Table.from_pylist([{k: r.get(k) for k in EVENTS.names} for r in body])
    return made.cast(EVENTS)


def put(folder: Path, name: str, body: list[dict]) -> None:
    """Write rows as a Parquet file of a data folder."""
    folder.mkdir(parents=True, exist_ok=True)
    pq.write_table(table(body), folder / name)


def same(one: Dataset, other: Dataset) -> bool:
    """Equal in every table and window."""
    return one.windows == other.windows and all(getattr(one, t).equals(getattr(other, t)) for t in TABLES)


def test_round_trip_changes_nothing(tmp_path):
    """What `write` wrote loads back identical, also under another key: pseudonyms are not hashed again."""
    put(tmp_path / "a", "events.parquet", rows(200))
    (tmp_path / "a" / "context.toml").write_text(
        '[[window]]\nsession_id = "s0"\nkind = "lottery"\nfrom = 2023-11-14T22:13:20Z\nto = "2023-11-14T22:14:20Z"\nproof = "a \\"b\\""\n'
    )
    first = load([tmp_path / "a"], KEY)
    assert first.dataset.windows == {"s0": (Window("lottery", START, START + 60_000_000, None, 'a "b"'),)}
    assert first.report.coverage
    write(first.dataset, tmp_path / "b")
    second = load([tmp_path / "b"], KEY[::-1])
    assert same(first.dataset, second.dataset)
    assert second.report.duplicates == 0


@settings(max_examples=25, deadline=None)
@given(order=st.permutations(range(40)), cut=st.integers(0, 39), overlap=st.integers(0, 10), data=st.data())
def test_order_split_and_repeats_decide_nothing(order, cut, overlap, data, tmp_path_factory):
    """Shuffled, split over files and partly repeated, in Parquet, JSON lines or CSV: the same dataset."""
    body = rows(40)
    folder = tmp_path_factory.mktemp("split")
    put(folder / "whole", "events.parquet", body)
    mixed = [body[i] for i in order]
    parts = folder / "parts"
    put(parts, "events-2.parquet", mixed[:cut])
    rest = mixed[max(cut - overlap, 0) :]
    if data.draw(st.booleans()):
        (parts / "events-1.jsonl").write_text("".join(json.dumps(r) + "\n" for r in rest))
    else:
        pa_csv.write_csv(table(rest).cast(pa.schema([(f.name, f.type.value_type if pa.types.is_dictionary(f.type) else f.type) for f in EVENTS])), parts / "events-1.csv")  # fmt: skip
    whole, split = load([folder / "whole"], KEY), load([parts], KEY)
    assert split.rejects == []
    assert same(whole.dataset, split.dataset)
    assert split.report.duplicates == min(overlap, cut)


def test_conflicting_versions_settle_by_receive_time(tmp_path):
    """Of two versions of one event the one seen last stays; the other is counted and kept in the report."""
    old = rows(1)[0] | {"state": "created", "ts_seen": START}
    new = rows(1)[0] | {"state": "paid", "ts_seen": START + 1}
    put(tmp_path, "events-a.parquet", [new])
    put(tmp_path, "events-b.parquet", [old])
    found = load([tmp_path], KEY)
    assert found.dataset.events["state"].to_pylist() == ["paid"]
    assert found.report.conflicts == 1
    assert found.report.superseded[0]["state"] == "created"


def hostile_folder(folder: Path) -> int:
    """A folder of everything that goes wrong; returns the number of good events in it."""
    good = rows(30)
    put(folder, "events-good.parquet", good[:20])
    whole = (folder / "events-good.parquet").read_bytes()
    (folder / "events-cut.parquet").write_bytes(whole[: len(whole) // 2])
    (folder / "events-fake.parquet").write_bytes(b"PAR1 and nothing else")
    (folder / "empty.jsonl").write_bytes(b"")
    (folder / "nul.bin").write_bytes(b"\x00" * 5000)
    (folder / "photo.jpg").write_bytes(bytes(range(256)) * 50)
    (folder / "notes.md").write_text("# [[not a table]]\n")
    bad = [
        good[20] | {"ts": "9999-12-31T00:00:00Z"},
        good[21] | {"qty": -5},
        good[22] | {"kind": "telepathy"},
        good[23] | {"ts": "yesterday"},
        good[24] | {"qty": "many"},
        good[25] | {"kind": "order_pay", "amount": -1},
        good[26] | {"qty": True, "kind": "like"},
    ]
    fine = [
        good[27] | {"text": "长" * 10_000_000, "kind": "comment"},
        good[28]
        | {"text": "=HYPERLINK(1)<script>alert('x')</script>\x00\ud800", "new_column": [1, {"a": 2}]},
        good[29] | {"qty": "7", "ts": (START + 99) / 1e6},
    ]
    lines = [json.dumps(r).encode() for r in [*bad, *fine]]
    latin = json.dumps(good[29] | {"event_id": "latin", "text": "§"}, ensure_ascii=False).encode("latin-1")
    lines += [b"{broken", b"[1, 2]", latin]
    (folder / "events-bad.jsonl").write_bytes(b"\n".join(lines))
    return 20 + len(fine) + 1


def check_hostile(found: Loaded, good: int) -> None:
    """All good rows are there, and every loss has file, line and reason."""
    assert found.report.events == good
    assert [(r.file, r.line, r.reason) for r in found.rejects] == [
        ("empty.jsonl", 0, "empty_file"),
        ("events-bad.jsonl", 1, "bad_time"),
        ("events-bad.jsonl", 2, "negative_count"),
        ("events-bad.jsonl", 3, "unknown_kind"),
        ("events-bad.jsonl", 4, "bad_time"),
        ("events-bad.jsonl", 5, "wrong_type"),
        ("events-bad.jsonl", 6, "negative_amount"),
        ("events-bad.jsonl", 7, "wrong_type"),
        ("events-bad.jsonl", 11, "bad_json"),
        ("events-bad.jsonl", 12, "not_an_object"),
        ("events-cut.parquet", 0, "truncated_parquet"),
        ("events-fake.parquet", 0, "truncated_parquet"),
        ("nul.bin", 0, "empty_file"),
    ]
    status = {f.file: f.status for f in found.report.files}
    assert status["photo.jpg"] == status["notes.md"] == "unrecognised"


def test_a_folder_of_broken_inputs_costs_only_what_is_broken(tmp_path):
    """Truncated, mistyped, absurd, hostile and unrelated files: never a crash, every good row kept."""
    good = hostile_folder(tmp_path / "in")
    found = load([tmp_path / "in"], KEY)
    check_hostile(found, good)
    texts = [t for t in found.dataset.events["text"].to_pylist() if t]
    assert max(map(len, texts)) == TEXT_MAX
    assert not any("\x00" in t for t in texts)
    extras = [json.loads(x) for x in found.dataset.events["extra"].to_pylist() if x]
    assert {"text_length": 10_000_000} in extras
    assert any("new_column" in x for x in extras)
    write_rejects(found.rejects, tmp_path / "rejects.jsonl")
    lines = (tmp_path / "rejects.jsonl").read_text().splitlines()
    assert [json.loads(line)["reason"] for line in lines] == [r.reason for r in found.rejects]
    write(found.dataset, tmp_path / "out")
    assert same(found.dataset, load([tmp_path / "out"], KEY).dataset)


def test_wrong_types_are_cast_where_nothing_is_lost(tmp_path):
    """Integers as floats or text, ids as numbers, times as text, naive or in milliseconds: cast; NUL bytes go."""
    body = rows(3)
    columns = {
        "platform": ["douyin"] * 3, "source": ["t@1"] * 3, "session_id": [7, 7, 7], "event_id": [1, 2, 3],
        "kind": ["like"] * 3, "qty": [1.0, 2.0, 2.5], "flags": ["0", "1", "0"], "text": ["a\x00b", None, "c"],
    }  # fmt: skip
    made = pa.table(columns).append_column(
        "ts", pa.array([r["ts"] // 1000 for r in body], pa.timestamp("ms"))
    )
    pq.write_table(made, tmp_path / "events.parquet")
    found = load([tmp_path], KEY)
    assert [(r.line, r.reason) for r in found.rejects] == [(3, "wrong_type")]
    events = found.dataset.events
    assert events["session_id"].to_pylist() == ["7", "7"]
    assert events["qty"].to_pylist() == [1, 2]
    assert events["text"].to_pylist() == ["ab", None]
    assert events["ts"].cast(pa.int64()).to_pylist() == [START, START + 1_000_000]
    assert any("no zone" in note for note in found.report.files[0].notes)


def test_rows_without_ids_get_ids_from_their_content(tmp_path):
    """Equal rows without an id stay two events, and reading them again gives the same ids."""
    body = [{k: v for k, v in rows(1)[0].items() if k != "event_id"}] * 2
    (tmp_path / "events.jsonl").write_text("".join(json.dumps(r) + "\n" for r in body))
    first, second = load([tmp_path], KEY), load([tmp_path], KEY)
    assert first.report.events == 2
    assert same(first.dataset, second.dataset)


def test_invalid_utf8_inside_parquet_is_replaced(tmp_path):
    """Arrow does not check strings when it reads them; nothing invalid leaves intake."""
    raw = pa.array([b"ok", b"\xff\xfe bad"], pa.binary())
    text = pa.Array.from_buffers(pa.string(), 2, raw.buffers())
    made = table(rows(2)).set_column(EVENTS.get_field_index("text"), "text", text)
    pq.write_table(made, tmp_path / "events.parquet")
    found = load([tmp_path], KEY)
    found.dataset.events.validate(full=True)
    assert found.dataset.events["text"].to_pylist() == ["ok", "\ufffd\ufffd bad"]


def test_a_missing_path_says_so(tmp_path):
    """A path that does not exist is the user's to mend."""
    with pytest.raises(ZhenboError, match="no file or folder"):
        load([tmp_path / "nowhere"], KEY)


def test_events_of_no_session_are_counted(tmp_path):
    """Later refunds have no session: they are kept and counted."""
    put(
        tmp_path,
        "events.parquet",
        [rows(1)[0] | {"session_id": None, "kind": "refund_done", "order_id": "o"}],
    )
    found = load([tmp_path], KEY)
    assert found.report.out_of_session == 1
    assert pc.is_null(found.dataset.events["session_id"]).to_pylist() == [True]
