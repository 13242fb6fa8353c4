"""Who goes from room to room with whom: called crews are told, habits and carried viewers are not, on any host."""

# ruff: noqa: TID251 - tests draw, from a seed

from functools import partial

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pytest

from engines.torn import Torn
from zhenbo.core import rounds
from zhenbo.core.dataset import subjects
from zhenbo.core.rows import Held, plain
from zhenbo.core.story import read
from zhenbo.pipeline import audit_dataset
from zhenbo.worlds import WORLDS

ROOM = '20:00-22:00 {v}1..{v}150 enters scattered; 20:00-22:00 {v}1..{v}150 says "{{早|晚|真|好}}{{雨|雪|风}}" scattered\n'


def evenings(*crews: str) -> pa.Table:
    """Events of as many evenings of other hosts as there are lines, each with viewers of its own and these besides."""
    told = "".join(
        f"session s{i} of host h{i} on 2026-05-0{i}\n{ROOM.format(v='klmnopqr'[i])}{crew}\n"
        for i, crew in enumerate(crews, 1)
    )
    return read(told).dataset.events


def companies(events: pa.Table) -> dict[str, set[str]]:
    """Per session, who came in company with somebody to this and another one."""
    found = rounds.found(events.append_column("subject", plain(events["session_id"])))
    named = found.filter(pc.is_valid(found["account"]))
    out: dict[str, set[str]] = {}
    for subject, account in zip(named["subject"].to_pylist(), named["account"].to_pylist(), strict=True):
        out.setdefault(subject, set()).add(account)
    return out


CALLED = ("20:17-20:19 c1..c40 enters", "20:42-20:44 c1..c40 enters", "21:31-21:33 c1..c40 enters")


def test_a_crew_that_is_called_is_told_with_every_room():
    """Forty accounts within two minutes in three rooms, each time at another minute: all of them, nobody else."""
    crew = {f"c{i}" for i in range(1, 41)}
    assert companies(evenings(*CALLED)) == {"s1": crew, "s2": crew, "s3": crew}


@pytest.mark.parametrize(
    "lines",
    [
        ("20:00-20:03 c1..c40 enters", "20:00-20:03 c1..c40 enters", "20:01-20:04 c1..c40 enters"),
        ("20:31-20:33 c1..c40 enters", "20:30-20:33 c1..c40 enters", "20:31-20:34 c1..c40 enters"),
        ("20:05-21:50 c1..c40 enters scattered", "20:10-21:40 c1..c40 enters scattered", "20:20-21:00 c1..c40 enters scattered"),
        ("20:17-20:19 c1..c6 enters", "20:42-20:44 c1..c6 enters", "21:31-21:33 c1..c6 enters"),
        ("20:17-20:19 c1..c40 enters", "20:42-20:44 d1..d40 enters", "21:31-21:33 e1..e40 enters"),
        ("20:17-20:19 c1..c40 enters [via=x]", "", ""),
    ],
    ids=["at the opening", "at their hour", "each in their own time", "a handful", "other people", "once"],
)  # fmt: skip
def test_habits_and_chance_are_no_company(lines):
    """What followers, regulars, friends and pushed crowds do is not told as a call."""
    assert companies(evenings(*lines)) == {}


def test_viewers_carried_on_by_their_host_are_marked():
    """Who comes when the room before has just ended, here and there, was carried."""
    told = """
    session s1 of host h1 on 2026-05-01
    20:00-20:30 a1..a150 enters scattered; 20:00-20:30 c1..c40 enters scattered
    session s2 of host h2 on 2026-05-01
    20:10-22:00 b1..b150 enters scattered; 20:31-20:33 c1..c40 enters
    session s3 of host h1 on 2026-05-02
    20:00-20:50 d1..d150 enters scattered; 20:00-20:50 c1..c40 enters scattered
    session s4 of host h2 on 2026-05-02
    20:10-22:00 e1..e150 enters scattered; 20:51-20:53 c1..c40 enters
    """
    events = read(told).dataset.events
    found = rounds.found(events.append_column("subject", plain(events["session_id"])))
    assert pc.all(found.filter(pc.is_valid(found["account"]))["carried"]).as_py()
    assert found.num_rows - found["account"].null_count == 80


@pytest.mark.parametrize("seed", range(3))
def test_every_host_tells_the_same(seed: int):
    """However the rows are torn apart and whoever meets whom first, a session is told the same rows."""
    rng = np.random.default_rng(seed)
    events = evenings(*CALLED)
    owned = events.append_column("subject", plain(events["session_id"]))
    told = [rounds.sorted_rows(host(owned)) for host in (
        rounds.found, lambda t: rounds.rounds(Held(t)).gather(), lambda t: rounds.rounds(partial(Torn.of, rng=rng)(t)).gather(),
    )]  # fmt: skip
    by = [("subject", "ascending"), ("partner", "ascending"), ("at", "ascending"), ("account", "ascending")]
    assert told[0].num_rows > 200
    assert len({str(t.sort_by(by).to_pydict()) for t in told}) == 1


def test_rooms_without_shared_viewers_are_told_nothing():
    """Absence of other rooms is no evidence: the signal asks for them."""
    made = read("20:00-22:00 a1..a60 enters scattered").dataset
    assert [s.rounds for s in subjects(made)] == [None]
    (room,) = audit_dataset(made, lang="en").audited
    assert not [r for r in room.verdict.reasons if r.signal == "groups.rounds"]


@pytest.mark.slow
def test_raids_are_told_as_one_organised_group():
    """Five evenings of two agencies: the hired people, who talk, come out as one organised group of their rooms; fans and office do not."""
    world = WORLDS["circuit"](3)
    made = audit_dataset(world.dataset, lang="en")
    told = {v.session_id for v in made.audit.sessions for r in v.reasons if r.message == "called"}
    raided = {s for s, t in world.truth.items() if t.kinds}
    assert told <= raided
    assert len(told) >= 0.8 * len(raided)
    largest = made.groups[0]
    hired = frozenset().union(*(t.fake_accounts for t in world.truth.values()))
    assert largest.organised
    assert len(hired & set(largest.accounts)) >= 0.9 * len(largest.accounts) > 500
    assert {a for a, p in largest.accounts.items() if p > 0.5} <= hired
