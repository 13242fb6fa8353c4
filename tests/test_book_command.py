"""`zhenbo book` as somebody meets it who has read its help and nothing else."""

import json

import pytest
import sqlalchemy as sa
from click.testing import CliRunner
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from zhenbo.act.book import admit
from zhenbo.cli.command import group
from zhenbo.core.errors import ZhenboError
from zhenbo.core.ledger import Pages
from zhenbo.pipeline.book import acts_of, read_entries

NOW = 1_800_000_000_000_000


def run(*words: object):
    """What the command prints on stdout, and how it ends; an error in words where there is one."""
    made = CliRunner().invoke(group, [str(w) for w in words])
    if made.exception is not None and not isinstance(made.exception, SystemExit):
        assert isinstance(made.exception, ZhenboError), made.exception
        return made.exception.exit_code, str(made.exception)
    return made.exit_code, made.stdout


@pytest.fixture
def store(tmp_path):
    """A store with the example in it."""
    place = tmp_path / "book.db"
    (tmp_path / "example.toml").write_text(run("book", "post", "--example")[1], "utf-8")
    code, said = run("book", "post", tmp_path / "example.toml", "--store", place, "--json")
    assert code == 0
    assert json.loads(said)["new"] == 8
    return place


def test_the_example_is_entered_once(store, tmp_path):
    """Run again it finds everything there; the store is its owner's alone; a changed amount under a known key is told."""
    code, said = run("book", "post", tmp_path / "example.toml", "--store", store, "--lang", "en")
    assert (code, said[:29]) == (0, "0 entered, 8 already there. H")
    assert store.stat().st_mode & 0o077 == 0
    other = tmp_path / "other.toml"
    other.write_text((tmp_path / "example.toml").read_text("utf-8").replace("149000", "149001"), "utf-8")
    code, said = run("book", "post", other, "--store", store)
    assert code == 2
    assert "claim-77-paid is taken" in said


def test_show_tells_what_is_where(store, tmp_path):
    """Page and JSON: zero in all, the fund, what the seller still owes; in both languages, nothing of the note unescaped."""
    for lang in ("zh", "en"):
        code, said = run("book", "show", "--store", store, "--json", "--lang", lang, "--out", tmp_path / lang)
        assert code == 0
        told = json.loads(said)
        assert told["totals"] == {"CNY": 0}
        assert [(o["seller"], o["open"]) for o in told["recoveries"]] == [("s1", 100_000)]
        page = (tmp_path / lang / "report.html").read_text("utf-8")
        assert "¥159,999,000.00" in page
        assert json.loads((tmp_path / lang / "book.json").read_text("utf-8")) == told
    assert run("book", "show", "--store", store, "--json")[1] == said


def test_a_statement_ends_with_the_balance(store):
    """The lines of the fund; an account nobody knows is told with the nearest."""
    code, said = run("book", "statement", "fund:protection", "--store", store, "--json")
    assert [r["balance"] for r in json.loads(said) if r["balance"] is not None][-1] == 15_999_900_000
    code, said = run("book", "statement", "fund:protectoin", "--store", store)
    assert code == 2
    assert "Did you mean fund:protection" in said


def test_verify_names_the_row_and_exits_with_one(store):
    """Whole at first; the cent that was moved is named; the head kept from `post` shows a record cut short."""
    code, said = run("book", "verify", "--store", store, "--json")
    head = json.loads(said)["head"]
    assert (code, head["number"]) == (0, 8)
    assert run("book", "verify", "--store", store, "--head", f"9:{'a' * 64}")[0] == 1
    behind = sa.create_engine(f"sqlite:///{store}")
    with behind.begin() as connection:
        connection.exec_driver_sql(
            "UPDATE postings SET amount = amount - 1 WHERE account = 'deposit:s1' AND number = 2"
        )
    behind.dispose()
    code, said = run("book", "verify", "--store", store, "--json", "--lang", "en")
    assert code == 1
    assert "posting of act 2" in json.loads(said)["says"]
    assert run("book", "verify", "--store", store, "--head", "8:short")[0] == 2


def test_the_export_balances_line_by_line(store, tmp_path):
    """A beancount file: each transaction sums to zero, what was voided is not in it, balances are checked at the end."""
    code, _ = run("book", "export", "--store", store, "--to", tmp_path / "book.beancount")
    text = (tmp_path / "book.beancount").read_text("utf-8")
    assert code == 0
    blocks = [b for b in text.split("\n\n") if " * " in b]
    assert len(blocks) == 6
    for block in blocks:
        sums = [
            round(100 * float(line.split()[1]))
            for line in block.splitlines()
            if line.endswith("CNY") and "balance" not in line
        ]
        assert sum(sums) == 0
    assert "case-5-fine" not in text
    assert "balance Liabilities:Funds:Protection  -159999000.00 CNY" in text


def test_migrate_makes_a_store_and_says_what_it_did(tmp_path):
    """From nothing to the present, then nothing to do; reading never makes a store."""
    place = tmp_path / "new" / "book.db"
    assert run("book", "show", "--store", place)[0] == 2
    assert not place.exists()
    assert json.loads(run("book", "migrate", "--store", place, "--json")[1])["before"] is None
    assert json.loads(run("book", "migrate", "--store", place, "--json")[1])["before"] == "0001"


def test_the_users_own_store_stands_beside_the_key(tmp_path, monkeypatch):
    """Without --store it is `record.db` under the configuration folder."""
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path))
    (tmp_path / "e.toml").write_text(run("book", "post", "--example")[1], "utf-8")
    assert run("book", "post", tmp_path / "e.toml")[0] == 0
    assert (tmp_path / "zhenbo" / "record.db").exists()


BROKEN = {
    "x = 1": "it holds x",
    "[[entry]\nkey": "neither TOML nor JSONL",
    '{"key": "a"}\n{': "line 2 is no JSON",
    "[[entry]]\nkey = 'a'\nat = 2021-01-01T00:00:00Z\nflow = 'deposit.payed'": "Did you mean deposit.paid",
    "[[entry]]\nkey = 'a'\nat = 2021-01-01T00:00:00Z\nflow = 'deposit.paid'\nparty = 's'": "lacks amount",
    "[[entry]]\nkey = 'a'\nat = 2021-01-01T00:00:00Z\nflow = 'deposit.paid'\nparty = 's'\namount = 9223372036854775808": "of at most",
    "[[entry]]\nkey = 'a'\nat = 2921-01-01T00:00:00Z\nflow = 'deposit.paid'\nparty = 's'\namount = 1": "lies ahead",
    "[[entry]]\nkey = 'a'\nat = 2021-01-01T00:00:00Z\nhold = 'h'\nhow = 'post'": "there is no transaction h",
    "[[entry]]\nkey = 'a'\nat = 2021-01-01T00:00:00Z\nflow = 'x.y'\nsubject = 's'\npostings = [{account='fund:a', amount=1}, {account='fund:b', amount=1}]": "does not balance",
    '{"key":"a","at":"2021-01-01T00:00:00Z","flow":"deposit.paid","party":"13800138000","amount":1}': "raw number",
    '{"key":"a","at":"2021-01-01T00:00:00Z","flow":"deposit.paid","party":"s","amount":1,"note":"\\ud800"}': "cannot be written down",
    "": "it holds none",
}  # fmt: skip


@pytest.mark.parametrize("text", BROKEN)
def test_a_wrong_file_is_refused_in_words(tmp_path, text):
    """What, where, what to write; nothing of the file is entered."""
    (tmp_path / "b.toml").write_text(text, "utf-8")
    code, said = run("book", "post", tmp_path / "b.toml", "--store", tmp_path / "b.db")
    assert code == 2
    assert BROKEN[text] in said


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(st.characters(), max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=4), inner, max_size=3),
    max_leaves=6,
)
FIELDS = st.sampled_from([
    "key", "at", "flow", "party", "amount", "currency", "case", "buyer", "seller", "fund", "source", "postings", "subject",
    "hold", "how", "reverses", "held", "expires", "note",
])  # fmt: skip
LIKELY = st.sampled_from([
    "k", "2021-01-01T00:00:00Z", "deposit.paid", "advance.paid", "compensation.punitive", 5, -1, 2**63, True, "CNY", "post",
    [{"account": "outside:a", "amount": -5}, {"account": "fund:x", "amount": 5}],
])  # fmt: skip


@given(st.dictionaries(FIELDS, LIKELY | JSON, max_size=9))
@settings(max_examples=120, deadline=None, suppress_health_check=[HealthCheck.too_slow])
def test_whatever_an_entry_holds_it_is_entered_or_refused(entry):
    """No field, type or text brings the reader down, and what it takes the law can judge."""
    try:
        admit(acts_of([("entry 1", entry)], Pages(), NOW), Pages())
    except ZhenboError:
        return


def test_a_file_that_is_too_large_or_no_text_is_told(tmp_path, monkeypatch):
    """Neither is read into memory whole nor guessed at."""
    monkeypatch.setattr("zhenbo.pipeline.book.LARGEST_FILE", 10)
    (tmp_path / "l.toml").write_text("#" * 11, "utf-8")
    (tmp_path / "n.toml").write_bytes(b"\xff\xfe")
    for name, told in (("l.toml", "Split it"), ("n.toml", "no UTF-8")):
        with pytest.raises(ZhenboError, match=told):
            read_entries(tmp_path / name)


def test_a_telephone_number_in_a_note_is_masked_before_it_is_recorded():
    """A record is for good, and forgets nobody."""
    entry = {"key": "a", "at": "2021-01-01T00:00:00Z", "flow": "fund.paid_in", "amount": 1, "note": "call 138 0013 8000"}  # fmt: skip
    assert "8000" not in acts_of([("entry 1", entry)], Pages(), NOW)[0].body
