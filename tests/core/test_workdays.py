"""Days of rest of mainland China against the notices of the State Council, day by day, and terms that end by them."""

from datetime import date, timedelta

import pytest

from zhenbo.core.workdays import known_to, last_day, rests, worked

# As written down from the notices, by hand and apart from the package: days of rest, and weekends worked in exchange.
NOTICES = {
    2021: ("0101-0103 0211-0217 0403-0405 0501-0505 0612-0614 0919-0921 1001-1007", "0207 0220 0425 0508 0918 0926 1009"),
    2022: ("0101-0103 0131-0206 0403-0405 0430-0504 0603-0605 0910-0912 1001-1007 1231-1231", "0129 0130 0402 0424 0507 1008 1009"),
    2023: ("0101-0102 0121-0127 0405-0405 0429-0503 0622-0624 0929-1006 1230-1231", "0128 0129 0423 0506 0625 1007 1008"),
    2024: ("0101-0101 0210-0217 0404-0406 0501-0505 0610-0610 0915-0917 1001-1007", "0204 0218 0407 0428 0511 0914 0929 1012"),
    2025: ("0101-0101 0128-0204 0404-0406 0501-0505 0531-0602 1001-1008", "0126 0208 0427 0928 1011"),
    2026: ("0101-0103 0215-0223 0404-0406 0501-0505 0619-0621 0925-0927 1001-1007", "0104 0214 0228 0509 0920 1010"),
}  # fmt: skip


def _days(year: int, text: str) -> set[date]:
    found: set[date] = set()
    for part in text.split():
        first, _, last = part.partition("-")
        day, end = (date(year, int(t[:2]), int(t[2:])) for t in (first, last or first))
        while day <= end:
            found.add(day)
            day += timedelta(days=1)
    return found


@pytest.mark.parametrize("year", NOTICES)
def test_every_day_is_as_the_notice_has_it(year):
    """A weekend that is worked is no rest, a Thursday in the golden week is one: all days of the year."""
    rest, work = (_days(year, text) for text in NOTICES[year])
    day = date(year, 1, 1)
    while day.year == year and day <= known_to():
        assert rests(day) is (day not in work and (day.weekday() > 4 or day in rest)), day
        day += timedelta(days=1)


def test_a_term_ends_after_the_rest():
    """Civil Code 203: from the first day of the longest holidays to the first working day, and not from a worked Sunday."""
    assert last_day(date(2026, 2, 15)) == date(2026, 2, 24)
    assert last_day(date(2025, 10, 1)) == date(2025, 10, 9)
    assert last_day(date(2026, 9, 20)) == date(2026, 9, 20)
    assert worked(date(2026, 2, 13), date(2026, 2, 24)) == 2  # Saturday the 14th and the 24th


def test_what_no_notice_tells_is_not_known():
    """Not the weekday of a year to come, nor the last days of the last known one, which the next notice can still move."""
    assert rests(known_to()) is not None
    for day in (known_to() + timedelta(days=1), date(known_to().year + 1, 6, 15), date(2000, 6, 15)):
        assert (rests(day), last_day(day), worked(day, day + timedelta(days=3))) == (None, None, None)
    assert worked(date(2026, 12, 1), date(2027, 1, 5)) is None or known_to().year > 2026
