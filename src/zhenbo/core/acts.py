"""Acts: what governance, the guarantee and the book have done, each appended once to one hash-chained record.

Nothing is ever changed or taken back: what was wrong is answered by a further act. State (a case, a claim, points, a
balance) is a pure fold over acts in their order, so it can always be made again from the record alone.

The chain: `digest` is the SHA-256 of what an act says, `seal` that of the seal before and the digest. Whoever changes,
drops or moves an act breaks every seal from there on; whoever kept the seal of the head sees a record cut short too.
"""

import hashlib
import re
import unicodedata
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Protocol, Self, TypeVar

import msgspec

from zhenbo.core.errors import RecordError

T = TypeVar("T")

ORIGIN = "0" * 64
"""The seal before the first act."""
LONGEST_NAME = 200
"""Characters of a key or subject."""
LONGEST_BODY = 1 << 20
"""Bytes of a body; a picture is cited by its hash, never held."""
_KIND = re.compile(r"[a-z][a-z0-9_]*(\.[a-z][a-z0-9_]*)+")
_EARLIEST, _LATEST = -62_135_596_800_000_000, 253_402_300_799_999_999  # years 1 to 9999


class Act(msgspec.Struct, frozen=True):
    """Something done, as it is recorded.

    Args:
        key: names the act for ever; appended again with the same content it changes nothing.
        kind: what sort of act, `area.verb`: `book.transaction`, `case.noticed`.
        subject: whom or what it is about: a party, a case, a claim.
        at: when it was done, UTC microseconds.
        body: its content, canonical JSON of a msgspec struct.

    Raises:
        RecordError: when a field is empty, too long or not text that can be kept.
    """

    key: str
    kind: str
    subject: str
    at: int
    body: str = "{}"

    def __post_init__(self) -> None:
        for name in ("key", "subject"):
            _named(name, getattr(self, name))
        if not _KIND.fullmatch(self.kind) or len(self.kind) > LONGEST_NAME:
            raise RecordError(
                f"Act {self.key}: kind {self.kind[:80]!r} is none. Write area.verb, e.g. book.transaction."
            )
        if not _EARLIEST <= self.at <= _LATEST:
            raise RecordError(
                f"Act {self.key}: time {self.at} lies outside years 1 to 9999. Times are UTC microseconds."
            )
        if len(self.body) > LONGEST_BODY:
            raise RecordError(f"Act {self.key}: its body has {len(self.body)} characters; up to {LONGEST_BODY} are kept. Cite large things by their hash.")  # fmt: skip

    @classmethod
    def of(cls, key: str, kind: str, subject: str, at: int, body: msgspec.Struct) -> Self:
        """An act whose body is the struct given.

        Raises:
            RecordError: when the struct holds text that no file can hold.
        """
        try:
            return cls(key, kind, subject, at, msgspec.json.encode(body).decode())
        except (UnicodeEncodeError, OverflowError) as error:
            raise RecordError(f"Act {key[:80]!r} cannot be written down: {error}. Leave out what is no text or no number.") from error  # fmt: skip

    def read(self, shape: type[T]) -> T:
        """The body as a `shape`.

        Raises:
            RecordError: when the body is no such thing, e.g. because a later version wrote it.
        """
        try:
            return msgspec.json.decode(self.body, type=shape)
        except msgspec.DecodeError as error:
            raise RecordError(f"Act {self.key} ({self.kind}) does not read as {shape.__name__}: {error}. It may have been written by a later version.") from error  # fmt: skip

    def same(self, other: "Act") -> bool:
        """Whether both say the same: the time may differ, since a retry is made later than what it repeats."""
        return (self.key, self.kind, self.subject, self.body) == (
            other.key,
            other.kind,
            other.subject,
            other.body,
        )


def _named(name: str, value: str) -> None:
    if not value or len(value) > LONGEST_NAME:
        raise RecordError(
            f"An act's {name} has {len(value)} characters; 1 to {LONGEST_NAME} are kept: {value[:80]!r}."
        )
    if not value.isprintable() and any(unicodedata.category(c) in {"Cc", "Cs"} for c in value):
        raise RecordError(
            f"An act's {name} holds control characters or half a character: {value[:80]!r}. Leave them out."
        )


def digest(act: Act) -> str:
    """SHA-256 of what an act says, in hexadecimal; fields are told apart by their lengths.

    Examples:
        >>> digest(Act("k", "book.transaction", "s", 0))[:16]
        '1f8afdb4046ccf3a'
    """
    key, kind, subject, body = act.key, act.kind, act.subject, act.body
    said = f"{len(key)}:{key}{len(kind)}:{kind}{len(subject)}:{subject}{act.at}:{len(body)}:{body}"
    return hashlib.sha256(said.encode()).hexdigest()


def seal(before: str, digested: str) -> str:
    """The seal of an act: SHA-256 of the seal before it and its digest, in hexadecimal."""
    return hashlib.sha256(bytes.fromhex(before) + bytes.fromhex(digested)).hexdigest()


class Entry(msgspec.Struct, frozen=True):
    """An act in its place.

    Args:
        number: its place in the record, from 1.
        act: what was done.
        digest: of the act.
        seal: of the record up to here.
    """

    number: int
    act: Act
    digest: str
    seal: str


@dataclass(frozen=True)
class Head:
    """How far a record goes: write it down elsewhere, and a record cut short or written anew is found out."""

    number: int = 0
    seal: str = ORIGIN


class Acts(Protocol):
    """The record as the flow sees it; `zhenbo.record` keeps it in memory, in SQLite and in PostgreSQL."""

    def append(self, acts: Sequence[Act]) -> int:
        """Append all of them, or none.

        Returns:
            How many were new; an act already there with the same content is passed over.

        Raises:
            RecordError: when a key already says something else, naming both; nothing is appended then.
        """
        ...

    def entries(self, subject: str | None = None, kind: str | None = None, since: int = 0) -> Iterator[Entry]:
        """Acts with their places and seals, as `read` chooses them."""
        ...

    def read(self, subject: str | None = None, kind: str | None = None, since: int = 0) -> Iterator[Act]:
        """Acts in the order they were appended.

        Args:
            subject: only of this subject.
            kind: only of this kind; a kind ending in a dot (`book.`) means all that begin with it.
            since: leave out the first `since` acts of the record.
        """
        ...

    def head(self) -> Head:
        """Where the record ends."""
        ...


def chosen(act: Act, subject: str | None, kind: str | None) -> bool:
    """Whether `Acts.read` would choose the act."""
    if subject is not None and act.subject != subject:
        return False
    return kind is None or act.kind == kind or (kind.endswith(".") and act.kind.startswith(kind))


def fresh(acts: Sequence[Act], known: "dict[str, Act]") -> list[Act]:
    """Those acts that are new, in order.

    Args:
        acts: to be appended.
        known: acts of the record under any of their keys.

    Raises:
        RecordError: when a key says two things.
    """
    seen, new = dict(known), []
    for act in acts:
        before = seen.get(act.key)
        if before is None:
            seen[act.key] = act
            new.append(act)
        elif not before.same(act):
            raise RecordError(
                f"Key {act.key} is taken: it says {_told(before)}, and now {_told(act)}. "
                f"An act is never changed; record what is new under a key of its own."
            )  # fmt: skip
    return new


def _told(act: Act) -> str:
    return f"{act.kind} of {act.subject} {act.body[:300]}"


def chained(acts: Sequence[Act], head: Head) -> list[Entry]:
    """Acts as the entries that follow a head."""
    entries, last = [], head.seal
    for number, act in enumerate(acts, start=head.number + 1):
        digested = digest(act)
        last = seal(last, digested)
        entries.append(Entry(number, act, digested, last))
    return entries


class ActList:
    """The record in memory: for one-off commands, worlds and tests."""

    def __init__(self, acts: Sequence[Act] = ()) -> None:
        self._entries: list[Entry] = []
        self._known: dict[str, Act] = {}
        self.append(acts)

    def append(self, acts: Sequence[Act]) -> int:
        """See `Acts.append`."""
        new = fresh(acts, {a.key: self._known[a.key] for a in acts if a.key in self._known})
        self._entries += chained(new, self.head())
        self._known |= {act.key: act for act in new}
        return len(new)

    def entries(self, subject: str | None = None, kind: str | None = None, since: int = 0) -> Iterator[Entry]:
        """See `Acts.entries`."""
        return (e for e in self._entries[since:] if chosen(e.act, subject, kind))

    def read(self, subject: str | None = None, kind: str | None = None, since: int = 0) -> Iterator[Act]:
        """See `Acts.read`."""
        return (e.act for e in self.entries(subject, kind, since))

    def head(self) -> Head:
        """See `Acts.head`."""
        return Head(self._entries[-1].number, self._entries[-1].seal) if self._entries else Head()
