"""A claim as the facts that conditions of the packs speak of: each known, or None.

What a claim lists (traits, services, proofs, promises) is known to be absent where it is not listed. What somebody would
have to tell or establish is None until they do.
"""

from collections.abc import Mapping
from typing import Final

import msgspec

from zhenbo.act.guarantee.times import days_between, ends, latest, months_between
from zhenbo.core.claim import FINDINGS, OF_CLASS, PICTURES, TRAITS, Claim, Finding, Promise, Proof
from zhenbo.core.evidence import Say
from zhenbo.core.session import HOUR

Facts = Mapping[str, object]

_TRAITS = {
    "custom": ("made to the buyer's order", "按消费者要求定作"), "perishable": ("fresh or perishable", "鲜活易腐"),
    "digital": ("digital goods", "数字化商品"), "newspaper": ("a newspaper or periodical", "报纸、期刊"),
    "hygiene": ("opening it can affect health or quality", "拆封后易影响健康安全或者品质"),
    "devalues": ("loses much of its worth once used", "一经激活或者试用价值贬损较大"),
    "near_expiry": ("sold as near its expiry", "销售时已明示临近保质期"), "flawed": ("sold as flawed", "销售时已明示瑕疵"),
    "living": ("alive", "活体"), "ripens": ("fruit that still ripens", "需催熟的水果"), "durable": ("durable", "耐用商品"),
}  # fmt: skip
_ESTABLISHED = {
    "defect": ("a defect", "存在质量问题"), "genuine": ("genuine goods", "为正品"),
    "unsafe_food": ("unsafe food", "食品不符合安全标准"), "fraud": ("fraud, or that the seller knew", "构成欺诈或者经营者明知"),
    "swapped": ("swapped or fabricated by the buyer", "存在掉包、造假"), "flaw_known": ("the buyer knew of the flaw", "消费者事先知悉瑕疵"),
    "purpose_defeated": ("the purchase lost its purpose", "合同目的不能实现"), "label_only": ("only the label is at fault", "仅标签瑕疵"),
    "misdescribed": ("not as described", "与描述不符"), "delivered": ("delivered", "已送达"),
}  # fmt: skip
NAMES: Final[Mapping[str, tuple[str, Say]]] = {
    "kind": ("text", Say("what is asked for", "申请类型")),
    "service": ("text", Say("the service it is decided under", "适用的服务")),
    "goods": ("text", Say("class of the goods", "商品类别")),
    "platform": ("text", Say("platform", "平台")),
    "promise_kind": ("text", Say("kind of the promise claimed", "所主张承诺的类型")),
    "promise_by": ("text", Say("who made the promise", "承诺方")),
    "confirmed": ("text", Say("how the buyer agreed to no returns: each, default, general, none", "消费者确认不可退的方式")),
    **{t: ("bool", Say(*words)) for t, words in _TRAITS.items()},
    **{f: ("bool", Say(f"established: {en}", f"经认定：{zh}")) for f, (en, zh) in _ESTABLISHED.items()},
    "stock": ("bool", Say("made before it was ordered", "下单前已制成")),
    "confirmation_told": ("bool", Say("known how the buyer agreed", "已知消费者如何确认")),
    "opened": ("bool", Say("packaging opened", "外包装已打开")),
    "seal_broken": ("bool", Say("one-time seal broken", "一次性密封已损坏")),
    "activated": ("bool", Say("activated or holding data", "已激活或留有数据")),
    "altered": ("bool", Say("repaired or marks defaced", "维修改动或标识涂改")),
    "worn": ("bool", Say("lasting traces of use", "难以恢复的使用痕迹")),
    "tag_removed": ("bool", Say("tags removed", "吊牌被摘剪")),
    "soiled": ("bool", Say("soiled or damaged", "受污受损")),
    "downloaded": ("bool", Say("downloaded or unsealed", "已下载或拆封")),
    "state_shown": ("bool", Say("the state of the goods is more than the seller's word", "商品状态不止卖家单方说法")),
    "accepts": ("bool", Say("the seller accepts", "卖家同意")),
    "contests": ("bool", Say("the seller contests", "卖家有异议")),
    "answered": ("bool", Say("the seller answered", "卖家已答复")),
    "seller_counters": ("bool", Say("the seller showed proof", "卖家已举证")),
    "chain": ("bool", Say("the seller showed the chain of purchase", "卖家已提供进货链路")),
    "waybill": ("bool", Say("the seller showed delivery", "卖家已提供送达凭证")),
    "shows_photo": ("bool", Say("the buyer showed a picture", "买家已提供照片或视频")),
    "shows_medical": ("bool", Say("the buyer showed a doctor's note", "买家已提供就医证明")),
    "shows_hospital": ("bool", Say("the buyer showed a certificate of a hospital of grade 2A", "买家已提供二级甲等以上医院证明")),
    "shows_confirmation": ("bool", Say("the seller showed a record of confirmation", "卖家已出示确认记录")),
    "shows_chat": ("bool", Say("a chat is shown", "已提供聊天记录")),
    "shows_recording": ("bool", Say("the broadcast is shown", "已提供直播片段")),
    "defect_shown": ("bool", Say("a defect is established or shown", "质量问题已认定或有凭证")),
    "misdescribed_shown": ("bool", Say("a difference is established or shown", "描述不符已认定或有凭证")),
    "damaged_told": ("bool", Say("the damaged share is told", "已说明坏品比例")),
    "severe": ("bool", Say("two faults at once, or over 70 % damaged", "两种以上问题或损坏超过七成")),
    "low_risk": ("bool", Say("shown by a picture, of modest value, not contested", "有照片、金额不高且无异议")),
    "self_operated": ("bool", Say("sold by the platform itself", "平台自营")),
    "seller_identified": ("bool", Say("the seller's identity can be given", "能提供卖家身份信息")),
    "shown_not_seller": ("bool", Say("the room showed who really sells", "直播间已标明实际销售者")),
    "operator_knew": ("bool", Say("the operator knew", "运营者知情")),
    "operator_told": ("bool", Say("the operator is known", "已知运营者")),
    "other_seller": ("bool", Say("operator and seller are two", "运营者并非销售者")),
    "promised_no_reason": ("bool", Say("returns without a reason were promised for these goods", "已承诺此商品无理由退货")),
    "promise_told": ("bool", Say("the promise is told", "已说明承诺内容")),
    "promise_kept": ("bool", Say("the promise was kept", "承诺已履行")),
    "promise_due": ("bool", Say("the promise is due", "承诺已到履行期")),
    "refund_hours_told": ("bool", Say("the order states how fast a refund is", "订单载明退款时限")),
    "refund_hours_over": ("bool", Say("those hours have passed", "该时限已过")),
    "sent_back": ("bool", Say("the goods were sent back", "商品已寄回")),
    "freight_told": ("bool", Say("the freight is told", "已说明运费金额")),
    "cover_told": ("bool", Say("the sum insured is told", "已知保额")),
    "signed_told": ("bool", Say("known when the goods were signed for", "已知签收时间")),
    "within_seven_days": ("bool", Say("raised within seven days of signing, as a term of law", "签收后七日（法定期间）内提出")),
    "refund_overdue": ("bool", Say("seven days from the return have passed, as a term of law", "收到退货后七日（法定期间）已过")),
    "platform_knew": ("bool", Say("the platform knew and did nothing", "平台知情而未采取措施")),
    "receipt_shown": ("bool", Say("the seller showed a receipt", "卖家已提供付款凭证")),
    "days_since_signed": ("number", Say("days since signing", "签收后天数")),
    "months_since_signed": ("number", Say("months since signing", "签收后月数")),
    "days_since_received_back": ("number", Say("days since the seller got the goods back", "卖家收到退货后天数")),
    "paid": ("number", Say("price paid, minor units", "实付价款（分）")),
    "damaged": ("number", Say("damaged share", "坏品比例")),
}  # fmt: skip
"""Every fact: its type and meaning."""

_KNOWING = ("merchant", "seller")
SIDES = frozenset({"buyer", "merchant", "seller", "operator", "host"})
"""Who cannot establish anything alone."""
REFUND_WITHIN = "law 7 d"
"""From getting goods back to the refund (consumer law, article 25; interim measures on seven-day returns, article 13)."""
_SPEAKS = {
    "fake": ("multiple",),
    "no_reason": ("no_reason", "return_days"),
    "late_refund": ("refund_hours",),
    "not_delivered": ("ship_hours",),
}
"""Kinds of promise that a kind of claim can rest on; a claim of a promise rests on any."""


def known(claim: Claim, now: int) -> Claim:
    """The claim as it was known at a moment: what was shown, found or answered later is left out."""
    if all(t <= now for t in claim.moments()):
        return claim
    return msgspec.structs.replace(
        claim,
        proofs=tuple(p for p in claim.proofs if p.at is None or p.at <= now),
        findings=tuple(f for f in claim.findings if f.at is None or f.at <= now),
        answer=claim.answer if claim.answer and (claim.answer.at is None or claim.answer.at <= now) else None,
        received_back_at=claim.received_back_at
        if claim.received_back_at is not None and claim.received_back_at <= now
        else None,
    )


def facts(claim: Claim, now: int, *, most: int, currency: str, suspected: bool) -> dict[str, object]:
    """The facts of a claim.

    Args:
        claim: as known at `now`.
        now: the moment of decision.
        most: up to what amount a claim is of low risk.
        currency: of that amount.
        suspected: whether signs of abuse stand beside the claim: it is then of no low risk, and nothing else changes.
    """
    bought = claim.purchase
    made: dict[str, object] = {
        "kind": claim.kind,
        "goods": bought.goods,
        "platform": bought.platform,
        "paid": bought.paid,
    }
    made |= _of_goods(claim)
    made |= _shown(claim.proofs, claim)
    made |= _found(claim.findings, claim.filed_at)
    made |= _elapsed(claim, now)
    made |= _promised(claim, now, in_time=made["within_seven_days"] is not False)
    contests, photo = made["contests"], made["shows_photo"] or made["shows_medical"]
    made["low_risk"] = bool(photo) and not contests and not suspected and bought.paid <= most and bought.currency == currency  # fmt: skip
    # a reaction is seen on a person: it shows nothing of the goods
    made["defect_shown"] = made["defect"] is True or (bool(photo) and claim.kind != "allergy") or made["inspected"]  # fmt: skip
    made["misdescribed_shown"] = made["misdescribed"] is True or bool(
        photo or made["shows_recording"] or made["shows_chat"]
    )
    del made["inspected"]
    return made


def _of_goods(claim: Claim) -> dict[str, object]:
    bought, state = claim.purchase, claim.state
    traits = {*bought.traits, *OF_CLASS.get(bought.goods, ())}
    return {
        **{t: t in traits for t in TRAITS},
        "stock": bought.stock, "confirmed": bought.confirmed, "confirmation_told": bought.confirmed is not None,
        "opened": state.opened, "seal_broken": state.seal_broken, "activated": state.activated, "altered": state.altered,
        "worn": state.worn, "tag_removed": state.tag_removed, "soiled": state.soiled, "downloaded": state.downloaded,
        "self_operated": bought.self_operated, "seller_identified": bought.seller_identified,
        "shown_not_seller": bought.shown_not_seller, "operator_knew": bought.operator_knew, "platform_knew": bought.platform_knew,
        "operator_told": bought.operator is not None, "other_seller": bought.operator != bought.merchant,
        "damaged": claim.damaged, "damaged_told": claim.damaged is not None,
        "severe": (claim.faults or 0) >= 2 or (claim.damaged or 0.0) > 0.7,
        "freight_told": bought.freight is not None, "cover_told": bought.freight_cover is not None,
    }  # fmt: skip


def _shown(proofs: tuple[Proof, ...], claim: Claim) -> dict[str, object]:
    buyers = {p.kind for p in proofs if p.by not in _KNOWING}
    sellers = {p.kind for p in proofs if p.by in _KNOWING}
    answer = claim.answer
    return {
        "shows_photo": bool(buyers & PICTURES), "shows_medical": bool(buyers & {"medical", "hospital"}),
        "shows_hospital": "hospital" in buyers, "shows_chat": "chat" in buyers | sellers,
        "shows_recording": "recording" in buyers | sellers, "inspected": "inspection" in buyers,
        "chain": "chain" in sellers, "waybill": "waybill" in sellers, "receipt_shown": "receipt" in sellers, "shows_confirmation": "confirmation" in sellers, "sent_back": "waybill" in buyers or claim.received_back_at is not None,
        "seller_counters": bool(sellers), "answered": answer is not None,
        "accepts": answer is not None and answer.says == "accepts",
        "contests": answer is not None and answer.says == "contests",
        "state_shown": claim.state.by != "seller" or bool(sellers & {*PICTURES, "inspection"}),
    }  # fmt: skip


def _found(findings: tuple[Finding, ...], filed_at: int) -> dict[str, object]:
    """What was established; the latest word counts, and two that contradict each other at once tell nothing.

    What one of the two sides says is no finding.
    """
    made: dict[str, object] = dict.fromkeys(FINDINGS)
    since: dict[str, int] = {}
    told = [(filed_at if f.at is None else f.at, f) for f in findings if f.by not in SIDES]
    for at, finding in sorted(told, key=lambda t: t[0]):
        split = since.get(finding.what) == at and made[finding.what] is not finding.holds
        made[finding.what], since[finding.what] = (None if split else finding.holds), at
    read = made.pop("confirmed")
    return (
        made if read is None else made | {"confirmed": "each" if read else "none", "confirmation_told": True}
    )


def _promised(claim: Claim, now: int, *, in_time: bool) -> dict[str, object]:
    kinds = {p.kind for p in claim.promises}
    one = promise(claim)
    rests = one is not None and not (one.kind == "return_days" and in_time)
    hours = next((p.number for p in claim.promises if p.kind == "refund_hours"), None)
    since = min((p.at or claim.filed_at for p in claim.proofs if p.kind == "waybill"), default=None)
    over = None if hours is None or since is None else now > since + hours * HOUR
    return {
        "promised_no_reason": "no_reason" in kinds, "promise_told": one is not None,
        "promise_kind": one.kind if one else None, "promise_by": one.by if one and rests else None,
        "promise_kept": one.kept if one else None, "promise_due": one is not None and (one.due is None or now > one.due),
        "refund_hours_told": hours is not None, "refund_hours_over": over,
    }  # fmt: skip


def promise(claim: Claim) -> Promise | None:
    """The promise that a claim is about: of those its kind can rest on, one that was not kept before one that was."""
    told = [p for p in claim.promises if claim.kind == "promise" or p.kind in _SPEAKS.get(claim.kind, ())]
    return min(told, key=lambda p: (p.kept is True, p.kept is None), default=None)


def _elapsed(claim: Claim, now: int) -> dict[str, object]:
    signed, back, zone = claim.purchase.signed_at, claim.received_back_at, claim.zone
    at = claim.raised_at
    within = None
    if signed is not None:
        within = True if at <= ends(signed, "law 7 d", zone) else None if at <= latest(signed, "law 7 d", zone) else False  # fmt: skip
    return {
        "signed_told": signed is not None,
        "within_seven_days": within,
        "refund_overdue": None if back is None else now > latest(back, REFUND_WITHIN, zone),
        "days_since_signed": None if signed is None else days_between(signed, at, zone),
        "months_since_signed": None if signed is None else months_between(signed, at, zone),
        "days_since_received_back": None if back is None else days_between(back, now, zone),
    }
