"""Reference cells: what a session is compared with, by platform, category, size, hour, traffic and calendar.

A baseline file (`packs/baselines/<signal>.toml`) holds one wide value per name and, beside them, `[[cell]]` tables that
override some of the names `where` some facts hold. What a signal receives is flat: one value per name.

The rule. Of the cells that hold a name and match the facts, the shipped ones come before one's own, the fewer conditions
before the more, the smaller n before the larger. Starting at the wide value, each in turn draws it to its own, with
weight n / (n + k): the cell's sessions against the k sessions that the wider value is worth (partial pooling; Efron &
Morris 1975). Positive numbers are drawn on the logarithmic scale. An entry without n is no estimate: it replaces.
A condition on a fact that the record does not tell matches nothing.
"""

import math
import tomllib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from zhenbo.core.errors import PackError
from zhenbo.core.homes import CHINA_PLATFORMS
from zhenbo.core.rows import plain
from zhenbo.core.session import HOUR, Session

POOL_K = 20.0
"""Sessions that a wider value is worth where a cell's entry does not say: house rule."""
CHINA_ZONE = 8 * HOUR
WORDS = ("calendar", "category", "platform", "traffic")
BANDS = ("entries", "hour", "viewers")
"""Conditions: words are equal, or one of a list; bands are [from, to), the hour's around midnight too."""

Categories = Mapping[tuple[str, str], str]
"""(platform, product) -> category."""
Condition = tuple[str, ...] | tuple[float, float]


@dataclass(frozen=True)
class Facts:
    """What is known of a session before any signal looks; None and empty where the record does not tell.

    Args:
        platform: as in the events.
        category: of most of the rows that name a product.
        traffic: the source (`via`) of most of the entries that name one.
        calendar: seasons of the trade in which its middle lies (`packs/calendar.toml`).
        entries: largest displayed total of entries.
        viewers: largest displayed number of people present (heads, no popularity figure).
        hour: local hour of its middle, 0 to 24; only where the platform's zone is known, up to twelve hours long.
    """

    platform: str | None = None
    category: str | None = None
    traffic: str | None = None
    calendar: frozenset[str] = frozenset()
    entries: float | None = None
    viewers: float | None = None
    hour: float | None = None


@dataclass(frozen=True)
class Season:
    """A season of the trade: whole local days (UTC+8) of one year, or of every year."""

    id: str
    first: tuple[int, int, int]
    last: tuple[int, int, int]

    def holds(self, at: int) -> bool:
        """Whether a microsecond lies in it; year 0 stands for every year."""
        local = datetime(1970, 1, 1, tzinfo=UTC) + timedelta(microseconds=at + CHINA_ZONE)
        day = (local.year if self.first[0] else 0, local.month, local.day)
        return self.first <= day <= self.last


@dataclass(frozen=True)
class Entry:
    """A value of a cell: what it is, of how many sessions, and how many the wider value is worth beside it.

    Args:
        value: replaces or draws the wider value.
        n: sessions it was estimated from; None where it is no estimate.
        k: sessions that the wider value is worth.
        source: who says so.
        date: of what day.
    """

    value: Any
    n: int | None
    k: float
    source: str
    date: date


@dataclass(frozen=True)
class Cell:
    """Entries that hold where facts do.

    Args:
        where: conditions by fact, in alphabetical order.
        entries: by name.
        own: learned from the user's own history.
    """

    where: tuple[tuple[str, Condition], ...]
    entries: Mapping[str, Entry]
    own: bool = False

    def matches(self, facts: Facts) -> bool:
        """Whether all its conditions hold."""
        return all(_holds(name, condition, getattr(facts, name)) for name, condition in self.where)

    @property
    def label(self) -> str:
        """Its conditions as text, e.g. `category=apparel, entries=10000..100000`."""
        return ", ".join(
            f"{name}={'..'.join(f'{x:.12g}' for x in c) if name in BANDS else '|'.join(map(str, c))}"
            for name, c in self.where
        )


@dataclass(frozen=True)
class Lesson:
    """What `zhenbo calibrate` may learn of a signal, and how it asks the signal for it.

    The signal is its own measuring instrument: it looks at each session of the history, with some names overridden,
    and what it `observed` is the measure. Cells get the median of the measure and the spread of its logarithm.

    Args:
        measure: name of the measure.
        median, sigma: names of the entries learned.
        ask: overrides under which the signal is asked.
        only: arguments of the evidence that must be equal for it to be about this measure.
    """

    measure: str
    median: str
    sigma: str
    ask: Mapping[str, Any]
    only: Mapping[str, Any]


@dataclass(frozen=True)
class Reference:
    """What one session is compared with by one signal.

    Args:
        values: flat, one per name; what the signal receives.
        cell: label of the most specific cell used; empty where the wide values stand.
        n: fewest sessions that an entry of it rests on; None where it rests on none.
        weight: the largest share that one of its entries has in a value, 0 to 1.
    """

    values: Mapping[str, Any]
    cell: str = ""
    n: int | None = None
    weight: float = 0.0


@dataclass(frozen=True)
class Baseline:
    """The baseline pack of a signal: wide values, cells, and what may be learned."""

    values: Mapping[str, Any] = field(default_factory=dict)
    cells: tuple[Cell, ...] = ()
    lessons: tuple[Lesson, ...] = ()

    def at(self, facts: Facts) -> Reference:
        """The values for a session of which these facts are known."""
        values = dict(self.values)
        used: Cell | None = None
        for cell in sorted((c for c in self.cells if c.matches(facts)), key=_order):
            used = cell
            for name, entry in cell.entries.items():
                values[name] = _drawn(values.get(name), entry)
        if used is None:
            return Reference(values)
        n = min((e.n for e in used.entries.values() if e.n), default=None)
        return Reference(values, used.label, n, max(map(_share, used.entries.values())))

    def with_own(self, own: "Baseline") -> "Baseline":
        """These, with a user's own wide values and cells after them."""
        return Baseline({**self.values, **own.values}, (*self.cells, *own.cells), self.lessons)


def parse_baseline(text: str, name: str, *, own: bool = False) -> Baseline:
    """Read a baseline file.

    Args:
        text: TOML.
        name: of the file, for errors.
        own: learned from the user's own history.

    Raises:
        PackError: naming the file, the entry and what is wrong with it.
    """
    try:
        read = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise PackError(f"{name} cannot be read as TOML: {error}.") from error
    try:
        cells = tuple(_cell(c, own=own) for c in read.pop("cell", []))
        lessons = tuple(Lesson(**{"ask": {}, "only": {}, **told}) for told in read.pop("learn", []))
        values = {entry: told["value"] for entry, told in read.items()}
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise PackError(
            f"{name} cannot be read: {error!r}. An entry has value, unit, source and date; a [[cell]] has `where` and "
            f"entries with value, source, n and date; compare packs/baselines/counters.ratio.toml."
        ) from error
    if own:
        return Baseline(values, cells, lessons)
    strange = sorted({e for c in cells for e in c.entries} - set(values))
    if strange:
        raise PackError(f"{name}: a cell holds {', '.join(strange)}, which the file does not declare.")
    return Baseline(values, cells, lessons)


def parse_calendar(text: str, name: str = "calendar.toml") -> tuple[Season, ...]:
    """Read the seasons of the trade: `from` and `to` are local dates, or "month-day" for every year.

    Raises:
        PackError: naming what cannot be read.
    """
    try:
        made = tuple(Season(s["id"], _day(s["from"]), _day(s["to"])) for s in tomllib.loads(text)["season"])
    except (KeyError, TypeError, ValueError, tomllib.TOMLDecodeError) as error:
        raise PackError(
            f'{name} cannot be read: {error!r}. A [[season]] has id, from and to: 2026-11-01, or "11-01" for every year.'
        ) from error
    if backward := [s.id for s in made if s.first > s.last]:
        raise PackError(
            f"{name}: {', '.join(backward)} ends before it begins; divide it at the turn of the year."
        )
    return made


def facts_of(session: Session, categories: Categories, calendar: Iterable[Season]) -> Facts:
    """What is known of a session. A shop month has neither size nor hour nor season."""
    start, end = session.span
    middle = (start + end) // 2
    show = session.scope == "session" and bool(end)
    china = show and session.platform in CHINA_PLATFORMS
    return Facts(
        platform=None if session.platform == "unknown" else session.platform,
        category=_category(session, categories),
        traffic=_most(session.rows("enter")["via"]),
        calendar=frozenset(s.id for s in calendar if s.holds(middle)) if china else frozenset(),
        entries=_largest(session.rows("entered_total")) if show else None,
        viewers=_largest(session.rows("viewers")) if show else None,
        hour=(middle + CHINA_ZONE) / HOUR % 24 if china and end - start <= 12 * HOUR else None,
    )


def categories_of(products: pa.Table) -> dict[tuple[str, str], str]:
    """Category of each product; of several, the first in the alphabet."""
    rows = zip(*(plain(products[c]).to_pylist() for c in ("platform", "product_id", "category")), strict=True)
    told: dict[tuple[str, str], str] = {}
    for platform, product, category in rows:
        if product and category:
            held = told.setdefault((platform or "unknown", product), category)
            told[platform or "unknown", product] = min(held, category)
    return told


def pooled(wide: Any, own: Any, n: float, k: float) -> Any:
    """A value between the wide one and a cell's own, which has weight n / (n + k); on the log scale where both are positive."""
    w = n / (n + k)
    if wide > 0 and own > 0:
        return math.exp((1 - w) * math.log(wide) + w * math.log(own))
    return (1 - w) * wide + w * own


def _share(entry: Entry) -> float:
    return 1.0 if entry.n is None else entry.n / (entry.n + entry.k)


def _drawn(wide: Any, entry: Entry) -> Any:
    if entry.n is None or wide is None:
        return entry.value
    return pooled(wide, entry.value, entry.n, entry.k)


def _order(cell: Cell) -> tuple[bool, int, int, str]:
    return cell.own, len(cell.where), max((e.n or 0 for e in cell.entries.values()), default=0), cell.label


def _holds(name: str, condition: Condition, fact: Any) -> bool:
    if fact is None:
        return False
    if name in WORDS:
        return any(w in fact if name == "calendar" else w == fact for w in condition)
    low, high = float(condition[0]), float(condition[1])
    if name == "hour" and low > high:
        return bool(fact >= low or fact < high)
    return bool(low <= fact < high)


def _cell(told: Mapping[str, Any], *, own: bool) -> Cell:
    where = tuple((name, _condition(name, said)) for name, said in sorted(told["where"].items()))
    entries = {name: _entry(said) for name, said in told.items() if name != "where"}
    if not where or not entries:
        raise ValueError("a cell needs a condition in `where` and an entry")
    return Cell(where, entries, own)


def _condition(name: str, said: Any) -> Condition:
    if name in WORDS:
        return (said,) if isinstance(said, str) else tuple(map(str, said))
    if name not in BANDS:
        raise ValueError(f"no fact is called {name!r}; known: {', '.join(sorted(WORDS + BANDS))}")
    low, high = map(float, said)
    return low, high


def _entry(said: Mapping[str, Any]) -> Entry:
    n = said.get("n")
    if not isinstance(said["date"], date) or not said["source"] or (n is not None and n < 1):
        raise ValueError("an entry needs a source, a date, and n of at least 1 where it is an estimate")
    if n is not None and (isinstance(said["value"], bool) or not isinstance(said["value"], int | float)):
        raise ValueError("an entry with n is a number")
    return Entry(said["value"], n, float(said.get("k", POOL_K)), said["source"], said["date"])


def _day(said: Any) -> tuple[int, int, int]:
    if isinstance(said, date):
        return said.year, said.month, said.day
    month, day = map(int, said.split("-"))
    checked = date(2000, month, day)
    return 0, checked.month, checked.day


def _largest(rows: pa.Table) -> float | None:
    """The largest reading of a counter or gauge that counts heads."""
    heads = rows.filter(pc.invert(pc.fill_null(pc.match_substring(rows["extra"], '"popularity"'), False)))
    top = pc.max(heads["qty"]).as_py()
    return None if top is None else float(top)


def _category(session: Session, categories: Categories) -> str | None:
    if not categories:
        return None
    goods = session.rows("product_pin", "product_click", "cart_add", "order_create")["target_id"]
    told: dict[str, int] = {}
    for row in pc.value_counts(plain(goods).combine_chunks()).to_pylist():
        category = categories.get((session.platform, row["values"]))
        if category is not None:
            told[category] = told.get(category, 0) + row["counts"]
    return _majority(told)


def _most(column: pa.ChunkedArray) -> str | None:
    counts = pc.value_counts(plain(column).drop_null().combine_chunks()).to_pylist()
    return _majority({row["values"]: row["counts"] for row in counts})


def _majority(told: Mapping[str, int]) -> str | None:
    """What more than half say."""
    best = max(sorted(told), key=lambda name: told[name], default=None)
    return best if best is not None and 2 * told[best] > sum(told.values()) else None
