"""What one broadcast did for one deal: its sales, returns, airtime, and whose accounts bought.

Everything the settlement needs of a session, small enough to travel; the settlement itself never sees events.
"""

import math
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from zhenbo.audit.gmv import bridge_of
from zhenbo.audit.interests import among
from zhenbo.audit.late import late, stood
from zhenbo.audit.session import NOT_BELIEVED
from zhenbo.core.deal import Deal
from zhenbo.core.evidence import cite
from zhenbo.core.papers import Papers
from zhenbo.core.session import DAY, MINUTE, Session, codes, micros
from zhenbo.core.settlement import BridgeSeen, Ground, OrdersSeen, Span
from zhenbo.core.subject import Outcome
from zhenbo.core.verdict import Gmv, Reason, SubjectVerdict
from zhenbo.judge import Policy
from zhenbo.kernel.orders import Orders, orders

Bools = npt.NDArray[np.bool_]

HEAVY = 20
"""Orders of one account from which it is remembered: an honest bulk buyer has as many, so it is told and accuses nobody."""
CLOSE = 10
"""Orders to one address from which it counts as one of few."""
CITED = 50
LOTS = 40
"""Parts that a broadcast or a term is cut into."""
NOTHING = Span(0, 0, 0)


@dataclass(frozen=True)
class Tie:
    """Orders from accounts or payers that the papers give to a side of the deal.

    Args:
        party: whose they are.
        side: host, agency or merchant.
        orders: how many.
        amount: paid amount.
        kept: what of it stands in verified sales.
        returned: what of it was refunded.
        events: `source:event_id` of their creation, capped.
    """

    party: str
    side: str
    orders: int
    amount: int
    kept: int
    returned: int
    events: tuple[str, ...] = ()


@dataclass(frozen=True)
class Lot:
    """Sales of the deal's goods in a part of its time.

    Args:
        since: first microsecond.
        until: the one after its last.
        last: whether it lies in the last third of its broadcast or term.
        standing: paid orders that nobody had asked back ten days after they were made.
        late: of them, asked back later.
        late_amount: what these came to.
    """

    since: int
    until: int
    last: bool
    standing: int
    late: int
    late_amount: int


@dataclass(frozen=True)
class Performed:
    """One broadcast of a deal.

    Args:
        deal: the deal.
        session_id: the broadcast.
        host_id: the account it ran in.
        start: its first microsecond.
        end: its last.
        covered: false for another broadcast of the host, looked at for a re-run.
        sales: the verdict's answer to "are the sales real".
        chance: probability that something of the sales is brushed and was not noticed; 0 where it was.
        hidden: share of the sales that nine of ten such broadcasts stay below.
        currency: of most of its orders.
        bridge: sales of the deal's goods; None without an order.
        orders: the same counted.
        paid: amount paid for them.
        returned: refunded amount of genuine orders.
        early: refunded amount that was back within a day of payment.
        usual: share of what such goods usually see come back by now, low to high; None where it is not told.
        ties: orders of the sides' own accounts.
        heavy: accounts with many orders, by number of orders.
        close: addresses with many orders: how many addresses, how many orders, how many of these never paid.
        lots: its sales in parts of equal length, in order of time.
        minutes: airtime of the deal's goods; None where the record cannot tell.
        minutes_by: pins, speech or broadcast.
        aired: the deal's goods that were pinned, clicked or ordered.
        others: other goods that were pinned.
        heard: whether there is speech to search.
        points: selling points that were said.
        clicks: clicks on the deal's goods; None where there are no clicks in the record.
        visits: visits to the shop that the back office counts; None without it.
        viewers: verified viewers; None where they are open.
        grounds: findings on the sales that accuse.
    """

    deal: str
    session_id: str
    host_id: str
    start: int
    end: int
    covered: bool
    sales: Outcome
    chance: float = 0.0
    hidden: float = 0.0
    currency: str | None = None
    bridge: BridgeSeen | None = None
    orders: OrdersSeen | None = None
    paid: int = 0
    returned: Span = NOTHING
    early: int = 0
    usual: tuple[float, float] | None = None
    ties: tuple[Tie, ...] = ()
    heavy: tuple[tuple[str, int], ...] = ()
    close: tuple[int, int, int] = (0, 0, 0)
    lots: tuple[Lot, ...] = ()
    minutes: float | None = None
    minutes_by: str = ""
    aired: tuple[str, ...] = ()
    others: tuple[str, ...] = ()
    heard: bool = False
    points: tuple[str, ...] = ()
    clicks: int | None = None
    visits: int | None = None
    viewers: Span | None = None
    grounds: tuple[Ground, ...] = ()


def performed(
    session: Session,
    verdict: SubjectVerdict,
    probability: Mapping[str, float],
    papers: Papers,
    policy: Policy,
) -> list[Performed]:
    """What a broadcast did for each deal that it is part of.

    Args:
        session: the record.
        verdict: what was said of it.
        probability: per order id, that it is brushed.
        papers: the deals, and who is who.
        policy: the prior, and what calibration says of brushing that goes unnoticed.
    """
    made = [
        _performed(session, verdict, probability, deal, papers, policy)
        for deal in papers.deals
        if _of(deal, session, papers)
    ]
    again = [deal for deal in papers.deals if deal.rerun_by is not None and not _of(deal, session, papers)]
    return made + [_rerun(session, verdict, deal) for deal in again if _may_rerun(deal, session)]


def _of(deal: Deal, session: Session, papers: Papers) -> bool:
    """Whether a subject is part of a deal.

    A broadcast that another merchant's deal names is that one's, unless this one names its goods. A shop's month is part
    where a deal by time names its host, or goods that it sold and no host.
    """
    if session.scope == "session" or session.session_id in deal.sessions:
        if not deal.covers(session.session_id, session.host_id, session.span[0]):
            return False
        theirs = (
            d for d in papers.deals if d.merchant_id != deal.merchant_id and session.session_id in d.sessions
        )
        return bool(deal.sessions or deal.products) or not any(theirs)
    if deal.sessions or (deal.since is None and deal.until is None):
        return False
    if deal.host_id != session.host_id and (deal.host_id is not None or not deal.products):
        return False  # orders that no host brought are the shop's own
    return bool(_ours(orders(session), deal, session).any())


def _may_rerun(deal: Deal, session: Session) -> bool:
    return (
        session.scope == "session"
        and session.host_id == deal.host_id
        and session.span[0] <= (deal.rerun_by or 0)
    )


def _rerun(session: Session, verdict: SubjectVerdict, deal: Deal) -> Performed:
    start, end = session.span
    aired, others = _aired(session, deal)
    return Performed(
        deal.id, session.session_id, session.host_id, start, end, covered=False, sales=_sales(verdict),
        aired=aired, others=others,
    )  # fmt: skip


def _sales(verdict: SubjectVerdict) -> Outcome:
    return verdict.questions["sales"].verdict


def _performed(
    session: Session,
    verdict: SubjectVerdict,
    probability: Mapping[str, float],
    deal: Deal,
    papers: Papers,
    policy: Policy,
) -> Performed:
    start, end = session.span
    aired, others = _aired(session, deal)
    minutes, by = _airtime(session, deal)
    heard, points = _said(session, deal)
    sales = _sales(verdict)
    trade = _trade(session, verdict, probability, deal, papers, policy)
    return Performed(
        deal.id, session.session_id, session.host_id, start, end, covered=True, sales=sales,
        minutes=minutes, minutes_by=by, aired=aired, others=others, heard=heard, points=points,
        clicks=_clicks(session, deal), visits=_metric(session, "office.shop_visits"), viewers=_viewers(verdict),
        grounds=tuple(_grounds(session.session_id, verdict.reasons)) if sales.rank >= Outcome.SUSPECT.rank else (),
        **trade,
    )  # fmt: skip


def _ours(made: Orders, deal: Deal, session: Session) -> Bools:
    """Orders that the deal speaks of."""
    mine = np.ones(len(made), dtype=bool)
    if deal.products:
        mine &= among(made.keys["target_id"], made.names["target_id"], deal.products)
    if session.scope == "shop":
        at = made.at["created"]
        mine &= (at >= (deal.since or 0)) & (
            at <= (deal.until if deal.until is not None else np.iinfo(np.int64).max)
        )
    return mine


def _trade(
    session: Session,
    verdict: SubjectVerdict,
    probability: Mapping[str, float],
    deal: Deal,
    papers: Papers,
    policy: Policy,
) -> dict[str, Any]:
    """The sales of the deal's goods; nothing where there are none."""
    everything = orders(session)
    made = everything.only(_ours(everything, deal, session))
    if not len(made):
        return _unsold(everything) if deal.products else {}
    # as in the bridge of the session: below suspect nothing is taken off anybody's sales
    believed = 1.0 if _sales(verdict).rank >= Outcome.SUSPECT.rank else NOT_BELIEVED
    judged = {order: min(p, believed) for order, p in probability.items()}
    asked = verdict.questions["sales"]
    fakes = verdict.fake.orders
    missed = fakes.high / max(fakes.shown, 1) if fakes else policy.unseen.get(f"orders@{asked.tier}", policy.unseen.get("orders", 1.0))  # fmt: skip
    noticed = believed == 1.0
    gmv = bridge_of(made, judged, missed if noticed else 0.0)
    assert gmv is not None
    p = _listed(made, judged)
    paid = made.was_paid & ~made.happened("cancelled")
    due = np.where(paid, made.amount - made.discount, 0)
    soon = made.timed("paid") & made.timed("refunded") & (made.at["refunded"] - made.at["paid"] <= DAY)
    refund = np.where(paid, np.minimum(made.refund, due), 0)
    genuine = _expected(refund, 1 - p)
    return {
        # nothing of it noticed: whether anything is hidden is a question of chance, weighed over all broadcasts
        "chance": 0.0 if noticed else policy.prior[2] if asked.probability is None else asked.probability,
        "hidden": 0.0 if noticed else missed,
        "currency": gmv.currency,
        "bridge": _seen(gmv),
        "orders": _counted(made, paid, due, refund, p, gmv),
        "paid": int(due.sum()),
        "returned": Span(min(genuine, _expected(refund, p < 0.5)), genuine, int(refund.sum())),
        "early": int(refund[soon].sum()),
        "usual": _usual(verdict.gmv),
        "ties": tuple(_ties(session, made, due, refund, deal, papers)),
        "heavy": _heavy(made),
        "close": _close(made, paid),
        "lots": tuple(_lots(made, paid, due, _term(session, deal))),
    }


def _unsold(everything: Orders) -> dict[str, Any]:
    """Nothing of the deal's goods among orders that name theirs: sold is nothing, and not unknown."""
    if not (everything.keys["target_id"] >= 0).all() or not len(everything):
        return {}
    named = [c for c in everything.currency.tolist() if c >= 0]
    return {
        "currency": everything.currencies[named[0]] if named else None,
        "bridge": BridgeSeen(
            gross=0, cancelled=0, unpaid_open=0, discount=0, refunded=0, brushed=0, verified=NOTHING
        ),
        "orders": OrdersSeen(shown=0, paid=0, returned=0, returned_share=None, verified=NOTHING),
    }


def _usual(gmv: Gmv | None) -> tuple[float, float] | None:
    seen = gmv.returns.usual if gmv and gmv.returns else None
    return (seen.low, seen.high) if seen else None


def _listed(made: Orders, judged: Mapping[str, float]) -> npt.NDArray[np.float64]:
    """Probability per order; 0 where nothing speaks of it, as in the bridge."""
    p = np.array([judged.get(order, 0.0) for order in made.id.to_pylist()], dtype=np.float64)
    return np.where(p > NOT_BELIEVED, p, 0.0)


def _expected(amount: npt.NDArray[np.int64], weight: npt.NDArray[Any]) -> int:
    """A weighted sum of amounts, exact before it is rounded."""
    return round(math.fsum((amount * weight).tolist()))


def _seen(gmv: Gmv) -> BridgeSeen:
    v = gmv.verified
    return BridgeSeen(
        gross=gmv.gross, cancelled=gmv.cancelled, unpaid_open=gmv.unpaid_open, discount=gmv.discount,
        refunded=gmv.refunded, brushed=gmv.brushed, verified=Span(v.low, v.mid, v.high),
    )  # fmt: skip


def _counted(
    made: Orders, paid: Bools, due: npt.NDArray[np.int64], refund: npt.NDArray[np.int64],
    p: npt.NDArray[np.float64], gmv: Gmv,
) -> OrdersSeen:  # fmt: skip
    standing = paid & (refund < due)
    mid = round(float((1 - p)[standing].sum()))
    most = int(standing.sum())
    # the count errs as its amount does
    left = max(gmv.verified.mid + gmv.brushed, 1)
    low = min(mid, int(most * gmv.verified.low // left))
    high = max(mid, min(most, -(-most * gmv.verified.high // left)))
    total = int(due.sum())
    return OrdersSeen(
        shown=len(made),
        paid=int(paid.sum()),
        returned=int((refund > 0).sum()),
        returned_share=float(refund.sum() / total) if total else None,
        verified=Span(max(low, 0), mid, high),
    )


def _ties(
    session: Session, made: Orders, due: npt.NDArray[np.int64], refund: npt.NDArray[np.int64], deal: Deal, papers: Papers
) -> Iterator[Tie]:  # fmt: skip
    """Orders from accounts of the host, the agency or the merchant, as the papers give them."""
    registry, at = papers.registry, session.span[0]
    held = registry.on(session.host_id, at)
    sides = {
        "agency": {*held.agencies, *([deal.mcn_id] if deal.mcn_id else [])},
        "host": {session.host_id, *held.operators},
        "merchant": {deal.merchant_id} if deal.merchant_id else set(),
    }
    seen: set[str] = set()
    for side, parties in sides.items():
        for party in sorted({registry.same(p) for p in parties} - seen):
            seen.add(party)
            which = among(
                made.keys["actor_id"], made.names["actor_id"], registry.accounts(party, at)
            ) | among(made.keys["pay"], made.names["pay"], registry.payers(party, at))
            if which.any():
                rows = session.events.take(pa.array(made.row[which]))
                yield Tie(
                    party, side, int(which.sum()), int(due[which].sum()), int((due - refund)[which].sum()),
                    int(refund[which].sum()), cite(rows)[0],
                )  # fmt: skip


def _heavy(made: Orders) -> tuple[tuple[str, int], ...]:
    """Accounts with many orders, the busiest first."""
    who = made.keys["actor_id"]
    tally = Counter(who[who >= 0].tolist())
    named = [(str(made.names["actor_id"][code]), n) for code, n in tally.items() if n >= HEAVY]
    return tuple(sorted(named, key=lambda t: (-t[1], t[0]))[:CITED])


def _close(made: Orders, paid: Bools) -> tuple[int, int, int]:
    """Addresses to which many orders go."""
    where = made.keys["addr"]
    code, count = np.unique(where[where >= 0], return_counts=True)
    many = np.isin(where, code[count >= CLOSE]) & (where >= 0)
    return int((count >= CLOSE).sum()), int(many.sum()), int((many & ~paid).sum())


def _term(session: Session, deal: Deal) -> tuple[int, int]:
    """The time in which the deal's goods were sold here: the broadcast, or the contract's part of the shop's month."""
    start, end = session.span
    if session.scope == "session":
        return start, end
    return max(start, deal.since or start), min(end, deal.until or end)


def _lots(made: Orders, paid: Bools, due: npt.NDArray[np.int64], term: tuple[int, int]) -> Iterator[Lot]:
    """Sales by parts of the time, with what of them stood for ten days and went back after."""
    start, end = term
    if end <= start:
        return
    edge = np.linspace(start, end + 1, LOTS + 1).astype(np.int64)
    created, old = made.at["created"], paid & stood(made)
    back = old & late(made)
    known = paid & made.timed("created")
    part = np.searchsorted(edge, created, side="right") - 1
    for i in range(LOTS):
        mine = known & (part == i)
        gone = mine & back
        yield Lot(
            int(edge[i]), int(edge[i + 1]), 3 * i >= 2 * LOTS, int((mine & old).sum()), int(gone.sum()), int(due[gone].sum())
        )  # fmt: skip


def _aired(session: Session, deal: Deal) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Goods of the deal that came up at all, and other goods that were pinned."""
    shown = pc.unique(
        session.rows("product_pin", "product_click", "order_create", "speech")["target_id"]
    ).drop_null()
    pinned = pc.unique(session.rows("product_pin")["target_id"]).drop_null()
    ours = set(deal.products)
    return (
        tuple(sorted(set(shown.to_pylist()) & ours)),
        tuple(sorted(set(pinned.to_pylist()) - ours)[:CITED]) if ours else (),
    )


def _airtime(session: Session, deal: Deal) -> tuple[float | None, str]:
    """Minutes the deal's goods were on: of the whole broadcast for a deal on all of it, else between pins, else while spoken of."""
    if session.scope == "shop":
        return None, ""
    start, end = session.span
    if not deal.products:
        return (end - start) / MINUTE, "broadcast"
    for kind in ("product_pin", "speech"):
        rows = session.rows(kind)
        rows = rows.filter(pc.and_(pc.is_valid(rows["ts"]), pc.is_valid(rows["target_id"])))
        if rows.num_rows:
            at = np.append(micros(rows["ts"]), end)
            code, names = codes(rows["target_id"])
            ours = among(code, names, deal.products)
            return float(
                np.maximum(np.diff(at), 0)[ours].sum() / MINUTE
            ), "pins" if kind == "product_pin" else "speech"
    return None, ""


def _said(session: Session, deal: Deal) -> tuple[bool, tuple[str, ...]]:
    """Whether there is speech, and which selling points it holds."""
    texts = [t for t in session.rows("speech")["text"].to_pylist() if t]
    if not texts or not deal.points:
        return bool(texts), ()
    whole = "\n".join(texts).casefold()
    return True, tuple(p for p in deal.points if p.casefold() in whole)


def _clicks(session: Session, deal: Deal) -> int | None:
    rows = session.rows("product_click")
    if not rows.num_rows:
        return None
    code, names = codes(rows["target_id"])
    return int(among(code, names, deal.products).sum()) if deal.products else rows.num_rows


def _metric(session: Session, name: str) -> int | None:
    """A total of the back office, summed over its buckets."""
    hit = session.measured(name)
    return round(pc.sum(hit["value"]).as_py()) if hit.num_rows else None


def _viewers(verdict: SubjectVerdict) -> Span | None:
    fake = verdict.fake.viewers
    return (
        None if fake is None else Span(fake.shown - fake.high, fake.shown - fake.mid, fake.shown - fake.low)
    )


def _grounds(session_id: str, reasons: Sequence[Reason]) -> Iterator[Ground]:
    """What accuses the sales, the heaviest first."""
    telling = [r for r in reasons if r.question.value == "sales" and r.weight_db > 0]
    for r in sorted(telling, key=lambda r: (-r.weight_db, r.signal)):
        yield Ground(
            session_id=session_id, signal=r.signal, weight_db=r.weight_db, says=r.says, events=list(r.events),
            events_total=r.events_total,
        )  # fmt: skip
