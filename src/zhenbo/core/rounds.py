"""Who goes the rounds together: accounts that come to several rooms in one company, at no hour of their own.

Light tables only: the arrivals of a room, the rooms of an account, the accounts of two rooms. Two rooms share viewers
for honest reasons, and viewers have habits; so what counts is a company that arrives within minutes *in both rooms*,
beyond what both rooms' own crowds in those minutes explain, and not as a habit would: not when the rooms open (a
notice to followers), not as long after the opening, nor at the same hour (a known draw).

After SynchroTrap (Cao et al., CCS 2014): the same targets at the same times, sustained.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from zhenbo.core.rows import R, plain
from zhenbo.core.schema import ROOM_KINDS
from zhenbo.core.session import DAY, MINUTE, by_visitors, codes

WIDTH = 4 * MINUTE
"""Arrivals this close are one company (judgement: who is called by a group message comes within minutes)."""
NOTICE = 5 * MINUTE
"""Arrivals so soon after a room opens are those of its followers, who were told by the platform."""
HABIT, HOUR_OF_DAY = 3 * MINUTE, 10 * MINUTE
"""Coming as long after the opening, or at the same hour, within so much is a habit."""
CARRIED = 5 * MINUTE
"""Who comes within this of the end of the room before was carried over: hosts send their viewers on."""
NEXT = 16
"""Every arrival is held against so many later ones of its account, which keeps the work linear in arrivals."""
LEAST = 8
"""Accounts that two rooms must share, and that must come together."""
SIZE = 5.0
"""Negative-binomial size of honest companies: rooms differ in how far friends come together (judgement; in 600 pairs of
rooms of a plain simulated week that share viewers, the largest company that kept no habit was 7)."""
BEND = 1.5
"""Regulars may come in a stretch so many times as often as the room's other viewers (judgement)."""
REMARKABLE = 0.01
"""From this p on, paid for all places looked at, a company is what honest rooms hold."""

SEEN = pa.schema(
    [("subject", pa.string()), ("account", pa.string()), ("at", pa.int64()), ("until", pa.int64())]
)
"""First and last act (µs) of an account in a session."""
ARRIVALS = pa.schema([
    ("account", pa.string()), ("subject", pa.string()), ("at", pa.int64()), ("after", pa.int64()), ("crowd", pa.int64()),
    ("people", pa.int64()), ("end", pa.int64()),
])  # fmt: skip
"""First act of every account in every session (`at`, µs), how long after the room's first, how many arrive within half
a `WIDTH` of it and in all, and the room's last act."""
_SIDES = {"one": "other", "other": "one"}
"""Each of two rooms and its partner."""
TRIPS = pa.schema([
    ("one", pa.string()), ("other", pa.string()), ("account", pa.string()),
    ("carried", pa.bool_()),
    *((f"{name}_{side}", kind) for side in _SIDES
      for name, kind in (("at", pa.int64()), ("after", pa.int64()), ("crowd", pa.int64()), ("people", pa.int64()))),
])  # fmt: skip
"""An account in two rooms, their ids in order; `carried` where both times the room before had just ended."""
ROUNDS = pa.schema([
    ("subject", pa.string()), ("account", pa.string()), ("partner", pa.string()), ("at", pa.int64()), ("carried", pa.bool_()),
    ("expected", pa.float64()), ("p", pa.float64()),
])  # fmt: skip
"""What a subject is told: per room that shares viewers with it one row without account, and one for each member of the company
that came to both together, if there is one."""

Ints = npt.NDArray[np.int64]
Floats = npt.NDArray[np.float64]
Bools = npt.NDArray[np.bool_]


def rounds(owned: R) -> R:
    """`ROUNDS` of every session, from the distinct events with their `subject`."""
    come = owned.each(seen, SEEN).keyed(("subject",), arrivals, ARRIVALS)
    return come.keyed(("account",), trips, TRIPS).keyed(("one", "other"), companies, ROUNDS)


def found(owned: pa.Table) -> pa.Table:
    """The same of all events in one table."""
    return companies(trips(arrivals(seen(owned))))


def sorted_rows(told: pa.Table) -> pa.Table:
    """The rows of one subject in an order that does not depend on how they met."""
    return told.sort_by([(name, "ascending") for name in ("partner", "at", "account")]).combine_chunks()


def seen(owned: pa.Table) -> pa.Table:
    """When identified visitors are seen in sessions, once for each and session in a batch."""
    rows = owned.filter(pc.is_in(plain(owned["kind"]), pa.array(ROOM_KINDS)))
    subject = plain(rows["subject"])
    rows = rows.filter(pc.fill_null(pc.invert(pc.starts_with(subject, "shop:")), False))
    rows = by_visitors(rows, "ts")
    at = rows["ts"].cast(pa.int64())
    acts = pa.table({"subject": plain(rows["subject"]), "account": rows["actor_id"], "at": at, "until": at})
    return _each_once(acts)


def _each_once(acts: pa.Table) -> pa.Table:
    by = acts.group_by(["subject", "account"], use_threads=False).aggregate([("at", "min"), ("until", "max")])
    return pa.table([by[n] for n in ("subject", "account", "at_min", "until_max")], schema=SEEN)


def arrivals(acts: pa.Table) -> pa.Table:
    """Whole sessions: when everybody first did something."""
    acts = _each_once(acts).sort_by([("subject", "ascending"), ("at", "ascending"), ("account", "ascending")])
    room, _ = codes(acts["subject"])
    ts, until = (np.asarray(acts[name].to_numpy()) for name in ("at", "until"))
    start, end = np.full(room.max(initial=0) + 1, _NEVER), np.full(room.max(initial=0) + 1, -_NEVER)
    np.minimum.at(start, room, ts)
    np.maximum.at(end, room, until)
    return pa.table({
        "account": acts["account"], "subject": acts["subject"], "at": ts, "after": ts - start[room],
        "crowd": _crowd(room, ts), "people": np.bincount(room)[room] if len(room) else room, "end": end[room],
    }, schema=ARRIVALS)  # fmt: skip


_NEVER = np.iinfo(np.int64).max


def _crowd(room: Ints, ts: Ints) -> Ints:
    """How many of a room arrive around each of its arrivals; rows by room, then time."""
    moments = np.unique(np.concatenate([ts, ts - WIDTH // 2, ts + WIDTH // 2]))
    base = room * (len(moments) + 1)
    place = base + np.searchsorted(moments, ts)
    low = np.searchsorted(place, base + np.searchsorted(moments, ts - WIDTH // 2), "left")
    return np.asarray(np.searchsorted(place, base + np.searchsorted(moments, ts + WIDTH // 2), "right") - low)


def trips(come: pa.Table) -> pa.Table:
    """Whole accounts: every arrival beside the next ones in other rooms."""
    come = come.sort_by([("account", "ascending"), ("at", "ascending"), ("subject", "ascending")])
    who, _ = codes(come["account"])
    at, end = (np.asarray(come[name].to_numpy()) for name in ("at", "end"))
    before = np.r_[np.zeros(min(len(at), 1), np.int64), end[:-1]]
    carried = (np.diff(who, prepend=-1) == 0) & (np.abs(at - before) <= CARRIED)
    come = come.append_column("carried", pa.array(carried))
    room, names = codes(come["subject"])
    room = np.argsort(np.argsort(names.to_pylist()))[room] if len(at) else room  # in the order of their ids
    pairs = [_pairs(who, room, step) for step in range(1, NEXT + 1)]
    first, second = (np.concatenate([p[i] for p in pairs]) for i in (0, 1))
    swap = room[first] > room[second]
    return _beside(come, np.where(swap, second, first), np.where(swap, first, second))


def _pairs(who: Ints, room: Ints, step: int) -> tuple[Ints, Ints]:
    first = np.arange(max(len(who) - step, 0))
    first = first[(who[first] == who[first + step]) & (room[first] != room[first + step])]
    return first, first + step


def _beside(come: pa.Table, one: Ints, other: Ints) -> pa.Table:
    sides = {"one": come.take(pa.array(one)), "other": come.take(pa.array(other))}
    return pa.table({
        "one": sides["one"]["subject"], "other": sides["other"]["subject"], "account": sides["one"]["account"],
        "carried": pc.and_(sides["one"]["carried"], sides["other"]["carried"]),
        **{f"{name}_{side}": rows[name] for side, rows in sides.items() for name in ("at", "after", "crowd", "people")},
    }, schema=TRIPS)  # fmt: skip


def companies(told: pa.Table) -> pa.Table:
    """Whole pairs of rooms: who came to both in one company."""
    pair = pa.chunked_array(pc.binary_join_element_wise(told["one"], told["other"], "\x00"))
    number, names = codes(pair)
    common = np.bincount(number, minlength=len(names))
    enough = common[number] >= LEAST if len(number) else np.empty(0, bool)
    rows, number = told.filter(pa.array(enough)), number[enough]
    # by time, never by name: sums must not depend on the key that names are hashed with
    order = np.lexsort((*(np.asarray(rows[f"at_{side}"].to_numpy()) for side in ("other", "one")), number))
    rows, number = rows.take(pa.array(order)).combine_chunks(), number[order]
    bounds = np.flatnonzero(np.diff(number, prepend=-1, append=-1)).tolist()
    parts, hopeful = [rows.slice(a, b - a) for a, b in pairwise(bounds)], _promising(rows, number)
    seen = [
        (both, _company(_Both(both)) if some else None) for both, some in zip(parts, hopeful, strict=True)
    ]
    met = pa.table({
        "expected": pa.array([company.expected if company else 0.0 for _, company in seen], pa.float64()),
        "p": pa.array([company.p if company else 1.0 for _, company in seen], pa.float64()),
    })  # fmt: skip
    sides = [_rooms(rows.take(pa.array(bounds[:-1], pa.int64())), met, side) for side in _SIDES]
    members = [_members(both, company, side) for both, company in seen if company for side in _SIDES]
    return pa.concat_tables([*sides, *members])


def _promising(rows: pa.Table, number: Ints) -> list[bool]:
    """Per pair of rooms, in order: whether its fullest place could be remarkable if its crowds put nobody there.

    Most pairs are not worth the look at who came when; this says so of all at once and leaves no company out.
    """
    if not len(number):
        return []
    pair = np.cumsum(np.diff(number, prepend=number[0]) != 0)
    looks, fullest = np.zeros(pair[-1] + 1, np.int64), np.zeros(pair[-1] + 1, np.int64)
    for cell in _cuttings([np.asarray(rows[f"after_{side}"].to_numpy()) for side in _SIDES]):
        places, code = np.unique(cell, return_inverse=True)
        filled, count = np.unique(pair * len(places) + code, return_counts=True)
        looks += np.bincount(filled // len(places), minlength=len(looks))
        np.maximum.at(fullest, filled // len(places), count)
    return [*((_tail(fullest, 1.0) * looks <= REMARKABLE) & (fullest >= LEAST)).tolist()]


def _cuttings(after: Sequence[Ints]) -> Iterator[Ints]:
    """The place of everybody who came to two rooms, by how long after their openings; places cut four ways."""
    for shift in (0, WIDTH // 2):
        for turn in (0, WIDTH // 2):
            yield (after[0] + shift) // WIDTH * 100_000 + (after[1] + turn) // WIDTH


class _Both:
    """The arrivals in two rooms of those who came to both."""

    def __init__(self, rows: pa.Table) -> None:
        self.sides = [
            {
                name: np.asarray(rows[f"{name}_{side}"].to_numpy())
                for name in ("at", "after", "crowd", "people")
            }
            for side in _SIDES
        ]
        self.after = [side["after"] for side in self.sides]
        self.free = (self.after[0] > NOTICE) & (self.after[1] > NOTICE)

    def habit(self, members: Bools) -> bool:
        """Whether they come as long after the opening, or at the same hour."""
        apart, hour = (
            float(np.median(one[members]) - np.median(other[members]))
            for one, other in (self.after, [side["at"] for side in self.sides])
        )
        return abs(apart) <= HABIT or abs((hour + DAY / 2) % DAY - DAY / 2) <= HOUR_OF_DAY

    def near(self, side: int, members: Bools, reach: int) -> Bools:
        """Who came to a room as these did."""
        return np.asarray(np.abs(self.after[side] - np.median(self.after[side][members])) <= reach)

    def expected(self, members: Bools, width: int) -> float:
        """How many of all who came to both the two rooms' own crowds put here.

        Args:
            members: those who are here.
            width: of the place in `WIDTH`s, along either side.
        """
        rate = [float(np.mean(side["crowd"][members])) * width / side["people"][0] for side in self.sides]
        return float(max(len(members) * min(rate[0], 1.0) * min(rate[1], 1.0), 1.0))

    def one_sided(self, members: Bools, width: int) -> float:
        """Probability of as many here if only one of the two arrivals were special, the likelier of the two told.

        Who was carried to one room, or waited for it to open, was not called to the other: there they come as its other
        viewers do, give or take `BEND`.
        """
        from scipy import special

        n, told = int(members.sum()), []
        for side, called in ((0, 1), (1, 0)):
            crowd = float(np.mean(self.sides[side]["crowd"][members])) * width
            here, asked = (int(self.near(at, members, width * WIDTH // 2).sum()) for at in (side, called))
            others = max(int(self.sides[side]["people"][0]) - len(members), 1)
            share = BEND * max(crowd - here, 1.0) / others
            told.append(
                float(special.betainc(n, max(asked - n, 0) + 1, min(share, 1.0)))
            )  # binomial: so many or more
        return max(told)


@dataclass(frozen=True)
class _Company:
    members: Bools
    expected: float
    p: float


def _company(both: _Both) -> _Company | None:
    """The closest company that keeps no habit, if it is remarkable."""
    best: _Company | None = None
    looks = 0
    for cell in _cuttings(both.after):
        places, of, count = np.unique(cell, return_inverse=True, return_counts=True)
        looks += len(places)
        for k in np.argsort(-count, kind="stable")[:_TRIED].tolist():
            members = (of == k) & both.free
            if members.sum() >= LEAST and not both.habit(members):
                expected = both.expected(members, 1)
                p = max(float(_tail(int(members.sum()), expected)), both.one_sided(members, 1))
                best = _Company(members, expected, p) if best is None or p < best.p else best
    if best is None or best.p * looks > REMARKABLE:
        return None
    return _widened(both, best, looks)


_TRIED = 4
"""The fullest places of each cutting that are looked at."""


def _widened(both: _Both, company: _Company, looks: int) -> _Company:
    """With those who came a little earlier or later than the place that was found."""
    more = both.free & both.near(0, company.members, WIDTH) & both.near(1, company.members, WIDTH)
    expected = both.expected(more, 2)
    p = max(float(_tail(int(more.sum()), expected)), both.one_sided(more, 2))
    if p > company.p:
        more, expected, p = company.members, company.expected, company.p
    return _Company(more, expected, min(p * looks, 1.0))


def _tail(n: int | Ints, expected: float) -> Any:
    from scipy import special

    return special.betainc(n, SIZE, expected / (SIZE + expected))  # negative binomial: so many or more


def _rooms(first: pa.Table, met: pa.Table, side: str) -> pa.Table:
    """`ROUNDS` without accounts: one row per pair of rooms, from any row of each."""
    n = first.num_rows
    return pa.table({
        "subject": first[side], "account": pa.nulls(n, pa.string()), "partner": first[_SIDES[side]],
        "at": pa.nulls(n, pa.int64()), "carried": pa.nulls(n, pa.bool_()), **{c: met[c] for c in met.column_names},
    }, schema=ROUNDS)  # fmt: skip


def _members(both: pa.Table, company: _Company, side: str) -> pa.Table:
    """`ROUNDS` of those of one of two rooms who came to both together."""
    mine = both.filter(pa.array(company.members))
    return pa.table({
        "subject": mine[side], "account": mine["account"], "partner": mine[_SIDES[side]], "at": mine[f"at_{side}"],
        "carried": mine["carried"], "expected": np.full(mine.num_rows, company.expected), "p": np.full(mine.num_rows, company.p),
    }, schema=ROUNDS)  # fmt: skip
