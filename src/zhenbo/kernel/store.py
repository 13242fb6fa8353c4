"""Words, keys, tables and rings: memory as the compiled machine sees it. `state` owns it and makes it grow.

Tables and rings travel as small tuples of addresses. Passed as arrays through two dozen functions they cost ten times
as much, in copies of descriptors and in counting references.
"""

from typing import NamedTuple

import numpy as np
from numba import njit, types
from numba.core import cgutils
from numba.extending import intrinsic

from zhenbo.kernel.compiled import compiled
from zhenbo.kernel.layout import (
    ALIVE_CHUNKS,
    BOUND,
    CHUNK,
    CHUNK_BITS,
    CHUNKS,
    COUNT,
    FREE,
    FREE_TOP,
    FRESH,
    LOG,
    MASK,
    OLD_COUNT,
    OLD_MASK,
    OLD_ROWS,
    OLD_SHIFT,
    RING_ROWS,
    RING_WIDTH,
    ROWS,
    SHIFT,
    SWEPT,
    TAIL,
)  # fmt: skip

_I64 = cgutils.ir.IntType(64)


def _pointer(builder, at, word):
    return builder.gep(builder.inttoptr(at, _I64.as_pointer()), [word])


@intrinsic
def get(typingctx, at, word):  # noqa: ARG001 - numba's own calling convention
    """The 64-bit word at an address, counted in words."""

    def codegen(context, builder, signature, given):  # noqa: ARG001
        return builder.load(_pointer(builder, *given))

    return types.int64(types.int64, types.int64), codegen


@intrinsic
def put(typingctx, at, word, value):  # noqa: ARG001
    """Write a word."""

    def codegen(context, builder, signature, given):  # noqa: ARG001
        builder.store(given[2], _pointer(builder, given[0], given[1]))
        return context.get_dummy_value()

    return types.void(types.int64, types.int64, types.int64), codegen


@intrinsic
def put_float(typingctx, at, word, value):  # noqa: ARG001
    """Write a word as a float."""

    def codegen(context, builder, signature, given):  # noqa: ARG001
        place = builder.gep(builder.inttoptr(given[0], cgutils.ir.DoubleType().as_pointer()), [given[1]])
        builder.store(given[2], place)
        return context.get_dummy_value()

    return types.void(types.int64, types.int64, types.float64), codegen


@intrinsic
def fetch(typingctx, at):  # noqa: ARG001
    """Ask the processor for the cache line at an address; a hint, without effect on any value."""

    def codegen(context, builder, signature, given):  # noqa: ARG001
        flag, pointer = cgutils.int32_t, cgutils.voidptr_t
        kind = cgutils.ir.FunctionType(cgutils.ir.VoidType(), [pointer, flag, flag, flag])
        hint = builder.module.declare_intrinsic("llvm.prefetch", [pointer], kind)
        builder.call(hint, [builder.inttoptr(given[0], pointer), flag(1), flag(3), flag(1)])
        return context.get_dummy_value()

    return types.void(types.int64), codegen


@intrinsic
def add(typingctx, at, word, by):  # noqa: ARG001
    """Add to a word; the new value. As a function it would be compiled for every pair of constants."""

    def codegen(context, builder, signature, given):  # noqa: ARG001
        place = _pointer(builder, given[0], given[1])
        made = builder.add(builder.load(place), given[2])
        builder.store(made, place)
        return made

    return types.int64(types.int64, types.int64, types.int64), codegen


@njit(forceinline=True)
def mixed(x):
    """A 64-bit integer scattered over all bits, one to one (finaliser of splitmix64); never 0, which marks no key."""
    z = np.uint64(x) + np.uint64(0x9E3779B97F4A7C15)
    z = (z ^ (z >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    z = (z ^ (z >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    z ^= z >> np.uint64(31)
    return np.int64(z) if z != np.uint64(0) else np.int64(1)


@njit(forceinline=True)
def paired(x, y):
    """One key for two."""
    return mixed(np.int64(np.uint64(x) * np.uint64(0xD6E8FEB86659FD93)) ^ y)


class Keys(NamedTuple):
    """A table of rows by 64-bit key: open addressing, linear probing; the key is a row's first word, 0 an empty slot.

    Args:
        meta: address of its state (`layout`).
        rows: address of its rows.
        mask: slots less one, a power of two less one.
        shift: what brings a key's high bits down to a slot.
        log: a row has 2^log bytes, so that none lies across two cache lines.
    """

    meta: int
    rows: int
    mask: int
    shift: int
    log: int


@njit(forceinline=True)
def table_at(meta):
    """The table whose state stands at an address; good until it is made to grow."""
    return Keys(meta, get(meta, ROWS), get(meta, MASK), get(meta, SHIFT), get(meta, LOG))


@njit(forceinline=True)
def _old(table):
    """Its smaller predecessor, while rows still move."""
    meta = table.meta
    return Keys(meta, get(meta, OLD_ROWS), get(meta, OLD_MASK), get(meta, OLD_SHIFT), table.log)


@njit(forceinline=True)
def _home(table, key):
    return np.int64(np.uint64(key) >> np.uint64(table.shift))


@njit(forceinline=True)
def _seek(table, key):
    """Address of a key's row, or of the empty slot where it would stand."""
    p = _home(table, key)
    while True:
        row = table.rows + (p << table.log)
        held = get(row, 0)
        if held == key or held == 0:
            return row
        p = (p + 1) & table.mask


@njit(forceinline=True)
def _copy(to, row, log):
    for j in range(1 << (log - 3)):
        put(to, j, get(row, j))


@njit(forceinline=True)
def _close(table, row):
    """Empty a slot; rows behind it that had been pushed on move back."""
    hole = (row - table.rows) >> table.log
    q = hole
    while True:
        q = (q + 1) & table.mask
        key = get(table.rows + (q << table.log), 0)
        if key == 0:
            break
        if ((q - _home(table, key)) & table.mask) >= ((q - hole) & table.mask):
            _copy(table.rows + (hole << table.log), table.rows + (q << table.log), table.log)
            hole = q
    for j in range(1 << (table.log - 3)):
        put(table.rows + (hole << table.log), j, 0)


@njit
def _move(table, row):
    """One row from the predecessor to the table; its address there."""
    to = _seek(table, get(row, 0))
    _copy(to, row, table.log)
    _close(_old(table), row)
    add(table.meta, OLD_COUNT, -1)
    return to


@njit
def _sweep(table, slots):
    """Move what stands in the predecessor's next slots: growth costs every event a little, no event much."""
    old = _old(table)
    while slots > 0 and get(table.meta, OLD_COUNT) > 0:
        row = old.rows + ((get(table.meta, SWEPT) & old.mask) << old.log)
        if get(row, 0) != 0:
            _move(table, row)
        else:
            add(table.meta, SWEPT, 1)
        slots -= 1


@njit
def _moved(table, key):
    """Address of the row of a key that still stood in the predecessor, 0 if it has none there either."""
    row = _seek(_old(table), key)
    return _move(table, row) if get(row, 0) == key else np.int64(0)


@njit(forceinline=True)
def grow(table):
    """An event's share of a growth under way."""
    if get(table.meta, OLD_COUNT) > 0:
        _sweep(table, 8)


@njit(forceinline=True)
def look(table, key):
    """Address of a key's row, 0 if it has none."""
    row = _seek(table, key)
    if get(row, 0) == key:
        return row
    return _moved(table, key) if get(table.meta, OLD_COUNT) > 0 else np.int64(0)


@njit(forceinline=True)
def grab(table, key):
    """Address of a key's row; a fresh one, all zero, if the key has none."""
    row = _seek(table, key)
    if get(row, 0) != 0:
        return row
    if get(table.meta, OLD_COUNT) > 0:
        moved = _moved(table, key)
        if moved != 0:
            return moved
    put(row, 0, key)
    add(table.meta, COUNT, 1)
    return row


@njit(forceinline=True)
def drop(table, row):
    """Take a row out (of the table, not of its predecessor: whatever is touched has moved)."""
    _close(table, row)
    add(table.meta, COUNT, -1)


@njit(forceinline=True)
def hint(table, key):
    """Fetch a key's row ahead of its use."""
    fetch(table.rows + (_home(table, key) << table.log))


@njit(forceinline=True)
def hint_around(table, key):
    """Fetch a key's row and the next, which is looked at when a row is taken out."""
    row = table.rows + (_home(table, key) << table.log)
    fetch(row)
    fetch(row + (1 << table.log))


@compiled("void(int64)")
def sweep_all(meta):
    """Finish a growth at once."""
    _sweep(table_at(meta), get(meta, OLD_MASK) * 2 + 2 + get(meta, OLD_COUNT))


@compiled("void(int64, int64[::1])")
def insert_all(meta, given):
    """Whole rows, one after the other, into a table that holds none of their keys."""
    table = table_at(meta)
    width = 1 << (table.log - 3)
    for i in range(0, given.size, width):
        row = grab(table, given[i])
        for j in range(width):
            put(row, j, given[i + j])


class Events(NamedTuple):
    """A ring: the events alive in the longest window, in chunks that are used again once empty.

    Args:
        meta: address of its state (`layout`).
        rows: address of its rows.
        chunks: address of the chunk number of each stretch of events.
        mask: stretches it can number less one, a power of two less one.
        stride: bytes of a row.
    """

    meta: int
    rows: int
    chunks: int
    mask: int
    stride: int


@njit(forceinline=True)
def ring_at(meta):
    """The ring whose state stands at an address."""
    return Events(
        meta, get(meta, RING_ROWS), get(meta, CHUNKS), get(meta, ALIVE_CHUNKS), get(meta, RING_WIDTH) * 8
    )


@njit(forceinline=True)
def place(ring, seq):
    """Address of an event's row."""
    chunk = get(ring.chunks, (seq >> CHUNK_BITS) & ring.mask)
    return ring.rows + ((chunk << CHUNK_BITS) | (seq & (CHUNK - 1))) * ring.stride


@njit(forceinline=True)
def room(ring):
    """Whether the ring can take one more event."""
    meta = ring.meta
    return (
        (get(meta, TAIL) & (CHUNK - 1)) != 0 or get(meta, FREE_TOP) > 0 or get(meta, FRESH) < get(meta, BOUND)
    )


@njit(forceinline=True)
def push(ring):
    """Sequence number of the next event."""
    meta = ring.meta
    seq = get(meta, TAIL)
    if (seq & (CHUNK - 1)) == 0:
        if get(meta, FREE_TOP) > 0:
            chunk = get(get(meta, FREE), add(meta, FREE_TOP, -1))
        else:
            chunk = add(meta, FRESH, 1) - 1
        put(ring.chunks, (seq >> CHUNK_BITS) & ring.mask, chunk)
    put(meta, TAIL, seq + 1)
    return seq


@njit(forceinline=True)
def release(ring, seq):
    """Give a chunk back once its last event has left the longest window."""
    if (seq & (CHUNK - 1)) == CHUNK - 1:
        put(get(ring.meta, FREE), get(ring.meta, FREE_TOP), get(ring.chunks, (seq >> CHUNK_BITS) & ring.mask))
        add(ring.meta, FREE_TOP, 1)
