"""The pages of policy: packs and their rules, one rule, what rules make of facts, what changed in law, what is wrong with a pack."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import date

from zhenbo.act.policy import Change, Finding, Ruling
from zhenbo.core.condition import Told
from zhenbo.core.evidence import Say
from zhenbo.core.rule import Consequence, Fact, Fine, Pack, Rule
from zhenbo.core.statute import Cite, Cited, Register
from zhenbo.report import format as fmt
from zhenbo.report.i18n import Lang
from zhenbo.report.mask import ID_LIMIT, clean, masked
from zhenbo.report.page import Cell, Facts, Lines, Page, Section, Table, clauses, listed
from zhenbo.report.phrase import phrase

SAYS: Mapping[str, Say] = {
    "title": Say("Rules", "规则"),
    "title_asked": Say("What the rules say", "规则判断"),
    "title_changes": Say("What changed in law", "法规变化"),
    "title_check": Say("Check of packs", "规则包检查"),
    "as_of": Say("as of {day}", "截至 {day}"),
    "between": Say("{first} to {last}", "{first} 至 {last}"),
    "rule": Say("rule", "规则"),
    "about": Say("about", "内容"),
    "then": Say("consequence", "后果"),
    "cites": Say("rests on", "依据"),
    "penalty": Say("penalty by", "罚则"),
    "term": Say("in force", "有效期"),
    "status": Say("status", "状态"),
    "scope": Say("concerns", "适用对象"),
    "active": Say("active", "生效"),
    "draft": Say("draft: known at second hand, sanctions nobody", "草案：仅有二手来源，不得据以处置"),
    "open": Say("{since} until further notice", "{since} 起"),
    "closed": Say("{since} to {until}", "{since} 至 {until}"),
    "count": Say("{n|rule|rules}", "{n} 条规则"),
    "none": Say("No rule of this pack judges facts of that day.", "本规则包当日没有适用的规则。"),
    "require": Say("required", "应当"),
    "allow": Say("allowed", "可以"),
    "forbid": Say("not allowed", "不得"),
    "void": Say("void", "无效"),
    "sanction": Say("may be sanctioned", "可处置"),
    "holds": Say("HOLDS", "成立"),
    "unknown": Say("not known", "不明"),
    "silent": Say("does not hold", "不成立"),
    "yields": Say("gives way", "让位"),
    "unfounded": Say("no article in force", "无现行依据"),
    "would": Say("would hold (draft)", "将成立（草案）"),
    "wants": Say("To be told: {facts}", "尚需查明：{facts}"),
    "gives_way": Say("It would hold, but {other} goes before it.", "本应成立，但 {other} 优先。"),
    "person": Say("Nothing follows before a person has confirmed it.", "须由人确认后方可执行。"),
    "draft_note": Say("A draft sanctions nobody.", "草案不得据以处置。"),
    "reasons": Say("Reasons", "理由"),
    "subjects": Say("{n} subjects", "共 {n} 个对象"),
    "subject": Say("subject", "对象"),
    "day": Say("day", "日期"),
    "part": Say("part", "部分"),
    "answer": Say("answer", "判断"),
    "known": Say("what is known", "已知"),
    "true": Say("true", "真"),
    "false": Say("false", "假"),
    "skipped": Say("not looked at: decided already", "未判断：已有结论"),
    "others": Say("Rules that do not hold", "不成立的规则"),
    "untouched": Say("Rules of whose facts nothing is known", "相关事实均不明的规则"),
    "summary": Say("Hold: {holds}; cannot be told: {unknown}; do not hold: {silent}.", "{holds} 条成立，{unknown} 条无法判断，{silent} 条不成立。"),
    "condition": Say("Condition", "条件"),
    "facts": Say("Facts it asks for", "所需事实"),
    "fact": Say("fact", "事实"),
    "meaning": Say("meaning", "含义"),
    "kind": Say("kind", "类型"),
    "runbook": Say("What to do", "处理办法"),
    "examples": Say("Examples", "示例"),
    "fires": Say("holds", "成立"),
    "stays": Say("does not hold", "不成立"),
    "example": Say("on {day}: {facts}", "{day}：{facts}"),
    "fine": Say("fine {least} to {most}", "罚款 {least} 至 {most}"),
    "fine_most": Say("fine up to {most}", "罚款 {most} 以下"),
    "serious": Say("serious: {fine}", "情节严重：{fine}"),
    "trust_V": Say("text read", "已读原文"),
    "trust_S": Say("second hand", "二手来源"),
    "trust_X": Say("not found", "未找到"),
    "what": Say("change", "变化"),
    "begins": Say("begins", "新增"),
    "ends": Say("ends", "失效"),
    "reworded": Say("new version", "新版本"),
    "recited": Say("rests on other articles", "依据变化"),
    "before": Say("before", "此前"),
    "after": Say("after", "此后"),
    "same": Say("No rule differs on these two days.", "两日之间规则没有变化。"),
    "sound": Say("Nothing is wrong with it ({n|entry|entries}).", "未发现问题（{n} 条）。"),
    "found": Say("{n|finding|findings}", "{n} 项问题"),
    "method": Say("A rule holds where its condition is true; what is not known is not held against anybody. Articles are numbered as on the day of the facts. This is not legal advice.", "条件为真时规则才成立；不明的事实不对任何人不利。条号以事实发生日为准。本页不构成法律意见。"),
    "method_check": Say("Contradictions are searched over boundary values of the facts; conditions over sums of several facts can hide one.", "矛盾按事实的边界取值搜索；涉及多个事实加总的条件可能有遗漏。"),
}  # fmt: skip
MANY = 10
"""Subjects up to which each is told at length."""
LONG = 2_000
"""Characters of a condition, a story or a list of facts on a page."""
_STEP = "\u00a0\u00a0\u00a0"
"""Indents a part below the whole; HTML keeps it."""
_CHANGES = {"cites": "recited"}
_OUTCOMES = {"draft": "would"}


def say(key: str, lang: Lang, **args: object) -> str:
    """A sentence of these pages in `lang`."""
    return phrase(SAYS[key], args, lang)


def _filled(key: str, lang: Lang, **args: str) -> str:
    """A sentence with fields too long for `phrase`."""
    says = SAYS[key]
    return clean((says.zh if lang == "zh" else says.en).format(**args), LONG)


def _in(text: Say, lang: Lang) -> str:
    return masked(text.zh if lang == "zh" else text.en, LONG)


def packs_page(
    packs: Iterable[Pack], day: date, register: Register, again: str, version: str, lang: Lang
) -> Page:
    """The rules that judge facts of a day."""
    sections = []
    for place, pack in enumerate(packs):
        rows = tuple(
            (
                Cell(clean(rule.id, ID_LIMIT)), Cell(_in(rule.title, lang)), Cell(say(rule.consequence.then, lang)),
                Cell(say("active" if rule.status == "active" else "draft", lang), "soft"),
                Cell(clauses([c.title(lang) for c in _on(rule.cites, rule, day, register)], lang), "soft"),
            )
            for rule, _ in pack.as_of(day)
        )  # fmt: skip
        heads = tuple(say(head, lang) for head in ("rule", "about", "then", "status", "cites"))
        block = Table(heads, rows, aside=1) if rows else Lines((say("none", lang),))
        title = f"{_in(pack.title, lang)} ({clean(pack.id, ID_LIMIT)}@{pack.version})"
        sections.append(Section(f"pack-{place}", title, (block,), say("count", lang, n=len(rows))))
    return _page(say("title", lang), _as_of(day, lang), (), sections, ("method",), again, version, lang)


def rule_page(
    found: Sequence[tuple[Pack, int, Rule]],
    day: date,
    register: Register,
    again: str,
    version: str,
    lang: Lang,
) -> Page:
    """The page of a rule: every version of it, newest first.

    Args:
        found: its versions, with their packs and places; never empty.
        day: on which articles are numbered, kept within the term of each version.
        register: of the texts.
        again: the command that makes the page.
        version: of zhenbo.
        lang: language.
    """
    sections = [
        _rule(pack, rule, min(max(day, rule.since), rule.until), register, lang) for pack, _, rule in found
    ]
    newest = found[0][2]
    return _page(
        _in(newest.title, lang), clean(newest.id, ID_LIMIT), (), sections, ("method",), again, version, lang
    )


def _rule(pack: Pack, rule: Rule, day: date, register: Register, lang: Lang) -> Section:
    asked = sorted(name for name in pack.facts if name in rule.when)
    place = pack.rules.index(rule)
    if place in pack.conditions:
        asked = sorted(pack.conditions[place].names)
    items = [
        (say("then", lang), _follows(rule.consequence, lang)), (say("term", lang), _term(rule, lang)),
        (say("status", lang), say("active" if rule.status == "active" else "draft", lang)),
        (say("scope", lang), clean(listed(rule.scope, lang))),
        (say("cites", lang), _articles(_on(rule.cites, rule, day, register), lang)),
        (say("penalty", lang), _articles(_on(rule.consequence.cites, rule, day, register), lang)),
    ]  # fmt: skip
    blocks = (
        Lines((_in(rule.consequence.says, lang),)), Facts(tuple(i for i in items if i[1])),
        Lines((clean(rule.when, LONG),), say("condition", lang)), _asks(asked, pack.facts, lang),
        Lines((_in(rule.runbook, lang),), say("runbook", lang)),
        Facts(tuple((say(which, lang), _example(example.day, example.facts, example.story, lang))
                    for which, example in (("fires", rule.fires), ("stays", rule.silent))), say("examples", lang)),
    )  # fmt: skip
    return Section(
        f"rule-{rule.version}",
        f"{clean(rule.key, ID_LIMIT)} · {_in(pack.title, lang)}",
        blocks,
        _as_of(day, lang),
    )


def _asks(names: Sequence[str], facts: Mapping[str, Fact], lang: Lang) -> Table:
    rows = tuple(
        (Cell(clean(name, ID_LIMIT)), Cell(_in(Say(facts[name].en, facts[name].zh), lang)), Cell(clean(facts[name].kind), "soft"))
        for name in names if name in facts
    )  # fmt: skip
    return Table(
        tuple(say(head, lang) for head in ("fact", "meaning", "kind")), rows, title=say("facts", lang)
    )


def facts_page(pack: Pack, again: str, version: str, lang: Lang) -> Page:
    """The facts that a pack's rules ask for."""
    asked = sorted({name for condition in pack.conditions.values() for name in condition.names})
    section = Section("facts", _in(pack.title, lang), (_asks(asked, pack.facts, lang),))
    return _page(
        say("facts", lang), clean(pack.id, ID_LIMIT), (), (section,), ("method",), again, version, lang
    )


def rulings_page(
    pack: Pack, found: Sequence[tuple[str, date, Sequence[Ruling]]], again: str, version: str, lang: Lang
) -> Page:
    """What the rules of a pack make of facts, subject by subject: first what holds, then what is not known.

    Of many subjects a table comes first, and only those are told at length of which a rule holds.
    """
    many = len(found) > MANY
    sections = [_table(found, lang)] if many else []
    for place, (subject, day, rulings) in enumerate(found):
        if not many or any(r.outcome == "holds" for r in rulings):
            shown = [r for r in rulings if r.outcome == "holds"] if many else rulings
            sections += _asked(place, subject, day, shown, pack.facts, lang)
    meta = f"{clean(pack.id, ID_LIMIT)}@{pack.version}"
    return _page(say("title_asked", lang), meta, (), sections, ("method",), again, version, lang)


def _table(found: Sequence[tuple[str, date, Sequence[Ruling]]], lang: Lang) -> Section:
    """Many subjects at a glance: which rules hold, and of how many it cannot be told."""
    rows = tuple(
        (
            Cell(masked(subject, ID_LIMIT)), Cell(day.isoformat(), "soft"),
            Cell(listed([clean(r.rule.id, ID_LIMIT) for r in rulings if r.outcome == "holds"], lang) or "-"),
            Cell(fmt.number(sum(r.outcome == "unknown" for r in rulings)), "num"),
        )
        for subject, day, rulings in found
    )  # fmt: skip
    heads = tuple(say(head, lang) for head in ("subject", "day", "holds", "unknown"))
    return Section("subjects", say("subjects", lang, n=len(found)), (Table(heads, rows),))


def _asked(
    place: int, subject: str, day: date, rulings: Sequence[Ruling], facts: Mapping[str, Fact], lang: Lang
) -> list[Section]:
    told = [r for r in rulings if r.outcome != "silent" and not r.untouched]
    told.sort(key=lambda r: r.outcome == "unknown")
    quiet = [r for r in rulings if r.outcome == "silent"]
    untouched = [r for r in rulings if r.untouched]
    count = say(
        "summary", lang, holds=sum(r.outcome == "holds" for r in rulings), unknown=sum(r.outcome == "unknown" for r in rulings),
        silent=len(quiet),
    )  # fmt: skip
    head = Section(f"s{place}", masked(subject, ID_LIMIT), (Lines((count,)),), _as_of(day, lang))
    sections = [head, *(_ruling(f"s{place}-{n}", r, facts, lang) for n, r in enumerate(told))]
    for key, rest in (("others", quiet), ("untouched", untouched)):
        if rest:
            lines = tuple(f"{clean(r.rule.id, ID_LIMIT)}: {_in(r.rule.title, lang)}" for r in rest)
            sections.append(Section(f"s{place}-{key}", say(key, lang), (Lines(lines, listed=True),)))
    return sections


def _ruling(anchor: str, ruling: Ruling, facts: Mapping[str, Fact], lang: Lang) -> Section:
    rule = ruling.rule
    items = [
        (say("then", lang), _follows(rule.consequence, lang) if ruling.outcome == "holds" else ""),
        (say("cites", lang), _articles(ruling.cites, lang)), (say("penalty", lang), _articles(ruling.penalty, lang)),
    ]  # fmt: skip
    blocks = (
        Lines(_follow_up(ruling, facts, lang)), Facts(tuple(i for i in items if i[1])),
        Table(
            tuple(say(head, lang) for head in ("part", "answer", "known")),
            tuple(_reason(depth, t, lang) for depth, t in ruling.told.lines()), title=say("reasons", lang),
        ),
    )  # fmt: skip
    word = say(_OUTCOMES.get(ruling.outcome, ruling.outcome), lang)
    return Section(anchor, f"{word} · {_in(rule.title, lang)}", blocks, clean(rule.key, ID_LIMIT))


def _follow_up(ruling: Ruling, facts: Mapping[str, Fact], lang: Lang) -> tuple[str, ...]:
    """What follows, or why nothing does."""
    if ruling.outcome == "holds":
        confirm = (say("person", lang),) if ruling.needs_person else ()
        return (_in(ruling.rule.consequence.says, lang), *confirm)
    if ruling.outcome == "draft":
        return (say("draft_note", lang),)
    if ruling.outcome == "yields":
        return (say("gives_way", lang, other=ruling.yields_to),)
    named = [f"{_in(Say(facts[n].en, facts[n].zh), lang)} ({n})" for n in ruling.wanted]
    return (_filled("wants", lang, facts=listed(named, lang)),) if named else ()


def _reason(depth: int, told: Told, lang: Lang) -> tuple[Cell, Cell, Cell]:
    """One part of a condition: its text, what it came to, and the facts it rests on."""
    value = say(
        "skipped" if told.skipped else "unknown" if told.value is None else "true" if told.value else "false",
        lang,
    )
    known = [f"{name} = {_value(v, lang)}" for name, v in told.facts.items() if name != told.text]
    text = f"{_STEP * depth}{masked(told.text, LONG)}"
    return Cell(text, "soft" if depth else ""), Cell(value), Cell(masked(listed(known, lang), LONG), "soft")


def _value(value: object, lang: Lang) -> str:
    if value is None:
        return say("unknown", lang)
    return say(str(value).lower(), lang) if isinstance(value, bool) else str(value)


def changes_page(
    first: date,
    last: date,
    found: Iterable[tuple[Pack, Sequence[Change]]],
    again: str,
    version: str,
    lang: Lang,
) -> Page:
    """Rules that differ on two days."""
    sections = []
    heads = tuple(say(head, lang) for head in ("rule", "what", "before", "after", "about"))
    for place, (pack, changed) in enumerate(found):
        if not changed:
            continue
        rows = tuple(
            (
                Cell(clean(c.rule.id, ID_LIMIT)), Cell(say(_CHANGES.get(c.what, c.what), lang)),
                Cell(clauses([a.title(lang) for a in c.before if a not in c.after], lang), "soft"),
                Cell(clauses([a.title(lang) for a in c.after if a not in c.before], lang), "soft"),
                Cell(_in(c.rule.title, lang)),
            )
            for c in changed
        )  # fmt: skip
        sections.append(Section(f"pack-{place}", _in(pack.title, lang), (Table(heads, rows, aside=1),)))
    lines = () if sections else (say("same", lang),)
    meta = say("between", lang, first=first.isoformat(), last=last.isoformat())
    return _page(say("title_changes", lang), meta, lines, sections, ("method",), again, version, lang)


def check_page(
    found: Mapping[str, tuple[int, Sequence[Finding]]], again: str, version: str, lang: Lang
) -> Page:
    """What is wrong with packs, by name with the number of their rules."""
    sections = []
    for place, (name, (rules, findings)) in enumerate(found.items()):
        lines = tuple(
            f"{f'{clean(f.rule, ID_LIMIT)}: ' if f.rule else ''}{_in(f.say, lang)}" for f in findings
        )
        meta = say("found", lang, n=len(findings)) if findings else say("sound", lang, n=rules)
        blocks = (Lines(lines, listed=True),) if lines else ()
        sections.append(Section(f"pack-{place}", clean(name, ID_LIMIT), blocks, meta))
    return _page(say("title_check", lang), "", (), sections, ("method_check",), again, version, lang)


def _page(
    title: str, meta: str, lines: Sequence[str], sections: Sequence[Section], method: Sequence[str], again: str, version: str, lang: Lang
) -> Page:  # fmt: skip
    said = tuple(say(key, lang) for key in method)
    return Page(title, meta, tuple(lines), tuple(sections), said, again, f"zhenbo 真播 {clean(version)}")


def _as_of(day: date, lang: Lang) -> str:
    return say("as_of", lang, day=day.isoformat())


def _term(rule: Rule, lang: Lang) -> str:
    if rule.until == date.max:
        return say("open", lang, since=rule.since.isoformat())
    return say("closed", lang, since=rule.since.isoformat(), until=rule.until.isoformat())


def _on(cites: Sequence[Cite], rule: Rule, day: date, register: Register) -> list[Cited]:
    known = (register.cited(c, day, rule.since) for c in cites if c.law in register.statutes)
    return [c for c in known if c is not None]


def _articles(cites: Sequence[Cited], lang: Lang) -> str:
    return clauses([f"{c.title(lang)} ({say(f'trust_{c.version.trust}', lang)})" for c in cites], lang)


def _follows(consequence: Consequence, lang: Lang) -> str:
    parts = [say(consequence.then, lang)]
    if consequence.fine is not None:
        parts.append(_fine(consequence.fine, lang))
    if consequence.serious is not None:
        parts.append(say("serious", lang, fine=_fine(consequence.serious, lang)))
    return ("；" if lang == "zh" else "; ").join(parts)


def _fine(fine: Fine, lang: Lang) -> str:
    most, least = fmt.money(fine.most, fine.currency), fmt.money(fine.least, fine.currency)
    return say("fine", lang, least=least, most=most) if fine.least else say("fine_most", lang, most=most)


def _example(day: date, facts: Mapping[str, object], story: str, lang: Lang) -> str:
    told = [f"{name} = {_value(value, lang)}" for name, value in facts.items()]
    parts = [clean(story.strip(), LONG)] if story else []
    return f"{day.isoformat()}: {masked(' · '.join([*parts, *told]), LONG)}"
