"""Groups in words: who acts as one, where, by which evidence; and when that is organised and not fraud."""

from collections.abc import Mapping
from dataclasses import dataclass

from zhenbo.core.evidence import Say
from zhenbo.core.verdict import Audit
from zhenbo.report import format as fmt
from zhenbo.report.i18n import N_, Lang, tr
from zhenbo.report.mask import ID_LIMIT, clean

LISTED = 20
"""Groups that are listed; groups.parquet has every member of all of them."""
ROOMS = 4
"""Rooms of a group that are named."""
KINDS = {False: N_("coordinated"), True: N_("organised")}


@dataclass(frozen=True)
class GroupLine:
    """A group as a line of a table, ready to be shown."""

    id: str
    kind: str
    accounts: str
    rooms: str
    probability: str
    names: str


def group_lines(audit: Audit, titles: Mapping[str, Say], lang: Lang) -> tuple[GroupLine, ...]:
    """The largest groups of an audit."""
    comma = "、" if lang == "zh" else ", "
    lines = []
    for g in audit.groups[:LISTED]:
        shown = [clean(s, ID_LIMIT) for s in g.sessions[:ROOMS]]
        rest = [tr(lang, "and %(n)s more", n=len(g.sessions) - ROOMS)] if len(g.sessions) > ROOMS else []
        said = [getattr(titles[s], lang) if s in titles else clean(s) for s in g.signals]
        lines.append(
            GroupLine(
                g.group_id[:8], tr(lang, KINDS[g.organised]), fmt.number(g.accounts), comma.join([*shown, *rest]),
                fmt.share(g.probability), comma.join(said),
            )
        )  # fmt: skip
    return tuple(lines)
