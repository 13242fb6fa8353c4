"""Feeds that lose, delay, lump and overcount do just that, to honest rows and bought ones alike; new crowds keep their hours."""

# ruff: noqa: TID251 - worlds draw, from seeds given here

from collections.abc import Callable
from functools import cache

import numpy as np
import pyarrow.compute as pc
import pytest

from zhenbo.core.dataset import subjects
from zhenbo.core.schema import Flag
from zhenbo.core.session import HOUR, MINUTE, Session, micros
from zhenbo.worlds import BURSTS, campaign
from zhenbo.worlds.attacks import lay
from zhenbo.worlds.bursts import stage
from zhenbo.worlds.crowd import Crowd
from zhenbo.worlds.record import write
from zhenbo.worlds.show import Plan, Show, Words

START = 1_778_241_600_000_000  # 2026-05-08 20:00 in Beijing
SECOND = 1_000_000


@cache
def told(burst: str, seed: int = 41, attack: str | None = None) -> tuple[Session, Show]:
    """A room of fifteen hundred in which much happens, recorded through a feed, and how it really was."""
    rng = np.random.default_rng(seed)
    drawn = Plan("r1", "h1", START, minutes=90, watchers=1_500, comments=0.4, likes=2.0, cadence_s=20)
    show = stage(drawn, burst, rng, Crowd(), Words())
    if attack:
        lay(show, attack, rng, 0.4)
    return next(iter(subjects(write([show], seed).dataset))), show


def truly(show: Show, kind: str) -> np.ndarray:
    """Seconds of everything of a kind that happened."""
    return np.sort(np.concatenate([b.ts for b in show.blocks if b.kind == kind])) / 1e6


def times(s: Session, kind: str) -> np.ndarray:
    """Seconds of the rows of a kind."""
    return np.sort(micros(s.rows(kind)["ts"])) / 1e6


def curve(s: Session, kind: str) -> tuple[np.ndarray, np.ndarray]:
    """Readings of a counter: seconds and values."""
    return times(s, kind), np.asarray(s.rows(kind)["qty"].to_numpy())


def share_when_busy(s: Session, show: Show, kind: str = "enter") -> tuple[float, float]:
    """Share of a kind's rows delivered in the quieter and in the busier half of all minutes."""
    first = show.plan.start / 1e6
    there, came = (
        np.bincount(((t - first) // 60).astype(int), minlength=92)
        for t in (times(s, kind), truly(show, kind))
    )
    busy = came > np.median(came[came > 0])
    return there[~busy].sum() / came[~busy].sum(), there[busy].sum() / came[busy].sum()


def by_stretch(s: Session, show: Show, kind: str = "enter") -> list[float]:
    """Share of a kind's rows delivered in each stretch of five minutes in which much happened."""
    first = show.plan.start / 1e6
    there, came = (
        np.bincount(((t - first) // 300).astype(int), minlength=19)
        for t in (times(s, kind), truly(show, kind))
    )
    return (there / np.maximum(came, 1))[came >= 40].tolist()


def longest(t: np.ndarray) -> float:
    """Seconds of the longest silence."""
    return float(np.diff(t).max())


def lag(s: Session, show: Show) -> float:
    """Seconds by which the displayed total of entries is behind, in the middle of its climb."""
    at, shown = curve(s, "entered_total")
    entries = truly(show, "enter")
    reading = int(np.argmax(shown >= len(entries) // 2))
    return float(at[reading] - entries[int(shown[reading]) - 1])


def falls(s: Session, kind: str) -> list[int]:
    """Places at which a total goes down."""
    return np.flatnonzero(np.diff(curve(s, kind)[1]) < 0).tolist()


FEEDS: dict[str, Callable[[Session, Show], bool]] = {
    "feed-throttled": lambda s, show: any(share_when_busy(s, show, k)[1] < 0.75 * share_when_busy(s, show, k)[0] for k in ("enter", "like")),
    "feed-resampled": lambda s, show: min(by_stretch(s, show)) < 0.35 and min(by_stretch(s, show)) < 0.65 * max(by_stretch(s, show)) < 0.65,
    "feed-member_loss": lambda s, show: any(
        s.counts[k] < 0.9 * len(truly(show, k)) for k in ("enter", "like", "follow")
    ) and s.counts["comment"] == len(truly(show, "comment")),
    "feed-stalled": lambda s, show: longest(times(s, "enter")) > longest(truly(show, "enter")) + 30
    and longest(times(s, "viewers")) < 25,
    "feed-reconnecting": lambda s, show: longest(times(s, "viewers")) > 40 and s.counts["enter"] < len(truly(show, "enter")),
    "feed-backlog": lambda s, show: max(np.bincount((times(s, "comment") - START / 1e6).astype(int)))
    > 3 * max(np.bincount((truly(show, "comment") - START / 1e6).astype(int)))
    and s.counts["comment"] == len(truly(show, "comment")),
    "feed-polled": lambda s, _: not np.any((np.diff(times(s, "enter")) > 0.01) & (np.diff(times(s, "enter")) < 4.9)),
    "feed-batched_likes": lambda s, show: s.counts["like"] < 0.7 * len(truly(show, "like")) and pc.sum(s.rows("like")["qty"]).as_py() == show.total("like", "qty"),
    "feed-lagging": lambda s, show: 50 < lag(s, show) < 330,
    "feed-slow": lambda s, _: len(np.unique(curve(s, "entered_total")[1])) <= 92,
    "feed-smoothed": lambda s, show: lag(s, show) > 40,
    "feed-page_views": lambda s, _: 1.25 < curve(s, "entered_total")[1].max() / s.counts["enter"] < 3.1,
    "feed-like_hundreds": lambda s, show: 1.8 < curve(s, "like_total")[1].max() / show.total("like", "qty") < 11,
    "feed-counter_reset": lambda s, _: len(falls(s, "entered_total")) == 1 and curve(s, "entered_total")[1][falls(s, "entered_total")[0] + 1] < 100,
    "feed-counter_corrected": lambda s, _: 1 in {len(falls(s, "entered_total")), len(falls(s, "like_total"))},
}  # fmt: skip


@pytest.mark.parametrize("burst", FEEDS)
def test_a_feed_does_what_it_says(burst: str):
    """The line of a feed, measured against the evening as it was, on three evenings."""
    for seed in (41, 42, 43):
        assert FEEDS[burst](*told(burst, seed)), (seed, BURSTS[burst].says)


def test_every_feed_is_measured_and_seen_by_those_who_read_it():
    """A line here for each feed; a campaign shows it to those who read a feed, never to the platform or the merchant."""
    feeds = {name for name in BURSTS if name.startswith("feed-")}
    assert set(FEEDS) == feeds
    place = list(BURSTS).index("feed-throttled")
    turns = 2 * (len(BURSTS) - 1)
    seen = [next(campaign(5, 1, first=1 + 2 * (place - 1) + turns * i)) for i in range(4)]
    assert {t.burst for w in seen for t in w.truth.values()} == {"feed-throttled"}
    assert {t.view for w in seen for t in w.truth.values()} == {"auditor", "capture"}


def test_a_feed_loses_bought_rows_like_honest_ones():
    """A throttled feed delivers no greater share of bots' entries than of people's, and the truth counts all of them."""
    session, show = told("feed-throttled", 44, "viewbots-ordinary")
    bots = np.unique(np.concatenate(show.hired))
    enters = [b for b in show.blocks if b.kind == "enter"]
    came = sum(int(np.isin(b.columns["actor"], bots).sum()) for b in enters)
    assert came == show.fabricated["viewers"]
    whole = write([show], 44)
    fakes = whole.truth["r1"].fake_accounts
    rows = session.rows("enter")
    kept_bots = pc.sum(pc.is_in(rows["actor_id"], value_set=pc.cast(sorted(fakes), "string"))).as_py()
    kept_people = rows.num_rows - kept_bots
    people = sum(len(b.ts) for b in enters) - came
    assert 0.6 < (kept_bots / came) / (kept_people / people) < 1.6
    assert whole.truth["r1"].shown["viewers"] == came + people


def test_polled_and_replayed_rows_say_so():
    """Rows stamped on arrival are marked: history and approximate time for a backlog, approximate time for a poll."""
    for burst, bits in (("feed-backlog", Flag.HISTORY | Flag.TS_APPROX), ("feed-polled", Flag.TS_APPROX)):
        marked = [
            pc.sum(
                pc.equal(pc.bit_wise_and(told(burst, seed)[0].rows("enter")["flags"], int(bits)), int(bits))
            ).as_py()
            for seed in (41, 42, 43)
        ]
        assert max(marked) > 0


def within(s: Session, kind: str, seconds: float) -> int:
    """Most rows of a kind within a stretch."""
    t = times(s, kind)
    return int((np.searchsorted(t, t + seconds) - np.arange(len(t))).max())


CROWDS: dict[str, Callable[[Session, Show], bool]] = {
    "idol_song": lambda s, _: within(s, "leave", 120) > 0.1 * s.counts["leave"] and times(s, "enter")[int(0.1 * s.counts["enter"])] < START / 1e6 + 180,
    "office_idle": lambda s, _: within(s, "leave", 150) >= 24 and _network(s) >= 50,
    "dorm_lights_out": lambda s, _: within(s, "leave", 8) >= 25 and _network(s) >= 60,
    "known_draw": lambda s, _: within(s, "leave", 120) > 0.12 * s.counts["leave"],
    "bell_class": lambda s, _: within(s, "leave", 60) > 0.06 * s.counts["leave"] and sum(t in {"签到", "已到", "到"} for t in s.rows("comment")["text"].to_pylist()) > 100,
    "handover": lambda s, _: within(s, "enter", 12) >= 300,
    "tv_link": lambda s, show: within(s, "enter", 90) >= 200 and float(np.mean(micros(s.accounts["since"]) > show.plan.start)) > 0.03,
    "coin_task": lambda s, _: sum(v == "福利任务" for v in s.rows("enter")["via"].to_pylist()) > 250,
    "greeted": lambda s, _: sum(t in {"谢谢主播", "谢谢欢迎", "来啦来啦"} for t in s.rows("comment")["text"].to_pylist()) > 50,
    "share_coupon": lambda s, _: within(s, "share", 300) > 60,
}  # fmt: skip


def _network(s: Session) -> int:
    """Entries from the network with the most."""
    return max(v["counts"] for v in pc.value_counts(s.rows("enter")["ip"]).to_pylist())


@pytest.mark.parametrize("burst", CROWDS)
def test_a_crowd_keeps_its_hour(burst: str):
    """The line of an honest crowd, measured."""
    for seed in (41, 42, 43):
        assert CROWDS[burst](*told(burst, seed)), (seed, BURSTS[burst].says)


def test_the_office_goes_home_at_six():
    """Thirty machines of one network leave within minutes of six in the evening, Beijing time."""
    session, _ = told("office_idle")
    top = max(pc.value_counts(session.rows("leave")["ip"]).to_pylist(), key=lambda v: v["counts"])["values"]
    gone = micros(session.rows("leave").filter(pc.equal(session.rows("leave")["ip"], top))["ts"])
    hour = (gone / HOUR + 8) % 24
    assert ((hour > 18) & (hour < 18 + 5 * MINUTE / HOUR)).sum() >= 24
    assert hour.max() < 18.1
