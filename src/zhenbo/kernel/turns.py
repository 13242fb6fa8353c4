"""Accounts that never speak at the same moment: whoever types with two hands through many accounts sends one line at a time.

People who do not know of each other sometimes speak within the same few seconds, as often as their numbers a minute
earlier and later let expect. A set of accounts among whom that never happens, although hundreds of such coincidences
were due, shares one pair of hands. The set is not known beforehand and is searched for; the search is paid for by the
number of sets of its size, so that the answer is a p-value whatever set comes out (Markov's inequality on the sum of
their likelihood ratios).
"""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from zhenbo.core.session import SECOND

Ints = npt.NDArray[np.int64]
Floats = npt.NDArray[np.float64]
Bools = npt.NDArray[np.bool_]

_FAR = (20, 90)
"""Seconds before and after a comment that say how many others were due at it."""
_AGAIN = 15_000_000
"""An account that goes on speaking within so many microseconds is due once: flurries that miss each other are no exclusion."""
_LEFT = 0.05
"""Coincidences that one pair of hands leaves, of those due (clocks, lines sent by others)."""
_SEEDS = 20
_KNOWN = 20.0
"""Coincidences due outside a set from which on they tell what the record itself keeps apart."""


@dataclass(frozen=True)
class Limits:
    """Who is looked at, and how closely.

    Args:
        comments: least comments of an account.
        accounts: most accounts looked at, those with most comments first.
        within: seconds that count as one moment, one look each.
    """

    comments: int = 5
    accounts: int = 300
    within: tuple[int, ...] = (2, 4, 8)


@dataclass(frozen=True)
class Turns:
    """The set that keeps apart most tellingly.

    Args:
        tested: accounts looked at.
        members: of them in the set, ascending.
        gain: of each member, natural logarithm of how much likelier its comments are if it belongs to the set.
        due: coincidences within the set that were due.
        seen: coincidences within the set.
        within: seconds of a moment.
        others: coincidences seen among all others, over those due; None where too few were due.
        p: probability of such a set among people, everything searched paid for.
    """

    tested: Ints
    members: Ints
    gain: Floats
    due: float
    seen: float
    within: int
    others: float | None
    p: float


def turns(who: Ints, ts: Ints, limits: Limits) -> Turns:
    """Search a room for accounts that keep out of each other's moments.

    Args:
        who: account of each comment, a number from 0.
        ts: microseconds.
        limits: who is looked at.
    """
    said = np.bincount(who) if len(who) else _NONE
    tested = np.argsort(-said, kind="stable")[: limits.accounts]
    tested = np.sort(tested[said[tested] >= limits.comments])
    none = Turns(tested, _NONE, np.zeros(0), 0.0, 0.0, limits.within[0], None, 1.0)
    if len(tested) < 3:
        return none
    place = np.full(len(said), -1)
    place[tested] = np.arange(len(tested))
    kept = place[who] >= 0
    room = _Room.of(place[who[kept]], ts[kept], len(tested))
    best = none
    for within in limits.within:
        found = _look(room, tested, within)
        if found.p < best.p:
            best = found
    return Turns(**{**vars(best), "p": min(best.p * len(limits.within), 1.0)})


_NONE = np.empty(0, dtype=np.int64)


@dataclass(frozen=True)
class _Heard:
    """Comments in seconds, and how many of every account lie before each second."""

    who: Ints
    at: Ints
    before: npt.NDArray[np.float32]

    @classmethod
    def of(cls, who: Ints, at: Ints, accounts: int) -> "_Heard":
        heard = np.zeros((int(at.max()) + _FAR[1] + 2, accounts), dtype=np.float32)
        np.add.at(heard, (at + 1, who), 1)
        return cls(who, at, np.cumsum(heard, axis=0))

    def pairs(self, low: int, high: int) -> Floats:
        """Pairs of comments of every two accounts, the second so many seconds later than the first."""
        from scipy.sparse import coo_array

        n = self.before.shape[1]
        rows = self.before[self.at + high + 1] - self.before[np.maximum(self.at + low, 0)]
        mine = coo_array((np.ones(len(self.who), np.float32), (self.who, np.arange(len(self.who)))), shape=(n, len(self.who)))  # fmt: skip
        pairs = np.asarray(mine @ rows, dtype=np.float64)
        np.fill_diagonal(pairs, 0)
        return pairs


@dataclass(frozen=True)
class _Room:
    """All comments of those looked at, and pairs a minute apart: of all, and of flurries taken once."""

    heard: _Heard
    far: Floats
    far_once: Floats

    @classmethod
    def of(cls, who: Ints, ts: Ints, accounts: int) -> "_Room":
        at = (ts - int(ts.min())) // SECOND
        once = _once(who, ts)
        heard = _Heard.of(who, at, accounts)
        fewer = _Heard.of(who[once], at[once], accounts)
        return cls(heard, _both(heard.pairs(*_FAR)), _both(fewer.pairs(*_FAR)))


def _both(pairs: Floats) -> Floats:
    """Pairs in either order."""
    return pairs + pairs.T


def _once(who: Ints, ts: Ints) -> Ints:
    """Comments that do not follow another kept one of their author's at once."""
    order = np.lexsort((ts, who))
    kept = []
    author, last = -1, 0
    for row, name, at in zip(order.tolist(), who[order].tolist(), ts[order].tolist(), strict=True):
        if name != author or at - last >= _AGAIN:
            kept.append(row)
            author, last = name, at
    return np.array(kept, dtype=np.int64)


def _look(room: _Room, tested: Ints, within: int) -> Turns:
    """The best set for one width of a moment."""
    near = room.heard.pairs(-within, within)
    share = (2 * within + 1) / (2 * (_FAR[1] - _FAR[0] + 1))
    every, due = room.far * share, room.far_once * share
    rate, others = _rate(near, every, np.zeros(len(tested), dtype=bool))
    score, chosen = _search(_likelier(near, due * rate))
    if chosen.any():  # the set itself must not teach what the record keeps apart
        rate, others = _rate(near, every, chosen)
        score, chosen = _search(_likelier(near, due * rate))
    if not chosen.any():
        return Turns(tested, _NONE, np.zeros(0), 0.0, 0.0, within, others, 1.0)
    gain = _likelier(near, every * rate)[:, chosen].sum(axis=1)
    members = np.flatnonzero(chosen | (gain > 2 * np.log(len(tested))))
    block = np.ix_(members, members)
    return Turns(
        tested, members, gain[members], float(every[block].sum() / 2 * rate), float(near[block].sum() / 2),
        within, others, float(np.exp(-max(score, 0.0))),
    )  # fmt: skip


def _rate(near: Floats, due: Floats, chosen: Bools) -> tuple[float, float | None]:
    """Coincidences seen over those due, at most 1, where not both belong to the set; and the same unclipped if known."""
    outside = ~np.outer(chosen, chosen)
    of = float(due[outside].sum()) / 2
    if of < _KNOWN:
        outside, of = np.ones_like(outside), float(due.sum()) / 2
        return min(float(near.sum()) / 2 / max(of, 1e-9), 1.0), None
    ratio = float(near[outside].sum()) / 2 / of
    return min(ratio, 1.0), ratio


def _likelier(near: Floats, due: Floats) -> Floats:
    """Of every two accounts: log likelihood ratio of one pair of hands against two, Poisson numbers of coincidences."""
    return np.asarray(due * (1 - _LEFT) + near * np.log(_LEFT))


def _search(likelier: Floats) -> tuple[float, Bools]:
    """The set of the highest log likelihood ratio after paying for all sets of its size, grown from several accounts."""
    best, chosen = 0.0, np.zeros(len(likelier), dtype=bool)
    for seed in np.argsort(-np.maximum(likelier, 0).sum(axis=0), kind="stable")[:_SEEDS].tolist():
        if not chosen[seed]:
            score, members = _grown(likelier, seed)
            if score > best:
                best, chosen = score, members
    return best, chosen


def _grown(likelier: Floats, seed: int) -> tuple[float, Bools]:
    """Accounts taken in one by one, the likeliest first; of the sets on the way, the one that pays best for itself."""
    from scipy.special import gammaln

    n = len(likelier)
    k = np.arange(1, n + 1)
    price = gammaln(n + 1) - gammaln(k + 1) - gammaln(n - k + 1) + np.log(n)
    gain, order, total = likelier[seed].copy(), [seed], [0.0]
    gain[seed] = -np.inf
    while len(order) < n:
        joins = int(gain.argmax())
        if gain[joins] <= 0:
            break
        total.append(total[-1] + float(gain[joins]))
        order.append(joins)
        gain += likelier[joins]
        gain[joins] = -np.inf
    score = np.array(total) - price[: len(total)]
    last = int(score.argmax())
    members = np.zeros(n, dtype=bool)
    members[order[: last + 1]] = True
    return float(score[last]), members
