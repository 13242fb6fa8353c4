"""The page of sanctions that a platform publishes (公示): anybody reads it, so it says no more than the law asks for."""

from collections.abc import Mapping, Sequence

from zhenbo.act.governance.publish import Published
from zhenbo.core.case import TITLES
from zhenbo.core.evidence import Say
from zhenbo.report import format as fmt
from zhenbo.report.case import named
from zhenbo.report.i18n import Lang
from zhenbo.report.mask import ID_LIMIT, clean
from zhenbo.report.page import Cell, Page, Section, Table
from zhenbo.report.phrase import phrase

SAYS: Mapping[str, Say] = {
    "title": Say("Measures against traders on this platform", "平台内经营者处理措施公示"),
    "meta": Say("as of {at_cn}", "截至{at_cn}"),
    "what": Say("{n|measure stands|measures stand}. What was lifted on appeal or has run its term is not on this list.", "现行措施 {n} 项。经申诉撤销或期限届满的措施不在此列。"),
    "shop": Say("shop", "网店"),
    "conduct": Say("conduct", "违法行为"),
    "measure": Say("measure", "处理措施"),
    "measures": Say("Measures in force", "现行处理措施"),
    "since": Say("since (China time)", "起始（北京时间）"),
    "until": Say("shown until (China time)", "公示至（北京时间）"),
    "by": Say("to be published by", "应公示日期"),
    "good": Say("for good", "长期"),
    "open": Say("{step}; an appeal is being looked at", "{step}（申诉复核中）"),
    "method": Say("Measures for online transactions, art. 30: published within one working day, with shop, conduct and measure, until the term of the measure is over; a warning, which has no term, as long as it can be appealed against.", "网络交易监督管理办法第三十条：自作出决定之日起一个工作日内公示网店名称、违法行为、处理措施，持续至措施期满；警示无期限，公示至申诉期满。"),
}  # fmt: skip


def published_page(rows: Sequence[Published], titles: Mapping[str, Say], now: int, lang: Lang) -> Page:
    """The list as it stands.

    Args:
        rows: what is to be shown.
        titles: of offences, by id.
        now: the moment.
        lang: language.
    """

    def say(key: str, **args: object) -> str:
        return phrase(SAYS[key], args, lang)

    heads = tuple(say(k) for k in ("shop", "conduct", "measure", "since", "until", "by"))
    cells = []
    for r in rows:
        step = named(TITLES, r.step, lang)  # type: ignore[arg-type]
        cells.append((
            Cell(clean(r.party, ID_LIMIT)), Cell(named(titles, r.offence, lang)), Cell(say("open", step=step) if r.appealed else step),
            Cell(fmt.china_clock(r.starts), "when"), Cell(say("good") if r.until is None else fmt.china_clock(r.until), "when"),
            Cell(fmt.UNKNOWN if r.by is None else r.by.isoformat(), "when"),
        ))  # fmt: skip
    return Page(
        title=say("title"),
        meta=say("meta", at_cn=now),
        lines=(say("what", n=len(rows)),),
        sections=(Section("measures", say("measures"), (Table(heads, tuple(cells)),)),),
        method=(say("method"),),
        again="",
        foot="zhenbo 真播",
    )
