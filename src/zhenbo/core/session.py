"""One subject's record, ready to be looked at: a live session, or a shop's month.

Signals receive a `Session` and nothing else. Its events are distinct, typed and sorted by
(ts, source, event_id) with null times last, so no signal handles duplicates or disorder.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Literal

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from zhenbo.core.schema import ACCOUNTS, SESSION_METRICS, Flag, empty
from zhenbo.core.subject import Question, Tier

SECOND = 1_000_000
MINUTE = 60 * SECOND
HOUR = 60 * MINUTE
DAY = 24 * HOUR

_OFFICE = Flag.HOST | Flag.MOD
_STAFF = _OFFICE | Flag.KNOWN_BOT | Flag.HISTORY


@dataclass(frozen=True)
class Window:
    """A declared honest cause in time (`context.toml`): tested, not trusted.

    Args:
        kind: lottery, raid, ad, feature, outage or celebrity.
        start: first microsecond.
        end: last microsecond.
        spend: ad spend in minor units, if declared.
        proof: what the declarer points to (invoice, push record).
    """

    kind: str
    start: int
    end: int
    spend: int | None = None
    proof: str | None = None

    def overlaps(self, start: int, end: int) -> bool:
        """Whether the window shares time with [start, end]."""
        return self.start <= end and start <= self.end


@dataclass(frozen=True)
class Session:
    """The complete record of one live session (`scope="session"`) or one shop month (`scope="shop"`).

    Args:
        session_id: id of the broadcast, or `shop:<platform>:<shop>:<yyyy-mm>`.
        host_id: host account or shop.
        platform: as in the events.
        scope: what the subject is.
        events: canonical events, distinct and sorted; includes the later life of its orders.
        accounts: latest snapshot per account that appears here (`ACCOUNTS`).
        metrics: rows of `SESSION_METRICS` of this session, incl. `coverage.<kind>`.
        windows: declared honest causes.
        as_of: microsecond at which the record is read.
        elsewhere: orders (creation and later life) made in other subjects of the dataset by buyers who took money back
            in this one, from its first order to four days after its last; None where the dataset holds no other
            orders of this shop in that time, so that it cannot tell.
        rounds: `rounds.ROUNDS`, other sessions of the dataset that share viewers with this one, and the companies that
            came to both together; None where no other session shares enough of them to tell.
    """

    session_id: str
    host_id: str
    platform: str
    scope: Literal["session", "shop"]
    events: pa.Table
    accounts: pa.Table = field(default_factory=lambda: empty(ACCOUNTS))
    metrics: pa.Table = field(default_factory=lambda: empty(SESSION_METRICS))
    windows: tuple[Window, ...] = ()
    as_of: int = 0
    elsewhere: pa.Table | None = None
    rounds: pa.Table | None = None

    @cached_property
    def counts(self) -> Mapping[str, int]:
        """Rows per kind, kinds in alphabetical order."""
        tally = pc.value_counts(self.events["kind"].combine_chunks().dictionary_decode()).to_pylist()
        return {row["values"]: row["counts"] for row in sorted(tally, key=lambda r: str(r["values"]))}

    def rows(self, *kinds: str) -> pa.Table:
        """The events of the given kinds, in order; taken once and kept, since many signals ask for the same."""
        known = self._taken.get(kinds)
        if known is None:
            at, names = self._kind
            wanted = [i for i, name in enumerate(names) if name in kinds]
            known = (
                self.events.take(pa.array(np.flatnonzero(np.isin(at, wanted))))
                if wanted
                else self.events.slice(0, 0)
            )
            self._taken[kinds] = known
        return known

    @cached_property
    def _kind(self) -> tuple[npt.NDArray[np.int64], list[str]]:
        at, names = codes(self.events["kind"])
        return at, names.to_pylist()

    @cached_property
    def _taken(self) -> dict[tuple[str, ...], pa.Table]:
        return {}

    @cached_property
    def span(self) -> tuple[int, int]:
        """First and last microsecond of live (room or counter) events; of all events for a shop."""
        live = self.events
        if self.scope == "session":
            trade = pc.match_like(live["kind"].cast(pa.string()), "order%")
            later = pc.is_in(
                live["kind"].cast(pa.string()),
                pa.array(["unfollow", "review", "refund_request", "refund_done", "refund_reject", "return_ship",
                          "return_receive", "exchange", "claim", "arbitrate", "settle", "commission"]),
            )  # fmt: skip
            room = live.filter(pc.invert(pc.or_(trade, later)))
            # in a room of which only orders are told, what became of them is later
            made = self.rows("order_create")
            live = room if room.num_rows else made if made.num_rows else live
        ends = pc.min_max(live["ts"].cast(pa.int64())).as_py()
        return (ends["min"] or 0, ends["max"] or 0)

    def coverage(self, kind: str) -> float | None:
        """Share of a kind's events that were delivered (delivered / counter delta), if a counter tells."""
        hit = self.measured(f"coverage.{kind}")
        return float(hit["value"][0].as_py()) if hit.num_rows else None

    def measured(self, metric: str) -> pa.Table:
        """The rows of `metrics` that tell one metric."""
        return self.metrics.filter(pc.equal(self.metrics["metric"].cast(pa.string()), metric))

    def has(self, column: str, *kinds: str) -> bool:
        """Whether any row (of the kinds, if given) fills a column."""
        rows = self.rows(*kinds) if kinds else self.events
        return bool(rows.num_rows - rows[column].null_count > 0)

    @cached_property
    def tiers(self) -> Mapping[Question, Tier]:
        """The tier each question can be asked at, from what the record holds."""
        named = {
            Question.AUDIENCE: ("enter", "leave"),
            Question.ENGAGEMENT: ("comment", "like", "follow", "share"),
        }
        room = {
            question: Tier.T0
            if not self.has("actor_id", *kinds)
            else Tier.T2
            if self.has("device", *kinds)
            else Tier.T1
            for question, kinds in named.items()
        }
        trade = any(k.startswith(("order_", "refund_")) for k in self.counts)
        return {**room, Question.SALES: Tier.T2 if trade else Tier.T0}


def micros(column: pa.ChunkedArray) -> npt.NDArray[np.int64]:
    """A timestamp column as int64 microseconds; null becomes the smallest int64."""
    return np.asarray(pc.fill_null(column.cast(pa.int64()), np.iinfo(np.int64).min).to_numpy())


def codes(column: pa.ChunkedArray) -> tuple[npt.NDArray[np.int64], pa.Array]:
    """A string column as integer codes (−1 for null) in order of first appearance, with the values they stand for."""
    encoded = column.cast(pa.string()).combine_chunks().dictionary_encode()
    if isinstance(encoded, pa.ChunkedArray):
        encoded = encoded.combine_chunks()
    index = pc.fill_null(encoded.indices.cast(pa.int64()), -1)
    return np.asarray(index.to_numpy(zero_copy_only=False)), encoded.dictionary


def by_staff(rows: pa.Table) -> pa.Table:
    """Rows that the host or a moderator is marked on."""
    return rows.filter(pc.not_equal(pc.bit_wise_and(pc.fill_null(rows["flags"], 0), int(_OFFICE)), 0))


def by_visitors(rows: pa.Table, *filled: str) -> pa.Table:
    """Rows by identified visitors: no host, moderator, known bot or replayed backlog.

    Args:
        rows: events.
        filled: columns that must be filled besides who acted.
    """
    keep = pc.equal(pc.bit_wise_and(pc.fill_null(rows["flags"], 0), int(_STAFF)), 0)
    # whoever is staff once is staff in all that he does: some feeds mark a part of the rows
    staff = by_staff(rows.select(["flags", "actor_id"]))["actor_id"].unique().drop_null()
    if len(staff):
        keep = pc.and_(keep, pc.invert(pc.is_in(rows["actor_id"], value_set=staff)))
    for column in ("actor_id", *filled):
        keep = pc.and_(keep, pc.is_valid(rows[column]))
    return rows.filter(keep)
