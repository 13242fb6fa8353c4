"""Sanctions to be published (公示): which, of whom, by when and until when (网络交易监督管理办法 art. 30).

The article asks a platform to publish what it does against unlawful conduct of those who trade on it within one working day,
with shop, act and measure, until the measure ends. What has fallen or ended is left out the same moment. It speaks of
operators: a host who is somebody's employee is not named, and nobody is whose role nobody has recorded.
"""

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass

from zhenbo.act.governance.admission import File
from zhenbo.act.governance.fold import State
from zhenbo.act.governance.ladder import day_of
from zhenbo.core.case import Step
from zhenbo.core.workdays import last_day

NAMED = frozenset({"operator", "merchant"})
"""Roles of those who trade in their own name."""


@dataclass(frozen=True)
class Published:
    """A sanction as it is published.

    Args:
        party: the shop.
        case: the case.
        offence: for what, id in the pack.
        step: the measure.
        starts: from when.
        until: to when it is shown; None for good. A warning has no term: it is shown as long as it can be appealed against.
        by: last day on which it must be published, in China; None where the days of rest are not announced yet.
        appealed: whether an appeal is open.
    """

    party: str
    case: str
    offence: str
    step: Step
    starts: int
    until: int | None
    by: dt.date | None
    appealed: bool


def published(state: State, files: Mapping[str, File], now: int) -> tuple[list[Published], list[str]]:
    """What is to be shown now, the latest first, and parties not named because nobody has recorded their role."""
    rows, nameless = [], set()
    for docket in state.dockets.values():
        s = docket.sanction
        if s is None or s.term.starts > now:
            continue
        until = s.appeal.until if s.term.kind == "once" else s.term.until
        if until is not None and now > until:
            continue
        papers = files[s.party].papers if s.party in files else None
        if papers is None:
            nameless.add(s.party)
        elif papers.role in NAMED:
            rows.append(Published(s.party, s.case, docket.case.offence, s.does.step, s.term.starts, until, last_day(day_of(s.term.starts) + dt.timedelta(days=1)), docket.status == "appealed"))  # fmt: skip
    return sorted(rows, key=lambda r: (-r.starts, r.case)), sorted(nameless)
