"""Parcels that carry nothing: of one weight whatever was ordered, confirmed without a scan, or paid back and not wanted back.

## What it looks for
Parcels that weigh the same to the gram although they hold other goods, or another number of them. Orders of two or three
pieces whose parcels weigh no more than those of one. Parcels of half the weight that the same goods have for others, or single pieces of a third. Orders confirmed as received although no parcel was
scanned on the way, or none on arrival, where other orders were. Parcels whose whole price goes back to the buyer in several
parts on different days, after they had come, while nobody asks for the goods.

## Why it matters
Brushed orders need a parcel number, not a parcel: empty parcels (空包) are sold by the thousand, worthless presents are sent
in their place (拍A发B; Dongyang, 2024: a million orders). They are delivered, confirmed and never refunded; or the seller
refunds whom he had hired (WWW'15: sellers refund workers), in parts, so that no order stands there as refunded, and lets
them keep what was worth nothing.

## How it is fooled
By true parcels of true weight; by weights that nobody records; by ordering one piece of one product only; by refunding at once, or outside
the platform.

## What clears it
One product in one box weighs the same, so the goods that share a weight must differ in price by half or in number.
Shops that enter the same weight for every parcel of a product: then products are counted and not parcels. Goods
in a sealed box that are sent one by one: a number of pieces tells nothing unless others who ordered the same got more. Weights
rounded to 50 g, default weights (a round number stands for "not weighed"). Vouchers and other goods that are never sent. Gift boxes
make other goods weigh the same: a common weight names nobody unless those orders have something else in common that no box
explains (praise, purses, buyers who confirm within the day where others leave it to the clock, money given back for goods that nobody complains of and nobody
wants back). Compensations are a part of the price and no more; a buyer who was compensated and refunded in the
end is one in a hundred. Deposit and balance go back together. The same refund told by two sources counts once. A
bad lot that is paid back in steps is one product: that is told and names nobody.

## Method
A weight that stands above the weights beside it (`kernel.lengths`), the goods it mostly belongs to left out; shares of
multi-piece parcels and of unscanned orders against beta-binomials across rooms. All looks are paid for. Baselines:
`packs/baselines/orders.parcels.toml`.

## Examples
    >>> from zhenbo.proof.pages import look
    >>> look('orders.parcels', '''
    ... 20:00-22:00 b1..b40 order o{n} 59.00 scattered [product=p{n%5} weight={812|903|1045|731|688|954|871}]
    ... 20:30-21:30 a1..a12 order f{n} 59.00 [product=p1 weight=123]
    ... 20:30-21:30 a13..a24 order g{n} 159.00 [product=p2 weight=123]
    ... 20:30-21:30 a25..a30 order k{n} 318.00 [product=p2 qty=2 weight=123]
    ... d+1 09:00-12:00 shipped o{n} x40; d+1 09:00 shipped f{n} x12; d+1 09:00 shipped g{n} x12; d+1 09:00 shipped k{n} x6
    ... d+5 09:00-d+9 21:00 reviewed f{n} x12 "好评" scattered; d+5 09:00-d+9 21:00 reviewed g{n} x10 "很好" scattered
    ... ''')
    orders.parcels: accuses, names 30 orders, says same_weight
    >>> look('orders.parcels', '''
    ... 20:00-22:00 b1..b40 order o{n} 59.00 scattered [product=p{n%5} weight={812|903|1045|731|688|954|871}]
    ... 20:30-21:30 c1..c40 order f{n} 39.00 [product=box weight=1213]
    ... d+1 09:00-12:00 shipped o{n} x40; d+1 09:00-12:00 shipped f{n} x40
    ... ''')
    orders.parcels: clears, names 0 orders, says as_ordered
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from zhenbo.core.evidence import Cause, Found, Missing, Say, Signal
from zhenbo.core.session import HOUR, Session, codes
from zhenbo.core.subject import Question, Tier
from zhenbo.kernel.lengths import equal_lengths
from zhenbo.kernel.opinions import opinions
from zhenbo.kernel.orders import Orders, because, orders
from zhenbo.kernel.parts import parts
from zhenbo.signals.company import (
    ALONE,
    SURE,
    Fact,
    Shared,
    forgiven,
    goods,
    held_against,
    insiders,
    prompt,
    purses,
    seconded,
    shared,
)
from zhenbo.signals.company import pieces as pieces_of
from zhenbo.signals.looks import Best, Look, best, said, share
from zhenbo.signals.nulls import P_FLOOR

Ints = npt.NDArray[np.int64]
Bools = npt.NDArray[np.bool_]

_HALF = 0.69
"""Logarithm of two."""
_SPOKEN = 8
"""Characters from which a review tells anything."""
_NARROW, _GIVE = 1.6, 1.25
"""Some light parcels are of one weight while the heaviest is no more than so many times the lightest; give or take so much others are of it too."""
_FLANK = 4
"""Grams from which a weight can be compared with those beside it."""


def look(session: Session, base: Mapping[str, Any]) -> Iterable[Found]:
    """Test weights against goods, weights against numbers, confirmations against scans."""
    made = orders(session)
    if not len(made):
        return []
    told = made.happened("shipped").any() and (made.weight_g > 0).any()
    missing = [] if told else [Missing(Question.SALES, "logistics")]
    pieces = pieces_of(session, made)
    beside = _beyond_boxes(session, made, base)
    light = _light(made, pieces, beside, base)
    tests = (
        _same_weight(made, pieces, beside, base),
        _weightless(made, pieces, base),
        light,
        None if light and light.p < SURE else _underweight(made, pieces, beside, base),
        _unscanned(made, base),
        _undelivered(session, made, base),
        _paid_back(session, made, base),
    )
    looks = [one for one in tests if one is not None]
    return [*missing, _evidence(session, made, best(looks), base)] if looks else missing


def _cells(made: Orders, pieces: Ints) -> Ints:
    """A code per order for its goods: product and number of pieces; −1 where the product is unknown."""
    product = made.keys["target_id"]
    _, code = np.unique(np.stack([product, pieces]), axis=1, return_inverse=True)
    return np.asarray(np.where(product >= 0, code.ravel(), -1), dtype=np.int64)


def _same_weight(made: Orders, pieces: Ints, beside: Sequence[Fact], base: Mapping[str, Any]) -> Look | None:
    """Parcels of other goods that weigh exactly as much as the room's most conspicuous parcel."""
    weight, cell = made.weight_g, _cells(made, pieces)
    judged = (weight > 0) & (cell >= 0)
    n = int(judged.sum())
    if n < base["parcels_min"] or len(np.unique(cell[judged])) < 3 or (weight[judged] % 50 == 0).mean() > 0.5:
        return None
    tens = (weight[judged] % 10 == 0).mean() > 0.8  # a scale that shows ten grams
    grid = np.where(judged, weight // (10 if tens else 1), 0)
    values, count = np.unique(weight[judged], return_counts=True)
    told = (grid, cell, judged)
    common = values[count >= _FLANK].tolist()
    found = [one for w in common if (one := _at(made, pieces, told, w, tens, base))]
    looks = max(len(found), 1)
    nothing = Look("same_weight", 1.0, n, 0, 0.0, (0.0, 0.0), np.zeros(len(made), dtype=bool), judged)
    top = min(found, key=lambda one: one.p, default=nothing)
    p = held_against(min(top.p * looks, 1.0), shared(top.members, judged, beside).p)
    return replace(top, p=p, tested=n, judged=judged)


def _beyond_boxes(session: Session, made: Orders, base: Mapping[str, Any]) -> list[Fact]:
    """What parcels of an odd weight may have in common that no box explains.

    Boxes do not choose who praises, who pays, who confirms at once, nor who is paid back and may keep the goods.
    """
    told = opinions(session, made, _SPOKEN)
    copied = np.zeros(len(made), dtype=np.int64)
    wrote = np.zeros(len(made), dtype=np.int64)
    wrote[told.order] = 1
    copied[told.order[told.shared >= 2]] = 1
    product = goods(made)
    return [
        Fact(wrote, product), Fact(copied, product), insiders(session, made), *purses(made),
        prompt(made, int(base["prompt_h"] * HOUR)), forgiven(made, base["complaint"]),
    ]  # fmt: skip


def _at(
    made: Orders,
    pieces: Ints,
    told: tuple[Ints, Ints, Bools],
    weight: int,
    tens: bool,
    base: Mapping[str, Any],
) -> Look | None:
    """One weight: how many parcels of other goods have it, against the weights beside it."""
    grid, cell, judged = told
    same = judged & (made.weight_g == weight)
    own = int(np.bincount(cell[same]).argmax())
    usual = float(np.median(made.amount[same & (cell == own)]))
    # variants and boxes of one kind weigh the same and cost the same; empty parcels weigh the same at any price
    other = np.abs(np.log(np.maximum(made.amount, 1) / max(usual, 1.0))) > base["price_apart"]
    product = made.keys["target_id"]
    sealed = product[np.argmax(cell == own)]
    if not _varied(made, judged & (product == sealed) & (pieces == 1), weight, base):
        other &= product != sealed  # boxes sent one by one: another number of them tells nothing
    rest = judged & (cell != own) & other
    hits = rest & same
    units, tested = hits, rest
    if _nominal(made.weight_g, cell, judged & ~same):
        units, tested = _first(cell, hits), _first(cell, rest)
    k = int(weight // (10 if tens else 1))
    near = [
        c
        for c in equal_lengths(grid[tested].astype(np.float64), 0.0, ((1.0, _FLANK),))
        if int(grid[tested][c.members[0]]) == k
    ]
    if not near or units.sum() < _FLANK:
        return None
    p = float(np.clip(near[0].tail, base["default_p"] if weight % 50 == 0 else P_FLOOR, 1))
    spread = (0.0, 3 * near[0].expected)
    return Look("same_weight", p, int(tested.sum()), int(units.sum()), near[0].expected, spread, same, judged)


def _varied(made: Orders, mine: Bools, weight: float, base: Mapping[str, Any]) -> bool:
    """Whether other parcels of the same goods weigh more: who ordered those got something else."""
    return int((made.weight_g[mine] > base["piece_ratio"] * weight).sum()) >= 2


def _nominal(weight: Ints, cell: Ints, use: Bools) -> bool:
    """Whether most goods have one weight each, to the gram: entered by hand and not weighed."""
    n = np.bincount(cell[use], minlength=1)
    pairs = np.unique(np.stack([cell[use], weight[use]]), axis=1)
    kinds = np.bincount(pairs[0], minlength=len(n)) if use.any() else n
    several = n >= 2
    return bool(several.any() and (kinds[several] == 1).mean() > 0.3)


def _first(cell: Ints, which: Bools) -> Bools:
    """One order of each cell."""
    at = np.flatnonzero(which)
    _, first = np.unique(cell[at], return_index=True)
    out = np.zeros(len(which), dtype=bool)
    out[at[first]] = True
    return out


def _weightless(made: Orders, pieces: Ints, base: Mapping[str, Any]) -> Look | None:
    """Parcels of several pieces that weigh no more than those of one."""
    product, weight = made.keys["target_id"], made.weight_g
    told = (weight > 0) & (product >= 0)
    if not told.any():
        return None
    single = np.full(int(product.max()) + 1, np.nan)
    for one in np.unique(product[told & (pieces == 1)]).tolist():
        mine = told & (product == one) & (pieces == 1)
        single[one] = np.median(weight[mine]) if mine.sum() >= 2 else np.nan
    usual = single[np.maximum(product, 0)]
    several = told & (pieces > 1) & np.isfinite(usual)
    n = int(several.sum())
    if n < base["several_min"]:
        return None
    light = several & (weight < base["piece_ratio"] * np.where(np.isfinite(usual), usual, 0.0))
    members = np.zeros(len(made), dtype=bool)
    for one in np.unique(product[light]).tolist():
        mine = told & (product == one)
        low, high = np.quantile(weight[light & mine], (0.0, 1.0))
        if _varied(made, mine & (pieces == 1), float(high), base):
            members |= mine & (weight >= 0.95 * low) & (weight <= 1.05 * high)
        else:
            light &= product != one
    rate = (base["light_share"], base["light_concentration"])
    return share("weightless", members, told, rate, units=(int(light.sum()), n))


def _light(made: Orders, pieces: Ints, beside: Sequence[Fact], base: Mapping[str, Any]) -> Look | None:
    """Parcels that weigh less than half of what the same goods weigh at the same price for others."""
    told = (made.weight_g > 0) & (made.keys["target_id"] >= 0)
    cell = _at_one_price(made, pieces)
    judged, light = _each(cell, told, made.weight_g, _lower)
    light |= _more_in_no_more(made, pieces, told, light)
    judged |= light
    if judged.sum() < base["parcels_min"] or not light.any():
        return None
    found = share("light", light, judged, (base["light_parcel_share"], base["light_parcel_concentration"]))
    other = shared(light, judged, beside)
    found = replace(found, p=seconded(found.p, other.p))
    if other.p >= SURE:
        return found
    also = _as_light(made, cell, told, light, other)
    strangers = min(other.strangers * (1 + also.sum() / light.sum()), found.expected)
    spread = (0.0, 2 * strangers)  # the company they keep tells better than a house rule how many are honest
    members, units = light | also, found.units + int(also.sum())
    return replace(
        found, members=members, judged=judged | also, units=units, tested=found.tested + int(also.sum()),
        expected=strangers, honest=spread,
    )  # fmt: skip


def _at_one_price(made: Orders, pieces: Ints) -> Ints:
    """A code per order for what is compared by weight: product, number of pieces, and price to a tenth."""
    price = np.round(np.log(np.maximum(made.amount, 1) / pieces) / 0.1).astype(np.int64)
    _, cell = np.unique(np.stack([made.keys["target_id"], pieces, price]), axis=1, return_inverse=True)
    return np.asarray(cell, dtype=np.int64).ravel()


def _each(cell: Ints, told: Bools, grams: Ints, low: Callable[[Ints], Bools]) -> tuple[Bools, Bools]:
    """Orders in cells large enough to be compared, and those of them that a rule finds low among the weights of their cell."""
    judged, light = np.zeros(len(cell), dtype=bool), np.zeros(len(cell), dtype=bool)
    for one in np.flatnonzero(np.bincount(cell[told], minlength=1) >= _FLANK).tolist():
        mine = np.flatnonzero(told & (cell == one))
        judged[mine] = True
        light[mine] = low(grams[mine])
    return judged, light


def _more_in_no_more(made: Orders, pieces: Ints, told: Bools, light: Bools) -> Bools:
    """Parcels of the same goods that weigh no more than the light ones, and hold as many pieces or more."""
    product, out = made.keys["target_id"], np.zeros(len(made), dtype=bool)
    for one in np.unique(product[light]).tolist():
        mine = light & (product == one)
        enough = pieces >= pieces[mine].min()
        out |= told & (product == one) & enough & (made.weight_g <= made.weight_g[mine].max())
    return out


def _as_light(made: Orders, cell: Ints, told: Bools, light: Bools, other: Shared) -> Bools:
    """Parcels as light, of goods that nobody got heavier, whose buyers share what the light ones share far more often than others do."""
    from scipy import stats

    low, high = np.quantile(made.weight_g[light], (0.0, 1.0))
    near = told & (made.weight_g >= low / _GIVE) & (made.weight_g <= high * _GIVE) & (high <= _NARROW * low)
    near &= ~np.isin(cell, cell[told & ~near])
    rest = ~near & ~light
    usual = (int((rest & other.has).sum()) + 1) / (int(rest.sum()) + 2)
    size, having = (np.bincount(cell[near], w, int(cell.max()) + 1) for w in (None, other.has[near]))
    far = np.flatnonzero(stats.binom.sf(having - 1, size, usual) * max((size > 0).sum(), 1) < SURE)
    return np.asarray(near & other.has & np.isin(cell, far))


def _lower(grams: Ints) -> Bools:
    """Which of some weights belong to a lower kind: below the widest gap, and half of what lies above."""
    order = np.argsort(grams, kind="stable")
    logs = np.log(grams[order].astype(np.float64))
    gaps = np.diff(logs)
    at = int(np.argmax(gaps)) + 1
    enough = at >= 2 <= len(grams) - at or len(grams) - at >= _FLANK
    apart = enough and np.median(logs[at:]) - np.median(logs[:at]) >= _HALF
    out = np.zeros(len(grams), dtype=bool)
    if apart and gaps[at - 1] >= _HALF / 2:
        out[order[:at]] = True
    return out


def _under_a_third(grams: Ints) -> Bools:
    """Which of some weights are less than a third of the ordinary one."""
    return np.asarray(3 * grams < np.quantile(grams, 0.75))


def _underweight(made: Orders, pieces: Ints, beside: Sequence[Fact], base: Mapping[str, Any]) -> Look | None:
    """Single pieces, of several goods, that weigh less than a third of what the same piece weighs for others at the same price.

    One piece cannot be sent in parts, and no size or colour is so light.
    """
    product = made.keys["target_id"]
    told = (made.weight_g > 0) & (product >= 0) & (pieces == 1)
    judged, under = _each(_at_one_price(made, pieces), told, made.weight_g, _under_a_third)
    if judged.sum() < base["parcels_min"] or len(np.unique(product[under])) < base["underweight_goods"]:
        return None
    rate = (base["underweight_share"], base["underweight_concentration"])
    found = share("underweight", under, judged, rate)
    grams, count = np.unique(made.weight_g[under], return_counts=True)
    most = int(np.argmax(count))
    if grams[most] % 50 == 0 and count[most] >= 0.8 * under.sum():  # what software enters for "not weighed"
        return replace(found, p=max(found.p, base["default_p"]))
    if because(made, base["complaint"])[under].mean() >= base["short_share"]:  # buyers got too little
        return replace(found, p=max(found.p, ALONE))
    return replace(found, p=seconded(found.p, shared(under, judged, beside).p, base["underweight_floor"]))


def _unscanned(made: Orders, base: Mapping[str, Any]) -> Look | None:
    """Orders confirmed as received of which no parcel was ever scanned, though others of the same goods were."""
    scanned = made.happened("delivered") | made.happened("shipped")
    product = made.keys["target_id"]
    sent = np.isin(product, np.unique(product[scanned & (made.keys["tracking_id"] >= 0) & (product >= 0)]))
    judged = made.happened("completed") & sent
    if judged.sum() < base["parcels_min"] or (judged & scanned).sum() < base["scanned_min"]:
        return None
    return share(
        "unscanned", judged & ~scanned, judged, (base["unscanned_share"], base["unscanned_concentration"])
    )


def _undelivered(session: Session, made: Orders, base: Mapping[str, Any]) -> Look | None:
    """Orders that left the shop and were confirmed, by the buyer or by the clock, of which no arrival was ever scanned.

    Carriers lose scans, and a carrier may not be connected at all: then its parcels come back as often as others do.
    """
    scanned, sent = made.happened("delivered"), made.at["shipped"]
    judged = made.happened("completed") & made.happened("shipped")
    if judged.sum() < base["parcels_min"] or (judged & scanned).sum() < base["scanned_min"]:
        return None
    odd = judged & ~scanned
    found = share("undelivered", odd, judged, (base["unscanned_share"], base["unscanned_concentration"]))
    low, high = np.quantile(sent[judged & scanned], (0.05, 0.95))
    broken = odd.any() and not low <= np.median(sent[odd]) <= high  # the scans of a stretch are lost
    if broken or _own_carrier(made, odd, judged & scanned):
        return replace(found, p=max(found.p, ALONE))
    back = made.happened("asked") | made.happened("refunded") | made.happened("sent_back")
    facts = [Fact((~back).astype(np.int64), goods(made)), insiders(session, made), *purses(made)]
    return replace(found, p=seconded(found.p, shared(odd, judged, facts).p, base["undelivered_floor"]))


def _own_carrier(made: Orders, odd: Bools, others: Bools) -> bool:
    """Whether the parcels without a scan went by a carrier, told by the letters of its numbers, that hardly any other went by."""
    code, numbers = made.keys["tracking_id"], made.names["tracking_id"].cast(pa.string())
    letters = pc.struct_field(pc.extract_regex(numbers, r"^(?P<carrier>[A-Za-z]+)"), "carrier")
    carrier, _ = codes(pa.chunked_array([letters]))
    told = np.where(code >= 0, np.append(carrier, -1)[code], -1)
    mine, theirs = told[odd & (told >= 0)], told[others & (told >= 0)]
    if not len(mine) or not len(theirs):
        return False
    most = np.bincount(mine).argmax()
    return bool((mine == most).mean() >= 0.9 and (theirs == most).mean() <= 0.1)


def _paid_back(session: Session, made: Orders, base: Mapping[str, Any]) -> Look | None:
    """Parcels that came, whose price went back in parts on different days, and that nobody wanted back."""
    back = made.happened("sent_back") | made.happened("received_back")
    came = made.happened("delivered") | made.happened("completed")
    judged = made.was_paid & came
    parted = parts(session, made)
    whole = judged & ~back & (parted.days >= 1) & (parted.share >= base["whole_share"])
    if judged.sum() < base["parcels_min"] or not whole.any():
        return None
    rate = (base["parts_share"], base["parts_concentration"])
    found = share("paid_back", whole, judged, rate)
    product = made.keys["target_id"][whole]
    if product.max() < 0 or np.bincount(product[product >= 0]).max() >= base["one_product"] * len(product):
        found = replace(found, p=max(found.p, ALONE))
    if found.p < SURE:  # whoever has had the first part by the same rule waits for the rest
        first = np.round(parted.first[whole], 2)
        rule = [r for r in np.unique(first).tolist() if (first == r).mean() >= base["rule_share"]]
        due = judged & ~back & ~whole & (parted.rows == 1) & np.isin(np.round(parted.first, 2), rule)
        found = replace(found, members=found.members | due)
    return found


def _evidence(session: Session, made: Orders, found: Best, base: Mapping[str, Any]) -> Found:
    light = found.look.members & (made.weight_g > 0)
    grams = int(np.median(made.weight_g[light])) if light.any() else 0
    cause = "product_recall" if found.look.name == "paid_back" else "standard_parcel"
    causes = (Cause(cause, "ruled_out" if found.p < SURE else "open"),) if found.accused else ()
    usual: dict[str, float] = (
        {"expected_share": base["light_parcel_share"]} if found.look.name == "light" else {}
    )
    if found.look.name == "underweight":
        usual["goods"] = len(np.unique(made.keys["target_id"][light]))
    return said(
        SIGNAL, session, made, found, clear="as_ordered", args={"grams": grams, **usual}, causes=causes
    )


SIGNAL = Signal(
    id="orders.parcels",
    version=3,
    question=Question.SALES,
    tier=Tier.T2,
    title=Say("Parcels that carry nothing", "空包与虚假物流"),
    says={
        "same_weight": Say(
            "{orders} parcels of different goods weigh the same to the gram ({grams} g); of {tested} parcels of other goods than "
            "most of these, {units} do.",
            "{orders} 个装有不同商品的包裹重量分毫不差（{grams} 克）；在 {tested} 个其他商品的包裹中有 {units} 个如此。",
        ),
        "weightless": Say(
            "{units} of {tested} parcels of several pieces weigh no more than a single piece ({grams} g); honest rooms have "
            "{expected_share}. {orders} parcels have such a weight.",
            "{tested} 个多件包裹中有 {units} 个与单件包裹一样重（{grams} 克）；正常约为 {expected_share}。共有 {orders} 个包裹是这一重量。",
        ),
        "light": Say(
            "{units} of {tested} parcels weigh less than half of what the same goods weigh at the same price for other buyers "
            "({grams} g); honest rooms have {expected_share}, and these orders share more than that.",
            "{tested} 个包裹中有 {units} 个的重量不到其他买家同价同款包裹的一半（{grams} 克）；正常约为 {expected_share}，且这些订单另有共同之处。",
        ),
        "underweight": Say(
            "{units} of {tested} parcels of a single piece, of {goods} different goods, weigh less than a third of what the same piece weighs for other buyers at the "
            "same price ({grams} g); honest shops have {expected_share}.",
            "{tested} 个单件包裹中有 {units} 个（涉及 {goods} 种商品）的重量不到其他买家同价同款单件包裹的三分之一（{grams} 克）；正常约为 {expected_share}。",
        ),
        "unscanned": Say(
            "{units} of {tested} orders confirmed as received ({found_share}) have no scan of any parcel; honest records hold "
            "{expected_share}.",
            "{tested} 笔已确认收货的订单中有 {units} 笔（{found_share}）没有任何物流扫描记录；正常约为 {expected_share}。",
        ),
        "undelivered": Say(
            "{units} of {tested} orders that were sent and confirmed ({found_share}) have no scan of any arrival, where the others have one; honest records hold "
            "{expected_share}.",
            "{tested} 笔已发货并确认收货的订单中有 {units} 笔（{found_share}）没有任何签收扫描，其余订单均有；正常约为 {expected_share}。",
        ),
        "paid_back": Say(
            "The whole price of {units} of {tested} parcels that had come went back to the buyer in several parts on different days, "
            "and nobody asked for the goods; honest shops have {expected_share}. {orders} orders are refunded in this way.",
            "{tested} 个已送达的包裹中有 {units} 个在不同日期分几笔全额退款而无需退货；正常店铺约为 {expected_share}。共有 {orders} 笔订单如此退款。",
        ),
        "as_ordered": Say(
            "{orders} orders have parcels that fit what was ordered.",
            "{orders} 笔订单的包裹与所购商品相符。",
        ),
    },
    look=look,
)
