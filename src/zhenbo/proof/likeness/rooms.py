"""The kinds of rooms that are compared: their recordings, their simulations, and how the one lies in the other."""

import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from types import MappingProxyType
from typing import Final, NamedTuple

import numpy as np

import zhenbo.worlds
from zhenbo.core.dataset import subjects
from zhenbo.intake.load import load
from zhenbo.proof.likeness.measure import measure
from zhenbo.worlds import VIEWS
from zhenbo.worlds.bursts import stage
from zhenbo.worlds.campaign import plan as ordinary
from zhenbo.worlds.crowd import Crowd
from zhenbo.worlds.record import write
from zhenbo.worlds.show import Words
from zhenbo.worlds.tempers import tempered

Figures = Mapping[str, Sequence[float]]


class Kind(NamedTuple):
    """A kind of room that can be simulated and, for most, a recording that it must be like.

    Args:
        temper: one of `tempers.TEMPERS`.
        burst: honest burst of the evening.
        watchers: least and most people.
        minutes: length; 0 leaves the plan's.
        view: how it is seen, as the recorder saw the real one.
        recording: id in `recordings.toml`; empty when nobody published one.
    """

    temper: str
    burst: str
    watchers: tuple[int, int]
    minutes: int
    view: str
    recording: str


KINDS: Final[Mapping[str, Kind]] = MappingProxyType(
    {
        "fan": Kind("fan", "none", (600, 2_000), 160, "auditor", "bilibili-2020-12-11"),
        "hype": Kind("hype", "lottery", (2_200, 4_200), 180, "auditor", "bilibili-2020-12-12"),
        "talk": Kind("talk", "none", (200, 3_000), 0, "capture", "bilibili-2019-05"),
        "feed": Kind("feed", "none", (30_000, 50_000), 75, "capture", "douyin-2025-10"),
        "selling": Kind("selling", "none", (600, 6_000), 0, "insider", ""),
    }
)

_FILES: Final[Mapping[str, str]] = MappingProxyType(
    {
        "bilibili-2020-12-11": "bilibili-asoul/2020.12.11*",
        "bilibili-2020-12-12": "bilibili-asoul/2020.12.12*",
        "bilibili-2019-05": "bilibili-vtuber-danmaku-2019-05",
        "douyin-2025-10": "douyin-capture",
    }
)
"""Where a recording lies under `--data`. The TikTok packets hold 20 rows of a kind at most: no statistic can be had."""
_INDEX: Final = frozenset({"bilibili-2019-05"})
"""Recordings whose gauge is the platform's index of popularity, not people: not measured as a gauge."""
_READING_KEY: Final = b"likeness: nothing keyed with this is kept"
RECORDINGS: Final = Path(zhenbo.worlds.__file__).with_name("recordings.toml")


def simulate(kind: str, seed: int) -> dict[str, float]:
    """The statistics of one made-up honest evening of a kind."""
    of = KINDS[kind]
    rng = np.random.default_rng([seed, 99])
    plan = tempered(ordinary(rng, seed, of.watchers), rng, of.temper)
    plan = replace(plan, minutes=of.minutes or plan.minutes)
    world = write([stage(plan, of.burst, rng, Crowd(), Words())], seed)
    return measure(next(iter(subjects(VIEWS[of.view](world.dataset, rng)))))


def recorded(name: str, data: Path) -> dict[str, list[float]] | None:
    """The statistics of a recording: one value, or the 5, 25, 50, 75 and 95 % points over many sessions; None if absent."""
    path = next(iter(data.glob(_FILES[name])), None)
    if path is None:
        return None
    sessions = [measure(s) for s in subjects(load([path], _READING_KEY).dataset)]
    figures: dict[str, list[float]] = {}
    for statistic in dict.fromkeys(k for s in sessions for k in s):
        values = [s[statistic] for s in sessions if statistic in s]
        if not (name in _INDEX and statistic.startswith("gauge")):
            points = (
                values if len(sessions) == 1 else np.quantile(values, (0.05, 0.25, 0.5, 0.75, 0.95)).tolist()
            )
            figures[statistic] = [float(f"{v:.4g}") for v in points]
    return figures


def kept() -> dict[str, dict[str, list[float]]]:
    """The committed figures of the recordings, by recording and statistic."""
    return {r["id"]: r["figures"] for r in tomllib.loads(RECORDINGS.read_text("utf-8"))["recording"]}


def keep(figures: Mapping[str, Mapping[str, list[float]]]) -> None:
    """Write measured figures beside what `recordings.toml` says of their source."""
    told = tomllib.loads(RECORDINGS.read_text("utf-8"))["recording"]
    lines = [_HEAD]
    for one in told:
        lines.append("[[recording]]")
        lines += [f'{k} = "{one[k]}"' for k in ("id", "source", "recorded", "note")]
        lines.append("[recording.figures]")
        lines += [f"{k} = {v}" for k, v in figures.get(one["id"], one["figures"]).items()]
        lines.append("")
    RECORDINGS.write_text("\n".join(lines), "utf-8")


_HEAD: Final = """\
# Aggregate figures of real recordings, measured by `python -m zhenbo.proof.likeness` (statistics are explained there).
# One value for one session; the 5, 25, 50, 75 and 95 % points where a recording holds many sessions. No ids, no texts.
"""


class Compared(NamedTuple):
    """A statistic of one kind of room, real against simulated.

    Args:
        kind: kind of room.
        statistic: its name.
        real: one value, or five points over many sessions.
        low: simulated 5 % point.
        mid: simulated median.
        high: simulated 95 % point.
    """

    kind: str
    statistic: str
    real: Sequence[float]
    low: float
    mid: float
    high: float

    @property
    def middle(self) -> float:
        """The real value, or the median of many."""
        return self.real[len(self.real) // 2]

    @property
    def inside(self) -> bool:
        """Whether the real value (the median of many) lies in the simulated 5-95 % range."""
        return self.low <= self.middle <= self.high


def compare(real: Mapping[str, Figures], made: Mapping[str, Sequence[Mapping[str, float]]]) -> list[Compared]:
    """Real figures by recording against simulated sessions by kind."""
    found = []
    for kind, sessions in made.items():
        for statistic, values in real.get(KINDS[kind].recording, {}).items():
            simulated = [s[statistic] for s in sessions if statistic in s]
            if simulated:
                low, mid, high = (float(q) for q in np.quantile(simulated, (0.05, 0.5, 0.95)))
                found.append(Compared(kind, statistic, values, low, mid, high))
    return found
