"""The counterfactual: people are taken out of the record, the displays fall with them, and the signals look again."""

import pytest

from zhenbo.audit.without import cut, named
from zhenbo.core.session import HOUR, MINUTE
from zhenbo.core.story import read
from zhenbo.core.subject import Outcome, Question
from zhenbo.judge import probability
from zhenbo.pipeline import audit_dataset

STORY = """
    20:00 a1..a4 enter; 20:10 a3 leave; 20:20 a4 enter
    20:05 a1 like x7; 20:06 a3 follow; 20:07 a3 order o1 59.00; 20:08 a2 order o2 10.00; d+1 20:00 refunded o1
    20:00-20:30 entered_total 100..130 every 60s; 20:00-20:30 viewers 50..80 every 60s
    20:00-20:30 like_total 0..300 every 60s; 20:00-20:30 follow_total 10..40 every 60s
"""


def readings(session, kind):
    """Minute and value of a display."""
    rows = session.rows(kind)
    start = session.span[0] // HOUR * HOUR
    ts = [int(t.timestamp() * 1e6) for t in rows["ts"].to_pylist()]
    return {(t - start) // MINUTE: q for t, q in zip(ts, rows["qty"].to_pylist(), strict=True)}


def test_displays_fall_by_what_was_taken_out_and_no_further():
    """Entries, taps and follows leave the totals from their moment on; viewers fall only while a known stay lasts."""
    session = read(STORY).session()
    left = cut(session, ["a1", "a3"], [])
    assert (left.accounts, left.orders) == (2, 1)  # a3's order goes with a3, its refund with the order
    assert left.rows == session.events.num_rows - left.session.events.num_rows
    assert left.session.counts.get("refund_done") is None
    assert left.session.counts["order_create"] == 1
    was, now = ({k: readings(s, k) for k in ("entered_total", "like_total", "follow_total", "viewers")} for s in (session, left.session))  # fmt: skip
    fall = {k: {m: was[k][m] - now[k][m] for m in was[k]} for k in was}
    assert fall["entered_total"][25] == 2
    assert fall["like_total"][4] == 0
    assert fall["like_total"][25] == 7
    assert fall["follow_total"][25] == 1
    assert fall["viewers"][5] == 1  # a3 came and left; whether a1 left nobody recorded
    assert fall["viewers"][25] == 0


def test_nobody_taken_out_changes_nothing():
    """Without names the record is the record."""
    session = read(STORY).session()
    left = cut(session, [], [])
    assert left.session.events.equals(session.events)
    assert (left.accounts, left.orders, left.rows) == (0, 0, 0)


SCRIPT = """
    20:00-22:00 b1..b90 enter scattered
    20:00-22:00 b1..b90 say "{早|晚|真|好|又}{雨|雪|风|云|月}{东|南|西|北}{来|去|走} {n}" x9 scattered
    20:30-21:30 a1..a20 say "{主播推荐的这款面膜真的好用|我已经回购三次啦姐妹们|质量比专柜还要好很多|昨天下单今天就到货了|这个价格以后没有了吧}" every 72s
"""


@pytest.fixture(scope="module")
def audited():
    """A room with twenty scripted accounts."""
    (made,) = audit_dataset(read(SCRIPT).dataset, lang="en").audited
    return made


def test_a_verdict_says_what_it_would_be_without_those_it_names(audited):
    """Named accounts are a script's: without them the same question falls below suspicion, as an audit without them says."""
    verdict = audited.verdict
    assert verdict.verdict.rank >= Outcome.SUSPECT.rank
    people = named(audited.judgement.accounts)
    assert verdict.without.accounts == len(people) > 15
    assert verdict.without.verdict.rank < Outcome.SUSPECT.rank
    assert verdict.without.probability < 0.2
    assert verdict.probability >= 0.8
    text = "\n".join(line for line in SCRIPT.splitlines() if "a1..a20" not in line)
    (honest,) = audit_dataset(read(text).dataset, lang="en").audit.sessions
    alone = honest.questions[Question.ENGAGEMENT]
    assert verdict.without.verdict.rank <= alone.verdict.rank
    assert abs(verdict.without.score_db - alone.score_db) < 3
    assert honest.without is None


def test_a_reason_says_what_the_sum_is_without_it(audited):
    """Exactly: the score of its question less its weight."""
    for r in audited.verdict.reasons:
        own = audited.verdict.questions[r.question.value]
        want = probability(own.score_db - r.weight_db) if own.asked else None
        assert r.without == want
