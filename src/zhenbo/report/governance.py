"""The governance report of a period as a page (K46): who was sanctioned, for what, how appeals went, what was referred."""

from collections.abc import Mapping, Sequence

from zhenbo.act.governance.figures import Governance, Row
from zhenbo.act.governance.ladder import GRADE_TITLES
from zhenbo.core.case import TITLES
from zhenbo.core.evidence import Say
from zhenbo.report import format as fmt
from zhenbo.report.case import STATUS, named
from zhenbo.report.i18n import Lang
from zhenbo.report.mask import clean
from zhenbo.report.page import Cell, Facts, Lines, Page, Section, Table
from zhenbo.report.phrase import phrase

SAYS: Mapping[str, Say] = {
    "title": Say("Governance report", "治理报告"),
    "meta": Say("{start_cn} to {end_cn} · zhenbo 真播 {version}", "{start_cn} 至 {end_cn} · zhenbo 真播 {version}"),
    "headline": Say("{parties|party was|parties were} sanctioned, of whom {above} {above|has|have:} more than a million followers.", "处置 {parties} 个主体，其中粉丝超百万的 {above} 个。"),
    "leads": Say("{leads|lead|leads} went to authorities, {filed|case was|cases were} filed on them, worth {value_minor}.", "向主管部门移送线索 {leads} 条，立案 {filed} 件，涉案金额 {value_minor}。"),
    "appeals": Say("{received|appeal|appeals} came in; of {decided} decided, {won} succeeded ({won_share}).", "收到申诉 {received} 件；已决 {decided} 件中 {won} 件成立（{won_share}）。"),
    "no_appeals": Say("{received|appeal|appeals} came in; none has been decided.", "收到申诉 {received} 件；尚无已决。"),
    "steps": Say("By measure", "按措施"),
    "steps_note": Say("A party stands once, under its harshest measure.", "每个主体仅按其最重措施计一次。"),
    "offences": Say("By offence", "按事由"),
    "offences_note": Say("A party stands under each of its offences.", "一个主体可计入多个事由。"),
    "grades": Say("By gravity", "按情节"),
    "kind": Say("kind", "类别"),
    "parties": Say("parties", "主体数"),
    "above": Say("above 1 M followers", "粉丝超百万"),
    "sanctions": Say("sanctions", "处置数"),
    "appealed": Say("Appeals", "申诉"),
    "received": Say("received", "收到"),
    "decided": Say("decided", "已决"),
    "upheld": Say("dismissed", "维持"),
    "lowered": Say("lowered", "减轻"),
    "overturned": Say("overturned", "撤销"),
    "late": Say("late", "超期"),
    "hours": Say("median time to decide", "决定用时中位数"),
    "regraded": Say("other sanctions set anew because of them", "因此重新核定的其他处置"),
    "let_go": Say("Cases without a sanction", "未予处置的案件"),
    "care": Say("Care", "程序"),
    "confirmed": Say("measures above a warning, each confirmed by a person", "警示以上措施（均经人工确认）"),
    "people": Say("persons who confirmed them", "确认人员数"),
    "unknown": Say("sanctioned parties whose followers are not known", "粉丝数不明的被处置主体"),
    "opened": Say("cases opened", "立案数"),
    "acts": Say("acts read", "读取行为数"),
    "faults": Say("acts without effect", "无效行为数"),
    "method_1": Say("Counted from the record of acts as it stood at the end of the period; later acts change nothing here. A sanction that fell on appeal counts among the appeals and nowhere else.", "依据期末时点的行为记录统计，其后的行为不影响本报告。申诉后撤销的处置仅计入申诉，不计入其他项。"),
    "record": Say("It rests on the record up to the act with this number and seal; `zhenbo book verify --head` says whether it still stands there:", "本报告依据的记录止于以下编号与封印的行为；可用 `zhenbo book verify --head` 核对其是否仍在："),
    "method_2": Say("A party is counted as above a million when a case of the period tells more than 1,000,000 followers; where nobody has told, it is not.", "粉丝超百万指期内案件载明粉丝数大于 1,000,000；未载明的不计入。"),
}  # fmt: skip


def governance_page(g: Governance, titles: Mapping[str, Say], again: str, version: str, lang: Lang) -> Page:
    """The report of a period.

    Args:
        g: the figures.
        titles: of offences, by id.
        again: the command that makes it again.
        version: of this program.
        lang: of the page.
    """

    def say(key: str, **args: object) -> str:
        return phrase(SAYS[key], args, lang)

    a = g.appeals
    won = a.lowered + a.overturned
    lines = [
        say("headline", parties=g.parties, above=g.above_million),
        say("leads", leads=g.leads, filed=g.filed, value_minor=g.filed_minor),
        say("appeals", received=a.received, decided=a.decided, won=won, won_share=won / a.decided) if a.decided else say("no_appeals", received=a.received),
    ]  # fmt: skip

    def table(rows: Sequence[Row], names: Mapping[str, Say], note: str = "") -> Table:
        heads = tuple(say(k) for k in ("kind", "parties", "above", "sanctions"))
        body = tuple(
            (Cell(named(names, r.name, lang)), *(Cell(fmt.number(n), "num") for n in (r.parties, r.above_million, r.sanctions)))
            for r in rows
        )  # fmt: skip
        return Table(heads, body, note=note)

    counts = [(k, fmt.number(getattr(a, k))) for k in ("received", "decided", "upheld", "lowered", "overturned", "late", "regraded")]  # fmt: skip
    if a.hours is not None:
        counts.append(("hours", fmt.duration(a.hours * 3600, lang)))
    care = (("opened", g.opened), ("confirmed", g.confirmed), ("people", g.people), ("unknown", g.fans_unknown), ("acts", g.acts), ("faults", g.faults))  # fmt: skip
    let_go = tuple((named(STATUS, k, lang), fmt.number(n)) for k, n in g.outcomes.items())
    return Page(
        title=say("title"),
        meta=say("meta", start_cn=g.start, end_cn=g.end, version=version),
        lines=tuple(lines),
        sections=(
            Section("steps", say("steps"), (table(g.by_step, TITLES, say("steps_note")),)),  # type: ignore[arg-type]
            Section("offences", say("offences"), (table(g.by_offence, titles, say("offences_note")),)),
            Section("grades", say("grades"), (table(g.by_grade, GRADE_TITLES),)),  # type: ignore[arg-type]
            Section("appeals", say("appealed"), (Facts(tuple((say(k), v) for k, v in counts)),)),
            Section("let-go", say("let_go"), (Facts(let_go) if let_go else Lines((fmt.number(0),)),)),
            Section("care", say("care"), (Facts(tuple((say(k), fmt.number(n)) for k, n in care)),)),
        ),
        method=(say("method_1"), say("method_2"), *((f"{say('record')} {g.record}",) if g.record else ())),
        again=clean(again, 300),
        foot=f"zhenbo 真播 {version}",
    )
