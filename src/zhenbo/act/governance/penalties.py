"""A penalties pack: offences, how grave they are, what follows, dated and cited.

A grade holds when every figure it names is known and at least so much; a fact nobody has told holds nothing. A pack whose
graver grade would bring a milder rung, or a later strike a milder one than an earlier, is refused: what it says of
proportion is checked before anybody is judged by it.
"""

import datetime as dt
from collections.abc import Mapping, Sequence
from itertools import pairwise
from typing import Literal

import msgspec
from msgspec.structs import replace

from zhenbo.core.case import CAPABILITIES, GRADES, Basis, Consequence, Grade
from zhenbo.core.errors import PackError
from zhenbo.core.evidence import Say
from zhenbo.core.statute import Cite, Register


class FactKind(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A fact that cases may hold.

    Args:
        type: flag, number or text.
        says: the sentence for the accused when it holds; its number stands in the field named like the fact.
        wanted: what is asked for where it is missing.
    """

    type: Literal["flag", "number", "text"]
    says: Say
    wanted: Say


class Dated(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A citation as it reads over a span of days; made of a `Cite` and the register of texts."""

    basis: Basis
    since: dt.date
    until: dt.date


class Degree(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One grade of an offence: any of `when`, each a set of least figures, all of which are known and reached."""

    grade: Grade
    when: tuple[dict[str, float], ...]


class Offence(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Something that must not be done.

    Args:
        id: names it.
        title: for people.
        basis: laws and rules; without one in force nothing follows.
        dated: the same as each reads from day to day; made when the pack is read.
        degrees: gravest first; below all of them it is immaterial and tolerated.
        needs: flags that must be known to hold, e.g. that the party itself did it.
        excused: flags each of which lets it pass.
        strikes: days within which an earlier sanction for the same offence counts.
        status: a draft sanctions nobody.
        ladder: own rungs by grade, where the pack's do not fit.
    """

    id: str
    title: Say
    basis: tuple[Cite, ...]
    degrees: tuple[Degree, ...]
    needs: tuple[str, ...] = ()
    excused: tuple[str, ...] = ()
    strikes: int = 365
    status: Literal["active", "draft"] = "active"
    ladder: dict[Grade, tuple[Consequence, ...]] = {}
    dated: tuple[Dated, ...] = ()


class Reach(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What so many points together bring at least."""

    points: int
    does: Consequence


class Penalties(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A penalties pack.

    Args:
        id: names it.
        version: raised when the same facts could bring something else.
        title: for people.
        facts: by name.
        offence: the offences.
        ladder: rungs by grade: first, second, third strike; later ones as the last.
        reach: by points, fewest first.
        points_days: how long points count.
        appeal_days: to object.
        review_days: to decide on it.
        how: how to object.
    """

    id: str
    version: int
    title: Say
    facts: dict[str, FactKind]
    offence: tuple[Offence, ...]
    ladder: dict[Grade, tuple[Consequence, ...]]
    how: Say
    reach: tuple[Reach, ...] = ()
    points_days: int = 365
    appeal_days: int = 30
    review_days: int = 15

    def of(self, offence: str) -> Offence:
        """An offence by its id.

        Raises:
            PackError: when the pack has none of that id.
        """
        for o in self.offence:
            if o.id == offence:
                return o
        raise PackError(
            f"Pack {self.id} knows no offence {offence[:80]!r}. It knows: {', '.join(o.id for o in self.offence)}."
        )

    def rungs(self, offence: Offence, grade: Grade) -> tuple[Consequence, ...]:
        """The rungs of a grade, first strike first."""
        return offence.ladder.get(grade) or self.ladder[grade]

    def basis(self, offence: Offence, day: dt.date) -> tuple[Basis, ...]:
        """What was in force on a day, as it was numbered then."""
        return tuple(d.basis for d in offence.dated if d.since <= day <= d.until)


def read_penalties(text: str, name: str, register: Register) -> Penalties:
    """A pack (TOML).

    Args:
        text: its content.
        name: of the file, for errors.
        register: of the texts that it cites.

    Raises:
        PackError: when it does not read, cites what is repealed or not registered, or is out of proportion.
    """
    try:
        pack = msgspec.toml.decode(text, type=Penalties)
    except msgspec.DecodeError as error:
        raise PackError(f"{name} does not read: {error}. docs/governance.md shows a pack.") from error
    for what in (*_wrong(pack), *_wrong_cites(pack, register)):
        raise PackError(f"{name}: {what}")
    offences = tuple(replace(o, dated=_dated(o, register)) for o in pack.offence)
    return replace(pack, offence=offences)


def _wrong_cites(pack: Penalties, register: Register) -> list[str]:
    """Citations of what is not registered, repealed or numbered otherwise."""
    found = []
    for o in pack.offence:
        if o.dated:
            found.append(f"offence {o.id}: `dated` is made from `basis`; leave it out.")
        for cite in o.basis:
            if cite.since is None:
                found.append(f"offence {o.id}: {cite.law} {cite.article} takes `from`, the first day it is cited.")  # fmt: skip
            elif what := register.wrong(cite, cite.since, cite.until or dt.date.max):
                found.append(f"offence {o.id}: {what.en}")
    return found


def _dated(offence: Offence, register: Register) -> tuple[Dated, ...]:
    """The citations as they read from day to day: cut where a text changes."""
    rows = []
    for cite in offence.basis:
        statute, first, last = (
            register.statute(cite.law),
            cite.since or dt.date.min,
            cite.until or dt.date.max,
        )
        starts = {first, *(v.since for v in statute.versions), *(c.on for c in statute.renumbered)}
        days = sorted(d for d in starts if first <= d <= last)
        for day, after in zip(days, [*days[1:], None], strict=True):
            found = register.cited(cite, day, first)
            if found is not None:
                end = last if after is None else after - dt.timedelta(days=1)
                rows.append(Dated(Basis(found.law, found.article, found.name), day, end))
    return tuple(rows)


def _wrong(pack: Penalties) -> Sequence[str]:
    """What contradicts itself."""
    found = []
    ids = [o.id for o in pack.offence]
    found += [f"offence {i} stands twice." for i in sorted({i for i in ids if ids.count(i) > 1})]
    found += [f"[ladder.{g}] is missing." for g in GRADES[1:] if not pack.ladder.get(g)]
    if found:
        return found
    for o in pack.offence:
        found += _wrong_offence(pack, o)
    points = [r.points for r in pack.reach]
    if points != sorted(set(points)):
        found.append("[[reach]] stands fewest points first, each once.")
    if min(pack.points_days, pack.appeal_days, pack.review_days) < 1:
        found.append("points_days, appeal_days and review_days are 1 or more.")
    return found


def _wrong_offence(pack: Penalties, o: Offence) -> list[str]:
    named = {*o.needs, *o.excused, *(f for d in o.degrees for w in d.when for f in w)}
    found = [
        f"offence {o.id} names fact {f!r}, which [facts] does not." for f in sorted(named - set(pack.facts))
    ]
    found += [f"offence {o.id}: {f} must be a flag." for f in (*o.needs, *o.excused) if f in pack.facts and pack.facts[f].type != "flag"]  # fmt: skip
    order = [GRADES.index(d.grade) for d in o.degrees]
    if order != sorted(set(order), reverse=True) or 0 in order or not order:
        found.append(f"offence {o.id}: its degrees stand gravest first, each grade once; what is below all is immaterial by itself.")  # fmt: skip
    if any(not w for d in o.degrees for w in d.when) or any(not d.when for d in o.degrees):
        found.append(f"offence {o.id}: a degree without a figure would hold for anything.")
    rungs = {g: pack.rungs(o, g) for g in GRADES[1:]}
    found += _wrong_rungs(o.id, rungs)
    return found


def _wrong_rungs(offence: str, rungs: Mapping[Grade, tuple[Consequence, ...]]) -> list[str]:
    """Rungs that fall where they should rise, or that no sanction could carry."""
    found = []
    for grade, row in rungs.items():
        where = f"offence {offence}, {grade}"
        if any(_milder(b, a) for a, b in pairwise(row)):
            found.append(f"{where}: a later strike is milder than an earlier one, or brings fewer points.")
        for c in row:
            endless = c.step in {"warn", "close", "bar"}
            if endless == (c.days is not None) or (c.days is not None and c.days < 1):
                found.append(f"{where}: {c.step} takes {'no days' if endless else 'days, 1 or more'}.")
            if not 0 < c.weight <= 1 or c.points < 0 or c.forfeit < 0 or set(c.limits) - set(CAPABILITIES):
                found.append(f"{where}: weight lies in (0, 1], points and forfeit are 0 or more, limits are of {', '.join(CAPABILITIES)}.")  # fmt: skip
            if c.step == "warn" and (c.forfeit or c.weight != 1 or c.limits):
                found.append(f"{where}: a warning takes nothing away.")
    for mild, harsh in pairwise(GRADES[1:]):
        longest = max(len(rungs[mild]), len(rungs[harsh]))
        found += [
            f"offence {offence}: strike {n + 1} of {mild} is harsher or brings more than of {harsh}."
            for n in range(longest)
            if _milder(rung(rungs[harsh], n), rung(rungs[mild], n))
        ]
    return found


def _milder(a: Consequence, b: Consequence) -> bool:
    """Whether one consequence is milder than another in anything that counts later; an appeal must never harm."""
    return a.rank < b.rank or a.points < b.points or a.forfeit < b.forfeit


def rung(row: Sequence[Consequence], strike: int) -> Consequence:
    """The rung of a strike, counted from 0; later ones than the last are as the last."""
    return row[min(strike, len(row) - 1)]
