"""Whole packages off the price list, and their single items (FIELD 3, A40-A43, A48).

What is delivered equals the list to the unit; the commenting accounts' entries are part of the views sold.
"""

from collections.abc import Mapping
from functools import partial
from types import MappingProxyType
from typing import Literal

import numpy as np

from zhenbo.core.session import MINUTE
from zhenbo.worlds.anchors import PACKAGES, PRICES, SINGLES
from zhenbo.worlds.attacks import acts
from zhenbo.worlds.attacks.attack import Attack, Delivery, deliver, slot
from zhenbo.worlds.attacks.comments import rewritten
from zhenbo.worlds.attacks.fans import followers
from zhenbo.worlds.attacks.fleet import Fleet
from zhenbo.worlds.attacks.intents import going
from zhenbo.worlds.attacks.taps import likes
from zhenbo.worlds.scripts import paraphrase
from zhenbo.worlds.show import SECOND, Show
from zhenbo.worlds.words import SALES

Quality = Literal["senior", "real"]


def package(
    show: Show, rng: np.random.Generator, dose: float, *, name: str = "P388", how: Delivery = "20min", events: bool = False
) -> None:  # fmt: skip
    """A price-list package (P30, P38, P388), sold whole: the dose is not used.

    Args:
        show: the broadcast.
        rng: stream of chance.
        dose: not used.
        name: which package.
        how: how views and likes are delivered.
        events: views and likes come as rows of accounts, not on the counters alone.
    """
    del dose
    bought = PACKAGES[name]
    views, likes = (
        deliver(show, rng, bought.views - bought.comments, how),
        deliver(show, rng, bought.likes, how),
    )
    if events:
        who = Fleet(cohort=rng.random() < 0.3, networks=200).enlist(show, rng, int(views[1].sum()))
        came = np.repeat(*views) + (rng.random(len(who)) * 5 * SECOND).astype(np.int64)
        until = came + (rng.uniform(0.3, 4, len(who)) * SECOND).astype(np.int64)
        acts.come(show, who, came, until)
        tapper = who[rng.integers(len(who), size=bought.likes)]
        acts.tap(show, tapper, np.repeat(*likes), np.ones(bought.likes, dtype=np.int64))
    else:
        acts.display(show, "viewers", *views)
        acts.display(show, "likes", *likes)
    when = slot(show, rng, 30)
    remarks(show, rng, bought.comments, when, "real" if name == "P30" else "senior")
    shares(show, rng, bought.shares, when)
    show.spend(bought.yuan)


def remarks(
    show: Show, rng: np.random.Generator, n: int, when: tuple[int, int], quality: Quality = "senior"
) -> None:
    """`n` accounts come and say one thing each: from the seller's list ("senior" 高级评论), or in own words (88 真人).

    Args:
        show: the broadcast.
        rng: stream of chance.
        n: comments and accounts.
        when: between which moments.
        quality: `real` people look around first and leave when they like.
    """
    who = Fleet().enlist(show, rng, n)
    at = acts.spread(rng, n, when[0], when[1])
    if quality == "real":
        before = (rng.lognormal(np.log(40), 0.7, n) * SECOND).astype(np.int64)
        text = show.words.codes(paraphrase(rng, n, show.plan.category))
        acts.come(show, who, at - before, at + acts.stay(rng, n, 1.5, 1.0), acts.sources(show, rng, n))
    else:
        text = show.words.codes(SALES)[rng.integers(len(SALES), size=n)]
        acts.come(show, who, at - 5 * SECOND, at + 60 * SECOND)
    acts.say(show, who, np.minimum(at, show.plan.end - SECOND), text)


def shares(show: Show, rng: np.random.Generator, n: int, when: tuple[int, int]) -> None:
    """`n` shares by accounts that never come in: the share is all they were told to do."""
    if n:
        acts.share(show, Fleet().enlist(show, rng, n), acts.spread(rng, n, when[0], when[1]))


def single(show: Show, rng: np.random.Generator, dose: float, *, item: str, amount: int = 0) -> None:
    """One item of the list bought alone, in the amounts of the packages; the dose is not used.

    Args:
        show: the broadcast.
        rng: stream of chance.
        dose: not used.
        item: views, likes, shares, comments or real_comments.
        amount: how many; 0 draws one of the list's.
    """
    del dose
    n = amount or int(rng.choice(SINGLES[item]))
    how: Delivery = ("2h", "20min", "at_once", "by_minute")[int(rng.integers(4))]
    if item in {"views", "likes"}:
        acts.display(show, "viewers" if item == "views" else "likes", *deliver(show, rng, n, how))
    elif item == "shares":
        shares(show, rng, n, slot(show, rng, rng.uniform(10, 60)))
    else:
        remarks(
            show,
            rng,
            n,
            slot(show, rng, rng.uniform(10, 60)),
            "real" if item == "real_comments" else "senior",
        )
    price = {"comments": "senior_comments", "real_comments": "senior_comments"}.get(item, item)
    show.spend(max(1.0, PRICES[price].of(n)))


def one_stop(show: Show, rng: np.random.Generator, dose: float) -> None:
    """一条龙: for 100 yuan a room gets viewers, hearts, words and follows from one crew, in that order; dose not used.

    How many of each is judgement: what 100 yuan buys at the unit prices.
    """
    del dose
    n = int(rng.integers(90, 140))
    who = Fleet(cohort=rng.random() < 0.4, networks=int(rng.integers(2, 9))).enlist(show, rng, n)
    start, end = slot(show, rng, rng.uniform(30, 90))
    come_at = acts.spread(rng, n, start, start + int(rng.uniform(1, 6) * MINUTE))
    acts.come(show, who, come_at, end + rng.integers(0, 30, n) * SECOND, "直播广场")
    talks = who[rng.random(n) < 0.5]
    said = paraphrase(rng, 3 * len(talks), show.plan.category)
    acts.say(show, np.tile(talks, 3), acts.spread(rng, 3 * len(talks), start + 4 * MINUTE, end), said)
    hearts = np.repeat(who, 4)
    acts.tap(show, hearts, acts.jittered(rng, 4 * n, start + 2 * MINUTE, end), rng.integers(8, 13, 4 * n))
    acts.follow(show, who, acts.jittered(rng, n, start + 3 * MINUTE, end))
    show.spend(PRICES["one_stop"].of(1))


def suite(show: Show, rng: np.random.Generator, dose: float) -> None:
    """An evening of the 688-yuan monthly suite: comments, likes, follows and 去买 from one program (FIELD A34).

    Each part is set to something between a third of the dose and all of it; a month's price is shared by its evenings.
    """
    before = show.cost
    for part in (rewritten, likes, followers, going):
        part(show, rng, dose * rng.uniform(0.33, 1.0))
    show.cost = before
    show.spend(PRICES["suite_month"].of(1))


_HOW: Mapping[Delivery, str] = MappingProxyType({
    "2h": "spread over two hours", "20min": "inside twenty minutes", "at_once": "in one step", "by_minute": "so much every minute",
})  # fmt: skip

ATTACKS: Mapping[str, Attack] = MappingProxyType({
    **{
        f"package-{name}-{how}": Attack(
            "packages", f"Package {name} ({PACKAGES[name].yuan:g} yuan) on the counters, {_HOW[how]}.", partial(package, name=name, how=how)
        )
        for name in PACKAGES
        for how in _HOW
    },
    "package-P38-rows": Attack(
        "packages", "Package P38 as rows of accounts, inside twenty minutes.", partial(package, name="P38", how="20min", events=True)
    ),
    **{
        f"package-P38-rows-{how}": Attack(
            "packages", f"Package P38 as rows of accounts, {_HOW[how]}.", partial(package, name="P38", how=how, events=True)
        )
        for how in ("2h", "at_once", "by_minute")
    },
    "package-one_stop": Attack("packages", "一条龙: viewers, hearts, words and follows of one crew for 100 yuan.", one_stop),
    "package-suite": Attack("packages", "An evening of the 688-yuan suite: comments, likes, follows and 去买.", suite),
    "single-views": Attack("packages", "8,888 views on the counter and nothing else.", partial(single, item="views")),
    **{
        f"single-likes-{n}": Attack("packages", f"{n:,} likes on the counter and nothing else.", partial(single, item="likes", amount=n))
        for n in SINGLES["likes"]
    },
    "single-shares": Attack("packages", "50 or 500 shares by accounts that never came in.", partial(single, item="shares")),
    "single-comments": Attack("packages", "10 or 60 \"senior\" comments 高级评论 from the seller's list.", partial(single, item="comments")),
    "single-real_comments": Attack("packages", "88 \"real\" comments 真人 in everyone's own words.", partial(single, item="real_comments")),
})  # fmt: skip
"""Packages and single items by name."""
