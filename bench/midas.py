"""Would a sketch warn earlier? MIDAS-F beside the verdict a watcher reads: `python bench/midas.py [SESSIONS] [SEED]`.

MIDAS-F (Bhatia et al., TKDD 2022): count-min sketches of an edge's count in this minute and before it, chi-square against an even
rate, conditional merging so that a burst does not become its own baseline. Edges are what of an event might be shared by
bought ones: (device, IP, registration day, text, account) by kind of event. Each kind of edge has its own threshold, set on half
of the honest sessions and judged on the other half; the verdict has `suspect`.
Prints how many bought sessions each finds, after how many minutes, and at how many false alarms on the other honest sessions.
"""

import sys
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor

import numba
import numpy as np
import numpy.typing as npt
import pyarrow.compute as pc

from zhenbo.core.session import DAY, MINUTE, codes, micros
from zhenbo.pipeline import cases, default_policy
from zhenbo.proof.trial import MATERIAL, Depth, trials
from zhenbo.worlds import World, attacked, campaign

Ints = npt.NDArray[np.int64]
Floats = npt.NDArray[np.float64]

ROWS, WIDTH = 2, 1024
DECAY = 0.5
MERGE_BELOW = 1000.0
"""The authors' setting of decay and of the score below which a minute's counts are merged."""
EDGES = ("device", "ip", "cohort", "text", "actor_id")
WARM = 10
"""Ticks before the first score counts: every room's opening is a burst."""
SHARES = (0.01, 0.05, 0.2)
"""Shares of honest sessions that may reach the thresholds."""
HONEST = 3
"""Honest sessions per bought one."""


@numba.njit(cache=True)
def midas_f(edge: Ints, source: Ints, at: Ints) -> Floats:
    """Score of every edge, the largest of edge and source: chi-square of this tick's count against an even rate.

    Args:
        edge: hash of source and kind.
        source: hash of source.
        at: tick, ascending, from 1.
    """
    out = np.zeros(len(edge))
    now = np.zeros((2, ROWS, WIDTH))
    before = np.zeros((2, ROWS, WIDTH))
    score = np.zeros((2, ROWS, WIDTH))
    tick = 1
    for i in range(len(edge)):
        while tick < at[i]:
            for s in range(2):
                for r in range(ROWS):
                    for c in range(WIDTH):
                        if score[s, r, c] < MERGE_BELOW:
                            before[s, r, c] += now[s, r, c]
                        elif tick > 1:
                            before[s, r, c] += before[s, r, c] / (tick - 1)
                        now[s, r, c] *= DECAY
            tick += 1
        best = 0.0
        for s in range(2):
            key = edge[i] if s == 0 else source[i]
            least_now, least_before = np.inf, np.inf
            for r in range(ROWS):
                c = ((key * (2 * r + 3) + 7919 * r) ^ (key >> (7 + r))) % WIDTH
                now[s, r, c] += 1
                least_now = min(least_now, now[s, r, c])
                least_before = min(least_before, before[s, r, c])
            told = 0.0
            if tick > 1 and least_before > 0:
                told = (least_now + least_before - least_now * tick) ** 2 / (least_before * (tick - 1))
            for r in range(ROWS):
                c = ((key * (2 * r + 3) + 7919 * r) ^ (key >> (7 + r))) % WIDTH
                score[s, r, c] = told
            best = max(best, told)
        out[i] = best
    return out


def scores(world: World) -> tuple[Floats, Floats]:
    """The largest score per kind of edge up to each minute after the first event (minutes by kinds), and when they are."""
    told = [c.session for c in cases(world.dataset, world.dataset.latest, default_policy())]
    rows = world.dataset.events.slice(0, 0)
    if len(told) == 1:  # not the orders of a shop, with or without a room
        rows = told[0].events.filter(pc.is_valid(told[0].events["actor_id"]))
    if not rows.num_rows:
        return np.zeros((0, len(EDGES))), np.zeros(0)
    ts = micros(rows["ts"])
    order = np.argsort(ts, kind="stable")
    rows, ts = rows.take(order), ts[order]
    tick = (ts - ts[0]) // MINUTE + 1
    kind = codes(rows["kind"])[0]
    minutes = np.arange(1, min(int(tick[-1]), 1_440) + 1)
    out = np.zeros((len(minutes), len(EDGES)))
    for column, name in enumerate(EDGES):
        key = _keys(world, rows, name)
        here = key >= 0
        if here.any():
            made = midas_f(key[here] * 64 + kind[here], key[here] * 64 + 63, tick[here])
            top = np.maximum.accumulate(np.where(tick[here] > WARM, made, 0.0))
            upto = np.searchsorted(tick[here], minutes, side="right")
            out[:, column] = np.where(upto > 0, top[np.maximum(upto - 1, 0)], 0.0)
    return out, ts[0] / MINUTE + minutes


def _keys(world: World, rows: "pc.Table", name: str) -> Ints:
    if name != "cohort":
        return np.asarray(codes(rows[name])[0], dtype=np.int64)
    born = dict(zip(world.dataset.accounts["account_id"].to_pylist(), micros(world.dataset.accounts["since"]), strict=True))  # fmt: skip
    none = np.iinfo(np.int64).min
    day = np.asarray([born.get(a, none) for a in rows["actor_id"].to_pylist()], dtype=np.int64)
    return np.where(day == none, -1, day // DAY)


def one(job: tuple[str, int, int]) -> tuple[bool, bool, Floats, Floats, float, float]:
    """Whether bought and whether the verdict flags it; scores and their moments; when it began; the verdict's minutes."""
    part, seed, number = job
    world = next((campaign if part == "honest" else attacked)(seed, 1, number))
    made, when = scores(world)
    if not len(made):
        return False, False, made, when, 0.0, np.inf
    (told,) = trials(world, part, f"{part}/{number}", Depth(live=part == "attacked"))
    (truth,) = world.truth.values()
    began = (truth.began or 0) / MINUTE
    flagged = told.told.raised if part == "attacked" else told.told.outcome.rank >= 2
    bought = part == "attacked" and told.dose >= MATERIAL and told.tier != "T0"
    return bought, flagged, made, when, began, np.inf if told.minutes is None else told.minutes


def main(sessions: int, seed: int) -> None:
    """Print the comparison."""
    jobs = [("attacked", seed, n) for n in range(sessions)] + [
        ("honest", seed, n) for n in range(HONEST * sessions)
    ]
    with ProcessPoolExecutor() as pool:
        done = list(pool.map(one, jobs, chunksize=4))
    seen = [(d, part == "honest") for d, (part, _, _) in zip(done, jobs, strict=True) if len(d[2])]
    calm, bought = [d for d, honest in seen if honest], [d for d, _ in seen if d[0]]
    for share in SHARES:
        limit = np.quantile([d[2].max(axis=0) for d in calm[::2]], 1 - share / len(EDGES), axis=0)
        print(f"\nthresholds that {share:.0%} of the other half of the honest sessions reach")
        for line in _told(calm[1::2], bought, limit):
            print(line)


def _told(
    calm: list[tuple[bool, bool, Floats, Floats, float, float]],
    bought: list[tuple[bool, bool, Floats, Floats, float, float]], limit: Floats,
) -> Iterator[str]:  # fmt: skip
    alarms = sum(bool((d[2] > limit).any()) for d in calm)
    yield f"honest sessions: {len(calm)}; sketch alarms {alarms}, verdict suspect or likely {sum(d[1] for d in calm)}"
    sketch = np.asarray([_first(d, limit) for d in bought])
    verdict = np.asarray([d[5] for d in bought])
    for name, minutes in (("sketch", sketch), ("verdict", verdict)):
        found = minutes[np.isfinite(minutes)]
        middle = f", median {np.median(found):.0f} min" if len(found) else ""
        yield f"{name}: found {len(found)} of {len(bought)} bought sessions{middle}"
    both = np.isfinite(sketch) & np.isfinite(verdict)
    yield f"both found {both.sum()}: the sketch earlier in {(sketch < verdict)[both].sum()}, by the verdict missed {np.isfinite(sketch)[~np.isfinite(verdict)].sum()}"


def _first(d: tuple[bool, bool, Floats, Floats, float, float], limit: Floats) -> float:
    """Minutes from the first fabricated thing to the first score above its limit; never where it spoke before."""
    over = np.flatnonzero((d[2] > limit).any(axis=1))
    return np.inf if not len(over) or d[3][over[0]] < d[4] else float(d[3][over[0]] - d[4])


if __name__ == "__main__":
    main(*(int(x) for x in (sys.argv[1:] + ["80", "4"][len(sys.argv) - 1 :])[:2]))
