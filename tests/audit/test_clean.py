"""A clean look: all of a question's together count for what was proven of them, and the sum of the reasons stays exact."""

import math
from dataclasses import replace
from importlib.resources import files

import pytest

from zhenbo.core.evidence import Evidence
from zhenbo.core.session import Session
from zhenbo.core.subject import Outcome, Question, Tier
from zhenbo.judge import judge, parse_policy
from zhenbo.pipeline import default_policy
from zhenbo.proof.caps import clean, clean_toml
from zhenbo.signals.catalogue import catalogue
from zhenbo.worlds import WORLDS

POLICY = (files("zhenbo.packs") / "policies" / "default.toml").read_text("utf-8")
AUDIENCE = Question.AUDIENCE


@pytest.fixture(scope="module")
def room() -> Session:
    """A room whose audience is of tier T1 or better."""
    from zhenbo.core.dataset import subjects

    return next(iter(subjects(WORLDS["evening"](1).dataset)))


def looks(*p: float) -> list[Evidence]:
    """One look per p, of families of their own."""
    by_family = {s.id.partition(".")[0]: s for s in catalogue().values() if s.question is AUDIENCE}
    return [
        replace(s.evidence(window=(0, 1), p=x, observed=0.0, expected=0.0, says=next(iter(s.says)), args={}), question=AUDIENCE, tier=Tier.T1)
        for s, x in zip(by_family.values(), p, strict=False)
    ]  # fmt: skip


def answer(room, found, most):
    """The audience's answer where all clean looks together count for at most so many dB."""
    policy = replace(default_policy(), clean={f"{AUDIENCE}@{room.tiers[AUDIENCE]}": most})
    judged = judge(room, found, dict.fromkeys(Question, True), {}, policy)
    return next(a for a in judged.answers if a.question is AUDIENCE), judged


def test_clean_looks_share_what_was_proven_of_them_together(room):
    """Two looks that clear with 5 dB and 2 dB keep their proportion and sum to what was proven; the score is the sum."""
    found = looks(1.0, 0.6)
    free, before = answer(room, found, math.inf)
    held, after = answer(room, found, 1.5)
    weights = [
        [w.weight_db for w in sorted(j.reasons, key=lambda w: w.evidence.signal)] for j in (before, after)
    ]
    assert sum(weights[0]) < -1.5
    assert sum(weights[1]) == pytest.approx(-1.5)
    assert weights[1][0] / weights[1][1] == pytest.approx(weights[0][0] / weights[0][1])
    assert held.score_db == pytest.approx(free.score_db - sum(weights[0]) - 1.5)


def test_what_proves_nothing_clears_nobody(room):
    """Where bought rooms come out clean as often as honest ones, nothing is answered `unlikely`."""
    proven = clean_toml({f"{AUDIENCE}@{room.tiers[AUDIENCE]}": (100, 90, 100, 90)}, "none")
    most = parse_policy(POLICY, proven).cleared(AUDIENCE, room.tiers[AUDIENCE])
    assert most == 0
    assert answer(room, looks(1.0, 1.0), math.inf)[0].outcome is Outcome.UNLIKELY
    assert answer(room, looks(1.0, 1.0), most)[0].outcome is Outcome.INSUFFICIENT


def test_the_proof_counts_one_more_bought_room_as_missed():
    """Nine of ten honest and one of nine bought: 0.9 / 0.2 is 6.5 dB; a cell nobody tried falls back on a single look."""
    policy = parse_policy(POLICY, clean_toml({"sales@T2": (10, 9, 9, 1)}, "none"))
    assert policy.cleared("sales", "T2") == pytest.approx(10 * math.log10(4.5))
    assert policy.cleared("sales", "T1") == policy.clear


def test_subjects_are_counted_by_question_and_tier():
    """Honest and bought are counted apart; a question beside the bought one is counted in neither."""

    class Told:
        def __init__(self, *looks):
            self.clean = looks

    told = [Told(("sales@T2", False, True)), Told(("sales@T2", True, True), ("audience@T1", False, False)), Told(("sales@T2", True, False))]  # fmt: skip
    assert clean(told) == {"audience@T1": (1, 0, 0, 0), "sales@T2": (1, 1, 2, 1)}
