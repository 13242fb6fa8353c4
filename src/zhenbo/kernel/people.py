"""Who was in the room, from when to when, and whether some of them are a sample of all the others."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from zhenbo.core.schema import ROOM_KINDS, Flag
from zhenbo.core.session import Session, codes, micros

Ints = npt.NDArray[np.int64]
Floats = npt.NDArray[np.float64]
Bools = npt.NDArray[np.bool_]

TRAITS = ("followers", "following", "level")
"""What an account brings along that a seller of fresh accounts does not: standing, and habits of its own."""

SAMPLE_MIN = 20
"""Accounts on either side below which two samples cannot be told apart, so that nothing is learnt from their likeness."""

_DEFAULT_MIN = 5
"""So many accounts at the very earliest time of a record carry a default value, not a registration."""


def badge_share(session: Session, members: pa.Array) -> float | None:
    """Share of these accounts that wear the host's fan badge; None where nobody in the room does."""
    rows = session.rows("enter", "comment", "like", "gift")
    badge = pc.not_equal(pc.bit_wise_and(pc.fill_null(rows["flags"], 0), int(Flag.FAN)), 0)
    wearers = pc.unique(rows.filter(badge)["actor_id"]).drop_null()
    if not len(wearers):
        return None
    return float(pc.mean(pc.is_in(members, value_set=wearers).cast("int8")).as_py() or 0.0)


@dataclass(frozen=True)
class People:
    """Everybody who acted, by code.

    Args:
        names: account ids.
        first: first act, microseconds.
        last: the last leave where it follows every other act, else the end of the record: whoever was not seen to
            leave may still be there.
        left: whether such a leave was seen.
        seen: last act other than leaving.
        acts: acts in the room, entering and leaving left out.
    """

    names: pa.Array
    first: Ints
    last: Ints
    left: Bools
    seen: Ints
    acts: Ints


def people(session: Session) -> People:
    """Everybody who acted in the room of a session, with the stretch in which they were there."""
    rows = session.rows(*ROOM_KINDS)
    rows = rows.filter(pc.and_(pc.is_valid(rows["actor_id"]), pc.is_valid(rows["ts"])))
    who, names = codes(rows["actor_id"])
    ts, kind = micros(rows["ts"]), rows["kind"].cast(pa.string())
    left = np.asarray(pc.equal(kind, "leave").to_numpy(zero_copy_only=False))
    came = np.asarray(pc.equal(kind, "enter").to_numpy(zero_copy_only=False))
    first = np.full(len(names), np.iinfo(np.int64).max)
    np.minimum.at(first, who, ts)
    seen, gone = np.zeros(len(names), dtype=np.int64), np.zeros(len(names), dtype=np.int64)
    np.maximum.at(seen, who[~left], ts[~left])
    np.maximum.at(gone, who[left], ts[left])
    last = np.where(gone >= seen, gone, session.span[1])
    acts = np.bincount(who[~left & ~came], minlength=len(names))
    return People(names, first, last, gone >= seen, seen, acts)


def overlap(first: Ints, last: Ints, holder: Ints) -> float:
    """Share of accounts that were there while another account of the same holder was: 0 where one follows the other.

    The first account of a holder can overlap with none before it and is not counted.

    Examples:
        >>> overlap(np.array([0, 10, 20]), np.array([9, 19, 29]), np.array([7, 7, 7]))
        0.0
        >>> overlap(np.array([0, 5, 20]), np.array([30, 30, 30]), np.array([7, 7, 7]))
        1.0
    """
    order = np.lexsort((first, holder))
    first, last, holder = first[order], last[order], holder[order]
    again = np.r_[False, holder[1:] == holder[:-1]] if len(holder) else np.zeros(0, dtype=bool)
    if not again.any():
        return 0.0
    # the running latest departure of each holder: holders are laid end to end, each beyond the one before
    lift = np.cumsum(~again) * (int(last.max()) - int(first.min()) + 1)
    latest = np.maximum.accumulate(last + lift)
    met = np.r_[False, latest[:-1] > first[1:] + lift[1:]] & again
    return float(met.sum() / again.sum())


LIKE_AGE = 1.6
"""Accounts are of similar age when neither is older than this many times the other: standing grows with age."""


def sample_of_the_rest(session: Session, members: pa.Array, *, of_their_age: bool = False) -> float | None:
    """Probability of differences as large, if these accounts were drawn from the room at random; None where it cannot be told.

    Compared are standing (followers, following, level) and conduct (when they came, how long they stayed, how much they
    did) by two-sample Kolmogorov-Smirnov tests, all paid for (Bonferroni). Without any of the standing it cannot be
    told: accounts that only enter look alike, whoever made them.

    Args:
        session: the record.
        members: account ids of those in question.
        of_their_age: compare their standing only with accounts of similar age (those in question are of one age).
    """
    from scipy import stats

    there = people(session)
    mine = np.asarray(pc.is_in(there.names, value_set=members).to_numpy(zero_copy_only=False))
    traits = {
        "came": there.first.astype(np.float64),
        "stayed": (there.last - there.first).astype(np.float64),
        "did": there.acts.astype(np.float64),
        **_standing(session.accounts, there.names),
    }
    peers = mine | _of_age(session, there.names, mine) if of_their_age else np.ones(len(mine), dtype=bool)
    tested = {}
    for name, x in traits.items():
        known = np.isfinite(x) & (peers | (name not in TRAITS))
        if min(known[mine].sum(), known[~mine].sum()) >= SAMPLE_MIN:
            tested[name] = stats.ks_2samp(x[mine & known], x[~mine & known], method="asymp").pvalue
    return float(min(min(tested.values()) * len(tested), 1.0)) if set(TRAITS) & set(tested) else None


def _of_age(session: Session, names: pa.Array, mine: Bools) -> Bools:
    """Accounts about as old as those in question are in the middle."""
    age = session.span[0] - trait(session.accounts, names, "since")
    if not np.isfinite(age[mine]).any():
        return np.zeros(len(names), dtype=bool)
    middle = float(np.nanmedian(age[mine]))
    return np.asarray((age > middle / LIKE_AGE) & (age < middle * LIKE_AGE))


def _standing(accounts: pa.Table, names: pa.Array) -> dict[str, Floats]:
    return {name: trait(accounts, names, name) for name in TRAITS}


def registered(session: Session, who: pa.Array) -> tuple[pa.Array, Ints]:
    """Those of some accounts whose registration time is known, and that time, earliest first.

    An earliest time that several accounts share to the microsecond is a default value of the source and is left out.
    """
    known = session.accounts.filter(pc.is_valid(session.accounts["since"]))
    known = known.filter(pc.is_in(known["account_id"], value_set=who))
    order = pc.sort_indices(known, sort_keys=[("since", "ascending"), ("account_id", "ascending")])
    known = known.take(order)
    since = micros(known["since"])
    floor = int((since == since[0]).sum()) if len(since) else 0
    known = known.slice(floor if floor >= _DEFAULT_MIN else 0)
    return known["account_id"].combine_chunks(), micros(known["since"])


def trait(accounts: pa.Table, names: pa.Array, column: str) -> Floats:
    """A column of the accounts, by name; NaN where unknown."""
    place = pc.index_in(names, value_set=accounts["account_id"].combine_chunks())
    values = accounts[column].combine_chunks()
    values = values.cast(pa.int64()) if pa.types.is_timestamp(values.type) else values
    values = values.cast(pa.float64()).take(place)
    return np.asarray(pc.fill_null(values, np.nan).to_numpy(zero_copy_only=False))
