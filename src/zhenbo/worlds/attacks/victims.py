"""Reverse attacks (FIELD K22): a rival pays for crude fakes in the victim's room, so that the victim is punished.

What they add is fabricated like any other; only the payer differs, and the payer stands in the line each says.
"""

from collections.abc import Mapping
from functools import partial
from types import MappingProxyType

import numpy as np

from zhenbo.core.session import MINUTE
from zhenbo.worlds.anchors import PRICES
from zhenbo.worlds.attacks import acts
from zhenbo.worlds.attacks.attack import Attack, needed, slot, together
from zhenbo.worlds.attacks.comments import scripted
from zhenbo.worlds.attacks.fans import Fading, followers
from zhenbo.worlds.attacks.fleet import Fleet
from zhenbo.worlds.attacks.orders import charge
from zhenbo.worlds.attacks.taps import likes
from zhenbo.worlds.attacks.viewers import viewbots
from zhenbo.worlds.show import SECOND, Show
from zhenbo.worlds.trade import Life

CRUDE = Fleet(cohort=True, phones=5, networks=2)
"""The cheapest accounts there are: they are meant to be found."""
BLAME = (
    "假货大家别买", "退款不给退", "主播骗人", "质量太差了", "买了就后悔", "三无产品", "举报了", "全是托", "发的货跟图不一样", "客服装死", "吃坏肚子了", "烂脸了谁负责",
)  # fmt: skip


def returns(show: Show, rng: np.random.Generator, dose: float) -> None:
    """反向刷单: a rival's few accounts buy again and again and want everything back within days.

    Half is refunded after the parcel arrived, so the shop pays the freight and its return rate soars.
    """
    n = needed(show.total("order_create"), dose, 15)
    who = Fleet(homes=int(rng.integers(1, 5)), networks=2).enlist(
        show, rng, max(2, n // int(rng.integers(5, 20)))
    )
    start, end = slot(show, rng, rng.uniform(10, 50))
    at = acts.spread(rng, n, start, end)
    acts.come(show, who, np.full(len(who), start - MINUTE), np.full(len(who), end + MINUTE), "搜索")
    life = Life(unpaid=0.0, refund=0.97, first_hour=0.0, after_delivery=float(rng.uniform(0.3, 0.8)))
    acts.order(show, rng, acts.shared_out(rng, who, n), at, life)
    charge(show, rng, n)


def locked(show: Show, rng: np.random.Generator, dose: float) -> None:
    """恶意拍单: a rival's accounts take the stock with orders they never pay."""
    n = needed(show.total("order_create"), dose, 20)
    who = Fleet(cohort=rng.random() < 0.5, phones=int(rng.integers(1, 6))).enlist(
        show, rng, max(2, n // int(rng.integers(4, 15)))
    )
    at = acts.spread(rng, n, *slot(show, rng, rng.uniform(5, 30)))
    acts.order(
        show,
        rng,
        acts.shared_out(rng, who, n),
        at,
        Life(unpaid=1.0, unpaid_close_minutes=(30, 35)),
        item=0,
    )
    charge(show, rng, n)


def blame(show: Show, rng: np.random.Generator, dose: float) -> None:
    """A rival's accounts curse the goods from a short list."""
    n = needed(show.total("comment"), dose, 40)
    k = max(3, n // int(rng.integers(4, 15)))
    who = Fleet(cohort=True, phones=8).enlist(show, rng, k)
    start, end = slot(show, rng, rng.uniform(8, 40))
    acts.come(show, who, start - rng.integers(0, 60, k) * SECOND, np.full(k, end), "搜索")
    text = show.words.codes(BLAME)[rng.integers(len(BLAME), size=n)]
    acts.say(show, who[rng.integers(k, size=n)], acts.spread(rng, n, start, end), text)
    show.spend(max(PRICES["room_session"].of(1), PRICES["talkers_3h"].of(k)))


_CHEAP = partial(scripted, fleet=CRUDE, sentences=4, each=30)

ATTACKS: Mapping[str, Attack] = MappingProxyType({
    "victim-viewbots": Attack("victims", "A rival pays: crude bots enter the victim's room in batches.", partial(viewbots, fleet=CRUDE)),
    "victim-likes": Attack("victims", "A rival pays: a clicker hammers the victim's heart.", likes),
    "victim-comments": Attack("victims", "A rival pays: four sentences of praise over and over, meant to be found.", _CHEAP),
    "victim-blame": Attack("victims", "A rival pays: curses from a short list.", blame),
    "victim-followers": Attack("victims", "A rival pays: followers registered in a row, all gone within days.", partial(followers, pace="burst", fading=Fading(lost=0.95, days=4))),
    "victim-returns": Attack("victims", "A rival pays: orders again and again, nearly all sent back 反向刷单.", returns),
    "victim-locked_stock": Attack("victims", "A rival pays: orders never paid that lock the stock 恶意拍单.", locked),
    "victim-everything": Attack("victims", "A rival pays: crude viewers, praise and refunded orders at once.", together(
        partial(viewbots, fleet=CRUDE, style="per_minute"), _CHEAP, returns
    )),
})  # fmt: skip
"""Reverse attacks by name."""
