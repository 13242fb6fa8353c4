"""Accounts that tap hearts like clockwork.

## What it looks for
Likes of one account that come again and again after equal pauses. Taps within ten seconds of each other are one burst, since
apps themselves send taps in batches every few seconds; what is measured are the pauses between bursts. And accounts that tap on for
a quarter of an hour without a rest.

## Why it matters
Like machines (刷赞, 连点器) share a number of hearts among a few accounts, so many each, turn by turn, for an hour.
Nobody's thumb does that, and a handful of accounts can make most of a small room's likes.

## How it is fooled
By uneven pauses (then see `timing.lots`), by likes that reach the counter without rows (`counters.unbacked`);
by a feed that sums the taps of some of its clients only.

## What clears it
A few steady tappers are expected in any room; only an excess counts. Red packets every minute and a host who calls by the clock
make steady tappers too: where other accounts act at those moments, some seconds apart, and not halfway between, the *contest* explains it.
Some feeds send one row with the taps of a whole stretch: whoever taps on and on seems to beat time, so there only pauses well beyond
that stretch count (`kernel/taps.py`). A record that cannot tell seconds is not asked. Where nobody comes back often enough to have a
rhythm, no crowd of machines is there either.

## Method
As in `timing.regularity`: the CV of at least six pauses against a gamma renewal process, accounts far out counted at three depths
against a negative binomial. Baselines: `packs/baselines/timing.tapping.toml`.

## Examples
    >>> from zhenbo.proof.pages import look
    >>> look('timing.tapping', '''
    ... 20:00-22:00 b1..b40 like 9 x12 scattered
    ... 20:30-21:30 a1..a8 like 20 every 90s
    ... ''')
    timing.tapping: accuses, names 8 accounts, says clockwork
    >>> look('timing.tapping', '''
    ... 20:00-22:00 b1..b40 like 9 x12 scattered
    ... ''')
    timing.tapping: clears, names 0 accounts, says thumbs
"""

from collections.abc import Iterable, Mapping
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow.compute as pc

from zhenbo.core.evidence import Cause, Effect, Evidence, Found, Missing, Say, Signal, cite
from zhenbo.core.session import SECOND, Session, by_visitors, codes, micros
from zhenbo.core.subject import Question, Tier
from zhenbo.kernel.lengths import step
from zhenbo.kernel.speech import gap_variation
from zhenbo.kernel.taps import Bursts, bursts, unheard
from zhenbo.signals.bunching import held
from zhenbo.signals.nulls import ACCOUNT_PRIOR_DB, P_FLOOR, Crowd, crowd, steady

Ints = npt.NDArray[np.int64]


def look(session: Session, base: Mapping[str, Any]) -> Iterable[Found]:
    """Count accounts whose pauses between bursts of likes are more regular than people's."""
    told = bursts(session, base["burst_s"])
    if told.rows.num_rows < base["rows_min"]:
        return [Missing(Question.ENGAGEMENT, unheard(session))]
    coarse = step(micros(session.rows("enter", "comment", "like")["ts"]))
    if base["steps"] * coarse > base["burst_s"]:
        return [Missing(Question.ENGAGEMENT, "longer_record")]
    cv, pauses = gap_variation(told.who, told.ts, len(told.names))
    # pauses hardly longer than the cut that makes them are alike because of it
    tested = np.flatnonzero((pauses >= base["pauses_min"]) & (told.mean_pause() >= base["cuts"] * told.quiet))
    tireless = _tireless(told, base)
    if len(tested) < base["accounts_min"]:
        return [tireless or _no_rhythm(told, tested)]
    found = crowd(steady(cv[tested], pauses[tested], base["shape"]), base["looks"], base["size"])
    beat = _judged(session, told, tested, cv, found, base)
    return [tireless if tireless and tireless.p < beat.p else beat]


def _tireless(told: Bursts, base: Mapping[str, Any]) -> Evidence | None:
    """Accounts that tap on for a quarter of an hour without a rest; None where too few do, or the feed sums taps over stretches."""
    from scipy import stats

    if told.quiet > base["burst_s"]:
        return None
    long = told.lasted >= base["tireless_s"] * SECOND
    members = np.unique(told.who[long])
    usual = max(base["tireless_share"] * len(told.names), base["tireless_least"])
    p = float(stats.nbinom.sf(len(members) - 1, base["size"], base["size"] / (base["size"] + usual)))
    if len(members) < base["tireless_min"] or p >= base["remarkable"]:
        return None
    taps, per = float(told.taps[long].sum()), float(told.taps[long].sum() / len(members))
    events, total = cite(told.rows, np.isin(told.actor, members))
    weight = held(float(10 * np.log10((len(members) - usual) / usual) - ACCOUNT_PRIOR_DB), p)
    everybody = np.where(np.isin(np.arange(len(told.names)), members), weight, 0.0)
    return SIGNAL.evidence(
        window=told.span(long), p=float(np.clip(p, P_FLOOR, 1)), observed=float(len(members)), expected=usual, says="tireless",
        args={"accounts": len(members), "tested": len(told.names), "taps": round(taps), "expected": round(usual, 1), "rest_s": float(told.quiet), "long_s": float(base["tireless_s"])},
        effect=Effect("likes", max(taps - 3 * usual * per, 0.0), max(taps - usual * per, 0.0), taps),
        accounts=dict(zip((str(n) for n in told.names.to_pylist()), everybody.tolist(), strict=True)),
        causes=(Cause("assistant", "open"),), events=events, events_total=total,
    )  # fmt: skip


def _no_rhythm(told: Bursts, tested: Ints) -> Evidence:
    return SIGNAL.evidence(
        window=told.span(), p=1.0, observed=0.0, expected=0.0, says="no_rhythm",
        args={"accounts": len(told.names), "tested": len(tested)},
    )  # fmt: skip


def _judged(
    session: Session, told: Bursts, tested: Ints, cv: npt.NDArray[np.float64], found: Crowd, base: Mapping[str, Any]
) -> Evidence:  # fmt: skip
    members = tested[found.members]
    accused = found.observed >= base["accounts_min"] and found.p < base["remarkable"]
    mine = np.isin(told.who, members) if accused else np.ones(len(told.who), dtype=bool)
    taps = float(told.taps[mine].sum())
    events, total = cite(told.rows, np.isin(told.actor, members)) if accused else ((), 0)
    each = taps / max(found.observed, 1)
    weights = found.weights_db if accused else np.minimum(found.weights_db, 0.0)
    return SIGNAL.evidence(
        window=told.span(mine), p=found.p if accused else max(found.p, 0.5), observed=float(found.observed), expected=found.expected,
        says="clockwork" if accused else "thumbs",
        args={
            "accounts": found.observed, "tested": len(tested), "taps": round(taps), "expected": round(found.expected, 1),
            "cv": round(float(np.median(cv[members if accused else tested])), 2),
        },
        effect=Effect("likes", *(x * each for x in (found.low, found.mid, found.high))) if accused else None,
        accounts=dict(zip((str(told.names[i]) for i in tested), weights.tolist(), strict=True)),
        causes=(Cause("contest", "explains" if _called(session, told, members, base) else "ruled_out"), Cause("assistant", "open")) if accused else (),
        events=events, events_total=total,
    )  # fmt: skip


def _called(session: Session, told: Bursts, members: Ints, base: Mapping[str, Any]) -> bool:
    """Whether the room acts when these begin a burst, rather than halfway to their next one, and not all in the same second.

    Those who keep no time tell it; where they hardly act, the others who do.
    """
    mine = np.flatnonzero(np.isin(told.who, members))
    again = mine[:-1][told.who[mine[:-1]] == told.who[mine[1:]]]
    now, then = told.ts[again], (told.ts[again] + told.ts[again + 1]) // 2
    acts = by_visitors(session.rows("comment", "like", "follow", "share"), "ts")
    who, names = codes(acts["actor_id"])
    place = np.asarray(pc.index_in(told.names, value_set=names).to_numpy(zero_copy_only=False), dtype=np.int64)  # fmt: skip
    ts, free = micros(acts["ts"]), ~np.isin(who, place[members])
    here, between = (_beside(ts[free], x, base["beat_s"]).sum() for x in (now, then))
    if here + between >= base["acts_min"]:
        return bool(here > base["called"] * between and here - between > 2 * np.sqrt(here + between))
    own = [np.sort(ts[who == place[a]]) for a in members.tolist()]
    of = np.searchsorted(members, told.who[again])

    def others(moments: Ints, reach_s: float) -> float:
        alone = sum(float(_beside(own[k], moments[of == k], reach_s).sum()) for k in range(len(own)))
        return float(_beside(ts, moments, reach_s).sum()) - alone

    here, between = (others(x, base["beat_s"]) for x in (now, then))
    together = here > base["called"] * between and here - between > 3 * np.sqrt(here + between)
    return bool(together and others(now, 1.0) < base["hand"] * here)


def _beside(ts: Ints, moments: Ints, reach_s: float) -> Ints:
    """How many of these times lie within reach of each moment."""
    reach = int(reach_s * SECOND)
    return np.asarray(np.searchsorted(ts, moments + reach) - np.searchsorted(ts, moments - reach))


SIGNAL = Signal(
    id="timing.tapping",
    version=3,
    question=Question.ENGAGEMENT,
    tier=Tier.T1,
    title=Say("Hearts like clockwork", "点赞间隔机械"),
    says={
        "clockwork": Say(
            "{accounts} of {tested} accounts that tap again and again do so after equal pauses (median variation {cv}), where honest rooms hold {expected}; "
            "together they made {taps} likes.",
            "{tested} 个反复点赞的账号中有 {accounts} 个的停顿几乎相等（变异系数中位数 {cv}），而正常直播间约有 {expected} 个；"
            "共产生 {taps} 次点赞。",
        ),
        "tireless": Say(
            "{accounts} of {tested} accounts that like tapped on for {long_s} and more without resting {rest_s}, where honest rooms hold {expected}; "
            "together they made {taps} likes in this way.",
            "{tested} 个点赞账号中有 {accounts} 个连续点赞超过 {long_s}，其间停顿从未达到 {rest_s}，而正常直播间约有 {expected} 个；由此共产生 {taps} 次点赞。",
        ),
        "thumbs": Say(
            "{tested} accounts tap as thumbs do (median variation {cv}): {accounts} are steady, where honest rooms hold {expected} ({taps} likes).",
            "{tested} 个账号的点赞节奏自然（变异系数中位数 {cv}）：间隔稳定的有 {accounts} 个，正常直播间约有 {expected} 个（共 {taps} 次点赞）。",
        ),
        "no_rhythm": Say(
            "{accounts} accounts like, and {tested} of them come back to it often enough to have a rhythm: no machine beats time here.",
            "{accounts} 个账号点过赞，其中反复点赞而足以看出节奏的只有 {tested} 个：没有机械打点的迹象。",
        ),
    },
    look=look,
)
