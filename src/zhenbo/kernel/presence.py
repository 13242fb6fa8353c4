"""Visits that begin together and end together, and visits of one length: what independent people do not do.

Departures are held against a hazard: the chance per stretch of time that somebody who is there leaves in it. Three
are measured around every cell of the (came, left) plane, each without the cell itself: what the *others* in the room
did at that moment (a lottery ends, the stream breaks: everybody goes), what *these* people did just before and after
(a crowd that thins out), and what people do after so long a stay (feed swiping). The largest counts.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import numpy.typing as npt

from zhenbo.core.session import HOUR, SECOND
from zhenbo.kernel.lengths import STEPS, Cell, equal_lengths, settled, step
from zhenbo.kernel.visits import Bools, Ints, Visits

Floats = npt.NDArray[np.float64]

SCALES = ((15, 5, 2.0), (30, 15, 2.0), (90, 30, 1.5), (240, 45, 1.0))
"""Widths of a cell in seconds (coming, leaving), and the negative-binomial size of honest counts in it: the wider a
cell, the more an evening's own crowds (a star walks in, a partner room is carried) differ from a smooth flow."""
WIDTHS = ((1.0, 10), (3.0, 10), (10.0, 12), (30.0, 14))
"""Widths of a class of stays in seconds, and from how many such widths on it is asked for: stays near zero fall steeply."""
_NEAR, _FAR = 1, 8
"""Cells left out and cells compared, on either side of a cell in time of leaving."""
_CELL_MIN = 3
_CHUNK, _REACH = 2 * HOUR, 6 * HOUR
"""A long record is looked at by two hours of coming, each followed for six."""


@dataclass(frozen=True)
class Clusters:
    """Where visits stand closer than the hazards allow.

    Args:
        p: probability of the closest cell under the null, all cells and widths paid for.
        which: number of the cluster each visit belongs to; −1 for none.
        expected: visits the null expects, per cluster.
        tail: p of each cluster, paid for.
        width: seconds within which the cluster's visits end (or its stays differ).
    """

    p: float
    which: Ints
    expected: Floats
    tail: Floats
    width: Floats


def together(v: Visits, end: int, remarkable: float) -> Clusters:
    """Visits that begin and end together.

    Args:
        v: the visits.
        end: last microsecond of the record; who leaves in its last half minute leaves with everybody.
        remarkable: a cell is kept as a cluster from this p on, everything paid for.
    """
    odd = np.zeros(len(v.who), dtype=bool)
    cells: list[Cell] = []
    coarse = step(v.came, v.left[v.ended])
    scales = [scale for scale in SCALES if scale[1] >= STEPS * coarse]
    # twice: what stood out at first is left out of the hazards, since a large crowd must not vouch for itself
    for _ in range(2):
        cells = [
            cell for chunk in _chunks(v) for scale in scales for cell in _cells(v, chunk, end, scale, odd)
        ]
        for cell in cells:
            odd[cell.members] = True
    return _settled(len(v.who), cells, remarkable)


def alike(v: Visits, taken: Bools, remarkable: float) -> Clusters:
    """Visits of one length, whenever they began; `taken` ones are left out."""
    use = np.flatnonzero(v.ended & ~taken)
    found = equal_lengths((v.left[use] - v.came[use]) / SECOND, step(v.came, v.left[v.ended]), WIDTHS)
    return _settled(len(v.who), [replace(c, members=use[c.members]) for c in found], remarkable)


def _chunks(v: Visits) -> Iterator[Ints]:
    """Places of the visits by two hours of coming."""
    if not len(v.who):
        return
    part = (v.came - v.came.min()) // _CHUNK
    for number in np.unique(part).tolist():
        yield np.flatnonzero(part == number)


def _cells(v: Visits, at: Ints, end: int, scale: tuple[int, int, float], odd: Bools) -> list[Cell]:
    """Cells of one chunk at one scale whose count is not ordinary; hazards are taken from visits that are not odd."""
    from scipy import stats

    wide, narrow, size = scale
    origin = int(v.came[at].min())
    last = min(end - 30 * SECOND, origin + _REACH)
    seen = v.left[at] < last
    i = (v.came[at] - origin) // (wide * SECOND)
    j = (np.where(seen, v.left[at], max(last, origin)) - origin) // (narrow * SECOND)
    shape = (int(i.max()) + 1, max(int(j.max()) + 1, 1))
    place = i * shape[1] + j

    def table(keep: Bools) -> Floats:
        flat = np.bincount(place[keep], minlength=shape[0] * shape[1])
        return np.asarray(flat.reshape(shape), dtype=np.float64)

    gone = table(seen)
    if gone.max() < _CELL_MIN:
        return []
    age = np.arange(shape[1])[None, :] - (np.arange(shape[0]) * wide // narrow)[:, None]
    plain = ~odd[at]
    hazard = _hazard(table(seen & plain), _at_risk(table(plain), age), np.maximum(age, -1) + 1)
    expected = _at_risk(table(np.ones(len(at), dtype=bool)), age) * np.minimum(hazard, 1.0)
    rows, cols = np.nonzero(gone >= _CELL_MIN)
    m, e = gone[rows, cols], expected[rows, cols]
    tail = stats.nbinom.sf(m - 1, size, size / (size + e)) * len(v.who) * len(SCALES)
    place[~seen] = -1
    return [
        Cell(float(tail[k]), at[place == rows[k] * shape[1] + cols[k]], float(e[k]), float(narrow))
        for k in np.flatnonzero(tail < 1).tolist()
    ]


def _at_risk(ended: Floats, age: Ints) -> Floats:
    """Who is still there in every cell: those who end in it or later, from their coming on."""
    return np.where(age < 0, 0.0, ended[:, ::-1].cumsum(1)[:, ::-1])


def _hazard(gone: Floats, at_risk: Floats, age: Ints) -> Floats:
    """The largest of the three hazards around every cell, each drawn towards the room's own as far as it is thin."""
    room = (gone.sum() + 1) / (at_risk.sum() + 1) * _PSEUDO
    own, own_risk = _beside(gone.T, 0, 1).T, _beside(at_risk.T, 0, 1).T
    others = (gone.sum(0)[None, :] - own + room) / (at_risk.sum(0)[None, :] - own_risk + _PSEUDO)
    these = (_beside(gone, _NEAR, _FAR) + room) / (_beside(at_risk, _NEAR, _FAR) + _PSEUDO)
    aged, aged_risk = np.bincount(age.ravel(), gone.ravel())[age], np.bincount(age.ravel(), at_risk.ravel())[age]  # fmt: skip
    usual = (aged - gone + room) / (aged_risk - at_risk + _PSEUDO)
    return np.asarray(np.maximum(np.maximum(others, these), usual))


_PSEUDO = 5.0
"""So many people at risk with the room's own hazard are added to each."""


def _beside(x: Floats, near: int, far: int) -> Floats:
    """Sum over the cells of a row at most `far` away, without those less than or equal to `near` away (0: none left out)."""
    n, k = x.shape[1], np.arange(x.shape[1])
    run = np.concatenate([np.zeros((x.shape[0], 1)), np.cumsum(x, axis=1)], axis=1)

    def within(reach: int) -> Floats:
        return np.asarray(run[:, np.minimum(k + reach + 1, n)] - run[:, np.maximum(k - reach, 0)])

    return within(far) - (within(near) if near else 0.0)


@dataclass(frozen=True)
class Crowd:
    """Clusters that begin together.

    Args:
        first: first microsecond of its coming, stragglers aside.
        last: one past the last.
        exits: first and last microsecond of the going of each of its clusters.
        clusters: their numbers.
    """

    first: int
    last: int
    exits: tuple[tuple[int, int], ...]
    clusters: tuple[int, ...]

    def left_with(self, v: Visits) -> Bools:
        """Visits, whenever begun, that ended when one of its clusters did."""
        out = np.zeros(len(v.who), dtype=bool)
        for low, high in self.exits:
            out |= (v.left >= low) & (v.left <= high)
        return out


def crowds(v: Visits, c: Clusters) -> Iterator[Crowd]:
    """Clusters whose stretches of coming overlap, as one crowd each, in order of time."""
    found = []
    for number, width in enumerate(c.width.tolist()):
        mine, slack = c.which == number, int(width) * SECOND
        (a, b), (low, high) = _heart(v.came[mine]), _heart(v.left[mine])
        found.append((a, b + 1, (low - slack, high + slack), number))
    found.sort()
    while found:
        last, n = found[0][1], 1
        while n < len(found) and found[n][0] <= last:
            last, n = max(last, found[n][1]), n + 1
        part, found = found[:n], found[n:]
        yield Crowd(part[0][0], last, tuple(f[2] for f in part), tuple(f[3] for f in part))


def completed(v: Visits, c: Clusters) -> Clusters:
    """The clusters with the rest of their crowds: visits beside a cell that fit the crowd four times as often as chance.

    A crowd does not keep to the grid; what began half its length earlier or later and ended when it did is held against
    what began further off and ended then.
    """
    which, expected = c.which.copy(), c.expected.copy()
    for crowd in crowds(v, c):
        length = max(crowd.last - crowd.first, 30 * SECOND)
        ended = crowd.left_with(v) & (which < 0)
        near = ended & (v.came >= crowd.first - length // 2) & (v.came < crowd.last + length // 2)
        off = ended & ~near & (v.came >= crowd.first - 3 * length) & (v.came < crowd.last + 3 * length)
        chance = float(off.sum()) * 2 / 5
        if near.sum() >= 4 * max(chance, 0.5):
            which[near] = crowd.clusters[0]
            expected[crowd.clusters[0]] += chance
    return Clusters(c.p, which, expected, c.tail, c.width)


def joined(a: Clusters, b: Clusters) -> Clusters:
    """Two sets of clusters over the same visits, those of `a` first; a visit in both belongs to `a`."""
    which = np.where(a.which >= 0, a.which, np.where(b.which >= 0, b.which + len(a.tail), -1))
    parts = ((a.expected, b.expected), (a.tail, b.tail), (a.width, b.width))
    return Clusters(min(a.p, b.p), which, *(np.concatenate(pair) for pair in parts))


def loyalty(v: Visits, c: Clusters) -> float:
    """Share of those who came together that also went together, over all crowds: 1 for what one hand began and ended.

    Who came with a crowd is what its stretch of coming holds beyond the stretches before and after.
    """
    stayed, came, order = 0.0, 0.0, np.sort(v.came)
    for crowd in crowds(v, c):
        length = max(crowd.last - crowd.first, SECOND)
        inside, before, after = (
            int(np.searchsorted(order, b) - np.searchsorted(order, a))
            for a, b in (
                (crowd.first, crowd.last), (crowd.first - 3 * length, crowd.first), (crowd.last, crowd.last + 3 * length),
            )
        )  # fmt: skip
        own = int((crowd.left_with(v) & (v.came >= crowd.first) & (v.came < crowd.last)).sum())
        stayed += own
        came += max(inside - min(before, after) / 3, own)
    return stayed / max(came, 1.0)


def _heart(ts: Ints) -> tuple[int, int]:
    cut, ordered = len(ts) // 20, np.sort(ts)
    return int(ordered[cut]), int(ordered[len(ts) - 1 - cut])


def _settled(n: int, cells: list[Cell], remarkable: float) -> Clusters:
    """Every visit to the sharpest cell that holds it, as clusters over all visits."""
    kept, which = settled(n, cells, remarkable)
    table = np.array([(c.expected, c.tail, c.width) for c in kept], dtype=np.float64).reshape(-1, 3)
    p = min((c.tail for c in cells), default=1.0)
    return Clusters(min(p, 1.0), which, table[:, 0], table[:, 1], table[:, 2])


def lively(v: Visits, mine: Bools, base: Mapping[str, Any]) -> bool | None:
    """Whether the members take part as others do who stay as long: a class, a club, a company outing, not a delivery.

    None where hardly anybody here does anything: then the silence of the members says nothing.
    """
    from scipy import stats

    stay = np.digitize((np.where(v.ended, v.left, v.came.max()) - v.came) / SECOND, _STAYS)
    active = v.acts > 0
    others = np.bincount(stay[~mine], minlength=len(_STAYS) + 1)
    share = np.bincount(stay[~mine], active[~mine], len(_STAYS) + 1) / np.maximum(others, 1)
    known = mine & (others[stay] >= base["peers_min"])
    expected, n = float(share[stay[known]].sum()), int(known.sum())
    if expected < 1:
        return None
    seen = int(active[known].sum())
    return bool(stats.binom.cdf(seen, n, min(base["part"] * expected / n, 1.0)) > base["part_alpha"])


_STAYS = (10, 60, 300, 900, 3600)
"""Seconds that part visits by how much could be done in them."""
