"""`zhenbo evidence`: signed bundles made, checked and referred; a person forgotten."""

import hashlib
import shlex
import sys
from collections import Counter
from importlib.resources import files
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from zhenbo.cli.audit_ import moment
from zhenbo.cli.show import console, key_option, keyed, told
from zhenbo.cli.verbs import Verbs
from zhenbo.core.errors import ZhenboError

if TYPE_CHECKING:
    from zhenbo.act.bundle import Opened
    from zhenbo.core.acts import Act
    from zhenbo.pipeline.evidence import Check

LARGEST = 2 << 30
"""Bytes of a bundle that is read."""
lang_option = click.option("--lang", type=click.Choice(["zh", "en"]), default="zh", show_default=True, help="Language of the page.")  # fmt: skip
json_option = click.option("--json", "as_json", is_flag=True, help="Print JSON on stdout.")
file_argument = click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))


@click.group("evidence", cls=Verbs)
def command() -> None:
    """One signed file per case that anybody can check offline; referral sheets; forgetting a person."""


@command.command("make")
@click.argument("paths", nargs=-1, type=click.Path(exists=True, path_type=Path))
@click.option("--session", metavar="ID", help="The session or shop month.")
@click.option("--case", "case_", metavar="ID", help="Instead of a session: the case; it takes no PATHS, only the record.")  # fmt: skip
@click.option("--out", required=True, type=click.Path(dir_okay=False, path_type=Path), help="The bundle to write, an HTML file.")  # fmt: skip
@click.option("--whole", is_flag=True, help="Put the whole record of the session in, so that all of the verdict can be recomputed.")  # fmt: skip
@click.option("--custody", type=click.Path(exists=True, dir_okay=False, path_type=Path), help="Hand-overs of samples (docs/inspection.md).")  # fmt: skip
@click.option("--store", metavar="URL", help="Record of acts; those about the session go in.")  # fmt: skip
@click.option(
    "--about",
    multiple=True,
    metavar="ID",
    help="With --store: also the acts about this case, party or claim; repeatable.",
)
@click.option("--as-of", callback=moment, help="Read the record as it stood at this time; that of the audit by default.")  # fmt: skip
@click.option("--packs", type=click.Path(exists=True, file_okay=False, path_type=Path), help="Own reference cells and calibration.")  # fmt: skip
@click.option("--signing-key", type=click.Path(dir_okay=False, path_type=Path), help="Ed25519 key; made if absent. [beside the key for pseudonyms]")  # fmt: skip
@lang_option
@json_option
@key_option
def make(paths: tuple[Path, ...], session: str | None, case_: str | None, out: Path, **options: Any) -> None:
    """Make a bundle of a session from PATHS: data, and the --out folder of an audit to agree with, if there is one.

    With --case, make one of a case from the record of acts (--store; your own by default) alone.
    """
    if case_ is not None:
        if paths or session:
            raise click.UsageError(
                "A case is bundled from the record alone: leave out PATHS and --session, or --case."
            )
        _make_case(case_, out, options)
    elif not paths or session is None:
        raise click.UsageError("Name the data and --session ID, or --case ID.")
    else:
        _make_session(paths, session, out, options)


def _make_case(case: str, out: Path, options: dict[str, Any]) -> None:
    from zhenbo.intake.signing import signer
    from zhenbo.pipeline.casefile import bundled, gathered, page
    from zhenbo.pipeline.record import opened
    from zhenbo.report.page import print_page

    public, sign = signer(options["signing_key"])
    with opened(options["store"], create=False) as record:
        made = gathered(record, case, options["lang"], public)
    file = bundled(made, public, sign)
    _write(out, file)
    print_page(page(made), console(err=options["as_json"]), options["lang"])
    sha = hashlib.sha256(file).hexdigest()
    if options["as_json"]:
        _json({
            "file": str(out), "bytes": len(file), "sha256": sha, "key": made.made.key, "case": case, "status": made.made.status,
            "acts": len(made.acts), "head": made.made.head, "recomputes": len(made.made.recomputes),
        })  # fmt: skip
    told(f"\nBundle: {out}   SHA-256 {sha}   key {made.made.key}")


def _make_session(paths: tuple[Path, ...], session: str, out: Path, options: dict[str, Any]) -> None:
    from zhenbo.core.inspection import HandOver
    from zhenbo.intake.entries import entries
    from zhenbo.intake.signing import signer
    from zhenbo.pipeline import overlaid
    from zhenbo.pipeline.evidence import Asked, bundled, gathered
    from zhenbo.pipeline.record import opened
    from zhenbo.report.evidence import bundle_page
    from zhenbo.report.page import print_page

    public, sign = signer(options["signing_key"])
    acts: list[Any] = []
    head = None
    if options["store"]:
        with opened(options["store"], create=False) as record:
            named = {session, *options["about"]}
            head = record.head()
            acts = [e for e in record.entries() if named & _about(e.act)]
    asked = Asked(
        paths, session, options["whole"], options["as_of"], options["lang"],
        overlaid(options["packs"]) if options["packs"] else None,
        entries(options["custody"], HandOver, "docs/inspection.md") if options["custody"] else (), acts, head,
    )  # fmt: skip
    made = gathered(asked, keyed(options["key"]), public)
    file = bundled(made, public, sign)
    _write(out, file)
    print_page(bundle_page(made, options["lang"]), console(err=options["as_json"]), options["lang"])
    if options["as_json"]:
        _json({
            "file": str(out), "bytes": len(file), "sha256": hashlib.sha256(file).hexdigest(), "key": made.made.key,
            "session": session, "verdict": made.verdict.verdict.value, "rows": made.made.rows, "extracted": made.made.extracted,
            "masked": made.made.masked, "reasons": len(made.verdict.reasons), "recomputes": len(made.made.recomputes), "judges": made.made.judges,
        })  # fmt: skip
    told(f"\nBundle: {out}   SHA-256 {hashlib.sha256(file).hexdigest()}   key {made.made.key}")


@command.command("verify")
@file_argument
@click.option("--key", "wanted", metavar="FINGERPRINT", help="The sender's fingerprint, told to you another way; else the file's own key is taken.")  # fmt: skip
@click.option("--packs", type=click.Path(exists=True, file_okay=False, path_type=Path), help="The packs it was made with, if its maker's own.")  # fmt: skip
@lang_option
@json_option
@click.pass_context
def verify(
    ctx: click.Context, file: Path, wanted: str | None, packs: Path | None, lang: Any, as_json: bool
) -> None:
    """Check FILE without data or database: every byte, and every figure that follows from it.

    Exit code 0: intact and recomputed. 1: something was changed, does not come out again, or the key is another one.
    """
    from zhenbo import __version__
    from zhenbo.act.bundle import fingerprint
    from zhenbo.report.evidence import check_page
    from zhenbo.report.page import print_page

    found = _opened(file)
    checks = _checks(found, packs) if not found.findings else []
    key = fingerprint(found.key) if found.key else "–"
    trusted = None if wanted is None else _plain(wanted) == _plain(key)
    counts = Counter((c.what, str(c.state)) for c in checks)
    print_page(
        check_page(file.name, found.findings, counts, key, trusted, __version__, lang),
        console(err=as_json),
        lang,
    )
    bad = bool(found.findings) or trusted is False or any(not c.same for c in checks)
    if as_json:
        _json({
            "file": file.name, "intact": not found.findings, "key": key, "trusted": trusted, "holds": not bad,
            "findings": [{"segment": f.segment, "entry": f.entry, "start": f.start, "end": f.end, "what": f.what, "says": f.says} for f in found.findings],
            "checks": [{"what": c.what, "of": c.of, "said": c.said, "now": c.now, "state": c.state} for c in checks],
        })  # fmt: skip
    ctx.exit(1 if bad else 0)


@command.command("refer")
@file_argument
@click.option("--out", required=True, type=click.Path(dir_okay=False, path_type=Path), help="The sheet to write, an HTML file.")  # fmt: skip
@click.option("--stated", multiple=True, metavar="WHAT=YUAN", help="An amount known from other records, e.g. 'fee paid to the organiser=52000'.")  # fmt: skip
@lang_option
def refer(file: Path, out: Path, stated: tuple[str, ...], lang: Any) -> None:
    """The referral sheet (移送) of a bundle: what was measured beside what the law says, never a charge."""
    from zhenbo.act.bundle import Contents
    from zhenbo.core.referral import read_thresholds
    from zhenbo.core.subject import Outcome
    from zhenbo.report.evidence import referral_page
    from zhenbo.report.page import print_page, render_page

    found = intact(file)
    if "case" in found.data:
        raise ZhenboError(f"{file} is the bundle of a case: it measures nothing that could be referred. Refer the bundle of its session; `zhenbo case refer` records that a case was handed over.")  # fmt: skip
    content = Contents.read(dict(found.data))
    if content.verdict.verdict.rank < Outcome.SUSPECT.rank:
        raise ZhenboError(f"The verdict in {file} is {content.verdict.verdict.value}: it accuses nobody, so there is nothing to refer.")  # fmt: skip
    name = files("zhenbo.packs").joinpath("referral", "cn.toml")
    law = read_thresholds(name.read_text("utf-8"), "packs/referral/cn.toml")
    again = shlex.join(["zhenbo", "evidence", "refer", file.name, "--out", out.name, *(w for s in stated for w in ("--stated", s))])  # fmt: skip
    sha = hashlib.sha256(file.read_bytes()).hexdigest()
    page = referral_page(content, law, [_stated(s) for s in stated], (file.name, sha), again, lang)
    _write(out, render_page(page, lang).encode())
    print_page(page, console(), lang)
    told(f"\nReferral: {out}")


@command.command("forget")
@click.argument("person", metavar="PSEUDONYM")
@click.option("--data", required=True, type=click.Path(exists=True, file_okay=False, path_type=Path), help="Canonical data folder.")  # fmt: skip
@click.option("--to", required=True, type=click.Path(file_okay=False, path_type=Path), help="Folder for the record without the person.")  # fmt: skip
@click.option("--bundles", multiple=True, type=click.Path(exists=True, path_type=Path), help="Bundles to look through for the person.")  # fmt: skip
@json_option
@key_option
def forget(
    person: str, data: Path, to: Path, bundles: tuple[Path, ...], as_json: bool, key: Path | None
) -> None:
    """Write the record of --data anew without the person, every total unchanged."""
    from zhenbo.pipeline.forget import forgotten

    made = forgotten(person, data, to, bundles, keyed(key))
    told(
        f"Forgotten: {person} is now {made['now']} in {to}: {made['rows']} rows, {made['profiles']} profiles removed."
    )
    for name in made["bundles"]:
        told(
            f"Still named in {name}: a signed bundle cannot be altered; make it again from {to} and destroy this one."
        )
    told(f"Still in {data}: destroy it once you have looked at {to}; the key map of `zhenbo import` too has a line to remove.")  # fmt: skip
    if as_json:
        _json(made)


def _about(act: "Act") -> set[str]:
    """Whom or what an act is about: its subject, and the case or claim that its body names."""
    body = act.read(dict)
    return {act.subject, *(str(body[name]) for name in ("id", "case", "claim") if name in body)}


def _stated(said: str) -> tuple[str, int]:
    from zhenbo.core.money import parse_minor

    name, _, amount = said.rpartition("=")
    minor = parse_minor(amount)
    if not name or minor is None:
        raise ZhenboError(f"{said!r} is no stated amount. Write --stated 'fee paid to the organiser=52000'.")
    return name, minor


def _opened(file: Path) -> "Opened":
    from zhenbo.act.bundle import opened
    from zhenbo.intake.signing import signed_by

    try:
        if file.stat().st_size > LARGEST:
            raise ZhenboError(
                f"{file} is larger than {LARGEST >> 30} GB: no bundle of `zhenbo evidence make`."
            )
        return opened(file.read_bytes(), signed_by)
    except OSError as error:
        raise ZhenboError(f"{file} cannot be read: {error}.") from error


def intact(file: Path) -> "Opened":
    """A bundle that is as it was signed."""
    found = _opened(file)
    if found.findings:
        raise ZhenboError(f"{file} is not as it was signed; nothing rests on it. `zhenbo evidence verify {file}` names what was changed.")  # fmt: skip
    return found


def _checks(found: "Opened", packs: Path | None) -> "list[Check]":
    from zhenbo.pipeline import overlaid
    from zhenbo.pipeline.casefile import rechecked as case_rechecked
    from zhenbo.pipeline.evidence import rechecked

    if "case" in found.data:
        return case_rechecked(found)
    return rechecked(found, overlaid(packs) if packs else None)


def _plain(key: str) -> str:
    return "".join(key.split()).lower()


def _write(out: Path, body: bytes) -> None:
    try:
        out.parent.mkdir(parents=True, exist_ok=True)
        out.write_bytes(body)
    except OSError as error:
        raise ZhenboError(f"{out} cannot be written ({error}). Name another file with --out.") from error


def _json(body: object) -> None:
    from zhenbo.core.verdict import encoded

    sys.stdout.buffer.write(encoded(body))
