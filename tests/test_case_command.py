"""`zhenbo case` as a stranger uses it: from a facts file or verdicts to notice, appeal, report; hostile input; a killed campaign."""

import json
import signal
import subprocess
import sys
import time

import msgspec
import pytest
from click.testing import CliRunner

from zhenbo.act.book import flows
from zhenbo.cli.case_ import command
from zhenbo.core.errors import ZhenboError
from zhenbo.core.subject import Outcome, Question, Tier
from zhenbo.core.verdict import Audit, Fake, Fakes, SessionVerdict
from zhenbo.pipeline.governance import EXAMPLE, quiz, state_of
from zhenbo.pipeline.record import opened

BY = ["--by", "li", "--reason", "appraisal read"]


def run(*args, code=0):
    """A command, its output and what it said beside it."""
    done = CliRunner().invoke(command, [str(a) for a in args])
    if isinstance(done.exception, ZhenboError):
        assert code == 2, done.exception
        return str(done.exception)
    assert done.exit_code == code, done.output
    return done.output


def verdict(session, outcome, ready, low=300):
    """A session's verdict on its likes."""
    return SessionVerdict(
        session_id=session, host_id=f"host-{session}", platform="x", start=None, end="2026-03-01T12:00:00+00:00", tier=Tier.T1,
        verdict=outcome, question=Question.ENGAGEMENT, penalty_ready=ready, probability=0.9, probability_low=0.8, probability_high=0.99,
        prior_db=-10.0, score_db=20.0, map="m", questions={}, fake=Fakes(likes=Fake(1000, low, 500, 600)), gmv=None, coverage={},
        reasons=[], ask_for=[], notes=[],
    )  # fmt: skip


def audit(folder, *verdicts):
    """An audit's --out folder."""
    folder.mkdir(parents=True)
    body = Audit(zhenbo="0", as_of="2026-03-01T13:00:00+00:00", policy="p@1", lang="zh", sessions=list(verdicts), shops=[])  # fmt: skip
    (folder / "verdict.json").write_bytes(msgspec.json.encode(body))


def test_a_case_goes_from_its_facts_to_the_decision_on_the_appeal(tmp_path):
    """The example of the help, step by step; what cannot be done says what to do."""
    (tmp_path / "c.toml").write_text(run("open", "--example"), "utf-8")
    at = ["--store", tmp_path / "r.db", "--lang", "en", "--at"]
    opening = [str(a) for a in ("open", tmp_path / "c.toml", *at, "2026-03-03T00:00:00Z", "--json")]
    seen = json.loads(CliRunner().invoke(command, opening).stdout)
    assert seen["cases"][0]["proposal"]["does"]["step"] == "suspend"
    assert "zhenbo case confirm" in run("notice", "2026-0001", *at, "2026-03-03T01:00:00Z", code=2)
    run("confirm", "2026-0001", *BY, *at, "2026-03-03T02:00:00Z")
    run("notice", "2026-0001", *at, "2026-03-03T03:00:00Z", "--out", tmp_path / "n")
    html = (tmp_path / "n" / "report.html").read_text("utf-8")
    for part in ("What was found", "What follows", "Where it stands", "What is ordered", "How to object"):
        assert part in html
    run("appeal", "2026-0001", "--by", "shop-17", "--text", "<script>x</script> 13800138000", *at, "2026-03-05T00:00:00Z")  # fmt: skip
    assert "overdue" in run("list", "--overdue", *at, "2026-03-21T00:00:00Z")
    assert "somebody else" in run("decide", "2026-0001", *BY, "--overturn", *at, "2026-03-06T00:00:00Z", code=2)  # fmt: skip
    assert "--uphold" in run("decide", "2026-0001", "--by", "wang", "--reason", "licensed", code=2)
    done = run("decide", "2026-0001", "--by", "wang", "--reason", "licensed", "--overturn", *at, "2026-03-06T00:00:00Z", "--out", tmp_path / "d")  # fmt: skip
    assert "as if it had never been" in done
    html = (tmp_path / "d" / "report.html").read_text("utf-8")
    assert "<script>x" not in html
    assert "13800138000" not in html
    assert b"13800138000" not in (tmp_path / "r.db").read_bytes(), "nor in the record, which is for good"
    assert "0 parties were sanctioned" in run("report", "--period", "2026-Q1", "--store", tmp_path / "r.db", "--lang", "en")  # fmt: skip


@pytest.mark.parametrize(
    "text",
    [
        "", "case = 3", "[[case]]\nid = 'x'", EXAMPLE.replace("2026-03-02T12:30:00Z", "2026-03-02T12:30:00"),
        EXAMPLE.replace("sold_units = 40", "sold_unit = 40"), EXAMPLE.replace("sold_units = 40", 'sold_units = "many"'),
        EXAMPLE.replace("sold_units = 40", "sold_units = nan"), EXAMPLE.replace("counterfeit", "sorcery"),
        EXAMPLE.replace("2026-0001", "x" * 400), EXAMPLE + "nonsense", "\x00",
    ],
)  # fmt: skip
def test_a_facts_file_that_does_not_read_says_why_and_opens_nothing(tmp_path, text):
    """Every broken file is told without a traceback, and the record stays empty."""
    (tmp_path / "c.toml").write_text(text, "utf-8")
    assert run("open", tmp_path / "c.toml", "--store", tmp_path / "r.db", "--at", "2026-03-03T00:00:00Z", code=2)  # fmt: skip
    with opened(str(tmp_path / "r.db")) as store:
        assert state_of(store).dockets == {}


def test_a_verdict_opens_a_case_that_convicts_nobody(tmp_path):
    """`likely` and ready asks who did it; `suspect`, or not ready, is blocked; `insufficient` is no case."""
    audit(tmp_path / "a", verdict("s1", Outcome.LIKELY, True), verdict("s2", Outcome.LIKELY, False),
          verdict("s3", Outcome.SUSPECT, False), verdict("s4", Outcome.INSUFFICIENT, False), verdict("s5", Outcome.UNLIKELY, False))  # fmt: skip
    run("open", tmp_path / "a", "--store", tmp_path / "r.db")
    with opened(str(tmp_path / "r.db")) as store:
        found = {i: d.status for i, d in state_of(store).dockets.items()}
    assert found == {"v/s1": "asks", "v/s2": "blocked", "v/s3": "blocked"}
    assert "no person" in run("establish", "v/s1", "--by", "", "--reason", "x", "--store", tmp_path / "r.db", code=2)  # fmt: skip
    run("establish", "v/s1", *BY, "--fact", "by_party=true", "--ground", "invoice 7: paid by the agency", "--store", tmp_path / "r.db")  # fmt: skip
    run("establish", "v/s2", *BY, "--fact", "by_party=true", "--store", tmp_path / "r.db")
    with opened(str(tmp_path / "r.db")) as store:
        state = state_of(store)
    assert state.of("v/s1").proposal.grade == "ordinary", "30 % at the lower end, not the half that is likeliest"  # fmt: skip
    assert state.of("v/s2").status == "blocked"


@pytest.mark.slow
def test_a_campaign_killed_in_the_middle_and_run_again_does_nothing_twice(tmp_path):
    """SIGKILL while it works; the second run ends where one that was never killed ends, each case opened once."""
    for n in range(60):
        audit(tmp_path / "h" / f"{n:03d}", *(verdict(f"{n}-{k}", Outcome.LIKELY, True) for k in range(40)))
    args = ["campaign", str(tmp_path / "h"), "--name", "spring", "--at", "2026-04-01T00:00:00Z", "--store"]
    code = "import sys; from zhenbo.cli import main; sys.argv[0] = 'zhenbo'; main()"
    killed = subprocess.Popen([sys.executable, "-c", code, "case", *args, str(tmp_path / "k.db")])
    while killed.poll() is None and _acts(tmp_path / "k.db") <= 400:
        time.sleep(0.05)
    killed.send_signal(signal.SIGKILL)
    assert killed.wait() == -signal.SIGKILL
    half = _acts(tmp_path / "k.db")
    assert 0 < half < 60 * 40 * 2
    run(*args, tmp_path / "k.db")
    run(*args, tmp_path / "w.db")
    assert "0" in run(*args, tmp_path / "w.db")
    with opened(str(tmp_path / "k.db")) as one, opened(str(tmp_path / "w.db")) as two:
        assert [a.key for a in one.read()] == [a.key for a in two.read()]
        assert len(state_of(one).dockets) == 60 * 40
        assert not state_of(one).faults


def _acts(path):
    if not path.exists():
        return 0
    try:
        with opened(str(path), create=False) as store:
            return store.head().number
    except ZhenboError:
        return 0


def test_rooms_parties_queues_and_reviewers_answer_from_their_examples(tmp_path):
    """Every verb with --example reads what it prints; the gates of a party say what opens them."""
    base = ["--store", tmp_path / "r.db", "--lang", "en", "--at", "2026-03-10T00:00:00Z"]
    for verb in ("admit", "tier", "reviewers"):
        (tmp_path / verb).write_text(run(verb, "--example"), "utf-8")
        told = run(verb, tmp_path / verb, *base)
        assert told.strip()
        assert run(verb, tmp_path / verb, *base, "--json").lstrip()[:1] in "[{"
    assert "room-2: key (life_health)" in run("tier", tmp_path / "tier", *base)
    party = run("party", "shop-17", *base)
    assert "¥500.00" in party
    assert "company-9" in run("files", *base)
    assert "None." in run("queue", *base)
    assert "None." in run("evasion", *base)
    (tmp_path / "bad").write_text('{"kind": "admission.registered", "party": "x", "at": "2026-01-01T00:00:00", "body": {}}', "utf-8")  # fmt: skip
    assert "line 1" in run("admit", tmp_path / "bad", *base, code=2)
    assert "no period" in run("report", "--period", "2026-H3", "--store", tmp_path / "r.db", code=2)


def test_a_party_pays_in_sits_the_quiz_may_trade_and_gets_its_deposit_back_once_when_it_leaves(tmp_path):
    """From closed gates to open ones and out again; leaving twice pays once."""
    store = ["--store", tmp_path / "r.db", "--lang", "en"]
    at = ["--at", "2026-03-10T00:00:00Z"]
    (tmp_path / "a").write_text(run("admit", "--example").splitlines()[0] + "\n" + run("admit", "--example").splitlines()[1], "utf-8")  # fmt: skip
    run("admit", tmp_path / "a", *store)
    with opened(str(tmp_path / "r.db")) as kept:
        kept.append([flows.deposit_paid("in", 1_773_000_000_000_000, "shop-17", 50_000).act()])
    asked = json.loads(CliRunner().invoke(command, [str(a) for a in ("quiz", "shop-17", *store, "--json")]).stdout)  # fmt: skip
    assert "right" not in asked[0]
    wrong = ",".join(f"{q['id']}=9" for q in asked)
    assert "Not passed: 0 of 8" in run("quiz", "shop-17", "--answers", wrong, *store, *at)
    right = {q.id: q.right + 1 for q in quiz().question}
    again = json.loads(CliRunner().invoke(command, [str(a) for a in ("quiz", "shop-17", "--sitting", 2, *store, "--json")]).stdout)  # fmt: skip
    told = ",".join(f"{q['id']}={right[q['id']]}" for q in again)
    assert "Passed: 8 of 8" in run("quiz", "shop-17", "--sitting", 2, "--answers", told, *store, *at)
    assert "closed" not in run("party", "shop-17", *store, "--at", "2026-03-11T00:00:00Z")
    assert "¥500.00 goes back" in run("leave", "shop-17", *store, "--at", "2026-03-12T00:00:00Z")
    assert "¥0.00 goes back" in run("leave", "shop-17", *store, "--at", "2026-03-13T00:00:00Z")
    assert "closed" in run("party", "shop-17", *store, "--at", "2026-03-14T00:00:00Z")
