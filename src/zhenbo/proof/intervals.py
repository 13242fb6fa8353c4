"""Calibrate what the verdicts say of shares and of false alarms: how wide an interval must be to hold, how often honest rooms are flagged.

    python -m zhenbo.proof.intervals --attacked 1290 --honest 3000            # prints what it would write
    python -m zhenbo.proof.intervals --attacked 1290 --honest 3000 --write    # and writes packs/calibration/{intervals,rooms}.toml

Run it last, after `zhenbo.proof.caps` and whenever a signal changed: it measures verdicts under the caps in force. The
seed is `plan.CALIBRATION_SEED`; the proof judges on others.

Every bought simulated session gives, for each metric shown, its fabricated share and the interval the signals made of it,
untouched. Two things are read off, per metric and tier, or per metric, or over all where units are few:

- where something was counted (mid > 0): by how much the ends must move so that each is wrong once in twenty: split
  conformal quantiles of (low - truth) / mid and (truth - high) / (1 - mid), as in conformalised quantile regression (Romano,
  Patterson & Candès, NeurIPS 2019), scaled by the room that either end has, so that few fakes counted do not cost as much
  width as many. They move outwards only: a tighter end would hold for bought sessions and accuse honest ones of more;
- where nothing was counted: the share that nine of ten *bought* sessions stayed below although nothing was found in them.
  Honest rooms say nothing about that, and the answer holds for doses like those of `worlds.campaign.DOSES`.
"""

import argparse
import math
import os
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, replace
from itertools import chain
from pathlib import Path

from zhenbo.audit.session import audit_case
from zhenbo.audit.shown import ASKS
from zhenbo.core.subject import Outcome
from zhenbo.pipeline import cases, default_policy, words
from zhenbo.proof.plan import CALIBRATION_SEED, honest_jobs, run
from zhenbo.proof.trial import Trial
from zhenbo.worlds import attacked

_BLOCK = 43
END = 0.05
"""How often each end of a counted interval may be wrong."""
MISSED = 0.10
"""How often the one end of an interval where nothing was found may be wrong."""
LEAST_UNITS = {END: 40, MISSED: 20}
"""Units from which a cell speaks for itself: with fewer, the quantile is the worst case met, and the next wider cell is asked."""
_LEAST_REST = 1e-3
"""Share of a metric below which nothing is left that could be fabricated beside what was counted."""
PACKS = Path(__file__).parents[1] / "packs" / "calibration"


@dataclass(frozen=True)
class Unit:
    """A metric of one bought session: its fabricated share, and the interval the signals made of it.

    Args:
        metric: which.
        tier: of the record, on the metric's question.
        truth: fabricated share.
        low: lower end of the interval, share of what was shown.
        mid: best estimate; 0 where nothing was counted.
        high: upper end.
    """

    metric: str
    tier: str
    truth: float
    low: float
    mid: float
    high: float


def units(seed: int, sessions: int, first: int = 0) -> Iterator[Unit]:
    """Every metric with an answer in some bought sessions; those of which nothing was fabricated only where something was counted."""
    policy = replace(default_policy(), unseen={}, widen={})
    said = words("en")
    for world in attacked(seed, sessions, first):
        for case in cases(world.dataset, policy=policy):
            truth = world.truth.get(case.session.session_id)
            if truth is None:
                continue
            fake = audit_case(case, policy, said).verdict.fake
            for question, metrics in ASKS.items():
                for metric in metrics:
                    told = getattr(fake, metric)
                    share = truth.share(metric)
                    if (
                        told is not None
                        and told.shown
                        and truth.shown.get(metric)
                        and (share > 0 or told.mid)
                    ):
                        ends = (told.low / told.shown, told.mid / told.shown, told.high / told.shown)
                        yield Unit(metric, case.session.tiers[question].value, share, *ends)


def quantile(values: Sequence[float], wrong: float) -> float | None:
    """The split conformal quantile: the value that a further one exceeds at most so often; None with too few to say.

    Examples:
        >>> quantile([float(x) for x in range(1, 20)], 0.05), quantile([1.0, 2.0], 0.05)
        (19.0, None)
    """
    at = math.ceil((len(values) + 1) * (1 - wrong))
    return sorted(values)[at - 1] if at <= len(values) else None


def cells(found: Iterable[Unit]) -> dict[str, list[Unit]]:
    """Units per `metric@tier`, per metric, and all (`*`)."""
    made: dict[str, list[Unit]] = defaultdict(list)
    for u in found:
        for name in (f"{u.metric}@{u.tier}", u.metric, "*"):
            made[name].append(u)
    return dict(sorted(made.items()))


def widened(found: Iterable[Unit]) -> dict[str, tuple[int, float, float]]:
    """Per cell: counted units, and what the lower end must fall by (parts of mid) and the upper end rise by (of the rest)."""
    made = {}
    for name, mine in cells(u for u in found if u.mid > 0).items():
        down = quantile([(u.low - u.truth) / u.mid for u in mine], END)
        up = quantile([(u.truth - u.high) / max(1 - u.mid, _LEAST_REST) for u in mine], END)
        if down is not None and up is not None and (len(mine) >= LEAST_UNITS[END] or name == "*"):
            made[name] = (len(mine), max(down, 0.0), max(up, 0.0))
    return made


def unseen(found: Iterable[Unit]) -> dict[str, tuple[int, float]]:
    """Per cell: bought units in which nothing was counted, and the share that nine of ten of them stayed below."""
    made = {}
    for name, mine in cells(u for u in found if u.mid == 0).items():
        share = quantile([u.truth for u in mine], MISSED)
        if share is not None and (len(mine) >= LEAST_UNITS[MISSED] or name == "*"):
            made[name] = (len(mine), share)
    return made


def intervals_toml(found: Sequence[Unit], command: str) -> str:
    """`packs/calibration/intervals.toml` as text."""
    lines = [
        "# What the intervals of fabricated shares need in order to hold nine times of ten: `interval`, by how much the ends of a",
        "# counted one move (the lower by so many parts of the estimate, the upper of the rest); `unseen`, the share below which nine of ten bought sessions stayed in which",
        "# nothing was counted.",
        f"# Written by `{command}`.",
    ]
    for name, (n, down, up) in widened(found).items():
        lines += ["", f'[interval."{name}"]', f"units = {n}", f"down = {down:.4f}", f"up = {up:.4f}"]
    for name, (n, share) in unseen(found).items():
        lines += ["", f'[unseen."{name}"]', f"units = {n}", f"share = {min(share, 1.0):.4f}"]
    return "\n".join(lines) + "\n"


def alarms(trials: Iterable[Trial]) -> tuple[int, int]:
    """Honest subjects flagged, of honest subjects."""
    mine = [t for t in trials if t.honest]
    return sum(t.told.outcome.rank >= Outcome.SUSPECT.rank for t in mine), len(mine)


def rooms_toml(flagged: int, honest: int, command: str) -> str:
    """`packs/calibration/rooms.toml` as text."""
    return (
        "# Honest simulated sessions and shop months, a half of them with a burst, and how many of them were suspect or likely.\n"
        f"# Written by `{command}`.\n\n[rooms]\nhonest = {honest}\nflagged = {flagged}\n"
    )


def _block(job: tuple[int, int, int]) -> list[Unit]:
    seed, sessions, first = job
    return list(units(seed, sessions, first))


def measured(seed: int, sessions: int, processes: int | None = None) -> list[Unit]:
    """`units` over the machine's cores, in the order of the sessions."""
    jobs = [(seed, min(_BLOCK, sessions - first), first) for first in range(0, sessions, _BLOCK)]
    with ProcessPoolExecutor(processes or os.cpu_count()) as pool:
        return list(chain.from_iterable(pool.map(_block, jobs)))


def held(found: Iterable[Unit], down: Mapping[str, tuple[int, float, float]], miss: Mapping[str, tuple[int, float]]) -> dict[str, tuple[int, int]]:  # fmt: skip
    """Per metric and state: units whose interval, moved so, holds the truth, and units. For looking at other seeds."""
    made: dict[str, tuple[int, int]] = {}
    for u in found:
        if u.mid == 0 and u.truth == 0:
            continue
        names = (f"{u.metric}@{u.tier}", u.metric, "*")
        if u.mid > 0:
            _, a, b = next((down[n] for n in names if n in down), (0, 0.0, 0.0))
            inside = u.low - a * u.mid - 1e-9 <= u.truth <= u.high + b * (1 - u.mid) + 1e-9
        else:
            _, most = next((miss[n] for n in names if n in miss), (0, u.high))
            inside = u.truth <= most
        for name in (f"{u.metric} {'counted' if u.mid > 0 else 'not found'}", "all"):
            hits, n = made.get(name, (0, 0))
            made[name] = (hits + inside, n + 1)
    return dict(sorted(made.items()))


def main() -> None:
    """Command line of the calibration."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--seed", type=int, default=CALIBRATION_SEED)
    parser.add_argument("--attacked", type=int, default=645, help="bought sessions; 129 attacks, five doses")
    parser.add_argument(
        "--honest", type=int, default=300, help="honest sessions; 0 leaves rooms.toml as it is"
    )
    parser.add_argument("--jobs", type=int, help="processes; the cores by default")
    parser.add_argument("--check", type=int, help="another seed on which the intervals are tried at once")
    parser.add_argument("--write", action="store_true")
    given = parser.parse_args()
    command = f"python -m zhenbo.proof.intervals --seed {given.seed} --attacked {given.attacked} --honest {given.honest} --write"
    texts = {}
    if given.attacked:
        found = measured(given.seed, given.attacked, given.jobs)
        texts["intervals.toml"] = intervals_toml(found, command)
    if given.honest:
        texts["rooms.toml"] = rooms_toml(*alarms(run(honest_jobs(given.honest, given.seed), processes=given.jobs)), command)  # fmt: skip
    for name, text in texts.items():
        print(text)  # noqa: T201 - a command line
        if given.write:
            (PACKS / name).write_text(text, "utf-8")
    if given.attacked and given.check is not None:
        other = measured(given.check, given.attacked, given.jobs)
        for name, (hits, n) in held(other, widened(found), unseen(found)).items():
            print(f"{name:24} held in {hits:4} of {n:4} ({hits / n:.0%})")  # noqa: T201 - a command line


if __name__ == "__main__":
    main()
