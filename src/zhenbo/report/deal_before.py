"""The page of `zhenbo deal`: from what sales a deal pays, and in how many of twenty outcomes it would."""

from collections.abc import Iterable, Mapping, Sequence

from zhenbo.audit.deal_before import FEW, OUTCOMES
from zhenbo.core.evidence import Say
from zhenbo.core.settlement import Outcome20, Outlook
from zhenbo.report import format as fmt
from zhenbo.report.deal import cited
from zhenbo.report.deal import say as deal_say
from zhenbo.report.i18n import Lang
from zhenbo.report.mask import ID_LIMIT, clean
from zhenbo.report.page import Block, Cell, Lines, Page, Section, Table
from zhenbo.report.phrase import phrase

SAYS: Mapping[str, Say] = {
    "title": Say("Before signing", "签约前测算"),
    "meta": Say("zhenbo 真播 {version} · history read as of {as_of}", "zhenbo 真播 {version} · 历史数据截至 {as_of}"),
    "meta_none": Say("zhenbo 真播 {version} · without a history of the host", "zhenbo 真播 {version} · 未提供主播历史数据"),
    "deal": Say("Deal {id}", "合同 {id}"),
    "pays": Say("In {n} of 20 outcomes the slot fee pays.", "20 种可能结果中，{n} 种可收回坑位费。"),
    "pays_low": Say("If every earlier broadcast really sold no more than the lower end of its interval: in {n} of 20.", "若历史各场的真实销售仅为区间下限：20 种中有 {n} 种。"),
    "target": Say("The promised {target_minor} would be reached in {n} of 20.", "承诺的 {target_minor} 在 20 种结果中有 {n} 种可以达到。"),
    "even": Say("It pays from {sales_minor} of net sales on: each unit leaves {kept_share} after goods, commission and platform, and {fixed_minor} is to be won back.", "净销售额达到 {sales_minor} 才能保本：每元在扣除货本、佣金与平台扣点后留存 {kept_share}，需收回 {fixed_minor}。"),
    "even_free": Say("There is no fee to win back; each unit of sales leaves {kept_share}.", "没有需要收回的费用；每元销售留存 {kept_share}。"),
    "never": Say("It never pays: commission and platform take more than the margin. The more sold the more lost: each unit of sales costs {lost_share}.", "无法保本：佣金与平台扣点超过毛利。卖得越多亏得越多：每元销售亏损 {lost_share}。"),
    "margin": Say("Without the merchant's gross margin no break-even can be told: give --margin or gross_margin.", "缺少商家毛利率，无法测算保本点：请给出 --margin 或 gross_margin。"),
    "per_order": Say("One more average order ({price_minor}) brings {each_minor} before the slot fee.", "每多一单（均价 {price_minor}）在坑位费之前的贡献为 {each_minor}。"),
    "sold": Say("With sales of {sales_minor} the deal leaves {left_minor}.", "若销售额为 {sales_minor}，本合同的结果为 {left_minor}。"),
    "few": Say("Only {n} earlier broadcasts: the outcomes are wide, and an impression.", "仅有 {n} 场历史直播：结果范围较宽，仅供参考。"),
    "none": Say("No earlier broadcast with orders is known: give a data folder, or the --out folder of an earlier audit, to see outcomes.", "没有带订单的历史直播：请提供数据文件夹或此前核查的 --out 文件夹，以便测算。"),
    "history": Say("{n} earlier broadcasts; {doubted} of them with suspect or likely fabricated sales.", "历史直播 {n} 场，其中 {doubted} 场销售存疑或很可能造假。"),
    "outcomes": Say("Twenty equally likely outcomes", "二十种等可能的结果"),
    "net": Say("net sales", "净销售额"),
    "left": Say("leaves", "结果"),
    "word_pays": Say("{n} of 20", "20 中 {n}"),
    "method_1": Say("Sales are verified sales of the host's earlier broadcasts. Their logarithms are taken as normal with mean and spread unknown, the spread drawn to a factor of two with the weight of two broadcasts; broadcasts that sold nothing keep their share. Several broadcasts of a deal share the unknown mean.", "销售额取主播历史各场的核实销售额。其对数视为正态分布，均值与离散度未知；离散度以两场的权重向“两倍”收缩；零销售场次按其比例保留。同一合同的多场共用未知均值。"),
    "method_2": Say("Break-even is (slot fee + tax on it − stated value of exposure) ÷ (gross margin − commission − platform − fee per order ÷ average order). Your goods may sell otherwise than those of the history.", "保本销售额 =（坑位费 + 税费 − 自估曝光价值）÷（毛利率 − 佣金率 − 平台扣点 − 按单费用 ÷ 客单价）。您的商品与历史商品的销售可能不同。"),
}  # fmt: skip


_CLAUSES = {
    ("void",): "void",
    ("unclear",): "unclear",
    ("contradiction", "unreadable"): "against",
    ("missing",): "missing",
}


def say(key: str, lang: Lang, **args: object) -> str:
    """A sentence of the page in `lang`."""
    return phrase(SAYS[key], args, lang)


def before_page(seen: Sequence[Outlook], as_of: str | None, version: str, again: str, lang: Lang) -> Page:
    """The page of some deals before they are signed.

    Args:
        seen: what each would come to.
        as_of: moment of the history; None without one.
        version: of zhenbo.
        again: the command that makes the page again.
        lang: language of the page.
    """
    meta = say("meta", lang, version=clean(version), as_of=fmt.iso(as_of)) if as_of else say("meta_none", lang, version=clean(version))  # fmt: skip
    return Page(
        title=say("title", lang),
        meta=meta,
        lines=(),
        sections=tuple(_section(o, f"d{n}", lang) for n, o in enumerate(seen, start=1)),
        method=(say("method_1", lang), say("method_2", lang)),
        again=again,
        foot=f"zhenbo 真播 {clean(version)}",
    )


def _section(o: Outlook, anchor: str, lang: Lang) -> Section:
    outcome, word = "", ""
    if o.pays is not None:
        outcome = (
            "unlikely" if o.pays >= OUTCOMES * 0.8 else "likely" if o.pays <= OUTCOMES * 0.2 else "suspect"
        )
        word = say("word_pays", lang, n=o.pays)
    return Section(
        anchor, say("deal", lang, id=clean(o.deal, ID_LIMIT)), tuple(_blocks(o, lang)), outcome=outcome,
        banner=tuple(_chances(o, lang)), word=word,
    )  # fmt: skip


def _chances(o: Outlook, lang: Lang) -> Iterable[str]:
    if o.pays is not None:
        yield say("pays", lang, n=o.pays)
    if o.pays_low is not None and o.pays_low != o.pays:
        yield say("pays_low", lang, n=o.pays_low)
    if o.target_met is not None:
        yield say("target", lang, n=o.target_met, target_minor=o.target, currency=o.currency)


def _blocks(o: Outlook, lang: Lang) -> Iterable[Block]:
    money = {"currency": o.currency}
    lines = []
    if o.kept_share is None:
        lines.append(say("margin", lang))
    elif o.break_even is None:
        lines.append(say("never", lang, lost_share=max(-o.kept_share, 0.0)))
    elif not o.fixed:
        lines.append(say("even_free", lang, kept_share=o.kept_share))
    else:
        lines.append(
            say("even", lang, sales_minor=o.break_even, kept_share=o.kept_share, fixed_minor=o.fixed, **money)
        )
    if o.per_order is not None:
        lines.append(say("per_order", lang, price_minor=o.price, each_minor=o.per_order, **money))
    if o.sold is not None and o.sold.left is not None:
        lines.append(say("sold", lang, sales_minor=o.sold.sales, left_minor=o.sold.left, **money))
    if not o.history:
        lines.append(say("none", lang))
    else:
        lines.append(say("history", lang, n=o.history, doubted=o.doubted))
        if o.history < FEW:
            lines.append(say("few", lang, n=o.history))
    yield Lines(tuple(lines))
    for kind, key in _CLAUSES.items():
        if said := tuple(cited(c) for c in o.clauses if c.kind in kind):
            yield Lines(said, title=deal_say(key, lang), listed=True)
    if o.outcomes:
        yield _table(o.outcomes, o.currency, lang)


def _table(outcomes: Sequence[Outcome20], currency: str, lang: Lang) -> Table:
    rows = tuple(
        (
            Cell(str(n)), Cell(fmt.money(one.sales, currency), "num"),
            Cell("–" if one.left is None else fmt.money(one.left, currency), "num"),
        )
        for n, one in enumerate(outcomes, start=1)
    )  # fmt: skip
    return Table(("", say("net", lang), say("left", lang)), rows, title=say("outcomes", lang))
