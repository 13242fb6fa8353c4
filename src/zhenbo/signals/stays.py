"""Questions to visits, whoever asks: whether the record tells of them, and what else makes people stay and do nothing."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from zhenbo.core.evidence import Cause, Missing
from zhenbo.core.session import MINUTE, SECOND, Session
from zhenbo.core.subject import Question
from zhenbo.kernel.entrance import Sender, sender
from zhenbo.kernel.lengths import set_by_people
from zhenbo.kernel.people import badge_share
from zhenbo.kernel.visits import Bools, Visits, visits

_SAME = 0.02
"""Stays are of one length within this share of it."""
_END = 3 * MINUTE
"""Within so long people leave what has ended for all of them."""


def untold(session: Session, question: Question, *, departures: bool = False) -> list[Missing]:
    """What a record lacks to be asked about visits, and about their ends; empty where it lacks nothing."""
    if not session.has("actor_id", "enter"):
        return [Missing(question, "account_ids")]
    return [Missing(question, "leaves")] if departures and not visits(session).ended.any() else []


@dataclass(frozen=True)
class Innocent:
    """What was asked of some silent visits.

    Args:
        door: by which entrance they came; `own` is one that hardly anybody else uses.
        one_length: most lasted equally long, and so long as people set it: a feed ends silent visits by a clock, a reward is earned.
        one_end: most ended within three minutes, before the record did: a class, a programme, an outage, a contract.
        fans: most wear the host's fan badge.
    """

    door: Sender
    one_length: bool
    one_end: bool
    fans: bool

    @property
    def explained(self) -> bool:
        """Whether something else than their number brought or sent them, so that nothing may rest on them alone."""
        return self.one_length or self.door == "own" or (self.one_end and self.door != "none")

    def causes(self, *, anywhere: bool) -> tuple[Cause, ...]:
        """The same as causes.

        Args:
            anywhere: whether people who came by all entrances may watch for a reward all the same.
        """
        task = {"own": "explains", "none": "open" if anywhere else "ruled_out"}.get(self.door, "open")
        return (
            Cause("watching_task", task),
            Cause("common_end", "open" if self.one_end else "ruled_out"),
            Cause("collector_fault", "open" if self.one_length else "ruled_out"),
            Cause("fan_club", "explains" if self.fans else "ruled_out"),
        )


def innocent(session: Session, seen: Visits, which: Bools, base: Mapping[str, Any]) -> Innocent:
    """Ask what else made some visits long and silent.

    Args:
        session: the record.
        seen: its visits.
        which: the long and silent ones; every one of them was seen to end.
        base: `same`, the share from which most are alike; `fans`; and what `kernel.entrance.sender` needs.
    """
    people, rest = seen.apart(which)
    left = seen.left[which]
    stay = np.log((left - seen.came[which]).astype(np.float64))
    early = left[left < session.span[1] - _END]  # at the end all leave
    most, alike = base["same"] * len(left), _alike(stay, _SAME)
    return Innocent(
        sender(session, people, rest, base),
        len(alike) > most and set_by_people(float(np.exp(np.median(alike))) / SECOND),
        len(_alike(early, _END)) > most,
        (badge_share(session, people) or 0.0) > base["fans"],
    )


def _alike(values: npt.NDArray[Any], within: float) -> npt.NDArray[Any]:
    """The most of some values that lie within so much of each other."""
    at = np.sort(values)
    many = np.searchsorted(at, at + within, "right") - np.arange(len(at))
    first = int(np.argmax(many)) if len(at) else 0
    return at[first : first + int(many.max(initial=0))]
