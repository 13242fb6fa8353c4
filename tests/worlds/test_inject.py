"""Injection: what is forged passes for the source's, adds up to the unit, and leaves every honest row alone."""

# ruff: noqa: TID251 - tests draw, from a seed

import functools
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pytest

from zhenbo.core.dataset import Dataset, canonical_order, subjects
from zhenbo.core.schema import COUNTER_KINDS
from zhenbo.core.session import micros
from zhenbo.intake.coverage import coverage
from zhenbo.intake.load import load
from zhenbo.worlds.campaign import room
from zhenbo.worlds.inject import NotSeenError, applicable, displayed, grain, inject
from zhenbo.worlds.truth import World

pytestmark = pytest.mark.slow

DATA = Path(__file__).parents[2].parent / "shared" / "data"
KEY = b"an acceptance key of 32 bytes or more"
RECORDINGS = {
    "douyin": ("douyin-capture", "*.jsonl"), "danmaku": ("bilibili-asoul", "2020.12.11*"),
    "no-times": ("bilibili-asoul", "2020.12.15*"),
    "room-days": ("bilibili-vtuber-danmaku-2019-05", ""), "packets": ("tiktok-live-java", ""),
    "export": ("tmall-orders", "tmall_order_report.csv"),
}  # fmt: skip
SIMULATED = ("insider", "auditor", "capture", "merchant")


@functools.cache
def recording(name: str) -> Dataset:
    """A simulated view, or a real recording; the test is skipped where that is absent."""
    if name in SIMULATED:
        return room(7, view=name).dataset
    if not DATA.is_dir():
        pytest.skip("real recordings (../shared/data) are not here")
    folder, pattern = RECORDINGS[name]
    return load([next((DATA / folder).glob(pattern)) if pattern else DATA / folder], KEY).dataset


@functools.cache
def largest(name: str) -> str:
    """The subject of a recording with the most rows."""
    return max(subjects(recording(name)), key=lambda s: s.events.num_rows).session_id


@functools.cache
def injected(name: str, attack: str, dose: float = 0.3, seed: int = 1) -> World:
    """A recording with an attack over its largest subject."""
    return inject(recording(name), largest(name), attack, np.random.default_rng(seed), dose)


def rows(data: Dataset, *kinds: str) -> pa.Table:
    """Rows of some kinds."""
    return data.events.filter(pc.is_in(data.events["kind"].cast(pa.string()), pa.array(kinds)))


def split(name: str, world: World) -> tuple[pa.Table, pa.Table]:
    """The merged rows that the recording holds already, in its order, and the forged ones."""
    old = recording(name).events["event_id"].combine_chunks()
    known = pc.is_in(world.dataset.events["event_id"], value_set=old)
    return world.dataset.events.filter(known), world.dataset.events.filter(pc.invert(known))


CASES = [
    ("insider", "farm-phones"), ("insider", "brush-pledge"), ("auditor", "comments-cohort"), ("auditor", "viewbots-batches"),
    ("capture", "package-P388-20min"), ("capture", "likes-rows"), ("capture", "followers-rows"), ("merchant", "brush-next_day"),
    ("douyin", "package-P388-20min"), ("douyin", "viewbots-batches"), ("douyin", "likes-rows"), ("danmaku", "comments-jitter40"), ("room-days", "comments-fixed"), ("packets", "comments-fixed"), ("export", "brush-next_day"),
]  # fmt: skip
every_case = pytest.mark.parametrize(("name", "attack"), CASES, ids=["-".join(c) for c in CASES])


def without_counters(events: pa.Table) -> pa.Table:
    """The rows that are no reading of a counter, as plain columns."""
    kept = events.filter(pc.invert(pc.is_in(events["kind"].cast(pa.string()), pa.array(COUNTER_KINDS))))
    return pa.table([c.cast(pa.string()) if pa.types.is_dictionary(c.type) else c for c in kept.columns], kept.column_names)  # fmt: skip


@every_case
def test_honest_rows_are_unchanged_and_the_record_is_in_order(name: str, attack: str):
    """Every honest row is there byte for byte, readings of counters apart; ids are unique; the order is the one order."""
    world = injected(name, attack)
    honest, forged = split(name, world)
    assert without_counters(honest).equals(without_counters(recording(name).events))
    assert honest.num_rows == recording(name).events.num_rows
    assert len(pc.unique(world.dataset.events["event_id"])) == honest.num_rows + forged.num_rows
    assert canonical_order(world.dataset.events).equals(world.dataset.events)


@every_case
def test_nothing_appears_that_the_source_lacks(name: str, attack: str):
    """Forged rows have only kinds, columns per kind, sources, places and flags that honest rows of the subject have."""
    _, forged = split(name, injected(name, attack))
    session = next(s for s in subjects(recording(name)) if s.session_id == largest(name))
    for kind in pc.unique(forged["kind"].cast(pa.string())).to_pylist():
        new = forged.filter(pc.equal(forged["kind"].cast(pa.string()), kind))
        old = session.rows(kind)
        assert old.num_rows, kind
        for column in forged.column_names:
            filled = new[column].null_count < new.num_rows
            assert not filled or session.has(column, kind), (kind, column)
        for column in ("platform", "source", "host_id", "session_id", "currency", "state"):
            assert set(new[column].to_pylist()) <= set(old[column].to_pylist()), (kind, column)
        whole = [bool((micros(t["ts"]) % 1_000_000).any()) for t in (old, new)]
        assert whole[0] or not whole[1], f"{kind} has fractions of seconds"
        assert not (
            np.bitwise_or.reduce(new["flags"].to_numpy()) & ~np.bitwise_or.reduce(old["flags"].to_numpy())
        )


@every_case
def test_the_truth_adds_up_to_the_unit(name: str, attack: str):
    """Named accounts and orders are the forged ones; rows that come complete are as many as were fabricated."""
    world = injected(name, attack)
    truth = world.truth[largest(name)]
    _, forged = split(name, world)
    old = set(recording(name).events["actor_id"].to_pylist()) | {None}
    assert truth.outcome == "attacked"
    assert truth.fake_accounts == set(forged["actor_id"].to_pylist()) - old
    created = forged.filter(pc.equal(forged["kind"].cast(pa.string()), "order_create"))
    assert truth.fake_orders == set(created["order_id"].to_pylist())
    assert len(truth.fake_orders) == truth.fabricated.get("orders", 0)
    kinds = forged["kind"].cast(pa.string()).to_pylist()
    assert kinds.count("comment") == truth.fabricated.get("comments", 0)
    for metric, fake in truth.fabricated.items():
        assert fake <= truth.shown.get(metric, fake)
    if truth.money:
        m = truth.money
        assert m.gross == pc.sum(rows(world.dataset, "order_create")["amount"]).as_py()
        assert m.gross == m.cancelled + m.unpaid + m.discount + m.refunded + m.brushed + m.verified


@every_case
def test_counters_rise_by_what_was_added(name: str, attack: str):
    """Totals never fall where they did not, end at old plus added as the source displays it, and the sample stays one."""
    world, data = injected(name, attack), recording(name)
    truth = world.truth[largest(name)]
    honest, _ = split(name, world)
    for counter, metric in (
        ("entered_total", "viewers"),
        ("like_total", "likes"),
        ("follow_total", "follows"),
    ):
        was, now = (t.filter(pc.and_(pc.equal(t["kind"].cast(pa.string()), counter), pc.equal(t["session_id"].cast(pa.string()), largest(name)))) for t in (data.events, honest))  # fmt: skip
        if not was.num_rows:
            continue
        before, after = (t["qty"].to_numpy() for t in (was, now))
        assert (np.diff(after)[np.diff(before) >= 0] >= 0).all()
        last = displayed(before[-1:] + truth.fabricated.get(metric, 0), grain(before))[0]
        assert after[-1] == last
    told = {r["metric"]: r["value"] for r in coverage(world.dataset.events).to_pylist() if r["session_id"] == largest(name)}  # fmt: skip
    kept = {
        r["metric"]: r["value"] for r in world.dataset.metrics.to_pylist() if r["session_id"] == largest(name)
    }
    if name not in SIMULATED:
        assert {k: v for k, v in kept.items() if k.startswith("coverage.")} == pytest.approx(told)


@pytest.mark.parametrize(("name", "attack"), CASES[:8:3])
def test_same_seed_same_bytes(name: str, attack: str):
    """A seed decides all; another seed is another forgery; what is written loads back as it is."""
    one, same, other = (inject(recording(name), largest(name), attack, np.random.default_rng(s), 0.3) for s in (1, 1, 2))  # fmt: skip
    assert one.dataset.events.equals(same.dataset.events)
    assert one.dataset.accounts.equals(same.dataset.accounts)
    assert one.truth == same.truth
    assert not one.dataset.events.equals(other.dataset.events)


def test_an_attack_that_cannot_be_seen_says_which_could():
    """Likes over an order export, orders over a capture: refused, with the names of attacks that would show."""
    with pytest.raises(NotSeenError, match="brush-next_day"):
        injected("merchant", "likes-rows")
    with pytest.raises(NotSeenError, match="package-P388-20min"):
        injected("capture", "brush-next_day")
    assert "likes-rows" not in applicable(recording("merchant"), largest("merchant"))


def test_recordings_without_times_take_no_attack():
    """A danmaku file without times says so; one without likes lists comments."""
    with pytest.raises(NotSeenError, match="carries no times"):
        injected("no-times", "comments-fixed")
    with pytest.raises(NotSeenError, match="comments-fixed"):
        injected("danmaku", "likes-rows")
    assert applicable(recording("no-times"), largest("no-times")) == []
    assert "viewbots-batches" not in applicable(recording("danmaku"), largest("danmaku"))


@pytest.mark.parametrize(
    ("name", "attack", "metric", "dose"),
    [("capture", "viewbots-batches", "viewers", 0.1), ("capture", "viewbots-batches", "viewers", 0.6), ("merchant", "brush-no_browse", "orders", 0.6)],
)  # fmt: skip
def test_the_dose_is_a_share_of_what_the_room_really_showed(name: str, attack: str, metric: str, dose: float):
    """Sized by the recording's own totals: of sampled entries by the counter, of orders by the month."""
    truth = injected(name, attack, dose).truth[largest(name)]
    assert truth.share(metric) == pytest.approx(dose, abs=0.02)
