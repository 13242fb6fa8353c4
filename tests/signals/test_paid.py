"""Advertising reports explain what they brought, by their own count, and no more."""

import pytest

from zhenbo.core.evidence import Evidence
from zhenbo.core.story import read
from zhenbo.pipeline import baselines
from zhenbo.signals.catalogue import catalogue

ROOM = """
    20:00-20:40 entered_total 0..4000 every 60s; 20:41-21:00 entered_total 8000..92988 every 60s
    21:01-22:00 entered_total 93088..99000 every 60s; 20:00-20:40 like_total 0..400 every 60s
    20:41-21:00 like_total 500..2008 every 60s; 21:01-22:00 like_total 2018..2600 every 60s
    20:00-22:00 viewers 240 every 60s
"""


@pytest.mark.parametrize(
    ("report", "outcome"),
    [
        ("20:00-21:00 ads.watches 80000", "explains"),
        ("20:00-21:00 ads.clicks 80000", "explains"),
        ("20:00-21:00 ads.watches 900", "ruled_out"),
        ("18:00-19:00 ads.watches 80000", "ruled_out"),
        ("00:00-23:59 ads.watches 80000", None),
        ("", None),
    ],
    ids=["as many", "clicks", "a few", "another hour", "by the day", "no report"],
)
def test_what_advertisements_brought_explains_a_jump(report: str, outcome: str | None):
    """An hour's report that states enough people explains; too few, another hour do not; a day says nothing of a minute."""
    (found,) = catalogue()["counters.package"].look(
        read(ROOM + report).session(), baselines("counters.package")
    )
    assert isinstance(found, Evidence)
    assert found.p < 0.01
    assert [c.outcome for c in found.causes if c.cause == "ad"] == ([outcome] if outcome else [])
