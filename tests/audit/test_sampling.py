"""Samples of a portfolio: the interval of the extrapolated sum, over draws; a platform's whole from its head."""

import numpy as np
import pytest

from zhenbo.audit.monitor import platform_total
from zhenbo.audit.sampling import Found, Unit, extrapolated, plan

DRAWS = 150


def frame(seed, brushed):
    """400 sessions of heavy-tailed sizes; a share of the hosts is brushed, each to a share of its own."""
    rng = np.random.default_rng(seed)  # noqa: TID251 - draws, from a seed given here
    sizes = np.maximum((rng.pareto(1.3, 400) + 1) * 50_000, 1).astype(int)
    host = rng.integers(0, 40, 400)
    bad = rng.random(40) < brushed
    taint = np.where(bad[host] & (rng.random(400) < 0.7), rng.uniform(0.2, 0.95, 400), 0.0)
    units = [Unit(id=f"r{i}", host_id=f"h{h}", start=None, gross=int(s), left=int(s)) for i, (h, s) in enumerate(zip(host, sizes, strict=True))]  # fmt: skip
    return units, {u.id: Found(t, t, t) for u, t in zip(units, taint.tolist(), strict=True)}


@pytest.mark.slow
@pytest.mark.parametrize("brushed", [0.0, 0.1, 0.3])
def test_the_interval_of_the_sum_holds_the_truth_nine_times_in_ten(brushed):
    """Over 150 draws from one frame; where some are brushed it is no wider than it must be either."""
    units, known = frame(7, brushed)
    truth = sum(u.left * (1 - known[u.id].mid) for u in units)
    held, widths = 0, []
    for seed in range(DRAWS):
        made = plan(units, 0.1, seed)
        found = extrapolated(units, made, {i: known[i] for i in made.sample}, "CNY")
        held += found.verified.low <= truth <= found.verified.high
        widths.append((found.verified.high - found.verified.low) / found.left)
    assert held / DRAWS >= 0.88
    assert np.median(widths) <= 0.2


def test_the_draw_is_made_again_from_its_seed_and_takes_the_largest():
    """Two auditors draw the same sessions; another seed draws others; the largest are in every draw."""
    units, _ = frame(3, 0.1)
    first, again, other = (plan(units, 0.1, seed) for seed in (1, 1, 2))
    assert first == again
    assert set(first.sample) != set(other.sample)
    largest = max(units, key=lambda u: u.left).id
    assert largest in first.sample
    assert largest in other.sample


def test_auditing_all_leaves_no_doubt_of_sampling():
    """A census gives the sum itself."""
    units, known = frame(3, 0.3)
    found = extrapolated(units, plan(units, 0.1, 1, every=True), known, "CNY")
    assert found.from_sampling == 0
    truth = sum(u.left * (1 - known[u.id].mid) for u in units)
    assert abs(found.verified.mid - truth) <= 1


@pytest.mark.parametrize("alpha", [0.9, 1.1, 1.6])
def test_a_platforms_whole_lies_in_the_interval_read_off_its_head(alpha):
    """D18: 500 hosts of a platform whose whole is known; the interval holds it, also where the head is a fifth of it."""
    rng = np.random.default_rng(round(alpha * 10))  # noqa: TID251 - draws, from a seed given here
    hosts = 200_000
    sizes = np.sort((1 - rng.random(hosts)) ** (-1 / alpha) * 100_000)[::-1].astype(int)
    found = platform_total(sizes[:500].tolist(), (100_000, 400_000), claimed=0.2)
    assert found.total.low <= sizes.sum() <= found.total.high
    assert found.head_share[0] < sizes[:500].sum() / sizes.sum() < found.head_share[2]


def test_a_head_of_a_few_hosts_tells_nothing():
    """Nineteen hosts are no head."""
    assert platform_total([100] * 19, (1000, 2000)) is None
