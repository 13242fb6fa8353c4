"""A case: what is held against a party, what follows, who confirmed it, and how it is undone.

A sanction that lacks one of its five fields (facts, reasons, legal basis, term, appeal), or that goes beyond a warning and
was confirmed by no person, cannot be made: neither by this program nor by reading one that somebody wrote
(直播电商监督管理办法 art. 12 and 14; 个人信息保护法 art. 24). Times are UTC microseconds, amounts minor units.
"""

import hashlib
import re
import unicodedata
from typing import Literal

import msgspec

from zhenbo.core.contacts import hidden, identified
from zhenbo.core.errors import CaseError
from zhenbo.core.evidence import Say

Step = Literal["warn", "limit_function", "limit_traffic", "pause", "suspend", "close", "bar", "blacklist"]
STEPS: tuple[Step, ...] = ("warn", "limit_function", "limit_traffic", "pause", "suspend", "close", "bar", "blacklist")  # fmt: skip
"""The ladder of 直播电商监督管理办法 art. 12, mildest first; `bar` forbids to register again."""
TITLES: dict[Step, Say] = {
    "warn": Say("warning", "警示"),
    "limit_function": Say("functions limited", "限制功能"),
    "limit_traffic": Say("traffic limited", "限制流量"),
    "pause": Say("broadcast paused", "暂停直播"),
    "suspend": Say("broadcasts suspended", "限期停播"),
    "close": Say("account closed", "关闭账号"),
    "bar": Say("barred from registering again", "禁止重新注册"),
    "blacklist": Say("blacklisted", "列入黑名单"),
}
CAPABILITIES = ("go_live", "share_goods", "showcase", "video_cart", "withdraw_unsettled", "register")
"""What a party may do here; gates and sanctions forbid these and nothing else."""
Scalar = bool | int | float | str
Grade = Literal["immaterial", "minor", "ordinary", "serious", "grave"]
GRADES: tuple[Grade, ...] = ("immaterial", "minor", "ordinary", "serious", "grave")
"""How grave a matter is, least first."""
LONGEST = 150
"""Characters of the id of a case or party, so that it fits into keys."""
_PERSON = re.compile(r"person:\S.{0,79}")


class Stated(msgspec.Struct, frozen=True, gc=False, forbid_unknown_fields=True):
    """A sentence for the accused, with what fills its fields; reports format and mask it (`zhenbo.report.phrase`)."""

    says: Say
    args: dict[str, Scalar] = {}


class Basis(msgspec.Struct, frozen=True, gc=False, forbid_unknown_fields=True):
    """Where it stands: the law or rule by its id and name, and the article."""

    law: str
    article: str
    title: Say


class Ground(msgspec.Struct, frozen=True, gc=False, forbid_unknown_fields=True):
    """Something that a fact rests on; contacts and addresses are masked before it is recorded, since a record is for good.

    Args:
        ref: an event, evidence id, file digest or sample, by which it can be looked up.
        text: what it shows, in words.
    """

    ref: str
    text: str = ""

    def __post_init__(self) -> None:
        msgspec.structs.force_setattr(self, "ref", identified(self.ref))
        msgspec.structs.force_setattr(self, "text", hidden(self.text))


class Case(msgspec.Struct, frozen=True, gc=False, forbid_unknown_fields=True, omit_defaults=True):
    """What is held against a party.

    Args:
        id: names it.
        party: whose conduct it is.
        offence: id in the penalties pack.
        happened: when it came to pass.
        facts: by name; what is not known is left out, and never convicts.
        grounds: what they rest on.
        fans: followers of the party then, where known.
        value: what the matter is worth, minor units, where known.
        keys: pseudonyms by which the party is known (`id:…`, `pay:…`, `device:…`), for finding who comes back.
        origin: where it came from: `facts`, `verdict:…`, `campaign:…`.
        blocked: why nothing may follow from it yet, e.g. a verdict that is not `penalty_ready`; None where nothing does.
    """

    id: str
    party: str
    offence: str
    happened: int
    facts: dict[str, Scalar] = {}
    grounds: tuple[Ground, ...] = ()
    fans: int | None = None
    value: int | None = None
    keys: tuple[str, ...] = ()
    origin: str = "facts"
    blocked: Say | None = None

    def __post_init__(self) -> None:
        for name in ("id", "party"):
            text = getattr(self, name)
            if not 1 <= len(text) <= LONGEST or not text.isprintable() or not text.strip():
                raise CaseError(
                    f"A case's {name} has 1 to {LONGEST} printable characters, not {text[:60]!r}."
                )
        _worded(self)
        for key in self.keys:
            if hidden(key) != key:
                raise CaseError(f"Case {self.id}: key {hidden(key)} holds a raw number or address. A record is for good: give its pseudonym, as `zhenbo import` makes it.")  # fmt: skip


class Established(msgspec.Struct, frozen=True, gc=False, forbid_unknown_fields=True):
    """Facts that a person added to a case or put right, with what they rest on."""

    case: str
    by: str
    reason: str
    facts: dict[str, Scalar]
    grounds: tuple[Ground, ...] = ()

    def __post_init__(self) -> None:
        person(self.by, self.case)
        _said(self, "reason", "why the facts are so")
        _worded(self)


class Recourse(msgspec.Struct, frozen=True, gc=False, forbid_unknown_fields=True):
    """How the accused may object.

    Args:
        until: last moment for an appeal.
        review_days: within how many days it is decided, by another person than the first.
        how: where and how.
    """

    until: int
    review_days: int
    how: Stated


class Term(msgspec.Struct, frozen=True, gc=False, forbid_unknown_fields=True):
    """From when to when; a warning is given `once`, an account is closed `for_good`, all else ends at `until`."""

    kind: Literal["once", "until", "for_good"]
    starts: int
    until: int | None = None


class Consequence(msgspec.Struct, frozen=True, gc=False, forbid_unknown_fields=True, omit_defaults=True):
    """What a sanction does, apart from when: one rung of a ladder.

    Args:
        step: of the ladder.
        days: how long; None where the step has no end (`close`, `bar`) or no length (`warn`).
        points: conduct points.
        weight: factor on the party's traffic, 1 where it is not limited.
        limits: capabilities taken, for `limit_function`; other steps take theirs by themselves.
        forfeit: of the deposit, minor units.
    """

    step: Step
    days: int | None = None
    points: int = 0
    weight: float = 1.0
    limits: tuple[str, ...] = ()
    forfeit: int = 0

    @property
    def rank(self) -> tuple[int, float, int, float, int]:
        """Severity: greater is harsher."""
        return (STEPS.index(self.step), float("inf") if self.days is None else self.days, self.points, 1 - self.weight, self.forfeit)  # fmt: skip


Outcome = Literal["sanction", "none", "ask", "blocked"]


class Proposal(msgspec.Struct, frozen=True, gc=False, forbid_unknown_fields=True, omit_defaults=True):
    """What the rules make of a case; the same facts give the same proposal, whoever is accused.

    Args:
        case: the case.
        outcome: sanction; none (immaterial, excused); ask (facts are missing); blocked (a draft rule, no law then in force, no fit verdict).
        rule: `pack offence/grade@version`.
        reasons: why, in the order of the rules.
        facts: those that decided, as sentences.
        basis: law and rule in force when it happened.
        grade: how grave.
        does: what would follow.
        priors: earlier cases that were counted.
        wanted: facts without which nothing can be said.
        points_days: how long its points count.
        appeal_days: to object, from the notice.
        review_days: to decide an objection.
    """

    case: str
    outcome: Outcome
    rule: str
    reasons: tuple[Stated, ...]
    facts: tuple[Stated, ...] = ()
    basis: tuple[Basis, ...] = ()
    grade: Grade | None = None
    does: Consequence | None = None
    priors: tuple[str, ...] = ()
    wanted: tuple[str, ...] = ()
    points_days: int = 365
    appeal_days: int = 30
    review_days: int = 15

    @property
    def digest(self) -> str:
        """SHA-256 of the proposal: what a person confirms."""
        return hashlib.sha256(msgspec.json.encode(self)).hexdigest()


class Confirmation(msgspec.Struct, frozen=True, gc=False, forbid_unknown_fields=True):
    """A person has looked at a proposal and stands for it.

    Args:
        case: the case.
        by: `person:…`.
        reason: what convinced them.
        proposal: digest of the very proposal.
        at: when.
    """

    case: str
    by: str
    reason: str
    proposal: str
    at: int

    def __post_init__(self) -> None:
        person(self.by, self.case)
        _said(self, "reason", "what convinced the person who confirms")


class Sanction(msgspec.Struct, frozen=True, gc=False, forbid_unknown_fields=True, omit_defaults=True):
    """A sanction with its five fields; see the module on what cannot be one.

    Args:
        case: the case.
        party: whom it is laid upon.
        facts: what was found.
        reasons: what follows from it, and why this much.
        basis: law and rule.
        term: from when to when.
        appeal: how to object.
        does: what it does.
        rule: as in the proposal.
        grade: how grave.
        points_until: last moment at which its points count.
        priors: earlier cases that were counted.
        confirmed: by whom; only a warning may be without.

    Raises:
        CaseError: when one of the five is missing, or nobody confirmed what is more than a warning.
    """

    case: str
    party: str
    facts: tuple[Stated, ...]
    reasons: tuple[Stated, ...]
    basis: tuple[Basis, ...]
    term: Term
    appeal: Recourse
    does: Consequence
    rule: str
    grade: Grade
    points_until: int
    priors: tuple[str, ...] = ()
    confirmed: Confirmation | None = None

    def __post_init__(self) -> None:
        for name, there in (("facts", self.facts), ("reasons", self.reasons), ("legal basis", self.basis)):
            if not there or not all(_full(t) for t in there):
                raise CaseError(f"Sanction in case {self.case}: it states no {name}. It takes facts, reasons, legal basis, term and appeal, or it is none.")  # fmt: skip
        self._term()
        if self.appeal.until <= self.term.starts or self.appeal.review_days < 1 or not _full(self.appeal.how):
            raise CaseError(
                f"Sanction in case {self.case}: it leaves no time or way to appeal. Say until when and how."
            )
        if self.does.step == "warn":
            if self.does.forfeit or self.does.weight != 1 or self.does.limits:
                raise CaseError(f"Sanction in case {self.case}: a warning takes nothing away.")
        elif self.confirmed is None:
            raise CaseError(f"Sanction in case {self.case}: {self.does.step} is more than a warning and no person has confirmed it. `zhenbo case confirm {self.case}` does.")  # fmt: skip
        elif self.confirmed.case != self.case:
            raise CaseError(
                f"Sanction in case {self.case}: what was confirmed is case {self.confirmed.case}."
            )

    def _term(self) -> None:
        step, term = self.does.step, self.term
        kind = "once" if step == "warn" else "for_good" if step in {"close", "bar"} else "until"
        if term.kind != kind or (kind == "until") != (term.until is not None):
            raise CaseError(f"Sanction in case {self.case}: {step} takes a term of kind {kind!r}{' with its end' if kind == 'until' else ''}.")  # fmt: skip
        if term.until is not None and term.until <= term.starts:
            raise CaseError(f"Sanction in case {self.case}: its term ends before it starts.")


class Dropped(msgspec.Struct, frozen=True, gc=False, forbid_unknown_fields=True):
    """A person closes a case without a sanction."""

    case: str
    by: str
    reason: str

    def __post_init__(self) -> None:
        person(self.by, self.case)
        _said(self, "reason", "why it is dropped")


class Appeal(msgspec.Struct, frozen=True, gc=False, forbid_unknown_fields=True):
    """An objection of the party, in its words, with what it hands in."""

    case: str
    by: str
    text: str
    grounds: tuple[Ground, ...] = ()

    def __post_init__(self) -> None:
        _said(self, "text", "what is objected")
        msgspec.structs.force_setattr(self, "by", hidden(self.by))


class Decision(msgspec.Struct, frozen=True, gc=False, forbid_unknown_fields=True, omit_defaults=True):
    """What another person than the first made of an appeal.

    Args:
        case: the case.
        outcome: upheld, lowered or overturned.
        by: `person:…`, not whoever confirmed the sanction.
        reason: for the party to read.
        facts: those put right; the sanction is what the rules make of them.
        instead: the milder sanction, when lowered.
    """

    case: str
    outcome: Literal["upheld", "lowered", "overturned"]
    by: str
    reason: str
    facts: dict[str, Scalar] = {}
    instead: Sanction | None = None

    def __post_init__(self) -> None:
        person(self.by, self.case)
        _said(self, "reason", "the reasons of the decision")
        _worded(self)
        if (self.outcome == "lowered") != (self.instead is not None):
            raise CaseError(
                f"Decision in case {self.case}: `lowered` names what stands instead, and only that does."
            )


class Regraded(msgspec.Struct, frozen=True, gc=False, forbid_unknown_fields=True, omit_defaults=True):
    """A sanction set anew because a prior that it counted has fallen; never harsher, and gone where `instead` is None."""

    case: str
    fallen: str
    instead: Sanction | None = None


class Referred(msgspec.Struct, frozen=True, gc=False, forbid_unknown_fields=True):
    """A person hands a case to an authority, as a lead: facts, never a charge."""

    case: str
    by: str
    to: str

    def __post_init__(self) -> None:
        person(self.by, self.case)
        _said(self, "to", "to which authority it goes")


class Filed(msgspec.Struct, frozen=True, gc=False, forbid_unknown_fields=True):
    """An authority has opened a case of its own on a lead, under its number."""

    case: str
    number: str


def person(by: str, case: str) -> str:
    """The name of a person, checked.

    Raises:
        CaseError: when it is none.
    """
    if not _PERSON.fullmatch(by) or hidden(by) != by:
        raise CaseError(
            f"Case {case}: {hidden(by)[:80]!r} is no person. Write person:NAME, the one who answers for it, without numbers or addresses."
        )
    return by


def pseudonymous(what: str, ident: str) -> str:
    """An id fit to be recorded for good.

    Args:
        what: whose id, for the error.
        ident: the id.

    Raises:
        CaseError: when a telephone number, mail or postal address is in it.
    """
    if identified(ident) != ident:
        raise CaseError(f"{what} {identified(ident)} holds a raw number or address. A record is for good: give its pseudonym, as `zhenbo import` makes it.")  # fmt: skip
    return ident


def persona(by: str) -> str:
    """What tells one person from another: capitals, widths, blanks and marks in a name make nobody somebody else.

    Examples:
        >>> persona("person:Li Na") == persona("person: li_na") == persona("ＬｉＮａ")
        True
    """
    name = unicodedata.normalize("NFKC", by).casefold().removeprefix("person:")
    return "".join(c for c in name if c.isalnum()) or name


def _said(body: msgspec.Struct, name: str, what: str) -> None:
    """Whether something is said; contacts and addresses in it are masked before it is recorded, since a record is for good."""
    text = getattr(body, name)
    if not text.strip() or len(text) > 4_000:
        raise CaseError(f"Case {body.case}: say {what}, in at most 4,000 characters.")  # type: ignore[attr-defined]
    msgspec.structs.force_setattr(body, name, hidden(text))


def _worded(body: "Case | Established | Decision") -> None:
    """Facts in words with contacts and addresses masked, as all that is recorded for good."""
    told = {name: hidden(v) if isinstance(v, str) else v for name, v in body.facts.items()}
    if told != body.facts:
        msgspec.structs.force_setattr(body, "facts", told)


def _full(part: Stated | Basis) -> bool:
    says = part.says if isinstance(part, Stated) else part.title
    told = bool(says.en.strip() and says.zh.strip())
    return told and (isinstance(part, Stated) or bool(part.law.strip() and part.article.strip()))
