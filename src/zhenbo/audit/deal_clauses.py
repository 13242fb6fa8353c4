"""The contract itself: what it leaves open, what it cannot oblige anybody to, where it contradicts itself or the record.

A clause that obliges somebody to fictitious trades, clicks or reviews is void: the Supreme People's Court's provisions on
online consumption (I), in force since 2022-03-15, article 9; E-commerce Law, article 17. How it is told from one that
forbids them, or that may be honest, is in `clause_words`; the words and the law are in `packs/clauses`.
"""

import re
from collections.abc import Iterator, Mapping
from collections.abc import Set as AbstractSet
from datetime import date, datetime, timedelta, timezone

from zhenbo.audit.clause_terms import differing
from zhenbo.audit.clause_words import ClauseLaw
from zhenbo.audit.deal import Phrase, Sums, Told, sums
from zhenbo.core.deal import Deal
from zhenbo.core.evidence import Say
from zhenbo.core.money import portion
from zhenbo.core.papers import Papers
from zhenbo.core.settlement import Clause

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
    "void": Say("The clause is void: {what} ({word}). Nothing is owed by it and nothing can be claimed from it. It says: {clause_text}", "该条款依法无效：{what}（{word}）。不得据此主张权利，也无须据此履行。原文：{clause_text}"),
    "unclear": Say("Unclear, have it read: {what} ({word}). Nothing is decided by it here. It says: {clause_text}", "条款含义不明，请专人审阅：{what}（{word}）。此处不据此作任何认定。原文：{clause_text}"),
    "worded": Say("A clause says what a missed target brings; the settlement goes by the field remedy, which is empty, and counted the fee as agreed. Write into remedy what it means: pro_rata, full, rerun or none (read here as {remedy}). It says: {clause_text}", "有条款约定了未达标的后果，但结算依据的是 remedy 字段，该字段为空，费用暂按约定计。请审阅后填写 remedy：pro_rata、full、rerun 或 none（此处读作 {remedy}）。原文：{clause_text}"),
    "aimless": Say("The contract says what a missed target brings (remedy: {remedy}) and names no target: neither pledged sales (pledge_gmv) nor a return on a fee (roi with slot_fee). Nothing can be missed, and the fee was counted as agreed.", "合同约定了未达标的后果（remedy：{remedy}），但未约定目标：既无保销额（pledge_gmv），也无投产比（roi 与 slot_fee）。无从判断是否达标，费用按约定计。"),
    "feeless": Say("The contract promises a return on the slot fee (roi {roi}) and names no slot fee: that is no target.", "合同承诺投产比（roi {roi}），但未约定坑位费：不构成可核对的目标。"),
    "clawless": Say("The contract says from which share of returns commission comes back ({share_share}) and names no commission: nothing can come back.", "合同约定了佣金退回的退货率（{share_share}），但未约定佣金：没有可退回的款项。"),
    "remedies": Say("Two clauses differ on what a missed target brings ({one} and {other}). Until the sides settle it in writing the fee goes by the field remedy, and stands as agreed where that is empty. One says: {clause_text} The other: {other_text}", "两处条款对未达标的后果约定不一致（{one} 与 {other}）。在双方书面澄清之前，费用以 remedy 字段为准；该字段为空则按约定计。其一：{clause_text} 其二：{other_text}"),
    "remedy_field": Say("A clause words what a missed target brings otherwise ({other}) than the field remedy ({remedy}), by which the fee was counted. It says: {clause_text}", "条款对未达标后果的约定（{other}）与 remedy 字段（{remedy}）不一致，费用按该字段计。原文：{clause_text}"),
    "term_money": Say("The field {name} says {own_minor}, a clause {other_minor}. The settlement goes by the field; settle which holds. It says: {clause_text}", "{name} 字段为 {own_minor}，条款写的是 {other_minor}。结算以字段为准，请确认以何者为准。原文：{clause_text}"),
    "term_share": Say("The field {name} says {own_share}, a clause {other_share}. The settlement goes by the field; settle which holds. It says: {clause_text}", "{name} 字段为 {own_share}，条款写的是 {other_share}。结算以字段为准，请确认以何者为准。原文：{clause_text}"),
    "term_minutes": Say("The field {name} says {own} minutes, a clause {other}. What was performed is measured against the field; settle which holds. It says: {clause_text}", "{name} 字段为 {own} 分钟，条款写的是 {other} 分钟。履行情况以字段为准，请确认以何者为准。原文：{clause_text}"),
    "targets": Say("Two targets that differ: {pledge_minor} pledged, {roi_minor} by the return on the fee. The pledge is used.", "两个目标不一致：保销 {pledge_minor}，按投产比为 {roi_minor}。以保销为准。"),
    "signed": Say("Signed on {signed_us}, after the first broadcast began ({first_us}).", "签署于 {signed_us}，晚于首场开播（{first_us}）。"),
    "rerun": Say("The re-run is due by {rerun_us}, before the first broadcast began ({first_us}).", "返场期限 {rerun_us} 早于首场开播（{first_us}）。"),
    "minutes": Say("{minutes} minutes were agreed; all its broadcasts together last {length} minutes.", "约定讲解 {minutes} 分钟，而全部场次总时长只有 {length} 分钟。"),
    "currency": Say("The contract is in {own}, the sales are in {other}: amounts of two currencies are no sum, so nothing was settled.", "合同币种为 {own}，销售币种为 {other}：两种货币不能相加，未作结算。"),
    "twice": Say("Deal {other} speaks of the same goods in the same broadcast ({session}): the same sales would be paid for twice.", "合同 {other} 对同一场次（{session}）的同一商品另有约定：同一销售额会被重复付费。"),
    "rates": Say("Commission and the platform's cut take {taken_share} of sales and leave less than the goods cost (margin {margin_share}): every sale loses money whatever the fee.", "佣金与平台扣点合计占销售额的 {taken_share}，高于毛利率 {margin_share}：无论坑位费多少，每一单都亏损。"),
    "outside": Say("Broadcast {session} began at {start_us}, outside the time of the contract.", "场次 {session} 于 {start_us} 开播，不在合同期限内。"),
}  # fmt: skip

_EXCEPTIONS = re.compile(r"但|\bhowever\b|\bbut\b")
_CHINA = timezone(timedelta(hours=8))


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
        for name in _silent(deal, _unread(told), sold=sums.pledge is not None, worded=bool(_remedies(told)))
    ]  # fmt: skip


def _unread(told: Told) -> set[str]:
    """Fields of the contract that could not be read."""
    return {r.name for r in told.papers.remarks if r.deal == told.deal.id}


def _silent(deal: Deal, unread: AbstractSet[str], *, sold: bool, worded: bool) -> Iterator[str]:
    """Fields that the contract leaves out; one that could not be read, or that a clause words, is not left out."""
    if not deal.sessions and deal.since is None and deal.until is None:
        yield "sessions"
    if deal.target is not None and deal.remedy is None and not worded and "remedy" not in unread:
        yield "remedy" if sold and deal.slot_fee is not None else "remedy_open"
    if deal.commission_rate and deal.clawback_return_rate is None and "clawback_return_rate" not in unread:
        yield "clawback_return_rate"
    if (
        deal.commission_rate is None
        and deal.slot_fee is None
        and not unread & {"commission_rate", "slot_fee"}
    ):
        yield "commission_rate"
    if deal.slot_fee and deal.minutes is None and "minutes" not in unread:
        yield "minutes"
    if deal.slot_fee and deal.host_scheduled is None:
        yield "host_scheduled"
    if deal.remedy == "rerun" and deal.rerun_by is None:
        yield "rerun_by"
    if deal.signed_on is None and "signed_on" not in unread:
        yield "signed_on"


def voids(told: Told) -> list[Clause]:
    """Clauses that bind nobody: they oblige to fiction, or take from buyers what the law gives them."""
    return [c for c in _read(told) if c.kind == "void"]


def unclear(told: Told) -> list[Clause]:
    """Clauses that a person has to read: they may be honest or not, or say what no field holds."""
    found = [c for c in _read(told) if c.kind == "unclear"]
    worded = _remedies(told)
    if told.deal.remedy is None and told.deal.target is not None and len(worded) == 1:
        kind, clause = next(iter(worded.items()))
        found.append(_unclear(told, "remedy", "worded", {"remedy": kind, "clause_text": clause}))
    return found


def _read(told: Told) -> Iterator[Clause]:
    """What the words of the clauses come to, clause by clause, with the law as it stood on the day of signature."""
    for clause in told.deal.clauses:
        found = told.law.pack.judge(clause)
        if found is None:
            continue
        args = {
            "what": told.phrase(found.rule.says, {}),
            "word": " … ".join(found.words),
            "clause_text": clause,
        }
        titles = [
            told.phrase(Say(c.title("en"), c.title("zh")), {}) for c in told.law.cites(found.rule, _day(told))
        ]
        cites = told.phrase(Say("; ", "；"), {}).join(titles)
        if found.rule.finds == "void" and cites:
            yield Clause(kind="void", field="clauses", says=told.phrase(SAYS["void"], args), cites=cites)
        else:
            yield _unclear(told, "clauses", "unclear", args, cites)


def _unclear(told: Told, name: str, which: str, args: Mapping[str, object], cites: str = "") -> Clause:
    return Clause(kind="unclear", field=name, says=told.phrase(SAYS[which], args), cites=cites)


def _day(told: Told) -> date:
    """The day whose law is cited: of the signature, else of the reading; the newest law where neither is told."""
    at = told.deal.signed_on or told.as_of
    return datetime.fromtimestamp(at // 1_000_000, _CHINA).date() if at else date.max


def _remedies(told: Told) -> dict[str, str]:
    """What a missed target brings in the words of the clauses: `none`, `pro_rata`, `full`, `rerun` (and no money) or `open`, each with its clause."""
    found: dict[str, str] = {}
    for clause in told.deal.clauses:
        for passage in told.law.pack.passages(clause):
            exception = _EXCEPTIONS.split(passage.whole)[-1]
            kind = _returned(told, exception) or _returned(told, passage.whole) or _kept(told, passage.whole)
            if kind:
                found.setdefault(kind, clause)
    return found


def _returned(told: Told, text: str) -> str | None:
    """How much of the fee a missed target brings back by a sentence."""
    says = told.law.pack.says
    if (
        says("again", text)
        and says("fee_stays", text)
        and not says("fee_reserve", text)
        and not says("other_money", text)
    ):
        return "rerun"
    if not (says("missed", text) and says("fee_back", text)) or says("fee_stays", text):
        return None
    if says("other_money", text) and not says("fee_named", text):
        return None
    return "pro_rata" if says("pro_rata", text) else "full" if says("whole", text) else "open"


def _kept(told: Told, text: str) -> str | None:
    """Whether the fee stays by a sentence whatever comes."""
    says = told.law.pack.says
    return "none" if says("fee_kept", text) and not says("fee_reserve", text) else None


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


def unsigned(deal: Deal, papers: Papers, phrase: Phrase, law: ClauseLaw) -> list[Clause]:
    """All that is to be said of a contract before it is signed; that it carries no date yet is no remark."""
    told = Told(deal, (), (), papers, None, 0, phrase, law)
    money = sums(told)
    found = [*voids(told), *unclear(told), *contradictions(told, money), *missing(told, money)]
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
    yield from _aims(told)
    yield from _terms(deal)
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


def _aims(told: Told) -> Iterator[tuple[str, str, dict[str, object]]]:
    """Consequences without what they are consequences of, and clauses that differ on them."""
    deal, unread, worded = told.deal, _unread(told), _remedies(told)
    if deal.roi is not None and deal.slot_fee is None and "slot_fee" not in unread:
        yield "feeless", "roi", {"roi": deal.roi}
    elif (
        deal.target is None
        and deal.remedy not in (None, "none")
        and not unread & {"pledge_gmv", "roi", "slot_fee"}
    ):
        yield "aimless", "remedy", {"remedy": deal.remedy}
    if deal.clawback_return_rate is not None and not deal.commission_rate and "commission_rate" not in unread:
        yield "clawless", "clawback_return_rate", {"share_share": float(deal.clawback_return_rate)}
    if len(worded) > 1:
        (one, clause), (other, text) = sorted(worded.items())[:2]
        yield "remedies", "clauses", {"one": one, "other": other, "clause_text": clause, "other_text": text}
    elif worded and deal.remedy is not None:
        other, clause = next(iter(worded.items()))
        if other not in (deal.remedy, "open") or (other == "open" and deal.remedy == "none"):
            yield "remedy_field", "remedy", {"remedy": deal.remedy, "other": other, "clause_text": clause}


def _terms(deal: Deal) -> Iterator[tuple[str, str, dict[str, object]]]:
    """Fields whose amount the clauses put otherwise."""
    for one in differing(deal):
        kind, args = one.term.kind, {"name": one.term.field, "clause_text": one.clause}
        if kind == "money":
            yield (
                "term_money",
                one.term.field,
                {**args, "own_minor": int(one.own), "other_minor": int(one.other)},
            )
        elif kind == "share":
            yield (
                "term_share",
                one.term.field,
                {**args, "own_share": float(one.own), "other_share": float(one.other)},
            )
        else:
            yield "term_minutes", one.term.field, {**args, "own": int(one.own), "other": float(one.other)}


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
