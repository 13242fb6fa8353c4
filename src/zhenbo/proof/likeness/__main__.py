"""`python -m zhenbo.proof.likeness`: measures, compares, and writes the page and its plot."""

import argparse
import sys
from pathlib import Path

import zhenbo.proof.likeness
from zhenbo.proof.likeness.page import plot, text
from zhenbo.proof.likeness.rooms import KINDS, RECORDINGS, compare, keep, kept, recorded, simulate


def main() -> None:
    """Measure, compare, and write the page and its plot."""
    ask = argparse.ArgumentParser(
        description=zhenbo.proof.likeness.__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    ask.add_argument(
        "--data", type=Path, default=Path("../shared/data"), help="folder of the real recordings"
    )
    ask.add_argument("--seed", type=int, default=1)
    ask.add_argument("--sessions", type=int, default=30, help="simulated sessions of each kind")
    ask.add_argument("--docs", type=Path, default=Path("docs"))
    given = ask.parse_args()
    real = kept()
    anew = {name: found for name in real if (found := recorded(name, given.data)) is not None}
    if anew:
        keep(anew)
    if absent := sorted(set(real) - set(anew)):
        _tell(
            f"not under {given.data}: {', '.join(absent)}; the figures kept in {RECORDINGS.name} are compared"
        )
    made = {k: [simulate(k, given.seed * 1_000 + i) for i in range(given.sessions)] for k in KINDS}
    rows = compare({**real, **anew}, made)
    (given.docs / "likeness.svg").write_text(plot(rows), "utf-8")
    (given.docs / "likeness.md").write_text(text(rows, made, given.seed, given.sessions), "utf-8")
    _tell(f"{sum(r.inside for r in rows)} of {len(rows)} real figures lie inside the simulated 5-95 % range")


def _tell(line: str) -> None:
    sys.stdout.write(line + "\n")


if __name__ == "__main__":
    main()
