"""The compiled part: one fixed state machine over integer columns, driven by the layout of a key group.

Nothing here knows what a room or an account is. A *key group* (`plan.Group`) has one table of keys, one ring of the
events alive in its longest window, and *lanes*, one per window length. For every instant the machine lets go what has
left each window, takes in all events of that instant, and only then answers, so that events of one instant see each
other as SQL's RANGE windows do.

What makes it fast is what it does not do: no event is an object, a key costs one probe to enter and one to leave
(rows are fetched a few events ahead, `_fetch`), and groups are walked one after the other over a batch, so only one
group's tables compete for the cache. What keeps it exact: sums and squared gaps are kept in two words, so that what
is subtracted is what was added; positions never leave this module, rows are found by key.

Tables and rings travel as the addresses of their state (`state.Table`, `state.Ring` own the memory): passed as arrays
through two dozen small functions they cost twenty times as much, in copies of descriptors and in reference counts.
"""

import numpy as np
from numba import njit, types
from numba.core import cgutils
from numba.extending import intrinsic

from zhenbo.kernel.layout import (
    ALIVE_CHUNKS,
    AT,
    BITTEN_UNTIL,
    BOUND,
    CHUNK,
    CHUNK_BITS,
    CHUNKS,
    COUNT,
    COUNTED,
    DISTINCT,
    DISTINCTS,
    EVICTED,
    FIELDS,
    FIRST,
    FREE,
    FREE_TOP,
    FRESH,
    GAP_MEAN,
    GAP_VARIANCE,
    GAPS_HIGH,
    GAPS_LOW,
    GREATEST,
    GREATEST_BACK,
    GREATEST_FRONT,
    GREATEST_LINK,
    HEAD,
    HEADS,
    KEY,
    LAST,
    LEAST,
    LEAST_BACK,
    LEAST_FRONT,
    LEAST_LINK,
    MASK,
    MOST,
    NEWEST,
    NEXT,
    NOTHING,
    OLD_COUNT,
    OLD_MASK,
    OLD_ROWS,
    OLD_SHIFT,
    OTHER,
    PAIR,
    RING_ROWS,
    RING_WIDTH,
    ROWS,
    SHIFT,
    SHORT,
    SUM_HIGH,
    SUM_LOW,
    SUMMED,
    SWEPT,
    TAIL,
    TOLD,
    TOP_SHARE,
    VALUE,
    WIDTH,
    N,
)  # fmt: skip

AHEAD = 12
"""Events whose rows are fetched before they are needed."""

_LOW = 0xFFFFFFFF
_NONE = -1
_ANCIENT = -(1 << 63)
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
def fetch(typingctx, at):  # noqa: ARG001
    """Ask the processor for the cache line at an address; a hint, without effect on any value."""

    def codegen(context, builder, signature, given):  # noqa: ARG001
        flag, pointer = cgutils.int32_t, cgutils.voidptr_t
        kind = cgutils.ir.FunctionType(cgutils.ir.VoidType(), [pointer, flag, flag, flag])
        hint = builder.module.declare_intrinsic("llvm.prefetch", [pointer], kind)
        builder.call(hint, [builder.inttoptr(given[0], pointer), flag(1), flag(3), flag(1)])
        return context.get_dummy_value()

    return types.void(types.int64), codegen


@njit(forceinline=True)
def add(at, word, by):
    """Add to a word; the new value."""
    made = get(at, word) + by
    put(at, word, made)
    return made


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


# -- tables: rows of `WIDTH` words, the key first; a key of 0 marks an empty slot ---------------------------------


@njit(forceinline=True)
def _home(key, shift):
    return np.int64(np.uint64(key) >> np.uint64(shift))


@njit(forceinline=True)
def _seek(rows, mask, shift, stride, key):
    """Address of a key's row, or of the empty slot where it would stand."""
    p = _home(key, shift)
    while True:
        row = rows + p * stride
        held = get(row, 0)
        if held == key or held == 0:
            return row
        p = (p + 1) & mask


@njit(forceinline=True)
def _close(rows, mask, shift, width, row):
    """Empty a slot; rows behind it that had been pushed on move back."""
    stride = width * 8
    hole = _home(get(row, 0), shift)
    while rows + hole * stride != row:  # walking there again is cheaper than a division
        hole = (hole + 1) & mask
    q = hole
    while True:
        q = (q + 1) & mask
        key = get(rows + q * stride, 0)
        if key == 0:
            break
        if ((q - _home(key, shift)) & mask) >= ((q - hole) & mask):
            for j in range(width):
                put(rows + hole * stride, j, get(rows + q * stride, j))
            hole = q
    for j in range(width):
        put(rows + hole * stride, j, 0)


@njit(forceinline=True)
def _seek_new(table, key):
    return _seek(get(table, ROWS), get(table, MASK), get(table, SHIFT), get(table, WIDTH) * 8, key)


@njit(forceinline=True)
def _seek_old(table, key):
    return _seek(
        get(table, OLD_ROWS), get(table, OLD_MASK), get(table, OLD_SHIFT), get(table, WIDTH) * 8, key
    )


@njit
def _move(table, old):
    """One row from the smaller predecessor to the table; its address there."""
    row = _seek_new(table, get(old, 0))
    for j in range(get(table, WIDTH)):
        put(row, j, get(old, j))
    _close(get(table, OLD_ROWS), get(table, OLD_MASK), get(table, OLD_SHIFT), get(table, WIDTH), old)
    add(table, OLD_COUNT, -1)
    return row


@njit
def _sweep(table, slots):
    """Move what stands in the predecessor's next slots: growth costs every event a little, no event much."""
    while slots > 0 and get(table, OLD_COUNT) > 0:
        old = get(table, OLD_ROWS) + (get(table, SWEPT) & get(table, OLD_MASK)) * get(table, WIDTH) * 8
        if get(old, 0) != 0:
            _move(table, old)
        else:
            add(table, SWEPT, 1)
        slots -= 1


@njit(forceinline=True)
def _grow(table):
    """An event's share of a growth under way."""
    if get(table, OLD_COUNT) > 0:
        _sweep(table, 8)


@njit(forceinline=True)
def _look(table, key):
    """Address of a key's row, 0 if it has none."""
    row = _seek_new(table, key)
    if get(row, 0) == key:
        return row
    if get(table, OLD_COUNT) > 0:
        old = _seek_old(table, key)
        if get(old, 0) == key:
            return _move(table, old)
    return np.int64(0)


@njit(forceinline=True)
def _grab(table, key):
    """Address of a key's row; a fresh one, all zero, if the key has none."""
    row = _seek_new(table, key)
    if get(row, 0) == 0:
        if get(table, OLD_COUNT) > 0:
            old = _seek_old(table, key)
            if get(old, 0) == key:
                return _move(table, old)
        put(row, 0, key)
        add(table, COUNT, 1)
    return row


@njit(forceinline=True)
def _drop(table, row):
    """Take a row out (of the table, not of its predecessor: whatever is touched has moved)."""
    _close(get(table, ROWS), get(table, MASK), get(table, SHIFT), get(table, WIDTH), row)
    add(table, COUNT, -1)


@njit(forceinline=True)
def _hint(table, key):
    fetch(get(table, ROWS) + _home(key, get(table, SHIFT)) * get(table, WIDTH) * 8)


@njit("void(int64)", cache=True, nogil=True)
def sweep_all(table):
    """Finish a growth at once."""
    _sweep(table, get(table, OLD_MASK) * 2 + 2 + get(table, OLD_COUNT))


@njit("void(int64, int64[::1])", cache=True, nogil=True)
def insert_all(table, given):
    """Whole rows, one after the other, into a table that holds none of their keys."""
    width = get(table, WIDTH)
    for i in range(0, given.size, width):
        row = _grab(table, given[i])
        for j in range(width):
            put(row, j, given[i + j])


# -- the ring: events alive in the longest window, in chunks that are used again once empty ------------------------


@njit(forceinline=True)
def _slot(ring, seq):
    """Address of the chunk number of an event's stretch."""
    return get(ring, CHUNKS) + ((seq >> CHUNK_BITS) & get(ring, ALIVE_CHUNKS)) * 8


@njit(forceinline=True)
def _place(ring, seq):
    """Address of an event's row."""
    return (
        get(ring, RING_ROWS)
        + ((get(_slot(ring, seq), 0) << CHUNK_BITS) | (seq & (CHUNK - 1))) * get(ring, RING_WIDTH) * 8
    )


@njit(forceinline=True)
def _room(ring):
    """Whether the ring can take one more event."""
    return (
        (get(ring, TAIL) & (CHUNK - 1)) != 0 or get(ring, FREE_TOP) > 0 or get(ring, FRESH) < get(ring, BOUND)
    )


@njit(forceinline=True)
def _push(ring):
    """Sequence number of the next event."""
    seq = get(ring, TAIL)
    if (seq & (CHUNK - 1)) == 0:
        if get(ring, FREE_TOP) > 0:
            chunk = get(get(ring, FREE), add(ring, FREE_TOP, -1))
        else:
            chunk = add(ring, FRESH, 1) - 1
        put(_slot(ring, seq), 0, chunk)
    put(ring, TAIL, seq + 1)
    return seq


@njit(forceinline=True)
def _release(ring, seq):
    """Give a chunk back once its last event has left the longest window."""
    if (seq & (CHUNK - 1)) == CHUNK - 1:
        put(get(ring, FREE), get(ring, FREE_TOP), get(_slot(ring, seq), 0))
        add(ring, FREE_TOP, 1)


# -- one lane of one key: entering, leaving, answering ---------------------------------------------------------------


@njit
def _tally(counts, key, lane, count, by):
    """How many values of a key stand at a count, moved by one; whether none is left."""
    row = _grab(counts, paired(key + np.int64(lane), np.int64(count)))
    if add(row, 1, by) == 0:
        _drop(counts, row)
        return True
    return False


@njit
def _squares(row, high, low, gap, sign):
    """Add or take the square of a gap below 2^37 microseconds, in units of 2^32 and of 1: exact both ways."""
    a, b = gap >> 32, gap & _LOW
    square = np.uint64(b) * np.uint64(b)
    add(row, high, sign * ((a * a << 32) + 2 * a * b + np.int64(square >> np.uint64(32))))
    add(row, low, sign * np.int64(square & np.uint64(_LOW)))


@njit
def _queue_in(row, ring, front, back, link, seq, value, least):
    """A value joins the queue of candidates for least (greatest): those it outlives and undercuts never matter again."""
    tail = get(row, back) - 1  # rows start as zeros, so places are kept one up
    while tail >= 0:
        other = _place(ring, tail)
        standing = get(other, OTHER)
        if (least and standing < value) or (not least and standing > value):
            break
        tail = get(other, link + 1) if tail != get(row, front) - 1 else np.int64(_NONE)
    here = _place(ring, seq)
    put(here, link, _NONE)
    put(here, link + 1, tail)
    if tail >= 0:
        put(_place(ring, tail), link, seq)
    else:
        put(row, front, seq + 1)
    put(row, back, seq + 1)


@njit
def _queue_out(row, event, front, back, link, seq):
    """The oldest value leaves; if it was the least, the next candidate is."""
    if get(row, front) == seq + 1:
        following = get(event, link)
        put(row, front, following + 1)
        if following < 0:
            put(row, back, 0)


@njit(forceinline=True)
def _enter(row, pair, counts, ring, field, lane, seq, event, what):
    """An event joins a lane of its key."""
    other = get(event, OTHER) if what != NOTHING else np.int64(0)
    if get(field, HEAD) >= 0:
        if get(row, get(field, N)) == 0:
            put(row, get(field, HEAD), seq)
        elif get(field, GAPS_HIGH) >= 0:
            gap = get(event, AT) - get(_place(ring, get(row, LAST)), AT)
            _squares(row, get(field, GAPS_HIGH), get(field, GAPS_LOW), gap, 1)
    add(row, get(field, N), 1)
    if what == PAIR and other != 0:
        count = add(pair, 1 + lane, 1)
        if count == 1:
            add(row, get(field, DISTINCT), 1)
        if get(field, MOST) >= 0:
            key = get(event, KEY)
            add(row, get(field, TOLD), 1)
            if count > 1:
                _tally(counts, key, lane, count - 1, -1)
            _tally(counts, key, lane, count, 1)
            put(row, get(field, MOST), max(get(row, get(field, MOST)), count))
    elif what == VALUE:
        if get(field, SUM_HIGH) >= 0:
            add(row, get(field, SUM_HIGH), other >> 32)
            add(row, get(field, SUM_LOW), other & _LOW)
        if get(field, LEAST_FRONT) >= 0:
            _queue_in(
                row,
                ring,
                get(field, LEAST_FRONT),
                get(field, LEAST_BACK),
                get(field, LEAST_LINK),
                seq,
                other,
                True,
            )
        if get(field, GREATEST_FRONT) >= 0:
            _queue_in(row, ring, get(field, GREATEST_FRONT), get(field, GREATEST_BACK), get(field, GREATEST_LINK), seq, other, False)  # fmt: skip


@njit(forceinline=True)
def _leave(keys, pairs, counts, ring, field, lane, last, seq, what):
    """An event leaves a lane of its key; from the longest lane a key without events goes too."""
    event = _place(ring, seq)
    key = get(event, KEY)
    other = get(event, OTHER) if what != NOTHING else np.int64(0)
    row = _grab(keys, key)
    n = add(row, get(field, N), -1)
    if get(field, HEAD) >= 0 and n > 0:
        following = get(event, NEXT)
        put(row, get(field, HEAD), following)
        if get(field, GAPS_HIGH) >= 0:
            gap = get(_place(ring, following), AT) - get(event, AT)
            _squares(row, get(field, GAPS_HIGH), get(field, GAPS_LOW), gap, -1)
    if what == PAIR and other != 0:
        pair = _grab(pairs, other)
        count = add(pair, 1 + lane, -1)
        if count == 0:
            add(row, get(field, DISTINCT), -1)
            if last:
                _drop(pairs, pair)
        if get(field, MOST) >= 0:
            add(row, get(field, TOLD), -1)
            gone = _tally(counts, key, lane, count + 1, -1)
            if count > 0:
                _tally(counts, key, lane, count, 1)
            if gone and get(row, get(field, MOST)) == count + 1:
                put(row, get(field, MOST), count)
    elif what == VALUE:
        if get(field, SUM_HIGH) >= 0:
            add(row, get(field, SUM_HIGH), -(other >> 32))
            add(row, get(field, SUM_LOW), -(other & _LOW))
        if get(field, LEAST_FRONT) >= 0:
            _queue_out(
                row, event, get(field, LEAST_FRONT), get(field, LEAST_BACK), get(field, LEAST_LINK), seq
            )
        if get(field, GREATEST_FRONT) >= 0:
            _queue_out(
                row,
                event,
                get(field, GREATEST_FRONT),
                get(field, GREATEST_BACK),
                get(field, GREATEST_LINK),
                seq,
            )
    if last and n == 0:
        _drop(keys, row)


@njit(forceinline=True)
def _whole(high, low):
    """Two words as the nearest float: one rounding."""
    high += low >> 32
    return np.float64(high) * 4294967296.0 + np.float64(low & _LOW)


@njit(forceinline=True)
def _answer(row, ring, field, measure):
    """The value of one measure for a key whose row stands at an address (0: it has no event here)."""
    n = get(row, get(field, N)) if row != 0 else np.int64(0)
    if measure == COUNTED:
        return np.float64(n)
    if measure == DISTINCTS:
        return np.float64(get(row, get(field, DISTINCT))) if row != 0 else 0.0
    if n == 0:
        return np.nan
    if measure == SUMMED:
        return _whole(get(row, get(field, SUM_HIGH)), get(row, get(field, SUM_LOW)))
    if measure == TOP_SHARE:
        told = get(row, get(field, TOLD))
        return get(row, get(field, MOST)) / told if told > 0 else np.nan
    if measure == LEAST:
        return np.float64(get(_place(ring, get(row, get(field, LEAST_FRONT)) - 1), OTHER))
    if measure == GREATEST:
        return np.float64(get(_place(ring, get(row, get(field, GREATEST_FRONT)) - 1), OTHER))
    newest = _place(ring, get(row, LAST))
    if measure == NEWEST:
        return np.float64(get(newest, OTHER))
    oldest = _place(ring, get(row, get(field, HEAD)))
    if measure == FIRST:
        return np.float64(get(oldest, OTHER))
    gaps = n - 1
    if gaps < 1 or (measure == GAP_VARIANCE and gaps < 2):
        return np.nan
    mean = (get(newest, AT) - get(oldest, AT)) / gaps
    if measure == GAP_MEAN:
        return mean / 1e6
    return (
        max(_whole(get(row, get(field, GAPS_HIGH)), get(row, get(field, GAPS_LOW))) / gaps - mean * mean, 0.0)
        / 1e12
    )


# -- events through a group ------------------------------------------------------------------------------------------


@njit(forceinline=True)
def _let_go(keys, pairs, counts, ring, fields, lane, lanes, what):
    """The oldest event leaves a lane."""
    seq = get(ring, HEADS + lane)
    if seq + AHEAD < get(ring, TAIL):
        coming = _place(ring, seq + AHEAD)
        _hint(keys, get(coming, KEY))
        if what == PAIR:
            _hint(pairs, get(coming, OTHER))
    last = lane == lanes - 1
    _leave(keys, pairs, counts, ring, fields + lane * FIELDS * 8, lane, last, seq, what)
    put(ring, HEADS + lane, seq + 1)
    if last:
        _release(ring, seq)


@njit(forceinline=True)
def _since(now, length):
    """Now - length, held at the least time there is."""
    return now - length if now >= _ANCIENT + length else np.int64(_ANCIENT)


@njit(forceinline=True)
def _expire(keys, pairs, counts, ring, lanes, windows, fields, what, now):
    """What lies at or before now - w leaves the window of length w."""
    for lane in range(lanes):
        cut = _since(now, get(windows, lane))
        while (
            get(ring, HEADS + lane) < get(ring, TAIL)
            and get(_place(ring, get(ring, HEADS + lane)), AT) <= cut
        ):
            _let_go(keys, pairs, counts, ring, fields, lane, lanes, what)


@njit
def _evict(keys, pairs, counts, ring, lanes, windows, fields, what):
    """The bound bites: the oldest events leave every window before their time, are counted, and so are short answers."""
    longest = lanes - 1
    head = get(ring, HEADS + longest)
    upto = min((head | (CHUNK - 1)) + 1, get(ring, TAIL))
    add(ring, EVICTED, upto - head)
    put(
        ring,
        BITTEN_UNTIL,
        max(get(ring, BITTEN_UNTIL), get(_place(ring, upto - 1), AT) + get(windows, longest)),
    )
    for lane in range(lanes):
        while get(ring, HEADS + lane) < upto:
            _let_go(keys, pairs, counts, ring, fields, lane, lanes, what)


@njit(forceinline=True)
def _take_in(keys, pairs, counts, ring, lanes, windows, fields, what, at, key, other):
    """One event enters every lane; the address of its key's row."""
    if not _room(ring):
        _evict(keys, pairs, counts, ring, lanes, windows, fields, what)
    seq = _push(ring)
    event = _place(ring, seq)
    put(event, AT, at)
    put(event, KEY, key)
    if what != NOTHING:
        put(event, OTHER, other)
    row = _grab(keys, key)
    pair = _grab(pairs, other) if what == PAIR and other != 0 else np.int64(0)
    longest = fields + (lanes - 1) * FIELDS * 8
    fresh = get(row, get(longest, N)) == 0
    for lane in range(lanes):
        _enter(row, pair, counts, ring, fields + lane * FIELDS * 8, lane, seq, event, what)
    if get(longest, HEAD) >= 0:
        put(event, NEXT, _NONE)
        if not fresh:
            put(_place(ring, get(row, LAST)), NEXT, seq)
        put(row, LAST, seq)
    return row


@njit(
    "void(int64[::1], int64[::1], int64[::1], uint8[::1], int64, int64, int64, int64, int64, int64, int64, int64,"
    "int64[:,::1], boolean, float64[:,::1])",
    cache=True, nogil=True,
)  # fmt: skip
def step(
    ts, key, other, filled, keys, pairs, counts, ring, lanes, windows, fields, what, asked, instant, out
):
    """Walk a batch of events, sorted by time, through one key group.

    Args:
        ts: microseconds, ascending, not before any event seen earlier.
        key: hashed key of each event, 0 for none: such an event neither counts nor gets an answer.
        other: hashed pair (group of pairs, 0 for none) or value (group of values).
        filled: 0 where an event of a group of values has none: it gets an answer and does not count.
        keys, pairs, counts: addresses of the tables of keys, of pairs and of counts of pairs.
        ring: address of the events alive.
        lanes: how many window lengths there are.
        windows: address of the lengths in microseconds, ascending.
        fields: address of, per lane, the word of each field in a key's row, -1 where it is not kept.
        what: NOTHING, PAIR or VALUE.
        asked: rows of (measure, lane).
        instant: answer each event as soon as it is in, not after its whole instant.
        out: one row per asked measure; filled where an event has a key.
    """
    n = ts.size
    start = 0
    while start < n:
        now = ts[start]
        end = start + 1
        while not instant and end < n and ts[end] == now:
            end += 1
        _expire(keys, pairs, counts, ring, lanes, windows, fields, what, now)
        row = np.int64(0)
        for i in range(start, end):
            _grow(keys)
            _grow(pairs)
            _grow(counts)
            if i + AHEAD < n:
                _hint(keys, key[i + AHEAD])
                if what == PAIR:
                    _hint(pairs, other[i + AHEAD])
            if key[i] != 0 and filled[i] != 0:
                row = _take_in(keys, pairs, counts, ring, lanes, windows, fields, what, now, key[i], other[i])
        alone = end == start + 1 and row != 0
        for i in range(start, end):
            if key[i] == 0:
                continue
            if not alone:
                row = _look(keys, key[i])
            if now < get(ring, BITTEN_UNTIL):
                add(ring, SHORT, 1)
            for k in range(asked.shape[0]):
                out[k, i] = _answer(row, ring, fields + asked[k, 1] * FIELDS * 8, asked[k, 0])
        start = end


# -- before the groups: one row per event id, in the order of time --------------------------------------------------


@njit(forceinline=True)
def _forget(keys, ring):
    """The oldest id is remembered no longer."""
    seq = get(ring, HEADS)
    if seq + AHEAD < get(ring, TAIL):
        _hint(keys, get(_place(ring, seq + AHEAD), KEY))
    _drop(keys, _look(keys, get(_place(ring, seq), KEY)))
    put(ring, HEADS, seq + 1)
    _release(ring, seq)


@njit("int64(int64[::1], int64[::1], uint8[::1], int64, int64, int64)", cache=True, nogil=True)
def dedupe(ts, ids, keep, keys, ring, horizon):
    """Mark the first event of every id within the horizon (microseconds); ts ascend. Returns how many are dropped."""
    dropped = 0
    for i in range(ts.size):
        cut = _since(ts[i], horizon)
        while get(ring, HEADS) < get(ring, TAIL) and get(_place(ring, get(ring, HEADS)), AT) <= cut:
            _forget(keys, ring)
        _grow(keys)
        if i + AHEAD < ts.size:
            _hint(keys, ids[i + AHEAD])
        keep[i] = 1
        if _look(keys, ids[i]) != 0:
            keep[i] = 0
            dropped += 1
            continue
        while not _room(ring):
            add(ring, EVICTED, 1)
            _forget(keys, ring)
        _grab(keys, ids[i])
        event = _place(ring, _push(ring))
        put(event, AT, ts[i])
        put(event, KEY, ids[i])
    return dropped
