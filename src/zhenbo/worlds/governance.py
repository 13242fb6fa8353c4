"""A year of governance as a record of acts, with its totals known: who was sanctioned, who fell on appeal, what was let go.

Named totals are those of a platform's own report (FIELD E09: 78,176 sellers punished, 2,223 of them above a million
followers; C09: 40 leads, 11 cases, about 80 million yuan). Around them stand all that must not be counted: matters that are immaterial, that
lack a fact, that somebody dropped, and sanctions that fell on appeal; and all that must be counted once: parties sanctioned again.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from typing import Literal

import msgspec
import numpy as np

from zhenbo.core.acts import Act
from zhenbo.core.case import (
    Appeal,
    Basis,
    Case,
    Confirmation,
    Consequence,
    Decision,
    Dropped,
    Filed,
    Grade,
    Proposal,
    Recourse,
    Referred,
    Sanction,
    Scalar,
    Stated,
    Term,
)
from zhenbo.core.evidence import Say

DAY = 86_400_000_000
START = 1_735_660_800_000_000
"""2025-01-01 in China."""
_RULE = "platform {offence}/{grade}@1"
_HOW = Stated(Say("Reply to this notice.", "可直接回复本通知申诉。"))
_AUCL = Say("Anti-Unfair Competition Law", "反不正当竞争法")
_BASES = (
    Basis("cn.aucl", "8", _AUCL),
    Basis("cn.aucl", "9", _AUCL),
)
_SINCE = 1_760_457_600_000_000
"""2025-10-15 in China: article 8 becomes article 9."""


@dataclass(frozen=True)
class Kind:
    """A kind of case: share of all, offence, facts, how grave, what follows."""

    share: float
    offence: str
    facts: dict[str, Scalar]
    grade: Grade
    does: Consequence


KINDS = (
    Kind(0.42, "false_claim", {"untrue": True, "misled_orders": 40}, "minor", Consequence("warn", None, 1)),
    Kind(0.20, "fake_engagement", {"by_party": True, "fabricated_share": 0.3}, "ordinary", Consequence("limit_traffic", 7, 3, 0.7)),
    Kind(0.15, "false_claim", {"untrue": True, "misled_orders": 900}, "ordinary", Consequence("limit_traffic", 7, 3, 0.7)),
    Kind(0.13, "fake_orders", {"by_party": True, "fabricated_share": 0.4, "fabricated_minor": 3_000_000}, "serious", Consequence("suspend", 7, 6)),
    Kind(0.10, "bought_fans", {"by_party": True, "bought_fans": 60_000}, "minor", Consequence("warn", None, 1)),
)  # fmt: skip


@dataclass(frozen=True)
class Totals:
    """What the report of the year must say.

    Args:
        parties: sanctioned, each once, sanctions that fell left out.
        above_million: of them above a million followers.
        sanctions: that stand at the end.
        overturned: that fell on appeal.
        upheld: appeals without success.
        leads: handed to authorities.
        filed: cases that authorities opened.
        filed_minor: what those are worth.
        dropped: closed by a person without a sanction.
        tolerated: immaterial.
        asks: a fact is missing.
    """

    parties: int = 78_176
    above_million: int = 2_223
    sanctions: int = 84_000
    overturned: int = 1_900
    upheld: int = 3_100
    leads: int = 40
    filed: int = 11
    filed_minor: int = 8_000_000_000
    dropped: int = 2_400
    tolerated: int = 9_000
    asks: int = 5_000

    def scaled(self, part: float) -> "Totals":
        """A smaller year of the same make."""
        less = {
            name: max(round(getattr(self, name) * part), 1)
            for name in ("parties", "above_million", "sanctions", "overturned", "upheld", "dropped", "tolerated", "asks")
        }  # fmt: skip
        return replace(self, **less)


def year(seed: int, totals: Totals | None = None) -> Iterator[Act]:
    """A year's acts in the order of time; equal seeds give equal years.

    Args:
        seed: of the draws.
        totals: what it must come to; those of the named report when None.
    """
    t = totals or Totals()
    r = np.random.default_rng([78176, seed])
    acts: list[tuple[int, int, Act]] = []
    n = 0
    for case, kind, fate in _cases(r, t):
        for act in _course(case, kind, fate, r):
            acts.append((act.at, n, act))
            n += 1
    acts.sort(key=lambda a: a[:2])
    return (act for _, _, act in acts)


def _cases(r: np.random.Generator, t: Totals) -> Iterator[tuple[Case, Kind, str]]:
    """Every case of the year with its kind and what becomes of it."""
    fates = (
        ["stands"] * t.parties + ["again"] * (t.sanctions - t.parties) + ["overturned"] * t.overturned
        + ["dropped"] * t.dropped + ["tolerated"] * t.tolerated + ["asks"] * t.asks
    )  # fmt: skip
    fans = _fans(r, t)
    when = START + r.integers(0, 300 * 24, len(fates)) * (DAY // 24)
    kinds = r.choice(len(KINDS), len(fates), p=[k.share for k in KINDS])
    leads = set(range(min(t.leads, t.parties)))
    rest = t.parties - len(leads)
    appealed = set((len(leads) + r.choice(rest, min(t.upheld, rest), replace=False)).tolist())
    values = _split(r, t.filed_minor, t.filed)
    for n, fate in enumerate(fates):
        again = fate == "again"
        k = int(r.integers(0, t.parties)) if again else n
        party = f"seller-{k:06d}" if again or fate == "stands" else f"{fate}-{n:06d}"
        # a second sanction is for something else, so that no strike is counted: kinds differ from the party's first
        kind = KINDS[_other(int(kinds[k]))] if again else KINDS[int(kinds[n])]
        value = values[n] if n < t.filed and fate == "stands" else int(r.integers(10**5, 10**8))
        case = Case(
            f"gov-{n:06d}", party, kind.offence, int(when[n]), dict(kind.facts), (), fans[k] if k < len(fans) else int(10 ** r.uniform(2, 7)),
            value, (f"id:{party}",),
        )  # fmt: skip
        last = "filed" if n < t.filed else "lead" if n in leads else "upheld" if n in appealed else "stands"
        yield case, kind, last if fate == "stands" else fate


def _other(kind: int) -> int:
    """A warning kind of another offence, whose points reach nothing."""
    return 4 if KINDS[kind].offence != "bought_fans" else 0


def _fans(r: np.random.Generator, t: Totals) -> list[int | None]:
    """Followers of the sanctioned parties: exactly so many above a million, one exactly at it, some unknown."""
    below = np.minimum(10 ** r.uniform(1.5, 6, t.parties - t.above_million), 1_000_000).astype(int)
    fans: list[int | None] = [*(1_000_001 + r.integers(0, 9_000_000, t.above_million)).tolist(), *below.tolist()]  # fmt: skip
    for n in range(t.above_million, t.parties, 97):
        fans[n] = None
    if t.parties > t.above_million + 1:
        fans[t.above_million + 1] = 1_000_000
    order = r.permutation(t.parties)
    return [fans[i] for i in order]


def _split(r: np.random.Generator, total: int, n: int) -> list[int]:
    """A sum in so many parts, to the last fen."""
    cuts = sorted(r.integers(1, total, n - 1).tolist())
    return [b - a for a, b in zip([0, *cuts], [*cuts, total], strict=True)]


def _course(case: Case, kind: Kind, fate: str, r: np.random.Generator) -> Iterator[Act]:
    """What was done in a case, act by act."""

    def act(verb: str, at: int, body: msgspec.Struct, key: str = "") -> Act:
        return Act.of(f"case/{case.id}/{key or verb}", f"case.{verb}", case.party, at, body)

    opened = case.happened + int(r.integers(1, 5)) * DAY
    if fate == "asks":
        case = msgspec.structs.replace(case, facts={})
    if fate == "tolerated":
        case = msgspec.structs.replace(case, facts=case.facts | _SMALL.get(case.offence, {}))
    yield act("opened", opened, case)
    proposal = _proposal(case, kind, fate)
    yield act("proposed", opened, proposal, f"proposed/0/{proposal.digest[:12]}")
    if fate in {"asks", "tolerated"}:
        return
    noticed = opened + int(r.integers(1, 72)) * (DAY // 24)
    person = f"person:reviewer-{int(r.integers(0, 60)):02d}"
    if fate == "dropped":
        yield act("dropped", noticed, Dropped(case.id, person, "the record shows a rival's order"))
        return
    confirmation = None
    if kind.does.step != "warn":
        confirmation = Confirmation(case.id, person, "the facts are shown", proposal.digest, noticed)
        yield act("confirmed", noticed, confirmation, f"confirmed/{proposal.digest[:12]}")
    yield act("sanctioned", noticed, _sanction(case, proposal, confirmation, noticed))
    yield from _after(case, fate, noticed, act, r)


def _after(
    case: Case, fate: str, noticed: int, act: Callable[..., Act], r: np.random.Generator
) -> Iterator[Act]:
    outcome: Literal["upheld", "overturned"] = "upheld" if fate == "upheld" else "overturned"
    if fate == outcome:
        told = noticed + int(r.integers(1, 20)) * DAY
        yield act("appealed", told, Appeal(case.id, case.party, "it was not ours"))
        by = f"person:second-{int(r.integers(0, 20)):02d}"
        yield act(
            "decided", told + int(r.integers(1, 14)) * DAY, Decision(case.id, fate, by, "looked at again")
        )
    elif fate in {"lead", "filed"}:
        at = noticed + DAY
        yield act("referred", at, Referred(case.id, "person:counsel", "the market regulator"))
        if fate == "filed":
            yield act("filed", at + 10 * DAY, Filed(case.id, f"SAMR-2025-{case.id[-4:]}"))


_SMALL: dict[str, dict[str, Scalar]] = {
    "false_claim": {"misled_orders": 3},
    "fake_engagement": {"fabricated_share": 0.02},
    "fake_orders": {"fabricated_share": 0.02, "fabricated_minor": 1_000},
    "bought_fans": {"bought_fans": 15_000},
}
"""Figures below every degree."""
_MISSING = {"false_claim": "untrue"}


def _proposal(case: Case, kind: Kind, fate: str) -> Proposal:
    basis = (_BASES[case.happened >= _SINCE],)
    facts = tuple(Stated(Say(f"{f}: {{{f}}}", f"{f}：{{{f}}}"), {f: v}) for f, v in sorted(case.facts.items()))  # fmt: skip
    if fate in {"asks", "tolerated"}:
        outcome = "ask" if fate == "asks" else "none"
        says = Stated(Say("It has not been established.", "尚未查明。") if fate == "asks" else Say("It is immaterial.", "情节轻微。"))  # fmt: skip
        wanted = (_MISSING.get(case.offence, "by_party"),) if fate == "asks" else ()
        return Proposal(case.id, outcome, f"platform {case.offence}@1", (says,), facts, basis, wanted=wanted)  # type: ignore[arg-type]
    rule = _RULE.format(offence=kind.offence, grade=kind.grade)
    reasons = (Stated(Say("By rule {rule}.", "依规则 {rule}。"), {"rule": rule}),)
    return Proposal(case.id, "sanction", rule, reasons, facts, basis, kind.grade, kind.does)


def _sanction(case: Case, proposal: Proposal, confirmation: Confirmation | None, at: int) -> Sanction:
    does, grade = proposal.does, proposal.grade
    assert does is not None
    assert grade is not None
    term = Term("once", at) if does.days is None else Term("until", at, at + does.days * DAY)
    recourse = Recourse(at + proposal.appeal_days * DAY, proposal.review_days, _HOW)
    return Sanction(
        case.id, case.party, proposal.facts, proposal.reasons, proposal.basis, term, recourse, does, proposal.rule, grade,
        at + proposal.points_days * DAY, (), confirmation,
    )  # fmt: skip
