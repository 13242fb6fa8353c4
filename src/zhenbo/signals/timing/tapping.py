"""Accounts that tap hearts like clockwork.

## What it looks for
Likes of one account that come again and again after equal pauses. Taps within ten seconds of each other are one burst, since
apps themselves send taps in batches every few seconds; what is measured are the pauses between bursts.

## Why it matters
Like machines (刷赞, 连点器) share a number of hearts among a few accounts, so many each, turn by turn, for an hour.
Nobody's thumb does that, and a handful of accounts can make most of a small room's likes.

## How it is fooled
By uneven pauses, by one long burst, by likes that reach the counter without rows (`counters.unbacked`).

## What clears it
A few steady tappers are expected in any room; only an excess counts. Contests and calls make everybody tap at the host's moments:
pauses of people still scatter. A record that cannot tell seconds, or that sums a person's taps by the minute, is not asked.

## Method
As in `timing.regularity`: the CV of at least six pauses against a gamma renewal process, accounts far out counted at three depths
against a negative binomial. Baselines: `packs/baselines/timing.tapping.toml`.

## Examples
    >>> from zhenbo.proof.pages import look
    >>> look('timing.tapping', '''
    ... 20:00-22:00 b1..b40 like 9 x12 scattered
    ... 20:30-21:30 a1..a8 like 20 every 90s
    ... ''')
    timing.tapping: accuses, names 8 accounts, says clockwork
    >>> look('timing.tapping', '''
    ... 20:00-22:00 b1..b40 like 9 x12 scattered
    ... ''')
    timing.tapping: clears, names 0 accounts, says thumbs
"""

from collections.abc import Iterable, Mapping
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow.compute as pc

from zhenbo.core.evidence import Cause, Effect, Found, Missing, Say, Signal, cite
from zhenbo.core.session import Session, codes, micros
from zhenbo.core.subject import Question, Tier
from zhenbo.kernel.lengths import SECOND, step
from zhenbo.kernel.people import by_visitors
from zhenbo.kernel.speech import gap_variation
from zhenbo.signals.nulls import crowd, steady

Ints = npt.NDArray[np.int64]


def look(session: Session, base: Mapping[str, Any]) -> Iterable[Found]:
    """Count accounts whose pauses between bursts of likes are more regular than people's."""
    rows = by_visitors(session.rows("like"), "ts")
    if rows.num_rows < base["rows_min"]:
        record = "like_counter" if not session.counts.get("like") else "account_ids" if session.rows("like")["actor_id"].null_count else "longer_record"  # fmt: skip
        return [Missing(Question.ENGAGEMENT, record)]
    who, names = codes(rows["actor_id"])
    ts = micros(rows["ts"])
    first = _bursts(who, ts, base["burst_s"])
    cv, pauses = gap_variation(who[first], ts[first], len(names))
    # pauses hardly longer than the cut that makes them are alike because of it
    long = _mean_pause(who[first], ts[first], len(names)) >= base["cuts"] * base["burst_s"]
    tested = np.flatnonzero((pauses >= base["pauses_min"]) & long)
    coarse = step(micros(session.rows("enter", "comment", "like")["ts"]))
    if len(tested) < base["accounts_min"] or base["steps"] * coarse > base["burst_s"]:
        return [Missing(Question.ENGAGEMENT, "longer_record")]
    found = crowd(steady(cv[tested], pauses[tested], base["shape"]), base["looks"], base["size"])
    members = tested[found.members]
    accused = found.observed >= base["accounts_min"] and found.p < base["remarkable"]
    mine = np.isin(who, members) if accused else np.ones(len(who), dtype=bool)
    taps = float(np.asarray(pc.fill_null(rows["qty"], 1).to_numpy(), dtype=np.float64)[mine].sum())
    events, total = cite(rows, mine) if accused else ((), 0)
    each = taps / max(found.observed, 1)
    return [
        SIGNAL.evidence(
            window=(int(ts[mine].min()), int(ts[mine].max())), p=found.p if accused else max(found.p, 0.5), observed=float(found.observed), expected=found.expected,
            says="clockwork" if accused else "thumbs",
            args={
                "accounts": found.observed, "tested": len(tested), "taps": round(taps), "expected": round(found.expected, 1),
                "cv": round(float(np.median(cv[members if accused else tested])), 2),
            },
            effect=Effect("likes", *(x * each for x in (found.low, found.mid, found.high))) if accused else None,
            accounts=dict(zip((str(names[i]) for i in tested), (found.weights_db if accused else np.minimum(found.weights_db, 0.0)).tolist(), strict=True)),
            causes=(Cause("contest", "ruled_out"), Cause("assistant", "open")) if accused else (),
            events=events, events_total=total,
        )
    ]  # fmt: skip


def _bursts(who: Ints, ts: Ints, quiet_s: float) -> Ints:
    """Places of the likes that begin a burst: the account's first, or after a pause."""
    order = np.lexsort((ts, who))
    w, t = who[order], ts[order]
    begins = np.r_[True, (w[1:] != w[:-1]) | (np.diff(t) > quiet_s * SECOND)]
    return np.asarray(order[begins], dtype=np.int64)


def _mean_pause(who: Ints, ts: Ints, accounts: int) -> npt.NDArray[np.float64]:
    """Seconds from an account's first burst to its last, over its pauses; 0 without any."""
    order = np.lexsort((ts, who))
    w, t = who[order], ts[order]
    same = w[1:] == w[:-1]
    total = np.bincount(w[1:][same], np.diff(t)[same] / SECOND, accounts)
    return np.asarray(total / np.maximum(np.bincount(w[1:][same], minlength=accounts), 1))


SIGNAL = Signal(
    id="timing.tapping",
    version=1,
    question=Question.ENGAGEMENT,
    tier=Tier.T1,
    title=Say("Hearts like clockwork", "点赞间隔机械"),
    says={
        "clockwork": Say(
            "{accounts} of {tested} accounts that tap again and again do so after equal pauses (median variation {cv}), where honest rooms hold {expected}; "
            "together they made {taps} likes.",
            "{tested} 个反复点赞的账号中有 {accounts} 个的停顿几乎相等（变异系数中位数 {cv}），而正常直播间约有 {expected} 个；"
            "共产生 {taps} 次点赞。",
        ),
        "thumbs": Say(
            "{tested} accounts tap as thumbs do (median variation {cv}): {accounts} are steady, where honest rooms hold {expected} ({taps} likes).",
            "{tested} 个账号的点赞节奏自然（变异系数中位数 {cv}）：间隔稳定的有 {accounts} 个，正常直播间约有 {expected} 个（共 {taps} 次点赞）。",
        ),
    },
    look=look,
)
