"""Many rooms at once: how many false alarms to expect, and which flagged rooms stand when many were looked at.

Three answers that lean on different things:

- *expected among the flagged*: the sum of 1 − probability. Leans on the prior.
- *per 1,000 honest rooms*: how often honest simulated rooms were flagged at calibration, with an exact 95 % interval
  (Clopper and Pearson 1934). Leans on the simulated rooms.
- *survive*: e-BH (Wang & Ramdas, "False discovery rate control with e-values", JRSS B 84, 2022) over the e-values of
  all rooms, valid however rooms hang together. A room's e-value is the mean over its questions, of the product over
  families, of the mean over the family's evidence (capped, and at most 1 where an innocent cause explains it): inside a
  family and between questions nothing is assumed; families are taken as independent, as in the score. A room that was
  not flagged counts as 0, which keeps an e-value one.

No verdict changes by it: a verdict must not depend on which other rooms were asked about (docs/decisions/0012).
"""

import math
from collections import defaultdict
from collections.abc import Iterable, Sequence

from zhenbo.core.subject import Outcome
from zhenbo.core.verdict import Many, Reason, SessionVerdict, ShopVerdict, SubjectVerdict
from zhenbo.judge import Policy, probability
from zhenbo.judge.weigh import decibels

RATE = 0.05
"""False discovery rate kept by `survive`."""


def many(verdicts: Iterable[SubjectVerdict], policy: Policy) -> Many:
    """What looking at all these rooms costs."""
    rooms = [v for v in verdicts if any(q.asked for q in v.questions.values())]
    flagged = [v for v in rooms if v.verdict.rank >= Outcome.SUSPECT.rank]
    low, high = (None, None) if policy.alarms is None else _interval(*policy.alarms)
    return Many(
        rooms=len(rooms),
        flagged=len(flagged),
        expected_false=_expected_false(flagged, policy, policy.prior[1]),
        expected_false_high=_expected_false(flagged, policy, policy.prior[0]),
        per_1000_low=low,
        per_1000_high=high,
        rate=RATE,
        survive=_survive(flagged, len(rooms), policy),
    )


def _expected_false(flagged: Sequence[SubjectVerdict], policy: Policy, prior: float) -> float:
    moved = decibels(prior) - decibels(policy.prior[1])
    return math.fsum(1 - probability(v.score_db + moved) for v in flagged)


def _interval(flagged: int, honest: int) -> tuple[float, float]:
    """Honest rooms flagged of 1,000: exact 95 % interval."""
    from scipy import stats

    low = float(stats.beta.ppf(0.025, flagged, honest - flagged + 1)) if flagged else 0.0
    high = float(stats.beta.ppf(0.975, flagged + 1, honest - flagged)) if flagged < honest else 1.0
    return 1000 * low, 1000 * high


def room_e(verdict: SubjectVerdict, policy: Policy) -> float:
    """The e-value of a room against "honest"; 1 where nothing was found to look at."""
    asked: dict[str, dict[str, list[float]]] = defaultdict(lambda: defaultdict(list))
    for r in verdict.reasons:
        asked[r.question.value][r.family].append(_piece_e(r, policy))
    made = [
        math.prod(math.fsum(pieces) / len(pieces) for _, pieces in sorted(families.items()))
        for _, families in sorted(asked.items())
    ]
    return math.fsum(made) / len(made) if made else 1.0


def _piece_e(r: Reason, policy: Policy) -> float:
    db = min(r.raw_db, policy.cap(r.signal, r.tier), policy.family)
    if any(c.outcome == "explains" for c in r.cleared_by):
        db = min(db, 0.0)
    return float(10 ** (db / 10))


def _survive(flagged: Sequence[SubjectVerdict], rooms: int, policy: Policy) -> list[str]:
    """The largest k flagged rooms whose k-th e-value reaches rooms / (RATE·k)."""
    ranked = sorted((-room_e(v, policy), _id(v)) for v in flagged)
    stand = [k for k, (e, _) in enumerate(ranked, start=1) if -e >= rooms / (RATE * k)]
    return [name for _, name in ranked[: max(stand, default=0)]]


def _id(v: SubjectVerdict) -> str:
    if isinstance(v, SessionVerdict):
        return v.session_id
    return v.shop_id if isinstance(v, ShopVerdict) else v.host_id
