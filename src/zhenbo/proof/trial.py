"""One subject audited under a known truth, kept as the few numbers that every table of the proof is made from.

Evidence is computed once per subject; what a verdict would be without a signal, or by one signal alone, is only
weighed again (`audit.session.Case.judge`).
"""

from collections.abc import Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass, field, replace
from functools import partial
from operator import eq, ne

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from zhenbo.audit.purchaser import purchaser
from zhenbo.audit.session import Audited, Case, audit_case
from zhenbo.audit.shown import ASKS
from zhenbo.core.dataset import Dataset
from zhenbo.core.session import MINUTE
from zhenbo.core.subject import Outcome, Question, Tier
from zhenbo.core.verdict import Gmv
from zhenbo.judge import Judgement, Policy
from zhenbo.judge.weigh import decibels
from zhenbo.pipeline import cases, default_policy, words
from zhenbo.pipeline.counterfactual import hypotheses
from zhenbo.proof.stats import histogram
from zhenbo.signals.catalogue import catalogue
from zhenbo.worlds.attacks import ATTACKS
from zhenbo.worlds.truth import SessionTruth, World

MATERIAL = 0.05
"""Fabricated share of a shown metric from which a session counts as bought (the policy's own materiality)."""

LOOKS_MIN = (2, 5, 10, 20, 40, 80, 160, 24 * 60, 2 * 24 * 60, 8 * 24 * 60)
"""Minutes after the first fabricated thing at which a live watcher looks; then the complete record."""

HONEST = SessionTruth("")
EVERY_LOOK = {f"{question}@{tier}": float("inf") for question in Question for tier in Tier}
"""A policy's `clean` under which every clean look counts by itself: what the proof of that figure starts from."""


@dataclass(frozen=True)
class Told:
    """What was said of a subject: the outcome, whether a fabricated metric's question was raised, and the score."""

    outcome: Outcome
    raised: bool
    score_db: float


@dataclass(frozen=True)
class Share:
    """A fabricated share and what the verdict says of it; None where it says nothing."""

    metric: str
    truth: float
    low: float | None
    mid: float | None
    high: float | None


@dataclass(frozen=True)
class Amount:
    """Verified sales in minor units: the truth, and what the verdict says."""

    gross: int
    truth: int
    low: int
    mid: int
    high: int


@dataclass(frozen=True)
class Trial:
    """One subject, its truth and its verdict.

    Args:
        part: honest, attacked, world, real or injected.
        campaign: unit of chance it belongs to.
        background: `simulated` or the name of a recording.
        attack, family, burst, view: what was laid on, by name; empty attack in an honest subject.
        dose: fabricated share of the metric fabricated most, as realised.
        material: whether that counts as bought.
        tier: what the record holds on the headline's question (not the tier of what was found in it).
        told: the verdict as it is.
        penalty: whether it is ready for a penalty.
        without, alone: the verdict without a signal, and by it alone.
        accounts, orders: how many fakes and how many honest ones per score bin, two rows.
        shares, money: estimates beside the truth.
        groups: true groups there, those found, coordinated groups named, those right.
        naive: what naive detectors say, where they can be asked and were.
        spoke: `signal@tier` and p of every piece of evidence; 1 where an innocent cause explains it.
        leans: who the verdict says may have bought; empty below suspect.
        clean: per question asked `question@tier`, whether something material was bought there, and whether it comes out `unlikely`
            with every clean look at its own weight; of questions beside the bought ones nothing.
        minutes: from the first fabricated thing to a verdict that raises it; infinite when never, None when not asked.
    """

    part: str
    campaign: str
    background: str
    attack: str
    family: str
    burst: str
    view: str
    dose: float
    material: bool
    tier: str
    told: Told
    penalty: bool
    accounts: npt.NDArray[np.int64]
    orders: npt.NDArray[np.int64]
    shares: tuple[Share, ...] = ()
    money: Amount | None = None
    groups: tuple[int, int, int, int] = (0, 0, 0, 0)
    without: Mapping[str, Told] = field(default_factory=dict)
    alone: Mapping[str, Told] = field(default_factory=dict)
    naive: Mapping[str, bool] = field(default_factory=dict)
    spoke: tuple[tuple[str, float], ...] = ()
    minutes: float | None = None
    leans: str = ""
    clean: tuple[tuple[str, bool, bool], ...] = ()

    @property
    def honest(self) -> bool:
        """Nothing in it was fabricated."""
        return not self.attack


@dataclass(frozen=True)
class Depth:
    """How much is asked of a world beside its verdicts.

    Args:
        fusion: also judge without each signal and by each alone.
        naive: also ask the naive detectors.
        live: also look again and again while it happens.
        clean: also ask what comes out clean.
    """

    fusion: bool = False
    naive: bool = False
    live: bool = False
    clean: bool = False


def trials(
    world: World, part: str, campaign: str, depth: Depth, background: str = "simulated"
) -> Iterator[Trial]:
    """Audit a world; one trial per session or shop month.

    Args:
        world: record and answer key; a subject without a key is honest.
        part: name of the part of the proof it belongs to.
        campaign: unit of chance.
        depth: what else is asked.
        background: name of the recording underneath.
    """
    policy, said = default_policy(), words("en")
    for case in cases(world.dataset):
        truth = _truth(world, case)
        made = audit_case(case, policy, said)
        if case.session.scope == "shop" and not any(a.asked for a in made.judgement.answers):
            continue  # fees and transfers make a shop month too; nothing of it can be asked
        told = _told(made.judgement, truth)
        yield Trial(
            part=part, campaign=campaign, background=background,
            attack=attack_of(truth), family=family_of(truth), burst=truth.burst, view=truth.view,
            dose=max((truth.share(m) for m in truth.fabricated), default=0.0),
            material=any(truth.share(m) >= MATERIAL for m in truth.fabricated),
            tier=str(case.session.tiers[made.judgement.headline.question]), told=told, penalty=made.verdict.penalty_ready,
            accounts=_accounts(case, made, truth), orders=_orders(case, made, truth),
            shares=tuple(_shares(made, truth)), money=_money(made.verdict.gmv, truth), groups=_crews(made, truth),
            without=_variants(case, truth, policy, alone=False) if depth.fusion else {},
            alone=_variants(case, truth, policy, alone=True) if depth.fusion else {},
            naive=_naive(case) if depth.naive else {},
            spoke=tuple(_spoke(made.judgement)), leans=_leans(case, made),
            clean=tuple(_clean(case, truth, policy)) if depth.clean else (),
            minutes=_minutes(world.dataset, told, truth, policy) if depth.live and truth.began is not None else None,
        )  # fmt: skip


def _truth(world: World, case: Case) -> SessionTruth:
    """The answer key of a subject; what has none (a shop month beside the sessions) is honest, of the same evening and view."""
    known = world.truth.get(case.session.session_id)
    if known is not None:
        return known
    beside = next(iter(world.truth.values()), HONEST)
    return replace(HONEST, burst=beside.burst, view=beside.view)


def attack_of(truth: SessionTruth) -> str:
    """Names of the attacks laid on, without their doses."""
    return "+".join(dict.fromkeys(kind.partition("@")[0] for kind in truth.kinds))


def family_of(truth: SessionTruth) -> str:
    """The family of the attack; `mixed` where several were laid on, empty for the honest."""
    names = attack_of(truth).split("+")
    families = {ATTACKS[n].family if n in ATTACKS else "mixed" for n in names if n}
    return families.pop() if len(families) == 1 else "mixed" if families else ""


def touched(truth: SessionTruth) -> frozenset[Question]:
    """Questions about the metrics that were fabricated."""
    return frozenset(q for q, metrics in ASKS.items() if any(truth.fabricated.get(m) for m in metrics))


def _told(judged: Judgement, truth: SessionTruth) -> Told:
    mine = touched(truth)
    grave = Outcome.SUSPECT.rank
    raised = any(a.asked and a.question in mine and a.outcome.rank >= grave for a in judged.answers)
    return Told(judged.headline.outcome, raised, judged.headline.score_db)


def _variants(case: Case, truth: SessionTruth, policy: Policy, *, alone: bool) -> dict[str, Told]:
    """The verdict without each signal, or by each alone."""
    keep = eq if alone else ne
    return {name: _told(case.judge(policy, partial(keep, name)), truth) for name in catalogue()}


def _spoke(judged: Judgement) -> Iterator[tuple[str, float]]:
    for e in (w.evidence for w in judged.reasons):
        yield f"{e.signal}@{e.tier}", 1.0 if e.explained else e.p


def _clean(case: Case, truth: SessionTruth, policy: Policy) -> Iterator[tuple[str, bool, bool]]:
    for a in case.judge(replace(policy, clean=EVERY_LOOK)).answers:
        bought = any(truth.share(metric) >= MATERIAL for metric in ASKS[a.question])
        if a.asked and (bought or not truth.fabricated):
            name = f"{a.question}@{case.session.tiers[a.question]}"
            yield name, bought, a.outcome is Outcome.UNLIKELY


def _leans(case: Case, made: Audited) -> str:
    told = purchaser(case.session, made.judgement, made.verdict.fake, hypotheses())
    return told.leans if told else ""


def _naive(case: Case) -> dict[str, bool]:
    from zhenbo.proof.naive import DETECTORS

    heard = {}
    for name, detector in DETECTORS.items():
        with suppress(ModuleNotFoundError):  # scikit-learn is an extra; the table says what was left out
            heard[name] = detector.look(case.session)
    return {name: alarm.fires for name, alarm in heard.items() if alarm is not None}


def _accounts(case: Case, made: Audited, truth: SessionTruth) -> npt.NDArray[np.int64]:
    people = pc.unique(case.session.events["actor_id"]).drop_null()
    return _counted(people, made.judgement.accounts, truth.fake_accounts)


def _orders(case: Case, made: Audited, truth: SessionTruth) -> npt.NDArray[np.int64]:
    bought = pc.unique(case.session.rows("order_create")["order_id"]).drop_null()
    return _counted(bought, made.judgement.orders, truth.fake_orders)


def _crews(made: Audited, truth: SessionTruth) -> tuple[int, int, int, int]:
    """True groups, those of which one named group holds half, coordinated groups named, those that are nine tenths of one crew."""
    named = [frozenset(g.accounts) for g in made.judgement.groups if not g.organised]
    true = [frozenset(who) for who in truth.groups.values()]
    found = sum(any(2 * len(crew & mine) >= len(crew) for mine in named) for crew in true)
    right = sum(any(10 * len(crew & mine) >= 9 * len(mine) for crew in true) for mine in named)
    return len(true), found, len(named), right


def _counted(there: pa.Array, judged: Mapping[str, float], fakes: frozenset[str]) -> npt.NDArray[np.int64]:
    """Fakes and honest ones per score bin; whoever was there and not judged stands in the lowest."""
    db = {k: decibels(min(max(p, 1e-6), 1 - 1e-6)) for k, p in judged.items()}
    there_fake = sum(name in fakes for name in there.to_pylist()) if fakes else 0
    scores = {
        mine: np.array([x for k, x in db.items() if (k in fakes) is mine], dtype=np.float64)
        for mine in (True, False)
    }
    counts = (there_fake, len(there) - there_fake)
    return np.stack([
        histogram(scores[mine], max(n - len(scores[mine]), 0))
        for mine, n in zip((True, False), counts, strict=True)
    ])  # fmt: skip


def _shares(made: Audited, truth: SessionTruth) -> Iterator[Share]:
    """Every metric shown: its fabricated share, and what the verdict says of it."""
    for metric, shown in truth.shown.items():
        said = getattr(made.verdict.fake, metric)
        if shown and said is not None and said.shown:
            yield Share(
                metric, truth.share(metric),
                *(None if x is None else x / said.shown for x in (said.low, said.mid, said.high)),
            )  # fmt: skip
        elif shown:
            yield Share(metric, truth.share(metric), None, None, None)


def _money(gmv: Gmv | None, truth: SessionTruth) -> Amount | None:
    if gmv is None or truth.money is None or not truth.money.gross:
        return None
    v = gmv.verified
    return Amount(truth.money.gross, truth.money.verified, v.low, v.mid, v.high)


def _minutes(data: Dataset, told: Told, truth: SessionTruth, policy: Policy) -> float:
    """Minutes from the first fabricated thing until a watcher who looks at `LOOKS_MIN` is told of it."""
    assert truth.began is not None
    if not told.raised:
        return float("inf")
    last = data.latest
    for minutes in LOOKS_MIN:
        moment = truth.began + minutes * MINUTE
        if moment >= last:
            break
        if any(_told(seen.judge(policy), truth).raised for seen in cases(data, moment, policy)):
            return float(minutes)
    return (last - truth.began) / MINUTE
