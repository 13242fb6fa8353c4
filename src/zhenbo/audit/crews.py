"""Whether the same hands buy for one host over several merchants, or for one merchant over several hosts.

One room seldom tells who paid for its orders. Where its buyers are met again among the fabricated orders of other rooms, they tell
whom they follow: a host's people buy whatever the host sells, a merchant's people buy its goods whoever sells them.
"""

from collections import defaultdict
from collections.abc import Collection, Sequence

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from zhenbo.audit.interests import Interests, owners
from zhenbo.core.session import Session
from zhenbo.core.verdict import FactSeen, Purchaser, SubjectVerdict
from zhenbo.judge import Hypotheses
from zhenbo.kernel.orders import orders

Crew = tuple[tuple[str, str], ...]
"""Who bought the orders named, and of whom: (account, merchant), each once, sorted."""

OVER = ("crew_over_merchants", "crew_over_hosts")


def crew(session: Session, bought: Collection[str], interests: Interests) -> Crew:
    """The accounts that placed some orders, with the merchant whose goods they bought.

    Args:
        session: the record.
        bought: ids of the orders.
        interests: whose goods they are; where nobody tells, nothing is told here either.
    """
    made = orders(session)
    owner, names = owners(session, made, interests)
    mine = pc.is_in(made.id, value_set=pa.array(sorted(bought), pa.string())).to_numpy(zero_copy_only=False)
    buyer = made.keys["actor_id"]
    told = np.asarray(mine, dtype=bool) & (owner >= 0) & (buyer >= 0)
    pairs = np.unique(np.stack([buyer[told], owner[told]]), axis=1)
    who = made.names["actor_id"].take(pa.array(pairs[0])).to_pylist()
    return tuple(sorted(zip(who, (names[i] for i in pairs[1].tolist()), strict=True)))


def followed(subjects: Sequence[tuple[SubjectVerdict, Crew]], pack: Hypotheses) -> list[Purchaser | None]:
    """Who may have bought, given where else the same accounts bought; as it was where they are met nowhere else.

    Args:
        subjects: every verdict with its crew.
        pack: what each fact says of each hypothesis.
    """
    met: dict[str, list[tuple[int, str, str]]] = defaultdict(list)
    for i, (verdict, theirs) in enumerate(subjects):
        for account, merchant in theirs:
            met[account].append((i, verdict.host_id, merchant))
    return [_told(i, *subjects[i], met, pack) for i in range(len(subjects))]


def _told(
    at: int, verdict: SubjectVerdict, mine: Crew, met: dict[str, list[tuple[int, str, str]]], pack: Hypotheses
) -> Purchaser | None:
    told, merchants = verdict.purchaser, {merchant for _, merchant in mine}
    accounts = sorted({account for account, _ in mine})
    if told is None or not accounts:
        return told
    hits = dict.fromkeys(OVER, 0)
    for account in accounts:
        others = [(host, merchant) for i, host, merchant in met[account] if i != at]
        hits["crew_over_merchants"] += any(h == verdict.host_id and m not in merchants for h, m in others)
        hits["crew_over_hosts"] += any(h != verdict.host_id and m in merchants for h, m in others)
    found = [
        (name, count / len(accounts)) for name, count in hits.items()
        if len(accounts) >= pack.facts[name].least and count / len(accounts) >= pack.facts[name].at
    ]  # fmt: skip
    return _with(told, found, len(accounts), pack) if found else told


def _with(told: Purchaser, found: Sequence[tuple[str, float]], of: int, pack: Hypotheses) -> Purchaser:
    """The same with more facts."""
    more = [
        FactSeen(
            fact=name, share=share, of=of, **{f"{who}_db": db for who, db in pack.facts[name].db.items()}
        )
        for name, share in found
    ]
    facts = sorted([*told.facts, *more], key=lambda f: f.fact)
    shares = pack.shares(f.fact for f in facts)
    ahead = max(shares, key=lambda who: shares[who])
    leans = ahead if shares[ahead] >= pack.leans else "cannot_tell"
    return Purchaser(pack=pack.id, **shares, leans=leans, facts=facts)
