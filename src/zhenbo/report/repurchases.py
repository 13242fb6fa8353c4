"""The page of `zhenbo repurchase`, and its part of the pages of hosts and portfolios."""

from collections.abc import Mapping, Sequence

from zhenbo.audit.repurchase import SEED, Ahead, AtAge, Cohort, Repurchase, Tried
from zhenbo.core.evidence import Say
from zhenbo.core.verdict import Interval, Share
from zhenbo.report import format as fmt
from zhenbo.report.i18n import Lang
from zhenbo.report.mask import clean
from zhenbo.report.page import Block, Cell, Facts, Lines, Page, Section, Table
from zhenbo.report.party import say

SAYS: Mapping[str, Say] = {
    "title": Say("Repurchase and customer value", "复购与客户价值"),
    "meta": Say("zhenbo 真播 {version} · {start} – {end}", "zhenbo 真播 {version} · {start} – {end}"),
    "customers": Say("Customers", "客户"),
    "buyers": Say("Buyers", "买家"),
    "buyers_says": Say("{buyers}, who bought on {purchases|day|days}; net sales {net}, of which {unnamed} without a buyer's id", "{buyers} 位，共 {purchases} 个购买日；净销售额 {net}，其中 {unnamed} 无买家标识"),
    "left_out": Say("Left out as brushed", "作为刷单剔除"),
    "left_out_says": Say("{n|order|orders}", "{n} 笔订单"),
    "again": Say("Bought again", "复购率"),
    "share": Say("{mid} (90% interval {low} to {high})", "{mid}（90% 区间 {low} 至 {high}）"),
    "few": Say("Fewer than thirty buyers with an id: nothing is said of repurchase.", "有标识的买家不足三十位：不作复购判断。"),
    "nobody": Say("No order of this record carries a buyer: repurchase needs one pseudonym per buyer throughout.", "本记录的订单没有买家标识：复购分析需要每位买家有统一的假名。"),
    "ages": Say("New customers after their first purchase", "新客首购之后"),
    "ages_note": Say("Counted over the buyers watched that long; where too few were, only the model speaks. At the head of a long record old customers look new: who bought in its first sixty days is not counted.", "仅统计观察期足够长的买家；人数过少时只给出模型值。长记录的开头会把老客当作新客：前六十天内首购者不计。"),
    "after": Say("after", "之后"),
    "days": Say("{n} days", "{n} 天"),
    "over": Say("buyers watched", "观察买家数"),
    "again_by": Say("bought again", "已复购"),
    "again_model": Say("model", "模型"),
    "value": Say("value per buyer", "人均价值"),
    "seed": Say("Value of 1,000 seed customers", "1,000 名种子用户的价值"),
    "seed_says": Say("In a year {value} of net sales; {again} buy again by the model.", "一年净销售额 {value}；模型估计 {again} 会复购。"),
    "seed_counted": Say("{mid} (90% interval {low} to {high}, counted)", "{mid}（90% 区间 {low} 至 {high}，实测）"),
    "seed_model": Say("{mid} by the model", "{mid}（模型）"),
    "ahead": Say("The next {n} days", "未来 {n} 天"),
    "known": Say("Net sales to known customers", "老客净销售额"),
    "total": Say("Net sales to everybody", "全部净销售额"),
    "rate": Say("Known customers who buy again", "老客复购比例"),
    "naive": Say("Last days carried on", "沿用上一期"),
    "too_few": Say("Too little history to forecast: thirty buyers and sixty days are the least.", "历史不足，无法预测：至少需要三十位买家与六十天。"),
    "tried": Say("What the same forecast would have said before", "同一预测在此前的表现"),
    "on": Say("asked on", "预测日"),
    "said": Say("said", "预测"),
    "came": Say("came", "实际"),
    "error": Say("error", "误差"),
    "naive_error": Say("error of the last days carried on", "沿用上一期的误差"),
    "rate_said": Say("again: said", "复购：预测"),
    "rate_came": Say("again: came", "复购：实际"),
    "tried_note": Say("The interval above is made of these errors. No forecast knows a season of which the record has not seen a year.", "上述区间由这些误差得出。记录不足一年时，任何预测都不了解尚未出现过的季节。"),
    "months": Say("Month by month", "逐月"),
    "month": Say("month", "月份"),
    "net": Say("net sales", "净销售额"),
    "new": Say("new", "新客"),
    "new_share": Say("share new", "新客占比"),
    "cohorts": Say("Cohorts: share who bought again, by months since the first purchase", "同期群：首购后各月的购买比例"),
    "size": Say("buyers", "买家数"),
    "worth": Say("value per buyer so far", "迄今人均价值"),
    "method_1": Say("A purchase is a day on which a buyer paid; refunds are taken off on the day they went back; orders taken for brushed are left out where an audit named them. Values are net sales, not profit: multiply with your margin.", "购买以买家付款日计；退款在退回当日扣除；核查认定的刷单订单予以剔除。价值为净销售额而非利润：请乘以毛利率。"),
    "method_2": Say("The forecast is a BG/NBD model of returning customers (Fader, Hardie, Lee 2005), moved half-way by how its last try of the same length went. Its errors stand above, beside those of carrying on the last days (or the same days a year before, once a year is there).", "预测采用 BG/NBD 复购模型（Fader、Hardie、Lee 2005），并按上一次同期限预测的偏差修正一半。其误差列于上表，与沿用上一期（满一年后为上年同期）的误差并列。"),
}  # fmt: skip
COHORTS = 12
"""Months of a cohort that the table shows; the JSON has all."""


def repurchase_page(made: Repurchase, version: str, again: str, lang: Lang) -> Page:
    """The page of one record's customers."""
    title = _say("title", lang)
    return Page(
        title=title,
        meta=_say("meta", lang, version=clean(version), start=made.start or "–", end=made.end or "–"),
        lines=(),
        sections=(Section("customers", _say("customers", lang), customers(made, lang)),),
        method=tuple(_say(f"method_{i}", lang) for i in (1, 2)),
        again=again,
        foot=f"zhenbo 真播 {clean(version)}",
    )


def _say(key: str, lang: Lang, **args: object) -> str:
    return say(key, lang, SAYS, **args)


def customers(made: Repurchase, lang: Lang, *, brief: bool = False) -> tuple[Block, ...]:
    """All that is said of customers; `brief` leaves out months and cohorts."""
    if not made.buyers:
        return (Lines((_say("nobody", lang),), title=_say("title", lang) if brief else ""),)
    blocks: list[Block] = [Facts(_summary(made, lang), title=_say("title", lang) if brief else "")]
    if made.again is not None:
        blocks += [_ages(made.ages, made.currency, lang)]
        blocks += _ahead(made.ahead, made.currency, lang)
    if not brief:
        blocks += [_months(made, lang), _cohorts(made.cohorts, made.currency, lang)]
    return tuple(blocks)


def _summary(made: Repurchase, lang: Lang) -> tuple[tuple[str, str], ...]:
    def money(x: int) -> str:
        return fmt.money(x, made.currency)

    told = _say("buyers_says", lang, buyers=made.buyers, purchases=made.purchases, net=money(made.net), unnamed=money(made.unnamed))  # fmt: skip
    items = [(_say("buyers", lang), told)]
    if made.left_out:
        items.append((_say("left_out", lang), _say("left_out_says", lang, n=made.left_out)))
    items.append(
        (_say("again", lang), _share(made.again, lang) if made.again is not None else _say("few", lang))
    )
    if made.seed is not None:
        items.append((_say("seed", lang), _seed(made.seed, made.currency, lang)))
    return tuple(items)


def _share(s: Share, lang: Lang) -> str:
    return _say("share", lang, low=fmt.share(s.low), mid=fmt.share(s.mid), high=fmt.share(s.high))


def _seed(s: AtAge, currency: str, lang: Lang) -> str:
    if s.value is not None:
        ends = {k: fmt.money(getattr(s.value, k), currency) for k in ("low", "mid", "high")}
        value = _say("seed_counted", lang, **ends)
    else:
        value = _say("seed_model", lang, mid=fmt.money(s.value_model or 0, currency))
    return _say("seed_says", lang, value=value, again=fmt.number(round(SEED * (s.again_model or 0))))


def _money(i: Interval, currency: str, lang: Lang) -> str:
    ends = {k: fmt.money(getattr(i, k), currency) for k in ("low", "mid", "high")}
    return _say("share", lang, **ends)


def _ages(ages: Sequence[AtAge], currency: str, lang: Lang) -> Table:
    heads = tuple(_say(k, lang) for k in ("after", "over", "again_by", "again_model", "value", "again_model"))
    rows = tuple(
        (
            Cell(_say("days", lang, n=a.days)),
            Cell(fmt.number(a.over), "num"),
            Cell("–" if a.again is None else _share(a.again, lang)),
            Cell("–" if a.again_model is None else fmt.share(a.again_model), "num"),
            Cell("–" if a.value is None else _money(a.value, currency, lang)),
            Cell("–" if a.value_model is None else fmt.money(a.value_model, currency), "num"),
        )
        for a in ages
    )
    return Table(heads, rows, _say("ages_note", lang), title=_say("ages", lang))


def _ahead(a: Ahead | None, currency: str, lang: Lang) -> list[Block]:
    if a is None:
        return [Lines((_say("too_few", lang),), soft=True)]
    items = (
        (_say("known", lang), _money(a.known, currency, lang)),
        (_say("rate", lang), _share(a.rate, lang)),
        (_say("total", lang), _money(a.total, currency, lang)),
        (_say("naive", lang), fmt.money(a.naive, currency)),
    )
    made: list[Block] = [Facts(items, title=_say("ahead", lang, n=a.days))]
    if a.tried:
        heads = tuple(
            _say(k, lang) for k in ("on", "said", "came", "error", "naive_error", "rate_said", "rate_came")
        )
        rows = tuple(_tried(t, currency) for t in a.tried)
        made.append(Table(heads, rows, _say("tried_note", lang), title=_say("tried", lang)))
    return made


def _tried(t: Tried, currency: str) -> tuple[Cell, ...]:
    def error(said: int) -> str:
        return "–" if t.came <= 0 else ("+" if said >= t.came else "") + fmt.share(said / t.came - 1)

    return (
        Cell(t.on),
        Cell(fmt.money(t.revenue, currency), "num"),
        Cell(fmt.money(t.came, currency), "num"),
        Cell(error(t.revenue), "num"),
        Cell(error(t.naive), "num"),
        Cell(fmt.share(t.rate), "num"),
        Cell(fmt.share(t.rate_came), "num"),
    )


def _months(made: Repurchase, lang: Lang) -> Table:
    heads = tuple(_say(k, lang) for k in ("month", "net", "size", "new", "new_share"))
    rows = tuple(
        (
            Cell(m.month),
            Cell(fmt.money(m.net, made.currency), "num"),
            Cell(fmt.number(m.buyers), "num"),
            Cell(fmt.number(m.new), "num"),
            Cell(fmt.share(m.new / m.buyers) if m.buyers else "–", "num"),
        )
        for m in made.months
    )
    return Table(heads, rows, title=_say("months", lang))


def _cohorts(cohorts: Sequence[Cohort], currency: str, lang: Lang) -> Table:
    width = min(max((len(c.active) for c in cohorts), default=1), COHORTS + 1)
    heads = (
        _say("month", lang),
        _say("size", lang),
        *(f"+{k}" for k in range(1, width)),
        _say("worth", lang),
    )
    rows = tuple(
        (
            Cell(c.month),
            Cell(fmt.number(c.buyers), "num"),
            *(Cell(fmt.share(c.active[k]) if k < len(c.active) else "", "num") for k in range(1, width)),
            Cell(fmt.money(c.value[-1], currency), "num"),
        )
        for c in cohorts
    )
    return Table(heads, rows, title=_say("cohorts", lang), long=True)
