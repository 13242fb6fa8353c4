"""Many accounts, one pair of hands: they never speak in the same moment.

## What it looks for
A set of accounts among whom no two ever speak within a few seconds of each other, although the room's pace a minute
earlier and later lets expect dozens of such coincidences. People who do not know of each other coincide as often as chance
has it, and more often when a host asks something.

## Why it matters
One operator (场控, 职业弹幕人) serves dozens of accounts on a desk of phones or in browser profiles. The lines may be a language
model's, the accounts old, the pauses human: two hands still send one line at a time, and the other accounts are silent meanwhile.

## How it is fooled
By two operators whose lines are mixed (each keeps apart only from himself), by lines sent by a program in several threads, by
accounts of fewer than five comments, by a crew so slow that few coincidences were due; only the 300 accounts with most comments are looked at.

## What clears it
A record that cannot hold two comments of one moment (a throttled feed, a poll) keeps everybody apart: what is due is measured on all other
pairs of accounts, and where too few others speak nothing is said. Flurries that miss each other are no exclusion: an account that goes on
speaking within fifteen seconds is due once. Up to four accounts may be one fan's. Official accounts served by
one member of staff look the same: left open.

## Method
Coincidences of every two accounts within 2, 4 and 8 s, against their comments 20 to 90 s apart; the set with the highest likelihood ratio of one
pair of hands against Poisson coincidences, all sets of its size and all widths paid for (`kernel/turns.py`).
Baselines: `packs/baselines/timing.one_hand.toml`.

## Examples
    >>> from zhenbo.proof.pages import look
    >>> look('timing.one_hand', '''
    ... 20:00-22:00 b1..b60 say "{wow|haha|which size|nice|is it real|ok|me too} {n}" x20 scattered
    ... 20:00:01-22:00 a1 says "so soft {n}" every 95s; 20:00:15-22:00 a2 says "my third one {n}" every 95s
    ... 20:00:30-22:00 a3 says "cheap today {n}" every 95s; 20:00:44-22:00 a4 says "mum loves it {n}" every 95s
    ... 20:00:59-22:00 a5 says "buy now {n}" every 95s; 20:01:14-22:00 a6 says "well packed {n}" every 95s
    ... ''')
    timing.one_hand: accuses, names 6 accounts, says one_hand
    >>> look('timing.one_hand', '''
    ... 20:00-22:00 b1..b60 say "{wow|haha|which size|nice|is it real|ok|me too} {n}" x20 scattered
    ... ''')
    timing.one_hand: clears, names 0 accounts, says apart
"""

from collections.abc import Iterable, Mapping
from typing import Any

import numpy as np
import pyarrow as pa

from zhenbo.core.evidence import Cause, Effect, Evidence, Found, Missing, Say, Signal, cite
from zhenbo.core.session import Session, codes, micros
from zhenbo.core.subject import Question, Tier
from zhenbo.kernel.speech import heart, speech, unheard
from zhenbo.kernel.turns import Limits, Turns, turns
from zhenbo.signals.bunching import CLEAR_DB, held
from zhenbo.signals.nulls import P_FLOOR

_DB = float(10 / np.log(10))
"""Decibels per unit of natural logarithm."""


def look(session: Session, base: Mapping[str, Any]) -> Iterable[Found]:
    """Search the room's comments for accounts that keep out of each other's moments."""
    rows = speech(session)
    if rows.num_rows < base["rows_min"]:
        return [Missing(Question.ENGAGEMENT, unheard(session))]
    who, names = codes(rows["actor_id"])
    found = turns(
        who,
        micros(rows["ts"]),
        Limits(comments=int(base["comments_min"]), accounts=int(base["accounts_most"])),
    )
    if len(found.tested) < base["tested_min"]:
        return [Missing(Question.ENGAGEMENT, "longer_record")]
    told = (
        found.p < base["remarkable"]
        and len(found.members) >= base["accounts_min"]
        and found.seen <= base["left"] * found.due
    )
    if told and found.others is None:
        return [Missing(Question.ENGAGEMENT, "longer_record")]
    return [_hand(rows, who, names, found) if told else _apart(rows, names, found)]


def _hand(
    rows: pa.Table, who: np.ndarray[Any, np.dtype[np.int64]], names: pa.Array, found: Turns
) -> Evidence:
    members = found.tested[found.members]
    mine = np.isin(who, members)
    said, p = float(mine.sum()), float(np.clip(found.p, P_FLOOR, 1))
    events, total = cite(rows, mine)
    weights = dict.fromkeys(names.take(pa.array(found.tested)).to_pylist(), CLEAR_DB)
    weights |= {
        name: held(_DB * gain, p)
        for name, gain in zip(names.take(pa.array(members)).to_pylist(), found.gain.tolist(), strict=True)
    }
    return SIGNAL.evidence(
        window=heart(micros(rows["ts"])[mine]), p=p, observed=found.seen, expected=found.due, says="one_hand",
        args={
            "accounts": len(members), "tested": len(found.tested), "comments": int(said), "seconds": found.within,
            "due": round(found.due), "seen": round(found.seen), "others": round(found.others or 0.0, 2),
        },
        effect=Effect("comments", 0.8 * said, said, 1.3 * said), accounts=weights,
        causes=(Cause("throttled_feed", "ruled_out"), Cause("staff", "open")), events=events, events_total=total,
    )  # fmt: skip


def _apart(rows: pa.Table, names: pa.Array, found: Turns) -> Evidence:
    ts = micros(rows["ts"])
    return SIGNAL.evidence(
        window=(int(ts.min()), int(ts.max())), p=1.0, observed=0.0, expected=0.0, says="apart",
        args={"tested": len(found.tested), "comments": rows.num_rows},
        accounts=dict.fromkeys(names.take(pa.array(found.tested)).to_pylist(), CLEAR_DB),
    )  # fmt: skip


SIGNAL = Signal(
    id="timing.one_hand",
    version=1,
    question=Question.ENGAGEMENT,
    tier=Tier.T1,
    title=Say("Many accounts, one pair of hands", "一人操作多个账号"),
    says={
        "one_hand": Say(
            "{accounts} of {tested} accounts never speak at the same moment: {seen} times did two of them write within {seconds} s, where the room's own pace "
            "lets expect {due} (others: {others} times as expected). One person sends one line at a time; together they wrote {comments} comments.",
            "{tested} 个账号中有 {accounts} 个从不同时发言：{seconds} 秒内先后发言仅 {seen} 次，而按本场节奏预期 {due} 次（其他人为预期的 {others} 倍）。"
            "一个人一次只能发一条；共发出 {comments} 条评论。",
        ),
        "apart": Say(
            "Among {tested} accounts no set keeps out of each other's moments as one typist's would ({comments} comments).",
            "{tested} 个账号中，没有像一人轮流操作那样互相错开的一组（共 {comments} 条评论）。",
        ),
    },
    look=look,
)
