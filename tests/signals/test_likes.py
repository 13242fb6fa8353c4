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


def _counted(gains: list[int], taps: dict[int, int]) -> str:
    """A like counter read every minute that gains so much in each, and the taps delivered in the middle of some."""
    shown = [sum(gains[: i + 1]) + sum(q for m, q in taps.items() if m < i) for i in range(len(gains))]
    clock = [f"{20 + m // 60}:{m % 60:02}" for m in range(len(gains))]
    lines = [f"{t} like_total {v}" for t, v in zip(clock, shown, strict=True)]
    return "\n".join(lines + [f"{clock[m]}:30 b{m} likes {q}" for m, q in taps.items()])


HANDS = {m: 9 + 7 * (m % 5) for m in range(3, 88, 6)}


def test_equal_lots_on_every_fifth_minute_are_a_stream():
    """A lot of 140 hearts every fifth minute beneath the room's own taps: 26 a minute that nobody tapped."""
    found = _told("counters.undertow", _counted([140 * (m % 5 == 4) for m in range(90)], HANDS))
    assert (found.says, found.p) == ("stream", 1e-4)
    assert abs(found.effect.mid - 18 * 140) < 0.25 * 18 * 140


def test_a_counter_that_swells_with_the_room_is_no_stream():
    """A feed that loses half of the taps leaves a remainder that comes and goes as people tap."""
    lost = [HANDS.get(m - 1, 0) + 23 * (m % 7 == 2) for m in range(90)]
    assert _told("counters.undertow", _counted(lost, HANDS)).p > 0.1


def test_an_interpolated_counter_is_no_stream():
    """A counter drawn as a straight line by somebody else does not follow the taps, so nothing is said of it."""
    shown = "20:00-21:29 like_total 0..4500 every 60s\n"
    taps = "\n".join(f"{20 + m // 60}:{m % 60:02}:30 b{m} likes {q}" for m, q in HANDS.items())
    assert _told("counters.undertow", shown + taps).p > 0.1


@pytest.mark.slow
@pytest.mark.parametrize("burst", ["feed-smoothed", "feed-slow", "feed-like_hundreds", "feed-lagging"])
def test_no_honest_feed_hides_a_stream(burst):
    """Counters that smooth, stand still, lag, or count what the rows do not know: nothing is accused."""
    for seed in range(12):
        session = next(iter(subjects(room(seed, burst=burst, view="auditor").dataset)))
        for found in catalogue()["counters.undertow"].look(session, baselines("counters.undertow")):
            assert not isinstance(found, Evidence) or found.p > 1e-3


def test_thumbs_rest_and_machines_do_not():
    """Six accounts that tap on for half an hour are told and named; the same hearts with a rest every four minutes, and five minutes of a fan, are not."""
    room = "20:00-22:00 b1..b40 like 9 x12 scattered\n"
    on = _told("timing.tapping", room + "20:30-21:00 a1..a6 like 15 every 2s")
    assert on.says == "tireless"
    assert {n for n, db in on.accounts.items() if db > 0} == {f"a{i}" for i in range(1, 7)}
    rests = "\n".join(f"20:{m:02}:00-20:{m + 3:02}:40 a1..a6 like 15 every 2s" for m in range(10, 50, 4))
    assert _told("timing.tapping", room + rests).says != "tireless"
    assert _told("timing.tapping", room + "20:30-20:35 a1..a9 like 15 every 2s").p > 0.1
