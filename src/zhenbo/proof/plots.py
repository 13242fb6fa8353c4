"""Static SVG plots of the proof: no script, no fetch, readable in light and dark."""

from collections.abc import Mapping, Sequence
from typing import NamedTuple

from markupsafe import Markup, escape

WIDTH, HEIGHT, LEFT, BOTTOM = 420, 240, 48, 34
INKS = ("#2f6fb0", "#c2571a", "#3a8f4d", "#8a4fa3", "#9a7b00", "#b03a5b", "#2b8c8c", "#666666", "#5a4fcf")


class Point(NamedTuple):
    """A point of a curve with the ends of its interval."""

    x: float
    y: float
    low: float | None = None
    high: float | None = None


def _at(x: float, y: float) -> tuple[float, float]:
    """Page place of a point of the unit square."""
    return LEFT + x * (WIDTH - LEFT - 12), 10 + (1 - y) * (HEIGHT - BOTTOM - 10)


def curves(
    named: Mapping[str, Sequence[Point]], x_label: str, y_label: str, *, diagonal: bool = False, ticks: Mapping[float, str] | None = None
) -> Markup:  # fmt: skip
    """Curves in the unit square, with their intervals as whiskers.

    Args:
        named: points by name of the curve.
        x_label: what lies along.
        y_label: what stands up.
        diagonal: draw where x equals y.
        ticks: labels along x; quarters as per cent by default.
    """
    marks = ticks if ticks is not None else {q / 4: f"{q * 25}%" for q in range(5)}
    parts = [_frame(x_label, y_label, marks)]
    if diagonal:
        (x0, y0), (x1, y1) = _at(0, 0), _at(1, 1)
        parts.append(f'<path d="M{x0:.1f} {y0:.1f}L{x1:.1f} {y1:.1f}" class="rule"/>')
    for i, points in enumerate(named.values()):
        ink = INKS[i % len(INKS)]
        places = [_at(p.x, p.y) for p in points]
        line = "L".join(f"{x:.1f} {y:.1f}" for x, y in places)
        if line:
            parts.append(f'<path d="M{line}" fill="none" stroke="{ink}" stroke-width="1.6"/>')
        for p, (x, y) in zip(points, places, strict=True):
            parts.append(f'<circle cx="{x:.1f}" cy="{y:.1f}" r="2.4" fill="{ink}"/>')
            if p.low is not None and p.high is not None:
                a, b = _at(p.x, p.low)[1], _at(p.x, p.high)[1]
                parts.append(f'<path d="M{x:.1f} {a:.1f}V{b:.1f}" stroke="{ink}" stroke-opacity=".5"/>')
    legend = "".join(
        f'<span><i style="background:{INKS[i % len(INKS)]}"></i>{escape(name)}</span>'
        for i, name in enumerate(named)
    )
    return Markup('<svg viewBox="0 0 {} {}" role="img">{}</svg><p class="legend">{}</p>').format(
        WIDTH, HEIGHT, Markup("".join(parts)), Markup(legend)  # noqa: S704
    )  # fmt: skip


def _frame(x_label: str, y_label: str, ticks: Mapping[float, str]) -> str:
    parts = []
    for q in range(5):
        (x0, y), (x1, _) = _at(0, q / 4), _at(1, q / 4)
        parts.append(f'<path d="M{x0:.1f} {y:.1f}H{x1:.1f}" class="grid"/>')
        parts.append(f'<text x="{x0 - 5:.1f}" y="{y + 3:.1f}" text-anchor="end">{q * 25}%</text>')
    for at, label in ticks.items():
        x, y = _at(at, 0)
        parts.append(f'<text x="{x:.1f}" y="{y + 13:.1f}" text-anchor="middle">{escape(label)}</text>')
    parts.append(f'<text x="{WIDTH - 12}" y="{HEIGHT - 4}" text-anchor="end">{escape(x_label)}</text>')
    parts.append(f'<text x="{LEFT}" y="8">{escape(y_label)}</text>')
    return "".join(parts)


class Bar(NamedTuple):
    """A share with its interval, and its name."""

    name: str
    share: float | None
    low: float
    high: float


def forest(bars: Sequence[Bar], top: float = 1.0) -> Markup:
    """Shares and their intervals, one line each, from 0 to `top`."""
    height, left = 15 * len(bars) + 24, 190
    scale = (WIDTH + 140 - left - 46) / top
    parts = []
    for i, bar in enumerate(bars):
        y = 12 + 15 * i
        a, b = left + min(bar.low, top) * scale, left + min(bar.high, top) * scale
        parts.append(f'<text x="{left - 6}" y="{y + 3}" text-anchor="end">{escape(bar.name)}</text>')
        parts.append(f'<path d="M{a:.1f} {y}H{b:.1f}" class="span"/>')
        if bar.share is not None:
            x = left + min(bar.share, top) * scale
            parts.append(f'<circle cx="{x:.1f}" cy="{y}" r="3" class="dot"/>')
            parts.append(f'<text x="{b + 5:.1f}" y="{y + 3}">{bar.share:.1%}</text>')
    for q in range(5):
        x = left + q / 4 * top * scale
        parts.append(f'<text x="{x:.1f}" y="{height - 4}" text-anchor="middle">{q / 4 * top:.1%}</text>')
    return Markup('<svg viewBox="0 0 {} {}" role="img">{}</svg>').format(
        WIDTH + 140, height, Markup("".join(parts))  # noqa: S704
    )  # fmt: skip
