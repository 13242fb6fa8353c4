"""The data an audit stands on: baselines with their cells, calendar and policy, as shipped or with a user's own overlay."""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache
from importlib.resources import files
from pathlib import Path
from typing import Any

from zhenbo.core.cells import Baseline, Facts, Reference, Season, parse_baseline, parse_calendar
from zhenbo.core.errors import PackError
from zhenbo.judge import Policy, parse_policy
from zhenbo.judge.policy import Own

_PACKS = files("zhenbo.packs")
_NONE = Baseline()


@dataclass(frozen=True)
class Packs:
    """What an audit compares with and judges by; travels to every worker.

    Args:
        policy: thresholds, prior and caps; its name tells overlays apart.
        baselines: by signal; a signal without one declares nothing.
        calendar: seasons of the trade.
    """

    policy: Policy
    baselines: Mapping[str, Baseline] = field(default_factory=dict)
    calendar: tuple[Season, ...] = ()

    def reference(self, signal: str, facts: Facts) -> Reference:
        """What a session of which these facts are known is compared with by a signal."""
        return self.baselines.get(signal, _NONE).at(facts)


@cache
def default_packs() -> Packs:
    """The packs as shipped."""
    shipped = sorted(
        (f for f in (_PACKS / "baselines").iterdir() if f.name.endswith(".toml")), key=lambda f: f.name
    )
    return Packs(
        parse_policy(*_calibrated()),
        {f.name.removesuffix(".toml"): parse_baseline(f.read_text("utf-8"), f.name) for f in shipped},
        parse_calendar((_PACKS / "calendar.toml").read_text("utf-8")),
    )


def overlaid(folder: Path) -> Packs:
    """The shipped packs under a user's own: what `zhenbo calibrate --to` wrote, or files of the same form by hand.

    Raises:
        PackError: where the folder holds no pack, or one that breaks its own rules.
    """
    try:
        paths = sorted([*folder.glob("baselines/*.toml"), *folder.glob("calibration/*.toml")])
        found = {path.relative_to(folder).as_posix(): path.read_text("utf-8") for path in paths}
    except (OSError, UnicodeDecodeError) as error:
        raise PackError(f"The packs in {folder} cannot be read: {error}.") from error
    if not found:
        raise PackError(
            f"{folder} holds no pack: expected baselines/<signal>.toml, calibration/caps.toml or calibration/map.toml. "
            f"`zhenbo calibrate PATH… --to {folder}` writes them."
        )
    return laid_over(found, str(folder))


def laid_over(found: Mapping[str, str], place: str) -> Packs:
    """The shipped packs under others, given as text by name (`baselines/counters.ratio.toml`).

    Raises:
        PackError: where one breaks its own rules; `place` names where they are from.
    """
    shipped = default_packs()
    baselines = dict(shipped.baselines)
    for name, text in sorted(found.items()):
        kind, _, file = name.partition("/")
        if kind == "baselines":
            signal = file.removesuffix(".toml")
            if signal not in baselines:
                known = ", ".join(baselines)
                raise PackError(f"{place}/{name}: no signal of that name has a baseline. Known: {known}.")
            baselines[signal] = _over(
                baselines[signal], parse_baseline(text, f"{place}/{name}", own=True), f"{place}/{name}"
            )
    own = Own(
        found.get("calibration/caps.toml", ""),
        found.get("calibration/map.toml", ""),
        hashlib.sha256("\0".join(f"{n}\0{t}" for n, t in sorted(found.items())).encode()).hexdigest(),
    )
    return Packs(parse_policy(*_calibrated(), own), baselines, shipped.calendar)


def _over(shipped: Baseline, own: Baseline, path: str) -> Baseline:
    """A user's own after the shipped, once every entry is known to be one the signal declares, and of its kind."""
    told = [*own.values.items(), *((name, e.value) for cell in own.cells for name, e in cell.entries.items())]
    strange = sorted({name for name, _ in told} - set(shipped.values))
    if strange:
        raise PackError(f"{path} sets {', '.join(strange)}, which the signal does not declare.")
    for name, value in told:
        if _kind(value) is not _kind(shipped.values[name]):
            raise PackError(f"{path} sets {name} to {value!r}; the signal declares {shipped.values[name]!r}.")
    return shipped.with_own(own)


def _kind(value: Any) -> type:
    """Whole and other numbers are of one kind."""
    return float if isinstance(value, int) and not isinstance(value, bool) else type(value)


def _calibrated() -> tuple[str, str]:
    """The shipped policy, and all that was measured for it: caps, intervals, false alarms."""
    measured = sorted(
        (f for f in (_PACKS / "calibration").iterdir() if f.name.endswith(".toml")), key=lambda f: f.name
    )
    return (
        (_PACKS / "policies" / "default.toml").read_text("utf-8"),
        "\n".join(f.read_text("utf-8") for f in measured),
    )
