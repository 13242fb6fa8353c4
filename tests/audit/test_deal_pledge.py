"""Pledges that end just above: a good salesman's habit, unless the orders of the last stretch wait and then go back."""

from dataclasses import replace

import numpy as np
import pytest
from test_deals import YUAN, answer, settle

from zhenbo.audit.deal_pledge import bunch, stretch
from zhenbo.audit.performed import Lot
from zhenbo.core.deal import Deal

TERMS = {"sessions": ("s1",), "pledge_gmv": 9_500 * YUAN}
EVENING = """
session s1 of host h1 on 2026-05-01
20:00-22:00 v1..v200 enters
20:02-21:25 b1..b60 order o{n} 100.00 [addr=a{n}]
21:35-21:58 c1..c40 order q{n} 100.00 [addr=c{n}]
session none of host h1 on 2026-05-01
"""
LATER = "d+60 10:00 o1 completed\n"


def given_back(more: str):
    """The answer on a pledge of 9,500 of which 10,000 were displayed, forty orders of them in the last quarter."""
    return answer(settle(EVENING + more + LATER, Deal("d", "h1", "m-1", **TERMS))["d"], "given_back")


def test_a_target_that_stood_on_what_went_back_after_the_settlement():
    """Thirty of the last forty orders go back a fortnight later, and hardly any of the others."""
    told = given_back("d+14 09:00-20:00 refunded q1..q30; d+14 09:00 refunded o1..o2\n")
    assert told.answer == "yes"
    assert told.says.startswith("Of 40 orders of the last stretch that stood for ten days 30 (¥3,000.00) then went back")  # fmt: skip


@pytest.mark.parametrize(
    "honest",
    [
        "d+4 09:00-20:00 refunded q1..q18\n",
        "d+14 09:00-20:00 refunded q1..q30; d+14 09:00-20:00 refunded o1..o45\n",
        "d+14 09:00-20:00 refunded q1..q3\n",
        "d+14 09:00-20:00 refunded q1..q4; d+14 09:00-20:00 refunded o1..o2\n",
    ],
    ids=["bargains of the last minutes that do not fit", "a late season", "few", "somewhat more, by chance"],
)
def test_what_comes_back_as_everything_else_does_answers_no(honest):
    """Returns within ten days, as late as those of all other orders, or few of them, are no sign."""
    assert given_back(honest).answer == "no"


def test_a_pledge_missed_or_too_young_is_not_asked():
    """A target that was never displayed needs no such question; a fortnight after, more may come."""
    missed = Deal("d", "h1", "m-1", **TERMS | {"pledge_gmv": 20_000 * YUAN})
    settled = settle(EVENING + "d+14 09:00-20:00 refunded q1..q30\n" + LATER, missed)["d"]
    assert "given_back" not in {c.id for c in settled.checks}
    early = settle(EVENING + "d+12 10:00 o1 completed\n", Deal("d", "h1", "m-1", **TERMS))["d"]
    assert (answer(early, "given_back").answer, len(answer(early, "given_back").missing)) == (
        "cannot_tell",
        1,
    )


def test_bunching_asks_and_only_with_returns_answers():
    """Honest pledges scatter; twelve of twelve just above are told, and are a habit only where they went back."""
    rng = np.random.default_rng(5)  # noqa: TID251 - a seeded stream of the test's own
    honest = [bunch(np.exp(rng.normal(0.1, 0.3, 40)).tolist(), [False] * 40) for _ in range(400)]
    assert sum(b.bunched for b in honest) <= 0.01 * 400
    until = bunch([1.01] * 12, [False] * 12)  # a host who sells until the pledge is met
    assert (until.bunched, until.habit) == (True, False)
    assert bunch([1.01] * 12, [True] * 7 + [False] * 5).habit
    assert not bunch([1.01] * 4, [True] * 4).bunched


def test_the_last_third_of_each_broadcast_counts_too():
    """Bought at the end of both of two broadcasts: the last quarter of all holds half of it, the ends hold all."""
    one = [Lot(10 * i, 10 * i + 10, i >= 27, 3, 3 if i >= 27 else 0, 30 if i >= 27 else 0) for i in range(40)]
    lots = [*one, *(replace(lot, since=lot.since + 9_000, until=lot.until + 9_000) for lot in one)]
    told = stretch(lots, displayed=1_000, target=900)
    assert (told.orders, told.late, told.others_late, told.given_back) == (78, 78, 0, True)


def test_the_last_stretch_is_a_quarter_of_all_time_on_air():
    """Parts of several broadcasts are laid end to end; with few orders on one side nothing is compared."""
    lots = [
        Lot(100 * i, 100 * i + 10, False, 10, 8 if i >= 30 else 0, 50 if i >= 30 else 0) for i in range(40)
    ]
    told = stretch(lots, displayed=1_000, target=900)
    assert (told.orders, told.late, told.amount, told.others, told.others_late) == (100, 80, 500, 300, 0)
    assert told.given_back
    assert not stretch(lots, displayed=2_000, target=900).given_back  # met without them
    assert stretch(lots[:3], 1_000, 900) is None
    assert stretch([], 1_000, 900) is None
