"""What the proof runs, as a list of jobs: the seeds, the sizes, the recordings, what is held out.

Seeds are kept apart: caps are proven on `CALIBRATION_SEED` (`proof.caps`), signal authors may look at any world of
`DEVELOPMENT_SEEDS`, and nobody looks world by world at those of `JUDGE_SEED`. Attacks called `sealed-…` are written
by somebody who has not seen the signals, reported only in total, and never opened by a signal's author.
"""

import os
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, field, replace
from pathlib import Path
from types import MappingProxyType

import numpy as np

from zhenbo.core.dataset import Dataset, subjects
from zhenbo.core.errors import ZhenboError
from zhenbo.intake.load import load
from zhenbo.proof.trial import Depth, Trial, trials
from zhenbo.worlds import ATTACKS, WORLDS, World, attacked, campaign
from zhenbo.worlds.bursts import BURSTS
from zhenbo.worlds.campaign import bursting
from zhenbo.worlds.inject import applicable, inject

CALIBRATION_SEED = 7
DEVELOPMENT_SEEDS = range(1, 7)
JUDGE_SEED = 2026

RECORDINGS: Mapping[str, str] = MappingProxyType({
    "douyin-capture": "douyin-capture",
    "bilibili-fans-1": "bilibili-asoul/2020.12.11*",
    "bilibili-fans-2": "bilibili-asoul/2020.12.12*",
    "bilibili-degraded": "bilibili-asoul/2020.12.15*",
    "bilibili-2019": "bilibili-vtuber-danmaku-2019-05",
    "tiktok-packets": "tiktok-live-java",
    "tmall-orders": "tmall-orders/tmall_order_report.csv",
})  # fmt: skip
"""Real recordings by name, as patterns under the data folder; taken as honest, which nobody has proven."""

BACKGROUNDS = ("douyin-capture", "bilibili-fans-1", "tmall-orders")
"""Recordings that attacks are laid over."""

_KEY = b"the proof's own key: never one of a user's"


@dataclass(frozen=True)
class Job:
    """One piece of work for one process.

    Args:
        part: honest, burst, attacked, world, real or injected.
        name: world, recording or attack.
        seed: stream of chance.
        first: number of the first session.
        count: sessions.
        depth: what is asked beside the verdicts.
        path: recording on disk.
        dose: of an injected attack.
    """

    part: str
    name: str = ""
    seed: int = JUDGE_SEED
    first: int = 0
    count: int = 1
    depth: Depth = field(default_factory=Depth)
    path: Path | None = None
    dose: float = 0.3


@dataclass(frozen=True)
class Size:
    """How much is run.

    Args:
        honest: simulated honest sessions.
        rounds: rounds through all attacks, one dose stratum each.
        worlds: seeds of each world of many sessions.
        naive: every how manieth block the naive detectors are asked too.
        injected: doses at which attacks are laid over recordings.
        adaptive: seeds of the adaptive attacker.
        live: whether a watcher looks while it happens (first round).
    """

    honest: int
    rounds: int
    worlds: int
    naive: int
    injected: tuple[float, ...]
    adaptive: int
    live: bool


FULL = Size(honest=3_040, rounds=6, worlds=1, naive=8, injected=(0.1, 0.3, 0.6), adaptive=2, live=True)
QUICK = Size(honest=320, rounds=1, worlds=0, naive=4, injected=(0.3,), adaptive=0, live=False)

_BLOCK = 40


def recordings(data: Path) -> dict[str, Path]:
    """The real recordings that are there."""
    return {
        name: found
        for name, pattern in RECORDINGS.items()
        if (found := next(iter(sorted(data.glob(pattern))), None)) is not None
    }


def jobs(size: Size, seed: int, data: Path | None) -> list[Job]:
    """All the work, the longest first so that no process waits at the end.

    Args:
        size: how much.
        seed: of the simulated worlds.
        data: folder of real recordings; without it those parts are empty.
    """
    real = recordings(data) if data else {}
    made = [
        *(Job("real", name, path=path) for name, path in real.items()),
        *(Job("world", name, seed + i, depth=Depth(fusion=True))
          for name, world in WORLDS.items() if world.kind == "world" and name not in SHOWN_ELSEWHERE
          for i in range(size.worlds)),
        *_injections(size, seed, real),
    ]  # fmt: skip
    bought = attacked_jobs(size.rounds * len(ATTACKS), seed, Depth(fusion=True), size.naive)
    made += [replace(j, depth=replace(j.depth, live=size.live and j.first < len(ATTACKS))) for j in bought]
    return made + honest_jobs(size.honest, seed, Depth(fusion=True), size.naive)


def honest_jobs(sessions: int, seed: int, depth: Depth = Depth(), naive: int = 0) -> list[Job]:  # noqa: B008 - frozen
    """So many simulated honest sessions in blocks, of which every `naive`-th also asks the naive detectors."""
    return _blocks("honest", sessions, seed, depth, naive)


def burst_jobs(each: int, seed: int) -> list[Job]:
    """So many simulated honest sessions of each type of honest burst, in blocks."""
    return _blocks("burst", each * (len(BURSTS) - 1), seed, Depth(), 0)


def attacked_jobs(sessions: int, seed: int, depth: Depth = Depth(), naive: int = 0) -> list[Job]:  # noqa: B008 - frozen
    """So many simulated bought sessions in blocks, the same way."""
    return _blocks("attacked", sessions, seed, depth, naive)


def _blocks(part: str, sessions: int, seed: int, depth: Depth, naive: int) -> list[Job]:
    return [
        Job(
            part, seed=seed, first=first, count=min(_BLOCK, sessions - first),
            depth=replace(depth, naive=naive > 0 and block % naive == 0),
        )
        for block, first in enumerate(range(0, sessions, _BLOCK))
    ]  # fmt: skip


TOWNS = ("circuit", "guilds", "week")
"""Worlds in which the same people go to many rooms: what is found between rooms is tested on their honest rooms."""


def town_jobs(worlds: int, seed: int) -> list[Job]:
    """So many of each of the towns, from seeds of their own."""
    return [Job("world", name, 1_000 * seed + i) for i in range(worlds) for name in TOWNS]


SHOWN_ELSEWHERE = ("million", "bought", "honest", "disputes", "evening", "agencies", "portfolio")
"""Worlds made of rooms that other parts cover one by one, or made for speed."""


def _injections(size: Size, seed: int, real: Mapping[str, Path]) -> Iterator[Job]:
    """One job per background and dose; which attacks apply is known once the recording is read."""
    for name in BACKGROUNDS:
        if name in real:
            for i, dose in enumerate(size.injected):
                yield Job("injected", name, seed + i, path=real[name], dose=dose, count=8)


def work(job: Job) -> list[Trial]:
    """Do one job."""
    return list(_PARTS[job.part](job))


def _honest(job: Job) -> Iterator[Trial]:
    for number, world in enumerate(campaign(job.seed, job.count, job.first), job.first):
        yield from trials(world, "honest", f"honest/{job.seed}/{number}", job.depth)


def _burst(job: Job) -> Iterator[Trial]:
    for number, world in enumerate(bursting(job.seed, job.count, job.first), job.first):
        yield from trials(world, "honest", f"burst/{job.seed}/{number}", job.depth)


def _attacked(job: Job) -> Iterator[Trial]:
    for number, world in enumerate(attacked(job.seed, job.count, job.first), job.first):
        yield from trials(world, "attacked", f"attacked/{job.seed}/{number}", job.depth)


def _world(job: Job) -> Iterator[Trial]:
    yield from trials(WORLDS[job.name](job.seed), "world", f"{job.name}/{job.seed}", job.depth, job.name)


def _real(job: Job) -> Iterator[Trial]:
    yield from trials(World(_read(job), {}), "real", job.name, job.depth, job.name)


def _injected(job: Job) -> Iterator[Trial]:
    """Some of the attacks that a recording can show, laid over it one at a time."""
    data = _read(job)
    target = max(subjects(data), key=lambda s: s.events.num_rows).session_id
    able = [a for a in applicable(data, target) if not a.startswith("sealed-")]
    rng = np.random.default_rng([job.seed, 90])
    for i in sorted(rng.permutation(len(able))[: job.count].tolist()):
        world = inject(data, target, able[i], np.random.default_rng([job.seed, 91, i]), job.dose)
        yield from (
            t for t in trials(world, "injected", f"{job.name}/{able[i]}/{job.dose}", job.depth, job.name) if not t.honest
        )  # fmt: skip


def _read(job: Job) -> Dataset:
    if job.path is None:
        raise ZhenboError(f"The recording {job.name!r} is not there.")
    return load([job.path], _KEY).dataset


_PARTS: Mapping[str, Callable[[Job], Iterator[Trial]]] = MappingProxyType({
    "honest": _honest, "burst": _burst, "attacked": _attacked, "world": _world, "real": _real, "injected": _injected,
})  # fmt: skip


def run(
    todo: Sequence[Job],
    progress: Callable[[int, int], None] = lambda _done, _all: None,
    processes: int | None = None,
) -> list[Trial]:
    """Do all the work over the machine's cores; trials in the order of the jobs, whichever ended first.

    Args:
        todo: the jobs.
        progress: called with jobs done and jobs in all.
        processes: how many; the machine's cores by default.
    """
    out: list[Trial] = []
    with ProcessPoolExecutor(processes or os.cpu_count()) as pool:
        for done, made in enumerate(pool.map(work, todo), 1):
            out += made
            progress(done, len(todo))
    return out
