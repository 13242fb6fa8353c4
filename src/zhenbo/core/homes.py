"""Where a trade row belongs that names no session: where its order, else its purchase, was made, else a shop month.

Two hops over a light table (`TRADE`): the rows of one order meet, then the rows of one purchase. "The first" always
means the first in canonical order, so that the answer depends on nothing but the rows.
"""

import pyarrow as pa
import pyarrow.compute as pc

from zhenbo.core.order import canonical_order
from zhenbo.core.rows import R, plain
from zhenbo.core.schema import MONEY_KINDS, TRADE_KINDS, TS
from zhenbo.core.session import HOUR

UNKNOWN_HOST = "unknown"
CHINA_PLATFORMS = ("bilibili", "douyin", "jd", "kuaishou", "pdd", "taobao", "tmall", "weixin", "xiaohongshu")
"""Platforms of one market in one time zone (UTC+8); the months of other shops are UTC months."""

_IDENTITY = [("ts", TS), ("source", pa.string()), ("event_id", pa.string())]
TRADE = pa.schema([
    *_IDENTITY, ("order_id", pa.string()), ("parent_id", pa.string()), ("session_id", pa.string()),
    ("shop", pa.string()), ("order", pa.string()),
])  # fmt: skip
"""Rows that name an order or are trade outside any session; `shop` (the month's id) is null for rows of a session,
`order` never is: rows without an order stand alone."""
PURCHASES = pa.schema([
    *_IDENTITY, ("purchase", pa.string()), ("room", pa.string()), ("shop", pa.string()), ("home", pa.string()),
])  # fmt: skip
"""The same rows with their purchase, the session that knows it, and the home found so far."""
HOMES = pa.schema([("source", pa.string()), ("event_id", pa.string()), ("subject", pa.string())])
"""The subject of every loose row."""


def homes(events: R) -> R:
    """`HOMES` of the loose rows among distinct events."""
    trade = events.each(trade_rows, TRADE)
    return trade.keyed(("order",), by_order, PURCHASES).keyed(("purchase",), by_purchase, HOMES)


def loose(events: pa.Table) -> pa.ChunkedArray:
    """Which rows are trade outside any session: of a trade or money kind, or naming an order."""
    trade = pc.is_in(plain(events["kind"]), pa.array([*TRADE_KINDS, *MONEY_KINDS]))
    return pc.and_(pc.is_null(events["session_id"]), pc.or_(trade, pc.is_valid(events["order_id"])))


def trade_rows(events: pa.Table) -> pa.Table:
    """The rows of `events` that decide homes, as `TRADE`."""
    events = events.filter(pc.or_(loose(events), pc.is_valid(events["order_id"])))
    outside = pc.is_null(events["session_id"])
    month = pc.strftime(_market_time(events), format="%Y-%m")
    shop = pc.binary_join_element_wise(
        "shop", pc.fill_null(plain(events["platform"]), "unknown"),
        pc.fill_null(plain(events["host_id"]), UNKNOWN_HOST), pc.fill_null(month, "undated"), ":",
    )  # fmt: skip
    order = events["order_id"]
    return pa.Table.from_arrays([
        events["ts"], plain(events["source"]), events["event_id"], order, events["parent_id"], plain(events["session_id"]),
        pc.if_else(outside, shop, pa.scalar(None, pa.string())), pc.coalesce(order, events["event_id"]),
    ], schema=TRADE)  # fmt: skip


def _market_time(events: pa.Table) -> pa.ChunkedArray:
    """Times at the clock of the platform's market: the books of a shop close at its own midnight."""
    ahead = pc.if_else(pc.is_in(plain(events["platform"]), pa.array(CHINA_PLATFORMS)), 8 * HOUR, 0)
    return pc.add(events["ts"].cast(pa.int64()), ahead).cast(events["ts"].type)


def by_order(trade: pa.Table) -> pa.Table:
    """Whole orders of `TRADE`: the purchase of each row, and the home its order gives a loose one.

    The purchase is the parent order, told by the row or by another row of the same order; else the order; else the row.
    """
    trade = canonical_order(trade)
    order = trade["order_id"]
    parent = pc.coalesce(trade["parent_id"], _by_key(order, trade["parent_id"]))
    room = pc.if_else(pc.is_valid(order), trade["session_id"], pa.scalar(None, pa.string()))
    found = pc.if_else(pc.is_valid(trade["shop"]), _by_key(order, room), pa.scalar(None, pa.string()))
    return pa.Table.from_arrays([
        trade["ts"], trade["source"], trade["event_id"], pc.coalesce(parent, order, trade["event_id"]), room,
        trade["shop"], found,
    ], schema=PURCHASES)  # fmt: skip


def by_purchase(rows: pa.Table) -> pa.Table:
    """Whole purchases of `PURCHASES`: the home of every loose row.

    A refund that names only the parent order comes home through the parent of the children sold in the room; what no
    room knows goes to the shop month of the first row of its purchase.
    """
    rows = canonical_order(rows)
    purchase = rows["purchase"]
    subject = pc.coalesce(rows["home"], _by_key(purchase, rows["room"]), _by_key(purchase, rows["shop"]))
    found = pa.Table.from_arrays([rows["source"], rows["event_id"], subject], schema=HOMES)
    return found.filter(pc.is_valid(rows["shop"]))


def home(rows: pa.Table, found: pa.Table) -> pa.ChunkedArray:
    """For every row its subject in `HOMES`; null where it has none there."""
    return found["subject"].take(pc.index_in(_identity(rows), value_set=_identity(found).combine_chunks()))


def _identity(rows: pa.Table) -> pa.ChunkedArray:
    return pc.binary_join_element_wise(
        plain(rows["source"]), rows["event_id"], "\x00", null_handling="replace"
    )


def _by_key(key: pa.ChunkedArray, value: pa.ChunkedArray) -> pa.ChunkedArray:
    """For every row the first value of its key; null where the key is null or has none."""
    known = pa.table({"key": key, "value": value})
    known = known.filter(pc.and_(pc.is_valid(known["key"]), pc.is_valid(known["value"])))
    firsts = known.group_by("key", use_threads=False).aggregate([("value", "first")])
    return firsts["value_first"].take(pc.index_in(key, value_set=firsts["key"].combine_chunks()))
