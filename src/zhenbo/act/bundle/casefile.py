"""What a bundle of a case holds: the acts of the case and of those it counted, what they came to, and how it was made."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

import msgspec

from zhenbo.act.bundle.contents import Sealed, lines, read_lines
from zhenbo.core.acts import Act, Entry
from zhenbo.core.errors import ZhenboError
from zhenbo.core.evidence import Say


class CaseMade(msgspec.Struct, frozen=True, kw_only=True):
    """How the bundle came to be, and what a reader may expect of it.

    Args:
        zhenbo: version of the program.
        code: digest of its code and packs.
        pack: id@version of the penalties pack.
        case: the case.
        party: whom it is about.
        title: of the offence.
        facts: what each fact is called, by its name.
        status: to which the acts add up.
        as_of: time of the last act, UTC microseconds.
        lang: language of the page.
        recomputes: keys of the proposals that the rules make again from the acts alone.
        head: `NUMBER:SEAL` of the record when the file was made.
        key: fingerprint of the key it is signed with.
    """

    zhenbo: str
    code: str
    pack: str
    case: str
    party: str
    title: Say
    facts: dict[str, Say]
    status: str
    as_of: int
    lang: str
    recomputes: list[str]
    head: str
    key: str


@dataclass(frozen=True)
class CaseFile:
    """A bundle's content.

    Args:
        made: how it came to be.
        acts: of the case, of earlier cases that it counted, and of the money it moved, in the order of the record.
    """

    made: CaseMade
    acts: Sequence[Sealed]

    def data(self) -> dict[str, bytes]:
        """Its segments, by name."""
        return {"case": lines([self.made]), "acts": lines(self.acts)}

    @classmethod
    def read(cls, data: Mapping[str, bytes]) -> "CaseFile":
        """The content of segments.

        Raises:
            ZhenboError: when one does not read.
        """
        try:
            return cls(read_lines(data["case"], CaseMade)[0], read_lines(data["acts"], Sealed))
        except (KeyError, IndexError, ValueError, RecursionError) as error:
            raise ZhenboError(f"The bundle's data do not read ({str(error)[:200]}): it was changed, or a later version wrote it.") from error  # fmt: skip

    def recorded(self) -> list[Act]:
        """Its acts."""
        return [Act(a.key, a.kind, a.subject, a.at, a.body) for a in self.acts]


def concerned(entries: Sequence[Entry], case: str) -> list[Entry]:
    """Acts about a case and about every case that it counted, or that fell and changed it, and these in turn.

    Args:
        entries: acts about the party's cases.
        case: the case.
    """
    named = [(e, _named(e.act.read(dict))) for e in entries]
    wanted: set[str] = set()
    more = {case}
    while more - wanted:
        wanted |= more
        more = {c for _, (of, counted) in named if of in wanted for c in counted}
    return [e for e, (of, _) in named if of in wanted]


def _named(body: Mapping[str, object]) -> tuple[str, set[str]]:
    """The case that an act is about, and those that it names as counted."""
    found: set[str] = set()
    for part in (body, body.get("instead")):
        if isinstance(part, Mapping):
            priors = part.get("priors", ())
            found |= {str(p) for p in priors} if isinstance(priors, Iterable) else set()
            found |= {str(part["fallen"])} if "fallen" in part else set()
    return str(body.get("case", body.get("id", ""))), found
