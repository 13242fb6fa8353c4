"""Who may have bought what is fabricated: the facts of a record that bear on it.

Facts are looked for among the accounts and orders named (p > 0.5), and among the counts called fabricated; each is a
share of so many units, and holds from the share on that the pack names. What the record does not show is no fact either
way.
"""

from collections.abc import Collection, Iterable, Iterator

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from zhenbo.audit.interests import NOBODY, Interests, gainers
from zhenbo.audit.late import late
from zhenbo.audit.without import named
from zhenbo.core.session import MINUTE, Session
from zhenbo.core.subject import Outcome
from zhenbo.core.verdict import FactSeen, Fakes, Purchaser
from zhenbo.judge import Hypotheses, Judgement
from zhenbo.kernel.orders import Orders, orders

_FLATTERING = ("viewers", "likes", "comments", "follows", "shares")
_SENT = ("shipped", "delivered", "sent_back")
_ALIKE = 0.05
"""Relative distance from the middle weight within which parcels count as alike."""
_KNOWING = frozenset({"ad", "feature", "raid", "celebrity"})
"""Declared windows that announce traffic."""

_TELLING = {
    ("orders.reviews", "copied"): "praised", ("orders.reviews", "prompt"): "praised", ("orders.reviews", "together"): "praised",
    ("orders.parcels", "same_weight"): "hollow_parcels", ("orders.parcels", "weightless"): "hollow_parcels",
    ("orders.parcels", "light"): "hollow_parcels", ("orders.parcels", "unscanned"): "hollow_parcels",
    ("orders.self_dealing", "own_people"): "own_people", ("money.loops", "returned"): "fee_returned",
}  # fmt: skip
"""Findings that bear on who bought: (signal, sentence) and the fact they are."""

Seen = tuple[str, float, int]
"""Fact, share, units looked at."""


def purchaser(
    session: Session, judged: Judgement, fakes: Fakes, pack: Hypotheses, interests: Interests = NOBODY
) -> Purchaser | None:
    """Shares of the three hypotheses with the facts that moved them; None below suspect.

    Args:
        session: the record.
        judged: what was found, and who is named.
        fakes: counts called fabricated.
        pack: what each fact says of each hypothesis.
        interests: whose goods they are, which contracts there are, who is who.
    """
    if judged.headline.outcome.rank < Outcome.SUSPECT.rank:
        return None
    people, bought = named(judged.accounts), named(judged.orders)
    found = [
        *_counts(fakes),
        *_said(session, people, pack.complaint),
        *_traded(session, bought, interests),
        *(ill := list(_reviewed(session, bought, pack.complaint))),
        *_found(judged, next((share for _, share, _ in ill), 0.0)),
        *(_undone(judged) if not bought else ()),
        *_declared(session, judged),
        ("no_room", float(session.scope == "shop"), 1),
    ]
    return told(pack, holding(pack, found))


def holding(pack: Hypotheses, seen: Iterable[Seen]) -> list[FactSeen]:
    """Those of some facts that hold, with what the pack says of each."""
    return [
        FactSeen(
            fact=name, share=share, of=of,
            **{f"{who}_db": db for who, db in pack.facts[name].db.items()},
        )
        for name, share, of in seen
        if of >= pack.facts[name].least and share >= pack.facts[name].at
    ]  # fmt: skip


def told(pack: Hypotheses, holds: Iterable[FactSeen]) -> Purchaser:
    """The three hypotheses, given the facts that hold."""
    facts = sorted(holds, key=lambda f: (f.fact, f.share, f.of))
    shares = pack.shares(f.fact for f in facts)
    ahead = max(shares, key=lambda who: shares[who])
    return Purchaser(
        pack=pack.id,
        **shares,
        leans=ahead if shares[ahead] >= pack.leans else "cannot_tell",
        facts=facts,
    )


def _counts(fakes: Fakes) -> Iterator[Seen]:
    """The most fabricated of the counts that flatter a room."""
    told = [f for m in _FLATTERING if (f := getattr(fakes, m)) is not None and f.shown and f.mid]
    if told:
        worst = max(told, key=lambda f: f.mid / f.shown)
        yield "flattering", worst.mid / worst.shown, worst.mid


def _said(session: Session, people: Collection[str], words: Collection[str]) -> Iterator[Seen]:
    """Complaints among the comments of those named."""
    rows = session.rows("comment")
    mine = rows.filter(pc.is_in(rows["actor_id"], value_set=pa.array(list(people), pa.string())))
    texts = mine["text"].drop_null()
    if len(texts):
        yield "cursing", _cursed(texts, words), len(texts)


def _reviewed(session: Session, bought: Collection[str], words: Collection[str]) -> Iterator[Seen]:
    """Complaints among the reviews by whoever placed an order named: what was sent back is not reviewed, what they kept is."""
    made = orders(session)
    buyer = made.buyer
    mine = made.named(bought)
    theirs = made.id.filter(pa.array(np.isin(buyer, buyer[mine & (buyer >= 0)])))
    rows = session.rows("review")
    texts = rows.filter(pc.is_in(rows["order_id"], value_set=theirs))["text"].drop_null()
    if len(texts):
        yield "ill_reviews", _cursed(texts, words), len(texts)


def _cursed(texts: pa.ChunkedArray, words: Collection[str]) -> float:
    """Share of some texts with a word of complaint."""
    hit = pc.match_substring_regex(pc.utf8_lower(texts), "|".join(map(_literal, words)))
    return float(np.mean(pc.fill_null(hit, False).to_numpy(zero_copy_only=False)))


def _literal(word: str) -> str:
    return "".join(c if c.isalnum() or c == " " else f"\\{c}" for c in word)


def _traded(session: Session, bought: Collection[str], interests: Interests) -> Iterator[Seen]:
    """What became of the orders named, and who gains by them."""
    made = orders(session)
    mine = made.named(bought)
    n = int(mine.sum())
    if not n:
        return
    sent = np.any([made.happened(step) for step in _SENT], axis=0)
    back = made.refund > 0
    paid = made.was_paid
    waited = late(made)
    yield "sent_back", float((sent & back & ~waited)[mine].mean()), n
    yield "late_back", float(waited[mine].mean()), n
    yield "money_back_unshipped", float((paid & back & ~sent)[mine].mean()), n
    yield "kept", float((paid & sent & ~back)[mine].mean()), n
    unpaid = mine & ~paid
    yield "never_paid", float(unpaid.sum() / n), n
    goods = made.keys["target_id"][unpaid & (made.keys["target_id"] >= 0)]
    if len(goods):
        yield "stock_locked", float(np.bincount(goods).max() / n), n
    grams = made.weight_g[mine & (made.weight_g > 0)]
    if len(grams):
        yield "alike_parcels", float((np.abs(grams - np.median(grams)) <= _ALIKE * np.median(grams)).mean()), len(grams)  # fmt: skip
    yield from _ended(session, made, mine)
    yield from gainers(session, made, mine, interests)


def _ended(session: Session, made: Orders, mine: npt.NDArray[np.bool_]) -> Iterator[Seen]:
    """Whether the orders named fall into the last third of the broadcast, or of the time in which the shop sold."""
    at, timed = made.at["created"], made.timed("created")
    start, end = session.span
    if session.scope == "shop" and timed.any():
        start, end = int(at[timed].min()), int(at[timed].max())
    known = mine & timed & (at >= start)
    if known.any() and end > start:
        yield "at_the_end", float((at[known] >= end - (end - start) / 3).mean()), int(known.sum())


def _found(judged: Judgement, cursed: float) -> Iterator[Seen]:
    """What the accusing reasons say of orders, whose share of those they looked at it is; copied curses are no praise."""
    strongest: dict[str, Seen] = {}
    for w in judged.reasons:
        fact = _TELLING.get((w.evidence.signal, w.evidence.says))
        effect = w.evidence.effect
        if fact and effect and w.raw_db > 0 and not w.evidence.explained:
            of = max(
                float(w.evidence.args.get("tested", w.evidence.args.get("all_orders", 0))), effect.mid, 1.0
            )
            part = 1 - cursed if fact == "praised" else 1.0
            strongest.setdefault(fact, (fact, min(effect.mid / of, 1.0) * part, int(effect.mid * part)))
    yield from strongest.values()


def _undone(judged: Judgement) -> Iterator[Seen]:
    """A wave of refunds before shipping in a record that names no order."""
    for w in judged.reasons:
        told = (w.evidence.signal, w.evidence.says) == ("orders.refund_echo", "wave")
        if told and w.evidence.effect and w.raw_db > 0 and not w.evidence.explained:
            yield "money_back_unshipped", 1.0, int(w.evidence.effect.mid)


def _declared(session: Session, judged: Judgement) -> Iterator[Seen]:
    """Accusing reasons that fall into a window declared for traffic, and do not span the whole record."""
    start, end = session.span
    reasons = [w.evidence.window for w in judged.reasons if w.weight_db > 0]
    short = [x for x in reasons if x[1] - x[0] < 0.8 * max(end - start, MINUTE)]
    windows = [w for w in session.windows if w.kind in _KNOWING]
    if short and windows:
        inside = [any(w.overlaps(*x) for w in windows) for x in short]
        yield "declared_window", float(np.mean(inside)), len(short)
