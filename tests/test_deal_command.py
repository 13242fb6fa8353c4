"""`zhenbo deal` and `zhenbo audit --deal` as a person with the README meets them."""

import json

from click.testing import CliRunner

from zhenbo.cli.command import group
from zhenbo.core.story import read
from zhenbo.intake.load import write

EVENINGS = "\n".join(
    f"session s{i} of host h1 on 2026-05-0{i}\n20:00-21:00 a{i}01..a{i}30 orders o{i}x{{n}} {90 + 5 * i}.00 [addr=x{i}y{{n}}]"
    for i in range(1, 7)
)
TERMS = '[[deal]]\nid = "next"\nhost_id = "h1"\nslot_fee = 40000\ncommission_rate = "20%"\ngross_margin = 0.5\nclauses = ["乙方应安排补单"]\n'


def run(*words: str):
    """What the command prints, and how it ends."""
    made = CliRunner().invoke(group, [str(w) for w in words])
    return made.exit_code, made.output


def test_before_signing_without_a_history():
    """A09 on the command line: break-even and the loss; a share that is none is refused with how to write it."""
    code, said = run(
        "deal", "--fee", "8000", "--commission", "20%", "--margin", "60%", "--sold", "3000", "--lang", "en"
    )
    assert code == 0
    assert "¥20,000.00" in said
    assert "−¥6,800.00" in said
    code, said = run("deal", "--fee", "8000", "--margin", "60")
    assert code == 2
    assert "--margin 20% or 0.2" in said


def test_a_term_that_does_not_read_is_named_and_not_taken_for_absent(tmp_path):
    """Field and what to write are told; the contract is not said to lack what it has."""
    (tmp_path / "d.toml").write_text(TERMS.replace("40000", '"8000 yuan"').replace('"20%"', "20"), "utf-8")
    code, said = run("deal", "--deal", tmp_path / "d.toml", "--lang", "en")
    said = " ".join(said.split())
    assert code == 0
    assert "slot_fee: 8000 yuan is not a whole number" in said
    assert "commission_rate: 20 is no share" in said
    assert "names neither a slot fee" not in said


def test_before_signing_with_a_history_of_either_kind(tmp_path):
    """A data folder and the verdict made of it give the same outcomes; the contract is read on the way."""
    write(read(EVENINGS).dataset, tmp_path / "data")
    (tmp_path / "next.toml").write_text(TERMS, "utf-8")
    told = []
    assert (
        run("audit", tmp_path / "data", "--out", tmp_path / "out", "--lang", "en", "--key", tmp_path / "key")[
            0
        ]
        == 0
    )
    for history in ("data", "out"):
        code, said = run("deal", tmp_path / history, "--deal", tmp_path / "next.toml", "--lang", "en", "--out", tmp_path / f"of-{history}", "--key", tmp_path / "key")  # fmt: skip
        assert code == 0
        assert "of 20 outcomes the slot fee pays" in said
        assert "is void" in said
        told.append(json.loads((tmp_path / f"of-{history}" / "deal.json").read_bytes()))
    assert told[0]["outlooks"] == told[1]["outlooks"]
    assert told[0]["outlooks"][0]["history"] == 6
    assert 14 <= told[0]["outlooks"][0]["pays"] <= 20  # 2,850 to 3,600 sold each time, 1,333 needed


def test_audit_with_a_contract_beside_the_record(tmp_path):
    """`--deal` settles, `--letter` writes; a file without a deal is named and costs nothing else."""
    write(read(EVENINGS).dataset, tmp_path / "data")
    (tmp_path / "next.toml").write_text(TERMS + "from = 2026-05-01\nto = 2026-05-03\n", "utf-8")
    (tmp_path / "empty.toml").write_text("zone = 'UTC'\n", "utf-8")
    code, said = run("audit", tmp_path / "data", "--deal", tmp_path / "next.toml", "--deal", tmp_path / "empty.toml", "--letter", "--out", tmp_path / "out", "--lang", "en", "--key", tmp_path / "key")  # fmt: skip
    assert code == 0
    assert "There is no [[deal]] in the file" in " ".join(said.split())
    deals = json.loads((tmp_path / "out" / "verdict.json").read_bytes())["deals"]
    assert [(d["id"], d["sessions"]) for d in deals] == [("next", ["s1", "s2", "s3"])]
    assert (tmp_path / "out" / "letter-next.html").exists()
    assert 'id="d1"' in (tmp_path / "out" / "report.html").read_text("utf-8")
