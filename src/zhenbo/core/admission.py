"""Who may trade here: identity files, licences, training, goods waiting for review; each step an act about a party.

Times are UTC microseconds. What identifies a person is a digest or pseudonym, never the document itself; contacts and
addresses in words are masked before they are recorded.
"""

from typing import Literal

import msgspec

from zhenbo.core.case import Basis, Stated, person
from zhenbo.core.contacts import hidden, identified
from zhenbo.core.errors import CaseError

Role = Literal["platform", "operator", "host", "agency", "merchant"]


class Registered(msgspec.Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True):
    """A party asks to be admitted.

    Args:
        role: what it wants to be.
        operator: who runs the room by the papers.
        keys: pseudonyms by which it is known: `id:…`, `pay:…`, `device:…`, `phone:…`, `address:…`.
        goods: classes of goods it wants to sell.
    """

    role: Role
    operator: str
    keys: tuple[str, ...] = ()
    goods: tuple[str, ...] = ()


class Verified(msgspec.Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True):
    """A person has checked its identity against documents; at registration and at least every six months (art. 8)."""

    by: str
    documents: tuple[str, ...]
    operator: str | None = None

    def __post_init__(self) -> None:
        person(self.by, "identity")
        if not self.documents:
            raise CaseError("An identity is verified against documents; name their digests.")


class Observed(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Somebody was seen to run the room, with what shows it."""

    operator: str
    ground: str

    def __post_init__(self) -> None:
        msgspec.structs.force_setattr(self, "ground", hidden(self.ground))


class Licensed(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A licence for a class of goods, and until when it runs."""

    goods: str
    digest: str
    until: int


class Trained(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A host has sat a quiz (art. 10: before the first broadcast, and every year)."""

    course: str
    right: int
    asked: int
    passed: bool

    def __post_init__(self) -> None:
        if (
            not 0 <= self.right <= self.asked
            or self.asked < 1
            or (self.passed and 2 * self.right < self.asked)
        ):
            raise CaseError(f"A quiz of {self.asked} questions with {self.right} right was not {'passed' if self.passed else 'sat'}.")  # fmt: skip


class Left(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A party leaves, and asks for its deposit."""

    reason: str = ""

    def __post_init__(self) -> None:
        msgspec.structs.force_setattr(self, "reason", hidden(self.reason))


class Submitted(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Goods are put forward for a campaign or a broadcast."""

    item: str
    campaign: str
    goes_live: int


class Reviewed(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A person has looked at them; without decision, reviewer, reason and evidence it is no review.

    Raises:
        CaseError: when one of the four is missing.
    """

    item: str
    decision: Literal["approve", "refuse"]
    by: str
    reason: str
    evidence: tuple[str, ...]

    def __post_init__(self) -> None:
        person(self.by, self.item)
        if not self.reason.strip() or not self.evidence or not all(e.strip() for e in self.evidence):
            raise CaseError(f"Review of {self.item}: it takes a reason and the evidence looked at.")
        msgspec.structs.force_setattr(self, "reason", hidden(self.reason))
        msgspec.structs.force_setattr(self, "evidence", tuple(identified(e) for e in self.evidence))


class Gate(msgspec.Struct, frozen=True):
    """Whether a party may do something.

    Args:
        capability: one of `zhenbo.core.case.CAPABILITIES`.
        open: whether it may.
        why: what stands against it, with what opens it again; empty where nothing does.
        basis: where that stands.
    """

    capability: str
    open: bool
    why: tuple[Stated, ...] = ()
    basis: tuple[Basis, ...] = ()
