"""Everything that was read, as canonical tables, and its division into subjects.

An event belongs to its `session_id`. The later life of an order (refunds, settlement, reviews without a
session) belongs to the session in which the order was made, a later unfollow to that in which the account followed.
Orders of no session form a shop month.
"""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from itertools import pairwise

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from zhenbo.core import followers, market, rounds
from zhenbo.core.homes import CHINA_PLATFORMS, UNKNOWN_HOST, by_order, by_purchase, home, loose, trade_rows
from zhenbo.core.order import canonical_order
from zhenbo.core.rows import plain
from zhenbo.core.schema import ACCOUNTS, EVENTS, PRODUCTS, SESSION_METRICS, empty
from zhenbo.core.session import Session, Window, codes

__all__ = [
    "CHINA_PLATFORMS", "UNKNOWN_HOST", "Dataset", "canonical_order", "fresh_accounts", "session_of", "subjects",
]  # fmt: skip


@dataclass(frozen=True)
class Dataset:
    """Canonical tables of any number of sessions and shops, distinct and sorted.

    Args:
        events: `EVENTS`, one row per distinct event, sorted by (ts, source, event_id), null ts last.
        accounts: `ACCOUNTS`, snapshots.
        metrics: `SESSION_METRICS`, incl. computed coverage.
        products: `PRODUCTS`.
        windows: declared honest causes by session.
    """

    events: pa.Table = field(default_factory=lambda: empty(EVENTS))
    accounts: pa.Table = field(default_factory=lambda: empty(ACCOUNTS))
    metrics: pa.Table = field(default_factory=lambda: empty(SESSION_METRICS))
    products: pa.Table = field(default_factory=lambda: empty(PRODUCTS))
    windows: Mapping[str, tuple[Window, ...]] = field(default_factory=dict)

    @property
    def latest(self) -> int:
        """Microsecond of the latest event; 0 when no event has a time."""
        return pc.max(self.events["ts"].cast(pa.int64())).as_py() or 0

    def until(self, as_of: int) -> "Dataset":
        """The record as it stood at `as_of`: later events are left out, those without a time stay."""
        return replace(self, events=until(self.events, as_of))


def until(events: pa.Table, as_of: int) -> pa.Table:
    """Events up to `as_of` (µs), and those without a time."""
    return events.filter(pc.fill_null(pc.less_equal(events["ts"].cast(pa.int64()), as_of), True))


def subjects(data: Dataset, as_of: int | None = None) -> Iterator[Session]:
    """Sessions by id, then shop months by id, each with its own rows, accounts, metrics and windows.

    The steps are those of `zhenbo.core.division`, on whole tables: in one process there is nothing to bring together.
    """
    moment = data.latest if as_of is None else as_of
    data = data if as_of is None else data.until(as_of)
    events = data.events
    fans = followers.fan_rows(events)
    subject = _owned(events, fans)
    beside = _beside(events, subject)
    around = followers.told_around(followers.hours_of(fans))
    others = rows_of(around["session_id"])
    company = rounds.found(events.append_column("subject", subject))
    went = rows_of(company["subject"])
    accounts = fresh_accounts(data.accounts)
    for name, rows in sorted(rows_of(subject).items(), key=lambda part: precedence(part[0])):
        mine = events.take(rows).combine_chunks()
        yield session_of(
            name,
            mine,
            accounts=accounts.filter(
                pc.is_in(accounts["account_id"], value_set=pc.unique(mine["actor_id"]))
            ) if accounts.num_rows else accounts,
            metrics=followers.beside(
                data.metrics.filter(pc.equal(plain(data.metrics["session_id"]), name)),
                around.take(others.get(name, pa.array([], pa.int64()))),
            ),
            windows=data.windows.get(name, ()),
            as_of=moment,
            elsewhere=beside(name),
            round_rows=company.take(went.get(name, pa.array([], pa.int64()))),
        )  # fmt: skip


def rows_of(subject: pa.ChunkedArray) -> dict[str, pa.Array]:
    """The rows of each subject, in order; those of none are left out."""
    owner, names = codes(subject)
    order = np.argsort(owner, kind="stable")
    order = order[owner[order] >= 0]
    bounds = np.flatnonzero(np.diff(owner[order], prepend=-1, append=-2))
    return {str(names[owner[order[a]]]): pa.array(order[a:b]) for a, b in pairwise(bounds)}


def precedence(subject: str) -> tuple[bool, str]:
    """The order of subjects in every answer: sessions before shop months, each by id."""
    return subject.startswith("shop:"), subject


def session_of(
    name: str, events: pa.Table, *, accounts: pa.Table, metrics: pa.Table, windows: tuple[Window, ...], as_of: int,
    elsewhere: pa.Table | None, round_rows: pa.Table,
) -> Session:  # fmt: skip
    """A subject from its own rows, all in canonical order."""
    return Session(
        session_id=name,
        host_id=_first(events["host_id"]) or UNKNOWN_HOST,
        platform=_first(events["platform"]) or "unknown",
        scope="shop" if name.startswith("shop:") else "session",
        events=events,
        accounts=accounts,
        metrics=metrics,
        windows=windows,
        as_of=as_of,
        elsewhere=elsewhere,
        rounds=rounds.sorted_rows(round_rows) if round_rows.num_rows else None,
    )


def fresh_accounts(accounts: pa.Table) -> pa.Table:
    """Whole accounts: the latest snapshot of each, by id; of equally late ones the first by all its columns."""
    if not accounts.num_rows:
        return accounts
    others = [name for name in accounts.column_names if name not in {"account_id", "seen_at"}]
    keyed = pa.table({
        name: plain(accounts[name]) if pa.types.is_dictionary(accounts[name].type) else accounts[name]
        for name in ("account_id", "seen_at", *others)
    })  # fmt: skip
    order = pc.sort_indices(keyed, sort_keys=[
        ("account_id", "ascending", "at_end"), ("seen_at", "descending", "at_end"),
        *((name, "ascending", "at_end") for name in others),
    ])  # fmt: skip
    sorted_ids, _ = codes(accounts["account_id"].take(order))
    first = np.flatnonzero(np.diff(sorted_ids, prepend=-2))
    return accounts.take(order.take(pa.array(first)))


def _owned(events: pa.Table, fans: pa.Table) -> pa.ChunkedArray:
    """The subject of every event; null for what belongs to none."""
    session = plain(events["session_id"])
    trade, fell = loose(events), followers.wandering(events)
    outside = pc.or_(trade, fell)
    if not pc.any(outside).as_py():
        return session
    found = [by_purchase(by_order(trade_rows(events)))] if pc.any(trade).as_py() else []
    found += [followers.fallen_from(followers.named(fans))] if pc.any(fell).as_py() else []
    homes = home(events.filter(outside), pa.concat_tables(found))
    return pa.chunked_array([pc.replace_with_mask(*(c.combine_chunks() for c in (session, outside, homes)))])


def _beside(events: pa.Table, subject: pa.ChunkedArray) -> Callable[[str], pa.Table | None]:
    """What buyers who gave back orders of a subject ordered elsewhere; None where nothing else of its shop is told."""
    light = events.select(["kind", "ts", "host_id", "actor_id", "addr", "order_id"])
    rows = market.order_rows(light.append_column("subject", subject))
    if len(pc.unique(rows["subject"].filter(pc.is_valid(rows["at"])))) < 2:
        return lambda _: None
    told, pairs = market.found(market.spanned(market.given_back(rows)))
    wanted = pc.is_in(events["order_id"], value_set=pc.unique(pairs["order_id"]))
    life = events.filter(wanted)
    known = frozenset(told["subject"].to_pylist())
    owner, names = codes(pairs["subject"])
    orders = {str(name): pairs["order_id"].filter(pa.array(owner == i)) for i, name in enumerate(names)}

    def beside(name: str) -> pa.Table | None:
        if name in orders:
            return life.filter(pc.is_in(life["order_id"], value_set=pc.unique(orders[name]))).combine_chunks()
        return life.slice(0, 0) if name in known else None

    return beside


def _first(column: pa.ChunkedArray) -> str | None:
    valid = column.drop_null()
    return str(valid[0].as_py()) if len(valid) else None
