"""What changed in law between two days, seen from the rules that rest on it."""

from dataclasses import dataclass
from datetime import date
from typing import Literal

from zhenbo.act.policy.ruling import cited
from zhenbo.core.rule import Pack, Rule
from zhenbo.core.statute import Cited, Register


@dataclass(frozen=True)
class Change:
    """One rule that is not what it was.

    Args:
        rule: as it stands on the later day, or stood on the earlier when it ended.
        what: `begins`, `ends`, `reworded` (another version of it), `cites` (the same rule on other articles).
        before: articles on the earlier day.
        after: on the later.
    """

    rule: Rule
    what: Literal["begins", "ends", "reworded", "cites"]
    before: tuple[Cited, ...]
    after: tuple[Cited, ...]


def changes(pack: Pack, first: date, last: date, register: Register) -> tuple[Change, ...]:
    """Rules that differ on two days, in the order of the pack."""
    then, now = ({rule.id: rule for rule, _ in pack.as_of(day)} for day in (first, last))
    found = []
    for name in dict.fromkeys([*then, *now]):
        before, after = (
            _articles(rules[name], day, register) if name in rules else () for rules, day in ((then, first), (now, last))
        )  # fmt: skip
        if name not in then:
            found.append(Change(now[name], "begins", before, after))
        elif name not in now:
            found.append(Change(then[name], "ends", before, after))
        elif then[name].version != now[name].version:
            found.append(Change(now[name], "reworded", before, after))
        elif _numbers(before) != _numbers(after):
            found.append(Change(now[name], "cites", before, after))
    return tuple(found)


def _articles(rule: Rule, day: date, register: Register) -> tuple[Cited, ...]:
    return cited((*rule.cites, *rule.consequence.cites), rule, day, register)


def _numbers(cites: tuple[Cited, ...]) -> list[tuple[str, str]]:
    return [(c.law, c.article) for c in cites]
