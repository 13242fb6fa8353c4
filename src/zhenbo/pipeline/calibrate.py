"""A user's own reference cells, caps and prior, learned from the history of their rooms.

Most of the history is taken as honest, and which part is not needs not be known: every figure is a median or a median
deviation, first over all rooms of a cell and then over those within three spreads of it. Both break down only where half
of a cell is bought; a fifth, all on one side, moves the first median by at most a third of a spread (the 0.625 quantile
of a normal), and most of that fifth is then left out (reweighting keeps the breakdown point: Lopuhaä & Rousseeuw 1991).
"""

import hashlib
import math
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Any

import numpy as np
import numpy.typing as npt

from zhenbo.audit.session import Case, case
from zhenbo.core.cells import POOL_K, Cell, Condition, Facts, categories_of, facts_of
from zhenbo.core.dataset import Dataset, subjects
from zhenbo.core.evidence import Evidence
from zhenbo.core.session import Session
from zhenbo.judge import Policy
from zhenbo.pipeline.audit import look
from zhenbo.pipeline.labels import Labels
from zhenbo.pipeline.packs import Packs
from zhenbo.signals.catalogue import catalogue

Floats = npt.NDArray[np.float64]
Measure = tuple[str, str]
"""(signal, measure), as declared by the `[[learn]]` tables of its baseline."""
Where = tuple[tuple[str, Condition], ...]

CELL_MIN = 12
"""Rooms below which no cell is made: of fewer, three bought ones are a quarter."""
LADDER = (
    ("platform",), ("platform", "category"), ("platform", "category", "entries"), ("platform", "category", "hour"),
    ("platform", "category", "calendar"), ("platform", "category", "traffic"),
)  # fmt: skip
"""Conditions of the cells tried, a shade finer each; facts that a record does not tell are left out."""
HOUR_BAND = 6
SPREAD_MIN = 0.2
"""No cell is narrower than this (log scale): a room differs from itself by as much from evening to evening."""
OUTSIDE = 3.0
"""Spreads beyond which a room is left out of a cell's second estimate."""
K_SPREAD = 5.0
"""Rooms a wider spread is worth: the variance of a log spread, 1.36 / n, against 0.5 squared between cells (judgement)."""
ACCUSED = 1e-3
"""A unit counts as accused from this p on, as where the shipped caps were proven (`proof.caps`)."""
PERCENTILES = 99
"""Of a cell's measures, kept so that drift can be seen later."""


@dataclass(frozen=True)
class Seen:
    """What a subject of the history gives to learn from.

    Args:
        session: the subject.
        facts: what is known of it.
        measures: what the signals measured on it, natural logarithms.
    """

    session: Session
    facts: Facts
    measures: Mapping[Measure, float]


@dataclass(frozen=True)
class Learned:
    """A measure in a cell.

    Args:
        measure: which.
        cell: conditions of the cell.
        n: rooms it rests on.
        left_out: rooms of the cell more than three spreads away.
        middle, spread: median and spread of the natural logarithm.
        k_middle: rooms the wider median is worth.
        percentiles: of the logarithm, over the rooms it rests on.
    """

    measure: Measure
    cell: Cell
    n: int
    left_out: int
    middle: float
    spread: float
    k_middle: float
    percentiles: tuple[float, ...]


@dataclass(frozen=True)
class Units:
    """How a `signal@tier` did on the history.

    Args:
        honest: rooms labelled honest by others on which it spoke.
        accused: of them accused.
        unlabelled: rooms nobody labelled on which it spoke.
        unlabelled_accused: of them accused.
        false_at_least: of those more than may be bought at the policy's highest prior.
    """

    honest: int = 0
    accused: int = 0
    unlabelled: int = 0
    unlabelled_accused: int = 0
    false_at_least: int = 0

    @property
    def told(self) -> tuple[int, int]:
        """Units and accused ones that count for its cap: unlabelled rooms only ever against it."""
        if not self.false_at_least:
            return self.honest, self.accused
        return self.honest + self.unlabelled, self.accused + self.false_at_least


def history(data: Dataset, packs: Packs, progress: Callable[[Session], None] = lambda _: None) -> list[Seen]:
    """Every session and shop month with its facts and measures."""
    categories = categories_of(data.products)
    seen = []
    for session in subjects(data):
        progress(session)
        facts = facts_of(session, categories, packs.calendar)
        seen.append(Seen(session, facts, dict(measures(session, packs))))
    return seen


def measures(session: Session, packs: Packs) -> Iterable[tuple[Measure, float]]:
    """What the signals that may learn measure on a session, natural logarithms."""
    for name, signal in catalogue().items():
        baseline = packs.baselines.get(name)
        for lesson in baseline.lessons if baseline else ():
            for found in signal.look(session, {**packs.reference(name, Facts()).values, **lesson.ask}):
                about = isinstance(found, Evidence) and all(
                    found.args.get(k) == v for k, v in lesson.only.items()
                )
                if about and isinstance(found, Evidence) and found.observed > 0:
                    yield (name, lesson.measure), math.log(found.observed)


def robust(values: Floats) -> tuple[float, float, npt.NDArray[np.bool_]]:
    """Middle and spread of the honest majority, and which values it is taken from.

    Median and scaled median deviation of all, then of those within `OUTSIDE` spreads.
    """
    middle, spread = _middle(values)
    kept = np.abs(values - middle) <= OUTSIDE * spread
    middle, spread = _middle(values[kept])
    return middle, spread, kept


def _middle(values: Floats) -> tuple[float, float]:
    middle = float(np.median(values))
    return middle, max(1.4826 * float(np.median(np.abs(values - middle))), SPREAD_MIN)


def cells(seen: Sequence[Seen], labels: Labels, packs: Packs) -> list[Learned]:
    """The cells that a history allows, widest first; rooms that others labelled bought leave them."""
    made = []
    for measure in sorted({m for s in seen for m in s.measures}):
        told = [s for s in seen if measure in s.measures]
        honest = [s for s in told if labels.of(s.session.session_id, measure[0]) is not True]
        made += [_learned(measure, where, rooms, packs) for where, rooms in _divided(honest)]
    return made


def _divided(rooms: Sequence[Seen]) -> list[tuple[Where, list[Seen]]]:
    """Cells with enough rooms. Of two that hold the same rooms the wider stays, but for a category: it says what they are."""
    tried = sorted({w for s in rooms for w in _wheres(s.facts)}, key=lambda w: (len(w), repr(w)))
    held: dict[Where, list[Seen]] = {}
    for where in tried:
        inside = [s for s in rooms if Cell(where, {}).matches(s.facts)]
        if len(inside) < CELL_MIN:
            continue
        same = next(
            (w for w, others in held.items() if len(others) == len(inside) and set(w) < set(where)), None
        )
        if same is None:
            held[where] = inside
        elif {name for name, _ in set(where) - set(same)} == {"category"}:
            del held[same]
            held[where] = inside
    return list(held.items())


def _wheres(facts: Facts) -> Iterable[Where]:
    known = dict(_conditions(facts))
    for rung in LADDER:
        where = tuple((name, known[name]) for name in sorted(rung) if name in known)
        if where:
            yield where


def _conditions(facts: Facts) -> Iterable[tuple[str, Condition]]:
    for name in ("platform", "category", "traffic"):
        if (said := getattr(facts, name)) is not None:
            yield name, (said,)
    if facts.calendar:
        yield "calendar", tuple(sorted(facts.calendar))
    if facts.entries is not None:
        decade = max(math.floor(math.log10(max(facts.entries, 1.0))), 3)
        yield "entries", (0.0 if decade == 3 else 10.0**decade, 10.0 ** (decade + 1))
    if facts.hour is not None:
        band = facts.hour // HOUR_BAND * HOUR_BAND
        yield "hour", (band, band + HOUR_BAND)


def _learned(measure: Measure, where: Where, rooms: Sequence[Seen], packs: Packs) -> Learned:
    values = np.array([s.measures[measure] for s in rooms])
    middle, spread, kept = robust(values)
    wide = packs.baselines[measure[0]].values[_lesson(packs, measure).sigma]
    # sampling variance of a median, pi/2 * spread^2 / n, against the variance between cells, which the wide spread holds
    first = {name for name, _ in where} <= {"platform", "category"}
    k = min(max(math.pi / 2 * (spread / wide) ** 2, 0.5), POOL_K) if first else POOL_K
    shape = np.percentile(values[kept], np.linspace(1, 99, PERCENTILES))
    return Learned(
        measure, Cell(where, {}, own=True), int(kept.sum()), int((~kept).sum()), middle, spread, k, tuple(map(float, shape))
    )  # fmt: skip


def _lesson(packs: Packs, measure: Measure) -> Any:
    return next(x for x in packs.baselines[measure[0]].lessons if x.measure == measure[1])


# --- caps and prior -----------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Trying:
    """How the history looks under the cells it gave.

    Args:
        spoke: worst p per `signal@tier`, by subject.
        cases: all there is to judge each by.
    """

    spoke: Mapping[str, Mapping[str, float]]
    cases: Sequence[Case]

    def rescored(self, policy: Policy) -> dict[str, float]:
        """The score of each subject under a policy, dB."""
        return {c.session.session_id: c.judge(policy).headline.score_db for c in self.cases}


def tried(data: Dataset, seen: Sequence[Seen], packs: Packs, progress: Callable[[Session], None]) -> Trying:
    """Look at the history under given packs."""
    categories = categories_of(data.products)
    spoke, cases = {}, []
    for subject in seen:
        progress(subject.session)
        made = case(subject.session, look(subject.session, packs, categories), packs.policy)
        worst: dict[str, float] = {}
        for e in (e for found in made.found.values() for e in found if isinstance(e, Evidence)):
            name = f"{e.signal}@{e.tier}"
            worst[name] = min(1.0 if e.explained else e.p, worst.get(name, 1.0))
        spoke[subject.session.session_id] = worst
        cases.append(made)
    return Trying(spoke, cases)


def units(spoke: Mapping[str, Mapping[str, float]], labels: Labels, policy: Policy) -> dict[str, Units]:
    """How each `signal@tier` did on the history; labels it made itself do not count."""
    told: dict[str, dict[bool | None, list[bool]]] = {}
    for subject, worst in spoke.items():
        for name, p in worst.items():
            bought = labels.of(subject, name.partition("@")[0])
            told.setdefault(name, {}).setdefault(bought, []).append(p <= ACCUSED)
    made = {}
    for name in sorted(told):
        honest, unlabelled = told[name].get(False, []), told[name].get(None, [])
        beyond = sum(unlabelled) - math.ceil(policy.prior[2] * len(unlabelled))
        made[name] = Units(len(honest), sum(honest), len(unlabelled), sum(unlabelled), max(beyond, 0))
    return made


POSITIVE_MIN, UNLABELLED_MIN = 30, 100
"""Labels by others, and rooms without one, below which no prior is fitted."""
FOLDS, DRAWS = 5, 200


@dataclass(frozen=True)
class Prior:
    """The prior fitted to labels, or why none is.

    Args:
        positive: rooms that others labelled bought.
        unlabelled: rooms nobody labelled.
        fitted: low, mid and high; None where there are too few.
        found: probability that a bought room is labelled.
        table: score in dB and probability of being bought, where either changes.
    """

    positive: int
    unlabelled: int
    fitted: tuple[float, float, float] | None = None
    found: float | None = None
    table: tuple[tuple[float, float], ...] = ()


def prior(score: Mapping[str, float], hosts: Mapping[str, str], labels: Labels) -> Prior:
    """The prior of a history with positive and unlabelled rooms (Elkan & Noto 2008).

    The probability of being *labelled* rises with the score (isotonic regression, pool adjacent violators). Its mean
    over labelled rooms, each asked of a regression over other hosts, is the probability that a bought room is labelled;
    the labelled share over that is the prior. It assumes that which bought rooms get a label does not depend on their
    score; where the plainest are labelled first, the prior comes out too low. The interval is the 5th and 95th
    percentile over hosts drawn again.
    """
    names = sorted(n for n in score if labels.of(n, None) is not False)
    y = np.array([labels.of(n, None) is True for n in names], dtype=np.float64)
    positive = int(y.sum())
    if positive < POSITIVE_MIN or len(names) - positive < UNLABELLED_MIN:
        return Prior(positive, len(names) - positive)
    x = np.array([score[n] for n in names])
    host = np.unique([hosts[n] for n in names], return_inverse=True)[1]
    fold = np.array([hashlib.sha256(hosts[n].encode()).digest()[0] for n in names]) % FOLDS
    rng = np.random.default_rng(int.from_bytes(hashlib.sha256("\n".join(names).encode()).digest()[:8], "big"))
    drawn = []
    for _ in range(DRAWS):
        weight = np.bincount(rng.integers(0, host.max() + 1, host.max() + 1), minlength=host.max() + 1)[host]
        drawn.append(_share(x, y, fold, weight.astype(np.float64)))
    mid = _share(x, y, fold, np.ones(len(y)))
    low, high = np.nanpercentile(drawn, [5, 95])
    found = positive / len(y) / mid
    labelled = isotonic(x, y, np.ones(len(y)))
    knots = [(float(a), min(float(labelled(a)) / found, 1.0)) for a in np.unique(x)]
    table = [k for i, k in enumerate(knots) if i in {0, len(knots) - 1} or k[1] != knots[i - 1][1]]
    bounded = [float(np.clip(p, 0.005, 0.5)) for p in (min(low, mid), mid, max(high, mid))]
    return Prior(positive, len(names) - positive, (bounded[0], bounded[1], bounded[2]), found, tuple(table))


def isotonic(x: Floats, y: Floats, weight: Floats) -> Callable[[Any], Floats]:
    """The non-decreasing step function of least squares: equal x stand together, pool adjacent violators does the rest."""
    from scipy.optimize import isotonic_regression

    at, where = np.unique(x, return_inverse=True)
    mass = np.bincount(where, weight)
    kept = mass > 0
    mean = np.bincount(where, weight * y)[kept] / mass[kept]
    level = isotonic_regression(mean, weights=mass[kept]).x
    at = at[kept]

    def fitted(asked: Any) -> Floats:
        return np.asarray(level[np.clip(np.searchsorted(at, asked, side="right") - 1, 0, len(level) - 1)])

    return fitted


def _share(x: Floats, y: Floats, fold: npt.NDArray[np.int64], weight: Floats) -> float:
    """The bought share: labelled share over the probability that a bought room is labelled."""
    asked: list[Floats] = []
    heard: list[Floats] = []
    for k in range(FOLDS):
        mine = (fold == k) & (y > 0) & (weight > 0)
        others = (fold != k) & (weight > 0)
        if mine.any() and others.any():
            asked.append(isotonic(x[others], y[others], weight[others])(x[mine]))
            heard.append(weight[mine])
    found = float(np.average(np.concatenate(asked), weights=np.concatenate(heard))) if asked else math.nan
    labelled = float(np.average(y, weights=weight))
    return min(labelled / found, 1.0) if found > 0 else math.nan


def day(us: int) -> date:
    """The UTC day of a microsecond."""
    return datetime.fromtimestamp(us / 1e6, tz=UTC).date()
