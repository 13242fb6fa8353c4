"""What is bought in rooms of thousands leaves the marks its line names, and nothing else of it is the same."""

# ruff: noqa: TID251 - worlds draw, from seeds given here

from collections import Counter
from collections.abc import Callable
from functools import cache
from typing import NamedTuple

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pytest

from zhenbo.core.dataset import subjects
from zhenbo.core.session import DAY, MINUTE, Session, codes, micros
from zhenbo.worlds import ATTACKS, WORLDS, thousands
from zhenbo.worlds.anchors import PACKAGES
from zhenbo.worlds.attacks import lay, watchers, wholesale, works, writers
from zhenbo.worlds.bursts import stage
from zhenbo.worlds.crews import TRADES
from zhenbo.worlds.crowd import Crowd
from zhenbo.worlds.record import write
from zhenbo.worlds.show import Plan, Words
from zhenbo.worlds.truth import SessionTruth

pytestmark = pytest.mark.slow

START = 1_778_241_600_000_000  # 2026-05-08 20:00 in Beijing


class Told(NamedTuple):
    """A room, its answer key, and the rows of those who acted for the attack."""

    session: Session
    truth: SessionTruth
    rows: pa.Table


@cache
def told(attack: str, dose: float = 0.4, seed: int = 51) -> Told:
    """A talkative room of some two thousand entries with an attack."""
    rng = np.random.default_rng(seed)
    drawn = Plan("r1", "h1", START, minutes=90, watchers=1_500, comments=0.6, likes=1.5, cadence_s=20)
    show = stage(drawn, "none", rng, Crowd(), Words())
    lay(show, attack, rng, dose)
    world = write([show], seed)
    session, truth = next(iter(subjects(world.dataset))), world.truth["r1"]
    fakes = pa.array(sorted(truth.fake_accounts), pa.string())
    rows = world.dataset.events
    return Told(session, truth, rows.filter(pc.is_in(rows["actor_id"], value_set=fakes)))


def of(rows: pa.Table, kind: str) -> pa.Table:
    """The rows of a kind."""
    return rows.filter(pc.equal(rows["kind"].cast(pa.string()), kind))


def stays(rows: pa.Table) -> np.ndarray:
    """Minutes of every visit that ended before the broadcast did, each account's entries and leaves paired in order."""
    parts = {}
    for kind in ("enter", "leave"):
        mine = of(rows, kind)
        order = np.lexsort((micros(mine["ts"]), mine["actor_id"].to_numpy(zero_copy_only=False).astype(str)))
        parts[kind] = (mine["actor_id"].take(pa.array(order)).to_pylist(), micros(mine["ts"])[order])
    found, left = [], {}
    for who, at in zip(*parts["leave"], strict=True):
        left.setdefault(who, []).append(at)
    for who, at in zip(*parts["enter"], strict=True):
        if left.get(who):
            found.append((left[who].pop(0) - at) / MINUTE)
    return np.array(found)


def lots(rows: pa.Table) -> np.ndarray:
    """Sizes of groups of entries apart by half a minute or more."""
    at = np.sort(micros(of(rows, "enter")["ts"]))
    return np.bincount(np.cumsum(np.diff(at, prepend=at[0]) > MINUTE // 2))


def each(rows: pa.Table, kind: str) -> np.ndarray:
    """Rows of a kind per account."""
    return np.array([v["counts"] for v in pc.value_counts(of(rows, kind)["actor_id"]).to_pylist()])


def present(session: Session) -> np.ndarray:
    """People displayed, by reading, without the first and last ten minutes."""
    gauge = session.rows("viewers")
    at = micros(gauge["ts"])
    return np.asarray(gauge["qty"])[(at > START + 10 * MINUTE) & (at < START + 80 * MINUTE)]


def gaps(rows: pa.Table) -> np.ndarray:
    """Per account, how uneven its comments' gaps are (sd over mean)."""
    said = of(rows, "comment")
    who, at = codes(said["actor_id"])[0], micros(said["ts"])
    apart = [np.diff(np.sort(at[who == u])) for u in np.unique(who)]
    return np.array([g.std() / g.mean() for g in apart])


def steps(rows: pa.Table) -> np.ndarray:
    """Per account, seconds from its entry to its first tap."""
    first = {}
    for kind in ("enter", "like"):
        mine = of(rows, kind)
        for who, at in sorted(
            zip(mine["actor_id"].to_pylist(), micros(mine["ts"]), strict=True), reverse=True
        ):
            first[kind, who] = at
    return (
        np.array(
            [first["like", w] - at for (k, w), at in first.items() if k == "enter" and ("like", w) in first]
        )
        / 1e6
    )


def _rise(session: Session, counter: str) -> np.ndarray:
    """Growth of a counter from reading to reading."""
    return np.diff(np.asarray(session.rows(counter)["qty"]))


def _off_the_line(rows: pa.Table) -> float:
    """By how many minutes' worth the running sum of hearts ever leaves the straight line from first to last."""
    taps = of(rows, "like")
    at, run = micros(taps["ts"]), np.cumsum(np.asarray(taps["qty"]))
    even = np.interp(at, (at[0], at[-1]), (run[0], run[-1]))
    return float(np.abs(run - even).max() / ((run[-1] - run[0]) / (at[-1] - at[0]) * MINUTE))


def _crew(rows: pa.Table) -> bool:
    said = each(rows, "comment")
    return bool(said.min() >= 45 and said.max() <= 300 and len(said) >= 2)


def _texts(rows: pa.Table) -> list[str]:
    return of(rows, "comment")["text"].to_pylist()


def _aligned(rows: pa.Table) -> bool:
    """All accounts say the same lines in the same order, none begins with another's second."""
    said = of(rows, "comment")
    who = codes(said["actor_id"])[0]
    spoken = [
        np.array(said["text"].to_pylist(), dtype=object)[who == u][:45].tolist() for u in np.unique(who)
    ]
    return len(spoken) >= 3 and all(s == spoken[0] for s in spoken)


LINES: dict[str, Callable[[Told], bool]] = {
    "viewbots-equal_lots": lambda w: np.ptp(stays(w.rows)) < 0.1 and np.ptp(lots(w.rows)) <= 1,
    "viewbots-task": lambda w: np.median(stays(w.rows)) % 1 < 0.04 and np.subtract(*np.quantile(stays(w.rows), (0.9, 0.1))) < 0.1,
    "viewers-task": lambda w: all(np.mean(np.abs(stays(w.rows) - m - 0.15) < 0.3) > 0.2 for m in (3, 5, 10)),
    "viewbots-round_robin": lambda w: each(w.rows, "enter").min() >= 3 and np.ptp(each(w.rows, "enter")) <= 1,
    "viewbots-one_door": lambda w: len(set(of(w.rows, "enter")["via"].to_pylist())) == 1 and set(w.rows["kind"].to_pylist()) == {"enter", "leave"},
    "viewbots-drifting": lambda w: np.quantile(stays(w.rows), 0.02) >= 17 and stays(w.rows).max() <= 40.1 and 4 < stays(w.rows).std() < 8,
    "viewbots-drifting-camouflage": lambda w: stays(w.rows).max() <= 40.1 and len(of(w.rows, "comment")) > 20,
    "viewbots-thermostat": lambda w: np.std(present(w.session)) / np.mean(present(w.session)) < 0.2,
    "likes-flat": lambda w: _off_the_line(w.rows) < 1.2,
    "likes-flat-counter": lambda w: np.quantile(_rise(w.session, "like_total"), 0.1) > 0.5 * w.truth.fabricated["likes"] / 90 * 40 / 60,
    "likes-on_minute": lambda w: not w.truth.fake_accounts and w.truth.fabricated["likes"] > 500,
    "followers-day": lambda w: 300 < w.truth.fabricated["follows"] < 1_000 and np.ptp(micros(of(w.rows, "follow").filter(pc.invert(pc.is_null(of(w.rows, "follow")["session_id"])))["ts"])) > 80 * MINUTE and of(w.rows, "unfollow").num_rows > 2_500,
    "ratio-P30": lambda w: _in_ratio("P30", w.truth),
    "ratio-P38": lambda w: _in_ratio("P38", w.truth),
    "ratio-P388": lambda w: _in_ratio("P388", w.truth),
    "ratio-P30-counter": lambda w: _in_ratio("P30", w.truth) and len(w.truth.fake_accounts) <= 3,
    "farm-handed_over": lambda w: _handed(w.rows) and 60 <= len(w.truth.fake_accounts) <= 300,
    "farm-handed_over-one_line": lambda w: _handed(w.rows) and pc.count_distinct(w.rows["ip"]).as_py() == 1,
    "farm-same_steps": lambda w: steps(w.rows).std() / steps(w.rows).mean() < 0.25 and pc.count_distinct(w.rows["device"]).as_py() == len(w.truth.fake_accounts),
    "farm-same_steps-careful": lambda w: stays(w.rows).std() / stays(w.rows).mean() < 0.25 and w.truth.share("comments") < 0.75,
    "farm-same_steps_200": lambda w: len(w.truth.fake_accounts) == 200 and steps(w.rows).std() / steps(w.rows).mean() < 0.25,
    "crew-fixed": lambda w: _crew(w.rows) and gaps(w.rows).max() < 0.01,
    "crew-jitter40": lambda w: _crew(w.rows) and 0.15 < np.median(gaps(w.rows)) < 0.32 and len(set(_texts(w.rows))) > 60,
    "crew-homophones": lambda w: _crew(w.rows) and any("煮播" in x or "麦" in x or "滴" in x for x in _texts(w.rows)),
    "crew-emoji": lambda w: _crew(w.rows) and np.mean([any(e in x for e in writers.EMOJI) for x in _texts(w.rows)]) == 1,
    "crew-products": lambda w: _crew(w.rows) and len({x.replace(p, "") for x in _texts(w.rows) for p in writers.PRODUCTS if p in x}) < 30 < len(set(_texts(w.rows))),
    "crew-disguised": lambda w: _crew(w.rows) and len(set(_texts(w.rows))) > 0.9 * len(_texts(w.rows)),
    "crew-canon": lambda w: _crew(w.rows) and _aligned(w.rows),
    "crew-canon-synonyms": lambda w: _crew(w.rows) and not _aligned(w.rows),
}  # fmt: skip


def _in_ratio(name: str, truth: SessionTruth) -> bool:
    """Likes, shares and comments are to views as the price list has it, to the unit."""
    whole, part = PACKAGES[name], truth.fabricated["viewers"] / PACKAGES[name].views
    return all(
        abs(truth.fabricated.get(metric, 0) - (max(1, round(part * sold)) if sold else 0)) == 0
        for metric, sold in (("likes", whole.likes), ("shares", whole.shares), ("comments", whole.comments))
    )


def _handed(rows: pa.Table) -> bool:
    """Every phone has several accounts, never two at a time, and goes from one to the next within a minute or so."""
    enter = of(rows, "enter")
    device, at = codes(enter["device"])[0], micros(enter["ts"])
    several = all(
        len(set(enter["actor_id"].filter(pa.array(device == d)).to_pylist())) >= 2 for d in np.unique(device)
    )
    leave = of(rows, "leave")
    gone, when = codes(leave["device"])[0], micros(leave["ts"])
    names = codes(leave["device"])[1].to_pylist(), codes(enter["device"])[1].to_pylist()
    for d in np.unique(device).tolist():
        mine = names[0].index(names[1][d])
        came, left = np.sort(at[device == d]), np.sort(when[gone == mine])
        if np.any(came[1 : len(left) + 1] < left[: len(came) - 1]):
            return False
    return several


@pytest.mark.parametrize("attack", LINES)
def test_an_attack_does_what_it_says(attack: str):
    """The line of an attack, measured on its own rows."""
    assert LINES[attack](told(attack)), ATTACKS[attack].says


def test_every_new_attack_is_measured():
    """A line here for each attack of the four new files."""
    assert set(LINES) == {*watchers.ATTACKS, *wholesale.ATTACKS, *works.ATTACKS, *writers.ATTACKS}


def test_fans_of_a_day_fade_and_are_made_up_for():
    """Half of ten thousand are bots; in a month thousands of them leave, and weekly lots of new ones come in hours."""
    _, truth, rows = told("followers-day")
    follow = of(rows, "follow")
    first = follow.filter(pa.array(micros(follow["ts"]) < START + 2 * DAY))
    again = np.sort(micros(follow.filter(pa.array(micros(follow["ts"]) >= START + 2 * DAY))["ts"]))
    assert first.num_rows == 10_000
    assert 0.4 < of(rows, "unfollow").num_rows / 10_000 < 0.65 or len(again) > 2_000
    assert np.bincount(np.cumsum(np.diff(again, prepend=again[0]) > DAY)).min() > 100
    assert truth.cost == 250_000


def test_rooms_of_thousands():
    """Entries end at some two to ten thousand, the share at 20-60 %, in views of T1 and T2; session 3 can be resumed at."""
    first = next(i for i, name in enumerate(thousands.AIMS) if name.startswith("viewbots"))
    found = [*thousands.bought(7, 4), *thousands.bought(7, 6, first)]
    for world in found:
        truth = next(iter(world.truth.values()))
        assert truth.outcome == "attacked"
        assert truth.view in {"insider", "auditor"}
        family = ATTACKS[truth.kinds[0].split("@")[0]].family
        people = truth.shown["viewers"] - (0 if family == "viewers" else truth.fabricated.get("viewers", 0))
        assert 1_800 < people < 11_000
        if family == "viewers":
            assert 0.17 < truth.share("viewers") < 0.63
    assert {t.view for w in found for t in w.truth.values()} == {"insider", "auditor"}
    again = next(thousands.bought(7, 1, first=3))
    assert again.dataset.events.equals(found[3].dataset.events)
    calm = next(iter(next(thousands.honest(7, 1, first=4)).truth.values()))
    assert (calm.outcome, calm.burst) == ("honest", "known_draw")


def test_a_circuit_binds_people_by_where_they_are():
    """The hired serve in room after room of one agency, with phones of their own; the fans of the other are honest."""
    world = WORLDS["circuit"](3)
    raided = {k: t for k, t in world.truth.items() if t.outcome == "attacked"}
    assert {t.burst for t in world.truth.values()} == {"none", "fans_go_round"}
    assert all(0.18 < t.share("viewers") < 0.48 for t in raided.values())
    assert {name for t in raided.values() for name in t.groups} == {"circuit"}
    served = np.bincount(
        np.unique([w for t in raided.values() for w in t.fake_accounts], return_inverse=True)[1]
    )
    assert np.median(served) >= 5
    crew = frozenset().union(*(t.fake_accounts for t in raided.values()))
    rows = world.dataset.events
    mine = rows.filter(pc.is_in(rows["actor_id"], value_set=pa.array(sorted(crew))))
    assert pc.count_distinct(mine["device"]).as_py() > 0.95 * len(crew)
    assert set(mine["session_id"].drop_null().to_pylist()) == set(raided)


def test_guilds_hold_crowds_that_move_honestly_and_crews_that_are_called():
    """Every way to move is met in rooms that bought nothing; every crew serves again as its trade says, and nobody else's row is fake."""
    world = WORLDS["guilds"](3)
    bought = {k: t for k, t in world.truth.items() if t.outcome == "attacked"}
    clean = {k: t for k, t in world.truth.items() if t.outcome == "honest"}
    assert len(clean) >= 20
    assert all(800 <= t.shown["viewers"] <= 2_500 for t in world.truth.values())
    moved = frozenset(name for t in clean.values() for name in t.burst.split("+")) - {"none"}
    assert moved == {
        "coupon_hunters", "raid_chain", "idol_guest", "class", "company", "red_packet", "pushed", "tv_break", "office", "habits", "zapping"
    }  # fmt: skip
    assert {k.partition("@")[0] for t in bought.values() for k in t.kinds} == {trade.name for trade in TRADES}
    assert all(0.07 < t.share("viewers") < 0.46 for t in bought.values())
    assert max(t.share("viewers") for t in clean.values()) < 0.03
    hidden = [t for t in clean.values() if t.groups]
    assert {name for t in hidden for name in t.groups} == {"viewers-camouflage"}
    rows = world.dataset.events
    came = of(rows, "enter").group_by(["session_id", "actor_id"]).aggregate([]).to_pylist()
    seen: dict[str, set[str]] = {}
    for row in came:
        seen.setdefault(row["session_id"], set()).add(row["actor_id"])
    for trade in TRADES:
        rooms = {k: t for k, t in bought.items() if trade.name in t.groups}
        (crew,) = {t.groups[trade.name] for t in rooms.values()}
        assert all(t.fake_accounts == crew & seen[k] for k, t in rooms.items())
        assert not any(crew & seen[k] for k in clean if not world.truth[k].groups)
        served = Counter(account for t in rooms.values() for account in t.fake_accounts)
        again = 1 - len(served) / served.total()
        low, high = {"viewers-long_list": (0.1, 0.3), "fleet-agency": (0.6, 0.85)}.get(
            trade.name, (0.3, 0.75)
        )
        assert low < again < high, trade.name
    assert not WORLDS["guilds"](4).dataset.events.equals(rows)
