"""Postings per second into the book, by the size of a batch, and how long it takes to verify it.

    .venv/bin/python bench/book.py                                  # SQLite, in a folder of its own
    .venv/bin/python bench/book.py --store postgresql://u@h/empty   # an empty database of yours
    .venv/bin/python bench/book.py --verify 200000

Every batch is one durable transaction: judged by the book's law, sealed, on the disk when `append` returns. The acts are
made beforehand; half are deposits (2 postings), half advances (4), over 5,000 sellers and one fund. Numbers depend on the
machine and on what else runs on it: the load stands beside them, and what the processor alone took.
"""

import argparse
import os
import sys
import tempfile
import time
from itertools import count
from pathlib import Path

from zhenbo.act.book import admit, flows
from zhenbo.record import Store

_SERIAL = count()
SIZES = ((1, 300), (100, 20_000), (1_000, 40_000), (10_000, 100_000))
"""Transactions in a batch, postings to enter."""


def main() -> None:
    """Enter batches of each size, then verify."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--store", help="an empty database; SQLite in a new folder by default")
    parser.add_argument(
        "--verify", type=int, default=0, metavar="N", help="enter N more transactions before verifying"
    )
    given = parser.parse_args()
    print(f"{os.cpu_count()} cores, load {os.getloadavg()[0]:.1f}, Python {sys.version.split()[0]}")
    with (
        tempfile.TemporaryDirectory(prefix="zhenbo-bench-") as folder,
        Store.open(given.store or str(Path(folder) / "book.db"), admit) as store,
    ):
        store.append([flows.fund_paid_in(f"fund-{time.time_ns()}", 0, 10**15).act()])
        for size, postings in SIZES:
            _enter(store, size, postings)
        for _ in range(given.verify // 10_000):
            store.append(_acts(10_000))
        start = time.perf_counter()
        assert store.verify() is None
        took, acts = time.perf_counter() - start, store.head().number
        print(f"  verify {acts:,} acts: {took:.1f} s, {acts / took:,.0f} acts/s")


def _acts(n: int) -> list:
    made = []
    for i in (next(_SERIAL) for _ in range(n)):
        seller, at = f"seller-{i % 5000}", 1_600_000_000_000_000 + i
        if i % 2:
            made.append(
                flows.advance(f"advance-{i}", at, f"buyer-{i % 9000}", seller, f"case-{i % 20000}", 14_900)
            )
        else:
            made.append(flows.deposit_paid(f"deposit-{i}", at, seller, 50_000))
    return [t.act() for t in made]


def _enter(store: Store, size: int, postings: int) -> None:
    batches = [_acts(size) for _ in range(max(postings // (3 * size), 1))]
    entered = sum(act.body.count('"amount"') for batch in batches for act in batch)
    start, used = time.perf_counter(), time.process_time()
    for batch in batches:
        assert store.append(batch) == size
    wall, cpu = time.perf_counter() - start, time.process_time() - used
    print(
        f"  batches of {size:6,}: {entered / wall:9,.0f} postings/s  (processor {entered / cpu:9,.0f}/s, {entered:,} postings)"
    )


if __name__ == "__main__":
    main()
