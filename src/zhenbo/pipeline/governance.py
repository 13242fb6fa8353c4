"""Cases wired to files and store: facts in TOML, verdicts of audits, packs, and what a store holds."""

import datetime as dt
import hashlib
import tomllib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import cache, partial
from importlib.resources import files
from pathlib import Path
from typing import Any

import msgspec

from zhenbo.act.book import Leaving, Terms, read_terms, refund
from zhenbo.act.governance import desk, money
from zhenbo.act.governance.admission import LEFT
from zhenbo.act.governance.admission import SHAPES as ADMISSION
from zhenbo.act.governance.campaign import Passed, of_verdict, subject_of, sweep
from zhenbo.act.governance.fold import State, fold
from zhenbo.act.governance.penalties import Penalties, read_penalties
from zhenbo.act.governance.tiers import Rules, read_tiers
from zhenbo.act.governance.training import Quiz, read_quiz
from zhenbo.core.acts import Act
from zhenbo.core.admission import Left
from zhenbo.core.case import Case, Ground, Sanction, Scalar, pseudonymous
from zhenbo.core.contacts import hidden
from zhenbo.core.errors import CaseError, RecordError
from zhenbo.core.verdict import Audit
from zhenbo.pipeline.policies import register
from zhenbo.record import Store

DOCS = "docs/governance.md"
AT_ONCE = 5_000
"""Acts appended in one transaction."""
_LARGEST = 64 << 20
_EPOCH = dt.datetime(1970, 1, 1, tzinfo=dt.UTC)

EXAMPLE = """# What is held against a party. Facts that are not known are left out; they never convict.
# `zhenbo case facts` lists every offence and fact; docs/governance.md tells what happens then.
[[case]]
id = "2026-0001"
party = "shop-17"
offence = "counterfeit"
happened = 2026-03-02T12:30:00Z
fans = 1250000
value = 1596000
keys = ["id:9f3c", "pay:77aa"]

[case.facts]
not_genuine = true
sold_units = 40

[[case.grounds]]
ref = "sample S-0001, report L-2026-118"
text = "The rights holder's appraisal: not made by or for the brand."
"""


class _Row(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    id: str
    party: str
    offence: str
    happened: dt.datetime
    facts: dict[str, Scalar] = {}
    grounds: tuple[Ground, ...] = ()
    fans: int | None = None
    value: int | None = None
    keys: tuple[str, ...] = ()


class _File(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    case: list[_Row]


@cache
def penalties(path: Path | None = None) -> Penalties:
    """The penalties pack: the shipped one, or a file."""
    if path is None:
        shipped = files("zhenbo.packs").joinpath("penalties", "platform.toml")
        return read_penalties(shipped.read_text("utf-8"), "platform.toml", register())
    return read_penalties(_text(path), str(path), register())


def tier_rules(path: Path | None = None) -> Rules:
    """The rules of tiers: the shipped ones, or a file."""
    if path is None:
        return read_tiers(
            files("zhenbo.packs").joinpath("penalties", "tiers.toml").read_text("utf-8"), "tiers.toml"
        )
    return read_tiers(_text(path), str(path))


def quiz() -> Quiz:
    """The quiz that hosts sit."""
    shipped = files("zhenbo.packs").joinpath("training", "hosts.toml")
    return read_quiz(shipped.read_text("utf-8"), "hosts.toml")


def leave(store: Store, party: str, terms: Terms, at: int) -> Leaving:
    """A party leaves, and what is due of its deposit goes back in the same breath; asked again, what has come free since does."""
    key = f"admission.left/{party}"
    gone = [a for a in store.read(subject=party, kind=LEFT) if a.key == key]
    left = gone[0].at if gone else at
    with store.book() as book:
        going = refund(party, book, terms, left, at)
    moves = going.transactions(f"exit/{party}/{at // 1_000_000}", at)
    store.append([*(gone or [Act.of(key, LEFT, party, at, Left())]), *(m.act() for m in moves)])
    return going


def deposit_terms() -> Terms:
    """What is agreed about deposits, as shipped."""
    shipped = files("zhenbo.packs").joinpath("deposits")
    name = min(f.name for f in shipped.iterdir() if f.name.endswith(".toml"))
    return read_terms(shipped.joinpath(name).read_text("utf-8"))


def _text(path: Path) -> str:
    try:
        if path.stat().st_size > _LARGEST:
            raise CaseError(f"{path} is larger than {_LARGEST >> 20} MB.")
        return path.read_text("utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        raise CaseError(f"{path} cannot be read as text: {error}.") from error


def read_cases(path: Path) -> list[Case]:
    """Cases of a facts file (TOML).

    Raises:
        CaseError: when it does not read, saying where; `EXAMPLE` is one that does.
    """
    try:
        rows = msgspec.convert(tomllib.loads(_text(path)), _File).case
    except (tomllib.TOMLDecodeError, msgspec.ValidationError, RecursionError) as error:
        raise CaseError(f"{path} does not read as cases: {str(error)[:300]}. `zhenbo case open --example` prints a file that does.") from error  # fmt: skip
    if not rows:
        raise CaseError(f"{path} holds no [[case]].")
    return [_case(row, path) for row in rows]


def _case(row: _Row, path: Path) -> Case:
    if row.happened.tzinfo is None:
        raise CaseError(f"{path}, case {row.id}: {row.happened} has no time zone. Write 2026-03-02T12:30:00Z, or +08:00.")  # fmt: skip
    happened = (row.happened - _EPOCH) // dt.timedelta(microseconds=1)
    return Case(row.id, row.party, row.offence, happened, dict(row.facts), row.grounds, row.fans, row.value, row.keys)  # fmt: skip


def read_verdicts(path: Path) -> Audit:
    """A `verdict.json`, or the one in an --out folder of an audit.

    Raises:
        CaseError: when it is none.
    """
    place = path / "verdict.json" if path.is_dir() else path
    try:
        return msgspec.json.decode(_text(place), type=Audit)
    except msgspec.DecodeError as error:
        raise CaseError(
            f"{place} does not read as verdicts: {str(error)[:300]}. `zhenbo audit … --out DIR` writes one."
        ) from error


def cases_of(path: Path, party: str | None, at: int) -> list[Case | Passed]:
    """Cases of a facts file, a verdict.json or an audit's folder."""
    if path.is_dir() or path.suffix.lower() == ".json":
        audit = read_verdicts(path)
        subjects = (*audit.sessions, *audit.shops)
        return [of_verdict(v, f"v/{subject_of(v)}"[:120], f"verdict:{subject_of(v)}"[:150], party, at) for v in subjects]  # fmt: skip
    return list(read_cases(path))


def state_of(store: Store) -> State:
    """All cases of a store."""
    return fold(store.read(kind="case."))


def append(store: Store, acts: Sequence[Act]) -> None:
    """Append acts of cases and the money they move, all or none.

    Raises:
        CaseError: when somebody else has acted on the party meanwhile; RecordError otherwise.
    """
    try:
        store.append(acts)
    except RecordError as error:
        if str(error).startswith("Key case/"):
            raise CaseError(f"Somebody else has acted on {acts[0].subject} at the same moment; nothing of this was recorded. Look at the case again, then decide.") from error  # fmt: skip
        raise


def open_all(store: Store, state: State, given: Sequence[Case | Passed], pack: Penalties, at: int) -> int:
    """Open and propose those that are new; what was opened before is left as it is.

    Args:
        store: to append to.
        state: of its cases; brought up to date.
        given: cases.
        pack: the rules.
        at: when.

    Returns:
        How many were opened.
    """
    n, part = 0, list[Act]()
    for case in given:
        if isinstance(case, Passed) or case.id in state.dockets:
            continue
        for make in (partial(desk.opened, state, case), partial(desk.proposed, state, case.id)):
            part.append(make(pack, at))
            state.take(part[-1])
        n += 1
        if len(part) >= AT_ONCE:
            store.append(part)
            part = []
    store.append(part)
    return n


def notice(store: Store, state: State, case: str, pack: Penalties, at: int) -> Sanction:
    """Write the sanction, and take of the deposit what it takes, in one breath."""
    act = desk.sanctioned(state, case, pack, at)
    sanction = act.read(Sanction)
    with store.book() as book:
        moves = money.taken(sanction, book, at)
    append(store, [act, *(m.act() for m in moves)])
    state.take(act)
    return sanction


def decide(
    store: Store, state: State, case: str, by: str, reason: str, pack: Penalties, at: int, *, overturn: bool,
    facts: Mapping[str, Scalar],
) -> list[Act]:  # fmt: skip
    """Decide on an appeal: decision, regrades and money in one breath."""
    acts = desk.decided(state, case, by, reason, pack, at, overturn=overturn, facts=facts)
    return _restored(store, state, acts)


def regrade(store: Store, state: State, fallen: str, pack: Penalties, at: int) -> list[Act]:
    """Set anew what was judged by a pack and counted a case that has fallen, with the money, in one breath."""
    return _restored(store, state, desk.regraded(state, fallen, pack, at))


def _restored(store: Store, state: State, acts: list[Act]) -> list[Act]:
    with store.book() as book:
        moves = money.given_back(state, acts, book)
    append(store, [*acts, *(m.act() for m in moves)])
    for act in acts:
        state.take(act)
    return acts


def campaign(store: Store, paths: Sequence[Path], name: str, pack: Penalties, at: int) -> dict[str, int]:
    """A special campaign over audits: cases opened and proposed, audit by audit, each appended before the next is read.

    Killed and run again, it passes over what it has done.
    """
    counts: dict[str, int] = {"audits": 0, "opened": 0, "known": 0, "passed": 0}
    state = state_of(store)
    for path in audits(paths):
        counts["audits"] += 1
        given = list(sweep([read_verdicts(path)], name, at))
        opened = open_all(store, state, given, pack, at)
        passed = sum(isinstance(c, Passed) for c in given)
        counts["passed"] += passed
        counts["opened"] += opened
        counts["known"] += len(given) - passed - opened
    return counts


def audits(paths: Iterable[Path]) -> Iterator[Path]:
    """Every verdict.json named, or under a folder named, in the order of their names."""
    for path in paths:
        found = sorted(path.rglob("verdict.json")) if path.is_dir() else [path]
        if not found:
            raise CaseError(f"{path} holds no verdict.json. `zhenbo audit … --out DIR` writes one.")
        yield from found


class _Entry(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    kind: str
    party: str
    at: dt.datetime
    body: dict[str, Any]


def admission_acts(path: Path) -> list[Act]:
    """Acts about admission and listing from a file of JSON lines: kind, party, at (with time zone), body.

    Raises:
        CaseError: at the first line that is none, saying which and why.
    """
    made = []
    for number, line in enumerate(_text(path).splitlines(), start=1):
        if not line.strip() or line.lstrip().startswith("#"):
            continue
        try:
            entry = msgspec.json.decode(line, type=_Entry)
            shape = ADMISSION.get(entry.kind)
            if shape is None:
                raise CaseError(f"no kind {entry.kind[:60]!r}; there are {', '.join(ADMISSION)}")
            if entry.at.tzinfo is None:
                raise CaseError(f"{entry.at} has no time zone")
            body = msgspec.convert(entry.body, shape)
            _named_so(entry.party, body)
            at = (entry.at - _EPOCH) // dt.timedelta(microseconds=1)
            content = msgspec.json.encode([entry.kind, entry.party, at, body])
            made.append(
                Act.of(f"{entry.kind}/{entry.party}/{_digest(content)}", entry.kind, entry.party, at, body)
            )
        except (msgspec.DecodeError, RecordError, RecursionError) as error:
            raise CaseError(f"{path}, line {number}: {str(error)[:300]}. `zhenbo case admit --example` prints a file.") from error  # fmt: skip
    if not made:
        raise CaseError(f"{path} holds no line to read. `zhenbo case admit --example` prints a file.")
    return made


def _named_so(party: str, body: msgspec.Struct) -> None:
    """Whether everybody named in an act is named by a pseudonym."""
    pseudonymous("party", party)
    for field in ("operator", "item", "campaign"):
        pseudonymous(field, getattr(body, field, None) or "")
    for key in getattr(body, "keys", ()):
        if hidden(key) != key:
            raise CaseError(f"key {hidden(key)} holds a raw number or address; give its pseudonym")


def _digest(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()[:16]
