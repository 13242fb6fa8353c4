"""Accounts that speak from one list: lines that two of them share, minutes apart, and hardly anybody else says.

That everybody repeats what is popular in a room says nothing; so each line counts by how many accounts say it. The
accounts of a crew make their own list popular: whoever shares half of its lines with an account is therefore left out
when the popularity of that account's lines is counted.
"""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from zhenbo.core.session import SECOND

Ints = npt.NDArray[np.int64]
Floats = npt.NDArray[np.float64]

_POPULAR = 100
"""Lines said by more accounts than this are nobody's list."""
_FRIENDS = 0.5
"""Share of the shorter list from which on two accounts do not vouch for each other's lines."""
_DISPERSION = 2.0
"""Factor on the expectation: friends, habits, common subjects (as in `kernel/lockstep.py`)."""


@dataclass(frozen=True)
class Limits:
    """When a list is shared.

    Args:
        own: least distinct lines of an account.
        shared: least lines two accounts share.
        apart_s: seconds that must lie between the two saying a line, once at least: what is said sooner answers the same prompt.
        beat_s: seconds within which the two must not say a line together, half the times that either says it: who does
            answers one voice, however often it asks. A short list said again and again coincides now and then.
        common: share of an account's lines that people take from each other in any room.
        bar: probability, all pairs paid for, from which on two accounts do not share a list.
    """

    own: int = 6
    shared: int = 5
    apart_s: float = 180.0
    beat_s: float = 20.0
    common: float = 0.08
    bar: float = 1e-3


@dataclass(frozen=True)
class Scripts:
    """What was found.

    Args:
        tested: accounts with lines enough.
        one: account of each pair that shares a list.
        other: account of each such pair.
        shared: lines each pair shares.
        expected: of them, by popularity.
        tail: probability of each, all pairs paid for; may exceed 1.
        best: the least such probability of all pairs looked at.
    """

    tested: Ints
    one: Ints
    other: Ints
    shared: Ints
    expected: Floats
    tail: Floats
    best: float


def scripts(who: Ints, line: Ints, ts: Ints, limits: Limits) -> Scripts:
    """Find the pairs of accounts that share a list nobody else uses.

    Args:
        who: account of each comment, a number from 0.
        line: number of its line, -1 where it is too short to tell anything.
        ts: microseconds.
        limits: when a list is shared.
    """
    from scipy import special

    long = line >= 0
    who, line, ts = who[long], line[long], ts[long]
    said = _Said.of(who, line, ts)
    own = np.bincount(said.who)
    tested = np.flatnonzero(own >= limits.own)
    told = _apart(said.of_those(own >= limits.own), len(own), int(limits.apart_s * SECOND))
    told = np.setdiff1d(
        told, _at_once(who, line, ts, len(own), int(limits.beat_s * SECOND)), assume_unique=True
    )
    pairs, shared = np.unique(told % max(len(own) ** 2, 1), return_counts=True)
    one, other = np.divmod(pairs, max(len(own), 1))
    enough = shared >= limits.shared
    one, other, shared = one[enough], other[enough], shared[enough]
    if not len(one):
        return Scripts(tested, one, other, shared, np.zeros(0), np.zeros(0), 1.0)
    friends = shared >= _FRIENDS * np.minimum(own[one], own[other])
    expected = _expected(said, own, one, other, friends, limits.common)
    looks = len(tested) * (len(tested) - 1) / 2
    tail = np.asarray(special.gammainc(shared, _DISPERSION * expected)) * looks
    kept = tail < limits.bar
    return Scripts(
        tested, one[kept], other[kept], shared[kept], expected[kept], tail[kept], float(min(tail.min(), 1.0))
    )


@dataclass(frozen=True)
class _Said:
    """Who said which line, once each, sorted by line: from when to when."""

    who: Ints
    line: Ints
    first: Ints
    last: Ints

    @classmethod
    def of(cls, who: Ints, line: Ints, ts: Ints) -> "_Said":
        order = np.lexsort((ts, who, line))
        who, line, ts = who[order], line[order], ts[order]
        head = (
            np.flatnonzero(np.r_[True, (who[1:] != who[:-1]) | (line[1:] != line[:-1])])
            if len(who)
            else order
        )
        last = np.r_[head[1:], len(who)] - 1 if len(who) else order
        return cls(who[head], line[head], ts[head], ts[last])

    @property
    def popular(self) -> Ints:
        """Accounts that say each line."""
        return np.bincount(self.line) if len(self.line) else np.zeros(0, dtype=np.int64)

    def of_those(self, tested: npt.NDArray[np.bool_]) -> "_Said":
        """Lines that might be on a list, by the accounts looked at."""
        kept = tested[self.who] & (self.popular[self.line] <= _POPULAR)
        return _Said(self.who[kept], self.line[kept], self.first[kept], self.last[kept])


def _apart(said: _Said, accounts: int, apart: int) -> Ints:
    """Line and pair of accounts, in one number each, where both said the line so far apart."""
    keys = [_NONE]
    for step in range(1, len(said.line)):
        a = np.flatnonzero(said.line[step:] == said.line[:-step])
        if not len(a):
            break
        b = a + step
        gap = np.maximum(np.abs(said.last[b] - said.first[a]), np.abs(said.last[a] - said.first[b]))
        keys.append(_key(said.line[a], said.who[a], said.who[b], accounts)[gap > apart])
    return np.unique(np.concatenate(keys))


def _at_once(who: Ints, line: Ints, ts: Ints, accounts: int, beat: int) -> Ints:
    """The same where both say the line in one beat, mostly; lines that are nobody's list are left out."""
    if not len(line):
        return _NONE
    spoken, times = np.unique(line * accounts + who, return_counts=True)
    kept = np.bincount(spoken // accounts)[line] <= _POPULAR
    order = np.lexsort((ts[kept], line[kept]))
    who, line, ts = who[kept][order], line[kept][order], ts[kept][order]
    keys = [_NONE]
    for step in range(1, len(line)):
        a = np.flatnonzero((line[step:] == line[:-step]) & (ts[step:] - ts[:-step] <= beat))
        if not len(a):
            break
        keys.append(_key(line[a], who[a], who[a + step], accounts))
    met, meetings = np.unique(np.concatenate(keys), return_counts=True)
    said, pair = np.divmod(met, accounts**2)
    either = [times[np.searchsorted(spoken, said * accounts + one)] for one in np.divmod(pair, accounts)]
    return np.asarray(met[meetings >= _BEAT * np.minimum(*either)])


_BEAT = 0.5
"""Share of the sayings of a line that must fall in one beat with another's for the two to answer one voice in it."""


def _key(line: Ints, one: Ints, other: Ints, accounts: int) -> Ints:
    """A line and two accounts, the smaller number first, as one number."""
    return np.asarray((line * accounts + np.minimum(one, other)) * accounts + np.maximum(one, other))


_NONE = np.empty(0, dtype=np.int64)


def _expected(
    said: _Said, own: Ints, one: Ints, other: Ints, friends: npt.NDArray[np.bool_], common: float
) -> Floats:
    """Lines that each pair would share if the other took lines as everybody does who is no friend of the first."""
    from scipy.sparse import coo_array

    n, known = len(own), said.popular[said.line] <= _POPULAR
    who, line = said.who[known], said.line[known]
    says = coo_array((np.ones(len(who)), (who, line)), shape=(n, len(said.popular))).tocsr()
    a, b = one[friends], other[friends]
    friend = coo_array((np.ones(2 * len(a)), (np.r_[a, b], np.r_[b, a])), shape=(n, n)).tocsr()
    others = (
        np.bincount(who, said.popular[line] - 1.0, n)
        - np.asarray((says * (friend @ says)).sum(axis=1)).ravel()
    )
    # lines others said that this account says too, of all lines they said; a little of that is any room's
    rest = np.maximum(own.sum() - own - friend @ own.astype(np.float64), 1.0)
    share = (np.maximum(others, 0.0) + common * own) / np.maximum(rest, own)
    return np.asarray(np.maximum(share[one] * own[other], share[other] * own[one]))
