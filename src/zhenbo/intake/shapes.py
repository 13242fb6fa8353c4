"""What Arrow would make of a column of JSON values, learned without holding the column.

`pyarrow.array` gives a column one type, found in its values from first to last, or refuses. Values of one *shape*
(kind, range of a number, keys of an object) count alike there, so the first value of each shape, in file order,
stands for all.
"""

from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import Any

import pyarrow as pa

from zhenbo.intake import convert
from zhenbo.intake.typed import Facts, text

EXACT = 2**53
"""Integers beyond have no exact double."""
_REFUSED = (pa.ArrowException, UnicodeEncodeError, OverflowError, TypeError, ValueError)


def column(values: list[Any]) -> pa.Array:
    """Values of one kind as Arrow gives them; mixed ones as text, to be read value by value."""
    try:
        return pa.array(values)
    except _REFUSED:
        return _texts(values)


def _texts(values: Sequence[Any]) -> pa.Array:
    return pa.array([None if v is None else convert.carried(text(v)) for v in values], pa.string())


def _shape(value: Any) -> Any:
    kind = type(value)
    if kind is str:
        return kind, value.isascii() or _carries(value)
    if kind is int:
        size = abs(value)
        return kind, 0 if size <= EXACT else 1 if -(2**63) <= value < 2**63 else 2
    if kind is list:
        return kind, tuple(dict.fromkeys(map(_shape, value)))
    if kind is dict:
        return kind, tuple((name, _shape(inner)) for name, inner in sorted(value.items()))
    return kind


def _carries(value: str) -> bool:
    try:
        value.encode()
    except UnicodeEncodeError:
        return False
    return True


class Shapes:
    """The shapes of every column of a file, and what of its texts decides how others are read."""

    def __init__(self, numbers: Mapping[str, pa.DataType]) -> None:
        """`numbers`: the columns that canonical tables hold as numbers, with their types."""
        self._numbers = numbers
        self._first: dict[str, dict[Any, tuple[int, Any]]] = {}
        self._odd_texts: dict[str, set[bool]] = {name: set() for name in numbers}
        self._soiled: set[str] = set()

    def see(self, name: str, line: int, value: Any) -> None:
        """A value of a column at a line; lines in any order."""
        if value is None:
            return
        known = self._first.setdefault(name, {})
        shape = _shape(value)
        if shape not in known or line < known[shape][0]:
            known[shape] = (line, value)
        if type(value) is str and "\x00" in value:
            self._soiled.add(name)

    def read(self, names: Sequence[str], rows: Sequence[tuple[int, Mapping[str, Any]]]) -> None:
        """Rows with their lines; `names` are all of theirs."""
        for name in names:
            for line, row in rows:
                self.see(name, line, row.get(name))
        for name in self._numbers.keys() & set(names):
            values = [row.get(name) for _line, row in rows]
            written = [v for v in values if type(v) is str]
            if not _cast(partial(pa.array, written, pa.string()), self._numbers[name]):
                self._odd_texts[name].add(False)
            if not _cast(partial(_texts, values), self._numbers[name]):
                self._odd_texts[name].add(True)

    def types(self) -> dict[str, pa.DataType | None]:
        """The type of each column; None where its values are mixed and all are read as text."""
        made: dict[str, pa.DataType | None] = {}
        for name, known in self._first.items():
            try:
                made[name] = pa.array(
                    [value for _line, value in sorted(known.values(), key=lambda k: k[0])]
                ).type
            except _REFUSED:
                made[name] = None
        return made

    def facts(self, types: Mapping[str, pa.DataType | None]) -> Facts:
        """What decides how single values are read."""
        mixed = {name for name, kind in types.items() if kind is None}
        return Facts(
            frozenset(name for name, odd in self._odd_texts.items() if (name in mixed) in odd),
            frozenset(
                name for name in self._soiled if (kind := types.get(name)) is not None and kind == pa.string()
            ),
        )


def _cast(make: Callable[[], pa.Array], to: pa.DataType) -> bool:
    try:
        make().cast(to)
    except _REFUSED:
        return False
    return True


def table(
    rows: Sequence[Mapping[str, Any]], names: Sequence[str], types: Mapping[str, pa.DataType | None]
) -> pa.Table:
    """Rows as a table, with the types that the columns have in the whole file."""
    made = []
    for name in names:
        values = [row.get(name) for row in rows]
        kind = types.get(name, pa.null())
        made.append(_texts(values) if kind is None else pa.array(values, kind))
    if not made:  # rows without any value are rows nevertheless
        return pa.table({"kind": pa.nulls(len(rows))})
    return pa.Table.from_arrays(made, names=list(names))
