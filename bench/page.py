"""The page of the benchmark, made from what one run found: docs/bench.md."""

from typing import Any

from aims import aims

Found = dict[str, Any]

_HEAD = """# The kernel beside its peers

<!-- made by `make bench`; edit bench/page.py, not this page -->

One run of `make bench` on {date}, commit `{commit}`: {processor}, {cores} cores, {memory}, Python {python}, {minutes:.0f}
minutes in all. The stream is synthetic ([bench/workload.py](../bench/workload.py) states every number of it; its flag
rates say nothing about real platforms), the question one and the same for all ([bench/query.py](../bench/query.py)):
deduplicate by event id, then per event exact sliding windows over the time of the events: events of its room and kind in
10 s and 60 s, of its account in 60 s, different accounts on its device in 10 min, events with its text in 5 min; flag by
three thresholds. Figures of a shared machine wander by a third: compare ratios, and look at the load (the average of one
minute, just before the engine started)."""

_TABLE = """## Exact windows

| engine | cores | rows | events/s | events per CPU-second | peak memory | kernel's lead, wall | kernel's lead, CPU | same answer | load |
|---|--:|--:|--:|--:|--:|--:|--:|---|--:|
{rows}

*events/s* is wall time from opening the Parquet file to the answer, imports, compilation and the start of a JVM left
out. *Kernel's lead*: how much less time an event takes our kernel on **one** core, wall and processor time of all threads
and processes. *Peak memory*: the largest resident set of one process, its interpreter and mapped input included. *Same
answer*: the number of flagged events and a checksum over all five features of all events equal those of DuckDB on the
same rows, to the last digit. Engines under 100,000 events/s answered only the beginning of the stream, where windows are
not yet full: that flatters them. Polars stands twice: as one writes it first, and the fastest way we found."""

_BOUND = """## The bound

Whatever the engine, an event must touch its room and kind, its account, its device and, for every tenth, its text: 3.1
reads and writes at places of memory that no cache foresees. A bare loop that does just these, on one core
([bench/peer_bound.py](../bench/peer_bound.py)):

| accesses | table | events/s | kernel is slower by |
|---|--:|--:|--:|
{rows}

*Independent*: the processor has many of them under way at once. *Chained*: each place depends on what the last access
read, as in probing a table or walking a ring: nothing overlaps. An exact answer with deduplication, expiry and distinct
counts needs several times 3.1 accesses, some of them chained."""

_RULES = """## Windows that depend on the batch

BlazeRules {version}, one rule: more than 6 events of one account in 600 s. Its rules read the history before the batch,
so its answer changes with the batch size; and its windows run on the clock of the machine, not of the events, so the
stream is cut to lie within 600 s of both.

| rows | batch | flagged | exact | events/s |
|--:|--:|--:|--:|--:|
{rows}"""


def page(found: Found) -> str:
    """The page as Markdown; parts that were not measured are left out or say why."""
    where = found["machine"]
    head = _HEAD.format(
        **{key: where[key] for key in ("date", "commit", "processor", "cores", "python")},
        memory=f"{where['memory_bytes'] / 2**30:.0f} GiB" if where["memory_bytes"] else "memory unknown",
        minutes=found["took_seconds"] / 60,
    )
    parts = [
        head,
        _windows(found),
        _bound(found),
        _rules(found),
        _state(found),
        _latency(found),
        _growth(found),
        _aims(found),
    ]
    return "\n\n".join(part for part in parts if part) + "\n"


def _windows(found: Found) -> str:
    ours = found["engines"].get("ours", {})
    rows = [_engine(engine, ours) for engine in found["engines"].values()]
    missing = "" if ours else "\n\nOur kernel was not measured in this run: bench/ours.py was not there."
    return _TABLE.format(rows="\n".join(rows)) + missing


def _engine(it: Found, ours: Found) -> str:
    first = [f"{it['title']} {it.get('version', '')}".strip(), str(it["cores"]), f"{it['rows']:,}"]
    if "failed" in it:
        return _row([*first, f"did not answer: {it['failed']}", "", "", "", "", "", f"{it['load']:.1f}"])
    speeds = [_speed(it["events"] / it[key]) for key in ("seconds", "cpu_seconds")]
    leads = [_lead(it, ours, key) for key in ("seconds", "cpu_seconds")]
    agrees = "yes" if it["agrees"] else "**no**"
    return _row([*first, *speeds, _bytes(it["peak_bytes"]), *leads, agrees, f"{it['load']:.1f}"])


def _lead(it: Found, ours: Found, key: str) -> str:
    if key not in ours:
        return "?"
    return f"{it[key] / it['events'] / (ours[key] / ours['events']):.1f}"


def _bound(found: Found) -> str:
    bound, ours = found["bound"], found["engines"].get("ours", {})
    if "failed" in bound:
        return f"## The bound\n\nNot measured: {bound['failed']}"
    rows = []
    for name, speed in bound["speed"].items():
        way, _, table = name.partition(" ")
        slower = f"{speed / (ours['events'] / ours['seconds']):.1f}" if "seconds" in ours else "?"
        rows.append(_row([way, table, _speed(speed), slower]))
    return _BOUND.format(rows="\n".join(rows))


def _rules(found: Found) -> str:
    rules = found["rules"]
    if "failed" in rules:
        return f"## Windows that depend on the batch\n\nBlazeRules did not run here: {rules['failed']}"
    runs = [*rules["runs"], *rules["burst"]]
    rows = [
        _row([
            f"{run['events']:,}" + (" of one account" if run in rules["burst"] else ""), f"{run['batch']:,}",
            f"{run['flags']:,}", f"{run['exact']:,}", _speed(run["events"] / run["seconds"]),
        ])
        for run in runs
    ]  # fmt: skip
    return _RULES.format(rows="\n".join(rows), version=rules["version"])


def _state(found: Found) -> str:
    ours = found["engines"].get("ours", {})
    if "state_bytes" not in ours:
        return ""
    each = ours["state_bytes"] / ours["alive_longest"]
    return (
        f"## State\n\nAt its largest the kernel's state, all keys together, took {_bytes(ours['state_bytes'])} with "
        f"{ours['alive_longest']:,} events alive in the longest window: {each:.0f} bytes an event."
    )


def _latency(found: Found) -> str:
    single = found.get("latency")
    if single is None:
        return ""
    if "failed" in single:
        return f"## One event at a time\n\nNot measured: {single['failed']}"
    shown = ", ".join(f"{name} {single[key]:,.0f} µs" for name, key in (("p50", "p50_us"), ("p99", "p99_us"), ("p99.9", "p999_us"), ("longest", "max_us")))  # fmt: skip
    return (
        f"## One event at a time\n\nIn process, 20,000 events a second arriving whether or not the last is done, "
        f"{single['events']:,} events; from due to decided: {shown} (load {single['load']:.1f})."
    )


def _growth(found: Found) -> str:
    series = found.get("growth") or []
    if not series:
        return ""
    rows = [
        _row([f"{run['events']:,}", _speed(run["events"] / run["seconds"]), _speed(run["events"] / run["cpu_seconds"]), _bytes(run["peak_bytes"])])
        if "failed" not in run
        else _row([run["failed"], "", "", ""])
        for run in series
    ]  # fmt: skip
    table = "| rows | events/s | events per CPU-second | peak memory |\n|--:|--:|--:|--:|\n" + "\n".join(rows)
    return f"## A longer stream\n\nThe same rate of events, so the same number in every window but the first minutes' (a million rows are 6 minutes, shorter than the longest window).\n\n{table}{_slowdown(series)}"


def _slowdown(series: list[Found]) -> str:
    if any("failed" in run for run in series):
        return ""
    each = [run["seconds"] / run["events"] for run in series]
    said = [
        f"{each[-1] / then - 1:+.0%} against {run['events']:,}"
        for then, run in zip(each[:-1], series[:-1], strict=True)
    ]
    return f"\n\nTime an event takes in the longest stream: {', '.join(said)}."


def _aims(found: Found) -> str:
    rows = [
        _row([what, aim, measured, "yes" if met else "**no**"]) for what, aim, measured, met in aims(found)
    ]
    table = "| | aim | measured | reached |\n|---|--:|--:|---|\n" + "\n".join(rows)
    return f"## Aims\n\n{table}" if rows else ""


def _row(cells: list[str]) -> str:
    return "| " + " | ".join(cells) + " |"


def _speed(events_per_second: float) -> str:
    """Three significant figures: more would be noise."""
    digits = max(len(str(int(events_per_second))) - 3, 0)
    return f"{round(events_per_second, -digits):,.0f}"


def _bytes(n: int) -> str:
    return f"{n / 1e9:.2f} GB" if n >= 1e9 else f"{n / 1e6:.0f} MB"
