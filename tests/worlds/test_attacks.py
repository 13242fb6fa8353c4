"""The attack library is honest about itself: it confesses to the unit, keeps its price list and its cases, and varies."""

# ruff: noqa: TID251 - worlds draw, from seeds given here

import importlib
import pkgutil
from dataclasses import replace
from functools import cache
from typing import get_args

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pytest

from zhenbo.core.dataset import subjects
from zhenbo.core.session import DAY, HOUR, Session, codes, micros
from zhenbo.worlds import ATTACKS, WORLDS, World, attacks
from zhenbo.worlds.anchors import PACKAGES
from zhenbo.worlds.attacks import Family, Fleet, lay
from zhenbo.worlds.bursts import stage
from zhenbo.worlds.campaign import plan
from zhenbo.worlds.crowd import Crowd
from zhenbo.worlds.record import write
from zhenbo.worlds.scripts import paraphrase
from zhenbo.worlds.show import Show, Words
from zhenbo.worlds.truth import SessionTruth

pytestmark = pytest.mark.slow

METRICS = {
    "viewers": ("enter", None), "likes": ("like", "qty"), "comments": ("comment", None), "follows": ("follow", None),
    "shares": ("share", None), "clicks": ("product_click", None), "carts": ("cart_add", None), "orders": ("order_create", None),
}  # fmt: skip


def _show(seed: int, attack: str | None = None, dose: float = 0.3, **changes: float) -> Show:
    rng = np.random.default_rng(seed)
    drawn = replace(plan(rng, seed, (700, 1_200)), **{"orders": 0.04, "comments": 0.2, **changes})
    show = stage(drawn, "none", rng, Crowd(), Words())
    if attack:
        lay(show, attack, rng, dose)
    return show


def _room(seed: int, attack: str, dose: float = 0.3, **changes: float) -> tuple[Session, World, SessionTruth]:
    world = write([_show(seed, attack, dose, **changes)], seed)
    session = next(iter(subjects(world.dataset)))
    return session, world, world.truth[session.session_id]


@cache
def _honest(seed: int) -> SessionTruth:
    (truth,) = write([_show(seed)], seed).truth.values()
    return truth


def _of(rows: pa.Table, column: str, names: frozenset[str]) -> pa.Table:
    return rows.filter(pc.is_in(rows[column], value_set=pa.array(sorted(names), pa.string())))


@pytest.mark.parametrize("attack", ATTACKS)
def test_attacks_confess(attack: str):
    """What an attack adds over the same honest evening is what its truth says, to the unit; its rows are its accounts'."""
    session, world, truth = _room(12, attack)
    assert truth.outcome == "attacked"
    assert truth.kinds[0].startswith(attack)
    honest = _honest(12).shown
    assert {m: truth.shown[m] - honest[m] for m in honest} == {m: truth.fabricated.get(m, 0) for m in honest}
    for metric, (kind, column) in METRICS.items():
        rows = _of(
            session.rows(kind).filter(pc.is_valid(session.rows(kind)["session_id"])),
            "actor_id",
            truth.fake_accounts,
        )
        acted = (pc.sum(rows[column]).as_py() or 0) if column else rows.num_rows
        on_counters = metric in {"viewers", "likes", "follows"} and acted < truth.fabricated.get(metric, 0)
        assert acted == truth.fabricated.get(metric, 0) or on_counters
    assert truth.fake_orders <= set(session.rows("order_create")["order_id"].to_pylist())
    assert len(truth.fake_orders) == truth.fabricated.get("orders", 0)
    assert truth.fake_accounts <= set(world.dataset.accounts["account_id"].to_pylist())
    assert frozenset().union(*truth.groups.values()) <= truth.fake_accounts
    assert truth.cost > 0


def test_library_is_found_and_explains_itself():
    """Every module with `ATTACKS` is in the library, no name twice; each says what it is and belongs to a known family."""
    names = [m.name for m in pkgutil.iter_modules(attacks.__path__) if m.name != "library"]
    shelves = [getattr(importlib.import_module(f"{attacks.__name__}.{n}"), "ATTACKS", {}) for n in names]
    assert sum(map(len, shelves)) == len(ATTACKS)
    assert {a.family for a in ATTACKS.values()} == set(get_args(Family))
    assert all(a.says.endswith(".") and len(a.says) < 120 for a in ATTACKS.values())
    assert len({a.says for a in ATTACKS.values()}) == len(ATTACKS)
    assert 8 <= sum(name.startswith("sealed-") for name in ATTACKS) <= 12


@pytest.mark.parametrize("attack", [a for a in ATTACKS if a.startswith("package-P")])
def test_packages_deliver_the_price_list(attack: str):
    """Views, likes, shares and comments equal the list exactly, on the counters or as rows, and cost the list's price."""
    listed = PACKAGES[attack.split("-")[1]]
    show = _show(13, attack)
    wanted = {
        "viewers": listed.views,
        "likes": listed.likes,
        "shares": listed.shares,
        "comments": listed.comments,
    }
    assert {m: n for m, n in show.fabricated.items() if n} == {m: n for m, n in wanted.items() if n}
    assert show.cost == 100 * listed.yuan


def test_dose_is_what_was_asked_for():
    """A dose of 30 % is 30 % of the metric in a room busy enough that no seller's smallest order exceeds it."""
    for attack, metric in (
        ("viewbots-plateau", "viewers"), ("viewers-hired", "viewers"), ("farm-one_ip", "viewers"), ("likes-rows", "likes"),
        ("likes-crowd", "likes"), ("comments-jitter40", "comments"), ("comments-paraphrase", "comments"),
        ("brush-next_day", "orders"), ("brush-workflow", "orders"), ("brush-recruited", "orders"),
    ):  # fmt: skip
        show = _show(14, attack, orders=0.06, comments=0.35)
        truth = next(iter(write([show], 14).truth.values()))
        assert truth.share(metric) == pytest.approx(0.3, abs=0.06), attack


def test_no_detector_can_fit_constants():
    """Laid twice over the same evening with other chances, an attack begins at another moment or delivers other amounts."""
    for attack in ATTACKS:
        seen = set()
        for chance in range(3):
            show = _show(15, watchers=150)
            lay(show, attack, np.random.default_rng([15, chance]), 0.3)
            seen.add((show.began, tuple(sorted(show.fabricated.items()))))
        assert len(seen) == 3, attack


@pytest.mark.parametrize(
    ("attack", "first", "last"),
    [("brush-early", 8, 13), ("brush-next_day", 6, 30), ("brush-late", 36, 123), ("brush-week", 12, 170), ("brush-volley", 0, 3)],
)  # fmt: skip
def test_brushed_money_comes_back_on_schedule(attack: str, first: float, last: float):
    """Each refund wave falls into its hours after the end, for the share agreed."""
    session, _, truth = _room(16, attack, 0.5)
    asked = _of(session.rows("refund_request"), "order_id", truth.fake_orders)
    hours = (micros(asked["ts"]) - _show(16).plan.end) / HOUR
    assert asked.num_rows > 0.75 * len(truth.fake_orders)
    assert first <= hours.min()
    assert hours.max() <= last


def test_the_comment_crew_has_the_reported_numbers():
    """Case P1: over 1,000 comments, 50 and more an account, one beyond 300, a sentence 26 times, 70 % of a talkative room."""
    session, _, truth = _room(17, "case-P1", watchers=2_500, comments=0.3)
    said = _of(session.rows("comment"), "actor_id", truth.fake_accounts)
    each = np.array([row["counts"] for row in pc.value_counts(said["actor_id"]).to_pylist()])
    assert said.num_rows > 1_000
    assert each.mean() >= 50
    assert each.max() > 300
    assert max(row["counts"] for row in pc.value_counts(said["text"]).to_pylist()) == 26
    assert truth.share("comments") == pytest.approx(0.7, abs=0.02)
    assert truth.cost == 4_000


def test_paraphrase_hardly_repeats():
    """Twenty thousand remarks are twenty thousand sentences of all lengths; two evenings share next to none."""
    one, other = (paraphrase(np.random.default_rng(s), 20_000, "food") for s in (1, 2))
    assert len(set(one)) == 20_000
    assert len(set(one) & set(other)) < 0.04 * 20_000
    length = np.quantile([len(s) for s in one], [0.05, 0.5, 0.95])
    assert length[0] < 11
    assert length[2] > 23
    assert max(len(s) for s in one) < 60


def test_one_pair_of_hands_types_one_line_at_a_time():
    """An operator's messages, over all accounts of the desk, never come within three seconds; one machine, one network."""
    session, _, truth = _room(18, "comments-operator", 0.5)
    said = _of(session.rows("comment"), "actor_id", truth.fake_accounts)
    assert pc.count_distinct(said["actor_id"]).as_py() >= 4
    assert np.diff(np.sort(micros(said["ts"]))).min() >= 2_999_999
    assert pc.count_distinct(said["device"]).as_py() == pc.count_distinct(said["ip"]).as_py() == 1


def test_lost_followers_are_refilled_by_others():
    """掉粉补: those who leave are hired, those who come later are hired and new, and the evening's count holds neither."""
    session, world, truth = _room(19, "followers-refill", 0.6)
    events = world.dataset.events
    later = events.filter(pc.is_null(events["session_id"]))
    gone = set(
        _of(later.filter(pc.equal(later["kind"], "unfollow")), "actor_id", truth.fake_accounts)[
            "actor_id"
        ].to_pylist()
    )
    back = later.filter(pc.equal(later["kind"], "follow"))
    fresh = set(back["actor_id"].to_pylist())
    assert len(gone) > 0.4 * truth.fabricated["follows"]
    assert len(fresh) == len(gone)
    assert fresh <= truth.fake_accounts
    assert not fresh & set(session.rows("follow")["actor_id"].to_pylist())
    assert DAY / 2 < micros(back["ts"]).min() - session.span[1] < 15 * DAY


def test_totals_are_topped_up_to_a_round_number():
    """Orders end on a multiple of ten, a pledged turnover on a multiple of 100 yuan, to the fen."""
    truth = _room(20, "brush-round_target")[2]
    assert truth.shown["orders"] % 10 == 0
    money = _room(20, "brush-pledge_gmv")[2].money
    assert money is not None
    assert money.gross % 10_000 == 0
    assert _honest(20).money.gross % 10_000


def test_fleets_look_as_ordered():
    """A clean fleet shares nothing with anyone, a bought one its carriers with the audience; spelled homes lie in two provinces."""
    show = _show(21)
    rng = np.random.default_rng(21)
    clean = Fleet(own=True).enlist(show, rng, 200)
    spelled = Fleet(homes=4, spelled=True).enlist(show, rng, 100)
    bought = Fleet().enlist(show, rng, 400)
    for trait in ("device", "ip", "pay"):
        column = show.crowd.trait(trait)
        assert np.isin(column, column[clean]).sum() == 200
    network, audience = show.crowd.trait("ip"), np.unique(show.people()[0])
    through = np.isin(network[bought], network[audience])
    assert 0.15 < through.mean() < 0.35
    assert len(np.unique(network[bought][~through])) == (~through).sum()
    assert len(np.unique(show.crowd.trait("addr")[spelled])) == 100
    assert len(np.unique(show.crowd.trait("region")[spelled])) <= 2


def test_crowds_on_one_beat_and_on_one_quota():
    """A chorus says one sentence within seconds; released viewers leave within a minute or two of each other."""
    session, _, truth = _room(22, "comments-chorus", 0.5)
    said = _of(session.rows("comment"), "actor_id", truth.fake_accounts)
    at, (text, _) = micros(said["ts"]), codes(said["text"])
    close = np.diff(at) < 1_000_000
    assert close.mean() > 0.7
    assert (np.diff(text) == 0)[close].mean() > 0.9
    session, _, truth = _room(22, "viewers-hired")
    gone = micros(_of(session.rows("leave"), "actor_id", truth.fake_accounts)["ts"])
    assert np.quantile(gone, 0.9) - np.quantile(gone, 0.1) < 2 * 60_000_000


def test_a_ramp_climbs_over_four_evenings():
    """The ramp's host shows 500, 800, 1,200 and 2,000 bought viewers for 25 yuan a hundred; its neighbour none."""
    truth = WORLDS["ramps"](2).truth
    bought = [truth[f"r{7001 + i}"] for i in range(4)]
    assert [dict(t.fabricated) for t in bought] == [{"viewers": n} for n in (500, 800, 1_200, 2_000)]
    assert [t.cost for t in bought] == [12_500, 20_000, 30_000, 50_000]
    assert all(truth[f"r{7011 + i}"].outcome == "honest" for i in range(4))


def test_an_attack_can_be_bought_for_a_stretch():
    """Bought for the third quarter of an hour only, nothing of it lies outside, and the plan is as it was."""
    show, plan_before = _show(24, minutes=60), _show(24, minutes=60).plan
    blocks = len(show.blocks)
    attacks.during(0.5, 0.75, attacks.scripted)(show, np.random.default_rng(24), 0.4)
    at = np.concatenate([b.ts for b in show.blocks[blocks:]])
    minute = (at - show.plan.start) / 60_000_000
    assert show.plan == plan_before
    assert minute.min() >= 30
    assert minute.max() <= 45


def test_camouflage_is_paid_for():
    """What camouflaged bots chat and tap besides is fabricated too, and at the pace of an ordinary audience."""
    plain, hidden = _show(23), _show(23)
    for show, fleet in ((plain, Fleet()), (hidden, Fleet(chat=0.4, hearts=3.0))):
        attacks.viewbots(show, np.random.default_rng(23), 0.4, style="plateau", fleet=fleet)
    assert plain.fabricated["viewers"] == hidden.fabricated["viewers"]
    assert not plain.fabricated["comments"] + plain.fabricated["likes"]
    assert 0.2 < hidden.fabricated["comments"] / hidden.fabricated["viewers"] < 0.6
    assert 1 < hidden.fabricated["likes"] / hidden.fabricated["viewers"] < 7
