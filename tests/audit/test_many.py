"""Many rooms: e-BH against a plain count by hand, and no more trust in a flag for looking at more rooms."""

# ruff: noqa: TID251 - draws, from a seed given here

import dataclasses

import numpy as np
import pytest
from msgspec.structs import replace

from zhenbo.audit.many import many, room_e
from zhenbo.core.story import read
from zhenbo.core.subject import Outcome, Question, Tier
from zhenbo.core.verdict import CauseTested, Reason
from zhenbo.judge import probability
from zhenbo.pipeline import audit_dataset, default_policy

CAP = 20.0
POLICY = dataclasses.replace(default_policy(), caps={"counters.flow@T0": CAP})
REASON = Reason(
    id="0" * 16, signal="counters.flow", family="counters", question=Question.AUDIENCE, tier=Tier.T0, weight_db=0.0,
    raw_db=0.0, says="", message="", args={}, observed=1.0, expected=1.0, p=1.0, effect=None, cleared_by=[],
    window=[0, 1], events=["s:1"], events_total=1,
)  # fmt: skip
QUIET = read("20:00-21:00 b1..b60 enter scattered; 20:00-21:00 b1..b60 say {n} x2 scattered")


@pytest.fixture(scope="module")
def quiet():
    """An ordinary room's verdict."""
    (verdict,) = audit_dataset(QUIET.dataset, lang="en").audit.sessions
    return verdict


def flagged(quiet, name, db):
    """A room with one accusing reason of so many dB, judged by its own score."""
    reason = replace(REASON, raw_db=db, weight_db=db)
    score = quiet.prior_db + db
    return replace(quiet, session_id=name, verdict=Outcome.SUSPECT, reasons=[reason], score_db=score, probability=probability(score))  # fmt: skip


def test_the_same_flag_stands_among_few_and_falls_among_many(quiet):
    """One room of 15 dB: it stands alone (needs 13 dB), not beside 99 quiet ones (needs 33 dB); its verdict stays."""
    one = flagged(quiet, "one", 15.0)
    others = [replace(quiet, session_id=f"q{i}") for i in range(99)]
    assert many([one], POLICY).survive == ["one"]
    crowd = many([one, *others], POLICY)
    assert crowd.survive == []
    assert (crowd.rooms, crowd.flagged) == (100, 1)
    assert crowd.expected_false == pytest.approx(1 - one.probability)
    assert crowd.expected_false_high > crowd.expected_false


def test_e_bh_is_what_a_plain_search_finds(quiet):
    """Over random evidence: the largest k such that k rooms have an e-value of rooms / (0.05 k) at least."""
    rng = np.random.default_rng(5)
    for _ in range(20):
        rooms = [flagged(quiet, f"r{i}", float(rng.uniform(0, CAP))) for i in range(12)]
        told = many(rooms, POLICY)
        values = {v.session_id: room_e(v, POLICY) for v in rooms}
        best = max((k for k in range(1, 13) if sum(e >= 12 / (0.05 * k) for e in values.values()) >= k), default=0)  # fmt: skip
        assert told.survive == sorted(values, key=lambda n: (-values[n], n))[:best]
        assert told == many(rooms[::-1], POLICY)


def test_a_room_is_worth_no_more_than_its_mean_evidence(quiet):
    """Inside a family evidence is averaged, what is explained never counts above 1, caps bind."""
    loud = flagged(quiet, "x", 12.0)
    r = loud.reasons[0]
    assert room_e(loud, POLICY) == pytest.approx(10**1.2)
    silent = replace(r, raw_db=-300.0, weight_db=0.0)
    assert room_e(replace(loud, reasons=[r, silent]), POLICY) == pytest.approx(10**1.2 / 2)
    excused = replace(r, cleared_by=[CauseTested("lottery", "explains")])
    assert room_e(replace(loud, reasons=[excused]), POLICY) == 1.0
    assert room_e(replace(loud, reasons=[replace(r, raw_db=99.0)]), POLICY) == pytest.approx(10 ** (CAP / 10))  # fmt: skip
