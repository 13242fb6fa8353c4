"""The naive detectors fire on what they are made for, and on honest evenings too: that is their known weakness."""

import sys

import numpy as np
import pytest

from zhenbo.core.session import HOUR
from zhenbo.core.story import read
from zhenbo.proof.honest import HONEST
from zhenbo.proof.naive import DETECTORS, hour_concentration

CALM = """
    20:00-22:00 b1..b300 enter scattered [since=2022-0{1|2|3|4|5|6|7|8}-11T10:00]
    20:00-22:00 b1..b300 say "{早|晚|真|好|又}{雨|雪|风|云|月}{东|南|西|北}{来|去|走} {n}" x2 scattered
    20:00-22:00 b1..b300 like 1 x2 scattered
    20:00-22:00 viewers 230..230 every 60s; 20:00-22:00 entered_total 0..2400 every 60s
    20:00-22:00 like_total 0..600 every 60s
    20:00-22:00 b1..b60 order o{n} 59.00 scattered; d+8 10:00-12:00 refunded o{n} x20 scattered
"""
BOUGHT = {
    "duplicate-share": 'x; 20:30-21:30 a1..a20 say "{真的好用|已经回购|质量很好|今天就到|价格真好}" every 72s',
    "comment-sigmas": 'x; 20:30-20:31 a1..a90 say "{a|b|c}{n}" scattered',
    "poisson-spike": "20:30-20:31 a1..a200 enter; 20:30 a1..a200 like 1 x2",
    "poisson-entries": "21:00-21:00 entered_total 4000",
    "poisson-comments": '20:30-20:31 a1..a90 say "{a|b|c}{n}" scattered',
    "poisson-likes": "20:30-20:31 a1..a40 like 1 x4 scattered",
    "likes-high": "22:00 like_total 90000",
    "likes-low": "22:00 entered_total 88888",
    "speakers-low": "21:00-21:30 viewers 9000 every 60s",
    "isolation-forest": '20:10-21:50 a1..a30 say "{a|b|c|d}{n}" x40 scattered',
    "young-accounts": "20:00-22:00 a1..a200 enter scattered [since=2026-04-2{1|2|3|4}T10:00]",
    "next-day-refunds": "20:10-21:50 a1..a90 order f{n} 99.00; d+1 09:00-12:00 refunded f{n} x90",
    "order-brushing": "20:30-21:00 a1..a2 order f{n} 99.00 x100",
}


def told(story):
    """The session of a story."""
    return read(story.replace("x;", "")).session()


@pytest.mark.parametrize("name", DETECTORS)
def test_it_fires_on_what_it_is_made_for_and_not_on_a_calm_room(name):
    """Bought: it fires over its threshold; the same room without the purchase: it looks and stays silent."""
    bought, calm = (DETECTORS[name].look(told(s)) for s in (CALM + BOUGHT[name], CALM))
    assert bought is not None
    assert bought.fires
    assert bought.score >= 1
    # An isolation forest always finds somebody: its share of outliers is no calm room's doing.
    assert calm is not None
    assert name == "isolation-forest" or not calm.fires


def test_duplicate_share_punishes_a_lottery_chant():
    """An honest chant repeats itself far above the threshold, and the rule names the chanting crowd."""
    chant = read(HONEST["a lottery with a prompted chant"]).session()
    alarm = DETECTORS["duplicate-share"].look(chant)
    assert alarm is not None
    assert alarm.fires
    assert len(alarm.accounts) > 300


def test_spikes_and_taps_punish_honest_bursts():
    """A raid is a Poisson spike of entries; hearts tapped on demand are more likes than views."""
    raid, hearts = (read(HONEST[k]).session() for k in ("a raid from another room", "tap hearts when asked"))
    assert DETECTORS["poisson-entries"].look(raid).fires
    assert DETECTORS["likes-high"].look(hearts).fires


def test_they_name_whom_they_mean():
    """Young accounts, refunded orders and the busiest buyers, not the people beside them."""
    young = DETECTORS["young-accounts"].look(told(CALM + BOUGHT["young-accounts"]))
    refunds = DETECTORS["next-day-refunds"].look(told(CALM + BOUGHT["next-day-refunds"]))
    brushed = DETECTORS["order-brushing"].look(told(CALM + BOUGHT["order-brushing"]))
    assert young.accounts == {f"a{i}" for i in range(1, 201)}
    assert refunds.orders == {f"f{i}" for i in range(1, 91)}
    assert brushed.accounts == {"a1", "a2"}
    assert {f"f{i}" for i in range(1, 201)} <= brushed.orders


@pytest.mark.parametrize("name", DETECTORS)
def test_a_record_without_its_columns_is_not_called_clean(name):
    """A record of two viewers says nothing to any rule: None, not an alarm that stays silent."""
    assert DETECTORS[name].look(read("20:00 a1..a2 enter; 21:00 a1 follows").session()) is None


def test_hour_concentration_counts_as_a_plain_loop_does():
    """Orders and distinct buyers of the hour before each order, ties in time and the edge of the hour included."""
    rng = np.random.default_rng(5)  # noqa: TID251 - a seeded stream
    for n in (1, 2, 40, 200):
        at = np.sort(rng.integers(0, 5, n) * HOUR // 2 + rng.integers(0, 3, n))
        buyer = rng.integers(0, 7, n)
        number, distinct = hour_concentration(at, buyer)
        for i in range(n):
            window = (at >= at[i] - HOUR) & (np.arange(n) <= i)
            assert number[i] == window.sum()
            assert distinct[i] == len(set(buyer[window].tolist()))


def test_the_forest_says_what_it_lacks(monkeypatch):
    """Without scikit-learn the detector names the extra to install."""
    monkeypatch.setitem(sys.modules, "sklearn.ensemble", None)
    with pytest.raises(ModuleNotFoundError, match=r"zhenbo\[prove\]"):
        DETECTORS["isolation-forest"].look(told(CALM))
