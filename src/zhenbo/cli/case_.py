"""`zhenbo case`: cases with due process, from facts or a verdict to notice, appeal and report."""

import time
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click
import msgspec

from zhenbo.cli.audit_ import moment
from zhenbo.cli.pages import finish
from zhenbo.cli.verbs import Verbs
from zhenbo.core.contacts import hidden
from zhenbo.core.errors import CaseError

if TYPE_CHECKING:
    from zhenbo.act.governance.fold import State
    from zhenbo.act.governance.penalties import Penalties
    from zhenbo.core.case import Ground, Scalar
    from zhenbo.core.evidence import Say
    from zhenbo.record import Store
    from zhenbo.report.page import Page


def desk_options(command: Callable[..., Any]) -> Callable[..., Any]:
    """--store, --at, --pack, --out, --lang and --json."""
    for option in reversed((
        click.option("--store", metavar="URL", help="File, sqlite:///path or postgresql://user@host/database; your own record by default."),
        click.option("--at", callback=moment, help="When this is done (ISO 8601); now by default."),
        click.option("--pack", type=click.Path(exists=True, dir_okay=False, path_type=Path), help="Own penalties pack (TOML)."),
        click.option("--out", type=click.Path(file_okay=False, path_type=Path), help="Folder for report.html and the JSON."),
        click.option("--lang", type=click.Choice(["zh", "en"]), default="zh", show_default=True, help="Language of page and terminal."),
        click.option("--json", "as_json", is_flag=True, help="Print JSON on stdout."),
    )):  # fmt: skip
        command = option(command)
    return command


def recordable(_: click.Context, __: click.Parameter, value: str) -> str:
    """Words as they are recorded, for good: contacts and addresses masked."""
    return hidden(value)


def person_options(command: Callable[..., Any]) -> Callable[..., Any]:
    """--by and --reason."""
    for option in reversed((
        click.option("--by", required=True, metavar="NAME", help="The person who does this and answers for it."),
        click.option("--reason", required=True, callback=recordable, help="Why, in words; the party may read it."),
    )):  # fmt: skip
        command = option(command)
    return command


fact_option = click.option("--fact", "facts", multiple=True, metavar="NAME=VALUE", help="A fact: true, false, a number or words; repeatable.")  # fmt: skip
ground_option = click.option("--ground", "grounds", multiple=True, metavar="REF[: TEXT]", help="What it rests on; repeatable.")  # fmt: skip


@click.group("case", cls=Verbs)
def command() -> None:
    """Governance: open, propose, confirm, notice, appeal, decide; gates, tiers, campaigns and the report.

    A sanction has facts, reasons, legal basis, term and appeal, or it is not written; nothing above a warning is without a
    person's confirmation; an appeal that succeeds leaves everything as if it had never been. docs/governance.md tells more.
    """


@command.command("open")
@click.argument("paths", nargs=-1, type=click.Path(exists=True, path_type=Path))
@click.option("--party", help="Whom cases from verdicts are about; the host by default.")
@click.option("--example", is_flag=True, help="Print a facts file and stop.")
@desk_options
def open_(paths: tuple[Path, ...], party: str | None, example: bool, **options: Any) -> None:
    """Open cases from facts files (TOML) or from verdicts (verdict.json or an audit's folder), and propose."""
    from zhenbo.act.governance.campaign import Passed
    from zhenbo.pipeline.governance import EXAMPLE, cases_of, open_all

    if example:
        click.echo(EXAMPLE, nl=False)
        return
    if not paths:
        raise click.UsageError("No file is named. `zhenbo case open --example` prints one.")
    at, pack = now(options), packed(options)
    given = [c for path in paths for c in cases_of(path, party, at)]
    with store(options, create=True) as kept:
        state = _state(kept)
        opened = open_all(kept, state, given, pack, at)
    ids = [c.id for c in given if not isinstance(c, Passed)]
    rows = [{"case": i, "party": state.of(i).case.party, "status": state.of(i).status, "proposal": state.of(i).proposal} for i in ids]  # fmt: skip
    _desk_list(state, ids, at, {"opened": opened, "passed": len(given) - len(ids), "cases": rows}, options)


@command.command("establish")
@click.argument("case")
@person_options
@fact_option
@ground_option
@desk_options
def establish(case: str, by: str, reason: str, facts: tuple[str, ...], grounds: tuple[str, ...], **options: Any) -> None:  # fmt: skip
    """Add facts to CASE or put them right, and propose anew."""
    from zhenbo.act.governance import desk
    from zhenbo.pipeline.governance import append

    at, pack = now(options), packed(options)
    with store(options) as kept:
        state = _state(kept)
        acts = [desk.established(state, case, person(by), reason, _facts(facts), pack, at, _grounds(grounds))]
        state.take(acts[0])
        acts.append(desk.proposed(state, case, pack, at))
        state.take(acts[1])
        append(kept, acts)
    _show(state, case, at, pack, options)


@command.command("propose")
@click.argument("cases", nargs=-1, required=True)
@desk_options
def propose(cases: tuple[str, ...], **options: Any) -> None:
    """What the rules make of CASES as they stand now, e.g. because an earlier sanction has fallen."""
    from zhenbo.act.governance import desk
    from zhenbo.pipeline.governance import append

    at, pack = now(options), packed(options)
    with store(options) as kept:
        state = _state(kept)
        for case in cases:
            act = desk.proposed(state, case, pack, at)
            state.take(act)
            append(kept, [act])
    for case in cases:
        _show(state, case, at, pack, options)


@command.command("confirm")
@click.argument("case")
@person_options
@desk_options
def confirm(case: str, by: str, reason: str, **options: Any) -> None:
    """Stand for what is proposed in CASE. The notice goes out with `zhenbo case notice`."""
    from zhenbo.act.governance import desk

    _one_act(case, lambda state, at: desk.confirmed(state, case, person(by), reason, at), options)


@command.command("notice")
@click.argument("case")
@desk_options
def notice(case: str, **options: Any) -> None:
    """Write the sanction in CASE with its five fields, and the notice to the accused."""
    from zhenbo import __version__
    from zhenbo.pipeline.governance import notice as give
    from zhenbo.report.case import notice_page

    at, pack = now(options), packed(options)
    with store(options) as kept:
        state = _state(kept)
        sanction = give(kept, state, case, pack, at)
    docket = state.of(case)
    finish(
        notice_page(docket, _title(pack, docket.case.offence), __version__, options["lang"]), sanction, "notice", options
    )  # fmt: skip


@command.command("drop")
@click.argument("case")
@person_options
@desk_options
def drop(case: str, by: str, reason: str, **options: Any) -> None:
    """Close CASE without a sanction."""
    from zhenbo.act.governance import desk

    _one_act(case, lambda state, at: desk.dropped(state, case, person(by), reason, at), options)


@command.command("appeal")
@click.argument("case")
@click.option("--by", required=True, metavar="NAME", help="Who objects, for the party.")
@click.option("--text", required=True, callback=recordable, help="What is objected.")
@ground_option
@desk_options
def appeal(case: str, by: str, text: str, grounds: tuple[str, ...], **options: Any) -> None:
    """The party objects to the sanction in CASE."""
    from zhenbo.act.governance import desk

    _one_act(case, lambda state, at: desk.appealed(state, case, by, text, at, _grounds(grounds)), options)


@command.command("decide")
@click.argument("case")
@person_options
@click.option(
    "--overturn/--uphold", default=None, help="The sanction falls, or it stands and the appeal is dismissed."
)
@fact_option
@desk_options
def decide(
    case: str, by: str, reason: str, overturn: bool | None, facts: tuple[str, ...], **options: Any
) -> None:
    """Decide on the appeal in CASE: --overturn, --uphold, or what follows from facts put right (--fact).

    Whoever decides has not acted in the case before. Later sanctions that counted this one are set anew.
    """
    from zhenbo import __version__
    from zhenbo.act.governance.fold import standing
    from zhenbo.pipeline.governance import decide as decided
    from zhenbo.report.case import decision_page

    if (overturn is None and not facts) or (overturn is False and facts):
        raise click.UsageError(
            "How is the appeal decided? Add --overturn, --uphold, or --fact NAME=VALUE for each fact put right."
        )
    at, pack = now(options), packed(options)
    with store(options) as kept:
        state = _state(kept)
        acts = decided(kept, state, case, person(by), reason, pack, at, overturn=bool(overturn), facts=_facts(facts))  # fmt: skip
    docket = state.of(case)
    where = standing(state, docket.case.party, at)
    body = {"decision": docket.decision, "regraded": len(acts) - 1, "standing": where}
    title = _title(pack, docket.case.offence)
    finish(decision_page(docket, title, where, __version__, options["lang"]), body, "decision", options)


@command.command("regrade")
@click.argument("fallen")
@desk_options
def regrade(fallen: str, **options: Any) -> None:
    """Set anew what had counted FALLEN and was judged by other rules: --pack names them. `decide` does the rest by itself."""
    from zhenbo.pipeline.governance import regrade as again

    at, pack = now(options), packed(options)
    with store(options) as kept:
        state = _state(kept)
        made = again(kept, state, fallen, pack, at)
    ids = [c for c in state.dockets if fallen in {c, *_priors(state, c)}]
    _desk_list(state, ids, at, {"regraded": len(made), "cases": ids}, options)


def _priors(state: "State", case: str) -> tuple[str, ...]:
    sanction = state.of(case).sanction
    return sanction.priors if sanction else ()


@command.command("refer")
@click.argument("case")
@click.option("--by", required=True, metavar="NAME", help="The person who does this and answers for it.")
@click.option("--to", required=True, help="The authority.")
@desk_options
def refer(case: str, by: str, to: str, **options: Any) -> None:
    """Hand CASE to an authority, as a lead."""
    from zhenbo.act.governance import desk

    _one_act(case, lambda state, at: desk.referred(state, case, person(by), to, at), options)


@command.command("filed")
@click.argument("case")
@click.option("--number", required=True, help="The authority's number.")
@desk_options
def filed(case: str, number: str, **options: Any) -> None:
    """The authority has opened a case of its own on CASE."""
    from zhenbo.act.governance import desk

    _one_act(case, lambda state, at: desk.filed(state, case, number, at), options)


@command.command("show")
@click.argument("case")
@click.option("--notice", "which", flag_value="notice", help="The notice to the accused.")
@click.option("--decision", "which", flag_value="decision", help="The decision on the appeal.")
@desk_options
def show(case: str, which: str | None, **options: Any) -> None:
    """CASE as it stands, its notice or the decision on its appeal."""
    at, pack = now(options), packed(options)
    with store(options) as kept:
        state = _state(kept)
    _show(state, case, at, pack, options, which)


@command.command("list")
@click.option("--overdue", is_flag=True, help="Only what is late.")
@click.option("--party", help="Only of this party.")
@desk_options
def list_(overdue: bool, party: str | None, **options: Any) -> None:
    """Cases, and what waits for somebody, the most urgent first."""
    from zhenbo.act.governance.figures import clocks

    at = now(options)
    with store(options) as kept:
        state = _state(kept)
    waiting = [c for c in clocks(state, at) if (c.late or not overdue) and party in {None, c.party}]
    late = {c.case for c in waiting}
    ids = [i for i, d in state.dockets.items() if party in {None, d.case.party} and (not overdue or i in late)]  # fmt: skip
    rows = [{"case": i, "party": state.of(i).case.party, "offence": state.of(i).case.offence, "status": state.of(i).status} for i in ids]  # fmt: skip
    _desk_list(state, ids, at, {"cases": rows, "waiting": waiting}, options)


@command.command("facts")
@click.option("--lang", type=click.Choice(["zh", "en"]), default="zh", show_default=True, help="Language.")
@click.option("--pack", type=click.Path(exists=True, dir_okay=False, path_type=Path), help="Own penalties pack (TOML).")  # fmt: skip
def facts_(**options: Any) -> None:
    """Every offence of the pack with the facts it asks for."""
    pack, lang = packed(options), options["lang"]
    for o in pack.offence:
        draft = {"zh": "（草案，不得据以处置）", "en": " (draft, sanctions nobody)"}[lang] if o.status == "draft" else ""  # fmt: skip
        click.echo(f"{o.id}: {getattr(o.title, lang)}{draft}")
        figures = dict.fromkeys(f for d in o.degrees for w in d.when for f in w)
        for name in (*o.needs, *o.excused, *figures):
            click.echo(f"  {name} ({pack.facts[name].type}): {getattr(pack.facts[name].wanted, lang)}")


def now(options: dict[str, Any]) -> int:
    """The moment of --at, else now."""
    at: int | None = options["at"]
    return time.time_ns() // 1000 if at is None else at


def packed(options: dict[str, Any]) -> "Penalties":
    """The pack of --pack, else the shipped one."""
    from zhenbo.pipeline.governance import penalties

    return penalties(options["pack"])


def store(options: dict[str, Any], *, create: bool = False) -> "Store":
    """The record that --store names."""
    from zhenbo.pipeline.record import opened

    return opened(options["store"], create=create)


def person(name: str) -> str:
    """A name as cases write it."""
    return name if name.startswith("person:") else f"person:{name}"


def _state(kept: "Store") -> "State":
    from zhenbo.pipeline.governance import state_of

    return state_of(kept)


def _title(pack: "Penalties", offence: str) -> "Say":
    from zhenbo.core.evidence import Say

    return next((o.title for o in pack.offence if o.id == offence), Say(offence, offence))


def _one_act(case: str, make: Callable[["State", int], Any], options: dict[str, Any]) -> None:
    """Append one act of a case and show the case."""
    from zhenbo.pipeline.governance import append

    at, pack = now(options), packed(options)
    with store(options) as kept:
        state = _state(kept)
        act = make(state, at)
        append(kept, [act])
        state.take(act)
    _show(state, case, at, pack, options)


def _show(state: "State", case: str, at: int, pack: "Penalties", options: dict[str, Any], which: str | None = None) -> None:  # fmt: skip
    from zhenbo import __version__
    from zhenbo.act.governance.fold import standing
    from zhenbo.report.case import case_page, decision_page, notice_page

    docket, lang = state.of(case), options["lang"]
    title, where = _title(pack, docket.case.offence), standing(state, docket.case.party, at)
    if which == "notice" and docket.sanction is None:
        raise CaseError(f"Case {case} ({docket.status}) has no sanction that stands, so no notice.")
    if which == "decision" and docket.decision is None:
        raise CaseError(f"Case {case} ({docket.status}) has no decision on an appeal.")
    pages: dict[str | None, Callable[[], Page]] = {
        "notice": lambda: notice_page(docket, title, __version__, lang),
        "decision": lambda: decision_page(docket, title, where, __version__, lang),
        None: lambda: case_page(
            docket, title, {k: f.wanted for k, f in pack.facts.items()}, where, at, __version__, lang
        ),
    }
    body = {"status": docket.status, "standing": where, "docket": docket}
    finish(pages[which](), body, which or "case", options)


def _desk_list(state: "State", ids: list[str], at: int, body: object, options: dict[str, Any]) -> None:
    from zhenbo import __version__
    from zhenbo.act.governance.figures import clocks
    from zhenbo.report.case import list_page

    there = set(ids)
    waiting, pack = [c for c in clocks(state, at) if c.case in there], packed(options)
    dockets = [(state.of(i), _title(pack, state.of(i).case.offence)) for i in ids]
    finish(list_page(dockets, waiting, at, __version__, options["lang"]), body, "cases", options)  # fmt: skip


def _facts(given: tuple[str, ...]) -> "dict[str, Scalar]":
    """NAME=VALUE as facts."""
    found: dict[str, Scalar] = {}
    for text in given:
        name, sign, value = text.partition("=")
        if not sign or not name.strip():
            raise click.BadParameter(f"{text!r} is no fact; write --fact fabricated_share=0.12.")
        try:
            found[name.strip()] = msgspec.json.decode(value.strip(), type=bool | int | float | str)
        except msgspec.DecodeError:
            found[name.strip()] = value.strip()
    return found


def _grounds(given: tuple[str, ...]) -> "tuple[Ground, ...]":
    from zhenbo.core.case import Ground

    return tuple(Ground(ref.strip(), text.strip()) for ref, _, text in (g.partition(": ") for g in given))


from zhenbo.cli import case_rooms  # noqa: E402 - the rest of the group's verbs

for verb in case_rooms.VERBS:
    command.add_command(verb)
