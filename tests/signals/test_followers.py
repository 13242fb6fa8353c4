"""Visits that only follow: delivered followers, and hosts who ask for follows."""

import pytest

from zhenbo.core.evidence import Evidence
from zhenbo.core.story import read
from zhenbo.pipeline import baselines
from zhenbo.signals.timing.followers import SIGNAL, look

_ROOM = "20:00-21:50 b1..b500 enters [via=door{n%4}]; 20:00:20-21:50:20 b1..b500 leaves; 20:30-20:50 b130..b140 follows"
_SENT = "20:05-21:45 a1..a150 enters [via=DOOR]; 20:05:03-21:45:03 a1..a150 follows"


def _found(sent: str, door: str = "door{n%4}") -> Evidence:
    found = next(iter(look(read(f"{_ROOM}\n{sent}".replace("DOOR", door)).session(), baselines(SIGNAL.id))))
    assert isinstance(found, Evidence)
    return found


def test_delivered_followers_are_told_and_nobody_is_named():
    """A reward that stands all evening looks the same: the question is raised, nothing decided."""
    told = _found(_SENT)
    assert told.p == pytest.approx(1e-4)
    assert not told.accounts
    assert [(cause.cause, cause.outcome) for cause in told.causes] == [("follow_reward", "open")]
    assert told.effect is not None
    assert told.effect.low <= 150 <= told.effect.high


@pytest.mark.parametrize(
    "sent",
    [
        '20:05-21:45 a1..a150 enters; 20:05:03-21:45:03 a1..a150 follows; 20:05:30-21:45:30 a1..a150 say "{n}"',
        "20:05-21:45 a1..a40 enters; 20:08-21:48 a1..a40 follows",
        "20:05-21:00 a1..a150 enters; 21:30:05-21:31:20 a1..a150 follows",
    ],
    ids=["take part as well", "a few", "when the host calls"],
)
def test_what_clears_followers(sent):
    """None of it passes for more than a hint."""
    assert _found(sent).p >= 0.01


def test_a_door_of_their_own_neither_explains_nor_accuses():
    """Sent by whomever: a code on a poster, a paid errand."""
    told = _found(_SENT, "助力活动")
    assert told.p == pytest.approx(0.01)
    assert [cause.outcome for cause in told.causes] == ["open"]


def test_who_follows_as_they_come_heard_no_call():
    """A package delivered within five minutes, by people who were not there to be called."""
    assert _found(
        "21:00-21:05 a1..a150 enters [via=DOOR]; 21:00:03-21:05:03 a1..a150 follows"
    ).p == pytest.approx(1e-4)
