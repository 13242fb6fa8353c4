"""The room fills, and nobody more speaks or taps than before.

## What it looks for
A moment after which far more people are shown in the room than before it, for a quarter of an hour or longer, while comments and likes run on as they did.

## Why it matters
Viewers for rent (挂人气) are bought for the number shown. Whatever brings people, half of them stays and some take part: in a real Douyin room entries fell
145-fold, likes 111-fold with them. A room that goes from fifty to five hundred and is no louder than before has been filled with people who are not there. It needs
no account ids: the figures on the screen tell it.

## How it is fooled
By reactions bought along in proportion; by ramps of an hour and more; by delivery before the record begins; by a dose that does not double the room.

## What clears it
Passers-by are quieter than regulars: rooms that double without a louder chat are ordinary. What the platform sends from a feature slot, people who wait for a flash sale, a class let in together and viewers
rewarded for watching are silent people and look the same, so it raises the question and decides nothing. Popularity indices (人气值) are no head counts and grow by
themselves: of 30 real Bilibili rooms fourteen would stand out, so only rooms with a counter of entries are asked. Where comments halve in the same moment the feed or the chat was
cut, and they are not used. A counter of likes is used where there is one: a feed that delivers fewer rows than before does not touch it.

## Method
For every minute, log growth of the gauge from the mean of the quarter (half) hour before to that after, less the largest log growth of comments and likes, each given its own
counting error. Beyond a usual amount honest rooms are taken to differ by an exponential. Baselines: `packs/baselines/counters.swell.toml`.

## Examples
    >>> from zhenbo.proof.pages import look
    >>> look('counters.swell', '''
    ... 20:00-22:00 entered_total 0..3000 every 60s; 20:00-22:00 b1..b40 say "{n}" x20 scattered
    ... 20:00-20:59 viewers 60 every 60s; 21:00-22:00 viewers 700 every 60s
    ... ''')
    counters.swell: accuses, names 0 accounts, says unheard
    >>> look('counters.swell', '''
    ... 20:00-22:00 entered_total 0..3000 every 60s; 20:00-22:00 b1..b40 say "{n}" x20 scattered
    ... 20:00-20:59 viewers 60 every 60s; 21:00-22:00 viewers 700 every 60s
    ... 21:00-22:00 c1..c400 say "{n}" x15 scattered
    ... ''')
    counters.swell: clears, names 0 accounts, says heard
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from zhenbo.core.evidence import Cause, Evidence, Found, Missing, Say, Signal, cite_between
from zhenbo.core.session import MINUTE, Session
from zhenbo.core.subject import Question, Tier
from zhenbo.kernel.paid import by_advertisement
from zhenbo.kernel.series import Floats, Grid, counter, gauge, grid, rate
from zhenbo.signals.nulls import NEUTRAL, P_FLOOR

_SIDES = (15, 30)
"""Minutes compared before and after."""


def look(session: Session, base: Mapping[str, Any]) -> Iterable[Found]:
    """Find the moment at which the room fills most beyond what is heard of it."""
    if session.scope != "session" or not session.counts.get("viewers"):
        return []
    if not session.counts.get("entered_total"):
        return [Missing(Question.AUDIENCE, "entered_counter")]
    on = grid(session)
    heads = gauge(session, on)
    seen = np.flatnonzero(np.isfinite(heads))
    if on.size < 2 * _SIDES[0] or len(seen) < base["read_min"] * on.size:
        return [Missing(Question.AUDIENCE, "longer_record")]
    heads = np.interp(np.arange(on.size), seen, heads[seen])
    heard = _heard(session, on)
    told = [one for side in _SIDES if (one := _sharpest(heads, heard, side, base))]
    return [_evidence(session, on, max(told, key=lambda s: s.beyond), base)] if told else []


def _heard(session: Session, on: Grid) -> list[Floats]:
    """Comments and likes per minute; likes by the platform's own counter where there is one, which no feed's limit touches."""
    likes = (
        counter(session, on, "like_total").increments()
        if session.counts.get("like_total")
        else rate(session, on, "like", "qty")
    )
    return [rate(session, on, "comment"), likes]


@dataclass(frozen=True)
class _Swell:
    """The sharpest moment.

    Args:
        beyond: log growth of the room beyond that of what is heard.
        at: minute of it.
        side: minutes compared before and after.
        before: people shown before.
        after: people shown after.
        louder: factor by which the reaction that grew most did, its counting error included.
    """

    beyond: float
    at: int
    side: int
    before: float
    after: float
    louder: float


def _sharpest(heads: Floats, heard: list[Floats], side: int, base: Mapping[str, Any]) -> _Swell | None:
    """The moment that stands out most for one length; None where no moment can be asked."""
    if len(heads) < 2 * side:
        return None
    before, after = _sides(heads, side)
    before, after = before / side, after / side
    answer = np.full(len(before), -np.inf)
    for x in heard:
        a, b = _sides(x, side)
        use = (a + b >= base["heard_min"]) & ((b >= a) | (_later(x, side) >= base["cut"] * a / 2))
        grown = np.log((b + 2) / (a + 2)) + np.sqrt(1 / (a + 2) + 1 / (b + 2))
        answer = np.where(use, np.maximum(answer, grown), answer)
    asked = np.isfinite(answer) & (before >= base["heads_min"]) & (after > before)
    if not asked.any():
        return None
    answer = np.maximum(answer, 0)
    beyond = np.where(asked, np.log(np.maximum(after, 1) / np.maximum(before, 1)) - answer, -np.inf)
    k = int(np.argmax(beyond))
    return _Swell(float(beyond[k]), k + side, side, float(before[k]), float(after[k]), float(np.exp(answer[k])))  # fmt: skip


def _sides(x: Floats, side: int) -> tuple[Floats, Floats]:
    """Sums over so many minutes before and after each minute that has both."""
    up = np.r_[0.0, np.cumsum(x)]
    at = np.arange(side, len(x) - side + 1)
    return up[at] - up[at - side], up[at + side] - up[at]


def _later(x: Floats, side: int) -> Floats:
    """Sum over the second half of the minutes after: a cut inside them shows in it."""
    up = np.r_[0.0, np.cumsum(x)]
    at = np.arange(side, len(x) - side + 1) + side
    return np.asarray(up[at] - up[at - side // 2])


def _evidence(session: Session, on: Grid, top: _Swell, base: Mapping[str, Any]) -> Evidence:
    p = float(np.exp(-max(top.beyond - base["usual"], 0.0) / base["spread"]))
    args = {"before": round(top.before), "after": round(top.after), "factor": round(top.after / top.before, 1), "louder": round(top.louder, 1)}  # fmt: skip
    expected = top.before * top.louder
    if p >= base["remarkable"]:
        return SIGNAL.evidence(
            window=session.span, p=max(p, NEUTRAL), observed=top.after, expected=expected, says="heard", args=args,
        )  # fmt: skip
    start, end = on.start + top.at * MINUTE, on.start + (top.at + top.side) * MINUTE
    events, total = cite_between(session.rows("viewers"), start - top.side * MINUTE, end)
    return SIGNAL.evidence(
        window=(start, end), p=float(np.clip(p, max(base["asked_floor"], P_FLOOR), 1)), observed=top.after, expected=expected,
        says="unheard", args={**args, "start_us": start, "duration_s": top.side * 60},
        causes=(*_sent(session, start, end), *by_advertisement(session, start, end, top.after - expected)),
        events=events, events_total=total,
    )  # fmt: skip


def _sent(session: Session, start: int, end: int) -> tuple[Cause, ...]:
    """Who may have sent silent people: nothing in the figures tells, so what was declared stays as open as what was not."""
    declared = {w.kind for w in session.windows if w.overlaps(start, end)} & {"raid", "celebrity"}
    sampled = "ruled_out" if session.counts.get("like_total") else "open"
    sent = ("feature", "watching_task", "flash_sale", *sorted(declared))
    return (*(Cause(kind, "open") for kind in sent), Cause("other_sampling", sampled))


SIGNAL = Signal(
    id="counters.swell",
    version=1,
    question=Question.AUDIENCE,
    tier=Tier.T0,
    title=Say("The room fills and is no louder", "在线人数上涨而互动不涨"),
    says={
        "unheard": Say(
            "At {start_us} the number shown in the room went from {before} to {after} ({factor} times, for {duration_s}), and neither comments nor likes grew to more than {louder} times.",
            "自 {start_us} 起，在线人数由 {before} 升至 {after}（{factor} 倍，持续 {duration_s}），而评论与点赞最多只增至 {louder} 倍。",
        ),
        "heard": Say(
            "When the room filled most ({before} to {after}), comments and likes were up to {louder} times as many: not quieter than honest rooms are.",
            "在线人数上涨最多时（{before} 升至 {after}），评论与点赞增至 {louder} 倍，未比正常直播间更安静。",
        ),
    },
    look=look,
)
