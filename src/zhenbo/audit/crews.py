"""Whether the same hands buy for one host over several merchants, or for one merchant over several hosts.

One room seldom tells who paid for its orders. Where its buyers are met again among the fabricated orders of other rooms, they tell
whom they follow: a host's people buy whatever the host sells, a merchant's people buy its goods whoever sells them.
"""

from collections import defaultdict
from collections.abc import Collection, Sequence

import numpy as np
import pyarrow as pa

from zhenbo.audit.interests import Interests, owners
from zhenbo.audit.purchaser import holding, told
from zhenbo.core.session import Session
from zhenbo.core.verdict import Purchaser, SubjectVerdict
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
    buyer = made.keys["actor_id"]
    mine = made.named(bought) & (owner >= 0) & (buyer >= 0)
    pairs = np.unique(np.stack([buyer[mine], owner[mine]]), axis=1)
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
    return [_over_rooms(i, *subjects[i], met, pack) for i in range(len(subjects))]


def _over_rooms(
    at: int, verdict: SubjectVerdict, mine: Crew, met: dict[str, list[tuple[int, str, str]]], pack: Hypotheses
) -> Purchaser | None:
    before, merchants = verdict.purchaser, {merchant for _, merchant in mine}
    accounts = sorted({account for account, _ in mine})
    if before is None or not accounts:
        return before
    hits = dict.fromkeys(OVER, 0)
    for account in accounts:
        others = [(host, merchant) for i, host, merchant in met[account] if i != at]
        hits["crew_over_merchants"] += any(h == verdict.host_id and m not in merchants for h, m in others)
        hits["crew_over_hosts"] += any(h != verdict.host_id and m in merchants for h, m in others)
    more = holding(pack, ((name, n / len(accounts), len(accounts)) for name, n in hits.items()))
    return told(pack, [*before.facts, *more]) if more else before
