"""The calibration of intervals: conformal quantiles that keep their promise, moves outwards only, packs that a policy reads."""

# ruff: noqa: TID251 - draws, from seeds given here

from dataclasses import replace
from importlib.resources import files

import numpy as np
import pytest

from zhenbo.core.story import read
from zhenbo.core.subject import Outcome
from zhenbo.judge import parse_policy
from zhenbo.pipeline import audit_dataset, default_policy
from zhenbo.proof.intervals import (
    END,
    MISSED,
    Unit,
    held,
    intervals_toml,
    quantile,
    rooms_toml,
    unseen,
    widened,
)

POLICY = (files("zhenbo.packs") / "policies" / "default.toml").read_text("utf-8")


def drawn(rng, n, metric="viewers"):
    """Metrics of which a half is found, with intervals that are too narrow by far."""
    truth = rng.uniform(0.05, 0.9, n)
    mid = np.where(rng.random(n) < 0.5, np.clip(truth + rng.normal(0, 0.1, n), 0.01, 1), 0)
    return [Unit(metric, "T1", t, max(m - 0.02, 0) if m else 0, m, m + 0.02 if m else 0.05) for t, m in zip(truth, mid, strict=True)]  # fmt: skip


def test_the_conformal_quantile_is_exceeded_as_seldom_as_it_says():
    """Over many draws a further value lies above it in at most a twentieth, and not in much less."""
    rng = np.random.default_rng(1)
    over = [rng.normal() > quantile(rng.normal(size=39).tolist(), END) for _ in range(4000)]
    assert 0.03 < np.mean(over) <= 0.06


def test_intervals_set_on_one_draw_hold_nine_times_of_ten_on_another():
    """Far too narrow ones, found or not, hold 86 to 96 % after calibration on other sessions."""
    rng = np.random.default_rng(2)
    found, other = drawn(rng, 600), drawn(rng, 3000)
    raw = held(other, {}, {})["all"]
    assert raw[0] / raw[1] < 0.3
    for hits, n in held(other, widened(found), unseen(found)).values():
        assert 0.86 < hits / n < 0.96


def test_ends_move_outwards_only():
    """Intervals that are too wide stay: a tighter end would accuse honest rooms of more."""
    wide = [Unit("likes", "T1", 0.5, 0.0, 0.5, 1.0) for _ in range(40)]
    assert widened(wide)["likes@T1"] == (40, 0.0, 0.0)


def test_few_units_say_nothing():
    """Under twenty counted units no end can be wrong once in twenty; from there on all cells together speak, then each."""
    found = drawn(np.random.default_rng(3), 400)
    counted, missed = [u for u in found if u.mid > 0], [u for u in found if u.mid == 0]
    assert widened(counted[:18]) == {}
    assert set(widened(counted[:30])) == {"*"}
    assert set(widened(counted[:40])) == {"*", "viewers", "viewers@T1"}
    assert unseen(missed[:8]) == {}
    assert set(unseen(missed[:12])) == {"*"}


@pytest.fixture(scope="module")
def policy():
    """The shipped policy with a calibration written here, for viewers only."""
    found = drawn(np.random.default_rng(4), 400)
    text = "\n".join([intervals_toml(found, "test"), rooms_toml(2, 1000, "test")])
    return found, parse_policy(POLICY, text)


def test_the_pack_written_is_the_pack_read(policy):
    """Shares, moves and false alarms arrive in the policy as measured."""
    found, read_back = policy
    n, share = unseen(found)["viewers@T1"]
    assert n > 100
    assert read_back.unseen["viewers@T1"] == pytest.approx(share, abs=1e-4)
    assert read_back.widen["viewers"] == pytest.approx(widened(found)["viewers"][1:], abs=1e-4)
    assert read_back.alarms == (2, 1000)
    assert MISSED == 2 * END


QUIET = "20:00-22:00 b1..b400 enter scattered; 20:00-22:00 b1..b400 leave scattered; 20:00-22:00 b1..b200 say {n} x3 scattered"


def test_a_clean_room_is_told_what_may_have_been_missed(policy):
    """Nothing found: nothing fabricated, and an end as high as what bought rooms hid; without a measurement, 5 %."""
    data = read(QUIET).dataset
    told = {
        name: audit_dataset(data, lang="en", policy=p).audit.sessions[0]
        for name, p in (("measured", policy[1]), ("never", replace(default_policy(), unseen={}, widen={})))
    }
    for v in told.values():
        assert v.questions["audience"].verdict is Outcome.UNLIKELY
        assert (v.fake.viewers.low, v.fake.viewers.mid) == (0, 0)
    shown = told["never"].fake.viewers.shown
    assert told["never"].fake.viewers.high == -(-shown // 20)
    missed = policy[1].unseen["viewers@T1"]
    assert told["measured"].fake.viewers.high == pytest.approx(missed * shown, abs=1)
