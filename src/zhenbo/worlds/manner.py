"""The manner of a recording: which kinds and columns it has, how it names, times and rounds.

Rows that must pass for rows of the recording are told in this manner: what it never says is left out, what it says
in its own words is said in those words, and everything that belongs to the source rather than to the act (status
words, flags, delays, rests of the raw row) is taken from an honest row of the same kind, the *donor*.
"""

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from zhenbo.core.schema import COUNTER_KINDS, EVENTS, MONEY_KINDS, TRADE_KINDS, Flag
from zhenbo.core.session import MINUTE, Session, codes
from zhenbo.worlds.crowd import Ints

NAMED = ("device", "ip", "addr", "pay", "tracking_id")
"""Columns of opaque names besides actors and orders."""
SPOKEN = ("target_id", "via", "region")
"""Columns whose words are the source's own."""
COUNTERS: Mapping[str, tuple[str, ...]] = {
    "enter": ("entered_total",), "like": ("like_total",), "follow": ("follow_total", "fan_total"),
}  # fmt: skip
_OF_SOURCE = int(Flag.MASKED | Flag.ANON | Flag.TS_APPROX)
_LATER = (*TRADE_KINDS, *MONEY_KINDS)
_GRAINS = (MINUTE, 1_000_000, 1_000)
_SPARSE = 4  # a range of numbers is run through when a quarter of it is used; judgement
_UNIQUE = 0.5  # an entry of the raw row tells rows apart when half its values are distinct; judgement
_LONG = 15  # digits from which a number holds a time in its upper bits (TikTok and Douyin ids: INPUTS 1.4)


@dataclass(frozen=True)
class Manner:
    """How one subject of a recording is written down.

    Args:
        session: the subject.
        latest: microsecond at which the whole recording ends.
        taken: event ids in use.
    """

    session: Session
    latest: int
    taken: frozenset[str]

    @cached_property
    def events(self) -> pa.Table:
        """Its timed rows."""
        events = self.session.events
        return events.filter(pc.is_valid(events["ts"])).combine_chunks()

    @cached_property
    def kind(self) -> tuple[Ints, list[str]]:
        """Kind of every timed row by number, and the kinds."""
        at, names = codes(self.events["kind"])
        return at, names.to_pylist()

    @cached_property
    def ts(self) -> Ints:
        """Time of every timed row."""
        return np.asarray(self.events["ts"].cast(pa.int64()).to_numpy())

    def places(self, kind: str) -> Ints:
        """Numbers of the timed rows of a kind."""
        at, names = self.kind
        return np.flatnonzero(at == names.index(kind)) if kind in names else np.empty(0, dtype=np.int64)

    def fills(self, column: str, kind: str) -> bool:
        """Whether rows of a kind ever fill a column."""
        return self.session.has(column, kind)

    def coverage(self, kind: str) -> float:
        """Share of a kind's events that the recording delivers: told by its counter, 1 without one."""
        told = self.session.coverage(kind)
        return 1.0 if told is None else min(1.0, told)

    @cached_property
    def companions(self) -> Mapping[str, tuple[str, ...]]:
        """Counters that are read off the messages of a kind (their ids share what stands before the colon)."""
        found = {}
        for kind, counters in COUNTERS.items():
            heads = set(self._heads(kind))
            mine = [
                c for c in counters if (ids := self._heads(c)) and np.mean([i in heads for i in ids]) > 0.9
            ]
            if heads and mine:
                found[kind] = tuple(mine)
        return found

    def _heads(self, kind: str) -> list[str]:
        ids = self.session.rows(kind)["event_id"].to_pylist()
        return [i.rpartition(":")[0] for i in ids if i and ":" in i]


def visible(forged: pa.Table, manner: Manner, rng: np.random.Generator) -> pa.Table:
    """The forged rows of which the recording would have a row: its kinds, its sample, not after its end."""
    known = [k for k in manner.kind[1] if k not in COUNTER_KINDS]
    kind = forged["kind"].cast(pa.string())
    keep = np.asarray(pc.is_in(kind, pa.array(known, pa.string())).to_numpy(zero_copy_only=False))
    drawn = rng.random(forged.num_rows)
    for name in COUNTERS:
        mine = np.asarray(pc.equal(kind, name).to_numpy(zero_copy_only=False))
        keep &= ~mine | (drawn < manner.coverage(name))
    forged = timed(forged.filter(pa.array(keep)), manner)
    return forged.filter(pc.less_equal(forged["ts"].cast(pa.int64()), manner.latest)).combine_chunks()


def timed(forged: pa.Table, manner: Manner) -> pa.Table:
    """Forged times as the source would give them: its resolution, its span, and another event's time where it has no better."""
    ts = np.asarray(forged["ts"].cast(pa.int64()).to_numpy()).copy()
    at, names = codes(forged["kind"])
    start, end = manner.session.span
    for number, kind in enumerate(names.to_pylist()):
        rows = np.flatnonzero(at == number)
        if kind in _LATER:
            ts[rows] = _borrowed(forged, rows, kind, ts[rows], manner)
        else:
            ts[rows] = np.clip(ts[rows], start, end)
        honest = manner.ts[manner.places(kind)]
        grain = next((g for g in _GRAINS if not (honest % g).any()), 1)
        ts[rows] -= ts[rows] % grain
    place = EVENTS.get_field_index("ts")
    return forged.set_column(place, EVENTS.field(place), pa.array(ts).cast(EVENTS.field(place).type))


def _borrowed(forged: pa.Table, rows: Ints, kind: str, own: Ints, manner: Manner) -> Ints:
    """Times of a trade kind that the source tells with the time of the order's payment or creation."""
    flags = manner.events["flags"].to_numpy()[manner.places(kind)]
    if not len(flags) or not (flags & Flag.TS_APPROX).all():
        return own
    orders, names = codes(forged["order_id"])
    for lender in ("order_pay", "order_create"):
        if kind == lender or not _lends(lender, kind, manner):
            continue
        ts = forged["ts"].cast(pa.int64()).to_numpy()
        mine = np.asarray(pc.equal(forged["kind"].cast(pa.string()), lender).to_numpy(zero_copy_only=False))
        told = np.full(len(names) + 1, -1, dtype=np.int64)
        told[orders[mine]] = ts[mine]
        return np.where(told[orders[rows]] >= 0, told[orders[rows]], own)
    return own


def _lends(lender: str, kind: str, manner: Manner) -> bool:
    """Whether the rows of a kind carry, as a rule, the time of the same order's row of another kind."""
    orders, names = codes(manner.events["order_id"])
    told = np.full(len(names) + 1, -1, dtype=np.int64)
    told[orders[manner.places(lender)]] = manner.ts[manner.places(lender)]
    rows = manner.places(kind)
    return bool(np.mean(told[orders[rows]] == manner.ts[rows]) > 0.9)


def donors(forged: pa.Table, manner: Manner, rng: np.random.Generator) -> Ints:
    """For every forged row a timed honest row of the same kind; for orders one whose order fared alike, if there is any."""
    kinds = sorted(set(manner.kind[1]))
    fates = [_fates(t, kinds) for t in (forged, manner.events)]
    codes_of = [
        np.asarray(pc.index_in(t["kind"].cast(pa.string()), pa.array(kinds)).to_numpy()) for t in (forged, manner.events)
    ]  # fmt: skip
    chosen = np.empty(forged.num_rows, dtype=np.int64)
    for kind in np.unique(codes_of[0]).tolist():
        rows, pool = np.flatnonzero(codes_of[0] == kind), np.flatnonzero(codes_of[1] == kind)
        for fate in np.unique(fates[0][rows]).tolist():
            alike = pool[fates[1][pool] == fate]
            mine = rows[fates[0][rows] == fate]
            chosen[mine] = rng.choice(alike if len(alike) else pool, len(mine))
    return chosen


def _fates(events: pa.Table, kinds: Sequence[str]) -> Ints:
    """For every row the set of kinds its order has rows of, as bits; 0 without an order."""
    order, names = codes(events["order_id"])
    kind = np.asarray(
        pc.fill_null(pc.index_in(events["kind"].cast(pa.string()), pa.array(kinds)), 0).to_numpy()
    )
    bits = np.zeros(len(names) + 1, dtype=np.int64)
    np.bitwise_or.at(bits, order[order >= 0], np.int64(1) << kind[order >= 0].astype(np.int64))
    return np.where(order >= 0, bits[order], 0)


def like(known: Sequence[str], n: int, rng: np.random.Generator) -> list[str]:
    """`n` new names in the manner of the known ones: running numbers run on, others draw every character from its place."""
    if not known:
        return [f"{v:016x}" for v in rng.integers(0, 1 << 62, n).tolist()]
    taken = set(known)
    found = [re.fullmatch(r"(.*?)(\d+)(\D*)", name) for name in taken]
    if all(found):
        parts = {(m[1], m[3]) for m in found if m}
        numbers = [int(m[2]) for m in found if m]
        if len(parts) == 1 and max(numbers) - min(numbers) < _SPARSE * len(numbers):
            (head, tail), width = next(iter(parts)), min(len(m[2]) for m in found if m)
            following = max(numbers) + 1 + rng.permutation(n)  # in no order, which would be the attack's
            return [f"{head}{v:0{width}d}{tail}" for v in following.tolist()]
    models = sorted(taken)[:: max(1, len(taken) // 3_000)]
    made: dict[str, None] = {}
    for _ in range(40):
        made.update((name, None) for name in _drawn(models, n - len(made), rng) if name not in taken)
        if len(made) == n:
            return list(made)
    return [*made, *(f"{models[0]}{i}" for i in range(n - len(made)))]


def _drawn(models: Sequence[str], n: int, rng: np.random.Generator) -> list[str]:
    """Names as long as a model, every character one that a model has in its place."""
    lengths = np.array([len(m) for m in models])
    wanted = lengths[rng.integers(len(models), size=n)]
    made: list[str] = []
    for size in np.unique(wanted).tolist():
        columns = zip(*(m for m in models if len(m) == size), strict=True)
        count = int((wanted == size).sum())
        drawn = [rng.choice(np.array(sorted(set(c))), count).tolist() for c in columns]
        made += ["".join(name) for name in zip(*drawn, strict=True)] if drawn else [""] * count
    return made


def beside(numbers: Ints, times: Ints, at: Ints, rng: np.random.Generator) -> list[str]:
    """Long numbers that hold their time in the upper bits: those of the honest neighbour in time, lower bits anew."""
    order = np.argsort(times, kind="stable")
    near = order[np.clip(np.searchsorted(times[order], at), 0, len(order) - 1)]
    while True:
        low = rng.choice(1 << 24, len(at), replace=False)
        made = (numbers[near] >> 24 << 24) | low
        if not np.isin(made, numbers).any():
            return [str(v) for v in made.tolist()]


def event_ids(forged: pa.Table, manner: Manner, rng: np.random.Generator) -> list[str]:
    """New event ids, kind by kind in the manner of that kind; those of orders made of the order where the source does so."""
    made = [""] * forged.num_rows
    at, names = codes(forged["kind"])
    orders, times = forged["order_id"].to_pylist(), forged["ts"].cast(pa.int64()).to_numpy()
    taken = set(manner.taken)
    for number, kind in enumerate(names.to_pylist()):
        rows = np.flatnonzero(at == number)
        mine = manner.events.take(pa.array(manner.places(kind)))
        known, owned = mine["event_id"].to_pylist(), mine["order_id"].to_pylist()
        if all(o and i.startswith(f"{o}:") for i, o in zip(known[:200], owned[:200], strict=True)):
            fresh = [f"{orders[i]}{known[0][len(owned[0]) :]}" for i in rows.tolist()]
        else:
            fresh = _fresh(known, manner.ts[manner.places(kind)], times[rows], taken, rng)
        for i, name in zip(rows.tolist(), fresh, strict=True):
            made[i] = name
        taken.update(fresh)
    return made


def _fresh(known: list[str], when: Ints, at: Ints, taken: set[str], rng: np.random.Generator) -> list[str]:
    """New ids in the manner of one kind's."""
    head, colon, tail = known[0].rpartition(":")
    bare = [k.rpartition(":")[0] for k in known] if colon else known
    if all(len(b) >= _LONG and b.isdecimal() for b in bare):
        fresh = beside(np.array(bare, dtype=np.int64), when, at, rng)
        return [f + colon + tail if head or colon else f for f in fresh]
    running = re.fullmatch(r"(.*\D)\d+", known[0])
    pool = known
    if running:  # one run of numbers may be shared by all kinds of a source
        shared = [t for t in taken if t.startswith(running[1])]
        pool = shared if len(shared) >= len(known) else known
    return like(pool, len(at), rng)


def spoken(forged: pa.ChunkedArray, honest: pa.ChunkedArray, rng: np.random.Generator) -> pa.Array:
    """Words as the source says them: known ones stay, each unknown one becomes one of its words, often said more often."""
    said = honest.cast(pa.string()).drop_null()
    index, words = codes(forged)
    if not len(said):
        return pa.nulls(len(forged), pa.string())
    vocabulary = set(pc.unique(said).to_pylist())
    pool = said.to_pylist()
    meant = [w if w in vocabulary else pool[int(rng.integers(len(pool)))] for w in words.to_pylist()]
    return pa.array(meant, pa.string()).take(pa.array(index, mask=index < 0))


def extras(manner: Manner, chosen: Ints) -> list[str | None]:
    """The rest of the donors' raw rows, without the entries that tell rows apart."""
    told = manner.events["extra"].take(pa.array(chosen)).to_pylist()
    at, names = manner.kind
    common = {
        i: _common(manner.session.rows(name)["extra"].drop_null().to_pylist()) for i, name in enumerate(names)
    }
    made: list[str | None] = []
    for text, kind in zip(told, at[chosen].tolist(), strict=True):
        kept = {k: v for k, v in json.loads(text).items() if k in common[kind]} if text else {}
        made.append(written(kept) if kept else None)
    return made


def _common(texts: Sequence[str]) -> set[str]:
    values: dict[str, list[str]] = {}
    for text in texts:
        for key, value in json.loads(text).items():
            values.setdefault(key, []).append(str(value))
    return {k for k, v in values.items() if len(set(v)) <= max(1, _UNIQUE * len(v))}


def written(extra: Mapping[str, object]) -> str:
    """An `extra` as intake writes it."""
    return json.dumps(dict(sorted(extra.items())), ensure_ascii=False, separators=(",", ":"))
