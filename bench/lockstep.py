"""Crews in one hot room: `kernel.lockstep` beside coordination-network-toolkit, on the same comments.

    make build/bench-env/ready
    .venv/bin/python bench/lockstep.py                    # a million comments; the toolkit a tenth of them
    .venv/bin/python bench/lockstep.py --comments 100000

The room lasts two hours. Half of the comments are five hot phrases within 30 minutes, half of those in answer to 40
prompts; the other half draw on 200,000 phrases by 1/12 as many people, some talking far more than others. In it twenty
crews of thirty: fifteen times each says one of the forty lines of its script within 20 seconds, and everybody of it says
as many things of their own, a half of them the hot phrases. Truth are the 8,700 pairs of one crew. The toolkit is asked for
co-tweets (equal texts) within 60 s with at least five of them, which is what we ask of moments.
Not a test; figures depend on the machine.
"""

import argparse
import csv
import json
import sqlite3
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np
import numpy.typing as npt

from zhenbo.kernel.lockstep import lockstep

Ints = npt.NDArray[np.int64]
SECOND = 1_000_000
HOURS = 2 * 3_600 * SECOND
CREWS, SIZE, MOMENTS, OWN, LINES = 20, 30, 15, 15, 40
HOT, PHRASES = 5, 200_000
_EDGES = "select user_1, user_2 from co_tweet_network where weight >= 5"
TOOL = Path("build/bench-env/bin/compute_networks")


def main() -> None:
    """Print one line for each."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--comments", type=int, default=1_000_000)
    parser.add_argument("--toolkit", type=int, default=0, help="comments it is given; a tenth unless told")
    parser.add_argument("--seed", type=int, default=1)
    given = parser.parse_args()
    ours(*room(given.comments, given.seed))
    if not TOOL.exists():
        sys.exit("coordination-network-toolkit is not installed: make build/bench-env/ready")
    few = given.toolkit or given.comments // 10
    ours(*room(few, given.seed))
    toolkit(*room(few, given.seed))


def room(comments: int, seed: int) -> tuple[Ints, Ints, Ints]:
    """Who, when, which text; the accounts of the crews come last."""
    rng = np.random.default_rng(seed)  # noqa: TID251 - drawn, from a seed
    people, cold = comments // 12, comments // 2

    def anyone(n: int) -> Ints:
        return (people * rng.random(n) ** 1.7).astype(np.int64)

    def phrase(n: int) -> Ints:
        return HOT + (PHRASES * rng.random(n) ** 1.5).astype(np.int64)

    rows = [(anyone(cold), rng.integers(0, HOURS, cold), phrase(cold))]
    hot = comments - cold
    at = rng.integers(3_000 * SECOND, 4_800 * SECOND, hot)
    prompted = hot // 2
    at[:prompted] = 3_000 * SECOND + rng.integers(0, 40, prompted) * 45 * SECOND
    at[:prompted] += rng.exponential(6 * SECOND, prompted).astype(np.int64)
    rows.append((anyone(hot), at, rng.integers(0, HOT, hot)))
    for crew in range(CREWS):
        members = people + crew * SIZE + np.arange(SIZE)
        for _ in range(MOMENTS):
            together = rng.integers(0, HOURS) + rng.integers(0, 20 * SECOND, SIZE)
            line = HOT + PHRASES + crew * LINES + rng.integers(0, LINES)
            rows.append((members, together, np.full(SIZE, line)))
        n = SIZE * OWN
        said = np.where(rng.random(n) < 0.5, rng.integers(0, HOT, n), phrase(n))
        rows.append((rng.choice(members, n), rng.integers(0, HOURS, n), said))
    who, when, text = (np.concatenate(column) for column in zip(*rows, strict=True))
    return who, when, text


def ours(who: Ints, at: Ints, text: Ints) -> None:
    """Our answer."""
    start = time.perf_counter(), time.process_time()
    found = lockstep(who, text, np.zeros_like(text), at, np.full_like(at, 60 * SECOND))
    took = time.perf_counter() - start[0], time.process_time() - start[1]
    tell("kernel.lockstep", len(who), took, who, found.pairs.one, found.pairs.other)


def toolkit(who: Ints, at: Ints, text: Ints) -> None:
    """The toolkit's."""
    with tempfile.TemporaryDirectory() as folder:
        rows, base = Path(folder) / "rows.csv", Path(folder) / "base.db"
        with rows.open("w", newline="") as file:
            write = csv.writer(file)
            write.writerow(
                ("message_id", "user_id", "username", "repost_id", "reply_id", "message", "timestamp", "urls")
            )
            for i, (a, t, x) in enumerate(zip(who.tolist(), at.tolist(), text.tolist(), strict=True)):
                write.writerow((i, a, a, "", "", f"text {x}", t // SECOND, ""))
        start = time.perf_counter()
        subprocess.run([TOOL, base, "preprocess", rows], check=True, capture_output=True)
        loaded = time.perf_counter() - start
        asked = ["co_tweet", "--time_window", "60", "--min_edge_weight", "5"]
        subprocess.run([TOOL, base, "compute", *asked], check=True, capture_output=True)
        took = time.perf_counter() - start - loaded
        with sqlite3.connect(base) as told:
            edges = {tuple(sorted(map(int, edge))) for edge in told.execute(_EDGES) if edge[0] != edge[1]}
    one, other = np.array(sorted(edges), dtype=np.int64).reshape(-1, 2).T
    tell("coordination-network-toolkit", len(who), (took, took), who, one, other, loaded=round(loaded, 1))


def tell(
    name: str, rows: int, took: tuple[float, float], who: Ints, one: Ints, other: Ints, **more: float
) -> None:
    """One line: seconds, precision and recall of pairs."""
    first = int(who.max()) + 1 - CREWS * SIZE
    right = int(
        ((one >= first) & (other >= first) & ((one - first) // SIZE == (other - first) // SIZE)).sum()
    )
    every = CREWS * SIZE * (SIZE - 1) // 2
    said = {
        "comments": rows, "seconds": round(took[0], 1), "cpu_seconds": round(took[1], 1), "pairs": len(one),
        "precision": round(right / max(len(one), 1), 3), "recall": round(right / every, 3),
    }  # fmt: skip
    print(name, json.dumps(said | more))


if __name__ == "__main__":
    main()
