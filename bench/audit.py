"""An audit of many million events on disk: wall, CPU, memory of all its processes, disk it works on, events per second.

    .venv/bin/python bench/audit.py --millions 10          # made once under build/, then audited in a fresh process
    .venv/bin/python bench/audit.py --millions 50 --jobs 2
    .venv/bin/python bench/audit.py --millions 2 --memory  # the road without files, for comparison

The record is the simulated worlds `million` and `season` (rooms, shop months, refunds elsewhere) copied under new ids,
each copy a day later; every tenth account and address keeps its id through all copies, so that buyers meet across
them. Copies cost an audit what originals cost (nothing is cached by content); as data they are of course no
evidence of anything. Nothing here is a test; figures depend on the machine and on what else runs on it.
"""

import argparse
import os
import resource
import shutil
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

WORLDS = (("million", 1), ("season", 1))
PERSONS = ("actor_id", "account_id", "device", "ip", "addr", "pay")
THINGS = ("session_id", "event_id", "order_id", "parent_id", "ref_id", "tracking_id")
TIMES = ("ts", "ts_seen", "seen_at", "bucket_start")
DAY_US = 86_400_000_000
PAGE = os.sysconf("SC_PAGE_SIZE")


def main() -> None:
    """Make the record if it is not there, audit it, print what it took."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--millions", type=float, default=2)
    parser.add_argument("--jobs", type=int, default=os.cpu_count())
    parser.add_argument("--folder", type=Path, default=Path("build/bench-audit"))
    parser.add_argument("--memory", action="store_true", help="audit_paths in one process, whatever the size")
    parser.add_argument("--engine", default="embedded")
    given = parser.parse_args()
    data = given.folder / f"{given.millions:g}M"
    start = time.perf_counter()
    events = made(data, int(given.millions * 1e6))
    size = sum(p.stat().st_size for p in data.rglob("*") if p.is_file())
    print(f"{os.cpu_count()} cores, load {os.getloadavg()[0]:.1f}, Python {sys.version.split()[0]}")
    print(f"{events:,} events, {size / 1e9:.2f} GB on disk, made in {time.perf_counter() - start:.0f} s")
    run(data, events, given)


def made(folder: Path, least: int) -> int:
    """A folder of at least so many events; the number there is."""
    if not (folder / "done").exists():
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir(parents=True)
        rows = 0
        for copy, (world, tables) in enumerate(_copies(least)):
            for name, table in tables.items():
                if table.num_rows:
                    to = folder / f"{name}-{copy:04}-{world}.parquet"
                    pq.write_table(table, to, compression="zstd", row_group_size=250_000)
            rows += tables["events"].num_rows
        (folder / "done").write_text(str(rows))
    return int((folder / "done").read_text())


def _copies(least: int) -> Iterator[tuple[str, dict[str, pa.Table]]]:
    from zhenbo.worlds import WORLDS as MAKERS

    worlds = [(name, MAKERS[name](seed).dataset) for name, seed in WORLDS]
    rows = copy = 0
    while rows < least:
        for name, data in worlds:
            tables = {"events": data.events, "accounts": data.accounts, "session_metrics": data.metrics}
            if rows < least:
                share = min(1.0, (least - rows) / data.events.num_rows)
                yield (
                    name,
                    {k: _copied(_cut(k, t, share), f"{name[0]}{copy}", copy) for k, t in tables.items()},
                )
                rows += int(data.events.num_rows * share)
        copy += 1


def _cut(name: str, table: pa.Table, share: float) -> pa.Table:
    return table.slice(0, -(-int(table.num_rows * share) // 1)) if name == "events" and share < 1 else table


def _copied(table: pa.Table, mark: str, days: int) -> pa.Table:
    """The table under new names, some days later."""
    for place, field in enumerate(table.schema):
        column = table[field.name]
        if field.name in TIMES:
            moved = pc.add(column.cast(pa.int64()), days * DAY_US).cast(field.type)
        elif field.name in THINGS:
            moved = pc.binary_join_element_wise(column.cast(pa.string()), mark, "~").cast(field.type)
        elif field.name in PERSONS:
            text = column.cast(pa.string())
            renamed = pc.binary_join_element_wise(text, mark, "~")
            moved = pc.if_else(pc.ends_with(text, "0"), text, renamed).cast(field.type)
        else:
            continue
        table = table.set_column(place, field, moved)
    return table


@dataclass
class Peak:
    """Largest figures seen of a process and all its children."""

    resident: int = 0
    private: int = 0
    processes: int = 0
    disk: int = 0


def run(data: Path, events: int, given: argparse.Namespace) -> None:
    """`zhenbo audit` in a process of its own, watched."""
    out, work = given.folder / "out", given.folder / "work"
    shutil.rmtree(out, ignore_errors=True)
    shutil.rmtree(work, ignore_errors=True)
    zhenbo = str(Path(sys.executable).with_name("zhenbo"))
    command = [zhenbo, "audit", str(data), "--out", str(out), "--lang", "en"]
    command += ["--work", str(work), "--jobs", str(given.jobs), "--engine", given.engine]
    if given.memory:
        said = (
            "import sys; from pathlib import Path; from zhenbo.pipeline import audit_paths, write;"
            "write(audit_paths([Path(sys.argv[1])], b'k' * 32, lang='en'), Path(sys.argv[2]))"
        )
        command = [sys.executable, "-c", said, str(data), str(out)]
    start = time.perf_counter()
    with Path(os.devnull).open("w") as nowhere:
        child = subprocess.Popen(command, stdout=nowhere)
    peak, stop = Peak(), threading.Event()
    watch = threading.Thread(target=_watch, args=(child.pid, work, peak, stop))
    watch.start()
    code = child.wait()
    wall = time.perf_counter() - start
    stop.set()
    watch.join()
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    cpu = used.ru_utime + used.ru_stime
    print(f"audit: exit {code}, {'memory' if given.memory else f'{given.engine}, {given.jobs} jobs'}")
    print(
        f"  wall {wall:.0f} s, CPU {cpu:.0f} s, {events / wall / 1e3:.1f} k events/s wall, {events / cpu / 1e3:.1f} k per CPU second"
    )
    print(
        f"  peak of {peak.processes} processes: resident {peak.resident / 1e9:.2f} GB (pages of files counted in every process), private {peak.private / 1e9:.2f} GB"
    )
    print(
        f"  work folder {peak.disk / 1e9:.2f} GB at most, results {sum(p.stat().st_size for p in out.rglob('*') if p.is_file()) / 1e6:.1f} MB, load {os.getloadavg()[0]:.1f}"
    )


def _watch(pid: int, work: Path, peak: Peak, stop: threading.Event) -> None:
    turn = 0
    while not stop.wait(0.25):
        sizes = [size for p in _tree(pid) if (size := _memory(p))]
        peak.resident = max(peak.resident, sum(r for r, _ in sizes))
        peak.private = max(peak.private, sum(p for _, p in sizes))
        peak.processes = max(peak.processes, len(sizes))
        if turn % 8 == 0:
            peak.disk = max(peak.disk, _disk(work))
        turn += 1


def _tree(pid: int) -> list[int]:
    found, todo = [], [pid]
    while todo:
        found.append(todo.pop())
        for task in Path(f"/proc/{found[-1]}/task").glob("*/children"):
            try:
                todo += [int(child) for child in task.read_text().split()]
            except OSError:
                continue
    return found


def _memory(pid: int) -> tuple[int, int] | None:
    try:
        _, resident, shared = (int(n) for n in Path(f"/proc/{pid}/statm").read_text().split()[:3])
    except (OSError, ValueError):
        return None
    return resident * PAGE, (resident - shared) * PAGE


def _disk(folder: Path) -> int:
    total = 0
    for path in folder.rglob("*"):
        try:
            total += path.stat().st_size
        except OSError:
            continue
    return total


if __name__ == "__main__":
    main()
