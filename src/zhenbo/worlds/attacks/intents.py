"""Interest for show (FIELD A08, A34, A35): 去买 events of set number and time, baskets that nobody ever buys."""

from collections.abc import Mapping
from functools import partial
from types import MappingProxyType

import numpy as np

from zhenbo.core.session import MINUTE
from zhenbo.worlds.anchors import CLICKS_PER_WATCHER, PRICES
from zhenbo.worlds.attacks import acts
from zhenbo.worlds.attacks.attack import Attack, needed, slot
from zhenbo.worlds.attacks.fleet import ORDINARY, Fleet
from zhenbo.worlds.crowd import Ints
from zhenbo.worlds.show import SECOND, Show

GOING = "正在去购买"
"""The platform's own line when somebody presses the basket."""


def going(
    show: Show, rng: np.random.Generator, dose: float, *,
    timed: bool = True, lines: bool = True, volleys: bool = False, fleet: Fleet = ORDINARY, carts: float = 0.0,
) -> None:  # fmt: skip
    """Timed 去买: the software presses the basket a set number of times at set times.

    Args:
        show: the broadcast.
        rng: stream of chance.
        dose: wanted share of all product presses.
        timed: at even steps to the second; else at moments drawn evenly by chance.
        lines: the platform announces each press in the room.
        volleys: presses come in volleys after each of the host's calls (product pins).
        fleet: how the accounts look.
        carts: share that also lay the product in the basket.
    """
    least = round(CLICKS_PER_WATCHER * 100)
    n = needed(show.total("product_click"), dose, least)
    each = int(rng.integers(1, 6))
    who = fleet.enlist(show, rng, max(3, n // each))
    start, end = slot(show, rng, show.plan.minutes * rng.uniform(0.4, 0.8))
    at = _presses(show, rng, n, (start, end), timed=timed, volleys=volleys)
    arrive = int(at.min()) - rng.integers(2 * SECOND, MINUTE, len(who))
    acts.come(show, who, arrive, np.full(len(who), int(at.max()) + MINUTE // 2), "短视频引流")
    fleet.blend(show, rng, who)
    actor = who[np.arange(n) % len(who)] if timed else who[rng.integers(len(who), size=n)]
    item = np.full(n, rng.integers(12)) if rng.random() < 0.5 else np.minimum(rng.geometric(0.3, n) - 1, 11)
    goods = acts.goods(show, item)
    acts.press(show, actor, at, goods)
    if lines:
        acts.say(show, actor, at + SECOND // 2, np.full(n, show.words.code(GOING)))
    laid = rng.random(n) < carts
    acts.press(
        show, actor[laid], at[laid] + rng.integers(2, 20, int(laid.sum())) * SECOND, goods[laid], "cart_add"
    )
    show.spend(max(PRICES["suite_month"].of(1), PRICES["intents"].of(n)))


def _presses(
    show: Show, rng: np.random.Generator, n: int, when: tuple[int, int], *, timed: bool, volleys: bool
) -> Ints:
    """When the basket is pressed."""
    if volleys:
        pins = [b.ts for b in show.blocks if b.kind == "product_pin"]
        calls = np.concatenate(pins)[: max(1, n // 4)] if pins else np.array([when[0]])
        at = calls[np.arange(n) % len(calls)] + (rng.gamma(2.0, 4.0, n) * SECOND).astype(np.int64)
        return np.asarray(np.minimum(at, show.plan.end - 2 * SECOND))
    if not timed:
        return acts.spread(rng, n, *when)
    step = max(SECOND, (when[1] - when[0]) // n // SECOND * SECOND)
    return np.asarray(when[0] // SECOND * SECOND + np.arange(n) * step, dtype=np.int64)


def carts(show: Show, rng: np.random.Generator, dose: float) -> None:
    """Baskets filled and never bought, to show demand for one product; the dose is the share of all baskets."""
    n = needed(show.total("cart_add"), dose, 30)
    who = Fleet(networks=int(rng.integers(3, 30)), years=0.5 if rng.random() < 0.5 else 0.0).enlist(
        show, rng, n
    )
    at = acts.spread(rng, n, *slot(show, rng, rng.uniform(8, 40)))
    acts.come(
        show,
        who,
        at - rng.integers(10, 90, n) * SECOND,
        at + rng.integers(5, 60, n) * SECOND,
        acts.sources(show, rng, n),
    )
    goods = acts.goods(show, np.full(n, rng.integers(12)))
    acts.press(show, who, at - 5 * SECOND, goods)
    acts.press(show, who, at, goods, "cart_add")
    show.spend(PRICES["intents"].of(2 * n))


ATTACKS: Mapping[str, Attack] = MappingProxyType({
    "intents-timed": Attack("intents", "去买 pressed a set number of times at even seconds, announced in the room.", going),
    "intents-random": Attack("intents", "去买 pressed at moments drawn evenly by chance, announced in the room.", partial(going, timed=False, fleet=Fleet(own=True))),
    "intents-volleys": Attack("intents", "去买 pressed in volleys after each of the host's calls.", partial(going, timed=False, volleys=True, fleet=Fleet(cohort=True, networks=6))),
    "intents-silent": Attack("intents", "Product pages opened by machine without a line in the room, some laid in the basket.", partial(going, lines=False, carts=0.3, fleet=Fleet(phones=8, networks=3))),
    "intents-carts": Attack("intents", "Baskets filled for one product and never bought.", carts),
})  # fmt: skip
"""Interest for show by name."""
