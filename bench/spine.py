"""Events per second along the spine, wall and peak memory of an audit, import speed per source, start-up.

    make bench-spine                              # a million events; a few minutes on two cores
    .venv/bin/python bench/spine.py --world evening --rows 2000       # the same walk, small

Numbers depend on the machine and on what else runs on it: compare ratios on one machine, and print the load.
Nothing here is a test; the targets stand beside the figures.
"""

import argparse
import os
import re
import subprocess
import sys
import tempfile
import time
from collections import defaultdict
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

KEY = b"bench-key-of-thirty-two-bytes-ab"
_LONG_NUMBER = re.compile(r"\d{5,}")
_FIRST_NUMBER = re.compile(r"^(\"?)(\d{1,4})(?=[\",])")


def main() -> None:
    """Walk the spine once and print what each step took."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--world", default="million", help="world of zhenbo.worlds to audit")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--rows", type=int, default=20_000, help="rows per generated raw file")
    given = parser.parse_args()
    print(f"{os.cpu_count()} cores, load {os.getloadavg()[0]:.1f}, Python {sys.version.split()[0]}")
    with tempfile.TemporaryDirectory(prefix="zhenbo-bench-") as name:
        place = Path(name)
        _startup()
        events = _stages(given.world, given.seed, place / "data")
        _audit(place / "data", place / "out", events)
        _imports(place, given.rows)


def _row(what: str, seconds: float, events: int, note: str = "") -> None:
    speed = f"{events / seconds / 1000:10,.0f} k/s" if events else " " * 14
    print(f"  {what:28} {seconds:8.2f} s {speed}  {note}".rstrip())


def _timed(work: Callable[[], Any]) -> tuple[Any, float]:
    start = time.perf_counter()
    made = work()
    return made, time.perf_counter() - start


def _startup() -> None:
    command = [str(Path(sys.executable).with_name("zhenbo")), "--help"]
    took = sorted(
        _timed(lambda: subprocess.run(command, check=True, capture_output=True))[1] for _ in range(7)
    )
    print(f"\nzhenbo --help: {took[3]:.2f} s median of 7, best {took[0]:.2f} s (target < 0.4 s)")


def _stages(world: str, seed: int, folder: Path) -> int:
    """Each step of the flow by itself, in this process; the number of events."""
    from zhenbo.audit.session import audit_case, case
    from zhenbo.core.dataset import subjects
    from zhenbo.intake.load import load, write
    from zhenbo.pipeline import audit_dataset, baselines, default_policy, html, words
    from zhenbo.signals.catalogue import catalogue
    from zhenbo.worlds import WORLDS

    data, made = _timed(lambda: WORLDS[world](seed).dataset)
    n = data.events.num_rows
    print(f"\nstages, {n:,} events of world {world!r}, one process")
    _row("simulate", made, n)
    _row("write canonical folder", _timed(lambda: write(data, folder))[1], n)
    data, took = _timed(lambda: load([folder], KEY).dataset)
    _row("load canonical folder", took, n)
    sessions, took = _timed(lambda: list(subjects(data)))
    _row("subjects", took, n, f"{len(sessions)} subjects")
    known, took = _timed(catalogue)
    _row("find the signals", took, 0, f"{len(known)} signals")
    found: dict[str, dict[str, list[Any]]] = defaultdict(dict)
    total = 0.0
    for signal in known.values():
        took = 0.0
        for session in sessions:
            pieces, seconds = _timed(lambda s=signal, x=session: list(s.look(x, baselines(s.id))))
            found[session.session_id][signal.id] = pieces
            took += seconds
        total += took
        _row(f"  {signal.id}", took, n)
    _row("all signals", total, n)
    policy = default_policy()
    said = words("en")
    _, took = _timed(
        lambda: [audit_case(case(s, found[s.session_id], policy), policy, said) for s in sessions]
    )
    _row("judge, bridge, exhibits", took, n)
    result = audit_dataset(data, lang="en")
    page, took = _timed(lambda: html(result))
    _row("report.html", took, n, f"{len(page.encode()) / 1e6:.1f} MB")
    return n


def _audit(folder: Path, out: Path, events: int) -> None:
    """The command as users run it, in a process of its own."""
    command = [
        str(Path(sys.executable).with_name("zhenbo")),
        "audit",
        str(folder),
        "--out",
        str(out),
        "--lang",
        "en",
    ]
    start = time.perf_counter()
    with Path(os.devnull).open("w") as nowhere:
        child = subprocess.Popen(command, stdout=nowhere)
        _, status, usage = os.wait4(child.pid, 0)
    wall = time.perf_counter() - start
    child.returncode = os.waitstatus_to_exitcode(status)
    peak = usage.ru_maxrss * (1 if sys.platform == "darwin" else 1024) / 1e9
    print(
        f"\nzhenbo audit of the folder (target < 60 s, < 2 GB per million events), exit code {child.returncode}"
    )
    _row(
        "wall", wall, events, f"peak memory {peak:.2f} GB, processor {usage.ru_utime + usage.ru_stime:.1f} s"
    )


def _imports(place: Path, rows: int) -> None:
    """Every mapping on a raw file grown from its own invented example."""
    from zhenbo.intake.load import load
    from zhenbo.intake.mapping import mappings
    from zhenbo.proof.mappings import example_text

    print(f"\nimports, raw files of about {rows:,} rows grown from the mappings' examples")
    for mapping in mappings():
        example = max(mapping.examples, key=lambda e: len(example_text(mapping, e)))
        path = place / f"{mapping.id}.raw"
        text = _grown(example_text(mapping, example), rows)
        path.write_text(text, "utf-8")
        size = path.stat().st_size / 1e6
        loaded, took = _timed(lambda p=path: load([p], KEY))
        read = loaded.report.rows
        kept = loaded.dataset.events.num_rows
        _row(
            mapping.id,
            took,
            read,
            f"{size:6.1f} MB, {read:,} rows, {kept:,} events, {len(loaded.rejects)} rejects",
        )
        path.unlink()


def _grown(text: str, rows: int) -> str:
    """The example's records over and over, with other numbers each time: ids and unix times, never dates."""
    lines = text.splitlines(keepends=True)
    head, body, tail = _parts(lines)
    turns = max(rows // max(len(body), 1), 1)
    return "".join([*head, *(line for turn in range(turns) for line in _later(body, turn)), *tail])


def _parts(lines: list[str]) -> tuple[list[str], list[str], list[str]]:
    """Header, records and closing lines of an example."""
    if lines[0].startswith("<?xml"):
        body = [line for line in lines if "<d " in line]
        first = lines.index(body[0])
        return lines[:first], body, lines[first + len(body) :]
    if lines[0].startswith(("{", "[", "TIME")):
        return [], lines, []
    return lines[:1], lines[1:], []


def _later(body: list[str], turn: int) -> Iterator[str]:
    for line in body:
        numbered = _FIRST_NUMBER.sub(lambda m: f"{m[1]}{turn + 1}{m[2]:0>4}", line)
        yield _LONG_NUMBER.sub(lambda m: str(int(m[0]) + 10 * turn).zfill(len(m[0])), numbered)


if __name__ == "__main__":
    main()
