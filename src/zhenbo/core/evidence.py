"""Evidence: what one signal found about one subject, and what it would have needed to say more."""

import hashlib
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from zhenbo.core.session import Session, micros
from zhenbo.core.subject import Question, Tier

EVENTS_CITED = 50
"""Events listed in one piece of evidence; the total is always told beside."""


@dataclass(frozen=True)
class Effect:
    """How many units of a shown metric are fabricated, as an interval of stated 90 % coverage.

    Args:
        metric: one of `zhenbo.core.subject.METRICS`.
        low: lower end, units.
        mid: best estimate, units.
        high: upper end, units.
        of: units the signal could judge, where that is less than all shown (orders that carry an address,
            say); None when every shown unit in the window could be judged.
    """

    metric: str
    low: float
    mid: float
    high: float
    of: float | None = None


@dataclass(frozen=True)
class Cause:
    """An innocent explanation that was tested.

    Args:
        cause: its id, e.g. `lottery` (labels live in the report).
        outcome: `ruled_out`, `open` (the record cannot tell) or `explains` (it accounts for what was seen).
    """

    cause: str
    outcome: str


@dataclass(frozen=True)
class Evidence:
    """What a signal saw, against what the organic null expects.

    Args:
        signal: id, `family.name`.
        version: version of the signal.
        question: which of the three questions it speaks to.
        tier: the tier of the data it rests on.
        window: first and last microsecond it is about.
        p: probability under the organic null of seeing as much or more. Near 1 clears.
        observed: the statistic seen.
        expected: its mean under the organic null, same unit.
        says: id of the sentence in the signal's `says`.
        args: numbers and words of that sentence (raw; rendering escapes and formats).
        effect: how many fakes, where the signal can count.
        accounts: dB per account it can name (+ accuses).
        orders: dB per order it can name (+ accuses).
        causes: innocent explanations tested.
        events: `source:event_id` of the rows it rests on, capped; most telling first.
        events_total: how many rows it rests on.
    """

    signal: str
    version: int
    question: Question
    tier: Tier
    window: tuple[int, int]
    p: float
    observed: float
    expected: float
    says: str
    args: Mapping[str, Any] = field(default_factory=dict)
    effect: Effect | None = None
    accounts: Mapping[str, float] = field(default_factory=dict)
    orders: Mapping[str, float] = field(default_factory=dict)
    causes: tuple[Cause, ...] = ()
    events: tuple[str, ...] = ()
    events_total: int = 0

    @property
    def family(self) -> str:
        """The evidence family: the first half of the signal's id."""
        return self.signal.partition(".")[0]

    @property
    def explained(self) -> bool:
        """Whether an innocent cause explains what was found: it is told, and accuses nobody."""
        return any(c.outcome == "explains" for c in self.causes)

    def id(self, subject: str) -> str:
        """A hash of signal, version, subject, window and cited events; no floats, so it is equal on every engine."""
        body = "\n".join(
            [self.signal, str(self.version), subject, *map(str, self.window), *sorted(self.events)]
        )
        return hashlib.sha256(body.encode()).hexdigest()[:16]


@dataclass(frozen=True)
class Missing:
    """A record without which a signal could not speak; becomes `missing` and `ask_for`, never "clean".

    Args:
        question: the question that stays open.
        record: id of the record that would settle it (see `RECORDS`).
    """

    question: Question
    record: str


RECORDS = (
    "account_ids", "entries", "leaves", "comments", "entered_counter", "viewer_counter", "like_counter",
    "registration", "devices", "orders", "order_accounts", "addresses", "payers", "refund_times", "logistics", "longer_record", "other_rooms", "back_office",
)  # fmt: skip
"""Records that can be asked for; labels (zh, en) live with the report."""

Found = Evidence | Missing


@dataclass(frozen=True)
class Say:
    """One sentence in both languages, with `{name}` fields filled from `Evidence.args` when rendered."""

    en: str
    zh: str


@dataclass(frozen=True)
class Signal:
    """One way of telling bought from real; a module holds exactly one, as `SIGNAL`, and its docstring is its page.

    Args:
        id: `family.name`; the family is the folder, the name the file.
        version: raised whenever the same record could give other evidence.
        question: the question it speaks to.
        tier: the lowest tier at which it can speak.
        says: its sentences, by id.
        look: the function itself: (session, baselines of this signal) -> what it found.
        title: its name in both languages.
    """

    id: str
    version: int
    question: Question
    tier: Tier
    title: Say
    says: Mapping[str, Say]
    look: Callable[[Session, Mapping[str, Any]], Iterable[Found]]

    def evidence(self, **fields: Any) -> Evidence:
        """Evidence of this signal; `question` and `tier` default to the signal's own, its numbers become Python's own."""
        numbers = {name: _own(fields[name]) for name in _NUMBERS if name in fields}
        given = {"question": self.question, "tier": self.tier, **fields, **numbers}
        return Evidence(signal=self.id, version=self.version, **given)


_NUMBERS = ("p", "observed", "expected", "effect", "args")


def _own(value: Any) -> Any:
    """NumPy's scalars as Python's, which contracts can write."""
    if isinstance(value, Effect):
        return replace(value, **{name: _own(getattr(value, name)) for name in ("low", "mid", "high", "of")})
    if isinstance(value, Mapping):
        return {name: _own(one) for name, one in value.items()}
    return value.item() if isinstance(value, np.generic) else value


def cite(rows: pa.Table, mask: npt.NDArray[np.bool_] | None = None) -> tuple[tuple[str, ...], int]:
    """The first `EVENTS_CITED` rows as `source:event_id`, spread evenly over all of them, and their total."""
    if mask is not None:
        rows = rows.filter(pa.array(mask))
    total = rows.num_rows
    if total > EVENTS_CITED:
        rows = rows.take(pa.array(np.linspace(0, total - 1, EVENTS_CITED).astype(np.int64)))
    joined = pc.binary_join_element_wise(rows["source"].cast(pa.string()), rows["event_id"], ":")
    return tuple(x for x in joined.to_pylist() if x is not None), total


def cite_between(rows: pa.Table, start: int, end: int) -> tuple[tuple[str, ...], int]:
    """`cite` of the rows whose time lies in [start, end], microseconds."""
    ts = micros(rows["ts"])
    return cite(rows, (ts >= start) & (ts <= end))
