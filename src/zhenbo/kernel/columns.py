"""Which hashed columns travel with an event through the kernel, of many events at once and of one."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from zhenbo.kernel import door
from zhenbo.kernel.layout import VALUE
from zhenbo.kernel.plan import Group

Ints = npt.NDArray[np.int64]


def id_names(sourced: bool) -> tuple[str, ...]:
    """The columns that identify an event."""
    return ("source", "event_id") if sourced else ("event_id",)


def ids(events: pa.Table, rows: Ints) -> Ints:
    """A hashed identity per event; one of its own for an event without."""
    if "event_id" not in events.column_names:
        return np.asarray(door.hashed(pa.chunked_array([rows])))
    made = door.Hashed(events).key(id_names("source" in events.column_names))
    lacking = made == 0
    if lacking.any():
        made = np.where(lacking, door.hashed(pa.chunked_array([rows])), made)
    return made


@dataclass(frozen=True)
class Columns:
    """Which hashed columns travel with an event, and which of them each group reads.

    Args:
        keys: (by, kinds) of each key column.
        others: (key column, of, kind of second column) of each second column.
        width: columns in all.
        per_group: key, second and filled column of each group.
    """

    keys: tuple[tuple[tuple[str, ...], tuple[str, ...]], ...]
    others: tuple[tuple[int, str, bool], ...]
    width: int
    per_group: tuple[tuple[int, int | None, int | None], ...]

    @classmethod
    def of(cls, made: Sequence[Group]) -> "Columns":
        """The columns of a plan, each once."""
        keys = tuple(dict.fromkeys((g.by, g.kinds) for g in made))
        key = {k: i for i, k in enumerate(keys)}
        others = tuple(
            dict.fromkeys((key[g.by, g.kinds], g.of, g.what == VALUE) for g in made if g.of is not None)
        )
        at, places = len(keys), {}
        for other in others:
            places[other] = at
            at += 2 if other[2] else 1
        per_group: list[tuple[int, int | None, int | None]] = []
        for g in made:
            if g.of is None:
                per_group.append((key[g.by, g.kinds], None, None))
                continue
            place = places[key[g.by, g.kinds], g.of, g.what == VALUE]
            per_group.append((key[g.by, g.kinds], place, place + 1 if g.what == VALUE else None))
        return cls(keys, others, at, tuple(per_group))

    def fill(self, events: pa.Table, out: Ints, share: tuple[int, int]) -> None:
        """Hash what the features name, once, into rows of `out`; keys of another share become 0."""
        mine, shares = share
        known = door.Hashed(events)
        for i, (by, kinds) in enumerate(self.keys):
            out[i] = known.key(by)
            if kinds:
                out[i][~door.among(events["kind"], kinds)] = 0
            if shares > 1:
                door.keep_share(out[i], mine, shares)
        at = len(self.keys)
        for key, of, is_value in self.others:
            if is_value:
                out[at], out[at + 1] = door.whole(events[of]), door.present(events[of])
            else:
                out[at] = door.pairs(out[key], known.column(of))
            at += 2 if is_value else 1
