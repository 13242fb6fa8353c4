"""Every honest burst does what its line says, measured on the record an insider would see."""

# ruff: noqa: TID251 - worlds draw, from seeds given here

from collections.abc import Callable
from functools import cache

import numpy as np
import pyarrow.compute as pc
import pytest

from zhenbo.core.dataset import subjects
from zhenbo.core.schema import Flag
from zhenbo.core.session import DAY, HOUR, MINUTE, Session, codes, micros
from zhenbo.worlds import BURSTS
from zhenbo.worlds.bursts import stage
from zhenbo.worlds.crowd import Crowd
from zhenbo.worlds.record import write
from zhenbo.worlds.show import Plan, Words

START = 1_778_241_600_000_000  # 2026-05-08 20:00 in Beijing


@cache
def told(burst: str) -> tuple[Session, list[Session]]:
    """A selling room of twelve hundred with a burst: the session, and all subjects of its world."""
    rng = np.random.default_rng(31)
    show = stage(
        Plan("r1", "h1", START, minutes=90, watchers=1_200, cadence_s=30), burst, rng, Crowd(), Words()
    )
    found = list(subjects(write([show], 31).dataset))
    return found[0], found


def talk(s: Session) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Times in seconds, speakers and texts of the comments, as numbers."""
    said = s.rows("comment")
    return micros(said["ts"]) / 1e6, codes(said["actor_id"])[0], codes(said["text"])[0]


def busiest(at: np.ndarray, seconds: float) -> int:
    """Most events within a stretch of so many seconds."""
    at = np.sort(at)
    return int((np.searchsorted(at, at + seconds) - np.arange(len(at))).max())


def times(s: Session, kind: str) -> np.ndarray:
    """Seconds of the rows of a kind."""
    return micros(s.rows(kind)["ts"]) / 1e6


def counts(s: Session, kind: str, column: str) -> list[int]:
    """How often each value of a column occurs, most first."""
    values = pc.value_counts(s.rows(kind)[column].cast("string").drop_null()).to_pylist()
    return sorted((v["counts"] for v in values), reverse=True)


def praying(s: Session) -> bool:
    """Forty-five people or more with 150 messages each, one text in the main, about twelve seconds apart."""
    at, who, text = talk(s)
    busy = np.flatnonzero(np.bincount(who) >= 150)
    own = [np.bincount(text[who == u]).max() / (who == u).sum() for u in busy]
    pace = [np.median(np.diff(at[who == u])) for u in busy]
    return len(busy) >= 45 and np.mean(own) > 0.95 and 10 < np.median(pace) < 14


def in_beat(s: Session) -> bool:
    """Twelve moments or more at which thirty people say the same within four seconds."""
    at, _, text = talk(s)
    most = np.array([busiest(at[text == t], 4.0) for t in np.unique(text) if (text == t).sum() >= 30])
    return len(most) >= 6 and most.min() >= 25 and busiest(at, 4.0) >= 30


def deposits(s: Session) -> bool:
    """Paid orders are paid a tenth in the room; nine of ten are paid the rest on the tenth day."""
    late = s.rows("order_pay").filter(pc.greater(s.rows("order_pay")["ts"].cast("int64"), s.span[1] + DAY))
    first = sum(1 for state in s.rows("order_pay")["state"].to_pylist() if state == "定金已付")
    return (
        first >= 40
        and 0.8 < late.num_rows / first < 1
        and 7 * DAY < micros(late["ts"]).min() - s.span[1] < 11 * DAY
    )


def moderated(s: Session) -> bool:
    """Two accounts, marked as moderators, say sixteen lines in turn at even distances."""
    said = s.rows("comment")
    mine = said.filter(pc.not_equal(pc.bit_wise_and(said["flags"], int(Flag.MOD)), 0))
    gap = np.diff(micros(mine["ts"]))
    return (
        pc.count_distinct(mine["actor_id"]).as_py() == 2
        and pc.count_distinct(mine["text"]).as_py() == 16
        and gap.std() / gap.mean() < 0.05
    )


def night(s: Session) -> bool:
    """A full day on air; far fewer enter between two and six at night than between seven and eleven in the evening."""
    hour = (micros(s.rows("enter")["ts"]) / HOUR + 8) % 24
    return (
        s.span[1] - s.span[0] > 23 * HOUR
        and ((hour >= 2) & (hour < 6)).sum() * 2 < ((hour >= 19) & (hour < 23)).sum()
    )


def in_steps(s: Session) -> bool:
    """The digits are said by many within seconds, in falling order."""
    said = s.rows("comment")
    at, text = micros(said["ts"]) / 1e6, np.array(said["text"].to_pylist())
    peak = {d: at[text == d] for d in "54321"}
    top = min(np.sort(peak["5"]), key=lambda t: -(abs(peak["5"] - t) < 2).sum())
    mean = [np.mean(peak[d][(peak[d] > top - 2) & (peak[d] < top + 8)]) for d in "54321"]
    return min(len(v) for v in peak.values()) >= 40 and bool(np.all(np.diff(mean) > 0.4))


def staffed(s: Session) -> bool:
    """Twenty people or more on one network who stay, talk and order to one address."""
    network = counts(s, "comment", "ip")[0]
    return network >= 60 and counts(s, "order_create", "addr")[0] >= 8


def chained(s: Session) -> bool:
    """Numbered lines that count on, each by somebody else, seconds apart."""
    said = s.rows("comment")
    lines = [
        (micros(said["ts"])[i], t, a)
        for i, (t, a) in enumerate(zip(said["text"].to_pylist(), said["actor_id"].to_pylist(), strict=True))
        if t.endswith("份")
    ]
    number = [int(t.split(".")[0]) for _, t, _ in lines]
    return (
        len(lines) >= 20
        and np.mean(np.diff(number) == 1) > 0.7
        and len({a for *_, a in lines}) > 0.6 * len(lines)
    )


def lost(s: Session) -> bool:
    """Many refunds, of four provinces, never shipped, asked back within one day some days later."""
    asked = s.rows("refund_request")
    at = micros(asked["ts"])
    day = np.bincount(((at - at.min()) // HOUR).astype(int))
    shipped = set(s.rows("order_ship")["order_id"].to_pylist())
    busy = busiest(at / 1e6, 14 * 3600)
    never = [o not in shipped for o in asked["order_id"].to_pylist()]
    return (
        busy >= 40
        and np.mean(never) > 0.7
        and sum(counts(s, "refund_request", "region")[:4]) > 0.7 * asked.num_rows
        and len(day) > 24
    )


LINES: dict[str, Callable[[Session], bool]] = {
    "red_packet_rain": lambda s: len(times(s, "lottery")) >= 6 and np.ptp(np.diff(times(s, "lottery"))) < 1e-6 and np.diff(times(s, "lottery"))[0] == 60,
    "prayer_room": praying,
    "class_in_beat": in_beat,
    "language_class": lambda s: np.mean(np.bincount(talk(s)[2])[np.bincount(talk(s)[2]) >= 60]) >= 60 and (np.bincount(talk(s)[2]) >= 60).sum() >= 10,
    "word_chain": chained,
    "countdown": in_steps,
    "scripted_moderator": moderated,
    "presale_minute": lambda s: busiest(times(s, "order_create"), 60) > 0.6 * len(times(s, "order_create")),
    "rebroadcast": lambda s: sum(v == "转播" for v in s.rows("enter")["via"].to_pylist()) > 200 and busiest(times(s, "leave"), 45) > 40,
    "ranking_contest": lambda s: np.mean(times(s, "gift") > s.span[1] / 1e6 - 660) > 0.7,
    "flash_sale": lambda s: busiest(times(s, "order_create"), 30) >= 110 and counts(s, "order_create", "addr")[0] >= 8,
    "company_staff": staffed,
    "shared_tablets": lambda s: [pc.count_distinct(s.rows("enter").filter(pc.equal(s.rows("enter")["device"], d))["actor_id"]).as_py() for d in _top(s, 6)] == [12] * 6,
    "privacy_browsers": lambda s: sum(counts(s, "enter", "device")[:5]) > 0.28 * s.counts["enter"] and sum(counts(s, "enter", "ip")[:3]) > 0.28 * s.counts["enter"],
    "anniversary": lambda s: busiest(micros(s.accounts["since"]) / 1e6, 6 * 3600) > 0.2 * s.accounts.num_rows,
    "for_relatives": lambda s: sum(counts(s, "order_create", "actor_id")[:2]) in range(36, 47) and s.counts["order_complete"] > 30,
    "depot_fire": lost,
    "subscription_boxes": lambda s: counts(s, "order_ship", "weight_g")[0] > 0.5 * s.counts["order_ship"] and counts(s, "order_create", "amount")[0] > 0.5 * s.counts["order_create"],
    "presale_deposit": deposits,
    "day_and_night": night,
}  # fmt: skip


def _top(s: Session, n: int) -> list[str]:
    """The devices with the most entries."""
    values = pc.value_counts(s.rows("enter")["device"]).to_pylist()
    return [v["values"] for v in sorted(values, key=lambda v: (-v["counts"], v["values"]))[:n]]


@pytest.mark.parametrize("burst", LINES)
def test_a_burst_does_what_it_says(burst: str):
    """The line of a burst, measured."""
    assert LINES[burst](told(burst)[0]), BURSTS[burst].says


def test_every_burst_has_its_line():
    """A line for each, and no two alike."""
    lines = [b.says for b in BURSTS.values()]
    assert all(len(line) > 10 for line in lines)
    assert len(set(lines)) == len(lines)


def test_a_rebuy_happens_outside_the_room():
    """Price cut: those who took their money back bought again within the hour or so, in the shop, for less."""
    room, found = told("price_cut")
    (shop,) = (s for s in found if s.scope == "shop")
    again = dict(
        zip(
            shop.rows("order_create")["actor_id"].to_pylist(),
            micros(shop.rows("order_create")["ts"]).tolist(),
            strict=True,
        )
    )
    back = dict(
        zip(
            room.rows("refund_request")["actor_id"].to_pylist(),
            micros(room.rows("refund_request")["ts"]).tolist(),
            strict=True,
        )
    )
    waits = [again[a] - back[a] for a in again]
    assert len(again) >= 40
    assert 0 < np.median(waits) < HOUR
    assert pc.max(shop.rows("order_create")["amount"]).as_py() < counts_of_most(room)


def counts_of_most(room: Session) -> int:
    """The amount most orders of the room have."""
    values = pc.value_counts(room.rows("order_create")["amount"]).to_pylist()
    return max(values, key=lambda v: v["counts"])["values"]


def test_talkers_of_the_room_keep_minutes():
    """No burst leaves a row of the room before its start or long after its end."""
    for burst in LINES:
        first, last = told(burst)[0].span
        assert first >= START
        assert last <= START + (1_440 if burst == "day_and_night" else 90) * MINUTE + 30 * MINUTE
