"""Metamorphic laws of the whole walk, on told and simulated records; and the laws bite."""

import json
import warnings
from dataclasses import replace
from pathlib import Path

import msgspec
import pytest

from zhenbo.cli import main
from zhenbo.core.dataset import subjects
from zhenbo.core.story import read
from zhenbo.core.subject import Outcome, Tier
from zhenbo.core.verdict import json_schema, to_json
from zhenbo.pipeline import audit_dataset, write
from zhenbo.proof.honest import HONEST
from zhenbo.proof.laws import (  # fmt: skip
    check_audit,
    check_doubled,
    check_faults,
    check_laws,
    check_more_viewers,
    check_told_twice,
    check_twice,
    check_verdict,
    newly_accused,
)
from zhenbo.worlds import WORLDS, attacked
from zhenbo.worlds.campaign import room
from zhenbo.worlds.faults import FAULTS

with warnings.catch_warnings():
    warnings.simplefilter("ignore", DeprecationWarning)
    import jsonschema

BOUGHT = """
    20:00-22:00 b1..b90 enter scattered [device=own{n}]
    20:00-22:00 b1..b90 say "{早|晚|真|好|又}{雨|雪|风|云|月}{东|南|西|北}{来|去|走} {n}" x9 scattered
    20:30-21:30 a1..a20 say "{主播推荐的这款面膜真的好用|我已经回购三次啦姐妹们|质量比专柜还要好很多|昨天下单今天就到货了|这个价格以后没有了吧}" every 72s
    20:00-22:00 b1..b80 order o{n} 59.00 scattered [addr=home{n}]
    20:30-21:30 a1..a20 order f{n} 99.00 x8 [addr=depot{n%4}]
    d+1 10:00-12:00 refunded f{n} x160; d+4 09:00-18:00 refunded o{n} x12 scattered
    20:00-22:00 entered_total 0..2000 every 60s; 20:00-22:00 viewers 45..80 every 60s
"""


RECORDS = {
    "bought": read(BOUGHT).dataset,
    "returns": read(HONEST["apparel with two thirds returned"]).dataset,
    "attacked": next(attacked(11, 1, 9)).dataset,  # a bought package in a simulated room, seen from inside
}


@pytest.mark.parametrize("data", RECORDS.values(), ids=list(RECORDS))
@pytest.mark.slow
def test_the_telling_decides_nothing(data):
    """Shuffled, repeated, doubled, cut into files or folders, renamed, a week later, beside a stranger: one verdict."""
    assert check_laws(data) == []


@pytest.fixture(scope="module")
def evening():
    """The demo's four rooms, audited."""
    return audit_dataset(WORLDS["evening"](3).dataset, lang="en")


def test_an_evening_keeps_the_laws_of_a_verdict(evening):
    """Four rooms: reasons add up, intervals are ordered, the headline is the worst question."""
    assert len(evening.audit.sessions) == 4
    assert check_audit(evening.audit) == []


def test_verdict_json_validates_and_is_the_same_twice(evening, tmp_path: Path):
    """`verdict.json` fits the schema shipped beside it; a second run writes the same bytes, also of the report."""
    write(evening, tmp_path)
    told = json.loads((tmp_path / "verdict.json").read_bytes())
    schema = json.loads((tmp_path / "verdict.schema.json").read_bytes())
    jsonschema.Draft202012Validator(schema).validate(told)
    assert schema == json.loads(json.dumps(json_schema()))
    assert told == json.loads(to_json(evening.audit))
    del told["sessions"][0]["reasons"][0]["weight_db"]
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.Draft202012Validator(schema).validate(told)
    assert check_twice(evening, audit_dataset(WORLDS["evening"](3).dataset, lang="en")) == []


def test_a_later_wind_changes_no_earlier_verdict():
    """Read as of a moment, later events are as if they had not been told."""
    data = room(3, attack="brush-next_day").dataset
    moment = data.latest - 86_400_000_000
    early = audit_dataset(data, as_of=moment, lang="en")
    cut = audit_dataset(data.until(moment), as_of=moment, lang="en")
    assert to_json(early.audit) == to_json(cut.audit)
    assert check_audit(early.audit) == []
    assert to_json(early.audit) != to_json(audit_dataset(data, lang="en").audit)


@pytest.mark.parametrize(
    ("wrong", "told"),
    [
        ({"score_db": 3.0}, "are not its score"),
        ({"verdict": Outcome.INSUFFICIENT}, "the worst of its questions"),
        ({"reasons": []}, "without a reason"),
        ({"penalty_ready": True, "verdict": Outcome.SUSPECT}, "ready for a penalty"),
        ({"probability": 0.0, "probability_low": 0.5}, "outside its interval"),
        ({"tier": Tier.T0}, "its tier"),
    ],
)
def test_the_laws_of_a_verdict_bite(wrong, told):
    """A verdict bent by hand is named for what is bent."""
    sound = audit_dataset(read(BOUGHT).dataset, lang="en").audit.sessions[0]
    assert sound.verdict.rank >= Outcome.SUSPECT.rank
    assert check_verdict(sound) == []
    assert any(told in problem for problem in check_verdict(msgspec.structs.replace(sound, **wrong)))


def test_bent_money_and_counts_are_named():
    """A GMV line or a fake count that does not fit is named."""
    sound = audit_dataset(read(BOUGHT).dataset, lang="en").audit.sessions[0]
    gmv = msgspec.structs.replace(sound.gmv, refunded=sound.gmv.refunded + 1)
    assert any("GMV lines leave" in p for p in check_verdict(msgspec.structs.replace(sound, gmv=gmv)))
    orders = msgspec.structs.replace(sound.fake.orders, high=sound.fake.orders.shown + 1)
    bent = msgspec.structs.replace(sound.fake, orders=orders)
    assert any("fake orders" in p for p in check_verdict(msgspec.structs.replace(sound, fake=bent)))


def test_the_laws_hear_a_verdict_that_depends_on_the_telling(monkeypatch):
    """A judge that looked at names or at the clock would break a law by name."""
    import zhenbo.pipeline.audit as door

    honest_look = door.look

    def crooked(session, *packs, **named):
        first = min(x for x in session.events["actor_id"].to_pylist() if x)
        bent = len(first) + session.span[0] // 86_400_000_000 // 7 % 2
        return {
            signal: [replace(f, observed=f.observed + bent) if hasattr(f, "observed") else f for f in pieces]
            for signal, pieces in honest_look(session, *packs, **named).items()
        }

    monkeypatch.setattr(door, "look", crooked)
    problems = " ".join(check_laws(read(HONEST["a quiet room"]).dataset))
    assert "other names change the verdict" in problems
    assert "a week's delay changes the verdict" in problems
    assert "another order" not in problems


# --- whole worlds -------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def chanting():
    """A simulated room with a lottery chant, as a masked capture sees it: honest, and hard enough."""
    return room(3, burst="lottery", view="capture").dataset


@pytest.mark.slow
def test_faults_on_the_way_accuse_nobody(chanting):
    """Late, repeated and shuffled rows change nothing; lost, skewed, torn and broken ones accuse nobody."""
    assert {f.law for f in FAULTS.values()} == {"exact", "no_new_accusation"}
    assert check_faults(chanting) == []
    assert check_told_twice(chanting) == []


@pytest.mark.slow
def test_exact_faults_leave_an_accusation_as_it_is():
    """An attacked room is accused the same when its rows come late, twice or in any order."""
    data = RECORDS["bought"]
    assert newly_accused(None, audit_dataset(data, lang="en"))
    assert check_faults(data, [n for n, f in FAULTS.items() if f.law == "exact"]) == []


@pytest.mark.parametrize(("burst", "view"), [("none", "auditor"), ("raid", "capture")])
def test_more_honest_viewers_are_no_fraud(burst: str, view: str):
    """A second honest audience as large as the first accuses nobody."""
    assert check_more_viewers(4, burst, view) == []


MORE_HIDES = pytest.mark.xfail(
    reason="a plateau of 30 % bought viewers scores 0.5 dB at T0, of 46 % -10.6 dB: a flat enough crowd becomes the baseline"
)


@pytest.mark.parametrize(
    ("view", "attack", "dose", "seed"),
    [
        ("auditor", "comments-cohort", 0.2, 5),
        ("capture", "viewbots-batches", 0.2, 5),
        ("merchant", "brush-next_day", 0.3, 5),
        pytest.param("capture", "viewbots-plateau", 0.3, 6, marks=MORE_HIDES),
    ],
)
def test_twice_the_bought_crowd_is_no_less_suspect(view: str, attack: str, dose: float, seed: int):
    """The crowd doubled over the same honest record: neither score nor outcome falls."""
    data = room(seed, view=view).dataset
    subject = next(s.session_id for s in subjects(data))
    assert check_doubled(data, subject, attack, dose, seed) == []


def test_the_laws_of_faults_bite(chanting, monkeypatch):
    """A judge that reads receive times breaks the law of late rows, and not that of shuffled ones."""
    import zhenbo.pipeline.audit as door

    honest_look = door.look

    def crooked(session, *packs, **named):
        bent = float(session.events["ts_seen"].cast("int64").to_numpy().sum() % 97)
        return {
            signal: [replace(f, observed=f.observed + bent) if hasattr(f, "observed") else f for f in pieces]
            for signal, pieces in honest_look(session, *packs, **named).items()
        }

    monkeypatch.setattr(door, "look", crooked)
    problems = " ".join(check_faults(chanting, ["late", "shuffled"]))
    assert FAULTS["late"].says in problems
    assert FAULTS["shuffled"].says not in problems


def run(*args: str) -> int:
    """Exit code of the command line."""
    with pytest.raises(SystemExit) as stop:
        main(args=list(args))
    return int(stop.value.code or 0)


def test_exit_codes(tmp_path: Path, capsys):
    """0 done, also when all is insufficient; 1 no readable event; 2 usage: each with words for a person."""
    room = tmp_path / "room"
    room.mkdir()
    (room / "events.jsonl").write_text(
        '{"platform":"douyin","source":"t@1","session_id":"s","event_id":"e1","kind":"enter","ts":1700000000,"actor_id":"a","flags":0}\n'
    )
    key = ["--key", str(tmp_path / "key")]
    assert run("audit", str(room), "--out", str(tmp_path / "out"), "--json", *key) == 0
    assert json.loads(capsys.readouterr().out)["sessions"][0]["verdict"] == "insufficient"
    (tmp_path / "poem.txt").write_text("床前明月光\n")
    assert run("audit", str(tmp_path / "poem.txt"), "--out", str(tmp_path / "o"), *key) == 1
    assert "poem.txt" in capsys.readouterr().err
    assert run("audit", str(tmp_path / "absent"), "--out", str(tmp_path / "o"), *key) == 2
    assert run("audit", str(room), "--out", str(tmp_path / "o"), "--as-of", "tomorrow", *key) == 2
    assert "ISO 8601" in capsys.readouterr().err
