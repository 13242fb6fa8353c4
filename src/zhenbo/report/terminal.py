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
from zhenbo.report.view import ReasonView, SubjectView, view, worst_first

OTHERS = 8
"""Subjects without suspicion that get a block of their own; the others are counted."""
DOUBTFUL = 50
"""Suspect and likely subjects that get one."""
REASONS = 5
_STYLES = {"likely": "bold red", "suspect": "bold yellow", "insufficient": "bold", "unlikely": "bold green"}
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
        console.print(Text(line))
    if doubtful > DOUBTFUL:
        more = tr(
            lang,
            "… and %(n)s more that are suspect or worse; verdict.json has them all.",
            n=doubtful - DOUBTFUL,
        )
        console.print(Text(more))
    left = len(ordered) - doubtful - OTHERS
    if left > 0:
        console.print(
            Text(tr(lang, "… and %(n)s more without suspicion; the report lists all of them.", n=left))
        )


def _deal(deal: DealVerdict, console: Console, lang: Lang) -> None:
    outcome, title, lines = deal_lines(deal, lang)
    shape = f"{labels.SHAPES[outcome]} " if outcome else ""
    console.print(Text.assemble((shape, _STYLES.get(outcome, "")), (title, "bold")))
    for line in lines:
        console.print(Padding(Text(line), (0, 0, 0, 2)))
    console.print()


def _crews(audit: Audit, lang: Lang) -> list[str]:
    """One line about groups, where there are any."""
    if not audit.groups:
        return []
    organised = sum(g.organised for g in audit.groups)
    return [
        tr(
            lang,
            "%(n)s groups of accounts act as one (%(organised)s of them organised, which is not fraud); groups.parquet names their members.",
            n=len(audit.groups), organised=organised,
        )
    ]  # fmt: skip


def _block(seen: SubjectView, console: Console, lang: Lang) -> None:
    head = Text.assemble((f"{seen.shape} {seen.word}", _STYLES[seen.outcome]), "  ", (seen.title, "bold"))
    console.print(head)
    body = [Text(f"{seen.platform} · {seen.when}", "dim"), Text(seen.sentence)]
    if seen.fact:
        body.append(Text(seen.fact))
    body.append(_line(tr(lang, "Likelihood"), seen.likelihood))
    if seen.without:
        body.append(_line(tr(lang, "Counterfactual"), seen.without))
    body.append(_line(tr(lang, "Data"), seen.data))
    if seen.purchaser:
        body.append(_line(tr(lang, "Who bought it"), seen.purchaser))
    body += [_line(tr(lang, "What these orders gained"), line) for line in seen.gained]
    for text in body:
        console.print(Padding(text, (0, 0, 0, 2)))
    if seen.fakes or seen.bridge:
        console.print(Padding(_figures(seen, lang), (0, 0, 0, 2)))
    telling = [r for r in seen.reasons if r.squares][:REASONS]
    for reason in telling:
        console.print(Padding(_reason(reason), (0, 0, 0, 2)))
    if len(seen.reasons) > len(telling):
        more = tr(lang, "… %(n)s more findings in the report", n=len(seen.reasons) - len(telling))
        console.print(Padding(Text(more, "dim"), (0, 0, 0, 2)))
    for note in seen.notes:
        console.print(Padding(_line(tr(lang, "Note"), note), (0, 0, 0, 2)))
    for number, record in enumerate(seen.ask_for):
        label = tr(lang, "To settle it") if number == 0 else ""
        console.print(Padding(_line(label, record) if label else Text(f"  {record}"), (0, 0, 0, 2)))
    console.print()


def _line(label: str, text: str) -> Text:
    return Text.assemble((f"{label}: ", "dim"), text)


def _figures(seen: SubjectView, lang: Lang) -> Table:
    """Shown beside verified, one line per figure."""
    table = Table(box=None, padding=(0, 2, 0, 0), header_style="dim")
    table.add_column("")
    table.add_column(tr(lang, "shown"), justify="right")
    table.add_column(tr(lang, "verified"))
    for f in seen.fakes:
        table.add_row(Text(f.label), Text(f.shown), Text(f"{f.verified} · {f.verified_interval}"))
    if seen.bridge:
        first, last = seen.bridge[0], seen.bridge[-1]
        table.add_row(Text("GMV"), Text(first.amount), Text(f"{last.amount} · {last.note}"))
        if seen.returns and seen.returns.after:
            table.add_row(Text(tr(lang, "After expected returns")), Text(""), Text(seen.returns.after))
    return table


def _reason(reason: ReasonView) -> Text:
    squares = "■" * reason.squares + "□" * (4 - reason.squares)
    sign = "−" if reason.accuses else "+"
    text = Text.assemble(
        (f"{sign} {squares} ", "" if reason.accuses else "dim"), (reason.title, "bold"), f": {reason.says} "
    )
    text.append(f"({reason.likelihood})", "dim")
    return text
