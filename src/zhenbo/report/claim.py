"""Pages of claims: one decision in plain words for the buyer, and a desk of many for whoever runs it."""

import re
from collections.abc import Callable, Mapping, Sequence

from zhenbo.act.guarantee.facts import NAMES
from zhenbo.core.claim import Citation, Claim, Clock, Decision, Reason
from zhenbo.core.evidence import Say
from zhenbo.report import format as fmt
from zhenbo.report.i18n import Lang
from zhenbo.report.mask import masked
from zhenbo.report.page import Cell, Facts, Lines, Page, Section, Table, clauses, listed
from zhenbo.report.phrase import phrase

Titles = Callable[[Citation, Lang], str]
"""A clause as a reader meets it, e.g. 消费者权益保护法第二十五条."""

_NAME = re.compile(r"[a-z_]+")
SAYS: Mapping[str, Say] = {
    "title": Say("Your claim {id}", "您的申请 {id}"),
    "titles": Say("Claims: decisions", "申请处理结果"),
    "meta": Say("zhenbo {version} · as of {now}", "zhenbo {version} · 截至 {now}"),
    "order": Say("order {order} · {goods} · paid {paid}", "订单 {order} · {goods} · 实付 {paid}"),
    "pay": Say("Granted", "支持"),
    "ask": Say("Not decided yet", "尚待处理"),
    "refuse": Say("Not granted", "不予支持"),
    "redirect": Say("Goes on under another right", "转按其他权利处理"),
    "you_get": Say("You get", "您将获得"),
    "would_get": Say("If it is granted", "如获支持"),
    "in_all": Say("In all, if it is granted too", "如一并支持，合计"),
    "made_of": Say("made of", "构成"),
    "who": Say("Who owes it", "由谁承担"),
    "now": Say("When", "何时"),
    "now_says": Say("Paid now from the protection fund, which has it back from the seller.", "由保障基金先行赔付，再向卖家追偿。"),
    "fund_says": Say("If the seller does not refund in time, the protection fund does, and has it back from the seller.", "卖家逾期未退款的，由保障基金先行赔付，再向卖家追偿。"),
    "back_says": Say("The goods go back to the seller; the refund follows within seven days of their arrival.", "请退回商品；卖家收到后七日内退款。"),
    "keep_says": Say("You need not send the goods back.", "无需退回商品。"),
    "why": Say("Why", "为什么"),
    "decided": Say("what decided", "决定性条件"),
    "clause": Say("clause", "依据条款"),
    "condition": Say("what was asked", "审查的问题"),
    "rule": Say("rule", "规则"),
    "do": Say("What is wanted", "需要什么"),
    "of": Say("from", "由谁提供"),
    "whose": Say("whose", "由谁"),
    "by": Say("until", "截止"),
    "what": Say("what", "内容"),
    "clocks": Say("Clocks", "时限"),
    "over": Say("over", "已过"),
    "open": Say("from then", "自该事件起算"),
    "notes": Say("Also", "另外"),
    "review": Say("A person decides this", "由人工决定"),
    "next": Say("Under {service}", "按{service}处理"),
    "appeal": Say("If you disagree", "如不同意"),
    "appeal_says": Say("You, and the seller, can appeal until {until}; a person decides it. Whatever is decided here, you can complain to the market regulator, which answers within seven working days, turn to the consumer association, or go to court.", "您和卖家均可在 {until} 前申诉，由人工处理。无论此处如何决定，您都可以向市场监督管理部门投诉（七个工作日内处理）、请求消费者组织调解，或者向法院起诉。"),
    "method": Say("The decision applies the rules of the day of your order to the facts told. What nobody knows counts neither for nor against you. Signs of abuse never refuse a claim; they only let a person look first.", "本决定按下单当日的规则适用于已知事实。无人知晓的事实对任何一方都不作不利认定。滥用迹象不会导致拒绝，只会先由人工查看。"),
    "foot": Say("Not legal advice.", "不构成法律意见。"),
    "desk": Say("The desk", "总览"),
    "count": Say("claims", "申请"),
    "outcomes": Say("Decisions", "处理结果"),
    "outcome": Say("outcome", "结果"),
    "share": Say("share", "占比"),
    "service": Say("service", "服务或权利"),
    "reasons": Say("What decided", "决定性条件"),
    "paid": Say("to be paid", "应付金额"),
    "advanced": Say("of it paid in advance", "其中先行赔付"),
    "owed_by": Say("owed by", "承担方"),
    "speed": Say("from everything shown to decided", "材料齐备到决定"),
    "speed_says": Say("{soon} of {shown} within three minutes; half within {middle}, nine of ten within {nine}", "{shown} 件中 {soon} 件在三分钟内；半数不超过 {middle}，九成不超过 {nine}"),
    "missed": Say("Clocks missed", "超时"),
    "waiting": Say("waiting for", "等待"),
    "held": Say("not decided fast, because of signs", "因滥用迹象未走快速处理"),
    "rings": Say("Buyers who claim as one", "协同申请的买家"),
    "rings_says": Say("Ties alone are no sign: families, dormitories and offices are tied too and claim at the usual rate ({rate} claims per order). None of these claims was refused because of it.", "仅有关联不构成迹象：家庭、宿舍、办公室同样相连，但申请频率正常（每单 {rate}）。没有任何申请因此被拒绝。"),
    "ring": Say("ring", "团伙"), "buyers": Say("buyers", "买家"), "orders": Say("orders", "订单"), "expected": Say("at most expected", "至多预期"),
    "pictures": Say("pictures reused", "重复图片"), "worth": Say("paid for the goods", "商品实付"), "since": Say("seen since", "最早可见"), "ties": Say("among them", "其中"),
    "claim": Say("claim", "申请"), "amount": Say("amount", "金额"), "sentence": Say("why", "原因"), "all": Say("Claims", "逐件"),
    "rejects": Say("{n} lines could not be read: see the messages.", "{n} 行无法读取，见提示。"),
}  # fmt: skip
PARTIES: Mapping[str, Say] = {
    "merchant": Say("the seller", "卖家"), "operator": Say("the room's operator", "直播间运营者"), "host": Say("the host", "主播"),
    "platform": Say("the platform", "平台"), "insurer": Say("the insurer", "保险人"), "buyer": Say("you", "您（买家）"),
    "person": Say("a person of the platform", "平台人工"),
}  # fmt: skip
PROOFS: Mapping[str, Say] = {
    "photo": Say("a photo", "照片"), "video": Say("a video", "视频"), "unboxing": Say("an unboxing video", "开箱视频"),
    "medical": Say("a doctor's note", "就医证明"), "hospital": Say("a stamped hospital certificate", "医院盖章证明"),
    "inspection": Say("an inspection or a person's look", "检测或人工核查"), "appraisal": Say("an appraisal", "鉴定"), "chat": Say("the chat", "聊天记录"),
    "recording": Say("the minute of the broadcast", "直播片段"), "receipt": Say("a receipt or the terms", "票据或条款"), "waybill": Say("the carrier's record", "物流签收记录"),
    "chain": Say("papers of purchase and authorisation", "进货与授权凭证"), "confirmation": Say("the record of confirmation", "确认记录"),
    "marking": Say("how the room named the seller", "直播间标明销售者的方式"), "answer": Say("an answer", "答复"),
}  # fmt: skip
REMEDIES: Mapping[str, Say] = {
    "refund_return": Say("return and refund", "退货退款"), "refund_only": Say("refund, goods stay", "仅退款"), "compensation": Say("compensation", "赔偿"),
    "replace_or_repair": Say("replacement or repair", "更换或者修理"), "freight": Say("freight", "运费"), "perform": Say("the promise is kept", "履行承诺"),
}  # fmt: skip
GOODS: Mapping[str, Say] = {
    "fresh": Say("fresh goods", "生鲜"), "eggs": Say("eggs", "蛋品"), "food": Say("food", "食品"), "health_food": Say("health food", "保健食品"),
    "cosmetics": Say("cosmetics", "化妆品"), "medical_device": Say("a medical device", "医疗器械"), "contraceptive": Say("contraceptives", "计生用品"),
    "electronics": Say("electronics", "电子电器"), "apparel": Say("clothes", "服装"), "shoes": Say("shoes", "鞋"), "bags": Say("bags", "箱包"), "toys": Say("toys", "玩具"),
    "home_textile": Say("home textiles", "家纺"), "home": Say("household goods", "家居"), "digital": Say("digital goods", "数字化商品"),
    "newspaper": Say("newspapers", "报刊"), "jewellery": Say("jewellery", "珠宝"), "other": Say("goods", "商品"),
}  # fmt: skip
_BANNERS = {"pay": "unlikely", "ask": "insufficient", "redirect": "insufficient", "refuse": "suspect"}


def say(key: str, lang: Lang, **args: object) -> str:
    """A sentence of these pages."""
    return phrase(SAYS[key], args, lang)


def text(one: Say, lang: Lang) -> str:
    """A sentence as it stands, made safe."""
    return masked(one.zh if lang == "zh" else one.en, 900)


def word(words: Mapping[str, Say], key: str, lang: Lang) -> str:
    """The name of a thing; its id where it has none."""
    return text(words[key], lang) if key in words else masked(key, 60)


def claim_page(claim: Claim, decision: Decision, titles: Titles, names: Mapping[str, Say], version: str, again: str, lang: Lang) -> Page:  # fmt: skip
    """The page of one claim, for its buyer."""
    bought = claim.purchase
    goods, paid = word(GOODS, bought.goods, lang), fmt.money(bought.paid, bought.currency)
    meta = say("meta", lang, version=version, now=when(decision.at, claim.zone))
    order = say("order", lang, order=masked(bought.id, 60), goods=goods, paid=paid)
    sections = [_decision(claim, decision, titles, names, lang, "d1")]
    onward = decision.then
    if onward:
        sections.append(_decision(claim, onward, titles, names, lang, "d2", beside=decision.outcome == "pay"))
    last = onward if decision.outcome == "redirect" and onward else decision
    until = when(last.appeal or decision.at, claim.zone)
    if last.outcome in {"pay", "refuse"}:
        sections.append(Section("appeal", say("appeal", lang), (Lines((say("appeal_says", lang, until=until),)),)))  # fmt: skip
    return Page(
        say("title", lang, id=masked(claim.id, 60)), meta, (order,), tuple(sections), (say("method", lang),), again, say("foot", lang)
    )  # fmt: skip


def _decision(claim: Claim, decision: Decision, titles: Titles, names: Mapping[str, Say], lang: Lang, anchor: str, *, beside: bool = False) -> Section:  # fmt: skip
    """One decision; `beside` one that pays already it would bring more in all, and not once more."""
    blocks: list[Facts | Lines | Table] = []
    money = _money(claim, decision, titles, lang, "in_all" if beside else "would_get")
    if money:
        blocks.append(Facts(money))
    if decision.wanted:
        blocks.append(_wanted(claim, decision, lang))
    if decision.review:
        blocks.append(Lines(tuple(text(r, lang) for r in decision.review), title=say("review", lang), listed=True))  # fmt: skip
    blocks.append(Facts(_why(decision, titles, lang), title=say("why", lang)))
    if decision.clocks:
        blocks.append(_clocks(claim, decision.clocks, titles, lang))
    if decision.notes:
        lines = tuple(_noted(n, titles, lang) for n in decision.notes)
        blocks.append(Lines(lines, title=say("notes", lang), listed=True))
    title = word(names, decision.service, lang) if decision.service else word(names, claim.kind, lang)
    return Section(
        anchor, title, tuple(blocks), outcome=_BANNERS[decision.outcome], banner=(text(decision.reason.says, lang),),
        word=say(decision.outcome, lang),
    )  # fmt: skip


def _money(claim: Claim, decision: Decision, titles: Titles, lang: Lang, would: str) -> tuple[tuple[str, str], ...]:  # fmt: skip
    """What the buyer gets, of what it is made, from whom and when."""
    if decision.outcome not in {"pay", "ask"} or not (decision.remedy or decision.amount):
        return ()
    worth = fmt.money(decision.amount, decision.currency) if decision.amount else ""
    remedy = word(REMEDIES, decision.remedy, lang) if decision.remedy else ""
    head = say("you_get" if decision.outcome == "pay" else would, lang)
    rows = [(head, " · ".join(t for t in (worth, remedy) if t))]
    if len(decision.parts) > 1 or any(p.what != "price" for p in decision.parts):
        made = listed([f"{text(p.says, lang)} {fmt.money(p.amount, decision.currency)}" for p in decision.parts], lang)  # fmt: skip
        rows.append((say("made_of", lang), made))
    if decision.outcome == "pay":
        rows.append((say("now", lang), _how(claim, decision, lang)))
    if decision.liable:
        who = word(PARTIES, decision.liable.party, lang)
        name = f" ({masked(decision.liable.name, 60)})" if decision.liable.name else ""
        cites = clauses([titles(c, lang) for c in decision.liable.cites], lang)
        rows.append((say("who", lang), f"{who}{name}: {text(decision.liable.says, lang)}{f' [{cites}]' if cites else ''}"))  # fmt: skip
    return tuple(rows)


def _how(claim: Claim, decision: Decision, lang: Lang) -> str:
    said = []
    returns = decision.remedy == "refund_return" and claim.received_back_at is None
    if returns:
        said.append(say("back_says", lang))
    elif decision.remedy == "refund_only":
        said.append(say("keep_says", lang))
    if decision.advance:
        said.append(say("fund_says" if returns else "now_says", lang))
    return " ".join(said) or word(REMEDIES, decision.remedy, lang)


def _wanted(claim: Claim, decision: Decision, lang: Lang) -> Table:
    rows = tuple(
        (
            Cell(word(PARTIES, w.of, lang)), Cell(listed([word(PROOFS, k, lang) for k in w.kinds], lang)), Cell(text(w.says, lang)),
            Cell(when(w.until, claim.zone) if w.until is not None else "–", "when"),
        )
        for w in decision.wanted
    )  # fmt: skip
    return Table(
        (say("of", lang), say("do", lang), say("what", lang), say("by", lang)), rows, title=say("do", lang)
    )


def _why(decision: Decision, titles: Titles, lang: Lang) -> tuple[tuple[str, str], ...]:
    reason = decision.reason
    rows = []
    if reason.cites:
        rows.append((say("clause", lang), clauses([titles(c, lang) for c in reason.cites], lang)))
    named = dict.fromkeys(n for n in _NAME.findall(reason.when) if n in NAMES)
    if named:
        rows.append((say("condition", lang), " · ".join(_asked(n, lang) for n in named)))
    if decision.rule:
        code = f": {reason.when}" if reason.when else ""
        rows.append((say("rule", lang), masked(f"{decision.rule} · {reason.step}{code}", 500)))
    return tuple(rows)


def _asked(name: str, lang: Lang) -> str:
    """A fact as the question it is: that it was asked does not say that it is so."""
    kind, says = NAMES[name]
    mark = "" if kind != "bool" else "？" if lang == "zh" else "?"
    return text(says, lang) + mark


def _clocks(claim: Claim, clocks: Sequence[Clock], titles: Titles, lang: Lang) -> Table:
    rows = []
    for clock in clocks:
        until = when(clock.until, claim.zone) if clock.until is not None else say("open", lang)
        late = f" ({say('over', lang)})" if clock.missed else ""
        cites = clauses([titles(c, lang) for c in clock.cites], lang)
        rows.append((Cell(word(PARTIES, clock.by, lang)), Cell(text(clock.says, lang)), Cell(f"{until}{late}", "when"), Cell(cites, "soft")))  # fmt: skip
    heads = (say("whose", lang), say("what", lang), say("by", lang), say("clause", lang))
    return Table(heads, tuple(rows), title=say("clocks", lang))


def _noted(note: Reason, titles: Titles, lang: Lang) -> str:
    cites = clauses([titles(c, lang) for c in note.cites], lang)
    return f"{text(note.says, lang)}{f' [{cites}]' if cites else ''}"


def when(at: int, zone: int) -> str:
    """A moment in the zone of the claim."""
    hours, minutes = divmod(abs(zone), 60)
    sign = "+" if zone >= 0 else "−"
    return f"{fmt.clock(at + zone * 60_000_000, '%Y-%m-%d %H:%M')} ({sign}{hours:02}:{minutes:02})"
