"""Plain Python: dicts and deques, one event at a time, on the stream as it arrives.

    build/bench-env/bin/python bench/peer_python.py EVENTS

Rows wait until no row of their time can come any more (a lateness of 5 s), leave in order of time, and rows of equal
time are taken in together before any of them is decided. Keys are never forgotten: this loop lives for minutes.
"""

import platform
import sys
from bisect import bisect_right
from collections import defaultdict, deque
from collections.abc import Iterator
from itertools import groupby
from operator import itemgetter

import pyarrow.parquet as pq
from query import MAX_ACCOUNT, MAX_DEVICE, MAX_TEXT, MODULUS, SECOND, say

LATENESS, HORIZON, BATCH = 5 * SECOND, 600 * SECOND, 10_000
Row = tuple[int, int, int, int, int, int, int | None]  # ts first: rows sort by time
Window = defaultdict[object, deque[int]]


def main() -> None:
    """Answer for the stream named on the command line."""
    path = sys.argv[1]
    say(pq.read_metadata(path).num_rows, lambda: answer(path), version=platform.python_version())


def answer(path: str) -> tuple[int, int]:
    """Flags and checksum."""
    c10, c60, a60, t300 = (defaultdict(deque) for _ in range(4))
    devices = defaultdict(Distinct)
    flags = checksum = 0
    for ts, group in groupby(ordered(path), itemgetter(0)):
        rows = list(group)
        for _, _, room, kind, account, device, text in rows:
            c10[room, kind].append(ts)
            c60[room, kind].append(ts)
            a60[account].append(ts)
            devices[device].add(ts, account)
            if text is not None:
                t300[text].append(ts)
        for _, event, room, kind, account, device, text in rows:
            a = count(a60[account], ts - 60 * SECOND)
            d = devices[device].count(ts - 600 * SECOND)
            t = 0 if text is None else count(t300[text], ts - 300 * SECOND)
            score = count(c10[room, kind], ts - 10 * SECOND) + 3 * count(c60[room, kind], ts - 60 * SECOND)
            checksum += (score + 7 * a + 13 * d + 17 * t) * (event % MODULUS + 1)
            flags += d > MAX_DEVICE or a > MAX_ACCOUNT or t > MAX_TEXT
    return flags, checksum


def count(times: deque[int], until: int) -> int:
    """Events of a window after those up to `until` have left it."""
    while times[0] <= until:
        times.popleft()
    return len(times)


class Distinct:
    """Different accounts in a sliding window of one device."""

    __slots__ = ("accounts", "events")

    def __init__(self) -> None:
        self.events: deque[tuple[int, int]] = deque()
        self.accounts: dict[int, int] = {}

    def add(self, ts: int, account: int) -> None:
        """Take in an event; times do not decrease."""
        self.events.append((ts, account))
        self.accounts[account] = self.accounts.get(account, 0) + 1

    def count(self, until: int) -> int:
        """Accounts left after the events up to `until` have gone."""
        while self.events[0][0] <= until:
            account = self.events.popleft()[1]
            left = self.accounts[account] - 1
            if left:
                self.accounts[account] = left
            else:
                del self.accounts[account]
        return len(self.accounts)


def ordered(path: str) -> Iterator[Row]:
    """Distinct rows in order of time, each as soon as none before it can come."""
    seen: set[int] = set()
    forget: deque[tuple[int, int]] = deque()
    waiting: list[Row] = []
    newest = 0
    for batch in pq.ParquetFile(path).iter_batches(BATCH, columns=["ts", "event_id", "session_id", "kind", "actor_id", "device", "text"]):  # fmt: skip
        for row in zip(*(column.to_pylist() for column in batch.columns), strict=True):
            ts, event = row[:2]
            if event not in seen:
                seen.add(event)
                forget.append((ts, event))
                waiting.append(row)
                newest = max(newest, ts)
        waiting.sort(key=itemgetter(0))
        ready = bisect_right(waiting, newest - LATENESS, key=itemgetter(0))
        yield from waiting[:ready]
        del waiting[:ready]
        while forget and forget[0][0] <= newest - HORIZON:
            seen.discard(forget.popleft()[1])
    yield from waiting


if __name__ == "__main__":
    main()
