"""Accounts that never say a short word: sentences only, from people who are paid per sentence.

## What it looks for
Talkative accounts all of whose comments are whole sentences. People toss in 哈哈, 1, 多少钱, 来了: of 878 accounts with six different comments or more in two
real rooms, four had no short one; with ten or more, none of 632. Short ones are 54 to 73 % of what they say.

## Why it matters
Scripts (话术), hired writers and language models write what was ordered: praise, in sentences. Everything else about them can be
made human, the account's age, the pauses, the wording, never twice the same; that nobody among them ever just laughs is left.

## How it is fooled
By short words mixed in, one in twenty; by accounts of fewer than eight different comments; by a room where
everybody writes at length (a reading, a consultation): there it expects no other.

## What clears it
Honest people who only write sentences exist: too few of them for a room of this size are expected. How often the room's quiet accounts are short sets
what is expected of the talkative, never more than two comments in five. What somebody repeats counts once, so prayers and roll calls
are not judged by their refrain. A crowd that speaks together and then says the same (a language class after its teacher) answers one voice: that
explains it. A staff that answers for the shop writes sentences too: left open.

## Method
Short comments of an account against a beta-binomial of the room's rate, at least a stray share; accounts with none to speak of are counted
against a negative binomial across rooms. Baselines: `packs/baselines/text.small_talk.toml`.

## Examples
    >>> from zhenbo.proof.pages import look
    >>> look('text.small_talk', '''
    ... 20:00-22:00 b1..b40 say "{哈哈|来了|多少钱|1|好看|晚饭}{下雨|刮风|看云|赏月|摘花|割草|爬山}" x12 scattered; 20:00-22:00 b1..b40 say "{昨天|今年|明儿}{东边|南门|西街}有没有人{来过|见过}呀" x4 scattered
    ... 20:00-22:00 a1..a12 say "{早上|晚饭|昨天|今年|明儿|后来|平时}{下雨|刮风|看云|赏月|摘花|割草|爬山|游水|砍木|采茶|钓鱼}都用这款真的很放心" x14 scattered
    ... ''')
    text.small_talk: accuses, names 12 accounts, says sentences
    >>> look('text.small_talk', '''
    ... 20:00-22:00 b1..b40 say "{哈哈|来了|多少钱|1|好看|晚饭}{下雨|刮风|看云|赏月|摘花|割草|爬山}" x12 scattered; 20:00-22:00 b1..b40 say "{昨天|今年|明儿}{东边|南门|西街}有没有人{来过|见过}呀" x4 scattered
    ... ''')
    text.small_talk: clears, names 0 accounts, says chat
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from zhenbo.core.evidence import Cause, Effect, Evidence, Found, Missing, Say, Signal, cite
from zhenbo.core.session import Session, codes, micros
from zhenbo.core.subject import Question, Tier
from zhenbo.kernel.lines import longer
from zhenbo.kernel.speech import heart, normal, one_voice, speech, unheard
from zhenbo.signals.bunching import CLEAR_DB, held
from zhenbo.signals.nulls import ACCOUNT_PRIOR_DB, count_tail

Ints = npt.NDArray[np.int64]


def look(session: Session, base: Mapping[str, Any]) -> Iterable[Found]:
    """Count the talkative accounts that never say a short word."""
    rows = speech(session)
    if rows.num_rows < base["rows_min"]:
        return [Missing(Question.ENGAGEMENT, unheard(session))]
    who, names = codes(rows["actor_id"])
    words = _words(rows, who, len(names), base)
    if len(words.tested) < base["accounts_min"]:
        return [Missing(Question.ENGAGEMENT, "longer_record")]
    p = max(count_tail(len(words.members), words.expected, base["size"]), base["floor"])
    return [
        _sentences(rows, who, names, words, p, base)
        if p < base["remarkable"]
        else _chat(rows, names, words, p)
    ]


@dataclass(frozen=True)
class _Words:
    """Who talks enough to be judged, who of them never says a short word, and how many such are any room's.

    Args:
        tested: accounts.
        members: of them without short words.
        expected: how many honest rooms hold.
        short: share of short comments among those of quiet accounts.
    """

    tested: Ints
    members: Ints
    expected: float
    short: float


def _words(rows: pa.Table, who: Ints, accounts: int, base: Mapping[str, Any]) -> _Words:
    from scipy import stats

    index, values = codes(rows["text"])
    folded = [normal(v) for v in values.to_pylist()]
    table: dict[str, int] = {}
    line = np.array([table.setdefault(f, len(table)) for f in folded], dtype=np.int64)[index]
    brief = np.array([not longer(f, base["length_min"]) for f in table])
    said = np.unique(np.c_[who, line], axis=0)
    own = np.bincount(said[:, 0], minlength=accounts)
    short = np.bincount(said[:, 0], brief[said[:, 1]], accounts)
    quiet = own < base["own"]
    rate = (short[quiet].sum() + base["short_share"] * base["pseudo"]) / (own[quiet].sum() + base["pseudo"])
    tested = np.flatnonzero(~quiet)
    mean, spread = min(float(rate), base["short_most"]), base["concentration"]
    allowed = np.floor(base["slips"] * own[tested])
    chance = stats.betabinom.cdf(allowed, own[tested], mean * spread, (1 - mean) * spread)
    expected = float(np.maximum(chance, base["stray"]).sum())
    return _Words(tested, tested[short[tested] <= allowed], expected, float(rate))


def _sentences(
    rows: pa.Table, who: Ints, names: pa.Array, words: _Words, p: float, base: Mapping[str, Any]
) -> Evidence:
    mine = np.isin(who, words.members)
    crew, count = rows.filter(pa.array(mine)), len(words.members)
    said, (events, total) = float(crew.num_rows), cite(crew)
    genuine = 1 - words.expected / count
    odds_db = float(10 * np.log10((count - words.expected) / max(words.expected, 0.5)))
    weights = dict.fromkeys(names.take(pa.array(words.tested)).to_pylist(), CLEAR_DB)
    weights |= dict.fromkeys(
        names.take(pa.array(words.members)).to_pylist(), held(odds_db - ACCOUNT_PRIOR_DB, p)
    )
    together = one_voice(crew, who[mine], base["in_step"], base["agreed"])
    return SIGNAL.evidence(
        window=heart(micros(crew["ts"])), p=p, observed=float(count), expected=words.expected, says="sentences",
        args={
            "accounts": count, "tested": len(words.tested), "comments": int(said), "expected": round(words.expected, 1), "short_share": round(words.short, 4),
        },
        effect=Effect("comments", 0.8 * genuine * said, genuine * said, 1.2 * said), accounts=weights,
        causes=(Cause("chant", "explains" if together else "ruled_out"), Cause("recital", "ruled_out"), Cause("staff", "open")),
        events=events, events_total=total,
    )  # fmt: skip


def _chat(rows: pa.Table, names: pa.Array, words: _Words, p: float) -> Evidence:
    ts = micros(rows["ts"])
    return SIGNAL.evidence(
        window=(int(ts.min()), int(ts.max())), p=max(p, 0.5), observed=float(len(words.members)), expected=words.expected, says="chat",
        args={"accounts": len(words.members), "tested": len(words.tested), "expected": round(words.expected, 1), "short_share": round(words.short, 4)},
        accounts=dict.fromkeys(names.take(pa.array(words.tested)).to_pylist(), CLEAR_DB),
    )  # fmt: skip


SIGNAL = Signal(
    id="text.small_talk",
    version=1,
    question=Question.ENGAGEMENT,
    tier=Tier.T1,
    title=Say("Sentences only, never a short word", "只说整句，从无闲话"),
    says={
        "sentences": Say(
            "{accounts} of {tested} talkative accounts never say a short word in {comments} comments; {short_share} of what the room's quiet people say is short, and honest "
            "rooms of this size hold {expected} such accounts.",
            "{tested} 个发言较多的账号中有 {accounts} 个在 {comments} 条评论里从无短句闲话；本场发言较少的人有 {short_share} 是短句，同等规模的正常直播间约有 {expected} 个这样的账号。",
        ),
        "chat": Say(
            "{tested} talkative accounts chat as people do: {accounts} never say a short word, where honest rooms of this size hold {expected} "
            "({short_share} of what quiet people say here is short).",
            "{tested} 个发言较多的账号与真人闲聊无异：从无短句的有 {accounts} 个，而同等规模的正常直播间约有 {expected} 个（本场发言较少的人有 {short_share} 是短句）。",
        ),
    },
    look=look,
)
