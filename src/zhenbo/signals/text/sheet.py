"""Accounts that say the same few lines over and over, all evening.

## What it looks for
Accounts that say three or more longer lines at least four times each, over half an hour and more, each line one that other accounts repeat as often, and
that hardly anybody says who does not repeat it.

## Why it matters
Who is paid per comment copies from a sheet (话术): the first paid-comment worker fined (职业弹幕人, Beijing 2025) wrote 50 to 300 comments per account and
session. A sheet of a dozen lines is soon used up and begun again. Counting different lines misses it, since a dozen is no more than a fan may share with others; that the same dozen comes
again, from the same accounts, does not.

## How it is fooled
By long lists (`text.script`), by a model that writes each line anew, by accounts that say each line three times.

## What clears it
Fans repeat slogans: one or two, and most of the room with them. What many say who do not repeat it (上车, 拍了, 支持主播) is the room's own phrase and does not count; neither do short
cries. A class or a choir that speaks together, and then says the same, answers one voice: that explains it; so does the host's fan badge on most of them.
Customer service posts notices from a list: where the host or moderators say a good part of the lines too, or where no more than five accounts recite, it is left open whether they are the shop's own.

## Method
Lines by sound (`kernel/lines.py`), so that homophones and strewn signs make no difference; accounts that recite against a negative binomial around a small share of the talkative. Baselines: `packs/baselines/text.sheet.toml`.

## Examples
    >>> from zhenbo.proof.pages import look
    >>> look('text.sheet', '''
    ... 20:00-22:00 b1..b40 say "{早上|晚饭|昨天|今年|明儿|后来|平时}{下雨|刮风|看云|赏月|摘花|割草|爬山|游水|砍木|采茶|钓鱼}{东边|南门|西街|北屋|楼上|地下|家里|城外|桥前|山后|左手|右岸|路中}" x14 scattered
    ... 20:05-21:55 a1..a8 say "{真的有效果我瘦了八斤|口感软糯老人也能吃|刚收到货包装特别好|发货很快三号仓直发|赠品比我想的要多啊}" x60 scattered
    ... ''')
    text.sheet: accuses, names 8 accounts, says recited
    >>> look('text.sheet', '''
    ... 20:00-22:00 b1..b40 say "{早上|晚饭|昨天|今年|明儿|后来|平时}{下雨|刮风|看云|赏月|摘花|割草|爬山|游水|砍木|采茶|钓鱼}{东边|南门|西街|北屋|楼上|地下|家里|城外|桥前|山后|左手|右岸|路中}" x14 scattered
    ... 20:05-21:55 b1..b40 say "主播加油我们都支持你" x9 scattered
    ... ''')
    text.sheet: clears, names 0 accounts, says own_words
"""

from collections.abc import Iterable, Mapping
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from zhenbo.core.evidence import Cause, Effect, Evidence, Found, Missing, Say, Signal, cite
from zhenbo.core.session import Session, codes, micros
from zhenbo.core.subject import Question, Tier
from zhenbo.kernel.lines import lines, of_the_house
from zhenbo.kernel.people import badge_share
from zhenbo.kernel.speech import heart, one_voice, speech, unheard
from zhenbo.signals.bunching import CLEAR_DB, held
from zhenbo.signals.nulls import ACCOUNT_PRIOR_DB, count_tail

Ints = npt.NDArray[np.int64]
Bools = npt.NDArray[np.bool_]


def look(session: Session, base: Mapping[str, Any]) -> Iterable[Found]:
    """Count the accounts that recite."""
    rows = speech(session)
    if rows.num_rows < base["rows_min"]:
        return [Missing(Question.ENGAGEMENT, unheard(session))]
    who, names = codes(rows["actor_id"])
    line = lines(rows["text"], base["length_min"])
    said = np.bincount(who[line >= 0], minlength=len(names))
    tested = said >= base["said_min"]
    if tested.sum() < base["accounts_min"]:
        return [Missing(Question.ENGAGEMENT, "longer_record")]
    recited = _recited(who, line, micros(rows["ts"]), base)
    own, share = (
        np.bincount(who[recited], w, len(names)) for w in (None, 1 / np.maximum(said, 1)[who[recited]])
    )
    kinds = np.unique(np.stack([who[recited], line[recited]]), axis=1)[0]
    several = np.bincount(kinds, minlength=len(names)) >= base["lines_min"]
    members = tested & several & (share >= base["recited_share"]) & (own > 0)
    return [_evidence(session, rows, (who, recited), names, tested, members, base)]


def _recited(who: Ints, line: Ints, ts: Ints, base: Mapping[str, Any]) -> Bools:
    """Comments whose line their author keeps repeating, as several others do and few do not."""
    long = line >= 0
    pair, place = np.unique(np.stack([who[long], line[long]]), axis=1, return_inverse=True)
    place = place.ravel()
    times, at = np.bincount(place), ts[long]
    first, last = np.full(len(times), at.max(initial=0)), np.zeros(len(times), dtype=np.int64)
    np.minimum.at(first, place, at)
    np.maximum.at(last, place, at)
    repeats = (times >= base["repeats_min"]) & (last - first >= base["over_s"] * 1e6)
    many = int(line.max(initial=0)) + 1
    reciters, sayers = np.bincount(pair[1][repeats], minlength=many), np.bincount(pair[1], minlength=many)
    listed = (reciters >= base["reciters_min"]) & (reciters >= base["among_sayers"] * sayers)
    out = np.zeros(len(line), dtype=bool)
    out[np.flatnonzero(long)] = (repeats & listed[pair[1]])[place]
    return out


def _evidence(
    session: Session, rows: pa.Table, spoken: tuple[Ints, Bools], names: pa.Array, tested: Bools, members: Bools, base: Mapping[str, Any]
) -> Evidence:  # fmt: skip
    who, recited = spoken
    n, expected = int(members.sum()), max(float(tested.sum()) * base["stray"], base["expected_min"])
    p = count_tail(n, expected, base["size"])
    accused = p < base["remarkable"]
    mine = members[who] if accused else np.zeros(len(who), dtype=bool)
    ts, comments = micros(rows["ts"]), int(mine.sum())
    weight = held(float(10 * np.log10(max(n - expected, 1e-3) / expected) - ACCOUNT_PRIOR_DB), p)
    db = np.where(members & accused, max(weight, CLEAR_DB), CLEAR_DB)
    events, total = cite(rows, mine if accused else None)
    return SIGNAL.evidence(
        window=heart(ts[mine]) if accused else (int(ts.min()), int(ts.max())), p=p, observed=float(n), expected=expected,
        says="recited" if accused else "own_words",
        args={
            "accounts": n, "tested": int(tested.sum()), "comments": comments,
            "times": round(comments / max(n, 1)), "recited_share": round(float(recited[mine].mean()), 4) if accused else 0.0,
        },
        effect=Effect("comments", 0.8 * comments, float(comments), 1.2 * comments) if accused else None,
        accounts=dict(zip(names.filter(pa.array(tested)).to_pylist(), db[tested].tolist(), strict=True)),
        causes=_causes(session, rows.filter(pa.array(mine)), who[mine], names.filter(pa.array(members)), base) if accused else (),
        events=events, events_total=total,
    )  # fmt: skip


def _causes(
    session: Session, rows: pa.Table, who: Ints, members: pa.Array, base: Mapping[str, Any]
) -> tuple[Cause, ...]:
    """Innocent ways to say the same over and over."""
    explains = {
        "chant": one_voice(rows, who, base["in_step"], base["agreed"]),
        "fan_club": (badge_share(session, members) or 0.0) > base["fans"],
    }
    staff = (
        len(members) <= base["team"]
        or of_the_house(session, rows["text"], base["length_min"]) >= base["house_share"]
    )
    told = tuple(Cause(cause, "explains" if holds else "ruled_out") for cause, holds in explains.items())
    return (*told, Cause("staff", "open" if staff else "ruled_out"))


SIGNAL = Signal(
    id="text.sheet",
    version=1,
    question=Question.ENGAGEMENT,
    tier=Tier.T1,
    title=Say("The same few lines all evening", "反复照念同一份话术"),
    says={
        "recited": Say(
            "{accounts} of {tested} talkative accounts keep repeating the same longer lines, about {times} comments each; {recited_share} of what they wrote ({comments} comments) is "
            "made of lines that each of them says four times or more over half an hour and longer, and that hardly anybody else says.",
            "{tested} 个发言较多的账号中有 {accounts} 个反复照念同样的长句，人均约 {times} 条；其全部 {comments} 条评论中有 {recited_share} 是各自在半小时以上重复四次及以上、"
            "而几乎无其他人说的句子。",
        ),
        "own_words": Say(
            "{accounts} of {tested} talkative accounts repeat lines that others repeat as well and nobody else says: not more than honest rooms hold.",
            "{tested} 个发言较多的账号中，反复照念他人同样反复、而旁人不说的句子者有 {accounts} 个，未超出正常直播间。",
        ),
    },
    look=look,
)
