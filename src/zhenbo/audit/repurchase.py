"""Repurchase: who comes back, what a customer is worth, what the known customers will bring (FIELD K34; A67's 1,000 seed users).

Cohorts and values are counted, with intervals over buyers. The forecast is a BG/NBD model of returning (`bgnbd.py`) times each
customer's mean purchase drawn to that of all, moved half-way by how the last forecast of the same length went. Beside it
stand the last months carried on (seasonal-naive, once a year is there: the same months a year before) and how both did at
every earlier date at which one could have asked: the interval is made of these errors. No model knows a season that it
has not seen a year of; the errors of the past say so, as far as they go.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Annotated

import msgspec
import numpy as np
from msgspec import Meta, Struct

from zhenbo.audit.bgnbd import Returning, fit
from zhenbo.audit.purchases import Ints, Purchases
from zhenbo.core.verdict import Z90, Count, Interval, Share

HORIZON = 90
AGES = (30, 90, 180, 365)
SEED = 1000
LEAST = 30
"""Buyers below which nothing is said of them."""
SHRINK = 4.0
"""Purchases that the mean of all customers is worth beside a customer's own; on the real orders moments say 3.6 to 7."""
HALF = 0.5
EARLIEST = 60
"""Days of record before a forecast is tried."""
SPREAD_MIN, SPREAD_UNTOLD = 0.08, 0.3
"""Spread of a forecast on the logarithm: never less; and where fewer than three earlier ones could be made (judgement)."""
_YEAR = 364


class Cohort(Struct, frozen=True, kw_only=True):
    """Buyers who first bought in one month."""

    month: str
    buyers: Count
    active: Annotated[
        list[float], Meta(description="share of them who bought in that month, month 1 later, …")
    ]
    value: Annotated[
        list[int], Meta(description="net paid per buyer by the end of that month, 1 later, …; minor units")
    ]


class Month(Struct, frozen=True, kw_only=True):
    """One month of sales."""

    month: str
    net: int
    unnamed: Annotated[int, Meta(description="of it by nobody known")]
    buyers: Count
    new: Annotated[Count, Meta(description="of the buyers, those who had not bought before in this record")]


class AtAge(Struct, frozen=True, kw_only=True):
    """Buyers so many days after their first purchase."""

    days: Count
    over: Annotated[Count, Meta(description="buyers watched that long")]
    again: Annotated[
        Share | None,
        Meta(description="share who bought again by then; null where too few were watched that long"),
    ]
    value: Annotated[Interval | None, Meta(description="net paid per buyer by then, minor units")]
    again_model: Annotated[
        float | None,
        Meta(
            description="the same by the model, held to what was counted at the greatest age that was; also beyond the record"
        ),
    ]
    value_model: int | None


class Tried(Struct, frozen=True, kw_only=True):
    """A forecast made on an earlier day, and what came."""

    on: str
    revenue: int
    came: int
    naive: int
    rate: float
    rate_came: float
    rate_naive: float


class Ahead(Struct, frozen=True, kw_only=True):
    """The days to come."""

    days: Count
    known: Annotated[Interval, Meta(description="net sales to customers already known, 90 % interval")]
    total: Annotated[
        Interval, Meta(description="net sales to everybody, newcomers at the rate of the last two stretches")
    ]
    rate: Annotated[Share, Meta(description="share of the known customers who buy again")]
    naive: Annotated[
        int,
        Meta(
            description="net sales to everybody carried on from the last stretch, or the same days a year before"
        ),
    ]
    tried: Annotated[list[Tried], Meta(description="earlier forecasts of the same length, the latest first")]


class Repurchase(Struct, frozen=True, kw_only=True):
    """What is said of a shop's or host's customers."""

    currency: str
    start: str | None
    end: str | None
    buyers: Count
    purchases: Annotated[Count, Meta(description="days on which a buyer bought")]
    net: int
    unnamed: Annotated[int, Meta(description="net sales without a buyer's id")]
    left_out: Annotated[Count, Meta(description="orders left out as brushed")]
    again: Annotated[Share | None, Meta(description="share of buyers who bought on a second day, so far")]
    months: list[Month]
    cohorts: list[Cohort]
    ages: list[AtAge]
    seed: Annotated[
        AtAge | None, Meta(description=f"a year of {SEED} new customers: value is of all of them together")
    ]
    ahead: Ahead | None


def repurchase(bought: Purchases, days: int = HORIZON) -> Repurchase:
    """Cohorts, values and forecast.

    Args:
        bought: purchases of a record.
        days: length of the forecast.
    """
    named = bought.buyers
    twice = np.bincount(bought.buyer[bought.bought], minlength=named) > 1
    model = _model(state(bought, bought.until)) if named >= LEAST else None
    every = np.concatenate([bought.day, bought.loose_day])
    ages = _held([_at_age(bought, age, model) for age in AGES]) if named else []
    return Repurchase(
        currency=bought.currency,
        start=_date(int(every.min())) if len(every) else None,
        end=_date(int(every.max())) if len(every) else None,
        buyers=named,
        purchases=int(bought.bought.sum()),
        net=int(bought.net.sum() + bought.loose_net.sum()),
        unnamed=int(bought.loose_net.sum()),
        left_out=bought.left_out,
        again=wilson(int(twice.sum()), named) if named >= LEAST else None,
        months=_months(bought),
        cohorts=_cohorts(bought),
        ages=ages,
        seed=_seed(ages) if model is not None else None,
        ahead=_ahead(bought, days),
    )


@dataclass(frozen=True)
class State:
    """The customers known on a day: first and last day, purchases and net paid so far."""

    day: int
    first: Ints
    last: Ints
    n: Ints
    net: Ints
    code: Ints

    @property
    def rows(self) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """Repeat purchases, days from first to last, days watched."""
        return (
            (self.n - 1).astype(np.float64),
            (self.last - self.first).astype(np.float64),
            (self.day - self.first).astype(np.float64),
        )


def state(bought: Purchases, day: int) -> State:
    """The customers known before a day."""
    past = bought.day < day
    buys = past & bought.bought
    code, place = np.unique(bought.buyer[buys], return_inverse=True)
    days = bought.day[buys]
    first = np.full(len(code), np.iinfo(np.int64).max)
    last = np.zeros(len(code), np.int64)
    np.minimum.at(first, place, days)
    np.maximum.at(last, place, days)
    mine = past & np.isin(bought.buyer, code)
    net = np.zeros(len(code), np.int64)
    np.add.at(net, np.searchsorted(code, bought.buyer[mine]), bought.net[mine])
    return State(day, first, last, np.bincount(place, minlength=len(code)), net, code)


def _model(known: State) -> Returning:
    return fit(*known.rows)


@dataclass(frozen=True)
class Said:
    """A forecast from one day: net sales to known customers, share who buy again, net sales to everybody else."""

    revenue: float
    rate: float
    others: float


def said(bought: Purchases, day: int, days: int) -> Said | None:
    """What the model, as of a day, says of the next; None where it knows too little."""
    known = state(bought, day)
    if len(known.code) < LEAST or day - int(bought.day.min()) < EARLIEST:
        return None
    model = _model(known)
    rows = np.column_stack(known.rows)
    kinds, which = np.unique(rows, axis=0, return_inverse=True)
    x, last, watched = kinds.T
    which = which.reshape(-1)
    expected = model.expected(x, last, watched, days)[which]
    again = model.again(x, last, watched, days)[which]
    usual = known.net.sum() / known.n.sum()
    each = (known.net + SHRINK * usual) / (known.n + SHRINK)
    before = [_came(bought, day - k * days, days) for k in (1, 2) if day - k * days >= int(bought.day.min())]
    others = [c.total - c.revenue for c in before] or [0.0]
    return Said(
        math.fsum((expected * each).tolist()),
        math.fsum(again.tolist()) / len(again),
        math.fsum(others) / len(others),
    )


@dataclass(frozen=True)
class Came:
    """What really came in a stretch: from customers known at its begin, how many of them bought, from everybody."""

    revenue: float
    rate: float
    total: float


def _came(bought: Purchases, day: int, days: int) -> Came:
    known = np.unique(bought.buyer[(bought.day < day) & bought.bought])
    inside = (bought.day >= day) & (bought.day < day + days)
    old = inside & np.isin(bought.buyer, known)
    back = len(np.unique(bought.buyer[old & bought.bought]))
    loose = bought.loose_net[(bought.loose_day >= day) & (bought.loose_day < day + days)].sum()
    return Came(
        float(bought.net[old].sum()), back / max(len(known), 1), float(bought.net[inside].sum() + loose)
    )


def _naive(bought: Purchases, day: int, days: int) -> Came:
    """The same days a year before where the record has them, else the last days carried on."""
    year = day - _YEAR
    return _came(bought, year if year >= int(bought.day.min()) else day - days, days)


@dataclass(frozen=True)
class _Try:
    """A forecast of an earlier day with what came."""

    day: int
    told: Said
    came: Came
    naive: Came

    @property
    def miss(self) -> tuple[float, float, float]:
        """Logarithms of what came over what was said: known customers' sales, their rate, everybody's sales."""
        pairs = (
            (self.came.revenue, self.told.revenue),
            (self.came.rate, self.told.rate),
            (self.came.total, self.told.revenue + self.told.others),
        )
        return tuple(math.log(max(a, 1e-9) / max(b, 1e-9)) if a > 0 and b > 0 else 0.0 for a, b in pairs)  # type: ignore[return-value]


def _tries(bought: Purchases, days: int) -> list[_Try]:
    """All earlier forecasts of this length, the latest first."""
    first, found = int(bought.day.min()), []
    day = bought.until - days
    while day - first >= EARLIEST:
        told = said(bought, day, days)
        if told is None:
            break
        found.append(_Try(day, told, _came(bought, day, days), _naive(bought, day, days)))
        day -= days
    return found


def _moved(now: Said, before: _Try | None) -> Said:
    """A forecast moved half-way by how the one before went."""
    if before is None:
        return now
    revenue, rate, _ = before.miss
    return Said(
        now.revenue * math.exp(HALF * revenue), min(now.rate * math.exp(HALF * rate), 1.0), now.others
    )


def _ahead(bought: Purchases, days: int) -> Ahead | None:
    if not len(bought.day) or days < 1:
        return None
    now = said(bought, bought.until, days)
    if now is None:
        return None
    raw = _tries(bought, days)
    tries = [
        _Try(t.day, _moved(t.told, before), t.came, t.naive)
        for t, before in zip(raw, [*raw[1:], None], strict=True)
    ]
    told = _moved(now, raw[0] if raw else None)
    known, rate, total = (_spread([t.miss[i] for t in tries]) for i in range(3))
    return Ahead(
        days=days,
        known=_around(told.revenue, known),
        total=_around(told.revenue + told.others, total),
        rate=Share(told.rate * math.exp(-rate), told.rate, min(told.rate * math.exp(rate), 1.0)),
        naive=round(_naive(bought, bought.until, days).total),
        tried=[_tried(t) for t in tries],
    )


def _spread(misses: Sequence[float]) -> float:
    """Half the width of the 90 % interval on the logarithm, from the errors of earlier forecasts around nought."""
    from scipy.special import stdtrit

    if len(misses) < 3:
        return Z90 * max([SPREAD_UNTOLD, *(abs(m) for m in misses)])
    size = math.sqrt(math.fsum(m * m for m in misses) / len(misses))
    return float(stdtrit(len(misses), 0.95)) * max(size, SPREAD_MIN)


def _around(mid: float, spread: float) -> Interval:
    return Interval(math.floor(mid * math.exp(-spread)), round(mid), math.ceil(mid * math.exp(spread)))


def _tried(t: _Try) -> Tried:
    return Tried(
        on=_date(t.day), revenue=round(t.told.revenue), came=round(t.came.revenue), naive=round(t.naive.revenue),
        rate=t.told.rate, rate_came=t.came.rate, rate_naive=t.naive.rate,
    )  # fmt: skip


def wilson(hits: int, n: int) -> Share:
    """A share with its 90 % interval (Wilson 1927).

    Examples:
        >>> told = wilson(50, 100)
        >>> round(told.low, 3), told.mid, round(told.high, 3)
        (0.419, 0.5, 0.581)
    """
    mid, z = hits / n, Z90
    centre = (mid + z * z / (2 * n)) / (1 + z * z / n)
    reach = z / (1 + z * z / n) * math.sqrt(mid * (1 - mid) / n + z * z / (4 * n * n))
    return Share(max(centre - reach, 0.0), mid, min(centre + reach, 1.0))


def _firsts(bought: Purchases) -> Ints:
    """First day of every buyer."""
    first = np.full(bought.buyers, np.iinfo(np.int64).max)
    np.minimum.at(first, bought.buyer[bought.bought], bought.day[bought.bought])
    return first


def _at_age(bought: Purchases, age: int, model: Returning | None) -> AtAge:
    first = _firsts(bought)
    watched = (bought.until - first >= age) & (first >= _known_new(bought, first))
    n = int(watched.sum())
    since = bought.day - first[bought.buyer]
    inside = watched[bought.buyer] & (since <= age)
    paid = np.zeros(bought.buyers)
    np.add.at(paid, bought.buyer[inside], bought.net[inside].astype(np.float64))
    came = np.unique(bought.buyer[inside & bought.bought & (since > 0)])
    told = n >= LEAST
    usual = float(bought.net.sum()) / max(int(bought.bought.sum()), 1)
    return AtAge(
        days=age,
        over=n,
        again=wilson(len(came), n) if told else None,
        value=_mean(paid[watched]) if told else None,
        again_model=model.comes_back(age) if model else None,
        value_model=round(usual * (1 + model.newcomer(age))) if model else None,
    )


def _known_new(bought: Purchases, first: Ints) -> int:
    """The day from which a first purchase is taken for one: at the head of a record old customers look new."""
    begin = int(first.min(initial=bought.until))
    return begin + EARLIEST if bought.until - begin > 3 * EARLIEST else begin


def _mean(values: np.ndarray) -> Interval:
    n = len(values)
    mid = math.fsum(values.tolist()) / n
    reach = Z90 * math.sqrt(math.fsum(((values - mid) ** 2).tolist()) / max(n - 1, 1) / n)
    return Interval(math.floor(mid - reach), round(mid), math.ceil(mid + reach))


def _held(ages: Sequence[AtAge]) -> list[AtAge]:
    """The model held to what was counted at the greatest age that was: newcomers buy less than customers of long standing.

    Values by their ratio, shares by their odds. Ages up to that one are checks, those beyond it what is foretold.
    """
    counted = [a for a in ages if a.again is not None and a.value is not None]
    if not counted or not counted[-1].value_model or counted[-1].again_model is None:
        return list(ages)
    last = counted[-1]
    assert last.value is not None
    assert last.again is not None
    worth = last.value.mid / (last.value_model or 1)
    odds = _odds(last.again.mid) / _odds(last.again_model or 0.5)
    return [
        msgspec.structs.replace(
            a, value_model=round((a.value_model or 0) * worth), again_model=_share_of(_odds(a.again_model or 0.0) * odds)
        )
        for a in ages
    ]  # fmt: skip


def _odds(share: float) -> float:
    kept = min(max(share, 1e-6), 1 - 1e-6)
    return kept / (1 - kept)


def _share_of(odds: float) -> float:
    return odds / (1 + odds)


def _seed(ages: Sequence[AtAge]) -> AtAge:
    """A year of a thousand new customers, all together."""
    year = ages[-1]
    value = year.value and Interval(*(SEED * v for v in (year.value.low, year.value.mid, year.value.high)))
    return AtAge(
        days=year.days, over=year.over, again=year.again, value=value, again_model=year.again_model,
        value_model=SEED * (year.value_model or 0),
    )  # fmt: skip


def _month_of(day: Ints) -> Ints:
    return np.asarray(day, dtype="datetime64[D]").astype("datetime64[M]").astype(np.int64)


def _months(bought: Purchases) -> list[Month]:
    when, loose = _month_of(bought.day), _month_of(bought.loose_day)
    first = _month_of(_firsts(bought)) if bought.buyers else np.empty(0, np.int64)
    found = []
    for month in np.unique(np.concatenate([when, loose])).tolist():
        here = when == month
        buyers = np.unique(bought.buyer[here & bought.bought])
        unnamed = int(bought.loose_net[loose == month].sum())
        found.append(Month(
            month=_name(month), net=int(bought.net[here].sum()) + unnamed, unnamed=unnamed, buyers=len(buyers),
            new=int((first[buyers] == month).sum()),
        ))  # fmt: skip
    return found


def _cohorts(bought: Purchases) -> list[Cohort]:
    if not bought.buyers:
        return []
    first, when = _month_of(_firsts(bought)), _month_of(bought.day)
    last = int(_month_of(np.array([bought.until - 1]))[0])
    begin = int(first.min())
    width = last - begin + 1
    age = when - first[bought.buyer]
    cell = (first[bought.buyer] - begin) * width + np.clip(age, 0, width - 1)
    pairs = np.unique(np.column_stack([bought.buyer, cell])[bought.bought], axis=0)
    active = np.bincount(pairs[:, 1], minlength=width * width).reshape(width, width)
    net = np.zeros(width * width, np.int64)
    np.add.at(net, cell, bought.net)
    value = net.reshape(width, width).cumsum(axis=1)
    size = np.bincount(first - begin, minlength=width)
    return [
        Cohort(
            month=_name(begin + c), buyers=int(size[c]), active=(active[c, : width - c] / size[c]).tolist(),
            value=[round(v / int(size[c])) for v in value[c, : width - c].tolist()],
        )
        for c in range(width) if size[c]
    ]  # fmt: skip


def _name(month: int) -> str:
    return f"{1970 + month // 12:04d}-{month % 12 + 1:02d}"


def _date(day: int) -> str:
    return datetime.fromtimestamp(day * 86_400, tz=UTC).strftime("%Y-%m-%d")
