"""Evidence bundles: made from a record, and recomputed from themselves on a machine that has neither record nor database."""

import hashlib
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from functools import cache, partial
from importlib.resources import files
from pathlib import Path
from typing import Any, Literal

import msgspec

from zhenbo import __version__
from zhenbo.act.bundle import CaseFile, Contents, Made, Opened, Source, close, fingerprint, head_of
from zhenbo.act.bundle.contents import OrderP, Sealed
from zhenbo.audit.gmv import bridge
from zhenbo.audit.interests import Interests, merchants_of, with_insiders
from zhenbo.audit.session import NOT_BELIEVED, Audited, Case, missed_share
from zhenbo.audit.session import case as case_of
from zhenbo.core.acts import ORIGIN, Act, Entry, Head, digest, seal
from zhenbo.core.cells import categories_of
from zhenbo.core.dataset import subjects
from zhenbo.core.errors import ZhenboError
from zhenbo.core.evidence import Evidence
from zhenbo.core.inspection import HandOver
from zhenbo.core.papers import Papers
from zhenbo.core.session import Session
from zhenbo.core.subject import Outcome, Question
from zhenbo.core.verdict import Gmv, SessionVerdict, ShopVerdict
from zhenbo.intake.load import UNFORESEEN, Loaded, load, walk
from zhenbo.judge import Judgement, probability
from zhenbo.pipeline import extract
from zhenbo.pipeline.audit import Lang, concluded, look, nothing_read, read_papers, usual
from zhenbo.pipeline.packs import Packs, default_packs
from zhenbo.report.evidence import bundle_page
from zhenbo.report.page import render_page

VERDICT = "verdict.json"
CLOSE = 1e-9
"""How near recomputed decibels and probabilities come: sums of floats in one order, on any machine."""


@dataclass(frozen=True)
class Asked:
    """What a bundle is asked for.

    Args:
        paths: data folders or raw files; the `--out` folder of an earlier audit may stand among them.
        session: the session or shop month.
        whole: whether its whole record goes into the bundle.
        as_of: microsecond at which the record is read; that of the audit, or the latest event, by default.
        lang: language of the sentences.
        packs: baselines and policy; the shipped ones by default.
        custody: hand-overs of samples.
        acts: entries of the record about the subject.
        head: where the record of acts ended when they were read.
    """

    paths: Sequence[Path]
    session: str
    whole: bool = False
    as_of: int | None = None
    lang: Lang = "zh"
    packs: Packs | None = None
    custody: Sequence[HandOver] = ()
    acts: Sequence[Entry] = ()
    head: Head | None = None


@dataclass(frozen=True)
class Check:
    """One thing recomputed from the bundle alone.

    Args:
        what: `score`, `probability`, `headline`, `bridge`, `evidence`, `verdict`, `acts`, `policy`, `key`, `page`.
        of: which question, line, reason or act.
        said: by the bundle.
        now: as it comes out here; None where it could not be recomputed.
        state: `same`, `differs` or `not_checked`.
    """

    what: str
    of: str
    said: Any
    now: Any
    state: Literal["same", "differs", "not_checked"]

    @property
    def same(self) -> bool:
        """Whether nothing speaks against it."""
        return self.state != "differs"


def gathered(asked: Asked, key: bytes, signed: bytes) -> Contents:
    """The content of a bundle.

    Args:
        asked: what is asked for.
        key: for pseudonyms of raw sources.
        signed: public key of whoever signs.

    Raises:
        ZhenboError: when the session is not in the record, or an earlier audit said something else of it.
    """
    before, data = _sorted(asked.paths)
    loaded = load(data, key)
    if not loaded.dataset.events.num_rows:
        raise nothing_read(data, loaded.unused)
    as_of = asked.as_of if asked.as_of is not None else _as_of(before)
    packs = asked.packs or default_packs()
    made, audited = _audited(loaded, asked, as_of, packs, read_papers(loaded, data))
    if before is not None:
        _same(audited.verdict, before, asked.session)
    return _contents(asked, made, audited, packs, _sources(data), signed)


def _sorted(paths: Sequence[Path]) -> tuple[dict[str, Any] | None, list[Path]]:
    """The verdict of an earlier audit, if one is among the paths, and the data."""
    data: list[Path] = []
    before: dict[str, Any] | None = None
    for path in paths:
        place = path / VERDICT if path.is_dir() else path
        if place.name == VERDICT and place.exists():
            try:
                before = msgspec.json.decode(place.read_bytes(), type=dict[str, Any])
            except (OSError, msgspec.DecodeError) as error:
                raise ZhenboError(
                    f"{place} does not read as a verdict ({error}). Run the audit again."
                ) from error
        else:
            data.append(path)
    if not data:
        raise ZhenboError("A bundle is made from the data, not from a verdict alone: name the data folder or raw files as well.")  # fmt: skip
    return before, data


def _as_of(before: dict[str, Any] | None) -> int | None:
    from datetime import datetime

    if before is None:
        return None
    return round(datetime.fromisoformat(before["as_of"]).timestamp() * 1_000_000)


def _audited(
    loaded: Loaded, asked: Asked, as_of: int | None, packs: Packs, told: Papers
) -> tuple[Case, Audited]:
    categories = categories_of(loaded.dataset.products)
    for subject in subjects(loaded.dataset, as_of):
        if subject.session_id != asked.session:
            continue
        looking = partial(look, packs=packs, categories=categories)
        interests = Interests(merchants_of(loaded.dataset.products), told)
        subject = with_insiders(subject, interests)  # noqa: PLW2901 - the same subject, better known
        made = case_of(subject, looking(subject), packs.policy, usual(subject, packs, categories))
        return made, concluded(made, packs.policy, asked.lang, looking, interests)
    known = [s.session_id for s in subjects(loaded.dataset, as_of)]
    raise ZhenboError(f"No session {asked.session!r} in this record. It holds: {', '.join(known[:12])}{' …' if len(known) > 12 else ''}.")  # fmt: skip


def _same(verdict: SessionVerdict | ShopVerdict, before: dict[str, Any], name: str) -> None:
    """The earlier audit must have said what is said now."""
    told = {
        v.get("session_id", v.get("shop_id")): v
        for v in [*before.get("sessions", []), *before.get("shops", [])]
    }
    if name not in told:
        raise ZhenboError(
            f"The audit given says nothing of {name}. Name the audit of this record, or leave it out."
        )
    now, then = msgspec.to_builtins(verdict), told[name]
    wrong = [
        field for field in ("verdict", "question", "score_db", "penalty_ready")
        if (round(now[field], 6) + 0.0 if isinstance(now[field], float) else now[field]) != then[field]
    ]  # fmt: skip
    if [r["id"] for r in now["reasons"]] != [r["id"] for r in then["reasons"]]:
        wrong.append("reasons")
    if wrong:
        raise ZhenboError(f"The audit given and the data do not agree about {name}: {', '.join(wrong)} differ. The audit had other data, packs or another version; audit again.")  # fmt: skip


def _sources(paths: Sequence[Path]) -> list[Source]:
    told = []
    for label, path in walk(paths):
        with path.open("rb") as stream:
            told.append(Source(label, path.stat().st_size, hashlib.file_digest(stream, "sha256").hexdigest()))
    return told


def _contents(
    asked: Asked, made: Case, audited: Audited, packs: Packs, sources: list[Source], signed: bytes
) -> Contents:
    subject, veil = extract.without_proofs(made.session), extract.Veil()
    verdict = veil.verdict(audited.verdict)
    parts = extract.whole(subject, veil) if asked.whole else extract.part(subject, audited.verdict, veil)
    missed = missed_share(audited.verdict.fake.orders, made.session, packs.policy)
    told = Contents(
        Made(
            zhenbo=__version__, code=code(), policy=packs.policy.name, as_of=made.session.as_of, lang=asked.lang, scope=made.session.scope,
            whole=asked.whole, rows=made.session.events.num_rows, extracted=len(parts["events"]), masked=veil.masked,
            missed=missed, recomputes=[], judges=False, sources=sources, key=fingerprint(signed), head=written(asked.head),
        ),
        verdict, **parts, windows=extract.windows(subject), orders=_orders(audited.judgement, verdict),
        custody=[_veiled(o, veil) for o in asked.custody],
        acts=[sealed(e) for e in asked.acts],
    )  # fmt: skip
    return replace(told, made=_able(told, packs))


def sealed(e: Entry) -> Sealed:
    """An act of the record as a file carries it."""
    return Sealed(e.number, e.act.key, e.act.kind, e.act.subject, e.act.at, e.act.body, e.digest, e.seal)


def written(head: Head | None) -> str:
    """A head as people write it down: `NUMBER:SEAL`; empty where there is none."""
    return "" if head is None else f"{head.number}:{head.seal}"


def _veiled(over: HandOver, veil: extract.Veil) -> HandOver:
    told = {
        name: veil.text(getattr(over, name))
        for name in ("giver", "taker", "signed_by", "given_by", "place", "condition")
    }
    return msgspec.structs.replace(over, **told)


def _orders(judged: Judgement, verdict: SessionVerdict | ShopVerdict) -> list[OrderP]:
    """Probabilities as the bridge took them: below suspect nothing is taken off anybody's sales."""
    sales = verdict.questions[Question.SALES.value].verdict
    believed = 1.0 if sales.rank >= Outcome.SUSPECT.rank else NOT_BELIEVED
    return [OrderP(order, min(p, believed)) for order, p in sorted(judged.orders.items())]


def _able(told: Contents, packs: Packs) -> Made:
    """What comes out again from the extract, found by doing it."""
    seen = _seen(extract.session(told), packs)
    same = [r.id for r in told.verdict.reasons if r.id in seen and _equal(r, seen[r.id])]
    made = msgspec.structs.replace(told.made, recomputes=same)
    judges = len(same) == len(told.verdict.reasons) and all(
        c.same for c in _judged(replace(told, made=made), packs)
    )
    return msgspec.structs.replace(made, judges=judges)


def _seen(subject: Session, packs: Packs) -> dict[str, Evidence]:
    found = look(subject, packs)
    return {
        e.id(subject.session_id): e for pieces in found.values() for e in pieces if isinstance(e, Evidence)
    }


def _equal(reason: Any, evidence: Evidence) -> bool:
    return (
        _near(reason.p, float(evidence.p))
        and _near(reason.observed, float(evidence.observed))
        and _near(reason.expected, float(evidence.expected))
    )


def _near(a: float | None, b: float | None) -> bool:
    if a is None or b is None:
        return a is b
    return a == b or abs(a - b) <= CLOSE * max(abs(a), abs(b), 1.0)


def bundled(told: Contents, key: bytes, sign: Callable[[bytes], bytes]) -> bytes:
    """The bundle as bytes; the same content and key give the same bytes."""
    return close(_page(told), told.data(), key, sign)


def _page(told: Contents) -> str:
    lang: Lang = "en" if told.made.lang == "en" else "zh"
    return render_page(bundle_page(told, lang), lang)


def rechecked(found: Opened, packs: Packs | None = None) -> list[Check]:
    """Everything that an intact bundle says, done again: what follows from its data, its page, and the key it names.

    Raises:
        ZhenboError: when its data cannot be computed with: whoever signed it did not make it with this program.
    """
    told = Contents.read(dict(found.data))
    try:
        checks = [
            *recomputed(told, packs),
            check("key", "fingerprint", told.made.key, fingerprint(found.key)),
            checked_page(found, _page(told), exact=_same_code(told.made, packs)),
        ]
    except UNFORESEEN as error:
        raise ZhenboError(f"The bundle is intact, and its data cannot be computed with ({type(error).__name__}: {str(error)[:200]}): it was not made by `zhenbo evidence make`, or by another version.") from error  # fmt: skip
    return checks


def checked_page(found: Opened, rendered: str, *, exact: bool) -> Check:
    """Whether the page is what the data make; under other code or packs (`exact` false) another page is no finding."""
    shown = head_of(rendered) == found.page
    return Check(
        "page", "page", "shown", "rendered", "same" if shown else "differs" if exact else "not_checked"
    )


def kept_of(found: Opened) -> tuple[Sequence[Sealed], str]:
    """What a bundle has of the record of acts: acts with their seals, and the head."""
    if "case" in found.data:
        file = CaseFile.read(found.data)
        return file.acts, file.made.head
    told = Contents.read(dict(found.data))
    return told.acts, told.made.head


def check(what: str, of: str, said: Any, now: Any) -> Check:
    """What was said beside what comes out here."""
    near = _near(said, now) if isinstance(said, float) and isinstance(now, float | int) else said == now
    return Check(what, of, said, now, "same" if near else "differs")


def recomputed(told: Contents, packs: Packs | None = None) -> list[Check]:
    """Everything that the bundle says about itself, done again: scores, bridge, evidence, verdict, seals of acts.

    Where code or policy are others than those it was made with, what the signals say otherwise today is no finding against it.
    """
    packs = packs or default_packs()
    checks = [*_scores(told), *_bridge(told), *checked_acts(told.acts, told.made.head)]
    looked = [*_evidence(told, packs), *(_judged(told, packs) if told.made.judges else [])]
    if _same_code(told.made, packs):
        return [*checks, *looked]
    here = f"{__version__} {code()}, {packs.policy.name}"
    checks.append(
        Check(
            "policy", "code", f"{told.made.zhenbo} {told.made.code}, {told.made.policy}", here, "not_checked"
        )
    )
    return [*checks, *(c if c.same else replace(c, state="not_checked") for c in looked)]


def _same_code(made: Made, packs: Packs | None) -> bool:
    return made.code == code() and (packs or default_packs()).policy.name == made.policy


@cache
def code() -> str:
    """A digest of the program's code and packs: equal digests compute alike."""
    root = Path(str(files("zhenbo")))
    told = hashlib.sha256()
    for path in sorted(p for p in root.rglob("*") if p.suffix in _CODE and p.is_file()):
        told.update(f"{path.relative_to(root).as_posix()}\0".encode())
        told.update(hashlib.sha256(path.read_bytes()).digest())
    return told.hexdigest()[:16]


_CODE = {".py", ".toml", ".j2", ".css", ".mo"}


def _scores(told: Contents) -> Iterable[Check]:
    """Prior and weights of each question add up to its score; the headline is its question's answer."""
    v = told.verdict
    for name, answer in sorted(v.questions.items()):
        score = v.prior_db + sum(r.weight_db for r in v.reasons if r.question == name)
        if answer.score_db is None:
            continue
        yield check("score", name, answer.score_db, score)
        if answer.probability is not None:
            yield check("probability", name, answer.probability, probability(score))
    head = v.questions[v.question.value]
    yield check("headline", v.question.value, v.verdict.value, head.verdict.value)
    if head.score_db is not None:
        yield check("headline", "score_db", v.score_db, head.score_db)
    grave = max((a.verdict.rank for a in v.questions.values() if a.asked), default=head.verdict.rank)
    yield check("headline", "worst", v.verdict.rank, grave)


_LINES = (
    "gross",
    "cancelled",
    "unpaid_open",
    "discount",
    "refunded",
    "brushed",
    "brushed_low",
    "brushed_high",
)


def _bridge(told: Contents) -> Iterable[Check]:
    """The bridge from its order rows, to the minor unit."""
    gmv = told.verdict.gmv
    if gmv is None:
        return
    subject = extract.session(told)
    now = bridge(subject, {o.order_id: o.p for o in told.orders}, told.made.missed)
    if now is None:
        yield Check("bridge", "gross", gmv.gross, None, "differs")
        return
    for line in _LINES:
        yield check("bridge", line, getattr(gmv, line), getattr(now, line))
    for end in ("low", "mid", "high"):
        yield check("bridge", f"verified.{end}", getattr(gmv.verified, end), getattr(now.verified, end))
    yield check("bridge", "sum", gmv.verified.mid, _left(gmv))


def _left(gmv: Gmv) -> int:
    return gmv.gross - gmv.cancelled - gmv.unpaid_open - gmv.discount - gmv.refunded - gmv.brushed


def checked_acts(acts: Sequence[Sealed], head: str) -> Iterable[Check]:
    """Digests of the acts, seals of those that follow one another, and the head where one of them is the last."""
    before: Sealed | None = None
    ends, _, last = head.partition(":")
    for a in acts:
        yield check("acts", a.key, a.digest, digest(Act(a.key, a.kind, a.subject, a.at, a.body)))
        if a.number == 1 or (before is not None and before.number + 1 == a.number):
            follows = seal(ORIGIN if before is None or a.number == 1 else before.seal, a.digest)
            yield check("seals", a.key, a.seal, follows)
        if str(a.number) == ends:
            yield check("seals", a.key, a.seal, last)
        before = a


def _evidence(told: Contents, packs: Packs) -> Iterable[Check]:
    """Evidence found again by the signals themselves, where the extract suffices."""
    wanted = set(told.made.recomputes)
    seen = _seen(extract.session(told), packs) if wanted else {}
    for reason in told.verdict.reasons:
        if reason.id not in wanted:
            yield Check("evidence", reason.id, reason.signal, None, "not_checked")
        elif reason.id not in seen:
            yield Check("evidence", reason.id, reason.signal, None, "differs")
        else:
            state: Literal["same", "differs"] = "same" if _equal(reason, seen[reason.id]) else "differs"
            yield Check("evidence", reason.id, reason.p, float(seen[reason.id].p), state)


def _judged(told: Contents, packs: Packs) -> Iterable[Check]:
    """The verdict judged anew from the extract: every weight and every answer."""
    subject = extract.session(told)
    judged = case_of(subject, look(subject, packs), packs.policy).judge(packs.policy)
    weights = {w.evidence.id(subject.session_id): w.weight_db for w in judged.reasons}
    for reason in told.verdict.reasons:
        yield check("verdict", reason.id, reason.weight_db, weights.get(reason.id))
    for answer in judged.answers:
        said = told.verdict.questions[answer.question.value]
        yield check("verdict", answer.question.value, said.verdict.value, answer.outcome.value)
    yield check("verdict", "penalty_ready", told.verdict.penalty_ready, judged.penalty_ready)
