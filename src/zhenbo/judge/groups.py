"""Who acts as one: accounts that the same evidence names, and crews that turn up in several rooms."""

import hashlib
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

from zhenbo.core.evidence import Evidence
from zhenbo.signals.nulls import ACCOUNT_PRIOR_DB

LEAST = 3
"""Accounts from which they are a group."""
ALIKE = 0.5
"""Share of the smaller group that must be in the larger one for the two to be one."""
RECUR = 5
"""Buyers whose orders are named in two places, from which they are one crew; lists of hired buyers are served in turn, so
that two calls share a part of them only."""
RECURRING = 0.1
"""Share of the smaller crew that these must be."""
_ORGANISED = {"gathering", "fan_club", "staff", "raid", "watching_task"}
"""Innocent ways to act as one: while one of them is open, a group is called organised and no more."""


@dataclass(frozen=True)
class Group:
    """Accounts that act as one.

    Args:
        id: hash of the evidence it rests on; no account enters it, so it does not depend on the hashing key.
        organised: whether an innocent way to act as one explains it or is still open.
        sessions: where it was seen.
        signals: that name it.
        reasons: ids of the evidence.
        accounts: probability of each member, all evidence taken together.
        buyers: whether they are those who placed orders that are named.
    """

    id: str
    organised: bool
    sessions: tuple[str, ...]
    signals: tuple[str, ...]
    reasons: tuple[str, ...]
    accounts: Mapping[str, float]
    buyers: bool = False


def groups_of(subject: str, evidence: Iterable[Evidence], accounts: Mapping[str, float]) -> tuple[Group, ...]:
    """Groups of one subject: the accounts that each piece of evidence names; pieces that name much the same are one group.

    Args:
        subject: id of the session.
        evidence: what was found.
        accounts: probability of every account judged.
    """
    found = []
    for e in evidence:
        organised = e.explained or any(c.cause in _ORGANISED and c.outcome == "open" for c in e.causes)
        # who merely acts as one is listed though nobody accuses them; who is accused must be likelier so than not
        bar = 0.0 if organised else -ACCOUNT_PRIOR_DB
        named = {a: accounts[a] for a, db in e.accounts.items() if db > bar and a in accounts}
        if len(named) >= LEAST:
            found.append(_group([e.id(subject)], organised, [subject], [e.signal], named))
    return tuple(_core(group, found) for group in united(found))


def _core(group: Group, pieces: Sequence[Group]) -> Group:
    """The members that two signals name or more, where most are such: whom one of several names alone is a bystander.

    Args:
        group: a group of one subject.
        pieces: what was united into the groups of this subject, each by one piece of evidence.
    """
    reasons = set(group.reasons)
    by: dict[str, set[str]] = {}
    for piece in pieces:
        if reasons.issuperset(piece.reasons):
            by.setdefault(piece.signals[0], set()).update(piece.accounts)
    times = Counter(account for named in by.values() for account in named)
    core = {account: p for account, p in group.accounts.items() if times[account] > 1}
    return replace(group, accounts=core) if len(core) > max(len(group.accounts) / 2, LEAST - 1) else group


def crew_of(subject: str, evidence: Iterable[Evidence], buyers: Mapping[str, float]) -> tuple[Group, ...]:
    """Who placed the orders that are named, as one group, by the evidence that names them; none below `LEAST`.

    Args:
        subject: session or shop month.
        evidence: what speaks against it.
        buyers: probability of each of them.
    """
    telling = [
        e for e in evidence if not e.explained and any(db > -ACCOUNT_PRIOR_DB for db in e.orders.values())
    ]
    if len(buyers) < LEAST or not telling:
        return ()
    made = _group([e.id(subject) for e in telling], False, [subject], [e.signal for e in telling], buyers)
    return (replace(made, buyers=True),)


def united(groups: Sequence[Group]) -> tuple[Group, ...]:
    """Groups that share half of the smaller one's accounts as one, the largest first: a crew seen in several rooms.

    Crews of buyers share less: named orders of the same people in two shops are no chance.
    """
    lead = list(range(len(groups)))

    def root(i: int) -> int:
        while lead[i] != i:
            i = lead[i]
        return i

    for (i, j), shared in sorted(_shared(groups).items()):
        least, alike = (RECUR, RECURRING) if groups[i].buyers and groups[j].buyers else (LEAST, ALIKE)
        if shared >= max(least, alike * min(len(groups[i].accounts), len(groups[j].accounts))):
            a, b = sorted((root(i), root(j)))
            lead[b] = a
    parts: dict[int, list[Group]] = {}
    for i, group in enumerate(groups):
        parts.setdefault(root(i), []).append(group)
    made = [_merged(part) for part in parts.values()]
    return tuple(sorted(made, key=lambda g: (-len(g.accounts), g.id)))


def _shared(groups: Sequence[Group]) -> Counter[tuple[int, int]]:
    """Accounts in common, per pair of groups."""
    where: dict[str, list[int]] = {}
    for i, group in enumerate(groups):
        for account in group.accounts:
            where.setdefault(account, []).append(i)
    common: Counter[tuple[int, int]] = Counter()
    for held in where.values():
        common.update((i, j) for n, i in enumerate(held) for j in held[n + 1 :])
    return common


def _merged(part: Sequence[Group]) -> Group:
    if len(part) == 1:
        return part[0]
    accounts: dict[str, float] = {}
    for group in part:
        for account, p in group.accounts.items():
            accounts[account] = max(p, accounts.get(account, 0.0))
    made = _group(
        [r for g in part for r in g.reasons], all(g.organised for g in part),
        [s for g in part for s in g.sessions], [s for g in part for s in g.signals], accounts,
    )  # fmt: skip
    return replace(made, buyers=all(g.buyers for g in part))


def _group(
    reasons: Iterable[str],
    organised: bool,
    sessions: Iterable[str],
    signals: Iterable[str],
    accounts: Mapping[str, float],
) -> Group:
    told = tuple(sorted(set(reasons)))
    name = hashlib.sha256("\n".join(told).encode()).hexdigest()[:16]
    return Group(name, organised, tuple(sorted(set(sessions))), tuple(sorted(set(signals))), told, accounts)
