"""Back-office rows that name no broadcast find their session, by host and time.

Exports of a shop's back office know the host and the clock, seldom the room: a mapping gives their metrics the session
`near:HOST:BROADCAST` (either may be empty). With a BROADCAST its rows are one broadcast and go together; without,
each row is placed by its own bucket (ad spend by the hour). Rows go to the one recorded session of their platform whose
time they share. A host has many names on its platform: where the record names none, or each side knows one host only,
the time decides; of several hosts only the same one counts. Rows that fit none or two stay where they are, counted.
"""

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


def spans(events: pa.Table) -> list[Span]:
    """The recorded sessions with their hosts and times, by id; repeated events change nothing."""
    live = events.filter(pc.and_(
        pc.is_in(plain(events["kind"]), value_set=pa.array(_LIVE)),
        pc.and_(pc.is_valid(events["session_id"]), pc.is_valid(events["ts"])),
    ))  # fmt: skip
    told = pa.table({
        "platform": plain(live["platform"]), "session": plain(live["session_id"]), "host": plain(live["host_id"]),
        "ts": live["ts"].cast(pa.int64()),
    })  # fmt: skip
    # of several hosts the least, so that no order of rows or files decides
    made = told.group_by(["platform", "session"], use_threads=False).aggregate(
        [("host", "min"), ("ts", "min"), ("ts", "max")]
    )
    names = ("platform", "session", "host_min", "ts_min", "ts_max")
    return sorted(
        (Span(*row) for row in zip(*(made[name].to_pylist() for name in names), strict=True)),
        key=lambda s: (s.session, s.platform),
    )


def placed(metrics: pa.Table, events: pa.Table) -> tuple[pa.Table, int, int]:
    """Metrics in the sessions they belong to.

    Args:
        metrics: `SESSION_METRICS`.
        events: all events; their sessions are looked up only when some metric asks for one.

    Returns:
        The table, how many rows found their session, and how many are left without one.
    """
    session = plain(metrics["session_id"])
    at = np.flatnonzero(np.asarray(pc.fill_null(pc.starts_with(session, NEAR), False).to_numpy()))
    if not at.size:
        return metrics, 0, 0
    recorded, rows = spans(events), metrics.take(pa.array(at))
    named = list(zip(rows["platform"].to_pylist(), rows["session_id"].to_pylist(), strict=True))
    starts = rows["bucket_start"].cast(pa.int64()).to_pylist()
    ends = [None if a is None else a + (s or 0) * 1_000_000 for a, s in zip(starts, rows["bucket_seconds"].to_pylist(), strict=True)]  # fmt: skip
    whole = _broadcasts(named, starts, ends)
    hosts: dict[str, set[str]] = {}
    for platform, name in named:
        hosts.setdefault(platform, set()).update({_host(name)} - {""})
    found: dict[tuple[str, str, int, int], str | None] = {}
    told = session.to_pylist()
    for place, key, a, b in zip(at.tolist(), named, starts, ends, strict=True):
        span = whole.get(key, None if a is None or b is None else (a, b))
        if span is None:
            continue
        asked = (*key, *span)
        if asked not in found:
            found[asked] = _home(key[0], _host(key[1]), span, recorded, hosts[key[0]])
        told[place] = found[asked] or told[place]
    column = metrics.schema.get_field_index("session_id")
    made = pa.array(told, pa.string()).dictionary_encode()
    left = sum(str(told[place]).startswith(NEAR) for place in at.tolist())
    return metrics.set_column(column, metrics.schema.field(column), made), len(at) - left, left


def _host(name: str) -> str:
    return name.removeprefix(NEAR).partition(":")[0]


def _broadcasts(
    named: list[tuple[str, str]], starts: list[int | None], ends: list[int | None]
) -> dict[tuple[str, str], tuple[int, int]]:
    """From first to last of the rows of each broadcast that is told apart."""
    out: dict[tuple[str, str], tuple[int, int]] = {}
    for key, a, b in zip(named, starts, ends, strict=True):
        if a is not None and b is not None and not key[1].endswith(":"):
            low, high = out.get(key, (a, b))
            out[key] = (min(low, a), max(high, b))
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
