"""So many comments each: far more accounts that speak once, or exactly so often, than people's habits allow.

## What it looks for
Accounts that comment once and never again, far more of them than those who comment twice and three times let expect; or exactly twice (three,
four … times), far more than those who comment once less and once more. However talkative a crowd, and whichever part of its comments was
recorded, the numbers of people with one, two, three comments hang together.

## Why it matters
Comments are sold by the piece (评论包: "88 条真人评论") and by the account: every account of a farm says its line and is done, every hired viewer says the two he
is paid for. That leaves no script to compare and no rhythm, and a large pool of accounts cannot but do it.

## How it is fooled
By accounts that say one, two and three lines in the shares honest people do; by fewer lines than a third of the room's own; by one line for all of
them, which this page leaves aside (then see `groups.lockstep`, `text.rare_template`).

## What clears it
What many people say in the same words is no part of it: chants, roll calls, the phrase of a lucky bag. A host who asks everybody something gets an answer
from each in the minutes after: where the excess sits in a tenth of the time, the *call* explains it. People carried past by the platform's feed may say
hello and go: left open for those who speak once, unless departures show that they stayed as long as the others. No single account is pointed at:
who spoke once or twice may be anybody, and only their number is told.

## Method
Counts of accounts by comments, f1, f2, f3 … For people who speak each at a rate of their own, however the rates scatter, the numbers j!·f_j are a log-convex
sequence (Cauchy-Schwarz over the mixture), and stay one when a feed delivers a part: f_n is at most √(f_{n−1}·f_{n+1}·(n+1)/n). That bounds two and more. For
one the bound is from below only, so the index 3·f1·f3 / (2·f2²) is held against honest rooms: 1 to 2 for gamma rates, up to 3.6 for power laws. The logarithms are
held against normals with a spread between rooms and the sampling error of the counts (delta method), every number looked at paid for. After the frequency
counts of species richness (Good 1953; Chao 1984). Baselines: `packs/baselines/text.quota.toml`.

## Examples
    >>> from zhenbo.proof.pages import look
    >>> look('text.quota', '''
    ... 20:00-22:00 b1..b80 say "{早上|晚饭|昨天|今年|明儿|后来|平时}{下雨|刮风|看云|赏月|摘花|割草|爬山|游水|砍木|采茶|钓鱼}{真好|不错|还行|可以|满意}" scattered
    ... 20:05-21:50 b1..b48 say "{早上|晚饭|昨天|今年|明儿|后来|平时}{下雨|刮风|看云|赏月|摘花|割草|爬山|游水|砍木|采茶|钓鱼}{真好|不错|还行|可以|满意}呀" scattered
    ... 20:09-21:40 b1..b20 say "{早上|晚饭|昨天|今年|明儿|后来|平时}{下雨|刮风|看云|赏月|摘花|割草|爬山|游水|砍木|采茶|钓鱼}{真好|不错|还行|可以|满意}吗" scattered
    ... 20:00-21:50 a1..a300 enters scattered
    ... 20:10-21:55 a1..a300 say "{早上|晚饭|昨天|今年|明儿|后来|平时}{下雨|刮风|看云|赏月|摘花|割草|爬山|游水|砍木|采茶|钓鱼}{真好|不错|还行|可以|满意}啊" scattered
    ... ''')
    text.quota: accuses, names 0 accounts, says once
    text.quota: accuses, names 0 accounts, says came
    >>> look('text.quota', '''
    ... 20:00-22:00 b1..b80 say "{早上|晚饭|昨天|今年|明儿|后来|平时}{下雨|刮风|看云|赏月|摘花|割草|爬山|游水|砍木|采茶|钓鱼}{真好|不错|还行|可以|满意}" scattered
    ... 20:05-21:50 b1..b48 say "{早上|晚饭|昨天|今年|明儿|后来|平时}{下雨|刮风|看云|赏月|摘花|割草|爬山|游水|砍木|采茶|钓鱼}{真好|不错|还行|可以|满意}呀" scattered
    ... 20:09-21:40 b1..b20 say "{早上|晚饭|昨天|今年|明儿|后来|平时}{下雨|刮风|看云|赏月|摘花|割草|爬山|游水|砍木|采茶|钓鱼}{真好|不错|还行|可以|满意}吗" scattered
    ... 20:10-21:55 a1..a120 say "{早上|晚饭|昨天|今年|明儿|后来|平时}{下雨|刮风|看云|赏月|摘花|割草|爬山|游水|砍木|采茶|钓鱼}{真好|不错|还行|可以|满意}啊" x3 scattered
    ... ''')
    text.quota: accuses, names 0 accounts, says quota
    >>> look('text.quota', '''
    ... 20:00-22:00 b1..b80 say "{早上|晚饭|昨天|今年|明儿|后来|平时}{下雨|刮风|看云|赏月|摘花|割草|爬山|游水|砍木|采茶|钓鱼}{真好|不错|还行|可以|满意}" scattered
    ... 20:05-21:50 b1..b48 say "{早上|晚饭|昨天|今年|明儿|后来|平时}{下雨|刮风|看云|赏月|摘花|割草|爬山|游水|砍木|采茶|钓鱼}{真好|不错|还行|可以|满意}呀" scattered
    ... 20:09-21:40 b1..b20 say "{早上|晚饭|昨天|今年|明儿|后来|平时}{下雨|刮风|看云|赏月|摘花|割草|爬山|游水|砍木|采茶|钓鱼}{真好|不错|还行|可以|满意}吗" scattered
    ... ''')
    text.quota: clears, names 0 accounts, says talk
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
    """Hold the accounts that speak so often against those that speak a little less and more."""
    rows = speech(session)
    if rows.num_rows < base["rows_min"]:
        return [Missing(Question.ENGAGEMENT, unheard(session))]
    who, names = codes(rows["actor_id"])
    own = _own_words(rows["text"], who, len(names), base)
    comments = np.bincount(who[own], minlength=len(names))
    talk = _talk(comments, base)
    if talk is None:
        return [Missing(Question.ENGAGEMENT, "longer_record")]
    if talk.p >= base["remarkable"]:
        return [_usual(rows, talk)]
    mine = comments == talk.times
    crowd = rows.filter(pa.array(own & mine[who]))
    return list(_judged(session, crowd, names.filter(pa.array(mine)), talk, base))


@dataclass(frozen=True)
class _Talk:
    """How many people comment so often, beside what the others let expect.

    Args:
        times: how often.
        people: accounts with one comment, two, three …
        expected: of those with so many.
        most: the same at the far end of honest rooms.
        p: probability of as many under the honest null, all numbers looked at paid for.
    """

    times: int
    people: tuple[int, ...]
    expected: float
    most: float
    p: float

    @property
    def observed(self) -> int:
        """Accounts that comment so often."""
        return self.people[self.times - 1]


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
    """The number of comments that stands out most; None where too few people speak to tell of any."""
    last = int(base["times_most"])
    people = np.bincount(np.clip(comments, 0, last + 1), minlength=last + 2)[1:]
    looks = [
        _at(n, people, base)
        for n in range(1, last + 1)
        if people[n - 1] >= base["people_min"] and _others(n, people) >= base["others_min"]
    ]
    if not looks:
        return None
    best = min(looks, key=lambda t: t.p)
    return _Talk(best.times, best.people, best.expected, best.most, min(best.p * len(looks), 1.0))


def _others(n: int, people: Ints) -> int:
    """Who speaks otherwise: those with two and three comments beside those with one, else everybody else who speaks."""
    return int(people[1] + people[2] if n == 1 else people.sum() - people[n - 1])


def _at(n: int, people: Ints, base: Mapping[str, Any]) -> _Talk:
    """One number of comments; the last class holds those with more and is no neighbour."""
    from scipy import stats

    f = people + 0.5
    if n == 1:
        expected = base["index"] * f[1] ** 2 / (1.5 * f[2])
        spread = np.sqrt(base["spread_once"] ** 2 + 1 / f[0] + 4 / f[1] + 1 / f[2])
    else:
        expected = np.sqrt(f[n - 2] * f[n] * (n + 1) / n)
        spread = np.sqrt(base["spread"] ** 2 + 1 / f[n - 1] + 0.25 / f[n - 2] + 0.25 / f[n])
    p = float(stats.norm.sf(np.log(people[n - 1] / expected) / spread))
    counts = tuple(int(x) for x in people)
    return _Talk(n, counts, float(expected), float(expected * np.exp(_Z95 * spread)), p)


def _judged(
    session: Session, rows: pa.Table, crowd: pa.Array, talk: _Talk, base: Mapping[str, Any]
) -> Iterator[Evidence]:
    """What they said and, where they were seen to come in, who came."""
    n, times = talk.observed, talk.times
    p = max(talk.p, base["floor_once"] if times == 1 else base["floor"])
    ts = micros(rows["ts"])
    told = _args(talk) | {"excess": round(n - talk.expected)}
    causes = (
        Cause("chant", "explains" if _called(ts, talk, base) else "ruled_out"),
        Cause("passers", _passers(session, crowd, base) if times == 1 else "ruled_out"),
    )
    ends = tuple(max(n - x, 0.0) for x in (talk.most, talk.expected, 0.0))
    events, total = cite(rows)
    yield SIGNAL.evidence(
        window=heart(ts), p=p, observed=float(n), expected=talk.expected, says="once" if times == 1 else "quota", args=told,
        effect=Effect("comments", *(times * x for x in ends)), causes=causes, events=events, events_total=total,
    )  # fmt: skip
    entries = by_visitors(session.rows("enter"), "ts")
    entries = entries.filter(pc.is_in(entries["actor_id"], crowd))
    seen = pc.count_distinct(entries["actor_id"]).as_py() / (session.coverage("enter") or 1.0)
    if seen >= base["came"] * n:
        events, total = cite(entries)
        yield SIGNAL.evidence(
            question=Question.AUDIENCE, window=heart(micros(entries["ts"])), p=p, observed=float(n), expected=talk.expected,
            says="came", args=told, effect=Effect("viewers", *ends), causes=causes, events=events, events_total=total,
        )  # fmt: skip


def _args(talk: _Talk) -> dict[str, Any]:
    """What the sentences say: how many comment so often, once less and once more."""
    n, counts = talk.times, talk.people
    less, more = (2, 3) if n == 1 else (n - 1, n + 1)
    return {
        "accounts": talk.observed, "times": n, "expected": round(talk.expected),
        "less": less, "less_accounts": counts[less - 1], "more": more, "more_accounts": counts[more - 1],
    }  # fmt: skip


def _called(ts: Ints, talk: _Talk, base: Mapping[str, Any]) -> bool:
    """Whether what goes beyond the honest range was said in a small part of the time, as answers to a call are."""
    step = int(base["answer_s"] * SECOND)
    per = np.sort(np.bincount((ts - ts.min()) // step))[::-1]
    answers = per[: max(round(base["calls"] * len(per)), 1)].sum()
    return bool(len(ts) - answers <= talk.times * talk.most)


def _passers(session: Session, crowd: pa.Array, base: Mapping[str, Any]) -> str:
    """Whether they left sooner than the room's other visitors who spoke; open where departures do not tell."""
    v = visits(session)
    names = v.names.to_numpy(zero_copy_only=False)
    spoke, mine = (
        np.isin(names, who.to_pylist())[v.who] for who in (session.rows("comment")["actor_id"], crowd)
    )
    stay = (v.left - v.came) / SECOND
    brief, usual = stay[v.ended & mine], stay[v.ended & spoke & ~mine]
    if len(brief) < base["stays_min"] or len(usual) < base["stays_min"] or 2 * len(brief) < mine.sum():
        return "open"
    return "open" if np.median(brief) < base["brief"] * np.median(usual) else "ruled_out"


def _usual(rows: pa.Table, talk: _Talk) -> Evidence:
    ts = micros(rows["ts"])
    return SIGNAL.evidence(
        window=(int(ts.min()), int(ts.max())), p=max(talk.p, 0.5), observed=float(talk.observed), expected=talk.expected, says="talk",
        args=_args(talk),
    )  # fmt: skip


SIGNAL = Signal(
    id="text.quota",
    version=1,
    question=Question.ENGAGEMENT,
    tier=Tier.T1,
    title=Say("So many comments each", "评论次数扎堆"),
    says={
        "once": Say(
            "{accounts} accounts comment once and never again, in words of their own; {less_accounts} comment twice and {more_accounts} three times, which goes with about "
            "{expected} in honest rooms: about {excess} too many. Which of them are genuine cannot be told.",
            "有 {accounts} 个账号各说各话、只评论一次；评论两次的有 {less_accounts} 个、三次的有 {more_accounts} 个，正常直播间与之相应的约为 {expected} 个：多出约 {excess} 个。"
            "其中哪些是真实用户无法区分。",
        ),
        "quota": Say(
            "{accounts} accounts have exactly {times} comments each, in words of their own; {less_accounts} accounts have {less} and {more_accounts} have {more}. Of people who speak as they "
            "like there would be about {expected}: about {excess} are too many. Which of them are genuine cannot be told.",
            "有 {accounts} 个账号各说各话、恰好评论 {times} 次，而评论 {less} 次的有 {less_accounts} 个、{more} 次的有 {more_accounts} 个：若随意发言约为 {expected} 个，多出约 {excess} 个。"
            "其中哪些是真实用户无法区分。",
        ),
        "came": Say(
            "Those who comment so often ({times} comments each) came in as viewers: {accounts}, about {excess} more than honest rooms hold.",
            "这些评论次数相同（每人 {times} 条）的账号以观众身份进场：共 {accounts} 个，比正常直播间多出约 {excess} 个。",
        ),
        "talk": Say(
            "People comment as often as they like: {accounts} accounts have {times} of their own, {less_accounts} have {less} and {more_accounts} have {more} "
            "(about {expected} with {times} were to be expected).",
            "评论次数符合常人的分布：{times} 次的有 {accounts} 个，{less} 次的 {less_accounts} 个，{more} 次的 {more_accounts} 个（预期约 {expected} 个）。",
        ),
    },
    look=look,
)
