"""The page of `zhenbo platform`: a platform's sales from a monitored head, with what the answer leans on."""

from collections.abc import Mapping

from zhenbo.audit.monitor import PlatformTotal
from zhenbo.core.evidence import Say
from zhenbo.report import format as fmt
from zhenbo.report.i18n import Lang
from zhenbo.report.mask import clean
from zhenbo.report.page import Block, Cell, Facts, Page, Section, Table
from zhenbo.report.party import interval, say

SAYS: Mapping[str, Say] = {
    "title": Say("A platform's sales from a monitored head", "由头部监测推断平台销售额"),
    "section": Say("The whole from its head", "由头部推断总体"),
    "head": Say("Monitored head", "监测头部"),
    "head_is": Say("{n|host|hosts}, {head} displayed", "{n} 位主播，展示 {head}"),
    "hosts": Say("Hosts that sell on the platform (given)", "平台带货主播数（给定）"),
    "hosts_is": Say("{low} to {high}", "{low} 至 {high}"),
    "total": Say("Displayed sales of the platform", "平台展示销售额"),
    "amount": Say("{mid} ({interval})", "{mid}（{interval}）"),
    "share": Say("Share of the head", "头部占比"),
    "share_is": Say("{mid} ({low} to {high})", "{mid}（{low} 至 {high}）"),
    "verified": Say("Verified sales of the platform", "平台核实销售额"),
    "claimed": Say("The monitor's own claim", "监测方的说法"),
    "claimed_is": Say("{share}, which makes {total}", "占 {share}，即 {total}"),
    "inside": Say("It lies inside the interval.", "落在区间之内。"),
    "outside": Say("It lies outside the interval: ask the monitor how it knows the share.", "落在区间之外：请追问监测方该占比从何而来。"),
    "tails": Say("What each model says of the hosts that nobody watches", "各模型对未监测主播的推断"),
    "model": Say("model", "模型"),
    "parameter": Say("parameter", "参数"),
    "count": Say("hosts", "主播数"),
    "mid": Say("total", "总额"),
    "ends": Say("90% interval", "90% 区间"),
    "held": Say("head holds", "头部占比"),
    "pareto": Say("Pareto (power of the rank)", "帕累托（按名次幂律）"),
    "lognormal": Say("lognormal", "对数正态"),
    "method_1": Say("The head must be the largest hosts of the platform, all of them. The tail is read off how the head falls with rank: by a power law (Hill's exponent) and by a lognormal of which the head is the top. The interval spans both models at the ends of their own intervals and at both ends of the number of hosts.", "头部必须是平台最大的主播且无遗漏。尾部由头部随名次的衰减推断：幂律（Hill 指数）与以头部为上端的对数正态。区间涵盖两种模型各自区间的两端以及主播数的两端。"),
    "method_2": Say("It can be wrong where the tail bends elsewhere than the head lets see, where the number of selling hosts is wrong, or where the monitor's figures are: it sees displayed sales, before refunds and brushing. --verified scales by what audits of a sample found.", "若尾部的走势与头部所示不同、带货主播数有误，或监测数据本身有误（其所见为退款与刷单之前的展示额），推断便会出错。--verified 可按样本核查所得比例折算。"),
}  # fmt: skip


def platform_page(made: PlatformTotal, currency: str, version: str, again: str, lang: Lang) -> Page:
    """The page of one estimate."""
    title = _say("title", lang)
    return Page(
        title=title,
        meta=f"zhenbo 真播 {clean(version)}",
        lines=(),
        sections=(Section("total", _say("section", lang), _blocks(made, currency, lang)),),
        method=tuple(_say(f"method_{i}", lang) for i in (1, 2)),
        again=again,
        foot=f"zhenbo 真播 {clean(version)}",
    )


def _say(key: str, lang: Lang, **args: object) -> str:
    return say(key, lang, SAYS, **args)


def _blocks(made: PlatformTotal, currency: str, lang: Lang) -> tuple[Block, ...]:
    def money(x: int) -> str:
        return fmt.money(x, currency)

    low, mid, high = (fmt.share(x) for x in made.head_share)
    items = [
        (_say("head", lang), _say("head_is", lang, n=made.head_hosts, head=money(made.head))),
        (_say("hosts", lang), _say("hosts_is", lang, low=made.hosts_low, high=made.hosts_high)),
        (
            _say("total", lang),
            _say("amount", lang, mid=money(made.total.mid), interval=interval(made.total, currency, lang)),
        ),
        (_say("share", lang), _say("share_is", lang, low=low, mid=mid, high=high)),
    ]
    if made.verified is not None:
        told = {"mid": money(made.verified.mid), "interval": interval(made.verified, currency, lang)}
        items.append((_say("verified", lang), _say("amount", lang, **told)))
    if made.claimed_share is not None and made.claimed_total is not None:
        inside = made.total.low <= made.claimed_total <= made.total.high
        claim = _say("claimed_is", lang, share=fmt.share(made.claimed_share), total=money(made.claimed_total))
        items.append((_say("claimed", lang), f"{claim} {_say('inside' if inside else 'outside', lang)}"))
    heads = tuple(_say(k, lang) for k in ("model", "count", "parameter", "mid", "ends", "held"))
    rows = tuple(
        (
            Cell(_say(t.model, lang)),
            Cell(fmt.number(t.hosts), "num"),
            Cell(fmt.number(round(t.parameter, 2)), "num"),
            Cell(money(t.total.mid), "num"),
            Cell(f"{money(t.total.low)} – {money(t.total.high)}", "num"),
            Cell(fmt.share(t.head_share), "num"),
        )
        for t in made.tails
    )
    return (Facts(tuple(items)), Table(heads, rows, title=_say("tails", lang)))
