"""Verdicts on the terminal: per subject one compact block, the same words as in the HTML report.

Everything is `rich.text.Text`, never markup: what people typed in a room cannot steer a terminal (control
characters are removed before). Colour repeats what shape and word already say, so NO_COLOR loses nothing.
"""

from collections.abc import Mapping

from rich.console import Console
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from zhenbo.core.evidence import Say
from zhenbo.core.exhibit import Exhibit
from zhenbo.core.settlement import DealVerdict
from zhenbo.core.subject import Outcome
from zhenbo.core.verdict import Audit
from zhenbo.report import labels
from zhenbo.report.chance import many_lines
from zhenbo.report.deal import deal_lines
from zhenbo.report.i18n import Lang, tr
from zhenbo.report.phrase import phrase
from zhenbo.report.view import ReasonView, SubjectView, view, worst_first
from zhenbo.report.wrap import Prose

OTHERS = 8
"""Subjects without suspicion that get a block of their own; the others are counted."""
DOUBTFUL = 50
"""Suspect and likely subjects that get one."""
REASONS = 5
_STYLES = {"likely": "bold red", "suspect": "bold yellow", "insufficient": "bold", "unlikely": "bold green"}
_CREWS = Say(
    "{n|group|groups} of accounts {n|acts|act:} as one ({organised} of them organised, which is not fraud); groups.parquet names the members.",
    "发现 {n} 组行动一致的账号（其中 {organised} 组属有组织，不等于造假）；成员见 groups.parquet。",
)  # fmt: skip
_EMPTY = Exhibit()


def render_terminal(audit: Audit, console: Console, titles: Mapping[str, Say] | None = None) -> None:
    """Print the verdicts, worst first, in the language of the audit."""
    lang: Lang = audit.lang
    ordered = worst_first(audit)
    doubtful = sum(s.verdict.rank >= Outcome.SUSPECT.rank for s in ordered)
    for subject in [*ordered[: min(doubtful, DOUBTFUL)], *ordered[doubtful : doubtful + OTHERS]]:
        seen = view(subject, _EMPTY, titles or {}, lang, written_in=lang, says={})
        _block(seen, console, lang)
    for deal in audit.deals[:DOUBTFUL]:
        _deal(deal, console, lang)
    for line in (*many_lines(audit, lang), *_crews(audit, lang), *audit.notes):
        console.print(Prose(line))
    if doubtful > DOUBTFUL:
        more = tr(
            lang,
            "… and %(n)s more that are suspect or worse; verdict.json has them all.",
            n=doubtful - DOUBTFUL,
        )
        console.print(Prose(more))
    left = len(ordered) - doubtful - OTHERS
    if left > 0:
        console.print(
            Prose(tr(lang, "… and %(n)s more without suspicion; the report lists all of them.", n=left))
        )


def _deal(deal: DealVerdict, console: Console, lang: Lang) -> None:
    outcome, title, lines = deal_lines(deal, lang)
    shape = f"{labels.SHAPES[outcome]} " if outcome else ""
    console.print(Prose.assemble((shape, _STYLES.get(outcome, "")), (title, "bold")))
    for line in lines:
        console.print(Padding(Prose(line), (0, 0, 0, 2)))
    console.print()


def _crews(audit: Audit, lang: Lang) -> list[str]:
    """One line about groups, where there are any."""
    if not audit.groups:
        return []
    organised = sum(g.organised for g in audit.groups)
    return [phrase(_CREWS, {"n": len(audit.groups), "organised": organised}, lang)]


def _block(seen: SubjectView, console: Console, lang: Lang) -> None:
    head = Prose.assemble((f"{seen.shape} {seen.word}", _STYLES[seen.outcome]), "  ", (seen.title, "bold"))
    console.print(head)
    body: list[Text] = [Prose(f"{seen.platform} · {seen.when}", "dim"), Prose(seen.sentence)]
    if seen.fact:
        body.append(Prose(seen.fact))
    body.append(_line(tr(lang, "Likelihood"), seen.likelihood, lang))
    if seen.without:
        body.append(_line(tr(lang, "Counterfactual"), seen.without, lang))
    body.append(_line(tr(lang, "Data"), seen.data, lang))
    if seen.purchaser:
        body.append(_line(tr(lang, "Who bought it"), seen.purchaser, lang))
    if seen.gained:
        body.append(
            _line(
                tr(lang, "What these orders gained"), ("；" if lang == "zh" else "; ").join(seen.gained), lang
            )
        )
    for text in body:
        console.print(Padding(text, (0, 0, 0, 2)))
    if seen.fakes or seen.bridge:
        console.print(Padding(_figures(seen, lang), (0, 0, 0, 2)))
    telling = [r for r in seen.reasons if r.squares][:REASONS]
    for reason in telling:
        console.print(Padding(_reason(reason, lang), (0, 0, 0, 2)))
    if len(seen.reasons) > len(telling):
        more = tr(lang, "… %(n)s more findings in the report", n=len(seen.reasons) - len(telling))
        console.print(Padding(Prose(more, "dim"), (0, 0, 0, 2)))
    for note in seen.notes:
        console.print(Padding(_line(tr(lang, "Note"), note, lang), (0, 0, 0, 2)))
    for number, record in enumerate(seen.ask_for):
        label = tr(lang, "To settle it") if number == 0 else ""
        console.print(Padding(_line(label, record, lang) if label else Prose(f"  {record}"), (0, 0, 0, 2)))
    console.print()


def _line(label: str, text: str, lang: Lang) -> Text:
    return Prose.assemble((f"{label}：" if lang == "zh" else f"{label}: ", "dim"), text)


def _figures(seen: SubjectView, lang: Lang) -> Table:
    """Shown beside verified, one line per figure."""
    table = Table(box=None, padding=(0, 2, 0, 0), header_style="dim")
    table.add_column("")
    table.add_column(tr(lang, "shown"), justify="right")
    table.add_column(tr(lang, "verified"))
    for f in seen.fakes:
        table.add_row(Prose(f.label), Prose(f.shown), Prose(f"{f.verified} · {f.verified_interval}"))
    if seen.bridge:
        first, last = seen.bridge[0], seen.bridge[-1]
        table.add_row(Prose("GMV"), Prose(first.amount), Prose(f"{last.amount} · {last.note}"))
        if seen.returns and seen.returns.after:
            table.add_row(Prose(tr(lang, "After expected returns")), Prose(""), Prose(seen.returns.after))
    return table


def _reason(reason: ReasonView, lang: Lang) -> Text:
    squares = "■" * reason.squares + "□" * (4 - reason.squares)
    sign = "−" if reason.accuses else "+"
    text = Prose.assemble(
        (f"{sign} {squares} ", "" if reason.accuses else "dim"), (reason.title, "bold"),
        f"：{reason.says}" if lang == "zh" else f": {reason.says} ",
    )  # fmt: skip
    text.append(f"（{reason.likelihood}）" if lang == "zh" else f"({reason.likelihood})", "dim")
    return text
