"""`zhenbo policy`, `zhenbo check` and the page of a rule, as a stranger uses them."""

import json

import pytest
from click.testing import CliRunner

from zhenbo.cli import check_, explain_, policy_
from zhenbo.core.errors import NoEventsError, ZhenboError

HOSTILE = '<script>alert(1)</script>" 13800138000'
VERDICT = {"sessions": [{
    "session_id": "s1", "start": "2025-03-01T12:00:00Z", "verdict": "likely", "question": "sales", "penalty_ready": True, "probability_low": 0.97,
    "fake": {"orders": {"shown": 100, "low": 31, "mid": 40, "high": 55}, "likes": None}, "gmv": {"gross": 590000, "brushed_low": 100000},
}]}  # fmt: skip


def call(command, *args):
    """A command, in process."""
    return CliRunner().invoke(command, [str(a) for a in args], catch_exceptions=False)


def ruled(out, rule):
    """One rule of what `--json` printed of the first subject."""
    return next(r for r in json.loads(out)["subjects"][0]["rules"] if r["rule"].startswith(f"{rule}@"))


@pytest.mark.parametrize("lang", ["zh", "en"])
def test_facts_are_judged_by_the_law_of_their_day(tmp_path, lang):
    """The example: old facts on article 8, the same facts later on article 9; a hostile name reaches no page as it is; the same bytes twice."""
    file = tmp_path / "facts.toml"
    file.write_text(policy_.EXAMPLE.replace('"room-7"', json.dumps(HOSTILE)), "utf-8")
    pages = []
    for n in range(2):
        done = call(policy_.command, "cn-law", file, "--json", "--lang", lang, "--out", tmp_path / f"o{n}")
        pages.append((tmp_path / f"o{n}" / "rulings.html").read_text("utf-8").replace(f"o{n}", ""))
    old = ruled(done.stdout, "cn.fake.order")
    assert (old["outcome"], old["may_sanction"], old["needs_person"]) == ("holds", True, True)
    assert ("cn.aucl", "8") in {(c["law"], c["article"]) for c in old["cites"]}
    new = ruled(
        call(policy_.command, "cn-law", file, "--json", "--as-of", "2025-11-01").stdout, "cn.fake.order"
    )
    assert ("cn.aucl", "9") in {(c["law"], c["article"]) for c in new["cites"]}
    assert pages[0] == pages[1]
    assert "<script>" not in pages[0]
    assert "13800138000" not in pages[0]


def test_a_verdict_alone_sanctions_nobody(tmp_path):
    """verdict.json tells how much is fabricated and not by whom: nothing may follow until a person has stated that."""
    (tmp_path / "verdict.json").write_text(json.dumps(VERDICT), "utf-8")
    alone = json.loads(call(policy_.command, "cn-law", tmp_path, "--json").stdout)["subjects"][0]
    assert alone["day"] == "2025-03-01"
    assert not any(r["may_sanction"] for r in alone["rules"])
    more = tmp_path / "more.toml"
    more.write_text("[facts]\nby_party = true\nindependent_signs = 2\n", "utf-8")
    done = call(policy_.command, "cn-law", tmp_path / "verdict.json", more, "--json")
    assert ruled(done.stdout, "cn.fake.order")["may_sanction"]


@pytest.mark.parametrize(
    "weaker", [{"question": "audience"}, {"verdict": "suspect"}, {"penalty_ready": False}]
)
def test_one_question_lends_no_weight_to_another(tmp_path, weaker):
    """Orders are not held against a room whose headline is its audience, nor on a suspicion, whatever a person states beside."""
    (tmp_path / "verdict.json").write_text(
        json.dumps({"sessions": [VERDICT["sessions"][0] | weaker]}), "utf-8"
    )
    (tmp_path / "more.toml").write_text("[facts]\nby_party = true\nindependent_signs = 2\n", "utf-8")
    done = call(policy_.command, "cn-law", tmp_path / "verdict.json", tmp_path / "more.toml", "--json")
    assert ruled(done.stdout, "cn.fake.order")["outcome"] in {"unknown", "silent"}


def test_many_subjects_are_a_table(tmp_path):
    """Thirty rooms, one of which is known to have brushed: a table of all, and at length only that one."""
    rooms = [VERDICT["sessions"][0] | {"session_id": f"room-{n}", "penalty_ready": n == 7} for n in range(30)]
    (tmp_path / "verdict.json").write_text(json.dumps({"sessions": rooms}), "utf-8")
    (tmp_path / "more.toml").write_text("[facts]\nby_party = true\nindependent_signs = 2\n", "utf-8")
    done = call(
        policy_.command,
        "cn-law",
        tmp_path / "verdict.json",
        tmp_path / "more.toml",
        "--lang",
        "en",
        "--out",
        tmp_path,
    )
    assert done.exit_code == 0
    page = (tmp_path / "rulings.html").read_text("utf-8")
    assert page.count("Orders made for show") == 1
    assert all(f"room-{n}<" in page for n in range(30))


@pytest.mark.parametrize(
    ("text", "says"),
    [("[facts]\nby_partie = true", "by_party"), ("[facts]\nby_party = 3", "by_party"), ("[facts", "facts.toml"), ("x = 1", "facts"), ("[facts]\n", "of which day")],
)  # fmt: skip
def test_wrong_facts_are_named(tmp_path, text, says):
    """Misspelt facts, wrong kinds, broken files and facts of no day are told with what to try."""
    file = tmp_path / "facts.toml"
    file.write_text(text, "utf-8")
    with pytest.raises(ZhenboError, match=says):
        call(policy_.command, "cn-law", file)


@pytest.mark.parametrize(
    "body", [{"sessions": ["x"]}, {"sessions": None}, {"sessions": [VERDICT["sessions"][0] | {"start": "25"}]}, [1], {"facts": {"a": {"b": 1}}}]
)  # fmt: skip
def test_a_broken_verdict_is_told(tmp_path, body):
    """A verdict of another shape is an error that names the file or the subject, never a crash."""
    (tmp_path / "verdict.json").write_text(json.dumps(body), "utf-8")
    with pytest.raises(ZhenboError, match="verdict"):
        call(policy_.command, "cn-law", tmp_path)


def test_an_empty_folder_has_nothing_to_ask_of(tmp_path):
    """No readable facts is exit code 1."""
    with pytest.raises(NoEventsError):
        call(policy_.command, "cn-law", tmp_path)


def test_what_changed_in_law():
    """The renumbering of 2025-10-15 is named rule by rule; between two days of one law nothing is."""
    found = json.loads(call(policy_.command, "--diff", "2025-03-01", "2025-11-01", "--json").stdout)[
        "changes"
    ]
    change = next(c for c in found if c["rule"].startswith("cn.fake.order@"))
    assert [
        {a["article"] for a in change[side] if a["law"] == "cn.aucl"} for side in ("before", "after")
    ] == [{"8", "20"}, {"9", "25"}]
    assert (
        json.loads(call(policy_.command, "cn-law", "--diff", "2025-11-01", "2025-11-02", "--json").stdout)[
            "changes"
        ]
        == []
    )


def test_a_pack_of_ones_own_is_checked_first(tmp_path):
    """A repealed number fails the check with exit code 1, and nobody is judged by such a pack."""
    mine = tmp_path / "mine.toml"
    mine.write_text("""
id = "mine"
version = 1
title = { en = "Mine", zh = "自有规则" }
[[rule]]
id = "a"
title = { en = "Fakes", zh = "虚构" }
from = 2026-01-01
scope = ["room"]
when = "fake.orders > 0.05"
cites = [{ law = "cn.aucl", article = "8" }]
consequence = { on = "trade", then = "sanction", says = { en = "It stops.", zh = "停止。" } }
runbook = { en = "Ask.", zh = "询问。" }
fires = { day = 2026-03-01, facts = { "fake.orders" = 0.3 } }
silent = { day = 2026-03-01 }
""", "utf-8")  # fmt: skip
    done = call(check_.command, mine, "--lang", "en", "--json", "--out", tmp_path / "out")
    assert done.exit_code == 1
    (found,) = json.loads(done.stdout)["packs"]["mine.toml"]["findings"]
    assert found["kind"] == "citation"
    assert "Write 9" in found["say"]["en"]
    facts = tmp_path / "facts.toml"
    facts.write_text("day = 2026-03-01\n[facts]\n", "utf-8")
    with pytest.raises(ZhenboError, match="not sound"):
        call(policy_.command, mine, facts)


def test_lists_and_the_page_of_a_rule(tmp_path):
    """Packs list, a pack lists the facts it asks for, a rule has its page, and a misspelt name has a nearest one."""
    assert call(policy_.command, "--as-of", "2025-03-01").exit_code == 0
    assert "by_party" in call(policy_.command, "cn-law", "--facts", "--lang", "en").stdout
    done = call(explain_.command, "cn.fake.order", "--lang", "en", "--as-of", "2025-03-01", "--out", tmp_path)
    assert done.exit_code == 0
    assert "article 8" in (tmp_path / "cn.fake.order.html").read_text("utf-8")
    wrong = call(explain_.command, "cn.fake.ordr")
    assert wrong.exit_code == 2
    assert "cn.fake.order" in wrong.output
    with pytest.raises(ZhenboError, match="Did you mean cn-law"):
        call(policy_.command, "cn-lw")
