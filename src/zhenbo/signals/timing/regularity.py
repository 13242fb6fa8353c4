"""Accounts that speak like clockwork.

## What it looks for
Comments of one account at nearly equal gaps. People speak in bursts: over 977 honest accounts with ten or more
messages the coefficient of variation (CV) of their gaps has median 1.5 and lies below 0.3 for one in a
thousand. Scripts that post "N sentences at a fixed interval" sit at 0 to 0.35, also with a jitter of 40 %.

## Why it matters
Brushing software sells the speaking interval as a setting (发言间隔). The first fined case of a paid-comment
worker (职业弹幕人, Beijing 2025) was more than fifty comments per account and session.

## How it is fooled
By exponential gaps, by pauses drawn from real chat logs, by fewer than ten comments per account, by hired
humans. A script with long random pauses passes this test and must be met by what it says (text). A farm that posts one
sentence from all accounts at once looks like a chant and is taken for one; an account that repeats one line all evening
is taken for a reader of prayers.

## What clears it
Flagged assistants, moderators and the host are left out; up to three who keep time, and write less than a third of the comments, may be assistants that nobody flagged (小助理): that stays open, decides nothing and names nobody. Too few regular accounts for a room of this size is
expected (habit, tools): only an excess over that counts. Answers to a prompt (quiz, countdown, 口令, 扣1) follow the host's
beat, not a timer: short comments made while far more people speak than usual are left out before anything is measured.
People who repeat one line for an hour (a prayer room, a roll call) keep time without a timer: accounts that say hardly
anything else are left out too. A crowd whose regular members speak together and then say the same (fans after a song, a class after its teacher)
answers one voice: that explains it, and nobody is named.

## Method
Honest gaps are modelled as a gamma renewal process of shape 2, more regular than 99 % of real accounts; the
log of the sample CV is then normal with variance (1 + c²) / (2n), c² = 1/shape. Accounts far below that are
counted, at three depths, against a negative binomial across rooms. Baselines: `packs/baselines/timing.regularity.toml`.

## Examples
    >>> from zhenbo.proof.pages import look
    >>> look('timing.regularity', '''
    ... 20:00-22:00 b1..b60 say "{wow|haha|which size|nice|is it real|ok|me too} {n}" x15 scattered
    ... 20:30-21:30 a1..a12 say "{buy now|so soft|my third one|mum loves it|cheap today}" every 80s
    ... ''')
    timing.regularity: accuses, names 12 accounts, says regular
    >>> look('timing.regularity', '''
    ... 20:00-22:00 b1..b60 say "{wow|haha|which size|nice|is it real|ok|me too} {n}" x15 scattered
    ... ''')
    timing.regularity: clears, names 0 accounts, says people
"""

from collections.abc import Iterable, Mapping
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from zhenbo.core.evidence import Cause, Effect, Found, Missing, Say, Signal, cite
from zhenbo.core.session import Session, codes, micros
from zhenbo.core.subject import Question, Tier
from zhenbo.kernel.speech import BEAT, gap_variation, heart, one_voice, speech, unheard
from zhenbo.signals.bunching import CLEAR_DB
from zhenbo.signals.nulls import crowd, steady


def look(session: Session, base: Mapping[str, Any]) -> Iterable[Found]:
    """Count accounts whose gaps are more regular than people's, against how many honest rooms hold."""
    rows = speech(session)
    if rows.num_rows < base["rows_min"]:
        return [Missing(Question.ENGAGEMENT, unheard(session))]
    answers = _answers(rows, base) | _recited(rows, base["recital_share"])
    rows = rows.filter(pa.array(~answers))
    who, names = codes(rows["actor_id"])
    cv, gaps = gap_variation(who, micros(rows["ts"]), len(names))
    tested = np.flatnonzero(gaps >= base["gaps_min"])
    if len(tested) < base["accounts_min"]:
        return [Missing(Question.ENGAGEMENT, "longer_record")]
    found = crowd(steady(cv[tested], gaps[tested], base["shape"]), base["looks"], base["size"])
    members = tested[found.members]
    mine = np.isin(who, members)
    events, total = cite(rows, mine)
    per_account = mine.sum() / max(found.observed, 1)
    accused = found.observed > 0 and found.p < base["remarkable"]
    if not accused and answers.mean() > base["answers_max"]:
        return [Missing(Question.ENGAGEMENT, "longer_record")]  # what was left out cannot be called clean
    few = accused and found.observed <= base["staff_most"] and mine.sum() < base["staff_share"] * len(who)
    weights = np.minimum(found.weights_db, CLEAR_DB) if few else found.weights_db
    together = accused and one_voice(rows.filter(pa.array(mine)), who[mine], base["in_step"], base["agreed"])
    return [
        SIGNAL.evidence(
            window=heart(micros(rows["ts"])[mine] if accused else micros(rows["ts"])),
            p=max(found.p, base["staff_floor"]) if few else found.p,
            observed=float(found.observed),
            expected=found.expected,
            says="regular" if accused else "people",
            args={
                "accounts": found.observed, "tested": len(tested), "comments": int(mine.sum()), "answers": int(answers.sum()),
                "expected": round(found.expected, 1),
                "cv": round(float(np.median(cv[members])), 2) if accused else round(float(np.median(cv[tested])), 2),
            },
            effect=Effect("comments", *(x * per_account for x in (found.low, found.mid, found.high))) if accused else None,
            accounts=dict(zip((str(names[i]) for i in tested), weights.tolist(), strict=True)),
            causes=(Cause("assistant", "open" if few else "ruled_out"), Cause("recital", "ruled_out"), Cause("prompted_chant", "explains" if together else "ruled_out")) if accused else (),
            events=events if accused else (),
            events_total=total if accused else 0,
        )
    ]  # fmt: skip


def _answers(rows: pa.Table, base: Mapping[str, Any]) -> npt.NDArray[np.bool_]:
    """Comments that answer a prompt: a letter, or a short phrase said by several, while far more speak than usual."""
    ts, (who, _), (text, _) = micros(rows["ts"]), codes(rows["actor_id"]), codes(rows["text"])
    length = np.asarray(pc.utf8_length(rows["text"]))
    answers = np.zeros(len(ts), bool)
    for offset in (0, BEAT // 2):
        beat = (ts - ts.min() + offset) // BEAT
        people = _distinct(beat, who)
        busy = people[beat] >= max(base["answer_people"], base["answer_factor"] * float(np.median(people)))
        phrase = np.unique(np.c_[beat, text], axis=0, return_inverse=True)[1].ravel()
        common = _distinct(phrase, who)[phrase] >= base["answer_common"]
        answers |= busy & ((length <= base["answer_letters"]) | (length <= base["answer_length"]) & common)
    return answers


def _recited(rows: pa.Table, share: float) -> npt.NDArray[np.bool_]:
    """Comments of accounts that say hardly anything but one line, digits and signs aside."""
    bare = pc.replace_substring_regex(rows["text"], r"[\d\pP\pS\s]+", "")
    (who, _), (line, _) = codes(rows["actor_id"]), codes(bare)
    said, times = np.unique(np.c_[who, line], axis=0, return_counts=True)
    most = np.zeros(int(who.max()) + 1)
    np.maximum.at(most, said[:, 0], times)
    return np.asarray((most / np.bincount(who) >= share)[who])


def _distinct(group: npt.NDArray[np.int64], who: npt.NDArray[np.int64]) -> npt.NDArray[np.int64]:
    """Distinct accounts per group."""
    return np.bincount(np.unique(np.c_[group, who], axis=0)[:, 0], minlength=int(group.max()) + 1)


SIGNAL = Signal(
    id="timing.regularity",
    version=2,
    question=Question.ENGAGEMENT,
    tier=Tier.T1,
    title=Say("Comments at clockwork intervals", "发言间隔机械规律"),
    says={
        "regular": Say(
            "{accounts} of {tested} talkative accounts speak at nearly equal intervals (typical variation {cv}, people 1.5); "
            "together they wrote {comments} comments.",
            "{tested} 个活跃发言账号中有 {accounts} 个的发言间隔近乎相等（典型变异系数 {cv}，真人约 1.5），共发出 {comments} 条评论。",
        ),
        "people": Say(
            "{tested} talkative accounts speak as people do: {accounts} keep a regular rhythm, where honest rooms of this size "
            "hold {expected} (typical variation {cv}).",
            "{tested} 个活跃发言账号的节奏与真人无异：节奏规律的有 {accounts} 个，而同等规模的正常直播间约有 {expected} 个（典型变异系数 {cv}）。",
        ),
    },
    look=look,
)
