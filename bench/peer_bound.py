"""The bound: nothing but the memory accesses that any exact answer must make, one thread.

    build/bench-env/bin/python bench/peer_bound.py EVENTS

Three read-modify-writes of an event at random places of one table, one for each key that every event has (room and
kind, account, device), and a fourth for every tenth event (the text, which about a tenth of the events have): 3.1 an
event. The places are hashes of the event id, the table is 32 MB (the size of a processor's last cache) and 128 MB (out
of any cache); pages are touched before, columns are in memory, the median of 5 passes counts. The places do not depend
on what was read, so a processor has many accesses under way at once; `chained` waits for each before it knows the next,
as walking a chain does: what the same accesses cost when nothing overlaps.
"""

import json
import statistics
import sys
import time

import numba
import numpy as np
import pyarrow.parquet as pq

ROWS = 1_000_000


@numba.njit
def independent(ids, table, mask):
    """3.1 accesses an event, each at a place known beforehand."""
    for i in range(len(ids)):
        h = np.uint64(ids[i])
        for _ in range(3 + (i % 10 == 0)):
            h = (h ^ (h >> np.uint64(29))) * np.uint64(0xBF58476D1CE4E5B9)
            table[(h >> np.uint64(20)) & mask] += 1


@numba.njit
def chained(ids, table, mask):
    """The same, each at a place that depends on what the last one read."""
    read = np.uint64(0)
    for i in range(len(ids)):
        h = np.uint64(ids[i])
        for _ in range(3 + (i % 10 == 0)):
            h = (h ^ (h >> np.uint64(29))) * np.uint64(0xBF58476D1CE4E5B9)
            at = ((h >> np.uint64(20)) + read) & mask
            table[at] += 1
            read = np.uint64(table[at])


def main() -> None:
    """Events a second by way and size of table."""
    batch = next(pq.ParquetFile(sys.argv[1]).iter_batches(ROWS, columns=["event_id"]))
    ids = batch["event_id"].to_numpy()
    speed = {}
    for way in (independent, chained):
        for megabytes in (32, 128):
            slots = megabytes << 17  # of 8 bytes
            table, mask = np.ones(slots, dtype=np.int64), np.uint64(slots - 1)
            way(ids[:10], table, mask)  # compiles
            took = statistics.median(_timed(way, ids, table, mask) for _ in range(5))
            speed[f"{way.__name__} {megabytes} MB"] = len(ids) / took
    print(json.dumps({"accesses": 3.1, "speed": speed, "version": numba.__version__}))


def _timed(way, *args) -> float:
    start = time.perf_counter()
    way(*args)
    return time.perf_counter() - start


if __name__ == "__main__":
    main()
