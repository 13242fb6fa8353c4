"""Acts that fall on the same seconds of every minute.

## What it looks for
Entries or follows of many accounts that come in the same ten seconds of minute after minute: a comb. The
seconds of people are spread evenly, whatever the minutes do.

## Why it matters
Deliveries by the minute (按分钟投放) are loops: so many at the head of every minute. Every account may act once and look like
anybody; the loop shows in the clock.

## How it is fooled
By a random start within the minute, by loops of odd length, by fewer than a few acts a minute.

## What clears it
One burst, however large, is one minute of many: the share of a minute's acts that falls into the window is taken minute
by minute, and its mean is held against its own scatter. Collectors that poll put everything on their own beat: a
record that cannot tell seconds is not asked. Comments and likes are not looked at: hosts call for them by the clock (红包雨, countdowns), and
nobody calls people in by the second. Accounts are named only where nine of ten acts in the window are extra.

## Method
One-sided t-test over minutes of the share in each ten-second window of the minute (60 offsets, both kinds of acts, all paid
for). Baselines: `packs/baselines/timing.comb.toml`.

## Examples
    >>> from zhenbo.proof.pages import look
    >>> look('timing.comb', '''
    ... 20:00-21:59 b1..b400 enters x3 scattered; 20:30:01-21:30:01 a1 enters every 60s
    ... 20:30:02-21:30:02 a2 enters every 60s; 20:30:03-21:30:03 a3 enters every 60s; 20:30:04-21:30:04 a4 enters every 60s
    ... ''')
    timing.comb: accuses, names 0 accounts, says comb
    >>> look('timing.comb', '''
    ... 20:00-21:59 b1..b400 enters x3 scattered
    ... ''')
    timing.comb: clears, names 0 accounts, says even
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from zhenbo.core.evidence import Cause, Effect, Found, Missing, Say, Signal, cite
from zhenbo.core.session import MINUTE, SECOND, Session, codes, micros
from zhenbo.core.subject import Question, Tier
from zhenbo.kernel.lengths import STEPS, step
from zhenbo.signals.bunching import CLEAR_DB, held
from zhenbo.signals.nulls import ACCOUNT_PRIOR_DB, P_FLOOR

Ints = npt.NDArray[np.int64]
Bools = npt.NDArray[np.bool_]

_KINDS = {
    "enter": (Question.AUDIENCE, "viewers", "entries", "进场"), "follow": (Question.ENGAGEMENT, "follows", "follows", "关注"),
}  # fmt: skip
_WINDOW = 10
"""Seconds of the window."""


@dataclass(frozen=True)
class _Comb:
    """The window of the minute into which most falls.

    Args:
        p: probability under the null, offsets paid for.
        share: mean share of a minute's acts in it, over the minutes that hold enough.
        inside: acts in it in those minutes.
        minutes: how many of them there are.
        offset: its first second.
    """

    p: float
    share: float
    inside: Bools
    minutes: int
    offset: int


def look(session: Session, base: Mapping[str, Any]) -> Iterable[Found]:
    """Look at the seconds of every kind of acts; each kind speaks to a question of its own."""
    if session.scope != "session":
        return
    found = []
    for kind in _KINDS:
        rows = session.rows(kind)
        rows = rows.filter(pc.and_(pc.is_valid(rows["actor_id"]), pc.is_valid(rows["ts"])))
        ts = micros(rows["ts"])
        comb = _comb(ts, base)
        if comb is not None:
            found.append(_evidence(session, kind, rows, ts, comb, base))
    if not found:
        yield Missing(Question.AUDIENCE, "entries" if session.has("actor_id") else "account_ids")
    yield from found


def _comb(ts: Ints, base: Mapping[str, Any]) -> _Comb | None:
    """The best window; None where the record is too short or too coarse to tell."""
    from scipy import stats

    if len(ts) < base["acts_min"] or step(ts) * STEPS > _WINDOW:
        return None
    minute, second = (ts - ts.min()) // MINUTE, ts // SECOND % 60
    table = np.zeros((int(minute.max()) + 1, 60))
    np.add.at(table, (minute, second), 1.0)
    full = table.sum(axis=1) >= base["per_minute"]
    minutes = int(full.sum())
    if minutes < base["minutes_min"]:
        return None
    wrapped = np.concatenate([np.zeros((minutes, 1)), np.cumsum(np.tile(table[full], 2), axis=1)], axis=1)
    share = (wrapped[:, _WINDOW : _WINDOW + 60] - wrapped[:, :60]) / table[full].sum(axis=1)[:, None]
    t = (share.mean(axis=0) - _WINDOW / 60) / np.maximum(share.std(axis=0, ddof=1), 0.02) * minutes**0.5
    offset = int(t.argmax())
    p = float(np.clip(stats.t.sf(t[offset], minutes - 1) * 60 * len(_KINDS), P_FLOOR, 1))
    # the first act may stand anywhere in its minute: minutes are counted from it, seconds by the clock
    inside = full[minute] & ((second - offset) % 60 < _WINDOW)
    return _Comb(p, float(share[:, offset].mean()), inside, minutes, offset)


def _evidence(session: Session, kind: str, rows: pa.Table, ts: Ints, comb: _Comb, base: Mapping[str, Any]) -> Found:  # fmt: skip
    question, metric, word, word_zh = _KINDS[kind]
    actors, names = codes(rows["actor_id"])
    accused = comb.p < base["remarkable"] and comb.share > base["share_min"]
    p = comb.p if accused else 1.0
    seen = float(comb.inside.sum())
    even = _WINDOW / 60
    extra = max(seen * (1 - even * (1 - comb.share) / (1 - even) / max(comb.share, 1e-9)), 0.0)
    weight = held(float(10 * np.log10(max(extra, 1e-3) / max(seen - extra, 0.5))) - ACCOUNT_PRIOR_DB, p)
    theirs = np.zeros(len(names), dtype=bool)
    if accused:
        theirs[actors[comb.inside]] = True
    events, total = cite(rows, comb.inside if accused else None)
    made = extra / (session.coverage(kind) or 1.0)
    sure = accused and extra > base["named_from"] * seen
    at = ts[comb.inside] if accused else ts
    return SIGNAL.evidence(
        question=question, window=(int(at.min()), int(at.max())), p=p, observed=comb.share, expected=even,
        says="comb" if accused else "even",
        args={"metric": word, "metric_zh": word_zh, "seen_share": round(comb.share, 3), "even_share": round(even, 3), "minutes": comb.minutes, "second": comb.offset, "accounts": int(theirs.sum())},
        effect=Effect(metric, 0.7 * made, made, 1.3 * made) if accused else None,
        accounts=dict(zip(names.to_pylist(), np.where(theirs, weight, CLEAR_DB).tolist(), strict=True)) if sure or not accused else {},
        causes=(Cause("countdown", "ruled_out"),) if accused else (),
        events=events, events_total=total,
    )  # fmt: skip


SIGNAL = Signal(
    id="timing.comb",
    version=1,
    question=Question.AUDIENCE,
    tier=Tier.T1,
    title=Say("On the same seconds of every minute", "每分钟固定秒位"),
    says={
        "comb": Say(
            "{seen_share} of the {metric} fall into the same ten seconds of the minute (from second {second}), minute after minute over {minutes} minutes; "
            "spread evenly it would be {even_share}. {accounts} accounts acted in them.",
            "{seen_share} 的{metric_zh}落在每分钟相同的十秒内（自第 {second} 秒起），持续 {minutes} 分钟；均匀分布应为 {even_share}。"
            "涉及 {accounts} 个账号。",
        ),
        "even": Say(
            "The seconds of the {metric} are spread over the minute (at most {seen_share} in any ten; evenly {even_share}; {minutes} minutes from second {second}, {accounts} accounts).",
            "{metric_zh}的秒位分布均匀（任意十秒内至多 {seen_share}，均匀为 {even_share}；{minutes} 分钟，第 {second} 秒起，{accounts} 个账号）。",
        ),
    },
    look=look,
)
