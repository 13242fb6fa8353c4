"""What people read of the bundle of a case: what was found, ordered, objected and decided, every act, record and key."""

from collections.abc import Mapping
from dataclasses import replace

from zhenbo.act.bundle import CaseFile
from zhenbo.act.governance.fold import Docket, Standing
from zhenbo.core.evidence import Say
from zhenbo.report import format as fmt
from zhenbo.report.case import case_page
from zhenbo.report.evidence import say as said
from zhenbo.report.i18n import Lang
from zhenbo.report.mask import ID_LIMIT, clean
from zhenbo.report.page import Cell, Lines, Page, Section, Table
from zhenbo.report.phrase import phrase

SAYS: Mapping[str, Say] = {
    "title": Say("Evidence in case {id}", "案件 {id} 证据"),
    "what": Say("This file holds every act of this case and of the earlier cases it counted, signed, so that it can be checked without the system that made it: `zhenbo evidence verify FILE`. Checked are the digests and seals of the acts, where the case stands, and what the rules made of its facts.", "本文件载有本案及已计入的此前案件的全部行为记录并经签名，无需原系统即可核验：`zhenbo evidence verify FILE`。核验内容包括行为的摘要与封印、案件状态以及规则对事实的判定。"),
    "acts": Say("Acts of the record", "行为记录"),
    "number": Say("number", "编号"),
    "digest": Say("digest", "摘要"),
}  # fmt: skip


def say(key: str, lang: Lang, **args: object) -> str:
    """A sentence of this page."""
    return phrase(SAYS[key], args, lang)


def case_bundle_page(told: CaseFile, docket: Docket, lang: Lang) -> Page:
    """The page of a case's bundle; it follows from its acts alone.

    Args:
        told: the content.
        docket: the case, as its acts add up.
        lang: language.
    """
    made = told.made
    # only cases in the file are known, so where the party stands is left out: it would be a part of the whole
    inner = case_page(
        docket, made.title, made.facts, Standing(made.party), made.as_of, clean(made.zhenbo), lang
    )
    first, *rest = inner.sections
    heads = (
        say("number", lang),
        said("act", lang),
        said("when", lang),
        say("digest", lang),
        said("seal", lang),
    )
    rows = tuple(
        (
            Cell(fmt.number(a.number), "num"), Cell(clean(a.kind)), Cell(fmt.clock(a.at, "%Y-%m-%d %H:%M"), "when"),
            Cell(a.digest[:16], "soft"), Cell(a.seal[:16], "soft"),
        )
        for a in told.acts
    )  # fmt: skip
    held = (Table(heads, rows), Lines((f"{said('head', lang)} {made.head}",), soft=True))
    signed = Lines((f"{said('key', lang)} {made.key}", said("trust", lang)))
    return replace(
        inner,
        title=say("title", lang, id=clean(made.case, ID_LIMIT)),
        lines=(*inner.lines, say("what", lang)),
        sections=(
            replace(first, blocks=first.blocks[:-1]), *rest, Section("acts", say("acts", lang), held),
            Section("signature", said("signature", lang), (signed,)),
        ),
        again="zhenbo evidence verify FILE",
    )  # fmt: skip
