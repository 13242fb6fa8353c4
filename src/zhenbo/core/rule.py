"""Rules as data: what holds, from when to when, on which article, and what follows.

A pack is a TOML file of rules with the facts they ask for (docs/policies.md). Reading it compiles every condition, so a pack
that was read can be asked; whether it is also a good pack is told by `zhenbo check`.
"""

import re
import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Annotated, Any, Final, Literal, TypeVar

import msgspec

from zhenbo.core.condition import Condition, parse
from zhenbo.core.errors import PackError
from zhenbo.core.evidence import Say
from zhenbo.core.statute import Cite

_T = TypeVar("_T")
Then = Literal["require", "allow", "forbid", "void", "sanction"]
"""What follows: something is owed, is allowed, is not allowed, is void in law, or may be sanctioned."""
CONTRADICT: Final = frozenset(
    frozenset(pair)
    for pair in (
        ("require", "forbid"), ("allow", "forbid"), ("require", "sanction"), ("allow", "sanction"), ("require", "void"), ("allow", "void"),
    )
)  # fmt: skip
"""Consequences that cannot both follow in one matter."""
SIZE_MAX: Final = 2_000_000
"""Characters of a pack; more is no pack."""


class Fact(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A fact that conditions may name.

    Args:
        kind: bool, text, day, or a unit (`core.condition.KINDS`); money in minor units.
        en: what it says.
        zh: the same.
        values: of a text, the values it may have; any when empty.
    """

    kind: str
    en: str
    zh: str
    values: tuple[str, ...] = ()


class Fine(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A range of money in minor units."""

    most: Annotated[int, msgspec.Meta(ge=0)]
    least: Annotated[int, msgspec.Meta(ge=0)] = 0
    currency: str = "CNY"


class Consequence(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What follows when a rule holds.

    Args:
        on: the matter; two rules contradict each other only in one matter.
        then: what follows in it.
        says: the sentence.
        fine: range of a fine, where the text gives one in money.
        serious: range in serious cases.
        cites: articles that set the penalty.
        by: who may act on it; `machine` only where nothing above a warning follows.
    """

    on: str
    then: Then
    says: Say
    fine: Fine | None = None
    serious: Fine | None = None
    cites: tuple[Cite, ...] = ()
    by: Literal["person", "machine"] = "person"


class Example(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Facts as stated, and those that a story tells (`core.story`); the stated ones win."""

    day: date
    facts: dict[str, Any] = {}
    story: str = ""


class Rule(msgspec.Struct, frozen=True, forbid_unknown_fields=True, rename={"since": "from", "until": "to"}):
    """A rule over a span of days; one id may have several, each with its own version and span.

    Args:
        id: its name; stays when its content changes.
        title: what it is about.
        since: first day whose facts it judges.
        scope: whom it concerns (`room`, `host`, `merchant`, `agency`, `platform`, `buyer`, `deal`).
        when: the condition.
        cites: articles it rests on.
        consequence: what follows.
        runbook: what to do, and what would settle it.
        fires: facts on which it holds.
        silent: facts on which it does not.
        status: an active rule may sanction; a draft is known at second hand only and never does.
        version: raised whenever its content changes.
        until: last day.
        over: rules that give way when this one holds.
    """

    id: str
    title: Say
    since: date
    scope: tuple[str, ...]
    when: str
    cites: tuple[Cite, ...]
    consequence: Consequence
    runbook: Say
    fires: Example
    silent: Example
    status: Literal["active", "draft"] = "active"
    version: int = 1
    until: date = date.max
    over: tuple[str, ...] = ()

    @property
    def key(self) -> str:
        """`id@version`."""
        return f"{self.id}@{self.version}"

    def on(self, day: date) -> bool:
        """Whether it judges facts of this day."""
        return self.since <= day <= self.until


class _Form(msgspec.Struct, frozen=True, forbid_unknown_fields=True, rename={"rules": "rule"}):
    """A pack as written."""

    id: str
    version: int
    title: Say
    rules: tuple[Rule, ...] = ()
    facts: dict[str, Fact] = {}


@dataclass(frozen=True)
class Pack:
    """A pack that was read.

    Args:
        id: its name.
        version: of the pack.
        title: what it is.
        rules: as written.
        facts: those it declares and those known to all packs.
        conditions: of every rule that could be read, by place in `rules`.
        broken: what is wrong with the conditions that could not.
    """

    id: str
    version: int
    title: Say
    rules: tuple[Rule, ...]
    facts: Mapping[str, Fact]
    conditions: Mapping[int, Condition] = field(repr=False)
    broken: Mapping[int, str] = field(default_factory=dict)

    def as_of(self, day: date) -> tuple[tuple[Rule, Condition], ...]:
        """Rules that judge facts of a day, with their conditions, in the order of the pack."""
        return tuple((rule, self.conditions[i]) for i, rule in enumerate(self.rules) if rule.on(day) and i in self.conditions)  # fmt: skip

    @property
    def kinds(self) -> dict[str, str]:
        """Kind per fact."""
        return {name: fact.kind for name, fact in self.facts.items()}


def read_facts(text: str, name: str) -> dict[str, Fact]:
    """Facts known to all packs, from their TOML.

    Raises:
        PackError: naming the fact and what is wrong with it.
    """
    return _converted(_loaded(text, name), dict[str, Fact], name)


def read_pack(text: str, name: str, shared: Mapping[str, Fact] | None = None, *, strict: bool = True) -> Pack:
    """A pack from its TOML.

    Args:
        text: the file.
        name: of the file, for messages.
        shared: facts known to all packs.
        strict: raise where a condition does not read; else it is told in `Pack.broken`.

    Raises:
        PackError: naming the rule, what is wrong with it and what to try.
    """
    form = _converted(_loaded(text, name), _Form, name)
    facts = {**(shared or {}), **form.facts}
    schema = {fact: told.kind for fact, told in facts.items()}
    conditions: dict[int, Condition] = {}
    broken: dict[int, str] = {}
    for place, rule in enumerate(form.rules):
        try:
            conditions[place] = parse(rule.when, schema)
        except PackError as error:
            broken[place] = str(error)
    if strict and broken:
        place, what = next(iter(broken.items()))
        raise PackError(f"{name}: rule {form.rules[place].id}: {what}")
    return Pack(form.id, form.version, form.title, form.rules, facts, conditions, broken)


def merged(packs: Sequence[Pack]) -> Pack:
    """Several packs as one, for facts that concern all of them.

    Raises:
        PackError: where two packs mean different kinds of fact by one name.
    """
    if len(packs) == 1:
        return packs[0]
    facts: dict[str, Fact] = {}
    for pack in packs:
        for name, fact in pack.facts.items():
            if facts.setdefault(name, fact).kind != fact.kind:
                raise PackError(
                    f"The fact {name} is of kind {fact.kind} in {pack.id} and {facts[name].kind} in another pack; ask them one by one."
                )
    starts = [sum(len(p.rules) for p in packs[:i]) for i in range(len(packs))]
    return Pack(
        "+".join(pack.id for pack in packs), max(pack.version for pack in packs), Say(" + ".join(p.title.en for p in packs), "、".join(p.title.zh for p in packs)),
        tuple(rule for pack in packs for rule in pack.rules), facts,
        {start + i: c for start, pack in zip(starts, packs, strict=True) for i, c in pack.conditions.items()},
        {start + i: w for start, pack in zip(starts, packs, strict=True) for i, w in pack.broken.items()},
    )  # fmt: skip


def _loaded(text: str, name: str) -> dict[str, Any]:
    if len(text) > SIZE_MAX:
        raise PackError(f"{name}: {len(text):,} characters; a pack has at most {SIZE_MAX:,}.")
    try:
        return tomllib.loads(text)
    except (tomllib.TOMLDecodeError, RecursionError) as error:
        raise PackError(f"{name} is no TOML: {error}. docs/policies.md shows a pack.") from error


def _converted(told: Any, form: type[_T], name: str) -> _T:
    try:
        return msgspec.convert(told, form)
    except msgspec.ValidationError as error:
        said = re.sub(r" - at `\$", " - at `", str(error))
        raise PackError(
            f"{name}{_where(told, str(error))}: {said}. docs/policies.md shows a pack."
        ) from error


def _where(told: Any, error: str) -> str:
    """The rule that an error speaks of, by its id."""
    found = re.search(r"\$\.rule\[(\d+)\]", error)
    rules = told.get("rule") if isinstance(told, dict) else None
    if not found or not isinstance(rules, list) or int(found[1]) >= len(rules):
        return ""
    rule = rules[int(found[1])]
    return f": rule {str(rule.get('id', int(found[1]) + 1))[:80]}" if isinstance(rule, dict) else ""
