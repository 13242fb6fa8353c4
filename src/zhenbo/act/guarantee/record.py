"""Decisions of claims as acts, their money as transactions of the book, and appeals that undo both.

What an act says has no clock in it, so that deciding again says the same and pays nothing twice. A claim's state is a
fold over its acts: an appeal that succeeds appends the opposite of every payment, and the claim stands as if nothing had
been decided.
"""

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal

import msgspec

from zhenbo.act.book import flows
from zhenbo.act.guarantee.decide import last
from zhenbo.core.acts import Act
from zhenbo.core.claim import Claim, Decision
from zhenbo.core.errors import RecordError
from zhenbo.core.ledger import SETTLEMENT, TRANSACTION, Moved, Settlement, Transaction

DECIDED, APPEALED, ANSWERED = "guarantee.decided", "guarantee.appealed", "guarantee.appeal_decided"
_FLOW = {
    "damages": "compensation.punitive",
    "freight": "freight.paid",
    "rate": "compensation.paid",
    "appraisal": "compensation.paid",
}


class Verdict(msgspec.Struct, frozen=True):
    """Body of `guarantee.decided`: what was decided, without its moment.

    Args:
        outcome: pay, ask, refuse or redirect; of the right it was handed on to where it was.
        service: under which.
        rule: pack and version.
        step: the very condition.
        remedy: what makes it good.
        amount: minor units.
        currency: of the amount.
        liable: who owes it.
        evidence: hash of the claim as it was known.
    """

    outcome: str
    service: str
    rule: str
    step: str
    remedy: str
    amount: int
    currency: str
    liable: str
    evidence: str


class Appealed(msgspec.Struct, frozen=True):
    """Body of `guarantee.appealed`: which side, on what ground."""

    by: str
    ground: str


class Answered(msgspec.Struct, frozen=True):
    """Body of `guarantee.appeal_decided`: whether it succeeded, who decided, why."""

    succeeds: bool
    person: str
    why: str


@dataclass(frozen=True)
class Standing:
    """A claim as its acts leave it.

    Args:
        verdict: the last that stands; None when none does.
        appeal: who has appealed and waits for an answer; None when nobody does.
        decided: how many decisions were made of it.
    """

    verdict: Verdict | None = None
    appeal: Appealed | None = None
    decided: int = 0


def decided(claim: Claim, decision: Decision, undone: int = 0, before: Mapping[str, int] | None = None) -> list[Act]:  # fmt: skip
    """The acts of a decision: the decision itself, then its payments.

    Args:
        claim: as decided.
        decision: of it.
        undone: how many decisions of it fell on appeal before; a decision after them is a new one and pays anew.
        before: what earlier decisions of it paid, by part (`paid_before`); of more that is owed only the rest is paid.
    """
    final = last(decision)
    known = evidence(claim)
    verdict = Verdict(
        final.outcome, final.service, final.rule, final.reason.step, final.remedy, final.amount, final.currency,
        final.liable.party if final.liable else "", known,
    )  # fmt: skip
    key = f"{_name(claim.id, undone)}:{known}:{final.outcome}:{final.reason.step}"
    moved = payments(claim, decision, undone, before)
    return [Act.of(key, DECIDED, claim.id, decision.at, verdict), *(t.act() for t in moved)]


def _name(claim: str, undone: int) -> str:
    return f"claim:{claim}" if not undone else f"claim:{claim}:anew{undone}"


def paid_before(claim: str, acts: Iterable[Act], undone: int = 0) -> dict[str, int]:
    """What decisions of a claim have paid, by part, from its acts; what fell on appeal is left out."""
    head, found = f"{_name(claim, undone)}:", dict[str, int]()
    for act in acts:
        if act.kind == TRANSACTION and act.key.startswith(head):
            part = act.key.removeprefix(head).partition(":")[0]
            most = max(p.amount for p in act.read(Moved).of(act).postings)
            found[part] = found.get(part, 0) + most
    return found


def payments(claim: Claim, decision: Decision, undone: int = 0, before: Mapping[str, int] | None = None) -> list[Transaction]:  # fmt: skip
    """What a decision moves, one transaction per part; held until goods that must come back are back."""
    final = last(decision)
    if final.outcome != "pay" or final.liable is None or not final.amount:
        return []
    buyer = claim.buyer or f"buyer-{claim.purchase.id}"
    party = final.liable.name or final.liable.party
    waits = final.remedy == "refund_return" and claim.received_back_at is None
    made = []
    for part in final.parts:
        key, amount = f"{_name(claim.id, undone)}:{part.what}", part.amount
        had = (before or {}).get(part.what, 0)
        if had == amount:
            continue
        if 0 < had < amount:
            key, amount = f"{key}:to{amount}", amount - had
        if final.advance:
            moved = flows.advance(key, decision.at, buyer, party, claim.id, amount, final.currency)
        else:
            flow = _FLOW.get(part.what, "refund.paid")
            moved = flows.compensated(key, decision.at, buyer, claim.id, amount, flows.outside(party), final.currency, flow)  # fmt: skip
        made.append(flows.hold(moved) if waits else moved)
    return made


def appealed(claim: str, by: Literal["buyer", "merchant"], ground: str, at: int, number: int = 1) -> Act:
    """A side appeals."""
    return Act.of(f"claim:{claim}:appeal:{number}", APPEALED, claim, at, Appealed(by, ground))


def answered(
    acts: Sequence[Act], claim: str, *, succeeds: bool, person: str, why: str, at: int, number: int = 1
) -> list[Act]:
    """A person answers an appeal; one that succeeds takes the decision back and undoes its payments.

    Args:
        acts: of the claim, so far.
        claim: which.
        succeeds: whether the decision falls.
        person: who decided; never the machine.
        why: the reason, in words.
        at: when.
        number: which appeal.

    Raises:
        RecordError: when nobody has appealed, or no person is named.
    """
    if standing(acts).get(claim, Standing()).appeal is None:
        raise RecordError(
            f"Claim {claim}: nobody has appealed. Record the appeal first (`zhenbo claim --appeal`)."
        )
    if not person.strip() or not why.strip():
        raise RecordError(f"Claim {claim}: an appeal is answered by a person, with a reason. Name both.")
    body = Answered(succeeds, person, why)
    made = [Act.of(f"claim:{claim}:answer:{number}", ANSWERED, claim, at, body)]
    if not succeeds:
        return made
    moved = [
        a.read(Moved).of(a) for a in acts if a.kind == TRANSACTION and a.key.startswith(f"claim:{claim}:")
    ]
    before = {t.reverses for t in moved} | {a.key.removesuffix(":void") for a in acts if a.kind == SETTLEMENT}
    return made + [undo(t, at, why) for t in moved if t.reverses is None and t.key not in before]


def fallen(acts: Iterable[Act]) -> dict[str, int]:
    """How many decisions of each claim fell on appeal."""
    found: dict[str, int] = {}
    for act in acts:
        if act.kind == ANSWERED and act.read(Answered).succeeds:
            found[act.subject] = found.get(act.subject, 0) + 1
    return found


def settled(acts: Iterable[Act]) -> dict[str, set[str]]:
    """What was known of each claim when a decision of it fell on appeal: on that alone only a person decides again."""
    seen: dict[str, set[str]] = {}
    fell: dict[str, set[str]] = {}
    for act in acts:
        if act.kind == DECIDED:
            seen.setdefault(act.subject, set()).add(act.read(Verdict).evidence)
        elif act.kind == ANSWERED and act.read(Answered).succeeds:
            fell.setdefault(act.subject, set()).update(seen.get(act.subject, ()))
    return fell


def evidence(claim: Claim) -> str:
    """A hash of all that is known of a claim."""
    return hashlib.sha256(msgspec.json.encode(claim)).hexdigest()[:16]


def undo(moved: Transaction, at: int, why: str) -> Act:
    """The opposite of a payment; one that is only held is made void."""
    if moved.held:
        return Settlement(f"{moved.key}:void", at, moved.key, "void", moved.subject, why[:200]).act()
    return flows.reversal(moved, f"{moved.key}:undone", at, why[:200]).act()


@dataclass
class _Fold:
    verdicts: list[Verdict] = field(default_factory=list)
    appeal: Appealed | None = None
    decided: int = 0


def standing(acts: Iterable[Act]) -> dict[str, Standing]:
    """Every claim as its acts leave it."""
    folds: dict[str, _Fold] = {}
    for act in acts:
        fold = folds.setdefault(act.subject, _Fold()) if act.kind.startswith("guarantee.") else None
        if fold is None:
            continue
        if act.kind == DECIDED:
            fold.verdicts.append(act.read(Verdict))
            fold.decided += 1
        elif act.kind == APPEALED:
            fold.appeal = act.read(Appealed)
        elif act.kind == ANSWERED:
            fold.appeal = None
            if act.read(Answered).succeeds:
                fold.verdicts = []
    return {k: Standing(f.verdicts[-1] if f.verdicts else None, f.appeal, f.decided) for k, f in folds.items()}  # fmt: skip
