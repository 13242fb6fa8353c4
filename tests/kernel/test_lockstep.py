"""Who acts as one: planted crews are found whole, crowds that answer a host are not."""

# ruff: noqa: TID251 - rooms are drawn, from a seed

import numpy as np
import pytest

from zhenbo.kernel.lockstep import Lockstep, lockstep

SECOND = 1_000_000
HOUR = 3_600 * SECOND
CHANTS, PHRASES, LINES = 3, 20_000, 300_000


class Room:
    """Two hours of comments, drawn: who, when, which text."""

    def __init__(self, seed: int, people: int = 1_500, comments: int = 15_000) -> None:
        self.rng, self.people = np.random.default_rng(seed), people
        self.rows = [(self._anyone(comments), self._any_time(comments), self._phrase(comments))]

    def _anyone(self, n):
        return (self.people * self.rng.random(n) ** 1.7).astype(np.int64)

    def _any_time(self, n):
        return self.rng.integers(0, 2 * HOUR, n)

    def _phrase(self, n):
        return CHANTS + (PHRASES * self.rng.random(n) ** 1.5).astype(np.int64)

    def prompted(self, times, text, regulars=200, answering=0.9, crowd=100):
        """A host calls, regulars of whom most answer every time, and some of the crowd, answer within seconds."""
        for k in range(times):
            who = self.people + np.flatnonzero(self.rng.random(regulars) < answering)
            who = np.concatenate([who, self._anyone(crowd)])
            at = (k + 0.5) * 2 * HOUR / times + self.rng.exponential(5 * SECOND, len(who))
            self.rows.append((who, at.astype(np.int64), np.full(len(who), text(k))))

    def crew(self, first, size, moments=15, within=20 * SECOND, own=15):
        """Accounts that say one line of their script together, again and again, and as much of their own."""
        members = np.arange(first, first + size)
        for _ in range(moments):
            at = self._any_time(1) + self.rng.integers(0, within, size)
            self.rows.append((members, at, np.full(size, LINES + first + self.rng.integers(0, 40))))
        own *= size
        self.rows.append((self.rng.choice(members, own), self._any_time(own), self._phrase(own)))
        return members

    def look(self, order=None) -> Lockstep:
        """What is found in it, its rows in the given order."""
        who, at, text = (np.concatenate(column) for column in zip(*self.rows, strict=True))
        if order is not None:
            shuffled = np.random.default_rng(order).permutation(len(who))
            who, at, text = who[shuffled], at[shuffled], text[shuffled]
        return lockstep(who, text, np.zeros_like(text), at, np.full_like(at, 60 * SECOND))


@pytest.mark.parametrize("seed", range(2))
def test_crews_are_found_whole_and_nobody_else(seed):
    """Five crews of thirty with as many words of their own as of the script, in a room that also chants."""
    room = Room(seed)
    room.prompted(40, lambda k: k % CHANTS)
    crews = [room.crew(10_000 + 100 * k, 30) for k in range(5)]
    found = room.look()
    members = np.sort(np.concatenate(found.groups))
    assert len(found.groups) == len(crews)
    assert set(members) <= set(np.concatenate(crews))
    assert len(members) >= 0.95 * 5 * 30
    assert all(
        (one // 100 == other // 100) for one, other in zip(found.pairs.one, found.pairs.other, strict=True)
    )
    assert len(found.pairs.one) >= 0.85 * 5 * 30 * 29 / 2
    assert (found.pairs.shared > 3 * found.pairs.expected).all()


@pytest.mark.parametrize("seed", range(2))
@pytest.mark.parametrize(
    ("times", "text", "answering"),
    [
        pytest.param(60, lambda k: k % CHANTS, 0.9, id="regulars who chant all evening"),
        pytest.param(40, lambda k: 50_000 + k, 0.6, id="a new lottery word every three minutes"),
        pytest.param(1, lambda _: 0, 1.0, id="one great prompt"),
    ],
)
def test_who_answers_the_host_is_no_crew(seed, times, text, answering):
    """Prompts are moments everybody is in; regulars share them all, and are expected to."""
    room = Room(seed)
    room.prompted(times, text, answering=answering)
    assert len(room.look().groups) == 0


def test_the_order_of_the_rows_decides_nothing():
    """Shuffled rows, the same pairs and groups."""
    room = Room(1)
    room.crew(10_000, 30)
    told, again = room.look(), room.look(order=7)
    assert [g.tolist() for g in told.groups] == [g.tolist() for g in again.groups]
    for name in ("one", "other", "shared", "expected"):
        assert np.array_equal(getattr(told.pairs, name), getattr(again.pairs, name))


def test_too_little_is_nothing():
    """No acts, one account, accounts that never met."""
    none = np.empty(0, dtype=np.int64)
    assert lockstep(none, none, none, none, none).groups == ()
    alone = np.arange(20) * SECOND
    same = np.zeros(20, dtype=np.int64)
    assert lockstep(same, same, same, alone, np.full(20, SECOND)).groups == ()
    assert lockstep(np.arange(20), same, same, alone, np.full(20, SECOND)).groups == ()
