"""Reviews by script: the same praise under many orders, written before the parcel was opened, written in one go.

## What it looks for
Written reviews of the orders made here: sentences too long for chance that several buyers share, near copies included;
reviews written before the parcel came or within minutes of it; reviews of different buyers that follow one another
within a minute.

## Why it matters
A brushed order ends with a review, because the review is half of what is bought: "empty parcel, then a scripted review"
(Fanxian court, 2024). Nothing of it is refunded, so money does not tell.

## How it is fooled
By praise that a language model writes anew for every order, posted days apart; by leaving no review at all.

## What clears it
A shop that pays buyers for prescribed praise (好评返现) has false reviews and true sales: copied words name nobody unless
those who wrote them have something else in common (parcels of one weight, one purse, one province; parcels that weigh
otherwise than those of the same goods and number of pieces for other buyers, and most of which are praised), or nearly
all buyers of a product wrote them. Two warehouses that pack differently, one of which puts in the card, make lighter
parcels and praise go together too: a fiftieth of shops, and then no more than what a card moves is praised. Short praise (好评, 质量不错) that everybody writes. What the platform writes for those who say nothing. Boilerplate that
buyers copy to earn coins is expected: one long review in ten may be somebody else's too, in a few rooms every third.
Busy shops, where reviews follow one another at any time of the day: the room's own rate is expected.

## Method
Three shares, each against a beta-binomial across rooms; the looks taken are paid for. Lines are compared by sound
(`kernel.lines`). Weights by ranks within goods and pieces (van Elteren 1960, ties corrected), from a difference on that
four pairs of five show. Baselines: `packs/baselines/orders.reviews.toml`.

## Examples
    >>> from zhenbo.proof.pages import look
    >>> look('orders.reviews', '''
    ... 20:00-22:00 b1..b60 order o{n} 59.00 scattered [region=p{n%20} product=q{n%5}]
    ... 20:30-21:30 a1..a30 order f{n} 99.00 [region=p1 product=q{n%5}]
    ... d+3 09:00-20:00 delivered o{n} x60 scattered; d+3 09:00-20:00 delivered f{n} x30 scattered
    ... d+5 09:00-d+7 21:00 reviewed f{n} x30 "{做工很细致，比想象的好，值得推荐|朋友介绍来买的，果然没有失望，好评|收到就用上了，家里人都夸好看}" scattered
    ... d+5 09:00-d+9 21:00 reviewed o{n} x9 "好评" scattered
    ... ''')
    orders.reviews: accuses, names 30 orders, says copied
    >>> look('orders.reviews', '''
    ... 20:00-22:00 b1..b60 order o{n} 59.00 scattered
    ... d+3 09:00-20:00 delivered o{n} x60 scattered
    ... d+4 09:00-d+9 21:00 reviewed o{n} x12 "{袖子有点长但是料子很软|给爸爸买的他说穿着舒服|比直播间里看着颜色深一点|洗了一次没有掉色还可以|快递很慢等了五天才到货|第二次买了还是老样子好|裤脚要自己改一下才能穿|妈妈很喜欢这个颜色谢谢|包装压坏了东西没有问题|尺码偏小建议大家买大号|性价比还行吧没有惊喜的|客服回复很快态度也不错}" scattered
    ... d+4 09:00-d+9 21:00 reviewed o{n} x20 "好评" scattered
    ... ''')
    orders.reviews: clears, names 0 orders, says own_words
"""

import math
from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from zhenbo.core.evidence import Cause, Found, Say, Signal
from zhenbo.core.session import HOUR, MINUTE, SECOND, Session
from zhenbo.core.subject import Question, Tier
from zhenbo.kernel.opinions import Opinions, opinions
from zhenbo.kernel.orders import NEVER, UNTIMED, Orders, orders
from zhenbo.signals.company import SURE, Fact, goods, held_against, insiders, pieces, purses, together
from zhenbo.signals.looks import Best, Look, best, said, share
from zhenbo.signals.nulls import share_tail

Bools = npt.NDArray[np.bool_]
Ints = npt.NDArray[np.int64]

_FEW = 4
"""Parcels from which weights of goods are compared."""
_DIFFERENCE = 0.3
"""Four pairs of five: what many parcels show beyond chance may still be nothing, such as a heavier size that is liked better."""
_AROUND = 3 * HOUR
"""Half of the stretch from which the room's own rate of reviews is taken."""


def look(session: Session, base: Mapping[str, Any]) -> Iterable[Found]:
    """Test what is written, how soon and how close together; one piece of evidence for the most telling."""
    made = orders(session)
    if not len(made):
        return []
    told = opinions(session, made, base["length_min"])
    tests = (_copied(session, made, told, base), _prompt(made, told, base), _together(made, told, base))
    looks = [one for one in tests if one is not None]
    return [_evidence(session, made, told, best(looks))] if looks else []


def _marked(made: Orders, told: Opinions, which: Bools | npt.NDArray[np.int64]) -> Bools:
    """Orders of some reviews."""
    out = np.zeros(len(made), dtype=bool)
    out[told.order[which]] = True
    return out


def _copied(session: Session, made: Orders, told: Opinions, base: Mapping[str, Any]) -> Look | None:
    """Long reviews that another buyer wrote too."""
    long = told.line >= 0
    if long.sum() < base["reviews_min"]:
        return None
    rate = (base["copied_share"], base["copied_concentration"])
    one = share("copied", _marked(made, told, told.shared >= 2), _marked(made, told, long), rate)
    return replace(one, p=held_against(one.p, _beyond_reward(session, made, one.members, base)))


def _beyond_reward(session: Session, made: Orders, copied: Bools, base: Mapping[str, Any]) -> float:
    """Probability that a shop which pays for praise explains who wrote it: those it moves are any of its buyers.

    It does not move nearly all buyers of one product, nor those with one weight, purse or province, nor those alone whose
    parcels weigh otherwise.
    """
    done = made.happened("completed") | made.happened("delivered") | copied
    product = goods(made)
    n, said = (
        np.bincount(product[done]),
        np.bincount(product[done & copied], minlength=int(product[done].max()) + 1),
    )
    rates = share_tail(said, n, base["reward_share"], base["reward_concentration"])[said > 0]
    rate = float(rates.min() * len(rates)) if len(rates) else 1.0
    nowhere = np.zeros(len(made), dtype=np.int64)
    facts = [
        Fact(np.where(made.weight_g > 0, made.weight_g, -1), product),
        Fact(np.where(made.keys["region"] >= 0, made.keys["region"] + 1, -1), nowhere),
        insiders(session, made),
        *purses(made),
    ]
    return min(3 * min(rate, together(copied, done, facts), _apart(session, made, copied, done, base)), 1.0)


def _apart(session: Session, made: Orders, copied: Bools, done: Bools, base: Mapping[str, Any]) -> float:
    """Probability that chance, or a warehouse with cards of its own, makes praised parcels weigh otherwise than others of the same goods."""
    cell = goods(made, pieces(session, made))
    use = done & (made.weight_g > 0) & (made.keys["target_id"] >= 0)
    z, wins, pairs = np.zeros(2), 0.0, 0
    kind, praised = 0, 0
    for one in np.unique(cell[use & copied]).tolist():
        here = use & (cell == one)
        ours, others = made.weight_g[here & copied], made.weight_g[here & ~copied]
        if len(ours) < _FEW or len(others) < _FEW:
            continue
        above, spread = _ranked(ours, others)
        wins, pairs = wins + above, pairs + len(ours) * len(others)
        z += (above - len(ours) * len(others) / 2, spread)
        middle = np.median(ours)  # from there on, hardly a parcel of the others
        far = made.weight_g >= middle if 2 * above > len(ours) * len(others) else made.weight_g <= middle
        like = here & far
        kind, praised = kind + int(like.sum()), praised + int((like & copied).sum())
    if not pairs or abs(wins / pairs - 0.5) < _DIFFERENCE or z[1] <= 0:
        return 1.0
    chance = math.erfc(abs(z[0]) / math.sqrt(2 * z[1]))
    card = float(share_tail(praised, kind, base["reward_share"], base["reward_concentration"]))
    return float(min(chance + base["apart_share"] * card, 1.0))


def _ranked(ours: Ints, others: Ints) -> tuple[float, float]:
    """Pairs in which ours weighs more, ties half; and the variance of that number under chance."""
    order = np.sort(others)
    above = (np.searchsorted(order, ours, "left") + np.searchsorted(order, ours, "right")).sum() / 2
    n, m = len(ours), len(others)
    ties = np.unique(np.concatenate([ours, others]), return_counts=True)[1].astype(np.float64)
    whole = n + m
    return float(above), float(n * m / 12 * (whole + 1 - (ties**3 - ties).sum() / (whole * (whole - 1))))


def _prompt(made: Orders, told: Opinions, base: Mapping[str, Any]) -> Look | None:
    """Reviews of a parcel that nobody can have opened yet."""
    came = made.at["delivered"][told.order]
    judged = (came != NEVER) & (came != UNTIMED) & (told.ts != UNTIMED)
    judged &= made.keys["tracking_id"][told.order] >= 0  # what is not sent by parcel is used at once
    if judged.sum() < base["reviews_min"]:
        return None
    wait = np.where(judged, told.ts - came, NEVER)
    soon = wait < base["prompt_s"] * SECOND
    if soon.sum() > base["skew_share"] * judged.sum() and (wait[soon] < 0).all():
        return None  # two clocks
    rate = (base["prompt_share"], base["prompt_concentration"])
    return share("prompt", _marked(made, told, soon), _marked(made, told, judged), rate)


def _together(made: Orders, told: Opinions, base: Mapping[str, Any]) -> Look | None:
    """Reviews of different buyers that follow one another within a minute."""
    timed = np.flatnonzero(told.ts != UNTIMED)
    if len(timed) < base["reviews_min"]:
        return None
    timed = timed[np.argsort(told.ts[timed], kind="stable")]
    ts, buyer = told.ts[timed], told.buyer[timed]
    if len(np.unique(ts)) < 0.5 * len(ts):
        return None  # a record that rounds its times says nothing of minutes
    near = (np.diff(ts) <= MINUTE) & (np.diff(buyer) != 0)
    close = np.r_[near, False] | np.r_[False, near]
    around = np.searchsorted(ts, ts + _AROUND) - np.searchsorted(ts, ts - _AROUND) - 1
    chance = float((1 - np.exp(-around * MINUTE / _AROUND)).mean())
    rate = (min(base["together_share"] + chance, 0.9), base["together_concentration"])
    return share("together", _marked(made, told, timed[close]), _marked(made, told, timed), rate)


def _evidence(session: Session, made: Orders, told: Opinions, found: Best) -> Found:
    rows = session.rows("review")
    mine = made.id.take(pa.array(np.flatnonzero(found.shown)))
    line = told.line[found.look.members[told.order]]
    causes = (
        Cause("platform_template", "ruled_out"),
        Cause("copied_for_coins", "ruled_out" if found.p < SURE else "open"),
    )
    return said(
        SIGNAL, session, made, found, clear="own_words",
        args={"reviews": len(told), "lines": len(np.unique(line[line >= 0]))},
        causes=causes if found.accused and found.look.name == "copied" else (),
        rows=rows.filter(pc.is_in(rows["order_id"], value_set=mine)),
    )  # fmt: skip


SIGNAL = Signal(
    id="orders.reviews",
    version=2,
    question=Question.SALES,
    tier=Tier.T2,
    title=Say("Reviews by script", "脚本式好评"),
    says={
        "copied": Say(
            "{units} of {tested} longer reviews ({found_share}) repeat another buyer's words: {lines} sentences in all. Honest shops "
            "have {expected_share}.",
            "{tested} 条较长评价中有 {units} 条（{found_share}）与其他买家的评价雷同，总共只有 {lines} 种说法；正常店铺约为 {expected_share}。",
        ),
        "prompt": Say(
            "{units} of {tested} reviews ({found_share}) were written before the parcel had come or within ten minutes of it; "
            "honest buyers: {expected_share}.",
            "{tested} 条评价中有 {units} 条（{found_share}）写于包裹签收之前或签收后十分钟内；正常买家约为 {expected_share}。",
        ),
        "together": Say(
            "{units} of {tested} reviews ({found_share}) follow another buyer's within a minute; at this shop's pace {expected_share} "
            "would.",
            "{tested} 条评价中有 {units} 条（{found_share}）与其他买家的评价相隔不到一分钟；按该店评价的节奏应为 {expected_share}。",
        ),
        "own_words": Say(
            "{reviews} written reviews are short or in the buyers' own words, and come when parcels have been opened.",
            "{reviews} 条文字评价或简短、或各有各的说法，且均在收货拆封之后陆续发布。",
        ),
    },
    look=look,
)
