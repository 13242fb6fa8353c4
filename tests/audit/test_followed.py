"""Whom a crew follows over rooms: the host over merchants, or the merchant over hosts."""

from types import SimpleNamespace

import pytest

from zhenbo.audit.crews import followed
from zhenbo.core.verdict import Purchaser
from zhenbo.pipeline.counterfactual import hypotheses

PACK = hypotheses()
OPEN = Purchaser(pack=PACK.id, host=0.4, merchant=0.3, rival=0.3, leans="cannot_tell", facts=[])
HANDS = [f"a{i}" for i in range(20)]


def _room(host: str, merchant: str, hands=HANDS, told=OPEN):
    return SimpleNamespace(host_id=host, purchaser=told), tuple((a, merchant) for a in hands)


def _leans(*rooms) -> list[str | None]:
    return [told and told.leans for told in followed(rooms, PACK)]


def test_a_crew_follows_the_host_or_the_merchant():
    """The order of rooms does not matter; each is told what the others show."""
    assert _leans(_room("h", "m1"), _room("h", "m2")) == ["host", "host"]
    assert _leans(_room("h1", "m"), _room("h2", "m"), _room("h3", "m", [])) == ["merchant", "merchant", "cannot_tell"]  # fmt: skip


@pytest.mark.parametrize(
    "other",
    [
        _room("h", "m1"),  # another evening of the same host and merchant
        _room("h2", "m2"),  # the hands are for hire by anybody
        _room("h", "m2", [f"b{i}" for i in range(20)]),  # other hands
        _room("h", "m2", HANDS[:4]),  # a few of them
    ],
    ids=["same", "neither", "others", "few"],
)  # fmt: skip
def test_what_says_nothing(other):
    """Then nothing is added to what one room tells."""
    assert followed([_room("h", "m1"), other], PACK)[0] is OPEN


def test_both_at_once_say_nothing_and_below_suspect_nobody_is_asked():
    """A crew that serves this host and this merchant everywhere; a room without a purchaser stays without."""
    rooms = [_room("h", "m1"), _room("h", "m2"), _room("h2", "m1")]
    assert _leans(*rooms)[0] == "cannot_tell"
    assert _leans(_room("h", "m1", told=None), _room("h", "m2")) == [None, "host"]
