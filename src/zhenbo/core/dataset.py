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
from zhenbo.core.session import DAY, HOUR, Session, Window, codes, micros

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
    market = _Market.of(data.events, owner)
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
            elsewhere=market.beside(int(owner[parts[name][0]])) if market else None,
        )


AFTERWARDS = 4 * DAY
"""How long after a subject's last order orders elsewhere are still handed to it: two days for a refund, two more to
buy again (judgement)."""

Ints = npt.NDArray[np.int64]
Bools = npt.NDArray[np.bool_]


@dataclass(frozen=True)
class _Market:
    """Orders of a dataset in which more than one subject made some: who gives back here and buys there.

    Args:
        at: microsecond of every order's creation, ascending.
        owner: subject of each, as an index.
        host: code of its host, −1 where unknown.
        actor: code of its buyer, −1 where unknown; likewise `addr`.
        returned: whether money was asked or given back for it.
        travels: which orders are by a buyer or to an address met in other subjects too.
        order: index of the order.
        rows: creation and later life of the orders that travel.
        row_order: index of the order of each of these rows.
    """

    at: Ints
    owner: Ints
    host: Ints
    actor: Ints
    addr: Ints
    returned: Bools
    travels: Ints
    order: Ints
    rows: pa.Table
    row_order: Ints

    @classmethod
    def of(cls, events: pa.Table, owner: Ints) -> "_Market | None":
        """The market of a dataset; None where all orders are of one subject."""
        created = pc.and_(
            pc.equal(events["kind"].cast(pa.string()), "order_create"), pc.is_valid(events["order_id"])
        )
        found = np.flatnonzero(pc.and_(created, pc.is_valid(events["ts"])).to_numpy())
        found = found[owner[found] >= 0]
        own = owner[found]
        if not len(found) or (own == own[0]).all():
            return None
        made = events.select(["ts", "host_id", "actor_id", "addr", "order_id"]).take(pa.array(found))
        host, actor, addr = (codes(made[name])[0] for name in ("host_id", "actor_id", "addr"))
        given_back = events["order_id"].filter(
            pc.is_in(events["kind"].cast(pa.string()), pa.array(["refund_request", "refund_done"]))
        )
        returned = pc.is_in(made["order_id"], value_set=pc.unique(given_back.drop_null())).to_numpy()
        travels = np.flatnonzero(_in_several(actor, own) | _in_several(addr, own))
        ids = pc.unique(made["order_id"].take(pa.array(travels)))
        order = pc.index_in(made["order_id"], value_set=ids)
        index = (
            pc.index_in(events["order_id"], value_set=ids) if len(ids) else pa.nulls(len(events), pa.int32())
        )
        life = np.flatnonzero(np.asarray(pc.is_valid(index).to_numpy(zero_copy_only=False)))
        return cls(
            micros(made["ts"]), own, host, actor, addr, returned, travels, _filled(order),
            events.take(pa.array(life)), _filled(index)[life],
        )  # fmt: skip

    def beside(self, subject: int) -> pa.Table | None:
        """What buyers who gave back orders of a subject ordered elsewhere; None where nothing else of its shop is told."""
        mine = np.flatnonzero(self.owner == subject)
        if not len(mine):
            return None
        first, last = np.searchsorted(self.at, [self.at[mine[0]], self.at[mine[-1]] + AFTERWARDS + 1])
        hosts = np.unique(self.host[mine])
        told = np.isin(self.host[first:last], hosts[hosts >= 0]) & (self.owner[first:last] != subject)
        theirs = self.travels[(self.travels >= first) & (self.travels < last)]
        theirs = theirs[self.owner[theirs] != subject]
        theirs = theirs[self._same_buyer(mine[self.returned[mine]], theirs)]
        if not len(theirs):
            return self.rows.slice(0, 0) if told.any() else None
        wanted = np.zeros(int(self.order.max()) + 1, dtype=bool)
        wanted[self.order[theirs]] = True
        return self.rows.filter(pa.array(wanted[self.row_order])).combine_chunks()

    def _same_buyer(self, mine: Ints, theirs: Ints) -> Bools:
        """Whether orders are by somebody who ordered in `mine`: the same id or, where either has none, the same address."""
        nameless = mine[self.actor[mine] < 0]
        same = _among(self.actor, mine, theirs) | _among(self.addr, nameless, theirs)
        return same | ((self.actor[theirs] < 0) & _among(self.addr, mine, theirs))


def _filled(index: pa.ChunkedArray) -> Ints:
    return np.asarray(pc.fill_null(index.cast(pa.int64()), -1).to_numpy())


def _among(key: Ints, mine: Ints, theirs: Ints) -> Bools:
    """Which of theirs have a key of mine."""
    held = np.zeros(int(key.max(initial=-1)) + 2, dtype=bool)  # the last place is that of −1: nobody
    held[key[mine]] = True
    held[-1] = False
    return held[key[theirs]]


def _in_several(key: Ints, owner: Ints) -> Bools:
    """Whether the key of each order is met in more than one subject."""
    low, high = (
        np.full(int(key.max(initial=-1)) + 2, owner.max(initial=0)),
        np.zeros(int(key.max(initial=-1)) + 2, dtype=np.int64),
    )
    np.minimum.at(low, key, owner)
    np.maximum.at(high, key, owner)
    return np.asarray((key >= 0) & (low[key] < high[key]))


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
