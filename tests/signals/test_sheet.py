"""Reciters of a sheet, and whom they must not be taken for."""

import pytest

from zhenbo.core.evidence import Evidence
from zhenbo.core.story import read
from zhenbo.pipeline import baselines
from zhenbo.signals.text.sheet import SIGNAL, look

_TALK = (
    '20:00-22:00 b1..b40 say "{早上|晚饭|昨天|今年|明儿|后来|平时}{下雨|刮风|看云|赏月|摘花|割草|爬山|游水|砍木|采茶|钓鱼}'
    '{东边|南门|西街|北屋|楼上|地下|家里|城外|桥前|山后|左手|右岸|路中}" x14 scattered'
)
_SHEET = (
    '"{真的有效果我瘦了八斤|口感软糯老人也能吃|刚收到货包装特别好|发货很快三号仓直发|赠品比我想的要多啊}"'
)
_CREW = f"20:05-21:55 a1..a8 say {_SHEET} x60 scattered"


def _found(*story: str) -> Evidence:
    found = next(iter(look(read("\n".join((_TALK, *story))).session(), baselines(SIGNAL.id))))
    assert isinstance(found, Evidence)
    return found


def _outcomes(told: Evidence) -> dict[str, str]:
    return {cause.cause: cause.outcome for cause in told.causes}


def test_a_crew_is_named_whole_and_nobody_else():
    """Eight accounts, sixty comments each, from five lines."""
    told = _found(_CREW)
    assert {account for account, db in told.accounts.items() if db > 0} == {f"a{i}" for i in range(1, 9)}
    assert set(_outcomes(told).values()) == {"ruled_out"}
    assert told.effect is not None
    assert told.effect.low <= 480 <= told.effect.high


@pytest.mark.parametrize(
    "crew",
    [
        f"{_CREW}; 20:10-21:50 c1..c31 say {_SHEET} x3 scattered",
        '20:05-21:55 a1..a8 say "{支持主播天天好心情|三号仓直发记得抢啊}" x60 scattered',
        f"20:05-20:25 a1..a8 say {_SHEET} x60 scattered",
        f"20:05-21:55 a1..a2 say {_SHEET} x60 scattered",
    ],
    ids=["the room's own phrases", "two slogans", "within a quarter of an hour", "one fan with two phones"],
)
def test_who_is_no_reciter(crew):
    """Lines that others say too, a slogan or two, and short answers belong to people."""
    told = _found(crew)
    assert told.says == "own_words"
    assert not any(db > 0 for db in told.accounts.values())


def test_no_more_than_a_shop_has_in_customer_service_is_left_open():
    """Whether four are the shop's own is the shop's to show."""
    assert _outcomes(_found(f"20:05-21:55 a1..a4 say {_SHEET} x60 scattered"))["staff"] == "open"
