"""Followers that fall away: what makes it an accusation, and everything that makes it none."""

import pytest

from zhenbo.core.dataset import subjects
from zhenbo.core.evidence import Evidence, Found, Missing
from zhenbo.core.session import DAY
from zhenbo.core.story import read
from zhenbo.pipeline import baselines
from zhenbo.proof.laws import check_laws
from zhenbo.signals.catalogue import catalogue

EVENING = """
    20:00-22:00 b1..b60 say "hello {n}" scattered; 20:05-21:55 b1..b60 follows scattered
    20:00-21:30 q1..q20 enters; 20:05-21:40 q1..q20 follows scattered
    20:30-20:40 a1..a60 enters; 20:30:02-20:40:02 a1..a60 follows
"""
AFTER = "session none of host h1\n"
TALKERS = "d+3 10:00-d+3 22:00 b1..b3 unfollow\n"
FALLS = "d+2 08:00-d+2 22:00 a1..a20 unfollow; d+5 08:00-d+5 22:00 a21..a40 unfollow\n"
SWEEP = "d+4 03:00-d+4 03:20 a1..a40 unfollow\n"
OLD = "20:00-d+9 20:00 z1..z12 unfollow scattered\n"


def found(story: str, as_of: int | None = None) -> Found:
    """What the signal finds in the session of a story, read as of a moment."""
    session = next(s for s in subjects(read(story).dataset, as_of) if s.session_id == "s1")
    (one,) = catalogue()["timing.decay"].look(session, baselines("timing.decay"))
    return one


def causes(one: Found) -> dict[str, str]:
    """Outcome per innocent cause tested."""
    assert isinstance(one, Evidence)
    return {c.cause: c.outcome for c in one.causes}


@pytest.mark.parametrize(("story", "says"), [(TALKERS + FALLS, "faded"), (OLD + SWEEP, "at_once")])
def test_silent_followers_who_leave_are_named(story: str, says: str):
    """Forty of sixty, over days or in twenty minutes: they are named, and neither those who talked nor those who stayed."""
    one = found(EVENING + AFTER + story)
    assert isinstance(one, Evidence)
    assert (one.says, set(one.accounts)) == (says, {f"a{i}" for i in range(1, 41)})
    assert one.p < 1e-3
    assert one.effect is not None
    assert one.effect.low <= 60 <= one.effect.high


def test_a_block_of_fresh_follows_is_told_as_a_refill():
    """What fell away is made good a day later by follows outside any broadcast; a trickle of them is no refill."""
    refilled = found(EVENING + AFTER + OLD + SWEEP + "d+5 10:00-d+5 12:00 c1..c40 follows")
    assert isinstance(refilled, Evidence)
    assert (refilled.says, refilled.args["refill"]) == ("refilled", 40)
    trickle = found(EVENING + AFTER + OLD + SWEEP + "20:00-d+20 20:00 c1..c40 follows scattered")
    assert isinstance(trickle, Evidence)
    assert trickle.says == "at_once"


@pytest.mark.parametrize("everybody", ["those of the evening", "the old followers"])
def test_where_everybody_leaves_nobody_is_accused(everybody: str):
    """A scandal moves those who talked as well, a platform's sweep old followers too."""
    if everybody == "those of the evening":
        one = found(EVENING + AFTER + OLD + SWEEP + "d+4 00:00-d+4 20:00 b1..b30 unfollow")
        assert isinstance(one, Evidence)
        assert (one.says, one.accounts) == ("stayed", {})
    else:
        one = found(EVENING + AFTER + OLD + SWEEP + "d+4 03:00-d+4 04:00 y1..y200 unfollow")
        assert causes(one)["exodus"] == "explains"


def test_who_came_for_a_prize_leaves_without_being_bought():
    """Lottery followers who leave within the day are left out; later, who waited for the draw is explained, who did not is not."""
    draw = EVENING + "20:41 a1 lottery\n"
    prompt = found(draw + AFTER + TALKERS + "22:10-d+1 18:00 a1..a40 unfollow")
    assert isinstance(prompt, Evidence)
    assert prompt.says == "stayed"
    assert causes(found(EVENING + AFTER + TALKERS + FALLS))["lottery"] == "open"
    assert causes(found(draw + AFTER + TALKERS + FALLS))["lottery"] == "explains"
    gone = "20:30:09-20:40:09 a1..a60 leaves\n20:55 q1 lottery\n"
    assert causes(found(EVENING + gone + AFTER + TALKERS + FALLS))["lottery"] == "ruled_out"


def test_absence_is_no_loyalty():
    """No unfollow told, a record that ends, and falls that have not happened yet: a longer record is asked for."""
    story = EVENING + AFTER + TALKERS + FALLS
    show = read(EVENING).session().span[1]
    for one in (found(EVENING), found(story, show + DAY // 2), found(story, show + 2 * DAY // 5)):
        assert isinstance(one, Missing)
        assert one.record == "longer_record"
    halfway = found(story, show + 3 * DAY)
    assert isinstance(halfway, Evidence)
    assert halfway.args["duration_s"] < 4 * 86_400  # a shorter window, and said to be one


def test_an_unfollow_is_another_hosts_or_sessions_own():
    """Who left another host, or had followed only in a later broadcast, did not fall away from this one."""
    other = AFTER.replace("h1", "h2") + TALKERS + FALLS
    assert isinstance(found(EVENING + other), Missing)
    later = "session s2 of host h1\nd+1 20:00-d+1 21:00 a1..a60 follows\n"
    one = found(EVENING + later + AFTER + TALKERS + FALLS)
    assert isinstance(one, Evidence)
    assert one.says == "stayed"
    assert one.args["accounts"] == 0


@pytest.mark.slow
def test_the_telling_of_an_unfollow_decides_nothing():
    """Shuffled, repeated, cut into files, renamed, a week later, beside a stranger: one verdict."""
    assert check_laws(read(EVENING + AFTER + OLD + SWEEP).dataset) == []
