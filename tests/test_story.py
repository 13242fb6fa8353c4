"""The story language: a few lines become the events they say, and a line that does not read is named."""

from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from zhenbo.core.errors import StoryError
from zhenbo.core.schema import COUNTER_KINDS, EVENTS, FAN_KINDS, KINDS, ROOM_KINDS
from zhenbo.core.story import VERBS, read

T20 = 1_777_665_600_000_000  # 2026-05-01 20:00 UTC


def rows(text: str, *columns: str) -> list[tuple]:
    """The told events, these columns of each."""
    return [tuple(r[c] for c in columns) for r in read(text).dataset.events.to_pylist()]


def test_the_lines_of_the_design_become_events():
    """`a1 enters; a1 orders; next day refunded` is four events of one session at the times said."""
    events = read("20:00 a1 enters; 20:03 a1 orders o1 59.00; d+1 09:00 o1 refunded").dataset.events
    assert events.schema == EVENTS
    told = [
        (r["kind"], int(r["ts"].timestamp()) * 1_000_000 - T20, r["actor_id"], r["order_id"], r["amount"])
        for r in events.to_pylist()
    ]
    minute = 60_000_000
    assert told == [
        ("enter", 0, "a1", None, None),
        ("order_create", 3 * minute, "a1", "o1", 5900),
        ("order_pay", 3 * minute + 5_000_000, "a1", "o1", 5900),
        ("refund_done", 13 * 60 * minute, None, "o1", None),
    ]


def test_everybody_says_their_lines_in_turn_at_even_or_scattered_times():
    """Groups, repeats, turns and fields: counts are exact, fixed gaps are fixed, scattered ones are not."""
    fixed = rows('20:00-21:00 a1..a3 say "{hi|yo} {n}" every 600s [device=d{n%2}]', "actor_id", "ts", "text", "device")  # fmt: skip
    mine = [ts for who, ts, _, _ in fixed if who == "a2"]
    assert len(fixed) == 18
    assert {(b - a).total_seconds() for a, b in pairwise(mine)} == {600.0}
    assert {t.split()[0] for _, _, t, _ in fixed} == {"hi", "yo"}
    assert {d for _, _, _, d in fixed} == {"d0", "d1"}
    loose = rows('20:00-21:00 a1..a3 say "x" x6 scattered', "actor_id", "ts")
    assert len(loose) == 18
    mine = [ts for who, ts in loose if who == "a2"]
    assert len({b - a for a, b in pairwise(mine)}) > 1


def test_counters_climb_midnight_is_crossed_and_heads_change_the_room():
    """A counter runs from first to last value; a stretch may pass midnight; `session none` is the shop."""
    climb = rows("23:30-00:30 entered_total 0..600 every 600s", "qty", "ts")
    assert [q for q, _ in climb] == [0, 100, 200, 300, 400, 500, 600]
    assert climb[-1][1].day == 2
    told = rows("""
        session s7 of host h9 on 2026-06-01   # another room
        20:00 a1 enters
        session none
        20:00 a2 reserves o2 5.00
        """, "session_id", "host_id", "kind", "actor_id")  # fmt: skip
    assert told == [("s7", "h9", "enter", "a1"), (None, "h9", "order_create", "a2")]


def test_a_line_that_does_not_read_is_named():
    """The statement, and what was expected, stand in the error."""
    with pytest.raises(StoryError, match=r"a1 dances.*Known verbs: .*enter"):
        read("20:00 a1 dances")
    with pytest.raises(StoryError, match="order and an amount"):
        read("20:00 a1 orders o1")


@settings(max_examples=60, deadline=None)
@given(
    st.sampled_from(sorted(VERBS.keys() - {"order", "reserve"})),
    st.integers(1, 5),
    st.integers(1, 4),
    st.booleans(),
)
def test_every_verb_tells_as_many_events_as_it_says(verb, people, times, loose):
    """Any verb by so many people so many times is that many events of a known kind, twice the same."""
    alone = verb not in COUNTER_KINDS and VERBS[verb] not in {
        *ROOM_KINDS,
        *FAN_KINDS,
        "control",
    }  # verbs of an order
    who, people = ("o{n}", 1) if alone else (f"a1..a{people}", people)
    text = f"20:00-20:30 {who} {verb} x{times}{' scattered' if loose else ''}"
    once, again = read(text).dataset.events, read(text).dataset.events
    assert once.equals(again)
    assert once.num_rows == people * times
    assert set(once["kind"].to_pylist()) <= set(KINDS)


def test_a_stretch_lies_on_the_day_it_names():
    """`d+3 09:00-22:00` is an afternoon three days on; only an end before its start lies past midnight."""
    told = read(
        '20:00 a1 orders o1 9.00; 20:00 a1 orders o2 9.00; d+3 09:00-22:00 refunded o{n} x2; d+1 23:00-01:00 a1 says "hi" x2'
    )
    days = [t.strftime("%d %H") for t in told.dataset.events["ts"].to_pylist()]
    assert [d for d in days if d[:2] > "01"] == ["02 23", "03 00", "04 09", "04 15"]
