"""Stays in which nobody acts: against shorter stays by the same entrance."""

import pytest

from zhenbo.core.evidence import Evidence, Missing
from zhenbo.core.story import read
from zhenbo.pipeline import baselines
from zhenbo.signals.timing.idling import SIGNAL, look

_ROOM = (
    '20:00-21:40 b1..b400 enters [via=feed]; 20:01-21:41 b1..b400 leaves; 20:00:30-20:50 b1..b200 says "{n}"'
)
_SITTERS = "20:10-20:40 a1..a200 enters [via=door]; 20:35-21:05 a1..a200 leaves"


def _found(story: str) -> Evidence:
    found = list(look(read(story).session(), baselines(SIGNAL.id)))
    assert isinstance(found[0], Evidence)
    return found[0]


def test_sitters_are_counted_and_not_named():
    """By the room's own entrance: the question is raised, the number is right, nobody is named."""
    e = _found(f"{_ROOM}; {_SITTERS.replace('=door', '=feed')}")
    assert e.p == pytest.approx(2e-3)
    assert e.effect is not None
    assert e.effect.low < 200 <= e.effect.high
    assert not e.accounts


def test_stays_drawn_at_random_are_pooled():
    """No class holds many, all from two minutes on do."""
    spread = "20:10-20:40 a1..a200 enters scattered [via=feed]; 20:50-21:00 a1..a200 leaves scattered"
    e = _found(f"{_ROOM}; {spread}")
    assert e.p < 0.01
    assert e.effect is not None
    assert e.effect.mid > 150


def test_a_relay_is_silent_in_short_stays_too():
    """People are compared with those who came by their own entrance: viewers of a relay cannot speak, however long they stay."""
    relayed = "20:10-21:30 c1..c300 enters [via=door]; 20:11-21:31 c1..c300 leaves"
    alone, beside = _found(f"{_ROOM}; {_SITTERS}"), _found(f"{_ROOM}; {_SITTERS}; {relayed}")
    assert alone.p < 0.01
    assert beside.p > 0.2


def test_it_asks_for_departures():
    """A record without departures cannot be asked."""
    story = read("20:00-21:40 b1..b400 enters").session()
    assert list(look(story, baselines(SIGNAL.id))) == [Missing(SIGNAL.question, "leaves")]
