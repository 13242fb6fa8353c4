"""From declared features to key groups: what shares a ring and a table, and which words a key's row keeps.

Features of equal key and filter go together. Those that look at a second column (`distinct`, `top_share`: pairs;
`sum`, `min`, `max`, `first`, `last`: values) need a group per column; those that look at times only (`count`, gaps)
ride on any group of pairs with their key, else on one of their own. Not on a group of values: its ring holds only
events that have one.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
import numpy.typing as npt

from zhenbo.kernel import layout as word

Measure = Literal[
    "count", "sum", "distinct", "min", "max", "first", "last", "top_share", "gap_mean", "gap_variance"
]
DAY_SECONDS = 86_400
MEASURES_OF: dict[Measure, Literal["value", "any"] | None] = {
    "count": None, "gap_mean": None, "gap_variance": None, "distinct": "any", "top_share": "any", "sum": "value",
    "min": "value", "max": "value", "first": "value", "last": "value",
}  # fmt: skip
"""What each measure looks at beside time: nothing, a column of any type, or a column of integers."""
PAIRS = frozenset(m for m, of in MEASURES_OF.items() if of == "any")
VALUES = frozenset(m for m, of in MEASURES_OF.items() if of == "value")


@dataclass(frozen=True)
class Feature:
    """One exact measure over the sliding window `(t-w, t]` of the events that share a key.

    Rows of equal time see each other. A row without a time, without a key or of another kind gets no answer and does
    not count. `sum`, `min`, `max`, `first` and `last` skip rows whose `of` is null, `distinct` and `top_share` too.

    Args:
        name: column name of the answer.
        measure: `count` (events), `sum`, `min`, `max` of an integer column, its `first` or `last` value in time (of one
            instant the least is first, the greatest last), `distinct` values, `top_share` (share of the most frequent value), `gap_mean` (seconds) and
            `gap_variance` (seconds squared, of the population; null below two gaps) between neighbouring events.
        by: columns that key the window together; none for one window over everything.
        seconds: length of the window, 1 to 86,400.
        of: column measured; every measure but counts and gaps needs it.
        kinds: only rows of these kinds count and get an answer; all when empty.
        unit: unit of the answer.
        why: the reason it exists, for the reader of a plan.

    Raises:
        ValueError: when a declaration cannot be computed; the message names the feature and what to change.
    """

    name: str
    measure: Measure
    by: tuple[str, ...]
    seconds: int
    of: str | None = None
    kinds: tuple[str, ...] = ()
    unit: str = "events"
    why: str = ""

    @property
    def columns(self) -> tuple[str, ...]:
        """The columns it reads, each once."""
        read = ["ts", *self.by, *([self.of] if self.of else []), *(["kind"] if self.kinds else [])]
        return tuple(dict.fromkeys(read))

    def __post_init__(self) -> None:
        if not 1 <= self.seconds <= DAY_SECONDS:
            raise ValueError(
                f"Feature {self.name!r} has a window of {self.seconds} s; windows are 1 second to a day (86,400)."
            )
        if self.of is None and self.measure in PAIRS | VALUES:
            raise ValueError(f"Feature {self.name!r} measures {self.measure} but names no column; set `of`.")


@dataclass(frozen=True)
class Group:
    """Features that share one ring and one table of keys.

    Args:
        by: key columns.
        kinds: filter.
        of: second column; None where only times matter.
        what: `layout.NOTHING`, `PAIR`, `VALUE`, `COUNTS` or `SETS`.
        lanes: window lengths in microseconds, ascending.
        fields: per lane, the word of each field in a key's row, -1 where not kept; links count words of a ring row.
        words: width of a key's row.
        ring_words: width of a ring row.
        asked: per feature, its measure and lane.
        names: per feature, its name.
    """

    by: tuple[str, ...]
    kinds: tuple[str, ...]
    of: str | None
    what: int
    lanes: npt.NDArray[np.int64]
    fields: npt.NDArray[np.int64]
    words: int
    ring_words: int
    asked: npt.NDArray[np.int64]
    names: tuple[str, ...]


def groups(declared: Sequence[Feature]) -> tuple[Group, ...]:
    """The key groups of declared features, in order of first mention.

    Raises:
        ValueError: when two features have one name.
    """
    names = [f.name for f in declared]
    if twice := sorted({n for n in names if names.count(n) > 1}):
        raise ValueError(f"Features need names of their own; declared twice: {', '.join(twice)}.")
    paired = {(f.by, f.kinds): f.of for f in reversed(declared) if f.measure in PAIRS}
    shared: dict[tuple[tuple[str, ...], tuple[str, ...], str | None, bool], list[Feature]] = {}
    for f in declared:
        of = f.of if f.measure in PAIRS | VALUES else paired.get((f.by, f.kinds))
        shared.setdefault((f.by, f.kinds, of, f.measure in VALUES), []).append(f)
    return tuple(_group(key[2], members) for key, members in shared.items())


def _group(of: str | None, members: Sequence[Feature]) -> Group:
    lanes = sorted({f.seconds for f in members})
    what = word.VALUE if members[0].measure in VALUES else word.PAIR if of is not None else word.NOTHING
    measures = [{f.measure for f in members if f.seconds == s} for s in lanes]
    chained = any(m & {"first", "last", "gap_mean", "gap_variance"} for m in measures)
    if not chained and what == word.NOTHING:
        what = word.COUNTS
    elif what == word.PAIR and not chained and not any("top_share" in m for m in measures):
        what = word.SETS
    fields = np.full((len(lanes), word.FIELDS), -1, dtype=np.int64)
    at = 2 if chained else 1
    link = word.QUEUES if chained or of is not None else word.OTHER
    for lane, wanted in enumerate(measures):
        kept = [word.N]
        kept += [word.HEAD] if chained else []
        kept += [word.GAPS_HIGH, word.GAPS_LOW] if "gap_variance" in wanted else []
        kept += [word.DISTINCT] if what in {word.PAIR, word.SETS} else []
        kept += [word.MOST, word.TOLD] if "top_share" in wanted else []
        kept += [word.SUM_HIGH, word.SUM_LOW] if "sum" in wanted else []
        for measure, ends, links in (
            ("min", (word.LEAST_FRONT, word.LEAST_BACK), word.LEAST_LINK),
            ("max", (word.GREATEST_FRONT, word.GREATEST_BACK), word.GREATEST_LINK),
        ):
            if measure in wanted:
                kept += ends
                fields[lane, links] = link
                link += 2
        for name in kept:
            fields[lane, name] = at
            at += 1
    ring = (
        link
        if link > word.QUEUES
        else word.QUEUES
        if chained
        else word.NEXT
        if of is not None
        else word.OTHER
    )
    asked = np.array(
        [(word.MEASURES.index(f.measure), lanes.index(f.seconds)) for f in members], dtype=np.int64
    )
    return Group(
        members[0].by, members[0].kinds, of, what, np.array(lanes, dtype=np.int64) * 1_000_000, fields, at, ring,
        asked, tuple(f.name for f in members),
    )  # fmt: skip
