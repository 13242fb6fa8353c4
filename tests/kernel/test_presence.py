"""Who comes and goes together, and lengths that agree: delivered crowds are found whole, evenings with a common cause are not."""

# ruff: noqa: TID251 - evenings are drawn, from a seed

from dataclasses import replace

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from zhenbo.core.evidence import Cause
from zhenbo.core.story import read
from zhenbo.judge.groups import Group, groups_of, united
from zhenbo.kernel.lengths import SECOND, equal_lengths, step
from zhenbo.kernel.presence import alike, completed, loyalty, together
from zhenbo.kernel.visits import OPEN, Visits, visits
from zhenbo.signals.catalogue import catalogue

HOUR = 3_600 * SECOND
EVENING = 2 * HOUR


def evening(seed, *crowds, n=2_000):
    """Independent visits of an evening, and crowds of (came, left) beside them."""
    rng = np.random.default_rng(seed)
    came = rng.integers(0, EVENING, n)
    left = came + ((rng.lognormal(4.3, 1.4, n) + 1.5) * SECOND).astype(np.int64)
    for c, gone in crowds:
        came, left = np.r_[came, c], np.r_[left, gone]
    left = np.where(left >= EVENING, OPEN, left)
    m = len(came)
    return Visits(
        pa.array([f"a{i}" for i in range(m)]),
        np.arange(m),
        came,
        left,
        np.zeros(m, np.int64),
        np.full(m, OPEN),
        np.full(m, -1),
    )


def crowd(seed, size, at, stay, coming=20, going=4):
    """A crowd that one hand lets in within `coming` seconds, and out within `going`, at minute `at` for `stay` minutes."""
    rng = np.random.default_rng([seed, 1])
    came = (at * 60 + rng.uniform(0, coming, size)) * SECOND
    return came.astype(np.int64), ((at + stay) * 60 * SECOND + rng.uniform(0, going, size) * SECOND).astype(np.int64)  # fmt: skip


@pytest.mark.parametrize("seed", range(3))
def test_a_delivered_crowd_is_found_whole_and_nobody_else(seed):
    """Sixty that come and go together among two thousand who do not: nine of ten named are theirs, nine of ten are named."""
    v = evening(seed, crowd(seed, 60, 40, 12))
    found = completed(v, together(v, EVENING, 0.05))
    named = found.which >= 0
    assert found.p < 1e-3
    assert named[-60:].mean() > 0.9
    assert named[-60:].sum() > 0.9 * named.sum()
    assert loyalty(v, found) > 0.8


@pytest.mark.parametrize("seed", range(3))
def test_common_causes_move_crowds_and_nobody_is_told(seed):
    """An evening by itself; a draw after which half the room goes; three hundred who come at once and go one by one."""
    rng = np.random.default_rng([seed, 2])
    plain = evening(seed)
    draw = 70 * 60 * SECOND
    there = (plain.came < draw) & (plain.left > draw) & (rng.random(len(plain.who)) < 0.5)
    gone = np.where(there, draw + (rng.exponential(15, len(there)) * SECOND).astype(np.int64), plain.left)
    after_draw = replace(plain, left=gone)
    came, _ = crowd(seed, 300, 40, 1)
    raid = evening(seed, (came, came + ((rng.lognormal(4.3, 1.4, 300) + 1.5) * SECOND).astype(np.int64)))
    for v in (plain, after_draw, raid):
        assert together(v, EVENING, 0.01).p > 0.01
        assert alike(v, np.zeros(len(v.who), bool), 0.01).p > 0.01


def test_visits_of_one_length_are_found_unless_the_record_cannot_tell_seconds():
    """Two hundred visits of 417 seconds, begun at any time; an honest evening stamped every ten seconds has lengths of whole polls only, and tells nothing."""
    rng = np.random.default_rng(5)
    came = rng.integers(0, EVENING - HOUR, 200)
    v = evening(5, (came, came + 417 * SECOND + rng.integers(-SECOND // 4, SECOND // 4, 200)))
    nobody = np.zeros(len(v.who), bool)
    found = alike(v, nobody, 0.01)
    assert (found.which[-200:] >= 0).mean() > 0.9
    v, beat = evening(6), 10 * SECOND
    polled = replace(
        v, came=-(-v.came // beat) * beat, left=np.where(v.ended, -(-v.left // beat) * beat, OPEN)
    )
    assert step(polled.came, polled.left[polled.ended]) == pytest.approx(10, abs=0.2)
    assert (alike(polled, nobody[: len(v.who)], 0.01).which < 0).all()


def test_a_quiet_room_that_is_polled_has_the_step_of_its_polls():
    """Few moments are shared by two rows, yet all lie on the beat; a fleet on a clock in a room of others makes no beat."""
    rng = np.random.default_rng(8)
    free = np.sort(rng.integers(0, 7_200 * SECOND, 400))
    asked = -(-free // (5 * SECOND)) * 5 * SECOND + 3 * SECOND // 2 + rng.integers(0, 5_000, 400)
    assert 2 * len(np.unique(asked // SECOND)) > len(asked)
    assert step(asked) == 5.0
    fleet = np.arange(0, 7_200, 20) * SECOND
    assert step(np.concatenate([fleet, free])) == 0.0


def test_lengths_of_whole_seconds_are_no_finding():
    """Waits that a platform writes in whole seconds fall on every second and nowhere between: no class finer than three is asked."""
    rng = np.random.default_rng(6)
    ts = np.sort(rng.integers(0, 7_200, 500)) * SECOND
    waits = rng.lognormal(3, 1, 500).round()
    assert step(ts) == 1.0
    assert min((c.tail for c in equal_lengths(waits, step(ts), ((0.1, 10), (1.0, 10), (3.0, 10)))), default=1) > 0.01  # fmt: skip


def test_a_visit_ends_with_the_next_leave_of_the_same_account_before_it_comes_again():
    """Three entries, of which the first is left, the second is left behind by the third, and the third stays open."""
    told = read("20:00 a enters; 20:05 a says “hi”; 20:10 a leaves; 20:20 a enters; 20:30 a enters; 20:31 b leaves".replace("“", '"').replace("”", '"'))  # fmt: skip
    v = visits(told.session())
    minutes = [(int(x - v.came[0]) // (60 * SECOND), "open" if y == OPEN else int(y - v.came[0]) // (60 * SECOND)) for x, y in zip(v.came, v.left, strict=True)]  # fmt: skip
    assert minutes == [(0, 10), (20, "open"), (30, "open")]
    assert v.acts.tolist() == [1, 0, 0]


@given(
    st.lists(st.frozensets(st.sampled_from("abcdefghijkl"), min_size=3, max_size=8), max_size=8), st.randoms()
)
def test_groups_that_overlap_by_half_are_one_whatever_the_order(parts, random):
    """Uniting does not depend on order, loses nobody, and leaves no two groups of which one holds half of the other untouched."""
    groups = [
        Group(f"g{i}", False, (f"r{i}",), ("s",), (f"e{i}",), dict.fromkeys(p, 0.9))
        for i, p in enumerate(parts)
    ]
    shuffled = list(groups)
    random.shuffle(shuffled)
    made = united(groups)
    assert {(g.reasons, frozenset(g.accounts)) for g in made} == {(g.reasons, frozenset(g.accounts)) for g in united(shuffled)}  # fmt: skip
    assert set().union(*(g.accounts for g in made)) == set().union(*parts)
    assert sorted(r for g in made for r in g.reasons) == sorted(r for g in groups for r in g.reasons)


def test_who_merely_acts_as_one_is_listed_as_organised_and_accused_of_nothing():
    """A class whose evidence weighs too little to name anybody is a group all the same, organised; without the open cause it is none."""
    told = catalogue()["timing.presence"].evidence(
        window=(1, 2), p=0.05, observed=30.0, expected=1.0, says="together", accounts={f"a{i}": 13.4 for i in range(30)},
        causes=(Cause("gathering", "open"),), events=("s:e1",), events_total=1,
    )  # fmt: skip
    p = dict.fromkeys(told.accounts, 0.18)
    (group,) = groups_of("r1", [told], p)
    assert group.organised
    assert dict(group.accounts) == p
    assert groups_of("r1", [replace(told, causes=(Cause("gathering", "ruled_out"),))], p) == ()
