"""What we set out to reach, beside what a run measured."""

from typing import Any

LEADS = (
    ("duckdb", "seconds", "DuckDB's two threads, wall", 5),
    ("duckdb", "cpu_seconds", "DuckDB, CPU", 8),
    ("polars-over", "seconds", "Polars as one writes it first, wall", 8),
    ("polars", "seconds", "Polars as fast as we could write it, wall", 8),
    ("python", "seconds", "a Python loop, wall", 25),
)
BOUND, BOUND_TABLE = 12, "independent 128 MB"
BYTES_ALIVE = 220
GROWTH = 0.15
P99_US, P999_US = 1_000, 5_000

Aim = tuple[str, str, str, bool]


def aims(found: dict[str, Any]) -> list[Aim]:
    """What, how much was aimed at, how much was measured, whether it is reached; unmeasured aims are left out."""
    ours = found["engines"].get("ours", {})
    if "seconds" not in ours:
        return []
    return [*_leads(found, ours), *_bound(found, ours), *_state(ours), *_single(found), *_growth(found)]


def _each(run: dict[str, Any], key: str = "seconds") -> float:
    return run[key] / run["events"]


def _leads(found: dict[str, Any], ours: dict[str, Any]) -> list[Aim]:
    peers = found["engines"]
    return [
        (f"one core ahead of {said}", f"≥ {aim}x", f"{lead:.1f}x", lead >= aim)
        for name, key, said, aim in LEADS
        if key in peers.get(name, {})
        for lead in [_each(peers[name], key) / _each(ours, key)]
    ]


def _bound(found: dict[str, Any], ours: dict[str, Any]) -> list[Aim]:
    if "speed" not in found["bound"]:
        return []
    slower = found["bound"]["speed"][BOUND_TABLE] * _each(ours)
    return [(f"behind the bound ({BOUND_TABLE})", f"≤ {BOUND}x", f"{slower:.1f}x", slower <= BOUND)]


def _state(ours: dict[str, Any]) -> list[Aim]:
    if not ours.get("alive_longest"):
        return []
    each = ours["state_bytes"] / ours["alive_longest"]
    return [
        ("bytes an event alive in the longest window", f"≤ {BYTES_ALIVE}", f"{each:.0f}", each <= BYTES_ALIVE)
    ]


def _single(found: dict[str, Any]) -> list[Aim]:
    single = found.get("latency", {})
    return [
        (
            f"single event, {name}",
            f"≤ {aim / 1000:.0f} ms",
            f"{single[key] / 1000:.2f} ms",
            single[key] <= aim,
        )
        for name, key, aim in (("p99", "p99_us", P99_US), ("p99.9", "p999_us", P999_US))
        if key in single
    ]


def _growth(found: dict[str, Any]) -> list[Aim]:
    series = [run for run in found.get("growth") or [] if "failed" not in run]
    if len(series) < 2:
        return []
    more = _each(series[-1]) / _each(series[0]) - 1
    said = f"dearer event, {series[0]['events']:,} to {series[-1]['events']:,}"
    return [(said, f"≤ {GROWTH:.0%}", f"{more:+.0%}", more <= GROWTH)]
