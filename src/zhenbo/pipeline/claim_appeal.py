"""Appeals against decisions of claims, kept in the record."""

from typing import Literal

from zhenbo.act.guarantee.record import ANSWERED, APPEALED, answered, appealed, standing
from zhenbo.core.acts import Act, Acts
from zhenbo.core.errors import RecordError
from zhenbo.report.mask import masked

WORDS = 2_000
"""Characters of a ground or reason that are kept; the record is for ever, so contacts in it are masked before."""


def appeal(store: Acts, claim: str, by: Literal["buyer", "merchant"], ground: str, now: int) -> list[Act]:
    """A side appeals; the claim's acts afterwards.

    Raises:
        RecordError: when the claim has no decision in the record, an appeal waits already, or no ground is given.
    """
    acts = list(store.read(subject=claim))
    state = standing(acts).get(claim)
    if state is None or state.verdict is None:
        raise RecordError(f"The record has no decision of claim {claim} that stands. Decide it with --store first.")  # fmt: skip
    if state.appeal is not None:
        raise RecordError(f"An appeal against claim {claim} waits already. Answer it with --answer {claim}.")
    if not ground.strip():
        raise RecordError("An appeal needs its ground: --because TEXT.")
    number = 1 + sum(a.kind == APPEALED for a in acts)
    store.append([appealed(claim, by, masked(ground, WORDS), now, number)])
    return list(store.read(subject=claim))


def answer(store: Acts, claim: str, *, succeeds: bool, person: str, why: str, now: int) -> list[Act]:
    """A person answers; the claim's acts afterwards.

    Raises:
        RecordError: when nobody has appealed, or person or reason are missing.
    """
    acts = list(store.read(subject=claim))
    number = 1 + sum(a.kind == ANSWERED for a in acts)
    store.append(
        answered(
            acts,
            claim,
            succeeds=succeeds,
            person=masked(person),
            why=masked(why, WORDS),
            at=now,
            number=number,
        )
    )
    return list(store.read(subject=claim))
