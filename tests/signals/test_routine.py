"""Scripts that vary their pauses: two waits kept by the same accounts tell, one does not, and neither does a common moment."""

# ruff: noqa: TID251 - tests draw, from a seed

import numpy as np
import pyarrow as pa
import pytest

from zhenbo.core.dataset import Dataset, canonical_order, subjects
from zhenbo.core.evidence import Evidence
from zhenbo.core.schema import EVENTS
from zhenbo.pipeline import baselines
from zhenbo.signals.catalogue import catalogue

START = 1_777_665_600_000_000
Acts = list[tuple[float, str, str]]


def _people(rng: np.random.Generator) -> Acts:
    """Six hundred who like, follow and say something when they please."""
    out: Acts = []
    for i in range(600):
        at = rng.uniform(0, 6_000)
        out.append((at, "enter", f"u{i}"))
        for kind in rng.permutation(["like", "follow", "comment"])[: rng.integers(0, 4)]:
            at += rng.lognormal(4, 1.1)
            out.append((at, str(kind), f"u{i}"))
    return out


def _look(acts: Acts) -> list[Evidence]:
    rows = [
        {"platform": "x", "source": "t", "event_id": f"e{n}", "session_id": "s", "host_id": "h", "kind": kind,
         "ts": START + round(at * 1e6), "actor_id": who, "flags": 0}
        for n, (at, kind, who) in enumerate(acts)
    ]  # fmt: skip
    plain = pa.Table.from_pylist(rows, schema=EVENTS.set(EVENTS.get_field_index("ts"), pa.field("ts", pa.int64())))  # fmt: skip
    (session,) = subjects(Dataset(canonical_order(plain.cast(EVENTS))))
    found = catalogue()["timing.routine"].look(session, baselines("timing.routine"))
    return [f for f in found if isinstance(f, Evidence)]


@pytest.mark.parametrize("vary", [0.05, 0.1, 0.15])
def test_a_fleet_that_varies_its_pauses_is_named(vary: float):
    """Two hundred accounts, each its own phone: enter, like, follow, speak after set waits, give or take a part of them."""
    rng = np.random.default_rng(5)
    acts = _people(rng)
    for i in range(200):
        at = 900 + 20 * i + rng.uniform(0, 9)
        acts.append((at, "enter", f"b{i}"))
        for kind, wait in (("like", 20), ("follow", 35), ("comment", 50)):
            at += wait * rng.uniform(1 - vary, 1 + vary)
            acts.append((at, kind, f"b{i}"))
    found = _look(acts)
    named = {name for name, db in found[0].accounts.items() if db > 20}
    bots = {f"b{i}" for i in range(200)}
    assert found[0].p < 1e-6
    assert len(named & bots) >= 0.9 * len(bots)
    assert len(named & bots) >= 0.95 * len(named)


@pytest.mark.parametrize("seed", range(3))
def test_people_and_one_habit_are_nobodys_routine(seed: int):
    """A tenth of a room that says its prayer ten seconds after entering keeps one wait; a song's end is one moment."""
    rng = np.random.default_rng(seed)
    acts = _people(rng)
    for i in range(60):
        at = rng.uniform(0, 6_000)
        acts += [(at, "enter", f"p{i}"), (at + 10 * rng.uniform(0.85, 1.15), "comment", f"p{i}")]
    for i in range(150):
        acts += [(rng.uniform(100, 130), "enter", f"s{i}"), (1_100 + rng.uniform(0, 30), "comment", f"s{i}"), (1_300 + rng.uniform(0, 30), "like", f"s{i}")]  # fmt: skip
    assert all(f.p >= 0.01 for f in _look(acts))
