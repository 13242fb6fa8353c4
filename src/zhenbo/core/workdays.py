"""Working days and days of rest of mainland China: weekends, public holidays, and the weekends worked in exchange for them.

The State Council announces each year's days in the autumn before; they come from the package `holidays`, year by year from its
own notices. Beyond the last year it has, and in the last days of that year (which the next notice may still move), nobody
knows: the answer is None, never a guess from the weekday.

Civil Code, article 203: a term whose last day is a day of rest ends with the day after the rest.
"""

from datetime import date, timedelta
from functools import cache
from typing import Any, Final

FIRST: Final = date(2001, 1, 1)
"""First day that the package tells of; 2021 to 2026 were compared day by day (`tests/core/test_workdays.py`)."""
LONGEST: Final = 15
"""Days by which a day of rest can move a term at most: the longest run of rest was ten days (2020), with room to spare."""


@cache
def known_to() -> date:
    """Last day of which it is known whether it is worked."""
    from holidays.countries.china import ChinaStaticHolidays  # 0.3 s, and most commands never ask

    return date(max(ChinaStaticHolidays.special_public_holidays), 12, 26)


@cache
def _year(year: int) -> Any:
    from holidays.countries.china import China

    return China(years=year)  # type: ignore[no-untyped-call]


@cache
def rests(day: date) -> bool | None:
    """Whether a day is one of rest; None where no notice tells.

    Examples:
        >>> rests(date(2026, 10, 1)), rests(date(2026, 10, 8)), rests(date(2026, 9, 20))  # holiday, Thursday, Sunday worked
        (True, False, False)
    """
    if not FIRST <= day <= known_to():
        return None
    return not _year(day.year).is_working_day(day)


@cache
def last_day(day: date) -> date | None:
    """The last day of a term of law that would end on `day` (Civil Code, article 203); None where no notice tells.

    Examples:
        >>> last_day(date(2026, 10, 1)), last_day(date(2026, 9, 20)), last_day(date(2030, 1, 1))
        (datetime.date(2026, 10, 8), datetime.date(2026, 9, 20), None)
    """
    while (rest := rests(day)) is True:
        day += timedelta(days=1)
    return None if rest is None else day


def worked(start: date, end: date) -> int | None:
    """Working days from the day after `start` to `end`, that one too; None where one of them is not known.

    Examples:
        >>> worked(date(2026, 9, 30), date(2026, 10, 12))  # the 8th, 9th, 10th (a Saturday worked) and 12th
        4
    """
    if not (FIRST <= start <= end <= known_to()):
        return 0 if start == end else None
    return sum(rests(start + timedelta(days=n)) is False for n in range(1, (end - start).days + 1))
