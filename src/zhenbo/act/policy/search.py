"""Whether conditions can hold together: a search over the boundary values of the facts they name.

Between two neighbouring constants that a condition compares a fact with, its answer does not change; so the constants, a step
to either side of them, and one value that is none of them stand for all values. Facts are chosen one after the other, and a
choice that already makes a condition false is not followed. Sums of several facts have boundaries elsewhere: there the numbers
of the condition and their doubles are tried too, and the facts of examples first; the search can still miss a case, and says
nothing it has not found.
"""

import ast
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from functools import cache
from typing import Final

from zhenbo.core.condition import Condition, Value, holds
from zhenbo.core.rule import Fact

STEPS_MAX: Final = 50_000
"""Choices tried before a search gives up."""
OTHER: Final = "(anything else)"
_WHOLE: Final = frozenset({"count", "money", "points", "workdays"})
_ASKS: Final = re.compile(r"([A-Za-z_][\w.]*)\s+is\b")


@dataclass(frozen=True)
class Searched:
    """What a search found: facts on which all hold, or none; `given_up` where it ran out of steps."""

    facts: dict[str, Value] | None
    given_up: bool = False


def together(
    conditions: Sequence[Condition], facts: Mapping[str, Fact], starts: Sequence[Mapping[str, Value]] = ()
) -> Searched:
    """Facts on which all conditions hold.

    Args:
        conditions: of one or two rules.
        facts: what is declared of the facts.
        starts: facts to try first, of examples.
    """
    for start in starts:
        if all(holds(c, start) is True for c in conditions):
            return Searched({n: start[n] for c in conditions for n in c.names if start.get(n) is not None})
    names = sorted(
        {name for c in conditions for name in c.names}, key=lambda n: (not _asked(n, conditions), n)
    )
    unknown = {name: (None,) if _asked(name, conditions) else () for name in names}
    choices = {name: (*values(name, conditions, facts), *unknown[name]) for name in names}
    walk = _Walk(conditions, names, choices)
    return Searched(walk.run({}, 0), walk.steps > STEPS_MAX)


def values(name: str, conditions: Sequence[Condition], facts: Mapping[str, Fact]) -> tuple[Value, ...]:
    """Values that stand for all that a fact may have."""
    kind = facts[name].kind
    told = [v for c in conditions for v in c.constants.get(name, ()) if v is not None]
    if kind == "bool":
        return (True, False)
    if kind == "text":
        return tuple(facts[name].values) or tuple(dict.fromkeys([*map(str, told), OTHER]))
    if kind == "day":
        days = sorted({d for d in told if isinstance(d, date)}) or [date(2026, 1, 1)]
        return tuple(dict.fromkeys(d + timedelta(days=s) for d in days for s in (-1, 0, 1)))
    beside = (
        v for c in conditions for other, vs in c.constants.items() if c.names.get(other) == kind for v in vs
    )
    sums = (v * times for c in conditions if name in c.names for v in _literals(c.text) for times in (1, 2))
    numbers = sorted({v for v in (0, *told, *beside, *sums) if isinstance(v, int | float)})
    return tuple(dict.fromkeys(v for n in numbers for v in _around(n, kind) if v >= 0 or n < 0))


@cache
def _literals(text: str) -> tuple[float, ...]:
    """Numbers of a condition that adds facts up or compares one with another; none of any other."""
    tree = ast.parse(text, mode="eval")
    mixed = (
        isinstance(n, ast.BinOp) or (isinstance(n, ast.Compare) and not _against_values(n))
        for n in ast.walk(tree)
    )
    if not any(mixed):
        return ()
    values = (n.value for n in ast.walk(tree) if isinstance(n, ast.Constant))
    return tuple(v for v in values if isinstance(v, int | float) and not isinstance(v, bool))


def _against_values(compare: ast.Compare) -> bool:
    sides = (compare.left, *compare.comparators)
    return sum(any(isinstance(n, ast.Name) for n in ast.walk(side)) for side in sides) < 2


def _around(number: float, kind: str) -> Iterator[float]:
    step = 1 if kind in _WHOLE else max(abs(number), 1) / 1_000
    yield from (number - step, number, number + step)


def _asked(name: str, conditions: Sequence[Condition]) -> bool:
    """Whether a condition asks what is known of a fact; only then can knowing more turn its answer."""
    return any(name in _ASKS.findall(c.text) or ") is" in c.text for c in conditions)


@dataclass
class _Walk:
    conditions: Sequence[Condition]
    names: Sequence[str]
    choices: Mapping[str, Sequence[Value]]
    steps: int = 0

    def run(self, facts: dict[str, Value], depth: int) -> dict[str, Value] | None:
        self.steps += 1
        if self.steps > STEPS_MAX:
            return None
        found = [holds(c, facts) for c in self.conditions]
        settled = depth == len(self.names) or not _asked(self.names[depth], self.conditions)
        if settled and False in found:
            return None
        if settled and all(f is True for f in found):
            return facts
        if depth == len(self.names):
            return None
        name = self.names[depth]
        for value in self.choices[name]:
            if (there := self.run({**facts, name: value}, depth + 1)) is not None:
                return there
        return None
