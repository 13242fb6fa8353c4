"""Weigh evidence, answer the three questions, name accounts and orders.

`score_db = prior_db + Σ weight_db`, exactly. A weight is 10·log10 of an e-value of the signal's p, capped by what
was proven of the signal; inside a family, whose members are dependent, the strongest speaks and the others
stand beside it with weight 0. What leaves the same innocent cause open is bounded together; what one explains has
weight 0. Clean looks together count for no more than was proven of them: how much rarer they are where something was
bought.
"""

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property

from zhenbo.core.evidence import Evidence, Found, Missing
from zhenbo.core.session import Session
from zhenbo.core.subject import Outcome, Question, Tier
from zhenbo.judge.groups import Group, crew_of, groups_of
from zhenbo.judge.policy import Policy
from zhenbo.kernel.orders import orders
from zhenbo.signals.nulls import ACCOUNT_PRIOR_DB, e_value


@dataclass(frozen=True)
class Weighed:
    """Evidence with its weight: `weight_db` after caps, `raw_db` before."""

    evidence: Evidence
    raw_db: float
    weight_db: float


@dataclass(frozen=True)
class Answer:
    """The answer to one question, before it is written down.

    Args:
        question: which.
        outcome: unlikely, insufficient, suspect or likely.
        tier: of the data it rests on.
        asked: whether the record shows anything of it.
        score_db: prior plus weights.
        share: fabricated share of its worst metric, best estimate.
        families: families that accuse.
        missing: records that would say more, most wanted first.
    """

    question: Question
    outcome: Outcome
    tier: Tier
    asked: bool
    score_db: float
    share: float | None
    families: tuple[str, ...]
    missing: tuple[str, ...]


@dataclass(frozen=True)
class Judgement:
    """Everything judged of one subject.

    Args:
        reasons: all weighed evidence, weightiest first.
        answers: one per question, in the order of `Question`.
        headline: the worst of the questions asked.
        penalty_ready: whether a penalty may rest on it.
        accounts: probability per judged account.
        orders: probability per judged order.
        subject: id of the subject.
        buyers: who placed orders more likely fake than not, where the sales are suspect or likely fabricated.
    """

    reasons: tuple[Weighed, ...]
    answers: tuple[Answer, ...]
    headline: Answer
    penalty_ready: bool
    accounts: Mapping[str, float]
    orders: Mapping[str, float]
    subject: str = ""
    buyers: Mapping[str, float] = field(default_factory=dict)

    @cached_property
    def groups(self) -> tuple[Group, ...]:
        """Accounts that act as one, by the evidence that names them; and the buyers of orders that are named."""
        found = [w.evidence for w in self.reasons if w.raw_db > 0]
        return groups_of(self.subject, found, self.accounts) + crew_of(self.subject, found, self.buyers)


def probability(score_db: float) -> float:
    """The logistic of a score in dB."""
    return 1 / (1 + 10 ** (-score_db / 10))


def decibels(p: float) -> float:
    """Log odds of a probability in dB."""
    return 10 * math.log10(p / (1 - p))


def judge(
    session: Session,
    found: Iterable[Found],
    shown: Mapping[Question, bool],
    share: Mapping[str, float],
    policy: Policy,
) -> Judgement:
    """Answer the three questions about a subject.

    Args:
        session: the subject; gives the tier of each question.
        found: what the signals found and missed.
        shown: whether the record shows anything of a question.
        share: per evidence id, the fabricated share it claims if material, else 0.
        policy: thresholds, prior and caps.
    """
    found = list(found)
    evidence = [f for f in found if isinstance(f, Evidence)]
    missing = [f for f in found if isinstance(f, Missing)]
    reasons = sorted(
        weigh(evidence, session.tiers, policy),
        key=lambda w: (-w.weight_db, -w.raw_db, w.evidence.signal, w.evidence.window),
    )
    answers = tuple(
        _answer(
            q, session, [w for w in reasons if w.evidence.question == q], [m.record for m in missing if m.question == q],
            shown, share, policy,
        )
        for q in Question
    )  # fmt: skip
    home = (
        Question.SALES if session.scope == "shop" else Question.AUDIENCE
    )  # named where nothing could be asked
    headline = max(
        answers, key=lambda a: (a.asked, a.outcome.rank, a.score_db if a.asked else 0.0, a.question is home)
    )
    ready = (
        headline.outcome is Outcome.LIKELY
        and probability(headline.score_db) >= policy.penalty
        and len(headline.families) > 1
        and not any(_doubted(w) for w in reasons if w.evidence.question == headline.question)
    )  # fmt: skip
    sales = next(a for a in answers if a.question is Question.SALES)
    bought = _named(((w, w.evidence.orders) for w in reasons), policy)
    return Judgement(
        tuple(reasons), answers, headline, ready,
        _named(((w, w.evidence.accounts) for w in reasons), policy), bought, session.session_id,
        _buyers(session, bought) if sales.outcome.rank >= Outcome.SUSPECT.rank else {},
    )  # fmt: skip


def _buyers(session: Session, named: Mapping[str, float]) -> dict[str, float]:
    """Who placed the orders more likely fake than not: of each buyer the likeliest."""
    made = orders(session)
    names = made.names["actor_id"].to_pylist()
    told: dict[str, float] = {}
    for order, code in zip(made.id.to_pylist(), made.keys["actor_id"].tolist(), strict=True):
        p = named.get(order, 0.0)
        if p > 0.5 and code >= 0:
            told[names[code]] = max(p, told.get(names[code], 0.0))
    return told


def _doubted(w: Weighed) -> bool:
    """Whether a reason that accuses leaves an innocent cause open: no penalty may rest on it."""
    return w.weight_db > 0 and any(c.outcome == "open" for c in w.evidence.causes)


def weigh(evidence: Sequence[Evidence], tiers: Mapping[Question, Tier], policy: Policy) -> list[Weighed]:
    """Raw and capped weight of each piece; the strongest of a family and question speaks for it."""
    weighed = []
    for piece in evidence:
        raw = 10 * math.log10(float(e_value(piece.p)))
        weight = max(min(raw, policy.cap(piece.signal, piece.tier), policy.family), -policy.clear)
        w = Weighed(piece, raw, weight)
        weighed.append(replace(w, weight_db=min(weight, 0.0)) if piece.explained else w)
    speaks: dict[tuple[str, str], Weighed] = {}
    for w in sorted(weighed, key=lambda w: (w.evidence.signal, w.evidence.window)):
        key = (w.evidence.question, w.evidence.family)
        best = speaks.get(key)
        if best is None or _louder(w) > _louder(best):
            speaks[key] = w
    told = [
        w if speaks[w.evidence.question, w.evidence.family] is w else replace(w, weight_db=0.0)
        for w in weighed
    ]
    told = _doubted_once(told)
    accused = {w.evidence.question for w in told if w.weight_db >= DECIDED_DB}
    told = [
        replace(w, weight_db=0.0) if w.weight_db < 0 and w.evidence.question in accused else w for w in told
    ]
    return _proven_clean(told, tiers, policy)


def _doubted_once(told: Sequence[Weighed]) -> list[Weighed]:
    """Reasons of a question that leave the same innocent cause open, bounded: together no more than the strongest, or `OPEN_DB`.

    A crowd that waits in silence for a reward makes the step, and it makes the silence: if it is innocent, both are.
    """
    held = list(told)
    left = sorted({(w.evidence.question, cause) for w in told if w.weight_db > 0 for cause in _open(w)})
    for question, cause in left:
        mine = [i for i, w in enumerate(held) if w.weight_db > 0 and w.evidence.question == question and cause in _open(w)]  # fmt: skip
        if len(mine) > 1:
            most, *others = sorted((held[i].weight_db for i in mine), reverse=True)
            part = min(max(OPEN_DB - most, 0.0) / math.fsum(others), 1.0)
            first = next(i for i in mine if held[i].weight_db == most)
            for i in mine:
                if i != first:
                    held[i] = replace(held[i], weight_db=held[i].weight_db * part)
    return held


def _open(w: Weighed) -> set[str]:
    return {c.cause for c in w.evidence.causes if c.outcome == "open"}


OPEN_DB = 20.0
"""What one innocent cause might explain asks the question (16.6 dB under the shipped policy) and never decides it (23.4 dB)."""


def _proven_clean(told: Sequence[Weighed], tiers: Mapping[Question, Tier], policy: Policy) -> list[Weighed]:
    """Clean looks shrunk, in proportion, to what all of a question's together were proven to be worth.

    Signals that miss the same attack miss it together: one by one each clean look may be worth its weight, and their sum is not.
    """
    part = {}
    for question, tier in tiers.items():
        total = -math.fsum(w.weight_db for w in told if w.weight_db < 0 and w.evidence.question is question)
        most = policy.cleared(question, tier)
        part[question] = most / total if total > most else 1.0
    return [
        replace(w, weight_db=w.weight_db * part[w.evidence.question]) if w.weight_db < 0 else w for w in told
    ]


DECIDED_DB = 10.0
"""From this weight on, another family's clean look says nothing against it: it looks for another kind of fraud."""


def _louder(w: Weighed) -> tuple[float, bool]:
    """The larger weight, whichever way; at a tie the one that accuses."""
    return (abs(w.weight_db), w.weight_db > 0)


def _answer(
    question: Question,
    session: Session,
    reasons: Sequence[Weighed],
    missing: Sequence[str],
    shown: Mapping[Question, bool],
    share: Mapping[str, float],
    policy: Policy,
) -> Answer:
    score = decibels(policy.prior[1]) + sum(w.weight_db for w in reasons)
    accusing = [w for w in reasons if w.weight_db > 0]
    tier = max((w.evidence.tier for w in accusing), default=session.tiers[question])
    claimed = [
        share[w.evidence.id(session.session_id)]
        for w in reasons
        if w.raw_db > 0
        and w.evidence.effect
        and not w.evidence.explained  # what is explained lends no size to the rest
    ]
    material = max(claimed, default=None)
    blind = any(alternatives <= set(missing) for alternatives in policy.essential[question])
    looked = not blind and any(w.weight_db < 0 and w.evidence.tier > Tier.T0 for w in reasons)
    outcome = _outcome(probability(score), tier, material or 0.0, looked, policy)
    wanted = tuple(dict.fromkeys(missing))
    families = tuple(sorted({w.evidence.family for w in accusing}))
    return Answer(
        question,
        outcome if shown[question] else Outcome.INSUFFICIENT,
        tier,
        shown[question],
        score,
        material,
        families,
        wanted,
    )


def _outcome(p: float, tier: Tier, share: float, looked: bool, policy: Policy) -> Outcome:
    if p >= policy.likely and tier > Tier.T0 and share >= policy.share:
        return Outcome.LIKELY
    if p >= policy.suspect:
        return Outcome.SUSPECT
    return Outcome.UNLIKELY if p <= policy.unlikely and looked and tier > Tier.T0 else Outcome.INSUFFICIENT


def _named(named: Iterable[tuple[Weighed, Mapping[str, float]]], policy: Policy) -> dict[str, float]:
    """Probability per account or order: prior plus the strongest weight of each family."""
    families: dict[str, dict[str, float]] = {}
    for w, weights in named:
        explained = w.weight_db <= 0 < w.raw_db and w.evidence.explained
        ledger = families.setdefault(w.evidence.family, {})
        for subject, db in weights.items():
            capped = max(min(db, 0.0 if explained else policy.account), -policy.clear)
            held = ledger.get(subject)
            ledger[subject] = capped if held is None or abs(capped) > abs(held) or capped > 0 > held else held
    total: dict[str, float] = {}
    for family in sorted(families):
        for subject, db in families[family].items():
            total[subject] = total.get(subject, ACCOUNT_PRIOR_DB) + db
    return {subject: round(probability(db), 6) for subject, db in total.items()}
