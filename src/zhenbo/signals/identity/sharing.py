"""Devices that hold more accounts than a family has.

## What it looks for
Devices from which five or more accounts enter, speak or buy in one session. A phone farm (群控) hands one phone from
account to account. Besides, network
addresses most of whose accounts share a device with another at the same time, be it two or three to a device.

## Why it matters
A farm convicted in Ningbo (2024) ran more than 4,600 phones at 6.65 yuan per phone and day, each with many
accounts. Group-control racks are sold with 2,000 to 20,000 phones. One phone per account is ten times dearer.

## How it is fooled
By one phone per account, by a handful of phones that log one account out before the next logs in, by emulators that draw a new device id per account, by real people paid for entering.

## What clears it
Up to four accounts on a device is a family and is not pointed at, however many families there are: each has an address of its own, and
where most people behind one address hold several accounts on one phone at one time, that is a rack. Shop
tablets and internet cafés exist in every town and are expected. A shared network address is no evidence at all:
a dormitory, an office or a mobile gateway puts thousands behind one, so only devices are looked at; who pays for many, and for how many homes, is asked in `orders.payers`.
A device key that half of all accounts carry is a placeholder of the source, not a device; and where those who share
are a sample of everybody else (standing, arrival, stay, acts), the key says nothing about them (privacy browsers). A
device handed from one reader to the next (a library's tablets) never holds two at a time; a rack holds them all. Host, moderators and
flagged bots are left out. Addresses are judged in `orders.concentration`, which knows whether the goods were kept.

## Method
Accounts per device against a declared survivor curve; devices beyond it are counted against a negative binomial
over seven thresholds. Per network address of twenty accounts and more, those who share a device at one time against the rate of the
rest of the room (beta-binomial), addresses paid for. Who shares is compared with the rest (`kernel/people.py`), and stays on one device with each
other. The same for devices of buyers, told as evidence on sales. Baselines:
`packs/baselines/identity.sharing.toml`.

## Examples
    >>> from zhenbo.proof.pages import look
    >>> look('identity.sharing', '''
    ... 20:00-22:00 b1..b200 enter scattered [device=own{n}]
    ... 20:30-20:50 a1..a60 enter [device=rack{n%6}]
    ... ''')
    identity.sharing: accuses, names 60 accounts, says farm
    >>> look('identity.sharing', '''
    ... 20:00-22:00 b1..b120 enter scattered [device=own{n} ip=dormitory]
    ... 20:00-22:00 c1..c80 enter scattered [device=family{n%20} ip=dormitory]
    ... ''')
    identity.sharing: clears, names 0 accounts, says households
    >>> look('identity.sharing', '''
    ... 20:00-22:00 b1..b200 enter scattered [device=own{n} ip=home{n}]
    ... 20:30-20:50 a1..a60 enter [device=rack{n%30} ip=shed]; 21:30-21:50 a1..a60 leave
    ... ''')
    identity.sharing: accuses, names 60 accounts, says rack
"""

from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import Any, Literal

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from zhenbo.core.evidence import Cause, Effect, Evidence, Found, Missing, Say, Signal, cite
from zhenbo.core.schema import ROOM_KINDS
from zhenbo.core.session import Session, by_visitors, codes, micros
from zhenbo.core.subject import Question, Tier
from zhenbo.kernel.orders import Orders, orders
from zhenbo.kernel.people import overlap, people, sample_of_the_rest
from zhenbo.signals.bunching import CLEAR_DB, UNREMARKABLE, Bunches, excess_weight, scan, survivor
from zhenbo.signals.racks import Rack, rack

Ints = npt.NDArray[np.int64]
Bools = npt.NDArray[np.bool_]

_SPEAKING = ("comment", "like", "follow", "share", "gift")


def look(session: Session, base: Mapping[str, Any]) -> Iterable[Found]:
    """Judge accounts per device among those in the room, and buyers per device and payer among orders."""
    found = [_room(session, base), _sales(session, base)]
    return [f for f in found if f is not None]


def _room(session: Session, base: Mapping[str, Any]) -> Found | None:
    rows = session.rows(*ROOM_KINDS)
    if not rows.num_rows:
        return None
    rows = by_visitors(rows)
    device, _ = codes(rows["device"])
    who, names = codes(rows["actor_id"])
    judged = _judge(who, device, base)
    if judged is None:
        return Missing(Question.AUDIENCE, "devices")
    standing = rack(session, rows, base)
    if (
        standing is not None
        and standing.p < min(judged[0].p, UNREMARKABLE)
        and standing.members.sum() >= base["rack_min"]
    ):
        return _racked(session, rows, standing, base)
    bunches, per_device, pairs = judged
    accounts, holder = pairs
    beyond = np.zeros(len(names), dtype=bool)
    beyond[accounts[bunches.members[holder]]] = True
    mine = beyond[who]
    talk = np.asarray(pc.is_in(rows["kind"].cast(pa.string()), pa.array(_SPEAKING)).to_numpy())
    entering = _distinct(who[mine & talk]) < beyond.sum() / 2
    remarks = np.asarray(pc.equal(rows["kind"].cast(pa.string()), "comment").to_numpy())
    units = float(beyond.sum()) if entering else float((mine & remarks).sum())
    metric = "viewers" if entering else "comments"
    tested = np.flatnonzero(np.bincount(accounts))
    weight = np.where(beyond[tested], bunches.weight_db, CLEAR_DB)
    events, total = cite(rows, mine if mine.any() else None)
    low, mid, high = bunches.excess
    accused = bool(beyond.any())
    return SIGNAL.evidence(
        question=Question.AUDIENCE if entering or not accused else Question.ENGAGEMENT,
        window=_window(micros(rows["ts"]), mine),
        p=bunches.p,
        observed=float(beyond.sum()),
        expected=bunches.expected * (float(per_device[bunches.members].mean()) if accused else base["farm_min"]),
        says="farm" if accused else "households",
        args={"accounts": int(beyond.sum()) if accused else len(tested), "devices": int(bunches.members.sum()) if accused else int((per_device > 0).sum()), "largest": int(per_device.max())},
        effect=Effect(metric, units * low, units * mid, units * high) if accused and units else None,
        accounts=dict(zip(names.take(pa.array(tested)).to_pylist(), weight.tolist(), strict=True)),
        causes=_causes(session, names, beyond, (accounts, holder), base) if accused else (),
        events=events,
        events_total=total,
    )  # fmt: skip


def _racked(session: Session, rows: pa.Table, found: Rack, base: Mapping[str, Any]) -> Evidence:
    """Accounts that share devices at one time behind few addresses."""
    who, names = codes(rows["actor_id"])
    mine = found.members[who]
    p = float(min(2 * found.p, 1.0))
    units = float(found.members.sum())
    weight = excess_weight(units, found.expected, p)
    tested = np.unique(who[who >= 0])
    alike = sample_of_the_rest(session, names.filter(pa.array(found.members)))
    events, total = cite(rows, mine)
    return SIGNAL.evidence(
        question=Question.AUDIENCE, window=_window(micros(rows["ts"]), mine), p=p, observed=units, expected=found.expected, says="rack",
        args={
            "accounts": int(units), "devices": found.devices, "networks": found.networks, "inside_share": round(found.inside, 4),
            "outside_share": round(found.outside, 4),
        },
        effect=Effect("viewers", max(units - 3 * found.expected, 0.0), max(units - found.expected, 0.0), units),
        accounts=dict(zip(names.take(pa.array(tested)).to_pylist(), np.where(found.members[tested], weight, CLEAR_DB).tolist(), strict=True)),
        causes=(*(Cause(c, "ruled_out") for c in ("family", "shared_network", "handed_on")), Cause("placeholder", _outcome(alike, base))),
        events=events, events_total=total,
    )  # fmt: skip


def _causes(
    session: Session, names: pa.Array, beyond: Bools, pairs: tuple[Ints, Ints], base: Mapping[str, Any]
) -> tuple[Cause, ...]:  # fmt: skip
    """Whether the devices were handed on, one reader after the other, or are no devices at all."""
    accounts, holder = pairs
    mine = beyond[accounts]
    there = people(session)
    place = pc.index_in(names.take(pa.array(accounts[mine])), value_set=there.names)
    at = np.asarray(pc.fill_null(place, 0).to_numpy(zero_copy_only=False))
    per_device = np.bincount(holder[mine])
    few = per_device.max() <= base["handed_on_max"] and (per_device > 0).sum() <= base["handed_on_devices"]
    # where nearly everybody was seen to leave, a leave that is missing was lost, and the next reader has the tablet
    lossy = there.left[at].mean() >= base["left_min"]
    last = np.where(there.left[at] | (not lossy), there.last[at], there.seen[at])
    handed = few and overlap(there.first[at], last, holder[mine]) <= base["overlap_max"]
    alike = sample_of_the_rest(session, names.filter(pa.array(beyond)))
    return (
        Cause("family", "ruled_out"),
        Cause("shared_network", "ruled_out"),
        Cause("handed_on", "explains" if handed else "ruled_out"),
        Cause("placeholder", _outcome(alike, base)),
    )


def _outcome(alike: float | None, base: Mapping[str, Any]) -> Literal["explains", "ruled_out", "open"]:
    if alike is None:
        return "open"
    return "explains" if alike >= base["sample_alpha"] else "ruled_out"


def _sales(session: Session, base: Mapping[str, Any]) -> Evidence | None:
    made = orders(session)
    buyer, device = made.keys["actor_id"], made.keys["device"]
    judged = _judge(buyer, device, base)
    if judged is None:
        return None
    bunches, per_device, (accounts, holder) = judged
    carries = (device >= 0) & (buyer >= 0)
    mine = carries & bunches.members[np.maximum(device, 0)]
    accused = bool(mine.any())
    held = bunches.members[holder]
    units = int(mine.sum())
    low, mid, high = bunches.excess
    judged_rows = np.flatnonzero(carries)
    weight = np.where(mine[judged_rows], bunches.weight_db, CLEAR_DB)
    events, total = cite(session.events.take(pa.array(np.sort(made.row[mine if accused else carries]))))
    return SIGNAL.evidence(
        question=Question.SALES,
        window=_window(made.at["created"], mine),
        p=bunches.p,
        observed=float(_distinct(accounts[held])),
        expected=bunches.expected * (float(per_device[bunches.members].mean()) if accused else base["farm_min"]),
        says="one_device" if accused else "own_means",
        args={"orders": units if accused else len(judged_rows), "accounts": _distinct(accounts[held] if accused else accounts), "keys": int(bunches.members.sum()) if accused else int((per_device > 0).sum()), "largest": int(per_device.max())},
        effect=Effect("orders", units * low, units * mid, units * high) if accused else None,
        orders=_order_weights(made, judged_rows, weight),
        causes=_sales_causes(session, made, mine, base) if accused else (),
        events=events,
        events_total=total,
    )  # fmt: skip


def _sales_causes(
    session: Session, made: Orders, mine: Bools, base: Mapping[str, Any]
) -> tuple[Cause, ...]:  # fmt: skip
    buyers = made.names["actor_id"].take(pa.array(np.unique(made.keys["actor_id"][mine])))
    return (
        Cause("family", "ruled_out"),
        Cause("office", "open"),
        # whoever orders for a village does so on one phone: `orders.payers` leaves the same open, and both are one doubt
        Cause("ordered_for_others", "open"),
        Cause("placeholder", _outcome(sample_of_the_rest(session, buyers), base)),
    )


def _order_weights(made: Orders, rows: Ints, weight: npt.NDArray[np.float64]) -> dict[str, float]:
    return dict(zip(made.id.take(pa.array(rows)).to_pylist(), weight.tolist(), strict=True))


def _judge(who: Ints, key: Ints, base: Mapping[str, Any]) -> tuple[Bunches, Ints, tuple[Ints, Ints]] | None:
    """The scan over keys, accounts per key, and the distinct (account, key) pairs; None where too few carry a key."""
    use = (who >= 0) & (key >= 0)
    if not use.any():
        return None
    width = int(key.max()) + 1
    pairs = np.sort(who[use] * width + key[use])
    pairs = pairs[np.r_[True, pairs[1:] != pairs[:-1]]]
    accounts, holder = pairs // width, pairs % width
    people = _distinct(accounts)
    count = np.bincount(holder, minlength=width)
    placeholder = count > max(base["placeholder_share"] * people, 100)
    real = ~placeholder[holder]
    if _distinct(accounts[real]) < base["holders_min"]:
        return None
    count = np.where(placeholder, 0, count)
    present = np.flatnonzero(count)
    curve = survivor(count[present], float(base["body"]), float(base["at_ten"]), float(base["power"]))
    found = scan(np.where(count[present] < base["farm_min"], 1.0, curve), base["size"])
    members = np.zeros(width, dtype=bool)
    members[present[found.members]] = True
    return replace(found, members=members), count, (accounts[real], holder[real])


def _distinct(codes_: Ints) -> int:
    return int(np.count_nonzero(np.bincount(codes_))) if len(codes_) else 0


def _window(ts: Ints, mine: Bools) -> tuple[int, int]:
    chosen = ts[mine] if mine.any() else ts
    chosen = chosen[(chosen > np.iinfo(np.int64).min) & (chosen < np.iinfo(np.int64).max)]
    return (int(chosen.min()), int(chosen.max())) if len(chosen) else (0, 0)


SIGNAL = Signal(
    id="identity.sharing",
    version=3,
    question=Question.AUDIENCE,
    tier=Tier.T2,
    title=Say("Many accounts, few devices", "多账号共用设备"),
    says={
        "farm": Say(
            "{accounts} accounts act from {devices} devices, up to {largest} from one; a family device holds at most four.",
            "{accounts} 个账号集中于 {devices} 台设备，单台最多 {largest} 个账号；家庭共用设备一般不超过 4 个。",
        ),
        "one_device": Say(
            "{orders} orders of {accounts} buyers come from {keys} devices, up to {largest} buyers from one.",
            "{accounts} 个买家的 {orders} 笔订单出自 {keys} 台设备，单台最多 {largest} 个买家。",
        ),
        "rack": Say(
            "{accounts} accounts share {devices} devices with each other at the same time behind {networks} network address(es): of the accounts there "
            "{inside_share} do, elsewhere {outside_share}.",
            "{accounts} 个账号在 {networks} 个网络地址之后同时共用 {devices} 台设备：这些地址的账号中 {inside_share} 与他人同时共用设备，其他地址仅 {outside_share}。",
        ),
        "households": Say(
            "{accounts} accounts use {devices} devices as households do (at most {largest} on one).",
            "{accounts} 个账号使用 {devices} 台设备，符合家庭共用的常态（单台最多 {largest} 个）。",
        ),
        "own_means": Say(
            "{accounts} buyers order from their own devices (at most {largest} share one).",
            "{accounts} 个买家使用各自的设备下单（共用同一个的最多 {largest} 人）。",
        ),
    },
    look=look,
)
