"""Everything that was read, as canonical tables, and its division into subjects.

An event belongs to its `session_id`. The later life of an order (refunds, settlement, reviews without a
session) belongs to the session in which the order was made. Orders of no session form a shop month.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from itertools import pairwise

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from zhenbo.core.schema import ACCOUNTS, EVENTS, MONEY_KINDS, PRODUCTS, SESSION_METRICS, TRADE_KINDS, empty
from zhenbo.core.session import HOUR, Session, Window

UNKNOWN_HOST = "unknown"
CHINA_PLATFORMS = ("bilibili", "douyin", "jd", "kuaishou", "pdd", "taobao", "tmall", "weixin", "xiaohongshu")
"""Platforms of one market in one time zone (UTC+8); the months of other shops are UTC months."""


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
        keep = pc.fill_null(pc.less_equal(self.events["ts"].cast(pa.int64()), as_of), True)
        return replace(self, events=self.events.filter(keep))


def canonical_order(events: pa.Table) -> pa.Table:
    """Events sorted by (ts, source, event_id), null ts last: the one order everything is computed in."""
    keyed = pa.table({
        "ts": events["ts"].cast(pa.int64()),
        "source": events["source"].cast(pa.string()),
        "event_id": events["event_id"],
    })  # fmt: skip
    order = pc.sort_indices(
        keyed, sort_keys=[(name, "ascending", "at_end") for name in ("ts", "source", "event_id")]
    )
    return events.take(order)


def subjects(data: Dataset, as_of: int | None = None) -> Iterator[Session]:
    """Sessions by id, then shop months by id, each with its own rows, accounts, metrics and windows."""
    moment = data.latest if as_of is None else as_of
    data = data if as_of is None else data.until(as_of)
    owner, names = _owners(data.events)
    order = np.argsort(owner, kind="stable")
    order = order[owner[order] >= 0]
    bounds = np.flatnonzero(np.diff(owner[order], prepend=-1, append=-2))
    parts = {names[owner[order[a]]]: order[a:b] for a, b in pairwise(bounds)}
    for name in sorted(parts, key=lambda n: (n.startswith("shop:"), n)):
        events = data.events.take(pa.array(parts[name])).combine_chunks()
        yield Session(
            session_id=name,
            host_id=_first(events["host_id"]) or UNKNOWN_HOST,
            platform=_first(events["platform"]) or "unknown",
            scope="shop" if name.startswith("shop:") else "session",
            events=events,
            accounts=_accounts_of(events, data.accounts),
            metrics=data.metrics.filter(pc.equal(data.metrics["session_id"].cast(pa.string()), name)),
            windows=data.windows.get(name, ()),
            as_of=moment,
        )


def _owners(events: pa.Table) -> tuple[npt.NDArray[np.int64], list[str]]:
    """For every event the index of its subject (−1 for none), and the subjects' ids."""
    session = events["session_id"].cast(pa.string())
    trade = pc.is_in(events["kind"].cast(pa.string()), pa.array([*TRADE_KINDS, *MONEY_KINDS]))
    loose = pc.and_(pc.is_null(session), pc.or_(trade, pc.is_valid(events["order_id"])))
    if pc.any(loose).as_py():
        session = pc.coalesce(session, _order_home(events, session, loose))
    encoded = session.combine_chunks().dictionary_encode()
    encoded = encoded.combine_chunks() if isinstance(encoded, pa.ChunkedArray) else encoded
    index = pc.fill_null(encoded.indices.cast(pa.int64()), -1).to_numpy(zero_copy_only=False)
    return np.asarray(index), encoded.dictionary.to_pylist()


def _order_home(events: pa.Table, session: pa.ChunkedArray, loose: pa.ChunkedArray) -> pa.ChunkedArray:
    """Home of each loose trade row: where its order, else its purchase, was made; else the shop month of its first row.

    A refund that names only the parent order comes home through the parent of the children sold in the room.
    """
    order, purchase = events["order_id"], _purchase(events)
    month = pc.strftime(_market_time(events), format="%Y-%m")
    shop = pc.binary_join_element_wise(
        "shop", pc.fill_null(events["platform"].cast(pa.string()), "unknown"),
        pc.fill_null(events["host_id"].cast(pa.string()), UNKNOWN_HOST), pc.fill_null(month, "undated"), ":",
    )  # fmt: skip
    in_room = pc.if_else(pc.is_valid(order), session, pa.scalar(None, pa.string()))
    in_shop = pc.if_else(loose, shop, pa.scalar(None, pa.string()))
    found = pc.coalesce(_by_key(order, in_room), _by_key(purchase, in_room), _by_key(purchase, in_shop))
    return pc.if_else(loose, found, pa.scalar(None, pa.string()))


def _market_time(events: pa.Table) -> pa.ChunkedArray:
    """Times at the clock of the platform's market: the books of a shop close at its own midnight."""
    ahead = pc.if_else(pc.is_in(events["platform"].cast(pa.string()), pa.array(CHINA_PLATFORMS)), 8 * HOUR, 0)
    return pc.add(events["ts"].cast(pa.int64()), ahead).cast(events["ts"].type)


def _purchase(events: pa.Table) -> pa.ChunkedArray:
    """The parent order of each row, told by the row or by another row of the same order; else the order; else the row."""
    parent = pc.coalesce(events["parent_id"], _by_key(events["order_id"], events["parent_id"]))
    return pc.coalesce(parent, events["order_id"], events["event_id"])


def _by_key(key: pa.ChunkedArray, value: pa.ChunkedArray) -> pa.ChunkedArray:
    """For every row the first value of its key; null where the key is null or has none."""
    known = pa.table({"key": key, "value": value})
    known = known.filter(pc.and_(pc.is_valid(known["key"]), pc.is_valid(known["value"])))
    firsts = known.group_by("key", use_threads=False).aggregate([("value", "first")])
    return firsts["value_first"].take(pc.index_in(key, value_set=firsts["key"].combine_chunks()))


def _first(column: pa.ChunkedArray) -> str | None:
    valid = column.drop_null()
    return str(valid[0].as_py()) if len(valid) else None


def _accounts_of(events: pa.Table, accounts: pa.Table) -> pa.Table:
    """The latest snapshot of every account that acts in these events."""
    if not accounts.num_rows:
        return accounts
    mine = accounts.filter(pc.is_in(accounts["account_id"], value_set=pc.unique(events["actor_id"])))
    mine = mine.sort_by([("account_id", "ascending"), ("seen_at", "descending")])
    ids = mine["account_id"].combine_chunks()
    if len(ids) < 2:
        return mine
    fresh = pc.not_equal(ids[1:], ids[:-1])
    return mine.filter(pa.concat_arrays([pa.array([True]), fresh]))
