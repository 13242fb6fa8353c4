"""What the rules of a pack make of facts, as of the day of those facts.

A rule holds only where its condition is true; where it cannot be told, it asks for the facts that would tell and nothing
follows. A draft never does more than say that it would hold: that is decided here, and not left to whoever reads the outcome.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import date
from typing import Literal

from zhenbo.core.condition import Facts, Told, evaluate
from zhenbo.core.rule import Pack, Rule
from zhenbo.core.statute import Cite, Cited, Register

Outcome = Literal["holds", "draft", "yields", "unfounded", "unknown", "silent"]
"""holds: its consequence follows; draft: it would hold, and sanctions nobody; yields: another rule goes before it;
unfounded: no article that it cites was in force; unknown: facts are missing; silent: it does not hold."""


@dataclass(frozen=True)
class Ruling:
    """What one rule makes of facts.

    Args:
        rule: the rule.
        outcome: what came out.
        told: the tree of reasons.
        cites: its articles as numbered on the day.
        penalty: articles of the penalty, likewise.
        yields_to: the rule that goes before it.
    """

    rule: Rule
    outcome: Outcome
    told: Told
    cites: tuple[Cited, ...]
    penalty: tuple[Cited, ...]
    yields_to: str = ""

    @property
    def wanted(self) -> tuple[str, ...]:
        """Facts that would have to be known."""
        return self.told.unknown

    @property
    def untouched(self) -> bool:
        """Whether nothing is known of any fact it asks for."""
        return self.outcome == "unknown" and not any(
            value is not None for _, told in self.told.lines() for value in told.facts.values()
        )

    @property
    def may_sanction(self) -> bool:
        """Whether a sanction may be proposed to a person on it."""
        return self.outcome == "holds" and self.rule.consequence.then == "sanction"

    @property
    def needs_person(self) -> bool:
        """Whether nothing may follow before a person has confirmed it (PIPL 24, 2026 measures 12)."""
        return self.rule.consequence.then in {"sanction", "void"} or self.rule.consequence.by == "person"


def rulings(pack: Pack, facts: Facts, day: date, register: Register, scope: str = "") -> tuple[Ruling, ...]:
    """Every rule in force on a day, asked of the facts.

    Args:
        pack: the rules.
        facts: what is known; a fact that is absent or None is unknown.
        day: of the facts, by which law and numbering are chosen.
        register: of the texts cited.
        scope: only rules that concern it; all when empty.

    Returns:
        In the order of the pack.
    """
    found = [
        _ruling(rule, evaluate(condition, facts), day, register)
        for rule, condition in pack.as_of(day)
        if not scope or scope in rule.scope
    ]
    before = {given: r.rule.id for r in found if r.outcome == "holds" for given in r.rule.over}
    return tuple(
        replace(r, outcome="yields", yields_to=before[r.rule.id]) if r.outcome == "holds" and r.rule.id in before else r
        for r in found
    )  # fmt: skip


def _ruling(rule: Rule, told: Told, day: date, register: Register) -> Ruling:
    cites = cited(rule.cites, rule, day, register)
    outcome: Outcome = "silent"
    if told.value is None:
        outcome = "unknown"
    elif told.value is True:
        outcome = "draft" if rule.status == "draft" else "holds" if cites else "unfounded"
    return Ruling(rule, outcome, told, cites, cited(rule.consequence.cites, rule, day, register))


def cited(cites: Sequence[Cite], rule: Rule, day: date, register: Register) -> tuple[Cited, ...]:
    """Articles as numbered on a day; those that do not hold then are left out."""
    return tuple(_kept(register.cited(cite, day, rule.since) for cite in cites))


def _kept(found: Iterable[Cited | None]) -> Iterable[Cited]:
    return (one for one in found if one is not None)
