"""Accounts that speak from one list that nobody else uses, however they spell it.

## What it looks for
Two accounts, or more, that share many longer lines, said minutes apart, which hardly anybody else in the room says. Lines are
compared by their sound: homophones (珍滴有笑果), letters for characters (hen), signs strewn in, single words exchanged make no difference.

## Why it matters
Two accounts with a hundred comments each are a crew as much as a hundred with two: the first paid-comment worker fined (职业弹幕人, Beijing 2025)
wrote 50 to 300 comments per account and session from a list (话术). Counting accounts that repeat others misses them: what tells is how *much* they share, and
with whom.

## How it is fooled
By lines never used twice (a language model's), by lists longer than all that is posted, by more than half of the syllables
exchanged, by accounts of fewer than six longer lines; a list that more than a hundred accounts use is left to `text.rare_template`.

## What clears it
A line counts by how many say it: what the whole room repeats is worth nothing, and 8 % of anybody's lines are taken to be any room's. Lines said within
three minutes of each other answer the same prompt and do not count, nor do lines that the two mostly say within twenty seconds of each other: a class repeats its teacher. Two accounts alone must share twelve lines: a couple may be one
fan with two phones. A crowd that speaks together and then says the same (a class, a choir) answers one voice: that explains it; so does
the host's fan badge on most of them. Fans share slogans and songs, and talk besides: whoever says as much again in words of his own counts as the
room for the others' lines. A staff that posts notices from a list is organised, disclosed or not: left open.

## Method
Lines by sound (`kernel/lines.py`); pairs of accounts by the lines they share against a Poisson number, twice what popularity lets expect, where those
who share half of their lines do not vouch for each other; all pairs paid for (`kernel/script.py`). Baselines: `packs/baselines/text.script.toml`.

## Examples
    >>> from zhenbo.proof.pages import look
    >>> look('text.script', '''
    ... 20:00-22:00 b1..b40 say "{早上|晚饭|昨天|今年|明儿|后来|平时}{下雨|刮风|看云|赏月|摘花|割草|爬山|游水|砍木|采茶|钓鱼}{东边|南门|西街|北屋|楼上|地下|家里|城外|桥前|山后|左手|右岸|路中}" x9 scattered
    ... 20:10-21:50 a1 says "{真的有效果我瘦了八斤|口感软糯老人也能吃|刚收到货包装特别好|油皮亲测完全不闷痘|发货很快三号仓直发|锅底厚实一点也不粘|赠品比我想的要多啊|面料摸着柔软不变形|老公说这个很值得入|囤了五盒就怕再涨价|送人真的特别有面子|比专柜便宜一半左右|昨天下单今天就到货|给妈妈也买了一整套}" every 100s
    ... 20:15-21:55 a2 says "{比专柜扁宜一半左右|真的有笑果偶瘦了八斤|昨天下单今天就到火|送人真滴特别有面子|口感软诺老人也能吃|刚收到货包庄特别好|囤了五盒就怕再掌价|油皮亲侧完全不闷痘|发货hen快三号仓直发|给妈妈也买勒一整套|锅底厚实伊点也不粘|赠品比我想地要多啊|面料摸着柔软不变行|老攻说这个很值得入}" every 97s
    ... ''')
    text.script: accuses, names 2 accounts, says list
    >>> look('text.script', '''
    ... 20:00-22:00 b1..b40 say "{早上|晚饭|昨天|今年|明儿|后来|平时}{下雨|刮风|看云|赏月|摘花|割草|爬山|游水|砍木|采茶|钓鱼}{东边|南门|西街|北屋|楼上|地下|家里|城外|桥前|山后|左手|右岸|路中}" x9 scattered
    ... ''')
    text.script: clears, names 0 accounts, says own_words
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
from zhenbo.kernel.lines import lines
from zhenbo.kernel.people import badge_share
from zhenbo.kernel.script import Limits, Scripts, scripts
from zhenbo.kernel.speech import heart, one_voice, speech, unheard
from zhenbo.signals.bunching import CLEAR_DB, held
from zhenbo.signals.nulls import P_FLOOR, e_value

Ints = npt.NDArray[np.int64]


def look(session: Session, base: Mapping[str, Any]) -> Iterable[Found]:
    """Find accounts that share a list of lines with each other and with nobody else."""
    rows = speech(session)
    if rows.num_rows < base["rows_min"]:
        return [Missing(Question.ENGAGEMENT, unheard(session))]
    who, names = codes(rows["actor_id"])
    line = lines(rows["text"], base["length_min"])
    limits = Limits(
        own=int(base["own"]), shared=int(base["shared"]), apart_s=base["apart_s"], beat_s=base["beat_s"], common=base["common"], bar=base["remarkable"],
    )  # fmt: skip
    found = scripts(who, line, micros(rows["ts"]), limits)
    if len(found.tested) < base["accounts_min"]:
        return [Missing(Question.ENGAGEMENT, "longer_record")]
    pairs = np.flatnonzero(~_couples(found) | (found.shared >= base["couple"]))
    if not len(pairs):
        return [_own_words(rows, names, found)]
    return [_script(session, _Spoken(rows, who, line, names), found, pairs, base)]


@dataclass(frozen=True)
class _Spoken:
    """Comments with the numbers of their author and of their line."""

    rows: pa.Table
    who: Ints
    line: Ints
    names: pa.Array

    def by(self, members: Ints) -> "_Spoken":
        """Those of some accounts."""
        mine = np.isin(self.who, members)
        return _Spoken(self.rows.filter(pa.array(mine)), self.who[mine], self.line[mine], self.names)

    def listed(self) -> float:
        """Share of its longer lines that an account has in common with another of these, the middle account."""
        long = self.line >= 0
        said = np.unique(np.c_[self.line[long], self.who[long]], axis=0)
        common = np.bincount(said[:, 0])[said[:, 0]] > 1
        own, shared = np.bincount(said[:, 1]), np.bincount(said[:, 1], common)
        return float(np.median(shared[own > 0] / own[own > 0]))


def _couples(found: Scripts) -> npt.NDArray[np.bool_]:
    """Pairs of accounts that share a list with each other only."""
    partners = np.bincount(np.r_[found.one, found.other])
    return np.asarray((partners[found.one] == 1) & (partners[found.other] == 1))


def _script(
    session: Session, spoken: _Spoken, found: Scripts, pairs: Ints, base: Mapping[str, Any]
) -> Evidence:
    one, other, tail = found.one[pairs], found.other[pairs], np.clip(found.tail[pairs], P_FLOOR, 1)
    members, p, best, names = (
        np.unique(np.r_[one, other]),
        float(tail.min()),
        int(tail.argmin()),
        spoken.names,
    )
    crew = spoken.by(members)
    said, (events, total) = float(crew.rows.num_rows), cite(crew.rows)
    sure = np.ones(len(names))
    np.minimum.at(sure, np.r_[one, other], np.r_[tail, tail])
    weights = dict.fromkeys(names.take(pa.array(found.tested)).to_pylist(), CLEAR_DB)
    weights |= {
        name: held(float(10 * np.log10(e_value(x))), p)
        for name, x in zip(names.take(pa.array(members)).to_pylist(), sure[members].tolist(), strict=True)
    }
    return SIGNAL.evidence(
        window=heart(micros(crew.rows["ts"])), p=p, observed=float(found.shared[pairs][best]),
        expected=float(found.expected[pairs][best]), says="list",
        args={
            "accounts": len(members), "tested": len(found.tested), "pairs": len(pairs), "comments": int(said), "listed_share": round(crew.listed(), 4),
            "shared": round(float(np.median(found.shared[pairs]))), "expected": round(float(np.median(found.expected[pairs])), 1),
        },
        effect=Effect("comments", 0.8 * said, said, 1.2 * said), accounts=weights,
        causes=_causes(session, crew, names.take(pa.array(members)), base), events=events, events_total=total,
    )  # fmt: skip


def _causes(session: Session, crew: _Spoken, members: pa.Array, base: Mapping[str, Any]) -> tuple[Cause, ...]:
    causes = {
        "chant": one_voice(crew.rows, crew.who, base["in_step"], base["agreed"]),
        "fan_club": (badge_share(session, members) or 0.0) > base["fans"],
    }
    tested = tuple(Cause(cause, "explains" if holds else "ruled_out") for cause, holds in causes.items())
    return (*tested, Cause("staff", "open"))


def _own_words(rows: pa.Table, names: pa.Array, found: Scripts) -> Evidence:
    ts = micros(rows["ts"])
    return SIGNAL.evidence(
        window=(int(ts.min()), int(ts.max())), p=1.0, observed=0.0, expected=0.0, says="own_words",
        args={"tested": len(found.tested), "comments": rows.num_rows},
        accounts=dict.fromkeys(names.take(pa.array(found.tested)).to_pylist(), CLEAR_DB),
    )  # fmt: skip


SIGNAL = Signal(
    id="text.script",
    version=1,
    question=Question.ENGAGEMENT,
    tier=Tier.T1,
    title=Say("One list behind several accounts", "多账号出自同一份台词"),
    says={
        "list": Say(
            "{accounts} of {tested} talkative accounts take {listed_share} of their longer lines from one list: two of them share {shared}, said minutes apart "
            "({pairs} pairs; spelling, signs and single words aside), where what others of this room say lets expect {expected}; together they wrote {comments} comments.",
            "{tested} 个发言较多的账号中，有 {accounts} 个的长句 {listed_share} 出自同一份台词：两两之间共有 {shared} 句，相隔数分钟（{pairs} 对；谐音、符号与"
            "个别换词不计），而按本场其他人的发言预期仅 {expected} 句；共发出 {comments} 条评论。",
        ),
        "own_words": Say(
            "No two of {tested} talkative accounts share a list of lines that others do not use ({comments} comments).",
            "{tested} 个发言较多的账号中，没有任何两个共用他人不用的台词（共 {comments} 条评论）。",
        ),
    },
    look=look,
)
