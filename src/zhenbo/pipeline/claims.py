"""Claims from file to decision: packs read, claims read, orders filled in from a record, decided, recorded."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from pathlib import Path

import msgspec

from zhenbo.act.guarantee import desk, record, signs
from zhenbo.act.guarantee.decide import last, route
from zhenbo.act.guarantee.services import Guarantees
from zhenbo.act.guarantee.services import read as read_packs
from zhenbo.core.acts import Act, Acts
from zhenbo.core.claim import Citation, Claim, Decision
from zhenbo.core.contacts import MASKS
from zhenbo.core.errors import Reject
from zhenbo.core.evidence import Say
from zhenbo.core.ledger import TRANSACTION
from zhenbo.core.statute import Cited, Register, read_register
from zhenbo.intake import claims as intake
from zhenbo.intake.identity import Pseudonyms
from zhenbo.pipeline.onair import told_of
from zhenbo.report.i18n import Lang

IN_FULL = 1_000
"""Claims up to which the JSON holds every sentence of every decision."""


@cache
def guarantees() -> Guarantees:
    """The packs of guarantees that come with zhenbo."""
    folder = files("zhenbo.packs").joinpath("guarantees")
    found = sorted(p.name for p in folder.iterdir() if p.name.endswith(".toml"))
    return read_packs([(n, folder.joinpath(n).read_text("utf-8")) for n in found], register())


@cache
def register() -> Register:
    """The texts that packs cite."""
    name = "statutes.toml"
    return read_register(files("zhenbo.packs").joinpath(name).read_text("utf-8"), name)


def titles(cite: Citation, lang: Lang) -> str:
    """A clause as its language writes it."""
    text = register().statute(cite.law)
    if text.form == "clause":
        return f"{text.zh}第{cite.article}项" if lang == "zh" else f"{text.en}, no. {cite.article}"
    article = cite.article.replace("appendix", "附录品类") if lang == "zh" else cite.article
    return Cited(cite.law, article, Say(text.en, text.zh), text.versions[-1]).title(lang)


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


def decide(
    paths: Sequence[Path], as_of: int | None, key: Callable[[], bytes], tick: Callable[[int], None] = lambda _: None
) -> Decided:  # fmt: skip
    """Claims of files and folders, decided as of a moment (that of the latest thing told, by default).

    Where a folder holds a record beside its claims, what a claim does not tell of its order is taken from there.

    One claim is decided at that moment. Many are a desk: each is decided when it was filed and again whenever something
    about it changed, until that moment.
    """
    found = intake.read(paths)
    claims = tuple(_filled(_private(found.claims, key), paths, key, as_of))
    now = as_of if as_of is not None else max((t for c in claims for t in c.moments()), default=0)
    claims = tuple(c for c in claims if c.filed_at <= now) if as_of is not None else claims
    rules, seen = guarantees(), signs.read(claims)
    if len(claims) == 1:
        one = _single(claims[0], rules, now, seen)
        settled: tuple[desk.Settled, ...] = (one,)
    else:
        settled = tuple(_ticking(claims, rules, seen, now, tick))
    return Decided(claims, settled, desk.summary(settled, seen), seen, tuple(found.rejects), now)


_PERSONAL = {"buyer": "actor", "device": "device", "address": "addr", "pay": "pay"}
"""Fields that should hold pseudonyms, by what they are of."""


def _private(claims: Sequence[Claim], key: Callable[[], bytes]) -> list[Claim]:
    """Claims in whose pseudonyms no raw phone, card, mail or address is left: what looks like one is hashed with the key."""
    raw = [{f: v for f in _PERSONAL if (v := getattr(c, f)) and any(p.search(v) for p, _ in MASKS)} for c in claims]  # fmt: skip
    if not any(raw):
        return list(claims)
    names = Pseudonyms(key())
    return [
        msgspec.structs.replace(c, **{f: names.of(_PERSONAL[f], v) for f, v in told.items()}) if told else c
        for c, told in zip(claims, raw, strict=True)
    ]


def _filled(claims: Sequence[Claim], paths: Sequence[Path], key: Callable[[], bytes], as_of: int | None) -> list[Claim]:  # fmt: skip
    """Claims with what a record beside them knows of their orders; what a claim tells itself stands."""
    folders = [p for p in paths if p.is_dir() and any(p.glob("events*"))]
    if not folders:
        return list(claims)
    orders = told_of(folders, {c.purchase.id for c in claims}, key, as_of)
    return [_with(c, orders[c.purchase.id]) if c.purchase.id in orders else c for c in claims]


def _with(claim: Claim, told: dict[str, object]) -> Claim:
    bought = claim.purchase
    more = {k: v for k, v in told.items() if k in bought.__struct_fields__ and getattr(bought, k) in {None, ""}}  # fmt: skip
    if (
        told.get("whole") == bought.paid and not bought.refunded
    ):  # of a claim for a part it is not known which was paid back
        more["refunded"] = told.get("refunded", 0)
    changed: dict[str, object] = {"purchase": msgspec.structs.replace(bought, **more)}
    if claim.received_back_at is None:
        changed["received_back_at"] = told.get("received_back_at")
    return msgspec.structs.replace(claim, **changed)


def _ticking(claims: Sequence[Claim], rules: Guarantees, seen: signs.Signs, now: int, tick: Callable[[int], None]) -> list[desk.Settled]:  # fmt: skip
    made = []
    order = sorted(range(len(claims)), key=lambda n: (claims[n].filed_at, claims[n].id))
    for number, one in enumerate(desk.run((claims[n] for n in order), rules, seen, now)):
        if number % 1000 == 0:
            tick(number)
        made.append(one)
    return [one for _, one in sorted(zip(order, made, strict=True), key=lambda pair: pair[0])]


def _single(claim: Claim, rules: Guarantees, now: int, seen: signs.Signs) -> desk.Settled:
    marks = seen.beside(claim.id, now)
    decision = route(claim, rules, now, marks)
    done = now if desk.asking(decision) is None else None
    return desk.Settled(claim.id, decision, done, claim.filed_at, 1, held=bool(marks))


def recorded(found: Decided, acts: Acts) -> tuple[int, int]:
    """Decisions and payments appended to a record; how many acts were new, and how many claims were left to a person.

    A claim whose decision fell on appeal is decided anew only when something new is known of it: a run of the same claims
    never pays again what a person took back.
    """
    undone = record.fallen(acts.read(kind=record.ANSWERED))
    fell = record.settled(a for c in undone for a in acts.read(subject=c))
    told = [p for p in zip(found.claims, found.settled, strict=True) if record.evidence(p[0]) not in fell.get(p[0].id, ())]  # fmt: skip
    of: dict[str, list[Act]] = {}
    for act in acts.read(kind=TRANSACTION):
        of.setdefault(act.subject, []).append(act)
    made = []
    for claim, one in told:
        times = undone.get(claim.id, 0)
        before = record.paid_before(claim.id, of.get(claim.id, ()), times)
        made += record.decided(claim, one.decision, times, before)
    return acts.append(made), len(found.claims) - len(told)


def as_json(found: Decided) -> bytes:
    """The machine output: decisions, the desk, rings, lines that could not be read.

    Of more than `IN_FULL` claims each decision is told in short: outcome, step, amount and moments, without its sentences.
    """
    told = found.settled if len(found.settled) <= IN_FULL else [_short(s) for s in found.settled]
    body = {
        "schema": 1,
        "as_of": found.now,
        "decisions": told,
        "desk": found.summary,
        "rejects": found.rejects,
    }
    raw = msgspec.json.encode(body)
    return (msgspec.json.format(raw, indent=1) if len(found.settled) <= IN_FULL else raw) + b"\n"


def _short(one: desk.Settled) -> dict[str, object]:
    final = last(one.decision)
    return {
        "claim": one.claim, "outcome": one.decision.outcome, "final": final.outcome, "service": final.service, "step": final.reason.step,
        "remedy": final.remedy, "amount": final.amount, "currency": final.currency, "liable": final.liable.party if final.liable else None,
        "advance": final.advance, "decided_at": one.decided_at, "rounds": one.rounds, "held": one.held,
    }  # fmt: skip


def decision_of(found: Decided) -> tuple[Claim, Decision] | None:
    """The claim and its decision, where there is one only."""
    return (found.claims[0], found.settled[0].decision) if len(found.claims) == 1 else None
