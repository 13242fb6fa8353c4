"""What a practitioner would write first: the simple detectors that our verdicts are compared with.

Each reads one session and says whether its rule fires, by how much, and whom it would name. They are written as they
are written in the field, with its usual thresholds and with the care of somebody who knows statistics (small records
are left alone, counters are used where shown), so that a comparison with them is worth something. None knows of
honest bursts: that is what the comparison shows.

    from zhenbo.proof.naive import DETECTORS
    alarm = DETECTORS["duplicate-share"].look(session)  # None: the record lacks what the rule reads
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial
from types import MappingProxyType

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from zhenbo.core.dataset import CHINA_PLATFORMS
from zhenbo.core.session import DAY, HOUR, Session, codes, micros
from zhenbo.core.subject import Question
from zhenbo.kernel.orders import Bools, Ints, Orders, orders
from zhenbo.kernel.series import Floats, counter, grid, rate
from zhenbo.kernel.speech import gap_variation

FEW_COMMENTS, FEW_VIEWS, FEW_ACCOUNTS, FEW_ORDERS, FEW_MINUTES = 50, 100, 50, 10, 10
"""Smaller records are left alone: a share of a handful says nothing (judgement)."""
DUPLICATE_SHARE = 0.2
POISSON_TAIL = 1e-3
LIKES_HIGH, LIKES_LOW = 1.0, 0.1
SPEAKERS_LOW, SPEAKERS_FROM = 0.16, 200
OUTLIER_SHARE = 0.05
REFUND_SHARE = 0.5
CONCENTRATION = 3.0
YOUNG_DAYS, YOUNG_SHARE = 30, 0.3
SIGMAS = 3.0
_TINY = 1e-9


@dataclass(frozen=True)
class Alarm:
    """What a rule says of a session.

    Args:
        fires: whether it would report the session.
        score: how far its measure lies over its own threshold: 1 at it, 2 at twice as suspicious.
        accounts: whom it would name.
        orders: which orders it would name.
    """

    fires: bool
    score: float
    accounts: frozenset[str] = frozenset()
    orders: frozenset[str] = frozenset()


Look = Callable[[Session], Alarm | None]


@dataclass(frozen=True)
class Naive:
    """A simple detector.

    Args:
        id: its name.
        says: the rule in a line.
        source: where the rule and its threshold come from.
        question: which of the three questions it speaks to.
        look: the rule; None where the record lacks what it reads.
    """

    id: str
    says: str
    source: str
    question: Question
    look: Look


# --- comments, entries, likes -------------------------------------------------------------------------------------


def _duplicates(session: Session) -> Alarm | None:
    """Share of comments whose text was said before in the session; names everybody who said a repeated text."""
    rows = session.rows("comment")
    text, _ = codes(pc.utf8_trim_whitespace(rows["text"]))
    said = text >= 0
    if said.sum() < FEW_COMMENTS:
        return None
    times = np.bincount(text[said])
    share = 1 - len(times) / int(said.sum())
    repeated = np.zeros(len(text), dtype=bool)
    repeated[said] = times[text[said]] > 1
    return _over(share, DUPLICATE_SHARE, accounts=_names(rows["actor_id"], repeated))


def _per_minute(session: Session, kind: str) -> Floats | None:
    """Events of a kind per minute; entries by the shown counter, which counts what a sampled feed leaves out."""
    on = grid(session)
    if on.size < FEW_MINUTES:
        return None
    if kind == "enter" and session.rows("entered_total").num_rows > 1:
        return counter(session, on, "entered_total").increments()
    if not session.rows(kind).num_rows:
        return None
    return rate(session, on, kind)


def _poisson(session: Session, kinds: tuple[str, ...], *, bonferroni: bool) -> Alarm | None:
    """The busiest minute against the Poisson 99.9 % of the session's mean, divided by the minutes or not."""
    from scipy import stats

    scores = []
    for kind in kinds:
        minutes = _per_minute(session, kind)
        if minutes is not None and minutes.sum() >= FEW_COMMENTS:
            tail = POISSON_TAIL / len(minutes) if bonferroni else POISSON_TAIL
            scores.append(float(minutes.max() / stats.poisson.isf(tail, minutes.mean())))
    return _over(max(scores), 1.0) if scores else None


def _sigmas(session: Session) -> Alarm | None:
    """The busiest minute of comments in standard deviations above the mean minute."""
    minutes = _per_minute(session, "comment")
    if minutes is None or minutes.sum() < FEW_COMMENTS:
        return None
    return _over(float((minutes.max() - minutes.mean()) / max(minutes.std(), _TINY)), SIGMAS)


def _grown(session: Session, total: str, kind: str, weight: str | None) -> float:
    """What a counter showed at the end, else the rows (or their weights) delivered."""
    on = grid(session)
    shown = counter(session, on, total).last
    return shown if np.isfinite(shown) else float(rate(session, on, kind, weight).sum())


def _likes(session: Session, *, high: bool) -> Alarm | None:
    """Likes per view over the whole session."""
    if not session.rows("like", "like_total").num_rows:
        return None
    views = _grown(session, "entered_total", "enter", None)
    if views < FEW_VIEWS:
        return None
    ratio = _grown(session, "like_total", "like", "qty") / views
    return _over(ratio, LIKES_HIGH) if high else _over(LIKES_LOW, ratio)


def _speakers(session: Session) -> Alarm | None:
    """People who spoke at all, per viewer present at the peak."""
    rows, readings = session.rows("comment"), session.rows("viewers")
    if not readings.num_rows or not session.has("actor_id", "comment"):
        return None
    peak = float(pc.max(readings["qty"]).as_py() or 0)
    if peak < SPEAKERS_FROM:
        return None
    return _over(SPEAKERS_LOW, pc.count_distinct(rows["actor_id"]).as_py() / peak)


# --- accounts -----------------------------------------------------------------------------------------------------


def account_counts(session: Session) -> tuple[pa.Array, Floats]:
    """Per account: entries, comments, taps, follows, orders and the gap CV of its acts (0 below three acts)."""
    rows = session.rows("enter", "comment", "like", "follow", "order_create")
    rows = rows.filter(pc.is_valid(rows["actor_id"]))
    who, names = codes(rows["actor_id"])
    kind, kinds = codes(rows["kind"])
    of = {str(name): i for i, name in enumerate(kinds.to_pylist())}
    taps = np.asarray(pc.fill_null(rows["qty"], 1).to_numpy(), dtype=np.float64)
    columns = [
        np.bincount(who[kind == of.get(name, -2)], taps[kind == of.get(name, -2)] if name == "like" else None, len(names))
        for name in ("enter", "comment", "like", "follow", "order_create")
    ]  # fmt: skip
    return names, np.column_stack([*columns, _gap_cv(who, micros(rows["ts"]), len(names))])


def _gap_cv(who: Ints, ts: Ints, n: int) -> Floats:
    """Coefficient of variation of the gaps between an account's acts; 0 where there are fewer than two gaps."""
    cv, gaps = gap_variation(who, ts, n)
    return np.where(gaps > 1, np.nan_to_num(cv), 0.0)


def _forest(session: Session) -> Alarm | None:
    """Share of accounts that an isolation forest with its default contamination calls outliers."""
    try:
        from sklearn.ensemble import IsolationForest
    except ModuleNotFoundError as absent:
        raise ModuleNotFoundError(
            "The isolation-forest baseline needs scikit-learn: install zhenbo[prove]."
        ) from absent
    names, table = account_counts(session)
    if len(names) < FEW_ACCOUNTS:
        return None
    out = IsolationForest(random_state=0).fit_predict(table) < 0
    return _over(
        float(out.mean()), OUTLIER_SHARE, accounts=frozenset(names.filter(pa.array(out)).to_pylist())
    )


def _young(session: Session) -> Alarm | None:
    """Share of accounts registered less than 30 days before the session."""
    known = session.accounts.filter(pc.is_valid(session.accounts["since"]))
    if known.num_rows < FEW_ACCOUNTS:
        return None
    young = micros(known["since"]) > session.span[0] - YOUNG_DAYS * DAY
    return _over(float(young.mean()), YOUNG_SHARE, accounts=_names(known["account_id"], young))


# --- orders -------------------------------------------------------------------------------------------------------


def _next_day(session: Session) -> Alarm | None:
    """Share of paid orders whose refund was asked for or done by the end of the day after payment."""
    made = orders(session)
    paid = made.timed("paid")
    if paid.sum() < FEW_ORDERS or not any(kind.startswith("refund_") for kind in session.counts):
        return None
    ahead = 8 * HOUR if session.platform in CHINA_PLATFORMS else 0
    back = np.minimum(_known(made, "asked"), _known(made, "refunded"))
    days = (back + ahead) // DAY - (_known(made, "paid") + ahead) // DAY
    soon = paid & (back < _FAR) & (days <= 1)
    share = float(soon.sum() / paid.sum())
    return _over(share, REFUND_SHARE, accounts=_buyers(made, soon), orders=_ids(made, soon))


_FAR = np.int64(1) << 60
"""Stands for a moment that never came, with room for adding hours to it."""


def _known(made: Orders, step: str) -> Ints:
    return np.where(made.timed(step), made.at[step], _FAR)


def _brushing(session: Session) -> Alarm | None:
    """Orders per distinct buyer in the hour up to each order; names the hours' orders and their busiest buyers."""
    made = orders(session)
    seen = made.timed("created") & (made.keys["actor_id"] >= 0)
    if seen.sum() < FEW_ORDERS:
        return None
    rows = np.flatnonzero(seen)[np.argsort(made.at["created"][seen], kind="stable")]
    at, buyer = made.at["created"][rows], made.keys["actor_id"][rows]
    number, distinct = hour_concentration(at, buyer)
    rates = number / distinct
    start = np.arange(len(at)) + 1 - number
    marks = np.bincount(start[rates >= CONCENTRATION], minlength=len(at) + 1) - np.bincount(
        np.flatnonzero(rates >= CONCENTRATION) + 1, minlength=len(at) + 1
    )
    brushed = np.cumsum(marks)[:-1] > 0
    each = np.bincount(buyer[brushed], minlength=int(buyer.max()) + 1)
    busiest = made.names["actor_id"].filter(
        pa.array(np.r_[each == each.max(), np.zeros(len(made.names["actor_id"]) - len(each), bool)])
    )
    named = frozenset(busiest.to_pylist()) if brushed.any() else frozenset[str]()
    mask = np.zeros(len(made), dtype=bool)
    mask[rows[brushed]] = True
    # The published rule says "3 or more", unlike the others here.
    return Alarm(bool(brushed.any()), float(rates.max() / CONCENTRATION), named, _ids(made, mask))


def hour_concentration(at: Ints, buyer: Ints) -> tuple[Ints, Ints]:
    """Orders and distinct buyers in the hour up to and including each order; `at` ascending.

    An order is its buyer's latest one from its own moment until the buyer's next order or the end of its hour: a
    stretch of windows, so that a running sum of ±1 counts the distinct buyers of all windows at once.
    """
    n = len(at)
    place = np.arange(n)
    order = np.lexsort((place, buyer))
    later = np.full(n, n)
    follows = np.flatnonzero(np.diff(buyer[order]) == 0)
    later[order[follows]] = order[follows + 1]
    gone = np.searchsorted(at, at + HOUR, "right")
    steps = np.ones(n + 1, dtype=np.int64)
    steps[n] = 0
    np.subtract.at(steps, np.minimum(later, gone), 1)
    number = place + 1 - np.searchsorted(at, at - HOUR, "left")
    return number, np.cumsum(steps)[:n]


# --- what they share ----------------------------------------------------------------------------------------------


def _over(
    measure: float,
    threshold: float,
    *,
    accounts: frozenset[str] = frozenset(),
    orders: frozenset[str] = frozenset(),
) -> Alarm:
    """An alarm where a measure exceeds its threshold; names somebody only then."""
    fires = measure > threshold
    none = frozenset[str]()
    return Alarm(
        fires,
        measure / max(threshold, _TINY),
        accounts if fires else none,
        orders if fires else none,
    )


def _names(column: pa.ChunkedArray, mask: npt.NDArray[np.bool_]) -> frozenset[str]:
    return frozenset(pc.unique(column.filter(pa.array(mask))).drop_null().to_pylist())


def _ids(made: Orders, mask: Bools) -> frozenset[str]:
    return frozenset(made.id.filter(pa.array(mask)).to_pylist())


def _buyers(made: Orders, mask: Bools) -> frozenset[str]:
    at = np.unique(made.keys["actor_id"][mask])
    return frozenset(made.names["actor_id"].take(pa.array(at[at >= 0])).to_pylist())


_ALL = (
    Naive(
        "duplicate-share", "more than 20 % of comments repeat an earlier one of the session",
        "the checklist item 评论重复 of agencies' and BI audits (PEERS 3); the threshold of our issue 3",
        Question.ENGAGEMENT, _duplicates,
    ),
    Naive(
        "comment-sigmas", "a minute of comments more than 3 standard deviations above the mean minute",
        "the default of monitoring tools (dbt Elementary and Sling: standard score above 3)",
        Question.ENGAGEMENT, _sigmas,
    ),
    Naive(
        "poisson-spike", "a minute of entries, comments or likes above the Poisson 99.9 %; each minute tested as if alone",
        "the usual alert on counts of events (METHODS 1.5), without correction for many minutes, as mostly written",
        Question.ENGAGEMENT, partial(_poisson, kinds=("enter", "comment", "like"), bonferroni=False),
    ),
    Naive(
        "poisson-entries", "a minute of entries above the Poisson 99.9 %, corrected for the number of minutes",
        "the same with Bonferroni's correction, as a careful analyst writes it",
        Question.AUDIENCE, partial(_poisson, kinds=("enter",), bonferroni=True),
    ),
    Naive(
        "poisson-comments", "a minute of comments above the Poisson 99.9 %, corrected for the number of minutes",
        "the same with Bonferroni's correction, as a careful analyst writes it",
        Question.ENGAGEMENT, partial(_poisson, kinds=("comment",), bonferroni=True),
    ),
    Naive(
        "poisson-likes", "a minute of likes (rows, not taps) above the Poisson 99.9 %, corrected for the number of minutes",
        "the same with Bonferroni's correction, as a careful analyst writes it",
        Question.ENGAGEMENT, partial(_poisson, kinds=("like",), bonferroni=True),
    ),
    Naive(
        "likes-high", "more than one like per view", '"more likes than people" (FIELD 3, reading 2: honest taps break it)',
        Question.ENGAGEMENT, partial(_likes, high=True),
    ),
    Naive(
        "likes-low", "fewer than one like per ten views",
        "the default view-to-like limit of 10 in open-source promotion platforms' bot checks (`viewLikeRatio: 10`)",
        Question.AUDIENCE, partial(_likes, high=False),
    ),
    Naive(
        "speakers-low", "fewer than 16 speakers per 100 viewers at a peak of 200 or more",
        "popcorncolonel/TwitchBotDetector: chatters per viewer under 0.16 from 200 viewers on; StreamOracle's heaviest signal "
        "(PEERS 3). Speakers stand for chatters, whom no record here lists",
        Question.AUDIENCE, _speakers,
    ),
    Naive(
        "isolation-forest", "an isolation forest on account counts calls more than 5 % of accounts outliers",
        "scikit-learn's IsolationForest as it comes (100 trees, contamination `auto`), used so on account details by "
        "Miftahuddin and Al-Ghifary, IJASEIT 14(4), 2024; the threshold of our issue 3",
        Question.AUDIENCE, _forest,
    ),
    Naive(
        "young-accounts", "more than 30 % of accounts are younger than 30 days",
        "account age, the first item of bot checklists and of chat moderators' settings; thresholds are judgement",
        Question.AUDIENCE, _young,
    ),
    Naive(
        "next-day-refunds", "more than half of the paid orders are refunded by the end of the next day",
        "the trade's reading of return rates (METHODS 5: rooms above 60 % likely falsify), narrowed to the next day",
        Question.SALES, _next_day,
    ),
    Naive(
        "order-brushing", "3 or more orders per distinct buyer within an hour",
        "Shopee's order-brushing challenge, 2020 (METHODS 5)",
        Question.SALES, _brushing,
    ),
)  # fmt: skip
DETECTORS: Mapping[str, Naive] = MappingProxyType({one.id: one for one in _ALL})
"""Every naive detector by name."""
