"""Rooms that fill and are no louder: figures alone, and what else fills a room with silent people."""

from dataclasses import replace

import pytest

from zhenbo.core.evidence import Evidence, Missing
from zhenbo.core.session import Window
from zhenbo.core.story import read
from zhenbo.pipeline import baselines
from zhenbo.signals.counters.swell import SIGNAL, look

_ROOM = (
    '20:00-22:00 entered_total 0..3000 every 60s; 20:00-22:00 b1..b40 say "{n}" x20 scattered; 20:00-22:00 like_total 0..9000 every 60s\n'
    "20:00-20:59 viewers 60 every 60s"
)
_FILLED = "21:00-22:00 viewers 700 every 60s"


def _found(*story: str) -> Evidence | Missing | None:
    return next(iter(look(read("\n".join(story)).session(), baselines(SIGNAL.id))), None)


def _p(*story: str) -> float:
    found = _found(_ROOM, *story)
    return 1.0 if found is None else getattr(found, "p", 0.0)


def test_a_room_filled_in_silence_is_asked_about_and_nobody_is_named():
    """Sixty become seven hundred at nine o'clock; comments and likes run on."""
    told = _found(_ROOM, _FILLED)
    assert isinstance(told, Evidence)
    assert told.p == pytest.approx(1e-4)
    assert not told.accounts
    assert told.args["before"] == 60
    assert told.args["after"] == pytest.approx(700, rel=0.1)
    assert {cause.outcome for cause in told.causes} == {"open", "ruled_out"}


@pytest.mark.parametrize(
    "story",
    [
        (_FILLED, '21:00-22:00 c1..c300 say "{n}" x15 scattered'),
        (_FILLED, "21:00-22:00 like_total 9000..80000 every 60s"),
        ("21:00-22:00 viewers 120 every 60s",),
        ("21:00-22:00 viewers 20 every 60s",),
    ],
    ids=["talk", "tap", "doubles", "empties"],
)
def test_what_is_no_silent_crowd(story):
    """Who takes part is there; doubling is ordinary."""
    assert _p(*story) > 0.1


def test_a_visit_that_is_over_soon_was_heard():
    """A celebrity comes by for a few minutes: who came talked while it lasted."""
    assert (
        _p(
            "21:00-21:10 viewers 900 every 60s; 21:11-22:00 viewers 80 every 60s",
            '21:00-21:06 c1..c300 say "{n}" x3 scattered',
        )
        > 0.1
    )


def test_only_an_advertising_report_explains():
    """Who brought silent people the figures do not tell: a declared raid stays possible, the report of a paid crowd settles it."""
    session = read(f"{_ROOM}\n{_FILLED}").session()
    raided = replace(session, windows=(Window("raid", *session.span),))
    paid = read(f"{_ROOM}\n{_FILLED}\n21:00-21:30 ads.watches 900").session()
    causes = [
        {c.cause: c.outcome for e in look(s, baselines(SIGNAL.id)) for c in e.causes} for s in (raided, paid)
    ]  # type: ignore[union-attr]
    assert causes[0]["raid"] == "open"
    assert causes[1]["ad"] == "explains"


def test_indices_and_short_records_are_not_asked():
    """A popularity index has no counter of entries beside it; half an hour has no before and after."""
    assert isinstance(_found("20:00-22:00 viewers 60..900 every 60s"), Missing)
    assert isinstance(
        _found("20:00-20:20 viewers 60..900 every 60s; 20:00-20:20 entered_total 0..900 every 60s"), Missing
    )


def test_a_chat_cut_off_is_not_held_against_the_room():
    """Where comments and likes both stop as the room fills, the recorder lost them."""
    session = read(
        '20:00-22:00 entered_total 0..3000 every 60s; 20:00-20:59 b1..b40 say "{n}" x20 scattered; '
        f"20:00-20:59 viewers 60 every 60s; {_FILLED}"
    ).session()
    told = [e for e in look(session, baselines(SIGNAL.id)) if isinstance(e, Evidence)]
    assert all(e.p > 0.1 for e in told)
