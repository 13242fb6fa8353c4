"""The one question every engine is asked, and how its answer is compared.

After leaving out rows whose event_id came within the last 10 minutes, every event at time t sees, over (t - w, t] of
event time, itself and rows of its own key with the very same time included:

- c10, c60: events of its (room, kind) in 10 s and in 60 s;
- a60: events of its account in 60 s;
- d600: different accounts on its device in 10 min;
- t300: events with its text in 5 min; 0 for an event without a text.

It is flagged when d600 > 20, a60 > 30 or t300 > 50. The answer is the number of flagged events and one checksum over
every feature of every event, in exact integers:

    sum of (c10 + 3 c60 + 7 a60 + 13 d600 + 17 t300) * (event_id mod 8191 + 1)

It stays below 2^63 while the weighted features average under 2e7 over 100 million events, so int64 holds it; it
depends neither on the order of the rows nor on who adds them up. Duplicates are exact copies at most 60 s behind, so
that "within 10 minutes" and "ever" are the same question on this stream and each engine takes the cheaper.
"""

import json
import os
import resource
import time
from collections.abc import Callable, Iterator
from pathlib import Path

SECOND = 1_000_000
MAX_DEVICE, MAX_ACCOUNT, MAX_TEXT = 20, 30, 50
FEATURES = ("c10", "c60", "a60", "d600", "t300")
WEIGHTS = (1, 3, 7, 13, 17)
MODULUS = 8191
FLAG = f"d600 > {MAX_DEVICE} OR a60 > {MAX_ACCOUNT} OR t300 > {MAX_TEXT}"
SUM = " + ".join(f"{weight} * {name}" for name, weight in zip(FEATURES, WEIGHTS, strict=True))
SCORE = f"({SUM}) * (event_id % {MODULUS} + 1)"


def over(keys: str, seconds: int) -> str:
    """The SQL window (t - w, t] in whole microseconds, rows of equal time included."""
    return f"OVER (PARTITION BY {keys} ORDER BY ts RANGE BETWEEN {seconds * SECOND - 1} PRECEDING AND CURRENT ROW)"


def timed(events: int, work: Callable[[], tuple[int, int]]) -> dict[str, float]:
    """Do the work; the answer, with wall and processor seconds of this process and its children."""
    before, start = tree_cpu(), time.perf_counter()
    flags, checksum = work()
    seconds, cpu = time.perf_counter() - start, tree_cpu() - before
    return {"events": events, "seconds": seconds, "cpu_seconds": cpu, "flags": flags, "checksum": checksum}


def say(events: int, work: Callable[[], tuple[int, int]], **more: object) -> None:
    """Do the work, and print the answer with what it took."""
    print(json.dumps({**timed(events, work), **more}))


def tree_cpu() -> float:
    """Processor seconds so far of this process, its ended children and, where /proc tells, its living descendants."""
    own = (resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN))
    ticks = os.sysconf("SC_CLK_TCK")
    # counted from the state, which follows the bracketed name: utime, stime and those of children it has waited for
    living = (sum(map(int, stat[11:15])) / ticks for stat in _descendants(os.getpid()))
    return sum(usage.ru_utime + usage.ru_stime for usage in own) + sum(living)


def _descendants(root: int) -> Iterator[list[str]]:
    stats = {}
    for path in Path("/proc").glob("[0-9]*/stat"):
        try:
            stats[int(path.parent.name)] = path.read_text("utf-8", "replace").rpartition(")")[2].split()
        except OSError:  # it has ended meanwhile
            continue
    family = {root}
    while found := {pid for pid, stat in stats.items() if int(stat[1]) in family and pid not in family}:
        family |= found
        yield from (stats[pid] for pid in found)
