"""Signals on identity: batches and farms are found, families, dormitories, newcomers and growing platforms are not."""

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from zhenbo.core.evidence import Evidence, Missing
from zhenbo.core.schema import ACCOUNTS, EVENTS
from zhenbo.core.session import DAY, Session
from zhenbo.core.story import read
from zhenbo.core.subject import Question
from zhenbo.pipeline import baselines
from zhenbo.signals.bunching import scan, survivor
from zhenbo.signals.catalogue import catalogue

START = 1_777_665_600_000_000
PENALTY = 5e-4
CROWD = "20:00-22:00 b1..b300 enter scattered [device=own{n}]\n"


def run(signal: str, session: Session) -> list:
    """What a signal finds."""
    return list(catalogue()[signal].look(session, baselines(signal)))


def room(since: np.ndarray) -> Session:
    """A room that accounts registered at these times enter."""
    n = len(since)
    ids = [f"a{i}" for i in range(n)]
    events = [
        {"platform": "t", "source": "t@1", "session_id": "s", "event_id": f"e{i}", "kind": "enter", "flags": 0, "ts": START + i * 1000, "actor_id": ids[i]}
        for i in range(n)
    ]  # fmt: skip
    accounts = [{"platform": "t", "account_id": a, "since": int(t)} for a, t in zip(ids, since, strict=True)]
    return Session(
        "s", "h", "t", "session", pa.Table.from_pylist(events, schema=EVENTS),
        accounts=pa.Table.from_pylist(accounts, schema=ACCOUNTS),
    )  # fmt: skip


def grown(seed: int, n: int, days: float) -> np.ndarray:
    """Registrations of a platform that grows: most of them recent, none younger than four days."""
    age = stats.expon.rvs(scale=days, size=n, random_state=seed)
    return (START - (4 + age) * DAY).astype(np.int64)


def cohort(since: np.ndarray) -> Evidence:
    """The evidence of identity.cohort on a room."""
    return next(f for f in run("identity.cohort", room(since)) if isinstance(f, Evidence))


def test_a_batch_bought_in_one_day_is_named_account_by_account():
    """Bought followers: a third of the room was made within one day; the rest is left alone."""
    old = grown(1, 400, 800)
    batch = START - 500 * DAY + stats.randint.rvs(0, DAY, size=200, random_state=2)
    found = cohort(np.r_[old, batch])
    assert found.p < 1e-6
    assert found.question is Question.AUDIENCE
    assert {f"a{i}" for i in range(400, 600)} <= {a for a, db in found.accounts.items() if db > 20}
    assert sum(db > 20 for db in found.accounts.values()) <= 203
    assert found.effect.metric == "viewers"
    assert found.effect.low <= 200 <= found.effect.high


@settings(max_examples=40, deadline=None)
@given(st.integers(0, 10_000), st.sampled_from([60, 300, 1500]), st.sampled_from([10.0, 60.0, 900.0]))
def test_growth_of_the_platform_is_no_batch(seed, n, days):
    """Rooms of young, growing and old platforms stay far from penalty strength."""
    assert cohort(grown(seed, n, days)).p > PENALTY


def test_newcomers_are_told_and_do_not_count_by_themselves():
    """A campaign brought half the room in the last three days; the older half is ordinary."""
    old = grown(3, 300, 800)
    new = START - stats.randint.rvs(0, int(2.9 * DAY), size=300, random_state=4)
    found = cohort(np.r_[old, new])
    assert found.p > 0.3
    assert found.args["newcomers"] == 300
    assert ("newcomers", "explains") in {(c.cause, c.outcome) for c in found.causes}
    assert not any(f"a{i}" in found.accounts for i in range(300, 600))


def test_campaign_days_and_default_dates_are_no_batch():
    """Three per cent of a room from one campaign day is ordinary; a default date is no registration."""
    old = grown(5, 970, 800)
    campaign = START - 300 * DAY + stats.randint.rvs(0, DAY, size=30, random_state=6)
    assert cohort(np.r_[old, campaign]).p > 0.01
    unset = np.full(400, START - 9000 * DAY)
    found = cohort(np.r_[old, unset])
    assert found.p > 0.3
    assert found.args["known"] == 970


def test_without_registration_times_they_are_asked_for():
    """Too few known registrations: the record that would tell is named."""
    asked = run("identity.cohort", read(CROWD).session())
    assert [f.record for f in asked if isinstance(f, Missing)] == ["registration"]


def test_a_rack_of_phones_is_named_and_asked_as_what_it_does():
    """Twelve devices with ten accounts each: audience if they only enter, engagement if they write."""
    entering = run(
        "identity.sharing", read(CROWD + "20:30-20:50 a1..a120 enter [device=rack{n%12}]").session()
    )[0]
    assert entering.p < PENALTY
    assert entering.question is Question.AUDIENCE
    assert {a for a, db in entering.accounts.items() if db > 20} == {f"a{i}" for i in range(1, 121)}
    writing = run(
        "identity.sharing", read(CROWD + '20:30-20:50 a1..a120 say "wow" x3 [device=rack{n%12}]').session()
    )[0]
    assert writing.question is Question.ENGAGEMENT
    assert writing.effect.metric == "comments"
    assert writing.effect.high == 360


@pytest.mark.parametrize(
    "story",
    [
        "20:30 a1..a160 enter [device=family{n%40} ip=home]",
        "20:30 a1..a300 enter [device=phone{n} ip=dormitory]",
        "20:30 a1..a12 enter [device=tablet]",
        "20:30 a1..a30 enter [device=cafe{n%2}]",
        "20:30 h1..h40 enter [device=studio]",
    ],
    ids=["families", "dormitory", "shop tablet", "internet café", "one studio device"],
)
def test_people_who_share_are_not_accused(story):
    """Families, dormitories and tablets stay above penalty strength, and none of their accounts is named."""
    for found in run("identity.sharing", read(CROWD + story).session()):
        assert found.p > PENALTY
        assert not any(db > 20 for db in found.accounts.values())


def test_a_placeholder_is_no_device_and_an_address_of_the_network_no_evidence():
    """One key for everybody says nothing; only devices are asked for, never network addresses."""
    for story in ("20:00 b1..b300 enter [device=none]", "20:00 b1..b300 enter [ip=one]"):
        found = run("identity.sharing", read(story).session())
        assert [f.record for f in found if isinstance(f, Missing)] == ["devices"]


def test_one_wallet_behind_many_buyers_is_evidence_on_sales():
    """Forty buyers paid from two wallets; families who pay for each other are cleared."""
    honest = "20:00-22:00 b1..b200 order h{n} 50.00 scattered [pay=own{n}]\n"
    (wallets,) = run(
        "orders.payers", read(honest + "20:30 a1..a80 order f{n} 50.00 [pay=wallet{n%2}]").session()
    )
    assert wallets.question is Question.SALES
    assert wallets.p < PENALTY
    assert {o for o, db in wallets.orders.items() if db > 20} == {f"f{i}" for i in range(1, 81)}
    (families,) = run(
        "orders.payers", read(honest + "20:30 a1..a60 order f{n} 50.00 [pay=home{n%20}]").session()
    )
    assert families.p > 0.3


def test_the_curve_and_the_scan_keep_their_promise():
    """Sizes drawn from the declared curve itself reach p < 1 % in at most 1 % of rooms."""
    draws = stats.uniform.rvs(size=(400, 400), random_state=7)
    sizes = np.arange(1, 2_000)
    curve = survivor(sizes, 0.25, 0.005, 2.0)
    alarms = sum(
        scan(curve[np.searchsorted(-curve, -draws[i], side="right") - 1], 1.0).p < 0.01 for i in range(400)
    )  # fmt: skip
    assert alarms <= 8  # 4 expected at most; twice that has probability 2 %
