"""Injection: any attack of the library over a real recording, so that the background is not ours (METHODS 13, ring C).

The recording is staged as a broadcast: its totals (from its counters, where the push stream is a sample), its people
and their times are what the attack finds and sizes itself by. Only the forged rows are then written, told in the
recording's own manner (`manner`), and laid among the honest ones, which keep their bytes; displayed counters rise by
what the attack adds up to each reading.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import replace

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from zhenbo.core.dataset import Dataset, canonical_order, subjects
from zhenbo.core.errors import ZhenboError
from zhenbo.core.schema import ACCOUNTS, EVENTS, SESSION_METRICS, Flag
from zhenbo.core.session import DAY, MINUTE, Session, codes, micros
from zhenbo.worlds.attacks import ATTACKS, lay
from zhenbo.worlds.crowd import Ints, named
from zhenbo.worlds.manner import (  # fmt: skip
    COUNTERS,
    NAMED,
    SPOKEN,
    Manner,
    donors,
    event_ids,
    extras,
    like,
    spoken,
    visible,
    written,
)
from zhenbo.worlds.record import write
from zhenbo.worlds.show import NONE, SECOND, Show
from zhenbo.worlds.staged import Stage, evenings, heart, popular, stage
from zhenbo.worlds.truth import Money, SessionTruth, World

_SHOWS = {
    "viewers": ("enter", "entered_total", "viewers"), "likes": ("like", "like_total"), "comments": ("comment",),
    "follows": ("follow", "follow_total", "fan_total"), "shares": ("share",), "clicks": ("product_click",),
    "carts": ("cart_add",), "orders": ("order_create",),
}  # fmt: skip
"""Kinds in which a fabricated metric can be seen."""
_LEAST_MINUTES = 5
"""Shorter recordings hold no attack: the shortest delivery on the price list takes minutes; judgement."""
_ROUND_FROM = 10_000
"""From here on platforms round what they display ("6.8万"; Douyin capture)."""
_KEPT = ("qty", "amount", "text", "weight_g", "discount_platform", "discount_seller")
"""Columns that belong to the act."""


class NotSeenError(ZhenboError):
    """The attack would leave no trace in this recording."""


def inject(data: Dataset, subject_id: str, attack: str, rng: np.random.Generator, dose: float) -> World:
    """The recording with a named attack laid over one session or shop month.

    Args:
        data: a recording, or any canonical record.
        subject_id: session, or `shop:<platform>:<shop>:<yyyy-mm>`.
        attack: a name of `ATTACKS`.
        rng: stream of chance.
        dose: wanted share of the shown metric that the attack aims at.

    Returns:
        The merged record; its truth speaks of this subject alone, in names as they stand in the record. What the
        attack does that this recording would not show is not in it; `fabricated` counts what it does show, before
        sampling.

    Raises:
        NotSeenError: when the attack cannot be seen in that recording at all; the message lists those that can.
    """
    session = _subject(data, subject_id)
    if attack not in ATTACKS:
        raise NotSeenError(f"There is no attack {attack}. Known are: {', '.join(ATTACKS)}.")
    _long_enough(session)
    manner = Manner(session, data.latest, frozenset(data.events["event_id"].to_pylist()))
    staged = stage(session, rng)
    show = staged.copied()
    lay(show, attack, rng, dose)
    forged = staged.forged(show)
    if not _seen(forged, session):
        others = applicable(data, subject_id)
        raise NotSeenError(f"{attack} would leave no trace in {subject_id}, which holds {', '.join(session.counts)}. "
                           f"These would: {', '.join(others) or 'none'}.")  # fmt: skip
    return _merged(data, manner, staged, show, forged, rng)


def applicable(data: Dataset, subject_id: str) -> list[str]:
    """Names of the attacks that this recording would show: each is tried out on it."""
    session = _subject(data, subject_id)
    try:
        _long_enough(session)
    except NotSeenError:
        return []
    staged = stage(session, np.random.default_rng(0))
    found = []
    for name in ATTACKS:
        show = staged.copied()
        lay(show, name, np.random.default_rng(0), 0.1)
        if _seen(staged.forged(show), session):
            found.append(name)
    return found


def _subject(data: Dataset, subject_id: str) -> Session:
    every = {s.session_id: s for s in subjects(data)}
    if subject_id not in every:
        raise ZhenboError(
            f"There is no {subject_id} in this record. It holds: {', '.join(list(every)[:20])}."
        )
    return every[subject_id]


def _long_enough(session: Session) -> None:
    """An attack needs times, and some minutes of them."""
    start, end = heart(session)
    if session.events["ts"].null_count == session.events.num_rows:
        raise NotSeenError(
            f"{session.session_id} carries no times; no attack can be laid over it (which would: none)."
        )
    if end - start < _LEAST_MINUTES * MINUTE:
        raise NotSeenError(
            f"{session.session_id} is shorter than {_LEAST_MINUTES} minutes; no attack fits in."
        )


def _seen(forged: Show, session: Session) -> bool:
    """Whether anything the attack aims at would show: orders if it makes any; viewers alone only if they are the point."""
    counts = session.counts
    fake = {k: v for k, v in forged.fabricated.items() if v}
    if fake.get("orders"):
        return "order_create" in counts
    if not fake:
        return any(b.kind in counts for b in forged.blocks)
    viewers = fake.get("viewers", 0)
    aims = [m for m in fake if m != "viewers"]
    if all(viewers > fake[m] for m in aims):
        aims.append("viewers")
    return any(k in counts for m in aims for k in _SHOWS[m])


# --- the forged rows, told as the source tells --------------------------------------------------------------------


def _merged(
    data: Dataset, manner: Manner, stage: Stage, show: Show, forged: Show, rng: np.random.Generator
) -> World:  # fmt: skip
    """The recording with the forged rows among its own, and the answer key."""
    salt = int(rng.integers(1 << 62))
    made = write([forged], salt)
    rows = made.dataset.events
    if manner.session.scope == "shop":
        rows = _spread(rows, manner.session, show.plan.start, rng)
    rows = visible(rows, manner, rng)
    chosen = donors(rows, manner, rng)
    honest = named("u", np.arange(len(stage.names)), salt).to_pylist()
    people = _renamed(rows["actor_id"], manner, "actor_id", rng, dict(zip(honest, stage.names, strict=True)))
    orders = _renamed(rows["order_id"], manner, "order_id", rng, {})
    told = _told(rows, manner, chosen, people, orders, rng)
    told = pa.concat_tables([told, _readings(told, manner, forged)])
    mine, rest = _split(data.events, manner)
    events = canonical_order(pa.concat_tables([rest, raised(mine, forged, manner), told]))
    accounts = _snapshots(made.dataset.accounts, told, data.accounts, people, manner, rng)
    merged = replace(data, events=_compact(events, EVENTS), accounts=_compact(accounts, ACCOUNTS))
    merged = replace(merged, metrics=_metrics(data.metrics, merged.events, forged, manner))
    if len(show.windows):
        windows = (*data.windows.get(manner.session.session_id, ()), *show.windows)
        merged = replace(merged, windows={**data.windows, manner.session.session_id: windows})
    truth = _truth(made.truth[show.plan.session_id], merged, told, people, orders, show, manner)
    return World(merged, {manner.session.session_id: truth})


def _spread(rows: pa.Table, session: Session, start: int, rng: np.random.Generator) -> pa.Table:
    """Orders of a shop campaign over as many evenings as the shop takes without more than doubling a day."""
    order, names = codes(rows["order_id"])
    made = micros(session.rows("order_create")["ts"])
    usual = max(1.0, float(np.median(np.bincount((made - made.min()) // DAY))))
    nights = evenings(session, rng, max(1, round(len(names) / usual)))
    night = nights[rng.integers(len(nights), size=len(names))] - start
    ts = micros(rows["ts"]) + np.where(order >= 0, np.append(night, 0)[order], 0)
    place = EVENTS.get_field_index("ts")
    return rows.set_column(place, EVENTS.field(place), pa.array(ts).cast(EVENTS.field(place).type))


def _renamed(
    column: pa.ChunkedArray, manner: Manner, name: str, rng: np.random.Generator, known: Mapping[str, str]
) -> dict[str, str]:  # fmt: skip
    """New names, in the recording's manner, for the names of the simulator."""
    ours = pc.unique(column.drop_null()).to_pylist()
    used = pc.unique(manner.events[name].drop_null()).to_pylist()
    new = [n for n in ours if n not in known]
    fresh = like(used, len(new), rng) if used else new
    return {**dict(zip(new, fresh, strict=True)), **{n: known[n] for n in ours if n in known}}


def _told(
    rows: pa.Table, manner: Manner, chosen: Ints, people: Mapping[str, str], orders: Mapping[str, str], rng: np.random.Generator
) -> pa.Table:  # fmt: skip
    """Forged rows with the columns that honest rows of their kind fill, in the source's words."""
    donor = manner.events.take(pa.array(chosen))
    n = rows.num_rows
    columns: dict[str, pa.Array | pa.ChunkedArray] = {
        c: donor[c] for c in ("platform", "source", "host_id", "session_id", "currency", "state")
    }
    columns |= {c: rows[c] for c in ("kind", "ts", *_KEPT)}
    columns["discount_seller"] = pc.if_else(
        pc.is_valid(donor["discount_seller"]), 0, pa.scalar(None, pa.int64())
    )
    columns |= {c: spoken(rows[c], manner.events[c], rng) for c in SPOKEN}
    for c in NAMED:
        new = _renamed(rows[c], manner, c, rng, {})
        columns[c] = pa.array([new.get(v) for v in rows[c].to_pylist()], pa.string())
    acted = pc.if_else(
        pc.is_valid(donor["actor_id"]), _named(rows["actor_id"], people), pa.scalar(None, pa.string())
    )
    columns["actor_id"], columns["order_id"] = acted, _named(rows["order_id"], orders)
    columns["parent_id"] = _parents(rows, manner, columns["order_id"], rng)
    columns["ref_id"] = _refs(manner, columns["order_id"], rng)
    columns["flags"] = _flags(rows, donor, manner)
    columns["ts_seen"] = _seen_at(rows, donor, manner)
    columns["extra"] = pa.array(extras(manner, chosen), pa.string())
    kinds = rows["kind"].cast(pa.string())
    arrays = []
    for f in EVENTS:
        if f.name == "event_id":
            arrays.append(pa.nulls(n, f.type))
            continue
        carried = pa.array([k for k in manner.kind[1] if manner.fills(f.name, k)], pa.string())
        kept = pc.is_in(kinds, carried)
        plain = columns[f.name].cast(pa.string()) if pa.types.is_dictionary(f.type) else columns[f.name]
        arrays.append(pc.if_else(kept, plain, pa.scalar(None, plain.type)).cast(f.type))
    told = pa.Table.from_arrays(arrays, schema=EVENTS)
    place = EVENTS.get_field_index("event_id")
    return told.set_column(place, EVENTS.field(place), pa.array(event_ids(told, manner, rng), pa.string()))


def _named(column: pa.ChunkedArray, new: Mapping[str, str]) -> pa.Array:
    return pa.array([new.get(v) for v in column.to_pylist()], pa.string())


def _parents(rows: pa.Table, manner: Manner, orders: pa.Array, rng: np.random.Generator) -> pa.Array:
    """Parent orders: the order itself where the source has it so."""
    both = manner.events.filter(
        pc.and_(pc.is_valid(manner.events["parent_id"]), pc.is_valid(manner.events["order_id"]))
    )
    if both.num_rows and pc.mean(pc.equal(both["parent_id"], both["order_id"]).cast(pa.int8())).as_py() > 0.9:
        return orders
    return _named(rows["parent_id"], _renamed(rows["parent_id"], manner, "parent_id", rng, {}))


def _refs(manner: Manner, orders: pa.Array, rng: np.random.Generator) -> pa.Array:
    """After-sale numbers, one per order, in the source's manner."""
    used = pc.unique(manner.events["ref_id"].drop_null()).to_pylist()
    mine = pc.unique(orders.drop_null()).to_pylist()
    new = dict(zip(mine, like(used, len(mine), rng), strict=True)) if used else {}
    return pa.array([new.get(v) for v in orders.to_pylist()], pa.string())


def _flags(rows: pa.Table, donor: pa.Table, manner: Manner) -> pa.Array:
    """What the source says of the row, and of the person only what it ever says in rows of that kind."""
    at, names = codes(rows["kind"])
    used = np.array([_bits(manner, k) for k in names.to_pylist()] or [0], dtype=np.int64)
    own = rows["flags"].to_numpy() & used[at]
    source = int(Flag.MASKED | Flag.ANON | Flag.TS_APPROX)
    return pa.array(((own & ~source) | (donor["flags"].to_numpy() & source)).astype(np.int32))


def _bits(manner: Manner, kind: str) -> int:
    return int(np.bitwise_or.reduce(manner.session.rows(kind)["flags"].to_numpy(), initial=0))


def _seen_at(rows: pa.Table, donor: pa.Table, manner: Manner) -> pa.Array:
    """Receive times: one for the whole file where the file has one, else the donor's delay."""
    seen = manner.events["ts_seen"].cast(pa.int64())
    if len(pc.unique(seen.drop_null())) == 1:
        return donor["ts_seen"].combine_chunks()
    delay = pc.subtract(donor["ts_seen"].cast(pa.int64()), donor["ts"].cast(pa.int64()))
    return pc.add(rows["ts"].cast(pa.int64()), delay).cast(EVENTS.field("ts_seen").type)


# --- counters -----------------------------------------------------------------------------------------------------


def added(forged: Show, counter: str, at: Ints, *, popularity: bool = False) -> Ints:
    """What the attack has added to a displayed counter by each moment.

    Heads on the gauge are the forged people present; a popularity gauge also keeps what a package put on the counter.
    """
    if counter == "viewers":
        _, since, until = forged.people()
        heads = np.searchsorted(np.sort(since), at, "right") - np.searchsorted(np.sort(until), at, "right")
        return heads + (_run(forged, "entered_total", at, rows=False) if popularity else 0)
    return _run(forged, counter, at, rows=True)


def _run(forged: Show, counter: str, at: Ints, *, rows: bool) -> Ints:
    """Running sum of a counter's increments by each moment."""
    kind = next(k for k, cs in COUNTERS.items() if counter in cs)
    mine = [b for b in forged.blocks if b.kind == kind and not b.later] if rows else []
    steps = [
        (b.ts, np.broadcast_to(np.asarray(b.columns["qty"] if kind == "like" else 1), b.ts.shape))
        for b in mine
    ]
    wanted = {counter, "follow_total"} if counter == "fan_total" else {counter}
    steps += [(u.ts, u.qty) for u in forged.unseen if u.counter in wanted]
    if not steps:
        return np.zeros(len(at), dtype=np.int64)
    ts, qty = (np.concatenate(part) for part in zip(*steps, strict=True))
    order = np.argsort(ts, kind="stable")
    return np.concatenate([[0], np.cumsum(qty[order])])[np.searchsorted(ts[order], at, "right")]


def grain(readings: Ints) -> int:
    """Rounding unit of a counter at 10,000 and above: a thousand or a hundred where all such readings keep to it, else 1."""
    large = readings[readings >= _ROUND_FROM]
    return next((g for g in (1_000, 100) if len(large) > 1 and not (large % g).any()), 1)


def displayed(value: Ints, unit: int) -> Ints:
    """Totals as the recording displays them: exact below 10,000, then to its unit."""
    return np.where(value >= _ROUND_FROM, (value + unit // 2) // unit * unit, value)


def raised(mine: pa.Table, forged: Show, manner: Manner) -> pa.Table:
    """The subject's honest rows, displayed counters higher by what the attack added up to each reading."""
    qty = np.asarray(pc.fill_null(mine["qty"], NONE).to_numpy()).copy()
    extra, ts = mine["extra"].to_pylist(), micros(mine["ts"])
    kind = mine["kind"].cast(pa.string())
    for counter in ("viewers", *(c for cs in COUNTERS.values() for c in cs)):
        at = np.flatnonzero(np.asarray(pc.equal(kind, counter).to_numpy(zero_copy_only=False)) & (qty >= 0))
        if not len(at):
            continue
        more = added(forged, counter, ts[at], popularity=popular(manner.session))
        unit = grain(qty[at])
        told = np.where(more > 0, displayed(qty[at] + more, unit), qty[at])
        for i, value in zip(at[more > 0].tolist(), told[more > 0].tolist(), strict=True):
            extra[i] = _shown(extra[i], value, unit)
        qty[at] = told
    out = mine
    for name, column in (("qty", pa.array(qty, mask=qty == NONE)), ("extra", pa.array(extra, pa.string()))):
        out = out.set_column(EVENTS.get_field_index(name), EVENTS.field(name), column)
    return out


def _shown(extra: str | None, value: int, unit: int) -> str | None:
    """The rest of a raw reading, with what it says of its display brought up to date."""
    told = json.loads(extra) if extra else {}
    if not {"shown", "half_unit"} & set(told):
        return extra
    rounded = value >= _ROUND_FROM and unit > 1
    if "shown" in told:
        told["shown"] = f"{value / 10_000:.{5 - len(str(unit))}f}万" if rounded else str(value)
    told |= {"half_unit": unit // 2} if rounded else {}
    return written({k: v for k, v in told.items() if k != "half_unit" or rounded})


def _readings(told: pa.Table, manner: Manner, forged: Show) -> pa.Table:
    """Counter readings that the source takes off forged messages, as it does off honest ones."""
    made = [EVENTS.empty_table()]
    for kind, counters in manner.companions.items():
        rows = told.filter(pc.equal(told["kind"].cast(pa.string()), kind))
        at = micros(rows["ts"])
        for counter in counters if rows.num_rows else ():
            honest = manner.session.rows(counter)
            before = np.clip(np.searchsorted(micros(honest["ts"]), at, "right") - 1, 0, None)
            base = np.asarray(pc.fill_null(honest["qty"], 0).to_numpy())
            unit = grain(base)
            value = displayed(base[before] + added(forged, counter, at), unit)
            tail = honest["event_id"][0].as_py().rpartition(":")[2]
            ids = [f"{i.rpartition(':')[0]}:{tail}" for i in rows["event_id"].to_pylist()]
            like_it = honest.take(pa.array(before))
            extra = [
                _shown(e, v, unit) for e, v in zip(like_it["extra"].to_pylist(), value.tolist(), strict=True)
            ]
            new = {"event_id": pa.array(ids), "ts": rows["ts"], "ts_seen": rows["ts_seen"], "qty": pa.array(value),
                   "extra": pa.array(extra, pa.string())}  # fmt: skip
            made.append(
                pa.table([new.get(f.name, like_it[f.name]).cast(f.type) for f in EVENTS], schema=EVENTS)
            )
    return pa.concat_tables(made)


def _metrics(metrics: pa.Table, events: pa.Table, forged: Show, manner: Manner) -> pa.Table:
    """Session metrics: coverage anew, displayed series raised, all else as it was."""
    rows = metrics.to_pylist()
    name = manner.session.session_id
    mine = events.filter(pc.fill_null(pc.equal(events["session_id"].cast(pa.string()), name), False))
    for row in rows:
        if row["session_id"] != name:
            continue
        metric = row["metric"].removeprefix("coverage.")
        if metric != row["metric"] and metric in COUNTERS:
            row["value"] = _delivered(mine, metric, row["value"])
        elif metric in {"viewers", "popularity", *(c for cs in COUNTERS.values() for c in cs)}:
            end = np.array([int(row["bucket_start"].timestamp() * SECOND) + row["bucket_seconds"] * SECOND])
            counter = "viewers" if metric == "popularity" else metric
            row["value"] += float(added(forged, counter, end, popularity=metric == "popularity")[0])
    return _compact(pa.Table.from_pylist(rows, schema=SESSION_METRICS), SESSION_METRICS)


def _delivered(mine: pa.Table, kind: str, before: float) -> float:
    """Coverage as an importer computes it: delivered after the first reading and up to the last, over the rise; 1 at most."""
    named_ = mine["kind"].cast(pa.string())
    counter = mine.filter(pc.equal(named_, COUNTERS[kind][0]))
    if counter.num_rows < 2:
        return before
    readings, at = np.asarray(pc.fill_null(counter["qty"], 0).to_numpy()), micros(counter["ts"])
    rows = mine.filter(pc.equal(named_, kind))
    ts = micros(rows["ts"])
    amount = (
        np.maximum(np.asarray(pc.fill_null(rows["qty"], 0).to_numpy()), 1)
        if kind == "like"
        else np.ones(len(ts))
    )
    got = float(amount[(ts > at.min()) & (ts <= at.max())].sum())
    rise = int(readings.max() - readings.min())
    return min(got / rise, 1.0) if rise else before


# --- accounts, order and answer key -------------------------------------------------------------------------------


def _split(events: pa.Table, manner: Manner) -> tuple[pa.Table, pa.Table]:
    """The subject's own rows, and all others."""
    own = pc.is_in(events["event_id"], value_set=manner.session.events["event_id"].combine_chunks())
    return events.filter(own), events.filter(pc.invert(own))


def _snapshots(
    made: pa.Table, told: pa.Table, honest: pa.Table, people: Mapping[str, str], manner: Manner, rng: np.random.Generator
) -> pa.Table:  # fmt: skip
    """The accounts table with snapshots of the forged accounts, as full and as exact as those of honest ones."""
    actors = pc.unique(manner.events["actor_id"].drop_null())
    models = honest.filter(pc.is_in(honest["account_id"], value_set=actors))
    known = set(honest["account_id"].to_pylist())
    acting = told.filter(pc.is_valid(told["actor_id"]))
    firsts = acting.group_by("actor_id", use_threads=False).aggregate([("ts", "min")])
    first = dict(zip(firsts["actor_id"].to_pylist(), firsts["ts_min"].to_pylist(), strict=True))
    shown = pa.array([ours for ours, n in people.items() if n in first and n not in known], pa.string())
    rows = made.filter(pc.is_in(made["account_id"], value_set=shown)).to_pylist()
    if not models.num_rows or not rows:
        return honest
    like_it = models.take(pa.array(rng.integers(models.num_rows, size=len(rows)))).to_pylist()
    one = len(pc.unique(models["seen_at"])) == 1
    whole = not any(r["since"] and r["since"].microsecond for r in like_it)
    for row, model in zip(rows, like_it, strict=True):
        row["account_id"] = people[row["account_id"]]
        row |= {c: model[c] for c in ("platform", "since_basis")}
        row["seen_at"] = model["seen_at"] if one else first[row["account_id"]]
        row["since"] = row["since"].replace(microsecond=0) if whole else row["since"]
        row |= {c: None for c, v in model.items() if v is None}
    return pa.concat_tables([honest, pa.Table.from_pylist(rows, schema=ACCOUNTS)])


def _compact(table: pa.Table, schema: pa.Schema) -> pa.Table:
    """One chunk per column, dictionaries in order of first appearance: equal content, equal bytes."""
    columns = []
    for f in schema:
        plain = table[f.name].cast(pa.string()) if pa.types.is_dictionary(f.type) else table[f.name]
        whole = pa.chunked_array([plain.combine_chunks()], plain.type).combine_chunks()
        whole = whole.chunk(0) if isinstance(whole, pa.ChunkedArray) else whole
        columns.append(whole.dictionary_encode() if pa.types.is_dictionary(f.type) else whole)
    return pa.Table.from_arrays(columns, schema=schema)


def _truth(
    own: SessionTruth, merged: Dataset, told: pa.Table, people: Mapping[str, str], orders: Mapping[str, str],
    show: Show, manner: Manner,
) -> SessionTruth:  # fmt: skip
    """The answer key in the record's own names."""
    counts = manner.session.counts
    actors = set(pc.unique(told["actor_id"].drop_null()).to_pylist())
    bought = frozenset(pc.unique(told["order_id"].drop_null()).to_pylist())
    fake = frozenset(orders[o] for o in own.fake_orders if orders.get(o) in bought)
    groups = {g: seen for g, who in own.groups.items() if len(seen := frozenset(people[w] for w in who if people.get(w) in actors)) > 1}  # fmt: skip
    fabricated = {m: n for m, n in own.fabricated.items() if any(k in counts for k in _SHOWS[m])}
    began = show.began
    if manner.session.scope == "shop":
        began = pc.min(told["ts"].cast(pa.int64())).as_py()
    return replace(
        own,
        outcome="attacked",
        view="recording",
        fabricated=fabricated,
        shown=_totals(manner.session, fabricated),
        fake_accounts=frozenset(people[w] for w in own.fake_accounts if people.get(w) in actors),
        fake_orders=fake,
        groups=groups,
        began=began,
        money=_money(merged, manner, fake),
    )


def _totals(session: Session, more: Mapping[str, int]) -> dict[str, int]:
    """Shown totals with the forged ones: the last counter of viewers, the rise of the others, else rows."""
    out = {}
    for metric, (kind, *counters) in _SHOWS.items():
        rows = session.rows(kind)
        taps = pc.sum(rows["qty"]).as_py() or 0 if metric == "likes" else rows.num_rows
        readings = session.rows(counters[0])["qty"].drop_null().to_pylist() if counters else []
        rise = readings[-1] - (0 if metric == "viewers" else readings[0]) if readings else 0
        if rows.num_rows or readings:
            out[metric] = max(int(taps), int(rise)) + more.get(metric, 0)
    return out


def _money(merged: Dataset, manner: Manner, fake: frozenset[str]) -> Money | None:
    """Where the created amounts of the merged subject went, forged orders known."""
    events = next(s for s in subjects(merged) if s.session_id == manner.session.session_id).events
    order, names = codes(events["order_id"])
    kind = events["kind"].cast(pa.string())

    def per_order(wanted: str, *columns: str) -> Ints:
        at = np.asarray(pc.equal(kind, wanted).to_numpy(zero_copy_only=False)) & (order >= 0)
        total = np.zeros(len(names), dtype=np.int64)
        for column in columns:
            np.add.at(total, order[at], np.asarray(pc.fill_null(events[column], 0).to_numpy())[at])
        return total if columns else np.bincount(order[at], minlength=len(names))

    rest = per_order("order_create", "amount")
    if not rest.any():
        return None
    brushed = np.asarray(
        pc.is_in(names, value_set=pa.array(sorted(fake), pa.string())).to_numpy(zero_copy_only=False)
    )
    discount = np.maximum(per_order("order_create", "discount_platform", "discount_seller"), 0)
    lines = {"gross": int(rest.sum())}
    for name, part in (
        ("cancelled", np.where(per_order("order_cancel") > 0, rest, 0)),
        ("unpaid", np.where(per_order("order_pay") > 0, 0, rest)),
        ("discount", discount),
        ("refunded", per_order("refund_done", "amount")),
        ("brushed", np.where(brushed, rest, 0)),
        ("verified", rest),
    ):
        taken = np.minimum(part, rest)
        lines[name] = int(taken.sum())
        rest = rest - taken
    return Money(**lines)


__all__: Sequence[str] = ("NotSeenError", "applicable", "inject")
