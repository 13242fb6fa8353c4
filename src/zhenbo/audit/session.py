"""The audit of one subject: a live session, or a shop's month of orders that belong to no session."""

import math
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from zhenbo.audit.crews import Crew, crew
from zhenbo.audit.exhibits import exhibit
from zhenbo.audit.gmv import bridge
from zhenbo.audit.interests import NOBODY, Interests
from zhenbo.audit.lift import gained
from zhenbo.audit.purchaser import purchaser
from zhenbo.audit.returns import Usual
from zhenbo.audit.shown import ASKS, Shown, masked_share, shown
from zhenbo.audit.without import cut, named
from zhenbo.core.evidence import Effect, Evidence, Found, Say
from zhenbo.core.exhibit import Exhibit
from zhenbo.core.session import Session
from zhenbo.core.subject import METRICS, Outcome, Question, Tier
from zhenbo.core.verdict import (
    Asked,
    CauseTested,
    EffectSeen,
    Fake,
    Fakes,
    Reason,
    SessionVerdict,
    ShopVerdict,
    Without,
)
from zhenbo.judge import Answer, Hypotheses, Judgement, Policy, Weighed, judge, probability
from zhenbo.judge.weigh import decibels

NOTES = {
    "masked": Say(
        "Identities are masked in {masked_share} of the acts recorded: accounts cannot be told apart, so no account is accused and nothing rises above “suspect”.",
        "记录中 {masked_share} 的行为隐去了身份：无法区分账号，因此不指认任何账号，结论最高为“存疑”。",
    ),
    "coverage": Say(
        "Of the {kind} the counters show, {covered_share} were delivered to this recording; rates are taken from the counters.",
        "计数器显示的{kind_zh}中，仅有 {covered_share} 推送到了本记录；比率以计数器为准。",
    ),
    "idle": Say(
        "The room was idle: {rows|event|events} in the whole record.",
        "直播间基本空闲：全部记录仅 {rows} 条事件。",
    ),
    "untimed": Say(
        "{untimed_share} of the events carry no time: nothing that needs the clock could be asked.",
        "{untimed_share} 的事件没有时间，凡与时间有关的问题均无法核查。",
    ),
    "immaterial": Say(
        "What was found concerns a small part: {part_share} of the metric, below the material {material_share}.",
        "所发现的问题只涉及 {part_share}，低于重大性标准 {material_share}。",
    ),
}
_KINDS = {
    "enter": ("entries", "进场"),
    "like": ("likes", "点赞"),
    "follow": ("follows", "关注"),
    "comment": ("comments", "评论"),
}
IDLE_ROWS = 30
NOT_BELIEVED = 0.0099
"""Probability at which the bridge counts an order in its upper end only (`audit/gmv.py`)."""
UNSEEN_SHARE = 0.05
"""Upper end of the fakes where nothing was found and no calibration says what is missed: the material share."""

Phrase = Callable[[Say, Mapping[str, Any]], str]


@dataclass(frozen=True)
class Audited:
    """A subject judged: its verdict, who was named, what the report shows beside it, and who bought the orders named."""

    verdict: SessionVerdict | ShopVerdict
    judgement: Judgement
    exhibit: Exhibit
    crew: Crew = ()


@dataclass(frozen=True)
class Words:
    """How findings are put into words, in one language: filled in by the report's phrase book.

    Args:
        phrase: a sentence with its arguments.
        ask: record id -> the sentence that asks for it.
        says: (signal id, message id) -> the sentence.
    """

    phrase: Phrase
    ask: Callable[[str], str]
    says: Callable[[str, str], Say]


@dataclass(frozen=True)
class Case:
    """All there is to judge a subject by; computed once, weighed as often as wanted.

    Args:
        session: the subject.
        found: what each signal found and missed, by its id.
        seen: what was displayed or delivered of each metric.
        share: per evidence id, the fabricated share it claims if material, else 0.
        usual: what is usual of returns; without it the bridge has neither their causes nor those to come.
    """

    session: Session
    found: Mapping[str, Sequence[Found]]
    seen: Shown
    share: Mapping[str, float]
    usual: Usual | None = None

    def judge(self, policy: Policy, heard: Callable[[str], bool] = lambda _: True) -> Judgement:
        """Weigh what the signals found; `heard` leaves signals out by id."""
        found = [f for signal, pieces in self.found.items() if heard(signal) for f in pieces]
        return judge(self.session, found, self.seen.asks(self.session, policy.floor), self.share, policy)


@dataclass(frozen=True)
class Beyond:
    """What is asked beyond the verdict, of subjects that are suspect or likely.

    Args:
        again: looks at a changed record with every signal, for the counterfactual.
        hypotheses: stated likelihoods about who bought.
        interests: who may gain, as catalogue and papers tell.
    """

    again: Callable[[Session], Case]
    hypotheses: Hypotheses
    interests: Interests = NOBODY


def case(
    session: Session, found: Mapping[str, Sequence[Found]], policy: Policy, usual: Usual | None = None
) -> Case:
    """Bring together what there is to judge a subject by."""
    seen = shown(session)
    share = {
        e.id(session.session_id): _share(session, e, seen, policy)
        for pieces in found.values() for e in pieces if isinstance(e, Evidence)
    }  # fmt: skip
    return Case(session, found, seen, share, usual)


def audit_case(made: Case, policy: Policy, words: Words, beyond: Beyond | None = None) -> Audited:
    """Judge one subject and write its verdict down.

    Args:
        made: all there is to judge it by.
        policy: thresholds, prior and caps.
        words: how findings are put into words.
        beyond: what else is asked; without it there is neither counterfactual nor purchaser.
    """
    session, seen = made.session, made.seen
    judged = made.judge(policy)
    sales = next(a for a in judged.answers if a.question is Question.SALES)
    # below suspect nothing is taken off anybody's sales; what was judged still widens the interval
    believed = 1.0 if sales.outcome.rank >= Outcome.SUSPECT.rank else NOT_BELIEVED
    fakes = _fakes(session, seen, judged, policy)
    missed = missed_share(fakes.orders, session, policy)
    gmv = bridge(session, {order: min(p, believed) for order, p in judged.orders.items()}, missed, made.usual)
    head = judged.headline
    start, end = session.span
    said = head.asked and head.outcome is not Outcome.INSUFFICIENT  # null: not enough evidence to say
    fields: dict[str, Any] = {
        "host_id": session.host_id,
        "platform": session.platform,
        "start": _iso(start),
        "end": _iso(end),
        "tier": head.tier,
        "verdict": head.outcome,
        "question": head.question,
        "penalty_ready": judged.penalty_ready,
        "probability": probability(head.score_db) if said else None,
        "probability_low": _at(head, policy, policy.prior[0]) if said else None,
        "probability_high": _at(head, policy, policy.prior[2]) if said else None,
        "prior_db": decibels(policy.prior[1]),
        "score_db": head.score_db,
        "map": policy.map_id,
        "questions": {a.question.value: _asked(a) for a in judged.answers},
        "fake": fakes,
        "gmv": gmv,
        "coverage": {k: c for k in _KINDS if (c := session.coverage(k)) is not None},
        "reasons": [_reason(w, judged, session.session_id, words) for w in judged.reasons],
        "ask_for": [words.ask(r) for r in _wanted(session, judged)],
        "notes": list(_notes(session, head, policy, words.phrase)),
        "without": _without(session, judged, policy, beyond.again) if beyond else None,
        "purchaser": purchaser(session, judged, fakes, beyond.hypotheses, beyond.interests)
        if beyond
        else None,
        "gained": gained(session, judged.orders) if sales.outcome.rank >= Outcome.SUSPECT.rank else None,
    }
    if session.scope == "shop":
        verdict: SessionVerdict | ShopVerdict = ShopVerdict(
            shop_id=session.session_id, from_=_iso(start), to=_iso(end), **fields
        )
    else:
        verdict = SessionVerdict(session_id=session.session_id, **fields)
    bought = crew(session, named(judged.orders), beyond.interests) if beyond and verdict.purchaser else ()
    return Audited(verdict, judged, exhibit(session, judged.reasons), bought)


def _without(
    session: Session, judged: Judgement, policy: Policy, again: Callable[[Session], Case]
) -> Without | None:
    """The headline's question asked again of the record without everybody named; None where nobody is."""
    accounts, orders = named(judged.accounts), named(judged.orders)
    if judged.headline.outcome.rank < Outcome.SUSPECT.rank or not (accounts or orders):
        return None
    left = cut(session, accounts, orders)
    told = {"accounts": left.accounts, "orders": left.orders, "rows": left.rows}
    if not left.session.events.num_rows:
        return Without(**told, verdict=Outcome.INSUFFICIENT, probability=None, score_db=None)
    afresh = again(left.session).judge(policy)
    then = next(a for a in afresh.answers if a.question is judged.headline.question)
    return Without(
        **told,
        verdict=then.outcome,
        probability=probability(then.score_db) if then.asked else None,
        score_db=then.score_db if then.asked else None,
    )


def _share(session: Session, e: Evidence, seen: Shown, policy: Policy) -> float:
    if e.effect is None:
        return 0.0
    least = policy.day_us if session.scope == "shop" else policy.hour_us
    return seen.share(e.effect, e.window, least, policy.floor[e.effect.metric])


def _at(answer: Answer, policy: Policy, prior: float) -> float:
    """The same evidence under another prior: the interval a reader should carry away."""
    return probability(answer.score_db - decibels(policy.prior[1]) + decibels(prior))


def _asked(a: Answer) -> Asked:
    return Asked(
        verdict=a.outcome,
        tier=a.tier,
        asked=a.asked,
        probability=probability(a.score_db) if a.asked else None,
        score_db=a.score_db if a.asked else None,
        share=a.share,
        missing=list(a.missing),
    )


def _reason(w: Weighed, judged: Judgement, subject: str, words: Words) -> Reason:
    e = w.evidence
    own = next(a for a in judged.answers if a.question is e.question)
    return Reason(
        id=e.id(subject),
        signal=e.signal,
        family=e.family,
        question=e.question,
        tier=e.tier,
        weight_db=w.weight_db,
        raw_db=w.raw_db,
        says=words.phrase(words.says(e.signal, e.says), e.args),
        message=e.says,
        args={name: _plain(value) for name, value in e.args.items()},
        observed=float(e.observed),
        expected=float(e.expected),
        p=float(e.p),
        effect=EffectSeen(e.effect.metric, *(float(x) for x in (e.effect.low, e.effect.mid, e.effect.high)))
        if e.effect
        else None,
        cleared_by=[CauseTested(c.cause, c.outcome) for c in e.causes],  # type: ignore[arg-type]
        window=[int(t) for t in e.window],
        events=list(e.events),
        events_total=e.events_total,
        without=probability(own.score_db - w.weight_db) if own.asked else None,
    )


def _plain(value: Any) -> Any:
    """Numbers of any array library as Python's own, so that every reader of the JSON sees the same."""
    return value.item() if hasattr(value, "item") else value


def _wanted(session: Session, judged: Judgement) -> list[str]:
    """Records to ask for: those of open questions, worst first; one for a question the record shows nothing of."""
    records: list[str] = []
    for a in sorted(judged.answers, key=lambda a: (not a.asked, -a.outcome.rank)):
        if a.asked and a.outcome in {Outcome.SUSPECT, Outcome.INSUFFICIENT}:
            records += a.missing
        elif not a.asked and session.scope == "session" and a.question is not Question.SALES:
            records += a.missing[:1]
    return list(dict.fromkeys(records))


def _fakes(session: Session, seen: Shown, judged: Judgement, policy: Policy) -> Fakes:
    answers = {metric: a for a in judged.answers for metric in ASKS[a.question]}
    made: dict[str, Fake | None] = {}
    for metric in METRICS:
        total = seen.total[metric]
        counted = [
            (w, w.evidence.effect) for w in judged.reasons
            if w.evidence.effect and w.evidence.effect.metric == metric and w.raw_db > 0 and not w.evidence.explained
        ]  # fmt: skip
        made[metric] = (
            None if total is None else _fake(total, seen.half_unit[metric], counted, judged, answers[metric])
        )
    if session.counts.get("order_create") and made["orders"] is not None:
        made["orders"] = _fake_orders(made["orders"], judged)
    tiers = {metric: session.tiers[question] for question, metrics in ASKS.items() for metric in metrics}
    return Fakes(**{m: None if f is None else _calibrated(f, m, tiers[m], policy) for m, f in made.items()})


def missed_share(orders: Fake | None, session: Session, policy: Policy) -> float:
    """Upper end of the brushed share of orders; where it could not be judged, the share that is missed in bought sessions."""
    if orders is not None:
        return orders.high / max(orders.shown, 1)
    return _unseen("orders", session.tiers[Question.SALES], policy)


def _unseen(metric: str, tier: Tier, policy: Policy) -> float:
    """The share of a metric that nine of ten bought sessions stayed below without being noticed."""
    names = (f"{metric}@{tier}", metric, "*")
    return next((policy.unseen[n] for n in names if n in policy.unseen), UNSEEN_SHARE)


def _calibrated(fake: Fake, metric: str, tier: Tier, policy: Policy) -> Fake:
    """The interval as wide as it had to be at calibration in order to hold nine times of ten.

    Where nothing was counted, its end is the share that nine of ten bought sessions stayed below without being noticed.
    """
    names = (f"{metric}@{tier}", metric, "*")
    if not fake.mid:
        return _ordered(
            fake.shown, 0, 0, max(fake.high, math.ceil(_unseen(metric, tier, policy) * fake.shown))
        )
    down, up = next((policy.widen[n] for n in names if n in policy.widen), (0.0, 0.0))
    return _ordered(
        fake.shown, fake.low - down * fake.mid, fake.mid, fake.high + up * (fake.shown - fake.mid)
    )


def _fake(
    total: int, half_unit: float, counted: list[tuple[Weighed, Effect]], judged: Judgement, own: Answer
) -> Fake | None:
    """Fakes of one metric: what the reasons of a suspect or likely answer count; none where it was looked for and not found.

    Null where the metric's own question is open: what could not be judged is not called verified.
    """
    outcome = {a.question: a.outcome for a in judged.answers}
    grave = [(w, e) for w, e in counted if outcome[w.evidence.question].rank >= Outcome.SUSPECT.rank]
    if grave:
        low, mid, high = (max(getattr(e, end) for _, e in grave) for end in ("low", "mid", "high"))
        sure = all(outcome[w.evidence.question] is Outcome.LIKELY for w, _ in grave)
        return _ordered(total, low - half_unit if sure else 0.0, mid, high + half_unit)
    if own.outcome is not Outcome.UNLIKELY:
        return None
    return _ordered(total, 0, 0, max([e.high for _, e in counted], default=0.0))


def _fake_orders(fake: Fake, judged: Judgement) -> Fake:
    """Orders are counted from their own probabilities where any were judged."""
    p = [x for x in judged.orders.values() if x > 0.5]
    if not p:
        return fake
    mid = sum(p)
    spread = 1.645 * sum(x * (1 - x) for x in p) ** 0.5
    return _ordered(fake.shown, min(mid - spread, fake.low or mid), mid, max(mid + spread, fake.high))


def _ordered(total: int, low: float, mid: float, high: float) -> Fake:
    m = min(max(round(mid), 0), total)
    return Fake(total, min(max(round(low), 0), m), m, min(max(round(high), m), total))


def _notes(session: Session, head: Answer, policy: Policy, phrase: Phrase) -> Iterable[str]:
    hidden = masked_share(session.events)
    if hidden > 0.5:
        yield phrase(NOTES["masked"], {"masked_share": hidden})
    for kind, (en, zh) in _KINDS.items():
        covered = session.coverage(kind)
        if covered is not None and covered < 0.99:
            yield phrase(NOTES["coverage"], {"kind": en, "kind_zh": zh, "covered_share": covered})
    if session.events.num_rows < IDLE_ROWS:
        yield phrase(NOTES["idle"], {"rows": session.events.num_rows})
    untimed = session.events["ts"].null_count / max(session.events.num_rows, 1)
    if untimed > 0.01:
        yield phrase(NOTES["untimed"], {"untimed_share": untimed})
    if probability(head.score_db) >= policy.likely and head.share is not None and head.share < policy.share:
        yield phrase(NOTES["immaterial"], {"part_share": head.share, "material_share": policy.share})


def _iso(us: int) -> str | None:
    return (
        datetime.fromtimestamp(us / 1e6, tz=UTC).isoformat(timespec="seconds").replace("+00:00", "Z")
        if us
        else None
    )
