"""Likes as thumbs give them: bursts of taps, account by account, with pauses in between."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from zhenbo.core.session import SECOND, Session, by_visitors, codes, micros

Ints = npt.NDArray[np.int64]
Floats = npt.NDArray[np.float64]


@dataclass(frozen=True)
class Bursts:
    """Bursts of likes, those of one account in a row and in time.

    Args:
        rows: the likes themselves, by identified visitors.
        actor: code of the account of every like.
        names: account ids.
        who: code of the account of every burst, index into `names`.
        ts: microsecond at which it begins.
        taps: likes in it.
        lasted: microseconds from its first like to its last.
        quiet: seconds without a like that part two bursts.
    """

    rows: pa.Table
    actor: Ints
    names: pa.Array
    who: Ints
    ts: Ints
    taps: Floats
    lasted: Ints
    quiet: float

    def count(self) -> Ints:
        """Bursts per account."""
        return np.bincount(self.who, minlength=len(self.names))

    def span(self, mine: npt.NDArray[np.bool_] | slice = slice(None)) -> tuple[int, int]:
        """First and last microsecond at which these bursts begin."""
        return int(self.ts[mine].min()), int(self.ts[mine].max())

    def mean_pause(self) -> Floats:
        """Seconds from an account's first burst to its last, over its pauses; 0 without any."""
        same = self.who[1:] == self.who[:-1]
        total = np.bincount(self.who[1:][same], np.diff(self.ts)[same] / SECOND, len(self.names))
        return np.asarray(total / np.maximum(self.count() - 1, 1))


def unheard(session: Session) -> str:
    """The record to ask for where too few likes are left: the counter, who they are from, or a longer recording."""
    if not session.counts.get("like"):
        return "like_counter"
    return "account_ids" if session.rows("like")["actor_id"].null_count else "longer_record"


def bursts(session: Session, least_s: float) -> Bursts:
    """The bursts of a record.

    Args:
        session: the record.
        least_s: seconds without a like that part two bursts, at least. Some feeds sum a person's taps over a stretch and send one
            row at its end: there nobody's likes follow each other faster, and going on tapping looks like a beat. What parts
            two bursts then is half as long again as that stretch.
    """
    rows = by_visitors(session.rows("like"), "ts")
    who, names = codes(rows["actor_id"])
    ts = micros(rows["ts"])
    taps = np.asarray(pc.fill_null(rows["qty"], 1).to_numpy(), dtype=np.float64)
    order = np.lexsort((ts, who))
    w, t = who[order], ts[order]
    same, wait = w[1:] == w[:-1], np.diff(t) / SECOND
    quiet = max(least_s, 1.5 * _stretch(w[1:][same], wait[same], len(names)))
    first = np.flatnonzero(np.r_[True, ~same | (wait > quiet)][: len(w)])
    total = np.add.reduceat(taps[order], first) if len(first) else taps
    last = np.r_[first[1:], len(t)][: len(first)] - 1
    return Bursts(rows, who, names, w[first], t[first], total, t[last] - t[first], quiet)


_FASTEST = 0.05
_LONGEST_S = 180.0
"""No feed is known to sum taps over more than this."""


def _stretch(who: Ints, wait: Floats, accounts: int) -> float:
    """What the fastest twentieth of those who like twice waits at least; 0 where nobody does, or longer than a feed sums."""
    least = np.full(accounts, np.inf)
    np.minimum.at(least, who, wait)
    least = least[np.isfinite(least)]
    stretch = float(np.quantile(least, _FASTEST)) if len(least) else 0.0
    return stretch if stretch <= _LONGEST_S else 0.0
