"""What is wrong with a pack of rules: its words, its dates, its citations, its examples, and rules that contradict each other."""

import ast
import re
from collections import ChainMap
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from itertools import combinations
from typing import Final

from zhenbo.act.policy.search import together, values
from zhenbo.act.policy.told import facts_of
from zhenbo.core.condition import Condition, Value, holds
from zhenbo.core.errors import ZhenboError
from zhenbo.core.evidence import Say
from zhenbo.core.rule import CONTRADICT, Example, Pack, Rule
from zhenbo.core.statute import Cite, Register, Version

SAYS: Final[Mapping[str, Say]] = {
    "condition": Say("The condition does not read: {why}", "条件无法读取：{why}"),
    "never": Say("It can never hold: no values of its facts make the condition true.", "该规则不可能成立：任何事实取值都不能使条件为真。"),
    "given_up": Say("Too many facts to search whether it can hold, or what it contradicts; split the rule.", "事实过多，无法判断能否成立或是否冲突；请拆分规则。"),
    "dates": Say("It ends on {until}, before it begins on {since}.", "结束日 {until} 早于开始日 {since}。"),
    "overlap": Say("Another version of it is in force on {day} too; end one before the other begins.", "{day} 另有同一规则的版本有效；请使前一版本先行结束。"),
    "versions": Say("Another rule has its id and version; raise the version.", "另有规则使用相同编号与版本；请提高版本号。"),
    "words": Say("{what} has no {lang} text.", "{what} 缺少 {lang} 文本。"),
    "scope": Say("It says of nobody whom it concerns; name a scope.", "未说明适用对象；请填写 scope。"),
    "uncited": Say("It cites nothing. A rule rests on an article.", "未引用任何依据。规则须以条文为据。"),
    "citation": Say("{why}", "{why}"),
    "second_hand": Say("On {day} every article it cites is known at second hand only, or none is cited; make it a draft.", "{day} 所引条文均仅有二手来源，或者没有引用；请改为草案（draft）。"),
    "example": Say("The example `{which}` does not read: {why}", "示例 {which} 无法读取：{why}"),
    "example_day": Say("The example `{which}` is of {day}, outside the term of the rule.", "示例 {which} 的日期 {day} 不在规则期间内。"),
    "fires": Say("The example `fires` does not fire; unknown: {unknown}.", "示例 fires 未触发；未知事实：{unknown}。"),
    "silent": Say("The example `silent` fires.", "示例 silent 被触发。"),
    "convicts": Say("It would sanction without knowing {fact}: with it the condition can be false. Ask for the fact instead of its absence.", "在 {fact} 不明时即会处置，而得知后条件可能为假。请以事实为条件，不要以缺失为条件。"),
    "absence": Say("It would sanction because nobody told a fact: `{part}`. Ask for the fact itself; where its absence counts, make that a fact.", "会因无人说明某一事实而处置：`{part}`。请以事实本身为条件；如缺失本身有意义，请另设事实。"),
    "alone": Say("A sanction or a void contract is confirmed by a person; write by: person.", "处置或者认定无效须由人确认；请写 by: person。"),
    "range": Say("The range of a fine ends below where it begins.", "罚款幅度的上限低于下限。"),
    "over": Say("It goes before {other}, which is no rule of this pack.", "它优先于 {other}，而本规则包没有该规则。"),
    "conflict": Say("It contradicts {other} in the matter {on}: {then} and {other_then} on {day}, for example with {facts}. Say which goes first with `over`.", "与 {other} 在事项 {on} 上矛盾：{day} 同时为 {then} 与 {other_then}，例如 {facts}。请用 over 说明何者优先。"),
}  # fmt: skip
_HAN: Final = re.compile(r"[\u4e00-\u9fff]")
_LATIN: Final = re.compile(r"[A-Za-z]{2}")


@dataclass(frozen=True)
class Finding:
    """Something wrong with a rule.

    Args:
        rule: `id@version`; the pack when empty.
        kind: key of its sentence.
        say: the sentence.
    """

    rule: str
    kind: str
    say: Say


def check(pack: Pack, register: Register) -> tuple[Finding, ...]:
    """Everything wrong with a pack; empty for one that may be used.

    Args:
        pack: read with `strict=False`, so that conditions that do not read are told with the rest.
        register: of the texts cited.
    """
    found: list[Finding] = []
    for place, rule in enumerate(pack.rules):
        condition = pack.conditions.get(place)
        tell = _Tell(rule, found)
        if condition is None:
            tell("condition", why=pack.broken[place])
        _words(rule, tell)
        _dates(rule, tell)
        _citations(rule, register, tell)
        _consequence(rule, pack, tell)
        if condition is not None:
            _silence(rule, tell)
            _examples(rule, condition, pack, tell)
            _reach(rule, condition, pack, tell)
    _meanings(pack, found)
    _versions(pack, found)
    _conflicts(pack, found)
    return tuple(found)


def between(pack: Pack) -> tuple[Finding, ...]:
    """Contradictions and doubled rules only; of several packs merged into one, those between them."""
    found: list[Finding] = []
    _versions(pack, found)
    _conflicts(pack, found)
    return tuple(found)


@dataclass(frozen=True)
class _Tell:
    rule: Rule
    found: list[Finding]

    def __call__(self, kind: str, **args: object) -> None:
        says = SAYS[kind]
        zh = {k: v.zh if isinstance(v, Say) else v for k, v in args.items()}
        en = {k: v.en if isinstance(v, Say) else v for k, v in args.items()}
        self.found.append(Finding(self.rule.key, kind, Say(says.en.format(**en), says.zh.format(**zh))))


def _words(rule: Rule, tell: Callable[..., None]) -> None:
    for what, say in (
        ("title", rule.title),
        ("runbook", rule.runbook),
        ("consequence", rule.consequence.says),
    ):
        if not _LATIN.search(say.en):
            tell("words", what=what, lang=Say("English", "英文"))
        if not _HAN.search(say.zh):
            tell("words", what=what, lang=Say("Chinese", "中文"))
    if not rule.scope:
        tell("scope")


def _meanings(pack: Pack, found: list[Finding]) -> None:
    """The pack's own title, and what its facts mean, in both languages."""
    for what, en, zh in (
        ("title", pack.title.en, pack.title.zh),
        *((n[:80], f.en, f.zh) for n, f in pack.facts.items()),
    ):
        if not (_LATIN.search(en) and _HAN.search(zh)):
            lang = Say("Chinese", "中文") if _LATIN.search(en) else Say("English", "英文")
            says = SAYS["words"]
            found.append(
                Finding(
                    "",
                    "words",
                    Say(says.en.format(what=what, lang=lang.en), says.zh.format(what=what, lang=lang.zh)),
                )
            )


def _dates(rule: Rule, tell: Callable[..., None]) -> None:
    if rule.until < rule.since:
        tell("dates", since=rule.since, until=rule.until)


def _citations(rule: Rule, register: Register, tell: Callable[..., None]) -> None:
    if not rule.cites:
        tell("uncited")
    for cite in (*rule.cites, *rule.consequence.cites):
        if (wrong := register.wrong(cite, rule.since, rule.until)) is not None:
            tell("citation", why=wrong)
    if rule.status == "active" and (day := _second_hand(rule, register)) is not None:
        tell("second_hand", day=day)


def _second_hand(rule: Rule, register: Register) -> date | None:
    """A day of the rule on which no article it cites was read."""
    turns = {rule.since}
    for cite in rule.cites:
        versions: tuple[Version, ...] = ()
        if cite.law in register.statutes:
            versions = register.statute(cite.law).versions
        for day in (cite.since, cite.until, *(v.since for v in versions), *(v.until for v in versions)):
            if day is not None and day < date.max:
                turns |= {day, day + timedelta(days=1)}
    for day in sorted(t for t in turns if rule.on(t)):
        if not any(_read(cite, rule, day, register) for cite in rule.cites):
            return day
    return None


def _read(cite: Cite, rule: Rule, day: date, register: Register) -> bool:
    if cite.law not in register.statutes:
        return False
    told = register.cited(cite, day, rule.since)
    return told is not None and told.version.trust == "V"


def _consequence(rule: Rule, pack: Pack, tell: Callable[..., None]) -> None:
    follows = rule.consequence
    if follows.then in {"sanction", "void"} and follows.by != "person":
        tell("alone")
    if any(fine is not None and fine.most < fine.least for fine in (follows.fine, follows.serious)):
        tell("range")
    known = {r.id for r in pack.rules}
    for other in rule.over:
        if other not in known:
            tell("over", other=other)


def _examples(rule: Rule, condition: Condition, pack: Pack, tell: Callable[..., None]) -> None:
    for which, example in (("fires", rule.fires), ("silent", rule.silent)):
        if not rule.on(example.day):
            tell("example_day", which=which, day=example.day)
        _example(which, example, condition, pack, tell, rule)


def _example(
    which: str, example: Example, condition: Condition, pack: Pack, tell: Callable[..., None], rule: Rule
) -> None:
    try:
        facts = facts_of(example, pack.kinds)
    except ZhenboError as error:
        tell("example", which=which, why=error)
        return
    found = holds(condition, facts)
    if which == "silent":
        if found is True:
            tell("silent")
        return
    if found is not True:
        tell("fires", unknown=", ".join(n for n in sorted(condition.names) if facts.get(n) is None) or "-")
    if rule.consequence.then not in {"sanction", "void"}:
        return
    for name in sorted(condition.names):
        less = {k: v for k, v in facts.items() if k != name}
        if holds(condition, less) is True and any(
            holds(condition, {**less, name: value}) is not True for value in values(name, [condition], pack.facts)
        ):  # fmt: skip
            tell("convicts", fact=name)


def _silence(rule: Rule, tell: Callable[..., None]) -> None:
    """Parts by which a sanction would follow because nobody told a fact; whatever the examples show."""
    if rule.consequence.then in {"sanction", "void"}:
        for text in dict.fromkeys(
            _by_absence(ast.parse(rule.when.strip(), mode="eval").body, rule.when.strip())
        ):
            tell("absence", part=text)


def _by_absence(tree: ast.expr, text: str, *, wanted: bool = True) -> Iterator[str]:
    """Questions of what is known that are true for want of a fact, where truth is wanted, or false where falsehood is.

    `x is True` and `x is not None` are true only of what is known; `x is None` and `x is not True` of what is not.
    """
    match tree:
        case ast.BoolOp():
            for part in tree.values:
                yield from _by_absence(part, text, wanted=wanted)
        case ast.UnaryOp(op=ast.Not()):
            yield from _by_absence(tree.operand, text, wanted=not wanted)
        case ast.Compare(ops=[ast.Is() | ast.IsNot() as op], comparators=[ast.Constant(value=asked)]) if (
            not _asks(tree.left)
        ):
            known = isinstance(op, ast.Is) == (asked is not None)
            if known is not wanted:
                yield ast.get_source_segment(text, tree) or text
        case _ if _asks(tree):
            yield ast.get_source_segment(text, tree) or text


def _asks(tree: ast.expr) -> bool:
    return any(isinstance(node, ast.Is | ast.IsNot) for node in ast.walk(tree))


def _reach(rule: Rule, condition: Condition, pack: Pack, tell: Callable[..., None]) -> None:
    searched = together([condition], pack.facts, _stated(pack, rule))
    if searched.facts is None:
        tell("given_up" if searched.given_up else "never")


def _stated(pack: Pack, *rules: Rule) -> list[dict[str, Value]]:
    """Facts of the examples that fire, each over the others."""
    told = []
    for rule in rules:
        try:
            told.append(facts_of(rule.fires, pack.kinds))
        except ZhenboError:
            continue  # the check of examples says so
    return [dict(ChainMap(first, *told)) for first in told]


def _versions(pack: Pack, found: list[Finding]) -> None:
    for one, other in combinations(pack.rules, 2):
        if one.id != other.id:
            continue
        if one.version == other.version:
            _Tell(other, found)("versions")
        if (day := _shared_day(one, other)) is not None:
            _Tell(other, found)("overlap", day=day)


def _shared_day(one: Rule, other: Rule) -> date | None:
    day = max(one.since, other.since)
    return day if day <= min(one.until, other.until) else None


def _conflicts(pack: Pack, found: list[Finding]) -> None:
    for (i, one), (j, other) in _pairs(pack):
        day = _shared_day(one, other)
        searched = together([pack.conditions[i], pack.conditions[j]], pack.facts, _stated(pack, one, other))
        if searched.given_up:
            _Tell(other, found)("given_up")
        if searched.facts is None or day is None:
            continue
        facts = ", ".join(f"{name} = {value}" for name, value in sorted(searched.facts.items()))
        _Tell(other, found)(
            "conflict", other=one.key, on=one.consequence.on, then=other.consequence.then, other_then=one.consequence.then,
            day=day, facts=facts or "-",
        )  # fmt: skip


def _pairs(pack: Pack) -> Iterator[tuple[tuple[int, Rule], tuple[int, Rule]]]:
    """Active rules whose consequences contradict each other and of which none goes before the other."""
    active = [(i, r) for i, r in enumerate(pack.rules) if r.status == "active" and i in pack.conditions]
    for (i, one), (j, other) in combinations(active, 2):
        a, b = one.consequence, other.consequence
        if (
            one.id != other.id and a.on == b.on and frozenset((a.then, b.then)) in CONTRADICT and set(one.scope) & set(other.scope)
            and other.id not in one.over and one.id not in other.over and _shared_day(one, other) is not None
        ):  # fmt: skip
            yield (i, one), (j, other)
