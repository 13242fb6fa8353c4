"""The whole proof: run the plan, make the tables, hold them against the floors."""

import tomllib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import msgspec

from zhenbo import __version__
from zhenbo.core.errors import ZhenboError
from zhenbo.pipeline import default_policy
from zhenbo.proof import tables
from zhenbo.proof.page import html, markdown, plain
from zhenbo.proof.plan import FULL, QUICK, Size, burst_jobs, jobs, run
from zhenbo.proof.section import Section, bought
from zhenbo.proof.stats import named
from zhenbo.proof.trial import Trial


@dataclass(frozen=True)
class Proof:
    """What was run, what came of it, and every trial behind it."""

    facts: Mapping[str, Any]
    sections: Sequence[Section]
    trials: Sequence[Trial]


def prove(
    seed: int,
    data: Path | None,
    *,
    quick: bool = False,
    bursts: int = 0,
    progress: Callable[[int, int], None] = lambda _done, _all: None,
) -> Proof:
    """Run the evaluation.

    Args:
        seed: of the simulated worlds; caps come from another one.
        data: folder of real recordings; None leaves those parts out.
        quick: the small fixed set.
        bursts: instead of all else, so many honest sessions of each type of burst: what one type's false alarms are.
        progress: called with jobs done and jobs in all.
    """
    if bursts:
        trials = run(burst_jobs(bursts, seed), progress)
        return Proof(_facts(trials, seed, f" --bursts {bursts}"), tables.quiet(trials), trials)
    size = QUICK if quick else FULL
    trials = run(jobs(size, seed, data), progress)
    made = tables.sections(trials)
    if size.adaptive:
        made += _adaptive(size, seed)
    return Proof(_facts(trials, seed, " --quick" if quick else ""), made, trials)


def _facts(trials: Sequence[Trial], seed: int, options: str) -> dict[str, Any]:
    """What was run."""
    count = {part: sum(t.part == part for t in trials) for part in ("honest", "real", "injected")}
    count["attacked"] = len(bought(trials))
    return {
        "command": f"zhenbo prove{options} --seed {seed}",
        "zhenbo": __version__, "policy": default_policy().name.partition("#")[0], "seed": seed, **count,
        "bursts": sum(t.part == "honest" and t.burst != "none" for t in trials),
    }  # fmt: skip


def _adaptive(size: Size, seed: int) -> list[Section]:
    from zhenbo.proof.adaptive import LOUD_DB, campaigns, row, silenced

    runs = campaigns(range(seed, seed + size.adaptive))
    told = [
        Section(
            "adaptive", "An attacker who is told the verdict",
            "It changes one thing at a time, the cheapest first, until nothing above insufficient is said or its budget is gone. Cost per fake that is "
            "still delivered in the end.", tuple({**made, "seed": str(made["seed"])} for made in map(row, runs)),
        ),
        Section(
            "silenced", "What it costs to silence each signal",
            f"Of the campaigns that a signal accused on their cheapest plan (with {LOUD_DB:.0f} dB or more before caps): the cheapest of the attacker's "
            "deliveries in which it accused no more. An upper bound: he tries no more than thirty. Medians over campaigns.", tuple(silenced(runs)),
        ),
    ]  # fmt: skip
    return [s for s in told if s.rows]


def write(proof: Proof, out: Path) -> Path:
    """Write `proof.html`, `proof.md` and `proof.json`; returns the page's path."""
    try:
        out.mkdir(parents=True, exist_ok=True)
        (out / "proof.json").write_bytes(
            msgspec.json.format(msgspec.json.encode(plain(proof.facts, proof.sections)), indent=1) + b"\n"
        )
        (out / "proof.md").write_text(markdown(proof.facts, proof.sections), "utf-8")
        page = out / "proof.html"
        page.write_text(html(proof.facts, proof.sections, proof.trials), "utf-8")
    except OSError as error:
        raise ZhenboError(
            f"The proof cannot be written to {out} ({error}). Name another folder with --out."
        ) from error
    return page


def fallen(trials: Sequence[Trial], floors: Path) -> list[str]:
    """What fell below the floors of a gate file, in sentences; empty when nothing did.

    Args:
        trials: of the small fixed set the floors were measured on.
        floors: TOML with `[most]` (false likely, false suspect, innocents named, honest penalties) and `[least]`
            (bought sessions found per family).
    """
    try:
        floor = tomllib.loads(floors.read_text("utf-8"))
    except (OSError, tomllib.TOMLDecodeError) as error:
        raise ZhenboError(f"The floors at {floors} cannot be read ({error}).") from error
    now = measured(trials)
    out = [f"{k}: {now['most'].get(k, 0)}, at most {v} allowed" for k, v in floor.get("most", {}).items() if now["most"].get(k, 0) > v]  # fmt: skip
    out += [f"{k} found: {now['least'].get(k, 0)}, at least {v} wanted" for k, v in floor.get("least", {}).items() if now["least"].get(k, 0) < v]  # fmt: skip
    return out


def floors_toml(trials: Sequence[Trial], command: str) -> str:
    """The floors file that these trials just hold."""
    parts = [
        f"# Held by `{command}`; written with --write-floors. Moved only with the reason in the commit.\n"
    ]
    for part, counts in measured(trials).items():
        parts.append(f"\n[{part}]\n" + "".join(f'"{name}" = {n}\n' for name, n in counts.items()))
    return "".join(parts)


def measured(trials: Sequence[Trial]) -> dict[str, dict[str, int]]:
    """The counts that a gate holds on to."""
    calm = [t for t in trials if t.honest and t.part in {"honest", "real"}]
    found: dict[str, int] = {}
    for t in bought(trials):
        found[t.family] = found.get(t.family, 0) + t.told.raised
    return {
        "most": {
            "false likely": sum(t.told.outcome.value == "likely" for t in calm),
            "false suspect": sum(t.told.outcome.value == "suspect" for t in calm),
            "honest ready for a penalty": sum(t.penalty for t in calm),
            "innocent accounts named": sum(int(named(t.accounts[1])) for t in calm),
            "honest orders named": sum(int(named(t.orders[1])) for t in calm),
        },
        "least": dict(sorted(found.items())),
    }
