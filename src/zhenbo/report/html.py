"""`report.html`: one self-contained page without script, for the person accused as much as for the accuser."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup

from zhenbo.core.evidence import Say
from zhenbo.core.exhibit import Exhibit
from zhenbo.core.subject import Outcome
from zhenbo.core.verdict import Audit, SubjectVerdict
from zhenbo.report import format as fmt
from zhenbo.report import labels, svg
from zhenbo.report.chance import many_lines
from zhenbo.report.crews import LISTED, group_lines
from zhenbo.report.deal import deal_sections
from zhenbo.report.i18n import Lang, catalogue, tr
from zhenbo.report.labels import name
from zhenbo.report.mask import clean
from zhenbo.report.view import SubjectView, subject_id, view, worst_first

OTHERS = 12
"""Subjects without suspicion that are told in full."""
DOUBTFUL = 250
"""Suspect and likely subjects that are told in full: some ten megabytes at most, which a browser still opens."""
LINES = 20_000
"""Subjects in the overview."""
DEALS = 250
"""Deals told in full."""
_NOTHING = Exhibit()


@dataclass(frozen=True)
class IndexLine:
    """One subject in the overview table; `anchor` is empty when it is not told in full."""

    anchor: str
    title: str
    host: str
    outcome: str
    shape: str
    word: str
    when: str
    likelihood: str
    tier: str
    strongest: str


@dataclass(frozen=True)
class Figure:
    """One curve with its caption."""

    svg: Markup
    caption: str


def render_html(
    audit: Audit, exhibits: Mapping[str, Exhibit], titles: Mapping[str, Say], lang: Lang,
    says: Mapping[str, Mapping[str, Say]] | None = None,
) -> str:  # fmt: skip
    """The audit as one HTML file; the same arguments give the same bytes.

    Args:
        audit: all verdicts.
        exhibits: curves and raw rows by session or shop id; a subject without one is told without.
        titles: title of each signal.
        lang: language of the page; the verdict's own sentences stay in the audit's unless `says` has them.
        says: sentences of each signal by message id, to re-issue an audit in the other language.
    """
    ordered = worst_first(audit)
    full = _told_in_full(ordered)
    sentences = says or {}
    views = [
        view(s, exhibits.get(subject_id(s), _NOTHING), titles, lang, written_in=audit.lang, says=sentences)
        for s in full
    ]
    anchors = {subject_id(s): f"s{n}" for n, s in enumerate(full, start=1)}
    return _environment(lang).get_template("report.html.j2").render(
        lang="zh-CN" if lang == "zh" else "en",
        written_in=audit.lang,
        moment=clean(audit.as_of),
        version=clean(audit.zhenbo),
        policy=clean(audit.policy, 160),
        notes=[clean(n, 400) for n in audit.notes],
        policy_short=clean(audit.policy.partition("#")[0]),
        as_of=fmt.iso(audit.as_of),
        tally=_tally(ordered, lang),
        many=many_lines(audit, lang),
        groups=group_lines(audit, titles, lang),
        deals=deal_sections(audit.deals[:DEALS], lang),
        deals_left_out=max(len(audit.deals) - DEALS, 0),
        shapes=labels.SHAPES,
        words={o.value: name(labels.OUTCOMES, o, lang) for o in Outcome},
        groups_left_out=max(len(audit.groups) - LISTED, 0),
        index=[_index_line(s, anchors, titles, lang) for s in ordered[:LINES]],
        left_out=len(ordered) - len(full),
        most=DOUBTFUL,
        doubtful_left_out=max(sum(s.verdict.rank >= Outcome.SUSPECT.rank for s in ordered) - DOUBTFUL, 0),
        lines_left_out=max(len(ordered) - LINES, 0),
        subjects=list(zip(anchors.values(), views, [_figures(s, exhibits, v, lang) for s, v in zip(full, views, strict=True)], strict=True)),
        meanings=[(o.value, labels.SHAPES[o], name(labels.OUTCOMES, o, lang), tr(lang, labels.MEANINGS[o])) for o in reversed(Outcome)],
        bar=svg.bar_svg,
        bridge=svg.step_bar,
    )  # fmt: skip


@cache
def _environment(lang: Lang) -> Environment:
    """One environment per language: an overlay would share the first one's catalogue."""
    made = Environment(
        loader=PackageLoader("zhenbo.report", "templates"),
        autoescape=True,
        undefined=StrictUndefined,
        extensions=["jinja2.ext.i18n"],
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
    made.install_gettext_translations(catalogue(lang), newstyle=True)  # type: ignore[attr-defined]
    return made


def _told_in_full(ordered: Sequence[SubjectVerdict]) -> list[SubjectVerdict]:
    """The suspect and likely ones, the worst `DOUBTFUL` where they are more, and the first `OTHERS` of the rest."""
    doubtful = [s for s in ordered if s.verdict.rank >= Outcome.SUSPECT.rank]
    return [*doubtful[:DOUBTFUL], *ordered[len(doubtful) : len(doubtful) + OTHERS]]


def _tally(ordered: Sequence[SubjectVerdict], lang: Lang) -> list[tuple[str, str, str, int]]:
    counts = {o: sum(s.verdict is o for s in ordered) for o in reversed(Outcome)}
    return [(o.value, labels.SHAPES[o], name(labels.OUTCOMES, o, lang), n) for o, n in counts.items() if n]


def _index_line(
    subject: SubjectVerdict, anchors: Mapping[str, str], titles: Mapping[str, Say], lang: Lang
) -> IndexLine:
    # a signal's name beside a room in which nothing was found reads as an accusation
    cleared = subject.verdict is Outcome.UNLIKELY
    accusing = [r for r in subject.reasons if r.weight_db > 0 and not cleared]
    best = max(accusing, key=lambda r: r.weight_db, default=None)
    title = None if best is None else titles.get(best.signal)
    strongest = (
        "" if best is None else best.signal if title is None else title.zh if lang == "zh" else title.en
    )
    unsaid = subject.probability is None or subject.verdict is Outcome.INSUFFICIENT
    chance = "–" if unsaid else fmt.probability(subject.probability or 0.0)
    return IndexLine(
        anchor=anchors.get(subject_id(subject), ""),
        title=clean(subject_id(subject)),
        host=clean(subject.host_id),
        outcome=subject.verdict.value,
        shape=labels.SHAPES[subject.verdict],
        word=name(labels.OUTCOMES, subject.verdict, lang),
        when=fmt.iso(subject.start).removesuffix(" UTC"),
        likelihood=chance,
        tier=subject.tier.value,
        strongest=clean(strongest),
    )


def _figures(
    subject: SubjectVerdict, exhibits: Mapping[str, Exhibit], seen: SubjectView, lang: Lang
) -> list[Figure]:
    """The curves of a subject, the main one first and tall; a curve of fewer than three points is none."""
    exhibit = exhibits.get(subject_id(subject), _NOTHING)
    usable = [c for c in exhibit.curves if c.step > 0 and sum(v is not None for v in c.values) >= 3]
    if not usable:
        return []
    axis = svg.axis_of(usable)
    windows = {r.id: r.window for r in subject.reasons if len(r.window) == 2}
    suspicious = [
        svg.Mark(windows[r.id][0], windows[r.id][1], str(r.number))
        for r in seen.reasons
        if r.accuses and r.id in windows
    ]
    declared = [svg.Mark(w.start, w.end, name(labels.WINDOWS, w.kind, lang)) for w in exhibit.windows]
    figures = []
    for place, whole in enumerate(usable):
        curve, size = svg.grouped(whole)
        title = f"{name(labels.CURVES, curve.metric, lang)}, {name(labels.UNITS, curve.unit, lang)}"
        coarse = "" if size == 1 else " · " + tr(lang, "each point is the highest of %(n)s", n=size)
        caption = f"{title}{coarse}"
        drawn = svg.curve_svg(
            curve, axis, title, tr(lang, "no data"),
            suspicious=suspicious, declared=declared, main=place == 0, timed=place in {0, len(usable) - 1}, lang=lang,
        )  # fmt: skip
        figures.append(Figure(drawn, caption))
    return figures
