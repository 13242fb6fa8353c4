"""Who had something to gain by orders made for show: whose goods they are, what contracts promise on them, whose accounts bought.

A room sells for several merchants. Orders for show that go to one of them, beside honest ones that go to all, serve that
merchant; orders over everybody's goods serve the room, since no merchant pays price and commission for another's figures.
A promise of sales (保销, 对赌) turns this round: whoever promised has to make good, and the merchant, who gets the fee back
when the promise fails, loses by orders that keep it. What neither catalogue nor papers tell is no fact.
"""

from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from zhenbo.core.deal import Deal
from zhenbo.core.papers import Papers
from zhenbo.core.rows import plain
from zhenbo.core.schema import Flag
from zhenbo.core.session import Session
from zhenbo.kernel.orders import Orders

Ints = npt.NDArray[np.int64]
Bools = npt.NDArray[np.bool_]
Seen = tuple[str, float, int]
"""Fact, share, units looked at."""

ONE = 0.95
"""Share of the orders named from which they are one merchant's; the rest are errors of naming."""
CHANCE = 1e-3
"""Probability below which honest buyers of this room would not have kept to one merchant."""


@dataclass(frozen=True)
class Interests:
    """What is known of those who may gain.

    Args:
        merchants: (platform, product) -> whose goods they are.
        papers: contracts, and who is who.
    """

    merchants: Mapping[tuple[str, str], str] = field(default_factory=dict)
    papers: Papers = field(default_factory=Papers)


NOBODY = Interests()


def merchants_of(products: pa.Table) -> dict[tuple[str, str], str]:
    """Merchant of each product, else its shop; a product that several claim is nobody's."""
    columns = (plain(products[c]).to_pylist() for c in ("platform", "product_id", "merchant_id", "shop_id"))
    told: dict[tuple[str, str], set[str]] = {}
    for platform, product, merchant, shop in zip(*columns, strict=True):
        if product and (merchant or shop):
            told.setdefault((platform or "unknown", product), set()).add(merchant or shop)
    return {product: owners.pop() for product, owners in sorted(told.items()) if len(owners) == 1}


def with_insiders(session: Session, known: Interests) -> Session:
    """The session with rows flagged whose account or purse the papers give to its host, agency or merchants.

    Args:
        session: the record.
        known: whose goods, who is who.
    """
    registry, at = known.papers.registry, session.span[0]
    if not registry.rows:
        return session
    held = registry.on(session.host_id, at)
    sides = {session.host_id, *held.operators, *held.agencies, *held.merchants, *_sellers(session, known)}
    own = {
        "actor_id": frozenset().union(*(registry.accounts(party, at) for party in sides)),
        "pay": frozenset().union(*(registry.payers(party, at) for party in sides)),
    }
    mine = np.zeros(session.events.num_rows, dtype=bool)
    for column, names in own.items():
        hit = pc.is_in(plain(session.events[column]), value_set=pa.array(sorted(names), pa.string()))
        mine |= np.asarray(pc.fill_null(hit, False).to_numpy(zero_copy_only=False))
    if not mine.any():
        return session
    place = session.events.column_names.index("flags")
    told = np.asarray(pc.fill_null(session.events["flags"], 0).to_numpy()) | np.where(
        mine, int(Flag.INSIDER), 0
    )
    field_ = session.events.schema.field(place)
    return replace(session, events=session.events.set_column(place, field_, pa.array(told).cast(field_.type)))


def _sellers(session: Session, known: Interests) -> set[str]:
    """Merchants of the goods that are ordered here."""
    goods = pc.unique(session.rows("order_create")["target_id"]).to_pylist()
    return {known.merchants.get((session.platform, str(product)), "") for product in goods} - {""}


def gainers(session: Session, made: Orders, mine: Bools, known: Interests) -> Iterator[Seen]:
    """What bears on who gains by some orders.

    Args:
        session: the record.
        made: its orders.
        mine: those that are likely fabricated.
        known: whose goods, which contracts, who is who.
    """
    if not mine.any():
        return
    owner, names = owners(session, made, known)
    alone = _alone(owner, mine, names)
    promised = list(_promised(session, made, mine, known.papers, alone))
    yield from promised
    if alone is None:
        told = owner[mine & (owner >= 0)]
        if len(told):
            yield "many_merchants", 1 - float(np.bincount(told).max() / len(told)), len(told)
    elif alone and not promised:
        told = owner[mine & (owner >= 0)]
        yield "one_merchant", float(np.bincount(told).max() / len(told)), len(told)
    yield from _accounts(session, made, mine, known.papers, names)


def owners(session: Session, made: Orders, known: Interests) -> tuple[Ints, list[str]]:
    """Per order the place of its merchant in a list, -1 where nobody tells."""
    goods = made.names["target_id"].to_pylist()
    whose = [known.merchants.get((session.platform, str(product)), "") for product in goods]
    names = sorted(set(whose) - {""})
    place = {name: i for i, name in enumerate(names)}
    code = np.array([place.get(name, -1) for name in whose] + [-1], dtype=np.int64)
    return code[made.keys["target_id"]], names


def _alone(owner: Ints, mine: Bools, names: Collection[str]) -> str | None:
    """The merchant to whom nearly all of some orders go, against chance; None where they go to several, "" where neither is told."""
    from scipy import stats

    told, others = owner[mine & (owner >= 0)], owner[~mine & (owner >= 0)]
    if len(names) < 2 or not len(told):
        return ""
    top = int(np.bincount(told).argmax())
    held = int((told == top).sum())
    if held < ONE * len(told):
        return None
    usual = ((others == top).sum() + 1) / (len(others) + 2)
    by_chance = float(stats.binom.sf(held - 1, len(told), usual))
    return sorted(names)[top] if by_chance < CHANCE else ""


def _promised(
    session: Session, made: Orders, mine: Bools, papers: Papers, alone: str | None
) -> Iterator[Seen]:
    """Orders that count for sales somebody promised, and whether the promise is kept by them only."""
    counted = np.zeros(len(made), dtype=bool)
    saved = False
    for deal in papers.deals:
        if not deal.target or (alone and deal.merchant_id not in {None, alone}):
            continue
        ours = _of(session, made, deal)
        counted |= ours
        shown = ours & made.was_paid
        if deal.sessions in {(), (session.session_id,)} and (deal.sessions or session.scope == "shop"):
            whole, real = (int(made.amount[which].sum()) for which in (shown, shown & ~mine))
            saved |= real < deal.target <= whole
    if counted.any():
        yield "promised", float(counted[mine].mean()), int(mine.sum())
    if saved:
        yield "promise_kept", 1.0, int((mine & counted).sum())


def _of(session: Session, made: Orders, deal: Deal) -> Bools:
    """Orders of a subject that a contract counts."""
    none = np.zeros(len(made), dtype=bool)
    if session.scope == "session" or session.session_id in deal.sessions:
        if not deal.covers(session.session_id, session.host_id, session.span[0]):
            return none
        ours = ~none
    else:
        if deal.sessions or deal.host_id != session.host_id or (deal.since is None and deal.until is None):
            return none
        at = made.at["created"]
        last = np.iinfo(np.int64).max if deal.until is None else deal.until
        ours = (at >= (deal.since or 0)) & (at <= last)
    goods = made.keys["target_id"], made.names["target_id"]
    return ours & among(*goods, deal.products) if deal.products else ours


def _accounts(
    session: Session, made: Orders, mine: Bools, papers: Papers, merchants: Collection[str]
) -> Iterator[Seen]:
    """Orders from accounts and purses that the papers give to a side."""
    registry, at = papers.registry, session.span[0]
    if not registry.rows:
        return
    held = registry.on(session.host_id, at)
    sides = {
        "hosts_accounts": {session.host_id, *held.operators, *held.agencies},
        "merchants_accounts": {*held.merchants, *merchants},
    }
    both = sides["hosts_accounts"] & sides["merchants_accounts"]
    for fact, parties in sides.items():
        own = np.zeros(len(made), dtype=bool)
        for party in sorted(parties - both):  # whoever sells his own goods in his own room is no side
            own |= among(made.keys["actor_id"], made.names["actor_id"], registry.accounts(party, at))
            own |= among(made.keys["pay"], made.names["pay"], registry.payers(party, at))
        yield fact, float(own[mine].mean()), int(mine.sum())


def among(code: Ints, names: pa.Array, wanted: Iterable[str]) -> Bools:
    """Which codes stand for one of some names."""
    if not len(names):
        return np.zeros(len(code), dtype=bool)
    hit = np.asarray(
        pc.is_in(names, value_set=pa.array(sorted(set(wanted)), pa.string())).to_numpy(zero_copy_only=False)
    )
    return np.asarray((code >= 0) & np.append(hit, False)[code])
