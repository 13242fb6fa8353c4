"""Packs of guarantees: services and rights as dated, cited data, read once and compiled.

A service is an ordered list of steps. The first step in force whose condition holds decides; a step that only `note`s goes
on; where none decides, the claim is paid. A condition that cannot be told is passed over, unless the step asks for it.
"""

import tomllib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Annotated, Any, Literal

import msgspec

from zhenbo.act.guarantee.facts import NAMES
from zhenbo.act.guarantee.times import span
from zhenbo.core.claim import KINDS, PROOFS, Citation
from zhenbo.core.condition import Condition, parse
from zhenbo.core.errors import PackError
from zhenbo.core.evidence import Say
from zhenbo.core.statute import Register


class Ask(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What a step wants: of whom, which proofs would do, within what span, and what its lapse brings.

    `skip` goes on without it, `refuse` closes the claim until it is shown, `fire` takes the condition as holding, `wait` asks on.
    """

    of: str
    kinds: tuple[str, ...]
    within: str
    lapse: Literal["skip", "refuse", "fire", "wait"]


class Pay(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A part of what is owed: price, share, damages, rate, freight, appraisal, owed (docs/guarantee.md).

    `least` and `most` are amounts of `currency`: of an order in another they are not known, and left out.
    """

    part: Literal["price", "share", "damages", "rate", "freight", "appraisal", "owed"]
    times: int = 0
    least: int = 0
    rate: Annotated[float, msgspec.Meta(ge=0, le=1)] = 0.0
    most: int | Literal["cover"] | None = None
    full_from: float | None = None
    currency: str = "CNY"


class Step(msgspec.Struct, frozen=True, forbid_unknown_fields=True, rename={"since": "from"}):
    """A condition and what follows from it.

    Args:
        id: its name within the service.
        when: the condition.
        then: what follows; a `note` goes on to the next step.
        says: the sentence.
        cites: clauses.
        unknown: what follows where the condition cannot be told.
        asks: the sentence of that question.
        wanted: what a question wants.
        pays: what is owed, where it differs from the service.
        remedy: likewise.
        since: first day in force.
        until: last day.
        unless_unconfirmed: from when on an exception that was not confirmed is a person's to judge.
    """

    id: str
    when: str
    then: Literal["pay", "ask", "refuse", "note"]
    says: Say
    cites: tuple[Citation, ...] = ()
    unknown: Literal["skip", "ask"] = "skip"
    asks: Say | None = None
    wanted: Ask | None = None
    pays: tuple[Pay, ...] | None = None
    remedy: str = ""
    since: date = date.min
    until: date = date.max
    unless_unconfirmed: "Unconfirmed | None" = None


class Unconfirmed(msgspec.Struct, frozen=True, forbid_unknown_fields=True, rename={"since": "from"}):
    """From when on an exception that the buyer did not confirm for this purchase is a question for a person."""

    since: date
    says: Say
    cites: tuple[Citation, ...] = ()


class Late(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What a window that has passed brings: a refusal with its clause, or the right it is handed on to.

    Where the fact `to_where` is known to hold, a claim that would be refused is handed on all the same.
    """

    then: Literal["refuse", "redirect"]
    says: Say
    cites: tuple[Citation, ...] = ()
    to: str = ""
    to_where: str = ""


class Window(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Another window for some goods."""

    when: str
    window: str


class Duty(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A clock that starts with a payment decided: from `decided`, `filed` or `received_back`."""

    step: str
    by: str
    starts: Literal["decided", "filed", "received_back"]
    within: str
    says: Say
    cites: tuple[Citation, ...] = ()


class Service(
    msgspec.Struct,
    frozen=True,
    forbid_unknown_fields=True,
    rename={"since": "from", "steps": "step", "duties": "clock"},
):
    """A service or right.

    Args:
        id: its name.
        title: what buyers call it.
        answers: kinds of claims that it is for.
        fallback: kinds for which it is asked where nothing else applies.
        basis: promise, platform or law.
        since: first day it is in force.
        until: last day.
        trust: V (text read), S (second hand), X (rule unknown: the order's own terms hold).
        offered: flag that the order carries; empty where it needs none.
        promised: kind of promise that does as well as the flag.
        platforms: where; everywhere when empty.
        goods: classes; all when empty.
        starts: event from which the window runs; empty for no window.
        window: how long.
        windows: other windows for some goods.
        longer: kind of promise that makes it longer.
        late: what follows when it has passed.
        remedy: of a payment.
        remedy_if_perishable: of goods that cannot be sent back.
        pays: what is owed.
        cites: clauses of a payment.
        says: sentence of a payment.
        steps: conditions in order.
        duties: clocks of a payment.
        same_as: a service whose steps and terms this one has.
    """

    id: str
    title: Say
    answers: tuple[str, ...]
    basis: Literal["promise", "platform", "law"]
    since: date
    trust: Literal["V", "S", "X"]
    says: Say = Say("", "")
    until: date = date.max
    fallback: tuple[str, ...] = ()
    offered: str = ""
    promised: str = ""
    platforms: tuple[str, ...] = ()
    goods: tuple[str, ...] = ()
    starts: Literal["", "signed", "ordered", "received_back"] = ""
    window: str = ""
    windows: tuple[Window, ...] = ()
    longer: str = ""
    late: Late | None = None
    remedy: str = ""
    remedy_if_perishable: str = ""
    pays: tuple[Pay, ...] = ()
    cites: tuple[Citation, ...] = ()
    steps: tuple[Step, ...] = ()
    duties: tuple[Duty, ...] = ()
    same_as: str = ""


class Liability(msgspec.Struct, frozen=True, forbid_unknown_fields=True, rename={"since": "from"}):
    """Who owes a claim when a condition holds."""

    id: str
    when: str
    party: str
    says: Say
    cites: tuple[Citation, ...] = ()
    jointly: tuple[str, ...] = ()
    recover: str | None = None
    since: date = date.min


class Fast(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Up to what amount a claim shown by a picture is decided without waiting for anybody."""

    most: int
    currency: str
    source: str


class Pack(
    msgspec.Struct,
    frozen=True,
    forbid_unknown_fields=True,
    rename={"services": "service", "liables": "liable"},
):
    """A file of them."""

    id: str
    version: int
    title: Say
    fast: Fast | None = None
    services: tuple[Service, ...] = ()
    liables: tuple[Liability, ...] = ()


@dataclass(frozen=True)
class Compiled:
    """A service with its conditions ready."""

    service: Service
    rule: str
    steps: tuple[tuple[Step, Condition], ...]
    windows: tuple[tuple[Window, Condition], ...]


@dataclass(frozen=True)
class Guarantees:
    """All packs.

    Args:
        services: by id, in the order of packs.
        liables: who owes, in order.
        fast: what low risk is.
        register: texts that are cited.
        answering: services by the kind they answer; `fallback` where nothing else applies.
        fallback: the same for kinds they are asked for last.
    """

    services: Mapping[str, Compiled]
    liables: tuple[tuple[Liability, Condition], ...]
    fast: Fast
    register: Register
    answering: Mapping[str, tuple[Compiled, ...]]
    fallback: Mapping[str, tuple[Compiled, ...]]
    _held: dict[tuple[Citation, date], Citation | None] = field(
        default_factory=dict, repr=False, compare=False
    )

    def cited(self, cites: Sequence[Citation], day: date) -> tuple[Citation, ...]:
        """Those clauses that were in force on the day, as numbered then; looked up once per clause and day."""
        found = []
        for cite in cites:
            key = (cite, day)
            if key not in self._held:
                article = self.register.article_on(cite.law, cite.article, day)
                self._held[key] = None if article is None else Citation(cite.law, article)
            if held := self._held[key]:
                found.append(held)
        return tuple(found)


def read(texts: Sequence[tuple[str, str]], register: Register) -> Guarantees:
    """Packs from their texts.

    Args:
        texts: name of the file and its TOML, in the order in which services are weighed.
        register: what they may cite.

    Raises:
        PackError: naming file, field and what is known of it.
    """
    packs = [_pack(name, text) for name, text in texts]
    _sourced(packs, register)
    plain = {s.id: (p, s) for p in packs for s in p.services}
    if len(plain) != sum(len(p.services) for p in packs):
        raise PackError("Two guarantees have the same id. Give each a name of its own.")
    services = {name: _compiled(p, _whole(s, plain)) for name, (p, s) in plain.items()}
    for made in services.values():
        if made.service.late and made.service.late.to and made.service.late.to not in services:
            raise PackError(f"{made.service.id} hands late claims on to {made.service.late.to}, which is in no pack.")  # fmt: skip
        if (
            made.service.late
            and made.service.late.to_where
            and SCHEMA.get(made.service.late.to_where) != "bool"
        ):
            raise PackError(f"{made.service.id}: to_where {made.service.late.to_where!r} is no fact that holds or does not.")  # fmt: skip
    fast = next((p.fast for p in packs if p.fast), None)
    if fast is None:
        raise PackError("No pack says what a claim of low risk is. Write a [fast] table.")
    liables = tuple((one, _condition(p.id, one.id, one.when)) for p in packs for one in p.liables)
    return Guarantees(
        services, liables, fast, register, _by_kind(services, "answers"), _by_kind(services, "fallback")
    )


def _sourced(packs: Sequence[Pack], register: Register) -> None:
    """Every clause is one of a registered text, as numbered in its newest version."""
    for pack in packs:
        for cite in _cites(pack):
            newest = register.statute(cite.law).versions[-1].since
            if register.article_on(cite.law, cite.article, newest) is None:
                raise PackError(f"{pack.id}: {cite.law} has no article {cite.article!r}. See packs/statutes.toml.")  # fmt: skip


def _cites(pack: Pack) -> Iterator[Citation]:
    for service in pack.services:
        yield from service.cites
        yield from service.late.cites if service.late else ()
        for step in service.steps:
            yield from step.cites
            yield from step.unless_unconfirmed.cites if step.unless_unconfirmed else ()
        for duty in service.duties:
            yield from duty.cites
    for rule in pack.liables:
        yield from rule.cites


def _by_kind(services: Mapping[str, Compiled], which: str) -> dict[str, tuple[Compiled, ...]]:
    return {k: tuple(c for c in services.values() if k in getattr(c.service, which)) for k in KINDS}


def _pack(name: str, text: str) -> Pack:
    try:
        pack = msgspec.convert(tomllib.loads(text), Pack)
    except (tomllib.TOMLDecodeError, msgspec.ValidationError) as error:
        raise PackError(f"{name}: {error}. docs/guarantee.md lists the fields of a guarantee.") from error
    for service in pack.services:
        for kind in (*service.answers, *service.fallback):
            if kind not in KINDS:
                raise PackError(
                    f"{name}: {service.id} answers {kind!r}, which is no kind of claim ({', '.join(KINDS)})."
                )
        _spans(name, service)
    return pack


def _spans(name: str, service: Service) -> None:
    """Every span and proof reads."""
    spans = [service.window, *(w.window for w in service.windows), *(d.within for d in service.duties)]
    asks = [s.wanted for s in service.steps if s.wanted]
    spans += [a.within for a in asks if a.within not in {"due", "refund", "promise"}]
    for text in spans:
        if text:
            span(text)
    for step in service.steps:
        if (step.then == "ask" or step.unknown == "ask") and step.wanted is None:
            raise PackError(f"{name}: {service.id}/{step.id} asks, and does not say what is `wanted`.")
        if step.unknown == "ask" and step.asks is None:
            raise PackError(f"{name}: {service.id}/{step.id} asks where nothing is known; write the question as `asks`.")  # fmt: skip
    strange = {k for a in asks for k in a.kinds} - {*PROOFS, "answer"}
    if strange:
        raise PackError(f"{name}: {service.id} wants {sorted(strange)}; proofs are {', '.join(PROOFS)}.")


def _whole(service: Service, plain: Mapping[str, tuple[Pack, Service]]) -> Service:
    if not service.same_as:
        return service
    if service.same_as not in plain:
        raise PackError(f"{service.id} is the same as {service.same_as}, which is in no pack.")
    model = plain[service.same_as][1]
    own: dict[str, Any] = {f: getattr(service, f) for f in ("id", "title", "answers", "basis", "since", "until", "trust", "offered", "promised", "platforms", "goods")}  # fmt: skip
    return msgspec.structs.replace(model, **own, fallback=service.fallback)


def _compiled(pack: Pack, service: Service) -> Compiled:
    return Compiled(
        service, f"{pack.id} {service.id}@{pack.version}",
        tuple((s, _condition(service.id, s.id, s.when)) for s in service.steps),
        tuple((w, _condition(service.id, "windows", w.when)) for w in service.windows),
    )  # fmt: skip


def _condition(service: str, step: str, text: str) -> Condition:
    try:
        return parse(text, SCHEMA)
    except PackError as error:
        raise PackError(f"{service}/{step}: {error}") from error


SCHEMA = {name: kind for name, (kind, _) in NAMES.items()}
