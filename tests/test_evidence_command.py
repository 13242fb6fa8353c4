"""`zhenbo evidence`: bundles made from a record, checked without it, referred; a person forgotten."""

import hashlib
import json
import shutil
import subprocess
import sys
from pathlib import Path

import pyarrow.compute as pc
import pytest
from click.testing import CliRunner

from zhenbo.cli.command import group
from zhenbo.core.errors import ZhenboError
from zhenbo.core.story import read
from zhenbo.intake.load import load, write

EVENING = """session s1 of host h1 on 2026-03-06
20:00-20:50 a1..a160 enters scattered
20:05-20:55 a1..a90 says "好看{n}吗" scattered
20:10-20:40 a1..a40 orders o{n} 59.00 scattered [addr=x{n}]
20:15-20:18 b1..b60 orders q{n} 99.00 [addr=z{n}]
d+1 10:00-10:10 q1..q60 refunded"""


def run(*words: object):
    """What the command prints on stdout, on stderr, and how it ends."""
    made = CliRunner().invoke(group, [str(w) for w in words])
    return made.exit_code, made.stdout, f"{made.stderr}{made.exception or ''}"


@pytest.fixture(scope="module")
def place(tmp_path_factory):
    """A record, its audit, and a bundle of either kind."""
    place = tmp_path_factory.mktemp("evidence")
    write(read(EVENING).dataset, place / "data")
    keys = ["--key", place / "key", "--lang", "en"]
    assert run("audit", place / "data", "--out", place / "audit", *keys)[0] == 0
    for name, more in (("part", []), ("whole", ["--whole"])):
        made = run("evidence", "make", place / "data", place / "audit", "--session", "s1", "--out", place / f"{name}.html",
                   "--signing-key", place / "sign", "--json", *more, *keys)  # fmt: skip
        assert made[0] == 0, made
        (place / f"{name}.json").write_text(made[1], "utf-8")
    return place


@pytest.mark.slow
def test_a_bundle_verifies_on_a_machine_without_the_record(place, tmp_path):
    """Alone in an empty folder, in a process of its own: intact, the score, the bridge and the evidence come out again."""
    shutil.copy(place / "whole.html", tmp_path / "e.html")
    made = subprocess.run([Path(sys.executable).with_name("zhenbo"), "evidence", "verify", "e.html", "--json"], cwd=tmp_path, capture_output=True,
                          text=True, check=False, env={"HOME": str(tmp_path), "PATH": ""})  # fmt: skip
    assert made.returncode == 0, made.stderr[-2000:]
    body = json.loads(made.stdout)
    assert body["intact"]
    assert {c["state"] for c in body["checks"]} == {"same"}
    assert {c["what"] for c in body["checks"]} >= {"score", "bridge", "evidence", "verdict"}


@pytest.mark.slow
def test_a_part_says_what_it_cannot_recompute(place):
    """Fewer rows than the record; score and bridge come out exactly; evidence that needs the whole room is told as not checked."""
    told = json.loads((place / "part.json").read_text("utf-8"))
    assert told["extracted"] < told["rows"]
    code, said, _ = run("evidence", "verify", place / "part.html", "--json")
    assert code == 0
    states = {(c["what"], c["state"]) for c in json.loads(said)["checks"]}
    assert {("score", "same"), ("bridge", "same"), ("evidence", "not_checked")} <= states
    assert not [s for _, s in states if s == "differs"]


@pytest.mark.slow
def test_equal_records_give_equal_bundles(place, tmp_path):
    """The same record, key and words give the same bytes, wherever they are written; the JSON's digest is the file's."""
    for folder in ("x", "y"):
        run("evidence", "make", place / "data", "--session", "s1", "--out", tmp_path / folder / "part.html", "--signing-key", place / "sign",
            "--key", place / "key", "--lang", "en")  # fmt: skip
    first, second = ((tmp_path / folder / "part.html").read_bytes() for folder in ("x", "y"))
    assert first == second == (place / "part.html").read_bytes()
    assert json.loads((place / "part.json").read_text("utf-8"))["sha256"] == hashlib.sha256(first).hexdigest()


@pytest.mark.slow
def test_a_changed_amount_is_named_and_a_resigned_one_does_not_add_up(place, tmp_path):
    """Somebody without the key is caught by the line; somebody who signs a changed order anew is caught by the sum."""
    from zhenbo.act.bundle import Contents, close, opened
    from zhenbo.intake.signing import signed_by, signer

    file = (place / "part.html").read_bytes()
    line = next(x for x in file.splitlines() if b'"order_create"' in x and b'"amount":5900' in x)
    (tmp_path / "e.html").write_bytes(file.replace(line, line.replace(b'"amount":5900', b'"amount":9900'), 1))
    code, said, _ = run("evidence", "verify", tmp_path / "e.html", "--json")
    found = json.loads(said)["findings"]
    assert code == 1
    assert [(f["segment"], f["what"]) for f in found] == [("events", "changed")]
    assert (tmp_path / "e.html").read_bytes()[found[0]["start"] : found[0]["end"]].rstrip(
        b"\n"
    ) == line.replace(b"5900", b"9900", 1)
    told = dict(opened(file, signed_by).data)
    told["events"] = told["events"].replace(line, line.replace(b'"amount":5900', b'"amount":9900'), 1)
    assert Contents.read(told)
    (tmp_path / "r.html").write_bytes(
        close("<html><body></body>\n</html>\n", told, *signer(tmp_path / "thief"))
    )
    code, said, _ = run("evidence", "verify", tmp_path / "r.html", "--json")
    body = json.loads(said)
    assert code == 1
    assert body["intact"]
    assert {"gross", "fingerprint", "page"} <= {c["of"] for c in body["checks"] if c["state"] == "differs"}
    sender = json.loads((place / "part.json").read_text("utf-8"))["key"]
    code, said, _ = run("evidence", "verify", tmp_path / "r.html", "--key", sender, "--json")
    assert json.loads(said)["trusted"] is False
    assert run("evidence", "verify", place / "part.html", "--key", sender)[0] == 0


@pytest.mark.slow
def test_a_referral_states_and_charges_nobody(place, tmp_path):
    """Thresholds in force on the day, measured numbers with intervals, what the sender states apart; nothing from an altered file."""
    for lang in ("zh", "en"):
        code, _, wrong = run("evidence", "refer", place / "part.html", "--out", tmp_path / f"{lang}.html", "--stated", "fee=52000", "--lang", lang)  # fmt: skip
        assert code == 0, wrong
    page = (tmp_path / "en.html").read_text("utf-8")
    assert "9, 25" in page
    assert "8, 20" not in page, "repealed before the evening of March 2026"
    assert "¥52,000.00" in page
    assert "charges nobody" in page
    (tmp_path / "bad.html").write_bytes((place / "part.html").read_bytes().replace(b"5900", b"5901", 1))
    code, _, wrong = run("evidence", "refer", tmp_path / "bad.html", "--out", tmp_path / "x.html")
    assert code
    assert "not as it was signed" in wrong


@pytest.mark.slow
def test_what_was_done_about_it_travels_with_it(place, tmp_path):
    """Acts of a case and hand-overs of a sample go in with their digests; a word changed in one, signed anew, is found by its digest."""
    from zhenbo.act.bundle import close, opened
    from zhenbo.intake.signing import signed_by, signer

    for verb, name in (("case open", "case.toml"), ("inspect custody", "overs.jsonl")):
        (tmp_path / name).write_text(run(*verb.split(), "--example")[1], "utf-8")
    store = ["--store", tmp_path / "r.db"]
    assert run("case", "open", tmp_path / "case.toml", "--at", "2026-03-08", *store)[0] == 0
    code, _, wrong = run("evidence", "make", place / "data", "--session", "s1", "--out", tmp_path / "e.html", "--about", "2026-0001",
                         "--custody", tmp_path / "overs.jsonl", "--signing-key", place / "sign", "--key", place / "key", *store)  # fmt: skip
    assert code == 0, wrong
    checks = json.loads(run("evidence", "verify", tmp_path / "e.html", "--json")[1])["checks"]
    assert {c["state"] for c in checks if c["what"] == "acts"} == {"same"}
    assert "other_hand" not in (page := (tmp_path / "e.html").read_text("utf-8"))
    assert "courier" in page
    told = dict(opened((tmp_path / "e.html").read_bytes(), signed_by).data)
    told["acts"] = told["acts"].replace(b"counterfeit", b"misdescribed")
    (tmp_path / "r.html").write_bytes(close("<html><body></body>\n</html>\n", told, *signer(tmp_path / "k")))
    checks = json.loads(run("evidence", "verify", tmp_path / "r.html", "--json")[1])["checks"]
    assert "differs" in {c["state"] for c in checks if c["what"] == "acts"}


@pytest.mark.slow
def test_an_audit_that_says_otherwise_stops_it(place, tmp_path):
    """An audit of other data, an unknown session, a verdict without data: each is answered in words."""
    other = tmp_path / "audit"
    shutil.copytree(place / "audit", other)
    body = json.loads((other / "verdict.json").read_bytes())
    body["sessions"][0]["score_db"] += 1
    (other / "verdict.json").write_text(json.dumps(body), "utf-8")
    out = ["--out", tmp_path / "e.html", "--signing-key", place / "sign", "--key", place / "key"]
    assert "score_db differ" in run("evidence", "make", place / "data", other, "--session", "s1", *out)[2]
    assert "It holds: s1" in run("evidence", "make", place / "data", "--session", "s2", *out)[2]
    assert "name the data folder" in run("evidence", "make", place / "audit", "--session", "s1", *out)[2]
    assert not (tmp_path / "e.html").exists()


@pytest.mark.slow
def test_forgetting_a_person_keeps_every_total(place, tmp_path):
    """The pseudonym is gone from the record; the audit's counts, sums and bridge are those of before, to the minor unit; bundles that still name it are told."""
    code, said, _ = run("evidence", "forget", "b7", "--data", place / "data", "--to", tmp_path / "without", "--bundles", place, "--json", "--key", place / "key")  # fmt: skip
    assert code == 0
    told = json.loads(said)
    assert told["now"] == "gone_000001"
    assert {b.rsplit("/", 1)[-1] for b in told["bundles"]} >= {"whole.html", "part.html"}
    before, after = (
        load([folder], b"k" * 32).dataset.events for folder in (place / "data", tmp_path / "without")
    )
    for column in after.column_names:
        assert "b7" not in after[column].cast("string").to_pylist()
    assert after.num_rows == before.num_rows
    for column in ("kind", "ts", "order_id", "amount", "qty"):
        assert after[column].to_pylist() == before[column].to_pylist()
    assert pc.count_distinct(after["actor_id"]).as_py() == pc.count_distinct(before["actor_id"]).as_py()
    assert (
        run("audit", tmp_path / "without", "--out", tmp_path / "out", "--key", place / "key", "--lang", "en")[
            0
        ]
        == 0
    )
    was, now = (
        json.loads((folder / "verdict.json").read_bytes())["sessions"][0]
        for folder in (place / "audit", tmp_path / "out")
    )
    for part in ("gross", "cancelled", "unpaid_open", "discount", "refunded"):
        assert was["gmv"][part] == now["gmv"][part]
    assert {m: f and f["shown"] for m, f in was["fake"].items()} == {
        m: f and f["shown"] for m, f in now["fake"].items()
    }
    assert "Nobody called" in run("evidence", "forget", "b7", "--data", tmp_path / "without", "--to", tmp_path / "x", "--key", place / "key")[2]  # fmt: skip
    assert "new folder" in run("evidence", "forget", "b8", "--data", place / "data", "--to", place / "data", "--key", place / "key")[2]  # fmt: skip


@pytest.mark.slow
@pytest.mark.parametrize(("old", "new"), [
    (b'"amount":5900', b'"amount":"much"'), (b'"ts":', b'"ts":9'), (b'"kind":"order_pay"', b'"kind":7'), (b'"questions":{', b'"questions":{},"q":{'),
    (b'"order_id":"o1"', b'"order_id":null'), (b'"p":', b'"p":1e999,"q":'),
])  # fmt: skip
def test_a_stranger_who_signs_nonsense_is_answered(place, tmp_path, old, new):
    """A well-signed file whose data are nonsense never passes, and ends with words or figures that differ, not with a traceback."""
    from zhenbo.act.bundle import close, opened
    from zhenbo.intake.signing import signed_by, signer

    told = {
        name: body.replace(old, new)
        for name, body in opened((place / "part.html").read_bytes(), signed_by).data.items()
    }
    (tmp_path / "n.html").write_bytes(close("<html><body></body>\n</html>\n", told, *signer(tmp_path / "k")))
    made = CliRunner().invoke(group, ["evidence", "verify", str(tmp_path / "n.html"), "--json"])
    assert made.exit_code
    assert made.exception is None or isinstance(made.exception, ZhenboError | SystemExit)


def test_what_is_no_bundle_is_said_to_be_none(tmp_path):
    """Any other file is answered in words."""
    (tmp_path / "x.html").write_text("<html></html>")
    assert "no evidence bundle" in run("evidence", "verify", tmp_path / "x.html")[2]


def test_a_case_without_a_session_travels_too_and_shows_a_record_written_anew(tmp_path):
    """Its acts alone: signed, its status and what the rules made of it come out again; another record is not the one it came from."""
    import re

    text = run("case", "open", "--example")[1]
    hostile = text.replace('"shop-17"', '"shop</script><img src=x onerror=alert(1)>"')
    stores = [tmp_path / "a.db", tmp_path / "b.db"]
    for store, units in zip(stores, ("40", "41"), strict=True):
        (tmp_path / "c.toml").write_text(hostile.replace("sold_units = 40", f"sold_units = {units}"), "utf-8")
        assert run("case", "open", tmp_path / "c.toml", "--at", "2026-03-08", "--store", store)[0] == 0
        assert run("case", "drop", "2026-0001", "--by", "li", "--reason", "微信号：abc12345 住文一路10号3幢", "--at", "2026-03-09", "--store", store)[0] == 0  # fmt: skip
    (tmp_path / "c.toml").write_text(text.replace("shop-17", "shop 13800138000"), "utf-8")
    assert "raw number" in run("case", "open", tmp_path / "c.toml", "--store", tmp_path / "c.db")[2]
    made = ["--out", tmp_path / "k.html", "--signing-key", tmp_path / "k", "--lang", "en"]
    code, _, wrong = run("evidence", "make", "--case", "2026-0001", "--store", stores[0], *made)
    assert code == 0, wrong
    told = json.loads(run("evidence", "verify", tmp_path / "k.html", "--json")[1])
    assert told["holds"]
    assert {c["what"] for c in told["checks"]} >= {"acts", "seals", "case", "proposal", "page"}
    assert {c["state"] for c in told["checks"]} == {"same"}
    page = (tmp_path / "k.html").read_text("utf-8")
    assert not re.search("<img|13800138000|abc12345|10号3幢", page)
    assert "not upheld" in page
    assert "broadcasts suspended" not in page.partition('id="evidence-case"')[0], (
        "nobody is reproached with what was dropped"
    )
    verify = ["book", "verify", "--bundle", tmp_path / "k.html", "--lang", "en", "--store"]
    assert run(*verify, stores[0])[0] == 0
    code, said, _ = run(*verify, stores[1])
    assert (code, "written anew" in said) == (1, True)
    code, _, wrong = run("evidence", "refer", tmp_path / "k.html", "--out", tmp_path / "x.html")
    assert (code != 0, "bundle of a case" in wrong) == (True, True)
    for args in (
        ["make", *made],
        ["make", tmp_path, "--case", "2026-0001", *made],
        ["make", tmp_path, *made],
    ):
        assert run("evidence", *args)[0] == 2
