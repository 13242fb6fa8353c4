"""A command in a process of its own, and what it cost: wall, processor time of its whole tree, peak memory.

The command is started by a fresh small Python that adopts the orphans of its tree and waits for them all: so the
processor time of a JVM counts, and a child does not inherit the high-water mark of whoever forked it.
"""

import json
import os
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

_STARTER = """
import ctypes, json, os, resource, sys, time
report, *command = sys.argv[1:]
if sys.platform == "linux":
    ctypes.CDLL(None).prctl(36, 1, 0, 0, 0)  # PR_SET_CHILD_SUBREAPER
start = time.perf_counter()
child = os.posix_spawnp(command[0], command, os.environ)
wall, code = 0.0, 0
while True:
    try:
        pid, status = os.wait()
    except ChildProcessError:
        break
    if pid == child:
        wall, code = time.perf_counter() - start, os.waitstatus_to_exitcode(status)
usage = resource.getrusage(resource.RUSAGE_CHILDREN)
unit = 1 if sys.platform == "darwin" else 1024
with open(report, "w") as out:
    json.dump({"code": code, "process_seconds": wall, "process_cpu_seconds": usage.ru_utime + usage.ru_stime,
               "peak_bytes": usage.ru_maxrss * unit}, out)
"""


def measured(command: list[str], limit: float) -> dict[str, Any]:
    """Run a command that prints one JSON object; the object, with what the process cost.

    Returns:
        What it printed, and `process_seconds`, `process_cpu_seconds` (of all its descendants), `peak_bytes` (of the
        largest process among them) and `load` (of the machine, one minute's average just before); or `failed`, a
        reason, when it ends otherwise or not within `limit` seconds.
    """
    load = os.getloadavg()[0]
    with tempfile.TemporaryDirectory(prefix="zhenbo-bench-") as place:
        report = Path(place) / "report.json"
        child = subprocess.Popen(
            [sys.executable, "-S", "-c", _STARTER, str(report), *command],
            stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, start_new_session=True,
        )  # fmt: skip
        try:
            said, complaint = child.communicate(timeout=limit)
        except subprocess.TimeoutExpired:
            os.killpg(child.pid, signal.SIGKILL)
            child.communicate()
            return {"failed": f"not done within {limit:.0f} s", "load": load}
        cost = json.loads(report.read_text("utf-8")) if report.exists() else {"code": child.returncode}
    if cost.pop("code"):
        return {"failed": (complaint.strip().splitlines() or ["no message"])[-1], "load": load}
    try:
        return {**json.loads(said.strip().splitlines()[-1]), **cost, "load": load}
    except (IndexError, ValueError):
        return {"failed": f"printed no JSON object, but {said.strip()[-200:]!r}", "load": load}


def machine() -> dict[str, Any]:
    """Where and when this is."""
    names = [
        line.partition(":")[2].strip() for line in _read("/proc/cpuinfo") if line.startswith("model name")
    ]
    memory = [int(line.split()[1]) * 1024 for line in _read("/proc/meminfo") if line.startswith("MemTotal")]
    return {
        "date": time.strftime("%Y-%m-%d", time.gmtime()),
        "processor": names[0] if names else "unknown",
        "cores": os.cpu_count(),
        "memory_bytes": memory[0] if memory else None,
        "python": sys.version.split()[0],
        "commit": _commit(),
    }


def _read(path: str) -> list[str]:
    return Path(path).read_text("utf-8").splitlines() if Path(path).exists() else []


def _commit() -> str:
    told = subprocess.run(
        ["git", "rev-parse", "--short", "HEAD"], capture_output=True, text=True, check=False
    )
    return told.stdout.strip() or "unknown"
