"""Visits that only tap, at once: delivered likes, and hosts who ask for hearts."""

import pytest

from zhenbo.core.evidence import Evidence
from zhenbo.core.story import read
from zhenbo.pipeline import baselines
from zhenbo.signals.timing.tappers import SIGNAL, look

_ROOM = "20:00-21:50 b1..b900 enters [via=door{n%4}]; 20:00:20-21:50:20 b1..b900 leaves; 20:15-21:55 b60..b100 likes"
_SENT = "20:30-21:00 a1..a200 enters [via=door{n%4}]; 20:30:05-21:00:05 a1..a200 likes"


def _found(story: str) -> Evidence:
    (found,) = look(read(f"{_ROOM}\n{story}").session(), baselines(SIGNAL.id))
    assert isinstance(found, Evidence)
    return found


def test_delivered_taps_are_told_and_nobody_is_named():
    """A task to tap that stands all evening looks the same: the question is raised, nothing decided."""
    told = _found(_SENT)
    assert told.p == pytest.approx(1e-4)
    assert not told.accounts
    assert [(cause.cause, cause.outcome) for cause in told.causes] == [("like_reward", "open")]
    assert told.effect is not None
    assert told.effect.low <= 200 <= told.effect.high


@pytest.mark.parametrize(
    "story",
    [
        _SENT + '; 20:31-21:01 a1..a200 say "{n}"',
        _SENT.replace("a200", "a40"),
        "20:30-21:00 a1..a200 enters [via=door{n%4}]; 21:05-21:15 a1..a200 likes",
    ],
    ids=["take part as well", "a few", "who were there when the host asked"],
)
def test_what_clears_tappers(story):
    """The question is not raised."""
    assert _found(story).says == "few"


def test_hearts_that_the_host_asked_for():
    """Those who have been there tap in the same half-hour: it decides nothing."""
    assert _found(f"{_SENT}; 20:30-21:00 b1..b300 likes").p >= 0.01


def test_who_was_sent_to_tap_by_an_entrance_of_their_own():
    """A link shared for help decides nothing."""
    assert _found(_SENT.replace("door{n%4}", "shared_link")).p >= 0.01
