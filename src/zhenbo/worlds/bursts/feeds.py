"""Honest evenings recorded badly: feeds that lose, delay, lump and overcount, and nobody bought anything.

What a feed does to rows and readings is done when the record is written (`Show.feeds`), to honest rows and to bought
ones alike; the truth stays that of the room. The last reading of every total is the closing summary and exact. That
the push stream is a sample (enters at 11 %, likes at 95 %), that backlogs are replayed and that one recorder stamps
rows on arrival is the field's (INPUTS 1.2, 1.4, 6.3); sizes are judgement unless said.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from functools import partial

import numpy as np
import numpy.typing as npt

from zhenbo.core.schema import Flag
from zhenbo.core.session import MINUTE
from zhenbo.worlds import organic
from zhenbo.worlds.bursts.scene import declare, stretch, surge
from zhenbo.worlds.crowd import Ints
from zhenbo.worlds.show import NONE, SECOND, Block, Plan, Show, Unseen

Bools = npt.NDArray[np.bool_]
Floats = npt.NDArray[np.float64]
Choose = Callable[[str, Ints], Bools]
Reread = Callable[[str, Ints, Ints], Ints]
PEOPLE = ("enter", "leave", "like", "follow", "share", "gift", "product_click", "cart_add", "comment")
"""Kinds of rows that viewers cause and a push feed carries."""
PUSHED = (*PEOPLE, "product_pin", "lottery")
TOTALS = ("entered_total", "like_total", "follow_total")
READINGS = ("viewers", *TOTALS)


def fine(plan: Plan, rng: np.random.Generator) -> Plan:
    """An evening of three quarters of an hour at least, its counters read every ten or twenty seconds."""
    return replace(plan, cadence_s=int(rng.choice([10, 20])), minutes=max(plan.minutes, 45))


def restless(plan: Plan, rng: np.random.Generator) -> Plan:
    """The same with an audience that comes in waves, so that the room is at times several times as busy."""
    return replace(fine(plan, rng), unrest=float(rng.uniform(0.7, 1.1)))


def pushed(show: Show, rng: np.random.Generator) -> None:
    """An ordinary evening during which the platform often sends many people for some minutes; nobody declares it."""
    organic.play(show, rng)
    if rng.random() < 0.7:
        when = stretch(show, rng, float(rng.uniform(5, 15)))
        surge(show, rng, int(show.plan.watchers * rng.uniform(0.5, 1.5)), when, "推荐feed", 9.0)


# --- rows lost ----------------------------------------------------------------------------------------------------


def throttled(show: Show, rng: np.random.Generator) -> None:
    """At most so many rows of a kind in every frame of seconds: the share delivered falls just when the room is busy.

    The cap is what a middling to busy moment of the room brings; two feeds of three cap entries hardest (11 % of them
    and 95 % of likes were delivered in the Douyin capture, INPUTS 1.2).
    """
    pushed(show, rng)
    hard = "enter" if rng.random() < 0.67 else "like"
    quantile = {
        kind: float(rng.uniform(0.1, 0.5) if kind == hard else rng.uniform(0.6, 0.97)) for kind in PEOPLE
    }
    frame = int(rng.choice([1, 2, 5])) * SECOND
    show.feeds.append(partial(_throttle, quantile, frame, rng.random() < 0.5))


def _throttle(
    quantile: Mapping[str, float], frame: int, first: bool, show: Show, blocks: list[Block], rng: np.random.Generator
) -> list[Block]:  # fmt: skip
    """Of every frame the first rows pass, or as many drawn by chance; frames are longer where little happens."""

    def under(kind: str, ts: Ints) -> Bools:
        width = max(frame, 4 * show.plan.minutes * MINUTE // len(ts))
        _, inverse, counts = np.unique(ts // width, return_inverse=True, return_counts=True)
        order = np.lexsort((ts if first else rng.random(len(ts)), inverse))
        begin = np.cumsum(counts) - counts
        rank = np.empty(len(ts), dtype=np.int64)
        rank[order] = np.arange(len(ts)) - begin[inverse[order]]
        return rank < max(1, int(np.quantile(counts, quantile[kind])))

    return _sifted(blocks, PEOPLE, under)


def resampled(show: Show, rng: np.random.Generator) -> None:
    """The platform delivers 40-80 % of a kind's rows, and 10-25 % once the room has passed a size.

    Entries always, taps in half of the evenings, comments in a quarter; half of the platforms go back when the room
    is small again.
    """
    pushed(show, rng)
    kinds = ["enter", "leave"]
    kinds += ["like"] if rng.random() < 0.5 else []
    kinds += ["comment"] if rng.random() < 0.25 else []
    before, after = float(rng.uniform(0.4, 0.8)), float(rng.uniform(0.1, 0.25))
    size = float(rng.uniform(0.5, 0.85))
    show.feeds.append(partial(_resample, kinds, (before, after), size, rng.random() < 0.5))


def _resample(
    kinds: Sequence[str], shares: tuple[float, float], size: float, back: bool,
    show: Show, blocks: list[Block], rng: np.random.Generator,
) -> list[Block]:  # fmt: skip
    edges, level = _presence(show)
    over = level > size * level.max(initial=0)
    if not back:
        over = np.maximum.accumulate(over)

    def drawn(kind: str, ts: Ints) -> Bools:
        del kind
        return np.asarray(rng.random(len(ts)) < np.where(_at(ts, edges, over), shares[1], shares[0]))

    return _sifted(blocks, kinds, drawn)


def member_loss(show: Show, rng: np.random.Generator) -> None:
    """One kind of row is lost for a stretch, all other kinds arrive: the server drops members' messages under load.

    Entries in three evenings of five, else taps, or follows and shares; from the moment the room passes a size until
    it is well below it, or for a stretch of 10-40 minutes.
    """
    pushed(show, rng)
    kinds = (("enter", "leave"), ("like",), ("follow", "share"))[int(rng.choice(3, p=(0.6, 0.25, 0.15)))]
    when = stretch(show, rng, float(rng.uniform(10, 40)))
    size = float(rng.uniform(0.35, 0.7)) if rng.random() < 0.6 else 0.0
    show.feeds.append(partial(_drop, kinds, when, size, float(rng.choice([0.0, 0.0, 0.03, 0.1]))))


def _drop(
    kinds: Sequence[str], when: tuple[int, int], size: float, kept: float,
    show: Show, blocks: list[Block], rng: np.random.Generator,
) -> list[Block]:  # fmt: skip
    edges, level = _presence(show)
    loaded = level > size * level.max(initial=0)

    def spared(kind: str, ts: Ints) -> Bools:
        del kind
        lost = _at(ts, edges, loaded) if size else (ts >= when[0]) & (ts < when[1])
        return np.asarray(~lost | (rng.random(len(ts)) < kept))

    return _sifted(blocks, kinds, spared)


def stalled(show: Show, rng: np.random.Generator) -> None:
    """The collector's socket goes quiet for one to ten minutes, one to four times; the counters, polled apart, go on."""
    organic.play(show, rng)
    show.feeds.append(partial(_cut, _outages(show, rng, int(rng.integers(1, 5)), (1, 10)), PUSHED))


def reconnecting(show: Show, rng: np.random.Generator) -> None:
    """The collector drops off three to ten times for 20 seconds to six minutes: no row, no reading, then a jump."""
    organic.play(show, rng)
    outages = _outages(show, rng, int(rng.integers(3, 11)), (1 / 3, 6))
    show.feeds.append(partial(_cut, outages, (*PUSHED, *READINGS)))
    for when in outages:
        if rng.random() < 0.3:
            declare(show, rng, "outage", when)


def _cut(
    outages: Sequence[tuple[int, int]], kinds: Sequence[str], show: Show, blocks: list[Block], rng: np.random.Generator
) -> list[Block]:  # fmt: skip
    """Nothing of these kinds within the outages, but for the closing summary."""
    del rng

    def outside(kind: str, ts: Ints) -> Bools:
        del kind
        return np.asarray((_inside(ts, outages) < 0) | (ts >= show.plan.end))

    return _sifted(blocks, kinds, outside)


# --- rows late or lumped ------------------------------------------------------------------------------------------


def backlog(show: Show, rng: np.random.Generator) -> None:
    """A recorder stamps rows on arrival: after every stall what was held back comes within a second or two.

    Replayed backlog carries HISTORY and a time that is no event's (INPUTS 1.4, 5.2); one recorder of three marks
    neither. Of entries and taps the server keeps only the last ones.
    """
    organic.play(show, rng)
    outages = _outages(show, rng, int(rng.integers(1, 6)), (0.5, 6))
    mark = int(Flag.HISTORY | Flag.TS_APPROX) if rng.random() < 0.67 else 0
    show.feeds.append(partial(_heap, outages, mark, int(rng.integers(30, 400))))


def _heap(
    outages: Sequence[tuple[int, int]], mark: int, most: int, show: Show, blocks: list[Block], rng: np.random.Generator
) -> list[Block]:  # fmt: skip
    """Rows of an outage move to its end, in their order; of each kind the last `most` of them."""
    del show, rng
    ends = np.array([end for _, end in outages])

    def last(kind: str, ts: Ints) -> Bools:
        keep, which = np.ones(len(ts), dtype=bool), _inside(ts, outages)
        for i in range(len(outages)):
            held = np.flatnonzero(which == i)
            keep[held[np.argsort(-ts[held], kind="stable")][most if kind != "comment" else 4 * most :]] = (
                False
            )
        return keep

    out = []
    for block in _sifted(blocks, PUSHED, last):
        which = _inside(block.ts, outages)
        if block.kind not in PUSHED or block.later or not (which >= 0).any():
            out.append(block)
            continue
        since = np.array([begin for begin, _ in outages])[which]
        arrived = ends[which] + (block.ts - since) * 1_500_000 // np.maximum(ends[which] - since, 1)
        flag = np.broadcast_to(np.asarray(block.columns.get("flag", 0), dtype=np.int64), block.ts.shape)
        columns = {**block.columns, "flag": np.where(which >= 0, flag | mark, flag)}
        out.append(Block(block.kind, np.where(which >= 0, arrived, block.ts), columns))
    return out


def polled(show: Show, rng: np.random.Generator) -> None:
    """The collector asks every five to sixty seconds and stamps whatever is new with the moment it asked."""
    organic.play(show, rng)
    step = int(rng.choice([5, 10, 15, 30, 60])) * SECOND
    show.feeds.append(partial(_stamp, step, int(rng.integers(step)), bool(rng.random() < 0.67)))


def _stamp(
    step: int, phase: int, marked: bool, show: Show, blocks: list[Block], rng: np.random.Generator
) -> list[Block]:  # fmt: skip
    """Times are rounded up to the next poll, all rows of a poll within a few milliseconds."""
    del show
    out = []
    for block in blocks:
        if block.kind in PUSHED and not block.later and len(block.ts):
            asked = -((phase - block.ts) // step) * step + phase + rng.integers(0, 5_000, len(block.ts))
            flag = block.columns.get("flag", 0) | (int(Flag.TS_APPROX) if marked else 0)
            out.append(Block(block.kind, asked, {**block.columns, "flag": flag}))
        else:
            out.append(block)
    return out


def batched_likes(show: Show, rng: np.random.Generator) -> None:
    """A person's taps of a stretch of 10-120 seconds arrive as one row with their sum, at the end of the stretch.

    Half of the feeds lump on the room's clock, so that everybody's rows fall on one second; half on each person's.
    """
    organic.play(show, rng)
    show.feeds.append(
        partial(_lump, int(rng.choice([10, 15, 30, 60, 120])) * SECOND, bool(rng.random() < 0.5))
    )


def _lump(
    step: int, common: bool, show: Show, blocks: list[Block], rng: np.random.Generator
) -> list[Block]:  # fmt: skip
    taps = [b for b in blocks if b.kind == "like" and not b.later and len(b.ts)]
    if not taps:
        return blocks
    who, qty, flag = (
        np.concatenate(
            [np.broadcast_to(np.asarray(b.columns.get(c, 0), dtype=np.int64), b.ts.shape) for b in taps]
        )
        for c in ("actor", "qty", "flag")
    )
    ts = np.concatenate([b.ts for b in taps])
    phase = np.full(len(ts), rng.integers(step)) if common else who * 2_654_435_761 % step
    ends = (ts - phase) // step * step + phase + step
    (person, end), first, inverse = np.unique(
        np.stack([who, ends]), axis=1, return_index=True, return_inverse=True
    )
    summed = np.bincount(inverse.ravel(), qty, minlength=len(first)).astype(np.int64)
    at = np.minimum(end + rng.integers(0, SECOND // 3, len(end)), show.plan.end)
    lumps = Block("like", at, {"actor": person, "qty": summed, "flag": flag[first]})
    return [*(b for b in blocks if b.kind != "like" or b.later), lumps]


# --- counters -----------------------------------------------------------------------------------------------------


def lagging(show: Show, rng: np.random.Generator) -> None:
    """What the room displays is one to five minutes old; the gauge of people present may be fresher than the totals."""
    organic.play(show, rng)
    lag = {kind: int(rng.uniform(1, 5) * MINUTE) for kind in READINGS}
    if rng.random() < 0.5:
        lag = dict.fromkeys(READINGS, lag["viewers"])

    def older(kind: str, ts: Ints, qty: Ints) -> Ints:
        seen = np.searchsorted(ts, ts - lag[kind], "right") - 1
        return np.where(seen < 0, qty[0] if kind == "viewers" else 0, qty[np.maximum(seen, 0)])

    show.feeds.append(partial(_reread, READINGS, older))


def slow(show: Show, rng: np.random.Generator) -> None:
    """The displayed counters are refreshed every minute, two or five, and stand still in between."""
    organic.play(show, rng)
    every = int(rng.choice([1, 2, 5])) * MINUTE
    kinds = READINGS if rng.random() < 0.5 else TOTALS

    def last_refresh(kind: str, ts: Ints, qty: Ints) -> Ints:
        del kind
        seen = np.searchsorted(ts, ts // every * every, "right") - 1
        return np.where(seen < 0, qty[0], qty[np.maximum(seen, 0)])

    show.feeds.append(partial(_reread, kinds, last_refresh))


def smoothed(show: Show, rng: np.random.Generator) -> None:
    """The platform smooths what it displays with a memory of two to ten minutes: no burst of the room shows in it."""
    organic.play(show, rng)
    memory = float(rng.uniform(2, 10) * MINUTE)

    def eased(kind: str, ts: Ints, qty: Ints) -> Ints:
        keep = np.exp(-np.diff(ts, prepend=ts[0]) / memory).tolist()
        level, shown = float(qty[0] if kind == "viewers" else 0), []
        for k, q in zip(keep, qty.tolist(), strict=True):
            level = k * level + (1 - k) * q
            shown.append(round(level))
        return np.array(shown, dtype=np.int64)

    show.feeds.append(partial(_reread, READINGS, eased))


def page_views(show: Show, rng: np.random.Generator) -> None:
    """The total of entries counts share pages, replays and widget impressions: 30-200 % more than ever enter.

    Share pages follow the entries by minutes; a widget on the app's front page runs at an even rate for stretches of
    5-25 minutes, as a bought delivery does.
    """
    organic.play(show, rng)
    came = np.concatenate([b.ts for b in show.blocks if b.kind == "enter"])
    more = round(len(came) * float(rng.uniform(0.3, 2.0)))
    widget = round(more * float(rng.uniform(0.1, 0.7)))
    pages = rng.choice(came, more - widget) + (rng.exponential(3, more - widget) * MINUTE).astype(np.int64)
    runs = [stretch(show, rng, float(rng.uniform(5, 25))) for _ in range(int(rng.integers(1, 4)))]
    run = np.array(runs)[rng.integers(len(runs), size=widget)]
    shown = (run[:, 0] + rng.random(widget) * (run[:, 1] - run[:, 0])).astype(np.int64)
    at = np.minimum(np.concatenate([pages, shown]), show.plan.end)
    show.unseen.append(Unseen("entered_total", at, np.ones(len(at), dtype=np.int64)))


def like_hundreds(show: Show, rng: np.random.Generator) -> None:
    """Clients report hearts to the counter in lots of a hundred and more, of which the rows know a tenth to a half."""
    organic.play(show, rng)
    taps = [b for b in show.blocks if b.kind == "like"]
    if not taps:
        return
    at = np.concatenate([b.ts for b in taps])
    lots = max(1, round(show.total("like", "qty") * float(rng.uniform(1, 9)) / 150))
    when = np.minimum(rng.choice(at, lots) + rng.integers(0, 20 * SECOND, lots), show.plan.end)
    show.unseen.append(Unseen("like_total", when, 100 * rng.geometric(1 / 1.5, lots)))


def counter_reset(show: Show, rng: np.random.Generator) -> None:
    """The stream is re-pushed and the totals begin at zero again, until 3-20 minutes later the sum is put right."""
    organic.play(show, rng)
    since, until = stretch(show, rng, float(rng.uniform(3, 20)))

    def anew(kind: str, ts: Ints, qty: Ints) -> Ints:
        del kind
        before = np.append(0, qty)[np.searchsorted(ts, since)]
        return np.where((ts >= since) & (ts < until), qty - before, qty)

    show.feeds.append(partial(_reread, TOTALS, anew))


def counter_corrected(show: Show, rng: np.random.Generator) -> None:
    """A total counts part of what comes twice for a while and is corrected downward in one step."""
    organic.play(show, rng)
    since, until = stretch(show, rng, float(rng.uniform(5, 40)))
    twice = float(rng.uniform(0.2, 1.0))
    kinds = TOTALS if rng.random() < 0.5 else (str(rng.choice(TOTALS[:2])),)

    def over(kind: str, ts: Ints, qty: Ints) -> Ints:
        del kind
        inside = (ts >= since) & (ts < until)
        if not inside.any():
            return qty
        more = twice * (qty - qty[inside][0])
        room = max(0, int(qty[-1]) - int(qty[inside][-1]))  # what is shown at last stays the most ever shown
        more *= min(1.0, room / max(float(more[inside][-1]), 1.0))
        return np.where(inside, qty + np.floor(more).astype(np.int64), qty)

    show.feeds.append(partial(_reread, kinds, over))


# --- what feeds are made of ---------------------------------------------------------------------------------------


def _sifted(blocks: Sequence[Block], kinds: Sequence[str], keeps: Choose) -> list[Block]:
    """The blocks without rows that a feed withholds; `keeps` sees the times of all rows of a kind at once."""
    out = list(blocks)
    for kind in kinds:
        places = [i for i, b in enumerate(blocks) if b.kind == kind and not b.later and len(b.ts)]
        if places:
            keep = keeps(kind, np.concatenate([blocks[i].ts for i in places]))
            bounds = np.cumsum([len(blocks[i].ts) for i in places])[:-1]
            for i, part in zip(places, np.split(keep, bounds), strict=True):
                out[i] = _part(blocks[i], part)
    return out


def _part(block: Block, keep: Bools) -> Block:
    columns = {k: v[keep] if isinstance(v, np.ndarray) and v.ndim else v for k, v in block.columns.items()}
    return Block(block.kind, block.ts[keep], columns, block.later)


def _reread(
    kinds: Sequence[str], reads: Reread, show: Show, blocks: list[Block], rng: np.random.Generator
) -> list[Block]:  # fmt: skip
    """Counters as displayed; the closing summary after the end tells the totals as they are."""
    del rng
    out = []
    for block in blocks:
        if block.kind in kinds and len(block.ts):
            true = np.asarray(block.columns["qty"], dtype=np.int64)
            shown = reads(block.kind, block.ts, true)
            closing = (block.ts >= show.plan.end) & (block.kind != "viewers")
            closing[-1] |= block.kind in TOTALS
            out.append(Block(block.kind, block.ts, {**block.columns, "qty": np.where(closing, true, shown)}))
        else:
            out.append(block)
    return out


def _presence(show: Show) -> tuple[Ints, Ints]:
    """People in the room, smoothed over three minutes: edges of ten-second bins, and how many in each."""
    edges = np.arange(show.plan.start, show.plan.end + 10 * SECOND, 10 * SECOND)
    _, since, until = show.people()
    here = np.searchsorted(np.sort(since), edges, "right") - np.searchsorted(np.sort(until), edges, "right")
    return edges, np.convolve(here, np.full(18, 1.0), "same").astype(np.int64)


def _at(ts: Ints, edges: Ints, values: Bools) -> Bools:
    return np.asarray(values[np.clip(np.searchsorted(edges, ts, "right") - 1, 0, len(edges) - 1)])


def _outages(
    show: Show, rng: np.random.Generator, n: int, minutes: tuple[float, float]
) -> list[tuple[int, int]]:
    """Up to `n` stretches, of log-even length, that do not overlap."""
    found: list[tuple[int, int]] = []
    for _ in range(n):
        length = float(np.exp(rng.uniform(np.log(minutes[0]), np.log(minutes[1]))))
        since, until = stretch(show, rng, min(length, show.plan.minutes / 6))
        if all(until < s - MINUTE // 2 or since > u + MINUTE // 2 for s, u in found):
            found.append((since, until))
    return sorted(found)


def _inside(ts: Ints, outages: Sequence[tuple[int, int]]) -> Ints:
    """Which outage each moment lies in, or none."""
    which = np.full(len(ts), NONE, dtype=np.int64)
    for i, (since, until) in enumerate(outages):
        which[(ts >= since) & (ts < until)] = i
    return which
