"""A special campaign: verdicts of many audits made into cases (K48). It opens and proposes, and sanctions nobody.

A case rests on the lower end of what was measured, says nothing of who did it, and is blocked unless the verdict is
`likely` and `penalty_ready`; `insufficient` and `unlikely` are no cases at all. The id of a case is made from the campaign
and the session, so a campaign that was killed and is run again finds what it has done and does nothing twice.
"""

import datetime as dt
import hashlib
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

from zhenbo.core.case import Case, Ground, Scalar
from zhenbo.core.evidence import Say
from zhenbo.core.subject import Outcome
from zhenbo.core.verdict import Audit, SessionVerdict, SubjectVerdict

_METRICS = {"audience": ("viewers", "follows"), "engagement": ("likes", "comments", "shares")}
_NOT_LIKELY = Say("The verdict is {verdict}: a reason to ask for records, and no more.", "判定为 {verdict}：仅可据以要求补充材料。")  # fmt: skip
_NOT_READY = Say("The verdict is likely, and below the threshold at which a penalty may rest on it.", "判定为“很可能”，但未达到可据以处置的标准。")  # fmt: skip
GROUNDS = 20
"""Reasons of a verdict that a case names."""


@dataclass(frozen=True)
class Passed:
    """A session of which nothing was made, and why."""

    subject: str
    verdict: str


def subject_of(v: SubjectVerdict) -> str:
    """The session's id, or that of the shop month."""
    return str(getattr(v, "session_id", None) or f"{getattr(v, 'shop_id', v.host_id)}/{v.start or ''}")


def of_verdict(v: SubjectVerdict, id_: str, origin: str, party: str | None = None, at: int = 0) -> Case | Passed:  # fmt: skip
    """A case from a verdict, with the facts that it gives; who did it is never among them.

    Args:
        v: the verdict.
        id_: of the case.
        origin: e.g. `verdict:session`, `campaign:spring`.
        party: whom it is about; the host by default.
        at: when it happened, where the verdict does not tell.
    """
    subject = subject_of(v)
    if v.verdict in {Outcome.INSUFFICIENT, Outcome.UNLIKELY}:
        return Passed(subject, v.verdict.value)
    offence, facts = _facts(v)
    blocked = None
    if v.verdict is not Outcome.LIKELY:
        name = v.verdict.value
        blocked = Say(_NOT_LIKELY.en.replace("{verdict}", name), _NOT_LIKELY.zh.replace("{verdict}", name))
    elif not v.penalty_ready:
        blocked = _NOT_READY
    grounds = tuple(Ground(r.id, r.says) for r in v.reasons[:GROUNDS])
    value = v.gmv.brushed_low if v.gmv and v.gmv.brushed_low > 0 else None
    return Case(id_, party or v.host_id, offence, _moment(v.end) or at, facts, grounds, None, value, (), origin, blocked)  # fmt: skip


def _facts(v: SubjectVerdict) -> tuple[str, dict[str, Scalar]]:
    """The offence that the headline speaks to, and the lower ends of what was measured."""
    facts: dict[str, Scalar] = {}
    question = v.question.value
    if question == "sales":
        if v.gmv:
            paid = v.gmv.gross - v.gmv.cancelled - v.gmv.unpaid_open - v.gmv.discount
            if paid > 0:
                facts["fabricated_share"] = max(v.gmv.brushed_low, 0) / paid
                facts["fabricated_minor"] = max(v.gmv.brushed_low, 0)
        return "fake_orders", facts
    shares = [f.low / f.shown for m in _METRICS[question] if (f := getattr(v.fake, m)) and f.shown]
    if shares:
        facts["fabricated_share"] = max(shares)
    return "fake_engagement", facts


def _moment(iso: str | None) -> int | None:
    if iso is None:
        return None
    moment = dt.datetime.fromisoformat(iso)
    return (moment - dt.datetime(1970, 1, 1, tzinfo=dt.UTC)) // dt.timedelta(microseconds=1)


def _short(id_: str) -> str:
    """An id that fits into keys; a long one ends in its digest."""
    return id_ if len(id_) <= 120 else f"{id_[:100]}~{hashlib.sha256(id_.encode()).hexdigest()[:16]}"


def sweep(audits: Iterable[Audit], name: str, at: int, parties: Mapping[str, str] | None = None) -> Iterator[Case | Passed]:  # fmt: skip
    """Cases of a campaign over audits, in their order; a session audited twice is one case.

    Args:
        audits: earlier verdicts.
        name: of the campaign.
        at: now, for verdicts without times.
        parties: whom a host's case is about, where that is not the host.
    """
    seen = set()
    for audit in audits:
        for v in (*audit.sessions, *audit.shops):
            subject = subject_of(v)
            if subject in seen:
                continue
            seen.add(subject)
            kind = "session" if isinstance(v, SessionVerdict) else "shop"
            yield of_verdict(v, _short(f"{name}/{kind}/{subject}"), f"campaign:{name}", (parties or {}).get(v.host_id), at)  # fmt: skip
