"""The page of promises made on air: what was said, what became of it, what customer service made of it."""

from collections.abc import Mapping

from zhenbo.act.guarantee.fulfil import Broken, Kept
from zhenbo.act.guarantee.onair import Service
from zhenbo.core.claim import Promise
from zhenbo.core.evidence import Say
from zhenbo.report import format as fmt
from zhenbo.report.claim import when, word
from zhenbo.report.i18n import Lang
from zhenbo.report.mask import accounts, masked
from zhenbo.report.page import Block, Cell, Facts, Page, Section, Table
from zhenbo.report.phrase import phrase

SAYS: Mapping[str, Say] = {
    "title": Say("Promises on air", "直播承诺"),
    "meta": Say("zhenbo {version} · as of {now}", "zhenbo {version} · 截至 {now}"),
    "heard": Say("{lines} spoken lines were listened to; {n} promises were heard or written down, {broken} obligations were not kept.", "共听取 {lines} 句口播；听到或登记承诺 {n} 项，未履行 {broken} 项次。"),
    "silent": Say("The record holds no speech and no promise was written down: nothing can be said.", "记录中没有口播，也没有登记承诺：无从判断。"),
    "session": Say("Broadcast {session}", "直播 {session}"),
    "none": Say("no broadcast", "未注明场次"),
    "promise": Say("promise", "承诺"), "words": Say("the words", "原话"), "at": Say("said", "时间"), "owed": Say("owed", "应履行"), "kept": Say("kept", "已履行"),
    "released": Say("buyer went back", "买家撤回"), "open": Say("open", "待定"), "broken": Say("not kept", "未履行"), "missing": Say("would tell more", "可补充的记录"),
    "standing": Say("when claimed", "申请时兑现"),
    "unfulfilled": Say("Not kept", "未履行明细"), "ref": Say("order or winner", "订单或中奖者"), "sum": Say("owed", "应付"), "since": Say("since", "自"),
    "service": Say("What customer service said", "客服说法"),
    "pairs": Say("Promise and denial", "承诺与否认"), "denied": Say("customer service", "客服"),
    "buyers": Say("buyers who wrote", "咨询买家"), "unanswered": Say("no answer at all", "无任何答复"), "robot": Say("answered by a robot only", "仅机器人答复"),
    "blocked": Say("shut out", "被拉黑"), "middle": Say("half were answered by a person within", "半数获得人工答复的时间不超过"),
    "method": Say("Only plain offers are heard: what is denied, asked, conditional or told of others is passed over. What the record cannot show is open, never broken. A denial beside a promise is a question to the seller, no finding.", "只计入明确的承诺：否认、提问、附条件或者说的是别家的，一律略过。记录无法显示的，列为待定，不视为违约。客服否认与承诺并列，只是向卖家提出的问题，不是认定。"),
    "foot": Say("Not legal advice.", "不构成法律意见。"),
}  # fmt: skip
KINDS: Mapping[str, Say] = {
    "multiple": Say("X-fold pay for fakes", "假一赔X"), "return_days": Say("days of return", "退货天数"), "no_reason": Say("returns for excepted goods", "除外商品可退"),
    "difference": Say("price difference", "退差价"), "half_price": Say("half price", "半价"), "lottery": Say("prize", "抽奖"), "gift": Say("gift", "赠品"),
    "refund_hours": Say("hours to refund", "退款时限"), "ship_hours": Say("hours to ship", "发货时限"),
}  # fmt: skip
RECORDS: Mapping[str, Say] = {
    "list_price": Say("list prices", "标价"), "draw_log": Say("who won", "中奖名单"), "prize_orders": Say("prize parcels", "奖品发货记录"), "gift_orders": Say("gift parcels", "赠品发货记录"),
}  # fmt: skip


def say(key: str, lang: Lang, **args: object) -> str:
    """A sentence of this page."""
    return phrase(SAYS[key], args, lang)


def onair_page(kept: tuple[Kept, ...], service: Service | None, lines: int, now: int, version: str, again: str, lang: Lang) -> Page:  # fmt: skip
    """The page of what was promised on air."""
    broken = sum(len(k.broken) for k in kept)
    head = say("heard", lang, lines=lines, n=len(kept), broken=broken) if kept or lines else say("silent", lang)  # fmt: skip
    by_session: dict[str, list[Kept]] = {}
    for one in kept:
        by_session.setdefault(one.promise.session or "", []).append(one)
    sections = [_session(name, found, f"s{n}", lang) for n, (name, found) in enumerate(sorted(by_session.items()), start=1)]  # fmt: skip
    if service:
        sections.append(_service(service, lang))
    meta = say("meta", lang, version=version, now=when(now, 480))
    return Page(say("title", lang), meta, (head,), tuple(sections), (say("method", lang),), again, say("foot", lang))  # fmt: skip


def _session(name: str, found: list[Kept], anchor: str, lang: Lang) -> Section:
    heads = tuple(say(k, lang) for k in ("promise", "words", "at", "owed", "kept", "released", "open", "broken", "missing"))  # fmt: skip
    rows = tuple(_row(k, lang) for k in found)
    blocks: list[Block] = [Table(heads, rows)]
    lost = [(k.promise, b) for k in found for b in k.broken]
    if lost:
        hidden = accounts(b.ref for p, b in lost if p.kind == "lottery")
        body = tuple(_lost(p, b, hidden, lang) for p, b in lost)
        blocks.append(Table(tuple(say(k, lang) for k in ("promise", "ref", "sum", "since")), body, title=say("unfulfilled", lang)))  # fmt: skip
    title = say("session", lang, session=masked(name, 60)) if name else say("none", lang)
    return Section(
        anchor,
        title,
        tuple(blocks),
        outcome="suspect" if lost else "",
        word=say("broken", lang) if lost else "",
    )


def _row(kept: Kept, lang: Lang) -> tuple[Cell, ...]:
    promise = kept.promise
    number = f" {fmt.number(promise.number)}" if promise.number is not None else ""
    counts = [kept.owed, kept.kept, kept.released, kept.open, len(kept.broken)]
    cells = [Cell("–", "num")] * 5 if kept.standing else [Cell(fmt.number(n), "num") for n in counts]
    missing = say("standing", lang) if kept.standing else word(RECORDS, kept.missing, lang) if kept.missing else ""  # fmt: skip
    said = Cell(when(promise.at, 480) if promise.at is not None else "–", "when")
    return (Cell(f"{word(KINDS, promise.kind, lang)}{number}"), Cell(masked(promise.text, 160)), said, *cells, Cell(missing, "soft"))  # fmt: skip


def _lost(promise: Promise, broken: Broken, hidden: Mapping[str, str], lang: Lang) -> tuple[Cell, ...]:
    amount = "–" if broken.amount is None else fmt.money(broken.amount, "CNY")
    ref = hidden.get(broken.ref, masked(broken.ref, 60))
    return (Cell(word(KINDS, promise.kind, lang)), Cell(ref), Cell(amount, "num"), Cell(when(broken.since, 480), "when"))  # fmt: skip


def _service(service: Service, lang: Lang) -> Section:
    facts = [
        (say("buyers", lang), fmt.number(service.buyers)),
        (say("unanswered", lang), fmt.number(len(service.unanswered))),
        (say("robot", lang), fmt.number(len(service.robot_only))),
        (say("blocked", lang), fmt.number(len(service.blocked))),
    ]
    if service.first_answer:
        times = sorted(service.first_answer.values())
        facts.append((say("middle", lang), fmt.duration(times[len(times) // 2] / 1e6, lang)))
    blocks: list[Block] = [Facts(tuple(facts))]
    if service.contradictions:
        rows = tuple(
            (Cell(word(KINDS, c.promise.kind, lang)), Cell(masked(c.promise.text, 160)), Cell(masked(c.chat.text, 160)), Cell(when(c.chat.at, 480), "when"))
            for c in service.contradictions
        )  # fmt: skip
        heads = tuple(say(k, lang) for k in ("promise", "words", "denied", "at"))
        blocks.append(Table(heads, rows, title=say("pairs", lang)))
    return Section("service", say("service", lang), tuple(blocks))
