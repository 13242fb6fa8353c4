"""One event at a time: the same machine, in two compiled calls however many features there are.

The values of an event are written into registers; how they are hashed, joined and filtered is a list of steps made once
from the plan, so that no Python stands between a value and its key.
"""

from collections.abc import Mapping, Sequence
from struct import Struct, error
from typing import Any

import numpy as np

from zhenbo.kernel import machine
from zhenbo.kernel.columns import Columns, id_names
from zhenbo.kernel.compiled import compiled
from zhenbo.kernel.door import ONE, hash_one, share_of, wrapped
from zhenbo.kernel.group import Machine
from zhenbo.kernel.layout import GROUP_WORDS
from zhenbo.kernel.state import Ring, Table
from zhenbo.kernel.store import get, hint, mixed, paired, put, put_float, ring_at, table_at

_ROOM = 256
"""Events for which room is made at once."""
_IDENTITY, _TIME, _NUMBER, _VALUES = range(4)
"""The first registers (`_Program`)."""
_SCATTER, _PAIR, _ONLY, _SHARE, _ELSE = range(5)
"""What a step does (what, a, b, to; all but the first are registers): scatter an integer (b: whether it is one); one key for two; 0 where b is; 0 unless of the share; b where 0."""

_REGISTERS, _STEPS, _HOW_MANY_STEPS, _GROUPS, _HOW_MANY_GROUPS, _OUT, _FEATURES, _TABLE, _RING, _HORIZON = (
    range(10)
)
"""What `_prepare` is told: addresses, but for numbers of things and the horizon; no table where ids are not remembered."""
_KEY_AT, _OTHER_AT, _KEYS_AT, _PAIRS_AT = 0, 1, 3, 4
"""Words of a group (`layout.GROUP_WORDS`)."""


@compiled("boolean(int64)")
def _prepare(told: int) -> bool:
    """Keys as the steps say, no answers yet, rows fetched all at once; False for an id seen before.

    Args:
        told: address of `Single._told`.
    """
    registers, groups, out = get(told, _REGISTERS), get(told, _GROUPS), get(told, _OUT)
    for i in range(get(told, _HOW_MANY_STEPS)):
        step = get(told, _STEPS) + i * 32
        what, a, b = get(step, 0), get(registers, get(step, 1)), get(registers, get(step, 2))
        if what == _SCATTER:
            made = mixed(a) if b != 0 else a
        elif what == _PAIR:
            made = paired(a, b) if a != 0 and b != 0 else np.int64(0)
        elif what == _ONLY:
            made = a if b != 0 else np.int64(0)
        elif what == _SHARE:
            made = a if share_of(a, b) == get(registers, get(step, 2) + 1) else np.int64(0)
        else:
            made = a if a != 0 else b
        put(registers, get(step, 3), made)
    for g in range(get(told, _HOW_MANY_GROUPS)):
        group = groups + g * GROUP_WORDS * 8
        hint(table_at(get(group, _KEYS_AT)), get(get(group, _KEY_AT), 0))
        hint(table_at(get(group, _PAIRS_AT)), get(get(group, _OTHER_AT), 0))
    for k in range(get(told, _FEATURES)):
        put_float(out, k, np.nan)
    table = get(told, _TABLE)
    fresh: bool = table == 0 or machine.is_new(
        table_at(table),
        ring_at(get(told, _RING)),
        get(registers, _TIME),
        get(registers, _IDENTITY),
        get(told, _HORIZON),
    )
    return fresh


class _Program:
    """Registers and steps, as they are found to be needed.

    The first registers are written for every event: identity, time and number, then the value of each column, then
    whether it is an integer still to be scattered.
    """

    def __init__(self, names: Sequence[str]) -> None:
        self.names = tuple(dict.fromkeys(names))
        self.registers = [0] * (_VALUES + 2 * len(self.names))
        self.steps: list[tuple[int, int, int, int]] = []
        self._hashed: dict[str, int] = {}

    def register(self, value: int = 0) -> int:
        self.registers.append(value)
        return len(self.registers) - 1

    def step(self, what: int, a: int, b: int, to: int | None = None) -> int:
        to = self.register() if to is None else to
        self.steps.append((what, a, b, to))
        return to

    def hashed(self, name: str) -> int:
        """The register of a column's hash."""
        if name not in self._hashed:
            value = _VALUES + self.names.index(name)
            self._hashed[name] = self.step(_SCATTER, value, value + len(self.names))
        return self._hashed[name]

    def key(self, by: Sequence[str]) -> int:
        """The register of the key of columns together."""
        if not by:
            return self.register(ONE)
        made = self.hashed(by[0])
        for name in by[1:]:
            made = self.step(_PAIR, made, self.hashed(name))
        return made


class Single:
    """What a kernel needs to answer one event in twenty microseconds or so.

    Args:
        machines: the key groups.
        columns: what they read.
        share: (i, n), of `Kernel`.
        ids: memory of event ids, if there is one.
        horizon: microseconds an id is remembered.
        sourced: events come with a `source`, which is part of their id.
    """

    def __init__(
        self,
        machines: Sequence[Machine],
        columns: Columns,
        share: tuple[int, int],
        ids: tuple[Table, Ring] | None,
        horizon: int | None,
        *,
        sourced: bool,
    ) -> None:
        self.sourced = sourced
        self._machines, self._table = machines, ids[0] if ids is not None else None
        self._left = 0
        self._names = [name for m in machines for name in m.group.names]
        program = _Program(
            [
                *id_names(sourced),
                *(name for by, _ in columns.keys for name in by),
                *(of for _, of, is_value in columns.others if not is_value),
            ]
        )
        number = program.step(_SCATTER, _NUMBER, program.register(1))
        program.step(_ELSE, program.key(id_names(sourced)), number, _IDENTITY)
        self._kinds: list[tuple[tuple[str, ...], int]] = []
        self._values: list[tuple[str, int]] = []
        words = self._words(program, columns, share)
        self._read = program.names
        self._types: tuple[type, ...] = ()
        self._all_whole = True
        self._pack = Struct(f"={2 + len(self._read)}q").pack_into
        self._steps = np.array(program.steps, dtype=np.int64)
        self._memory = np.array(program.registers, dtype=np.int64)
        self._registers = self._memory.data
        self._floats = np.empty(len(self._names))
        self._groups = self._rows(columns, words)
        table, ring = (ids[0].address, ids[1].address) if ids is not None else (0, 0)
        self._told = np.array(
            [self._memory.ctypes.data, self._steps.ctypes.data, len(self._steps), self._groups.ctypes.data, len(machines),
             self._floats.ctypes.data, len(self._names), table, ring, horizon or 0],
            dtype=np.int64,
        )  # fmt: skip
        time = self._memory.ctypes.data + 8 * _TIME
        self._addresses = (self._told.ctypes.data, time, self._groups.ctypes.data, self._floats.ctypes.data)

    def _words(self, program: _Program, columns: Columns, share: tuple[int, int]) -> list[int]:
        """The register of each hashed column of the plan."""
        made = []
        of_share = program.register(share[1])
        program.register(share[0])  # read beside it
        for by, kinds in columns.keys:
            key = program.key(by)
            if kinds:
                self._kinds.append((kinds, program.register()))
                key = program.step(_ONLY, key, self._kinds[-1][1])
            made.append(program.step(_SHARE, key, of_share) if share[1] > 1 else key)
        for key_at, of, is_value in columns.others:
            if is_value:
                self._values.append((of, program.register()))
                program.register()  # whether there is one, beside it
                made += [self._values[-1][1], self._values[-1][1] + 1]
            else:
                made.append(program.step(_PAIR, made[key_at], program.hashed(of)))
        return made

    def _rows(self, columns: Columns, words: Sequence[int]) -> np.typing.NDArray[np.int64]:
        """What the machine is told of each group (`layout.GROUP_WORDS`)."""
        rows, before = [], 0
        for m, places in zip(self._machines, columns.per_group, strict=True):
            # a group does not look where it has no column
            key, other, filled = (self._memory.ctypes.data + 8 * words[p or 0] for p in places)
            rows.append(m.row(key, other, filled, before))
            before += len(m.group.names)
        return np.array(rows, dtype=np.int64).reshape(-1, GROUP_WORDS)

    def answer(self, now: int, number: int, event: Mapping[str, Any]) -> dict[str, float] | None:
        """Value by feature; None for a repeat.

        Args:
            now: microseconds, not before any event answered earlier.
            number: of arrival; the identity of an event without an id.
            event: its columns.
        """
        if not self._left:
            self._make_room()
        self._left -= 1
        self._take(now, number, event)
        told, time, groups, out = self._addresses
        if not _prepare(told):
            return None
        machine.run(1, time, groups, len(self._machines), True, out)
        return dict(zip(self._names, self._floats.tolist(), strict=False))

    def _take(self, now: int, number: int, event: Mapping[str, Any]) -> None:
        """The event's values into their registers."""
        column, registers = event.get, self._registers
        values: list[Any] = [column(name) for name in self._read]
        types = tuple(map(type, values))
        if types != self._types:  # as a rule an event is typed as the last one was
            self._types, flags = types, _VALUES + len(types)
            self._memory[flags : flags + len(types)] = [kind is int for kind in types]
            self._all_whole = all(kind is int for kind in types)
        if not self._all_whole:
            values = [value if type(value) is int else hash_one(value) for value in values]
        try:
            self._pack(registers, 8 * _TIME, now, number, *values)
        except error:  # integers that only an unsigned column holds
            self._pack(registers, 8 * _TIME, now, number, *map(wrapped, values))
        for kinds, at in self._kinds:
            registers[at] = column("kind") in kinds
        for of, at in self._values:
            value = column(of)
            registers[at], registers[at + 1] = (0, 0) if value is None else (value, 1)

    def _make_room(self) -> None:
        for m in self._machines:
            m.reserve(_ROOM)
        if self._table is not None:
            self._table.reserve(_ROOM)
        self._left = _ROOM
