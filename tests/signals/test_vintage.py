"""Silent, or active, crowds of one season of registration, and what only looks like one."""

import pytest

from zhenbo.core.evidence import Evidence
from zhenbo.core.story import read
from zhenbo.core.subject import Question
from zhenbo.pipeline import baselines
from zhenbo.signals.identity.vintage import SIGNAL, look

_AGES = "since=202{0|1|2|3|4|5}-0{1|2|3|4|5|6|7|8|9}-{11|12|13|14|15|16|17|18|19|20|21|22|23}T10:00"
_SEASON = "since=2025-1{0|1}-{11|12|13|14|15|16|17|18|19|20|21|22|23}T10:00"
_ROOM = f'20:00-21:50 b1..b400 enter scattered [{_AGES} via=door{{n%4}}]; 20:05-21:55 b1..b120 say "{{n}}"'
_SENT = f"20:00-21:50 a1..a300 enter scattered [{_SEASON} via=door{{n%4}}]"


def _found(story: str) -> Evidence:
    (found,) = look(read(f"{_ROOM}\n{story}").session(), baselines(SIGNAL.id))
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
    told = _found(_SENT + '; 20:05-21:55 a1..a300 say "{n}"')
    assert (told.says, told.question) == ("active", Question.ENGAGEMENT)
    assert told.p <= 4e-4
    assert told.effect is not None
    assert told.effect.low < 300 <= told.effect.high


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
    assert _found(story).says == "of_all_ages"


def test_an_entrance_of_their_own_explains_them():
    """A school's link brings a year of pupils: it adds to other reasons and raises nothing."""
    told = _found(_SENT.replace("via=door{n%4}", "via=school"))
    assert told.says == "silent"
    assert told.p == pytest.approx(0.05)
    assert any(c.cause == "watching_task" and c.outcome == "explains" for c in told.causes)
