"""The page of `zhenbo portfolio`, laid out as an IT special verification (IT 专项核查) is read."""

from collections.abc import Mapping, Sequence

from zhenbo.audit.buyers import Buyers, Lead
from zhenbo.audit.portfolio import PortfolioAudit
from zhenbo.audit.reconcile import Books, total
from zhenbo.audit.sampling import Extrapolated, Plan
from zhenbo.core.evidence import Say
from zhenbo.core.verdict import Audit
from zhenbo.report import format as fmt
from zhenbo.report import labels
from zhenbo.report.chance import chance_lines
from zhenbo.report.hosts import ranking
from zhenbo.report.i18n import Lang
from zhenbo.report.mask import clean
from zhenbo.report.page import Block, Cell, Facts, Lines, Page, Section, Table, listed
from zhenbo.report.party import asks, bars, interval, meta, say, who
from zhenbo.report.repurchases import customers

SAYS: Mapping[str, Say] = {
    "title": Say("Portfolio: IT special verification (ITDD)", "投资组合核查（IT 专项核查）"),
    "s1": Say("1 Verified sales of the whole", "一、总体核实销售额"),
    "s2": Say("2 The record and its reliability", "二、数据记录与系统可靠性"),
    "s3": Say("3 Operating against financial data", "三、运营数据与财务数据核对"),
    "s4": Say("4 User authenticity", "四、用户真实性"),
    "s5": Say("5 Concentration", "五、集中度"),
    "s6": Say("6 Unusual purchases", "六、异常购买"),
    "s7": Say("7 Repurchase and customer value", "七、复购与客户价值"),
    "s8": Say("8 Hosts audited", "八、已核查主播"),
    "s9": Say("9 Records to request", "九、建议索取的记录"),
    "headline": Say("Of {gross} created, {left} remains after cancelled, unpaid, discounted and refunded orders; {mid} of it is verified ({interval}).", "下单 {gross}，扣除取消、未付款、优惠与退款后剩余 {left}；其中核实 {mid}（{interval}）。"),
    "unsaid": Say("Brushing could be judged in none of the sampled sessions: nothing is verified.", "抽样场次均无法判断刷单：不予核实。"),
    "width": Say("Of the width, about {sampling} either way comes of auditing a sample, {judging} of the verdicts' own doubt.", "区间半宽中约 {sampling} 来自抽样，{judging} 来自结论本身的不确定性。"),
    "unjudged": Say("In {n} of the sampled sessions brushing could not be judged; they are taken to be like the others of their band.", "抽样中有 {n} 场无法判断刷单，按同层其他场次处理。"),
    "others": Say("Sessions in other currencies ({names}) are no part of this.", "其他币种（{names}）的场次不在其内。"),
    "plan": Say("Sampling plan", "抽样方案"),
    "plan_says": Say("{drawn} of {units|session or shop month|sessions and shop months}, holding {covered} of the amounts; seed {seed}. Planned for a 90% interval of ± {precision}; the plan expects the brushed share to differ between sessions by 25 points.", "从 {units} 个场次与店铺月中抽取 {drawn} 个，覆盖金额 {covered}；随机种子 {seed}。按 90% 区间 ± {precision} 设计；方案假定各场刷单比例的离散度为 25 个百分点。"),
    "plan_all": Say("All {units} sessions and shop months were audited: nothing comes of sampling.", "全部 {units} 个场次与店铺月均已核查：无抽样误差。"),
    "band": Say("band (amounts that remain)", "分层（剩余金额）"),
    "band_is": Say("{least} to {most}", "{least} 至 {most}"),
    "units": Say("sessions", "场次"),
    "drawn": Say("drawn", "抽取"),
    "amount": Say("amount", "金额"),
    "all_taken": Say("all taken", "全取"),
    "sample": Say("Sampled sessions: audit these in depth (vouchers, parcels, back office)", "抽样名单：应对其凭证、物流与后台数据作深入核查"),
    "hosts": Say("Hosts", "主播"),
    "sessions": Say("Sessions and shop months", "场次与店铺月"),
    "sessions_is": Say("{sessions|session|sessions}, {shops|shop month|shop months}", "{sessions} 场直播、{shops} 个店铺月"),
    "events": Say("Events read", "读取事件数"),
    "events_is": Say("{n}, {untimed} of them without a time; {unused} rows and files could not be used", "{n} 条，其中 {untimed} 无时间；{unused} 行或文件未能使用"),
    "sources": Say("Sources", "数据来源"),
    "tier": Say("Depth of the data: {question}", "数据深度：{question}"),
    "only_verdicts": Say("Only verdicts of an earlier audit were given: sections 3 to 7 need the data folder.", "仅提供了既往核查结论：第三至七部分需要原始数据目录。"),
    "seller": Say("seller", "卖家"),
    "agrees": Say("statement bears the orders out", "结算单与订单相符"),
    "yes": Say("yes", "是"),
    "no": Say("no", "否"),
    "cannot_tell": Say("cannot be told", "无法判断"),
    "due": Say("due", "应结"),
    "settled": Say("settled", "已结"),
    "missing": Say("missing", "缺失"),
    "unfounded": Say("paid without ground", "无据支付"),
    "returned_after": Say("refunded later", "结算后退款"),
    "share": Say("paid out", "结算比例"),
    "wait": Say("within days", "结算天数"),
    "books_note": Say("Due: completed, not refunded, and old enough to have been settled; the usual wait (nine of ten) and share are read off each statement, ten days are added for holidays and disputes. Paid without ground: settled for unpaid or unknown orders, or for orders refunded before. Refunded later: settled first, so the platform takes it back. A gap above 2 % says no.", "应结：已完成、未退款且已到结算时间；结算周期（九成）与比例取自结算单本身，并另加十天以容纳节假日与纠纷。无据支付：为未付款、不存在或此前已退款的订单结算。结算后退款：先结算后退款，平台将追回。差额超过 2% 判为不符。"),
    "books_total": Say("All sellers: {due} due, {settled} of it settled, {missing} missing, {unfounded} paid without ground, {waiting} not due yet.", "合计：应结 {due}，已结 {settled}，缺失 {missing}，无据支付 {unfounded}，未到期 {waiting}。"),
    "no_books": Say("No settlement in this record: orders cannot be compared with money received.", "本记录没有结算数据：无法将订单与到账核对。"),
    "bank": Say("Whether the settled amounts reached the bank is not in the record: ask for the accounts' statements.", "结算款是否到账不在本记录之内：请索取银行流水。"),
    "seen": Say("Buyers seen in a room", "在直播间出现过的买家"),
    "seen_is": Say("{share} of paid orders with a buyer", "占有买家标识的已付订单的 {share}"),
    "of": Say("of", "对象"),
    "distinct": Say("distinct", "个数"),
    "told": Say("known for", "可知占比"),
    "top": Say("largest ten hold", "前十占比"),
    "largest": Say("largest holds", "最大占比"),
    "hhi": Say("concentration (HHI)", "集中度（HHI）"),
    "host_id": Say("hosts", "主播"), "actor_id": Say("buyers", "买家"), "addr": Say("addresses", "收货地址"),
    "pay": Say("payers", "付款账户"), "device": Say("devices", "设备"), "region": Say("regions", "地区"),
    "check": Say("check", "检查项"),
    "orders": Say("orders", "订单数"),
    "share_of": Say("share", "占比"),
    "explains": Say("what else explains it", "其他合理解释"),
    "ids": Say("orders to look at", "可查订单"),
    "leads_note": Say("Leads, not findings: whether sales are fabricated is said by the sessions' verdicts, which test innocent causes.", "以下为线索而非结论：销售是否造假由各场结论判断，其已检验合理解释。"),
    "night": Say("ordered between 2 and 6 in the morning", "凌晨 2 至 6 点下单"), "night_x": Say("late broadcasts, night shifts, buyers abroad", "深夜直播、夜班人群、境外买家"),
    "series": Say("five orders or more of one buyer within an hour", "同一买家一小时内五单以上"), "series_x": Say("office and group buying, orders split by coupon", "公司团购、拆单用券"),
    "alike": Say("one buyer, one product, one amount, five times or more", "同一买家同一商品同一金额五次以上"), "alike_x": Say("bulk buying, daily necessities", "批量采购、日用品"),
    "shared_address": Say("one address for five buyers or more", "五位以上买家共用地址"), "shared_address_x": Say("parcel stations, dormitories, companies", "驿站、宿舍、公司"),
    "shared_payer": Say("one payer for five buyers or more", "五位以上买家共用付款账户"), "shared_payer_x": Say("family accounts, company purchases", "亲属代付、公司采购"),
    "shared_device": Say("one device for five buyers or more", "五位以上买家共用设备"), "shared_device_x": Say("families, shop terminals", "家庭共用、门店终端"),
    "next_day": Say("refunded within two days, before delivery", "两天内未送达即退款"), "next_day_x": Say("changed minds, out of stock", "改变主意、缺货"),
    "unscanned": Say("completed, never shipped or delivered", "未见发货或签收即完成"), "unscanned_x": Say("virtual goods, vouchers, pick-up", "虚拟商品、券、自提"),
    "absent": Say("bought by somebody who does nothing in any room", "买家在任何直播间均无行为"), "absent_x": Say("links, shop pages, masked rooms", "链接成交、店铺成交、匿名直播间"),
    "no_buyers": Say("No paid order in this record.", "本记录没有已付订单。"),
    "chance": Say("Among how many", "多场核查的误报"),
    "method_1": Say("The frame (what remains of every session) is exact. Only the brushed share is found in a sample and extrapolated, band by band; its 90% interval is Korn and Graubard's for shares in a survey, with the verdicts' own intervals and what such verdicts leave unnoticed added. Lots are SHA-256 of seed and session, so the draw can be made again.", "抽样框（各场剩余金额）为精确值，仅刷单比例由样本得出并分层推断；90% 区间采用 Korn-Graubard 抽样比例区间，并计入结论自身的区间及可能未被发现的部分。抽签为种子与场次的 SHA-256，可重复验证。"),
    "method_2": Say("Reconciliation and patterns count facts of the record, order by order. They name no one guilty. What is not in the record (bank accounts, warehouses, people) is asked for.", "核对与异常项逐单计数，均为记录中的事实，不指认任何人。记录之外的事项（银行账户、仓库、人员）列入索取清单。"),
    "method_3": Say("Made to be laid beside the sponsor's and the accountant's own work (CSRC, 首发业务若干问题解答, Q53), not instead of it.", "供与保荐机构、会计师的核查工作（证监会《首发业务若干问题解答》问题 53）并列使用，不能替代。"),
}  # fmt: skip
ROWS = 60
"""Sellers and sampled sessions that the page lists; the JSON has all."""


def portfolio_page(audit: Audit, made: PortfolioAudit, again: str, lang: Lang) -> Page:
    """The page of a portfolio."""
    parts: list[tuple[str, tuple[Block, ...]]] = [
        ("s1", (*_verified(made, lang), *_plan(made, lang))),
        ("s2", _record(made, lang)),
    ]
    if made.record.events is not None:
        currency = made.verified.currency if made.verified else None
        parts += [("s3", _books(made.books, currency, lang)), ("s4", _authentic(made, lang))]
        if made.buyers is not None:
            parts += [("s5", _concentration(made.buyers, lang)), ("s6", _leads(made.buyers, lang))]
        if made.repurchase is not None:
            parts.append(("s7", customers(made.repurchase, lang, brief=False)))
    parts += [("s8", _hosts(made, lang)), ("s9", asks(made.ask_for, lang))]
    return Page(
        title=_say("title", lang),
        meta=meta(audit, lang),
        lines=tuple(clean(n, 400) for n in audit.notes),
        sections=tuple(Section(key, _say(key, lang), blocks) for key, blocks in parts),
        method=tuple(_say(f"method_{i}", lang) for i in (1, 2, 3)),
        again=again,
        foot=f"zhenbo 真播 {clean(audit.zhenbo)} · {clean(audit.policy, 160)}",
    )


def _say(key: str, lang: Lang, **args: object) -> str:
    return say(key, lang, SAYS, **args)


def _verified(made: PortfolioAudit, lang: Lang) -> tuple[Block, ...]:
    v = made.verified
    if v is None:
        return (Lines((_say("unsaid", lang),)),)
    lines = [_headline(v, lang)]
    told = {
        "sampling": fmt.money(v.from_sampling, v.currency),
        "judging": fmt.money(v.from_judging, v.currency),
    }
    lines.append(_say("width", lang, **told))
    lines += [_say("unjudged", lang, n=v.unjudged)] if v.unjudged else []
    lines += [_say("others", lang, names=made.other_currencies)] if made.other_currencies else []
    return (Lines(tuple(lines)),)


def _headline(v: Extrapolated, lang: Lang) -> str:
    amounts = {"gross": v.gross, "left": v.left, "mid": v.verified.mid}
    told = {k: fmt.money(x, v.currency) for k, x in amounts.items()}
    return _say("headline", lang, **told, interval=interval(v.verified, v.currency, lang))


def _plan(made: PortfolioAudit, lang: Lang) -> tuple[Block, ...]:
    p, currency = made.plan, made.verified.currency if made.verified else None
    if p.drawn >= p.units:
        return (Lines((_say("plan_all", lang, units=p.units),), title=_say("plan", lang)),)
    says = _say(
        "plan_says", lang, drawn=p.drawn, units=p.units, covered=fmt.share(p.covered), seed=str(p.seed), precision=fmt.share(p.precision)
    )  # fmt: skip
    heads = tuple(_say(k, lang) for k in ("band", "units", "drawn", "amount"))
    rows = tuple(
        (
            Cell(_say("band_is", lang, least=fmt.money(s.least, currency), most=fmt.money(s.most, currency))),
            Cell(fmt.number(s.units), "num"),
            Cell(_say("all_taken", lang) if s.all_taken else fmt.number(s.drawn), "num"),
            Cell(fmt.money(s.left, currency), "num"),
        )
        for s in p.strata
    )
    return (
        Lines((says,), title=_say("plan", lang)),
        Table(heads, rows),
        Lines((_names(p, lang),), title=_say("sample", lang)),
    )


def _names(p: Plan, lang: Lang) -> str:
    return listed([*(who(i) for i in p.sample[:ROWS]), *(["…"] if len(p.sample) > ROWS else [])], lang)


def _record(made: PortfolioAudit, lang: Lang) -> tuple[Block, ...]:
    r = made.record
    items = [
        (_say("hosts", lang), fmt.number(r.hosts)),
        (_say("sessions", lang), _say("sessions_is", lang, sessions=r.sessions, shops=r.shop_months)),
    ]
    if r.events is not None:
        told = _say("events_is", lang, n=r.events, untimed=fmt.share(r.untimed_share or 0.0), unused=r.unused)
        items += [
            (_say("events", lang), told),
            (_say("sources", lang), listed([who(s) for s in r.sources], lang)),
        ]
    for question, counts in r.tiers.items():
        name = labels.name(labels.QUESTION_NOUNS, question, lang)
        items.append(
            (
                _say("tier", lang, question=name),
                listed([f"{t} × {fmt.number(n)}" for t, n in counts.items()], lang),
            )
        )
    blocks: list[Block] = [Facts(tuple(items))]
    return (*blocks, *(() if r.events is not None else (Lines((_say("only_verdicts", lang),)),)))


def _books(books: Sequence[Books], currency: str | None, lang: Lang) -> tuple[Block, ...]:
    if not any(b.share is not None or b.unfounded_rows for b in books):
        return (Lines((_say("no_books", lang), _say("bank", lang))),)
    sums = {
        k: fmt.money(total(books, k), currency) for k in ("due", "settled", "missing", "unfounded", "waiting")
    }
    heads = (
        "seller",
        "agrees",
        "orders",
        "due",
        "settled",
        "missing",
        "unfounded",
        "returned_after",
        "share",
        "wait",
    )
    rows = tuple(_book(b, currency, lang) for b in books[:ROWS])
    return (
        Lines((_say("books_total", lang, **sums), _say("bank", lang))),
        Table(tuple(_say(h, lang) for h in heads), rows, _say("books_note", lang)),
    )


def _book(b: Books, currency: str | None, lang: Lang) -> tuple[Cell, ...]:
    return (
        Cell(who(b.host_id)),
        Cell(_say(b.agrees, lang), "suspect" if b.agrees == "no" else ""),
        Cell(fmt.number(b.orders), "num"),
        *(
            Cell(fmt.money(x, currency), "num")
            for x in (b.due, b.settled, b.missing, b.unfounded, b.returned_after)
        ),
        Cell("–" if b.share is None else fmt.share(b.share), "num"),
        Cell("–" if b.wait_days is None else fmt.number(round(b.wait_days, 1)), "num"),
    )


def _authentic(made: PortfolioAudit, lang: Lang) -> tuple[Block, ...]:
    told = made.buyers.seen_share if made.buyers else None
    seen = ((_say("seen", lang), _say("seen_is", lang, share=fmt.share(told))),) if told is not None else ()
    return (*bars(made.figures, (), lang), *((Facts(seen),) if seen else ()))


def _concentration(b: Buyers, lang: Lang) -> tuple[Block, ...]:
    heads = tuple(_say(k, lang) for k in ("of", "distinct", "told", "top", "largest", "hhi"))
    rows = tuple(
        (
            Cell(_say(c.of, lang)),
            Cell(fmt.number(c.distinct), "num"),
            Cell(fmt.share(c.told), "num"),
            Cell(fmt.share(c.top_share), "num"),
            Cell(fmt.share(c.largest_share), "num"),
            Cell(fmt.number(round(c.hhi, 4)), "num"),
        )
        for c in b.concentration
    )
    return (Table(heads, rows),)


def _leads(b: Buyers, lang: Lang) -> tuple[Block, ...]:
    heads = tuple(_say(k, lang) for k in ("check", "orders", "amount", "share_of", "explains", "ids"))
    rows = tuple(_lead(x, b.currency, lang) for x in b.leads)
    return (Table(heads, rows, _say("leads_note", lang), aside=1),)


def _lead(x: Lead, currency: str, lang: Lang) -> tuple[Cell, ...]:
    ids = listed([who(e) for e in x.events[:3]], lang)
    return (
        Cell(_say(x.check, lang)),
        Cell(fmt.number(x.orders), "num"),
        Cell(fmt.money(x.amount, currency), "num"),
        Cell(fmt.share(x.share), "num"),
        Cell(_say(f"{x.check}_x", lang), "soft"),
        Cell(ids, "soft"),
    )


def _hosts(made: PortfolioAudit, lang: Lang) -> tuple[Block, ...]:
    chance = chance_lines(made.many, lang)
    blocks: tuple[Block, ...] = (ranking(made.hosts, lang, linked=False),)
    return (*blocks, *((Lines(chance, title=_say("chance", lang)),) if chance else ()))
