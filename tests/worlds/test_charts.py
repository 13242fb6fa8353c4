"""The world `charts`: its truth adds up, honest rooms gain nothing, and every confusing room is what it says."""

from collections import defaultdict
from dataclasses import replace
from functools import cache
from typing import Any

import numpy as np
import pytest

from zhenbo.worlds import WORLDS, World
from zhenbo.worlds.allotment import SHAPES, Buyers, Field, Law, Sales, Stage, play

SEEDS = (11, 12)
HOUR = 3_600_000_000


@cache
def world(seed: int) -> World:
    """A seed's world, made once."""
    return WORLDS["charts"](seed)


def rooms(seed: int) -> dict[str, dict[str, Any]]:
    """What every room is."""
    return {str(row["session_id"]): row for row in world(seed).answers["rooms"].to_pylist()}


@cache
def series(seed: int) -> dict[str, dict[str, dict[int, tuple[float, int]]]]:
    """Metrics by session, name and start of the bucket: value and length."""
    told: dict[str, dict[str, dict[int, tuple[float, int]]]] = defaultdict(lambda: defaultdict(dict))
    metrics = world(seed).dataset.metrics
    begins = metrics["bucket_start"].cast("int64").to_pylist()
    for row, begin in zip(metrics.to_pylist(), begins, strict=True):
        told[row["session_id"]][row["metric"]][begin] = (row["value"], row["bucket_seconds"])
    return told


def test_the_same_seed_makes_the_same_world():
    """Events, series, truth and further answers."""
    again, made = WORLDS["charts"](11), world(11)
    assert again.dataset.events.equals(made.dataset.events)
    assert again.dataset.metrics.equals(made.dataset.metrics)
    assert again.truth == made.truth
    assert all(again.answers[name].equals(table) for name, table in made.answers.items())
    assert not world(12).dataset.metrics.equals(made.dataset.metrics)


@pytest.mark.parametrize("seed", SEEDS)
def test_only_brushed_orders_gain_and_only_where_the_platform_listens(seed: int):
    """Honest rooms gain nothing, deaf platforms give nothing, and the gain per order is the whole over the orders."""
    for name, room in rooms(seed).items():
        truth = world(seed).truth[name]
        assert (truth.outcome == "attacked") == bool(room["attack"]) == bool(truth.fake_orders)
        if not room["attack"]:
            assert truth.gained["exposures"] == 0
            assert "per_order" not in truth.gained
            assert truth.gained["best_hour_rank"] == truth.gained["best_hour_rank_without"]
            continue
        per_order = truth.gained["exposures"] / truth.fabricated["orders"]
        assert truth.gained["per_order"] == pytest.approx(per_order)
        assert truth.gained["best_hour_rank"] <= truth.gained["best_hour_rank_without"]
        if room["case"] == "deaf":
            assert truth.gained["exposures"] == 0
        else:
            assert truth.gained["exposures"] > 0
        # a seller's smallest order, or the draw of honest buyers, may move a small room's share
        assert truth.share("orders") == pytest.approx(room["dose"], abs=0.12)


@pytest.mark.parametrize("seed", SEEDS)
def test_a_confusing_room_is_what_it_says(seed: int):
    """Bursts, advertising and buckets are in the record as the answer names them."""
    by_case = {room["case"]: name for name, room in rooms(seed).items()}
    truth, told = world(seed).truth, series(seed)
    assert truth[by_case["flash_sale"]].burst == "flash_sale"
    assert truth[by_case["lottery"]].burst == "lottery"
    assert any(value for value, _ in told[by_case["ads"]]["ads.shows"].values())
    for case, seconds in (("two_minutes", 120), ("five_minutes", 300), ("plain", 60)):
        assert {length for _, length in told[by_case[case]]["office.exposures"].values()} == {seconds}
    starts = sorted(told[by_case["gappy"]]["office.exposures"])
    assert max(np.diff(starts)) > 60_000_000
    assert set(np.diff(sorted(told[by_case["plain"]]["office.exposures"]))) == {60_000_000}
    brushed = [room for room in rooms(seed).values() if room["case"] == "brushed"]
    assert sorted(room["timing"] for room in brushed) == sorted(
        ["waves", "trickle", "opening", "hour_end"] * 2
    )


def test_the_ranking_shown_is_that_of_what_was_paid_in_the_hour():
    """Recounted from the payments: of two rooms at the end of the same minute, who was paid more stands above."""
    data = world(11).dataset
    paid: dict[str, list[tuple[int, int]]] = defaultdict(list)
    kinds, ts = data.events["kind"].to_pylist(), data.events["ts"].cast("int64").to_pylist()
    rows = zip(
        kinds, ts, data.events["session_id"].to_pylist(), data.events["amount"].to_pylist(), strict=True
    )
    for kind, at, session, amount in rows:
        if kind == "order_pay" and session:
            paid[session].append((at, amount))
    at_end: dict[int, list[tuple[float, int]]] = defaultdict(list)
    for session, told in series(11).items():
        for begin, (rank, seconds) in told["chart.hour_sales_rank"].items():
            end = begin + seconds * 1_000_000
            since = (end - 1) // HOUR * HOUR
            at_end[end].append((rank, sum(amount for at, amount in paid[session] if since <= at < end)))
    pairs = [(a, b) for rows_ in at_end.values() for a in rows_ for b in rows_ if a[0] < b[0]]
    assert len(pairs) > 1_000
    assert all(a[1] > b[1] for a, b in pairs)
    assert all(0 < rank <= 200 for rows_ in at_end.values() for rank, _ in rows_)


@pytest.mark.parametrize("shape", SHAPES)
def test_the_same_orders_gain_by_every_law_and_no_more_than_a_room_can_hold(shape: Any):
    """Brushed orders raise exposure under each shape, bring honest buyers with them, and stay under the ceiling."""
    n = 60
    none, steady = np.zeros(n), np.full(n, 0.5)
    minute = np.repeat(np.arange(n), 20)
    buyers = Buyers(
        minute, np.tile(np.linspace(5, 60, 20), n), np.minimum(minute + 1, n - 1), np.full(20 * n, 9_000)
    )
    stage = Stage(
        0, 100, np.ones(n), none, (0.1, 0.1), Sales(steady, steady * 9_000), buyers, 5.0, 9_000, heard=True
    )
    wave = np.where((np.arange(n) > 15) & (np.arange(n) < 25), 30.0, 0.0)
    law = Law(shape, 10, 10.0, 2, 0.5, 0.5, 1.0, 5, 0.5, 6.0)
    field = np.linspace(1_000, 9_000_000, 300) * (np.arange(1, n + 1)[:, None] / n)
    honest = play([stage], law, Field(field, field), brushed=False)[0][0]
    bought = play(
        [replace(stage, brushed=Sales(wave, wave * 9_000))], law, Field(field, field), brushed=True
    )[0][0]
    assert (bought.exposures >= honest.exposures).all()
    assert bought.exposures[:16] == pytest.approx(honest.exposures[:16])
    assert bought.exposures.sum() > honest.exposures.sum() + 50
    assert bought.exposures.max() <= 600
    assert (bought.came | ~honest.came).all()
