"""Bought hearts by account: beats, lots, and what honest rooms do that looks like them."""

import pytest

from zhenbo.core.dataset import subjects
from zhenbo.core.evidence import Evidence
from zhenbo.core.story import read
from zhenbo.pipeline import baselines
from zhenbo.signals.catalogue import catalogue
from zhenbo.worlds.campaign import room

PEOPLE = "20:00-22:00 b1..b60 like 9 x12 scattered\n"


def _told(signal: str, story: str) -> Evidence:
    (found,) = catalogue()[signal].look(read(story).session(), baselines(signal))
    assert isinstance(found, Evidence)
    return found


def _causes(found: Evidence) -> dict[str, str]:
    return {c.cause: c.outcome for c in found.causes}


def test_turns_of_a_machine_are_no_contest():
    """Eight accounts that beat time each for itself are accused, and nothing the room does explains it."""
    found = _told("timing.tapping", PEOPLE + "20:30-21:30 a1..a8 like 20 every 450s")
    assert found.p < 1e-6
    assert _causes(found)["contest"] == "ruled_out"


def test_a_call_by_the_clock_explains_steady_tappers():
    """Forty who tap at every call of the host keep time as well: so do those who answer in words."""
    calls = "\n".join(
        f'20:{m:02}:{3 + (i + m) % 9:02} a{i} like 9; 20:{m:02}:{4 + i % 7:02} c{i} says "抢{m}"'
        for m in range(0, 60, 5)
        for i in range(40)
    )
    found = _told("timing.tapping", PEOPLE + "20:00-22:00 e1..e900 enters scattered\n" + calls)
    assert found.explained


def test_a_room_where_nobody_comes_back_is_told_so():
    """A record that could have shown a machine and shows none clears, instead of asking for more."""
    found = _told("timing.tapping", "20:00-21:00 b1..b60 like 9 scattered")
    assert (found.says, found.p) == ("no_rhythm", 1.0)


def test_sums_over_a_stretch_are_no_beat():
    """Where every row is the sum of half a minute, whoever taps on and on is one burst."""
    lumps = "\n".join(f"20:00:{i:02}-20:20 a{i} like {30 + i} every 30s" for i in range(8))
    light = "\n".join(f"20:{i:02}:00-20:{i:02}:40 b{i} like 12 every 30s" for i in range(40))
    assert _told("timing.tapping", lumps + "\n" + light).p > 0.1


def test_hearts_the_app_gives_by_the_lot_are_nobodys_lots():
    """Equal lots are an app's where passers-by give the same; where they do not, they are a machine's."""
    crew = "20:10-21:50 a1..a20 like 10 x12 scattered\n"
    assert not _told("timing.lots", crew + "20:00-22:00 b1..b60 like {n} x2 scattered").explained
    assert _told("timing.lots", crew + "20:00-22:00 b1..b60 like 10 x2 scattered").explained


@pytest.mark.slow
@pytest.mark.parametrize("burst", ["feed-batched_likes", "red_packet_rain", "ranking_contest", "tap_hearts"])
def test_no_honest_room_taps_by_the_clock_or_by_the_lot(burst):
    """Rooms full of hearts, in feeds that sum them and in rains of red packets: nothing is accused."""
    for seed in range(12):
        session = next(iter(subjects(room(seed, burst=burst, view="auditor").dataset)))
        for signal in ("timing.tapping", "timing.lots"):
            for found in catalogue()[signal].look(session, baselines(signal)):
                assert not isinstance(found, Evidence) or found.p > 1e-3 or found.explained
