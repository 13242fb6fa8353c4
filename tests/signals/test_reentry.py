"""Who comes again and again and does nothing, and who only seems to."""

import pytest

from zhenbo.core.evidence import Evidence
from zhenbo.core.story import read
from zhenbo.pipeline import baselines
from zhenbo.signals.timing.reentry import SIGNAL, look

_ROOM = '20:00-21:50 b1..b500 enters [via=door{n%4}]; 20:00:20-21:50:20 b1..b500 leaves; 20:10-21:55 b101..b230 say "{n}"'
_ROUNDS = tuple(f"{20 + h}:{m:02d}-{20 + h}:{m + 20:02d}" for h in (0, 1) for m in (0, 30))


def _found(story: str) -> Evidence:
    (found,) = look(read(f"{_ROOM}\n{story}").session(), baselines(SIGNAL.id))
    assert isinstance(found, Evidence)
    return found


def _come(who: str, via: str = "door{n%4}") -> str:
    return "\n".join(f"{when} {who} enters [via={via}]" for when in _ROUNDS)


def test_they_are_named_and_counted_in_visits():
    """Forty accounts of five hundred and forty are 160 of 660 visits."""
    told = _found(_come("a1..a40"))
    assert told.p < 5e-4
    assert {name for name, db in told.accounts.items() if db > 20} == {f"a{i}" for i in range(1, 41)}
    assert told.effect.high == 160
    assert told.effect.of == 660


@pytest.mark.parametrize(
    "story",
    [
        _come("a1..a40") + '\n21:31-21:51 a1..a25 say "{n}"',
        _come("a1..a8"),
        _come("a1..a40").replace(_ROUNDS[3], "23:55-23:59"),
        "\n".join(
            f"20:{m:02d}-20:{m + 20:02d} a1..a40 enters; 20:{m + 1:02d}:57-20:{m + 21:02d}:57 a1..a40 leaves"
            for m in (0, 2, 4, 6)
        ),
        "20:00-21:50 a1 enters x300",
    ],
    ids=[
        "most of them speak",
        "eight",
        "thrice in three hours",
        "a line that breaks every two minutes",
        "one machine",
    ],
)
def test_who_only_seems_to(story):
    """Nobody is named, and the question is not raised."""
    told = _found(story)
    assert told.says == "back_for_more"
    assert not any(db > 0 for db in told.accounts.values())


def test_an_advertisement_shown_ten_times_is_not_held_against_anybody():
    """Who came by an entrance that hardly anybody else uses was sent: it stays open who sent them."""
    told = _found(_come("a1..a40", via="banner"))
    assert told.p >= 0.01
    assert ("ad_frequency", "open") in {(c.cause, c.outcome) for c in told.causes}
    assert not any(db > 0 for db in told.accounts.values())


def test_an_office_whose_line_drops():
    """Forty machines left on come back at once each time: the line explains it."""
    drops = "\n".join(f"{when} a1..a40 enters [via=door{{n%4}}]" for when in ("20:01-20:20", "20:40:00-20:40:20", "21:05:00-21:05:20", "21:30:00-21:30:20"))  # fmt: skip
    told = _found(drops)
    assert ("outage", "explains") in {(c.cause, c.outcome) for c in told.causes}
    assert not any(db > 0 for db in told.accounts.values())
