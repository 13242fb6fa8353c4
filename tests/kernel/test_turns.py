"""Who never speaks at the same moment."""

# ruff: noqa: TID251 - rooms are drawn, from a seed

import numpy as np

from zhenbo.kernel.turns import Limits, turns

SECOND = 1_000_000
HOUR = 3600


def _crowd(rng, accounts, comments):
    """Accounts that speak whenever they like, seconds."""
    who = np.repeat(np.arange(accounts), comments)
    return who, rng.uniform(0, HOUR, len(who))


def _found(who, at):
    return turns(who, (at * SECOND).astype(np.int64), Limits())


def test_an_operator_is_told_from_the_crowd_he_hides_in():
    """Twenty accounts of one typist are found whole, and nobody else with them; the same lines sent at random are not."""
    rng = np.random.default_rng(3)
    who, at = _crowd(rng, 60, 15)
    typed = np.cumsum(rng.uniform(4, 9, 500))
    hand = rng.integers(60, 80, 500)
    found = _found(np.r_[who, hand], np.r_[at, typed])
    assert set(found.tested[found.members].tolist()) == set(range(60, 80))
    assert found.p < 1e-9
    assert _found(np.r_[who, hand], np.r_[at, rng.uniform(0, HOUR, 500)]).p == 1.0


def test_flurries_that_miss_each_other_are_no_exclusion():
    """Talkers who each speak thirty times in a minute of their own are no set: their flurries count once."""
    rng = np.random.default_rng(4)
    who, at = _crowd(rng, 60, 10)
    flurry = np.repeat(np.arange(60, 72), 30)
    start = np.repeat(np.arange(12) * 70.0, 30) % 700
    assert _found(np.r_[who, flurry], np.r_[at, start + rng.uniform(0, 60, len(flurry))]).p > 0.05


def test_a_record_that_keeps_everybody_apart_accuses_nobody():
    """A feed that drops what comes within four seconds of the last comment leaves holes between all accounts alike."""
    rng = np.random.default_rng(5)
    who, at = _crowd(rng, 40, 40)
    order = np.argsort(at)
    kept, last = [], -9.0
    for row in order.tolist():
        if at[row] - last >= 4:
            kept.append(row)
            last = at[row]
    assert _found(who[kept], at[kept]).p > 0.05
