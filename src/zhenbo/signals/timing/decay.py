"""Followers that fall away after the show.

## What it looks for
Accounts that came, followed and did nothing else, and that leave the host again in the days after: far more of them than of the
followers who took part in the same evening, and than of new followers at large; or many of them in one and the same moment. Beside it, a
block of fresh follows outside any broadcast that makes good what fell away.

## Why it matters
Bought followers (涨粉) fall: platforms sweep them, farms reuse their accounts. Sellers promise to refill for a year (掉粉补). What a package
looks like on the evening is up to its seller; that it falls is not.

## How it is fooled
By accounts that are kept, by accounts that also speak, by a lottery held while the package comes in; by a package on everybody's old followers
in the same days; by waiting until the record ends.

## What clears it
*Who took part* shows how the followers of this evening leave: a scandal, a bad parcel, a prize that is drawn move them too, and then silent
ones leaving as they do is nothing. A *sweep* or an *exodus* that takes the host's other followers in the same days explains those
of the evening. *Lottery* followers leave after the draw, most within a day, which is left out; where those
who left followed before a draw and waited for it, and others did not leave, that is why; where no row tells of draws the cause stays open. A record that ends soon after the show,
or tells of no unfollow, says nothing: absence there is no loyalty.

## Method
Share of silent followers who left after the first day (prizes are over by then) and within 7 and 30 days of following, or as much of that
as the record holds, against a beta-binomial whose mean is the larger of the organic share and (at its cautious end) that of the followers who took part; and the busiest
moment of leaving from six hours after the show on, against the other hours and against those who took part. All looks paid for. Baselines:
`packs/baselines/timing.decay.toml`.

## Examples
    >>> from zhenbo.proof.pages import look
    >>> look('timing.decay', '''
    ... 20:00-22:00 b1..b60 say "hello {n}" scattered; 20:05-21:55 b1..b60 follows scattered
    ... 20:30-20:40 a1..a60 enters; 20:30:02-20:40:02 a1..a60 follows
    ... session none of host h1
    ... d+2 08:00-22:00 b1..b2 unfollow; d+2 08:00-22:00 a1..a20 unfollow; d+5 08:00-22:00 a21..a40 unfollow
    ... ''')
    timing.decay: accuses, names 40 accounts, says faded
    >>> look('timing.decay', '''
    ... 20:00-22:00 b1..b60 say "hello {n}" scattered; 20:05-21:55 b1..b60 follows scattered
    ... 20:30-21:40 a1..a60 enters; 20:30:02-21:40:02 a1..a60 follows
    ... session none of host h1
    ... d+2 08:00-22:00 b1..b30 unfollow; d+2 08:00-22:00 a1..a35 unfollow; d+9 08:00-22:00 a40 unfollow
    ... ''')
    timing.decay: clears, names 0 accounts, says stayed
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from zhenbo.core.evidence import Cause, Effect, Evidence, Found, Missing, Say, Signal, cite
from zhenbo.core.session import DAY, HOUR, MINUTE, Session, micros
from zhenbo.core.subject import Question, Tier
from zhenbo.kernel.fans import NEVER, Fans, fans
from zhenbo.signals.bunching import held
from zhenbo.signals.nulls import ACCOUNT_PRIOR_DB, NEUTRAL, count_tail, share_tail

Ints = npt.NDArray[np.int64]
Bools = npt.NDArray[np.bool_]


@dataclass(frozen=True)
class _Fall:
    """One look at who left.

    Args:
        p: probability under the organic null.
        says: the sentence.
        fell: the silent followers who left in it.
        silent: silent followers who could leave in it.
        share: of them the null expects to leave.
        sure: concentration (a + b) of that share across such rooms.
        hours: how long it took.
    """

    p: float
    says: str
    fell: Bools
    silent: int
    share: float
    sure: float
    hours: float


def look(session: Session, base: Mapping[str, Any]) -> Iterable[Found]:
    """Hold the silent followers of the evening against those who took part and against new followers at large."""
    if session.scope != "session" or not session.counts.get("follow"):
        return []
    told = fans(session)
    if told.silent.sum() < base["fans_min"]:
        return [] if len(told.names) else [Missing(Question.ENGAGEMENT, "account_ids")]
    ended = session.span[1]
    if told.until is None or min(session.as_of, told.until) - ended < base["told_d"] * DAY:
        return [Missing(Question.ENGAGEMENT, "longer_record")]
    looks = [_faded(told, int(days * DAY), session.as_of, base) for days in base["horizons_d"]]
    looks += [_at_once(told, int(h * HOUR), (ended, session.as_of), base) for h in base["once_h"]]
    low = base["floor" if (~told.silent).sum() >= base["control_min"] else "thin_floor"]
    looks = [replace(f, p=float(np.clip(f.p * len(looks), low, 1))) for f in looks]
    best = min(looks, key=lambda f: (f.p, f.hours))
    if best.fell.sum() >= base["fell_min"] and best.p <= base["remarkable"]:
        return [_evidence(session, told, best, base)]
    week = _faded(told, int(min(base["horizons_d"]) * DAY), min(told.until, session.as_of), base)
    return [_stayed(told, week, max(best.p, base["remarkable"]))]


def _faded(told: Fans, horizon: int, until: int, base: Mapping[str, Any]) -> _Fall:
    """Who left within so long of following, as far as the record reaches; those who left in the first day came for a prize."""
    first = int(base["prize_h"] * HOUR)
    stayed = told.gone - told.at > first
    seen = np.clip(until - told.at, 0, horizon)
    fell = stayed & (told.gone - told.at <= seen)
    left = base["week_share"] * (np.maximum(seen, first) / (7 * DAY)) ** base["power"]
    usual = left - base["week_share"] * (first / (7 * DAY)) ** base["power"]
    return _held_against(told, fell, stayed, float(usual[told.silent].mean()), base, "faded", float(seen.max()) / HOUR)  # fmt: skip


def _held_against(
    told: Fans, fell: Bools, at_risk: Bools, usual: float, base: Mapping[str, Any], says: str, hours: float
) -> _Fall:
    """The silent against the usual share, or against what those who took part may have lost."""
    from scipy import stats

    control, silent = at_risk & ~told.silent, at_risk & told.silent
    left, n = int((fell & control).sum()), int(control.sum())
    most = float(stats.beta.ppf(base["control"], left + 2 * usual, n - left + 2 * (1 - usual))) if usual else 0.0  # fmt: skip
    mean, sure = min(max(usual, most), 0.95), base["concentration"] + min(n, base["learnt"])
    p = float(share_tail((fell & silent).sum(), silent.sum(), mean, sure)) if mean else 1.0
    return _Fall(p, says, fell & silent, int(silent.sum()), mean, sure, hours)


def _at_once(told: Fans, length: int, span: tuple[int, int], base: Mapping[str, Any]) -> _Fall:
    """The busiest moment of leaving, a while after the show."""
    start = span[0] + int(base["once_after_h"] * HOUR)
    later = told.gone >= start
    ts = np.sort(told.gone[later & told.silent & (told.gone != NEVER)])
    reach = min(span[1], span[0] + int(max(base["horizons_d"]) * DAY)) - start
    if len(ts) < base["fell_min"] or reach < 4 * length:
        return _Fall(1.0, "at_once", np.zeros(len(told.gone), dtype=bool), 0, 0.0, 1.0, length / HOUR)
    hits = np.searchsorted(ts, ts + length) - np.arange(len(ts))
    first = int(ts[int(hits.argmax())])
    # those who took part need not leave in the same hours to show that there was a reason to leave
    around = np.where(told.silent, 0, int(base["exodus_h"] * HOUR))
    fell = later & (told.gone >= first - around) & (told.gone < first + length + around)
    found = _held_against(told, fell, later, base["once_mean"], base, "at_once", length / HOUR)
    k = int(found.fell.sum())
    spread = (len(ts) - k) * base["daily"] * length / reach
    together = min(count_tail(k, spread, base["once_size"]) * reach / length, 1.0)
    return replace(found, p=max(together, found.p) if k >= base["once_share"] * found.silent else 1.0)


def _evidence(session: Session, told: Fans, fall: _Fall, base: Mapping[str, Any]) -> Evidence:
    """The silent followers who fell, and how many follows of the evening that tells to be bought."""
    from scipy import stats

    n, k = fall.silent, int(fall.fell.sum())
    honest = stats.betabinom.ppf(0.95, n, fall.share * fall.sure, (1 - fall.share) * fall.sure)
    low = max(k - float(honest), 0.0)
    expected = fall.share * n
    mid = max(low, (max(k - expected, 0.0) * n) ** 0.5)
    scale = 1 / (session.coverage("follow") or 1.0)
    odds = max(k - expected, 1e-3) / max(expected, 0.5)
    weight = held(float(10 * np.log10(odds)) - ACCOUNT_PRIOR_DB, fall.p)
    names = told.names.filter(pa.array(fall.fell)).to_pylist()
    rows = session.rows("follow", "unfollow")
    events, total = cite(rows, np.asarray(pc.is_in(rows["actor_id"], value_set=pa.array(names, pa.string())).to_numpy()))  # fmt: skip
    window = int(told.at[fall.fell].min()), int(told.gone[fall.fell].max())
    refill = _refill(told, fall, base)
    return SIGNAL.evidence(
        window=window, p=fall.p, observed=float(k), expected=expected, says="refilled" if refill else fall.says,
        args={
            **_counted(told, fall), "expected": round(expected, 1), "refill": refill,
        },
        effect=Effect("follows", low * scale, mid * scale, max(n, mid) * scale),
        accounts=dict.fromkeys(names, weight),
        causes=(Cause("exodus", _exodus(told, fall, base)), Cause("lottery", _lottery(session, told, fall, base))),
        events=events, events_total=total,
    )  # fmt: skip


def _stayed(told: Fans, fall: _Fall, p: float) -> Evidence:
    """Nothing stands out as far as the record tells of anybody leaving; a short stretch is said to be one."""
    return SIGNAL.evidence(
        window=(int(told.at.min()), int(told.at.min() + fall.hours * HOUR)), p=max(p, NEUTRAL), observed=float(fall.fell.sum()),
        expected=fall.share * fall.silent, says="stayed", args=_counted(told, fall),
    )  # fmt: skip


def _counted(told: Fans, fall: _Fall) -> dict[str, Any]:
    took = ~told.silent
    return {
        "accounts": int(fall.fell.sum()), "silent": fall.silent, "duration_s": round(fall.hours * 3600),
        "took_part": int(took.sum()), "took_part_left": int((took & (told.gone != NEVER)).sum()),
    }  # fmt: skip


def _exodus(told: Fans, fall: _Fall, base: Mapping[str, Any]) -> str:
    """Whether the host's other followers left in the same days."""
    total = told.left.sum()
    width = int(base["exodus_h"])
    hour = (told.gone[fall.fell] - told.start) // HOUR
    own = np.bincount(hour, minlength=len(told.left)).astype(np.float64)
    left = np.pad(told.left, (0, len(own) - len(told.left)))
    if total < 5:
        return "open"
    mine, theirs = (np.convolve(x, np.ones(min(width, len(own))), "valid") for x in (own, left))
    at = int(mine.argmax())
    if mine[at] < 0.5 * own.sum() or theirs[at] < base["exodus_share"] * mine[at]:
        return "ruled_out"
    return "ruled_out" if len(own) <= width or theirs[at] < base["exodus_rise"] * (total - theirs[at]) * width / (len(own) - width) else "explains"  # fmt: skip


def _lottery(session: Session, told: Fans, fall: _Fall, base: Mapping[str, Any]) -> str:
    """Whether those who left had followed before a draw, and those who stayed had not."""
    draws = micros(session.rows("lottery")["ts"])
    before, after = (int(base[name] * MINUTE) for name in ("prize_min", "prize_after_min"))
    spans = [(t - before, t + after) for t in draws.tolist()]
    spans += [(w.start, w.end) for w in session.windows if w.kind == "lottery"]
    if not spans:
        return "open"
    hoped, draw = np.zeros(len(told.at), dtype=bool), np.full(len(told.at), NEVER)
    for a, b in spans:
        inside = (told.at >= a) & (told.at <= b)
        hoped |= inside
        draw[inside] = np.minimum(draw[inside], b)
    if hoped[fall.fell].mean() < base["prize_share"]:
        return "ruled_out"
    # who hopes for a prize waits for it
    waited = told.left_room[fall.fell & hoped] >= draw[fall.fell & hoped] - int(base["prize_after_min"] * MINUTE) - MINUTE  # fmt: skip
    if waited.mean() < 0.5:
        return "ruled_out"
    lost = fall.fell[hoped & told.silent].mean() if (hoped & told.silent).any() else 0.0
    beside = fall.fell[~hoped & told.silent]
    lifted = len(beside) >= base["fell_min"] and lost >= base["prize_lift"] * beside.mean()
    return "explains" if lifted else "open"


def _refill(told: Fans, fall: _Fall, base: Mapping[str, Any]) -> int:
    """Follows outside any broadcast that came in one block after the fall had begun, about as many as had left; 0 for none."""
    width = int(base["refill_h"])
    if len(told.came) <= width:
        return 0
    block = np.convolve(told.came, np.ones(width), "valid")
    end = told.start + (np.arange(len(block)) + width) * HOUR
    lost = np.searchsorted(np.sort(told.gone[fall.fell]), end)
    usual = (told.came.sum() - block) * width / (len(told.came) - width)
    fits = (block >= base["refill_share"] * np.maximum(lost, 1)) & (block >= base["refill_rise"] * usual)
    fits &= lost >= 0.5 * fall.fell.sum()
    return int(block[fits].max(initial=0))


SIGNAL = Signal(
    id="timing.decay",
    version=1,
    question=Question.ENGAGEMENT,
    tier=Tier.T1,
    title=Say("Followers that fall away", "关注后大量取关"),
    says={
        "faded": Say(
            "{accounts} of {silent} accounts that followed and did nothing else left again after the first day and within {duration_s}, where {expected} are to be expected; of {took_part} followers who took part {took_part_left} left.",
            "{silent} 个仅关注而无其他互动的账号中，{accounts} 个在首日之后、{duration_s}内取关，而预期为 {expected} 个；参与互动的 {took_part} 个新粉中取关 {took_part_left} 个。",
        ),
        "at_once": Say(
            "{accounts} of {silent} accounts that followed and did nothing else left within one stretch of {duration_s}, where {expected} are to be expected; of {took_part} followers who took part {took_part_left} left in all.",
            "{silent} 个仅关注而无其他互动的账号中，{accounts} 个在同一 {duration_s}时段内取关，而预期为 {expected} 个；参与互动的 {took_part} 个新粉共取关 {took_part_left} 个。",
        ),
        "refilled": Say(
            "{accounts} of {silent} accounts that followed and did nothing else left again within {duration_s}, where {expected} are to be expected (of {took_part} who took part {took_part_left}); then {refill} follows came outside any broadcast within a day.",
            "{silent} 个仅关注而无其他互动的账号中，{accounts} 个在{duration_s}内取关，而预期为 {expected} 个（参与互动的 {took_part} 个新粉中为 {took_part_left} 个）；其后一天内在非直播时段新增关注 {refill} 个。",
        ),
        "stayed": Say(
            "{accounts} of {silent} accounts that followed and did nothing else left after the first day and within {duration_s}; of {took_part} followers who took part {took_part_left} left.",
            "{silent} 个仅关注而无其他互动的账号中，{accounts} 个在首日之后、{duration_s}内取关；参与互动的 {took_part} 个新粉中取关 {took_part_left} 个。",
        ),
    },
    look=look,
)
