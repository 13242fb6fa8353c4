"""An innocent cause left open is doubted once, and whom one of several signals names alone is no member of a group."""

from dataclasses import replace

import pytest

from zhenbo.core.dataset import subjects
from zhenbo.core.evidence import Cause
from zhenbo.core.session import Session
from zhenbo.core.story import read
from zhenbo.core.subject import Outcome, Question
from zhenbo.judge import judge
from zhenbo.judge.groups import groups_of
from zhenbo.judge.weigh import OPEN_DB
from zhenbo.pipeline import default_policy
from zhenbo.signals.catalogue import catalogue

AUDIENCE = Question.AUDIENCE


@pytest.fixture(scope="module")
def room() -> Session:
    """A room of whose audience something can be asked."""
    return next(
        iter(subjects(read("session s1 of host h1\n20:00-22:00 b1..b80 enters scattered; 20:00-22:00 b1..b80 leaves scattered").dataset))
    )  # fmt: skip


def piece(signal, p, cause, outcome="open"):
    """Evidence of a signal that leaves an innocent cause open, or rules it out."""
    s = catalogue()[signal]
    return s.evidence(
        question=AUDIENCE, window=(0, 1), p=p, observed=0.0, expected=0.0, says=next(iter(s.says)), causes=(Cause(cause, outcome),)
    )  # fmt: skip


def score(room, *found):
    """The audience's answer, and its weights by signal."""
    judged = judge(room, found, dict.fromkeys(Question, True), {}, default_policy())
    return next(a for a in judged.answers if a.question is AUDIENCE), {
        w.evidence.signal: w.weight_db for w in judged.reasons
    }


def test_what_one_cause_might_explain_asks_and_never_decides(room):
    """A silent wave and the step it makes: 17 and 11 dB count 20 where both leave a reward for watching open, else 28."""
    wave, step = piece("timing.silence", 3e-4, "watching_task"), piece("counters.step", 2e-3, "watching_task")
    asked, weights = score(room, wave, step)
    assert asked.outcome is Outcome.SUSPECT
    assert weights["timing.silence"] == pytest.approx(17.0, abs=0.1)
    assert sum(weights.values()) == pytest.approx(OPEN_DB)
    apart, free = score(room, wave, piece("counters.step", 2e-3, "watching_task", "ruled_out"))
    assert sum(free.values()) == pytest.approx(28.1, abs=0.1)
    assert apart.score_db == pytest.approx(asked.score_db + sum(free.values()) - OPEN_DB)


def test_a_strong_reason_keeps_its_own_weight(room):
    """What weighs more than the bound by itself loses nothing to a weaker reason beside it, and gains nothing."""
    alone, _ = score(room, piece("timing.silence", 1e-9, "raid"))
    both, weights = score(room, piece("timing.silence", 1e-9, "raid"), piece("counters.step", 2e-3, "raid"))
    assert both.score_db == pytest.approx(alone.score_db)
    assert weights["counters.step"] == 0


def test_bystanders_of_one_signal_are_no_members():
    """Two signals name ten accounts, one of them two more: the ten are the group; where hardly any is named twice all stay."""
    crew, bystanders = [f"a{n}" for n in range(10)], ["b1", "b2"]
    p = dict.fromkeys([*crew, *bystanders], 0.9)
    first = replace(piece("timing.routine", 1e-6, "app_prompt"), accounts=dict.fromkeys(crew, 30.0))
    second = replace(piece("timing.presence", 1e-6, "raid"), accounts=dict.fromkeys([*crew, *bystanders], 30.0))  # fmt: skip
    (group,) = groups_of("s1", [first, second], p)
    assert set(group.accounts) == set(crew)
    few = replace(first, accounts=dict.fromkeys(crew[:4], 30.0))
    (whole,) = groups_of("s1", [few, second], p)
    assert set(whole.accounts) == {*crew, *bystanders}
