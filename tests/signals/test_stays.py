"""Silent stayers, by when they came and by what they are; what else brings people who stay and do nothing."""

import pytest

from zhenbo.core.evidence import Evidence, Missing
from zhenbo.core.story import read
from zhenbo.pipeline import baselines
from zhenbo.signals.identity import sitters
from zhenbo.signals.timing import influx

_ROOM = (
    "20:00-21:50 b1..b400 enters [via=door{n%4} KIND]; 20:00:20-21:50:20 b1..b400 leaves\n"
    '20:01-21:50 c1..c200 enters [via=door{n%4} KIND]; 20:12-21:59 c1..c200 leaves; 20:01:30-21:50:30 c1..c200 say "{n}"'
)
_CAME = "20:30-21:00 a1..a300 enters [via=DOOR]"
_WENT = "21:05-21:40 a1..a300 leaves"
_PEOPLE, _BOUGHT = "followers={5|20|60|150|400}", "followers={0|1|2}"


def _found(signal, story: str) -> Evidence | Missing | None:
    return next(iter(signal.look(read(story).session(), baselines(signal.SIGNAL.id))), None)


def _influx(came: str = _CAME, went: str = _WENT, door: str = "door{n%4}", more: str = "") -> Evidence:
    found = _found(influx, f"{_ROOM}\n{came}; {went}\n{more}".replace("DOOR", door).replace(" KIND", ""))
    assert isinstance(found, Evidence)
    return found


def test_a_stretch_of_sitters_names_those_who_came_in_it():
    """Three hundred delivered in half an hour: told within a fifth, and only they are named."""
    told = _influx()
    assert told.says == "delivered"
    assert told.p < 1e-3
    named = {account for account, db in told.accounts.items() if db > 0}
    assert len(named) >= 290
    assert all(account.startswith("a") for account in named)
    assert told.effect is not None
    assert told.effect.low <= 300 <= told.effect.high
    assert told.effect.mid == pytest.approx(300, rel=0.2)


def test_a_delivery_over_most_of_the_broadcast_is_held_against_the_rest():
    """Stretches that stand out each against the other's calm are told together only as far as a rest is left to compare with."""
    told = _influx(came="20:02-21:15 a1..a900 enters [via=DOOR]", went="20:40-21:58 a1..a900 leaves")
    assert told.says == "delivered"
    assert told.observed > 1.5 * told.expected
    assert told.args["accounts"] < told.args["long"] * 3


@pytest.mark.parametrize(
    ("given", "least"),
    [
        ({"more": '20:31-21:01 a1..a300 say "{n}"'}, 0.05),
        ({"went": "20:30:40-21:00:40 a1..a300 leaves"}, 0.05),
        ({"door": "看播任务"}, 0.05),
        ({"went": "20:40-21:10 a1..a300 leaves"}, 0.05),
        ({"went": "21:20:00-21:20:30 a1..a300 leaves"}, 1e-4),
        ({"door": "door1"}, 1e-4),
    ],
    ids=["take part", "look in", "a door of their own", "one length, by the feed's clock", "sent away together", "a door others use too"],
)  # fmt: skip
def test_what_clears_an_influx(given, least):
    """Innocent stretches are no more than a question, and nobody in them is pointed at."""
    told = _influx(**given)
    assert told.p >= least
    assert not any(db > 0 for db in told.accounts.values())


def _sitters(came: str, kind: str, door: str = "door{n%4}", like: str = "") -> Evidence:
    """What is found where sitters are of a kind, and passers-by (b) or those who take part (c) like them."""
    room = "\n".join(
        line.replace("KIND", kind if i == like else _PEOPLE)
        for i, line in zip("bc", _ROOM.splitlines(), strict=True)
    )
    found = _found(sitters, f"{room}\n{came}; {_WENT}".replace("DOOR", f"{door} {kind}"))
    assert isinstance(found, Evidence)
    return found


def test_sitters_of_another_kind_are_told_and_nobody_is_named():
    """Fewer followers than those who pass by and than those who take part: a question, never an accusation."""
    told = _sitters(_CAME, _BOUGHT)
    assert (told.says, told.args["cut"]) == ("followers_below", 2)
    assert told.p == pytest.approx(1e-4)
    assert not told.accounts
    assert told.effect is not None
    assert told.effect.low <= 300 <= told.effect.high


def test_a_village_is_no_crowd_of_sitters():
    """All kinds that sit must be rare among those who pass by and among those who take part."""
    assert _sitters(_CAME, _PEOPLE).p >= 0.05
    assert _sitters(_CAME, _BOUGHT, door="看播任务").p >= 0.05
    for who in "bc":
        assert _sitters(_CAME, _BOUGHT, like=who).p >= 0.05


def test_departures_and_profiles_are_needed():
    """Without departures both ask for them; without profiles the second has nothing to say."""
    room = "20:00-21:50 b1..b300 enters [followers=3]"
    assert isinstance(_found(influx, room), Missing)
    assert isinstance(_found(sitters, room), Missing)
    assert _found(sitters, f"{_ROOM}\n{_CAME}; {_WENT}".replace("DOOR", "x").replace(" KIND", "")) is None
