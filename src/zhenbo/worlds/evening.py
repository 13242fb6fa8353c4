"""One evening of four rooms: plain, lottery, bought package with scripted comments, brushed orders refunded next day."""

import numpy as np

from zhenbo.core.session import MINUTE
from zhenbo.worlds.attacks import Fleet, brush, lay_as, package, scripted
from zhenbo.worlds.bursts import stage
from zhenbo.worlds.crowd import Crowd
from zhenbo.worlds.record import write
from zhenbo.worlds.show import Plan, Show, Words
from zhenbo.worlds.trade import Life
from zhenbo.worlds.truth import World

START = 1_778_241_600_000_000  # 2026-05-08 12:00 UTC, 20:00 in Beijing
ROOMS = ("plain", "lottery", "bought", "brushed")


def world(seed: int) -> World:
    """The demo evening: about 40,000 events; which room is which changes with the seed and stands in the truth."""
    rng = np.random.default_rng([seed, 20])
    crowd, words = Crowd(), Words()
    shows = [
        _room(role, place, rng, crowd, words) for place, role in enumerate(rng.permutation(np.array(ROOMS)))
    ]
    return write(shows, seed * 1_000_003 + 20)


def _room(role: str, place: int, rng: np.random.Generator, crowd: Crowd, words: Words) -> Show:
    """One of the four rooms."""
    plan = Plan(
        session_id=f"r{1001 + place}",
        host_id=f"h{int(rng.integers(10_000, 99_999))}",
        start=START + int(rng.integers(0, 30)) * MINUTE,
        minutes=120,
        watchers=int(rng.integers(1_700, 2_300)),
        watch_minutes=float(rng.uniform(2.0, 3.5)),
        comments=float(rng.uniform(0.45, 0.7)),
        likes=float(rng.uniform(1.0, 2.5)),
        orders=float(rng.uniform(0.05, 0.08)),
        category={"plain": "beauty", "lottery": "food", "bought": "beauty", "brushed": "home"}[role],
    )
    show = stage(plan, "lottery" if role == "lottery" else "none", rng, crowd, words)
    if role == "bought":
        lay_as(show, "package-P388-20min", lambda: package(show, rng, 0.0, name="P388", how="20min"))
        crew = Fleet(cohort=True)
        lay_as(
            show, "comments-jitter15-cohort",
            lambda: scripted(show, rng, 0.5, jitter=0.15, each=50, sentences=24, fleet=crew),
        )  # fmt: skip
    if role == "brushed":
        life = Life(unpaid=0.0, refund=0.9, refunds="next_day", shipped=0.0)
        hands = Fleet(homes=6, payers=12)
        lay_as(
            show, "brush-next_day", lambda: brush(show, rng, 0.65, life=life, fleet=hands, per_buyer=3)
        )  # fmt: skip
    return show
