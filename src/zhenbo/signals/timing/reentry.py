"""Accounts that come again and again and never do a thing.

## What it looks for
Accounts that come four times and more within three hours, minutes apart, and in no visit say, tap, follow, click or buy anything: their share
of all visits, and whether those who come so often are more silent than those who come once.

## Why it matters
The counter counts visits, and an account that comes ten times is ten of them for the price of one. Protocol clients and scripts send few accounts through the room in turn
(协议刷人次); so do racks that change accounts. People who come back four times in an evening want something here: in every room that
we have, honest or simulated, they are livelier than those who look in once.

## How it is fooled
By a fresh account for each visit; by three visits each; by a tap now and then; by a record without account ids.

## What clears it
A bad line dials in anew: within seconds of going (two minutes of coming, where nobody was seen to go) it is one visit, and whoever sits behind it speaks as others do; where a third of them come back in one minute the line of them all had dropped (an office's machines left on). A room of many hours sees its regulars
often: they are held against those who come once, who had less time to say anything. Who came by one entrance that hardly anybody else
uses was sent by something (an ad shown ten times to the same people): that stays open and decides nothing. Flagged collectors of data are left out.

## Method
Visits of such accounts among all against a beta-binomial across rooms; the silent among accounts that come so often against a beta-binomial around the silent share of those who
come once; joined by Fisher's method where both are below `each`. Baselines: `packs/baselines/timing.reentry.toml`.

## Examples
    >>> from zhenbo.proof.pages import look
    >>> look('timing.reentry', '''
    ... 20:00-21:50 b1..b500 enters [via=door{n%4}]; 20:00:20-21:50:20 b1..b500 leaves; 20:10-21:55 b101..b230 say "{n}"
    ... 20:00-20:20 a1..a40 enters [via=door{n%4}]; 20:30-20:50 a1..a40 enters [via=door{n%4}]
    ... 21:00-21:20 a1..a40 enters [via=door{n%4}]; 21:30-21:50 a1..a40 enters [via=door{n%4}]
    ... ''')
    timing.reentry: accuses, names 40 accounts, says in_and_out
    >>> look('timing.reentry', '''
    ... 20:00-21:50 b1..b500 enters [via=door{n%4}]; 20:00:20-21:50:20 b1..b500 leaves; 20:10-21:55 b101..b230 say "{n}"
    ... 20:00-20:20 a1..a40 enters [via=door{n%4}]; 20:30-20:50 a1..a40 enters [via=door{n%4}]
    ... 21:00-21:20 a1..a40 enters [via=door{n%4}]; 21:30-21:50 a1..a40 enters [via=door{n%4}]; 21:31-21:51 a1..a25 say "{n}"
    ... ''')
    timing.reentry: clears, names 0 accounts, says back_for_more
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from zhenbo.core.evidence import Cause, Effect, Evidence, Found, Say, Signal, cite
from zhenbo.core.session import HOUR, MINUTE, SECOND, Session, by_visitors
from zhenbo.core.subject import Question, Tier
from zhenbo.kernel.entrance import sender
from zhenbo.kernel.visits import OPEN, Bools, Ints, Visits, visits
from zhenbo.signals.bunching import CLEAR_DB, excess_weight
from zhenbo.signals.nulls import NEUTRAL, P_FLOOR, joined, share_tail
from zhenbo.signals.stays import untold

_REDIAL, _APART = 5 * SECOND, 2 * MINUTE
"""Coming again within this of going, or of coming where the going was not seen, is the same visit: a line that broke, a screen that turned."""
_TIMES, _WITHIN = 4, 3 * HOUR
"""Visits of one account within so long that are often."""


def look(session: Session, base: Mapping[str, Any]) -> Iterable[Found]:
    """Hold who comes often against who comes once."""
    if session.scope != "session":
        return []
    if missing := untold(session, Question.AUDIENCE):
        return missing
    seen = visits(session)
    if len(seen.came) < base["visits_min"] or not (seen.acts > 0).any():
        return []
    found = _found(seen)
    return [_evidence(session, seen, found, base)] if found.once >= base["once_min"] else []


@dataclass(frozen=True)
class _Often:
    """Who comes often, and how silent they are.

    Args:
        visits: visits apart, by account.
        often: accounts that come often.
        silent: accounts of which nothing was ever seen but coming and going.
        once: accounts that came once.
        quiet: share of these that did nothing.
        back: whose, and in which minute of the record, of every visit after an account's first.
    """

    visits: Ints
    often: Bools
    silent: Bools
    once: int
    quiet: float
    back: tuple[Ints, Ints]

    @property
    def idle(self) -> Bools:
        """Accounts that come often and do nothing."""
        return np.asarray(self.often & self.silent)


def _found(seen: Visits) -> _Often:
    order = np.lexsort((seen.came, seen.who))
    who, came, left = seen.who[order], seen.came[order], seen.left[order]
    until = np.where(left == OPEN, came + _APART, np.minimum(left, OPEN - _REDIAL) + _REDIAL)
    again = (who[1:] == who[:-1]) & (came[1:] < until[:-1])
    starts = np.flatnonzero(np.r_[True, ~again])
    whose, at = who[starts], came[starts]
    most = _TIMES - 1
    close = (whose[most:] == whose[:-most]) & (at[most:] - at[:-most] <= _WITHIN) if len(at) > most else []
    n = len(seen.names)
    often = np.zeros(n, dtype=bool)
    often[whose[np.flatnonzero(close)]] = True
    silent = np.bincount(seen.who, seen.acts, n) == 0
    count = np.bincount(whose, minlength=n)
    single = count == 1
    quiet = (silent & single).sum() + 1
    later = np.r_[False, whose[1:] == whose[:-1]] if len(whose) else np.zeros(0, dtype=bool)
    back = whose[later], (at[later] - at.min(initial=0)) // MINUTE
    return _Often(count, often, silent, int(single.sum()), float(quiet / (single.sum() + 2)), back)


def _dropped(found: _Often) -> bool:
    """Whether most came back in minutes in which a third of them did: a line that carries them all had dropped."""
    whose, minute = found.back
    minute = minute[found.idle[whose]]
    together = np.bincount(minute)[minute] >= found.idle.sum() / 3
    return bool(len(minute)) and bool(together.mean() > 0.5)


def _evidence(session: Session, seen: Visits, found: _Often, base: Mapping[str, Any]) -> Evidence:
    often, idle = int(found.often.sum()), found.idle
    n, total = int(idle.sum()), int(found.visits.sum())
    theirs = int(np.minimum(found.visits, base["visits_most"])[idle].sum())
    many = float(share_tail(theirs, total, base["share"], base["share_concentration"]))
    quiet = max(found.quiet, base["quiet_least"])
    still = float(share_tail(n, often, quiet, base["silent_concentration"])) if often else 1.0
    p = float(joined(np.array(many), np.array(still), base["each"]))
    if p >= base["remarkable"] or n < base["accounts_min"]:
        return SIGNAL.evidence(
            window=session.span, p=max(p, NEUTRAL), observed=float(n), expected=often * found.quiet,
            says="back_for_more", args={"visits": total, "accounts": often, "silent": n},
        )  # fmt: skip
    members, others = seen.apart(idle[seen.who])
    door = sender(session, members, others, base)
    dropped = _dropped(found)
    excused = door == "own" or dropped
    p = float(np.clip(p, base["sent_floor"] if excused else P_FLOOR, 1))
    usual = base["share"] * total
    weight = max(excess_weight(theirs, usual, p), CLEAR_DB)
    coming = np.flatnonzero(found.visits > 0)
    db = np.where(idle & (not excused), weight, CLEAR_DB)
    rows = by_visitors(session.rows("enter"))
    mine = np.asarray(pc.is_in(rows["actor_id"], value_set=members).to_numpy(zero_copy_only=False))
    events, events_total = cite(rows, mine)
    all_theirs = float(found.visits[idle].sum())
    return SIGNAL.evidence(
        window=session.span, p=p, observed=float(n), expected=often * found.quiet, says="in_and_out",
        args={
            "accounts": n, "often": often, "entries": int(all_theirs), "visits": total,
            "seen_share": round(all_theirs / total, 4), "quiet_share": round(found.quiet, 4),
        },
        effect=Effect("viewers", max(all_theirs - 3 * usual, 0.0), max(all_theirs - usual, 0.0), all_theirs, of=float(total)),
        accounts=dict(zip(seen.names.take(pa.array(coming)).to_pylist(), db[coming].tolist(), strict=True)),
        causes=(Cause("ad_frequency", "open" if door == "own" else "ruled_out"), Cause("outage", "explains" if dropped else "ruled_out")), events=events, events_total=events_total,
    )  # fmt: skip


SIGNAL = Signal(
    id="timing.reentry",
    version=1,
    question=Question.AUDIENCE,
    tier=Tier.T1,
    title=Say("In and out, again and again", "同批账号反复进出刷人次"),
    says={
        "in_and_out": Say(
            "{accounts} of the {often} accounts that came four times and more did nothing in any visit: {entries} of {visits} visits ({seen_share}) are theirs. Of "
            "accounts that came once {quiet_share} did nothing.",
            "进场四次以上的 {often} 个账号中有 {accounts} 个从未有任何互动，占 {visits} 次进场中的 {entries} 次（{seen_share}）；仅进场一次的账号中有 {quiet_share} 无互动。",
        ),
        "back_for_more": Say(
            "{visits} visits: accounts that came four times and more: {accounts}, {silent} of them without doing anything.",
            "{visits} 次进场：{accounts} 个账号进场四次以上，其中 {silent} 个没有互动。",
        ),
    },
    look=look,
)
