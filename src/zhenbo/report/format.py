"""Numbers, shares, money, times and durations as people of each language write them.

No locale library: two languages need forty lines. Anything that is not a finite number or a valid time is
shown as `…`, so that a report is never lost to one odd value.
"""

import math
from datetime import UTC, datetime, timedelta

from zhenbo.core.cells import CHINA_ZONE
from zhenbo.core.money import show
from zhenbo.report.i18n import Lang
from zhenbo.report.mask import clean

UNKNOWN = "…"
SECOND = 1_000_000
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_UNITS = {
    "zh": ((86400, "天"), (3600, "小时"), (60, "分"), (1, "秒")),
    "en": ((86400, " d"), (3600, " h"), (60, " min"), (1, " s")),
}
_COMPACT = {
    "zh": ((1e8, "亿"), (1e4, "万")),
    "en": ((1e9, "B"), (1e6, "M"), (1e3, "K")),
}
_SYMBOL = {"CNY": "¥", "USD": "$", "EUR": "€", "GBP": "£", "THB": "฿"}
_RAISED = str.maketrans("-0123456789", "⁻⁰¹²³⁴⁵⁶⁷⁸⁹")


def number(value: float) -> str:
    """A number with separators and at most three telling digits after the point.

    Examples:
        >>> number(12345), number(0.5234), number(3.14159), number(-2.0), number(0.0000123)
        ('12,345', '0.523', '3.14', '−2', '1.2×10⁻⁵')
    """
    if not math.isfinite(value):
        return UNKNOWN
    size = abs(value)
    if float(value).is_integer() or size >= 100:
        body = f"{round(size):,}"
    elif size >= 1:
        body = f"{size:,.2f}".rstrip("0").rstrip(".")
    elif size >= 0.0005:
        body = f"{size:.3f}".rstrip("0").rstrip(".")
    else:
        mantissa, exponent = f"{size:.1e}".split("e")
        body = f"{mantissa.removesuffix('.0')}×10{str(int(exponent)).translate(_RAISED)}"
    return f"−{body}" if value < 0 else body


def compact(value: float, lang: Lang) -> str:
    """A count in few characters.

    Examples:
        >>> compact(12345, "zh"), compact(12345, "en"), compact(230000000, "zh"), compact(950, "en")
        ('1.2万', '12.3K', '2.3亿', '950')
    """
    for unit, name in _COMPACT[lang]:
        if abs(value) >= unit:
            return f"{value / unit:.1f}".removesuffix(".0") + name
    return number(value)


def share(value: float) -> str:
    """A share as a percentage; never rounds up to 100 % or down to 0 %.

    Examples:
        >>> share(0.11), share(0.0345), share(0.998), share(1), share(0.00002)
        ('11%', '3.5%', '99.8%', '100%', '<0.1%')
    """
    if not math.isfinite(value):
        return UNKNOWN
    if 0 < value < 0.001:
        return "<0.1%"
    if 0.999 < value < 1:
        return ">99.9%"
    fine = 0 < abs(value) < 0.0995 or 0.99 < value < 1
    text = f"{value * 100:.1f}" if fine else f"{value * 100:.0f}"
    return f"{text.removesuffix('.0') if fine else text}%".replace("-", "−")


def probability(value: float) -> str:
    """A probability in whole percent, never below 1 % or above 99 %: no record proves more."""
    return f"{round(min(max(value, 0.01), 0.99) * 100)}%"


def money(minor: int, currency: str | None) -> str:
    """Minor units as money.

    Examples:
        >>> money(190248715, "CNY"), money(-5, "MYR")
        ('¥1,902,487.15', '−0.05 MYR')
    """
    body = show(abs(minor), currency)
    symbol = _SYMBOL.get(currency or "")
    text = f"{symbol}{body}" if symbol else f"{body} {clean(currency or '', 12)}".rstrip()
    return f"−{text}" if minor < 0 else text


def moment(micros: int | None) -> datetime | None:
    """Microseconds as a UTC time; None when there is none or it is out of range."""
    try:
        return None if micros is None else _EPOCH + timedelta(microseconds=micros)
    except OverflowError:
        return None


def clock(micros: int | None, pattern: str = "%Y-%m-%d %H:%M:%S") -> str:
    """A UTC time as text, without its zone."""
    at = moment(micros)
    return UNKNOWN if at is None else at.strftime(pattern)


def china_clock(micros: int) -> str:
    """A UTC time by China's clocks, without its zone."""
    return clock(micros + CHINA_ZONE, "%Y-%m-%d %H:%M")


def china(micros: int, lang: Lang) -> str:
    """A UTC time as people in China read their clocks: what a notice orders, and until when one may object.

    Examples:
        >>> china(1_772_503_200_000_000, "zh"), china(1_772_503_200_000_000, "en")
        ('北京时间 2026-03-03 10:00', '2026-03-03 10:00 China time')
    """
    told = china_clock(micros)
    return f"北京时间 {told}" if lang == "zh" else f"{told} China time"


def span(start: int, end: int) -> str:
    """A span of UTC time, its date once where it is one day.

    Examples:
        >>> span(1_767_225_600_000_000, 1_767_227_400_000_000)
        '2026-01-01 00:00 – 00:30 UTC'
    """
    first, last = moment(start), moment(end)
    if first is None or last is None:
        return UNKNOWN
    fine = "%H:%M:%S" if end - start < 120 * SECOND else "%H:%M"
    tail = fine if first.date() == last.date() else f"%Y-%m-%d {fine}"
    return f"{first.strftime(f'%Y-%m-%d {fine}')} – {last.strftime(tail)} UTC"


def iso(text: str | None) -> str:
    """An ISO 8601 UTC time as a person reads it: no T, no fraction, zone spelt out."""
    if not text:
        return UNKNOWN
    try:
        at = datetime.fromisoformat(text)
    except ValueError:
        return UNKNOWN
    return f"{(at if at.tzinfo else at.replace(tzinfo=UTC)).astimezone(UTC):%Y-%m-%d %H:%M} UTC"


def duration(seconds: float, lang: Lang) -> str:
    """A length of time in its two largest units.

    Examples:
        >>> duration(7500, "en"), duration(200, "zh"), duration(0.84, "en"), duration(86400, "zh")
        ('2 h 5 min', '3分20秒', '0.84 s', '1天')
        >>> duration(120, "zh")
        '2分钟'
    """
    if not math.isfinite(seconds):
        return UNKNOWN
    units = _UNITS[lang]
    if abs(seconds) < 10:
        return f"{number(seconds)}{units[-1][1]}"
    sign, left = ("−", -round(seconds)) if seconds < 0 else ("", round(seconds))
    parts: list[str] = []
    for size, name in units:
        count, left = divmod(left, size)
        if count:
            parts.append(f"{count}{name}")
        elif parts:
            break  # `2 h 5 s` would pretend to a precision the hours do not have
        if len(parts) == 2:
            break
    text = sign + ("" if lang == "zh" else " ").join(parts)
    return f"{text}钟" if text.endswith("分") else text
