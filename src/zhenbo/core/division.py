"""The program that brings everything of one subject together, over any host of `Rows`.

`dataset.subjects` runs the same steps on whole tables; `divided` names which rows must meet for them. What a subject is
told from outside its own rows travels with them: orders elsewhere as events with a role, accounts and metrics as rows
of `SIDE`.
"""

from collections.abc import Callable, Iterator, Mapping
from functools import partial

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from zhenbo.core import followers, market, rounds
from zhenbo.core.dataset import fresh_accounts, precedence, rows_of, session_of, until
from zhenbo.core.homes import HOMES, home, homes, loose
from zhenbo.core.order import canonical_order
from zhenbo.core.rows import R, plain, shaped
from zhenbo.core.schema import ACCOUNTS, EVENTS, SESSION_METRICS, WORD
from zhenbo.core.session import Session, Window

__all__ = ["HOMES", "OWNED", "SIDE", "divided", "sessions"]

MINE, ELSEWHERE, LATER = 0, 1, 2
"""Roles of a row beside a subject: its own; of an order made elsewhere; its own but after `as_of`, known to coverage only."""

OWNED = pa.schema([*EVENTS, ("subject", WORD), ("role", pa.int8())])
"""Events with the subject they are handed to."""
_ACTS = pa.schema([("subject", WORD), ("account_id", pa.string())])
SIDE = pa.schema([
    ("subject", WORD), ("part", WORD),
    *((f"account_{f.name}", f.type) for f in ACCOUNTS), *((f"metric_{f.name}", f.type) for f in SESSION_METRICS),
    *((f"round_{f.name}", f.type) for f in rounds.ROUNDS),
])  # fmt: skip
"""What is handed to a subject beside events: a row is an `account`, a `metric`, a `round`, tells (in the columns of a metric) of
other `fans` of its host, or says that the dataset has `told` of other orders of its shop."""

Measure = Callable[[pa.Table, pa.Table], pa.Table]
"""The metrics of a session from all its events and the metrics read of it: distinct, sorted, with its coverage."""


def divided(events: R, accounts: R | None, metrics: R | None, cut: int | None) -> tuple[R, R]:
    """`OWNED` and `SIDE` rows, to meet by `subject`.

    Args:
        events: distinct events.
        accounts: snapshots, or None.
        metrics: rows of `SESSION_METRICS`, or None.
        cut: the record is read as of this microsecond; None when everything has happened.
    """
    known = events if cut is None else events.each(partial(until, as_of=cut), EVENTS)
    strays, fans = known.each(loose_rows, EVENTS), known.each(followers.fan_rows, followers.FANS)
    found = homes(known).plus(followers.fallen(fans))
    owned = known.each(bound_rows, OWNED).plus(strays.meet(found, ("source", "event_id"), claimed, OWNED))
    told, pairs = market.market(owned)
    beside = known.each(ordered, EVENTS).meet(pairs, ("order_id",), fetched, OWNED)
    main = owned.plus(beside)
    if cut is not None:
        main = main.plus(events.each(partial(later_rows, cut), OWNED))
    side = told.each(told_rows, SIDE).plus(followers.around(fans).each(fan_rows, SIDE))
    side = side.plus(rounds.rounds(owned).each(round_rows, SIDE))
    if accounts is not None:
        side = side.plus(accounts.meet(owned.each(acting, _ACTS), ("account_id",), snapshots, SIDE))
    if metrics is not None:
        side = side.plus(metrics.each(metric_rows, SIDE))
    return main, side


def bound_rows(events: pa.Table) -> pa.Table:
    """The events of sessions, with their session as subject."""
    mine = events.filter(pc.is_valid(events["session_id"]))
    return _owned(mine, mine["session_id"], MINE)


def loose_rows(events: pa.Table) -> pa.Table:
    """The trade rows and the unfollows outside any session."""
    return events.filter(pc.or_(loose(events), followers.wandering(events)))


def claimed(rows: pa.Table, found: pa.Table) -> pa.Table:
    """Loose rows with the subject found for them; an unfollow whose follow no session knows has none."""
    subject = home(rows, found)
    known = pc.is_valid(subject)
    return _owned(rows.filter(known), subject.filter(known), MINE)


def ordered(events: pa.Table) -> pa.Table:
    """The events that name an order."""
    return events.filter(pc.is_valid(events["order_id"]))


def later_rows(cut: int, events: pa.Table) -> pa.Table:
    """The events of sessions after `cut`."""
    after = pc.fill_null(pc.greater(events["ts"].cast(pa.int64()), cut), False)
    mine = events.filter(pc.and_(after, pc.is_valid(events["session_id"])))
    return _owned(mine, mine["session_id"], LATER)


def fetched(rows: pa.Table, pairs: pa.Table) -> pa.Table:
    """The rows of orders that subjects are told of, once for each subject."""
    pairs = _once(pairs)
    index = pc.index_in(rows["order_id"], value_set=pc.unique(pairs["order_id"]))
    rows, index = rows.filter(pc.is_valid(index)), index.drop_null()
    order = pc.index_in(pairs["order_id"], value_set=pc.unique(pairs["order_id"])).to_numpy()
    by_order = np.argsort(order, kind="stable")
    low, high = (np.searchsorted(order[by_order], index.to_numpy(), side=s) for s in ("left", "right"))
    size = high - low
    at = np.repeat(low, size) + np.arange(size.sum()) - np.repeat(np.cumsum(size) - size, size)
    subject = pairs["subject"].take(pa.array(by_order[at]))
    return _owned(rows.take(pa.array(np.repeat(np.arange(len(rows)), size))), subject, ELSEWHERE)


def acting(owned: pa.Table) -> pa.Table:
    """Who acts in which subject, each pair once in a batch."""
    acts = pa.table({"subject": plain(owned["subject"]), "account_id": owned["actor_id"]})
    acts = acts.filter(pc.is_valid(acts["account_id"]))
    return shaped(_once(acts), _ACTS)


def snapshots(accounts: pa.Table, acts: pa.Table) -> pa.Table:
    """The latest snapshot of each account, for each subject it acts in."""
    fresh = fresh_accounts(accounts)
    acts = _once(acts)
    at = pc.index_in(acts["account_id"], value_set=fresh["account_id"].combine_chunks())
    acts, at = acts.filter(pc.is_valid(at)), at.drop_null()
    return _side(acts["subject"], "account", _as("account", fresh.take(at)))


def metric_rows(metrics: pa.Table) -> pa.Table:
    """Metrics as `SIDE`; those of no session tell nothing."""
    metrics = metrics.filter(pc.is_valid(metrics["session_id"]))
    return _side(metrics["session_id"], "metric", _as("metric", metrics))


def fan_rows(told: pa.Table) -> pa.Table:
    """What sessions are told of their host's other followers, as `SIDE`."""
    return _side(told["session_id"], "fans", _as("metric", told))


def round_rows(told: pa.Table) -> pa.Table:
    """Who went the rounds, as `SIDE`."""
    return _side(told["subject"], "round", _as("round", told))


def told_rows(told: pa.Table) -> pa.Table:
    """`TOLD` as `SIDE`."""
    return _side(told["subject"], "told", pa.table({}))


def sessions(
    main: pa.Table, side: pa.Table, windows: Mapping[str, tuple[Window, ...]], as_of: int, measure: Measure
) -> Iterator[Session]:
    """The subjects among rows that have met: in the order of answers, each complete."""
    main, side = (
        shaped(t, s).unify_dictionaries().combine_chunks() for t, s in ((main, OWNED), (side, SIDE))
    )
    beside = rows_of(side["subject"])
    for name, rows in sorted(rows_of(main["subject"]).items(), key=lambda part: precedence(part[0])):
        mine = main.take(rows)
        role = mine["role"]
        own = _events(mine.filter(pc.equal(role, MINE)))
        if not own.num_rows:
            continue
        about = side.take(beside.get(name, pa.array([], pa.int64())))
        away = _events(mine.filter(pc.equal(role, ELSEWHERE)))
        delivered = mine.filter(pc.and_(pc.not_equal(role, ELSEWHERE), pc.is_valid(mine["session_id"])))
        yield session_of(
            name, own,
            accounts=fresh_accounts(_table(about, "account", ACCOUNTS)),
            metrics=followers.beside(
                measure(_events(delivered), _table(about, "metric", SESSION_METRICS)),
                _table(about, "fans", SESSION_METRICS, "metric"),
            ),
            windows=windows.get(name, ()),
            as_of=as_of,
            elsewhere=away if away.num_rows or _part(about, "told").num_rows else None,
            round_rows=_table(about, "round", rounds.ROUNDS),
        )  # fmt: skip


def _owned(events: pa.Table, subject: pa.ChunkedArray, role: int) -> pa.Table:
    roles = pa.array(np.full(events.num_rows, role, np.int8))
    return shaped(
        events.select(EVENTS.names).append_column("subject", subject).append_column("role", roles), OWNED
    )


def _side(subject: pa.ChunkedArray, part: str, told: pa.Table) -> pa.Table:
    n = len(subject)
    known = {"subject": subject, "part": pa.array([part] * n, pa.string())}
    known |= {name: told[name] for name in told.column_names}
    columns = [known.get(f.name, None) for f in SIDE]
    made = [pa.nulls(n, f.type) if c is None else c for f, c in zip(SIDE, columns, strict=True)]
    return shaped(pa.Table.from_arrays(made, names=SIDE.names), SIDE)


def _as(part: str, told: pa.Table) -> pa.Table:
    """The columns of a table as `SIDE` calls them."""
    return told.rename_columns([f"{part}_{name}" for name in told.column_names])


def _once(pairs: pa.Table) -> pa.Table:
    """Rows of two string columns, each once."""
    pairs = pa.table({name: plain(pairs[name]) for name in pairs.column_names})
    return pairs.group_by(pairs.column_names, use_threads=False).aggregate([])


def _part(side: pa.Table, part: str) -> pa.Table:
    return side.filter(pc.equal(plain(side["part"]), part))


def _table(side: pa.Table, part: str, schema: pa.Schema, columns: str = "") -> pa.Table:
    """The rows of a part, from the columns of that name or of another part."""
    rows = _part(side, part)
    return rows.select([f"{columns or part}_{name}" for name in schema.names]).rename_columns(schema.names)


def _events(rows: pa.Table) -> pa.Table:
    return canonical_order(rows.select(EVENTS.names)).combine_chunks()
