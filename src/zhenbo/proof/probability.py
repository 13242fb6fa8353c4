"""How far the probability of a verdict can be believed: maps fitted on some campaigns or families and judged on others."""

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from zhenbo.core.subject import Outcome
from zhenbo.proof import stats
from zhenbo.proof.section import Est, Section, bought, honest
from zhenbo.proof.stats import Floats, Rate, rate
from zhenbo.proof.trial import MATERIAL, Trial

PREVALENCE = 0.08
"""Share of sessions taken as bought where probabilities are judged: the policy's middle prior."""

PREVALENCES = (0.01, 0.02, 0.05, PREVALENCE)
"""Shares of bought sessions at which a flag's worth is told."""


def sections(trials: Sequence[Trial]) -> list[Section]:
    """Every table about the probability."""
    return [calibrated(trials), reliability(trials), worth(trials)]


def calibrated(trials: Sequence[Trial]) -> Section:
    """Brier score of the shipped map and of maps fitted elsewhere, on campaigns and families held out."""
    rows = []
    even, odd = _halves(honest(trials))
    first, second = _halves(bought(trials))
    if first and second and odd:
        rows.append({"held out": "half of the campaigns", **_judged([*second, *odd], [*first, *even])})
    for family in dict.fromkeys(sorted(t.family for t in bought(trials))):
        held = [t for t in bought(trials) if t.family == family]
        other = [t for t in bought(trials) if t.family != family]
        if other and odd:
            rows.append({"held out": family, **_judged([*held, *odd], [*other, *even])})
    return Section(
        "calibration", "Probabilities, campaigns and whole families held out",
        f"True = at least {MATERIAL:.0%} of a metric fabricated; sessions weighted so that {PREVALENCE:.0%} are. The refitted maps (logistic, isotonic) "
        "are fitted on the other campaigns or families and half of the honest evenings, and judged on what was held out with the other half. The "
        "shipped map is logistic@1 and was fitted on nothing. Calibration error: mean distance between said and true, over bins.", tuple(rows),
    )  # fmt: skip


def _halves(trials: Sequence[Trial]) -> tuple[list[Trial], list[Trial]]:
    """Whole campaigns in two halves; plain evenings and bursts alternate, so halves are made of pairs."""
    even, odd = (
        [t for t in trials if int(t.campaign.rpartition("/")[2]) // 2 % 2 == side] for side in (0, 1)
    )
    return even, odd


def _judged(held: Sequence[Trial], others: Sequence[Trial]) -> dict[str, Any]:
    """Three maps on what was held out: as shipped, logistic and isotonic fitted on the others."""
    db, truth = _scores(held)
    known = _scores(others)
    slope, shift = stats.platt(*known, PREVALENCE)
    maps: dict[str, Callable[[Floats], Floats]] = {
        "shipped map": stats.mapped,
        "logistic": lambda x: stats.mapped(x, slope, shift),
        "isotonic": stats.isotonic(*known, PREVALENCE),
    }
    told = {name: stats.calibration(m(db), truth, PREVALENCE) for name, m in maps.items()}
    return {
        "bought": int(truth.sum()), "honest": int((~truth).sum()),
        **{f"Brier, {name}": round(c.brier, 4) for name, c in told.items()},
        **{f"calibration error, {name}": round(c.ece, 4) for name, c in told.items()},
        "slope": round(slope, 2), "Brier of knowing nothing": round(PREVALENCE * (1 - PREVALENCE), 4),
    }  # fmt: skip


def reliability(trials: Sequence[Trial]) -> Section:
    """Said against true, in bins of the shipped probability."""
    db, truth = _scores([*bought(trials), *honest(trials)])
    bins = stats.calibration(stats.mapped(db), truth, PREVALENCE).bins if len(db) else []
    rows = [
        {"said": Est(said), "true at the stated prevalence": Est(was), "bought, of sessions": count}
        for said, was, count in bins
    ]
    return Section("reliability", "Reliability of the probability", "Mean of what was said per bin, and what it should have been.", tuple(rows))  # fmt: skip


def worth(trials: Sequence[Trial]) -> Section:
    """What a flag is worth: the share of flagged sessions that are bought, by how common that is."""
    real, calm = [t for t in bought(trials) if t.material], honest(trials)
    rows = []
    for word, least in (("suspect or likely", Outcome.SUSPECT), ("likely", Outcome.LIKELY)):
        found, false = (
            rate(sum(t.told.outcome.rank >= least.rank for t in group), len(group)) for group in (real, calm)
        )
        if real and calm:
            rows.append({
                "answer": word, "of bought sessions": found, "of honest sessions": false,
                **{f"right when {p:.0%} are bought": _right(found, false, p) for p in PREVALENCES},
            })  # fmt: skip
    return Section(
        "worth", "What a flag is worth",
        "Share of the flagged sessions that are bought, if so many of all sessions are. Interval: both rates at their unfavourable, and both at "
        "their favourable 95 % ends.", tuple(rows),
    )  # fmt: skip


def _right(found: Rate, false: Rate, prevalence: float) -> Est:
    def share(hit: float, alarm: float) -> float | None:
        flagged = prevalence * hit + (1 - prevalence) * alarm
        return prevalence * hit / flagged if flagged else None

    return Est(share(found.share or 0.0, false.share or 0.0), share(found.low, false.high), share(found.high, false.low))  # fmt: skip


def _scores(trials: Sequence[Trial]) -> tuple[Any, Any]:
    kept = [t for t in trials if t.honest or t.material]
    return np.array([t.told.score_db for t in kept]), np.array([not t.honest for t in kept], dtype=bool)
