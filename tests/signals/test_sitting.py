"""Sitters: half an audience that stays and does nothing, and what else makes long or silent visits."""

import pytest

from zhenbo.core.evidence import Evidence, Missing
from zhenbo.core.story import read
from zhenbo.pipeline import baselines
from zhenbo.signals.timing.sitting import SIGNAL, look

_ROOM = (
    '20:00-21:50 b1..b300 enters [via=feed]; 20:02-21:52 b1..b300 leaves; 20:00:10-20:21:50 b1..b60 say "{n}"'
)
_SIT = "20:02-21:00 a1..a500 enters [via=DOOR]; 21:15-21:59 a1..a500 leaves"


def _found(sit: str, door: str = "door{n%4}", room: str = _ROOM) -> Evidence:
    found = _look(f"{room}\n{sit}".replace("DOOR", door))
    assert isinstance(found, Evidence)
    return found


def _look(story: str) -> Evidence | Missing | None:
    return next(iter(look(read(story).session(), baselines(SIGNAL.id))), None)


def test_half_an_audience_that_sits_is_told_and_nobody_is_named():
    """The share is near the truth (500 of 800), whoever lets some of them be lost included; the question is raised, no more."""
    told = _found(_SIT)
    assert told.says == "sitting"
    assert told.p == pytest.approx(1e-4)
    assert not told.accounts
    assert told.effect is not None
    assert told.effect.low <= 500 <= told.effect.high
    assert told.effect.mid == pytest.approx(500, abs=50)


@pytest.mark.parametrize(
    ("sit", "door"),
    [
        ('20:02-21:00 a1..a500 enters; 21:15-21:59 a1..a500 leaves; 21:01-21:14 a1..a250 say "{n}" scattered', ""),
        ("20:02-21:00 a1..a45 enters; 21:15-21:59 a1..a45 leaves", ""),
        (_SIT, "看播任务"),
        ('20:02-21:00 a1..a45 enters; 21:15-21:59 a1..a45 leaves; 20:00:10-21:50:10 b61..b295 say "{n}"', ""),
        ("20:02-21:00 a1..a500 enters; 20:32-21:30 a1..a500 leaves", ""),
        ("20:02-21:00 a1..a500 enters; 21:20:00-21:20:30 a1..a500 leaves", ""),
    ],
    ids=["take part", "few", "a door of their own", "regulars where all others come on an errand", "one length, by the feed's clock", "sent away together"],
)  # fmt: skip
def test_what_clears_sitters(sit, door):
    """None of it passes for more than a question."""
    assert _found(sit, door).p >= 0.01


def test_a_room_in_which_nobody_takes_part_says_nothing():
    """A relay: long stays, and no act of anybody to compare with."""
    quiet = _ROOM.split("; 20:00:10", maxsplit=1)[0]
    assert _found(_SIT, room=quiet).p > 0.1


def test_departures_are_needed():
    """Without them it asks for them; who was not seen to leave is neither long nor short."""
    assert isinstance(_look("20:00-21:50 b1..b300 enters"), Missing)
    many = _ROOM.replace("b300", "b900")
    assert _look(many) is None  # all look in
    assert _look(f"{many}; 20:02-21:00 a1..a500 enters; 21:15-21:17 a1..a20 leaves") is None
