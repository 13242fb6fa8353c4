"""Silent, or active, crowds of one season of registration, and what only looks like one."""

from dataclasses import replace

import pyarrow as pa
import pyarrow.compute as pc
import pytest

from zhenbo.core.evidence import Evidence
from zhenbo.core.schema import EVENTS, Flag
from zhenbo.core.story import read
from zhenbo.core.subject import Question
from zhenbo.pipeline import baselines
from zhenbo.signals.identity.vintage import SIGNAL, look

_AGES = "since=202{0|1|2|3|4|5}-0{1|2|3|4|5|6|7|8|9}-{11|12|13|14|15|16|17|18|19|20|21|22|23}T10:00"
_SEASON = "since=2023-1{0|1}-{11|12|13|14|15|16|17|18|19|20|21|22|23}T10:00"
_ROOM = f'20:00-21:50 b1..b400 enter scattered [{_AGES} via=door{{n%4}}]; 20:05-21:55 b1..b120 say "{{n}}"'
_SENT = f"20:00-21:50 a1..a300 enter scattered [{_SEASON} via=door{{n%4}}]"


def _found(story: str, wearers: str = "") -> Evidence:
    """What is told of the room and a story; the accounts named wear the host's badge."""
    session = read(f"{_ROOM}\n{story}").session()
    at, badge = EVENTS.get_field_index("flags"), pa.scalar(int(Flag.FAN), EVENTS.field("flags").type)
    worn = pc.is_in(session.events["actor_id"], value_set=pa.array(wearers.split(), pa.string()))
    flags = pc.if_else(worn, badge, session.events["flags"])
    told = replace(session, events=session.events.set_column(at, EVENTS.field(at), flags))
    (found,) = look(told, baselines(SIGNAL.id))
    assert isinstance(found, Evidence)
    return found


def test_a_silent_crowd_of_one_season_is_counted_and_not_named():
    """Three hundred of seven hundred, told within the interval; the question is raised and nobody is named."""
    told = _found(_SENT)
    assert (told.says, told.question) == ("silent", Question.AUDIENCE)
    assert told.p <= 4e-4
    assert told.effect is not None
    assert told.effect.low < 300 <= told.effect.high
    assert not told.accounts


def test_a_crowd_that_all_talks_is_asked_of_the_comments():
    """The same accounts, all of whom write, among people most of whom do not."""
    told = _found(_SENT + '; 20:05-21:55 a1..a300 say "{n}"', wearers="b1 b2 b3")
    assert (told.says, told.question) == ("active", Question.ENGAGEMENT)
    assert told.p <= 4e-4
    assert told.effect is not None
    assert told.effect.low < 300 <= told.effect.high


def test_the_youngest_may_take_part_less_than_all_others():
    """The same crowd, registered after everybody else: beside nobody younger it must stand out by more."""
    assert _found(_SENT.replace("2023-1", "2025-1")).p > _found(_SENT).p


@pytest.mark.parametrize(
    "story",
    [
        _SENT.replace(_SEASON, _AGES),
        _SENT + '; 20:05-21:55 a1..a90 say "{n}"',
        _SENT.replace(_SEASON, "since=2026-05-01T{10|11|12|13|14|15|16}:00"),
    ],
    ids=["of all ages", "as lively as the others", "registered on the day"],
)
def test_nothing_is_asked(story):
    """Who is of all ages, takes part as the others do, or registered in order to watch."""
    assert _found(story).says == "of_all_ages"


def test_an_entrance_of_their_own_explains_them():
    """A school's link brings a year of pupils: it adds to other reasons and raises nothing."""
    told = _found(_SENT.replace("via=door{n%4}", "via=school"))
    assert told.says == "silent"
    assert told.p == pytest.approx(0.05)
    assert any(c.cause == "watching_task" and c.outcome == "explains" for c in told.causes)


@pytest.mark.parametrize(
    ("wearers", "outcome"), [("", "open"), (" ".join(f"a{i}" for i in range(1, 200)), "explains")]
)
def test_those_who_talk_may_have_come_with_their_star(wearers: str, outcome: str):
    """A season of talkers may be the fans whom the host's first evening brought to the platform."""
    told = _found(_SENT + '; 20:05-21:55 a1..a300 say "{n}"', wearers)
    assert told.says == "active"
    assert told.p == pytest.approx(0.05)
    assert {c.outcome for c in told.causes if c.cause == "fan_club"} == {outcome}
