"""Figures without rows: follows on the counter alone, and taps that clients report to it by the lot."""

import pytest

from zhenbo.core.evidence import Evidence
from zhenbo.core.story import read
from zhenbo.core.subject import Question
from zhenbo.pipeline import baselines
from zhenbo.signals.counters.unbacked import SIGNAL, look


def found(story: str, question: Question = Question.ENGAGEMENT) -> Evidence:
    """What is said of a question."""
    return next(
        e for e in look(read(story).session(), baselines(SIGNAL.id))
        if isinstance(e, Evidence) and e.question is question
    )  # fmt: skip


def test_follows_on_the_counter_alone():
    """Two follows a minute, delivered one by one; for half an hour the counter gains three times that."""
    e = found("""
        20:00-22:00 b1..b240 follows
        20:00-20:50 follow_total 0..100 every 60s
        20:51-21:20 follow_total 106..280 every 60s
        21:21-22:00 follow_total 282..360 every 60s
    """)
    assert e.says == "unbacked"
    assert not e.explained
    assert e.p <= 3e-4  # heard as a question by itself
    assert e.effect is not None
    assert e.effect.low < 120 < e.effect.high


@pytest.mark.parametrize(("step", "explained"), [(300, True), (264, False)])
def test_taps_that_come_in_whole_hundreds_are_counted_elsewhere(step: int, explained: bool):
    """Twenty readings with 300 taps beyond the rows are lots of a hundred; 264 a reading are a delivery."""
    e = found(f"""
        20:00-22:00 b1..b600 likes scattered
        20:00-20:50 like_total 0..250 every 60s
        20:51-21:10 like_total {250 + step}..{250 + 20 * step} every 60s
        21:11-22:00 like_total {255 + 20 * step}..{500 + 20 * step} every 60s
    """)
    assert e.says == "unbacked"
    assert e.explained is explained


_PACKAGE = """
    20:00-22:00 b1..b1200 enters scattered; 20:00-22:00 b1..b60 say "{n}" x10 scattered; 20:00-22:00 b1..b60 likes x10 scattered; 20:00-22:00 viewers 60 every 60s
    20:00-20:50 entered_total 0..500 every 60s; 20:51-21:10 entered_total 910..9500 every 60s; 21:11-22:00 entered_total 9510..10000 every 60s
"""


@pytest.mark.parametrize(
    ("beside", "explained"),
    [
        ("", set()),
        ("20:51-21:10 viewers 900 every 60s", set()),
        ('20:51-21:10 c1..c100 say "{n}" x20 scattered', set()),
        ('20:51-21:10 c1..c100 say "{n}" x20 scattered; 20:51-21:10 c1..c100 likes x20 scattered', {"feature"}),
    ],
    ids=["views", "views and viewers", "people who talk", "who talk and tap"],
)  # fmt: skip
def test_only_what_is_heard_speaks_for_a_push(beside: str, explained: set[str]):
    """Views and viewers are sold together; people whom the platform sends talk and tap, and where all else has rows they would have too."""
    e = found(_PACKAGE + beside, Question.AUDIENCE)
    assert {c.cause for c in e.causes if c.outcome == "explains"} == explained


def test_a_feed_that_stops_is_no_delivery():
    """The counter runs on as it did; the rows of a quarter of an hour are missing."""
    e = found(
        "20:00-20:50 b1..b1000 enters scattered; 21:06-22:00 c1..c1000 enters scattered; 20:00-22:00 entered_total 0..2300 every 60s",
        Question.AUDIENCE,
    )
    assert e.says == "unbacked"
    assert "lost_feed" in {c.cause for c in e.causes if c.outcome == "explains"}


def test_rows_that_pile_up_at_a_ceiling_were_throttled():
    """Twenty entries a minute come through, however many there are; hearts come through whole."""
    e = found(
        """
        20:00-20:40 b1..b400 enters scattered; 20:41-21:20 c1..c800 enters; 21:21-22:00 d1..d400 enters scattered
        20:00-20:40 entered_total 0..400 every 60s; 20:41-21:20 entered_total 600..8000 every 60s; 21:21-22:00 entered_total 8010..8400 every 60s
        20:00-22:00 b1..b240 likes; 20:00-22:00 like_total 0..240 every 60s
        """,
        Question.AUDIENCE,
    )
    assert "throttled_feed" in {c.cause for c in e.causes if c.outcome == "explains"}


def test_rows_missing_where_the_chat_is_silent_were_lost():
    """A recorder that falls behind for a quarter of an hour, here and there: hearts and comments are missing in the same minutes."""
    e = found("""
        20:00-20:29 b1..b290 likes; 20:30-20:45 b1..b10 likes; 20:46-22:00 c1..c760 likes; 20:00-22:00 like_total 0..2400 every 60s
        20:00-20:29 d1..d300 say "{n}" scattered; 20:30-20:45 d1..d8 say "{n}" scattered; 20:46-22:00 d1..d800 say "{n}" scattered
        20:30-20:45 like_total 600..4000 every 60s; 20:46-22:00 like_total 4010..5800 every 60s
    """)
    assert e.says == "unbacked"
    assert "lost_feed" in {c.cause for c in e.causes if c.outcome == "explains"}
