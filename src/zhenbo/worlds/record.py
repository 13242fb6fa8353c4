"""Writing a made-up evening down as canonical tables with its answer key."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from zhenbo.core.dataset import Dataset
from zhenbo.core.schema import ACCOUNTS, EVENTS, PRODUCTS, SESSION_METRICS, WORD, Flag
from zhenbo.worlds.anchors import CATEGORIES
from zhenbo.worlds.crowd import REGIONS, Crowd, Ints, named, names
from zhenbo.worlds.show import NONE, SECOND, Block, Show
from zhenbo.worlds.truth import Money, SessionTruth, World

SOURCE = "world@1"
_NUMBERS = ("qty", "amount", "weight_g", "discount_platform")
_WORDS = ("target", "currency", "state", "via", "text")
_COLUMNS = ("actor", "order", "parent", "tracking", "trade", "flag", *_NUMBERS, *_WORDS)
_SHOWN = {
    "viewers": ("enter", None), "likes": ("like", "qty"), "comments": ("comment", None), "follows": ("follow", None),
    "shares": ("share", None), "orders": ("order_create", None),
}  # fmt: skip
_COUNTERS = {
    "entered_total": ("enter", None),
    "like_total": ("like", "qty"),
    "follow_total": ("follow", None),
}


def write(shows: Sequence[Show], salt: int) -> World:
    """The record of some broadcasts of one world.

    Args:
        shows: finished broadcasts, sharing one crowd and one set of words.
        salt: makes the opaque names.
    """
    crowd, words = shows[0].crowd, shows[0].words
    rng = np.random.default_rng([salt, 7])
    columns, kinds = _gather(
        [
            (i, _fed(s, [*s.blocks, _leaves(s), *_counters(s, rng)], [salt, 8, i]))
            for i, s in enumerate(shows)
        ],
        shows,
    )
    rank = _rank([s.plan.session_id for s in shows])[columns["show"]]
    order = np.lexsort((rank, columns["ts"]))
    columns = {k: v[order] for k, v in columns.items()}
    serial = _serial(columns["show"], len(shows))
    events = _events(columns, serial, kinds, shows, crowd, words.pool, salt, rng)
    data = Dataset(
        events=events,
        accounts=_accounts(columns, shows, crowd, salt),
        metrics=SESSION_METRICS.empty_table(),
        products=_products(shows),
        windows={s.plan.session_id: tuple(s.windows) for s in shows if s.windows},
    )
    money = _money(columns, kinds, shows)
    return World(data, {s.plan.session_id: _truth(s, salt, money[i]) for i, s in enumerate(shows)})


def _fed(show: Show, blocks: list[Block], key: Sequence[int]) -> list[Block]:
    """What the broadcast's feeds let through, drawn from a stream of their own: without feeds nothing else changes."""
    rng = np.random.default_rng(key)
    for feed in show.feeds:
        blocks = feed(show, blocks, rng)
    return blocks


def _rank(ids: Sequence[str]) -> Ints:
    return np.argsort(np.argsort(np.array(ids, dtype=object))).astype(np.int64)


def _serial(show: Ints, shows: int) -> Ints:
    """Number of each row within its broadcast, in the order given."""
    serial = np.empty(len(show), dtype=np.int64)
    for i in range(shows):
        mine = np.flatnonzero(show == i)
        serial[mine] = np.arange(len(mine))
    return serial


def _gather(
    parts: Sequence[tuple[int, Sequence[Block]]], shows: Sequence[Show]
) -> tuple[dict[str, Ints], list[str]]:
    """All blocks as long integer columns, without the rows lost in an outage; and the kinds by number."""
    blocks = [(i, b) for i, bs in parts for b in bs]
    kinds = sorted({b.kind for _, b in blocks})
    columns = {
        "ts": np.concatenate([b.ts for _, b in blocks]),
        "show": np.concatenate([np.full(len(b.ts), i) for i, b in blocks]),
        "kind": np.concatenate([np.full(len(b.ts), kinds.index(b.kind)) for _, b in blocks]),
        "later": np.concatenate([np.full(len(b.ts), int(b.later)) for _, b in blocks]),
    }
    bounds = np.cumsum([0, *(len(b.ts) for _, b in blocks)])
    for name in _COLUMNS:
        column = np.full(bounds[-1], 0 if name in {"trade", "flag"} else NONE, dtype=np.int64)
        for (_, block), start, stop in zip(blocks, bounds[:-1], bounds[1:], strict=True):
            if name in block.columns:
                column[start:stop] = block.columns[name]
        columns[name] = column
    lost = np.zeros(len(columns["ts"]), dtype=bool)
    for i, show in enumerate(shows):
        for since, until in show.gaps:
            inside = (columns["ts"] >= since) & (columns["ts"] < until)
            lost |= (columns["show"] == i) & inside & (columns["trade"] == 0)
    return {k: v[~lost] for k, v in columns.items()}, kinds


def _leaves(show: Show) -> Block:
    """A leave row for every visit that ended before the broadcast did."""
    who, _, until = show.people()
    gone = until < show.plan.end
    return Block("leave", until[gone], {"actor": who[gone]})


def _counters(show: Show, rng: np.random.Generator) -> list[Block]:
    """What the room displays: people present (sampled, noisy) and running totals."""
    plan = show.plan
    at = np.arange(plan.start + plan.cadence_s * SECOND, plan.end + SECOND, plan.cadence_s * SECOND)
    at = at + rng.integers(-SECOND, SECOND, len(at))
    _, since, until = show.people()
    present = np.searchsorted(np.sort(since), at, "right") - np.searchsorted(np.sort(until), at, "right")
    noisy = np.maximum(0, np.round(present * rng.normal(1, 0.012, len(at)) + rng.normal(0, 0.4, len(at))))
    blocks = [Block("viewers", at, {"qty": noisy.astype(np.int64)})]
    for counter, (kind, column) in _COUNTERS.items():
        rows = [b for b in show.blocks if b.kind == kind]
        ts = [b.ts for b in rows] + [u.ts for u in show.unseen if u.counter == counter]
        qty = [
            np.broadcast_to(np.asarray(b.columns[column] if column else 1), b.ts.shape) for b in rows
        ] + [u.qty for u in show.unseen if u.counter == counter]  # fmt: skip
        if not ts:
            continue
        when, much = np.concatenate(ts), np.concatenate(qty)
        by_time = np.argsort(when, kind="stable")
        run = np.concatenate([[0], np.cumsum(much[by_time])])
        beat = at[:: {"entered_total": 1, "like_total": 2, "follow_total": 6}[counter]]
        beat = np.append(beat, plan.end + SECOND)
        blocks.append(Block(counter, beat, {"qty": run[np.searchsorted(when[by_time], beat, "right")]}))
    return blocks


def _words(codes: Ints, pool: Sequence[str]) -> pa.DictionaryArray:
    """Integer codes as a dictionary column of the words used; NONE is null."""
    distinct, inverse = np.unique(codes, return_inverse=True)
    used = [pool[c] if c >= 0 else "" for c in distinct.tolist()]
    if len(distinct) and distinct[0] < 0:
        used, inverse = used[1:], inverse - 1
    known = list(
        dict.fromkeys(used)
    )  # several rooms share a host or platform: each word once, or files differ
    place = np.array([known.index(w) for w in used], dtype=np.int32) if len(known) < len(used) else None
    index = inverse if place is None else np.where(inverse < 0, -1, place[np.maximum(inverse, 0)])
    return pa.DictionaryArray.from_arrays(
        pa.array(index.astype(np.int32), mask=index < 0), pa.array(known, pa.string())
    )


def _opaque(prefix: str, numbers: Ints, salt: int) -> pa.Array:
    """Numbers as opaque names, NONE as null."""
    return pc.if_else(pa.array(numbers >= 0), named(prefix, numbers, salt), pa.scalar(None, pa.string()))


def _events(
    columns: Mapping[str, Ints],
    serial: Ints,
    kinds: Sequence[str],
    shows: Sequence[Show],
    crowd: Crowd,
    pool: Sequence[str],
    salt: int,
    rng: np.random.Generator,
) -> pa.Table:
    """The canonical events of gathered columns."""
    n = len(serial)
    show, actor, trade = columns["show"], columns["actor"], columns["trade"] > 0
    known = np.maximum(actor, 0)
    of = {
        t: np.where(actor >= 0, crowd.trait(t)[known], NONE)
        for t in ("device", "ip", "addr", "pay", "region")
    }
    ids = [s.plan.session_id for s in shows]
    session = _words(np.where(columns["later"] > 0, NONE, show), ids)
    padded = pc.utf8_lpad(pa.array(serial).cast(pa.string()), 7, "0")
    flags = np.where(actor >= 0, crowd.trait("flags")[known], 0) | columns["flag"]
    flags = np.where(
        np.isin(columns["kind"], _index(kinds, ("product_pin", "lottery"))), flags | Flag.HOST, flags
    )
    delay = (rng.lognormal(np.log(0.18), 0.8, n) * SECOND).astype(np.int64)
    made: dict[str, Any] = {
        "platform": _words(show, [s.plan.platform for s in shows]),
        "source": _words(np.zeros(n, dtype=np.int64), [SOURCE]),
        "host_id": _words(show, [s.plan.host_id for s in shows]),
        "session_id": session,
        "event_id": pc.binary_join_element_wise(_words(show, ids).cast(pa.string()), padded, "-"),
        "kind": _words(columns["kind"], kinds),
        "ts": pa.array(columns["ts"]).cast(EVENTS.field("ts").type),
        "ts_seen": pa.array(columns["ts"] + delay).cast(EVENTS.field("ts").type),
        "actor_id": _opaque("u", actor, salt),
        "flags": pa.array(flags.astype(np.int32)),
        "target_id": _words(columns["target"], pool).cast(pa.string()),
        "order_id": _opaque("o", columns["order"], salt + 1),
        "parent_id": _opaque("m", columns["parent"], salt + 2),
        "tracking_id": _opaque("t", columns["tracking"], salt + 3),
        "text": _words(columns["text"], pool).cast(pa.string()),
        "device": _opaque("d", np.where(columns["later"] > 0, NONE, of["device"]), salt + 4),
        "ip": _opaque("i", np.where(columns["later"] > 0, NONE, of["ip"]), salt + 5),
        "addr": _opaque("a", np.where(trade, of["addr"], NONE), salt + 6),
        "pay": _opaque("y", np.where(trade, of["pay"], NONE), salt + 7),
        "region": _words(np.where(trade, of["region"], NONE), REGIONS),
        **{c: _words(columns[c], pool) for c in ("currency", "state", "via")},
        **{c: pa.array(columns[c], mask=columns[c] < 0) for c in _NUMBERS},
    }
    arrays = [
        made[f.name].cast(f.type) if f.name in made else pa.nulls(n, f.type) for f in EVENTS
    ]  # fmt: skip
    return pa.Table.from_arrays(arrays, schema=EVENTS)


def _index(kinds: Sequence[str], wanted: Sequence[str]) -> list[int]:
    return [i for i, k in enumerate(kinds) if k in wanted]


def _accounts(columns: Mapping[str, Ints], shows: Sequence[Show], crowd: Crowd, salt: int) -> pa.Table:
    """Snapshots of everybody who appears, each at the start of the broadcast of its first row."""
    known = columns["actor"] >= 0
    who, first = np.unique(columns["actor"][known], return_index=True)
    starts = np.array([s.plan.start for s in shows])
    n = len(who)
    flags = crowd.trait("flags")[who]
    fan = np.where(flags & Flag.FAN, 1 + crowd.trait("level")[who] // 4, 0)
    made: dict[str, Any] = {
        "platform": pa.array([shows[0].plan.platform] * n, pa.string()).cast(WORD),
        "account_id": named("u", who, salt),
        "seen_at": pa.array(starts[columns["show"][known][first]]).cast(ACCOUNTS.field("seen_at").type),
        "since": pa.array(crowd.trait("since")[who]).cast(ACCOUNTS.field("since").type),
        "since_basis": pa.array(["stated"] * n, pa.string()).cast(WORD),
        **{c: pa.array(crowd.trait(c)[who]) for c in ("followers", "following", "level")},
        "fan_level": pa.array(fan),
        "pay_level": pa.array(crowd.trait("level")[who] // 3),
        "verified": pa.array(crowd.trait("followers")[who] > 20_000),
    }
    return pa.Table.from_arrays([made[f.name].cast(f.type) for f in ACCOUNTS], schema=ACCOUNTS)


def _products(shows: Sequence[Show]) -> pa.Table:
    """Twelve products per host."""
    rows = [
        {
            "platform": plan.platform, "product_id": f"p-{plan.host_id}-{i}", "merchant_id": f"shop-{plan.host_id}",
            "shop_id": f"shop-{plan.host_id}", "category": plan.category, "title": f"{plan.category} {i + 1}号链接",
            "list_price": CATEGORIES[plan.category].price, "currency": "CNY",
        }
        for plan in {s.plan.host_id: s.plan for s in shows}.values()
        for i in range(12)
    ]  # fmt: skip
    return pa.Table.from_pylist(rows, schema=PRODUCTS)


def _money(columns: Mapping[str, Ints], kinds: Sequence[str], shows: Sequence[Show]) -> list[Money | None]:
    """Where each broadcast's created amounts went: an order's whole amount goes one way, its discount another."""

    def numbers(kind: str) -> Ints:
        return columns["order"][columns["kind"] == kinds.index(kind)] if kind in kinds else none

    none = np.empty(0, dtype=np.int64)
    made = np.isin(columns["kind"], _index(kinds, ("order_create",))) & (columns["later"] == 0)
    order, show = columns["order"][made], columns["show"][made]
    rest, off = columns["amount"][made].copy(), np.maximum(columns["discount_platform"][made], 0)
    paid = np.isin(order, numbers("order_pay"))
    fake = np.concatenate([none, *(n for s in shows for n in s.fake_orders)])
    lines: dict[str, Ints] = {"gross": rest.copy()}
    for name, part in (
        ("cancelled", np.where(np.isin(order, numbers("order_cancel")), rest, 0)),
        ("unpaid", np.where(paid, 0, rest)),
        ("discount", off),
        ("refunded", np.where(np.isin(order, numbers("refund_done")), rest, 0)),
        ("brushed", np.where(np.isin(order, fake), rest, 0)),
        ("verified", rest),
    ):
        lines[name] = np.minimum(part, rest)
        rest = rest - lines[name]
    return [
        Money(**{k: int(v[show == i].sum()) for k, v in lines.items()}) if (show == i).any() else None
        for i in range(len(shows))
    ]


def _truth(show: Show, salt: int, money: Money | None) -> SessionTruth:
    """The answer key of a broadcast."""
    extra = {"entered_total": "viewers", "like_total": "likes", "follow_total": "follows"}
    shown = {metric: show.total(kind, column) for metric, (kind, column) in _SHOWN.items()}
    for unseen in show.unseen:
        shown[extra[unseen.counter]] += int(unseen.qty.sum())
    hired = np.unique(np.concatenate(show.hired)) if show.hired else np.empty(0, dtype=np.int64)
    orders = np.concatenate(show.fake_orders) if show.fake_orders else np.empty(0, dtype=np.int64)
    return SessionTruth(
        session_id=show.plan.session_id,
        outcome="attacked" if show.kinds else "honest",
        kinds=tuple(show.kinds),
        burst=show.burst,
        fabricated={metric: int(n) for metric, n in show.fabricated.items()},
        shown=shown,
        fake_accounts=names("u", hired, salt),
        fake_orders=names("o", orders, salt + 1),
        groups={f"crew-{i + 1}": names("u", who, salt) for i, who in enumerate(show.hired) if len(who) > 1},
        began=None if show.began is None else int(show.began),
        cost=show.cost,
        money=money,
    )
