"""Pages of a case: the notice to the accused, the decision on an appeal, the case as a desk sees it, the list of cases.

A notice says what was found, what follows and why so much, where that stands, from when to when, and how to object; it calls
nobody a fraud. Would we dare to show it to the accused? It is written for them.
"""

from collections.abc import Iterable, Mapping, Sequence

from zhenbo.act.governance.figures import Clock, review_until
from zhenbo.act.governance.fold import Docket, Standing
from zhenbo.act.governance.ladder import GRADE_TITLES
from zhenbo.core.admission import Gate
from zhenbo.core.case import TITLES, Basis, Proposal, Sanction, Stated
from zhenbo.core.evidence import Say
from zhenbo.report import format as fmt
from zhenbo.report.i18n import Lang
from zhenbo.report.mask import ID_LIMIT, clean, masked
from zhenbo.report.page import Block, Cell, Facts, Lines, Page, Section, Table
from zhenbo.report.phrase import phrase

SAYS: Mapping[str, Say] = {
    "notice": Say("Notice in case {id}", "案件 {id} 处置告知书"),
    "meta": Say("zhenbo 真播 {version} · as of {at_cn}", "zhenbo 真播 {version} · 截至 {at_cn}"),
    "to": Say("To: {party}", "致：{party}"),
    "about": Say("It is about: {title}, on {happened_cn}.", "事由：{title}，发生于 {happened_cn}。"),
    "notes": Say("This notice tells you what was found, what follows, where it stands, for how long, and how you can object.", "本告知书载明所查事实、处置理由、依据、期限以及申诉途径。"),
    "facts": Say("1. What was found", "一、事实"),
    "reasons": Say("2. What follows from it, and why so much", "二、理由"),
    "basis": Say("3. Where it stands", "三、依据"),
    "term": Say("4. What is ordered, and for how long", "四、措施与期限"),
    "appeal": Say("5. How to object", "五、申诉"),
    "article": Say("{law}, article {article}", "《{law}》第 {article} 条"),
    "passage": Say("{law} ({article})", "《{law}》（{article}）"),
    "rule": Say("Platform rule: {rule}", "平台规则：{rule}"),
    "step": Say("Measure: {step}", "措施：{step}"),
    "until": Say("From {start_cn} until {until_cn}; it ends by itself.", "自 {start_cn} 起至 {until_cn} 止，期满自动解除。"),
    "once": Say("Given once, on {start_cn}; it takes nothing away.", "于 {start_cn} 作出，不限制任何权益。"),
    "for_good": Say("From {start_cn} on, without an end.", "自 {start_cn} 起，不设期限。"),
    "points": Say("{points|conduct point|conduct points}, counted until {until_cn}.", "记 {points} 分，计至 {until_cn}。"),
    "weight": Say("Traffic is weighed at {weight_share} meanwhile.", "期间流量权重为 {weight_share}。"),
    "forfeit": Say("Of the deposit, up to {forfeit_minor} goes to the fund for buyers.", "从保证金中扣划至多 {forfeit_minor} 至消费者保障基金。"),
    "confirmed": Say("Confirmed by a person ({by}) on {at_cn}: {why_text}", "由人工（{by}）于 {at_cn} 确认：{why_text}"),
    "warned": Say("A warning by the rules alone; a person looks at it when you object.", "本警示由规则直接作出；如提出申诉，将由人工复核。"),
    "object": Say("Until {until_cn}. It is decided within {days|day|days}, by somebody who has not acted in this case.", "可在 {until_cn} 前提出，{days} 日内由未参与本案的人员决定。"),
    "restored": Say("If you are right, everything is as if this had never been: weight, points, capabilities and money.", "申诉成立的，权重、计分、权限与款项均恢复至如同从未处置。"),
    "rests": Say("What it rests on", "所依据的材料"),
    "prior": Say("Earlier cases counted: {cases}", "已计入的此前案件：{cases}"),
    "what": Say("what it shows", "说明"),
    "ref": Say("reference", "编号"),
    "decision": Say("Decision on the appeal in case {id}", "案件 {id} 申诉决定书"),
    "outcome": Say("Outcome", "结果"),
    "upheld": Say("The appeal is dismissed; the measure stands.", "申诉不成立，维持原措施。"),
    "lowered": Say("The appeal succeeds in part; the measure below stands instead, from the first day on.", "申诉部分成立，自始改为以下措施。"),
    "overturned": Say("The appeal succeeds; the measure is lifted as if it had never been.", "申诉成立，原措施撤销，视同从未作出。"),
    "objection": Say("What you objected", "申诉意见"),
    "because": Say("Why", "理由"),
    "second": Say("Decided on {at_cn} by {by}, who had not acted in the case.", "由未参与本案的 {by} 于 {at_cn} 决定。"),
    "appealed_on": Say("If you do not agree", "如不服本决定"),
    "further": Say("This is the decision of the platform. It takes away nobody's right to complain to an authority or to go to court.", "以上为平台的决定，不影响您向主管部门投诉举报或者依法提起诉讼的权利。"),
    "stands": Say("What stands, and for how long", "现行措施与期限"),
    "back": Say("What goes back", "恢复情况"),
    "back_all": Say("Points, weight and capabilities are restored; what was taken of the deposit goes back by a movement of its own in the book.", "计分、权重与权限已恢复；已扣划的保证金以冲正分录退回。"),
    "standing": Say("Where you stand now", "当前状态"),
    "points_now": Say("Conduct points that count", "有效计分"),
    "weight_now": Say("Weight on traffic", "流量权重"),
    "denied_now": Say("Capabilities taken", "受限权限"),
    "nothing": Say("none", "无"),
    "case": Say("Case {id}", "案件 {id}"),
    "status": Say("Status", "状态"),
    "decided_by": Say("to be decided by", "应决定期限"),
    "yes": Say("yes", "是"),
    "no": Say("no", "否"),
    "alleged": Say("What was put forward, and not upheld", "曾提出而未获支持的事实"),
    "proposal": Say("What the rules make of it", "规则给出的建议"),
    "wanted": Say("Still wanted", "尚缺"),
    "history": Say("What has been done", "经过"),
    "list": Say("Cases", "案件"),
    "summary": Say("{n|case|cases}; {late|clock is|clocks are} overdue.", "共 {n} 件；{late} 项已超期。"),
    "waits": Say("waits for", "待办"),
    "since": Say("since (UTC)", "起始（UTC）"),
    "due": Say("until (UTC)", "期限（UTC）"),
    "late": Say("overdue", "超期"),
    "which": Say("case", "案件"),
    "where": Say("where it stands", "依据"),
    "party": Say("party", "当事方"),
    "offence": Say("offence", "事由"),
    "measure": Say("measure", "措施"),
    "clocks": Say("What waits for somebody", "待办事项"),
    "gates": Say("What {party} may do", "{party} 的权限"),
    "capability": Say("capability", "权限"),
    "open": Say("open", "开放"),
    "closed": Say("closed", "关闭"),
    "why": Say("why", "原因"),
    "method_notice": Say("The same facts bring the same measure, whoever is concerned: the rules see neither names nor the order of cases. A fact that nobody has established counts for nothing.", "相同事实适用相同措施，与当事方是谁、案件处理先后无关；未查明的事实不作不利认定。"),
    "method_person": Say("Nothing above a warning is ordered without a person's confirmation (PIPL art. 24; measures for live-streaming e-commerce art. 12 and 14).", "警示以上的措施均须人工确认（个人信息保护法第 24 条；直播电商监督管理办法第 12、14 条）。"),
    "method_desk": Say("A proposal is no sanction: a person reads it, confirms it or drops it.", "建议不等于处置：须由人工阅读后确认或撤销。"),
}  # fmt: skip
STATUS: Mapping[str, Say] = {
    "open": Say("open", "已立案"), "asks": Say("facts are missing", "待补充事实"), "tolerated": Say("nothing follows", "不予处置"),
    "blocked": Say("nothing may rest on it", "不得据以处置"), "proposed": Say("proposed", "待确认"), "confirmed": Say("confirmed", "已确认"),
    "sanctioned": Say("noticed", "已告知"), "appealed": Say("appealed", "申诉中"), "upheld": Say("appeal dismissed", "维持"),
    "lowered": Say("lowered on appeal", "申诉后减轻"), "overturned": Say("overturned on appeal", "申诉后撤销"), "fallen": Say("fallen with another case", "随他案撤销"),
    "dropped": Say("dropped", "撤案"),
}  # fmt: skip
WAITS: Mapping[str, Say] = {
    "propose": Say("the rules", "规则判定"), "facts": Say("facts", "补充事实"), "confirm": Say("a person's confirmation", "人工确认"),
    "notice": Say("the notice", "告知"), "decide": Say("the decision on the appeal", "申诉决定"),
    "regrade": Say("the rules of then (`zhenbo case regrade`)", "按当时规则重新判定（`zhenbo case regrade`）"),
}  # fmt: skip
CAPABILITY: Mapping[str, Say] = {
    "go_live": Say("go live", "开播"), "share_goods": Say("share goods", "分享商品"), "showcase": Say("showcase", "橱窗"),
    "video_cart": Say("cart in videos", "视频购物车"), "withdraw_unsettled": Say("take out unsettled commission", "提现未结算佣金"),
    "register": Say("register again", "重新注册"),
}  # fmt: skip


def say(key: str, lang: Lang, **args: object) -> str:
    """A sentence of these pages."""
    return phrase(SAYS[key], args, lang)


def told(stated: Stated, lang: Lang) -> str:
    """A sentence of a case, its fields filled and masked."""
    return phrase(stated.says, stated.args, lang)


def named(names: Mapping[str, Say], key: str, lang: Lang) -> str:
    """A title by its id."""
    found = names.get(key)
    return clean(key) if found is None else phrase(found, {}, lang)


def law(basis: Basis, lang: Lang) -> str:
    """A citation; the name of a law is ours, and not masked."""
    key = "article" if basis.article[:1].isdigit() else "passage"
    return say(key, lang, law=phrase(basis.title, {}, lang), article=basis.article)


def notice_page(docket: Docket, title: Say, version: str, lang: Lang) -> Page:
    """The notice of the sanction that stands."""
    s = docket.sanction
    assert s is not None
    id_ = clean(s.case, ID_LIMIT)
    return Page(
        title=say("notice", lang, id=id_),
        meta=say("meta", lang, version=version, at_cn=s.term.starts),
        lines=(
            say("to", lang, party=clean(s.party, ID_LIMIT)),
            say("about", lang, title=phrase(title, {}, lang), happened_cn=docket.case.happened),
            say("notes", lang),
        ),
        sections=_five(docket, s, lang),
        method=(say("method_notice", lang), say("method_person", lang)),
        again="",  # it goes to the accused, who has no such program
        foot=f"zhenbo 真播 {version} · {clean(s.rule)}",
    )


def _five(docket: Docket, s: Sanction, lang: Lang) -> tuple[Section, ...]:
    facts: list[Block] = [Lines(tuple(told(f, lang) for f in s.facts), listed=True)]
    if docket.case.grounds:
        heads = (say("ref", lang), say("what", lang))
        rows = tuple((Cell(clean(g.ref, 80)), Cell(masked(g.text, 300))) for g in docket.case.grounds[:50])
        facts.append(Table(heads, rows, title=say("rests", lang)))
    reasons = [told(r, lang) for r in s.reasons]
    if s.priors:
        reasons.append(say("prior", lang, cases=[clean(p, ID_LIMIT) for p in s.priors]))
    basis = (*(law(b, lang) for b in s.basis), say("rule", lang, rule=s.rule))
    return (
        Section("facts", say("facts", lang), tuple(facts)),
        Section("reasons", say("reasons", lang), (Lines(tuple(reasons), listed=True), Lines((by_whom(s, lang),), soft=True))),
        Section("basis", say("basis", lang), (Lines(basis, listed=True),)),
        Section("term", say("term", lang), (Lines(tuple(measure(s, lang)), listed=True),)),
        Section("appeal", say("appeal", lang), (Lines(tuple(recourse(s, lang))),)),
    )  # fmt: skip


def by_whom(s: Sanction, lang: Lang) -> str:
    """Who confirmed it."""
    c = s.confirmed
    if c is None:
        return say("warned", lang)
    return say(
        "confirmed",
        lang,
        by=clean(c.by.removeprefix("person:"), ID_LIMIT),
        at_cn=c.at,
        why_text=masked(c.reason, 300),
    )


def measure(s: Sanction, lang: Lang) -> Iterable[str]:
    """What is ordered, and for how long."""
    t, does = s.term, s.does
    yield say("step", lang, step=named(TITLES, does.step, lang))  # type: ignore[arg-type]
    yield say(t.kind, lang, start_cn=t.starts, until_cn=t.until)
    if does.limits:
        yield say("denied_now", lang) + ": " + ", ".join(named(CAPABILITY, c, lang) for c in does.limits)
    if does.weight != 1:
        yield say("weight", lang, weight_share=does.weight)
    if does.points:
        yield say("points", lang, points=does.points, until_cn=s.points_until)
    if does.forfeit:
        yield say("forfeit", lang, forfeit_minor=does.forfeit)


def recourse(s: Sanction, lang: Lang) -> Iterable[str]:
    """How to object."""
    yield say("object", lang, until_cn=s.appeal.until, days=s.appeal.review_days)
    yield told(s.appeal.how, lang)
    yield say("restored", lang)


def decision_page(docket: Docket, title: Say, where: Standing, version: str, lang: Lang) -> Page:
    """The decision on an appeal, for the party."""
    d, s, a = docket.decision, docket.sanction, docket.appeal
    assert d is not None
    assert a is not None
    id_ = clean(docket.case.id, ID_LIMIT)
    sections = [
        Section("outcome", say("outcome", lang), (Lines((say(d.outcome, lang),)),)),
        Section("objection", say("objection", lang), (Lines((masked(a.text, 2000),)),)),
        Section("because", say("because", lang), (
            Lines((masked(d.reason, 2000),)),
            Lines((say("second", lang, at_cn=docket.decided, by=clean(d.by.removeprefix("person:"), ID_LIMIT)),), soft=True),
        )),
    ]  # fmt: skip
    if s is not None:
        sections.append(Section("term", say("stands", lang), (Lines(tuple(measure(s, lang)), listed=True),)))
    if d.outcome != "upheld":
        sections.append(Section("back", say("back", lang), (Lines((say("back_all", lang),)),)))
    sections.append(Section("standing", say("standing", lang), (standing_facts(where, lang),)))
    if d.outcome != "overturned":
        sections.append(Section("further", say("appealed_on", lang), (Lines((say("further", lang),)),)))
    return Page(
        title=say("decision", lang, id=id_),
        meta=say("meta", lang, version=version, at_cn=docket.decided),
        lines=(
            say("to", lang, party=clean(docket.case.party, ID_LIMIT)),
            say("about", lang, title=phrase(title, {}, lang), happened_cn=docket.case.happened),
        ),
        sections=tuple(sections),
        method=(say("method_notice", lang), say("method_person", lang)),
        again="",
        foot=f"zhenbo 真播 {version}",
    )


def standing_facts(where: Standing, lang: Lang) -> Facts:
    """Where a party stands."""
    denied = ", ".join(named(CAPABILITY, c, lang) for c in where.denied) or say("nothing", lang)
    return Facts((
        (say("points_now", lang), fmt.number(where.points)),
        (say("weight_now", lang), fmt.share(where.weight)),
        (say("denied_now", lang), denied),
    ))  # fmt: skip


def case_page(
    docket: Docket, title: Say, facts: Mapping[str, Say], where: Standing, now: int, version: str, lang: Lang
) -> Page:
    """A case as the desk sees it; `facts` says what each fact is, by its name."""
    id_ = clean(docket.case.id, ID_LIMIT)
    state = (*_state(docket, facts, lang), standing_facts(where, lang))
    sections = [Section("status", say("status", lang), state)]
    if docket.appeal:
        sections.append(
            Section("objection", say("objection", lang), (Lines((masked(docket.appeal.text, 2000),)),))
        )
    if docket.decision:
        why = Lines((say(docket.decision.outcome, lang), masked(docket.decision.reason, 2000)))
        sections.append(Section("outcome", say("outcome", lang), (why,)))
    if docket.proposal and not docket.sanction and docket.status not in _CLEARED:
        sections.append(Section("proposal", say("proposal", lang), tuple(_proposal(docket.proposal, lang))))
    if docket.sanction:
        sections += _five(docket, docket.sanction, lang)
    return Page(
        title=say("case", lang, id=id_),
        meta=say("meta", lang, version=version, at_cn=now),
        lines=(
            clean(docket.case.party, ID_LIMIT),
            say("about", lang, title=phrase(title, {}, lang), happened_cn=docket.case.happened),
        ),
        sections=tuple(sections),
        method=(say("method_desk", lang), say("method_notice", lang)),
        again=f"zhenbo case show {id_} --lang {lang} --out DIR",
        foot=f"zhenbo 真播 {version}",
    )  # fmt: skip


_CLEARED = frozenset({"overturned", "dropped"})
"""A case that was not upheld: what the rules would have made of it is nobody's reproach any more."""


def _state(docket: Docket, facts: Mapping[str, Say], lang: Lang) -> Iterable[Facts]:
    items = [(say("status", lang), named(STATUS, docket.status, lang))]
    until = review_until(docket) if docket.decided is None else None
    if until is not None:
        items.append((say("decided_by", lang), f"{fmt.clock(until, '%Y-%m-%d %H:%M')} UTC"))
    known = []
    for name, value in sorted(docket.case.facts.items()):
        said = Say(f"{{{name}}}", f"{{{name}}}")
        told = say("yes" if value else "no", lang) if isinstance(value, bool) else phrase(said, {name: value}, lang)  # fmt: skip
        known.append((named(facts, name, lang), told))
    if docket.status not in _CLEARED:
        yield Facts((*items, *known))
        return
    yield Facts(tuple(items))
    if known:
        yield Facts(tuple(known), title=say("alleged", lang))


def _proposal(p: Proposal, lang: Lang) -> Iterable[Block]:
    lines = [told(r, lang) for r in p.reasons]
    if p.does:
        lines.append(say("step", lang, step=named(TITLES, p.does.step, lang)))  # type: ignore[arg-type]
    if p.grade:
        lines.append(named(GRADE_TITLES, p.grade, lang))  # type: ignore[arg-type]
    yield Lines(tuple(lines), listed=True)
    if p.basis:
        yield Lines(tuple(law(b, lang) for b in p.basis), soft=True, listed=True)
    if p.wanted:
        yield Facts(((say("wanted", lang), ", ".join(p.wanted)),))


def list_page(dockets: Sequence[tuple[Docket, Say]], waiting: Sequence[Clock], now: int, version: str, lang: Lang) -> Page:  # fmt: skip
    """Cases with what they are about, and what waits for somebody, the most urgent first."""
    late = sum(c.late for c in waiting)
    heads = tuple(say(k, lang) for k in ("which", "party", "waits", "since", "due", "late"))
    rows = tuple(
        (
            Cell(clean(c.case, ID_LIMIT)), Cell(clean(c.party, ID_LIMIT)), Cell(named(WAITS, c.waits, lang)),
            Cell(fmt.clock(c.since, "%Y-%m-%d %H:%M"), "when"), Cell("" if c.until is None else fmt.clock(c.until, "%Y-%m-%d %H:%M"), "when"),
            Cell(say("late", lang) if c.late else "", "likely" if c.late else "soft"),
        )
        for c in waiting
    )  # fmt: skip
    kinds = (heads[0], say("party", lang), say("offence", lang), say("status", lang), say("measure", lang))
    cases = tuple(
        (
            Cell(clean(d.case.id, ID_LIMIT)), Cell(clean(d.case.party, ID_LIMIT)), Cell(clean(getattr(title, lang), 60)), Cell(named(STATUS, d.status, lang)),
            Cell(named(TITLES, d.sanction.does.step, lang) if d.sanction else ""),  # type: ignore[arg-type]
        )
        for d, title in dockets
    )  # fmt: skip
    return Page(
        title=say("list", lang),
        meta=say("meta", lang, version=version, at_cn=now),
        lines=(say("summary", lang, n=len(dockets), late=late),),
        sections=(
            Section("clocks", say("clocks", lang), (Table(heads, rows),)),
            Section("cases", say("list", lang), (Table(kinds, cases),)),
        ),
        method=(say("method_desk", lang),),
        again=f"zhenbo case list --lang {lang} --out DIR",
        foot=f"zhenbo 真播 {version}",
    )


def gates_page(party: str, gates: Sequence[Gate], where: Standing, now: int, version: str, lang: Lang) -> Page:  # fmt: skip
    """What a party may do, and what opens what is closed."""
    heads = (say("capability", lang), say("status", lang), say("why", lang), say("where", lang))
    rows = tuple(
        (
            Cell(named(CAPABILITY, g.capability, lang)), Cell(say("open" if g.open else "closed", lang), "unlikely" if g.open else "suspect"),
            Cell(" ".join(told(w, lang) for w in g.why)), Cell("; ".join(law(b, lang) for b in g.basis), "soft"),
        )
        for g in gates
    )  # fmt: skip
    name = clean(party, ID_LIMIT)
    return Page(
        title=say("gates", lang, party=name),
        meta=say("meta", lang, version=version, at_cn=now),
        lines=(),
        sections=(
            Section("gates", say("gates", lang, party=name), (Table(heads, rows),)),
            Section("standing", say("standing", lang), (standing_facts(where, lang),)),
        ),
        method=(say("method_notice", lang),),
        again=f"zhenbo case party {name} --lang {lang} --out DIR",
        foot=f"zhenbo 真播 {version}",
    )
