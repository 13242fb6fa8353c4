"""Our kernel and its peers on one stream, in one run of at most 15 minutes on two cores: `make bench`.

    make bench                  # 10 million events; writes docs/bench.md and docs/bench.json
    make bench BENCH=--quick    # a million events, under 3 minutes; writes build/bench/quick.md and .json

Every engine answers the question of bench/query.py on the stream of bench/workload.py, in a process of its own, one
after the other. `seconds` runs from opening the Parquet file to the answer; imports, the start of a JVM and compilation
are outside it (the costs of the whole process stand in the JSON). Engines under 100,000 events/s run the beginning of
the stream. Whoever answers three times shows the median. Nothing here is a test: numbers depend on the machine and on
what else runs on it, so compare ratios, and look at the load.

Our kernel enters through bench/ours.py, whose commands print one JSON object each:

    windows PATH --cores 1|2 [--batch N]   events, seconds, cpu_seconds (children included), flags, checksum,
                                           state_bytes (all tables and rings at their largest), alive_longest (most
                                           events alive in the longest window at once), batch
    latency --rate 20000 --seconds 30      p50_us, p99_us, p999_us, max_us, events
    growth PATH                            events, seconds, cpu_seconds
"""

import argparse
import json
import statistics
import sys
import time
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import page
from measure import machine, measured
from workload import ready

HERE = Path(__file__).resolve().parent
ROOT = HERE.parent
PLACE = ROOT / "build" / "bench"
PEERS = str(ROOT / "build" / "bench-env" / "bin" / "python")
OURS = HERE / "ours.py"


@dataclass(frozen=True)
class Plan:
    """How much of the stream each answers, in rows.

    Args:
        main: our kernel, DuckDB and Polars.
        loop: the Python loop.
        spark: Spark SQL.
        rules: BlazeRules; at most a million, which lie within its window.
        runs: answers of which the median counts, of the engines that take seconds.
        growth: lengths of the stream for the cost of an event.
        latency: seconds of single events.
    """

    main: int
    loop: int
    spark: int
    rules: int
    runs: int
    growth: tuple[int, ...]
    latency: int


FULL = Plan(10_000_000, 2_000_000, 1_000_000, 1_000_000, 3, (1_000_000, 10_000_000, 100_000_000), 30)
QUICK = Plan(1_000_000, 400_000, 400_000, 1_000_000, 1, (), 10)
WARM_UP = 100_000
REPEAT_UNTIL = 330.0
"""Seconds after which no further round begins: a slow machine repeats less rather than run longer."""
LIMIT = 400.0
"""Seconds after which one process is given up."""


@dataclass(frozen=True)
class Engine:
    """One row of the table.

    Args:
        title: as the page calls it.
        command: without the stream, which comes first among its arguments.
        rest: arguments after the stream.
        rows: length of the stream it answers.
        runs: how often; the median counts.
        cores: threads or processes it may use.
    """

    title: str
    command: tuple[str, ...]
    rest: tuple[str, ...]
    rows: int
    runs: int
    cores: int


def main() -> None:
    """Run the plan and write what was found."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--quick", action="store_true", help="a million events; writes into build/bench")
    quick = parser.parse_args().quick
    plan, start = (QUICK if quick else FULL), time.perf_counter()
    where = machine()
    _tell(f"{where['cores']} cores, {where['processor']}")
    found = {"machine": where, "plan": asdict(plan), "engines": {}, "oracle": {}}
    _windows(plan, found)
    found["bound"] = _once("bound", [PEERS, _script("peer_bound.py"), _stream(plan.rules)])
    found["rules"] = _once("BlazeRules", [PEERS, _script("peer_blazerules.py"), _stream(plan.rules)])
    _ours(plan, found)
    found["took_seconds"] = time.perf_counter() - start
    folder, name = (PLACE, "quick") if quick else (ROOT / "docs", "bench")
    text = page.page(found)
    (folder / f"{name}.json").write_text(json.dumps(found, indent=1) + "\n", "utf-8")
    (folder / f"{name}.md").write_text(text, "utf-8")
    print(text)
    _tell(f"{found['took_seconds'] / 60:.1f} minutes; {folder / name}.md and .json written")


def engines(plan: Plan) -> dict[str, Engine]:
    """Everyone who answers the question, by a short name."""
    ours = (sys.executable, str(OURS), "windows")
    warm = _stream(WARM_UP)
    peers = {
        "duckdb": Engine("DuckDB window SQL", _peer("duckdb"), (), plan.main, plan.runs, 2),
        "polars": Engine(
            "Polars, keys and time in one number", _peer("polars"), ("flat",), plan.main, plan.runs, 2
        ),
        "polars-over": Engine(
            "Polars, `rolling_sum_by().over()`", _peer("polars"), ("over",), plan.main, 1, 2
        ),
        "python": Engine("Python dicts and deques", _peer("python"), (), plan.loop, 1, 1),
        "spark": Engine("Spark SQL, `local[2]`", _peer("spark"), (warm,), plan.spark, 1, 2),
    }
    if not OURS.exists():
        return peers
    one, two, small = ("--cores", "1"), ("--cores", "2"), ("--cores", "1", "--batch", "2048")
    mine = {
        "ours": Engine("**zhenbo kernel**", ours, one, plan.main, plan.runs, 1),
        "ours-2": Engine("**zhenbo kernel**, 2 processes", ours, two, plan.main, plan.runs, 2),
        "ours-2048": Engine("**zhenbo kernel**, batches of 2,048", ours, small, plan.main, 1, 1),
    }
    return mine | peers


def _windows(plan: Plan, found: dict[str, Any]) -> None:
    """Rounds, so that a busy minute of the machine does not fall on one engine alone."""
    asked = engines(plan)
    answers: dict[str, list[dict[str, Any]]] = {name: [] for name in asked}
    start = time.perf_counter()
    for turn in range(plan.runs):
        if time.perf_counter() - start > REPEAT_UNTIL:
            break
        for name, engine in asked.items():
            if turn < engine.runs:
                command = [*engine.command, _stream(engine.rows), *engine.rest]
                answers[name].append(_once(f"{engine.title}, {engine.rows:,} rows", command))
    for name, engine in asked.items():
        found["engines"][name] = {
            "title": engine.title,
            "rows": engine.rows,
            "cores": engine.cores,
        } | _median(answers[name])
    for rows in sorted({engine.rows for engine in asked.values()}):
        full = found["engines"]["duckdb"]
        known = (
            full if rows == plan.main else _once(f"oracle, {rows:,} rows", [*_peer("duckdb"), _stream(rows)])
        )
        found["oracle"][str(rows)] = {key: known.get(key) for key in ("flags", "checksum")}
    for engine in found["engines"].values():
        told = found["oracle"][str(engine["rows"])]
        engine["agrees"] = None not in told.values() and told == {key: engine.get(key) for key in told}


def _median(runs: list[dict[str, Any]]) -> dict[str, Any]:
    """The run with the middle wall time; a failure among them is the answer."""
    broken = [run for run in runs if "failed" in run]
    if broken:
        return broken[0]
    middle = statistics.median_low(run["seconds"] for run in runs)
    chosen = next(run for run in runs if run["seconds"] == middle)
    return chosen | {"all_seconds": [run["seconds"] for run in runs]}


def _ours(plan: Plan, found: dict[str, Any]) -> None:
    """Single events and growth: what only the kernel is asked."""
    if not OURS.exists():
        _tell("our kernel is not measured: bench/ours.py is not there")
        return
    command = [sys.executable, str(OURS)]
    rate = ["latency", "--rate", "20000", "--seconds", str(plan.latency)]
    found["latency"] = _once("single events", [*command, *rate])
    found["growth"] = [
        _once(f"growth, {rows:,} rows", [*command, "growth", _stream(rows)]) for rows in plan.growth
    ]


def _once(what: str, command: list[str]) -> dict[str, Any]:
    result = measured(command, LIMIT)
    took = result.get("failed") or f"{result['process_seconds']:.1f} s in all"
    _tell(f"{what}: {took} (load {result['load']:.1f})")
    return result


def _stream(rows: int) -> str:
    path = ready(rows, PLACE)
    return str(path)


def _peer(name: str) -> tuple[str, ...]:
    return (PEERS, _script(f"peer_{name}.py"))


def _script(name: str) -> str:
    return str(HERE / name)


def _tell(text: str) -> None:
    print(text, file=sys.stderr, flush=True)


if __name__ == "__main__":
    main()
