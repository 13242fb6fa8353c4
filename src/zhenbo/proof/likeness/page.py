"""The page of the comparison, and its plot: static SVG of our own, readable on light and dark ground."""

from collections.abc import Callable, Mapping, Sequence
from math import log
from types import MappingProxyType
from typing import Final, NamedTuple

import numpy as np

from zhenbo.proof.likeness.measure import STATISTICS
from zhenbo.proof.likeness.rooms import KINDS, Compared

WHY: Final[Mapping[tuple[str, str], str]] = MappingProxyType({
    ("fan", "comments_memory_5"): "the recorded audience was there from the first minute to the last; simulated people still come and go",
    ("fan", "comments_memory_1"): "the recorded audience was there from the first minute to the last; simulated people still come and go",
    ("hype", "repeat_minute_10"): "the recorder ran on for forty minutes after the show, when a dozen messages a minute hardly repeat; simulated evenings end with the show",
    ("hype", "gap_cv_95"): "some left for an hour and came back; simulated people talk during one visit",
    ("feed", "gauge_cv"): "the platform withdrew its traffic in mid-broadcast and the room fell twentyfold; few simulated tides are so deep",
    ("feed", "gauge_step_50"): "just outside: the recorded room was larger than most simulated ones while it moved least",
    ("feed", "gauge_step_max"): "the recorded room moved in one large step; simulated tides turn more slowly",
})  # fmt: skip
"""Why a real figure lies outside the simulated range, by kind of room and statistic."""


class Panel(NamedTuple):
    """One small plot: statistics side by side, real against simulated.

    Args:
        title: what it shows.
        points: (kind of room, statistic, label) from left to right.
        logarithmic: scale of the height.
    """

    title: str
    points: tuple[tuple[str, str, str], ...]
    logarithmic: bool


def _row(kind: str, *named: tuple[str, str]) -> tuple[tuple[str, str, str], ...]:
    return tuple((kind, statistic, label) for statistic, label in named)


_GAPS = tuple((f"gap_cv_{q}", q) for q in ("0.1", "1", "5", "25", "50", "75", "95"))
_USERS = tuple((f"users_from_{k}", f"≥{k}") for k in (2, 10, 30, 100))
_MINUTES = (("repeat", "all"), *((f"repeat_minute_{q}", f"{q} %") for q in (10, 50, 90, 99)))
PANELS: Final = (
    Panel("Comments per minute: Fano factor", tuple((k, "comments_fano", k) for k in ("talk", "fan", "hype")), True),
    Panel("Entries per minute (feed)", _row("feed", ("entries_fano", "Fano")), True),
    Panel(
        "Memory of the minute rate, over 1 and 5 min",
        tuple((k, f"{what}_memory_{lag}", k if lag == 1 else "5 min") for k, what in
              (("talk", "comments"), ("fan", "comments"), ("hype", "comments"), ("feed", "entries")) for lag in (1, 5)),
        False,
    ),
    Panel("Repeats within a minute: talk", _row("talk", *_MINUTES), False),
    Panel("Repeats within a minute: fan", _row("fan", *_MINUTES), False),
    Panel("Repeats within a minute: hype", _row("hype", *_MINUTES), False),
    Panel("Gap CV by percentile of users: fan", _row("fan", *_GAPS), True),
    Panel("Gap CV by percentile of users: hype", _row("hype", *_GAPS), True),
    Panel("Likes per tap message (feed)", _row("feed", *((f"taps_{q}", q) for q in ("mean", "p50", "p90", "p99"))), False),
    Panel("Users with so many messages: fan", _row("fan", *_USERS), True),
    Panel("Users with so many messages: hype", _row("hype", *_USERS), True),
    Panel(
        "People present, minute by minute (feed)",
        _row("feed", ("gauge_cv", "CV"), ("gauge_memory_1", "memory"), ("gauge_step_50", "step"), ("gauge_step_max", "max")),
        False,
    ),
)  # fmt: skip

_WIDE, _HIGH, _ACROSS = 320, 220, 3
_LEFT, _TOP, _RIGHT, _BOTTOM = 44, 34, 12, 30
_STYLE: Final = """
text{font:11px system-ui,sans-serif;fill:#333}.title{font-weight:600}.axis{stroke:#8888;fill:none}
.band{fill:#4a7ebb55;stroke:none}.mid{stroke:#4a7ebb;fill:none;stroke-width:1.5}.real{fill:#c2410c}.span{stroke:#c2410c;stroke-width:1.5}
@media (prefers-color-scheme:dark){text{fill:#ddd}.band{fill:#7aa7e055}.mid{stroke:#7aa7e0}.real{fill:#fb923c}.span{stroke:#fb923c}}
"""


def plot(rows: Sequence[Compared]) -> str:
    """Small multiples: band = simulated 5-95 %, line = simulated median, dots = real (bar: 5-95 % of many sessions)."""
    found = {(r.kind, r.statistic): r for r in rows}
    drawn = [p for p in PANELS if any((k, s) in found for k, s, _ in p.points)]
    down = -(-len(drawn) // _ACROSS)
    width, height = _ACROSS * _WIDE, down * _HIGH + 24
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" role="img" aria-labelledby="t">',
        '<title id="t">Simulated honest rooms against real recordings</title>', f"<style>{_STYLE}</style>",
        '<rect class="band" x="8" y="6" width="16" height="10"/><text x="30" y="15">simulated, 5-95 % of sessions</text>',
        '<path class="mid" d="M216 11h16"/><text x="238" y="15">simulated median</text>',
        '<circle class="real" cx="356" cy="11" r="3.5"/><text x="366" y="15">recorded (bar: 5-95 % of room-days)</text>',
    ]  # fmt: skip
    for i, panel in enumerate(drawn):
        parts += _panel(panel, found, i % _ACROSS * _WIDE, i // _ACROSS * _HIGH + 24)
    return "\n".join([*parts, "</svg>", ""])


def _panel(panel: Panel, found: Mapping[tuple[str, str], Compared], x0: int, y0: int) -> list[str]:
    """One small plot at a place."""
    points = [(label, found[k, s]) for k, s, label in panel.points if (k, s) in found]
    values = [v for _, r in points for v in (r.low, r.mid, r.high, r.middle, *_ends(r))]
    height = _scale(values, logarithmic=panel.logarithmic)
    step = (_WIDE - _LEFT - _RIGHT) / len(points)
    across = [x0 + _LEFT + (i + 0.5) * step for i in range(len(points))]
    floor, roof = y0 + _HIGH - _BOTTOM, y0 + _TOP

    def up(value: float) -> float:
        return floor - height(value) * (floor - roof)

    parts = [
        f'<text class="title" x="{x0 + 8}" y="{y0 + 20}">{panel.title}</text>',
        f'<path class="axis" d="M{x0 + _LEFT} {roof}V{floor}H{x0 + _WIDE - _RIGHT}"/>',
    ]
    parts += [
        f'<text x="{x0 + _LEFT - 5}" y="{up(tick) + 4:.1f}" text-anchor="end">{tick:g}</text>'
        for tick in _ticks(values, logarithmic=panel.logarithmic)
    ]
    half = min(step * 0.32, 22)
    for x, (label, r) in zip(across, points, strict=True):
        top, mid, low = up(r.high), up(r.mid), up(r.low)
        parts.append(
            f'<rect class="band" x="{x - half:.1f}" y="{top:.1f}" width="{2 * half:.1f}" height="{max(low - top, 1):.1f}"/>'
        )
        parts.append(f'<path class="mid" d="M{x - half:.1f} {mid:.1f}h{2 * half:.1f}"/>')
        if ends := _ends(r):
            parts.append(f'<path class="span" d="M{x:.1f} {up(ends[0]):.1f}V{up(ends[1]):.1f}"/>')
        parts.append(f'<circle class="real" cx="{x:.1f}" cy="{up(r.middle):.1f}" r="3.5"/>')
        parts.append(f'<text x="{x:.1f}" y="{floor + 16}" text-anchor="middle">{label}</text>')
    return parts


def _ends(row: Compared) -> tuple[float, ...]:
    """The 5 and 95 % points of many real sessions; none of one."""
    return (row.real[0], row.real[-1]) if len(row.real) > 1 else ()


def _scale(values: Sequence[float], *, logarithmic: bool) -> Callable[[float], float]:
    """From values to heights of 0..1, with a little room at both ends."""
    if logarithmic:
        least = min(v for v in values if v > 0)
        low, high = log(least), log(max(values))
        span = max(high - low, 0.1)
        return lambda v: 0.04 + 0.92 * (log(max(v, least)) - low) / span
    low, high = min([*values, 0.0]), max(values)
    return lambda v: 0.04 + 0.92 * (v - low) / max(high - low, 1e-9)


def _ticks(values: Sequence[float], *, logarithmic: bool) -> list[float]:
    """Three or four round values within the range."""
    if not logarithmic:
        low, high = min([*values, 0.0]), max(values)
        wide = 10.0 ** np.floor(np.log10(high - low))
        step = wide * (2 if (high - low) / wide > 5 else 1 if (high - low) / wide > 2 else 0.5)
        return [float(f"{t:.3g}") + 0.0 for t in np.arange(np.ceil(low / step) * step, high + 1e-9, step)]
    least, most = min(v for v in values if v > 0), max(values)
    round_ = [m * 10.0**e for e in range(-4, 6) for m in (1, 2, 5) if least <= m * 10.0**e <= most]
    return round_[:: max(1, -(-len(round_) // 5))]


def text(
    rows: Sequence[Compared], made: Mapping[str, Sequence[Mapping[str, float]]], seed: int, sessions: int
) -> str:
    """The page: every statistic, real and simulated, inside or not, and why not."""
    lines = [
        "# Simulated honest rooms against real recordings", "",
        f"Made by `python -m zhenbo.proof.likeness --seed {seed} --sessions {sessions}`; the figures of the recordings stand,",
        "with their sources, in `src/zhenbo/worlds/recordings.toml` (aggregates only). A real figure is *inside* when it lies",
        "between the 5 and 95 % points of the simulated sessions of that kind; of many room-days the median is compared.",
        "Rooms of one kind were fitted to one or two recordings each: this says that the simulator can look like them, not",
        "that all real rooms do.", "", "![real against simulated](likeness.svg)", "",
        f"**{sum(r.inside for r in rows)} of {len(rows)} figures lie inside.**", "",
    ]  # fmt: skip
    for kind, of in KINDS.items():
        mine = [r for r in rows if r.kind == kind]
        lines += [f"## {kind}: {of.recording or 'no recording'}", ""]
        if not mine:
            lines += _alone(made[kind])
            continue
        lines += ["| statistic | real | simulated 5 - 50 - 95 % | inside |", "|---|---|---|---|"]
        for r in mine:
            real = f"{r.middle:.3g}" + (f" ({_ends(r)[0]:.3g} - {_ends(r)[1]:.3g})" if _ends(r) else "")
            verdict = (
                "yes" if r.inside else f"no: {WHY.get((kind, r.statistic), 'just outside, or unexplained')}"
            )
            lines.append(
                f"| {STATISTICS[r.statistic]} | {real} | {r.low:.3g} - {r.mid:.3g} - {r.high:.3g} | {verdict} |"
            )
        lines.append("")
    lines += [
        "TikTok packets (`tiktok-live-java`) hold 20 rows of a kind at most per file: none of these can be measured on them.",
        "No public recording tells who watches without speaking, how long people stay, or who buys (INPUTS 6.4).", "",
    ]  # fmt: skip
    return "\n".join(lines)


def _alone(sessions: Sequence[Mapping[str, float]]) -> list[str]:
    """What is simulated without a recording to compare with."""
    lines = ["| statistic | simulated 5 - 50 - 95 % |", "|---|---|"]
    for statistic, meaning in STATISTICS.items():
        values = [s[statistic] for s in sessions if statistic in s]
        if values:
            low, mid, high = np.quantile(values, (0.05, 0.5, 0.95))
            lines.append(f"| {meaning} | {low:.3g} - {mid:.3g} - {high:.3g} |")
    return [*lines, ""]
