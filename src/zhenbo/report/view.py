"""A verdict as a reader meets it: every sentence and number already text, nothing left to compute.

The HTML page and the terminal block show the same views. Strings here are *not* escaped: the templates escape
all of them, `rich` receives them as plain text.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from zhenbo.core.evidence import Say
from zhenbo.core.exhibit import Exhibit, Row
from zhenbo.core.session import HOUR
from zhenbo.core.subject import METRICS, Outcome
from zhenbo.core.verdict import Audit, Fake, Reason, SessionVerdict, ShopVerdict, SubjectVerdict
from zhenbo.report import format as fmt
from zhenbo.report import labels
from zhenbo.report.bridge import BridgeLine, OrdersView, ReturnsView, bridge, line_orders, of_which, returns
from zhenbo.report.chance import without_named, without_reason
from zhenbo.report.i18n import Lang, tr
from zhenbo.report.labels import name
from zhenbo.report.lift import gained_lines
from zhenbo.report.mask import ID_LIMIT, accounts, clean, masked
from zhenbo.report.phrase import phrase
from zhenbo.report.purchaser import purchaser_facts, purchaser_line
from zhenbo.report.score import Addition, additions

ROWS_AGAINST, ROWS_FOR = 6, 2
"""Raw rows printed per accusing and per clearing reason; the rest is in verdict.json."""
_ASKED_BY = {
    "audience": ("viewers",),
    "engagement": ("comments", "likes", "follows", "shares"),
    "sales": ("orders",),
}


@dataclass(frozen=True)
class FakeView:
    """One shown count beside its verified part."""

    label: str
    fake: Fake
    shown: str
    verified: str
    verified_interval: str
    fabricated: str
    share: str


@dataclass(frozen=True)
class RowView:
    """One raw row."""

    when: str
    who: str
    kind: str
    text: str
    amount: str
    event: str


@dataclass(frozen=True)
class ReasonView:
    """One reason in words; `accuses` is false for what speaks for the room."""

    number: int
    accuses: bool
    name: str
    title: str
    family: str
    says: str
    likelihood: str
    squares: int
    strength: str
    db: str
    raw: str
    without: str
    observed: str
    expected: str
    p: str
    tier: str
    when: str
    effect: str
    causes: tuple[tuple[str, str, tuple[str, ...]], ...]
    rows: tuple[RowView, ...]
    rows_note: str
    signal: str
    id: str


@dataclass(frozen=True)
class AskedView:
    """One of the three questions with its answer."""

    question: str
    outcome: str
    shape: str
    answer: str
    likelihood: str
    share: str
    tier: str
    missing: tuple[str, ...]


@dataclass(frozen=True)
class SubjectView:
    """One session or shop month."""

    id: str
    title: str
    host: str
    platform: str
    is_shop: bool
    when: str
    outcome: str
    shape: str
    word: str
    sentence: str
    fact: str
    likelihood: str
    without: str
    purchaser: str
    purchaser_facts: tuple[str, ...]
    gained: tuple[str, ...]
    data: str
    penalty: str
    fakes: tuple[FakeView, ...]
    unsaid: str
    bridge: tuple[BridgeLine, ...]
    of_which: str
    line_orders: tuple[OrdersView, ...]
    returns: ReturnsView | None
    reasons: tuple[ReasonView, ...]
    questions: tuple[AskedView, ...]
    ask_for: tuple[str, ...]
    counter: str
    notes: tuple[str, ...]
    coverage: tuple[tuple[str, str], ...]
    sums: tuple[tuple[str, str], ...]
    calibration: str


def subject_id(subject: SubjectVerdict) -> str:
    """The session's or the shop month's id."""
    if isinstance(subject, SessionVerdict):
        return subject.session_id
    return subject.shop_id if isinstance(subject, ShopVerdict) else subject.host_id


def worst_first(audit: Audit) -> list[SubjectVerdict]:
    """All subjects, worst outcome first, then by probability, score and id."""
    everyone: list[SubjectVerdict] = [*audit.sessions, *audit.shops]
    return sorted(
        everyone,
        key=lambda s: (-s.verdict.rank, -(s.probability or 0.0), -s.score_db, subject_id(s)),
    )


def view(
    subject: SubjectVerdict, exhibit: Exhibit, titles: Mapping[str, Say], lang: Lang,
    *, written_in: str, says: Mapping[str, Mapping[str, Say]],
) -> SubjectView:  # fmt: skip
    """All that is said of one subject in `lang`.

    Args:
        subject: the verdict.
        exhibit: its raw rows.
        titles: title of each signal.
        lang: language of the view.
        written_in: language of the verdict's own sentences.
        says: sentences of each signal, to say them in another language than the verdict's.
    """
    ordered = sorted(subject.reasons, key=lambda r: (-r.weight_db, r.id))
    sums = additions(subject, ordered)
    shown_db = {number: weight for s in sums for number, weight in s.terms}
    fakes = _fakes(subject, lang)
    span = _span(subject)
    return SubjectView(
        id=subject_id(subject),
        title=clean(subject_id(subject), ID_LIMIT),
        host=clean(subject.host_id, ID_LIMIT),
        platform=clean(subject.platform, ID_LIMIT),
        is_shop=isinstance(subject, ShopVerdict),
        when=f"{fmt.iso(subject.start)} – {fmt.iso(subject.end)}".replace(" UTC – ", " – "),
        outcome=subject.verdict.value,
        shape=labels.SHAPES[subject.verdict],
        word=name(labels.OUTCOMES, subject.verdict, lang),
        sentence=tr(lang, labels.HEADLINES[(subject.verdict.value, subject.question.value)]),
        fact=_fact(subject, fakes, lang),
        likelihood=_likelihood(subject, lang),
        without=without_named(subject, lang),
        purchaser=purchaser_line(subject, lang),
        purchaser_facts=purchaser_facts(subject, lang),
        gained=gained_lines(subject, lang),
        data=_data(subject, lang),
        penalty=_penalty(subject, lang),
        fakes=fakes,
        unsaid=_list((name(labels.METRICS, m, lang) for m in METRICS if getattr(subject.fake, m) is None), lang),
        bridge=() if subject.gmv is None else bridge(subject.gmv, _judged(subject), lang),
        of_which="" if subject.gmv is None else of_which(subject.gmv, lang),
        line_orders=() if subject.gmv is None else line_orders(subject.gmv, _judged(subject), lang),
        returns=None if subject.gmv is None else returns(subject.gmv, _judged(subject), lang),
        reasons=tuple(
            _reason(n, r, shown_db.get(n, r.weight_db), exhibit.rows.get(r.id, ()), titles, lang=lang,
                    says=says if written_in != lang else {}, span=span, subject=subject)
            for n, r in enumerate(ordered, start=1)
        ),
        questions=_questions(subject, lang),
        ask_for=_ask_for(subject, lang, written_in),
        counter=_counter(subject, ordered, titles, lang),
        notes=tuple(masked(n, 400) for n in subject.notes),
        coverage=_coverage(subject, lang, written_in),
        sums=tuple(_sum(s, lang) for s in sums),
        calibration=clean(subject.map),
    )  # fmt: skip


def _sum(addition: Addition, lang: Lang) -> tuple[str, str]:
    """One addition as (what it is about, `−10.0 (prior) + 14.2 (1) − 2.5 (4) = 1.7 dB`)."""
    about = "" if addition.question is None else tr(lang, labels.QUESTION_NOUNS[addition.question])
    prior = tr(lang, "prior")
    terms = [f"{'−' if w < 0 else '+'} {abs(w):.1f} ({n})" for n, w in addition.terms]
    if addition.rest:
        rest = tr(lang, "not listed")
        terms.append(f"{'−' if addition.rest < 0 else '+'} {abs(addition.rest):.1f} ({rest})")
    line = " ".join([f"{addition.prior:.1f} ({prior})", *terms, f"= {addition.total:.1f} dB"])
    return about, line.replace("-", "−")


def _list(items: Iterable[str], lang: Lang) -> str:
    return ("、" if lang == "zh" else ", ").join(items)


def _interval(low: float, high: float, lang: Lang) -> str:
    return tr(lang, "90%% interval %(low)s to %(high)s", low=fmt.number(low), high=fmt.number(high))


def _beside(value: str, note: str, lang: Lang) -> str:
    return tr(lang, "%(value)s (%(note)s)", value=value, note=note)


def _span(subject: SubjectVerdict) -> float:
    """Length of the subject's record in microseconds; 0 when it has no times."""
    spans = [r.window for r in subject.reasons if len(r.window) == 2]
    return max((end - start for start, end in spans), default=0)


def _fakes(subject: SubjectVerdict, lang: Lang) -> tuple[FakeView, ...]:
    """Shown counts beside verified ones, the largest fabricated share first."""
    found: list[tuple[str, Fake]] = [(m, f) for m in METRICS if (f := getattr(subject.fake, m)) is not None]
    found.sort(key=lambda item: -item[1].mid / max(item[1].shown, 1))
    return tuple(
        FakeView(
            label=name(labels.METRICS, metric, lang),
            fake=fake,
            shown=fmt.number(fake.shown),
            verified=fmt.number(fake.shown - fake.mid),
            verified_interval=_interval(fake.shown - fake.high, fake.shown - fake.low, lang),
            fabricated=_beside(fmt.number(fake.mid), _interval(fake.low, fake.high, lang), lang),
            share=fmt.share(fake.mid / fake.shown) if fake.shown else fmt.share(0),
        )
        for metric, fake in found
    )  # fmt: skip


def _fact(subject: SubjectVerdict, fakes: Sequence[FakeView], lang: Lang) -> str:
    """The largest fabricated share of the question that the headline answers, in one sentence."""
    if subject.verdict.rank < Outcome.SUSPECT.rank:
        return ""
    mine = {name(labels.METRICS, m, lang) for m in _ASKED_BY[subject.question]}
    found = [f for f in fakes if f.label in mine and f.fake.mid > 0]
    if not found:
        return ""
    worst = max(found, key=lambda f: f.fake.mid / max(f.fake.shown, 1))
    return tr(
        lang,
        "Best estimate: %(fabricated)s of %(shown)s shown %(metric)s are fabricated.",
        fabricated=worst.fabricated, shown=worst.shown, metric=worst.label,
    )  # fmt: skip


def _likelihood(subject: SubjectVerdict, lang: Lang) -> str:
    if subject.probability is None or subject.verdict is Outcome.INSUFFICIENT:
        return tr(lang, "not stated: the evidence is too thin for a number")
    best = fmt.probability(subject.probability)
    if subject.probability_low is None or subject.probability_high is None:
        return tr(lang, "%(best)s that at least 5%% of a shown figure is fabricated", best=best)
    low, high = fmt.probability(subject.probability_low), fmt.probability(subject.probability_high)
    if low == high == best:
        return tr(lang, "%(best)s that at least 5%% of a shown figure is fabricated", best=best)
    return tr(
        lang,
        "%(best)s (%(low)s to %(high)s, depending on how common fabrication is) that at least 5%% of a shown figure is fabricated",
        best=best, low=low, high=high,
    )  # fmt: skip


def _data(subject: SubjectVerdict, lang: Lang) -> str:
    text = f"{subject.tier.value} · {name(labels.TIERS, subject.tier, lang)}"
    thin = [
        tr(
            lang,
            "%(share)s of %(kind)s delivered",
            share=fmt.share(part),
            kind=name(labels.DELIVERED, kind, lang),
        )
        for kind, part in sorted(subject.coverage.items())
        if part < 0.9
    ]
    return " · ".join([text, *thin])


def _coverage(subject: SubjectVerdict, lang: Lang, written_in: str) -> tuple[tuple[str, str], ...]:
    """What was delivered per kind, unless the verdict's own notes already say it in this language."""
    if subject.notes and written_in == lang:
        return ()
    return tuple((name(labels.DELIVERED, k, lang), fmt.share(v)) for k, v in sorted(subject.coverage.items()))


def _penalty(subject: SubjectVerdict, lang: Lang) -> str:
    if subject.penalty_ready:
        return tr(
            lang,
            "The evidence passes the stricter threshold that a penalty needs; the decision stays with a person.",
        )
    return tr(lang, "No penalty may rest on this verdict.")  # fmt: skip


def _judged(subject: SubjectVerdict) -> bool:
    """Whether brushing was judged at all; zero without a judgement is no finding."""
    return subject.fake.orders is not None


def _reason(
    number: int, reason: Reason, shown_db: float, rows: Sequence[Row], titles: Mapping[str, Say],
    *, lang: Lang, says: Mapping[str, Mapping[str, Say]], span: float, subject: SubjectVerdict,
) -> ReasonView:  # fmt: skip
    accuses = reason.weight_db > 0
    title = _title(reason.signal, titles, lang)
    squares = labels.strength(reason.weight_db)
    sentence = says.get(reason.signal, {}).get(reason.message)
    shown = tuple(rows[: ROWS_AGAINST if accuses else ROWS_FOR])
    tested: dict[str, list[str]] = {}
    for cause in reason.cleared_by:
        label = name(labels.CAUSES, cause.cause, lang)
        if label not in tested.setdefault(cause.outcome, []):
            tested[cause.outcome].append(label)
    return ReasonView(
        number=number,
        accuses=accuses,
        name=title,
        title=title if accuses else tr(lang, "checked: %(title)s", title=title),
        family=name(labels.FAMILIES, reason.family, lang),
        says=masked(reason.says, 600) if sentence is None else phrase(sentence, reason.args, lang),
        likelihood=_times(reason.weight_db, lang),
        squares=squares,
        strength=tr(lang, labels.STRENGTHS[squares]),
        db=decibels(shown_db),
        raw="" if abs(reason.raw_db - reason.weight_db) < 0.05 else decibels(reason.raw_db),
        without=without_reason(reason, subject, lang),
        observed=fmt.number(reason.observed),
        expected=fmt.number(reason.expected),
        p=fmt.number(reason.p),
        tier=reason.tier.value,
        when=_when(reason.window, span, lang),
        effect=_effect(reason, lang),
        causes=tuple(
            (labels.TESTED_SHAPES[o], name(labels.TESTED, o, lang), tuple(tested[o])) for o in labels.TESTED if o in tested
        ),
        rows=_rows(shown, lang),
        rows_note=_rows_note(len(shown), reason, lang),
        signal=f"{clean(reason.signal)}/{clean(reason.message)}",
        id=clean(reason.id),
    )  # fmt: skip


def _title(signal: str, titles: Mapping[str, Say], lang: Lang) -> str:
    say = titles.get(signal)
    if say is None:
        return clean(signal.partition(".")[2].replace("_", " ") or signal)
    return clean(say.zh if lang == "zh" else say.en)


def decibels(value: float) -> str:
    """A weight with its sign: `+14.2 dB`."""
    return f"{round(value, 1) or 0.0:+.1f} dB".replace("-", "−").replace("+0.0", "0.0")


def _times(weight_db: float, lang: Lang) -> str:
    if labels.strength(weight_db) == 0:
        return tr(lang, "about as likely if it was honest as if it was bought")
    ratio = 10 ** (min(abs(weight_db), 60) / 10)
    times = tr(lang, "more than 1,000") if ratio > 1000 else fmt.number(round(ratio, 0 if ratio >= 10 else 1))
    if weight_db > 0:
        return tr(lang, "%(n)s times likelier if it was bought than if it was honest", n=times)
    return tr(lang, "%(n)s times likelier if it was honest than if it was bought", n=times)


def _when(window: Sequence[int], span: float, lang: Lang) -> str:
    if len(window) != 2 or window[1] <= 0:
        return fmt.UNKNOWN
    text = fmt.span(window[0], window[1])
    long = window[1] - window[0] >= 0.98 * span and span > HOUR / 4
    whole = tr(lang, "the whole record")
    return _beside(text, whole, lang) if long else text


def _effect(reason: Reason, lang: Lang) -> str:
    if reason.effect is None:
        return ""
    effect = reason.effect
    return tr(
        lang, "about %(mid)s %(metric)s (%(interval)s)",
        mid=fmt.number(round(effect.mid)), metric=name(labels.METRICS, effect.metric, lang),
        interval=_interval(round(effect.low), round(effect.high), lang),
    )  # fmt: skip


def _rows(rows: Sequence[Row], lang: Lang) -> tuple[RowView, ...]:
    who = accounts(r.who for r in rows)
    return tuple(
        RowView(
            when="" if r.ts is None else fmt.clock(r.ts, "%m-%d %H:%M:%S"),
            who=tr(lang, "masked") if r.who is None else who[r.who],
            kind=name(labels.KINDS, r.kind, lang),
            text="" if r.text is None else masked(r.text),
            amount="" if r.amount is None else fmt.money(r.amount, r.currency),
            event=clean(r.event, ID_LIMIT),
        )
        for r in rows
    )


def _rows_note(shown: int, reason: Reason, lang: Lang) -> str:
    if not reason.events_total:
        return ""
    if not shown:
        return tr(
            lang, "It rests on %(total)s rows; verdict.json names %(named)s of them by event id.",
            total=fmt.number(reason.events_total), named=fmt.number(len(reason.events)),
        )  # fmt: skip
    return tr(
        lang,
        "%(shown)s of %(total)s rows are printed here; verdict.json names %(named)s of them by event id.",
        shown=fmt.number(shown), total=fmt.number(reason.events_total), named=fmt.number(len(reason.events)),
    )  # fmt: skip


def _questions(subject: SubjectVerdict, lang: Lang) -> tuple[AskedView, ...]:
    views = []
    for question, asked in subject.questions.items():
        told = asked.asked and asked.verdict is not Outcome.INSUFFICIENT
        answer = (
            name(labels.OUTCOMES, asked.verdict, lang)
            if asked.asked
            else tr(lang, "not asked: the record shows nothing of it")
        )
        views.append(
            AskedView(
                question=name(labels.QUESTIONS, question, lang),
                outcome=asked.verdict.value if asked.asked else "none",
                shape=labels.SHAPES[asked.verdict] if asked.asked else "–",
                answer=answer,
                likelihood=""
                if asked.probability is None or not told
                else fmt.probability(asked.probability),
                share="" if not asked.share or not told else fmt.share(asked.share),
                tier=asked.tier.value,
                missing=tuple(labels.ask(r, lang) for r in asked.missing),
            )
        )
    return tuple(views)  # fmt: skip


def _ask_for(subject: SubjectVerdict, lang: Lang, written_in: str) -> tuple[str, ...]:
    """Records asked for: as the verdict words them, or, in the other language, from the missing ids."""
    if written_in == lang:
        found = [labels.ask(a, lang) if a in labels.RECORDS else masked(a, 400) for a in subject.ask_for]
    else:
        found = [labels.ask(r, lang) for asked in subject.questions.values() for r in asked.missing]
    return tuple(dict.fromkeys(found))


def _counter(
    subject: SubjectVerdict, ordered: Sequence[Reason], titles: Mapping[str, Say], lang: Lang
) -> str:
    """The strongest evidence on the other side of the verdict; nothing where there is no side."""
    ordered = [r for r in ordered if r.question == subject.question]
    if subject.verdict is Outcome.INSUFFICIENT or not ordered:
        return ""
    cleared = subject.verdict is Outcome.UNLIKELY
    best = ordered[0] if cleared else ordered[-1]
    if (best.weight_db > 0) is not cleared:
        return ""
    return tr(
        lang, "Strongest on the other side: %(title)s, %(likelihood)s.",
        title=_title(best.signal, titles, lang), likelihood=_times(best.weight_db, lang),
    )  # fmt: skip
