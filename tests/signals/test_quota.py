"""So many comments each: quotas stand out at any habit of talking and whatever part of the chat was recorded, habits do not."""

# ruff: noqa: TID251 - draws, from seeds given here

import numpy as np
import pytest

from zhenbo.core.evidence import Evidence
from zhenbo.core.story import read
from zhenbo.pipeline import baselines
from zhenbo.signals.catalogue import catalogue

WORDS = "雨风云月花草山水木茶鱼鸟春夏秋冬红绿蓝白"


def told(counts, kept, rng):
    """What is found in a room in which each account says so many lines, of which a part was recorded."""
    recorded = rng.binomial(counts, kept)
    said = np.repeat(np.arange(len(recorded)), recorded)
    minute = rng.integers(0, 119, len(said))
    lines = [
        f'{20 + m // 60}:{m % 60:02} a{i} say "{"".join(rng.choice(list(WORDS), 8))}"'
        for i, m in zip(said.tolist(), minute.tolist(), strict=True)
    ]
    found = catalogue()["text.quota"].look(read("\n".join(lines)).session(), baselines("text.quota"))
    return [e for e in found if isinstance(e, Evidence)]


def habits(rng, n):
    """Honest talk: rates that scatter as a gamma, or as a few of many talkers and a crowd of the quiet."""
    gamma = rng.poisson(rng.gamma(rng.uniform(0.3, 2), rng.uniform(1, 6), n))
    pareto = rng.poisson(np.minimum(rng.pareto(rng.uniform(1.1, 2.5), n), 60))
    return gamma if rng.random() < 0.5 else pareto


@pytest.mark.slow
def test_habits_of_any_kind_and_any_part_of_the_chat_are_no_quota():
    """Thirty rooms of 400 people, all or a third or a tenth of their comments: nobody is accused."""
    rng = np.random.default_rng(1)
    for _ in range(10):
        counts = habits(rng, 400)
        assert all(e.p > 1e-3 for kept in (1.0, 0.33, 0.1) for e in told(counts, kept, rng))


@pytest.mark.parametrize(
    ("times", "crowd", "kept"), [(1, 1500, 1.0), (1, 1500, 0.5), (2, 300, 1.0), (3, 300, 1.0)]
)
def test_a_crowd_with_a_quota_is_counted_and_nobody_is_named(times, crowd, kept):
    """Among four hundred people: found, its comments within the interval, no names. It takes six times what habits make for one comment, four times for two and three."""
    rng = np.random.default_rng(2)
    counts = np.r_[rng.poisson(rng.gamma(0.8, 3.0, 400)), np.full(crowd, times)]
    found = [e for e in told(counts, kept, rng) if e.p <= 1e-3]
    assert found
    assert all(not e.accounts for e in found)
    effect = next(e.effect for e in found if e.effect.metric == "comments")
    assert effect.low <= crowd * times * kept <= effect.high
