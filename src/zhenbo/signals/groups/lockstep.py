"""Accounts that say the same within the same minute, again and again, all evening.

## What it looks for
Groups of accounts that share more moments (one line, said within a minute) than the room's own chants, their own
talkativeness and the time they were there explain, in at least three stretches of the evening.

## Why it matters
A crew (水军) is told line by line what to say. Each line is drowned by the room's hot phrases, and each account looks
like anybody; that the same people are there every time does not. It finds crews in a room of a million comments, half of
them five hot phrases.

## How it is fooled
By drawing lines and times for every account on its own; by crews so large that they are most of those who speak, whose
chorus then counts as the room's; by speaking less than five times.

## What clears it
Who answers a host shares moments with everybody who answers: a moment weighs as little as it is popular. People who sit
together through one prompt are not told: the moments must lie in three stretches of three minutes each. Groups whose members wear
the host's fan badge are a club, organised and not bought. A staff that posts what the script says is organised too; whether it is
disclosed, the record cannot tell: left open.

## Method
`kernel/lockstep.py` (ADR 0011): min-wise hashed candidates weighted by rarity, then all pairs against a null that keeps popularity,
activity and presence; pairs beyond a bar that a thousandth of honest rooms reach once, grouped, peeled to those in step with a third of
their group. People who recite in a beat come so far too: told alone, it asks and does not decide. After SynchroTrap (Cao et al., CCS 2014). Baselines: `packs/baselines/groups.lockstep.toml`.

## Examples
    >>> from zhenbo.proof.pages import look
    >>> look('groups.lockstep', '''
    ... 20:00-22:00 b1..b600 say "{早|晚|真|好|又|再|还}{雨|雪|风|云|月|星|花}{东|南|西|北|上}{来|去|走}了" x6 scattered
    ... 20:00-22:00 a1..a8 say "{红|黄|蓝|绿|紫|白|黑}{米|豆|茶|酒|面|糖}{多|少|大|小|长|短}吗" x12 scattered
    ... 20:05:00-20:05:30 a1..a8 say "真好用"; 20:12:00-20:12:30 a1..a8 say "回购了"; 20:19:00-20:19:30 a1..a8 say "很实惠"
    ... 20:26:00-20:26:30 a1..a8 say "到货快"; 20:33:00-20:33:30 a1..a8 say "要没了"; 20:40:00-20:40:30 a1..a8 say "给妈妈"
    ... 20:47:00-20:47:30 a1..a8 say "客服好"; 20:54:00-20:54:30 a1..a8 say "包装好"; 21:01:00-21:01:30 a1..a8 say "朋友推荐"
    ... 21:08:00-21:08:30 a1..a8 say "尺码准"; 21:15:00-21:15:30 a1..a8 say "很舒服"; 21:22:00-21:22:30 a1..a8 say "颜色正"
    ... 21:29:00-21:29:30 a1..a8 say "发货快"; 21:36:00-21:36:30 a1..a8 say "老粉了"; 21:43:00-21:43:30 a1..a8 say "又来了"
    ... 21:50:00-21:50:30 a1..a8 say "值得买"
    ... ''')
    groups.lockstep: accuses, names 8 accounts, says crew
    >>> look('groups.lockstep', '''
    ... 20:00-22:00 b1..b80 say "{早|晚|真|好|又|再|还}{雨|雪|风|云|月|星|花}{东|南|西|北|上}{来|去|走}了" x12 scattered
    ... 20:10:00-20:10:30 b1..b80 say "扣1上车"; 20:48:00-20:48:30 b1..b80 say "福袋口令"; 21:35:00-21:35:30 b1..b80 say "想要想要"
    ... ''')
    groups.lockstep: clears, names 0 accounts, says nobody
"""

from collections.abc import Iterable, Mapping
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from zhenbo.core.evidence import Cause, Effect, Evidence, Found, Missing, Say, Signal, cite
from zhenbo.core.session import SECOND, Session, codes, micros
from zhenbo.core.subject import Question, Tier
from zhenbo.kernel.lockstep import Lockstep, lockstep
from zhenbo.kernel.people import badge_share
from zhenbo.kernel.speech import normal, speech, unheard
from zhenbo.signals.bunching import CLEAR_DB, held
from zhenbo.signals.nulls import ACCOUNT_PRIOR_DB, P_FLOOR


def look(session: Session, base: Mapping[str, Any]) -> Iterable[Found]:
    """Find the groups that say the same together, again and again."""
    rows = speech(session)
    if rows.num_rows < base["rows_min"]:
        return [Missing(Question.ENGAGEMENT, unheard(session))]
    who, names = codes(rows["actor_id"])
    line = _lines(rows["text"])
    at = micros(rows["ts"])
    width = np.full(len(at), int(base["moment_s"]) * SECOND, dtype=np.int64)
    found = lockstep(who, line, np.zeros_like(line), at, width)
    if found.tested < base["accounts_min"]:
        return [Missing(Question.ENGAGEMENT, "longer_record")]
    return [_crews(session, rows, who, names, found, base) if found.groups else _nobody(rows, names, found)]


def _lines(text: pa.ChunkedArray) -> npt.NDArray[np.int64]:
    """Number of each comment's line, folded to what it says."""
    index, values = codes(text)
    table: dict[str, int] = {}
    folded = [table.setdefault(normal(v), len(table)) for v in values.to_pylist()]
    return np.array([*folded, 0], dtype=np.int64)[index]


def _crews(
    session: Session, rows: pa.Table, who: npt.NDArray[np.int64], names: pa.Array, found: Lockstep, base: Mapping[str, Any]
) -> Evidence:  # fmt: skip
    members = np.concatenate(found.groups)
    mine = np.isin(who, members)
    pairs = found.pairs
    p = float(np.clip(base["group_p"], P_FLOOR, 1))
    weight = held(base["odds_db"] - ACCOUNT_PRIOR_DB, p)
    db = np.full(len(names), CLEAR_DB)
    db[members] = weight
    said, ts = float(mine.sum()), micros(rows["ts"])[mine]
    events, total = cite(rows, mine)
    return SIGNAL.evidence(
        window=(int(ts.min()), int(ts.max())), p=p, observed=float(pairs.shared.mean()), expected=float(pairs.expected.mean()), says="crew",
        args={
            "accounts": len(members), "groups": len(found.groups), "tested": found.tested, "comments": int(said),
            "shared": round(float(pairs.shared.mean()), 1), "expected": round(float(pairs.expected.mean()), 2), "pairs": len(pairs.shared), "left_out": found.left_out,
        },
        effect=Effect("comments", 0.7 * said, 0.9 * said, 1.2 * said),
        accounts=dict(zip(names.to_pylist(), db.tolist(), strict=True)),
        causes=_causes(session, names.take(pa.array(members)), base),
        events=events, events_total=total,
    )  # fmt: skip


def _causes(session: Session, members: pa.Array, base: Mapping[str, Any]) -> tuple[Cause, ...]:
    club = (badge_share(session, members) or 0.0) > base["fans"]
    return (Cause("chant", "ruled_out"), Cause("fan_club", "explains" if club else "ruled_out"), Cause("staff", "open"))  # fmt: skip


def _nobody(rows: pa.Table, names: pa.Array, found: Lockstep) -> Evidence:
    ts = micros(rows["ts"])
    return SIGNAL.evidence(
        window=(int(ts.min()), int(ts.max())), p=1.0, observed=0.0, expected=0.0, says="nobody",
        args={"tested": found.tested, "comments": rows.num_rows}, accounts=dict.fromkeys(names.to_pylist(), CLEAR_DB),
    )  # fmt: skip


SIGNAL = Signal(
    id="groups.lockstep",
    version=2,
    question=Question.ENGAGEMENT,
    tier=Tier.T1,
    title=Say("A crew in lockstep", "多账号步调一致"),
    says={
        "crew": Say(
            "{accounts} of {tested} talkative accounts, in {groups} groups, say the same lines in the same minutes: {pairs} pairs share {shared} such moments each, "
            "where the room's chants and their own talkativeness let expect {expected}; together they wrote {comments} comments ({left_out} accounts of groups too large "
            "to be counted whole are not among them).",
            "{tested} 个发言较多的账号中有 {accounts} 个（{groups} 组）反复在同一分钟说同样的话：{pairs} 对账号平均共有 {shared} 个此类时刻，而按本场"
            "口号与各自发言频率预期仅 {expected} 个；共发出 {comments} 条评论（过大而未能完整统计的群组另有 {left_out} 个账号，不在其中）。",
        ),
        "nobody": Say(
            "None of {tested} talkative accounts is in step with others beyond what the room's chants explain ({comments} comments).",
            "{tested} 个发言较多的账号中，没有超出本场口号所能解释的步调一致（共 {comments} 条评论）。",
        ),
    },
    look=look,
)
