"""Hearts given in equal lots.

## What it looks for
Accounts that like in bursts with pauses in between, and whose bursts are all of one size: ten hearts, a pause, ten hearts, for an hour.
The pauses may be as uneven as anybody's.

## Why it matters
An order for hearts (刷赞) is split into lots that a machine sends (每次 10 赞). Whoever taps by hand stops when the mood is over:
sizes of a person's bursts scatter by a quarter of their mean and more.

## How it is fooled
By lots of random size (then see `timing.tapping`), by one long burst per account, by likes that reach the counter without rows
(`counters.unbacked`, `counters.undertow`).

## What clears it
Single hearts are always equal, so only lots of five and more count. An app may offer hearts by the lot, or report them so: then
those who like only now and then give the same lots, and the *app* explains it. Sums over a stretch (`kernel/taps.py`) are one burst for those
who tap on and on. A few even hands are expected in any room; only an excess counts.

## Method
The CV of the sizes of at least eight bursts, the oddest of them left out, against a gamma of half the spread of single messages of taps, accounts far out counted at three
depths against a negative binomial. Baselines: `packs/baselines/timing.lots.toml`.

## Examples
    >>> from zhenbo.proof.pages import look
    >>> look('timing.lots', '''
    ... 20:00-22:00 b1..b40 like {n} x5 scattered
    ... 20:10-21:50 a1..a20 like 10 x12 scattered
    ... ''')
    timing.lots: accuses, names 20 accounts, says equal
    >>> look('timing.lots', '''
    ... 20:00-22:00 b1..b40 like {n} x9 scattered
    ... ''')
    timing.lots: clears, names 0 accounts, says uneven
"""

from collections.abc import Iterable, Mapping
from typing import Any

import numpy as np
import numpy.typing as npt

from zhenbo.core.evidence import Cause, Effect, Evidence, Found, Missing, Say, Signal, cite
from zhenbo.core.session import Session
from zhenbo.core.subject import Question, Tier
from zhenbo.kernel.taps import Bursts, bursts, unheard
from zhenbo.signals.nulls import Crowd, crowd, steady

Ints = npt.NDArray[np.int64]
Floats = npt.NDArray[np.float64]


def look(session: Session, base: Mapping[str, Any]) -> Iterable[Found]:
    """Count accounts whose bursts of likes are more alike in size than people's."""
    told = bursts(session, base["burst_s"])
    if told.rows.num_rows < base["rows_min"]:
        return [Missing(Question.ENGAGEMENT, unheard(session))]
    cv, lot, count = _sizes(told, base["kept"])
    tested = np.flatnonzero((count >= base["bursts_min"]) & (lot >= base["taps_min"]))
    found = crowd(
        steady(cv[tested], (count[tested] - 1).astype(np.float64), base["shape"]), base["looks"], base["size"]
    )
    return [_judged(told, tested, lot, found, base)]


def _sizes(told: Bursts, kept: float) -> tuple[Floats, Floats, Ints]:
    """Per account: CV and middle of the sizes of its bursts, and how many of them count.

    Of an account's bursts the share `kept` nearest its median counts: two lots may follow each other at once, and one may be cut short.
    """
    count = told.count()
    by_size = np.lexsort((told.taps, told.who))
    at = np.cumsum(count) - count
    lower, upper = (told.taps[by_size[at + (count - i) // 2]] for i in (1, 0))
    middle = (lower + upper) / 2
    off = np.abs(told.taps - middle[told.who])
    nearest = np.lexsort((off, told.who))
    rank = np.arange(len(nearest)) - at[told.who[nearest]]
    near = nearest[rank < np.ceil(kept * count)[told.who[nearest]]]
    who, taps, n = told.who[near], told.taps[near], np.bincount(told.who[near], minlength=len(count))
    mean = np.bincount(who, taps, len(count)) / n
    spread = np.bincount(who, (taps - mean[who]) ** 2, len(count)) / n
    return np.asarray(np.sqrt(spread) / np.maximum(mean, 1e-9)), middle, n


def _judged(told: Bursts, tested: Ints, lot: Floats, found: Crowd, base: Mapping[str, Any]) -> Evidence:
    members = tested[found.members]
    accused = found.observed >= base["accounts_min"] and found.p < base["remarkable"]
    mine = np.isin(told.who, members) if accused else np.ones(len(told.who), dtype=bool)
    taps = float(told.taps[mine].sum())
    events, total = cite(told.rows, np.isin(told.actor, members)) if accused else ((), 0)
    each = taps / max(found.observed, 1)
    weights = found.weights_db if accused else np.minimum(found.weights_db, 0.0)
    return SIGNAL.evidence(
        window=told.span(mine), p=found.p if accused else max(found.p, 0.5),
        observed=float(found.observed), expected=found.expected, says="equal" if accused else "uneven",
        args={
            "accounts": found.observed, "tested": len(tested), "taps": round(taps), "expected": round(found.expected, 1),
            "lot": round(float(np.median(lot[members]))) if accused else 0, "bursts": int(mine.sum()),
        },
        effect=Effect("likes", *(x * each for x in (found.low, found.mid, found.high))) if accused else None,
        accounts=dict(zip((str(told.names[i]) for i in tested), weights.tolist(), strict=True)),
        causes=(_by_the_lot(told, tested, float(np.median(lot[members])), base), Cause("assistant", "open")) if accused else (),
        events=events, events_total=total,
    )  # fmt: skip


def _by_the_lot(told: Bursts, tested: Ints, lot: float, base: Mapping[str, Any]) -> Cause:
    """Whether those who like only now and then give the very same lots, one to three at a time."""
    sizes = told.taps[~np.isin(told.who, tested)]
    if len(sizes) < base["others_min"]:
        return Cause("app_prompt", "open")
    lots = np.clip(np.round(sizes / lot), 1, 3)
    same = float((np.abs(sizes - lots * lot) <= base["alike"] * lot).mean())
    return Cause("app_prompt", "explains" if same > base["habit"] else "ruled_out")


SIGNAL = Signal(
    id="timing.lots",
    version=1,
    question=Question.ENGAGEMENT,
    tier=Tier.T1,
    title=Say("Hearts in equal lots", "点赞批量相等"),
    says={
        "equal": Say(
            "{accounts} of {tested} accounts that like again and again do so in equal lots (about {lot} each time, {bursts} times), where honest rooms hold {expected}; "
            "together they made {taps} likes.",
            "{tested} 个反复点赞的账号中有 {accounts} 个每次点赞数几乎相等（每次约 {lot} 个，共 {bursts} 次），而正常直播间约有 {expected} 个；"
            "共产生 {taps} 次点赞。",
        ),
        "uneven": Say(
            "Of {tested} accounts that like again and again, {accounts} give equal lots, where honest rooms hold {expected} ({bursts} bursts, {taps} likes).",
            "{tested} 个反复点赞的账号中，每次点赞数相等的有 {accounts} 个，正常直播间约有 {expected} 个（共 {bursts} 次、{taps} 个赞）。",
        ),
    },
    look=look,
)
