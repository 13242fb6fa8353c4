"""Crowds that come at once, do nothing and do not leave: by departures, by counters alone, and what clears them."""

import numpy as np
import pytest

from zhenbo.core.dataset import subjects
from zhenbo.core.evidence import Evidence, Missing
from zhenbo.core.story import read
from zhenbo.kernel.waves import waves
from zhenbo.pipeline import baselines
from zhenbo.signals.timing.silence import SIGNAL, look
from zhenbo.worlds import ATTACKS, attacked

_ROOM = '20:00-21:50 b1..b600 enters scattered; 20:01-21:55 b1..b300 say "{n}" scattered'
_GONE = "20:01-21:55 b1..b600 leaves scattered"
_SECOND = 1_000_000


def _found(story: str) -> Evidence:
    found = list(look(read(story).session(), baselines(SIGNAL.id)))
    assert isinstance(found[0], Evidence)
    return found[0]


def _causes(e: Evidence) -> dict[str, str]:
    return {c.cause: c.outcome for c in e.causes}


def _counters(before: int, after: int, end: int) -> str:
    """A room of a steady flow into which 400 come at 20:30 by the entry counter; its gauge."""
    return f"""
        20:00-20:30 entered_total 0..165 every 30s; 20:31-22:00 entered_total 570..1050 every 30s
        20:00-20:30 viewers {before} every 30s; 20:31-22:00 viewers {after}..{end} every 30s
    """


def test_counters_tell_who_left():
    """Without departures: the number shown rises by the wave and stays (bought), or falls back (carried in)."""
    wave = "20:30:00-20:30:40 a1..a400 enters [via=door{n%4}]"
    stayed = _found(f"{_ROOM}; {wave}\n{_counters(40, 440, 420)}")
    passed = _found(f"{_ROOM}; {wave}\n{_counters(40, 440, 20)}".replace("440..20", "60..40"))
    assert stayed.p < 1e-3
    assert stayed.effect is not None
    assert stayed.effect.low < 400 < stayed.effect.high
    assert passed.p > 0.5


def test_popularity_is_no_head_count():
    """A gauge that rises by more than came in measures something else: nothing is said about who left."""
    wave = "20:30:00-20:30:40 a1..a400 enters [via=door{n%4}]"
    assert _found(f"{_ROOM}; {wave}\n{_counters(40, 9_000, 9_000)}").p > 0.5


@pytest.mark.parametrize(("fields", "least"), [(" [via=relay]", 0.05), (" [via=feed]", 3e-4), ("", 5e-3)])
def test_one_door_has_a_sender(fields: str, least: float):
    """By the room's own entrance: a question; by one of their own (a relay), or untold: less. Nobody is named."""
    room = _ROOM.replace("enters scattered", "enters scattered [via=feed]") if fields else _ROOM
    e = _found(
        f"{room}; {_GONE}; 20:30:00-20:30:40 a1..a400 enters{fields}; 21:30-21:50 a1..a400 leaves scattered"
    )
    assert e.p == pytest.approx(least)
    assert "open" in _causes(e).values()
    assert max(e.accounts.values()) < 0


def test_whoever_talks_is_no_silent_crowd():
    """A class that comes at once and stays, and signs in, is honest."""
    e = _found(
        f'{_ROOM}; {_GONE}; 20:30:00-20:30:40 a1..a400 enters [via=door{{n%4}}]; 20:31-20:33 a1..a300 say "here" scattered'
    )
    assert e.p > 0.5


def test_people_who_come_back_after_an_outage():
    """Where a wave brings many who had been there, it is explained."""
    back = "20:30:00-20:30:40 b1..b250 enters; 20:29 b1..b250 leaves"
    e = _found(f"{_ROOM}; {_GONE}; {back}; 20:30:00-20:30:40 a1..a300 enters [via=door{{n%4}}]")
    assert _causes(e)["outage"] == "explains"


def test_what_it_asks_for():
    """Without a gauge and without departures it asks for the gauge; without accounts, for accounts."""
    assert list(look(read(_ROOM).session(), baselines(SIGNAL.id))) == [
        Missing(SIGNAL.question, "viewer_counter")
    ]
    anonymous = read("20:00-22:00 viewers 40 every 60s").session()
    assert list(look(anonymous, baselines(SIGNAL.id))) == [Missing(SIGNAL.question, "account_ids")]


def test_waves_are_found_by_number():
    """A smooth evening has no wave; two lots a minute and a half apart are two, with all who came in them."""
    smooth = np.arange(0, 3600 * _SECOND, 6 * _SECOND)
    lots = [1800 * _SECOND + np.arange(200) * 150_000, 1920 * _SECOND + np.arange(200) * 150_000]
    assert waves(smooth, (0, 3600 * _SECOND), 60, 2.5) == []
    found = waves(np.sort(np.r_[smooth, *lots]), (0, 3600 * _SECOND), 60, 2.5)
    assert [w.count // 10 for w in found] == [20, 20]
    assert [round(w.usual) for w in found] == [5, 5]


@pytest.mark.slow
def test_waves_that_run_into_each_other_may_be_a_tide():
    """Lots of every minute (8,888 views as rows) join to a wave with fewer than their fuller side lets expect: p stays a probability."""
    number = len(ATTACKS) + list(ATTACKS).index("package-P38-rows-by_minute")
    (session,) = [s for s in subjects(next(attacked(2, 1, number)).dataset) if s.scope == "session"]
    (e,) = look(session, baselines(SIGNAL.id))
    assert isinstance(e, Evidence)
    assert 0 < e.p <= 1
