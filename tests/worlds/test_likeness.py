"""Honest rooms of the simulator lie around the real ones, and the ruler that says so is straight."""

from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest

from zhenbo.core.schema import EVENTS
from zhenbo.core.session import MINUTE, Session
from zhenbo.proof.likeness import KINDS, STATISTICS, kept, measure, recorded, simulate

pytestmark = pytest.mark.slow

DATA = Path(__file__).parents[2].parent / "shared" / "data"
NAMED = {
    "fan": ("comments_fano", "repeat", "gap_cv_5", "gap_cv_25", "gap_cv_50", "gap_cv_75", "users_median", "users_p99",
            "users_from_10", "users_from_30", "top_1", "top_10"),
    "hype": ("comments_fano", "repeat", "gap_cv_5", "gap_cv_25", "gap_cv_50", "gap_cv_75", "users_p99", "users_from_10",
             "users_from_30"),
    "talk": ("comments_fano", "comments_memory_1", "repeat", "repeat_minute_90"),
    "feed": ("entries_fano", "taps_mean", "taps_p50", "taps_p90"),
}  # fmt: skip
"""What the issue names: Fano factor, repeat share, gap CV, likes per tap message, tail of messages per user."""
SESSIONS = {"fan": 12, "hype": 7, "talk": 20, "feed": 6}


@pytest.mark.parametrize("kind", NAMED)
def test_real_figures_lie_inside_the_simulated_range(kind: str):
    """The kept figure of a recording (the median of many) lies between the least and the greatest of some evenings."""
    real = kept()[KINDS[kind].recording]
    made = [simulate(kind, 500 + i) for i in range(SESSIONS[kind])]
    outside = {
        name: (middle, low, high)
        for name in NAMED[kind]
        for middle in [real[name][len(real[name]) // 2]]
        for low, high in [(min(v), max(v)) for v in [[m[name] for m in made if name in m]]]
        if not low <= middle <= high
    }
    assert outside == {}


def test_the_ruler_on_a_record_done_by_hand():
    """Six comments a minute by three users for 40 minutes, two of the six alike: every figure by arithmetic."""
    n = 240
    at = np.arange(n) * MINUTE // 6
    who = [f"u{i % 3}" for i in range(n)]
    text = [f"t{i}" if i % 6 > 1 else f"same{i // 6}" for i in range(n)]
    columns = {"kind": ["comment"] * n, "actor_id": who, "text": text, "ts": at, "flags": [0] * n}
    events = pa.Table.from_arrays(
        [pa.array(columns[f.name]).cast(f.type) if f.name in columns else pa.nulls(n, f.type) for f in EVENTS], schema=EVENTS
    )  # fmt: skip
    found = measure(Session("s", "h", "douyin", "session", events))
    assert found["comments_fano"] < 0.02  # the trimmed last minutes are not whole
    assert found["repeat"] == pytest.approx(1 / 3)
    assert not {"users_median", "taps_mean", "gauge_cv", "speak", "gap_cv_50"} & set(
        found
    )  # too few, or nothing
    assert set(found) <= set(STATISTICS)


@pytest.mark.skipif(not DATA.is_dir(), reason="real recordings (../shared/data) are not here")
def test_kept_figures_are_the_measured_ones():
    """The committed figures of the Douyin capture are what measuring it gives."""
    assert recorded("douyin-2025-10", DATA) == kept()["douyin-2025-10"]
