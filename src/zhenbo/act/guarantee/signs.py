"""Signs of abuse, read over many claims at once and kept apart from each: they hold a payment for a person, and never refuse.

Three are read. A *picture* shown again for another purchase of somebody else. A *serial* claimant, who claims far more often
per order than claims of this desk are made. A *ring*: buyers tied by device, paying account or address who together do
so, or who pass pictures round. A family, a dormitory or an office is tied in the same way and claims at the usual rate, so
ties alone are no sign. Each sign stands from the moment at which it could first be seen.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt

from zhenbo.core.claim import PICTURES, Claim
from zhenbo.core.evidence import Say
from zhenbo.core.session import DAY

Ints = npt.NDArray[np.int64]

LEAST_CLAIMS = 5
"""Claims from which a rate is looked at; below, bad luck and abuse cannot be told apart."""
LEAST_BUYERS = 3
CHANCE = 1e-6
"""Chance under which a rate is no luck; with 10,000 claimants one honest desk in a hundred shows one."""
UNLUCKY = 3.0
"""An honest buyer may meet problems this many times as often as others: tastes, places and sellers differ."""
SHARED_BY = 30
"""A device, account or address of more buyers than this ties nobody: a pick-up point, a shared till."""
MANY_HANDS = 8
"""Buyers who claim from one device or paying account; a family is smaller."""
SAME_PARCEL = DAY
"""Purchases of one address signed for within this span may be one parcel, and one picture shows both."""

RIGHTS = frozenset({"no_reason", "late_refund", "freight", "pickup"})
"""Claims that say nothing of the goods: who sends much back uses a right, however often."""

SAYS = {
    "picture": Say("A picture shown with this claim was shown for a purchase of another buyer too, with claim {other}.", "本申请所附图片曾用于另一买家的订单（申请 {other}）。"),
    "serial": Say("{n} claims on {orders} orders; with claims as frequent as on this desk, even thrice as frequent, {expected} are expected.", "{orders} 笔订单中提出 {n} 次申请；即使按本平台三倍频率，也只应有 {expected} 次。"),
    "ring": Say("{buyers} buyers tied by device, paying account or address made {n} claims on {orders} orders ({expected} expected at thrice the usual rate) and showed {pictures} pictures more than once.", "{buyers} 个以设备、支付账户或地址相连的买家在 {orders} 笔订单中提出 {n} 次申请（按三倍常见频率应有 {expected} 次），{pictures} 张图片重复使用。"),
}  # fmt: skip


@dataclass(frozen=True)
class Sign:
    """One sign beside one claim: which, from when on, in words with its figures."""

    kind: str
    since: int
    say: Say
    args: Mapping[str, object]

    def told(self) -> Say:
        """The sentence with its figures, in both languages."""
        return Say(*(_filled(t, self.args) for t in (self.say.en, self.say.zh)))


@dataclass(frozen=True)
class Ring:
    """Buyers who claim as one.

    Args:
        id: a number, by size.
        buyers: who.
        claims: their claims.
        orders: of all of them; None where not told.
        expected: claims expected of as many orders, at thrice the usual rate.
        pictures: pictures shown for purchases of different buyers.
        since: when it could first be seen.
        amount: paid for the goods claimed for, minor units.
    """

    id: str
    buyers: tuple[str, ...]
    claims: tuple[str, ...]
    orders: int | None
    expected: float | None
    pictures: int
    since: int
    amount: int


@dataclass(frozen=True)
class Signs:
    """All signs of a desk.

    Args:
        of: signs by claim.
        rings: found.
        rate: claims per order over the desk; None where orders are not told.
    """

    of: Mapping[str, tuple[Sign, ...]] = field(default_factory=dict)
    rings: tuple[Ring, ...] = ()
    rate: float | None = None

    def beside(self, claim: str, now: int) -> tuple[Say, ...]:
        """Signs that stood beside a claim at a moment."""
        return tuple(s.told() for s in self.of.get(claim, ()) if s.since <= now)


def _filled(text: str, args: Mapping[str, object]) -> str:
    for name, value in args.items():
        text = text.replace(f"{{{name}}}", f"{value:.1f}" if isinstance(value, float) else str(value))
    return text


@dataclass(frozen=True)
class _Table:
    """Claims as columns, in the order of filing."""

    claims: Sequence[Claim]
    at: Ints
    buyer: Ints
    buyers: Sequence[str]
    orders: Ints  # of each buyer, -1 where not told
    reused: Ints  # per claim: the row of another buyer's claim with the same picture, -1 for none
    seen: Ints  # per claim: from when that could be seen


def read(claims: Sequence[Claim]) -> Signs:
    """Signs over a desk of claims.

    Args:
        claims: in any order; those without a buyer are passed over.
    """
    named = sorted((c for c in claims if c.buyer and c.kind not in RIGHTS), key=lambda c: (c.filed_at, c.id))
    if len(named) < 2:
        return Signs()
    table = _table(named)
    of: dict[str, list[Sign]] = {}
    for row in np.flatnonzero(table.reused >= 0).tolist():
        other = named[int(table.reused[row])].id
        of.setdefault(named[row].id, []).append(Sign("picture", int(table.seen[row]), SAYS["picture"], {"other": other}))  # fmt: skip
    rate = _rate(table)
    if rate is not None:
        _serial(table, rate, of)
    rings = tuple(_rings(table, rate, of))
    return Signs({k: tuple(v) for k, v in of.items()}, rings, rate)


def _table(named: Sequence[Claim]) -> _Table:
    codes: dict[str, int] = {}
    buyer = np.array([codes.setdefault(c.buyer or "", len(codes)) for c in named], dtype=np.int64)
    orders = np.full(len(codes), -1, dtype=np.int64)
    np.maximum.at(
        orders, buyer, np.array([-1 if (n := c.purchase.buyer_orders) is None else n for c in named])
    )
    at = np.array([c.filed_at for c in named], dtype=np.int64)
    reused, seen = _pictures(named, at)
    return _Table(named, at, buyer, list(codes), orders, reused, seen)


def _pictures(named: Sequence[Claim], at: Ints) -> tuple[Ints, Ints]:
    """Pictures shown for purchases of different buyers, where one parcel cannot explain it."""
    shown: dict[str, list[int]] = {}
    for row, claim in enumerate(named):
        for digest in {p.digest for p in claim.proofs if p.digest and p.kind in PICTURES and p.by == "buyer"}:
            shown.setdefault(digest, []).append(row)
    reused = np.full(len(named), -1, dtype=np.int64)
    seen = np.zeros(len(named), dtype=np.int64)
    for digest in sorted(d for d, rows in shown.items() if len(rows) > 1):
        rows = shown[digest]
        for place, row in enumerate(rows):
            other = next((o for o in rows[:place] if _another(named[row], named[o])), None)
            other = other if other is not None else next((o for o in rows[place + 1 :] if _another(named[row], named[o])), None)  # fmt: skip
            if other is not None and reused[row] < 0:
                reused[row], seen[row] = other, max(at[row], at[other])
    return reused, seen


def _another(one: Claim, two: Claim) -> bool:
    """Whether two claims are of different buyers and different parcels."""
    if one.buyer == two.buyer or one.purchase.id == two.purchase.id:
        return False
    signed = (one.purchase.signed_at, two.purchase.signed_at)
    if one.address and one.address == two.address and None not in signed:
        return abs((signed[0] or 0) - (signed[1] or 0)) > SAME_PARCEL
    return True


def _rate(table: _Table) -> float | None:
    """Claims per order, over buyers whose orders are told; the first of each is left out, since nobody here has none.

    Taken over the busier half of the buyers: abusers move it little, and it then stands for people who buy here.
    """
    known = table.orders > 1
    if not known.any():
        return None
    made = np.bincount(table.buyer, minlength=len(table.orders))[known]
    orders = table.orders[known]
    busy = orders >= np.median(orders)
    return float(np.clip((made[busy] - 1).sum() / (orders[busy] - 1).sum(), 1e-3, 0.5))


def _luck(n: Ints, orders: Ints, buyers: Ints, rate: float) -> npt.NDArray[np.float64]:
    """Chance of as many claims on so many orders for unlucky honest buyers, each one's first left out."""
    from scipy.special import (
        bdtrc,
    )  # scipy is read only where there is a desk: one claim has nobody beside it

    likely = min(UNLUCKY * rate, 0.9)
    beyond = n - buyers
    return np.where(beyond > 0, bdtrc(beyond - 1.0, np.maximum(orders - buyers, beyond), likely), 1.0)


def _expected(orders: int, buyers: int, rate: float) -> float:
    return buyers + min(UNLUCKY * rate, 0.9) * max(orders - buyers, 0)


def _serial(table: _Table, rate: float, of: dict[str, list[Sign]]) -> None:
    """Buyers who claim far more often than an unlucky honest one; the sign stands from the claim at which that showed."""
    made = np.bincount(table.buyer, minlength=len(table.orders)).astype(np.int64)
    one = np.ones(1, dtype=np.int64)
    far = (made >= LEAST_CLAIMS) & (table.orders > 0)
    far[far] = _luck(made[far], table.orders[far], one, rate) < CHANCE
    so_far: dict[int, int] = {}
    for row in np.flatnonzero(far[table.buyer]).tolist():
        code = int(table.buyer[row])
        n = so_far[code] = so_far.get(code, 0) + 1
        orders = int(table.orders[code])
        if n >= LEAST_CLAIMS and _luck(one * n, one * orders, one, rate)[0] < CHANCE:
            args = {"n": n, "orders": orders, "expected": _expected(orders, 1, rate)}
            of.setdefault(table.claims[row].id, []).append(
                Sign("serial", int(table.at[row]), SAYS["serial"], args)
            )


def _tied(table: _Table) -> Ints:
    """The component of each buyer, over devices, paying accounts and addresses they share with a few others."""
    from scipy.sparse import coo_array
    from scipy.sparse.csgraph import connected_components

    many = len(table.orders)
    edges: list[tuple[Ints, Ints]] = []
    offset = many
    for name in ("device", "pay", "address"):
        codes: dict[str, int] = {}
        keys = np.array([codes.setdefault(k, len(codes)) if (k := getattr(c, name)) else -1 for c in table.claims])  # fmt: skip
        told = keys >= 0
        pairs = (
            np.unique(np.stack([table.buyer[told], keys[told]]), axis=1)
            if told.any()
            else np.zeros((2, 0), int)
        )
        shared = np.bincount(pairs[1], minlength=max(len(codes), 1))
        few = (shared[pairs[1]] > 1) & (shared[pairs[1]] <= SHARED_BY)
        edges.append((pairs[0][few], pairs[1][few] + offset))
        offset += len(codes)
    rows, cols = (np.concatenate(side) for side in zip(*edges, strict=True))
    graph = coo_array((np.ones(len(rows)), (rows, cols)), shape=(offset, offset))
    return np.asarray(connected_components(graph, directed=False)[1][:many], dtype=np.int64)


def _rings(table: _Table, rate: float | None, of: dict[str, list[Sign]]) -> Iterable[Ring]:
    part = _tied(table)
    size = np.bincount(part)
    by_row = part[table.buyer]
    rows_of: dict[int, list[int]] = {}
    for row in np.flatnonzero(size[by_row] >= LEAST_BUYERS).tolist():
        rows_of.setdefault(int(by_row[row]), []).append(row)
    found = [r for rows in rows_of.values() if (r := _ring(table, rows, rate))]
    found.sort(key=lambda r: (-len(r[0].claims), r[0].since, r[0].claims))
    for number, (ring, rows) in enumerate(found, start=1):
        args = {
            "buyers": len(ring.buyers), "n": len(ring.claims), "orders": ring.orders if ring.orders is not None else "…",
            "expected": ring.expected if ring.expected is not None else "…", "pictures": ring.pictures,
        }  # fmt: skip
        for row in rows:
            sign = Sign("ring", max(ring.since, int(table.at[row])), SAYS["ring"], args)
            of.setdefault(table.claims[row].id, []).append(sign)
        yield Ring(f"ring-{number}", *(getattr(ring, f) for f in ("buyers", "claims", "orders", "expected", "pictures", "since", "amount")))  # fmt: skip


def _ring(table: _Table, rows: list[int], rate: float | None) -> tuple[Ring, list[int]] | None:
    """Tied buyers who claim beyond luck together, pass pictures round, or are many on one device; since when it showed."""
    seen = _Seen()
    inside = set(rows)
    for row in rows:
        seen.add(table, row, inside)
        if seen.since is None and seen.odd(rate):
            seen.since = int(table.at[row])
    if seen.since is None:
        return None
    told = seen.orders > 0 and rate is not None
    ring = Ring(
        "", tuple(sorted(table.buyers[c] for c in seen.buyers)), tuple(table.claims[r].id for r in rows),
        seen.orders if told else None, _expected(seen.orders, len(seen.buyers), rate or 0.0) if told else None,
        len(seen.passed), seen.since, sum(table.claims[r].purchase.paid for r in rows),
    )  # fmt: skip
    return ring, rows


@dataclass
class _Seen:
    """Tied buyers as they come in, claim by claim."""

    buyers: set[int] = field(default_factory=set)
    orders: int = 0
    claims: int = 0
    passed: set[int] = field(default_factory=set)
    hands: dict[tuple[str, str], set[int]] = field(default_factory=dict)
    since: int | None = None

    def add(self, table: _Table, row: int, inside: set[int]) -> None:
        code, claim = int(table.buyer[row]), table.claims[row]
        if code not in self.buyers:
            self.buyers.add(code)
            self.orders += max(int(table.orders[code]), 0)
        self.claims += 1
        if int(table.reused[row]) in inside and table.seen[row] <= table.at[row]:
            self.passed.add(row)
        for name in ("device", "pay"):
            if key := getattr(claim, name):
                self.hands.setdefault((name, key), set()).add(code)

    def odd(self, rate: float | None) -> bool:
        """Whether this is beyond what honest people who live together do."""
        if len(self.buyers) < LEAST_BUYERS or self.claims < LEAST_CLAIMS:
            return False
        if len(self.passed) >= LEAST_BUYERS or max(map(len, self.hands.values()), default=0) >= MANY_HANDS:
            return True
        if rate is None or not self.orders:
            return False
        n, orders, buyers = (
            np.array([v], dtype=np.int64) for v in (self.claims, self.orders, len(self.buyers))
        )
        return bool(_luck(n, orders, buyers, rate)[0] < CHANCE)
