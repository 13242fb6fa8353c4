"""The compiled part: one fixed state machine over integer columns, driven by the layout of a key group.

Nothing here knows what a room or an account is. A *key group* (`plan.Group`) has one table of keys, one ring of the
events alive in its longest window, and *lanes*, one per window length. For every instant the machine lets go what has
left each window, takes in all events of that instant, and only then answers, so that events of one instant see each
other as SQL's RANGE windows do.

What makes it fast is what it does not do: no event is an object, a key costs one probe to enter and one to leave
(rows are fetched a few events ahead, `store.hint`), and groups are walked one after the other over a batch, so only one
group's tables compete for the cache. What keeps it exact: sums and squared gaps are kept in two words, so that what
is subtracted is what was added; positions never leave this module, rows are found by key.
"""

import numpy as np
from numba import njit

from zhenbo.kernel.compiled import compiled
from zhenbo.kernel.layout import (
    AT,
    BITTEN_UNTIL,
    CHUNK,
    COUNT,
    COUNTED,
    COUNTS,
    DISTINCT,
    DISTINCTS,
    EVICTED,
    FIELDS,
    FIRST,
    GAP_MEAN,
    GAP_VARIANCE,
    GAPS_HIGH,
    GAPS_LOW,
    GREATEST,
    GREATEST_BACK,
    GREATEST_FRONT,
    GREATEST_LINK,
    GROUP_WORDS,
    HEAD,
    HEADS,
    KEY,
    LAST,
    LEAST,
    LEAST_BACK,
    LEAST_FRONT,
    LEAST_LINK,
    MOST,
    NEWEST,
    NEXT,
    NOTHING,
    OTHER,
    PAIR,
    SETS,
    SHORT,
    SUM_HIGH,
    SUM_LOW,
    SUMMED,
    TAIL,
    TOLD,
    TOP_SHARE,
    VALUE,
    N,
)  # fmt: skip
from zhenbo.kernel.store import (
    add,
    drop,
    fetch,
    get,
    grab,
    grow,
    hint,
    hint_around,
    look,
    paired,
    place,
    push,
    put,
    put_float,
    release,
    ring_at,
    room,
    table_at,
)  # fmt: skip

AHEAD = 12
"""Events whose rows are fetched before they are needed."""

FAR = 64
"""Events of a ring fetched before even their keys are needed: a ring is read where it was written a window ago."""

_LOW = 0xFFFFFFFF
_NONE = -1
_ANCIENT = -(1 << 63)


# -- one lane of one key: entering, leaving, answering ---------------------------------------------------------------


@njit
def _tally(counts, key, lane, count, by):
    """How many values of a key stand at a count, moved by one; whether none is left."""
    row = grab(counts, paired(key + np.int64(lane), np.int64(count)))
    if add(row, 1, by) == 0:
        drop(counts, row)
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
        other = place(ring, tail)
        standing = get(other, OTHER)
        if (least and standing < value) or (not least and standing > value):
            break
        tail = get(other, link + 1) if tail != get(row, front) - 1 else np.int64(_NONE)
    here = place(ring, seq)
    put(here, link, _NONE)
    put(here, link + 1, tail)
    if tail >= 0:
        put(place(ring, tail), link, seq)
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


@njit
def _enter_any(row, pair, counts, ring, field, lane, seq, event, what):
    """An event joins a lane of its key, whatever the lane keeps."""
    other = get(event, OTHER) if what != NOTHING else np.int64(0)
    if get(field, HEAD) >= 0:
        if get(row, get(field, N)) == 0:
            put(row, get(field, HEAD), seq)
        elif get(field, GAPS_HIGH) >= 0:
            gap = get(event, AT) - get(place(ring, get(row, LAST)), AT)
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
def _enter(row, pair, counts, ring, field, lane, seq, event, what):
    """An event joins a lane of its key."""
    if what == COUNTS:
        add(row, 1 + lane, 1)
    elif what == SETS:
        add(row, 1 + 2 * lane, 1)
        if pair != 0 and add(pair, 1 + lane, 1) == 1:
            add(row, 2 + 2 * lane, 1)
    else:
        _enter_any(row, pair, counts, ring, field, lane, seq, event, what)


@njit
def _leave_any(row, keys, pairs, counts, ring, field, lane, last, seq, event, what):
    """An event leaves a lane of its key, whatever the lane keeps."""
    key = get(event, KEY)
    other = get(event, OTHER) if what != NOTHING else np.int64(0)
    n = add(row, get(field, N), -1)
    if get(field, HEAD) >= 0 and n > 0:
        following = get(event, NEXT)
        put(row, get(field, HEAD), following)
        if get(field, GAPS_HIGH) >= 0:
            gap = get(place(ring, following), AT) - get(event, AT)
            _squares(row, get(field, GAPS_HIGH), get(field, GAPS_LOW), gap, -1)
    if what == PAIR and other != 0:
        pair = grab(pairs, other)
        count = add(pair, 1 + lane, -1)
        if count == 0:
            add(row, get(field, DISTINCT), -1)
            if last:
                drop(pairs, pair)
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
        drop(keys, row)


@njit(forceinline=True)
def _leave(keys, pairs, counts, ring, field, lane, last, seq, what):
    """An event leaves a lane of its key; from the longest lane a key without events goes too."""
    event = place(ring, seq)
    row = grab(keys, get(event, KEY))
    if what == COUNTS:
        if add(row, 1 + lane, -1) == 0 and last:
            drop(keys, row)
    elif what == SETS:
        other = get(event, OTHER)
        if other != 0:
            pair = grab(pairs, other)
            if add(pair, 1 + lane, -1) == 0:
                add(row, 2 + 2 * lane, -1)
                if last:
                    drop(pairs, pair)
        if add(row, 1 + 2 * lane, -1) == 0 and last:
            drop(keys, row)
    else:
        _leave_any(row, keys, pairs, counts, ring, field, lane, last, seq, event, what)


@njit
def _whole(high, low):
    """Two words as the nearest float: one rounding."""
    high += low >> 32
    return np.float64(high) * 4294967296.0 + np.float64(low & _LOW)


@njit
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
        return np.float64(get(place(ring, get(row, get(field, LEAST_FRONT)) - 1), OTHER))
    if measure == GREATEST:
        return np.float64(get(place(ring, get(row, get(field, GREATEST_FRONT)) - 1), OTHER))
    newest = place(ring, get(row, LAST))
    if measure == NEWEST:
        return np.float64(get(newest, OTHER))
    oldest = place(ring, get(row, get(field, HEAD)))
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
    seq = get(ring.meta, HEADS + lane)
    if seq + AHEAD < get(ring.meta, TAIL):
        coming = place(ring, seq + AHEAD)
        hint_around(keys, get(coming, KEY))
        if what in (PAIR, SETS):
            hint_around(pairs, get(coming, OTHER))
        fetch(place(ring, seq + FAR))
    last = lane == lanes - 1
    _leave(keys, pairs, counts, ring, fields + lane * FIELDS * 8, lane, last, seq, what)
    put(ring.meta, HEADS + lane, seq + 1)
    if last:
        release(ring, seq)


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
            get(ring.meta, HEADS + lane) < get(ring.meta, TAIL)
            and get(place(ring, get(ring.meta, HEADS + lane)), AT) <= cut
        ):
            _let_go(keys, pairs, counts, ring, fields, lane, lanes, what)


@njit
def _evict(keys, pairs, counts, ring, lanes, windows, fields, what):
    """The bound bites: the oldest events leave every window before their time, are counted, and so are short answers."""
    longest = lanes - 1
    head = get(ring.meta, HEADS + longest)
    upto = min((head | (CHUNK - 1)) + 1, get(ring.meta, TAIL))
    add(ring.meta, EVICTED, upto - head)
    put(
        ring.meta,
        BITTEN_UNTIL,
        max(get(ring.meta, BITTEN_UNTIL), get(place(ring, upto - 1), AT) + get(windows, longest)),
    )
    for lane in range(lanes):
        while get(ring.meta, HEADS + lane) < upto:
            _let_go(keys, pairs, counts, ring, fields, lane, lanes, what)


@njit(forceinline=True)
def _take_in(keys, pairs, counts, ring, lanes, windows, fields, what, at, key, other):
    """One event enters every lane; the address of its key's row."""
    if not room(ring):
        _evict(keys, pairs, counts, ring, lanes, windows, fields, what)
    seq = push(ring)
    event = place(ring, seq)
    put(event, AT, at)
    put(event, KEY, key)
    if what != NOTHING and what != COUNTS:
        put(event, OTHER, other)
    row = grab(keys, key)
    pair = grab(pairs, other) if what in (PAIR, SETS) and other != 0 else np.int64(0)
    longest = fields + (lanes - 1) * FIELDS * 8
    fresh = get(row, get(longest, N)) == 0
    for lane in range(lanes):
        _enter(row, pair, counts, ring, fields + lane * FIELDS * 8, lane, seq, event, what)
    if what != COUNTS and what != SETS and get(longest, HEAD) >= 0:
        put(event, NEXT, _NONE)
        if not fresh:
            put(place(ring, get(row, LAST)), NEXT, seq)
        put(row, LAST, seq)
    return row


@njit(forceinline=True)
def _value(row, ring, fields, lane, measure, what):
    """A measure of a lane for a key whose row stands at an address, 0 if it has none."""
    if what == COUNTS:
        return np.float64(get(row, 1 + lane)) if row != 0 else 0.0
    if what == SETS:
        word = 2 * lane + (2 if measure == DISTINCTS else 1)
        return np.float64(get(row, word)) if row != 0 else 0.0
    return _answer(row, ring, fields + lane * FIELDS * 8, measure)


@njit(forceinline=True)
def _walk_as(
    n, ts, key, other, filled, keys, pairs, counts, ring, lanes, windows, fields, what, asked, answers, instant, out,
):  # fmt: skip
    """As `run`, for one group; compiled apart for each constant `what` it is called with."""
    keys, pairs, counts, ring = table_at(keys), table_at(pairs), table_at(counts), ring_at(ring)
    start = 0
    while start < n:
        now = get(ts, start)
        end = start + 1
        while not instant and end < n and get(ts, end) == now:
            end += 1
        _expire(keys, pairs, counts, ring, lanes, windows, fields, what, now)
        row = np.int64(0)
        for i in range(start, end):
            grow(keys)
            grow(pairs)
            grow(counts)
            if i + AHEAD < n:
                hint(keys, get(key, i + AHEAD))
                if what in (PAIR, SETS):
                    hint(pairs, get(other, i + AHEAD))
            if get(key, i) != 0 and (what != VALUE or get(filled, i) != 0):
                seen = get(other, i) if what != NOTHING and what != COUNTS else np.int64(0)
                row = _take_in(
                    keys, pairs, counts, ring, lanes, windows, fields, what, now, get(key, i), seen
                )
        alone = end == start + 1 and row != 0
        for i in range(start, end):
            if get(key, i) == 0:
                continue
            if not alone:
                row = look(keys, get(key, i))
            if now < get(ring.meta, BITTEN_UNTIL):
                add(ring.meta, SHORT, 1)
            for k in range(answers):
                value = _value(row, ring, fields, get(asked, 2 * k + 1), get(asked, 2 * k), what)
                put_float(out, k * n + i, value)
        start = end


@njit
def _walk(
    n, ts, key, other, filled, keys, pairs, counts, ring, lanes, windows, fields, what, asked, answers, instant, out,
):  # fmt: skip
    """One group over a batch, by the kind of the group.

    The kinds go in typed as numbers: as constants, every function under the walk would be compiled for each.
    """
    if what == COUNTS:
        _walk_as(
            n, ts, key, other, filled, keys, pairs, counts, ring, lanes, windows, fields, np.int64(COUNTS), asked, answers,
            instant, out,
        )  # fmt: skip
    elif what == SETS:
        _walk_as(
            n, ts, key, other, filled, keys, pairs, counts, ring, lanes, windows, fields, np.int64(SETS), asked, answers,
            instant, out,
        )  # fmt: skip
    else:
        _walk_as(
            n, ts, key, other, filled, keys, pairs, counts, ring, lanes, windows, fields, what, asked, answers, instant, out
        )  # fmt: skip


@compiled("void(int64, int64, int64, int64, boolean, int64)")
def run(n, ts, groups, many, instant, out):
    """Walk a batch of events, sorted by time, through key groups. Everything is an address but numbers and flags.

    Args:
        n: events.
        ts: their microseconds, ascending, not before any event seen earlier.
        groups: a row per group, of `GROUP_WORDS` words (`layout`).
        many: groups.
        instant: answer each event as soon as it is in, not after its whole instant.
        out: floats, n per feature, filled where an event has a key.
    """
    for g in range(many):
        at = groups + g * GROUP_WORDS * 8
        _walk(
            n, ts, get(at, 0), get(at, 1), get(at, 2), get(at, 3), get(at, 4), get(at, 5), get(at, 6), get(at, 7),
            get(at, 8), get(at, 9), get(at, 10), get(at, 11), get(at, 12), instant, out + get(at, 13) * n * 8,
        )  # fmt: skip


# -- before the groups: one row per event id, in the order of time --------------------------------------------------


@njit(forceinline=True)
def _forget(keys, ring):
    """The oldest id is remembered no longer."""
    seq = get(ring.meta, HEADS)
    if seq + AHEAD < get(ring.meta, TAIL):
        hint_around(keys, get(place(ring, seq + AHEAD), KEY))
        fetch(place(ring, seq + FAR))
    drop(keys, look(keys, get(place(ring, seq), KEY)))
    put(ring.meta, HEADS, seq + 1)
    release(ring, seq)


@njit(forceinline=True)
def is_new(keys, ring, now, identity, horizon):
    """Whether an id was not seen within the horizon; it is remembered."""
    cut = _since(now, horizon)
    while get(ring.meta, HEADS) < get(ring.meta, TAIL) and get(place(ring, get(ring.meta, HEADS)), AT) <= cut:
        _forget(keys, ring)
    grow(keys)
    while not room(ring):
        add(ring.meta, EVICTED, 1)
        _forget(keys, ring)
    before = get(keys.meta, COUNT)
    grab(keys, identity)
    if get(keys.meta, COUNT) == before:
        return False
    event = place(ring, push(ring))
    put(event, AT, now)
    put(event, KEY, identity)
    return True


@compiled("int64(int64[::1], int64[::1], uint8[::1], int64, int64, int64)")
def dedupe(ts, ids, keep, keys, ring, horizon):
    """Mark the first event of every id within the horizon (microseconds); ts ascend. Returns how many are dropped."""
    keys, ring = table_at(keys), ring_at(ring)
    dropped = 0
    for i in range(ts.size):
        if i + AHEAD < ts.size:
            hint(keys, ids[i + AHEAD])
        keep[i] = is_new(keys, ring, ts[i], ids[i], horizon)
        dropped += 1 - keep[i]
    return dropped


@compiled("int64(uint8[::1], int64[::1], int64[::1], int64[:,::1])")
def compact(keep, ts, ids, columns):
    """Move what is kept to the front, in place; how many they are."""
    n = 0
    for i in range(keep.size):
        ts[n], ids[n] = ts[i], ids[i]
        n += keep[i]
    for c in range(columns.shape[0]):
        n = 0
        for i in range(keep.size):
            columns[c, n] = columns[c, i]
            n += keep[i]
    return n
