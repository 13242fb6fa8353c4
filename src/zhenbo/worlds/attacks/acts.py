"""What hired accounts do in a room; everything done through here is booked as fabricated."""

from collections.abc import Callable, Sequence

import numpy as np

from zhenbo.core.session import MINUTE
from zhenbo.worlds import organic
from zhenbo.worlds.crowd import Ints
from zhenbo.worlds.show import NONE, SECOND, Show, Unseen
from zhenbo.worlds.trade import Life, browse, sell

_METRICS = {
    "viewers": ("enter", None), "likes": ("like", "qty"), "comments": ("comment", None), "follows": ("follow", None),
    "shares": ("share", None), "clicks": ("product_click", None), "carts": ("cart_add", None),
}  # fmt: skip
_COUNTED = {"viewers": "entered_total", "likes": "like_total", "follows": "follow_total"}


def come(show: Show, who: Ints, since: Ints, until: Ints, via: str | Ints = "推荐feed") -> None:
    """Hired accounts enter and leave; none of them later than the broadcast's last second."""
    since = np.clip(since, show.plan.start, show.plan.end - 2 * SECOND)
    show.visit(who, since, until, show.words.code(via) if isinstance(via, str) else via)
    show.fabricated["viewers"] += len(who)


def sources(show: Show, rng: np.random.Generator, n: int) -> Ints:
    """`n` entrances to a room, spread as a careful seller spreads them."""
    return show.words.codes(organic.SOURCES)[rng.integers(len(organic.SOURCES), size=n)]


def inside(show: Show, at: Ints) -> np.ndarray:
    """Which moments lie in the broadcast."""
    return (at >= show.plan.start) & (at < show.plan.end)


def say(show: Show, who: Ints, at: Ints, text: Sequence[str] | Ints) -> None:
    """Hired accounts comment; what falls outside the broadcast is never said."""
    codes = text if isinstance(text, np.ndarray) else show.words.codes(list(text))
    live = inside(show, at)
    show.put("comment", at[live], actor=who[live], text=codes[live])
    show.fabricated["comments"] += int(live.sum())


def tap(show: Show, who: Ints, at: Ints, taps: Ints) -> None:
    """Hired accounts tap hearts in batches."""
    at = np.clip(at, show.plan.start, show.plan.end - SECOND)
    show.put("like", at, actor=who, qty=taps)
    show.fabricated["likes"] += int(taps.sum())


def follow(show: Show, who: Ints, at: Ints) -> None:
    """Hired accounts follow the host."""
    show.put("follow", np.clip(at, show.plan.start, show.plan.end - SECOND), actor=who)
    show.fabricated["follows"] += len(who)


def share(show: Show, who: Ints, at: Ints) -> None:
    """Hired accounts share the room."""
    show.put("share", np.clip(at, show.plan.start, show.plan.end - SECOND), actor=who)
    show.fabricated["shares"] += len(who)


def press(show: Show, who: Ints, at: Ints, goods: Ints, kind: str = "product_click") -> None:
    """Hired accounts press a product (`product_click`) or lay it in the basket (`cart_add`)."""
    live = inside(show, at)
    show.put(kind, at[live], actor=who[live], target=goods[live])
    show.fabricated["clicks" if kind == "product_click" else "carts"] += int(live.sum())


def goods(show: Show, item: Ints) -> Ints:
    """The text numbers of the host's products 0-11."""
    return show.words.codes([f"p-{show.plan.host_id}-{i}" for i in range(12)])[item]


def display(show: Show, metric: str, at: Ints, qty: Ints) -> None:
    """A counter rises without any row behind it."""
    show.unseen.append(Unseen(_COUNTED[metric], at, qty))
    show.fabricated[metric] += int(qty.sum())


def order(
    show: Show, rng: np.random.Generator, buyer: Ints, at: Ints, life: Life, price: int | Ints = 0, item: int = NONE
) -> Ints:  # fmt: skip
    """Hired accounts order; returns the order numbers."""
    number = sell(show, rng, buyer, at, life, price, item)
    show.fake_orders.append(number)
    show.fabricated["orders"] += len(number)
    return number


def look(show: Show, rng: np.random.Generator, who: Ints, at: Ints) -> None:
    """Hired accounts look at goods before ordering as buyers do."""
    paid(show, lambda: browse(show, rng, who, at))


def mingle(show: Show, rng: np.random.Generator, who: Ints, chat: float = 0.3, hearts: float = 1.0) -> None:
    """Hired accounts who are in the room talk and tap as its honest audience does: camouflage, and paid for.

    Args:
        show: the broadcast.
        rng: stream of chance.
        who: accounts that have come.
        chat: ordinary remarks per account.
        hearts: taps per account.
    """
    if not len(who):
        return
    if chat:
        paid(show, lambda: organic.chat(show, rng, who, chat))
    if hearts:
        paid(show, lambda: organic.taps(show, rng, who, hearts, 0.3))


def paid(show: Show, act: Callable[[], None]) -> None:
    """Do what honest people do too, and book whatever it adds as fabricated."""
    before = {m: show.total(*rows) for m, rows in _METRICS.items()}
    act()
    for metric, rows in _METRICS.items():
        show.fabricated[metric] += show.total(*rows) - before[metric]
        if not show.fabricated[metric]:
            del show.fabricated[metric]


def shared_out(rng: np.random.Generator, who: Ints, n: int) -> Ints:
    """`n` jobs for these accounts, at least one each if there are enough, unevenly beyond that, in no order."""
    first = rng.permutation(who)[:n]
    return np.asarray(
        rng.permutation(np.concatenate([first, who[rng.integers(len(who), size=n - len(first))]]))
    )


def spread(rng: np.random.Generator, n: int, low: int, high: int) -> Ints:
    """`n` moments in order, evenly by chance between two."""
    return np.sort(rng.integers(low, max(high, low + 1), n))


def jittered(rng: np.random.Generator, n: int, low: int, high: int, jitter: float = 0.3) -> Ints:
    """`n` moments at even steps, each moved by a share of the step."""
    step = (high - low) / max(n, 1)
    return np.asarray(low + (np.arange(n) + 0.5 + rng.uniform(-jitter, jitter, n)) * step, dtype=np.int64)


def stay(rng: np.random.Generator, n: int, minutes: float, sigma: float = 0.3) -> Ints:
    """`n` stays around a task's length."""
    return np.asarray(rng.lognormal(np.log(minutes), sigma, n) * MINUTE, dtype=np.int64)
