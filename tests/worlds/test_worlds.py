"""The simulator is a witness: it must be well formed, repeatable, true to its anchors and honest about its lies."""

# ruff: noqa: TID251 - worlds draw, from seeds given here

from dataclasses import replace
from itertools import islice

import numpy as np
import pyarrow.compute as pc
import pyarrow.parquet as pq
import pytest

from zhenbo.core.dataset import canonical_order, subjects
from zhenbo.core.schema import ACCOUNTS, EVENTS, TRADE_KINDS
from zhenbo.core.session import DAY, Session, codes, micros
from zhenbo.intake.load import load
from zhenbo.worlds import ATTACKS, BURSTS, VIEWS, WORLDS, World, attacked, campaign
from zhenbo.worlds.attacks import lay
from zhenbo.worlds.bursts import stage
from zhenbo.worlds.campaign import bursting, plan
from zhenbo.worlds.crowd import Crowd
from zhenbo.worlds.record import write
from zhenbo.worlds.show import Words
from zhenbo.worlds.views import delivered


def _room(
    burst: str, seed: int, attack: str | None = None, dose: float = 0.3, **changes: float
) -> tuple[Session, World]:
    rng = np.random.default_rng(seed)
    show = stage(replace(plan(rng, seed, (1_500, 2_500)), **changes), burst, rng, Crowd(), Words())
    if attack:
        lay(show, attack, rng, dose)
    world = write([show], seed)
    return next(iter(subjects(world.dataset))), world


def test_evening_is_canonical_and_repeatable():
    """The demo evening has the canonical types and order, distinct ids, four rooms with known roles; a seed fixes it."""
    world = WORLDS["evening"](7)
    events = world.dataset.events
    assert events.schema.equals(EVENTS)
    assert world.dataset.accounts.schema.equals(ACCOUNTS)
    assert canonical_order(events).equals(events)
    assert pc.count_distinct(events["event_id"]).as_py() == events.num_rows
    assert 10_000 <= events.num_rows <= 60_000
    assert sorted(t.outcome for t in world.truth.values()) == ["attacked", "attacked", "honest", "honest"]
    assert sorted(t.burst for t in world.truth.values()) == ["lottery", "none", "none", "none"]
    assert {s.session_id for s in subjects(world.dataset)} == set(world.truth)
    assert WORLDS["evening"](7).dataset.events.equals(events)
    assert not WORLDS["evening"](8).dataset.events.equals(events)


def test_worlds_are_found_by_module():
    """Every module with a `world` function is offered under its own name, every attack and burst as a room."""
    assert {"evening", "disputes", "honest", "bought", "million"} <= set(WORLDS)
    assert "campaign" not in WORLDS
    assert {*ATTACKS, *BURSTS} - {"none"} <= set(WORLDS)


@pytest.mark.parametrize("burst", BURSTS)
def test_honest_bursts_fabricate_nothing(burst: str):
    """A burst leaves no fakes in the truth; counters end exactly where the rows do."""
    session, world = _room(burst, 11)
    truth = world.truth[session.session_id]
    assert (truth.outcome, truth.burst, truth.kinds) == ("honest", burst, ())
    assert not truth.fabricated
    assert not truth.fake_accounts | truth.fake_orders
    for counter, metric in (
        ("entered_total", "viewers"),
        ("like_total", "likes"),
        ("follow_total", "follows"),
    ):
        rows = session.rows(counter)
        if rows.num_rows:
            assert pc.max(rows["qty"]).as_py() == truth.shown[metric]


def test_talk_and_taps_stand_on_their_anchors():
    """Gap CV near the real rooms' 1.3-2.0, hardly any below 0.3; 7.6 taps a batch; Fano above one; stays obey Little."""
    spreads, taps, fano, little = [], [], [], []
    for seed in range(12):
        session, _ = _room("fan_club" if seed % 2 else "none", 100 + seed)
        said = session.rows("comment")
        at, (who, _) = micros(said["ts"]) / 1e6, codes(said["actor_id"])
        for user in np.flatnonzero(np.bincount(who) >= 10):
            gaps = np.diff(at[who == user])
            spreads.append(gaps.std() / gaps.mean())
        taps.append(np.asarray(session.rows("like")["qty"]))
        minute = (micros(session.rows("enter")["ts"]) // 60_000_000).astype(int)
        rate = np.bincount(minute - minute.min())
        fano.append(rate.var() / rate.mean())
        enters, leaves = micros(session.rows("enter")["ts"]), micros(session.rows("leave")["ts"])
        viewers = session.rows("viewers")
        moments, gauge = micros(viewers["ts"]), np.asarray(viewers["qty"])
        present = np.searchsorted(np.sort(enters), moments) - np.searchsorted(np.sort(leaves), moments)
        little.append(gauge.sum() / present.sum())
    assert 1.1 < np.median(spreads) < 2.0
    assert np.mean(np.array(spreads) < 0.3) < 0.005
    assert np.concatenate(taps).mean() == pytest.approx(7.6, abs=0.6)
    assert 2 < np.median(fano) < 60
    assert np.mean(little) == pytest.approx(1.0, abs=0.03)


def test_apparel_comes_back_late():
    """Apparel returns are many and mostly days after delivery."""
    session, _ = _room("apparel_returns", 14)
    assert session.counts["refund_done"] / session.counts["order_pay"] > 0.5
    end = session.span[1]
    late = (micros(session.rows("refund_request")["ts"]) - end) / DAY
    assert np.quantile(late, 0.9) > 4
    assert np.mean(late < 1.3) < 0.5


def test_views_hide_what_their_holders_cannot_see():
    """Auditors see no devices, captures no people and about 11 % of entries, merchants only orders."""
    data = _room("lottery", 15)[1].dataset
    seen = {name: next(iter(subjects(view(data, np.random.default_rng(1))))) for name, view in VIEWS.items()}
    assert seen["insider"].has("device")
    assert seen["auditor"].has("actor_id")
    assert not seen["auditor"].has("device")
    assert not seen["capture"].has("actor_id")
    assert seen["capture"].coverage("enter") == pytest.approx(0.11, abs=0.03)
    assert set(seen["merchant"].counts) <= set(TRADE_KINDS)
    assert seen["merchant"].has("addr")
    assert not seen["merchant"].has("actor_id")
    for session in seen.values():
        assert session.events.schema.equals(EVENTS)


def test_the_disputes_have_the_reported_numbers():
    """G1: 599 orders, 4 paid for 796 yuan, 586 to four addresses; G2: two accounts, 200 orders back that night."""
    world = WORLDS["disputes"](3)
    first, second = subjects(world.dataset)
    assert first.counts["order_create"] == 599
    assert first.counts["order_pay"] == 4
    assert pc.sum(first.rows("order_pay")["amount"]).as_py() == 79_600
    made = first.rows("order_create")
    fake = made.filter(pc.is_in(made["order_id"], pc.cast(list(world.truth["r2001"].fake_orders), "string")))
    assert (fake.num_rows, pc.count_distinct(fake["addr"]).as_py()) == (586, 4)
    assert max(row["counts"] for row in pc.value_counts(fake["actor_id"]).to_pylist()) == 141
    back = second.rows("refund_done")
    night = back.filter(pc.less(back["ts"].cast("int64"), second.span[1] + DAY // 3))
    assert night.num_rows >= 200


def test_campaigns_are_varied_and_can_be_resumed():
    """Forty sessions hold many bursts and all views; session 30 is the same when the run starts there."""
    worlds = list(campaign(5, 40))
    truths = [next(iter(w.truth.values())) for w in worlds]
    assert len({t.burst for t in truths}) >= 18
    assert {t.view for t in truths} == set(VIEWS)
    assert all(t.outcome == "honest" for t in truths)
    again = next(campaign(5, 1, first=30))
    assert again.dataset.events.equals(worlds[30].dataset.events)
    assert next(bursting(5, 1, first=17)).dataset.events.equals(worlds[35].dataset.events)


def test_attacked_sessions_name_their_fakes():
    """Attacked sessions cycle through the attacks; fakes they name are in the record they show."""
    names = set()
    for world in islice(attacked(5, 30), 30):
        truth = next(iter(world.truth.values()))
        names.add(truth.kinds[0].split("@")[0])
        assert truth.outcome == "attacked"
        assert sum(truth.fabricated.values()) > 0
        assert truth.fake_accounts <= set(world.dataset.events["actor_id"].to_pylist())
        assert truth.fake_orders <= set(world.dataset.events["order_id"].to_pylist())
    assert len(names) == 30


def test_delivered_rows_are_late_and_repeated_and_read_back_whole(tmp_path):
    """A file as it arrives holds repeats and rows minutes late; reading it gives the distinct record, `ts_seen` apart."""
    data = _room("lottery", 15)[1].dataset
    rows = delivered(data, np.random.default_rng(3))
    assert delivered(data, np.random.default_rng(3)).equals(rows)
    extra = rows.num_rows - data.events.num_rows
    assert 0.005 * data.events.num_rows < extra < 0.2 * data.events.num_rows
    lag = micros(rows["ts_seen"]) - micros(rows["ts"])
    assert lag.min() >= 0
    assert np.mean(lag > 60_000_000) > 0.005
    assert np.diff(micros(rows["ts"])).min() < 0
    pq.write_table(rows, tmp_path / "events.parquet")
    got = load([tmp_path], b"a key of thirty-two bytes or more")
    assert (got.report.duplicates, got.report.conflicts) == (extra, 0)
    same = [c for c in EVENTS.names if c not in {"ts_seen", "extra"}]
    read, true = (t.select(same).to_pylist() for t in (got.dataset.events, data.events))
    assert read == true
