"""How well reviewers decide: against golden cases whose answer is known, against a second review, against appeals.

An interval stands beside every share, since a reviewer with four golden cases has shown next to nothing; nobody is ranked.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

import msgspec
from scipy.stats import binomtest

from zhenbo.act.governance.fold import State


class Reading(msgspec.Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True):
    """What a reviewer made of a case that was shown blind.

    Args:
        case: the case.
        by: the reviewer.
        says: the answer: sanction, none or ask.
        golden: the known answer; empty for a second review of an open case.
    """

    case: str
    by: str
    says: str
    golden: str = ""


@dataclass(frozen=True)
class Share:
    """So many of so many, with the exact 95 % interval (Clopper and Pearson)."""

    part: int
    of: int
    low: float
    high: float

    @classmethod
    def exactly(cls, part: int, of: int) -> "Share":
        """The share with its interval; [0, 1] where nothing was seen."""
        if of == 0:
            return cls(0, 0, 0.0, 1.0)
        told = binomtest(part, of).proportion_ci(0.95, method="exact")
        return cls(part, of, float(told.low), float(told.high))


@dataclass(frozen=True)
class Quality:
    """A reviewer's quality.

    Args:
        by: who.
        golden: golden cases answered rightly.
        harsh: golden cases without fault that they would have sanctioned: the worst error.
        agreed: second reviews that came to the same.
        overturned: of their confirmed sanctions decided on appeal, those that fell or were lowered.
    """

    by: str
    golden: Share
    harsh: Share
    agreed: Share
    overturned: Share


def quality(readings: Iterable[Reading], state: State) -> list[Quality]:
    """Reviewers by name."""
    right: dict[str, list[bool]] = defaultdict(list)
    harsh: dict[str, list[bool]] = defaultdict(list)
    second: dict[str, dict[str, str]] = defaultdict(dict)
    for r in readings:
        if r.golden:
            right[r.by].append(r.says == r.golden)
            if r.golden == "none":
                harsh[r.by].append(r.says == "sanction")
        else:
            second[r.case].setdefault(r.by, r.says)
    agreed = _agreement(second)
    fell: dict[str, list[bool]] = defaultdict(list)
    for d in state.dockets.values():
        if d.decision and d.confirmation:
            fell[d.confirmation.by].append(d.decision.outcome != "upheld")
    names = sorted({*right, *agreed, *fell})
    return [
        Quality(n, *(Share.exactly(sum(of.get(n, [])), len(of.get(n, []))) for of in (right, harsh, agreed, fell)))
        for n in names
    ]  # fmt: skip


def _agreement(second: Mapping[str, Mapping[str, str]]) -> dict[str, list[bool]]:
    """For each reviewer, whether each other one who saw the same case said the same."""
    told: dict[str, list[bool]] = defaultdict(list)
    for says in second.values():
        for a, mine in sorted(says.items()):
            told[a] += [mine == theirs for b, theirs in sorted(says.items()) if b != a]
    return dict(told)
