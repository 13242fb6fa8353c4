"""`zhenbo inspect` as a person with its page meets it."""

import json

import pytest
from click.testing import CliRunner

from zhenbo.cli.command import group


def run(*words: object):
    """What the command prints on stdout, on stderr, and how it ends."""
    made = CliRunner().invoke(group, [str(w) for w in words])
    return made.exit_code, made.stdout, f"{made.stderr}{made.exception or ''}"


def test_a_plan():
    """The plan of a lot as JSON; an AQL that is none is answered with the series."""
    code, said, _ = run("inspect", "plan", 5000, "--aql", "1.0", "--json")
    assert code == 0
    assert {s: (p["n"], p["ac"], p["re"]) for s, p in json.loads(said)["plans"].items()} == {
        "normal": (200, 5, 6), "tightened": (200, 3, 4), "reduced": (80, 3, 4),
    }  # fmt: skip
    code, _, wrong = run("inspect", "plan", 5000, "--aql", "0.5")
    assert code
    assert "0.40, 0.65" in wrong


@pytest.mark.parametrize(("verb", "options", "told"), [
    ("series", ["--aql", "1.0"], lambda body: body["next"]["severity"] == "tightened"),
    ("budget", ["--cap", "1000"], lambda body: body["cost"] <= 100_000 and body["detection"]["mid"] > 0.5),
    ("custody", [], lambda body: body["samples"][0]["gaps"] == [{"name": "other_hand", "hand_over": 2}]),
])  # fmt: skip
def test_every_example_runs(verb, options, told, tmp_path):
    """--example prints a file that the command reads; the same file gives the same bytes; both languages have a page."""
    (tmp_path / "in.jsonl").write_text(run("inspect", verb, "--example")[1], "utf-8")
    pages = []
    for lang in ("zh", "en", "zh"):
        code, said, _ = run(
            "inspect",
            verb,
            tmp_path / "in.jsonl",
            *options,
            "--json",
            "--lang",
            lang,
            "--out",
            tmp_path / lang,
        )
        assert code == 0
        assert told(json.loads(said))
        pages.append((tmp_path / lang / "report.html").read_bytes())
    assert pages[0] == pages[2] != pages[1]


def test_custody_is_kept_in_the_record(tmp_path):
    """Told twice, hand-overs are appended once."""
    (tmp_path / "in.jsonl").write_text(run("inspect", "custody", "--example")[1], "utf-8")
    said = [
        run("inspect", "custody", tmp_path / "in.jsonl", "--store", tmp_path / "acts.db")[2] for _ in range(2)
    ]
    assert "2 hand-overs new" in said[0]
    assert "0 hand-overs new" in said[1]


@pytest.mark.parametrize(
    "line",
    [
        '{"lot": "a", "size": "many"}',
        '{"lot": "a"}',
        "not json",
        '{"lot": "a", "size": 1}',
        "[" * 5000,
        '{"lot": "a", "size": 50, "fund": 1}',
    ],
)
def test_a_line_that_does_not_read_is_named(line, tmp_path):
    """File, line and where the form is shown; hostile lines end with words, not a traceback."""
    (tmp_path / "in.jsonl").write_text('{"lot": "ok", "size": 50}\n' + line, "utf-8")
    code, _, wrong = run("inspect", "series", tmp_path / "in.jsonl", "--aql", "1.0")
    assert code
    assert "line 2" in wrong
    assert "docs/inspection.md" in wrong


def test_hostile_words_are_text(tmp_path):
    """What a file says is escaped and masked on the page."""
    (tmp_path / "in.jsonl").write_text(
        '{"target": "<script>x</script>", "shop": "138 0013 8000 <b>", "goods": "加微信 abc_12345", "risk": 1.0}',
        "utf-8",
    )
    assert run("inspect", "budget", tmp_path / "in.jsonl", "--cap", "10", "--out", tmp_path)[0] == 0
    page = (tmp_path / "report.html").read_text("utf-8")
    assert "<script>x" not in page
    assert "abc_12345" not in page
