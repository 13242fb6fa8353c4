"""The same buyers in several shops: one group where their orders are named in each, nobody where they merely come back."""

import pytest

from zhenbo.core.story import read
from zhenbo.core.subject import Outcome
from zhenbo.pipeline import audit_dataset

ROOM = """
session s{i} of host h{i} on 2026-05-0{i}
19:55-22:00 v{i}01..v{i}99 enter scattered
20:00-22:00 v{i}01..v{i}80 order o{i}{{n}} 59.00 scattered [addr=home{{n}} pay=card{{n}} product=p{{n%5}}]
d+1 09:00-18:00 shipped o{i}1..o{i}80; d+5 12:00 completed o{i}1..o{i}80
"""
REGULARS = (
    "20:05-21:50 r1..r25 order g{i}{{n}} 59.00 scattered [addr=kept{{n}} pay=own{{n}} product=p{{n%5}}]\n"
)
HIRED = """20:10-20:50 c1..c12 order f{i}{{n}} 99.00 x20 [addr=depot{i} pay=purse product=p1]
d+1 09:00-11:00 refunded f{i}1..f{i}240
"""


def crews(*rooms):
    """Audit of some rooms, and the groups of buyers seen in more than one."""
    story = "".join(text.format(i=i) for i, room in enumerate(rooms, start=1) for text in room)
    told = audit_dataset(read(story).dataset, lang="en")
    return told.audit, [g for g in told.groups if g.buyers and len(g.sessions) > 1]


@pytest.mark.slow
def test_a_crew_in_two_shops_is_one_group_and_regulars_of_an_agency_are_none():
    """Twelve people whose refunded orders go to one depot in each of two rooms; twenty-five regulars of both are not among them."""
    audit, found = crews((ROOM, REGULARS, HIRED), (ROOM, REGULARS, HIRED))
    assert {v.verdict for v in audit.sessions} == {Outcome.LIKELY}
    (crew,) = found
    assert crew.sessions == ("s1", "s2")
    assert set(crew.accounts) == {f"c{n}" for n in range(1, 13)}
    assert any(g.sessions == ["s1", "s2"] and not g.organised for g in audit.groups)
    honest, none = crews((ROOM, REGULARS), (ROOM, REGULARS))
    assert not none
    assert all(v.verdict.rank < Outcome.SUSPECT.rank for v in honest.sessions)
