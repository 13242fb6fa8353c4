"""Back-office rows that name no broadcast find their session, by host and time.

Exports of a shop's back office know the host and the clock, seldom the room: a mapping gives their metrics the session
`near:HOST:BROADCAST` (either may be empty). With a BROADCAST its rows are one broadcast and go together; without,
each row is placed by its own bucket (ad spend by the hour). Rows go to the one recorded session of their platform whose
time they share. A host has many names on its platform: where the record names none, or each side knows one host only,
the time decides; of several hosts only the same one counts. Rows that fit none or two stay where they are, counted.
"""

from collections.abc import Mapping
from typing import NamedTuple

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from zhenbo.core.rows import plain
from zhenbo.core.schema import COUNTER_KINDS, ROOM_KINDS

NEAR = "near:"
"""How the session of a metric begins that is still to be found."""
_SHARED = 0.5
"""Part of the shorter of two spans that both must share: a broadcast of which less was recorded is another's evening."""
_LIVE = (*ROOM_KINDS, *COUNTER_KINDS, "control", "speech")


class Span(NamedTuple):
    """A recorded session.

    Args:
        platform: as in the events.
        session: its id.
        host: its host; None when the record does not say.
        start: first microsecond of what happened live.
        end: last.
    """

    platform: str
    session: str
    host: str | None
    start: int
    end: int


SPANS = pa.schema([
    ("platform", pa.string()), ("session", pa.string()), ("host", pa.string()), ("start", pa.int64()), ("end", pa.int64()),
])  # fmt: skip
"""`Span` as rows."""
Homes = Mapping[tuple[str, str, int | None, int | None], str]
"""Session found for metrics, by their platform, name, bucket_start and bucket_seconds."""


def seen(events: pa.Table) -> pa.Table:
    """`SPANS` of the sessions in a batch of events."""
    live = events.filter(pc.and_(
        pc.is_in(plain(events["kind"]), value_set=pa.array(_LIVE)),
        pc.and_(pc.is_valid(events["session_id"]), pc.is_valid(events["ts"])),
    ))  # fmt: skip
    at = live["ts"].cast(pa.int64())
    return _merged(pa.table({
        "platform": plain(live["platform"]), "session": plain(live["session_id"]), "host": plain(live["host_id"]),
        "start": at, "end": at,
    }))  # fmt: skip


def _merged(told: pa.Table) -> pa.Table:
    # of several hosts the least, so that no order of rows or files decides
    made = told.group_by(["platform", "session"], use_threads=False).aggregate(
        [("host", "min"), ("start", "min"), ("end", "max")]
    )
    return pa.table([made[n] for n in ("platform", "session", "host_min", "start_min", "end_max")], schema=SPANS)  # fmt: skip


def asking(metrics: pa.Table) -> pa.Table:
    """The metrics that name no broadcast."""
    return metrics.filter(pc.fill_null(pc.starts_with(plain(metrics["session_id"]), NEAR), False))


def homes(rows: pa.Table, recorded: pa.Table) -> Homes:
    """The session of every metric that finds one.

    Args:
        rows: all metrics that name no broadcast.
        recorded: `SPANS`, of a session perhaps more than once; repeated events change nothing.
    """
    made = _merged(recorded)
    known = sorted(
        (Span(*row) for row in zip(*(made[n].to_pylist() for n in SPANS.names), strict=True)),
        key=lambda s: (s.session, s.platform),
    )
    keys = _keys(rows)
    ends = [_ends(key) for key in keys]
    whole = _broadcasts([key[:2] for key in keys], ends)
    hosts: dict[str, set[str]] = {}
    for platform, name, *_ in keys:
        hosts.setdefault(platform, set()).update({_host(name)} - {""})
    found: dict[tuple[str, str, int | None, int | None], str] = {}
    for key, own in dict(zip(keys, ends, strict=True)).items():
        span = whole.get(key[:2], own)
        home = span and _home(key[0], _host(key[1]), span, known, hosts[key[0]])
        if home:
            found[key] = home
    return found


def _keys(rows: pa.Table) -> list[tuple[str, str, int | None, int | None]]:
    columns = (
        rows["platform"],
        rows["session_id"],
        rows["bucket_start"].cast(pa.int64()),
        rows["bucket_seconds"],
    )
    return list(zip(*(column.to_pylist() for column in columns), strict=True))


def _ends(key: tuple[str, str, int | None, int | None]) -> tuple[int, int] | None:
    start, seconds = key[2:]
    return None if start is None else (start, start + (seconds or 0) * 1_000_000)


def moved(found: Homes, metrics: pa.Table) -> pa.Table:
    """Metrics in the sessions that were found for them."""
    session = plain(metrics["session_id"])
    at = np.flatnonzero(np.asarray(pc.fill_null(pc.starts_with(session, NEAR), False).to_numpy()))
    if not at.size or not found:
        return metrics
    told = session.to_pylist()
    for place, key in zip(at.tolist(), _keys(metrics.take(pa.array(at))), strict=True):
        told[place] = found.get(key, told[place])
    column = metrics.schema.get_field_index("session_id")
    return metrics.set_column(column, metrics.schema.field(column), pa.array(told, pa.string()).dictionary_encode())  # fmt: skip


def placed(metrics: pa.Table, events: pa.Table) -> tuple[pa.Table, int, int]:
    """Metrics in the sessions they belong to.

    Args:
        metrics: `SESSION_METRICS`.
        events: all events; their sessions are looked up only when some metric asks for one.

    Returns:
        The table, how many rows found their session, and how many are left without one.
    """
    rows = asking(metrics)
    if not rows.num_rows:
        return metrics, 0, 0
    made = moved(homes(rows, seen(events)), metrics)
    left = asking(made).num_rows
    return made, rows.num_rows - left, left


def _host(name: str) -> str:
    return name.removeprefix(NEAR).partition(":")[0]


def _broadcasts(
    named: list[tuple[str, str]], ends: list[tuple[int, int] | None]
) -> dict[tuple[str, str], tuple[int, int]]:
    """From first to last of the rows of each broadcast that is told apart."""
    out: dict[tuple[str, str], tuple[int, int]] = {}
    for key, span in zip(named, ends, strict=True):
        if span is not None and not key[1].endswith(":"):
            low, high = out.get(key, span)
            out[key] = (min(low, span[0]), max(high, span[1]))
    return out


def _home(
    platform: str, host: str, span: tuple[int, int], recorded: list[Span], hosts: set[str]
) -> str | None:
    """The one session that shares the span; None where there is none or more than one."""
    near = [s for s in recorded if s.platform == platform and _shares(s, span)]
    own = [s for s in near if host and s.host == host]
    if own:
        return own[0].session if len(own) == 1 else None
    # one host here and one there, under two of the platform's many names for a host
    alone = len(hosts) == 1 and len({s.host for s in recorded if s.platform == platform and s.host}) <= 1
    near = [s for s in near if not host or s.host is None or alone]
    return near[0].session if len(near) == 1 else None


def _shares(session: Span, span: tuple[int, int]) -> bool:
    shorter = min(session.end - session.start, span[1] - span[0])
    shared = min(session.end, span[1]) - max(session.start, span[0])
    return shared >= 0 and shared >= _SHARED * shorter
