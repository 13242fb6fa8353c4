"""The contract itself: what it leaves open, what it cannot oblige anybody to, where it contradicts itself or the record.

A clause that obliges somebody to fictitious trades, clicks or reviews is void: the Supreme People's Court's provisions on
online consumption (I), in force since 2022-03-15, article 9; E-commerce Law, article 17. A clause that forbids them, or
says what follows when they are found, is what an honest contract has, and is told from the other by its own words.
"""

import re
from collections.abc import Iterator
from collections.abc import Set as AbstractSet

from zhenbo.audit.deal import Phrase, Sums, Told, sums
from zhenbo.core.deal import Deal
from zhenbo.core.evidence import Say
from zhenbo.core.money import portion
from zhenbo.core.papers import Papers
from zhenbo.core.settlement import Clause

VOID_LAW = Say(
    "Supreme People's Court, Provisions on Several Issues concerning the Application of Law in Online Consumption Disputes (I), in force 2022-03-15, art. 9; E-commerce Law, art. 17",
    "《最高人民法院关于审理网络消费纠纷案件适用法律若干问题的规定（一）》（2022-03-15 起施行）第九条；《电子商务法》第十七条",
)
CUSTOM = Say(
    "Trade custom as the press of 2020 reports it (FIELD A19): commission is not given back below 50 % of returns. A custom, no law.",
    "2020 年媒体报道的行业惯例（FIELD A19）：退货率低于 50% 时不退佣金。惯例并非法律。",
)
NO_LAW = Say("", "")

MISSING = {
    "sessions": (Say("The contract names neither broadcasts nor a time: nothing in the record can be laid at its door.", "合同未写明场次或时间：记录中的任何场次都无法对应到本合同。"), NO_LAW),
    "remedy": (Say("The contract promises {target_minor} and does not say what a missed target brings. The fee stands as agreed; in proportion to verified sales it would be {fair_minor}. Settle it in writing: pro_rata, full or rerun.", "合同承诺销售额 {target_minor}，但未约定未达标的后果。费用仍按约定计；若按核实销售额比例计算则为 {fair_minor}。请书面补充：按比例退、全额退或返场。"), NO_LAW),
    "remedy_open": (Say("The contract promises {target_minor} and does not say what a missed target brings: then the fee stands as agreed. Settle it in writing before signing: pro_rata, full or rerun.", "合同承诺销售额 {target_minor}，但未约定未达标的后果：届时费用仍按约定计。请在签约前书面补充：按比例退、全额退或返场。"), NO_LAW),
    "clawback_return_rate": (Say("The contract pays commission and is silent on returned goods. Here commission is counted on verified sales only; whoever wants the custom must write it down.", "合同约定了佣金，但未约定退货后的处理。此处仅按核实销售额计佣；如适用惯例，请写入合同。"), CUSTOM),
    "commission_rate": (Say("The contract names neither a slot fee nor a commission: nothing is due by it.", "合同既无坑位费也无佣金：据此没有应付款项。"), NO_LAW),
    "minutes": (Say("The contract buys a slot and does not say for how long: a short explanation breaks nothing in it.", "合同购买坑位但未约定讲解时长：讲解过短并不违反合同条款。"), NO_LAW),
    "host_scheduled": (Say("The contract does not say who stands before the camera: another host breaks nothing in it.", "合同未约定出镜主播：更换主播并不违反合同条款。"), NO_LAW),
    "rerun_by": (Say("The contract promises another broadcast for a missed target and no date for it.", "合同约定未达标则返场，但未写明期限。"), NO_LAW),
    "signed_on": (Say("The contract carries no date of signature.", "合同没有签署日期。"), NO_LAW),
}  # fmt: skip

SAYS = {
    "void": Say("The clause obliges somebody to fictitious trades, clicks or reviews ({word}) and is void: nothing is owed by it and nothing can be claimed from it. It says: {clause_text}", "该条款要求实施虚假交易、点击或评价（{word}），依法无效：不得据此主张权利，也无须据此履行。原文：{clause_text}"),
    "targets": Say("Two targets that differ: {pledge_minor} pledged, {roi_minor} by the return on the fee. The pledge is used.", "两个目标不一致：保销 {pledge_minor}，按投产比为 {roi_minor}。以保销为准。"),
    "signed": Say("Signed on {signed_us}, after the first broadcast began ({first_us}).", "签署于 {signed_us}，晚于首场开播（{first_us}）。"),
    "rerun": Say("The re-run is due by {rerun_us}, before the first broadcast began ({first_us}).", "返场期限 {rerun_us} 早于首场开播（{first_us}）。"),
    "minutes": Say("{minutes} minutes were agreed; all its broadcasts together last {length} minutes.", "约定讲解 {minutes} 分钟，而全部场次总时长只有 {length} 分钟。"),
    "currency": Say("The contract is in {own}, the sales are in {other}: amounts of two currencies are no sum, so nothing was settled.", "合同币种为 {own}，销售币种为 {other}：两种货币不能相加，未作结算。"),
    "twice": Say("Deal {other} speaks of the same goods in the same broadcast ({session}): the same sales would be paid for twice.", "合同 {other} 对同一场次（{session}）的同一商品另有约定：同一销售额会被重复付费。"),
    "rates": Say("Commission and the platform's cut take {taken_share} of sales and leave less than the goods cost (margin {margin_share}): every sale loses money whatever the fee.", "佣金与平台扣点合计占销售额的 {taken_share}，高于毛利率 {margin_share}：无论坑位费多少，每一单都亏损。"),
    "outside": Say("Broadcast {session} began at {start_us}, outside the time of the contract.", "场次 {session} 于 {start_us} 开播，不在合同期限内。"),
}  # fmt: skip

_FICTION = re.compile(
    r"刷单|补单|刷量|补量|刷数据|做数据|冲数据|刷销量|空包|拍[AaＡ]发[BbＢ]|代拍|自买自|假单|虚假交易|虚构交易|刷赞|刷粉|买粉|刷人气|刷评|好评返现|水军|僵尸粉|机器人观众"
    r"|fictitious (?:trade|order|transaction|click|review)s?|fake (?:order|review|viewer|like|follower)s?|brush(?:ed|ing)? orders?|order brushing|brushing"
    r"|self-purchases?|bot viewers?|buy(?:s|ing)? (?:back )?its own",
    re.IGNORECASE,
)
_FORBIDS = re.compile(
    r"不得|不能|不可|不会|不应|不准|不允许|不存在|不参与|不进行|不做|不刷|不以|禁止|严禁|杜绝|拒绝|避免|防止|无任何|没有|未|非|若|如|凡|一旦|发现|涉嫌|被认定|违反|违约|视为|处罚|追究|赔偿|退还|扣除|剔除|除外|不含|不计|举报|核查|识别|监测|认定"
    r"|\bno\b|\bnot\b|n't\b|never|prohibit|forbid|forbidden|without|refrain|exclud|if\b|any\b|detected|found|penalt|breach|liable|deduct|report|prevent|avoid|against|monitor",
    re.IGNORECASE,
)
_OBLIGES = re.compile(
    r"应|须|需|要|负责|安排|提供|保证|承诺|协助|配合|完成|组织|补足|补齐|确保|同意|可以?|由"
    r"|\bmust\b|\bshall\b|\bwill\b|agrees?|provides?|arranges?|ensures?|may\b|undertakes?|completes?",
    re.IGNORECASE,
)
_PHRASES = re.compile(r"[。；;！!？?\n，,]|\.(?:\s|$)")


def void(clause: str) -> str | None:
    """The words by which a clause obliges to fictitious trades, clicks or reviews; None where it does not.

    Examples:
        >>> void("乙方应在当晚安排补单200单"), void("双方不得刷单，如有刷单应退还费用")
        ('补单', None)
        >>> void("Party B shall arrange fake orders up to the pledge."), void("Any brushing found shall be refunded.")
        ('fake orders', None)
    """
    for part in _PHRASES.split(clause):
        said = _FICTION.search(part)
        if said and not _FORBIDS.search(part[: said.start()] + part[said.end() :]) and _OBLIGES.search(part):
            return said[0]
    return None


def missing(told: Told, sums: Sums) -> list[Clause]:
    """Clauses whose absence decided something."""
    deal = told.deal
    args = {
        "target_minor": deal.target,
        "fair_minor": sums.pledge.fair_fee if sums.pledge else None,
        "currency": sums.currency,
    }
    return [
        Clause(kind="missing", field=name.removesuffix("_open"), says=told.phrase(MISSING[name][0], args), cites=told.phrase(MISSING[name][1], {}))
        for name in _silent(deal, {r.name for r in told.papers.remarks if r.deal == deal.id}, sold=sums.pledge is not None)
    ]  # fmt: skip


def _silent(deal: Deal, unread: AbstractSet[str], *, sold: bool) -> Iterator[str]:
    """Fields that the contract leaves out; a field that could not be read is not left out."""
    if not deal.sessions and deal.since is None and deal.until is None:
        yield "sessions"
    if deal.target is not None and deal.remedy is None:
        yield "remedy" if sold and deal.slot_fee is not None else "remedy_open"
    if deal.commission_rate and deal.clawback_return_rate is None:
        yield "clawback_return_rate"
    if (
        deal.commission_rate is None
        and deal.slot_fee is None
        and not unread & {"commission_rate", "slot_fee"}
    ):
        yield "commission_rate"
    if deal.slot_fee and deal.minutes is None:
        yield "minutes"
    if deal.slot_fee and deal.host_scheduled is None:
        yield "host_scheduled"
    if deal.remedy == "rerun" and deal.rerun_by is None:
        yield "rerun_by"
    if deal.signed_on is None:
        yield "signed_on"


def voids(told: Told) -> list[Clause]:
    """Clauses that oblige nobody, because they oblige to fiction."""
    found = [(clause, word) for clause in told.deal.clauses if (word := void(clause))]
    return [
        Clause(kind="void", field="clauses", says=told.phrase(SAYS["void"], {"word": word, "clause_text": clause}), cites=told.phrase(VOID_LAW, {}))
        for clause, word in found
    ]  # fmt: skip


def contradictions(told: Told, sums: Sums) -> list[Clause]:
    """Where the contract contradicts itself, another contract or the record; what the papers' reader refused stands first."""
    unread = [
        Clause(
            kind="unreadable",
            field=r.name,
            says=f"{', '.join(x for x in (r.file, r.entry, r.name) if x)}: {told.phrase(r.say, r.args)}",
        )
        for r in told.papers.remarks
        if r.deal == told.deal.id
    ]
    return [
        *unread,
        *(_against(told, which, name, args, sums.currency) for which, name, args in _found(told)),
    ]


def unsigned(deal: Deal, papers: Papers, phrase: Phrase) -> list[Clause]:
    """All that is to be said of a contract before it is signed; that it carries no date yet is no remark."""
    told = Told(deal, (), (), papers, None, 0, phrase)
    money = sums(told)
    found = [*voids(told), *contradictions(told, money), *missing(told, money)]
    return [c for c in found if c.field not in {"signed_on", "sessions"}]


def _against(told: Told, which: str, name: str, args: dict[str, object], currency: str) -> Clause:
    return Clause(
        kind="contradiction", field=name, says=told.phrase(SAYS[which], {"currency": currency, **args})
    )


def _found(told: Told) -> Iterator[tuple[str, str, dict[str, object]]]:
    deal, parts = told.deal, told.parts
    if deal.pledge_gmv is not None and deal.roi is not None and deal.slot_fee is not None:
        by_roi = portion(deal.slot_fee, deal.roi)
        if by_roi != deal.pledge_gmv:
            yield "targets", "pledge_gmv", {"pledge_minor": deal.pledge_gmv, "roi_minor": by_roi}
    sold = next((p.currency for p in parts if p.currency), None)
    if deal.currency and sold and deal.currency != sold:
        yield "currency", "currency", {"own": deal.currency, "other": sold}
    taken = (deal.commission_rate or 0) + (deal.platform_rate or 0)
    if deal.gross_margin is not None and taken > deal.gross_margin:
        yield (
            "rates",
            "commission_rate",
            {"taken_share": float(taken), "margin_share": float(deal.gross_margin)},
        )
    if parts:
        first = min(p.start for p in parts)
        if deal.signed_on is not None and deal.signed_on > first:
            yield "signed", "signed_on", {"signed_us": deal.signed_on, "first_us": first}
        if deal.rerun_by is not None and deal.rerun_by < first:
            yield "rerun", "rerun_by", {"rerun_us": deal.rerun_by, "first_us": first}
        length = sum(p.end - p.start for p in parts) / 60e6
        whole = len(parts) == max(len(deal.sessions), 1)
        if deal.minutes is not None and whole and deal.minutes > length + 1:
            yield "minutes", "minutes", {"minutes": deal.minutes, "length": round(length)}
    for part in parts:
        late = deal.until is not None and part.start > deal.until
        if deal.sessions and (late or (deal.since is not None and part.start < deal.since)):
            yield "outside", "sessions", {"session": part.session_id, "start_us": part.start}
    yield from _claimed_twice(told)


def _claimed_twice(told: Told) -> Iterator[tuple[str, str, dict[str, object]]]:
    """Another deal on the same goods of the same broadcast, for another merchant or host side."""
    deal = told.deal
    mine = {p.session_id for p in told.parts}
    for other in told.papers.deals:
        if other.id == deal.id or not (
            set(deal.products) & set(other.products) or not (deal.products and other.products)
        ):
            continue
        shared = sorted(mine & set(other.sessions))
        if shared and (deal.slot_fee is not None) == (other.slot_fee is not None):
            yield "twice", "products", {"other": other.id, "session": shared[0]}
