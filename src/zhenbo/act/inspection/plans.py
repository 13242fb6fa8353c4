"""The plans of the standard as data: code letters, tables for three severities, numbers of the switching rules."""

import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import msgspec

from zhenbo.core.errors import PackError, ZhenboError
from zhenbo.core.inspection import LEVELS, Level, Plan, Severity

SEVERITIES: tuple[Severity, ...] = ("normal", "tightened", "reduced")
_STEP = {"v": 1, "^": -1}


class Switching(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Numbers of the switching rules (clause 9.3 and 9.4); `packs/inspection` says what each is."""

    tighten_not_accepted: int
    tighten_of: int
    normal_after_accepted: int
    stop_not_accepted: int
    reduce_score: int
    score_small: int
    score_large: int


class _Row(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    n: int
    ac: str


class _Letters(msgspec.Struct, frozen=True, forbid_unknown_fields=True, rename={"s1": "S-1", "s2": "S-2", "s3": "S-3", "s4": "S-4"}):  # fmt: skip
    up_to: list[int]
    s1: str
    s2: str
    s3: str
    s4: str
    I: str  # noqa: E741 - the standard's name
    II: str
    III: str


class _File(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    id: str
    version: int
    standard: str
    title_en: str
    title_zh: str
    aql: list[str]
    letters: _Letters
    switching: Switching
    normal: dict[str, _Row]
    tightened: dict[str, _Row]
    reduced: dict[str, _Row]


@dataclass(frozen=True)
class Standard:
    """Sampling plans indexed by code letter and AQL.

    Args:
        id: of the pack.
        version: of the pack.
        standard: the standards it holds the numbers of.
        aql: acceptance quality limits, ascending, as written.
        up_to: upper ends of the classes of lot sizes; a larger lot is in the last.
        letters: per level, the letter of each class.
        tables: per severity and letter, sample size and cells.
        switching: numbers of the switching rules.
    """

    id: str
    version: int
    standard: str
    aql: tuple[str, ...]
    up_to: tuple[int, ...]
    letters: Mapping[Level, str]
    tables: Mapping[Severity, Mapping[str, tuple[int, tuple[str, ...]]]]
    switching: Switching

    def letter(self, size: int, level: Level) -> str:
        """Code letter of a lot (table 1).

        Raises:
            ZhenboError: when the lot is too small to be sampled.
        """
        if size < 2:
            raise ZhenboError(f"A lot of {size} items is inspected whole: sampling begins at 2 items.")
        place = sum(size > most for most in self.up_to)
        return self.letters[level][place]

    def plan(self, size: int, level: Level, aql: str, severity: Severity = "normal") -> Plan:
        """The plan for a lot.

        Args:
            size: items in the lot.
            level: inspection level; it does not change with the severity.
            aql: acceptance quality limit, as the standard writes it.
            severity: normal, tightened or reduced inspection.

        Raises:
            ZhenboError: for an AQL that is none of the standard's, naming the nearest.
        """
        found = self.at(self.letter(size, level), aql, severity)
        return Plan(found.letter, size, found.ac, whole=True) if found.n >= size else found

    def at(self, letter: str, aql: str, severity: Severity) -> Plan:
        """The plan of a letter, its arrow followed; the lot's size is not looked at."""
        column = self.column(aql)
        table = self.tables[severity]
        order = list(table)
        place = order.index(letter)
        while (cell := table[order[place]][1][column]) in _STEP:
            place += _STEP[cell]
        return Plan(order[place], table[order[place]][0], int(cell))

    def column(self, aql: str) -> int:
        """Place of an AQL in the series; `1` is `1.0`.

        Raises:
            ZhenboError: for one that is not of the series.
        """
        try:
            wanted = float(aql)
        except ValueError:
            wanted = float("nan")
        for place, known in enumerate(self.aql):
            if float(known) == wanted:
                return place
        raise ZhenboError(f"{aql!r} is no AQL of {self.standard}. Its series: {', '.join(self.aql)}.")

    def smaller(self, aql: str) -> str | None:
        """The next smaller AQL; None for the smallest."""
        column = self.column(aql)
        return self.aql[column - 1] if column else None


def read_standard(text: str, name: str) -> Standard:
    """A pack of `packs/inspection` as its plans.

    Raises:
        PackError: where it breaks its own rules, saying which.
    """
    try:
        told = msgspec.convert(tomllib.loads(text), _File)
    except (tomllib.TOMLDecodeError, msgspec.ValidationError) as error:
        raise PackError(f"{name}: {error}. docs/inspection.md shows the form.") from error
    letters = {level: getattr(told.letters, level.replace("S-", "s")) for level in LEVELS}
    tables = {
        s: {k: (row.n, tuple(row.ac.split())) for k, row in getattr(told, s).items()} for s in SEVERITIES
    }
    for severity, table in tables.items():
        _check(table, severity, len(told.aql), name)
    classes = len(told.letters.up_to) + 1
    for level, row in letters.items():
        if len(row) != classes or not set(row) <= set(tables["normal"]):
            raise PackError(f"{name}: level {level} needs one known letter for each of {classes} classes of lots, and has {row!r}.")  # fmt: skip
    return Standard(
        told.id, told.version, told.standard, tuple(told.aql), tuple(told.letters.up_to), letters, tables, told.switching,
    )  # fmt: skip


def _check(table: Mapping[str, tuple[int, Sequence[str]]], severity: str, columns: int, name: str) -> None:
    """Every cell is a number, an arrow that arrives, or empty where nothing points to it."""
    order = list(table)
    for letter in order:
        cells = table[letter][1]
        if len(cells) != columns:
            raise PackError(f"{name}: {severity} {letter} has {len(cells)} cells for {columns} AQLs.")
        for column, cell in enumerate(cells):
            place = order.index(letter)
            while (at := table[order[place]][1][column]) in _STEP:
                place += _STEP[at]
                if not 0 <= place < len(order):
                    raise PackError(
                        f"{name}: {severity} {letter}, AQL {column + 1}: the arrow leads out of the table."
                    )
            if not (at.isdigit() or (at == "." and cell == ".")):
                raise PackError(f"{name}: {severity} {letter}, AQL {column + 1}: {at!r} is neither a number nor v, ^ or .")  # fmt: skip
