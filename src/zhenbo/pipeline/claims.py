"""Claims from file to decision: packs read, claims read, orders filled in from a record, decided, recorded."""

import tomllib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from pathlib import Path

import msgspec

from zhenbo.act.guarantee import desk, record, signs
from zhenbo.act.guarantee.decide import route
from zhenbo.act.guarantee.services import Guarantees
from zhenbo.act.guarantee.services import read as read_packs
from zhenbo.core.acts import Acts
from zhenbo.core.claim import Citation, Claim, Decision
from zhenbo.core.errors import Reject
from zhenbo.core.evidence import Say
from zhenbo.intake import claims as intake
from zhenbo.report.i18n import Lang

SOURCES = "sources.toml"


@cache
def guarantees() -> Guarantees:
    """The packs of guarantees that come with zhenbo."""
    folder = files("zhenbo.packs").joinpath("guarantees")
    names = sorted(p.name for p in folder.iterdir() if p.name.endswith(".toml") and p.name != SOURCES)
    return read_packs([(n, folder.joinpath(n).read_text("utf-8")) for n in names], _sources())


@cache
def _sources() -> str:
    return files("zhenbo.packs").joinpath("guarantees", SOURCES).read_text("utf-8")


@cache
def _cited() -> Mapping[str, Mapping[str, str]]:
    tree = tomllib.loads(_sources())
    return {f"{area}.{name}": body for area, names in tree.items() for name, body in names.items()}


def titles(cite: Citation, lang: Lang) -> str:
    """A clause as its language writes it."""
    found = _cited().get(cite.law)
    name = found[lang] if found else cite.law
    if cite.law.startswith("field."):  # a list of services, not a statute
        return f"{name}第{cite.article}项" if lang == "zh" else f"{name} no. {cite.article}"
    if not cite.article:
        return f"《{name}》" if lang == "zh" else name
    if not cite.article.isdigit():
        return f"《{name}》{cite.article.replace('appendix', '附则类目')}" if lang == "zh" else f"{name}, {cite.article}"  # fmt: skip
    return f"《{name}》第{cite.article}条" if lang == "zh" else f"{name}, article {cite.article}"


def names() -> dict[str, Say]:
    """What services and rights are called."""
    return {name: made.service.title for name, made in guarantees().services.items()}


@dataclass(frozen=True)
class Decided:
    """Claims and what was decided of them.

    Args:
        claims: as read.
        settled: decisions, in the order of claims.
        summary: of the desk.
        signs: signs of abuse.
        rejects: lines that could not be read.
        now: the last moment looked at.
    """

    claims: tuple[Claim, ...]
    settled: tuple[desk.Settled, ...]
    summary: desk.Summary
    signs: signs.Signs
    rejects: tuple[Reject, ...]
    now: int


def decide(paths: Sequence[Path], as_of: int | None, tick: Callable[[int], None] = lambda _: None) -> Decided:
    """Claims of files and folders, decided as of a moment (that of the latest thing told, by default).

    One claim is decided at that moment. Many are a desk: each is decided when it was filed and again whenever something
    about it changed, until that moment.
    """
    found = intake.read(paths)
    claims = tuple(found.claims)
    now = as_of if as_of is not None else max((t for c in claims for t in c.moments()), default=0)
    claims = tuple(c for c in claims if c.filed_at <= now) if as_of is not None else claims
    rules, seen = guarantees(), signs.read(claims)
    if len(claims) == 1:
        one = _single(claims[0], rules, now, seen)
        settled: tuple[desk.Settled, ...] = (one,)
    else:
        settled = tuple(_ticking(claims, rules, seen, now, tick))
    return Decided(claims, settled, desk.summary(settled, seen), seen, tuple(found.rejects), now)


def _ticking(claims: Sequence[Claim], rules: Guarantees, seen: signs.Signs, now: int, tick: Callable[[int], None]) -> list[desk.Settled]:  # fmt: skip
    made = []
    for number, one in enumerate(desk.run(claims, rules, seen, now)):
        if number % 1000 == 0:
            tick(number)
        made.append(one)
    return made


def _single(claim: Claim, rules: Guarantees, now: int, seen: signs.Signs) -> desk.Settled:
    decision = route(claim, rules, now, seen.beside(claim.id, now))
    done = now if desk.asking(decision) is None else None
    return desk.Settled(claim.id, decision, done, claim.filed_at, 1, held=decision.reason.step == "signs")


def recorded(found: Decided, acts: Acts) -> int:
    """Decisions and payments appended to a record; how many acts were new."""
    made = [a for c, s in zip(found.claims, found.settled, strict=True) for a in record.decided(c, s.decision)]  # fmt: skip
    return acts.append(made)


def as_json(found: Decided) -> bytes:
    """The machine output: decisions, the desk, rings, lines that could not be read."""
    body = {
        "schema": 1,
        "as_of": found.now,
        "decisions": found.settled,
        "desk": found.summary,
        "rejects": found.rejects,
    }
    return msgspec.json.format(msgspec.json.encode(body), indent=1) + b"\n"


def decision_of(found: Decided) -> tuple[Claim, Decision] | None:
    """The claim and its decision, where there is one only."""
    return (found.claims[0], found.settled[0].decision) if len(found.claims) == 1 else None
