"""Windows and clocks: spans as packs write them, and the microsecond at which they end.

`24 h` is exact: the last microsecond is that of the 24th hour. `7 d` counts whole days from the day after it starts, and ends
with the last of them (interim measures on seven-day returns, article 10), in the zone of the claim. `law 7 d` is a term of
law: where its last day is one of rest, it ends with the next working day (Civil Code, article 203). `desk 4 h` runs between
09:00 and 18:00 only (JD general rules, article 9).
"""

import re
from datetime import date, timedelta
from functools import lru_cache

from zhenbo.core.errors import PackError
from zhenbo.core.session import DAY, HOUR, MINUTE
from zhenbo.core.workdays import LONGEST, last_day

_EPOCH = date(1970, 1, 1)
OPENS, CLOSES = 9 * HOUR, 18 * HOUR
_SPAN = re.compile(r"(desk |law )?(\d{1,4}) ([hd])")


@lru_cache(maxsize=256)
def span(text: str) -> tuple[str, int]:
    """A span as (`h`, `d`, `desk` or `law`, how many).

    Raises:
        PackError: when it is none.

    Examples:
        >>> span("24 h"), span("law 7 d"), span("desk 4 h")
        (('h', 24), ('law', 7), ('desk', 4))
    """
    found = _SPAN.fullmatch(text)
    if not found or (found[1] and found[3] != {"desk ": "h", "law ": "d"}[found[1]]):
        raise PackError(f"{text!r} is no span of time. Write `24 h`, `7 d`, `law 7 d` or `desk 4 h`.")
    return (found[1] or found[3]).strip(), int(found[2])


def ends(start: int, text: str, zone: int) -> int:
    """The last microsecond of a span that starts at `start`; of a term of law whose calendar nobody knows, the earliest it can be.

    Args:
        start: microseconds.
        text: the span.
        zone: minutes east of Greenwich in which days and desk hours are counted.

    Examples:
        >>> day, hour = 86_400_000_000, 3_600_000_000
        >>> ends(10 * hour, "24 h", 0) == 34 * hour, ends(10 * hour, "7 d", 0) == 8 * day - 1
        (True, True)
        >>> ends(10 * hour, "desk 4 h", 0) == 14 * hour
        True
        >>> ends(14 * hour + 60_000_000, "desk 4 h", 0) == day + 9 * hour + 60_000_000  # JD's own example
        True
    """
    unit, many = span(text)
    if unit == "h":
        return start + many * HOUR
    if unit == "desk":
        return _desk(start, many * HOUR, zone)
    shift = zone * MINUTE
    day = (start + shift) // DAY + many
    if unit == "law":
        plain = _EPOCH + timedelta(days=day)
        day += ((last_day(plain) or plain) - plain).days
    return (day + 1) * DAY - 1 - shift


def latest(start: int, text: str, zone: int) -> int:
    """The last microsecond at which a span can end: that of `ends`, but where nobody knows whether its last day is one of rest.

    Examples:
        >>> day = 86_400_000_000
        >>> latest(0, "law 7 d", 0) - ends(0, "law 7 d", 0) == 15 * day, latest(0, "7 d", 0) == ends(0, "7 d", 0)  # 1970
        (True, True)
    """
    unit, many = span(text)
    until = ends(start, text, zone)
    if unit != "law":
        return until
    plain = _EPOCH + timedelta(days=(start + zone * MINUTE) // DAY + many)
    return until if last_day(plain) else until + LONGEST * DAY


def _desk(start: int, left: int, zone: int) -> int:
    shift = zone * MINUTE
    at = start + shift
    while True:
        midnight = at // DAY * DAY
        at = max(at, midnight + OPENS)
        room = midnight + CLOSES - at
        if room >= left:
            return at + left - shift
        left -= max(room, 0)
        at = midnight + DAY


def days_between(start: int, at: int, zone: int) -> int:
    """Days from the day of `start` to that of `at`, in the zone: 0 on the same day, 7 on the last day of `7 d`.

    Examples:
        >>> days_between(0, 86_399_999_999, 0), days_between(0, 7 * 86_400_000_000, 0)
        (0, 7)
    """
    shift = zone * MINUTE
    return (at + shift) // DAY - (start + shift) // DAY


def months_between(start: int, at: int, zone: int) -> int:
    """Whole calendar months from the day of `start` to that of `at`.

    Examples:
        >>> months_between(0, 180 * 86_400_000_000, 0), months_between(0, 181 * 86_400_000_000, 0)  # to 30 June, 1 July
        (5, 6)
    """
    first, last = (_EPOCH + timedelta(days=(t + zone * MINUTE) // DAY) for t in (start, at))
    return (last.year - first.year) * 12 + last.month - first.month - (last.day < first.day)
