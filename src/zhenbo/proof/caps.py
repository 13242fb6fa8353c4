"""Prove the caps: how loud a signal may speak, from how many honest units it has stayed silent on.

    python -m zhenbo.proof.caps --honest 3000            # prints what each signal's cap would be
    python -m zhenbo.proof.caps --honest 3000 --write    # and writes packs/calibration/caps.toml

An honest unit is one simulated session (or shop month) on which a signal spoke: evenings by themselves, and for every
`TOWN_EACH` of them one of each of the worlds in which people go from room to room. Its cap is 10·log10(units / 3): by the
rule of three no more than 3/units of honest subjects are accused, if none was. A unit counts as accused where
p <= 1e-3. The seed is `plan.CALIBRATION_SEED`; the proof judges on others.
"""

import argparse
from collections import Counter
from collections.abc import Iterable, Mapping
from pathlib import Path

import numpy as np

from zhenbo.proof.plan import CALIBRATION_SEED, honest_jobs, run, town_jobs
from zhenbo.proof.trial import Trial

ACCUSED_BELOW = 1e-3
TOWN_EACH = 300


def caps(trials: Iterable[Trial]) -> dict[str, tuple[int, int]]:
    """Per `signal@tier`: honest units it spoke on, and how many of them it accused."""
    units: Counter[str] = Counter()
    accused: Counter[str] = Counter()
    for t in trials:
        if t.honest:
            worst: dict[str, float] = {}
            for name, p in t.spoke:
                worst[name] = min(p, worst.get(name, 1.0))
            for name, p in worst.items():
                units[name] += 1
                accused[name] += p <= ACCUSED_BELOW
    return {name: (units[name], accused[name]) for name in sorted(units)}


def caps_toml(proven: Mapping[str, tuple[int, int]], seed: int, sessions: int) -> str:
    """`packs/calibration/caps.toml` as text."""
    lines = [
        "# Honest units on which each signal spoke, and how many of them it accused (p <= 1e-3).",
        f"# Written by `python -m zhenbo.proof.caps --seed {seed} --honest {sessions} --write`.",
    ]
    for name, (units, accused) in proven.items():
        lines += ["", f'[signal."{name}"]', f"units = {units}", f"accused = {accused}"]
    return "\n".join(lines) + "\n"


def main() -> None:
    """Command line of the calibration."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--seed", type=int, default=CALIBRATION_SEED)
    parser.add_argument("--honest", type=int, default=300)
    parser.add_argument("--write", action="store_true")
    given = parser.parse_args()
    towns = town_jobs(given.honest // TOWN_EACH, given.seed)
    proven = caps(run([*towns, *honest_jobs(given.honest, given.seed)]))
    for name, (units, accused) in proven.items():
        proved = np.log10(max(units / (3 + 3 * accused), 1)) * 10
        print(f"{name:28} units {units:5} accused {accused:3}  cap {proved:5.1f} dB")  # noqa: T201 - a command line
    if given.write:
        path = Path(__file__).parents[1] / "packs" / "calibration" / "caps.toml"
        path.write_text(caps_toml(proven, given.seed, given.honest), "utf-8")


if __name__ == "__main__":
    main()
