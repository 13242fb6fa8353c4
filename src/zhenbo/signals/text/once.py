"""Too many people who speak once, for a room in which people speak.

## What it looks for
Accounts that comment once and never again, far more of them than those who comment twice and three times let expect. However talkative a crowd,
and whichever part of its comments was recorded, the numbers of people with one, two and three comments hang together.

## Why it matters
Comments are sold by the piece (评论包: "88 条真人评论") and by the account: every account of a farm says its line and is done. That is cheap, leaves no
script to compare and no rhythm, and it is the one thing a large pool of accounts does naturally.

## How it is fooled
By accounts that say two or three lines each in the shares honest people do; by fewer lines than a third of the room's own; by one line for all of
them, which this page leaves aside (then see `groups.lockstep`, `text.rare_template`).

## What clears it
What many people say in the same words is no part of it: chants, roll calls, answers of one word. A host who asks everybody something gets an answer from
each in the minutes after: where the excess sits in a tenth of the time, the *call* explains it. People carried past by the platform's feed may say hello
and go: left open, unless departures show that those who spoke once stayed as long as the others. No single account is pointed at:
who spoke once may be anybody, and only their number is told.

## Method
Counts of accounts by comments, f1, f2, f3. For people whose rates scatter as a gamma, the index 3·f1·f3 / (2·f2²) lies between 1 and 2, and up to 3.6 for
power laws; thinning leaves it where it is (the moments j!·f_j keep their ratios), so a feed that delivers a tenth of the comments is no excuse and no
alarm. Its logarithm is held against a normal with the spread of honest rooms and the sampling error of the three counts (delta method). After the
frequency counts of species richness (Good 1953; Chao 1984). Baselines: `packs/baselines/text.once.toml`.

## Examples
    >>> from zhenbo.proof.pages import look
    >>> look('text.once', '''
    ... 20:00-22:00 b1..b80 say "{早上|晚饭|昨天|今年|明儿|后来|平时}{下雨|刮风|看云|赏月|摘花|割草|爬山|游水|砍木|采茶|钓鱼}{真好|不错|还行|可以|满意}" scattered
    ... 20:05-21:50 b1..b48 say "{早上|晚饭|昨天|今年|明儿|后来|平时}{下雨|刮风|看云|赏月|摘花|割草|爬山|游水|砍木|采茶|钓鱼}{真好|不错|还行|可以|满意}呀" scattered
    ... 20:09-21:40 b1..b20 say "{早上|晚饭|昨天|今年|明儿|后来|平时}{下雨|刮风|看云|赏月|摘花|割草|爬山|游水|砍木|采茶|钓鱼}{真好|不错|还行|可以|满意}吗" scattered
    ... 20:00-21:50 a1..a300 enters scattered
    ... 20:10-21:55 a1..a300 say "{早上|晚饭|昨天|今年|明儿|后来|平时}{下雨|刮风|看云|赏月|摘花|割草|爬山|游水|砍木|采茶|钓鱼}{真好|不错|还行|可以|满意}啊" scattered
    ... ''')
    text.once: accuses, names 0 accounts, says once
    text.once: accuses, names 0 accounts, says came_once
    >>> look('text.once', '''
    ... 20:00-22:00 b1..b80 say "{早上|晚饭|昨天|今年|明儿|后来|平时}{下雨|刮风|看云|赏月|摘花|割草|爬山|游水|砍木|采茶|钓鱼}{真好|不错|还行|可以|满意}" scattered
    ... 20:05-21:50 b1..b48 say "{早上|晚饭|昨天|今年|明儿|后来|平时}{下雨|刮风|看云|赏月|摘花|割草|爬山|游水|砍木|采茶|钓鱼}{真好|不错|还行|可以|满意}呀" scattered
    ... 20:09-21:40 b1..b20 say "{早上|晚饭|昨天|今年|明儿|后来|平时}{下雨|刮风|看云|赏月|摘花|割草|爬山|游水|砍木|采茶|钓鱼}{真好|不错|还行|可以|满意}吗" scattered
    ... ''')
    text.once: clears, names 0 accounts, says talk
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from zhenbo.core.evidence import Cause, Effect, Evidence, Found, Missing, Say, Signal, cite
from zhenbo.core.session import SECOND, Session, by_visitors, codes, micros
from zhenbo.core.subject import Question, Tier
from zhenbo.kernel.speech import heart, normal, speech, unheard
from zhenbo.kernel.visits import visits

Ints = npt.NDArray[np.int64]
Bools = npt.NDArray[np.bool_]

_Z95 = 1.6449


def look(session: Session, base: Mapping[str, Any]) -> Iterable[Found]:
    """Hold those who speak once against those who speak twice and three times."""
    rows = speech(session)
    if rows.num_rows < base["rows_min"]:
        return [Missing(Question.ENGAGEMENT, unheard(session))]
    who, names = codes(rows["actor_id"])
    own = _own_words(rows["text"], who, len(names), base)
    talk = _talk(np.bincount(who[own], minlength=len(names)), base)
    if talk is None:
        return [Missing(Question.ENGAGEMENT, "longer_record")]
    if talk.p >= base["remarkable"]:
        return [_usual(rows, talk)]
    once = own & talk.once[who]
    return list(_judged(session, rows.filter(pa.array(once)), names.filter(pa.array(talk.once)), talk, base))


@dataclass(frozen=True)
class _Talk:
    """How many people comment once, beside what the others let expect.

    Args:
        once: per account, whether it commented once.
        people: accounts with one, two and three comments.
        expected: of those with one.
        most: the same at the far end of honest rooms.
        p: probability of as many under the honest null.
    """

    once: Bools
    people: tuple[int, int, int]
    expected: float
    most: float
    p: float


def _own_words(text: pa.ChunkedArray, who: Ints, accounts: int, base: Mapping[str, Any]) -> Bools:
    """Which comments are not what many say."""
    index, values = codes(text)
    table: dict[str, int] = {}
    line = np.array([table.setdefault(normal(v), len(table)) for v in values.to_pylist()], dtype=np.int64)[
        index
    ]
    said = np.unique(np.c_[line, who], axis=0)
    many = np.bincount(said[:, 0], minlength=len(table)) > max(
        base["chanted"], base["chanted_share"] * accounts
    )
    return np.asarray(~many[line])


def _talk(comments: Ints, base: Mapping[str, Any]) -> _Talk | None:
    """None where too few people speak twice or three times to tell."""
    from scipy import stats

    one, two, three = (int((comments == n).sum()) for n in (1, 2, 3))
    if one < base["once_min"] or two + three < base["again_min"]:
        return None
    spread = np.sqrt(base["spread"] ** 2 + 1 / (one + 0.5) + 4 / (two + 0.5) + 1 / (three + 0.5))
    expected = base["index"] * (two + 0.5) ** 2 / (1.5 * (three + 0.5))
    p = float(stats.norm.sf(np.log(one / expected) / spread))
    return _Talk(
        comments == 1, (one, two, three), float(expected), float(expected * np.exp(_Z95 * spread)), p
    )


def _judged(
    session: Session, rows: pa.Table, once: pa.Array, talk: _Talk, base: Mapping[str, Any]
) -> Iterator[Evidence]:
    """What was said once and, where those who said it were seen to come in, who came."""
    p, n = max(talk.p, base["floor"]), talk.people[0]
    ts = micros(rows["ts"])
    told = {
        "accounts": n, "expected": round(talk.expected), "twice": talk.people[1], "thrice": talk.people[2],
        "excess": round(n - talk.expected),
    }  # fmt: skip
    causes = (
        Cause("chant", "explains" if _called(ts, talk, base) else "ruled_out"),
        Cause("passers", _passers(session, once, base)),
    )
    ends = tuple(max(n - x, 0.0) for x in (talk.most, talk.expected, 0.0))
    events, total = cite(rows)
    yield SIGNAL.evidence(
        window=heart(ts), p=p, observed=float(n), expected=talk.expected, says="once", args=told,
        effect=Effect("comments", *ends), causes=causes, events=events, events_total=total,
    )  # fmt: skip
    entries = by_visitors(session.rows("enter"), "ts")
    entries = entries.filter(pc.is_in(entries["actor_id"], once))
    seen = pc.count_distinct(entries["actor_id"]).as_py() / (session.coverage("enter") or 1.0)
    if seen >= base["came"] * n:
        events, total = cite(entries)
        yield SIGNAL.evidence(
            question=Question.AUDIENCE, window=heart(micros(entries["ts"])), p=p, observed=float(n), expected=talk.expected,
            says="came_once", args=told, effect=Effect("viewers", *ends), causes=causes, events=events, events_total=total,
        )  # fmt: skip


def _called(ts: Ints, talk: _Talk, base: Mapping[str, Any]) -> bool:
    """Whether what goes beyond the honest range was said in a small part of the time, as answers to a call are."""
    step = int(base["answer_s"] * SECOND)
    per = np.sort(np.bincount((ts - ts.min()) // step))[::-1]
    answers = per[: max(round(base["calls"] * len(per)), 1)].sum()
    return bool(len(ts) - answers <= talk.most)


def _passers(session: Session, once: pa.Array, base: Mapping[str, Any]) -> str:
    """Whether those who spoke once left sooner than the room's other visitors who spoke; open where departures do not tell."""
    v = visits(session)
    spoke = np.isin(v.names.to_numpy(zero_copy_only=False), session.rows("comment")["actor_id"].to_pylist())[
        v.who
    ]
    mine = np.isin(v.names.to_numpy(zero_copy_only=False), once.to_pylist())[v.who]
    stay = (v.left - v.came) / SECOND
    brief, usual = stay[v.ended & mine], stay[v.ended & spoke & ~mine]
    if len(brief) < base["stays_min"] or len(usual) < base["stays_min"] or 2 * len(brief) < mine.sum():
        return "open"
    return "open" if np.median(brief) < base["brief"] * np.median(usual) else "ruled_out"


def _usual(rows: pa.Table, talk: _Talk) -> Evidence:
    ts = micros(rows["ts"])
    return SIGNAL.evidence(
        window=(int(ts.min()), int(ts.max())), p=max(talk.p, 0.5), observed=float(talk.people[0]), expected=talk.expected, says="talk",
        args={"accounts": talk.people[0], "expected": round(talk.expected), "twice": talk.people[1], "thrice": talk.people[2]},
    )  # fmt: skip


SIGNAL = Signal(
    id="text.once",
    version=1,
    question=Question.ENGAGEMENT,
    tier=Tier.T1,
    title=Say("Too many who speak once", "只发一条评论的账号过多"),
    says={
        "once": Say(
            "{accounts} accounts comment once and never again in words of their own; {twice} comment twice and {thrice} three times, which goes with {expected} in honest rooms: "
            "about {excess} too many. Which of them are genuine cannot be told.",
            "{accounts} 个账号以各自的话只评论一次，评论两次的有 {twice} 个、三次的有 {thrice} 个，正常直播间与之相应的约为 {expected} 个：多出约 {excess} 个。"
            "其中哪些是真实用户无法区分。",
        ),
        "came_once": Say(
            "Those who comment once came in as viewers: about {excess} more of them than honest rooms hold ({accounts}, where {expected} go with the {twice} who comment twice "
            "and the {thrice} who do three times).",
            "只评论一次的账号以观众身份进场：比正常直播间多出约 {excess} 个（共 {accounts} 个；与评论两次的 {twice} 个、三次的 {thrice} 个相应的约为 {expected} 个）。",
        ),
        "talk": Say(
            "{accounts} accounts comment once, {twice} twice and {thrice} three times, as people do (about {expected} were to be expected).",
            "只评论一次的账号有 {accounts} 个，两次的 {twice} 个，三次的 {thrice} 个，符合常人的分布（预期约 {expected} 个）。",
        ),
    },
    look=look,
)
