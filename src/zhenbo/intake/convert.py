"""Raw values to canonical ones: times, counts, money, texts. Pure; what cannot be read comes back as `Bad`."""

import math
import re
from collections.abc import Callable, Sequence
from datetime import date, datetime, timedelta, timezone, tzinfo
from decimal import Decimal
from functools import lru_cache
from typing import Any, NamedTuple
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import numpy as np

from zhenbo.core.money import minor_digits, parse_decimal, parse_minor
from zhenbo.core.schema import TEXT_MAX, TS_MAX_US, TS_MIN_US

_SECOND = 1_000_000
_EPOCH = datetime(1970, 1, 1, tzinfo=timezone.utc)  # noqa: UP017 - `datetime.UTC` reads worse beside fixed zones
_INT_MAX = 2**62
_MAGNITUDES = ((1, 1_000_000), (1_000, 1_000), (1_000_000, 1))  # s, ms, µs; ns below
_ID_TIME_FROM = 1_388_534_400  # 2014-01-01: before TikTok and Douyin
_ID_TIME_TO = 4_102_444_800


class Bad(NamedTuple):
    """A value that could not be read: reason code and what was seen."""

    reason: str
    detail: str


class Clock(NamedTuple):
    """How a source writes times without a zone: the zone, and the order of the date's numbers."""

    zone: str | None = None
    dates: str = "ymd"


_PLAIN = Clock()
_PLAIN_NUMBER = re.compile(r"-?\d{1,18}(?:\.\d{1,18})?")


def bad(reason: str, value: object) -> Bad:
    """A `Bad` whose detail is shortened."""
    return Bad(reason, repr(value)[:120])


@lru_cache(maxsize=64)
def zone_of(name: str) -> tzinfo:
    """A fixed offset (`+08:00`) or a named zone.

    Raises:
        ValueError: for a name that is neither.
    """
    match = re.fullmatch(r"([+-])(\d{2}):?(\d{2})", name)
    if match:
        minutes = int(match[2]) * 60 + int(match[3])
        return timezone(timedelta(minutes=-minutes if match[1] == "-" else minutes))
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError) as error:
        raise ValueError(f"unknown time zone {name!r}; write an offset such as '+08:00'") from error


_DATE = re.compile(
    r"(\d{1,4})[-/.年](\d{1,2})[-/.月](\d{1,4})[日/]?"
    r"(?:[T ]+(\d{1,2}):(\d{1,2})(?::(\d{1,2})(?:[.,](\d{1,9}))?)?)?\s*([AaPp][Mm])?\s*(Z|UTC|[+-]\d{2}:?\d{2})?"
)


def _written(text: str, clock: Clock) -> int | Bad | None:
    match = _DATE.fullmatch(text)
    zone = (match[9] or clock.zone) if match else None
    if not match or zone is None:
        return bad("bad_time", text + (" (no zone)" if match else ""))
    half = (match[8] or "").lower()
    hour, minute, second = (int(match[i] or 0) for i in (4, 5, 6))
    order = "ymd" if len(match[1]) == 4 else clock.dates
    if half:  # clocks of twelve hours stand by dates that are month-first
        order = "mdy" if order == "dmy" else order
        hour = hour % 12 + 12 * (half == "pm") if 1 <= hour <= 12 else 24
    if order == "ymd" and len(match[1]) != 4:  # 01/02/2020 could be two days: ambiguous is not a time
        return bad("bad_time", text)
    year, month, day = (int(match[1 + order.index(part)]) for part in "ymd")
    fraction = int((match[7] or "0").ljust(6, "0")[:6])
    try:
        info = timezone.utc if zone in {"Z", "UTC"} else zone_of(zone)  # noqa: UP017
        moment = datetime(year, month, day, hour, minute, second, fraction, info)
    except (ValueError, OverflowError):
        return bad("bad_time", text)
    return _within(round((moment - _EPOCH) / timedelta(microseconds=1)), text)


_NAIVE_EPOCH = datetime(1970, 1, 1)  # noqa: DTZ001 - compared with times whose zone is added as an offset


def _iso(text: str, zone: str) -> int | None:
    """Microseconds of `2020-02-21 00:00:00` in a zone of fixed offset: nearly every time of every export; else None."""
    if text[4] != "-" or text[7] != "-" or text[13] != ":":
        return None
    offset = _offset(zone)
    try:
        since = datetime.fromisoformat(text) - _NAIVE_EPOCH
    except (ValueError, TypeError):  # the general reader says what is wrong
        return None
    return None if offset is None else (since.days * 86_400 + since.seconds) * _SECOND - offset


@lru_cache(maxsize=64)
def _offset(zone: str) -> int | None:
    """Microseconds by which a zone of fixed offset is ahead of UTC; None for a named or unknown one."""
    try:
        ahead = zone_of(zone).utcoffset(None)
    except ValueError:
        return None
    return None if ahead is None else round(ahead / timedelta(microseconds=1))


def _within(micros: int, seen: object) -> int | Bad:
    return micros if TS_MIN_US <= micros <= TS_MAX_US else bad("bad_time", seen)


def _number_time(value: float) -> int | Bad | None:
    if value == 0:
        return None  # every source examined writes 0 for "no time"
    for least, factor in _MAGNITUDES:
        if TS_MIN_US <= value * 1_000_000 / least <= TS_MAX_US:
            return round(value * factor)
    if TS_MIN_US * 1_000 <= value <= TS_MAX_US * 1_000:
        return int(value // 1_000)
    return bad("bad_time", value)


def time_of(value: Any, clock: Clock = _PLAIN) -> int | Bad | None:
    """Microseconds of a written, numeric or typed time; magnitude (s, ms, µs, ns) decides the unit of a number.

    Examples:
        >>> time_of(1_700_000_000), time_of("1700000000752")
        (1700000000000000, 1700000000752000)
        >>> time_of("21/02/2020 08:00:00", Clock("+08:00", "dmy"))
        1582243200000000
        >>> time_of("02/21/2020 8:00:00 AM", Clock("+08:00", "dmy"))  # the same export, in the United States
        1582243200000000
        >>> time_of("9999-12-31 00:00:00", Clock("+08:00")).reason
        'bad_time'
    """
    if isinstance(value, bool):
        return bad("bad_time", value)
    if isinstance(value, int | float):
        return _number_time(value) if math.isfinite(value) else bad("bad_time", value)
    if isinstance(value, datetime):
        if value.tzinfo is None:
            if clock.zone is None:
                return bad("bad_time", str(value) + " (no zone)")
            value = value.replace(tzinfo=zone_of(clock.zone))
        return _within(round((value - _EPOCH) / timedelta(microseconds=1)), value)
    if isinstance(value, date):
        return _written(value.isoformat(), clock)
    text = str(value).strip()
    if len(text) == 19 and clock.zone is not None and (plain := _iso(text, clock.zone)) is not None:
        return _within(plain, text)
    if len(text) > 64:
        return bad("bad_time", text)
    if re.fullmatch(r"\d+(\.\d+)?", text):
        return _number_time(float(text) if "." in text else int(text))
    return _written(text, clock)


def times_of(values: Sequence[Any], clock: Clock = _PLAIN) -> list[int | Bad | None]:
    """A column of times; all-numeric columns of one magnitude are converted at once."""
    kinds = set(map(type, values))
    if values and kinds <= {int, float}:
        numbers = np.array(values, dtype=np.float64)
        for least, factor in _MAGNITUDES:
            low, high = TS_MIN_US / 1e6 * least, TS_MAX_US / 1e6 * least
            if numbers.min() >= low and numbers.max() <= high:
                whole: list[int | Bad | None] = np.rint(numbers * factor).astype(np.int64).tolist()
                return whole
    return remembered(lambda v: time_of(v, clock))(values)


def id_time(value: Any) -> int | Bad | None:
    """Microseconds of the seconds in the upper half of a 64-bit id; null where they are not within 2014..2100."""
    number = whole(value)
    if number is None:
        return None
    seconds = number >> 32
    return seconds * _SECOND if _ID_TIME_FROM <= seconds <= _ID_TIME_TO else None


def whole(value: Any) -> int | None:
    """An integer id or number written as one, exactly; None for anything else."""
    if isinstance(value, bool) or value is None:
        return None
    if isinstance(value, int):
        return value
    if isinstance(value, float):
        return int(value) if value.is_integer() else None
    text = str(value).strip()
    return int(text) if re.fullmatch(r"-?\d{1,40}", text) else None


def number(value: Any) -> float | Bad | None:
    """A real number as people write it."""
    if isinstance(value, bool):
        return bad("bad_number", value)
    if isinstance(value, int | float):
        return float(value) if math.isfinite(value) else bad("bad_number", value)
    text = str(value)
    if _PLAIN_NUMBER.fullmatch(text):
        return float(text)
    read = parse_decimal(text)
    return bad("bad_number", value) if read is None else float(read)


def count(value: Any) -> int | Bad | None:
    """A whole number as people write it (`6.8万` is 68000), rounded to the nearest.

    Examples:
        >>> count("6.8万"), count("1,274"), count(3.0), count("many").reason
        (68000, 1274, 3, 'bad_number')
    """
    if type(value) is int:
        return value if -_INT_MAX < value < _INT_MAX else bad("bad_number", value)
    read = parse_decimal(str(value)) if not isinstance(value, bool) else None
    if read is None or abs(read) >= _INT_MAX:
        return bad("bad_number", value)
    return round(read)


def half_unit(value: Any) -> int | None:
    """Half of the last digit's worth of a number shown with a unit: `6.8万` → 500; None when it is exact.

    Examples:
        >>> half_unit("6.8万"), half_unit("9998"), half_unit("12万")
        (500, None, 5000)
    """
    match = re.search(r"\d(?:[\d,]*)(?:\.(\d+))?\s*([万wWkK千亿])", str(value))
    if not match:
        return None
    worth = parse_decimal("1" + match[2])
    half = int(worth / (Decimal(10) ** len(match[1] or "")) / 2) if worth else 0
    return half or None


def grams(value: Any) -> int | Bad | None:
    """Kilograms as text to grams."""
    read = parse_decimal(re.sub(r"(?i)\s*(kg|公斤|千克)\s*$", "", str(value)))
    return bad("bad_number", value) if read is None or abs(read) > 10**9 else round(read * 1000)


def money(value: Any, currency: str | None) -> int | Bad | None:
    """An amount in major units, in minor units of the currency.

    Examples:
        >>> money("RM12.50", "MYR"), money("12,50 EUR", "EUR"), money("Rp159.000", "IDR"), money("1,234.5", "CNY")
        (1250, 1250, 159000, 123450)
    """
    if isinstance(value, bool):
        return bad("bad_number", value)
    text = _COIN.sub("", str(value).strip())
    if minor_digits(currency) == 0 and _DOT_GROUPS.fullmatch(text):
        text = text.replace(".", "")
    elif _DECIMAL_COMMA.fullmatch(text):
        text = text.replace(".", "").replace(",", ".")
    read = parse_minor(text, currency)
    return bad("bad_number", value) if read is None else read


def micros(value: Any, currency: str | None) -> int | Bad | None:
    """An amount in millionths of the major unit, in minor units of the currency.

    Examples:
        >>> micros("4990000", "USD"), micros(500_000_000, "JPY")
        (499, 500)
    """
    read = whole(value)
    return (
        bad("bad_number", value) if read is None else round(read * 10 ** minor_digits(currency) / 1_000_000)
    )


_COIN = re.compile(r"^[A-Za-z]{1,3}\$?\s*(?=[-\d])|(?<=\d)\s*[A-Z]{3}$")
_DOT_GROUPS = re.compile(r"-?\d{1,3}(\.\d{3})+")
_DECIMAL_COMMA = re.compile(
    r"-?\d{1,3}(\.?\d{3})*,\d{1,2}"
)  # a comma before one or two last digits groups nothing


_PERCENT = re.compile(r"^(.*?)\s*([%％‰])$")


def ratio(value: Any) -> float | Bad | None:
    """A share, as a part of one where it is written with a percent or permille sign.

    Examples:
        >>> ratio("12.5%"), ratio("0.125"), ratio("3‰"), ratio("many%").reason
        (0.125, 0.125, 0.003, 'bad_number')
    """
    match = _PERCENT.match(value.strip()) if isinstance(value, str) else None
    if match is None:
        return number(value)
    read = parse_decimal(match[1])
    return bad("bad_number", value) if read is None else float(read / (1000 if match[2] == "‰" else 100))


_SPAN = re.compile(
    r"(?:(\d+)\s*(?:days?,?|d|天)\s*)?(?:(\d+)\s*(?:hours?|hrs?|h|小时|时)\s*)?"
    r"(?:(\d+(?:\.\d+)?)\s*(?:minutes?|mins?|m|分钟|分)\s*)?(?:(\d+(?:\.\d+)?)\s*(?:seconds?|secs?|s|秒))?",
    re.IGNORECASE,
)
_CLOCK = re.compile(r"(?:(\d+) days?, )?(?:(\d+):)?(\d{1,2}):(\d{2}(?:\.\d+)?)")


def duration(value: Any, each: int = 1) -> float | Bad | None:
    """Seconds of a length of time as exports write it.

    Args:
        value: `1分4秒`, `1h 2m`, `00:01:04`, `01:04` (minutes and seconds) or a plain number.
        each: seconds that one of a plain number means, by the column's header.

    Examples:
        >>> duration("1分4秒"), duration("2h 3min"), duration("00:01:04"), duration("1.5", 60), duration("soon").reason
        (64.0, 7380.0, 64.0, 90.0, 'bad_number')
    """
    if not isinstance(value, str):
        plain = number(value)
        return plain * each if isinstance(plain, float) else plain
    text = value.strip()
    match = _CLOCK.fullmatch(text) or (_SPAN.fullmatch(text) if text[-1:].isalpha() else None)
    if match is not None:
        days, hours, minutes, seconds = (float(part or 0) for part in match.groups())
        return days * 86_400 + hours * 3_600 + minutes * 60 + seconds
    read = parse_decimal(text)
    return bad("bad_number", value) if read is None else float(read * each)


def truth(value: Any) -> bool | Bad | None:
    """A yes or no as exports write it."""
    word_ = word(value).lower()
    if word_ in {"true", "1", "yes", "y", "是"}:
        return True
    return False if word_ in {"false", "0", "no", "n", "否", ""} else bad("bad_bool", value)


def word(value: Any) -> str:
    """A value as the text conditions, maps and ids compare: `True` → "true", 3.0 → "3"."""
    if type(value) is str:
        return value
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, float) and value.is_integer() and abs(value) < 1e15:
        return str(int(value))
    if isinstance(value, bytes):
        return value.decode("utf-8", "replace")
    return str(value)


def carried(text: str) -> str:
    """A text that Arrow, JSON and HTML can carry: no NUL, no lone surrogates."""
    if "\x00" in text:
        text = text.replace("\x00", "")
    return text if text.isascii() else text.encode("utf-8", "replace").decode()


def readable(text: str) -> str:
    """A text that can be carried, of at most `TEXT_MAX` characters."""
    return carried(text if len(text) <= TEXT_MAX else text[:TEXT_MAX])


def remembered(function: Callable[[Any], Any]) -> Callable[[Sequence[Any]], list[Any]]:
    """A function over a column, computed once per distinct value (values of exports repeat)."""
    seen: dict[Any, Any] = {}

    def over(values: Sequence[Any]) -> list[Any]:
        out: list[Any] = []
        for value in values:
            if value is None:
                out.append(None)
                continue
            key = (type(value), value)
            try:
                if key not in seen:
                    seen[key] = function(value)
                out.append(seen[key])
            except TypeError:  # a list or object where a word was expected
                out.append(function(value))
        return out

    return over
