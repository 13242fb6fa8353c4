"""Rows per second of canonical files on one core: reading alone (typed rows), and the whole load (distinct, sorted, ready).

    .venv/bin/python bench/intake.py                   # two million live events; about two minutes on a quiet core
    .venv/bin/python bench/intake.py --rows 200000     # the same, small

The process is pinned to one core and every library to one thread. Processor seconds are what the work took; wall
seconds also hold what others took of that core meanwhile, so both stand beside each other, with the load. Nothing
here is a test; the target of JSON lines and of CSV is 500,000 rows a second.
"""

import argparse
import csv
import json
import os
import random  # noqa: TID251 - invented rows, seeded
import resource
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

KEY = b"bench-key-of-thirty-two-bytes-ab"
START = 1_777_665_600_000_000
TEXTS = (
    "好看",
    "主播推荐的这款面膜真的好用",
    "扣1",
    "多少钱",
    "下单了",
    "what size?",
    "包邮吗, 想要",
    "链接在哪里",
)
NAMES = (
    "platform", "source", "host_id", "session_id", "event_id", "kind", "ts", "ts_seen", "actor_id", "flags",
    "target_id", "order_id", "qty", "amount", "currency", "state", "via", "text", "device", "ip", "addr",
)  # fmt: skip
TOLERANT = 50_000
"""Rows given to the row reader beside, which is what these files were read with before."""


def main() -> None:
    """Write the three files and print what each step took."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--rows", type=int, default=2_000_000)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument(
        "--rounds", type=int, default=3, help="of each step the one of least processor time counts"
    )
    given = parser.parse_args()
    core = max(os.sched_getaffinity(0))
    os.sched_setaffinity(0, {core})
    print(f"core {core} of {os.cpu_count()}, load {os.getloadavg()[0]:.1f}")
    with tempfile.TemporaryDirectory(prefix="zhenbo-bench-") as name:
        _all(Path(name), given.rows, given.seed, given.rounds)
    print(
        f"peak memory {resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e6:.2f} GB, load {os.getloadavg()[0]:.1f}"
    )


def _all(place: Path, rows: int, seed: int, rounds: int) -> None:
    import pyarrow as pa

    from zhenbo.intake import canonical
    from zhenbo.intake.load import load, write

    pa.set_cpu_count(1)
    pa.set_io_thread_count(1)
    files = {"jsonl": place / "jsonl" / "events.jsonl", "delimited": place / "csv" / "events.csv"}
    for detail, path in files.items():
        path.parent.mkdir()
        WRITERS[detail](path, live(rows, seed))
    write(load([files["jsonl"].parent], KEY).dataset, place / "parquet")
    files["parquet"] = place / "parquet" / "events.parquet"
    small = place / "some.jsonl"
    _write_json(small, live(min(TOLERANT, rows), seed))
    _row(
        "row reader, JSON lines",
        min(TOLERANT, rows),
        *_least(lambda: canonical.tolerant(small, "events", "jsonl"), 1),
    )
    for detail, path in files.items():
        print(f"{path.name}: {rows:,} rows, {path.stat().st_size / rows:.0f} bytes a row")
        _row(
            "  reading alone", rows, *_least(lambda p=path, d=detail: canonical.read(p, "events", d), rounds)
        )
        _row("  whole load", rows, *_least(lambda p=path: load([p.parent], KEY), rounds))


def _least(work: Callable[[], Any], rounds: int) -> tuple[float, float]:
    """Wall and processor seconds of the cheapest of some rounds."""
    took = []
    for _ in range(rounds):
        wall, busy = time.perf_counter(), time.process_time()
        work()
        took.append((time.perf_counter() - wall, time.process_time() - busy))
    return min(took, key=lambda t: t[1])


def _row(what: str, rows: int, wall: float, busy: float) -> None:
    print(
        f"{what:24} {busy:7.2f} processor s, {wall:7.2f} s wall: {rows / busy / 1e3:6,.0f} k rows/s of processor time,"
        f" {rows / wall / 1e3:6,.0f} k/s of wall; load {os.getloadavg()[0]:.1f}",
        flush=True,
    )


def live(rows: int, seed: int) -> Iterator[dict[str, Any]]:
    """Invented rows of an evening: enters, likes, comments and orders of two hundred rooms, in order of time."""
    draw = random.Random(seed)
    for i in range(rows):
        room, user = draw.randrange(200), draw.randrange(rows // 8 + 10)
        ts = START + i * 1_800 + draw.randrange(1_000)
        row: dict[str, Any] = {
            "platform": "douyin", "source": "recorder@2", "host_id": f"host{room % 40}", "session_id": f"7300{room * 977:09}",
            "event_id": f"7400{i * 7919:012}",
        }  # fmt: skip
        acts = {
            "ts": ts,
            "ts_seen": ts + draw.randrange(10**6),
            "actor_id": f"u_{user * 2654435761 % 2**40:010x}",
            "flags": 0,
        }
        lives = {"device": f"d_{user * 7 % 2**32:08x}", "ip": f"i_{user * 13 % 2**32:08x}"}
        kind = draw.choices(("enter", "like", "comment", "order_create"), (40, 30, 23, 7))[0]
        more: dict[str, Any] = {
            "enter": {"via": "recommend"} | lives,
            "like": {"qty": draw.randrange(1, 15)} | lives,
            "comment": {"text": f"{draw.choice(TEXTS)}{draw.randrange(50)}"} | lives,
            "order_create": {"target_id": f"p{draw.randrange(300)}", "order_id": f"69{10**12 + i}", "qty": 1, "amount": draw.randrange(990, 99_000), "currency": "CNY", "state": "created", "addr": f"a_{user:08x}"},
        }[kind]  # fmt: skip
        yield row | {"kind": kind} | acts | more


def _write_json(path: Path, rows: Iterator[dict[str, Any]]) -> None:
    with path.open("w", encoding="utf-8") as stream:
        stream.writelines(json.dumps(row, ensure_ascii=False, separators=(",", ":")) + "\n" for row in rows)


def _write_csv(path: Path, rows: Iterator[dict[str, Any]]) -> None:
    with path.open("w", encoding="utf-8", newline="") as stream:
        out = csv.DictWriter(stream, NAMES)
        out.writeheader()
        out.writerows(rows)


WRITERS = {"jsonl": _write_json, "delimited": _write_csv}


if __name__ == "__main__":
    main()
