"""A desk of claims over time: each is decided when it is filed, and again whenever something about it changes.

Nothing waits for a round of the clock: the moments are those at which a proof, an answer or a finding came in, and those at
which something that was asked for had lapsed.
"""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

import msgspec
import numpy as np

from zhenbo.act.guarantee.decide import last, route
from zhenbo.act.guarantee.services import Guarantees
from zhenbo.act.guarantee.signs import Ring, Signs
from zhenbo.core.claim import Claim, Decision
from zhenbo.core.session import MINUTE

ROUNDS = 24
"""Decisions of one claim after which it is left with a person: no honest claim has had more than a dozen."""
SOON = 3 * MINUTE
"""The field's example: shown by a picture, decided in three minutes (seed E16)."""


class Settled(msgspec.Struct, frozen=True):
    """A claim with its decisions.

    Args:
        claim: which.
        decision: the last.
        decided_at: when the claim was first paid, refused or handed on; None while something is wanted.
        shown_at: when the buyer had shown what was wanted of them, from which a fast decision is counted.
        rounds: how often it was decided.
        held: whether signs stood beside it before it was decided: it was then of no low risk.
    """

    claim: str
    decision: Decision
    decided_at: int | None
    shown_at: int
    rounds: int
    held: bool


def settle(claim: Claim, rules: Guarantees, signs: Signs, until: int) -> Settled:
    """One claim, from its filing until a moment.

    Args:
        claim: all that is ever known of it, with times.
        rules: the packs.
        signs: of the whole desk; each counts from when it could be seen.
        until: the last moment looked at.
    """
    now, asked, rounds, held = claim.filed_at, dict(claim.asked), 0, False
    first: int | None = None
    moments = claim.moments()
    while True:
        rounds += 1
        seen = msgspec.structs.replace(claim, asked=asked) if asked else claim
        marks = signs.beside(claim.id, now)
        decision = route(seen, rules, now, marks)
        open_ = asking(decision) or _more(decision)
        first = now if first is None and asking(decision) is None else first
        held = held or bool(marks)
        if rounds >= ROUNDS or (open_ is None and last(decision).outcome != "refuse"):
            break
        if open_ is not None:
            asked.setdefault(open_.reason.step, now)
        next_at = _next(moments, decision, now)  # what was refused is opened again by what comes later
        if next_at is None or next_at > until:
            break
        now = next_at
    done = asking(decision) is None
    decided = first if done else None
    return Settled(claim.id, decision, decided, _shown_at(claim, first or now), rounds, held)


def asking(decision: Decision) -> Decision | None:
    """The question a decision leaves open, its own or that of the right it was handed on to; None when it is answered."""
    if decision.outcome == "redirect" and decision.then:
        return asking(decision.then)
    return decision if decision.outcome == "ask" else None


def _more(decision: Decision) -> Decision | None:
    """A question of another right that could bring more than what is paid."""
    beside = decision.then
    return beside if decision.outcome == "pay" and beside and beside.outcome == "ask" else None


def _next(moments: Sequence[int], decision: Decision, now: int) -> int | None:
    """The next moment at which something changes."""
    later = [t for t in moments if t > now]
    later += [w.until + 1 for w in decision.wanted if w.until is not None and w.until >= now]
    return min(later, default=None)


def _shown_at(claim: Claim, now: int) -> int:
    """When the buyer had shown all that they ever did before the decision."""
    told = [p.at for p in claim.proofs if p.by == "buyer" and p.at is not None and p.at <= now]
    return max([claim.filed_at, *told])


@dataclass(frozen=True)
class Summary:
    """A desk at a moment.

    Args:
        claims: how many.
        outcomes: of them, by outcome; `redirect` is what the onward right decided, told apart below.
        services: outcomes by service.
        reasons: deciding steps by outcome.
        amount: paid, by currency.
        advanced: of it, paid by the fund before the seller agreed.
        remedies: how payments are made good.
        liable: who owes, by party.
        missed: clocks missed, by step and who missed them.
        soon: claims that had everything shown and were decided within three minutes.
        shown: claims that were decided, to set beside.
        middle: median seconds from everything shown to decided.
        nine: nine of ten were decided within these seconds.
        held: claims that signs kept from a fast decision.
        waiting: still wanted, by whom.
        rings: found.
    """

    claims: int
    outcomes: Mapping[str, int]
    services: Mapping[str, Mapping[str, int]]
    reasons: Mapping[str, Mapping[str, int]]
    amount: Mapping[str, int]
    advanced: Mapping[str, int]
    remedies: Mapping[str, int]
    liable: Mapping[str, int]
    missed: Mapping[str, int]
    soon: int
    shown: int
    middle: float | None
    nine: float | None
    held: int
    waiting: Mapping[str, int]
    rings: tuple[Ring, ...] = field(default_factory=tuple)


def run(claims: Iterable[Claim], rules: Guarantees, signs: Signs, until: int) -> Iterator[Settled]:
    """Every claim of a desk, in the order given; a price that one claim brought back is told to the next for the same goods."""
    back: Counter[tuple[object, ...]] = Counter()
    for claim in claims:
        bought = claim.purchase
        goods = (bought.id, bought.item) if bought.item else (bought.id, bought.goods, bought.paid)
        if back[goods]:
            more = msgspec.structs.replace(bought, refunded=bought.refunded + back[goods])
            claim = msgspec.structs.replace(claim, purchase=more)  # noqa: PLW2901 - the same claim, told more
        made = settle(claim, rules, signs, until)
        final = last(made.decision)
        if final.outcome == "pay":
            back[goods] += sum(p.amount for p in final.parts if p.what in {"price", "share"})
        yield made


@dataclass
class _Tally:
    claims: int = 0
    held: int = 0
    outcomes: Counter[str] = field(default_factory=Counter)
    services: dict[str, Counter[str]] = field(default_factory=dict)
    reasons: dict[str, Counter[str]] = field(default_factory=dict)
    amount: Counter[str] = field(default_factory=Counter)
    advanced: Counter[str] = field(default_factory=Counter)
    remedies: Counter[str] = field(default_factory=Counter)
    liable: Counter[str] = field(default_factory=Counter)
    missed: Counter[str] = field(default_factory=Counter)
    waiting: Counter[str] = field(default_factory=Counter)
    took: list[int] = field(default_factory=list)

    def add(self, one: Settled) -> None:
        told = one.decision
        last = told.then if told.outcome == "redirect" and told.then else told
        self.claims += 1
        self.held += one.held
        self.outcomes[told.outcome] += 1
        self.services.setdefault(told.service, Counter())[told.outcome] += 1
        self.reasons.setdefault(told.outcome, Counter())[told.reason.step] += 1
        for clock in last.clocks:
            if clock.missed:
                self.missed[f"{clock.by} {clock.step}"] += 1
        if one.decided_at is None:
            self.waiting.update(w.of for w in told.wanted)
            return
        self.took.append(one.decided_at - one.shown_at)
        if last.outcome == "pay":
            self.amount[last.currency] += last.amount
            self.remedies[last.remedy] += 1
            self.advanced[last.currency] += last.amount if last.advance else 0
            self.liable[last.liable.party if last.liable else "merchant"] += 1


def summary(settled: Iterable[Settled], signs: Signs) -> Summary:
    """What a desk decided, in one pass."""
    tally = _Tally()
    for one in settled:
        tally.add(one)
    took = np.array(tally.took, dtype=np.int64)
    middle, nine = (
        (float(v) / 1e6 for v in np.quantile(took, [0.5, 0.9], method="higher"))
        if len(took)
        else (None, None)
    )
    return Summary(
        tally.claims, dict(tally.outcomes), tally.services, tally.reasons, dict(tally.amount), dict(tally.advanced),
        dict(tally.remedies), dict(tally.liable), dict(tally.missed), int((took <= SOON).sum()), len(took), middle, nine,
        tally.held, dict(tally.waiting), signs.rings,
    )  # fmt: skip
