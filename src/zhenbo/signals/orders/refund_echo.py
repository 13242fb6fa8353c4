"""Refunds that come back like an echo: a wave of orders undone within two days, unshipped.

## What it looks for
Paid orders refunded within 48 hours of payment before anything was shipped, and of these the busiest three
hours by the clock: what share of the orders then at risk was undone together. Beside it, the share undone within
the first hour; and the busiest three hours of the days after, among orders whose parcels have not come yet.

## Why it matters
"Ordered today, 90 % refunded tomorrow" is the merchants' own description of brushed sessions; in a prosecuted
pattern two accounts placed 100 orders each and all were refunded that night. The money has to go home before the
parcels would leave.

## How it is fooled
By refunding slowly over weeks, by shipping empty parcels and never refunding, by refunds outside the platform. By
paying for one real order of about the amount per fake, in the shop or in another room, and keeping it: that costs
what the fake was to save. By invented homes in a few provinces, where the addresses of unshipped orders are taken at
their word. By one product that nobody else buys, whose refunds look like a recall.

## What clears it
The level of refunds is no evidence: apparel sees 60 to 80 % returned, on days three to ten, after delivery; up to
17 % within the hour is ordinary impulse. A part of the price handed back (价保) undoes nothing. Refunds of regions where parcels cannot arrive (Tmall, February 2020:
Hubei 72 %, Xinjiang 63 %, elsewhere 17 to 29 %) are reported as regional: a lost region is many homes, so one
where a few homes hold most orders explains nothing, nor, without addresses, one whose refunds came within six hours, or such as hold
more than a third of all orders. Several regions that are nearly all of the wave, and nearly all
in it, are one depot that burnt. A recall or a wrong price undoes all orders of one
product (or up to three) that had not left the house, from many buyers, and leaves the others alone. Deposits handed back at the term of a
presale are no refunds, where most buyers paid the balance. When a price falls, buyers take their money back and buy the
same again: an order is no echo if its buyer keeps another of the product, or paid a similar amount to the same shop
outside the room within two days of the refund. Without ids the address tells the buyer; one rebuy answers for one
refund. Where the record holds no other
orders of the shop, that cause stays open. Unpaid orders closed by the system are no refunds.
Without buyers and addresses no order is named, and a wave of one product, which a recall or a wrong price makes too, asks.
Refunds without a time of their own cannot be timed, and then nothing is said about waves.

## Method
Three looks, all paid for: the first hour's share, the share in the busiest stretch of two days, and that of the days after, against beta-binomials
that spread across rooms. The second baseline is one of the *busiest* stretch, so the scan pays for itself; it is
wider where only refunds have times and not the buyers' requests, because a desk works off a night in an hour.
Regions whose refund rate stands out, a recalled product, and orders bought again are taken out before looking. Baselines:
`packs/baselines/orders.refund_echo.toml`.

## Examples
    >>> from zhenbo.proof.pages import look
    >>> look('orders.refund_echo', '''
    ... 20:00-22:00 b1..b100 order o{n} 59.00 scattered
    ... 20:30-21:30 a1..a40 order f{n} 99.00 x3
    ... d+1 10:00-12:00 refunded f{n} x120
    ... d+3 09:00-18:00 refunded o{n} x20 scattered
    ... ''')
    orders.refund_echo: accuses, names 120 orders, says wave
    >>> look('orders.refund_echo', '''
    ... 20:00-22:00 b1..b200 order o{n} 199.00 scattered
    ... d+1 09:00-18:00 shipped o{n} x200
    ... d+3 09:00-22:00 refunded o{n} x70 scattered
    ... d+6 09:00-22:00 refunded o{n} x140 scattered
    ... ''')
    orders.refund_echo: clears, names 0 orders, says spread
    >>> look('orders.refund_echo', '''
    ... 20:00-22:00 b1..b100 order o{n} 59.00 scattered [region=p{n%5} addr=home{n}]
    ... 21:00-21:30 a1..a40 order f{n} 99.00 x2 [region=p9 addr=one]
    ... 22:30-23:30 refunded f{n} x80
    ... d+3 09:00-22:00 refunded o{n} x15 scattered
    ... ''')
    orders.refund_echo: accuses, names 80 orders, says wave
    >>> look('orders.refund_echo', '''
    ... 20:00-22:00 b1..b100 order o{n} 59.00 scattered
    ... 20:30-21:30 a1..a60 order f{n} 99.00
    ... d+1 10:00-12:00 refunded f{n} x60
    ... session none of host h1
    ... d+1 10:10-12:10 a1..a60 order g{n} 79.00
    ... ''')
    orders.refund_echo: clears, names 0 orders, says spread
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from zhenbo.core.evidence import Cause, Effect, Found, Missing, Say, Signal, cite
from zhenbo.core.session import DAY, HOUR, Session
from zhenbo.core.subject import Question, Tier
from zhenbo.kernel.orders import NEVER, UNTIMED, Orders, orders
from zhenbo.kernel.rebuys import Alike, rebought_elsewhere
from zhenbo.signals.bunching import CLEAR_DB, UNREMARKABLE, excess_weight
from zhenbo.signals.looks import NAMELESS_DB, keyed
from zhenbo.signals.nulls import P_FLOOR, Floats, share_tail

Ints = npt.NDArray[np.int64]
Bools = npt.NDArray[np.bool_]


def look(session: Session, base: Mapping[str, Any]) -> Iterable[Found]:
    """Look for refund waves where refunds can be timed; tell regional refunds apart in any case."""
    made = orders(session)
    moment = _undone_at(made)
    alike = Alike(int(base["rebuy_h"] * HOUR), base["rebuy_low"], base["rebuy_high"])
    outside = rebought_elsewhere(session, made, moment, alike)
    paid = made.was_paid & ~_presold(made) & ~_rebought(made, base["rebuy_low"]) & ~outside
    if paid.sum() < base["paid_min"]:
        return []
    back = (made.happened("refunded") | made.happened("asked") | made.happened("cancelled")) & ~made.in_part
    regional = _regions(made, paid, paid & back, moment, base)
    out = np.isin(made.keys["region"], regional)
    if (paid & back).any() and (paid & back & (moment == NEVER)).sum() > 0.5 * (paid & back).sum():
        gap: list[Found] = [Missing(Question.SALES, "refund_times")]
        return [*gap, _regional(session, made, paid & back, out, regional)] if len(regional) else gap
    wave = _wave(made, paid & ~out, moment, base)
    depot = _depot(made, back, paid & ~out, wave.members, base)
    if len(depot):
        regional, out = np.r_[regional, depot], out | np.isin(made.keys["region"], depot)
        wave = _wave(made, paid & ~out, moment, base)
    if not keyed(made) and _one_product(made, wave):
        wave = replace(wave, p=max(wave.p, base["nameless_p"]))
    recalled = _recalled(session, made, paid & ~out, wave, moment)
    if recalled is not None:
        wave = _wave(made, paid & ~out & ~recalled, moment, base)
    if len(regional) and wave.p >= UNREMARKABLE:
        return [_regional(session, made, paid & back, out, regional)]
    echoed = (
        outside.any() and _accused(_wave(made, (paid | outside) & ~out, moment, base)) and not _accused(wave)
    )
    rebought = "explains" if echoed else "open" if session.elsewhere is None else "ruled_out"
    return [
        _evidence(
            session,
            made,
            paid,
            wave,
            _causes(made, len(regional), recalled is not None, rebought, wave),
        )
    ]


@dataclass(frozen=True)
class _Wave:
    """The more telling of the two looks.

    Args:
        p: probability under the organic null, both looks paid for.
        at_risk: orders that could have been undone in it.
        expected: how many the null expects.
        honest: 5 % and 95 % points of that null, orders.
        members: orders undone in it.
        window: its first and last microsecond.
        judged: orders looked at.
    """

    p: float
    at_risk: int
    expected: float
    honest: tuple[float, float]
    members: Bools
    window: tuple[int, int]
    judged: Bools


def _presold(made: Orders) -> Bools:
    """Deposits whose balance did not come, closed and handed back at the term of a presale in which most paid theirs."""
    lapsed = made.was_paid & made.deposit_only & made.happened("cancelled")
    return np.asarray(lapsed & ((made.payments > 1).sum() >= lapsed.sum()))


def _accused(wave: _Wave) -> bool:
    return bool(wave.members.any()) and wave.p < UNREMARKABLE


def _rebought(made: Orders, low: float) -> Bools:
    """Orders given back by a buyer who keeps another of the same product: a fallen price, a wrong size, no echo.

    One kept order of at least `low` times the amount answers for one given back.
    """
    buyer, product = made.keys["actor_id"], made.keys["target_id"]
    known = made.was_paid & (buyer >= 0) & (product >= 0)
    pair = buyer * (int(product.max(initial=0)) + 1) + product
    undone = known & (made.happened("refunded") | made.happened("asked"))
    kept = known & ~undone & ~made.happened("cancelled")
    back = np.flatnonzero(undone & np.isin(pair, pair[kept]))
    back = back[np.lexsort((back, pair[back]))]
    rank = np.arange(len(back)) - np.searchsorted(pair[back], pair[back])  # how many of the pair came before
    own = np.sort(pair[kept])
    answers = np.searchsorted(own, pair[back], "right") - np.searchsorted(own, pair[back])
    by_amount = np.lexsort((made.amount[kept], pair[kept]))
    dearest = made.amount[kept][by_amount][np.searchsorted(own, pair[back], "right") - 1]
    out = np.zeros(len(made), dtype=bool)
    out[back[(rank < answers) & (dearest >= low * made.amount[back])]] = True
    return out


def _undone_at(made: Orders) -> Ints:
    """When an order was undone: asked for where the record tells, else refunded; `NEVER` if not or unknown.

    A cancellation is no refund here: sellers cancel too (price errors, empty stock), and no cancelled order is in GMV. Nor
    is a part of the price handed back (价保, a voucher forgotten): the goods are kept.
    """
    moment = np.full(len(made), NEVER)
    for step in ("refunded", "asked"):
        moment = np.where(made.timed(step), made.at[step], moment)
    return np.where(made.in_part, NEVER, moment)


def _wave(made: Orders, use: Bools, moment: Ints, base: Mapping[str, Any]) -> _Wave:
    start = _begun(made)
    use = use & (start != UNTIMED) & (start != NEVER)
    shipped = np.where(made.timed("shipped"), made.at["shipped"], made.at["delivered"])
    shipped = np.where(shipped == UNTIMED, NEVER, shipped)
    limit = start + int(base["fast_h"] * HOUR)
    fast = use & (moment <= np.minimum(shipped, limit)) & (moment >= start)
    nothing = np.zeros(len(made), dtype=bool)
    total = int(use.sum())
    if total < base["paid_min"]:
        return _Wave(1.0, total, 0.0, (0.0, 0.0), nothing, (0, 0), use)
    early = fast & (moment - start <= HOUR)
    mean, spread = base["early_share"], base["early_concentration"]
    first = float(share_tail(early.sum(), total, mean, spread))
    honest = _honest(total, mean, spread)
    looks = [_Wave(first, total, total * mean, honest, early, _ends(moment, early), use)]
    late = fast & ~early
    if late.any():
        exits = np.minimum(np.minimum(moment, shipped), limit)
        asked = made.timed("asked")[late].mean() > 0.9
        concentration = base["asked_concentration" if asked else "desk_concentration"]
        looks.append(_busiest(start, exits, moment, use, late, {**base, "concentration": concentration}))
    looks += _late(made, start, moment, use & ~fast, base)
    best = min(looks, key=lambda w: w.p)
    return replace(best, p=min(best.p * len(looks), 1.0))


def _late(made: Orders, start: Ints, moment: Ints, use: Bools, base: Mapping[str, Any]) -> list[_Wave]:
    """The busiest stretch of the days after: undone together before the parcels had come, shipped or not."""
    begin = start + int(base["fast_h"] * HOUR)
    told = (
        "delivered" if made.happened("delivered").any() else "shipped"
    )  # without delivery scans nobody knows what had come
    came = np.where(made.at[told] == UNTIMED, NEVER, made.at[told])
    end = np.minimum(came, start + int(base["late_d"] * DAY))
    use = use & (np.minimum(moment, end) > begin)
    late = use & (moment <= end)
    if not late.any() or use.sum() < base["paid_min"]:
        return []
    honest = {**base, "wave_share": base["late_share"], "concentration": base["late_concentration"]}
    return [_busiest(begin, np.minimum(moment, end), moment, use, late, honest)]


def _honest(n: int, mean: float, concentration: float) -> tuple[float, float]:
    from scipy import stats

    low, high = stats.betabinom.ppf([0.05, 0.95], n, mean * concentration, (1 - mean) * concentration)
    return float(low), float(high)


def _busiest(
    start: Ints, exits: Ints, moment: Ints, use: Bools, late: Bools, base: Mapping[str, Any]
) -> _Wave:
    """The stretch of the clock in which the largest share of the orders at risk was undone."""
    length = int(base["wave_h"] * HOUR)
    undone = np.sort(moment[late])
    begun, ended = np.sort(start[use]), np.sort(exits[use])
    begin = np.unique(undone // (HOUR // 4)) * (HOUR // 4)
    hits = np.searchsorted(undone, begin + length) - np.searchsorted(undone, begin)
    risk = np.searchsorted(begun, begin + length) - np.searchsorted(ended, begin)
    enough = risk >= max(base["paid_min"], base["at_risk_share"] * use.sum())
    p = np.where(
        enough,
        share_tail(hits, np.maximum(risk, hits), base["wave_share"], base["concentration"]),
        1.0,
    )
    at = int(np.argmin(p))
    usual = int(risk[at]) * base["wave_share"]
    window = _stretched(undone, (int(begin[at]), int(begin[at]) + length), usual / base["wave_h"])
    wider = (window[1] - window[0]) / length
    low, high = _honest(int(risk[at]), base["wave_share"], base["concentration"])
    members = late & (moment >= window[0]) & (moment < window[1])
    exposed = int(np.searchsorted(begun, window[1]) - np.searchsorted(ended, window[0]))
    return _Wave(float(p[at]), exposed, usual * wider, (low * wider, high * wider), members, window, use)


def _stretched(undone: Ints, window: tuple[int, int], per_hour: float) -> tuple[int, int]:
    """The busiest stretch with the hours beside it in which at least thrice the honest number was undone."""
    first, last = window
    enough = max(3 * per_hour, 3.0)
    while np.searchsorted(undone, first) - np.searchsorted(undone, first - HOUR) >= enough:
        first -= HOUR
    while np.searchsorted(undone, last + HOUR) - np.searchsorted(undone, last) >= enough:
        last += HOUR
    return first, last


def _ends(moment: Ints, which: Bools) -> tuple[int, int]:
    return (int(moment[which].min()), int(moment[which].max())) if which.any() else (0, 0)


def _recalled(session: Session, made: Orders, use: Bools, wave: _Wave, moment: Ints) -> Bools | None:
    """Orders of the products, or of products at one price, whose recall (or wrong price) explains a wave.

    Nearly all of those that had been made by then and had not left the house are undone, whether in the wave or before it, and
    they are many buyers'.
    """
    product, members = made.keys["target_id"], wave.members
    if not members.any() or (product[members] < 0).any() or not keyed(made):
        return None
    qty = np.maximum(
        np.asarray(
            pc.fill_null(session.events["qty"].take(pa.array(made.row)), 1).to_numpy(), dtype=np.int64
        ),
        1,
    )
    # a wrong price is one of a piece, or one of an order however many pieces it has
    prices = [
        np.round(np.log(np.maximum(made.amount, 1) / pieces) / 0.1).astype(np.int64) for pieces in (qty, 1)
    ]
    priced = [np.unique(np.stack([product, price]), axis=1, return_inverse=True)[1] for price in prices]
    undone = moment <= wave.window[1]
    in_hand = (made.at["created"] <= wave.window[1]) & (undone | ~(made.at["shipped"] < wave.window[0]))
    for goods in (product, *(np.asarray(cell, dtype=np.int64).ravel() for cell in priced)):
        gone = np.zeros(len(made), dtype=bool)
        for one in np.argsort(-np.bincount(goods[members]), kind="stable")[:RECALLED_MOST]:
            of_it = use & (goods == one)
            if not _withdrawn(made, of_it, members, undone, in_hand):
                break
            gone |= of_it
            # beside it others are undone in such hours as they are on any day
            if (use & ~gone).sum() >= BESIDE and (
                members & gone
            ).sum() >= 0.9 * members.sum() - wave.expected:
                return gone
    return None


RECALLED_MOST = 3
"""Products that are recalled at one time."""
BESIDE = 20
"""Orders of other goods, left alone, that a recall is told by."""


def _withdrawn(made: Orders, of_it: Bools, members: Bools, undone: Bools, in_hand: Bools) -> bool:
    """Whether a product was taken back from nearly everybody, and they are many."""
    known = made.buyer[members & of_it]
    many = bool(len(known)) and bool((known >= 0).all()) and len(np.unique(known)) >= 0.8 * len(known)
    return many and bool((of_it & undone).sum() >= 0.8 * (of_it & in_hand).sum())


def _one_product(made: Orders, wave: _Wave) -> bool:
    """Whether nearly all of a wave is one product's: without buyers a recall or a wrong price looks the same."""
    product = made.keys["target_id"][wave.members]
    product = product[product >= 0]
    return bool(len(product)) and bool(np.bincount(product).max() >= 0.9 * wave.members.sum() - wave.expected)


def _regions(made: Orders, paid: Bools, back: Bools, moment: Ints, base: Mapping[str, Any]) -> Ints:
    """Codes of regions in which refunds are far above those elsewhere, and not sooner than anybody knows of a lost road.

    Where addresses are told, many homes vouch for a region; without them two buyers' provinces would, so haste speaks against it, and
    that the room sold most of its goods there.
    """
    region = made.keys["region"]
    told = paid & (region >= 0)
    if not told.any():
        return np.zeros(0, dtype=np.int64)
    n = np.bincount(region[told])
    hits = np.bincount(region[told & back], minlength=len(n))
    rate = hits / np.maximum(n, 1)
    usual = float(np.clip(np.median(np.repeat(rate, n)), 0.01, 0.9)) if n.sum() else base["region_share"]
    p = share_tail(hits, np.maximum(n, 1), usual, base["region_concentration"])
    lost = (n >= base["region_min"]) & (p < base["region_alpha"]) & (rate > 1.5 * usual)
    if not (made.keys["addr"][told] >= 0).any():
        hasty = back & (moment != NEVER) & (moment - _begun(made) < int(base["region_haste_h"] * HOUR))
        lost &= 2 * np.bincount(region[told & hasty], minlength=len(n)) < hits
        lost &= n[lost].sum() <= base["region_most"] * n.sum()
    return np.flatnonzero(lost & (_homes(made, told, len(n)) >= base["region_homes"]))


def _begun(made: Orders) -> Ints:
    """When an order was paid, else created."""
    return np.where(made.timed("paid"), made.at["paid"], made.at["created"])


def _depot(made: Orders, undone: Bools, at_risk: Bools, wave: Bools, base: Mapping[str, Any]) -> Ints:
    """Codes of a few regions most of whose orders are undone, and that hold nearly all of the wave: a lost depot."""
    region = made.keys["region"]
    told = at_risk & (region >= 0)
    if not (wave & told).any():
        return np.zeros(0, dtype=np.int64)
    n = np.bincount(region[told])
    lost = np.bincount(region[told & undone], minlength=len(n)) >= base["depot_share"] * n
    few = np.flatnonzero(
        lost & (n >= base["depot_min"]) & (_homes(made, told, len(n)) >= base["region_homes"])
    )
    covered = np.isin(region, few)[wave].mean() >= base["depot_cover"]
    covered = covered and (
        bool((made.keys["addr"][told] >= 0).any()) or n[few].sum() <= base["region_most"] * n.sum()
    )
    return few if covered and 1 < len(few) <= base["depot_regions"] else few[:0]


def _homes(made: Orders, which: Bools, regions: int) -> Floats:
    """Distinct addresses per order of each region; 1 where the record has no addresses."""
    known = which & (made.keys["addr"] >= 0)
    region, home = made.keys["region"][known], made.keys["addr"][known]
    orders_, homes = np.bincount(region, minlength=regions), np.bincount(np.unique(np.stack([region, home]), axis=1)[0], minlength=regions)  # fmt: skip
    return np.where(orders_ > 0, homes / np.maximum(orders_, 1), 1.0)


def _regional(session: Session, made: Orders, back: Bools, out: Bools, regional: Ints) -> Found:
    """Refunds that follow the map are told as what they are; they neither accuse nor clear the rest."""
    paid = made.was_paid
    names = made.names["region"].take(pa.array(regional)).to_pylist()
    events, total = cite(session.events.take(pa.array(np.sort(made.row[back & out]))))
    return SIGNAL.evidence(
        window=_span(made, session),
        p=0.5,
        observed=float(back[out].sum()),
        expected=float(out[paid].sum() * back[paid & ~out].mean()) if (paid & ~out).any() else 0.0,
        says="regional",
        args={
            "regions": sorted(names),
            "inside_share": round(float(back[paid & out].mean()), 4),
            "outside_share": round(float(back[paid & ~out].mean()), 4) if (paid & ~out).any() else 0.0,
            "refunds": int(back[out].sum()),
        },
        causes=(Cause("regional", "explains"),),
        events=events,
        events_total=total,
    )


def _evidence(session: Session, made: Orders, paid: Bools, wave: _Wave, causes: tuple[Cause, ...]) -> Found:
    accused = _accused(wave)
    found = int(wave.members.sum())
    weight = max(excess_weight(found, wave.expected, wave.p), CLEAR_DB)
    weight = weight if keyed(made) else min(weight, NAMELESS_DB)
    db: Floats = np.where(wave.members & accused, weight, CLEAR_DB)
    judged = np.flatnonzero(wave.judged)
    shown = wave.members if accused else wave.judged
    events, total = cite(session.events.take(pa.array(np.sort(made.row[shown]))))
    low, high = (max(found - q, 0.0) for q in reversed(wave.honest))
    middle = max(found - wave.expected, 0.0)
    return SIGNAL.evidence(
        window=wave.window if accused else _span(made, session),
        p=float(np.clip(wave.p, P_FLOOR, 1)),
        observed=float(found),
        expected=wave.expected,
        says="wave" if accused else "spread",
        args={
            "refunds": found, "at_risk": wave.at_risk, "paid": int(paid.sum()),
            "wave_share": round(found / max(wave.at_risk, 1), 4), "start_us": wave.window[0], "end_us": wave.window[1],
            "all_share": round(float(made.happened("refunded")[paid].mean()), 4),
        },
        effect=Effect("orders", min(low, middle), middle, max(high, middle)) if accused else None,
        orders=dict(zip(made.id.take(pa.array(judged)).to_pylist(), db[judged].tolist(), strict=True)),
        causes=causes,
        events=events,
        events_total=total,
    )  # fmt: skip


def _causes(made: Orders, regions: int, recalled: bool, rebought: str, wave: _Wave) -> tuple[Cause, ...]:
    """What was taken out before looking, and what could not be tested."""
    accused = _accused(wave)
    causes = []
    if accused:  # of what was left when regions and product had been taken out
        told = made.keys["region"].max(initial=-1) >= 0
        causes.append(Cause("regional", "ruled_out" if told else "open"))
        causes.append(Cause("product_recall", "ruled_out" if _others_sold(made, wave) else "open"))
    else:
        causes += [Cause("regional", "explains")] if regions else []
        causes += [Cause("product_recall", "explains")] if recalled else []
    if accused or rebought == "explains":
        causes.append(Cause("rebought", rebought))
    return (*causes, Cause("unpaid", "ruled_out")) if accused else tuple(causes)


def _others_sold(made: Orders, wave: _Wave) -> bool:
    """Whether enough other goods were sold to tell a recall by."""
    product = made.keys["target_id"]
    top = np.bincount(product[wave.members & (product >= 0)], minlength=1).argmax()
    return bool(product.max(initial=-1) >= 0 and (wave.judged & (product != top)).sum() >= BESIDE)


def _span(made: Orders, session: Session) -> tuple[int, int]:
    created = made.at["created"][made.timed("created")]
    return (int(created.min()), int(created.max())) if len(created) else session.span


SIGNAL = Signal(
    id="orders.refund_echo",
    version=3,
    question=Question.SALES,
    tier=Tier.T2,
    title=Say("Refund echo", "退款回声"),
    says={
        "wave": Say(
            "{refunds} of {at_risk} paid orders ({wave_share}) were undone together between {start_us} and {end_us}, before "
            "anything was shipped.",
            "{at_risk} 笔已付款订单中有 {refunds} 笔（{wave_share}）在 {start_us} 至 {end_us} 之间、未发货即集中退款。",
        ),
        "spread": Say(
            "{all_share} of {paid} paid orders were refunded; none of it came as a wave soon after payment.",
            "{paid} 笔已付款订单中 {all_share} 已退款，未见付款后不久的集中退款。",
        ),
        "regional": Say(
            "Refunds follow the map: {inside_share} in {regions}, {outside_share} elsewhere. That is delivery, not brushing.",
            "退款呈地区性：{regions} 为 {inside_share}，其他地区为 {outside_share}。这是物流原因，并非刷单。",
        ),
    },
    look=look,
)
