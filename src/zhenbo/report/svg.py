"""Static SVG, no script: curves with honest gaps, and shown counts beside verified ones.

Styles are classes of the page's one stylesheet, so that light, dark and print follow it. Deterministic:
coordinates are rounded to a tenth. Counts start at zero; missing buckets are grey bands, never joined.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from math import ceil, floor, log10

from markupsafe import Markup, escape

from zhenbo.core.exhibit import Curve
from zhenbo.core.verdict import Fake
from zhenbo.report.format import clock, compact
from zhenbo.report.i18n import Lang

WIDTH = 720
LEFT, RIGHT = 62, 28
TOP, FOOT = 20, 30
TALL, LOW = 170, 84
POINTS = 240
"""Buckets drawn; longer series show the highest of each group, and the caption says so."""
WHOLE = 0.85
"""A suspicious window that fills more of the axis than this is a strip on top, not a hatched page."""
_STEPS_S = (60, 120, 300, 600, 900, 1800, 3600, 7200, 10800, 21600, 43200, 86400, 172800, 604800, 1209600)


@dataclass(frozen=True)
class Mark:
    """An interval on the time axis.

    Args:
        start: first microsecond.
        end: last microsecond.
        label: short, drawn at its start.
    """

    start: int
    end: int
    label: str


@dataclass(frozen=True)
class Axis:
    """The time axis that all curves of a subject share: microseconds to horizontal position."""

    start: int
    end: int

    def x(self, at: float) -> float:
        """Horizontal position, kept inside the plot."""
        part = (at - self.start) / max(self.end - self.start, 1)
        return round(LEFT + min(max(part, 0.0), 1.0) * (WIDTH - LEFT - RIGHT), 1)

    def ticks(self) -> list[tuple[float, str]]:
        """At most six round UTC times with their positions."""
        seconds = max((self.end - self.start) / 1e6, 1)
        step = (
            next((s for s in _STEPS_S if seconds / s <= 6), ceil(seconds / 6 / 604800) * 604800) * 1_000_000
        )
        pattern = "%m-%d" if step >= 86_400_000_000 else "%H:%M"
        first = -(-self.start // step) * step
        return [(self.x(t), clock(t, pattern)) for t in range(first, self.end + 1, step)]


def grouped(curve: Curve) -> tuple[Curve, int]:
    """The curve in at most `POINTS` buckets, each the highest of its group, and the size of a group.

    A group at least half of which is missing is missing.
    """
    size = ceil(len(curve.values) / POINTS)
    if size <= 1:
        return curve, 1
    values: list[float | None] = []
    for at in range(0, len(curve.values), size):
        group = curve.values[at : at + size]
        known = [v for v in group if v is not None]
        values.append(max(known) if 2 * len(known) > len(group) else None)
    return Curve(curve.metric, curve.unit, curve.start, curve.step * size, tuple(values)), size


def axis_of(curves: Sequence[Curve]) -> Axis:
    """The axis that holds all curves."""
    return Axis(min(c.start for c in curves), max(c.start + c.step * max(len(c.values), 1) for c in curves))


def curve_svg(
    curve: Curve, axis: Axis, title: str, gap: str, *,
    suspicious: Sequence[Mark], declared: Sequence[Mark], main: bool, lang: Lang,
) -> Markup:  # fmt: skip
    """One curve over the shared axis; the main one is tall and names its marks and times."""
    height = TALL if main else LOW
    bottom = TOP + height
    top_value = _nice(max((v for v in curve.values if v is not None), default=0.0))
    parts = [
        f'<svg class="curve" viewBox="0 0 {WIDTH} {bottom + FOOT}" role="img" aria-label="{escape(title)}">',
        *_grid(axis, top_value, height, lang),
        *_gaps(curve, axis, height, gap),
        *_hatches(suspicious, axis, height, main),
        *_lines(curve, axis, top_value, height, main),
        *_declared(declared, axis, height, main),
        "</svg>",
    ]
    return Markup("".join(parts))  # noqa: S704 - numbers; every label is escaped


def _nice(top: float) -> float:
    """A round number at or above `top`, at least 1."""
    if top <= 1:
        return 1.0
    unit = 10.0 ** floor(log10(top))
    return next(m * unit for m in (1, 1.5, 2, 3, 4, 5, 6, 8, 10) if m * unit >= top)


def _grid(axis: Axis, top: float, height: int, lang: Lang) -> list[str]:
    parts = []
    for part in (0, 0.5, 1):
        y = round(TOP + height * (1 - part), 1)
        parts.append(f'<path class="g" d="M{LEFT} {y}H{WIDTH - RIGHT}"/>')
        parts.append(f'<text class="e" x="{LEFT - 6}" y="{y + 4}">{compact(top * part, lang)}</text>')
    for x, label in axis.ticks():
        parts.append(f'<path class="g" d="M{x} {TOP + height}v5"/>')
        parts.append(f'<text class="m" x="{x}" y="{TOP + height + 21}">{escape(label)}</text>')
    return parts


def _runs(values: Sequence[float | None], missing: bool) -> list[tuple[int, int]]:
    """Stretches [a, b) of missing, or of known, values."""
    runs: list[tuple[int, int]] = []
    for i, value in enumerate(values):
        if (value is None) is not missing:
            continue
        if runs and runs[-1][1] == i:
            runs[-1] = (runs[-1][0], i + 1)
        else:
            runs.append((i, i + 1))
    return runs


def _gaps(curve: Curve, axis: Axis, height: int, label: str) -> list[str]:
    parts = []
    for a, b in _runs(curve.values, missing=True):
        x, end = axis.x(curve.start + a * curve.step), axis.x(curve.start + b * curve.step)
        parts.append(f'<rect class="gap" x="{x}" y="{TOP}" width="{round(end - x, 1)}" height="{height}"/>')
        if end - x > 48:
            parts.append(
                f'<text class="m" x="{round((x + end) / 2, 1)}" y="{TOP + height - 8}">{escape(label)}</text>'
            )
    return parts


def _path(points: Sequence[tuple[float, float]]) -> str:
    """Points as a path of relative steps: half the bytes of absolute ones, exact in tenths."""
    tenths = [(round(x * 10), round(y * 10)) for x, y in points]
    steps = [
        f"{(x - px) / 10:g}{'' if y < py else ' '}{(y - py) / 10:g}" for (px, py), (x, y) in pairwise(tenths)
    ]
    return f"M{points[0][0]} {points[0][1]}l{' '.join(steps)}"


def _lines(curve: Curve, axis: Axis, top: float, height: int, main: bool) -> list[str]:
    parts = []
    bottom = TOP + height
    for a, b in _runs(curve.values, missing=False):
        points = [
            (
                axis.x(curve.start + (i + 0.5) * curve.step),
                round(bottom - (curve.values[i] or 0) / top * height, 1),
            )
            for i in range(a, b)
        ]
        if len(points) == 1:
            parts.append(f'<circle class="dot" cx="{points[0][0]}" cy="{points[0][1]}" r="2"/>')
            continue
        line = _path(points)
        if main:
            parts.append(f'<path class="area" d="{line}V{bottom}H{points[0][0]}"/>')
        parts.append(f'<path class="line" d="{line}"/>')
    return parts


def _hatches(marks: Sequence[Mark], axis: Axis, height: int, main: bool) -> list[str]:
    """Suspicious intervals: hatched under the curve; those of the whole session as a strip on top."""
    parts, labels, ends = [], [], -1.0
    for start, end, names in _merged([m for m in marks if m.start <= axis.end and m.end >= axis.start]):
        x, stop = axis.x(start), axis.x(end)
        width = max(round(stop - x, 1), 3.0)
        whole = width > WHOLE * (WIDTH - LEFT - RIGHT)
        tall = 6 if whole else height
        parts.append(f'<rect class="hatch" x="{x}" y="{TOP}" width="{width}" height="{tall}"/>')
        if main and x >= ends:
            labels.append(f'<text class="n" x="{x}" y="{TOP - 6}">{escape(names)}</text>')
            ends = x + 9.0 * len(names) + 8
    return parts + labels


def _merged(marks: Sequence[Mark]) -> list[tuple[int, int, str]]:
    """Marks of the same interval, and marks that nearly cover each other, as one with all their labels."""
    merged: list[tuple[int, int, str]] = []
    for mark in sorted(marks, key=lambda m: (m.start, m.end)):
        if merged:
            start, end, names = merged[-1]
            shared = min(end, mark.end) - max(start, mark.start)
            if shared >= 0.8 * max(mark.end - mark.start, end - start, 1):
                merged[-1] = (start, max(end, mark.end), f"{names} {mark.label}")
                continue
        merged.append((mark.start, mark.end, mark.label))
    return merged


def _declared(marks: Sequence[Mark], axis: Axis, height: int, main: bool) -> list[str]:
    parts = []
    inside = [m for m in marks if m.start <= axis.end and m.end >= axis.start]
    for mark in sorted(inside, key=lambda m: (m.start, m.end)):
        x, stop = axis.x(mark.start), axis.x(mark.end)
        parts.append(f'<path class="dash" d="M{x} {TOP}v{height}M{stop} {TOP}v{height}"/>')
        if main:
            parts.append(f'<text class="w" x="{x + 4}" y="{TOP + 14}">{escape(mark.label)}</text>')
    return parts


def bar_svg(fake: Fake, title: str) -> Markup:
    """A shown count as a dashed outline, its verified part solid, the interval as a whisker."""
    scale = 396 / max(fake.shown, 1)
    solid, low, high = (round(2 + (fake.shown - n) * scale, 1) for n in (fake.mid, fake.high, fake.low))
    whisker = f"M{low} 13H{high}M{low} 8v10M{high} 8v10"
    return Markup(  # noqa: S704 - numbers only, the title is escaped
        f'<svg class="bar" viewBox="0 0 400 26" preserveAspectRatio="none" role="img" aria-label="{escape(title)}">'
        f'<rect class="ok" x="2" y="5" width="{round(solid - 2, 1)}" height="16"/>'
        f'<rect class="sus" x="{solid}" y="5" width="{round(398 - solid, 1)}" height="16"/>'
        f'<rect class="shown" x="2" y="3" width="396" height="20"/>'
        f'<path class="halo" d="{whisker}"/><path class="whisk" d="{whisker}"/></svg>'
    )


def bridge_svg(start: float, end: float, kind: str) -> Markup:
    """One line of the GMV bridge as a bar from `start` to `end`, shares of the created amount."""
    left, right = sorted(round(200 * min(max(v, 0.0), 1.0), 1) for v in (start, end))
    return Markup(  # noqa: S704 - numbers and our own class names
        f'<svg class="step" viewBox="0 0 200 12" preserveAspectRatio="none" aria-hidden="true">'
        f'<rect class="{kind}" x="{left}" y="1" width="{round(max(right - left, 0.8), 1)}" height="10"/></svg>'
    )
