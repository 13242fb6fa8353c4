"""Papers of a data folder: good entries survive bad ones, and every bad one is named with what to do."""

from decimal import Decimal
from pathlib import Path

import pytest

from zhenbo.core.errors import ZhenboError
from zhenbo.intake.identity import Pseudonyms
from zhenbo.intake.papers import SAYS, hidden, read
from zhenbo.report.phrase import phrase

GOOD = """
zone = "+08:00"
[[deal]]
id = "d-1"
host_id = "h1"
session_id = "s1"
slot_fee = 800000
commission_rate = 0.2
tax_rate = "1%"
roi = "1:3"
from = 2026-03-01
to = 2026-03-02
purpose = "full_refund_if_roi_missed"
"""
BAD = """
[[deal]]
slot_fee = 8000.5
commission_rate = 20
clawback_rate = 0.5
minutes = -3
sessions = "s1"
from = 2026-03-05
to = 2026-03-01
[[deal]]
id = "d-1"
slot_fee = 1
session_id = "s1"
[[deal]]
id = "d-4"
commission_rate = 0.7
platform_rate = 0.5
rerun_by = "next week"
"""


def read_of(tmp_path: Path, **files: str):
    """The papers of a folder with these files."""
    for name, text in files.items():
        (tmp_path / f"{name}.toml").write_text(text, "utf-8")
    return read([tmp_path])


def test_fields_as_the_contract_means_them(tmp_path):
    """Amounts stay minor units, rates exact, dates run from the first to the last microsecond of their zone."""
    deal = read_of(tmp_path, deals=GOOD).deals[0]
    assert (deal.slot_fee, deal.commission_rate, deal.tax_rate, deal.roi) == (
        800000,
        Decimal("0.2"),
        Decimal("0.01"),
        3,
    )
    assert deal.until - deal.since == 2 * 86_400_000_000 - 1
    assert deal.since == 1_772_294_400_000_000  # 2026-02-28T16:00Z
    assert (deal.remedy, deal.pledge_gmv, deal.target) == ("full", None, 2_400_000)


def test_bad_fields_cost_themselves_only(tmp_path):
    """Each mistake is named by file, entry and field in both languages; what else the entries say is kept."""
    papers = read_of(tmp_path, a=GOOD, b=BAD)
    told = {(r.entry.split(" (")[0], r.name) for r in papers.remarks if r.file == "b.toml"}
    assert told == {
        ("deal 1", n)
        for n in ("id", "slot_fee", "commission_rate", "clawback_rate", "minutes", "sessions", "to")
    } | {("deal 2", "id"), ("deal 3", "commission_rate"), ("deal 3", "rerun_by"), ("deal 3", "sessions")}
    deals = {d.id: d for d in papers.deals}
    assert deals["d-1"].slot_fee == 800000
    assert (deals["deal-1"].slot_fee, deals["deal-1"].since) == (None, None)
    near = next(r for r in papers.remarks if r.name == "clawback_rate")
    assert "clawback_return_rate" in phrase(near.say, near.args, "en")
    for lang in ("en", "zh"):
        assert not any("{" in phrase(r.say, r.args, lang) for r in papers.remarks)


def test_an_entry_that_is_no_toml_costs_itself_only(tmp_path):
    """One stray quote does not lose the other contracts; a file named as deals without one is told."""
    papers = read_of(
        tmp_path, deals=GOOD + '[[deal]]\nid = "d-2\n\n[[deal]]\nid = "d-3"\nsession_id = "s3"\n'
    )
    assert [d.id for d in papers.deals] == ["d-1", "d-3"]
    assert {r.entry for r in papers.remarks} == {"", "deal 2"}
    empty = tmp_path / "empty.toml"
    empty.write_text("x = 1\n")
    assert [r.say for r in read([], [empty]).remarks] == [SAYS["none"]]
    with pytest.raises(ZhenboError, match="no file"):
        read([], [tmp_path / "absent.toml"])


def test_hostile_papers_are_read_to_their_end(tmp_path):
    """Absurd values, types and texts: remarks, never an exception; huge numbers never enter a sum."""
    hostile = '[[deal]]\nid = "<script>"\nslot_fee = 99999999999999999999\nroi = nan\ntax_rate = inf\nproducts = [1, [2]]\nminutes = true\nfrom = [1]\nhost_id = ""\nid2 = "\\u0000"\n'
    papers = read_of(tmp_path, deals=hostile, parties='[[party]]\nid = []\n[[party]]\nid = "x"\nrole = "king"\nrelation = "eats"\nvalid_from = 9999-12-31\n')  # fmt: skip
    assert [d.id for d in papers.deals] == ["<script>"]
    assert papers.deals[0].slot_fee is None
    assert papers.deals[0].roi is None
    assert [p.id for p in papers.registry.rows] == ["x"]
    assert {r.name for r in papers.remarks if r.entry.startswith("party 2")} == {
        "role",
        "relation",
        "valid_from",
    }


def test_older_editors_write_another_encoding(tmp_path):
    """A file in GB 18030 keeps its names."""
    (tmp_path / "parties.toml").write_bytes('[[party]]\nid = "a"\nname = "青禾传媒"\n'.encode("gb18030"))
    assert read([tmp_path]).registry.name("a") == "青禾传媒"


def test_accounts_of_the_papers_meet_the_pseudonyms_of_raw_sources(tmp_path):
    """A payer named in the papers by its raw id is found under the pseudonym that a raw export gets, and under its own."""
    papers = read_of(tmp_path, parties='[[party]]\nid = "mcn"\nrelation = "pays_from"\nother = "till-1"\n[[party]]\nid = "u9"\nrole = "account"\nrelation = "works_for"\nother = "mcn"\n')  # fmt: skip
    people = Pseudonyms(b"k" * 32)
    seen = hidden(papers, people, ["douyin"]).registry
    assert seen.payers("mcn") == {"till-1", people.of("pay", "till-1", "douyin")}
    assert seen.accounts("mcn") == {"u9", people.of("actor", "u9", "douyin")}


def test_numbers_in_quotes_are_numbers(tmp_path):
    """A quoted number reads as the number it is; one out of range or no number is refused with the value that stands there."""
    papers = read_of(
        tmp_path,
        deals='[[deal]]\nid = "d"\nsession_id = "s"\ncommission_rate = "0.1"\nroi = "3"\nslot_fee = "800000"\nminutes = " 10 "\n'
        'platform_rate = "10"\npledge_gmv = "8000.5"\n',
    )
    deal = papers.deals[0]
    assert (deal.commission_rate, deal.roi, deal.slot_fee, deal.minutes) == (Decimal("0.1"), 3, 800000, 10)
    assert (deal.platform_rate, deal.pledge_gmv) == (None, None)
    assert {r.name for r in papers.remarks} == {"platform_rate", "pledge_gmv"}
