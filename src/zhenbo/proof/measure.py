"""Measure what the signals and verdicts are worth on worlds with known truth, written without sight of the signals.

    python -m zhenbo.proof.measure --honest 3000 --attacked 600          # prints false alarms and recall
    python -m zhenbo.proof.measure --honest 3000 --write-caps            # and proves the caps anew

An honest unit is one simulated session (or shop month) on which a signal spoke. Its cap is 10·log10(units / 3): by the
rule of three no more than 3/units of honest subjects are accused, if none was. A unit counts as accused where
p < 1e-3. Seeds of calibration (`--seed`) and of judging are kept apart by the caller.
"""

import argparse
import os
from collections import Counter, defaultdict
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path
from typing import Any

import numpy as np

from zhenbo.core.subject import Outcome
from zhenbo.core.verdict import SessionVerdict

ACCUSED_BELOW = 1e-3
_BLOCK = 50


def _worlds(kind: str, seed: int, first: int, count: int) -> Iterator[Any]:
    from zhenbo.worlds import attacked, campaign

    return (campaign if kind == "honest" else attacked)(seed, count, first)


def _block(job: tuple[str, int, int, int]) -> list[dict[str, Any]]:
    """Audit one block of sessions; one plain record per subject."""
    from zhenbo.pipeline import audit_dataset

    kind, seed, first, count = job
    records = []
    for world in _worlds(kind, seed, first, count):
        truth = next(iter(world.truth.values()))
        result = audit_dataset(world.dataset, lang="en")
        for a in result.audited:
            v = a.verdict
            fake = truth.fake_accounts | truth.fake_orders
            named = {k for d in (a.judgement.accounts, a.judgement.orders) for k, p in d.items() if p > 0.5}
            judged = {k for d in (a.judgement.accounts, a.judgement.orders) for k in d}
            records.append({
                "kind": kind, "id": f"{seed}/{truth.session_id}", "attack": "+".join(k.partition("@")[0] for k in truth.kinds), "burst": truth.burst,
                "view": truth.view, "scope": "session" if isinstance(v, SessionVerdict) else "shop",
                "tier": str(v.tier), "verdict": str(v.verdict), "penalty": v.penalty_ready,
                "spoke": [(f"{w.evidence.signal}@{w.evidence.tier}", w.evidence.p) for w in a.judgement.reasons],
                "questions": {k: str(q.verdict) for k, q in v.questions.items() if q.asked},
                "share": max((truth.share(m) for m in truth.fabricated), default=0.0),
                "named": len(named), "named_fake": len(named & fake), "fake": len(fake & judged), "judged": len(judged),
            })  # fmt: skip
    return records


def measure(kind: str, seed: int, sessions: int) -> list[dict[str, Any]]:
    """Audit so many simulated sessions over all cores; records in session order."""
    jobs = [(kind, seed, at, min(_BLOCK, sessions - at)) for at in range(0, sessions, _BLOCK)]
    with ProcessPoolExecutor(os.cpu_count()) as pool:
        return [record for block in pool.map(_block, jobs) for record in block]


def caps(records: list[dict[str, Any]]) -> dict[str, tuple[int, int]]:
    """Per `signal@tier`: honest units it spoke on, and how many of them it accused."""
    units: Counter[str] = Counter()
    accused: Counter[str] = Counter()
    for r in records:
        if r["kind"] == "honest":
            for name, p in r["spoke"]:
                units[name] += 1
                accused[name] += p < ACCUSED_BELOW
    return {name: (units[name], accused[name]) for name in sorted(units)}


def upper(k: int, n: int) -> float:
    """95 % upper bound of a rate (Clopper-Pearson)."""
    from scipy import stats

    return 1.0 if k >= n else float(stats.beta.ppf(0.95, k + 1, n - k))


def report(records: list[dict[str, Any]]) -> Iterator[str]:
    """Lines of the table: false alarms by burst and view, answers by tier, recall by attack."""
    honest = [r for r in records if r["kind"] == "honest"]
    for key in ("burst", "view", "tier"):
        if honest:
            yield f"\nhonest by {key:6}      n  likely suspect insuff. unlikely   likely<= suspect<="
        for name, group in sorted(_groups(honest, key).items()):
            n, seen = len(group), Counter(r["verdict"] for r in group)
            yield (
                f"  {name:18} {n:5} {seen['likely']:7} {seen['suspect']:7} {seen['insufficient']:7} {seen['unlikely']:8}"
                f"   {upper(seen['likely'], n):7.2%} {upper(seen['suspect'], n):8.2%}"
            )
    if honest:
        yield f"honest, penalty_ready: {sum(r['penalty'] for r in honest)} of {len(honest)}"
        named, judged = sum(r["named"] for r in honest), sum(r["judged"] for r in honest)
        yield f"honest accounts and orders named (p > 0.5): {named} of {judged} judged"
    bought = [r for r in records if r["kind"] == "attacked"]
    if bought:
        yield "\nattacked by attack                    n  likely suspect  named/fake  precision"
    for name, group in sorted(_groups(bought, "attack").items()):
        n, seen = len(group), Counter(r["verdict"] for r in group)
        found, fake, named = (sum(r[k] for r in group) for k in ("named_fake", "fake", "named"))
        recall = f"{found / fake:7.0%}" if fake else "      –"
        precision = f"{found / named:9.1%}" if named else "        –"
        yield f"  {name:34} {n:5} {seen['likely']:7} {seen['suspect']:7} {recall}     {precision}"


def _groups(records: list[dict[str, Any]], key: str) -> dict[str, list[dict[str, Any]]]:
    groups: dict[str, list[dict[str, Any]]] = defaultdict(list)
    for r in records:
        groups[r[key]].append(r)
    return groups


def caps_toml(proven: dict[str, tuple[int, int]], seed: int, sessions: int) -> str:
    """`packs/calibration/caps.toml` as text."""
    lines = [
        "# Honest units on which each signal spoke, and how many of them it accused (p < 1e-3).",
        f"# Written by `python -m zhenbo.proof.measure --seed {seed} --honest {sessions} --write-caps`.",
    ]
    for name, (units, accused) in proven.items():
        lines += ["", f'[signal."{name}"]', f"units = {units}", f"accused = {accused}"]
    return "\n".join(lines) + "\n"


def main() -> None:
    """Command line of the measurement."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--seed", type=int, default=7)
    parser.add_argument("--honest", type=int, default=300)
    parser.add_argument("--attacked", type=int, default=0)
    parser.add_argument("--write-caps", action="store_true")
    given = parser.parse_args()
    records = measure("honest", given.seed, given.honest) + measure("attacked", given.seed, given.attacked)
    for line in report(records):
        print(line)  # noqa: T201 - a command line
    proven = caps(records)
    for name, (units, accused) in proven.items():
        worst = np.log10(max(units, 1) / 3) * 10
        print(f"{name:28} units {units:5} accused {accused:3}  cap {worst:5.1f} dB")  # noqa: T201
    left = sum(r["verdict"] == Outcome.INSUFFICIENT for r in records)
    print(f"left insufficient: {left} of {len(records)}")  # noqa: T201
    if given.write_caps:
        path = Path(__file__).parents[1] / "packs" / "calibration" / "caps.toml"
        path.write_text(caps_toml(proven, given.seed, given.honest), "utf-8")


if __name__ == "__main__":
    main()
