"""Verbs of `zhenbo case` that look at many: the report, campaigns, gates, queues, tiers, those who come back, reviewers."""

import datetime as dt
import re
import shlex
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click
import msgspec

from zhenbo.cli.pages import finish
from zhenbo.core.errors import CaseError

if TYPE_CHECKING:
    from zhenbo.core.acts import Act

_CHINA = dt.timezone(dt.timedelta(hours=8))
_EPOCH = dt.datetime(1970, 1, 1, tzinfo=dt.UTC)
_PERIOD = re.compile(r"(\d{4})(?:-(?:H([12])|Q([1-4])|(\d{2})))?")
ADMIT = """{"kind": "admission.registered", "party": "shop-17", "at": "2025-09-01T09:00:00+08:00", "body": {"role": "operator", "operator": "company-4", "keys": ["id:9f3c", "pay:77aa"], "goods": ["food"]}}
{"kind": "admission.verified", "party": "shop-17", "at": "2025-09-02T09:00:00+08:00", "body": {"by": "person:li", "documents": ["sha256:51ab"]}}
{"kind": "admission.trained", "party": "shop-17", "at": "2025-09-03T09:00:00+08:00", "body": {"course": "live-2026", "right": 9, "asked": 10, "passed": true}}
{"kind": "admission.licensed", "party": "shop-17", "at": "2025-09-03T09:00:00+08:00", "body": {"goods": "food", "digest": "sha256:77cd", "until": 1830000000000000}}
{"kind": "admission.observed", "party": "shop-17", "at": "2026-02-10T20:00:00+08:00", "body": {"operator": "company-9", "ground": "payout account of company-9"}}
{"kind": "listing.submitted", "party": "shop-17", "at": "2026-02-20T09:00:00+08:00", "body": {"item": "honey-3", "campaign": "spring", "goes_live": 1772400000000000}}
{"kind": "listing.reviewed", "party": "shop-17", "at": "2026-02-21T09:00:00+08:00", "body": {"item": "honey-3", "decision": "approve", "by": "person:zhao", "reason": "label and report match", "evidence": ["sha256:a1"]}}"""
ROOMS = """{"id": "room-1", "fans": 2300000, "turnover": 500000000, "life_health": false}
{"id": "room-2", "fans": 8000, "life_health": true}
{"id": "room-3", "fans": 8000}"""
READINGS = """{"case": "g-1", "by": "person:li", "says": "none", "golden": "none"}
{"case": "g-2", "by": "person:li", "says": "sanction", "golden": "sanction"}
{"case": "2026-0001", "by": "person:li", "says": "sanction"}
{"case": "2026-0001", "by": "person:wang", "says": "ask"}"""


def _options(command: Callable[..., Any]) -> Callable[..., Any]:
    from zhenbo.cli.case_ import desk_options

    return desk_options(command)


def _example(text: str) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    from zhenbo.cli.inspect_ import example_option

    return example_option(text)


def period(text: str) -> tuple[int, int]:
    """2026, 2026-H1, 2026-Q2 or 2026-03, in China's time, as first and last microsecond.

    Raises:
        BadParameter: when it is none.
    """
    found = _PERIOD.fullmatch(text.strip())
    if not found or (found[4] and not 1 <= int(found[4]) <= 12) or not 1970 <= int(found[1]) < 9999:
        raise click.BadParameter(f"{text!r} is no period; write 2026, 2026-H1, 2026-Q2 or 2026-03.")
    year, months, first = int(found[1]), 12, 1
    if found[2]:
        months, first = 6, 6 * int(found[2]) - 5
    elif found[3]:
        months, first = 3, 3 * int(found[3]) - 2
    elif found[4]:
        months, first = 1, int(found[4])
    last = first + months
    ends = (year + (last > 12), last - 12 if last > 12 else last)
    return _micros(dt.datetime(year, first, 1, tzinfo=_CHINA)), _micros(
        dt.datetime(*ends, 1, tzinfo=_CHINA)
    ) - 1


def _micros(moment: dt.datetime) -> int:
    return (moment - _EPOCH) // dt.timedelta(microseconds=1)


@click.command("report")
@click.option("--period", "name", help="2026, 2026-H1, 2026-Q2 or 2026-03, in China's time.")
@click.option("--from", "start", metavar="TIME", help="First moment (ISO 8601).")
@click.option("--to", "end", metavar="TIME", help="Last moment (ISO 8601).")
@_options
def report(name: str | None, start: str | None, end: str | None, **options: Any) -> None:
    """The governance report of a period: who was sanctioned, for what, appeals, leads and cases."""
    from zhenbo import __version__
    from zhenbo.act.governance.figures import governance
    from zhenbo.cli.case_ import packed, store
    from zhenbo.report.governance import governance_page

    if (name is None) == (start is None or end is None):
        raise click.UsageError("Say which period: --period 2026-H1, or --from and --to.")
    first, last = period(name) if name else _between(str(start), str(end))
    with store(options) as kept:
        end_ = ""

        def acts() -> Iterator["Act"]:
            nonlocal end_
            for entry in kept.entries(kind="case."):
                end_ = f"{entry.number}:{entry.seal}" if entry.act.at <= last else end_
                yield entry.act

        figures = msgspec.structs.replace(governance(acts(), first, last), record=end_)
    titles = {o.id: o.title for o in packed(options).offence}
    told = ["--period", name] if name else ["--from", str(start), "--to", str(end)]
    again = shlex.join(["zhenbo", "case", "report", *told, "--lang", options["lang"], "--out", "DIR"])
    finish(governance_page(figures, titles, again, __version__, options["lang"]), figures, "governance", options)  # fmt: skip


def _between(start: str, end: str) -> tuple[int, int]:
    moments = []
    for text in (start, end):
        try:
            given = dt.datetime.fromisoformat(text)
        except ValueError as error:
            raise click.BadParameter(f"{text!r} is no time; write 2026-01-01T00:00:00+08:00.") from error
        moments.append(_micros(given.replace(tzinfo=given.tzinfo or dt.UTC)))
    if moments[0] > moments[1]:
        raise click.BadParameter("--from lies after --to.")
    return moments[0], moments[1]


@click.command("publish")
@_options
def publish(**options: Any) -> None:
    """The sanctions that a platform publishes (公示): shop, conduct and measure, as long as they stand."""
    from zhenbo.act.governance.admission import files as admitted
    from zhenbo.act.governance.publish import published
    from zhenbo.cli.case_ import now, packed, store
    from zhenbo.pipeline.governance import state_of
    from zhenbo.report.publish import published_page

    at = now(options)
    with store(options) as kept:
        rows, nameless = published(state_of(kept), admitted(kept.read(kind="admission.")), at)
    titles = {o.id: o.title for o in packed(options).offence}
    finish(published_page(rows, titles, at, options["lang"]), {"published": rows, "role_unknown": nameless}, "published", options)  # fmt: skip
    if nameless:
        click.echo(
            _said(options, "nameless").format(n=len(nameless), parties=", ".join(nameless[:5])), err=True
        )


@click.command("campaign")
@click.argument("paths", nargs=-1, required=True, type=click.Path(exists=True, path_type=Path))
@click.option("--name", required=True, help="Of the campaign; run again under it, nothing is done twice.")
@_options
def campaign(paths: tuple[Path, ...], name: str, **options: Any) -> None:
    """Open and propose cases for every verdict under PATHS that can bear one; it sanctions nobody."""
    from zhenbo.cli.case_ import now, packed, store
    from zhenbo.pipeline.governance import campaign as sweep

    with store(options, create=True) as kept:
        counts = sweep(kept, paths, name, packed(options), now(options))
    said = {
        "zh": "审计 {audits} 份：新立案 {opened} 件，此前已立 {known} 件，{passed} 场未达立案标准。",
        "en": "{audits} audits: {opened} cases opened, {known} were open already, {passed} sessions bear none.",
    }
    _answer(counts, said[options["lang"]].format(**counts), options)


@click.command("party")
@click.argument("party")
@_options
def party_(party: str, **options: Any) -> None:
    """What PARTY may do here, why not what it may not, and what opens it again."""
    from zhenbo import __version__
    from zhenbo.act.book import lodged
    from zhenbo.act.governance.admission import File, gates
    from zhenbo.act.governance.admission import files as admitted
    from zhenbo.act.governance.fold import fold, standing
    from zhenbo.act.governance.ladder import day_of
    from zhenbo.cli.case_ import now, store
    from zhenbo.pipeline.governance import deposit_terms
    from zhenbo.report.case import gates_page

    at = now(options)
    with store(options) as kept:
        file = admitted(kept.read(subject=party, kind="admission.")).get(party, File(party))
        where = standing(fold(kept.read(subject=party, kind="case.")), party, at)
        with kept.book() as book:
            deposit = lodged(party, book, deposit_terms(), day_of(at))
    open_ = gates(file, deposit, where, at)
    body = {"party": party, "gates": open_, "standing": where, "deposit": {"required": deposit.required, "lodged": deposit.lodged, "missing": deposit.missing}}  # fmt: skip
    finish(gates_page(party, open_, where, at, __version__, options["lang"]), body, "party", options)


@click.command("leave")
@click.argument("party")
@_options
def leave(party: str, **options: Any) -> None:
    """PARTY leaves: what is due of its deposit goes back now, and why the rest does not."""
    from zhenbo.act.book.deposit import SAYS
    from zhenbo.cli.case_ import now, store
    from zhenbo.pipeline.governance import deposit_terms
    from zhenbo.pipeline.governance import leave as left
    from zhenbo.report import format as fmt
    from zhenbo.report.phrase import phrase

    terms = deposit_terms()
    with store(options) as kept:
        going = left(kept, party, terms, now(options))
    lines = [_said(options, "returned").format(amount=fmt.money(going.amount, going.currency))]
    lines += [phrase(SAYS[w.why], {"amount_minor": w.amount, "ref": w.ref, "days": terms.wait_days, "currency": going.currency}, options["lang"]) for w in going.withheld]  # fmt: skip
    _answer(going, _lines(lines, options), options)


@click.command("quiz")
@click.argument("host")
@click.option("--sitting", type=click.IntRange(1), default=1, show_default=True, help="Which attempt; each asks other questions.")  # fmt: skip
@click.option("--answers", metavar="ID=N,…", help="Answers by question, counted from 1; recorded and marked.")
@_options
def quiz(host: str, sitting: int, answers: str | None, **options: Any) -> None:
    """The questions HOST is asked before the first broadcast and every year; with --answers they are marked and recorded."""
    from zhenbo.act.governance.admission import TRAINED
    from zhenbo.act.governance.training import asked, marked
    from zhenbo.cli.case_ import now, store
    from zhenbo.core.acts import Act
    from zhenbo.pipeline.governance import quiz as shipped

    course = shipped()
    questions = asked(course, host, sitting)
    if answers is None:
        lines = [line for q in questions for line in (f"{q.id}: {getattr(q, options['lang'])}", *(f"   {n}. {a}" for n, a in enumerate(q.answers, 1)))]  # fmt: skip
        plain = [{"id": q.id, "en": q.en, "zh": q.zh, "answers": q.answers} for q in questions]
        _answer(plain, _lines(lines, options), options)
        return
    result = marked(course, questions, _answers(answers))
    at = now(options)
    with store(options, create=True) as kept:
        kept.append([Act.of(f"trained/{host}/{course.course}/{sitting}", TRAINED, host, at, result)])
    said = _said(options, "passed" if result.passed else "failed")
    _answer(result, said.format(right=result.right, asked=result.asked, needs=course.needs), options)


def _answers(text: str) -> dict[str, int]:
    """ID=N,… as answers counted from 0."""
    given = {}
    for part in text.split(","):
        name, _, number = part.strip().partition("=")
        if not number.isascii() or not number.isdigit():
            raise click.BadParameter(f"{part[:60]!r} is no answer; write --answers live2026-10=1,ad-17=3.")
        given[name] = int(number[:6]) - 1
    return given


@click.command("admit")
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@_example(ADMIT)
@_options
def admit(file: Path, **options: Any) -> None:
    """Record acts about admission and listing (JSON lines): identity, licences, training, goods put forward and reviewed."""
    from zhenbo.cli.case_ import store
    from zhenbo.pipeline.governance import admission_acts

    acts = admission_acts(file)
    with store(options, create=True) as kept:
        new = kept.append(acts)
    said = {"zh": f"新记 {new} 条，此前已记 {len(acts) - new} 条。", "en": f"{new} recorded, {len(acts) - new} were there."}  # fmt: skip
    _answer({"new": new, "known": len(acts) - new}, said[options["lang"]], options)


@click.command("files")
@_options
def files_(**options: Any) -> None:
    """Identities to be verified again (six months), and rooms run by somebody else than the registered operator."""
    from zhenbo.act.governance.admission import files as admitted
    from zhenbo.act.governance.admission import mismatches, overdue
    from zhenbo.cli.case_ import now, store

    with store(options) as kept:
        found = list(admitted(kept.read(kind="admission.")).values())
    late, other = overdue(found, now(options)), mismatches(found)
    lines = [f"{o.party}: {_said(options, 'overdue').format(days=o.days)}" for o in late]
    lines += [f"{m.party}: {_said(options, 'other').format(registered=m.registered, seen=m.seen)}" for m in other]  # fmt: skip
    _answer({"overdue": late, "operators": other}, _lines(lines, options), options)


@click.command("queue")
@click.option("--campaign", "name", help="Only of this campaign.")
@_options
def queue(name: str | None, **options: Any) -> None:
    """Goods that wait for a review before they go live, what goes live first on top."""
    from zhenbo.act.governance.listing import open_items
    from zhenbo.act.governance.listing import queue as listed
    from zhenbo.cli.case_ import now, store

    at = now(options)
    with store(options) as kept:
        items = open_items(listed(kept.read(kind="listing.")).values(), at, name)
    body = [{"item": i.submitted.item, "party": i.party, "campaign": i.submitted.campaign, "goes_live": i.submitted.goes_live, "state": i.state(at)} for i in items]  # fmt: skip
    lines = [f"{i.submitted.item} ({i.party}): {_said(options, i.state(at))}" for i in items]
    _answer(body, _lines(lines, options), options)


@click.command("evasion")
@_options
def evasion(**options: Any) -> None:
    """New accounts that share keys with somebody barred or blacklisted: for a person to look at."""
    from zhenbo.act.governance.admission import files as admitted
    from zhenbo.act.governance.evasion import evaders
    from zhenbo.cli.case_ import now, store
    from zhenbo.pipeline.governance import state_of

    with store(options) as kept:
        files = admitted(kept.read(kind="admission.")).values()
        found = evaders(state_of(kept), files, now(options))
    lines = [f"{f.party} ~ {f.barred} ({f.case}): {_said(options, f.strength)}, {', '.join(f.keys)}" for f in found]  # fmt: skip
    _answer(found, _lines(lines, options), options)


@click.command("tier")
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--rules", type=click.Path(exists=True, dir_okay=False, path_type=Path), help="Own rules of tiers (TOML).")  # fmt: skip
@_example(ROOMS)
@_options
def tier(file: Path, rules: Path | None, **options: Any) -> None:
    """The tier of each room of FILE (JSON lines), what put it there, and what is switched on."""
    from zhenbo.act.governance.tiers import Room, placed
    from zhenbo.intake.entries import entries
    from zhenbo.pipeline.governance import tier_rules

    by = tier_rules(rules)
    rows = [placed(room, by) for room in entries(file, Room, "docs/governance.md")]
    lines = [f"{p.room}: {p.tier} ({', '.join(p.because) or '–'}) · {', '.join(p.monitoring)}" for p in rows]
    _answer(rows, _lines(lines, options), options)


@click.command("reviewers")
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@_example(READINGS)
@_options
def reviewers(file: Path, **options: Any) -> None:
    """How well reviewers decide: golden cases and second reviews of FILE, appeals of the record; 95 % intervals."""
    from zhenbo.act.governance.reviewers import Reading, Share, quality
    from zhenbo.cli.case_ import store
    from zhenbo.intake.entries import entries
    from zhenbo.pipeline.governance import state_of

    readings = entries(file, Reading, "docs/governance.md")
    with store(options, create=True) as kept:
        rows = quality(readings, state_of(kept))

    def told(s: Share) -> str:
        return f"{s.part}/{s.of} [{s.low:.2f}, {s.high:.2f}]"

    lines = [_said(options, "quality").format(by=q.by, golden=told(q.golden), harsh=told(q.harsh), agreed=told(q.agreed), overturned=told(q.overturned)) for q in rows]  # fmt: skip
    _answer(rows, _lines(lines, options), options)


@click.command("year")
@click.option("--seed", type=int, default=1, show_default=True, help="Equal seeds give equal years.")
@click.option("--part", type=click.FloatRange(0, 1, min_open=True), default=1.0, show_default=True, help="A smaller year of the same make.")  # fmt: skip
@_options
def year(seed: int, part: float, **options: Any) -> None:
    """Write a simulated year of governance (2025) with known totals to --store, for trying out and measuring."""
    from itertools import islice

    from zhenbo.cli.case_ import store
    from zhenbo.pipeline.governance import AT_ONCE
    from zhenbo.worlds.governance import Totals
    from zhenbo.worlds.governance import year as acts

    if options["store"] is None:
        raise CaseError("A simulated year does not belong in your own record. Name a file with --store.")
    totals = Totals() if part == 1 else Totals().scaled(part)
    new = 0
    with store(options, create=True) as kept:
        left = acts(seed, totals)
        while some := list(islice(left, AT_ONCE)):
            new += kept.append(some)
    said = {"zh": f"写入 {new} 条行为。", "en": f"{new} acts written."}
    _answer({"acts": new, "totals": totals}, said[options["lang"]], options)


_WORDS = {
    "overdue": ("核验逾期 {days} 天", "to be verified again since {days} days"),
    "other": ("登记运营者 {registered}，实际见到 {seen}", "registered {registered}, seen {seen}"),
    "waits": ("待审核", "waits for a review"),
    "late": ("已到上架时间而未审核，不得上架", "its time has come without a review: it does not go live"),
    "strong": ("强", "strong"),
    "weak": ("弱", "weak"),
    "returned": ("退还 {amount}。", "{amount} goes back."),
    "passed": ("合格：{asked} 题答对 {right} 题（须 {needs} 题）。", "Passed: {right} of {asked} right ({needs} needed)."),
    "failed": ("不合格：{asked} 题答对 {right} 题（须 {needs} 题）。", "Not passed: {right} of {asked} right ({needs} needed)."),
    "nothing": ("无。", "None."),
    "nameless": ("{n} 个当事方未记录角色，未公示（{parties}）：先以 `zhenbo case admit` 记录。", "{n} parties are not named, since nobody has recorded their role ({parties}): `zhenbo case admit` does."),
    "quality": ("{by}：金标 {golden}，误罚 {harsh}，复核一致 {agreed}，申诉改变 {overturned}", "{by}: golden {golden}, too harsh {harsh}, second reviews agreed {agreed}, changed on appeal {overturned}"),
}  # fmt: skip


def _said(options: dict[str, Any], key: str) -> str:
    return _WORDS[key][options["lang"] == "en"]


def _lines(lines: Sequence[str], options: dict[str, Any]) -> str:
    from zhenbo.report.mask import clean

    return "\n".join(clean(line, 400) for line in lines) or _said(options, "nothing")


def _answer(body: object, text: str, options: dict[str, Any]) -> None:
    """Words on the terminal, JSON on stdout where asked for."""
    if options["as_json"]:
        click.echo(msgspec.json.format(msgspec.json.encode(body), indent=2))
    click.echo(text, err=options["as_json"])


VERBS = (report, publish, campaign, party_, leave, admit, quiz, files_, queue, evasion, tier, reviewers, year)
