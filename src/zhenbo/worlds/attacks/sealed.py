"""Sealed attacks: what a clever seller offers in 2026. Signal authors never look at these one by one.

They are mixtures and parameters apart from the open families, kept so that recall can be reported on attacks nobody
tuned against: look at them only in sum (recall, precision, cost), never at a room, an account or a reason.
"""

from collections.abc import Mapping
from functools import partial
from types import MappingProxyType

import numpy as np

from zhenbo.core.session import MINUTE
from zhenbo.worlds import organic
from zhenbo.worlds.anchors import CATEGORIES, PRICES
from zhenbo.worlds.attacks import acts
from zhenbo.worlds.attacks.attack import Attack, needed, slot, together
from zhenbo.worlds.attacks.comments import Rhythm, rewritten
from zhenbo.worlds.attacks.fans import Fading, followers
from zhenbo.worlds.attacks.fleet import Fleet
from zhenbo.worlds.attacks.orders import charge, compare, workflow
from zhenbo.worlds.attacks.taps import likes
from zhenbo.worlds.attacks.viewers import hired, viewbots
from zhenbo.worlds.crowd import Ints
from zhenbo.worlds.scripts import paraphrase, spun
from zhenbo.worlds.show import SECOND, Show
from zhenbo.worlds.trade import Life
from zhenbo.worlds.words import talk

_AGED = Fleet(own=True, years=1.5, fans=0.15)


def _present(show: Show, who: Ints, at: Ints, until: Ints, via: str | Ints) -> Ints:
    """Come in; returns the stay that is really there."""
    acts.come(show, who, at, until, via)
    since = np.clip(at, show.plan.start, show.plan.end - 2 * SECOND)
    return np.asarray(np.minimum(np.maximum(until, since + SECOND), show.plan.end) - since)


def tide(show: Show, rng: np.random.Generator, dose: float) -> None:
    """Bots breathe with the room: a fixed share of whoever arrives, minute by minute, with stays drawn from the room's."""
    n = needed(show.total("enter"), dose)
    who = _AGED.enlist(show, rng, n)
    _, since, until = show.people()
    lag = (rng.gamma(2.0, 25.0, n) * SECOND).astype(np.int64)
    like = np.sort(rng.integers(len(since), size=n))
    at = np.sort(since)[like] + lag
    stay = np.sort(until - since)[rng.integers(len(since) // 4, len(since), n)]
    _present(show, who, at, at + stay, acts.sources(show, rng, n))
    acts.mingle(show, rng, who, chat=show.plan.comments * 0.8, hearts=show.plan.likes * 0.8)
    show.spend(PRICES["bot_viewers"].of(n) * 2)


def conversation(show: Show, rng: np.random.Generator, dose: float) -> None:
    """Accounts in pairs: one asks a buyer's question, another answers half a minute later with praise."""
    n = max(20, needed(show.total("comment"), dose, 40) // 2)
    k = max(6, n // 3)
    who = Fleet(own=True, years=0.8).enlist(show, rng, k)
    start, end = slot(show, rng, show.plan.minutes * 0.75)
    acts.come(
        show,
        who,
        start - acts.stay(rng, k, 1.5, 0.6),
        end + acts.stay(rng, k, 2, 0.6),
        acts.sources(show, rng, k),
    )
    asked = acts.spread(rng, n, start, end)
    asker = rng.integers(k, size=n)
    text = show.words.codes(talk())[rng.integers(len(talk()), size=n)]
    acts.say(show, who[asker], asked, text)
    answered = asked + (rng.lognormal(np.log(22), 0.6, n) * SECOND).astype(np.int64)
    other = (asker + 1 + rng.integers(k - 1, size=n)) % k
    acts.say(show, who[other], answered, paraphrase(rng, n, show.plan.category))
    show.spend(max(PRICES["room_session"].of(1), PRICES["talkers_3h"].of(k)))


def warm_up(show: Show, rng: np.random.Generator, dose: float) -> None:
    """Everything in the first ten minutes, to win the platform's first allotment of traffic; then nothing."""
    end = show.plan.start + min(10, show.plan.minutes // 3) * MINUTE
    n = needed(show.total("enter"), dose)
    who = Fleet(own=True, years=0.5).enlist(show, rng, n)
    at = show.plan.start + (rng.beta(1.1, 2.2, n) * 0.8 * (end - show.plan.start)).astype(np.int64)
    stay = _present(show, who, at, end + acts.stay(rng, n, 1.5, 0.9), acts.sources(show, rng, n))
    words, hearts = rng.random(n) < 0.12, rng.random(n) < 0.25
    acts.say(
        show,
        who[words],
        (at + 0.4 * stay)[words].astype(np.int64),
        paraphrase(rng, int(words.sum()), show.plan.category),
    )
    acts.tap(
        show,
        who[hearts],
        (at + rng.random(n) * stay)[hearts].astype(np.int64),
        rng.integers(5, 40, int(hearts.sum())),
    )
    follow = rng.random(n) < 0.08
    acts.follow(show, who[follow], (at + rng.random(n) * stay)[follow].astype(np.int64))
    show.spend(PRICES["bot_viewers"].of(n) + PRICES["suite_month"].of(1))


def under_the_chant(show: Show, rng: np.random.Generator, dose: float) -> None:
    """Bought comments ride on the room's own busiest minutes and copy what others just said, a little altered."""
    said = [b for b in show.blocks if b.kind == "comment"]
    n = needed(show.total("comment"), dose, 40)
    k = max(8, n // 4)
    who = Fleet(networks=k // 2, years=0.4).enlist(show, rng, k)
    times, texts = np.empty(0, dtype=np.int64), np.empty(0, dtype=np.int64)
    if said:
        times = np.concatenate([b.ts for b in said])
        texts = np.concatenate([np.broadcast_to(np.asarray(b.columns["text"]), b.ts.shape) for b in said])
    if not len(times):
        times, texts = np.array([show.plan.start + 5 * MINUTE]), show.words.codes(["来了"])
    minute = (times - show.plan.start) // MINUTE
    busy = np.bincount(minute)[minute].astype(np.float64) ** 1.5
    pick = rng.choice(len(times), n, p=busy / busy.sum())
    at = times[pick] + (rng.gamma(1.5, 6.0, n) * SECOND).astype(np.int64)
    copied = spun(rng, [show.words.pool[c] for c in texts[pick].tolist()], n)
    own = paraphrase(rng, n, show.plan.category)
    owner = rng.integers(k, size=n)
    first = np.full(k, show.plan.end - MINUTE)
    np.minimum.at(first, owner, at)
    mixed = [
        o if chance < 0.45 else c for o, c, chance in zip(own, copied, rng.random(n).tolist(), strict=True)
    ]
    acts.come(
        show,
        who,
        first - (rng.gamma(1.3, 150, k) * SECOND).astype(np.int64),
        np.full(k, show.plan.end) - rng.integers(0, 30 * SECOND, k),
        acts.sources(show, rng, k),
    )
    acts.say(show, who[owner], at, mixed)
    show.spend(max(PRICES["room_session"].of(1), PRICES["talkers_3h"].of(k)))


def slow_hearts(show: Show, rng: np.random.Generator, dose: float) -> None:
    """Hearts from three accounts of ten that the same seller also lets watch, at the room's own batch sizes and hours."""
    n = needed(show.total("like", "qty"), dose, 50)
    taps = [b for b in show.blocks if b.kind == "like"]
    sizes = (
        np.concatenate([np.broadcast_to(np.asarray(b.columns["qty"]), b.ts.shape) for b in taps])
        if taps
        else np.array([7])
    )
    times = np.concatenate([b.ts for b in taps]) if taps else np.array([show.plan.start + MINUTE])
    rows = max(1, round(n / sizes.mean()))
    who = _AGED.enlist(show, rng, max(6, rows // 3))
    active = who[: max(2, len(who) * 3 // 10)]
    owner = np.sort(rng.integers(len(active), size=rows))
    at = np.minimum(
        times[rng.integers(len(times), size=rows)] + rng.integers(-90, 90, rows) * SECOND,
        show.plan.end - SECOND,
    )
    first, last = np.full(len(who), show.plan.end), np.full(len(who), show.plan.start)
    np.minimum.at(first, owner, at)
    np.maximum.at(last, owner, at)
    idle = first > last
    first[idle] = rng.integers(show.plan.start, show.plan.end, int(idle.sum()))
    last[idle] = first[idle] + acts.stay(rng, int(idle.sum()), 2, 1.0)
    acts.come(
        show,
        who,
        first - rng.integers(2, 90, len(who)) * SECOND,
        last + rng.integers(2, 90, len(who)) * SECOND,
        acts.sources(show, rng, len(who)),
    )
    acts.tap(show, active[owner], at, sizes[rng.integers(len(sizes), size=rows)])
    show.spend(max(5.0, PRICES["likes"].of(n) * 10))


def ladder(show: Show, rng: np.random.Generator, dose: float) -> None:
    """Recruited buyers with honest habits: real prices off the shelf, real hours, a few refunds of their own, no praise.

    Only their number answers the organiser's calls, and every fourth pays with the organiser's account.
    """
    n = needed(show.total("order_create"), dose, 12)
    who = Fleet(own=True, years=0.7, fans=0.2).enlist(show, rng, n)
    quarter = rng.random(n) < 0.25
    show.crowd.set_trait("pay", who[quarter], int(show.crowd.fresh(1)[0]))
    _, since, until = show.people()
    long = np.flatnonzero(until - since > 90 * SECOND)
    like = long[rng.integers(len(long), size=n)] if len(long) else rng.integers(len(since), size=n)
    come_at = np.minimum(since[like] + rng.integers(-60, 60, n) * SECOND, show.plan.end - 2 * MINUTE)
    come_at = np.maximum(come_at, show.plan.start)
    at = np.minimum(come_at + acts.stay(rng, n, 4, 0.7), show.plan.end - 10 * SECOND)
    acts.come(show, who, come_at, at + acts.stay(rng, n, 2, 1.0), acts.sources(show, rng, n))
    compare(show, rng, who, come_at, at, int(rng.integers(12)))
    acts.mingle(show, rng, who, chat=0.25, hearts=3)
    refund = CATEGORIES[show.plan.category].refund[0]
    acts.order(
        show, rng, who, at, Life(unpaid=0.05, refund=refund, first_hour=refund * 0.3, after_delivery=0.4)
    )
    charge(show, rng, n)


def returned_by_plan(show: Show, rng: np.random.Generator, dose: float) -> None:
    """Orders kept until the commission is settled: delivered parcels of true weight that all come back after signing."""
    n = needed(show.total("order_create"), dose, 12)
    who = Fleet(own=True, homes=int(rng.integers(8, 30)), spelled=True, payers=max(2, n // 6)).enlist(
        show, rng, max(1, n * 3 // 4)
    )
    buyer = np.concatenate([who, who[rng.integers(len(who), size=n - len(who))]])
    at = acts.spread(rng, n, show.plan.start + show.plan.minutes * MINUTE // 10, show.plan.end - MINUTE)
    shopper, first = np.unique(buyer, return_index=True)
    come_at = np.maximum(at[first] - acts.stay(rng, len(shopper), 2.5, 0.6), show.plan.start)
    leave_at = at[first] + acts.stay(rng, len(shopper), 1.0, 0.8)
    acts.come(show, shopper, come_at, leave_at, acts.sources(show, rng, len(shopper)))
    compare(show, rng, shopper, come_at, at[first], int(rng.integers(12)))
    acts.order(show, rng, buyer, at, Life(unpaid=0.02, refund=0.93, first_hour=0.0, after_delivery=1.0))
    charge(show, rng, n)


def reader(show: Show, rng: np.random.Generator, dose: float) -> None:
    """Aged accounts that read along: one remark after each product is pinned, then silence, one account in three at a time."""
    n = needed(show.total("comment"), dose, 40)
    pins = [b.ts for b in show.blocks if b.kind == "product_pin"]
    calls = (
        np.concatenate(pins) if pins else show.plan.start + np.arange(1, 5) * show.plan.minutes * MINUTE // 5
    )
    k = max(9, 3 * n // max(len(calls), 1))
    who = _AGED.enlist(show, rng, k)
    at = organic.arrivals(show.plan, rng, k)
    at = show.plan.start + (at - show.plan.start) // 4
    acts.come(
        show,
        who,
        at,
        show.plan.end - (rng.exponential(6, k) * MINUTE).astype(np.int64),
        acts.sources(show, rng, k),
    )
    call = np.sort(calls)[rng.integers(len(calls), size=n)]
    when = np.maximum(
        call + (rng.lognormal(np.log(35), 0.8, n) * SECOND).astype(np.int64),
        show.plan.start + show.plan.minutes * MINUTE // 4,
    )
    acts.say(show, who[rng.integers(k, size=n)], when, paraphrase(rng, n, show.plan.category))
    acts.mingle(show, rng, who, chat=0.2, hearts=1)
    show.spend(max(PRICES["room_session"].of(1), PRICES["talkers_3h"].of(k)))


def drip_fans(show: Show, rng: np.random.Generator, dose: float) -> None:
    """Followers who keep the room's own ratio: viewers, hearts and follows are bought together so that no rate changes."""
    follows, enters = max(1, show.total("follow")), max(1, show.total("enter"))
    n = max(10, round(enters * dose / (1 - dose)))
    who = Fleet(own=True, years=0.3).enlist(show, rng, n)
    _, since, until = show.people()
    like = rng.integers(len(since), size=n)
    at = since[like] + rng.integers(-120, 120, n) * SECOND
    stay = _present(show, who, at, at + (until - since)[rng.permutation(like)], acts.sources(show, rng, n))
    at = np.clip(at, show.plan.start, show.plan.end - 2 * SECOND)
    fans = rng.random(n) < follows / enters
    acts.follow(show, who[fans], (at + rng.random(n) * stay)[fans].astype(np.int64))
    acts.mingle(show, rng, who, chat=show.plan.comments, hearts=show.plan.likes * 1.4)
    acts.paid(show, lambda: organic.looks(show, rng, who))
    gone = fans & (rng.random(n) < 0.15)
    show.after(
        "unfollow",
        show.plan.end
        + (rng.exponential(5, int(gone.sum())).clip(0.2, 14) * 86_400 * SECOND).astype(np.int64),
        actor=who[gone],
    )
    show.spend(PRICES["fans_real"].of(int(fans.sum())) + PRICES["bot_viewers"].of(n))


_STEALTH = Life(
    unpaid=0.06,
    refund=0.35,
    first_hour=0.0,
    refunds="week",
    shipped=0.9,
    grams=0,
    weight_spread=0.12,
    praise=0.2,
    written=True,
)

ATTACKS: Mapping[str, Attack] = MappingProxyType({
    "sealed-tide": Attack("viewers", "Aged bots in proportion to whoever arrives, chatting as others do.", tide),
    "sealed-conversation": Attack("comments", "Pairs of accounts ask and answer each other.", conversation),
    "sealed-warm_up": Attack("farms", "Everything in the first minutes for the platform's first allotment.", warm_up),
    "sealed-under_the_chant": Attack("comments", "Bought comments ride on the busiest minutes and copy the room.", under_the_chant),
    "sealed-slow_hearts": Attack("likes", "Hearts at the room's own sizes and hours from accounts that also watch.", slow_hearts),
    "sealed-ladder": Attack("orders", "Recruited buyers with honest habits, every fourth paid for by the organiser.", ladder),
    "sealed-returned_by_plan": Attack("orders", "True parcels that come back after the commission is settled.", returned_by_plan),
    "sealed-reader": Attack("comments", "Aged accounts that remark on each pinned product in turn.", reader),
    "sealed-drip_fans": Attack("followers", "Viewers, hearts and follows bought in the room's own proportions.", drip_fans),
    "sealed-evening": Attack("viewers", "Paid viewers, a model's remarks and quiet hearts, each at the dose.", together(
        partial(hired, quota_minutes=12.5, words=0, together=False),
        partial(rewritten, each=2, rhythm=Rhythm(human=True), fleet=Fleet(own=True, years=2)), partial(likes, how="crowd"),
    )),
    "sealed-launch": Attack("orders", "Quiet task-sheet orders with buyers' refund habits, fans and a warm room.", together(
        partial(workflow, life=_STEALTH, fleet=Fleet(own=True, years=0.5), chat=0.3, minutes=6.0, one_item=False),
        partial(followers, quality="real", pace="evening", touch=True, fading=Fading(lost=0.06)),
        partial(viewbots, style="ordinary", fleet=Fleet(own=True, chat=0.05, hearts=0.2)),
    )),
    "sealed-kept": Attack("orders", "Kept task-sheet orders of many goods, own payers, true weights, hardly any review.", partial(
        workflow, life=Life(unpaid=0.03, refund=0.08, first_hour=0.01, after_delivery=0.4, praise=0.1, written=True),
        fleet=Fleet(own=True, years=0.5, fans=0.1), chat=0.15, minutes=5.0, one_item=False,
    )),
})  # fmt: skip
"""Sealed attacks by name."""
