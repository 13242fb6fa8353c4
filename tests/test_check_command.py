"""`zhenbo check` over the other families of packs: guarantees, penalties, tiers, the register."""

import json

import pytest
from click.testing import CliRunner

from zhenbo.cli import check_
from zhenbo.core.errors import PackError
from zhenbo.pipeline.families import check_family, names


def checked(*args):
    """Exit code and findings by pack."""
    done = CliRunner().invoke(check_.command, [str(a) for a in args] + ["--json"], catch_exceptions=False)
    return done.exit_code, json.loads(done.stdout)["packs"]


def test_every_shipped_pack_of_every_family_is_sound():
    """With no name all are checked, by families too, and nothing is wrong."""
    code, found = checked()
    assert code == 0
    assert {
        "cn-law",
        "guarantees/law",
        "penalties/platform",
        "penalties/tiers",
        "statutes",
        "all",
    } <= found.keys()
    assert all(told["ok"] for told in found.values())
    assert checked("law")[1].keys() == {"law"}


@pytest.mark.parametrize(
    ("pack", "old", "new", "says"),
    [
        ("guarantees/law", 'article = "25" }', 'article = "99" }', "has no article 99"),
        ("guarantees/law", 'law = "cn.return7"', 'law = "cn.return8"', "Did you mean cn.return7"),
        ("guarantees/anxingou", 'when = "', 'when = "nobody_knows and ', "nobody_knows"),
        ("guarantees/law", 'when = "opened and contests"\nthen = "note"', 'when = "opened and not opened"\nthen = "note"', "never hold"),
        ("guarantees/law", 'when = "opened and contests"\nthen = "note"', 'when = "stock is not True"\nthen = "refuse"', "nobody told stock"),
        ("guarantees/law", 'cites = [{ law = "cn.consumer", article = "16" }]\n\n[[service.step]]\nid = "none"', '[[service.step]]\nid = "none"', "without a clause"),
        ("penalties/platform", 'law = "cn.ecommerce", article = "17", from = 2019-01-01', 'law = "cn.trade_old", article = "17", from = 2019-01-01', "repealed (cn.trade)"),
        ("penalties/platform", 'zh = "虚构交易（刷单）"', 'zh = "brushing"', "has no Chinese"),
        ("penalties/tiers", "[key]", "[other]", "tiers"),
        ("statutes", "to = 2025-10-14, trust", "to = 2025-10-16, trust", "overlap"),
    ],
)  # fmt: skip
def test_what_is_wrong_is_told(tmp_path, pack, old, new, says):
    """A copy of a shipped pack with one thing made wrong fails, and the finding names it."""
    text = names()[pack].read_text("utf-8")
    assert old in text
    mine = tmp_path / "tiers-mine.toml"
    mine.write_text(text.replace(old, new, 1), "utf-8")
    code, found = checked(mine)
    assert code == 1
    assert says in json.dumps(found, ensure_ascii=False)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "[[",
        "x = 1",
        "service = 3",
        "offence = 'a'",
        'liable = [{ id = "\\u0000" }]',
        "[a]\nversions = 1",
        "monitoring = []",
    ],
)
def test_strange_files_are_findings(tmp_path, text):
    """A file of no known form, or a broken one, ends with a finding and code 1."""
    mine = tmp_path / "mine.toml"
    mine.write_text(text, "utf-8")
    code, found = checked(mine)
    assert code == 1
    assert found["mine.toml"]["findings"]


def test_names_are_told():
    """An unknown name lists what there is, and the nearest; a pack of rules is none of these families."""
    with pytest.raises(PackError, match="Did you mean penalties/platform"):
        checked("penalties/platfor")
    assert check_family("cn-law") is None
