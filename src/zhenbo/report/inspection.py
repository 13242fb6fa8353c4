"""The pages of sampling inspection: a plan with its curve, the severity of a series, a budget, a chain of custody."""

from collections.abc import Mapping, Sequence

from zhenbo.act.inspection import GAPS, Allocation, Chain, Inspected, Scheme, accepted, model_of, quality_at
from zhenbo.core.contacts import identified
from zhenbo.core.evidence import Say
from zhenbo.core.inspection import Plan
from zhenbo.report import format as fmt
from zhenbo.report.i18n import Lang
from zhenbo.report.mask import ID_LIMIT, clean, masked
from zhenbo.report.page import Cell, Lines, Page, Section, Table
from zhenbo.report.phrase import phrase

SAYS: Mapping[str, Say] = {
    "title_plan": Say("Sampling plan", "抽样方案"),
    "title_series": Say("Severity of inspection, lot by lot", "逐批检验的宽严"),
    "title_budget": Say("Inspection plan under a budget", "预算内的抽检计划"),
    "title_custody": Say("Chain of custody of samples", "样品交接链"),
    "meta": Say("{standard} · level {level} · AQL {aql}", "{standard} · 检验水平 {level} · AQL {aql}"),
    "severity": Say("severity", "宽严"),
    "normal": Say("normal", "正常"),
    "tightened": Say("tightened", "加严"),
    "reduced": Say("reduced", "放宽"),
    "letter": Say("letter", "字码"),
    "n": Say("draw", "样本量"),
    "acre": Say("accept / reject", "接收 / 拒收"),
    "pr": Say("passes 95 of 100 at", "95% 接收的不合格率"),
    "cr": Say("passes 10 of 100 at", "10% 接收的不合格率"),
    "whole": Say("whole lot", "全检"),
    "plans": Say("Plans of a lot of {size} items", "批量 {size} 的方案"),
    "curve": Say("How likely a lot passes", "接收概率"),
    "quality": Say("nonconforming", "不合格率"),
    "series": Say("Lots in the order of inspection", "按检验次序的各批"),
    "lot": Say("lot", "批"),
    "found": Say("found", "不合格数"),
    "decision": Say("decision", "判定"),
    "yes": Say("accepted", "接收"),
    "no": Say("not accepted", "不接收"),
    "open": Say("not inspected", "未检"),
    "stopped": Say("inspection discontinued", "暂停检验"),
    "score": Say("score", "转移得分"),
    "then": Say("then", "随后"),
    "tighten": Say("tightened from the next lot on", "下一批起加严"),
    "normal_again": Say("normal from the next lot on", "下一批起恢复正常"),
    "reduce": Say("reduced from the next lot on", "下一批起放宽"),
    "restore": Say("normal from the next lot on", "下一批起恢复正常"),
    "stop": Say("inspection discontinued until the supplier has acted", "供方改进之前暂停检验"),
    "resume": Say("resumed on tightened inspection", "以加严检验恢复"),
    "next": Say("The next lot is inspected at: {severity}.", "下一批的检验宽严：{severity}。"),
    "next_stop": Say("No lot is accepted until the supplier has acted and the authority agrees.", "供方采取措施并经负责部门同意之前，不再接收。"),
    "budget": Say("Where the money goes", "资金去向"),
    "states": Say("Of the bad goods among these targets, {mid_share} are expected to be found (90% interval {low_share} to {high_share}).", "这些对象中的不合格商品，预计可发现 {mid_share}（90% 区间 {low_share} 至 {high_share}）。"),
    "expects": Say("{bad} of {n} targets are expected to be bad; {drawn} are drawn from.", "{n} 个对象中预计有 {bad} 个不合格；抽检 {drawn} 个。"),
    "costs": Say("Cost {cost_minor} of a budget of {cap_minor}.", "费用 {cost_minor}，预算 {cap_minor}。"),
    "bound": Say("No plan of this budget could expect more than {best} (weighted); this one expects {gain}.", "同一预算下任何方案的加权期望不超过 {best}；本方案为 {gain}。"),
    "target": Say("target", "对象"),
    "shop": Say("shop", "店铺"),
    "goods": Say("goods", "商品"),
    "risk": Say("risk", "风险"),
    "finds": Say("found if bad", "若不合格被发现的概率"),
    "cost": Say("cost", "费用"),
    "left": Say("{n} targets are left out: their items cost more than they would tell.", "{n} 个对象未抽：其费用高于所能提供的信息。"),
    "unbroken": Say("unbroken", "完整"),
    "broken": Say("{n} gaps", "{n} 处缺口"),
    "holder": Say("Now held by {who}.", "现由 {who} 保管。"),
    "given": Say("given", "移交"),
    "taken": Say("taken (UTC)", "接收（UTC）"),
    "seal": Say("seal", "封签"),
    "condition": Say("condition", "状况"),
    "gaps": Say("Gaps", "缺口"),
    "method_plan": Say("Binomial for AQLs up to 10 (nonconforming items), Poisson above (nonconformities per 100 items). The plan says what a sample can tell; it permits nobody to deliver bad items.", "AQL 不超过 10 时按二项分布（不合格品），超过时按泊松分布（每百单位不合格数）。方案只说明样本能说明什么，不允许任何人交付不合格品。"),
    "method_series": Say("Rules 9.3 and 9.4 of the standard. Lots inspected again are not counted. Reduced inspection begins only where the authority wants it and production is steady.", "依据标准 9.3 与 9.4。再次提交的批不计入。放宽检验须由负责部门批准且生产稳定。"),
    "method_budget": Say("Found means that the sample holds at least one bad item. How common bad items are among bad goods is taken from earlier inspections (Jeffreys' prior). The interval holds chance, not an error of the risks themselves.", "“发现”指样本中至少有一件不合格品。不合格商品中不合格品的比例取自以往抽检（Jeffreys 先验）。区间只含偶然性，不含风险本身的误差。"),
    "method_custody": Say("A gap is told, not judged: what it means for the result is for a person to say.", "缺口只作说明，不作评判：其对结论的影响由人判断。"),
}  # fmt: skip


def say(key: str, lang: Lang, **args: object) -> str:
    """A sentence of these pages in `lang`."""
    return phrase(SAYS[key], args, lang)


def who(ident: str) -> str:
    """An id as a page shows it."""
    return clean(identified(ident), ID_LIMIT)


def _page(
    title: str, meta: str, sections: Sequence[Section], method: str, again: str, version: str, lang: Lang
) -> Page:
    return Page(
        say(title, lang),
        meta,
        (),
        tuple(sections),
        (say(method, lang),),
        again,
        f"zhenbo 真播 {clean(version)}",
    )


def share(quality: float, model: str) -> str:
    """A quality: percent, or nonconformities per 100 items."""
    return f"{quality * 100:.3g} %" if model == "binomial" else f"{quality * 100:.3g} / 100"


def plan_page(
    size: int, plans: Mapping[str, Plan], scheme: Scheme, again: str, version: str, lang: Lang
) -> Page:
    """A lot's plans at the three severities, with what they let through.

    Args:
        size: items of the lot.
        plans: by severity.
        scheme: standard, level and AQL.
        again: the command that makes the page.
        version: of zhenbo.
        lang: language.
    """
    model = model_of(scheme.aql)
    rows = tuple(
        (
            Cell(say(severity, lang)), Cell(p.letter), Cell(say("whole", lang) if p.whole else fmt.number(p.n), "num"),
            Cell(f"{p.ac} / {p.re}", "num"), Cell(share(quality_at(p, 0.95, model), model), "num"),
            Cell(share(quality_at(p, 0.10, model), model), "num"),
        )
        for severity, p in plans.items()
    )  # fmt: skip
    heads = tuple(say(k, lang) for k in ("severity", "letter", "n", "acre", "pr", "cr"))
    aql = float(scheme.aql) / 100
    points = sorted(
        {aql * k for k in (0.25, 0.5, 1, 1.5, 2, 3, 5, 8)}
        | {quality_at(p, 0.5, model) for p in plans.values()}
    )
    curve = tuple(
        (Cell(share(q, model), "num"), *(Cell(f"{accepted(p, q, model):.1%}", "num") for p in plans.values()))
        for q in points
        if model == "poisson" or q <= 1
    )
    section = Section(
        "plan", say("plans", lang, size=size),
        (
            Table(heads, rows),
            Table((say("quality", lang), *(say(s, lang) for s in plans)), curve, title=say("curve", lang)),
        ),
    )  # fmt: skip
    return _page("title_plan", _meta(scheme, lang), (section,), "method_plan", again, version, lang)


def _meta(scheme: Scheme, lang: Lang) -> str:
    return say("meta", lang, standard=scheme.standard.standard, level=scheme.level, aql=scheme.aql)


def series_page(done: Sequence[Inspected], scheme: Scheme, again: str, version: str, lang: Lang) -> Page:
    """Lots with their plans and what followed."""
    heads = tuple(
        say(k, lang) for k in ("lot", "severity", "n", "acre", "found", "decision", "score", "then")
    )
    last = done[-1].after
    ends = say("next_stop", lang) if last.stopped else say("next", lang, severity=say(last.severity, lang))
    section = Section(
        "series", say("series", lang),
        (Table(heads, tuple(_lot(i, lang) for i in done)), Lines((ends,))),
    )  # fmt: skip
    return _page("title_series", _meta(scheme, lang), (section,), "method_series", again, version, lang)


def _lot(i: Inspected, lang: Lang) -> tuple[Cell, ...]:
    decision = "stopped" if i.plan is None else {True: "yes", False: "no", None: "open"}[i.accepted]
    return (
        Cell(who(i.lot.lot)), Cell(say(i.severity, lang)), Cell(fmt.number(i.plan.n) if i.plan else "–", "num"),
        Cell(f"{i.plan.ac} / {i.plan.re}" if i.plan else "–", "num"), Cell("–" if i.lot.found is None else fmt.number(i.lot.found), "num"),
        Cell(say(decision, lang)), Cell(fmt.number(i.after.score), "num"), Cell(say(i.rule, lang) if i.rule else ""),
    )  # fmt: skip


def budget_page(made: Allocation, currency: str, again: str, version: str, lang: Lang) -> Page:
    """A budget with its draws and what is stated of it."""
    lines = [
        say("states", lang, mid_share=made.detection, low_share=made.low, high_share=made.high),
        say("expects", lang, bad=round(made.expected_bad, 1), n=len(made.draws) + len(made.left_out), drawn=len(made.draws)),
        say("costs", lang, cost_minor=made.cost, cap_minor=made.cap, currency=currency),
        say("bound", lang, best=round(made.bound, 2), gain=round(made.gain, 2)),
    ]  # fmt: skip
    heads = tuple(say(k, lang) for k in ("target", "shop", "goods", "risk", "n", "finds", "cost"))
    rows = tuple(
        (
            Cell(who(d.target.target)), Cell(who(d.target.shop)), Cell(masked(d.target.goods)),
            Cell(fmt.share(d.target.risk), "num"), Cell(fmt.number(d.n), "num"), Cell(fmt.share(d.finds), "num"), Cell(fmt.money(d.cost, currency), "num"),
        )
        for d in made.draws
    )  # fmt: skip
    left = (Lines((say("left", lang, n=len(made.left_out)),), soft=True),) if made.left_out else ()
    section = Section("budget", say("budget", lang), (Lines(tuple(lines)), Table(heads, rows), *left))
    return _page("title_budget", "", (section,), "method_budget", again, version, lang)


def custody_page(chains: Sequence[Chain], again: str, version: str, lang: Lang) -> Page:
    """Every sample's way, with its gaps."""
    sections = tuple(_chain(c, f"s{n}", lang) for n, c in enumerate(chains, start=1))
    return _page("title_custody", "", sections, "method_custody", again, version, lang)


def _chain(c: Chain, anchor: str, lang: Lang) -> Section:
    heads = ("", *(say(k, lang) for k in ("given", "taken", "seal", "condition")))
    rows = tuple(
        (
            Cell(f"{masked(o.giver, ID_LIMIT)} → {masked(o.taker, ID_LIMIT)}"), Cell(fmt.clock(o.given_at), "when"),
            Cell(fmt.clock(o.taken_at), "when"), Cell(who(o.seal)), Cell(masked(o.condition)),
        )
        for o in c.links
    )  # fmt: skip
    told = tuple(phrase(GAPS[g.name], g.args, lang) for g in c.gaps)
    gaps = (Lines(told, title=say("gaps", lang), listed=True),) if told else ()
    word = say("broken", lang, n=len(told)) if told else say("unbroken", lang)
    return Section(
        anchor, who(c.sample), (Table(heads, rows), *gaps), outcome="suspect" if told else "unlikely",
        banner=(say("holder", lang, who=masked(c.holder, ID_LIMIT)),), word=word,
    )  # fmt: skip
