"""The golden disputes of the field: G1 (599 orders, 4 paid) and G2 (two accounts, 200 orders, refunded that night)."""

import numpy as np

from zhenbo.core.session import DAY
from zhenbo.worlds import organic
from zhenbo.worlds.attacks import lay
from zhenbo.worlds.campaign import FIRST_EVENING
from zhenbo.worlds.crowd import Crowd
from zhenbo.worlds.record import write
from zhenbo.worlds.show import Plan, Show, Words
from zhenbo.worlds.trade import Life, browse, sell
from zhenbo.worlds.truth import World


def world(seed: int) -> World:
    """Two sessions: r2001 is G1 with 13 real orders of which 4 are paid (796 yuan), r2002 is G2."""
    rng = np.random.default_rng([seed, 30])
    crowd, words = Crowd(), Words()
    first = Show(
        Plan("r2001", "h20001", FIRST_EVENING, minutes=90, watchers=1_500, orders=0.0, category="food"),
        crowd,
        words,
    )
    organic.play(first, rng)
    _real_orders(first, rng, paid=4, left=9)
    lay(first, "case-G1", rng, 0.0)
    second = Show(
        Plan("r2002", "h20002", FIRST_EVENING + DAY, minutes=120, watchers=2_500, orders=0.01), crowd, words
    )
    organic.play(second, rng)
    lay(second, "case-G2", rng, 0.0)
    return write([first, second], seed * 1_000_003 + 30)


def _real_orders(show: Show, rng: np.random.Generator, paid: int, left: int) -> None:
    """Four honest buyers pay 199 yuan each; nine more reserve and never pay."""
    who, since, until = show.people()
    buyers = rng.permutation(len(who))[: paid + left]
    at = (since + (until - since) * 0.8).astype(np.int64)[buyers] + 1
    browse(show, rng, who[buyers], at)
    sell(show, rng, who[buyers[:paid]], at[:paid], Life(unpaid=0.0, refund=0.0), price=19_900)
    sell(show, rng, who[buyers[paid:]], at[paid:], Life(unpaid=1.0), price=19_900)
