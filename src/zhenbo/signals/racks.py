"""Racks by where they stand: accounts that share a device at one time, crowded behind one network address."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from zhenbo.core.session import Session, codes
from zhenbo.kernel.people import people
from zhenbo.signals.nulls import P_FLOOR, share_tail

Ints = npt.NDArray[np.int64]
Bools = npt.NDArray[np.bool_]


@dataclass(frozen=True)
class Rack:
    """Network addresses behind which accounts share devices as they do nowhere else.

    Args:
        p: probability under the organic null, addresses paid for.
        members: per code of an account, whether it is one of these.
        expected: how many the rest of the room lets expect among the accounts of these addresses.
        devices: devices they share.
        networks: addresses.
        inside: share of the accounts of these addresses that share a device.
        outside: share of all others that do.
    """

    p: float
    members: Bools
    expected: float
    devices: int
    networks: int
    inside: float
    outside: float


def rack(session: Session, rows: pa.Table, base: Mapping[str, Any]) -> Rack | None:
    """The addresses that stand out, best and all that are like it; None where the record has no devices or no addresses.

    Args:
        session: the record.
        rows: room events by visitors, whose `actor_id` codes the members are told in.
        base: baselines of `identity.sharing`.
    """
    who, names = codes(rows["actor_id"])
    device, ip = codes(rows["device"])[0], codes(rows["ip"])[0]
    used = _pairs(who, device)
    behind = _pairs(who, ip)
    if not len(used[0]) or not len(behind[0]):
        return None
    sharing = _at_once(session, names, *used)
    n = np.bincount(behind[1])
    hits = np.bincount(behind[1], sharing[behind[0]], len(n))
    tried = np.flatnonzero(n >= base["network_min"])
    if not len(tried):
        return None
    all_, shared = len(np.unique(used[0])), int(sharing.sum())
    rest = np.maximum((shared - hits[tried]) / np.maximum(all_ - n[tried], 1), base["sharing_share"])
    p = np.array([float(share_tail(h, m, float(r), base["sharing_concentration"])) for h, m, r in zip(hits[tried], n[tried], rest, strict=True)])  # fmt: skip
    p = np.clip(p * len(tried), P_FLOOR, 1)
    mine = tried[p <= max(float(p.min()), base["like_it"])]
    inside = np.isin(behind[1], mine)
    members = np.zeros(len(names), dtype=bool)
    members[behind[0][inside]] = True
    crowd, members = int(members.sum()), members & sharing
    outside = (shared - int(members.sum())) / max(all_ - crowd, 1)
    on = used[1][members[used[0]]]
    return Rack(float(p.min()), members, crowd * max(outside, base["sharing_share"]), len(np.unique(on)), len(mine), float(members.sum() / max(crowd, 1)), float(outside))  # fmt: skip


def _pairs(who: Ints, key: Ints) -> tuple[Ints, Ints]:
    """Distinct (account, key) pairs."""
    use = (who >= 0) & (key >= 0)
    width = int(key.max(initial=0)) + 1
    both = np.unique(who[use] * width + key[use])
    return both // width, both % width


def _at_once(session: Session, names: pa.Array, account: Ints, holder: Ints) -> Bools:
    """Accounts that were there while another account of the same device was; whoever was not seen to leave, until the last act."""
    there = people(session)
    at = np.asarray(
        pc.fill_null(pc.index_in(names, value_set=there.names), 0).to_numpy(zero_copy_only=False)
    )[account]
    first, last = there.first[at], np.where(there.left[at], there.last[at], there.seen[at])
    order = np.lexsort((first, holder))
    first, last, holder, account = first[order], last[order], holder[order], account[order]
    again = np.r_[False, holder[1:] == holder[:-1]]
    lift = np.cumsum(~again) * (int(last.max()) - int(first.min()) + 1)
    latest = np.maximum.accumulate(last + lift)
    met = np.r_[False, latest[:-1] > first[1:] + lift[1:]] & again
    out = np.zeros(len(names), dtype=bool)
    out[account[met]] = True
    out[account[np.flatnonzero(met) - 1]] = True
    return out
