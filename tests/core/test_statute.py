"""The register: a citation reads as its law was numbered on the day of the facts, or not at all."""

from datetime import date

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from zhenbo.core.errors import PackError
from zhenbo.core.statute import Cite, read_register
from zhenbo.pipeline.policies import register

DAYS = st.dates(date(2018, 1, 1), date(2027, 1, 1))
TURN = date(2025, 10, 15)


@settings(deadline=None)
@given(DAYS)
def test_the_renumbering_of_2025(day):
    """False promotion is article 8 of the anti-unfair-competition law up to 2025-10-14 and article 9 from then on."""
    for written in (Cite("cn.aucl", "8(2)"), Cite("cn.aucl", "9(2)", of=TURN)):
        told = register().cited(written, day, date(2018, 1, 1))
        assert told is not None
        assert told.article == ("8(2)" if day < TURN else "9(2)")
    assert "第9条" in register().cited(Cite("cn.aucl", "8"), TURN, date(2021, 1, 1)).title("zh")


@pytest.mark.parametrize(
    ("cite", "since", "until", "wrong"),
    [
        (Cite("cn.aucl", "8"), date(2021, 1, 1), date.max, ""),
        (Cite("cn.aucl", "9"), TURN, date.max, ""),
        (Cite("cn.aucl", "8"), TURN, date.max, "what was article 8 is article 9"),
        (Cite("cn.aucl", "9"), date(2021, 1, 1), date.max, "has no article 9"),
        (Cite("cn.aucl", "42"), TURN, date.max, "has no article 42"),
        (Cite("cn.price_old", "7"), date(2021, 1, 1), date.max, "repealed (cn.price) on 2022-07-01"),
        (Cite("cn.price_old", "7"), date(2021, 1, 1), date(2022, 6, 30), ""),
        (Cite("cn.live2026", "34"), date(2025, 12, 1), date.max, "not yet in force"),
        (Cite("cn.live2026", "34", since=date(2026, 2, 1)), date(2025, 12, 1), date.max, ""),
        (Cite("cn.acul", "8"), date(2021, 1, 1), date.max, "Did you mean cn.aucl"),
    ],
)
def test_a_citation_holds_for_the_whole_term_of_its_rule(cite, since, until, wrong):
    """Repealed texts, old numbers, texts not yet in force and articles that never were are named; sound citations are not."""
    found = register().wrong(cite, since, until)
    assert wrong in found.en if wrong else found is None


@pytest.mark.parametrize(
    "text",
    [
        'x = { en = "X", zh = "某法", versions = [] }',
        'x = { en = "X", zh = "某法", versions = [{ from = 2021-01-01, to = 2023-01-01 }, { from = 2022-01-01 }] }',
        'x = { en = "X", zh = "某法", versions = [{ from = 2021-01-01 }], repealed_by = "y" }',
        'x = { en = "X", versions = [{ from = 2021-01-01 }] }',
        "x = [",
    ],
)
def test_a_broken_register_is_refused(text):
    """Overlapping versions, missing names and dangling successors are errors that name the file."""
    with pytest.raises(PackError, match=r"mine\.toml"):
        read_register(text, "mine.toml")
