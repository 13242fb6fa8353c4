"""Accounts that share a script: rare sentences said again by others, minutes apart.

## What it looks for
Accounts whose longer sentences nearly all come back from other accounts more than three minutes earlier or
later. Sentences are compared after folding case, width, punctuation, repeated syllables and digits. In two
honest rooms 6 to 8 % of an account's longer sentences come back so; 99 % of talkative accounts stay below 41 %.

## Why it matters
Scripted comments are drawn from a list of hundreds of sentences shared by dozens of accounts (话术, 控评). Each
sentence alone looks innocent; that everything an account says was also said by the others does not.

## How it is fooled
By paraphrase per posting, by homophones, by lists longer than all that is posted, by sentences under six
characters. An account with fewer than three longer sentences is not judged; where hardly anybody says as much, the room is judged as
a whole, and never heavily.

## What clears it
Raw repetition is no evidence: a third of honest messages repeat another in the same minute. Repeats within
three minutes (chants 扣1, lottery phrases 福袋口令, hype) do not count, and the rate at which *quiet* accounts of
the same room repeat each other dispersed in time sets the expectation: a room that asks the same size question
all evening raises it for everybody. A crowd that speaks together and then says the same answers one voice: that
explains it.

## Method
Hits per account against a beta-binomial whose mean is the room's own rate among accounts with few sentences,
shrunk to a baseline; accounts far out are counted, at three depths, against a negative binomial across rooms.
Baselines: `packs/baselines/text.rare_template.toml`.

## Examples
    >>> from zhenbo.proof.pages import look
    >>> look('text.rare_template', '''
    ... 20:00-22:00 b1..b80 say "{早|晚|真|好|又|再|还}{雨|雪|风|云|月|星|花|草|山|水|木}{东|南|西|北|上|下|里|外|前|后|左|右|中}{来|去|走|跑|飞}听说过这个" x9 scattered
    ... 20:30-21:30 a1..a12 say "{主播推荐的这款面膜真的好用|我已经回购三次啦姐妹们|质量比专柜还要好很多|昨天下单今天就到货了|这个价格以后没有了吧|给我妈妈也买了一套呢|客服态度特别好赞一个}" x14 scattered
    ... ''')
    text.rare_template: accuses, names 12 accounts, says script
    >>> look('text.rare_template', '''
    ... 20:00-22:00 b1..b80 say "{早|晚|真|好|又|再|还}{雨|雪|风|云|月|星|花|草|山|水|木}{东|南|西|北|上|下|里|外|前|后|左|右|中}{来|去|走|跑|飞}听说过这个" x9 scattered
    ... 20:30-20:32 b1..b80 say "主播主播我要上车福袋口令" x3
    ... ''')
    text.rare_template: clears, names 0 accounts, says own_words
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from zhenbo.core.evidence import Cause, Effect, Found, Missing, Say, Signal, cite
from zhenbo.core.session import SECOND, Session, codes, micros
from zhenbo.core.subject import Question, Tier
from zhenbo.kernel.lines import longer, of_the_house
from zhenbo.kernel.speech import heart, normal, one_voice, speech, unheard
from zhenbo.signals.nulls import crowd, share_tail


def look(session: Session, base: Mapping[str, Any]) -> Iterable[Found]:
    """Count accounts whose sentences nearly all come back from others, minutes apart."""
    rows = speech(session)
    if rows.num_rows < base["rows_min"]:
        return [Missing(Question.ENGAGEMENT, unheard(session))]
    who, names = codes(rows["actor_id"])
    template = _templates(rows["text"], base["length_min"])
    tally = _tally(who, template, micros(rows["ts"]), len(names), base["apart_s"])
    tested = np.flatnonzero(tally.said >= base["sentences_min"])
    if len(tested) < base["accounts_min"]:
        return [_whole_room(rows, tally, base)]
    room = _room_rate(tally, base)
    p = share_tail(tally.shared[tested], tally.said[tested], room, base["concentration"])
    found = crowd(p, base["looks"], base["size"])
    mine = np.isin(who, tested[found.members])
    spoken = micros(rows["ts"])[mine] if mine.any() else micros(rows["ts"])
    events, total = cite(rows, mine)
    per_account = mine.sum() / max(found.observed, 1)
    accused = found.observed > 0 and found.p < base["remarkable"]
    together = accused and one_voice(rows.filter(pa.array(mine)), who[mine], base["in_step"], base["agreed"])
    sentences = len(np.unique(template[mine & (template >= 0)]))
    return [
        SIGNAL.evidence(
            window=heart(spoken),
            p=found.p,
            observed=float(found.observed),
            expected=found.expected,
            says="script" if accused else "own_words",
            args={
                "accounts": found.observed, "tested": len(tested), "comments": int(mine.sum()), "sentences": sentences, "expected": round(found.expected, 1),
                "room_share": round(room, 4),
                "member_share": round(float(tally.shared[tested][found.members].sum() / tally.said[tested][found.members].sum()), 4) if accused else 0.0,
            },
            effect=Effect("comments", *(x * per_account for x in (found.low, found.mid, found.high))) if accused else None,
            accounts=dict(zip((str(names[i]) for i in tested), found.weights_db.tolist(), strict=True)),
            causes=(
                Cause("chant", "explains" if together else "ruled_out"), Cause("common_question", "ruled_out" if sentences > 5 else "open"),
                Cause("staff", "open" if of_the_house(session, rows["text"].filter(pa.array(mine)), base["length_min"]) >= base["house_share"] else "ruled_out"),
            ) if accused else (),
            events=events if accused else (),
            events_total=total if accused else 0,
        )
    ]  # fmt: skip


@dataclass(frozen=True)
class _Tally:
    """Per account: distinct longer sentences said, and how many of them others said minutes apart."""

    said: npt.NDArray[np.int64]
    shared: npt.NDArray[np.int64]


def _whole_room(rows: pa.Table, tally: _Tally, base: Mapping[str, Any]) -> Found:
    """A room where hardly anybody says three sentences: all its sentences together, worth a question at most."""
    said, shared = int(tally.said.sum()), int(tally.shared.sum())
    if said < base["room_sentences_min"]:
        return Missing(Question.ENGAGEMENT, "longer_record")
    p = float(share_tail(shared, said, base["room_share"], base["room_concentration"]))
    ts = micros(rows["ts"])
    return SIGNAL.evidence(
        window=(int(ts.min()), int(ts.max())), p=max(p, base["room_floor"]), observed=shared / said,
        expected=base["room_share"], says="room", args={"sentences": said, "seen_share": shared / said},
        causes=(Cause("common_question", "open"),) if p < 0.5 else (),
    )  # fmt: skip


def _templates(text: pa.ChunkedArray, length_min: float) -> npt.NDArray[np.int64]:
    """Code of each comment's template; −1 where it is too short to tell anything."""
    index, values = codes(text)
    table: dict[str, int] = {}
    known = np.full(len(values) + 1, -1, dtype=np.int64)
    for i, value in enumerate(values.to_pylist()):
        folded = normal(value)
        if longer(folded, length_min):
            known[i] = table.setdefault(folded, len(table))
    return known[index]


def _tally(
    who: npt.NDArray[np.int64],
    template: npt.NDArray[np.int64],
    ts: npt.NDArray[np.int64],
    accounts: int,
    apart_s: float,
) -> _Tally:
    keep = template >= 0
    if not keep.any():
        return _Tally(np.zeros(accounts, np.int64), np.zeros(accounts, np.int64))
    who, template, ts = who[keep], template[keep], ts[keep]
    order = np.lexsort((ts, who, template))
    who, template, ts = who[order], template[order], ts[order]
    first = np.flatnonzero(np.r_[True, (who[1:] != who[:-1]) | (template[1:] != template[:-1])])
    last = np.r_[first[1:], len(who)] - 1
    owner, text, start, end = who[first], template[first], ts[first], ts[last]
    apart = apart_s * SECOND
    earliest, latest = _others(text, start, smallest=True), _others(text, end, smallest=False)
    shared = (end - earliest > apart) & (earliest != _NEVER) | (latest - start > apart) & (latest != -_NEVER)
    return _Tally(np.bincount(owner, minlength=accounts), np.bincount(owner[shared], minlength=accounts))


_NEVER = np.int64(2**62)


def _others(
    text: npt.NDArray[np.int64], at: npt.NDArray[np.int64], *, smallest: bool
) -> npt.NDArray[np.int64]:
    """For each (sentence, account): the extreme time at which *another* account said the sentence."""
    sign = 1 if smallest else -1
    order = np.lexsort((sign * at, text))
    t, a = text[order], at[order]
    head = np.r_[True, t[1:] != t[:-1]]
    best = np.maximum.accumulate(np.where(head, np.arange(len(t)), 0))
    second = np.minimum(best + 1, len(t) - 1)
    alone = (second == best) | (t[second] != t)
    out = np.empty(len(t), dtype=np.int64)
    out[order] = np.where(head, np.where(alone, sign * _NEVER, a[second]), a[best])
    return out


def _room_rate(tally: _Tally, base: Mapping[str, Any]) -> float:
    """How often quiet accounts of this room repeat others, shrunk to the baseline."""
    quiet = (tally.said > 0) & (tally.said < base["sentences_min"])
    hits, n = tally.shared[quiet].sum(), tally.said[quiet].sum()
    rate = (hits + base["shared_share"] * base["pseudo"]) / (n + base["pseudo"])
    return float(np.clip(max(rate, base["shared_share"]), 0.01, 0.9))


SIGNAL = Signal(
    id="text.rare_template",
    version=1,
    question=Question.ENGAGEMENT,
    tier=Tier.T1,
    title=Say("A shared script", "多账号共用话术"),
    says={
        "script": Say(
            "{accounts} of {tested} accounts take {member_share} of their longer sentences from a common list of {sentences} "
            "(others of this room repeat {room_share}); together they wrote {comments} comments.",
            "{tested} 个账号中有 {accounts} 个的长句 {member_share} 出自同一份共 {sentences} 句的话术（本场其他人为 {room_share}），"
            "共发出 {comments} 条评论。",
        ),
        "room": Say(
            "Hardly anybody says three longer sentences here; of {sentences} in all, {seen_share} came back from another account minutes apart.",
            "本场几乎无人说满三句长句；全部 {sentences} 句中有 {seen_share} 在数分钟外由其他账号重复。",
        ),
        "own_words": Say(
            "{tested} accounts speak in their own words: {accounts} repeat others more than this room does anyway, where honest "
            "rooms of this size hold {expected}.",
            "{tested} 个账号各说各话：重复他人长句超出本场常态的有 {accounts} 个，而同等规模的正常直播间约有 {expected} 个。",
        ),
    },
    look=look,
)
