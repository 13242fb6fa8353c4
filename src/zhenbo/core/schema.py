"""The canonical tables: names, types and meaning of every column, kind and flag.

One flat row per event (`EVENTS`), four side tables. Engines and readers build these; nothing else invents
columns. Signed integers only (Spark and Delta have no unsigned ones); times are UTC microseconds; amounts
are minor units; `device`, `ip`, `addr`, `pay` and actor ids are keyed hashes made at intake.
"""

from enum import IntFlag
from typing import NamedTuple

import pyarrow as pa

TS = pa.timestamp("us", tz="UTC")
WORD = pa.dictionary(pa.int32(), pa.string())
"""A string column with few distinct values."""


class Column(NamedTuple):
    """One column of a canonical table: its name, Arrow type and meaning (docs are made from this)."""

    name: str
    type: pa.DataType
    meaning: str


EVENT_COLUMNS = (
    Column("platform", WORD, "douyin, kuaishou, taobao, tmall, tiktok, bilibili, …"),
    Column("source", WORD, "reader or exporter and its version: who said so"),
    Column("host_id", WORD, "persistent room or host account"),
    Column("session_id", WORD, "one broadcast; null outside any"),
    Column("event_id", pa.string(), "id of the event within its source"),
    Column("kind", WORD, "one of KINDS"),
    Column("ts", TS, "event time by the platform; null when the source has none"),
    Column("ts_seen", TS, "receive time"),
    Column("actor_id", pa.string(), "who did it (keyed hash); null if masked or aggregate"),
    Column("flags", pa.int32(), "bit set, see Flag"),
    Column("target_id", pa.string(), "product, SKU, gift or user acted on"),
    Column("order_id", pa.string(), "child order (子订单) or the order itself"),
    Column("ref_id", pa.string(), "parent order, after-sale id, gift combo, envelope id"),
    Column("qty", pa.int64(), "likes in the batch, units, gauge or counter value"),
    Column("amount", pa.int64(), "money in minor units"),
    Column("currency", WORD, "ISO code or coin name (DIAMOND, BITS)"),
    Column("state", WORD, "raw platform status, verbatim"),
    Column("via", WORD, "where it came from: enter source, 流量渠道, ad mark"),
    Column("text", pa.string(), "comment, caption or reason"),
    Column("device", pa.string(), "keyed hash of the device"),
    Column("ip", pa.string(), "keyed hash of the network address"),
    Column("addr", pa.string(), "keyed hash of the delivery address"),
    Column("pay", pa.string(), "keyed hash of the paying account"),
    Column("extra", pa.string(), "the rest of the row as JSON; nothing is lost"),
    Column("region", WORD, "province or state of delivery"),
    Column("tracking_id", pa.string(), "parcel number"),
    Column("weight_g", pa.int64(), "parcel weight in grams"),
    Column("discount_platform", pa.int64(), "discount borne by the platform, minor units"),
    Column("discount_seller", pa.int64(), "discount borne by the seller, minor units"),
    Column("parent_id", pa.string(), "parent order (主订单) of a child order"),
)
EVENTS = pa.schema([(c.name, c.type) for c in EVENT_COLUMNS])

ACCOUNT_COLUMNS = (
    Column("platform", WORD, "as in events"),
    Column("account_id", pa.string(), "same hash as actor_id"),
    Column("seen_at", TS, "when this snapshot was taken"),
    Column("since", TS, "registration time"),
    Column("since_basis", WORD, "stated or derived (from the id)"),
    Column("followers", pa.int64(), "followers at seen_at"),
    Column("following", pa.int64(), "accounts followed at seen_at"),
    Column("level", pa.int64(), "platform level"),
    Column("fan_level", pa.int64(), "fan-club level in this room"),
    Column("pay_level", pa.int64(), "payer level"),
    Column("verified", pa.bool_(), "verified by the platform"),
)
ACCOUNTS = pa.schema([(c.name, c.type) for c in ACCOUNT_COLUMNS])

METRIC_COLUMNS = (
    Column("platform", WORD, "as in events"),
    Column("session_id", WORD, "one broadcast"),
    Column("bucket_start", TS, "start of the bucket"),
    Column("bucket_seconds", pa.int64(), "length of the bucket"),
    Column("metric", WORD, "name of the metric; `coverage.<kind>` is delivered / counter delta"),
    Column("value", pa.float64(), "its value"),
    Column("unit", WORD, "count, ratio, currency …"),
    Column("source", WORD, "who said so"),
)
SESSION_METRICS = pa.schema([(c.name, c.type) for c in METRIC_COLUMNS])

PRODUCT_COLUMNS = (
    Column("platform", WORD, "as in events"),
    Column("product_id", pa.string(), "product"),
    Column("sku_id", pa.string(), "stock unit"),
    Column("merchant_id", pa.string(), "seller"),
    Column("shop_id", pa.string(), "shop"),
    Column("category", WORD, "platform category"),
    Column("title", pa.string(), "as listed"),
    Column("list_price", pa.int64(), "minor units"),
    Column("currency", WORD, "ISO code"),
)
PRODUCTS = pa.schema([(c.name, c.type) for c in PRODUCT_COLUMNS])

ROOM_KINDS = (
    "enter", "leave", "comment", "like", "follow", "share", "gift", "join_club", "subscribe",
    "lottery", "product_pin", "product_click", "cart_add",
)  # fmt: skip
FAN_KINDS = ("unfollow",)
"""Done in the room or days later: no sign that somebody is there."""
COUNTER_KINDS = ("viewers", "entered_total", "like_total", "follow_total", "fan_total")
TRADE_KINDS = (
    "order_create", "order_pay", "order_hold", "order_ship", "order_deliver", "order_complete", "order_cancel",
    "refund_request", "refund_done", "refund_reject", "return_ship", "return_receive", "exchange", "claim",
    "arbitrate", "review",
)  # fmt: skip
MONEY_KINDS = ("settle", "commission", "slot_fee", "service_fee", "compensation", "ad_spend", "premium")
HOST_KINDS = ("control", "speech", "moderate", "product_change", "address_change")
KINDS = ROOM_KINDS + FAN_KINDS + COUNTER_KINDS + TRADE_KINDS + MONEY_KINDS + HOST_KINDS


class Flag(IntFlag):
    """Bits of the `flags` column."""

    MASKED = 1
    """The source hides who acted."""
    ANON = 1 << 1
    """Acted without an account."""
    HOST = 1 << 2
    MOD = 1 << 3
    FAN = 1 << 4
    FOLLOWER = 1 << 5
    GIFTER = 1 << 6
    KNOWN_BOT = 1 << 7
    """The platform itself or a public list calls the account a bot."""
    HISTORY = 1 << 8
    """Replayed backlog, not live."""
    TS_APPROX = 1 << 9
    """The time is the parent's or the minute's, not the event's own."""
    PLATFORM_RISK = 1 << 10
    """The platform's risk control marked it (抖店 105, abnormal_order, ON_HOLD)."""
    AD = 1 << 11
    SAMPLE = 1 << 12
    """A sample or lottery order: not GMV."""
    TEST = 1 << 13
    INSIDER = 1 << 14
    """The papers (`parties.toml`) give the account, or the purse, to whoever runs the room or sells in it; set by the audit."""


TS_MIN_US = 946_684_800_000_000  # 2000-01-01: before any live commerce
TS_MAX_US = 4_102_444_800_000_000  # 2100-01-01
TEXT_MAX = 20_000
"""Characters kept of a text; a longer one is cut and its length kept in `extra`."""


def empty(schema: pa.Schema) -> pa.Table:
    """An empty table of a canonical schema."""
    return schema.empty_table()
