"""What is measured on a room's record, real or simulated, per minute and per user.

A statistic that a record does not hold (no ids, no taps, too few rows) is absent, never zero.
"""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from zhenbo.core.schema import Flag
from zhenbo.core.session import MINUTE, Session, codes, micros
from zhenbo.kernel.speech import gap_variation

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]

_FEW: Final = 10
"""Messages below which a user's gaps, and a minute's repeats, are not looked at."""
_ROOM: Final = 100
"""Messages below which a room's talk is not measured: shares of fewer are mostly chance."""

_FILLING: Final = 5
"""Minutes in which a room fills from nothing: its gauge is looked at afterwards."""


STATISTICS: Mapping[str, str] = MappingProxyType({
    "comments_fano": "variance over mean of comments per minute",
    "comments_memory_1": "correlation of comments per minute with the minute before",
    "comments_memory_5": "correlation of comments per minute with five minutes before",
    "entries_fano": "variance over mean of entries per minute, as delivered",
    "entries_memory_1": "correlation of entries per minute with the minute before",
    "entries_memory_5": "correlation of entries per minute with five minutes before",
    "repeat": "share of messages identical to another of their minute",
    **{f"repeat_minute_{q}": f"{q} % point over minutes (ten messages or more) of the share of messages identical to another" for q in (10, 50, 90, 99)},
    **{f"gap_cv_{q:g}": f"{q:g} % point over users (ten messages or more) of the gaps' coefficient of variation"
       for q in (0.1, 1, 5, 25, 50, 75, 95)},
    "users_median": "messages per user who speaks, median",
    "users_p99": "messages per user who speaks, 99 % point",
    **{f"users_from_{k}": f"share of speaking users with {k} messages or more" for k in (2, 10, 30, 100)},
    "top_1": "share of messages by the busiest 1 % of speaking users",
    "top_10": "share of messages by the busiest 10 % of speaking users",
    "taps_mean": "likes per tap message, mean",
    **{f"taps_p{q}": f"likes per tap message, {q} % point" for q in (50, 90, 99)},
    "gauge_cv": "people shown as present, minute by minute: standard deviation over mean",
    "gauge_memory_1": "correlation of the people shown with the minute before",
    "gauge_step_50": "median change of the people shown from minute to minute, as a factor",
    "gauge_step_max": "largest change of the people shown from minute to minute, as a factor",
    "speak": "share of the people who entered that said anything",
})  # fmt: skip
"""Every statistic in words."""


def measure(session: Session) -> dict[str, float]:
    """Every statistic that a session's record holds, by name; see `STATISTICS` for their meaning."""
    said = _live(session.rows("comment"))
    return {
        **_rates("comments", said),
        **_rates("entries", _live(session.rows("enter"))),
        **_repeats(said),
        **_gaps(said),
        **_tails(said),
        **_taps(session.rows("like")),
        **_gauge(session.rows("viewers")),
        **_speakers(session),
    }


def _live(rows: pa.Table) -> pa.Table:
    """Rows with a time that were not replayed from before the recording."""
    replayed = pc.not_equal(pc.bit_wise_and(pc.fill_null(rows["flags"], 0), int(Flag.HISTORY)), 0)
    return rows.filter(pc.and_(pc.is_valid(rows["ts"]), pc.invert(replayed)))


def _per_minute(rows: pa.Table) -> Ints:
    """Rows per minute over the minutes that hold the middle 98 % of them: early arrivals hours before do not count."""
    at = np.sort(micros(rows["ts"])) // MINUTE
    if len(at) < _ROOM:
        return np.empty(0, dtype=np.int64)
    first, last = at[int(0.01 * len(at))], at[int(0.99 * (len(at) - 1))]
    inside = at[(at >= first) & (at <= last)]
    return np.bincount(inside - first, minlength=int(last - first) + 1).astype(np.int64)


def _rates(name: str, rows: pa.Table) -> dict[str, float]:
    """Spread and memory of the rate per minute."""
    rate = _per_minute(rows)
    if len(rate) < 2 * _FEW:
        return {}
    memory = {
        f"{name}_memory_{lag}": float(np.corrcoef(rate[:-lag], rate[lag:])[0, 1])
        for lag in (1, 5)
        if rate[:-lag].std() > 0 and rate[lag:].std() > 0
    }
    return {f"{name}_fano": float(rate.var() / rate.mean()), **memory}


def _repeats(said: pa.Table) -> dict[str, float]:
    """Share of messages identical to another of the same minute: over all, and over the minutes of ten or more."""
    if said.num_rows < _ROOM:
        return {}
    minute = micros(said["ts"]) // MINUTE
    if len(np.unique(minute)) < 2 * _FEW:
        return {}
    word, _ = codes(said["text"])
    key = (minute - minute.min()) * (word.max() + 2) + word + 1
    _, inverse, count = np.unique(key, return_inverse=True, return_counts=True)
    again = count[inverse] > 1
    size = np.bincount(minute - minute.min())
    share = np.bincount(minute - minute.min(), again)[size >= _FEW] / size[size >= _FEW]
    spread = {
        f"repeat_minute_{q}": float(np.quantile(share, q / 100))
        for q in (10, 50, 90, 99)
        if len(share) >= _FEW
    }
    return {"repeat": float(again.mean()), **spread}


def _gaps(said: pa.Table) -> dict[str, float]:
    """Percentiles over users with ten messages or more of the coefficient of variation of their gaps."""
    who, names = codes(said["actor_id"])
    cv, gaps = gap_variation(who[who >= 0], micros(said["ts"])[who >= 0], len(names))
    much = gaps >= _FEW - 1
    if much.sum() < 2 * _FEW:
        return {}
    cv = np.nan_to_num(cv[much])  # all at one moment: no gap varies
    return {f"gap_cv_{q:g}": float(np.quantile(cv, q / 100)) for q in (0.1, 1, 5, 25, 50, 75, 95)}


def _tails(said: pa.Table) -> dict[str, float]:
    """How unevenly people talk: messages per user that speaks at all."""
    who, _ = codes(said["actor_id"])
    each = np.sort(np.bincount(who[who >= 0]))[::-1] if (who >= 0).any() else np.empty(0, dtype=np.int64)
    each = each[each > 0]
    if len(each) < _ROOM:
        return {}
    return {
        "users_median": float(np.median(each)),
        "users_p99": float(np.quantile(each, 0.99)),
        **{f"users_from_{k}": float((each >= k).mean()) for k in (2, 10, 30, 100)},
        **{f"top_{p}": float(each[: max(1, round(len(each) * p / 100))].sum() / each.sum()) for p in (1, 10)},
    }


def _taps(likes: pa.Table) -> dict[str, float]:
    """Likes per tap message."""
    qty = np.asarray(pc.fill_null(likes["qty"], 1).to_numpy())
    if len(qty) < _ROOM:
        return {}
    return {
        "taps_mean": float(qty.mean()),
        **{f"taps_p{q}": float(np.quantile(qty, q / 100)) for q in (50, 90, 99)},
    }


def _gauge(viewers: pa.Table) -> dict[str, float]:
    """Movement of the people shown as present, read once a minute: spread, memory, and the largest steps."""
    level = np.asarray(pc.fill_null(viewers["qty"], 0).to_numpy(), dtype=np.float64)
    minute = micros(viewers["ts"]) // MINUTE
    _, first = np.unique(minute[::-1], return_index=True)
    level, minute = level[::-1][first], minute[::-1][first]
    if not len(level):
        return {}
    settled = (level > 0) & (minute >= minute[0] + _FILLING) & (minute < minute[-1])
    level, minute = level[settled], minute[settled]
    if len(level) < 2 * _FEW:
        return {}
    step = np.abs(np.diff(np.log(level)))[np.diff(minute) <= 2]
    if len(step) < _FEW:
        return {}
    return {
        "gauge_cv": float(level.std() / level.mean()),
        "gauge_memory_1": float(np.corrcoef(level[:-1], level[1:])[0, 1]) if level.std() > 0 else 1.0,
        "gauge_step_50": float(np.exp(np.median(step))),
        "gauge_step_max": float(np.exp(step.max())),
    }


def _speakers(session: Session) -> dict[str, float]:
    """Share of the people who entered that said anything, where both are known by id."""
    entered = pc.unique(session.rows("enter")["actor_id"].drop_null())
    if len(entered) < _ROOM:
        return {}
    spoke = pc.unique(session.rows("comment")["actor_id"].drop_null())
    return {"speak": pc.sum(pc.is_in(entered, value_set=spoke)).as_py() / len(entered)}
