"""Who acts as one: pairs of accounts that share more rare moments than their own activity explains, and their groups.

A *moment* is an act (a kind, or what is said) in a short stretch of time; two cuttings, half a stretch apart, see to it
that acts close in time share one. Everybody shares moments with everybody where a room answers its host. So the null
asks of each account how likely it was to be in a moment, given how many others were, how often it does acts of that
class, and while it was there. What two accounts share beyond that is lockstep.

Candidates come from min-wise hashing weighted by rarity (Broder 1997), whose buckets are chained, not squared: one hot
phrase costs no more than a cold one. What is told is counted exactly, over all pairs of a candidate group. Sustained
overlap of (act, time) as the mark of a crew: SynchroTrap (Cao et al., CCS 2014).
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import numpy.typing as npt

from zhenbo.core.scatter import uniform

Ints = npt.NDArray[np.int64]
Floats = npt.NDArray[np.float64]

_HASHES = 32
_NEIGHBOURS = 2
"""Accounts behind it in a bucket with which an account is paired."""
_AGREE = 2
"""Hashes that must agree before a pair is looked at: one agrees by chance."""
_HOT_SHARE, _HOT_LEAST = 0.01, 200
"""An act is a class of its own from this share of all (account, moment) and from so many; others share their pool's."""
_WHOLE = 1_500
"""Accounts of a candidate group whose pairs are all counted; `Lockstep.left_out` says how many more there were."""
_AT_ONCE = 4_000_000
"""Moments looked up at once, which bounds memory."""
_HALVINGS = 24
_WITHIN_MOST = 1e-5
"""No pair of a small group is told on less."""


@dataclass(frozen=True)
class Limits:
    """When overlap is lockstep.

    Args:
        shared: least moments shared by a pair.
        apart: microseconds of a stretch.
        stretches: least stretches that hold a shared moment: what lasts is no answer to one prompt.
        false_pairs: honest pairs expected to reach the bar, of all pairs there are; a group needs as many pairs at the
            bar as it needs members.
        false_links: the same, for looking at a candidate group at all.
        within: honest pairs expected to be told in a group that reached the bar, of all its pairs.
        dispersion: factor on the expectation: friends, habits, moods of the crowd.
        degree: share of its group with which a member must be in lockstep.
        members: least members of a group.
    """

    shared: int = 5
    apart: int = 180_000_000
    stretches: int = 3
    false_pairs: float = 1e-3
    false_links: float = 1.0
    within: float = 1e-2
    dispersion: float = 2.0
    degree: float = 0.3
    members: int = 3


@dataclass(frozen=True)
class Pairs:
    """Pairs of accounts, the smaller number first.

    Args:
        one: account.
        other: account.
        shared: moments both were in.
        expected: of them, by the null.
    """

    one: Ints
    other: Ints
    shared: Ints
    expected: Floats


@dataclass(frozen=True)
class Lockstep:
    """What was found.

    Args:
        pairs: in lockstep, of the groups' members.
        groups: accounts of each group, ascending; the largest first.
        tested: accounts active enough to be looked at.
        left_out: accounts of candidate groups too large to be counted whole.
    """

    pairs: Pairs
    groups: tuple[Ints, ...]
    tested: int
    left_out: int = 0


def lockstep(
    who: Ints, act: Ints, pool: Ints, at: Ints, width: Ints, limits: Limits | None = None
) -> Lockstep:
    """Find the accounts of one stream of acts that move together.

    Args:
        who: account of each act, a number from 0.
        act: what was done, a number from 0: a kind, or a text.
        pool: class of the act unless it is hot, a number from 0: texts among texts, say.
        at: microseconds.
        width: microseconds of a moment, the same for all rows of an act.
        limits: when overlap is lockstep.
    """
    limits = limits or Limits()
    if not len(who):
        return Lockstep(_NO_PAIRS, (), 0)
    cuttings = [_cut(who, act, pool, at, width, offset, limits) for offset in (0, 1)]
    tested = max(c.tested for c in cuttings)
    looks = max(tested * (tested - 1) / 2, 1) * len(cuttings)
    chained = [_candidates(c, limits, limits.false_links / looks) for c in cuttings]
    groups = _components(np.concatenate(chained, axis=1))
    left_out = sum(max(len(members) - _WHOLE, 0) for members in groups)
    groups = [members[:_WHOLE] for members in groups]
    looked = np.sort(np.concatenate(groups)) if groups else np.empty(0, dtype=np.int64)
    chances = [_Chance(c, looked) for c in cuttings]
    found = [_within(chances, members, limits, limits.false_pairs / looks) for members in groups]
    kept = [(pairs, members) for pairs, members in found if len(members) >= limits.members]
    kept.sort(key=lambda told: (-len(told[1]), int(told[1][0])))
    return Lockstep(_together([p for p, _ in kept]), tuple(m for _, m in kept), tested, left_out)


@dataclass(frozen=True)
class _Cut:
    """One cutting of the stream into moments, and who attended them.

    Args:
        keys: account * moments + moment of each attendance, ascending.
        account: of each attendance.
        moment: of each attendance.
        starts: first attendance of each account, and one past the last.
        begin: of each moment, microseconds.
        popular: accounts in each moment.
        kind: class of each moment.
        tested: accounts with as many moments as a pair must share.
    """

    keys: Ints
    account: Ints
    moment: Ints
    starts: Ints
    begin: Ints
    popular: Ints
    kind: Ints
    tested: int

    @cached_property
    def attended(self) -> Ints:
        """Moments of each account."""
        return np.diff(self.starts)


def _cut(who: Ints, act: Ints, pool: Ints, at: Ints, width: Ints, offset: int, limits: Limits) -> _Cut:
    """Cut a stream; the second cutting (offset 1) lies half a moment later."""
    origin = int(at.min())
    stretch = (at - origin + offset * (width // 2)) // width
    long = int(stretch.max()) + 1
    cells, first, of = np.unique(act * long + stretch, return_index=True, return_inverse=True)
    keys = np.unique(who * len(cells) + of)
    account, moment = np.divmod(keys, len(cells))
    popular = np.bincount(moment, minlength=len(cells))
    done = np.bincount(act[first][moment])  # attendances by act
    hot = done >= max(_HOT_LEAST, _HOT_SHARE * len(keys))
    classes = np.where(hot, int(pool.max()) + np.cumsum(hot), -1)
    kind = np.where(hot[act[first]], classes[act[first]], pool[first])
    begin = origin + (stretch * width - offset * (width // 2))[first]
    starts = np.searchsorted(account, np.arange(int(who.max()) + 2))
    tested = int((np.diff(starts) >= limits.shared).sum())
    return _Cut(keys, account, moment, starts, begin, popular, kind, tested)


def _candidates(cut: _Cut, limits: Limits, bar: float) -> Ints:
    """Pairs of accounts, two rows, whose moments are alike enough to be looked at, and significant by the null."""
    shareable = cut.popular[cut.moment] > 1
    several = np.bincount(cut.account[shareable], minlength=len(cut.starts) - 1) >= limits.shared
    taken = shareable & several[cut.account]
    account, moment = cut.account[taken], cut.moment[taken]
    if not len(account):
        return np.empty((2, 0), dtype=np.int64)
    rarity = np.log(max(cut.tested, 2) / cut.popular)
    heads = np.flatnonzero(np.r_[True, account[1:] != account[:-1]])
    names = account[heads]
    marks = np.empty((_HASHES, len(names)))
    for h in range(_HASHES):
        with np.errstate(divide="ignore"):
            score = np.where(rarity > 0, -np.log(uniform(np.arange(len(rarity)), h)) / rarity, np.inf)
        marks[h] = np.minimum.reduceat(score[moment], heads)
    pairs = _neighbours(marks)
    agreed = np.zeros(pairs.shape[1], dtype=np.int64)
    for mark in marks:
        agreed += (mark[pairs[0]] == mark[pairs[1]]) & np.isfinite(mark[pairs[0]])
    pairs = names[pairs[:, agreed >= _AGREE]]
    shared = _shared(cut, pairs, limits)
    pairs, shared = pairs[:, shared >= limits.shared], shared[shared >= limits.shared]
    return np.asarray(pairs[:, _tail(shared, _expected(cut, pairs), limits) <= bar])


def _neighbours(marks: Floats) -> Ints:
    """Pairs of columns that share a mark, each with those behind it in its bucket; every pair once."""
    n = marks.shape[1]
    found = []
    for h, mark in enumerate(marks):
        order = np.lexsort((uniform(np.arange(n), _HASHES + h), mark))
        for step in range(1, _NEIGHBOURS + 1):
            a, b = order[:-step], order[step:]
            same = (mark[a] == mark[b]) & np.isfinite(mark[a])
            a, b = a[same], b[same]
            found.append(np.minimum(a, b) * n + np.maximum(a, b))
    return np.stack(np.divmod(np.unique(np.concatenate(found)), n))


def _shared(cut: _Cut, pairs: Ints, limits: Limits) -> Ints:
    """Moments shared by each pair; 0 unless they last."""
    shared = np.zeros(pairs.shape[1], dtype=np.int64)
    stretch = (cut.begin - cut.begin.min()) // limits.apart
    long = int(stretch.max()) + 1
    for part, rows, moment in _looked_up(cut, pairs):
        key = pairs[1, part][rows] * len(cut.begin) + moment
        hit = cut.keys[np.minimum(np.searchsorted(cut.keys, key), len(cut.keys) - 1)] == key
        n = part.stop - part.start
        stretches = np.bincount(np.unique(rows[hit] * long + stretch[moment[hit]]) // long, minlength=n)
        shared[part] = np.where(stretches >= limits.stretches, np.bincount(rows[hit], minlength=n), 0)
    return shared


def _expected(cut: _Cut, pairs: Ints) -> Floats:
    """Moments of the first of each pair in which the second was expected."""
    expected = np.zeros(pairs.shape[1])
    if not len(expected):
        return expected
    chance = _Chance(cut, np.unique(pairs[1]))
    for part, rows, moment in _looked_up(cut, pairs):
        expected[part] = np.bincount(
            rows, chance.of(pairs[1, part][rows], moment), minlength=part.stop - part.start
        )
    return expected


def _looked_up(cut: _Cut, pairs: Ints) -> Iterator[tuple[slice, Ints, Ints]]:
    """Moments of the first account of every pair, some pairs at a time.

    Yields:
        Which pairs; for each moment the row of its pair among them; the moment.
    """
    lengths = cut.attended[pairs[0]]
    bounds = np.r_[0, np.flatnonzero(np.diff(np.cumsum(lengths) // _AT_ONCE)) + 1, pairs.shape[1]]
    for start, end in zip(bounds[:-1].tolist(), bounds[1:].tolist(), strict=True):
        part = slice(start, end)
        yield (
            part,
            np.repeat(np.arange(end - start), lengths[part]),
            cut.moment[_attendances(cut, pairs[0, part])],
        )


class _Chance:
    """How likely an account was to be in a moment: 1 - exp(-c m), m in it, c such that its own number comes out.

    Solved per account and class over the moments of the class between the account's first and last. An account that
    answers every prompt has a chance near 1 in all of them, and shares nothing remarkable with another like it.
    """

    def __init__(self, cut: _Cut, accounts: Ints) -> None:
        self.cut = cut
        self._classes = int(cut.kind.max()) + 1
        rows = _attendances(cut, accounts)
        self._first = np.zeros(len(cut.starts) - 1, dtype=np.int64)
        self._last = self._first - 1  # nobody is there before the accounts asked for are put in
        if len(rows):
            begin, heads = cut.begin[cut.moment[rows]], np.r_[0, np.cumsum(cut.attended[accounts])[:-1]]
            self._first[accounts] = np.minimum.reduceat(begin, heads)
            self._last[accounts] = np.maximum.reduceat(begin, heads)
        self._keys, number = np.unique(
            cut.account[rows] * self._classes + cut.kind[cut.moment[rows]], return_counts=True
        )
        account, kind = np.divmod(self._keys, self._classes)
        self._rate = np.zeros(len(self._keys))
        for k in np.unique(kind):
            mine = kind == k
            self._rate[mine] = self._solved(int(k), account[mine], number[mine])

    def _solved(self, kind: int, account: Ints, number: Ints) -> Floats:
        """The rate c of accounts in one class, by halving on its logarithm; popularity in powers of two."""
        cut = self.cut
        of = np.flatnonzero(cut.kind == kind)
        of = of[np.argsort(cut.begin[of], kind="stable")]
        begin, popular = cut.begin[of], cut.popular[of].astype(np.float64)
        low = np.searchsorted(begin, self._first[account], "left")
        high = np.searchsorted(begin, self._last[account], "right")
        size = np.log2(popular).astype(np.int64)
        counts, means = [], []
        for step in np.unique(size):
            number_of = np.r_[0, np.cumsum(size == step)]
            sum_of = np.r_[0.0, np.cumsum(np.where(size == step, popular, 0.0))]
            counts.append(number_of[high] - number_of[low])
            means.append((sum_of[high] - sum_of[low]) / np.maximum(counts[-1], 1))
        count, mean = np.array(counts), np.array(means)
        least, most = np.full(len(account), -18.0), np.full(len(account), 3.0)
        for _ in range(_HALVINGS):
            middle = (least + most) / 2
            enough = (count * -np.expm1(-np.exp(middle) * mean)).sum(axis=0) >= number
            least, most = np.where(enough, least, middle), np.where(enough, middle, most)
        return np.asarray(np.exp(most))

    def of(self, account: Ints, moment: Ints) -> Floats:
        """Of each account, in each moment."""
        cut = self.cut
        key = account * self._classes + cut.kind[moment]
        place = np.minimum(np.searchsorted(self._keys, key), len(self._keys) - 1)
        rate = np.where(self._keys[place] == key, self._rate[place], 0.0)
        begin = cut.begin[moment]
        there = (begin >= self._first[account]) & (begin <= self._last[account])
        return np.where(there, -np.expm1(-rate * cut.popular[moment]), 0.0)


def _attendances(cut: _Cut, accounts: Ints) -> Ints:
    """Rows of the cutting that belong to accounts, in their order."""
    lengths = cut.attended[accounts]
    return np.repeat(cut.starts[accounts] - np.r_[0, np.cumsum(lengths)[:-1]], lengths) + np.arange(
        lengths.sum()
    )


def _tail(shared: Ints, expected: Floats, limits: Limits) -> Floats:
    """P(as many shared or more) for a Poisson number of the expected, widened; 1 below the least."""
    from scipy import special

    tail = special.gammainc(np.maximum(shared, 1), np.maximum(expected * limits.dispersion, 1e-9))
    return np.asarray(np.where(shared >= limits.shared, tail, 1.0))


def _components(pairs: Ints) -> list[Ints]:
    """Accounts linked by pairs, directly or not."""
    from scipy.sparse import coo_array
    from scipy.sparse.csgraph import connected_components

    if not pairs.shape[1]:
        return []
    names, of = np.unique(pairs, return_inverse=True)
    of = of.reshape(pairs.shape)
    graph = coo_array((np.ones(pairs.shape[1]), (of[0], of[1])), shape=(len(names), len(names)))
    label = connected_components(graph, directed=False)[1]
    order = np.argsort(label, kind="stable")
    return np.split(names[order], np.flatnonzero(np.diff(label[order])) + 1)


def _within(chances: Sequence[_Chance], members: Ints, limits: Limits, bar: float) -> tuple[Pairs, Ints]:
    """All pairs of a candidate group that are in lockstep, and the members that are so with enough of the others."""
    n = len(members)
    tail, shared, expected = np.ones((n, n)), np.zeros((n, n), dtype=np.int64), np.zeros((n, n))
    for chance in chances:
        one, mean = _overlaps(chance, members, limits)
        told = _tail(one, mean, limits)
        better = told < tail
        tail, shared = np.where(better, told, tail), np.where(better, one, shared)
        expected = np.where(better, mean, expected)
    np.fill_diagonal(tail, 1.0)
    if (tail <= bar).sum() < 2 * limits.members:
        return _NO_PAIRS, members[:0]
    linked = tail <= max(bar, min(limits.within / (n * (n - 1) / 2 * len(chances)), _WITHIN_MOST))
    kept = np.ones(n, dtype=bool)
    while True:  # the core: whoever is in lockstep with too few of those left goes
        few = kept & ((linked & kept).sum(axis=1) < max(1.0, limits.degree * (kept.sum() - 1)))
        if not few.any():
            break
        kept &= ~few
    a, b = np.nonzero(np.triu(linked & kept & kept[:, None]))
    return Pairs(members[a], members[b], shared[a, b], expected[a, b]), members[kept]


def _overlaps(chance: _Chance, members: Ints, limits: Limits) -> tuple[Ints, Floats]:
    """Moments shared by every two members, 0 where they do not last, and the larger of the two expectations."""
    cut, n = chance.cut, len(members)
    rows = _attendances(cut, members)
    member = np.repeat(np.arange(n), cut.attended[members])
    stretch = cut.begin[cut.moment[rows]] // limits.apart
    order = np.argsort(stretch, kind="stable")
    shared, lasting, expected = np.zeros((n, n)), np.zeros((n, n)), np.zeros((n, n))
    for part in np.split(order, np.flatnonzero(np.diff(stretch[order])) + 1):
        moments, moment = np.unique(cut.moment[rows[part]], return_inverse=True)
        attends = np.zeros((n, len(moments)), dtype=np.float32)
        attends[member[part], moment] = 1
        together = attends @ attends.T
        shared += together
        lasting += together > 0
        of = chance.of(np.repeat(members, len(moments)), np.tile(moments, n)).reshape(n, -1)
        expected += attends @ of.T.astype(np.float32)
    shared[lasting < limits.stretches] = 0
    return shared.astype(np.int64), np.maximum(expected, expected.T)


def _together(pairs: Sequence[Pairs]) -> Pairs:
    if not pairs:
        return _NO_PAIRS
    return Pairs(
        *(
            np.concatenate([getattr(p, name) for p in pairs])
            for name in ("one", "other", "shared", "expected")
        )
    )


_NONE = np.empty(0, dtype=np.int64)
_NO_PAIRS = Pairs(_NONE, _NONE, _NONE, np.empty(0))
