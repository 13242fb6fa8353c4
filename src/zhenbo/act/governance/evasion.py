"""Who comes back while barred or blacklisted, under a new account: a finding for a person, never a sanction by itself.

An identity document shared is telling, and so is a payout account with a telephone. A device, an address and a telephone are
shared by families, dormitories and shops: all of them together stay a weak sign. A blacklist entry that has run its term is not looked at any more: it ends by itself.
"""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal

from zhenbo.act.governance.admission import File
from zhenbo.act.governance.fold import State, standing

STRENGTH = {"id": 3, "pay": 2, "phone": 2, "device": 1, "address": 1}
"""How much sharing a key of a kind tells; kinds that are not named tell nothing."""
HOME = frozenset({"device", "address"})
"""What a household or a shop shares: it makes nothing stronger."""
STRONG = 3
CROWD = 5
"""Accounts from which on a key that all share is a place or a shop's till, and tells nothing."""


@dataclass(frozen=True)
class Finding:
    """A new account that shares keys with somebody who may not register.

    Args:
        party: the new account.
        barred: who may not.
        case: by which case.
        until: when that ends; None for good.
        keys: shared.
        strength: strong (a document, or payout account and telephone), weak (what a household shares).
    """

    party: str
    barred: str
    case: str
    until: int | None
    keys: tuple[str, ...]
    strength: Literal["strong", "weak"]


def evaders(state: State, files: Iterable[File], now: int) -> list[Finding]:
    """New accounts to be looked at by a person, the strongest first."""
    known = [f for f in files if f.papers is not None and f.registered is not None]
    holders: dict[str, set[str]] = defaultdict(set)
    for f in known:
        for key in f.papers.keys if f.papers else ():
            holders[key].add(f.party)
    own = {f.party: set(f.papers.keys) for f in known if f.papers}
    found: list[Finding] = []
    for barred in state.parties:
        where = standing(state, barred, now)
        hold = next((h for h in where.holds if h.step in {"bar", "blacklist"}), None)
        if hold is None:
            continue
        since = state.dockets[hold.case].noticed or 0
        keys = own.get(barred, set()) | {k for d in state.held(barred) for k in d.case.keys}
        found += _sharing(barred, hold.case, hold.until, keys, [f for f in known if f.party != barred and (f.registered or 0) >= since], holders)  # fmt: skip
    return sorted(found, key=lambda f: (f.strength != "strong", -len(f.keys), f.party, f.barred))


def _sharing(barred: str, case: str, until: int | None, keys: set[str], fresh: list[File], holders: dict[str, set[str]]) -> Iterable[Finding]:  # fmt: skip
    for f in fresh:
        assert f.papers is not None
        shared = sorted(k for k in keys & set(f.papers.keys) if len(holders[k]) <= CROWD)
        if not shared:
            continue
        kinds = {k.partition(":")[0] for k in shared}
        told = sum(STRENGTH.get(k, 0) for k in kinds - HOME)
        if kinds & STRENGTH.keys():
            yield Finding(f.party, barred, case, until, tuple(shared), "strong" if told >= STRONG else "weak")
