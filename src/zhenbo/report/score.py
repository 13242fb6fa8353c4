"""The score shown as an exact addition: prior + weights = score, at one decimal, rounded so that it adds up."""

from collections.abc import Sequence
from dataclasses import dataclass

from zhenbo.core.verdict import Reason, SubjectVerdict

_SAME = 1e-4  # JSON numbers carry six digits


@dataclass(frozen=True)
class Addition:
    """One sum, in dB at one decimal.

    Args:
        question: the question it answers, or None for the subject as a whole.
        prior: where it starts.
        terms: (number of the reason, its weight).
        rest: what the listed reasons do not account for; 0.0 for a complete list.
        total: prior + terms + rest, exactly.
    """

    question: str | None
    prior: float
    terms: tuple[tuple[int, float], ...]
    rest: float
    total: float


def additions(subject: SubjectVerdict, reasons: Sequence[Reason]) -> tuple[Addition, ...]:
    """The sums behind a verdict: one over all reasons where that is the score, else one per question asked."""
    numbered = list(enumerate(reasons, start=1))
    if abs(subject.prior_db + sum(r.weight_db for r in reasons) - subject.score_db) < _SAME:
        return (_addition(None, subject.prior_db, numbered, subject.score_db),)
    sums = tuple(
        _addition(
            question, subject.prior_db, [n for n in numbered if n[1].question == question], asked.score_db
        )
        for question, asked in subject.questions.items()
        if asked.asked and asked.score_db is not None
    )
    return sums or (_addition(None, subject.prior_db, numbered, subject.score_db),)


def _addition(
    question: str | None, prior: float, numbered: Sequence[tuple[int, Reason]], score: float
) -> Addition:
    weights = [r.weight_db for _, r in numbered]
    rest = score - prior - sum(weights)
    exact = [prior, *weights] if abs(rest) < _SAME else [prior, *weights, rest]
    tenths = _tenths(exact, round(score * 10))
    shown = [t / 10 for t in tenths]
    return Addition(
        question,
        shown[0],
        tuple((n, w) for (n, _), w in zip(numbered, shown[1:], strict=False)),
        shown[-1] if len(exact) > len(weights) + 1 else 0.0,
        round(score * 10) / 10,
    )


def _tenths(values: Sequence[float], total: int) -> list[int]:
    """Values in tenths that sum to `total`: each is rounded down, the remainder goes to the largest fractions."""
    floors = [int(v * 10 // 1) for v in values]
    spare = total - sum(floors)
    order = sorted(range(len(values)), key=lambda i: (floors[i] - values[i] * 10, i))
    ranks = {i: rank for rank, i in enumerate(order)}
    whole, left = divmod(spare, len(values))
    return [f + whole + (ranks[i] < left) for i, f in enumerate(floors)]
