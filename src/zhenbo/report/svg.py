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
    suspicious: Sequence[Mark], declared: Sequence[Mark], main: bool, timed: bool, lang: Lang,
) -> Markup:  # fmt: skip
    """One curve over the shared axis; the main one is tall and names its marks; a timed one names its times."""
    height = TALL if main else LOW
    bottom = TOP + height
    top_value = _nice(max((v for v in curve.values if v is not None), default=0.0))
    parts = [
        f'<svg class="curve" viewBox="0 0 {WIDTH} {bottom + (FOOT if timed else 8)}" role="img" aria-label="{escape(title)}">',
        *_grid(axis, top_value, height, timed, lang),
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


def _grid(axis: Axis, top: float, height: int, timed: bool, lang: Lang) -> list[str]:
    """Zero, half and top as lines with values; round times as ticks, named where `timed`."""
    bottom = TOP + height
    lines = "".join(f"M{LEFT} {TOP + height * k // 2}H{WIDTH - RIGHT}" for k in range(3))
    ticks = axis.ticks()
    parts = [f'<path class="g" d="{lines}{"".join(f"M{x} {bottom}v5" for x, _ in ticks)}"/>']
    for k in range(3):
        value = compact(top * (2 - k) / 2, lang)
        parts.append(f'<text class="e" x="{LEFT - 6}" y="{TOP + 4 + height * k // 2}">{value}</text>')
    if timed:
        parts += [f'<text class="m" x="{x}" y="{bottom + 21}">{escape(label)}</text>' for x, label in ticks]
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


def _lines(curve: Curve, axis: Axis, top: float, height: int, main: bool) -> list[str]:
    """The curve, broken at every gap; drawn in buckets by pixels, so that a step is a few bytes."""
    heights = [None if v is None else round(v / top * height) for v in curve.values]
    line, area = [], []
    for a, b in _runs(curve.values, missing=False):
        run = [h or 0 for h in heights[a:b]]
        steps = "".join(
            f" 1{' ' if after >= before else ''}{after - before}" for before, after in pairwise(run)
        )
        stroke = f"l{steps[1:]}" if steps else "h.01"  # a bucket alone is a dot: round caps make it one
        line.append(f"M{a + 0.5:g} {run[0]}{stroke}")
        area.append(f"M{a + 0.5:g} 0V{run[0]}{stroke}V0Z")
    wide = (axis.x(curve.start + curve.step * len(curve.values)) - axis.x(curve.start)) / len(curve.values)
    place = f"translate({axis.x(curve.start)} {TOP + height})scale({wide:.4f} -1)"
    filled = f'<path class="area" d="{"".join(area)}"/>' if main else ""
    return [f'<g transform="{place}">{filled}<path class="line" d="{"".join(line)}"/></g>']


def _hatches(marks: Sequence[Mark], axis: Axis, height: int, main: bool) -> list[str]:
    """Suspicious intervals: hatched under the curve; those of the whole session as a strip on top."""
    parts, labels, ends = [], [], -1.0
    for start, end, names in _merged([m for m in marks if m.start <= axis.end and m.end >= axis.start]):
        x, stop = axis.x(start), axis.x(end)
        width = max(round(stop - x, 1), 3.0)
        whole = width > WHOLE * (WIDTH - LEFT - RIGHT)
        tall = 6 if whole else height
        parts.append(f'<rect class="hatch" x="{x}" y="{TOP}" width="{width}" height="{tall}"/>')
        if main:
            at = max(x, ends)
            labels.append(f'<text class="n" x="{at}" y="{TOP - 6}">{escape(" ".join(names))}</text>')
            ends = round(at + 9.0 * len(" ".join(names)) + 8, 1)
    return parts + labels


def _merged(marks: Sequence[Mark]) -> list[tuple[int, int, list[str]]]:
    """Marks of the same interval, and marks that nearly cover each other, as one with all their labels."""
    merged: list[tuple[int, int, list[str]]] = []
    for mark in sorted(marks, key=lambda m: (m.start, m.end)):
        if merged:
            start, end, names = merged[-1]
            shared = min(end, mark.end) - max(start, mark.start)
            if shared >= 0.8 * max(mark.end - mark.start, end - start, 1):
                merged[-1] = (
                    start,
                    max(end, mark.end),
                    sorted([*names, mark.label], key=lambda n: (len(n), n)),
                )
                continue
        merged.append((mark.start, mark.end, [mark.label]))
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


def bar_svg(fake: Fake) -> Markup:
    """A shown count as a dashed outline, its verified part solid, the interval as a whisker; the text says it too."""
    scale = 396 / max(fake.shown, 1)
    solid, low, high = (f"{2 + (fake.shown - n) * scale:.0f}" for n in (fake.mid, fake.high, fake.low))
    doubt = f'<path class="sus" d="M{solid} 5H398v16H{solid}Z"/>' if fake.mid else ""
    return Markup(  # noqa: S704 - numbers only
        f'<svg class="bar" viewBox="0 0 400 26" preserveAspectRatio="none">'
        f'<path class="ok" d="M2 5H{solid}v16H2Z"/>{doubt}<path class="shown" d="M2 3H398V23H2Z"/>'
        f'<path class="whisk" d="M{low} 13H{high}M{low} 8v10M{high} 8v10"/></svg>'
    )


def step_bar(start: float, end: float, kind: str) -> Markup:
    """One line of the GMV bridge as a bar from `start` to `end`, shares of the created amount."""
    left, right = sorted(min(max(v, 0.0), 1.0) * 100 for v in (start, end))
    return Markup(  # noqa: S704 - numbers and our own class names
        f'<i class="step {kind}" style="margin-left:{left:.1f}%;width:{right - left:.1f}%"></i>'
    )
