"""The page of an appeal against the decision of a claim: what was decided, who appealed, what a person answered, what was undone."""

from collections.abc import Mapping, Sequence

from zhenbo.act.guarantee.decide import APPEAL_WITHIN
from zhenbo.act.guarantee.record import ANSWERED, APPEALED, DECIDED, Answered, Appealed, Verdict
from zhenbo.act.guarantee.times import ends
from zhenbo.core.acts import Act
from zhenbo.core.evidence import Say
from zhenbo.core.ledger import SETTLEMENT, TRANSACTION, Moved
from zhenbo.report import format as fmt
from zhenbo.report.claim import PARTIES, when, word
from zhenbo.report.i18n import Lang
from zhenbo.report.mask import masked
from zhenbo.report.page import Block, Cell, Facts, Page, Section, Table
from zhenbo.report.phrase import phrase

SAYS: Mapping[str, Say] = {
    "title": Say("Claim {id}: appeal", "申请 {id}：申诉"),
    "meta": Say("zhenbo {version} · as of {now}", "zhenbo {version} · 截至 {now}"),
    "decided": Say("Decided", "原决定"), "outcome": Say("outcome", "结果"), "rule": Say("rule", "规则"), "amount": Say("amount", "金额"),
    "appealed": Say("Appealed", "申诉"), "by": Say("by", "申诉方"), "ground": Say("ground", "理由"), "at": Say("when", "时间"),
    "answered": Say("Answered", "处理"), "person": Say("decided by", "处理人"),
    "falls": Say("The decision falls", "原决定撤销"), "stands": Say("The decision stands", "维持原决定"), "waits": Say("A person decides", "等待人工处理"),
    "waits_says": Say("Nobody has answered yet.", "尚未处理。"),
    "undone": Say("Payments taken back", "已冲回的款项"), "what": Say("payment", "款项"),
    "method": Say("An appeal is answered by a person. One that succeeds reverses every payment of the decision, and the claim stands as if nothing had been decided; it can then be decided anew.", "申诉由人工处理。申诉成立的，冲回该决定的全部款项，申请恢复到未决定的状态，可重新处理。"),
    "service": Say("service", "服务或权利"),
    "late": Say("after the term of seven days, which ended on {until}; whether it is heard is for the person who answers", "已过七日申诉期限（至 {until}）；是否受理由处理人决定"),
    "term": Say("term", "期限"),
    "further": Say("Whoever disagrees can turn to the market regulator or the consumer association, or go to court.", "对处理结果不服的，可向市场监管部门投诉、请求消费者协会调解或者向人民法院起诉。"),
    "price": Say("the price", "价款"), "share": Say("the damaged share of the price", "坏品部分价款"), "damages": Say("damages", "赔偿金"),
    "rate": Say("a part of the price", "按比例赔付"), "freight": Say("freight", "运费"), "appraisal": Say("appraisal", "鉴定费用"), "owed": Say("what was promised", "承诺的金额"),
    "foot": Say("Not legal advice.", "不构成法律意见。"),
    "pay": Say("granted", "支持"), "refuse": Say("not granted", "不予支持"), "ask": Say("not decided", "尚待处理"), "redirect": Say("handed on", "转其他权利"),
}  # fmt: skip


def say(key: str, lang: Lang, **args: object) -> str:
    """A sentence of this page."""
    return phrase(SAYS[key], args, lang)


def appeal_page(claim: str, acts: Sequence[Act], names: Mapping[str, Say], now: int, version: str, again: str, lang: Lang) -> Page:  # fmt: skip
    """The page of a claim's appeal, from its acts; `names` is what services are called."""
    sections = [s for n, act in enumerate(acts) if (s := _section(act, acts, names, f"a{n}", lang))]
    open_ = acts and [a.kind for a in acts if a.kind in {APPEALED, ANSWERED}][-1:] == [APPEALED]
    if open_:
        sections.append(Section("open", say("answered", lang), (), outcome="insufficient", word=say("waits", lang), banner=(say("waits_says", lang),)))  # fmt: skip
    meta = say("meta", lang, version=version, now=when(now, 480))
    return Page(say("title", lang, id=masked(claim, 60)), meta, (), tuple(sections), (say("further", lang), say("method", lang)), again, say("foot", lang))  # fmt: skip


def _section(
    act: Act, acts: Sequence[Act], names: Mapping[str, Say], anchor: str, lang: Lang
) -> Section | None:
    at = (say("at", lang), when(act.at, 480))
    if act.kind == DECIDED:
        told = act.read(Verdict)
        service = ((say("service", lang), word(names, told.service, lang)),) if told.service else ()
        facts = (*service, (say("outcome", lang), say(told.outcome, lang)), (say("amount", lang), fmt.money(told.amount, told.currency)), (say("rule", lang), masked(f"{told.rule} · {told.step}", 160)), at)  # fmt: skip
        return Section(anchor, say("decided", lang), (Facts(facts),))
    if act.kind == APPEALED:
        body = act.read(Appealed)
        rows = [(say("by", lang), word(PARTIES, body.by, lang)), (say("ground", lang), masked(body.ground, 600)), at]  # fmt: skip
        before = [a.at for a in acts[: acts.index(act)] if a.kind == DECIDED]
        until = ends(before[-1], APPEAL_WITHIN, 480) if before else act.at
        if act.at > until:
            rows.append((say("term", lang), say("late", lang, until=when(until, 480))))
        return Section(anchor, say("appealed", lang), (Facts(tuple(rows)),))
    if act.kind == ANSWERED:
        reply = act.read(Answered)
        blocks: tuple[Block, ...] = (Facts(((say("person", lang), masked(reply.person, 60)), at)),)
        if reply.succeeds:
            blocks += _undone(act, acts, lang)
        outcome, key = ("unlikely", "falls") if reply.succeeds else ("insufficient", "stands")
        return Section(anchor, say("answered", lang), blocks, outcome=outcome, word=say(key, lang), banner=(masked(reply.why, 600),))  # fmt: skip
    return None


def _undone(answer: Act, acts: Sequence[Act], lang: Lang) -> tuple[Table, ...]:
    moved = {a.key: a.read(Moved).of(a) for a in acts if a.kind == TRANSACTION}
    keys = [t.reverses for t in moved.values() if t.reverses and t.at == answer.at]
    keys += [a.key.removesuffix(":void") for a in acts if a.kind == SETTLEMENT and a.at == answer.at]
    rows = tuple(
        (Cell(say(part, lang) if (part := k.rpartition(":")[2]) in SAYS else masked(k, 120)), Cell(fmt.money(max(p.amount for p in moved[k].postings), moved[k].postings[0].currency), "num"))
        for k in keys
        if k in moved
    )  # fmt: skip
    return (Table((say("what", lang), say("amount", lang)), rows, title=say("undone", lang)),) if rows else ()
