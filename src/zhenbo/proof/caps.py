"""Prove the caps: how loud a signal may speak, from how many honest units it has stayed silent on; and what a clean look is worth.

    python -m zhenbo.proof.caps --honest 3000 --attacked 632            # prints what it would write
    python -m zhenbo.proof.caps --honest 3000 --attacked 632 --write    # and writes packs/calibration/{caps,clean}.toml

An honest unit is one simulated session (or shop month) on which a signal spoke: evenings by themselves, and for every
`TOWN_EACH` of them one of each of the worlds in which people go from room to room. Its cap is 10·log10(units / 3): by the
rule of three no more than 3/units of honest subjects are accused, if none was. A unit counts as accused where
p <= 1e-3. The seed is `plan.CALIBRATION_SEED`; the proof judges on others.

What a clean answer is worth, per question and tier, is how much rarer it is among bought sessions (those in which something
material to that question was fabricated) than among honest evenings: a signal that cannot see an attack clears nobody of it.
"""

import argparse
from collections import Counter
from collections.abc import Iterable, Mapping
from pathlib import Path

import numpy as np

from zhenbo.proof.plan import CALIBRATION_SEED, attacked_jobs, honest_jobs, run, town_jobs
from zhenbo.proof.trial import Depth, Trial

ACCUSED_BELOW = 1e-3
TOWN_EACH = 300
PACKS = Path(__file__).parents[1] / "packs" / "calibration"


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


def clean(trials: Iterable[Trial]) -> dict[str, tuple[int, int, int, int]]:
    """Per `question@tier`: honest subjects, those that come out clean, bought subjects, those that come out clean."""
    told = Counter(look for t in trials for look in t.clean)

    def counted(name: str, *, bought: bool) -> tuple[int, int]:
        out = told[name, bought, True]
        return told[name, bought, False] + out, out

    names = sorted({name for name, _, _ in told})
    return {name: (*counted(name, bought=False), *counted(name, bought=True)) for name in names}


def caps_toml(proven: Mapping[str, tuple[int, int]], command: str) -> str:
    """`packs/calibration/caps.toml` as text."""
    lines = [
        "# Honest units on which each signal spoke, and how many of them it accused (p <= 1e-3).",
        f"# Written by `{command}`.",
    ]
    for name, (units, accused) in proven.items():
        lines += ["", f'[signal."{name}"]', f"units = {units}", f"accused = {accused}"]
    return "\n".join(lines) + "\n"


def clean_toml(proven: Mapping[str, tuple[int, int, int, int]], command: str) -> str:
    """`packs/calibration/clean.toml` as text."""
    lines = [
        "# Honest and materially bought subjects per question and tier, and how many of each come out `unlikely` where every clean look",
        "# counts by itself: together they count for no more than the ratio of the two.",
        f"# Written by `{command}`.",
    ]
    for name, counts in proven.items():
        fields = zip(("honest", "honest_clean", "bought", "bought_clean"), counts, strict=True)
        lines += ["", f'[clean."{name}"]', *(f"{field} = {n}" for field, n in fields)]
    return "\n".join(lines) + "\n"


def main() -> None:
    """Command line of the calibration."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--seed", type=int, default=CALIBRATION_SEED)
    parser.add_argument("--honest", type=int, default=300)
    parser.add_argument(
        "--attacked", type=int, default=0, help="bought sessions; 0 leaves clean.toml as it is"
    )
    parser.add_argument("--write", action="store_true")
    given = parser.parse_args()
    command = f"python -m zhenbo.proof.caps --seed {given.seed} --honest {given.honest} --attacked {given.attacked} --write"
    depth = Depth(clean=True)
    evenings = run(
        [*honest_jobs(given.honest, given.seed, depth), *attacked_jobs(given.attacked, given.seed, depth)]
    )
    proven = caps([*run(town_jobs(given.honest // TOWN_EACH, given.seed)), *evenings])
    for name, (units, accused) in proven.items():
        proved = np.log10(max(units / (3 + 3 * accused), 1)) * 10
        print(f"{name:28} units {units:5} accused {accused:3}  cap {proved:5.1f} dB")  # noqa: T201 - a command line
    texts = {"caps.toml": caps_toml(proven, command)}
    if given.attacked:
        texts["clean.toml"] = clean_toml(clean(evenings), command)
        print(texts["clean.toml"])  # noqa: T201 - a command line
    if given.write:
        for name, text in texts.items():
            (PACKS / name).write_text(text, "utf-8")


if __name__ == "__main__":
    main()
