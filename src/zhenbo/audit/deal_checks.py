"""The ten complaints of merchants (FIELD 6) and some questions of our own, each with a measure and an answer.

"yes" means that the complaint is right. Where the record lacks what the measure needs, or the contract is silent, the
answer is "cannot tell" with what is missing; silence is never "no".
"""

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

from zhenbo.audit.deal import Sums, Told, average_order, kept_share
from zhenbo.audit.deal_pledge import NEAR, bunch_of, displayed, stretch_of
from zhenbo.audit.performed import Tie
from zhenbo.core.evidence import EVENTS_CITED, Say
from zhenbo.core.parties import OPERATES
from zhenbo.core.session import DAY
from zhenbo.core.settlement import Answer, Check, PledgeSeen, Span
from zhenbo.core.subject import Outcome
from zhenbo.core.verdict import Z90

TITLES = {
    "fee_high": Say("Slot fee too high", "坑位费高"),
    "sold_little": Say("Little sold", "产出低"),
    "returns_high": Say("High returns", "退货率高"),
    "shop_traffic": Say("Little traffic into the shop", "入店流量低"),
    "minutes": Say("Explanation short, points missed", "讲解时间短、卖点缺失"),
    "recruitment": Say("Recruited with figures that do not hold", "招商数据不实"),
    "host_substituted": Say("Host substituted", "主播被替换"),
    "rerun": Say("Agreed re-run not done", "约定返场未履行"),
    "link": Say("Link and product do not match", "链接与产品不匹配"),
    "samples": Say("Samples taken, no broadcast", "收样不播"),
    "own_purchase": Say("Target reached only with own or unreal orders", "靠自买或非真实订单冲保量"),
    "given_back": Say("Target reached with orders that then went back", "达标订单事后退回"),
    "bunching": Say("Pledges that end just above the target", "多次保销恰好略超目标"),
    "repeat_buyer": Say("The same busy buyers in other deals", "其他合同中的同一批大户买家"),
    "addresses": Say("Orders to a handful of addresses", "订单集中于少数地址"),
    "contract_party": Say("The host is no party to the contract", "主播非合同当事人"),
    "renamed": Say("The agency goes by other names", "机构曾更名"),
}
NUMBERS = {name: n for n, name in enumerate(list(TITLES)[:10], start=1)}
"""Number of each of the ten complaints."""

RECORDS = {
    "orders": Say("orders of these broadcasts with their payment and refund states", "这些场次的订单及其付款、退款状态"),
    "visits": Say("visits to the shop by source (Compass) and what was promised (shop_visits)", "分来源的进店数据（罗盘）以及承诺的进店数（shop_visits）"),
    "airtime": Say("which product was explained when (讲解 records), a transcript or a recording", "商品讲解时段记录、话术转写或录像"),
    "entries": Say("entries or the audience of these broadcasts from the back office", "这些场次的进场记录或后台观看数据"),
    "screen": Say("a recording that shows who stood before the camera", "能显示出镜人员的录像"),
    "later": Say("the host's broadcasts from {from_us} to {to_us}", "主播 {from_us} 至 {to_us} 的全部场次"),
    "session": Say("the broadcasts of the contract", "合同约定的场次"),
    "later_returns": Say("an export made a month after the last broadcast", "末场一个月后再导出的记录"),
    "wait": Say("an export made when the time for returns is over", "退货期结束后再导出的记录"),
    "parties": Say("who signed and whose accounts are whose (parties.toml)", "签约方及其账号归属（parties.toml）"),
}  # fmt: skip
"""What one of the sides has on record."""
TERMS = {
    "margin": Say("the merchant's gross margin (gross_margin)", "商家毛利率（gross_margin）"),
    "fee": Say("the slot fee (slot_fee)", "坑位费（slot_fee）"),
    "target": Say("a pledge (pledge_gmv), a promised return on the fee (roi), or the merchant's own broadcasts", "保销额（pledge_gmv）、承诺投产比（roi）或商家自播记录"),
    "returns": Say("the usual return rate of these goods (returns_expected)", "该类商品的正常退货率（returns_expected）"),
    "agreed_minutes": Say("the airtime agreed (minutes)", "约定讲解时长（minutes）"),
    "stated": Say("the audience or sales stated at recruitment (stated_viewers, stated_gmv)", "招商时宣称的观看或销售数据（stated_viewers、stated_gmv）"),
    "scheduled": Say("who was announced (host_scheduled)", "约定出镜主播（host_scheduled）"),
    "rerun": Say("the date of the agreed re-run (rerun_by)", "约定返场期限（rerun_by）"),
    "products": Say("the goods of the contract (products)", "合同约定的商品（products）"),
    "samples": Say("samples sent and their parcel numbers (samples)", "寄样记录与快递单号（samples）"),
}  # fmt: skip
"""What the contract or the merchant has to say."""

SAYS = {
    "fee_high": Say("The slot fee is {ratio} times what verified sales left after goods, commission and platform ({left_minor}).", "坑位费是核实销售额扣除货本、佣金与平台扣点后所余（{left_minor}）的 {ratio} 倍。"),
    "fee_lost": Say("Verified sales left nothing after goods, commission and platform ({left_minor}): no slot fee could come back.", "核实销售额扣除货本、佣金与平台扣点后没有剩余（{left_minor}）：坑位费无从收回。"),
    "below": Say("Verified sales {sold_minor} ({low_minor} to {high_minor}) against {target_minor} promised; {shown_minor} was displayed.", "核实销售额 {sold_minor}（{low_minor} 至 {high_minor}），承诺 {target_minor}；页面显示 {shown_minor}。"),
    "own_stream": Say("Verified sales {sold_minor} a broadcast, against {target_minor} in the merchant's own ({n} of them).", "平均每场核实销售额 {sold_minor}，商家自播（{n} 场）为 {target_minor}。"),
    "returns": Say("{returned_share} of the paid amount came back ({early_share} of it within a day of payment), against {low_share} to {high_share} usual for such goods; {orders} paid orders.", "已付金额的 {returned_share} 发生退款（其中 {early_share} 在付款一天内），此类商品通常为 {low_share} 至 {high_share}；已付订单 {orders} 笔。"),
    "returns_open": Say("{returned_share} of the paid amount came back ({early_share} of it within a day of payment); nothing tells what is usual for these goods.", "已付金额的 {returned_share} 发生退款（其中 {early_share} 在付款一天内）；缺少该类商品的正常水平作比较。"),
    "visits": Say("{visits} visits to the shop, {agreed} promised.", "进店 {visits} 次，承诺 {agreed} 次。"),
    "clicks": Say("{visits} clicks on the goods; visits to the shop are not in the record, {agreed} were promised.", "商品点击 {visits} 次；记录中没有进店数据，承诺 {agreed} 次。"),
    "minutes": Say("{minutes} minutes of airtime (by {by}), {agreed} agreed.", "实际讲解 {minutes} 分钟（依据：{by}），约定 {agreed} 分钟。"),
    "points": Say("{minutes} minutes of airtime (by {by}), {agreed} agreed; selling points not heard: {missed}.", "实际讲解 {minutes} 分钟（依据：{by}），约定 {agreed} 分钟；未听到的卖点：{missed}。"),
    "recruited": Say("Stated at recruitment: {stated}. Verified: {verified}.", "招商时宣称：{stated}。核实：{verified}。"),
    "other_room": Say("{scheduled} was announced; the broadcast ran in the account {room}.", "约定 {scheduled}，实际在账号 {room} 开播。"),
    "other_operator": Say("{scheduled} was announced; on that day {operator} operated the account {room}.", "约定 {scheduled}；当日账号 {room} 由 {operator} 运营。"),
    "same_room": Say("The broadcasts ran in the announced account. Who stood before the camera is not in the record.", "各场均在约定账号开播。出镜人员不在记录之中。"),
    "rerun_done": Say("Shown again in {session} on {start_us}.", "已于 {start_us} 在场次 {session} 返场。"),
    "rerun_missing": Say("{n} later broadcasts of the host up to {rerun_us} are in the record; the goods came up in none of them.", "截至 {rerun_us}，记录中主播后续 {n} 场均未出现该商品。"),
    "rerun_early": Say("The re-run is due by {rerun_us}; the record ends before.", "返场期限为 {rerun_us}，记录尚未到期。"),
    "links": Say("Of {n} goods of the contract {missing} were never pinned, clicked or ordered: {names}.", "合同 {n} 个商品中有 {missing} 个从未上链接、被点击或下单：{names}。"),
    "links_fine": Say("What the contract names ({n|product|products}) came up in its broadcasts. Whether the goods sent are those shown is not in the record.", "合同 {n} 个商品均在场次中出现。实物是否一致不在记录之中。"),
    "samples_fine": Say("{samples} samples sent; the goods were broadcast.", "寄样 {samples} 件，商品已播出。"),
    "samples_gone": Say("{samples} samples sent; the goods came up in none of the {n} broadcasts of the contract.", "寄样 {samples} 件；合同 {n} 场中均未出现该商品。"),
    "own": Say("{orders} orders ({amount_minor}) were made or paid from accounts that the papers give to {party}; {returned_minor} of it came back.", "{orders} 笔订单（{amount_minor}）由资料中归属 {party} 的账号下单或付款；其中 {returned_minor} 已退款。"),
    "own_named": Say("Of {shown_minor} displayed, {brushed_minor} is counted as brushed or was given back; {sold_minor} was really sold against {target_minor} promised.", "页面显示 {shown_minor} 中，{brushed_minor} 计为刷单或已退回；承诺 {target_minor}，真实售出 {sold_minor}。"),
    "own_none": Say("No order came from an account that the papers give to a side of the deal.", "没有订单来自资料中归属合同各方的账号。"),
    "stretch": Say("Of {orders} orders of the last stretch that stood for ten days {late} ({amount_minor}) then went back; of the {others} others, {others_late}. {shown_minor} was displayed against {target_minor} promised.", "最后时段中满十天未退的 {orders} 笔订单，其后有 {late} 笔（{amount_minor}）退回；其余 {others} 笔中为 {others_late} 笔。页面显示 {shown_minor}，承诺 {target_minor}。"),
    "bunched": Say("{above} pledges of {party} ended up to {near} above their target and {below} as little below. Whoever sells until the pledge is met ends so too; {gone} of them stood on orders that then went back.", "{party} 的保销中，{above} 次超出目标不足 {near}，{below} 次低于目标不足 {near}。卖到达标为止者亦会如此；其中 {gone} 次依赖其后退回的订单。"),
    "heavy": Say("One buyer ({buyer}) placed {here} orders here and {there} in deal {other}.", "同一买家（{buyer}）在本合同下单 {here} 笔，在合同 {other} 下单 {there} 笔。"),
    "close": Say("{orders} of {shown} orders share {addresses} delivery addresses between them; {unpaid} of these were never paid or were closed.", "{shown} 笔订单中有 {orders} 笔寄往 {addresses} 个地址；其中 {unpaid} 笔未付款或已关闭。"),
    "party": Say("Signed by {signers}; the host {host} is not among them.", "由 {signers} 签署；主播 {host} 不在其中。"),
    "party_fine": Say("The host is among those who signed.", "主播为签约方之一。"),
    "names": Say("{party} has changed its name {n} times: {names}. It is one party throughout.", "{party} 曾更名 {n} 次：{names}。始终为同一当事方。"),
    "untold": Say("Neither contract nor record tells.", "合同与记录均未载明。"),
    "absent": Say("No broadcast of the contract is in the record.", "记录中没有合同约定的场次。"),
}  # fmt: skip
BY = {
    "pins": Say("pinned products", "商品讲解弹卡"),
    "speech": Say("speech", "话术"),
    "broadcast": Say("length of the broadcast", "直播时长"),
}
SETTLED = 15 * DAY
"""Time after the last broadcast within which returns are still to come; judgement."""
RETURNED = 30 * DAY
"""The same for orders that wait for the settlement before they go back; judgement."""


@dataclass(frozen=True)
class _Found:
    """An answer before it is put into words."""

    answer: Answer
    says: str
    args: dict[str, Any] = field(default_factory=dict)
    observed: float | None = None
    agreed: float | None = None
    missing: tuple[str, ...] = ()
    events: tuple[str, ...] = ()


UNTOLD = "untold"


def checks(told: Told, sums: Sums, own_streams: Sequence[Span], others: Sequence[Told]) -> list[Check]:
    """All questions about how a deal was kept; the ten complaints first, each answered.

    Args:
        told: the deal.
        sums: its settlement.
        own_streams: verified sales of the merchant's own broadcasts in the record.
        others: the other deals, for buyers they share.
    """
    found: list[tuple[str, _Found]] = [
        ("fee_high", _fee(told, sums)), ("sold_little", _sold(told, sums, own_streams)), ("returns_high", _returns(told, sums)),
        ("shop_traffic", _traffic(told)), ("minutes", _minutes(told)), ("recruitment", _recruited(told, sums)),
        ("host_substituted", _host(told)), ("rerun", _rerun(told)), ("link", _link(told)), ("samples", _samples(told)),
        *(("own_purchase", f) for f in _own(told, sums)), *(("given_back", f) for f in _given_back(told)),
        *(("bunching", f) for f in _bunching(told, others)), *(("repeat_buyer", f) for f in _heavy(told, others)),
        *(("addresses", f) for f in _close(told)), *(("contract_party", f) for f in _party(told)),
        *(("renamed", f) for f in _renamed(told)),
    ]  # fmt: skip
    return [_worded(told, sums.currency, name, f) for name, f in found]


def _worded(told: Told, currency: str, name: str, f: _Found) -> Check:
    args = {"currency": currency, **f.args}
    return Check(
        id=name,
        complaint=NUMBERS.get(name),
        title=told.phrase(TITLES[name], {}),
        answer=f.answer,
        says=told.phrase(SAYS[f.says], args),
        observed=f.observed,
        agreed=f.agreed,
        missing=[told.phrase(RECORDS[m], args) for m in f.missing if m in RECORDS],
        untold=[told.phrase(TERMS[m], args) for m in f.missing if m in TERMS],
        events=list(f.events),
    )


def _open(*missing: str, says: str = UNTOLD, **args: Any) -> _Found:
    return _Found("cannot_tell", says, args, missing=missing)


def _against(measured: Span, limit: int, *, more: bool) -> Answer:
    """Whether a measure lies above (or below) a limit, with both its ends."""
    sure = measured.low > limit if more else measured.high < limit
    never = measured.high <= limit if more else measured.low >= limit
    return "yes" if sure else "no" if never else "cannot_tell"


def _fee(told: Told, sums: Sums) -> _Found:
    deal, sales = told.deal, sums.verified
    if deal.slot_fee is None:
        return _open("fee")
    if sales is None:
        return _open("orders")
    kept = kept_share(deal, average_order(sales, sums.orders))
    if kept is None:
        return _open("margin")
    left = Span(*(round(kept * x) for x in (sales.low, sales.mid, sales.high)))
    answer: Answer = "yes" if deal.slot_fee > max(left.high, left.low) else "no" if deal.slot_fee <= min(left.low, left.high) else "cannot_tell"  # fmt: skip
    if left.mid <= 0:
        return _Found(answer, "fee_lost", {"left_minor": left.mid}, None, 1.0)
    ratio = deal.slot_fee / left.mid
    return _Found(answer, "fee_high", {"ratio": ratio, "left_minor": left.mid}, ratio, 1.0)


def _sold(told: Told, sums: Sums, own_streams: Sequence[Span]) -> _Found:
    if sums.verified is None:
        return _open("orders")
    if sums.pledge:
        p = sums.pledge
        answer: Answer = "cannot_tell" if p.met is None else "no" if p.met else "yes"
        v = p.verified
        args = {"sold_minor": v.mid, "low_minor": v.low, "high_minor": v.high, "target_minor": p.target, "shown_minor": p.displayed}  # fmt: skip
        return _Found(answer, "below", args, v.mid, p.target)
    if not own_streams or not told.parts:
        return _open("target")
    n = len(told.parts)
    each = Span(*(x // n for x in (sums.verified.low, sums.verified.mid, sums.verified.high)))
    own = sorted(s.mid for s in own_streams)[len(own_streams) // 2]
    args = {"sold_minor": each.mid, "target_minor": own, "n": len(own_streams)}
    return _Found(_against(each, own, more=False), "own_stream", args, each.mid, own)


def _returns(told: Told, sums: Sums) -> _Found:
    seen = sums.orders
    if seen is None or seen.returned_share is None or not seen.paid:
        return _open("orders")
    back = sum(p.bridge.refunded for p in told.parts if p.bridge)
    early = sum(p.early for p in told.parts) / back if back else 0.0
    args: dict[str, Any] = {"returned_share": seen.returned_share, "early_share": early, "orders": seen.paid}
    usual = _usual(told)
    if usual is None:
        return _Found("cannot_tell", "returns_open", args, seen.returned_share, missing=("returns",))
    low, high = _wilson(seen.returned, seen.paid)
    fresh = told.as_of - max(p.end for p in told.parts) < SETTLED  # more may come: "no" would be early
    answer: Answer = "yes" if low > usual[1] else "no" if high <= usual[1] and not fresh else "cannot_tell"
    args |= {"low_share": usual[0], "high_share": usual[1]}
    missing = ("wait",) if fresh and answer == "cannot_tell" else ()
    return _Found(answer, "returns", args, seen.returned_share, usual[1], missing)


def _usual(told: Told) -> tuple[float, float] | None:
    """The usual share of returns: as the parties put it down, else as the bridges of the broadcasts tell it for their goods."""
    if (stated := told.deal.returns_expected) is not None:
        return float(stated), float(stated)
    known = [(p.usual, p.paid) for p in told.parts if p.usual is not None and p.paid]
    whole = sum(paid for _, paid in known)
    if not whole or len(known) < len(told.parts):
        return None
    return tuple(math.fsum(usual[end] * paid for usual, paid in known) / whole for end in (0, 1))  # type: ignore[return-value]


def _wilson(hits: int, n: int) -> tuple[float, float]:
    """90 % interval of a share (Wilson 1927)."""
    share, z2 = hits / n, Z90**2
    centre = (share + z2 / (2 * n)) / (1 + z2 / n)
    half = Z90 / (1 + z2 / n) * math.sqrt(share * (1 - share) / n + z2 / (4 * n * n))
    return centre - half, centre + half


def _traffic(told: Told) -> _Found:
    agreed = told.deal.shop_visits
    visits = [p.visits for p in told.parts if p.visits is not None]
    if agreed is None:
        return _open("visits")
    if visits and len(visits) == len(told.parts):
        n = sum(visits)
        return _Found("yes" if n < agreed else "no", "visits", {"visits": n, "agreed": agreed}, n, agreed)
    clicks = [p.clicks for p in told.parts if p.clicks is not None]
    return _open("visits", says="clicks", visits=sum(clicks), agreed=agreed) if clicks else _open("visits")


def _minutes(told: Told) -> _Found:
    deal = told.deal
    if not told.parts:
        return _open("session", says="absent")
    known = [(p.minutes, p.minutes_by) for p in told.parts if p.minutes is not None]
    if len(known) < len(told.parts):
        return _open("airtime")
    minutes = math.fsum(m for m, _ in known)
    said = {point for p in told.parts for point in p.points}
    missed = [point for point in deal.points if point not in said] if any(p.heard for p in told.parts) else []
    args = {
        "minutes": round(minutes, 1),
        "by": told.phrase(BY[known[0][1]], {}),
        "agreed": deal.minutes,
        "missed": missed,
    }
    if deal.minutes is None and not deal.points:
        return _Found("cannot_tell", "minutes", args, minutes, missing=("agreed_minutes",))
    absent = set(deal.sessions) - {p.session_id for p in told.parts}
    short = deal.minutes is not None and minutes < deal.minutes
    if short and absent:
        return _Found("cannot_tell", "minutes", args, minutes, deal.minutes, ("session",))
    if deal.points and not short and not any(p.heard for p in told.parts):
        return _Found("cannot_tell", "minutes", args, minutes, deal.minutes, ("airtime",))
    return _Found(
        "yes" if short or missed else "no", "points" if missed else "minutes", args, minutes, deal.minutes
    )


def _recruited(told: Told, sums: Sums) -> _Found:
    """Stated against verified, per broadcast; one figure that does not hold is enough."""
    deal, n = told.deal, len(told.parts)
    if deal.stated_viewers is None and deal.stated_gmv is None:
        return _open("stated")
    if not n:
        return _open("session", says="absent")
    stated, verified, answers, missing = [], [], [], []
    if deal.stated_viewers is not None:
        heads = [p.viewers for p in told.parts if p.viewers is not None]
        stated.append(told.phrase(Say("{n} viewers", "观看 {n}"), {"n": deal.stated_viewers}))
        if heads:
            mean = Span(
                *(sum(getattr(h, end) for h in heads) // len(heads) for end in ("low", "mid", "high"))
            )
            verified.append(told.phrase(Say("{n} viewers", "观看 {n}"), {"n": mean.mid}))
            answers.append(_against(mean, deal.stated_viewers, more=False))
        else:
            missing.append("entries")
    if deal.stated_gmv is not None:
        money = Say("sales of {n_minor}", "销售额 {n_minor}")
        stated.append(told.phrase(money, {"n_minor": deal.stated_gmv, "currency": sums.currency}))
        if sums.verified:
            each = Span(*(x // n for x in (sums.verified.low, sums.verified.mid, sums.verified.high)))
            verified.append(told.phrase(money, {"n_minor": each.mid, "currency": sums.currency}))
            answers.append(_against(each, deal.stated_gmv, more=False))
        else:
            missing.append("orders")
    if not answers:
        return _open(*missing)
    answer: Answer = (
        "yes" if "yes" in answers else "cannot_tell" if missing or "cannot_tell" in answers else "no"
    )
    return _Found(answer, "recruited", {"stated": stated, "verified": verified}, missing=tuple(missing))


def _host(told: Told) -> _Found:
    announced = told.deal.host_scheduled or told.deal.host_id
    if announced is None:
        return _open("scheduled")
    if not told.parts:
        return _open("session", says="absent")
    book = told.papers.registry
    for part in told.parts:
        if part.session_id.startswith("shop:"):
            return _open("screen")
        args = {"scheduled": told.name(announced), "room": part.host_id}
        operators = book.linked(part.host_id, OPERATES, part.start)
        if book.same(announced) in operators:
            continue
        if book.same(part.host_id) != book.same(announced):
            if (
                told.deal.host_id == part.host_id and not operators
            ):  # a person was announced; nobody says who ran the room
                return _open("screen", "parties")
            return _Found("yes", "other_room", args)
        signed = (
            book.linked(part.host_id, OPERATES, told.deal.signed_on) if told.deal.signed_on else operators
        )
        if signed and operators and not set(signed) & set(operators):
            return _Found("yes", "other_operator", {**args, "operator": [told.name(o) for o in operators]})
    return _Found("no", "same_room", missing=("screen",))


def _rerun(told: Told) -> _Found:
    deal = told.deal
    if deal.rerun_by is None:
        return _open("rerun")
    since = min([p.start for p in told.parts], default=deal.signed_on or 0)
    later = sorted((p for p in [*told.parts, *told.again] if p.start > since), key=lambda p: p.start)
    for part in later:
        if part.start <= deal.rerun_by and (part.aired or (part.covered and not deal.products)):
            return _Found("no", "rerun_done", {"session": part.session_id, "start_us": part.start})
    if told.as_of < deal.rerun_by:
        return _open(says="rerun_early", rerun_us=deal.rerun_by)
    in_time = [p for p in later if p.start <= deal.rerun_by]
    if not in_time or not deal.products:
        return _open("later", from_us=since, to_us=deal.rerun_by)
    return _Found("yes", "rerun_missing", {"n": len(in_time), "rerun_us": deal.rerun_by})


def _link(told: Told) -> _Found:
    deal = told.deal
    if not deal.products:
        return _open("products")
    if not told.parts:
        return _open("session", says="absent")
    shown = {product for p in told.parts for product in p.aired}
    absent = [product for product in deal.products if product not in shown]
    if not absent:
        return _Found("no", "links_fine", {"n": len(deal.products)})
    traced = any(p.aired or p.others or p.bridge for p in told.parts)
    if not traced or set(deal.sessions) - {p.session_id for p in told.parts}:
        return _open("airtime")
    args = {"n": len(deal.products), "missing": len(absent), "names": absent}
    return _Found("yes", "links", args, len(shown), len(deal.products))


def _samples(told: Told) -> _Found:
    deal = told.deal
    if deal.samples is None or deal.samples == 0:
        return _open("samples")
    if not told.parts:
        return _open("session", says="absent")
    if any(p.aired for p in told.parts) or not deal.products:
        return _Found("no", "samples_fine", {"samples": deal.samples}, 1, 1)
    if any(p.others for p in told.parts) and len(told.parts) >= len(deal.sessions):
        return _Found("yes", "samples_gone", {"samples": deal.samples, "n": len(told.parts)}, 0, 1)
    return _open("airtime")


def _own(told: Told, sums: Sums) -> Iterator[_Found]:
    """A target that was displayed and not sold; and orders of a side's own accounts, which are a fact of the papers."""
    pledge, named = sums.pledge, any(p.sales is Outcome.LIKELY for p in told.parts)
    if pledge and named and pledge.met is False and pledge.displayed >= pledge.target and sums.bridge:
        gone = sums.bridge.brushed + sums.bridge.refunded
        args = {"shown_minor": pledge.displayed, "brushed_minor": gone, "sold_minor": pledge.verified.mid, "target_minor": pledge.target}  # fmt: skip
        yield _Found("yes", "own_named", args, pledge.verified.mid, pledge.target)
    ties = sorted((t for p in told.parts for t in p.ties), key=lambda t: (t.side, t.party))
    for party in sorted({t.party for t in ties}):
        yield _tied(told, pledge, [t for t in ties if t.party == party])
    if pledge and not ties and not named:
        side = told.deal.mcn_id or told.deal.host_id
        known = bool(side and told.papers.registry.accounts(side))
        yield _Found("no", "own_none") if known and sums.verified else _open("parties")


def _tied(told: Told, pledge: PledgeSeen | None, mine: Sequence[Tie]) -> _Found:
    """Orders of one party's accounts: they decided the target where it was displayed only with them."""
    amount = sum(t.amount for t in mine)
    args = {
        "orders": sum(t.orders for t in mine), "amount_minor": amount, "party": told.name(mine[0].party),
        "returned_minor": sum(t.returned for t in mine),
    }  # fmt: skip
    decides = pledge is not None and mine[0].side != "merchant" and pledge.displayed >= pledge.target > pledge.displayed - amount  # fmt: skip
    events = tuple(e for t in mine for e in t.events)[:EVENTS_CITED]
    return _Found("yes" if decides else "no" if pledge else "cannot_tell", "own", args, amount, events=events)


def _given_back(told: Told) -> Iterator[_Found]:
    """A target that was displayed, and the orders of its last stretch that went back once they had stood for ten days."""
    seen, target = stretch_of(told), told.deal.target
    if seen is None or not target or displayed(told) < target:
        return
    args = {
        "orders": seen.orders, "late": seen.late, "amount_minor": seen.amount, "others": seen.others,
        "others_late": seen.others_late, "shown_minor": displayed(told), "target_minor": target,
    }  # fmt: skip
    early = told.as_of - max(p.end for p in told.parts) < RETURNED
    answer: Answer = "yes" if seen.given_back else "cannot_tell" if early or seen.differs else "no"
    missing = ("later_returns",) if early and answer == "cannot_tell" else ()
    yield _Found(answer, "stretch", args, seen.late / seen.orders, missing=missing)


def _bunching(told: Told, others: Sequence[Told]) -> Iterator[_Found]:
    """Pledges of one promiser that end just above: told where they bunch, right only where most then went back."""
    seen = bunch_of(told, others)
    who = told.deal.mcn_id or told.deal.host_id
    if seen is None or who is None or not seen.bunched:
        return
    args = {"above": seen.above, "below": seen.below, "near": NEAR, "gone": seen.given_back, "party": told.name(who)}  # fmt: skip
    yield _Found("yes" if seen.habit else "cannot_tell", "bunched", args, seen.above)


def _heavy(told: Told, others: Sequence[Told]) -> Iterator[_Found]:
    """Accounts with many orders in this deal and in another: told, with both counts."""
    here = _tally(told)
    for other in others:
        for buyer, n in sorted(_tally(other).items()):
            if buyer in here:
                args = {"buyer": _short(buyer), "here": here[buyer], "there": n, "other": other.deal.id}
                yield _Found("yes", "heavy", args, here[buyer], n)


def _tally(told: Told) -> dict[str, int]:
    found: dict[str, int] = {}
    for part in told.parts:
        for buyer, n in part.heavy:
            found[buyer] = found.get(buyer, 0) + n
    return found


def _short(account: str) -> str:
    return account if len(account) <= 8 else f"{account[:7]}***"


def _close(told: Told) -> Iterator[_Found]:
    """Most orders to a few addresses, told where the verdict doubts the sales: an office that orders gifts does so too."""
    doubted = [p for p in told.parts if p.grounds and p.orders]
    addresses, orders, unpaid = (sum(p.close[i] for p in doubted) for i in range(3))
    shown = sum(p.orders.shown for p in doubted if p.orders)
    if orders * 2 > shown > 0:
        args = {"addresses": addresses, "orders": orders, "unpaid": unpaid, "shown": shown}
        yield _Found("yes", "close", args, orders / shown)


def _party(told: Told) -> Iterator[_Found]:
    book, host = told.papers.registry, told.deal.host_id
    signers = book.signs(told.deal.id)
    if not signers or host is None:
        return
    behind = {book.same(host), *book.linked(host, OPERATES, told.deal.signed_on)}
    if behind & {book.same(s) for s in signers}:
        yield _Found("no", "party_fine")
    else:
        yield _Found("yes", "party", {"signers": [told.name(s) for s in signers], "host": host})


def _renamed(told: Told) -> Iterator[_Found]:
    book = told.papers.registry
    for who in (told.deal.mcn_id, told.deal.host_id, told.deal.merchant_id):
        if who and (n := book.renames(who)):
            names = [name for name, _, _ in book.names(who)]
            yield _Found("yes", "names", {"party": told.name(who), "n": n, "names": names}, n)
